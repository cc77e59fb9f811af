// SPDX-License-Identifier: GPL-2.0
/*
 * The one timer of a connection. What it waits for follows from the state;
 * the deadline moves with every request, the timer itself only when it would
 * fire too late.
 */

#include <linux/jiffies.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "conn.h"
#include "net.h"
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
	if (conn->tx_bytes)
		return true;
	return conn->fin_sent && sk->sk_state != TCP_FIN_WAIT2;
}

static u8 timer_wanted(const struct httpq_conn *conn, const struct sock *sk)
{
	if (send_pending(conn, sk))
		return HTTPQ_TIMER_SEND;
	switch (conn->state) {
	case HTTPQ_CONN_IDLE:
		return HTTPQ_TIMER_IDLE;
	case HTTPQ_CONN_HEAD:
		return HTTPQ_TIMER_HEADER;
	case HTTPQ_CONN_DRAIN:
	case HTTPQ_CONN_LINGER:
		return HTTPQ_TIMER_LINGER;
	case HTTPQ_CONN_REQUEST:
		if (READ_ONCE(conn->req->state) == HTTPQ_REQUEST_QUEUED)
			return HTTPQ_TIMER_QUEUE;
		return conn->want_body ? HTTPQ_TIMER_BODY : HTTPQ_TIMER_NONE;
	}
	return HTTPQ_TIMER_NONE;
}

static unsigned int timer_ms(const struct httpq_limits *limits, u8 kind)
{
	switch (kind) {
	case HTTPQ_TIMER_IDLE:
		return READ_ONCE(limits->idle_timeout_ms);
	case HTTPQ_TIMER_HEADER:
		return READ_ONCE(limits->header_timeout_ms);
	case HTTPQ_TIMER_QUEUE:
		return READ_ONCE(limits->queue_timeout_ms);
	case HTTPQ_TIMER_BODY:
		return READ_ONCE(limits->body_timeout_ms);
	case HTTPQ_TIMER_SEND:
		return READ_ONCE(limits->send_timeout_ms);
	}
	return READ_ONCE(limits->linger_timeout_ms);
}

static void timer_arm(struct httpq_conn *conn, unsigned int ms)
{
	conn->deadline = jiffies + msecs_to_jiffies(ms);
	if (!timer_pending(&conn->timer) ||
	    time_before(conn->deadline, conn->timer.expires))
		mod_timer(&conn->timer, conn->deadline);
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
 * httpq_timer_update - follow the state of the connection
 * @conn: connection
 * @sk: its socket
 *
 * Context: any, under the socket lock; last thing of each run of the engine.
 */
void httpq_timer_update(struct httpq_conn *conn, const struct sock *sk)
{
	u8 kind = timer_wanted(conn, sk);

	if (kind == conn->timer_kind || conn->timer_kind == HTTPQ_TIMER_RETRY)
		return;
	conn->timer_kind = kind;
	if (kind != HTTPQ_TIMER_NONE)
		timer_arm(conn, timer_ms(&conn->hn->limits, kind));
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
	timer_arm(conn, RETRY_MS);
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
