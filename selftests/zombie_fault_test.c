// SPDX-License-Identifier: GPL-2.0
/*
 * Zombies without memory: each allocation and each copy fails once on the way
 * of a late end and of a handle that leaves, those of softirq fail at random,
 * and the account is full. Each request has one record all the same, and what
 * failed can be done again.
 *
 * kernels: uml uml-6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "scene.h"
#include "step.h"

/* More than any of the calls makes. */
#define MAX_FAULTS 200
#define LATE 20000
#define FAULTS "/sys/kernel/debug/failslab/"

static int fault_fd = -1;

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The @nth that can fail from here on does; 0 for none. */
static void fault_arm(int nth)
{
	char text[16];
	int tries = 3;

	snprintf(text, sizeof(text), "%d", nth);
	/* The write itself may be what fails. */
	while (pwrite(fault_fd, text, strlen(text), 0) < 0)
		if (!--tries)
			_exit(1);
}

/* Whether it came to that since; a fault of the read itself came after. */
static bool fault_hit(void)
{
	char text[16] = "";
	bool hit = pread(fault_fd, text, sizeof(text) - 1, 0) > 0 &&
		   atoi(text) == 0;

	fault_arm(0);
	return hit;
}

/* Of all slab allocations where nobody may sleep that share fails. */
static bool fail_at_random(const char *percent)
{
	return write_text(FAULTS "probability", "0") &&
	       write_text(FAULTS "verbose", "0") &&
	       write_text(FAULTS "interval", "1") &&
	       write_text(FAULTS "times", "-1") &&
	       write_text(FAULTS "task-filter", "N") &&
	       write_text(FAULTS "ignore-gfp-wait", "Y") &&
	       write_text(FAULTS "probability", percent);
}

static bool fail_no_more(void)
{
	return fail_at_random("0");
}

FIXTURE(zombie_fault)
{
	struct scene s;
};

FIXTURE_SETUP(zombie_fault)
{
	/* Before the calls that count: allocations that may sleep fail too. */
	ASSERT_TRUE(write_text(FAULTS "ignore-gfp-wait", "N"));
	ASSERT_TRUE(write_text("/sys/kernel/debug/fail_page_alloc/"
			       "ignore-gfp-wait", "N"));
	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fault_fd);
	ASSERT_EQ(0, scene_open(&self->s));
}

FIXTURE_TEARDOWN(zombie_fault)
{
	fault_arm(0);
	close(fault_fd);
	EXPECT_TRUE(fail_no_more());
	scene_close(&self->s);
}

TEST_F_TIMEOUT(zombie_fault, late_end, 120)
{
	struct scene *s = &self->s;
	int nth, hits = 0, err;
	bool hit = true;
	uint64_t id;

	for (nth = 1; hit && nth < MAX_FAULTS; nth++) {
		id = scene_start(s, SCENE_UNTOUCHED);
		ASSERT_NE(0, id);
		ASSERT_TRUE(scene_leave(s, 1));
		fault_arm(nth);
		err = scene_end_with(s->fd, id, 200, "user", 1, "note");
		hit = fault_hit();
		hits += hit;
		if (!hit)
			EXPECT_EQ(-ECONNRESET, err);
		/* What did not get through is still owed. */
		if (host_lines("zombies", "") == 1) {
			EXPECT_STREQ("", log_next_line(&s->log, 0));
			EXPECT_EQ(-ECONNRESET,
				  scene_end_with(s->fd, id, 200, "user", 1,
						 "note")) {
				TH_LOG("after fault %d, which gave %d", nth,
				       err);
			}
		}
		EXPECT_STREQ("access 200 - sent late HTTP/1.1 POST /a",
			     log_next_line(&s->log, LATE));
		EXPECT_STREQ("", log_next_line(&s->log, 0));
	}
	EXPECT_FALSE(hit);
	EXPECT_LT(1, hits);
}

/* Of each kind one request is held when the handle leaves. */
TEST_F_TIMEOUT(zombie_fault, leave, 120)
{
	struct scene *s = &self->s;
	struct peer first, second;
	bool hit = true;
	int nth, i;

	for (nth = 1; hit && nth < MAX_FAULTS; nth++) {
		ASSERT_NE(0, scene_start(s, SCENE_READING));
		ASSERT_TRUE(scene_leave(s, 1));
		s->peer.fd = -1;
		ASSERT_NE(0, scene_start(s, SCENE_UNTOUCHED));
		first = s->peer;
		s->peer.fd = -1;
		ASSERT_NE(0, scene_start(s, SCENE_BEGUN));
		second = s->peer;
		s->peer.fd = -1;

		fault_arm(nth);
		scene_drop(s);
		hit = fault_hit();

		for (i = 0; i < 3; i++) {
			const char *line = log_next_line(&s->log, LATE);

			EXPECT_NE(NULL, strstr(line, "Abandoned_By_ReqQueue")) {
				TH_LOG("fault %d: %s", nth, line);
			}
		}
		EXPECT_STREQ("", log_next_line(&s->log, 0));
		EXPECT_EQ(0, host_lines("zombies", ""));
		peer_close(&first);
		peer_close(&second);
		s->fd = raw_worker("test", 0);
		ASSERT_EQ(0, raw_bind(s->fd, SCENE_URL, 0));
	}
	EXPECT_FALSE(hit);
}

/* ------------------------------------------------------------ at random */

/* Where a segment finds no memory, most of a client's time is TCP's. */
#define CLIENTS 12

/*
 * struct load - clients that leave, a worker that answers late
 * @n: requests of each client
 */
struct load {
	int fd;
	long n;
	volatile bool stop;
};

static void *leave_early(void *arg)
{
	struct load *load = arg;
	struct peer p;
	long i;

	for (i = 0; i < load->n; i++) {
		if (peer_connect(&p, "127.0.0.1", SCENE_PORT))
			continue;
		peer_puts(&p, SCENE_POST);
		usleep(i % 7 * 300);
		peer_reset(&p);
	}
	return NULL;
}

static void *answer_late(void *arg)
{
	struct load *load = arg;
	struct raw_take *t = malloc(sizeof(*t));
	int nr = 0, n = 0, i;

	while (!load->stop || nr > 0) {
		nr = raw_take(load->fd, t, 4, 100);
		for (i = 0; i < nr; i++) {
			if (t->events[i].type != HTTPQ_EVENT_REQUEST)
				continue;
			usleep(n++ % 5 * 400);
			if (n % 4)
				raw_reply(load->fd, t->events[i].id, 200, "ok");
			else
				step_begin(load->fd, t->events[i].id, "ha", 0);
		}
	}
	free(t);
	return NULL;
}

/* Requests that have a record, and those that have more than one. */
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

TEST_F_TIMEOUT(zombie_fault, softirq, 200)
{
	struct load load = { .fd = self->s.fd, .n = 25 };
	pthread_t clients[CLIENTS], worker;
	long records, twice = 0;
	int i;

	host_sysctl("zombies", 8);
	host_sysctl("zombie_timeout_ms", 50);
	host_sysctl("log_refusals", 1000000);
	host_sysctl("idle_timeout_ms", 1000);
	host_sysctl("header_timeout_ms", 1000);
	host_sysctl("send_timeout_ms", 2000);
	host_sysctl("linger_timeout_ms", 1000);
	ASSERT_EQ(0, host_run("httpq queue set test answer-timeout 1000"));
	/* TCP's own are among them. */
	ASSERT_TRUE(fail_at_random("5"));
	ASSERT_EQ(0, pthread_create(&worker, NULL, answer_late, &load));
	for (i = 0; i < CLIENTS; i++)
		ASSERT_EQ(0, pthread_create(&clients[i], NULL, leave_early,
					    &load));
	for (i = 0; i < CLIENTS; i++)
		ASSERT_EQ(0, pthread_join(clients[i], NULL));
	ASSERT_TRUE(fail_no_more());
	load.stop = true;
	ASSERT_EQ(0, pthread_join(worker, NULL));
	ASSERT_TRUE(host_wait_lines("connections", "", 0, LATE));
	ASSERT_TRUE(host_wait_lines("zombies", "", 0, LATE));
	EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
	EXPECT_EQ(0, raw_queue("test", RAW_QUEUED));
	records = count_records(&self->s.log, &twice);
	TH_LOG("%ld records, %lld requests, %lld zombies, no memory %lld times",
	       records, host_stat("requests_queued"),
	       host_stat("zombies_entered"), host_stat("no_memory"));
	/* A request that did not come to be queued may have one as well. */
	EXPECT_LE(host_stat("requests_queued"), records);
	EXPECT_EQ(0, twice);
	EXPECT_EQ(0, host_stat("log_lost"));
	EXPECT_LT(0, host_stat("no_memory"));
}

#define HELD 10

/* A head of 8000 bytes and more. */
static const char *large_request(void)
{
	static char text[9000];
	size_t n = sprintf(text, "GET /a HTTP/1.1\r\nHost: a\r\n");

	while (n < 8000)
		n += sprintf(text + n, "X-%zu: %0100d\r\n", n, 0);
	strcpy(text + n, "\r\n");
	return text;
}

/* Nothing may be charged: it stays large, can be ended all the same, and is
 * made small later.
 */
TEST_F(zombie_fault, stays_large)
{
	struct scene *s = &self->s;
	struct peer peers[HELD];
	uint64_t ids[HELD];
	long large;
	int i;

	for (i = 0; i < HELD; i++) {
		ids[i] = scene_take(s, large_request());
		ASSERT_NE(0, ids[i]);
		peers[i] = s->peer;
		s->peer.fd = -1;
	}
	/* Less than what they take. */
	host_sysctl("mem_kib", 64);
	peer_reset(&peers[0]);
	peer_reset(&peers[1]);
	EXPECT_TRUE(host_wait_lines("zombies", "", 2, LATE));
	/* It has been tried. */
	EXPECT_LE(2, host_wait_stat("memory_limit", 2, LATE));
	large = scene_wait_bytes(LONG_MAX);
	EXPECT_LT(2 * 8000, large);
	EXPECT_EQ(-ECONNRESET, raw_reply(s->fd, ids[0], 200, "late"));
	EXPECT_STREQ("access 200 - sent late HTTP/1.1 GET /a",
		     log_next_line(&s->log, LATE));
	host_sysctl("mem_kib", 262144);
	EXPECT_GE(1024, scene_wait_bytes(1024));
	EXPECT_EQ(-ECONNRESET, raw_reply(s->fd, ids[1], 200, "late"));
	EXPECT_STREQ("access 200 - sent late HTTP/1.1 GET /a",
		     log_next_line(&s->log, LATE));
	for (i = 2; i < HELD; i++) {
		EXPECT_EQ(0, raw_reply(s->fd, ids[i], 200, "ok"));
		peer_close(&peers[i]);
	}
}

TEST_HARNESS_MAIN
