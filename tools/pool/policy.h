/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a supervisor decides: when workers are started, recycled, stopped and
 * given up. Pure: events and the time go in, actions come out.
 */
#ifndef _POOL_POLICY_H
#define _POOL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_WORKERS_MAX	256	/* of one pool, the leaving ones too */
#define POLICY_SEATS_MAX	64	/* that may serve at a time */
#define POLICY_TIMES_MAX	24
#define POLICY_FAILURES_MAX	100
#define POLICY_ACTIONS_MAX	(2 * POLICY_WORKERS_MAX + 8)
#define POLICY_NEVER		INT64_MAX

/**
 * struct policy_config - what was configured; times in milliseconds, 0 is off
 * @seats: how many workers serve.
 * @on_demand: none is started before a request waits.
 * @start_limit: from its start until a worker is ready.
 * @stop_limit: for a leaving worker to answer what it holds.
 * @kill_limit: from SIGTERM to SIGKILL.
 * @idle: without a request until all workers are stopped.
 * @overlap: a new worker is ready before the old one leaves.
 * @stagger: from one recycling to the next.
 * @at: seconds of the day, in local time, at which all workers are recycled.
 * @nr_at: how many.
 * @age: of a worker.
 * @requests: that a worker got.
 * @memory: bytes.
 * @ping_kernel: a worker is sick that calls nothing while requests wait.
 * @ping_timeout: for how long.
 * @orphan: let go of a sick worker instead of ending it.
 * @fail_max: so many failures in @fail_window set the queue offline.
 * @fail_window: see there.
 */
struct policy_config {
	unsigned int seats;
	bool on_demand;
	int64_t start_limit;
	int64_t stop_limit;
	int64_t kill_limit;
	int64_t idle;
	bool overlap;
	int64_t stagger;
	int at[POLICY_TIMES_MAX];
	unsigned int nr_at;
	int64_t age;
	uint64_t requests;
	uint64_t memory;
	bool ping_kernel;
	int64_t ping_timeout;
	bool orphan;
	unsigned int fail_max;
	int64_t fail_window;
};

/* The course of a worker, in this order. */
enum policy_state {
	POLICY_STARTING,	/* not ready yet */
	POLICY_ACTIVE,
	POLICY_DRAINING,	/* answers what it holds */
	POLICY_STOPPING,	/* has got SIGTERM */
	POLICY_KILLED,		/* has got SIGKILL */
	POLICY_STATE_NR,
};

enum policy_mode {
	POLICY_IDLE,		/* starts workers when a request waits */
	POLICY_RUNNING,
	POLICY_STOPPED,		/* by command; the queue is stopped, too */
	POLICY_OFFLINE,		/* by rapid failures; so is the queue */
	POLICY_LEAVING,		/* the supervisor ends when all workers have */
	POLICY_MODE_NR,
};

/* Why a worker is replaced or stopped. */
enum policy_why {
	POLICY_WHY_NONE,
	POLICY_WHY_COMMAND,
	POLICY_WHY_TIME,
	POLICY_WHY_AGE,
	POLICY_WHY_REQUESTS,
	POLICY_WHY_MEMORY,
	POLICY_WHY_CHANGED,	/* its executable */
	POLICY_WHY_CONFIG,
	POLICY_WHY_SICK,
	POLICY_WHY_SLOW,	/* not ready in time */
	POLICY_WHY_IDLE,
	POLICY_WHY_SURPLUS,
	POLICY_WHY_LEFT,	/* drained or detached, not by us */
	POLICY_WHY_STOP,
	POLICY_WHY_NR,
};

/* How a process ended. */
enum policy_end {
	POLICY_END_GOOD,
	POLICY_END_BAD,
	POLICY_END_UNKNOWN,	/* it was not our child */
	POLICY_END_UNSEEN,	/* perhaps it had never begun */
};

/**
 * struct policy_worker - a worker
 * @id: its number, never used again; 0: the place is free.
 * @state: enum policy_state.
 * @why: enum policy_why: why it leaves, or is to be recycled.
 * @begun: when it was started.
 * @since: when it came to its state.
 * @idle_at: since when, in that state, it was seen to hold nothing; or
 *	POLICY_NEVER.
 * @replaces: the worker that leaves when this one is ready, or 0.
 * @requests: that it got.
 * @memory: bytes it has.
 * @held: requests it holds.
 * @attached: it has a handle of the queue.
 */
struct policy_worker {
	unsigned int id;
	enum policy_state state;
	enum policy_why why;
	int64_t begun;
	int64_t since;
	int64_t idle_at;
	unsigned int replaces;
	uint64_t requests;
	uint64_t memory;
	unsigned int held;
	bool attached;
};

enum policy_action_type {
	POLICY_START,		/* a worker of this number */
	POLICY_DRAIN,		/* with @deadline_ms, 0 for none */
	POLICY_TERM,
	POLICY_KILL,
	POLICY_ORPHAN,		/* let go of it */
	POLICY_QUEUE_RUN,
	POLICY_QUEUE_STOP,
	POLICY_QUEUE_OFFLINE,
	POLICY_DONE,		/* the last worker is gone: end */
};

/**
 * struct policy_action - what is to be done
 * @type: enum policy_action_type.
 * @id: the worker.
 * @why: for the log.
 * @deadline_ms: of POLICY_DRAIN.
 */
struct policy_action {
	enum policy_action_type type;
	unsigned int id;
	enum policy_why why;
	int64_t deadline_ms;
};

enum policy_event_type {
	POLICY_EV_TICK,		/* time has passed: @local */
	POLICY_EV_DEMAND,	/* a request waits and nobody is there */
	POLICY_EV_ACTIVE,	/* @id is ready */
	POLICY_EV_EXITED,	/* @id is gone: @end */
	POLICY_EV_MEASURED,	/* @id: @measure */
	POLICY_EV_QUEUE,	/* @queue */
	POLICY_EV_SICK,		/* @id does not answer its ping */
	POLICY_EV_RECYCLE,	/* @id, or all if 0: @why */
	POLICY_EV_START,	/* commands */
	POLICY_EV_STOP,
	POLICY_EV_RESET,
	POLICY_EV_LEAVE,
	POLICY_EV_CONFIG,	/* policy.config was changed */
};

/**
 * struct policy_event - what happened
 * @type: enum policy_event_type.
 * @id: the worker.
 * @local: seconds since 1970 in local time.
 * @end: enum policy_end.
 * @why: enum policy_why.
 * @measure: what is known of a worker: @attached says that it has a handle,
 *	@serves that one may get requests, @call_ms is the age of its last call,
 *	@changed says that its executable is another one now.
 * @queue: what is known of the queue: @stopped and @offline are its state,
 *	@blocked that nothing is delivered for another reason.
 */
struct policy_event {
	enum policy_event_type type;
	unsigned int id;
	union {
		int64_t local;
		enum policy_end end;
		enum policy_why why;
		struct {
			uint64_t requests;
			uint64_t memory;
			unsigned int held;
			int64_t call_ms;
			bool attached;
			bool serves;
			bool changed;
		} measure;
		struct {
			uint64_t arrived;
			unsigned int queued;
			unsigned int inflight;
			bool stopped;
			bool offline;
			bool blocked;
		} queue;
	};
};

/**
 * struct policy - a pool
 * @config: may be replaced at any time; tell by POLICY_EV_CONFIG.
 * @mode: enum policy_mode.
 * @workers: in no order.
 * @next_id: of the next worker.
 * @actions: to be done, in this order, after each policy_step().
 * @nr_actions: how many.
 * @recycled: workers that were replaced so far.
 * @changes: how often a worker came to another state.
 *
 * The other members are policy.c's.
 */
struct policy {
	struct policy_config config;
	enum policy_mode mode;
	struct policy_worker workers[POLICY_WORKERS_MAX];
	unsigned int next_id;
	struct policy_action actions[POLICY_ACTIONS_MAX];
	unsigned int nr_actions;
	uint64_t recycled;
	uint64_t changes;

	int64_t failures[POLICY_FAILURES_MAX];
	unsigned int nr_failures;
	int64_t start_after;
	int64_t recycle_after;
	unsigned int recycle_failures;
	uint64_t arrived;
	int64_t busy_at;
	int64_t waiting_since;
	int64_t local;
};

void policy_init(struct policy *p, const struct policy_config *config,
		 int64_t now, int64_t local);
struct policy_worker *policy_adopt(struct policy *p, unsigned int id,
				   enum policy_state state, int64_t begun,
				   int64_t now);
void policy_step(struct policy *p, const struct policy_event *event,
		 int64_t now);
int64_t policy_wake(const struct policy *p);
bool policy_wants_demand(const struct policy *p);

struct policy_worker *policy_find(struct policy *p, unsigned int id);
unsigned int policy_count(const struct policy *p, enum policy_state state);
unsigned int policy_failures(const struct policy *p, int64_t now);
const char *policy_state_name(enum policy_state state);
const char *policy_mode_name(enum policy_mode mode);
const char *policy_why_name(enum policy_why why);

#endif /* _POOL_POLICY_H */
