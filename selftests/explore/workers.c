// SPDX-License-Identifier: GPL-2.0
/* What workers do, and what the threads of the module do for them. */
#include "events.h"

bool worker_attach(struct world *w, unsigned int handle)
{
	if (w->handles[handle] != HANDLE_CLOSED)
		return false;
	w->handles[handle] = HTTPQ_WORKER_STARTING;
	return true;
}

bool worker_ready(struct world *w, unsigned int handle)
{
	if (w->handles[handle] != HTTPQ_WORKER_STARTING)
		return false;
	handle_step(w, handle, HTTPQ_LIFECYCLE_WORKER_READY);
	return true;
}

bool worker_take(struct world *w, unsigned int handle)
{
	struct request *r;
	unsigned int i;

	if (w->handles[handle] != HTTPQ_WORKER_ACTIVE || w->stopped)
		return false;
	for (i = 0; i < REQUESTS; i++) {
		r = &w->requests[i];
		if (r->state != HTTPQ_REQUEST_QUEUED)
			continue;
		request_step(r, HTTPQ_LIFECYCLE_REQUEST_TAKE);
		r->pending = PENDING_ADOPT + handle;
		return true;
	}
	return false;
}

bool worker_delivers(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (r->state != HTTPQ_REQUEST_RESERVED || !r->holder)
		return false;
	/* It may have looked before the connection said so. */
	if (r->gone && !w->closing) {
		request_erase(r, PENDING_END + HTTPQ_CAUSE_CLIENT_GONE);
		return true;
	}
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_DELIVER);
	deliver(w, r);
	return true;
}

/* It did not fit behind others in the buffer: back to the queue. */
bool worker_short_buffer(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (r->state != HTTPQ_REQUEST_RESERVED || !r->holder)
		return false;
	request_erase(r, PENDING_RETURN);
	return true;
}

/*
 * Under the socket lock: whether a call still counts. It does not if a thread
 * that found the request comes too late.
 */
static bool call_is_valid(struct world *w, struct request *r)
{
	u8 caller = r->caller ? r->caller : r->holder;

	return r->state != HTTPQ_REQUEST_RESERVED && caller && !w->closing &&
	       w->current == request_number(w, r) && r->worker == caller;
}

bool call_fails(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!r->caller)
		return false;
	r->caller = 0;
	return true;
}

bool worker_reads(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg / 2];
	bool all = arg % 2;

	if (!call_is_valid(w, r) || w->body != BODY_LEFT)
		return false;
	touch(r);
	w->waits = false;
	r->read = true;
	if (all)
		w->body = BODY_DONE;
	r->caller = 0;
	return true;
}

/* At the first time the client may be told to go on: 100 (Continue). */
bool worker_waits_for_body(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!call_is_valid(w, r) || w->body != BODY_LEFT || w->waits)
		return false;
	if (!r->read && !r->held && !r->begun && !r->redelivered)
		w->unsent = arg + 1;
	w->waits = true;
	r->caller = 0;
	return true;
}

bool worker_sends_interim(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!call_is_valid(w, r) || is_extra(w, r) || r->begun || r->read)
		return false;
	touch(r);
	r->read = true;
	w->unsent = arg + 1;
	r->caller = 0;
	return true;
}

/* The queue holds it back. */
bool worker_sends_held(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!call_is_valid(w, r) || is_extra(w, r) || r->begun || r->held)
		return false;
	r->held = true;
	r->caller = 0;
	return true;
}

/*
 * It goes out, and what was held back with it. @arg: whether the end of the
 * connection will be the end of the response.
 */
bool worker_sends_part(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg / 2];

	if (!call_is_valid(w, r) || is_extra(w, r) || r->begun)
		return false;
	w->to_close = arg % 2;
	if (w->to_close)
		w->keepalive = false;
	touch(r);
	see(w, r, SEEN_PART);
	r->held = false;
	r->begun = true;
	w->unsent = arg / 2 + 1;
	r->caller = 0;
	return true;
}

/* The Content-Length is complete, but more is said to follow. */
bool worker_sends_all_but_end(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!call_is_valid(w, r) || w->to_close)
		return false;
	touch(r);
	see(w, r, SEEN_ALL);
	r->held = false;
	r->begun = true;
	r->complete = true;
	r->caller = 0;
	conn_complete(w);
	return true;
}

bool worker_ends(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!call_is_valid(w, r))
		return false;
	touch(r);
	see(w, r, SEEN_ALL);
	r->held = false;
	r->begun = true;
	r->caller = 0;
	conn_end_reply(w);
	return true;
}

/* With less than its Content-Length. */
bool worker_ends_short(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!call_is_valid(w, r) || is_extra(w, r) || !r->begun || w->to_close)
		return false;
	r->caller = 0;
	conn_break(w);
	log_write(w, r, HTTPQ_CAUSE_CANCEL, HTTPQ_LOG_REASON_ABANDONED_QUEUE,
		  0);
	return true;
}

/* The thread that ended it takes it out of the table. */
bool worker_ended(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (r->state != HTTPQ_REQUEST_DELIVERED || !r->holder || r->gone ||
	    w->closing || w->current == arg + 1)
		return false;
	request_erase(r, PENDING_DONE);
	return true;
}

/* It hears that the client was too slow, and the request is over. */
bool worker_hears(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (r->state != HTTPQ_REQUEST_DELIVERED || !r->holder || !r->gone ||
	    w->closing)
		return false;
	request_erase(r, PENDING_DONE);
	return true;
}

bool worker_ends_late(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (r->state != HTTPQ_REQUEST_ZOMBIE || !r->holder)
		return false;
	zombie_late_end(w, r);
	return true;
}

bool worker_cancels(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!r->holder)
		return false;
	request_erase(r, PENDING_END + HTTPQ_CAUSE_CANCEL);
	return true;
}

bool handle_drains(struct world *w, unsigned int handle)
{
	if (w->handles[handle] > HTTPQ_WORKER_ACTIVE)
		return false;
	handle_step(w, handle, HTTPQ_LIFECYCLE_WORKER_DRAIN);
	return true;
}

/* Closed, dead, or detached: what it holds is dealt with next. */
bool handle_leaves(struct world *w, unsigned int handle)
{
	if (w->handles[handle] >= HTTPQ_WORKER_GONE)
		return false;
	handle_step(w, handle, HTTPQ_LIFECYCLE_WORKER_LEAVE);
	return true;
}

bool timer_drain(struct world *w, unsigned int handle)
{
	if (w->handles[handle] != HTTPQ_WORKER_DRAINING)
		return false;
	handle_step(w, handle, HTTPQ_LIFECYCLE_WORKER_LEAVE);
	return true;
}

/* One request of a handle that drains or is gone. */
bool handle_gives_up(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];
	u8 state;

	if (!r->holder)
		return false;
	state = w->handles[r->holder - 1];
	if (r->state == HTTPQ_REQUEST_RESERVED) {
		if (state <= HTTPQ_WORKER_ACTIVE)
			return false;
		request_erase(r, PENDING_RETURN);
		return true;
	}
	if (state != HTTPQ_WORKER_GONE)
		return false;
	request_erase(r, PENDING_END + HTTPQ_CAUSE_WORKER_GONE);
	return true;
}

bool handle_is_busy(const struct world *w, unsigned int handle)
{
	const struct request *r;

	for (r = w->requests; r < w->requests + REQUESTS; r++)
		if (r->holder == handle + 1 || r->worker == handle + 1 ||
		    r->caller == handle + 1 ||
		    r->pending == PENDING_ADOPT + handle)
			return true;
	return false;
}

/* The last descriptor is closed, and its file with it. */
bool handle_closes(struct world *w, unsigned int handle)
{
	if (w->handles[handle] != HTTPQ_WORKER_GONE ||
	    handle_is_busy(w, handle))
		return false;
	w->handles[handle] = HANDLE_CLOSED;
	return true;
}

bool thread_goes_on(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!r->pending)
		return false;
	return request_go_on(w, r);
}
