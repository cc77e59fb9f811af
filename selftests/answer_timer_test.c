// SPDX-License-Identifier: GPL-2.0
/*
 * The time that a worker has for an answer: from the delivery to the head and
 * from each part to the next.
 * kernels: uml 6.12
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "step.h"
#include "worker.h"

#define PORT 8080
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET10 "GET / HTTP/1.0\r\n\r\n"
#define SHORT 200
/* Its timers count ticks, of which the first has begun already. */
#define TICK 10
#define PEERS 4

static const char queue[] = "test";

FIXTURE(answer_timer)
{
	int fd;
	uint64_t handle_id;
	struct worker worker;
	struct peer peers[PEERS];
	struct raw_take t;
};

FIXTURE_VARIANT(answer_timer)
{
	bool process;
};

FIXTURE_VARIANT_ADD(answer_timer, softirq) { };
FIXTURE_VARIANT_ADD(answer_timer, process) { .process = true };

static int set_timer(long ms)
{
	return host_run("httpq queue set %s answer-timeout %ld", queue, ms);
}

FIXTURE_SETUP(answer_timer)
{
	int i;

	for (i = 0; i < PEERS; i++)
		self->peers[i].fd = -1;
	ASSERT_EQ(0, host_unshare());
	host_sysctl("process_engine", variant->process);
	ASSERT_EQ(0, host_run("httpq queue add %s", queue));
	ASSERT_EQ(0, host_run("httpq url add 'http://*:%d/' queue %s", PORT,
			      queue));
	self->fd = handle_attach(queue, 0, &self->handle_id);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, set_timer(SHORT));
}

FIXTURE_TEARDOWN(answer_timer)
{
	int i;

	worker_kill(&self->worker);
	for (i = 0; i < PEERS; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
	close(self->fd);
}

/* Connects, sends @request, and takes it. Its id, or 0. */
static uint64_t ask(int fd, struct peer *p, const char *request)
{
	if (peer_connect(p, "127.0.0.1", PORT) || peer_puts(p, request))
		return 0;
	return raw_take_one(fd);
}

/* The next request of a connection is answered as ever. */
static const char *goes_on(int fd, struct peer *p)
{
	/* In time, however slow the machine is. */
	host_sysctl("queue_timeout_ms", 60000);
	if (set_timer(60000))
		return "cannot set";
	if (peer_puts(p, GET))
		return "connection is gone";
	if (raw_reply(fd, raw_take_one(fd), 201, ""))
		return "cannot answer";
	return peer_status(p, "") == 201 ? "" : "no answer";
}

/* Every call that names it says that it is over. */
static const char *over(int fd, uint64_t id, struct raw_take *t)
{
	char buf[16];

	if (raw_reply(fd, id, 200, "late") != -ESTALE)
		return "reply";
	if (step_end(fd, id, "late") != -ESTALE)
		return "part";
	if (step_read(fd, id, buf, sizeof(buf), false) != -ESTALE)
		return "body";
	if (step_fetch(fd, id, t) != -ESTALE)
		return "receive";
	if (raw_cancel(fd, id) != -ESTALE)
		return "cancel";
	return raw_queue(queue, RAW_INFLIGHT) ? "still held" : "";
}

TEST_F(answer_timer, nothing_sent)
{
	struct peer *p = &self->peers[0];
	int64_t begin = host_now();
	uint64_t id = ask(self->fd, p, GET);

	ASSERT_NE(0, id);
	EXPECT_EQ(504, peer_status(p, ""));
	EXPECT_LE(SHORT - TICK, host_now() - begin);
	EXPECT_EQ(1, host_stat("timeout_answer"));
	EXPECT_EQ(1, host_stat("answers_kernel"));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
	/* Neither connection nor handle are worse for it. */
	EXPECT_TRUE(handle_is(self->handle_id, "active"));
	EXPECT_STREQ("", goes_on(self->fd, p));
}

/* A head that was read, but no answer; and a request with an unread body. */
TEST_F(answer_timer, body_unread)
{
	struct peer *p = &self->peers[0];
	uint64_t id = ask(self->fd, p, "POST / HTTP/1.1\r\nHost: a\r\n"
			  "Content-Length: 4\r\n\r\nbody");

	ASSERT_NE(0, id);
	EXPECT_EQ(504, peer_status(p, ""));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
	EXPECT_STREQ("", goes_on(self->fd, p));
}

TEST_F(answer_timer, http10)
{
	struct peer *p = &self->peers[0];
	uint64_t id = ask(self->fd, p, GET10);

	ASSERT_NE(0, id);
	EXPECT_EQ(504, peer_status(p, ""));
	EXPECT_EQ(0, peer_wait_close(p, PEER_TIMEOUT));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
}

/* What is answered in time is not touched, the same connection included. */
TEST_F(answer_timer, not_those_answered)
{
	struct peer *p = self->peers;
	uint64_t late;

	/* Whoever is second is not in time. */
	ASSERT_EQ(0, set_timer(60000));
	ASSERT_EQ(0, raw_reply(self->fd, ask(self->fd, &p[0], GET), 200, ""));
	ASSERT_EQ(0, set_timer(SHORT));
	late = ask(self->fd, &p[1], GET);
	ASSERT_NE(0, late);
	EXPECT_EQ(504, peer_status(&p[1], ""));
	EXPECT_EQ(200, peer_status(&p[0], ""));
	EXPECT_EQ(1, host_stat("timeout_answer"));
	EXPECT_STREQ("", goes_on(self->fd, &p[0]));
}

/* ---------------------------------------------------------------- begun */

static const char *broken(struct peer *p, int how)
{
	const char *wrong = "";
	struct reply r;
	int err = peer_reply(p, "GET", &r);

	if (!err || r.complete)
		wrong = "not broken";
	else if (err != how)
		wrong = "broken in another way";
	else if (r.status != 200)
		wrong = "status";
	reply_free(&r);
	return wrong;
}

TEST_F(answer_timer, begun)
{
	struct peer *p = &self->peers[0];
	uint64_t id;

	/* This client does not close. */
	host_sysctl("linger_timeout_ms", SHORT);
	/* All the time for the first part, little for the second. */
	ASSERT_EQ(0, set_timer(60000));
	id = ask(self->fd, p, GET);
	ASSERT_EQ(0, set_timer(SHORT));
	ASSERT_EQ(0, step_begin(self->fd, id, "begun", 0));
	EXPECT_STREQ("", broken(p, -EPIPE));
	EXPECT_EQ(1, host_stat("timeout_answer"));
	EXPECT_EQ(1, host_stat("responses_broken"));
	EXPECT_EQ(0, host_stat("answers_kernel"));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
	EXPECT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
	ASSERT_EQ(0, peer_connect(&self->peers[1], "127.0.0.1", PORT));
	EXPECT_STREQ("", goes_on(self->fd, &self->peers[1]));
}

TEST_F(answer_timer, begun_with_length)
{
	struct peer *p = &self->peers[0];
	uint64_t id;

	ASSERT_EQ(0, set_timer(60000));
	id = ask(self->fd, p, GET);
	ASSERT_EQ(0, set_timer(SHORT));
	ASSERT_EQ(0, step_send(self->fd, id, 200, 10, "begun", 5,
			       HTTPQ_SEND_MORE));
	EXPECT_STREQ("", broken(p, -EPIPE));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
}

/* Only a reset tells. */
TEST_F(answer_timer, begun_until_close)
{
	struct peer *p = &self->peers[0];
	uint64_t id;

	ASSERT_EQ(0, set_timer(60000));
	id = ask(self->fd, p, GET10);
	ASSERT_EQ(0, set_timer(SHORT));
	ASSERT_EQ(0, step_begin(self->fd, id, "begun", 0));
	EXPECT_STREQ("", broken(p, -ECONNRESET));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
}

/* What is held back has not begun for its client. */
TEST_F(answer_timer, held_back)
{
	struct peer *p = &self->peers[0];
	uint64_t id;

	ASSERT_EQ(0, host_run("httpq queue set %s hold 65536", queue));
	ASSERT_EQ(0, set_timer(60000));
	id = ask(self->fd, p, GET);
	ASSERT_EQ(0, set_timer(SHORT));
	ASSERT_EQ(0, step_begin(self->fd, id, "begun", 0));
	EXPECT_EQ(504, peer_status(p, ""));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
	EXPECT_EQ(0, host_stat("responses_broken"));
	EXPECT_STREQ("", goes_on(self->fd, p));
}

/* -------------------------------------------------------------- progress */

/* What was made of it in time, and the longest pause between two steps. */
struct pace {
	int64_t last;
	int64_t worst;
};

static void pace_step(struct pace *pace)
{
	int64_t now = host_now();

	if (pace->last && now - pace->last > pace->worst)
		pace->worst = now - pace->last;
	pace->last = now;
}

/* One part after the other, until there is no doubt that all together took
 * longer than the timer.
 */
static int send_parts(int fd, struct peer *p, long timer, struct pace *pace)
{
	int64_t end;
	uint64_t id;
	int err;

	*pace = (struct pace){};
	pace_step(pace);
	id = ask(fd, p, GET);
	end = host_now() + 3 * timer;
	err = step_begin(fd, id, "part", 0);
	while (!err && host_now() < end) {
		pace_step(pace);
		usleep(timer * 1000 / 10);
		err = step_send(fd, id, 0, -1, "part", 4, HTTPQ_SEND_MORE);
	}
	pace_step(pace);
	return err ?: step_end(fd, id, "part");
}

/* The same with the body, of which the client sends a byte at a time. */
static int read_bytes(int fd, struct peer *p, long timer, struct pace *pace)
{
	int64_t end;
	ssize_t n = 1;
	uint64_t id;
	char c;

	*pace = (struct pace){};
	pace_step(pace);
	id = ask(fd, p, "POST / HTTP/1.1\r\nHost: a\r\n"
			"Content-Length: 1000000\r\n\r\n");
	end = host_now() + 3 * timer;
	while (n == 1 && host_now() < end) {
		pace_step(pace);
		usleep(timer * 1000 / 10);
		n = peer_puts(p, "x") ?: step_read(fd, id, &c, 1, true);
	}
	pace_step(pace);
	return n == 1 ? raw_reply(fd, id, 200, "") : (int)n;
}

/* A machine that stalls for the whole of the timer proves nothing: again. */
static int keep_pace(int fd, struct peer *p, int (*fn)(int fd, struct peer *p,
						       long timer,
						       struct pace *pace))
{
	struct pace pace;
	long timer;
	int err;

	for (timer = 500; timer < 10000; timer *= 2) {
		if (set_timer(timer))
			return -EIO;
		err = fn(fd, p, timer, &pace);
		if (!err || pace.worst < timer)
			return err;
		peer_close(p);
	}
	return err;
}

TEST_F_TIMEOUT(answer_timer, parts_restart_it, 90)
{
	EXPECT_EQ(0, keep_pace(self->fd, &self->peers[0], send_parts));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
}

TEST_F_TIMEOUT(answer_timer, body_reads_restart_it, 90)
{
	EXPECT_EQ(0, keep_pace(self->fd, &self->peers[0], read_bytes));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
}

/* -------------------------------------------------- whose time it is not */

/* Another queue's timer runs out, and the one that was delivered before,
 * whose queue has none, is still there.
 */
TEST_F(answer_timer, off)
{
	struct peer *p = self->peers;
	uint64_t id;
	int other;

	ASSERT_EQ(0, set_timer(0));
	ASSERT_EQ(0, host_run("httpq queue add other && httpq queue set other "
			      "answer-timeout 300 && httpq url add "
			      "http://*:%d/other/ queue other", PORT));
	other = raw_worker("other", 0);
	id = ask(self->fd, &p[0], GET);
	ASSERT_NE(0, id);
	ASSERT_NE(0, ask(other, &p[1], "GET /other/ HTTP/1.1\r\nHost: a\r\n"
			 "\r\n"));
	EXPECT_EQ(504, peer_status(&p[1], ""));
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(&p[0], ""));
	close(other);
}

/* One that waits in the queue is nobody's fault but the queue's. */
TEST_F(answer_timer, not_in_the_queue)
{
	struct peer *p = self->peers;

	host_sysctl("queue_timeout_ms", 5 * SHORT);
	ASSERT_EQ(0, peer_connect(&p[0], "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(&p[0], "/"));
	EXPECT_EQ(503, peer_status(&p[0], ""));
	EXPECT_EQ(1, host_stat("queue_timeout"));
	EXPECT_EQ(0, host_stat("timeout_answer"));
	/* And the other way round: the queue's time is over by delivery. */
	ASSERT_EQ(0, set_timer(0));
	host_sysctl("queue_timeout_ms", SHORT);
	ASSERT_NE(0, ask(self->fd, &p[1], GET));
	ASSERT_EQ(0, raw_get(&p[0], "/"));
	EXPECT_EQ(503, peer_status(&p[0], ""));
	EXPECT_EQ(1, raw_queue(queue, RAW_INFLIGHT));
}

/* What is reserved was not delivered: its time is still the queue's. */
TEST_F(answer_timer, reserved)
{
	struct peer *p = self->peers;
	uint64_t id;

	ASSERT_EQ(0, peer_connect(&p[0], "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(&p[0], "/"));
	id = step_reserve(self->fd);
	ASSERT_NE(0, id);
	/* By the time another one is late, it would be. */
	ASSERT_NE(0, ask(self->fd, &p[1], GET));
	EXPECT_EQ(504, peer_status(&p[1], ""));
	ASSERT_EQ(0, set_timer(60000));
	ASSERT_EQ(0, step_fetch(self->fd, id, &self->t));
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(&p[0], ""));
}

TEST_F(answer_timer, reserved_for_too_long)
{
	struct peer *p = self->peers;
	uint64_t id;

	host_sysctl("queue_timeout_ms", SHORT);
	ASSERT_EQ(0, peer_connect(&p[0], "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(&p[0], "/"));
	id = step_reserve(self->fd);
	ASSERT_NE(0, id);
	EXPECT_EQ(503, peer_status(&p[0], ""));
	EXPECT_EQ(1, host_stat("queue_timeout"));
	EXPECT_EQ(0, host_stat("timeout_answer"));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
	EXPECT_STREQ("", goes_on(self->fd, &p[0]));
}

/* The worker is stuck in a send because the client is: that is another timer.
 */
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

TEST_F(answer_timer, not_while_the_client_is_slow)
{
	static struct sender s = { .fd = -1, .size = 4 << 20 };
	struct peer *p = self->peers;
	pthread_t thread;
	struct reply r;

	s.body = calloc(1, s.size);
	s.fd = self->fd;
	ASSERT_EQ(0, set_timer(60000));
	s.id = ask(self->fd, &p[0], GET);
	ASSERT_EQ(0, set_timer(SHORT));
	ASSERT_EQ(0, pthread_create(&thread, NULL, sender_run, &s));
	while (!s.tid)
		usleep(1000);
	ASSERT_TRUE(worker_wait_asleep(s.tid));
	ASSERT_NE(0, ask(self->fd, &p[1], GET));
	EXPECT_EQ(504, peer_status(&p[1], ""));
	ASSERT_EQ(0, peer_reply(&p[0], "GET", &r));
	EXPECT_EQ(s.size, r.body_len);
	reply_free(&r);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, s.result);
	free(s.body);
}

/* And all that is handed over is, however long it takes to get through. */
TEST_F(answer_timer, not_after_the_end)
{
	struct peer *p = self->peers;
	char *body = calloc(1, 200000);
	struct reply r;
	uint64_t id;

	host_sysctl("sndbuf", 16384);
	ASSERT_EQ(0, host_run("httpq url del 'http://*:%d/' && "
			      "httpq url add 'http://*:%d/' queue %s", PORT,
			      PORT, queue));
	ASSERT_EQ(0, set_timer(60000));
	id = ask(self->fd, &p[0], GET);
	ASSERT_EQ(0, set_timer(SHORT));
	ASSERT_EQ(0, step_send(self->fd, id, 200, 200000, body, 200000, 0));
	ASSERT_NE(0, ask(self->fd, &p[1], GET));
	EXPECT_EQ(504, peer_status(&p[1], ""));
	ASSERT_EQ(0, peer_reply(&p[0], "GET", &r));
	EXPECT_EQ(200000, r.body_len);
	reply_free(&r);
	free(body);
}

/* Who gets it next has all of the time. */
static void work_holding(struct httpq *h, int fd)
{
	worker_say(fd, !raw_take_one(httpq_fd(h)));
}

TEST_F(answer_timer, anew_for_each_delivery)
{
	struct peer *p = self->peers;

	ASSERT_EQ(0, peer_connect(&p[0], "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(&p[0], "/"));
	ASSERT_EQ(0, set_timer(60000));
	ASSERT_EQ(0, worker_start(&self->worker, work_holding, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	worker_kill(&self->worker);
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	ASSERT_EQ(0, set_timer(SHORT));
	/* In the queue once more it is not under the timer. */
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(1, raw_head(&self->t, 0)->redelivered);
	EXPECT_EQ(504, peer_status(&p[0], ""));
}

/* It runs while the handle drains, too: a hung worker is no excuse. */
TEST_F(answer_timer, while_it_drains)
{
	uint64_t id = ask(self->fd, &self->peers[0], GET);

	ASSERT_NE(0, id);
	EXPECT_EQ(1, handle_drain(self->fd, 0));
	EXPECT_EQ(504, peer_status(&self->peers[0], ""));
	EXPECT_STREQ("", over(self->fd, id, &self->t));
	EXPECT_EQ(0, handle_drain(self->fd, 0));
}

/* Many at once; each is answered once. */
TEST_F(answer_timer, many)
{
	struct peer peers[32];
	int i;

	ASSERT_TRUE(raw_gets(peers, 32, PORT, queue));
	for (i = 0; i < 32; i++)
		ASSERT_NE(0, raw_take_one(self->fd));
	for (i = 0; i < 32; i++) {
		EXPECT_EQ(504, peer_status(&peers[i], ""));
		peer_close(&peers[i]);
	}
	EXPECT_EQ(32, host_stat("timeout_answer"));
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
}

/* It is not the time of the queue that the worker's begins after. */
TEST_F(answer_timer, begins_with_the_delivery)
{
	struct peer *p = self->peers;
	int64_t begin;

	host_sysctl("queue_timeout_ms", 3000);
	ASSERT_EQ(0, set_timer(3100));
	begin = host_now();
	ASSERT_NE(0, ask(self->fd, p, GET));
	EXPECT_EQ(504, peer_status(p, ""));
	EXPECT_LE(3100 - TICK, host_now() - begin);
	EXPECT_GT(3000 + 3000, host_now() - begin);
}

/* ------------------------------------------- calls and the client's timers */

/* Hands a part in again and again, as one does that can't wait for room. */
static int send_stubbornly(int fd, uint64_t id, const void *body, size_t len)
{
	struct httpq_send send = {
		.id = id, .flags = HTTPQ_SEND_MORE,
		.body = (uintptr_t)body, .body_len = len,
	};
	struct httpq_transfer args = {
		.size = sizeof(args), .flags = HTTPQ_TRANSFER_DONTWAIT,
		.sends = (uintptr_t)&send, .nr_sends = 1,
	};
	int64_t end = host_now() + PEER_TIMEOUT;

	while (host_now() < end) {
		if (raw_ioctl(fd, HTTPQ_IOC_TRANSFER, &args))
			return -EPROTO;
		if (send.out_status && send.out_status != -EAGAIN)
			return send.out_status;
		usleep(20000);
	}
	return -EAGAIN;
}

/* A client that takes nothing is not given more time because of its worker. */
TEST_F(answer_timer, sends_do_not_help_the_client)
{
	struct peer *p = self->peers;
	size_t size = 4 << 20;
	void *body = calloc(1, size);
	uint64_t id;

	host_sysctl("send_timeout_ms", 2 * SHORT);
	ASSERT_EQ(0, set_timer(60000));
	id = ask(self->fd, p, GET);
	ASSERT_NE(0, id);
	ASSERT_EQ(0, step_begin(self->fd, id, "begun", 0));
	EXPECT_EQ(-ETIMEDOUT, send_stubbornly(self->fd, id, body, size));
	EXPECT_EQ(1, host_stat("timeout_send"));
	free(body);
}

/* Nor is one that sends nothing. */
TEST_F(answer_timer, reads_do_not_help_the_client)
{
	int64_t end = host_now() + PEER_TIMEOUT;
	struct peer *p = self->peers;
	char buf[16];
	uint64_t id;
	int err;

	host_sysctl("body_timeout_ms", 2 * SHORT);
	ASSERT_EQ(0, set_timer(60000));
	id = ask(self->fd, p, "POST / HTTP/1.1\r\nHost: a\r\n"
		 "Content-Length: 9\r\n\r\nhalf");
	ASSERT_NE(0, id);
	EXPECT_EQ(4, step_read(self->fd, id, buf, sizeof(buf), true));
	do {
		err = step_read(self->fd, id, buf, sizeof(buf), false);
		usleep(20000);
	} while (err == -EAGAIN && host_now() < end);
	EXPECT_EQ(-ETIMEDOUT, err);
	EXPECT_EQ(408, peer_status(p, ""));
}

/* A worker that fails to take a request keeps no client waiting for ever. */
TEST_F(answer_timer, failed_deliveries_do_not_count)
{
	struct httpq_event event;
	struct httpq_transfer args = {
		.size = sizeof(args), .flags = HTTPQ_TRANSFER_DONTWAIT,
		.events = (uintptr_t)&event, .nr_events = 1,
		.buf = 8, .buf_len = 65536,
	};
	int64_t end = host_now() + PEER_TIMEOUT;
	struct peer *p = self->peers;
	int err;

	host_sysctl("queue_timeout_ms", 2 * SHORT);
	ASSERT_EQ(0, peer_connect(p, "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(p, "/"));
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	do {
		err = raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &args);
		usleep(20000);
	} while (err == -EFAULT && host_now() < end);
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_EQ(503, peer_status(p, ""));
	EXPECT_EQ(1, host_stat("queue_timeout"));
}

TEST_HARNESS_MAIN
