# SPDX-License-Identifier: GPL-2.0
#
# Lines NAME KEY VALUE, sorted by name and key: medians, and what httpq needs
# in relation to the others.

function median(n,    i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
			t = v[j]
			v[j] = v[j - 1]
			v[j - 1] = t
		}
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

function finish() {
	if (nr)
		result[last] = median(nr)
	nr = 0
}

NF == 3 && $3 ~ /^-?[0-9]+$/ {
	key = $1 " " $2
	if (key != last)
		finish()
	last = key
	v[++nr] = $3 + 0
}

function row(name,    c, i) {
	printf "%-28s", label[name]
	for (i = 1; i <= 4; i++) {
		c = cs[i]
		printf " %8d", result[name " " c]
		printf " %4.2f", result[name " " c] / result["httpq " c]
	}
	print ""
}

END {
	finish()
	split("1 16 64 16-long", cs)
	split("httpq peer return proxy", names)
	label["httpq"] = "httpq-hello"
	label["peer"] = "no HTTP, epoll on TCP"
	label["return"] = "nginx return"
	label["proxy"] = "nginx, worker on unix socket"
	print "guest instructions per request, and how many times those of httpq:"
	printf "%-28s %13s %13s %13s %13s\n", "connections", 1, 16, 64,
		"16, long head"
	for (i = 1; i <= 4; i++)
		row(names[i])
	print ""
	print "two CPUs, 64 connections: " result["heads softirq"] \
		" heads parsed in softirq, " result["heads process"] \
		" in process context"
	print ""
	print "bytes for each idle connection, both ends: objects, other pages"
	for (i = 1; i <= 3; i++)
		printf "%-28s %8d %8d\n", label[names[i]], \
			result["slab " names[i]], result["other " names[i]]
}
