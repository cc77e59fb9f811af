#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# httpq-pool under systemd: its own unit, a unit for each worker, and the units
# that are shipped. A systemd boots for this, in namespaces but for that of the
# network. Needs root, the module loaded, the tools in PATH and systemd. Prints
# TAP.
#
# kernels: 6.12 (uml)
# timeout: 600
#
# shellcheck disable=SC2317 # functions that check() calls
set -u

if [[ -z ${HTTPQ_TEST_NS:-} ]]; then
	export HTTPQ_TEST_NS=1
	exec unshare -n "$0" "$@"
fi
here=$(readlink -f "${0%/*}")

# The first process of the new PID namespace, which becomes systemd. Its control
# group is at the root, so that it gets all controllers.
if [[ ${1:-} = boot ]]; then
	echo 0 > /sys/fs/cgroup/httpq-systemd/cgroup.procs || exit
	exec unshare --cgroup "$0" booted
fi
if [[ ${1:-} = booted ]]; then
	umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
		mount -t tmpfs run /run && mount -t tmpfs tmp /tmp || exit
	mkdir -p /run/systemd/{system,journald.conf.d} /run/etc
	printf '[Journal]\nReadKMsg=no\nAudit=no\n' \
		> /run/systemd/journald.conf.d/test.conf
	for unit in httpq-pool@ httpq-worker-isolated@; do
		sed -e 's#@SBINDIR@#/opt/httpq/bin#; s#@BINDIR@#/opt/httpq/bin#' \
			-e 's#@CONFDIR@#/run/etc#' "$here/../share/$unit.service" \
			> "/run/systemd/system/$unit.service"
	done
	cat > /run/systemd/system/httpq-test.target <<- X
		[Unit]
		Wants=systemd-journald.service
		After=systemd-journald.service
		DefaultDependencies=no
	X
	mkdir /run/systemd/system/httpq-pool@.service.d
	cat > /run/systemd/system/httpq-pool@.service.d/test.conf <<- X
		[Service]
		Environment=PATH=$PATH
		WatchdogSec=3
		RestartSec=100ms
	X
	exec env -i container=httpq "PATH=$PATH" /lib/systemd/systemd \
		--unit=httpq-test.target --show-status=no --log-target=journal
fi

ip link set lo up
. "$here/lib/tap.sh"
. "$here/lib/pool.sh"

probe=/usr/local/bin/httpq-probe

# What is waited for takes several programs to see, and emulated processors
# take a second for each.
patience=90

cleanup() {
	kill -KILL "$init" 2> /dev/null
	wait
	rm -rf "$work" "$probe"
	until_true rmdir_group
}

rmdir_group() {
	find /sys/fs/cgroup/httpq-systemd -depth -type d -exec rmdir {} + &&
		[[ ! -e /sys/fs/cgroup/httpq-systemd ]]
}

# inside COMMAND...: where that systemd is.
inside() {
	nsenter -t "$init" -m -p -i -u -C "$@"
}

ctl() {
	inside systemctl --no-pager "$@"
}

# What lib/pool.sh asks of httpq.
httpq() {
	inside /opt/httpq/bin/httpq "$@"
}

# conf NAME: a configuration from stdin, where %u is a new URL.
conf() {
	config "$1"
	inside tee "/run/etc/pool/$1.conf" < "$work/$1.conf"
}

up() { # NAME
	ctl start "httpq-pool@$1" || { journal "httpq-pool@$1"; return 1; }
}

journal() { # UNIT
	inside journalctl --no-pager -q -u "$1"
}

said() { # NAME TEXT [COUNT]
	(($(journal "httpq-pool@$1" | grep -c -- "$2") >= ${3:-1}))
}

# property UNIT NAME: its value.
property() {
	ctl show "$1" -P "$2"
}

await() {
	until_true "$@" && return
	echo "not so: $*"
	httpq pool
	httpq pool show "$2"
	ctl list-units --all 'httpq*'
	journal "httpq-pool@$2" | tail -n 20
	return 1
}

pid_of_pool() {
	property "httpq-pool@$1" MainPID
}

no_failed_units() {
	[[ -z $(ctl list-units --all --failed --plain --no-legend 'httpq*') ]]
}

is_up() {
	init=$(pgrep -P "$1") && [[ $(ctl is-system-running) = running ]]
}

boots() {
	mkdir /sys/fs/cgroup/httpq-systemd || return
	echo +memory > /sys/fs/cgroup/cgroup.subtree_control
	unshare --pid --mount --ipc --uts --fork --kill-child --mount-proc \
		"$0" boot > "$work/systemd" 2>&1 &
	starter=$!
	until_true is_up "$starter" && inside mkdir /run/etc/pool && return
	cat "$work/systemd"
	return 1
}

# Ready is said when the queue is there, and the watchdog is served.
starts() {
	conf web <<- X
		bind = %u
		workers = 2
		user = nobody
		queue-owner = nobody
		memory-max = 100M
		limit-files = 77
		on-exit = leave
		stagger = off
		stop-limit = 5s
		command = httpq-hello web -m one
	X
	up web && [[ $(state_of web) = running ]] && await settled web 2 &&
		says one && [[ $(property httpq-pool@web StatusText) = \
			"running, 2 of 2 workers active" ]]
}

units() {
	local unit group

	for unit in httpq-web-1 httpq-web-2; do
		[[ $(property "$unit" ActiveState) = active &&
		   $(property "$unit" User) = nobody &&
		   $(property "$unit" MemoryMax) = 104857600 &&
		   $(property "$unit" LimitNOFILE) = 77 &&
		   $(property "$unit" Before) = *httpq-pool@web.service* ]] ||
			return
		group=$(property "$unit" ControlGroup)
		[[ $(inside cat "/sys/fs/cgroup$group/memory.max") = 104857600 ]] ||
			return
	done
}

journal_has() { # UNIT TEXT
	journal "$1" | grep -q -- "$2"
}

journals() {
	journal_has httpq-web-1 'listening as worker of web'
}

recycles() {
	httpq pool recycle web && await is web recycled=2 &&
		await settled web 2 && says one &&
		[[ $(property httpq-web-1 LoadState) = not-found ]] &&
		no_failed_units
}

crashes() {
	local pid

	pid=$(workers web '.[0].pid')
	inside kill -KILL "$pid"
	await is web failures=1 && await settled web 2 && says one &&
		until_true no_failed_units
}

# It executes itself anew, and closes its connections.
reexecutes() {
	ctl daemon-reexec
	until_true is_up "$starter" || return
	inside kill -KILL "$(workers web '.[0].pid')"
	await is web failures=2 && await settled web 2 &&
		httpq pool recycle web && await is web recycled=4 &&
		await settled web 2 && says one
}

reloads() {
	inside sed -i 's/-m one/-m two/' /run/etc/pool/web.conf
	ctl reload httpq-pool@web && await is web recycled=6 &&
		await settled web 2 && says two &&
		[[ $(property httpq-pool@web ActiveState) = active ]]
}

# A supervisor that hangs is replaced, its workers are not.
watchdog() {
	local old pid

	old=$(workers web 'map([.id, .pid]) | sort | @json')
	pid=$(pid_of_pool web)
	inside kill -STOP "$pid"
	says two && until_true eval "[[ \$(pid_of_pool web) != @(0|$pid) ]]" &&
		await settled web 2 && said web 'taken over, active' 2 &&
		[[ $(workers web 'map([.id, .pid]) | sort | @json') = "$old" ]]
}

stop_leaves() {
	local old

	old=$(workers web 'map([.id, .pid]) | sort | @json')
	ctl stop httpq-pool@web && says two && up web && await settled web 2 &&
		[[ $(workers web 'map([.id, .pid]) | sort | @json') = "$old" ]]
}

adopted_ones_recycle() {
	httpq pool recycle web && await is web recycled=2 &&
		await settled web 2 && says two && until_true no_failed_units
}

stop_drains() {
	inside sed -i 's/^on-exit.*/on-exit = drain/' /run/etc/pool/web.conf
	ctl reload httpq-pool@web && ctl stop httpq-pool@web &&
		[[ -z $(ctl list-units --all --plain --no-legend 'httpq-web-*') ]]
}

# The program can't be run: that is a failure, and after some the end.
no_program() {
	conf none <<- X
		rapid-fail = 2
		directory = /nonexistent
		command = httpq-hello none
	X
	up none && await is none state=offline failures=2 &&
		until_true no_failed_units && ctl stop httpq-pool@none
}

bad_config() {
	conf broken <<- X
		nonsense
	X
	! ctl start httpq-pool@broken && said broken \
		"/run/etc/pool/broken.conf:1: 'nonsense' is not NAME = VALUE"
	ctl reset-failed httpq-pool@broken
}

ping_fd() {
	conf ping <<- X
		bind = %u
		ping = fd
		ping-interval = 200ms
		ping-timeout = 2s
		kill-limit = 1s
		command = bash -c 'httpq-hello ping -m well & for i in {1..5}; do read -rN1 -u \$HTTPQ_PING_FD && echo pong; done; exec sleep 1000'
		environment = PATH=$PATH
	X
	up ping && await settled ping 1 &&
		await said ping 'worker 1: SIGTERM: sick' &&
		(($(journal httpq-ping-1 | grep -c pong) == 5)) &&
		await settled ping 1 && says well && ctl stop httpq-pool@ping
}

# A program that tells what it is kept from, and then serves.
make_probe() {
	cat > $probe <<- 'X'
		#!/bin/bash
		echo "interfaces $(sed 's/:.*//; 1,2d' /proc/self/net/dev | xargs)"
		echo "net $(readlink /proc/self/ns/net)"
		echo "user $(id -u)"
		grep -h '^Seccomp:\|^NoNewPrivs:\|^CapBnd:' /proc/self/status
		python3 -c 'import socket; socket.socket()' 2>&1 | tail -n 1
		exec /opt/httpq/bin/httpq-hello "$@"
	X
	chmod +x $probe
}

# told UNIT: the probe in it says that it is alone. Kernels without seccomp
# can't forbid the call, but there is no network.
told() {
	local said

	until_true journal_has "$1" listening || return
	said=$(journal "$1")
	echo "$said"
	[[ $said = *"interfaces lo"* && $said != *"$(readlink /proc/self/ns/net)"* &&
	   $said != *"user 0"* && $said =~ NoNewPrivs:[[:space:]]+1 &&
	   $said =~ CapBnd:[[:space:]]+0000000000000000 ]] || return
	! grep -q '^Seccomp:' /proc/self/status ||
		[[ $said = *"Operation not permitted"* &&
		   $said =~ Seccomp:[[:space:]]+2 ]]
}

isolated_pool() {
	conf alone <<- X
		bind = %u
		handle = pass
		isolate = yes
		command = $probe alone -m alone
	X
	up alone && await settled alone 1 && says alone &&
		told httpq-alone-1.service && httpq pool recycle alone &&
		await is alone recycled=1 && says alone &&
		ctl stop httpq-pool@alone
}

isolated_unit() {
	port=$((port + 1))
	url=http://127.0.0.1:$port/
	httpq queue add shipped owner www-data &&
		httpq url add "http://*:$port/" queue shipped &&
		ctl start httpq-worker-isolated@shipped &&
		says "Hello from httpq" &&
		ctl stop httpq-worker-isolated@shipped || return
	inside mkdir -p /run/systemd/system/httpq-worker-isolated@shipped.service.d
	inside tee /run/systemd/system/httpq-worker-isolated@shipped.service.d/a.conf <<- X
		[Service]
		ExecStart=
		ExecStart=$probe %i -m shipped
	X
	ctl daemon-reload
	ctl start httpq-worker-isolated@shipped && says shipped &&
		told httpq-worker-isolated@shipped.service &&
		ctl stop httpq-worker-isolated@shipped
}

echo "TAP version 13"
echo "1..17"

make_probe
init=0
check "systemd boots" boots
check "the pool starts" starts
check "each worker is a unit" units
check "each worker has its journal" journals
check "recycles" recycles
check "a crash" crashes
check "systemd is executed anew" reexecutes
check "reloads" reloads
check "watchdog" watchdog
check "stop leaves workers, start takes them over" stop_leaves
check "those are recycled as well" adopted_ones_recycle
check "stop drains" stop_drains
check "a program that can't be run" no_program
check "a bad configuration" bad_config
check "pings" ping_fd
check "isolated workers of a pool" isolated_pool
check "the unit of an isolated worker" isolated_unit
exit $failed
