// SPDX-License-Identifier: GPL-2.0
/*
 * The ring behind /dev/httpq-log under load: many write, many read, some come
 * and go. Each reader gets each record once, in order of time, or is told that
 * it was overwritten. timeout: 240
 * kernels: uml debug 6.12
 * debug: -V large
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "host.h"
#include "kselftest_harness.h"
#include "log.h"
#include "peer.h"
#include "serve.h"
#include "soak.h"

#define CLIENTS 4
#define READERS 3

/*
 * struct side - a thread
 * @from: number of its first request
 * @total: how many requests it makes, or there will be
 * @room: what it reads at once
 * @wrong: what was, if anything
 */
struct side {
	pthread_t thread;
	long from;
	long total;
	size_t room;
	const char *wrong;
};

static void *client(void *arg)
{
	struct side *s = arg;
	char text[2048];
	struct peer p;
	long i;

	if (peer_connect(&p, "127.0.0.1", 8080)) {
		s->wrong = "connect";
		return NULL;
	}
	for (i = 0; i < s->total && !s->wrong; i++) {
		snprintf(text, sizeof(text), "GET /%ld HTTP/1.1\r\nHost: a\r\n"
			 "User-Agent: %0*d\r\n\r\n", s->from + i,
			 i % 7 ? 1 : 1000, 0);
		if (peer_status(&p, text) != 200)
			s->wrong = "answer";
	}
	peer_close(&p);
	return NULL;
}

/* What a reader knows: the time of the last record, which it had, how many
 * are still to come.
 */
struct account {
	uint64_t time;
	char *seen;
	long left;
};

static const char *book(struct account *a, const struct httpq_log_record *r,
			long total)
{
	long number;

	if (r->time_ns < a->time)
		return "order";
	a->time = r->time_ns;
	if (r->kind == HTTPQ_LOG_LOST) {
		a->left -= r->count;
		return a->left < 0 ? "too many lost" : NULL;
	}
	number = atol(log_text(r, r->target) + 1);
	if (r->kind != HTTPQ_LOG_ACCESS || number < 0 || number >= total)
		return "record";
	if (a->seen[number]++)
		return "twice";
	return --a->left < 0 ? "too many" : NULL;
}

static const char *book_all(struct account *a, const char *buf, ssize_t n,
			    long total)
{
	const struct httpq_log_record *r;
	const char *wrong = NULL;
	ssize_t at;

	for (at = 0; at < n && !wrong; at += r->size) {
		r = (const void *)(buf + at);
		wrong = book(a, r, total);
	}
	return wrong;
}

static void *reader(void *arg)
{
	char buf[4 * HTTPQ_LOG_RECORD_MAX] __attribute__((aligned(8)));
	struct side *s = arg;
	struct account a = { .seen = calloc(s->total, 1), .left = s->total };
	struct pollfd pfd = { .events = POLLIN };
	ssize_t n;

	pfd.fd = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_CLOEXEC);
	while (a.left && !s->wrong) {
		if (poll(&pfd, 1, PEER_TIMEOUT) <= 0) {
			s->wrong = "too few";
			break;
		}
		n = read(pfd.fd, buf, s->room);
		s->wrong = n <= 0 ? "read" : book_all(&a, buf, n, s->total);
	}
	close(pfd.fd);
	free(a.seen);
	return NULL;
}

static volatile bool stop;

/* Comes, collects and goes, all the time. */
static void *guest(void *arg)
{
	struct side *s = arg;
	static struct log log;

	while (!stop && !s->wrong) {
		if (log_open(&log)) {
			s->wrong = "open";
			break;
		}
		if (ioctl(log.fd, HTTPQ_LOG_IOC_COLLECT))
			s->wrong = "collect";
		log_next(&log, 1);
		if (ioctl(log.fd, HTTPQ_LOG_IOC_COMMIT))
			s->wrong = "commit";
		lseek(log.fd, 0, s->room++ % 2 ? SEEK_SET : SEEK_END);
		log_close(&log);
	}
	return NULL;
}

FIXTURE(stress)
{
	struct serve serve;
	struct side clients[CLIENTS];
	struct side readers[READERS];
	struct side guest;
};

FIXTURE_VARIANT(stress)
{
	long log_kib;
};

/* It overwrites all the time, */
FIXTURE_VARIANT_ADD(stress, small)
{
	.log_kib = 64,
};

/* and never. */
FIXTURE_VARIANT_ADD(stress, large)
{
	.log_kib = 65536,
};

FIXTURE_SETUP(stress)
{
	ASSERT_EQ(0, host_unshare());
	host_sysctl("log_kib", variant->log_kib);
	ASSERT_EQ(0, serve_start(&self->serve, "http://*:8080/", serve_ok, NULL,
				 4));
}

FIXTURE_TEARDOWN(stress)
{
	serve_stop(&self->serve);
}

TEST_F_TIMEOUT(stress, once_or_lost, 3000)
{
	/* As much as possible; one or a few; one at a time. */
	static const size_t rooms[READERS] = {
		4 * HTTPQ_LOG_RECORD_MAX, HTTPQ_LOG_RECORD_MAX / 8, 1400,
	};
	long each = soak_count(2000, 500);
	struct side *s;
	int i;

	stop = false;
	ASSERT_EQ(0, pthread_create(&self->guest.thread, NULL, guest,
				    &self->guest));
	for (i = 0; i < READERS; i++) {
		s = &self->readers[i];
		s->total = CLIENTS * each;
		s->room = rooms[i];
		ASSERT_EQ(0, pthread_create(&s->thread, NULL, reader, s));
	}
	for (i = 0; i < CLIENTS; i++) {
		s = &self->clients[i];
		s->from = i * each;
		s->total = each;
		ASSERT_EQ(0, pthread_create(&s->thread, NULL, client, s));
	}
	for (i = 0; i < CLIENTS; i++) {
		s = &self->clients[i];
		pthread_join(s->thread, NULL);
		EXPECT_EQ(NULL, s->wrong) TH_LOG("client %d: %s", i, s->wrong);
	}
	for (i = 0; i < READERS; i++) {
		s = &self->readers[i];
		pthread_join(s->thread, NULL);
		EXPECT_EQ(NULL, s->wrong) TH_LOG("reader %d: %s", i, s->wrong);
	}
	stop = true;
	pthread_join(self->guest.thread, NULL);
	EXPECT_EQ(NULL, self->guest.wrong) TH_LOG("%s", self->guest.wrong);
}

TEST_HARNESS_MAIN
