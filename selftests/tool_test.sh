#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# httpq(8) against the module: each verb and each error line. Needs root, the
# module loaded, httpq and the examples in PATH, jq, socat, setpriv and ip.
# Prints TAP.
#
# kernels: 6.1 (uml)
# timeout: 450
#
# What fails without a module is tested by unit_tool/.
#
# shellcheck disable=SC2317 # functions that check() calls
set -u

port=8090
user=1234
netns=httpq-tool-$$
work=$(mktemp -d)
nr=0
failed=0
holder=
pids=()
out=
err=
code=

cleanup() {
	[[ -z $holder ]] || kill "$holder" 2>/dev/null
	kill -KILL "${pids[@]}" 2>/dev/null
	ip netns del "$netns" 2>/dev/null
	clear_all
	rm -rf "$work"
}

# Deletes all URLs and queues.
clear_all() {
	local name

	while read -r name; do
		httpq url del "$name"
	done < <(httpq -j url show | jq -r '.[].url')
	while read -r name; do
		httpq queue del "$name"
	done < <(httpq -j queue show | jq -r '.[].name')
} >/dev/null 2>&1

# check TEXT COMMAND...: one test, which passes if the command does.
check() {
	local text=$1

	shift
	nr=$((nr + 1))
	if "$@"; then
		echo "ok $nr $text"
	else
		echo "not ok $nr $text"
		echo "# out: ${out//$'\n'/$'\n'# out: }"
		echo "# err: ${err//$'\n'/$'\n'# err: }"
		failed=1
	fi
}

# tool WORD...: runs the tool; leaves $out, $err and $code.
tool() {
	out=$("${as[@]}" httpq "$@" 2>"$work/err")
	code=$?
	err=$(<"$work/err")
}
as=()

is_quiet() {
	[[ $code -eq 0 && -z $out && -z $err ]]
}

# An error is one line on stderr, nothing on stdout and exit status 1.
is_error() {
	local pattern="^httpq: $1"

	[[ $code -eq 1 && -z $out && $err != *$'\n'* && $err =~ $pattern ]]
}

is_json() {
	[[ $code -eq 0 && -z $err ]] && jq -e "$1" <<<"$out" >/dev/null
}

is_exactly() {
	[[ $code -eq 0 && -z $err && $out == "$1" ]]
}

# A line of the output matches.
is_text() {
	local line

	[[ $code -eq 0 && -z $err ]] || return
	while IFS= read -r line; do
		[[ ! $line =~ $1 ]] || return 0
	done <<<"$out"
	return 1
}

# does WORD...: the command succeeds and says nothing.
does() {
	tool "$@"
	check "${as[*]:+as $user: }$*" is_quiet
}

# fails PATTERN WORD...: the command fails with this line.
fails() {
	local pattern=$1

	shift
	tool "$@"
	check "${as[*]:+as $user: }$* fails" is_error "$pattern"
}

# json FILTER WORD...: the JSON that the command prints passes the jq filter.
# jq takes a second to start in an emulated guest: text and none are quicker.
json() {
	local filter=$1

	shift
	tool -j "$@"
	check "-j $*: ${filter//[$'\n\t']/ }" is_json "$filter"
}

# none WORD...: the JSON that the command prints has nothing in it.
none() {
	tool -j "$@"
	check "-j $* is empty" is_exactly '[]'
}

# text PATTERN WORD...: the command prints a line like that.
text() {
	local pattern=$1

	shift
	tool "$@"
	check "${as[*]:+as $user: }$* prints $pattern" is_text "$pattern"
}

# until_true COMMAND...: waits for it, at most 10 seconds.
until_true() {
	local tries=100

	until "$@" || ((--tries == 0)); do
		sleep 0.1
	done
}

listens() {
	[[ $(ss -Hltn "sport = :$1" | wc -l) -gt 0 ]]
}

test_queue_add() {
	none queue show
	text '^NAME +STATE +OWNER' queue show
	does queue add web
	json 'length == 1 and .[0].name == "web" and .[0].state == "running" and
		.[0].uid == 0 and .[0].gid == 0' queue show
	text '"workers":0,"queued":0,.*"inflight":0,.*"arrived":0,"rejected":0,' \
		-j queue show web
	does queue add 'A-z_0.9' owner $user group $user mode 0640 \
		max-queued 10 max-inflight 20
	json ".[0] == {name: \"A-z_0.9\", state: \"running\", uid: $user,
		gid: $user, mode: \"0640\", workers: 0, queued: 0,
		max_queued: 10, inflight: 0, max_inflight: 20, arrived: 0,
		rejected: 0, redeliver: \"idempotent\", answer_timeout_ms: 60000,
		hold_bytes: 0, affinity: false, pool: false}" queue show A-z_0.9
	text "^A-z_0.9 +running +$user +$user +0640 +0 +0 +10 +0 +20" queue
	does queue add "$(printf '%063d' 0)"
	does queue del "$(printf '%063d' 0)"
	fails 'queue add big: .*; httpq\(8\) has the limits' queue add big max-queued 0
	fails 'queue add web: .*; change it with .httpq queue set' queue add web
	fails 'queue show none: .*; .httpq queue show. lists' queue show none
}

test_queue_set() {
	local state

	for state in paused stopped offline running; do
		does queue set web state $state
		text "\"state\":\"$state\"" -j queue show web
	done
	does queue set web owner root group $user mode 660 max-q 7 max-i 8
	text "\"uid\":0,\"gid\":$user,\"mode\":\"0660\"" -j queue show web
	does queue set web max-queued 9
	text '"mode":"0660",.*"max_queued":9,.*"max_inflight":8,' \
		-j queue show web
	does q set web st pau
	text '^web +paused +root' queue show web
	does queue set web state running
	fails 'queue set none: .*; .httpq queue show. lists' queue set none mode 0
}

test_queue_recycling() {
	does queue add rec redeliver any-untouched answer-timeout 0 hold 65536 \
		affinity on pool on
	text '"redeliver":"any","answer_timeout_ms":0,"hold_bytes":65536,"affinity":true,"pool":true}' \
		-j queue show rec
	text ' any +0ms +65536 +on +on *$' queue show rec
	does queue set rec hold 0
	text '"redeliver":"any","answer_timeout_ms":0,"hold_bytes":0,"affinity":true,"pool":true}' \
		-j queue show rec
	does queue set rec redeliver never answer 1500 affinity off pool off
	text '"redeliver":"never","answer_timeout_ms":1500,"hold_bytes":0,"affinity":false,"pool":false}' \
		-j queue show rec
	fails 'queue set rec: .*; httpq\(8\) has the limits' \
		queue set rec answer-timeout 86400001
	fails 'queue set rec: .*; httpq\(8\) has the limits' queue set rec hold 131073
	fails 'queue drain none: .*; .httpq queue show. lists' queue drain none
	does queue drain rec 1000
	does queue del rec
}

test_url() {
	none url show
	fails "url add http://\+:$port/: .*; make it first" \
		url add "http://+:$port/" queue none
	does url add "http://+:$port/" queue web
	does url add "http://[::1]:$port/six/" queue web context 18446744073709551615
	does url add "http://Example.COM:$port/a/" queue web context 0x10
	json "length == 3 and (map(select(.url == \"http://+:$port/\"))[0] ==
		{queue: \"web\", context: 0, persistent: true, site: 0,
		keepalive: true, url: \"http://+:$port/\"})" url show
	text "^web +16  yes +0  on +http://example.com:$port/a/$" url show
	text "^web +18446744073709551615  yes +0  on +http://\[::1\]:$port/six/$" url
	does url add "http://+:$port/closed/" queue web site 4294967295 keepalive off
	text "^web +0  yes +4294967295  off +http://\+:$port/closed/$" url
	text "\"site\":4294967295,\"keepalive\":false,\"url\":\"http://\+:$port/closed/\"" \
		-j url
	does url set "http://+:$port/closed/" site 8 keepalive on
	text "^web +0  yes +8  on +http://\+:$port/closed/$" url show
	does url set "http://+:$port/closed/" context 9 queue web
	text "^web +9  yes +8  on +http://\+:$port/closed/$" url show
	does url del "http://+:$port/closed/"
	fails "url set http://\+:$port/closed/: .*; .httpq url show. and" \
		url set "http://+:$port/closed/" site 1
	does url add "http://+:$port/open/" queue web keepalive on
	text "^web +0  yes +0  on +http://\+:$port/open/$" url
	does url del "http://+:$port/open/"
	fails "url add http://\+:$port/: .*; .httpq url show. says" \
		url add "http://+:$port/" queue web
	fails 'url add ftp://a/: .*; write it as http://' \
		url add ftp://a/ queue web
	fails 'url add http://a/b: .*' url add http://a/b queue web
	fails "url del http://none:$port/: .*; .httpq url show. lists" \
		url del "http://none:$port/"
	fails 'url del nonsense: .*; write it as' url del nonsense
	fails 'url add http://192.0.2.77:.*; .ip address. lists' \
		url add "http://192.0.2.77:$((port + 1))/" queue web
}

test_listener() {
	json "length > 0 and all(.[]; .port == $port) and
		all(.[]; .engine == \"softirq\")" listener show
	text ":$port +softirq +[0-9]" listener show
	does listener set $port engine process
	text '"engine":"process"' -j listener
	does li set $port eng soft
	text '"engine":"softirq"' -j listener
	fails 'listener set 1: .*; .httpq listener show. lists' \
		listener set 1 engine process
}

test_conn() {
	none conn show
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	printf 'GET / HTTP/1.1\r\n' >&5
	until_true has_conn
	json "length == 1 and .[0].local_addr == \"127.0.0.1\" and
		.[0].local_port == $port and .[0].peer_addr == \"127.0.0.1\" and
		.[0].peer_port > 0 and .[0].age_ms >= 0 and
		(.[0].state | length) > 0" conn show
	text "127\.0\.0\.1:$port +127\.0\.0\.1:[0-9]+$" conn
	json 'map(.conns) | add == 1' listener
	exec 5>&-
	exec 5<>"/dev/tcp/::1/$port"
	printf 'GET / HTTP/1.1\r\n' >&5
	until_true has_conn ::1
	text "\[::1\]:$port +\[::1\]:[0-9]+$" conn
	exec 5>&-
}

# start QUEUE COMMAND...: a worker; leaves $pid and, once it is active, $id.
start() {
	local queue=$1

	shift
	"$@" >/dev/null 2>&1 &
	pid=$!
	pids+=("$pid")
	until_true is_active "$queue" "$pid"
	id=$(httpq worker show "$queue" | awk -v "pid=$pid" '$3 == pid { print $1 }')
}

is_active() {
	[[ $(httpq worker show "$1") =~ " $2 "\ +[^\ ]+\ +active ]]
}

is_gone() {
	! kill -0 "$1" 2>/dev/null
}

# ends PID: the process exits with 0, in time.
ends() {
	until_true is_gone "$1"
	is_gone "$1" && wait "$1"
}

test_worker() {
	local id pid first

	none worker show
	text '^ *ID +QUEUE +PID +COMMAND +STATE' worker
	fails 'worker show none: .*; .httpq queue show. lists' worker show none
	start web httpq-hello web
	json "length == 1 and .[0].queue == \"web\" and .[0].pid == $pid and
		.[0].command == \"httpq-hello\" and .[0].state == \"active\" and
		.[0].held == 0 and .[0].delivered == 0 and
		.[0].last_call == \"receive\" and .[0].last_call_ms >= 0 and
		(.[0] | has(\"deadline_ms\") | not)" worker show web
	text "^ *$id +web +$pid +httpq-hello +active +0 +0 +receive +[0-9.ms]+ +-$" worker
	none worker show A-z_0.9
	fails "worker drain $((id + 9)): .*; .httpq worker show. lists" \
		worker drain $((id + 9))
	fails "worker detach 0: .*; .httpq worker show. lists" worker detach 0
	as=(setpriv --reuid "$user" --regid "$user" --clear-groups)
	fails "worker drain $id: .*; run as root" worker drain "$id"
	fails "worker detach $id: .*; run as root" worker detach "$id"
	fails 'queue drain web: .*; run as root' queue drain web
	text "^ *$id +web +$pid" worker
	as=()
	does worker drain "$id"
	check 'a worker that drains ends' ends "$pid"
	none worker show
	start web httpq-hello web
	does worker detach "$id"
	check 'a worker that is detached ends' ends "$pid"
	start web httpq-hello web
	first=$pid
	start web httpq-hello web
	does queue drain web 5000
	check 'a queue drains its first worker' ends "$first"
	check 'a queue drains its second worker' ends "$pid"
}

# A request that its worker can't finish: it is stopped while it waits for the
# body, of which it has told the client, who never reads that and so resets.
linger() {
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	printf 'POST /%s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n' \
		"$1" >&5
	until_true is_told
	kill -STOP "$pid"
	# One thread hears of it first, and the one that reads may be another.
	until_true is_stopped
	exec 5>&-
}

is_stopped() {
	! grep -h '^State:' "/proc/$pid"/task/*/status | grep -qv 'T (stopped)'
}

# Something waits in the socket of the client.
is_told() {
	[[ $(ss -Htn "dport = :$port") =~ ESTAB\ +[1-9] ]]
}

zombies_are() {
	[[ $(httpq zombie | wc -l) -eq $(($1 + 1)) ]]
}

test_zombie() {
	local id pid zombie

	none zombie show
	text '^ *ID +AGE +WHY +STAGE' zombie
	fails 'zombie reap 7: .*; .httpq zombie show. lists' zombie reap 7
	does zombie reap
	start web httpq-echo web
	linger 'linger?q'
	until_true zombies_are 1
	json "length == 1 and .[0].why == \"client_gone\" and .[0].age_ms >= 0 and
		(.[0].stage | length) > 0 and .[0].peer_addr == \"127.0.0.1\" and
		.[0].peer_port > 0 and .[0].queue == \"web\" and
		.[0].worker == $id and .[0].pid == $pid and .[0].bytes > 0 and
		(.[0].request_id | test(\"^[0-9a-f]{16}$\")) and
		.[0].request == \"POST /linger?q HTTP/1.1\"" zombie show
	text "client_gone +[a-z]+ +127\.0\.0\.1:[0-9]+ +web +$id +$pid +[0-9]+ +[0-9a-f]{16}  POST /linger\?q HTTP/1\.1$" zombie
	text "^ *$id +web +$pid +httpq-echo +active +1 +1 +read_body" worker
	zombie=$(httpq zombie | awk 'END { print $1 }')
	as=(setpriv --reuid "$user" --regid "$user" --clear-groups)
	text "client_gone +[a-z]+ +- +web .* POST /linger HTTP/1\.1$" zombie
	fails "zombie reap $zombie: .*; run as root" zombie reap "$zombie"
	fails 'zombie reap: .*; run as root' zombie reap
	as=()
	does zombie reap "$zombie"
	none zombie show
	fails "zombie reap $zombie: .*; .httpq zombie show. lists" zombie reap "$zombie"
	text '^zombies_reaped +1$' stats zombies_reaped
	kill -CONT "$pid"
	does worker drain "$id"
	check 'its worker goes on, and ends' ends "$pid"
}

# listen WORD...: what monitor says goes to a file from now on.
listen() {
	httpq "$@" monitor >"$work/events" 2>&1 &
	listener=$!
	pids+=("$listener")
	until_true joined "$listener"
}

# Its socket is a member of groups, as /proc/net/netlink has it.
joined() {
	awk -v "pid=$1" '$2 == 16 && $3 == pid && $4 !~ /^0+$/ { found = 1 }
		END { exit !found }' /proc/net/netlink
}

heard() {
	grep -qE "$1" "$work/events"
}

# hears PATTERN: a line like that comes.
hears() {
	until_true heard "$1"
	out=$(<"$work/events")
	check "monitor prints $1" heard "$1"
}

# All that a zombie has, in this order.
are_zombie_events() {
	jq -se '[.[] | select(.event | startswith("zombie-"))] |
		map(.event) == ["zombie-new", "zombie-set", "zombie-del"] and
		(map(.id) | unique | length) == 1 and
		map(.left) == [null, null, "expired"] and
		map(.reason) == [null, null, "Connection_Dropped"]' \
		"$work/objects" >/dev/null
}

test_monitor() {
	local id pid listener objects

	listen
	start web httpq-echo web
	hears "^worker-new id $id queue web state starting held 0 "
	hears "^worker-set id $id queue web pid $pid command httpq-echo state active "
	sysctl -qw net.httpq.zombie_timeout_ms=2000
	httpq -j monitor >"$work/objects" 2>&1 &
	objects=$!
	pids+=("$objects")
	until_true joined "$objects"
	linger over
	hears "^zombie-new id [0-9]+ .* why client_gone .* request POST /over HTTP/1.1$"
	hears "^zombie-set id [0-9]+ age [0-9.ms]+ why client_gone stage [a-z]+ queue web worker $id pid $pid bytes [0-9]+ log-id [0-9a-f]+ request POST /over HTTP/1.1$"
	hears "^zombie-del left expired reason Connection_Dropped id .* POST /over HTTP/1.1$"
	sysctl -qw net.httpq.zombie_timeout_ms=120000
	kill -CONT "$pid"
	until_true are_zombie_events
	check 'monitor -j prints what becomes of a zombie' are_zombie_events
	kill "$objects"
	wait "$objects" 2>/dev/null
	kill "$listener"
	wait "$listener" 2>/dev/null
	listen -j
	does worker drain "$id" 9000
	check 'a worker drains while monitor listens' ends "$pid"
	hears '"event":"worker-del"'
	check 'monitor -j prints objects' is_events
	kill "$listener"
	wait "$listener" 2>/dev/null
}

is_events() {
	jq -se "length == 2 and .[0].event == \"worker-set\" and
		.[0].id == $id and .[0].state == \"draining\" and
		.[0].deadline_ms > 0 and .[1].event == \"worker-del\" and
		.[1].id == $id" "$work/events" >/dev/null
}

has_conn() {
	[[ $(httpq -j conn show) == *'"local_addr":"'"${1:-127.0.0.1}"'"'* ]]
}

test_stats() {
	local name

	json 'length > 0 and all(.[]; (.name | type) == "string" and
		(.value | type) == "number")' stats show
	text '^NAME +VALUE$' stats
	name=${out#NAME*$'\n'}
	name=${name%% *}
	text "^\\[\\{\"name\":\"$name\",\"value\":[0-9]+}\\]$" -j stats show "$name"
	text "^$name +[0-9]+$" stats "$name"
	fails "stats show: no counter 'none-such'" stats show none-such
}

test_options() {
	tool -p queue show web
	check '-p breaks lines' is_text '^        "name": "web",$'
	check '-p is JSON' is_json '.[0].name == "web"'
}

test_netns() {
	ip netns add "$netns"
	none -n "$netns" queue show
	does -n "$netns" queue add inside
	text '^\[\{"name":"inside",[^}]*}\]$' -n "$netns" -j queue show
	fails 'queue show inside: no such' queue show inside
	does -n "/run/netns/$netns" url add "http://+:$port/" queue inside
	text "^\[::\]:$port +softirq" -netns "$netns" listener show
	fails 'no network namespace .none-such.' -n none-such queue show
	hold ip netns exec "$netns"
	fails "url add .*: port $((port + 1)) is held by socat \(pid $holder\); " \
		-n "$netns" url add "http://+:$((port + 1))/" queue inside
	drop
	ip netns del "$netns"
}

# hold COMMAND...: a program that listens on the next port, run by the command.
hold() {
	"$@" socat "${socat:-TCP-LISTEN}:$((port + 1)),reuseaddr" - \
		</dev/zero >/dev/null 2>&1 &
	holder=$!
	until_true grep -qs "$(printf ':%04X 0*:0000 0A' $((port + 1)))" \
		"/proc/$holder/net/tcp" "/proc/$holder/net/tcp6"
}

drop() {
	kill "$holder"
	wait "$holder" 2>/dev/null
	holder=
}

test_holder() {
	local next=$((port + 1))

	for socat in TCP4-LISTEN TCP6-LISTEN; do
		hold env
		fails "url add http://\+:$next/: port $next is held by socat \(pid $holder\); " \
			url add "http://+:$next/" queue web
		drop
	done
	hold env
	as=(setpriv --reuid "$user" --regid "$user" --clear-groups)
	fails "url add .*: port $next is held by another program \(run as root" \
		url add "http://localhost:$next/" queue mine
	as=()
	drop
	does url add "http://+:$next/" queue web
	does url del "http://+:$next/"
}

test_unprivileged() {
	as=(setpriv --reuid "$user" --regid "$user" --clear-groups)
	does queue add mine
	text "\"uid\":$user,\"gid\":$user" -j queue show mine
	does queue set mine state paused
	fails "url add http://\+:$port/mine/: .*CAP_NET_ADMIN.*http://localhost:PORT/; run as root" \
		url add "http://+:$port/mine/" queue mine
	does url add "http://localhost:$((port + 2))/" queue mine
	does url del "http://localhost:$((port + 2))/"
	fails 'queue set web: .*; run as root' queue set web mode 0
	fails 'queue del web: .*; run as root' queue del web
	fails "url del http://\+:$port/: .*; run as root" url del "http://+:$port/"
	fails "url set http://\+:$port/: .*; run as root" \
		url set "http://+:$port/" site 1
	fails 'listener set .*: .*CAP_NET_ADMIN; run as root' listener set $port engine process
	fails 'entering a network namespace needs CAP_SYS_ADMIN' \
		-n /proc/self/ns/net queue show
	text '^conns_accepted +[0-9]' stats
	text "http://\+:$port/$" url
	text ":$port +softirq" listener
	as=()
}

test_del() {
	does url del "http://+:$port/"
	does url delete "http://[::1]:$port/six/"
	does url del "http://example.com:$port/a/"
	none url list
	until_true none_listens
	none listener show
	does queue del mine
	does queue del A-z_0.9
	does queue delete web
	none queue list
	fails 'queue del web: .*; .httpq queue show. lists' queue del web
}

none_listens() {
	[[ $(httpq -j listener show) == '[]' ]]
}

trap cleanup EXIT
clear_all
chmod 755 "$work"
test_queue_add
test_queue_set
test_queue_recycling
test_url
test_listener
test_conn
test_worker
test_zombie
test_monitor
test_stats
test_options
test_unprivileged
test_holder
test_netns
test_del
echo "1..$nr"
exit "$failed"
