/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small model of the module: one connection with two requests, one queue, two
 * handles, the list of zombies and the log. What may happen next, and what
 * becomes of a request, kmod/lifecycle.c says; who asks it, and who makes the
 * record, is written here as the module does it, one function for each section
 * under a lock. Everything is in bytes: a state is what they hold.
 *
 * Left out is what only chooses among events that are explored anyway (order
 * of arrival, affinity, limits of the queue) and how long something takes.
 */
#ifndef _EXPLORE_WORLD_H
#define _EXPLORE_WORLD_H

#include <string.h>

#include <linux/kernel.h>
#include <linux/types.h>

#include "../../kmod/lifecycle.h"

#define REQUESTS 2
#define HANDLES 2
/* net.httpq.zombies: the second one evicts the first. */
#define ZOMBIES 1

/* A handle that is closed, or was never open; behind enum httpq_worker_state. */
#define HANDLE_CLOSED (HTTPQ_WORKER_GONE + 1)

/* How far the client's body has come. */
enum body { BODY_DONE, BODY_LEFT, BODY_BROKEN };

/* What the client saw of the answer to a request. */
enum seen { SEEN_NOTHING, SEEN_PART, SEEN_ALL, SEEN_BROKEN };

/* Who ended the connection of a request; enum httpq_reason in the module. */
enum gone { GONE_NOT, GONE_CLIENT, GONE_SLOW, GONE_SHUTDOWN };

/*
 * What the thread that took a request out of a container goes on to do with
 * it, without a lock: one of these, or PENDING_END + enum httpq_cause.
 */
enum pending {
	PENDING_NOTHING,
	PENDING_DONE,		/* the worker's own end */
	PENDING_RETURN,		/* back to the queue */
	PENDING_ADOPT,		/* into a handle's table, + handle */
	PENDING_END = PENDING_ADOPT + HANDLES,
};

/**
 * struct request - see struct httpq_request
 * @state: enum httpq_request_state
 * @owed: a record is to be made
 * @idempotent: its method
 * @holder: handle in whose table it is, plus 1; or 0
 * @worker: handle that is told of events, plus 1; or 0
 * @pending: enum pending
 * @caller: handle from which it was taken, plus 1: a thread of the worker may
 *	have found it before, and be about to touch it; or 0
 * @redelivered: times it went back after a delivery
 * @gone: enum gone
 * @progress: enum httpq_progress, when its connection let it go
 * @read: some of its body was read, or an interim response went out
 * @held: part of the response is held back
 * @begun: part of the response went out
 * @complete: all of it went out, its end is owed
 * @ended: the worker has done its part; the connection makes the record
 *
 * What only the checks look at:
 * @deliveries: to how many handles it went
 * @touched: read from, or answered
 * @seen: enum seen
 * @records: how many it has
 */
struct request {
	u8 state;
	u8 owed;
	u8 idempotent;
	u8 holder;
	u8 worker;
	u8 pending;
	u8 caller;
	u8 redelivered;
	u8 gone;
	u8 progress;
	u8 read;
	u8 held;
	u8 begun;
	u8 complete;
	u8 ended;
	u8 deliveries;
	u8 touched;
	u8 seen;
	u8 records;
};

/**
 * struct world - all of it
 * @policy: enum httpq_redeliver of the queue
 * @stopped: the queue accepts nothing
 * @ending: the namespace ends, or the module is unloaded
 * @conn: enum httpq_conn_state
 * @closing: enum gone: the connection is being ended, under the socket lock,
 *	while others go on that don't need that lock
 * @heads: requests that began on the connection
 * @current: the one that the connection waits for, plus 1; or 0
 * @keepalive: the connection outlives the current response
 * @to_close: the end of the connection is the end of the response
 * @body: enum body of the current request
 * @waits: a thread waits for more of the body
 * @unsent: whose response TCP has not taken all of, plus 1; or 0
 * @fin: the client half-closed
 * @reset: the client reset the connection
 * @slow: the client was too slow
 * @handles: enum httpq_worker_state or HANDLE_CLOSED
 * @zombies: requests plus 1, the oldest first, then 0
 * @requests: in order
 */
struct world {
	u8 policy;
	u8 stopped;
	u8 ending;
	u8 conn;
	u8 closing;
	u8 heads;
	u8 current;
	u8 keepalive;
	u8 to_close;
	u8 body;
	u8 waits;
	u8 unsent;
	u8 fin;
	u8 reset;
	u8 slow;
	u8 handles[HANDLES];
	u8 zombies[REQUESTS + 1];
	struct request requests[REQUESTS];
};

/* Who makes an event happen. */
enum by {
	BY_CLIENT,
	BY_WORKER,
	BY_ADMIN,
	BY_TIMER,
	BY_KERNEL,	/* a thread goes on with what it has begun */
};

/* What an event is about. */
enum about {
	ABOUT_CONN,	/* the connection: needs the socket lock */
	ABOUT_LEAVE,	/* the end of a handle, and what follows from it */
	ABOUT_OTHER,
};

/**
 * struct event - something that can happen
 * @name: for people
 * @by: enum by
 * @about: enum about
 * @args: number of arguments, from 0; a handle, a request, or as @run says
 * @run: makes it happen; false if it can't now
 */
struct event {
	const char *name;
	u8 by;
	u8 about;
	u8 args;
	bool (*run)(struct world *w, unsigned int arg);
};

extern const struct event events[];
extern const unsigned int nr_events;

/* What a state or an event can break. */
enum guarantee { G1, G2, G3, G4, G8, GUARANTEES };

/* glue.c */
unsigned int request_number(const struct world *w, const struct request *r);
struct request *conn_request(struct world *w);
void request_step(struct request *r, u8 event);
void handle_step(struct world *w, unsigned int handle, u8 event);
void conn_step(struct world *w, u8 event);
void conn_refuse(struct world *w);
void conn_break(struct world *w);
void conn_gone(struct world *w, u8 gone);
void conn_go_on(struct world *w);
void conn_fail_body(struct world *w);
void conn_sent(struct world *w);
void conn_expire_queue(struct world *w);
void conn_expire_answer(struct world *w);
void conn_complete(struct world *w);
void conn_end_reply(struct world *w);
bool request_push(struct world *w, struct request *r);
void request_erase(struct request *r, u8 pending);
bool request_go_on(struct world *w, struct request *r);
void zombie_end(struct world *w, struct request *r, u8 cause);
void zombie_late_end(struct world *w, struct request *r);

/* check.c */
extern const char *violation;
extern enum guarantee violated;

void fail(enum guarantee guarantee, const char *text);
void log_write(struct world *w, struct request *r, int cause, u8 reason,
	       u16 status);
void see(const struct world *w, struct request *r, u8 seen);
void see_refusal(const struct world *w, struct request *r);
void deliver(const struct world *w, struct request *r);
void touch(struct request *r);
void check_state(const struct world *w);
void check_event(const struct world *from, const struct world *to,
		 const struct event *event, unsigned int arg);
bool world_owes_step(const struct world *w);
bool world_is_final(const struct world *w);
void world_forget(struct world *w);

#endif /* _EXPLORE_WORLD_H */
