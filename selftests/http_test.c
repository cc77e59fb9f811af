// SPDX-License-Identifier: GPL-2.0
/*
 * Requests as they reach a worker, and connections from one to the next:
 * HTTP/1.1 and 1.0 (RFC 9112), byte by byte.
 * timeout: 300
 * debug: -v process
 * uml-6.1: -V bytewise
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "http.h"
#include "kselftest_harness.h"

HTTP_FIXTURE(http)

/* Takes what was sent, answers it, and reads the answer to a @method. */
static void serve_one(struct __test_metadata *_metadata, struct http *t,
		      const char *method, struct reply *r)
{
	ASSERT_EQ(0, http_answer(http_take(t), "ok"));
	ASSERT_EQ(0, peer_reply(&t->peer, method, r));
	ASSERT_EQ(200, r->status);
	ASSERT_STREQ("", http_fault(r));
}

TEST_F(http, request_as_sent)
{
	static const char request[] =
		"POST /a%2Fb/%7Euser/../x%41?q=%41&r HTTP/1.1\r\n"
		"Host: Example.COM:8080\r\n"
		"accept: one\r\n"
		"X-Thing:   spaces \t around\t \r\n"
		"ACCEPT: two\r\n"
		"X-Empty:\r\n"
		"X-Thing: again\r\n"
		"Content-Length: 3\r\n\r\nabc";
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char body[8];

	req = http_ask(t, request);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(HTTPQ_METHOD_POST, httpq_method_id(req));
	EXPECT_TRUE(httpq_str_is(httpq_method(req), "POST"));
	EXPECT_TRUE(httpq_str_is(httpq_target(req),
				 "/a%2Fb/%7Euser/../x%41?q=%41&r"));
	EXPECT_TRUE(httpq_str_is(httpq_path(req), "/a%2Fb/xA"));
	EXPECT_TRUE(httpq_str_is(httpq_query(req), "q=%41&r"));
	EXPECT_TRUE(httpq_str_is(httpq_host(req), "Example.COM"));
	EXPECT_EQ(11, httpq_version(req));
	EXPECT_TRUE(httpq_keepalive(req));
	EXPECT_TRUE(httpq_has_body(req));
	EXPECT_EQ(3, httpq_content_length(req));
	EXPECT_EQ(3, httpq_read_body(req, body, sizeof(body)));
	EXPECT_EQ(0, http_answer(req, "ok"));
	ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
	EXPECT_EQ(200, r.status);
	EXPECT_STREQ("", http_fault(&r));
	EXPECT_EQ(NULL, reply_field(&r, "Connection"));
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

TEST_F(http, fields_in_order)
{
	static const struct {
		const char *name, *value;
		enum httpq_field_id id;
	} fields[] = {
		{ "Host", "h", HTTPQ_FIELD_HOST },
		{ "X-Thing", "spaces \t inside", HTTPQ_FIELD_OTHER },
		{ "acCEPT", "one", HTTPQ_FIELD_ACCEPT },
		{ "X-Empty", "", HTTPQ_FIELD_OTHER },
		{ "Cookie", "a=b; c=d", HTTPQ_FIELD_COOKIE },
		{ "accept", "two, three", HTTPQ_FIELD_ACCEPT },
		{ "X-Thing", "\x80\xff", HTTPQ_FIELD_OTHER },
		{ "x-forwarded-for", "::1", HTTPQ_FIELD_X_FORWARDED_FOR },
	};
	const unsigned int nr = ARRAY_SIZE(fields);
	struct http *t = &self->http;
	struct httpq_str name, value;
	struct httpq_request *req;
	char text[1024];
	unsigned int i;
	int n;

	n = sprintf(text, "GET / HTTP/1.1\r\n");
	for (i = 0; i < nr; i++)
		n += sprintf(text + n, "%s: %s \r\n", fields[i].name,
			     fields[i].value);
	sprintf(text + n, "\r\n");
	req = http_ask(t, text);
	ASSERT_NE(NULL, req);
	for (i = 0; httpq_header_at(req, i, &name, &value); i++) {
		ASSERT_GT(nr, i);
		EXPECT_TRUE(httpq_str_is(name, fields[i].name))
			TH_LOG("name of field %u", i);
		EXPECT_EQ(strlen(fields[i].value), value.len);
		EXPECT_EQ(0, memcmp(value.ptr, fields[i].value, value.len));
	}
	EXPECT_EQ(nr, i);
	/* By number the first of each. */
	for (i = 0; i < nr; i++)
		if (fields[i].id && i != 5)
			EXPECT_TRUE(httpq_str_is(httpq_header_id(req,
								 fields[i].id),
						 fields[i].value));
	EXPECT_EQ(0, http_answer(req, "ok"));
}

/* More fields than the first table, more bytes than the first buffer. */
TEST_F(http, large_head)
{
	struct http *t = &self->http;
	struct httpq_str name, value;
	struct httpq_request *req;
	char text[16384], want[32];
	unsigned int i;
	int n;

	n = sprintf(text, "GET /%0*d HTTP/1.1\r\nHost: a\r\n", 5000, 7);
	for (i = 0; i < 99; i++)
		n += sprintf(text + n, "X-Field-%u: %090u\r\n", i, i);
	n += sprintf(text + n, "\r\n");
	ASSERT_GT(16384, n);
	ASSERT_EQ(0, http_bulk(t, text, n));
	req = http_take(t);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(5001, httpq_path(req).len);
	EXPECT_EQ(0, memcmp(httpq_path(req).ptr, text + 4, 5001));
	for (i = 1; httpq_header_at(req, i, &name, &value); i++) {
		sprintf(want, "X-Field-%u", i - 1);
		EXPECT_TRUE(httpq_str_is(name, want));
		EXPECT_EQ(90, value.len);
		EXPECT_EQ(i - 1, strtoul(value.ptr, NULL, 10));
	}
	EXPECT_EQ(100, i);
	EXPECT_EQ(0, http_answer(req, "ok"));
}

TEST_F(http, canonical_paths)
{
	static const struct {
		const char *raw, *path, *query;
	} cases[] = {
		{ "/", "/", "" },
		{ "/a/./b/../c", "/a/c", "" },
		{ "/../../a", "/a", "" },
		{ "/a/..", "/", "" },
		{ "/a/.", "/a/", "" },
		{ "/%2e%2E/a/%2e/b", "/a/b", "" },
		{ "//a//b", "//a//b", "" },
		{ "/a%2fb%2F", "/a%2Fb%2F", "" },
		{ "/%41%7e%2D%5f%2e", "/A~-_.", "" },
		{ "/%c3%a4%20", "/%C3%A4%20", "" },
		{ "/a?b?c/..", "/a", "b?c/.." },
		{ "/a?", "/a", "" },
		{ "/...", "/...", "" },
		{ "/a;b=c:@!$&'()*+,", "/a;b=c:@!$&'()*+,", "" },
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char text[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sprintf(text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
			cases[i].raw);
		req = http_ask(t, text);
		ASSERT_NE(NULL, req);
		EXPECT_TRUE(httpq_str_is(httpq_target(req), cases[i].raw));
		EXPECT_TRUE(httpq_str_is(httpq_path(req), cases[i].path))
			TH_LOG("%s: %.*s", cases[i].raw,
			       (int)httpq_path(req).len, httpq_path(req).ptr);
		EXPECT_EQ(strlen(cases[i].query), httpq_query(req).len);
		EXPECT_EQ(0, http_answer(req, "ok"));
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		reply_free(&r);
	}
}

TEST_F(http, target_forms)
{
	static const struct {
		const char *line, *target, *path, *host;
	} cases[] = {
		{ "GET http://a:8080/x?y HTTP/1.1\r\nHost: a:8080\r\n",
		  "http://a:8080/x?y", "/x", "a" },
		{ "GET HTTP://A/x HTTP/1.1\r\nHost: a\r\n",
		  "HTTP://A/x", "/x", "A" },
		{ "GET http://a HTTP/1.1\r\nHost: a:80\r\n",
		  "http://a", "/", "a" },
		{ "GET http://a?q HTTP/1.1\r\nHost: a\r\n",
		  "http://a?q", "/", "a" },
		{ "GET http://[::1]/ HTTP/1.1\r\nHost: [0:0:0:0:0:0:0:1]\r\n",
		  "http://[::1]/", "/", "[::1]" },
		{ "OPTIONS * HTTP/1.1\r\nHost: b.\r\n", "*", "/", "b" },
		{ "OPTIONS / HTTP/1.1\r\nHost: [::1]:8080\r\n", "/", "/",
		  "[::1]" },
		{ "PROPFIND / HTTP/1.1\r\nHost: a\r\n", "/", "/", "a" },
		{ "get / HTTP/1.1\r\nHost: a\r\n", "/", "/", "a" },
		{ "GET / HTTP/1.7\r\nHost: a\r\n", "/", "/", "a" },
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char text[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sprintf(text, "%s\r\n", cases[i].line);
		req = http_ask(t, text);
		ASSERT_NE(NULL, req) TH_LOG("%s", cases[i].line);
		EXPECT_TRUE(httpq_str_is(httpq_target(req), cases[i].target));
		EXPECT_TRUE(httpq_str_is(httpq_path(req), cases[i].path))
			TH_LOG("path of %s", cases[i].line);
		EXPECT_EQ(strlen(cases[i].host), httpq_host(req).len)
			TH_LOG("host of %s", cases[i].line);
		EXPECT_EQ(0, memcmp(httpq_host(req).ptr, cases[i].host,
				    strlen(cases[i].host)));
		EXPECT_EQ(11, httpq_version(req));
		EXPECT_EQ(0, http_answer(req, "ok"));
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		reply_free(&r);
	}
}

TEST_F(http, methods)
{
	static const char *const names[] = {
		[HTTPQ_METHOD_OTHER] = "M-SEARCH",
		[HTTPQ_METHOD_GET] = "GET",
		[HTTPQ_METHOD_HEAD] = "HEAD",
		[HTTPQ_METHOD_POST] = "POST",
		[HTTPQ_METHOD_PUT] = "PUT",
		[HTTPQ_METHOD_DELETE] = "DELETE",
		[HTTPQ_METHOD_OPTIONS] = "OPTIONS",
		[HTTPQ_METHOD_TRACE] = "TRACE",
		[HTTPQ_METHOD_PATCH] = "PATCH",
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char text[64];
	int i;

	for (i = 0; i < HTTPQ_METHOD_NR; i++) {
		if (!names[i])
			continue;
		sprintf(text, "%s / HTTP/1.1\r\nHost: a\r\n\r\n", names[i]);
		req = http_ask(t, text);
		ASSERT_NE(NULL, req);
		EXPECT_EQ(i, httpq_method_id(req));
		EXPECT_TRUE(httpq_str_is(httpq_method(req), names[i]));
		EXPECT_FALSE(httpq_has_body(req));
		EXPECT_EQ(0, http_answer(req, "ok"));
		ASSERT_EQ(0, peer_reply(&t->peer, names[i], &r));
		EXPECT_EQ(200, r.status);
		reply_free(&r);
	}
}

/* RFC 9112 section 2.2: one empty line before a request is passed over. */
TEST_F(http, leading_empty_line)
{
	struct http *t = &self->http;
	struct reply r;

	ASSERT_EQ(0, peer_puts(&t->peer, "\r\n" HTTP_GET "\r\n" HTTP_GET));
	serve_one(_metadata, t, "GET", &r);
	reply_free(&r);
	serve_one(_metadata, t, "GET", &r);
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

/* Like a careless client's CRLF behind a body. */
TEST_F(http, empty_line_behind_body)
{
	struct http *t = &self->http;
	struct reply r;

	ASSERT_EQ(0, peer_puts(&t->peer,
			       "POST / HTTP/1.1\r\nHost: a\r\n"
			       "Content-Length: 2\r\n\r\nab\r\n" HTTP_GET));
	serve_one(_metadata, t, "POST", &r);
	reply_free(&r);
	serve_one(_metadata, t, "GET", &r);
	reply_free(&r);
}

TEST_F(http, keepalive)
{
	struct http *t = &self->http;
	int i;

	for (i = 0; i < 20; i++)
		ASSERT_TRUE(http_alive(t));
	EXPECT_EQ(1, host_stat("conns_accepted"));
	EXPECT_EQ(20, host_wait_stat("responses", 20, 1000));
}

/* 100 requests in one write: one at a time, in order. */
TEST_F(http, pipeline)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	uint64_t conn_id = 0;
	struct reply r;
	char text[8192], want[16];
	int i, n = 0;

	for (i = 0; i < 100; i++)
		n += sprintf(text + n, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n",
			     i);
	ASSERT_EQ(0, http_bulk(t, text, n));
	for (i = 0; i < 100; i++) {
		req = http_take(t);
		ASSERT_NE(NULL, req);
		if (!i)
			conn_id = httpq_conn_id(req);
		EXPECT_EQ(conn_id, httpq_conn_id(req));
		/* The next one is not even in the queue. */
		EXPECT_EQ(i + 1, host_stat("requests_queued"));
		EXPECT_TRUE(http_quiet(t));
		sprintf(want, "/%d", i);
		EXPECT_TRUE(httpq_str_is(httpq_path(req), want));
		EXPECT_EQ(0, http_answer(req, want));
	}
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		sprintf(want, "/%d", i);
		EXPECT_STREQ(want, r.body);
		reply_free(&r);
	}
	EXPECT_TRUE(http_alive(t));
}

/* Behind a body of either framing the next request begins. */
TEST_F(http, pipeline_with_bodies)
{
	static const char text[] =
		"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /"
		"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
		"\r\n4\r\nPOST\r\n0\r\n\r\n"
		"GET /3 HTTP/1.1\r\nHost: a\r\n\r\n";
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	char want[8];
	int i;

	ASSERT_EQ(0, peer_puts(&t->peer, text));
	for (i = 1; i <= 3; i++) {
		req = http_take(t);
		ASSERT_NE(NULL, req);
		sprintf(want, "/%d", i);
		EXPECT_TRUE(httpq_str_is(httpq_path(req), want));
		EXPECT_EQ(i < 3, httpq_has_body(req));
		EXPECT_EQ(0, http_answer(req, want));
		ASSERT_EQ(0, peer_reply(&t->peer, "POST", &r));
		EXPECT_STREQ(want, r.body);
		reply_free(&r);
	}
}

TEST_F(http, version_1_0)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	/* Host is not demanded, the connection does not persist. */
	ASSERT_EQ(0, http_answer(http_ask(t, "GET / HTTP/1.0\r\nHost:\r\n"
					     "\r\n"), "ok"));
	ASSERT_EQ(0, http_reconnect(t));
	req = http_ask(t, "GET / HTTP/1.0\r\n\r\n");
	ASSERT_NE(NULL, req);
	EXPECT_EQ(10, httpq_version(req));
	EXPECT_FALSE(httpq_keepalive(req));
	EXPECT_EQ(0, http_answer(req, "ok"));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_STREQ("", http_fault(&r));
	EXPECT_TRUE(http_field_is(&r, "Connection", "close"));
	EXPECT_STREQ("ok", r.body);
	reply_free(&r);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
}

TEST_F(http, version_1_0_keepalive)
{
	static const char text[] =
		"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	int i;

	for (i = 0; i < 2; i++) {
		req = http_ask(t, text);
		ASSERT_NE(NULL, req);
		EXPECT_TRUE(httpq_keepalive(req));
		EXPECT_EQ(0, http_answer(req, "ok"));
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		EXPECT_TRUE(http_field_is(&r, "Connection", "keep-alive"));
		EXPECT_STREQ("", http_fault(&r));
		reply_free(&r);
	}
	EXPECT_EQ(1, host_stat("conns_accepted"));
}

TEST_F(http, client_closes)
{
	static const char *const texts[] = {
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n"
		"Connection: close\r\n\r\n",
		"GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n",
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		/* What comes behind is not looked at. */
		ASSERT_EQ(0, peer_puts(&t->peer, texts[i]));
		ASSERT_EQ(0, peer_puts(&t->peer, HTTP_GET));
		req = http_take(t);
		ASSERT_NE(NULL, req);
		EXPECT_FALSE(httpq_keepalive(req));
		EXPECT_EQ(0, http_answer(req, "ok"));
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		EXPECT_TRUE(http_field_is(&r, "Connection", "close"))
			TH_LOG("%s%s", texts[i], r.head);
		reply_free(&r);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
		EXPECT_TRUE(http_quiet(t));
		ASSERT_EQ(0, http_reconnect(t));
	}
}

/* An offer that only the worker could take up; it counts only if named. */
TEST_F(http, upgrade)
{
	static const struct {
		const char *text;
		bool flag;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n"
		  "Connection: upgrade\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nHost: a\r\nUpgrade: x\r\n"
		  "Connection: keep-alive, upgrade\r\n\r\n", false },
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		req = http_ask(t, cases[i].text);
		ASSERT_NE(NULL, req);
		EXPECT_EQ(cases[i].flag, !!(httpq_request_flags(req) &
					    HTTPQ_REQUEST_UPGRADE));
		EXPECT_EQ(0, http_answer(req, "ok"));
		ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
		reply_free(&r);
	}
}

/* A FIN ends what the client sends, not what it reads. */
TEST_F(http, half_closed)
{
	struct httpq_request *req, *other;
	struct http *t = &self->http;
	struct httpq_event event;
	struct reply r;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	peer_half_close(&t->peer);
	ASSERT_EQ(0, httpq_next_event(t->serve.h, &event, &other));
	EXPECT_EQ(HTTPQ_EVENT_HALF_CLOSED, event.type);
	EXPECT_EQ(httpq_id(req), event.id);
	EXPECT_EQ(0, http_answer(req, "still"));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_STREQ("", http_fault(&r));
	EXPECT_STREQ("still", r.body);
	EXPECT_TRUE(http_field_is(&r, "Connection", "close"));
	reply_free(&r);
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	EXPECT_EQ(0, host_stat("client_gone"));
	EXPECT_EQ(0, host_stat("conns_reset"));
}

TEST_F(http, half_closed_pipeline)
{
	struct http *t = &self->http;
	struct reply r;
	int i;

	ASSERT_EQ(0, peer_puts(&t->peer, HTTP_GET HTTP_GET "GET / HT"));
	peer_half_close(&t->peer);
	for (i = 0; i < 2; i++) {
		serve_one(_metadata, t, "GET", &r);
		EXPECT_STREQ("ok", r.body);
		reply_free(&r);
	}
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	EXPECT_TRUE(http_quiet(t));
	EXPECT_EQ(0, host_stat("client_gone"));
}

/* A client that goes away between, or in the middle of, its requests. */
TEST_F(http, end_without_request)
{
	static const char *const texts[] = { "", "\r\n", "G", "GET / HTTP/1.1",
					     "GET / HTTP/1.1\r\nHost: a\r\n" };
	struct http *t = &self->http;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		ASSERT_EQ(0, peer_puts(&t->peer, texts[i]));
		peer_half_close(&t->peer);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
		EXPECT_TRUE(host_wait_lines("connections", "127.0.0.1", 0,
					    PEER_TIMEOUT));
		ASSERT_EQ(0, http_reconnect(t));
	}
	EXPECT_TRUE(http_quiet(t));
	EXPECT_EQ(0, host_stat("answers_kernel"));
}

TEST_F(http, idle_timeout)
{
	struct http *t = &self->http;

	ASSERT_TRUE(http_alive(t));
	host_sysctl("idle_timeout_ms", 50);
	/* A setting counts from the next use on. */
	ASSERT_TRUE(http_alive(t));
	EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	EXPECT_EQ(1, host_stat("timeout_idle"));
	EXPECT_EQ(0, host_stat("answers_kernel"));
}

/* RFC 9112 section 2.2: a careless client's CRLF behind a body is no request. */
TEST_F(http, idle_after_empty_line)
{
	static const char *const texts[] = { "\r", "\r\n" };
	struct http *t = &self->http;
	struct reply r;
	size_t i;

	host_sysctl("header_timeout_ms", 10);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, http_bulk(t, HTTP_GET, strlen(HTTP_GET)));
		serve_one(_metadata, t, "GET", &r);
		reply_free(&r);
		host_sysctl("idle_timeout_ms", 50);
		ASSERT_EQ(0, peer_puts(&t->peer, texts[i]));
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
		EXPECT_EQ(i + 1, host_stat("timeout_idle"));
		host_sysctl("idle_timeout_ms", 75000);
	}
	EXPECT_EQ(0, host_stat("answers_kernel"));

	/* From the first byte of a request on it is one. */
	ASSERT_EQ(0, http_reconnect(t));
	ASSERT_EQ(0, http_bulk(t, HTTP_GET, strlen(HTTP_GET)));
	serve_one(_metadata, t, "GET", &r);
	reply_free(&r);
	ASSERT_EQ(0, peer_puts(&t->peer, "\r\nG"));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_STREQ("", http_answer_fault(&r, 408, true));
	reply_free(&r);
	EXPECT_EQ(1, host_stat("timeout_header"));
}

/* Where the engine ran: in softirq unless it was told otherwise. */
TEST_F(http, engine)
{
	struct http *t = &self->http;
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_TRUE(http_alive(t));
	if (variant->process) {
		EXPECT_EQ(0, host_stat("parsed_softirq"));
		EXPECT_EQ(10, host_stat("parsed_process"));
		EXPECT_EQ(1, host_lines("listeners", " process "));
	} else {
		/* The first head may come before the connection is ours. */
		EXPECT_LE(9, host_stat("parsed_softirq"));
		EXPECT_EQ(10, host_stat("parsed_softirq") +
			      host_stat("parsed_process"));
		EXPECT_EQ(1, host_lines("listeners", " softirq "));
	}
}

/* Whether a request of @p is parsed in process context; -1 if it is lost. */
static int parsed_in_process(struct http *t, struct peer *p)
{
	long long softirq = host_stat("parsed_softirq");
	long long process = host_stat("parsed_process");
	struct peer old = t->peer;
	bool alive;

	t->peer = *p;
	alive = http_alive(t);
	*p = t->peer;
	t->peer = old;
	softirq = host_stat("parsed_softirq") - softirq;
	process = host_stat("parsed_process") - process;
	return alive && softirq + process == 1 ? process : -1;
}

/* A listener's setting is for new connections; the others stay as they are. */
TEST_F(http, engine_set)
{
	bool process[] = { variant->process, !variant->process,
			   variant->process };
	struct http *t = &self->http;
	struct peer peers[3];
	int i, j;

	for (i = 0; i < 3; i++) {
		const char *engine = process[i] ? "process" : "softirq";

		ASSERT_EQ(0, host_run("httpq listener set 8080 engine %s",
				      engine));
		EXPECT_EQ(1, host_lines("listeners", engine));
		ASSERT_EQ(0, peer_connect(&peers[i], "127.0.0.1", 8080));
		peers[i].segment = t->segment;
		/* The first head may come before the connection is ours. */
		ASSERT_LE(0, parsed_in_process(t, &peers[i]));
		for (j = 0; j <= i; j++)
			EXPECT_EQ(process[j], parsed_in_process(t, &peers[j]))
				TH_LOG("%d, set %d times", j, i + 1);
	}
	for (i = 0; i < 3; i++)
		peer_close(&peers[i]);
}

#define INSTANCE "/sys/kernel/tracing/instances/httpq_http_test"

/* The last httpq_head of the trace; whether there is one. */
static bool last_head(unsigned int *callbacks, unsigned int *bytes,
		      int *softirq)
{
	char line[512], *at;
	bool found = false;
	FILE *f;

	f = fopen(INSTANCE "/trace", "r");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, " callbacks=");
		if (at && strstr(line, "httpq_head:"))
			found = sscanf(at, " callbacks=%u bytes=%u softirq=%d",
				       callbacks, bytes, softirq) == 3;
	}
	fclose(f);
	return found;
}

/* A request whose head is @text, and what the trace says of it. */
static void trace_head(struct __test_metadata *_metadata, struct http *t,
		       const char *text, bool bytewise, bool process)
{
	unsigned int callbacks = 0, bytes = 0;
	int softirq = -1;
	struct reply r;

	ASSERT_EQ(0, peer_puts(&t->peer, text));
	serve_one(_metadata, t, "GET", &r);
	reply_free(&r);
	ASSERT_TRUE(last_head(&callbacks, &bytes, &softirq));
	EXPECT_EQ(strlen(text), bytes);
	EXPECT_EQ(!process, softirq);
	/* The engine counts what one run finds: all that one write sent. */
	EXPECT_EQ(bytewise ? bytes : 1, callbacks);
}

/* Shows that a suite that runs byte by byte is what it says. */
TEST_F(http, callbacks_of_a_head)
{
	struct http *t = &self->http;
	char large[2048];

	ASSERT_EQ(1024, sprintf(large, "GET / HTTP/1.1\r\nHost: a\r\n"
				       "X-Pad: %0*d\r\n\r\n", 988, 0));
	/* From here on the connection is in the engine's hands. */
	ASSERT_TRUE(http_alive(t));
	rmdir(INSTANCE);
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	EXPECT_EQ(0, host_run("echo 1 > " INSTANCE
			      "/events/httpq/httpq_head/enable"));
	trace_head(_metadata, t, HTTP_GET, variant->segment, variant->process);
	trace_head(_metadata, t, large, variant->segment, variant->process);
	EXPECT_EQ(0, rmdir(INSTANCE));
}

TEST_HARNESS_MAIN
