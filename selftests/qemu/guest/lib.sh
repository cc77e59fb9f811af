# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What run-tests and run-kunit share: what the kernel log and the taint flags
# may say.

splats='BUG:|WARNING:|UBSAN|KASAN|KFENCE|unreferenced object|possible recursive'
splats+='|possible circular|INFO: task|suspicious RCU|refcount_t|ODEBUG|Oops'
splats+='|general protection|held lock freed|bad unlock|unregister_netdevice'

# O: out of tree, E: unsigned, N: KUnit test
taint_allowed=$(((1 << 12) | (1 << 13) | (1 << 18)))

failures=0

fail() { # NAME REASON
	echo "not ok - $1: $2"
	failures=$((failures + 1))
}

# What the kernel said since the last call is the doing of NAME.
check_kernel() {
	local name=$1 log taint

	log=$(dmesg --read-clear)
	if grep -qE "$splats" <<< "$log"; then
		sed 's/^/# /' <<< "$log"
		fail "$name" "$(grep -m1 -oE "($splats).*" <<< "$log")"
	fi
	taint=$(($(< /proc/sys/kernel/tainted) & ~taint_allowed))
	if ((taint != ${taint_seen:-0})); then
		taint_seen=$taint
		fail "$name" "taint $taint"
	fi
}

# UML 6.1 walks its mappings on fork without a lock, which lockdep notices
# while booting; what other kernels complain of before a test is an error.
check_boot() {
	[[ $HTTPQ_KERNEL != uml-6.1 ]] || dmesg --clear
	check_kernel boot
}

# If the host could say how fast its counter runs: any other clock than that
# loses time where the host has much to do.
check_clock() {
	local clock

	grep -qw tsc=reliable /proc/cmdline || return 0
	clock=$(< /sys/devices/system/clocksource/clocksource0/current_clocksource)
	[[ $clock = tsc ]] || fail clock "$clock, not tsc"
}

# What the boot itself leaked is not ours: the thread that later is init.
boot_leaks_out() {
	awk '/^unreferenced object/ { head = $0; next }
	     head != "" { drop = /comm "swapper[^"]*", pid 1,/
			  if (!drop) print head
			  head = "" }
	     !drop'
}

# An object younger than five seconds is not looked at; a pointer in a
# register or on a stack can hide or fake a leak once: scan twice.
check_leaks() {
	local name=$1 leaks

	[[ -e /sys/kernel/debug/kmemleak ]] || return 0
	sleep 6
	echo scan > /sys/kernel/debug/kmemleak
	sleep 6
	echo scan > /sys/kernel/debug/kmemleak
	leaks=$(boot_leaks_out < /sys/kernel/debug/kmemleak)
	if [[ -n $leaks ]]; then
		sed 's/^/# /' <<< "$leaks"
		fail "$name" "$(grep -c '^unreferenced' <<< "$leaks") leaked objects"
	else
		echo "ok - $name: nothing leaked"
	fi
	dmesg --clear
}
