// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of libhttpq against the fake of the kernel: workers that begin and
 * leave, clients that are gone, and what the log is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mock.h"
#include "test.h"

static const struct mock_request simple = {
	.id = 9,
	.method_id = HTTPQ_METHOD_GET,
	.method = "GET",
	.path = "/",
	.redelivered = 2,
};

static struct httpq *open_with(unsigned int flags)
{
	struct httpq *h = NULL;

	mock_reset();
	CHECK(!httpq_open(&h, "web", flags));
	return h;
}

static struct httpq_request *get(struct httpq *h)
{
	struct httpq_request *req = NULL;

	mock_add(&simple);
	CHECK(!httpq_receive(h, &req));
	return req;
}

static uint32_t attached_with(unsigned int flags)
{
	httpq_close(open_with(flags));
	return mock.attach.flags;
}

static void test_begin(void)
{
	struct httpq *h;

	CHECK(!attached_with(HTTPQ_OPEN_NONBLOCK));
	CHECK(attached_with(HTTPQ_OPEN_CONTROL) == HTTPQ_ATTACH_CONTROL);
	CHECK(attached_with(HTTPQ_OPEN_CREATE | HTTPQ_OPEN_EXCL) ==
	      (HTTPQ_ATTACH_CREATE | HTTPQ_ATTACH_EXCL));
	h = open_with(HTTPQ_OPEN_DEFER);
	CHECK(mock.attach.flags == HTTPQ_ATTACH_DEFER && !mock.readies);
	CHECK(!httpq_ready(h) && mock.readies == 1);
	httpq_close(h);
}

static void test_drain(void)
{
	struct httpq *h = open_with(0);
	struct httpq_request *req = get(h);

	mock.held = 1;
	CHECK(httpq_drain(h, 5000) == 1 && mock.deadline_ms == 5000);
	mock.foreign_fd = httpq_fd(h);
	errno = EDOM;
	CHECK(httpq_drain(h, 0) == -ENOTTY && errno == EDOM);
	mock.foreign_fd = -1;
	mock_add(&simple);
	CHECK(!httpq_reply(req, 200, NULL, "x", 1) && mock.ended == 1);
	httpq_request_free(req);
	mock.held = 0;
	CHECK(!httpq_drain(h, 0));
	CHECK(httpq_receive(h, &req) == -ESHUTDOWN);
	CHECK(httpq_receive(h, &req) == -ESHUTDOWN && !mock.cancels);
	httpq_close(h);
}

static void test_drain_fused(void)
{
	struct httpq *h = open_with(0);
	struct httpq_request *req = get(h);

	mock.draining = true;
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "x", 1) == -ESHUTDOWN);
	CHECK(!req && mock.ended == 1 && !mock.cancels);
	mock.draining = false;
	req = get(h);
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "x", 1) == -EINTR);
	CHECK(!req && mock.ended == 2);
	httpq_set_timeout(h, 5);
	req = get(h);
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "x", 1) == -ETIMEDOUT);
	CHECK(!req && mock.ended == 3);
	/* A signal, long before that. */
	httpq_set_timeout(h, 600000);
	req = get(h);
	CHECK(httpq_reply_and_receive(&req, 200, NULL, "x", 1) == -EINTR);
	CHECK(!req && mock.ended == 4);
	httpq_close(h);
}

/* The loop of an event-driven worker ends when it holds nothing. */
static void test_drain_events(void)
{
	struct httpq *h = open_with(HTTPQ_OPEN_NONBLOCK);
	struct httpq_request *req, *about;
	struct httpq_event e;
	unsigned int calls;

	mock_add(&simple);
	CHECK(!httpq_next_event(h, &e, &req));
	mock.held = 1;
	CHECK(httpq_drain(h, 0) == 1);
	CHECK(httpq_next_event(h, &e, &about) == -EAGAIN);
	mock.event = (struct httpq_event){ .id = 9,
					   .type = HTTPQ_EVENT_SPACE };
	calls = mock.transfers;
	CHECK(!httpq_next_event(h, &e, &about) && about == req);
	CHECK(mock.transfers == calls + 1);
	CHECK(!httpq_reply(req, 200, NULL, NULL, 0));
	httpq_request_free(req);
	mock.held = 0;
	CHECK(httpq_next_event(h, &e, &about) == -ESHUTDOWN);
	httpq_close(h);
}

static atomic_int ended;

static void *thread_main(void *arg)
{
	struct httpq_request *req;
	int err;

	do {
		err = httpq_receive(arg, &req);
		if (err)
			continue;
		CHECK(!httpq_reply(req, 200, NULL, "x", 1));
		httpq_request_free(req);
	} while (!err || err == -EAGAIN);
	if (err == -ESHUTDOWN)
		atomic_fetch_add(&ended, 1);
	return NULL;
}

static void test_drain_threads(void)
{
	struct httpq *h = open_with(0);
	pthread_t threads[8];
	int i;

	for (i = 0; i < 4000; i++)
		mock_add(&simple);
	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, thread_main, h);
	usleep(1000);
	CHECK(!httpq_drain(h, 0));
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	CHECK(atomic_load(&ended) == 8 && !mock.cancels);
	httpq_close(h);
}

static bool log_is(unsigned int substatus, const char *texts, size_t user_len)
{
	const struct httpq_log_data *log = (void *)mock.log;

	return mock.log_len == sizeof(*log) + strlen(texts) &&
	       log->substatus == substatus && log->user_len == user_len &&
	       log->note_len == strlen(texts) - user_len && !log->__reserved &&
	       !memcmp(log + 1, texts, strlen(texts));
}

static void test_log(void)
{
	static char longest[HTTPQ_LOG_TEXT_MAX + 2];
	struct httpq *h = open_with(0);
	struct httpq_request *req = get(h);

	memset(longest, 'n', HTTPQ_LOG_TEXT_MAX + 1);
	CHECK(httpq_set_log(req, longest, 0, NULL) == -EINVAL);
	CHECK(httpq_set_log(req, NULL, 0, longest) == -EINVAL);
	CHECK(httpq_set_log(req, NULL, 65536, NULL) == -EINVAL);
	longest[HTTPQ_LOG_TEXT_MAX] = '\0';
	CHECK(!httpq_set_log(req, NULL, 65535, longest));
	CHECK(!httpq_set_log(req, "ann", 7, "a \"note\""));
	CHECK(!httpq_send_interim(req, 103) && !mock.log_len);
	CHECK(httpq_send(req, "a", 1, HTTPQ_SEND_MORE) == 1 && !mock.log_len);
	CHECK(!httpq_end(req) && log_is(7, "anna \"note\"", 3));
	CHECK(httpq_set_log(req, "x", 0, NULL) == -ESTALE);
	httpq_request_free(req);
	req = get(h);
	CHECK(!httpq_reply(req, 200, NULL, NULL, 0) && !mock.log_len);
	httpq_request_free(req);
	req = get(h);
	CHECK(!httpq_set_log(req, NULL, 0, longest));
	CHECK(!httpq_reply(req, 200, NULL, NULL, 0) && log_is(0, longest, 0));
	httpq_request_free(req);
	httpq_close(h);
}

/* Whichever part the kernel takes last has the data. */
static void test_log_partial(void)
{
	struct httpq *h = open_with(HTTPQ_OPEN_NONBLOCK);
	struct httpq_request *req = get(h);

	mock.take = 2;
	CHECK(!httpq_set_log(req, "ann", 0, NULL));
	CHECK(httpq_reply(req, 200, NULL, "abc", 3) == -EAGAIN);
	CHECK(log_is(0, "ann", 3));
	mock.log_len = 0;
	CHECK(!httpq_reply(req, 200, NULL, "abc", 3) && log_is(0, "ann", 3));
	httpq_request_free(req);
	httpq_close(h);
}

/* The client has all of it long before the log does. */
static void test_withheld_end(void)
{
	struct httpq *h = open_with(0);
	struct httpq_request *req = get(h);

	CHECK(!httpq_add_header_u64(req, "Content-Length", 3));
	CHECK(httpq_send(req, "abc", 3, HTTPQ_SEND_MORE) == 3 && !mock.ended);
	CHECK(!httpq_set_log(req, "ann", 0, NULL));
	CHECK(!httpq_end(req) && mock.ended == 1 && !mock.flags);
	CHECK(mock.heads == 1 && log_is(0, "ann", 3));
	httpq_request_free(req);
	CHECK(!mock.cancels);
	httpq_close(h);
}

static void test_client_gone(void)
{
	struct httpq *h = open_with(0);
	struct httpq_request *req = get(h);

	mock.send_status = -ECONNRESET;
	CHECK(httpq_send(req, "a", 1, HTTPQ_SEND_MORE) == -ECONNRESET);
	CHECK(httpq_error(req) == -ECONNRESET && mock.heads == 1);
	CHECK(httpq_send(req, "b", 1, HTTPQ_SEND_MORE) == -ECONNRESET);
	CHECK(!httpq_set_log(req, "ann", 0, NULL));
	CHECK(httpq_end(req) == -ECONNRESET && mock.ended == 1);
	CHECK(mock.heads == 1 && log_is(0, "ann", 3));
	CHECK(httpq_end(req) == -ESTALE);
	httpq_request_free(req);
	CHECK(!mock.cancels);
	req = get(h);
	CHECK(httpq_send_interim(req, 103) == -ECONNRESET);
	mock.take = 0;
	CHECK(httpq_reply(req, 404, NULL, "a", 1) == -ECONNRESET);
	CHECK(mock_status() == 404);
	httpq_request_free(req);
	CHECK(!mock.cancels);
	req = get(h);
	CHECK(httpq_send(req, "a", 1, HTTPQ_SEND_MORE) == -ECONNRESET);
	httpq_request_free(req);
	CHECK(mock.cancels == 1 && mock.canceled == 9);
	httpq_close(h);
}

static void test_flush(void)
{
	struct httpq *h = open_with(0);
	struct httpq_request *req = get(h);

	CHECK(httpq_redelivered(req) == 2);
	CHECK(httpq_send(req, "a", 1, HTTPQ_SEND_TRAILERS) == -EINVAL);
	CHECK(httpq_send(req, "a", 1, HTTPQ_SEND_MORE | HTTPQ_SEND_FLUSH) == 1);
	CHECK(mock.flags == (HTTPQ_SEND_MORE | HTTPQ_SEND_FLUSH));
	CHECK(!httpq_end(req) && !mock.flags);
	httpq_request_free(req);
	httpq_close(h);
}

static void pass(int fd)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", fd);
	setenv(HTTPQ_ENV_HANDLE_FD, text, 1);
}

static void test_passed(void)
{
	int fd = dup(STDERR_FILENO), other;
	struct httpq *h;

	mock_reset();
	setenv(HTTPQ_ENV_HANDLE_FD, "3x", 1);
	CHECK(!httpq_open(&h, "web", 0) && mock.opens == 1);
	httpq_close(h);
	pass(fd);
	mock.foreign_fd = fd;
	CHECK(!httpq_open(&h, "web", 0) && mock.opens == 2);
	CHECK(mock.attach_fd != fd);
	httpq_close(h);
	mock.foreign_fd = -1;
	mock.attach_error = -EISCONN;
	CHECK(!httpq_open(&h, "web", HTTPQ_OPEN_NONBLOCK) && mock.opens == 2);
	CHECK(httpq_fd(h) == fd && mock.attach_fd == fd);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	httpq_close(h);
	other = dup(STDERR_FILENO);
	pass(other);
	CHECK(httpq_open(&h, "web", 0) == -EISCONN && mock.opens == 3);
	unsetenv(HTTPQ_ENV_HANDLE_FD);
	close(other);
}

const struct test leave_tests[] = {
	{ "a worker says when it is ready", test_begin },
	{ "drain ends receiving, not answering", test_drain },
	{ "reply_and_receive tells of the end", test_drain_fused },
	{ "an event loop ends when it holds nothing", test_drain_events },
	{ "drain ends all threads", test_drain_threads },
	{ "log data go with the end", test_log },
	{ "log data go with the rest of the end", test_log_partial },
	{ "the end may come after the response", test_withheld_end },
	{ "the end is told although the client is gone", test_client_gone },
	{ "flush and redelivery are passed on", test_flush },
	{ "a handle that was passed is used once", test_passed },
	{ NULL, NULL },
};
