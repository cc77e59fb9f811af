// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints: each change of state is told with the numbers that the
 * tables in /proc/net/httpq show, and so is its failure.
 * kernels: uml uml-6.1
 *
 * On those only: it has all of them patched in and out, which says nothing
 * new elsewhere.
 */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "scene.h"
#include "step.h"

#define INSTANCE "/sys/kernel/tracing/instances/httpq_trace_test"
#define GROUP INSTANCE "/events/httpq"
#define TAKEN_PORT 8081

FIXTURE(trace)
{
	struct scene s;
	uint64_t worker;
};

FIXTURE_SETUP(trace)
{
	ASSERT_EQ(0, scene_open(&self->s));
	self->worker = handle_newest().id;
	rmdir(INSTANCE);
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	ASSERT_EQ(0, host_run("echo 1 > " GROUP "/enable"));
}

FIXTURE_TEARDOWN(trace)
{
	scene_close(&self->s);
	EXPECT_EQ(0, rmdir(INSTANCE));
}

/* How many times event @name was told, with @text in what it says. */
static int told(const char *name, const char *text)
{
	char line[512], event[64];
	int n = 0;
	FILE *f;

	snprintf(event, sizeof(event), " %s: ", name);
	f = fopen(INSTANCE "/trace", "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		n += strstr(line, event) && strstr(line, text);
	fclose(f);
	return n;
}

static const char *words(const char *format, unsigned long long a,
			 unsigned long long b)
{
	static char text[128];

	snprintf(text, sizeof(text), format, a, b);
	return text;
}

/* The last number of that name in what event @name said, or -1. */
static long long number_in(const char *name, const char *key)
{
	char line[512], event[64], *at;
	long long n = -1;
	FILE *f;

	snprintf(event, sizeof(event), " %s: ", name);
	f = fopen(INSTANCE "/trace", "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, event);
		at = at ? strstr(at, key) : NULL;
		if (at)
			n = atoll(at + strlen(key));
	}
	fclose(f);
	return n;
}

/* A request from its connection's first state to its record. */
static void serve_one(struct __test_metadata *_metadata, struct scene *s)
{
	uint64_t id = scene_take(s, SCENE_POST);
	struct reply r;
	char body[16];

	ASSERT_NE(0, id);
	ASSERT_EQ(5, step_read_all(s->fd, id, body, sizeof(body)));
	ASSERT_EQ(0, raw_reply(s->fd, id, 200, "x"));
	ASSERT_EQ(0, peer_reply(&s->peer, "POST", &r));
	reply_free(&r);
	ASSERT_NE(NULL, log_next(&s->log, PEER_TIMEOUT));
	peer_close(&s->peer);
	s->peer.fd = -1;
	ASSERT_TRUE(host_wait_lines("connections", "", 0, PEER_TIMEOUT));
}

TEST_F(trace, request)
{
	static const char *const events[] = {
		"httpq_conn_open", "httpq_head", "httpq_queue_push",
		"httpq_deliver", "httpq_reply", "httpq_reply_end",
		"httpq_conn_release",
	};
	long long conn;
	size_t i;

	serve_one(_metadata, &self->s);
	conn = number_in("httpq_conn_open", "conn=");
	ASSERT_LT(0, conn);
	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		EXPECT_EQ(1, told(events[i], words("conn=%llu ", conn, 0)))
			TH_LOG("%s", events[i]);
		EXPECT_EQ(1, told(events[i], ""));
	}
	EXPECT_LT(2, told("httpq_conn_state", words("conn=%llu ", conn, 0)));
	EXPECT_LE(1, told("httpq_send", words("conn=%llu ", conn, 0)));
	EXPECT_EQ(1, told("httpq_body", words("conn=%llu len=5 ", conn, 0)));
	EXPECT_EQ(1, told("httpq_record", words("request=%08llx%08llx kind=1 "
						"reason=0 status=200",
						conn, 1)));
}

TEST_F(trace, worker)
{
	uint64_t id;
	int fd = handle_attach("test", HTTPQ_ATTACH_DEFER, &id);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, told("httpq_worker_attach",
			  words("id=%llu pid=%llu", id, getpid())));
	EXPECT_EQ(0, told("httpq_worker_ready", ""));
	ASSERT_EQ(0, handle_ready(fd));
	ASSERT_EQ(0, handle_ready(fd));
	EXPECT_EQ(1, told("httpq_worker_ready",
			  words("id=%llu pid=%llu", id, getpid())));
	ASSERT_EQ(0, handle_drain(fd, 5000));
	EXPECT_EQ(1, told("httpq_worker_drain",
			  words("id=%llu deadline_ms=5000", id, 0)));
	close(fd);
	EXPECT_EQ(1, told("httpq_worker_leave",
			  words("id=%llu returned=0 aborted=0", id, 0)));
	/* Its own call was the only one. */
	EXPECT_EQ(1, told("httpq_worker_ready", ""));
}

TEST_F(trace, attach_err)
{
	int fd = raw_open(0);

	EXPECT_EQ(-ENOENT, raw_attach(fd, "none", 0, 0));
	EXPECT_EQ(1, told("httpq_worker_attach_err",
			  words("pid=%llu err=-%llu", getpid(), ENOENT)));
	EXPECT_EQ(0, told("httpq_worker_attach", ""));
	close(fd);
}

/* Of a handle without a queue there is no number yet. */
TEST_F(trace, worker_err)
{
	int fd = raw_open(0);

	EXPECT_EQ(-ENOTCONN, handle_ready(fd));
	EXPECT_EQ(1, told("httpq_worker_ready_err",
			  words("id=0 err=-%llu", ENOTCONN, 0)));
	EXPECT_EQ(-ENOTCONN, handle_drain(fd, 0));
	EXPECT_EQ(1, told("httpq_worker_drain_err",
			  words("id=0 err=-%llu", ENOTCONN, 0)));

	ASSERT_EQ(0, raw_attach(fd, "test", HTTPQ_ATTACH_CONTROL, 0));
	EXPECT_EQ(-EOPNOTSUPP, handle_ready(fd));
	EXPECT_EQ(1, told("httpq_worker_ready_err",
			  words("id=%llu err=-%llu", self->worker + 1,
				EOPNOTSUPP)));
	close(fd);

	EXPECT_EQ(-EINVAL, handle_drain(self->s.fd, UINT32_MAX));
	EXPECT_EQ(1, told("httpq_worker_drain_err",
			  words("id=%llu err=-%llu", self->worker, EINVAL)));
	EXPECT_NE(0, host_run("httpq worker drain 999999"));
	EXPECT_EQ(1, told("httpq_worker_drain_err",
			  words("id=999999 err=-%llu", ENOENT, 0)));
	EXPECT_EQ(0, told("httpq_worker_ready", ""));
	EXPECT_EQ(0, told("httpq_worker_drain", ""));
}

TEST_F(trace, zombie)
{
	uint64_t id = scene_start(&self->s, SCENE_BEGUN);
	long long zombie, conn = number_in("httpq_conn_open", "conn=");

	ASSERT_NE(0, id);
	ASSERT_TRUE(scene_leave(&self->s, 1));
	zombie = number_in("httpq_zombie_enter", "zombie=");
	EXPECT_LT(0, zombie);
	EXPECT_EQ(1, host_lines("zombies", words("%llu %08llx00000001 ", zombie,
						 conn)));
	EXPECT_EQ(1, told("httpq_zombie_enter",
			  words("request=%08llx%08llx", conn, 1)));
	EXPECT_EQ(0, told("httpq_zombie_leave", ""));
	/* Nobody gets it, and all is in the record. */
	EXPECT_EQ(-ECONNRESET, step_end(self->s.fd, id, ""));
	EXPECT_EQ(1, told("httpq_zombie_leave",
			  words("zombie=%llu request=", zombie, 0)));
	EXPECT_EQ(1, told("httpq_zombie_leave",
			  words("request=%08llx%08llx", conn, 1)));
}

/* However it ends: here by the list's bound. */
TEST_F(trace, zombie_evicted)
{
	host_sysctl("zombies", 1);
	ASSERT_NE(0, scene_start(&self->s, SCENE_BEGUN));
	ASSERT_TRUE(scene_leave(&self->s, 1));
	ASSERT_NE(0, scene_start(&self->s, SCENE_BEGUN));
	peer_reset(&self->s.peer);
	self->s.peer.fd = -1;
	ASSERT_EQ(1, host_wait_stat("zombies_evicted", 1, PEER_TIMEOUT));
	EXPECT_EQ(2, told("httpq_zombie_enter", ""));
	EXPECT_EQ(1, told("httpq_zombie_leave", "zombie=1 "));
	EXPECT_EQ(1, told("httpq_zombie_leave", ""));
}

TEST_F(trace, bind)
{
	int fd = self->s.fd;

	EXPECT_EQ(-EEXIST, raw_bind(fd, SCENE_URL, 0));
	EXPECT_EQ(1, told("httpq_bind_err",
			  words("port=%llu err=-%llu", SCENE_PORT, EEXIST)));
	EXPECT_EQ(-EINVAL, raw_bind(fd, "http:/", 0));
	EXPECT_EQ(1, told("httpq_bind_err", words("port=0 err=-%llu", EINVAL,
						  0)));
	ASSERT_EQ(0, raw_bind(fd, "http://*:8082/", 0));
	ASSERT_EQ(0, raw_unbind(fd, "http://*:8082/"));
	EXPECT_EQ(1, told("httpq_bind", "port=8082 bound=1"));
	EXPECT_EQ(1, told("httpq_listen", "port=8082 open=1"));
	EXPECT_EQ(1, told("httpq_bind", "port=8082 bound=0"));
	EXPECT_EQ(1, told("httpq_listen", "port=8082 open=0"));
	EXPECT_EQ(-ENOENT, raw_unbind(fd, "http://*:8082/"));
	EXPECT_EQ(1, told("httpq_unbind_err",
			  words("port=8082 err=-%llu", ENOENT, 0)));
	EXPECT_EQ(-EINVAL, raw_unbind(fd, "http:/"));
	EXPECT_EQ(1, told("httpq_unbind_err", words("port=0 err=-%llu", EINVAL,
						    0)));
}

TEST_F(trace, bind_change)
{
	EXPECT_EQ(0, host_run("httpq url set %s site 7", SCENE_URL));
	EXPECT_EQ(1, told("httpq_bind_change", words("port=%llu", SCENE_PORT,
						     0)));
	EXPECT_NE(0, host_run("httpq url set http://*:8082/ site 7"));
	EXPECT_EQ(1, told("httpq_bind_change_err",
			  words("port=8082 err=-%llu", ENOENT, 0)));
	EXPECT_NE(0, host_run("httpq url set http:/ site 7"));
	EXPECT_EQ(1, told("httpq_bind_change_err",
			  words("port=0 err=-%llu", EINVAL, 0)));
	EXPECT_EQ(1, told("httpq_bind_change", ""));
}

TEST_F(trace, listen_err)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(TAKEN_PORT) };
	int sock = socket(AF_INET6, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind(sock, (void *)&any, sizeof(any)));
	ASSERT_EQ(0, listen(sock, 1));
	EXPECT_EQ(-EADDRINUSE, raw_bind(self->s.fd, "http://*:8081/", 0));
	EXPECT_LE(1, told("httpq_listen_err", words("port=%llu err=-%llu",
						    TAKEN_PORT, EADDRINUSE)));
	EXPECT_EQ(1, told("httpq_bind_err", words("port=%llu err=-%llu",
						  TAKEN_PORT, EADDRINUSE)));
	close(sock);
}

TEST_F(trace, head_err)
{
	ASSERT_EQ(0, scene_send(&self->s, "GET / HTTP/1.1\r\n\r\n"));
	ASSERT_NE(NULL, log_next(&self->s.log, PEER_TIMEOUT));
	EXPECT_EQ(1, told("httpq_head_err", " status=400"));
	EXPECT_EQ(1, told("httpq_answer", " status=400"));
	EXPECT_EQ(0, told("httpq_head", "softirq"));
}

TEST_F(trace, body_err)
{
	uint64_t id;
	char byte;

	id = scene_take(&self->s, "POST / HTTP/1.1\r\nHost: a\r\n"
			"Transfer-Encoding: chunked\r\n\r\nx\r\n");
	ASSERT_NE(0, id);
	EXPECT_GT(0, step_read(self->s.fd, id, &byte, 1, true));
	EXPECT_LE(1, told("httpq_body_err", ""));
}

/* To a worker whose memory is not there. */
TEST_F(trace, deliver_err)
{
	char *page = mmap(NULL, RAW_BUF, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	struct httpq_event event;
	struct httpq_transfer t = {
		.size = sizeof(t),
		.events = (uintptr_t)&event,
		.nr_events = 1,
		.buf = (uintptr_t)page,
		.buf_len = RAW_BUF,
	};

	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
	EXPECT_EQ(-EFAULT, raw_ioctl(self->s.fd, HTTPQ_IOC_TRANSFER, &t));
	EXPECT_EQ(1, told("httpq_deliver_err", words("err=-%llu", EFAULT, 0)));
	EXPECT_EQ(0, told("httpq_deliver", "pid="));
	/* It is still there for the next one. */
	EXPECT_NE(0, scene_next(&self->s));
	EXPECT_EQ(1, told("httpq_deliver", "pid="));
	munmap(page, RAW_BUF);
}

TEST_F(trace, reply_err)
{
	uint64_t id = scene_take(&self->s, SCENE_GET);

	EXPECT_EQ(-EINVAL, raw_reply(self->s.fd, id, 101, ""));
	EXPECT_EQ(1, told("httpq_reply_err",
			  words("id=%llu err=-%llu", id, EINVAL)));
	EXPECT_EQ(0, told("httpq_reply", "framing"));
}

TEST_F(trace, queue)
{
	/* No room for a second one. */
	ASSERT_EQ(0, host_run("httpq queue set test max-queued 1"));
	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
	ASSERT_EQ(0, scene_send(&self->s, SCENE_GET));
	ASSERT_TRUE(raw_wait_queue("test", RAW_REJECTED, 1));
	EXPECT_EQ(1, told("httpq_queue_push", "seq="));
	EXPECT_EQ(1, told("httpq_queue_push_err", ""));
	EXPECT_EQ(1, told("httpq_answer", " status=503"));
	ASSERT_EQ(0, host_run("httpq queue set test state offline"));
	EXPECT_EQ(1, told("httpq_queue_state",
			  words("queue=test from=%llu to=%llu",
				HTTPQ_QUEUE_RUNNING, HTTPQ_QUEUE_OFFLINE)));
	EXPECT_EQ(1, told("httpq_queue_state", ""));
}

/* By the tool, by a worker that attaches, and refused to either. */
TEST_F(trace, queue_new)
{
	int fd = raw_open(0);

	ASSERT_EQ(0, host_run("httpq queue add one"));
	EXPECT_EQ(1, told("httpq_queue_new", "queue=one\n"));
	ASSERT_EQ(0, raw_attach(fd, "two", HTTPQ_ATTACH_CREATE, 0600));
	EXPECT_EQ(1, told("httpq_queue_new", "queue=two\n"));
	close(fd);
	EXPECT_EQ(0, told("httpq_queue_del", ""));
	ASSERT_EQ(0, host_run("httpq queue del one"));
	EXPECT_EQ(1, told("httpq_queue_del", "queue=one\n"));
	EXPECT_EQ(0, told("httpq_queue_new_err", ""));
	EXPECT_NE(0, host_run("httpq queue add two"));
	EXPECT_EQ(1, told("httpq_queue_new_err",
			  words("queue=two err=-%llu", EEXIST, 0)));
	EXPECT_EQ(2, told("httpq_queue_new", ""));
	EXPECT_EQ(1, told("httpq_queue_del", ""));
}

TEST_F(trace, queue_that_is_not)
{
	EXPECT_NE(0, host_run("httpq queue set one state stopped"));
	EXPECT_EQ(1, told("httpq_queue_state_err",
			  words("queue=one err=-%llu", ENOENT, 0)));
	EXPECT_NE(0, host_run("httpq queue del one"));
	EXPECT_EQ(1, told("httpq_queue_del_err",
			  words("queue=one err=-%llu", ENOENT, 0)));
	EXPECT_EQ(0, told("httpq_queue_state", ""));
	EXPECT_EQ(0, told("httpq_queue_del", ""));
}

static int attach_as_user(void *data)
{
	return raw_attach(raw_open(0), "three", HTTPQ_ATTACH_CREATE, 0600);
}

TEST_F(trace, queue_quota)
{
	host_sysctl("user_queues", 0);
	EXPECT_EQ(-EDQUOT, raw_as_user(65534, attach_as_user, NULL));
	EXPECT_EQ(1, told("httpq_queue_new_err",
			  words("queue=three err=-%llu", EDQUOT, 0)));
	EXPECT_EQ(0, told("httpq_queue_new", ""));
}

TEST_F(trace, listen_engine)
{
	ASSERT_EQ(0, host_run("httpq listener set %d engine process",
			      SCENE_PORT));
	EXPECT_EQ(1, told("httpq_listen_engine",
			  words("port=%llu engine=%llu", SCENE_PORT,
				HTTPQ_ENGINE_PROCESS)));
	EXPECT_NE(0, host_run("httpq listener set %d engine process",
			      TAKEN_PORT));
	EXPECT_EQ(1, told("httpq_listen_engine_err",
			  words("port=%llu err=-%llu", TAKEN_PORT, ENOENT)));
	EXPECT_EQ(1, told("httpq_listen_engine", ""));
}

TEST_F(trace, queue_return)
{
	ASSERT_NE(0, scene_take(&self->s, SCENE_GET));
	scene_drop(&self->s);
	EXPECT_EQ(1, told("httpq_queue_return", "seq="));
	EXPECT_EQ(1, told("httpq_worker_leave",
			  words("id=%llu returned=1 aborted=0", self->worker,
				0)));
}

TEST_F(trace, conn_open_err)
{
	struct peer other;

	host_sysctl("refused_conns", 0);
	host_sysctl("conns", 1);
	ASSERT_EQ(0, peer_connect(&other, "127.0.0.1", SCENE_PORT));
	ASSERT_TRUE(host_wait_lines("connections", "", 1, PEER_TIMEOUT));
	/* It may hear of it before the call returns. */
	scene_send(&self->s, SCENE_GET);
	ASSERT_EQ(1, host_wait_stat("conns_dropped", 1, PEER_TIMEOUT));
	EXPECT_EQ(1, told("httpq_conn_open_err",
			  words("port=%llu err=-%llu", SCENE_PORT, EUSERS)));
	EXPECT_EQ(1, told("httpq_conn_open", "conn="));
	peer_close(&other);
}

TEST_F(trace, conn_timer)
{
	host_sysctl("header_timeout_ms", 100);
	ASSERT_EQ(0, scene_send(&self->s, "GET "));
	ASSERT_NE(NULL, log_next(&self->s.log, PEER_TIMEOUT));
	EXPECT_EQ(1, told("httpq_conn_timer", ""));
	EXPECT_EQ(1, told("httpq_answer", " status=408"));
}

TEST_F(trace, event)
{
	uint64_t id = scene_take(&self->s, SCENE_GET);

	ASSERT_NE(0, id);
	ASSERT_TRUE(scene_leave(&self->s, 1));
	EXPECT_EQ(1, told("httpq_event", words("id=%llu type=", id, 0)));
}

/* Those for which the above has no place. */
static bool is_rare(const char *name)
{
	return !strcmp(name, "httpq_send_err") ||	/* TCP has no memory */
	       !strcmp(name, "httpq_record_err");	/* nor have we */
}

/* A new one is to be told of above. */
TEST(all_are_known)
{
	static const char *const known[] = {
		"httpq_answer", "httpq_bind", "httpq_bind_change",
		"httpq_bind_change_err", "httpq_bind_err",
		"httpq_body", "httpq_body_err", "httpq_conn_open",
		"httpq_conn_open_err", "httpq_conn_release",
		"httpq_conn_state", "httpq_conn_timer",
		"httpq_deliver", "httpq_deliver_err", "httpq_event",
		"httpq_head", "httpq_head_err", "httpq_listen",
		"httpq_listen_engine", "httpq_listen_engine_err",
		"httpq_listen_err", "httpq_queue_del",
		"httpq_queue_del_err", "httpq_queue_new",
		"httpq_queue_new_err", "httpq_queue_push",
		"httpq_queue_push_err",
		"httpq_queue_return", "httpq_queue_state",
		"httpq_queue_state_err", "httpq_record",
		"httpq_reply", "httpq_reply_end", "httpq_reply_err",
		"httpq_send", "httpq_unbind_err",
		"httpq_worker_attach", "httpq_worker_attach_err",
		"httpq_worker_drain", "httpq_worker_drain_err",
		"httpq_worker_leave", "httpq_worker_ready",
		"httpq_worker_ready_err", "httpq_zombie_enter",
		"httpq_zombie_leave",
	};
	DIR *dir = opendir("/sys/kernel/tracing/events/httpq");
	struct dirent *entry;
	size_t i, found = 0;

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "httpq_", 6) ||
		    is_rare(entry->d_name))
			continue;
		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (!strcmp(known[i], entry->d_name))
				break;
		EXPECT_NE(sizeof(known) / sizeof(*known), i)
			TH_LOG("%s", entry->d_name);
		found++;
	}
	closedir(dir);
	EXPECT_EQ(sizeof(known) / sizeof(*known), found);
}

TEST_HARNESS_MAIN
