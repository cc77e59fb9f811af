// SPDX-License-Identifier: GPL-2.0
/*
 * What the multicast group tells of workers and zombies, and to whom.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/httpq_log.h>

#include "genl.h"
#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "scene.h"

#define USER 1000
#define LATE 20000
#define QUERY "/a?secret=1"

/* The number of the only worker. */
static int64_t only_worker(struct genl *g)
{
	struct genl_row row;

	if (genl_table(g, HTTPQ_CMD_WORKER_GET, NULL, &row, 1) != 1)
		return -1;
	return genl_number(&row, HTTPQ_A_ID);
}

/* A worker takes nothing, but it is there. */
static void activate(int fd)
{
	struct raw_take t;

	raw_take(fd, &t, 1, 1);
}

/* A request whose client has left after it. */
static bool leave_behind(struct scene *s)
{
	return scene_take(s, "GET " QUERY " HTTP/1.1\r\nHost: a\r\n\r\n") &&
	       scene_leave(s, 1);
}

FIXTURE(events)
{
	struct genl g;
	struct genl ears;
	struct genl_row row;
	int fd;
};

FIXTURE_SETUP(events)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, genl_open(&self->g));
	ASSERT_EQ(0, genl_open(&self->ears));
	ASSERT_EQ(0, genl_listen(&self->ears));
	self->fd = -1;
}

FIXTURE_TEARDOWN(events)
{
	EXPECT_EQ(0, genl_event(&self->ears, &self->row, 0))
		TH_LOG("%d", self->row.cmd);
	genl_close(&self->g);
	genl_close(&self->ears);
}

/* The next one, which is about a worker. */
#define EXPECT_WORKER(_cmd, _state, _pid)				\
	do {								\
		ASSERT_EQ(1, genl_event(&self->ears, &self->row,	\
					LATE));				\
		EXPECT_EQ(_cmd, self->row.cmd);				\
		EXPECT_EQ(_state, genl_number(&self->row,		\
					      HTTPQ_A_WORKER_STATE));	\
		EXPECT_EQ(_pid, genl_number(&self->row, HTTPQ_A_PID));	\
	} while (0)

TEST_F(events, worker)
{
	struct genl_row *row = &self->row;
	int64_t id;

	self->fd = raw_worker("web", 0);
	EXPECT_WORKER(HTTPQ_CMD_WORKER_NEW, HTTPQ_WORKER_STARTING, 0);
	EXPECT_STREQ("web", genl_text(row, HTTPQ_A_QUEUE_NAME));
	id = genl_number(row, HTTPQ_A_ID);
	EXPECT_LT(0, id);
	EXPECT_EQ(0, genl_number(row, HTTPQ_A_HELD));
	EXPECT_EQ(0, genl_number(row, HTTPQ_A_DELIVERED));
	EXPECT_NE(-1, genl_number(row, HTTPQ_A_LAST_CALL));
	EXPECT_NE(-1, genl_number(row, HTTPQ_A_LAST_CALL_MS));
	activate(self->fd);
	EXPECT_WORKER(HTTPQ_CMD_WORKER_SET, HTTPQ_WORKER_ACTIVE, getpid());
	EXPECT_EQ(id, genl_number(row, HTTPQ_A_ID));
	EXPECT_EQ(-1, genl_number(row, HTTPQ_A_DEADLINE_MS));
	EXPECT_EQ(0, genl_command(&self->g, HTTPQ_CMD_WORKER_DRAIN, id, 60000));
	EXPECT_WORKER(HTTPQ_CMD_WORKER_SET, HTTPQ_WORKER_DRAINING, getpid());
	EXPECT_LT(0, genl_number(row, HTTPQ_A_DEADLINE_MS));
	/* Nothing changes by this. */
	EXPECT_EQ(0, genl_command(&self->g, HTTPQ_CMD_WORKER_DRAIN, id, -1));
	close(self->fd);
	EXPECT_WORKER(HTTPQ_CMD_WORKER_DEL, HTTPQ_WORKER_GONE, getpid());
	EXPECT_EQ(id, genl_number(row, HTTPQ_A_ID));
	EXPECT_EQ(-1, genl_number(row, HTTPQ_A_DEADLINE_MS));
}

/* A process that is dead had a number, too. */
TEST_F(events, worker_dies)
{
	pid_t pid = fork();

	if (!pid) {
		self->fd = raw_worker("web", 0);
		activate(self->fd);
		_exit(0);
	}
	EXPECT_WORKER(HTTPQ_CMD_WORKER_NEW, HTTPQ_WORKER_STARTING, 0);
	EXPECT_WORKER(HTTPQ_CMD_WORKER_SET, HTTPQ_WORKER_ACTIVE, pid);
	waitpid(pid, NULL, 0);
	EXPECT_WORKER(HTTPQ_CMD_WORKER_DEL, HTTPQ_WORKER_GONE, pid);
}

/* Neither that of controllers, nor what happens elsewhere. */
TEST_F(events, not_told)
{
	int control = raw_open(0), elsewhere;
	struct pair pair;

	ASSERT_EQ(0, host_run("httpq queue add web"));
	ASSERT_EQ(0, raw_attach(control, "web", HTTPQ_ATTACH_CONTROL, 0));
	close(control);
	ASSERT_EQ(0, pair_create(&pair));
	ASSERT_EQ(0, pair_enter_far(&pair));
	elsewhere = raw_worker("web", 0);
	activate(elsewhere);
	close(elsewhere);
	ASSERT_EQ(0, pair_enter_near(&pair));
	EXPECT_EQ(0, genl_event(&self->ears, &self->row, 100));
}

static int hears(struct genl *g, void *arg)
{
	struct genl_row row;
	int fd;

	if (genl_listen(g))
		return 1;
	fd = raw_worker("mine", 0);
	if (genl_event(g, &row, LATE) != 1 || row.cmd != HTTPQ_CMD_WORKER_NEW)
		return 2;
	close(fd);
	return genl_event(g, &row, LATE) == 1 &&
	       row.cmd == HTTPQ_CMD_WORKER_DEL ? 0 : 3;
}

TEST_F(events, anybody_may_listen)
{
	EXPECT_EQ(0, genl_as_user(NULL, USER, hears, NULL));
	EXPECT_WORKER(HTTPQ_CMD_WORKER_NEW, HTTPQ_WORKER_STARTING, 0);
	EXPECT_WORKER(HTTPQ_CMD_WORKER_DEL, HTTPQ_WORKER_GONE, 0);
}

/* The next one, which is about a zombie; who the client is stays untold. */
#define EXPECT_ZOMBIE(_cmd, _reason)					\
	do {								\
		ASSERT_EQ(1, genl_event(&self->ears, &self->row,	\
					LATE));				\
		EXPECT_EQ(_cmd, self->row.cmd);				\
		EXPECT_EQ(_reason, genl_number(&self->row,		\
					       HTTPQ_A_REASON));	\
		EXPECT_STREQ("GET /a HTTP/1.1",				\
			     genl_text(&self->row,			\
				       HTTPQ_A_REQUEST_LINE));		\
		EXPECT_EQ(NULL, self->row.data[HTTPQ_A_PEER_ADDR]);	\
		EXPECT_EQ(NULL, self->row.data[HTTPQ_A_PEER_PORT]);	\
		EXPECT_STREQ("test", genl_text(&self->row,		\
					       HTTPQ_A_QUEUE_NAME));	\
		EXPECT_EQ(getpid(), genl_number(&self->row,		\
						HTTPQ_A_PID));		\
		EXPECT_EQ(HTTPQ_ZOMBIE_CLIENT_GONE,			\
			  genl_number(&self->row, HTTPQ_A_WHY));	\
	} while (0)

/* The worker of a zombie, told and gone. */
#define EXPECT_QUIET()							\
	do {								\
		while (genl_event(&self->ears, &self->row, 100) == 1)	\
			EXPECT_GE(HTTPQ_CMD_WORKER_DEL, self->row.cmd);	\
	} while (0)

FIXTURE(zombie_events)
{
	struct genl g;
	struct genl ears;
	struct genl_row row;
	struct scene s;
};

FIXTURE_SETUP(zombie_events)
{
	ASSERT_EQ(0, scene_open(&self->s));
	activate(self->s.fd);
	ASSERT_EQ(0, genl_open(&self->g));
	ASSERT_EQ(0, genl_open(&self->ears));
	ASSERT_EQ(0, genl_listen(&self->ears));
}

FIXTURE_TEARDOWN(zombie_events)
{
	scene_close(&self->s);
	EXPECT_QUIET();
	genl_close(&self->g);
	genl_close(&self->ears);
}

TEST_F(zombie_events, time)
{
	int64_t id, worker = only_worker(&self->g);

	EXPECT_LT(0, worker);
	host_sysctl("zombie_timeout_ms", 1000);
	ASSERT_TRUE(leave_behind(&self->s));
	EXPECT_ZOMBIE(HTTPQ_CMD_ZOMBIE_SET, -1);
	EXPECT_LE(500, genl_number(&self->row, HTTPQ_A_AGE_MS));
	EXPECT_EQ(worker, genl_number(&self->row, HTTPQ_A_WORKER));
	id = genl_number(&self->row, HTTPQ_A_ID);
	EXPECT_ZOMBIE(HTTPQ_CMD_ZOMBIE_DEL, HTTPQ_LOG_REASON_DROPPED);
	EXPECT_LE(1000, genl_number(&self->row, HTTPQ_A_AGE_MS));
	EXPECT_EQ(id, genl_number(&self->row, HTTPQ_A_ID));
}

TEST_F(zombie_events, reaped)
{
	ASSERT_TRUE(leave_behind(&self->s));
	ASSERT_EQ(0, genl_command(&self->g, HTTPQ_CMD_ZOMBIE_REAP, -1, -1));
	EXPECT_ZOMBIE(HTTPQ_CMD_ZOMBIE_DEL, HTTPQ_LOG_REASON_DROPPED);
	EXPECT_EQ(HTTPQ_LOG_STAGE_DELIVERED,
		  genl_number(&self->row, HTTPQ_A_STAGE));
}

TEST_HARNESS_MAIN
