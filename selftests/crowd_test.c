// SPDX-License-Identifier: GPL-2.0
/*
 * Seed Q235611, in numbers: a crowd of clients that misbehave at once while
 * their connections are being closed, and a thousand others that are served
 * meanwhile. timeout: 240
 * kernels: uml debug 6.12
 * debug: -V lossy
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "closer.h"
#include "host.h"
#include "kselftest_harness.h"
#include "site.h"
#include "soak.h"

#define THREADS 8
/* What a deadline may be late by on a busy machine. */
#define LATE host_scale(3000, 15000)
/* What the machine may add to the slowest answer at most, ms. */
#define SLACK 1000

/*
 * struct others - a thread of those that behave
 * @n: how many there are at least
 * @stop: and not fewer than come until then
 * @idle: ms; see struct site
 * @served: how many have been
 * @slowest: the slowest request, ms
 * @bad: the first result that was not 200
 */
struct others {
	pthread_t thread;
	long n;
	volatile bool *stop;
	long idle;
	volatile long served;
	long slowest;
	int bad;
};

/* One after the other, each asks twice. Once there were enough, at leisure. */
static void *others(void *arg)
{
	struct others *o = arg;
	struct site one = { .good.fd = -1, .idle = o->idle };
	int i, status;

	while (!o->bad && (o->served < o->n || !*o->stop)) {
		for (i = 0; i < 2 && !o->bad; i++) {
			status = site_visit(&one);
			if (status != 200)
				o->bad = status ?: -1;
		}
		site_leave(&one);
		if (++o->served >= o->n)
			usleep(200000);
	}
	o->slowest = one.slowest;
	return NULL;
}

/*
 * @n: how many misbehave
 * @timers: ms; where nothing is lost, enough for all of them to do so at once
 * @slowest: what one of the others may take, ms
 */
FIXTURE(crowd)
{
	struct site site;
	struct closer *closers;
	long n;
	int timers;
	long slowest;
	struct others others[THREADS];
	volatile bool stop;
};

FIXTURE_VARIANT(crowd)
{
	bool lossy;
};

FIXTURE_VARIANT_ADD(crowd, plain)
{
};

FIXTURE_VARIANT_ADD(crowd, lossy)
{
	.lossy = true,
};

FIXTURE_SETUP(crowd)
{
	bool lossy = variant->lossy;
	int before = host_scale(20000, 8000);

	self->n = soak_share(2000, 200);
	self->timers = lossy ? 12000 : before;
	self->slowest = lossy ? PEER_TIMEOUT : host_scale(1000, 5000);
	ASSERT_EQ(0, site_open(&self->site, before, 262144));
	self->closers = calloc(self->n, sizeof(*self->closers));
}

FIXTURE_TEARDOWN(crowd)
{
	site_close(&self->site);
	free(self->closers);
}

static const struct {
	enum manner manner;
	const char *request;
} crowd[] = {
	{ CLOSER_FLOODS, "GET /ok HTTP/1.0\r\n\r\n" },
	{ CLOSER_FLOODS, "GET /bye HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ CLOSER_TRICKLES, "GET /ok HTTP/1.0\r\n\r\n" },
	{ CLOSER_DEAF, "GET /some HTTP/1.0\r\n\r\n" },
	{ CLOSER_DEAF_TRICKLES, "GET /ok HTTP/1.0\r\n\r\n" },
	{ CLOSER_DEAF, "GET /ok HTTP/1.1\r\n\r\n" },
	{ CLOSER_VANISHES, "GET /ok HTTP/1.0\r\n\r\n" },
	{ CLOSER_VANISHES, "GET /some HTTP/1.0\r\n\r\n" },
};

static int crowd_connect(struct closer *closers, long n)
{
	int i, err = 0;

	for (i = 0; i < n && !err; i++)
		err = closer_start(&closers[i], NULL, crowd[i % 8].manner);
	return err;
}

/* From the first request on. Who is connected has the time that he had. */
static int crowd_lose(struct site *site, int timers)
{
	if (pair_enter_far(&site->pair))
		return -1;
	site_set_timers(timers);
	return pair_enter_near(&site->pair) ?:
	       pair_netem(&site->pair, NETEM_LOSSY);
}

static int crowd_ask(struct closer *closers, long n)
{
	int i, err = 0;

	for (i = 0; i < n && !err; i++)
		err = peer_puts(&closers[i].peer, crowd[i % 8].request);
	return err;
}

/* All were answered, as far as they take it. */
static bool crowd_answered(struct site *site, long n)
{
	int64_t end = host_now() + PEER_TIMEOUT;

	while (pair_stat(&site->pair, "responses") +
	       pair_stat(&site->pair, "answers_kernel") < n) {
		if (host_now() > end)
			return false;
		usleep(10000);
	}
	return true;
}

static int others_start(FIXTURE_DATA(crowd) *self)
{
	int i, err = 0;

	for (i = 0; i < THREADS && !err; i++) {
		self->others[i] = (struct others){
			.n = self->n / 2 / THREADS,
			.stop = &self->stop,
			.idle = self->timers / 3,
		};
		err = pthread_create(&self->others[i].thread, NULL, others,
				     &self->others[i]);
	}
	return err;
}

/* The crowd goes on until all of it is gone: how many were served meanwhile. */
static long crowd_act(FIXTURE_DATA(crowd) *self)
{
	int64_t end = host_now() + 3 * self->timers + LATE;
	long served = 0;
	int i;

	while (pair_lines(&self->site.pair, "connections", "") > THREADS &&
	       host_now() < end) {
		for (i = 0; i < self->n; i++)
			closer_act(&self->closers[i]);
		usleep(1000000);
	}
	for (i = 0; i < THREADS; i++)
		served += self->others[i].served;
	return served;
}

/* The slowest of their answers, ms; -1 if one was not 200. */
static long others_end(FIXTURE_DATA(crowd) *self)
{
	long slowest = 0;
	int i;

	self->stop = true;
	for (i = 0; i < THREADS; i++) {
		struct others *o = &self->others[i];

		pthread_join(o->thread, NULL);
		if (o->bad) {
			fprintf(stderr, "# one of the others got %d\n", o->bad);
			return -1;
		}
		if (o->slowest > slowest)
			slowest = o->slowest;
	}
	return slowest;
}

/* As many as there were threads may have had some time left. */
static bool crowd_gone(FIXTURE_DATA(crowd) *self)
{
	int64_t begin = host_now();

	while (!site_all_gone(&self->site)) {
		if (host_now() > begin + 2 * self->timers + LATE)
			return false;
		host_nap(begin);
	}
	return site_account_empty(&self->site);
}

/* Slabs go back when RCU lets them; netem, once loaded, stays. */
static bool memory_back(long before, long n)
{
	int64_t begin = host_now();

	while (host_kernel_kib() > before + n / 2 + 4096) {
		if (host_now() > begin + LATE)
			return false;
		host_nap(begin);
	}
	return true;
}

TEST_F_TIMEOUT(crowd, others_are_served, 200)
{
	long served, stall, slowest, before = host_kernel_kib();
	struct site *site = &self->site;
	int i;

	ASSERT_EQ(0, crowd_connect(self->closers, self->n));
	if (variant->lossy)
		ASSERT_EQ(0, crowd_lose(site, self->timers));
	ASSERT_EQ(0, crowd_ask(self->closers, self->n));
	ASSERT_TRUE(crowd_answered(site, self->n));
	ASSERT_EQ(0, closer_vanish());
	/* All at once. What is sent again may come too late for that. */
	if (!variant->lossy)
		ASSERT_EQ(self->n, pair_lines(&site->pair, "connections", ""));
	ASSERT_EQ(0, others_start(self));
	host_watch_start();
	served = crowd_act(self);
	/* From hand to hand: each time the machine may make it wait. */
	stall = 4 * host_watch_end();
	slowest = others_end(self);
	TH_LOG("%ld others, the slowest %ld ms, stalls %ld ms", served, slowest,
	       stall);
	EXPECT_LE(self->n / 2, served);
	EXPECT_LE(0, slowest);
	EXPECT_GT(self->slowest + (stall < SLACK ? stall : SLACK), slowest);
	EXPECT_TRUE(crowd_gone(self));
	for (i = 0; i < self->n; i++)
		peer_close(&self->closers[i].peer);
	if (!variant->lossy && host_scale(true, false))
		EXPECT_TRUE(memory_back(before, self->n));
}

TEST_HARNESS_MAIN
