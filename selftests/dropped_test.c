// SPDX-License-Identifier: GPL-2.0
/*
 * The article "Connection_Dropped in HTTP.sys Error Log" and seed 937692: the
 * lines that they show, what a record tells beyond that, what a zombie costs,
 * and that each of many requests has one record, however it ends.
 * kernels: uml debug 6.12
 * debug: -V lossy -f race
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "scene.h"
#include "soak.h"
#include "step.h"

/* What the end of a namespace may take, in ms: guarantee G8. */
#define STOP host_scale(5000, 15000)
/* What a timer may be late by on a busy machine. */
#define LATE 20000
/* A timer that is soon over. */
#define SOON 100
/* A bad network, all of which is on this side. */
#define NETEM "tc qdisc add dev lo root netem delay 1ms 1ms loss 1%% " \
	      "duplicate 2%% reorder 20%%"
/* More than enough for a zombie, far less than its request was. */
#define SMALL 1536

FIXTURE(dropped)
{
	struct scene s;
};

FIXTURE_SETUP(dropped)
{
	ASSERT_EQ(0, scene_open(&self->s));
}

FIXTURE_TEARDOWN(dropped)
{
	EXPECT_EQ(0, log_skip(&self->s.log));
	EXPECT_EQ(0, host_stat("log_lost"));
	scene_close(&self->s);
}

/* A client that leaves a worker that never answers: what the log makes of it.
 */
static const struct httpq_log_record *drop(struct scene *s,
					   const char *request)
{
	if (raw_unbind(s->fd, SCENE_URL) ||
	    host_run("httpq url add '" SCENE_URL "' queue test site 1"))
		return NULL;
	if (!scene_take(s, request) || !scene_leave(s, 1))
		return NULL;
	host_sysctl("zombie_timeout_ms", SOON);
	return log_next(&s->log, LATE);
}

TEST_F(dropped, kb937692)
{
	const struct httpq_log_record *r;

	r = drop(&self->s, "GET /mypage.asp HTTP/1.1\r\nHost: a\r\n\r\n");
	ASSERT_NE(NULL, r);
	EXPECT_STREQ("HTTP/1.1 GET /mypage.asp - 1 Connection_Dropped",
		     log_httperr(r));
	EXPECT_EQ(HTTPQ_LOG_ERROR, r->kind);
}

TEST_F(dropped, article)
{
	const struct httpq_log_record *r;

	r = drop(&self->s, "POST /URL/Page HTTP/1.0\r\n"
			   "Content-Length: 2\r\n\r\nhi");
	ASSERT_NE(NULL, r);
	EXPECT_STREQ("HTTP/1.0 POST /URL/Page - 1 Connection_Dropped",
		     log_httperr(r));
	EXPECT_EQ(HTTPQ_LOG_ERROR, r->kind);
}

/* What the article has to guess: who it was, and what he did last. */
TEST_F(dropped, tells_more)
{
	static const char request[] =
		"GET /a HTTP/1.1\r\nHost: b\r\nUser-Agent: me/1\r\n"
		"Referer: http://c/\r\n\r\n";
	const struct httpq_log_record *r;
	int64_t begin = host_now();

	r = drop(&self->s, request);
	ASSERT_NE(NULL, r);
	EXPECT_STREQ("error 0 Connection_Dropped delivered HTTP/1.1 GET /a",
		     log_line(r));
	EXPECT_STREQ("never_answered", log_owed(r->owed));
	EXPECT_STREQ("receive", log_call(r->last_call));
	EXPECT_LE(SOON / 2, r->last_call_ms);
	EXPECT_GE(host_now() - begin, r->last_call_ms);
	EXPECT_EQ(getpid(), r->pid);
	EXPECT_NE(0, r->worker_id);
	EXPECT_EQ(1, r->deliveries);
	EXPECT_EQ(strlen(request), r->cs_bytes);
	EXPECT_EQ(0, r->sc_bytes);
	EXPECT_EQ(1, r->request_id & UINT32_MAX);
	EXPECT_EQ(1, r->site);
	EXPECT_EQ(SCENE_PORT, r->local.port);
	EXPECT_NE(0, r->remote.port);
	EXPECT_STREQ("b", log_text(r, r->host));
	EXPECT_STREQ("me/1", log_text(r, r->agent));
	EXPECT_STREQ("http://c/", log_text(r, r->referer));
	EXPECT_STREQ("test", log_text(r, r->queue));
	EXPECT_STREQ(SCENE_URL, log_text(r, r->prefix));
	EXPECT_STREQ("", log_text(r, r->user));
}

/* ------------------------------------------------------ what a zombie costs */

/* A column of the only zombie. */
static const char *column(const char *name)
{
	static char value[4096];

	if (host_output(value, sizeof(value),
			"awk -v name=%s 'NR == 1 { for (i = 1; i <= NF; i++) "
			"if ($i == name) c = i } NR == 2 { printf \"%%s\", $c }"
			"' /proc/net/httpq/zombies", name))
		return "?";
	return value;
}

/* A head of about @size bytes. */
static char *large_request(size_t size)
{
	char *text = malloc(size + 200);
	size_t n = sprintf(text, "GET /large HTTP/1.1\r\nHost: a\r\n"
			   "User-Agent: me/1\r\n");

	while (n < size)
		n += sprintf(text + n, "X-%zu: %0100d\r\n", n, 0);
	strcpy(text + n, "\r\n");
	return text;
}

TEST_F(dropped, keeps_little)
{
	const struct httpq_log_record *r;
	char *request = large_request(8000);
	uint64_t id;
	long bytes;

	id = scene_take(&self->s, request);
	ASSERT_NE(0, id);
	ASSERT_TRUE(scene_leave(&self->s, 1));
	bytes = scene_wait_bytes(SMALL);
	EXPECT_GE(SMALL, bytes);
	EXPECT_LT(0, bytes);
	TH_LOG("%ld bytes of %zu", bytes, strlen(request));
	/* Nothing that the log wants was lost. */
	EXPECT_EQ(-ECONNRESET, raw_reply(self->s.fd, id, 200, "late"));
	r = log_next(&self->s.log, LATE);
	EXPECT_STREQ("access 200 - sent late HTTP/1.1 GET /large",
		     log_line(r));
	ASSERT_NE(NULL, r);
	EXPECT_EQ(strlen(request), r->cs_bytes);
	EXPECT_STREQ("me/1", log_text(r, r->agent));
	EXPECT_STREQ("a", log_text(r, r->host));
	EXPECT_STREQ("test", log_text(r, r->queue));
	EXPECT_EQ(getpid(), r->pid);
	free(request);
}

#define CROWD 200
#define ROUNDS 8

/* The account of the namespace sees it too. */
TEST_F(dropped, gives_memory_back)
{
	char *request = large_request(8000);
	struct scene *s = &self->s;
	int i;

	for (i = 0; i < CROWD; i++) {
		ASSERT_NE(0, scene_take(s, request));
		peer_reset(&s->peer);
	}
	ASSERT_EQ(CROWD, host_wait_stat("zombies_entered", CROWD, LATE));
	EXPECT_GE(CROWD * SMALL, scene_wait_bytes(CROWD * SMALL));
	/*
	 * Their heads were 200 * 16 KiB. There is room for one more in much
	 * less than that, and what the account's per-CPU parts may be off by.
	 */
	host_sysctl("mem_kib", CROWD * SMALL / 1024 + 512);
	ASSERT_EQ(0, scene_send(s, SCENE_GET));
	EXPECT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
	host_sysctl("mem_kib", 262144);
	ASSERT_EQ(0, host_run("httpq zombie reap"));
	for (i = 0; i < CROWD; i++)
		EXPECT_STREQ("error 0 Connection_Dropped delivered reaped "
			     "HTTP/1.1 GET /large",
			     log_next_line(&s->log, LATE));
	EXPECT_EQ(CROWD, host_stat("zombies_reaped"));
	EXPECT_EQ(0, raw_reply(s->fd, scene_next(s), 200, "ok"));
	EXPECT_STREQ("access 200 - sent HTTP/1.1 GET /a",
		     log_next_line(&s->log, LATE));
	free(request);
}

/*
 * Nor does one stay that was ended: as many of them as this would fill what the
 * account has at the end.
 */
TEST_F_TIMEOUT(dropped, leaves_nothing, 120)
{
	struct scene *s = &self->s;
	int i, round;

	for (round = 1; round <= ROUNDS; round++) {
		for (i = 0; i < CROWD; i++) {
			ASSERT_NE(0, scene_take(s, SCENE_GET));
			peer_reset(&s->peer);
		}
		ASSERT_EQ(round * CROWD,
			  host_wait_stat("zombies_entered", round * CROWD,
					 LATE));
		ASSERT_GE(CROWD * SMALL, scene_wait_bytes(CROWD * SMALL));
		ASSERT_EQ(0, host_run("httpq zombie reap"));
	}
	ASSERT_TRUE(host_wait_lines("zombies", "", 0, LATE));
	ASSERT_TRUE(host_wait_lines("connections", "", 0, LATE));
	EXPECT_EQ(ROUNDS * CROWD, log_skip(&s->log));
	/* What the account's per-CPU parts may be off by. */
	host_sysctl("mem_kib", 512);
	ASSERT_EQ(0, scene_send(s, SCENE_GET));
	EXPECT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
}

TEST_F(dropped, table)
{
	char text[32];
	uint64_t id = scene_start(&self->s, SCENE_BEGUN);

	ASSERT_NE(0, id);
	ASSERT_TRUE(scene_leave(&self->s, 1));
	EXPECT_LT(0, atol(column("id")));
	EXPECT_LE(0, atol(column("age_ms")));
	EXPECT_STREQ("responding", column("stage"));
	EXPECT_STREQ("client_gone", column("why"));
	snprintf(text, sizeof(text), "%d", getpid());
	EXPECT_STREQ(text, column("pid"));
	EXPECT_EQ(0, strncmp("127.0.0.1:", column("client"), 10));
	EXPECT_EQ(1, host_lines("zombies", "/a"));
	EXPECT_EQ(-ECONNRESET, step_end(self->s.fd, id, ""));
	EXPECT_STREQ("access 200 - sent late HTTP/1.1 POST /a",
		     log_next_line(&self->s.log, LATE));
}

/* One of several is reaped by its number. */
TEST_F(dropped, reaped_by_id)
{
	struct scene *s = &self->s;
	char line[4096];
	uint64_t ids[3];
	int i;

	for (i = 0; i < 3; i++) {
		snprintf(line, sizeof(line),
			 "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
		ids[i] = scene_take(s, line);
		ASSERT_NE(0, ids[i]);
		ASSERT_TRUE(scene_leave(s, i + 1));
	}
	ASSERT_EQ(0, host_output(line, sizeof(line), "awk '$12 == \"/1\" "
				 "{ printf $1 }' /proc/net/httpq/zombies"));
	ASSERT_EQ(0, host_run("httpq zombie reap %s", line));
	EXPECT_STREQ("error 0 Connection_Dropped delivered reaped "
		     "HTTP/1.1 GET /1", log_next_line(&s->log, LATE));
	EXPECT_NE(0, host_run("httpq zombie reap %s", line));
	EXPECT_EQ(2, host_lines("zombies", ""));
	EXPECT_EQ(-ECONNRESET, raw_reply(s->fd, ids[0], 200, "late"));
	EXPECT_EQ(-ESTALE, raw_reply(s->fd, ids[1], 200, "late"));
	EXPECT_EQ(-ECONNRESET, raw_reply(s->fd, ids[2], 200, "late"));
	EXPECT_EQ(2, log_skip(&s->log));
}

/* ------------------------------------------------- the end of a namespace */

FIXTURE(ending)
{
	struct pair pair;
	struct log log;
	int fd;
};

FIXTURE_SETUP(ending)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, pair_create(&self->pair));
	ASSERT_EQ(0, pair_enter_far(&self->pair));
	self->fd = raw_worker("test", 0);
	ASSERT_EQ(0, raw_bind(self->fd, SCENE_URL, 0));
	ASSERT_EQ(0, log_open(&self->log));
	ASSERT_EQ(0, pair_enter_near(&self->pair));
}

FIXTURE_TEARDOWN(ending)
{
	close(self->fd);
	log_close(&self->log);
}

/* A request from the other end: its id if it is @taken, else 1. */
static uint64_t request(FIXTURE_DATA(ending) *self, struct peer *p,
			const char *text, bool taken)
{
	if (peer_connect(p, PAIR_FAR, SCENE_PORT) || peer_puts(p, text))
		return 0;
	return taken ? scene_next_of(self->fd) : 1;
}

/* A reader that is open gets all records, and then hears of the end. */
TEST_F(ending, with_reader)
{
	struct peer gone, alive, waits;
	const char *lines[3];
	int i, taken;

	ASSERT_NE(0, request(self, &gone, SCENE_POST, true));
	peer_reset(&gone);
	ASSERT_TRUE(pair_wait_lines(&self->pair, "zombies", "", 1, LATE));
	ASSERT_NE(0, request(self, &alive, SCENE_GET, true));
	ASSERT_NE(0, request(self, &waits, "GET /waits HTTP/1.0\r\n\r\n",
			     false));
	while (pair_stat(&self->pair, "requests_queued") < 3)
		usleep(1000);
	EXPECT_EQ(0, log_skip(&self->log));

	taken = pair_delete(&self->pair, STOP);
	EXPECT_LE(0, taken);
	EXPECT_GE(STOP, taken);
	for (i = 0; i < 3; i++)
		lines[i] = log_next_line(&self->log, LATE);
	/* In which order they end is nobody's business. */
	for (i = 0; i < 3; i++) {
		bool zombie = strstr(lines[i], " POST /a");
		bool waiting = strstr(lines[i], " GET /waits");

		EXPECT_STREQ(zombie ? "error 0 Connection_Abandoned_By_ReqQueue"
			     " delivered HTTP/1.1 POST /a" : waiting ?
			     "error 0 AppShutdown queued HTTP/1.0 GET /waits" :
			     "error 0 Connection_Abandoned_By_ReqQueue "
			     "delivered HTTP/1.1 GET /a", lines[i]);
	}
	EXPECT_EQ(-1, read(self->log.fd, self->log.buf,
			   sizeof(self->log.buf)));
	EXPECT_EQ(ENODEV, errno);
	peer_close(&alive);
	peer_close(&waits);
}

/* ------------------------------------------------------------------ a race */

#define CLIENTS 4

/*
 * struct race - clients that leave at any moment, a worker that is slow
 * @n: requests of each client
 * @fd: the handle
 * @stop: all have left
 */
struct race {
	int fd;
	long n;
	volatile bool stop;
};

static void *leave_early(void *arg)
{
	struct race *race = arg;
	struct peer p;
	long i;

	for (i = 0; i < race->n; i++) {
		if (peer_connect(&p, "127.0.0.1", SCENE_PORT))
			return arg;
		peer_puts(&p, SCENE_GET);
		if (i % 3 == 0)
			peer_puts(&p, SCENE_GET);
		if (i % 2)
			usleep(i % 7 * 300);
		peer_reset(&p);
	}
	return NULL;
}

/* Ends what it has in one of all the ways, or never. */
static void end_somehow(int fd, uint64_t id, int how)
{
	switch (how % 6) {
	case 0:
		raw_reply(fd, id, 200, "whole");
		break;
	case 1:
		step_begin(fd, id, "in ", 0);
		step_end(fd, id, "parts");
		break;
	case 2:
		step_begin(fd, id, "half", 0);
		break;
	case 3:
		raw_cancel(fd, id);
		break;
	case 4:
		step_send(fd, id, 200, 3, "end", 3, HTTPQ_SEND_MORE);
		step_end(fd, id, "");
		break;
	}
}

static void *answer_somehow(void *arg)
{
	struct race *race = arg;
	struct raw_take *t = malloc(sizeof(*t));
	int n = 0, nr = 0, i;

	while (!race->stop || nr > 0) {
		nr = raw_take(race->fd, t, 4, 100);
		for (i = 0; i < nr; i++) {
			if (t->events[i].type != HTTPQ_EVENT_REQUEST)
				continue;
			if (n % 5 == 0)
				usleep(n % 11 * 300);
			end_somehow(race->fd, t->events[i].id, n++);
		}
	}
	free(t);
	return NULL;
}

/* How many records there are; that no request has two of them. */
static long count_records(struct log *log, long *twice)
{
	const struct httpq_log_record *r;
	uint64_t *seen = NULL;
	long n = 0, i;

	while ((r = log_next(log, 0))) {
		if (!(r->request_id & UINT32_MAX))
			continue;
		seen = realloc(seen, (n + 1) * sizeof(*seen));
		for (i = 0; i < n; i++)
			*twice += seen[i] == r->request_id;
		seen[n++] = r->request_id;
	}
	free(seen);
	return n;
}

FIXTURE(race)
{
	struct scene s;
};

FIXTURE_VARIANT(race)
{
	bool lossy;
	long full;
	long small;
};

FIXTURE_VARIANT_ADD(race, plain)
{
	.full = 500,
	.small = 100,
};

FIXTURE_VARIANT_ADD(race, lossy)
{
	.lossy = true,
	.full = 100,
	.small = 30,
};

/* Where a reset can be lost it takes a timer to see that a client is gone. */
FIXTURE_SETUP(race)
{
	ASSERT_EQ(0, scene_open(&self->s));
	host_sysctl("zombies", 8);
	host_sysctl("zombie_timeout_ms", 50);
	host_sysctl("log_refusals", 1000000);
	host_sysctl("idle_timeout_ms", 1000);
	host_sysctl("send_timeout_ms", 2000);
	host_sysctl("linger_timeout_ms", 1000);
	ASSERT_EQ(0, host_run("httpq queue set test answer-timeout 1000"));
	if (variant->lossy)
		ASSERT_EQ(0, host_run(NETEM));
}

FIXTURE_TEARDOWN(race)
{
	EXPECT_EQ(0, host_stat("log_lost"));
	scene_close(&self->s);
}

TEST_F_TIMEOUT(race, one_record_each, 3000)
{
	long n = soak_count(variant->full, variant->small);
	struct race race = { .fd = self->s.fd, .n = n };
	pthread_t clients[CLIENTS], workers[2];
	long long ended;
	long twice = 0;
	void *failed;
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&workers[i], NULL, answer_somehow,
					    &race));
	for (i = 0; i < CLIENTS; i++)
		ASSERT_EQ(0, pthread_create(&clients[i], NULL, leave_early,
					    &race));
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(0, pthread_join(clients[i], &failed));
		EXPECT_EQ(NULL, failed);
	}
	race.stop = true;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_join(workers[i], NULL));
	ASSERT_TRUE(host_wait_lines("connections", "", 0, LATE));
	ASSERT_TRUE(host_wait_lines("zombies", "", 0, LATE));
	ended = host_stat("zombies_late") + host_stat("zombies_expired") +
		host_stat("zombies_evicted");
	/* The rest was given up. */
	EXPECT_GE(host_stat("zombies_entered"), ended);
	EXPECT_LT(0, ended);
	TH_LOG("%lld zombies: %lld late, %lld expired, %lld evicted",
	       host_stat("zombies_entered"), host_stat("zombies_late"),
	       host_stat("zombies_expired"), host_stat("zombies_evicted"));
	EXPECT_EQ(host_stat("requests_queued"),
		  count_records(&self->s.log, &twice));
	EXPECT_EQ(0, twice);
	EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
}

TEST_HARNESS_MAIN
