// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a request when something other than its worker's last part
 * ends the work on it: httpq_lifecycle_fate() decides, here it is done.
 */

#include "conn.h"
#include "fate.h"
#include "net.h"
#include "queue.h"
#include "record.h"
#include "request.h"
#include "timer.h"

static struct httpq_fate fate_of(const struct httpq_conn *conn, u8 cause)
{
	const struct httpq_request *req = conn->req;
	const struct httpq_facts facts = {
		.cause = cause,
		.progress = httpq_conn_progress(conn),
		.idempotent = httpq_lifecycle_idempotent(req->parse.method_id),
		.policy = READ_ONCE(req->queue->redeliver),
		.redelivered = req->redelivered,
	};
	struct httpq_fate fate = httpq_lifecycle_fate(&facts);

	if (cause == HTTPQ_CAUSE_QUEUE_STOP)
		fate.reason = httpq_queue_stop_reason(req->queue);
	/* The worker gave up, or failed, over what the client sent. */
	if (fate.status == 502 && conn->body_fault) {
		fate.status = conn->body_fault;
		fate.reason = conn->body_fault == 413 ?
			      HTTPQ_LOG_REASON_ENTITY_TOO_LARGE :
			      HTTPQ_LOG_REASON_BAD_REQUEST;
	}
	return fate;
}

/* Back as it was when it was first dispatched; a thread may still wait. */
static void return_request(struct httpq_conn *conn)
{
	httpq_conn_unbegin(conn);
	WRITE_ONCE(conn->want_body, HTTPQ_WANT_NOTHING);
	WRITE_ONCE(conn->want_space, HTTPQ_WANT_NOTHING);
	if (wq_has_sleeper(&conn->req->wait))
		wake_up_interruptible_all(&conn->req->wait);
}

/**
 * httpq_fate_apply - something ends the work on a request
 * @conn: connection that waits for it; the caller took it out of its container
 * @cause: enum httpq_cause
 *
 * Context: any, under the socket lock; the caller runs the engine.
 * Return: true if it is to go back to its queue; false if it was answered, or
 * its response broken.
 */
bool httpq_fate_apply(struct httpq_conn *conn, u8 cause)
{
	struct httpq_fate fate = fate_of(conn, cause);

	switch (fate.kind) {
	case HTTPQ_FATE_RETURN:
		return_request(conn);
		return true;
	case HTTPQ_FATE_BREAK:
		httpq_conn_break(conn, fate.reason);
		break;
	default:
		/* First: it says whether the connection may go on. */
		httpq_conn_unbegin(conn);
		httpq_conn_refuse(conn, fate.status ?: 500, conn->keepalive,
				  fate.reason);
		break;
	}
	return false;
}

/* Its connection is gone, or went on, and did not make the record. */
static void request_forsaken(struct httpq_request *req, u8 cause)
{
	const struct httpq_facts facts = {
		.cause = cause,
		.progress = req->progress,
		.client_gone = true,
	};
	u8 reason = httpq_lifecycle_fate(&facts).reason;

	if (!req->owed || req->ended)
		return;
	/* The client, or what we did to it: an UNREAD one was nobody's. */
	if (reason == HTTPQ_LOG_REASON_CLIENT_RESET)
		reason = httpq_conn_unread_reason(req->reason);
	if (req->progress == HTTPQ_PROGRESS_UNREAD)
		httpq_record_refused(req, reason, 0, 0);
	else
		httpq_record_failed(req, reason, 0);
}

static void count_end(const struct httpq_conn *conn, u8 cause)
{
	if (cause == HTTPQ_CAUSE_QUEUE_STOP)
		httpq_stats_inc(conn->hn->stats, queue_stopped);
	else
		httpq_stats_inc(conn->hn->stats, worker_gone);
}

/* Something in a lower floor ends a request: see struct httpq_request_ops. */
static bool request_end(struct httpq_request *req, u8 cause)
{
	struct httpq_conn *conn = req->conn;
	bool back = false;
	struct sock *sk;
	bool slow;

	sk = httpq_conn_lock(conn, &slow);
	if (!sk) {
		request_forsaken(req, cause);
		return false;
	}
	if (conn->req == req) {
		back = httpq_fate_apply(conn, cause);
		if (!back)
			count_end(conn, cause);
		httpq_conn_run(conn, sk);
	} else {
		request_forsaken(req, cause);
	}
	httpq_conn_unlock(conn, sk, slow);
	return back;
}

/* The time in the queue is what is left to wait for. */
static void request_returned(struct httpq_request *req)
{
	struct httpq_conn *conn = req->conn;
	struct sock *sk;
	bool slow;

	sk = httpq_conn_lock(conn, &slow);
	if (!sk)
		return;
	if (conn->req == req) {
		httpq_timer_restart(conn);
		httpq_conn_run(conn, sk);
	}
	httpq_conn_unlock(conn, sk, slow);
}

const struct httpq_request_ops httpq_fate_request_ops = {
	.end = request_end,
	.returned = request_returned,
	.put_conn = httpq_conn_put,
};
