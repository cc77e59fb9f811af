// SPDX-License-Identifier: GPL-2.0
/* Workers as processes, in a supervisor without a loop and without a queue. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool.h"
#include "proc.h"
#include "test.h"

static struct config config;
static struct pool super;
static unsigned int sick;

void pool_tell(struct pool *p, const struct policy_event *event)
{
	(void)p;
	sick += event->type == POLICY_EV_SICK;
}

int kernel_attach(const char *queue, unsigned int flags)
{
	(void)queue;
	(void)flags;
	return -1;
}

static int adopt_unit(struct worker *w)
{
	return w->unit ? 0 : -1;
}

static bool owns_none(const struct worker *w, pid_t pid)
{
	(void)w;
	(void)pid;
	return false;
}

const struct launcher unit_launcher = {
	.adopt = adopt_unit,
	.owns = owns_none,
};

int __real_pidfd_open(pid_t pid, unsigned int flags);
int __wrap_pidfd_open(pid_t pid, unsigned int flags);

static bool no_pidfd;
static pid_t opened;

int __wrap_pidfd_open(pid_t pid, unsigned int flags)
{
	opened = pid;
	if (!no_pidfd)
		return __real_pidfd_open(pid, flags);
	errno = EMFILE;
	return -1;
}

static sd_event *events;
static const struct launcher *launcher = &plain_launcher;

static void begin(void)
{
	if (!events)
		CHECK(sd_event_new(&events) >= 0);
	config = (struct config){
		.name = "web",
		.queue = "web",
		.policy.seats = 1,
	};
	super = (struct pool){
		.config = &config,
		.launcher = launcher,
		.event = events,
		.dir = -1,
	};
	policy_init(&super.policy, &config.policy, 0, 0);
	sick = 0;
}

/* A worker that is asked, and does not read that. */
static struct worker *asked(enum policy_state state, int fds[2])
{
	struct worker *w = worker_new(&super, 1);

	config.ping_interval = 5000;
	config.policy.ping_timeout = 10000;
	policy_adopt(&super.policy, 1, state, 0, 0);
	CHECK(!pipe(fds));
	w->ping_fd = fds[1];
	return w;
}

static void ping_of_active(void)
{
	struct worker *w;
	int fds[2];
	char byte;

	begin();
	w = asked(POLICY_ACTIVE, fds);
	worker_ping(w, 4999);
	CHECK(!w->pinged);
	worker_ping(w, 5000);
	CHECK(w->pinged);
	worker_ping(w, 14999);
	CHECK(!sick && read(fds[0], &byte, 1) == 1);
	worker_ping(w, 15000);
	CHECK(!sick && w->pinged);
	worker_ping(w, 25000);
	CHECK(sick == 1);
	worker_free(w);
	close(fds[0]);
}

/* A long start is no sickness, and nor is it when it is over. */
static void ping_of_starting(void)
{
	struct worker *w;
	int fds[2];

	begin();
	w = asked(POLICY_STARTING, fds);
	worker_ping(w, 5000);
	worker_ping(w, 20000);
	policy_find(&super.policy, 1)->state = POLICY_ACTIVE;
	worker_ping(w, 20100);
	CHECK(!sick && !w->pinged);
	worker_ping(w, 25000);
	CHECK(!sick && w->pinged);
	worker_free(w);
	close(fds[0]);
}

static pid_t begin_process(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A supervisor that finds this file, and a handle of the worker. */
static void begin_with(const char *path, const char *text, pid_t pid,
		       int handle_state)
{
	static struct kernel_handle handle;
	FILE *file;

	begin();
	super.dir_path = path;
	super.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	handle = (struct kernel_handle){ .pid = pid, .state = handle_state };
	super.handles = &handle;
	super.nr_handles = handle_state != HTTPQ_WORKER_GONE;
	file = fdopen(openat(super.dir, "state", O_WRONLY | O_CREAT | O_TRUNC,
			     0600), "w");
	fputs(text, file);
	fclose(file);
	CHECK(!state_load(&super));
}

static void end_with(void)
{
	while (super.workers)
		worker_free(super.workers);
	unlinkat(super.dir, "state", 0);
	close(super.dir);
}

/* What becomes of worker 7, of which the file says @text. */
static bool resumes(const char *text, int handle_state, enum policy_state state,
		    enum policy_why why)
{
	char path[] = "/tmp/unit_pool.XXXXXX", file[256];
	pid_t pid = begin_process();
	struct policy_worker *w;
	bool ok;

	CHECK(mkdtemp(path));
	snprintf(file, sizeof(file), "httpq-pool 1\nnext 9\n7 %d %llu 5 0 -%s\n",
		 pid, (unsigned long long)proc_started(pid), text);
	begin_with(path, file, pid, handle_state);
	w = policy_find(&super.policy, 7);
	ok = w && w->state == state && w->why == why && w->begun == 5;
	/* What is written is read as the same. */
	state_save(&super);
	super.policy.workers[0].id = 0;
	while (super.workers)
		worker_free(super.workers);
	CHECK(!state_load(&super) && super.policy.next_id == 9);
	w = policy_find(&super.policy, 7);
	ok &= w && w->state == state && w->why == why && w->begun == 5;
	end_with();
	rmdir(path);
	end_process(pid);
	return ok;
}

#define GONE	HTTPQ_WORKER_GONE

static void resumed(void)
{
	CHECK(resumes(" starting -", GONE, POLICY_STARTING, POLICY_WHY_NONE));
	CHECK(resumes(" starting -", HTTPQ_WORKER_ACTIVE, POLICY_ACTIVE,
		      POLICY_WHY_NONE));
	CHECK(resumes(" active age", HTTPQ_WORKER_ACTIVE, POLICY_ACTIVE,
		      POLICY_WHY_NONE));
	/* Its handle was taken while nobody looked: the next look sees it. */
	CHECK(resumes(" active -", GONE, POLICY_ACTIVE, POLICY_WHY_NONE));
	CHECK(resumes(" draining left", GONE, POLICY_DRAINING,
		      POLICY_WHY_LEFT));
	CHECK(resumes(" draining command", HTTPQ_WORKER_DRAINING,
		      POLICY_DRAINING, POLICY_WHY_COMMAND));
	CHECK(resumes(" stopping sick", HTTPQ_WORKER_ACTIVE, POLICY_STOPPING,
		      POLICY_WHY_SICK));
}

static void resumed_of_old(void)
{
	CHECK(resumes("", GONE, POLICY_STARTING, POLICY_WHY_NONE));
	CHECK(resumes("", HTTPQ_WORKER_ACTIVE, POLICY_ACTIVE, POLICY_WHY_NONE));
	CHECK(resumes("", HTTPQ_WORKER_DRAINING, POLICY_DRAINING,
		      POLICY_WHY_NONE));
}

/* Workers are units from now on; those that are not go on as they are. */
static void resumed_child(void)
{
	launcher = &unit_launcher;
	CHECK(resumes(" active -", HTTPQ_WORKER_ACTIVE, POLICY_ACTIVE,
		      POLICY_WHY_NONE));
	launcher = &plain_launcher;
}

/* Whether worker 7 is there, whose unit was being started. */
static bool resumes_unit(int handle_state, enum policy_state state)
{
	char path[] = "/tmp/unit_pool.XXXXXX";
	bool ok;

	CHECK(mkdtemp(path));
	begin_with(path, "httpq-pool 1\nnext 8\n"
			 "7 0 0 5 0 httpq-web-7.service starting -\n",
		   0, handle_state);
	state_save(&super);
	super.policy.workers[0].id = 0;
	while (super.workers)
		worker_free(super.workers);
	CHECK(!state_load(&super));
	ok = super.workers && super.policy.workers[0].state == state &&
	     super.policy.workers[0].id == 7;
	end_with();
	rmdir(path);
	return ok;
}

static void resumed_start(void)
{
	CHECK(!resumes_unit(GONE, POLICY_STARTING));
	launcher = &unit_launcher;
	CHECK(resumes_unit(GONE, POLICY_STARTING));
	launcher = &plain_launcher;
}

/* A child that can't be watched is none. */
static void unwatched(void)
{
	char *command[] = { "/bin/sleep", "60", NULL };
	struct worker *w;

	begin();
	config.command = command;
	w = worker_new(&super, 1);
	no_pidfd = true;
	CHECK(worker_start(w) == -1);
	no_pidfd = false;
	CHECK(opened > 0 && kill(opened, 0) && errno == ESRCH);
	worker_free(w);
}

const struct test worker_tests[] = {
	{ "an active worker is asked", ping_of_active },
	{ "a starting worker is not asked", ping_of_starting },
	{ "workers are taken over as they were", resumed },
	{ "workers are taken over from an older file", resumed_of_old },
	{ "children are taken over by who has units", resumed_child },
	{ "a start that is under way is taken over", resumed_start },
	{ "a child that can't be watched is ended", unwatched },
	{}
};
