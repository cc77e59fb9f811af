/* SPDX-License-Identifier: GPL-2.0 */
/* Request queues: named, owned, limited; they survive their workers. */
#ifndef _HTTPQ_QUEUE_H
#define _HTTPQ_QUEUE_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/uidgid.h>
#include <linux/wait.h>

#include <linux/httpq.h>

#include "lifecycle.h"

struct httpq_net;
struct httpq_request;

/**
 * struct httpq_queue - a request queue
 *
 * Created by the control plane, unlinked by it or by the exit of its
 * namespace, freed after a grace period with the last reference. References:
 * the list of names, each binding, which the requests that it routed hold,
 * each attached handle, the timer while it runs.
 */
struct httpq_queue {
	/** @refs: see above; readers under RCU use refcount_inc_not_zero() */
	refcount_t refs;
	/** @rcu: frees it */
	struct rcu_head rcu;
	/** @node: in hn->queues, under hn->control */
	struct list_head node;
	/** @hn: holds a reference */
	struct httpq_net *hn;
	/** @name: immutable */
	char name[HTTPQ_QUEUE_NAME_MAX + 1];

	/** @uid: owner; with @gid and @mode written under hn->control */
	kuid_t uid;
	/** @gid: group */
	kgid_t gid;
	/** @mode: permission bits; write permission lets a process attach */
	umode_t mode;

	/**
	 * @lock: protects the members that follow, the state of QUEUED
	 * requests and the state of the queue's workers. Taken in softirq
	 * under a socket lock; innermost but for wait queues.
	 */
	spinlock_t lock;
	/** @state: enum httpq_queue_state */
	u8 state;
	/** @deleted: unlinked; nothing is accepted any more */
	bool deleted;
	/** @unread: requests by node, in order of arrival (seq) */
	struct list_head unread;
	/** @next_seq: arrival number of the next request */
	u64 next_seq;
	/** @nr_queued: length of @unread */
	u32 nr_queued;
	/** @nr_inflight: requests that workers hold */
	u32 nr_inflight;
	/** @members: struct httpq_queue_member by node, not GONE */
	struct list_head members;
	/** @nr_workers: length of @members */
	u32 nr_workers;
	/** @nr_active: of them, ACTIVE; also read without lock */
	u32 nr_active;
	/** @redeliver: enum httpq_redeliver; also read without lock */
	u8 redeliver;
	/** @affinity: requests prefer the handle of the one before them */
	bool affinity;
	/** @pool: httpq-pool runs it; also read without lock */
	bool pool;
	/** @answer_ms: time for an answer, 0 for ever; also read without lock */
	u32 answer_ms;
	/** @hold_bytes: held back of a response; also read without lock */
	u32 hold_bytes;
	/** @max_queued: bound of @nr_queued */
	u32 max_queued;
	/** @max_inflight: bound of @nr_inflight */
	u32 max_inflight;
	/** @arrived: requests routed here */
	u64 arrived;
	/** @rejected: of them, answered 503 */
	u64 rejected;

	/** @hint_timer: softirq; wakes who left a hinted request alone */
	struct timer_list hint_timer;
	/** @nr_takers: threads that wait for, or are taking, requests */
	atomic_t nr_takers;
	/** @wait: threads that wait exclusively, and pollers */
	wait_queue_head_t wait;
};

/**
 * struct httpq_queue_member - what the queue knows of a handle
 * @queue: holds a reference; set once, by httpq_queue_join()
 * @node: in queue->members, under queue->lock
 * @id: number of the handle; immutable
 * @state: enum httpq_worker_state, under queue->lock
 * @controller: watches, is no worker; set before httpq_queue_join()
 * @deferred: says itself when it is ready; written under hn->control
 */
struct httpq_queue_member {
	struct httpq_queue *queue;
	struct list_head node;
	u64 id;
	u8 state;
	bool controller;
	bool deferred;
};

/**
 * struct httpq_queue_config - what the owner may choose
 * @uid: owner
 * @gid: group
 * @mode: permission bits
 * @state: enum httpq_queue_state
 * @max_queued: requests that may wait
 * @max_inflight: requests that workers may hold
 * @redeliver: enum httpq_redeliver
 * @affinity: a connection keeps its worker if it can
 * @pool: httpq-pool runs the queue
 * @answer_ms: time for an answer, 0 for ever
 * @hold_bytes: held back of a response, at most HTTPQ_HOLD_MAX
 */
struct httpq_queue_config {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	u8 state;
	u32 max_queued;
	u32 max_inflight;
	u8 redeliver;
	bool affinity;
	bool pool;
	u32 answer_ms;
	u32 hold_bytes;
};

bool httpq_queue_name_valid(const char *name, size_t len);
void httpq_queue_config_init(struct httpq_queue_config *config);
void httpq_queue_config_read(struct httpq_queue *queue,
			     struct httpq_queue_config *config);
struct httpq_queue *httpq_queue_create(struct httpq_net *hn, const char *name,
				       const struct httpq_queue_config *config);
bool httpq_queue_may_create(struct httpq_net *hn, kuid_t uid, bool admin);
struct httpq_queue *httpq_queue_find(struct httpq_net *hn, const char *name);
void httpq_queue_configure(struct httpq_queue *queue,
			   const struct httpq_queue_config *config);
void httpq_queue_delete(struct httpq_queue *queue);
bool httpq_queue_may_write(const struct httpq_queue *queue, bool admin);
bool httpq_queue_may_change(const struct httpq_queue *queue, bool admin);
bool httpq_queue_get(struct httpq_queue *queue);
void httpq_queue_put(struct httpq_queue *queue);

int httpq_queue_push(struct httpq_queue *queue, struct httpq_request *req);
u8 httpq_queue_stop_reason(const struct httpq_queue *queue);
void httpq_queue_join(struct httpq_queue *queue,
		      struct httpq_queue_member *member);
bool httpq_queue_member_event(struct httpq_queue_member *member, u8 event);
bool httpq_queue_demands(struct httpq_queue *queue);
struct httpq_request *httpq_queue_take(struct httpq_queue_member *member);
u32 httpq_queue_share(struct httpq_queue *queue);
void httpq_queue_take_begin(struct httpq_queue *queue);
void httpq_queue_take_end(struct httpq_queue *queue);
void httpq_queue_return(struct httpq_request *req);
bool httpq_queue_withdraw(struct httpq_request *req, u8 reason);
void httpq_queue_done(struct httpq_queue *queue);
bool httpq_queue_readable(struct httpq_queue_member *member);

#endif /* _HTTPQ_QUEUE_H */
