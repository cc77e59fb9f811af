// SPDX-License-Identifier: GPL-2.0
/*
 * A handle that drains: it gets nothing more, what it has not got yet goes to
 * others at once, what it holds it may finish until the deadline.
 * kernels: uml debug 6.12 6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "step.h"
#include "worker.h"

#define PORT 8080
#define PEERS 6
#define URL "http://*:8080/"
/* For a request that shall be redelivered only to who asks for it. */
#define LONG 600000

static const char queue[] = "test";

/*
 * Queue "test" and a handle of it that is active; what drains is @old, and
 * what takes over is @new.
 */
FIXTURE(drain)
{
	int old, new;
	uint64_t old_id, new_id;
	struct peer peers[PEERS];
	struct worker worker;
	struct raw_take t;
};

FIXTURE_SETUP(drain)
{
	int i;

	for (i = 0; i < PEERS; i++)
		self->peers[i].fd = -1;
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, host_run("httpq queue add %s", queue));
	ASSERT_EQ(0, host_run("httpq url add %s queue %s", URL, queue));
	self->old = handle_attach(queue, 0, &self->old_id);
	ASSERT_LE(0, self->old);
	self->new = handle_attach(queue, 0, &self->new_id);
	ASSERT_LE(0, self->new);
	ASSERT_EQ(-ETIMEDOUT, raw_take(self->old, &self->t, 1, 0));
	ASSERT_EQ(-ETIMEDOUT, raw_take(self->new, &self->t, 1, 0));
}

FIXTURE_TEARDOWN(drain)
{
	int i;

	worker_kill(&self->worker);
	for (i = 0; i < PEERS; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
	close(self->old);
	close(self->new);
}

/* The number in the path of what was taken: 5 of "/5"; -1 if nothing was. */
static int number(const struct raw_take *t)
{
	const struct httpq_request_head *head = raw_head(t, 0);

	if (t->nr < 1 || t->events[0].type != HTTPQ_EVENT_REQUEST)
		return -1;
	return atoi(raw_text(head, head->path) + 1);
}

static uint64_t id_of(const struct raw_take *t)
{
	return t->events[0].id;
}

/* The next request of a handle that has one: its number, or -errno. */
static int take(int fd, struct raw_take *t)
{
	int err = raw_take(fd, t, 1, PEER_TIMEOUT);

	return err == 1 ? number(t) : err;
}

static int ready(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) < 0 ? -errno : pfd.revents;
}

static int drain_by_command(uint64_t id, int deadline_ms)
{
	return host_run("httpq worker drain %llu %d", (unsigned long long)id,
			deadline_ms);
}

/* A thread that takes. */
struct taker {
	int fd;
	uint32_t flags;
	volatile pid_t tid;
	int result;
	pthread_t thread;
	struct raw_take t;
};

static void *taker_run(void *arg)
{
	struct taker *taker = arg;

	taker->tid = gettid();
	taker->result = step_take(taker->fd, &taker->t, taker->flags, -1);
	return NULL;
}

/* Whether it waits for something now. */
static bool taker_start(struct taker *taker, int fd, uint32_t flags)
{
	taker->fd = fd;
	taker->flags = flags;
	taker->tid = 0;
	if (pthread_create(&taker->thread, NULL, taker_run, taker))
		return false;
	while (!taker->tid)
		usleep(1000);
	return worker_wait_asleep(taker->tid);
}

static int taker_join(struct taker *taker)
{
	pthread_join(taker->thread, NULL);
	return taker->result;
}

/* --------------------------------------------------------------- states */

TEST_F(drain, states)
{
	struct handle h;
	uint64_t id;
	int fd = handle_attach(queue, 0, &id);

	ASSERT_LE(0, fd);
	EXPECT_TRUE(handle_is(id, "starting"));
	EXPECT_EQ(-ETIMEDOUT, raw_take(fd, &self->t, 1, 0));
	EXPECT_TRUE(handle_is(id, "active"));
	EXPECT_EQ(0, handle_drain(fd, 0));
	EXPECT_TRUE(handle_is(id, "draining"));
	h = handle_find(id);
	EXPECT_STREQ(queue, h.queue);
	EXPECT_EQ(getpid(), h.pid);
	EXPECT_EQ(0, h.held);
	EXPECT_EQ(0, h.delivered);
	EXPECT_EQ(0, h.deadline_ms);
	close(fd);
	EXPECT_TRUE(handle_is(id, "gone"));
	EXPECT_TRUE(handle_is(self->old_id, "active"));
}

TEST_F(drain, before_it_was_active)
{
	uint64_t id;
	int fd = handle_attach(queue, 0, &id);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, handle_drain(fd, 0));
	EXPECT_TRUE(handle_is(id, "draining"));
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(-ESHUTDOWN, raw_take(fd, &self->t, 1, -1));
	EXPECT_TRUE(handle_is(id, "draining"));
	EXPECT_EQ(0, take(self->new, &self->t));
	close(fd);
}

/* What is seen of it is right while it holds something, too. */
TEST_F(drain, progress_is_seen)
{
	struct handle h;
	uint64_t id;
	int left;

	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	ASSERT_EQ(3, raw_take(self->old, &self->t, 8, 0));
	EXPECT_EQ(3, handle_find(self->old_id).held);
	EXPECT_EQ(3, handle_find(self->old_id).delivered);
	EXPECT_EQ(3, handle_drain(self->old, LONG));
	h = handle_find(self->old_id);
	EXPECT_LT(0, h.deadline_ms);
	EXPECT_GE(LONG, h.deadline_ms);
	for (left = 2; left >= 0; left--) {
		id = self->t.events[left].id;
		EXPECT_EQ(0, raw_reply(self->old, id, 200, ""));
		EXPECT_EQ(left, handle_find(self->old_id).held);
		EXPECT_EQ(left, handle_drain(self->old, LONG));
		EXPECT_EQ(200, peer_status(&self->peers[left], ""));
	}
	EXPECT_EQ(3, handle_find(self->old_id).delivered);
	EXPECT_EQ(0, handle_find(self->new_id).held);
}

TEST_F(drain, wrong_calls)
{
	struct httpq_drain args = { .size = sizeof(args), .flags = 1 };
	int fd = raw_open(0);

	EXPECT_EQ(-ENOTCONN, handle_drain(fd, 0));
	EXPECT_EQ(-ENOTCONN, handle_ready(fd));
	EXPECT_EQ(-EOPNOTSUPP, raw_ioctl(self->old, HTTPQ_IOC_DRAIN, &args));
	EXPECT_EQ(-EOPNOTSUPP, raw_ioctl(self->old, HTTPQ_IOC_READY, &args));
	EXPECT_TRUE(handle_is(self->old_id, "active"));
	EXPECT_NE(0, drain_by_command(self->new_id + 1000, 0));
	EXPECT_TRUE(handle_is(self->new_id, "active"));
	close(fd);
}

/* ------------------------------------------------------- what stops at once */

TEST_F(drain, receive_ends)
{
	static struct taker waiting;

	ASSERT_TRUE(taker_start(&waiting, self->old, 0));
	EXPECT_EQ(0, handle_drain(self->old, 0));
	EXPECT_EQ(-ESHUTDOWN, taker_join(&waiting));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->old, &self->t, 1, -1));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->old, &self->t, 1, 0));
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->old, &self->t, 1, 0));
	EXPECT_EQ(0, take(self->new, &self->t));
}

TEST_F(drain, receive_ends_by_command)
{
	static struct taker waiting;

	ASSERT_TRUE(taker_start(&waiting, self->old, 0));
	ASSERT_EQ(0, drain_by_command(self->old_id, LONG));
	EXPECT_EQ(-ESHUTDOWN, taker_join(&waiting));
	EXPECT_TRUE(handle_is(self->old_id, "draining"));
	EXPECT_TRUE(handle_is(self->new_id, "active"));
}

TEST_F(drain, hangup)
{
	struct pollfd pfd = { .fd = self->old, .events = POLLIN };

	EXPECT_EQ(0, ready(self->old));
	EXPECT_EQ(0, handle_drain(self->old, 0));
	EXPECT_EQ(1, poll(&pfd, 1, PEER_TIMEOUT));
	EXPECT_EQ(POLLHUP, pfd.revents & (POLLHUP | POLLIN | POLLERR));
	/* What waits in the queue is no longer for it. */
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(POLLHUP, ready(self->old) & (POLLHUP | POLLIN));
	EXPECT_EQ(POLLIN, ready(self->new) & (POLLHUP | POLLIN));
}

static void *drain_soon(void *arg)
{
	struct taker *other = arg;

	worker_wait_asleep(other->tid);
	handle_drain(other->fd, 0);
	return NULL;
}

TEST_F(drain, hangup_wakes)
{
	struct taker me = { .fd = self->old, .tid = gettid() };
	struct pollfd pfd = { .fd = self->old, .events = POLLIN };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, drain_soon, &me));
	EXPECT_EQ(1, poll(&pfd, 1, PEER_TIMEOUT));
	EXPECT_TRUE(pfd.revents & POLLHUP);
	pthread_join(thread, NULL);
}

/* ------------------------------------------------------------ what goes on */

TEST_F(drain, sends_go_on)
{
	size_t size = 2 << 20;
	char *body = calloc(1, size);
	uint64_t ids[3];
	struct reply r;
	int i;

	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	ASSERT_EQ(3, raw_take(self->old, &self->t, 8, 0));
	for (i = 0; i < 3; i++)
		ids[i] = self->t.events[i].id;
	ASSERT_EQ(0, step_begin(self->old, ids[1], "begun ", 0));
	EXPECT_EQ(3, handle_drain(self->old, LONG));

	EXPECT_EQ(0, raw_reply(self->old, ids[0], 201, "whole"));
	ASSERT_EQ(0, peer_reply(&self->peers[0], "GET", &r));
	EXPECT_EQ(201, r.status);
	EXPECT_STREQ("whole", r.body);
	reply_free(&r);
	EXPECT_EQ(0, step_end(self->old, ids[1], "and ended"));
	ASSERT_EQ(0, peer_reply(&self->peers[1], "GET", &r));
	EXPECT_STREQ("begun and ended", r.body);
	reply_free(&r);
	EXPECT_EQ(0, raw_cancel(self->old, ids[2]));
	EXPECT_EQ(502, peer_status(&self->peers[2], ""));
	EXPECT_EQ(0, handle_find(self->old_id).held);
	EXPECT_EQ(-ESTALE, raw_reply(self->old, ids[0], 200, ""));
	free(body);
}

/* More than the kernel buffers: the sender sleeps when it begins to drain. */
struct sender {
	int fd;
	uint64_t id;
	char *body;
	size_t size;
	int result;
	volatile pid_t tid;
};

static void *sender_run(void *arg)
{
	struct sender *s = arg;

	s->tid = gettid();
	s->result = step_send(s->fd, s->id, 200, s->size, s->body, s->size, 0);
	return NULL;
}

TEST_F(drain, send_that_sleeps_goes_on)
{
	static struct sender s = { .size = 4 << 20 };
	pthread_t thread;
	struct reply r;

	s.body = calloc(1, s.size);
	s.fd = self->old;
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	s.id = id_of(&self->t);
	ASSERT_EQ(0, pthread_create(&thread, NULL, sender_run, &s));
	while (!s.tid)
		usleep(1000);
	ASSERT_TRUE(worker_wait_asleep(s.tid));
	EXPECT_EQ(1, handle_drain(self->old, LONG));
	ASSERT_EQ(0, peer_reply(&self->peers[0], "GET", &r));
	EXPECT_EQ(s.size, r.body_len);
	reply_free(&r);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, s.result);
	free(s.body);
}

static int post(struct peer *p, const char *body, int length)
{
	char text[256];

	snprintf(text, sizeof(text), "POST /9 HTTP/1.1\r\nHost: a\r\n"
		 "Content-Length: %d\r\n\r\n%s", length, body);
	return peer_connect(p, "127.0.0.1", PORT) ?: peer_puts(p, text);
}

TEST_F(drain, body_reads_go_on)
{
	struct peer *p = &self->peers[0];
	char buf[64] = "";
	uint64_t id;

	ASSERT_EQ(0, post(p, "half", 8));
	ASSERT_EQ(9, take(self->old, &self->t));
	id = id_of(&self->t);
	EXPECT_EQ(1, handle_drain(self->old, LONG));
	EXPECT_EQ(4, step_read(self->old, id, buf, sizeof(buf), true));
	EXPECT_STREQ("half", buf);
	EXPECT_EQ(-EAGAIN, step_read(self->old, id, buf, sizeof(buf), false));
	/* Its events come, and show in poll(); then the end of events. */
	EXPECT_EQ(POLLHUP, ready(self->old) & (POLLHUP | POLLIN));
	ASSERT_EQ(0, peer_puts(p, "rest"));
	EXPECT_EQ(1, step_take(self->old, &self->t, HTTPQ_TRANSFER_HELD,
			       PEER_TIMEOUT));
	EXPECT_EQ(HTTPQ_EVENT_BODY, self->t.events[0].type);
	EXPECT_EQ(id, id_of(&self->t));
	EXPECT_EQ(4, step_read(self->old, id, buf, sizeof(buf), true));
	EXPECT_STREQ("rest", buf);
	EXPECT_EQ(0, step_read(self->old, id, buf, sizeof(buf), true));
	EXPECT_EQ(0, raw_reply(self->old, id, 200, ""));
	EXPECT_EQ(200, peer_status(p, ""));
}

/* An event that is due is taken before the call says that it is over. */
TEST_F(drain, events_go_on)
{
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	id = id_of(&self->t);
	EXPECT_EQ(1, handle_drain(self->old, LONG));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->old, &self->t, 1, -1));
	peer_half_close(&self->peers[0]);
	while (!(ready(self->old) & POLLIN))
		usleep(1000);
	EXPECT_EQ(POLLIN | POLLHUP, ready(self->old) & (POLLIN | POLLHUP));
	EXPECT_EQ(1, raw_take(self->old, &self->t, 8, -1));
	EXPECT_EQ(HTTPQ_EVENT_HALF_CLOSED, self->t.events[0].type);
	EXPECT_EQ(id, id_of(&self->t));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->old, &self->t, 8, -1));
	/* In one call with a response it is no error. */
	EXPECT_EQ(0, raw_reply(self->old, id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	EXPECT_EQ(1, take(self->new, &self->t));
}

/* A worker with its own loop waits only for what it holds. */
TEST_F(drain, held)
{
	static struct taker waiting;
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	id = id_of(&self->t);
	ASSERT_TRUE(raw_gets(self->peers + 1, 1, PORT, queue));
	/* While it is active: no new request. */
	EXPECT_EQ(-ETIMEDOUT, step_take(self->old, &self->t,
					HTTPQ_TRANSFER_HELD, 0));
	EXPECT_EQ(-EAGAIN, step_take(self->old, &self->t, HTTPQ_TRANSFER_HELD |
				     HTTPQ_TRANSFER_DONTWAIT, -1));
	EXPECT_EQ(1, raw_queue(queue, RAW_QUEUED));
	ASSERT_TRUE(taker_start(&waiting, self->old, HTTPQ_TRANSFER_HELD));
	/* Nor does draining end it, while it holds one. */
	EXPECT_EQ(1, handle_drain(self->old, LONG));
	EXPECT_EQ(-ETIMEDOUT, step_take(self->old, &self->t,
					HTTPQ_TRANSFER_HELD, 0));
	peer_half_close(&self->peers[0]);
	EXPECT_EQ(1, taker_join(&waiting));
	EXPECT_EQ(HTTPQ_EVENT_HALF_CLOSED, waiting.t.events[0].type);
	ASSERT_TRUE(taker_start(&waiting, self->old, HTTPQ_TRANSFER_HELD));
	/* The last one it holds does. */
	EXPECT_EQ(0, raw_reply(self->old, id, 200, ""));
	EXPECT_EQ(-ESHUTDOWN, taker_join(&waiting));
	EXPECT_EQ(-ESHUTDOWN, step_take(self->old, &self->t,
					HTTPQ_TRANSFER_HELD, -1));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	EXPECT_EQ(0, take(self->new, &self->t));
}

/* ------------------------------------------------- what goes back at once */

TEST_F(drain, reserved_go_back)
{
	uint64_t ids[2];
	int i;

	ASSERT_TRUE(raw_gets(self->peers, 5, PORT, queue));
	for (i = 0; i < 2; i++)
		ids[i] = step_reserve(self->old);
	ASSERT_EQ(2, take(self->old, &self->t));
	EXPECT_EQ(3, handle_find(self->old_id).held);
	EXPECT_EQ(1, handle_drain(self->old, LONG));
	EXPECT_EQ(2, host_stat("requests_returned"));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(-ESTALE, step_fetch(self->old, ids[i], &self->t));
	/* In the order in which they came, before those that came later. */
	for (i = 0; i < 5; i++) {
		if (i == 2)
			continue;
		ASSERT_EQ(i, take(self->new, &self->t));
		EXPECT_EQ(0, raw_head(&self->t, 0)->redelivered);
	}
	EXPECT_EQ(-ETIMEDOUT, raw_take(self->new, &self->t, 1, 0));
}

/* Who waits for requests gets those that another's drain gives back. */
TEST_F(drain, reserved_wake_another)
{
	static struct taker waiting;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_NE(0, step_reserve(self->old));
	ASSERT_TRUE(taker_start(&waiting, self->new, 0));
	EXPECT_EQ(0, handle_drain(self->old, LONG));
	EXPECT_EQ(1, taker_join(&waiting));
	EXPECT_EQ(0, number(&waiting.t));
}

/* A call of another thread is about to copy one out, and hangs in that. */
static void work_copying(struct httpq *h, int fd)
{
	struct httpq_event event;
	void *page = worker_fault_page(65536);
	struct httpq_transfer t = {
		.events = (uintptr_t)&event,
		.nr_events = 1,
		.buf = (uintptr_t)page,
		.buf_len = 65536,
		.timeout_ms = -1,
	};

	worker_say(fd, 0);
	httpq_transfer(h, &t);
}

TEST_F(drain, copied_half_go_back)
{
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	ASSERT_EQ(0, worker_start(&self->worker, work_copying, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	id = handle_newest().id;
	ASSERT_TRUE(raw_wait_queue(queue, RAW_INFLIGHT, 1));
	ASSERT_TRUE(worker_wait_asleep(self->worker.pid));
	ASSERT_EQ(0, drain_by_command(id, LONG));
	EXPECT_EQ(0, take(self->new, &self->t));
	EXPECT_EQ(0, raw_head(&self->t, 0)->redelivered);
	EXPECT_EQ(1, take(self->new, &self->t));
	EXPECT_TRUE(handle_is(id, "draining"));
}

/* The connection of a worker that drains goes on with another one. */
TEST_F(drain, connection_goes_on)
{
	struct peer *p = &self->peers[0];
	uint64_t conn;

	ASSERT_TRUE(raw_gets(p, 1, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	conn = raw_head(&self->t, 0)->conn_id;
	EXPECT_EQ(0, raw_reply(self->old, id_of(&self->t), 200, ""));
	EXPECT_EQ(200, peer_status(p, ""));
	EXPECT_EQ(0, handle_drain(self->old, LONG));
	ASSERT_EQ(0, raw_get(p, "/7"));
	ASSERT_EQ(7, take(self->new, &self->t));
	EXPECT_EQ(conn, raw_head(&self->t, 0)->conn_id);
	EXPECT_EQ(0, raw_reply(self->new, id_of(&self->t), 201, ""));
	EXPECT_EQ(201, peer_status(p, ""));
}

/* None is left: requests wait for the next one. */
TEST_F(drain, last_worker)
{
	uint64_t id;
	int fd;

	EXPECT_EQ(0, handle_drain(self->old, LONG));
	EXPECT_EQ(0, handle_drain(self->new, LONG));
	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	EXPECT_EQ(3, raw_queue(queue, RAW_QUEUED));
	fd = handle_attach(queue, 0, &id);
	ASSERT_LE(0, fd);
	ASSERT_EQ(3, raw_take(fd, &self->t, 8, PEER_TIMEOUT));
	EXPECT_EQ(0, number(&self->t));
	close(fd);
}

/* A prefix that a handle bound is served until the handle is gone. */
TEST_F(drain, bindings)
{
	struct peer *p = &self->peers[0];

	ASSERT_EQ(0, raw_bind(self->old, "http://*:8081/", 7));
	EXPECT_EQ(0, handle_drain(self->old, LONG));
	EXPECT_EQ(1, host_lines("urls", "http://*:8081/"));
	ASSERT_EQ(0, peer_connect(p, "127.0.0.1", 8081));
	ASSERT_EQ(0, raw_get(p, "/1"));
	ASSERT_EQ(1, take(self->new, &self->t));
	EXPECT_EQ(7, raw_head(&self->t, 0)->context);
	EXPECT_EQ(0, raw_reply(self->new, id_of(&self->t), 200, ""));
	EXPECT_EQ(200, peer_status(p, ""));
	EXPECT_EQ(0, handle_drain(self->old, 1));
	EXPECT_TRUE(handle_wait(self->old_id, "gone"));
	EXPECT_TRUE(host_wait_lines("urls", "http://*:8081/", 0,
				    PEER_TIMEOUT));
	EXPECT_EQ(-ECONNREFUSED, peer_connect(&self->peers[1], "127.0.0.1",
					      8081));
}

/* Of a queue that is gone: who waits for what is held is told of the last. */
TEST_F(drain, held_of_a_deleted_queue)
{
	static struct taker waiting;
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	id = id_of(&self->t);
	ASSERT_EQ(0, host_run("httpq queue del %s", queue));
	ASSERT_TRUE(taker_start(&waiting, self->old, HTTPQ_TRANSFER_HELD));
	EXPECT_EQ(0, raw_reply(self->old, id, 200, ""));
	EXPECT_EQ(-ESHUTDOWN, taker_join(&waiting));
}

/* ------------------------------------------------------------ the deadline */

/* One of each: untouched, untouched that may not be repeated, begun. */
static int hold_three(int fd, struct raw_take *t, struct peer *peers,
		      uint64_t ids[3])
{
	int i;

	if (!raw_gets(peers, 1, PORT, queue) || post(&peers[1], "body", 4) ||
	    !raw_wait_queue(queue, RAW_QUEUED, 2) ||
	    !raw_gets(peers + 2, 1, PORT, queue))
		return -EIO;
	for (i = 0; i < 3; i++) {
		if (raw_take(fd, t, 1, PEER_TIMEOUT) != 1)
			return -ENOMSG;
		ids[i] = id_of(t);
	}
	return step_begin(fd, ids[2], "begun", 0);
}

TEST_F(drain, deadline)
{
	uint64_t ids[3];
	struct reply r;
	int i;

	ASSERT_EQ(0, hold_three(self->old, &self->t, self->peers, ids));
	EXPECT_EQ(3, handle_drain(self->old, 300));
	EXPECT_TRUE(handle_is(self->old_id, "draining"));
	EXPECT_EQ(0, take(self->new, &self->t));
	EXPECT_EQ(1, raw_head(&self->t, 0)->redelivered);
	EXPECT_EQ(0, raw_reply(self->new, id_of(&self->t), 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	EXPECT_EQ(502, peer_status(&self->peers[1], ""));
	EXPECT_EQ(-EPIPE, peer_reply(&self->peers[2], "GET", &r));
	EXPECT_EQ(200, r.status);
	EXPECT_FALSE(r.complete);
	reply_free(&r);

	EXPECT_TRUE(handle_wait(self->old_id, "gone"));
	for (i = 0; i < 3; i++) {
		int err = raw_reply(self->old, ids[i], 200, "");

		EXPECT_TRUE(err == -ESTALE || err == -ESHUTDOWN)
			TH_LOG("reply %d: %d", i, err);
	}
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->old, &self->t, 1, -1));
	EXPECT_EQ(POLLHUP, ready(self->old) & (POLLHUP | POLLIN));
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
	EXPECT_TRUE(handle_is(self->new_id, "active"));
}

/* A thread that waits for a body, or for room, finds out. */
TEST_F(drain, deadline_wakes)
{
	static struct taker waiting;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	ASSERT_TRUE(taker_start(&waiting, self->old, HTTPQ_TRANSFER_HELD));
	EXPECT_EQ(1, handle_drain(self->old, 200));
	EXPECT_EQ(-ESHUTDOWN, taker_join(&waiting));
	EXPECT_EQ(0, take(self->new, &self->t));
}

TEST_F(drain, deadline_ends_a_body_read)
{
	char buf[16];
	int err;

	ASSERT_EQ(0, post(&self->peers[0], "", 8));
	ASSERT_EQ(9, take(self->old, &self->t));
	EXPECT_EQ(1, handle_drain(self->old, 100));
	err = step_read(self->old, id_of(&self->t), buf, sizeof(buf), true);
	EXPECT_TRUE(err == -ESTALE || err == -ESHUTDOWN)
		TH_LOG("read: %d", err);
	EXPECT_EQ(502, peer_status(&self->peers[0], ""));
}

/* Only nearer: by command and by itself, none at all included. */
TEST_F(drain, second_can_only_shorten)
{
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	EXPECT_EQ(1, handle_drain(self->old, 0));
	EXPECT_EQ(0, handle_find(self->old_id).deadline_ms);
	EXPECT_EQ(1, handle_drain(self->old, LONG));
	EXPECT_GE(LONG, handle_find(self->old_id).deadline_ms);
	EXPECT_LT(0, handle_find(self->old_id).deadline_ms);
	EXPECT_EQ(1, handle_drain(self->old, 2 * LONG));
	EXPECT_GE(LONG, handle_find(self->old_id).deadline_ms);
	EXPECT_EQ(1, handle_drain(self->old, 0));
	EXPECT_LT(0, handle_find(self->old_id).deadline_ms);
	ASSERT_EQ(0, drain_by_command(self->old_id, LONG / 2));
	EXPECT_GE(LONG / 2, handle_find(self->old_id).deadline_ms);
	EXPECT_LT(0, handle_find(self->old_id).deadline_ms);
	EXPECT_TRUE(handle_is(self->old_id, "draining"));
	EXPECT_EQ(1, handle_drain(self->old, 200));
	EXPECT_EQ(0, take(self->new, &self->t));
	EXPECT_TRUE(handle_wait(self->old_id, "gone"));
}

/* ------------------------------------------------- death while it drains */

static void work_holding(struct httpq *h, int fd)
{
	worker_take(h);
	worker_say(fd, 0);
}

TEST_F(drain, killed)
{
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(0, worker_start(&self->worker, work_holding, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	id = handle_newest().id;
	ASSERT_EQ(0, drain_by_command(id, LONG));
	EXPECT_EQ(1, handle_find(id).held);
	worker_kill(&self->worker);
	EXPECT_TRUE(handle_is(id, "gone"));
	EXPECT_EQ(0, take(self->new, &self->t));
	EXPECT_EQ(1, raw_head(&self->t, 0)->redelivered);
}

TEST_F(drain, detached)
{
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	id = id_of(&self->t);
	ASSERT_EQ(0, host_run("httpq worker detach %llu",
			      (unsigned long long)self->old_id));
	EXPECT_TRUE(handle_is(self->old_id, "gone"));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->old, &self->t, 1, -1));
	EXPECT_NE(0, raw_reply(self->old, id, 200, ""));
	EXPECT_EQ(0, take(self->new, &self->t));
	EXPECT_EQ(1, raw_head(&self->t, 0)->redelivered);
	EXPECT_EQ(0, raw_reply(self->new, id_of(&self->t), 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
}

/* --------------------------------------------------- a queue as a whole */

TEST_F(drain, queue)
{
	uint64_t id;
	int fd;

	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	ASSERT_EQ(0, take(self->old, &self->t));
	ASSERT_NE(0, step_reserve(self->new));
	ASSERT_EQ(0, host_run("httpq queue drain %s %d", queue, LONG));
	EXPECT_TRUE(handle_is(self->old_id, "draining"));
	EXPECT_TRUE(handle_is(self->new_id, "draining"));
	EXPECT_LT(0, handle_find(self->new_id).deadline_ms);
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->new, &self->t, 1, -1));
	EXPECT_EQ(2, raw_queue(queue, RAW_QUEUED));
	/* The queue itself goes on with who comes now. */
	fd = handle_attach(queue, 0, &id);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, take(fd, &self->t));
	EXPECT_EQ(2, take(fd, &self->t));
	EXPECT_TRUE(handle_is(id, "active"));
	ASSERT_EQ(0, host_run("httpq queue drain %s 1", queue));
	EXPECT_TRUE(handle_wait(self->old_id, "gone"));
	EXPECT_TRUE(handle_wait(id, "gone"));
	EXPECT_EQ(3, raw_queue(queue, RAW_QUEUED));
	close(fd);
	EXPECT_NE(0, host_run("httpq queue drain nosuch 2>&1"));
}

TEST_HARNESS_MAIN
