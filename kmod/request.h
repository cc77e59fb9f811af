/* SPDX-License-Identifier: GPL-2.0 */
/* One HTTP request: struct and head in one piece of memory. */
#ifndef _HTTPQ_REQUEST_H
#define _HTTPQ_REQUEST_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "parse.h"

struct httpq_conn;
struct httpq_net;
struct httpq_queue;
struct httpq_request;
struct httpq_worker;

/* Where a request is; see struct httpq_request for who may change it. */
enum httpq_request_state {
	HTTPQ_REQUEST_NEW,	/* being received, the connection's own */
	HTTPQ_REQUEST_QUEUED,	/* in queue->unread */
	HTTPQ_REQUEST_RESERVED,	/* in a handle's table, not yet copied out */
	HTTPQ_REQUEST_DELIVERED, /* copied out completely */
	HTTPQ_REQUEST_DONE,	/* in no container; nobody will answer it */
};

/**
 * struct httpq_request_ops - how the floors below reach the connection
 * @refuse: answer with a status that the kernel writes; if the response has
 *	begun, or the client is gone, do what is left to do. Called by who
 *	took the request out of its container, in any context but with no
 *	lock held.
 * @returned: the request went back to its queue: time it again. Process
 *	context, no lock held.
 * @describe: fill in the members that tell of the connection. Any context.
 * @put_conn: drop a reference on the connection. Any context.
 */
struct httpq_request_ops {
	void (*refuse)(struct httpq_request *req, u16 status);
	void (*returned)(struct httpq_request *req);
	void (*describe)(const struct httpq_conn *conn,
			 struct httpq_request_head *head);
	void (*put_conn)(struct httpq_conn *conn);
};

/**
 * struct httpq_request - a request
 *
 * Created by its connection when the first byte of a head arrives. One
 * reference belongs to the connection until it stops waiting for an answer;
 * one to the container that the request is in, a queue's list or a handle's
 * table, and passes on with it; others are short.
 *
 * @state is the connection's (socket lock) while NEW, the queue's lock guards
 * the way into and out of QUEUED, the lock of the handle's table all else.
 * Who takes a request out of its container is the one who ends it.
 */
struct httpq_request {
	/** @refs: see above */
	refcount_t refs;
	/** @state: enum httpq_request_state */
	u8 state;
	/** @half_closed: the client's FIN came; for the handle that gets it */
	bool half_closed;
	/** @hn: what the memory is charged to; the connection pins it */
	struct httpq_net *hn;
	/** @conn: holds a reference on the structure, not on its socket */
	struct httpq_conn *conn;
	/** @ops: of the protocol that carries it */
	const struct httpq_request_ops *ops;
	/** @queue: holds a reference once routed */
	struct httpq_queue *queue;
	/** @node: in queue->unread */
	struct list_head node;
	/** @seq: order of arrival in its queue; kept when it goes back */
	u64 seq;
	/** @context: of the binding */
	u64 context;
	/** @queued: ktime of arrival in the queue */
	u64 queued;

	/** @worker: handle whose table it is in; RCU for readers */
	struct httpq_worker __rcu *worker;
	/** @id: its name there */
	u64 id;
	/** @event_node: in worker->events, under worker->lock */
	struct list_head event_node;
	/** @events: bit mask of enum httpq_event_type, under worker->lock */
	u8 events;
	/**
	 * @reason: enum httpq_reason once its client is gone; set under the
	 * queue's lock, read anywhere
	 */
	u8 reason;
	/** @busy: HTTPQ_REQUEST_READING and _SENDING, one thread each */
	unsigned long busy;
	/** @wait: threads that wait for body or space */
	wait_queue_head_t wait;

	/** @trailers: trailer section of a chunked body, or NULL */
	u8 *trailers;
	/** @trailers_len: its bytes */
	u16 trailers_len;
	/** @trailers_size: bytes of the allocation, as charged */
	u16 trailers_size;

	/** @callbacks: passes that the head took to arrive */
	u16 callbacks;
	/** @path: canonical path, in the data */
	struct httpq_span path;
	/** @parse: parser state, then what it found */
	struct httpq_parse parse;
	/** @size: bytes of this allocation, as charged */
	u32 size;
	/** @max_fields: room of the field table */
	u16 max_fields;
	/** @data_len: bytes of data in use */
	u16 data_len;
	/** @fields: the field table; the data follow it */
	struct httpq_field fields[];
};

/* httpq_request.busy */
#define HTTPQ_REQUEST_READING	0
#define HTTPQ_REQUEST_SENDING	1

static inline u8 *httpq_request_data(const struct httpq_request *req)
{
	return (u8 *)&req->fields[req->max_fields];
}

struct httpq_request *
httpq_request_create(struct httpq_conn *conn, struct httpq_net *hn,
		     const struct httpq_request_ops *ops, gfp_t gfp);
int httpq_request_grow_data(struct httpq_request **req, u32 data, gfp_t gfp);
int httpq_request_grow_fields(struct httpq_request **req, gfp_t gfp);
u32 httpq_request_room(const struct httpq_request *req);
struct httpq_request *httpq_request_get(struct httpq_request *req);
void httpq_request_put(struct httpq_request *req);
size_t httpq_request_head_size(const struct httpq_request *req);
void httpq_request_head_fill(const struct httpq_request *req, u64 id,
			     struct httpq_request_head *head);

#endif /* _HTTPQ_REQUEST_H */
