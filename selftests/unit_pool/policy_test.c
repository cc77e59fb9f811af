// SPDX-License-Identifier: GPL-2.0
/* The decisions, one by one; recycling is in recycle_test.c. */
#include "fake.h"
#include "test.h"

static void starts_all(void)
{
	struct policy_config c = fake_config();

	c.seats = 3;
	fake_begin(&c);
	CHECK(fake_count(POLICY_START) == 3);
	CHECK(fake_started(0) == 1 && fake_started(2) == 3);
	CHECK(!policy_wants_demand(&pool));
	fake_pass(1000);
	CHECK(!pool.nr_actions);
}

static void starts_on_demand(void)
{
	struct policy_config c = fake_config();

	c.on_demand = true;
	fake_begin(&c);
	CHECK(!pool.nr_actions && policy_wants_demand(&pool));
	CHECK(policy_wake(&pool) == POLICY_NEVER);
	fake_demand();
	CHECK(fake_count(POLICY_START) == 2 && !policy_wants_demand(&pool));
	fake_demand();
	CHECK(!pool.nr_actions);
}

static void start_limit(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	fake_begin(&c);
	CHECK(policy_wake(&pool) == now + 30000);
	fake_pass(29999);
	CHECK(!pool.nr_actions);
	fake_pass(1);
	CHECK(fake_did(POLICY_TERM, 1) && fake_action(POLICY_TERM)->why ==
						 POLICY_WHY_SLOW);
	CHECK(fake_started(0) == 2);
	CHECK(policy_failures(&pool, now) == 1);
	fake_pass(5000);
	CHECK(fake_did(POLICY_KILL, 1));
	/* It has failed once, not twice. */
	fake_exited(1, POLICY_END_BAD);
	CHECK(policy_failures(&pool, now) == 1);
}

static void no_limits(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.start_limit = 0;
	c.stop_limit = 0;
	c.kill_limit = 0;
	fake_begin(&c);
	CHECK(policy_wake(&pool) == POLICY_NEVER);
	fake_active(1);
	fake_do(POLICY_EV_STOP);
	CHECK(fake_did(POLICY_DRAIN, 1));
	CHECK(fake_action(POLICY_DRAIN)->deadline_ms == 0);
	fake_pass(1000000000);
	CHECK(!pool.nr_actions && fake_is(1, POLICY_DRAINING));
}

static void crash(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	fake_exited(1, POLICY_END_BAD);
	CHECK(fake_started(0) == 3 && pool.nr_actions == 1);
	CHECK(policy_failures(&pool, now) == 1);
	/* A good end is none, and nor is one that nobody can judge. */
	fake_exited(2, POLICY_END_GOOD);
	CHECK(fake_started(0) == 4 && policy_failures(&pool, now) == 1);
	fake_active(3);
	fake_pass(2000);
	fake_exited(3, POLICY_END_UNKNOWN);
	CHECK(fake_started(0) == 5 && policy_failures(&pool, now) == 1);
}

static void quick_end(void)
{
	struct policy_config c = fake_config();

	fake_begin(&c);
	fake_active(1);
	fake_pass(999);
	fake_exited(1, POLICY_END_GOOD);
	CHECK(policy_failures(&pool, now) == 1);
	fake_exited(2, POLICY_END_GOOD);
	CHECK(policy_failures(&pool, now) == 2);
}

static void rapid_fail(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	fake_exited(1, POLICY_END_BAD);
	fake_exited(3, POLICY_END_BAD);
	/* The second one in a row has to wait. */
	CHECK(!fake_count(POLICY_START));
	CHECK(policy_wake(&pool) == now + 100);
	fake_pass(100);
	CHECK(fake_started(0) == 4);
	fake_exited(4, POLICY_END_BAD);
	CHECK(fake_count(POLICY_QUEUE_OFFLINE) == 1);
	CHECK(pool.mode == POLICY_OFFLINE);
	CHECK(fake_did(POLICY_DRAIN, 2) && !fake_count(POLICY_START));
	fake_pass(100000);
	CHECK(!fake_count(POLICY_START) && !policy_wants_demand(&pool));
}

static void failures_expire(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	fake_run(&c);
	for (unsigned int id = 1; id < 10; id++) {
		fake_exited(id, POLICY_END_BAD);
		CHECK(fake_started(0) == id + 1);
		fake_active(id + 1);
		fake_pass(60000);
	}
	CHECK(pool.mode == POLICY_RUNNING);
}

static void no_rapid_fail(void)
{
	struct policy_config c = fake_config();
	int64_t waited = 0;
	unsigned int id;

	c.seats = 1;
	c.fail_max = 0;
	/* Which is no reason to start again and again without a pause. */
	c.fail_window = 1;
	fake_begin(&c);
	for (id = 1; id < 500; id++) {
		int64_t wake;

		fake_exited(id, POLICY_END_BAD);
		wake = policy_wake(&pool);
		if (fake_started(0))
			continue;
		waited += wake - now;
		CHECK(wake - now <= 10000);
		fake_pass(wake - now);
		CHECK(fake_started(0) == id + 1);
	}
	CHECK(pool.mode == POLICY_RUNNING && waited > 1000000);
}

static void go_offline(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.fail_max = 1;
	fake_run(&c);
	fake_exited(1, POLICY_END_BAD);
	CHECK(pool.mode == POLICY_OFFLINE);
	fake_state(false, true);
}

static void reset_by_command(void)
{
	go_offline();
	fake_do(POLICY_EV_RESET);
	CHECK(fake_count(POLICY_QUEUE_RUN) == 1 && fake_started(0) == 2);
	CHECK(!policy_failures(&pool, now));
}

static void reset_by_queue(void)
{
	go_offline();
	fake_pass(1000);
	fake_state(false, false);
	CHECK(!fake_count(POLICY_QUEUE_RUN) && fake_started(0) == 2);
	CHECK(pool.mode == POLICY_RUNNING && !policy_failures(&pool, now));
}

static void stop_and_start(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	fake_do(POLICY_EV_STOP);
	CHECK(fake_count(POLICY_QUEUE_STOP) == 1);
	CHECK(fake_did(POLICY_DRAIN, 1) && fake_did(POLICY_DRAIN, 2));
	fake_state(true, false);
	CHECK(!pool.nr_actions);
	fake_do(POLICY_EV_START);
	CHECK(fake_count(POLICY_QUEUE_RUN) == 1);
	CHECK(fake_started(0) == 3 && fake_started(1) == 4);
}

static void stopped_by_others(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	fake_state(true, false);
	CHECK(pool.mode == POLICY_STOPPED && !fake_count(POLICY_QUEUE_STOP));
	CHECK(fake_count(POLICY_DRAIN) == 2);
	fake_state(false, false);
	CHECK(pool.mode == POLICY_RUNNING && fake_count(POLICY_START) == 2);
}

/* From DRAIN over SIGTERM to SIGKILL. */
static void stop_limits(void)
{
	struct policy_config c = fake_config();
	struct policy_event event = { POLICY_EV_MEASURED, .id = 1 };

	c.seats = 1;
	fake_run(&c);
	fake_do(POLICY_EV_STOP);
	CHECK(fake_action(POLICY_DRAIN)->deadline_ms == 20000);
	event.measure.attached = true;
	event.measure.held = 1;
	fake_event(&event);
	CHECK(policy_wake(&pool) == now + 20000);
	fake_pass(19999);
	CHECK(!pool.nr_actions);
	fake_pass(1);
	CHECK(fake_did(POLICY_TERM, 1));
	fake_pass(4999);
	CHECK(!pool.nr_actions);
	fake_pass(1);
	CHECK(fake_did(POLICY_KILL, 1));
	/* Again and again: a signal may be lost on its way. */
	fake_pass(4999);
	CHECK(!pool.nr_actions);
	fake_pass(1);
	CHECK(fake_did(POLICY_KILL, 1) && policy_wake(&pool) == now + 5000);
	fake_exited(1, POLICY_END_BAD);
	CHECK(policy_wake(&pool) == POLICY_NEVER);
	CHECK(!policy_failures(&pool, now));
}

static void holds(unsigned int id, unsigned int held)
{
	struct policy_event event = { POLICY_EV_MEASURED, .id = id };

	event.measure.attached = true;
	event.measure.held = held;
	fake_event(&event);
}

/* Who holds nothing has a second to end by himself. */
static void drained(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	fake_run(&c);
	fake_idle_worker(1);
	fake_do(POLICY_EV_STOP);
	fake_pass(500);
	/* What was measured before the drain says nothing. */
	CHECK(policy_wake(&pool) == now + 19500);
	holds(1, 0);
	CHECK(policy_wake(&pool) == now + 1000);
	fake_pass(1000);
	CHECK(fake_did(POLICY_TERM, 1));
}

/* However long it took him to come to that. */
static void drained_late(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	fake_run(&c);
	fake_do(POLICY_EV_STOP);
	holds(1, 1);
	fake_pass(10000);
	holds(1, 0);
	fake_pass(900);
	holds(1, 0);
	CHECK(!pool.nr_actions && policy_wake(&pool) == now + 100);
	/* One that was on its way to him. */
	holds(1, 1);
	fake_pass(8000);
	CHECK(!pool.nr_actions);
	holds(1, 0);
	CHECK(policy_wake(&pool) == now + 1000);
	fake_pass(1000);
	CHECK(fake_did(POLICY_TERM, 1));
}

static void idle(void)
{
	struct policy_config c = fake_config();

	c.idle = 60000;
	fake_run(&c);
	fake_pass(50000);
	fake_queue(7, 0);
	fake_pass(59999);
	CHECK(!pool.nr_actions);
	fake_pass(1);
	CHECK(fake_count(POLICY_DRAIN) == 2 && policy_wants_demand(&pool));
	CHECK(fake_action(POLICY_DRAIN)->why == POLICY_WHY_IDLE);
	fake_exited(1, POLICY_END_GOOD);
	fake_demand();
	CHECK(fake_count(POLICY_START) == 2);
	fake_pass(30000);
	CHECK(pool.mode == POLICY_RUNNING);
}

static void busy_is_not_idle(void)
{
	struct policy_config c = fake_config();
	struct policy_event event = { .type = POLICY_EV_QUEUE };

	c.idle = 60000;
	fake_run(&c);
	for (int i = 0; i < 10; i++) {
		fake_pass(50000);
		event.queue.inflight = 1;
		fake_event(&event);
	}
	CHECK(pool.mode == POLICY_RUNNING);
}

static void called(int64_t call_ms)
{
	struct policy_event event = { POLICY_EV_MEASURED, .id = 1 };

	event.measure.attached = true;
	event.measure.serves = true;
	event.measure.call_ms = call_ms;
	fake_event(&event);
}

static void sick_by_kernel(void)
{
	struct policy_config c = fake_config();

	c.ping_kernel = true;
	c.ping_timeout = 10000;
	fake_run(&c);
	/* It has called long ago, but nothing waits. */
	called(1000000);
	CHECK(!pool.nr_actions);
	/* A request has only come. */
	fake_queue(1, 1);
	called(1000000);
	CHECK(!pool.nr_actions);
	fake_pass(9999);
	called(1000000);
	CHECK(!pool.nr_actions);
	/* It does call: there is just too much to do. */
	fake_pass(1);
	called(9999);
	CHECK(!pool.nr_actions);
	called(10000);
	CHECK(fake_did(POLICY_DRAIN, 1) && fake_did(POLICY_TERM, 1));
	CHECK(fake_action(POLICY_DRAIN)->deadline_ms == 5000);
	CHECK(fake_started(0) == 3 && policy_failures(&pool, now) == 1);
	fake_pass(5000);
	CHECK(fake_did(POLICY_KILL, 1));
}

static void waits_for_other_reasons(void)
{
	struct policy_config c = fake_config();
	struct policy_event event = { .type = POLICY_EV_QUEUE };

	c.ping_kernel = true;
	c.ping_timeout = 10000;
	fake_run(&c);
	event.queue.queued = 1;
	event.queue.blocked = true;
	fake_event(&event);
	fake_pass(20000);
	called(1000000);
	CHECK(!pool.nr_actions);
}

static void sick_by_ping(void)
{
	struct policy_config c = fake_config();
	struct policy_event event = { POLICY_EV_SICK, .id = 2 };

	fake_run(&c);
	fake_event(&event);
	CHECK(fake_did(POLICY_TERM, 2) && fake_started(0) == 3);
}

static void orphan(void)
{
	struct policy_config c = fake_config();
	struct policy_event event = { POLICY_EV_SICK, .id = 2 };

	c.orphan = true;
	c.overlap = false;
	fake_run(&c);
	fake_event(&event);
	CHECK(fake_did(POLICY_ORPHAN, 2) && fake_started(0) == 3);
	CHECK(pool.nr_actions == 2 && policy_failures(&pool, now) == 1);
	/* What becomes of it is nobody's business. */
	fake_exited(2, POLICY_END_BAD);
	CHECK(!pool.nr_actions && policy_failures(&pool, now) == 1);
}

static void left(unsigned int id, bool attached)
{
	struct policy_event event = { POLICY_EV_MEASURED, .id = id };

	event.measure.attached = attached;
	fake_event(&event);
}

/* It drains itself, or "httpq worker drain" was run. */
static void drains_itself(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	left(1, true);
	CHECK(fake_is(1, POLICY_DRAINING) && fake_started(0) == 3);
	fake_exited(1, POLICY_END_GOOD);
	CHECK(!policy_failures(&pool, now));
	/* The handle of one that crashed goes before it does. */
	left(2, false);
	CHECK(fake_started(0) == 4);
	fake_exited(2, POLICY_END_BAD);
	CHECK(policy_failures(&pool, now) == 1);
}

/* "httpq worker detach" was run, for a debugger. */
static void detached(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.overlap = false;
	fake_run(&c);
	left(1, false);
	CHECK(fake_started(0) == 2);
	fake_active(2);
	fake_pass(1000000);
	CHECK(!pool.nr_actions && fake_is(1, POLICY_DRAINING));
	fake_do(POLICY_EV_LEAVE);
	fake_exited(2, POLICY_END_GOOD);
	CHECK(fake_count(POLICY_DONE) == 1);
}

static void leave(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	fake_exited(2, POLICY_END_BAD);
	CHECK(fake_started(0) == 3);
	fake_do(POLICY_EV_LEAVE);
	CHECK(fake_did(POLICY_DRAIN, 1) && fake_did(POLICY_TERM, 3));
	fake_do(POLICY_EV_START);
	fake_do(POLICY_EV_STOP);
	fake_do(POLICY_EV_RESET);
	fake_demand();
	CHECK(!pool.nr_actions);
	fake_exited(3, POLICY_END_BAD);
	CHECK(!pool.nr_actions);
	fake_exited(1, POLICY_END_GOOD);
	CHECK(fake_count(POLICY_DONE) == 1);
}

static void more_and_fewer(void)
{
	struct policy_config c = fake_config();

	fake_run(&c);
	pool.config.seats = 4;
	fake_do(POLICY_EV_CONFIG);
	CHECK(fake_count(POLICY_START) == 2);
	fake_active(3);
	pool.config.seats = 1;
	pool.config.overlap = false;
	fake_do(POLICY_EV_CONFIG);
	/* First the one that is not ready, then the oldest. */
	CHECK(fake_did(POLICY_TERM, 4) && fake_count(POLICY_DRAIN) == 2);
	CHECK(fake_is(3, POLICY_ACTIVE));
	fake_pass(100);
	CHECK(!pool.nr_actions);
}

/* Idle over the hour, and looked at only when a request comes. */
static void wake_up(enum policy_event_type type)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.on_demand = true;
	c.at[0] = 3 * 3600;
	c.nr_at = 1;
	fake_begin(&c);
	now += 20 * 3600000LL;
	fake_do(type);
	CHECK(fake_started(0) == 1);
	fake_tick();
	fake_active(1);
	fake_pass(60000);
	CHECK(!pool.nr_actions && fake_is(1, POLICY_ACTIVE));
	/* The next night. */
	fake_pass(19 * 3600000LL);
	CHECK(fake_started(0) == 2);
}

static void recycle_after_idling(void)
{
	wake_up(POLICY_EV_DEMAND);
	wake_up(POLICY_EV_START);
}

static void adopts(void)
{
	struct policy_config c = fake_config();

	c.on_demand = true;
	c.seats = 3;
	now = 4000000;
	policy_init(&pool, &c, now, NOON);
	CHECK(policy_adopt(&pool, 7, POLICY_ACTIVE, now - 50000, now));
	CHECK(policy_adopt(&pool, 9, POLICY_STARTING, now - 20000, now));
	CHECK(policy_adopt(&pool, 5, POLICY_DRAINING, now - 90000, now));
	fake_tick();
	CHECK(fake_count(POLICY_START) == 1 && fake_started(0) == 10);
	CHECK(policy_wake(&pool) == now + 10000);
	fake_pass(10000);
	CHECK(fake_did(POLICY_TERM, 9));
	fake_pass(10000);
	CHECK(fake_did(POLICY_TERM, 5));
}

/* To whoever takes it over a debugger's worker is no slow one. */
static void adopts_detached(void)
{
	struct policy_event event = { POLICY_EV_MEASURED, .id = 7 };
	struct policy_config c = fake_config();

	c.seats = 1;
	now = 4000000;
	policy_init(&pool, &c, now, NOON);
	CHECK(policy_adopt(&pool, 7, POLICY_ACTIVE, now - 50000, now));
	fake_tick();
	fake_event(&event);
	CHECK(fake_started(0) == 8 && fake_is(7, POLICY_DRAINING));
	fake_active(8);
	fake_pass(100000);
	CHECK(!pool.nr_actions && !policy_failures(&pool, now));
}

/* Nobody knows whether it was ever started: it is started, again or not. */
static void adopts_nothing(void)
{
	struct policy_config c = fake_config();

	c.seats = 1;
	c.fail_max = 1;
	now = 4000000;
	policy_init(&pool, &c, now, NOON);
	CHECK(policy_adopt(&pool, 7, POLICY_STARTING, now, now));
	fake_exited(7, POLICY_END_UNSEEN);
	CHECK(fake_started(0) == 8 && !policy_failures(&pool, now));
	fake_exited(8, POLICY_END_GOOD);
	CHECK(fake_count(POLICY_QUEUE_OFFLINE) == 1);
}

static unsigned int active_one(void)
{
	for (int i = 0; i < POLICY_WORKERS_MAX; i++)
		if (pool.workers[i].id &&
		    pool.workers[i].state == POLICY_ACTIVE)
			return pool.workers[i].id;
	return 0;
}

static void full_house(void)
{
	struct policy_config c = fake_config();
	unsigned int id = 0;

	c.seats = 1;
	c.stagger = 0;
	c.stop_limit = 0;
	fake_run(&c);
	do {
		fake_do(POLICY_EV_RECYCLE);
		id = fake_started(0);
		if (id)
			fake_active(id);
	} while (id);
	CHECK(policy_count(&pool, POLICY_DRAINING) == POLICY_WORKERS_MAX - 1);
	fake_pass(5000);
	CHECK(!pool.nr_actions && policy_count(&pool, POLICY_ACTIVE) == 1);
	/* The one that serves dies as well, and there is no place. */
	id = active_one();
	fake_do(POLICY_EV_RECYCLE);
	CHECK(!pool.nr_actions);
	left(id, true);
	CHECK(!pool.nr_actions || fake_count(POLICY_DRAIN) == 1);
	fake_pass(1000);
	CHECK(!fake_count(POLICY_START));
	fake_exited(1, POLICY_END_GOOD);
	fake_pass(1000);
	CHECK(fake_count(POLICY_START) == 1);
}

const struct test policy_tests[] = {
	{ "starts all workers", starts_all },
	{ "starts on demand", starts_on_demand },
	{ "limit of starting", start_limit },
	{ "limits can be off", no_limits },
	{ "a crash, and other ends", crash },
	{ "a quick end is a failure", quick_end },
	{ "rapid failures", rapid_fail },
	{ "failures expire", failures_expire },
	{ "rapid-fail protection can be off", no_rapid_fail },
	{ "reset by command", reset_by_command },
	{ "reset by the queue's state", reset_by_queue },
	{ "stop and start", stop_and_start },
	{ "stopped by others", stopped_by_others },
	{ "limits of stopping", stop_limits },
	{ "a drained worker", drained },
	{ "drained after a while", drained_late },
	{ "idle", idle },
	{ "busy is not idle", busy_is_not_idle },
	{ "sick: calls nothing", sick_by_kernel },
	{ "not sick: nothing is delivered", waits_for_other_reasons },
	{ "sick: ping", sick_by_ping },
	{ "an orphan", orphan },
	{ "drains itself", drains_itself },
	{ "detached", detached },
	{ "leaving", leave },
	{ "more and fewer workers", more_and_fewer },
	{ "time of day, after idling over it", recycle_after_idling },
	{ "takes workers over", adopts },
	{ "a detached worker is taken over", adopts_detached },
	{ "a worker that was never started is taken over", adopts_nothing },
	{ "no room", full_house },
	{}
};
