// SPDX-License-Identifier: GPL-2.0
/* What has to hold, whatever the tables say: the guarantees of the design. */
#include "world.h"

const char *violation;
enum guarantee violated;

/* The first thing that went wrong counts. */
void fail(enum guarantee guarantee, const char *text)
{
	if (violation)
		return;
	violation = text;
	violated = guarantee;
}

static bool is_zombie_cause(int cause)
{
	return cause == HTTPQ_CAUSE_ZOMBIE_TIMER ||
	       cause == HTTPQ_CAUSE_ZOMBIE_REAP;
}

static bool is_worker_cause(int cause)
{
	return cause == HTTPQ_CAUSE_WORKER_GONE || cause == HTTPQ_CAUSE_CANCEL;
}

/* By its worker, as far as it goes. */
static bool was_sent(const struct request *r)
{
	return r->begun || r->progress == HTTPQ_PROGRESS_COMPLETE;
}

/* Whether a reason tells what happened. */
static bool reason_is_true(const struct world *w, const struct request *r,
			   int cause, u8 reason, u16 status)
{
	switch (reason) {
	case HTTPQ_LOG_REASON_NONE:
		return cause == -1 && status == 200 &&
		       (r->seen == SEEN_ALL || r->gone);
	case HTTPQ_LOG_REASON_BAD_REQUEST:
		return cause == -1 && status == 400 && !r->deliveries;
	case HTTPQ_LOG_REASON_NOT_FOUND:
		return cause == -1 && status == 404 && !r->deliveries;
	case HTTPQ_LOG_REASON_TIMER_HEADER:
		return cause == -1 && status == 408 && !r->deliveries;
	case HTTPQ_LOG_REASON_CLIENT_RESET:
		return w->reset && !status;
	case HTTPQ_LOG_REASON_APP_SHUTDOWN:
		return w->ending && !status;
	case HTTPQ_LOG_REASON_ABANDONED_QUEUE:
		return (is_worker_cause(cause) ||
			cause == HTTPQ_CAUSE_QUEUE_STOP) &&
		       (r->deliveries || cause == HTTPQ_CAUSE_CANCEL) &&
		       status == (r->seen == SEEN_ALL && !was_sent(r) ? 502 : 0);
	case HTTPQ_LOG_REASON_DROPPED:
		return is_zombie_cause(cause) && r->deliveries;
	case HTTPQ_LOG_REASON_DROPPED_LIST_FULL:
		return cause == HTTPQ_CAUSE_ZOMBIE_EVICT && r->deliveries;
	case HTTPQ_LOG_REASON_TIMER_QUEUE:
		return status == 503 && (cause == HTTPQ_CAUSE_QUEUE_TIMER ||
					 cause == HTTPQ_CAUSE_ANSWER_TIMER);
	case HTTPQ_LOG_REASON_TIMER_RESPONSE:
		return cause == HTTPQ_CAUSE_ANSWER_TIMER && r->deliveries &&
		       status == (r->begun ? 0 : 504);
	case HTTPQ_LOG_REASON_DISABLED:
		return w->stopped && status == 503;
	case HTTPQ_LOG_REASON_TIMER_BODY:
	case HTTPQ_LOG_REASON_TIMER_SEND:
		return w->slow;
	}
	return false;
}

static bool may_go_back(const struct world *w, const struct request *r)
{
	if (r->gone || r->touched || was_sent(r))
		return false;
	return !r->deliveries || (r->redelivered < HTTPQ_REDELIVERIES_MAX &&
				  (w->policy == HTTPQ_REDELIVER_ANY ||
				   (w->policy == HTTPQ_REDELIVER_IDEMPOTENT &&
				    r->idempotent)));
}

void log_write(struct world *w, struct request *r, int cause, u8 reason,
	       u16 status)
{
	if (r->records++)
		fail(G4, "a second record");
	if (!r->owed)
		fail(G4, "a record that nobody owes");
	r->owed = false;
	if (cause == HTTPQ_CAUSE_WORKER_GONE && may_go_back(w, r))
		fail(G1, "not delivered again though it could be");
	if (!reason_is_true(w, r, cause, reason, status))
		fail(G4, "a reason that is not true");
}

/* The client sees more of the answer to a request. */
void see(const struct world *w, struct request *r, u8 seen)
{
	if (w->conn == HTTPQ_CONN_DEAD)
		fail(G1, "an answer for nobody");
	if (r->seen >= SEEN_ALL)
		fail(G1, "more than an answer");
	if (seen == SEEN_BROKEN && r->seen != SEEN_PART)
		fail(G1, "broken before it began");
	r->seen = seen;
}

void see_refusal(const struct world *w, struct request *r)
{
	if (r->seen)
		fail(G1, "refused after a response began");
	see(w, r, SEEN_ALL);
}

/* A worker has all of it. */
void deliver(const struct world *w, struct request *r)
{
	r->deliveries++;
	if (w->current != request_number(w, r))
		fail(G1, "delivered for nobody");
	if (r->deliveries == 1)
		return;
	if (r->touched)
		fail(G1, "delivered again after it was touched");
	if (w->policy == HTTPQ_REDELIVER_NEVER)
		fail(G1, "delivered again against the policy");
	if (w->policy == HTTPQ_REDELIVER_IDEMPOTENT && !r->idempotent)
		fail(G1, "not idempotent, and done twice");
	if (r->deliveries > 1 + HTTPQ_REDELIVERIES_MAX)
		fail(G1, "delivered too often");
}

/* A thread of the worker reads of the body, or sends. */
void touch(struct request *r)
{
	r->touched = true;
	if (r->state != HTTPQ_REQUEST_DELIVERED ||
	    r->pending == PENDING_RETURN)
		fail(G1, "touched by a worker that does not have it");
}

static bool in_progress(const struct world *w, const struct request *r)
{
	if (r->pending)
		return true;
	switch (r->state) {
	case HTTPQ_REQUEST_QUEUED:
		return true;
	case HTTPQ_REQUEST_RESERVED:
	case HTTPQ_REQUEST_DELIVERED:
	case HTTPQ_REQUEST_ZOMBIE:
		return r->holder;
	}
	return r->ended && w->unsent == request_number(w, r);
}

static bool is_listed(const struct world *w, const struct request *r)
{
	unsigned int i;

	for (i = 0; i < REQUESTS; i++)
		if (w->zombies[i] == request_number(w, r))
			return true;
	return false;
}

static void check_request(const struct world *w, const struct request *r)
{
	bool zombie = r->state == HTTPQ_REQUEST_ZOMBIE;

	if (r->owed && !in_progress(w, r))
		fail(G4, "nobody will make the record");
	if (is_listed(w, r) ? !zombie : zombie && r->holder)
		fail(G4, "the list of zombies is wrong");
	if (zombie && w->current == request_number(w, r))
		fail(G4, "a zombie whose client waits");
	if (r->holder && w->handles[r->holder - 1] == HANDLE_CLOSED)
		fail(G1, "held by a handle that is closed");
	if (r->state != HTTPQ_REQUEST_DONE || r->pending || r->owed)
		return;
	if (r->records && r->seen < SEEN_ALL && !r->gone)
		fail(G1, "neither answered nor broken");
}

void check_state(const struct world *w)
{
	unsigned int i;

	for (i = 0; i < REQUESTS; i++)
		check_request(w, &w->requests[i]);
	if (w->zombies[ZOMBIES])
		fail(G4, "more zombies than there may be");
}

static bool persists(const struct world *w)
{
	return w->keepalive && w->body != BODY_BROKEN;
}

/* What a handle's end may do to the connection. */
static void check_conn_of_leave(const struct world *from,
				const struct world *to,
				const struct request *r)
{
	if (from->conn == to->conn)
		return;
	if (from->current != request_number(from, r)) {
		fail(G2, "a handle's end changed another's connection");
		return;
	}
	if (to->conn == HTTPQ_CONN_DEAD && !(r->begun && from->to_close))
		fail(G2, "a handle's end reset a connection");
	if (to->conn == HTTPQ_CONN_LINGER && persists(from) && !r->begun)
		fail(G2, "a handle's end closed a connection");
}

static void check_leave(const struct world *from, const struct world *to,
			const struct event *event, unsigned int arg)
{
	unsigned int i;

	for (i = 0; i < REQUESTS; i++)
		if ((event->args != REQUESTS || i != arg) &&
		    memcmp(&from->requests[i], &to->requests[i],
			   sizeof(from->requests[i])))
			fail(G2, "a handle's end touched another request");
	check_conn_of_leave(from, to, &from->requests[arg]);
}

/* Nothing is handed to a handle that has begun to leave. */
static void check_handing(const struct world *w, const struct request *from,
			  const struct request *to)
{
	unsigned int handle;

	if (to->holder && !from->holder)
		handle = to->holder - 1;
	else if (to->state == HTTPQ_REQUEST_RESERVED &&
		 from->state == HTTPQ_REQUEST_QUEUED)
		handle = to->pending - PENDING_ADOPT;
	else
		return;
	if (w->handles[handle] != HTTPQ_WORKER_ACTIVE)
		fail(G1, "handed to a handle that is not active");
}

void check_event(const struct world *from, const struct world *to,
		 const struct event *event, unsigned int arg)
{
	unsigned int i;

	for (i = 0; i < REQUESTS; i++)
		check_handing(from, &from->requests[i], &to->requests[i]);
	if (event->by == BY_CLIENT &&
	    (memcmp(from->handles, to->handles, sizeof(from->handles)) ||
	     from->stopped != to->stopped))
		fail(G3, "a client changed what is not its own");
	if (event->about == ABOUT_LEAVE)
		check_leave(from, to, event, arg);
}

/* A thread of the module has something to do, and nothing to wait for. */
bool world_owes_step(const struct world *w)
{
	const struct request *r;

	for (r = w->requests; r < w->requests + REQUESTS; r++) {
		if (r->pending || (r->state == HTTPQ_REQUEST_QUEUED &&
				   w->stopped))
			return true;
		if (r->holder && w->handles[r->holder - 1] ==
		    HTTPQ_WORKER_GONE)
			return true;
		if (r->holder && r->state == HTTPQ_REQUEST_RESERVED &&
		    w->handles[r->holder - 1] == HTTPQ_WORKER_DRAINING)
			return true;
	}
	return w->closing;
}

/* Nothing is left that anybody could wait for. */
bool world_is_final(const struct world *w)
{
	const struct request *r;
	unsigned int i;

	if (w->conn != HTTPQ_CONN_DEAD || w->unsent)
		return false;
	for (i = 0; i < w->heads; i++) {
		r = &w->requests[i];
		if (r->pending || r->owed || r->caller)
			return false;
		/* Its worker will hear that it is over, or go. */
		if (r->state != HTTPQ_REQUEST_DONE &&
		    !(r->gone == GONE_SLOW && r->holder && !w->ending))
			return false;
	}
	for (i = 0; i < HANDLES; i++)
		if (w->handles[i] == HTTPQ_WORKER_DRAINING ||
		    (w->ending && w->handles[i] < HTTPQ_WORKER_GONE))
			return false;
	return true;
}

static void request_forget(const struct world *w, struct request *r)
{
	bool current = w->current == request_number(w, r);

	if (current && !w->closing)
		return;
	r->caller = 0;
	r->read = false;
	r->held = false;
	r->begun = false;
	r->complete = false;
	if (current)
		return;
	r->idempotent = false;
	r->redelivered = 0;
	r->deliveries = !!r->deliveries;
	r->touched = false;
	if (r->gone)
		r->seen = SEEN_NOTHING;
	else if (r->seen)
		r->seen = SEEN_ALL;
	if (r->state == HTTPQ_REQUEST_DONE && !r->pending && !r->owed &&
	    w->unsent != request_number(w, r))
		*r = (struct request){ .state = HTTPQ_REQUEST_DONE };
}

static bool is_in_work(const struct world *w)
{
	unsigned int i;

	for (i = 0; i < REQUESTS; i++)
		if (w->requests[i].owed)
			return true;
	return false;
}

/* Forgets what can't matter any more, so that states are the same. */
void world_forget(struct world *w)
{
	unsigned int i;

	for (i = 0; i < REQUESTS; i++)
		request_forget(w, &w->requests[i]);
	if (!is_in_work(w)) {
		w->reset = false;
		w->slow = false;
	}
	if (w->current && !w->closing)
		return;
	w->to_close = false;
	if (w->conn == HTTPQ_CONN_DRAIN)
		return;
	w->keepalive = false;
	w->body = BODY_DONE;
	if (w->conn != HTTPQ_CONN_DEAD)
		return;
	w->fin = false;
	if (!is_in_work(w))
		w->policy = 0;
}
