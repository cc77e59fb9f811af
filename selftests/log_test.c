// SPDX-License-Identifier: GPL-2.0
/*
 * The ring behind /dev/httpq-log: one record for each request, to each reader,
 * and what it says when not. timeout: 240 kernels: uml 6.12 6.1 (uml-6.1)
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "host.h"
#include "kselftest_harness.h"
#include "log.h"
#include "pair.h"
#include "peer.h"
#include "raw.h"
#include "serve.h"

#define PORT 8080
#define URL "http://*:8080/"
/* One for which the log is the only thing that happens. */
#define BAD "GET / HTTP/1.1\r\n\r\n"
#define BAD_VERSION "GET / HTTP/7.0\r\nHost: a\r\n\r\n"
/* What a slow worker takes for a request. */
#define SLOW_US 1000000
/* How long nothing has to come for there to be nothing. */
#define QUIET 100

/* Asks for "/@number", followed by @pad bytes, and gets the answer. */
static bool ask(struct peer *p, int number, size_t pad)
{
	char text[8192], dots[8000];

	memset(dots, '.', pad);
	snprintf(text, sizeof(text), "GET /%d%.*s HTTP/1.1\r\nHost: a\r\n\r\n",
		 number, (int)pad, dots);
	return peer_status(p, text) == 200;
}

static bool ask_all(struct peer *p, int from, int to, size_t pad)
{
	while (from < to)
		if (!ask(p, from++, pad))
			return false;
	return true;
}

/* Each on a connection of its own, since it ends it. */
static bool refuse(const char *request, int status, int n)
{
	struct peer p;
	bool good = true;

	while (good && n--) {
		if (peer_connect(&p, "127.0.0.1", PORT))
			return false;
		good = peer_status(&p, request) == status;
		peer_close(&p);
	}
	return good;
}

static int number_of(const struct httpq_log_record *r)
{
	if (!r || r->kind != HTTPQ_LOG_ACCESS)
		return -1;
	return atoi(log_text(r, r->target) + 1);
}

/* Whether exactly the requests of these numbers come, in order. */
static bool shows(struct log *log, int from, int to)
{
	while (from < to)
		if (number_of(log_next(log, PEER_TIMEOUT)) != from++)
			return false;
	return !log_next(log, QUIET);
}

/* How many records of @kind there are among those that come, each counted as
 * what it stands for; @total in all are waited for.
 */
static long count(struct log *log, int kind, long total)
{
	const struct httpq_log_record *r;
	long n, found = 0;

	while (total > 0) {
		r = log_next(log, PEER_TIMEOUT);
		if (!r)
			return -1;
		n = r->count ?: 1;
		total -= n;
		if (r->kind == kind)
			found += n;
	}
	return total ? -1 : found;
}

static ssize_t read_log(int fd, void *buf, size_t len)
{
	ssize_t n = read(fd, buf, len);

	return n < 0 ? -errno : n;
}

static int poll_log(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) > 0 ? pfd.revents : 0;
}

static int control(struct log *log, unsigned long code)
{
	return ioctl(log->fd, code) ? -errno : 0;
}

/* A reader that waits, in a thread; what it got. */
static void *read_once(void *arg)
{
	char buf[HTTPQ_LOG_RECORD_MAX];
	int fd = *(int *)arg;

	return (void *)read_log(fd, buf, sizeof(buf));
}

/* ---------------------------------------------------------- what is written */

FIXTURE(log)
{
	struct serve serve;
	struct peer peer;
	struct log log;
	struct log other;
};

FIXTURE_SETUP(log)
{
	self->other.fd = -1;
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, serve_start(&self->serve, URL, serve_echo, NULL, 1));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, log_open(&self->log));
}

FIXTURE_TEARDOWN(log)
{
	log_close(&self->other);
	log_close(&self->log);
	peer_close(&self->peer);
	serve_stop(&self->serve);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* IPv4 loopback, and the port of our end of the connection. */
static bool is_ours(const struct httpq_addr *addr, int fd)
{
	struct sockaddr_in6 sin6 = {};
	socklen_t len = sizeof(sin6);

	getsockname(fd, (struct sockaddr *)&sin6, &len);
	return !memcmp(addr->addr, &sin6.sin6_addr, 16) && !addr->scope_id &&
	       addr->port == ntohs(sin6.sin6_port);
}

TEST_F(log, a_request)
{
	static const char request[] = "POST /%41?b=c HTTP/1.1\r\nHost: a.test\r\n"
		"User-Agent: me\r\nReferer: http://b/\r\n"
		"Content-Length: 5\r\n\r\nhello";
	const struct httpq_log_record *r;
	uint64_t begin = now_ns(), id;
	struct reply reply;

	ASSERT_EQ(0, peer_puts(&self->peer, request));
	ASSERT_EQ(0, peer_reply(&self->peer, "POST", &reply));
	ASSERT_STREQ("hello", reply.body);
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_STREQ("access 200 - sent HTTP/1.1 POST /%41?b=c", log_line(r));
	EXPECT_LT(begin, r->time_ns);
	EXPECT_GT(now_ns(), r->time_ns);
	EXPECT_GE(r->time_ns - begin, r->taken_ns);
	EXPECT_GE(r->taken_ns, r->queued_ns);
	EXPECT_EQ(0, r->count);
	EXPECT_NE(0, r->request_id >> 32);
	EXPECT_EQ(1, (uint32_t)r->request_id);
	EXPECT_NE(0, r->worker_id);
	EXPECT_EQ(getpid(), r->pid);
	EXPECT_EQ(1, r->deliveries);
	EXPECT_EQ(strlen(request), r->cs_bytes);
	EXPECT_EQ(strlen(reply.head) + reply.body_len, r->sc_bytes);
	EXPECT_EQ(0, r->substatus);
	EXPECT_EQ(0, r->owed);
	EXPECT_EQ(PORT, r->local.port);
	EXPECT_TRUE(is_ours(&r->remote, self->peer.fd));
	EXPECT_STREQ("a.test", log_text(r, r->host));
	EXPECT_STREQ("test", log_text(r, r->queue));
	EXPECT_STREQ(URL, log_text(r, r->prefix));
	EXPECT_STREQ("me", log_text(r, r->agent));
	EXPECT_STREQ("http://b/", log_text(r, r->referer));
	EXPECT_EQ(0, r->user.len);
	EXPECT_EQ(0, r->note.len);
	reply_free(&reply);

	/* The next one on the same connection. */
	id = r->request_id;
	ASSERT_TRUE(ask(&self->peer, 1, 0));
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_EQ(1, number_of(r));
	EXPECT_EQ(id + 1, r->request_id);
	EXPECT_EQ(0, r->agent.len);
	EXPECT_EQ(0, r->referer.len);
	EXPECT_EQ(NULL, log_next(&self->log, QUIET));
}

static void serve_slow(struct httpq_request *req, void *data)
{
	usleep(SLOW_US);
	serve_ok(req, data);
}

/* The worker is busy with the first one while the second one waits. */
TEST_F(log, time_in_the_queue)
{
	const struct httpq_log_record *r;
	struct peer peers[2];
	int i;

	serve_stop(&self->serve);
	ASSERT_EQ(0, serve_start(&self->serve, URL, serve_slow, NULL, 1));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, peer_connect(&peers[i], "127.0.0.1", PORT) ?:
			     raw_get(&peers[i], "/"));
		ASSERT_EQ(i + 1, host_wait_stat("requests_queued", i + 1,
						PEER_TIMEOUT));
	}
	for (i = 0; i < 2; i++) {
		r = log_next(&self->log, PEER_TIMEOUT);
		ASSERT_NE(NULL, r);
		EXPECT_GT(r->taken_ns, r->queued_ns);
		EXPECT_LT(SLOW_US * 900LL, r->taken_ns - r->queued_ns);
		peer_close(&peers[i]);
	}
	EXPECT_LT(0, r->queued_ns);
}

TEST_F(log, long_texts_are_cut)
{
	const struct httpq_log_record *r;
	char text[16000], agent[2001];

	ASSERT_TRUE(ask(&self->peer, 1, 4094));
	r = log_next(&self->log, PEER_TIMEOUT);
	EXPECT_EQ(4096, r->target.len);
	EXPECT_EQ(0, r->flags & HTTPQ_LOG_CUT);
	ASSERT_TRUE(ask(&self->peer, 2, 4095));
	r = log_next(&self->log, PEER_TIMEOUT);
	EXPECT_EQ(2, number_of(r));
	EXPECT_EQ(4096, r->target.len);
	EXPECT_EQ(HTTPQ_LOG_CUT, r->flags);

	memset(agent, 'x', sizeof(agent) - 1);
	agent[sizeof(agent) - 1] = 0;
	snprintf(text, sizeof(text), "GET /3 HTTP/1.1\r\nHost: a\r\n"
		 "Referer: r\r\nUser-Agent: %s\r\n\r\n", agent);
	ASSERT_EQ(200, peer_status(&self->peer, text));
	r = log_next(&self->log, PEER_TIMEOUT);
	EXPECT_EQ(1024, r->agent.len);
	EXPECT_EQ(HTTPQ_LOG_CUT, r->flags);
	EXPECT_STREQ("r", log_text(r, r->referer));
	EXPECT_STREQ("/3", log_text(r, r->target));
}

TEST_F(log, every_request_once)
{
	struct peer peers[3];
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, peer_connect(&peers[i], "127.0.0.1", PORT));
	for (i = 0; i < 150; i++)
		ASSERT_TRUE(ask(&peers[i % 3], i, 0));
	ASSERT_TRUE(shows(&self->log, 0, 150));
	ASSERT_TRUE(refuse(BAD, 400, 5));
	EXPECT_EQ(5, count(&self->log, HTTPQ_LOG_ERROR, 5));
	EXPECT_EQ(NULL, log_next(&self->log, QUIET));
	EXPECT_EQ(0, host_stat("log_lost"));
	EXPECT_EQ(0, host_stat("log_suppressed"));
	for (i = 0; i < 3; i++)
		peer_close(&peers[i]);
}

/* ----------------------------------------------------------- who may read */

static int try_open(void *data)
{
	int *ns = data, fd;

	if (ns && unshare(*ns))
		return -ENOSYS;
	fd = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

TEST_F(log, needs_admin)
{
	int user = CLONE_NEWUSER, both = CLONE_NEWUSER | CLONE_NEWNET;

	EXPECT_EQ(0, try_open(NULL));
	EXPECT_EQ(-EPERM, raw_as_user(1000, try_open, NULL));
	/* To be root somewhere else does not help; there, it does. */
	EXPECT_EQ(-EPERM, raw_as_user(1000, try_open, &user));
	EXPECT_EQ(0, raw_as_user(1000, try_open, &both));
}

TEST_F(log, unknown_calls)
{
	EXPECT_EQ(-ENOTTY, control(&self->log, HTTPQ_IOC_INFO));
	EXPECT_EQ(-ENOTTY, control(&self->log, _IO(HTTPQ_IOC_MAGIC, 34)));
	EXPECT_EQ(-1, lseek(self->log.fd, 1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->log.fd, 0, SEEK_CUR));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->log.fd, "x", 1));
}

/* The log of another namespace is another log. */
TEST_F(log, of_its_namespace)
{
	ASSERT_TRUE(ask(&self->peer, 1, 0));
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, log_open(&self->other));
	EXPECT_TRUE(shows(&self->other, 0, 0));
	EXPECT_TRUE(shows(&self->log, 1, 2));
}

/* -------------------------------------------------------------- how it reads */

/* Reads with room for @len bytes: how many whole records came, or -errno. */
static int read_whole(int fd, size_t len)
{
	static char buf[4 * HTTPQ_LOG_RECORD_MAX]
		__attribute__((aligned(8)));
	ssize_t n = read_log(fd, buf, len), at = 0;
	const struct httpq_log_record *r;
	int nr = 0;

	if (n < 0)
		return n;
	for (; at < n; at += r->size, nr++) {
		r = (const void *)(buf + at);
		if (n - at < sizeof(*r) || n - at < r->size)
			return -EBADMSG;
	}
	return nr;
}

TEST_F(log, whole_records)
{
	const struct httpq_log_record *r;
	size_t size;

	ASSERT_EQ(0, log_open(&self->other));
	/* All of the same size. */
	ASSERT_TRUE(ask_all(&self->peer, 10, 22, 0));
	r = log_next(&self->other, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	size = r->size;
	ASSERT_TRUE(shows(&self->other, 11, 22));

	EXPECT_EQ(-EINVAL, read_whole(self->log.fd, 0));
	EXPECT_EQ(-EINVAL, read_whole(self->log.fd, 1));
	EXPECT_EQ(-EINVAL, read_whole(self->log.fd, size - 1));
	EXPECT_EQ(POLLIN, poll_log(self->log.fd, 0));
	EXPECT_EQ(1, read_whole(self->log.fd, size));
	EXPECT_EQ(1, read_whole(self->log.fd, 2 * size - 1));
	EXPECT_EQ(2, read_whole(self->log.fd, 3 * size - 8));
	EXPECT_EQ(-EFAULT, read_log(self->log.fd, NULL, size));
	EXPECT_EQ(5, read_whole(self->log.fd, 5 * size));
	EXPECT_TRUE(shows(&self->log, 19, 22));
	EXPECT_EQ(-EAGAIN, read_whole(self->log.fd, 1));
}

/* A page that can't be written ends a read where it begins. */
TEST_F(log, fault_loses_nothing)
{
	const long page = sysconf(_SC_PAGESIZE);
	char *buf = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t n;

	ASSERT_NE(MAP_FAILED, buf);
	ASSERT_EQ(0, mprotect(buf + page, page, PROT_NONE));
	ASSERT_TRUE(ask_all(&self->peer, 0, 30, 500));
	while (host_stat("responses") < 30)
		usleep(1000);
	n = read_log(self->log.fd, buf, 2 * page);
	EXPECT_LT(0, n);
	EXPECT_GE(page, n);
	n = ((struct httpq_log_record *)buf)->size;
	EXPECT_TRUE(shows(&self->log, page / n, 30));
	munmap(buf, 2 * page);
}

TEST_F(log, polls)
{
	EXPECT_EQ(0, poll_log(self->log.fd, QUIET));
	EXPECT_EQ(-EAGAIN, read_whole(self->log.fd, sizeof(self->log.buf)));
	ASSERT_TRUE(ask(&self->peer, 0, 0));
	EXPECT_EQ(POLLIN, poll_log(self->log.fd, PEER_TIMEOUT));
	EXPECT_EQ(1, read_whole(self->log.fd, sizeof(self->log.buf)));
	EXPECT_EQ(0, poll_log(self->log.fd, QUIET));
}

TEST_F(log, waits)
{
	int fd = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_CLOEXEC);
	pthread_t thread;
	void *result;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_once, &fd));
	usleep(20000);
	ASSERT_TRUE(ask(&self->peer, 0, 0));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_LT(0, (ssize_t)result);

	/* While one thread waits others get at it. */
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_once, &fd));
	usleep(20000);
	EXPECT_EQ(0, poll_log(fd, 0));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_END));
	while (pthread_kill(thread, SIGUSR1) == 0 &&
	       pthread_tryjoin_np(thread, &result))
		usleep(1000);
	EXPECT_EQ(-EINTR, (ssize_t)result);
	close(fd);
}

TEST_F(log, readers_do_not_steal)
{
	ASSERT_EQ(0, log_open(&self->other));
	ASSERT_TRUE(ask_all(&self->peer, 0, 10, 0));
	EXPECT_TRUE(shows(&self->log, 0, 10));
	EXPECT_TRUE(shows(&self->other, 0, 10));
	log_close(&self->other);
	ASSERT_EQ(0, log_open(&self->other));
	EXPECT_TRUE(shows(&self->other, 0, 10));
	EXPECT_TRUE(shows(&self->log, 0, 0));
}

TEST_F(log, seeks)
{
	ASSERT_TRUE(ask_all(&self->peer, 0, 10, 0));
	ASSERT_EQ(0, lseek(self->log.fd, 0, SEEK_END));
	EXPECT_TRUE(shows(&self->log, 0, 0));
	EXPECT_EQ(0, lseek(self->log.fd, 0, SEEK_SET));
	EXPECT_TRUE(shows(&self->log, 0, 10));
	ASSERT_EQ(0, lseek(self->log.fd, 0, SEEK_END));
	ASSERT_TRUE(ask(&self->peer, 10, 0));
	EXPECT_TRUE(shows(&self->log, 10, 11));
}

/* Who waits with the same file gets what lies ahead now. */
TEST_F(log, seeks_for_who_waits)
{
	int fd = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_CLOEXEC);
	pthread_t thread;
	void *result;

	ASSERT_LE(0, fd);
	ASSERT_TRUE(ask(&self->peer, 0, 0));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_END));
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_once, &fd));
	usleep(20000);
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_LT(0, (ssize_t)result);

	ASSERT_EQ(0, pthread_create(&thread, NULL, read_once, &fd));
	usleep(20000);
	EXPECT_EQ(0, ioctl(fd, HTTPQ_LOG_IOC_COLLECT));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_LT(0, (ssize_t)result);
	close(fd);
}

/* ------------------------------------------------------------ the collector */

/* Another one takes over: a new file. */
static int succeed(struct log *log)
{
	log_close(log);
	return log_open(log) ?: control(log, HTTPQ_LOG_IOC_COLLECT);
}

TEST_F(log, one_collector)
{
	ASSERT_EQ(0, log_open(&self->other));
	EXPECT_EQ(-EPERM, control(&self->log, HTTPQ_LOG_IOC_COMMIT));
	EXPECT_EQ(0, control(&self->log, HTTPQ_LOG_IOC_COLLECT));
	EXPECT_EQ(-EBUSY, control(&self->log, HTTPQ_LOG_IOC_COLLECT));
	EXPECT_EQ(-EBUSY, control(&self->other, HTTPQ_LOG_IOC_COLLECT));
	EXPECT_EQ(-EPERM, control(&self->other, HTTPQ_LOG_IOC_COMMIT));
	EXPECT_EQ(0, control(&self->log, HTTPQ_LOG_IOC_COMMIT));
	log_close(&self->log);
	EXPECT_EQ(0, control(&self->other, HTTPQ_LOG_IOC_COLLECT));
}

TEST_F(log, collector_goes_on)
{
	ASSERT_TRUE(ask_all(&self->peer, 0, 5, 0));
	ASSERT_EQ(0, succeed(&self->other));
	EXPECT_TRUE(shows(&self->other, 0, 5));
	EXPECT_EQ(0, control(&self->other, HTTPQ_LOG_IOC_COMMIT));
	ASSERT_TRUE(ask_all(&self->peer, 5, 10, 0));
	EXPECT_TRUE(shows(&self->other, 5, 10));
	ASSERT_EQ(0, succeed(&self->other));
	EXPECT_TRUE(shows(&self->other, 5, 10));
	ASSERT_EQ(0, succeed(&self->other));
	EXPECT_TRUE(shows(&self->other, 5, 10));
	EXPECT_EQ(0, control(&self->other, HTTPQ_LOG_IOC_COMMIT));
	log_close(&self->other);
	ASSERT_TRUE(ask_all(&self->peer, 10, 15, 0));
	ASSERT_EQ(0, succeed(&self->other));
	EXPECT_TRUE(shows(&self->other, 10, 15));
	/* Nobody else is bothered. */
	EXPECT_TRUE(shows(&self->log, 0, 15));
}

TEST_F(log, collector_dies)
{
	int ready[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(ready));
	ASSERT_TRUE(ask_all(&self->peer, 0, 5, 0));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		c = succeed(&self->other) || !shows(&self->other, 0, 5);
		write(ready[1], &c, 1);
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	EXPECT_EQ(0, c);
	EXPECT_EQ(-EBUSY, succeed(&self->other));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(0, control(&self->other, HTTPQ_LOG_IOC_COLLECT));
	EXPECT_TRUE(shows(&self->other, 0, 5));
}

/* ------------------------------------------------------- what was overwritten */

/* The smallest rings: some of the longest targets fill one. */
FIXTURE(small)
{
	struct serve serve;
	struct peer peer;
	struct log log;
	struct log other;
	struct log witness;	/* what it has seen is all there is */
};

#define SMALL_PAD 4000
/* More than fits, however many CPUs there are. */
#define SMALL_MANY (40 * sysconf(_SC_NPROCESSORS_CONF))

FIXTURE_SETUP(small)
{
	self->other.fd = -1;
	ASSERT_EQ(0, host_unshare());
	host_sysctl("log_kib", 64);
	ASSERT_EQ(0, serve_start(&self->serve, URL, serve_ok, NULL, 4));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
	ASSERT_EQ(0, log_open(&self->log));
	ASSERT_EQ(0, log_open(&self->witness));
}

FIXTURE_TEARDOWN(small)
{
	log_close(&self->witness);
	log_close(&self->other);
	log_close(&self->log);
	peer_close(&self->peer);
	serve_stop(&self->serve);
}

TEST_F(small, lost_is_counted)
{
	long many = SMALL_MANY, lost;

	ASSERT_TRUE(ask_all(&self->peer, 0, many, SMALL_PAD));
	ASSERT_LT(0, count(&self->witness, HTTPQ_LOG_LOST, many));
	lost = count(&self->log, HTTPQ_LOG_LOST, many);
	EXPECT_LT(0, lost);
	EXPECT_GT(many, lost);
	EXPECT_EQ(lost, host_stat("log_lost"));
	EXPECT_EQ(NULL, log_next(&self->log, QUIET));

	/* Who comes late has lost nothing. */
	ASSERT_EQ(0, log_open(&self->other));
	EXPECT_EQ(many - lost, count(&self->other, HTTPQ_LOG_ACCESS,
				     many - lost));
	EXPECT_EQ(NULL, log_next(&self->other, QUIET));
}

TEST_F(small, lost_comes_first)
{
	const struct httpq_log_record *r;
	uint64_t time;

	ASSERT_TRUE(ask_all(&self->peer, 0, SMALL_MANY, SMALL_PAD));
	ASSERT_LT(0, count(&self->witness, HTTPQ_LOG_LOST, SMALL_MANY));
	EXPECT_EQ(-EINVAL, read_whole(self->log.fd, sizeof(*r) - 1));
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(HTTPQ_LOG_LOST, r->kind);
	EXPECT_EQ(sizeof(*r), r->size);
	EXPECT_EQ(host_stat("log_lost"), r->count);
	time = r->time_ns;
	while ((r = log_next(&self->log, QUIET))) {
		EXPECT_EQ(HTTPQ_LOG_ACCESS, r->kind);
		EXPECT_LE(time, r->time_ns);
		time = r->time_ns;
	}
}

/* To a collector, what the one before it did not commit. */
TEST_F(small, lost_since_commit)
{
	long many = SMALL_MANY, lost, again;

	ASSERT_TRUE(ask_all(&self->peer, 0, 5, SMALL_PAD));
	ASSERT_EQ(0, succeed(&self->other));
	ASSERT_TRUE(shows(&self->other, 0, 5));
	ASSERT_EQ(0, control(&self->other, HTTPQ_LOG_IOC_COMMIT));
	ASSERT_TRUE(ask_all(&self->peer, 5, many, SMALL_PAD));
	ASSERT_LT(0, count(&self->witness, HTTPQ_LOG_LOST, many));
	lost = count(&self->other, HTTPQ_LOG_LOST, many - 5);
	EXPECT_LT(0, lost);
	EXPECT_EQ(lost, host_stat("log_lost"));
	ASSERT_EQ(0, succeed(&self->other));
	EXPECT_EQ(lost, count(&self->other, HTTPQ_LOG_LOST, many - 5));

	/* That it had those is known, although it did not commit. */
	ASSERT_TRUE(ask_all(&self->peer, 0, many, SMALL_PAD));
	ASSERT_LT(0, count(&self->witness, HTTPQ_LOG_LOST, many));
	again = count(&self->other, HTTPQ_LOG_LOST, many);
	EXPECT_EQ(lost + again, host_stat("log_lost"));
	EXPECT_EQ(0, control(&self->other, HTTPQ_LOG_IOC_COMMIT));
	ASSERT_EQ(0, succeed(&self->other));
	EXPECT_TRUE(shows(&self->other, 0, 0));
}

/* ---------------------------------------------------------------- refusals */

TEST_F(log, refusals_are_bounded)
{
	int64_t begin = host_now();
	long bound, written;

	host_sysctl("log_refusals", 10);
	ASSERT_TRUE(refuse(BAD, 400, 100));
	written = count(&self->log, HTTPQ_LOG_ERROR, 100);
	/* The seconds that it took, or was to wait for the last report. */
	bound = 10 * ((host_now() - begin) / 1000 + 2);
	EXPECT_LE(10, written);
	EXPECT_GE(bound, written);
	EXPECT_EQ(100 - written, host_stat("log_suppressed"));
	EXPECT_EQ(0, host_stat("log_lost"));
	EXPECT_EQ(NULL, log_next(&self->log, QUIET));
}

TEST_F(log, refusals_are_bounded_by_reason)
{
	const struct httpq_log_record *r;
	unsigned int reasons[2] = {}, i;

	host_sysctl("log_refusals", 1000);
	ASSERT_TRUE(refuse(BAD, 400, 1));
	ASSERT_TRUE(refuse(BAD_VERSION, 505, 1));
	for (i = 0; i < 2; i++) {
		r = log_next(&self->log, PEER_TIMEOUT);
		ASSERT_NE(NULL, r);
		EXPECT_EQ(HTTPQ_LOG_ERROR, r->kind);
		reasons[i] = r->reason;
	}
	EXPECT_NE(reasons[0], reasons[1]);
	host_sysctl("log_refusals", 0);
	ASSERT_TRUE(refuse(BAD, 400, 7));
	ASSERT_TRUE(refuse(BAD_VERSION, 505, 11));
	/* Of requests that a worker has there is no bound. */
	ASSERT_TRUE(ask(&self->peer, 1, 0));
	EXPECT_EQ(18, count(&self->log, HTTPQ_LOG_SUPPRESSED, 19));
	EXPECT_EQ(18, host_stat("log_suppressed"));
	EXPECT_EQ(NULL, log_next(&self->log, QUIET));
}

TEST_F(log, suppressed_is_told_soon)
{
	const struct httpq_log_record *r;
	int64_t begin;

	host_sysctl("log_refusals", 0);
	ASSERT_TRUE(refuse(BAD, 400, 3));
	begin = host_now();
	EXPECT_EQ(3, count(&self->log, HTTPQ_LOG_SUPPRESSED, 3));
	EXPECT_GT(3000, host_now() - begin);
	ASSERT_TRUE(refuse(BAD, 400, 1));
	r = log_next(&self->log, PEER_TIMEOUT);
	ASSERT_NE(NULL, r);
	EXPECT_EQ(HTTPQ_LOG_SUPPRESSED, r->kind);
	EXPECT_EQ(1, r->count);
	EXPECT_STRNE("-", log_reason(r->reason));
}

TEST_F(small, refusals_displace_nothing)
{
	long many = host_scale(2000, 500);

	host_sysctl("log_refusals", 1000000);
	ASSERT_TRUE(ask_all(&self->peer, 0, 10, 0));
	ASSERT_TRUE(refuse(BAD, 400, many));
	EXPECT_EQ(10, count(&self->log, HTTPQ_LOG_ACCESS, many + 10));
	EXPECT_LT(0, host_stat("log_lost"));
	EXPECT_EQ(0, host_stat("log_suppressed"));
}

/* -------------------------------------------------------------- the end of it */

FIXTURE(end)
{
	struct pair pair;
	struct serve serve;
	struct peer peer;
	struct log log;
};

FIXTURE_SETUP(end)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, pair_create(&self->pair));
	ASSERT_EQ(0, pair_enter_far(&self->pair));
	ASSERT_EQ(0, serve_start(&self->serve, URL, serve_ok, NULL, 1));
	ASSERT_EQ(0, log_open(&self->log));
	ASSERT_EQ(0, pair_enter_near(&self->pair));
	ASSERT_EQ(0, peer_connect(&self->peer, PAIR_FAR, PORT));
}

FIXTURE_TEARDOWN(end)
{
	log_close(&self->log);
	serve_stop(&self->serve);
}

TEST_F(end, after_the_last_record)
{
	ASSERT_TRUE(ask(&self->peer, 1, 0));
	peer_close(&self->peer);
	serve_stop(&self->serve);
	ASSERT_LE(0, pair_delete(&self->pair, PEER_TIMEOUT));
	EXPECT_EQ(POLLIN | POLLHUP, poll_log(self->log.fd, 0));
	EXPECT_EQ(1, number_of(log_next(&self->log, PEER_TIMEOUT)));
	EXPECT_EQ(POLLHUP, poll_log(self->log.fd, 0));
	EXPECT_EQ(-ENODEV, read_whole(self->log.fd, sizeof(self->log.buf)));
	EXPECT_EQ(0, lseek(self->log.fd, 0, SEEK_SET));
	EXPECT_EQ(1, read_whole(self->log.fd, sizeof(self->log.buf)));
	EXPECT_EQ(-ENODEV, read_whole(self->log.fd, sizeof(self->log.buf)));
}

TEST_F(end, wakes_who_waits)
{
	pthread_t thread;
	void *result;

	fcntl(self->log.fd, F_SETFL, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_once, &self->log.fd));
	usleep(20000);
	peer_close(&self->peer);
	serve_stop(&self->serve);
	ASSERT_LE(0, pair_delete(&self->pair, PEER_TIMEOUT));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(-ENODEV, (ssize_t)result);
}

/* What was left out is told even if nobody is left to cause more. */
TEST_F(end, of_what_was_suppressed)
{
	ASSERT_EQ(0, pair_enter_far(&self->pair));
	host_sysctl("log_refusals", 0);
	ASSERT_EQ(0, pair_enter_near(&self->pair));
	ASSERT_EQ(400, peer_status(&self->peer, BAD));
	peer_close(&self->peer);
	serve_stop(&self->serve);
	ASSERT_LE(0, pair_delete(&self->pair, PEER_TIMEOUT));
	EXPECT_EQ(1, count(&self->log, HTTPQ_LOG_SUPPRESSED, 1));
	EXPECT_EQ(-ENODEV, read_whole(self->log.fd, sizeof(self->log.buf)));
}

static int module_refs(void)
{
	FILE *f = fopen("/sys/module/httpq/refcnt", "r");
	int n = -1;

	if (f && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

TEST(reader_holds_the_module)
{
	struct log log;

	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, module_refs());
	ASSERT_EQ(0, log_open(&log));
	EXPECT_EQ(1, module_refs());
	EXPECT_EQ(-1, syscall(SYS_delete_module, "httpq", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	log_close(&log);
	EXPECT_EQ(0, module_refs());
}

TEST_HARNESS_MAIN
