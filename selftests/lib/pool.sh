# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What tests of httpq-pool share: pools, their workers, what they wrote. For
#	. "${0%/*}/lib/tap.sh"
#	. "${0%/*}/lib/pool.sh"
# Each pool has a port of its own; $url is that of the last one.
#
# shellcheck disable=SC2154 # variables of tap.sh

run=/run/httpq-pool
port=8100
url=

# Also what a pool has left running.
cleanup() {
	((${#pids[@]} == 0)) || kill -KILL "${pids[@]}" 2> /dev/null
	awk '$1 ~ /^[0-9]+$/ { print $2 }' "$run"/*/state 2> /dev/null |
		xargs -r kill -KILL 2> /dev/null
	rm -rf "$work" "$run"
	wait
}

# config NAME: writes a configuration: what stdin has, where %u is a new URL.
config() {
	port=$((port + 1))
	url=http://127.0.0.1:$port/
	sed "s#%u#http://*:$port/#" > "$work/$1.conf"
}

# pool NAME: runs a pool with the configuration on stdin; workers are children.
pool() {
	config "$1" < <(cat && echo 'units = no')
	start "$1" httpq-pool "$work/$1.conf"
}

# quit NAME: ends a pool; its status.
quit() {
	kill "${pid_of[$1]}" && wait "${pid_of[$1]}"
}

# get NAME FILTER: of the pool; workers NAME FILTER: of the list of its workers.
get() {
	httpq -j pool | jq -r ".[] | select(.pool == \"$1\") | $2"
}

workers() {
	httpq -j pool show "$1" | jq -r "$2"
}

# are NAME TEST: a jq condition on its workers.
are() {
	[[ $(workers "$1" "$2") = true ]]
}

# What is asked over and over is read from tables: jq takes a second to start in
# an emulated guest.

# is NAME COLUMN=VALUE...: what the table of pools says of it.
is() {
	local name=$1 heads row i
	local -A cell=()

	shift
	{
		read -ra heads
		while read -ra row && [[ ${row[0]} != "$name" ]]; do :; done
	} < <(httpq pool)
	for i in "${!row[@]}"; do
		cell[${heads[i],,}]=${row[i]}
	done
	for i; do
		[[ ${cell[${i%%=*}]:-} = "${i#*=}" ]] || return
	done
}

# settled NAME COUNT: so many are active, and nobody else is there.
settled() {
	local nr=0 row

	{
		read -ra row || return
		while read -ra row; do
			[[ ${row[1]} = active ]] || return
			nr=$((nr + 1))
		done
	} < <(httpq pool show "$1")
	((nr == $2))
}

holds() { # NAME: its first worker has a request
	local row

	{ read -ra row && read -ra row; } < <(httpq pool show "$1")
	[[ ${row[5]:-} = 1 ]]
}

# said NAME TEXT [COUNT]: the pool wrote so many lines with it.
said() {
	(($(grep -c -- "$2" "$work/$1") >= ${3:-1}))
}

# before NAME FIRST SECOND: the order of two lines.
before() {
	local first second

	first=$(grep -n -m1 -- "$2" "$work/$1" | cut -d: -f1)
	second=$(grep -n -m1 -- "$3" "$work/$1" | cut -d: -f1)
	[[ -n $first && -n $second ]] && ((first < second))
}

# await CONDITION NAME ...: until one of the above holds.
await() {
	until_true "$@" && return
	echo "not so: $*"
	httpq pool
	httpq pool show "$2"
	tail -n 30 "$work/$2"
	return 1
}

says() { # TEXT
	local got

	got=$(curl -sS --max-time 20 "$url" 2>&1)
	[[ $got = "$1" ]] || { echo "says: $got"; return 1; }
}

refuses() { # STATUS
	[[ $(curl -s -o "$work/body" -w '%{http_code}' "$url") = "$1" ]]
}

state_of() { # QUEUE
	httpq queue show "$1" | awk 'NR == 2 { print $2 }'
}

stands() { # PID: all its threads
	! grep -h '^State:' "/proc/$1"/task/*/status | grep -qv T
}

# halt NAME: stops its first worker, whose number is then in $halted.
halt() {
	halted=$(workers "$1" '.[0].pid')
	kill -STOP "$halted" && until_true stands "$halted"
}

reload() { # NAME
	local nr

	nr=$(grep -c 'configuration read' "$work/$1")
	kill -HUP "${pid_of[$1]}"
	await said "$1" 'configuration read' $((nr + 1))
}

# hold NAME: a client sends the first half of a body to httpq-echo, and the
# rest when $work/NAME.more is there. $client is its process, its answer goes
# to NAME.answer.
hold() {
	local name=$1

	await settled "$name" 1 || return
	{
		printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n'
		printf 'Connection: close\r\n\r\nab'
		while [[ -d $work && ! -e $work/$name.more ]]; do sleep 0.1; done
		printf cd
		sleep 1
	} | socat -t 10 - "TCP:127.0.0.1:$port,linger=0" > "$work/$name.answer" &
	client=$!
	pids+=("$client")
	await holds "$name"
}
