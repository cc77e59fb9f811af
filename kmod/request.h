/* SPDX-License-Identifier: GPL-2.0 */
/* One HTTP request: struct and head in one piece of memory. */
#ifndef _HTTPQ_REQUEST_H
#define _HTTPQ_REQUEST_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "lifecycle.h"
#include "parse.h"

struct httpq_binding;
struct httpq_conn;
struct httpq_net;
struct httpq_queue;
struct httpq_request;
struct httpq_worker;

/**
 * struct httpq_request_ops - how the floors below reach the connection
 * @end: decide by enum httpq_cause what becomes of a request, and do it.
 *	Called by who took it out of its container, process context, no lock
 *	held. Returns true if it is to go back to its queue, which is left to
 *	the caller.
 * @returned: the request went back to its queue: time it again. Process
 *	context, no lock held.
 * @put_conn: drop a reference on the connection. Any context.
 */
struct httpq_request_ops {
	bool (*end)(struct httpq_request *req, u8 cause);
	void (*returned)(struct httpq_request *req);
	void (*put_conn)(struct httpq_conn *conn);
};

/**
 * struct httpq_request_note - what a worker adds to the record
 * @data: numbers and lengths
 * @text: the texts
 */
struct httpq_request_note {
	struct httpq_log_data data;
	u8 text[];
};

/**
 * struct httpq_request - a request
 *
 * Created by its connection when the first byte of a head arrives. One
 * reference belongs to the connection until it stops waiting for an answer,
 * and then, if the answer was complete, until all of it was handed to TCP; one
 * to the container that the request is in, a queue's list or a handle's
 * table, and passes on with it; others are short.
 *
 * @state is the connection's (socket lock) while NEW, the queue's lock guards
 * the way into and out of QUEUED, the locks of the handle's table and events
 * all else. Who takes a request out of its container is the one who ends it.
 *
 * A record is owed (@owed) from the moment that its head is complete or
 * refused. While its connection has it, the socket lock guards that; after
 * that it is the record of who takes it out of the handle's table, unless
 * @ended: then the connection makes it when the last byte has left.
 */
struct httpq_request {
	/** @refs: see above */
	refcount_t refs;
	/** @state: enum httpq_request_state */
	u8 state;
	/** @half_closed: the client's FIN came; for the handle that gets it */
	bool half_closed;
	/** @owed: a record is still to be made */
	bool owed;
	/** @ended: the worker has done its part; under the socket lock */
	bool ended;
	/** @partial: its client left before all of the response had */
	bool partial;
	/** @bodyless: its response has no body, whatever the worker says */
	bool bodyless;
	/** @offered: RESERVED, and its handle knows the name */
	bool offered;
	/** @redelivered: times it went back after a delivery */
	u8 redelivered;
	/** @progress: enum httpq_progress, when its connection let it go */
	u8 progress;
	/** @status: of the response that was begun, or 0 */
	u16 status;
	/** @hn: what the memory is charged to; pinned by @conn, or a reference */
	struct httpq_net *hn;
	/**
	 * @conn: holds a reference on the structure, not on its socket; NULL
	 * for a zombie that was made small
	 */
	struct httpq_conn *conn;
	/** @ops: of the protocol that carries it */
	const struct httpq_request_ops *ops;
	/** @binding: that it was routed by, a reference; or NULL */
	struct httpq_binding *binding;
	/** @queue: of @binding, which pins it; or NULL */
	struct httpq_queue *queue;
	/** @node: in queue->unread */
	struct list_head node;
	/** @seq: order of arrival in its queue; kept when it goes back */
	u64 seq;
	/** @hint: number of the handle that should have it, or 0 */
	u64 hint;
	/** @hint_until: jiffies until when others leave it alone */
	unsigned long hint_until;

	/** @conn_id: number of the connection */
	u32 conn_id;
	/** @number: the how manieth of its connection */
	u32 number;
	/** @local: our end */
	struct httpq_addr local;
	/** @remote: the client's end */
	struct httpq_addr remote;
	/** @started: ktime of the first byte */
	u64 started;
	/** @queued: ktime of arrival in the queue */
	u64 queued;
	/** @waited: nanoseconds from then to the last delivery */
	u64 waited;
	/** @active: jiffies when a handle took it, then of its delivery */
	unsigned long active;
	/** @received: body bytes that were read */
	u64 received;
	/** @sent: bytes of the response */
	u64 sent;
	/** @note: what the worker said for the record, or NULL */
	struct httpq_request_note *note;
	/** @worker_id: number of the last handle that got it, or 0 */
	u64 worker_id;
	/** @worker_pid: its process */
	u32 worker_pid;
	/** @last_call: enum httpq_log_call of that handle when it lost it */
	u8 last_call;
	/** @last_call_at: jiffies of that call */
	unsigned long last_call_at;

	/** @zombie_why: enum httpq_zombie_why */
	u8 zombie_why;
	/** @zombie_half: half of its time was told */
	bool zombie_half;
	/** @zombie_since: jiffies */
	unsigned long zombie_since;
	/** @zombie_id: for people */
	u64 zombie_id;
	/** @zombie_node: in hn->zombies, under hn->zombie_lock */
	struct list_head zombie_node;

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
	/** @delivery: counts the handles that took it, never 0 after the first */
	u32 delivery;
	/** @reading: @delivery whose thread reads the body, or 0 */
	u32 reading;
	/** @sending: @delivery whose thread sends, or 0 */
	u32 sending;
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

static inline u8 *httpq_request_data(const struct httpq_request *req)
{
	return (u8 *)&req->fields[req->max_fields];
}

/**
 * httpq_request_log_id - the number that records and tables show of a request
 * @req: request
 *
 * Context: any.
 * Return: its connection's number and its own on it; 0 there before its head
 * is complete.
 */
static inline u64 httpq_request_log_id(const struct httpq_request *req)
{
	return (u64)req->conn_id << 32 | req->number;
}

struct httpq_request *
httpq_request_create(struct httpq_conn *conn, struct httpq_net *hn,
		     const struct httpq_request_ops *ops, gfp_t gfp);
struct httpq_request *httpq_request_shrink(const struct httpq_request *req,
					   gfp_t gfp);
void httpq_request_forget(struct httpq_request *to);
void httpq_request_replaced(struct httpq_request *req,
			    struct httpq_request *to);
void httpq_request_set_state(struct httpq_request *req, u8 event);
bool httpq_request_end(struct httpq_request *req, u8 cause);
int httpq_request_grow_data(struct httpq_request **req, u32 data, gfp_t gfp);
int httpq_request_grow_fields(struct httpq_request **req, gfp_t gfp);
u32 httpq_request_room(const struct httpq_request *req);
struct httpq_request *httpq_request_get(struct httpq_request *req);
void httpq_request_put(struct httpq_request *req);
size_t httpq_request_head_size(const struct httpq_request *req);
void httpq_request_head_fill(const struct httpq_request *req, u64 id,
			     struct httpq_request_head *head);

#endif /* _HTTPQ_REQUEST_H */
