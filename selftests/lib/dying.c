// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dying.h"
#include "host.h"

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"
/* More than a pipe takes: the dump can't end unless it is read. */
#define DUMP (1 << 20)

static char old_pattern[256];

static void pattern_write(const char *text)
{
	int fd = open(CORE_PATTERN, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		perror(CORE_PATTERN);
		exit(1);
	}
	close(fd);
}

void dying_setup(void)
{
	int fd = open(CORE_PATTERN, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, old_pattern, sizeof(old_pattern) - 1) <= 0) {
		perror(CORE_PATTERN);
		exit(1);
	}
	close(fd);
	pattern_write("|/bin/sleep 3");
}

void dying_restore(void)
{
	pattern_write(old_pattern);
}

static void *exit_all(void *arg)
{
	_exit(0);
}

static void die_of_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exit_all, NULL))
		_exit(8);
	for (;;)
		pause();
}

static void die_with_core(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &limit);
	if (mmap(NULL, DUMP, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED)
		_exit(8);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

/* The child keeps the descriptor until the test hangs up. */
static void die_before_child(int fd)
{
	int word;

	if (fork())
		raise(SIGKILL);
	/* The runner waits until everyone has closed its output. */
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	worker_say(fd, 0);
	if (read(fd, &word, sizeof(word)))
		_exit(8);
	_exit(0);
}

void dying_await(struct httpq *h, int fd, enum dying way)
{
	int word;

	if (read(fd, &word, sizeof(word)) != sizeof(word))
		_exit(8);
	switch (way) {
	case DYING_CLOSE:
		close(httpq_fd(h));
		break;
	case DYING_EXIT:
		_exit(0);
	case DYING_EXIT_GROUP:
		die_of_thread();
		break;
	case DYING_CORE:
		die_with_core();
		break;
	case DYING_FORKED:
		die_before_child(fd);
		break;
	default:
		break;
	}
}

int dying_cause(struct worker *w, uint64_t id, enum dying way)
{
	switch (way) {
	case DYING_KILL:
		return kill(w->pid, SIGKILL) ? -errno : 0;
	case DYING_DETACH:
		return host_run("httpq worker detach %llu",
				(unsigned long long)id) ? -EIO : 0;
	case DYING_DEADLINE:
		return host_run("httpq worker drain %llu 1",
				(unsigned long long)id) ? -EIO : 0;
	case DYING_FORKED:
		worker_say(w->fd, 1);
		return worker_hear(w->fd);
	default:
		worker_say(w->fd, 1);
		return 0;
	}
}
