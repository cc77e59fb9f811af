/* SPDX-License-Identifier: GPL-2.0 */
/* A handle: its standing in a queue, its owner, and how it leaves. */
#ifndef _HTTPQ_WORKER_H
#define _HTTPQ_WORKER_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "queue.h"

struct httpq_attach;
struct httpq_net;
struct httpq_request;
struct task_struct;

/**
 * struct httpq_worker - one open file on /dev/httpq
 *
 * Created by open(), which fixes the namespace; freed a grace period after
 * the last close(). Its calls run in process context while the file is held.
 * It leaves its queue once: at the last close(), when the process that owns
 * it exits or dumps core, when it is detached, when the deadline of its drain
 * passes, or when its namespace ends.
 */
struct httpq_worker {
	/** @rcu: frees it: softirq finds it through req->worker under RCU */
	struct rcu_head rcu;
	/** @node: in hn->workers once attached, under hn->control */
	struct list_head node;
	/** @hn: holds a reference */
	struct httpq_net *hn;
	/** @member: standing in the queue, see there */
	struct httpq_queue_member member;
	/**
	 * @owner: process whose end is the handle's: the first that received.
	 * Holds a reference; set once, under hn->control.
	 */
	struct task_struct *owner;
	/** @pid: of @owner, in its own PID namespace; 0 before */
	u32 pid;
	/** @has_deadline: @deadline counts; with it under hn->control */
	bool has_deadline;
	/** @deadline: jiffies when a drain ends as if it were closed */
	unsigned long deadline;

	/** @last_call: enum httpq_log_call; no lock, for people */
	u8 last_call;
	/** @last_call_at: jiffies of that; no lock, for people */
	unsigned long last_call_at;

	/**
	 * @requests: RESERVED, DELIVERED and ZOMBIE requests by slot. Its lock
	 * is the handle's: it guards req->worker, these states and the next
	 * members. Who erases a request ends it.
	 */
	struct xarray requests;
	/** @generation: upper half of the next id */
	u32 generation;
	/** @nr_held: entries of @requests; also read without lock */
	u32 nr_held;
	/** @nr_delivered: requests that it got; also read without lock */
	u64 nr_delivered;

	/**
	 * @lock: protects @events, the events of requests, and with the lock
	 * of @requests their way into DELIVERED and ZOMBIE. Taken in softirq
	 * under a socket lock.
	 */
	spinlock_t lock;
	/** @events: requests with something to tell, by event_node */
	struct list_head events;
	/** @wait: threads that wait in a transfer, and pollers */
	wait_queue_head_t wait;
};

void httpq_worker_start(struct httpq_net *hn);
struct httpq_worker *httpq_worker_create(struct httpq_net *hn);
void httpq_worker_destroy(struct httpq_worker *worker);
int httpq_worker_attach(struct httpq_worker *worker,
			const struct httpq_attach *args);
int httpq_worker_holds(const struct httpq_worker *worker);
int httpq_worker_check(const struct httpq_worker *worker);
void httpq_worker_called(struct httpq_worker *worker, u8 call);
void httpq_worker_settle(struct httpq_worker *worker);
void httpq_worker_ready(struct httpq_worker *worker);
void httpq_worker_drain(struct httpq_worker *worker, u32 deadline_ms);
void httpq_worker_drain_queue(struct httpq_queue *queue, u32 deadline_ms);
void httpq_worker_leave(struct httpq_worker *worker);
void httpq_worker_flush(struct httpq_worker *worker);
void httpq_worker_leave_all(struct httpq_net *hn);
struct httpq_worker *httpq_worker_find(struct httpq_net *hn, u64 id);

#endif /* _HTTPQ_WORKER_H */
