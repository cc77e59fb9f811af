/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the example workers share: attaching, threads, draining on a signal,
 * and sending on after one.
 */
#ifndef _EXAMPLES_COMMON_H
#define _EXAMPLES_COMMON_H

#include "httpq.h"

/**
 * struct worker - what a worker is started with
 * @name: of the program, for messages.
 * @queue: the queue.
 * @url: the prefix to bind, or NULL if the administrator bound one. With it
 *	the queue is made if it does not exist.
 * @threads: how many serve.
 * @serve: runs in each thread as long as it can receive. Returns why it can't
 *	any more: -ESHUTDOWN is the good end.
 * @arg: for @serve.
 */
struct worker {
	const char *name;
	const char *queue;
	const char *url;
	unsigned int threads;
	int (*serve)(struct httpq *h, void *arg);
	void *arg;
};

/* Serves until SIGTERM or SIGINT, or until an administrator drains the worker.
 * Returns the exit status.
 */
int worker_run(struct worker *w);

/* Takes requests one by one and frees them after @handle. */
int worker_each(struct httpq *h, void (*handle)(struct httpq_request *, void *),
		void *arg);

/* The number of threads of an option; exits if it is none. */
unsigned int worker_threads(const char *name, const char *text);

/* As httpq_send() and httpq_reply(), but signals don't stop them. If the client
 * is gone the response is ended.
 */
int send_all(struct httpq_request *req, const void *data, size_t len,
	     unsigned int flags);
int reply_all(struct httpq_request *req, unsigned int status, const char *type,
	      const void *body, size_t len);

#endif /* _EXAMPLES_COMMON_H */
