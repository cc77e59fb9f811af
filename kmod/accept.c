// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a connection around its engine: the accepted socket taken over,
 * its callbacks and locks, and the release in batches.
 */

#include <linux/module.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "conn.h"
#include "fault.h"
#include "listen.h"
#include "net.h"
#include "record.h"
#include "request.h"
#include "timer.h"
#include "trace.h"

struct workqueue_struct *httpq_conn_wq;

static void release_work(struct work_struct *work);

static LLIST_HEAD(release_list);
static DECLARE_WORK(release, release_work);

/* The socket's callbacks: all of them only say that something happened. */
static void conn_kick(struct sock *sk)
{
	struct httpq_conn *conn;

	rcu_read_lock();
	conn = rcu_dereference_sk_user_data(sk);
	if (!conn)
		goto out;
	if (conn->busy)
		conn->again = true;
	else if (conn->process || sock_owned_by_user_nocheck(sk))
		httpq_conn_defer(conn);
	else
		httpq_conn_run(conn, sk);
out:
	rcu_read_unlock();
}

static void conn_write_space(struct sock *sk)
{
	if (!sk_stream_is_writeable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	conn_kick(sk);
}

static void callbacks_install(struct httpq_conn *conn, struct sock *sk,
			      const struct httpq_listener *listener)
{
	write_lock_bh(&sk->sk_callback_lock);
	/* The child inherited the listener's callback. */
	conn->saved_data_ready = listener->saved_data_ready;
	conn->saved_state_change = sk->sk_state_change;
	conn->saved_write_space = sk->sk_write_space;
	rcu_assign_sk_user_data(sk, conn);
	sk->sk_data_ready = conn_kick;
	sk->sk_state_change = conn_kick;
	sk->sk_write_space = conn_write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void callbacks_restore(struct httpq_conn *conn, struct sock *sk)
{
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, NULL);
	sk->sk_data_ready = conn->saved_data_ready;
	sk->sk_state_change = conn->saved_state_change;
	sk->sk_write_space = conn->saved_write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

/**
 * httpq_conn_lock - lock the socket of a connection
 * @conn: connection, held by the caller
 * @slow: result, to be handed to httpq_conn_unlock()
 *
 * As a rule this is the socket's spinlock, so that packets wait for it
 * instead of being put off; the caller may not sleep. If a process owns the
 * socket, or the connection belongs to process context, it is ownership.
 *
 * Context: process, may sleep.
 * Return: the socket; NULL, and nothing is locked, if it was released.
 */
struct sock *httpq_conn_lock(struct httpq_conn *conn, bool *slow)
{
	struct sock *sk;

	rcu_read_lock();
	sk = rcu_dereference(conn->sk);
	if (!sk) {
		rcu_read_unlock();
		return NULL;
	}
	local_bh_disable();
	bh_lock_sock(sk);
	*slow = conn->process || sock_owned_by_user_nocheck(sk);
	if (!*slow) {
		/* For sparse, which takes no conditional locks. */
		__release(RCU);
		__release(&sk->sk_lock.slock);
		return sk;
	}

	bh_unlock_sock(sk);
	local_bh_enable();
	/* What is pinned here the exit of the namespace waits for. */
	sock_hold(sk);
	atomic_inc(&conn->hn->slow_users);
	rcu_read_unlock();
	lock_sock(sk);
	return sk;
}

/**
 * httpq_conn_unlock - undo httpq_conn_lock()
 * @conn: connection
 * @sk: what it returned
 * @slow: what it said
 *
 * Context: process.
 */
void httpq_conn_unlock(struct httpq_conn *conn, struct sock *sk, bool slow)
{
	if (!slow) {
		__acquire(RCU);
		__acquire(&sk->sk_lock.slock);
		bh_unlock_sock(sk);
		local_bh_enable();
		rcu_read_unlock();
		return;
	}
	release_sock(sk);
	sock_put(sk);
	if (atomic_dec_and_test(&conn->hn->slow_users))
		wake_up_all(&conn->hn->idle);
}

/**
 * httpq_conn_put - drop a reference
 * @conn: connection
 *
 * Context: any.
 */
void httpq_conn_put(struct httpq_conn *conn)
{
	struct httpq_net *hn = conn->hn;

	if (!refcount_dec_and_test(&conn->refs))
		return;
	httpq_listen_put(conn->listener);
	kfree(conn);
	httpq_net_put(hn);
}

static void conn_work(struct work_struct *work)
{
	struct httpq_conn *conn = container_of(work, struct httpq_conn, work);
	/* The release cancels this work before it lets the socket go. */
	struct sock *sk = rcu_dereference_protected(conn->sk, true);

	if (sk) {
		lock_sock(sk);
		httpq_conn_run(conn, sk);
		release_sock(sk);
	}
	httpq_conn_put(conn);
}

/**
 * httpq_conn_defer - run the engine from work
 * @conn: connection that is not released
 *
 * Context: any, under the socket lock or its spinlock.
 */
void httpq_conn_defer(struct httpq_conn *conn)
{
	if (!rcu_access_pointer(conn->sk))
		return;
	refcount_inc(&conn->refs);
	if (!queue_work(httpq_conn_wq, &conn->work))
		httpq_conn_put(conn);
}

/**
 * httpq_conn_release - let the socket go, soon
 * @conn: connection that has just become DEAD
 *
 * Context: any, under the socket lock.
 */
void httpq_conn_release(struct httpq_conn *conn)
{
	if (llist_add(&conn->release, &release_list))
		queue_work(httpq_conn_wq, &release);
}

static void conn_free_socket(struct rcu_head *rcu)
{
	struct httpq_conn *conn = container_of(rcu, struct httpq_conn, rcu);
	struct httpq_net *hn = conn->hn;

	/* The last look at the socket; the namespace's exit waits for it. */
	sock_put(conn->sock_ref);
	if (atomic_dec_and_test(&hn->nr_conns))
		wake_up_all(&hn->idle);
	httpq_conn_put(conn);
}

static void conn_uncount(struct httpq_conn *conn)
{
	atomic_dec(&conn->listener->conns);
	if (conn->refused)
		atomic_dec(&conn->hn->nr_refused);
	atomic_dec(&conn->hn->nr_open);
}

/*
 * a) No callback and no process finds the connection by its socket any more.
 * b) The work that is queued or running is waited for; nobody can queue it.
 * c) The same for the timer.
 * d) TCP is done with the socket, or sends RST.
 * e) Who looked at @sk under RCU is waited for, then the reference goes.
 */
static void conn_release(struct httpq_conn *conn)
{
	struct sock *sk = conn->sock_ref;

	trace_httpq_conn_release(conn->id, conn->reset);
	lock_sock(sk);
	callbacks_restore(conn, sk);
	rcu_assign_pointer(conn->sk, NULL);
	release_sock(sk);

	if (cancel_work_sync(&conn->work))
		httpq_conn_put(conn);
	httpq_timer_stop(conn);

	if (conn->reset) {
		httpq_stats_inc(conn->hn->stats, conns_reset);
		sock_no_linger(sk);
	}
	httpq_stats_inc(conn->hn->stats, conns_closed);
	/* Who no longer sees it in the table finds its place free. */
	conn_uncount(conn);
	xa_erase_bh(&conn->hn->conns, conn->id);
	sock_release(conn->sock);
	call_rcu(&conn->rcu, conn_free_socket);
}

static void release_work(struct work_struct *work)
{
	struct llist_node *list = llist_del_all(&release_list);
	struct httpq_conn *conn, *next;

	llist_for_each_entry_safe(conn, next, list, release) {
		conn_release(conn);
		cond_resched();
	}
}

static void sock_addresses(const struct sock *sk, struct httpq_addr *local,
			   struct httpq_addr *remote)
{
	struct in6_addr *local_addr = (struct in6_addr *)local->addr;
	struct in6_addr *remote_addr = (struct in6_addr *)remote->addr;
	const struct inet_sock *inet = inet_sk(sk);

	local->port = inet->inet_num;
	remote->port = ntohs(inet->inet_dport);
	if (sk->sk_family == AF_INET) {
		ipv6_addr_set_v4mapped(inet->inet_rcv_saddr, local_addr);
		ipv6_addr_set_v4mapped(inet->inet_daddr, remote_addr);
		return;
	}
#if IS_ENABLED(CONFIG_IPV6)
	*local_addr = sk->sk_v6_rcv_saddr;
	*remote_addr = sk->sk_v6_daddr;
	local->scope_id = ipv6_iface_scope_id(local_addr, sk->sk_bound_dev_if);
	remote->scope_id = ipv6_iface_scope_id(remote_addr,
					       sk->sk_bound_dev_if);
#endif
}

static struct httpq_conn *conn_memory(void)
{
	if (httpq_fault(HTTPQ_FAULT_CONN))
		return NULL;
	return kzalloc(sizeof(struct httpq_conn), GFP_KERNEL);
}

static int conn_number(struct httpq_conn *conn)
{
	struct httpq_net *hn = conn->hn;

	if (httpq_fault(HTTPQ_FAULT_CONN_ID))
		return -ENOMEM;
	return xa_alloc_cyclic_bh(&hn->conns, &conn->id, conn, xa_limit_32b,
				  &hn->next_conn, GFP_KERNEL);
}

static struct httpq_conn *conn_create(struct httpq_listener *listener,
				      struct socket *sock)
{
	struct httpq_net *hn = listener->hn;
	struct httpq_conn *conn;

	conn = conn_memory();
	if (!conn)
		return NULL;
	refcount_set(&conn->refs, 1);
	conn->sock = sock;
	conn->sock_ref = sock->sk;
	conn->created = jiffies;
	INIT_LIST_HEAD(&conn->tx);
	INIT_WORK(&conn->work, conn_work);
	httpq_timer_init(conn);
	sock_addresses(sock->sk, &conn->local, &conn->remote);
	conn->hn = httpq_net_get(hn);
	refcount_inc(&listener->refs);
	conn->listener = listener;
	if (conn_number(conn) < 0) {
		httpq_conn_put(conn);
		return NULL;
	}
	sock_hold(sock->sk);
	rcu_assign_pointer(conn->sk, sock->sk);
	atomic_inc(&hn->nr_conns);
	atomic_inc(&hn->nr_open);
	atomic_inc(&listener->conns);
	return conn;
}

static void conn_start(struct httpq_conn *conn,
		       const struct httpq_listener *listener)
{
	struct sock *sk = conn->sock_ref;

	lock_sock(sk);
	sk->sk_allocation = GFP_ATOMIC;
	sk->sk_use_task_frag = false;
	callbacks_install(conn, sk, listener);
	if (conn->refused)
		httpq_conn_refuse(conn, 503, false,
				  HTTPQ_LOG_REASON_CONN_LIMIT);
	/* Data, a FIN or a reset may have come before the callbacks. */
	httpq_conn_run(conn, sk);
	release_sock(sk);
}

static void sock_drop(struct httpq_net *hn, struct socket *sock, int err)
{
	struct httpq_addr local = {}, remote = {};

	trace_httpq_conn_open_err(inet_sk(sock->sk)->inet_num, err);
	httpq_stats_inc(hn->stats, conns_dropped);
	sock_addresses(sock->sk, &local, &remote);
	httpq_record_conn(hn, 0, &local, &remote,
			  HTTPQ_LOG_REASON_CONNS_REFUSED, 0);
	sock_no_linger(sock->sk);
	sock_release(sock);
}

/* Over the limit some clients still hear why, from a small reserve. */
static bool conn_admit(struct httpq_net *hn, bool *refused)
{
	*refused = atomic_read(&hn->nr_open) - atomic_read(&hn->nr_refused) >=
		   READ_ONCE(hn->limits.conns);
	if (!*refused)
		return true;
	return atomic_read(&hn->nr_refused) <
	       READ_ONCE(hn->limits.refused_conns);
}

/**
 * httpq_conn_accept - take over an accepted socket
 * @listener: where it was accepted
 * @sock: socket; owned by httpq from here on
 *
 * Context: process, in the listener's work.
 */
void httpq_conn_accept(struct httpq_listener *listener, struct socket *sock)
{
	struct httpq_net *hn = listener->hn;
	struct httpq_conn *conn;
	bool refused;

	if (!conn_admit(hn, &refused)) {
		sock_drop(hn, sock, -EUSERS);
		return;
	}
	conn = conn_create(listener, sock);
	if (!conn) {
		sock_drop(hn, sock, -ENOMEM);
		return;
	}
	conn->process = listener->engine == HTTPQ_ENGINE_PROCESS;
	conn->refused = refused;
	if (refused) {
		atomic_inc(&hn->nr_refused);
		httpq_stats_inc(hn->stats, conns_refused);
	} else {
		httpq_stats_inc(hn->stats, conns_accepted);
	}
	trace_httpq_conn_open(conn->id, conn->local.port);
	conn_start(conn, listener);
}

static void conn_shut(struct httpq_conn *conn)
{
	struct sock *sk;
	bool slow;

	sk = httpq_conn_lock(conn, &slow);
	if (!sk)
		return;
	httpq_conn_gone(conn, HTTPQ_REASON_SHUTDOWN, true);
	httpq_conn_unlock(conn, sk, slow);
}

/* The first connection from number @id on, with a reference. */
static struct httpq_conn *conn_next_of(struct httpq_net *hn, unsigned long *id)
{
	struct httpq_conn *conn;

	rcu_read_lock();
	do {
		conn = xa_find(&hn->conns, id, ULONG_MAX, XA_PRESENT);
		if (!conn || refcount_inc_not_zero(&conn->refs))
			break;
	} while (++*id);
	rcu_read_unlock();
	return conn;
}

static bool net_is_idle(struct httpq_net *hn)
{
	return !atomic_read(&hn->nr_conns) && !atomic_read(&hn->slow_users);
}

/**
 * httpq_conn_close_all - reset every connection of a namespace and wait
 * @hn: namespace without listeners
 *
 * Context: process. Returns when no socket is left.
 */
void httpq_conn_close_all(struct httpq_net *hn)
{
	struct httpq_conn *conn;
	unsigned long id = 0;

	while ((conn = conn_next_of(hn, &id))) {
		conn_shut(conn);
		httpq_conn_put(conn);
		cond_resched();
		id++;
	}
	wait_event(hn->idle, net_is_idle(hn));
}

/**
 * httpq_conn_init - prepare for connections
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int httpq_conn_init(void)
{
	BUILD_BUG_ON(!IS_ENABLED(CONFIG_LOCKDEP) &&
		     sizeof(struct httpq_conn) > 512);

	httpq_conn_wq = alloc_workqueue("httpq", 0, 0);
	return httpq_conn_wq ? 0 : -ENOMEM;
}

/**
 * httpq_conn_exit - undo httpq_conn_init()
 *
 * Context: module exit, when there are no connections any more.
 */
void httpq_conn_exit(void)
{
	destroy_workqueue(httpq_conn_wq);
}
