// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pings: a supervisor writes bytes into a pipe; a worker that reads them lives.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* secure_getenv() */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int ping_fd = -ENOENT;

/* A variable that was meant for a parent of this process names no pipe. */
static void ping_open(void)
{
	const char *text = secure_getenv(HTTPQ_ENV_PING_FD);
	struct stat st;
	char *end;
	long fd;

	if (!text)
		return;
	errno = 0;
	fd = strtol(text, &end, 10);
	if (end == text || *end || errno || fd < 0 || fd > INT_MAX ||
	    fstat((int)fd, &st) || !S_ISFIFO(st.st_mode))
		return;
	if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl((int)fd, F_SETFL, O_NONBLOCK) < 0)
		return;
	ping_fd = (int)fd;
}

/**
 * httpq_ping_fd - where pings come, for poll() and epoll
 *
 * HTTPQ_PING_FD in the environment is the number of a pipe that httpq-pool
 * left open for this program. It is closed on exec. Thread-safe.
 *
 * Return: a descriptor that is readable when httpq_ping_answer() has something
 * to answer; -ENOENT: nobody asks.
 */
EXPORT int httpq_ping_fd(void)
{
	pthread_once(&once, ping_open);
	return ping_fd;
}

/**
 * httpq_ping_answer - show a supervisor that this process lives
 * @timeout_ms: how long to wait for a ping; 0 not at all, negative for ever.
 *
 * Call it where the worker shows that it works: in its loop of events, or in
 * the thread that all others depend on. A thread of its own that does nothing
 * else only shows that the process is not stopped. Thread-safe.
 *
 * Return: 1 (answered), 0 (none came), -ENOENT (nobody asks), -EPIPE (the
 * supervisor is gone; its successor asks nobody whom it did not start),
 * -EINTR.
 */
EXPORT int httpq_ping_answer(int timeout_ms)
{
	struct pollfd poll_fd = { .fd = httpq_ping_fd(), .events = POLLIN };
	char buf[64];
	ssize_t n;
	int ready;

	if (poll_fd.fd < 0)
		return poll_fd.fd;
	ready = poll(&poll_fd, 1, timeout_ms);
	if (ready <= 0)
		return ready < 0 ? -errno : 0;
	n = read(poll_fd.fd, buf, sizeof(buf));
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n ? 1 : -EPIPE;
}
