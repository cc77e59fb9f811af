/* SPDX-License-Identifier: GPL-2.0 */
/* The ioctls of /dev/httpq as they are, without the library between. */
#ifndef HTTPQ_TEST_RAW_H
#define HTTPQ_TEST_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/httpq.h>

#include "peer.h"

#define RAW_BUF 65536

/* What one transfer gave: @nr events, the requests in @buf. */
struct raw_take {
	int nr;
	struct httpq_event events[HTTPQ_TRANSFER_MAX];
	char buf[RAW_BUF] __attribute__((aligned(8)));
};

/* A whole answer, ready to be put into an array of sends. */
struct raw_answer {
	struct httpq_reply_head head;
	struct httpq_send send;
};

/* 0 or a positive result, or -errno. A test may have its own way. */
extern int (*raw_ioctl)(int fd, unsigned long cmd, void *arg);

/* A handle that is not attached; ends the test if there is none. */
int raw_open(int flags);
int raw_attach(int fd, const char *queue, uint32_t flags, uint32_t mode);
int raw_bind(int fd, const char *url, uint64_t context);
int raw_unbind(int fd, const char *url);
/* Opens and attaches to queue @queue, which it makes if need be. */
int raw_worker(const char *queue, int flags);

/* Takes up to @nr events. How many came, or -errno. */
int raw_take(int fd, struct raw_take *t, int nr, int timeout_ms);
/* The request of event @i. */
const struct httpq_request_head *raw_head(const struct raw_take *t, int i);
/* A piece of a request as a string, in a static buffer. */
const char *raw_text(const struct httpq_request_head *head,
		     struct httpq_span span);
/* Takes one request, waiting for it. Its id, or 0. */
uint64_t raw_take_one(int fd);

void raw_prepare(struct raw_answer *a, uint64_t id, int status,
		 const char *body);
/* Answers as a whole: the item's out_status, or what the call gave. */
int raw_reply(int fd, uint64_t id, int status, const char *body);
int raw_cancel(int fd, uint64_t id);

/* Sends a GET, host "a". 0 or -errno. */
int raw_get(struct peer *p, const char *path);
/* Connects to 127.0.0.1, sends a GET for each of "/0", "/1"... and waits until
 * queue @queue has them, so that they arrive in this order. Whether it worked.
 */
bool raw_gets(struct peer *p, int nr, uint16_t port, const char *queue);
/* Column @column (from 0) of the queue's line in /proc/net/httpq/queues. */
long raw_queue(const char *queue, int column);
bool raw_wait_queue(const char *queue, int column, long value);

enum raw_queue_column {
	RAW_QUEUED = 5, RAW_INFLIGHT, RAW_WORKERS, RAW_MAX_QUEUED,
	RAW_MAX_INFLIGHT, RAW_ARRIVED, RAW_REJECTED,
};

/* Runs @fn as user and group @uid in a child; what it returned (0 or -errno,
 * or up to 127).
 */
int raw_as_user(uid_t uid, int (*fn)(void *data), void *data);

#endif
