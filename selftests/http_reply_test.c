// SPDX-License-Identifier: GPL-2.0
/*
 * Responses of workers as the client gets them: framing, connection, what is
 * refused, and how a client can tell one that was not completed.
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

HTTP_FIXTURE(response)

#define GET10 "GET / HTTP/1.0\r\n\r\n"
#define GET10_KEEPALIVE "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
#define HEAD "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"

/* Reads a response, which is complete and well-formed. */
static void read_reply(struct __test_metadata *_metadata, struct http *t,
		       const char *method, int status, struct reply *r)
{
	ASSERT_EQ(0, peer_reply(&t->peer, method, r));
	EXPECT_EQ(status, r->status);
	EXPECT_STREQ("", http_fault(r)) TH_LOG("%s", r->head);
}

TEST_F(response, whole)
{
	static const char *const bodies[] = { "", "x", "hello\r\n\r\n" };
	struct http *t = &self->http;
	struct reply r;
	char want[24];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bodies); i++) {
		ASSERT_EQ(0, http_answer(http_ask(t, HTTP_GET), bodies[i]));
		read_reply(_metadata, t, "GET", 200, &r);
		sprintf(want, "%zu", strlen(bodies[i]));
		EXPECT_TRUE(http_field_is(&r, "Content-Length", want));
		EXPECT_EQ(strlen(bodies[i]), r.body_len);
		EXPECT_EQ(0, memcmp(bodies[i], r.body, r.body_len));
		EXPECT_EQ(0, strncmp(r.head, "HTTP/1.1 200 OK\r\n", 17));
		EXPECT_EQ(NULL, reply_field(&r, "Connection"));
		reply_free(&r);
	}
}

TEST_F(response, fields)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_set_reason(req, "Quite so"));
	EXPECT_EQ(0, httpq_add_header(req, "Set-Cookie", "a=1"));
	EXPECT_EQ(0, httpq_add_header(req, "X-Own", ""));
	EXPECT_EQ(0, httpq_add_header(req, "set-cookie", "b=\xc3\xa4"));
	/* The clock is the kernel's. */
	EXPECT_EQ(0, httpq_add_header(req, "Date",
				      "Thu, 01 Jan 1970 00:00:00 GMT"));
	EXPECT_EQ(0, httpq_add_header(req, "Connection", "keep-alive"));
	EXPECT_EQ(0, httpq_reply(req, 299, NULL, "ok", 2));
	httpq_request_free(req);
	read_reply(_metadata, t, "GET", 299, &r);
	EXPECT_EQ(0, strncmp(r.head, "HTTP/1.1 299 Quite so\r\n", 23));
	EXPECT_NE(NULL, strstr(r.head, "\r\nSet-Cookie: a=1\r\nX-Own: \r\n"
				       "Set-Cookie: b=\xc3\xa4\r\n"));
	EXPECT_EQ(0, reply_fields(&r, "Connection"));
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

TEST_F(response, server_of_worker)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_add_header(req, "Server", "mine/1"));
	EXPECT_EQ(0, http_answer(req, "ok"));
	ASSERT_EQ(0, peer_reply(&t->peer, "GET", &r));
	EXPECT_TRUE(http_field_is(&r, "Server", "mine/1"));
	reply_free(&r);
}

/* Three parts and an end; returns the error of the end. */
static int stream(struct httpq_request *req, const char *trailer)
{
	int err;

	if (!req)
		return -ENOMSG;
	if (httpq_send(req, "one", 3, HTTPQ_SEND_MORE) != 3 ||
	    httpq_send(req, NULL, 0, HTTPQ_SEND_MORE) ||
	    httpq_send(req, " two", 4, HTTPQ_SEND_MORE) != 4)
		return httpq_error(req) ?: -EIO;
	if (trailer && httpq_add_trailer(req, "X-Sum", trailer))
		return -EIO;
	err = httpq_end(req);
	httpq_request_free(req);
	return err;
}

TEST_F(response, stream)
{
	struct http *t = &self->http;
	struct reply r;

	ASSERT_EQ(0, stream(http_ask(t, HTTP_GET), NULL));
	read_reply(_metadata, t, "GET", 200, &r);
	EXPECT_TRUE(http_field_is(&r, "Transfer-Encoding", "chunked"));
	EXPECT_STREQ("one two", r.body);
	EXPECT_EQ(NULL, r.trailers);
	reply_free(&r);

	ASSERT_EQ(0, stream(http_ask(t, HTTP_GET), "12"));
	read_reply(_metadata, t, "GET", 200, &r);
	EXPECT_STREQ("one two", r.body);
	EXPECT_STREQ("X-Sum: 12\r\n", r.trailers);
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

/* Never chunked to HTTP/1.0: the end of the connection is that of the body. */
TEST_F(response, stream_1_0)
{
	static const char *const texts[] = { GET10, GET10_KEEPALIVE };
	struct http *t = &self->http;
	struct reply r;
	size_t i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, http_reconnect(t));
		ASSERT_EQ(0, stream(http_ask(t, texts[i]), "12"));
		read_reply(_metadata, t, "GET", 200, &r);
		EXPECT_EQ(0, reply_fields(&r, "Transfer-Encoding"));
		EXPECT_EQ(0, reply_fields(&r, "Content-Length"));
		EXPECT_TRUE(http_field_is(&r, "Connection", "close"));
		EXPECT_STREQ("one two", r.body);
		reply_free(&r);
	}
	EXPECT_EQ(0, host_stat("conns_reset"));
}

/* A length that the worker knows keeps the connection. */
TEST_F(response, stream_with_length)
{
	static const char *const texts[] = { HTTP_GET, GET10_KEEPALIVE };
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	size_t i;

	for (i = 0; i < 2; i++) {
		req = http_ask(t, texts[i]);
		ASSERT_NE(NULL, req);
		EXPECT_EQ(0, httpq_add_header(req, "Content-Length", "7"));
		/* No trailers where nothing is chunked. */
		ASSERT_EQ(0, stream(req, "12"));
		read_reply(_metadata, t, "GET", 200, &r);
		EXPECT_TRUE(http_field_is(&r, "Content-Length", "7"));
		EXPECT_STREQ("one two", r.body);
		reply_free(&r);
	}
	EXPECT_TRUE(http_alive(t));
}

TEST_F(response, length_too_long)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	/* In one part: the body is what was promised, but never comes. */
	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_add_header(req, "Content-Length", "9"));
	EXPECT_EQ(0, http_answer(req, "1234567"));
	EXPECT_EQ(-EPIPE, peer_reply(&t->peer, "GET", &r));
	EXPECT_FALSE(r.complete);
	EXPECT_TRUE(http_field_is(&r, "Content-Length", "9"));
	reply_free(&r);
	EXPECT_EQ(7, t->peer.len);

	ASSERT_EQ(0, http_reconnect(t));
	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_add_header(req, "Content-Length", "9"));
	EXPECT_EQ(0, stream(req, NULL));
	EXPECT_EQ(-EPIPE, peer_reply(&t->peer, "GET", &r));
	reply_free(&r);
	EXPECT_EQ(7, t->peer.len);
	EXPECT_EQ(2, host_stat("responses_broken"));
}

TEST_F(response, length_too_short)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_add_header(req, "Content-Length", "5"));
	EXPECT_EQ(-EINVAL, httpq_send(req, "123456", 6, 0));
	EXPECT_EQ(-EINVAL, httpq_send(req, "123456", 6, HTTPQ_SEND_MORE));
	/* Nothing has left: it can be set right. */
	EXPECT_EQ(3, httpq_send(req, "123", 3, HTTPQ_SEND_MORE));
	EXPECT_EQ(-EINVAL, httpq_send(req, "456", 3, HTTPQ_SEND_MORE));
	EXPECT_EQ(2, httpq_send(req, "45", 2, HTTPQ_SEND_MORE));
	EXPECT_EQ(-EINVAL, httpq_send(req, "6", 1, 0));
	EXPECT_EQ(0, httpq_end(req));
	httpq_request_free(req);
	read_reply(_metadata, t, "GET", 200, &r);
	EXPECT_STREQ("12345", r.body);
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

TEST_F(response, to_head)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	ASSERT_EQ(0, http_answer(http_ask(t, HEAD), "12345"));
	read_reply(_metadata, t, "HEAD", 200, &r);
	EXPECT_TRUE(http_field_is(&r, "Content-Length", "5"));
	reply_free(&r);

	/* The length of what a GET would get. */
	req = http_ask(t, HEAD);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_add_header(req, "Content-Length", "123456789"));
	EXPECT_EQ(0, httpq_reply(req, 200, NULL, NULL, 0));
	httpq_request_free(req);
	read_reply(_metadata, t, "HEAD", 200, &r);
	EXPECT_TRUE(http_field_is(&r, "Content-Length", "123456789"));
	reply_free(&r);

	/* Which nobody knows if neither it nor the body is given. */
	req = http_ask(t, HEAD);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_reply(req, 200, "text/plain", NULL, 0));
	httpq_request_free(req);
	read_reply(_metadata, t, "HEAD", 200, &r);
	EXPECT_EQ(0, reply_fields(&r, "Content-Length"));
	EXPECT_EQ(0, reply_fields(&r, "Connection"));
	reply_free(&r);

	ASSERT_EQ(0, stream(http_ask(t, HEAD), "12"));
	read_reply(_metadata, t, "HEAD", 200, &r);
	EXPECT_EQ(0, reply_fields(&r, "Content-Length"));
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

TEST_F(response, without_body)
{
	static const struct {
		int status;
		const char *length;
		const char *body;
		int err;
		const char *got;
	} cases[] = {
		{ 204, NULL, "", 0, NULL },
		{ 304, NULL, "", 0, NULL },
		{ 304, "17", "", 0, "17" },
		{ 205, NULL, "", 0, "0" },
		{ 204, NULL, "x", -EINVAL, NULL },
		{ 304, NULL, "x", -EINVAL, NULL },
		{ 205, NULL, "x", -EINVAL, NULL },
		{ 204, "0", "", -EINVAL, NULL },
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		req = http_ask(t, HTTP_GET);
		ASSERT_NE(NULL, req);
		if (cases[i].length)
			EXPECT_EQ(0, httpq_add_header(req, "Content-Length",
						      cases[i].length));
		EXPECT_EQ(cases[i].err,
			  httpq_reply(req, cases[i].status, NULL,
				      cases[i].body, strlen(cases[i].body)))
			TH_LOG("case %zu", i);
		/* What was refused ends as not answered. */
		httpq_request_free(req);
		read_reply(_metadata, t, "GET",
			   cases[i].err ? 502 : cases[i].status, &r);
		if (!cases[i].err) {
			EXPECT_EQ(!!cases[i].got,
				  reply_fields(&r, "Content-Length"));
			if (cases[i].got)
				EXPECT_TRUE(http_field_is(&r, "Content-Length",
							  cases[i].got));
		}
		reply_free(&r);
	}
	EXPECT_TRUE(http_alive(t));
}

struct field {
	enum httpq_field_id id;
	const char *name;
	const char *value;
};

/*
 * A part as no library would write it. '@' in names, values and @reason
 * becomes NUL. Returns the status of the item.
 */
static int raw_send(struct http *t, uint64_t id, int status,
		    const char *reason, const struct field *fields, int nr,
		    unsigned int flags)
{
	struct {
		struct httpq_reply_head head;
		struct httpq_field fields[4];
		char data[512];
	} buf = { .head = { .status = status, .nr_fields = nr } };
	char *data = (char *)(buf.fields + nr), *at;
	struct httpq_send send = {
		.id = id,
		.flags = flags,
		.head = (uintptr_t)&buf,
	};
	struct httpq_transfer transfer = {
		.size = sizeof(transfer),
		.sends = (uintptr_t)&send,
		.nr_sends = 1,
	};
	uint16_t n = 0;
	int i;

	buf.head.reason.len = strlen(reason);
	n += sprintf(data, "%s", reason);
	for (i = 0; i < nr; i++) {
		struct httpq_field *f = &buf.fields[i];

		f->id = fields[i].id;
		f->name_off = n;
		f->name_len = strlen(fields[i].name);
		n += sprintf(data + n, "%s", fields[i].name);
		f->value_off = n;
		f->value_len = strlen(fields[i].value);
		n += sprintf(data + n, "%s", fields[i].value);
	}
	while ((at = memchr(data, '@', n)))
		*at = 0;
	send.head_len = data + n - (char *)&buf;
	if (httpq_transfer(t->serve.h, &transfer) || transfer.out_sends != 1)
		return -EIO;
	return send.out_status;
}

/* Nothing that a worker says can end a line or contradict the framing. */
TEST_F(response, refused_fields)
{
	static const struct field fields[] = {
		{ HTTPQ_FIELD_TRANSFER_ENCODING, "", "chunked" },
		{ HTTPQ_FIELD_OTHER, "transfer-ENCODING", "identity" },
		{ HTTPQ_FIELD_OTHER, "X", "a\r\nY: b" },
		{ HTTPQ_FIELD_OTHER, "X", "a\rb" },
		{ HTTPQ_FIELD_OTHER, "X", "a\nb" },
		{ HTTPQ_FIELD_OTHER, "X", "a@b" },
		{ HTTPQ_FIELD_OTHER, "X", "a\x7f" },
		{ HTTPQ_FIELD_SERVER, "", "a\r\n\r\nHTTP/1.1 200 OK" },
		{ HTTPQ_FIELD_OTHER, "", "a" },
		{ HTTPQ_FIELD_OTHER, "X Y", "a" },
		{ HTTPQ_FIELD_OTHER, "X:", "a" },
		{ HTTPQ_FIELD_OTHER, "X\r\nY", "a" },
		{ HTTPQ_FIELD_OTHER, "X@", "a" },
		{ HTTPQ_FIELD_OTHER, "\xc3\xa4", "a" },
		{ HTTPQ_FIELD_SERVER, "Host", "a" },
		{ HTTPQ_FIELD_NR, "", "a" },
		{ HTTPQ_FIELD_CONTENT_LENGTH, "", "" },
		{ HTTPQ_FIELD_CONTENT_LENGTH, "", "+1" },
		{ HTTPQ_FIELD_CONTENT_LENGTH, "", "0, 0" },
		{ HTTPQ_FIELD_OTHER, "content-length", "9223372036854775808" },
		{ HTTPQ_FIELD_CONNECTION, "", "upgrade" },
		{ HTTPQ_FIELD_CONNECTION, "", "close, upgrade" },
		{ HTTPQ_FIELD_CONNECTION, "", "keep-alive, x-own" },
	};
	static const struct field twice[] = {
		{ HTTPQ_FIELD_CONTENT_LENGTH, "", "0" },
		{ HTTPQ_FIELD_OTHER, "Content-length", "0" },
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	uint64_t id;
	size_t i;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	id = httpq_id(req);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		EXPECT_EQ(-EINVAL, raw_send(t, id, 200, "", &fields[i], 1, 0))
			TH_LOG("field %zu", i);
	EXPECT_EQ(-EINVAL, raw_send(t, id, 200, "", twice, 2, 0));
	/* After all this the request can still be answered. */
	EXPECT_EQ(0, http_answer(req, "ok"));
	read_reply(_metadata, t, "GET", 200, &r);
	EXPECT_STREQ("ok", r.body);
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

TEST_F(response, refused_heads)
{
	static const int bad[] = { 1, 99, 101, 600, 999, 65535 };
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	uint64_t id;
	size_t i;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	id = httpq_id(req);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, raw_send(t, id, bad[i], "", NULL, 0, 0))
			TH_LOG("status %d", bad[i]);
	EXPECT_EQ(-EINVAL, raw_send(t, id, 200, "a\r\nb", NULL, 0, 0));
	EXPECT_EQ(-EINVAL, raw_send(t, id, 200, "a@", NULL, 0, 0));
	/* No head, and trailers before the head. */
	EXPECT_EQ(-EINVAL, raw_send(t, id, 0, "", NULL, 0, 0));
	EXPECT_EQ(-EINVAL, raw_send(t, id, 0, "", NULL, 0,
				    HTTPQ_SEND_TRAILERS));
	EXPECT_EQ(-EOPNOTSUPP, raw_send(t, id, 200, "", NULL, 0, 16));
	EXPECT_EQ(-ESTALE, raw_send(t, id + 1, 200, "", NULL, 0, 0));
	EXPECT_EQ(0, raw_send(t, id, 201, "", NULL, 0, 0));
	/* Once. */
	EXPECT_EQ(-ESTALE, raw_send(t, id, 201, "", NULL, 0, 0));
	read_reply(_metadata, t, "GET", 201, &r);
	reply_free(&r);
	EXPECT_EQ(-ESTALE, http_answer(req, "ok"));
	EXPECT_TRUE(http_alive(t));
}

TEST_F(response, refused_trailers)
{
	static const struct field fields[] = {
		{ HTTPQ_FIELD_CONTENT_LENGTH, "", "1" },
		{ HTTPQ_FIELD_OTHER, "transfer-encoding", "chunked" },
		{ HTTPQ_FIELD_HOST, "", "a" },
		{ HTTPQ_FIELD_OTHER, "X", "a\r\nb" },
	};
	static const struct field good = { HTTPQ_FIELD_ETAG, "", "\"e\"" };
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	uint64_t id;
	size_t i;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	id = httpq_id(req);
	EXPECT_EQ(1, httpq_send(req, "x", 1, HTTPQ_SEND_MORE));
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		EXPECT_EQ(-EINVAL, raw_send(t, id, 0, "", &fields[i], 1,
					    HTTPQ_SEND_TRAILERS))
			TH_LOG("field %zu", i);
	/* A second head, and trailers before the end. */
	EXPECT_EQ(-EINVAL, raw_send(t, id, 200, "", NULL, 0, 0));
	EXPECT_EQ(-EINVAL, raw_send(t, id, 0, "", &good, 1,
				    HTTPQ_SEND_TRAILERS | HTTPQ_SEND_MORE));
	EXPECT_EQ(0, raw_send(t, id, 0, "", &good, 1, HTTPQ_SEND_TRAILERS));
	httpq_request_free(req);
	read_reply(_metadata, t, "GET", 200, &r);
	EXPECT_STREQ("ETag: \"e\"\r\n", r.trailers);
	reply_free(&r);
	EXPECT_TRUE(http_alive(t));
}

TEST_F(response, worker_closes)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	int how;

	for (how = 0; how < 4; how++) {
		ASSERT_EQ(0, http_reconnect(t));
		req = http_ask(t, HTTP_GET);
		ASSERT_NE(NULL, req);
		if (how == 0) {
			EXPECT_EQ(0, httpq_add_header(req, "Connection",
						      "Close"));
			EXPECT_EQ(2, httpq_send(req, "ok", 2, 0));
		} else if (how == 1) {
			EXPECT_EQ(2, httpq_send(req, "ok", 2,
						HTTPQ_SEND_DISCONNECT));
		} else if (how == 2) {
			EXPECT_EQ(2, httpq_send(req, "ok", 2, HTTPQ_SEND_MORE |
						HTTPQ_SEND_DISCONNECT));
			EXPECT_EQ(0, httpq_end(req));
		} else {
			/* Too late to say so, but not to do so. */
			EXPECT_EQ(2, httpq_send(req, "ok", 2,
						HTTPQ_SEND_MORE));
			EXPECT_EQ(0, httpq_send(req, NULL, 0,
						HTTPQ_SEND_DISCONNECT));
		}
		httpq_request_free(req);
		read_reply(_metadata, t, "GET", 200, &r);
		EXPECT_EQ(how < 3, http_field_is(&r, "Connection", "close"));
		EXPECT_STREQ("ok", r.body);
		reply_free(&r);
		EXPECT_EQ(0, peer_wait_close(&t->peer, PEER_TIMEOUT));
	}
	EXPECT_EQ(0, host_stat("conns_reset"));
}

/* RFC 9110 section 15.5.22: 426 says to what, and names the field (7.8). */
TEST_F(response, upgrade_required)
{
	static const struct {
		const char *request;
		const char *option;
		const char *connection;
	} cases[] = {
		{ HTTP_GET, NULL, "upgrade" },
		{ HTTP_GET, "Upgrade", "upgrade" },
		{ HTTP_GET, "close, upgrade", "close, upgrade" },
		{ GET10_KEEPALIVE, NULL, "keep-alive, upgrade" },
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, http_reconnect(t));
		req = http_ask(t, cases[i].request);
		ASSERT_NE(NULL, req);
		if (cases[i].option)
			EXPECT_EQ(0, httpq_add_header(req, "Connection",
						      cases[i].option));
		EXPECT_EQ(0, httpq_add_header(req, "Upgrade", "h2c"));
		/* Of a connection that the worker knows nothing of. */
		EXPECT_EQ(0, httpq_add_header(req, "Keep-Alive", "timeout=5"));
		EXPECT_EQ(0, httpq_reply(req, 426, NULL, "", 0));
		httpq_request_free(req);
		read_reply(_metadata, t, "GET", 426, &r);
		EXPECT_TRUE(http_field_is(&r, "Connection",
					  cases[i].connection))
			TH_LOG("%s", r.head);
		EXPECT_TRUE(http_field_is(&r, "Upgrade", "h2c"));
		EXPECT_EQ(0, reply_fields(&r, "Keep-Alive"));
		reply_free(&r);
		if (i != 2)
			EXPECT_TRUE(http_alive(t));
	}
}

TEST_F(response, interim)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	int i;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, httpq_add_header(req, "Link", "</a>"));
		/* Nothing would name it. */
		EXPECT_EQ(0, httpq_add_header(req, "Upgrade", "h2c"));
		EXPECT_EQ(0, httpq_send_interim(req, 103));
		read_reply(_metadata, t, "GET", 103, &r);
		EXPECT_STREQ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
			     r.head);
		reply_free(&r);
	}
	EXPECT_EQ(-EINVAL, raw_send(t, httpq_id(req), 101, "", NULL, 0, 0));
	EXPECT_EQ(0, http_answer(req, "ok"));
	read_reply(_metadata, t, "GET", 200, &r);
	EXPECT_EQ(0, reply_fields(&r, "Link"));
	EXPECT_STREQ("ok", r.body);
	reply_free(&r);

	/* RFC 9110 section 15.2: none to HTTP/1.0. */
	req = http_ask(t, GET10_KEEPALIVE);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_send_interim(req, 103));
	EXPECT_EQ(0, http_answer(req, "ok"));
	read_reply(_metadata, t, "GET", 200, &r);
	reply_free(&r);
}

/* What a client sees of a response that was given up after it began. */
TEST_F(response, canceled)
{
	static const struct {
		const char *request;
		const char *length;
		int err;
	} cases[] = {
		{ HTTP_GET, NULL, -EPIPE },		/* no last chunk */
		{ HTTP_GET, "5", -EPIPE },		/* too short */
		{ GET10, NULL, -ECONNRESET },		/* reset */
		{ GET10, "5", -EPIPE },
	};
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, http_reconnect(t));
		req = http_ask(t, cases[i].request);
		ASSERT_NE(NULL, req);
		if (cases[i].length)
			EXPECT_EQ(0, httpq_add_header(req, "Content-Length",
						      cases[i].length));
		EXPECT_EQ(4, httpq_send(req, "some", 4, HTTPQ_SEND_MORE));
		EXPECT_EQ(0, httpq_cancel(req));
		EXPECT_EQ(-ESTALE, httpq_cancel(req));
		httpq_request_free(req);
		EXPECT_EQ(cases[i].err, peer_reply(&t->peer, "GET", &r))
			TH_LOG("case %zu", i);
		EXPECT_FALSE(r.complete);
		reply_free(&r);
	}
	EXPECT_EQ(4, host_stat("responses_broken"));
	EXPECT_EQ(1, host_stat("conns_reset"));
}

TEST_F(response, worker_gone)
{
	struct http *t = &self->http;
	struct httpq_request *req;
	struct reply r;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	EXPECT_EQ(4, httpq_send(req, "some", 4, HTTPQ_SEND_MORE));
	serve_stop(&t->serve);
	EXPECT_EQ(-EPIPE, peer_reply(&t->peer, "GET", &r));
	EXPECT_STREQ("some", r.body);
	EXPECT_FALSE(r.complete);
	reply_free(&r);
}

TEST_F(response, client_gone)
{
	struct http *t = &self->http;
	struct httpq_request *req, *other;
	struct httpq_event event;

	req = http_ask(t, HTTP_GET);
	ASSERT_NE(NULL, req);
	peer_reset(&t->peer);
	ASSERT_EQ(0, httpq_next_event(t->serve.h, &event, &other));
	EXPECT_EQ(HTTPQ_EVENT_DISCONNECT, event.type);
	EXPECT_EQ(HTTPQ_REASON_CLIENT_RESET, event.reason);
	EXPECT_EQ(httpq_id(req), event.id);
	EXPECT_EQ(-ECONNRESET, http_answer(req, "ok"));
	EXPECT_EQ(1, host_stat("client_gone"));
}

TEST_HARNESS_MAIN
