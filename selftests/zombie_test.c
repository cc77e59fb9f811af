// SPDX-License-Identifier: GPL-2.0
/*
 * Seed 937692 and the article on Connection_Dropped: requests whose client or
 * whose connection is gone while a worker still owes their end. Each way into
 * and out of that, with the record that it leaves.
 * debug: -v begun
 * 6.1: -v begun
 * kernels: uml debug 6.12 6.1
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "scene.h"
#include "step.h"

/* What a timer may be late by on a busy machine. */
#define LATE 20000
/* A timer that is soon over. */
#define SOON 100

/* A record and what a worker is told to have done. */
static const char *seen(const struct httpq_log_record *r)
{
	static char text[512];

	if (!r)
		return "nothing";
	snprintf(text, sizeof(text), "%s owed %s after %s", log_line(r),
		 log_owed(r->owed), log_call(r->last_call));
	return text;
}

/* ------------------------------------ the client is gone, the handle is not */

FIXTURE(zombie)
{
	struct scene s;
	uint64_t id;
	char dropped[256];
};

FIXTURE_VARIANT(zombie)
{
	enum scene_progress progress;
	bool lossy;
	int status;
	const char *stage;
	const char *owed;
	const char *call;
};

FIXTURE_VARIANT_ADD(zombie, untouched)
{
	.progress = SCENE_UNTOUCHED,
	.stage = "delivered",
	.owed = "never_answered",
	.call = "receive",
};

FIXTURE_VARIANT_ADD(zombie, reading)
{
	.progress = SCENE_READING,
	.stage = "body",
	.owed = "never_answered",
	.call = "read_body",
};

FIXTURE_VARIANT_ADD(zombie, begun)
{
	.progress = SCENE_BEGUN,
	.status = 200,
	.stage = "responding",
	.owed = "response_incomplete",
	.call = "send",
};

/* It was a zombie before its client left. */
FIXTURE_VARIANT_ADD(zombie, complete)
{
	.progress = SCENE_COMPLETE,
	.status = 200,
	.stage = "sent",
	.owed = "log_data_owed",
	.call = "send",
};

FIXTURE_VARIANT_ADD(zombie, untouched_lossy)
{
	.progress = SCENE_UNTOUCHED,
	.lossy = true,
	.stage = "delivered",
	.owed = "never_answered",
	.call = "receive",
};

FIXTURE_VARIANT_ADD(zombie, reading_lossy)
{
	.progress = SCENE_READING,
	.lossy = true,
	.stage = "body",
	.owed = "never_answered",
	.call = "read_body",
};

FIXTURE_VARIANT_ADD(zombie, begun_lossy)
{
	.progress = SCENE_BEGUN,
	.lossy = true,
	.status = 200,
	.stage = "responding",
	.owed = "response_incomplete",
	.call = "send",
};

FIXTURE_VARIANT_ADD(zombie, complete_lossy)
{
	.progress = SCENE_COMPLETE,
	.lossy = true,
	.status = 200,
	.stage = "sent",
	.owed = "log_data_owed",
	.call = "send",
};

/* One zombie, and nothing in the log yet. */
FIXTURE_SETUP(zombie)
{
	struct scene *s = &self->s;

	ASSERT_EQ(0, variant->lossy ? scene_open_lossy(s) : scene_open(s));
	self->id = scene_start(s, variant->progress);
	ASSERT_NE(0, self->id);
	ASSERT_TRUE(scene_leave(s, 1));
	EXPECT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
	EXPECT_EQ(1, host_stat("zombies_entered"));
	EXPECT_EQ(0, log_skip(&s->log));
}

/* It has left exactly one record, and nothing else. */
FIXTURE_TEARDOWN(zombie)
{
	EXPECT_EQ(0, log_skip(&self->s.log));
	EXPECT_EQ(0, host_lines("zombies", ""));
	EXPECT_EQ(1, host_stat("zombies_entered"));
	EXPECT_EQ(0, host_stat("log_lost"));
	scene_close(&self->s);
}

/* What the error log is to say. */
#define WANT_AFTER(call, reason, flags) ({				\
	snprintf(self->dropped, sizeof(self->dropped),			\
		 "error %d %s %s %sHTTP/1.1 POST /a owed %s after %s",	\
		 variant->status, reason, variant->stage, flags,	\
		 variant->owed, call);					\
	self->dropped; })
#define WANT(reason, flags) WANT_AFTER(variant->call, reason, flags)

/* No call about it does anything any more. */
#define EXPECT_OVER()							\
	do {								\
		char byte;						\
		int fd = self->s.fd;					\
									\
		EXPECT_EQ(-ESTALE, raw_reply(fd, self->id, 200, "x"));	\
		EXPECT_EQ(-ESTALE, step_end(fd, self->id, ""));		\
		EXPECT_EQ(-ESTALE, step_read(fd, self->id, &byte, 1,	\
					     false));			\
		EXPECT_EQ(-ESTALE, raw_cancel(fd, self->id));		\
	} while (0)

/* The rest of an answer that comes too late for the client. */
static int finish(struct scene *s, uint64_t id, enum scene_progress progress)
{
	return progress < SCENE_BEGUN ? raw_reply(s->fd, id, 404, "late") :
					step_end(s->fd, id, "");
}

TEST_F(zombie, ends_late)
{
	const struct httpq_log_record *r;
	char want[128];
	int status = variant->status ?: 404;

	/* Its connection had gone on without it before. */
	bool sent = variant->progress == SCENE_COMPLETE;

	EXPECT_EQ(sent ? 0 : -ECONNRESET,
		  scene_end_with(self->s.fd, self->id,
				 variant->status ? 0 : status, "user", 7,
				 "note"));
	snprintf(want, sizeof(want), "access %d - sent %sHTTP/1.1 POST /a",
		 status, sent ? "" : "late ");
	r = log_next(&self->s.log, LATE);
	ASSERT_STREQ(want, log_line(r));
	EXPECT_STREQ("user", log_text(r, r->user));
	EXPECT_EQ(7, r->substatus);
	EXPECT_STREQ("note", log_text(r, r->note));
	EXPECT_EQ(1, host_stat("zombies_late"));
	EXPECT_EQ(0, host_stat("zombies_expired"));
	EXPECT_OVER();
}

TEST_F(zombie, more_is_not_the_end)
{
	uint64_t id = self->id;
	int fd = self->s.fd;

	if (variant->progress < SCENE_BEGUN) {
		EXPECT_EQ(-ECONNRESET, step_begin(fd, id, "more", 0));
	} else if (variant->progress == SCENE_BEGUN) {
		EXPECT_EQ(-ECONNRESET, step_send(fd, id, 0, -1, "more", 4,
						 HTTPQ_SEND_MORE));
	}
	EXPECT_EQ(1, host_lines("zombies", ""));
	EXPECT_EQ(0, log_skip(&self->s.log));
	step_end(fd, id, "");
	/* The status is what the late head said. */
	EXPECT_STREQ(variant->progress == SCENE_COMPLETE ?
		     "access 200 - sent HTTP/1.1 POST /a" :
		     "access 200 - sent late HTTP/1.1 POST /a",
		     log_next_line(&self->s.log, LATE));
}

/* Whatever a span says lies in the data. */
static bool within(const struct httpq_request_head *h, struct httpq_span span)
{
	return span.off + span.len <= h->data_len;
}

/* It is made small, and any call about it may still come. */
TEST_F(zombie, small_is_usable)
{
	const struct httpq_request_head *h;
	struct raw_take t;
	uint64_t id = self->id;
	int fd = self->s.fd, err;
	char byte;

	EXPECT_GE(1024, scene_wait_bytes(1024));
	/* Who has been answered has no body any more. */
	err = variant->progress == SCENE_COMPLETE ? -ESTALE : -ECONNRESET;
	EXPECT_EQ(err, step_read(fd, id, &byte, 1, true));
	EXPECT_EQ(err, step_read(fd, id, &byte, 1, false));
	if (!step_fetch(fd, id, &t)) {
		h = raw_head(&t, 0);
		EXPECT_TRUE(within(h, h->method));
		EXPECT_TRUE(within(h, h->target));
		EXPECT_TRUE(within(h, h->path));
		EXPECT_TRUE(within(h, h->host));
		EXPECT_EQ(id, h->id);
		EXPECT_STREQ("/a", raw_text(h, h->target));
	}
	finish(&self->s, id, variant->progress);
	EXPECT_EQ(0, strncmp("access ", log_next_line(&self->s.log, LATE), 7));
	EXPECT_OVER();
}

TEST_F(zombie, time_is_over)
{
	const struct httpq_log_record *r;
	int64_t begin = host_now();

	host_sysctl("zombie_timeout_ms", SOON);
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ(WANT("Connection_Dropped", ""), seen(r));
	ASSERT_NE(NULL, r);
	/* From its last call to the record. */
	EXPECT_LE(SOON / 2, r->last_call_ms);
	EXPECT_GE(host_now() - begin + LATE, r->last_call_ms);
	EXPECT_TRUE(host_wait_lines("zombies", "", 0, LATE));
	EXPECT_EQ(1, host_wait_stat("zombies_expired", 1, LATE));
	EXPECT_EQ(0, host_stat("zombies_late"));
	EXPECT_OVER();
}

TEST_F(zombie, reaped)
{
	EXPECT_EQ(0, host_run("httpq zombie reap"));
	EXPECT_STREQ(WANT("Connection_Dropped", "reaped "),
		     seen(log_next(&self->s.log, LATE)));
	EXPECT_EQ(1, host_stat("zombies_reaped"));
	EXPECT_OVER();
}

TEST_F(zombie, canceled)
{
	EXPECT_EQ(0, raw_cancel(self->s.fd, self->id));
	/* Giving up is an answer too. */
	EXPECT_STREQ(WANT_AFTER("send", "Connection_Abandoned_By_ReqQueue",
				""), seen(log_next(&self->s.log, LATE)));
	EXPECT_OVER();
}

TEST_F(zombie, handle_closed)
{
	scene_drop(&self->s);
	EXPECT_STREQ(WANT("Connection_Abandoned_By_ReqQueue", ""),
		     seen(log_next(&self->s.log, LATE)));
	EXPECT_EQ(0, host_stat("requests_redelivered"));
}

TEST_F(zombie, handle_of_pool_closed)
{
	ASSERT_EQ(0, host_run("httpq queue set test pool on"));
	scene_drop(&self->s);
	EXPECT_STREQ(WANT("Connection_Abandoned_By_AppPool", ""),
		     seen(log_next(&self->s.log, LATE)));
}

TEST_F(zombie, handle_detached)
{
	char id[32];

	ASSERT_EQ(0, host_output(id, sizeof(id), "awk '$2 == \"test\" "
				 "{ printf $1 }' /proc/net/httpq/workers"));
	ASSERT_EQ(0, host_run("httpq worker detach %s", id));
	EXPECT_STREQ(WANT("Connection_Abandoned_By_ReqQueue", ""),
		     seen(log_next(&self->s.log, LATE)));
	EXPECT_EQ(-ESHUTDOWN, raw_reply(self->s.fd, self->id, 200, "x"));
}

static int drain(int fd, unsigned int ms)
{
	struct httpq_drain args = { .size = sizeof(args), .deadline_ms = ms };

	return raw_ioctl(fd, HTTPQ_IOC_DRAIN, &args) ?: args.out_held;
}

TEST_F(zombie, drained)
{
	EXPECT_EQ(1, drain(self->s.fd, 0));
	finish(&self->s, self->id, variant->progress);
	EXPECT_EQ(0, strncmp("access ", log_next_line(&self->s.log, LATE), 7));
	EXPECT_EQ(1, host_stat("zombies_late"));
	EXPECT_OVER();
}

TEST_F(zombie, drain_is_over)
{
	EXPECT_EQ(1, drain(self->s.fd, SOON));
	/* That it begins to leave is a call as well. */
	EXPECT_STREQ(WANT_AFTER("other", "Connection_Abandoned_By_ReqQueue",
				""), seen(log_next(&self->s.log, LATE)));
	EXPECT_EQ(-ESHUTDOWN, raw_reply(self->s.fd, self->id, 200, "x"));
}

TEST_F(zombie, queue_deleted_and_late)
{
	const struct httpq_log_record *r;

	ASSERT_EQ(0, host_run("httpq queue del test"));
	EXPECT_EQ(1, host_lines("zombies", ""));
	finish(&self->s, self->id, variant->progress);
	r = log_next(&self->s.log, LATE);
	EXPECT_EQ(0, strncmp("access ", log_line(r), 7));
	/* The record knows the names all the same. */
	ASSERT_NE(NULL, r);
	EXPECT_STREQ("test", log_text(r, r->queue));
	EXPECT_STREQ(SCENE_URL, log_text(r, r->prefix));
	EXPECT_OVER();
}

TEST_F(zombie, queue_deleted_and_over)
{
	ASSERT_EQ(0, host_run("httpq queue del test"));
	host_sysctl("zombie_timeout_ms", SOON);
	EXPECT_STREQ(WANT("Connection_Dropped", ""),
		     seen(log_next(&self->s.log, LATE)));
	EXPECT_TRUE(host_wait_lines("zombies", "", 0, LATE));
}

TEST_F(zombie, queue_stopped)
{
	ASSERT_EQ(0, host_run("httpq queue set test state stopped"));
	EXPECT_EQ(1, host_lines("zombies", ""));
	finish(&self->s, self->id, variant->progress);
	EXPECT_EQ(0, strncmp("access ", log_next_line(&self->s.log, LATE), 7));
}

/* ------------------------------------------ a worker that is killed with it */

static int hold(struct scene *s, int fd)
{
	uint64_t id;

	/* Its own handle: the owner is who receives first. */
	scene_drop(s);
	s->fd = raw_worker("test", 0);
	id = scene_next(s);
	return write(fd, &id, sizeof(id)) != sizeof(id) || !id;
}

FIXTURE(alone)
{
	struct scene s;
};

FIXTURE_VARIANT(alone)
{
	bool lossy;
};

FIXTURE_VARIANT_ADD(alone, plain)
{
};

FIXTURE_VARIANT_ADD(alone, lossy)
{
	.lossy = true,
};

FIXTURE_SETUP(alone)
{
	ASSERT_EQ(0, variant->lossy ? scene_open_lossy(&self->s) :
				      scene_open(&self->s));
}

FIXTURE_TEARDOWN(alone)
{
	EXPECT_EQ(0, log_skip(&self->s.log));
	EXPECT_EQ(0, host_stat("log_lost"));
	scene_close(&self->s);
}

TEST_F(alone, worker_killed)
{
	uint64_t id;
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		if (hold(&self->s, fds[1]))
			_exit(1);
		for (;;)
			pause();
	}
	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	ASSERT_EQ(sizeof(id), read(fds[0], &id, sizeof(id)));
	ASSERT_NE(0, id);
	ASSERT_TRUE(scene_leave(&self->s, 1));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	/* Its GET could be repeated, but for whom? */
	EXPECT_STREQ("error 0 Connection_Abandoned_By_ReqQueue delivered "
		     "HTTP/1.1 GET /a owed never_answered after receive",
		     seen(log_next(&self->s.log, LATE)));
	EXPECT_EQ(0, host_lines("zombies", ""));
	EXPECT_EQ(0, host_stat("requests_redelivered"));
	close(fds[0]);
	close(fds[1]);
}

/* ----------------------------------- the client is there, the handle is not */

TEST_F(alone, handle_closed_502)
{
	struct reply r;

	ASSERT_NE(0, scene_start(&self->s, SCENE_UNTOUCHED));
	scene_drop(&self->s);
	ASSERT_EQ(0, peer_reply(&self->s.peer, "POST", &r));
	EXPECT_EQ(502, r.status);
	reply_free(&r);
	EXPECT_STREQ("error 502 Connection_Abandoned_By_ReqQueue delivered "
		     "HTTP/1.1 POST /a owed never_answered after receive",
		     seen(log_next(&self->s.log, LATE)));
	EXPECT_EQ(0, host_stat("zombies_entered"));
}

TEST_F(alone, handle_closed_broken)
{
	struct reply r;

	ASSERT_NE(0, scene_start(&self->s, SCENE_BEGUN));
	scene_drop(&self->s);
	EXPECT_NE(0, peer_reply(&self->s.peer, "POST", &r));
	EXPECT_FALSE(r.complete);
	reply_free(&r);
	EXPECT_STREQ("error 200 Connection_Abandoned_By_ReqQueue responding "
		     "HTTP/1.1 POST /a owed response_incomplete after send",
		     seen(log_next(&self->s.log, LATE)));
}

TEST_F(alone, delivered_again)
{
	const struct httpq_log_record *r;
	uint64_t id;

	ASSERT_NE(0, scene_take(&self->s, SCENE_GET));
	/* Its binding goes with it, its queue and its requests don't. */
	scene_drop(&self->s);
	self->s.fd = raw_worker("test", 0);
	id = scene_next(&self->s);
	ASSERT_NE(0, id);
	EXPECT_EQ(0, raw_reply(self->s.fd, id, 200, "again"));
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("access 200 - sent taken_over HTTP/1.1 GET /a",
		     log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_EQ(2, r->deliveries);
	EXPECT_EQ(1, host_stat("requests_redelivered"));
}

/* --------------------------------------- the connection goes on without it */

/* Answers with all that the Content-Length says, and owes the end. */
static uint64_t owe(struct scene *s, const char *request)
{
	uint64_t id = 0;

	if (!peer_puts(&s->peer, request))
		id = scene_next(s);
	return id && scene_bring(s, id, SCENE_COMPLETE) ? id : 0;
}

static bool reads_full(struct scene *s)
{
	struct reply r;
	bool full;

	if (peer_reply(&s->peer, "GET", &r))
		return false;
	full = r.status == 200 && r.complete && !strcmp(r.body, "full");
	reply_free(&r);
	return full;
}

#define OWED 5

TEST_F(alone, end_owed)
{
	const struct httpq_log_record *r;
	uint64_t ids[OWED];
	char want[64];
	int i;

	ASSERT_EQ(0, scene_send(&self->s, ""));
	for (i = 0; i < OWED; i++) {
		snprintf(want, sizeof(want),
			 "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
		ids[i] = owe(&self->s, want);
		ASSERT_NE(0, ids[i]);
		/* The connection serves its next request meanwhile. */
		ASSERT_TRUE(reads_full(&self->s));
		EXPECT_TRUE(host_wait_lines("zombies", "", i + 1, LATE));
	}
	EXPECT_EQ(1, host_lines("connections", " IDLE "));
	EXPECT_EQ(0, log_skip(&self->s.log));
	for (i = OWED - 1; i >= 0; i--) {
		EXPECT_EQ(0, scene_end_with(self->s.fd, ids[i], 0, "alice", i,
					    "slow log"));
		snprintf(want, sizeof(want),
			 "access 200 - sent HTTP/1.1 GET /%d", i);
		r = log_next(&self->s.log, LATE);
		EXPECT_STREQ(want, log_line(r));
		ASSERT_NE(NULL, r);
		EXPECT_EQ(i, r->substatus);
		EXPECT_STREQ("alice", log_text(r, r->user));
		EXPECT_STREQ("slow log", log_text(r, r->note));
		EXPECT_EQ(-ESTALE, step_end(self->s.fd, ids[i], ""));
	}
	EXPECT_EQ(OWED, host_stat("zombies_late"));
	EXPECT_EQ(0, host_lines("zombies", ""));
}

TEST_F(alone, end_owed_for_good)
{
	uint64_t id;

	ASSERT_EQ(0, scene_send(&self->s, ""));
	id = owe(&self->s, SCENE_GET);
	ASSERT_NE(0, id);
	ASSERT_TRUE(reads_full(&self->s));
	ASSERT_TRUE(host_wait_lines("zombies", "", 1, LATE));
	host_sysctl("zombie_timeout_ms", SOON);
	EXPECT_STREQ("error 200 Connection_Dropped sent HTTP/1.1 GET /a "
		     "owed log_data_owed after send",
		     seen(log_next(&self->s.log, LATE)));
	EXPECT_EQ(-ESTALE, step_end(self->s.fd, id, ""));
	/* And the connection never noticed. */
	id = owe(&self->s, SCENE_GET);
	ASSERT_NE(0, id);
	EXPECT_EQ(0, step_end(self->s.fd, id, ""));
	EXPECT_STREQ("access 200 - sent HTTP/1.1 GET /a",
		     log_next_line(&self->s.log, LATE));
}

TEST_F(alone, end_owed_and_handle_closed)
{
	ASSERT_EQ(0, scene_send(&self->s, ""));
	ASSERT_NE(0, owe(&self->s, SCENE_GET));
	ASSERT_TRUE(reads_full(&self->s));
	ASSERT_TRUE(host_wait_lines("zombies", "", 1, LATE));
	scene_drop(&self->s);
	EXPECT_STREQ("error 200 Connection_Abandoned_By_ReqQueue sent "
		     "HTTP/1.1 GET /a owed log_data_owed after send",
		     seen(log_next(&self->s.log, LATE)));
	EXPECT_EQ(0, host_lines("zombies", ""));
}

/* To HEAD there is nothing more to wait for than the head. */
TEST_F(alone, end_owed_to_head)
{
	struct reply r;
	uint64_t id;

	id = scene_take(&self->s, "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n");
	ASSERT_NE(0, id);
	EXPECT_EQ(0, step_send(self->s.fd, id, 200, -1, "", 0,
			       HTTPQ_SEND_MORE));
	ASSERT_EQ(0, peer_reply(&self->s.peer, "HEAD", &r));
	EXPECT_EQ(200, r.status);
	reply_free(&r);
	EXPECT_TRUE(host_wait_lines("zombies", "", 1, LATE));
	EXPECT_EQ(1, host_lines("connections", " IDLE "));
	EXPECT_EQ(0, step_end(self->s.fd, id, ""));
	EXPECT_STREQ("access 200 - sent HTTP/1.1 HEAD /h",
		     log_next_line(&self->s.log, LATE));
}

/* A chunked response is complete with its last chunk only: nobody goes on. */
TEST_F(alone, chunks_are_not_complete)
{
	uint64_t id = scene_start(&self->s, SCENE_BEGUN);

	ASSERT_NE(0, id);
	EXPECT_EQ(0, host_lines("zombies", ""));
	EXPECT_EQ(1, host_lines("connections", " REQUEST "));
	EXPECT_EQ(0, step_end(self->s.fd, id, ""));
	EXPECT_STREQ("access 200 - sent HTTP/1.1 POST /a",
		     log_next_line(&self->s.log, LATE));
}

/* A FIN is no reason to lose an answer, nor to speak of a zombie. */
TEST_F(alone, half_closed)
{
	uint64_t id = scene_start(&self->s, SCENE_UNTOUCHED);
	struct reply r;

	ASSERT_NE(0, id);
	peer_half_close(&self->s.peer);
	EXPECT_EQ(0, raw_reply(self->s.fd, id, 200, "heard"));
	ASSERT_EQ(0, peer_reply(&self->s.peer, "POST", &r));
	EXPECT_STREQ("heard", r.body);
	reply_free(&r);
	EXPECT_STREQ("access 200 - sent HTTP/1.1 POST /a",
		     log_next_line(&self->s.log, LATE));
	EXPECT_EQ(0, host_stat("zombies_entered"));
}

/* A new one does not wait for the next look at those that were there before,
 * which is due a second after the last. A machine may stall, but not always.
 */
TEST_F(alone, each_is_made_small_soon)
{
	long least = LONG_MAX, took;
	struct scene *s = &self->s;
	char text[8192];
	int64_t begin;
	int i;

	snprintf(text, sizeof(text), "GET /a HTTP/1.1\r\nHost: a\r\n"
		 "Padding: %08000d\r\n\r\n", 0);
	for (i = 1; i <= 6; i++) {
		ASSERT_NE(0, scene_take(s, text));
		ASSERT_TRUE(scene_leave(s, i));
		begin = host_now();
		ASSERT_GE(i * 1024, scene_wait_bytes(i * 1024));
		took = host_now() - begin;
		if (i > 1 && took < least)
			least = took;
	}
	EXPECT_GT(500, least);
}

/* -------------------------------------------------------- the bounded list */

FIXTURE(full)
{
	struct scene s;
};

FIXTURE_VARIANT(full)
{
	int limit;
	bool lossy;
};

FIXTURE_VARIANT_ADD(full, of_1)
{
	.limit = 1,
};

FIXTURE_VARIANT_ADD(full, of_2)
{
	.limit = 2,
};

FIXTURE_VARIANT_ADD(full, of_3)
{
	.limit = 3,
};

FIXTURE_VARIANT_ADD(full, of_1_lossy)
{
	.limit = 1,
	.lossy = true,
};

FIXTURE_SETUP(full)
{
	ASSERT_EQ(0, variant->lossy ? scene_open_lossy(&self->s) :
				      scene_open(&self->s));
	host_sysctl("zombies", variant->limit);
}

FIXTURE_TEARDOWN(full)
{
	scene_close(&self->s);
}

#define MORE_ZOMBIES 4

TEST_F(full, oldest_leaves)
{
	int i, limit = variant->limit, nr = limit + MORE_ZOMBIES;
	struct scene *s = &self->s;
	uint64_t ids[3 + MORE_ZOMBIES];
	char text[128];

	for (i = 0; i < nr; i++) {
		snprintf(text, sizeof(text),
			 "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
		ids[i] = scene_take(s, text);
		ASSERT_NE(0, ids[i]);
		scene_reset(s);
		ASSERT_EQ(i + 1, host_wait_stat("zombies_entered", i + 1,
						LATE));
		if (i < limit)
			continue;
		snprintf(text, sizeof(text), "error 0 Connection_Dropped_List_"
			 "Full delivered HTTP/1.1 GET /%d owed never_answered "
			 "after receive", i - limit);
		EXPECT_STREQ(text, seen(log_next(&s->log, LATE)));
		EXPECT_EQ(limit, host_lines("zombies", ""));
		EXPECT_EQ(-ESTALE, raw_reply(s->fd, ids[i - limit], 200, "x"));
	}
	EXPECT_EQ(MORE_ZOMBIES, host_stat("zombies_evicted"));
	/* The others may still end well. */
	for (i = MORE_ZOMBIES; i < nr; i++) {
		EXPECT_EQ(-ECONNRESET, raw_reply(s->fd, ids[i], 200, "late"));
		snprintf(text, sizeof(text),
			 "access 200 - sent late HTTP/1.1 GET /%d", i);
		EXPECT_STREQ(text, log_next_line(&s->log, LATE));
	}
	EXPECT_EQ(0, log_skip(&s->log));
	EXPECT_EQ(0, host_lines("zombies", ""));
}

/* A smaller limit counts from the next zombie on. */
TEST_F(full, limit_shrinks)
{
	struct scene *s = &self->s;
	int i;

	host_sysctl("zombies", 5);
	for (i = 0; i < 5; i++) {
		ASSERT_NE(0, scene_take(s, SCENE_GET));
		ASSERT_TRUE(scene_leave(s, i + 1));
	}
	host_sysctl("zombies", variant->limit);
	ASSERT_NE(0, scene_take(s, SCENE_GET));
	scene_reset(s);
	EXPECT_EQ(6, host_wait_stat("zombies_entered", 6, LATE));
	EXPECT_TRUE(host_wait_lines("zombies", "", variant->limit, LATE));
	EXPECT_EQ(6 - variant->limit, host_stat("zombies_evicted"));
	EXPECT_EQ(6 - variant->limit, log_skip(&s->log));
}

TEST_HARNESS_MAIN
