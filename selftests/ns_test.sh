#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Network namespaces side by side, the families of addresses, and what
# /proc/net/httpq tells to whom. Needs root, the module loaded, httpq and the
# examples in PATH, curl, ip, jq and setpriv. Prints TAP.
#
# kernels: uml 6.12 6.1
# timeout: 300
#
# shellcheck disable=SC2317 # functions that check() calls
set -u

. "${0%/*}/lib/tap.sh"

a=httpq-a-$$
b=httpq-b-$$

cleanup() {
	((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null
	wait
	ip netns del "$a"
	ip netns del "$b"
	rm -rf "$work"
} 2>/dev/null

# start NS NAME COMMAND...: runs it there in the background.
start() {
	local ns=$1 name=$2

	shift 2
	ip netns exec "$ns" "$@" > "$work/$name" 2>&1 &
	pids+=($!)
	pid_of[$name]=$!
}

# table NS NAME: a file of /proc/net/httpq as root sees it there.
table() {
	ip netns exec "$1" cat "/proc/net/httpq/$2"
}

has() { # NS TABLE PATTERN
	table "$1" "$2" | grep -q -- "$3"
}

lines() { # NS TABLE COUNT
	(($(table "$1" "$2" | wc -l) == $3 + 1))
}

says() { # NS TEXT WORD...
	local ns=$1 text=$2 got

	shift 2
	got=$(ip netns exec "$ns" curl -sS --max-time 20 --noproxy '*' -g "$@")
	echo "$*: $got"
	[[ $got = "$text" ]]
}

refused() { # NS URL
	ip netns exec "$1" curl -sS --max-time 20 --noproxy '*' -g "$2"
	[[ $? = 7 ]]
}

# ------------------------------------------------------------- side by side

side_by_side() {
	start "$a" one httpq-hello same -b 'http://*:8080/' -m one
	start "$b" two httpq-hello same -b 'http://*:8080/' -m two
	until_true has "$a" urls 8080 && until_true has "$b" urls 8080 &&
		says "$a" one http://127.0.0.1:8080/ &&
		says "$b" two http://127.0.0.1:8080/ &&
		has "$a" listeners ' 8080 softirq 1\b' &&
		has "$b" listeners ' 8080 softirq 1\b'
}

tool_namespace() {
	httpq -n "$a" queue add only-a && httpq -n "$a" -j queue show > "$work/a" &&
		httpq -n "$b" -j queue show > "$work/b" &&
		jq -e '[.[].name] | sort == ["only-a", "same"]' "$work/a" &&
		jq -e '[.[].name] == ["same"]' "$work/b" &&
		! httpq queue show | grep -qE 'same|only-a' &&
		httpq -n "$a" queue del only-a
}

tool_no_namespace() {
	local text

	text=$(httpq -n nosuchns queue show 2>&1)
	[[ $? = 1 && $text = "httpq: "*nosuchns* ]]
}

settings() {
	ip netns exec "$a" sysctl -qw net.httpq.head_bytes=2000 &&
		[[ $(ip netns exec "$b" sysctl -n net.httpq.head_bytes) = 16384 &&
		   $(sysctl -n net.httpq.head_bytes) = 16384 ]] &&
		ip netns exec "$a" sysctl -qw net.httpq.head_bytes=16384
}

counters() {
	local before

	before=$(table "$b" stats | grep '^responses ')
	says "$a" one http://127.0.0.1:8080/ &&
		[[ $(table "$b" stats | grep '^responses ') = "$before" ]]
}

# Of a namespace with a worker, a client and a connection nothing stays.
goes() {
	local ns=httpq-c-$$

	ip netns add "$ns" && ip -n "$ns" link set lo up || return
	start "$ns" gone httpq-hello same -b 'http://*:8080/' -m gone
	until_true has "$ns" urls 8080 && says "$ns" gone http://127.0.0.1:8080/ ||
		return
	ip netns del "$ns"
	kill "${pid_of[gone]}" && wait "${pid_of[gone]}"
	says "$a" one http://127.0.0.1:8080/ && says "$b" two http://127.0.0.1:8080/
}

# ---------------------------------------------------- families of addresses

both_families() {
	says "$a" one http://127.0.0.1:8080/ && says "$a" one 'http://[::1]:8080/' &&
		has "$a" listeners '^:: 8080 '
}

only_v4() {
	start "$a" v4 httpq-hello v4 -b http://127.0.0.1:8081/ -m v4
	until_true has "$a" urls 8081 && says "$a" v4 http://127.0.0.1:8081/ &&
		refused "$a" 'http://[::1]:8081/' && refused "$a" http://127.0.0.2:8081/ &&
		has "$a" listeners '^127.0.0.1 8081 ' && stop v4 &&
		refused "$a" http://127.0.0.1:8081/
}

only_v6() {
	start "$a" v6 httpq-hello v6 -b 'http://[::1]:8081/' -m v6
	until_true has "$a" urls 8081 && says "$a" v6 'http://[::1]:8081/' &&
		refused "$a" http://127.0.0.1:8081/ &&
		has "$a" listeners '^::1 8081 ' && stop v6 &&
		refused "$a" 'http://[::1]:8081/'
}

v6_only_default() {
	ip netns exec "$a" sysctl -qw net.ipv6.bindv6only=1 || return
	start "$a" any httpq-hello any -b 'http://*:8082/' -m any
	until_true has "$a" urls 8082 && says "$a" any http://127.0.0.1:8082/ &&
		says "$a" any 'http://[::1]:8082/' && stop any
}

v6_disabled() {
	ip netns exec "$b" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 || return
	start "$b" any4 httpq-hello any4 -b 'http://*:8082/' -m any4
	start "$b" local4 httpq-hello local4 -b http://localhost:8083/ -m local4
	until_true has "$b" urls 8082 && until_true has "$b" urls 8083 &&
		says "$b" any4 http://127.0.0.1:8082/ &&
		says "$b" local4 http://127.0.0.1:8083/ -H 'Host: localhost' &&
		stop any4 && stop local4
}

no_address() {
	local text

	text=$(ip netns exec "$a" httpq-hello x -b http://192.0.2.1:8084/ 2>&1)
	echo "$text"
	[[ $text = *"Cannot assign requested address" ]] &&
		! has "$a" urls 8084 && ! has "$a" listeners 8084
}

# ---------------------------------------------------------- /proc/net/httpq

# Columns keep their place; new ones come behind.
header() { # TABLE TEXT
	[[ "$(table "$a" "$1" | head -n 1) " = "$2 "* ]]
}

headers() {
	header queues 'name state owner group mode queued inflight workers max_queued max_inflight arrived rejected' &&
		header urls 'url queue context life' &&
		header listeners 'address port engine accepted' &&
		header connections 'id state local remote requests age_ms queue' &&
		header stats 'name value'
}

# Each line has as many words as the first.
columns() {
	local name

	for name in queues urls listeners connections stats; do
		echo "$name"
		table "$a" "$name" | awk '
			NR == 1 { n = NF }
			NF != n || /  / || / $/ { bad = 1 }
			END { exit bad || NR < 2 }' || return
	done
}

# Read byte by byte it is the same text as at once.
stable() {
	local name

	for name in queues urls listeners stats; do
		table "$a" "$name" > "$work/once"
		ip netns exec "$a" dd bs=1 status=none \
			"if=/proc/net/httpq/$name" > "$work/bytes"
		cmp "$work/once" "$work/bytes" || return
	done
}

# A connection that stays, for the tests below.
hold() {
	start "$a" held socat "EXEC:sleep 1000" TCP:127.0.0.1:8080
	until_true lines "$a" connections 1
}

admin_sees() {
	table "$a" connections
	has "$a" connections ' 127.0.0.1:8080 127.0.0.1:[0-9]* 0 [0-9]* -' &&
		httpq -n "$a" -j conn show > "$work/json" && cat "$work/json" &&
		jq -e 'length == 1 and .[0].local_port == 8080 and
			.[0].peer_addr == "127.0.0.1" and
			.[0].peer_port > 0' "$work/json"
}

others_do_not() {
	local as=(ip netns exec "$a" setpriv --reuid 65534 --regid 65534
		--clear-groups)

	"${as[@]}" cat /proc/net/httpq/connections > "$work/user" &&
		cat "$work/user" && [[ $(wc -l < "$work/user") = 2 ]] &&
		grep -q ' IDLE 127.0.0.1:8080 - 0 [0-9]* -' "$work/user" &&
		"${as[@]}" httpq -j conn show > "$work/json" &&
		cat "$work/json" &&
		jq -e 'length == 1 and .[0].local_port == 8080 and
			(.[0] | has("peer_addr") or has("peer_port") | not)' \
			"$work/json"
}

# It is the capability that counts, not the number of the user.
root_without_capability() {
	ip netns exec "$a" setpriv --bounding-set -net_admin --inh-caps -net_admin \
		cat /proc/net/httpq/connections > "$work/no-admin"
	cat "$work/no-admin"
	grep -q ' IDLE 127.0.0.1:8080 - ' "$work/no-admin"
}

# Nobody but an administrator writes settings.
settings_are_safe() {
	! ip netns exec "$a" setpriv --reuid 65534 --regid 65534 --clear-groups \
		sh -c 'echo 1 > /proc/sys/net/httpq/conns' &&
		[[ $(ip netns exec "$a" sysctl -n net.httpq.conns) = 65536 ]]
}

# ------------------------------------------------------------------- limits

# Each number that can be set: its default, the least and the most.
bounds() {
	cat <<-END
	head_bytes 16384 1024 65535
	target_bytes 8192 64 65000
	field_bytes 8192 64 65000
	fields 100 8 1000
	trailer_bytes 4096 0 32768
	header_timeout_ms 20000 10 3600000
	body_timeout_ms 60000 10 3600000
	idle_timeout_ms 75000 10 86400000
	queue_timeout_ms 30000 10 3600000
	send_timeout_ms 60000 10 3600000
	linger_timeout_ms 5000 10 120000
	zombie_timeout_ms 120000 10 86400000
	zombies 1024 1 65536
	log_kib 1024 64 1048576
	log_refusals 100 0 1000000
	linger_bytes 1048576 0 1073741824
	drain_bytes 65536 0 1073741824
	conns 65536 1 16777216
	refused_conns 64 0 65536
	mem_kib 262144 64 1073741824
	user_queues 16 0 65536
	user_urls 64 0 65536
	unprivileged_bind 1 0 1
	process_engine 0 0 1
	sndbuf 262144 16384 67108864
	rcvbuf 262144 16384 67108864
	END
}

# What costs memory of the host that no memory cgroup sees.
guarded=" conns refused_conns mem_kib user_queues user_urls sndbuf rcvbuf zombies log_kib "

# takes NAME VALUE: in the namespace of the caller.
takes() {
	echo "$2" > "/proc/sys/net/httpq/$1" &&
		[[ $(< "/proc/sys/net/httpq/$1") = "$2" ]] && return
	echo "$1: $2 not taken"
	return 1
}

refuses() { # NAME VALUE
	local old

	old=$(< "/proc/sys/net/httpq/$1")
	! echo "$2" > "/proc/sys/net/httpq/$1" &&
		[[ $(< "/proc/sys/net/httpq/$1") = "$old" ]] && return
	echo "$1: $2 not refused"
	return 1
}

# In a namespace where nothing was set yet.
each_has_bounds() {
	local name default least most

	while read -r name default least most; do
		echo "$name"
		[[ $(< "/proc/sys/net/httpq/$name") = "$default" ]] &&
			refuses "$name" $((least - 1)) && refuses "$name" $((most + 1)) &&
			takes "$name" "$least" && takes "$name" "$most" || return
	done < <(bounds)
	# The one for which a long is needed has no bounds but its own.
	takes body_bytes 18446744073709551615 &&
		refuses body_bytes 18446744073709551616 && takes body_bytes 0 &&
		diff <(ls /proc/sys/net/httpq) \
			<({ bounds | cut -d ' ' -f 1; echo body_bytes; } | sort)
}

# Whoever may make a namespace has no more of the host's memory for that.
guarded_ones() {
	local name default least most

	while read -r name default least most; do
		if [[ $guarded = *" $name "* ]]; then
			refuses "$name" $((default + 1)) && refuses "$name" "$most" &&
				takes "$name" "$least" && takes "$name" "$default"
		else
			takes "$name" "$most"
		fi || return
	done < <(bounds)
}

export -f bounds takes refuses each_has_bounds guarded_ones
export guarded

limits() {
	unshare -n bash -c each_has_bounds
}

limits_of_users() {
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		unshare --user --map-root-user --net bash -c guarded_ones
}

echo "TAP version 13"
echo "1..22"

ip netns add "$a"
ip netns add "$b"
ip -n "$a" link set lo up
ip -n "$b" link set lo up
check "equal queues and ports in two namespaces" side_by_side
check "httpq -n: each its own" tool_namespace
check "httpq -n: no such namespace" tool_no_namespace
check "settings of one are not the other's" settings
check "counters of one are not the other's" counters
check "both families on any address" both_families
check "IPv4 only" only_v4
check "IPv6 only" only_v6
check "bindv6only changes nothing" v6_only_default
check "without IPv6" v6_disabled
check "an address that is not there" no_address
check "a connection that is held" hold
check "proc: first lines" headers
check "proc: columns" columns
check "proc: the same in one piece and in many" stable
check "proc: an administrator sees clients" admin_sees
check "proc: others do not" others_do_not
check "proc: root without CAP_NET_ADMIN does not" root_without_capability
check "settings are the administrator's" settings_are_safe
check "limits have bounds" limits
check "limits that users do not raise" limits_of_users
check "a namespace goes, others stay" goes
exit $failed
