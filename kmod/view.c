// SPDX-License-Identifier: GPL-2.0
/*
 * What netlink and /proc show of workers and zombies. Both show the same, and
 * what not everybody may see is left out here.
 */

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "queue.h"
#include "record.h"
#include "request.h"
#include "view.h"
#include "worker.h"

/* By value: what is read before jiffies can't be later. */
static u32 ms_since(unsigned long then)
{
	return min_t(u64, jiffies64_to_msecs(jiffies - then), U32_MAX);
}

static u32 ms_until(unsigned long then)
{
	long left = then - jiffies;

	return left > 0 ? jiffies_to_msecs(left) : 0;
}

/**
 * httpq_view_has_worker - whether a handle is one that is shown
 * @worker: handle
 *
 * Context: process, under hn->control.
 * Return: true for a worker that has not left; false for a controller and for
 * a handle that is not attached.
 */
bool httpq_view_has_worker(const struct httpq_worker *worker)
{
	return worker->member.queue && !worker->member.controller &&
	       READ_ONCE(worker->member.state) != HTTPQ_WORKER_GONE;
}

/**
 * httpq_view_worker - look at a worker
 * @worker: handle that is attached
 * @view: filled
 *
 * Context: process, under hn->control.
 */
void httpq_view_worker(const struct httpq_worker *worker,
		       struct httpq_view_worker *view)
{
	u8 state = READ_ONCE(worker->member.state);

	*view = (struct httpq_view_worker) {
		.id = worker->member.id,
		.delivered = READ_ONCE(worker->nr_delivered),
		.queue = worker->member.queue->name,
		.held = READ_ONCE(worker->nr_held),
		.last_call_ms = ms_since(READ_ONCE(worker->last_call_at)),
		.state = state,
		.last_call = READ_ONCE(worker->last_call),
		.has_deadline = worker->has_deadline &&
				state == HTTPQ_WORKER_DRAINING,
	};
	if (view->has_deadline)
		view->deadline_ms = ms_until(worker->deadline);
}

static u32 memory_of(const struct httpq_request *req)
{
	/* Set once, by its worker, who may be about to end it. */
	const struct httpq_request_note *note = READ_ONCE(req->note);

	if (!note)
		return req->size;
	return req->size + sizeof(*note) + note->data.user_len +
	       note->data.note_len;
}

static void view_line(const struct httpq_request *req, bool query,
		      struct httpq_view_zombie *view)
{
	const u8 *data = httpq_request_data(req);
	const struct httpq_parse *p = &req->parse;
	const u8 *end = NULL;

	view->version = p->version;
	view->method = data + p->method.off;
	view->method_len = min_t(u16, p->method.len, HTTPQ_VIEW_LINE_MAX);
	view->target = data + p->target.off;
	view->target_len = min_t(u16, p->target.len, HTTPQ_VIEW_LINE_MAX);
	if (!query)
		end = memchr(view->target, '?', view->target_len);
	if (end)
		view->target_len = end - view->target;
}

/**
 * httpq_view_zombie - look at a zombie, or at what was one
 * @req: the request; a reference of the caller keeps it from being replaced
 * @all: also what only its queue's owner and administrators are shown: who
 *	the client is, and what it asked
 * @view: filled
 *
 * Context: any.
 */
void httpq_view_zombie(const struct httpq_request *req, bool all,
		       struct httpq_view_zombie *view)
{
	*view = (struct httpq_view_zombie) {
		.id = req->zombie_id,
		.request = httpq_request_log_id(req),
		.age_ms = jiffies64_to_msecs(jiffies - req->zombie_since),
		.worker = req->worker_id,
		.queue = req->queue->name,
		.client = all ? &req->remote : NULL,
		.pid = req->worker_pid,
		.bytes = memory_of(req),
		.why = req->zombie_why,
		.stage = httpq_record_stage(req),
	};
	view_line(req, all, view);
}
