// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel answers to requests that are sound, and how it takes leave
 * of a client: no route, queues that take nothing, limits, timers, workers
 * that give up.
 * timeout: 300
 * debug: -v process
 * uml-6.1: -V bytewise
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host.h"
#include "http.h"
#include "kselftest_harness.h"

HTTP_FIXTURE(answer)

/* Comes behind a request and must not be taken for one. */
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

#define HEAD(fields) "GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define POST(fields, body) "POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n" body

/*
 * The client goes on sending and finds no reset: it can read why, although
 * the answer came before it was through.
 */
TEST_F(answer, lingering_close)
{
	struct http *t = &self->http;
	size_t len = 512 * 1024;
	char *text = calloc(1, len);
	struct reply r;

	ASSERT_NE(NULL, text);
	ASSERT_EQ(0, peer_puts(&t->peer, "GET / HTTP/9.9\r\n"));
	EXPECT_EQ(1, host_wait_stat("answers_kernel", 1, PEER_TIMEOUT));
	ASSERT_EQ(0, http_bulk(t, text, len));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 505, true));
	reply_free(&r);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	peer_half_close(&t->peer);
	EXPECT_TRUE(host_wait_lines("connections", "127.0.0.1", 0,
				    PEER_TIMEOUT));
	EXPECT_EQ(0, host_stat("conns_reset"));
	free(text);
}

/* But not for ever, and not any amount. */
TEST_F(answer, lingering_ends)
{
	struct http *t = &self->http;
	char text[4096] = "";

	host_sysctl("linger_timeout_ms", 50);
	ASSERT_EQ(0, peer_puts(&t->peer, "GET / HTTP/9.9\r\n"));
	EXPECT_EQ(1, host_wait_stat("timeout_linger", 1, PEER_TIMEOUT));
	EXPECT_EQ(1, host_wait_stat("conns_reset", 1, PEER_TIMEOUT));

	host_sysctl("linger_timeout_ms", 60000);
	host_sysctl("linger_bytes", 1000);
	ASSERT_EQ(0, http_reconnect(t));
	ASSERT_EQ(0, peer_puts(&t->peer, "GET / HTTP/9.9\r\n"));
	EXPECT_EQ(2, host_wait_stat("answers_kernel", 2, PEER_TIMEOUT));
	http_bulk(t, text, sizeof(text));
	EXPECT_EQ(2, host_wait_stat("conns_reset", 2, PEER_TIMEOUT));
	EXPECT_EQ(1, host_stat("timeout_linger"));
}

static void expect_answer(struct __test_metadata *_metadata, struct http *t,
			  const char *request, int status, bool close)
{
	struct reply r;

	ASSERT_EQ(0, peer_puts(&t->peer, request));
	ASSERT_EQ(0, peer_reply(&t->peer, request[0] == 'H' ? "HEAD" : "GET",
				&r));
	EXPECT_STREQ("", http_answer_fault(&r, status, close))
		TH_LOG("%s%s", request, r.head);
	reply_free(&r);
}

TEST_F(answer, no_route)
{
	struct http *t = &self->http;
	struct reply r;

	ASSERT_EQ(0, httpq_bind(t->serve.h, "http://*:8081/app/", 0));
	peer_close(&t->peer);
	ASSERT_EQ(0, peer_connect(&t->peer, "127.0.0.1", 8081));
	t->peer.segment = t->segment;

	expect_answer(_metadata, t, HTTP_GET, 404, false);
	expect_answer(_metadata, t, HEAD("X: y\r\n"), 404, false);
	expect_answer(_metadata, t, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 404,
		      false);
	/* A body is passed over, framed as it says. */
	expect_answer(_metadata, t, POST("Content-Length: 30\r\n",
					 "GET /app/ HTTP/1.1\r\nHost: a\r\n\r"),
		      404, false);
	expect_answer(_metadata, t, POST("Transfer-Encoding: chunked\r\n",
					 "3\r\nabc\r\n0\r\nX: y\r\n\r\n"),
		      404, false);
	ASSERT_EQ(0, peer_puts(&t->peer, "GET / HTTP/1.0\r\n"
					 "Connection: keep-alive\r\n\r\n"));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_EQ(404, r.status);
	EXPECT_TRUE(http_field_is(&r, "Connection", "keep-alive"));
	reply_free(&r);
	EXPECT_EQ(6, host_stat("no_route"));
	EXPECT_EQ(0, http_answer(http_ask(t, "GET /app/ HTTP/1.1\r\n"
					     "Host: a\r\n\r\n"), "ok"));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_EQ(200, r.status);
	reply_free(&r);
	expect_answer(_metadata, t, "GET / HTTP/1.0\r\n\r\n", 404, true);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
}

/* More than one run of the engine answers, and nothing else comes after. */
TEST_F(answer, no_route_pipelined)
{
	struct http *t = &self->http;
	struct reply r;
	char text[8192];
	int i, n = 0;

	ASSERT_EQ(0, httpq_unbind(t->serve.h, "http://*:8080/"));
	ASSERT_EQ(0, httpq_bind(t->serve.h, "http://*:8080/app/", 0));
	ASSERT_EQ(0, http_reconnect(t));
	for (i = 0; i < 200; i++)
		n += sprintf(text + n, HTTP_GET);
	ASSERT_EQ(0, http_bulk(t, text, n));
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		EXPECT_STREQ("", http_answer_fault(&r, 404, false));
		reply_free(&r);
	}
	EXPECT_EQ(200, host_stat("no_route"));
}

/*
 * Who waits for 100 sends its body or does not: the connection ends, and the
 * answer says so. The same for a body that is too long to pass over.
 */
TEST_F(answer, no_route_and_body_to_come)
{
	struct http *t = &self->http;

	ASSERT_EQ(0, httpq_unbind(t->serve.h, "http://*:8080/"));
	ASSERT_EQ(0, httpq_bind(t->serve.h, "http://*:8080/app/", 0));
	ASSERT_EQ(0, http_reconnect(t));
	expect_answer(_metadata, t, POST("Content-Length: 3\r\n"
					 "Expect: 100-continue\r\n", ""),
		      404, true);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));

	ASSERT_EQ(0, http_reconnect(t));
	expect_answer(_metadata, t, POST("Content-Length: 65537\r\n", ""),
		      404, true);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
}

TEST_F(answer, body_limit)
{
	struct http *t = &self->http;
	struct reply r;

	host_sysctl("body_bytes", 3);
	ASSERT_EQ(0, peer_puts(&t->peer, POST("Content-Length: 3\r\n", "abc")));
	EXPECT_EQ(0, http_answer(http_take(t), "ok"));
	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_EQ(200, r.status);
	reply_free(&r);
	expect_answer(_metadata, t, POST("Content-Length: 4\r\n", "abcd"
					 SMUGGLED), 413, true);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	EXPECT_EQ(1, host_stat("body_too_long"));
	EXPECT_TRUE(http_quiet(t));
}

TEST_F(answer, header_timeout)
{
	static const char *const texts[] = { "\r\n", "GET / HT",
					     "GET / HTTP/1.0\r\nA:" };
	struct http *t = &self->http;
	struct reply r;
	size_t i;

	host_sysctl("header_timeout_ms", 100);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, peer_puts(&t->peer, texts[i]));
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		EXPECT_STREQ("", http_answer_fault(&r, 408, true));
		reply_free(&r);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
		EXPECT_EQ(i + 1, host_stat("timeout_header"));
	}
}

TEST_F(answer, queue_full)
{
	struct http *t = &self->http;
	struct peer first;
	struct reply r;

	ASSERT_EQ(0, host_run("httpq queue set test max-queued 1"));
	ASSERT_EQ(0, peer_connect(&first, "127.0.0.1", 8080));
	ASSERT_EQ(0, peer_puts(&first, HTTP_GET));
	ASSERT_EQ(1, host_wait_stat("requests_queued", 1, PEER_TIMEOUT));
	expect_answer(_metadata, t, HTTP_GET, 503, false);
	expect_answer(_metadata, t, POST("Content-Length: 2\r\n", "ab"), 503,
		      false);
	EXPECT_EQ(2, host_stat("queue_full"));
	EXPECT_EQ(0, http_answer(http_take(t), "first"));
	ASSERT_EQ(0, peer_reply(&first, "GET", &r));
	EXPECT_STREQ("first", r.body);
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
	peer_close(&first);
}

TEST_F(answer, queue_stopped)
{
	struct http *t = &self->http;
	struct reply r;

	/* What waits is answered too. */
	ASSERT_EQ(0, peer_puts(&t->peer, HTTP_GET));
	ASSERT_EQ(1, host_wait_stat("requests_queued", 1, PEER_TIMEOUT));
	ASSERT_EQ(0, host_run("httpq queue set test state stopped"));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 503, false));
	reply_free(&r);
	expect_answer(_metadata, t, HTTP_GET, 503, false);
	EXPECT_EQ(2, host_stat("queue_stopped"));
	ASSERT_EQ(0, host_run("httpq queue set test state running"));
	EXPECT_TRUE(http_alive(t));
}

TEST_F(answer, queue_timeout)
{
	struct http *t = &self->http;

	host_sysctl("queue_timeout_ms", 100);
	expect_answer(_metadata, t, HTTP_GET, 503, false);
	EXPECT_EQ(1, host_stat("queue_timeout"));
	EXPECT_TRUE(http_quiet(t));
	host_sysctl("queue_timeout_ms", 30000);
	EXPECT_TRUE(http_alive(t));
}

TEST_F(answer, too_many_connections)
{
	struct http *t = &self->http;
	struct peer second;
	struct reply r;

	ASSERT_TRUE(http_alive(t));
	host_sysctl("conns", 1);
	ASSERT_EQ(0, peer_connect(&second, "127.0.0.1", 8080));
	/* The answer comes unasked. */
	ASSERT_EQ(0, peer_reply(&second, "GET", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 503, true));
	reply_free(&r);
	EXPECT_EQ(0, peer_wait_close(&second, PEER_TIMEOUT));
	EXPECT_EQ(1, host_stat("conns_refused"));
	peer_close(&second);
	EXPECT_TRUE(http_alive(t));
}

TEST_F(answer, worker_gives_up)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_cancel(req));
	httpq_request_free(req);
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 502, false));
	reply_free(&r);

	/* To be freed without an answer is the same. */
	req = http_ask(t, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	ASSERT_NE(NULL, req);
	httpq_request_free(req);
	ASSERT_EQ(0, peer_reply(&t->peer, "HEAD", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 502, false));
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
	EXPECT_EQ(2, host_stat("worker_gone"));
}

/* The client reads the 502 of a worker that left without a word. */
TEST_F(answer, worker_leaves)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	ASSERT_EQ(0, host_run("httpq queue set test redeliver never"));
	req = http_ask(t, "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
	ASSERT_NE(NULL, req);
	serve_stop(&t->serve);
	ASSERT_EQ(0, peer_reply(&t->peer, "DELETE", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 502, false));
	reply_free(&r);
	expect_answer(_metadata, t, HTTP_GET, 404, false);
}

/* A response that leaves the namespace no memory for another one, unsent. */
static struct httpq_request *take_memory(struct __test_metadata *_metadata,
					 struct http *t, struct peer *p)
{
	struct httpq_request *req;
	static char body[100000];

	ASSERT_EQ(0, host_run("httpq queue set test hold 131072"));
	ASSERT_EQ(0, peer_connect(p, "127.0.0.1", 8080));
	ASSERT_EQ(0, peer_puts(p, HTTP_GET));
	req = http_take(t);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(sizeof(body), httpq_send(req, body, sizeof(body),
					   HTTPQ_SEND_MORE));
	host_sysctl("mem_kib", 64);
	return req;
}

/* RFC 9110 section 9.3.2: without memory as well, HEAD has no body. */
TEST_F(answer, without_memory)
{
	static const char *const methods[] = { "GET", "HEAD" };
	struct http *t = &self->http;
	struct httpq_request *req;
	struct peer other;
	struct reply r;
	char text[32];
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, http_reconnect(t));
		/* The request itself has to be there before. */
		sprintf(text, "%s / HTTP/9.", methods[i]);
		ASSERT_EQ(0, peer_puts(&t->peer, text));
		ASSERT_TRUE(host_wait_lines("connections", " HEAD ", 1,
					    PEER_TIMEOUT));
		req = take_memory(_metadata, t, &other);
		ASSERT_EQ(0, peer_puts(&t->peer, "9\r\n"));
		ASSERT_EQ(0, peer_reply(&t->peer, methods[i], &r));
		EXPECT_EQ(505, r.status);
		/* Shows that it comes from the reserve. */
		EXPECT_EQ(0, reply_fields(&r, "Date"));
		EXPECT_TRUE(http_field_is(&r, "Content-Length", "31"));
		EXPECT_TRUE(http_field_is(&r, "Connection", "close"));
		reply_free(&r);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
		host_sysctl("mem_kib", 262144);
		httpq_request_free(req);
		peer_close(&other);
	}
}

/* Nothing stops the stream at an urgent byte: it ends. */
TEST_F(answer, urgent_data)
{
	struct http *t = &self->http;

	ASSERT_TRUE(http_alive(t));
	ASSERT_EQ(1, send(t->peer.fd, "!", 1, MSG_OOB));
	EXPECT_EQ(1, host_wait_stat("urgent_data", 1, PEER_TIMEOUT));
	EXPECT_EQ(-ECONNRESET, peer_wait_close(&t->peer, PEER_TIMEOUT));
}

TEST_HARNESS_MAIN
