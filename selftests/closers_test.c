// SPDX-License-Identifier: GPL-2.0
/*
 * Seed Q235611: a client that misbehaves while its connection is being closed
 * holds up the server. Here, however a connection ends, a client that keeps
 * sending, never reads, half-closes or vanishes costs its own connection only,
 * and not for longer than its deadline. timeout: 240
 * kernels: uml 6.12 6.1
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "closer.h"
#include "host.h"
#include "kselftest_harness.h"
#include "site.h"
#include "worker.h"

/* Each of the timers. Who behaves has to be in time for them too. */
#define LIMIT_MS host_scale(500, 1000)
#define LOSSY_LIMIT_MS 3000
/* What a deadline may be late by on a busy machine. */
#define LATE host_scale(3000, 15000)

/* -------------------------------------------- how a connection comes to end */

/*
 * struct end - what makes the kernel or the worker close a connection
 * @request: what the client sends; may be NULL
 */
struct end {
	const char *name;
	const char *request;
};

static const struct end ends[] = {
	{ "client said close", "GET /ok HTTP/1.1\r\nHost: a\r\n"
			       "Connection: close\r\n\r\n" },
	{ "worker said close", "GET /bye HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "HTTP/1.0", "GET /ok HTTP/1.0\r\n\r\n" },
	{ "ended by close", "GET /open HTTP/1.0\r\n\r\n" },
	{ "fits into TCP", "GET /mid HTTP/1.0\r\n\r\n" },
	{ "does not fit", "GET /big HTTP/1.0\r\n\r\n" },
	{ "gives up half-way", "GET /broken HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "refused", "GET /ok HTTP/1.1\r\n\r\n" },
	{ "no request", NULL },
	{ "half a head", "GET /ok HTTP/1.1\r\nHo" },
	{ "half a body", "POST /body HTTP/1.1\r\nHost: a\r\n"
			 "Content-Length: 100\r\n\r\nhalf" },
	{ "unread body", "POST /ok HTTP/1.1\r\nHost: a\r\n"
			 "Content-Length: 10000000\r\n\r\nhalf" },
	{ "bad chunk", "POST /body HTTP/1.1\r\nHost: a\r\n"
		       "Transfer-Encoding: chunked\r\n\r\nchunk\r\n" },
	{ "answered too late", "GET /late HTTP/1.1\r\nHost: a\r\n"
			       "Connection: close\r\n\r\n" },
	{ "no worker", "GET /nobody/ HTTP/1.1\r\nHost: a\r\n"
		       "Connection: close\r\n\r\n" },
	{ "keepalive off", "GET /alone/ HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "killed half-way", "GET /dying/ HTTP/1.1\r\nHost: a\r\n\r\n" },
};

#define ENDS (sizeof(ends) / sizeof(ends[0]))
/* But for the last one, who needs the others to be at their end. */
#define MANNERS CLOSER_VANISHES_LATE

/* Begins each answer of a queue of its own, and no more. */
static void answer_half(struct httpq *h, int fd)
{
	struct httpq_request *req;
	struct httpq *dying;
	int err;

	err = httpq_open(&dying, "dying", HTTPQ_OPEN_CREATE) ?:
	      httpq_bind(dying, "http://*:8080/dying/", 0);
	worker_say(fd, err);
	for (;;) {
		req = worker_take(dying);
		httpq_send(req, "half", 4, HTTPQ_SEND_MORE);
		worker_say(fd, 0);
	}
}

/* ---------------------------------------- each end with each kind of client */

/*
 * @dying: the worker that is killed
 * @n: how many misbehave; each end comes with each manner, or with one
 */
FIXTURE(closers)
{
	struct site site;
	struct worker dying;
	struct closer closers[ENDS * MANNERS];
	int n;
};

FIXTURE_VARIANT(closers)
{
	enum manner manner;
	bool all;
	bool lossy;
};

FIXTURE_VARIANT_ADD(closers, floods)
{
	.manner = CLOSER_FLOODS,
};

FIXTURE_VARIANT_ADD(closers, trickles)
{
	.manner = CLOSER_TRICKLES,
};

FIXTURE_VARIANT_ADD(closers, deaf)
{
	.manner = CLOSER_DEAF,
};

FIXTURE_VARIANT_ADD(closers, deaf_trickles)
{
	.manner = CLOSER_DEAF_TRICKLES,
};

FIXTURE_VARIANT_ADD(closers, half_closes)
{
	.manner = CLOSER_HALF_CLOSES,
};

FIXTURE_VARIANT_ADD(closers, vanishes)
{
	.manner = CLOSER_VANISHES,
};

FIXTURE_VARIANT_ADD(closers, vanishes_late)
{
	.manner = CLOSER_VANISHES_LATE,
};

FIXTURE_VARIANT_ADD(closers, all_lossy)
{
	.all = true,
	.lossy = true,
};

FIXTURE_VARIANT_ADD(closers, vanishes_late_lossy)
{
	.manner = CLOSER_VANISHES_LATE,
	.lossy = true,
};

/* Who behaves needs time where packets are lost. */
FIXTURE_SETUP(closers)
{
	self->n = variant->all ? ENDS * MANNERS : ENDS;
	ASSERT_EQ(0, site_open(&self->site, variant->lossy ? LOSSY_LIMIT_MS :
			       LIMIT_MS, 1024 * 1024));
	ASSERT_EQ(0, pair_enter_far(&self->site.pair));
	ASSERT_EQ(0, worker_start(&self->dying, answer_half, NULL));
	ASSERT_EQ(0, pair_enter_near(&self->site.pair));
	ASSERT_EQ(0, worker_hear(self->dying.fd));
	if (variant->lossy)
		ASSERT_EQ(0, pair_netem(&self->site.pair, NETEM_LOSSY));
}

FIXTURE_TEARDOWN(closers)
{
	int i;

	for (i = 0; i < self->n; i++)
		peer_close(&self->closers[i].peer);
	site_close(&self->site);
}

static int start_all(FIXTURE_DATA(closers) *self,
		     const FIXTURE_VARIANT(closers) *variant)
{
	enum manner manner = variant->manner;
	int err = 0, i;

	for (i = 0; i < self->n && !err; i++) {
		if (variant->all)
			manner = i / ENDS;
		err = closer_start(&self->closers[i], ends[i % ENDS].request,
				   manner);
	}
	/* What they sent has come; some may be at their end already. */
	for (i = 0; i < self->n && !err; i++) {
		err = peer_flush(&self->closers[i].peer);
		if (err == -EPIPE)
			err = 0;
	}
	for (i = 0; i < self->n / ENDS && !err; i++)
		err = worker_hear(self->dying.fd);
	if (!err && (variant->all || manner == CLOSER_VANISHES))
		err = closer_vanish();
	if (!err)
		worker_kill(&self->dying);
	return err;
}

/* The next step of all; whether all have seen our FIN. */
static bool act_all(FIXTURE_DATA(closers) *self)
{
	bool fin = true;
	int i;

	for (i = 0; i < self->n; i++) {
		closer_act(&self->closers[i]);
		fin = fin && self->closers[i].fin;
	}
	return fin;
}

/* Misbehaves until all is gone, or the time is over; the time since @begin. */
static int64_t act_until_gone(FIXTURE_DATA(closers) *self, int limit_ms,
			      int64_t begin)
{
	bool late = self->closers[0].manner == CLOSER_VANISHES_LATE;
	int64_t end = host_now() + 5 * limit_ms + LATE;
	struct site *site = &self->site;
	int status;

	do {
		if (act_all(self) && late)
			late = closer_vanish();
		status = site_visit(site);
		if (status != 200) {
			fprintf(stderr, "# the good client got %d\n", status);
			return -1;
		}
		usleep(20000);
	} while (!site_all_gone(site) && host_now() < end);
	return host_now() - begin;
}

/*
 * Whether it has heard that it is over, if it can be reached: a RST that got
 * lost is sent again only to who sends something.
 */
static bool knows(const struct closer *c, bool lossy)
{
	if (closer_is_lost(c->manner) || closer_state(c) == TCP_CLOSE)
		return true;
	return lossy && (c->manner == CLOSER_DEAF ||
			 c->manner == CLOSER_HALF_CLOSES);
}

/* Who sends goes on with that until he knows: what told him can be lost. */
static void act_until_known(FIXTURE_DATA(closers) *self, bool lossy)
{
	int64_t end = host_now() + LATE;
	struct closer *c = self->closers;

	while (c < self->closers + self->n && host_now() < end) {
		if (knows(c, lossy)) {
			c++;
			continue;
		}
		closer_act(c);
		usleep(20000);
	}
}

/* Says whose connections are left, or who does not know. */
static int count_left(FIXTURE_DATA(closers) *self, bool lossy)
{
	struct closer *c;
	char text[32];
	int n = 0;

	for (c = self->closers; c < self->closers + self->n; c++) {
		snprintf(text, sizeof(text), ":%u ", c->port);
		if (!pair_lines(&self->site.pair, "connections", text) &&
		    !site_sockets(&self->site, 0, c->port) && knows(c, lossy))
			continue;
		fprintf(stderr, "# left: %s, manner %d\n",
			ends[(c - self->closers) % ENDS].name, c->manner);
		n++;
	}
	return n;
}

TEST_F_TIMEOUT(closers, q235611, 120)
{
	int limit = variant->lossy ? LOSSY_LIMIT_MS : LIMIT_MS;
	struct site *site = &self->site;
	int64_t begin = host_now();

	ASSERT_EQ(0, start_all(self, variant));
	/* Its own timer, that of the answer, and that of the half-close. */
	EXPECT_LE(LIMIT_MS / 2, act_until_gone(self, limit, begin));
	act_until_known(self, variant->lossy);
	EXPECT_EQ(0, count_left(self, variant->lossy));
	EXPECT_GT(variant->lossy ? PEER_TIMEOUT : LATE, site->slowest);
	EXPECT_EQ(1, pair_lines(&site->pair, "queues",
				"test running 0 0 0600 0 0 1 "));
	EXPECT_EQ(1, pair_lines(&site->pair, "queues",
				"nobody running 0 0 0600 0 0 1 "));
	site_leave(site);
	EXPECT_TRUE(site_account_empty(site));
}

/*
 * Who is one too many is told so, and may misbehave then: his place is for the
 * next one that is.
 */
#define PLACES 4

FIXTURE(over_limit)
{
	struct site site;
	struct closer closers[PLACES];
};

FIXTURE_SETUP(over_limit)
{
	struct pair *pair = &self->site.pair;

	ASSERT_EQ(0, site_open(&self->site, LOSSY_LIMIT_MS, 1024 * 1024));
	ASSERT_EQ(0, pair_enter_far(pair));
	host_sysctl("conns", 1);
	host_sysctl("refused_conns", PLACES);
	ASSERT_EQ(0, pair_enter_near(pair));
	ASSERT_EQ(200, site_visit(&self->site));
}

FIXTURE_TEARDOWN(over_limit)
{
	int i;

	for (i = 0; i < PLACES; i++)
		peer_close(&self->closers[i].peer);
	site_close(&self->site);
}

TEST_F(over_limit, places_come_back)
{
	static const enum manner manners[PLACES] = {
		CLOSER_FLOODS, CLOSER_TRICKLES, CLOSER_DEAF, CLOSER_HALF_CLOSES,
	};
	int64_t end = host_now() + 5 * LOSSY_LIMIT_MS + LATE;
	struct site *site = &self->site;
	struct peer next;
	int i;

	for (i = 0; i < PLACES; i++)
		ASSERT_EQ(0, closer_start(&self->closers[i], NULL, manners[i]));
	while (pair_stat(&site->pair, "conns_refused") < PLACES)
		ASSERT_GT(end, host_now());
	do {
		for (i = 0; i < PLACES; i++)
			closer_act(&self->closers[i]);
		ASSERT_EQ(200, site_visit(site));
		usleep(20000);
		ASSERT_GT(end, host_now());
	} while (!site_all_gone(site));
	ASSERT_EQ(0, peer_connect(&next, PAIR_FAR, SITE_PORT));
	EXPECT_EQ(503, peer_status(&next, ""));
	peer_close(&next);
	EXPECT_EQ(200, site_visit(site));
	EXPECT_EQ(PLACES + 1, pair_stat(&site->pair, "conns_refused"));
}

/*
 * Our FIN waits behind what the client does not read: no timer of TCP would
 * end that.
 */
FIXTURE(fin_wait)
{
	struct site site;
	struct closer closer;
};

FIXTURE_SETUP(fin_wait)
{
	ASSERT_EQ(0, site_open(&self->site, 1000, 1024 * 1024));
}

FIXTURE_TEARDOWN(fin_wait)
{
	site_close(&self->site);
}

TEST_F(fin_wait, zero_window)
{
	struct site *site = &self->site;
	int64_t begin, end;
	char byte;

	ASSERT_EQ(0, closer_start(&self->closer, "GET /mid HTTP/1.0\r\n\r\n",
				  CLOSER_DEAF));
	begin = host_now();
	end = begin + LATE;
	while (!site_sockets(site, TCP_FIN_WAIT1, self->closer.port)) {
		ASSERT_GT(end, host_now());
		host_nap(begin);
	}
	end = begin + 3 * 1000 + LATE;
	while (!site_all_gone(site)) {
		ASSERT_GT(end, host_now());
		host_nap(begin);
	}
	EXPECT_LE(900, host_now() - begin);
	/* It ended by RST: the client is not told that this was all. */
	EXPECT_EQ(TCP_CLOSE, closer_state(&self->closer));
	while (recv(self->closer.peer.fd, &byte, 1, 0) == 1)
		;
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_TRUE(site_account_empty(site));
	peer_close(&self->closer.peer);
}

TEST_HARNESS_MAIN
