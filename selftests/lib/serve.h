/* SPDX-License-Identifier: GPL-2.0 */
/* A worker that does what a test tells it, in threads of the test. */
#ifndef HTTPQ_TEST_SERVE_H
#define HTTPQ_TEST_SERVE_H

#include <pthread.h>
#include <stdbool.h>

#include <httpq.h>

/* What to do with each request; it must end it. */
typedef void (*serve_fn)(struct httpq_request *req, void *data);

/*
 * struct serve - a queue with a prefix and threads that answer
 * Each test process has a network namespace of its own (host_unshare()), so
 * names and ports are free.
 */
struct serve {
	struct httpq *h;
	serve_fn fn;
	void *data;
	int nr;
	volatile bool stop;
	pthread_t threads[32];
};

/* Makes queue "test", binds @url for the life of the handle and starts @nr
 * threads (0: none, the test receives itself). 0 or -errno.
 */
int serve_start(struct serve *s, const char *url, serve_fn fn, void *data,
		int nr);
/* The threads of a serve_start() that made none, in the caller's namespace: a
 * thread keeps the one it is in.
 */
int serve_threads(struct serve *s, int nr);
void serve_stop(struct serve *s);

/* Answers "ok\n". */
void serve_ok(struct httpq_request *req, void *data);
/* Answers with the body of the request, "OK" if there is none. */
void serve_echo(struct httpq_request *req, void *data);

#endif
