// SPDX-License-Identifier: GPL-2.0
/*
 * Heads that are refused: each cause with its status and counter, and that
 * nothing which two programs could read differently gets through (G6).
 * timeout: 300
 * kernels: uml uml-6.1 6.12 6.1
 * uml-6.1: -V bytewise
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "http.h"
#include "kselftest_harness.h"

HTTP_FIXTURE(refusal)

/* Comes behind each refused request and must never be seen. */
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

#define HEAD(fields) "GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define POST(fields, body) "POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n" body

struct refusal {
	const char *text;
	int status;
	const char *cause;
};

/* Refuses @text on a connection of its own, together with what follows. */
static void check_refusal(struct __test_metadata *_metadata, struct http *t,
			  const struct refusal *c)
{
	char counter[64];
	struct reply r;
	long long before;

	sprintf(counter, "refused_%s", c->cause);
	before = host_stat(counter);
	ASSERT_LE(0, before) TH_LOG("no counter %s", counter);
	ASSERT_EQ(0, http_reconnect(t));
	ASSERT_EQ(0, peer_puts(&t->peer, c->text));
	ASSERT_EQ(0, peer_puts(&t->peer, SMUGGLED));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r)) TH_LOG("%s", c->text);
	EXPECT_STREQ("", http_answer_fault(&r, c->status, true))
		TH_LOG("%s: %s\n%s", c->cause, c->text, r.head);
	EXPECT_EQ(before + 1, host_stat(counter)) TH_LOG("%s: %s", c->cause,
							 c->text);
	reply_free(&r);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
}

static void check_refusals(struct __test_metadata *_metadata, struct http *t,
			   const struct refusal *cases, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		check_refusal(_metadata, t, &cases[i]);
	EXPECT_TRUE(http_quiet(t));
	EXPECT_EQ(0, host_stat("requests_queued"));
	EXPECT_EQ(nr, host_stat("answers_kernel"));
	EXPECT_EQ(0, host_stat("conns_reset"));
}

#define CHECK_REFUSALS(cases) \
	check_refusals(_metadata, &self->http, cases, \
		       ARRAY_SIZE(cases))

TEST_F(refusal, request_lines)
{
	static const struct refusal cases[] = {
		{ "\r\n\r\n" HTTP_GET, 400, "request_line" },
		{ "GET\r\n", 400, "request_line" },
		{ "GET /\r\n", 400, "request_line" },
		{ "GET  / HTTP/1.1\r\n", 400, "request_line" },
		{ "GET /  HTTP/1.1\r\n", 400, "request_line" },
		{ "GET / HTTP/1.1 \r\n", 400, "request_line" },
		{ " GET / HTTP/1.1\r\n", 400, "method" },
		{ "G@T / HTTP/1.1\r\n", 400, "method" },
		{ "GET\t/ HTTP/1.1\r\n", 400, "method" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / ", 400, "method" },
		{ "\x16\x03\x01\x02", 400, "method" },
		{ "GET a HTTP/1.1\r\n", 400, "target" },
		{ "GET * HTTP/1.1\r\n", 400, "target" },
		{ "OPTIONS *x HTTP/1.1\r\n", 400, "target" },
		{ "GET /a\\b HTTP/1.1\r\n", 400, "target" },
		{ "GET /a#b HTTP/1.1\r\n", 400, "target" },
		{ "GET /\x80 HTTP/1.1\r\n", 400, "target" },
		{ "GET /%zz HTTP/1.1\r\n", 400, "target" },
		{ "GET /%4 HTTP/1.1\r\n", 400, "target" },
		{ "GET /?%4 HTTP/1.1\r\n", 400, "target" },
		{ "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target" },
		{ "GET /%5c HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target" },
		{ "GET https://a/ HTTP/1.1\r\n", 400, "target" },
		{ "GET http:/// HTTP/1.1\r\n", 400, "target" },
		{ "GET http://a:0/ HTTP/1.1\r\n", 400, "target" },
		{ "GET http://u@a/ HTTP/1.1\r\n", 400, "target" },
		{ "GET / http/1.1\r\n", 400, "version" },
		{ "GET / HTTP/1\r\n", 400, "version" },
		{ "GET / HTTP/1.10\r\n", 400, "version" },
		{ "GET / HTTP/11.1\r\n", 400, "version" },
		{ "GET / HTTP/0.9\r\n", 505, "version_unsupported" },
		{ "GET / HTTP/2.0\r\n", 505, "version_unsupported" },
		{ "PRI * HTTP/2.0\r\n", 400, "target" },
		{ "CONNECT a:1 HTTP/1.1\r\n", 501, "connect" },
		{ "CONNECT [::1]:1 HTTP/1.1\r\n", 501, "connect" },
		{ "CONNECT a HTTP/1.1\r\n", 400, "target" },
		{ "CONNECT a: HTTP/1.1\r\n", 400, "target" },
		{ "CONNECT a:0 HTTP/1.1\r\n", 400, "target" },
		{ "CONNECT a:x HTTP/1.1\r\n", 400, "target" },
		{ "CONNECT :1 HTTP/1.1\r\n", 400, "target" },
		{ "CONNECT /x HTTP/1.1\r\n", 400, "target" },
		{ "CONNECT http://a:1/ HTTP/1.1\r\n", 400, "target" },
		{ "CONNECT * HTTP/1.1\r\n", 400, "target" },
		{ "CONNECT \x01", 400, "target" },
		{ "CONNECT a:1\r\n", 400, "request_line" },
		{ "GET / HTTP/1.1\n", 400, "line_end" },
		{ "GET / HTTP/1.1\r\r\n", 400, "line_end" },
		{ "\n" HTTP_GET, 400, "line_end" },
	};

	CHECK_REFUSALS(cases);
}

TEST_F(refusal, fields)
{
	static const struct refusal cases[] = {
		{ HEAD("A: b\n"), 400, "line_end" },
		{ HEAD("A : b\r\n"), 400, "field_name" },
		{ HEAD(": b\r\n"), 400, "field_name" },
		{ HEAD("A b\r\n"), 400, "field_name" },
		{ HEAD("A\r\n"), 400, "field_name" },
		{ HEAD("A\xe4: b\r\n"), 400, "field_name" },
		{ HEAD("A: b\x01\r\n"), 400, "field_value" },
		{ HEAD("A: b\x7f\r\n"), 400, "field_value" },
		{ HEAD("A: b\rC: d\r\n"), 400, "line_end" },
		{ HEAD("A: b\r\r\n"), 400, "line_end" },
		{ HEAD("A: b\r\n c\r\n"), 400, "folding" },
		{ HEAD("A: b\r\n\tc\r\n"), 400, "folding" },
		{ "GET / HTTP/1.1\r\n A: b\r\n", 400, "folding" },
		{ HEAD("Connection: a b\r\n"), 400, "field_value" },
		{ "GET / HTTP/1.1\r\n\r\n", 400, "host" },
		{ HEAD("Host: a\r\n"), 400, "host" },
		{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: \t \r\n\r\n", 400, "host" },
		{ "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400, "host" },
		{ "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, "host" },
		{ "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400, "host" },
		{ "GET http://a/ HTTP/1.1\r\nHost: a:8080\r\n\r\n", 400,
		  "host" },
		{ "GET http://a/ HTTP/1.1\r\n\r\n", 400, "host" },
		{ HEAD("Expect: 200-ok\r\n"), 417, "expect" },
		{ HEAD("Expect: 100-continue, x\r\n"), 417, "expect" },
	};

	CHECK_REFUSALS(cases);
}

/* Where one program would see one request and another one two. */
static const struct refusal smuggling[] = {
	/* CL.TE and TE.CL */
	{ POST("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
	       "0\r\n\r\n"), 400, "framing" },
	{ POST("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
	       "0\r\n\r\n"), 400, "framing" },
	{ POST("Content-Length: 0\r\nTransfer-Encoding: x\r\n", ""),
	  400, "framing" },
	/* TE.TE */
	{ POST("Transfer-Encoding: chunked\r\n"
	       "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
	  400, "framing" },
	{ POST("Transfer-Encoding: chunked, chunked\r\n",
	       "0\r\n\r\n"), 400, "framing" },
	{ POST("Transfer-Encoding: chunked, identity\r\n",
	       "0\r\n\r\n"), 400, "framing" },
	{ POST("Transfer-Encoding: chunked\r\n"
	       "Transfer-Encoding: identity\r\n", "0\r\n\r\n"),
	  400, "framing" },
	{ POST("Transfer-Encoding: identity\r\n", ""),
	  501, "transfer_coding" },
	{ POST("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
	  501, "transfer_coding" },
	{ POST("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
	  501, "transfer_coding" },
	{ POST("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"),
	  400, "framing" },
	{ POST("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n"),
	  400, "framing" },
	{ POST("Transfer-Encoding: \013chunked\r\n", "0\r\n\r\n"),
	  400, "field_value" },
	{ POST("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
	  400, "field_name" },
	{ POST("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"),
	  400, "field_name" },
	{ POST("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
	  400, "framing" },
	{ POST("X: y\r\n Transfer-Encoding: chunked\r\n",
	       "0\r\n\r\n"), 400, "folding" },
	{ POST("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
	  400, "line_end" },
	{ POST("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
	  400, "line_end" },
	{ POST("\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
	  400, "line_end" },
	/* Transfer-Encoding is not of HTTP/1.0. */
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "0\r\n\r\n", 400, "framing" },
	/* Content-Length */
	{ POST("Content-Length: 0\r\nContent-Length: 4\r\n", ""),
	  400, "content_length" },
	{ POST("Content-Length: 4\r\nContent-Length: 4\r\n", ""),
	  400, "content_length" },
	{ POST("Content-Length: 4, 4\r\n", ""), 400,
	  "content_length" },
	{ POST("Content-Length: +4\r\n", ""), 400, "content_length" },
	{ POST("Content-Length: -1\r\n", ""), 400, "content_length" },
	{ POST("Content-Length: 0x4\r\n", ""), 400,
	  "content_length" },
	{ POST("Content-Length: 4 4\r\n", ""), 400,
	  "content_length" },
	{ POST("Content-Length: 4.0\r\n", ""), 400,
	  "content_length" },
	{ POST("Content-Length:\r\n", ""), 400, "content_length" },
	{ POST("Content-Length: 9223372036854775808\r\n", ""), 400,
	  "content_length" },
	{ POST("Content-Length: 18446744073709551620\r\n", ""), 400,
	  "content_length" },
	{ POST("Content-Length : 4\r\n", ""), 400, "field_name" },
	{ POST("Content_Length: 4\n", ""), 400, "line_end" },
};

TEST_F(refusal, smuggling)
{
	CHECK_REFUSALS(smuggling);
}

/* Bytes that no C string holds. */
TEST_F(refusal, nul)
{
	static const char *const texts[] = {
		"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /@ HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1@\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost@: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a@\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n@\r\n\r\n",
	};
	struct http *t = &self->http;
	struct reply r;
	char text[64];
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		len = strlen(texts[i]);
		memcpy(text, texts[i], len + 1);
		*strchr(text, '@') = 0;
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, peer_send(&t->peer, text, len));
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		EXPECT_STREQ("", http_answer_fault(&r, 400, true));
		reply_free(&r);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	}
	EXPECT_EQ(0, host_stat("requests_queued"));
}

TEST_F(refusal, too_long)
{
	static const char name40[] =
		"X: 9012345678901234567890123456789012345";
	struct http *t = &self->http;
	struct refusal c;
	char text[2048];
	int i, n;

	host_sysctl("target_bytes", 64);
	host_sysctl("field_bytes", 64);
	host_sysctl("fields", 8);
	host_sysctl("head_bytes", 1024);

	c = (struct refusal){ text, 414, "target_length" };
	sprintf(text, "GET /%064d HTTP/1.1\r\n", 0);
	check_refusal(_metadata, t, &c);
	sprintf(text, "GET /?%063d HTTP/1.1\r\n", 0);
	check_refusal(_metadata, t, &c);
	sprintf(text, "GET http://a%057d/ HTTP/1.1\r\n", 0);
	check_refusal(_metadata, t, &c);

	c = (struct refusal){ text, 431, "field_length" };
	sprintf(text, "GET / HTTP/1.1\r\n%s%025d\r\n", name40, 0);
	check_refusal(_metadata, t, &c);
	sprintf(text, "GET / HTTP/1.1\r\nX%064d: a\r\n", 0);
	check_refusal(_metadata, t, &c);

	c = (struct refusal){ text, 431, "field_count" };
	n = sprintf(text, "GET / HTTP/1.1\r\n");
	for (i = 0; i < 9; i++)
		n += sprintf(text + n, "Host:\r\n" + (i ? 2 : 0));
	check_refusal(_metadata, t, &c);

	host_sysctl("fields", 100);
	c = (struct refusal){ text, 431, "head_length" };
	n = sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");
	while (n <= 1024)
		n += sprintf(text + n, "%s\r\n", name40);
	check_refusal(_metadata, t, &c);
	EXPECT_EQ(0, host_stat("requests_queued"));

	/* As long as can be: passes. */
	ASSERT_EQ(0, http_reconnect(t));
	n = sprintf(text, "GET /%063d HTTP/1.1\r\nHost: a\r\n%s%024d\r\n", 0,
		    name40, 0);
	while (n + 42 + 6 <= 1024)
		n += sprintf(text + n, "%s\r\n", name40);
	sprintf(text + n, "Y:%0*d\r\n\r\n", 1024 - n - 6, 0);
	EXPECT_EQ(1024, strlen(text));
	EXPECT_EQ(0, http_answer(http_ask(t, text), "ok"));
}

/* A refusal is read in the version of the client, if it has said one. */
TEST_F(refusal, version_1_0)
{
	struct http *t = &self->http;
	struct reply r;

	ASSERT_EQ(0, peer_puts(&t->peer,
			       "POST / HTTP/1.0\r\nContent-Length: x\r\n"));
	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 400, true));
	reply_free(&r);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
}

TEST_HARNESS_MAIN
