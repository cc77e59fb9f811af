// SPDX-License-Identifier: GPL-2.0
/*
 * What the module does around its tables: kmod/conn.c, held.c, zombie.c,
 * worker.c and the way into a queue and out of it. A function is what happens
 * under one lock; what a thread does after it took a request out of a container
 * is @pending, and anything can happen before it goes on.
 */
#include "world.h"

unsigned int request_number(const struct world *w, const struct request *r)
{
	return r - w->requests + 1;
}

struct request *conn_request(struct world *w)
{
	return w->current ? &w->requests[w->current - 1] : NULL;
}

static u8 step(u8 to)
{
	if (to == HTTPQ_LIFECYCLE_NONE)
		fail(G8, "a transition that the tables do not have");
	return to;
}

void request_step(struct request *r, u8 event)
{
	r->state = step(httpq_lifecycle_request(r->state, event));
}

void handle_step(struct world *w, unsigned int handle, u8 event)
{
	w->handles[handle] = step(httpq_lifecycle_worker(w->handles[handle],
							 event));
}

void conn_step(struct world *w, u8 event)
{
	w->conn = step(httpq_lifecycle_conn(w->conn, event));
}

static u8 request_progress(const struct request *r)
{
	if (r->state != HTTPQ_REQUEST_DELIVERED)
		return HTTPQ_PROGRESS_UNREAD;
	if (r->complete)
		return HTTPQ_PROGRESS_COMPLETE;
	if (r->begun)
		return HTTPQ_PROGRESS_BEGUN;
	return r->read ? HTTPQ_PROGRESS_READING : HTTPQ_PROGRESS_UNTOUCHED;
}

static struct httpq_fate fate_of(const struct world *w,
				 const struct request *r, u8 cause, u8 progress,
				 bool gone)
{
	const struct httpq_facts facts = {
		.cause = cause,
		.progress = progress,
		.client_gone = gone,
		.idempotent = r->idempotent,
		.policy = w->policy,
		.redelivered = r->redelivered,
	};

	return httpq_lifecycle_fate(&facts);
}

/* Who takes it out of a queue ends it there and then, others here. */
static void request_finish(struct request *r)
{
	if (r->state != HTTPQ_REQUEST_DONE)
		request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
}

static void zombie_unlist(struct world *w, struct request *r)
{
	unsigned int i, to = 0;

	for (i = 0; i < REQUESTS; i++)
		if (w->zombies[i] != request_number(w, r))
			w->zombies[to++] = w->zombies[i];
	while (to < REQUESTS)
		w->zombies[to++] = 0;
}

/* Out of the handle's table; its events, and the list, come after that. */
void request_erase(struct request *r, u8 pending)
{
	if (r->state == HTTPQ_REQUEST_DELIVERED)
		r->caller = r->holder;
	r->holder = 0;
	r->pending = pending;
}

static void request_disown(struct world *w, struct request *r)
{
	r->worker = 0;
	if (r->state == HTTPQ_REQUEST_ZOMBIE)
		zombie_unlist(w, r);
}

/* Both at once, for who needs nothing else in between. */
static bool request_revoke(struct world *w, struct request *r)
{
	if (!r->worker || !r->holder)
		return false;
	request_erase(r, PENDING_NOTHING);
	request_disown(w, r);
	return true;
}

void zombie_end(struct world *w, struct request *r, u8 cause)
{
	struct httpq_fate fate = fate_of(w, r, cause, r->progress, r->gone);

	if (!request_revoke(w, r))
		return;
	if (fate.kind != HTTPQ_FATE_RECORD)
		fail(G4, "a fate that a zombie can't have");
	log_write(w, r, cause, fate.reason, 0);
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
}

/* One that a thread has is off the list then, and that thread's to end. */
static void zombies_evict(struct world *w)
{
	struct request *r;

	while (w->zombies[ZOMBIES]) {
		r = &w->requests[w->zombies[0] - 1];
		zombie_unlist(w, r);
		zombie_end(w, r, HTTPQ_CAUSE_ZOMBIE_EVICT);
	}
}

static bool zombie_enter(struct world *w, struct request *r)
{
	unsigned int i;

	if (!r->worker || r->state != HTTPQ_REQUEST_DELIVERED)
		return false;
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_OUTLIVE);
	/* Delivered after the connection had looked. */
	if (r->progress == HTTPQ_PROGRESS_UNREAD)
		r->progress = HTTPQ_PROGRESS_UNTOUCHED;
	for (i = 0; w->zombies[i]; i++)
		;
	w->zombies[i] = request_number(w, r);
	zombies_evict(w);
	return true;
}

/* The end came after all. Who erased it makes the record. */
void zombie_late_end(struct world *w, struct request *r)
{
	request_erase(r, PENDING_NOTHING);
	request_disown(w, r);
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
	log_write(w, r, -1, HTTPQ_LOG_REASON_NONE, 200);
}

/* The connection; all of this is under the socket lock. */

/* An answer is complete: what becomes of the connection. */
static void conn_next(struct world *w)
{
	w->to_close = false;
	if (!w->keepalive || w->body == BODY_BROKEN)
		conn_step(w, HTTPQ_LIFECYCLE_CONN_CLOSE);
	else if (w->body == BODY_LEFT)
		conn_step(w, HTTPQ_LIFECYCLE_CONN_REST);
	else
		conn_step(w, HTTPQ_LIFECYCLE_CONN_NEXT);
}

/* The connection stops waiting for its request. */
static struct request *conn_detach(struct world *w)
{
	struct request *r = conn_request(w);

	r->progress = request_progress(r);
	w->current = 0;
	w->waits = false;
	return r;
}

/* The kernel answers. */
void conn_refuse(struct world *w)
{
	struct request *r = conn_detach(w);

	see_refusal(w, r);
	w->unsent = request_number(w, r);
	conn_next(w);
}

/* The last byte has left, or never will. */
void conn_sent(struct world *w)
{
	struct request *r = &w->requests[w->unsent - 1];
	bool slow = w->closing == GONE_SLOW;

	w->unsent = 0;
	if (r->ended)
		log_write(w, r, slow ? HTTPQ_CAUSE_CLIENT_SLOW : -1,
			  slow ? HTTPQ_LOG_REASON_TIMER_SEND :
				 HTTPQ_LOG_REASON_NONE, slow ? 0 : 200);
}

static void conn_dead(struct world *w)
{
	if (w->unsent)
		conn_sent(w);
	conn_step(w, HTTPQ_LIFECYCLE_CONN_GONE);
}

/* A response that was begun and can't be completed. */
void conn_break(struct world *w)
{
	struct request *r = conn_detach(w);

	see(w, r, SEEN_BROKEN);
	if (w->to_close)
		conn_dead(w);
	else
		conn_step(w, HTTPQ_LIFECYCLE_CONN_CLOSE);
	w->to_close = false;
}

/* What the log says of a request that no worker had. */
static u8 unread_reason(u8 gone)
{
	switch (gone) {
	case GONE_SLOW:
		return HTTPQ_LOG_REASON_TIMER_SEND;
	case GONE_SHUTDOWN:
		return HTTPQ_LOG_REASON_APP_SHUTDOWN;
	}
	return HTTPQ_LOG_REASON_CLIENT_RESET;
}

static u8 gone_cause(u8 gone)
{
	return gone == GONE_SLOW ? HTTPQ_CAUSE_CLIENT_SLOW :
				   HTTPQ_CAUSE_CLIENT_GONE;
}

/* Out of the queue, if it is there: then nobody else knows it. */
static bool conn_withdraw(struct world *w, u8 gone)
{
	struct request *r = conn_request(w);

	r->gone = gone;
	if (r->state != HTTPQ_REQUEST_QUEUED)
		return false;
	request_step(conn_detach(w), HTTPQ_LIFECYCLE_REQUEST_END);
	log_write(w, r, gone_cause(gone), unread_reason(gone), 0);
	return true;
}

/* The client is the reason why nobody will get an answer. */
static void conn_disown(struct world *w)
{
	u8 cause = gone_cause(w->closing);
	struct request *r = conn_request(w);
	struct httpq_fate fate = fate_of(w, r, cause, r->progress, false);

	w->current = 0;
	/* A timer's verdict stands; after a reset the end may still come. */
	if (cause == HTTPQ_CAUSE_CLIENT_SLOW) {
		if (fate.kind != HTTPQ_FATE_RECORD ||
		    fate.reason != HTTPQ_LOG_REASON_NONE)
			fail(G4, "no record of a slow client");
		log_write(w, r, cause, HTTPQ_LOG_REASON_TIMER_SEND, 0);
		return;
	}
	if (zombie_enter(w, r)) {
		fate = fate_of(w, r, cause, r->progress, true);
		if (fate.kind != HTTPQ_FATE_OUTLIVE)
			fail(G4, "a zombie against the tables");
	} else if (r->state == HTTPQ_REQUEST_RESERVED && request_revoke(w, r)) {
		request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
		log_write(w, r, cause, unread_reason(r->gone), 0);
	}
}

/*
 * The connection ends. A handle that looked before it was said so may yet
 * deliver the request, before the connection looks for the handle.
 */
void conn_gone(struct world *w, u8 gone)
{
	w->closing = gone;
	w->waits = false;
	if (w->conn == HTTPQ_CONN_HEAD) {
		request_step(conn_detach(w), HTTPQ_LIFECYCLE_REQUEST_END);
	} else if (w->current && !conn_withdraw(w, gone)) {
		conn_request(w)->progress = request_progress(conn_request(w));
		return;
	}
	conn_go_on(w);
}

void conn_go_on(struct world *w)
{
	if (w->current)
		conn_disown(w);
	conn_dead(w);
	w->closing = GONE_NOT;
}

/*
 * The rest of the body will not come. The worker has the request until it
 * hears of that, but not its record.
 */
void conn_fail_body(struct world *w)
{
	struct request *r = conn_request(w);

	r->gone = GONE_SLOW;
	w->body = BODY_BROKEN;
	w->keepalive = false;
	if (r->begun)
		conn_break(w);
	else
		conn_refuse(w);
	log_write(w, r, HTTPQ_CAUSE_CLIENT_SLOW, HTTPQ_LOG_REASON_TIMER_BODY,
		  r->begun ? 0 : 408);
}

/* Does what a fate says with the request that the connection waits for. */
static void conn_end(struct world *w, struct request *r, u8 cause,
		     struct httpq_fate fate)
{
	request_finish(r);
	switch (fate.kind) {
	case HTTPQ_FATE_REFUSE:
		conn_refuse(w);
		break;
	case HTTPQ_FATE_BREAK:
		conn_break(w);
		break;
	default:
		fail(G1, "a fate that leaves the client without an answer");
	}
	log_write(w, r, cause, fate.reason, fate.status);
}

/* What a handle has only reserved waits as if it were in the queue. */
void conn_expire_queue(struct world *w)
{
	struct request *r = conn_request(w);
	struct httpq_fate fate = fate_of(w, r, HTTPQ_CAUSE_QUEUE_TIMER,
					 request_progress(r), false);

	if (r->state == HTTPQ_REQUEST_QUEUED || request_revoke(w, r))
		conn_end(w, r, HTTPQ_CAUSE_QUEUE_TIMER, fate);
}

void conn_expire_answer(struct world *w)
{
	struct request *r = conn_request(w);
	struct httpq_fate fate = fate_of(w, r, HTTPQ_CAUSE_ANSWER_TIMER,
					 request_progress(r), false);

	/* Else the thread that has it ends it. */
	if (request_revoke(w, r))
		conn_end(w, r, HTTPQ_CAUSE_ANSWER_TIMER, fate);
}

/* All of the body was sent, but not the end: the connection goes on. */
void conn_complete(struct world *w)
{
	struct request *r = conn_detach(w);

	w->unsent = request_number(w, r);
	conn_next(w);
	zombie_enter(w, r);
}

/* The worker's end: its thread takes the request out of the table next. */
void conn_end_reply(struct world *w)
{
	struct request *r = conn_detach(w);

	r->ended = true;
	w->unsent = request_number(w, r);
	conn_next(w);
}

/* What a thread does with a request that it took out of a container. */

bool request_push(struct world *w, struct request *r)
{
	if (w->stopped)
		return false;
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_DISPATCH);
	return true;
}

static void request_adopt(struct world *w, struct request *r,
			  unsigned int handle)
{
	if (w->handles[handle] != HTTPQ_WORKER_ACTIVE) {
		r->pending = PENDING_RETURN;
		return;
	}
	/* It looks before it copies. */
	if (r->gone) {
		r->pending = PENDING_END + HTTPQ_CAUSE_CLIENT_GONE;
		return;
	}
	r->pending = PENDING_NOTHING;
	r->holder = handle + 1;
	r->worker = handle + 1;
}

static void request_return(struct world *w, struct request *r)
{
	if (!r->gone && !w->stopped) {
		r->redelivered += r->state == HTTPQ_REQUEST_DELIVERED;
		request_step(r, HTTPQ_LIFECYCLE_REQUEST_RETURN);
		r->pending = PENDING_NOTHING;
		return;
	}
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
	r->pending = PENDING_END + (r->gone ? HTTPQ_CAUSE_WORKER_GONE :
					      HTTPQ_CAUSE_QUEUE_STOP);
}

/* The connection has let it go: only the record may be left. */
static void request_forsaken(struct world *w, struct request *r, u8 cause)
{
	struct httpq_fate fate = fate_of(w, r, cause, r->progress, true);

	r->pending = PENDING_NOTHING;
	request_finish(r);
	if (!r->owed || r->ended)
		return;
	if (fate.kind != HTTPQ_FATE_RECORD)
		fail(G4, "a fate that leaves nobody to make the record");
	if (fate.reason == HTTPQ_LOG_REASON_CLIENT_RESET)
		fate.reason = unread_reason(r->gone);
	log_write(w, r, cause, fate.reason, 0);
}

static void request_end(struct world *w, struct request *r, u8 cause)
{
	struct httpq_fate fate;

	if (w->current != request_number(w, r)) {
		request_forsaken(w, r, cause);
		return;
	}
	fate = fate_of(w, r, cause, request_progress(r), false);
	r->pending = PENDING_NOTHING;
	if (fate.kind != HTTPQ_FATE_RETURN) {
		conn_end(w, r, cause, fate);
		return;
	}
	/* Nobody is to know that it was delivered. */
	r->pending = PENDING_RETURN;
	r->held = false;
	w->waits = false;
}

/* False if it has to wait for the socket lock. */
bool request_go_on(struct world *w, struct request *r)
{
	u8 pending = r->pending;

	if (pending >= PENDING_ADOPT && pending < PENDING_END) {
		request_adopt(w, r, pending - PENDING_ADOPT);
	} else if (r->worker) {
		request_disown(w, r);
	} else if (pending == PENDING_RETURN) {
		request_return(w, r);
	} else if (pending == PENDING_DONE) {
		r->pending = PENDING_NOTHING;
		request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
	} else if (!w->closing) {
		request_end(w, r, pending - PENDING_END);
	} else {
		return false;
	}
	return true;
}
