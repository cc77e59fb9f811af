// SPDX-License-Identifier: GPL-2.0
/*
 * Zombies: requests that a handle holds although their connection is gone, or
 * went on without them. All that is owed is the end, for the record. A zombie
 * is in its handle's table, whose reference it is, and in hn->zombies, oldest
 * first; who takes it out of the table takes it off the list and ends it.
 */

#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "conn.h"
#include "held.h"
#include "net.h"
#include "notify.h"
#include "queue.h"
#include "record.h"
#include "request.h"
#include "zombie.h"

/* How soon a new one is made small: the worker may end it any moment. */
#define SHRINK_MS	20
/* A ms later for so many, as all are looked at for that. */
#define SHRINK_LOOKS	64
/* How many leave because of one that enters, and before others get a turn. */
#define EVICT_SOFTIRQ	2
#define EVICT_WORK	64
/* A timeout that was changed counts at the latest after this. */
#define LOOK_MS		1000

static unsigned long timeout(const struct httpq_net *hn)
{
	return msecs_to_jiffies(READ_ONCE(hn->limits.zombie_timeout_ms));
}

/* Nobody waits for its end any more. */
static bool zombie_end(struct httpq_request *req, u8 cause, u8 left, u16 flags)
{
	const struct httpq_facts facts = {
		.cause = cause,
		.progress = req->progress,
		.client_gone = req->zombie_why == HTTPQ_ZOMBIE_CLIENT_GONE,
	};
	u8 reason;

	if (!httpq_held_revoke(req, false))
		return false;
	reason = httpq_lifecycle_fate(&facts).reason;
	httpq_queue_done(req->queue);
	httpq_record_failed(req, reason, flags);
	httpq_notify_left(req, left, reason);
	httpq_request_set_state(req, HTTPQ_LIFECYCLE_REQUEST_END);
	/* The table's; the caller has one of his own. */
	httpq_request_put(req);
	return true;
}

static struct httpq_request *find_after(struct httpq_net *hn, u64 id)
{
	struct httpq_request *req;

	list_for_each_entry(req, &hn->zombies, zombie_node)
		if (req->zombie_id > id)
			return req;
	return NULL;
}

static struct httpq_request *find_next(struct httpq_net *hn,
				       struct httpq_request *req)
{
	/* It has left, or a smaller copy has its place. */
	if (list_empty(&req->zombie_node))
		return find_after(hn, req->zombie_id);
	if (list_is_last(&req->zombie_node, &hn->zombies))
		return NULL;
	return list_next_entry(req, zombie_node);
}

/**
 * httpq_zombie_after - go on to the next zombie
 * @hn: namespace
 * @req: the one before, whose reference goes, or NULL for the oldest
 *
 * Looks at no other one, unless @req is no zombie any more.
 *
 * Context: any but hard interrupts.
 * Return: the next one with a reference, or NULL.
 */
struct httpq_request *httpq_zombie_after(struct httpq_net *hn,
					 struct httpq_request *req)
{
	struct httpq_request *next;

	spin_lock_bh(&hn->zombie_lock);
	next = req ? find_next(hn, req) : find_after(hn, 0);
	if (next)
		httpq_request_get(next);
	spin_unlock_bh(&hn->zombie_lock);
	if (req)
		httpq_request_put(req);
	return next;
}

/**
 * httpq_zombie_next - look up a zombie of a namespace
 * @hn: namespace
 * @after: zombie_id of the one before, 0 for the oldest
 *
 * Looks at all before it: to go through them is httpq_zombie_after()'s.
 *
 * Context: any but hard interrupts.
 * Return: the next one with a reference, or NULL.
 */
struct httpq_request *httpq_zombie_next(struct httpq_net *hn, u64 after)
{
	struct httpq_request *req;

	spin_lock_bh(&hn->zombie_lock);
	req = find_after(hn, after);
	if (req)
		httpq_request_get(req);
	spin_unlock_bh(&hn->zombie_lock);
	return req;
}

/* Off the list at once: who is about to end it may be below us on this CPU. */
static struct httpq_request *unlist_surplus(struct httpq_net *hn)
{
	struct httpq_request *req = NULL;

	spin_lock_bh(&hn->zombie_lock);
	if (hn->nr_zombies > READ_ONCE(hn->limits.zombies)) {
		req = list_first_entry(&hn->zombies, struct httpq_request,
				       zombie_node);
		httpq_request_get(req);
		list_del_init(&req->zombie_node);
		WRITE_ONCE(hn->nr_zombies, hn->nr_zombies - 1);
	}
	spin_unlock_bh(&hn->zombie_lock);
	return req;
}

/* Whether there may be more. */
static bool evict(struct httpq_net *hn, unsigned int max)
{
	struct httpq_request *req;

	while (max-- && (req = unlist_surplus(hn))) {
		if (zombie_end(req, HTTPQ_CAUSE_ZOMBIE_EVICT,
			       HTTPQ_ZOMBIE_LEFT_EVICTED, 0))
			httpq_stats_inc(hn->stats, zombies_evicted);
		httpq_request_put(req);
	}
	return READ_ONCE(hn->nr_zombies) > READ_ONCE(hn->limits.zombies);
}

/*
 * The work may be due much later, for those that there are already. The first
 * new one hastens it (or delays what was due by as much, once); the next ones
 * must not put it off.
 */
static void shrink_soon(struct httpq_net *hn)
{
	unsigned int ms = SHRINK_MS + READ_ONCE(hn->nr_zombies) / SHRINK_LOOKS;

	if (!atomic_xchg(&hn->zombie_new, 1))
		mod_delayed_work(httpq_conn_wq, &hn->zombie_work,
				 msecs_to_jiffies(ms));
}

/**
 * httpq_zombie_enter - a request has lost its connection
 * @req: request that a handle may hold; @progress says how far it came
 * @why: enum httpq_zombie_why
 *
 * Context: any, under the socket lock.
 * Return: see httpq_held_outlive().
 */
bool httpq_zombie_enter(struct httpq_request *req, u8 why)
{
	struct httpq_net *hn = req->hn;

	if (!httpq_held_outlive(req, why))
		return false;
	httpq_stats_inc(hn->stats, zombies_entered);
	/* There are more to go only if the limit was lowered: for the work. */
	evict(hn, EVICT_SOFTIRQ);
	shrink_soon(hn);
	return true;
}

static void shrink(struct httpq_request *req)
{
	struct httpq_request *to;

	if (!req->conn)
		return;
	to = httpq_request_shrink(req, GFP_KERNEL);
	if (!to)
		return;
	if (httpq_held_replace(req, to))
		httpq_request_replaced(req, to);
	else
		httpq_request_forget(to);
}

/* Unless it has left: nothing is told of it after that. */
static void tell_half(struct httpq_net *hn, struct httpq_request *req)
{
	req->zombie_half = true;
	spin_lock_bh(&hn->zombie_lock);
	if (!list_empty(&req->zombie_node))
		httpq_notify_zombie(req, HTTPQ_CMD_ZOMBIE_SET);
	spin_unlock_bh(&hn->zombie_lock);
}

/* One zombie's turn. Returns jiffies until the next thing is due. */
static unsigned long visit(struct httpq_net *hn, struct httpq_request *req)
{
	unsigned long age = jiffies - req->zombie_since;
	unsigned long limit = timeout(hn);

	if (age >= limit) {
		if (zombie_end(req, HTTPQ_CAUSE_ZOMBIE_TIMER,
			       HTTPQ_ZOMBIE_LEFT_EXPIRED, 0))
			httpq_stats_inc(hn->stats, zombies_expired);
		return limit;
	}
	if (age >= limit / 2 && !req->zombie_half)
		tell_half(hn, req);
	shrink(req);
	return (age < limit / 2 ? limit / 2 : limit) - age;
}

static void zombie_work(struct work_struct *work)
{
	struct httpq_net *hn = container_of(to_delayed_work(work),
					    struct httpq_net, zombie_work);
	unsigned long next = msecs_to_jiffies(LOOK_MS);
	struct httpq_request *req = NULL;

	/* Who enters after this is seen below, or has the work run again. */
	atomic_xchg(&hn->zombie_new, 0);
	while (evict(hn, EVICT_WORK))
		cond_resched();
	while ((req = httpq_zombie_after(hn, req))) {
		next = min(next, visit(hn, req));
		cond_resched();
	}
	if (READ_ONCE(hn->nr_zombies))
		queue_delayed_work(httpq_conn_wq, &hn->zombie_work,
				   max(next, 1UL));
}

/**
 * httpq_zombie_reap - end zombies
 * @hn: namespace
 * @id: of one, or 0 for all that there are now
 *
 * Context: process, under hn->control of a namespace that is not dead.
 * Return: how many ended by that.
 */
u32 httpq_zombie_reap(struct httpq_net *hn, u64 id)
{
	u64 last = READ_ONCE(hn->next_zombie);
	struct httpq_request *req;
	u64 at = id ? id - 1 : 0;
	u32 reaped = 0;

	if (id)
		last = id;
	while (at < last && (req = httpq_zombie_next(hn, at))) {
		at = req->zombie_id;
		if (at <= last &&
		    zombie_end(req, HTTPQ_CAUSE_ZOMBIE_REAP,
			       HTTPQ_ZOMBIE_LEFT_REAPED, HTTPQ_LOG_REAPED)) {
			httpq_stats_inc(hn->stats, zombies_reaped);
			reaped++;
		}
		httpq_request_put(req);
		cond_resched();
	}
	return reaped;
}

/**
 * httpq_zombie_start - prepare for the zombies of a namespace
 * @hn: namespace
 *
 * Context: process.
 */
void httpq_zombie_start(struct httpq_net *hn)
{
	INIT_DELAYED_WORK(&hn->zombie_work, zombie_work);
}

/**
 * httpq_zombie_stop - there will be no more
 * @hn: namespace whose connections are closed and whose handles have left
 *
 * Context: process.
 */
void httpq_zombie_stop(struct httpq_net *hn)
{
	cancel_delayed_work_sync(&hn->zombie_work);
}
