// SPDX-License-Identifier: GPL-2.0
/*
 * What a supervisor that is started again has to know: a file with a line for
 * each worker, in a directory that is gone after a boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pool.h"
#include "proc.h"
#include "say.h"

#define FILE_NAME	"state"
#define FILE_NEW	"state.new"
#define FORMAT		"httpq-pool 1\n"

/**
 * struct saved - what the file says of a worker, besides its process
 * @begun: when it was started.
 * @state: how far it was.
 * @why: why it leaves.
 */
struct saved {
	int64_t begun;
	enum policy_state state;
	enum policy_why why;
};

/* The directory and those above it. */
static int make_dir(const char *path)
{
	char part[4096];

	snprintf(part, sizeof(part), "%s", path);
	for (char *c = part + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		mkdir(part, 0755);
		*c = '/';
	}
	return mkdir(path, 0755) && errno != EEXIST ? -1 : 0;
}

/**
 * state_open - take the directory of the pool
 * @pool: @pool->dir_path is its path.
 *
 * Returns 0, or -1 after an error line; so if another supervisor has it.
 */
int state_open(struct pool *pool)
{
	if (!make_dir(pool->dir_path))
		pool->dir = open(pool->dir_path,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pool->dir < 0) {
		say_error("%s: %s", pool->dir_path, strerror(errno));
		return -1;
	}
	if (!flock(pool->dir, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		say_error("%s: another httpq-pool runs this pool",
			  pool->dir_path);
	else
		say_error("%s: %s", pool->dir_path, strerror(errno));
	return -1;
}

static void write_worker(FILE *file, const struct pool *pool,
			 const struct policy_worker *p)
{
	const struct worker *w;

	for (w = pool->workers; w && w->id != p->id; w = w->next)
		;
	/* A unit may come to be when nobody is here to be told its pid. */
	if (w && (w->pid || w->unit))
		fprintf(file, "%u %d %llu %lld %llx %s %s %s\n", w->id, w->pid,
			(unsigned long long)w->started, (long long)p->begun,
			(unsigned long long)w->identity, w->unit ?: "-",
			policy_state_name(p->state), policy_why_name(p->why));
}

/* state_save - write the file anew */
void state_save(const struct pool *pool)
{
	int fd = openat(pool->dir, FILE_NEW,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file) {
		say_warning("%s/%s: %s", pool->dir_path, FILE_NEW,
			    strerror(errno));
		return;
	}
	fprintf(file, FORMAT "next %u\n", pool->policy.next_id);
	for (size_t i = 0; i < POLICY_WORKERS_MAX; i++)
		if (pool->policy.workers[i].id)
			write_worker(file, pool, &pool->policy.workers[i]);
	if (fclose(file) ||
	    renameat(pool->dir, FILE_NEW, pool->dir, FILE_NAME))
		say_warning("%s/%s: %s", pool->dir_path, FILE_NAME,
			    strerror(errno));
}

/* How far a worker is, by the handles that it has. */
static enum policy_state state_of(struct pool *pool, const struct worker *w)
{
	enum policy_state state = POLICY_STARTING;

	for (size_t i = 0; i < pool->nr_handles; i++) {
		const struct kernel_handle *h = &pool->handles[i];

		if (worker_of_pid(pool, h->pid) != w)
			continue;
		if (h->state == HTTPQ_WORKER_ACTIVE)
			return POLICY_ACTIVE;
		if (h->state == HTTPQ_WORKER_DRAINING)
			state = POLICY_DRAINING;
	}
	return state;
}

/* Handles say how far a worker is; but it may have had some, or got SIGTERM. */
static enum policy_state resume(enum policy_state saved,
				enum policy_state by_handles)
{
	if (saved >= POLICY_STOPPING || by_handles == POLICY_STARTING)
		return saved;
	return by_handles;
}

/* The number of a process may have gone to another one. */
static bool is_same(const struct worker *w)
{
	return w->pid ? proc_started(w->pid) == w->started :
			w->launcher == &unit_launcher;
}

static void adopt(struct pool *pool, struct worker *w,
		  const struct saved *saved)
{
	struct policy_worker *p;
	enum policy_state state;

	if (!is_same(w) || w->launcher->adopt(w) || !is_same(w)) {
		worker_free(w);
		return;
	}
	state = resume(saved->state, state_of(pool, w));
	p = policy_adopt(&pool->policy, w->id, state, saved->begun, proc_now());
	if (!p) {
		worker_free(w);
		return;
	}
	if (state > POLICY_ACTIVE)
		p->why = saved->why;
	say_info("worker %u: taken over, %s, pid %d", w->id,
		 policy_state_name(state), w->pid);
}

/* Older files don't say it: then its handles have to. */
static enum policy_state state_of_name(const char *name)
{
	for (int i = 0; i < POLICY_STATE_NR; i++)
		if (!strcmp(policy_state_name(i), name))
			return i;
	return POLICY_STARTING;
}

static enum policy_why why_of_name(const char *name)
{
	for (int i = 0; i < POLICY_WHY_NR; i++)
		if (!strcmp(policy_why_name(i), name))
			return i;
	return POLICY_WHY_NONE;
}

static void read_worker(struct pool *pool, const char *line)
{
	char unit[256], state[16] = "", why[16] = "";
	unsigned long long started, identity;
	struct saved saved;
	struct worker *w;
	long long begun;
	unsigned int id;
	int pid;

	if (sscanf(line, "%u %d %llu %lld %llx %255s %15s %15s", &id, &pid,
		   &started, &begun, &identity, unit, state, why) < 6 || !id)
		return;
	saved.begun = begun;
	saved.state = state_of_name(state);
	saved.why = why_of_name(why);
	w = worker_new(pool, id);
	w->pid = pid;
	w->started = started;
	w->identity = identity;
	if (strcmp(unit, "-"))
		w->unit = must(strdup(unit));
	if (!w->unit)
		w->launcher = &plain_launcher;
	else if (pool->launcher != &unit_launcher)
		say_warning("worker %u: was a unit, and is none any more", id);
	adopt(pool, w, &saved);
}

/**
 * state_load - take over the workers that are still there
 * @pool: with the handles of its queue.
 *
 * Returns 0, or -1 after an error line.
 */
int state_load(struct pool *pool)
{
	int fd = openat(pool->dir, FILE_NAME, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[512];

	if (!file)
		return 0;
	if (!fgets(line, sizeof(line), file) || strcmp(line, FORMAT)) {
		say_error("%s/%s: not of this version", pool->dir_path,
			  FILE_NAME);
		fclose(file);
		return -1;
	}
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "next %u", &pool->policy.next_id) != 1)
			read_worker(pool, line);
	fclose(file);
	return 0;
}
