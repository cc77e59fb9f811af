// SPDX-License-Identifier: GPL-2.0
/* What is saved of workers that hang. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "pool.h"
#include "proc.h"
#include "say.h"
#include "value.h"

/* So many stacks are kept. */
#define STACKS_MAX	16

static int on_child(sd_event_source *s, const siginfo_t *info, void *arg)
{
	(void)s;
	(void)arg;
	if (info->si_code != CLD_EXITED || info->si_status)
		say_warning("the command for pid %d failed", info->si_pid);
	return 0;
}

/* Runs a command with a process number as its last word. */
static void run(struct pool *pool, char **command, const struct worker *w)
{
	char **env = worker_environment(w, -1, -1);
	posix_spawnattr_t attr;
	char number[16], **argv;
	sigset_t none;
	size_t nr = 0;
	pid_t child;
	int err;

	while (command[nr])
		nr++;
	argv = must(calloc(nr + 2, sizeof(*argv)));
	memcpy(argv, command, nr * sizeof(*argv));
	snprintf(number, sizeof(number), "%d", w->pid);
	argv[nr] = number;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawn(&child, argv[0], NULL, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	free(argv);
	value_free(env);
	if (err)
		say_error("%s: %s", command[0], strerror(err));
	else
		sd_event_add_child(pool->event, NULL, child, WEXITED, on_child,
				   NULL);
}

static struct worker *of_handle(struct pool *pool, uint64_t handle, pid_t pid)
{
	for (size_t i = 0; i < pool->nr_handles; i++)
		if (pool->handles[i].id == handle)
			return worker_of_pid(pool, pool->handles[i].pid);
	return worker_of_pid(pool, pid);
}

/**
 * rescue_zombie - somebody owes something, and half of the time is over
 * @arg: the pool.
 * @handle: that owes it.
 * @pid: its process, or 0.
 *
 * Workers of other pools are not ours to look at.
 */
void rescue_zombie(void *arg, uint64_t handle, pid_t pid)
{
	struct pool *pool = arg;
	struct worker *w = of_handle(pool, handle, pid);
	const struct config *c = pool->config;
	char name[32];
	int err;

	if (!w || !w->pid || !c->zombie_save)
		return;
	if (c->zombie_command) {
		run(pool, c->zombie_command, w);
		return;
	}
	snprintf(name, sizeof(name), "stack.%u",
		 pool->zombies++ % STACKS_MAX);
	err = proc_save_stack(w->pid, pool->dir, name);
	if (err)
		say_warning("worker %u: can't save its stack: %s", w->id,
			    strerror(-err));
	else
		say_warning("worker %u: owes the end of a request; its stack is in %s/%s",
			    w->id, pool->dir_path, name);
}

/* rescue_orphan - run the command for a worker that is let go of */
void rescue_orphan(struct pool *pool, const struct worker *w)
{
	if (pool->config->orphan_command)
		run(pool, pool->config->orphan_command, w);
}
