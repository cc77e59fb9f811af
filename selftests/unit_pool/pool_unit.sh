#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pool_unit.sh DIR: tests httpq-pool without the kernel module, with the
# programs that the Makefile built in DIR. Prints TAP.
#
# shellcheck disable=SC2317 # functions that check() calls
set -u

dir=$1
nr=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check TEXT COMMAND...: one test, which passes if the command does.
check() {
	local text=$1

	shift
	nr=$((nr + 1))
	if "$@" > "$work/say" 2>&1; then
		echo "ok $nr $text"
	else
		echo "not ok $nr $text"
		sed 's/^/# /' "$work/say"
		failed=1
	fi
}

# refuses LINE PATTERN TEXT: the configuration is refused in one line that
# names file and line, which is empty if it is about the whole, and the reason.
refuses() {
	local where=$work/web.conf${1:+:$1} code

	printf '%b' "$3" > "$work/web.conf"
	"$dir/httpq-pool" -t "$work/web.conf" > "$work/out" 2> "$work/err"
	code=$?
	cat "$work/err"
	[[ $code = 1 && ! -s $work/out && $(wc -l < "$work/err") = 1 ]] &&
		grep -qE "^httpq-pool: $where: $2" "$work/err"
}

wrong() { # LINE PATTERN TEXT
	check "refused: ${3//$'\n'/ }" refuses "$@"
}

accepts() {
	printf '%b' "$1" > "$work/web.conf"
	"$dir/httpq-pool" -t "$work/web.conf" && return
}

says_no_file() {
	local text

	text=$("$dir/httpq-pool" -t /no/such.conf 2>&1)
	[[ $? = 1 && $text = "httpq-pool: /no/such.conf: No such file or directory" ]]
}

bad_name() {
	echo command=sh > "$work/a b.conf"
	"$dir/httpq-pool" -t "$work/a b.conf" 2>&1 | grep -q "'a b' is no queue name"
}

usage() {
	"$dir/httpq-pool" > "$work/out" 2> "$work/err"
	[[ $? = 1 && ! -s $work/out ]] && grep -q '^Usage: httpq-pool' "$work/err" &&
		"$dir/httpq-pool" -h | grep -q '^Usage: httpq-pool' &&
		"$dir/httpq-pool" -V | grep -q '^httpq-pool [0-9]'
}

no_module() {
	echo command=sh > "$work/web.conf"
	"$dir/httpq-pool" -r "$work/run" "$work/web.conf" 2> "$work/err"
	[[ $? = 1 && $(wc -l < "$work/err") = 1 ]] &&
		grep -q 'web: kernel module not loaded' "$work/err"
}

# The tests of the parts that are linked apart.
"$dir/pool_test" > "$work/tap" 2> "$work/said"
failed=$?
[[ $failed = 0 ]] || sed 's/^/# /' "$work/said"
sed -n '/^ok\|^not ok\|^#/p' "$work/tap"
nr=$(grep -cE '^(ok|not ok) ' "$work/tap")

check 'configuration: right' accepts 'command = sh\n'
check 'configuration: with CRLF' accepts 'command = sh\r\nworkers = 2\r\n'
check 'configuration: no newline at the end' accepts 'command = sh'
check 'configuration: missing' says_no_file
check 'configuration: the name is no queue name' bad_name
check 'usage' usage
wrong '' "'command' is missing" ''
wrong '' "'command' is missing" '# nothing\n'
wrong 2 "there is no setting 'comand'" 'queue = web\ncomand = sh\n'
wrong 1 "'command sh' is not NAME = VALUE" 'command sh\n'
wrong 1 'command: the value is missing' 'command =\n'
wrong 1 "command: there is no program 'no-such-program'" 'command = no-such-program\n'
wrong 1 "command: there is no program './sh'" 'command = ./sh\n'
wrong 1 "command: there is no program '/tmp'" 'command = /tmp\n'
wrong 1 'command: a quote is not closed' 'command = sh "a\n'
wrong 3 'command is given in line 1 already' 'command = sh\n\ncommand = sh\n'
wrong 1 "'a b' is no queue name" 'queue = a b\n'
wrong 1 "workers: '0' is not a number from 1 to 64" 'workers = 0\n'
wrong 1 "workers: '65' is not a number" 'workers = 65\n'
wrong 1 "workers: 'two' is not a number" 'workers = two\n'
wrong 1 "rapid-fail: '101' is not a number from 0 to 100" 'rapid-fail = 101\n'
wrong 1 "recycle-age: '29 h' is no time, such as" 'recycle-age = 29 h\n'
wrong 1 "stop-limit: '25h' is longer than a day" 'stop-limit = 25h\n'
wrong 1 "kill-limit: '2d' is longer than a day" 'kill-limit = 2d\n'
wrong 1 "answer-timeout: '86401' is longer than a day" 'answer-timeout = 86401\n'
wrong 1 "recycle-memory: '1X' is no size" 'recycle-memory = 1X\n'
wrong 1 "hold: '5G' is more than 4G" 'hold = 5G\n'
wrong 1 "overlap: 'maybe' is neither yes nor no" 'overlap = maybe\n'
wrong 1 "affinity: '2' is neither yes nor no" 'affinity = 2\n'
wrong 1 "ping: 'tcp' is none of off, kernel, fd" 'ping = tcp\n'
wrong 1 "start: 'later' is none of now, demand" 'start = later\n'
wrong 1 "redeliver: 'all' is none of idempotent, never, any" 'redeliver = all\n'
wrong 1 "queue-mode: '0777' is not made of" 'queue-mode = 0777\n'
wrong 1 "queue-owner: there is no user 'nobody-at-all'" 'queue-owner = nobody-at-all\n'
wrong 1 "queue-group: there is no group 'nobody-at-all'" 'queue-group = nobody-at-all\n'
wrong 1 "user: there is no user '0'" 'user = 0\n'
wrong 1 "recycle-at: '25:00' is no time of day" 'recycle-at = 03:00 25:00\n'
wrong 1 'recycle-at: more than 24 times' "recycle-at = $(printf '01:%02d ' {0..24})\n"
wrong 1 "directory: 'var' does not begin with a slash" 'directory = var\n'
wrong 1 "watch: 'a' does not begin with a slash" 'watch = a\n'
wrong 1 "environment: 'A' is not NAME=VALUE" 'environment = A\n'
wrong 1 "environment: '1A=b' is not NAME=VALUE" 'environment = 1A=b\n'
wrong 1 "bind: 'https://a/' is not http://HOST:PORT/PATH/" 'bind = https://a/\n'
wrong 1 "bind: 'http://a/b' is not" 'bind = http://a/b\n'
wrong 1 "bind: 'site' needs a value" 'bind = http://a/ site\n'
wrong 1 "bind: site '-1' is not a number" 'bind = http://a/ site -1\n'
wrong 1 "bind: keepalive 'maybe' is neither on nor off" 'bind = http://a/ keepalive maybe\n'
wrong 1 "bind: 'queue' is none of context, site, keepalive" 'bind = http://a/ queue b\n'
wrong 2 "isolate needs 'handle = pass'" 'command = sh\nisolate = yes\n'
wrong 3 'isolate needs systemd' 'command = sh\nhandle = pass\nisolate = yes\nunits = no\n'
wrong 2 'cgroup is systemd.s' 'command = sh\ncgroup = /sys/fs/cgroup/a\nunits = yes\n'
wrong 2 'ready is for' 'command = sh\nready = call\n'
wrong 3 "ping-interval can't be off" 'command = sh\nping = fd\nping-interval = off\n'
wrong 2 "orphan-command needs 'orphan = yes'" 'command = sh\norphan-command = sh\n'
wrong 2 "rapid-fail-window can't be off" 'command = sh\nrapid-fail-window = 0\n'
wrong 2 'group needs user' 'command = sh\ngroup = root\n'
wrong 1 "there is no setting '[?].1m'" '\e[1m = 1\n'
grep -q '^httpq ' /proc/modules 2> /dev/null ||
	check 'no kernel module' no_module
echo "1..$nr"
exit "$failed"
