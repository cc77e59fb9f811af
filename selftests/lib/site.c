// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/resource.h>

#include "host.h"
#include "site.h"

#define URL "http://*:8080/"
#define URL_NOBODY "http://*:8080/nobody/"
#define URL_ALONE "http://*:8080/alone/"
#define GET "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"
/* More than a client's window if it takes a little. */
#define SOME 100000
/* More than a client's window, less than what TCP takes from us. */
#define MID 300000
/* More than all buffers between here and there. */
#define BIG (4 * 1024 * 1024)
/* More than there are clients that make one wait. */
#define THREADS 32

static void send_open(struct httpq_request *req)
{
	static const char part[30000];
	int i;

	for (i = 0; i < 10; i++)
		if (httpq_send(req, part, sizeof(part), HTTPQ_SEND_MORE) < 0)
			return;
	httpq_end(req);
}

static void read_all(struct httpq_request *req)
{
	char buf[64];

	while (httpq_read_body(req, buf, sizeof(buf)) > 0)
		;
}

static void serve_path(struct httpq_request *req, void *data)
{
	static const char body[BIG];
	struct httpq_str path = httpq_path(req);

	/* To free it would be to give it up: only its timer is to end it. */
	if (httpq_str_is(path, "/late"))
		return;
	if (httpq_str_is(path, "/bye"))
		httpq_send(req, "bye", 3, HTTPQ_SEND_DISCONNECT);
	else if (httpq_str_is(path, "/open"))
		send_open(req);
	else if (httpq_str_is(path, "/some"))
		httpq_reply(req, 200, NULL, body, SOME);
	else if (httpq_str_is(path, "/mid"))
		httpq_reply(req, 200, NULL, body, MID);
	else if (httpq_str_is(path, "/big"))
		httpq_reply(req, 200, NULL, body, BIG);
	else if (httpq_str_is(path, "/broken"))
		httpq_send(req, "half", 4, HTTPQ_SEND_MORE);
	else if (httpq_str_is(path, "/body"))
		read_all(req);
	else
		httpq_reply(req, 200, NULL, "ok", 2);
	httpq_request_free(req);
}

static void many_files(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void site_set_timers(int ms)
{
	host_sysctl("idle_timeout_ms", ms);
	host_sysctl("header_timeout_ms", ms);
	host_sysctl("body_timeout_ms", ms);
	host_sysctl("queue_timeout_ms", ms);
	host_sysctl("send_timeout_ms", ms);
	host_sysctl("linger_timeout_ms", ms);
}

/* For the caller in the far namespace. */
static int site_serve(struct site *site, int limit_ms, long sndbuf)
{
	int err;

	site_set_timers(limit_ms);
	host_sysctl("sndbuf", sndbuf);
	err = serve_start(&site->serve, URL, serve_path, NULL, 0);
	if (!err && host_run("httpq queue set test answer-timeout %d &&"
			     "httpq url add '%s' queue test keepalive off",
			     limit_ms, URL_ALONE))
		err = -EIO;
	if (!err)
		err = httpq_open(&site->nobody, "nobody", HTTPQ_OPEN_CREATE);
	return err ?: httpq_bind(site->nobody, URL_NOBODY, 0);
}

int site_open(struct site *site, int limit_ms, long sndbuf)
{
	int err;

	many_files();
	site->good.fd = -1;
	site->idle = limit_ms / 3;
	err = host_unshare() ?: pair_create(&site->pair);
	if (err)
		return err;
	if (host_run("ip address add %s/24 dev near", SITE_LOST) ||
	    pair_enter_far(&site->pair))
		return -EIO;
	err = site_serve(site, limit_ms, sndbuf);
	return pair_enter_near(&site->pair) ?: err ?:
	       serve_threads(&site->serve, THREADS);
}

void site_close(struct site *site)
{
	serve_stop(&site->serve);
	httpq_close(site->nobody);
}

void site_leave(struct site *site)
{
	if (site->good.fd >= 0)
		peer_close(&site->good);
	site->good.fd = -1;
}

int site_visit(struct site *site)
{
	int64_t begin = host_now();
	int status, err;
	bool kept;

	if (begin - site->used > site->idle)
		site_leave(site);
	kept = site->good.fd >= 0;
	if (!kept) {
		err = peer_connect(&site->good, PAIR_FAR, SITE_PORT);
		if (err)
			return err;
	}
	status = peer_status(&site->good, GET);
	if (kept && (status == -EPIPE || status == -ECONNRESET) &&
	    host_now() - site->used > 2 * site->idle) {
		/* Idle for too long after all: others had the CPU. */
		site_leave(site);
		return site_visit(site);
	}
	site->used = host_now();
	if (site->used - begin > site->slowest)
		site->slowest = site->used - begin;
	return status;
}

/*
 * Sockets of our port in /proc/net/@file whose state is @state, 0 for any that
 * is not only a memory of a connection; of the client at @port, 0 for all.
 */
static int file_sockets(const char *file, unsigned int state, uint16_t port)
{
	unsigned int local, remote, st;
	char path[64], line[512];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/net/%s", file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %*d: %*[^:]:%X %*[^:]:%X %X", &local,
			   &remote, &st) != 3 || local != SITE_PORT)
			continue;
		if (port && remote != port)
			continue;
		n += state ? st == state :
			     st != TCP_LISTEN && st != TCP_TIME_WAIT;
	}
	if (f)
		fclose(f);
	return n;
}

int site_sockets(struct site *site, unsigned int state, uint16_t port)
{
	int n;

	if (pair_enter_far(&site->pair))
		return -1;
	n = file_sockets("tcp", state, port) +
	    file_sockets("tcp6", state, port);
	return pair_enter_near(&site->pair) ? -1 : n;
}

bool site_all_gone(struct site *site)
{
	int others = site->good.fd >= 0;

	return pair_lines(&site->pair, "connections", "") == others &&
	       site_sockets(site, 0, 0) == others;
}

/*
 * There is room below a limit that is just above what the account's per-CPU
 * parts can be off by.
 */
bool site_account_empty(struct site *site)
{
	bool empty;
	long old;

	if (pair_enter_far(&site->pair))
		return false;
	old = host_sysctl("mem_kib", 512);
	pair_enter_near(&site->pair);
	empty = site_visit(site) == 200;
	site_leave(site);
	pair_enter_far(&site->pair);
	host_sysctl("mem_kib", old);
	return !pair_enter_near(&site->pair) && empty;
}
