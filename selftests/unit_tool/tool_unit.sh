#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tool_unit.sh DIR: tests httpq(8) without its kernel module, with the
# programs that the Makefile built in DIR. Prints TAP.
#
# shellcheck disable=SC2317 # functions that check() calls
dir=$1
nr=0
failed=0
: >"$dir/out"
: >"$dir/err"

# check TEXT COMMAND...: one test, which passes if the command does.
check() {
	local text=$1
	shift
	nr=$((nr + 1))
	if "$@"; then
		echo "ok $nr $text"
	else
		echo "not ok $nr $text"
		sed 's/^/# out: /' "$dir/out"
		sed 's/^/# err: /' "$dir/err"
		failed=1
	fi
}

# tool WORD...: runs the tool; leaves out, err and $code.
tool() {
	"$dir/httpq" "$@" >"$dir/out" 2>"$dir/err"
	code=$?
}

# An error is one line on stderr, nothing on stdout and exit status 1.
is_error() {
	[[ $code -eq 1 && ! -s $dir/out && $(wc -l <"$dir/err") -eq 1 ]] &&
		grep -qE "^httpq: .*$1" "$dir/err"
}

is_help() {
	[[ $code -eq 0 && ! -s $dir/err ]] && grep -q "$1" "$dir/out"
}

# usage PATTERN WORD...: the words are refused with the pattern.
usage() {
	local pattern=$1
	shift
	tool "$@"
	check "refused: httpq ${*@Q}" is_error "$pattern"
}

# helps PATTERN WORD...: the words print a help text.
helps() {
	local pattern=$1
	shift
	tool "$@"
	check "help: httpq $*" is_help "$pattern"
}

# json FILTER: the output of the last program passes the jq filter.
json() {
	jq -e "$1" "$dir/out" >/dev/null 2>"$dir/err"
}

program() {
	"$dir/$1" "${@:2}" >"$dir/out" 2>"$dir/err"
}

matches() {
	LC_ALL=C grep -aqE "$1" "$dir/out"
}

test_help() {
	local words
	for words in help h -h -help --help; do
		helps 'OBJECT.*COMMAND' "$words"
	done
	for words in queue url listener conn stats worker zombie monitor log why \
		pool; do
		helps "httpq $words" "$words" help
		helps "httpq $words" "${words:0:2}" h
		helps "httpq $words" "$words" -help
		helps "httpq $words" -j "$words" --help
	done
	for words in 'queue add' 'que del' 'url add' 'worker drain' 'zombie reap' \
		'listener set' 'queue show' 'log show' 'pool show' \
		'pool recycle' 'pool start' 'pool stop' 'pool reset'; do
		# shellcheck disable=SC2086
		helps "^ *\(Usage: \)\?httpq ${words:0:3}" $words help
		# shellcheck disable=SC2086
		helps "^ *\(Usage: \)\?httpq ${words:0:3}" $words --help
	done
	helps '^httpq [0-9]' -V
	helps '^httpq [0-9]' --version
}

test_words() {
	usage 'no object: queue, .*help'
	usage 'unknown object .*queue, url, listener, .*worker, zombie, .*monitor.*help' foo
	usage 'unknown object' ''
	usage 'unknown object' queues
	usage "unknown option '-x'.*help" -x queue
	usage "unknown option '--nope'.*help" --nope
	usage "option '-n' needs a value" -n
	usage 'unknown object' $'a\nb\e[1m'
	usage 'unknown queue command.*add, set, del, drain, show.*help' queue foo
	usage "ambiguous queue command 's': use set, show;" queue s
	usage "ambiguous queue command 'd': use del, drain;" queue d
	usage 'unknown url command' url change
	usage 'unknown listener command' listener add
	usage 'unknown conn command' conn del 1
	usage 'unknown worker command.*show, drain, detach.*help' worker foo
	usage "ambiguous worker command 'd': use drain, detach;" worker d
	usage 'unknown zombie command.*show, reap.*help' zombie foo
	usage "unexpected word 'foo'.*help" monitor foo
	usage "unexpected word 'b'.*help" stats a b
	usage "unexpected word 'a'" conn show a
	usage "unexpected word 'a'" url show a
	usage "'-j' has to stand before the object" url show -j
}

test_queue_words() {
	usage 'needs the name of a queue.*help' queue add
	usage 'needs the name of a queue.*help' queue del
	usage 'needs the name of a queue.*help' queue drain
	usage 'deadline .* is not a number' queue drain a soon
	usage "unexpected word '2'" queue drain a 1 2
	usage 'no queue name' queue add .hidden
	usage 'no queue name' queue add ''
	usage 'no queue name' queue add 'a b'
	usage 'no queue name' queue show "$(printf '%064d' 0)"
	usage "unexpected word 'b'" queue show a b
	usage "unknown keyword 'b'" queue add a b
	usage "'mode' needs a value" queue add a mode
	usage "mode '0777'" queue add a mode 0777
	usage "mode '8'" queue add a mode 8
	usage "mode ''" queue add a mode ''
	usage "'mode' is given twice" queue add a mode 600 mo 600
	usage "ambiguous keyword 'm': use mode, max-queued, max-inflight" queue add a m 1
	usage "no user 'nobody-at-all'" queue add a owner nobody-at-all
	usage "no group 'nobody-at-all'" queue add a group nobody-at-all
	usage 'owner .* is not a number' queue add a owner 4294967295
	usage 'max-queued .* is not a number' queue add a max-queued -1
	usage 'max-queued .* is not a number' queue add a max-queued 4294967296
	usage 'max-inflight .* is not a number' queue add a max-inflight 12k
	usage "unknown keyword 'state'" queue add a state running
	usage "unknown state 'gone': use running, paused, stopped, offline" queue set a state gone
	usage 'nothing to set' queue set a
	usage "unknown redeliver 'once': use idempotent, never, any" queue set a redeliver once
	usage "unknown affinity 'yes': use off, on" queue add a affinity yes
	usage "ambiguous affinity 'o'" queue add a affinity o
	usage "unknown pool '1'" queue add a pool 1
	usage 'hold .* is not a number' queue add a hold 64k
	usage 'answer-timeout .* is not a number' queue set a answer-timeout 4294967296
}

test_other_words() {
	usage 'needs a URL.*help' url add
	usage 'needs a URL.*help' url set
	usage 'nothing to set.*help' url set http://+:80/
	usage 'needs a URL.*help' url del
	usage "'queue' is missing" url add http://+:80/
	usage "'queue' is missing" url add http://+:80/ context 1
	usage 'context .* is not a number' url add http://+:80/ queue a context ''
	usage 'context .* is not a number' url add http://+:80/ queue a context 0x
	usage 'context .* is not a number' url add http://+:80/ queue a context 18446744073709551616
	usage 'site .* is not a number' url add http://+:80/ queue a site 4294967296
	usage "unknown keepalive 'maybe'" url add http://+:80/ queue a keepalive maybe
	usage 'at most 2048 bytes' url add "http://+:80/$(printf '%02048d' 0)/" queue a
	usage 'needs the id of a worker.*help' worker drain
	usage 'needs the id of a worker.*help' worker detach
	usage "id 'x' is not a number" worker drain x
	usage 'deadline .* is not a number' worker drain 1 -1
	usage "unexpected word '2'" worker detach 1 2
	usage "unexpected word 'b'" worker show a b
	usage 'no queue name' worker show 'a b'
	usage "id 'x' is not a number" zombie reap x
	usage "unexpected word '2'" zombie reap 1 2
	usage "unexpected word '1'" zombie show 1
	usage 'needs a port' listener set
	usage "port '65536' is not a number" listener set 65536 engine process
	usage "'engine' is missing" listener set 80
	usage "unknown engine 'foo'" listener set 80 engine foo
}

test_transport() {
	local words
	usage "no network namespace 'httpq-no-such'.*ip netns" -n httpq-no-such queue show
	usage "can't open network namespace '/no/such'" -n /no/such queue show
	if [[ $(id -u) -eq 0 ]]; then
		usage "is not a network namespace" -netns /proc/self/ns/uts queue show
	fi
	if grep -q '^httpq ' /proc/modules 2>/dev/null; then
		return
	fi
	for words in queue url listener conn stats 'queue add a' 'queue del a' \
		'queue set a st pau' 'queue list' 'url delete http://+:80/' \
		'-j q' '-p q' '-jp q' '-json -pretty q' 'stats name' \
		'url a http://+:80/ q a c 0xff s 7 k off' 'li set 80 e p' \
		'q set a red any-untouched' \
		'q set a red any answ 0 h 65536 aff on p off st off' 'q de a' \
		'q dr a 100' worker 'wo list' 'wo show a' 'wo dr 1' \
		'wo drain 1 0' 'wo det 1' zombie 'z reap' 'z r 7' \
		monitor '-j mon'; do
		# shellcheck disable=SC2086
		usage 'kernel module not loaded \(modprobe httpq\)' $words
	done
}

test_json() {
	local form
	for form in '' pretty; do
		program json_test ${form:+"$form"}
		check "JSON ${form:-short}: valid" json 'length == 2'
		check "JSON ${form:-short}: escapes" json '.[0].plain == "web" and
			.[0].empty == "" and .[0].quotes == "a\"b\\c/d" and
			.[0]["k\"ey"] == "v" and
			.[0].controls == "\u0001\t\n\r\u001b\u007f"'
		check "JSON ${form:-short}: UTF-8" json '.[0].utf8 == "é€😀" and
			.[0].cut == "a\ufffd\ufffd" and .[0].lone == "\ufffdz\ufffd" and
			.[0].surrogate == "\ufffd\ufffd\ufffd" and
			.[0].beyond == "\ufffd\ufffd\ufffd\ufffd"'
		check "JSON ${form:-short}: others" json '.[1] == {number: 4294967296,
			yes: true, no: false, none: [], list: [1, {}, "x"]}'
	done
	program json_test
	check 'JSON short: one line' test "$(wc -l <"$dir/out")" -eq 1
	check 'JSON short: bytes are UTF-8' iconv -f utf-8 -t utf-8 -o /dev/null "$dir/out"
}

test_out() {
	program out_test
	check 'table: heading and a line per object' test "$(wc -l <"$dir/out")" -eq 3
	check 'table: full line' matches \
		'^we"b\?  paused  root +4294967294  0660  9007199254740991  yes +5m12s  192\.0\.2\.1:8080  off   on    0000001200000003  +[0-9]+  out_test  GET\?/\?. +\[2001:db8::1\]:50000$'
	check 'table: empty line' matches \
		'^-  +-  +-  +-  +-  +-  no +-  -  +on    -     -  +-  - +- +-$'
	program out_test json
	check 'JSON of rows' json '.[0].pid > 0 and (.[0] | del(.pid)) == {
		name: "we\"b\n", state: "paused",
		uid: 0, gid: 4294967294, mode: "0660", arrived: 9007199254740991,
		persistent: true, age_ms: 312345, local_addr: "192.0.2.1",
		local_port: 8080, keepalive: false, pool: true,
		request_id: "0000001200000003", command: "out_test",
		request: "GET?/\n\ufffd ", peer_addr: "2001:db8::1",
		peer_port: 50000} and .[1] == {persistent: false, keepalive: true}'
	program out_test lines
	check 'line of an event' matches \
		'^row-new name we"b\? state paused owner root .* local 192\.0\.2\.1:8080 keep off pool on log-id 0000001200000003 pid [0-9]+ command out_test request GET\?/\?. +peer '
	check 'line of an empty event' matches '^row-new kept no keep on$'
	program out_test objects
	check 'objects of events, one a line' test "$(wc -l <"$dir/out")" -eq 2
	check 'object of an event' json 'if .name then .event == "row-new" and
		.keepalive == false and .pool == true and .command == "out_test" and
		.request_id == "0000001200000003" and .request == "GET?/\n\ufffd "
		else . == {event: "row-new", persistent: false, keepalive: true} end'
}

test_holder() {
	local family pid port
	for family in '' 6; do
		program holder_test ${family:+"$family"}
		{ read -r pid; read -r port; } <"$dir/out"
		check "holder of a port, IPv${family:-4}" matches \
			"^port $port is held by holder_test \(pid $pid\)$"
		check "holder of an odd name, IPv${family:-4}" matches \
			"^port $port is held by a\\?\\?\\?b \(pid $pid\)$"
		check "no holder of a port, IPv${family:-4}" matches \
			"^port $port is held by another program"
	done
}

# The transport, with a family that every kernel has.
test_nl() {
	program nl_test
	check 'dump has families' test "$(sed -n 1p "$dir/out")" -ge 2
	check 'error number' test "$(sed -n 2p "$dir/out")" = '-22 0 -'
	check "error with the kernel's words" grep -q '^-[0-9]* 0 .*policy' "$dir/out"
	check 'answer and acknowledgement' test "$(sed -n 4p "$dir/out")" = '0 1 -'
}

test_help
test_words
test_queue_words
test_other_words
test_transport
test_json
test_out
test_holder
test_nl
echo "1..$nr"
exit "$failed"
