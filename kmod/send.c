// SPDX-License-Identifier: GPL-2.0
/*
 * The one sender. Whatever leaves is queued in batches of our own pages and
 * handed to TCP from here, in softirq as well as in process context.
 */

#include <net/sock.h>
#include <net/tcp.h>

#include "compat/tcp.h"
#include "batch.h"
#include "conn.h"
#include "limits.h"
#include "request.h"
#include "send.h"
#include "timer.h"
#include "trace.h"

static void send_free(struct httpq_conn *conn, struct httpq_batch *batch)
{
	list_del(&batch->node);
	httpq_batch_free(conn->hn, batch);
}

/**
 * httpq_send_queue - let a batch leave after what is queued already
 * @conn: connection
 * @batch: not empty; owned by the connection from here on
 *
 * Context: any, under the socket lock; the caller runs the engine.
 */
void httpq_send_queue(struct httpq_conn *conn, struct httpq_batch *batch)
{
	list_add_tail(&batch->node, &conn->tx);
	WRITE_ONCE(conn->tx_bytes, conn->tx_bytes + batch->left);
}

/**
 * httpq_send_purge - forget what was not handed to TCP
 * @conn: connection that is over
 *
 * Context: any, under the socket lock.
 */
void httpq_send_purge(struct httpq_conn *conn)
{
	struct httpq_batch *batch, *next;

	list_for_each_entry_safe(batch, next, &conn->tx, node)
		send_free(conn, batch);
	WRITE_ONCE(conn->tx_bytes, 0);
}

static void send_taken(struct httpq_conn *conn, struct httpq_batch *batch,
		       u32 len)
{
	httpq_batch_advance(batch, len);
	WRITE_ONCE(conn->tx_bytes, conn->tx_bytes - len);
	httpq_timer_restart(conn);
	trace_httpq_send(conn->id, len, conn->tx_bytes);
	if (!batch->left)
		send_free(conn, batch);
}

static void send_failed(struct httpq_conn *conn, struct sock *sk, int err)
{
	trace_httpq_send_err(conn->id, err);
	if (err != -EAGAIN) {
		httpq_conn_gone(conn, HTTPQ_REASON_CLIENT_RESET, true);
		return;
	}
	/*
	 * With empty queues TCP had no memory, told our own callback so, and
	 * no acknowledgment will come.
	 */
	if (tcp_rtx_and_write_queues_empty(sk)) {
		conn->again = false;
		httpq_timer_retry(conn);
	}
}

/* Tells whoever waits for room, once. */
static void send_notify(struct httpq_conn *conn)
{
	u8 want = conn->want_space;

	if (!want || conn->tx_bytes > HTTPQ_SEND_MAX / 2 || !conn->req)
		return;
	WRITE_ONCE(conn->want_space, HTTPQ_WANT_NOTHING);
	httpq_conn_notify(conn, want, HTTPQ_EVENT_SPACE);
}

/**
 * httpq_send_pump - hand to TCP what it takes
 * @conn: connection
 * @sk: its socket
 *
 * Context: any, under the socket lock; from the engine, whose busy flag keeps
 * TCP's callbacks from coming back in here.
 */
void httpq_send_pump(struct httpq_conn *conn, struct sock *sk)
{
	struct httpq_batch *batch;
	bool more;
	int n;

	if (conn->held)
		return;
	while (conn->state != HTTPQ_CONN_DEAD && !list_empty(&conn->tx)) {
		batch = list_first_entry(&conn->tx, struct httpq_batch, node);
		more = !list_is_last(&batch->node, &conn->tx);
		n = httpq_compat_send_pages(sk, &batch->vec[batch->first],
					    batch->nr - batch->first,
					    batch->left,
					    MSG_DONTWAIT | MSG_NOSIGNAL |
					    (more ? MSG_MORE : 0));
		if (n <= 0) {
			send_failed(conn, sk, n);
			break;
		}
		send_taken(conn, batch, n);
	}
	if (conn->state == HTTPQ_CONN_DEAD)
		return;
	if (conn->sent && list_empty(&conn->tx))
		httpq_conn_recorded(conn, 0);
	send_notify(conn);
}
