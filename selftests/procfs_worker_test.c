// SPDX-License-Identifier: GPL-2.0
/*
 * Workers and zombies in /proc/net/httpq, and what of them is shown to whom.
 * kernels: uml 6.12 6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "scene.h"

#define USER 1000
#define QUERY "/a?secret=1"
#define WORKERS "id queue pid state held delivered last_call last_call_ms " \
		"deadline_ms\n"
#define ZOMBIES "id request age_ms why stage client worker pid bytes queue " \
		"method target version\n"
#define COLUMNS 13

/* A table, read @step bytes at a time. */
static char *table(const char *name, size_t step)
{
	static char text[65536];
	char path[64];
	size_t len = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/net/httpq/%s", name);
	fd = open(path, O_RDONLY);
	while (fd >= 0 && len + step < sizeof(text)) {
		n = read(fd, text + len, step);
		if (n <= 0)
			break;
		len += n;
	}
	text[len] = 0;
	close(fd);
	return text;
}

/* Word @column of line @line, the header being 0; "" if there is none. */
static const char *cell(const char *text, int line, int column)
{
	static char word[600];
	size_t len;

	for (; line && text; line--) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	for (; column && text; column--) {
		text = strpbrk(text, " \n");
		text = text && *text == ' ' ? text + 1 : NULL;
	}
	len = text ? strcspn(text, " \n") : 0;
	snprintf(word, sizeof(word), "%.*s", (int)len, text ?: "");
	return word;
}

static int lines(const char *text)
{
	int n = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n - 1;
}

FIXTURE(procfs)
{
	struct scene s;
};

FIXTURE_SETUP(procfs)
{
	ASSERT_EQ(0, scene_open(&self->s));
}

FIXTURE_TEARDOWN(procfs)
{
	scene_close(&self->s);
}

static bool leave_behind(struct scene *s, const char *target, int zombies)
{
	char text[4096];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
		 target);
	return scene_take(s, text) && scene_leave(s, zombies);
}

TEST_F(procfs, workers)
{
	int hidden = raw_open(0), control = raw_open(0);
	char id[32], want[64];
	const char *t;

	ASSERT_EQ(0, raw_attach(control, "test", HTTPQ_ATTACH_CONTROL, 0));
	t = table("workers", 4096);
	EXPECT_EQ(0, strncmp(WORKERS, t, strlen(WORKERS)));
	ASSERT_EQ(1, lines(t));
	strcpy(id, cell(t, 1, 0));
	snprintf(want, sizeof(want), "\n%s test 0 starting 0 0 ", id);
	EXPECT_NE(NULL, strstr(t, want)) TH_LOG("%s", t);
	EXPECT_STREQ("-", cell(t, 1, 8));

	ASSERT_NE(0, scene_take(&self->s, SCENE_GET));
	t = table("workers", 4096);
	snprintf(want, sizeof(want), "\n%s test %d active 1 1 receive ", id,
		 getpid());
	EXPECT_NE(NULL, strstr(t, want)) TH_LOG("%s", t);
	EXPECT_STREQ("-", cell(t, 1, 8));

	ASSERT_EQ(0, host_run("httpq worker drain %s 60000", id));
	t = table("workers", 4096);
	snprintf(want, sizeof(want), "\n%s test %d draining 1 1 receive ", id,
		 getpid());
	EXPECT_NE(NULL, strstr(t, want)) TH_LOG("%s", t);
	EXPECT_LT(30000, atol(cell(t, 1, 8)));
	EXPECT_GE(60000, atol(cell(t, 1, 8)));

	scene_drop(&self->s);
	EXPECT_STREQ(WORKERS, table("workers", 4096));
	close(hidden);
	close(control);
}

/* In a namespace of its own, with and without a /proc of that. */
static int sees_pids(bool mounted)
{
	int fd = raw_worker("inner", 0), mine = mounted ? 1 : 0;
	struct raw_take t;
	char line[64];

	raw_take(fd, &t, 1, 1);
	if (getpid() != 1)
		return 1;
	if (mounted && (unshare(CLONE_NEWNS) ||
			mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
			mount("proc", "/proc", "proc", 0, NULL)))
		return 2;
	snprintf(line, sizeof(line), " inner %d active ", mine);
	if (host_lines("workers", " inner ") != 1)
		return 3;
	if ((host_lines("workers", line) == 1) != mounted)
		return 4;
	/* Who owns the other one is not in here. */
	return (host_lines("workers", " test 0 active ") == 1) == mounted ? 0 :
									    5;
}

static int in_namespace(bool mounted)
{
	pid_t outer = fork(), pid;
	int status;

	if (!outer) {
		if (unshare(CLONE_NEWPID))
			_exit(100);
		pid = fork();
		if (!pid)
			_exit(sees_pids(mounted));
		waitpid(pid, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 101);
	}
	waitpid(outer, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

TEST_F(procfs, pid_namespace)
{
	ASSERT_NE(0, scene_take(&self->s, SCENE_GET));
	EXPECT_EQ(0, in_namespace(true));
	EXPECT_EQ(0, in_namespace(false));
}

TEST_F(procfs, zombie)
{
	char worker[32], want[256];
	const char *t;
	uint64_t id;

	strcpy(worker, cell(table("workers", 4096), 1, 0));
	EXPECT_STREQ(ZOMBIES, table("zombies", 4096));
	ASSERT_TRUE(leave_behind(&self->s, QUERY, 1));
	usleep(30000);
	t = table("zombies", 4096);
	EXPECT_EQ(0, strncmp(ZOMBIES, t, strlen(ZOMBIES)));
	ASSERT_EQ(1, lines(t));
	EXPECT_LT(0, atol(cell(t, 1, 0)));
	EXPECT_EQ(16, strlen(cell(t, 1, 1)));
	EXPECT_STREQ("00000001", cell(t, 1, 1) + 8);
	EXPECT_LE(10, atol(cell(t, 1, 2)));
	EXPECT_NE(NULL, strstr(t, " client_gone delivered 127.0.0.1:"));
	snprintf(want, sizeof(want), " %s %d ", worker, getpid());
	EXPECT_NE(NULL, strstr(t, want)) TH_LOG("%s", t);
	EXPECT_LT(0, atol(cell(t, 1, 8)));
	EXPECT_NE(NULL, strstr(t, " test GET " QUERY " HTTP/1.1\n"))
		TH_LOG("%s", t);

	id = scene_take(&self->s, "GET /b HTTP/1.0\r\n\r\n");
	ASSERT_NE(0, id);
	ASSERT_TRUE(scene_bring(&self->s, id, SCENE_COMPLETE));
	t = table("zombies", 4096);
	ASSERT_EQ(2, lines(t));
	EXPECT_NE(NULL, strstr(t, " end_owed sent 127.0.0.1:"));
	EXPECT_NE(NULL, strstr(t, " test GET /b HTTP/1.0\n"));
}

static int sees_all(void *data)
{
	return host_lines("zombies", " delivered 127.0.0.1:") == 1 &&
	       host_lines("zombies", " GET " QUERY " HTTP/1.1\n") == 1 ? 0 : 1;
}

static int sees_some(void *data)
{
	return host_lines("zombies", " delivered - ") == 1 &&
	       host_lines("zombies", " GET /a HTTP/1.1\n") == 1 ? 0 : 1;
}

/* The file that the parent opened, as the process that the child is. */
static int reads_some(void *data)
{
	char text[4096] = "";

	if (read(*(int *)data, text, sizeof(text) - 1) < 0)
		return 2;
	return strstr(text, " delivered - ") &&
	       strstr(text, " GET /a HTTP/1.1\n") ? 0 : 1;
}

TEST_F(procfs, zombie_privacy)
{
	int fd, status;
	pid_t pid;

	ASSERT_TRUE(leave_behind(&self->s, QUERY, 1));
	EXPECT_EQ(0, sees_all(NULL));
	EXPECT_EQ(0, raw_as_user(USER, sees_some, NULL));
	/* Who may attach is not who owns it. */
	ASSERT_EQ(0, host_run("httpq queue set test mode 0666"));
	EXPECT_EQ(0, raw_as_user(USER, sees_some, NULL));
	ASSERT_EQ(0, host_run("httpq queue set test owner %d", USER));
	EXPECT_EQ(0, raw_as_user(USER, sees_all, NULL));
	EXPECT_EQ(0, raw_as_user(USER + 1, sees_some, NULL));

	/* Capabilities in another user namespace don't count. */
	pid = fork();
	if (!pid)
		_exit(unshare(CLONE_NEWUSER) ? 100 : sees_some(NULL));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, WEXITSTATUS(status));

	/* What counts is who opened the file, not who reads it. */
	ASSERT_EQ(0, seteuid(USER + 1));
	fd = open("/proc/net/httpq/zombies", O_RDONLY);
	ASSERT_EQ(0, seteuid(0));
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, reads_some(&fd));
	lseek(fd, 0, SEEK_SET);
	EXPECT_EQ(0, raw_as_user(USER, reads_some, &fd));
	close(fd);
}

#define CROWD 60

/* Each once, however the file is read, and nothing but columns. */
TEST_F(procfs, many_zombies)
{
	char target[600], *at, *once;
	int i, words;

	for (i = 0; i < CROWD; i++) {
		snprintf(target, sizeof(target), "/%0*d", i % 2 ? 590 : 200, i);
		ASSERT_TRUE(leave_behind(&self->s, target, i + 1));
	}
	/* They are as small as they get. */
	usleep(100000);
	once = strdup(table("zombies", 4096));
	ASSERT_EQ(CROWD, lines(once));
	for (i = 1; i <= CROWD; i++) {
		long id = atol(cell(once, i, 0));

		EXPECT_LT(atol(cell(once, i - 1, 0)), id);
		/* The target is cut, the version is not. */
		EXPECT_EQ((i - 1) % 2 ? 512 : 201,
			  strlen(cell(once, i, COLUMNS - 2)));
		EXPECT_STREQ("HTTP/1.1", cell(once, i, COLUMNS - 1));
	}
	for (words = 0, at = once; *at; at++)
		words += *at == ' ' || *at == '\n';
	EXPECT_EQ((CROWD + 1) * COLUMNS, words);

	/* Ages differ; all else must not. */
	at = table("zombies", 1);
	EXPECT_EQ(CROWD, lines(at));
	for (i = 1; i <= CROWD; i++) {
		char id[32];

		strcpy(id, cell(once, i, 0));
		EXPECT_STREQ(id, cell(at, i, 0));
	}
	free(once);
}

TEST_HARNESS_MAIN
