// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation and every copy on the way of a process's calls fails once
 * (fail-nth). Nothing may crash, leak or hang; a call that says that it
 * succeeded has; what failed can be done again; and each request leaves its
 * record. A handle that is closed can't fail.
 *
 * kernels: uml uml-6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fault.h"
#include "genl.h"
#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "scene.h"
#include "step.h"

/* More than any of the calls makes. */
#define MAX_FAULTS 300
/* What a case may take on a slow machine, in seconds. */
#define LONG 100
/* A timer that is soon over. */
#define SOON 300
/* Requests that a handle leaves behind. */
#define LEFT 4

/*
 * @fd, @id: of the handle, and the request, that the case is about
 * @genl: listens, so that there is somebody to tell of what happens
 */
FIXTURE(fault)
{
	struct scene s;
	struct peer other;
	struct peer left[LEFT];
	struct genl genl;
	struct genl ask;
	int fd;
	uint64_t id;
	uint64_t worker;
};

FIXTURE_SETUP(fault)
{
	fault_open();
	self->fd = -1;
	self->ask.fd = -1;
	self->other.fd = -1;
	ASSERT_EQ(0, scene_open(&self->s));
	ASSERT_EQ(0, genl_open(&self->genl));
	ASSERT_EQ(0, genl_listen(&self->genl));
}

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

FIXTURE_TEARDOWN(fault)
{
	fault_close();
	drop(&self->fd);
	genl_close(&self->ask);
	genl_close(&self->genl);
	if (self->other.fd >= 0)
		peer_close(&self->other);
	scene_close(&self->s);
}

#define FAULT struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self
#define ARGS _metadata, self

/*
 * struct act - what is tried with a fault at its first, second, ... point
 * @begin: brings about what it takes
 * @act: what fails; 0 or -errno
 * @settle: looks at what became of it, does it again if need be, and takes it
 *	back
 */
struct act {
	void (*begin)(FAULT);
	int (*act)(FAULT);
	void (*settle)(FAULT, int err);
};

static void sweep(FAULT, const struct act *a, int least)
{
	struct genl_row row;
	bool hit = true;
	int nth, err;

	for (nth = 1; hit && nth < MAX_FAULTS; nth++) {
		a->begin(ARGS);
		fault_arm(nth);
		err = a->act(ARGS);
		hit = fault_hit();
		if (!hit)
			EXPECT_EQ(0, err);
		a->settle(ARGS, err);
		EXPECT_EQ(0, raw_queue("test", RAW_QUEUED));
		EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
		EXPECT_EQ(0, log_skip(&self->s.log));
		while (genl_event(&self->genl, &row, 0))
			;
		if (!_metadata->exit_code)
			continue;
		TH_LOG("fault %d, which gave %d", nth, err);
		break;
	}
	EXPECT_FALSE(hit);
	EXPECT_LE(least, nth - 2);
	TH_LOG("%d faults", nth - 2);
}

/* What a client heard: a status, or 0 for the end of its connection. */
static int heard(struct peer *p)
{
	struct reply r;
	int status = peer_reply(p, "GET", &r) ? 0 : r.status;

	reply_free(&r);
	return status;
}

/* The next record says so much. */
#define EXPECT_RECORD(line)						\
	EXPECT_STREQ(line, log_next_line(&self->s.log, PEER_TIMEOUT))

/* ------------------------------------------------------------- handles */

static void nothing(FAULT)
{
}

/* A handle, its queue and its prefix; what it got as far as goes with it. */
static int set_up(FAULT)
{
	const char *url = "http://host:8081/a/b/";
	int fd = open(HTTPQ_DEVICE, O_RDWR | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = raw_attach(fd, "fault", HTTPQ_ATTACH_CREATE, 0600);
	if (!err)
		err = raw_bind(fd, url, 0);
	if (!err)
		err = raw_unbind(fd, url);
	close(fd);
	return err;
}

/* Nothing of the attempt is in the way of another. */
static void set_up_again(FAULT, int err)
{
	EXPECT_EQ(0, set_up(ARGS));
	EXPECT_EQ(0, host_lines("urls", "host"));
}

TEST_F_TIMEOUT(fault, set_up, LONG)
{
	const struct act act = { nothing, set_up, set_up_again };

	sweep(ARGS, &act, 10);
}

static int control(FAULT)
{
	int fd = open(HTTPQ_DEVICE, O_RDWR | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = raw_attach(fd, "test", HTTPQ_ATTACH_CONTROL, 0);
	close(fd);
	return err;
}

static void control_again(FAULT, int err)
{
	EXPECT_EQ(0, control(ARGS));
	EXPECT_EQ(1, raw_queue("test", RAW_WORKERS));
}

TEST_F_TIMEOUT(fault, control, LONG)
{
	const struct act act = { nothing, control, control_again };

	sweep(ARGS, &act, 3);
}

static void deferred_begin(FAULT)
{
	self->fd = handle_attach("test", HTTPQ_ATTACH_DEFER, &self->worker);
	ASSERT_LE(0, self->fd);
}

static int ready(FAULT)
{
	return handle_ready(self->fd);
}

static void ready_again(FAULT, int err)
{
	if (!err)
		EXPECT_TRUE(handle_is(self->worker, "active"));
	EXPECT_EQ(0, ready(ARGS));
	EXPECT_TRUE(handle_is(self->worker, "active"));
	drop(&self->fd);
}

TEST_F_TIMEOUT(fault, ready, LONG)
{
	const struct act act = { deferred_begin, ready, ready_again };

	sweep(ARGS, &act, 3);
}

/* ------------------------------------------------------------- draining */

/* Another handle holds one request, and has one reserved. */
static void held_begin(FAULT)
{
	self->fd = handle_attach("test", 0, &self->worker);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	self->id = scene_next_of(self->fd);
	ASSERT_NE(0, self->id);
	ASSERT_EQ(0, peer_connect(&self->other, "127.0.0.1", SCENE_PORT));
	ASSERT_EQ(0, peer_puts(&self->other, SCENE_GET));
	ASSERT_NE(0, step_reserve(self->fd));
}

static int drain(FAULT)
{
	int n = handle_drain(self->fd, 0);

	return n < 0 ? n : 0;
}

/* It keeps the first and finishes it; somebody else gets the second. */
static void drained(FAULT, int err)
{
	uint64_t id;

	if (!err)
		EXPECT_TRUE(handle_is(self->worker, "draining"));
	EXPECT_EQ(0, drain(ARGS));
	EXPECT_TRUE(handle_is(self->worker, "draining"));
	EXPECT_EQ(0, raw_reply(self->fd, self->id, 200, "ok"));
	EXPECT_EQ(200, heard(&self->s.peer));
	EXPECT_RECORD("access 200 - sent HTTP/1.1 GET /a");
	id = scene_next(&self->s);
	EXPECT_EQ(0, raw_reply(self->s.fd, id, 200, "ok"));
	EXPECT_EQ(200, heard(&self->other));
	EXPECT_RECORD("access 200 - sent HTTP/1.1 GET /a");
	peer_close(&self->other);
	drop(&self->fd);
}

TEST_F_TIMEOUT(fault, drain, LONG)
{
	const struct act act = { held_begin, drain, drained };

	sweep(ARGS, &act, 3);
}

static int tell_worker(FAULT, uint8_t cmd)
{
	struct genl_request r;

	genl_begin(&r, cmd);
	genl_put_u64(&r, HTTPQ_A_ID, self->worker);
	return genl_do(&self->ask, &r);
}

static void told_begin(FAULT)
{
	held_begin(ARGS);
	ASSERT_EQ(0, genl_open(&self->ask));
}

static int drain_by_genl(FAULT)
{
	return tell_worker(ARGS, HTTPQ_CMD_WORKER_DRAIN);
}

static void drained_by_genl(FAULT, int err)
{
	genl_close(&self->ask);
	drained(ARGS, err);
}

TEST_F_TIMEOUT(fault, drain_by_genl, LONG)
{
	const struct act act = { told_begin, drain_by_genl, drained_by_genl };

	sweep(ARGS, &act, 6);
}

/* ------------------------------------------------------------- leaving */

/* Another handle has come far with four requests, with each as far as it can. */
static void busy_begin(FAULT)
{
	static const enum scene_progress far[LEFT] = {
		SCENE_UNTOUCHED, SCENE_READING, SCENE_BEGUN, SCENE_COMPLETE,
	};
	struct scene there;
	struct peer *p;
	uint64_t id;
	int i;

	self->fd = handle_attach("test", 0, &self->worker);
	ASSERT_LE(0, self->fd);
	there.fd = self->fd;
	for (i = 0; i < LEFT; i++) {
		p = &self->left[i];
		ASSERT_EQ(0, peer_connect(p, "127.0.0.1", SCENE_PORT));
		ASSERT_EQ(0, peer_puts(p, i ? SCENE_POST : SCENE_GET));
		id = scene_next_of(self->fd);
		ASSERT_NE(0, id);
		ASSERT_TRUE(scene_bring(&there, id, far[i]));
	}
}

static int leave(FAULT)
{
	drop(&self->fd);
	return 0;
}

/* Each has got what it deserves, as if nothing had failed. */
static void left(FAULT, int err)
{
	static const int status[LEFT] = { 200, 502, 0, 200 };
	uint64_t id;
	int i;

	drop(&self->fd);
	EXPECT_RECORD("error 502 Connection_Abandoned_By_ReqQueue body "
		      "HTTP/1.1 POST /a");
	EXPECT_RECORD("error 200 Connection_Abandoned_By_ReqQueue responding "
		      "HTTP/1.1 POST /a");
	EXPECT_RECORD("error 200 Connection_Abandoned_By_ReqQueue sent "
		      "HTTP/1.1 POST /a");
	id = scene_next(&self->s);
	EXPECT_EQ(0, raw_reply(self->s.fd, id, 200, "ok"));
	EXPECT_RECORD("access 200 - sent taken_over HTTP/1.1 GET /a");
	for (i = 0; i < LEFT; i++) {
		EXPECT_EQ(status[i], heard(&self->left[i]));
		peer_close(&self->left[i]);
	}
}

/* A FIN that finds no memory is not repeated: the timer ends the connection. */
static void hurry_fin(void)
{
	host_sysctl("send_timeout_ms", SOON);
}

TEST_F_TIMEOUT(fault, leave, LONG)
{
	const struct act act = { busy_begin, leave, left };

	hurry_fin();
	sweep(ARGS, &act, 3);
}

static void detach_begin(FAULT)
{
	busy_begin(ARGS);
	ASSERT_EQ(0, genl_open(&self->ask));
}

static int detach(FAULT)
{
	return tell_worker(ARGS, HTTPQ_CMD_WORKER_DETACH);
}

static void detached(FAULT, int err)
{
	genl_close(&self->ask);
	if (!err)
		EXPECT_TRUE(handle_is(self->worker, "gone"));
	if (!handle_is(self->worker, "gone")) {
		ASSERT_EQ(0, genl_open(&self->ask));
		EXPECT_EQ(0, detach(ARGS));
		genl_close(&self->ask);
	}
	EXPECT_EQ(-ESHUTDOWN, handle_ready(self->fd));
	left(ARGS, err);
}

TEST_F_TIMEOUT(fault, detach, LONG)
{
	const struct act act = { detach_begin, detach, detached };

	hurry_fin();
	sweep(ARGS, &act, 6);
}

/* ------------------------------------------------------------- answers */

static void post_begin(FAULT)
{
	ASSERT_EQ(0, scene_send(&self->s, SCENE_POST));
	ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
}

/* One request, there and back; 0 if every call said so. */
static int serve(FAULT)
{
	static struct raw_take take;
	int nr = raw_take(self->s.fd, &take, 1, 0);
	char data[16];
	uint64_t id;

	if (nr != 1)
		return nr < 0 ? nr : -EAGAIN;
	id = take.events[0].id;
	nr = step_read(self->s.fd, id, data, sizeof(data), true);
	if (nr > 0)
		nr = raw_reply(self->s.fd, id, 200, "ok");
	/* It is held, and may be given up. */
	if (nr < 0)
		raw_cancel(self->s.fd, id);
	return nr;
}

/* The handle goes, and what it holds is answered for it. */
static void renew(FAULT)
{
	drop(&self->s.fd);
	self->s.fd = raw_worker("test", 0);
	ASSERT_EQ(0, raw_bind(self->s.fd, SCENE_URL, 0));
}

static void served(FAULT, int err)
{
	int status;

	/* Unread again: it is not lost. */
	if (raw_queue("test", RAW_QUEUED) == 1)
		EXPECT_EQ(0, serve(ARGS));
	/* Delivered, but the end of the call could not be written. */
	if (err == -EFAULT && raw_queue("test", RAW_INFLIGHT) == 1)
		renew(ARGS);
	status = heard(&self->s.peer);
	EXPECT_TRUE(status == 200 || (err && status == 502));
	EXPECT_NE(NULL, log_next(&self->s.log, PEER_TIMEOUT));
}

TEST_F_TIMEOUT(fault, serve, LONG)
{
	const struct act act = { post_begin, serve, served };

	sweep(ARGS, &act, 10);
}

static void taken_begin(FAULT)
{
	self->id = scene_take(&self->s, SCENE_GET);
	ASSERT_NE(0, self->id);
}

/* A head that does not fit on a stack, and a body of many pages. */
static int answer(FAULT)
{
	static struct {
		struct httpq_reply_head head;
		struct httpq_field field;
		char text[1024];
	} head = {
		.head = { .status = 200, .nr_fields = 1 },
		.field = { .name_len = 1, .value_off = 1, .value_len = 1023 },
	};
	static char body[100000];
	struct httpq_send send = {
		.id = self->id,
		.head = (uintptr_t)&head,
		.head_len = sizeof(head),
		.body = (uintptr_t)body,
		.body_len = sizeof(body),
	};
	struct httpq_transfer args = {
		.size = sizeof(args),
		.sends = (uintptr_t)&send,
		.nr_sends = 1,
	};
	int err;

	memset(head.text, 'x', sizeof(head.text));
	err = raw_ioctl(self->s.fd, HTTPQ_IOC_TRANSFER, &args);
	return err ?: send.out_status;
}

static void answered(FAULT, int err)
{
	if (!err)
		EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
	if (raw_queue("test", RAW_INFLIGHT) == 1)
		EXPECT_EQ(0, answer(ARGS));
	EXPECT_EQ(200, heard(&self->s.peer));
	EXPECT_RECORD("access 200 - sent HTTP/1.1 GET /a");
}

TEST_F_TIMEOUT(fault, answer, LONG)
{
	const struct act act = { taken_begin, answer, answered };

	sweep(ARGS, &act, 10);
}

static int in_parts(FAULT)
{
	int fd = self->s.fd;

	return step_begin(fd, self->id, "first ", HTTPQ_SEND_FLUSH) ?:
	       step_send(fd, self->id, 0, -1, "second ", 7, HTTPQ_SEND_MORE) ?:
	       step_end(fd, self->id, "third");
}

/* It may be out as far as it came: nobody can tell, so it is given up. */
static void ended_in_parts(FAULT, int err)
{
	int status;

	if (!err)
		EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
	if (raw_queue("test", RAW_INFLIGHT) == 1)
		EXPECT_EQ(0, raw_cancel(self->s.fd, self->id));
	status = heard(&self->s.peer);
	EXPECT_TRUE(status == 200 || (err && (!status || status == 502)));
	EXPECT_NE(NULL, log_next(&self->s.log, PEER_TIMEOUT));
}

TEST_F_TIMEOUT(fault, in_parts, LONG)
{
	const struct act act = { taken_begin, in_parts, ended_in_parts };

	sweep(ARGS, &act, 10);
}

static int held_back(FAULT)
{
	int fd = self->s.fd;

	return step_begin(fd, self->id, "first ", 0) ?:
	       step_send(fd, self->id, 0, -1, "second ", 7, HTTPQ_SEND_MORE) ?:
	       step_end(fd, self->id, "third");
}

TEST_F_TIMEOUT(fault, held_back, LONG)
{
	const struct act act = { taken_begin, held_back, ended_in_parts };

	ASSERT_EQ(0, host_run("httpq queue set test hold 8192"));
	sweep(ARGS, &act, 10);
}

/* ------------------------------------------------------------- the end */

static void expect_words(FAULT, const char *line)
{
	const struct httpq_log_record *r = log_next(&self->s.log,
						    PEER_TIMEOUT);

	EXPECT_STREQ(line, log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_STREQ("user", log_text(r, r->user));
	EXPECT_STREQ("note", log_text(r, r->note));
	EXPECT_EQ(7, r->substatus);
}

static int end_with(FAULT, int status)
{
	return scene_end_with(self->s.fd, self->id, status, "user", 7, "note");
}

static int end(FAULT)
{
	return end_with(ARGS, 200);
}

static void ended(FAULT, int err)
{
	if (!err)
		EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
	if (raw_queue("test", RAW_INFLIGHT) == 1)
		EXPECT_EQ(0, end(ARGS));
	EXPECT_EQ(200, heard(&self->s.peer));
	expect_words(ARGS, "access 200 - sent HTTP/1.1 GET /a");
}

TEST_F_TIMEOUT(fault, end, LONG)
{
	const struct act act = { taken_begin, end, ended };

	sweep(ARGS, &act, 8);
}

static void zombie_begin(FAULT)
{
	taken_begin(ARGS);
	ASSERT_TRUE(scene_leave(&self->s, 1));
}

/* That it was thrown away is as it should be. */
static int late(FAULT)
{
	int err = end_with(ARGS, 200);

	return err == -ECONNRESET ? 0 : err ?: -EPROTO;
}

static void ended_late(FAULT, int err)
{
	if (!err)
		EXPECT_EQ(0, host_lines("zombies", ""));
	if (host_lines("zombies", ""))
		EXPECT_EQ(0, late(ARGS));
	expect_words(ARGS, "access 200 - sent late HTTP/1.1 GET /a");
}

TEST_F_TIMEOUT(fault, late, LONG)
{
	const struct act act = { zombie_begin, late, ended_late };

	sweep(ARGS, &act, 4);
}

static void withheld_begin(FAULT)
{
	self->id = scene_start(&self->s, SCENE_COMPLETE);
	ASSERT_NE(0, self->id);
	ASSERT_EQ(200, heard(&self->s.peer));
}

static int owed(FAULT)
{
	return end_with(ARGS, 0);
}

static void ended_owed(FAULT, int err)
{
	if (!err)
		EXPECT_EQ(0, host_lines("zombies", ""));
	if (host_lines("zombies", ""))
		EXPECT_EQ(0, owed(ARGS));
	expect_words(ARGS, "access 200 - sent HTTP/1.1 POST /a");
}

TEST_F_TIMEOUT(fault, owed, LONG)
{
	const struct act act = { withheld_begin, owed, ended_owed };

	sweep(ARGS, &act, 4);
}

/* ------------------------------------------------------------- netlink */

static void ask_begin(FAULT)
{
	zombie_begin(ARGS);
	ASSERT_EQ(0, genl_open(&self->ask));
}

static int reap(FAULT)
{
	struct genl_request r;

	genl_begin(&r, HTTPQ_CMD_ZOMBIE_REAP);
	return genl_do(&self->ask, &r);
}

static void reaped(FAULT, int err)
{
	genl_close(&self->ask);
	if (!err)
		EXPECT_EQ(0, host_lines("zombies", ""));
	if (host_lines("zombies", "")) {
		ASSERT_EQ(0, genl_open(&self->ask));
		EXPECT_EQ(0, reap(ARGS));
		genl_close(&self->ask);
	}
	EXPECT_RECORD("error 0 Connection_Dropped delivered reaped "
		      "HTTP/1.1 GET /a");
}

TEST_F_TIMEOUT(fault, reap, LONG)
{
	const struct act act = { ask_begin, reap, reaped };

	sweep(ARGS, &act, 6);
}

/* One row, or an error: nothing is left out without a word. */
static int dump(FAULT, uint8_t cmd)
{
	struct genl_request r;
	struct genl_row row;
	int n;

	genl_begin(&r, cmd);
	n = genl_dump(&self->ask, &r, &row, 1);
	if (n < 0)
		return n;
	EXPECT_EQ(1, n);
	return 0;
}

static int dumps(FAULT)
{
	return dump(ARGS, HTTPQ_CMD_WORKER_GET) ?:
	       dump(ARGS, HTTPQ_CMD_ZOMBIE_GET);
}

static void dumped(FAULT, int err)
{
	genl_close(&self->ask);
	ASSERT_EQ(0, genl_open(&self->ask));
	EXPECT_EQ(0, dumps(ARGS));
	genl_close(&self->ask);
	EXPECT_EQ(0, late(ARGS));
	expect_words(ARGS, "access 200 - sent late HTTP/1.1 GET /a");
}

TEST_F_TIMEOUT(fault, dumps, LONG)
{
	const struct act act = { ask_begin, dumps, dumped };

	sweep(ARGS, &act, 6);
}

/* ------------------------------------------------------------- the log */

static void record_begin(FAULT)
{
	taken_begin(ARGS);
	ASSERT_EQ(0, raw_reply(self->s.fd, self->id, 200, "ok"));
	ASSERT_EQ(200, heard(&self->s.peer));
}

static ssize_t collect(int fd)
{
	static char buf[4 * HTTPQ_LOG_RECORD_MAX];
	ssize_t n;

	if (ioctl(fd, HTTPQ_LOG_IOC_COLLECT))
		return -errno;
	n = read(fd, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	return ioctl(fd, HTTPQ_LOG_IOC_COMMIT) ? -errno : n;
}

/* One reader after the other is the collector. */
static int follow(FAULT)
{
	int fd = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = collect(fd);
	close(fd);
	return n < 0 ? n : 0;
}

/* What the one was not given, or did not commit, is the next one's. */
static void followed(FAULT, int err)
{
	EXPECT_EQ(err ? 0 : -EAGAIN, follow(ARGS));
	EXPECT_RECORD("access 200 - sent HTTP/1.1 GET /a");
}

TEST_F_TIMEOUT(fault, follow, LONG)
{
	const struct act act = { record_begin, follow, followed };

	sweep(ARGS, &act, 4);
}

/* The first prefix of a namespace: memory for its log is asked for. */
static void listen_begin(FAULT)
{
	scene_close(&self->s);
	genl_close(&self->genl);
	ASSERT_EQ(0, host_unshare());
	self->s.fd = raw_worker("test", 0);
	ASSERT_EQ(0, log_open(&self->s.log));
	ASSERT_EQ(0, genl_open(&self->genl));
}

static int first_listen(FAULT)
{
	return raw_bind(self->s.fd, SCENE_URL, 0);
}

static void listens(FAULT, int err)
{
	if (!host_lines("urls", ""))
		EXPECT_EQ(0, first_listen(ARGS));
	record_begin(ARGS);
	EXPECT_RECORD("access 200 - sent HTTP/1.1 GET /a");
	EXPECT_EQ(0, host_stat("log_lost"));
}

TEST_F_TIMEOUT(fault, first_listen, LONG)
{
	const struct act act = { listen_begin, first_listen, listens };

	sweep(ARGS, &act, 10);
}

TEST_HARNESS_MAIN
