// SPDX-License-Identifier: GPL-2.0
/* Request queues: names and owners, and the way of a request through one. */

#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "net.h"
#include "queue.h"
#include "request.h"
#include "trace.h"

/**
 * httpq_queue_name_valid - whether a name is one for a queue
 * @name: bytes
 * @len: how many
 *
 * Context: any.
 * Return: true if it is of the form that HTTPQ_QUEUE_NAME_MAX describes.
 */
bool httpq_queue_name_valid(const char *name, size_t len)
{
	size_t i;

	if (!len || len > HTTPQ_QUEUE_NAME_MAX || name[0] == '.')
		return false;
	for (i = 0; i < len; i++) {
		char c = name[i];

		if (!isascii(c) || (!isalnum(c) && !strchr("._-", c)) || !c)
			return false;
	}
	return true;
}

/**
 * httpq_queue_config_init - the defaults, owned by the caller
 * @config: filled
 *
 * Context: process.
 */
void httpq_queue_config_init(struct httpq_queue_config *config)
{
	*config = (struct httpq_queue_config) {
		.uid = current_fsuid(),
		.gid = current_fsgid(),
		.mode = 0600,
		.state = HTTPQ_QUEUE_RUNNING,
		.max_queued = HTTPQ_QUEUE_QUEUED,
		.max_inflight = HTTPQ_QUEUE_INFLIGHT,
	};
}

/**
 * httpq_queue_config_read - what a queue is set to
 * @queue: queue
 * @config: filled
 *
 * Context: process, under hn->control.
 */
void httpq_queue_config_read(struct httpq_queue *queue,
			     struct httpq_queue_config *config)
{
	lockdep_assert_held(&queue->hn->control);
	*config = (struct httpq_queue_config) {
		.uid = queue->uid,
		.gid = queue->gid,
		.mode = queue->mode,
		.state = queue->state,
		.max_queued = queue->max_queued,
		.max_inflight = queue->max_inflight,
	};
}

/**
 * httpq_queue_find - by name
 * @hn: namespace
 * @name: valid name
 *
 * Context: process, under hn->control.
 * Return: the queue, the reference is the list's; or NULL.
 */
struct httpq_queue *httpq_queue_find(struct httpq_net *hn, const char *name)
{
	struct httpq_queue *queue;

	lockdep_assert_held(&hn->control);
	list_for_each_entry(queue, &hn->queues, node)
		if (!strcmp(queue->name, name))
			return queue;
	return NULL;
}

/**
 * httpq_queue_may_create - whether a user may own one more queue
 * @hn: namespace
 * @uid: user
 * @admin: who asks administers the namespace
 *
 * Context: process, under hn->control.
 * Return: true below net.httpq.user_queues and for @admin.
 */
bool httpq_queue_may_create(struct httpq_net *hn, kuid_t uid, bool admin)
{
	unsigned int max = READ_ONCE(hn->limits.user_queues);
	struct httpq_queue *queue;
	unsigned int owned = 0;

	lockdep_assert_held(&hn->control);
	list_for_each_entry(queue, &hn->queues, node)
		owned += uid_eq(queue->uid, uid);
	return owned < max || admin;
}

/**
 * httpq_queue_create - make a queue and list it
 * @hn: namespace
 * @name: valid name
 * @config: owner, mode, limits, state
 *
 * Context: process, under hn->control.
 * Return: the queue, the reference is the list's; or ERR_PTR of -EEXIST,
 * -ENOSPC (HTTPQ_QUEUES_MAX) or -ENOMEM.
 */
struct httpq_queue *httpq_queue_create(struct httpq_net *hn, const char *name,
				       const struct httpq_queue_config *config)
{
	struct httpq_queue *queue;

	lockdep_assert_held(&hn->control);
	if (httpq_queue_find(hn, name))
		return ERR_PTR(-EEXIST);
	if (hn->nr_queues >= HTTPQ_QUEUES_MAX)
		return ERR_PTR(-ENOSPC);
	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);

	refcount_set(&queue->refs, 1);
	strscpy(queue->name, name, sizeof(queue->name));
	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->unread);
	init_waitqueue_head(&queue->wait);
	queue->hn = httpq_net_get(hn);
	httpq_queue_configure(queue, config);
	list_add_tail(&queue->node, &hn->queues);
	hn->nr_queues++;
	return queue;
}

/* Requests that are ended before others get a turn. */
#define FLUSH_BATCH 64

/* Ends requests that were taken out of a queue. */
static void refuse_list(struct list_head *requests)
{
	struct httpq_request *req, *next;

	list_for_each_entry_safe(req, next, requests, node) {
		list_del_init(&req->node);
		req->ops->refuse(req, 503);
		httpq_request_put(req);
	}
}

static bool queue_accepts(const struct httpq_queue *queue)
{
	return !queue->deleted && (queue->state == HTTPQ_QUEUE_RUNNING ||
				   queue->state == HTTPQ_QUEUE_PAUSED);
}

/* Takes some out; returns whether more are left. */
static bool flush_some(struct httpq_queue *queue, struct list_head *requests)
{
	struct httpq_request *req, *next;
	int batch = FLUSH_BATCH;
	bool more;

	spin_lock_bh(&queue->lock);
	list_for_each_entry_safe(req, next, &queue->unread, node) {
		if (!batch--)
			break;
		req->state = HTTPQ_REQUEST_DONE;
		list_move_tail(&req->node, requests);
		queue->nr_queued--;
		queue->rejected++;
	}
	more = !list_empty(&queue->unread);
	spin_unlock_bh(&queue->lock);
	return more;
}

/* Ends all that waits in a queue that accepts no requests any more. */
static void queue_flush(struct httpq_queue *queue)
{
	LIST_HEAD(requests);
	bool more;

	do {
		more = flush_some(queue, &requests);
		refuse_list(&requests);
		cond_resched();
	} while (more);
}

/**
 * httpq_queue_configure - change owner, mode, limits and state
 * @queue: queue
 * @config: all of it
 *
 * A queue that stops answers what it holds with 503.
 *
 * Context: process, under hn->control.
 */
void httpq_queue_configure(struct httpq_queue *queue,
			   const struct httpq_queue_config *config)
{
	bool accepts;
	u8 from;

	lockdep_assert_held(&queue->hn->control);
	queue->uid = config->uid;
	queue->gid = config->gid;
	queue->mode = config->mode;

	spin_lock_bh(&queue->lock);
	from = queue->state;
	queue->state = config->state;
	queue->max_queued = config->max_queued;
	queue->max_inflight = config->max_inflight;
	accepts = queue_accepts(queue);
	spin_unlock_bh(&queue->lock);

	if (from != config->state)
		trace_httpq_queue_state(from, config->state);
	if (!accepts)
		queue_flush(queue);
	wake_up_interruptible_all(&queue->wait);
}

/**
 * httpq_queue_delete - unlist a queue and end what waits in it
 * @queue: queue; its bindings are gone already
 *
 * Handles that are attached see ESHUTDOWN from now on; requests that they
 * hold can still be answered.
 *
 * Context: process, under hn->control.
 */
void httpq_queue_delete(struct httpq_queue *queue)
{
	lockdep_assert_held(&queue->hn->control);
	list_del(&queue->node);
	queue->hn->nr_queues--;

	spin_lock_bh(&queue->lock);
	queue->deleted = true;
	spin_unlock_bh(&queue->lock);

	queue_flush(queue);
	wake_up_interruptible_all(&queue->wait);
	httpq_queue_put(queue);
}

/**
 * httpq_queue_may_write - whether the caller may attach to, or bind to, it
 * @queue: queue
 * @admin: who asks administers the namespace
 *
 * Context: process, under hn->control.
 * Return: true if the mode allows it, and for @admin.
 */
bool httpq_queue_may_write(const struct httpq_queue *queue, bool admin)
{
	umode_t bit = 0002;

	if (uid_eq(current_fsuid(), queue->uid))
		bit = 0200;
	else if (in_group_p(queue->gid))
		bit = 0020;
	return (queue->mode & bit) || admin;
}

/**
 * httpq_queue_may_change - whether the caller may set or delete it
 * @queue: queue
 * @admin: who asks administers the namespace
 *
 * Context: process, under hn->control.
 * Return: true for the owner and for @admin.
 */
bool httpq_queue_may_change(const struct httpq_queue *queue, bool admin)
{
	return uid_eq(current_fsuid(), queue->uid) || admin;
}

/**
 * httpq_queue_get - take a reference, if it is not too late
 * @queue: queue, seen under RCU or held
 *
 * Context: any.
 * Return: false if the queue is being freed.
 */
bool httpq_queue_get(struct httpq_queue *queue)
{
	return refcount_inc_not_zero(&queue->refs);
}

static void queue_free(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct httpq_queue, rcu));
}

/**
 * httpq_queue_put - drop a reference
 * @queue: queue
 *
 * Context: any.
 */
void httpq_queue_put(struct httpq_queue *queue)
{
	if (!refcount_dec_and_test(&queue->refs))
		return;
	httpq_net_put(queue->hn);
	call_rcu(&queue->rcu, queue_free);
}

/**
 * httpq_queue_push - put a request at the end
 * @queue: queue; the request has its reference already
 * @req: NEW request; the queue takes over one reference of the caller
 *
 * Context: softirq or process, under the socket lock of the connection.
 * Return: 0; -ESHUTDOWN (stopped or deleted) or -ENOBUFS (full), and the
 * reference stays the caller's.
 */
int httpq_queue_push(struct httpq_queue *queue, struct httpq_request *req)
{
	int err = 0;

	spin_lock_bh(&queue->lock);
	queue->arrived++;
	if (!queue_accepts(queue))
		err = -ESHUTDOWN;
	else if (queue->nr_queued >= queue->max_queued)
		err = -ENOBUFS;
	if (err) {
		queue->rejected++;
	} else {
		req->seq = queue->next_seq++;
		req->queued = ktime_get_ns();
		req->state = HTTPQ_REQUEST_QUEUED;
		list_add_tail(&req->node, &queue->unread);
		queue->nr_queued++;
	}
	spin_unlock_bh(&queue->lock);

	if (!err && wq_has_sleeper(&queue->wait))
		wake_up_interruptible_poll(&queue->wait, EPOLLIN | EPOLLRDNORM);
	return err;
}

/**
 * httpq_queue_join - let a handle take requests
 * @queue: queue
 * @member: of the handle; takes a reference on @queue
 *
 * Context: process, under hn->control.
 */
void httpq_queue_join(struct httpq_queue *queue,
		      struct httpq_queue_member *member)
{
	refcount_inc(&queue->refs);
	spin_lock_bh(&queue->lock);
	member->state = HTTPQ_MEMBER_ACTIVE;
	queue->nr_workers++;
	spin_unlock_bh(&queue->lock);
	/* Pairs with smp_load_acquire() in the handle's calls. */
	smp_store_release(&member->queue, queue);
}

/**
 * httpq_queue_leave - nothing is handed to this handle any more
 * @member: of the handle; keeps its reference on the queue
 *
 * Context: process.
 * Return: true for the first call, which has to end the handle's requests.
 */
bool httpq_queue_leave(struct httpq_queue_member *member)
{
	struct httpq_queue *queue = member->queue;
	bool first;

	spin_lock_bh(&queue->lock);
	first = member->state == HTTPQ_MEMBER_ACTIVE;
	if (first) {
		member->state = HTTPQ_MEMBER_GONE;
		queue->nr_workers--;
	}
	spin_unlock_bh(&queue->lock);
	return first;
}

static bool member_may_take(const struct httpq_queue_member *member)
{
	const struct httpq_queue *queue = member->queue;

	lockdep_assert_held(&queue->lock);
	return member->state == HTTPQ_MEMBER_ACTIVE && !queue->deleted &&
	       queue->state == HTTPQ_QUEUE_RUNNING &&
	       queue->nr_inflight < queue->max_inflight &&
	       !list_empty(&queue->unread);
}

/**
 * httpq_queue_take - the oldest unread request, for a handle
 * @member: of the handle
 *
 * Context: process.
 * Return: the request, RESERVED, with the queue's reference; or NULL if there
 * is none, the queue doesn't deliver, or the handle has left.
 */
struct httpq_request *httpq_queue_take(struct httpq_queue_member *member)
{
	struct httpq_queue *queue = member->queue;
	struct httpq_request *req = NULL;

	spin_lock_bh(&queue->lock);
	if (member_may_take(member)) {
		req = list_first_entry(&queue->unread, struct httpq_request,
				       node);
		list_del_init(&req->node);
		req->state = HTTPQ_REQUEST_RESERVED;
		queue->nr_queued--;
		queue->nr_inflight++;
	}
	spin_unlock_bh(&queue->lock);
	return req;
}

/**
 * httpq_queue_share - how many requests one call may take
 * @queue: queue
 *
 * What waits is divided among the threads between httpq_queue_take_begin()
 * and httpq_queue_take_end(), so that no batch leaves another without work.
 *
 * Context: any.
 * Return: at least 1.
 */
u32 httpq_queue_share(struct httpq_queue *queue)
{
	u32 queued = READ_ONCE(queue->nr_queued);
	u32 takers = max(1, atomic_read(&queue->nr_takers));

	return max(1U, DIV_ROUND_UP(queued, takers));
}

/**
 * httpq_queue_take_begin - a thread is going to take requests, or to wait
 * @queue: queue
 *
 * Context: process.
 */
void httpq_queue_take_begin(struct httpq_queue *queue)
{
	atomic_inc(&queue->nr_takers);
}

/**
 * httpq_queue_take_end - it has what it gets
 * @queue: queue
 *
 * Context: process.
 */
void httpq_queue_take_end(struct httpq_queue *queue)
{
	atomic_dec(&queue->nr_takers);
}

/* Back to its place; older requests are few, so look from the front. */
static void insert_in_order(struct httpq_queue *queue,
			    struct httpq_request *req)
{
	struct httpq_request *pos;

	list_for_each_entry(pos, &queue->unread, node)
		if (pos->seq > req->seq)
			break;
	list_add_tail(&req->node, &pos->node);
}

/**
 * httpq_queue_return - put an unread request back in its place
 * @req: RESERVED request that the caller took out of a handle's table; the
 *	reference passes back to the queue
 *
 * A request whose client left meanwhile is dropped, one whose queue stopped
 * is answered with 503.
 *
 * Context: process, no locks but hn->control.
 */
void httpq_queue_return(struct httpq_request *req)
{
	struct httpq_queue *queue = req->queue;
	bool accepts, gone;

	httpq_queue_done(queue);
	spin_lock_bh(&queue->lock);
	accepts = queue_accepts(queue);
	gone = req->reason;
	if (accepts && !gone) {
		/* Once it is back another handle can end it at any time. */
		httpq_request_get(req);
		req->state = HTTPQ_REQUEST_QUEUED;
		insert_in_order(queue, req);
		queue->nr_queued++;
	} else {
		req->state = HTTPQ_REQUEST_DONE;
		queue->rejected += !gone;
	}
	spin_unlock_bh(&queue->lock);

	if (accepts && !gone) {
		httpq_stats_inc(req->hn->stats, requests_returned);
		wake_up_interruptible_poll(&queue->wait,
					   EPOLLIN | EPOLLRDNORM);
		req->ops->returned(req);
		httpq_request_put(req);
		return;
	}
	if (!gone)
		req->ops->refuse(req, 503);
	httpq_request_put(req);
}

/**
 * httpq_queue_withdraw - take a request out because of its client or timer
 * @req: routed request
 * @reason: enum httpq_reason if the client is gone, so that a handle that has
 *	the request does not put it back; HTTPQ_REASON_NONE for a timer
 *
 * Context: any, under the socket lock of the connection.
 * Return: true if it was queued: the queue's reference is now the caller's.
 * False if a handle has it.
 */
bool httpq_queue_withdraw(struct httpq_request *req, u8 reason)
{
	struct httpq_queue *queue = req->queue;
	bool queued;

	spin_lock_bh(&queue->lock);
	if (reason)
		WRITE_ONCE(req->reason, reason);
	queued = req->state == HTTPQ_REQUEST_QUEUED;
	if (queued) {
		list_del_init(&req->node);
		req->state = HTTPQ_REQUEST_DONE;
		queue->nr_queued--;
		queue->rejected += !reason;
	}
	spin_unlock_bh(&queue->lock);
	return queued;
}

/**
 * httpq_queue_done - a handle has one request less
 * @queue: its queue
 *
 * Context: process.
 */
void httpq_queue_done(struct httpq_queue *queue)
{
	bool room;

	/* Not only the first one below the bound: each has room for one. */
	spin_lock_bh(&queue->lock);
	room = --queue->nr_inflight < queue->max_inflight &&
	       !list_empty(&queue->unread);
	spin_unlock_bh(&queue->lock);
	if (room && wq_has_sleeper(&queue->wait))
		wake_up_interruptible_poll(&queue->wait,
					   EPOLLIN | EPOLLRDNORM);
}

/**
 * httpq_queue_readable - whether a handle would get a request
 * @member: of the handle
 *
 * Context: process.
 * Return: true if httpq_queue_take() would give one now.
 */
bool httpq_queue_readable(struct httpq_queue_member *member)
{
	struct httpq_queue *queue = member->queue;
	bool readable;

	spin_lock_bh(&queue->lock);
	readable = member_may_take(member);
	spin_unlock_bh(&queue->lock);
	return readable;
}
