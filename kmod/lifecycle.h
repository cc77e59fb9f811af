/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of workers, requests, connections and zombies as tables. Pure: the
 * module goes by them, KUnit checks them, a program in user space runs every
 * interleaving of their events, and Documentation/lifecycle.rst is drawn from
 * them.
 */
#ifndef _HTTPQ_LIFECYCLE_H
#define _HTTPQ_LIFECYCLE_H

#include <linux/types.h>

#include <linux/httpq_log.h>

/* No such transition. */
#define HTTPQ_LIFECYCLE_NONE 0xff

/* enum httpq_worker_state, X(name) */
#define HTTPQ_WORKER_STATES(X)						\
	X(STARTING)							\
	X(ACTIVE)							\
	X(DRAINING)							\
	X(GONE)

/* X(name): what happens to a worker. */
#define HTTPQ_WORKER_EVENTS(X)						\
	X(READY)	/* its first receive, or it says so */		\
	X(DRAIN)	/* by itself or by an administrator */		\
	X(LEAVE)	/* closed, owner dead, detached, deadline */

/* X(name): where a request is; see struct httpq_request for who may change it. */
#define HTTPQ_REQUEST_STATES(X)						\
	X(NEW)		/* being received, the connection's own */	\
	X(QUEUED)	/* in queue->unread */				\
	X(RESERVED)	/* in a handle's table, not yet copied out */	\
	X(DELIVERED)	/* copied out completely */			\
	X(ZOMBIE)	/* its connection is through with it, not the log */ \
	X(DONE)		/* in no container; nobody will answer it */

/* X(name): what happens to a request. */
#define HTTPQ_REQUEST_EVENTS(X)						\
	X(DISPATCH)	/* routed, the queue accepts it */		\
	X(TAKE)		/* a worker reaches for it */			\
	X(DELIVER)	/* the worker has all of it */			\
	X(RETURN)	/* back to its place in the queue */		\
	X(OUTLIVE)	/* its connection is gone or goes on without it */ \
	X(END)		/* nothing more will come of it */

/* X(name): in the order in which a request passes them. */
#define HTTPQ_CONN_STATES(X)						\
	X(IDLE)		/* between requests */				\
	X(HEAD)		/* a head has begun to arrive */		\
	X(REQUEST)	/* a request is out; its answer ends this */	\
	X(DRAIN)	/* answered; the rest of its body is discarded */ \
	X(LINGER)	/* our FIN is sent or due; input is discarded */ \
	X(DEAD)		/* to be released */

/* X(name): what happens to a connection. */
#define HTTPQ_CONN_EVENTS(X)						\
	X(BYTE)		/* the first byte of a head */			\
	X(DISPATCH)	/* a head is complete and queued */		\
	X(NEXT)		/* answered or drained: the next request may come */ \
	X(REST)		/* answered, but its body is still coming */	\
	X(CLOSE)	/* no more requests: half-close */		\
	X(GONE)		/* reset, timer, or all is acknowledged */

#define HTTPQ_LIFECYCLE_X(name) HTTPQ_LIFECYCLE_WORKER_##name,
enum httpq_lifecycle_worker {
	HTTPQ_WORKER_EVENTS(HTTPQ_LIFECYCLE_X)
	HTTPQ_LIFECYCLE_WORKER_NR,
};

#undef HTTPQ_LIFECYCLE_X

#define HTTPQ_LIFECYCLE_X(name) HTTPQ_LIFECYCLE_REQUEST_##name,
enum httpq_lifecycle_request {
	HTTPQ_REQUEST_EVENTS(HTTPQ_LIFECYCLE_X)
	HTTPQ_LIFECYCLE_REQUEST_NR,
};

#undef HTTPQ_LIFECYCLE_X

#define HTTPQ_LIFECYCLE_X(name) HTTPQ_LIFECYCLE_CONN_##name,
enum httpq_lifecycle_conn {
	HTTPQ_CONN_EVENTS(HTTPQ_LIFECYCLE_X)
	HTTPQ_LIFECYCLE_CONN_NR,
};

#undef HTTPQ_LIFECYCLE_X

#define HTTPQ_LIFECYCLE_X(name) HTTPQ_REQUEST_##name,
enum httpq_request_state {
	HTTPQ_REQUEST_STATES(HTTPQ_LIFECYCLE_X)
	HTTPQ_REQUEST_STATE_NR,
};

#undef HTTPQ_LIFECYCLE_X

#define HTTPQ_LIFECYCLE_X(name) HTTPQ_CONN_##name,
enum httpq_conn_state {
	HTTPQ_CONN_STATES(HTTPQ_LIFECYCLE_X)
	HTTPQ_CONN_STATE_NR,
};

#undef HTTPQ_LIFECYCLE_X

/* X(name): what ends a request if not its worker's last send. */
#define HTTPQ_CAUSES(X)							\
	X(WORKER_GONE)	/* the handle that holds it left */		\
	X(CANCEL)	/* the worker gives it up, or ends it short */	\
	X(CLIENT_GONE)	/* reset, or a connection error */		\
	X(CLIENT_SLOW)	/* stopped reading, or sending its body */	\
	X(QUEUE_TIMER)	/* nobody took it in time */			\
	X(ANSWER_TIMER)	/* nobody answered it in time */		\
	X(QUEUE_STOP)	/* stopped, offline or deleted */		\
	X(ZOMBIE_TIMER)	/* net.httpq.zombie_timeout_ms are over */	\
	X(ZOMBIE_EVICT)	/* the list of zombies is full */		\
	X(ZOMBIE_REAP)	/* by an administrator */

enum httpq_cause {
#define HTTPQ_LIFECYCLE_X(name) HTTPQ_CAUSE_##name,
	HTTPQ_CAUSES(HTTPQ_LIFECYCLE_X)
#undef HTTPQ_LIFECYCLE_X
	HTTPQ_CAUSE_NR,
};

/* X(name): how much of a request has been dealt with. */
#define HTTPQ_PROGRESS(X)						\
	X(UNREAD)	/* never delivered, or returned */		\
	X(UNTOUCHED)	/* delivered; no body read, nothing sent */	\
	X(READING)	/* part of the body was read */			\
	X(BEGUN)	/* part of the response went out */		\
	X(COMPLETE)	/* the response went out, its end is owed */

enum httpq_progress {
#define HTTPQ_LIFECYCLE_X(name) HTTPQ_PROGRESS_##name,
	HTTPQ_PROGRESS(HTTPQ_LIFECYCLE_X)
#undef HTTPQ_LIFECYCLE_X
	HTTPQ_PROGRESS_NR,
};

/* X(name): what becomes of it. */
#define HTTPQ_FATES(X)							\
	X(RETURN)	/* to its queue, to be delivered (again) */	\
	X(REFUSE)	/* the kernel answers with a status */		\
	X(BREAK)	/* the client can see that the response broke off */ \
	X(OUTLIVE)	/* it becomes a zombie */			\
	X(RECORD)	/* nothing but its record is left to be made */

enum httpq_fate_kind {
#define HTTPQ_LIFECYCLE_X(name) HTTPQ_FATE_##name,
	HTTPQ_FATES(HTTPQ_LIFECYCLE_X)
#undef HTTPQ_LIFECYCLE_X
	HTTPQ_FATE_NR,
};

/**
 * struct httpq_facts - what decides the fate of a request
 * @cause: enum httpq_cause
 * @progress: enum httpq_progress
 * @client_gone: nobody is there to be answered
 * @idempotent: by its method, RFC 9110 section 9.2.2
 * @policy: enum httpq_redeliver of its queue
 * @redelivered: how often it was delivered again
 */
struct httpq_facts {
	u8 cause;
	u8 progress;
	bool client_gone;
	bool idempotent;
	u8 policy;
	u8 redelivered;
};

/**
 * struct httpq_fate - what becomes of a request
 * @kind: enum httpq_fate_kind
 * @reason: enum httpq_log_reason of its record; _NONE if another one is made
 *	later, or the caller knows better
 * @status: of HTTPQ_FATE_REFUSE; 0 if the caller knows it
 */
struct httpq_fate {
	u8 kind;
	u8 reason;
	u16 status;
};

/* A request is delivered again this often; then its workers are to blame. */
#define HTTPQ_REDELIVERIES_MAX 2

u8 httpq_lifecycle_worker(u8 state, u8 event);
u8 httpq_lifecycle_request(u8 state, u8 event);
u8 httpq_lifecycle_conn(u8 state, u8 event);
bool httpq_lifecycle_idempotent(u8 method_id);
struct httpq_fate httpq_lifecycle_fate(const struct httpq_facts *facts);

const char *httpq_lifecycle_worker_name(u8 state);
const char *httpq_lifecycle_request_name(u8 state);
const char *httpq_lifecycle_conn_name(u8 state);

#endif /* _HTTPQ_LIFECYCLE_H */
