// SPDX-License-Identifier: GPL-2.0
/*
 * What ends when a network namespace does, or the module: everything that
 * refers to its sockets, in an order in which nothing new can come up behind.
 */

#include <linux/rcupdate.h>
#include <net/net_namespace.h>

#include "bind.h"
#include "conn.h"
#include "listen.h"
#include "log.h"
#include "net.h"
#include "queue.h"
#include "shutdown.h"
#include "worker.h"
#include "zombie.h"

static void delete_queues(struct httpq_net *hn)
{
	struct httpq_queue *queue, *next;

	list_for_each_entry_safe(queue, next, &hn->queues, node)
		httpq_queue_delete(queue);
}

/*
 * a) Nothing new: every change looks at @dead under the lock. b) No socket
 * listens, so no connection comes. c) Connections are reset; this waits until
 * TCP has let the last socket go. d) Handles leave; their calls give ENODEV.
 * Zombies end with them. e) Nothing more comes into the log, which its readers
 * may still read to the end.
 */
static void shutdown_net(struct httpq_net *hn)
{
	mutex_lock(&hn->control);
	WRITE_ONCE(hn->dead, true);
	httpq_listen_close_all(hn);
	httpq_bind_remove_all(hn);
	mutex_unlock(&hn->control);

	httpq_conn_close_all(hn);

	mutex_lock(&hn->control);
	httpq_worker_leave_all(hn);
	delete_queues(hn);
	mutex_unlock(&hn->control);
	httpq_zombie_stop(hn);
	httpq_log_end(hn);
}

static int __net_init start_net(struct net *net)
{
	struct httpq_net *hn = httpq_net_of(net);

	httpq_worker_start(hn);
	httpq_zombie_start(hn);
	return 0;
}

static void __net_exit shutdown_batch(struct list_head *nets)
{
	struct net *net;

	list_for_each_entry(net, nets, exit_list)
		shutdown_net(httpq_net_of(net));
	/* Some who took a zombie from its handle may be telling of it. */
	synchronize_rcu();
	/* Callbacks still run that count on the account and on the routes. */
	rcu_barrier();
}

static struct pernet_operations shutdown_ops = {
	.init = start_net,
	.exit_batch = shutdown_batch,
};

/**
 * httpq_shutdown_init - be told when a namespace ends
 *
 * Context: module init, after httpq_net_init(), so that it runs before its
 * exit.
 * Return: 0 or a negative error number.
 */
int httpq_shutdown_init(void)
{
	return register_pernet_subsys(&shutdown_ops);
}

/**
 * httpq_shutdown_exit - end everything in all namespaces
 *
 * Context: module exit, after no handle can be opened.
 */
void httpq_shutdown_exit(void)
{
	unregister_pernet_subsys(&shutdown_ops);
}
