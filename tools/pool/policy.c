// SPDX-License-Identifier: GPL-2.0
/*
 * The decisions of a supervisor. An event is taken in first; then the pool is
 * looked at as a whole: whose time is up, who is missing, who is too many, who
 * is to be recycled.
 */
#include <string.h>

#include "policy_int.h"

/* Time for a drained worker to end by itself. */
#define GRACE_MS	1000
/* Until there is room for another worker. */
#define ROOM_MS		1000
/* At least, from one SIGKILL to the next. */
#define KILL_AGAIN_MS	1000

/* Without overlap a worker keeps its seat until it is gone. */
static bool is_seated(const struct policy *p, const struct policy_worker *w)
{
	return !w->replaces && !policy_detached(w) &&
	       (policy_serves(w) || !p->config.overlap);
}

static unsigned int count_serving(const struct policy *p)
{
	const struct policy_worker *w;
	unsigned int nr = 0;

	for_each_worker(w, p)
		nr += policy_serves(w) && !w->replaces;
	return nr;
}

static unsigned int count_seated(const struct policy *p)
{
	const struct policy_worker *w;
	unsigned int nr = 0;

	for_each_worker(w, p)
		nr += is_seated(p, w);
	return nr;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When the present state of a worker ends, if nothing else ends it. */
static int64_t state_end(const struct policy *p, const struct policy_worker *w)
{
	const struct policy_config *config = &p->config;
	int64_t limit = 0, end;

	if (policy_detached(w))
		return POLICY_NEVER;
	if (w->state == POLICY_STARTING)
		limit = config->start_limit;
	else if (w->state == POLICY_DRAINING)
		limit = config->stop_limit;
	else if (w->state == POLICY_STOPPING)
		limit = config->kill_limit;
	/* It may not have come to the process. */
	else if (w->state == POLICY_KILLED && config->kill_limit)
		limit = later(config->kill_limit, KILL_AGAIN_MS);
	end = limit ? w->since + limit : POLICY_NEVER;
	if (w->state == POLICY_DRAINING && w->idle_at != POLICY_NEVER)
		end = earlier(end, w->idle_at + GRACE_MS);
	return end;
}

static void expire(struct policy *p, struct policy_worker *w, int64_t now)
{
	if (now < state_end(p, w))
		return;
	if (w->state == POLICY_STARTING) {
		w->why = POLICY_WHY_SLOW;
		policy_fail(p, w, now);
		policy_term(p, w, now);
	} else if (w->state == POLICY_DRAINING) {
		policy_term(p, w, now);
	} else {
		policy_enter(p, w, POLICY_KILLED, now);
		policy_act(p, POLICY_KILL, w, 0);
	}
}

/* Why a worker is to be recycled, apart from its age. */
static enum policy_why outgrown(const struct policy *p,
				const struct policy_worker *w)
{
	const struct policy_config *config = &p->config;

	if (w->why)
		return w->why;
	if (config->requests && w->requests >= config->requests)
		return POLICY_WHY_REQUESTS;
	if (config->memory && w->memory >= config->memory)
		return POLICY_WHY_MEMORY;
	return POLICY_WHY_NONE;
}

/* When a worker is to be recycled, if that is known. */
static int64_t due_at(const struct policy *p, const struct policy_worker *w)
{
	if (w->state != POLICY_ACTIVE)
		return POLICY_NEVER;
	if (outgrown(p, w))
		return p->recycle_after;
	if (!p->config.age)
		return POLICY_NEVER;
	return later(w->begun + p->config.age, p->recycle_after);
}

/* One after the other, and not while a seat is empty. */
static bool may_recycle(const struct policy *p)
{
	return p->mode == POLICY_RUNNING &&
	       policy_count(p, POLICY_ACTIVE) >= p->config.seats &&
	       !policy_count(p, POLICY_STARTING);
}

static void recycle(struct policy *p, int64_t now)
{
	struct policy_worker *w, *oldest = NULL;

	if (!may_recycle(p))
		return;
	for_each_worker(w, p)
		if (now >= due_at(p, w) &&
		    (!oldest || w->begun < oldest->begun))
			oldest = w;
	if (!oldest)
		return;
	p->recycle_after = now + p->config.stagger;
	oldest->why = outgrown(p, oldest) ?: POLICY_WHY_AGE;
	if (!p->config.overlap) {
		p->recycled++;
		policy_leave(p, oldest, oldest->why, now);
	} else if (!policy_start(p, oldest->id, now)) {
		p->recycle_after = now + ROOM_MS;
	}
}

/* Of those that are too many one that is not ready, or the oldest. */
static struct policy_worker *surplus(struct policy *p)
{
	struct policy_worker *w, *best = NULL;

	for_each_worker(w, p) {
		if (!policy_serves(w) || w->replaces)
			continue;
		if (!best || w->state < best->state ||
		    (w->state == best->state && w->begun < best->begun))
			best = w;
	}
	return best;
}

static void fill(struct policy *p, int64_t now)
{
	unsigned int nr;

	for (nr = count_serving(p); nr > p->config.seats; nr--)
		policy_leave(p, surplus(p), POLICY_WHY_SURPLUS, now);
	if (now < p->start_after)
		return;
	for (nr = count_seated(p); nr < p->config.seats; nr++) {
		if (policy_start(p, 0, now))
			continue;
		p->start_after = now + ROOM_MS;
		return;
	}
}

static void empty(struct policy *p, int64_t now)
{
	enum policy_why why = p->mode == POLICY_IDLE ? POLICY_WHY_IDLE :
						       POLICY_WHY_STOP;
	struct policy_worker *w;
	unsigned int nr = 0;

	for_each_worker(w, p) {
		nr += !policy_detached(w);
		if (policy_serves(w))
			policy_leave(p, w, why, now);
	}
	if (p->mode == POLICY_LEAVING && !nr)
		policy_act(p, POLICY_DONE, NULL, 0);
}

static int64_t idle_end(const struct policy *p)
{
	if (!p->config.idle || p->mode != POLICY_RUNNING ||
	    policy_count(p, POLICY_STARTING))
		return POLICY_NEVER;
	return p->busy_at + p->config.idle;
}

/**
 * policy_step - something happened, or it is time
 * @p: the pool; @p->actions is what follows from it.
 * @event: what.
 * @now: milliseconds of a clock that never goes back.
 */
void policy_step(struct policy *p, const struct policy_event *event,
		 int64_t now)
{
	struct policy_worker *w;

	p->nr_actions = 0;
	policy_handle(p, event, now);
	for_each_worker(w, p)
		expire(p, w, now);
	if (now >= idle_end(p))
		p->mode = POLICY_IDLE;
	if (p->mode != POLICY_RUNNING) {
		empty(p, now);
		return;
	}
	fill(p, now);
	recycle(p, now);
}

/**
 * policy_wake - when to call policy_step() if nothing happens before
 * @p: the pool.
 *
 * Returns the time, or POLICY_NEVER.
 */
int64_t policy_wake(const struct policy *p)
{
	int64_t wake = idle_end(p);
	const struct policy_worker *w;
	bool recycles = may_recycle(p);

	for_each_worker(w, p) {
		wake = earlier(wake, state_end(p, w));
		if (recycles)
			wake = earlier(wake, due_at(p, w));
	}
	if (p->mode == POLICY_RUNNING && count_seated(p) < p->config.seats)
		wake = earlier(wake, p->start_after);
	return wake;
}

/* policy_wants_demand - whether POLICY_EV_DEMAND would change anything */
bool policy_wants_demand(const struct policy *p)
{
	return p->mode == POLICY_IDLE;
}

/**
 * policy_adopt - take over a worker that runs already
 * @p: the pool, before its first step.
 * @id: its number.
 * @state: how far it is.
 * @begun: when it was started.
 * @now: the time.
 *
 * Returns the worker, or NULL if there are too many.
 */
struct policy_worker *policy_adopt(struct policy *p, unsigned int id,
				   enum policy_state state, int64_t begun,
				   int64_t now)
{
	struct policy_worker *w = policy_find(p, 0);

	if (!w)
		return NULL;
	*w = (struct policy_worker){
		.id = id,
		.state = state,
		.begun = begun,
		.since = state == POLICY_STARTING ? begun : now,
		.idle_at = POLICY_NEVER,
		.held = UINT32_MAX,
		.attached = true,
	};
	if (id >= p->next_id)
		p->next_id = id + 1;
	if (policy_serves(w) && p->mode == POLICY_IDLE)
		p->mode = POLICY_RUNNING;
	return w;
}

/**
 * policy_init - begin without workers
 * @p: the pool.
 * @config: copied.
 * @now: the time.
 * @local: the same in seconds since 1970 of local time.
 */
void policy_init(struct policy *p, const struct policy_config *config,
		 int64_t now, int64_t local)
{
	memset(p, 0, sizeof(*p));
	p->config = *config;
	p->mode = config->on_demand ? POLICY_IDLE : POLICY_RUNNING;
	p->next_id = 1;
	p->busy_at = now;
	p->waiting_since = POLICY_NEVER;
	p->local = local;
}
