// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of libhttpq against the fake of the kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "mock.h"
#include "test.h"

static const char *const fields[] = { "Host: a.test", "X-One: 1",
				      "content-type: text/css", "X-Empty: ",
				      NULL };

static const struct mock_request simple = {
	.id = 7,
	.method_id = HTTPQ_METHOD_GET,
	.method = "GET",
	.target = "/a/%7Eb?q=1",
	.path = "/a/~b",
	.query = "q=1",
	.host = "a.test",
	.flags = HTTPQ_REQUEST_KEEPALIVE,
	.fields = fields,
};

static struct httpq *open_with(unsigned int flags, const struct mock_request *r)
{
	struct httpq *h;

	mock_reset();
	CHECK(!httpq_open(&h, "web", flags));
	if (r)
		mock_add(r);
	return h;
}

static struct httpq_request *get(struct httpq *h)
{
	struct httpq_request *req = NULL;

	CHECK(!httpq_receive(h, &req));
	return req;
}

static void test_open(void)
{
	struct httpq *h = open_with(HTTPQ_OPEN_CREATE, NULL);

	CHECK(!strcmp(mock.name, "web"));
	CHECK(mock.attach.flags == HTTPQ_ATTACH_CREATE);
	CHECK(mock.attach.mode == 0600);
	CHECK(!httpq_bind(h, "http://localhost:1/", 1));
	httpq_close(h);
	mock.attach_error = -ENOENT;
	CHECK(httpq_open(&h, "web", 0) == -ENOENT);
	CHECK(httpq_open(&h, "web", 1U << 9) == -EINVAL);
	CHECK(httpq_adopt(&h, -1) == -EBADF);
}

static void test_accessors(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);
	struct sockaddr_storage a;
	struct sockaddr_in *in = (struct sockaddr_in *)&a;

	CHECK(httpq_id(req) == 7);
	CHECK(httpq_method_id(req) == HTTPQ_METHOD_GET);
	CHECK(httpq_str_is(httpq_method(req), "GET"));
	CHECK(httpq_str_is(httpq_target(req), "/a/%7Eb?q=1"));
	CHECK(httpq_str_is(httpq_path(req), "/a/~b"));
	CHECK(httpq_str_is(httpq_query(req), "q=1"));
	CHECK(httpq_str_is(httpq_host(req), "a.test"));
	CHECK(httpq_version(req) == 11);
	CHECK(httpq_keepalive(req) && !httpq_has_body(req));
	CHECK(httpq_remote(req, &a) == sizeof(struct sockaddr_in));
	CHECK(in->sin_port == htons(4711));
	CHECK(in->sin_addr.s_addr == htonl(0xc0000001));
	CHECK(httpq_local(req, &a) == sizeof(struct sockaddr_in6));
	CHECK(a.ss_family == AF_INET6);
	CHECK(httpq_handle(req) == h);
	httpq_request_free(req);
	CHECK(mock.cancels == 1 && mock.canceled == 7);
	httpq_close(h);
}

static void test_headers(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);
	struct httpq_str name, value;

	CHECK(httpq_str_is(httpq_header(req, "x-one"), "1"));
	CHECK(httpq_str_is(httpq_header(req, "Content-Type"), "text/css"));
	CHECK(httpq_str_is(httpq_header_id(req, HTTPQ_FIELD_HOST), "a.test"));
	CHECK(httpq_header(req, "X-Empty").ptr);
	CHECK(!httpq_header(req, "X-Empty").len);
	CHECK(!httpq_header(req, "X-None").ptr);
	CHECK(!httpq_header_id(req, HTTPQ_FIELD_VIA).ptr);
	CHECK(httpq_header_at(req, 2, &name, &value));
	CHECK(httpq_str_is(name, "content-type"));
	CHECK(!httpq_header_at(req, 4, &name, &value));
	httpq_request_free(req);
	httpq_close(h);
}

static void test_field_ids(void)
{
	unsigned int id;

	for (id = 1; id < HTTPQ_FIELD_NR; id++) {
		const char *name = httpq_field_name((enum httpq_field_id)id);

		CHECK(name && httpq_field_id(name) == id);
	}
	CHECK(httpq_field_id("etag") == HTTPQ_FIELD_ETAG);
	CHECK(httpq_field_id("TE") == HTTPQ_FIELD_TE);
	CHECK(httpq_field_id("x-forwarded-for") == HTTPQ_FIELD_NR - 1);
	CHECK(httpq_field_id("cOOKIE") == HTTPQ_FIELD_COOKIE);
	CHECK(httpq_field_id("Cooki") == HTTPQ_FIELD_OTHER);
	CHECK(httpq_field_id("") == HTTPQ_FIELD_OTHER);
	CHECK(!httpq_field_name(HTTPQ_FIELD_OTHER));
	CHECK(!httpq_field_name(HTTPQ_FIELD_NR));
}

/* Field @i of the head that was sent, in the fake's words. */
static bool sent_field(unsigned int i, enum httpq_field_id id,
		       const char *name, const char *value)
{
	struct httpq_reply_head *head = (struct httpq_reply_head *)mock.head;
	struct httpq_field *f = (struct httpq_field *)(head + 1) + i;
	const char *data = (const char *)(head + 1) +
			   head->nr_fields * sizeof(*f);
	struct httpq_str n = { data + f->name_off, f->name_len };
	struct httpq_str v = { data + f->value_off, f->value_len };

	return i < head->nr_fields && f->id == id && httpq_str_is(n, name) &&
	       httpq_str_is(v, value) &&
	       v.ptr + v.len <= mock.head + mock.head_len;
}

static void test_reply(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);
	struct httpq_reply_head *head = (struct httpq_reply_head *)mock.head;

	CHECK(!httpq_add_header(req, "X-A", "b c"));
	CHECK(!httpq_add_header_u64(req, "Age", UINT64_MAX));
	CHECK(!httpq_reply(req, 404, "text/plain", "no\n", 3));
	CHECK(head->status == 404 && head->nr_fields == 3);
	CHECK(sent_field(0, HTTPQ_FIELD_OTHER, "X-A", "b c"));
	CHECK(sent_field(1, HTTPQ_FIELD_AGE, "", "18446744073709551615"));
	CHECK(sent_field(2, HTTPQ_FIELD_CONTENT_TYPE, "", "text/plain"));
	CHECK(mock.sent_len == 3 && mock.ended == 1);
	CHECK(httpq_reply(req, 200, NULL, NULL, 0) == -ESTALE);
	CHECK(httpq_cancel(req) == -ESTALE);
	httpq_request_free(req);
	CHECK(!mock.cancels);
	httpq_close(h);
}

static void test_bad_fields(void)
{
	static const char *const bad[] = { "a\r\nb", "a\nb", "\x01", "\x7f" };
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);
	unsigned int i;

	for (i = 0; i < 4; i++)
		CHECK(httpq_add_header(req, "X", bad[i]) == -EINVAL);
	CHECK(httpq_add_header(req, "", "v") == -EINVAL);
	CHECK(httpq_add_header(req, "A:", "v") == -EINVAL);
	CHECK(httpq_set_reason(req, "a\r\n") == -EINVAL);
	CHECK(httpq_set_status(req, 199) == -EINVAL);
	CHECK(httpq_set_status(req, 600) == -EINVAL);
	CHECK(httpq_add_trailer(req, "X", "y") == -EINVAL);
	CHECK(httpq_send(req, "x", 1, 0) == -EINVAL);
	CHECK(!mock.heads && mock.transfers == 1);
	httpq_request_free(req);
	CHECK(mock.cancels == 1);
	httpq_close(h);
}

static void test_long_head(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);
	char *value = calloc(1, 65536 + 1);
	int err = 0, nr;

	memset(value, 'v', 1000);
	for (nr = 0; !err; nr++)
		err = httpq_add_header(req, "X-Long", value);
	CHECK(err == -E2BIG && nr == 66);
	CHECK(httpq_reply(req, 200, NULL, NULL, 0) == -E2BIG);
	httpq_request_free(req);
	mock_add(&simple);
	req = get(h);
	memset(value, 'v', 65536);
	CHECK(httpq_add_header(req, "Link", value) == -E2BIG);
	httpq_request_free(req);
	mock_add(&simple);
	req = get(h);
	value[65535] = '\0';
	CHECK(!httpq_add_header(req, "Link", value));
	CHECK(!httpq_reply(req, 200, NULL, NULL, 0));
	CHECK(sent_field(0, HTTPQ_FIELD_LINK, "", value));
	CHECK(mock.head_len == 8 + 12 + 65535);
	httpq_request_free(req);
	free(value);
	httpq_close(h);
}

static void test_many_fields(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);
	char text[16];
	int i;

	for (i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "v%d", i);
		CHECK(!httpq_add_header(req, i % 2 ? "X-N" : "Link", text));
	}
	CHECK(!httpq_reply(req, 200, NULL, NULL, 0));
	CHECK(sent_field(0, HTTPQ_FIELD_LINK, "", "v0"));
	CHECK(sent_field(17, HTTPQ_FIELD_OTHER, "X-N", "v17"));
	CHECK(sent_field(199, HTTPQ_FIELD_OTHER, "X-N", "v199"));
	httpq_request_free(req);
	httpq_close(h);
}

static void test_regrow(void)
{
	struct mock_request big = simple;
	struct httpq *h = open_with(0, NULL);
	struct httpq_request *req;

	big.padding = 20000;
	mock_add(&big);
	req = get(h);
	CHECK(mock.receives == 1);
	CHECK(httpq_str_is(httpq_path(req), "/a/~b"));
	httpq_request_free(req);
	mock_add(&big);
	req = get(h);
	CHECK(mock.receives == 1);
	httpq_request_free(req);
	httpq_close(h);
}

static void test_partial_send(void)
{
	struct httpq *h = open_with(HTTPQ_OPEN_NONBLOCK, &simple);
	struct httpq_request *req = get(h);
	int calls = 0, err;

	mock.take = 3;
	do {
		err = httpq_reply(req, 200, "text/plain", "0123456789", 10);
		calls++;
	} while (err == -EAGAIN);
	CHECK(!err && calls == 4);
	CHECK(mock.heads == 1 && mock.ended == 1);
	CHECK(!memcmp(mock.sent, "0123456789", 10) && mock.sent_len == 10);
	CHECK(!mock.flags);
	httpq_request_free(req);
	mock_add(&simple);
	req = get(h);
	CHECK(httpq_send(req, "0123", 4, HTTPQ_SEND_MORE) == 3);
	CHECK(httpq_send(req, "3", 1, HTTPQ_SEND_MORE) == 1);
	mock.send_status = -EAGAIN;
	CHECK(httpq_send(req, "4", 1, 0) == -EAGAIN);
	mock.send_status = 0;
	CHECK(!httpq_end(req));
	CHECK(mock.heads == 2 && mock.ended == 2);
	httpq_request_free(req);
	CHECK(!mock.cancels);
	httpq_close(h);
}

static void test_stream(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);
	struct httpq_reply_head *head = (struct httpq_reply_head *)mock.head;

	CHECK(!httpq_add_header(req, "Link", "x"));
	CHECK(!httpq_send_interim(req, 103));
	CHECK(head->status == 103 && head->nr_fields == 1);
	CHECK(httpq_send_interim(req, 101) == -EINVAL);
	CHECK(!httpq_add_header(req, "Age", "1"));
	CHECK(httpq_send(req, "a", 1, HTTPQ_SEND_MORE) == 1);
	CHECK(head->status == 200 && sent_field(0, HTTPQ_FIELD_AGE, "", "1"));
	CHECK(httpq_add_header(req, "Age", "2") == -EINVAL);
	CHECK(httpq_set_status(req, 500) == -EINVAL);
	CHECK(!httpq_add_trailer(req, "X-Sum", "42"));
	CHECK(httpq_send(req, "b", 1, HTTPQ_SEND_MORE) == 1);
	CHECK(mock.heads == 2);
	CHECK(!httpq_end(req));
	CHECK(mock.heads == 3 && mock.flags == HTTPQ_SEND_TRAILERS);
	CHECK(!head->status && sent_field(0, 0, "X-Sum", "42"));
	httpq_request_free(req);
	CHECK(!mock.cancels);
	httpq_close(h);
}

static void test_body(void)
{
	struct {
		struct httpq_reply_head head;
		struct httpq_field field;
		char data[2000];
	} t = { .head = { .nr_fields = 1 },
		.field = { 0, 0, 3, 3, 2, 0 },
		.data = "X-T42" };
	struct mock_request post = simple;
	struct httpq *h = open_with(0, NULL);
	struct httpq_request *req;
	char buf[8];

	post.flags = HTTPQ_REQUEST_BODY | HTTPQ_REQUEST_CHUNKED;
	post.content_length = HTTPQ_LENGTH_UNKNOWN;
	mock_add(&post);
	req = get(h);
	mock.body = "0123456789";
	CHECK(httpq_read_body(req, buf, 0) == -EINVAL);
	CHECK(httpq_read_body(req, buf, 8) == 8 && !memcmp(buf, "01234567", 8));
	CHECK(httpq_read_body(req, buf, 8) == 2 && !memcmp(buf, "89", 2));
	CHECK(httpq_read_body(req, buf, 8) == 0);
	CHECK(httpq_read_trailers(req) == -ENODATA);
	CHECK(!httpq_trailer(req, "X-T").ptr);
	mock.trailers = &t;
	mock.trailers_len = sizeof(t);
	CHECK(!httpq_read_trailers(req));
	CHECK(httpq_str_is(httpq_trailer(req, "x-t"), "42"));
	CHECK(!httpq_trailer_at(req, 1, NULL, NULL));
	httpq_request_free(req);
	mock_add(&simple);
	req = get(h);
	CHECK(httpq_read_body(req, buf, 8) == 0);
	CHECK(httpq_read_trailers(req) == -ENODATA);
	httpq_request_free(req);
	httpq_close(h);
}

static void test_fused(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);
	unsigned int calls = mock.calls;

	mock_add(&simple);
	CHECK(!httpq_reply_and_receive(&req, 200, "text/plain", "x", 1));
	CHECK(req && mock.calls == calls + 1 && mock.ended == 1);
	mock.send_error = -EINTR;
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "x", 1) == -EINTR);
	CHECK(req && mock.ended == 1 && !mock.cancels);
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "x", 1) == -EINTR);
	CHECK(!req && mock.ended == 2);
	mock_add(&simple);
	req = get(h);
	mock.send_status = -ECONNRESET;
	mock_add(&simple);
	CHECK(!httpq_reply_and_receive(&req, 200, NULL, "x", 1));
	CHECK(req && !mock.cancels);
	mock.send_status = 0;
	mock.send_error = -ESHUTDOWN;
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "x", 1) == -ESHUTDOWN);
	CHECK(!req);
	httpq_close(h);
}

/* The kernel does not wait after that; the next call does. */
static void test_fused_failure(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h);

	httpq_set_timeout(h, 600000);
	mock.send_status = -ECONNRESET;
	mock.late = &simple;
	CHECK(!httpq_reply_and_receive(&req, 200, NULL, "x", 1));
	CHECK(req && !mock.late && !mock.cancels);
	mock.send_status = -EINVAL;
	mock.late = &simple;
	CHECK(!httpq_reply_and_receive(&req, 200, NULL, "x", 1));
	CHECK(req && !mock.late && mock.cancels == 1);
	mock.late = &simple;
	CHECK(httpq_exchange(h, &req, 1, &req, 1) == -EINTR);
	CHECK(httpq_error(req) == -EINVAL && mock.late);
	mock.send_status = -EINTR;
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "x", 1) == -EINTR);
	CHECK(req && mock.late && mock.cancels == 1);
	httpq_request_free(req);
	httpq_close(h);
}

static void test_batch(void)
{
	struct mock_request r = simple;
	struct httpq *h = open_with(0, NULL);
	struct httpq_request *reqs[8], *next[8];
	unsigned int i;

	for (r.id = 1; r.id <= 6; r.id++) {
		r.padding = r.id == 3 ? 60000 : 0;
		mock_add(&r);
	}
	CHECK(httpq_exchange(h, NULL, 0, reqs, 4) == 3);
	CHECK(mock.receives == 1);
	for (i = 0; i < 3; i++) {
		CHECK(httpq_id(reqs[i]) == i + 1);
		CHECK(httpq_str_is(httpq_host(reqs[i]), "a.test"));
		CHECK(!httpq_set_body(reqs[i], "x", 1));
	}
	CHECK(httpq_exchange(h, reqs, 3, next, 8) == 3);
	CHECK(!reqs[0] && !reqs[1] && !reqs[2] && mock.ended == 3);
	CHECK(httpq_id(next[2]) == 6);
	mock.send_status = -EINVAL;
	CHECK(!httpq_exchange(h, next, 3, NULL, 0));
	CHECK(next[0] && httpq_error(next[0]) == -EINVAL);
	for (i = 0; i < 3; i++)
		httpq_request_free(next[i]);
	CHECK(mock.cancels == 3);
	CHECK(httpq_exchange(h, NULL, 65, NULL, 0) == -EINVAL);
	httpq_close(h);
}

/* Answers do not wait for memory that requests would need. */
static void test_no_memory(void)
{
	struct httpq *h = open_with(0, &simple);
	struct httpq_request *req = get(h), *next[64];

	CHECK(!httpq_set_body(req, "x", 1));
	/* Its head has its buffer. */
	CHECK(!httpq_add_header(req, "X-A", "b"));
	mock_add(&simple);
	mock.no_memory = true;
	CHECK(httpq_exchange(h, &req, 1, next, 64) == -ENOMEM);
	mock.no_memory = false;
	CHECK(!req && mock.ended == 1);
	CHECK(httpq_exchange(h, NULL, 0, next, 64) == 1);
	httpq_request_free(next[0]);
	httpq_close(h);
}

static void test_events(void)
{
	struct httpq *h = open_with(HTTPQ_OPEN_NONBLOCK, &simple);
	struct httpq_request *req, *about;
	struct httpq_event e;

	CHECK(!httpq_next_event(h, &e, &req));
	CHECK(e.type == HTTPQ_EVENT_REQUEST && httpq_id(req) == 7);
	httpq_set_user(req, &e);
	mock.event = (struct httpq_event){ .id = 7,
					   .type = HTTPQ_EVENT_SPACE };
	CHECK(!httpq_next_event(h, &e, &about));
	CHECK(about == req && httpq_user(about) == &e);
	mock.event = (struct httpq_event){ .id = 8,
					   .type = HTTPQ_EVENT_BODY };
	CHECK(!httpq_next_event(h, &e, &about) && !about);
	CHECK(httpq_next_event(h, &e, &about) == -EAGAIN);
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "", 0) == -EINVAL);
	httpq_request_free(req);
	mock.event = (struct httpq_event){ .id = 7,
					   .type = HTTPQ_EVENT_DISCONNECT };
	CHECK(!httpq_next_event(h, &e, &about) && !about);
	mock.event.type = HTTPQ_EVENT_DISCONNECT;
	mock_add(&simple);
	req = get(h);
	httpq_request_free(req);
	mock.silent = true;
	CHECK(httpq_receive(h, &req) == -EAGAIN);
	httpq_close(h);
}

static void *thread_main(void *arg)
{
	struct httpq_request *req = NULL;

	while (!(req ? httpq_reply_and_receive(&req, 200, NULL, "x", 1) :
		       httpq_receive(arg, &req)))
		;
	if (req)
		httpq_request_free(req);
	return NULL;
}

static void test_threads(void)
{
	struct httpq *h = open_with(0, NULL);
	pthread_t threads[8];
	int i;

	for (i = 0; i < 4000; i++)
		mock_add(&simple);
	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, thread_main, h);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	CHECK(mock.ended == 4000 && !mock.cancels);
	httpq_close(h);
}

const struct test lib_tests[] = {
	{ "open attaches and refuses unknown flags", test_open },
	{ "accessors give what was delivered", test_accessors },
	{ "headers by name, number and index", test_headers },
	{ "field numbers and names agree", test_field_ids },
	{ "reply encodes status, fields and body", test_reply },
	{ "fields that would break the head are refused", test_bad_fields },
	{ "head over 64K is refused with E2BIG", test_long_head },
	{ "many fields keep their order", test_many_fields },
	{ "receive grows its buffer after EMSGSIZE", test_regrow },
	{ "partial sends go on where they stopped", test_partial_send },
	{ "streams with interim head and trailers", test_stream },
	{ "body and trailers are read", test_body },
	{ "reply_and_receive is one call", test_fused },
	{ "reply_and_receive goes on after a failure", test_fused_failure },
	{ "exchange takes and answers many", test_batch },
	{ "exchange without memory hands in answers", test_no_memory },
	{ "events find their request", test_events },
	{ "threads share a handle", test_threads },
	{ NULL, NULL },
};
