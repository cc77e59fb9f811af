/* SPDX-License-Identifier: GPL-2.0 */
/* The fixture of the HTTP suites: a queue, a client, and how they meet. */
#ifndef HTTPQ_TEST_HTTP_H
#define HTTPQ_TEST_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "peer.h"
#include "serve.h"

/* A request that has nothing special. */
#define HTTP_GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/*
 * struct http - queue "test" at port 8080 and one connection to it
 * @serve: no thread answers: the test receives itself
 * @peer: its end of the connection
 * @segment: bytes per segment of new connections, 0: no matter
 */
struct http {
	struct serve serve;
	struct peer peer;
	size_t segment;
};

/* In a namespace of its own; @process: not in softirq. 0 or -errno. */
int http_open(struct http *t, size_t segment, bool process);
void http_close(struct http *t);
/* A new connection in place of the old one. 0 or -errno. */
int http_reconnect(struct http *t);
/*
 * Who waits until a segment was acknowledged (peer_flush(), peers that send in
 * segments) shall not wait for the timer of delayed acknowledgments: 40 ms
 * each. 0 or -errno.
 */
int http_hurry_acks(void);

/* The next request; NULL if none comes. */
struct httpq_request *http_take(struct http *t);
/* Sends a request and takes it. */
struct httpq_request *http_ask(struct http *t, const char *text);
/* Whether there is no request to take, now. */
bool http_quiet(struct http *t);
/* Sends without regard to segments: for what is long. 0 or -errno. */
int http_bulk(struct http *t, const void *data, size_t len);
/* The rest of a body in reads of @piece bytes: how many, or the error. */
ssize_t http_read_all(struct httpq_request *req, char *buf, size_t size,
		      size_t piece);
/* What is there of a body, without waiting; the end is 0 as well. */
ssize_t http_read_now(struct http *t, struct httpq_request *req, void *buf,
		      size_t len);
/* Answers 200 with @body and frees the request; what httpq_reply() gives. */
int http_answer(struct httpq_request *req, const char *body);
/* Whether the connection serves another request. */
bool http_alive(struct http *t);

/* What is wrong with the form of a response; "" if nothing. */
const char *http_fault(const struct reply *r);
/* The same for what the kernel writes by itself, all of which looks alike;
 * @close: it ends the connection and says so.
 */
const char *http_answer_fault(const struct reply *r, int status, bool close);
/* Whether a field is there once, with this value. */
bool http_field_is(const struct reply *r, const char *name, const char *value);

/* All of a suite runs in each of the ways in which bytes can come in. */
#define HTTP_FIXTURE(name)						\
	FIXTURE(name) { struct http http; };				\
	FIXTURE_VARIANT(name) { size_t segment; bool process; };	\
	FIXTURE_VARIANT_ADD(name, plain) { };				\
	FIXTURE_VARIANT_ADD(name, bytewise) { .segment = 1 };		\
	FIXTURE_VARIANT_ADD(name, process) { .process = true };	\
	FIXTURE_SETUP(name)						\
	{								\
		ASSERT_EQ(0, http_open(&self->http, variant->segment,	\
				       variant->process));		\
	}								\
	FIXTURE_TEARDOWN(name) { http_close(&self->http); }

#endif
