// SPDX-License-Identifier: GPL-2.0
/*
 * Responses that are larger than what the kernel keeps for a client.
 * timeout: 300
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "http.h"
#include "kselftest_harness.h"

HTTP_FIXTURE(large)

/*
 * struct large - a response on its way
 * @req: its request
 * @data: the body, @len bytes
 * @stream: in parts, and chunked
 * @err: what became of it
 */
struct large {
	struct httpq_request *req;
	char *data;
	size_t len;
	bool stream;
	int err;
};

static void *large_thread(void *arg)
{
	struct large *l = arg;
	size_t at, n;

	if (!l->stream) {
		l->err = httpq_reply(l->req, 200, NULL, l->data, l->len);
		return NULL;
	}
	for (at = 0; !l->err && at < l->len; at += n) {
		n = l->len - at < 700000 ? l->len - at : 700000;
		if (httpq_send(l->req, l->data + at, n, HTTPQ_SEND_MORE) != n)
			l->err = httpq_error(l->req) ?: -EIO;
	}
	if (!l->err)
		l->err = httpq_end(l->req);
	return NULL;
}

static char *large_data(size_t len)
{
	char *data = malloc(len);
	size_t i;

	for (i = 0; data && i < len; i++)
		data[i] = i * 7 + i / 251;
	return data;
}

TEST_F(large, blocking)
{
	struct large l = { .len = host_scale(16, 3) * 1024 * 1024 + 17 };
	struct http *t = &self->http;
	pthread_t thread;
	struct reply r;

	l.data = large_data(l.len);
	ASSERT_NE(NULL, l.data);
	do {
		l.req = http_ask(t, HTTP_GET);
		ASSERT_NE(NULL, l.req);
		ASSERT_EQ(0, pthread_create(&thread, NULL, large_thread, &l));
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		EXPECT_STREQ("", http_fault(&r));
		pthread_join(thread, NULL);
		EXPECT_EQ(0, l.err);
		httpq_request_free(l.req);
		EXPECT_EQ(l.stream, r.chunked);
		ASSERT_EQ(l.len, r.body_len);
		EXPECT_EQ(0, memcmp(l.data, r.body, l.len));
		reply_free(&r);
		l.stream = !l.stream;
	} while (l.stream);
	EXPECT_TRUE(http_alive(t));
	free(l.data);
}

/* One part with DONTWAIT. 0 or -errno; @taken counts on. */
static int send_now(struct http *t, struct large *l, size_t *taken)
{
	static const struct httpq_reply_head head = { .status = 200 };
	struct httpq_send send = {
		.id = httpq_id(l->req),
		.head = *taken ? 0 : (uintptr_t)&head,
		.head_len = *taken ? 0 : sizeof(head),
		.body = (uintptr_t)(l->data + *taken),
		.body_len = l->len - *taken,
	};
	struct httpq_transfer transfer = {
		.size = sizeof(transfer),
		.flags = HTTPQ_TRANSFER_DONTWAIT,
		.sends = (uintptr_t)&send,
		.nr_sends = 1,
	};
	int err = httpq_transfer(t->serve.h, &transfer);

	if (err)
		return err;
	*taken += send.out_len;
	return send.out_status;
}

static void *read_thread(void *arg)
{
	struct http *t = arg;
	struct reply *r = malloc(sizeof(*r));

	if (peer_reply(&t->peer, "GET", r))
		reply_free(r);
	return r;
}

TEST_F(large, nonblocking)
{
	struct large l = { .len = host_scale(16, 3) * 1024 * 1024 + 17 };
	struct http *t = &self->http;
	struct httpq_request *other;
	struct httpq_event event;
	int err;
	pthread_t thread;
	size_t taken = 0;
	struct reply *r;

	l.data = large_data(l.len);
	ASSERT_NE(NULL, l.data);
	l.req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, l.req);
	/* Nobody reads: it takes what there is room for, then nothing. */
	while (!(err = send_now(t, &l, &taken)) && taken < l.len)
		;
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_LE(256 * 1024, taken);
	EXPECT_GT(l.len, taken);
	EXPECT_TRUE(http_quiet(t));

	ASSERT_EQ(0, pthread_create(&thread, NULL, read_thread, t));
	while (taken < l.len) {
		ASSERT_EQ(0, httpq_next_event(t->serve.h, &event, &other));
		ASSERT_EQ(HTTPQ_EVENT_SPACE, event.type);
		EXPECT_EQ(httpq_id(l.req), event.id);
		do {
			err = send_now(t, &l, &taken);
		} while (!err && taken < l.len);
		EXPECT_TRUE(!err || err == -EAGAIN);
	}
	pthread_join(thread, (void **)&r);
	EXPECT_STREQ("", http_fault(r));
	ASSERT_EQ(l.len, r->body_len);
	EXPECT_EQ(0, memcmp(l.data, r->body, l.len));
	reply_free(r);
	free(r);
	free(l.data);
	httpq_request_free(l.req);
	EXPECT_TRUE(http_alive(t));
}

#define PIPELINE 200

static void *pipeline_thread(void *arg)
{
	struct http *t = arg;
	char *data = large_data(16384);
	struct httpq_request *req;
	long err = 0;
	int i;

	for (i = 0; !err && i < PIPELINE; i++) {
		req = http_take(t);
		if (!req)
			return (void *)1L;
		memcpy(data, httpq_path(req).ptr, httpq_path(req).len);
		err = httpq_reply(req, 200, NULL, data, 16384);
		httpq_request_free(req);
	}
	free(data);
	return (void *)err;
}

/*
 * A client that asks and asks and does not read holds up itself only; once it
 * reads, all is there, in order.
 */
TEST_F(large, pipeline_unread)
{
	struct http *t = &self->http;
	long long before, now;
	pthread_t thread;
	struct reply r;
	char text[64];
	void *err;
	int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, pipeline_thread, t));
	for (i = 0; i < PIPELINE; i++) {
		sprintf(text, "GET /%03d HTTP/1.1\r\nHost: a\r\n\r\n", i);
		ASSERT_EQ(0, http_bulk(t, text, strlen(text)));
	}
	/* Until it stands still. */
	now = host_stat("responses");
	do {
		before = now;
		now = host_wait_stat("responses", before + 1, 200);
	} while (now > before);
	EXPECT_GT(PIPELINE, now);
	for (i = 0; i < PIPELINE; i++) {
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		sprintf(text, "/%03d", i);
		EXPECT_EQ(16384, r.body_len);
		EXPECT_EQ(0, strncmp(text, r.body, 4));
		reply_free(&r);
	}
	pthread_join(thread, &err);
	EXPECT_EQ(NULL, err);
	EXPECT_TRUE(http_alive(t));
}

/* A client that takes nothing is given up, and the worker is told. */
TEST_F(large, send_timeout)
{
	struct large l = { .len = 32 * 1024 * 1024 };
	struct http *t = &self->http;
	struct httpq_request *other;
	struct httpq_event event;
	size_t taken = 0;

	host_sysctl("send_timeout_ms", 100);
	l.data = calloc(1, l.len);
	ASSERT_NE(NULL, l.data);
	l.req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, l.req);
	/* Until TCP's buffers at both ends are full. */
	do {
		while (!send_now(t, &l, &taken) && taken < l.len)
			;
		ASSERT_GT(l.len, taken);
		ASSERT_EQ(0, httpq_next_event(t->serve.h, &event, &other));
	} while (event.type == HTTPQ_EVENT_SPACE);
	EXPECT_EQ(HTTPQ_EVENT_DISCONNECT, event.type);
	EXPECT_EQ(HTTPQ_REASON_SEND_TIMEOUT, event.reason);
	EXPECT_EQ(-ETIMEDOUT, send_now(t, &l, &taken));
	EXPECT_EQ(1, host_stat("timeout_send"));
	EXPECT_EQ(1, host_wait_stat("conns_reset", 1, PEER_TIMEOUT));
	httpq_request_free(l.req);
	free(l.data);
}

TEST_HARNESS_MAIN
