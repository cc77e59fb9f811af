/* SPDX-License-Identifier: GPL-2.0 */
/* Listening sockets: which ones a port needs, and accepting on them. */
#ifndef _HTTPQ_LISTEN_H
#define _HTTPQ_LISTEN_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

struct httpq_net;
struct socket;
struct sock;

/**
 * struct httpq_listener - one listening socket
 *
 * Made when the first prefix needs its port and address, closed with the
 * last, both under hn->control. The socket's callbacks find it by
 * sk_user_data under RCU; after they are restored, a grace period has passed
 * and @work is done, the reference of hn->listeners is dropped. Each
 * connection holds one for the sake of @conns. Freed with the last.
 */
struct httpq_listener {
	/** @refs: see above */
	refcount_t refs;
	/** @node: in hn->listeners, under hn->control */
	struct list_head node;
	/** @hn: the namespace; outlives the listener */
	struct httpq_net *hn;
	/** @sock: the socket; no reference on the namespace */
	struct socket *sock;
	/** @saved_data_ready: the socket's own, for children and the end */
	void (*saved_data_ready)(struct sock *sk);
	/** @work: accepts until nothing is left; process context */
	struct delayed_work work;
	/** @addr: local address, IPv4 mapped; all zeroes: any, dual-stack */
	u8 addr[16];
	/** @port: local port */
	u16 port;
	/** @engine: enum httpq_engine of new connections */
	u8 engine;
	/** @accepted: connections so far */
	u64 accepted;
	/** @conns: open connections */
	atomic_t conns;
};

void httpq_listen_put(struct httpq_listener *listener);
int httpq_listen_update(struct httpq_net *hn, u16 port);
void httpq_listen_settle(struct httpq_net *hn, const unsigned long *ports);
void httpq_listen_close_all(struct httpq_net *hn);
int httpq_listen_set_engine(struct httpq_net *hn, u16 port, u8 engine);

#endif /* _HTTPQ_LISTEN_H */
