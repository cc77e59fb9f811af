#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# httpq-pool with workers that are its children: starting and stopping them,
# their failures, what they are given. Needs root, the module loaded, the tools
# in PATH, curl, jq, setpriv and socat. Prints TAP.
#
# kernels: 6.12 (uml)
# timeout: 300
#
# shellcheck disable=SC2317 # functions that check() calls
set -u

if [[ -z ${HTTPQ_TEST_NS:-} ]]; then
	export HTTPQ_TEST_NS=1
	exec unshare -n "$0" "$@"
fi
ip link set lo up
. "${0%/*}/lib/tap.sh"
. "${0%/*}/lib/pool.sh"

# ------------------------------------------------------------ start and stop

starts() {
	pool web <<- X
		bind = %u site 3 context 7 keepalive off
		queue-mode = 0640
		redeliver = any
		answer-timeout = 5s
		hold = 4K
		affinity = on
		max-queued = 9
		workers = 2
		stop-limit = 10s
		command = httpq-hello web -m one
	X
	await settled web 2 && says one &&
		is web queue=web state=running workers=2
}

queue_is_made() {
	httpq -j queue show web | tee "$work/q" |
		jq -e '.[0] | .pool and .affinity and .redeliver == "any" and
			.answer_timeout_ms == 5000 and .hold_bytes == 4096 and
			.max_queued == 9 and .mode == "0640" and .workers == 2'
}

url_is_bound() {
	httpq -j url | tee "$work/u" |
		jq -e '.[] | select(.queue == "web") | .persistent and
			.site == 3 and .context == 7 and (.keepalive | not)'
}

only_one() {
	local text

	text=$(timeout 10 httpq-pool "$work/web.conf" 2>&1)
	[[ $? = 1 && $text = *"another httpq-pool runs this pool" ]]
}

tool_errors() {
	local text

	text=$(httpq pool recycle nosuchpool 2>&1)
	[[ $? = 1 && $text = "httpq: pool nosuchpool: httpq-pool does not run it"* ]] &&
		! httpq pool stop && ! httpq pool stop web more &&
		! httpq pool recycle web 999 &&
		! setpriv --reuid 65534 --clear-groups httpq pool show web
}

# A request is out: its answer is sent when the rest of its body comes.
drains_on_exit() {
	local status

	pool slow <<- X
		bind = %u
		command = httpq-echo slow
	X
	hold slow || return
	kill "${pid_of[slow]}"
	until_true said slow 'worker 1: drains: stop' || return
	touch "$work/slow.more"
	wait "$client"
	wait "${pid_of[slow]}"
	status=$?
	cat "$work/slow.answer"
	((status == 0)) && grep -q '^HTTP/1.1 200' "$work/slow.answer" &&
		grep -q 'abcd$' "$work/slow.answer" && ! said slow SIGTERM
}

stop_and_start() {
	httpq pool stop web && await is web state=stopped &&
		await settled web 0 && refuses 503 && httpq pool start web &&
		await settled web 2 && says one && [[ $(state_of web) = running ]]
}

stopped_queue() {
	httpq queue set web state stopped
	await settled web 0 && is web state=stopped &&
		httpq queue set web state running && await settled web 2
}

start_limit() {
	pool idler <<- X
		start-limit = 500ms
		kill-limit = 500ms
		rapid-fail = off
		command = bash -c 'trap "" TERM; while :; do sleep 0.1; done'
	X
	await said idler 'worker 1: SIGTERM: slow' &&
		await said idler 'worker 1: SIGKILL: slow' &&
		await said idler 'worker 1: ended by signal 9' &&
		(($(get idler .failures) >= 1)) && quit idler
}

# One that holds a request and does not give in.
stop_limit() {
	pool stuck <<- X
		bind = %u
		stop-limit = 1s
		kill-limit = 1s
		command = httpq-echo stuck
	X
	hold stuck && halt stuck && quit stuck && before stuck drains SIGTERM && before stuck SIGTERM SIGKILL
}

# ----------------------------------------------------------------- on demand

demand() {
	pool lazy <<- X
		bind = %u
		start = demand
		idle-timeout = 2s
		workers = 2
		command = httpq-hello lazy -m lazy
	X
	await is lazy state=idle && settled lazy 0 && says lazy &&
		await settled lazy 2 && said lazy 'a request waits'
}

idles() {
	await is lazy state=idle && await settled lazy 0 &&
		said lazy 'drains: idle' && says lazy && await settled lazy 2 &&
		quit lazy
}

# ------------------------------------------------------------------ failures

crash() {
	local pid

	pid=$(workers web '.[0].pid')
	kill -KILL "$pid"
	await settled web 2 && says one && [[ ! -e /proc/$pid ]] &&
		is web failures=1
}

rapid_fail() {
	pool bad <<- X
		bind = %u
		rapid-fail = 3
		rapid-fail-window = 1h
		command = sh -c 'exit 7'
	X
	await is bad state=offline failures=3 && refuses 503 &&
		said bad 'offline, after 3 failures' &&
		said bad 'ended with status 7' 3 && ! said bad 'worker 4' &&
		[[ $(state_of bad) = offline ]]
}

reset_lifts() {
	sed -i 's/^command.*/command = httpq-hello bad -m good/' "$work/bad.conf"
	reload bad && is bad state=offline && httpq pool reset bad &&
		await settled bad 1 && says good && is bad failures=0
}

set_running_lifts() {
	local i

	for i in 1 2 3; do
		await settled bad 1 || return
		kill -KILL "$(workers bad '.[0].pid')"
		await is bad failures="$i" || return
	done
	await is bad state=offline &&
		httpq queue set bad state running && await settled bad 1 &&
		quit bad
}

no_program() {
	cp "$(command -v httpq-hello)" "$work/program"
	pool vanish <<- X
		rapid-fail = 2
		command = $work/program vanish
	X
	await settled vanish 1 || return
	rm "$work/program"
	kill -KILL "$(workers vanish '.[0].pid')"
	await is vanish state=offline &&
		said vanish 'program: No such file' && quit vanish
}

# Stopped, it calls nothing while a request waits.
sick() {
	pool sick <<- X
		bind = %u
		ping-timeout = 1s
		kill-limit = 1s
		command = httpq-hello sick -m well
	X
	await settled sick 1 && halt sick && says well && await said sick 'worker 1: SIGTERM: sick' &&
		await said sick 'worker 1: ended by signal 9' &&
		await settled sick 1 && quit sick
}

orphan() {
	pool orphan <<- X
		bind = %u
		ping-timeout = 1s
		orphan = yes
		orphan-command = sh -c 'echo \$0 \$HTTPQ_WORKER > $work/orphaned'
		command = httpq-hello orphan -m well
	X
	await settled orphan 1 && halt orphan || return
	pids+=("$halted")
	says well && await settled orphan 1 && said orphan 'is sick; let go of' &&
		[[ $(< "$work/orphaned") = "$halted 1" ]] && stands "$halted" &&
		! httpq -j worker | jq -e ".[] | select(.pid == $halted)" &&
		quit orphan
}

# It answers pings until it is told not to.
ping_fd() {
	: > "$work/answering"
	cat > "$work/pinged" <<- X
		#!/bin/bash
		httpq-hello ping -m well &
		trap 'kill \$!; wait; exit 0' TERM
		while [[ -e $work/answering ]]; do
			read -rN1 -t 0.1 -u "\$HTTPQ_PING_FD" && echo pong
		done
		while :; do sleep 0.1; done
	X
	chmod +x "$work/pinged"
	pool ping <<- X
		bind = %u
		ping = fd
		ping-interval = 200ms
		ping-timeout = 2s
		kill-limit = 1s
		command = $work/pinged
	X
	await settled ping 1 && await said ping pong 5 && settled ping 1 || return
	rm "$work/answering"
	await said ping 'worker 1: SIGTERM: sick' &&
		await said ping 'worker 2: active' && says well && quit ping
}

# owe NAME: its worker is stopped with a request, and the client goes.
owe() {
	hold "$1" && halt "$1" && kill -KILL "$client"
}

zombie_stack() {
	local stack=$run/owes/stack.0

	sysctl -qw net.httpq.zombie_timeout_ms=1500
	pool owes <<- X
		bind = %u
		stop-limit = 1s
		kill-limit = 1s
		command = httpq-echo owes
	X
	owe owes && await said owes 'owes the end of a request' &&
		grep -q '^State:.T' "$stack" && grep -q httpq-echo "$stack" &&
		grep -q 'task/.*/stack' "$stack" && quit owes
}

zombie_command() {
	pool owing <<- X
		bind = %u
		stop-limit = 1s
		kill-limit = 1s
		zombie-command = sh -c 'echo \$0 \$HTTPQ_QUEUE > $work/owing.out'
		command = httpq-echo owing
	X
	owe owing && until_true test -s "$work/owing.out" &&
		[[ $(< "$work/owing.out") = "$halted owing" ]] && quit owing
}

drained_by_others() {
	local handle failures

	failures=$(get web .failures)
	handle=$(httpq -j worker | jq '[.[] | select(.queue == "web")][0].id')
	httpq worker drain "$handle" && await said web 'ended with status 0' &&
		await settled web 2 && is web failures="$failures"
}

# For a debugger: nobody kills it, and another one takes its place.
detached() {
	local handle

	halt web
	handle=$(httpq -j worker | jq ".[] | select(.pid == $halted) | .id")
	httpq worker detach "$handle" &&
		await are web 'map(select(.state == "active")) | length == 2' &&
		are web ".[] | select(.pid == $halted) | .state == \"draining\"" &&
		sleep 2 && stands "$halted" && kill -KILL "$halted" &&
		await settled web 2
}

queue_deleted() {
	pool lost <<- X
		command = httpq-hello lost
	X
	await settled lost 1 && httpq queue del lost || return
	! wait "${pid_of[lost]}" && said lost 'queue lost'
}

# ------------------------------------------------------ what workers are given

environment() {
	local out=$work/env line

	pool env <<- X
		queue = other
		environment = GREETING=good day
		directory = /tmp
		limit-files = 99
		limit-core = 1M
		queue-owner = nobody
		user = nobody
		command = bash -c 'ulimit -n; ulimit -c; pwd; id -un; env; exec httpq-hello other'
	X
	await settled env 1 || return
	for line in 99 1024 /tmp nobody 'GREETING=good day' HTTPQ_QUEUE=other \
			HTTPQ_POOL=env HTTPQ_WORKER=1; do
		grep -qx "$line" "$out" || { echo "not: $line"; return 1; }
	done
	! grep -q HTTPQ_HANDLE_FD "$out" && quit env
}

user_of() { # PID
	awk '/^Uid:/ { print $2 }' "/proc/$1/status"
}

# Nobody may attach to the queue: the handle comes from the pool.
passed_handle() {
	pool given <<- X
		bind = %u
		queue-mode = 0600
		handle = pass
		user = nobody
		command = httpq-hello given -m given
	X
	await settled given 1 && says given &&
		[[ $(user_of "$(workers given '.[0].pid')") = 65534 ]] &&
		httpq pool recycle given && await is given recycled=1 &&
		says given && quit given
}

unprivileged() {
	mkdir "$work/mine.run"
	chown 65534 "$work/mine.run"
	config mine <<- X
		command = httpq-hello mine -m mine
	X
	echo "bind = http://localhost:$port/" >> "$work/mine.conf"
	start mine setpriv --reuid 65534 --regid 65534 --clear-groups \
		httpq-pool -r "$work/mine.run" "$work/mine.conf"
	url=http://localhost:$port/
	until_true says mine && quit mine
}

# With its last process goes the group, the detached one included.
control_group() {
	local group=/sys/fs/cgroup/httpq-pool-test

	pool group <<- X
		cgroup = $group
		kill-limit = 500ms
		start-limit = 500ms
		rapid-fail = 1
		command = bash -c 'setsid sleep 1000 & trap "" TERM; while :; do sleep 0.1; done'
	X
	until_true grep -q . "$group/1/cgroup.procs" &&
		await is group state=offline && await settled group 0 &&
		until_true test ! -e "$group/1" && quit group && rmdir "$group"
}

needs_systemd() {
	local text

	config isolated <<- X
		handle = pass
		isolate = yes
		command = httpq-hello isolated
	X
	text=$(timeout 10 httpq-pool "$work/isolated.conf" 2>&1)
	[[ $? = 1 && $text = *"isolate needs systemd, and root" ]]
}

taken_url() { # PORT
	local text

	config taken <<- X
		command = httpq-hello taken
		bind = http://*:$1/
	X
	text=$(timeout 10 httpq-pool "$work/taken.conf" 2>&1)
	[[ $? = 1 && $text = *"taken.conf:2: bind http://"*"bound already" ]]
}

# Listens already: the line says who.
taken_port() {
	local text

	start listener socat TCP-LISTEN:8099,reuseaddr,fork SYSTEM:true
	config taken <<- X
		bind = http://*:8099/
		command = httpq-hello taken
	X
	until_true eval 'ss -ltn | grep -q :8099' || return
	text=$(timeout 10 httpq-pool "$work/taken.conf" 2>&1)
	[[ $? = 1 && $text = *"taken.conf:1: bind http://"*"held by socat"* ]]
}

echo "TAP version 13"
echo "1..34"

check "starts workers" starts
web=$port
check "makes its queue" queue_is_made
check "binds its URL" url_is_bound
check "runs once" only_one
check "errors of the tool" tool_errors
check "a crash" crash
check "drained by others" drained_by_others
check "detached for a debugger" detached
check "stop and start" stop_and_start
check "a queue that others stop" stopped_queue
check "a URL that is taken" taken_url "$web"
check "a port that is taken" taken_port
check "SIGTERM drains" drains_on_exit
check "limit of starting" start_limit
check "limit of stopping" stop_limit
check "starts on demand" demand
check "stops when idle" idles
check "rapid-fail protection" rapid_fail
check "reset lifts it" reset_lifts
check "so does setting the queue running" set_running_lifts
check "a program that is gone" no_program
check "a worker that calls nothing" sick
check "an orphan" orphan
check "pings" ping_fd
check "the stack of one that owes" zombie_stack
check "the command for one that owes" zombie_command
check "a queue that is deleted" queue_deleted
check "environment of a worker" environment
check "passes the handle" passed_handle
check "runs unprivileged" unprivileged
check "control groups" control_group
check "isolation needs systemd" needs_systemd
check "ends all of it" quit web
check "leaves nothing" test ! -s "$run/web/state" -o "$(wc -l < "$run/web/state")" = 2
exit $failed
