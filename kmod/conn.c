// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of a connection: one set of functions that runs in softirq when
 * the socket is free and from work when a process owns it, and the protocol
 * by which a connection ends.
 *
 * Who runs next. A callback that finds the engine running sets @again, and
 * the engine goes round. One that finds the socket owned queues the work. A
 * run that uses up its rounds queues the work. Whoever waits for the client
 * waits for a callback, with the timer behind it.
 */

#include <net/sock.h>
#include <net/tcp.h>

#include "answer.h"
#include "body.h"
#include "conn.h"
#include "fate.h"
#include "held.h"
#include "net.h"
#include "queue.h"
#include "record.h"
#include "recv.h"
#include "request.h"
#include "reply.h"
#include "send.h"
#include "timer.h"
#include "trace.h"
#include "zombie.h"

/* Pipelined requests that one run may answer before others get a turn. */
#define RUN_ROUNDS 16

/**
 * httpq_conn_event - something happens to a connection
 * @conn: connection
 * @event: enum httpq_lifecycle_conn that its state allows
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_event(struct httpq_conn *conn, u8 event)
{
	u8 state = httpq_lifecycle_conn(conn->state, event);

	if (WARN_ON_ONCE(state == HTTPQ_LIFECYCLE_NONE))
		return;
	trace_httpq_conn_state(conn->id, conn->state, state);
	WRITE_ONCE(conn->state, state);
	httpq_timer_restart(conn);
}

/* Lets the rest of the input run dry, then releases: see conn_finish(). */
static void conn_close(struct httpq_conn *conn)
{
	conn->close_due = true;
	conn->discarded = 0;
	httpq_conn_event(conn, HTTPQ_LIFECYCLE_CONN_CLOSE);
	conn->again = true;
}

/**
 * httpq_conn_persists - whether another request can follow on this one
 * @conn: connection
 *
 * Context: any, under the socket lock, or by who answers for a first guess.
 * Return: false if it is to end, or can't get past what is left of the body.
 */
bool httpq_conn_persists(const struct httpq_conn *conn)
{
	u32 drain = READ_ONCE(conn->hn->limits.drain_bytes);

	if (!conn->keepalive || conn->body == HTTPQ_CONN_BODY_BROKEN)
		return false;
	if (conn->body == HTTPQ_CONN_BODY_DONE)
		return true;
	/* A client that waits for 100 would send the body after all of it. */
	return !conn->expect && (conn->body == HTTPQ_CONN_BODY_CHUNKED ||
				 conn->body_left <= drain);
}

/* An answer is complete: what becomes of the connection. */
static void conn_next(struct httpq_conn *conn)
{
	bool body_left = conn->body != HTTPQ_CONN_BODY_DONE;

	trace_httpq_reply_end(conn->id, conn->keepalive);
	conn->begun = false;
	conn->again = true;
	WRITE_ONCE(conn->want_body, HTTPQ_WANT_NOTHING);
	if (!httpq_conn_persists(conn)) {
		conn_close(conn);
		return;
	}
	conn->expect = false;
	conn->discarded = 0;
	httpq_conn_event(conn, body_left ? HTTPQ_LIFECYCLE_CONN_REST :
					   HTTPQ_LIFECYCLE_CONN_NEXT);
}

/**
 * httpq_conn_drained - the body of an answered request is out of the way
 * @conn: connection in state DRAIN; @body and @keepalive say how it ended
 *
 * Context: any, under the socket lock; from the engine.
 */
void httpq_conn_drained(struct httpq_conn *conn)
{
	conn->again = true;
	if (conn->keepalive && conn->body == HTTPQ_CONN_BODY_DONE)
		httpq_conn_event(conn, HTTPQ_LIFECYCLE_CONN_NEXT);
	else
		conn_close(conn);
}

/* The connection stops waiting for its request, whose reference is passed. */
static struct httpq_request *conn_detach(struct httpq_conn *conn)
{
	struct httpq_request *req = conn->req;

	WRITE_ONCE(conn->req, NULL);
	if (req && wq_has_sleeper(&req->wait))
		wake_up_interruptible_all(&req->wait);
	return req;
}

/**
 * httpq_conn_progress - how far a request has come
 * @conn: connection that still waits for it
 *
 * Context: any, under the socket lock.
 * Return: enum httpq_progress.
 */
u8 httpq_conn_progress(const struct httpq_conn *conn)
{
	if (READ_ONCE(conn->req->state) != HTTPQ_REQUEST_DELIVERED)
		return HTTPQ_PROGRESS_UNREAD;
	if (conn->begun && !conn->held)
		return HTTPQ_PROGRESS_BEGUN;
	if (conn->body_taken || conn->touched)
		return HTTPQ_PROGRESS_READING;
	return HTTPQ_PROGRESS_UNTOUCHED;
}

/* What the request has to know before the connection lets it go. */
static void conn_note_progress(struct httpq_conn *conn)
{
	conn->req->progress = httpq_conn_progress(conn);
	conn->req->received = conn->body_taken;
}

static void conn_record(struct httpq_conn *conn, u8 reason)
{
	struct httpq_request *req = conn->req;

	conn_note_progress(conn);
	if (req->progress == HTTPQ_PROGRESS_UNREAD)
		httpq_record_refused(req, reason, req->status, req->sent);
	else
		httpq_record_failed(req, reason, 0);
}

/* What TCP was not given is nobody else's: no head is begun before it left. */
static void conn_unsend(const struct httpq_conn *conn,
			struct httpq_request *req)
{
	req->sent -= min_t(u64, conn->tx_bytes, req->sent);
}

/**
 * httpq_conn_recorded - the answer before has left, or never will
 * @conn: connection with @sent
 * @flags: HTTPQ_LOG_*
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_recorded(struct httpq_conn *conn, u16 flags)
{
	struct httpq_request *req = conn->sent;

	conn->sent = NULL;
	conn_unsend(conn, req);
	if (req->ended)
		httpq_record_answered(req, flags);
	else if (flags & HTTPQ_LOG_PARTIAL)
		req->partial = true;
	httpq_request_put(req);
}

/**
 * httpq_conn_records - leave the record of a request to its connection
 * @req: zombie whose end has come, and that the caller took from its handle
 *
 * Context: process, no locks.
 * Return: true if the last byte has not left yet, so that only the connection
 * will know what to record, and does.
 */
bool httpq_conn_records(struct httpq_request *req)
{
	struct httpq_conn *conn = req->conn;
	struct sock *sk;
	bool slow;

	if (!conn)
		return false;
	sk = httpq_conn_lock(conn, &slow);
	if (!sk)
		return false;
	req->ended = conn->sent == req;
	httpq_conn_unlock(conn, sk, slow);
	return req->ended;
}

/* The client did not take the answer to the request before. */
static void conn_sent_lost(struct httpq_conn *conn, u8 reason)
{
	struct httpq_request *req = conn->sent;

	if (!req)
		return;
	if (reason != HTTPQ_REASON_SEND_TIMEOUT || !req->ended) {
		httpq_conn_recorded(conn, HTTPQ_LOG_PARTIAL);
		return;
	}
	conn->sent = NULL;
	conn_unsend(conn, req);
	httpq_record_failed(req, HTTPQ_LOG_REASON_TIMER_SEND, 0);
	httpq_request_put(req);
}

/**
 * httpq_conn_end_reply - the last byte of a worker's response was queued
 * @conn: connection with a request
 *
 * Context: process, under the socket lock; the caller runs the engine.
 */
void httpq_conn_end_reply(struct httpq_conn *conn)
{
	struct httpq_request *req = conn->req;

	httpq_stats_inc(conn->hn->stats, responses);
	conn_note_progress(conn);
	req->progress = HTTPQ_PROGRESS_COMPLETE;
	req->ended = true;
	conn->held = false;
	conn->last_worker = req->worker_id;
	conn->sent = conn_detach(conn);
	conn_next(conn);
}

/**
 * httpq_conn_outlived - all of a response was queued, but its end is owed
 * @conn: connection with a request
 *
 * The next request need not wait for what only the log wants to know.
 *
 * Context: process, under the socket lock; the caller runs the engine.
 */
void httpq_conn_outlived(struct httpq_conn *conn)
{
	struct httpq_request *req = conn->req;

	httpq_stats_inc(conn->hn->stats, responses);
	conn_note_progress(conn);
	req->progress = HTTPQ_PROGRESS_COMPLETE;
	conn->held = false;
	conn->last_worker = req->worker_id;
	httpq_zombie_enter(req, HTTPQ_ZOMBIE_END_OWED);
	conn->sent = conn_detach(conn);
	conn_next(conn);
}

/**
 * httpq_conn_unbegin - take back what was held of a response
 * @conn: connection with a request
 *
 * As if it had not been begun.
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_unbegin(struct httpq_conn *conn)
{
	if (!conn->held)
		return;
	httpq_send_purge(conn);
	conn->held = false;
	conn->begun = false;
	conn->keepalive = conn->held_keepalive;
	conn->req->status = 0;
	conn->req->sent = 0;
}

static void refuse_record(struct httpq_conn *conn, u16 status, u8 reason,
			  u32 sent)
{
	struct httpq_request *req = conn->req;

	if (!req) {
		httpq_record_conn(conn->hn, conn->id, &conn->local,
				  &conn->remote, reason, status);
		return;
	}
	httpq_conn_owe(conn);
	req->status = status;
	req->sent = sent;
	conn_record(conn, reason);
}

/**
 * httpq_conn_owe - a head is complete, or refused: it leaves a record
 * @conn: connection with a request
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_owe(struct httpq_conn *conn)
{
	if (conn->req->number)
		return;
	conn->req->number = ++conn->requests;
	conn->req->owed = true;
}

/**
 * httpq_conn_refuse - the kernel answers
 * @conn: connection with, or in want of, a request; nothing of a response was
 *	sent yet
 * @status: status code
 * @keepalive: whether the connection may go on
 * @reason: enum httpq_log_reason
 *
 * Context: any, under the socket lock; the caller runs the engine.
 */
void httpq_conn_refuse(struct httpq_conn *conn, u16 status, bool keepalive,
		       u8 reason)
{
	struct httpq_request *req = conn->req;
	bool head = req && req->parse.method_id == HTTPQ_METHOD_HEAD;
	u32 queued;

	if (req)
		httpq_conn_unbegin(conn);
	queued = conn->tx_bytes;
	trace_httpq_answer(conn->id, status);
	httpq_stats_inc(conn->hn->stats, answers_kernel);
	conn->keepalive = keepalive;
	/* The answer is in the version of the request. */
	conn->keepalive = httpq_answer_queue(conn, status, head,
					     httpq_conn_persists(conn));
	refuse_record(conn, status, reason, conn->tx_bytes - queued);
	conn_detach(conn);
	if (req)
		httpq_request_put(req);
	conn_next(conn);
}

/**
 * httpq_conn_break - end a response that was begun and can't be completed
 * @conn: connection with a request that the caller took out of its container
 * @reason: enum httpq_log_reason
 *
 * The client can tell: the last chunk or the rest of the length is missing,
 * or, where the end of the connection is the end of the body, it gets RST.
 *
 * Context: any, under the socket lock; the caller runs the engine.
 */
void httpq_conn_break(struct httpq_conn *conn, u8 reason)
{
	struct httpq_request *req;

	conn->held = false;
	if (conn->framing == HTTPQ_REPLY_CLOSE)
		conn_unsend(conn, conn->req);
	conn_record(conn, reason);
	req = conn_detach(conn);
	httpq_stats_inc(conn->hn->stats, responses_broken);
	if (conn->framing == HTTPQ_REPLY_CLOSE)
		httpq_conn_gone(conn, HTTPQ_REASON_CANCELED, true);
	else
		conn_close(conn);
	httpq_request_put(req);
}

/**
 * httpq_conn_unread_reason - why nobody was given a request
 * @reason: enum httpq_reason that the client is gone for
 *
 * Context: any.
 * Return: enum httpq_log_reason.
 */
u8 httpq_conn_unread_reason(u8 reason)
{
	switch (reason) {
	case HTTPQ_REASON_SHUTDOWN:
		return HTTPQ_LOG_REASON_APP_SHUTDOWN;
	case HTTPQ_REASON_SEND_TIMEOUT:
		return HTTPQ_LOG_REASON_TIMER_SEND;
	}
	return HTTPQ_LOG_REASON_CLIENT_RESET;
}

/* Takes what was not delivered out of its container, if it is still there. */
static bool take_unread(struct httpq_request *req, u8 reason)
{
	if (httpq_queue_withdraw(req, reason))
		return true;
	if (!httpq_held_revoke(req, true))
		return false;
	httpq_queue_done(req->queue);
	httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
	return true;
}

/* The client is the reason why nobody will get an answer to the request. */
static void conn_disown_request(struct httpq_conn *conn, u8 reason)
{
	struct httpq_request *req = conn->req;

	httpq_stats_inc(conn->hn->stats, client_gone);
	if (take_unread(req, reason)) {
		conn_record(conn, httpq_conn_unread_reason(reason));
		httpq_request_put(req);
		return;
	}
	/* Who returns it from here on finds the reason. */
	conn_note_progress(conn);
	/* A timer's verdict stands; after a reset the end may still come. */
	if (reason == HTTPQ_REASON_SEND_TIMEOUT)
		conn_record(conn, HTTPQ_LOG_REASON_TIMER_SEND);
	else
		httpq_zombie_enter(req, HTTPQ_ZOMBIE_CLIENT_GONE);
	httpq_held_post(req, HTTPQ_EVENT_DISCONNECT, reason);
}

static void conn_drop_request(struct httpq_conn *conn, u8 reason)
{
	if (!conn->req)
		return;
	/* Whatever the worker was told. */
	conn_unsend(conn, conn->req);
	if (conn->req->state != HTTPQ_REQUEST_NEW)
		conn_disown_request(conn, reason);
	httpq_request_put(conn_detach(conn));
}

/**
 * httpq_conn_fail_body - the request will never be complete
 * @conn: connection with a request that a worker reads
 * @status: what to tell the client if nothing of a response was sent yet
 * @reason: enum httpq_reason, for the worker
 * @log_reason: enum httpq_log_reason
 *
 * Context: any, under the socket lock; the caller runs the engine.
 */
void httpq_conn_fail_body(struct httpq_conn *conn, u16 status, u8 reason,
			  u8 log_reason)
{
	struct httpq_request *req = conn->req;

	conn->body = HTTPQ_CONN_BODY_BROKEN;
	conn->keepalive = false;
	httpq_stats_inc(conn->hn->stats, client_gone);
	if (httpq_queue_withdraw(req, reason))
		httpq_request_put(req);
	else
		httpq_held_post(req, HTTPQ_EVENT_DISCONNECT, reason);
	if (!conn->begun || conn->held) {
		httpq_conn_refuse(conn, status, false, log_reason);
		return;
	}
	if (conn->framing == HTTPQ_REPLY_CLOSE)
		conn_unsend(conn, req);
	conn_record(conn, log_reason);
	httpq_request_put(conn_detach(conn));
	if (conn->framing == HTTPQ_REPLY_CLOSE)
		httpq_conn_gone(conn, reason, true);
	else
		conn_close(conn);
}

/**
 * httpq_conn_request_errno - why a request can't be dealt with any more
 * @req: request that its connection does not wait for
 *
 * Context: any.
 * Return: -ESTALE (it was answered), or what the client did.
 */
int httpq_conn_request_errno(const struct httpq_request *req)
{
	switch (READ_ONCE(req->reason)) {
	case HTTPQ_REASON_NONE:
		return -ESTALE;
	case HTTPQ_REASON_BODY_TIMEOUT:
	case HTTPQ_REASON_SEND_TIMEOUT:
		return -ETIMEDOUT;
	case HTTPQ_REASON_BAD_BODY:
		return -EBADMSG;
	}
	return -ECONNRESET;
}

/**
 * httpq_conn_notify - what somebody waited for is there
 * @conn: connection with a request
 * @want: enum httpq_conn_want
 * @type: enum httpq_event_type
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_notify(struct httpq_conn *conn, u8 want, u8 type)
{
	if (want == HTTPQ_WANT_WAKE)
		wake_up_interruptible_all(&conn->req->wait);
	else
		httpq_held_post(conn->req, type, HTTPQ_REASON_NONE);
}

/**
 * httpq_conn_dispatched - a request was put in its queue
 * @conn: connection whose request is out now
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_dispatched(struct httpq_conn *conn)
{
	conn->begun = false;
	conn->touched = false;
	conn->half_closed = false;
	WRITE_ONCE(conn->want_body, HTTPQ_WANT_NOTHING);
	WRITE_ONCE(conn->want_space, HTTPQ_WANT_NOTHING);
	httpq_conn_event(conn, HTTPQ_LIFECYCLE_CONN_DISPATCH);
}

/**
 * httpq_conn_gone - the connection is over
 * @conn: connection
 * @reason: enum httpq_reason for the worker that has its request
 * @reset: send RST; else TCP is done with the socket
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_gone(struct httpq_conn *conn, u8 reason, bool reset)
{
	if (conn->state == HTTPQ_CONN_DEAD)
		return;
	conn_sent_lost(conn, reason);
	conn_drop_request(conn, reason);
	httpq_conn_event(conn, HTTPQ_LIFECYCLE_CONN_GONE);
	httpq_send_purge(conn);
	conn->reset = reset;
	httpq_conn_release(conn);
}

static void expire_queue(struct httpq_conn *conn)
{
	struct httpq_request *req = conn->req;

	/* A worker was faster: its time began then, see timer_begin(). */
	if (!take_unread(req, HTTPQ_REASON_NONE)) {
		if (READ_ONCE(req->state) == HTTPQ_REQUEST_DELIVERED)
			conn->timer_kind = HTTPQ_TIMER_QUEUE;
		return;
	}
	httpq_stats_inc(conn->hn->stats, queue_timeout);
	httpq_fate_apply(conn, HTTPQ_CAUSE_QUEUE_TIMER);
	httpq_request_put(req);
}

static void expire_answer(struct httpq_conn *conn)
{
	struct httpq_request *req = conn->req;

	/* The worker, or what ends it, was faster. */
	if (!httpq_held_revoke(req, false))
		return;
	httpq_stats_inc(conn->hn->stats, timeout_answer);
	httpq_queue_done(req->queue);
	httpq_fate_apply(conn, HTTPQ_CAUSE_ANSWER_TIMER);
	httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
	httpq_request_put(req);
}

/* One that said something has its records. */
static void expire_idle(struct httpq_conn *conn)
{
	httpq_stats_inc(conn->hn->stats, timeout_idle);
	if (!conn->requests)
		httpq_record_conn(conn->hn, conn->id, &conn->local,
				  &conn->remote, HTTPQ_LOG_REASON_TIMER_IDLE,
				  0);
	/* Of an empty line. */
	if (conn->req)
		httpq_request_put(conn_detach(conn));
	conn_close(conn);
}

static void expire_send(struct httpq_conn *conn, struct sock *sk)
{
	u32 acked = tcp_sk(sk)->snd_una;

	/* TCP's own buffer may empty without us noticing. */
	if (acked != conn->acked)
		return;
	httpq_stats_inc(conn->hn->stats, timeout_send);
	httpq_conn_gone(conn, HTTPQ_REASON_SEND_TIMEOUT, true);
}

static void conn_expire(struct httpq_conn *conn, struct sock *sk, u8 kind)
{
	struct httpq_stats __percpu *stats = conn->hn->stats;

	trace_httpq_conn_timer(conn->id, kind);
	switch (kind) {
	case HTTPQ_TIMER_IDLE:
		expire_idle(conn);
		break;
	case HTTPQ_TIMER_HEADER:
		httpq_stats_inc(stats, timeout_header);
		httpq_conn_refuse(conn, 408, false,
				  HTTPQ_LOG_REASON_TIMER_HEADER);
		break;
	case HTTPQ_TIMER_QUEUE:
		expire_queue(conn);
		break;
	case HTTPQ_TIMER_ANSWER:
		expire_answer(conn);
		break;
	case HTTPQ_TIMER_BODY:
		httpq_stats_inc(stats, timeout_body);
		httpq_conn_fail_body(conn, 408, HTTPQ_REASON_BODY_TIMEOUT,
				     HTTPQ_LOG_REASON_TIMER_BODY);
		break;
	case HTTPQ_TIMER_SEND:
		expire_send(conn, sk);
		break;
	case HTTPQ_TIMER_LINGER:
		httpq_stats_inc(stats, timeout_linger);
		/* Its answer may still be on the way. */
		if (conn->state == HTTPQ_CONN_DRAIN)
			conn_close(conn);
		else
			httpq_conn_gone(conn, HTTPQ_REASON_SEND_TIMEOUT, true);
		break;
	}
}

/*
 * Half-close, what inet_shutdown() does under the lock. If the FIN can't be
 * allocated nothing says so: the timer that is armed at the end of this run
 * is what ends the connection then.
 */
static void conn_half_close(struct httpq_conn *conn, struct sock *sk)
{
	conn->fin_sent = true;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	sk->sk_prot->shutdown(sk, SEND_SHUTDOWN);
}

static void conn_finish(struct httpq_conn *conn, struct sock *sk)
{
	if (conn->close_due && !conn->fin_sent && list_empty(&conn->tx))
		conn_half_close(conn, sk);
	if (sk->sk_state == TCP_CLOSE)
		httpq_conn_gone(conn, HTTPQ_REASON_CLIENT_RESET, false);
}

/* The client's FIN, once everything before it was read. */
static void conn_check_eof(struct httpq_conn *conn, struct sock *sk)
{
	if (!httpq_recv_eof(sk))
		return;
	switch (conn->state) {
	case HTTPQ_CONN_IDLE:
	case HTTPQ_CONN_HEAD:
	case HTTPQ_CONN_DRAIN:
		/* No more requests; what was answered still goes out. */
		if (conn->req)
			httpq_request_put(conn_detach(conn));
		conn_close(conn);
		break;
	case HTTPQ_CONN_REQUEST:
		conn->keepalive = false;
		httpq_body_cut(conn);
		if (conn->half_closed)
			break;
		conn->half_closed = true;
		WRITE_ONCE(conn->req->half_closed, true);
		httpq_held_post(conn->req, HTTPQ_EVENT_HALF_CLOSED,
				HTTPQ_REASON_NONE);
		break;
	}
}

static void conn_step(struct httpq_conn *conn, struct sock *sk)
{
	u8 expired;

	if (sk->sk_state == TCP_CLOSE) {
		httpq_conn_gone(conn, HTTPQ_REASON_CLIENT_RESET, false);
		return;
	}
	expired = httpq_timer_expired(conn);
	if (expired != HTTPQ_TIMER_NONE)
		conn_expire(conn, sk, expired);
	httpq_send_pump(conn, sk);
	httpq_recv_pump(conn, sk);
	if (conn->state != HTTPQ_CONN_DEAD)
		conn_check_eof(conn, sk);
	if (conn->state != HTTPQ_CONN_DEAD)
		conn_finish(conn, sk);
}

/**
 * httpq_conn_run - the engine: do what can be done now
 * @conn: connection
 * @sk: its socket, locked
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_run(struct httpq_conn *conn, struct sock *sk)
{
	int rounds = RUN_ROUNDS;

	if (conn->busy) {
		conn->again = true;
		return;
	}
	conn->busy = true;
	do {
		conn->again = false;
		if (conn->state != HTTPQ_CONN_DEAD)
			conn_step(conn, sk);
	} while (conn->again && --rounds);
	conn->busy = false;

	if (conn->state == HTTPQ_CONN_DEAD)
		return;
	httpq_timer_update(conn, sk);
	if (conn->again)
		httpq_conn_defer(conn);
}
