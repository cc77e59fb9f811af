// SPDX-License-Identifier: GPL-2.0
/* How a worker answers pings, each time in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "httpq.h"
#include "test.h"

static int fds[2];

/* Runs @worker with HTTPQ_PING_FD=@fd; true if it returns true. */
static bool in_child(bool (*worker)(void), int fd)
{
	char number[16];
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		snprintf(number, sizeof(number), "%d", fd);
		setenv(HTTPQ_ENV_PING_FD, number, 1);
		_exit(worker() ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool answers(void)
{
	close(fds[1]);
	return httpq_ping_fd() == fds[0] && httpq_ping_answer(-1) == 1 &&
	       fcntl(fds[0], F_GETFD) == FD_CLOEXEC &&
	       httpq_ping_answer(0) == 0 && httpq_ping_answer(1) == 0;
}

static bool hears_end(void)
{
	close(fds[1]);
	return httpq_ping_answer(-1) == -EPIPE;
}

static bool is_asked_by_nobody(void)
{
	return httpq_ping_fd() == -ENOENT && httpq_ping_answer(-1) == -ENOENT;
}

static void is_answered(void)
{
	int unread = -1;

	CHECK(!pipe(fds));
	CHECK(write(fds[1], "??", 2) == 2);
	CHECK(!ioctl(fds[1], FIONREAD, &unread) && unread == 2);
	CHECK(in_child(answers, fds[0]));
	CHECK(!ioctl(fds[1], FIONREAD, &unread) && unread == 0);
	close(fds[1]);
	CHECK(in_child(hears_end, fds[0]));
	close(fds[0]);
}

/* What the variable names may have been closed, or be something else. */
static void no_pipe(void)
{
	int null = open("/dev/null", O_RDONLY);

	CHECK(in_child(is_asked_by_nobody, 999));
	CHECK(in_child(is_asked_by_nobody, -1));
	CHECK(in_child(is_asked_by_nobody, null));
	close(null);
}

const struct test ping_tests[] = {
	{ "a ping is answered", is_answered },
	{ "nobody asks", no_pipe },
	{}
};
