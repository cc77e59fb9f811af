#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs that people use as clients: curl, wrk, nginx as a proxy, nc, socat;
# and ss -K, by which an administrator ends connections. Needs root and the
# module loaded. Prints TAP.
#
# kernels: 6.12 6.1 (uml)
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

url=http://127.0.0.1:8080

rose() { # NAME FROM
	(($(stat "$1") > $2))
}

connections() { # COUNT
	(($(wc -l < /proc/net/httpq/connections) == $1 + 1))
}

listens() { # PORT
	grep -q " $1 " /proc/net/httpq/listeners
}

curl() {
	command curl -sS --max-time 60 --noproxy '*' "$@"
}

# ------------------------------------------------------------------- curl

get() {
	[[ $(curl "$url/hello/") = hello ]]
}

post() {
	[[ $(curl -d a=1 "$url/") = a=1 ]]
}

put_chunked() {
	curl -T - -o "$work/back" -D "$work/head" "$url/" < "$work/body" &&
		cmp "$work/body" "$work/back" &&
		grep -qi '^Transfer-Encoding: chunked' "$work/head"
}

put_length() {
	curl -T "$work/body" -o "$work/back" -D "$work/head" "$url/" &&
		cmp "$work/body" "$work/back" &&
		grep -qi "^Content-Length: $(wc -c < "$work/body")" "$work/head"
}

expect_continue() {
	local begin=$EPOCHREALTIME took

	curl -v -H 'Expect: 100-continue' --expect100-timeout 30 \
		--data-binary "@$work/body" -o "$work/back" "$url/" \
		2> "$work/talk" || return
	took=$((${EPOCHREALTIME/./} - ${begin/./}))
	echo "took $took us"
	grep -q '^< HTTP/1.1 100 Continue' "$work/talk" &&
		cmp "$work/body" "$work/back" && ((took < 25000000))
}

# Nobody waits for a body that nobody wants.
expect_refused() {
	curl -v -H 'Expect: 100-continue' --expect100-timeout 30 \
		--data-binary "@$work/body" -o "$work/back" \
		-w '%{http_code} %{size_upload}' http://127.0.0.1:8080/hello/ \
		> "$work/code" 2> "$work/talk" || return
	cat "$work/code"
	[[ $(< "$work/code") = "200 0" ]] &&
		! grep -q '^< HTTP/1.1 100' "$work/talk"
}

head_request() {
	curl -I "$url/hello/" > "$work/head" || return
	cat "$work/head"
	grep -q $'^HTTP/1.1 200 OK\r$' "$work/head" &&
		grep -q $'^Content-Length: 5\r$' "$work/head" &&
		grep -qE $'^Date: [A-Z][a-z]{2}, .* GMT\r$' "$work/head"
}

keep_alive() {
	local out

	out=$(curl -o /dev/null -o /dev/null -o /dev/null -o /dev/null \
		-w '%{http_code}:%{num_connects} ' "$url/hello/" "$url/" \
		-d x "$url/" "$url/hello/")
	echo "$out"
	[[ $out = "200:1 200:0 200:0 200:0 " ]]
}

http10() {
	local out

	out=$(curl --http1.0 -w ' %{http_code} %{num_connects}' "$url/hello/")
	echo "$out"
	[[ $out = "hello 200 1" ]] &&
		[[ $(curl --http1.0 -i "$url/hello/" | tr -d '\r' |
		     grep -c '^Connection: close$') = 1 ]]
}

parallel() {
	curl -Z --parallel-max 25 -o /dev/null -w '%{http_code}\n' \
		"$url/hello/[1-100]" > "$work/codes" || return
	[[ $(sort "$work/codes" | uniq -c | tr -s ' ') = " 100 200" ]]
}

not_found() {
	[[ $(curl -o /dev/null -w '%{http_code}' http://127.0.0.1:8082/) = 404 ]]
}

# --------------------------------------------------------------- wrk, nginx

# wrk waits for the kernel's random numbers, which a guest may never get ready
# by itself: RNDADDENTROPY.
seed() {
	python3 -c 'import fcntl, struct
with open("/dev/urandom", "wb") as f:
    fcntl.ioctl(f, 0x40085203, struct.pack("ii64s", 512, 64, b"x" * 64))'
}

load() {
	local before after

	before=$(stat responses)
	wrk -t 2 -c 32 -d 2s --timeout 10s "$url/hello/" > "$work/wrk" || return
	cat "$work/wrk"
	after=$(stat responses)
	! grep -qE 'Socket errors|Non-2xx' "$work/wrk" &&
		grep -qE '^ *[1-9][0-9]* requests in' "$work/wrk" &&
		((after - before >= $(sed -nE 's/^ *([0-9]+) requests in.*/\1/p' \
			"$work/wrk")))
}

nginx_config() {
	cat <<-CONFIG
		daemon off;
		master_process off;
		pid $work/nginx.pid;
		error_log stderr;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $work/nginx.body;
			proxy_temp_path $work/nginx.proxy;
			fastcgi_temp_path $work/nginx.fcgi;
			uwsgi_temp_path $work/nginx.uwsgi;
			scgi_temp_path $work/nginx.scgi;
			client_max_body_size 0;
			upstream kept { server 127.0.0.1:8080; keepalive 4; }
			server {
				listen 127.0.0.1:8000;
				location /once/ { proxy_pass http://127.0.0.1:8080/; }
				location /kept/ {
					proxy_pass http://kept/;
					proxy_http_version 1.1;
					proxy_set_header Connection "";
				}
				location /stream/ {
					proxy_pass http://kept/;
					proxy_http_version 1.1;
					proxy_set_header Connection "";
					proxy_buffering off;
				}
			}
		}
	CONFIG
}

# Through the proxy, 10 times; connections that it takes are at most $2.
proxied() { # LOCATION CONNECTIONS
	local before i

	before=$(stat conns_accepted)
	for ((i = 0; i < 10; i++)); do
		[[ $(curl "http://127.0.0.1:8000/$1/hello/") = hello ]] || return
	done
	echo "$(($(stat conns_accepted) - before)) connections"
	(($(stat conns_accepted) - before <= $2))
}

# What nginx can pass on at once: it sends nothing more of a body when the
# response has begun, and httpq-echo would wait for the rest for ever.
proxied_body() { # LOCATION
	head -c 100000 "$work/body" > "$work/short"
	curl --data-binary "@$work/short" -o "$work/back" \
		"http://127.0.0.1:8000/$1/" && cmp "$work/short" "$work/back"
}

# --------------------------------------------------------------- raw bytes

raw_nc() {
	printf 'GET /hello/ HTTP/1.0\r\n\r\n' | nc -N -w 20 127.0.0.1 8080 \
		> "$work/raw" || return
	cat "$work/raw"
	[[ $(tail -n 1 "$work/raw") = hello ]]
}

# Three requests at once, then a half-close: three answers.
raw_pipeline() {
	printf 'GET /hello/%d HTTP/1.1\r\nHost: a\r\n\r\n' 1 2 3 |
		socat -t 20 - TCP:127.0.0.1:8080 > "$work/raw" || return
	cat "$work/raw"
	[[ $(grep -o 'HTTP/1.1 200 OK' "$work/raw" | wc -l) = 3 ]]
}

raw_ipv6() {
	printf 'GET /hello/ HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n' |
		socat -t 20 - 'TCP6:[::1]:8080' > "$work/raw" || return
	[[ $(tail -n 1 "$work/raw") = hello ]]
}

# -------------------------------------------------------------------- ss -K

# The server's ends of the connections of one port.
kill_conns() {
	ss -K -tn state established "( sport = :8080 )"
}

# An upload that would take minutes is cut off; the worker lives.
killed_upload() {
	local before pid

	before=$(stat client_gone)
	command curl -sS --limit-rate 100k -o /dev/null -T - "$url/" \
		< <(head -c 50000000 /dev/zero) 2> "$work/curl" &
	pid=$!
	until_true grep -q ' REQUEST ' /proc/net/httpq/connections || return
	kill_conns
	! wait "$pid" || return
	until_true rose client_gone "$before" && until_true connections 0 && post
}

# An idle connection is only closed.
killed_idle() {
	local before

	before=$(stat conns_closed)
	exec {idle}<> /dev/tcp/127.0.0.1/8080 || return
	until_true connections 1 || return
	kill_conns
	until_true rose conns_closed "$before" && until_true connections 0
	exec {idle}>&-
	connections 0 && get
}

# A listening socket that was killed comes back with the next binding.
killed_listener() {
	start again httpq-hello again -b 'http://*:8083/' -m again
	until_true listens 8083 || return
	ss -K -tln "( sport = :8083 )"
	! curl http://127.0.0.1:8083/ || return
	stop again || return
	until_true eval '! listens 8083' || return
	start again httpq-hello again -b 'http://*:8083/' -m again
	until_true listens 8083 &&
		[[ $(curl http://127.0.0.1:8083/) = again ]] && stop again
}

echo "TAP version 13"
echo "1..23"

head -c 3000017 /dev/urandom > "$work/body"
seed
start echo httpq-echo echo -t 4 -b 'http://*:8080/'
start hello httpq-hello hello -t 4 -b 'http://*:8080/hello/' -m hello
start other httpq-hello hello -b 'http://*:8082/other/' -m hello
until_true grep -q :8080/hello/ /proc/net/httpq/urls
until_true listens 8082

check "curl: GET" get
check "curl: POST" post
check "curl: PUT, chunked" put_chunked
check "curl: PUT of known length" put_length
check "curl: POST that waits for 100 (Continue)" expect_continue
check "curl: POST that is answered without 100 (Continue)" expect_refused
check "curl: HEAD" head_request
check "curl: four requests on one connection" keep_alive
check "curl: HTTP/1.0" http10
check "curl: 100 requests, 25 at a time" parallel
check "curl: no route" not_found
check "wrk: 32 connections without an error" load

nginx_config > "$work/nginx.conf"
start nginx nginx -c "$work/nginx.conf"
until_true eval 'ss -ltn | grep -q :8000'
check "nginx: a connection for each request" proxied once 10
check "nginx: connections that are kept" proxied kept 2
check "nginx: POST in HTTP/1.0" proxied_body once
check "nginx: POST on a connection that is kept" proxied_body kept
check "nginx: POST, the response without buffers" proxied_body stream
kill "${pid_of[nginx]}"
wait "${pid_of[nginx]}"

check "nc: HTTP/1.0" raw_nc
check "socat: pipeline and half-close" raw_pipeline
check "socat: IPv6" raw_ipv6
until_true connections 0
check "ss -K: upload" killed_upload
check "ss -K: idle connection" killed_idle
check "ss -K: listening socket" killed_listener
exit $failed
