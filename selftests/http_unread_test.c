// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies that a client waits to send, and bodies that nobody reads.
 * timeout: 300
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "http.h"
#include "kselftest_harness.h"

HTTP_FIXTURE(unread)

#define POST(fields, body) "POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n" body
#define CHUNKED(body) POST("Transfer-Encoding: chunked\r\n", body)

/* Interim responses of 60000 bytes that no client's buffer holds. */
#define INTERIMS 40

/* Whether the client has nothing to read, now. */
static bool peer_quiet(struct peer *p)
{
	char c;

	return !p->len && recv(p->fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
	       errno == EAGAIN;
}

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

TEST_F(unread, expect_continue)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char buf[8] = "";

	req = http_ask(t, POST("Content-Length: 3\r\n"
			       "Expect: 100-Continue\r\n", ""));
	ASSERT_NE(NULL, req);
	EXPECT_TRUE(httpq_request_flags(req) & HTTPQ_REQUEST_CONTINUE);
	EXPECT_TRUE(peer_quiet(&t->peer));
	/* The first read asks for it, and only the first. */
	EXPECT_EQ(-EAGAIN, http_read_now(t, req, buf, sizeof(buf)));
	EXPECT_EQ(-EAGAIN, http_read_now(t, req, buf, sizeof(buf)));
	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_EQ(100, r.status);
	EXPECT_STREQ("HTTP/1.1 100 Continue\r\n\r\n", r.head);
	reply_free(&r);
	EXPECT_TRUE(peer_quiet(&t->peer));
	ASSERT_EQ(0, peer_puts(&t->peer, "abc"));
	EXPECT_EQ(3, http_read_all(req, buf, sizeof(buf), 8));
	EXPECT_STREQ("abc", buf);
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);
	EXPECT_TRUE(http_alive(t));
}

/* Who does not want the body says so: nothing could tell it from a request. */
TEST_F(unread, expect_refused)
{
	struct http *t = &self->http;
	struct httpq_request *req;

	req = http_ask(t, POST("Transfer-Encoding: chunked\r\n"
			       "Expect: 100-continue\r\n", ""));
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_reply(req, 403, NULL, "no", 2));
	httpq_request_free(req);
	/* The final answer is the first thing that comes. */
	expect_reply(_metadata, t, 403, true);
}

TEST_F(unread, expect_without_need)
{
	static const struct {
		const char *text;
		bool flag;
	} cases[] = {
		/* The body is there already. */
		{ POST("Content-Length: 3\r\nExpect: 100-continue\r\n", "abc"),
		  true },
		/* There is none. */
		{ POST("Expect: 100-continue\r\n", ""), false },
		{ POST("Content-Length: 0\r\nExpect: 100-continue\r\n", ""),
		  false },
		/* HTTP/1.0 does not know of it. */
		{ "POST / HTTP/1.0\r\nContent-Length: 3\r\nConnection: "
		  "keep-alive\r\nExpect: 100-continue\r\n\r\n", false },
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[8] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, peer_puts(&t->peer, cases[i].text));
		ASSERT_EQ(0, peer_flush(&t->peer));
		req = http_take(t);
		ASSERT_NE(NULL, req);
		EXPECT_EQ(cases[i].flag, !!(httpq_request_flags(req) &
					    HTTPQ_REQUEST_CONTINUE));
		if (i == 3) {
			EXPECT_EQ(-EAGAIN, http_read_now(t, req, buf, 8));
			EXPECT_TRUE(peer_quiet(&t->peer));
			ASSERT_EQ(0, peer_puts(&t->peer, "abc"));
		}
		EXPECT_EQ(i % 3 ? 0 : 3,
			  http_read_all(req, buf, sizeof(buf), 8));
		EXPECT_EQ(0, http_answer(req, "ok"));
		expect_reply(_metadata, t, 200, false);
	}
}

/* A worker can say 100 itself; then the read does not. */
TEST_F(unread, expect_answered_by_worker)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char buf[8] = "";

	req = http_ask(t, POST("Content-Length: 3\r\n"
			       "Expect: 100-continue\r\n", ""));
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_send_interim(req, 100));
	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_EQ(100, r.status);
	reply_free(&r);
	EXPECT_EQ(-EAGAIN, http_read_now(t, req, buf, sizeof(buf)));
	EXPECT_TRUE(peer_quiet(&t->peer));
	ASSERT_EQ(0, peer_puts(&t->peer, "abc"));
	EXPECT_EQ(3, http_read_all(req, buf, sizeof(buf), 8));
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);
}

/* What else waits for the client does not keep the 100 from it. */
TEST_F(unread, expect_behind_interim)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	char buf[8] = "", *link;
	struct reply r;
	int i;

	link = malloc(60001);
	ASSERT_NE(NULL, link);
	memset(link, 'a', 60000);
	link[60000] = 0;
	req = http_ask(t, POST("Content-Length: 3\r\n"
			       "Expect: 100-continue\r\n", ""));
	ASSERT_NE(NULL, req);
	/* More than fits into the buffers of both sides. */
	for (i = 0; i < INTERIMS; i++) {
		EXPECT_EQ(0, httpq_add_header(req, "Link", link));
		EXPECT_EQ(0, httpq_send_interim(req, 103));
	}
	EXPECT_EQ(-EAGAIN, http_read_now(t, req, buf, sizeof(buf)));
	EXPECT_EQ(-EAGAIN, http_read_now(t, req, buf, sizeof(buf)));
	for (i = 0; i <= INTERIMS; i++) {
		ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
		EXPECT_EQ(i < INTERIMS ? 103 : 100, r.status);
		reply_free(&r);
	}
	EXPECT_TRUE(peer_quiet(&t->peer));
	ASSERT_EQ(0, peer_puts(&t->peer, "abc"));
	EXPECT_EQ(3, http_read_all(req, buf, sizeof(buf), 8));
	EXPECT_EQ(0, http_answer(req, "ok"));
	expect_reply(_metadata, t, 200, false);
	free(link);
}

/* A small body that nobody reads is discarded, whenever it comes. */
TEST_F(unread, short_ones)
{
	struct http *t = &self->http;

	ASSERT_EQ(0, peer_puts(&t->peer,
			       POST("Content-Length: 40\r\n",
				    "GET /not-a-request HTTP/1.1\r\nHost: a\r\n"
				    )));
	ASSERT_EQ(0, http_answer(http_take(t), "ok"));
	expect_reply(_metadata, t, 200, false);
	EXPECT_TRUE(http_alive(t));

	ASSERT_EQ(0, peer_puts(&t->peer, POST("Content-Length: 5\r\n", "")));
	ASSERT_EQ(0, http_answer(http_take(t), "ok"));
	expect_reply(_metadata, t, 200, false);
	ASSERT_EQ(0, peer_puts(&t->peer, "GET /"));
	EXPECT_TRUE(http_alive(t));

	/* Broken, so that nothing can follow. */
	ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("1\r\nGET\r\n")));
	ASSERT_EQ(0, http_answer(http_take(t), "ok"));
	expect_reply(_metadata, t, 200, false);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));

	ASSERT_EQ(0, http_reconnect(t));
	ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("3\r\nGE")));
	ASSERT_EQ(0, http_answer(http_take(t), "ok"));
	expect_reply(_metadata, t, 200, false);
	ASSERT_EQ(0, peer_puts(&t->peer, "T\r\n0\r\nA: b\r\n\r\n"));
	EXPECT_TRUE(http_alive(t));
	EXPECT_EQ(2, host_stat("conns_accepted"));
}

/* A long one is not; the answer can be read although more and more comes. */
TEST_F(unread, long_ones)
{
	struct http *t = &self->http;
	size_t len = 256 * 1024;
	char *data = calloc(1, len);
	struct reply r;
	char head[128];

	ASSERT_NE(NULL, data);
	sprintf(head, "POST / HTTP/1.1\r\nHost: a\r\n"
		      "Content-Length: %zu\r\n\r\n", len);
	ASSERT_EQ(0, peer_puts(&t->peer, head));
	ASSERT_EQ(0, http_answer(http_take(t), "ok"));
	ASSERT_EQ(0, http_bulk(t, data, len));
	expect_reply(_metadata, t, 200, true);

	/* Of a chunked one nobody knows beforehand. */
	ASSERT_EQ(0, http_reconnect(t));
	ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("40000\r\n")));
	ASSERT_EQ(0, http_answer(http_take(t), "ok"));
	ASSERT_EQ(0, http_bulk(t, data, len));
	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_STREQ("ok", r.body);
	reply_free(&r);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	EXPECT_EQ(0, host_stat("conns_reset"));
	free(data);
}

/* How long is too long can be set, and counts from the next body on. */
TEST_F(unread, drain_bytes)
{
	static const struct {
		int max;
		bool close;
	} cases[] = { { 39, true }, { 40, false }, { 0, true } };
	struct http *t = &self->http;
	char text[128];
	size_t i;

	sprintf(text, "POST / HTTP/1.1\r\nHost: a\r\n"
		      "Content-Length: 40\r\n\r\n%040d", 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		host_sysctl("drain_bytes", cases[i].max);
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, peer_puts(&t->peer, text));
		ASSERT_EQ(0, http_answer(http_take(t), "ok"));
		expect_reply(_metadata, t, 200, cases[i].close);
		if (!cases[i].close)
			EXPECT_TRUE(http_alive(t));
	}
	EXPECT_EQ(0, host_stat("conns_reset"));
}

/* Nobody reads it: the answer is the worker's, but nothing follows it. */
TEST_F(unread, bad_chunks)
{
	static const char *const bad_chunks[] = {
		"x\r\n", "1\na\r\n", "1\r\nab\r\n", "0\r\nX: y\n\r\n",
		"0\r\nX : y\r\n\r\n", "0\r\n",
	};
	struct http *t = &self->http;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_chunks); i++) {
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, peer_puts(&t->peer, CHUNKED("")));
		ASSERT_EQ(0, peer_puts(&t->peer, bad_chunks[i]));
		ASSERT_EQ(0, peer_puts(&t->peer, HTTP_GET));
		ASSERT_EQ(0, http_answer(http_take(t), "ok"));
		expect_reply(_metadata, t, 200, false);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	}
	EXPECT_TRUE(http_quiet(t));
}

/* One that never comes is not waited for in vain. */
TEST_F(unread, never_comes)
{
	struct http *t = &self->http;

	host_sysctl("linger_timeout_ms", 50);
	ASSERT_EQ(0, peer_puts(&t->peer, POST("Content-Length: 5\r\n", "a")));
	ASSERT_EQ(0, http_answer(http_take(t), "ok"));
	expect_reply(_metadata, t, 200, false);
	EXPECT_EQ(1, host_wait_stat("timeout_linger", 1, PEER_TIMEOUT));
	EXPECT_TRUE(host_wait_lines("connections", "127.0.0.1", 0,
				    PEER_TIMEOUT));
}

/* Not reading holds the client back. */
TEST_F(unread, back_pressure)
{
	size_t max = 64 * 1024 * 1024, sent = 0, len = 65536;
	struct http *t = &self->http;
	char *data = calloc(1, len);
	struct httpq_request *req;
	int64_t end = 0;
	ssize_t n;

	ASSERT_NE(NULL, data);
	req = http_ask(t, POST("Content-Length: 1000000000\r\n", ""));
	ASSERT_NE(NULL, req);
	/* Until nothing has moved for a while. */
	while (sent < max && (!end || host_now() < end)) {
		n = send(t->peer.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			ASSERT_EQ(EAGAIN, errno);
			end = end ?: host_now() + 300;
			usleep(5000);
		} else {
			sent += n;
			end = 0;
		}
	}
	EXPECT_GT(max, sent);
	EXPECT_EQ(len, httpq_read_body(req, data, len));
	httpq_request_free(req);
	free(data);
}

TEST_HARNESS_MAIN
