#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# httpq-pool: recycling for each of its reasons, reloads, and its own restarts.
# Needs root, the module loaded, the tools in PATH, curl and jq. Prints TAP.
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

# load TEXT: asks all the time, on new and on kept connections, until
# $work/load is gone; what was not answered with TEXT goes to $work/bad.
load() {
	: > "$work/load"
	: > "$work/bad"
	while [[ -e $work/load ]]; do
		curl -sS --max-time 20 -w '\n' "$url" "$url" "$url" 2>&1 |
			grep -v "^\($1\|\)$" >> "$work/bad"
	done &
	loader=$!
}

# Nothing was lost.
unload() {
	rm "$work/load"
	wait "$loader"
	cat "$work/bad"
	[[ ! -s $work/bad ]]
}

recycles() {
	local i

	pool web <<- X
		bind = %u
		workers = 2
		stagger = off
		command = httpq-hello web -m one
	X
	await settled web 2 || return
	load one
	for i in 2 4 6; do
		httpq pool recycle web
		await is web recycled="$i"
		await settled web 2
	done
	unload && is web recycled=6
}

# The new one is ready before the old one is told to leave.
overlapped() {
	local old

	for old in 1 2 3 4 5 6; do
		before web "worker $((old + 2)): active" "worker $old: drains: command" ||
			return
	done
}

one_worker() {
	local ids

	ids=$(workers web 'map(.id) | sort | @csv')
	[[ $ids = 7,8 ]] && httpq pool recycle web 8 &&
		await is web recycled=7 && await settled web 2 &&
		are web 'map(.id) | sort == [7, 9]'
}

not_overlapped() {
	pool alone <<- X
		bind = %u
		overlap = no
		command = httpq-hello alone -m one
	X
	await settled alone 1 || return
	load one
	httpq pool recycle alone && await said alone 'worker 2: active'
	unload && before alone 'worker 1: ended with status 0' 'worker 2: started' &&
		quit alone
}

by_requests() {
	local i

	pool count <<- X
		bind = %u
		recycle-requests = 10
		command = httpq-hello count -m one
	X
	await settled count 1 || return
	for ((i = 0; i < 12; i++)); do
		says one || return
	done
	await said count 'worker 1: drains: requests' && await settled count 1 &&
		quit count
}

# by NAME WHY SETTING: recycles once, then the next one has to wait.
by() {
	pool "$1" <<- X
		stagger = 1h
		$3
		command = httpq-hello $1
	X
	await said "$1" "worker 1: drains: $2" && await settled "$1" 1 &&
		is "$1" recycled=1 && quit "$1"
}

by_time() {
	by clock time "recycle-at = 00:00 $(date -d '+4 seconds' +%T)"
}

# replace FILE: as an upgrade does it.
replace() {
	cp "$1" "$work/program.new"
	mv "$work/program.new" "$work/program"
}

by_change() {
	replace "$(command -v httpq-hello)"
	: > "$work/data"
	pool change <<- X
		bind = %u
		recycle-on-change = yes
		watch = $work/data
		stagger = off
		command = $work/program change -m one
	X
	await settled change 1 && replace "$work/program" &&
		await said change 'worker 1: drains: changed' &&
		await settled change 1 && echo more >> "$work/data" &&
		await said change 'worker 2: drains: changed' &&
		await settled change 1
}

# The new version does not work: the old one goes on, and the next one counts.
broken_version() {
	printf '#!/bin/sh\nexit 1\n' > "$work/broken"
	chmod +x "$work/broken"
	replace "$work/broken"
	await said change 'ended with status 1' 2 && says one &&
		is change state=running failures=0 &&
		replace "$(command -v httpq-hello)" &&
		await said change 'worker 3: drains: changed' &&
		await settled change 1 && says one && quit change
}

no_reason() {
	pool calm <<- X
		bind = %u
		command = httpq-hello calm -m one
	X
	await settled calm 1 || return
	replace "$(command -v httpq-hello)"
	load one
	sleep 3
	unload && are calm '.[0].id == 1' && is calm recycled=0 && quit calm
}

# A worker's own part changes, so that all are recycled; the rest is just set.
reloads() {
	local new=$((port + 100))

	sed -i -e 's/^workers.*/workers = 3/' -e 's/-m one/-m two/' \
		-e "s#^bind.*#bind = http://*:$new/a/ site 4#" "$work/web.conf"
	echo 'max-queued = 11' >> "$work/web.conf"
	reload web && await is web recycled=9 && await settled web 3 &&
		said web 'drains: config' 2 || return
	url=http://127.0.0.1:$new/a/
	says two && httpq -j queue show web | jq -e '.[0].max_queued == 11' &&
		httpq -j url | jq -e '[.[] | select(.queue == "web")] |
			length == 1 and .[0].site == 4 and (.[0].url | endswith("/a/"))'
}

# The port's socket is the one of before: it has not forgotten what it accepted.
reloads_options() {
	local new=$((port + 100)) old

	accepted() { awk -v p="$new" '$2 == p { print $4 }' \
			/proc/net/httpq/listeners; }
	old=$(accepted)
	sed -i 's/ site 4$/ site 5 keepalive off/' "$work/web.conf"
	reload web && says two && (($(accepted) > old && old > 0)) &&
		httpq -j url | jq -e '[.[] | select(.queue == "web")] |
			length == 1 and .[0].site == 5 and (.[0].keepalive | not)'
}

reloads_less() {
	sed -i 's/^workers.*/workers = 1/' "$work/web.conf"
	reload web && await settled web 1 && said web 'drains: surplus' 2
}

bad_reload() {
	cp "$work/web.conf" "$work/good"
	echo 'nonsense = 1' >> "$work/web.conf"
	kill -HUP "${pid_of[web]}"
	await said web "web.conf:[0-9]*: there is no setting 'nonsense'" &&
		sed 's/^max/queue = other\nmax/' "$work/good" > "$work/web.conf" &&
		kill -HUP "${pid_of[web]}" &&
		await said web "the queue can't be changed" && settled web 1 &&
		quit web
}

left_alone() {
	local old

	pool stays <<- X
		bind = %u
		on-exit = leave
		workers = 2
		recycle-on-change = yes
		stagger = off
		command = httpq-hello stays -m here
	X
	await settled stays 2 || return
	old=$(workers stays 'map([.id, .pid]) | sort | @json')
	quit stays && says here || return
	start stays httpq-pool "$work/stays.conf"
	await settled stays 2 && said stays 'taken over, active' 2 &&
		[[ $(workers stays 'map([.id, .pid]) | sort | @json') = "$old" ]]
}

# One ends while nobody looks.
killed_supervisor() {
	local first

	first=$(workers stays '.[] | select(.id == 1) | .pid')
	kill -KILL "${pid_of[stays]}"
	wait "${pid_of[stays]}"
	kill -KILL "$first"
	says here || return
	start stays httpq-pool "$work/stays.conf"
	await said stays 'worker 3: active' && await settled stays 2 &&
		said stays 'worker 2: taken over, active' &&
		are stays 'map(.id) | sort == [2, 3]'
}

# Nobody knows how one ended that was no child: it is replaced all the same.
adopted_ones_end() {
	kill -KILL "$(workers stays '.[] | select(.id == 2) | .pid')"
	await said stays 'worker 2: ended' && await settled stays 2 &&
		httpq pool recycle stays && await is stays recycled=2 &&
		await settled stays 2 && says here || return
	sed -i 's/^on-exit.*/on-exit = drain/' "$work/stays.conf"
	reload stays && quit stays
}

echo "TAP version 13"
echo "1..18"

check "recycles without loss" recycles
check "recycles with overlap" overlapped
check "recycles one worker" one_worker
check "reloads" reloads
check "reloads options of a URL" reloads_options
check "reloads with fewer workers" reloads_less
check "reloads nothing that is wrong" bad_reload
check "recycles without overlap" not_overlapped
check "recycles by requests" by_requests
check "recycles by age" by old age "recycle-age = 2s"
check "recycles by memory" by big memory "recycle-memory = 64K"
check "recycles by time of day" by_time
check "recycles by change" by_change
check "a broken version" broken_version
check "recycles for no other reason" no_reason
check "leaves workers and takes them over" left_alone
check "takes them over after SIGKILL" killed_supervisor
check "those that were taken over end" adopted_ones_end
exit $failed
