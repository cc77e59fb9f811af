// SPDX-License-Identifier: GPL-2.0
/*
 * Article 908739: workers are recycled and killed under load, and no request
 * is lost. What can't be repeated fails visibly, and at most once for each
 * worker that was killed. timeout: 600
 * kernels: uml debug 6.12 6.1
 * debug: -T bad_network -T streams_on_bad_network
 * 6.1: -T bad_network -T streams_on_bad_network
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "log.h"
#include "pair.h"
#include "peer.h"
#include "raw.h"
#include "soak.h"
#include "worker.h"

#define PORT 8080
#define CONNS 64
#define WORKERS 4
#define THREADS 2
/* With its head and framing an answer is 64K at most. */
#define HOLD 65536
#define LONGEST (HOLD - 1024)
#define STREAM (1 << 20)
#define PART 16384
/* Requests up to 64K are one in eleven a POST: 2,000 of 22,000. */
#define POST_EVERY 11
#define PATTERN (STREAM + 65536)

static const char queue[] = "test";
static char pattern[PATTERN];

enum result {
	NOT_YET,
	GOOD,		/* 200, and each byte as it should be */
	REFUSED,	/* 502 */
	BROKEN,		/* and the client could see it */
	LOST,		/* neither answer nor status */
	WRONG,		/* complete, but not what it should be */
	RESULTS,
};

static const char *const results[] = {
	"not yet", "good", "refused", "broken", "lost", "wrong",
};

/*
 * struct load - what client, reader of the log and test share
 * @total: requests
 * @next: number of the next request
 * @done: how many have their result
 * @stop: of the reader: no more records will come
 * @streams: answers are STREAM long, all are GET
 * @pair: the client is in the near namespace
 * @lost: records that the reader lost
 * @twice: records whose request_id came before
 * @strange: records of no request of ours
 * @request: for each: result, and what its record says
 */
struct load {
	long total;
	atomic_long next;
	atomic_long done;
	atomic_bool stop;
	bool streams;
	struct pair *pair;
	long lost;
	long twice;
	long strange;
	struct request {
		uint8_t result;
		uint8_t records;
		uint8_t kind;
		uint8_t reason;
		uint8_t owed;
		uint8_t deliveries;
		uint16_t status;
		int16_t error;
		uint64_t id;
	} request[];
};

static struct load *load;

/* Inherited by workers: where each POST leaves its number. */
static int posts_fd = -1;

static bool is_post(long n)
{
	return !load->streams && n % POST_EVERY == 0;
}

static size_t length_of(long n)
{
	if (load->streams)
		return STREAM;
	/* Small ones, any, and the very longest. */
	if (n % 3 == 0)
		return n % 128;
	return n % 17 == 1 ? LONGEST : n * 7919 % LONGEST;
}

static const char *bytes_of(long n)
{
	return pattern + n * 251 % 65536;
}

/* Chunks, a length, or the end of the connection. */
static bool is_http10(long n)
{
	return load->streams && n % 5 == 0;
}

static bool has_length(long n)
{
	return n % 2;
}

/* ------------------------------------------------------------- the workers */

static int record_post(struct httpq_request *req, long n)
{
	char text[32], body[64];
	int len;

	while (httpq_read_body(req, body, sizeof(body)) > 0)
		;
	len = snprintf(text, sizeof(text), "%ld\n", n);
	return write(posts_fd, text, len) == len ? 0 : -EIO;
}

/* Some take their time, before or within the answer: kills find them there. */
static void think(long n, long when)
{
	if (n % 16 == when)
		usleep(3000);
}

/* As a whole, or in parts. */
static void send_answer(struct httpq_request *req, long n)
{
	size_t len = length_of(n), at = 0, part;

	think(n, 3);
	if (!load->streams && n % 4) {
		httpq_reply(req, 200, NULL, bytes_of(n), len);
		return;
	}
	httpq_set_status(req, 200);
	if (has_length(n))
		httpq_add_header_u64(req, "Content-Length", len);
	for (; at < len; at += part) {
		part = len - at < PART ? len - at : PART;
		if (httpq_send(req, bytes_of(n) + at, part, HTTPQ_SEND_MORE) !=
		    (ssize_t)part)
			return;
		think(n, at ? -1 : 4);
	}
	think(n, 8);
	httpq_end(req);
}

static void *serve_thread(void *arg)
{
	struct httpq_request *req;
	struct httpq *h = arg;
	int err;

	for (;;) {
		err = httpq_receive(h, &req);
		if (err)
			return (void *)(long)err;
		long n = atol(httpq_path(req).ptr + 1);

		if (is_post(n) && record_post(req, n))
			_exit(2);
		send_answer(req, n);
		httpq_request_free(req);
	}
}

/* Serves until it is drained; then it leaves like any good worker. */
static void work(struct httpq *h, int fd)
{
	pthread_t threads[THREADS];
	int i, nr = load->streams ? 1 : THREADS;
	void *result;

	for (i = 0; i < nr; i++)
		if (pthread_create(&threads[i], NULL, serve_thread, h))
			_exit(3);
	worker_say(fd, 0);
	for (i = 0; i < nr; i++) {
		pthread_join(threads[i], &result);
		if ((long)result != -ESHUTDOWN)
			_exit(4);
	}
	httpq_close(h);
	_exit(0);
}

/* ------------------------------------------------------------- the clients */

static int send_request(struct peer *p, long n)
{
	char text[256];

	if (is_post(n))
		snprintf(text, sizeof(text), "POST /%ld HTTP/1.1\r\nHost: a\r\n"
			 "Content-Length: 5\r\n\r\nhello", n);
	else
		snprintf(text, sizeof(text), "GET /%ld HTTP/1.%d\r\nHost: a\r\n"
			 "\r\n", n, !is_http10(n));
	return peer_puts(p, text);
}

/* What was received of a response that broke off is the beginning of it. */
static enum result judge_broken(const struct peer *p, const struct reply *r,
				long n)
{
	if (r->status != 200)
		return LOST;
	if (r->body && memcmp(r->body, bytes_of(n), r->body_len))
		return WRONG;
	if (!r->body && (has_length(n) || is_http10(n)) &&
	    memcmp(p->buf, bytes_of(n), p->len))
		return WRONG;
	return BROKEN;
}

static enum result judge(const struct peer *p, const struct reply *r, long n,
			 int err)
{
	if (err)
		return judge_broken(p, r, n);
	if (r->status == 502)
		return REFUSED;
	if (r->status != 200)
		return LOST;
	return r->body_len == length_of(n) &&
	       (!r->body_len || !memcmp(r->body, bytes_of(n), r->body_len)) ?
	       GOOD : WRONG;
}

/* Whether the connection can be used on. */
static bool request_run(struct peer *p, long n)
{
	struct request *request = &load->request[n];
	const char *connection;
	struct reply r = {};
	bool keep;
	int err;

	err = send_request(p, n) ?: peer_reply(p, "GET", &r);
	request->error = err;
	request->result = judge(p, &r, n, err);
	connection = err ? "close" : reply_field(&r, "Connection");
	keep = !connection || strcmp(connection, "close");
	reply_free(&r);
	atomic_fetch_add(&load->done, 1);
	return keep;
}

static void *client_thread(void *arg)
{
	const char *to = load->pair ? PAIR_FAR : "127.0.0.1";
	struct peer p = { .fd = -1 };
	long n;

	while ((n = atomic_fetch_add(&load->next, 1)) < load->total) {
		if (p.fd < 0 && peer_connect(&p, to, PORT))
			_exit(1);
		if (!request_run(&p, n))
			peer_close(&p);
	}
	if (p.fd >= 0)
		peer_close(&p);
	return NULL;
}

/* A process of its own: who forks workers has no other thread. */
static void client_main(void)
{
	pthread_t threads[CONNS];
	int i;

	if (load->pair && pair_enter_near(load->pair))
		_exit(2);
	for (i = 0; i < CONNS; i++)
		if (pthread_create(&threads[i], NULL, client_thread, NULL))
			_exit(3);
	for (i = 0; i < CONNS; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

/* ---------------------------------------------------- the reader of the log */

static void take_record(const struct httpq_log_record *r)
{
	struct request *request;
	long n;

	if (r->kind == HTTPQ_LOG_LOST || r->kind == HTTPQ_LOG_SUPPRESSED) {
		load->lost += r->count;
		return;
	}
	n = atol(log_text(r, r->target) + 1);
	if (log_text(r, r->target)[0] != '/' || n < 0 || n >= load->total) {
		load->strange++;
		return;
	}
	request = &load->request[n];
	request->records++;
	request->kind = r->kind;
	request->reason = r->reason;
	request->owed = r->owed;
	request->status = r->status;
	request->deliveries = r->deliveries;
	request->id = r->request_id;
}

static void reader_main(void)
{
	static struct log log;
	const struct httpq_log_record *r;
	bool stop;

	if (log_open(&log))
		_exit(1);
	do {
		stop = atomic_load(&load->stop);
		while ((r = log_next(&log, 0)))
			take_record(r);
		usleep(10000);
	} while (!stop);
	_exit(0);
}

static pid_t start(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fn();
	_exit(0);
}

/* ------------------------------------------------------------- the fixture */

/*
 * @workers: those that serve, by number of their handle
 * @leaving: those that were drained
 * @client, @reader: processes
 */
FIXTURE(recycle)
{
	struct live {
		struct worker w;
		uint64_t id;
	} workers[WORKERS], *leaving;
	int nr_leaving;
	pid_t client, reader;
	struct pair pair;
	size_t size;
	long kills, recycles;
};

FIXTURE_SETUP(recycle)
{
	size_t i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = 'a' + i % 23 + i / 7919 % 3;
	posts_fd = open("posts", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	ASSERT_LE(0, posts_fd);
	ASSERT_EQ(0, host_unshare());
}

FIXTURE_TEARDOWN(recycle)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		worker_kill(&self->workers[i].w);
	for (i = 0; i < self->nr_leaving; i++)
		worker_kill(&self->leaving[i].w);
	free(self->leaving);
	if (self->client > 0)
		kill(self->client, SIGKILL);
	if (self->reader > 0)
		kill(self->reader, SIGKILL);
	munmap(load, self->size);
	close(posts_fd);
	unlink("posts");
}

static int worker_begin(struct live *live)
{
	int err = worker_start(&live->w, work, NULL) ?:
		  worker_hear(live->w.fd);

	if (err)
		return err;
	live->id = handle_newest().id;
	return handle_wait(live->id, "active") ? 0 : -ETIMEDOUT;
}

/* Packets are lost, doubled and reordered from the first one on. */
static int enter_bad_network(struct pair *pair)
{
	return pair_create(pair) ?: pair_netem(pair, NETEM_LOSSY) ?:
	       pair_enter_far(pair);
}

/* Queue, prefix, log, workers, and then the requests. */
static int begin(FIXTURE_DATA(recycle) *self, long total, bool streams,
		 bool loss)
{
	int i, err;

	self->size = sizeof(*load) + total * sizeof(load->request[0]);
	load = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load == MAP_FAILED)
		return -ENOMEM;
	load->total = total;
	load->streams = streams;
	load->pair = loss ? &self->pair : NULL;
	err = loss ? enter_bad_network(&self->pair) : 0;
	if (err)
		return err;
	host_sysctl("log_kib", 16384);
	if (host_run("httpq queue add %s && httpq queue set %s hold %d && "
		     "httpq url add 'http://*:%d/' queue %s", queue, queue,
		     streams ? 0 : HOLD, PORT, queue))
		return -EIO;
	self->reader = start(reader_main);
	for (i = 0; !err && i < WORKERS; i++)
		err = worker_begin(&self->workers[i]);
	if (!err)
		self->client = start(client_main);
	return err;
}

/* ------------------------------------------------------------- what happens */

/* Most shall die with something in their hands. */
static void wait_busy(const struct live *victim)
{
	int64_t end = host_now() + 200;

	while (!handle_find(victim->id).held && host_now() < end)
		usleep(100);
	usleep(soak_random(2000));
}

static int kill_one(FIXTURE_DATA(recycle) *self)
{
	struct live *victim = &self->workers[soak_random(WORKERS)];

	if (soak_random(4))
		wait_busy(victim);
	worker_kill(&victim->w);
	self->kills++;
	return worker_begin(victim);
}

/* The new one is there before the old one begins to go. */
static int recycle_one(FIXTURE_DATA(recycle) *self)
{
	struct live *victim = &self->workers[soak_random(WORKERS)];

	self->leaving[self->nr_leaving++] = *victim;
	self->recycles++;
	return worker_begin(victim) ?:
	       host_run("httpq worker drain %llu 60000", (unsigned long long)
			self->leaving[self->nr_leaving - 1].id);
}

/* Whether so many requests were done in time. */
static bool wait_done(long n)
{
	int64_t end = host_now() + 10 * PEER_TIMEOUT;
	long seen = -1;

	while (atomic_load(&load->done) < n) {
		if (atomic_load(&load->done) != seen)
			end = host_now() + 10 * PEER_TIMEOUT;
		if (host_now() > end)
			return false;
		seen = atomic_load(&load->done);
		usleep(500);
	}
	return true;
}

/* As many recycles as kills, in any order, each at some time in its share of
 * the requests.
 */
static int happen(FIXTURE_DATA(recycle) *self, long each)
{
	long i, share = load->total / (2 * each), kills = each, left;
	int err = 0;

	self->leaving = calloc(each, sizeof(*self->leaving));
	for (i = 0; !err && i < 2 * each; i++) {
		if (!wait_done(i * share + soak_random(share)))
			return -ETIMEDOUT;
		left = 2 * each - i;
		if (soak_random(left) < kills) {
			kills--;
			err = kill_one(self);
		} else {
			err = recycle_one(self);
		}
	}
	return err ?: wait_done(load->total) ? 0 : -ETIMEDOUT;
}

/* ------------------------------------------------------------- the verdict */

static long count(enum result result, bool post)
{
	long i, nr = 0;

	for (i = 0; i < load->total; i++)
		nr += load->request[i].result == result && is_post(i) == post;
	return nr;
}

/* Tells of the first few that a test did not expect. */
static void tell(bool post, unsigned int allowed)
{
	long i, told = 0;

	for (i = 0; i < load->total && told < 10; i++) {
		const struct request *r = &load->request[i];

		if (is_post(i) != post || allowed & 1 << r->result)
			continue;
		printf("# %s /%ld: %s, error %d; record: %d of kind %d, "
		       "status %d, %s, delivered %d times\n",
		       post ? "POST" : "GET", i, results[r->result], r->error,
		       r->records, r->kind, r->status, log_reason(r->reason),
		       r->deliveries);
		told++;
	}
}

/* Requests whose result is not among @allowed. */
static long others(bool post, unsigned int allowed)
{
	long nr = 0;
	int i;

	for (i = 0; i < RESULTS; i++)
		if (!(allowed & 1 << i))
			nr += count(i, post);
	if (nr)
		tell(post, allowed);
	return nr;
}

/* Those that were drained have left by themselves, and in order. */
static int bad_leavers(FIXTURE_DATA(recycle) *self)
{
	int64_t end = host_now() + PEER_TIMEOUT;
	int i, status, bad = 0;
	pid_t pid;

	for (i = 0; i < self->nr_leaving; i++) {
		struct worker *w = &self->leaving[i].w;

		while (!(pid = waitpid(w->pid, &status, WNOHANG)) &&
		       host_now() < end)
			usleep(2000);
		if (pid == w->pid) {
			close(w->fd);
			w->pid = 0;
		}
		if (pid <= 0 || status) {
			printf("# worker %d of %d: %s, status %#x\n", i,
			       self->nr_leaving, pid > 0 ? "left" : "still there",
			       pid > 0 ? status : 0);
			bad++;
		}
	}
	return bad;
}

/* POSTs that were done twice, or not although their client saw 200. */
static long bad_posts(void)
{
	uint8_t *done = calloc(1, load->total);
	long i, n, bad = 0;
	FILE *f = fopen("posts", "r");

	while (fscanf(f, "%ld", &n) == 1)
		done[n]++;
	fclose(f);
	for (i = 0; i < load->total; i++) {
		if (done[i] < 2 && (done[i] || !is_post(i) ||
				    load->request[i].result != GOOD))
			continue;
		printf("# POST /%ld: done %d times, %s\n", i, done[i],
		       results[load->request[i].result]);
		bad++;
	}
	free(done);
	return bad;
}

static int by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static long same_ids(void)
{
	uint64_t *ids = calloc(load->total, sizeof(*ids));
	long i, same = 0;

	for (i = 0; i < load->total; i++)
		ids[i] = load->request[i].id;
	qsort(ids, load->total, sizeof(*ids), by_id);
	for (i = 1; i < load->total; i++)
		same += ids[i] == ids[i - 1];
	free(ids);
	return same;
}

static bool is_abandoned(const struct request *r)
{
	return r->kind == HTTPQ_LOG_ERROR &&
	       r->reason == HTTPQ_LOG_REASON_ABANDONED_QUEUE;
}

/* All was sent, and then it could not say that this was all. */
static bool owes_the_end(const struct request *r)
{
	return load->streams && r->result == GOOD && is_abandoned(r) &&
	       r->status == 200 && r->owed == HTTPQ_LOG_OWED_LOG_DATA;
}

/* Streams that a kill met, each of them at most one. */
static long killed_streams(void)
{
	long i, n = count(BROKEN, false);

	for (i = 0; i < load->total; i++)
		n += owes_the_end(&load->request[i]);
	return n;
}

/* The record says what the client saw. */
static bool record_fits(const struct request *r)
{
	bool abandoned = is_abandoned(r);

	if (r->records != 1)
		return false;
	switch (r->result) {
	case GOOD:
		return owes_the_end(r) ||
		       (r->kind == HTTPQ_LOG_ACCESS && r->status == 200);
	case REFUSED:
		return abandoned && r->status == 502;
	case BROKEN:
		return abandoned && r->status == 200;
	}
	return false;
}

/* Requests whose record is missing, double, or wrong. */
static long bad_records(FIXTURE_DATA(recycle) *self)
{
	long i, bad = 0;
	int status;

	atomic_store(&load->stop, true);
	if (waitpid(self->reader, &status, 0) != self->reader || status)
		return load->total;
	self->reader = 0;
	for (i = 0; i < load->total; i++) {
		const struct request *r = &load->request[i];

		if (record_fits(r))
			continue;
		if (bad++ < 10)
			printf("# /%ld: %s; %d records, of kind %d, status %d, "
			       "%s\n", i, results[r->result], r->records,
			       r->kind, r->status, log_reason(r->reason));
	}
	return bad + load->lost + load->strange + same_ids();
}

/* All are through, and nothing is left of them. */
static const char *ends(FIXTURE_DATA(recycle) *self)
{
	int status;

	if (waitpid(self->client, &status, 0) != self->client || status)
		return "the client failed";
	self->client = 0;
	if (!host_wait_lines("connections", "", 0, PEER_TIMEOUT))
		return "connections are left";
	if (raw_queue(queue, RAW_QUEUED) || raw_queue(queue, RAW_INFLIGHT))
		return "the queue counts requests";
	return bad_leavers(self) ? "a drained worker did not leave" : "";
}

static void summary(FIXTURE_DATA(recycle) *self)
{
	printf("# %ld requests, %ld recycles, %ld kills, delivered again %lld, "
	       "given back %lld; POST: %ld refused\n", load->total,
	       self->recycles, self->kills, host_stat("requests_redelivered"),
	       host_stat("requests_returned"), count(REFUSED, true));
}

#define ONLY(result) (1 << (result))

/* Answers that are held back until they are whole: no GET is lost. */
TEST_F_TIMEOUT(recycle, answers_up_to_64k, 3000)
{
	soak_seed();
	ASSERT_EQ(0, begin(self, soak_count(22000, 2200), false, false));
	ASSERT_EQ(0, happen(self, soak_count(30, 3)));
	EXPECT_STREQ("", ends(self));
	EXPECT_EQ(0, others(false, ONLY(GOOD)));
	EXPECT_EQ(0, others(true, ONLY(GOOD) | ONLY(REFUSED)));
	EXPECT_GE(self->kills * THREADS, count(REFUSED, true));
	EXPECT_EQ(0, bad_posts());
	EXPECT_EQ(0, bad_records(self));
	EXPECT_EQ(0, host_stat("responses_broken"));
	summary(self);
}

/* Those that can't be kept: each kill breaks one at most, and it shows. */
TEST_F_TIMEOUT(recycle, streams_of_1m, 3000)
{
	soak_seed();
	ASSERT_EQ(0, begin(self, soak_count(600, 120), true, false));
	ASSERT_EQ(0, happen(self, soak_count(30, 3)));
	EXPECT_STREQ("", ends(self));
	EXPECT_EQ(0, others(false, ONLY(GOOD) | ONLY(BROKEN)));
	EXPECT_GE(self->kills, count(BROKEN, false));
	EXPECT_EQ(0, bad_records(self));
	EXPECT_GE(self->kills, killed_streams());
	EXPECT_EQ(count(BROKEN, false), host_stat("responses_broken"));
	summary(self);
	printf("# %ld broken\n", count(BROKEN, false));
}

TEST_F_TIMEOUT(recycle, bad_network, 3000)
{
	soak_seed();
	ASSERT_EQ(0, begin(self, soak_count(8800, 2200), false, true));
	ASSERT_EQ(0, happen(self, soak_count(30, 3)));
	EXPECT_STREQ("", ends(self));
	EXPECT_EQ(0, others(false, ONLY(GOOD)));
	EXPECT_EQ(0, others(true, ONLY(GOOD) | ONLY(REFUSED)));
	EXPECT_GE(self->kills * THREADS, count(REFUSED, true));
	EXPECT_EQ(0, bad_posts());
	EXPECT_EQ(0, bad_records(self));
	EXPECT_TRUE(pair_has_lost(&self->pair));
	summary(self);
}

TEST_F_TIMEOUT(recycle, streams_on_bad_network, 3000)
{
	soak_seed();
	ASSERT_EQ(0, begin(self, soak_count(host_scale(240, 40), 40), true, true));
	ASSERT_EQ(0, happen(self, soak_count(host_scale(30, 2), 2)));
	EXPECT_STREQ("", ends(self));
	EXPECT_EQ(0, others(false, ONLY(GOOD) | ONLY(BROKEN)));
	EXPECT_GE(self->kills, count(BROKEN, false));
	EXPECT_EQ(0, bad_records(self));
	EXPECT_GE(self->kills, killed_streams());
	EXPECT_EQ(count(BROKEN, false), host_stat("responses_broken"));
	EXPECT_TRUE(pair_has_lost(&self->pair));
	summary(self);
	printf("# %ld broken\n", count(BROKEN, false));
}

TEST_HARNESS_MAIN
