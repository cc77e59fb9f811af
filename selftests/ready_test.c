// SPDX-License-Identifier: GPL-2.0
/*
 * When a handle begins to count as a worker, and handles that never do: they
 * watch a queue for whoever starts its workers.
 * kernels: uml 6.12 6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "step.h"
#include "worker.h"

#define PORT 8080
#define PEERS 4

static const char queue[] = "test";

FIXTURE(ready)
{
	int control;
	struct peer peers[PEERS];
	struct raw_take t;
};

/* A controller of queue @name: the descriptor, or -errno. */
static int control(const char *name)
{
	int fd = raw_open(0);

	return raw_attach(fd, name, HTTPQ_ATTACH_CONTROL, 0) ?: fd;
}

FIXTURE_SETUP(ready)
{
	int i;

	for (i = 0; i < PEERS; i++)
		self->peers[i].fd = -1;
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, host_run("httpq queue add %s", queue));
	ASSERT_EQ(0, host_run("httpq url add 'http://*:8080/' queue %s",
			      queue));
	self->control = control(queue);
	ASSERT_LE(0, self->control);
}

FIXTURE_TEARDOWN(ready)
{
	int i;

	for (i = 0; i < PEERS; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
	close(self->control);
}

static int poll_in(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) < 0 ? -errno : pfd.revents & POLLIN;
}

/* ----------------------------------------------------------------- deferred */

TEST_F(ready, deferred_gets_nothing)
{
	uint64_t id;
	int fd = handle_attach(queue, HTTPQ_ATTACH_DEFER, &id);

	ASSERT_LE(0, fd);
	EXPECT_TRUE(handle_is(id, "starting"));
	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	EXPECT_EQ(0, poll_in(fd, 0));
	EXPECT_EQ(-ETIMEDOUT, raw_take(fd, &self->t, 1, 0));
	EXPECT_EQ(-EAGAIN, step_take(fd, &self->t, HTTPQ_TRANSFER_DONTWAIT, 0));
	EXPECT_TRUE(handle_is(id, "starting"));
	EXPECT_EQ(2, raw_queue(queue, RAW_QUEUED));

	EXPECT_EQ(0, handle_ready(fd));
	EXPECT_TRUE(handle_is(id, "active"));
	EXPECT_EQ(POLLIN, poll_in(fd, 0));
	EXPECT_EQ(2, raw_take(fd, &self->t, 8, 0));
	/* Once more changes nothing. */
	EXPECT_EQ(0, handle_ready(fd));
	EXPECT_TRUE(handle_is(id, "active"));
	close(fd);
}

struct waiter {
	int fd;
	volatile pid_t tid;
	int result;
	struct raw_take t;
};

static void *wait_take(void *arg)
{
	struct waiter *w = arg;

	w->tid = gettid();
	w->result = raw_take(w->fd, &w->t, 1, -1);
	return NULL;
}

static void *wait_poll(void *arg)
{
	struct waiter *w = arg;

	w->tid = gettid();
	w->result = poll_in(w->fd, PEER_TIMEOUT);
	return NULL;
}

/* One that waits before is woken when another thread says so. */
static int woken_by_ready(struct waiter *w, void *(*fn)(void *))
{
	pthread_t thread;

	w->tid = 0;
	if (pthread_create(&thread, NULL, fn, w))
		return -EAGAIN;
	while (!w->tid)
		usleep(1000);
	if (!worker_wait_asleep(w->tid) || handle_ready(w->fd))
		return -ETIMEDOUT;
	pthread_join(thread, NULL);
	return w->result;
}

TEST_F(ready, deferred_is_woken)
{
	static struct waiter w;
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	w.fd = handle_attach(queue, HTTPQ_ATTACH_DEFER, &id);
	ASSERT_LE(0, w.fd);
	EXPECT_EQ(1, woken_by_ready(&w, wait_take));
	EXPECT_EQ(HTTPQ_EVENT_REQUEST, w.t.events[0].type);
	close(w.fd);
}

TEST_F(ready, deferred_poll_is_woken)
{
	static struct waiter w;
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	w.fd = handle_attach(queue, HTTPQ_ATTACH_DEFER, &id);
	ASSERT_LE(0, w.fd);
	EXPECT_EQ(POLLIN, woken_by_ready(&w, wait_poll));
	close(w.fd);
}

/* Requests go past one that is not ready, and it can still be drained. */
TEST_F(ready, deferred_is_passed_by)
{
	uint64_t id, other_id;
	int fd = handle_attach(queue, HTTPQ_ATTACH_DEFER, &id);
	int other = handle_attach(queue, 0, &other_id);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(1, raw_take(other, &self->t, 1, PEER_TIMEOUT));
	EXPECT_EQ(0, handle_drain(fd, 0));
	EXPECT_TRUE(handle_is(id, "draining"));
	/* Too late to be ready. */
	handle_ready(fd);
	EXPECT_TRUE(handle_is(id, "draining"));
	EXPECT_EQ(-ESHUTDOWN, raw_take(fd, &self->t, 1, -1));
	close(fd);
	close(other);
}

/* Without the flag it says so by taking. */
TEST_F(ready, by_taking)
{
	uint64_t id;
	int fd = handle_attach(queue, 0, &id);

	ASSERT_LE(0, fd);
	/* A call that takes no events does not count. */
	EXPECT_EQ(-ESTALE, raw_reply(fd, 1, 200, ""));
	EXPECT_TRUE(handle_is(id, "starting"));
	EXPECT_EQ(-ETIMEDOUT, raw_take(fd, &self->t, 1, 0));
	EXPECT_TRUE(handle_is(id, "active"));
	EXPECT_EQ(0, handle_ready(fd));
	close(fd);
}

/* -------------------------------------------------------------- controllers */

TEST_F(ready, controller_takes_nothing)
{
	struct httpq_transfer args = { .size = sizeof(args) };

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(-EOPNOTSUPP, raw_take(self->control, &self->t, 1, 0));
	EXPECT_EQ(-EOPNOTSUPP, raw_take(self->control, &self->t, 1, -1));
	EXPECT_EQ(-EOPNOTSUPP, raw_reply(self->control, 1, 200, ""));
	EXPECT_EQ(-EOPNOTSUPP, raw_ioctl(self->control, HTTPQ_IOC_TRANSFER,
					 &args));
	EXPECT_EQ(1, raw_queue(queue, RAW_QUEUED));
}

/* Demand: something waits, and nobody is there to take it. */
TEST_F(ready, demand)
{
	uint64_t id;
	int fd;

	EXPECT_EQ(0, poll_in(self->control, 0));
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(POLLIN, poll_in(self->control, 0));
	/* One that is on its way will do, as long as it is. */
	fd = handle_attach(queue, HTTPQ_ATTACH_DEFER, &id);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, poll_in(self->control, 0));
	close(fd);
	EXPECT_EQ(POLLIN, poll_in(self->control, 0));
	fd = handle_attach(queue, HTTPQ_ATTACH_DEFER, &id);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, handle_ready(fd));
	EXPECT_EQ(0, poll_in(self->control, 0));
	/* One that is about to go is no help. */
	EXPECT_EQ(0, handle_drain(fd, 0));
	EXPECT_EQ(POLLIN, poll_in(self->control, 0));
	close(fd);
	EXPECT_EQ(POLLIN, poll_in(self->control, 0));
	fd = handle_attach(queue, 0, &id);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, raw_take(fd, &self->t, 1, 0));
	EXPECT_EQ(0, poll_in(self->control, 0));
	close(fd);
	/* It was delivered, and may be again. */
	EXPECT_EQ(POLLIN, poll_in(self->control, PEER_TIMEOUT));
}

static bool poll_sleeps(struct waiter *w, int fd, pthread_t *thread)
{
	w->fd = fd;
	w->tid = 0;
	if (pthread_create(thread, NULL, wait_poll, w))
		return false;
	while (!w->tid)
		usleep(1000);
	return worker_wait_asleep(w->tid);
}

TEST_F(ready, demand_wakes)
{
	static struct waiter w;
	pthread_t thread;

	ASSERT_TRUE(poll_sleeps(&w, self->control, &thread));
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	pthread_join(thread, NULL);
	EXPECT_EQ(POLLIN, w.result);
}

/* What wakes it may also be that the last worker goes. */
TEST_F(ready, demand_wakes_by_drain)
{
	static struct waiter w;
	pthread_t thread;
	uint64_t id;
	int fd = handle_attach(queue, 0, &id);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ETIMEDOUT, raw_take(fd, &self->t, 1, 0));
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_TRUE(poll_sleeps(&w, self->control, &thread));
	EXPECT_EQ(0, handle_drain(fd, 0));
	pthread_join(thread, NULL);
	EXPECT_EQ(POLLIN, w.result);
	close(fd);
}

/* Or that one that had begun to start does. */
TEST_F(ready, demand_wakes_by_failed_start)
{
	static struct waiter w;
	pthread_t thread;
	uint64_t id;
	int fd = handle_attach(queue, HTTPQ_ATTACH_DEFER, &id);

	ASSERT_LE(0, fd);
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_TRUE(poll_sleeps(&w, self->control, &thread));
	close(fd);
	pthread_join(thread, NULL);
	EXPECT_EQ(POLLIN, w.result);
}

TEST_F(ready, no_demand_of_a_queue_that_rests)
{
	ASSERT_EQ(0, host_run("httpq queue set %s state paused", queue));
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(0, poll_in(self->control, 0));
	ASSERT_EQ(0, host_run("httpq queue set %s state running", queue));
	EXPECT_EQ(POLLIN, poll_in(self->control, PEER_TIMEOUT));
}

/* It is for the owner, even where others may work. */
static int attach_control(void *data)
{
	int fd = control(data);

	return fd < 0 ? fd : 0;
}

static int attach_worker(void *data)
{
	return raw_attach(raw_open(0), data, 0, 0);
}

TEST_F(ready, controller_owns)
{
	ASSERT_EQ(0, host_run("httpq queue add his owner 1000 mode 0666"));
	EXPECT_EQ(0, raw_as_user(1000, attach_control, "his"));
	EXPECT_EQ(-EACCES, raw_as_user(1001, attach_control, "his"));
	EXPECT_EQ(0, raw_as_user(1001, attach_worker, "his"));
	EXPECT_EQ(-EACCES, raw_as_user(1000, attach_control, (void *)queue));
	/* Root administers the namespace. */
	EXPECT_EQ(0, attach_control("his"));
}

/* With it goes nothing that waits. */
TEST_F(ready, controller_leaves)
{
	uint64_t id;
	int fd;

	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	close(self->control);
	self->control = control(queue);
	EXPECT_EQ(2, raw_queue(queue, RAW_QUEUED));
	fd = handle_attach(queue, 0, &id);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2, raw_take(fd, &self->t, 8, 0));
	close(fd);
}

/* It takes nothing, so it can't say that it does. */
TEST_F(ready, controller_is_never_ready)
{
	int fd = control(queue);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EOPNOTSUPP, handle_ready(fd));
	close(fd);
	/* And the queue is counted right: there is nobody to take this one. */
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(POLLIN, poll_in(self->control, PEER_TIMEOUT));
}

TEST_HARNESS_MAIN
