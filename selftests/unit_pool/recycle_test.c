// SPDX-License-Identifier: GPL-2.0
/* The decisions about who is recycled, when and how. */
#include "fake.h"
#include "test.h"

static void measured_of(unsigned int id, bool changed)
{
	struct policy_event event = { POLICY_EV_MEASURED, .id = id };

	event.measure.attached = true;
	event.measure.serves = true;
	event.measure.changed = changed;
	fake_event(&event);
}

static void recycle_overlapped(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	CHECK(pool.nr_actions == 1 && fake_started(0) == 3);
	fake_pass(10000);
	/* Nobody leaves before it is ready. */
	CHECK(!pool.nr_actions);
	fake_active(3);
	CHECK(fake_did(POLICY_DRAIN, 1) && fake_action(POLICY_DRAIN)->why ==
						  POLICY_WHY_COMMAND);
	CHECK(policy_count(&pool, POLICY_ACTIVE) == 2);
	CHECK(fake_started(0) == 4);
	fake_active(4);
	CHECK(fake_did(POLICY_DRAIN, 2) && pool.nr_actions == 1);
	fake_exited(1, POLICY_END_BAD);
	fake_exited(2, POLICY_END_GOOD);
	fake_pass(10000);
	CHECK(!pool.nr_actions && pool.recycled == 2);
	CHECK(!policy_failures(&pool, now));
}

static void recycle_not_overlapped(void)
{
	struct policy_config c = fake_config();

	c.overlap = false;
	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	CHECK(pool.nr_actions == 1 && fake_did(POLICY_DRAIN, 1));
	fake_pass(10000);
	CHECK(!pool.nr_actions);
	fake_exited(1, POLICY_END_GOOD);
	CHECK(pool.nr_actions == 1 && fake_started(0) == 3);
	fake_pass(10000);
	/* And not the other one while this one is not ready. */
	CHECK(!pool.nr_actions);
	fake_active(3);
	CHECK(pool.nr_actions == 1 && fake_did(POLICY_DRAIN, 2));
}

static void recycle_one(void)
{
	struct policy_config c = fake_config();
	struct policy_event event = {
		.type = POLICY_EV_RECYCLE,
		.id = 2,
		.why = POLICY_WHY_COMMAND,
	};

	fake_run(&c);
	fake_event(&event);
	CHECK(fake_started(0) == 3);
	fake_active(3);
	CHECK(fake_did(POLICY_DRAIN, 2) && pool.nr_actions == 1);
	fake_pass(10000);
	CHECK(!fake_count(POLICY_START));
}

static void staggered(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	fake_active(3);
	fake_exited(1, POLICY_END_GOOD);
	CHECK(policy_wake(&pool) == now + 2000);
	fake_pass(1999);
	CHECK(!pool.nr_actions);
	fake_pass(1);
	CHECK(fake_started(0) == 4);
}

/* The old one goes on; that is no failure of the pool. */
static void recycle_fails(void)
{
	struct policy_config c = fake_config();
	int64_t wait = 1000;
	unsigned int id;

	c.seats = 1;
	c.stagger = 0;
	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	for (id = 2; id < 8; id++) {
		CHECK(fake_started(0) == id);
		fake_exited(id, POLICY_END_BAD);
		CHECK(!pool.nr_actions && fake_is(1, POLICY_ACTIVE));
		CHECK(policy_wake(&pool) == now + wait);
		fake_pass(wait);
		wait *= 2;
	}
	CHECK(!policy_failures(&pool, now));
	fake_active(8);
	CHECK(fake_did(POLICY_DRAIN, 1));
}

static void recycle_slow(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	fake_pass(30000);
	CHECK(fake_did(POLICY_TERM, 2) && pool.nr_actions == 1);
	CHECK(fake_is(1, POLICY_ACTIVE) && !policy_failures(&pool, now));
}

/* The old one dies while the new one starts: one seat, one worker. */
static void old_one_dies(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	CHECK(fake_started(0) == 2);
	fake_exited(1, POLICY_END_BAD);
	CHECK(!pool.nr_actions);
	fake_active(2);
	CHECK(!pool.nr_actions);
}

/* It gets sick while the new one starts: that one has its seat. */
static void old_one_is_sick(void)
{
	struct policy_config c = fake_config();
	struct policy_event event = { POLICY_EV_SICK, .id = 1 };

	c.seats = 1;
	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	fake_event(&event);
	CHECK(fake_did(POLICY_TERM, 1) && !fake_count(POLICY_START));
	fake_active(2);
	CHECK(!pool.nr_actions && pool.recycled == 0);
}

static void oldest_first(void)
{
	struct policy_config c = fake_config();

	c.seats = 3;
	c.stagger = 0;
	fake_run(&c);
	fake_exited(1, POLICY_END_GOOD);
	fake_active(4);
	fake_pass(1000);
	fake_exited(2, POLICY_END_GOOD);
	fake_active(5);
	fake_do(POLICY_EV_RECYCLE);
	fake_active(6);
	CHECK(fake_did(POLICY_DRAIN, 3));
	fake_active(7);
	CHECK(fake_did(POLICY_DRAIN, 4));
	fake_active(8);
	CHECK(fake_did(POLICY_DRAIN, 5));
}

/* A command does not wait until the next try is due, and a success counts. */
static void recycle_again(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.stagger = 0;
	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	fake_exited(2, POLICY_END_BAD);
	fake_pass(1000);
	fake_exited(3, POLICY_END_BAD);
	CHECK(policy_wake(&pool) == now + 2000);
	fake_do(POLICY_EV_RECYCLE);
	CHECK(fake_started(0) == 4);
	fake_exited(4, POLICY_END_BAD);
	fake_pass(1000);
	fake_active(5);
	fake_exited(1, POLICY_END_GOOD);
	fake_do(POLICY_EV_RECYCLE);
	fake_exited(6, POLICY_END_BAD);
	CHECK(policy_wake(&pool) == now + 1000);
	fake_pass(1000);
	fake_active(7);
	measured_of(7, true);
	fake_exited(8, POLICY_END_BAD);
	CHECK(policy_wake(&pool) == now + 1000);
}

/* What was wrong may have been the configuration. */
static void config_counts_at_once(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.fail_max = 0;
	fake_begin(&c);
	for (unsigned int id = 1; id < 8; id++) {
		fake_exited(id, POLICY_END_BAD);
		if (!fake_started(0))
			fake_pass(policy_wake(&pool) - now);
	}
	fake_exited(8, POLICY_END_BAD);
	CHECK(!fake_count(POLICY_START));
	fake_do(POLICY_EV_CONFIG);
	CHECK(fake_started(0) == 9);
}

static void by_age(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.age = 3600000;
	fake_run(&c);
	CHECK(policy_wake(&pool) == now + 3595000);
	fake_pass(3594999);
	CHECK(!pool.nr_actions);
	fake_pass(1);
	CHECK(fake_started(0) == 2);
	fake_active(2);
	CHECK(fake_action(POLICY_DRAIN)->why == POLICY_WHY_AGE);
	fake_exited(1, POLICY_END_GOOD);
	CHECK(policy_wake(&pool) == now + 3600000);
}

static void measured(uint64_t requests, uint64_t memory, bool changed)
{
	struct policy_event event = { POLICY_EV_MEASURED, .id = 1 };

	event.measure.attached = true;
	event.measure.serves = true;
	event.measure.requests = requests;
	event.measure.memory = memory;
	event.measure.changed = changed;
	fake_event(&event);
}

static void by_measure(void)
{
	struct policy_config c = fake_config();

	c.requests = 1000;
	fake_run(&c);
	measured(999, 1ULL << 40, false);
	CHECK(!pool.nr_actions);
	measured(1000, 0, false);
	CHECK(fake_started(0) == 3);
	fake_active(3);
	CHECK(fake_action(POLICY_DRAIN)->why == POLICY_WHY_REQUESTS);
	CHECK(fake_did(POLICY_DRAIN, 1));

	c = fake_config();
	c.memory = 1 << 20;
	fake_run(&c);
	measured(1ULL << 40, (1 << 20) - 1, false);
	CHECK(!pool.nr_actions);
	measured(0, 1 << 20, false);
	CHECK(fake_started(0) == 3);
	fake_active(3);
	CHECK(fake_action(POLICY_DRAIN)->why == POLICY_WHY_MEMORY);
}

static void by_change(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	fake_do(POLICY_EV_RECYCLE);
	fake_active(3);
	fake_exited(1, POLICY_END_GOOD);
	fake_run(&c);
	measured(0, 0, true);
	CHECK(fake_started(0) == 3);
	/* It was changed back. */
	measured(0, 0, false);
	fake_exited(3, POLICY_END_BAD);
	fake_pass(100000);
	CHECK(!fake_count(POLICY_START));
}

static void at_local(int64_t local)
{
	struct policy_event event = { POLICY_EV_TICK, .local = local };

	now += 1000;
	fake_event(&event);
}

static void by_time(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.stagger = 0;
	c.at[0] = 3 * 3600;
	c.at[1] = 18 * 3600;
	c.nr_at = 2;
	fake_run(&c);
	at_local(DAY + 18 * 3600 - 1);
	CHECK(!pool.nr_actions);
	at_local(DAY + 18 * 3600);
	CHECK(fake_started(0) == 2);
	fake_active(2);
	CHECK(fake_action(POLICY_DRAIN)->why == POLICY_WHY_TIME);
	fake_exited(1, POLICY_END_GOOD);
	/* Past midnight, and past the moment itself. */
	at_local(DAY + 24 * 3600 + 3 * 3600 - 1);
	CHECK(!pool.nr_actions);
	at_local(DAY + 24 * 3600 + 3 * 3600 + 500);
	CHECK(fake_started(0) == 3);
	fake_active(3);
	fake_exited(2, POLICY_END_GOOD);
	/* Summer time ends: it is three o'clock again. */
	at_local(DAY + 24 * 3600 + 2 * 3600 + 600);
	at_local(DAY + 24 * 3600 + 3 * 3600 + 10);
	CHECK(!pool.nr_actions);
	/* The clock is set back by days. */
	at_local(DAY + 2 * 3600);
	at_local(DAY + 3 * 3600);
	CHECK(fake_started(0) == 4);
}

const struct test recycle_tests[] = {
	{ "recycling, overlapped", recycle_overlapped },
	{ "recycling, not overlapped", recycle_not_overlapped },
	{ "recycling one", recycle_one },
	{ "recycling is staggered", staggered },
	{ "the new one fails", recycle_fails },
	{ "the new one is slow", recycle_slow },
	{ "the old one dies meanwhile", old_one_dies },
	{ "the old one is sick meanwhile", old_one_is_sick },
	{ "the oldest is recycled first", oldest_first },
	{ "recycling again", recycle_again },
	{ "a new configuration counts at once", config_counts_at_once },
	{ "recycling by age", by_age },
	{ "recycling by requests and memory", by_measure },
	{ "recycling by change", by_change },
	{ "recycling by time of day", by_time },
	{}
};
