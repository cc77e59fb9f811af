// SPDX-License-Identifier: GPL-2.0
/*
 * A handle: its standing in a queue, its owner, how it drains and how it
 * leaves, and what becomes then of the requests that it holds.
 */

#include <linux/cred.h>
#include <linux/list_sort.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "bind.h"
#include "conn.h"
#include "held.h"
#include "net.h"
#include "notify.h"
#include "request.h"
#include "trace.h"
#include "worker.h"

static void watch_later(struct httpq_net *hn)
{
	queue_delayed_work(httpq_conn_wq, &hn->watch,
			   msecs_to_jiffies(HTTPQ_WATCH_MS));
}

static void notify(const struct httpq_worker *worker, u8 cmd)
{
	lockdep_assert_held(&worker->hn->control);
	if (!worker->hn->dead)
		httpq_notify_worker(worker, cmd);
}

/**
 * httpq_worker_create - a handle that is not attached yet
 * @hn: namespace; a reference is taken
 *
 * Context: process. Takes no lock that others hold for long: opening a misc
 * device keeps everybody from opening any other one.
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
	INIT_LIST_HEAD(&worker->node);
	worker->last_call_at = jiffies;
	return worker;
}

static struct httpq_queue *attach_create(struct httpq_net *hn,
					 const char *name, u32 mode)
{
	struct httpq_queue *queue = ERR_PTR(-EDQUOT);
	struct httpq_queue_config config;

	httpq_queue_config_init(&config);
	config.mode = mode;
	if (httpq_queue_may_create(hn, current_fsuid(), httpq_net_admin(hn)))
		queue = httpq_queue_create(hn, name, &config);
	if (IS_ERR(queue))
		trace_httpq_queue_new_err(name, PTR_ERR(queue));
	return queue;
}

static int may_attach(struct httpq_worker *worker, struct httpq_queue *queue,
		      bool control)
{
	bool admin = httpq_net_admin(worker->hn);

	if (control)
		return httpq_queue_may_change(queue, admin) ? 0 : -EACCES;
	return httpq_queue_may_write(queue, admin) ? 0 : -EACCES;
}

static void worker_list(struct httpq_worker *worker)
{
	struct httpq_net *hn = worker->hn;

	worker->member.id = ++hn->next_worker;
	if (list_empty(&hn->workers))
		watch_later(hn);
	list_add_tail(&worker->node, &hn->workers);
}

static int attach_locked(struct httpq_worker *worker, const char *name,
			 u32 flags, u32 mode)
{
	bool control = flags & HTTPQ_ATTACH_CONTROL;
	struct httpq_net *hn = worker->hn;
	struct httpq_queue *queue;
	bool created;
	int err;

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
	err = created ? 0 : may_attach(worker, queue, control);
	if (err)
		return err;
	worker->member.deferred = flags & HTTPQ_ATTACH_DEFER;
	worker->member.controller = control;
	worker_list(worker);
	httpq_queue_join(queue, &worker->member);
	trace_httpq_worker_attach(worker->member.id, task_tgid_nr(current));
	if (!control)
		notify(worker, HTTPQ_CMD_WORKER_NEW);
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
	if (err)
		trace_httpq_worker_attach_err(task_tgid_nr(current), err);
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
	if (READ_ONCE(worker->member.state) == HTTPQ_WORKER_GONE)
		return -ESHUTDOWN;
	return 0;
}

/**
 * httpq_worker_check - whether a handle can get anything new
 * @worker: handle
 *
 * Context: process.
 * Return: as httpq_worker_holds(); -ESHUTDOWN also if it drains, or the queue
 * was deleted.
 */
int httpq_worker_check(const struct httpq_worker *worker)
{
	int err = httpq_worker_holds(worker);

	if (!err && (READ_ONCE(worker->member.queue->deleted) ||
		     READ_ONCE(worker->member.state) == HTTPQ_WORKER_DRAINING))
		err = -ESHUTDOWN;
	return err;
}

/**
 * httpq_worker_called - note what a process asked of its handle
 * @worker: handle
 * @call: enum httpq_log_call
 *
 * Context: process.
 */
void httpq_worker_called(struct httpq_worker *worker, u8 call)
{
	WRITE_ONCE(worker->last_call, call);
	WRITE_ONCE(worker->last_call_at, jiffies);
}

static void settle_locked(struct httpq_worker *worker)
{
	if (!worker->owner) {
		WRITE_ONCE(worker->pid, task_tgid_vnr(current));
		WRITE_ONCE(worker->owner,
			   get_task_struct(current->group_leader));
	}
	if (worker->member.deferred ||
	    !httpq_queue_member_event(&worker->member,
				      HTTPQ_LIFECYCLE_WORKER_READY))
		return;
	trace_httpq_worker_ready(worker->member.id, task_tgid_nr(current));
	notify(worker, HTTPQ_CMD_WORKER_SET);
}

/**
 * httpq_worker_settle - a process receives: it owns the handle from now on
 * @worker: attached handle
 *
 * The first one does; who attached may only have been about to fork, or to
 * hand the file on. Its end is the end of the handle. The handle is active
 * from now on, unless it said that it would say so itself.
 *
 * Context: process.
 */
void httpq_worker_settle(struct httpq_worker *worker)
{
	if (likely(READ_ONCE(worker->owner)))
		return;
	mutex_lock(&worker->hn->control);
	settle_locked(worker);
	mutex_unlock(&worker->hn->control);
}

/**
 * httpq_worker_ready - the handle takes requests from now on
 * @worker: attached handle
 *
 * The calling process owns it, unless another one does already.
 *
 * Context: process.
 */
void httpq_worker_ready(struct httpq_worker *worker)
{
	mutex_lock(&worker->hn->control);
	worker->member.deferred = false;
	settle_locked(worker);
	mutex_unlock(&worker->hn->control);
	/* Threads that wait began to when there was nothing for them. */
	wake_up_interruptible_all(&worker->member.queue->wait);
}

static void wake_all(struct httpq_worker *worker)
{
	wake_up_interruptible_all(&worker->wait);
	wake_up_interruptible_all(&worker->member.queue->wait);
}

static void set_deadline(struct httpq_worker *worker, u32 ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(ms);

	if (!ms || (worker->has_deadline &&
		    time_before(worker->deadline, deadline)))
		return;
	worker->deadline = deadline;
	worker->has_deadline = true;
	mod_delayed_work(httpq_conn_wq, &worker->hn->watch, 0);
}

/* A handle has one queue, so that these are numbers of one series. */
static int oldest_first(void *priv, const struct list_head *a,
			const struct list_head *b)
{
	return list_entry(a, struct httpq_request, node)->seq >
	       list_entry(b, struct httpq_request, node)->seq;
}

/* What a handle gives up, in order of arrival. */
static void pop_requests(struct httpq_worker *worker, bool undelivered,
			 struct list_head *to)
{
	struct httpq_request *req;
	unsigned long slot = 0;

	while ((req = httpq_held_pop(worker, undelivered, &slot))) {
		list_add_tail(&req->node, to);
		cond_resched();
	}
	list_sort(NULL, to, oldest_first);
}

/*
 * From the last to the first: each finds its place in the queue at once, before
 * the one that was put back before.
 */
static u32 return_requests(struct list_head *popped)
{
	struct httpq_request *req;
	u32 returned = 0;

	while (!list_empty(popped)) {
		req = list_last_entry(popped, struct httpq_request, node);
		list_del_init(&req->node);
		httpq_queue_return(req);
		returned++;
		cond_resched();
	}
	return returned;
}

/**
 * httpq_worker_drain - nothing more is delivered to a handle
 * @worker: attached handle
 * @deadline_ms: what it holds then is treated as if it had been closed; 0 for
 *	no deadline. One that was given before can only come nearer.
 *
 * What it has not got yet goes back to the queue at once.
 *
 * Context: process, under hn->control.
 */
void httpq_worker_drain(struct httpq_worker *worker, u32 deadline_ms)
{
	LIST_HEAD(requests);
	u32 returned;

	lockdep_assert_held(&worker->hn->control);
	set_deadline(worker, deadline_ms);
	if (!httpq_queue_member_event(&worker->member,
				      HTTPQ_LIFECYCLE_WORKER_DRAIN))
		return;
	pop_requests(worker, true, &requests);
	returned = return_requests(&requests);
	trace_httpq_worker_drain(worker->member.id, deadline_ms, returned);
	wake_all(worker);
	notify(worker, HTTPQ_CMD_WORKER_SET);
}

/**
 * httpq_worker_drain_queue - drain every handle of a queue
 * @queue: queue
 * @deadline_ms: see httpq_worker_drain()
 *
 * Context: process, under hn->control.
 */
void httpq_worker_drain_queue(struct httpq_queue *queue, u32 deadline_ms)
{
	struct httpq_worker *worker;

	lockdep_assert_held(&queue->hn->control);
	list_for_each_entry(worker, &queue->hn->workers, node)
		if (worker->member.queue == queue &&
		    !worker->member.controller)
			httpq_worker_drain(worker, deadline_ms);
}

/* Whether a request that a handle leaves behind is for another one. */
static bool request_goes_back(struct httpq_request *req)
{
	return req->state == HTTPQ_REQUEST_RESERVED ||
	       httpq_request_end(req, HTTPQ_CAUSE_WORKER_GONE);
}

static void leave_requests(struct httpq_worker *worker)
{
	struct httpq_request *req, *next;
	LIST_HEAD(requests);
	u32 returned, aborted = 0;

	pop_requests(worker, false, &requests);
	list_for_each_entry_safe(req, next, &requests, node) {
		cond_resched();
		if (request_goes_back(req))
			continue;
		list_del_init(&req->node);
		httpq_queue_done(req->queue);
		httpq_notify_left(req, HTTPQ_ZOMBIE_LEFT_ABANDONED,
				  HTTPQ_LOG_REASON_ABANDONED_QUEUE);
		httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
		httpq_request_put(req);
		aborted++;
	}
	returned = return_requests(&requests);
	trace_httpq_worker_leave(worker->member.id, returned, aborted);
}

/**
 * httpq_worker_leave - the handle is gone
 * @worker: handle
 *
 * Nothing is handed to it any more; unread requests go back to their place,
 * delivered ones to another handle, or they are answered 502 or broken; its
 * bindings go. Its calls give ESHUTDOWN. Any number of callers; the first
 * does the work.
 *
 * Context: process, under hn->control.
 */
void httpq_worker_leave(struct httpq_worker *worker)
{
	lockdep_assert_held(&worker->hn->control);
	if (!worker->member.queue ||
	    !httpq_queue_member_event(&worker->member,
				      HTTPQ_LIFECYCLE_WORKER_LEAVE))
		return;
	httpq_bind_remove_worker(worker->hn, worker);
	leave_requests(worker);
	wake_all(worker);
	if (!worker->member.controller)
		notify(worker, HTTPQ_CMD_WORKER_DEL);
}

/**
 * httpq_worker_find - by number
 * @hn: namespace
 * @id: number
 *
 * Context: process, under hn->control.
 * Return: the handle, attached and not a controller; or NULL.
 */
struct httpq_worker *httpq_worker_find(struct httpq_net *hn, u64 id)
{
	struct httpq_worker *worker;

	lockdep_assert_held(&hn->control);
	list_for_each_entry(worker, &hn->workers, node)
		if (worker->member.id == id && worker->member.queue &&
		    !worker->member.controller &&
		    worker->member.state != HTTPQ_WORKER_GONE)
			return worker;
	return NULL;
}

/* The last thread that lives: another may have a table of files of its own. */
static bool process_ends(void)
{
	return current->signal->flags & SIGNAL_GROUP_EXIT ||
	       !atomic_read(&current->signal->live);
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
	if (!(current->flags & PF_EXITING) || !process_ends())
		return;
	mutex_lock(&worker->hn->control);
	if (worker->owner && worker->owner->signal == current->signal)
		httpq_worker_leave(worker);
	mutex_unlock(&worker->hn->control);
}

/* An owner that dumps core, or hangs in its exit, holds its descriptors. */
static bool owner_dying(const struct httpq_worker *worker)
{
	return worker->owner &&
	       READ_ONCE(worker->owner->signal->flags) & SIGNAL_GROUP_EXIT;
}

static bool drain_over(const struct httpq_worker *worker)
{
	return worker->has_deadline &&
	       !time_before(jiffies, worker->deadline);
}

static void watch_work(struct work_struct *work)
{
	struct httpq_net *hn = container_of(to_delayed_work(work),
					    struct httpq_net, watch);
	unsigned long next = msecs_to_jiffies(HTTPQ_WATCH_MS);
	struct httpq_worker *worker;

	mutex_lock(&hn->control);
	list_for_each_entry(worker, &hn->workers, node) {
		if (worker->member.state == HTTPQ_WORKER_GONE)
			continue;
		if (owner_dying(worker) || drain_over(worker))
			httpq_worker_leave(worker);
		else if (worker->has_deadline)
			next = min(next, worker->deadline - jiffies);
	}
	if (!list_empty(&hn->workers))
		queue_delayed_work(httpq_conn_wq, &hn->watch, next);
	mutex_unlock(&hn->control);
}

/**
 * httpq_worker_start - prepare for the handles of a namespace
 * @hn: namespace
 *
 * Context: process.
 */
void httpq_worker_start(struct httpq_net *hn)
{
	INIT_DELAYED_WORK(&hn->watch, watch_work);
}

/**
 * httpq_worker_leave_all - every handle of a namespace is gone
 * @hn: namespace that ends
 *
 * Context: process, under hn->control.
 */
void httpq_worker_leave_all(struct httpq_net *hn)
{
	struct httpq_worker *worker;

	lockdep_assert_held(&hn->control);
	list_for_each_entry(worker, &hn->workers, node) {
		httpq_worker_leave(worker);
		wake_up_interruptible_all(&worker->wait);
	}
}

static void watch_stop(struct httpq_net *hn)
{
	cancel_delayed_work_sync(&hn->watch);
	mutex_lock(&hn->control);
	/* One that was attached meanwhile had its watch canceled too. */
	if (!list_empty(&hn->workers))
		watch_later(hn);
	mutex_unlock(&hn->control);
}

/**
 * httpq_worker_destroy - the last descriptor was closed
 * @worker: handle
 *
 * Context: process.
 */
void httpq_worker_destroy(struct httpq_worker *worker)
{
	struct httpq_net *hn = worker->hn;
	bool last = false;

	if (!list_empty(&worker->node)) {
		mutex_lock(&hn->control);
		httpq_worker_leave(worker);
		list_del(&worker->node);
		last = list_empty(&hn->workers);
		mutex_unlock(&hn->control);
	}
	if (last)
		watch_stop(hn);

	if (worker->owner)
		put_task_struct(worker->owner);
	if (worker->member.queue)
		httpq_queue_put(worker->member.queue);
	xa_destroy(&worker->requests);
	httpq_net_put(hn);
	kfree_rcu(worker, rcu);
}
