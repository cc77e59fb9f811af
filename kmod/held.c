// SPDX-License-Identifier: GPL-2.0
/*
 * The requests that a handle holds, the events that it is told of them, and
 * those that outlive their connection.
 */

#include <linux/poll.h>
#include <linux/slab.h>

#include "conn.h"
#include "held.h"
#include "net.h"
#include "notify.h"
#include "queue.h"
#include "record.h"
#include "request.h"
#include "trace.h"
#include "worker.h"

static u32 slot_of(u64 id)
{
	return lower_32_bits(id);
}

static bool in_table(struct httpq_worker *worker,
		     const struct httpq_request *req, u64 id)
{
	return xa_load(&worker->requests, slot_of(id)) == req && req->id == id;
}

/**
 * httpq_held_adopt - put a request that was taken into the handle's table
 * @worker: handle
 * @req: RESERVED request from httpq_queue_take(); the reference passes to the
 *	table
 *
 * Context: process.
 * Return: 0; -ENOMEM or -ESHUTDOWN, and the reference stays the caller's.
 */
int httpq_held_adopt(struct httpq_worker *worker, struct httpq_request *req)
{
	u32 slot;
	int err;

	xa_lock_bh(&worker->requests);
	/* May drop the lock for memory: what counts is the state after it. */
	err = __xa_alloc(&worker->requests, &slot, req, xa_limit_31b,
			 GFP_KERNEL);
	/*
	 * Pairs with the lock in httpq_held_pop(), which comes after a drain.
	 * One that is STARTING is about to be ACTIVE, by another thread.
	 */
	if (!err && READ_ONCE(worker->member.state) > HTTPQ_WORKER_ACTIVE) {
		__xa_erase(&worker->requests, slot);
		err = -ESHUTDOWN;
	}
	if (!err) {
		if (!++worker->generation)
			worker->generation = 1;
		WRITE_ONCE(req->id, (u64)worker->generation << 32 | slot);
		req->offered = false;
		if (!++req->delivery)
			req->delivery = 1;
		/* Pairs with the barrier in httpq_held_begin(). */
		smp_wmb();
		rcu_assign_pointer(req->worker, worker);
		WRITE_ONCE(worker->nr_held, worker->nr_held + 1);
	}
	xa_unlock_bh(&worker->requests);
	/*
	 * Pairs with the barrier in httpq_held_post(): either that finds the
	 * handle, or this thread finds what happened to the client.
	 */
	smp_mb();
	return err;
}

/**
 * httpq_held_find - a request that a handle holds
 * @worker: handle
 * @id: its name
 * @reserved: also one that was offered and not delivered yet
 *
 * Context: process.
 * Return: the request with a reference, or NULL.
 */
struct httpq_request *httpq_held_find(struct httpq_worker *worker, u64 id,
				      bool reserved)
{
	struct httpq_request *req;

	xa_lock_bh(&worker->requests);
	req = xa_load(&worker->requests, slot_of(id));
	if (req && req->id == id &&
	    (req->state != HTTPQ_REQUEST_RESERVED || (reserved && req->offered)))
		httpq_request_get(req);
	else
		req = NULL;
	xa_unlock_bh(&worker->requests);
	return req;
}

/**
 * httpq_held_offer - a request stays reserved, to be fetched by its name
 * @worker: handle
 * @req: request, held by the caller
 *
 * Until then only the thread that took it knows it: names can be guessed, and
 * a request must not be delivered by one thread while another one copies it.
 *
 * Context: process.
 */
void httpq_held_offer(struct httpq_worker *worker, struct httpq_request *req)
{
	xa_lock_bh(&worker->requests);
	req->offered = true;
	xa_unlock_bh(&worker->requests);
}

/**
 * httpq_held_is - whether a handle still holds a request
 * @req: request, held by the caller
 * @worker: handle
 * @id: the name under which it was found
 *
 * Context: any. Under the socket lock a true answer stays true as far as the
 * request's connection is concerned: who takes the request away needs that
 * lock for what comes next.
 * Return: false if it was taken away, to another handle perhaps.
 */
bool httpq_held_is(const struct httpq_request *req,
		   const struct httpq_worker *worker, u64 id)
{
	return rcu_access_pointer(req->worker) == worker &&
	       READ_ONCE(req->id) == id;
}

/**
 * httpq_held_begin - a thread is going to read, or to send
 * @req: request, held by the caller
 * @worker: handle
 * @id: the name under which it was found
 * @mark: req->reading or req->sending
 * @mine: what to give to httpq_held_finish()
 *
 * One thread at a time for each. It may hang in the memory of its process while
 * the request is taken from its handle and delivered again: then it stands in
 * nobody's way, and finds out by httpq_held_is().
 *
 * Context: process.
 * Return: 0, -EALREADY, or -ESTALE if the handle does not hold it any more.
 */
int httpq_held_begin(struct httpq_request *req,
		     const struct httpq_worker *worker, u64 id, u32 *mark,
		     u32 *mine)
{
	u32 old;

	*mine = READ_ONCE(req->delivery);
	/* If it is still the handle's, that was the number of its delivery. */
	smp_rmb();
	if (!httpq_held_is(req, worker, id))
		return -ESTALE;
	do {
		old = READ_ONCE(*mark);
		if (old && (s32)(old - *mine) >= 0)
			return old == *mine ? -EALREADY : -ESTALE;
	} while (cmpxchg(mark, old, *mine) != old);
	return 0;
}

/**
 * httpq_held_finish - it has done that
 * @mark: as for httpq_held_begin(); another delivery's is left alone
 * @mine: see there
 *
 * Context: process.
 */
void httpq_held_finish(u32 *mark, u32 mine)
{
	cmpxchg_release(mark, mine, 0);
}

static void zombie_unlist(struct httpq_request *req)
{
	struct httpq_net *hn = req->hn;

	spin_lock_bh(&hn->zombie_lock);
	if (!list_empty(&req->zombie_node)) {
		list_del_init(&req->zombie_node);
		WRITE_ONCE(hn->nr_zombies, hn->nr_zombies - 1);
	}
	spin_unlock_bh(&hn->zombie_lock);
	trace_httpq_zombie_leave(req->zombie_id, httpq_request_log_id(req));
}

/* Forgets events; softirq finds no handle by the request after this. */
static void disown(struct httpq_worker *worker, struct httpq_request *req)
{
	spin_lock_bh(&worker->lock);
	rcu_assign_pointer(req->worker, NULL);
	list_del_init(&req->event_node);
	req->events = 0;
	req->last_call = READ_ONCE(worker->last_call);
	req->last_call_at = READ_ONCE(worker->last_call_at);
	/* Nobody makes it a zombie from here on. */
	spin_unlock_bh(&worker->lock);
	if (req->state == HTTPQ_REQUEST_ZOMBIE)
		zombie_unlist(req);
	/* Who waits for events of what it holds has nothing to wait for. */
	if (!READ_ONCE(worker->nr_held) && httpq_worker_check(worker))
		wake_up_interruptible_all(&worker->wait);
}

static void erase_locked(struct httpq_worker *worker, u32 slot)
{
	__xa_erase(&worker->requests, slot);
	WRITE_ONCE(worker->nr_held, worker->nr_held - 1);
}

static bool erase(struct httpq_worker *worker, struct httpq_request *req,
		  u64 id, bool undelivered)
{
	bool won;

	xa_lock_bh(&worker->requests);
	won = in_table(worker, req, id) &&
	      (!undelivered || req->state == HTTPQ_REQUEST_RESERVED);
	if (won)
		erase_locked(worker, slot_of(id));
	xa_unlock_bh(&worker->requests);
	if (won)
		disown(worker, req);
	return won;
}

/**
 * httpq_held_unreserve - take a request that was not delivered out of the table
 * @worker: handle
 * @req: request, held by the caller
 * @id: the name under which it was found
 *
 * Context: process.
 * Return: true for the one caller that took it out: the table's reference,
 * its place in the queue's count and the request's end are his.
 */
bool httpq_held_unreserve(struct httpq_worker *worker,
			  struct httpq_request *req, u64 id)
{
	return erase(worker, req, id, true);
}

static u16 late_flags(const struct httpq_request *req)
{
	u16 flags = 0;

	if (req->zombie_why == HTTPQ_ZOMBIE_CLIENT_GONE)
		flags |= HTTPQ_LOG_LATE;
	if (READ_ONCE(req->partial))
		flags |= HTTPQ_LOG_PARTIAL;
	return flags;
}

/**
 * httpq_held_end - the worker has done with a request
 * @worker: handle
 * @req: request, held by the caller
 * @id: its name
 *
 * What is due of its record: its connection makes it, unless that is gone.
 *
 * Context: process, no locks.
 * Return: true for the one caller that ended it.
 */
bool httpq_held_end(struct httpq_worker *worker, struct httpq_request *req,
		    u64 id)
{
	if (!erase(worker, req, id, false))
		return false;
	httpq_queue_done(req->queue);
	if (req->state == HTTPQ_REQUEST_ZOMBIE) {
		httpq_stats_inc(req->hn->stats, zombies_late);
		if (!httpq_conn_records(req))
			httpq_record_answered(req, late_flags(req));
	}
	httpq_notify_left(req, HTTPQ_ZOMBIE_LEFT_LATE, HTTPQ_LOG_REASON_NONE);
	httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
	httpq_request_put(req);
	return true;
}

/**
 * httpq_held_drop - nothing will come of a request of the handle
 * @worker: handle
 * @req: request, held by the caller
 * @id: its name
 * @cause: enum httpq_cause
 * @undelivered: only if it was not delivered yet
 *
 * Context: process, no locks.
 * Return: true for the one caller that dropped it.
 */
bool httpq_held_drop(struct httpq_worker *worker, struct httpq_request *req,
		     u64 id, u8 cause, bool undelivered)
{
	if (!erase(worker, req, id, undelivered))
		return false;
	httpq_queue_done(req->queue);
	httpq_request_end(req, cause);
	httpq_notify_left(req, HTTPQ_ZOMBIE_LEFT_CANCELED,
			  HTTPQ_LOG_REASON_ABANDONED_QUEUE);
	httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
	httpq_request_put(req);
	return true;
}

/**
 * httpq_held_pop - take any request out of the handle's table
 * @worker: handle that is not active any more: nothing comes in
 * @undelivered: only those
 * @slot: where to go on, 0 at first
 *
 * Context: process.
 * Return: a request as if by httpq_held_unreserve(), or NULL if there is none.
 */
struct httpq_request *httpq_held_pop(struct httpq_worker *worker,
				     bool undelivered, unsigned long *slot)
{
	struct httpq_request *req;

	xa_lock_bh(&worker->requests);
	xa_for_each_start(&worker->requests, *slot, req, *slot) {
		if (undelivered && req->state != HTTPQ_REQUEST_RESERVED)
			continue;
		erase_locked(worker, *slot);
		break;
	}
	xa_unlock_bh(&worker->requests);
	if (req)
		disown(worker, req);
	return req;
}

/**
 * httpq_held_revoke - take a request away from whichever handle holds it
 * @req: request, held by the caller
 * @undelivered: only if it was not delivered yet
 *
 * Context: any but hard interrupts; the socket lock may be held.
 * Return: as httpq_held_unreserve(); false if no handle holds it.
 */
bool httpq_held_revoke(struct httpq_request *req, bool undelivered)
{
	struct httpq_worker *worker;
	bool won = false;

	rcu_read_lock();
	worker = rcu_dereference(req->worker);
	if (worker)
		won = erase(worker, req, READ_ONCE(req->id), undelivered);
	rcu_read_unlock();
	return won;
}

/**
 * httpq_held_delivered - a request was copied out completely
 * @worker: handle
 * @req: request, held by the caller
 * @id: its name
 *
 * Context: process.
 * Return: false if it is not the handle's any more, another thread was faster,
 * or its client is gone.
 */
bool httpq_held_delivered(struct httpq_worker *worker,
			  struct httpq_request *req, u64 id)
{
	bool ours, told = false;

	xa_lock_bh(&worker->requests);
	spin_lock(&worker->lock);
	/* A client that leaves from here on finds it delivered. */
	ours = in_table(worker, req, id) &&
	       req->state == HTTPQ_REQUEST_RESERVED && !READ_ONCE(req->reason);
	if (ours) {
		WRITE_ONCE(req->active, jiffies);
		httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_DELIVER);
		req->waited = ktime_get_ns() - req->queued;
		req->worker_id = worker->member.id;
		req->worker_pid = READ_ONCE(worker->pid);
		WRITE_ONCE(worker->nr_delivered, worker->nr_delivered + 1);
		if (READ_ONCE(req->half_closed))
			req->events |= BIT(HTTPQ_EVENT_HALF_CLOSED);
		told = req->events;
		if (told && list_empty(&req->event_node))
			list_add_tail(&req->event_node, &worker->events);
	}
	spin_unlock(&worker->lock);
	xa_unlock_bh(&worker->requests);
	if (told && wq_has_sleeper(&worker->wait))
		wake_up_interruptible_poll(&worker->wait,
					   EPOLLIN | EPOLLRDNORM);
	return ours;
}

static void zombie_list(struct httpq_request *req)
{
	struct httpq_net *hn = req->hn;

	spin_lock_bh(&hn->zombie_lock);
	req->zombie_id = ++hn->next_zombie;
	/* Before another CPU can end it. */
	trace_httpq_zombie_enter(req->zombie_id, httpq_request_log_id(req),
				 req->zombie_why);
	httpq_notify_zombie(req, HTTPQ_CMD_ZOMBIE_NEW);
	list_add_tail(&req->zombie_node, &hn->zombies);
	WRITE_ONCE(hn->nr_zombies, hn->nr_zombies + 1);
	spin_unlock_bh(&hn->zombie_lock);
}

/**
 * httpq_held_outlive - a request has lost its connection, not its handle
 * @req: request, held by the caller; @progress says how far it came
 * @why: enum httpq_zombie_why
 *
 * Context: any, under the socket lock.
 * Return: false if no handle has it, or has all of it: then who has it finds
 * that the connection does not wait for it any more.
 */
bool httpq_held_outlive(struct httpq_request *req, u8 why)
{
	struct httpq_worker *worker;
	bool entered = false;

	rcu_read_lock();
	worker = rcu_dereference(req->worker);
	if (!worker)
		goto out_unlock;
	spin_lock_bh(&worker->lock);
	if (rcu_access_pointer(req->worker) == worker &&
	    req->state == HTTPQ_REQUEST_DELIVERED) {
		httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_OUTLIVE);
		/* It was delivered after the connection had looked. */
		if (req->progress == HTTPQ_PROGRESS_UNREAD)
			req->progress = HTTPQ_PROGRESS_UNTOUCHED;
		req->zombie_why = why;
		req->zombie_since = jiffies;
		zombie_list(req);
		entered = true;
	}
	spin_unlock_bh(&worker->lock);
out_unlock:
	rcu_read_unlock();
	return entered;
}

/* Under all the locks by which somebody comes by a reference. */
static bool replace_locked(struct httpq_worker *worker,
			   struct httpq_request *req, struct httpq_request *to)
{
	if (!in_table(worker, req, req->id) || refcount_read(&req->refs) != 2 ||
	    req->state != HTTPQ_REQUEST_ZOMBIE || list_empty(&req->zombie_node))
		return false;
	__xa_store(&worker->requests, slot_of(req->id), to, GFP_ATOMIC);
	list_replace_init(&req->zombie_node, &to->zombie_node);
	if (!list_empty(&req->event_node))
		list_replace_init(&req->event_node, &to->event_node);
	/* What may have changed since the copy was made. */
	to->events = req->events;
	to->zombie_half = req->zombie_half;
	to->sending = req->sending;
	to->reading = req->reading;
	to->status = req->status;
	to->note = req->note;
	to->sent = req->sent;
	to->partial = req->partial;
	rcu_assign_pointer(req->worker, NULL);
	return true;
}

/**
 * httpq_held_replace - let a smaller copy take the place of a zombie
 * @req: zombie, held by the caller
 * @to: copy of it without a list, see httpq_request_shrink()
 *
 * Context: process.
 * Return: true if it did: the table's reference on @req is the caller's then,
 * and nobody else knows it. False if somebody is busy with @req.
 */
bool httpq_held_replace(struct httpq_request *req, struct httpq_request *to)
{
	struct httpq_worker *worker;
	bool replaced = false;

	rcu_read_lock();
	worker = rcu_dereference(req->worker);
	if (worker) {
		xa_lock_bh(&worker->requests);
		spin_lock(&worker->lock);
		spin_lock(&req->hn->zombie_lock);
		replaced = replace_locked(worker, req, to);
		spin_unlock(&req->hn->zombie_lock);
		spin_unlock(&worker->lock);
		xa_unlock_bh(&worker->requests);
	}
	rcu_read_unlock();
	return replaced;
}

/**
 * httpq_held_post - tell the handle that holds a request
 * @req: request, held by the caller
 * @type: enum httpq_event_type
 * @reason: enum httpq_reason
 *
 * Told to nobody if no handle holds it; later if it is not delivered yet.
 *
 * Context: any, under the socket lock.
 */
void httpq_held_post(struct httpq_request *req, u8 type, u8 reason)
{
	struct httpq_worker *worker;

	/* Pairs with the barrier in httpq_held_adopt(). */
	smp_mb();
	rcu_read_lock();
	worker = rcu_dereference(req->worker);
	if (!worker)
		goto out_unlock;
	spin_lock_bh(&worker->lock);
	if (rcu_access_pointer(req->worker) == worker) {
		trace_httpq_event(req->conn_id, req->id, type, reason);
		req->events |= BIT(type);
		if (req->state != HTTPQ_REQUEST_RESERVED &&
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
