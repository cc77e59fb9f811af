// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies that no buffer holds: all of them arrive, in order, while the kernel
 * keeps only a window's worth; lengths that 32 bits can't tell.
 * timeout: 300
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "serve.h"
#include "soak.h"

#define PART (256 * 1024)
/* A prime, so that no page or segment is like another. */
#define PERIOD 65521
/* Buffers of the client's own end, which TCP would let grow. */
#define CLIENT_BUF (128 * 1024)
/* What httpq and TCP may keep: SEND_MAX, both clamps, the client's buffers. */
#define WINDOW_MAX (256 * 1024 + 2 * 256 * 1024 + 4 * CLIENT_BUF)
#define BEYOND_32 ((1ULL << 32) + 5)

#define PAGE_LISTS "/proc/sys/vm/percpu_pagelist_high_fraction"

static char pattern[PERIOD + PART];

static void pattern_init(void)
{
	size_t i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = (i % PERIOD) * 31 + (i % PERIOD) / 253;
}

/* The @n bytes, at most PART, of the body from @at on. */
static const char *pattern_at(uint64_t at)
{
	return pattern + at % PERIOD;
}

/* Kernel pages that are in no other account: those of bodies, for instance.
 * Off by what the per-CPU lists of free pages hold, see PAGE_LISTS.
 */
static long pages_kib(void)
{
	static const struct {
		const char *name;
		int sign;
	} parts[] = {
		{ "MemTotal:", 1 }, { "MemFree:", -1 }, { "Buffers:", -1 },
		{ "Cached:", -1 }, { "AnonPages:", -1 },
	};
	char line[256], key[64];
	long sum = 0, value;
	FILE *f = fopen("/proc/meminfo", "r");
	size_t i;

	while (f && fgets(line, sizeof(line), f))
		for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (sscanf(line, "%63s %ld", key, &value) == 2 &&
			    !strcmp(key, parts[i].name))
				sum += parts[i].sign * value;
	if (f)
		fclose(f);
	return sum;
}

/* ---------------------------------------------------------------- client */

/*
 * struct flow - a client that sends and receives at the same time
 * @up, @down: bytes of the two bodies
 * @sent, @got: how much of them is through
 * @frame: framing to be sent before the next body byte, @frame_len bytes
 * @chunk: body bytes left in the chunk being sent, or being received
 * @kernel, @pages: most that the kernel had while it ran
 */
struct flow {
	int fd;
	bool chunked;
	uint64_t up, down, sent, got;
	char frame[256];
	size_t frame_len, frame_at;
	uint64_t chunk_up, chunk_down;
	char in[PART];
	size_t in_len;
	bool head_seen, last_seen, last_sent;
	const char *wrong;
	long kernel, pages;
};

static void flow_frame(struct flow *f, const char *text)
{
	f->frame_len = snprintf(f->frame, sizeof(f->frame), "%s", text);
	f->frame_at = 0;
}

/* The next chunk of varying size, or the last. */
static void flow_next_chunk(struct flow *f)
{
	const char *crlf = f->sent ? "\r\n" : "";
	uint64_t left = f->up - f->sent;
	char text[64];

	f->chunk_up = 1 + (f->sent * 7 + 4099) % 150000;
	if (f->chunk_up > left)
		f->chunk_up = left;
	f->last_sent = !left;
	snprintf(text, sizeof(text), "%s%llx\r\n%s", crlf,
		 (unsigned long long)f->chunk_up, left ? "" : "\r\n");
	flow_frame(f, text);
}

/* One send(); false if there is no room. */
static bool flow_send(struct flow *f)
{
	uint64_t n = f->up - f->sent;
	ssize_t done;

	if (f->chunked && f->frame_at == f->frame_len && !f->chunk_up &&
	    f->up && !f->last_sent)
		flow_next_chunk(f);
	if (f->frame_at < f->frame_len) {
		done = send(f->fd, f->frame + f->frame_at,
			    f->frame_len - f->frame_at, MSG_NOSIGNAL);
		f->frame_at += done > 0 ? done : 0;
	} else {
		n = f->chunked && f->chunk_up < n ? f->chunk_up : n;
		n = n < PART ? n : PART;
		done = send(f->fd, pattern_at(f->sent), n, MSG_NOSIGNAL);
		f->sent += done > 0 ? done : 0;
		f->chunk_up -= f->chunked && done > 0 ? done : 0;
	}
	if (done < 0 && errno != EAGAIN)
		f->wrong = strerror(errno);
	return done > 0;
}

static bool flow_sending(const struct flow *f)
{
	return f->frame_at < f->frame_len || f->sent < f->up ||
	       (f->chunked && f->up && !f->last_sent);
}

static void flow_consume(struct flow *f, size_t n)
{
	f->in_len -= n;
	memmove(f->in, f->in + n, f->in_len);
}

/* A line or head that ends in @end; false if it is not all there. */
static bool flow_line(struct flow *f, const char *end, char *out, size_t size)
{
	char *at = memmem(f->in, f->in_len, end, strlen(end));
	size_t n;

	if (!at)
		return false;
	n = at - f->in + strlen(end);
	if (n >= size) {
		f->wrong = "long line";
		return false;
	}
	memcpy(out, f->in, n);
	out[n] = 0;
	flow_consume(f, n);
	return true;
}

static bool flow_chunks_down(const struct flow *f)
{
	return f->chunked && f->down;
}

static bool flow_head(struct flow *f)
{
	char head[4096], length[64];

	if (!flow_line(f, "\r\n\r\n", head, sizeof(head)))
		return false;
	f->head_seen = true;
	snprintf(length, sizeof(length), "\r\nContent-Length: %llu\r\n",
		 (unsigned long long)f->down);
	if (strncmp(head, "HTTP/1.1 200 ", 13))
		f->wrong = "status";
	else if (!strstr(head, flow_chunks_down(f) ?
			       "\r\nTransfer-Encoding: chunked\r\n" : length))
		f->wrong = "framing";
	f->chunk_down = flow_chunks_down(f) ? 0 : f->down;
	return true;
}

static bool flow_chunk(struct flow *f)
{
	char line[64];

	/* The line end of the chunk before goes with the next size. */
	if (f->got && f->in_len < 2)
		return false;
	if (f->got && f->in[0] == '\r')
		flow_consume(f, 2);
	if (!flow_line(f, "\r\n", line, sizeof(line)))
		return false;
	f->chunk_down = strtoull(line, NULL, 16);
	f->last_seen = !f->chunk_down;
	return true;
}

/* Takes what was received apart; false if more is needed. */
static bool flow_take(struct flow *f)
{
	size_t n = f->in_len;

	if (!f->head_seen)
		return flow_head(f);
	if (!f->chunk_down)
		return flow_chunks_down(f) && !f->last_seen && flow_chunk(f);
	n = n < f->chunk_down ? n : f->chunk_down;
	if (f->got + n > f->down || memcmp(f->in, pattern_at(f->got), n)) {
		f->wrong = "content";
		return false;
	}
	f->got += n;
	f->chunk_down -= n;
	flow_consume(f, n);
	return n;
}

static bool flow_receiving(const struct flow *f)
{
	return !f->head_seen ||
	       (flow_chunks_down(f) ? !f->last_seen : f->got < f->down);
}

static void flow_receive(struct flow *f)
{
	ssize_t n = recv(f->fd, f->in + f->in_len, sizeof(f->in) - f->in_len,
			 0);

	if (n == 0)
		f->wrong = "closed";
	else if (n < 0 && errno != EAGAIN)
		f->wrong = strerror(errno);
	f->in_len += n > 0 ? n : 0;
	while (!f->wrong && flow_take(f))
		;
}

static void flow_sample(struct flow *f)
{
	long kernel = host_kernel_kib(), pages = pages_kib();

	f->kernel = kernel > f->kernel ? kernel : f->kernel;
	f->pages = pages > f->pages ? pages : f->pages;
}

/* All of it both ways; NULL or what went wrong. */
static const char *flow_run(struct flow *f)
{
	uint64_t next = 0;

	while (!f->wrong && (flow_sending(f) || flow_receiving(f))) {
		struct pollfd pfd = { .fd = f->fd, .events = POLLIN };

		if (flow_sending(f))
			pfd.events |= POLLOUT;
		if (poll(&pfd, 1, PEER_TIMEOUT) != 1)
			return "stall";
		if (pfd.revents & POLLOUT)
			flow_send(f);
		if (pfd.revents & (POLLIN | POLLHUP | POLLERR))
			flow_receive(f);
		if (f->sent + f->got >= next) {
			flow_sample(f);
			next = f->sent + f->got + (f->up + f->down) / 32;
		}
	}
	return f->wrong;
}

static int client_connect(struct peer *p)
{
	int size = CLIENT_BUF;
	int err = peer_connect(p, "127.0.0.1", 8080);

	if (err)
		return err;
	if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) ||
	    setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) ||
	    fcntl(p->fd, F_SETFL, O_NONBLOCK))
		return -errno;
	return 0;
}

/* ---------------------------------------------------------------- worker */

/* What the worker is to do, what it made of it, and whether it is through. */
struct job {
	bool chunked;
	uint64_t up, down;
	const char *wrong;
	sem_t through;
};

static void job_send(struct job *job, struct httpq_request *req,
		     const char *data, size_t n)
{
	if (httpq_send(req, data, n, HTTPQ_SEND_MORE) != (ssize_t)n)
		job->wrong = "send";
}

/* Reads the body; what comes goes back at once if both ways are wanted. */
static void job_read(struct job *job, struct httpq_request *req)
{
	static char buf[PART];
	uint64_t at = 0;
	ssize_t n = 1;

	while (!job->wrong && n > 0) {
		n = httpq_read_body(req, buf, sizeof(buf));
		if (n > 0 && memcmp(buf, pattern_at(at), n))
			job->wrong = "content";
		if (n > 0 && job->down)
			job_send(job, req, buf, n);
		at += n > 0 ? n : 0;
	}
	if (!job->wrong && (n < 0 || at != job->up))
		job->wrong = "length";
}

static void job_write(struct job *job, struct httpq_request *req)
{
	uint64_t at = 0, n;

	for (; !job->wrong && at < job->down; at += n) {
		n = job->down - at < PART ? job->down - at : PART;
		job_send(job, req, pattern_at(at), n);
	}
}

static void job_serve(struct httpq_request *req, void *data)
{
	struct job *job = data;
	uint64_t length = job->chunked ? HTTPQ_LENGTH_UNKNOWN : job->up;

	if (job->up && httpq_content_length(req) != length)
		job->wrong = "announced length";
	if (!job->chunked)
		httpq_add_header_u64(req, "Content-Length", job->down);
	if (job->up)
		job_read(job, req);
	else
		job_write(job, req);
	if (!job->wrong && httpq_end(req))
		job->wrong = "end";
	httpq_request_free(req);
	sem_post(&job->through);
}

/* -------------------------------------------------------- whole transfers */

FIXTURE(bulk)
{
	struct serve serve;
	struct peer peer;
	struct job job;
};

FIXTURE_VARIANT(bulk)
{
	bool up, down, chunked, process;
};

FIXTURE_VARIANT_ADD(bulk, download) { .down = true };
FIXTURE_VARIANT_ADD(bulk, download_chunked) { .down = true, .chunked = true };
FIXTURE_VARIANT_ADD(bulk, upload) { .up = true };
FIXTURE_VARIANT_ADD(bulk, upload_chunked) { .up = true, .chunked = true };
FIXTURE_VARIANT_ADD(bulk, echo) { .up = true, .down = true };
FIXTURE_VARIANT_ADD(bulk, echo_chunked) {
	.up = true, .down = true, .chunked = true,
};
FIXTURE_VARIANT_ADD(bulk, echo_process) {
	.up = true, .down = true, .process = true,
};

FIXTURE_SETUP(bulk)
{
	pattern_init();
	ASSERT_EQ(0, host_unshare());
	/* As few free pages on per-CPU lists as can be: they look used. */
	ASSERT_EQ(0, host_run("echo 1000000 > %s", PAGE_LISTS));
	host_sysctl("process_engine", variant->process);
	self->job.chunked = variant->chunked;
	sem_init(&self->job.through, 0, 0);
	ASSERT_EQ(0, serve_start(&self->serve, "http://*:8080/", job_serve,
				 &self->job, 1));
	ASSERT_EQ(0, client_connect(&self->peer));
}

FIXTURE_TEARDOWN(bulk)
{
	peer_close(&self->peer);
	serve_stop(&self->serve);
	host_run("echo 0 > %s", PAGE_LISTS);
}

/* One request; what went wrong. */
static const char *bulk_run(struct peer *p, struct job *job, struct flow *f,
			    uint64_t up, uint64_t down)
{
	char head[256], length[64];
	const char *wrong;

	memset(f, 0, sizeof(*f));
	f->fd = p->fd;
	f->chunked = job->chunked;
	f->up = up;
	f->down = down;
	job->up = up;
	job->down = down;
	snprintf(length, sizeof(length), "Content-Length: %llu\r\n",
		 (unsigned long long)up);
	snprintf(head, sizeof(head), "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n",
		 up ? "POST" : "GET", !up ? "" : job->chunked ?
		 "Transfer-Encoding: chunked\r\n" : length);
	flow_frame(f, head);
	wrong = flow_run(f);
	if (!wrong)
		sem_wait(&job->through);
	return job->wrong ?: wrong;
}

/* By how many KiB the kernel grows meanwhile, at the most. */
static long bulk_grows(struct peer *p, struct job *job, struct flow *f,
		       uint64_t up, uint64_t down, const char **wrong)
{
	long kernel, pages;

	/* Who answers before a long body is read closes the connection. */
	peer_close(p);
	*wrong = client_connect(p) ? "no connection" : NULL;
	kernel = host_kernel_kib();
	pages = pages_kib();
	if (!*wrong)
		*wrong = bulk_run(p, job, f, up, down);
	kernel = f->kernel - kernel;
	pages = f->pages - pages;
	printf("# kernel +%ld KiB, pages +%ld KiB\n", kernel, pages);
	return kernel > pages ? kernel : pages;
}

TEST_F_TIMEOUT(bulk, transfer, 240)
{
	/* In all, both ways. */
	uint64_t size = ((uint64_t)soak_share(256, 32) * 1024 * 1024 + 12345) /
			(variant->up + variant->down);
	uint64_t up = variant->up * size, down = variant->down * size;
	static struct flow f;
	long grown = LONG_MAX;
	const char *wrong;
	int i;

	/*
	 * Less of it once, so that what is allocated once is there, and what
	 * KASAN keeps of what was freed: it may keep more, for a while.
	 */
	wrong = bulk_run(&self->peer, &self->job, &f, variant->up * 9999999,
			 variant->down * 9999999);
	ASSERT_STREQ("", wrong ?: "");
	for (i = 0; i < host_scale(1, 3) && grown >= 4096; i++) {
		grown = bulk_grows(&self->peer, &self->job, &f, up, down,
				   &wrong);
		ASSERT_STREQ("", wrong ?: "");
		EXPECT_EQ(up, f.sent);
		EXPECT_EQ(down, f.got);
	}
	EXPECT_GT(4096, grown);
}

/* --------------------------------------- pressure back, and large numbers */

FIXTURE(pressure)
{
	struct httpq *h;
	struct peer peer;
};

FIXTURE_SETUP(pressure)
{
	pattern_init();
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, httpq_open(&self->h, "test", HTTPQ_OPEN_CREATE |
				HTTPQ_OPEN_NONBLOCK));
	ASSERT_EQ(0, httpq_bind(self->h, "http://*:8080/", 0));
	ASSERT_EQ(0, client_connect(&self->peer));
}

FIXTURE_TEARDOWN(pressure)
{
	peer_close(&self->peer);
	httpq_close(self->h);
}

/* The next event; 0 or the error. */
static int pressure_event(struct httpq *h, struct httpq_event *event,
			  struct httpq_request **req)
{
	struct pollfd pfd = { .fd = httpq_fd(h), .events = POLLIN };
	int err;

	do {
		if (poll(&pfd, 1, PEER_TIMEOUT) != 1)
			return -ETIMEDOUT;
		err = httpq_next_event(h, event, req);
	} while (err == -EAGAIN);
	return err;
}

/* A request of which only the head was sent. */
static struct httpq_request *pressure_ask(struct httpq *h, struct peer *p,
					  const char *text)
{
	struct httpq_event event = {};
	struct httpq_request *req;

	if (peer_puts(p, text) || pressure_event(h, &event, &req) ||
	    event.type != HTTPQ_EVENT_REQUEST)
		return NULL;
	return req;
}

/* Sends the body until there is no room; up to where it has come. */
static uint64_t fill_up(struct httpq_request *req, uint64_t at, uint64_t end)
{
	ssize_t n = 1;

	while (n > 0 && at < end) {
		uint64_t part = end - at < PART ? end - at : PART;

		n = httpq_send(req, pattern_at(at), part, HTTPQ_SEND_MORE);
		at += n > 0 ? n : 0;
	}
	return n < 0 && n != -EAGAIN ? 0 : at;
}

TEST_F(pressure, slow_reader)
{
	uint64_t size = host_scale(32, 8) * 1024 * 1024, at, before, got = 0;
	struct httpq_request *req, *of = NULL;
	struct httpq_event event = {};
	static char in[PART];
	int spaces = 0;
	ssize_t n;

	req = pressure_ask(self->h, &self->peer,
			   "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
	ASSERT_NE(NULL, req);
	at = fill_up(req, 0, size);
	ASSERT_NE(0, at);
	/* It is a bound: what TCP moves on meanwhile is in it. */
	EXPECT_GT(WINDOW_MAX, at);
	EXPECT_EQ(-EAGAIN, httpq_next_event(self->h, &event, &of));

	/* HTTP/1.0: the end of the connection is the end of the body. */
	while (spaces == 0 || got < size) {
		struct pollfd pfd = { .fd = self->peer.fd, .events = POLLIN };

		if (at < size && !httpq_next_event(self->h, &event, &of)) {
			ASSERT_EQ(HTTPQ_EVENT_SPACE, event.type);
			ASSERT_EQ(req, of);
			before = at;
			at = fill_up(req, at, size);
			ASSERT_LE(before, at);
			spaces++;
			if (at == size)
				ASSERT_EQ(0, httpq_end(req));
		}
		ASSERT_EQ(1, poll(&pfd, 1, PEER_TIMEOUT));
		n = recv(self->peer.fd, in, sizeof(in), 0);
		ASSERT_LT(0, n);
		if (!got) {
			char *body = memmem(in, n, "\r\n\r\n", 4);

			ASSERT_NE(NULL, body);
			n -= body + 4 - in;
			memmove(in, body + 4, n);
		}
		ASSERT_EQ(0, memcmp(in, pattern_at(got), n));
		got += n;
	}
	EXPECT_EQ(size, got);
	/* The window opens in steps, not once for each segment. */
	EXPECT_GT(size / 65536, spaces);
	EXPECT_EQ(0, peer_wait_close(&self->peer, PEER_TIMEOUT));
	httpq_request_free(req);
}

/* Sends until the kernel takes no more for a while; how much that was. */
static uint64_t send_until_blocked(int fd, uint64_t at, uint64_t end)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	while (at < end && poll(&pfd, 1, 500) == 1) {
		uint64_t part = end - at < PART ? end - at : PART;
		ssize_t n = send(fd, pattern_at(at), part, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return 0;
		at += n > 0 ? n : 0;
	}
	return at;
}

TEST_F(pressure, slow_worker)
{
	uint64_t size = host_scale(32, 8) * 1024 * 1024, sent, got = 0;
	struct httpq_request *req, *of;
	struct httpq_event event;
	static char in[PART];
	char head[128];
	ssize_t n;

	snprintf(head, sizeof(head), "PUT / HTTP/1.1\r\nHost: a\r\n"
		 "Content-Length: %llu\r\n\r\n", (unsigned long long)size);
	req = pressure_ask(self->h, &self->peer, head);
	ASSERT_NE(NULL, req);
	sent = send_until_blocked(self->peer.fd, 0, size);
	ASSERT_NE(0, sent);
	EXPECT_GT(WINDOW_MAX, sent);

	while (got < size) {
		n = httpq_read_body(req, in, sizeof(in));
		if (n == -EAGAIN) {
			if (sent < size)
				sent = send_until_blocked(self->peer.fd, sent,
							  sent + 1 < size ?
							  sent + 1 : size);
			ASSERT_EQ(0, pressure_event(self->h, &event, &of));
			ASSERT_EQ(HTTPQ_EVENT_BODY, event.type);
			continue;
		}
		ASSERT_LT(0, n);
		ASSERT_EQ(0, memcmp(in, pattern_at(got), n));
		got += n;
		while (sent < size) {
			n = send(self->peer.fd, pattern_at(sent),
				 size - sent < PART ? size - sent : PART,
				 MSG_NOSIGNAL);
			if (n <= 0)
				break;
			sent += n;
		}
	}
	EXPECT_EQ(0, httpq_read_body(req, in, sizeof(in)));
	EXPECT_EQ(0, httpq_reply(req, 200, NULL, "done", 4));
	httpq_request_free(req);
}

#define PUT_BEYOND "PUT / HTTP/1.1\r\nHost: a\r\n"		\
		   "Content-Length: 4294967301\r\n\r\n"

/* The lower half of the length is 5: that is not the end of the body. */
TEST_F(pressure, upload_beyond_32_bits)
{
	struct httpq_request *req, *of;
	struct httpq_event event;
	static char in[PART];
	uint64_t got = 0;
	struct reply r;
	ssize_t n;

	req = pressure_ask(self->h, &self->peer, PUT_BEYOND);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(BEYOND_32, httpq_content_length(req));
	ASSERT_EQ(0, peer_send(&self->peer, pattern, 5));
	ASSERT_EQ(0, peer_flush(&self->peer));
	EXPECT_EQ(5, httpq_read_body(req, in, sizeof(in)));
	EXPECT_EQ(-EAGAIN, httpq_read_body(req, in, sizeof(in)));

	ASSERT_EQ(0, peer_send(&self->peer, pattern_at(5), 60000));
	while (got < 60000) {
		n = httpq_read_body(req, in, sizeof(in));
		if (n == -EAGAIN) {
			ASSERT_EQ(0, pressure_event(self->h, &event, &of));
			continue;
		}
		ASSERT_LT(0, n);
		got += n;
	}
	EXPECT_EQ(60000, got);
	EXPECT_EQ(0, httpq_cancel(req));
	httpq_request_free(req);
	fcntl(self->peer.fd, F_SETFL, 0);
	ASSERT_EQ(0, peer_reply(&self->peer, "PUT", &r));
	EXPECT_EQ(502, r.status);
	EXPECT_STREQ("close", reply_field(&r, "Connection"));
	reply_free(&r);
	shutdown(self->peer.fd, SHUT_WR);
	EXPECT_EQ(0, peer_wait_close(&self->peer, PEER_TIMEOUT));
}

/* The same the other way: after 5 bytes the response is far from complete. */
TEST_F(pressure, download_beyond_32_bits)
{
	static const char end[] = "\r\n\r\nabcde";
	char in[1024] = "";
	struct httpq_request *req;
	size_t len = 0;
	ssize_t n;

	req = pressure_ask(self->h, &self->peer,
			   "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	ASSERT_NE(NULL, req);
	httpq_add_header_u64(req, "Content-Length", BEYOND_32);
	EXPECT_EQ(5, httpq_send(req, "abcde", 5, HTTPQ_SEND_MORE));
	EXPECT_EQ(0, httpq_end(req));
	httpq_request_free(req);
	fcntl(self->peer.fd, F_SETFL, 0);
	do {
		n = recv(self->peer.fd, in + len, sizeof(in) - 1 - len, 0);
		len += n > 0 ? n : 0;
	} while (n > 0);
	EXPECT_EQ(0, n);
	in[len] = 0;
	EXPECT_NE(NULL, strstr(in, "\r\nContent-Length: 4294967301\r\n"));
	EXPECT_STREQ(end, strstr(in, "\r\n\r\n"));
	EXPECT_EQ(1, host_wait_stat("responses_broken", 1, PEER_TIMEOUT));
}

/* To HEAD as well. */
TEST_F(pressure, head_beyond_32_bits)
{
	struct httpq_request *req;
	struct reply r;

	req = pressure_ask(self->h, &self->peer,
			   "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	ASSERT_NE(NULL, req);
	httpq_add_header_u64(req, "Content-Length", BEYOND_32);
	EXPECT_EQ(0, httpq_end(req));
	httpq_request_free(req);
	fcntl(self->peer.fd, F_SETFL, 0);
	ASSERT_EQ(0, peer_reply(&self->peer, "HEAD", &r));
	EXPECT_EQ(200, r.status);
	EXPECT_STREQ("4294967301", reply_field(&r, "Content-Length"));
	EXPECT_EQ(0, r.body_len);
	reply_free(&r);
}

/* A client that goes away in the middle of what would take for ever. */
TEST_F(pressure, abort_beyond_32_bits)
{
	struct httpq_request *req, *of;
	struct httpq_event event = {};
	uint64_t at;

	req = pressure_ask(self->h, &self->peer,
			   "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	ASSERT_NE(NULL, req);
	httpq_add_header_u64(req, "Content-Length", BEYOND_32);
	at = fill_up(req, 0, BEYOND_32);
	ASSERT_LT(0, at);
	EXPECT_GT(WINDOW_MAX, at);
	peer_reset(&self->peer);
	/* There may have been room before that. */
	do {
		ASSERT_EQ(0, pressure_event(self->h, &event, &of));
	} while (event.type == HTTPQ_EVENT_SPACE);
	EXPECT_EQ(HTTPQ_EVENT_DISCONNECT, event.type);
	EXPECT_EQ(HTTPQ_REASON_CLIENT_RESET, event.reason);
	EXPECT_EQ(-ECONNRESET, httpq_send(req, "x", 1, HTTPQ_SEND_MORE));
	httpq_request_free(req);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
}

TEST_HARNESS_MAIN
