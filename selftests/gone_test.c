// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of requests when the worker that has them is killed, dumps
 * core, calls exec, hands its handle on or hangs in a page fault.
 * kernels: uml debug 6.12 6.1
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "peer.h"
#include "serve.h"
#include "worker.h"

#define PORT 8080
/* What the end of a namespace may take, in ms: guarantee G8. */
#define STOP host_scale(5000, 15000)
#define URL "http://*:8080/"
#define BIG 250000
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static void pattern(char *to, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = 'a' + i % 23 + i / 65536;
}

/* One transfer that wants requests. */
static int transfer(struct httpq *h, void *buf, size_t len,
		    struct httpq_event *events, unsigned int nr)
{
	struct httpq_transfer t = {
		.events = (uintptr_t)events,
		.nr_events = nr,
		.buf = (uintptr_t)buf,
		.buf_len = len,
		.timeout_ms = -1,
	};
	int err = httpq_transfer(h, &t);

	return err ? err : t.out_events;
}

/* ------------------------------------------- where a worker can be killed */

static void work_waiting(struct httpq *h, int fd)
{
	worker_say(fd, 0);
	worker_take(h);
}

/* Three requests that did not fit. */
static void work_reserved(struct httpq *h, int fd)
{
	struct httpq_event event;
	uint64_t small[2];
	int i;

	for (i = 0; i < 3; i++)
		if (transfer(h, small, sizeof(small), &event, 1) != 1 ||
		    event.status != -EMSGSIZE)
			_exit(5);
	worker_say(fd, 0);
}

/* The first of a batch can't be copied to where it is wanted. */
static void work_copying(struct httpq *h, int fd)
{
	struct httpq_event events[8];
	void *page = worker_fault_page(65536);

	worker_say(fd, 0);
	transfer(h, page, 65536, events, 8);
}

static void work_delivered(struct httpq *h, int fd)
{
	worker_take(h);
	worker_say(fd, 0);
}

static void work_body(struct httpq *h, int fd)
{
	char buf[1000];

	worker_say(fd, httpq_read_body(worker_take(h), buf, sizeof(buf)));
}

static void work_head(struct httpq *h, int fd)
{
	struct httpq_request *req = worker_take(h);

	httpq_set_status(req, 200);
	worker_say(fd, httpq_send(req, NULL, 0, HTTPQ_SEND_MORE));
}

static void work_half(struct httpq *h, int fd)
{
	struct httpq_request *req = worker_take(h);

	httpq_set_status(req, 200);
	worker_say(fd, httpq_send(req, "half", 4, HTTPQ_SEND_MORE));
}

static void work_half_length(struct httpq *h, int fd)
{
	struct httpq_request *req = worker_take(h);

	httpq_set_status(req, 200);
	httpq_add_header(req, "Content-Length", "8");
	worker_say(fd, httpq_send(req, "half", 4, HTTPQ_SEND_MORE));
}

static void work_done(struct httpq *h, int fd)
{
	static char body[BIG];

	pattern(body, BIG);
	worker_say(fd, httpq_reply(worker_take(h), 200, NULL, body, BIG));
}

static void work_exec(struct httpq *h, int fd)
{
	worker_take(h);
	worker_say(fd, 0);
	execlp("sleep", "sleep", "1000", NULL);
}

static void work_abort(struct httpq *h, int fd)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &limit);
	/* More than a pipe takes: the dump can't end unless it is read. */
	if (!mmap(NULL, 1 << 24, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0))
		_exit(6);
	worker_take(h);
	worker_say(fd, 0);
	abort();
}

/* Its child keeps the descriptor and, when told to, tries it. */
static void work_fork(struct httpq *h, int fd)
{
	struct httpq_request *req = worker_take(h);
	pid_t pid = fork();
	int told;

	if (pid) {
		worker_say(fd, pid);
		return;
	}
	/* The runner waits until everyone has closed its output. */
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	if (read(fd, &told, sizeof(told)) == sizeof(told))
		worker_say(fd, httpq_reply(req, 200, NULL, "late", 4));
	_exit(0);
}

/* ------------------------------------------------------------- the killing */

FIXTURE(gone)
{
	struct serve other;
	struct worker worker;
	struct peer peer;
};

FIXTURE_SETUP(gone)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, serve_start(&self->other, URL, NULL, NULL, 0));
	ASSERT_EQ(0, host_run("httpq queue set test redeliver never"));
	httpq_set_timeout(self->other.h, PEER_TIMEOUT);
}

FIXTURE_TEARDOWN(gone)
{
	worker_kill(&self->worker);
	serve_stop(&self->other);
}

/* The other worker takes a request for @target and answers it. */
static int other_serves(struct serve *other, const char *target)
{
	struct httpq_request *req;
	int err = httpq_receive(other->h, &req);

	if (err)
		return err;
	if (!httpq_str_is(httpq_target(req), target))
		err = -EBADMSG;
	else
		err = httpq_reply(req, 200, NULL, target, strlen(target));
	httpq_request_free(req);
	return err;
}

/* A request and its answer by the other worker: status or -errno. */
static int ask_other(struct peer *p, struct serve *other)
{
	struct reply r;
	int err;

	err = peer_puts(p, GET);
	if (!err)
		err = other_serves(other, "/");
	if (!err)
		err = peer_reply(p, "GET", &r);
	if (err)
		return err;
	err = r.status;
	reply_free(&r);
	return err;
}

TEST_F(gone, waiting)
{
	ASSERT_EQ(0, worker_start(&self->worker, work_waiting, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	ASSERT_TRUE(worker_wait_asleep(self->worker.pid));
	ASSERT_EQ(1, host_lines("queues", "test running 0 0 0600 0 0 2 "));
	worker_kill(&self->worker);
	EXPECT_EQ(1, host_lines("queues", "test running 0 0 0600 0 0 1 "));

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	EXPECT_EQ(200, ask_other(&self->peer, &self->other));
	peer_close(&self->peer);
}

/* Unread requests, taken by a worker in one way or another. */
FIXTURE(unread)
{
	struct serve other;
	struct worker worker;
	struct peer peers[5];
};

FIXTURE_VARIANT(unread)
{
	work_fn work;
	int returned;
};

FIXTURE_VARIANT_ADD(unread, reserved)
{
	.work = work_reserved,
	.returned = 3,
};

FIXTURE_VARIANT_ADD(unread, copying)
{
	.work = work_copying,
	.returned = 1,
};

FIXTURE_SETUP(unread)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, serve_start(&self->other, URL, NULL, NULL, 0));
	ASSERT_EQ(0, host_run("httpq queue set test redeliver never"));
	httpq_set_timeout(self->other.h, PEER_TIMEOUT);
}

FIXTURE_TEARDOWN(unread)
{
	worker_kill(&self->worker);
	serve_stop(&self->other);
}

TEST_F(unread, in_order)
{
	char text[64];
	struct reply r;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, peer_connect(&self->peers[i], "127.0.0.1", PORT));
		snprintf(text, sizeof(text),
			 "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
		ASSERT_EQ(0, peer_puts(&self->peers[i], text));
		ASSERT_EQ(i + 1, host_wait_stat("requests_queued", i + 1,
						PEER_TIMEOUT));
	}
	ASSERT_EQ(0, worker_start(&self->worker, variant->work, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	ASSERT_TRUE(worker_wait_asleep(self->worker.pid));
	snprintf(text, sizeof(text), "test running 0 0 0600 %d %d 2 ",
		 5 - variant->returned, variant->returned);
	ASSERT_TRUE(host_wait_lines("queues", text, 1, PEER_TIMEOUT));
	worker_kill(&self->worker);
	EXPECT_EQ(variant->returned, host_stat("requests_returned"));
	EXPECT_EQ(0, host_stat("requests_delivered"));
	for (i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "/%d", i);
		ASSERT_EQ(0, other_serves(&self->other, text));
		ASSERT_EQ(0, peer_reply(&self->peers[i], "GET", &r));
		EXPECT_EQ(200, r.status);
		EXPECT_STREQ(text, r.body);
		reply_free(&r);
		peer_close(&self->peers[i]);
	}
	EXPECT_EQ(0, host_stat("worker_gone"));
	EXPECT_EQ(0, host_stat("answers_kernel"));
}

/* Delivered ones that can't be repeated. */
static int killed(struct peer *p, struct worker *w, work_fn fn,
		  const char *request)
{
	int err;

	err = peer_connect(p, "127.0.0.1", PORT);
	if (!err)
		err = peer_puts(p, request);
	if (!err)
		err = worker_start(w, fn, NULL);
	if (!err)
		err = worker_hear(w->fd);
	if (err >= 0)
		worker_kill(w);
	return err;
}

TEST_F(gone, delivered)
{
	struct reply r;

	ASSERT_EQ(0, killed(&self->peer, &self->worker, work_delivered, GET));
	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(502, r.status);
	reply_free(&r);
	EXPECT_EQ(1, host_stat("worker_gone"));
	EXPECT_EQ(200, ask_other(&self->peer, &self->other));
	peer_close(&self->peer);
}

TEST_F(gone, body_half_read)
{
	char text[10100];
	struct reply r;
	int n;

	n = snprintf(text, sizeof(text), "POST / HTTP/1.1\r\nHost: a\r\n"
		     "Content-Length: 10000\r\n\r\n");
	memset(text + n, 'x', 10000);
	text[n + 10000] = 0;
	ASSERT_EQ(1000, killed(&self->peer, &self->worker, work_body, text));
	ASSERT_EQ(0, peer_reply(&self->peer, "POST", &r));
	EXPECT_EQ(502, r.status);
	reply_free(&r);
	/* The rest of the body does not pass for a request. */
	EXPECT_EQ(200, ask_other(&self->peer, &self->other));
	EXPECT_EQ(2, host_stat("requests_queued"));
	peer_close(&self->peer);
}

FIXTURE(begun)
{
	struct serve other;
	struct worker worker;
	struct peer peer;
};

FIXTURE_VARIANT(begun)
{
	work_fn work;
	const char *request;
	int sent;
	int result;
};

FIXTURE_VARIANT_ADD(begun, head)
{
	.work = work_head,
	.request = GET,
	.sent = 0,
	.result = -EPIPE,
};

FIXTURE_VARIANT_ADD(begun, chunks)
{
	.work = work_half,
	.request = GET,
	.sent = 4,
	.result = -EPIPE,
};

FIXTURE_VARIANT_ADD(begun, length)
{
	.work = work_half_length,
	.request = GET,
	.sent = 4,
	.result = -EPIPE,
};

/* Here the end of the connection is the end of the body: only RST tells. */
FIXTURE_VARIANT_ADD(begun, close)
{
	.work = work_half,
	.request = "GET / HTTP/1.0\r\n\r\n",
	.sent = 4,
	.result = -ECONNRESET,
};

FIXTURE_SETUP(begun)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, serve_start(&self->other, URL, NULL, NULL, 0));
	ASSERT_EQ(0, host_run("httpq queue set test redeliver never"));
}

FIXTURE_TEARDOWN(begun)
{
	worker_kill(&self->worker);
	serve_stop(&self->other);
}

TEST_F(begun, visibly_broken)
{
	struct reply r;

	ASSERT_EQ(variant->sent, killed(&self->peer, &self->worker,
					variant->work, variant->request));
	EXPECT_EQ(variant->result, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(200, r.status);
	EXPECT_FALSE(r.complete);
	reply_free(&r);
	EXPECT_EQ(1, host_stat("worker_gone"));
	EXPECT_EQ(1, host_stat("responses_broken"));
	EXPECT_EQ(0, host_stat("answers_kernel"));
	peer_close(&self->peer);
	EXPECT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
}

/* What was handed in completely arrives, however slowly it is read. */
TEST_F(gone, done)
{
	char *body = malloc(BIG);
	int small = 32768;
	struct reply r;

	pattern(body, BIG);
	host_sysctl("sndbuf", 16384);
	ASSERT_EQ(0, httpq_unbind(self->other.h, URL));
	ASSERT_EQ(0, httpq_bind(self->other.h, URL, 0));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	setsockopt(self->peer.fd, SOL_SOCKET, SO_RCVBUF, &small,
		   sizeof(small));
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	ASSERT_EQ(0, worker_start(&self->worker, work_done, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	worker_kill(&self->worker);
	EXPECT_EQ(1, host_lines("queues", "test running 0 0 0600 0 0 1 "));

	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(200, r.status);
	ASSERT_EQ(BIG, r.body_len);
	EXPECT_EQ(0, memcmp(body, r.body, BIG));
	reply_free(&r);
	EXPECT_EQ(200, ask_other(&self->peer, &self->other));
	EXPECT_EQ(0, host_stat("worker_gone"));
	peer_close(&self->peer);
	free(body);
}

/* ------------------------------------ exits that leave a descriptor behind */

TEST_F(gone, forked_child_keeps_descriptor)
{
	struct reply r;
	pid_t child;

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	ASSERT_EQ(0, worker_start(&self->worker, work_fork, NULL));
	child = worker_hear(self->worker.fd);
	ASSERT_GT(child, 0);
	kill(self->worker.pid, SIGKILL);
	waitpid(self->worker.pid, NULL, 0);
	self->worker.pid = 0;

	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(502, r.status);
	reply_free(&r);
	EXPECT_EQ(0, kill(child, 0));
	EXPECT_EQ(1, host_lines("queues", "test running 0 0 0600 0 0 1 "));
	worker_say(self->worker.fd, 0);
	EXPECT_EQ(-ESHUTDOWN, worker_hear(self->worker.fd));
	EXPECT_EQ(200, ask_other(&self->peer, &self->other));
	close(self->worker.fd);
	peer_close(&self->peer);
}

TEST_F(gone, exec)
{
	struct reply r;

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	ASSERT_EQ(0, worker_start(&self->worker, work_exec, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(502, r.status);
	reply_free(&r);
	EXPECT_EQ(0, waitpid(self->worker.pid, NULL, WNOHANG));
	EXPECT_EQ(1, host_lines("queues", "test running 0 0 0600 0 0 1 "));
	peer_close(&self->peer);
}

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

static void core_pattern(const char *text)
{
	int fd = open(CORE_PATTERN, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(CORE_PATTERN);
	close(fd);
}

FIXTURE(core)
{
	struct serve other;
	struct worker worker;
	struct peer peer;
	char pattern[256];
};

FIXTURE_SETUP(core)
{
	int fd = open(CORE_PATTERN, O_RDONLY | O_CLOEXEC);

	ASSERT_GT(read(fd, self->pattern, sizeof(self->pattern) - 1), 0);
	close(fd);
	core_pattern("|/bin/sleep 3");
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, serve_start(&self->other, URL, NULL, NULL, 0));
	ASSERT_EQ(0, host_run("httpq queue set test redeliver never"));
	httpq_set_timeout(self->other.h, PEER_TIMEOUT);
}

FIXTURE_TEARDOWN(core)
{
	core_pattern(self->pattern);
	worker_kill(&self->worker);
	serve_stop(&self->other);
}

/* The dump takes as long as the program that it is piped to. */
TEST_F(core, dump_hangs)
{
	struct reply r;
	int64_t begin;

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	ASSERT_EQ(0, worker_start(&self->worker, work_abort, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	begin = host_now();
	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_GT(1500, host_now() - begin);
	EXPECT_EQ(502, r.status);
	reply_free(&r);
	/* And the process is still there. */
	EXPECT_EQ(0, waitpid(self->worker.pid, NULL, WNOHANG));
	EXPECT_EQ(1, host_lines("queues", "test running 0 0 0600 0 0 1 "));
	EXPECT_EQ(200, ask_other(&self->peer, &self->other));
	EXPECT_EQ(0, waitpid(self->worker.pid, NULL, WNOHANG));
	peer_close(&self->peer);
}

/* ------------------------------------------------ nobody's exit closes it */

static void *take_and_exit(void *h)
{
	return worker_take(h);
}

TEST_F(gone, receiver_thread_exits)
{
	struct httpq_request *req;
	pthread_t thread;
	struct reply r;
	int i;

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, peer_puts(&self->peer, GET));
		ASSERT_EQ(0, pthread_create(&thread, NULL, take_and_exit,
					    self->other.h));
		ASSERT_EQ(0, pthread_join(thread, (void **)&req));
		ASSERT_EQ(0, httpq_reply(req, 200, NULL, "thread", 6));
		httpq_request_free(req);
		ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
		EXPECT_STREQ("thread", r.body);
		reply_free(&r);
	}
	peer_close(&self->peer);
}

TEST_F(gone, forked_child_answers_and_exits)
{
	struct httpq_request *req;
	struct reply r;
	int i, status;
	pid_t pid;

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, peer_puts(&self->peer, GET));
		ASSERT_EQ(0, httpq_receive(self->other.h, &req));
		pid = fork();
		if (!pid)
			_exit(httpq_reply(req, 200, NULL, "child", 5) ? 1 : 0);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
		EXPECT_STREQ("child", r.body);
		reply_free(&r);
		httpq_request_free(req);
	}
	peer_close(&self->peer);
}

/* Opens, binds and hands on, without ever receiving. */
static void work_hand_on(struct httpq *h, int fd)
{
	if (httpq_bind(h, "http://*:8081/", 0) || worker_send_fd(fd, httpq_fd(h)))
		_exit(7);
}

TEST_F(gone, handed_on_by_scm_rights)
{
	struct serve moved = {};
	struct peer early;

	/* So that what comes can only come to the handle that moved. */
	ASSERT_EQ(0, worker_start(&self->worker, work_hand_on, NULL));
	ASSERT_EQ(0, httpq_adopt(&moved.h, worker_receive_fd(self->worker.fd)));
	httpq_set_timeout(moved.h, PEER_TIMEOUT);
	ASSERT_EQ(0, peer_connect(&early, "127.0.0.1", 8081));
	EXPECT_EQ(200, ask_other(&early, &moved));
	worker_kill(&self->worker);
	EXPECT_EQ(200, ask_other(&early, &moved));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8081));
	EXPECT_EQ(200, ask_other(&self->peer, &moved));
	peer_close(&self->peer);
	peer_close(&early);
	httpq_close(moved.h);
}

/* ------------------------------------------------- a worker's slow memory */

static void fault_receive(struct httpq *h, int fd)
{
	struct httpq_event event;
	void *page = worker_fault_page(65536);

	worker_say(fd, 0);
	transfer(h, page, 65536, &event, 1);
}

static void fault_events(struct httpq *h, int fd)
{
	static uint64_t buf[8192];
	void *page = worker_fault_page(65536);

	worker_say(fd, 0);
	transfer(h, buf, sizeof(buf), page, 1);
}

static void fault_send(struct httpq *h, int fd)
{
	void *page = worker_fault_page(65536);

	worker_say(fd, 0);
	httpq_reply(worker_take(h), 200, NULL, page, 65536);
}

static void fault_body(struct httpq *h, int fd)
{
	void *page = worker_fault_page(65536);

	worker_say(fd, 0);
	httpq_read_body(worker_take(h), page, 65536);
}

FIXTURE(fault)
{
	struct pair pair;
	struct serve other;
	struct worker worker;
};

FIXTURE_VARIANT(fault)
{
	work_fn work;
};

FIXTURE_VARIANT_ADD(fault, receive)
{
	.work = fault_receive,
};

FIXTURE_VARIANT_ADD(fault, events)
{
	.work = fault_events,
};

FIXTURE_VARIANT_ADD(fault, send)
{
	.work = fault_send,
};

FIXTURE_VARIANT_ADD(fault, body)
{
	.work = fault_body,
};

FIXTURE_SETUP(fault)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, pair_create(&self->pair));
	ASSERT_EQ(0, pair_enter_far(&self->pair));
	ASSERT_EQ(0, serve_start(&self->other, URL, NULL, NULL, 0));
	ASSERT_EQ(0, host_run("httpq queue set test redeliver never"));
	httpq_set_timeout(self->other.h, PEER_TIMEOUT);
	ASSERT_EQ(0, pair_enter_near(&self->pair));
	ASSERT_EQ(0, worker_start(&self->worker, variant->work,
				  &self->pair));
}

FIXTURE_TEARDOWN(fault)
{
	worker_kill(&self->worker);
	serve_stop(&self->other);
}

TEST_F(fault, holds_up_nobody)
{
	struct httpq_request *req = NULL;
	struct peer stuck, p;
	int64_t begin;
	int i;

	ASSERT_EQ(0, worker_hear(self->worker.fd));
	ASSERT_EQ(0, peer_connect(&stuck, PAIR_FAR, PORT));
	ASSERT_EQ(0, peer_puts(&stuck, "POST / HTTP/1.1\r\nHost: a\r\n"
				       "Content-Length: 5\r\n\r\nhello"));
	/* Taken from the queue, and the worker sleeps on it. */
	ASSERT_TRUE(pair_wait_lines(&self->pair, "queues",
				    "test running 0 0 0600 0 1 2 ", 1,
				    PEER_TIMEOUT));
	ASSERT_TRUE(worker_wait_asleep(self->worker.pid));

	begin = host_now();
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, peer_connect(&p, PAIR_FAR, PORT));
		ASSERT_EQ(200, ask_other(&p, &self->other));
		peer_close(&p);
	}
	EXPECT_GT(STOP, host_now() - begin);
	begin = pair_delete(&self->pair, STOP);
	EXPECT_GE(begin, 0);
	EXPECT_LE(begin, STOP);
	EXPECT_EQ(-ENODEV, httpq_receive(self->other.h, &req));
	EXPECT_EQ(0, waitpid(self->worker.pid, NULL, WNOHANG));
	worker_kill(&self->worker);
	peer_close(&stuck);
}

/* ------------------------------------------------------------- bystanders */

/* Spends all its time where softirqs can find it. */
static pid_t burn(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	for (;;)
		getppid();
}

/* Large enough to be on its way when the client resets. */
static void serve_big(struct httpq_request *req, void *data)
{
	static char body[BIG];

	httpq_reply(req, 200, NULL, body, sizeof(body));
	httpq_request_free(req);
}

static void work_big(struct httpq *h, int fd)
{
	signal(SIGPIPE, SIG_DFL);
	worker_say(fd, 0);
	for (;;)
		serve_big(worker_take(h), NULL);
}

TEST_F(gone, nobody_gets_sigpipe)
{
	long i, rounds = host_scale(1000, 200);
	pid_t bystander = burn();
	struct peer p;

	ASSERT_GT(bystander, 0);
	ASSERT_EQ(0, worker_start(&self->worker, work_big, NULL));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, peer_connect(&p, "127.0.0.1", PORT));
		ASSERT_EQ(0, peer_puts(&p, GET GET GET));
		/* At all stages: some before an answer, some in the middle. */
		if (i % 2)
			host_wait_stat("responses", i / 2 + 1, 5);
		peer_reset(&p);
	}
	/* The last ones may not even have been accepted yet. */
	EXPECT_EQ(rounds, host_wait_stat("conns_closed", rounds, PEER_TIMEOUT));
	EXPECT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
	EXPECT_EQ(0, waitpid(self->worker.pid, NULL, WNOHANG));
	EXPECT_EQ(0, waitpid(bystander, NULL, WNOHANG));
	kill(bystander, SIGKILL);
	waitpid(bystander, NULL, 0);
}

TEST_HARNESS_MAIN
