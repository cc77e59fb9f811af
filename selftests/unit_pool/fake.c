// SPDX-License-Identifier: GPL-2.0
/* A pool with a clock and with processes that a test moves. */
#include "fake.h"
#include "test.h"

struct policy pool;
int64_t now;

struct policy_config fake_config(void)
{
	return (struct policy_config){
		.seats = 2,
		.start_limit = 30000,
		.stop_limit = 20000,
		.kill_limit = 5000,
		.overlap = true,
		.stagger = 2000,
		.fail_max = 3,
		.fail_window = 60000,
	};
}

/* What holds after any step, whatever happened. */
static void check_invariants(void)
{
	unsigned int serving = policy_count(&pool, POLICY_STARTING) +
			       policy_count(&pool, POLICY_ACTIVE);

	/* One more while one is being replaced. */
	CHECK(serving <= pool.config.seats + 1);
	CHECK(pool.nr_actions < POLICY_ACTIONS_MAX);
	/* Or the loop would spin. */
	CHECK(policy_wake(&pool) > now);
	if (pool.mode != POLICY_RUNNING)
		CHECK(!serving);
}

void fake_event(const struct policy_event *event)
{
	policy_step(&pool, event, now);
	check_invariants();
}

void fake_begin(const struct policy_config *config)
{
	now = 4000000;
	policy_init(&pool, config, now, NOON);
	fake_tick();
}

void fake_tick(void)
{
	struct policy_event event = {
		.type = POLICY_EV_TICK,
		.local = NOON + (now - 4000000) / 1000,
	};

	fake_event(&event);
}

void fake_pass(int64_t ms)
{
	now += ms;
	fake_tick();
}

void fake_do(enum policy_event_type type)
{
	struct policy_event event = { .type = type };

	if (type == POLICY_EV_RECYCLE)
		event.why = POLICY_WHY_COMMAND;
	fake_event(&event);
}

void fake_demand(void)
{
	fake_do(POLICY_EV_DEMAND);
}

void fake_active(unsigned int id)
{
	struct policy_event event = { .type = POLICY_EV_ACTIVE, .id = id };

	fake_event(&event);
}

void fake_exited(unsigned int id, enum policy_end end)
{
	struct policy_event event = {
		.type = POLICY_EV_EXITED,
		.id = id,
		.end = end,
	};

	fake_event(&event);
}

void fake_queue(uint64_t arrived, unsigned int queued)
{
	struct policy_event event = { .type = POLICY_EV_QUEUE };

	event.queue.arrived = arrived;
	event.queue.queued = queued;
	fake_event(&event);
}

void fake_state(bool stopped, bool offline)
{
	struct policy_event event = { .type = POLICY_EV_QUEUE };

	event.queue.stopped = stopped;
	event.queue.offline = offline;
	fake_event(&event);
}

/* It was looked at and holds nothing. */
void fake_idle_worker(unsigned int id)
{
	struct policy_event event = { .type = POLICY_EV_MEASURED, .id = id };

	event.measure.attached = true;
	event.measure.serves = true;
	fake_event(&event);
}

unsigned int fake_count(enum policy_action_type type)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < pool.nr_actions; i++)
		nr += pool.actions[i].type == type;
	return nr;
}

const struct policy_action *fake_action(enum policy_action_type type)
{
	static const struct policy_action none;

	for (unsigned int i = 0; i < pool.nr_actions; i++)
		if (pool.actions[i].type == type)
			return &pool.actions[i];
	return &none;
}

/* The number of the n-th worker that was started, counted from 0, or 0. */
unsigned int fake_started(unsigned int n)
{
	for (unsigned int i = 0; i < pool.nr_actions; i++)
		if (pool.actions[i].type == POLICY_START && !n--)
			return pool.actions[i].id;
	return 0;
}

bool fake_did(enum policy_action_type type, unsigned int id)
{
	for (unsigned int i = 0; i < pool.nr_actions; i++)
		if (pool.actions[i].type == type && pool.actions[i].id == id)
			return true;
	return false;
}

bool fake_is(unsigned int id, enum policy_state state)
{
	const struct policy_worker *w = policy_find(&pool, id);

	return w && w->state == state;
}

void fake_run(const struct policy_config *config)
{
	fake_begin(config);
	for (unsigned int id = 1; id <= config->seats; id++)
		fake_active(id);
	fake_pass(5000);
}
