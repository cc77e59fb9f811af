// SPDX-License-Identifier: GPL-2.0
/*
 * Each request leaves one record, and each reason that can occur its own:
 * provoked by real clients, compared as a line. kernels: uml 6.12 6.1
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "scene.h"
#include "step.h"

/* What a timer may be late by on a busy machine. */
#define LATE 20000
/* A timer that is soon over. */
#define SOON 100

#define HEAD(fields) "GET /x HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define POST(fields, body) "POST /x HTTP/1.1\r\nHost: a\r\n" fields "\r\n" body
#define NAME40 "X: 9012345678901234567890123456789012345"

FIXTURE(reason)
{
	struct scene s;
};

FIXTURE_VARIANT(reason)
{
	bool process;
};

FIXTURE_VARIANT_ADD(reason, softirq)
{
};

FIXTURE_VARIANT_ADD(reason, process)
{
	.process = true,
};

FIXTURE_SETUP(reason)
{
	struct scene *s = &self->s;

	ASSERT_EQ(0, scene_open(s));
	if (!variant->process)
		return;
	/* A listener keeps the engine that it began with. */
	ASSERT_EQ(0, raw_unbind(s->fd, SCENE_URL));
	host_sysctl("process_engine", 1);
	ASSERT_EQ(0, raw_bind(s->fd, SCENE_URL, 0));
}

/* No record but those that the case has taken, whatever is still to end. */
FIXTURE_TEARDOWN(reason)
{
	struct scene *s = &self->s;

	if (s->peer.fd >= 0)
		peer_close(&s->peer);
	s->peer.fd = -1;
	EXPECT_TRUE(host_wait_lines("connections", "", 0, LATE));
	EXPECT_EQ(0, host_lines("zombies", ""));
	EXPECT_STREQ("", log_next_line(&s->log, 0));
	EXPECT_EQ(0, host_stat("log_lost"));
	EXPECT_EQ(0, host_stat("log_suppressed"));
	scene_close(s);
}

/* The status that the client was told, or -errno. */
static int status_of(struct scene *s)
{
	struct reply r;
	int status = peer_reply(&s->peer, "GET", &r) ?: r.status;

	reply_free(&r);
	return status;
}

#define EXPECT_RECORD(line) \
	EXPECT_STREQ(line, log_next_line(&self->s.log, LATE))
#define EXPECT_STATUS(status) EXPECT_EQ(status, status_of(&self->s))

/* -------------------------------------------------------- heads, refused */

struct refusal {
	const char *request;
	int status;
	const char *record;
};

/* The request line is told as far as it was understood. */
static const struct refusal refusals[] = {
	{ "GET /x\r\n", 400,
	  "error 400 BadRequest head - GET /x" },
	{ "GET /x HTTP/1\r\n", 400,
	  "error 400 BadRequest head - GET /x" },
	{ POST("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
	       "0\r\n\r\n"), 400,
	  "error 400 BadRequest head HTTP/1.1 POST /x" },
	{ "G@T /x HTTP/1.1\r\n", 400,
	  "error 400 Verb head - G -" },
	{ "GET x HTTP/1.1\r\n", 400,
	  "error 400 URL head - GET -" },
	{ "GET /%zz HTTP/1.1\r\n", 400,
	  "error 400 URL head - GET /%" },
	{ "GET /x HTTP/2.0\r\n", 505,
	  "error 505 Version_N/S head - GET /x" },
	{ "CONNECT a:1 HTTP/1.1\r\n", 501,
	  "error 501 N/I head - CONNECT a:1" },
	{ POST("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501,
	  "error 501 N/I head HTTP/1.1 POST /x" },
	{ "GET /x HTTP/1.1\n", 400,
	  "error 400 Invalid_CR/LF head - GET /x" },
	{ HEAD("A: b\rC: d\r\n"), 400,
	  "error 400 Invalid_CR/LF head HTTP/1.1 GET /x" },
	{ HEAD("A : b\r\n"), 400,
	  "error 400 Header head HTTP/1.1 GET /x" },
	{ HEAD("A: b\x01\r\n"), 400,
	  "error 400 Header head HTTP/1.1 GET /x" },
	{ HEAD("A: b\r\n c\r\n"), 400,
	  "error 400 Header head HTTP/1.1 GET /x" },
	{ HEAD("Expect: 200-ok\r\n"), 417,
	  "error 417 Header head HTTP/1.1 GET /x" },
	{ "GET /x HTTP/1.1\r\n\r\n", 400,
	  "error 400 Hostname head HTTP/1.1 GET /x" },
	{ POST("Content-Length: x\r\n", ""), 400,
	  "error 400 Number head HTTP/1.1 POST /x" },
	{ "POST /x HTTP/1.0\r\nContent-Length: 1, 2\r\n\r\n", 400,
	  "error 400 Number head HTTP/1.0 POST /x" },
};

static const char *refuse(struct scene *s, const char *request, int status)
{
	if (scene_send(s, request) || status_of(s) != status)
		return "another status";
	if (peer_wait_close(&s->peer, LATE))
		return "it did not close";
	return log_next_line(&s->log, LATE);
}

TEST_F(reason, refused)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *c = &refusals[i];

		EXPECT_STREQ(c->record, refuse(&self->s, c->request,
					       c->status)) {
			TH_LOG("%s", c->request);
		}
		EXPECT_STREQ("", log_next_line(&self->s.log, 0));
	}
}

TEST_F(reason, too_long)
{
	char text[4096], want[256];
	int i, n;

	host_sysctl("target_bytes", 64);
	host_sysctl("field_bytes", 64);
	host_sysctl("fields", 8);
	host_sysctl("head_bytes", 1024);

	sprintf(text, "GET /%064d HTTP/1.1\r\n", 0);
	EXPECT_EQ(0, strncmp("error 414 URL_Length head - GET ",
			     refuse(&self->s, text, 414), 32));

	sprintf(text, "GET /x HTTP/1.1\r\n" NAME40 "%025d\r\n", 0);
	EXPECT_STREQ("error 431 FieldLength head HTTP/1.1 GET /x",
		     refuse(&self->s, text, 431));

	n = sprintf(text, "GET /x HTTP/1.1\r\n");
	for (i = 0; i < 9; i++)
		n += sprintf(text + n, "A: b\r\n");
	EXPECT_STREQ("error 431 RequestLength head HTTP/1.1 GET /x",
		     refuse(&self->s, text, 431));

	host_sysctl("fields", 100);
	n = sprintf(text, "GET /x HTTP/1.1\r\nHost: a\r\n");
	while (n <= 1024)
		n += sprintf(text + n, NAME40 "\r\n");
	snprintf(want, sizeof(want),
		 "error 431 RequestLength head HTTP/1.1 GET /x");
	EXPECT_STREQ(want, refuse(&self->s, text, 431));
}

/* ------------------------------------------------------ requests, refused */

TEST_F(reason, not_found)
{
	ASSERT_EQ(0, raw_bind(self->s.fd, SCENE_URL "app/", 0));
	ASSERT_EQ(0, raw_unbind(self->s.fd, SCENE_URL));
	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	EXPECT_STATUS(404);
	EXPECT_RECORD("error 404 NotFound head HTTP/1.1 GET /a");
}

TEST_F(reason, queue_full)
{
	struct peer first;
	uint64_t id;

	ASSERT_EQ(0, host_run("httpq queue set test max-queued 1"));
	ASSERT_EQ(0, peer_connect(&first, "127.0.0.1", SCENE_PORT));
	ASSERT_EQ(0, raw_get(&first, "/first"));
	ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	EXPECT_STATUS(503);
	EXPECT_RECORD("error 503 QueueFull queued HTTP/1.1 GET /a");
	id = scene_next(&self->s);
	EXPECT_EQ(0, raw_reply(self->s.fd, id, 200, "ok"));
	EXPECT_RECORD("access 200 - sent HTTP/1.1 GET /first");
	peer_close(&first);
}

/* A queue that is stopped answers what waits, and what comes. */
static bool refused_twice(struct scene *s, const char *state, const char *want)
{
	int waits, comes;

	if (scene_send(s, SCENE_GET) || !raw_wait_queue("test", RAW_QUEUED, 1))
		return false;
	if (host_run("httpq queue set test state %s", state))
		return false;
	waits = status_of(s);
	comes = peer_status(&s->peer, SCENE_GET);
	if (waits != 503 || comes != 503) {
		fprintf(stderr, "# told %d and %d\n", waits, comes);
		return false;
	}
	return !strcmp(want, log_next_line(&s->log, LATE)) &&
	       !strcmp(want, log_next_line(&s->log, LATE));
}

TEST_F(reason, stopped)
{
	EXPECT_TRUE(refused_twice(&self->s, "stopped",
				  "error 503 Disabled queued HTTP/1.1 GET /a"));
}

TEST_F(reason, offline)
{
	EXPECT_TRUE(refused_twice(&self->s, "offline", "error 503 AppOffline "
				  "queued HTTP/1.1 GET /a"));
}

TEST_F(reason, queue_deleted)
{
	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
	ASSERT_EQ(0, host_run("httpq queue del test"));
	EXPECT_STATUS(503);
	EXPECT_RECORD("error 503 AppShutdown queued HTTP/1.1 GET /a");
}

/* Waits in vain; what it is told. */
static int wait_in_vain(struct scene *s)
{
	host_sysctl("queue_timeout_ms", SOON);
	return scene_send(s, SCENE_GET) ?: status_of(s);
}

TEST_F(reason, nobody_took_it)
{
	EXPECT_EQ(503, wait_in_vain(&self->s));
	EXPECT_RECORD("error 503 Timer_ReqQueue queued HTTP/1.1 GET /a");
}

TEST_F(reason, pool_without_worker)
{
	ASSERT_EQ(0, host_run("httpq queue set test pool on"));
	EXPECT_EQ(503, wait_in_vain(&self->s));
	EXPECT_RECORD("error 503 Timer_AppPool queued HTTP/1.1 GET /a");
}

TEST_F(reason, pool_is_busy)
{
	struct raw_take t;

	ASSERT_EQ(0, host_run("httpq queue set test pool on"));
	/* It has asked once: it is active. */
	ASSERT_EQ(-ETIMEDOUT, raw_take(self->s.fd, &t, 1, 0));
	EXPECT_EQ(503, wait_in_vain(&self->s));
	EXPECT_RECORD("error 503 AppPoolTimer queued HTTP/1.1 GET /a");
}

/* ------------------------------------------------------------ connections */

TEST_F(reason, silent)
{
	ASSERT_EQ(0, scene_send(&self->s, ""));
	ASSERT_TRUE(host_wait_lines("connections", "", 1, LATE));
	peer_close(&self->s.peer);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, LATE));
	EXPECT_STREQ("", log_next_line(&self->s.log, 0));
}

TEST_F(reason, idle)
{
	host_sysctl("idle_timeout_ms", SOON);
	ASSERT_EQ(0, scene_send(&self->s, ""));
	EXPECT_EQ(0, peer_wait_close(&self->s.peer, LATE));
	EXPECT_RECORD("error 0 Timer_ConnectionIdle connection - - -");
}

TEST_F(reason, idle_after_a_request)
{
	uint64_t id = scene_take(&self->s, SCENE_GET);

	host_sysctl("idle_timeout_ms", SOON);
	ASSERT_NE(0, id);
	EXPECT_EQ(0, raw_reply(self->s.fd, id, 200, "ok"));
	EXPECT_STATUS(200);
	EXPECT_EQ(0, peer_wait_close(&self->s.peer, LATE));
	EXPECT_EQ(1, host_stat("timeout_idle"));
	EXPECT_RECORD("access 200 - sent HTTP/1.1 GET /a");
}

TEST_F(reason, too_many)
{
	struct peer first, second, third;

	host_sysctl("conns", 1);
	host_sysctl("refused_conns", 1);
	ASSERT_EQ(0, peer_connect(&first, "127.0.0.1", SCENE_PORT));
	ASSERT_EQ(1, host_wait_stat("conns_accepted", 1, LATE));
	ASSERT_EQ(0, peer_connect(&second, "127.0.0.1", SCENE_PORT));
	ASSERT_EQ(1, host_wait_stat("conns_refused", 1, LATE));
	EXPECT_RECORD("error 503 ConnLimit connection - - -");
	/* Who is dropped may hear of it before the call returns. */
	third.fd = -1;
	peer_connect(&third, "127.0.0.1", SCENE_PORT);
	ASSERT_EQ(1, host_wait_stat("conns_dropped", 1, LATE));
	EXPECT_RECORD("error 0 Connections_Refused connection - - -");
	peer_close(&first);
	peer_close(&second);
	if (third.fd >= 0)
		peer_close(&third);
}

/* Who leaves in the middle of a head has asked for nothing. */
TEST_F(reason, left_in_the_head)
{
	ASSERT_EQ(0, scene_send(&self->s, "GET /a HTTP/1.1\r\nHo"));
	ASSERT_EQ(0, peer_flush(&self->s.peer));
	peer_reset(&self->s.peer);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, LATE));
	ASSERT_EQ(0, scene_send(&self->s, "GET /a HTTP/1.1\r\nHo"));
	peer_close(&self->s.peer);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, LATE));
	EXPECT_STREQ("", log_next_line(&self->s.log, 0));
}

#define WAITING 400

/* Heads wait until there is no room for one more. */
TEST_F(reason, no_memory)
{
	static struct peer peers[WAITING];
	int i;

	host_sysctl("mem_kib", 64);
	for (i = 0; i < WAITING && !host_stat("memory_limit"); i++) {
		ASSERT_EQ(0, peer_connect(&peers[i], "127.0.0.1", SCENE_PORT));
		ASSERT_EQ(0, peer_puts(&peers[i], SCENE_GET));
		while (host_stat("requests_queued") +
		       host_stat("answers_kernel") <= i)
			usleep(1000);
	}
	ASSERT_GT(WAITING, i);
	EXPECT_RECORD("error 503 N/A connection - - -");
	while (i--)
		peer_reset(&peers[i]);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, LATE));
	EXPECT_EQ(host_stat("requests_queued"), log_skip(&self->s.log));
}

TEST_F(reason, half_a_head)
{
	host_sysctl("header_timeout_ms", SOON);
	ASSERT_EQ(0, scene_send(&self->s, "GET /a HTTP/1.1\r\nHo"));
	EXPECT_STATUS(408);
	EXPECT_RECORD("error 408 Timer_HeaderWait head HTTP/1.1 GET /a");
}

/* ---------------------------------------------- clients that do harm later */

TEST_F(reason, left_before_delivery)
{
	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
	peer_reset(&self->s.peer);
	EXPECT_RECORD("error 0 Client_Reset queued HTTP/1.1 GET /a");
}

/* One worker had it, and no other one came: that is told in any case. */
TEST_F(reason, left_after_a_worker)
{
	const struct httpq_log_record *r;

	host_sysctl("log_refusals", 0);
	ASSERT_NE(0, scene_take(&self->s, SCENE_GET));
	scene_drop(&self->s);
	ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
	peer_reset(&self->s.peer);
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("error 0 Client_Reset queued HTTP/1.1 GET /a",
		     log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_NE(0, r->worker_id);
	EXPECT_EQ(1, r->deliveries);
	EXPECT_EQ(0, r->flags & HTTPQ_LOG_TAKEN_OVER);
}

/* A worker has reached for it, and has not got it yet. */
TEST_F(reason, left_when_reserved)
{
	struct raw_take t;
	uint64_t id;

	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	id = step_reserve(self->s.fd);
	ASSERT_NE(0, id);
	peer_reset(&self->s.peer);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, LATE));
	EXPECT_EQ(-ESTALE, step_fetch(self->s.fd, id, &t));
	EXPECT_RECORD("error 0 Client_Reset queued HTTP/1.1 GET /a");
	EXPECT_EQ(0, host_stat("zombies_entered"));
}

TEST_F(reason, body_stops)
{
	uint64_t id;
	char buf[16];

	host_sysctl("body_timeout_ms", SOON);
	id = scene_take(&self->s, POST("Content-Length: 10\r\n", "half"));
	ASSERT_NE(0, id);
	EXPECT_EQ(4, step_read(self->s.fd, id, buf, 10, true));
	EXPECT_EQ(-ETIMEDOUT, step_read(self->s.fd, id, buf, 10, true));
	EXPECT_STATUS(408);
	EXPECT_RECORD("error 408 Timer_EntityBody body HTTP/1.1 POST /x");
}

TEST_F(reason, body_is_bad)
{
	uint64_t id;
	char buf[16];

	id = scene_take(&self->s, POST("Transfer-Encoding: chunked\r\n",
				       "zz\r\n"));
	ASSERT_NE(0, id);
	EXPECT_EQ(-EBADMSG, step_read(self->s.fd, id, buf, 10, true));
	EXPECT_STATUS(400);
	EXPECT_RECORD("error 400 BadRequest delivered HTTP/1.1 POST /x");
}

TEST_F(reason, trailers_are_too_long)
{
	uint64_t id;
	char buf[16];

	host_sysctl("trailer_bytes", 8);
	id = scene_take(&self->s, POST("Transfer-Encoding: chunked\r\n",
				       "0\r\nX: 4567\r\n\r\n"));
	ASSERT_NE(0, id);
	EXPECT_EQ(-EBADMSG, step_read(self->s.fd, id, buf, 10, true));
	EXPECT_STATUS(431);
	EXPECT_RECORD("error 431 RequestLength delivered HTTP/1.1 POST /x");
}

TEST_F(reason, body_too_large)
{
	host_sysctl("body_bytes", 10);
	ASSERT_EQ(0, scene_send(&self->s, POST("Content-Length: 11\r\n", "")));
	EXPECT_STATUS(413);
	EXPECT_RECORD("error 413 EntityTooLarge head HTTP/1.1 POST /x");
}

/* Only the reading of it shows. */
TEST_F(reason, chunks_too_large)
{
	uint64_t id;
	char buf[16];

	host_sysctl("body_bytes", 3);
	id = scene_take(&self->s, POST("Transfer-Encoding: chunked\r\n",
				       "4\r\nfour\r\n0\r\n\r\n"));
	ASSERT_NE(0, id);
	while (step_read(self->s.fd, id, buf, 10, true) > 0)
		;
	/* What the worker says then is the truth. */
	EXPECT_EQ(0, raw_reply(self->s.fd, id, 413, "no"));
	EXPECT_STATUS(413);
	EXPECT_RECORD("access 413 - sent HTTP/1.1 POST /x");
}

/* Not the worker's fault, although it is he who gives up. */
TEST_F(reason, chunks_too_large_and_given_up)
{
	uint64_t id;
	char buf[16];

	host_sysctl("body_bytes", 3);
	id = scene_take(&self->s, POST("Transfer-Encoding: chunked\r\n",
				       "4\r\nfour\r\n0\r\n\r\n"));
	ASSERT_NE(0, id);
	EXPECT_EQ(-EFBIG, step_read(self->s.fd, id, buf, 10, true));
	EXPECT_EQ(0, raw_cancel(self->s.fd, id));
	EXPECT_STATUS(413);
	EXPECT_RECORD("error 413 EntityTooLarge body HTTP/1.1 POST /x");
}

TEST_F(reason, body_cut_off_and_given_up)
{
	uint64_t id;
	char buf[16];

	id = scene_take(&self->s, POST("Content-Length: 10\r\n", "half"));
	ASSERT_NE(0, id);
	peer_half_close(&self->s.peer);
	EXPECT_EQ(4, step_read(self->s.fd, id, buf, 10, true));
	EXPECT_EQ(-ECONNRESET, step_read(self->s.fd, id, buf, 10, true));
	EXPECT_EQ(0, raw_cancel(self->s.fd, id));
	EXPECT_STATUS(400);
	EXPECT_RECORD("error 400 BadRequest body HTTP/1.1 POST /x");
}

#define BIG (8 << 20)
/* What of a response the kernel keeps for TCP. */
#define SEND_MAX (256 << 10)

TEST_F(reason, stops_reading)
{
	static char body[BIG];
	const struct httpq_log_record *r;
	uint64_t id;

	/* What TCP takes is little beside what waits in the kernel. */
	ASSERT_EQ(0, raw_unbind(self->s.fd, SCENE_URL));
	host_sysctl("sndbuf", 16384);
	ASSERT_EQ(0, raw_bind(self->s.fd, SCENE_URL, 0));
	id = scene_take(&self->s, SCENE_GET);
	ASSERT_NE(0, id);
	host_sysctl("send_timeout_ms", SOON);
	/* The worker is told, and owes nothing. */
	EXPECT_EQ(-ETIMEDOUT, step_send(self->s.fd, id, 200, -1, body,
					sizeof(body), 0));
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("error 200 Timer_MinBytesPerSecond responding "
		     "HTTP/1.1 GET /a", log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_LT(0, r->sc_bytes);
	EXPECT_GT(SEND_MAX, r->sc_bytes);
	EXPECT_EQ(-ESTALE, step_end(self->s.fd, id, ""));
}

/* The worker says that it was all, and it was not. */
TEST_F(reason, ended_short)
{
	const struct httpq_log_record *r;
	uint64_t id = scene_take(&self->s, SCENE_GET);

	ASSERT_NE(0, id);
	EXPECT_EQ(0, step_send(self->s.fd, id, 200, 10, "short", 5, 0));
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("error 200 Connection_Abandoned_By_ReqQueue responding "
		     "HTTP/1.1 GET /a", log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_STREQ("response_incomplete", log_owed(r->owed));
	EXPECT_STREQ("send", log_call(r->last_call));
	EXPECT_GT(LATE, r->last_call_ms);
}

/* ------------------------------------------------------- the answer timer */

static int answer_timer(const char *ms)
{
	return host_run("httpq queue set test answer-timeout %s", ms);
}

TEST_F(reason, never_answered)
{
	uint64_t id;

	ASSERT_EQ(0, answer_timer("200"));
	id = scene_start(&self->s, SCENE_UNTOUCHED);
	ASSERT_NE(0, id);
	EXPECT_STATUS(504);
	EXPECT_RECORD("error 504 Timer_Response delivered HTTP/1.1 POST /a");
	EXPECT_EQ(-ESTALE, raw_reply(self->s.fd, id, 200, "late"));
	EXPECT_EQ(1, host_stat("timeout_answer"));
}

TEST_F(reason, never_answered_after_the_body)
{
	uint64_t id;
	char byte;

	ASSERT_EQ(0, answer_timer("200"));
	id = scene_start(&self->s, SCENE_READING);
	ASSERT_NE(0, id);
	EXPECT_STATUS(504);
	EXPECT_RECORD("error 504 Timer_Response body HTTP/1.1 POST /a");
	EXPECT_EQ(-ESTALE, step_read(self->s.fd, id, &byte, 1, false));
}

TEST_F(reason, never_finished)
{
	struct reply r;
	uint64_t id;

	ASSERT_EQ(0, answer_timer("200"));
	id = scene_start(&self->s, SCENE_BEGUN);
	ASSERT_NE(0, id);
	EXPECT_NE(0, peer_reply(&self->s.peer, "POST", &r));
	EXPECT_FALSE(r.complete);
	reply_free(&r);
	EXPECT_RECORD("error 200 Timer_Response responding HTTP/1.1 POST /a");
	EXPECT_EQ(-ESTALE, step_end(self->s.fd, id, ""));
}

/* -------------------------------------------------------------- good ends */

/* Bytes that the client gets of the next response. */
static size_t bytes_of(struct scene *s, const char *method)
{
	struct reply r;
	size_t n = 0;

	if (!peer_reply(&s->peer, method, &r))
		n = strlen(r.head) + (r.body ? r.body_len : 0);
	reply_free(&r);
	return n;
}

TEST_F(reason, answered)
{
	static const char request[] =
		"GET /a?b=c HTTP/1.1\r\nHost: a\r\nUser-Agent: me/1\r\n"
		"Referer: http://b/\r\n\r\n";
	const struct httpq_log_record *r;
	size_t bytes;
	uint64_t id;

	id = scene_take(&self->s, request);
	ASSERT_NE(0, id);
	EXPECT_EQ(0, scene_end_with(self->s.fd, id, 201, "bob", 7, "note"));
	bytes = bytes_of(&self->s, "GET");
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("access 201 - sent HTTP/1.1 GET /a?b=c", log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_EQ(strlen(request), r->cs_bytes);
	EXPECT_EQ(bytes, r->sc_bytes);
	EXPECT_EQ(7, r->substatus);
	EXPECT_EQ(getpid(), r->pid);
	EXPECT_NE(0, r->worker_id);
	EXPECT_EQ(1, r->deliveries);
	EXPECT_EQ(1, r->request_id & UINT32_MAX);
	EXPECT_NE(0, r->request_id >> 32);
	EXPECT_EQ(SCENE_PORT, r->local.port);
	EXPECT_LT(0, r->taken_ns);
	EXPECT_LE(r->queued_ns, r->taken_ns);
	EXPECT_EQ(0, r->count);
	EXPECT_STREQ("a", log_text(r, r->host));
	EXPECT_STREQ("test", log_text(r, r->queue));
	EXPECT_STREQ(SCENE_URL, log_text(r, r->prefix));
	EXPECT_STREQ("me/1", log_text(r, r->agent));
	EXPECT_STREQ("http://b/", log_text(r, r->referer));
	EXPECT_STREQ("bob", log_text(r, r->user));
	EXPECT_STREQ("note", log_text(r, r->note));
}

TEST_F(reason, answered_in_each_form)
{
	struct scene *s = &self->s;
	uint64_t id;

	id = scene_take(s, "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n");
	EXPECT_EQ(0, raw_reply(s->fd, id, 200, "not sent"));
	EXPECT_RECORD("access 200 - sent HTTP/1.1 HEAD /h");

	id = scene_take(s, SCENE_GET);
	EXPECT_EQ(0, raw_reply(s->fd, id, 204, ""));
	EXPECT_RECORD("access 204 - sent HTTP/1.1 GET /a");

	id = scene_take(s, SCENE_GET);
	EXPECT_EQ(0, step_begin(s->fd, id, "one", 0));
	EXPECT_EQ(0, step_end(s->fd, id, "two"));
	EXPECT_RECORD("access 200 - sent HTTP/1.1 GET /a");

	id = scene_take(s, "GET /old HTTP/1.0\r\n\r\n");
	EXPECT_EQ(0, step_begin(s->fd, id, "one", 0));
	EXPECT_EQ(0, step_end(s->fd, id, "two"));
	EXPECT_RECORD("access 200 - sent HTTP/1.0 GET /old");

	id = scene_take(s, "FOO /own HTTP/1.1\r\nHost: a\r\n\r\n");
	EXPECT_EQ(0, raw_reply(s->fd, id, 500, "worker's own"));
	EXPECT_RECORD("access 500 - sent HTTP/1.1 FOO /own");
}

TEST_F(reason, body_is_counted)
{
	const struct httpq_log_record *r;
	char buf[16];
	uint64_t id;

	id = scene_take(&self->s, SCENE_POST);
	ASSERT_NE(0, id);
	EXPECT_EQ(5, step_read_all(self->s.fd, id, buf, sizeof(buf)));
	EXPECT_EQ(0, raw_reply(self->s.fd, id, 200, "ok"));
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("access 200 - sent HTTP/1.1 POST /a", log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_EQ(strlen(SCENE_POST), r->cs_bytes);
}

TEST_F(reason, pipelined)
{
	char want[64];
	uint64_t id;
	int i;

	ASSERT_EQ(0, scene_send(&self->s,
				"GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"
				"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
				"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"));
	for (i = 0; i < 3; i++) {
		const struct httpq_log_record *r;

		id = scene_next(&self->s);
		ASSERT_NE(0, id);
		EXPECT_EQ(0, raw_reply(self->s.fd, id, 200, "ok"));
		snprintf(want, sizeof(want),
			 "access 200 - sent HTTP/1.1 GET /%d", i);
		r = log_next(&self->s.log, LATE);
		EXPECT_STREQ(want, log_line(r));
		ASSERT_NE(NULL, r);
		EXPECT_EQ(i + 1, r->request_id & UINT32_MAX);
	}
}

/* For new listeners: TCP does not take all of an answer at once. */
static int narrow(struct scene *s)
{
	host_sysctl("sndbuf", 16384);
	return raw_unbind(s->fd, SCENE_URL) ?: raw_bind(s->fd, SCENE_URL, 0);
}

/* A client that takes little as long as it does not read. */
static int narrow_client(struct scene *s, const char *request)
{
	int err = scene_send(s, ""), bytes = 32768;

	setsockopt(s->peer.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return err ?: peer_puts(&s->peer, request);
}

static char much[200000];

/* The end was handed in, but the client did not stay for all of it. */
TEST_F(reason, left_before_the_end)
{
	const struct httpq_log_record *r;
	uint64_t id;

	ASSERT_EQ(0, narrow(&self->s));
	ASSERT_EQ(0, narrow_client(&self->s, SCENE_GET));
	id = scene_next(&self->s);
	ASSERT_NE(0, id);
	EXPECT_EQ(0, step_send(self->s.fd, id, 200, -1, much, sizeof(much),
			       0));
	EXPECT_STREQ("", log_next_line(&self->s.log, 0));
	peer_reset(&self->s.peer);
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("access 200 - sent partial HTTP/1.1 GET /a",
		     log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_GT(sizeof(much), r->sc_bytes);
	EXPECT_EQ(0, host_stat("zombies_entered"));
}

/* The same for an answer whose end came in a part of its own. */
TEST_F(reason, left_before_the_owed_end)
{
	const struct httpq_log_record *r;
	uint64_t id;

	ASSERT_EQ(0, narrow(&self->s));
	ASSERT_EQ(0, narrow_client(&self->s, SCENE_GET));
	id = scene_next(&self->s);
	ASSERT_NE(0, id);
	EXPECT_EQ(0, step_send(self->s.fd, id, 200, sizeof(much), much,
			       sizeof(much), HTTPQ_SEND_MORE));
	EXPECT_EQ(0, step_end(self->s.fd, id, ""));
	peer_reset(&self->s.peer);
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("access 200 - sent partial HTTP/1.1 GET /a",
		     log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_GT(sizeof(much), r->sc_bytes);
}

/* An answer waits for the client while the next request is there. */
TEST_F(reason, pipelined_to_a_slow_client)
{
	const struct httpq_log_record *r;
	struct scene *s = &self->s;
	size_t bytes[3];
	uint64_t id;
	int i;

	ASSERT_EQ(0, narrow(s));
	ASSERT_EQ(0, narrow_client(s, SCENE_GET SCENE_GET SCENE_GET));
	for (i = 0; i < 3; i++) {
		/* It comes when the answer before has gone out. */
		if (i) {
			EXPECT_EQ(i, host_stat("requests_queued"));
			bytes[i - 1] = bytes_of(s, "GET");
		}
		id = scene_next(s);
		ASSERT_NE(0, id);
		EXPECT_EQ(0, step_send(s->fd, id, 200 + i, -1, much,
				       sizeof(much) - i, 0));
	}
	bytes[2] = bytes_of(s, "GET");
	for (i = 0; i < 3; i++) {
		r = log_next(&s->log, LATE);
		ASSERT_NE(NULL, r);
		EXPECT_EQ(200 + i, r->status);
		EXPECT_EQ(i + 1, r->request_id & UINT32_MAX);
		EXPECT_EQ(bytes[i], r->sc_bytes);
	}
}

TEST_HARNESS_MAIN
