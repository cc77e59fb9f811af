// SPDX-License-Identifier: GPL-2.0
/* What a client does, and what its connection does by itself. */
#include "events.h"

bool client_byte(struct world *w, unsigned int arg)
{
	if (w->conn != HTTPQ_CONN_IDLE || w->fin || w->unsent ||
	    w->heads == REQUESTS)
		return false;
	conn_step(w, HTTPQ_LIFECYCLE_CONN_BYTE);
	w->current = ++w->heads;
	return true;
}

/*
 * The last request is there for what the first one left behind: that it can
 * end in every way there is needs to be seen only once.
 */
bool is_extra(const struct world *w, const struct request *r)
{
	return REQUESTS > 1 && request_number(w, r) == REQUESTS;
}

/* Where it is not the policy that counts one method is enough. */
static bool is_kind(const struct world *w, const struct request *r,
		    unsigned int kind)
{
	if (is_extra(w, r))
		return kind == 4;
	return !(kind & 1) || w->policy == HTTPQ_REDELIVER_IDEMPOTENT;
}

/* @kind: 1 not idempotent, 2 with a body, 4 to be closed after it. */
bool client_head(struct world *w, unsigned int kind)
{
	struct request *r = conn_request(w);

	if (w->conn != HTTPQ_CONN_HEAD || !is_kind(w, r, kind))
		return false;
	r->owed = true;
	r->idempotent = !(kind & 1);
	w->body = kind & 2 ? BODY_LEFT : BODY_DONE;
	w->keepalive = !(kind & 4);
	conn_step(w, HTTPQ_LIFECYCLE_CONN_DISPATCH);
	if (request_push(w, r))
		return true;
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
	conn_refuse(w);
	log_write(w, r, HTTPQ_CAUSE_QUEUE_STOP, HTTPQ_LOG_REASON_DISABLED, 503);
	return true;
}

/* @kind: 0 refused and closed, else no queue; 2 with a body. */
bool client_bad_head(struct world *w, unsigned int kind)
{
	struct request *r = conn_request(w);

	if (w->conn != HTTPQ_CONN_HEAD)
		return false;
	r->owed = true;
	w->keepalive = kind;
	w->body = kind == 2 ? BODY_LEFT : BODY_DONE;
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
	conn_refuse(w);
	log_write(w, r, -1, kind ? HTTPQ_LOG_REASON_NOT_FOUND :
				   HTTPQ_LOG_REASON_BAD_REQUEST,
		  kind ? 404 : 400);
	return true;
}

/* TCP takes all that waited. */
bool client_reads(struct world *w, unsigned int arg)
{
	if (!w->unsent || w->conn == HTTPQ_CONN_DEAD)
		return false;
	conn_sent(w);
	return true;
}

bool client_sends_body(struct world *w, unsigned int arg)
{
	if (!w->waits)
		return false;
	w->waits = false;
	return true;
}

bool client_sends_rest(struct world *w, unsigned int broken)
{
	if (w->conn != HTTPQ_CONN_DRAIN)
		return false;
	w->body = broken ? BODY_BROKEN : BODY_DONE;
	if (broken || !w->keepalive)
		conn_step(w, HTTPQ_LIFECYCLE_CONN_CLOSE);
	else
		conn_step(w, HTTPQ_LIFECYCLE_CONN_NEXT);
	return true;
}

bool client_fin(struct world *w, unsigned int arg)
{
	if (w->conn == HTTPQ_CONN_DEAD || w->fin)
		return false;
	w->fin = true;
	switch (w->conn) {
	case HTTPQ_CONN_HEAD:
		request_step(conn_request(w), HTTPQ_LIFECYCLE_REQUEST_END);
		w->current = 0;
		break;
	case HTTPQ_CONN_REQUEST:
		w->keepalive = false;
		w->waits = false;
		if (w->body == BODY_LEFT)
			w->body = BODY_BROKEN;
		return true;
	case HTTPQ_CONN_LINGER:
		return true;
	}
	conn_step(w, HTTPQ_LIFECYCLE_CONN_CLOSE);
	return true;
}

bool engine_goes_on(struct world *w, unsigned int arg)
{
	if (!w->closing)
		return false;
	conn_go_on(w);
	return true;
}

/* Both have half-closed, and all is acknowledged. */
bool client_acks_fin(struct world *w, unsigned int arg)
{
	if (w->conn != HTTPQ_CONN_LINGER || w->unsent || !w->fin)
		return false;
	conn_gone(w, GONE_CLIENT);
	return true;
}

bool client_resets(struct world *w, unsigned int arg)
{
	if (w->conn == HTTPQ_CONN_DEAD)
		return false;
	w->reset = true;
	conn_gone(w, GONE_CLIENT);
	return true;
}

bool timer_idle(struct world *w, unsigned int arg)
{
	if (w->conn != HTTPQ_CONN_IDLE || w->unsent)
		return false;
	conn_step(w, HTTPQ_LIFECYCLE_CONN_CLOSE);
	return true;
}

bool timer_header(struct world *w, unsigned int arg)
{
	struct request *r = conn_request(w);

	if (w->conn != HTTPQ_CONN_HEAD)
		return false;
	r->owed = true;
	w->keepalive = false;
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
	conn_refuse(w);
	log_write(w, r, -1, HTTPQ_LOG_REASON_TIMER_HEADER, 408);
	return true;
}

bool timer_body(struct world *w, unsigned int arg)
{
	if (!w->waits || w->unsent)
		return false;
	w->slow = true;
	conn_fail_body(w);
	return true;
}

bool timer_send(struct world *w, unsigned int arg)
{
	if (!w->unsent || w->conn == HTTPQ_CONN_DEAD)
		return false;
	w->slow = true;
	conn_gone(w, GONE_SLOW);
	return true;
}

bool timer_linger(struct world *w, unsigned int arg)
{
	if (w->unsent)
		return false;
	if (w->conn == HTTPQ_CONN_DRAIN) {
		conn_step(w, HTTPQ_LIFECYCLE_CONN_CLOSE);
		return true;
	}
	if (w->conn != HTTPQ_CONN_LINGER)
		return false;
	conn_gone(w, GONE_SLOW);
	return true;
}

bool timer_queue(struct world *w, unsigned int arg)
{
	struct request *r = conn_request(w);

	if (w->conn != HTTPQ_CONN_REQUEST ||
	    (r->state != HTTPQ_REQUEST_QUEUED &&
	     (r->state != HTTPQ_REQUEST_RESERVED || !r->holder)))
		return false;
	conn_expire_queue(w);
	return true;
}

bool timer_answer(struct world *w, unsigned int arg)
{
	if (w->conn != HTTPQ_CONN_REQUEST || w->unsent || w->waits ||
	    !conn_request(w)->holder)
		return false;
	conn_expire_answer(w);
	return true;
}
