// SPDX-License-Identifier: GPL-2.0
/* What administrators do, how all of it ends, and the list of events. */
#include "events.h"

bool timer_zombie(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (r->state != HTTPQ_REQUEST_ZOMBIE || !r->holder)
		return false;
	zombie_end(w, r, HTTPQ_CAUSE_ZOMBIE_TIMER);
	return true;
}

bool queue_stops(struct world *w, unsigned int arg)
{
	if (w->stopped)
		return false;
	w->stopped = true;
	return true;
}

bool queue_flushes(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (!w->stopped || r->state != HTTPQ_REQUEST_QUEUED)
		return false;
	request_step(r, HTTPQ_LIFECYCLE_REQUEST_END);
	r->pending = PENDING_END + HTTPQ_CAUSE_QUEUE_STOP;
	return true;
}

bool zombie_is_reaped(struct world *w, unsigned int arg)
{
	struct request *r = &w->requests[arg];

	if (r->state != HTTPQ_REQUEST_ZOMBIE || !r->holder)
		return false;
	zombie_end(w, r, HTTPQ_CAUSE_ZOMBIE_REAP);
	return true;
}

/* Connections are reset first, and no call of a worker counts after that. */
static void shutdown_begins(struct world *w)
{
	w->ending = true;
	if (w->conn != HTTPQ_CONN_DEAD)
		conn_gone(w, GONE_SHUTDOWN);
}

bool namespace_ends(struct world *w, unsigned int arg)
{
	shutdown_begins(w);
	return true;
}

/* rmmod is EBUSY while a handle is open. */
bool module_unloads(struct world *w, unsigned int arg)
{
	unsigned int i;

	for (i = 0; i < HANDLES; i++)
		if (w->handles[i] != HANDLE_CLOSED)
			return false;
	shutdown_begins(w);
	return true;
}

/* The steps of kmod/shutdown.c, in its order. */
bool shutdown_goes_on(struct world *w, unsigned int arg)
{
	unsigned int i;

	if (!w->ending || w->conn != HTTPQ_CONN_DEAD)
		return false;
	for (i = 0; i < HANDLES; i++) {
		if (handle_leaves(w, i))
			return true;
		if (handle_is_busy(w, i))
			return false;
	}
	if (w->stopped)
		return false;
	w->stopped = true;
	return true;
}

#define EVENT(_name, _by, _about, _args, _run)				\
	{								\
		.name = (_name),					\
		.by = BY_##_by,						\
		.about = ABOUT_##_about,				\
		.args = (_args),					\
		.run = (_run),						\
	},

const struct event events[] = { EVENTS(EVENT) };

const unsigned int nr_events = ARRAY_SIZE(events);
