/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the files of libhttpq share: the handle, the request and the head
 * under construction.
 */
#ifndef _LIBHTTPQ_INTERNAL_H
#define _LIBHTTPQ_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "httpq.h"

#define EXPORT __attribute__((visibility("default")))

/* Room for a request that is tried first; most heads are far smaller. */
#define RX_SIZE		4096U
/* Objects with larger buffers are not kept for the next request. */
#define RX_KEEP_MAX	(64U * 1024)
/* Requests that are kept for recycling. */
#define SPARE_MAX	64U
/* Buckets of the table of live requests. */
#define LIVE_BUCKETS	64U

/**
 * struct head_builder - fields of a response, or of its trailers
 * @buf: the reply head, room for @table_room fields, then the data.
 * @table_room: fields that fit before the data.
 * @data_room: bytes of data that fit.
 * @data_len: bytes of data so far.
 * @nr_fields: fields so far.
 * @status: status code; 0 for trailers.
 * @reason: reason phrase in the data.
 * @error: the first error; sending the head gives it.
 */
struct head_builder {
	uint8_t *buf;
	uint32_t table_room;
	uint32_t data_room;
	uint32_t data_len;
	uint16_t nr_fields;
	uint16_t status;
	struct httpq_span reason;
	int error;
};

/**
 * struct httpq_request - a request and its answer
 * @next: in the handle's list of spares or table of live requests.
 * @h: the handle.
 * @head: the request as it was delivered.
 * @head_room: bytes that fit at @head.
 * @trailers: the trailers once they were read, else NULL.
 * @trailers_len: bytes of them.
 * @user: belongs to the caller.
 * @log: what goes into the record of the request, or NULL.
 * @log_len: bytes of it.
 * @reply: the head of the response, later its trailers.
 * @body: bytes that httpq_set_body() lent.
 * @body_len: how many of them are still to be sent.
 * @head_sent: the kernel has the final head.
 * @sending: the arguments of an unfinished httpq_reply() are in @body.
 * @over: there is nothing left to answer.
 * @live: it is in the table.
 * @body_eof: the body was read to its end.
 * @error: what became of the answer.
 */
struct httpq_request {
	struct httpq_request *next;
	struct httpq *h;
	struct httpq_request_head *head;
	uint32_t head_room;
	uint32_t trailers_len;
	struct httpq_reply_head *trailers;
	void *user;
	struct httpq_log_data *log;
	uint32_t log_len;
	struct head_builder reply;
	const void *body;
	size_t body_len;
	bool head_sent;
	bool sending;
	bool over;
	bool live;
	bool body_eof;
	int error;
};

/**
 * struct httpq - a handle
 * @fd: the descriptor of /dev/httpq.
 * @nonblock: calls never sleep.
 * @timeout_ms: how long to wait for an event.
 * @leaving: no requests come any more, only events of those that are held.
 * @lock: protects the next three; nothing nests inside.
 * @spares: recycled requests.
 * @nr_spares: how many.
 * @live: requests by id, for httpq_next_event(); only if @nonblock.
 */
struct httpq {
	int fd;
	bool nonblock;
	int timeout_ms;
	atomic_bool leaving;
	pthread_mutex_t lock;
	struct httpq_request *spares;
	unsigned int nr_spares;
	struct httpq_request *live[LIVE_BUCKETS];
};

/* handle.c */
int handle_ioctl(const struct httpq *h, unsigned long cmd, void *arg);
int handle_interrupted(const struct httpq *h);

/* pool.c */
int pool_get(struct httpq *h, uint32_t room, struct httpq_request **out);
int pool_grow(struct httpq_request *req, uint32_t room);
void pool_put(struct httpq_request *req);
void pool_publish(struct httpq_request *req);
struct httpq_request *pool_find(struct httpq *h, uint64_t id);
void pool_free(struct httpq *h);

/* builder.c */
void builder_reset(struct head_builder *b);
int builder_add(struct head_builder *b, const char *name, const char *value);
int builder_reason(struct head_builder *b, const char *reason);
const void *builder_seal(struct head_builder *b, uint32_t *len);

/* field.c */
struct httpq_str field_find(const struct httpq_field *fields, unsigned int nr,
			    const char *data, const char *name);
void field_get(const struct httpq_field *field, const char *data,
	       struct httpq_str *name, struct httpq_str *value);

/* log.c */
void log_fill(const struct httpq_request *req, struct httpq_send *send);

/* reply.c */
int reply_prepare(struct httpq_request *req, unsigned int status,
		  const char *type, const void *body, size_t len);
int reply_fill(struct httpq_request *req, struct httpq_send *send);
int reply_settle(struct httpq_request *req, const struct httpq_send *send);

#endif /* _LIBHTTPQ_INTERNAL_H */
