/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client's connection: HTTP/1 on a TCP socket, its state machine and the
 * protocol by which it ends.
 */
#ifndef _HTTPQ_CONN_H
#define _HTTPQ_CONN_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include <linux/httpq.h>

#include "batch.h"
#include "chunk.h"
#include "lifecycle.h"

struct httpq_listener;
struct httpq_net;
struct httpq_request;
struct sock;
struct socket;

/* How the end of the request's body is known. */
enum httpq_conn_body {
	HTTPQ_CONN_BODY_DONE,	/* none, or all of it was taken */
	HTTPQ_CONN_BODY_LENGTH,
	HTTPQ_CONN_BODY_CHUNKED,
	HTTPQ_CONN_BODY_BROKEN,	/* it will never be complete */
};

/* Whether somebody waits for body bytes, or for room, and how. */
enum httpq_conn_want {
	HTTPQ_WANT_NOTHING,
	HTTPQ_WANT_WAKE,	/* a thread sleeps on the request */
	HTTPQ_WANT_EVENT,	/* the handle is to be told */
};

/* What the one timer of a connection waits for. */
enum httpq_conn_timer {
	HTTPQ_TIMER_NONE,
	HTTPQ_TIMER_IDLE,
	HTTPQ_TIMER_HEADER,
	HTTPQ_TIMER_QUEUE,
	HTTPQ_TIMER_ANSWER,
	HTTPQ_TIMER_BODY,
	HTTPQ_TIMER_SEND,
	HTTPQ_TIMER_LINGER,
	HTTPQ_TIMER_RETRY,	/* no memory and no ACK to come */
};

/**
 * struct httpq_conn - a connection
 *
 * Created by the accept work, released by the release work once its state is
 * DEAD. References: the socket (dropped by the release, after a grace
 * period), each request that came on it, each queued work. All members are
 * protected by the socket lock unless they say otherwise: in softirq the
 * socket's spinlock while no process owns it, in process context the same or
 * ownership (httpq_conn_lock()). No other socket is ever locked under it; the
 * locks of handles and queues are, in this order.
 */
struct httpq_conn {
	/**
	 * @sk: the socket, NULL once released. RCU: the connection's own
	 * reference on it is dropped after a grace period.
	 */
	struct sock __rcu *sk;
	/** @sock_ref: the same, with the connection's reference */
	struct sock *sock_ref;
	/** @sock: its socket, for the release */
	struct socket *sock;
	/** @refs: see above */
	refcount_t refs;
	/** @id: number in hn->conns; immutable */
	u32 id;
	/** @rcu: drops the socket, then the structure */
	struct rcu_head rcu;
	/** @hn: holds a reference */
	struct httpq_net *hn;
	/** @listener: where it came in; holds a reference */
	struct httpq_listener *listener;

	/** @state: enum httpq_conn_state */
	u8 state;
	/** @body: enum httpq_conn_body */
	u8 body;
	/** @timer_kind: enum httpq_conn_timer */
	u8 timer_kind;
	/** @framing: enum httpq_reply_framing of the response under way */
	u8 framing;
	/** @body_fault: status for a body that is broken by its client, or 0 */
	u16 body_fault;
	/** @want_body: enum httpq_conn_want, a reader; also read without lock */
	u8 want_body;
	/** @want_space: enum httpq_conn_want, a sender; also read without lock */
	u8 want_space;
	/** @busy: the engine is running; who finds it set sets @again */
	bool busy:1;
	/** @again: something happened meanwhile; the engine goes round */
	bool again:1;
	/** @process: process context only; immutable */
	bool process:1;
	/** @keepalive: the connection outlives the current response */
	bool keepalive:1;
	/** @begun: a byte of the response was queued */
	bool begun:1;
	/** @close_due: half-close as soon as everything queued was sent */
	bool close_due:1;
	/** @fin_sent: half-closed by us */
	bool fin_sent:1;
	/** @reset: release with RST */
	bool reset:1;
	/** @expect: the client waits for 100 (Continue) */
	bool expect:1;
	/** @touched: an interim response of the worker went out */
	bool touched:1;
	/** @held: nothing of the response in @tx is to leave yet */
	bool held:1;
	/** @held_keepalive: @keepalive before the response was begun */
	bool held_keepalive:1;
	/** @half_closed: the worker was told of the client's FIN */
	bool half_closed:1;
	/** @refused: over the limit of connections; counted apart */
	bool refused:1;

	/** @req: being received or waiting for its answer, or NULL */
	struct httpq_request *req;
	/**
	 * @sent: answered; when @tx is empty it is recorded, unless its end is
	 * owed. Holds a reference.
	 */
	struct httpq_request *sent;
	/** @last_worker: number of the handle that answered last, or 0 */
	u64 last_worker;
	/** @body_left: HTTPQ_CONN_BODY_LENGTH: bytes still to come */
	u64 body_left;
	/** @body_taken: body bytes handed out or discarded */
	u64 body_taken;
	/** @reply_left: response bytes that its Content-Length still owes */
	u64 reply_left;
	/** @chunk: decoder of a chunked body */
	struct httpq_chunk chunk;
	/** @discarded: bytes thrown away since the state DRAIN or LINGER */
	u32 discarded;

	/** @acked: what the client had acknowledged when HTTPQ_TIMER_SEND began */
	u32 acked;
	/** @tx_bytes: bytes queued in @tx */
	u32 tx_bytes;
	/** @tx: struct httpq_batch by node, in order */
	struct list_head tx;
	/** @reserve: for an honest refusal when there is no memory */
	struct httpq_batch_reserve reserve;

	/** @timer: softirq; lazily moved towards @deadline */
	struct timer_list timer;
	/** @deadline: jiffies */
	unsigned long deadline;
	/** @work: runs the engine in process context; holds a reference */
	struct work_struct work;
	/** @release: in the list of connections to release */
	struct llist_node release;

	/** @saved_data_ready: callbacks of the socket, put back at the end */
	void (*saved_data_ready)(struct sock *sk);
	/** @saved_state_change: see @saved_data_ready */
	void (*saved_state_change)(struct sock *sk);
	/** @saved_write_space: see @saved_data_ready */
	void (*saved_write_space)(struct sock *sk);

	/** @local: our end; immutable */
	struct httpq_addr local;
	/** @remote: the client's end; immutable */
	struct httpq_addr remote;
	/** @created: jiffies; immutable */
	unsigned long created;
	/** @requests: heads completed or refused */
	u32 requests;
};

int httpq_conn_init(void);
void httpq_conn_exit(void);

void httpq_conn_accept(struct httpq_listener *listener, struct socket *sock);
void httpq_conn_close_all(struct httpq_net *hn);

struct sock *httpq_conn_lock(struct httpq_conn *conn, bool *slow);
void httpq_conn_unlock(struct httpq_conn *conn, struct sock *sk, bool slow);
void httpq_conn_run(struct httpq_conn *conn, struct sock *sk);
void httpq_conn_defer(struct httpq_conn *conn);
void httpq_conn_put(struct httpq_conn *conn);

void httpq_conn_release(struct httpq_conn *conn);
void httpq_conn_event(struct httpq_conn *conn, u8 event);
void httpq_conn_notify(struct httpq_conn *conn, u8 want, u8 type);
void httpq_conn_dispatched(struct httpq_conn *conn);
void httpq_conn_refuse(struct httpq_conn *conn, u16 status, bool keepalive,
		       u8 reason);
bool httpq_conn_persists(const struct httpq_conn *conn);
void httpq_conn_drained(struct httpq_conn *conn);
void httpq_conn_end_reply(struct httpq_conn *conn);
void httpq_conn_outlived(struct httpq_conn *conn);
void httpq_conn_break(struct httpq_conn *conn, u8 reason);
u8 httpq_conn_progress(const struct httpq_conn *conn);
void httpq_conn_unbegin(struct httpq_conn *conn);
u8 httpq_conn_unread_reason(u8 reason);
void httpq_conn_owe(struct httpq_conn *conn);
bool httpq_conn_records(struct httpq_request *req);
void httpq_conn_recorded(struct httpq_conn *conn, u16 flags);
void httpq_conn_fail_body(struct httpq_conn *conn, u16 status, u8 reason,
			  u8 log_reason);
void httpq_conn_gone(struct httpq_conn *conn, u8 reason, bool reset);
int httpq_conn_request_errno(const struct httpq_request *req);

extern struct workqueue_struct *httpq_conn_wq;

#endif /* _HTTPQ_CONN_H */
