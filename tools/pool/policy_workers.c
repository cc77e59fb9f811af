// SPDX-License-Identifier: GPL-2.0
/* What becomes of a worker, and what its failure means for the pool. */
#include <string.h>

#include "policy_int.h"

/* Delays before starting again after a failure, and recycling after one. */
#define RESTART_MS	100
#define RESTART_MAX_MS	10000
#define RESTART_WINDOW_MS 60000
#define RETRY_MS	1000
#define RETRY_MAX_MS	600000

static const char *const state_names[] = {
	"starting", "active", "draining", "stopping", "killed",
};
static const char *const mode_names[] = {
	"idle", "running", "stopped", "offline", "leaving",
};
static const char *const why_names[] = {
	"-", "command", "time", "age", "requests", "memory", "changed",
	"config", "sick", "slow", "idle", "surplus", "left", "stop",
};

_Static_assert(sizeof(state_names) / sizeof(*state_names) == POLICY_STATE_NR,
	       "a name each");
_Static_assert(sizeof(mode_names) / sizeof(*mode_names) == POLICY_MODE_NR,
	       "a name each");
_Static_assert(sizeof(why_names) / sizeof(*why_names) == POLICY_WHY_NR,
	       "a name each");

const char *policy_state_name(enum policy_state state)
{
	return state_names[state];
}

const char *policy_mode_name(enum policy_mode mode)
{
	return mode_names[mode];
}

const char *policy_why_name(enum policy_why why)
{
	return why_names[why];
}

/* policy_find - the worker of a number, or NULL; 0 finds a free place */
struct policy_worker *policy_find(struct policy *p, unsigned int id)
{
	for (size_t i = 0; i < POLICY_WORKERS_MAX; i++)
		if (p->workers[i].id == id)
			return &p->workers[i];
	return NULL;
}

/* policy_count - how many workers are in a state */
unsigned int policy_count(const struct policy *p, enum policy_state state)
{
	const struct policy_worker *w;
	unsigned int nr = 0;

	for_each_worker(w, p)
		nr += w->state == state;
	return nr;
}

void policy_act(struct policy *p, enum policy_action_type type,
		const struct policy_worker *w, int64_t deadline_ms)
{
	if (p->nr_actions == POLICY_ACTIONS_MAX)
		return;
	p->actions[p->nr_actions++] = (struct policy_action){
		.type = type,
		.id = w ? w->id : 0,
		.why = w ? w->why : POLICY_WHY_NONE,
		.deadline_ms = deadline_ms,
	};
}

/* Nobody waits for @w's replacement any more: it has a seat of its own. */
static void give_seat(struct policy *p, const struct policy_worker *w)
{
	struct policy_worker *other;

	for_each_worker(other, p)
		if (other->replaces == w->id)
			other->replaces = 0;
}

/* A worker comes to a state; beyond ACTIVE it has no seat. */
void policy_enter(struct policy *p, struct policy_worker *w,
		  enum policy_state state, int64_t now)
{
	if (state > POLICY_ACTIVE)
		give_seat(p, w);
	w->state = state;
	w->since = now;
	w->idle_at = POLICY_NEVER;
	p->changes++;
}

void policy_term(struct policy *p, struct policy_worker *w, int64_t now)
{
	policy_enter(p, w, POLICY_STOPPING, now);
	policy_act(p, POLICY_TERM, w, 0);
}

/* Who is not ready holds nothing that could be answered. */
void policy_leave(struct policy *p, struct policy_worker *w,
		  enum policy_why why, int64_t now)
{
	w->why = why;
	if (w->state == POLICY_STARTING) {
		policy_term(p, w, now);
		return;
	}
	policy_enter(p, w, POLICY_DRAINING, now);
	/* Only what is measured from now on counts. */
	w->held = UINT32_MAX;
	w->attached = true;
	policy_act(p, POLICY_DRAIN, w, p->config.stop_limit);
}

void policy_drop(struct policy *p, struct policy_worker *w)
{
	give_seat(p, w);
	memset(w, 0, sizeof(*w));
}

bool policy_start(struct policy *p, unsigned int replaces, int64_t now)
{
	struct policy_worker *w = policy_find(p, 0);

	if (!w)
		return false;
	*w = (struct policy_worker){
		.id = p->next_id++,
		.state = POLICY_STARTING,
		.begun = now,
		.since = now,
		.replaces = replaces,
	};
	policy_act(p, POLICY_START, w, 0);
	return true;
}

static unsigned int failures_within(const struct policy *p, int64_t window,
				    int64_t now)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < p->nr_failures; i++)
		nr += now - p->failures[i] < window;
	return nr;
}

/* policy_failures - failures that count at present */
unsigned int policy_failures(const struct policy *p, int64_t now)
{
	return failures_within(p, p->config.fail_window, now);
}

static int64_t backoff(int64_t first, int64_t max, unsigned int nr)
{
	return nr > 20 || first << nr > max ? max : first << nr;
}

static void fail(struct policy *p, int64_t now)
{
	unsigned int nr;

	if (p->nr_failures == POLICY_FAILURES_MAX)
		memmove(p->failures, p->failures + 1,
			--p->nr_failures * sizeof(p->failures[0]));
	p->failures[p->nr_failures++] = now;
	nr = failures_within(p, RESTART_WINDOW_MS, now);
	/* The first one may have been chance. */
	p->start_after = now;
	if (nr > 1)
		p->start_after += backoff(RESTART_MS, RESTART_MAX_MS, nr - 2);
	if (p->mode != POLICY_RUNNING || !p->config.fail_max ||
	    policy_failures(p, now) < p->config.fail_max)
		return;
	p->mode = POLICY_OFFLINE;
	policy_act(p, POLICY_QUEUE_OFFLINE, NULL, 0);
}

/* Where the old worker still serves nothing is lost but a recycling. */
void policy_fail(struct policy *p, const struct policy_worker *w, int64_t now)
{
	if (!w->replaces) {
		fail(p, now);
		return;
	}
	p->recycle_after = now + backoff(RETRY_MS, RETRY_MAX_MS,
					 p->recycle_failures++);
}

void policy_forgive(struct policy *p)
{
	p->nr_failures = 0;
	p->start_after = 0;
	p->recycle_failures = 0;
	p->recycle_after = 0;
}

void policy_sick(struct policy *p, struct policy_worker *w, int64_t now)
{
	w->why = POLICY_WHY_SICK;
	fail(p, now);
	if (p->config.orphan) {
		policy_act(p, POLICY_ORPHAN, w, 0);
		policy_drop(p, w);
		return;
	}
	policy_act(p, POLICY_DRAIN, w, p->config.kill_limit);
	policy_term(p, w, now);
}
