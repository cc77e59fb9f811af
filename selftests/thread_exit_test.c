// SPDX-License-Identifier: GPL-2.0
/*
 * Seed 813531: established connections are reset when the thread that answered
 * exits. Here nobody's exit closes a socket: not that of the thread or process
 * that received or answered, held at any point of its way out. timeout: 300
 * kernels: uml debug 6.12 6.1
 * debug: -V lossy -V keepalive_lossy -V disconnect_lossy
 * 6.1: -V lossy -V keepalive_lossy -V disconnect_lossy
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "serve.h"
#include "soak.h"
#include "worker.h"

#define PORT 8080
#define URL "http://*:8080/"
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define HELPERS 40

/* Exits are looked for this often while a handle is open, in the kernel. */
#define WATCH_MS 200

/*
 * struct tally - what became of requests
 * @handle: that the test answers with
 * @good: got their answer
 * @resets: of their connections
 * @other: failed in another way
 * @last: the last error number
 */
struct tally {
	struct httpq *handle;
	long good;
	long resets;
	long other;
	int last;
};

static bool count(struct tally *t, int err)
{
	if (!err) {
		t->good++;
		return true;
	}
	t->last = err;
	if (err == -ECONNRESET || err == -EPIPE)
		t->resets++;
	else
		t->other++;
	return false;
}

static int read_ok(struct peer *p)
{
	struct reply r;
	int err = peer_reply(p, "GET", &r);

	if (!err && r.status != 200)
		err = -EBADMSG;
	reply_free(&r);
	return err;
}

/* The test takes the next request and answers it. */
static int serve_one(struct httpq *h)
{
	struct httpq_request *req;
	int err = httpq_receive(h, &req);

	if (err)
		return err;
	err = httpq_reply(req, 200, NULL, "ok", 2);
	httpq_request_free(req);
	return err;
}

/* A request that waits for serve_one(). */
static void ask(struct tally *t, struct peer *p)
{
	int err = peer_puts(p, GET);

	if (err)
		count(t, err);
}

/* Answers the only request that there is, that of @p. */
static void finish(struct tally *t, struct peer *p)
{
	int err = serve_one(t->handle);

	count(t, err ?: read_ok(p));
}

static void meet(struct tally *t, struct peer *p)
{
	int err = peer_connect(p, "127.0.0.1", PORT);

	if (err)
		count(t, err);
}

/* A new client from beginning to end. */
static void visit(struct tally *t)
{
	struct peer p;

	meet(t, &p);
	ask(t, &p);
	finish(t, &p);
	peer_close(&p);
}

/*
 * In the gap: a new client that is served at once, one (@stays) that is not
 * served before the next gap, and the next request of a client (@kept) that
 * is served now or (@later) then.
 */
static void fill_gap(struct tally *t, struct peer *kept, struct peer *stays,
		     bool later)
{
	visit(t);
	ask(t, kept);
	if (!later)
		finish(t, kept);
	meet(t, stays);
	ask(t, stays);
}

/* What fill_gap() left. Its requests may have come in either order. */
static void empty_gap(struct tally *t, struct peer *kept, struct peer *stays,
		      bool later)
{
	int err = serve_one(t->handle);

	if (later && !err)
		err = serve_one(t->handle);
	if (later)
		count(t, err ?: read_ok(kept));
	count(t, err ?: read_ok(stays));
	peer_close(stays);
}

/* No connection came to harm, as the kernel saw it. */
#define EXPECT_NO_HARM()						\
	do {								\
		EXPECT_EQ(0, host_stat("conns_reset"));			\
		EXPECT_EQ(0, host_stat("responses_broken"));		\
		EXPECT_EQ(0, host_stat("worker_gone"));			\
		EXPECT_EQ(0, host_stat("answers_kernel"));		\
		EXPECT_EQ(host_stat("requests_queued"),			\
			  host_stat("responses"));			\
	} while (0)

#define EXPECT_ALL_GOOD(t, n)						\
	do {								\
		EXPECT_LE(n, (t).good);					\
		EXPECT_EQ(0, (t).resets);				\
		EXPECT_EQ(0, (t).other);				\
		EXPECT_EQ(0, (t).last);					\
	} while (0)

/* ------------------------------------------------------------- the two gaps */

/*
 * struct exiter - a thread that takes a request, answers it and exits
 * @flags: of its final part
 * @own_files: it leaves with a copy of the descriptors
 * @sent: it has answered
 * @go: it may exit
 */
struct exiter {
	struct httpq *h;
	unsigned int flags;
	bool own_files;
	pthread_t thread;
	volatile pid_t tid;
	int result;
	sem_t sent;
	sem_t go;
};

static void *answer_and_exit(void *arg)
{
	struct exiter *e = arg;
	struct httpq_request *req;
	ssize_t n;

	e->tid = gettid();
	if (e->own_files && unshare(CLONE_FILES))
		exit(1);
	e->result = httpq_receive(e->h, &req);
	if (!e->result) {
		n = httpq_send(req, "done", 4, e->flags);
		e->result = n == 4 ? 0 : n;
		httpq_request_free(req);
	}
	sem_post(&e->sent);
	while (sem_wait(&e->go))
		;
	return NULL;
}

/* The kernel is through with the thread, though nobody has joined it. */
static bool thread_gone(pid_t tid)
{
	int64_t end = host_now() + PEER_TIMEOUT;

	while (!syscall(SYS_tgkill, getpid(), tid, 0)) {
		if (host_now() > end)
			return false;
		sched_yield();
	}
	return true;
}

FIXTURE(gaps)
{
	struct serve serve;
	struct exiter exiter;
	struct tally tally;
	struct peer answered;
	struct peer kept;
};

FIXTURE_VARIANT(gaps)
{
	unsigned int flags;
	bool own_files;
	bool lossy;
	long full;
	long small;
};

FIXTURE_VARIANT_ADD(gaps, keepalive)
{
	.full = 10000,
	.small = 500,
};

FIXTURE_VARIANT_ADD(gaps, disconnect)
{
	.flags = HTTPQ_SEND_DISCONNECT,
	.full = 10000,
	.small = 500,
};

/* Its exit closes descriptors, though not the last ones. */
FIXTURE_VARIANT_ADD(gaps, own_files)
{
	.own_files = true,
	.full = 1000,
	.small = 200,
};

FIXTURE_VARIANT_ADD(gaps, keepalive_lossy)
{
	.lossy = true,
	.full = 500,
	.small = 100,
};

FIXTURE_VARIANT_ADD(gaps, disconnect_lossy)
{
	.flags = HTTPQ_SEND_DISCONNECT,
	.lossy = true,
	.full = 500,
	.small = 100,
};

FIXTURE_SETUP(gaps)
{
	struct exiter *e = &self->exiter;

	ASSERT_EQ(0, host_unshare());
	if (variant->lossy)
		ASSERT_EQ(0, host_netem(NETEM_LOSSY));
	ASSERT_EQ(0, serve_start(&self->serve, URL, NULL, NULL, 0));
	httpq_set_timeout(self->serve.h, PEER_TIMEOUT);
	self->tally.handle = self->serve.h;
	*e = (struct exiter){
		.h = self->serve.h,
		.flags = variant->flags,
		.own_files = variant->own_files,
	};
	sem_init(&e->sent, 0, 0);
	sem_init(&e->go, 0, 0);
	ASSERT_EQ(0, peer_connect(&self->answered, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_connect(&self->kept, "127.0.0.1", PORT));
}

FIXTURE_TEARDOWN(gaps)
{
	peer_close(&self->answered);
	peer_close(&self->kept);
	serve_stop(&self->serve);
}

/* The client that the exiting thread answered: its connection goes on, or ends
 * in order.
 */
static void look_after(struct tally *t, struct peer *p, bool disconnect)
{
	int err = read_ok(p);

	if (!err && disconnect)
		err = peer_wait_close(p, PEER_TIMEOUT);
	count(t, err);
	if (!disconnect)
		return;
	peer_close(p);
	meet(t, p);
}

TEST_F_TIMEOUT(gaps, kb813531, 3000)
{
	long n = soak_count(variant->full, variant->small);
	bool disconnect = variant->flags & HTTPQ_SEND_DISCONNECT;
	struct tally *t = &self->tally;
	struct exiter *e = &self->exiter;
	struct peer first, second;
	bool later = false;
	long in_gaps = 0;

	while (in_gaps < n && !t->resets && !t->other) {
		ask(t, &self->answered);
		ASSERT_EQ(0, pthread_create(&e->thread, NULL, answer_and_exit,
					    e));
		sem_wait(&e->sent);
		ASSERT_EQ(0, e->result);
		look_after(t, &self->answered, disconnect);

		/* Between its final send and its exit. */
		fill_gap(t, &self->answered, &first, later);
		sem_post(&e->go);
		ASSERT_TRUE(thread_gone(e->tid));

		/* Between its exit and its join. */
		empty_gap(t, &self->answered, &first, later);
		fill_gap(t, &self->kept, &second, later);
		ASSERT_EQ(0, pthread_join(e->thread, NULL));
		empty_gap(t, &self->kept, &second, later);
		in_gaps += 6;
		later = !later;
	}
	EXPECT_ALL_GOOD(*t, n);
	EXPECT_NO_HARM();
}

/* ------------------------------------ another thread than the one that took */

FIXTURE(exits)
{
	struct serve serve;
	struct worker worker;
	struct tally tally;
	struct peer peer;
};

FIXTURE_VARIANT(exits)
{
	bool lossy;
};

FIXTURE_VARIANT_ADD(exits, plain)
{
};

FIXTURE_VARIANT_ADD(exits, lossy)
{
	.lossy = true,
};

FIXTURE_SETUP(exits)
{
	ASSERT_EQ(0, host_unshare());
	if (variant->lossy)
		ASSERT_EQ(0, host_netem(NETEM_LOSSY));
	ASSERT_EQ(0, serve_start(&self->serve, URL, NULL, NULL, 0));
	httpq_set_timeout(self->serve.h, PEER_TIMEOUT);
	self->tally.handle = self->serve.h;
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
}

FIXTURE_TEARDOWN(exits)
{
	worker_kill(&self->worker);
	peer_close(&self->peer);
	serve_stop(&self->serve);
}

/* Where packets are lost, most of the time is that of TCP. */
static long lossy_count(bool lossy, long full, long small)
{
	return lossy ? soak_count(full / 20, small / 4) :
		       soak_count(full, small);
}

/*
 * struct taker - a thread that takes a request for others
 * @req: what it took
 */
struct taker {
	struct httpq *h;
	struct httpq_request *req;
	volatile pid_t tid;
};

static void *take_and_exit(void *arg)
{
	struct taker *taker = arg;

	taker->tid = gettid();
	if (httpq_receive(taker->h, &taker->req))
		taker->req = NULL;
	return NULL;
}

static void *answer(void *arg)
{
	struct httpq_request *req = arg;

	if (httpq_reply(req, 200, NULL, "other", 5))
		httpq_cancel(req);
	return NULL;
}

/* A thread has taken a request and exited; it is still to be joined. */
static struct httpq_request *take_in_thread(struct taker *taker,
					    pthread_t *thread)
{
	int64_t end = host_now() + PEER_TIMEOUT;

	taker->tid = 0;
	if (pthread_create(thread, NULL, take_and_exit, taker))
		return NULL;
	while (!taker->tid && host_now() < end)
		sched_yield();
	return thread_gone(taker->tid) ? taker->req : NULL;
}

TEST_F_TIMEOUT(exits, other_thread_answers, 3000)
{
	long i, rounds = lossy_count(variant->lossy, 500, 100);
	struct taker taker = { .h = self->serve.h };
	struct httpq_request *req;
	pthread_t first, second;

	for (i = 0; i < rounds; i++) {
		ask(&self->tally, &self->peer);
		req = take_in_thread(&taker, &first);
		ASSERT_NE(NULL, req);
		visit(&self->tally);
		if (i % 2)
			ASSERT_EQ(0, pthread_join(first, NULL));
		ASSERT_EQ(0, pthread_create(&second, NULL, answer, req));
		count(&self->tally, read_ok(&self->peer));
		if (i % 2 == 0)
			ASSERT_EQ(0, pthread_join(first, NULL));
		ASSERT_EQ(0, pthread_join(second, NULL));
		httpq_request_free(req);
	}
	EXPECT_ALL_GOOD(self->tally, 2 * rounds);
	EXPECT_NO_HARM();
}

static void *serve_for_ever(void *h)
{
	struct httpq_request *req;

	while (!httpq_receive(h, &req)) {
		httpq_reply(req, 200, NULL, "thread", 6);
		httpq_request_free(req);
	}
	return NULL;
}

/* The first thread takes a request, which makes the process the owner of the
 * handle, leaves another one to go on, and exits.
 */
static void work_leader_exits(struct httpq *h, int fd)
{
	struct httpq_request *req = worker_take(h);
	pthread_t thread;

	if (httpq_reply(req, 200, NULL, "leader", 6) ||
	    pthread_create(&thread, NULL, serve_for_ever, h))
		_exit(6);
	worker_say(fd, 0);
	pthread_exit(NULL);
}

/* exit_group() ends a handle, the end of a thread does not. */
TEST_F_TIMEOUT(exits, leader_exits, 3000)
{
	long long asked = 1;
	int64_t begin;

	ASSERT_EQ(0, worker_start(&self->worker, work_leader_exits, NULL));
	ask(&self->tally, &self->peer);
	count(&self->tally, read_ok(&self->peer));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	/* For longer than the kernel takes to find out who has died. */
	for (begin = host_now(); host_now() < begin + 3 * WATCH_MS; asked++) {
		ask(&self->tally, &self->peer);
		count(&self->tally, read_ok(&self->peer));
	}
	EXPECT_EQ(0, waitpid(self->worker.pid, NULL, WNOHANG));
	/* The last call may not have returned yet. */
	EXPECT_TRUE(host_wait_lines("queues", "test running 0 0 0600 0 0 2 ",
				    1, PEER_TIMEOUT));
	EXPECT_ALL_GOOD(self->tally, asked);
	EXPECT_NO_HARM();
}

/* -------------------------------------------------- another process answers */

/* The child of this process answers; both have the handle. */
static pid_t fork_answerer(struct httpq_request *req, unsigned int flags,
			   int go)
{
	pid_t pid = fork();
	char byte;

	if (pid)
		return pid;
	if (httpq_send(req, "child", 5, flags) != 5)
		_exit(1);
	/* Held between its final send and its exit. */
	if (read(go, &byte, 1) != 1)
		_exit(2);
	_exit(0);
}

/* Whether the child has exited well; it is not reaped. */
static bool child_exited(pid_t pid)
{
	siginfo_t info = {};

	return !waitid(P_PID, pid, &info, WEXITED | WNOWAIT) &&
	       info.si_code == CLD_EXITED && !info.si_status;
}

TEST_F_TIMEOUT(exits, forked_child_answers, 3000)
{
	long i, rounds = lossy_count(variant->lossy, 200, 40);
	struct tally *t = &self->tally;
	struct httpq_request *req;
	struct peer stays;
	int go[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	for (i = 0; i < rounds; i++) {
		ask(t, &self->peer);
		ASSERT_EQ(0, httpq_receive(self->serve.h, &req));
		pid = fork_answerer(req, i % 2 ? HTTPQ_SEND_DISCONNECT : 0,
				    go[0]);
		ASSERT_GT(pid, 0);
		look_after(t, &self->peer, i % 2);

		fill_gap(t, &self->peer, &stays, i % 4 < 2);
		ASSERT_EQ(1, write(go[1], "", 1));
		ASSERT_TRUE(child_exited(pid));

		empty_gap(t, &self->peer, &stays, i % 4 < 2);
		visit(t);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		httpq_request_free(req);
	}
	EXPECT_ALL_GOOD(*t, 5 * rounds);
	/* That the parent gives up what its child answered does no harm. */
	EXPECT_NO_HARM();
	close(go[0]);
	close(go[1]);
}

/*
 * struct helper - a process that has nothing but a socket
 * @fd: our end
 */
struct helper {
	pid_t pid;
	int fd;
};

/* Gets a handle and the number of a request, and answers it. */
static void help(int fd)
{
	int handle = worker_receive_fd(fd);
	uint64_t id;

	if (handle < 0 || read(fd, &id, sizeof(id)) != sizeof(id))
		_exit(1);
	worker_say(fd, raw_reply(handle, id, 200, "helper"));
	/* Half of them close it before they exit. */
	if (worker_hear(fd))
		close(handle);
	worker_say(fd, 0);
	_exit(worker_hear(fd));
}

static int helper_start(struct helper *helper)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -errno;
	helper->pid = fork();
	if (!helper->pid) {
		close(fds[0]);
		help(fds[1]);
	}
	close(fds[1]);
	helper->fd = fds[0];
	return helper->pid < 0 ? -errno : 0;
}

FIXTURE(passed)
{
	struct serve serve;
	struct helper helpers[HELPERS];
	struct tally tally;
	struct peer peer;
};

FIXTURE_VARIANT(passed)
{
	bool lossy;
	int helpers;
};

FIXTURE_VARIANT_ADD(passed, plain)
{
	.helpers = HELPERS,
};

FIXTURE_VARIANT_ADD(passed, lossy)
{
	.lossy = true,
	.helpers = HELPERS / 5,
};

/* They come before the handle, so that they don't inherit it. */
FIXTURE_SETUP(passed)
{
	int i;

	for (i = 0; i < variant->helpers; i++)
		ASSERT_EQ(0, helper_start(&self->helpers[i]));
	ASSERT_EQ(0, host_unshare());
	if (variant->lossy)
		ASSERT_EQ(0, host_netem(NETEM_LOSSY));
	ASSERT_EQ(0, serve_start(&self->serve, URL, NULL, NULL, 0));
	httpq_set_timeout(self->serve.h, PEER_TIMEOUT);
	self->tally.handle = self->serve.h;
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
}

FIXTURE_TEARDOWN(passed)
{
	int i;

	for (i = 0; i < variant->helpers; i++) {
		close(self->helpers[i].fd);
		kill(self->helpers[i].pid, SIGKILL);
		waitpid(self->helpers[i].pid, NULL, 0);
	}
	peer_close(&self->peer);
	serve_stop(&self->serve);
}

TEST_F_TIMEOUT(passed, by_scm_rights, 3000)
{
	struct tally *t = &self->tally;
	struct httpq_request *req;
	struct peer stays;
	uint64_t id;
	int i;

	for (i = 0; i < variant->helpers; i++) {
		struct helper *helper = &self->helpers[i];

		ask(t, &self->peer);
		ASSERT_EQ(0, httpq_receive(self->serve.h, &req));
		id = httpq_id(req);
		ASSERT_EQ(0, worker_send_fd(helper->fd,
					    httpq_fd(self->serve.h)));
		ASSERT_EQ(sizeof(id), write(helper->fd, &id, sizeof(id)));
		ASSERT_EQ(0, worker_hear(helper->fd));
		count(t, read_ok(&self->peer));

		fill_gap(t, &self->peer, &stays, i & 2);
		worker_say(helper->fd, i % 2);
		ASSERT_EQ(0, worker_hear(helper->fd));
		empty_gap(t, &self->peer, &stays, i & 2);

		fill_gap(t, &self->peer, &stays, i & 2);
		worker_say(helper->fd, 0);
		ASSERT_TRUE(child_exited(helper->pid));
		empty_gap(t, &self->peer, &stays, i & 2);
		httpq_request_free(req);
	}
	EXPECT_ALL_GOOD(*t, 7 * variant->helpers);
	EXPECT_NO_HARM();
}

/* --------------------------------------------- a pool of threads under load */

#define POOL 6
#define CLIENTS 8

/*
 * struct pool - threads of which each answers a few requests and exits
 * @stop: no new ones
 * @exits: how many have exited
 */
struct pool {
	struct httpq *h;
	volatile bool stop;
	volatile long exits;
};

static void *answer_a_few(void *arg)
{
	struct pool *pool = arg;
	struct httpq_request *req;
	int i, n = 1 + gettid() % 5;

	for (i = 0; i < n && !pool->stop; i++) {
		if (httpq_receive(pool->h, &req))
			break;
		httpq_send(req, "pool", 4,
			   i % 3 ? 0 : HTTPQ_SEND_DISCONNECT);
		httpq_request_free(req);
	}
	return NULL;
}

/* Keeps one thread of the pool, and another one after it. */
static void *keep_one(void *arg)
{
	struct pool *pool = arg;
	pthread_t thread;

	while (!pool->stop) {
		if (pthread_create(&thread, NULL, answer_a_few, pool))
			break;
		pthread_join(thread, NULL);
		__atomic_add_fetch(&pool->exits, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/*
 * struct client - one that asks again and again
 * @n: how often
 */
struct client {
	pthread_t thread;
	struct tally tally;
	long n;
};

/* After a response that says so the connection ends, in order. */
static int ask_once(struct peer *p)
{
	struct reply r;
	const char *field;
	int err;

	if (p->fd < 0) {
		err = peer_connect(p, "127.0.0.1", PORT);
		if (err)
			return err;
	}
	err = peer_puts(p, GET);
	if (!err)
		err = peer_reply(p, "GET", &r);
	if (err)
		return err;
	field = reply_field(&r, "Connection");
	if (r.status != 200)
		err = -EBADMSG;
	else if (field && !strcmp(field, "close"))
		err = peer_wait_close(p, PEER_TIMEOUT) ?: 1;
	reply_free(&r);
	return err;
}

static void *client(void *arg)
{
	struct client *c = arg;
	struct peer p = { .fd = -1 };
	int err;

	while (c->tally.good < c->n && !c->tally.resets && !c->tally.other) {
		err = ask_once(&p);
		count(&c->tally, err < 0 ? err : 0);
		if (err)
			peer_close(&p);
	}
	if (p.fd >= 0)
		peer_close(&p);
	return NULL;
}

TEST_F_TIMEOUT(exits, pool_under_load, 3000)
{
	struct pool pool = { .h = self->serve.h };
	long n = lossy_count(variant->lossy, 500, 60);
	struct client clients[CLIENTS];
	pthread_t keepers[POOL];
	int i;

	/* It would be idle for too long where there are many requests. */
	peer_close(&self->peer);
	/* So that its threads come to an end by themselves. */
	httpq_set_timeout(pool.h, 200);
	for (i = 0; i < POOL; i++)
		ASSERT_EQ(0, pthread_create(&keepers[i], NULL, keep_one,
					    &pool));
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){ .n = n };
		ASSERT_EQ(0, pthread_create(&clients[i].thread, NULL, client,
					    &clients[i]));
	}
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(0, pthread_join(clients[i].thread, NULL));
		EXPECT_ALL_GOOD(clients[i].tally, n);
	}
	pool.stop = true;
	for (i = 0; i < POOL; i++)
		ASSERT_EQ(0, pthread_join(keepers[i], NULL));
	/* As it was meant: threads came and went all the time. */
	EXPECT_LE(CLIENTS * n / 10, pool.exits);
	EXPECT_NO_HARM();
}

TEST_HARNESS_MAIN
