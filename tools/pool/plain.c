// SPDX-License-Identifier: GPL-2.0
/* Workers as children of the supervisor. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool.h"
#include "proc.h"
#include "say.h"
#include "value.h"

/* Where a worker finds what is handed to it. */
#define HANDLE_FD	3
#define PING_FD		4
/* Nothing may be in the way while descriptors change places. */
#define SPARE_FD	10

/**
 * struct birth - a child before it becomes its program
 * @c: the configuration.
 * @env: its variables.
 * @group: directory of its control group, or -1.
 * @handle: to become HANDLE_FD, or -1.
 * @ping: to become PING_FD, or -1.
 * @report: where the child tells of a failure.
 */
struct birth {
	const struct config *c;
	char **env;
	int group;
	int handle;
	int ping;
	int report;
};

/* What failed, from the child to the supervisor. */
struct failure {
	int err;
	char what[256];
};

static _Noreturn void die(const struct birth *b, const char *what)
{
	struct failure f = { .err = errno };

	snprintf(f.what, sizeof(f.what), "%s", what);
	if (write(b->report, &f, sizeof(f)) < 0)
		_exit(126);
	_exit(127);
}

static void limit(const struct birth *b, int resource, uint64_t value)
{
	struct rlimit l = { value, value };

	if (setrlimit(resource, &l))
		die(b, "setrlimit");
}

static void become_user(const struct birth *b)
{
	const struct config *c = b->c;

	if (!c->user)
		return;
	if (initgroups(c->user, (gid_t)c->gid) || setgid((gid_t)c->gid) ||
	    setuid((uid_t)c->uid))
		die(b, "user");
}

static int move_up(const struct birth *b, int fd)
{
	int up = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, SPARE_FD);

	if (fd >= 0 && up < 0)
		die(b, "descriptors");
	return up;
}

static void place(const struct birth *b, int from, int to)
{
	if (from >= 0 && dup2(from, to) < 0)
		die(b, "descriptors");
}

static void place_descriptors(struct birth *b)
{
	place(b, open("/dev/null", O_RDWR | O_CLOEXEC), STDIN_FILENO);
	b->report = move_up(b, b->report);
	b->handle = move_up(b, b->handle);
	b->ping = move_up(b, b->ping);
	place(b, b->handle, HANDLE_FD);
	place(b, b->ping, PING_FD);
}

/* The supervisor's own variables that are nothing for a worker. */
static void set_variables(const struct birth *b)
{
	static const char *const own[] = {
		"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
		"RUNTIME_DIRECTORY", "LISTEN_FDS", "LISTEN_PID", "FDSTORE",
		"HTTPQ_HANDLE_FD", "HTTPQ_PING_FD",
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		unsetenv(own[i]);
	for (char **env = b->env; *env; env++)
		putenv(*env);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child(struct birth *b)
{
	const struct config *c = b->c;

	reset_signals();
	setsid();
	if (b->group >= 0) {
		int fd = openat(b->group, "cgroup.procs", O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, "0", 1) != 1)
			die(b, "cgroup");
	}
	place_descriptors(b);
	if (c->limit_files)
		limit(b, RLIMIT_NOFILE, c->limit_files);
	if (c->limit_core != CONFIG_UNSET)
		limit(b, RLIMIT_CORE, (uint64_t)c->limit_core);
	set_variables(b);
	become_user(b);
	if (c->directory && chdir(c->directory))
		die(b, c->directory);
	execv(c->command[0], c->command);
	die(b, c->command[0]);
}

static int write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static void group_path(const struct worker *w, char *path, size_t size)
{
	snprintf(path, size, "%s/%u", w->pool->config->cgroup, w->id);
}

/* Returns the directory, -1 without one, -2 after an error line. */
static int make_group(const struct worker *w)
{
	const struct config *c = w->pool->config;
	char path[4096], number[32];
	int dir;

	if (!c->cgroup)
		return -1;
	group_path(w, path, sizeof(path));
	mkdir(c->cgroup, 0755);
	mkdir(path, 0755);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		say_error("%s: %s", path, strerror(errno));
		return -2;
	}
	snprintf(number, sizeof(number), "%llu",
		 (unsigned long long)c->memory_max);
	if (c->memory_max && write_file(dir, "memory.max", number)) {
		say_error("%s: no memory controller for memory-max", path);
		close(dir);
		return -2;
	}
	return dir;
}

static void kill_group(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	write_file(dir, "cgroup.kill", "1");
	close(dir);
}

/* Ends what a worker has left behind. */
static void remove_group(const struct worker *w)
{
	char path[4096];

	if (!w->pool->config->cgroup)
		return;
	group_path(w, path, sizeof(path));
	kill_group(path);
	rmdir(path);
}

/* Forks, and waits until the child is its program. Returns its pid or -1. */
static pid_t give_birth(struct birth *b, unsigned int id)
{
	struct failure f = { 0 };
	int report[2];
	ssize_t len;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC)) {
		say_error("worker %u: %s", id, strerror(errno));
		return -1;
	}
	b->report = report[1];
	pid = fork();
	if (!pid)
		child(b);
	close(report[1]);
	if (pid < 0)
		say_error("worker %u: fork: %s", id, strerror(errno));
	do {
		len = read(report[0], &f, sizeof(f));
	} while (len < 0 && errno == EINTR);
	close(report[0]);
	if (len <= 0)
		return pid;
	say_error("worker %u: %s: %s", id, f.what, strerror(f.err));
	waitpid(pid, NULL, 0);
	return -1;
}

/* What it leaves in its group would serve on, or keep its handle. */
static enum policy_end bury(const struct worker *w)
{
	siginfo_t info = { 0 };

	/* As long as it is not buried its number is nobody else's. */
	if (waitid(P_PIDFD, (id_t)w->pidfd, &info,
		   WEXITED | WNOHANG | WNOWAIT)) {
		say_info("worker %u: ended, pid %d", w->id, w->pid);
		return POLICY_END_UNKNOWN;
	}
	kill(-w->pid, SIGKILL);
	waitid(P_PIDFD, (id_t)w->pidfd, &info, WEXITED | WNOHANG);
	say_info("worker %u: ended %s %d, pid %d", w->id,
		 info.si_code == CLD_EXITED ? "with status" : "by signal",
		 info.si_status, w->pid);
	return info.si_code == CLD_EXITED && !info.si_status ?
		       POLICY_END_GOOD : POLICY_END_BAD;
}

static int on_exit_of(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct worker *w = arg;
	enum policy_end end = bury(w);

	(void)s;
	(void)fd;
	(void)events;
	remove_group(w);
	worker_ended(w, end);
	return 0;
}

static int plain_init(struct pool *pool)
{
	(void)pool;
	return 0;
}

/* Control groups can be removed only when their processes are gone. */
static void plain_look(struct pool *pool)
{
	const char *cgroup = pool->config->cgroup;
	DIR *dir = cgroup ? opendir(cgroup) : NULL;
	const struct dirent *entry;
	uint64_t id;

	while (dir && (entry = readdir(dir)))
		if (!value_number(entry->d_name, UINT32_MAX, &id) &&
		    !worker_find(pool, (unsigned int)id))
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	if (dir)
		closedir(dir);
}

static int plain_start(struct worker *w, int handle, int ping)
{
	const struct config *c = w->pool->config;
	struct birth b = { .c = c, .handle = handle, .ping = ping };
	pid_t pid;
	int err;

	b.group = make_group(w);
	if (b.group == -2)
		return -1;
	b.env = worker_environment(w, handle < 0 ? -1 : HANDLE_FD,
				   ping < 0 ? -1 : PING_FD);
	pid = give_birth(&b, w->id);
	value_free(b.env);
	if (b.group >= 0)
		close(b.group);
	if (pid < 0) {
		remove_group(w);
		return -1;
	}
	w->pid = pid;
	err = worker_watch(w, on_exit_of);
	if (!err) {
		worker_begun(w, pid);
		return 0;
	}
	/* Nobody would hear of its end, nor could end it. */
	say_error("worker %u: pid %d: %s", w->id, pid, strerror(-err));
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	remove_group(w);
	return -1;
}

static int plain_adopt(struct worker *w)
{
	return worker_watch(w, on_exit_of);
}

static void plain_term(struct worker *w)
{
	pidfd_send_signal(w->pidfd, SIGTERM, NULL, 0);
}

static void plain_kill(struct worker *w)
{
	char path[4096];

	/* It leads a group of its own, which is there as long as it is. */
	if (!pidfd_send_signal(w->pidfd, SIGKILL, NULL, 0))
		kill(-w->pid, SIGKILL);
	if (!w->pool->config->cgroup)
		return;
	group_path(w, path, sizeof(path));
	kill_group(path);
}

static int on_orphan(sd_event_source *s, const siginfo_t *info, void *arg)
{
	(void)s;
	(void)info;
	(void)arg;
	return 0;
}

/* A child is to be buried even so. */
static void plain_forget(struct worker *w)
{
	siginfo_t info;

	if (!waitid(P_PIDFD, (id_t)w->pidfd, &info,
		    WEXITED | WNOHANG | WNOWAIT))
		sd_event_add_child(w->pool->event, NULL, w->pid, WEXITED,
				   on_orphan, NULL);
}

static bool plain_owns(const struct worker *w, pid_t pid)
{
	return w->pid > 0 && getsid(pid) == w->pid;
}

const struct launcher plain_launcher = {
	.init = plain_init,
	.look = plain_look,
	.start = plain_start,
	.adopt = plain_adopt,
	.term = plain_term,
	.kill = plain_kill,
	.forget = plain_forget,
	.owns = plain_owns,
};
