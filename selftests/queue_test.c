// SPDX-License-Identifier: GPL-2.0
/*
 * A queue between many clients and many workers: states, limits, what becomes
 * of requests when either side or the queue itself goes, and the tables that
 * show it.
 * kernels: uml debug 6.12 6.1
 * debug: -t crowd -t tables_while_changing
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "serve.h"

#define PORT 8080
#define PEERS 32

static const char url[] = "http://*:8080/";
static const char queue[] = "q";

FIXTURE(queue)
{
	int fd;
	struct peer peers[PEERS];
	struct raw_take t;
};

FIXTURE_SETUP(queue)
{
	int i;

	for (i = 0; i < PEERS; i++)
		self->peers[i].fd = -1;
	ASSERT_EQ(0, host_unshare());
	self->fd = raw_worker(queue, O_NONBLOCK);
	ASSERT_EQ(0, host_run("httpq url add %s queue %s context 42", url,
			      queue));
}

FIXTURE_TEARDOWN(queue)
{
	int i;

	for (i = 0; i < PEERS; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
	if (self->fd >= 0)
		close(self->fd);
}

static int set(const char *what)
{
	return host_run("httpq queue set %s %s", queue, what);
}

/* The next answer says 503 and when to come back; 0 if it does. */
static int says_503(struct peer *p)
{
	struct reply r;
	int err = peer_reply(p, "GET", &r);
	const char *retry = err ? NULL : reply_field(&r, "Retry-After");

	if (!err && (r.status != 503 || !retry || strcmp(retry, "1")))
		err = r.status ? r.status : -EPROTO;
	reply_free(&r);
	return err;
}

/* States */

TEST_F(queue, paused)
{
	ASSERT_EQ(0, set("state paused"));
	EXPECT_EQ(1, host_lines("queues", "q paused "));
	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	EXPECT_EQ(2, raw_queue(queue, RAW_QUEUED));
	EXPECT_EQ(-EAGAIN, raw_take(self->fd, &self->t, 8, 0));
	ASSERT_EQ(0, set("state running"));
	ASSERT_EQ(2, raw_take(self->fd, &self->t, 8, 0));
	/* Those that are out can be answered in any state. */
	ASSERT_EQ(0, set("state paused"));
	EXPECT_EQ(0, raw_reply(self->fd, self->t.events[0].id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	ASSERT_EQ(0, set("state stopped"));
	EXPECT_EQ(0, raw_reply(self->fd, self->t.events[1].id, 201, ""));
	EXPECT_EQ(201, peer_status(&self->peers[1], ""));
}

TEST_F(queue, stopped)
{
	int i;

	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	ASSERT_EQ(0, set("state stopped"));
	/* Those that waited, and those that come. */
	EXPECT_EQ(0, says_503(&self->peers[1]));
	EXPECT_EQ(0, says_503(&self->peers[2]));
	for (i = 1; i < 3; i++) {
		ASSERT_EQ(0, raw_get(&self->peers[i], "/"));
		EXPECT_EQ(0, says_503(&self->peers[i]));
	}
	EXPECT_EQ(0, raw_queue(queue, RAW_QUEUED));
	EXPECT_EQ(1, raw_queue(queue, RAW_INFLIGHT));
	EXPECT_EQ(5, raw_queue(queue, RAW_ARRIVED));
	EXPECT_EQ(4, raw_queue(queue, RAW_REJECTED));
	EXPECT_EQ(4, host_stat("queue_stopped"));
	EXPECT_EQ(0, raw_reply(self->fd, self->t.events[0].id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	ASSERT_EQ(0, set("state running"));
	ASSERT_EQ(0, raw_get(&self->peers[0], "/"));
	EXPECT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
}

/* One that is given back to a queue that stopped meanwhile. */
TEST_F(queue, returned_to_stopped)
{
	struct httpq_transfer args = {
		.size = sizeof(args), .events = (uintptr_t)self->t.events,
		.nr_events = 1,
	};

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &args));
	EXPECT_EQ(-EMSGSIZE, self->t.events[0].status);
	ASSERT_EQ(0, set("state stopped"));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, says_503(&self->peers[0]));
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
	EXPECT_EQ(1, raw_queue(queue, RAW_REJECTED));
}

/* Limits */

TEST_F(queue, max_queued)
{
	int i;

	ASSERT_EQ(0, set("max-queued 2"));
	ASSERT_TRUE(raw_gets(self->peers, 4, PORT, queue));
	EXPECT_EQ(0, says_503(&self->peers[2]));
	EXPECT_EQ(0, says_503(&self->peers[3]));
	EXPECT_EQ(2, raw_queue(queue, RAW_QUEUED));
	EXPECT_EQ(4, raw_queue(queue, RAW_ARRIVED));
	EXPECT_EQ(2, raw_queue(queue, RAW_REJECTED));
	EXPECT_EQ(2, host_stat("queue_full"));
	EXPECT_EQ(2, host_stat("answers_kernel"));
	/* One out, one in. */
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	ASSERT_EQ(0, raw_get(&self->peers[2], "/2"));
	EXPECT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 2));
	/* The first two and the one that came back. */
	ASSERT_EQ(2, raw_take(self->fd, &self->t, 8, 0));
	for (i = 0; i < 2; i++)
		EXPECT_EQ('1' + i, raw_text(raw_head(&self->t, i),
					    raw_head(&self->t, i)->path)[1]);
}

TEST_F(queue, max_inflight)
{
	ASSERT_EQ(0, set("max-inflight 2"));
	ASSERT_TRUE(raw_gets(self->peers, 5, PORT, queue));
	ASSERT_EQ(2, raw_take(self->fd, &self->t, 8, 0));
	EXPECT_EQ(-EAGAIN, raw_take(self->fd, &self->t, 8, 0));
	EXPECT_EQ(3, raw_queue(queue, RAW_QUEUED));
	EXPECT_EQ(2, raw_queue(queue, RAW_INFLIGHT));
	ASSERT_EQ(0, set("max-inflight 3"));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 8, 0));
	EXPECT_EQ(0, raw_reply(self->fd, self->t.events[0].id, 200, ""));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 8, 0));
	EXPECT_EQ(0, raw_cancel(self->fd, self->t.events[0].id));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 8, 0));
	/* Below what is out already: nothing until it is paid off. */
	ASSERT_EQ(0, set("max-inflight 1"));
	EXPECT_EQ(0, raw_reply(self->fd, self->t.events[0].id, 200, ""));
	EXPECT_EQ(2, raw_queue(queue, RAW_INFLIGHT));
	ASSERT_EQ(0, raw_get(&self->peers[4], "/"));
	EXPECT_EQ(200, peer_status(&self->peers[4], ""));
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	EXPECT_EQ(-EAGAIN, raw_take(self->fd, &self->t, 8, 0));
}

TEST_F(queue, timeout)
{
	host_sysctl("queue_timeout_ms", 100);
	ASSERT_TRUE(raw_gets(self->peers, 2, PORT, queue));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(0, says_503(&self->peers[1]));
	EXPECT_EQ(0, raw_queue(queue, RAW_QUEUED));
	EXPECT_EQ(1, host_stat("queue_timeout"));
	EXPECT_EQ(1, raw_queue(queue, RAW_REJECTED));
	/* The one that was delivered has all the time of the world. */
	EXPECT_EQ(1, raw_queue(queue, RAW_INFLIGHT));
	EXPECT_EQ(0, raw_reply(self->fd, self->t.events[0].id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
}

/* Lives */

TEST_F(queue, waits_for_a_worker)
{
	close(self->fd);
	EXPECT_EQ(0, raw_queue(queue, RAW_WORKERS));
	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	EXPECT_EQ(3, raw_queue(queue, RAW_QUEUED));
	self->fd = raw_worker(queue, 0);
	EXPECT_EQ(1, raw_queue(queue, RAW_WORKERS));
	ASSERT_EQ(3, raw_take(self->fd, &self->t, 8, 0));
	EXPECT_EQ(42, raw_head(&self->t, 0)->context);
	EXPECT_LT(0, raw_head(&self->t, 0)->queued_ns);
}

TEST_F(queue, worker_gone)
{
	int other = raw_worker(queue, 0);

	ASSERT_EQ(0, host_run("httpq queue set %s redeliver never", queue));
	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	ASSERT_EQ(2, raw_take(self->fd, &self->t, 2, 0));
	close(self->fd);
	self->fd = other;
	EXPECT_EQ(502, peer_status(&self->peers[0], ""));
	EXPECT_EQ(502, peer_status(&self->peers[1], ""));
	EXPECT_EQ(2, host_stat("worker_gone"));
	ASSERT_EQ(1, raw_take(other, &self->t, 8, 0));
	EXPECT_EQ(0, raw_reply(other, self->t.events[0].id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peers[2], ""));
	EXPECT_EQ(0, raw_queue(queue, RAW_INFLIGHT));
}

/* What waited is answered by the kernel, what was out by the worker. */
TEST_F(queue, deleted)
{
	ASSERT_TRUE(raw_gets(self->peers, 3, PORT, queue));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	ASSERT_EQ(0, host_run("httpq queue del %s", queue));
	EXPECT_EQ(0, says_503(&self->peers[1]));
	EXPECT_EQ(0, says_503(&self->peers[2]));
	EXPECT_EQ(0, host_lines("queues", ""));
	EXPECT_EQ(0, host_lines("urls", ""));
	EXPECT_EQ(0, host_lines("listeners", ""));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(0, raw_reply(self->fd, self->t.events[0].id, 200, "late"));
	EXPECT_EQ(200, peer_status(&self->peers[0], ""));
	/* The connection lives on and finds nothing. */
	ASSERT_EQ(0, raw_get(&self->peers[0], "/"));
	EXPECT_EQ(404, peer_status(&self->peers[0], ""));
	/* A new one of the same name is another. */
	close(self->fd);
	self->fd = raw_worker(queue, 0);
	EXPECT_EQ(0, raw_queue(queue, RAW_ARRIVED));
}

/* Nobody is left who could be given it: the queue is the reason then. */
TEST_F(queue, deleted_and_closed)
{
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	ASSERT_EQ(0, host_run("httpq queue del %s", queue));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(503, peer_status(&self->peers[0], ""));
}

/* A binding of a handle goes with it, one of the tool stays. */
TEST_F(queue, bindings)
{
	struct peer *p = self->peers;

	ASSERT_EQ(0, host_run("httpq queue set %s redeliver never", queue));
	ASSERT_EQ(0, raw_bind(self->fd, "http://*:8080/mine/", ~0ULL));
	EXPECT_EQ(1, host_lines("urls", "http://*:8080/mine/ q "
				"18446744073709551615 handle 0 on\n"));
	EXPECT_EQ(1, host_lines("urls", "http://*:8080/ q 42 persistent 0 on\n"));
	ASSERT_EQ(0, peer_connect(&p[0], "127.0.0.1", PORT));
	ASSERT_EQ(0, raw_get(&p[0], "/mine/x"));
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(~0ULL, raw_head(&self->t, 0)->context);
	close(self->fd);
	EXPECT_EQ(502, peer_status(&p[0], ""));
	EXPECT_EQ(1, host_lines("urls", ""));
	self->fd = raw_worker(queue, 0);
	ASSERT_EQ(0, raw_get(&p[0], "/mine/x"));
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, 1));
	ASSERT_EQ(1, raw_take(self->fd, &self->t, 1, 0));
	EXPECT_EQ(42, raw_head(&self->t, 0)->context);
}

/* Many on one queue */

#define PROCESSES 4
#define THREADS 4

/* In memory that all processes share. */
struct crowd {
	unsigned int taken[PEERS];	/* answers given, per connection */
	unsigned int out[PEERS];	/* requests out, per connection */
	unsigned int wrong;
};

static struct crowd *crowd;

/* The answer is the path; the first digits are the number of the peer. */
static void crowd_answer(struct httpq_request *req, void *data)
{
	struct httpq_str path = httpq_path(req);
	unsigned int i = atoi(path.ptr + 1);

	if (i >= PEERS || __atomic_fetch_add(&crowd->out[i], 1,
					     __ATOMIC_SEQ_CST))
		__atomic_fetch_add(&crowd->wrong, 1, __ATOMIC_SEQ_CST);
	if (i < PEERS) {
		__atomic_fetch_add(&crowd->taken[i], 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_sub(&crowd->out[i], 1, __ATOMIC_SEQ_CST);
	}
	if (httpq_reply(req, 200, "text/plain", path.ptr, path.len))
		__atomic_fetch_add(&crowd->wrong, 1, __ATOMIC_SEQ_CST);
	httpq_request_free(req);
}

static pid_t crowd_worker(int go)
{
	static struct serve serve;
	pid_t pid = fork();
	char c;

	if (pid)
		return pid;
	serve.fn = crowd_answer;
	if (serve_start(&serve, NULL, crowd_answer, NULL, THREADS))
		_exit(1);
	/* Until the test closes its end. */
	while (read(go, &c, 1) > 0)
		;
	serve_stop(&serve);
	_exit(0);
}

static int crowd_round(struct peer *peers, int round)
{
	char path[32];
	struct reply r;
	int i, bad = 0;

	for (i = 0; i < PEERS; i++) {
		snprintf(path, sizeof(path), "/%d/%d", i, round);
		bad += raw_get(&peers[i], path) != 0;
	}
	for (i = 0; i < PEERS; i++) {
		snprintf(path, sizeof(path), "/%d/%d", i, round);
		bad += peer_reply(&peers[i], "GET", &r) || r.status != 200 ||
		       strcmp(r.body, path);
		reply_free(&r);
	}
	return bad;
}

TEST_F(queue, crowd)
{
	int rounds = host_scale(150, 30), i, status, go[2];
	pid_t pids[PROCESSES];

	crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)crowd);
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	ASSERT_EQ(0, host_run("httpq queue add test && "
			      "httpq url add http://+:8080/ queue test"));
	for (i = 0; i < PEERS; i++)
		ASSERT_EQ(0, peer_connect(&self->peers[i], "127.0.0.1", PORT));
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = crowd_worker(go[0]);
		/* Only the test holds the end that is closed. */
		ASSERT_LT(0, pids[i]);
	}
	for (i = 0; i < rounds; i++)
		ASSERT_EQ(0, crowd_round(self->peers, i));
	for (i = 0; i < PROCESSES; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < PROCESSES; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
	}
	EXPECT_EQ(0, crowd->wrong);
	for (i = 0; i < PEERS; i++)
		EXPECT_EQ(rounds, crowd->taken[i]);
	EXPECT_EQ(PEERS * rounds, raw_queue("test", RAW_ARRIVED));
	EXPECT_EQ(0, raw_queue("test", RAW_REJECTED));
	EXPECT_TRUE(raw_wait_queue("test", RAW_WORKERS, 0));
	EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
	EXPECT_EQ(PEERS * rounds, host_stat("responses"));
	close(go[0]);
	close(go[1]);
}

/* Tables */

static const char *first_line(const char *table)
{
	static char line[512];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/net/httpq/%s", table);
	line[0] = 0;
	f = fopen(path, "r");
	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	return line;
}

/* Lines that have other than @columns words; -1 if it can't be read. */
static int odd_lines(const char *table, int columns)
{
	char path[64], line[8192];
	int odd = 0, words;
	FILE *f;
	char *p;

	snprintf(path, sizeof(path), "/proc/net/httpq/%s", table);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		words = 1;
		for (p = line; *p; p++)
			words += *p == ' ';
		odd += words != columns;
	}
	odd -= ferror(f) ? 1000 : 0;
	fclose(f);
	return odd;
}

static const struct {
	const char *name;
	int columns;
	const char *header;
} tables[] = {
	{ "queues", 17, "name state owner group mode queued inflight workers "
	  "max_queued max_inflight arrived rejected redeliver answer_ms "
	  "hold_bytes affinity pool\n" },
	{ "urls", 6, "url queue context life site keepalive\n" },
	{ "listeners", 5, "address port engine accepted conns\n" },
	{ "connections", 7,
	  "id state local remote requests age_ms queue\n" },
	{ "stats", 2, "name value\n" },
};

TEST_F(queue, tables)
{
	size_t i;

	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		EXPECT_STREQ(tables[i].header, first_line(tables[i].name));
		EXPECT_LT(0, host_lines(tables[i].name, ""));
		EXPECT_EQ(0, odd_lines(tables[i].name, tables[i].columns))
			TH_LOG("%s", tables[i].name);
	}
	EXPECT_EQ(1, host_lines("queues",
				"q running 0 0 0600 1 0 1 1000 10000 1 0 "
				"idempotent 60000 0 off off\n"));
	EXPECT_EQ(1, host_lines("listeners", ":: 8080 softirq 1 1\n"));
	EXPECT_EQ(1, host_lines("connections",
				" REQUEST 127.0.0.1:8080 127.0.0.1:"));
	EXPECT_EQ(1, host_lines("connections", " q\n"));
}

/* Who does not administer the namespace sees no clients. */
static int sees_clients(void *data)
{
	return host_lines("connections", " REQUEST 127.0.0.1:8080 - 1 ") == 1 &&
	       host_lines("connections", "127.0.0.1:") == 1 ? 0 : 1;
}

TEST_F(queue, tables_private)
{
	ASSERT_TRUE(raw_gets(self->peers, 1, PORT, queue));
	EXPECT_EQ(0, raw_as_user(1000, sees_clients, NULL));
}

/* Objects come and go until the time is over, each kind at least once. */
static void churn(int64_t end)
{
	char name[16], text[64];
	struct peer p;
	int i;

	for (i = 0; i < 9 || host_now() < end; i++) {
		int fd = raw_open(0);

		snprintf(name, sizeof(name), "churn%d", i % 8);
		snprintf(text, sizeof(text), "http://+:%d/%d/", 9000 + i % 2,
			 i);
		if (raw_attach(fd, name, HTTPQ_ATTACH_CREATE, 0600) ||
		    raw_bind(fd, text, i) ||
		    peer_connect(&p, "127.0.0.1", 9000 + i % 2))
			_exit(1);
		/* Not to be delivered again: it would wait for a worker. */
		snprintf(text, sizeof(text), "POST /%d/ HTTP/1.1\r\n"
			 "Host: a\r\nContent-Length: 0\r\n\r\n", i);
		peer_puts(&p, text);
		if (!raw_take_one(fd))
			_exit(2);
		if (i % 8 == 7 && host_run("httpq queue del churn7"))
			_exit(3);
		close(fd);
		peer_close(&p);
	}
	_exit(0);
}

TEST_F(queue, tables_while_changing)
{
	int64_t end = host_now() + 1500;
	int status, reads = 0;
	pid_t pid = fork();
	size_t i;

	if (!pid)
		churn(end);
	while (reads < 6 || host_now() < end) {
		for (i = 0; i < ARRAY_SIZE(tables); i++)
			ASSERT_EQ(0, odd_lines(tables[i].name,
					       tables[i].columns));
		reads++;
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
	EXPECT_EQ(1, host_lines("urls", ""));
}

TEST_HARNESS_MAIN
