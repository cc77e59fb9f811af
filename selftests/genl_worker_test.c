// SPDX-License-Identifier: GPL-2.0
/*
 * What netlink tells of workers and zombies, and to whom; who may drain,
 * detach and reap.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/httpq_log.h>

#include "genl.h"
#include "host.h"
#include "kselftest_harness.h"
#include "scene.h"

#define USER 1000
#define OWNER 1001
#define LATE 20000
#define ROWS 300

static struct genl_row rows[ROWS];

/* Workers, of one queue or of all. */
static int dump_workers(struct genl *g, const char *queue)
{
	return genl_table(g, HTTPQ_CMD_WORKER_GET, queue, rows, ROWS);
}

static int dump_zombies(struct genl *g)
{
	return genl_table(g, HTTPQ_CMD_ZOMBIE_GET, NULL, rows, ROWS);
}

static int drain_queue(struct genl *g, const char *queue, int64_t deadline)
{
	struct genl_request r;

	genl_begin(&r, HTTPQ_CMD_QUEUE_DRAIN);
	if (queue)
		genl_put_text(&r, HTTPQ_A_QUEUE_NAME, queue);
	if (deadline >= 0)
		genl_put_u32(&r, HTTPQ_A_DEADLINE_MS, deadline);
	return genl_do(g, &r);
}

static int drain(struct genl *g, int64_t id, int64_t deadline)
{
	return genl_command(g, HTTPQ_CMD_WORKER_DRAIN, id, deadline);
}

static int detach(struct genl *g, int64_t id)
{
	return genl_command(g, HTTPQ_CMD_WORKER_DETACH, id, -1);
}

static int reap(struct genl *g, int64_t id)
{
	return genl_command(g, HTTPQ_CMD_ZOMBIE_REAP, id, -1);
}

static int as_user(int (*with)(struct genl *g, void *arg), void *arg)
{
	return genl_as_user(NULL, USER, with, arg);
}

/* The same with a socket that another user opened. */
static int as_user_with(struct genl *g, int (*with)(struct genl *g, void *arg),
			void *arg)
{
	return genl_as_user(g, USER, with, arg);
}

/* A worker takes nothing, but it is there. */
static void activate(int fd)
{
	struct raw_take t;

	raw_take(fd, &t, 1, 1);
}

/* ----------------------------------------------------------------- workers */

FIXTURE(workers)
{
	struct genl g;
	int fd;
};

FIXTURE_SETUP(workers)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, genl_open(&self->g));
	self->fd = raw_worker("web", 0);
	ASSERT_EQ(0, raw_bind(self->fd, "http://*:8080/", 0));
}

FIXTURE_TEARDOWN(workers)
{
	close(self->fd);
	genl_close(&self->g);
}

TEST_F(workers, attributes)
{
	uint64_t id, request;
	struct peer p;

	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	EXPECT_EQ(HTTPQ_CMD_WORKER_GET, rows[0].cmd);
	id = genl_number(rows, HTTPQ_A_ID);
	EXPECT_LT(0, id);
	EXPECT_STREQ("web", genl_text(rows, HTTPQ_A_QUEUE_NAME));
	EXPECT_EQ(HTTPQ_WORKER_STARTING,
		  genl_number(rows, HTTPQ_A_WORKER_STATE));
	EXPECT_EQ(0, genl_number(rows, HTTPQ_A_PID));
	EXPECT_EQ(0, genl_number(rows, HTTPQ_A_HELD));
	EXPECT_EQ(0, genl_number(rows, HTTPQ_A_DELIVERED));
	EXPECT_EQ(-1, genl_number(rows, HTTPQ_A_DEADLINE_MS));
	EXPECT_GT(LATE, genl_number(rows, HTTPQ_A_LAST_CALL_MS));

	ASSERT_EQ(0, peer_connect(&p, "127.0.0.1", 8080));
	ASSERT_EQ(0, raw_get(&p, "/"));
	request = raw_take_one(self->fd);
	ASSERT_NE(0, request);
	usleep(30000);
	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	EXPECT_EQ(id, genl_number(rows, HTTPQ_A_ID));
	EXPECT_EQ(HTTPQ_WORKER_ACTIVE,
		  genl_number(rows, HTTPQ_A_WORKER_STATE));
	EXPECT_EQ(getpid(), genl_number(rows, HTTPQ_A_PID));
	EXPECT_EQ(1, genl_number(rows, HTTPQ_A_HELD));
	EXPECT_EQ(1, genl_number(rows, HTTPQ_A_DELIVERED));
	EXPECT_EQ(HTTPQ_LOG_CALL_RECEIVE,
		  genl_number(rows, HTTPQ_A_LAST_CALL));
	EXPECT_LE(10, genl_number(rows, HTTPQ_A_LAST_CALL_MS));

	EXPECT_EQ(0, raw_reply(self->fd, request, 200, "x"));
	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	EXPECT_EQ(0, genl_number(rows, HTTPQ_A_HELD));
	EXPECT_EQ(1, genl_number(rows, HTTPQ_A_DELIVERED));
	EXPECT_EQ(HTTPQ_LOG_CALL_SEND, genl_number(rows, HTTPQ_A_LAST_CALL));
	EXPECT_GT(LATE, genl_number(rows, HTTPQ_A_LAST_CALL_MS));
	peer_close(&p);
}

/* Neither who only looks, nor who has not said yet what he wants. */
TEST_F(workers, hidden)
{
	int open = raw_open(0), control = raw_open(0);
	int64_t id;

	ASSERT_EQ(0, raw_attach(control, "web", HTTPQ_ATTACH_CONTROL, 0));
	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	/* They have numbers all the same. */
	id = genl_number(rows, HTTPQ_A_ID);
	EXPECT_EQ(-ENOENT, drain(&self->g, id + 1, -1));
	EXPECT_EQ(-ENOENT, detach(&self->g, id + 2));
	close(open);
	close(control);
	close(self->fd);
	EXPECT_EQ(0, dump_workers(&self->g, NULL));
}

TEST_F(workers, of_a_queue)
{
	char name[HTTPQ_QUEUE_NAME_MAX + 2];
	int other = raw_worker("other", 0);

	EXPECT_EQ(2, dump_workers(&self->g, NULL));
	ASSERT_EQ(1, dump_workers(&self->g, "other"));
	EXPECT_STREQ("other", genl_text(rows, HTTPQ_A_QUEUE_NAME));
	ASSERT_EQ(1, dump_workers(&self->g, "web"));
	EXPECT_STREQ("web", genl_text(rows, HTTPQ_A_QUEUE_NAME));
	EXPECT_EQ(0, dump_workers(&self->g, "we"));
	EXPECT_EQ(0, dump_workers(&self->g, "webs"));
	EXPECT_EQ(0, dump_workers(&self->g, ""));
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = 0;
	EXPECT_EQ(-ERANGE, dump_workers(&self->g, name));
	name[sizeof(name) - 2] = 0;
	EXPECT_EQ(0, dump_workers(&self->g, name));
	/* A queue that was deleted has its name still. */
	ASSERT_EQ(0, host_run("httpq queue del other"));
	EXPECT_EQ(1, dump_workers(&self->g, "other"));
	close(other);
	EXPECT_EQ(0, dump_workers(&self->g, "other"));
}

/* In parts, each of them once. */
TEST_F(workers, many)
{
	int fds[ROWS - 1], i;

	for (i = 0; i < ROWS - 1; i++)
		fds[i] = raw_worker(i % 2 ? "odd" : "even", 0);
	ASSERT_EQ(ROWS, dump_workers(&self->g, NULL));
	EXPECT_LT(3, self->g.parts);
	for (i = 1; i < ROWS; i++)
		EXPECT_LT(genl_number(&rows[i - 1], HTTPQ_A_ID),
			  genl_number(&rows[i], HTTPQ_A_ID));
	EXPECT_EQ((ROWS - 1) / 2, dump_workers(&self->g, "odd"));
	EXPECT_EQ(0, drain_queue(&self->g, "odd", -1));
	ASSERT_EQ(ROWS, dump_workers(&self->g, NULL));
	for (i = 0; i < ROWS; i++)
		EXPECT_EQ(strcmp(genl_text(&rows[i], HTTPQ_A_QUEUE_NAME),
				 "odd") ? HTTPQ_WORKER_STARTING :
					  HTTPQ_WORKER_DRAINING,
			  genl_number(&rows[i], HTTPQ_A_WORKER_STATE));
	for (i = 0; i < ROWS - 1; i++)
		close(fds[i]);
}

/* What the child of child_in_namespace() sees of its own and of another. */
static int child_sees(int fd)
{
	struct genl g;
	int mine = raw_worker("inner", 0);

	activate(mine);
	if (genl_open(&g) || dump_workers(&g, "inner") != 1)
		return 1;
	if (getpid() != 1 || genl_number(rows, HTTPQ_A_PID) != 1)
		return 2;
	if (dump_workers(&g, "web") != 1)
		return 3;
	/* Its owner is not of this namespace. */
	if (genl_number(rows, HTTPQ_A_PID))
		return 4;
	if (write(fd, "x", 1) != 1)
		return 5;
	return pause();
}

/* A process has another number for each who looks. */
TEST_F(workers, pid_namespace)
{
	int ready[2], status;
	pid_t pid;
	char byte;

	activate(self->fd);
	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		_exit(child_sees(ready[1]));
	close(ready[1]);
	EXPECT_EQ(1, read(ready[0], &byte, 1));
	ASSERT_EQ(1, dump_workers(&self->g, "inner"));
	EXPECT_EQ(pid, genl_number(rows, HTTPQ_A_PID));
	ASSERT_EQ(1, dump_workers(&self->g, "web"));
	EXPECT_EQ(getpid(), genl_number(rows, HTTPQ_A_PID));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	EXPECT_TRUE(WIFSIGNALED(status)) TH_LOG("status %x", status);
	close(ready[0]);
}

TEST_F(workers, drain)
{
	int64_t id, left;

	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	id = genl_number(rows, HTTPQ_A_ID);
	EXPECT_EQ(0, drain(&self->g, id, -1));
	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	EXPECT_EQ(HTTPQ_WORKER_DRAINING,
		  genl_number(rows, HTTPQ_A_WORKER_STATE));
	EXPECT_EQ(-1, genl_number(rows, HTTPQ_A_DEADLINE_MS));

	EXPECT_EQ(0, drain(&self->g, id, 60000));
	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	left = genl_number(rows, HTTPQ_A_DEADLINE_MS);
	EXPECT_LT(60000 - LATE, left);
	EXPECT_GE(60000 + 10, left);
	EXPECT_EQ(0, drain(&self->g, id, 86400000));
	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	EXPECT_GE(left, genl_number(rows, HTTPQ_A_DEADLINE_MS));

	EXPECT_EQ(0, drain(&self->g, id, 1));
	while (dump_workers(&self->g, NULL))
		usleep(1000);
	EXPECT_EQ(-ENOENT, drain(&self->g, id, 1));
}

TEST_F(workers, detach)
{
	struct raw_take t;
	int64_t id;

	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	id = genl_number(rows, HTTPQ_A_ID);
	EXPECT_EQ(0, detach(&self->g, id));
	EXPECT_EQ(0, dump_workers(&self->g, NULL));
	EXPECT_EQ(-ESHUTDOWN, raw_take(self->fd, &t, 1, 1));
	EXPECT_EQ(-ENOENT, detach(&self->g, id));
}

TEST_F(workers, errors)
{
	struct genl *g = &self->g;
	int64_t id;

	ASSERT_EQ(1, dump_workers(g, NULL));
	id = genl_number(rows, HTTPQ_A_ID);
	EXPECT_EQ(-EINVAL, drain(g, -1, -1));
	EXPECT_STREQ("the number of a worker is required", g->text);
	EXPECT_EQ(-EINVAL, detach(g, -1));
	EXPECT_STREQ("the number of a worker is required", g->text);
	EXPECT_EQ(-ENOENT, drain(g, 0, -1));
	EXPECT_STREQ("no such worker", g->text);
	EXPECT_EQ(-ENOENT, detach(g, id + 1));
	EXPECT_STREQ("no such worker", g->text);
	EXPECT_EQ(-ERANGE, drain(g, id, 86400001));
	/* There is no time to detach in. */
	EXPECT_EQ(-EINVAL, genl_command(g, HTTPQ_CMD_WORKER_DETACH, id, 1));
	EXPECT_EQ(-EINVAL, drain_queue(g, NULL, -1));
	EXPECT_STREQ("a queue name is required", g->text);
	EXPECT_EQ(-ENOENT, drain_queue(g, "nosuch", -1));
	EXPECT_STREQ("no such queue", g->text);
	EXPECT_EQ(-ERANGE, drain_queue(g, "web", 86400001));
	ASSERT_EQ(1, dump_workers(g, NULL));
	EXPECT_EQ(HTTPQ_WORKER_STARTING,
		  genl_number(rows, HTTPQ_A_WORKER_STATE));
	/* Both ends of what is allowed. */
	EXPECT_EQ(0, drain_queue(g, "web", 86400000));
	EXPECT_EQ(0, drain_queue(g, "web", 0));
	ASSERT_EQ(1, dump_workers(g, NULL));
	EXPECT_LT(86400000 - LATE, genl_number(rows, HTTPQ_A_DEADLINE_MS));
}

static int try_worker(struct genl *g, void *arg)
{
	int64_t id = *(int64_t *)arg;
	int err = drain(g, id, -1);

	if (err != drain_queue(g, "web", -1))
		return 1;
	if (err != detach(g, id))
		return 2;
	return err;
}

TEST_F(workers, authority)
{
	int64_t id;

	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	id = genl_number(rows, HTTPQ_A_ID);
	EXPECT_EQ(-EPERM, as_user(try_worker, &id));
	/* Root's socket alone is not enough. */
	EXPECT_EQ(-EPERM, as_user_with(&self->g, try_worker, &id));
	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	EXPECT_EQ(HTTPQ_WORKER_STARTING,
		  genl_number(rows, HTTPQ_A_WORKER_STATE));
	/* To let others in is not to let them send others out. */
	ASSERT_EQ(0, host_run("httpq queue set web group %d mode 0666", USER));
	EXPECT_EQ(-EPERM, as_user(try_worker, &id));
	ASSERT_EQ(0, host_run("httpq queue set web owner %d", USER));
	EXPECT_EQ(0, as_user(try_worker, &id));
	EXPECT_EQ(0, dump_workers(&self->g, NULL));
}

static int show_queue(struct genl *g, void *arg)
{
	struct genl_request r;

	genl_begin(&r, HTTPQ_CMD_QUEUE_GET);
	genl_put_text(&r, HTTPQ_A_QUEUE_NAME, arg);
	return genl_do(g, &r);
}

static int delete_queue(struct genl *g, void *arg)
{
	struct genl_request r;

	genl_begin(&r, HTTPQ_CMD_QUEUE_DEL);
	genl_put_text(&r, HTTPQ_A_QUEUE_NAME, arg);
	return genl_do(g, &r);
}

/* Whose standard output it became does not know what he says. */
TEST_F(workers, handed_socket)
{
	struct genl theirs;
	int64_t id;

	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	id = genl_number(rows, HTTPQ_A_ID);
	ASSERT_EQ(0, seteuid(USER));
	EXPECT_EQ(0, genl_open(&theirs));
	ASSERT_EQ(0, seteuid(0));
	EXPECT_EQ(-EPERM, try_worker(&theirs, &id));
	EXPECT_STREQ("the socket was opened by another user", theirs.text);
	ASSERT_EQ(0, host_run("httpq queue set web owner %d", OWNER));
	EXPECT_EQ(-EPERM, genl_as_user(&theirs, OWNER, try_worker, &id));
	EXPECT_EQ(-EPERM, genl_as_user(&theirs, OWNER, delete_queue, "web"));
	/* To look needs no authority. */
	EXPECT_EQ(0, genl_as_user(&theirs, OWNER, show_queue, "web"));
	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	EXPECT_EQ(HTTPQ_WORKER_STARTING,
		  genl_number(rows, HTTPQ_A_WORKER_STATE));

	/* Who names the receiver does. */
	theirs.named = true;
	EXPECT_EQ(-EPERM, genl_as_user(&theirs, USER, try_worker, &id));
	EXPECT_EQ(0, genl_as_user(&theirs, OWNER, try_worker, &id));
	EXPECT_EQ(0, genl_as_user(&theirs, OWNER, delete_queue, "web"));
	genl_close(&theirs);
}

/* The options of a queue and of a prefix that came with workers and zombies. */
TEST_F(workers, options)
{
	struct genl_request r;

	genl_begin(&r, HTTPQ_CMD_QUEUE_GET);
	ASSERT_EQ(1, genl_dump(&self->g, &r, rows, ROWS));
	EXPECT_EQ(HTTPQ_REDELIVER_IDEMPOTENT,
		  genl_number(rows, HTTPQ_A_REDELIVER));
	EXPECT_EQ(60000, genl_number(rows, HTTPQ_A_ANSWER_MS));
	EXPECT_EQ(0, genl_number(rows, HTTPQ_A_HOLD_BYTES));
	EXPECT_EQ(0, genl_number(rows, HTTPQ_A_AFFINITY));
	EXPECT_EQ(0, genl_number(rows, HTTPQ_A_POOL));

	genl_begin(&r, HTTPQ_CMD_QUEUE_SET);
	genl_put_text(&r, HTTPQ_A_QUEUE_NAME, "web");
	genl_put_u8(&r, HTTPQ_A_REDELIVER, HTTPQ_REDELIVER_ANY);
	genl_put_u32(&r, HTTPQ_A_ANSWER_MS, 1);
	genl_put_u32(&r, HTTPQ_A_HOLD_BYTES, 131072);
	genl_put_u8(&r, HTTPQ_A_AFFINITY, 1);
	genl_put_u8(&r, HTTPQ_A_POOL, 1);
	EXPECT_EQ(0, genl_do(&self->g, &r));
	EXPECT_EQ(1, host_lines("queues", " any 1 131072 on on\n"));
	genl_begin(&r, HTTPQ_CMD_QUEUE_GET);
	ASSERT_EQ(1, genl_dump(&self->g, &r, rows, ROWS));
	EXPECT_EQ(HTTPQ_REDELIVER_ANY, genl_number(rows, HTTPQ_A_REDELIVER));
	EXPECT_EQ(1, genl_number(rows, HTTPQ_A_ANSWER_MS));
	EXPECT_EQ(131072, genl_number(rows, HTTPQ_A_HOLD_BYTES));
	EXPECT_EQ(1, genl_number(rows, HTTPQ_A_AFFINITY));
	EXPECT_EQ(1, genl_number(rows, HTTPQ_A_POOL));

	genl_begin(&r, HTTPQ_CMD_URL_NEW);
	genl_put_text(&r, HTTPQ_A_QUEUE_NAME, "web");
	genl_put_text(&r, HTTPQ_A_URL, "http://*:8080/site/");
	genl_put_u32(&r, HTTPQ_A_SITE, ~0U);
	genl_put(&r, HTTPQ_A_NO_KEEPALIVE, "", 0);
	EXPECT_EQ(0, genl_do(&self->g, &r));
	EXPECT_EQ(1, host_lines("urls", "/site/ web 0 persistent 4294967295 "
				"off\n"));
	genl_begin(&r, HTTPQ_CMD_URL_GET);
	ASSERT_EQ(2, genl_dump(&self->g, &r, rows, ROWS));
	EXPECT_EQ(0, genl_number(&rows[0], HTTPQ_A_SITE));
	EXPECT_EQ(NULL, rows[0].data[HTTPQ_A_NO_KEEPALIVE]);
	EXPECT_EQ(~0U, genl_number(&rows[1], HTTPQ_A_SITE));
	EXPECT_NE(NULL, rows[1].data[HTTPQ_A_NO_KEEPALIVE]);
}

/* ----------------------------------------------------------------- zombies */

FIXTURE(zombies)
{
	struct scene s;
	struct genl g;
};

FIXTURE_SETUP(zombies)
{
	ASSERT_EQ(0, scene_open(&self->s));
	ASSERT_EQ(0, genl_open(&self->g));
}

FIXTURE_TEARDOWN(zombies)
{
	genl_close(&self->g);
	scene_close(&self->s);
}

/* A request whose client has left after it; how many zombies there are. */
static bool leave_behind(struct scene *s, const char *target, int zombies)
{
	char text[4096];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
		 target);
	return scene_take(s, text) && scene_leave(s, zombies);
}

#define QUERY "/a?secret=1"

TEST_F(zombies, attributes)
{
	static const uint8_t mapped[16] = {
		[10] = 0xff, 0xff, 127, 0, 0, 1
	};
	int64_t worker, id;

	ASSERT_EQ(1, dump_workers(&self->g, NULL));
	worker = genl_number(rows, HTTPQ_A_ID);
	EXPECT_EQ(0, dump_zombies(&self->g));
	ASSERT_TRUE(leave_behind(&self->s, QUERY, 1));
	usleep(30000);
	ASSERT_EQ(1, dump_zombies(&self->g));
	EXPECT_EQ(HTTPQ_CMD_ZOMBIE_GET, rows[0].cmd);
	id = genl_number(rows, HTTPQ_A_ID);
	EXPECT_LT(0, id);
	EXPECT_EQ(1, genl_number(rows, HTTPQ_A_REQUEST_ID) & UINT32_MAX);
	EXPECT_LT(0, genl_number(rows, HTTPQ_A_REQUEST_ID) >> 32);
	EXPECT_LE(10, genl_number(rows, HTTPQ_A_AGE_MS));
	EXPECT_GT(LATE, genl_number(rows, HTTPQ_A_AGE_MS));
	EXPECT_EQ(HTTPQ_ZOMBIE_CLIENT_GONE, genl_number(rows, HTTPQ_A_WHY));
	EXPECT_EQ(HTTPQ_LOG_STAGE_DELIVERED,
		  genl_number(rows, HTTPQ_A_STAGE));
	EXPECT_EQ(worker, genl_number(rows, HTTPQ_A_WORKER));
	EXPECT_EQ(getpid(), genl_number(rows, HTTPQ_A_PID));
	EXPECT_STREQ("test", genl_text(rows, HTTPQ_A_QUEUE_NAME));
	EXPECT_LT(0, genl_number(rows, HTTPQ_A_BYTES));
	EXPECT_STREQ("GET " QUERY " HTTP/1.1",
		     genl_text(rows, HTTPQ_A_REQUEST_LINE));
	ASSERT_EQ(sizeof(mapped), rows[0].len[HTTPQ_A_PEER_ADDR]);
	EXPECT_EQ(0, memcmp(mapped, rows[0].data[HTTPQ_A_PEER_ADDR], 16));
	EXPECT_LT(0, genl_number(rows, HTTPQ_A_PEER_PORT));
	EXPECT_EQ(-1, genl_number(rows, HTTPQ_A_REASON));
	EXPECT_EQ(1, host_lines("workers", " 1 1 "));
}

/* The other kind, and another version. */
TEST_F(zombies, end_owed)
{
	uint64_t id = scene_take(&self->s, "HEAD " QUERY " HTTP/1.0\r\n\r\n");

	ASSERT_NE(0, id);
	ASSERT_TRUE(scene_bring(&self->s, id, SCENE_COMPLETE));
	ASSERT_EQ(1, dump_zombies(&self->g));
	EXPECT_EQ(HTTPQ_ZOMBIE_END_OWED, genl_number(rows, HTTPQ_A_WHY));
	EXPECT_EQ(HTTPQ_LOG_STAGE_SENT, genl_number(rows, HTTPQ_A_STAGE));
	EXPECT_STREQ("HEAD " QUERY " HTTP/1.0",
		     genl_text(rows, HTTPQ_A_REQUEST_LINE));
}

/* What arg says must be seen: all, or what everybody may see. */
static int sees(struct genl *g, void *arg)
{
	const char *line = *(bool *)arg ? "GET " QUERY " HTTP/1.1" :
					  "GET /a HTTP/1.1";
	bool all = *(bool *)arg;

	if (dump_zombies(g) != 1)
		return 1;
	if (strcmp(line, genl_text(rows, HTTPQ_A_REQUEST_LINE)))
		return 2;
	if (!rows[0].data[HTTPQ_A_PEER_ADDR] == all ||
	    !rows[0].data[HTTPQ_A_PEER_PORT] == all)
		return 3;
	return genl_number(rows, HTTPQ_A_WORKER) > 0 ? 0 : 4;
}

/* Root without any capability, who opens a socket of his own or uses one. */
static int sees_without(struct genl *shared, bool all)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct genl g;

		/* As user 0, so that only capabilities tell them apart. */
		if (unshare(CLONE_NEWUSER) || (!shared && genl_open(&g)))
			_exit(100);
		_exit(sees(shared ?: &g, &all));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

TEST_F(zombies, privacy)
{
	bool all = true, some = false;
	struct genl theirs;

	ASSERT_TRUE(leave_behind(&self->s, QUERY, 1));
	EXPECT_EQ(0, sees(&self->g, &all));
	EXPECT_EQ(0, as_user(sees, &some));
	/* One of the two is not enough: who opened it, and who asks. */
	EXPECT_EQ(0, as_user_with(&self->g, sees, &some));
	ASSERT_EQ(0, host_run("httpq queue set test mode 0666"));
	EXPECT_EQ(0, as_user(sees, &some));
	ASSERT_EQ(0, host_run("httpq queue set test owner %d", USER));
	EXPECT_EQ(0, as_user(sees, &all));
	EXPECT_EQ(0, as_user_with(&self->g, sees, &some));
	EXPECT_EQ(0, sees(&self->g, &all));

	/* Root that administers another user namespace is a user here. */
	EXPECT_EQ(0, sees_without(NULL, false));
	ASSERT_EQ(0, genl_open(&theirs));
	EXPECT_EQ(0, sees_without(&theirs, false));
	genl_close(&theirs);
}

/* A line that is too long is cut, and so is each part of it. */
TEST_F(zombies, long_line)
{
	char target[2048], want[600];
	const char *line;

	memset(target, 'x', sizeof(target));
	target[0] = '/';
	target[1200] = '?';
	target[sizeof(target) - 1] = 0;
	ASSERT_TRUE(leave_behind(&self->s, target, 1));
	ASSERT_EQ(1, dump_zombies(&self->g));
	snprintf(want, 513, "GET %s", target);
	line = genl_text(rows, HTTPQ_A_REQUEST_LINE);
	EXPECT_EQ(512, strlen(line));
	EXPECT_STREQ(want, line);

	/* The version is what is missing first. */
	target[500] = 0;
	ASSERT_TRUE(leave_behind(&self->s, target, 2));
	ASSERT_EQ(2, dump_zombies(&self->g));
	snprintf(want, 513, "GET %s HTTP/1.1", target);
	EXPECT_STREQ(want, genl_text(&rows[1], HTTPQ_A_REQUEST_LINE));
	EXPECT_EQ(512, rows[1].len[HTTPQ_A_REQUEST_LINE]);
}

#define CROWD 60

/* In parts, each of them once, in order. */
TEST_F(zombies, many)
{
	char target[300], want[sizeof(target) + 20];
	int64_t id = 0;
	int i;

	for (i = 0; i < CROWD; i++) {
		snprintf(target, sizeof(target), "/%0250d", i);
		ASSERT_TRUE(leave_behind(&self->s, target, i + 1));
	}
	ASSERT_EQ(CROWD, dump_zombies(&self->g));
	EXPECT_LT(3, self->g.parts);
	for (i = 0; i < CROWD; i++) {
		snprintf(want, sizeof(want), "GET /%0250d HTTP/1.1", i);
		EXPECT_STREQ(want, genl_text(&rows[i], HTTPQ_A_REQUEST_LINE));
		EXPECT_LT(id, genl_number(&rows[i], HTTPQ_A_ID));
		id = genl_number(&rows[i], HTTPQ_A_ID);
	}
}

static int try_reap(struct genl *g, void *arg)
{
	return reap(g, *(int64_t *)arg);
}

TEST_F(zombies, reap)
{
	struct genl *g = &self->g;
	int64_t first, all = -1;
	int i;

	EXPECT_EQ(0, reap(g, -1));
	EXPECT_EQ(-ENOENT, reap(g, 1));
	for (i = 1; i <= 4; i++)
		ASSERT_TRUE(leave_behind(&self->s, "/", i));
	ASSERT_EQ(4, dump_zombies(g));
	first = genl_number(rows, HTTPQ_A_ID);
	/* 0 is the number of none, and not a word for all. */
	EXPECT_EQ(-ENOENT, reap(g, 0));
	EXPECT_STREQ("no such zombie", g->text);
	EXPECT_EQ(-ENOENT, reap(g, first + 4));
	EXPECT_EQ(-ENOENT, reap(g, INT64_MAX));
	EXPECT_EQ(-EINVAL, genl_command(g, HTTPQ_CMD_ZOMBIE_REAP, first, 1));
	EXPECT_EQ(-EPERM, as_user(try_reap, &all));
	EXPECT_EQ(-EPERM, as_user(try_reap, &first));
	EXPECT_EQ(-EPERM, as_user_with(g, try_reap, &first));
	ASSERT_EQ(4, dump_zombies(g));

	EXPECT_EQ(0, reap(g, first + 1));
	EXPECT_EQ(-ENOENT, reap(g, first + 1));
	ASSERT_EQ(3, dump_zombies(g));
	EXPECT_EQ(first, genl_number(&rows[0], HTTPQ_A_ID));
	EXPECT_EQ(first + 2, genl_number(&rows[1], HTTPQ_A_ID));

	/* Who owns the queue may end its zombies, but not all there are. */
	ASSERT_EQ(0, host_run("httpq queue set test owner %d", USER));
	EXPECT_EQ(-EPERM, as_user(try_reap, &all));
	EXPECT_EQ(0, as_user(try_reap, &first));
	EXPECT_EQ(-ENOENT, as_user(try_reap, &first));
	EXPECT_EQ(2, dump_zombies(g));
	EXPECT_EQ(0, reap(g, -1));
	EXPECT_EQ(0, dump_zombies(g));
	EXPECT_EQ(4, host_stat("zombies_reaped"));
}

TEST_HARNESS_MAIN
