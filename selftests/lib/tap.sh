# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What tests in bash share: TAP, waiting, programs in the background. For
#	. "${0%/*}/lib/tap.sh"
# $work is a directory that goes with the test.
#
# shellcheck disable=SC2034 # variables that the test uses

work=$(mktemp -d)
chmod 755 "$work"
nr=0
failed=0
pids=()
declare -A pid_of

# Ends what start() began. A test with more to undo has a cleanup() of its own.
cleanup() {
	((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null
	wait
	rm -rf "$work"
}
trap cleanup EXIT

# check TEXT COMMAND...: one test, which passes if the command does.
check() {
	local text=$1

	shift
	nr=$((nr + 1))
	if "$@" > "$work/say" 2>&1; then
		echo "ok $nr $text"
	else
		echo "not ok $nr $text"
		tail -c 2000 "$work/say" | sed 's/^/# /'
		failed=1
	fi
}

# nap SECONDS: without a process of its own for it, from a pipe that says nothing.
exec {silent}<> <(:)
nap() {
	read -rt "$1" -u "$silent" || true
}

# until_true COMMAND...: waits until the command succeeds, $patience seconds at
# most; first with haste, then so that asking does not become all that the CPU
# does.
patience=20
until_true() {
	local end=$((SECONDS + patience)) haste=5

	until "$@" 2>/dev/null; do
		((SECONDS < end)) || return 1
		if ((haste-- > 0)); then nap 0.02; else nap 0.2; fi
	done
}

# start NAME COMMAND...: runs it in the background; its output goes to NAME.
start() {
	local name=$1

	shift
	"$@" > "$work/$name" 2>&1 &
	pids+=($!)
	pid_of[$name]=$!
}

# stop NAME: ends what start() began under that name; its status.
stop() {
	kill "${pid_of[$1]}" && wait "${pid_of[$1]}"
}

# stat NAME: the counter of the namespace.
stat() {
	sed -n "s/^$1 //p" /proc/net/httpq/stats
}
