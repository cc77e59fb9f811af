// SPDX-License-Identifier: GPL-2.0
/*
 * Memory is missing where no process asks for it: in softirq, in work, on the
 * way of a dying worker's requests. Each place fails at its first, second, ...
 * time while clients and workers do all that they can. Whatever fails, one
 * client at the most has to do without its answer, and is told; each request
 * leaves its record, and nothing else stays behind.
 *
 * kernels: uml uml-6.1
 * uml-6.1: -V segment -T timers
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "genl.h"
#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "scene.h"
#include "step.h"
#include "worker.h"

#define URL "http://*:8080/app/"
#define GET "GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST "POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"

#define CLIENTS 6
/* What a case may take on a slow machine, in seconds. */
#define LONG 100
/* More requests than a round has. */
#define ROUND_MAX 32
/* More than any round asks for. */
#define MAX_FAULTS 100
/* A timer that is soon over, and what a client that waits may wait for. */
#define SOON 300
/* What is left of a request of whatever size when it was made small. */
#define SMALL 1024

/* What a client hears instead of a status. */
#define CLOSED 0
#define NEVER (-1)

FIXTURE(softirq)
{
	int fd;
	struct log log;
	struct genl events;
	struct peer peers[CLIENTS];
	int asked;	/* requests of this round */
	int hurt;	/* that were not answered as they should */
};

/*
 * @status: what the one client hears that has to suffer
 * @event: who listens misses something, and is told
 */
FIXTURE_VARIANT(softirq)
{
	struct fault_point point;
	int status;
	bool event;
};

FIXTURE_VARIANT_ADD(softirq, request)
{
	.point = { .name = "request" },
	.status = 503,
};

FIXTURE_VARIANT_ADD(softirq, trailers)
{
	.point = { .name = "trailers" },
	.status = 503,
};

/* It is tried again, and nobody has to suffer. */
FIXTURE_VARIANT_ADD(softirq, accept)
{
	.point = { .name = "accept" },
	.status = NEVER,
};

FIXTURE_VARIANT_ADD(softirq, conn)
{
	.point = { .name = "conn" },
	.status = CLOSED,
};

FIXTURE_VARIANT_ADD(softirq, number)
{
	.point = { .name = "conn_id" },
	.status = CLOSED,
};

/* There is a reserve. */
FIXTURE_VARIANT_ADD(softirq, answer)
{
	.point = { .name = "batch" },
	.status = NEVER,
};

FIXTURE_VARIANT_ADD(softirq, event)
{
	.point = { .name = "event" },
	.status = NEVER,
	.event = true,
};

/*
 * TCP's own, for data and FINs: both are sent again, or the timer ends it. 6.1
 * can't have one cache fail alone.
 */
FIXTURE_VARIANT_ADD(softirq, segment)
{
	.point = { .cache = "skbuff_fclone_cache" },
	.status = NEVER,
};

static void set_answer_timer(struct __test_metadata *_metadata, uint32_t ms)
{
	struct genl_request r;
	struct genl g;

	ASSERT_EQ(0, genl_open(&g));
	genl_begin(&r, HTTPQ_CMD_QUEUE_SET);
	genl_put_text(&r, HTTPQ_A_QUEUE_NAME, "test");
	genl_put_u32(&r, HTTPQ_A_ANSWER_MS, ms);
	EXPECT_EQ(0, genl_do(&g, &r));
	genl_close(&g);
}

FIXTURE_SETUP(softirq)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		self->peers[i].fd = -1;
	self->log.fd = -1;
	ASSERT_EQ(0, host_unshare());
	host_sysctl("log_refusals", 1000000);
	/* A FIN that finds no memory is not repeated. */
	host_sysctl("send_timeout_ms", SOON);
	host_sysctl("linger_timeout_ms", SOON);
	self->fd = raw_worker("test", 0);
	ASSERT_EQ(0, raw_bind(self->fd, URL, 0));
	ASSERT_EQ(0, log_open(&self->log));
	ASSERT_EQ(0, genl_open(&self->events));
	ASSERT_EQ(0, genl_listen(&self->events));
	fault_point_open(&variant->point);
}

static void close_clients(FIXTURE_DATA(softirq) *self)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
}

FIXTURE_TEARDOWN(softirq)
{
	fault_point_close(&variant->point);
	close_clients(self);
	close(self->fd);
	genl_close(&self->events);
	log_close(&self->log);
}

/* ------------------------------------------------------------- one round */

#define ROUND struct __test_metadata *_metadata,			\
	      FIXTURE_DATA(softirq) *self,				\
	      const FIXTURE_VARIANT(softirq) *variant

/* On a new connection if the client has none; what fails it will hear of. */
static void ask(FIXTURE_DATA(softirq) *self, struct peer *p, const char *text)
{
	self->asked++;
	if (p->fd < 0 && peer_connect(p, "127.0.0.1", 8080))
		p->fd = -1;
	if (p->fd >= 0)
		peer_puts(p, text);
}

/* Whether the request came to where a worker can take it. */
static bool arrives(FIXTURE_DATA(softirq) *self, struct peer *p)
{
	struct pollfd fds[] = {
		{ .fd = self->fd, .events = POLLIN },
		{ .fd = p->fd, .events = POLLIN },
	};

	return p->fd >= 0 && poll(fds, 2, PEER_TIMEOUT) > 0 &&
	       fds[0].revents & POLLIN;
}

/* The client's request, or 0 if it heard something else already. */
static uint64_t take(FIXTURE_DATA(softirq) *self, struct peer *p)
{
	static struct raw_take t;

	while (arrives(self, p))
		if (step_take(self->fd, &t, HTTPQ_TRANSFER_DONTWAIT, 0) == 1 &&
		    t.events[0].type == HTTPQ_EVENT_REQUEST)
			return t.events[0].id;
	return 0;
}

/* A status, CLOSED for the end of the connection, or an error for silence. */
static int hears(struct peer *p, const char *method)
{
	struct reply r;
	const char *word;
	int err, status;

	if (p->fd < 0)
		return CLOSED;
	err = peer_reply(p, method, &r);
	status = err ? CLOSED : r.status;
	word = err ? "close" : reply_field(&r, "Connection");
	if (word && !strcmp(word, "close"))
		peer_close(p);
	reply_free(&r);
	return err == -ETIMEDOUT ? err : status;
}

static void check(ROUND, int want, int got)
{
	if (got == want)
		return;
	self->hurt++;
	EXPECT_EQ(variant->status, got) {
		TH_LOG("request %d, which was to hear %d", self->asked, want);
	}
}

/* As many records as requests, and no request has two. */
static void check_records(ROUND)
{
	const struct httpq_log_record *r;
	uint64_t seen[ROUND_MAX];
	int i, n;

	for (n = 0; n < self->asked; n++) {
		r = log_next(&self->log, PEER_TIMEOUT);
		ASSERT_NE(NULL, r) {
			TH_LOG("%d records of %d", n, self->asked);
		}
		EXPECT_LE(r->kind, HTTPQ_LOG_ERROR);
		/* Those of connections without a request look alike. */
		seen[n] = (uint32_t)r->request_id ? r->request_id : 0;
		for (i = 0; seen[n] && i < n; i++)
			EXPECT_NE(seen[i], seen[n]) {
				TH_LOG("again: %s", log_line(r));
			}
	}
	EXPECT_STREQ("", log_next_line(&self->log, 0));
}

/* Hears all that happened, and whether something is missing. */
static void check_events(ROUND, bool missing)
{
	bool told = false;
	struct genl_row row;
	int n;

	do {
		n = genl_event(&self->events, &row,
			       missing && !told ? PEER_TIMEOUT : 0);
		if (n < 0)
			EXPECT_EQ(-ENOBUFS, n);
		told = told || n < 0;
	} while (n);
	EXPECT_EQ(missing, told);
}

static bool end_round(ROUND)
{
	bool hit = fault_point_hit(&variant->point);

	close_clients(self);
	EXPECT_LE(self->hurt, hit);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
	EXPECT_TRUE(host_wait_lines("zombies", "", 0, PEER_TIMEOUT));
	EXPECT_EQ(0, raw_queue("test", RAW_QUEUED));
	EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
	check_records(_metadata, self, variant);
	check_events(_metadata, self, variant, hit && variant->event);
	self->asked = 0;
	self->hurt = 0;
	return hit;
}

/* Round after round, until one has asked for less than was to fail. */
static int sweep(ROUND, void (*round)(ROUND))
{
	bool hit = true;
	int nth = 0;

	while (hit && nth < MAX_FAULTS) {
		fault_point_arm(&variant->point, ++nth);
		round(_metadata, self, variant);
		hit = end_round(_metadata, self, variant);
	}
	EXPECT_FALSE(hit);
	TH_LOG("%d failures", nth - 1);
	return nth - 1;
}

/* ------------------------------------------- what a connection can bring */

struct exchange {
	const char *text;
	const char *method;
	int want;
	bool refused;
};

/* The head outgrows its memory and its table. */
static const char *large(void)
{
	static char text[8192];
	int len, i;

	len = sprintf(text, "GET /app/ HTTP/1.1\r\nHost: a\r\n");
	for (i = 0; i < 60; i++)
		len += sprintf(text + len, "X-Field-%d: %050d\r\n", i, i);
	strcpy(text + len, "\r\n");
	return text;
}

/* There is no room behind the head for the path as it should be. */
static const char *winding(void)
{
	static char text[2048];

	sprintf(text, "GET /app/%0900d/../%%7e HTTP/1.1\r\nHost: a\r\n\r\n", 0);
	return text;
}

/* All of the body and what is behind it. */
static void read_body(int fd, uint64_t id)
{
	char buf[1024];
	struct httpq_body trailers = {
		.size = sizeof(trailers),
		.flags = HTTPQ_BODY_TRAILERS,
		.id = id,
		.buf = (uintptr_t)buf,
		.buf_len = sizeof(buf),
	};

	if (step_read_all(fd, id, buf, sizeof(buf)) > 0)
		raw_ioctl(fd, HTTPQ_IOC_READ_BODY, &trailers);
}

static void exchange(ROUND, const struct exchange *e)
{
	struct peer *p = &self->peers[0];
	uint64_t id;

	ask(self, p, e->text);
	id = e->refused ? 0 : take(self, p);
	if (id) {
		read_body(self->fd, id);
		raw_reply(self->fd, id, 200, "ok");
	}
	check(_metadata, self, variant, e->want, hears(p, e->method));
}

static void traffic(ROUND)
{
	const struct exchange exchanges[] = {
		{ GET, "GET", 200, false },
		{ large(), "GET", 200, false },
		{ winding(), "GET", 200, false },
		{ "POST /app/ HTTP/1.1\r\nHost: a\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n"
		  "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-End: 2\r\n\r\n",
		  "POST", 200, false },
		{ "GET /none HTTP/1.1\r\nHost: a\r\n\r\n", "GET", 404, true },
		{ "HEAD /app/ HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD", 200, false },
		{ "HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD", 404, true },
		{ "GET /app/ HTTP/1.1\r\n\r\n", "GET", 400, true },
		{ "GET /app/ HTTP/1.0\r\n\r\n", "GET", 200, false },
	};
	size_t i;

	for (i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++)
		exchange(_metadata, self, variant, &exchanges[i]);
}

TEST_F_TIMEOUT(softirq, traffic, LONG)
{
	EXPECT_LT(0, sweep(_metadata, self, variant, traffic));
}

/* ------------------------------------------ a worker that is killed with them */

/* How far it comes, besides enum scene_progress. */
#define RESERVED 100

/* @again: another worker gets it */
static const struct victim {
	const char *text;
	int stage;
	int want;
	bool again;
} victims[CLIENTS] = {
	{ GET, SCENE_UNTOUCHED, 200, true },
	{ POST, SCENE_READING, 502, false },
	{ GET, SCENE_BEGUN, CLOSED, false },
	{ POST, SCENE_COMPLETE, 200, false },
	{ GET, RESERVED, 200, true },
	{ POST, SCENE_UNREAD, 200, true },
};

/* Takes the next request as far as it is told to. */
static void work(struct httpq *h, int fd)
{
	struct scene s = { .fd = httpq_fd(h) };
	uint64_t id;
	int stage;

	while ((stage = worker_hear(fd)) >= 0) {
		if (stage == RESERVED) {
			worker_say(fd, step_reserve(s.fd) != 0);
			continue;
		}
		id = scene_next_of(s.fd);
		worker_say(fd, id && scene_bring(&s, id, stage));
	}
}

static void killed(ROUND)
{
	const struct victim *v;
	bool here[CLIENTS];
	struct worker w;
	uint64_t id;
	int i;

	ASSERT_EQ(0, worker_start(&w, work, NULL));
	for (i = 0; i < CLIENTS; i++) {
		v = &victims[i];
		ask(self, &self->peers[i], v->text);
		here[i] = arrives(self, &self->peers[i]);
		if (!here[i] || v->stage == SCENE_UNREAD)
			continue;
		worker_say(w.fd, v->stage);
		EXPECT_EQ(1, worker_hear(w.fd));
	}
	worker_kill(&w);
	for (i = 0; i < CLIENTS; i++) {
		if (!here[i] || !victims[i].again)
			continue;
		id = take(self, &self->peers[i]);
		EXPECT_EQ(0, raw_reply(self->fd, id, 200, "again"));
	}
	for (i = 0; i < CLIENTS; i++)
		check(_metadata, self, variant, victims[i].want,
		      hears(&self->peers[i], "GET"));
}

TEST_F_TIMEOUT(softirq, killed, LONG)
{
	sweep(_metadata, self, variant, killed);
	EXPECT_LT(0, host_stat("requests_redelivered"));
}

/* ------------------------------------------------------------- zombies */

/* A request and the first steps with it; 0 if its client was refused. */
static uint64_t start(ROUND, struct peer *p, const char *text,
		      enum scene_progress progress)
{
	struct scene s = { .fd = self->fd };
	uint64_t id;

	ask(self, p, text);
	id = take(self, p);
	if (!id)
		check(_metadata, self, variant, 200, hears(p, "GET"));
	else
		EXPECT_TRUE(scene_bring(&s, id, progress));
	return id;
}

/* How many zombies were not made small yet. */
static int large_zombies(void)
{
	FILE *f = fopen("/proc/net/httpq/zombies", "r");
	char line[4096];
	int n = 0, bytes;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %d",
			   &bytes) == 1)
			n += bytes > SMALL;
	if (f)
		fclose(f);
	return n;
}

static bool wait_small(void)
{
	int64_t end = host_now() + PEER_TIMEOUT;
	int n;

	while ((n = large_zombies()) && host_now() < end)
		usleep(5000);
	return !n;
}

static void reap(struct __test_metadata *_metadata)
{
	struct genl_request r;
	struct genl g;

	ASSERT_EQ(0, genl_open(&g));
	genl_begin(&r, HTTPQ_CMD_ZOMBIE_REAP);
	EXPECT_EQ(0, genl_do(&g, &r));
	genl_close(&g);
}

static void zombies(ROUND)
{
	struct peer *p = self->peers;
	uint64_t late, lost, owed, next;
	int n;

	late = start(_metadata, self, variant, &p[0], GET, SCENE_UNTOUCHED);
	lost = start(_metadata, self, variant, &p[1], large(), SCENE_BEGUN);
	owed = start(_metadata, self, variant, &p[2], POST, SCENE_COMPLETE);
	if (late)
		peer_reset(&p[0]);
	if (lost)
		peer_reset(&p[1]);
	n = !!late + !!lost + !!owed;
	EXPECT_TRUE(host_wait_lines("zombies", "", n, PEER_TIMEOUT));
	EXPECT_TRUE(wait_small());

	/* The connection goes on without its first request. */
	if (owed)
		check(_metadata, self, variant, 200, hears(&p[2], "POST"));
	next = start(_metadata, self, variant, &p[2], GET, SCENE_UNTOUCHED);
	if (next) {
		EXPECT_EQ(0, raw_reply(self->fd, next, 200, "next"));
		check(_metadata, self, variant, 200, hears(&p[2], "GET"));
	}
	if (late)
		EXPECT_EQ(-ECONNRESET, scene_end_with(self->fd, late, 200,
						      "user", 1, "note"));
	if (owed)
		EXPECT_EQ(0, scene_end_with(self->fd, owed, 0, "", 2, ""));
	reap(_metadata);
}

TEST_F_TIMEOUT(softirq, zombies, LONG)
{
	sweep(_metadata, self, variant, zombies);
	EXPECT_LT(0, host_stat("zombies_late"));
	EXPECT_LT(0, host_stat("zombies_reaped"));
}

/* ------------------------------------------------------------- timers */

static void timers(ROUND)
{
	struct peer *p = self->peers;
	uint64_t silent, begun, gone;
	int want = CLOSED;

	gone = start(_metadata, self, variant, &p[0], GET, SCENE_UNTOUCHED);
	silent = start(_metadata, self, variant, &p[1], GET, SCENE_UNTOUCHED);
	ask(self, &p[2], GET);
	begun = take(self, &p[2]);
	/* The machine may be so slow that it is too late for that. */
	if (begun && step_begin(self->fd, begun, "part", 0) == -ESTALE)
		want = 504;
	if (gone)
		peer_reset(&p[0]);
	/* Nobody takes this one. */
	ask(self, &p[3], GET);

	if (silent)
		check(_metadata, self, variant, 504, hears(&p[1], "GET"));
	check(_metadata, self, variant, want, hears(&p[2], "GET"));
	check(_metadata, self, variant, 503, hears(&p[3], "GET"));
	if (silent)
		EXPECT_EQ(-ESTALE, raw_reply(self->fd, silent, 200, "late"));
}

/* Zombies expire too. */
TEST_F_TIMEOUT(softirq, timers, LONG)
{
	set_answer_timer(_metadata, SOON);
	host_sysctl("queue_timeout_ms", SOON);
	host_sysctl("zombie_timeout_ms", SOON);
	sweep(_metadata, self, variant, timers);
	EXPECT_LT(0, host_stat("timeout_answer"));
	EXPECT_LT(0, host_stat("queue_timeout"));
	EXPECT_LT(0, host_stat("zombies_expired"));
}

/* ------------------------------------------------------------- the rest */

/*
 * The kernel complains of memory that was charged to a namespace and not
 * credited when the last of it goes: those of the cases above have to be gone.
 */
FIXTURE(accounts)
{
};

FIXTURE_SETUP(accounts)
{
}

FIXTURE_TEARDOWN(accounts)
{
}

TEST_F(accounts, balance)
{
	struct pair p;

	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, pair_create(&p));
	EXPECT_LE(0, pair_delete(&p, PEER_TIMEOUT));
}

TEST_HARNESS_MAIN
