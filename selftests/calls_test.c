// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that do not go their way: two at once for one request, those that a
 * signal ends, and those whose client or namespace spoils them.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "peer.h"
#include "raw.h"
#include "step.h"
#include "worker.h"

#define PORT 8080
#define BIG (8 << 20)
/* Namespaces of which one call at least hears how they end. */
#define ROUNDS 20
#define POST(fields) "POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define CHUNKED POST("Transfer-Encoding: chunked\r\n")

static const char url[] = "http://*:8080/";
static const char queue[] = "calls";

/* A thread in a call of its own. */
struct call {
	int fd;
	unsigned long code;
	void *args;
	int result;
	volatile pid_t tid;
	pthread_t thread;
};

static void *call_run(void *arg)
{
	struct call *call = arg;

	call->tid = gettid();
	call->result = raw_ioctl(call->fd, call->code, call->args);
	return NULL;
}

/* Whether the call waits for something. */
static bool call_start(struct call *call, int fd, unsigned long code,
		       void *args)
{
	*call = (struct call){ .fd = fd, .code = code, .args = args };
	if (pthread_create(&call->thread, NULL, call_run, call))
		return false;
	while (!call->tid)
		usleep(1000);
	return worker_wait_asleep(call->tid);
}

static int call_join(struct call *call)
{
	pthread_join(call->thread, NULL);
	return call->result;
}

/* What the call gives when a signal comes. */
static int call_interrupt(struct call *call)
{
	pthread_kill(call->thread, SIGUSR1);
	return call_join(call);
}

FIXTURE(calls)
{
	int fd;
	struct peer peers[2];
	struct call call;
	struct raw_take t;
	char buf[64];
};

static void wake(int sig)
{
}

FIXTURE_SETUP(calls)
{
	/* Calls are never restarted, whatever is said here. */
	struct sigaction sa = { .sa_handler = wake, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &sa, NULL);
	self->peers[0].fd = -1;
	self->peers[1].fd = -1;
	ASSERT_EQ(0, host_unshare());
	self->fd = raw_worker(queue, 0);
	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
}

FIXTURE_TEARDOWN(calls)
{
	int i;

	for (i = 0; i < 2; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
	close(self->fd);
}

/* Sends a request of which there may be more to come. Its id, or 0. */
static uint64_t ask(int fd, struct peer *p, const char *text)
{
	if (peer_connect(p, "127.0.0.1", PORT) || peer_puts(p, text))
		return 0;
	return raw_take_one(fd);
}

static struct httpq_body body_args(uint64_t id, void *buf, uint32_t len,
				   uint32_t flags)
{
	return (struct httpq_body){
		.size = sizeof(struct httpq_body), .flags = flags, .id = id,
		.buf = (uintptr_t)buf, .buf_len = len,
		.out_len = ~0U, .out_flags = ~0U,
	};
}

static int read_body(int fd, struct httpq_body *args)
{
	return raw_ioctl(fd, HTTPQ_IOC_READ_BODY, args);
}

static int read_trailers(int fd, uint64_t id, void *buf, size_t len)
{
	struct httpq_body args = body_args(id, buf, len, HTTPQ_BODY_TRAILERS);

	return read_body(fd, &args);
}

/* ------------------------------------------------------------ two at once */

/* One thread reads a body; sending meanwhile is another thing. */
TEST_F(calls, two_reads_at_once)
{
	struct peer *p = &self->peers[0];
	struct httpq_body args;
	struct reply r;
	char buf[16];
	uint64_t id;

	id = ask(self->fd, p, POST("Content-Length: 10\r\n"));
	args = body_args(id, self->buf, sizeof(self->buf), 0);
	ASSERT_TRUE(call_start(&self->call, self->fd, HTTPQ_IOC_READ_BODY,
			       &args));
	ASSERT_EQ(-EALREADY, step_read(self->fd, id, buf, 16, false));
	EXPECT_EQ(-EALREADY, step_read(self->fd, id, buf, 16, true));
	EXPECT_EQ(-EALREADY, read_trailers(self->fd, id, buf, 16));
	EXPECT_EQ(0, step_begin(self->fd, id, "begin,", 0));
	ASSERT_EQ(0, peer_puts(p, "half"));
	ASSERT_EQ(0, call_join(&self->call));
	EXPECT_EQ(4, args.out_len);
	EXPECT_EQ(0, args.out_flags);
	EXPECT_STREQ("half", self->buf);
	/* It has let the next one in. */
	EXPECT_EQ(-EAGAIN, step_read(self->fd, id, buf, 16, false));
	ASSERT_EQ(0, peer_puts(p, "second"));
	EXPECT_EQ(6, step_read(self->fd, id, buf, 16, true));
	EXPECT_EQ(0, step_end(self->fd, id, "end"));
	ASSERT_EQ(0, peer_reply(p, "POST", &r));
	EXPECT_STREQ("begin,end", r.body);
	reply_free(&r);
}

/* The memory for the trailers holds up one thread, and for ever. */
TEST_F(calls, two_reads_of_trailers)
{
	struct httpq_body args;
	uint64_t id;

	id = ask(self->fd, &self->peers[0], CHUNKED "0\r\nA: b\r\n\r\n");
	ASSERT_EQ(0, step_read(self->fd, id, self->buf, 64, true));
	args = body_args(id, worker_fault_page(4096), 4096,
			 HTTPQ_BODY_TRAILERS);
	ASSERT_TRUE(call_start(&self->call, self->fd, HTTPQ_IOC_READ_BODY,
			       &args));
	EXPECT_EQ(-EALREADY, read_trailers(self->fd, id, self->buf, 64));
	EXPECT_EQ(-EALREADY, step_read(self->fd, id, self->buf, 64, true));
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
}

static char *big_body(void)
{
	char *body = malloc(BIG + 1);
	size_t i;

	if (!body)
		exit(1);
	/* What is doubled or missing moves the rest. */
	for (i = 0; i < BIG; i++)
		body[i] = 'a' + i % 23;
	body[BIG] = 0;
	return body;
}

static struct httpq_transfer send_args(struct httpq_send *sends, int nr)
{
	return (struct httpq_transfer){
		.size = sizeof(struct httpq_transfer),
		.sends = (uintptr_t)sends, .nr_sends = nr,
	};
}

/* A second thread that answers the same request is told so. */
TEST_F(calls, two_sends_at_once)
{
	struct httpq_transfer args;
	struct raw_answer a;
	char *body = big_body();
	struct reply r;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	raw_prepare(&a, raw_take_one(self->fd), 200, body);
	args = send_args(&a.send, 1);
	ASSERT_TRUE(call_start(&self->call, self->fd, HTTPQ_IOC_TRANSFER,
			       &args));
	EXPECT_EQ(-EALREADY, raw_reply(self->fd, a.send.id, 200, ""));
	ASSERT_EQ(0, peer_reply(&self->peers[0], "GET", &r));
	EXPECT_EQ(BIG, r.body_len);
	reply_free(&r);
	EXPECT_EQ(0, call_join(&self->call));
	EXPECT_EQ(0, a.send.out_status);
	EXPECT_EQ(BIG, a.send.out_len);
	EXPECT_EQ(-ESTALE, raw_reply(self->fd, a.send.id, 200, ""));
	free(body);
}

/* ---------------------------------------------------------------- signals */

/* Nothing was read, and nothing is lost. */
TEST_F(calls, read_interrupted)
{
	struct peer *p = &self->peers[0];
	struct httpq_body args;
	uint64_t id;

	id = ask(self->fd, p, POST("Content-Length: 4\r\n"));
	args = body_args(id, self->buf, sizeof(self->buf), 0);
	ASSERT_TRUE(call_start(&self->call, self->fd, HTTPQ_IOC_READ_BODY,
			       &args));
	EXPECT_EQ(-EINTR, call_interrupt(&self->call));
	EXPECT_EQ(0, args.out_len);
	EXPECT_EQ(0, args.out_flags);
	ASSERT_EQ(0, peer_puts(p, "body"));
	EXPECT_EQ(0, read_body(self->fd, &args));
	EXPECT_EQ(4, args.out_len);
	EXPECT_STREQ("body", self->buf);
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(p, ""));
}

/* What is left of @body after @done bytes of it. */
static void send_rest(struct httpq_send *send, const char *body, size_t done)
{
	*send = (struct httpq_send){
		.id = send->id, .out_status = 1,
		.body = (uintptr_t)body + done, .body_len = BIG - done,
	};
}

/* One was taken in part and says so; the one behind it was not touched. */
TEST_F(calls, send_interrupted)
{
	struct httpq_transfer args;
	struct raw_answer a[2];
	struct httpq_send sends[2];
	char *body = big_body();
	struct reply r;
	size_t done;
	int i;

	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	for (i = 0; i < 2; i++) {
		raw_prepare(&a[i], raw_take_one(self->fd), 200,
			    i ? "x" : body);
		sends[i] = a[i].send;
	}
	args = send_args(sends, 2);
	ASSERT_TRUE(call_start(&self->call, self->fd, HTTPQ_IOC_TRANSFER,
			       &args));
	EXPECT_EQ(0, call_interrupt(&self->call));
	EXPECT_EQ(1, args.out_sends);
	EXPECT_EQ(0, sends[0].out_status);
	EXPECT_EQ(1, sends[1].out_status);
	done = sends[0].out_len;
	EXPECT_LT(0, done);
	/* When TCP has no room any more either, nothing is taken. */
	args = send_args(sends, 1);
	do {
		ASSERT_GT(BIG, done);
		send_rest(sends, body, done);
		ASSERT_TRUE(call_start(&self->call, self->fd,
				       HTTPQ_IOC_TRANSFER, &args));
		ASSERT_EQ(0, call_interrupt(&self->call));
		done += sends[0].out_len;
	} while (!sends[0].out_status && sends[0].out_len);
	EXPECT_EQ(-EINTR, sends[0].out_status);
	EXPECT_EQ(0, sends[0].out_len);

	send_rest(sends, body, done);
	ASSERT_TRUE(call_start(&self->call, self->fd, HTTPQ_IOC_TRANSFER,
			       &args));
	ASSERT_EQ(0, peer_reply(&self->peers[0], "GET", &r));
	ASSERT_EQ(BIG, r.body_len);
	EXPECT_EQ(0, memcmp(body, r.body, BIG));
	reply_free(&r);
	EXPECT_EQ(0, call_join(&self->call));
	EXPECT_EQ(0, sends[0].out_status);
	EXPECT_EQ(BIG - done, sends[0].out_len);
	EXPECT_EQ(0, raw_reply(self->fd, sends[1].id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[1], ""));
	free(body);
}

/* --------------------------------------------------- the end of a body */

static void expect_body(struct __test_metadata *_metadata, int fd,
			struct httpq_body args, int err, uint32_t len,
			uint32_t flags)
{
	EXPECT_EQ(err, read_body(fd, &args));
	EXPECT_EQ(len, args.out_len);
	EXPECT_EQ(flags, args.out_flags);
}

#define EXPECT_BODY(id, room, how, err, len, flags) \
	expect_body(_metadata, self->fd, body_args(id, self->buf, room, how), \
		    err, len, flags)
#define TRAILERS HTTPQ_BODY_TRAILERS
#define BOTH (HTTPQ_BODY_EOF | HTTPQ_BODY_HAS_TRAILERS)

/* With the last bytes, if they are known to be the last. */
TEST_F(calls, flags_of_length)
{
	struct peer *p = &self->peers[0];
	uint64_t id = ask(self->fd, p, POST("Content-Length: 9\r\n") "012345");

	EXPECT_BODY(id, 4, 0, 0, 4, 0);
	EXPECT_BODY(id, 64, 0, 0, 2, 0);
	EXPECT_BODY(id, 64, HTTPQ_BODY_DONTWAIT, -EAGAIN, 0, 0);
	EXPECT_BODY(id, 64, TRAILERS, -ENODATA, 0, 0);
	ASSERT_EQ(0, peer_puts(p, "678"));
	EXPECT_BODY(id, 3, 0, 0, 3, HTTPQ_BODY_EOF);
	EXPECT_BODY(id, 64, 0, 0, 0, HTTPQ_BODY_EOF);
	EXPECT_BODY(id, 64, TRAILERS, -ENODATA, 0, HTTPQ_BODY_EOF);
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(p, ""));
	EXPECT_BODY(id, 64, 0, -ESTALE, ~0U, ~0U);
}

TEST_F(calls, flags_of_trailers)
{
	struct peer *p = &self->peers[0];
	const struct httpq_reply_head *head = (void *)self->buf;
	uint32_t need = sizeof(*head) + sizeof(struct httpq_field);
	uint64_t id = ask(self->fd, p, CHUNKED "5\r\nhello\r\n");

	EXPECT_BODY(id, 64, 0, 0, 5, 0);
	EXPECT_BODY(id, 64, TRAILERS, -ENODATA, 0, 0);
	ASSERT_EQ(0, peer_puts(p, "0\r\nA: b\r\n"));
	/* They are known once they are complete. */
	ASSERT_EQ(0, peer_flush(p));
	EXPECT_BODY(id, 64, HTTPQ_BODY_DONTWAIT, -EAGAIN, 0, 0);
	EXPECT_BODY(id, 64, TRAILERS, -ENODATA, 0, 0);
	ASSERT_EQ(0, peer_puts(p, "\r\n"));
	EXPECT_BODY(id, 64, 0, 0, 0, BOTH);
	EXPECT_BODY(id, 64, 0, 0, 0, BOTH);

	/* The section is kept with the end of each line. */
	need += strlen("A: b\r\n");
	EXPECT_BODY(id, 0, TRAILERS, -EMSGSIZE, need, BOTH);
	EXPECT_BODY(id, need - 1, TRAILERS, -EMSGSIZE, need, BOTH);
	memset(self->buf, 0xff, sizeof(self->buf));
	EXPECT_BODY(id, need, TRAILERS, 0, need, BOTH);
	EXPECT_EQ(0, head->status);
	EXPECT_EQ(1, head->nr_fields);
	EXPECT_EQ((char)0xff, self->buf[need]);
	EXPECT_BODY(id, 64, TRAILERS, 0, need, BOTH);
	EXPECT_EQ(0, raw_reply(self->fd, id, 200, ""));
	EXPECT_EQ(200, peer_status(p, ""));
}

/* ---------------------------------------------------------------- reasons */

/* The only event that is due: the end of request @id, and why. */
static void expect_end(struct __test_metadata *_metadata, int fd,
		       struct raw_take *t, uint64_t id, uint32_t reason)
{
	ASSERT_EQ(1, raw_take(fd, t, 1, PEER_TIMEOUT));
	EXPECT_EQ(HTTPQ_EVENT_DISCONNECT, t->events[0].type);
	EXPECT_EQ(reason, t->events[0].reason);
	EXPECT_EQ(id, t->events[0].id);
	EXPECT_EQ(0, t->events[0].status);
	EXPECT_EQ(-ETIMEDOUT, raw_take(fd, t, 1, 0));
}

/* The kernel answers; the worker hears why he can't. */
TEST_F(calls, bad_body)
{
	static const struct {
		const char *text;
		int status;
	} table[] = {
		{ CHUNKED "5\r\nhelloworld", 400 },
		{ CHUNKED "no number\r\n", 400 },
		{ CHUNKED "0\r\nno field\r\n\r\n", 400 },
		{ CHUNKED "0\r\nA: 0123456789\r\nB: 0123456789\r\n\r\n", 431 },
	};
	struct peer *p = &self->peers[0];
	uint64_t id;
	size_t i;
	int err;

	host_sysctl("trailer_bytes", 20);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		id = ask(self->fd, p, table[i].text);
		ASSERT_NE(0, id);
		/* What came before it is whole. */
		do {
			err = step_read(self->fd, id, self->buf, 64, true);
		} while (err > 0);
		EXPECT_EQ(-EBADMSG, err) TH_LOG("row %zu", i);
		expect_end(_metadata, self->fd, &self->t, id,
			   HTTPQ_REASON_BAD_BODY);
		EXPECT_EQ(table[i].status, peer_status(p, ""))
			TH_LOG("row %zu", i);
		peer_close(p);
		EXPECT_EQ(-EBADMSG, raw_reply(self->fd, id, 200, ""));
		EXPECT_EQ(-ESTALE, raw_reply(self->fd, id, 200, ""));
		EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
	}
	p->fd = -1;
}

/* A response that has begun can only be broken off. */
TEST_F(calls, bad_body_begun)
{
	struct peer *p = &self->peers[0];
	struct reply r;
	uint64_t id;

	id = ask(self->fd, p, CHUNKED "no number\r\n");
	ASSERT_EQ(0, step_begin(self->fd, id, "begun", 0));
	EXPECT_EQ(-EBADMSG, step_read(self->fd, id, self->buf, 64, true));
	expect_end(_metadata, self->fd, &self->t, id, HTTPQ_REASON_BAD_BODY);
	peer_reply(p, "POST", &r);
	EXPECT_EQ(200, r.status);
	EXPECT_FALSE(r.complete);
	reply_free(&r);
	EXPECT_EQ(-EBADMSG, step_end(self->fd, id, ""));
	EXPECT_EQ(-ESTALE, raw_cancel(self->fd, id));
}

/*
 * Who waits for events when the namespace goes may hear of its requests' end
 * before his calls give ENODEV.
 */
TEST_F(calls, shutdown)
{
	struct httpq_event event;
	struct httpq_transfer args;
	struct pair pair;
	int i, fd, err = -ENODEV;
	uint64_t id;

	for (i = 0; i < ROUNDS && err == -ENODEV; i++) {
		ASSERT_EQ(0, pair_create(&pair));
		ASSERT_EQ(0, pair_enter_far(&pair));
		fd = raw_worker(queue, 0);
		ASSERT_EQ(0, raw_bind(fd, url, 0));
		ASSERT_EQ(0, pair_enter_near(&pair));
		ASSERT_EQ(0, peer_connect(&self->peers[0], PAIR_FAR, PORT));
		ASSERT_EQ(0, raw_get(&self->peers[0], "/"));
		id = raw_take_one(fd);
		ASSERT_NE(0, id);
		args = (struct httpq_transfer){
			.size = sizeof(args), .events = (uintptr_t)&event,
			.nr_events = 1, .timeout_ms = PEER_TIMEOUT,
		};
		ASSERT_TRUE(call_start(&self->call, fd, HTTPQ_IOC_TRANSFER,
				       &args));
		ASSERT_LE(0, pair_delete(&pair, PEER_TIMEOUT));
		err = call_join(&self->call);
		EXPECT_EQ(-ENODEV, raw_reply(fd, id, 200, ""));
		close(fd);
		peer_close(&self->peers[0]);
		self->peers[0].fd = -1;
	}
	ASSERT_EQ(0, err);
	EXPECT_EQ(1, args.out_events);
	EXPECT_EQ(HTTPQ_EVENT_DISCONNECT, event.type);
	EXPECT_EQ(HTTPQ_REASON_SHUTDOWN, event.reason);
	EXPECT_EQ(id, event.id);
}

TEST_HARNESS_MAIN
