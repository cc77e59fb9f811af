/* SPDX-License-Identifier: GPL-2.0 */
/* A handle: what it holds, and what becomes of that when it leaves. */
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
 * it exits or dumps core, or when its namespace ends.
 */
struct httpq_worker {
	/** @rcu: frees it: softirq finds it through req->worker under RCU */
	struct rcu_head rcu;
	/** @node: in the list of all handles, under its mutex */
	struct list_head node;
	/** @hn: holds a reference */
	struct httpq_net *hn;
	/** @member: standing in the queue, see there */
	struct httpq_queue_member member;
	/**
	 * @owner: process whose end is the handle's: the first that received.
	 * Holds a reference; set once, under the mutex of the list of handles.
	 */
	struct task_struct *owner;

	/**
	 * @requests: RESERVED and DELIVERED requests by slot. Its lock is the
	 * handle's: it guards req->worker and these two states. Who erases a
	 * request ends it.
	 */
	struct xarray requests;
	/** @generation: upper half of the next id, under the lock of @requests */
	u32 generation;

	/**
	 * @lock: protects @events and the events of requests. Taken in softirq
	 * under a socket lock.
	 */
	spinlock_t lock;
	/** @events: requests with something to tell, by event_node */
	struct list_head events;
	/** @wait: threads that wait in a transfer, and pollers */
	wait_queue_head_t wait;
};

void httpq_worker_exit(void);

struct httpq_worker *httpq_worker_create(struct httpq_net *hn);
void httpq_worker_destroy(struct httpq_worker *worker);
int httpq_worker_attach(struct httpq_worker *worker,
			const struct httpq_attach *args);
int httpq_worker_holds(const struct httpq_worker *worker);
int httpq_worker_check(const struct httpq_worker *worker);
void httpq_worker_settle(struct httpq_worker *worker);
void httpq_worker_leave(struct httpq_worker *worker);
void httpq_worker_flush(struct httpq_worker *worker);
void httpq_worker_leave_all(struct httpq_net *hn);

int httpq_worker_adopt(struct httpq_worker *worker, struct httpq_request *req);
struct httpq_request *httpq_worker_find(struct httpq_worker *worker, u64 id,
					bool reserved);
bool httpq_worker_delivered(struct httpq_worker *worker,
			    struct httpq_request *req, u64 id);
bool httpq_worker_erase(struct httpq_worker *worker,
			struct httpq_request *req, u64 id);
bool httpq_worker_end(struct httpq_worker *worker, struct httpq_request *req,
		      u64 id);
void httpq_worker_post(struct httpq_request *req, u8 type, u8 reason);

#endif /* _HTTPQ_WORKER_H */
