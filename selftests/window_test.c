// SPDX-License-Identifier: GPL-2.0
/*
 * The window of article 908739: a request comes after the recycling of its
 * worker has begun and before the worker's handle is closed. There it was
 * bound to the old process with its connection, and lost. Here another worker
 * has it at once, or the next one that comes.
 * kernels: uml debug 6.12 6.1
 * debug: -v affinity
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "peer.h"
#include "raw.h"
#include "step.h"
#include "worker.h"

#define PORT 8080
#define PEERS 8
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
/* What an answer may take in the window, in ms; emulated CPUs are slow. */
#define SOON host_scale(1000, 5000)

static const char queue[] = "test";

/* What the clients are behind; NULL: they are on this machine. */
static struct pair *network;

/*
 * @old: the worker that is recycled; it leaves only when it is told to
 * @new: who comes after it
 */
FIXTURE(window)
{
	struct worker old, new;
	uint64_t old_id, new_id;
	struct peer peers[PEERS];
	struct pair pair;
};

FIXTURE_VARIANT(window)
{
	bool affinity;
	bool keepalive;
	bool lossy;
};

FIXTURE_VARIANT_ADD(window, affinity) {
	.affinity = true, .keepalive = true,
};
FIXTURE_VARIANT_ADD(window, no_affinity) { .keepalive = true };
FIXTURE_VARIANT_ADD(window, no_keepalive) { .affinity = true };
FIXTURE_VARIANT_ADD(window, lossy) {
	.affinity = true, .keepalive = true, .lossy = true,
};
FIXTURE_VARIANT_ADD(window, no_keepalive_lossy) {
	.affinity = true, .lossy = true,
};

FIXTURE_SETUP(window)
{
	int i;

	for (i = 0; i < PEERS; i++)
		self->peers[i].fd = -1;
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, host_run("httpq queue add %s && httpq queue set %s "
			      "affinity %s", queue, queue,
			      variant->affinity ? "on" : "off"));
	ASSERT_EQ(0, host_run("httpq url add 'http://*:%d/' queue %s "
			      "keepalive %s", PORT, queue,
			      variant->keepalive ? "on" : "off"));
	if (!variant->lossy)
		return;
	network = &self->pair;
	ASSERT_EQ(0, pair_create(network));
	ASSERT_EQ(0, pair_netem(network, NETEM_LOSSIER));
}

FIXTURE_TEARDOWN(window)
{
	int i;

	for (i = 0; i < PEERS; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
	worker_kill(&self->old);
	worker_kill(&self->new);
}

/* ------------------------------------------------------------- the workers */

static int answer(int fd, uint64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%d", getpid());
	return raw_reply(fd, id, 200, text);
}

/* Answers with its number until it drains; then waits for leave to go. */
static void work(struct httpq *h, int fd)
{
	struct raw_take t;
	int n;

	/* Active from here on, without taking anything yet. */
	step_take(httpq_fd(h), &t, HTTPQ_TRANSFER_HELD, 0);
	worker_say(fd, 0);
	for (;;) {
		n = raw_take(httpq_fd(h), &t, 1, -1);
		if (n < 0 && n != -EINTR)
			break;
		if (n == 1 && t.events[0].type == HTTPQ_EVENT_REQUEST)
			answer(httpq_fd(h), t.events[0].id);
	}
	worker_say(fd, n);
	worker_hear(fd);
	_exit(0);
}

static int start(struct worker *w, uint64_t *id)
{
	int err = worker_start(w, work, NULL) ?: worker_hear(w->fd);

	*id = handle_newest().id;
	return err;
}

/* ------------------------------------------------------------- the clients */

static int ask(struct peer *p)
{
	int err = 0;

	if (p->fd < 0)
		err = network ? pair_connect(network, p, PORT) :
				peer_connect(p, "127.0.0.1", PORT);
	return err ?: peer_puts(p, GET);
}

/* What is lost is sent again, after 200 ms, 400 ms, ..., or a second. */
static int soon(void)
{
	return network ? PEER_TIMEOUT : SOON;
}

/* Who answered: a process, or -errno. A connection that is not to be kept is
 * closed.
 */
static int answered_by(struct peer *p)
{
	struct reply r;
	const char *connection;
	int err = peer_reply(p, "GET", &r);
	int pid = err ? err : -EPROTO;

	if (!err && r.status == 200)
		pid = atoi(r.body);
	connection = err ? NULL : reply_field(&r, "Connection");
	if (connection && !strcmp(connection, "close")) {
		if (peer_wait_close(p, PEER_TIMEOUT))
			pid = -EISCONN;
		peer_close(p);
	}
	reply_free(&r);
	return pid;
}

/* Each of the connections has had a request at the old worker. */
static const char *warm_up(FIXTURE_DATA(window) *self, bool keepalive)
{
	int i;

	if (start(&self->old, &self->old_id))
		return "no worker";
	for (i = 0; i < PEERS; i++) {
		if (ask(&self->peers[i]))
			return "cannot ask";
		if (answered_by(&self->peers[i]) != self->old.pid)
			return "no answer of the first worker";
		if ((self->peers[i].fd >= 0) != keepalive)
			return "connection is not kept as was said";
	}
	return "";
}

/* The recycling begins, and the old worker stops where it is. */
static const char *open_window(FIXTURE_DATA(window) *self)
{
	int status;

	if (host_run("httpq worker drain %llu 600000",
		     (unsigned long long)self->old_id))
		return "cannot drain";
	kill(self->old.pid, SIGSTOP);
	if (waitpid(self->old.pid, &status, WUNTRACED) != self->old.pid ||
	    !WIFSTOPPED(status))
		return "did not stop";
	return handle_is(self->old_id, "draining") ? "" : "does not drain";
}

/* It stays open while the old worker is stopped, then that leaves in order. */
static const char *close_window(FIXTURE_DATA(window) *self)
{
	int status = -1;

	if (!handle_is(self->old_id, "draining"))
		return "handle did not stay open";
	if (handle_find(self->old_id).held)
		return "something was held";
	kill(self->old.pid, SIGCONT);
	if (worker_hear(self->old.fd) != -ESHUTDOWN)
		return "its receive did not end as it should";
	worker_say(self->old.fd, 0);
	if (waitpid(self->old.pid, &status, 0) != self->old.pid || status)
		return "did not exit";
	self->old.pid = 0;
	close(self->old.fd);
	return handle_wait(self->old_id, "gone") ? "" : "handle not gone";
}

/* One request on each connection. The slowest took so many ms; or -1. */
static int64_t all_answered_by(FIXTURE_DATA(window) *self, pid_t pid)
{
	int64_t begin, worst = 0;
	int i, who;

	for (i = 0; i < PEERS; i++) {
		begin = host_now();
		if (ask(&self->peers[i]))
			return -1;
		who = answered_by(&self->peers[i]);
		if (who != pid) {
			printf("# connection %d: answered by %d, not by %d\n",
			       i, who, pid);
			return -1;
		}
		if (host_now() - begin > worst)
			worst = host_now() - begin;
	}
	return worst;
}

TEST_F(window, kb908739)
{
	int64_t worst;

	ASSERT_STREQ("", warm_up(self, variant->keepalive));
	ASSERT_EQ(0, start(&self->new, &self->new_id));
	ASSERT_STREQ("", open_window(self));
	worst = all_answered_by(self, self->new.pid);
	EXPECT_LE(0, worst);
	EXPECT_GT(soon(), worst);
	EXPECT_STREQ("", close_window(self));
	EXPECT_LE(0, all_answered_by(self, self->new.pid));
	EXPECT_EQ(0, host_stat("conns_reset"));
	EXPECT_EQ(0, host_stat("answers_kernel"));
}

/* Those that come while there is none wait for the next one. */
TEST_F(window, no_worker_yet)
{
	int64_t begin;
	int i;

	ASSERT_STREQ("", warm_up(self, variant->keepalive));
	ASSERT_STREQ("", open_window(self));
	for (i = 0; i < PEERS; i++)
		ASSERT_EQ(0, ask(&self->peers[i]));
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, PEERS));
	EXPECT_TRUE(handle_is(self->old_id, "draining"));
	ASSERT_EQ(0, start(&self->new, &self->new_id));
	begin = host_now();
	for (i = 0; i < PEERS; i++)
		EXPECT_EQ(self->new.pid, answered_by(&self->peers[i]));
	EXPECT_GT(soon(), host_now() - begin);
	EXPECT_STREQ("", close_window(self));
	EXPECT_LE(0, all_answered_by(self, self->new.pid));
	EXPECT_EQ(0, host_stat("conns_reset"));
	EXPECT_EQ(0, host_stat("answers_kernel"));
}

/* It was stopped before, with requests about to come to it. */
TEST_F(window, hung_before)
{
	int64_t begin;
	int i;

	ASSERT_STREQ("", warm_up(self, variant->keepalive));
	kill(self->old.pid, SIGSTOP);
	waitpid(self->old.pid, NULL, WUNTRACED);
	for (i = 0; i < PEERS; i++)
		ASSERT_EQ(0, ask(&self->peers[i]));
	ASSERT_TRUE(raw_wait_queue(queue, RAW_QUEUED, PEERS));
	ASSERT_EQ(0, start(&self->new, &self->new_id));
	begin = host_now();
	ASSERT_EQ(0, host_run("httpq worker drain %llu 600000",
			      (unsigned long long)self->old_id));
	for (i = 0; i < PEERS; i++)
		EXPECT_EQ(self->new.pid, answered_by(&self->peers[i]));
	EXPECT_GT(soon(), host_now() - begin);
	EXPECT_STREQ("", close_window(self));
	EXPECT_EQ(0, host_stat("conns_reset"));
}

/* ------------------------------------------------------------- the affinity */

FIXTURE(affinity)
{
	struct worker workers[2];
	uint64_t ids[2];
	struct peer peers[PEERS];
};

FIXTURE_SETUP(affinity)
{
	int i;

	for (i = 0; i < PEERS; i++)
		self->peers[i].fd = -1;
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, host_run("httpq queue add %s && httpq queue set %s "
			      "affinity on", queue, queue));
	ASSERT_EQ(0, host_run("httpq url add 'http://*:%d/' queue %s", PORT,
			      queue));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, start(&self->workers[i], &self->ids[i]));
}

FIXTURE_TEARDOWN(affinity)
{
	int i;

	for (i = 0; i < PEERS; i++)
		if (self->peers[i].fd >= 0)
			peer_close(&self->peers[i]);
	for (i = 0; i < 2; i++)
		worker_kill(&self->workers[i]);
}

/*
 * A hint, and only for a while: on a slow machine the other one may be first.
 * But mostly a connection keeps its worker, and by chance half of them would.
 */
TEST_F(affinity, mostly_the_same)
{
	long i, n = host_scale(400, 160), same = 0;
	int who, last[PEERS] = {};

	for (i = 0; i < n; i++) {
		struct peer *p = &self->peers[i % PEERS];

		/* Both wait again, so that either could have it. */
		ASSERT_TRUE(worker_wait_asleep(self->workers[0].pid));
		ASSERT_TRUE(worker_wait_asleep(self->workers[1].pid));
		ASSERT_EQ(0, ask(p));
		who = answered_by(p);
		ASSERT_LT(0, who);
		same += who == last[i % PEERS];
		last[i % PEERS] = who;
	}
	EXPECT_LT((n - PEERS) * 3 / 4, same);
}

/* Who is preferred does not come: the other one has it soon. */
TEST_F(affinity, not_for_long)
{
	int64_t begin;
	int who, mine;

	ASSERT_EQ(0, ask(&self->peers[0]));
	who = answered_by(&self->peers[0]);
	mine = who == self->workers[1].pid;
	ASSERT_EQ(self->workers[mine].pid, who);
	kill(who, SIGSTOP);
	waitpid(who, NULL, WUNTRACED);
	begin = host_now();
	ASSERT_EQ(0, ask(&self->peers[0]));
	EXPECT_EQ(self->workers[!mine].pid, answered_by(&self->peers[0]));
	EXPECT_GT(SOON, host_now() - begin);
	/* Killed, it is not preferred at all. */
	worker_kill(&self->workers[mine]);
	ASSERT_EQ(0, ask(&self->peers[0]));
	EXPECT_EQ(self->workers[!mine].pid, answered_by(&self->peers[0]));
}

/* Nor do requests wait for him that come one after the other. */
TEST_F(affinity, each_not_for_long)
{
	struct worker *w = self->workers;
	int64_t begin;
	int i;

	kill(w[1].pid, SIGSTOP);
	waitpid(w[1].pid, NULL, WUNTRACED);
	for (i = 0; i < PEERS; i++) {
		ASSERT_EQ(0, ask(&self->peers[i]));
		ASSERT_EQ(w[0].pid, answered_by(&self->peers[i]));
	}
	kill(w[1].pid, SIGCONT);
	kill(w[0].pid, SIGSTOP);
	waitpid(w[0].pid, NULL, WUNTRACED);
	ASSERT_TRUE(worker_wait_asleep(w[1].pid));

	begin = host_now();
	for (i = 0; i < PEERS; i++) {
		ASSERT_EQ(0, ask(&self->peers[i]));
		usleep(15000);
	}
	for (i = 0; i < PEERS; i++)
		EXPECT_EQ(w[1].pid, answered_by(&self->peers[i]));
	EXPECT_GT(SOON + PEERS * 15, host_now() - begin);
}

TEST_HARNESS_MAIN
