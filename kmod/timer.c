// SPDX-License-Identifier: GPL-2.0
/*
 * The one timer of a connection. What it waits for follows from the state;
 * the deadline moves with every request, the timer itself only when it would
 * fire too late.
 */

#include <linux/bottom_half.h>
#include <linux/jiffies.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "conn.h"
#include "net.h"
#include "queue.h"
#include "request.h"
#include "timer.h"

/* How soon to look again for memory. */
#define RETRY_MS 20

static void timer_fire(struct timer_list *timer)
{
	struct httpq_conn *conn = from_timer(conn, timer, timer);
	struct sock *sk;

	rcu_read_lock();
	sk = rcu_dereference(conn->sk);
	if (sk) {
		bh_lock_sock(sk);
		if (conn->process || sock_owned_by_user_nocheck(sk))
			httpq_conn_defer(conn);
		else
			httpq_conn_run(conn, sk);
		bh_unlock_sock(sk);
	}
	rcu_read_unlock();
}

/**
 * httpq_timer_init - prepare the timer of a new connection
 * @conn: connection
 *
 * Context: process.
 */
void httpq_timer_init(struct httpq_conn *conn)
{
	conn->timer_kind = HTTPQ_TIMER_NONE;
	timer_setup(&conn->timer, timer_fire, 0);
}

/* The client still has to take, or to acknowledge, what we sent it. */
static bool send_pending(const struct httpq_conn *conn, const struct sock *sk)
{
	if (conn->tx_bytes && !conn->held)
		return true;
	return conn->fin_sent && sk->sk_state != TCP_FIN_WAIT2;
}

/*
 * An empty line is no request yet (RFC 9112 section 2.2): behind one that was
 * answered it is a careless client's, and the connection idle.
 */
static u8 head_timer(const struct httpq_conn *conn)
{
	return conn->requests && !conn->req->parse.method.len ?
	       HTTPQ_TIMER_IDLE : HTTPQ_TIMER_HEADER;
}

static u8 request_timer(const struct httpq_conn *conn)
{
	const struct httpq_request *req = conn->req;

	/* Pairs with smp_store_release() in httpq_request_set_state(). */
	u8 state = smp_load_acquire(&req->state);

	/* What a handle has reserved nobody has yet. */
	if (state == HTTPQ_REQUEST_QUEUED || state == HTTPQ_REQUEST_RESERVED)
		return HTTPQ_TIMER_QUEUE;
	if (conn->want_body)
		return HTTPQ_TIMER_BODY;
	return READ_ONCE(req->queue->answer_ms) ? HTTPQ_TIMER_ANSWER :
						  HTTPQ_TIMER_NONE;
}

static u8 timer_wanted(const struct httpq_conn *conn, const struct sock *sk)
{
	if (send_pending(conn, sk))
		return HTTPQ_TIMER_SEND;
	switch (conn->state) {
	case HTTPQ_CONN_IDLE:
		return HTTPQ_TIMER_IDLE;
	case HTTPQ_CONN_HEAD:
		return head_timer(conn);
	case HTTPQ_CONN_DRAIN:
	case HTTPQ_CONN_LINGER:
		return HTTPQ_TIMER_LINGER;
	case HTTPQ_CONN_REQUEST:
		return request_timer(conn);
	}
	return HTTPQ_TIMER_NONE;
}

static unsigned int timer_ms(const struct httpq_conn *conn, u8 kind)
{
	const struct httpq_limits *limits = &conn->hn->limits;

	switch (kind) {
	case HTTPQ_TIMER_IDLE:
		return READ_ONCE(limits->idle_timeout_ms);
	case HTTPQ_TIMER_HEADER:
		return READ_ONCE(limits->header_timeout_ms);
	case HTTPQ_TIMER_QUEUE:
		return READ_ONCE(limits->queue_timeout_ms);
	case HTTPQ_TIMER_ANSWER:
		/* Switched off since that was looked at: very long. */
		return READ_ONCE(conn->req->queue->answer_ms) ?: INT_MAX;
	case HTTPQ_TIMER_BODY:
		return READ_ONCE(limits->body_timeout_ms);
	case HTTPQ_TIMER_SEND:
		return READ_ONCE(limits->send_timeout_ms);
	}
	return READ_ONCE(limits->linger_timeout_ms);
}

static void timer_arm(struct httpq_conn *conn, unsigned long deadline)
{
	conn->deadline = deadline;
	if (!timer_pending(&conn->timer) ||
	    time_before(conn->deadline, conn->timer.expires))
		mod_timer(&conn->timer, conn->deadline);
}

/* What is waited for begins now, or began when nothing ran here. */
static unsigned long timer_begin(const struct httpq_conn *conn, u8 kind)
{
	if (kind == HTTPQ_TIMER_ANSWER && conn->timer_kind == HTTPQ_TIMER_QUEUE)
		return READ_ONCE(conn->req->active);
	return jiffies;
}

/**
 * httpq_timer_restart - what is waited for begins anew
 * @conn: connection
 *
 * Takes effect with the next httpq_timer_update().
 *
 * Context: any, under the socket lock.
 */
void httpq_timer_restart(struct httpq_conn *conn)
{
	conn->timer_kind = HTTPQ_TIMER_NONE;
}

/**
 * httpq_timer_progress - the worker goes on, or the body of the request does
 * @conn: connection
 * @worker: it is the worker that does
 *
 * The time for the answer, or for its next part, begins anew; not that in which
 * the client has to take what was sent, nor, because of its worker, that in
 * which it has to send the body.
 *
 * Context: any, under the socket lock.
 */
void httpq_timer_progress(struct httpq_conn *conn, bool worker)
{
	if (conn->timer_kind != HTTPQ_TIMER_SEND &&
	    !(worker && conn->timer_kind == HTTPQ_TIMER_BODY))
		httpq_timer_restart(conn);
}

/**
 * httpq_timer_update - follow the state of the connection
 * @conn: connection
 * @sk: its socket
 *
 * Context: any, under the socket lock; last thing of each run of the engine.
 */
void httpq_timer_update(struct httpq_conn *conn, const struct sock *sk)
{
	u8 kind = timer_wanted(conn, sk);
	unsigned long begin;

	if (kind == conn->timer_kind || conn->timer_kind == HTTPQ_TIMER_RETRY)
		return;
	begin = timer_begin(conn, kind);
	conn->timer_kind = kind;
	/* Progress of the client is what it acknowledges from now on. */
	if (kind == HTTPQ_TIMER_SEND)
		conn->acked = tcp_sk(sk)->snd_una;
	if (kind != HTTPQ_TIMER_NONE)
		timer_arm(conn, begin + msecs_to_jiffies(timer_ms(conn, kind)));
}

/**
 * httpq_timer_delivered - the time for an answer has begun
 * @req: request that was delivered
 *
 * The engine does not run for that, so its timer may be set for later than the
 * answer is due; then it has to look earlier, and sees what there is to wait
 * for. One that is about to run, or is stopped, is left alone.
 *
 * Context: process, no socket lock; @req pins the connection.
 */
void httpq_timer_delivered(const struct httpq_request *req)
{
	unsigned int answer_ms = READ_ONCE(req->queue->answer_ms);
	struct timer_list *timer = &req->conn->timer;
	unsigned long due = jiffies + msecs_to_jiffies(answer_ms);

	/* An engine that arms it for earlier in between would be overruled. */
	local_bh_disable();
	if (answer_ms && time_before(due, READ_ONCE(timer->expires)))
		mod_timer_pending(timer, due);
	local_bh_enable();
}

/**
 * httpq_timer_expired - what, if anything, has run out
 * @conn: connection
 *
 * Moves a timer that fired for an old deadline on to the current one.
 *
 * Context: any, under the socket lock; first thing of each run of the engine.
 * Return: enum httpq_conn_timer.
 */
u8 httpq_timer_expired(struct httpq_conn *conn)
{
	u8 kind = conn->timer_kind;

	if (kind == HTTPQ_TIMER_NONE)
		return kind;
	if (time_before(jiffies, conn->deadline)) {
		if (!timer_pending(&conn->timer))
			mod_timer(&conn->timer, conn->deadline);
		return HTTPQ_TIMER_NONE;
	}
	conn->timer_kind = HTTPQ_TIMER_NONE;
	return kind;
}

/**
 * httpq_timer_retry - run the engine again soon
 * @conn: connection
 *
 * For want of memory with nothing in flight: no acknowledgment will come that
 * would say when to go on.
 *
 * Context: any, under the socket lock.
 */
void httpq_timer_retry(struct httpq_conn *conn)
{
	conn->timer_kind = HTTPQ_TIMER_RETRY;
	timer_arm(conn, jiffies + msecs_to_jiffies(RETRY_MS));
}

/**
 * httpq_timer_stop - after this the timer does not run any more
 * @conn: connection whose @sk is NULL already, so that nobody arms it again
 *
 * Context: process, no socket lock.
 */
void httpq_timer_stop(struct httpq_conn *conn)
{
	del_timer_sync(&conn->timer);
}
