// SPDX-License-Identifier: GPL-2.0
/* What events say about a pool. What follows from it is decided after that. */
#include "policy_int.h"

/* Whoever ends that soon after its start has failed, whatever it says. */
#define QUICK_MS	1000
/* A clock that is set back by less is the end of summer time. */
#define CLOCK_BACK_S	7200
#define DAY_S		86400

/* Nobody has looked at the time meanwhile: who is started now is not old. */
static void wake_up(struct policy *p)
{
	if (p->mode == POLICY_IDLE)
		p->local = POLICY_NEVER;
	p->mode = POLICY_RUNNING;
}

static void on_tick(struct policy *p, const struct policy_event *event,
		    int64_t now)
{
	const struct policy_config *config = &p->config;
	int64_t last = p->local, local = event->local;
	struct policy_worker *w;
	bool due = false;

	(void)now;
	if (local < last && last - local < CLOCK_BACK_S)
		return;
	p->local = local;
	for (unsigned int i = 0; i < config->nr_at; i++)
		due |= (local - config->at[i]) / DAY_S >
		       (last - config->at[i]) / DAY_S;
	if (!due)
		return;
	for_each_worker(w, p)
		if (policy_serves(w) && !w->why)
			w->why = POLICY_WHY_TIME;
}

static void on_demand(struct policy *p, const struct policy_event *event,
		      int64_t now)
{
	(void)event;
	p->busy_at = now;
	if (p->mode == POLICY_IDLE)
		wake_up(p);
}

static void on_active(struct policy *p, const struct policy_event *event,
		      int64_t now)
{
	struct policy_worker *w = policy_find(p, event->id);
	struct policy_worker *old;

	if (!event->id || !w || w->state != POLICY_STARTING)
		return;
	policy_enter(p, w, POLICY_ACTIVE, now);
	w->attached = true;
	if (!w->replaces)
		return;
	/* It is there, and active: who leaves gives up its replacement. */
	old = policy_find(p, w->replaces);
	w->replaces = 0;
	p->recycle_failures = 0;
	p->recycled++;
	policy_leave(p, old, old->why, now);
}

/* Its handle may be seen to be gone before it is itself. */
static bool ended_badly(const struct policy_worker *w, enum policy_end end,
			int64_t now)
{
	if (w->state == POLICY_STARTING)
		return end != POLICY_END_UNSEEN;
	if (w->state != POLICY_ACTIVE && w->why != POLICY_WHY_LEFT)
		return false;
	return end == POLICY_END_BAD ||
	       (end == POLICY_END_GOOD && now - w->begun < QUICK_MS);
}

static void on_exited(struct policy *p, const struct policy_event *event,
		      int64_t now)
{
	struct policy_worker *w = policy_find(p, event->id);

	if (!event->id || !w)
		return;
	if (ended_badly(w, event->end, now))
		policy_fail(p, w, now);
	policy_drop(p, w);
}

static bool is_stuck(const struct policy *p, int64_t call_ms, int64_t now)
{
	if (!p->config.ping_kernel || !p->config.ping_timeout ||
	    p->waiting_since == POLICY_NEVER)
		return false;
	return call_ms >= p->config.ping_timeout &&
	       now - p->waiting_since >= p->config.ping_timeout;
}

static void on_measured(struct policy *p, const struct policy_event *event,
			int64_t now)
{
	struct policy_worker *w = policy_find(p, event->id);

	if (!event->id || !w)
		return;
	w->requests = event->measure.requests;
	w->memory = event->measure.memory;
	w->held = event->measure.held;
	w->attached = event->measure.attached;
	if (w->attached && w->held)
		w->idle_at = POLICY_NEVER;
	else if (w->idle_at == POLICY_NEVER)
		w->idle_at = now;
	if (!policy_serves(w))
		return;
	if (event->measure.changed && !w->why)
		w->why = POLICY_WHY_CHANGED;
	else if (!event->measure.changed && w->why == POLICY_WHY_CHANGED)
		w->why = POLICY_WHY_NONE;
	if (w->state != POLICY_ACTIVE)
		return;
	if (!event->measure.attached) {
		w->why = POLICY_WHY_LEFT;
		policy_enter(p, w, POLICY_DRAINING, now);
	} else if (!event->measure.serves) {
		policy_leave(p, w, POLICY_WHY_LEFT, now);
	} else if (is_stuck(p, event->measure.call_ms, now)) {
		policy_sick(p, w, now);
	}
}

/* The kernel's word is the truth, whoever had the queue stopped. */
static void follow_queue(struct policy *p, bool stopped, bool offline)
{
	bool up = p->mode == POLICY_IDLE || p->mode == POLICY_RUNNING;
	bool down = p->mode == POLICY_STOPPED || p->mode == POLICY_OFFLINE;

	if (stopped && (up || down)) {
		p->mode = POLICY_STOPPED;
	} else if (offline && (up || down)) {
		p->mode = POLICY_OFFLINE;
	} else if (down) {
		p->mode = POLICY_RUNNING;
		policy_forgive(p);
	}
}

static void on_queue(struct policy *p, const struct policy_event *event,
		     int64_t now)
{
	bool stopped = event->queue.stopped, offline = event->queue.offline;
	bool waits = event->queue.queued && !stopped && !offline &&
		     !event->queue.blocked;

	if (event->queue.arrived != p->arrived || event->queue.queued ||
	    event->queue.inflight)
		p->busy_at = now;
	p->arrived = event->queue.arrived;
	if (!waits)
		p->waiting_since = POLICY_NEVER;
	else if (p->waiting_since == POLICY_NEVER)
		p->waiting_since = now;
	follow_queue(p, stopped, offline);
}

static void on_sick(struct policy *p, const struct policy_event *event,
		    int64_t now)
{
	struct policy_worker *w = policy_find(p, event->id);

	if (event->id && w && w->state == POLICY_ACTIVE)
		policy_sick(p, w, now);
}

static void on_recycle(struct policy *p, const struct policy_event *event,
		       int64_t now)
{
	struct policy_worker *w;

	p->recycle_failures = 0;
	p->recycle_after = now;
	for_each_worker(w, p)
		if (policy_serves(w) && (!event->id || event->id == w->id))
			w->why = event->why;
}

static void run_again(struct policy *p, bool was_down, int64_t now)
{
	wake_up(p);
	p->busy_at = now;
	policy_forgive(p);
	if (was_down)
		policy_act(p, POLICY_QUEUE_RUN, NULL, 0);
}

static void on_start(struct policy *p, const struct policy_event *event,
		     int64_t now)
{
	(void)event;
	if (p->mode != POLICY_LEAVING && p->mode != POLICY_RUNNING)
		run_again(p, p->mode != POLICY_IDLE, now);
}

static void on_stop(struct policy *p, const struct policy_event *event,
		    int64_t now)
{
	(void)event;
	(void)now;
	if (p->mode == POLICY_LEAVING)
		return;
	p->mode = POLICY_STOPPED;
	policy_act(p, POLICY_QUEUE_STOP, NULL, 0);
}

static void on_reset(struct policy *p, const struct policy_event *event,
		     int64_t now)
{
	(void)event;
	policy_forgive(p);
	if (p->mode == POLICY_OFFLINE)
		run_again(p, true, now);
}

static void on_leave(struct policy *p, const struct policy_event *event,
		     int64_t now)
{
	(void)event;
	(void)now;
	p->mode = POLICY_LEAVING;
}

static void on_config(struct policy *p, const struct policy_event *event,
		      int64_t now)
{
	(void)event;
	p->start_after = now;
}

static void (*const handlers[])(struct policy *p,
				const struct policy_event *event,
				int64_t now) = {
	[POLICY_EV_TICK] = on_tick,
	[POLICY_EV_DEMAND] = on_demand,
	[POLICY_EV_ACTIVE] = on_active,
	[POLICY_EV_EXITED] = on_exited,
	[POLICY_EV_MEASURED] = on_measured,
	[POLICY_EV_QUEUE] = on_queue,
	[POLICY_EV_SICK] = on_sick,
	[POLICY_EV_RECYCLE] = on_recycle,
	[POLICY_EV_START] = on_start,
	[POLICY_EV_STOP] = on_stop,
	[POLICY_EV_RESET] = on_reset,
	[POLICY_EV_LEAVE] = on_leave,
	[POLICY_EV_CONFIG] = on_config,
};

void policy_handle(struct policy *p, const struct policy_event *event,
		   int64_t now)
{
	handlers[event->type](p, event, now);
}
