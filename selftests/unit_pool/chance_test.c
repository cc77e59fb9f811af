// SPDX-License-Identifier: GPL-2.0
/* Events as they come: fake.c checks after each what has to hold. */
#include <stdlib.h>

#include "fake.h"
#include "test.h"

#define RUNS	60
#define STEPS	3000

static unsigned int seed;

static unsigned int dice(unsigned int sides)
{
	return (unsigned int)rand_r(&seed) % sides;
}

static struct policy_config any_config(void)
{
	struct policy_config c = fake_config();

	c.seats = 1 + dice(4);
	c.on_demand = dice(2);
	c.overlap = dice(2);
	c.orphan = dice(2);
	c.ping_kernel = dice(2);
	c.ping_timeout = 5000;
	c.fail_max = dice(6);
	c.age = dice(2) ? 20000 : 0;
	c.requests = dice(2) ? 100 : 0;
	c.memory = dice(2) ? 1000 : 0;
	c.idle = dice(2) ? 8000 : 0;
	c.stop_limit = dice(2) ? 3000 : 0;
	c.at[0] = NOON + 5;
	c.nr_at = dice(2);
	return c;
}

static struct policy_event any_event(void)
{
	static const enum policy_event_type types[] = {
		POLICY_EV_TICK, POLICY_EV_DEMAND, POLICY_EV_ACTIVE,
		POLICY_EV_ACTIVE, POLICY_EV_EXITED, POLICY_EV_MEASURED,
		POLICY_EV_MEASURED, POLICY_EV_QUEUE, POLICY_EV_SICK,
		POLICY_EV_RECYCLE, POLICY_EV_START, POLICY_EV_RESET,
	};
	struct policy_event event = { 0 };

	event.type = types[dice(sizeof(types) / sizeof(*types))];
	if (!dice(50))
		event.type = POLICY_EV_STOP;
	event.id = pool.workers[dice(16)].id;
	switch (event.type) {
	case POLICY_EV_TICK:
		event.local = NOON + (now - 4000000) / 1000;
		break;
	case POLICY_EV_EXITED:
		event.end = dice(3);
		break;
	case POLICY_EV_MEASURED:
		event.measure.requests = dice(110);
		event.measure.memory = dice(1100);
		event.measure.held = dice(2);
		event.measure.call_ms = dice(10000);
		event.measure.serves = dice(20);
		event.measure.attached = event.measure.serves || dice(2);
		event.measure.changed = !dice(10);
		break;
	case POLICY_EV_QUEUE:
		event.queue.arrived = dice(3);
		event.queue.queued = dice(2);
		event.queue.stopped = pool.mode == POLICY_STOPPED && dice(4);
		event.queue.offline = pool.mode == POLICY_OFFLINE && dice(4);
		break;
	case POLICY_EV_RECYCLE:
		event.why = POLICY_WHY_COMMAND;
		event.id = dice(2) ? event.id : 0;
		break;
	default:
		break;
	}
	return event;
}

/* Overlapped, no recycling takes a seat: only what fails or leaves does. */
static bool loses_seat(const struct policy_event *event)
{
	return event->type == POLICY_EV_RECYCLE;
}

static void any_course(void)
{
	for (seed = 1; seed <= RUNS; seed++) {
		struct policy_config c = any_config();

		fake_begin(&c);
		for (int i = 0; i < STEPS; i++) {
			struct policy_event event = any_event();
			unsigned int active = policy_count(&pool,
							   POLICY_ACTIVE);

			now += dice(4) ? dice(50) : dice(1000);
			fake_tick();
			active = policy_count(&pool, POLICY_ACTIVE);
			fake_event(&event);
			if (c.overlap && loses_seat(&event))
				CHECK(policy_count(&pool, POLICY_ACTIVE) ==
				      active);
		}
	}
}

/* Whatever has happened, the end comes, and nothing is left. */
static void any_end(void)
{
	for (seed = 1; seed <= RUNS; seed++) {
		struct policy_config c = any_config();
		unsigned int left = 0;

		fake_begin(&c);
		for (int i = 0; i < 200; i++) {
			struct policy_event event = any_event();

			now += dice(100);
			fake_event(&event);
		}
		fake_do(POLICY_EV_LEAVE);
		for (int i = 0; i < POLICY_WORKERS_MAX; i++)
			if (pool.workers[i].id)
				fake_exited(pool.workers[i].id, dice(3));
		for (int i = 0; i < POLICY_WORKERS_MAX; i++)
			left += pool.workers[i].id != 0;
		fake_tick();
		CHECK(!left && fake_count(POLICY_DONE) == 1);
	}
}

const struct test chance_tests[] = {
	{ "any course of events", any_course },
	{ "the end after any course", any_end },
	{}
};
