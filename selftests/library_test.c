// SPDX-License-Identifier: GPL-2.0
/*
 * libhttpq with the module: what a worker written with it does when it begins,
 * when it is told to go, and when its client went; and what the log hears.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <httpq.h>

#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "log.h"
#include "peer.h"
#include "raw.h"
#include "worker.h"

#define PORT 8080
#define URL "http://*:8080/"
#define GET "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
/* Longer than the socket buffers of both ends: it can't all be sent. */
#define LARGE (8 * 1024 * 1024)

FIXTURE(library)
{
	struct httpq *h;
	struct peer peer;
	struct log log;
};

FIXTURE_SETUP(library)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, log_open(&self->log));
	ASSERT_EQ(0, httpq_open(&self->h, "test", HTTPQ_OPEN_CREATE));
	ASSERT_EQ(0, httpq_bind(self->h, URL, 0));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
}

FIXTURE_TEARDOWN(library)
{
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
	httpq_close(self->h);
	log_close(&self->log);
}

/* The next request of the fixture's client. */
static struct httpq_request *take(struct httpq *h, struct peer *peer)
{
	struct httpq_request *req = NULL;

	if (peer_puts(peer, GET) || httpq_receive(h, &req))
		return NULL;
	return req;
}

/* ----------------------------------------------------------------- the log */

TEST_F(library, log_data)
{
	struct httpq_request *req = take(self->h, &self->peer);
	const struct httpq_log_record *r;

	ASSERT_NE(NULL, req);
	ASSERT_EQ(0, httpq_set_log(req, "ann", 7, "a note"));
	ASSERT_EQ(0, httpq_reply(req, 404, NULL, "x", 1));
	httpq_request_free(req);
	EXPECT_EQ(404, peer_status(&self->peer, ""));
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_STREQ("access 404 - sent HTTP/1.1 GET /a", log_line(r));
	EXPECT_STREQ("ann", log_text(r, r->user));
	EXPECT_STREQ("a note", log_text(r, r->note));
	EXPECT_EQ(7, r->substatus);
}

/* The connection goes on; the record waits. */
TEST_F(library, end_later)
{
	struct httpq_request *req = take(self->h, &self->peer), *next;
	const struct httpq_log_record *r;

	ASSERT_NE(NULL, req);
	ASSERT_EQ(0, httpq_add_header_u64(req, "Content-Length", 2));
	ASSERT_EQ(2, httpq_send(req, "ok", 2, HTTPQ_SEND_MORE));
	EXPECT_EQ(200, peer_status(&self->peer, ""));
	next = take(self->h, &self->peer);
	ASSERT_NE(NULL, next);
	ASSERT_EQ(0, httpq_reply(next, 201, NULL, "", 0));
	httpq_request_free(next);
	EXPECT_EQ(201, peer_status(&self->peer, ""));
	EXPECT_EQ(1, host_lines("zombies", ""));
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(201, r->status);
	ASSERT_EQ(0, httpq_set_log(req, "ann", 0, NULL));
	EXPECT_EQ(0, httpq_end(req));
	httpq_request_free(req);
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(HTTPQ_LOG_ACCESS, r->kind);
	EXPECT_EQ(200, r->status);
	EXPECT_STREQ("ann", log_text(r, r->user));
	EXPECT_EQ(0, host_lines("zombies", ""));
}

/* ------------------------------------------------------- clients that leave */

/* A response of which a part is out, and no client any more. */
static struct httpq_request *leave(struct httpq *h, struct peer *peer)
{
	struct httpq_request *req = take(h, peer);

	if (!req || httpq_send(req, "a", 1, HTTPQ_SEND_MORE) != 1)
		return NULL;
	peer_reset(peer);
	if (!host_wait_lines("zombies", "", 1, PEER_TIMEOUT))
		return NULL;
	return req;
}

TEST_F(library, client_gone_and_end)
{
	struct httpq_request *req = leave(self->h, &self->peer);
	const struct httpq_log_record *r;

	ASSERT_NE(NULL, req);
	EXPECT_EQ(-ECONNRESET, httpq_send(req, "b", 1, HTTPQ_SEND_MORE));
	EXPECT_EQ(1, host_lines("zombies", ""));
	EXPECT_EQ(-ECONNRESET, httpq_end(req));
	EXPECT_EQ(0, host_lines("zombies", ""));
	httpq_request_free(req);
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(HTTPQ_LOG_ACCESS, r->kind);
	EXPECT_EQ(200, r->status);
	EXPECT_TRUE(r->flags & HTTPQ_LOG_LATE);
	EXPECT_EQ(0, log_skip(&self->log));
}

TEST_F(library, client_gone_and_given_up)
{
	struct httpq_request *req = leave(self->h, &self->peer);
	const struct httpq_log_record *r;

	ASSERT_NE(NULL, req);
	EXPECT_EQ(-ECONNRESET, httpq_send(req, "b", 1, HTTPQ_SEND_MORE));
	httpq_request_free(req);
	EXPECT_EQ(0, host_lines("zombies", ""));
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(HTTPQ_LOG_ERROR, r->kind);
	EXPECT_EQ(0, log_skip(&self->log));
}

TEST_F(library, client_gone_and_whole_answer)
{
	struct httpq_request *req = take(self->h, &self->peer);
	const struct httpq_log_record *r;

	ASSERT_NE(NULL, req);
	peer_reset(&self->peer);
	ASSERT_TRUE(host_wait_lines("zombies", "", 1, PEER_TIMEOUT));
	EXPECT_EQ(-ECONNRESET, httpq_reply(req, 404, NULL, "x", 1));
	httpq_request_free(req);
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(HTTPQ_LOG_ACCESS, r->kind);
	EXPECT_EQ(404, r->status);
	EXPECT_EQ(0, log_skip(&self->log));
}

static void *reset_soon(void *peer)
{
	usleep(100000);
	peer_reset(peer);
	return NULL;
}

/* It leaves while a part is being sent, which waits for it. */
TEST_F(library, client_leaves_a_send_that_waits)
{
	struct httpq_request *req = take(self->h, &self->peer);
	const struct httpq_log_record *r;
	char *body = calloc(1, LARGE);
	pthread_t thread;

	ASSERT_NE(NULL, req);
	ASSERT_NE(NULL, body);
	ASSERT_EQ(0, pthread_create(&thread, NULL, reset_soon, &self->peer));
	EXPECT_EQ(-ECONNRESET, httpq_send(req, body, LARGE, HTTPQ_SEND_MORE));
	pthread_join(thread, NULL);
	EXPECT_EQ(-ECONNRESET, httpq_end(req));
	httpq_request_free(req);
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(HTTPQ_LOG_ACCESS, r->kind);
	EXPECT_EQ(200, r->status);
	free(body);
}

/* ------------------------------------------------------------ workers leave */

static struct httpq *signaled;

static void stop(int sig)
{
	(void)sig;
	httpq_drain(signaled, 10000);
}

static void *kill_soon(void *thread)
{
	usleep(100000);
	pthread_kill(*(pthread_t *)thread, SIGTERM);
	return NULL;
}

/* The loop of libhttpq(3). */
TEST_F(library, drains_by_signal)
{
	struct sigaction action = { .sa_handler = stop };
	pthread_t self_id = pthread_self(), thread;
	struct httpq_request *req;
	int err;

	signaled = self->h;
	sigaction(SIGTERM, &action, NULL);
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	ASSERT_EQ(0, pthread_create(&thread, NULL, kill_soon, &self_id));
	do {
		err = httpq_receive(self->h, &req);
		if (!err) {
			EXPECT_EQ(0, httpq_reply(req, 200, NULL, "x", 1));
			httpq_request_free(req);
		}
	} while (!err || err == -EINTR);
	EXPECT_EQ(-ESHUTDOWN, err);
	pthread_join(thread, NULL);
	EXPECT_EQ(200, peer_status(&self->peer, ""));
}

static int serve_threads_ended(struct httpq *h, pthread_t *threads, int nr)
{
	void *result;
	int i, ended = 0;

	httpq_drain(h, 10000);
	for (i = 0; i < nr; i++) {
		pthread_join(threads[i], &result);
		ended += (intptr_t)result == -ESHUTDOWN;
	}
	return ended;
}

/* One system call for each request, the answer with it. */
static void *fused_thread(void *h)
{
	struct httpq_request *req = NULL;
	intptr_t err;

	do {
		err = req ? httpq_reply_and_receive(&req, 200, NULL, "x", 1) :
			    httpq_receive(h, &req);
	} while (!err || err == -EINTR);
	return (void *)err;
}

TEST_F(library, drain_ends_threads)
{
	pthread_t threads[8];
	int i, nr = 8;

	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, fused_thread,
					    self->h));
	for (i = 0; i < 100; i++)
		EXPECT_EQ(200, peer_status(&self->peer, GET));
	EXPECT_EQ(nr, serve_threads_ended(self->h, threads, nr));
}

/* Events of what is held still come, and -ESHUTDOWN after the last. */
TEST_F(library, event_loop_ends)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET }, got;
	struct httpq_request *req, *about;
	int epoll = epoll_create1(0);
	struct httpq_event e;
	struct httpq *h;
	char byte;

	httpq_close(self->h);
	ASSERT_EQ(0, httpq_open(&h, "test", HTTPQ_OPEN_NONBLOCK));
	self->h = h;
	ASSERT_EQ(0, httpq_bind(h, URL, 0));
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, httpq_fd(h), &event));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_puts(&self->peer, "POST /a HTTP/1.1\r\nHost: a\r\n"
			       "Content-Length: 1\r\n\r\n"));
	while (httpq_next_event(h, &e, &req))
		ASSERT_EQ(1, epoll_wait(epoll, &got, 1, PEER_TIMEOUT));
	EXPECT_EQ(-EAGAIN, httpq_read_body(req, &byte, 1));
	EXPECT_EQ(1, httpq_drain(h, 10000));
	ASSERT_EQ(1, epoll_wait(epoll, &got, 1, PEER_TIMEOUT));
	EXPECT_TRUE(got.events & EPOLLHUP);
	EXPECT_EQ(-EAGAIN, httpq_next_event(h, &e, &about));
	ASSERT_EQ(0, peer_puts(&self->peer, "b"));
	while (httpq_next_event(h, &e, &about))
		ASSERT_EQ(1, epoll_wait(epoll, &got, 1, PEER_TIMEOUT));
	EXPECT_EQ(HTTPQ_EVENT_BODY, e.type);
	EXPECT_TRUE(about == req);
	EXPECT_EQ(1, httpq_read_body(req, &byte, 1));
	EXPECT_EQ(0, httpq_reply(req, 200, NULL, "x", 1));
	httpq_request_free(req);
	EXPECT_EQ(-ESHUTDOWN, httpq_next_event(h, &e, &about));
	EXPECT_EQ(200, peer_status(&self->peer, ""));
	close(epoll);
}

TEST_F(library, redelivered)
{
	unsigned long long id = handle_newest().id;
	struct httpq_request *req = take(self->h, &self->peer);
	struct httpq *next;

	ASSERT_NE(NULL, req);
	EXPECT_EQ(0, httpq_redelivered(req));
	ASSERT_EQ(0, httpq_open(&next, "test", 0));
	EXPECT_EQ(0, host_run("httpq worker detach %llu", id));
	EXPECT_EQ(-ESHUTDOWN, httpq_reply(req, 200, NULL, "x", 1));
	EXPECT_EQ(-ESTALE, httpq_reply(req, 200, NULL, "x", 1));
	httpq_request_free(req);
	EXPECT_EQ(-ESHUTDOWN, httpq_receive(self->h, &req));
	ASSERT_EQ(0, httpq_receive(next, &req));
	EXPECT_EQ(1, httpq_redelivered(req));
	EXPECT_EQ(0, httpq_reply(req, 200, NULL, "x", 1));
	httpq_request_free(req);
	EXPECT_EQ(200, peer_status(&self->peer, ""));
	httpq_close(next);
}

/* ------------------------------------------------------------ workers begin */

TEST_F(library, deferred)
{
	unsigned int flags = HTTPQ_OPEN_DEFER | HTTPQ_OPEN_NONBLOCK;
	struct httpq_request *req;
	struct httpq *h;

	ASSERT_EQ(0, httpq_open(&h, "test", flags));
	ASSERT_EQ(0, peer_puts(&self->peer, GET));
	ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
	EXPECT_EQ(-EAGAIN, httpq_receive(h, &req));
	EXPECT_EQ(0, httpq_ready(h));
	ASSERT_EQ(0, httpq_receive(h, &req));
	EXPECT_EQ(0, httpq_reply(req, 200, NULL, "x", 1));
	httpq_request_free(req);
	EXPECT_EQ(200, peer_status(&self->peer, ""));
	httpq_close(h);
}

/* A process that waits for what is not a request. */
static pid_t wait_for_others(unsigned int open_flags, uint32_t flags)
{
	struct httpq_event event;
	struct httpq_transfer transfer = {
		.flags = flags,
		.events = (uintptr_t)&event,
		.nr_events = 1,
		.timeout_ms = -1,
	};
	struct httpq *h;
	pid_t pid;

	if (httpq_open(&h, "test", open_flags))
		return -1;
	pid = fork();
	if (!pid)
		_exit(httpq_transfer(h, &transfer) ? 1 : 0);
	httpq_close(h);
	return worker_wait_asleep(pid) ? pid : -1;
}

FIXTURE(waiter)
{
	struct httpq *h;
};

FIXTURE_VARIANT(waiter)
{
	unsigned int open_flags;
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(waiter, held) { .flags = HTTPQ_TRANSFER_HELD };
FIXTURE_VARIANT_ADD(waiter, deferred) { .open_flags = HTTPQ_OPEN_DEFER };

FIXTURE_SETUP(waiter)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, httpq_open(&self->h, "test", HTTPQ_OPEN_CREATE));
	ASSERT_EQ(0, httpq_bind(self->h, URL, 0));
}

FIXTURE_TEARDOWN(waiter)
{
	httpq_close(self->h);
}

/* It is first among those who wait, and not who is to be woken. */
TEST_F(waiter, is_passed_by)
{
	pid_t pid = wait_for_others(variant->open_flags, variant->flags);
	struct peer peer;
	pthread_t thread;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, peer_connect(&peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, pthread_create(&thread, NULL, fused_thread, self->h));
	usleep(100000);
	EXPECT_EQ(200, peer_status(&peer, GET));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(1, serve_threads_ended(self->h, &thread, 1));
	peer_close(&peer);
}

/* A worker without a network of its own, with a handle that was passed. */
static _Noreturn void run_passed(int fd)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", fd);
	setenv(HTTPQ_ENV_HANDLE_FD, text, 1);
	if (unshare(CLONE_NEWNET) || fcntl(fd, F_SETFD, 0))
		_exit(1);
	execlp("httpq-hello", "httpq-hello", "nosuchqueue", NULL);
	_exit(1);
}

TEST_F(library, passed_handle)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		run_passed(httpq_fd(self->h));
	EXPECT_EQ(200, peer_status(&self->peer, GET));
	EXPECT_EQ(pid, handle_newest().pid);
	kill(pid, SIGTERM);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* The process has become another program, which owns the handle. */
TEST_F(library, upgrade_in_place)
{
	struct httpq_request *req;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (httpq_receive(self->h, &req) ||
		    httpq_reply(req, 201, NULL, "x", 1))
			_exit(1);
		httpq_request_free(req);
		run_passed(httpq_fd(self->h));
	}
	EXPECT_EQ(201, peer_status(&self->peer, GET));
	EXPECT_EQ(200, peer_status(&self->peer, GET));
	kill(pid, SIGTERM);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
