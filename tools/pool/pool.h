/* SPDX-License-Identifier: GPL-2.0 */
/* The running supervisor: one pool, its workers, its event loop. */
#ifndef _POOL_POOL_H
#define _POOL_POOL_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "config.h"
#include "kernel.h"
#include "policy.h"

struct pool;
struct launcher;

/**
 * struct worker - a process; what policy.c knows of it has the same number
 * @next: in the pool's list.
 * @pool: the pool.
 * @id: its number.
 * @launcher: what started it.
 * @pid: the process, 0 while it is unknown.
 * @started: when it began, by proc_started(); with @pid it is unique.
 * @identity: of the executable when it was started, by proc_identity().
 * @pidfd: readable when it has ended, or -1.
 * @exit_source: watches @pidfd.
 * @unit: name of the unit, or NULL.
 * @path: of the unit on the bus, or NULL.
 * @slot: a call on the bus that is under way, or NULL.
 * @ending: its process has ended, the unit perhaps not yet; or, without a
 *	process, whether there is one has to be asked.
 * @unseen: taken over while it was being started, if it was.
 * @check_again: the state of the unit changed during a call.
 * @ping_fd: where pings are written, or -1.
 * @ping_sent: when the last one was.
 * @pinged: it was not read yet.
 */
struct worker {
	struct worker *next;
	struct pool *pool;
	unsigned int id;
	const struct launcher *launcher;
	pid_t pid;
	uint64_t started;
	uint64_t identity;
	int pidfd;
	sd_event_source *exit_source;
	char *unit;
	char *path;
	sd_bus_slot *slot;
	bool ending;
	bool unseen;
	bool check_again;
	int ping_fd;
	int64_t ping_sent;
	bool pinged;
};

/* A step can start as many workers, and each may fail at once. */
#define POOL_EVENTS_MAX	POLICY_WORKERS_MAX

/**
 * struct pool - the supervisor
 * @config: the configuration.
 * @policy: the decisions.
 * @event: the loop.
 * @launcher: of workers that are started now.
 * @workers: the processes.
 * @timer: the next look at everything.
 * @demand: readable while requests wait and nobody is there.
 * @control_fd: of @demand.
 * @dir: the directory of its state.
 * @dir_path: the same.
 * @handles: of the queue, when it was last looked at.
 * @nr_handles: how many.
 * @identity: of the executable, by proc_identity().
 * @settled: it was the same the last time.
 * @zombies: stacks saved so far.
 * @events: that policy_step() is still to be told.
 * @nr_events: how many.
 * @stepping: it is being told.
 * @saved: policy.changes when the state was written because of them.
 * @status: that was last told to the service manager.
 */
struct pool {
	struct config *config;
	struct policy policy;
	sd_event *event;
	const struct launcher *launcher;
	struct worker *workers;
	sd_event_source *timer;
	sd_event_source *demand;
	int control_fd;
	int dir;
	const char *dir_path;
	struct kernel_handle *handles;
	size_t nr_handles;
	uint64_t identity;
	bool settled;
	unsigned int zombies;
	struct policy_event events[POOL_EVENTS_MAX];
	unsigned int nr_events;
	bool stepping;
	uint64_t saved;
	char status[128];
};

/**
 * struct launcher - a way to run workers
 * @init: makes it ready; 0, or -1: it is not there.
 * @look: is called now and then.
 * @start: begins a worker; tells worker_begun() and worker_ended(), also later.
 *	-1 after an error line.
 * @adopt: goes on with a worker that runs; 0 or -1.
 * @term: SIGTERM to the worker.
 * @kill: SIGKILL to all of its processes.
 * @forget: the worker goes on, but is not the pool's any more.
 * @owns: whether a process belongs to it.
 */
struct launcher {
	int (*init)(struct pool *pool);
	void (*look)(struct pool *pool);
	int (*start)(struct worker *w, int handle, int ping);
	int (*adopt)(struct worker *w);
	void (*term)(struct worker *w);
	void (*kill)(struct worker *w);
	void (*forget)(struct worker *w);
	bool (*owns)(const struct worker *w, pid_t pid);
};

extern const struct launcher plain_launcher;
extern const struct launcher unit_launcher;

/* worker.c */
struct worker *worker_new(struct pool *pool, unsigned int id);
void worker_free(struct worker *w);
struct worker *worker_find(struct pool *pool, unsigned int id);
struct worker *worker_of_pid(struct pool *pool, pid_t pid);
int worker_watch(struct worker *w, sd_event_io_handler_t handler);
int worker_start(struct worker *w);
void worker_ping(struct worker *w, int64_t now);
void worker_begun(struct worker *w, pid_t pid);
void worker_ended(struct worker *w, enum policy_end end);

/* environ.c */
char **worker_environment(const struct worker *w, int handle, int ping);

/* state.c */
int state_open(struct pool *pool);
void state_save(const struct pool *pool);
int state_load(struct pool *pool);

/* pool.c */
int pool_start(struct pool *pool);
void pool_tell(struct pool *pool, const struct policy_event *event);
void pool_look(struct pool *pool);
int pool_reload(struct pool *pool);
void pool_stop(struct pool *pool);

/* rescue.c */
void rescue_zombie(void *arg, uint64_t handle, pid_t pid);
void rescue_orphan(struct pool *pool, const struct worker *w);

/* control.c */
int control_open(struct pool *pool);

#endif /* _POOL_POOL_H */
