#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The example workers: httpq-hello, httpq-echo, httpq-files, and the one of
# libhttpq(3). Needs root, the module loaded, tool and examples in PATH, curl
# and setpriv. Prints TAP.
#
# kernels: 6.1 (uml)
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

root=$work/root
url=http://127.0.0.1:8080
big=5368709127

rose() { # NAME FROM
	(($(stat "$1") > $2))
}

bound() { # TEXT
	grep -q "$1" /proc/net/httpq/urls
}

connections() { # COUNT
	(($(wc -l < /proc/net/httpq/connections) == $1 + 1))
}

curl() {
	command curl -sS --max-time 60 --noproxy '*' --path-as-is "$@"
}

# status CODE PATH WORD...: the answer to a request has this code.
status() {
	local code=$1 path=$2 got

	shift 2
	: > "$work/body"
	got=$(curl -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" \
		"$url$path")
	echo "$path: $got"
	[[ $got = "$code" ]]
}

# The head of the last answer has this field, and once.
field() { # NAME VALUE
	cat "$work/head"
	[[ $(grep -ci "^$1:" "$work/head") = 1 ]] &&
		grep -qix "$1: $2"$'\r' "$work/head"
}

body_is() { # FILE
	cmp "$work/body" "$1"
}

# To HEAD curl writes the head where the body would go.
no_body() {
	cmp "$work/head" "$work/body"
}

says() { # TEXT WORD...
	local text=$1 got

	shift
	got=$(curl "$@")
	echo "$*: $got"
	[[ $got = "$text" ]]
}

# ----------------------------------------------------------- hello and echo

hello() {
	[[ $(curl "$url/hello/") = "Hello from httpq" ]] &&
		status 200 /hello/any?x=1 && field Content-Type text/plain
}

hello_head() {
	status 200 /hello/ -I && field Content-Length 17 && no_body
}

echo_empty() {
	[[ $(curl "$url/echo/") = OK ]]
}

echo_type() {
	status 200 /echo/ -H 'Content-Type: a/b; c=d' -d 'some text' &&
		field Content-Type 'a/b; c=d' && field Content-Length 9 &&
		[[ $(< "$work/body") = "some text" ]]
}

echo_large() {
	status 200 /echo/ --data-binary "@$root/large.bin" &&
		body_is "$root/large.bin"
}

echo_chunked() {
	status 200 /echo/ -H 'Transfer-Encoding: chunked' -d 'some text' &&
		field Content-Length 9 && ! grep -qi ^Transfer "$work/head" &&
		[[ $(< "$work/body") = "some text" ]] &&
		status 200 /echo/ -H 'Transfer-Encoding: chunked' -d '' &&
		field Content-Length 0 &&
		status 200 /echo/ -H 'Transfer-Encoding: chunked' \
			--data-binary "@$root/large.bin" &&
		body_is "$root/large.bin"
}

# answer STATUS TEXT...: what the server says to these bytes, one write each,
# and the end of the client's side.
answer() {
	local want=$1 got text

	shift
	got=$({ for text in "$@"; do printf '%b' "$text"; sleep 0.1; done; } |
		socat -t 20 - TCP:127.0.0.1:8080)
	echo "$*: $got"
	[[ $got = "HTTP/1.1 $want "* ]]
}

# Who has not sent all of a body, or nonsense, does not hear 200.
echo_broken() {
	local post='POST /echo/ HTTP/1.1\r\nHost: a\r\n'
	local length="${post}Content-Length: 10\r\n\r\n"
	local chunked="${post}Transfer-Encoding: chunked\r\n\r\n"

	answer 400 "$length" hello &&
		answer 400 "$chunked" '5\r\nhello\r\n' &&
		answer 400 "$chunked" '5\r\nhello\r\n' 'x\r\n' &&
		answer 400 "$chunked" '5\r\nhello\r\n' '0\r\nX : y\r\n\r\n'
}

echo_too_long() {
	local old code

	old=$(sysctl -n net.httpq.body_bytes)
	sysctl -qw net.httpq.body_bytes=8
	status 413 /echo/ -H 'Transfer-Encoding: chunked' -d 'some text' &&
		field Connection close &&
		[[ $(< "$work/body") = "Too long" ]]
	code=$?
	sysctl -qw "net.httpq.body_bytes=$old"
	return "$code"
}

echo_head() {
	status 200 /echo/ -I && no_body
}

# -------------------------------------------------------------------- files

files_get() {
	status 200 /files/a.txt && body_is "$root/a.txt" &&
		field Content-Type text/plain && field Content-Length 6 &&
		field Last-Modified "$modified"
}

files_types() {
	local pair

	for pair in page.html=text/html style.css=text/css \
			picture.PNG=image/png data.json=application/json \
			large.bin=application/octet-stream \
			'dir.css/none'=application/octet-stream; do
		status 200 "/files/${pair%=*}" &&
			field Content-Type "${pair#*=}" || return
	done
}

files_head() {
	status 200 /files/large.bin -I && no_body &&
		field Content-Length "$(wc -c < "$root/large.bin")"
}

files_empty() {
	status 200 /files/empty && field Content-Length 0 &&
		[[ ! -s $work/body ]]
}

files_large() {
	status 200 /files/large.bin && body_is "$root/large.bin"
}

# However long a file is, of the worker no more is in memory than before.
files_bounded() {
	local most

	curl "$url/files/long" | cmp - "$root/long" || return
	most=$(sed -n 's/^VmHWM:[^0-9]*//p' "/proc/${pid_of[files]}/status")
	echo "of 64 MiB: $most"
	((${most% kB} < 8192))
}

files_name() {
	status 200 '/files/with%20space%25.txt' && [[ $(< "$work/body") = odd ]]
}

files_index() {
	status 200 /files/sub/ && [[ $(< "$work/body") = index ]] &&
		field Content-Type text/html
}

files_redirect() {
	status 301 '/files/sub?q=1' && field Location '/files/sub/?q=1' &&
		status 404 /files/noindex/ && status 404 /files/a.txt/
}

files_not_modified() {
	status 304 /files/a.txt -H "If-Modified-Since: $modified" &&
		field Last-Modified "$modified" && [[ ! -s $work/body ]] &&
		! grep -qi ^Content-Type "$work/head"
}

files_modified() {
	local since

	for since in 'Mon, 01 Jan 2001 00:00:00 GMT' nonsense \
			'Fri, 31 Feb 2012 25:61:00 GMT'; do
		status 200 /files/a.txt -H "If-Modified-Since: $since" &&
			body_is "$root/a.txt" || return
	done
	# The stronger one is not understood, so nothing is.
	status 200 /files/a.txt -H "If-Modified-Since: $modified" \
		-H 'If-None-Match: "x"'
}

files_methods() {
	local method

	for method in POST PUT DELETE OPTIONS PATCH; do
		status 405 /files/a.txt -X "$method" && field Allow 'GET, HEAD' ||
			return
	done
}

files_missing() {
	status 404 /files/none && status 404 /files/sub/none/none
}

# A client that is through before the file is: the worker goes on.
files_abort() {
	local before

	before=$(stat client_gone)
	status 200 /files/sparse -I && field Content-Length "$big" || return
	command curl -sN "$url/files/sparse" | head -c 100000 | wc -c > "$work/n"
	[[ $(< "$work/n") = 100000 ]] && until_true rose client_gone "$before" &&
		until_true connections 0 && files_get
}

# Whatever leads out of the root is not there, however it is written.
files_outside() {
	local path

	for path in /files/../secret /files/../../etc/passwd \
			/files/sub/../../secret /files/%2e%2e/secret \
			/files/%2E%2E/%2e./secret /files/.%2e/secret \
			/files/..%2fsecret /files/sub%2f..%2f..%2fsecret \
			/files/sub/..%2F..%2Fsecret /files/%2fetc/passwd \
			/files//etc/passwd /files/link-out /files/link-dir/secret \
			/files/link-absolute /files/link-proc/self/root/etc/passwd; do
		status 404 "$path" || return
		! grep -q SECRET "$work/body" || return
	done
	status 400 '/files/a%00.txt' && status 400 '/files/..\secret' &&
		status 400 '/files/%zz' && status 400 '/files/..%5csecret'
}

# A link inside of the root is no harm.
files_inside() {
	status 200 /files/link-in && body_is "$root/a.txt" &&
		status 200 /files/sub/../a.txt && status 200 /files/%61.txt
}

# What is no file is not opened for longer than it takes to see that.
files_special() {
	mkfifo "$root/fifo"
	status 404 /files/fifo
}

# Root may read everything, so that this is somebody else's worker.
files_forbidden() {
	start denied "${as_nobody[@]}" httpq-files denied "$root" -p / \
		-b http://localhost:8089/
	until_true bound localhost:8089 || return
	url=http://localhost:8089 status 403 /private &&
		url=http://localhost:8089 status 200 /a.txt
}

# Neither keeps the other from its part; one goes, one stays.
shared() {
	start one httpq-hello pair -m one -b 'http://*:8090/'
	until_true bound :8090 || return
	start two httpq-hello pair -m two
	until_true grep -q 'listening' "$work/two" || return
	kill "${pid_of[two]}" && wait "${pid_of[two]}" || return
	[[ $(curl http://127.0.0.1:8090/) = one ]]
}

files_prefix() {
	status 200 /other/deep/a.txt && body_is "$root/a.txt" &&
		status 404 /other/a.txt
}

# -------------------------------------------------------- starting, stopping

stops_well() {
	local name

	for name in hello echo; do
		kill "${pid_of[$name]}" || return
		wait "${pid_of[$name]}" || return
	done
	! bound /hello/ && ! bound /echo/
}

stops_by_interrupt() {
	kill -INT "${pid_of[files]}" && wait "${pid_of[files]}"
}

worker_is() { # TEXT
	grep -q "$1" /proc/net/httpq/workers
}

# What it has begun it finishes, and then it goes.
drains() {
	start drain httpq-echo drain -b 'http://*:8091/'
	until_true bound :8091 && exec 6<>/dev/tcp/127.0.0.1/8091 || return
	printf '%s\r\n' 'POST / HTTP/1.1' 'Host: a' 'Connection: close' \
		'Content-Length: 4' '' >&6
	until_true worker_is " drain ${pid_of[drain]} active 1 " || return
	kill "${pid_of[drain]}"
	until_true worker_is " drain ${pid_of[drain]} draining 1 " || return
	printf abcd >&6
	[[ $(timeout 20 cat <&6) = *$'\r\n\r\n'abcd ]] || return
	exec 6>&-
	wait "${pid_of[drain]}"
}

as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

nobody_binds() {
	start nobody "${as_nobody[@]}" httpq-hello mine -b http://localhost:8085/ \
		-m nobody
	until_true bound localhost:8085 || { cat "$work/nobody"; return 1; }
	says nobody http://localhost:8085/ &&
		says nobody -g 'http://[::1]:8085/' -H 'Host: localhost' &&
		says nobody http://127.0.0.1:8085/ -H 'Host: localhost' &&
		kill "${pid_of[nobody]}" && wait "${pid_of[nobody]}"
}

# The library is a file of its own here. The names of queue and port are the
# worker's choice, and root's workers had both.
man_worker() {
	stop other && httpq queue del hello || return
	start man "${as_nobody[@]}" "${0%/*}/man_worker"
	until_true bound localhost:8080/hello/ &&
		grep -q '/libhttpq\.so' "/proc/${pid_of[man]}/maps" &&
		says Hello http://localhost:8080/hello/
}

# An error is one line that begins with the name, and status 1.
error() { # PATTERN COMMAND...
	local pattern=$1 text code

	shift
	text=$("$@" 2>&1 < /dev/null)
	code=$?
	echo "$code: $text"
	[[ $code = 1 && $text != *$'\n'* && $text =~ ^httpq-[a-z]+:\ .*$pattern ]]
}

errors() {
	error 'No such file' httpq-hello nosuchqueue &&
		error 'No such file' httpq-echo nosuchqueue &&
		error 'No such file' httpq-files nosuchqueue / &&
		error 'No such file' httpq-files files "$work/nosuchdir" -b \
			http://*:8086/ &&
		error 'Invalid' httpq-hello a/b -b http://*:8086/ &&
		error 'Invalid' httpq-hello new -b ftp://*:8086/ &&
		error 'number' httpq-hello new -t 0 &&
		error 'slash' httpq-files files / -p noslash
}

error_permission() {
	error 'Permission denied' "${as_nobody[@]}" httpq-hello his -b 'http://*:8087/' &&
		error 'Permission denied' "${as_nobody[@]}" httpq-hello his -b \
			http://localhost:80/
}

error_port() {
	socat TCP-LISTEN:8088,reuseaddr,fork SYSTEM:true &
	pids+=($!)
	until_true eval 'ss -ltn | grep -q :8088' || return
	error 'in use' httpq-hello new -b 'http://*:8088/'
}

usage() {
	local program

	for program in httpq-hello httpq-echo httpq-files; do
		$program > "$work/out" 2> "$work/err"
		[[ $? = 1 && ! -s $work/out ]] &&
			grep -q "^Usage: $program " "$work/err" || return
	done
}

fill_root() {
	mkdir -p "$root/sub" "$root/noindex" "$root/dir.css"
	echo SECRET > "$work/secret"
	echo hello > "$root/a.txt"
	echo index > "$root/sub/index.html"
	echo odd > "$root/with space%.txt"
	echo x | tee "$root"/{page.html,style.css,picture.PNG,data.json} \
		"$root/dir.css/none" > /dev/null
	: > "$root/empty"
	echo x > "$root/private"
	chmod 000 "$root/private"
	head -c 3000017 /dev/urandom > "$root/large.bin"
	truncate -s $big "$root/sparse"
	truncate -s 64M "$root/long"
	echo end >> "$root/long"
	ln -s ../secret "$root/link-out"
	ln -s .. "$root/link-dir"
	ln -s /etc/passwd "$root/link-absolute"
	ln -s /proc "$root/link-proc"
	ln -s sub/../a.txt "$root/link-in"
	modified='Thu, 05 Apr 2012 06:07:08 GMT'
	touch -d "$modified" "$root/a.txt"
}

echo "TAP version 13"
echo "1..38"

fill_root
start hello httpq-hello hello -t 2 -b 'http://*:8080/hello/'
start echo httpq-echo echo -b 'http://*:8080/echo/'
start files httpq-files files "$root" -b 'http://*:8080/files/' -t 2
start other httpq-files other "$root" -b 'http://*:8080/other/' -p /other/deep/
for name in hello echo files other; do
	until_true bound ":8080/$name/" || cat "$work/$name"
done

check "hello: the same for all" hello
check "hello: HEAD" hello_head
check "echo: nothing" echo_empty
check "echo: type and length" echo_type
check "echo: large" echo_large
check "echo: chunked" echo_chunked
check "echo: broken bodies" echo_broken
check "echo: too long" echo_too_long
check "echo: HEAD" echo_head
check "files: GET" files_get
check "files: types" files_types
check "files: HEAD" files_head
check "files: empty file" files_empty
check "files: large file" files_large
check "files: large file in little memory" files_bounded
check "files: escaped name" files_name
check "files: index" files_index
check "files: redirect to a directory" files_redirect
check "files: not modified" files_not_modified
check "files: modified" files_modified
check "files: other methods" files_methods
check "files: missing" files_missing
check "files: 5 GiB, and a client that goes" files_abort
check "files: nothing outside of the root" files_outside
check "files: links inside of the root" files_inside
check "files: a fifo" files_special
check "files: prefix" files_prefix
check "SIGTERM ends hello and echo with 0" stops_well
check "SIGINT ends files with 0" stops_by_interrupt
check "SIGTERM drains: a request under way is answered" drains
check "nobody binds localhost" nobody_binds
check "errors" errors
check "errors of permission" error_permission
check "error of a port in use" error_port
check "usage" usage
check "files: a file that may not be read" files_forbidden
check "two workers share a queue" shared
check "nobody runs the worker of libhttpq(3)" man_worker
exit $failed
