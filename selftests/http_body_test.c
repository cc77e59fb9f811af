// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies of requests: what a worker reads, what becomes of what it does not
 * read, and clients that send them badly, slowly or not at all.
 * timeout: 300
 * debug: -v process
 * uml-6.1: -V bytewise
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "http.h"
#include "kselftest_harness.h"

HTTP_FIXTURE(body)

#define POST(fields, body) "POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n" body
#define CHUNKED(body) POST("Transfer-Encoding: chunked\r\n", body)

/* The client reads an answer of @status; whether the connection ends. */
static void expect_reply(struct __test_metadata *_metadata, struct http *t,
			 int status, bool close)
{
	struct reply r;

	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_EQ(status, r.status);
	EXPECT_STREQ("", http_fault(&r)) TH_LOG("%s", r.head);
	EXPECT_EQ(close, http_field_is(&r, "Connection", "close"));
	reply_free(&r);
	if (close)
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
}

TEST_F(body, content_length)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[64] = "";

	/* What follows is not of the body. */
	req = http_ask(t, POST("Content-Length: 10\r\n",
			       "0123456789" HTTP_GET));
	ASSERT_NE(NULL, req);
	EXPECT_EQ(10, httpq_content_length(req));
	EXPECT_EQ(10, http_read_all(req, buf, sizeof(buf), 3));
	EXPECT_STREQ("0123456789", buf);
	EXPECT_EQ(0, httpq_read_body(req, buf, sizeof(buf)));
	EXPECT_EQ(-ENODATA, httpq_read_trailers(req));
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);
	EXPECT_EQ(0, http_answer(http_take(t), "ok"));
	expect_reply(_metadata, t, 200, false);
}

TEST_F(body, empty)
{
	static const char *const texts[] = {
		POST("Content-Length: 0\r\n", ""), POST("", ""),
		"POST / HTTP/1.0\r\nContent-Length: 00\r\n"
		"Connection: keep-alive\r\n\r\n",
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		req = http_ask(t, texts[i]);
		ASSERT_NE(NULL, req);
		EXPECT_FALSE(httpq_has_body(req));
		EXPECT_EQ(0, httpq_content_length(req));
		EXPECT_EQ(0, httpq_read_body(req, buf, sizeof(buf)));
		EXPECT_EQ(0, http_read_now(t, req, buf, sizeof(buf)));
		EXPECT_EQ(0, http_answer(req, "ok"));
		expect_reply(_metadata, t, 200, false);
	}
	req = http_ask(t, CHUNKED("0\r\n\r\n"));
	ASSERT_NE(NULL, req);
	EXPECT_TRUE(httpq_has_body(req));
	EXPECT_EQ(HTTPQ_LENGTH_UNKNOWN, httpq_content_length(req));
	EXPECT_EQ(0, httpq_read_body(req, buf, sizeof(buf)));
	EXPECT_EQ(-ENODATA, httpq_read_trailers(req));
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);
}

/* All that the grammar of RFC 9112 section 7.1 allows. */
static const char chunks[] =
	"5\r\nhello\r\n"
	"1;a\r\n \r\n"
	"00A ;b = c;d=\"e\\\";f\"\r\n0123456789\r\n"
	"2\t;x\r\n\r\n\r\n"
	"0;last\r\n"
	"X-Sum: 12\r\n"
	"Content-Length: 7\r\n"
	"x-sum:  34 \r\n"
	"Etag: \"e\"\r\n\r\n";
static const char chunks_data[] = "hello 0123456789\r\n";

static void check_trailers(struct __test_metadata *_metadata,
			   struct httpq_request *req)
{
	struct httpq_str name, value;

	ASSERT_EQ(0, httpq_read_trailers(req));
	EXPECT_TRUE(httpq_str_is(httpq_trailer(req, "X-SUM"), "12"));
	/* A field that frames is not for the end (RFC 9110 6.5.1). */
	EXPECT_EQ(NULL, httpq_trailer(req, "Content-Length").ptr);
	ASSERT_TRUE(httpq_trailer_at(req, 1, &name, &value));
	EXPECT_TRUE(httpq_str_is(name, "x-sum"));
	EXPECT_TRUE(httpq_str_is(value, "34"));
	ASSERT_TRUE(httpq_trailer_at(req, 2, &name, &value));
	EXPECT_TRUE(httpq_str_is(value, "\"e\""));
	EXPECT_FALSE(httpq_trailer_at(req, 3, &name, &value));
}

TEST_F(body, chunked)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[64] = "";

	ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("")));
	ASSERT_EQ(0, peer_puts(&t->peer, chunks));
	req = http_take(t);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(HTTPQ_LENGTH_UNKNOWN, httpq_content_length(req));
	EXPECT_EQ(-ENODATA, httpq_read_trailers(req));
	EXPECT_EQ(strlen(chunks_data), http_read_all(req, buf, sizeof(buf), 4));
	EXPECT_STREQ(chunks_data, buf);
	EXPECT_EQ(0, httpq_read_body(req, buf, sizeof(buf)));
	check_trailers(_metadata, req);
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);
	EXPECT_TRUE(http_alive(t));
}

/* Wherever the body is split, the decoder goes on where it stopped. */
TEST_F(body, chunked_split)
{
	struct http *t = &self->http;
	size_t split, len;
	struct httpq_request *req;
	char buf[64];
	ssize_t n;

	ASSERT_EQ(0, http_hurry_acks());
	ASSERT_EQ(0, http_reconnect(t));
	for (split = 1; split < strlen(chunks); split++) {
		memset(buf, 0, sizeof(buf));
		ASSERT_EQ(0, http_bulk(t, CHUNKED(""), strlen(CHUNKED(""))));
		ASSERT_EQ(0, http_bulk(t, chunks, split));
		ASSERT_EQ(0, peer_flush(&t->peer));
		req = http_take(t);
		ASSERT_NE(NULL, req);
		len = 0;
		while ((n = http_read_now(t, req, buf + len, 3)) > 0)
			len += n;
		ASSERT_EQ(-EAGAIN, n) TH_LOG("split at %zu", split);
		ASSERT_EQ(0, http_bulk(t, chunks + split,
				       strlen(chunks) - split));
		EXPECT_EQ(strlen(chunks_data) - len,
			  http_read_all(req, buf + len, sizeof(buf) - len, 64));
		EXPECT_STREQ(chunks_data, buf) TH_LOG("split at %zu", split);
		check_trailers(_metadata, req);
		EXPECT_EQ(0, http_answer(req, "ok"));
		expect_reply(_metadata, t, 200, false);
	}
	EXPECT_EQ(2, host_stat("conns_accepted"));
}

static const char *const bad_chunks[] = {
	"x\r\n",		/* not a digit */
	"\r\n",			/* no digit */
	" 1\r\na\r\n0\r\n\r\n",	/* white space before */
	"-1\r\n",
	"0x1\r\na\r\n",
	"1\na\r\n",		/* bare LF */
	"1\r\na\n0\r\n\r\n",
	"1\r\nab\r\n",		/* longer than its size */
	"2\r\na\r\n0\r\n\r\n",	/* shorter */
	"1 a\r\n",		/* space without extension */
	"1;\r\na\r\n",
	"1;a=\r\na\r\n",
	"1;a=\"\r\na\r\n",
	"1;a\nb\r\n",
	"1\r\r\na\r\n",
	"8000000000000000\r\n",	/* more than 2^63-1 */
	"00000000000000001\r\n", /* more digits than any size needs */
	"0\r\nX: y\n\r\n",
	"0\r\nX: \x01\r\n\r\n",
	"0\r\n\rX",
	"0\r\nX\r\n\r\n",		/* trailers: no colon */
	"0\r\nX : y\r\n\r\n",
	"0\r\n:y\r\n\r\n",
	"0\r\n X: y\r\n\r\n",
	"0\r\nX: y\r\n z\r\n\r\n",
	"0\r\n",		/* the next request would be its trailers */
};

TEST_F(body, bad_chunks)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_chunks); i++) {
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("")));
		ASSERT_EQ(0, peer_puts(&t->peer, bad_chunks[i]));
		ASSERT_EQ(0, peer_puts(&t->peer, HTTP_GET));
		req = http_take(t);
		ASSERT_NE(NULL, req);
		EXPECT_EQ(-EBADMSG, http_read_all(req, buf, sizeof(buf), 64))
			TH_LOG("%s", bad_chunks[i]);
		EXPECT_EQ(i + 1, host_stat("body_bad"));
		/* It has been answered. */
		EXPECT_EQ(-EBADMSG, http_answer(req, "ok"));
		expect_reply(_metadata, t, 400, true);
	}
	EXPECT_TRUE(http_quiet(t));
	EXPECT_EQ(0, host_stat("conns_reset"));
}

TEST_F(body, bad_chunk_after_response_began)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char buf[8];

	req = http_ask(t, CHUNKED("x\r\n"));
	ASSERT_NE(NULL, req);
	EXPECT_EQ(4, httpq_send(req, "some", 4, HTTPQ_SEND_MORE));
	EXPECT_EQ(-EBADMSG, httpq_read_body(req, buf, sizeof(buf)));
	httpq_request_free(req);
	EXPECT_EQ(-EPIPE, peer_reply(&t->peer, "POST", &r));
	EXPECT_FALSE(r.complete);
	EXPECT_STREQ("some", r.body);
	reply_free(&r);
}

/* Extensions and trailers that cost more than they are worth. */
TEST_F(body, framing_too_long)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[64], text[2048];
	int i;

	host_sysctl("trailer_bytes", 64);
	for (i = 0; i < 3; i++) {
		if (i == 0)
			sprintf(text, "1;%01025d\r\na\r\n0\r\n\r\n", 0);
		else if (i == 1)
			sprintf(text, "1\r\na\r\n0\r\nX: %060d\r\n\r\n", 0);
		else
			sprintf(text, "1\r\na\r\n0\r\nX: %059d\r\n\r\n", 0);
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("")));
		ASSERT_EQ(0, peer_puts(&t->peer, text));
		req = http_take(t);
		ASSERT_NE(NULL, req);
		EXPECT_EQ(i < 2 ? -EBADMSG : 1,
			  http_read_all(req, buf, sizeof(buf), 64));
		if (i == 2)
			EXPECT_EQ(0, httpq_read_trailers(req));
		EXPECT_EQ(i < 2 ? -EBADMSG : 0, http_answer(req, "ok"));
		expect_reply(_metadata, t, i < 2 ? 431 : 200, i < 2);
	}
}

/* More than the worker could be told of, which he hears only if he asks. */
TEST_F(body, many_trailers)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[8], text[128];
	int i, n;

	host_sysctl("fields", 8);
	for (i = 8; i < 10; i++) {
		n = sprintf(text, "0\r\n");
		while (n < 3 + 6 * i)
			n += sprintf(text + n, "X: y\r\n");
		sprintf(text + n, "\r\n");
		ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("")));
		ASSERT_EQ(0, peer_puts(&t->peer, text));
		req = http_take(t);
		ASSERT_NE(NULL, req);
		EXPECT_EQ(0, httpq_read_body(req, buf, sizeof(buf)));
		EXPECT_EQ(i == 8 ? 0 : -EBADMSG, httpq_read_trailers(req));
		EXPECT_EQ(0, http_answer(req, "ok"));
		expect_reply(_metadata, t, 200, false);
	}
}

TEST_F(body, over_the_limit)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[64];

	host_sysctl("body_bytes", 4);
	req = http_ask(t, CHUNKED("4\r\nabcd\r\n0\r\n\r\n"));
	ASSERT_NE(NULL, req);
	EXPECT_EQ(4, http_read_all(req, buf, sizeof(buf), 64));
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);

	ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("5\r\nabcde\r\n0\r\n\r\n")));
	ASSERT_EQ(0, peer_puts(&t->peer, HTTP_GET));
	req = http_take(t);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(-EFBIG, http_read_all(req, buf, sizeof(buf), 64));
	EXPECT_EQ(1, host_stat("body_too_long"));
	/* What to say is up to the worker. */
	EXPECT_EQ(0, httpq_reply(req, 413, NULL, "", 0));
	httpq_request_free(req);
	expect_reply(_metadata, t, 413, true);
	EXPECT_TRUE(http_quiet(t));
}

/* A worker that gives up over it, or dies, leaves the answer to the kernel. */
TEST_F(body, over_the_limit_and_given_up)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char buf[64];
	int i;

	host_sysctl("body_bytes", 4);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("5\r\nabcde\r\n")));
		req = http_take(t);
		ASSERT_NE(NULL, req);
		EXPECT_EQ(-EFBIG, http_read_all(req, buf, sizeof(buf), 64));
		if (i == 0)
			EXPECT_EQ(0, httpq_cancel(req));
		if (i < 2)
			httpq_request_free(req);
		else
			serve_stop(&t->serve);
		ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
		EXPECT_STREQ("", http_answer_fault(&r, 413, true));
		reply_free(&r);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	}
}

/* The error comes by itself, not in place of what was read before. */
TEST_F(body, over_the_limit_in_one_read)
{
	struct http *t = &self->http;
	char *buf = calloc(1, 100000);
	struct httpq_request *req;

	ASSERT_NE(NULL, buf);
	host_sysctl("body_bytes", 40000);
	ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("c350\r\n")));
	ASSERT_EQ(0, http_bulk(t, buf, 50000));
	req = http_take(t);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(-EFBIG, http_read_all(req, buf, 100000, 100000));
	EXPECT_EQ(-EFBIG, httpq_read_body(req, buf, 100000));
	EXPECT_EQ(0, httpq_reply(req, 413, NULL, "", 0));
	httpq_request_free(req);
	expect_reply(_metadata, t, 413, true);
	free(buf);
}

/* Both ways at once: each byte is answered before the next one is sent. */
TEST_F(body, duplex)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char buf[8], text[16];
	int i;

	req = http_ask(t, CHUNKED(""));
	ASSERT_NE(NULL, req);
	for (i = 0; i < 10; i++) {
		sprintf(text, "1\r\n%d\r\n", i);
		ASSERT_EQ(0, peer_puts(&t->peer, text));
		ASSERT_EQ(1, httpq_read_body(req, buf, 1));
		EXPECT_EQ('0' + i, buf[0]);
		ASSERT_EQ(1, httpq_send(req, buf, 1, HTTPQ_SEND_MORE));
	}
	ASSERT_EQ(0, peer_puts(&t->peer, "0\r\n\r\n"));
	ASSERT_EQ(0, httpq_read_body(req, buf, sizeof(buf)));
	ASSERT_EQ(0, httpq_end(req));
	httpq_request_free(req);
	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_STREQ("0123456789", r.body);
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

/* The event of who does not wait. */
TEST_F(body, event)
{
	struct http *t = &self->http;
	struct httpq_request *req, *other;
	struct httpq_event event;
	char buf[8] = "";

	req = http_ask(t, POST("Content-Length: 6\r\n", "abc"));
	ASSERT_NE(NULL, req);
	ASSERT_EQ(0, peer_flush(&t->peer));
	EXPECT_EQ(3, http_read_now(t, req, buf, sizeof(buf)));
	/* Nobody has waited yet. */
	EXPECT_TRUE(http_quiet(t));
	EXPECT_EQ(-EAGAIN, http_read_now(t, req, buf, sizeof(buf)));
	EXPECT_TRUE(http_quiet(t));
	ASSERT_EQ(0, http_bulk(t, "def", 3));
	ASSERT_EQ(0, httpq_next_event(t->serve.h, &event, &other));
	EXPECT_EQ(HTTPQ_EVENT_BODY, event.type);
	EXPECT_EQ(httpq_id(req), event.id);
	EXPECT_EQ(3, http_read_now(t, req, buf, sizeof(buf)));
	EXPECT_STREQ("def", buf);
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);
}

struct sender {
	struct http *http;
	const char *data;
	size_t len;
	int err;
};

static void *send_thread(void *arg)
{
	struct sender *s = arg;

	s->err = http_bulk(s->http, s->data, s->len);
	return NULL;
}

/* More than all the buffers between client and worker. */
TEST_F(body, long)
{
	size_t len = host_scale(16, 3) * 1024 * 1024, i;
	struct http *t = &self->http;
	char *data = malloc(len), *got = calloc(1, len + 1);
	struct sender s = { t, data, len, 0 };
	struct httpq_request *req;
	pthread_t thread;
	char head[128];

	ASSERT_TRUE(data && got);
	for (i = 0; i < len; i++)
		data[i] = i * 7 + i / 251;
	sprintf(head, "POST / HTTP/1.1\r\nHost: a\r\n"
		      "Content-Length: %zu\r\n\r\n", len);
	req = http_ask(t, head);
	ASSERT_NE(NULL, req);
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_thread, &s));
	EXPECT_EQ(len, http_read_all(req, got, len + 1, 100000));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, s.err);
	EXPECT_EQ(0, memcmp(data, got, len));
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);
	EXPECT_TRUE(http_alive(t));
	free(data);
	free(got);
}

TEST_F(body, timeout)
{
	struct http *t = &self->http;
	struct httpq_request *req, *other;
	struct httpq_event event;
	struct reply r;
	char buf[8];

	host_sysctl("body_timeout_ms", 100);
	req = http_ask(t, POST("Content-Length: 6\r\n", "abc"));
	ASSERT_NE(NULL, req);
	EXPECT_EQ(-ETIMEDOUT, http_read_all(req, buf, sizeof(buf), 8));
	EXPECT_EQ(1, host_stat("timeout_body"));
	ASSERT_EQ(0, httpq_next_event(t->serve.h, &event, &other));
	EXPECT_EQ(HTTPQ_EVENT_DISCONNECT, event.type);
	EXPECT_EQ(HTTPQ_REASON_BODY_TIMEOUT, event.reason);
	EXPECT_EQ(-ETIMEDOUT, http_answer(req, "ok"));
	expect_reply(_metadata, t, 408, true);

	/* Once the response has begun it can only break. */
	ASSERT_EQ(0, http_reconnect(t));
	req = http_ask(t, POST("Content-Length: 6\r\n", "abc"));
	ASSERT_NE(NULL, req);
	EXPECT_EQ(4, httpq_send(req, "some", 4, HTTPQ_SEND_MORE));
	EXPECT_EQ(-ETIMEDOUT, http_read_all(req, buf, sizeof(buf), 8));
	httpq_request_free(req);
	EXPECT_EQ(-EPIPE, peer_reply(&t->peer, "POST", &r));
	EXPECT_STREQ("some", r.body);
	reply_free(&r);
}

TEST_F(body, client_resets)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[8];

	req = http_ask(t, POST("Content-Length: 6\r\n", "abc"));
	ASSERT_NE(NULL, req);
	peer_reset(&t->peer);
	EXPECT_EQ(1, host_wait_stat("client_gone", 1, PEER_TIMEOUT));
	EXPECT_EQ(-ECONNRESET, http_read_all(req, buf, sizeof(buf), 8));
	EXPECT_EQ(-ECONNRESET, http_answer(req, "ok"));
	EXPECT_TRUE(host_wait_lines("connections", "127.0.0.1", 0,
				    PEER_TIMEOUT));
}

static const char *const cut_texts[] = {
	POST("Content-Length: 6\r\n", "abc"), CHUNKED("3\r\nabc\r\n"),
	CHUNKED("6\r\nabc"), CHUNKED("3\r\nabc\r\n0\r\n"),
};

/* An end that is none: what came can be read, and the client be told. */
TEST_F(body, client_ends_early)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cut_texts); i++) {
		ASSERT_EQ(0, http_reconnect(t));
		req = http_ask(t, cut_texts[i]);
		ASSERT_NE(NULL, req);
		peer_half_close(&t->peer);
		EXPECT_EQ(3, httpq_read_body(req, buf, 3));
		EXPECT_EQ(0, memcmp(buf, "abc", 3));
		EXPECT_EQ(-ECONNRESET, httpq_read_body(req, buf, sizeof(buf)));
		EXPECT_EQ(0, httpq_reply(req, 400, NULL, "", 0));
		httpq_request_free(req);
		expect_reply(_metadata, t, 400, true);
	}
}

/* RFC 9112 section 8: the fault is the client's, whoever answers. */
TEST_F(body, client_ends_early_and_given_up)
{
	struct http *t = &self->http;
	struct httpq_request *req, *other;
	struct httpq_event event;
	struct reply r;
	char buf[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cut_texts); i++) {
		ASSERT_EQ(0, http_reconnect(t));
		req = http_ask(t, cut_texts[i]);
		ASSERT_NE(NULL, req);
		peer_half_close(&t->peer);
		EXPECT_EQ(3, httpq_read_body(req, buf, 3));
		EXPECT_EQ(-ECONNRESET, httpq_read_body(req, buf, sizeof(buf)));
		httpq_request_free(req);
		ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
		EXPECT_STREQ("", http_answer_fault(&r, 400, true));
		reply_free(&r);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	}
	/* Seen without a read as well, if nothing came. */
	ASSERT_EQ(0, http_reconnect(t));
	req = http_ask(t, POST("Content-Length: 6\r\n", ""));
	ASSERT_NE(NULL, req);
	peer_half_close(&t->peer);
	ASSERT_EQ(0, httpq_next_event(t->serve.h, &event, &other));
	EXPECT_EQ(HTTPQ_EVENT_HALF_CLOSED, event.type);
	serve_stop(&t->serve);
	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 400, true));
	reply_free(&r);
}

TEST_HARNESS_MAIN
