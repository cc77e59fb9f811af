// SPDX-License-Identifier: GPL-2.0
/*
 * The control plane's part of workers and zombies: commands, dumps, and the
 * events of the multicast group. Dumps go on from the number of the last one
 * that was told: numbers only grow, so none is missed or told twice.
 */

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "fault.h"
#include "genl_dump.h"
#include "genl_worker.h"
#include "net.h"
#include "notify.h"
#include "queue.h"
#include "record.h"
#include "request.h"
#include "trace.h"
#include "view.h"
#include "worker.h"
#include "zombie.h"

/* Commands. */

/* A worker of a queue that the sender may set and delete. */
static int find_own_worker(struct httpq_net *hn, struct sk_buff *skb,
			   struct genl_info *info,
			   struct httpq_worker **worker)
{
	if (GENL_REQ_ATTR_CHECK(info, HTTPQ_A_ID)) {
		GENL_SET_ERR_MSG(info, "the number of a worker is required");
		return -EINVAL;
	}
	*worker = httpq_worker_find(hn, nla_get_u64(info->attrs[HTTPQ_A_ID]));
	if (!*worker) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HTTPQ_A_ID],
				    "no such worker");
		return -ENOENT;
	}
	if (!httpq_queue_may_change((*worker)->member.queue,
				    httpq_genl_is_admin(skb, hn))) {
		GENL_SET_ERR_MSG(info, "its queue belongs to another user");
		return -EPERM;
	}
	return 0;
}

/**
 * httpq_genl_worker_drain - let a worker take nothing more
 * @hn: namespace.
 * @skb: the command.
 * @info: likewise.
 *
 * Context: Process. hn->control is held.
 * Return: 0; -EINVAL, -ENOENT or -EPERM.
 */
int httpq_genl_worker_drain(struct httpq_net *hn, struct sk_buff *skb,
			    struct genl_info *info)
{
	const struct nlattr *id = info->attrs[HTTPQ_A_ID];
	struct httpq_worker *worker;
	int err;

	err = find_own_worker(hn, skb, info, &worker);
	if (err) {
		trace_httpq_worker_drain_err(id ? nla_get_u64(id) : 0, err);
		return err;
	}
	httpq_worker_drain(worker, httpq_genl_deadline(info));
	return 0;
}

/**
 * httpq_genl_worker_detach - treat a worker as if it were closed
 * @hn: namespace.
 * @skb: the command.
 * @info: likewise.
 *
 * Context: Process. hn->control is held.
 * Return: 0; -EINVAL, -ENOENT or -EPERM.
 */
int httpq_genl_worker_detach(struct httpq_net *hn, struct sk_buff *skb,
			     struct genl_info *info)
{
	struct httpq_worker *worker;
	int err;

	err = find_own_worker(hn, skb, info, &worker);
	if (err)
		return err;
	httpq_worker_leave(worker);
	return 0;
}

/* Whether the sender may end this zombie, if there is one of that number. */
static int may_reap(struct httpq_net *hn, struct sk_buff *skb, u64 id)
{
	struct httpq_request *req = httpq_zombie_next(hn, id - 1);
	int err = 0;

	if (!req || req->zombie_id != id)
		err = -ENOENT;
	else if (!httpq_queue_may_change(req->queue,
					 httpq_genl_is_admin(skb, hn)))
		err = -EPERM;
	if (req)
		httpq_request_put(req);
	return err;
}

static int reap_one(struct httpq_net *hn, struct sk_buff *skb,
		    struct genl_info *info, u64 id)
{
	int err = may_reap(hn, skb, id);

	/* It may have ended by itself meanwhile. */
	if (!err && !httpq_zombie_reap(hn, id))
		err = -ENOENT;
	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HTTPQ_A_ID],
				    "no such zombie");
	else if (err)
		GENL_SET_ERR_MSG(info, "its queue belongs to another user");
	return err;
}

/**
 * httpq_genl_zombie_reap - end a zombie, or all of them
 * @hn: namespace.
 * @skb: the command.
 * @info: likewise.
 *
 * Context: Process. hn->control is held.
 * Return: 0; -ENOENT or -EPERM.
 */
int httpq_genl_zombie_reap(struct httpq_net *hn, struct sk_buff *skb,
			   struct genl_info *info)
{
	const struct nlattr *id = info->attrs[HTTPQ_A_ID];

	if (id)
		return reap_one(hn, skb, info, nla_get_u64(id));
	if (!httpq_genl_is_admin(skb, hn)) {
		GENL_SET_ERR_MSG(info, "reaping all zombies needs CAP_NET_ADMIN");
		return -EPERM;
	}
	httpq_zombie_reap(hn, 0);
	return 0;
}

/* What messages tell. All return 0 or -EMSGSIZE. */

static int put_worker(struct sk_buff *skb, const struct httpq_view_worker *view,
		      u32 pid)
{
	int err;

	err = nla_put_u64_64bit(skb, HTTPQ_A_ID, view->id, HTTPQ_A_PAD) ?:
	      nla_put_string(skb, HTTPQ_A_QUEUE_NAME, view->queue) ?:
	      nla_put_u32(skb, HTTPQ_A_PID, pid) ?:
	      nla_put_u8(skb, HTTPQ_A_WORKER_STATE, view->state) ?:
	      nla_put_u32(skb, HTTPQ_A_HELD, view->held) ?:
	      nla_put_u64_64bit(skb, HTTPQ_A_DELIVERED, view->delivered,
				HTTPQ_A_PAD) ?:
	      nla_put_u8(skb, HTTPQ_A_LAST_CALL, view->last_call) ?:
	      nla_put_u32(skb, HTTPQ_A_LAST_CALL_MS, view->last_call_ms);
	if (!err && view->has_deadline)
		err = nla_put_u32(skb, HTTPQ_A_DEADLINE_MS, view->deadline_ms);
	return err;
}

static int put_client(struct sk_buff *skb, const struct httpq_addr *client)
{
	if (!client)
		return 0;
	return nla_put(skb, HTTPQ_A_PEER_ADDR, sizeof(client->addr),
		       client->addr) ?:
	       nla_put_u16(skb, HTTPQ_A_PEER_PORT, client->port);
}

static u32 add_part(u8 line[HTTPQ_VIEW_LINE_MAX], u32 at, const void *part,
		    u32 len)
{
	len = min_t(u32, len, HTTPQ_VIEW_LINE_MAX - at);
	memcpy(line + at, part, len);
	return at + len;
}

/* Cut at HTTPQ_VIEW_LINE_MAX. */
static int put_line(struct sk_buff *skb, const struct httpq_view_zombie *view)
{
	const char *version = view->version == 10 ? " HTTP/1.0" : " HTTP/1.1";
	u8 line[HTTPQ_VIEW_LINE_MAX];
	u32 len;

	len = add_part(line, 0, view->method, view->method_len);
	len = add_part(line, len, " ", 1);
	len = add_part(line, len, view->target, view->target_len);
	len = add_part(line, len, version, strlen(version));
	return nla_put(skb, HTTPQ_A_REQUEST_LINE, len, line);
}

static int put_zombie(struct sk_buff *skb, const struct httpq_view_zombie *view)
{
	return nla_put_u64_64bit(skb, HTTPQ_A_ID, view->id, HTTPQ_A_PAD) ?:
	       nla_put_u64_64bit(skb, HTTPQ_A_REQUEST_ID, view->request,
				 HTTPQ_A_PAD) ?:
	       nla_put_u64_64bit(skb, HTTPQ_A_AGE_MS, view->age_ms,
				 HTTPQ_A_PAD) ?:
	       nla_put_u8(skb, HTTPQ_A_WHY, view->why) ?:
	       nla_put_u8(skb, HTTPQ_A_STAGE, view->stage) ?:
	       nla_put_u64_64bit(skb, HTTPQ_A_WORKER, view->worker,
				 HTTPQ_A_PAD) ?:
	       nla_put_u32(skb, HTTPQ_A_PID, view->pid) ?:
	       put_client(skb, view->client) ?:
	       nla_put_string(skb, HTTPQ_A_QUEUE_NAME, view->queue) ?:
	       nla_put_u32(skb, HTTPQ_A_BYTES, view->bytes) ?:
	       put_line(skb, view);
}

/* Dumps. */

/* In cb->ctx: the number of the last one that was told. */
static u64 *dump_position(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(u64) > sizeof(cb->ctx));
	return (u64 *)cb->ctx;
}

/* In the PID namespace of the process that is reading. */
static u32 pid_for_reader(const struct httpq_worker *worker)
{
	return worker->owner ? task_tgid_vnr(worker->owner) : 0;
}

static int dump_worker(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct httpq_worker *worker)
{
	void *head = httpq_genl_dump_begin(skb, cb, HTTPQ_CMD_WORKER_GET);
	struct httpq_view_worker view;

	if (!head)
		return -EMSGSIZE;
	httpq_view_worker(worker, &view);
	return httpq_genl_dump_end(skb, head,
				   put_worker(skb, &view,
					      pid_for_reader(worker)));
}

/* Its attributes were checked before the dump began. */
static bool dump_wants(struct netlink_callback *cb,
		       const struct httpq_worker *worker)
{
	const struct nlattr *name = nlmsg_find_attr(cb->nlh, GENL_HDRLEN,
						    HTTPQ_A_QUEUE_NAME);

	return httpq_view_has_worker(worker) &&
	       (!name || !nla_strcmp(name, worker->member.queue->name));
}

/**
 * httpq_genl_dump_workers - tell about all workers, or those of one queue
 * @skb: where messages go.
 * @cb: the dump.
 *
 * Context: Process.
 * Return: length of @skb; 0 if all were told.
 */
int httpq_genl_dump_workers(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct httpq_net *hn = httpq_genl_dump_net(cb);
	u64 *told = dump_position(cb);
	struct httpq_worker *worker;

	mutex_lock(&hn->control);
	list_for_each_entry(worker, &hn->workers, node) {
		if (worker->member.id <= *told || !dump_wants(cb, worker))
			continue;
		if (dump_worker(skb, cb, worker))
			break;
		*told = worker->member.id;
	}
	mutex_unlock(&hn->control);
	return skb->len;
}

static int dump_zombie(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct httpq_request *req, bool all)
{
	void *head = httpq_genl_dump_begin(skb, cb, HTTPQ_CMD_ZOMBIE_GET);
	struct httpq_view_zombie view;

	if (!head)
		return -EMSGSIZE;
	httpq_view_zombie(req, all, &view);
	return httpq_genl_dump_end(skb, head, put_zombie(skb, &view));
}

/**
 * httpq_genl_dump_zombies - tell about all zombies
 * @skb: where messages go.
 * @cb: the dump.
 *
 * The client's end and the query are told to the owner of the queue, and to
 * who administers the namespace.
 *
 * Context: Process.
 * Return: length of @skb; 0 if all were told.
 */
int httpq_genl_dump_zombies(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct httpq_net *hn = httpq_genl_dump_net(cb);
	bool admin = httpq_genl_is_admin(cb->skb, hn);
	u64 *told = dump_position(cb);
	struct httpq_request *req;
	bool all;

	/* For the owners of queues: zombies don't need it. */
	mutex_lock(&hn->control);
	req = httpq_zombie_next(hn, *told);
	for (; req; req = httpq_zombie_after(hn, req)) {
		all = admin || httpq_genl_reader_owns(cb, req->queue);
		if (dump_zombie(skb, cb, req, all))
			break;
		*told = req->zombie_id;
	}
	if (req)
		httpq_request_put(req);
	mutex_unlock(&hn->control);
	return skb->len;
}

/* Events: a message each, if somebody listens. */

static bool is_heard(const struct httpq_net *hn)
{
	return genl_has_listeners(&httpq_genl_family, hn->net,
				  HTTPQ_GENL_EVENTS_GROUP);
}

static struct sk_buff *event_begin(u8 cmd, void **head, gfp_t gfp)
{
	struct sk_buff *msg;

	if (httpq_fault(HTTPQ_FAULT_EVENT))
		return NULL;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, gfp);
	if (!msg)
		return NULL;
	*head = genlmsg_put(msg, 0, 0, &httpq_genl_family, 0, cmd);
	if (*head)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/*
 * Sends a message, or with @err throws it away. Who misses one for want of
 * memory hears ENOBUFS, as if his own buffer had been full.
 */
static void event_end(const struct httpq_net *hn, struct sk_buff *msg,
		      void *head, int err, gfp_t gfp)
{
	if (!err) {
		genlmsg_end(msg, head);
		genlmsg_multicast_netns(&httpq_genl_family, hn->net, msg, 0,
					HTTPQ_GENL_EVENTS_GROUP, gfp);
		return;
	}
	nlmsg_free(msg);
	genl_set_err(&httpq_genl_family, hn->net, 0, HTTPQ_GENL_EVENTS_GROUP,
		     -ENOBUFS);
}

/* There is no one reader, so no one PID namespace but the initial one. */
static u32 pid_for_all(const struct httpq_worker *worker)
{
	return worker->owner ? task_tgid_nr(worker->owner) : 0;
}

static void tell_worker(const struct httpq_worker *worker, u8 cmd)
{
	struct httpq_view_worker view;
	struct sk_buff *msg;
	void *head = NULL;
	int err = -ENOMEM;

	if (!is_heard(worker->hn))
		return;
	httpq_view_worker(worker, &view);
	msg = event_begin(cmd, &head, GFP_KERNEL);
	if (msg)
		err = put_worker(msg, &view, pid_for_all(worker));
	event_end(worker->hn, msg, head, err, GFP_KERNEL);
}

static int put_left(struct sk_buff *skb, u8 left, u8 reason)
{
	int err = left ? nla_put_u8(skb, HTTPQ_A_LEFT, left) : 0;

	if (!err && reason)
		err = nla_put_u8(skb, HTTPQ_A_REASON, reason);
	return err;
}

/*
 * Anybody may listen: neither the client nor the query is told. Called under
 * spinlocks, of which none is taken below those of netlink.
 */
static void tell_zombie(const struct httpq_request *req, u8 cmd, u8 left,
			u8 reason)
{
	struct httpq_view_zombie view;
	struct sk_buff *msg;
	void *head = NULL;
	int err = -ENOMEM;

	if (!is_heard(req->hn))
		return;
	httpq_view_zombie(req, false, &view);
	reason = httpq_record_reason(req, reason);
	msg = event_begin(cmd, &head, GFP_ATOMIC);
	if (msg)
		err = put_zombie(msg, &view) ?: put_left(msg, left, reason);
	event_end(req->hn, msg, head, err, GFP_ATOMIC);
}

static const struct httpq_notify_ops events_ops = {
	.worker = tell_worker,
	.zombie = tell_zombie,
};

/**
 * httpq_genl_events_start - tell what happens from now on
 *
 * Context: Module init; the family is registered.
 */
void httpq_genl_events_start(void)
{
	httpq_notify_register(&events_ops);
}

/**
 * httpq_genl_events_stop - tell nothing more
 *
 * There are no handles, hence no zombies any more. Who took the last of them
 * away may still be telling of it, in softirq perhaps.
 *
 * Context: Module exit; no handle is open and none can be opened.
 */
void httpq_genl_events_stop(void)
{
	httpq_notify_register(NULL);
	synchronize_rcu();
}
