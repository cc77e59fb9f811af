// SPDX-License-Identifier: GPL-2.0
/*
 * Hold-back: a response is kept until it ends or is too long, so that a worker
 * that is killed in the middle of it is retried unseen.
 * kernels: uml debug 6.12 6.1
 * debug: -t many -t parts_are_retried
 */
#include <errno.h>
#include <poll.h>
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
#define HOLD 8192
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET10 "GET / HTTP/1.0\r\n\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
#define PUT "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"

static const char queue[] = "test";
static char body[4 * HOLD];

/* @fd: a handle of this process that gets what is delivered again. */
FIXTURE(holdback)
{
	int fd;
	struct worker worker;
	struct peer peer;
	struct raw_take t;
};

FIXTURE_SETUP(holdback)
{
	uint64_t id;
	size_t i;

	for (i = 0; i < sizeof(body); i++)
		body[i] = 'a' + i % 23;
	self->peer.fd = -1;
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, host_run("httpq queue add %s", queue));
	ASSERT_EQ(0, host_run("httpq queue set %s hold %d", queue, HOLD));
	ASSERT_EQ(0, host_run("httpq url add 'http://*:%d/' queue %s", PORT,
			      queue));
	self->fd = handle_attach(queue, 0, &id);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(holdback)
{
	worker_kill(&self->worker);
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
	close(self->fd);
}

/* Whether there is anything to read for the client. */
static bool silent(struct peer *p)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };

	return !p->len && poll(&pfd, 1, 0) == 0;
}

static bool speaks(struct peer *p)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };

	return poll(&pfd, 1, PEER_TIMEOUT) == 1;
}

static int ask(struct peer *p, const char *request)
{
	return peer_connect(p, "127.0.0.1", PORT) ?: peer_puts(p, request);
}

/* One that is killed when it has come to where it says so. */
static int live(struct worker *w, work_fn fn)
{
	return worker_start(w, fn, NULL) ?: worker_hear(w->fd);
}

/* The request comes to the other handle, which answers it as a whole. */
static const char *retried(int fd, struct raw_take *t, struct peer *p,
			   unsigned int nr)
{
	const struct httpq_request_head *head = raw_head(t, 0);
	const char *wrong = "";
	struct reply r;

	if (raw_take(fd, t, 1, PEER_TIMEOUT) != 1 ||
	    t->events[0].type != HTTPQ_EVENT_REQUEST)
		return "not delivered again";
	if (head->redelivered != nr)
		return "redelivered";
	if (raw_reply(fd, head->id, 201, "second"))
		return "not taken";
	if (peer_reply(p, "GET", &r))
		wrong = "no answer";
	else if (r.status != 201 || strcmp(r.body, "second"))
		wrong = "not the second answer alone";
	reply_free(&r);
	/* Nothing of the first one is left behind it. */
	if (!*wrong && !silent(p))
		wrong = "more than one answer";
	return wrong;
}

/* ---------------------------------------------------------- below the limit */

static void work_part(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	worker_say(fd, step_begin(httpq_fd(h), id, "first", 0));
}

/* In parts, with a length that is not reached, nearly all that is kept. */
static void work_parts(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));
	int err = step_send(httpq_fd(h), id, 200, HOLD, body, HOLD / 4,
			    HTTPQ_SEND_MORE);

	err |= step_send(httpq_fd(h), id, 0, -1, body, HOLD / 4,
			 HTTPQ_SEND_MORE);
	err |= step_send(httpq_fd(h), id, 0, -1, body, HOLD / 4,
			 HTTPQ_SEND_MORE);
	worker_say(fd, err);
}

static void work_head(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	worker_say(fd, step_send(httpq_fd(h), id, 200, -1, NULL, 0,
				 HTTPQ_SEND_MORE));
}

static int kept_below(FIXTURE_DATA(holdback) *self, work_fn fn,
		      const char *request)
{
	int err = ask(&self->peer, request) ?: live(&self->worker, fn);

	if (!err && !silent(&self->peer))
		err = -EPROTO;
	worker_kill(&self->worker);
	return err;
}

TEST_F(holdback, part_is_retried)
{
	ASSERT_EQ(0, kept_below(self, work_part, GET));
	EXPECT_STREQ("", retried(self->fd, &self->t, &self->peer, 1));
	EXPECT_EQ(0, host_stat("responses_broken"));
	EXPECT_EQ(1, host_stat("requests_redelivered"));
	/* And the connection goes on. */
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	EXPECT_STREQ("", retried(self->fd, &self->t, &self->peer, 0));
}

TEST_F(holdback, parts_are_retried)
{
	ASSERT_EQ(0, kept_below(self, work_parts, GET));
	EXPECT_STREQ("", retried(self->fd, &self->t, &self->peer, 1));
}

TEST_F(holdback, head_is_retried)
{
	ASSERT_EQ(0, kept_below(self, work_head, GET));
	EXPECT_STREQ("", retried(self->fd, &self->t, &self->peer, 1));
}

TEST_F(holdback, twice)
{
	ASSERT_EQ(0, kept_below(self, work_part, GET));
	ASSERT_EQ(0, live(&self->worker, work_parts));
	EXPECT_TRUE(silent(&self->peer));
	worker_kill(&self->worker);
	EXPECT_STREQ("", retried(self->fd, &self->t, &self->peer, 2));
}

TEST_F(holdback, three_times_is_refused)
{
	int i;

	ASSERT_EQ(0, ask(&self->peer, GET));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, live(&self->worker, work_part));
		EXPECT_TRUE(silent(&self->peer));
		worker_kill(&self->worker);
	}
	EXPECT_EQ(502, peer_status(&self->peer, ""));
	EXPECT_EQ(0, host_stat("responses_broken"));
}

/* What may not be repeated is refused; its client still sees nothing broken. */
TEST_F(holdback, post_is_refused)
{
	ASSERT_EQ(0, kept_below(self, work_part, POST));
	EXPECT_EQ(502, peer_status(&self->peer, ""));
	EXPECT_EQ(-ETIMEDOUT, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(0, host_stat("responses_broken"));
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	EXPECT_STREQ("", retried(self->fd, &self->t, &self->peer, 0));
}

TEST_F(holdback, never_is_refused)
{
	ASSERT_EQ(0, host_run("httpq queue set %s redeliver never", queue));
	ASSERT_EQ(0, kept_below(self, work_parts, GET));
	EXPECT_EQ(502, peer_status(&self->peer, ""));
	EXPECT_EQ(-ETIMEDOUT, raw_take(self->fd, &self->t, 1, 0));
}

TEST_F(holdback, any_is_retried)
{
	ASSERT_EQ(0, host_run("httpq queue set %s redeliver any", queue));
	ASSERT_EQ(0, kept_below(self, work_part, POST));
	EXPECT_STREQ("", retried(self->fd, &self->t, &self->peer, 1));
}

/* Of the body a part was read: it can't be repeated, however little is out. */
static void work_body(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));
	char buf[4];

	if (step_read(httpq_fd(h), id, buf, sizeof(buf), true) != 4)
		_exit(6);
	worker_say(fd, step_begin(httpq_fd(h), id, "first", 0));
}

TEST_F(holdback, body_read_is_refused)
{
	ASSERT_EQ(0, kept_below(self, work_body, PUT));
	EXPECT_EQ(502, peer_status(&self->peer, ""));
	EXPECT_EQ(0, host_stat("responses_broken"));
}

/* The worker itself gives up what nobody has seen. */
TEST_F(holdback, cancel)
{
	uint64_t id;

	ASSERT_EQ(0, ask(&self->peer, GET));
	id = raw_take_one(self->fd);
	ASSERT_EQ(0, step_begin(self->fd, id, "first", 0));
	EXPECT_EQ(0, raw_cancel(self->fd, id));
	EXPECT_EQ(502, peer_status(&self->peer, ""));
	EXPECT_EQ(0, host_stat("responses_broken"));
}

/* ------------------------------------------------------------ what sends it */

/* Whether the client has all of @text in one response, now. */
static const char *got(struct peer *p, const char *text)
{
	const char *wrong = "";
	struct reply r;

	if (peer_reply(p, "GET", &r))
		wrong = "no answer";
	else if (r.status != 200 || strcmp(r.body, text))
		wrong = "another answer";
	reply_free(&r);
	return wrong;
}

TEST_F(holdback, end_sends)
{
	uint64_t id;

	ASSERT_EQ(0, ask(&self->peer, GET));
	id = raw_take_one(self->fd);
	ASSERT_EQ(0, step_begin(self->fd, id, "one ", 0));
	ASSERT_EQ(0, step_send(self->fd, id, 0, -1, "two ", 4,
			       HTTPQ_SEND_MORE));
	EXPECT_TRUE(silent(&self->peer));
	ASSERT_EQ(0, step_end(self->fd, id, "three"));
	EXPECT_STREQ("", got(&self->peer, "one two three"));
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	EXPECT_STREQ("", retried(self->fd, &self->t, &self->peer, 0));
}

TEST_F(holdback, empty_end_sends)
{
	uint64_t id;

	ASSERT_EQ(0, ask(&self->peer, GET));
	id = raw_take_one(self->fd);
	ASSERT_EQ(0, step_begin(self->fd, id, "all", 0));
	ASSERT_EQ(0, step_end(self->fd, id, ""));
	EXPECT_STREQ("", got(&self->peer, "all"));
}

/* All of it is there, and only the end is owed. */
TEST_F(holdback, complete_sends)
{
	uint64_t id;

	ASSERT_EQ(0, ask(&self->peer, GET));
	id = raw_take_one(self->fd);
	ASSERT_EQ(0, step_send(self->fd, id, 200, 9, "all", 3,
			       HTTPQ_SEND_MORE));
	EXPECT_TRUE(silent(&self->peer));
	ASSERT_EQ(0, step_send(self->fd, id, 0, -1, " of it", 6,
			       HTTPQ_SEND_MORE));
	EXPECT_STREQ("", got(&self->peer, "all of it"));
	EXPECT_EQ(0, step_end(self->fd, id, ""));
}

TEST_F(holdback, whole_sends)
{
	ASSERT_EQ(0, ask(&self->peer, GET));
	ASSERT_EQ(0, raw_reply(self->fd, raw_take_one(self->fd), 200, "all"));
	EXPECT_STREQ("", got(&self->peer, "all"));
}

/* Where the end of the connection is the end of the body. */
TEST_F(holdback, http10)
{
	uint64_t id;

	ASSERT_EQ(0, ask(&self->peer, GET10));
	id = raw_take_one(self->fd);
	ASSERT_EQ(0, step_begin(self->fd, id, "one ", 0));
	EXPECT_TRUE(silent(&self->peer));
	ASSERT_EQ(0, step_end(self->fd, id, "two"));
	EXPECT_STREQ("", got(&self->peer, "one two"));
}

static void work_over(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	worker_say(fd, step_send(httpq_fd(h), id, 200, sizeof(body), body,
				 HOLD + 1, HTTPQ_SEND_MORE));
}

static void work_over_in_parts(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));
	int err = step_send(httpq_fd(h), id, 200, sizeof(body), body, HOLD / 2,
			    HTTPQ_SEND_MORE);

	err |= step_send(httpq_fd(h), id, 0, -1, body + HOLD / 2,
			 HOLD / 2 + 1, HTTPQ_SEND_MORE);
	worker_say(fd, err);
}

static void work_flush(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	worker_say(fd, step_send(httpq_fd(h), id, 200, 100, body, 5,
				 HTTPQ_SEND_MORE | HTTPQ_SEND_FLUSH));
}

static void work_little(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	worker_say(fd, step_send(httpq_fd(h), id, 200, 100, body, 5,
				 HTTPQ_SEND_MORE));
}

static void work_flush_later(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));
	int err = step_send(httpq_fd(h), id, 200, 100, body, 5,
			    HTTPQ_SEND_MORE);

	err |= step_send(httpq_fd(h), id, 0, -1, NULL, 0,
			 HTTPQ_SEND_MORE | HTTPQ_SEND_FLUSH);
	worker_say(fd, err);
}

/* It has gone out, so its worker's end can be seen. */
static const char *broken_by(FIXTURE_DATA(holdback) *self, work_fn fn)
{
	const char *wrong = "";
	struct reply r;

	if (ask(&self->peer, GET) || live(&self->worker, fn))
		return "not begun";
	if (!speaks(&self->peer))
		return "held back";
	worker_kill(&self->worker);
	if (!peer_reply(&self->peer, "GET", &r) || r.complete)
		wrong = "not broken";
	else if (r.status != 200)
		wrong = "no head";
	else if (memcmp(self->peer.buf, body, self->peer.len))
		wrong = "another body";
	reply_free(&r);
	if (!*wrong && raw_take(self->fd, &self->t, 1, 0) != -ETIMEDOUT)
		wrong = "delivered again";
	return wrong;
}

TEST_F(holdback, over_the_limit)
{
	EXPECT_STREQ("", broken_by(self, work_over));
	EXPECT_EQ(1, host_stat("responses_broken"));
}

TEST_F(holdback, over_the_limit_in_parts)
{
	EXPECT_STREQ("", broken_by(self, work_over_in_parts));
}

TEST_F(holdback, flush)
{
	EXPECT_STREQ("", broken_by(self, work_flush));
}

TEST_F(holdback, flush_later)
{
	EXPECT_STREQ("", broken_by(self, work_flush_later));
}

/* Off is the default, and what was set counts from the next response on. */
TEST_F(holdback, off)
{
	ASSERT_EQ(0, host_run("httpq queue set %s hold 0", queue));
	EXPECT_STREQ("", broken_by(self, work_little));
	peer_close(&self->peer);
	ASSERT_EQ(0, host_run("httpq queue add other && httpq url add "
			      "http://*:%d/other/ queue other", PORT));
	ASSERT_EQ(0, ask(&self->peer, "GET /other/ HTTP/1.1\r\nHost: a\r\n"
			 "\r\n"));
	close(self->fd);
	self->fd = raw_worker("other", 0);
	ASSERT_EQ(0, step_begin(self->fd, raw_take_one(self->fd), "one", 0));
	EXPECT_TRUE(speaks(&self->peer));
}

/* ----------------------------------------------------------- what it is not */

/* An interim response is not what is held back. */
TEST_F(holdback, interim_goes_out)
{
	struct reply r;
	uint64_t id;

	ASSERT_EQ(0, ask(&self->peer, GET));
	id = raw_take_one(self->fd);
	ASSERT_EQ(0, step_send(self->fd, id, 103, -1, NULL, 0, 0));
	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(103, r.status);
	reply_free(&r);
	ASSERT_EQ(0, step_begin(self->fd, id, "one ", 0));
	EXPECT_TRUE(silent(&self->peer));
	ASSERT_EQ(0, step_end(self->fd, id, "two"));
	EXPECT_STREQ("", got(&self->peer, "one two"));
}

/* Many that are held back at once: each has its own, and all get out. */
TEST_F(holdback, many)
{
	struct peer peers[32];
	uint64_t ids[32];
	struct reply r;
	int i;

	ASSERT_TRUE(raw_gets(peers, 32, PORT, queue));
	for (i = 0; i < 32; i++) {
		ids[i] = raw_take_one(self->fd);
		ASSERT_EQ(0, step_send(self->fd, ids[i], 200, -1, body + i,
				       HOLD - 512, HTTPQ_SEND_MORE));
	}
	for (i = 31; i >= 0; i--) {
		EXPECT_TRUE(silent(&peers[i]));
		ASSERT_EQ(0, step_end(self->fd, ids[i], "!"));
		ASSERT_EQ(0, peer_reply(&peers[i], "GET", &r));
		ASSERT_EQ(HOLD - 511, r.body_len);
		EXPECT_EQ(0, memcmp(body + i, r.body, HOLD - 512));
		EXPECT_EQ('!', r.body[HOLD - 512]);
		reply_free(&r);
		peer_close(&peers[i]);
	}
}

/* The client leaves while its response is held back. */
TEST_F(holdback, client_gone)
{
	uint64_t id;

	ASSERT_EQ(0, ask(&self->peer, GET));
	id = raw_take_one(self->fd);
	ASSERT_EQ(0, step_begin(self->fd, id, "one", 0));
	peer_reset(&self->peer);
	ASSERT_EQ(1, host_wait_stat("client_gone", 1, PEER_TIMEOUT));
	EXPECT_EQ(-ECONNRESET, step_end(self->fd, id, "two"));
	EXPECT_EQ(-ESTALE, step_end(self->fd, id, ""));
	EXPECT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
}

TEST_HARNESS_MAIN
