// SPDX-License-Identifier: GPL-2.0
/*
 * Listening sockets. A port that only prefixes with IP literals (or localhost)
 * need is opened on those addresses, any other on all of them. The sockets
 * belong to the kernel: they pin no namespace, and their creation asks for no
 * capability of the caller's, because binding the prefix did.
 */

#include <linux/cred.h>
#include <linux/net.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "conn.h"
#include "fault.h"
#include "listen.h"
#include "log.h"
#include "net.h"
#include "route.h"
#include "trace.h"

/* Connections that may wait to be accepted. */
#define BACKLOG 4096
/* How soon to try again after an accept that failed. */
#define ACCEPT_RETRY_MS 100
/* Connections accepted before other work gets a turn. */
#define ACCEPT_BATCH 64

static const u8 addr_any[16];

static const u8 addr_loopback4[16] = {
	[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1,
};

static const u8 addr_loopback6[16] = { [15] = 1 };

static void listen_data_ready(struct sock *sk)
{
	struct httpq_listener *listener;

	/* A child that was not accepted yet inherited this: its data wait. */
	if (sk->sk_state != TCP_LISTEN)
		return;
	rcu_read_lock();
	listener = rcu_dereference_sk_user_data(sk);
	if (listener)
		mod_delayed_work(httpq_conn_wq, &listener->work, 0);
	rcu_read_unlock();
}

/* Returns false when nothing is left to accept. */
static bool accept_one(struct httpq_listener *listener)
{
	struct socket *sock;
	int err;

	err = httpq_fault(HTTPQ_FAULT_ACCEPT) ? -ENOMEM :
	      kernel_accept(listener->sock, &sock, O_NONBLOCK);
	if (!err) {
		listener->accepted++;
		httpq_conn_accept(listener, sock);
		return true;
	}
	/* The client gave up while it waited: there may be more. */
	if (err == -ECONNABORTED)
		return true;
	if (err != -EAGAIN && err != -EINVAL) {
		httpq_stats_inc(listener->hn->stats, accept_errors);
		trace_httpq_listen_err(listener->port, err);
		mod_delayed_work(httpq_conn_wq, &listener->work,
				 msecs_to_jiffies(ACCEPT_RETRY_MS));
	}
	return false;
}

static void accept_work(struct work_struct *work)
{
	struct httpq_listener *listener =
		container_of(to_delayed_work(work), struct httpq_listener, work);
	int batch = ACCEPT_BATCH;

	while (accept_one(listener)) {
		if (!--batch) {
			mod_delayed_work(httpq_conn_wq, &listener->work, 0);
			break;
		}
	}
}

static bool addr_is_v4(const u8 addr[16])
{
	return ipv6_addr_v4mapped((const struct in6_addr *)addr);
}

static bool addr_is_any(const u8 addr[16])
{
	return !memcmp(addr, addr_any, sizeof(addr_any));
}

static int bind_v4(struct socket *sock, const u8 addr[16], u16 port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	if (!addr_is_any(addr))
		memcpy(&sin.sin_addr, addr + 12, 4);
	return kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
}

static int bind_v6(struct socket *sock, const u8 addr[16], u16 port)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};

	memcpy(&sin6.sin6_addr, addr, 16);
	/* Whatever net.ipv6.bindv6only says: any is any. */
	sock->sk->sk_ipv6only = !addr_is_any(addr);
	return kernel_bind(sock, (struct sockaddr *)&sin6, sizeof(sin6));
}

static int socket_create(struct net *net, const u8 addr[16], u16 port,
			 struct socket **sock)
{
	bool v4 = addr_is_v4(addr);
	int err;

	err = sock_create_kern(net, v4 ? AF_INET : AF_INET6, SOCK_STREAM,
			       IPPROTO_TCP, sock);
	if (err == -EAFNOSUPPORT && addr_is_any(addr)) {
		v4 = true;
		err = sock_create_kern(net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
				       sock);
	}
	if (err)
		return err;
	sock_set_reuseaddr((*sock)->sk);
	err = v4 ? bind_v4(*sock, addr, port) : bind_v6(*sock, addr, port);
	if (err)
		sock_release(*sock);
	return err;
}

/* The caller was allowed to bind the prefix; that is what counts. */
static int socket_create_as_kernel(struct net *net, const u8 addr[16],
				   u16 port, struct socket **sock)
{
	struct cred *cred = prepare_kernel_cred(&init_task);
	const struct cred *old;
	int err;

	if (!cred)
		return -ENOMEM;
	old = override_creds(cred);
	err = socket_create(net, addr, port, sock);
	revert_creds(old);
	put_cred(cred);
	return err;
}

/* Children inherit all of this. */
static void socket_tune(struct sock *sk, const struct httpq_limits *limits)
{
	tcp_sock_set_nodelay(sk);
	sock_set_rcvbuf(sk, READ_ONCE(limits->rcvbuf) / 2);
	lock_sock(sk);
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(limits->sndbuf));
	release_sock(sk);
}

static void callbacks_install(struct httpq_listener *listener)
{
	struct sock *sk = listener->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	listener->saved_data_ready = sk->sk_data_ready;
	/* Children must not take the listener for their connection. */
	__rcu_assign_sk_user_data_with_flags(sk, listener,
					     SK_USER_DATA_NOCOPY);
	sk->sk_data_ready = listen_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
}

static int listener_open(struct httpq_net *hn, const u8 addr[16], u16 port)
{
	struct httpq_listener *listener;
	int err;

	err = httpq_log_enable(hn);
	if (err)
		return err;
	listener = kzalloc(sizeof(*listener), GFP_KERNEL);
	if (!listener)
		return -ENOMEM;
	err = socket_create_as_kernel(hn->net, addr, port, &listener->sock);
	if (err)
		goto err_free_listener;

	refcount_set(&listener->refs, 1);
	listener->hn = hn;
	listener->port = port;
	listener->engine = READ_ONCE(hn->limits.process_engine);
	memcpy(listener->addr, addr, 16);
	INIT_DELAYED_WORK(&listener->work, accept_work);
	socket_tune(listener->sock->sk, &hn->limits);
	callbacks_install(listener);
	err = kernel_listen(listener->sock, BACKLOG);
	if (err)
		goto err_release_sock;
	list_add_tail(&listener->node, &hn->listeners);
	trace_httpq_listen(port, true);
	return 0;

err_release_sock:
	sock_release(listener->sock);
err_free_listener:
	kfree(listener);
	trace_httpq_listen_err(port, err);
	return err;
}

/* No callback finds the listener any more. */
static void listener_unhook(struct httpq_listener *listener,
			    struct list_head *closing)
{
	struct sock *sk = listener->sock->sk;

	trace_httpq_listen(listener->port, false);
	list_move_tail(&listener->node, closing);
	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, NULL);
	sk->sk_data_ready = listener->saved_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
}

/*
 * The callbacks that found it were waited for, now the work is. What had
 * completed its handshake by then is still accepted, because the client
 * believes that it is connected; clients that come now may be refused.
 */
static void listener_release(struct httpq_listener *listener)
{
	int left = BACKLOG + 1;

	list_del(&listener->node);
	listener->hn->unlisted++;
	cancel_delayed_work_sync(&listener->work);
	if (!listener->hn->dead)
		while (left-- && accept_one(listener))
			cond_resched();
	cancel_delayed_work_sync(&listener->work);
	sock_release(listener->sock);
	httpq_listen_put(listener);
}

/* One grace period for all that were unhooked. */
static void release_all(struct list_head *closing)
{
	struct httpq_listener *listener, *next;

	if (list_empty(closing))
		return;
	synchronize_rcu();
	list_for_each_entry_safe(listener, next, closing, node) {
		listener_release(listener);
		cond_resched();
	}
}

/**
 * httpq_listen_put - drop a reference
 * @listener: listener
 *
 * Context: any.
 */
void httpq_listen_put(struct httpq_listener *listener)
{
	if (refcount_dec_and_test(&listener->refs))
		kfree(listener);
}

static struct httpq_listener *listener_find(struct httpq_net *hn,
					    const u8 addr[16], u16 port)
{
	struct httpq_listener *listener;

	list_for_each_entry(listener, &hn->listeners, node)
		if (listener->port == port && !memcmp(listener->addr, addr, 16))
			return listener;
	return NULL;
}

static bool binding_needs_any(const struct httpq_binding *binding)
{
	return binding->bucket != HTTPQ_URL_ADDRESS && !binding->loopback;
}

static bool port_needs_any(const struct httpq_net *hn, u16 port)
{
	const struct httpq_binding *binding;

	list_for_each_entry(binding, &hn->bindings, node)
		if (binding->port == port && binding_needs_any(binding))
			return true;
	return false;
}

static bool binding_needs_addr(const struct httpq_binding *binding,
			       const u8 addr[16])
{
	if (binding->bucket == HTTPQ_URL_ADDRESS)
		return !memcmp(binding->addr, addr, 16);
	return binding->loopback && (!memcmp(addr, addr_loopback4, 16) ||
				     !memcmp(addr, addr_loopback6, 16));
}

static bool port_needs_addr(const struct httpq_net *hn, u16 port,
			    const u8 addr[16])
{
	const struct httpq_binding *binding;

	list_for_each_entry(binding, &hn->bindings, node)
		if (binding->port == port && binding_needs_addr(binding, addr))
			return true;
	return false;
}

static void unhook_unneeded(struct httpq_net *hn, u16 port, bool any,
			    struct list_head *closing)
{
	struct httpq_listener *listener, *next;

	list_for_each_entry_safe(listener, next, &hn->listeners, node) {
		if (listener->port != port)
			continue;
		if (any ? !addr_is_any(listener->addr) :
			  !port_needs_addr(hn, port, listener->addr))
			listener_unhook(listener, closing);
	}
}

static int open_missing(struct httpq_net *hn, const u8 addr[16], u16 port)
{
	return listener_find(hn, addr, port) ? 0 :
					       listener_open(hn, addr, port);
}

static int open_loopback(struct httpq_net *hn, u16 port)
{
	int err = open_missing(hn, addr_loopback4, port);
	int err6;

	if (err && err != -EADDRNOTAVAIL)
		return err;
	/* Either family may be off, not both. */
	err6 = open_missing(hn, addr_loopback6, port);
	if (err6 == -EADDRNOTAVAIL || err6 == -EAFNOSUPPORT)
		return err;
	return err6;
}

static int open_literals(struct httpq_net *hn, u16 port)
{
	const struct httpq_binding *binding;
	int err = 0;

	list_for_each_entry(binding, &hn->bindings, node) {
		if (binding->port != port)
			continue;
		if (binding->loopback)
			err = open_loopback(hn, port);
		else
			err = open_missing(hn, binding->addr, port);
		if (err)
			break;
	}
	return err;
}

/**
 * httpq_listen_update - let the sockets of a port follow its bindings
 * @hn: namespace
 * @port: local port
 *
 * Connections that are established stay.
 *
 * Context: process, under hn->control.
 * Return: 0; -EADDRINUSE, -EADDRNOTAVAIL or another error of a socket that
 * could not be opened. The caller takes the binding back then and calls again.
 */
int httpq_listen_update(struct httpq_net *hn, u16 port)
{
	bool any = port_needs_any(hn, port);
	LIST_HEAD(closing);

	lockdep_assert_held(&hn->control);
	/* First: a socket on any address and one on a literal exclude each
	 * other.
	 */
	unhook_unneeded(hn, port, any, &closing);
	release_all(&closing);
	return any ? open_missing(hn, addr_any, port) :
		     open_literals(hn, port);
}

/**
 * httpq_listen_settle - let sockets follow bindings that went
 * @hn: namespace
 * @ports: bitmap of their ports
 *
 * As httpq_listen_update() for each, but in one grace period. A socket on
 * literals that takes the place of one on any address may fail to open; its
 * prefixes stay bound.
 *
 * Context: process, under hn->control.
 */
void httpq_listen_settle(struct httpq_net *hn, const unsigned long *ports)
{
	LIST_HEAD(closing);
	unsigned int port;

	lockdep_assert_held(&hn->control);
	for_each_set_bit(port, ports, U16_MAX + 1) {
		unhook_unneeded(hn, port, port_needs_any(hn, port), &closing);
		cond_resched();
	}
	release_all(&closing);
	if (hn->dead)
		return;
	for_each_set_bit(port, ports, U16_MAX + 1) {
		if (!port_needs_any(hn, port))
			open_literals(hn, port);
		cond_resched();
	}
}

/**
 * httpq_listen_close_all - stop listening
 * @hn: namespace that ends
 *
 * Context: process, under hn->control.
 */
void httpq_listen_close_all(struct httpq_net *hn)
{
	struct httpq_listener *listener, *next;
	LIST_HEAD(closing);

	lockdep_assert_held(&hn->control);
	list_for_each_entry_safe(listener, next, &hn->listeners, node)
		listener_unhook(listener, &closing);
	release_all(&closing);
}

/**
 * httpq_listen_set_engine - where new connections of a port are served
 * @hn: namespace
 * @port: local port
 * @engine: enum httpq_engine
 *
 * Context: process, under hn->control.
 * Return: 0, or -ENOENT if nothing listens on @port.
 */
int httpq_listen_set_engine(struct httpq_net *hn, u16 port, u8 engine)
{
	struct httpq_listener *listener;
	int err = -ENOENT;

	lockdep_assert_held(&hn->control);
	list_for_each_entry(listener, &hn->listeners, node) {
		if (listener->port != port)
			continue;
		WRITE_ONCE(listener->engine, engine);
		err = 0;
	}
	if (!err)
		trace_httpq_listen_engine(port, engine);
	return err;
}
