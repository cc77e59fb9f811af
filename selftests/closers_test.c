// SPDX-License-Identifier: GPL-2.0
/*
 * Seed Q235611: a client that misbehaves while its connection is being closed
 * holds up the server. Here, however a connection ends, a client that keeps
 * sending, never reads, half-closes or vanishes costs its own connection only,
 * and not for longer than its deadline. timeout: 240
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "closer.h"
#include "host.h"
#include "kselftest_harness.h"
#include "site.h"

/* Each of the timers. Who behaves has to be in time for them too. */
#define LIMIT_MS host_scale(300, 1000)
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
	{ "no worker", "GET /nobody/ HTTP/1.1\r\nHost: a\r\n"
		       "Connection: close\r\n\r\n" },
};

#define ENDS (sizeof(ends) / sizeof(ends[0]))

/* ---------------------------------------- each end with each kind of client */

FIXTURE(closers)
{
	struct site site;
	struct closer closers[ENDS];
};

FIXTURE_VARIANT(closers)
{
	enum manner manner;
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

FIXTURE_VARIANT_ADD(closers, floods_lossy)
{
	.manner = CLOSER_FLOODS,
	.lossy = true,
};

FIXTURE_VARIANT_ADD(closers, deaf_trickles_lossy)
{
	.manner = CLOSER_DEAF_TRICKLES,
	.lossy = true,
};

/* Who behaves needs time where packets are lost. */
FIXTURE_SETUP(closers)
{
	ASSERT_EQ(0, site_open(&self->site, variant->lossy ? LOSSY_LIMIT_MS :
			       LIMIT_MS, 1024 * 1024));
	if (variant->lossy)
		ASSERT_EQ(0, pair_netem(&self->site.pair, NETEM_LOSSY));
}

FIXTURE_TEARDOWN(closers)
{
	int i;

	for (i = 0; i < ENDS; i++)
		peer_close(&self->closers[i].peer);
	site_close(&self->site);
}

/* For each end one client that misbehaves. */
static int start_all(struct closer *closers, enum manner manner)
{
	int err = 0, i;

	for (i = 0; i < ENDS && !err; i++)
		err = closer_start(&closers[i], ends[i].request, manner);
	/* What they sent has come; some may be at their end already. */
	for (i = 0; i < ENDS && !err; i++) {
		err = peer_flush(&closers[i].peer);
		if (err == -EPIPE)
			err = 0;
	}
	if (!err && manner == CLOSER_VANISHES)
		err = closer_vanish();
	return err;
}

/* The next step of all; whether all have seen our FIN. */
static bool act_all(struct closer *closers)
{
	bool fin = true;
	int i;

	for (i = 0; i < ENDS; i++) {
		closer_act(&closers[i]);
		fin = fin && closers[i].fin;
	}
	return fin;
}

/* Misbehaves until all is gone, or the time is over; the time since @begin. */
static int64_t act_until_gone(struct site *site, struct closer *closers,
			      enum manner manner, int limit_ms, int64_t begin)
{
	int64_t end = host_now() + 5 * limit_ms + LATE;
	bool cut = false;
	int status;

	do {
		if (act_all(closers) && manner == CLOSER_VANISHES_LATE && !cut)
			cut = !closer_vanish();
		status = site_visit(site);
		if (status != 200) {
			fprintf(stderr, "# the good client got %d\n", status);
			return -1;
		}
		usleep(20000);
	} while (!site_all_gone(site) && host_now() < end);
	return host_now() - begin;
}

/* Says whose connections are left. */
static int count_left(struct site *site, struct closer *closers)
{
	char text[32];
	int i, n = 0;

	for (i = 0; i < ENDS; i++) {
		snprintf(text, sizeof(text), ":%u ", closers[i].port);
		if (!pair_lines(&site->pair, "connections", text) &&
		    !site_sockets(site, 0, closers[i].port))
			continue;
		fprintf(stderr, "# left: %s\n", ends[i].name);
		n++;
	}
	return n;
}

TEST_F_TIMEOUT(closers, q235611, 120)
{
	int limit = variant->lossy ? LOSSY_LIMIT_MS : LIMIT_MS, i;
	struct site *site = &self->site;
	int64_t begin = host_now();

	ASSERT_EQ(0, start_all(self->closers, variant->manner));
	/* Its own timer, that of the answer, and that of the half-close. */
	EXPECT_LE(LIMIT_MS / 2, act_until_gone(site, self->closers,
					       variant->manner, limit, begin));
	EXPECT_EQ(0, count_left(site, self->closers));
	EXPECT_GT(LATE, site->slowest);
	EXPECT_EQ(1, pair_lines(&site->pair, "queues",
				"test running 0 0 0600 0 0 1 "));
	EXPECT_EQ(1, pair_lines(&site->pair, "queues",
				"nobody running 0 0 0600 0 0 1 "));
	site_leave(site);
	EXPECT_TRUE(site_account_empty(site));
	if (closer_is_lost(variant->manner))
		return;
	/* Who can be reached knows that it is over. */
	for (i = 0; i < ENDS; i++) {
		EXPECT_EQ(TCP_CLOSE, closer_state(&self->closers[i])) {
			TH_LOG("%s", ends[i].name);
		}
	}
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
