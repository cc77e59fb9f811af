// SPDX-License-Identifier: GPL-2.0
/*
 * A handle: its standing in a queue, the requests it holds, the events it is
 * told, and what becomes of all that when it leaves.
 */

#include <linux/cred.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "bind.h"
#include "conn.h"
#include "net.h"
#include "request.h"
#include "trace.h"
#include "worker.h"

static void watch_work(struct work_struct *work);

/* All handles; protects their owners too. Outside of hn->control. */
static DEFINE_MUTEX(workers_lock);
static LIST_HEAD(workers);
static DECLARE_DELAYED_WORK(watch, watch_work);

/**
 * httpq_worker_create - a handle that is not attached yet
 * @hn: namespace; a reference is taken
 *
 * Context: process.
 * Return: the handle or NULL.
 */
struct httpq_worker *httpq_worker_create(struct httpq_net *hn)
{
	struct httpq_worker *worker;

	worker = kzalloc(sizeof(*worker), GFP_KERNEL_ACCOUNT);
	if (!worker)
		return NULL;
	worker->hn = httpq_net_get(hn);
	xa_init_flags(&worker->requests, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_BH |
		      XA_FLAGS_ACCOUNT);
	spin_lock_init(&worker->lock);
	INIT_LIST_HEAD(&worker->events);
	init_waitqueue_head(&worker->wait);

	mutex_lock(&workers_lock);
	if (list_empty(&workers))
		schedule_delayed_work(&watch, msecs_to_jiffies(HTTPQ_WATCH_MS));
	list_add_tail(&worker->node, &workers);
	mutex_unlock(&workers_lock);
	return worker;
}

static struct httpq_queue *attach_create(struct httpq_net *hn,
					 const char *name, u32 mode)
{
	struct httpq_queue_config config;

	if (!httpq_queue_may_create(hn, current_fsuid(), httpq_net_admin(hn)))
		return ERR_PTR(-EDQUOT);
	httpq_queue_config_init(&config);
	config.mode = mode;
	return httpq_queue_create(hn, name, &config);
}

static int attach_locked(struct httpq_worker *worker, const char *name,
			 u32 flags, u32 mode)
{
	struct httpq_net *hn = worker->hn;
	struct httpq_queue *queue;
	bool created;

	if (hn->dead)
		return -ENODEV;
	if (worker->member.queue)
		return -EISCONN;
	queue = httpq_queue_find(hn, name);
	if (queue && flags & HTTPQ_ATTACH_EXCL)
		return -EEXIST;
	created = !queue && flags & HTTPQ_ATTACH_CREATE;
	if (created)
		queue = attach_create(hn, name, mode);
	if (IS_ERR_OR_NULL(queue))
		return queue ? PTR_ERR(queue) : -ENOENT;
	/* As with open(2): whatever the mode, its maker is let in. */
	if (!created && !httpq_queue_may_write(queue, httpq_net_admin(hn)))
		return -EACCES;
	httpq_queue_join(queue, &worker->member);
	return 0;
}

/**
 * httpq_worker_attach - make a handle a worker of a queue
 * @worker: handle
 * @args: what HTTPQ_IOC_ATTACH was given
 *
 * Context: process.
 * Return: 0, or what struct httpq_attach lists.
 */
int httpq_worker_attach(struct httpq_worker *worker,
			const struct httpq_attach *args)
{
	char name[HTTPQ_QUEUE_NAME_MAX + 1] = {};
	int err;

	if (args->flags & ~HTTPQ_ATTACH_ALL)
		return -EOPNOTSUPP;
	if (!args->name_len || args->name_len > HTTPQ_QUEUE_NAME_MAX ||
	    args->mode & ~0666)
		return -EINVAL;
	if (copy_from_user(name, u64_to_user_ptr(args->name), args->name_len))
		return -EFAULT;
	if (!httpq_queue_name_valid(name, args->name_len))
		return -EINVAL;

	mutex_lock(&worker->hn->control);
	err = attach_locked(worker, name, args->flags, args->mode);
	mutex_unlock(&worker->hn->control);
	if (!err)
		trace_httpq_worker_attach(task_tgid_nr(current));
	return err;
}

/**
 * httpq_worker_holds - whether a handle can deal with requests that it holds
 * @worker: handle
 *
 * Context: process.
 * Return: 0; -ENOTCONN, -ENODEV or -ESHUTDOWN.
 */
int httpq_worker_holds(const struct httpq_worker *worker)
{
	/* Pairs with smp_store_release() in httpq_queue_join(). */
	const struct httpq_queue *queue = smp_load_acquire(&worker->member.queue);

	if (READ_ONCE(worker->hn->dead))
		return -ENODEV;
	if (!queue)
		return -ENOTCONN;
	if (READ_ONCE(worker->member.state) == HTTPQ_MEMBER_GONE)
		return -ESHUTDOWN;
	return 0;
}

/**
 * httpq_worker_check - whether a handle can get anything new
 * @worker: handle
 *
 * Context: process.
 * Return: as httpq_worker_holds(); -ESHUTDOWN also if the queue was deleted.
 */
int httpq_worker_check(const struct httpq_worker *worker)
{
	int err = httpq_worker_holds(worker);

	if (!err && READ_ONCE(worker->member.queue->deleted))
		err = -ESHUTDOWN;
	return err;
}

/**
 * httpq_worker_settle - a process receives: it owns the handle from now on
 * @worker: attached handle
 *
 * The first one does; who attached may only have been about to fork, or to
 * hand the file on. Its end is the end of the handle.
 *
 * Context: process.
 */
void httpq_worker_settle(struct httpq_worker *worker)
{
	if (likely(READ_ONCE(worker->owner)))
		return;
	mutex_lock(&workers_lock);
	if (!worker->owner)
		WRITE_ONCE(worker->owner,
			   get_task_struct(current->group_leader));
	mutex_unlock(&workers_lock);
}

/**
 * httpq_worker_adopt - put a request that was taken into the handle's table
 * @worker: handle
 * @req: RESERVED request from httpq_queue_take(); the reference passes to the
 *	table
 *
 * Context: process.
 * Return: 0; -ENOMEM or -ESHUTDOWN, and the reference stays the caller's.
 */
int httpq_worker_adopt(struct httpq_worker *worker, struct httpq_request *req)
{
	u32 slot;
	int err;

	xa_lock_bh(&worker->requests);
	/* May drop the lock for memory: what counts is the state after it. */
	err = __xa_alloc(&worker->requests, &slot, req, xa_limit_31b,
			 GFP_KERNEL);
	/* Pairs with the lock in leave_requests(), which comes after GONE. */
	if (!err && READ_ONCE(worker->member.state) == HTTPQ_MEMBER_GONE) {
		__xa_erase(&worker->requests, slot);
		err = -ESHUTDOWN;
	}
	if (!err) {
		if (!++worker->generation)
			worker->generation = 1;
		req->id = (u64)worker->generation << 32 | slot;
		rcu_assign_pointer(req->worker, worker);
	}
	xa_unlock_bh(&worker->requests);
	/*
	 * Pairs with the barrier in httpq_worker_post(): either that finds the
	 * handle, or this thread finds what happened to the client.
	 */
	smp_mb();
	return err;
}

/**
 * httpq_worker_find - a request that a handle holds
 * @worker: handle
 * @id: its name
 * @reserved: also one that was not delivered yet
 *
 * Context: process.
 * Return: the request with a reference, or NULL.
 */
struct httpq_request *httpq_worker_find(struct httpq_worker *worker, u64 id,
					bool reserved)
{
	struct httpq_request *req;

	xa_lock_bh(&worker->requests);
	req = xa_load(&worker->requests, lower_32_bits(id));
	if (req && req->id == id &&
	    (reserved || req->state == HTTPQ_REQUEST_DELIVERED))
		httpq_request_get(req);
	else
		req = NULL;
	xa_unlock_bh(&worker->requests);
	return req;
}

/* Forgets events; softirq finds no handle by the request after this. */
static void request_disown(struct httpq_worker *worker,
			   struct httpq_request *req)
{
	spin_lock_bh(&worker->lock);
	rcu_assign_pointer(req->worker, NULL);
	list_del_init(&req->event_node);
	req->events = 0;
	spin_unlock_bh(&worker->lock);
}

/**
 * httpq_worker_erase - take a request out of the handle's table
 * @worker: handle
 * @req: request, held by the caller
 * @id: the name under which it was found
 *
 * Context: process.
 * Return: true for the one caller that took it out: the table's reference and
 * the request's end are his.
 */
bool httpq_worker_erase(struct httpq_worker *worker,
			struct httpq_request *req, u64 id)
{
	bool won;

	xa_lock_bh(&worker->requests);
	won = xa_load(&worker->requests, lower_32_bits(id)) == req &&
	      req->id == id;
	if (won)
		__xa_erase(&worker->requests, lower_32_bits(id));
	xa_unlock_bh(&worker->requests);
	if (won)
		request_disown(worker, req);
	return won;
}

/**
 * httpq_worker_end - a request of the handle is over
 * @worker: handle
 * @req: request, held by the caller
 * @id: its name
 *
 * Context: process.
 * Return: true for the one caller that ended it.
 */
bool httpq_worker_end(struct httpq_worker *worker, struct httpq_request *req,
		      u64 id)
{
	if (!httpq_worker_erase(worker, req, id))
		return false;
	httpq_queue_done(req->queue);
	httpq_request_put(req);
	return true;
}

/**
 * httpq_worker_delivered - a request was copied out completely
 * @worker: handle
 * @req: request, held by the caller
 * @id: its name
 *
 * Context: process.
 * Return: false if it is not the handle's any more, or its client is gone.
 */
bool httpq_worker_delivered(struct httpq_worker *worker,
			    struct httpq_request *req, u64 id)
{
	bool ours;

	xa_lock_bh(&worker->requests);
	ours = xa_load(&worker->requests, lower_32_bits(id)) == req &&
	       req->id == id;
	if (ours) {
		spin_lock(&worker->lock);
		req->state = HTTPQ_REQUEST_DELIVERED;
		if (READ_ONCE(req->half_closed))
			req->events |= BIT(HTTPQ_EVENT_HALF_CLOSED);
		/* Another thread may have fetched it meanwhile. */
		if (req->events && list_empty(&req->event_node))
			list_add_tail(&req->event_node, &worker->events);
		spin_unlock(&worker->lock);
	}
	xa_unlock_bh(&worker->requests);
	return ours;
}

/**
 * httpq_worker_post - tell the handle that holds a request
 * @req: request, held by the caller
 * @type: enum httpq_event_type
 * @reason: enum httpq_reason
 *
 * Told to nobody if no handle holds it; later if it is not delivered yet.
 *
 * Context: any, under the socket lock.
 */
void httpq_worker_post(struct httpq_request *req, u8 type, u8 reason)
{
	struct httpq_worker *worker;

	/* Pairs with the barrier in httpq_worker_adopt(). */
	smp_mb();
	rcu_read_lock();
	worker = rcu_dereference(req->worker);
	if (!worker)
		goto out_unlock;
	spin_lock_bh(&worker->lock);
	if (rcu_access_pointer(req->worker) == worker) {
		trace_httpq_event(req->conn->id, req->id, type, reason);
		req->events |= BIT(type);
		if (req->state == HTTPQ_REQUEST_DELIVERED &&
		    list_empty(&req->event_node))
			list_add_tail(&req->event_node, &worker->events);
	}
	spin_unlock_bh(&worker->lock);
	if (wq_has_sleeper(&worker->wait))
		wake_up_interruptible_poll(&worker->wait,
					   EPOLLIN | EPOLLRDNORM);
out_unlock:
	rcu_read_unlock();
}

/* What a request that a handle leaves behind deserves. */
static void request_leave(struct httpq_request *req, u32 *returned,
			  u32 *aborted)
{
	if (req->state == HTTPQ_REQUEST_RESERVED) {
		++*returned;
		httpq_queue_return(req);
		return;
	}
	++*aborted;
	httpq_queue_done(req->queue);
	req->ops->refuse(req, 502);
	httpq_request_put(req);
}

static void leave_requests(struct httpq_worker *worker)
{
	u32 returned = 0, aborted = 0;
	struct httpq_request *req;
	unsigned long slot;

	for (;;) {
		slot = 0;
		xa_lock_bh(&worker->requests);
		req = xa_find(&worker->requests, &slot, ULONG_MAX, XA_PRESENT);
		if (req)
			__xa_erase(&worker->requests, slot);
		xa_unlock_bh(&worker->requests);
		if (!req)
			break;
		request_disown(worker, req);
		request_leave(req, &returned, &aborted);
	}
	trace_httpq_worker_leave(task_tgid_nr(current), returned, aborted);
}

/**
 * httpq_worker_leave - the handle is gone
 * @worker: handle
 *
 * Nothing is handed to it any more; unread requests go back to their place,
 * delivered ones are answered 502 or broken; its bindings go. Its calls give
 * ESHUTDOWN. Any number of callers; the first does the work.
 *
 * Context: process, no locks but that of the list of handles.
 */
void httpq_worker_leave(struct httpq_worker *worker)
{
	struct httpq_net *hn = worker->hn;

	if (!worker->member.queue || !httpq_queue_leave(&worker->member))
		return;
	mutex_lock(&hn->control);
	httpq_bind_remove_worker(hn, worker);
	mutex_unlock(&hn->control);
	leave_requests(worker);
	wake_up_interruptible_all(&worker->wait);
	wake_up_interruptible_all(&worker->member.queue->wait);
}

/**
 * httpq_worker_flush - a process closes a descriptor of the handle
 * @worker: handle
 *
 * If that is because its owner exits, the handle is gone, even if another
 * process holds a descriptor too.
 *
 * Context: process.
 */
void httpq_worker_flush(struct httpq_worker *worker)
{
	bool owner;

	if (!(current->flags & PF_EXITING))
		return;
	mutex_lock(&workers_lock);
	owner = worker->owner && worker->owner->signal == current->signal;
	mutex_unlock(&workers_lock);
	if (owner)
		httpq_worker_leave(worker);
}

/* An owner that dumps core, or hangs in its exit, holds its descriptors. */
static bool owner_dying(const struct httpq_worker *worker)
{
	return worker->owner &&
	       READ_ONCE(worker->owner->signal->flags) & SIGNAL_GROUP_EXIT;
}

static void watch_work(struct work_struct *work)
{
	struct httpq_worker *worker;

	mutex_lock(&workers_lock);
	list_for_each_entry(worker, &workers, node)
		if (owner_dying(worker))
			httpq_worker_leave(worker);
	if (!list_empty(&workers))
		schedule_delayed_work(&watch, msecs_to_jiffies(HTTPQ_WATCH_MS));
	mutex_unlock(&workers_lock);
}

/**
 * httpq_worker_leave_all - every handle of a namespace is gone
 * @hn: namespace that ends
 *
 * Context: process.
 */
void httpq_worker_leave_all(struct httpq_net *hn)
{
	struct httpq_worker *worker;

	mutex_lock(&workers_lock);
	list_for_each_entry(worker, &workers, node) {
		if (worker->hn != hn)
			continue;
		httpq_worker_leave(worker);
		wake_up_interruptible_all(&worker->wait);
	}
	mutex_unlock(&workers_lock);
}

/**
 * httpq_worker_destroy - the last descriptor was closed
 * @worker: handle
 *
 * Context: process.
 */
void httpq_worker_destroy(struct httpq_worker *worker)
{
	httpq_worker_leave(worker);

	mutex_lock(&workers_lock);
	list_del(&worker->node);
	mutex_unlock(&workers_lock);

	if (worker->owner)
		put_task_struct(worker->owner);
	if (worker->member.queue)
		httpq_queue_put(worker->member.queue);
	xa_destroy(&worker->requests);
	httpq_net_put(worker->hn);
	kfree_rcu(worker, rcu);
}

/**
 * httpq_worker_exit - nothing runs any more
 *
 * Context: module exit, when no handle is left.
 */
void httpq_worker_exit(void)
{
	cancel_delayed_work_sync(&watch);
}
