#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# httpq-logd, `httpq log` and `httpq why` with the kernel's records: each
# request once, whatever happens to the daemon and to the disk. Needs root, the
# module loaded, curl, goaccess, jq, setpriv, socat, strace and systemd-analyze. Prints
# TAP.
#
# kernels: 6.12 (uml)
# timeout: 300
#
# shellcheck disable=SC2317 # functions that check() calls
set -u

if [[ -z ${HTTPQ_TEST_NS:-} ]]; then
	export HTTPQ_TEST_NS=1
	exec unshare -nm "$0" "$@"
fi
ip link set lo up
# For a journal of our own.
mount -t tmpfs none /run
. "${0%/*}/lib/tap.sh"

share=/opt/httpq/share
url=http://127.0.0.1:8080
conf=$work/conf
collector=
# What runs a command in another network namespace.
ns=()
requests=300

# ask NUMBER PATH WORD...: requests for PATH/1, PATH/2, ... on one connection
ask() {
	"${ns[@]}" curl -sS --max-time 100 --noproxy '*' -o "$work/answers" "${@:3}" \
		"$url$2/[1-$1]"
}

hang_up() { # SIGNAL NAME
	kill "-$1" "${pid_of[$2]}"
}

# logd NAME: begins to collect with $conf, and has begun when it returns. What a
# test that failed left collecting is ended.
logd() {
	local manager

	if [[ -n $collector ]] && jobs -p | grep -qx "$collector"; then
		kill "$collector"
		wait "$collector"
	fi
	rm -f "$work/notify" "$work/ready"
	socat -u UNIX-RECV:"$work/notify" CREATE:"$work/ready" &
	manager=$!
	until_true test -S "$work/notify" || return
	NOTIFY_SOCKET=$work/notify start "$1" "${ns[@]}" httpq-logd -c "$conf"
	collector=${pid_of[$1]}
	until_true grep -q READY=1 "$work/ready" || cat "$work/$1"
	kill "$manager"
	wait "$manager" 2> /dev/null
	grep -q READY=1 "$work/ready"
}

# configure SECTION...: the usual four logs, and more
configure() {
	cat > "$conf" <<- EOF
		[access w3c]
		file=$work/w3c
		[access combined]
		file=$work/combined
		format=combined
		[access json]
		file=$work/json
		format=json
		[error httperr]
		file=$work/httperr
		[error json]
		file=$work/error.json
		format=json
		$(printf '%s\n' "$@")
	EOF
}

lines() { # FILE...: those that are records
	cat "$@" | grep -vc '^#'
}

has_lines() { # FILE NUMBER
	[[ $(lines "$1") = "$2" ]]
}

# What is kept is no more of interest: collected into nothing.
forget() {
	printf '[access none]\nfile=%s\n[error none]\nfile=%s\n' \
		"$work/none" "$work/none2" > "$conf"
	logd forget && stop forget && rm -f "$work"/{none,none2,w3c*,combined*} \
		"$work"/{json,error.json,httperr}
}

is_quiet() { # NAME
	cat "$work/$1"
	[[ ! -s $work/$1 ]]
}

elsewhere() { # PID
	[[ $(readlink "/proc/$1/ns/net") != $(readlink /proc/$$/ns/net) ]]
}

# goaccess takes each line of the file for a request.
goaccess_reads() { # FILE FORMAT NUMBER
	goaccess "$1" --log-format="$2" --no-global-config -o "$work/report.json" \
		> "$work/goaccess" 2>&1
	jq .general "$work/report.json" "$work/goaccess"
	jq -e ".general | .total_requests == $3 and .valid_requests == $3 and
		.failed_requests == 0" "$work/report.json"
}

# ---------------------------------------------------------------- collecting

each_once() {
	configure
	logd once && ask "$requests" /hello && ask 50 /nowhere &&
		until_true has_lines "$work/w3c" "$requests" &&
		until_true has_lines "$work/httperr" 50 &&
		stop once && is_quiet once &&
		has_lines "$work/combined" "$requests" &&
		[[ $(jq -s 'map(.target) | unique | length' "$work/json") = "$requests" ]] &&
		[[ $(lines "$work/json") = "$requests" ]] &&
		[[ $(jq -s 'map(.request_id) | unique | length' "$work/json") = "$requests" ]] &&
		[[ $(jq -r .reason "$work/error.json" | uniq -c | xargs) = "50 NotFound" ]]
}

mode() {
	ls -l "$work"
	[[ $(command stat -c %a "$work"/{w3c,combined,json,httperr} | uniq) = 640 ]]
}

httperr_line() {
	grep -qE '^[0-9]{4}(-[0-9]{2}){2} [0-9:]{8} 127\.0\.0\.1 [0-9]+ 127\.0\.0\.1 8080 HTTP/1\.1 GET /nowhere/1 404 - NotFound -$' \
		"$work/httperr"
}

# What the tool shows is what was written, and it took nothing from it.
tool_agrees() {
	httpq -j log | jq -c 'select(.kind == "access")' > "$work/shown" &&
		jq -c . "$work/json" | cmp - "$work/shown" &&
		[[ $(httpq log | wc -l) = $((requests + 50)) ]]
}

replay_agrees() {
	mkdir "$work/again" && httpq log -raw > "$work/records" &&
		sed "s#$work/#$work/again/#" "$conf" > "$work/conf2" &&
		httpq-logd -c "$work/conf2" --replay "$work/records" &&
		cmp "$work/w3c" "$work/again/w3c" &&
		cmp "$work/error.json" "$work/again/error.json"
}

goaccess_w3c() {
	goaccess_reads "$work/w3c" W3C "$requests"
}

goaccess_combined() {
	goaccess_reads "$work/combined" COMBINED "$requests"
}

# A batch that was taken and not committed comes again.
survives() {
	local i

	forget && configure || return
	for i in 1 2 3 4; do
		logd "life$i" && ask 100 "/hello/$i" || return
		if ((i % 2)); then
			hang_up KILL "life$i"
			wait "${pid_of[life$i]}"
		else
			stop "life$i" || return
		fi
		ask 100 "/hello/between$i" || return
	done
	logd life5 && stop life5 && is_quiet life5 &&
		[[ $(jq -s 'map(.target) | unique | length' "$work/json") = 800 ]] &&
		! grep -qE '"kind":"lost"|Lost\(' "$work"/{json,httperr} &&
		[[ $(tail -c 1 "$work/json" | od -An -c) = '  \n' ]]
}

# killed_at CALL NUMBER: ends with that system call of logd, which is not made;
# then 100 requests are to be there all the same, TIMES times.
killed_at() { # CALL NUMBER TIMES
	forget && configure && ask 100 /hello || return
	strace -qq -o "$work/strace" -e trace="$1" \
		-e inject="$1:error=EINTR:signal=KILL:when=$2" \
		httpq-logd -c "$conf" > "$work/killed" 2>&1
	cat "$work/strace" "$work/killed"
	[[ $(tail -n 1 "$work/strace") = *'killed by SIGKILL'* ]] &&
		logd heir && stop heir && has_lines "$work/json" $((100 * $3)) &&
		has_lines "$work/w3c" $((100 * $3)) &&
		[[ $(jq -s 'map(.target) | unique | length' "$work/json") = 100 ]]
}

# The first ioctl makes it the collector.
killed_before_commit() {
	killed_at ioctl 2 2
}

# It has 100 records in memory, and no line in a file.
killed_before_write() {
	killed_at write 1 1
}

# Nothing is lost, and nothing comes twice, if nobody is killed.
restarts() {
	local i

	forget && configure || return
	for i in 1 2 3; do
		logd "turn$i" && ask 100 "/hello/$i" && stop "turn$i" &&
			ask 50 "/hello/between$i" || return
	done
	logd turn4 && stop turn4 && has_lines "$work/json" 450 &&
		[[ $(jq -s 'map(.target) | unique | length' "$work/json") = 450 ]]
}

# What came before SIGTERM is written before the end.
ends_with_all() {
	forget && configure && logd last && hang_up STOP last && ask 50 /hello &&
		kill "${pid_of[last]}" && hang_up CONT last &&
		wait "${pid_of[last]}" && has_lines "$work/json" 50
}

reopens() {
	forget && configure && logd reopen && ask 100 /hello &&
		until_true has_lines "$work/json" 100 &&
		mv "$work/json" "$work/json.old" && mv "$work/w3c" "$work/w3c.old" &&
		ask 100 /hello && until_true has_lines "$work/json.old" 200 &&
		hang_up HUP reopen && until_true test -e "$work/json" &&
		ask 100 /hello && until_true has_lines "$work/json" 100 &&
		stop reopen && is_quiet reopen && has_lines "$work/json.old" 200 &&
		has_lines "$work/w3c.old" 200 && has_lines "$work/w3c" 100 &&
		[[ $(head -c 9 "$work/w3c") = '#Software' ]]
}

one_collector() {
	local code

	configure
	logd first && httpq-logd -c "$conf" > "$work/second" 2>&1
	code=$?
	stop first && cat "$work/second" && [[ $code = 1 ]] &&
		[[ $(< "$work/second") = 'httpq-logd: another process collects the log of this network namespace' ]]
}

# In any namespace that is the caller's.
needs_privilege() {
	local as=(setpriv --reuid 65534 --regid 65534 --clear-groups)

	chmod 644 "$conf"
	[[ $("${as[@]}" httpq-logd -c "$conf" 2>&1) = 'httpq-logd: /dev/httpq-log: needs CAP_NET_ADMIN' ]] &&
		[[ $("${as[@]}" httpq log 2>&1) = 'httpq: log: needs CAP_NET_ADMIN; run as root' ]]
}

# A disk that is full, and then is not.
disk_full() {
	local disk=$work/disk missing

	forget && mkdir "$disk" && mount -t tmpfs -o size=64k none "$disk" &&
		printf '[access a]\nfile=%s/log\nformat=json\n' "$disk" > "$conf" &&
		head -c 40000 /dev/zero > "$disk/other" && logd full &&
		ask 300 /hello && until_true grep -q 'No space left' "$work/full" ||
		return
	[[ $(tail -c 1 "$disk/log" | od -An -c) = '  \n' ]] &&
		jq -e . "$disk/log" > "$work/parsed" || return
	rm "$disk/other"
	ask 1 /after && until_true grep -q '/after/1' "$disk/log" &&
		until_true grep -q 'can be written again' "$work/full" && stop full ||
		return
	cat "$work/full"
	missing=$(jq -s 'map(select(.kind == "lost").count) | add' "$disk/log")
	((missing + $(jq -s 'map(select(.kind == "access")) | length' "$disk/log") == 301)) &&
		grep -q "written again; $missing records are missing" "$work/full" &&
		[[ $(wc -l < "$work/full") = 2 ]] && umount "$disk"
}

# In a namespace whose log has room for some hundred records.
overwritten() {
	ns=(nsenter "--net=/proc/${pid_of[small]}/ns/net")
	overwritten_inside
	local status=$?
	ns=()
	return "$status"
}

overwritten_inside() {
	local lost

	"${ns[@]}" ip link set lo up &&
		"${ns[@]}" sysctl -qw net.httpq.log_kib=64 || return
	start few "${ns[@]}" httpq-hello few -b 'http://*:8080/few/'
	configure
	until_true "${ns[@]}" grep -q /few/ /proc/net/httpq/urls
	rm -f "$work"/{w3c,json,httperr}
	ask 1000 /few && logd late && stop late && stop few || return
	cat "$work/late" "$work/httperr"
	lost=$(jq -s 'map(select(.kind == "lost").count) | add // 0' "$work/json")
	((lost > 200 && lost + $(lines "$work/w3c") == 1000)) &&
		grep -qx "#Remark: $lost records are missing here" "$work/w3c" &&
		grep -qE "^[-0-9]+ [:0-9]+( -){9} Lost\($lost\) -$" "$work/httperr" &&
		grep -qx "httpq-logd: $lost records were overwritten before they were read" "$work/late"
}

# One more, and whether the sum is right: what was left out is counted soon.
sum_is_right() {
	asked=$((asked + 1))
	ask 1 /nowhere
	(($(jq -s 'map(if .kind == "suppressed" then .count else 1 end) | add' \
		"$work/error.json") == asked))
}

# Refusals come as fast as anybody likes.
suppressed() {
	local asked=300

	forget && configure && sysctl -qw net.httpq.log_refusals=10 &&
		logd flood && ask "$asked" /nowhere && until_true sum_is_right
	sysctl -qw net.httpq.log_refusals=100
	cat "$work/httperr"
	stop flood && (($(lines "$work/error.json") < 200)) &&
		grep -qE '^[-0-9]+ [:0-9]+( -){9} Suppressed\([0-9]+\):NotFound -$' "$work/httperr"
}

by_prefix() {
	forget && configure '[access queue]' "file=$work/w3c.queue" 'queue=other' \
		'[access prefix]' "file=$work/w3c.prefix" 'prefix=http://*:8080/hello/' \
		'fields=cs-uri s-siteid x-prefix s-queuename' \
		'[access site]' "file=$work/w3c.site" 'site=7' &&
		logd prefix && ask 3 /hello && ask 5 /other &&
		until_true has_lines "$work/w3c" 8 && stop prefix || return
	cat "$work"/w3c.*
	has_lines "$work/w3c.queue" 5 && has_lines "$work/w3c.prefix" 3 &&
		has_lines "$work/w3c.site" 5 &&
		grep -qx '/hello/3 - http://\*:8080/hello/ hello' "$work/w3c.prefix"
}

# A journal that only keeps what it gets.
journal() {
	local socket=/run/systemd/journal/socket

	forget && mkdir -p "${socket%/*}" || return
	start journald socat -u UNIX-RECV:"$socket" CREATE:"$work/messages"
	until_true test -S "$socket" || return
	printf '[access j]\nformat=journal\n[error j]\nformat=journal\n' > "$conf"
	logd journal && ask 2 /hello && ask 1 /nowhere &&
		until_true grep -qa HTTPQ_REASON "$work/messages" && stop journal &&
		is_quiet journal || return
	stop journald
	rm -f "$socket"
	cat -v "$work/messages"
	[[ $(grep -ac '^SYSLOG_IDENTIFIER=httpq$' "$work/messages") = 3 ]] &&
		[[ $(grep -ac '^PRIORITY=6$' "$work/messages") = 2 ]] &&
		grep -qa '"GET /nowhere/1 HTTP/1.1" 404 NotFound' "$work/messages"
}

# -------------------------------------------------------- the two articles

stopped() { # PID
	[[ $(cut -d ' ' -f 3 "/proc/$1/stat") = T ]]
}

inflight() { # QUEUE NUMBER
	[[ $(httpq queue show "$1" | awk 'NR == 2 { print $9 }') = "$2" ]]
}

# A worker that has the request, and is kept from answering; the client goes.
drop() { # VERSION METHOD TARGET PORT
	exec 5<> /dev/tcp/127.0.0.1/8080 &&
		printf '%s %s HTTP/%s\r\nHost: a\r\nContent-Length: 5\r\n\r\n' \
			"$2" "$3" "$1" >&5 &&
		until_true inflight stalled 1 || return
	hang_up STOP stalled && until_true stopped "${pid_of[stalled]}" || return
	port=$(ss -Htn state established "dport = 8080" | awk '{ print $3 }')
	port=${port##*:}
	# The client is reset, and so is the connection.
	ss -K dst 127.0.0.1 dport = 8080 > "$work/killed"
	exec 5>&-
}

sample() { # VERSION METHOD TARGET
	forget && configure "[error plain]" "file=$work/w3c.plain" \
		"fields=date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason" \
		"[error short]" "file=$work/w3c.short" \
		"fields=cs-version cs-method cs-uri sc-status s-siteid s-reason" &&
		logd sample && drop "$1" "$2" "$3" &&
		until_true grep -q Dropped "$work/error.json"
	hang_up CONT stalled
	stop sample || return
	cat "$work"/w3c.{plain,short} "$work/error.json"
	grep -qE "^[0-9]{4}(-[0-9]{2}){2} [0-9:]{8} 127\.0\.0\.1 $port 127\.0\.0\.1 8080 HTTP/$1 $2 $3 - 1 Connection_Dropped$" \
		"$work/w3c.plain" &&
		grep -qx "HTTP/$1 $2 $3 - 1 Connection_Dropped" "$work/w3c.short" &&
		jq -es 'length == 1 and (.[0] | .owed == "never_answered" and
			.queue == "stalled" and .pid == '"${pid_of[stalled]}"' and
			.deliveries == 1 and .last_call == "read_body")' "$work/error.json"
}

sample_post() {
	sample 1.0 POST /URL/Page
}

sample_get() {
	sample 1.1 GET /mypage.asp
}

why_dropped() {
	local id

	id=$(jq -r .request_id "$work/error.json")
	httpq why "$id" > "$work/why" && cat "$work/why" &&
		grep -q 'stages: head, queued, delivered (a worker had it' "$work/why" &&
		grep -q 'worker owed: any answer' "$work/why" &&
		grep -q 'Connection_Dropped: its client was gone' "$work/why" &&
		grep -q 'what to do: ' "$work/why" &&
		httpq why "$((16#${id:0:8})).$((16#${id:8}))" | cmp - "$work/why" &&
		[[ $(httpq -j why "$id" | jq -r .request_id) = "$id" ]]
}

# ----------------------------------------------------------------- the tool

why_unknown() {
	local id

	for id in 00000000ffffffff 4294967295.1; do
		[[ $(httpq why "$id" 2>&1) = "httpq: no record of request $id: it is not over, or was too long ago" ]] ||
			return
		! httpq why "$id" 2> "$work/err" || return
	done
	for id in 1 xyz 1.2.3 '' 00000000fffffffg; do
		! httpq why "$id" 2> "$work/err" && [[ $(wc -l < "$work/err") = 1 ]] ||
			return
	done
}

sees() {
	ask 1 /hello/seen && grep -q /hello/seen/1 "$work/follow" &&
		grep -q /hello/seen/1 "$work/follow_json"
}

follows() {
	start follow httpq log -f
	start follow_json httpq -j log -f
	until_true sees || return
	ask 1 /hello/last && until_true grep -q '/hello/last/1' "$work/follow" &&
		until_true grep -q '/hello/last/1' "$work/follow_json" &&
		! grep -q between "$work/follow" && jq -e . "$work/follow_json"
}

other_namespace() {
	! httpq -n /proc/1/ns/net log | grep /hello/ &&
		httpq -n "/proc/$$/ns/net" log | grep -q /hello/last/1
}

# The unit that is installed, and the example beside it.
unit() {
	sed 's,@SBINDIR@,/opt/httpq/bin,' "$share"/httpq-logd.service > "$work/httpq-logd.service" &&
		systemd-analyze verify --man=no "$work/httpq-logd.service" &&
		sed "s#/var/log/httpq#$work#" "$share"/httpq-logd.conf > "$conf" &&
		httpq-logd -c "$conf" --check-config
}

# The collector of one namespace sees nothing of another, and is none there.
own_log() {
	printf '[access a]\nfile=%s/own\nformat=json\n' "$work" > "$conf"
	start stranger nsenter "--net=/proc/${pid_of[small]}/ns/net" httpq-logd -c "$conf"
	until_true test -e "$work/own" && configure && logd main &&
		ask 1 /hello/mine && until_true grep -q /hello/mine/1 "$work/json" &&
		stop main && stop stranger && ! grep -q /hello/ "$work/own"
}

echo "TAP version 13"
echo "1..29"

start hello httpq-hello hello -b 'http://*:8080/hello/'
start after httpq-hello after -b 'http://*:8080/after/'
httpq queue add other && httpq queue add stalled &&
	httpq url add 'http://*:8080/other/' queue other site 7 &&
	httpq url add 'http://*:8080/URL/' queue stalled site 1 &&
	httpq url add 'http://*:8080/mypage.asp/' queue stalled site 1 &&
	start other httpq-hello other && start stalled httpq-echo stalled
start small unshare -n sleep infinity
until_true elsewhere "${pid_of[small]}"
sysctl -qw net.httpq.zombie_timeout_ms=300
until_true grep -q :8080/after/ /proc/net/httpq/urls

check "each request once" each_once
check "files have mode 0640" mode
check "httperr: a line" httperr_line
check "httpq log shows what was written" tool_agrees
check "replay writes what was written" replay_agrees
check "goaccess reads W3C" goaccess_w3c
check "goaccess reads combined" goaccess_combined
check "killed and started again: nothing lost" survives
check "killed before it commits: all comes twice" killed_before_commit
check "killed before it writes: nothing lost" killed_before_write
check "ended and started again: nothing lost, nothing twice" restarts
check "SIGTERM: all is written" ends_with_all
check "SIGHUP: other files" reopens
check "one collector" one_collector
check "needs a privilege" needs_privilege
check "disk full" disk_full
check "overwritten: counted" overwritten
check "suppressed: counted" suppressed
check "by queue, prefix and site" by_prefix
check "journal" journal
check "Connection_Dropped article: HTTP/1.0 POST" sample_post
check "Connection_Dropped article: why" why_dropped
check "937692: HTTP/1.1 GET" sample_get
check "httpq why: unknown requests" why_unknown
check "httpq log -f" follows
check "httpq -n log" other_namespace
check "unit and example" unit
check "another namespace has a log of its own" own_log
check "workers end well" stop hello
exit $failed
