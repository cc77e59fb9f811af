// SPDX-License-Identifier: GPL-2.0
/* The tables; see lifecycle.h. */

#include <linux/bits.h>
#include <linux/kernel.h>

#include "lifecycle.h"

#define NONE HTTPQ_LIFECYCLE_NONE

#define ON(event, state) [HTTPQ_LIFECYCLE_WORKER_##event] = HTTPQ_WORKER_##state + 1
static const u8 workers[][HTTPQ_LIFECYCLE_WORKER_NR] = {
	[HTTPQ_WORKER_STARTING] = {
		ON(READY, ACTIVE), ON(DRAIN, DRAINING), ON(LEAVE, GONE),
	},
	[HTTPQ_WORKER_ACTIVE] = { ON(DRAIN, DRAINING), ON(LEAVE, GONE) },
	[HTTPQ_WORKER_DRAINING] = { ON(LEAVE, GONE) },
	[HTTPQ_WORKER_GONE] = {},
};

#undef ON

#define ON(event, state) [HTTPQ_LIFECYCLE_REQUEST_##event] = HTTPQ_REQUEST_##state + 1
static const u8 requests[][HTTPQ_LIFECYCLE_REQUEST_NR] = {
	[HTTPQ_REQUEST_NEW] = { ON(DISPATCH, QUEUED), ON(END, DONE) },
	[HTTPQ_REQUEST_QUEUED] = { ON(TAKE, RESERVED), ON(END, DONE) },
	[HTTPQ_REQUEST_RESERVED] = {
		ON(DELIVER, DELIVERED), ON(RETURN, QUEUED), ON(END, DONE),
	},
	[HTTPQ_REQUEST_DELIVERED] = {
		ON(RETURN, QUEUED), ON(OUTLIVE, ZOMBIE), ON(END, DONE),
	},
	[HTTPQ_REQUEST_ZOMBIE] = { ON(END, DONE) },
	[HTTPQ_REQUEST_DONE] = {},
};

#undef ON

#define ON(event, state) [HTTPQ_LIFECYCLE_CONN_##event] = HTTPQ_CONN_##state + 1
static const u8 conns[][HTTPQ_LIFECYCLE_CONN_NR] = {
	[HTTPQ_CONN_IDLE] = { ON(BYTE, HEAD), ON(CLOSE, LINGER), ON(GONE, DEAD) },
	[HTTPQ_CONN_HEAD] = {
		ON(DISPATCH, REQUEST), ON(NEXT, IDLE), ON(REST, DRAIN),
		ON(CLOSE, LINGER), ON(GONE, DEAD),
	},
	[HTTPQ_CONN_REQUEST] = {
		ON(NEXT, IDLE), ON(REST, DRAIN), ON(CLOSE, LINGER),
		ON(GONE, DEAD),
	},
	[HTTPQ_CONN_DRAIN] = {
		ON(NEXT, IDLE), ON(CLOSE, LINGER), ON(GONE, DEAD),
	},
	[HTTPQ_CONN_LINGER] = { ON(GONE, DEAD) },
	[HTTPQ_CONN_DEAD] = {},
};

#undef ON

/*
 * A row fits if its cause does, @progress has the bit, and @client agrees; the
 * first that fits decides. A row that returns a request fits only if it may
 * be delivered (again).
 */
enum client { ALIVE, GONE, EITHER };

struct rule {
	u8 cause;
	u8 progress;
	u8 client;
	struct httpq_fate fate;
};

#define UNREAD		BIT(HTTPQ_PROGRESS_UNREAD)
#define UNTOUCHED	BIT(HTTPQ_PROGRESS_UNTOUCHED)
#define READING		BIT(HTTPQ_PROGRESS_READING)
#define BEGUN		BIT(HTTPQ_PROGRESS_BEGUN)
#define COMPLETE	BIT(HTTPQ_PROGRESS_COMPLETE)
#define UNANSWERED	(UNTOUCHED | READING)
#define DELIVERED	(UNANSWERED | BEGUN | COMPLETE)
#define ANY		(UNREAD | DELIVERED)

#define RULE(_cause, _progress, _client, _kind, _status, _reason)	\
	{								\
		.cause = HTTPQ_CAUSE_##_cause,				\
		.progress = (_progress),				\
		.client = (_client),					\
		.fate = {						\
			.kind = HTTPQ_FATE_##_kind,			\
			.status = (_status),				\
			.reason = HTTPQ_LOG_REASON_##_reason,		\
		},							\
	}

static const struct rule rules[] = {
	/* Guarantee G1: what was not delivered is not lost with a worker. */
	RULE(WORKER_GONE, UNREAD, GONE, RECORD, 0, CLIENT_RESET),
	RULE(WORKER_GONE, UNREAD, ALIVE, RETURN, 0, NONE),
	RULE(WORKER_GONE, UNTOUCHED, ALIVE, RETURN, 0, NONE),
	RULE(WORKER_GONE, UNANSWERED, ALIVE, REFUSE, 502, ABANDONED_QUEUE),
	RULE(WORKER_GONE, BEGUN, ALIVE, BREAK, 0, ABANDONED_QUEUE),
	RULE(WORKER_GONE, ANY, EITHER, RECORD, 0, ABANDONED_QUEUE),

	RULE(CANCEL, UNREAD | UNANSWERED, ALIVE, REFUSE, 502, ABANDONED_QUEUE),
	RULE(CANCEL, BEGUN, ALIVE, BREAK, 0, ABANDONED_QUEUE),
	RULE(CANCEL, ANY, EITHER, RECORD, 0, ABANDONED_QUEUE),

	/* Guarantee G4: what a worker has may still end well. */
	RULE(CLIENT_GONE, UNREAD, EITHER, RECORD, 0, CLIENT_RESET),
	RULE(CLIENT_GONE, DELIVERED, EITHER, OUTLIVE, 0, NONE),
	RULE(CLIENT_SLOW, ANY, EITHER, RECORD, 0, NONE),

	RULE(QUEUE_TIMER, UNREAD, ALIVE, REFUSE, 503, TIMER_QUEUE),
	RULE(ANSWER_TIMER, UNREAD, ALIVE, REFUSE, 503, TIMER_QUEUE),
	RULE(ANSWER_TIMER, UNANSWERED, ALIVE, REFUSE, 504, TIMER_RESPONSE),
	RULE(ANSWER_TIMER, BEGUN, ALIVE, BREAK, 0, TIMER_RESPONSE),
	RULE(QUEUE_STOP, UNREAD, ALIVE, REFUSE, 503, DISABLED),
	RULE(QUEUE_STOP, UNREAD, GONE, RECORD, 0, CLIENT_RESET),

	RULE(ZOMBIE_TIMER, DELIVERED, EITHER, RECORD, 0, DROPPED),
	RULE(ZOMBIE_EVICT, DELIVERED, EITHER, RECORD, 0, DROPPED_LIST_FULL),
	RULE(ZOMBIE_REAP, DELIVERED, EITHER, RECORD, 0, DROPPED),
};

static u8 step(const u8 *row, u8 event, u8 events)
{
	return event < events && row[event] ? row[event] - 1 : NONE;
}

/**
 * httpq_lifecycle_worker - the next state of a worker
 * @state: enum httpq_worker_state
 * @event: enum httpq_lifecycle_worker
 *
 * Context: any.
 * Return: enum httpq_worker_state or HTTPQ_LIFECYCLE_NONE.
 */
u8 httpq_lifecycle_worker(u8 state, u8 event)
{
	if (state >= ARRAY_SIZE(workers))
		return NONE;
	return step(workers[state], event, HTTPQ_LIFECYCLE_WORKER_NR);
}

/**
 * httpq_lifecycle_request - the next state of a request
 * @state: enum httpq_request_state
 * @event: enum httpq_lifecycle_request
 *
 * Context: any.
 * Return: enum httpq_request_state or HTTPQ_LIFECYCLE_NONE.
 */
u8 httpq_lifecycle_request(u8 state, u8 event)
{
	if (state >= ARRAY_SIZE(requests))
		return NONE;
	return step(requests[state], event, HTTPQ_LIFECYCLE_REQUEST_NR);
}

/**
 * httpq_lifecycle_conn - the next state of a connection
 * @state: enum httpq_conn_state
 * @event: enum httpq_lifecycle_conn
 *
 * Context: any.
 * Return: enum httpq_conn_state or HTTPQ_LIFECYCLE_NONE.
 */
u8 httpq_lifecycle_conn(u8 state, u8 event)
{
	if (state >= ARRAY_SIZE(conns))
		return NONE;
	return step(conns[state], event, HTTPQ_LIFECYCLE_CONN_NR);
}

/**
 * httpq_lifecycle_idempotent - whether doing it twice does no harm
 * @method_id: enum httpq_method
 *
 * Context: any.
 * Return: true for the methods of RFC 9110 section 9.2.2.
 */
bool httpq_lifecycle_idempotent(u8 method_id)
{
	switch (method_id) {
	case HTTPQ_METHOD_GET:
	case HTTPQ_METHOD_HEAD:
	case HTTPQ_METHOD_PUT:
	case HTTPQ_METHOD_DELETE:
	case HTTPQ_METHOD_OPTIONS:
	case HTTPQ_METHOD_TRACE:
		return true;
	}
	return false;
}

static bool may_return(const struct httpq_facts *facts)
{
	if (facts->progress == HTTPQ_PROGRESS_UNREAD)
		return true;
	if (facts->redelivered >= HTTPQ_REDELIVERIES_MAX)
		return false;
	switch (facts->policy) {
	case HTTPQ_REDELIVER_ANY:
		return true;
	case HTTPQ_REDELIVER_IDEMPOTENT:
		return facts->idempotent;
	}
	return false;
}

static bool fits(const struct rule *rule, const struct httpq_facts *facts)
{
	if (rule->cause != facts->cause ||
	    !(rule->progress & BIT(facts->progress)))
		return false;
	if (rule->client != EITHER && rule->client != facts->client_gone)
		return false;
	return rule->fate.kind != HTTPQ_FATE_RETURN || may_return(facts);
}

/**
 * httpq_lifecycle_fate - what becomes of a request
 * @facts: what is known
 *
 * Context: any.
 * Return: the fate. What no rule knows is only recorded, as
 * HTTPQ_LOG_REASON_INTERNAL: the explorer shows that it does not happen.
 */
struct httpq_fate httpq_lifecycle_fate(const struct httpq_facts *facts)
{
	static const struct httpq_fate unknown = {
		.kind = HTTPQ_FATE_RECORD,
		.reason = HTTPQ_LOG_REASON_INTERNAL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (fits(&rules[i], facts))
			return rules[i].fate;
	return unknown;
}

#define NAME(name) #name,
static const char *const worker_names[] = { HTTPQ_WORKER_STATES(NAME) };
static const char *const request_names[] = { HTTPQ_REQUEST_STATES(NAME) };
static const char *const conn_names[] = { HTTPQ_CONN_STATES(NAME) };

/**
 * httpq_lifecycle_worker_name - for people
 * @state: enum httpq_worker_state
 *
 * Context: any.
 * Return: static text.
 */
const char *httpq_lifecycle_worker_name(u8 state)
{
	return state < ARRAY_SIZE(worker_names) ? worker_names[state] : "?";
}

/**
 * httpq_lifecycle_request_name - for people
 * @state: enum httpq_request_state
 *
 * Context: any.
 * Return: static text.
 */
const char *httpq_lifecycle_request_name(u8 state)
{
	return state < ARRAY_SIZE(request_names) ? request_names[state] : "?";
}

/**
 * httpq_lifecycle_conn_name - for people
 * @state: enum httpq_conn_state
 *
 * Context: any.
 * Return: static text.
 */
const char *httpq_lifecycle_conn_name(u8 state)
{
	return state < ARRAY_SIZE(conn_names) ? conn_names[state] : "?";
}
