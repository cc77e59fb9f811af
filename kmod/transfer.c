// SPDX-License-Identifier: GPL-2.0
/*
 * What a worker calls: responses in, requests and events out, as many of each
 * as it likes in one go.
 */

#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "conn.h"
#include "held.h"
#include "net.h"
#include "request.h"
#include "respond.h"
#include "timer.h"
#include "trace.h"
#include "transfer.h"
#include "worker.h"

/**
 * struct transfer - a call under way
 * @worker: handle
 * @args: the caller's structure
 * @nr: events written
 * @used: bytes of the buffer in use
 * @nonblock: don't wait
 * @failed: a response was not taken: its sender has to know at once
 * @held: only what concerns requests that the handle holds
 */
struct transfer {
	struct httpq_worker *worker;
	struct httpq_transfer *args;
	u32 nr;
	u32 used;
	bool nonblock;
	bool failed;
	bool held;
};

static int send_one(struct transfer *t, struct httpq_send *send)
{
	struct httpq_request *req;
	bool ended;
	int err;

	req = httpq_held_find(t->worker, send->id, false);
	if (!req)
		return -ESTALE;
	err = httpq_respond(t->worker, req, send, t->nonblock, &ended);
	/* After these the record is made; see struct httpq_send. */
	if (ended || err == -ETIMEDOUT || err == -EBADMSG)
		httpq_held_end(t->worker, req, send->id);
	httpq_request_put(req);
	return err;
}

static int send_item(struct transfer *t, struct httpq_send __user *item)
{
	struct httpq_send send;

	if (copy_from_user(&send, item, sizeof(send)))
		return -EFAULT;
	send.out_len = 0;
	send.out_status = send_one(t, &send);
	t->failed |= send.out_status;
	if (put_user(send.out_status, &item->out_status) ||
	    put_user(send.out_len, &item->out_len))
		return -EFAULT;
	return 0;
}

static int send_all(struct transfer *t)
{
	struct httpq_send __user *items = u64_to_user_ptr(t->args->sends);
	u32 i;
	int err;

	for (i = 0; i < t->args->nr_sends; i++) {
		if (i && signal_pending(current))
			break;
		err = send_item(t, &items[i]);
		if (err)
			return err;
		t->args->out_sends++;
	}
	return 0;
}

/* Counts once @nr is raised. */
static int put_event(struct transfer *t, const struct httpq_event *event)
{
	struct httpq_event __user *to = u64_to_user_ptr(t->args->events);

	if (copy_to_user(&to[t->nr], event, sizeof(*event)))
		return -EFAULT;
	return 0;
}

/* The whole head, flat; see struct httpq_request_head. */
static int copy_head(const struct httpq_request *req, u64 id, void __user *to)
{
	struct httpq_request_head head;

	httpq_request_head_fill(req, id, &head);
	if (copy_to_user(to, &head, sizeof(head)) ||
	    copy_to_user(to + head.fields_off, req->fields,
			 head.nr_fields * sizeof(req->fields[0])) ||
	    copy_to_user(to + head.data_off, httpq_request_data(req),
			 head.data_len))
		return -EFAULT;
	return 0;
}

/* Unread again, in its old place, unless somebody else ended it. */
static void give_back(struct transfer *t, struct httpq_request *req, u64 id)
{
	if (httpq_held_unreserve(t->worker, req, id))
		httpq_queue_return(req);
}

/* Its client left before it was delivered. */
static int forget(struct transfer *t, struct httpq_request *req, u64 id)
{
	if (READ_ONCE(req->reason))
		httpq_held_drop(t->worker, req, id, HTTPQ_CAUSE_CLIENT_GONE,
				true);
	return 0;
}

/* Copies one request out. Returns 1, 0 if it is to be skipped, or an error. */
static int deliver(struct transfer *t, struct httpq_request *req, u64 id)
{
	struct httpq_event event = {
		.id = id,
		.type = HTTPQ_EVENT_REQUEST,
		.offset = t->used,
		.length = httpq_request_head_size(req),
	};
	void __user *buf = u64_to_user_ptr(t->args->buf);

	if (READ_ONCE(req->reason))
		return forget(t, req, id);
	if (event.length > t->args->buf_len - t->used) {
		if (t->nr) {
			give_back(t, req, id);
			return -ENOSPC;
		}
		/* Stays reserved to the handle. */
		event.status = -EMSGSIZE;
		event.offset = 0;
		if (put_event(t, &event))
			return -EFAULT;
		httpq_held_offer(t->worker, req);
		t->nr++;
		return -ENOSPC;
	}
	if (copy_head(req, id, buf + t->used) || put_event(t, &event))
		return -EFAULT;
	if (!httpq_held_delivered(t->worker, req, id))
		return forget(t, req, id);
	t->nr++;
	httpq_timer_delivered(req);
	trace_httpq_deliver(req->conn_id, id, task_pid_nr(current));
	httpq_stats_inc(t->worker->hn->stats, requests_delivered);
	t->used += ALIGN(event.length, 8);
	t->used = min(t->used, t->args->buf_len);
	return 1;
}

static int take_one(struct transfer *t)
{
	struct httpq_request *req;
	u64 id;
	int err;

	req = httpq_queue_take(&t->worker->member);
	if (!req)
		return -ENOSPC;
	httpq_request_get(req);
	err = httpq_held_adopt(t->worker, req);
	if (err) {
		httpq_queue_return(req);
	} else {
		id = req->id;
		err = deliver(t, req, id);
		if (err == -EFAULT) {
			trace_httpq_deliver_err(req->conn_id, id, err);
			give_back(t, req, id);
		}
	}
	httpq_request_put(req);
	return err;
}

static int take_requests(struct transfer *t)
{
	u32 share = httpq_queue_share(t->worker->member.queue);
	int err = 0;

	/* Who is being killed will not see them. */
	while (share && t->nr < t->args->nr_events &&
	       !fatal_signal_pending(current)) {
		err = take_one(t);
		if (err < 0)
			break;
		share -= err;
	}
	return err == -ENOSPC || err > 0 ? 0 : err;
}

/* One event that is due, and its request with a reference. */
static struct httpq_request *next_event(struct httpq_worker *worker,
					struct httpq_event *event)
{
	struct httpq_request *req;

	spin_lock_bh(&worker->lock);
	req = list_first_entry_or_null(&worker->events, struct httpq_request,
				       event_node);
	if (req) {
		u8 type = __ffs(req->events);

		httpq_request_get(req);
		req->events &= ~BIT(type);
		if (!req->events)
			list_del_init(&req->event_node);
		*event = (struct httpq_event) {
			.id = req->id,
			.type = type,
			.reason = READ_ONCE(req->reason),
		};
	}
	spin_unlock_bh(&worker->lock);
	return req;
}

/* It could not be told: it is due again, unless the request went meanwhile. */
static void put_back_event(struct httpq_worker *worker,
			   struct httpq_request *req, u8 type)
{
	spin_lock_bh(&worker->lock);
	if (rcu_access_pointer(req->worker) == worker) {
		req->events |= BIT(type);
		if (list_empty(&req->event_node))
			list_add(&req->event_node, &worker->events);
	}
	spin_unlock_bh(&worker->lock);
}

static int take_events(struct transfer *t)
{
	struct httpq_request *req;
	struct httpq_event event;
	int err = 0;

	while (!err && t->nr < t->args->nr_events) {
		req = next_event(t->worker, &event);
		if (!req)
			break;
		err = put_event(t, &event);
		if (err)
			put_back_event(t->worker, req, event.type);
		else
			t->nr++;
		httpq_request_put(req);
	}
	return err;
}

/* Whether the handle can get anything that is asked for; else why not. */
static int may_get(const struct httpq_worker *worker, bool held)
{
	int err = httpq_worker_check(worker);

	/* What it holds may have something to tell until there is nothing. */
	if (err == -ESHUTDOWN && held && READ_ONCE(worker->nr_held))
		return httpq_worker_holds(worker);
	return err;
}

static bool events_ready(struct httpq_worker *worker, bool held)
{
	return !list_empty(&worker->events) || may_get(worker, held) ||
	       (!held && httpq_queue_readable(&worker->member));
}

static bool takes_requests(const struct transfer *t)
{
	return !t->held && READ_ONCE(t->worker->member.state) ==
				   HTTPQ_WORKER_ACTIVE;
}

/* Sleeps until something may be there. Returns what is left of @timeout. */
static long wait_events(const struct transfer *t, long timeout)
{
	struct httpq_worker *worker = t->worker;
	struct httpq_queue *queue = worker->member.queue;
	DEFINE_WAIT(on_queue);
	DEFINE_WAIT(on_worker);

	while (timeout && !signal_pending(current)) {
		/* Who takes no requests must not use up a wake-up for one. */
		if (takes_requests(t))
			prepare_to_wait_exclusive(&queue->wait, &on_queue,
						  TASK_INTERRUPTIBLE);
		else
			prepare_to_wait(&queue->wait, &on_queue,
					TASK_INTERRUPTIBLE);
		prepare_to_wait(&worker->wait, &on_worker, TASK_INTERRUPTIBLE);
		if (events_ready(worker, t->held))
			break;
		timeout = schedule_timeout(timeout);
	}
	finish_wait(&worker->wait, &on_worker);
	finish_wait(&queue->wait, &on_queue);
	return timeout;
}

static int wait_result(struct transfer *t, long timeout)
{
	int err = may_get(t->worker, t->held);

	if (err)
		return err;
	if (signal_pending(current))
		return -EINTR;
	return timeout ? 0 : -ETIMEDOUT;
}

static long wait_limit(const struct httpq_transfer *args)
{
	if (args->timeout_ms < 0)
		return MAX_SCHEDULE_TIMEOUT;
	/* Not less than that, though a part of this tick is over. */
	return args->timeout_ms ? msecs_to_jiffies(args->timeout_ms) + 1 : 0;
}

static int receive_all(struct transfer *t)
{
	long timeout = wait_limit(t->args);
	int err;

	for (;;) {
		err = take_events(t);
		if (!err && !t->held)
			err = take_requests(t);
		if (t->nr)
			return 0;
		if (!err)
			err = may_get(t->worker, t->held);
		if (err)
			return err;
		if (t->nonblock || t->failed)
			return -EAGAIN;
		timeout = wait_events(t, timeout);
		err = wait_result(t, timeout);
		if (err && !events_ready(t->worker, t->held))
			return err;
		if (err == -EINTR)
			return err;
	}
}

static int check_args(const struct httpq_transfer *args)
{
	if (args->flags & ~HTTPQ_TRANSFER_ALL)
		return -EOPNOTSUPP;
	if (args->nr_sends > HTTPQ_TRANSFER_MAX ||
	    args->nr_events > HTTPQ_TRANSFER_MAX || args->buf & 7)
		return -EINVAL;
	return 0;
}

/**
 * httpq_transfer - hand in responses and take events
 * @worker: attached handle
 * @args: what HTTPQ_IOC_TRANSFER was given; its out_* are set
 * @uargs: the same in user memory: @out_sends is written before it waits
 * @nonblock: don't wait
 *
 * Context: process, no locks.
 * Return: 0, or what struct httpq_transfer lists.
 */
int httpq_transfer(struct httpq_worker *worker, struct httpq_transfer *args,
		   struct httpq_transfer __user *uargs, bool nonblock)
{
	struct transfer t = {
		.worker = worker,
		.args = args,
		.nonblock = nonblock || args->flags & HTTPQ_TRANSFER_DONTWAIT,
		.held = args->flags & HTTPQ_TRANSFER_HELD,
	};
	int err;

	args->out_sends = 0;
	args->out_events = 0;
	err = check_args(args);
	if (err)
		return err;
	if (worker->member.controller)
		return -EOPNOTSUPP;
	if (args->nr_sends)
		httpq_worker_called(worker, HTTPQ_LOG_CALL_SEND);
	err = send_all(&t);
	/* Before anything is taken: the caller has to hear of it. */
	if (copy_to_user(uargs, args, offsetofend(struct httpq_transfer,
						  timeout_ms)))
		err = -EFAULT;
	if (!err && args->nr_events) {
		httpq_worker_called(worker, HTTPQ_LOG_CALL_RECEIVE);
		httpq_worker_settle(worker);
		httpq_queue_take_begin(worker->member.queue);
		err = receive_all(&t);
		httpq_queue_take_end(worker->member.queue);
	}
	args->out_events = t.nr;
	/* A wake-up that this thread got and did not use is another's. */
	if (args->nr_events && wq_has_sleeper(&worker->member.queue->wait) &&
	    httpq_queue_readable(&worker->member))
		wake_up_interruptible_poll(&worker->member.queue->wait,
					   EPOLLIN | EPOLLRDNORM);
	return args->out_sends || t.nr ? 0 : err;
}

static int receive(struct httpq_worker *worker, struct httpq_request *req,
		   struct httpq_receive *args)
{
	/* One that was made small has no head any more. */
	if (READ_ONCE(req->state) == HTTPQ_REQUEST_ZOMBIE)
		return httpq_conn_request_errno(req);
	args->out_len = httpq_request_head_size(req);
	if (args->out_len > args->buf_len)
		return -EMSGSIZE;
	if (copy_head(req, args->id, u64_to_user_ptr(args->buf)))
		return -EFAULT;
	if (READ_ONCE(req->state) == HTTPQ_REQUEST_DELIVERED)
		return 0;
	if (httpq_held_delivered(worker, req, args->id)) {
		httpq_timer_delivered(req);
		return 0;
	}
	if (READ_ONCE(req->state) == HTTPQ_REQUEST_DELIVERED)
		return 0;
	if (READ_ONCE(req->reason))
		httpq_held_drop(worker, req, args->id, HTTPQ_CAUSE_CLIENT_GONE,
				true);
	return -ESTALE;
}

/**
 * httpq_transfer_receive - fetch a request that the handle holds
 * @worker: attached handle
 * @args: what HTTPQ_IOC_RECEIVE was given; its out_len is set
 *
 * Context: process, no locks.
 * Return: 0, or what struct httpq_receive lists.
 */
int httpq_transfer_receive(struct httpq_worker *worker,
			   struct httpq_receive *args)
{
	struct httpq_request *req;
	int err = 0;

	if (args->flags)
		return -EOPNOTSUPP;
	if (args->buf & 7)
		return -EINVAL;
	req = httpq_held_find(worker, args->id, true);
	if (!req)
		return -ESTALE;
	err = receive(worker, req, args);
	httpq_request_put(req);
	return err;
}

/**
 * httpq_transfer_cancel - give a request up
 * @worker: attached handle
 * @id: the request
 *
 * Context: process, no locks.
 * Return: 0 or -ESTALE.
 */
int httpq_transfer_cancel(struct httpq_worker *worker, u64 id)
{
	struct httpq_request *req;
	int err = 0;

	req = httpq_held_find(worker, id, true);
	if (!req)
		return -ESTALE;
	if (!httpq_held_drop(worker, req, id, HTTPQ_CAUSE_CANCEL, false))
		err = -ESTALE;
	httpq_request_put(req);
	return err;
}

static bool poll_in(struct httpq_worker *worker)
{
	return !list_empty(&worker->events) ||
	       httpq_queue_readable(&worker->member);
}

/**
 * httpq_transfer_poll - what a call would find
 * @worker: handle
 * @file: its file
 * @wait: where to be woken
 *
 * Context: process.
 * Return: EPOLLIN if a transfer would give an event, EPOLLOUT always, EPOLLHUP
 * once the handle gets no more requests, EPOLLERR if it is not attached. For a
 * controller EPOLLIN if a worker should be started.
 */
__poll_t httpq_transfer_poll(struct httpq_worker *worker, struct file *file,
			     poll_table *wait)
{
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;
	int err = httpq_worker_check(worker);

	if (err == -ENOTCONN)
		return EPOLLERR;
	poll_wait(file, &worker->wait, wait);
	if (worker->member.queue)
		poll_wait(file, &worker->member.queue->wait, wait);
	if (httpq_worker_check(worker))
		mask |= EPOLLHUP;
	/* What is still to be told can't be fetched any more. */
	if (httpq_worker_holds(worker))
		return mask;
	if (worker->member.controller ? !(mask & EPOLLHUP) &&
	    httpq_queue_demands(worker->member.queue) : poll_in(worker))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}
