// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/httpq/: what goes on in a network namespace. Each file has a line
 * of column names and then one line per object, columns separated by one
 * space. Columns keep their place; new ones are added at the end. Nothing that
 * is printed contains a space.
 *
 * queues
 *	name		of the queue
 *	state		running, paused, stopped, offline
 *	owner		user number, in the reader's user namespace
 *	group		group number, likewise
 *	mode		permission bits, octal
 *	queued		requests that wait
 *	inflight	requests that workers hold
 *	workers		attached handles
 *	max_queued	bound of queued
 *	max_inflight	bound of inflight
 *	arrived		requests routed to the queue
 *	rejected	of them, answered 503 by the kernel
 *	redeliver	what may be delivered again: idempotent, never, any
 *	answer_ms	time for an answer, 0 for ever
 *	hold_bytes	held back of a response
 *	affinity	on, off: connections keep their worker
 *	pool		on, off: httpq-pool runs the queue
 *
 * urls
 *	url		canonical prefix
 *	queue		that its requests go to
 *	context		number that each request brings along, - for others than
 *			the owner of the queue and the administrator
 *	life		persistent, or handle: gone with the handle that bound it
 *	site		number for the log
 *	keepalive	on; off: connections close after a response
 *
 * listeners
 *	address		local address; :: is any, IPv4 too
 *	port		local port
 *	engine		of new connections: softirq, process
 *	accepted	connections so far
 *	conns		of them, open
 *
 * connections
 *	id		number of the connection
 *	state		IDLE, HEAD, REQUEST, DRAIN, LINGER, DEAD
 *	local		address:port, IPv6 in brackets
 *	remote		likewise; - for who doesn't administer the namespace
 *	requests	so far
 *	age_ms		since it was accepted
 *	queue		that its current request is in or was taken from, or -
 *
 * stats
 *	name		of the counter
 *	value		since the namespace or the module came
 *
 * workers, zombies: see procfs_worker.c
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/string.h>
#include <linux/xarray.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "conn.h"
#include "listen.h"
#include "net.h"
#include "procfs.h"
#include "queue.h"
#include "request.h"
#include "route.h"
#include "stats.h"

/**
 * struct conn_iter - a reader of the file "connections"
 * @net: has to be first.
 * @conn: the connection at hand; holds a reference.
 * @admin: who opened the file administers the namespace.
 */
struct conn_iter {
	struct seq_net_private net;
	struct httpq_conn *conn;
	bool admin;
};

static const char *const queue_state_names[] = {
	[HTTPQ_QUEUE_RUNNING] = "running",
	[HTTPQ_QUEUE_PAUSED] = "paused",
	[HTTPQ_QUEUE_STOPPED] = "stopped",
	[HTTPQ_QUEUE_OFFLINE] = "offline",
};

static const char *const engine_names[] = {
	[HTTPQ_ENGINE_SOFTIRQ] = "softirq",
	[HTTPQ_ENGINE_PROCESS] = "process",
};

static const char *const redeliver_names[] = {
	[HTTPQ_REDELIVER_IDEMPOTENT] = "idempotent",
	[HTTPQ_REDELIVER_NEVER] = "never",
	[HTTPQ_REDELIVER_ANY] = "any",
};

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

static struct httpq_net *seq_hn(struct seq_file *seq)
{
	return httpq_procfs_net(seq);
}

static void show_addr(struct seq_file *seq, const u8 bytes[16], bool brackets)
{
	struct in6_addr addr;

	memcpy(&addr, bytes, sizeof(addr));
	if (ipv6_addr_v4mapped(&addr))
		seq_printf(seq, "%pI4", &addr.s6_addr32[3]);
	else
		seq_printf(seq, brackets ? "[%pI6c]" : "%pI6c", &addr);
}

/**
 * httpq_procfs_show_endpoint - a space and one end of a connection
 * @seq: file
 * @addr: address and port, or NULL for who may not see it
 *
 * Context: Process.
 */
void httpq_procfs_show_endpoint(struct seq_file *seq,
				const struct httpq_addr *addr)
{
	if (!addr) {
		seq_puts(seq, " -");
		return;
	}
	seq_putc(seq, ' ');
	show_addr(seq, addr->addr, true);
	seq_printf(seq, ":%u", addr->port);
}

/* Files that show a list under hn->control; the head is the first line. */

static void list_stop(struct seq_file *seq, void *v)
{
	mutex_unlock(&seq_hn(seq)->control);
}

static void *queues_start(struct seq_file *seq, loff_t *pos)
{
	struct httpq_net *hn = seq_hn(seq);

	mutex_lock(&hn->control);
	return seq_list_start_head(&hn->queues, *pos);
}

static void *queues_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return seq_list_next(v, &seq_hn(seq)->queues, pos);
}

static void show_queue(struct seq_file *seq, struct httpq_queue *queue)
{
	struct user_namespace *user_ns = seq_user_ns(seq);

	spin_lock_bh(&queue->lock);
	seq_printf(seq, "%s %s %u %u %04o %u %u %u %u %u %llu %llu",
		   queue->name, queue_state_names[queue->state],
		   from_kuid_munged(user_ns, queue->uid),
		   from_kgid_munged(user_ns, queue->gid), queue->mode,
		   queue->nr_queued, queue->nr_inflight, queue->nr_workers,
		   queue->max_queued, queue->max_inflight, queue->arrived,
		   queue->rejected);
	seq_printf(seq, " %s %u %u %s %s\n", redeliver_names[queue->redeliver],
		   queue->answer_ms, queue->hold_bytes, on_off(queue->affinity),
		   on_off(queue->pool));
	spin_unlock_bh(&queue->lock);
}

static int queues_show(struct seq_file *seq, void *v)
{
	if (v == &seq_hn(seq)->queues)
		seq_puts(seq, "name state owner group mode queued inflight workers max_queued max_inflight arrived rejected redeliver answer_ms hold_bytes affinity pool\n");
	else
		show_queue(seq, list_entry(v, struct httpq_queue, node));
	return 0;
}

static const struct seq_operations queues_ops = {
	.start = queues_start,
	.next = queues_next,
	.stop = list_stop,
	.show = queues_show,
};

static void *urls_start(struct seq_file *seq, loff_t *pos)
{
	struct httpq_net *hn = seq_hn(seq);

	mutex_lock(&hn->control);
	return seq_list_start_head(&hn->bindings, *pos);
}

static void *urls_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return seq_list_next(v, &seq_hn(seq)->bindings, pos);
}

/* It is who opened the file that counts. */
static bool reader_owns(struct seq_file *seq, const struct httpq_queue *queue)
{
	return uid_eq(seq->file->f_cred->fsuid, queue->uid) ||
	       file_ns_capable(seq->file, seq_file_net(seq)->user_ns,
			       CAP_NET_ADMIN);
}

static void show_binding(struct seq_file *seq,
			 const struct httpq_binding *binding)
{
	seq_printf(seq, "%s %s ", binding->text, binding->queue->name);
	/* An address in the worker's memory perhaps. */
	if (reader_owns(seq, binding->queue))
		seq_printf(seq, "%llu", binding->context);
	else
		seq_putc(seq, '-');
	seq_printf(seq, " %s %u %s\n",
		   binding->worker ? "handle" : "persistent", binding->site,
		   on_off(!binding->no_keepalive));
}

static int urls_show(struct seq_file *seq, void *v)
{
	if (v == &seq_hn(seq)->bindings)
		seq_puts(seq, "url queue context life site keepalive\n");
	else
		show_binding(seq, list_entry(v, struct httpq_binding, node));
	return 0;
}

static const struct seq_operations urls_ops = {
	.start = urls_start,
	.next = urls_next,
	.stop = list_stop,
	.show = urls_show,
};

static void *listeners_start(struct seq_file *seq, loff_t *pos)
{
	struct httpq_net *hn = seq_hn(seq);

	mutex_lock(&hn->control);
	return seq_list_start_head(&hn->listeners, *pos);
}

static void *listeners_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return seq_list_next(v, &seq_hn(seq)->listeners, pos);
}

static void show_listener(struct seq_file *seq,
			  const struct httpq_listener *listener)
{
	show_addr(seq, listener->addr, false);
	seq_printf(seq, " %u %s %llu %d\n", listener->port,
		   engine_names[READ_ONCE(listener->engine)],
		   READ_ONCE(listener->accepted),
		   atomic_read(&listener->conns));
}

static int listeners_show(struct seq_file *seq, void *v)
{
	if (v == &seq_hn(seq)->listeners)
		seq_puts(seq, "address port engine accepted conns\n");
	else
		show_listener(seq, list_entry(v, struct httpq_listener, node));
	return 0;
}

static const struct seq_operations listeners_ops = {
	.start = listeners_start,
	.next = listeners_next,
	.stop = list_stop,
	.show = listeners_show,
};

/*
 * Connections: the position is the number of the next one to show, and 0,
 * which no connection has, the first line. A reference instead of RCU holds
 * the connection at hand, since its socket may have to be waited for.
 */

static void conns_put(struct conn_iter *iter)
{
	if (iter->conn)
		httpq_conn_put(iter->conn);
	iter->conn = NULL;
}

/* Gets the first connection whose number is at least *pos. */
static struct httpq_conn *conns_get(struct seq_file *seq, loff_t *pos)
{
	struct conn_iter *iter = seq->private;
	struct httpq_conn *conn;
	unsigned long id;

	if (*pos > U32_MAX)
		return NULL;

	rcu_read_lock();
	xa_for_each_start(&seq_hn(seq)->conns, id, conn, *pos)
		if (refcount_inc_not_zero(&conn->refs))
			break;
	rcu_read_unlock();
	if (conn)
		*pos = id;
	iter->conn = conn;
	return conn;
}

static void *conns_start(struct seq_file *seq, loff_t *pos)
{
	struct conn_iter *iter = seq->private;

	iter->admin = file_ns_capable(seq->file, seq_file_net(seq)->user_ns,
				      CAP_NET_ADMIN);
	return *pos ? conns_get(seq, pos) : SEQ_START_TOKEN;
}

static void *conns_next(struct seq_file *seq, void *v, loff_t *pos)
{
	conns_put(seq->private);
	++*pos;
	return conns_get(seq, pos);
}

static void conns_stop(struct seq_file *seq, void *v)
{
	conns_put(seq->private);
}

/* A request lives as long as its connection's lock keeps it there. */
static void conn_queue_name(struct httpq_conn *conn,
			    char name[HTTPQ_QUEUE_NAME_MAX + 1])
{
	struct sock *sk;
	bool slow;

	strscpy(name, "-", HTTPQ_QUEUE_NAME_MAX + 1);
	if (READ_ONCE(conn->state) != HTTPQ_CONN_REQUEST)
		return;
	sk = httpq_conn_lock(conn, &slow);
	if (!sk)
		return;
	if (conn->req && conn->req->queue)
		strscpy(name, conn->req->queue->name, HTTPQ_QUEUE_NAME_MAX + 1);
	httpq_conn_unlock(conn, sk, slow);
}

static void show_conn(struct seq_file *seq, struct httpq_conn *conn)
{
	const struct conn_iter *iter = seq->private;
	char queue[HTTPQ_QUEUE_NAME_MAX + 1];

	conn_queue_name(conn, queue);
	seq_printf(seq, "%u %s", conn->id,
		   httpq_lifecycle_conn_name(READ_ONCE(conn->state)));
	httpq_procfs_show_endpoint(seq, &conn->local);
	httpq_procfs_show_endpoint(seq, iter->admin ? &conn->remote : NULL);
	seq_printf(seq, " %u %llu %s\n", READ_ONCE(conn->requests),
		   jiffies64_to_msecs(jiffies - conn->created), queue);
}

static int conns_show(struct seq_file *seq, void *v)
{
	if (v == SEQ_START_TOKEN)
		seq_puts(seq, "id state local remote requests age_ms queue\n");
	else
		show_conn(seq, v);
	return 0;
}

static const struct seq_operations conns_ops = {
	.start = conns_start,
	.next = conns_next,
	.stop = conns_stop,
	.show = conns_show,
};

static int stats_show(struct seq_file *seq, void *v)
{
	struct httpq_net *hn = httpq_net_of(seq_file_single_net(seq));
	char name[HTTPQ_STATS_NAME_MAX];
	unsigned int i;

	seq_puts(seq, "name value\n");
	for (i = 0; i < HTTPQ_STAT_NR; i++)
		if (httpq_stats_name(i, name))
			seq_printf(seq, "%s %llu\n", name,
				   httpq_stats_read(hn->stats, i));
	return 0;
}

static bool create_file(struct proc_dir_entry *dir, const char *name,
			const struct seq_operations *ops, unsigned int size)
{
	return proc_create_net(name, 0444, dir, ops, size);
}

static bool create_files(struct proc_dir_entry *dir)
{
	const unsigned int size = sizeof(struct seq_net_private);

	return create_file(dir, "queues", &queues_ops, size) &&
	       create_file(dir, "urls", &urls_ops, size) &&
	       create_file(dir, "listeners", &listeners_ops, size) &&
	       create_file(dir, "connections", &conns_ops,
			   sizeof(struct conn_iter)) &&
	       create_file(dir, "workers", &httpq_procfs_workers, size) &&
	       create_file(dir, "zombies", &httpq_procfs_zombies,
			   sizeof(struct httpq_procfs_zombie_iter)) &&
	       proc_create_net_single("stats", 0444, dir, stats_show, NULL);
}

static int __net_init procfs_enter(struct net *net)
{
	struct proc_dir_entry *dir;

	dir = proc_net_mkdir(net, "httpq", net->proc_net);
	if (!dir)
		return -ENOMEM;
	if (create_files(dir))
		return 0;

	remove_proc_subtree("httpq", net->proc_net);
	return -ENOMEM;
}

/* Waits for readers; then nobody gets at the objects from here. */
static void __net_exit procfs_leave(struct net *net)
{
	remove_proc_subtree("httpq", net->proc_net);
}

static struct pernet_operations procfs_net_ops = {
	.init = procfs_enter,
	.exit = procfs_leave,
};

/**
 * httpq_procfs_init - make the files in every namespace, now and later
 *
 * Context: Process; every namespace has its struct httpq_net, and keeps it
 * until after httpq_procfs_exit().
 * Return: 0 or -ENOMEM.
 */
int httpq_procfs_init(void)
{
	return register_pernet_subsys(&procfs_net_ops);
}

/**
 * httpq_procfs_exit - remove the files
 *
 * No file is being read once this has returned.
 *
 * Context: Process.
 */
void httpq_procfs_exit(void)
{
	unregister_pernet_subsys(&procfs_net_ops);
}
