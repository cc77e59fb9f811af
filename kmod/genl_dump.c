// SPDX-License-Identifier: GPL-2.0
/*
 * What the control plane tells. A dump is a series of messages, in parts of
 * what the reader takes at a time, and cb->args[0] is the position that the
 * next part goes on from. Numbers of connections only grow, and lists grow at
 * their end; if something left a list between two parts the reader is told so.
 * Dumps of workers and zombies are in genl_worker.c.
 */

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/xarray.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "conn.h"
#include "genl_dump.h"
#include "listen.h"
#include "net.h"
#include "queue.h"
#include "route.h"
#include "stats.h"

/* What messages tell. All return 0 or -EMSGSIZE. */

static int put_queue_owner(struct sk_buff *skb, struct user_namespace *user_ns,
			   const struct httpq_queue *queue)
{
	return nla_put_string(skb, HTTPQ_A_QUEUE_NAME, queue->name) ?:
	       nla_put_u32(skb, HTTPQ_A_QUEUE_UID,
			   from_kuid_munged(user_ns, queue->uid)) ?:
	       nla_put_u32(skb, HTTPQ_A_QUEUE_GID,
			   from_kgid_munged(user_ns, queue->gid)) ?:
	       nla_put_u32(skb, HTTPQ_A_QUEUE_MODE, queue->mode);
}

static int put_queue_numbers(struct sk_buff *skb, struct httpq_queue *queue)
{
	int err;

	spin_lock_bh(&queue->lock);
	err = nla_put_u8(skb, HTTPQ_A_QUEUE_STATE, queue->state) ?:
	      nla_put_u32(skb, HTTPQ_A_MAX_QUEUED, queue->max_queued) ?:
	      nla_put_u32(skb, HTTPQ_A_MAX_INFLIGHT, queue->max_inflight) ?:
	      nla_put_u32(skb, HTTPQ_A_QUEUED, queue->nr_queued) ?:
	      nla_put_u32(skb, HTTPQ_A_INFLIGHT, queue->nr_inflight) ?:
	      nla_put_u32(skb, HTTPQ_A_WORKERS, queue->nr_workers) ?:
	      nla_put_u64_64bit(skb, HTTPQ_A_ARRIVED, queue->arrived,
				HTTPQ_A_PAD) ?:
	      nla_put_u64_64bit(skb, HTTPQ_A_REJECTED, queue->rejected,
				HTTPQ_A_PAD);
	spin_unlock_bh(&queue->lock);
	return err;
}

/* What becomes of requests whose worker leaves, or takes its time. */
static int put_queue_recycling(struct sk_buff *skb, struct httpq_queue *queue)
{
	int err;

	spin_lock_bh(&queue->lock);
	err = nla_put_u8(skb, HTTPQ_A_REDELIVER, queue->redeliver) ?:
	      nla_put_u32(skb, HTTPQ_A_ANSWER_MS, queue->answer_ms) ?:
	      nla_put_u32(skb, HTTPQ_A_HOLD_BYTES, queue->hold_bytes) ?:
	      nla_put_u8(skb, HTTPQ_A_AFFINITY, queue->affinity) ?:
	      nla_put_u8(skb, HTTPQ_A_POOL, queue->pool);
	spin_unlock_bh(&queue->lock);
	return err;
}

static int put_queue(struct sk_buff *skb, struct user_namespace *user_ns,
		     struct httpq_queue *queue)
{
	return put_queue_owner(skb, user_ns, queue) ?:
	       put_queue_numbers(skb, queue) ?:
	       put_queue_recycling(skb, queue);
}

/* With @all the context, too: an address in the worker's memory perhaps. */
static int put_binding(struct sk_buff *skb, const struct httpq_binding *binding,
		       bool all)
{
	int err;

	err = nla_put_string(skb, HTTPQ_A_URL, binding->text) ?:
	      nla_put_string(skb, HTTPQ_A_QUEUE_NAME, binding->queue->name) ?:
	      nla_put_u32(skb, HTTPQ_A_SITE, binding->site);
	if (!err && all)
		err = nla_put_u64_64bit(skb, HTTPQ_A_CONTEXT, binding->context,
					HTTPQ_A_PAD);
	if (!err && !binding->worker)
		err = nla_put_flag(skb, HTTPQ_A_PERSISTENT);
	if (!err && binding->no_keepalive)
		err = nla_put_flag(skb, HTTPQ_A_NO_KEEPALIVE);
	return err;
}

static int put_listener(struct sk_buff *skb,
			const struct httpq_listener *listener)
{
	return nla_put(skb, HTTPQ_A_ADDR, sizeof(listener->addr),
		       listener->addr) ?:
	       nla_put_u16(skb, HTTPQ_A_PORT, listener->port) ?:
	       nla_put_u8(skb, HTTPQ_A_ENGINE, READ_ONCE(listener->engine)) ?:
	       nla_put_u32(skb, HTTPQ_A_CONNS, atomic_read(&listener->conns));
}

static int put_peer(struct sk_buff *skb, const struct httpq_conn *conn)
{
	return nla_put(skb, HTTPQ_A_PEER_ADDR, sizeof(conn->remote.addr),
		       conn->remote.addr) ?:
	       nla_put_u16(skb, HTTPQ_A_PEER_PORT, conn->remote.port);
}

/* Without the socket lock: what is immutable or read in one piece. */
static int put_conn(struct sk_buff *skb, const struct httpq_conn *conn)
{
	u64 age = jiffies64_to_msecs(jiffies - conn->created);

	return nla_put_u64_64bit(skb, HTTPQ_A_ID, conn->id, HTTPQ_A_PAD) ?:
	       nla_put(skb, HTTPQ_A_ADDR, sizeof(conn->local.addr),
		       conn->local.addr) ?:
	       nla_put_u16(skb, HTTPQ_A_PORT, conn->local.port) ?:
	       nla_put_string(skb, HTTPQ_A_CONN_STATE,
			      httpq_lifecycle_conn_name(READ_ONCE(conn->state))) ?:
	       nla_put_u64_64bit(skb, HTTPQ_A_REQUESTS,
				 READ_ONCE(conn->requests), HTTPQ_A_PAD) ?:
	       nla_put_u64_64bit(skb, HTTPQ_A_AGE_MS, age, HTTPQ_A_PAD);
}

static int put_stat(struct sk_buff *skb, const char *name, u64 value)
{
	return nla_put_string(skb, HTTPQ_A_STAT_NAME, name) ?:
	       nla_put_u64_64bit(skb, HTTPQ_A_STAT_VALUE, value, HTTPQ_A_PAD);
}

/**
 * httpq_genl_queue_reply - tell about one queue
 * @skb: the question.
 * @info: likewise.
 * @queue: the queue.
 *
 * Context: Process. hn->control is held.
 * Return: a message, or NULL if there is no memory.
 */
struct sk_buff *httpq_genl_queue_reply(struct sk_buff *skb,
				       struct genl_info *info,
				       struct httpq_queue *queue)
{
	struct sk_buff *msg;
	void *head;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return NULL;
	head = genlmsg_put_reply(msg, info, &httpq_genl_family, 0,
				 HTTPQ_CMD_QUEUE_GET);
	if (!head || put_queue(msg, httpq_genl_user_ns(skb), queue)) {
		nlmsg_free(msg);
		return NULL;
	}
	genlmsg_end(msg, head);
	return msg;
}

/**
 * httpq_genl_reader_owns - whether a dump is for the owner of a queue
 * @cb: the dump.
 * @queue: the queue.
 *
 * As with the capability: both who opened the socket and who reads.
 *
 * Context: Process. hn->control is held.
 * Return: true if it is.
 */
bool httpq_genl_reader_owns(struct netlink_callback *cb,
			    const struct httpq_queue *queue)
{
	const struct sock *sk = NETLINK_CB(cb->skb).sk;

	return uid_eq(sk->sk_socket->file->f_cred->fsuid, queue->uid) &&
	       uid_eq(current_fsuid(), queue->uid);
}

/**
 * httpq_genl_dump_net - the namespace that a dump is about
 * @cb: the dump.
 *
 * Context: Process.
 * Return: that of the reader's socket, which pins it.
 */
struct httpq_net *httpq_genl_dump_net(struct netlink_callback *cb)
{
	return httpq_net_of(sock_net(cb->skb->sk));
}

/**
 * httpq_genl_dump_begin - begin a message of a dump
 * @skb: where it goes.
 * @cb: the dump.
 * @cmd: enum httpq_cmd.
 *
 * Context: Process.
 * Return: what httpq_genl_dump_end() takes, or NULL if it doesn't fit.
 */
void *httpq_genl_dump_begin(struct sk_buff *skb, struct netlink_callback *cb,
			    u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &httpq_genl_family, NLM_F_MULTI, cmd);
}

/**
 * httpq_genl_dump_end - complete a message, or take it back
 * @skb: where it went.
 * @head: from httpq_genl_dump_begin().
 * @err: 0, or -EMSGSIZE if not all of it did fit.
 *
 * Context: Process.
 * Return: @err.
 */
int httpq_genl_dump_end(struct sk_buff *skb, void *head, int err)
{
	if (err)
		genlmsg_cancel(skb, head);
	else
		genlmsg_end(skb, head);
	return err;
}

/*
 * Behind a member that left the others move up, and one of them may be missed:
 * NLM_F_DUMP_INTR tells the reader to ask again.
 */
static void *list_begin(struct sk_buff *skb, struct netlink_callback *cb,
			u8 cmd)
{
	void *head = httpq_genl_dump_begin(skb, cb, cmd);

	if (head)
		genl_dump_check_consistent(cb, head);
	return head;
}

/* As many members of a list of the namespace as fit. */
static int dump_list(struct sk_buff *skb, struct netlink_callback *cb,
		     struct httpq_net *hn, struct list_head *list,
		     int (*dump)(struct sk_buff *skb,
				 struct netlink_callback *cb,
				 struct list_head *node))
{
	struct list_head *node;
	long position = 0;

	mutex_lock(&hn->control);
	/* 0 would mean that it can't be compared. */
	cb->seq = hn->unlisted ?: U32_MAX;
	list_for_each(node, list) {
		if (position++ < cb->args[0])
			continue;
		if (dump(skb, cb, node))
			break;
		cb->args[0] = position;
	}
	mutex_unlock(&hn->control);
	return skb->len;
}

/**
 * httpq_genl_dump_start - refuse attributes of a dump of queues
 * @cb: the dump.
 *
 * A name, which the policy allows, asks for one queue and not for a dump.
 *
 * Context: Process.
 * Return: 0 or -EINVAL.
 */
int httpq_genl_dump_start(struct netlink_callback *cb)
{
	if (!nlmsg_attrlen(cb->nlh, GENL_HDRLEN))
		return 0;

	NL_SET_ERR_MSG(cb->extack, "a dump takes no attributes");
	return -EINVAL;
}

static int dump_queue(struct sk_buff *skb, struct netlink_callback *cb,
		      struct list_head *node)
{
	struct httpq_queue *queue = list_entry(node, struct httpq_queue, node);
	struct user_namespace *user_ns = httpq_genl_user_ns(cb->skb);
	void *head = list_begin(skb, cb, HTTPQ_CMD_QUEUE_GET);

	if (!head)
		return -EMSGSIZE;
	return httpq_genl_dump_end(skb, head, put_queue(skb, user_ns, queue));
}

/**
 * httpq_genl_dump_queues - tell about all queues
 * @skb: where messages go.
 * @cb: the dump.
 *
 * Context: Process.
 * Return: length of @skb; 0 if all were told.
 */
int httpq_genl_dump_queues(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct httpq_net *hn = httpq_genl_dump_net(cb);

	return dump_list(skb, cb, hn, &hn->queues, dump_queue);
}

static int dump_url(struct sk_buff *skb, struct netlink_callback *cb,
		    struct list_head *node)
{
	const struct httpq_binding *binding =
		list_entry(node, struct httpq_binding, node);
	void *head = list_begin(skb, cb, HTTPQ_CMD_URL_GET);
	bool all;

	if (!head)
		return -EMSGSIZE;
	all = httpq_genl_reader_owns(cb, binding->queue) ||
	      httpq_genl_is_admin(cb->skb, httpq_genl_dump_net(cb));
	return httpq_genl_dump_end(skb, head, put_binding(skb, binding, all));
}

/**
 * httpq_genl_dump_urls - tell about all bindings
 * @skb: where messages go.
 * @cb: the dump.
 *
 * The context is told to the owner of the queue, and to who administers the
 * namespace.
 *
 * Context: Process.
 * Return: length of @skb; 0 if all were told.
 */
int httpq_genl_dump_urls(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct httpq_net *hn = httpq_genl_dump_net(cb);

	return dump_list(skb, cb, hn, &hn->bindings, dump_url);
}

static int dump_listener(struct sk_buff *skb, struct netlink_callback *cb,
			 struct list_head *node)
{
	const struct httpq_listener *listener =
		list_entry(node, struct httpq_listener, node);
	void *head = list_begin(skb, cb, HTTPQ_CMD_LISTENER_GET);

	if (!head)
		return -EMSGSIZE;
	return httpq_genl_dump_end(skb, head, put_listener(skb, listener));
}

/**
 * httpq_genl_dump_listeners - tell about all listening sockets
 * @skb: where messages go.
 * @cb: the dump.
 *
 * Context: Process.
 * Return: length of @skb; 0 if all were told.
 */
int httpq_genl_dump_listeners(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct httpq_net *hn = httpq_genl_dump_net(cb);

	return dump_list(skb, cb, hn, &hn->listeners, dump_listener);
}

static int dump_conn(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct httpq_conn *conn, bool admin)
{
	void *head = httpq_genl_dump_begin(skb, cb, HTTPQ_CMD_CONN_GET);
	int err;

	if (!head)
		return -EMSGSIZE;
	err = put_conn(skb, conn);
	if (!err && admin)
		err = put_peer(skb, conn);
	return httpq_genl_dump_end(skb, head, err);
}

/**
 * httpq_genl_dump_conns - tell about all connections
 * @skb: where messages go.
 * @cb: the dump; its position is the number of a connection.
 *
 * The client's end is told to who administers the namespace.
 *
 * Context: Process.
 * Return: length of @skb; 0 if all were told.
 */
int httpq_genl_dump_conns(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct httpq_net *hn = httpq_genl_dump_net(cb);
	bool admin = httpq_genl_is_admin(cb->skb, hn);
	struct httpq_conn *conn;
	unsigned long id;

	rcu_read_lock();
	xa_for_each_start(&hn->conns, id, conn, cb->args[0]) {
		if (dump_conn(skb, cb, conn, admin))
			break;
		cb->args[0] = id + 1;
	}
	rcu_read_unlock();
	return skb->len;
}

static int dump_stat(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct httpq_net *hn, unsigned int index)
{
	char name[HTTPQ_STATS_NAME_MAX];
	void *head;
	int err;

	if (!httpq_stats_name(index, name))
		return 0;
	head = httpq_genl_dump_begin(skb, cb, HTTPQ_CMD_STATS_GET);
	if (!head)
		return -EMSGSIZE;
	err = put_stat(skb, name, httpq_stats_read(hn->stats, index));
	return httpq_genl_dump_end(skb, head, err);
}

/**
 * httpq_genl_dump_stats - tell all counters
 * @skb: where messages go.
 * @cb: the dump; its position is the index of a counter.
 *
 * Context: Process.
 * Return: length of @skb; 0 if all were told.
 */
int httpq_genl_dump_stats(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct httpq_net *hn = httpq_genl_dump_net(cb);

	for (; cb->args[0] < HTTPQ_STAT_NR; cb->args[0]++)
		if (dump_stat(skb, cb, hn, cb->args[0]))
			break;
	return skb->len;
}
