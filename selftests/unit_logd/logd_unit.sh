#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# logd_unit.sh DIR: tests httpq-logd(8) without its kernel module, with the
# programs that the Makefile built in DIR, and that the pages tell of all that
# there is. Prints TAP.
#
# shellcheck disable=SC2317 # functions that check() calls
set -u

dir=$1
top=$(readlink -f "${0%/*}/../..")
. "$top/selftests/lib/tap.sh"
conf=$work/conf

logd() {
	"$dir/httpq-logd" "$@" > "$work/out" 2> "$work/err"
}

# An error is one line on stderr, nothing on stdout and exit status 1.
error() { # PATTERN WORD...
	local pattern=$1 code

	shift
	logd "$@"
	code=$?
	echo "$code"
	cat "$work/out" "$work/err"
	[[ $code = 1 && ! -s $work/out && $(wc -l < "$work/err") = 1 ]] &&
		grep -qE "^httpq-logd: .*$pattern" "$work/err"
}

# What is said must not be a sanitizer's report.
quiet() {
	cat "$work/out" "$work/err"
	[[ ! -s $work/out && ! -s $work/err ]]
}

# replay NUMBER WORD: with the configuration of standard input
replay() {
	cat > "$conf"
	"$dir/records" "$@" > "$work/records" && logd -c "$conf" --replay \
		"$work/records"
}

# Whole lines only.
whole() { # FILE...
	local file

	for file; do
		[[ $(tail -c 1 "$file" | od -An -tx1) = " 0a" ]] || return
	done
}

lines() { # FILE: those that are records
	grep -vc '^#' "$1"
}

# -------------------------------------------------------------- command line

options() {
	logd --help && grep -q '^Usage: httpq-logd' "$work/out" &&
		logd -V && grep -qx 'httpq-logd 1.2.3' "$work/out" &&
		error "unexpected word 'x'" x && ! logd --nonsense
}

checks_config() {
	printf '[access a]\nfile=%s\n' "$work/none" > "$conf"
	logd -c "$conf" --check-config && quiet && [[ ! -e $work/none ]] &&
		printf '[access a]\nfile=/a\nfsync=never\n' > "$conf" &&
		error "$conf:3: fsync has to be" -c "$conf" --check-config &&
		error "$conf:3: fsync has to be" -c "$conf" &&
		error 'none: No such file' -c "$work/none" --check-config
}

checks_files() {
	printf '[access a]\nfile=%s/no/dir\n' "$work" > "$conf"
	error 'no/dir: No such file' -c "$conf" --replay /dev/null
}

no_module() {
	[[ -e /dev/httpq-log ]] && return
	printf '[access a]\nfile=%s\n' "$work/log" > "$conf"
	error 'kernel module not loaded \(modprobe httpq\)' -c "$conf"
}

# The example is one that works, but for its directory.
example() {
	sed "s#/var/log/httpq#$work#" "$top/tools/httpq-logd.conf" > "$conf"
	logd -c "$conf" --check-config && quiet &&
		sed -i 's/^#\(\[\|[a-z]\)/\1/' "$conf" &&
		logd -c "$conf" --check-config && quiet &&
		[[ $(grep -c '^\[' "$conf") = 4 ]]
}

# -------------------------------------------------------------------- replay

each_format() {
	replay 1000 <<- EOF && quiet &&
		[access w3c]
		file=$work/w3c
		[access common]
		file=$work/common
		format=common
		[access combined]
		file=$work/combined
		format=combined
		[access json]
		file=$work/json
		format=json
		[error all]
		file=$work/none
	EOF
	[[ $(lines "$work/w3c") = 1000 && $(lines "$work/common") = 1000 ]] &&
		[[ $(lines "$work/combined") = 1000 && ! -s $work/none ]] &&
		[[ $(jq -s 'map(.request) | unique | length' "$work/json") = 1000 ]]
}

# Every reason has its line, and every line its columns.
errors() {
	local columns='{ print NF }'

	replay 80 error <<- EOF && quiet &&
		[error all]
		file=$work/error
		[error json]
		file=$work/error.json
		format=json
		[access none]
		file=$work/access
	EOF
	[[ $(grep -v '^#' "$work/error" | awk "$columns" | uniq) = 13 ]] &&
		[[ $(lines "$work/error") = 80 && ! -s $work/access ]] &&
		[[ $(jq -s 'map(.reason) | unique | length' "$work/error.json") = 40 ]]
}

# Nobody's bytes make a line, a column or a quotation of their own.
hostile() {
	replay 20000 random <<- EOF && ! grep -v 'overwritten before' "$work/err" &&
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
	EOF
	[[ $(grep -v '^#' "$work/w3c" | awk -F' ' '{ print NF }' | sort -u) = 15 ]] &&
		[[ $(grep -v '^#' "$work/httperr" | awk '{ print NF }' | sort -u) = 13 ]] &&
		! LC_ALL=C grep -avE '^[^ ]+ - [^ ]+ \[[^]]+\] "[^ "]+ [^ "]+ [^ "]+" ([0-9]+|-) [0-9]+ "[^"]*" "[^"]*"$' "$work/combined" &&
		! LC_ALL=C grep -aP '[\x00-\x1f\x7f]' "$work"/{w3c,httperr,json,error.json,combined} &&
		jq -e . "$work/json" "$work/error.json" > /dev/null &&
		iconv -f utf-8 -t utf-8 "$work"/{w3c,httperr,json,error.json} > /dev/null &&
		(($(lines "$work/w3c") + $(jq -s 'map(select(.kind != "lost")) | length' \
			"$work/error.json") == $(lines "$work/httperr" ) - \
			$(grep -c 'Lost(' "$work/httperr") + $(lines "$work/combined")))
}

# Python's idea of white space and of lines is wider than awk's.
hostile_unicode() {
	python3 - "$work/w3c" "$work/httperr" <<- 'EOF'
		import sys
		for path, columns in zip(sys.argv[1:], (15, 13)):
		    text = open(path, encoding="utf-8", newline="").read()
		    for line in text.splitlines():
		        if not line.startswith("#") and len(line.split()) != columns:
		            sys.exit(path + ": " + line)
	EOF
}

# A pipe cuts records anywhere.
by_pipe() {
	printf '[access a]\nfile=%s\nformat=json\n' "$work/log" > "$conf"
	"$dir/records" 500 |
		python3 -c '
import sys
while data := sys.stdin.buffer.read(777):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()' |
		logd -c "$conf" --replay - && quiet && [[ $(lines "$work/log") = 500 ]]
}

# What comes before the fault is written.
broken() {
	printf '[access a]\nfile=%s\nformat=json\n' "$work/log" > "$conf"
	"$dir/records" 3 > "$work/records"
	truncate -s -5 "$work/records"
	error 'records: no record at byte [1-9][0-9]*$' -c "$conf" --replay "$work/records" &&
		[[ $(lines "$work/log") = 2 ]] &&
		head -c 100000 /dev/zero > "$work/records" &&
		error 'records: no record at byte 0$' -c "$conf" --replay "$work/records" &&
		error 'nosuch: No such file' -c "$conf" --replay "$work/nosuch"
}

only_some() {
	replay 5 <<- EOF && quiet && [[ $(lines "$work/mine") = 5 && ! -s $work/other ]]
		[access mine]
		file=$work/mine
		queue=a web
		prefix=http://*:80/
		site=1
		[access other]
		file=$work/other
		queue=we
	EOF
}

# ------------------------------------------------------------------ the disk

by_size() {
	local file

	replay 5000 <<- EOF && quiet && whole "$work"/log* || return
		[access a]
		file=$work/log
		rotate-size=64K
		keep=3
	EOF
	ls -l "$work"
	[[ ! -e $work/log.4 && $(grep -c 5000 "$work/log") = 1 ]] || return
	for file in "$work"/log "$work"/log.{1,2,3}; do
		(($(wc -c < "$file") <= 65536)) || return
		[[ $(head -n 1 "$file") = '#Software: httpq 1.2.3' ]] || return
	done
	# Nothing is lost, or twice, from one to the next.
	[[ $(cat "$work"/log.{3,2,1} "$work/log" | grep -v '^#' | sed -n '$=;s/.* \/\([0-9]*\) .*/\1/;1p' |
		xargs) =~ ^([0-9]+)\ ([0-9]+)$ ]] &&
		((BASH_REMATCH[1] + BASH_REMATCH[2] == 5001))
}

# The first record is of 23:48:13, one comes each second.
by_hour() {
	replay 8000 <<- EOF && quiet || return
		[access a]
		file=$work/log
		rotate-time=hourly
	EOF
	[[ $(lines "$work/log.3") = 707 && $(lines "$work/log.2") = 3600 ]] &&
		[[ $(lines "$work/log.1") = 3600 && $(lines "$work/log") = 93 ]] &&
		[[ $(grep -v '^#' "$work/log.2" | cut -c 1-13 | uniq) = "2007-01-02 00" ]]
}

mode() {
	(umask 0; replay 1 <<< "[access a]"$'\n'"file=$work/log") && quiet &&
		[[ $(command stat -c %a "$work/log") = 640 ]]
}

# The limit counts in KiB. Each line is there or counted.
disk_full() {
	printf '[access a]\nfile=%s\n' "$work/log" > "$conf"
	"$dir/records" 3000 > "$work/records"
	(ulimit -f 64; logd -c "$conf" --replay "$work/records") || return
	cat "$work/err"
	whole "$work/log" && grep -q 'log: File too large; records are being lost' "$work/err" &&
		[[ $(tail -n 1 "$work/err") =~ log:\ ([0-9]+)\ records\ are\ missing$ ]] &&
		((BASH_REMATCH[1] + $(lines "$work/log") == 3000)) &&
		(($(wc -c < "$work/log") <= 65536))
}

# ----------------------------------------------------------------- the pages

names() { # ARRAY FILE: the first word of each of its rows
	sed -n "/^\(static \)\?const struct member $1\[\]/,/^};/s/^\t{ \"\([^\"]*\)\".*/\1/p" \
		"$top/tools/logd/$2"
}

on_page() { # FILE NAME...
	local page=$1 name

	shift
	(($# > 20)) || return
	for name; do
		sed 's/\\-/-/g' "$page" | grep -qwF -- "$name" || {
			echo "$page: $name is missing"
			return 1
		}
	done
}

page_fields() {
	# shellcheck disable=SC2046 # one word for each
	on_page "$top/tools/man/httpq-logd.conf.5" $(names columns format_column.c) \
		$(names json_members format_json.c)
}

page_reasons() {
	local reasons

	mapfile -t reasons < <(sed -n 's/^\tX([A-Z_]*, "\(.*\)").*/\1/p' \
		"$top/uapi/linux/httpq_log.h" | sed '1d;/^connection$/,$d')
	((${#reasons[@]} == 39)) &&
		on_page "$top/Documentation/httpq.rst" "${reasons[@]}"
}

page_formats() {
	local name

	for name in w3c common combined httperr json journal file format fields \
			queue prefix site rotate-size rotate-time keep fsync; do
		sed 's/\\-/-/g' "$top/tools/man/httpq-logd.conf.5" |
			grep -qE "^\.(B|BR|TP) .*\<$name\>" || { echo "$name"; return 1; }
	done
}

# A test begins without the files of the last one.
t() {
	rm -rf "${work:?}"/*
	check "$@"
}

echo "TAP version 13"
echo "1..19"
t "options" options
t "configuration is checked" checks_config
t "files are checked" checks_files
t "no module" no_module
t "example of a configuration" example
t "replay: each format" each_format
t "replay: errors" errors
t "replay: hostile bytes" hostile
check "replay: hostile bytes, for Python" hostile_unicode
t "replay: a pipe" by_pipe
t "replay: broken records" broken
t "replay: only some" only_some
t "rotation by size" by_size
t "rotation by hour" by_hour
t "mode of files" mode
t "disk full" disk_full
t "manual page has each field" page_fields
t "manual page has each keyword" page_formats
t "table has each reason" page_reasons
exit $failed
