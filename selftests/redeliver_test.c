// SPDX-License-Identifier: GPL-2.0
/*
 * A worker dies, in any way, at any stage of a request: what becomes of the
 * request by the policy of its queue. timeout: 300
 * debug: -v kill
 * kernels: uml debug 6.12 6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dying.h"
#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "log.h"
#include "peer.h"
#include "raw.h"
#include "step.h"
#include "worker.h"

#define PORT 8080
#define BODY 3000
/* What the kernel buffers of a response whose client is slow. */
#define BIG 100000

static const char queue[] = "test";

enum stage {
	UNREAD,		/* in the queue, the worker has nothing */
	RESERVED,	/* by a buffer that was too short */
	DELIVERED,
	BODY_READ,	/* a part of it */
	BEGUN,		/* a part of the response is out */
	COMPLETE,	/* all of it, but the end is withheld */
	DONE,		/* handed over, but the client has not read it */
	STAGES,
};

static const char *const stages[] = {
	"unread", "reserved", "delivered", "body read", "begun", "complete",
	"done",
};

static const char *const policies[] = { "never", "idempotent", "any" };
static const char *const methods[] = { "GET", "POST" };

enum outcome { AGAIN, REFUSED, BROKEN, ANSWERED };

/* What a worker that is started next does; set before. */
static struct {
	enum stage stage;
	enum dying way;
} plan;

static char body[BODY], big[BIG];
static struct log the_log;

/* ------------------------------------------------------------- the worker */

static int reach_with(int fd, uint64_t id)
{
	char buf[1000];

	switch (plan.stage) {
	case BODY_READ:
		return step_read(fd, id, buf, sizeof(buf), true) <= 0;
	case BEGUN:
		return step_begin(fd, id, "begun", 0);
	case COMPLETE:
		return step_send(fd, id, 200, 8, "complete", 8,
				 HTTPQ_SEND_MORE);
	case DONE:
		return step_send(fd, id, 200, BIG, big, BIG, 0);
	default:
		return 0;
	}
}

static int reach(int fd)
{
	struct raw_take t;

	if (plan.stage == UNREAD)
		return step_take(fd, &t, HTTPQ_TRANSFER_HELD, 0) != -ETIMEDOUT;
	if (plan.stage == RESERVED)
		return !step_reserve(fd);
	if (raw_take(fd, &t, 1, PEER_TIMEOUT) != 1)
		return 1;
	return reach_with(fd, t.events[0].id);
}

static void work(struct httpq *h, int fd)
{
	int err = reach(httpq_fd(h));

	worker_say(fd, err);
	dying_await(h, fd, plan.way);
}

/* ------------------------------------------------------------ the fixture */

/* @fd: the handle that takes over, in this process. */
FIXTURE(redeliver)
{
	int fd;
	struct worker worker;
	struct peer peer;
	struct raw_take t;
};

FIXTURE_VARIANT(redeliver)
{
	enum dying way;
	bool process;
};

FIXTURE_VARIANT_ADD(redeliver, close) { .way = DYING_CLOSE };
FIXTURE_VARIANT_ADD(redeliver, exit) { .way = DYING_EXIT };
FIXTURE_VARIANT_ADD(redeliver, kill) { .way = DYING_KILL };
FIXTURE_VARIANT_ADD(redeliver, exit_group) { .way = DYING_EXIT_GROUP };
FIXTURE_VARIANT_ADD(redeliver, core) { .way = DYING_CORE };
FIXTURE_VARIANT_ADD(redeliver, detach) { .way = DYING_DETACH };
FIXTURE_VARIANT_ADD(redeliver, deadline) { .way = DYING_DEADLINE };
FIXTURE_VARIANT_ADD(redeliver, forked) { .way = DYING_FORKED };
FIXTURE_VARIANT_ADD(redeliver, process_engine) {
	.way = DYING_KILL, .process = true,
};

static void fill(char *to, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = 'a' + i % 23 + i / 65536;
}

FIXTURE_SETUP(redeliver)
{
	uint64_t id;

	fill(body, sizeof(body));
	fill(big, sizeof(big));
	plan.way = variant->way;
	self->peer.fd = -1;
	dying_setup();
	ASSERT_EQ(0, host_unshare());
	/* Segments that a small window has room for. */
	ASSERT_EQ(0, host_run("ip link set lo mtu 1500"));
	ASSERT_EQ(0, host_run("httpq queue add %s", queue));
	/* So that a client that is slow to read is one. */
	host_sysctl("sndbuf", 16384);
	host_sysctl("process_engine", variant->process);
	ASSERT_EQ(0, host_run("httpq url add 'http://*:%d/' queue %s", PORT,
			      queue));
	self->fd = handle_attach(queue, 0, &id);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, log_open(&the_log));
}

FIXTURE_TEARDOWN(redeliver)
{
	log_close(&the_log);
	dying_restore();
	worker_kill(&self->worker);
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
	close(self->fd);
}

/* -------------------------------------------------------- one life each */

/* A request with a body, whatever its method, waits in the queue. */
static const char *ask(struct peer *p, const char *method)
{
	int small = 4096;
	char head[256];

	snprintf(head, sizeof(head), "%s / HTTP/1.1\r\nHost: a\r\n"
		 "Content-Length: %d\r\n\r\n", method, BODY);
	if (peer_connect(p, "127.0.0.1", PORT))
		return "connect";
	setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (peer_puts(p, head) || peer_send(p, body, BODY))
		return "send";
	return raw_wait_queue(queue, RAW_QUEUED, 1) ? "" : "not queued";
}

/* A worker gets that far, and dies. Its number is @id then. */
static const char *live(struct worker *w, enum stage stage, uint64_t *id)
{
	int err;

	plan.stage = stage;
	if (worker_start(w, work, NULL))
		return "start";
	err = worker_hear(w->fd);
	if (err)
		return err < 0 ? "worker lost" : "stage not reached";
	*id = handle_newest().id;
	if (dying_cause(w, *id, plan.way))
		return "does not die";
	return "";
}

static enum outcome expected(enum stage stage, const char *policy,
			     const char *method)
{
	switch (stage) {
	case UNREAD:
	case RESERVED:
		return AGAIN;
	case DELIVERED:
		if (!strcmp(policy, "any"))
			return AGAIN;
		return strcmp(policy, "never") && !strcmp(method, "GET") ?
		       AGAIN : REFUSED;
	case BODY_READ:
		return REFUSED;
	case BEGUN:
		return BROKEN;
	default:
		return ANSWERED;
	}
}

/* The same request comes to the other handle; @nr: for the how many-th time. */
static const char *comes_again(int fd, struct raw_take *t, const char *method,
			       unsigned int nr)
{
	const struct httpq_request_head *head = raw_head(t, 0);
	char buf[BODY + 1];
	ssize_t n;

	if (raw_take(fd, t, 1, PEER_TIMEOUT) != 1 ||
	    t->events[0].type != HTTPQ_EVENT_REQUEST)
		return "not delivered again";
	if (strcmp(raw_text(head, head->method), method))
		return "another request";
	if (head->redelivered != nr)
		return head->redelivered < nr ? "redelivered is too small" :
						"redelivered is too large";
	n = step_read_all(fd, head->id, buf, sizeof(buf));
	if (n != BODY || memcmp(buf, body, BODY))
		return "the body is not there";
	return raw_reply(fd, head->id, 200, "again") ? "reply" : "";
}

static const char *reads(struct peer *p, enum outcome outcome,
			 enum stage stage)
{
	const char *wrong = "";
	struct reply r;
	int err = peer_reply(p, "GET", &r);

	if (outcome == BROKEN)
		wrong = !err || r.complete || r.status != 200 ? "not broken" :
								"";
	else if (err)
		wrong = "no answer";
	else if (r.status != (outcome == REFUSED ? 502 : 200))
		wrong = r.status == 502 ? "refused" : "status";
	else if (outcome == AGAIN)
		wrong = strcmp(r.body, "again") ? "body" : "";
	else if (stage == COMPLETE)
		wrong = strcmp(r.body, "complete") ? "body" : "";
	else if (stage == DONE)
		wrong = r.body_len != BIG || memcmp(r.body, big, BIG) ?
			"body" : "";
	reply_free(&r);
	return wrong;
}

/* Nothing else became of it. */
static const char *leaves_nothing(int fd, struct raw_take *t, uint64_t id)
{
	if (!handle_wait(id, "gone"))
		return "handle still there";
	if (raw_take(fd, t, 1, 0) != -ETIMEDOUT)
		return "delivered again";
	if (raw_queue(queue, RAW_INFLIGHT) || raw_queue(queue, RAW_QUEUED))
		return "still counted";
	return "";
}

/* What the log has to say of it, in the words of log_line(). */
static const char *record_of(enum stage stage, enum outcome outcome)
{
	switch (outcome) {
	case AGAIN:
		return stage == DELIVERED ? "access 200 - sent taken_over" :
					    "access 200 - sent";
	case REFUSED:
		return stage == BODY_READ ?
		       "error 502 Connection_Abandoned_By_ReqQueue body" :
		       "error 502 Connection_Abandoned_By_ReqQueue delivered";
	case BROKEN:
		return "error 200 Connection_Abandoned_By_ReqQueue responding";
	default:
		return stage == COMPLETE ?
		       "error 200 Connection_Abandoned_By_ReqQueue sent" :
		       "access 200 - sent";
	}
}

/* One record, and no other. */
static const char *is_logged(const char *what, const char *method)
{
	static char wrong[512];
	char want[256];
	const char *line = log_next_line(&the_log, PEER_TIMEOUT);

	snprintf(want, sizeof(want), "%s HTTP/1.1 %s /", what, method);
	if (!strcmp(line, want) && !log_skip(&the_log))
		return "";
	snprintf(wrong, sizeof(wrong), "logged '%.200s', not '%s'", line, want);
	return wrong;
}

static const char *play(int fd, struct raw_take *t, struct worker *w,
			struct peer *p, enum stage stage, const char *policy,
			const char *method)
{
	enum outcome outcome = expected(stage, policy, method);
	const char *wrong = ask(p, method);
	uint64_t id = 0;

	if (!*wrong)
		wrong = live(w, stage, &id);
	if (!*wrong && outcome == AGAIN)
		wrong = comes_again(fd, t, method, stage == DELIVERED);
	if (!*wrong)
		wrong = reads(p, outcome, stage);
	if (!*wrong)
		wrong = leaves_nothing(fd, t, id);
	if (!*wrong)
		wrong = is_logged(record_of(stage, outcome), method);
	worker_kill(w);
	peer_close(p);
	return wrong;
}

TEST_F_TIMEOUT(redeliver, every_stage, 180)
{
	long long before = host_stat("requests_redelivered");
	int stage, policy, method, again = 0;
	const char *wrong;

	for (policy = 0; policy < 3; policy++) {
		ASSERT_EQ(0, host_run("httpq queue set %s redeliver %s", queue,
				      policies[policy]));
		for (stage = 0; stage < STAGES * 2; stage++) {
			method = stage % 2;
			wrong = play(self->fd, &self->t, &self->worker,
				     &self->peer, stage / 2, policies[policy],
				     methods[method]);
			/* What is left of one would be found in the next. */
			ASSERT_STREQ("", wrong) {
				TH_LOG("%s, redeliver %s, %s",
				       stages[stage / 2], policies[policy],
				       methods[method]);
			}
		}
	}
	/* never: none; idempotent: GET; any: both. */
	again = 3;
	EXPECT_EQ(again, host_stat("requests_redelivered") - before);
	EXPECT_EQ(0, host_lines("connections", "REQUEST"));
}

/* --------------------------------------------------------- which, how often */

FIXTURE(again)
{
	int fd;
	struct worker worker;
	struct peer peer;
	struct raw_take t;
};

FIXTURE_SETUP(again)
{
	uint64_t id;

	fill(body, sizeof(body));
	self->peer.fd = -1;
	plan.way = DYING_KILL;
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, host_run("httpq queue add %s", queue));
	ASSERT_EQ(0, host_run("httpq url add 'http://*:%d/' queue %s", PORT,
			      queue));
	self->fd = handle_attach(queue, 0, &id);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, log_open(&the_log));
}

FIXTURE_TEARDOWN(again)
{
	log_close(&the_log);
	worker_kill(&self->worker);
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
	close(self->fd);
}

/* The policy that a queue has by itself. */
TEST_F(again, methods)
{
	static const struct {
		const char *method;
		bool idempotent;
	} cases[] = {
		{ "GET", true }, { "HEAD", true }, { "PUT", true },
		{ "DELETE", true }, { "OPTIONS", true }, { "POST", false },
		{ "PATCH", false }, { "LOCK", false }, { "get", false },
	};
	const char *wrong;
	uint64_t id;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ASSERT_STREQ("", ask(&self->peer, cases[i].method));
		ASSERT_STREQ("", live(&self->worker, DELIVERED, &id));
		if (cases[i].idempotent)
			wrong = comes_again(self->fd, &self->t,
					    cases[i].method, 1);
		else
			wrong = reads(&self->peer, REFUSED, DELIVERED);
		EXPECT_STREQ("", wrong)
			TH_LOG("%s", cases[i].method);
		worker_kill(&self->worker);
		peer_close(&self->peer);
	}
}

/*
 * It has one owner after the other, and each is told how many there were; so is
 * the log.
 */
TEST_F(again, twice_at_most)
{
	const struct httpq_log_record *r;
	uint64_t id;
	int i;

	ASSERT_STREQ("", ask(&self->peer, "GET"));
	for (i = 0; i < 2; i++) {
		ASSERT_STREQ("", live(&self->worker, DELIVERED, &id));
		worker_kill(&self->worker);
		ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	}
	EXPECT_STREQ("", comes_again(self->fd, &self->t, "GET", 2));
	EXPECT_STREQ("", reads(&self->peer, AGAIN, DELIVERED));
	peer_close(&self->peer);
	EXPECT_EQ(2, host_stat("requests_redelivered"));
	r = log_next(&the_log, PEER_TIMEOUT);
	EXPECT_STREQ("access 200 - sent taken_over HTTP/1.1 GET /", log_line(r));
	EXPECT_EQ(3, r ? r->deliveries : 0);

	ASSERT_STREQ("", ask(&self->peer, "GET"));
	for (i = 0; i < 3; i++) {
		ASSERT_STREQ("", live(&self->worker, DELIVERED, &id));
		worker_kill(&self->worker);
	}
	EXPECT_STREQ("", reads(&self->peer, REFUSED, DELIVERED));
	EXPECT_EQ(4, host_stat("requests_redelivered"));
	r = log_next(&the_log, PEER_TIMEOUT);
	EXPECT_STREQ("error 502 Connection_Abandoned_By_ReqQueue delivered "
		     "taken_over HTTP/1.1 GET /", log_line(r));
	EXPECT_EQ(3, r ? r->deliveries : 0);
	EXPECT_EQ(0, log_skip(&the_log));
	EXPECT_EQ(-ETIMEDOUT, raw_take(self->fd, &self->t, 1, 0));
}

/* What was not delivered is not counted, however often. */
TEST_F(again, unread_any_number_of_times)
{
	uint64_t id;
	int i;

	ASSERT_STREQ("", ask(&self->peer, "POST"));
	for (i = 0; i < 5; i++) {
		ASSERT_STREQ("", live(&self->worker, RESERVED, &id));
		worker_kill(&self->worker);
		ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	}
	EXPECT_STREQ("", comes_again(self->fd, &self->t, "POST", 0));
	EXPECT_STREQ("", reads(&self->peer, AGAIN, DELIVERED));
	EXPECT_EQ(0, host_stat("requests_redelivered"));
}

/* It stands before those that came after it. */
TEST_F(again, keeps_its_place)
{
	struct peer peers[3];
	uint64_t id;
	int i;

	ASSERT_TRUE(raw_gets(peers, 3, PORT, queue));
	ASSERT_STREQ("", live(&self->worker, DELIVERED, &id));
	worker_kill(&self->worker);
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 3));
	for (i = 0; i < 3; i++) {
		const struct httpq_request_head *head = raw_head(&self->t, 0);

		ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
		EXPECT_EQ('0' + i, raw_text(head, head->path)[1]);
		EXPECT_EQ(i == 0, head->redelivered);
	}
	for (i = 0; i < 3; i++)
		peer_close(&peers[i]);
}

/* What its client sent behind it comes behind it. */
TEST_F(again, pipelined)
{
	const struct httpq_request_head *head = raw_head(&self->t, 0);
	uint64_t id;
	int i;

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_puts(&self->peer,
			       "GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"
			       "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"));
	ASSERT_STREQ("", live(&self->worker, DELIVERED, &id));
	worker_kill(&self->worker);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, PEER_TIMEOUT));
		EXPECT_EQ('0' + i, raw_text(head, head->path)[1]);
		EXPECT_EQ(i == 0, head->redelivered);
		EXPECT_EQ(0, raw_reply(self->fd, head->id, 200 + i, ""));
		EXPECT_EQ(200 + i, peer_status(&self->peer, ""));
	}
}

/* The body has not come yet, and is asked for by who gets the request next. */
TEST_F(again, before_its_body)
{
	const struct httpq_request_head *head = raw_head(&self->t, 0);
	char buf[16] = "";
	struct reply r;
	uint64_t id;

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_puts(&self->peer, "PUT / HTTP/1.1\r\nHost: a\r\n"
			       "Expect: 100-continue\r\n"
			       "Content-Length: 4\r\n\r\n"));
	ASSERT_STREQ("", live(&self->worker, DELIVERED, &id));
	worker_kill(&self->worker);
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, PEER_TIMEOUT));
	EXPECT_EQ(1, head->redelivered);
	EXPECT_TRUE(head->flags & HTTPQ_REQUEST_CONTINUE);
	EXPECT_EQ(-EAGAIN, step_read(self->fd, head->id, buf, 16, false));
	ASSERT_EQ(0, peer_reply(&self->peer, "PUT", &r));
	EXPECT_EQ(100, r.status);
	reply_free(&r);
	ASSERT_EQ(0, peer_puts(&self->peer, "body"));
	EXPECT_EQ(4, step_read_all(self->fd, head->id, buf, 16));
	EXPECT_STREQ("body", buf);
	EXPECT_EQ(0, raw_reply(self->fd, head->id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peer, ""));
}

/* The client left meanwhile: there is nobody to be answered. */
TEST_F(again, client_gone)
{
	uint64_t id;
	int fd = handle_attach(queue, 0, &id);

	ASSERT_LE(0, fd);
	ASSERT_STREQ("", ask(&self->peer, "GET"));
	ASSERT_NE(0, raw_take_one(fd));
	peer_reset(&self->peer);
	ASSERT_EQ(1, host_wait_stat("client_gone", 1, PEER_TIMEOUT));
	close(fd);
	EXPECT_STREQ("", leaves_nothing(self->fd, &self->t, id));
	EXPECT_EQ(0, host_stat("requests_redelivered"));
	EXPECT_EQ(0, host_stat("answers_kernel"));
}

/* A queue that stopped takes nothing back. */
TEST_F(again, queue_stopped)
{
	struct reply r;
	uint64_t id;

	ASSERT_STREQ("", ask(&self->peer, "GET"));
	plan.way = DYING_CLOSE;
	plan.stage = DELIVERED;
	ASSERT_EQ(0, worker_start(&self->worker, work, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	id = handle_newest().id;
	ASSERT_EQ(0, host_run("httpq queue set %s state stopped", queue));
	ASSERT_EQ(0, dying_cause(&self->worker, id, DYING_CLOSE));
	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_TRUE(r.status == 502 || r.status == 503)
		TH_LOG("status %d", r.status);
	reply_free(&r);
	EXPECT_STREQ("", leaves_nothing(self->fd, &self->t, id));
}

/* Two threads of two workers: the loser of a race gets ESTALE. */
TEST_F(again, the_dead_cannot_answer)
{
	uint64_t id, number;
	int fd = handle_attach(queue, 0, &id);

	ASSERT_LE(0, fd);
	ASSERT_STREQ("", ask(&self->peer, "GET"));
	number = raw_take_one(fd);
	ASSERT_NE(0, number);
	ASSERT_EQ(0, host_run("httpq worker detach %llu",
			      (unsigned long long)id));
	EXPECT_GT(0, raw_reply(fd, number, 200, "late"));
	EXPECT_GT(0, raw_cancel(fd, number));
	EXPECT_STREQ("", comes_again(self->fd, &self->t, "GET", 1));
	EXPECT_GT(0, raw_reply(fd, number, 200, "late"));
	EXPECT_STREQ("", reads(&self->peer, AGAIN, DELIVERED));
	close(fd);
}

static void work_hung(struct httpq *h, int fd)
{
	struct httpq_request *req = worker_take(h);
	void *page = worker_fault_page(65536);

	worker_say(fd, 0);
	httpq_reply(req, 200, NULL, page, 65536);
}

/* A thread of the old one hangs in its memory and stands in nobody's way. */
TEST_F(again, hung_in_its_answer)
{
	uint64_t id;

	ASSERT_STREQ("", ask(&self->peer, "GET"));
	ASSERT_EQ(0, worker_start(&self->worker, work_hung, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	ASSERT_TRUE(worker_wait_asleep(self->worker.pid));
	id = handle_newest().id;
	ASSERT_EQ(0, host_run("httpq worker detach %llu",
			      (unsigned long long)id));
	EXPECT_STREQ("", comes_again(self->fd, &self->t, "GET", 1));
	EXPECT_STREQ("", reads(&self->peer, AGAIN, DELIVERED));
}

TEST_HARNESS_MAIN
