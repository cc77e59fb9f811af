// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of the lifecycle, against tables written down a second time, and
 * the rules of fates, against what must hold whatever the rules are.
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../lifecycle.c"

/* A transition that there is; all others there are not. */
struct step_case {
	u8 from;
	u8 event;
	u8 to;
};

#define STEP(from, event, to)						\
	{ HTTPQ_WORKER_##from, HTTPQ_LIFECYCLE_WORKER_##event, HTTPQ_WORKER_##to }
static const struct step_case worker_steps[] = {
	STEP(STARTING, READY, ACTIVE),
	STEP(STARTING, DRAIN, DRAINING),
	STEP(STARTING, LEAVE, GONE),
	STEP(ACTIVE, DRAIN, DRAINING),
	STEP(ACTIVE, LEAVE, GONE),
	STEP(DRAINING, LEAVE, GONE),
};

#undef STEP

#define STEP(from, event, to)						\
	{ HTTPQ_REQUEST_##from, HTTPQ_LIFECYCLE_REQUEST_##event,	\
	  HTTPQ_REQUEST_##to }
static const struct step_case request_steps[] = {
	STEP(NEW, DISPATCH, QUEUED),
	STEP(NEW, END, DONE),
	STEP(QUEUED, TAKE, RESERVED),
	STEP(QUEUED, END, DONE),
	STEP(RESERVED, DELIVER, DELIVERED),
	STEP(RESERVED, RETURN, QUEUED),
	STEP(RESERVED, END, DONE),
	STEP(DELIVERED, RETURN, QUEUED),
	STEP(DELIVERED, OUTLIVE, ZOMBIE),
	STEP(DELIVERED, END, DONE),
	STEP(ZOMBIE, END, DONE),
};

#undef STEP

#define STEP(from, event, to)						\
	{ HTTPQ_CONN_##from, HTTPQ_LIFECYCLE_CONN_##event, HTTPQ_CONN_##to }
static const struct step_case conn_steps[] = {
	STEP(IDLE, BYTE, HEAD),
	STEP(IDLE, CLOSE, LINGER),
	STEP(IDLE, GONE, DEAD),
	STEP(HEAD, DISPATCH, REQUEST),
	STEP(HEAD, NEXT, IDLE),
	STEP(HEAD, REST, DRAIN),
	STEP(HEAD, CLOSE, LINGER),
	STEP(HEAD, GONE, DEAD),
	STEP(REQUEST, NEXT, IDLE),
	STEP(REQUEST, REST, DRAIN),
	STEP(REQUEST, CLOSE, LINGER),
	STEP(REQUEST, GONE, DEAD),
	STEP(DRAIN, NEXT, IDLE),
	STEP(DRAIN, CLOSE, LINGER),
	STEP(DRAIN, GONE, DEAD),
	STEP(LINGER, GONE, DEAD),
};

#undef STEP

/**
 * struct table_case - a state machine
 * @desc: of what
 * @step: what is tested
 * @steps: what it is to do
 * @nr: how many
 * @states: number of states; the first is where it begins
 * @end: state without a way out
 */
struct table_case {
	const char *desc;
	u8 (*step)(u8 state, u8 event);
	const struct step_case *steps;
	u8 nr;
	u8 states;
	u8 end;
};

static const struct table_case table_cases[] = {
	{
		"worker", httpq_lifecycle_worker, worker_steps,
		ARRAY_SIZE(worker_steps), HTTPQ_WORKER_GONE + 1,
		HTTPQ_WORKER_GONE,
	}, {
		"request", httpq_lifecycle_request, request_steps,
		ARRAY_SIZE(request_steps), HTTPQ_REQUEST_STATE_NR,
		HTTPQ_REQUEST_DONE,
	}, {
		"connection", httpq_lifecycle_conn, conn_steps,
		ARRAY_SIZE(conn_steps), HTTPQ_CONN_STATE_NR, HTTPQ_CONN_DEAD,
	},
};

static void table_desc(const struct table_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(table, table_cases, table_desc);

static u8 expected_step(const struct table_case *c, u8 state, u8 event)
{
	int i;

	for (i = 0; i < c->nr; i++)
		if (c->steps[i].from == state && c->steps[i].event == event)
			return c->steps[i].to;
	return HTTPQ_LIFECYCLE_NONE;
}

/* Numbers that are no states or events have no transitions either. */
static void steps_are_these(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	int state, event;

	for (state = 0; state <= U8_MAX; state++)
		for (event = 0; event <= U8_MAX; event++)
			if (c->step(state, event) !=
			    expected_step(c, state, event))
				KUNIT_FAIL(test, "%s: state %d, event %d",
					   c->desc, state, event);
}

/* Bit mask of the states that can follow those of @from, themselves too. */
static u32 states_after(const struct table_case *c, u32 from)
{
	u32 after = from;
	int state, event;

	for (state = 0; state < c->states; state++) {
		if (!(from & BIT(state)))
			continue;
		for (event = 0; event <= U8_MAX; event++) {
			u8 to = c->step(state, event);

			if (to != HTTPQ_LIFECYCLE_NONE)
				after |= BIT(to);
		}
	}
	return after == from ? after : states_after(c, after);
}

static void all_states_end(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	int state;

	KUNIT_EXPECT_EQ(test, states_after(c, BIT(0)),
			(u32)BIT(c->states) - 1);
	KUNIT_EXPECT_EQ(test, states_after(c, BIT(c->end)), (u32)BIT(c->end));
	for (state = 0; state < c->states; state++)
		KUNIT_EXPECT_TRUE(test, states_after(c, BIT(state)) &
					BIT(c->end));
}

static void states_have_names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_worker_name
			   (HTTPQ_WORKER_DRAINING), "DRAINING");
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_worker_name
			   (HTTPQ_WORKER_GONE), "GONE");
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_worker_name
			   (HTTPQ_WORKER_GONE + 1), "?");
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_request_name
			   (HTTPQ_REQUEST_NEW), "NEW");
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_request_name
			   (HTTPQ_REQUEST_DONE), "DONE");
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_request_name
			   (HTTPQ_REQUEST_STATE_NR), "?");
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_conn_name
			   (HTTPQ_CONN_IDLE), "IDLE");
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_conn_name
			   (HTTPQ_CONN_DEAD), "DEAD");
	KUNIT_EXPECT_STREQ(test, httpq_lifecycle_conn_name
			   (HTTPQ_CONN_STATE_NR), "?");
}

/* RFC 9110 section 9.2.2; CONNECT, PATCH and what is not known are not. */
static void methods_are_idempotent(struct kunit *test)
{
	const u32 idempotent = BIT(HTTPQ_METHOD_GET) | BIT(HTTPQ_METHOD_HEAD) |
			       BIT(HTTPQ_METHOD_PUT) |
			       BIT(HTTPQ_METHOD_DELETE) |
			       BIT(HTTPQ_METHOD_OPTIONS) |
			       BIT(HTTPQ_METHOD_TRACE);
	int id;

	for (id = 0; id <= U8_MAX; id++)
		KUNIT_EXPECT_EQ(test, httpq_lifecycle_idempotent(id),
				id < HTTPQ_METHOD_NR &&
				(idempotent >> id & 1));
}

/* The facts with number @nr; false behind the last. */
static bool facts_of(u32 nr, struct httpq_facts *f)
{
	static const u8 redelivered[] = {
		0, 1, HTTPQ_REDELIVERIES_MAX, HTTPQ_REDELIVERIES_MAX + 1, U8_MAX,
	};

	f->cause = nr % HTTPQ_CAUSE_NR;
	nr /= HTTPQ_CAUSE_NR;
	f->progress = nr % HTTPQ_PROGRESS_NR;
	nr /= HTTPQ_PROGRESS_NR;
	f->client_gone = nr & 1;
	f->idempotent = nr & 2;
	nr /= 4;
	/* One more than there are. */
	f->policy = nr % (HTTPQ_REDELIVER_ANY + 2);
	nr /= HTTPQ_REDELIVER_ANY + 2;
	if (nr >= ARRAY_SIZE(redelivered))
		return false;
	f->redelivered = redelivered[nr];
	return true;
}

typedef const char *(*rule_check)(const struct httpq_facts *f,
				  const struct httpq_fate *fate);

/* Calls @check for all facts; it returns what is wrong, or NULL. */
static void check_fates(struct kunit *test, rule_check check)
{
	struct httpq_fate fate;
	struct httpq_facts f;
	const char *wrong;
	u32 nr;

	for (nr = 0; facts_of(nr, &f); nr++) {
		fate = httpq_lifecycle_fate(&f);
		wrong = check(&f, &fate);
		if (!wrong)
			continue;
		KUNIT_FAIL(test, "%s: kind %u, reason %u, status %u", wrong,
			   fate.kind, fate.reason, fate.status);
		KUNIT_FAIL(test, "facts: %u %u %d %d %u %u", f.cause,
			   f.progress, f.client_gone, f.idempotent, f.policy,
			   f.redelivered);
		return;
	}
}

static bool is_cause(const struct httpq_facts *f, u32 causes)
{
	return causes & BIT(f->cause);
}

static bool is_progress(const struct httpq_facts *f, u32 mask)
{
	return mask & BIT(f->progress);
}

#define AT(name) BIT(HTTPQ_PROGRESS_##name)
#define CAUSE(name) BIT(HTTPQ_CAUSE_##name)
#define ZOMBIE_CAUSES (CAUSE(ZOMBIE_TIMER) | CAUSE(ZOMBIE_EVICT) | \
		       CAUSE(ZOMBIE_REAP))

/* A worker that nobody has heard of yet can't have done anything. */
static bool can_occur(const struct httpq_facts *f)
{
	if (is_cause(f, CAUSE(QUEUE_TIMER)))
		return is_progress(f, AT(UNREAD)) && !f->client_gone;
	if (is_cause(f, CAUSE(QUEUE_STOP)))
		return is_progress(f, AT(UNREAD));
	if (is_cause(f, CAUSE(ANSWER_TIMER)))
		return !is_progress(f, AT(COMPLETE)) && !f->client_gone;
	if (is_cause(f, ZOMBIE_CAUSES))
		return !is_progress(f, AT(UNREAD));
	return true;
}

/* What a worker has begun to deal with, as seen from outside. */
static const char *check_touched(const struct httpq_facts *f,
				 const struct httpq_fate *fate)
{
	if (fate->kind != HTTPQ_FATE_RETURN)
		return NULL;
	if (!is_progress(f, AT(UNREAD) | AT(UNTOUCHED)))
		return "returned though it was touched";
	if (f->client_gone)
		return "returned for nobody";
	return is_cause(f, CAUSE(WORKER_GONE)) ? NULL : "returned by mistake";
}

static void touched_is_not_returned(struct kunit *test)
{
	check_fates(test, check_touched);
}

static const char *check_policy(const struct httpq_facts *f,
				const struct httpq_fate *fate)
{
	bool allowed = f->policy == HTTPQ_REDELIVER_ANY ||
		       (f->policy == HTTPQ_REDELIVER_IDEMPOTENT &&
			f->idempotent);
	bool returned = fate->kind == HTTPQ_FATE_RETURN;

	if (!is_progress(f, AT(UNTOUCHED)))
		return NULL;
	if (returned && !allowed)
		return "returned against the policy";
	if (returned && f->redelivered >= HTTPQ_REDELIVERIES_MAX)
		return "returned too often";
	if (returned || !is_cause(f, CAUSE(WORKER_GONE)) || f->client_gone)
		return NULL;
	if (allowed && f->redelivered < HTTPQ_REDELIVERIES_MAX)
		return "not returned though it may be";
	return NULL;
}

static void policy_decides_redelivery(struct kunit *test)
{
	check_fates(test, check_policy);
}

static const char *check_unread(const struct httpq_facts *f,
				const struct httpq_fate *fate)
{
	if (!is_cause(f, CAUSE(WORKER_GONE)) || !is_progress(f, AT(UNREAD)) ||
	    f->client_gone)
		return NULL;
	return fate->kind == HTTPQ_FATE_RETURN ? NULL : "lost with a worker";
}

static void unread_is_always_returned(struct kunit *test)
{
	check_fates(test, check_unread);
}

static const char *check_refusal(const struct httpq_facts *f,
				 const struct httpq_fate *fate)
{
	if (fate->kind != HTTPQ_FATE_REFUSE)
		return fate->status ? "a status for nobody" : NULL;
	if (f->client_gone)
		return "refused for nobody";
	if (is_progress(f, AT(BEGUN) | AT(COMPLETE)))
		return "two answers";
	switch (fate->status) {
	case 502:
		return is_cause(f, CAUSE(WORKER_GONE) | CAUSE(CANCEL)) ?
		       NULL : "502 without a worker's fault";
	case 503:
		return is_progress(f, AT(UNREAD)) ? NULL : "503 once delivered";
	case 504:
		return is_cause(f, CAUSE(ANSWER_TIMER)) ?
		       NULL : "504 without the timer";
	}
	return "another status";
}

static void refused_only_before_an_answer(struct kunit *test)
{
	check_fates(test, check_refusal);
}

static const char *check_break(const struct httpq_facts *f,
			       const struct httpq_fate *fate)
{
	bool visible = is_progress(f, AT(BEGUN)) && !f->client_gone;

	if (fate->kind == HTTPQ_FATE_BREAK)
		return visible ? NULL : "nothing there to break";
	if (visible && is_cause(f, CAUSE(WORKER_GONE) | CAUSE(CANCEL) |
				   CAUSE(ANSWER_TIMER)))
		return "not broken though it can't be completed";
	return NULL;
}

static void broken_only_when_begun(struct kunit *test)
{
	check_fates(test, check_break);
}

static const char *check_answered(const struct httpq_facts *f,
				  const struct httpq_fate *fate)
{
	if (f->client_gone || is_progress(f, AT(COMPLETE)) || !can_occur(f))
		return NULL;
	/* The connection ends for them; who ends it answers if it can. */
	if (is_cause(f, CAUSE(CLIENT_GONE) | CAUSE(CLIENT_SLOW) |
			ZOMBIE_CAUSES))
		return NULL;
	return fate->kind == HTTPQ_FATE_RECORD ? "the client is left alone" :
						 NULL;
}

static void clients_are_not_left_alone(struct kunit *test)
{
	check_fates(test, check_answered);
}

static const char *check_zombie(const struct httpq_facts *f,
				const struct httpq_fate *fate)
{
	if (fate->kind == HTTPQ_FATE_OUTLIVE)
		return is_cause(f, CAUSE(CLIENT_GONE)) &&
		       !is_progress(f, AT(UNREAD)) ? NULL : "a false zombie";
	if (is_cause(f, CAUSE(CLIENT_GONE)) && !is_progress(f, AT(UNREAD)))
		return "its worker can't end it well";
	if (!is_cause(f, ZOMBIE_CAUSES) || !can_occur(f))
		return NULL;
	if (is_cause(f, CAUSE(ZOMBIE_EVICT)))
		return fate->reason == HTTPQ_LOG_REASON_DROPPED_LIST_FULL ?
		       NULL : "not logged as evicted";
	return fate->reason == HTTPQ_LOG_REASON_DROPPED ? NULL :
							  "not logged as dropped";
}

static void zombies_are_what_workers_have(struct kunit *test)
{
	check_fates(test, check_zombie);
}

static const char *check_reason(const struct httpq_facts *f,
				const struct httpq_fate *fate)
{
	bool ends = fate->kind == HTTPQ_FATE_REFUSE ||
		    fate->kind == HTTPQ_FATE_BREAK ||
		    fate->kind == HTTPQ_FATE_RECORD;
	bool named = fate->reason != HTTPQ_LOG_REASON_NONE;

	if (!ends)
		return named ? "a reason for what goes on" : NULL;
	/* Its timers have reasons of their own. */
	if (is_cause(f, CAUSE(CLIENT_SLOW)))
		return named ? "the caller knows better" : NULL;
	if (fate->reason == HTTPQ_LOG_REASON_INTERNAL && can_occur(f))
		return "no rule";
	return named ? NULL : "no reason";
}

static void endings_have_reasons(struct kunit *test)
{
	check_fates(test, check_reason);
}

/* The causes that a reason can come from. */
static u32 causes_of(u8 reason)
{
	switch (reason) {
	case HTTPQ_LOG_REASON_NONE:
		return ~0U;
	case HTTPQ_LOG_REASON_CLIENT_RESET:
		return CAUSE(CLIENT_GONE) | CAUSE(WORKER_GONE) |
		       CAUSE(CANCEL) | CAUSE(QUEUE_STOP);
	case HTTPQ_LOG_REASON_ABANDONED_QUEUE:
		return CAUSE(WORKER_GONE) | CAUSE(CANCEL) | CAUSE(QUEUE_STOP);
	case HTTPQ_LOG_REASON_TIMER_QUEUE:
		return CAUSE(QUEUE_TIMER) | CAUSE(ANSWER_TIMER);
	case HTTPQ_LOG_REASON_TIMER_RESPONSE:
		return CAUSE(ANSWER_TIMER);
	case HTTPQ_LOG_REASON_DISABLED:
		return CAUSE(QUEUE_STOP);
	case HTTPQ_LOG_REASON_DROPPED:
		return CAUSE(ZOMBIE_TIMER) | CAUSE(ZOMBIE_REAP);
	case HTTPQ_LOG_REASON_DROPPED_LIST_FULL:
		return CAUSE(ZOMBIE_EVICT);
	}
	return 0;
}

/* Workers and clients are blamed only for what they did. */
static const char *check_blame(const struct httpq_facts *f,
			       const struct httpq_fate *fate)
{
	bool unread = is_progress(f, AT(UNREAD));

	if (fate->reason == HTTPQ_LOG_REASON_INTERNAL && !can_occur(f))
		return NULL;
	if (!is_cause(f, causes_of(fate->reason)))
		return "a reason of another cause";
	if (fate->reason == HTTPQ_LOG_REASON_CLIENT_RESET && !unread)
		return "a worker has it";
	if (fate->reason == HTTPQ_LOG_REASON_ABANDONED_QUEUE && unread &&
	    !is_cause(f, CAUSE(CANCEL)))
		return "no worker had it";
	return NULL;
}

static void blame_is_just(struct kunit *test)
{
	check_fates(test, check_blame);
}

static struct kunit_case lifecycle_test_cases[] = {
	KUNIT_CASE_PARAM(steps_are_these, table_gen_params),
	KUNIT_CASE_PARAM(all_states_end, table_gen_params),
	KUNIT_CASE(states_have_names),
	KUNIT_CASE(methods_are_idempotent),
	KUNIT_CASE(touched_is_not_returned),
	KUNIT_CASE(policy_decides_redelivery),
	KUNIT_CASE(unread_is_always_returned),
	KUNIT_CASE(refused_only_before_an_answer),
	KUNIT_CASE(broken_only_when_begun),
	KUNIT_CASE(clients_are_not_left_alone),
	KUNIT_CASE(zombies_are_what_workers_have),
	KUNIT_CASE(endings_have_reasons),
	KUNIT_CASE(blame_is_just),
	{}
};

static struct kunit_suite lifecycle_suite = {
	.name = "httpq_lifecycle",
	.test_cases = lifecycle_test_cases,
};

kunit_test_suite(lifecycle_suite);
