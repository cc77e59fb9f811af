// SPDX-License-Identifier: GPL-2.0
/*
 * What the multicast group tells of workers and zombies, and to whom.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/httpq_log.h>

#include "genl.h"
#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "scene.h"
#include "step.h"

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

static uint64_t take(struct scene *s)
{
	return scene_take(s, "GET " QUERY " HTTP/1.1\r\nHost: a\r\n\r\n");
}

/* A request whose client has left after it, and is one of @zombies; its id. */
static uint64_t leave_behind(struct scene *s, int zombies)
{
	uint64_t id = take(s);

	return id && scene_leave(s, zombies) ? id : 0;
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
#define EXPECT_ZOMBIE(_cmd, _left, _reason)				\
	do {								\
		ASSERT_EQ(1, genl_event(&self->ears, &self->row,	\
					LATE));				\
		EXPECT_EQ(_cmd, self->row.cmd);				\
		EXPECT_EQ(_left, genl_number(&self->row,		\
					     HTTPQ_A_LEFT));		\
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
		EXPECT_EQ(self->why, genl_number(&self->row,		\
						 HTTPQ_A_WHY));		\
	} while (0)

/* The next one enters. */
#define EXPECT_ENTERED()						\
	do {								\
		EXPECT_ZOMBIE(HTTPQ_CMD_ZOMBIE_NEW, -1, -1);		\
		EXPECT_GE(1000, genl_number(&self->row,			\
					    HTTPQ_A_AGE_MS));		\
		EXPECT_EQ(++self->last, genl_number(&self->row,		\
						    HTTPQ_A_ID));	\
	} while (0)

/* The oldest of those that entered leaves. */
#define EXPECT_LEFT(_left, _reason)					\
	do {								\
		EXPECT_ZOMBIE(HTTPQ_CMD_ZOMBIE_DEL,			\
			      HTTPQ_ZOMBIE_LEFT_##_left,		\
			      HTTPQ_LOG_REASON_##_reason);		\
		EXPECT_EQ(++self->left, genl_number(&self->row,		\
						    HTTPQ_A_ID));	\
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
	int64_t why;
	int64_t last;
	int64_t left;
};

FIXTURE_SETUP(zombie_events)
{
	ASSERT_EQ(0, scene_open(&self->s));
	self->why = HTTPQ_ZOMBIE_CLIENT_GONE;
	self->last = 0;
	self->left = 0;
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
	int64_t worker = only_worker(&self->g);

	EXPECT_LT(0, worker);
	host_sysctl("zombie_timeout_ms", 1000);
	ASSERT_NE(0, leave_behind(&self->s, 1));
	EXPECT_ENTERED();
	EXPECT_EQ(worker, genl_number(&self->row, HTTPQ_A_WORKER));
	EXPECT_ZOMBIE(HTTPQ_CMD_ZOMBIE_SET, -1, -1);
	EXPECT_LE(500, genl_number(&self->row, HTTPQ_A_AGE_MS));
	EXPECT_EQ(worker, genl_number(&self->row, HTTPQ_A_WORKER));
	EXPECT_EQ(self->last, genl_number(&self->row, HTTPQ_A_ID));
	EXPECT_LEFT(EXPIRED, DROPPED);
	EXPECT_LE(1000, genl_number(&self->row, HTTPQ_A_AGE_MS));
}

TEST_F(zombie_events, reaped)
{
	ASSERT_NE(0, leave_behind(&self->s, 1));
	EXPECT_ENTERED();
	ASSERT_EQ(0, genl_command(&self->g, HTTPQ_CMD_ZOMBIE_REAP, -1, -1));
	EXPECT_LEFT(REAPED, DROPPED);
	EXPECT_EQ(HTTPQ_LOG_STAGE_DELIVERED,
		  genl_number(&self->row, HTTPQ_A_STAGE));
}

/* A late end is no failure: there is no reason. */
#define HTTPQ_LOG_REASON_UNTOLD -1

TEST_F(zombie_events, late)
{
	uint64_t id = leave_behind(&self->s, 1);

	ASSERT_NE(0, id);
	EXPECT_ENTERED();
	EXPECT_EQ(-ECONNRESET, raw_reply(self->s.fd, id, 200, "late"));
	EXPECT_LEFT(LATE, UNTOLD);
}

/* Its client has all of the answer, and stays. */
TEST_F(zombie_events, end_owed)
{
	uint64_t id = take(&self->s);

	self->why = HTTPQ_ZOMBIE_END_OWED;
	ASSERT_NE(0, id);
	ASSERT_EQ(0, step_send(self->s.fd, id, 200, 2, "ok", 2,
			       HTTPQ_SEND_MORE));
	EXPECT_ENTERED();
	EXPECT_EQ(0, step_end(self->s.fd, id, ""));
	EXPECT_LEFT(LATE, UNTOLD);
}

TEST_F(zombie_events, canceled)
{
	uint64_t id = leave_behind(&self->s, 1);

	ASSERT_NE(0, id);
	EXPECT_ENTERED();
	EXPECT_EQ(0, raw_cancel(self->s.fd, id));
	EXPECT_LEFT(CANCELED, ABANDONED_QUEUE);
}

/* By the one that enters, which was there before the other one left. */
TEST_F(zombie_events, evicted)
{
	host_sysctl("zombies", 1);
	ASSERT_NE(0, leave_behind(&self->s, 1));
	EXPECT_ENTERED();
	ASSERT_NE(0, take(&self->s));
	scene_reset(&self->s);
	EXPECT_ENTERED();
	EXPECT_LEFT(EVICTED, DROPPED_LIST_FULL);
	scene_drop(&self->s);
	EXPECT_LEFT(ABANDONED, ABANDONED_QUEUE);
}

/* By and by: there is room for fewer of them now. */
TEST_F(zombie_events, evicted_by_limit)
{
	int i;

	for (i = 1; i <= 4; i++) {
		ASSERT_NE(0, leave_behind(&self->s, i));
		EXPECT_ENTERED();
	}
	host_sysctl("zombies", 1);
	for (i = 1; i <= 3; i++)
		EXPECT_LEFT(EVICTED, DROPPED_LIST_FULL);
	scene_drop(&self->s);
	EXPECT_LEFT(ABANDONED, ABANDONED_QUEUE);
}

/* The worker goes after all that it held. */
#define EXPECT_GONE()							\
	do {								\
		EXPECT_LEFT(ABANDONED, ABANDONED_QUEUE);		\
		ASSERT_EQ(1, genl_event(&self->ears, &self->row,	\
					LATE));				\
		EXPECT_EQ(HTTPQ_CMD_WORKER_DEL, self->row.cmd);		\
	} while (0)

TEST_F(zombie_events, closed)
{
	ASSERT_NE(0, leave_behind(&self->s, 1));
	EXPECT_ENTERED();
	scene_drop(&self->s);
	EXPECT_GONE();
}

TEST_F(zombie_events, detached)
{
	int64_t worker = only_worker(&self->g);

	ASSERT_NE(0, leave_behind(&self->s, 1));
	EXPECT_ENTERED();
	EXPECT_EQ(0, genl_command(&self->g, HTTPQ_CMD_WORKER_DETACH, worker,
				  -1));
	EXPECT_GONE();
}

TEST_F(zombie_events, drain_deadline)
{
	int64_t worker = only_worker(&self->g);

	ASSERT_NE(0, leave_behind(&self->s, 1));
	EXPECT_ENTERED();
	EXPECT_EQ(0, genl_command(&self->g, HTTPQ_CMD_WORKER_DRAIN, worker,
				  100));
	ASSERT_EQ(1, genl_event(&self->ears, &self->row, LATE));
	EXPECT_EQ(HTTPQ_CMD_WORKER_SET, self->row.cmd);
	EXPECT_GONE();
}

/* A worker may still end what it has of a queue that is no more. */
TEST_F(zombie_events, queue_deleted)
{
	ASSERT_NE(0, leave_behind(&self->s, 1));
	EXPECT_ENTERED();
	ASSERT_EQ(0, host_run("httpq queue del test"));
	EXPECT_EQ(0, genl_event(&self->ears, &self->row, 100));
	scene_drop(&self->s);
	EXPECT_GONE();
}

/* Of a queue of httpq-pool the log says so. */
TEST_F(zombie_events, pool)
{
	ASSERT_EQ(0, host_run("httpq queue set test pool on"));
	ASSERT_NE(0, leave_behind(&self->s, 1));
	EXPECT_ENTERED();
	scene_drop(&self->s);
	EXPECT_LEFT(ABANDONED, ABANDONED_POOL);
}

#define ROUNDS 120

/*
 * struct ledger - zombies by number: 1 entered, 2 half of the time, 3 left
 * @wrong: what came out of turn
 * @ways: how many left in which way
 */
struct ledger {
	uint8_t at[ROUNDS + 1];
	int wrong;
	int ways[HTTPQ_ZOMBIE_LEFT_ABANDONED + 1];
};

static void enter_row(struct ledger *l, const struct genl_row *row)
{
	int64_t id = genl_number(row, HTTPQ_A_ID);
	int64_t left = genl_number(row, HTTPQ_A_LEFT);
	int was, now = row->cmd == HTTPQ_CMD_ZOMBIE_NEW ? 1 :
		       row->cmd == HTTPQ_CMD_ZOMBIE_SET ? 2 :
		       row->cmd == HTTPQ_CMD_ZOMBIE_DEL ? 3 : 0;

	if (!now)
		return;
	if (id < 1 || id > ROUNDS) {
		l->wrong++;
		return;
	}
	was = l->at[id];
	l->at[id] = now;
	if (now <= was || (now > 1 && !was) || (now == 3) != (left > 0))
		l->wrong++;
	if (now == 3 && left > 0 && left <= HTTPQ_ZOMBIE_LEFT_ABANDONED)
		l->ways[left]++;
}

/* Their time is over at about the time when something else ends them. */
static void round_of(struct scene *s, int i)
{
	uint64_t id = take(s);

	scene_reset(s);
	usleep(i % 16 * 1000);
	if (i % 3 == 1)
		raw_reply(s->fd, id, 200, "late");
	else if (i % 3 == 2)
		raw_cancel(s->fd, id);
}

/* All that enter leave, whatever comes first, and what is told is in order. */
TEST_F(zombie_events, balance)
{
	struct ledger l = {};
	int i, open = 0;

	host_sysctl("zombie_timeout_ms", 20);
	host_sysctl("zombies", 2);
	for (i = 0; i < ROUNDS; i++) {
		round_of(&self->s, i);
		while (genl_event(&self->ears, &self->row, 0) == 1)
			enter_row(&l, &self->row);
	}
	scene_drop(&self->s);
	while (genl_event(&self->ears, &self->row, 500) == 1)
		enter_row(&l, &self->row);
	for (i = 1; i <= ROUNDS; i++)
		open += l.at[i] && l.at[i] != 3;
	EXPECT_EQ(0, open);
	EXPECT_EQ(0, l.wrong);
	EXPECT_LT(0, l.ways[HTTPQ_ZOMBIE_LEFT_EXPIRED]);
	EXPECT_EQ(host_stat("zombies_entered"),
		  host_stat("zombies_late") + host_stat("zombies_expired") +
		  host_stat("zombies_evicted") +
		  l.ways[HTTPQ_ZOMBIE_LEFT_CANCELED] +
		  l.ways[HTTPQ_ZOMBIE_LEFT_ABANDONED]);
}

TEST_HARNESS_MAIN
