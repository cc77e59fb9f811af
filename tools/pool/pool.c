// SPDX-License-Identifier: GPL-2.0
/* The loop of the supervisor: looks, tells the policy, does what it says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "pool.h"
#include "proc.h"
#include "say.h"
#include "value.h"

/* How often everything is looked at; while workers drain, more often. */
#define LOOK_MS		1000
#define LOOK_OFTEN_MS	100

static void quit(struct pool *pool, int status)
{
	sd_event_exit(pool->event, status);
}

static void drain(struct pool *pool, const struct worker *w,
		  int64_t deadline_ms)
{
	for (size_t i = 0; i < pool->nr_handles; i++)
		if (worker_of_pid(pool, pool->handles[i].pid) == w)
			kernel_drain(pool->handles[i].id, deadline_ms);
}

static void orphan(struct pool *pool, struct worker *w)
{
	for (size_t i = 0; i < pool->nr_handles; i++)
		if (worker_of_pid(pool, pool->handles[i].pid) == w)
			kernel_detach(pool->handles[i].id);
	say_warning("worker %u: is sick; let go of pid %d", w->id, w->pid);
	rescue_orphan(pool, w);
	w->launcher->forget(w);
	worker_free(w);
	state_save(pool);
}

static void start(struct pool *pool, unsigned int id)
{
	struct worker *w = worker_new(pool, id);

	if (worker_start(w))
		worker_ended(w, POLICY_END_BAD);
}

static void do_worker(struct pool *pool, const struct policy_action *action)
{
	struct worker *w = worker_find(pool, action->id);
	const char *why = policy_why_name(action->why);

	if (!w)
		return;
	switch (action->type) {
	case POLICY_DRAIN:
		say_info("worker %u: drains: %s", w->id, why);
		drain(pool, w, action->deadline_ms);
		break;
	case POLICY_TERM:
		say_info("worker %u: SIGTERM: %s", w->id, why);
		w->launcher->term(w);
		break;
	case POLICY_KILL:
		say_warning("worker %u: SIGKILL: %s", w->id, why);
		w->launcher->kill(w);
		break;
	default:
		orphan(pool, w);
	}
}

static void perform(struct pool *pool, const struct policy_action *action)
{
	const char *queue = pool->config->queue;

	switch (action->type) {
	case POLICY_START:
		start(pool, action->id);
		break;
	case POLICY_QUEUE_RUN:
		kernel_set_state(queue, HTTPQ_QUEUE_RUNNING);
		break;
	case POLICY_QUEUE_STOP:
		kernel_set_state(queue, HTTPQ_QUEUE_STOPPED);
		break;
	case POLICY_QUEUE_OFFLINE:
		say_error("queue %s: offline, after %u failures; 'httpq pool reset %s' lifts that",
			  queue, pool->config->policy.fail_max,
			  pool->config->name);
		kernel_set_state(queue, HTTPQ_QUEUE_OFFLINE);
		break;
	case POLICY_DONE:
		quit(pool, EXIT_SUCCESS);
		break;
	default:
		do_worker(pool, action);
	}
}

static void show_status(struct pool *pool)
{
	const struct policy *p = &pool->policy;
	char status[sizeof(pool->status)];

	snprintf(status, sizeof(status), "STATUS=%s, %u of %u workers active",
		 policy_mode_name(p->mode), policy_count(p, POLICY_ACTIVE),
		 p->config.seats);
	if (!strcmp(status, pool->status))
		return;
	strcpy(pool->status, status);
	sd_notify(false, status);
}

/* When to look at everything again. */
static int64_t next_look(const struct pool *pool)
{
	const struct config *c = pool->config;
	int64_t delay = LOOK_MS;

	if (pool->policy.mode == POLICY_IDLE && !pool->workers)
		return POLICY_NEVER;
	if (policy_count(&pool->policy, POLICY_DRAINING))
		delay = LOOK_OFTEN_MS;
	else if (c->ping == CONFIG_PING_FD && c->ping_interval < LOOK_MS)
		delay = c->ping_interval > LOOK_OFTEN_MS ? c->ping_interval :
							   LOOK_OFTEN_MS;
	return proc_now() + delay;
}

static void arm(struct pool *pool)
{
	const struct policy *p = &pool->policy;
	int64_t at = policy_wake(p), look = next_look(pool);

	if (look < at)
		at = look;
	sd_event_source_set_time(pool->timer, at == POLICY_NEVER ?
						      UINT64_MAX :
						      (uint64_t)at * 1000);
	sd_event_source_set_enabled(pool->timer, SD_EVENT_ONESHOT);
	sd_event_source_set_enabled(pool->demand, policy_wants_demand(p) ?
							  SD_EVENT_ON :
							  SD_EVENT_OFF);
}

static void step(struct pool *pool, const struct policy_event *event)
{
	struct policy_action actions[POLICY_ACTIONS_MAX];
	unsigned int nr;

	policy_step(&pool->policy, event, proc_now());
	nr = pool->policy.nr_actions;
	memcpy(actions, pool->policy.actions, nr * sizeof(*actions));
	for (unsigned int i = 0; i < nr; i++)
		perform(pool, &actions[i]);
}

/**
 * pool_tell - tell the policy of an event, and do what it says
 * @pool: the pool.
 * @event: what happened. What happens meanwhile is told after that.
 */
void pool_tell(struct pool *pool, const struct policy_event *event)
{
	struct policy_event first;

	if (pool->nr_events < POOL_EVENTS_MAX)
		pool->events[pool->nr_events++] = *event;
	if (pool->stepping)
		return;
	pool->stepping = true;
	while (pool->nr_events) {
		first = pool->events[0];
		memmove(pool->events, pool->events + 1,
			--pool->nr_events * sizeof(first));
		step(pool, &first);
	}
	pool->stepping = false;
	if (pool->saved != pool->policy.changes)
		state_save(pool);
	pool->saved = pool->policy.changes;
	arm(pool);
	show_status(pool);
}

static int read_handles(struct pool *pool)
{
	struct kernel_handle *handles;
	size_t nr;

	if (kernel_read_handles(pool->config->queue, &handles, &nr))
		return -1;
	free(pool->handles);
	pool->handles = handles;
	pool->nr_handles = nr;
	return 0;
}

static int tell_queue(struct pool *pool)
{
	struct policy_event event = { POLICY_EV_QUEUE };
	struct kernel_queue q;

	if (kernel_read_queue(pool->config->queue, &q))
		return -1;
	event.queue.arrived = q.arrived;
	event.queue.queued = q.queued;
	event.queue.inflight = q.inflight;
	event.queue.stopped = q.state == HTTPQ_QUEUE_STOPPED;
	event.queue.offline = q.state == HTTPQ_QUEUE_OFFLINE;
	event.queue.blocked = q.state == HTTPQ_QUEUE_PAUSED ||
			      q.inflight >= q.max_inflight;
	pool_tell(pool, &event);
	return 0;
}

/* What is being copied differs from one look to the next. */
static void look_at_files(struct pool *pool)
{
	const struct config *c = pool->config;
	uint64_t identity = 0;

	if (c->on_change)
		identity = proc_identity(c->command[0], c->watch);
	pool->settled = identity && identity == pool->identity;
	pool->identity = identity;
}

static void measure(struct pool *pool, const struct worker *w,
		    struct policy_event *event)
{
	uint32_t call_ms = UINT32_MAX;

	event->measure.memory = proc_memory(w->pid);
	event->measure.changed = pool->settled &&
				 pool->identity != w->identity;
	for (size_t i = 0; i < pool->nr_handles; i++) {
		const struct kernel_handle *h = &pool->handles[i];
		uint64_t memory;

		if (h->state == HTTPQ_WORKER_GONE ||
		    worker_of_pid(pool, h->pid) != w)
			continue;
		event->measure.attached = true;
		event->measure.serves |= h->state <= HTTPQ_WORKER_ACTIVE;
		event->measure.held += h->held;
		event->measure.requests += h->delivered;
		if (h->call_ms < call_ms)
			call_ms = h->call_ms;
		memory = h->pid == w->pid ? 0 : proc_memory(h->pid);
		if (memory > event->measure.memory)
			event->measure.memory = memory;
	}
	event->measure.call_ms = call_ms;
}

static bool is_active(struct pool *pool, const struct worker *w)
{
	for (size_t i = 0; i < pool->nr_handles; i++)
		if (pool->handles[i].state == HTTPQ_WORKER_ACTIVE &&
		    worker_of_pid(pool, pool->handles[i].pid) == w)
			return true;
	return false;
}

static void look_at(struct pool *pool, struct worker *w, int64_t now)
{
	struct policy_worker *p = policy_find(&pool->policy, w->id);
	struct policy_event event = { .id = w->id };
	bool begins = p && p->state == POLICY_STARTING && is_active(pool, w);

	if (begins) {
		say_info("worker %u: active", w->id);
		event.type = POLICY_EV_ACTIVE;
		pool_tell(pool, &event);
	}
	event.type = POLICY_EV_MEASURED;
	measure(pool, w, &event);
	pool_tell(pool, &event);
	if (worker_find(pool, event.id) == w)
		worker_ping(w, now);
}

/**
 * pool_look - look at everything
 * @pool: the pool.
 */
void pool_look(struct pool *pool)
{
	struct policy_event tick = { POLICY_EV_TICK, .local = proc_local() };
	unsigned int ids[POLICY_WORKERS_MAX], nr = 0;
	struct worker *w;

	look_at_files(pool);
	pool->launcher->look(pool);
	if (read_handles(pool) || tell_queue(pool)) {
		quit(pool, EXIT_FAILURE);
		return;
	}
	/* Workers may come and go with each that is looked at. */
	for (w = pool->workers; w && nr < POLICY_WORKERS_MAX; w = w->next)
		ids[nr++] = w->id;
	while (nr--) {
		w = worker_find(pool, ids[nr]);
		if (w && w->pid)
			look_at(pool, w, proc_now());
	}
	pool_tell(pool, &tick);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	(void)s;
	(void)usec;
	pool_look(arg);
	return 0;
}

static void on_workers(void *arg)
{
	pool_look(arg);
}

static int on_demand(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct policy_event event = { POLICY_EV_DEMAND };
	struct pool *pool = arg;

	(void)s;
	(void)fd;
	if (events & EPOLLIN) {
		say_info("a request waits");
		pool_tell(pool, &event);
	} else {
		say_error("queue %s was deleted", pool->config->queue);
		quit(pool, EXIT_FAILURE);
	}
	return 0;
}

static int choose_launcher(struct pool *pool)
{
	const struct config *c = pool->config;
	bool wanted = c->units == CONFIG_UNITS_YES ||
		      (c->units == CONFIG_UNITS_AUTO && !c->cgroup &&
		       sd_booted() > 0);

	pool->launcher = &plain_launcher;
	if (wanted && !unit_launcher.init(pool)) {
		pool->launcher = &unit_launcher;
	} else if (c->units == CONFIG_UNITS_YES || c->isolate) {
		say_error("%s: %s needs systemd, and root", c->path,
			  c->isolate ? "isolate" : "'units = yes'");
		return -1;
	}
	if (pool->launcher == &unit_launcher && c->ping == CONFIG_PING_FD &&
	    c->handle == CONFIG_HANDLE_PASS) {
		say_error("%s: a unit of systemd can't be given both a handle and a 'ping = fd'",
			  c->path);
		return -1;
	}
	return pool->launcher->init(pool);
}

static int open_sources(struct pool *pool)
{
	const struct kernel_events events = { on_workers, rescue_zombie, pool };

	pool->control_fd = kernel_attach(pool->config->queue,
					 HTTPQ_ATTACH_CONTROL);
	if (pool->control_fd < 0 || kernel_watch(pool->event, &events))
		return -1;
	return sd_event_add_io(pool->event, &pool->demand, pool->control_fd,
			       EPOLLIN, on_demand, pool) < 0 ||
	       sd_event_add_time(pool->event, &pool->timer, CLOCK_BOOTTIME,
				 UINT64_MAX, 1000, on_timer, pool) < 0 ?
		       -1 : 0;
}

/**
 * pool_start - make the queue and go on with the workers that are there
 * @pool: with its configuration, its loop and the path of its directory.
 *
 * Returns 0, or -1 after an error line.
 */
int pool_start(struct pool *pool)
{
	const struct config *c = pool->config;
	const struct config_bind *bind;

	if (state_open(pool) || kernel_make_queue(c))
		return -1;
	for (bind = c->binds; bind; bind = bind->next)
		if (kernel_bind(c, bind))
			return -1;
	policy_init(&pool->policy, &c->policy, proc_now(), proc_local());
	if (choose_launcher(pool) || open_sources(pool) || read_handles(pool) ||
	    state_load(pool) || control_open(pool))
		return -1;
	pool_look(pool);
	return 0;
}

static bool has_bind(const struct config *c, const struct config_bind *bind,
		     bool same)
{
	const struct config_bind *b;

	for (b = c->binds; b; b = b->next)
		if (same ? config_same_bind(b, bind) :
			   !strcmp(b->url, bind->url))
			return true;
	return false;
}

static int reload_binds(const struct config *old, const struct config *new)
{
	const struct config_bind *bind;
	int err = 0;

	for (bind = old->binds; bind; bind = bind->next)
		if (!has_bind(new, bind, false))
			err |= kernel_unbind(bind);
	for (bind = new->binds; bind; bind = bind->next)
		if (!has_bind(old, bind, true))
			err |= kernel_bind(new, bind);
	return err ? -1 : 0;
}

static int check_reload(const struct config *old, const struct config *new)
{
	if (strcmp(old->queue, new->queue)) {
		say_error("%s: the queue can't be changed by a reload",
			  new->path);
		return -1;
	}
	if (old->units != new->units)
		say_warning("%s: 'units' counts when httpq-pool is started again",
			    new->path);
	return 0;
}

/**
 * pool_reload - read the configuration again
 * @pool: the pool.
 *
 * Returns 0, or -1 after an error line; then the old one counts, but for
 * what the kernel refused of the new one.
 */
int pool_reload(struct pool *pool)
{
	const struct policy_event event = { POLICY_EV_CONFIG };
	const struct policy_event recycle = {
		.type = POLICY_EV_RECYCLE,
		.why = POLICY_WHY_CONFIG,
	};
	struct config *old = pool->config;
	struct config *new = config_load(old->path);
	bool other;
	int err;

	if (!new || check_reload(old, new)) {
		config_free(new);
		return -1;
	}
	err = kernel_make_queue(new) | reload_binds(old, new);
	other = !config_same_worker(old, new);
	pool->config = new;
	pool->policy.config = new->policy;
	say_name = new->name;
	config_free(old);
	/* First, since those that are started now are of the new kind. */
	if (other && new->on_reload)
		pool_tell(pool, &recycle);
	pool_tell(pool, &event);
	say_info("configuration read");
	return err ? -1 : 0;
}

/* pool_stop - release what the loop has; workers go on */
void pool_stop(struct pool *pool)
{
	state_save(pool);
	while (pool->workers)
		worker_free(pool->workers);
	sd_event_source_disable_unref(pool->timer);
	sd_event_source_disable_unref(pool->demand);
	kernel_unwatch();
	close(pool->control_fd);
	free(pool->handles);
}
