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
		.redeliver = HTTPQ_REDELIVER_IDEMPOTENT,
		.answer_ms = HTTPQ_QUEUE_ANSWER_MS,
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
		.redeliver = queue->redeliver,
		.affinity = queue->affinity,
		.pool = queue->pool,
		.answer_ms = queue->answer_ms,
		.hold_bytes = queue->hold_bytes,
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

/* Others may have now what nobody came for that was to have it. */
static void hint_timer_fire(struct timer_list *timer)
{
	struct httpq_queue *queue = from_timer(queue, timer, hint_timer);

	wake_up_interruptible_all(&queue->wait);
	httpq_queue_put(queue);
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
	INIT_LIST_HEAD(&queue->members);
	init_waitqueue_head(&queue->wait);
	timer_setup(&queue->hint_timer, hint_timer_fire, 0);
	queue->hn = httpq_net_get(hn);
	httpq_queue_configure(queue, config);
	list_add_tail(&queue->node, &hn->queues);
	hn->nr_queues++;
	trace_httpq_queue_new(queue->name);
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
		httpq_request_end(req, HTTPQ_CAUSE_QUEUE_STOP);
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
		httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
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
	queue->affinity = config->affinity;
	WRITE_ONCE(queue->redeliver, config->redeliver);
	WRITE_ONCE(queue->pool, config->pool);
	WRITE_ONCE(queue->answer_ms, config->answer_ms);
	WRITE_ONCE(queue->hold_bytes, config->hold_bytes);
	accepts = queue_accepts(queue);
	spin_unlock_bh(&queue->lock);

	if (from != config->state)
		trace_httpq_queue_state(queue->name, from, config->state);
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
	queue->hn->unlisted++;
	queue->hn->nr_queues--;
	trace_httpq_queue_del(queue->name);

	spin_lock_bh(&queue->lock);
	queue->deleted = true;
	spin_unlock_bh(&queue->lock);

	queue_flush(queue);
	wake_up_interruptible_all(&queue->wait);
	if (del_timer_sync(&queue->hint_timer))
		httpq_queue_put(queue);
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
 * httpq_queue_stop_reason - why a queue accepts nothing
 * @queue: queue that is stopped, offline or deleted
 *
 * Context: any.
 * Return: enum httpq_log_reason.
 */
u8 httpq_queue_stop_reason(const struct httpq_queue *queue)
{
	if (READ_ONCE(queue->deleted))
		return HTTPQ_LOG_REASON_APP_SHUTDOWN;
	if (READ_ONCE(queue->state) == HTTPQ_QUEUE_OFFLINE)
		return HTTPQ_LOG_REASON_APP_OFFLINE;
	return HTTPQ_LOG_REASON_DISABLED;
}

static struct httpq_queue_member *find_member(struct httpq_queue *queue, u64 id)
{
	struct httpq_queue_member *member;

	list_for_each_entry(member, &queue->members, node)
		if (member->id == id)
			return member;
	return NULL;
}

/*
 * A hint holds while its handle is active, and for a moment only: who is busy
 * or stopped must not keep a client waiting.
 */
static void set_hint(struct httpq_queue *queue, struct httpq_request *req)
{
	unsigned long until = jiffies + msecs_to_jiffies(HTTPQ_AFFINITY_MS);
	struct httpq_queue_member *member = NULL;

	if (queue->affinity && req->hint)
		member = find_member(queue, req->hint);
	if (!member || member->state != HTTPQ_WORKER_ACTIVE ||
	    queue->nr_active < 2) {
		req->hint = 0;
		return;
	}
	req->hint_until = until;
}

/* Who leaves a request to another handle will want to look again. */
static void look_again(struct httpq_queue *queue, unsigned long until)
{
	lockdep_assert_held(&queue->lock);
	if (timer_pending(&queue->hint_timer))
		return;
	refcount_inc(&queue->refs);
	if (mod_timer(&queue->hint_timer, until + 1))
		refcount_dec(&queue->refs);
}

/* Nobody is to wait for a handle that takes nothing any more. */
static void clear_hints(struct httpq_queue *queue, u64 id)
{
	struct httpq_request *req;

	if (!queue->affinity)
		return;
	list_for_each_entry(req, &queue->unread, node)
		if (req->hint == id)
			req->hint = 0;
}

/* A hinted request may wake the wrong one of those who sleep. */
static void wake_takers(struct httpq_queue *queue, bool all)
{
	if (!wq_has_sleeper(&queue->wait))
		return;
	if (all)
		wake_up_interruptible_all(&queue->wait);
	else
		wake_up_interruptible_poll(&queue->wait,
					   EPOLLIN | EPOLLRDNORM);
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
	bool hinted = false;
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
		httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_DISPATCH);
		set_hint(queue, req);
		hinted = req->hint;
		list_add_tail(&req->node, &queue->unread);
		queue->nr_queued++;
		/* Never behind what was delivered. */
		trace_httpq_queue_push(req->conn_id, req->seq);
		httpq_stats_inc(req->hn->stats, requests_queued);
	}
	spin_unlock_bh(&queue->lock);

	if (!err)
		wake_takers(queue, hinted);
	return err;
}

/**
 * httpq_queue_join - a handle attaches
 * @queue: queue
 * @member: of the handle, @id and @controller set; takes a reference on @queue
 *
 * Context: process, under hn->control.
 */
void httpq_queue_join(struct httpq_queue *queue,
		      struct httpq_queue_member *member)
{
	refcount_inc(&queue->refs);
	spin_lock_bh(&queue->lock);
	member->state = HTTPQ_WORKER_STARTING;
	INIT_LIST_HEAD(&member->node);
	if (!member->controller) {
		list_add_tail(&member->node, &queue->members);
		queue->nr_workers++;
	}
	spin_unlock_bh(&queue->lock);
	/* Pairs with smp_load_acquire() in the handle's calls. */
	smp_store_release(&member->queue, queue);
}

static void member_enter(struct httpq_queue_member *member, u8 state)
{
	bool was_active = member->state == HTTPQ_WORKER_ACTIVE;
	struct httpq_queue *queue = member->queue;

	WRITE_ONCE(member->state, state);
	if (member->controller)
		return;
	if (was_active)
		WRITE_ONCE(queue->nr_active, queue->nr_active - 1);
	if (state == HTTPQ_WORKER_ACTIVE)
		WRITE_ONCE(queue->nr_active, queue->nr_active + 1);
	else
		clear_hints(queue, member->id);
	if (state == HTTPQ_WORKER_GONE) {
		list_del_init(&member->node);
		queue->nr_workers--;
	}
}

/**
 * httpq_queue_member_event - something happens to a handle
 * @member: of the handle; keeps its reference on the queue
 * @event: enum httpq_lifecycle_worker
 *
 * From the moment that it is not active any more nothing is handed to it.
 *
 * Context: process.
 * Return: whether its state changed: for who gets true it is to do the rest.
 */
bool httpq_queue_member_event(struct httpq_queue_member *member, u8 event)
{
	struct httpq_queue *queue = member->queue;
	u8 state;

	spin_lock_bh(&queue->lock);
	state = httpq_lifecycle_worker(member->state, event);
	if (state != HTTPQ_LIFECYCLE_NONE)
		member_enter(member, state);
	spin_unlock_bh(&queue->lock);
	return state != HTTPQ_LIFECYCLE_NONE;
}

/**
 * httpq_queue_demands - whether requests wait and nobody is there to take them
 * @queue: queue
 *
 * Context: process.
 * Return: true if a worker should be started.
 */
bool httpq_queue_demands(struct httpq_queue *queue)
{
	const struct httpq_queue_member *member;
	bool demands;

	spin_lock_bh(&queue->lock);
	demands = queue->state == HTTPQ_QUEUE_RUNNING && !queue->deleted &&
		  !queue->nr_active && !list_empty(&queue->unread);
	/* One that is on its way will do. */
	list_for_each_entry(member, &queue->members, node)
		demands &= member->state != HTTPQ_WORKER_STARTING;
	spin_unlock_bh(&queue->lock);
	return demands;
}

/* Its first receive makes it active, so it is to hear that there is cause. */
static bool member_takes(const struct httpq_queue_member *member)
{
	if (member->controller)
		return false;
	return member->state == HTTPQ_WORKER_ACTIVE ||
	       (member->state == HTTPQ_WORKER_STARTING &&
		!READ_ONCE(member->deferred));
}

/* Hinted requests that are looked past for one that anybody may have. */
#define HINTS_MAX 64

/* The oldest request that is this handle's to take, or NULL. */
static struct httpq_request *member_next(struct httpq_queue_member *member)
{
	struct httpq_queue *queue = member->queue;
	unsigned long until = 0;
	struct httpq_request *req;
	int looked = 0;

	lockdep_assert_held(&queue->lock);
	if (!member_takes(member) || queue->deleted ||
	    queue->state != HTTPQ_QUEUE_RUNNING ||
	    queue->nr_inflight >= queue->max_inflight)
		return NULL;
	list_for_each_entry(req, &queue->unread, node) {
		if (!req->hint || req->hint == member->id ||
		    !time_before(jiffies, req->hint_until))
			return req;
		if (!looked || time_before(req->hint_until, until))
			until = req->hint_until;
		if (++looked >= HINTS_MAX)
			break;
	}
	if (looked)
		look_again(queue, until);
	return NULL;
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
	struct httpq_request *req;

	spin_lock_bh(&queue->lock);
	req = member_next(member);
	if (req) {
		list_del_init(&req->node);
		WRITE_ONCE(req->active, jiffies);
		httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_TAKE);
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
 * Both numbers move meanwhile: the share is a hint.
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

/*
 * Back to its place; older requests are few, so look from the front. Who puts
 * many back begins with the one that came last.
 */
static void insert_in_order(struct httpq_queue *queue,
			    struct httpq_request *req)
{
	struct httpq_request *pos;

	list_for_each_entry(pos, &queue->unread, node)
		if (pos->seq > req->seq)
			break;
	list_add_tail(&req->node, &pos->node);
}

static void put_back(struct httpq_queue *queue, struct httpq_request *req)
{
	/* Once it is back another handle can end it at any time. */
	httpq_request_get(req);
	if (req->state == HTTPQ_REQUEST_DELIVERED) {
		req->redelivered++;
		httpq_stats_inc(req->hn->stats, requests_redelivered);
	} else {
		httpq_stats_inc(req->hn->stats, requests_returned);
	}
	req->hint = 0;
	httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_RETURN);
	insert_in_order(queue, req);
	queue->nr_queued++;
}

/**
 * httpq_queue_return - put a request back in its place
 * @req: RESERVED, or DELIVERED and untouched, request that the caller took out
 *	of a handle's table; the reference passes back to the queue
 *
 * A request whose client left meanwhile is dropped, one whose queue stopped
 * is answered with 503. One that nobody got waits on as if nothing had been.
 *
 * Context: process, no locks but hn->control.
 */
void httpq_queue_return(struct httpq_request *req)
{
	bool delivered = req->state == HTTPQ_REQUEST_DELIVERED;
	struct httpq_queue *queue = req->queue;
	bool back, gone;

	httpq_queue_done(queue);
	spin_lock_bh(&queue->lock);
	gone = req->reason;
	back = !gone && queue_accepts(queue);
	if (back) {
		put_back(queue, req);
	} else {
		httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
		queue->rejected += !gone;
	}
	spin_unlock_bh(&queue->lock);

	if (back) {
		trace_httpq_queue_return(req->conn_id, req->seq);
		wake_takers(queue, false);
		if (delivered)
			req->ops->returned(req);
	} else {
		httpq_request_end(req, gone ? HTTPQ_CAUSE_WORKER_GONE :
					      HTTPQ_CAUSE_QUEUE_STOP);
	}
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
		httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
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
	readable = member_next(member);
	spin_unlock_bh(&queue->lock);
	return readable;
}
