// SPDX-License-Identifier: GPL-2.0
/* The transfer call: batches, order, reservations, waiting, events, ids. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "worker.h"

#define PORT 8080
#define PEERS 12
static const char url[] = "http://*:8080/";
/* What worker_start() opens. */
static const char queue[] = "test";

FIXTURE(transfer)
{
	int fd;
	int nr;
	struct peer peers[PEERS];
	struct raw_take t;
};

static void wake(int sig)
{
}

FIXTURE_SETUP(transfer)
{
	struct sigaction sa = { .sa_handler = wake };
	int i;

	sigaction(SIGUSR1, &sa, NULL);
	for (i = 0; i < PEERS; i++)
		self->peers[i].fd = -1;
	ASSERT_EQ(0, host_unshare());
	self->fd = raw_worker(queue, 0);
	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
}

FIXTURE_TEARDOWN(transfer)
{
	int i;

	for (i = 0; i < PEERS; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
	close(self->fd);
}

/* The number in the path of event @i: 5 of "/5". */
static int number(const struct raw_take *t, int i)
{
	const struct httpq_request_head *head = raw_head(t, i);

	return atoi(raw_text(head, head->path) + 1);
}

/* Batches */

TEST_F(transfer, batch_both_ways)
{
	struct raw_answer a[4];
	struct httpq_send sends[4];
	struct httpq_transfer args = {
		.size = sizeof(args), .sends = (uintptr_t)sends, .nr_sends = 4,
		.events = (uintptr_t)self->t.events, .nr_events = 8,
		.buf = (uintptr_t)self->t.buf, .buf_len = RAW_BUF,
	};
	int i;

	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	ASSERT_EQ(3, raw_take(self->fd, &self->t, 8, 0));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(i, number(&self->t, i));
		EXPECT_EQ(HTTPQ_EVENT_REQUEST, self->t.events[i].type);
		EXPECT_EQ(0, self->t.events[i].status);
		EXPECT_EQ(0, self->t.events[i].offset % 8);
		EXPECT_EQ(self->t.events[i].length,
			  raw_head(&self->t, i)->size);
		EXPECT_EQ(self->t.events[i].id, raw_head(&self->t, i)->id);
		raw_prepare(&a[i], self->t.events[i].id, 200 + i, "x");
	}
	/* The second fails, and so does an id of nothing. */
	a[1].head.status = 1;
	raw_prepare(&a[3], 12345, 200, "x");
	for (i = 0; i < 4; i++)
		sends[i] = a[i].send;
	ASSERT_TRUE(raw_gets(self->peers + 3, 2, PORT, queue));
	ASSERT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &args));
	EXPECT_EQ(4, args.out_sends);
	EXPECT_EQ(2, args.out_events);
	EXPECT_EQ(0, sends[0].out_status);
	EXPECT_EQ(1, sends[0].out_len);
	EXPECT_EQ(-EINVAL, sends[1].out_status);
	EXPECT_EQ(0, sends[1].out_len);
	EXPECT_EQ(0, sends[2].out_status);
	EXPECT_EQ(-ESTALE, sends[3].out_status);
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	EXPECT_EQ(202, peer_status(&self->peers[2], ""));
	EXPECT_EQ(0, raw_reply(self->fd, a[1].send.id, 201, ""));
	EXPECT_EQ(201, peer_status(&self->peers[1], ""));
}

TEST_F(transfer, batch_limited)
{
	ASSERT_TRUE(raw_gets(self->peers, 5, PORT, queue));
	ASSERT_EQ(2, raw_take(self->fd, &self->t, 2, 0));
	EXPECT_EQ(1, number(&self->t, 1));
	ASSERT_EQ(3, raw_take(self->fd, &self->t, 64, 0));
	EXPECT_EQ(4, number(&self->t, 2));
}

static int take_into(int fd, struct raw_take *t, int nr, uint32_t len)
{
	struct httpq_transfer args = {
		.size = sizeof(args), .events = (uintptr_t)t->events,
		.nr_events = nr, .buf = (uintptr_t)t->buf, .buf_len = len,
	};
	int err = raw_ioctl(fd, HTTPQ_IOC_TRANSFER, &args);

	t->nr = args.out_events;
	return err ? err : t->nr;
}

static int receive(int fd, uint64_t id, struct raw_take *t, uint32_t *len)
{
	struct httpq_receive args = {
		.size = sizeof(args), .id = id, .buf = (uintptr_t)t->buf,
		.buf_len = *len,
	};
	int err = raw_ioctl(fd, HTTPQ_IOC_RECEIVE, &args);

	*len = args.out_len;
	return err;
}

/* Too small a buffer: the request is this handle's, unread. */
TEST_F(transfer, reservation)
{
	int other = raw_worker(queue, O_NONBLOCK);
	struct httpq_event *event = self->t.events;
	uint32_t need, len = 64;
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	ASSERT_EQ(1, take_into(self->fd, &self->t, 8, 64));
	EXPECT_EQ(-EMSGSIZE, event->status);
	EXPECT_EQ(HTTPQ_EVENT_REQUEST, event->type);
	id = event->id;
	need = event->length;
	EXPECT_LT(136, need);

	EXPECT_EQ(-ESTALE, receive(other, id, &self->t, &len));
	ASSERT_EQ(1, raw_take(other, &self->t, 8, 0));
	EXPECT_EQ(1, number(&self->t, 0));
	EXPECT_EQ(-EAGAIN, raw_take(other, &self->t, 8, 0));

	len = need - 1;
	EXPECT_EQ(-EMSGSIZE, receive(self->fd, id, &self->t, &len));
	EXPECT_EQ(need, len);
	EXPECT_EQ(0, receive(self->fd, id, &self->t, &len));
	EXPECT_EQ(need, len);
	self->t.events[0].offset = 0;
	EXPECT_EQ(0, number(&self->t, 0));
	EXPECT_EQ(id, raw_head(&self->t, 0)->id);
	/* And again, until it is answered. */
	EXPECT_EQ(0, receive(self->fd, id, &self->t, &len));
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(-ESTALE, receive(self->fd, id, &self->t, &len));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	close(other);
}

/* What was never received can be given up, but not answered. */
TEST_F(transfer, reservation_unread)
{
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(1, take_into(self->fd, &self->t, 1, 0));
	EXPECT_EQ(-EMSGSIZE, self->t.events[0].status);
	id = self->t.events[0].id;
	EXPECT_EQ(-ESTALE, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(1, raw_queue(queue, RAW_INFLIGHT));
	EXPECT_EQ(0, raw_cancel(self->fd, id));
	EXPECT_EQ(502, peer_status(&self->peers[0], ""));
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
}

/* The buffer holds one and a half: the second stays in the queue. */
TEST_F(transfer, buffer_for_one)
{
	uint32_t size;

	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	ASSERT_EQ(1, take_into(self->fd, &self->t, 8, 300));
	size = self->t.events[0].length;
	ASSERT_GT(300, size);
	EXPECT_EQ(0, self->t.events[0].status);
	EXPECT_EQ(2, raw_queue(queue, RAW_QUEUED));
	EXPECT_EQ(1, raw_queue(queue, RAW_INFLIGHT));
	/* Exactly one, without room for the alignment behind it. */
	ASSERT_EQ(1, take_into(self->fd, &self->t, 8, size));
	EXPECT_EQ(1, number(&self->t, 0));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 8, 0));
	EXPECT_EQ(2, number(&self->t, 0));
}

/* What is given back stands where it stood. */
TEST_F(transfer, order_after_return)
{
	int a = raw_worker(queue, 0), b = raw_worker(queue, 0), i;
	long long returned = host_stat("requests_returned");

	ASSERT_TRUE(raw_gets(self->peers, 6, PORT, queue));
	ASSERT_EQ(1, take_into(a, &self->t, 1, 64));
	ASSERT_EQ(1, take_into(b, &self->t, 1, 64));
	ASSERT_EQ(1, take_into(a, &self->t, 1, 64));
	ASSERT_EQ(1, take_into(b, &self->t, 1, 64));
	EXPECT_EQ(4, raw_queue(queue, RAW_INFLIGHT));
	close(b);
	EXPECT_EQ(2, raw_queue(queue, RAW_INFLIGHT));
	close(a);
	EXPECT_EQ(6, raw_queue(queue, RAW_QUEUED));
	EXPECT_EQ(returned + 4, host_stat("requests_returned"));
	ASSERT_EQ(6, raw_take(self->fd, &self->t, 8, 0));
	for (i = 0; i < 6; i++)
		EXPECT_EQ(i, number(&self->t, i));
}

/* Waiting */

TEST_F(transfer, does_not_wait)
{
	int fd = raw_worker(queue, O_NONBLOCK);
	struct httpq_transfer args = {
		.size = sizeof(args), .flags = HTTPQ_TRANSFER_DONTWAIT,
		.events = (uintptr_t)self->t.events, .nr_events = 1,
		.timeout_ms = -1,
	};

	EXPECT_EQ(-EAGAIN, raw_take(fd, &self->t, 1, -1));
	EXPECT_EQ(-EAGAIN, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &args));
	/* No events wanted: nothing to wait for. */
	EXPECT_EQ(0, raw_take(self->fd, &self->t, 0, -1));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, raw_take(self->fd, &self->t, 1, -1));
	close(fd);
}

TEST_F(transfer, timeout)
{
	int64_t begin = host_now();

	EXPECT_EQ(-ETIMEDOUT, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(-ETIMEDOUT, raw_take(self->fd, &self->t, 1, 50));
	EXPECT_LE(begin + 50, host_now());
	EXPECT_GT(begin + PEER_TIMEOUT, host_now());
	/* It does not count against one that is there. */
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
}

/*
 * struct taker - a thread in a transfer of its own
 * @cpu: to be run on, -1: any
 */
struct taker {
	int fd;
	int nr;
	int timeout_ms;
	int cpu;
	int result;
	volatile pid_t tid;
	struct httpq_transfer args;
	struct raw_answer answer;
	struct raw_take t;
	pthread_t thread;
};

static void *taker_run(void *arg)
{
	struct taker *taker = arg;
	cpu_set_t cpus;
	sigset_t chld;
	int64_t end;

	/* While system() blocks it in one thread another would get it. */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &chld, NULL);
	CPU_ZERO(&cpus);
	CPU_SET(taker->cpu < 0 ? 0 : taker->cpu, &cpus);
	if (taker->cpu >= 0)
		pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	taker->args.size = sizeof(taker->args);
	taker->args.events = (uintptr_t)taker->t.events;
	taker->args.nr_events = taker->nr;
	taker->args.buf = (uintptr_t)taker->t.buf;
	taker->args.buf_len = RAW_BUF;
	taker->args.timeout_ms = taker->timeout_ms;
	end = host_now() + taker->timeout_ms;
	taker->tid = gettid();
	taker->result = raw_ioctl(taker->fd, HTTPQ_IOC_TRANSFER, &taker->args);
	/* What it finds only at the end nobody woke it for. */
	if (host_now() >= end)
		taker->result = -ETIMEDOUT;
	taker->t.nr = taker->args.out_events;
	return NULL;
}

static bool taker_start(struct taker *taker, int fd, int nr)
{
	taker->fd = fd;
	taker->nr = nr;
	/* Not that of the thread before. */
	taker->tid = 0;
	if (!taker->timeout_ms)
		taker->timeout_ms = PEER_TIMEOUT / 4;
	if (pthread_create(&taker->thread, NULL, taker_run, taker))
		return false;
	while (!taker->tid)
		usleep(1000);
	return worker_wait_asleep(taker->tid);
}

static int taker_join(struct taker *taker)
{
	pthread_join(taker->thread, NULL);
	return taker->result ? taker->result : taker->t.nr;
}

TEST_F(transfer, waits_for_request)
{
	struct taker taker = { .cpu = -1 };

	ASSERT_TRUE(taker_start(&taker, self->fd, 1));
	ASSERT_EQ(0, peer_connect(&self->peers[0], "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(&self->peers[0], "/7"));
	EXPECT_EQ(1, taker_join(&taker));
	EXPECT_EQ(7, number(&taker.t, 0));
}

/* A signal ends the wait; what was sent before is through, and said so. */
TEST_F(transfer, signal)
{
	static struct taker taker = { .cpu = -1 };

	ASSERT_TRUE(taker_start(&taker, self->fd, 1));
	pthread_kill(taker.thread, SIGUSR1);
	EXPECT_EQ(-EINTR, taker_join(&taker));

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	raw_prepare(&taker.answer, raw_take_one(self->fd), 200, "yes");
	taker.args.sends = (uintptr_t)&taker.answer.send;
	taker.args.nr_sends = 1;
	taker.tid = 0;
	ASSERT_TRUE(taker_start(&taker, self->fd, 1));
	/* Told, and in memory, while the call still waits. */
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	EXPECT_EQ(1, taker.args.out_sends);
	EXPECT_EQ(0, taker.answer.send.out_status);
	EXPECT_EQ(3, taker.answer.send.out_len);
	pthread_kill(taker.thread, SIGUSR1);
	EXPECT_EQ(0, taker_join(&taker));
	EXPECT_EQ(1, taker.args.out_sends);
	EXPECT_EQ(0, taker.args.out_events);
}

/* SA_RESTART changes nothing: a transfer is never restarted. */
TEST_F(transfer, signal_restart)
{
	struct sigaction sa = { .sa_handler = wake, .sa_flags = SA_RESTART };
	static struct taker taker = { .cpu = -1 };

	sigaction(SIGUSR1, &sa, NULL);
	ASSERT_TRUE(taker_start(&taker, self->fd, 1));
	pthread_kill(taker.thread, SIGUSR1);
	EXPECT_EQ(-EINTR, taker_join(&taker));
}

/* Lets no other thread run on processor 0. */
static int hold_cpu(bool hold)
{
	struct sched_param param = { .sched_priority = hold ? 50 : 0 };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ||
	       sched_setscheduler(0, hold ? SCHED_FIFO : SCHED_OTHER, &param);
}

/* The same of a handle in another process, which stays. */
static void take_elsewhere(struct httpq *h, int fd)
{
	static struct raw_take t;

	worker_say(fd, raw_take(raw_worker(queue, 0), &t, 64,
				PEER_TIMEOUT / 4));
}

/*
 * Four wait, one of them in another process: each takes its part of what is
 * there, rounded up. On one processor none is stopped between counting and
 * taking; two that count at once could be wrong about each other.
 */
TEST_F(transfer, share)
{
	static struct taker takers[3];
	struct worker elsewhere;
	int i, nr, all = 0;

	ASSERT_EQ(0, host_run("httpq queue set %s state paused", queue));
	/* They inherit it. */
	ASSERT_EQ(0, hold_cpu(true));
	ASSERT_EQ(0, worker_start(&elsewhere, take_elsewhere, NULL));
	ASSERT_TRUE(worker_wait_asleep(elsewhere.pid));
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(taker_start(&takers[i], self->fd, 64));
	ASSERT_EQ(0, hold_cpu(false));
	ASSERT_TRUE(raw_gets(self->peers, 10, PORT, queue));
	ASSERT_EQ(0, host_run("httpq queue set %s state running", queue));
	for (i = 0; i < 4; i++) {
		nr = i < 3 ? taker_join(&takers[i]) : worker_hear(elsewhere.fd);
		EXPECT_LE(2, nr);
		EXPECT_GE(3, nr);
		all += nr;
	}
	EXPECT_EQ(10, all);
	/* Nobody waits: all that is left is one's own. */
	ASSERT_TRUE(raw_gets(self->peers + 10, 2, PORT, queue));
	EXPECT_EQ(2, raw_take(self->fd, &self->t, 64, 0));
	worker_kill(&elsewhere);
}

/*
 * One thread sleeps, is woken for a request, and before it runs finds an event
 * to return instead: the request is for the other that sleeps. The test holds
 * the processor of the first meanwhile; where softirqs are late that may not be
 * long enough, and the first gets the request.
 */
static bool is_passed_on(int fd, int other, struct peer *peers)
{
	static struct taker first, second;
	bool late;

	second.cpu = -1;
	if (!raw_gets(peers, 1, PORT, queue) ||
	    peer_connect(&peers[1], "127.0.0.1", PORT) || !raw_take_one(fd) ||
	    !taker_start(&first, fd, 1) || !taker_start(&second, other, 1) ||
	    hold_cpu(true))
		return false;
	raw_get(&peers[1], "/1");
	peer_reset(&peers[0]);
	hold_cpu(false);
	if (taker_join(&first) != 1)
		return false;
	late = first.t.events[0].type == HTTPQ_EVENT_REQUEST;
	/* The event is still there, and the second still waits. */
	if (late && (raw_take(fd, &first.t, 1, PEER_TIMEOUT) != 1 ||
		     !raw_gets(&peers[2], 1, PORT, queue)))
		return false;
	return taker_join(&second) == 1 && !late &&
	       second.t.events[0].type == HTTPQ_EVENT_REQUEST;
}

TEST_F(transfer, wakeup_passed_on)
{
	int other = raw_worker(queue, 0), i;
	bool passed = false;

	for (i = 0; i < 4 && !passed; i++)
		passed = is_passed_on(self->fd, other, &self->peers[3 * i]);
	EXPECT_TRUE(passed);
	close(other);
}

/* Two requests end, two more wait for them: each has a thread. */
TEST_F(transfer, wakeup_after_limit)
{
	static struct taker takers[2];
	uint64_t ids[2];
	int i;

	ASSERT_EQ(0, host_run("httpq queue set %s max-inflight 2", queue));
	ASSERT_TRUE(raw_gets(self->peers, 4, PORT, queue));
	for (i = 0; i < 2; i++)
		ids[i] = raw_take_one(self->fd);
	for (i = 0; i < 2; i++)
		ASSERT_TRUE(taker_start(&takers[i], self->fd, 64));
	EXPECT_EQ(2, raw_queue(queue, RAW_QUEUED));
	/* Both are over before the first of them runs. */
	ASSERT_EQ(0, hold_cpu(true));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, raw_reply(self->fd, ids[i], 200, ""));
	ASSERT_EQ(0, hold_cpu(false));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(1, taker_join(&takers[i]));
	EXPECT_EQ(0, raw_queue(queue, RAW_QUEUED));
}

/* The thread that received is gone when another one answers. */
TEST_F(transfer, any_thread_answers)
{
	static struct taker taker = { .cpu = -1 };
	struct reply r;

	ASSERT_TRUE(taker_start(&taker, self->fd, 1));
	ASSERT_EQ(0, peer_connect(&self->peers[0], "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(&self->peers[0], "/"));
	ASSERT_EQ(1, taker_join(&taker));
	EXPECT_EQ(0, raw_reply(self->fd, taker.t.events[0].id, 200, "text"));
	ASSERT_EQ(0, peer_reply(&self->peers[0], "GET", &r));
	EXPECT_STREQ("text", r.body);
	reply_free(&r);
	/* And the connection is as good as before. */
	ASSERT_EQ(0, raw_get(&self->peers[0], "/"));
	EXPECT_EQ(0, raw_reply(self->fd, raw_take_one(self->fd), 204, ""));
	EXPECT_EQ(204, peer_status(&self->peers[0], ""));
}

/* Readiness */

static int ready(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) < 0 ? -errno : pfd.revents;
}

TEST_F(transfer, poll)
{
	struct pollfd pfd = { .events = POLLIN | POLLOUT };

	EXPECT_EQ(0, ready(self->fd, 0));
	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	EXPECT_EQ(POLLIN, ready(self->fd, 0));
	ASSERT_NE(0, raw_take_one(self->fd));
	EXPECT_EQ(POLLIN, ready(self->fd, 0));
	ASSERT_NE(0, raw_take_one(self->fd));
	EXPECT_EQ(0, ready(self->fd, 0));
	/* An event of a request that is held. */
	peer_reset(&self->peers[0]);
	EXPECT_EQ(POLLIN, ready(self->fd, PEER_TIMEOUT));
	EXPECT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(0, ready(self->fd, 0));
	/* It can always be written; one without a queue is an error. */
	pfd.fd = self->fd;
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLOUT, pfd.revents);
	pfd.fd = raw_open(0);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_TRUE(pfd.revents & POLLERR);
	close(pfd.fd);
}

TEST_F(transfer, epoll_edges)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &event));
	EXPECT_EQ(0, epoll_wait(ep, &event, 1, 0));
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, PEER_TIMEOUT));
	EXPECT_EQ(EPOLLIN, event.events & (EPOLLIN | EPOLLHUP | EPOLLERR));
	/* The same request is no new edge, the next one is. */
	EXPECT_EQ(0, epoll_wait(ep, &event, 1, 0));
	ASSERT_TRUE(raw_gets(self->peers + 1, 1, PORT, queue));
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, PEER_TIMEOUT));
	EXPECT_EQ(2, raw_take(self->fd, &self->t, 8, 0));
	EXPECT_EQ(0, epoll_wait(ep, &event, 1, 0));
	peer_reset(&self->peers[0]);
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, PEER_TIMEOUT));
	EXPECT_EQ(1, raw_take(self->fd, &self->t, 8, 0));
	ASSERT_EQ(0, host_run("httpq queue del %s", queue));
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, PEER_TIMEOUT));
	EXPECT_TRUE(event.events & EPOLLHUP);
	close(ep);
}

TEST_F(transfer, hangup)
{
	static struct taker taker = { .cpu = -1 };

	ASSERT_TRUE(taker_start(&taker, self->fd, 1));
	ASSERT_EQ(0, host_run("httpq queue del %s", queue));
	EXPECT_EQ(-ESHUTDOWN, taker_join(&taker));
	EXPECT_EQ(POLLHUP, ready(self->fd, 0) & (POLLHUP | POLLIN));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->fd, &self->t, 1, -1));
	EXPECT_EQ(-ESHUTDOWN, raw_bind(self->fd, url, 0));
}

/* Events */

TEST_F(transfer, event_disconnect)
{
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	id = raw_take_one(self->fd);
	peer_reset(&self->peers[0]);
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, PEER_TIMEOUT));
	EXPECT_EQ(HTTPQ_EVENT_DISCONNECT, self->t.events[0].type);
	EXPECT_EQ(HTTPQ_REASON_CLIENT_RESET, self->t.events[0].reason);
	EXPECT_EQ(id, self->t.events[0].id);
	EXPECT_EQ(-ETIMEDOUT, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(-ECONNRESET, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(-ESTALE, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
}

/* One that was reserved and has lost its client is nobody's. */
TEST_F(transfer, client_gone_reserved)
{
	uint32_t len = RAW_BUF;
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(1, take_into(self->fd, &self->t, 1, 0));
	id = self->t.events[0].id;
	peer_reset(&self->peers[0]);
	ASSERT_EQ(1, host_wait_stat("client_gone", 1, PEER_TIMEOUT));
	EXPECT_EQ(-ETIMEDOUT, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(-ESTALE, receive(self->fd, id, &self->t, &len));
	EXPECT_EQ(-ESTALE, raw_cancel(self->fd, id));
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
}

/* One that left while it waited is never delivered. */
TEST_F(transfer, client_gone_queued)
{
	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	peer_reset(&self->peers[0]);
	EXPECT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 8, 0));
	EXPECT_EQ(1, number(&self->t, 0));
	EXPECT_EQ(1, host_stat("client_gone"));
}

TEST_F(transfer, event_half_closed)
{
	uint64_t id;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	id = raw_take_one(self->fd);
	peer_half_close(&self->peers[0]);
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, PEER_TIMEOUT));
	EXPECT_EQ(HTTPQ_EVENT_HALF_CLOSED, self->t.events[0].type);
	EXPECT_EQ(id, self->t.events[0].id);
	EXPECT_EQ(0, self->t.events[0].reason);
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	EXPECT_EQ(0, peer_wait_close(&self->peers[0], PEER_TIMEOUT));
}

/* The FIN came while nobody had the request. */
TEST_F(transfer, event_half_closed_queued)
{
	struct peer *p = &self->peers[0];
	uint64_t id;

	ASSERT_EQ(0, peer_connect(p, "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(p, "/"));
	peer_half_close(p);
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	ASSERT_EQ(0, peer_flush(p));
	id = raw_take_one(self->fd);
	ASSERT_NE(0, id);
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, PEER_TIMEOUT));
	EXPECT_EQ(HTTPQ_EVENT_HALF_CLOSED, self->t.events[0].type);
	EXPECT_EQ(id, self->t.events[0].id);
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(p, ""));
}

static int read_body(int fd, uint64_t id, char *buf, uint32_t len)
{
	struct httpq_body args = {
		.size = sizeof(args), .flags = HTTPQ_BODY_DONTWAIT, .id = id,
		.buf = (uintptr_t)buf, .buf_len = len,
	};
	int err = raw_ioctl(fd, HTTPQ_IOC_READ_BODY, &args);

	return err ? err : (int)args.out_len;
}

TEST_F(transfer, event_body)
{
	struct peer *p = &self->peers[0];
	char buf[64] = "";
	uint64_t id;

	ASSERT_EQ(0, peer_connect(p, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_puts(p, "POST / HTTP/1.1\r\nHost: a\r\n"
			       "Content-Length: 8\r\n\r\n"));
	id = raw_take_one(self->fd);
	/* Nobody asked for the body yet: no event. */
	EXPECT_EQ(-EAGAIN, read_body(self->fd, id, buf, sizeof(buf)));
	EXPECT_EQ(-ETIMEDOUT, raw_take(self->fd, &self->t, 1, 0));
	ASSERT_EQ(0, peer_puts(p, "half"));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, PEER_TIMEOUT));
	EXPECT_EQ(HTTPQ_EVENT_BODY, self->t.events[0].type);
	EXPECT_EQ(id, self->t.events[0].id);
	EXPECT_EQ(4, read_body(self->fd, id, buf, sizeof(buf)));
	EXPECT_EQ(-EAGAIN, read_body(self->fd, id, buf, sizeof(buf)));
	ASSERT_EQ(0, peer_puts(p, "full"));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, PEER_TIMEOUT));
	EXPECT_EQ(HTTPQ_EVENT_BODY, self->t.events[0].type);
	EXPECT_EQ(4, read_body(self->fd, id, buf, sizeof(buf)));
	EXPECT_STREQ("full", buf);
	EXPECT_EQ(0, read_body(self->fd, id, buf, sizeof(buf)));
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(p, ""));
}

/* Sends without waiting what the client does not read: part by part. */
TEST_F(transfer, event_space)
{
	size_t size = 8 << 20, done = 0;
	char *body = malloc(size + 1);
	struct raw_answer a;
	struct httpq_transfer args = {
		.size = sizeof(args), .flags = HTTPQ_TRANSFER_DONTWAIT,
		.sends = (uintptr_t)&a.send, .nr_sends = 1,
	};
	struct reply r;
	int events = 0;
	pid_t pid;

	memset(body, 'x', size);
	body[size] = 0;
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	raw_prepare(&a, raw_take_one(self->fd), 200, body);
	ASSERT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &args));
	ASSERT_EQ(0, a.send.out_status);
	ASSERT_GT(size, a.send.out_len);
	done = a.send.out_len;
	EXPECT_LT(0, done);
	a.send.head = a.send.head_len = 0;
	a.send.body = (uintptr_t)body + done;
	a.send.body_len = size - done;
	/* Goes on until TCP's buffers are full, too. */
	ASSERT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &args));

	pid = fork();
	if (!pid) {
		int err = peer_reply(&self->peers[0], "GET", &r);

		_exit(err || r.status != 200 || r.body_len != size);
	}
	for (;;) {
		ASSERT_TRUE(!a.send.out_status ||
			    a.send.out_status == -EAGAIN)
			TH_LOG("status %d", a.send.out_status);
		done += a.send.out_len;
		if (done == size)
			break;
		if (!a.send.out_status && !a.send.out_len)
			break;
		ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, PEER_TIMEOUT));
		ASSERT_EQ(HTTPQ_EVENT_SPACE, self->t.events[0].type);
		events++;
		a.send.body = (uintptr_t)body + done;
		a.send.body_len = size - done;
		ASSERT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &args));
	}
	EXPECT_EQ(size, done);
	EXPECT_LT(0, events);
	EXPECT_EQ(pid, waitpid(pid, &events, 0));
	EXPECT_EQ(0, events);
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
	free(body);
}

/* Ids */

TEST_F(transfer, stale_ids)
{
	int other = raw_worker(queue, 0);
	uint64_t first, second;
	uint32_t len = RAW_BUF;
	char buf[16];

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	first = raw_take_one(self->fd);
	EXPECT_EQ(-ESTALE, raw_reply(other, first, 200, ""));
	EXPECT_EQ(-ESTALE, raw_cancel(other, first));
	EXPECT_EQ(-ESTALE, read_body(other, first, buf, sizeof(buf)));
	EXPECT_EQ(-ESTALE, receive(other, first, &self->t, &len));
	EXPECT_EQ(0, raw_reply(self->fd, first, 200, ""));
	EXPECT_EQ(-ESTALE, raw_reply(self->fd, first, 200, ""));
	EXPECT_EQ(-ESTALE, raw_cancel(self->fd, first));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));

	/* The slot is used again, the id is not. */
	ASSERT_EQ(0, raw_get(&self->peers[0], "/"));
	second = raw_take_one(self->fd);
	EXPECT_EQ((uint32_t)first, (uint32_t)second);
	EXPECT_NE(first, second);
	EXPECT_EQ(-ESTALE, raw_reply(self->fd, first, 200, ""));
	EXPECT_EQ(-ESTALE, raw_reply(self->fd, (uint32_t)second, 200, ""));
	EXPECT_EQ(-ESTALE, raw_reply(self->fd, ~second, 200, ""));
	EXPECT_EQ(0, raw_cancel(self->fd, second));
	EXPECT_EQ(502, peer_status(&self->peers[0], ""));
	EXPECT_EQ(-ESTALE, raw_cancel(self->fd, second));
	close(other);
}

TEST_HARNESS_MAIN
