// SPDX-License-Identifier: GPL-2.0
/*
 * What is the end of a handle and what is not: threads, file tables, children,
 * new images of the process that owns it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dying.h"
#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "step.h"
#include "worker.h"

#define PORT 8080

static const char queue[] = "test";

/* @fd: a handle of this process that gets what is delivered again. */
FIXTURE(death)
{
	int fd;
	uint64_t id;
	struct worker worker, canary;
	struct peer peer, canary_peer;
	struct raw_take t;
};

FIXTURE_SETUP(death)
{
	uint64_t id;

	self->peer.fd = -1;
	self->canary_peer.fd = -1;
	dying_setup();
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, host_run("httpq queue add %s", queue));
	ASSERT_EQ(0, host_run("httpq url add 'http://*:%d/' queue %s", PORT,
			      queue));
	self->fd = handle_attach(queue, 0, &id);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(death)
{
	dying_restore();
	worker_kill(&self->worker);
	worker_kill(&self->canary);
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
	if (self->canary_peer.fd >= 0)
		peer_close(&self->canary_peer);
	close(self->fd);
}

/* A worker has taken "/0" and come to where it says @said. */
static int begin(FIXTURE_DATA(death) *self, work_fn fn)
{
	int said;

	if (!raw_gets(&self->peer, 1, PORT, queue))
		return -EIO;
	said = worker_start(&self->worker, fn, NULL) ?:
	       worker_hear(self->worker.fd);
	self->id = handle_newest().id;
	return said;
}

/* Answers with "alive" when it is told to. */
static void answer_when_told(int fd, int handle, uint64_t id)
{
	if (worker_hear(fd) < 0)
		_exit(6);
	worker_say(fd, raw_reply(handle, id, 200, "alive"));
}

static void work_canary(struct httpq *h, int fd)
{
	worker_say(fd, !raw_take_one(httpq_fd(h)));
	dying_await(h, fd, DYING_CORE);
}

/*
 * Whoever looks after dying owners has done so since: one that dumps core was
 * found. Its request is delivered again, and no other.
 */
static bool canary_found(FIXTURE_DATA(death) *self)
{
	const struct httpq_request_head *head = raw_head(&self->t, 0);
	uint64_t id;

	if (peer_connect(&self->canary_peer, "127.0.0.1", PORT) ||
	    raw_get(&self->canary_peer, "/canary") ||
	    worker_start(&self->canary, work_canary, NULL) ||
	    worker_hear(self->canary.fd))
		return false;
	id = handle_newest().id;
	dying_cause(&self->canary, id, DYING_CORE);
	if (raw_take(self->fd, &self->t, 1, PEER_TIMEOUT) != 1 ||
	    strcmp(raw_text(head, head->path), "/canary"))
		return false;
	return !raw_reply(self->fd, head->id, 200, "") &&
	       peer_status(&self->canary_peer, "") == 200;
}

/* The worker still has its request, and answers it. */
static const char *lives(FIXTURE_DATA(death) *self)
{
	const char *wrong = "";
	struct reply r;

	if (!canary_found(self))
		return "another request was delivered again";
	if (!handle_is(self->id, "active"))
		return "not active";
	if (raw_take(self->fd, &self->t, 1, 0) != -ETIMEDOUT)
		return "delivered again";
	worker_say(self->worker.fd, 1);
	if (worker_hear(self->worker.fd))
		return "cannot answer";
	if (peer_reply(&self->peer, "GET", &r))
		return "no answer";
	if (r.status != 200 || strcmp(r.body, "alive"))
		wrong = "another answer";
	reply_free(&r);
	return wrong;
}

/* Its request comes to the other handle, which is then the only one. */
static const char *dies(FIXTURE_DATA(death) *self)
{
	const struct httpq_request_head *head = raw_head(&self->t, 0);

	if (raw_take(self->fd, &self->t, 1, PEER_TIMEOUT) != 1 ||
	    self->t.events[0].type != HTTPQ_EVENT_REQUEST)
		return "not delivered again";
	if (head->redelivered != 1)
		return "not marked as delivered again";
	if (raw_reply(self->fd, head->id, 200, "") ||
	    peer_status(&self->peer, "") != 200)
		return "not answered";
	return host_wait_lines("workers", "", 1, PEER_TIMEOUT) ? "" :
								 "not gone";
}

/* ---------------------------------------------------------------- threads */

static struct {
	int fd, handle;
	uint64_t id;
} shared;

static void *thread_answers(void *arg)
{
	answer_when_told(shared.fd, shared.handle, shared.id);
	pause();
	return NULL;
}

static void work_main_exits(struct httpq *h, int fd)
{
	pthread_t thread;

	shared.fd = fd;
	shared.handle = httpq_fd(h);
	shared.id = raw_take_one(shared.handle);
	if (!shared.id || pthread_create(&thread, NULL, thread_answers, NULL))
		_exit(6);
	worker_say(fd, 0);
	pthread_exit(NULL);
}

static bool main_thread_is_gone(pid_t pid)
{
	return !host_run("for i in $(seq 200); do grep -q '^State:.Z' "
			 "/proc/%d/status && exit 0; sleep .1; done; exit 1",
			 pid);
}

TEST_F(death, not_pthread_exit_of_main)
{
	ASSERT_EQ(0, begin(self, work_main_exits));
	ASSERT_TRUE(main_thread_is_gone(self->worker.pid));
	EXPECT_STREQ("", lives(self));
}

/* But the end of the last thread is. */
static void *thread_exits_when_told(void *arg)
{
	worker_hear(shared.fd);
	return NULL;
}

static void work_all_exit(struct httpq *h, int fd)
{
	pthread_t thread;

	shared.fd = fd;
	if (!raw_take_one(httpq_fd(h)) ||
	    pthread_create(&thread, NULL, thread_exits_when_told, NULL))
		_exit(6);
	worker_say(fd, 0);
	pthread_exit(NULL);
}

TEST_F(death, pthread_exit_of_all)
{
	ASSERT_EQ(0, begin(self, work_all_exit));
	ASSERT_TRUE(main_thread_is_gone(self->worker.pid));
	EXPECT_TRUE(handle_is(self->id, "active"));
	worker_say(self->worker.fd, 1);
	EXPECT_STREQ("", dies(self));
}

static void *thread_takes(void *arg)
{
	shared.id = raw_take_one(shared.handle);
	return NULL;
}

static void work_receiver_exits(struct httpq *h, int fd)
{
	pthread_t thread;

	shared.handle = httpq_fd(h);
	if (pthread_create(&thread, NULL, thread_takes, NULL) ||
	    pthread_join(thread, NULL) || !shared.id)
		_exit(6);
	worker_say(fd, 0);
	answer_when_told(fd, shared.handle, shared.id);
}

TEST_F(death, not_pthread_exit_of_the_receiver)
{
	ASSERT_EQ(0, begin(self, work_receiver_exits));
	EXPECT_STREQ("", lives(self));
}

/* A thread with a table of files of its own closes that when it exits. */
static void *thread_unshares(void *arg)
{
	return (void *)(long)unshare(CLONE_FILES);
}

static void *thread_unshares_and_takes(void *arg)
{
	if (unshare(CLONE_FILES))
		return NULL;
	return thread_takes(arg);
}

static void run_thread(void *(*fn)(void *))
{
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, fn, NULL) ||
	    pthread_join(thread, &result) || result)
		_exit(6);
}

static void work_files_exit(struct httpq *h, int fd)
{
	shared.handle = httpq_fd(h);
	shared.id = raw_take_one(shared.handle);
	run_thread(thread_unshares);
	worker_say(fd, !shared.id);
	answer_when_told(fd, shared.handle, shared.id);
}

TEST_F(death, not_exit_of_a_thread_with_its_own_files)
{
	ASSERT_EQ(0, begin(self, work_files_exit));
	EXPECT_STREQ("", lives(self));
}

static void work_files_take_exit(struct httpq *h, int fd)
{
	shared.handle = httpq_fd(h);
	run_thread(thread_unshares_and_takes);
	worker_say(fd, !shared.id);
	answer_when_told(fd, shared.handle, shared.id);
}

TEST_F(death, not_exit_of_a_receiver_with_its_own_files)
{
	ASSERT_EQ(0, begin(self, work_files_take_exit));
	EXPECT_STREQ("", lives(self));
}

/* The main thread closes its descriptor; another thread has one still. */
static volatile bool has_own;

static void *thread_keeps_files(void *arg)
{
	if (unshare(CLONE_FILES))
		_exit(6);
	has_own = true;
	answer_when_told(shared.fd, shared.handle, shared.id);
	pause();
	return NULL;
}

static void work_files_close(struct httpq *h, int fd)
{
	pthread_t thread;

	shared.fd = fd;
	shared.handle = httpq_fd(h);
	shared.id = raw_take_one(shared.handle);
	if (pthread_create(&thread, NULL, thread_keeps_files, NULL))
		_exit(6);
	while (!has_own)
		usleep(1000);
	close(shared.handle);
	worker_say(fd, 0);
}

TEST_F(death, not_close_of_one_of_two_tables)
{
	ASSERT_EQ(0, begin(self, work_files_close));
	EXPECT_STREQ("", lives(self));
}

/* --------------------------------------------------------------- processes */

static void work_child_exits(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	/* And one that calls exec. */
	worker_say(fd, !id || system("true"));
	answer_when_told(fd, httpq_fd(h), id);
}

TEST_F(death, not_exit_of_a_child)
{
	ASSERT_EQ(0, begin(self, work_child_exits));
	EXPECT_STREQ("", lives(self));
}

static void work_stops(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	worker_say(fd, !id);
	raise(SIGSTOP);
	answer_when_told(fd, httpq_fd(h), id);
}

TEST_F(death, not_a_stop)
{
	ASSERT_EQ(0, begin(self, work_stops));
	ASSERT_EQ(self->worker.pid, waitpid(self->worker.pid, NULL, WUNTRACED));
	ASSERT_TRUE(canary_found(self));
	peer_close(&self->canary_peer);
	worker_kill(&self->canary);
	EXPECT_TRUE(handle_is(self->id, "active"));
	kill(self->worker.pid, SIGCONT);
	EXPECT_STREQ("", lives(self));
}

/* A supervisor opens, its child receives: the child is who counts. */
static void work_opener(struct httpq *h, int fd)
{
	pid_t pid = fork();
	uint64_t id;

	if (pid)
		return;
	/* The runner waits until everyone has closed its output. */
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	id = raw_take_one(httpq_fd(h));
	worker_say(fd, getpid());
	answer_when_told(fd, httpq_fd(h), id);
	for (;;)
		pause();
}

TEST_F(death, not_of_who_only_opened)
{
	pid_t child = begin(self, work_opener);

	ASSERT_LT(0, child);
	kill(self->worker.pid, SIGKILL);
	waitpid(self->worker.pid, NULL, 0);
	EXPECT_STREQ("", lives(self));
	/* But when the one that receives dies. */
	kill(child, SIGKILL);
	EXPECT_TRUE(handle_wait(self->id, "gone"));
	close(self->worker.fd);
	self->worker.pid = 0;
}

/* -------------------------------------------------------------- new images */

/* What the new image does: answers what the old one took, then takes. */
static int image(int handle, int fd, uint64_t id)
{
	worker_say(fd, 0);
	answer_when_told(fd, handle, id);
	worker_say(fd, !raw_take_one(handle));
	pause();
	return 0;
}

static void exec_image(int handle, int fd, uint64_t id, bool keep)
{
	char text[3][24];

	snprintf(text[0], sizeof(text[0]), "%d", handle);
	snprintf(text[1], sizeof(text[1]), "%d", fd);
	snprintf(text[2], sizeof(text[2]), "%llu", (unsigned long long)id);
	if (keep && fcntl(handle, F_SETFD, 0))
		_exit(7);
	execl("/proc/self/exe", "image", text[0], text[1], text[2], NULL);
	_exit(7);
}

static void work_exec(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	if (id)
		exec_image(httpq_fd(h), fd, id, true);
}

static void *thread_execs(void *arg)
{
	exec_image(shared.handle, shared.fd, shared.id, true);
	return NULL;
}

static void work_exec_by_thread(struct httpq *h, int fd)
{
	pthread_t thread;

	shared.fd = fd;
	shared.handle = httpq_fd(h);
	shared.id = raw_take_one(shared.handle);
	if (shared.id)
		pthread_create(&thread, NULL, thread_execs, NULL);
}

/* An upgrade in place: who comes after owns it and its requests. */
static const char *upgrade(FIXTURE_DATA(death) *self, work_fn work)
{
	const char *wrong;

	if (begin(self, work))
		return "not begun";
	wrong = lives(self);
	if (*wrong)
		return wrong;
	if (handle_find(self->id).pid != self->worker.pid)
		return "another process";
	/* It takes the next one of the connection too, and its end counts. */
	if (raw_get(&self->peer, "/next") || worker_hear(self->worker.fd))
		return "does not take";
	if (handle_find(self->id).held != 1)
		return "not held";
	worker_kill(&self->worker);
	return dies(self);
}

TEST_F(death, not_exec)
{
	EXPECT_STREQ("", upgrade(self, work_exec));
}

/* The thread that calls it becomes the leader. */
TEST_F(death, not_exec_of_a_thread)
{
	EXPECT_STREQ("", upgrade(self, work_exec_by_thread));
}

/* Without leave to keep it, the image has nothing. */
static void work_exec_closed(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	if (id)
		exec_image(httpq_fd(h), fd, id, false);
}

TEST_F(death, exec_that_closes)
{
	ASSERT_EQ(0, begin(self, work_exec_closed));
	EXPECT_STREQ("", dies(self));
	EXPECT_EQ(0, waitpid(self->worker.pid, NULL, WNOHANG));
	worker_say(self->worker.fd, 1);
	EXPECT_EQ(-EBADF, worker_hear(self->worker.fd));
}

/* An exec that fails is none. */
static void work_exec_fails(struct httpq *h, int fd)
{
	uint64_t id = raw_take_one(httpq_fd(h));

	execl("/nonexistent", "nonexistent", NULL);
	worker_say(fd, !id);
	answer_when_told(fd, httpq_fd(h), id);
}

TEST_F(death, not_an_exec_that_fails)
{
	ASSERT_EQ(0, begin(self, work_exec_fails));
	EXPECT_STREQ("", lives(self));
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], "image") && argc == 4)
		return image(atoi(argv[1]), atoi(argv[2]),
			     strtoull(argv[3], NULL, 10));
	return test_harness_run(argc, argv);
}
