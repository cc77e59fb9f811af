// SPDX-License-Identifier: GPL-2.0
/* Workers as processes, in a supervisor without a loop and without a queue. */
#include <unistd.h>

#include "pool.h"
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

static int no_start(struct worker *w, int handle, int ping)
{
	(void)w;
	(void)handle;
	(void)ping;
	return -1;
}

static bool owns_none(const struct worker *w, pid_t pid)
{
	(void)w;
	(void)pid;
	return false;
}

const struct launcher plain_launcher = {
	.start = no_start,
	.owns = owns_none,
};

const struct launcher unit_launcher = {
	.start = no_start,
	.owns = owns_none,
};

static void begin(void)
{
	config = (struct config){ .policy.seats = 1 };
	super = (struct pool){
		.config = &config,
		.launcher = &plain_launcher,
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

const struct test worker_tests[] = {
	{ "an active worker is asked", ping_of_active },
	{ "a starting worker is not asked", ping_of_starting },
	{}
};
