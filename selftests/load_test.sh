#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading and unloading the module, many times over: what init makes, exit
# undoes.  Leaves the module as it was found, loaded.
set -u

module=/opt/httpq/httpq.ko
rounds=20

echo "TAP version 13"
echo "1..2"

rmmod httpq
failed=0
for ((i = 0; i < rounds; i++)); do
	insmod $module && [[ -d /sys/module/httpq ]] || failed=1
	rmmod httpq && [[ ! -d /sys/module/httpq ]] || failed=1
done
((failed)) && echo -n "not "
echo "ok 1 loads and unloads $rounds times"

insmod $module || echo -n "not "
echo "ok 2 loads again"
