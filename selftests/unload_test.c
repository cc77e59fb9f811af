// SPDX-License-Identifier: GPL-2.0
/*
 * Everything stops: the module unloads and namespaces go although clients are
 * connected and keep sending. Leaves the module loaded. timeout: 240
 */
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "peer.h"
#include "serve.h"
#include "soak.h"

#define MODULE "/opt/httpq/httpq.ko"
#define PORT 8080
#define URL "http://*:8080/"
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_BIG "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
/* G8: everything stops within this time. */
#define STOP host_scale(5000, 15000)

/* 0 or -errno, at once. */
static int unload(void)
{
	return syscall(SYS_delete_module, "httpq", O_NONBLOCK) ? -errno : 0;
}

static int load(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		err = -errno;
	close(fd);
	return err;
}

static bool loaded(void)
{
	return access("/sys/module/httpq", F_OK) == 0;
}

/* A queue without workers and a prefix that no handle holds. */
static int persistent(void)
{
	return host_run("httpq queue add test && httpq url add '%s' queue test",
			URL);
}

/*
 * A client that never ends: connects, asks, sometimes waits for the answer,
 * sometimes leaves a request half sent. What it gets does not matter.
 */
static void client(const char *addr, unsigned int seed)
{
	static const char *const requests[] = {
		GET, GET GET GET, "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\n"
		"Content-Length: 1000000\r\n\r\nbody", GET_BIG,
	};
	struct peer held[8] = {};
	unsigned int i;

	for (i = 0; i < 8; i++)
		held[i].fd = -1;
	for (i = seed;; i++) {
		struct peer *p = &held[i % 8];

		if (p->fd >= 0)
			peer_close(p);
		if (peer_connect(p, addr, PORT)) {
			p->fd = -1;
			/* Nobody listens for the moment. */
			usleep(1000);
			continue;
		}
		peer_puts(p, requests[i % 5]);
		if (i % 3 == 0)
			peer_wait_close(p, 2);
	}
}

#define CLIENTS 4

struct clients {
	pid_t pids[CLIENTS];
};

/* @far, if any, is a descriptor that they must not keep. */
static void clients_start(struct clients *c, const char *addr, int far)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		c->pids[i] = fork();
		if (c->pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (far >= 0)
			close(far);
		client(addr, i);
	}
}

static void clients_stop(struct clients *c)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		if (c->pids[i] <= 0)
			continue;
		kill(c->pids[i], SIGKILL);
		waitpid(c->pids[i], NULL, 0);
		c->pids[i] = 0;
	}
}

FIXTURE(module)
{
	struct clients clients;
};

FIXTURE_SETUP(module)
{
	ASSERT_EQ(0, host_unshare());
}

FIXTURE_TEARDOWN(module)
{
	clients_stop(&self->clients);
	if (!loaded())
		load();
}

TEST_F(module, busy_while_a_handle_is_open)
{
	struct httpq *h;

	ASSERT_EQ(0, httpq_open(&h, "test", HTTPQ_OPEN_CREATE));
	EXPECT_EQ(-EWOULDBLOCK, unload());
	EXPECT_TRUE(loaded());
	httpq_close(h);
	EXPECT_EQ(0, unload());
	EXPECT_FALSE(loaded());
	EXPECT_EQ(0, load());
}

TEST_F_TIMEOUT(module, unloads_under_load, 120)
{
	long i, rounds = soak_share(10, 2);
	int64_t begin;

	clients_start(&self->clients, "127.0.0.1", -1);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, persistent());
		/* Not before it has something to do. */
		ASSERT_LE(20, host_wait_stat("requests_queued", 20,
					     PEER_TIMEOUT));
		ASSERT_LE(1, host_lines("connections", ""));
		begin = host_now();
		ASSERT_EQ(0, unload());
		EXPECT_GT(STOP, host_now() - begin);
		ASSERT_FALSE(loaded());
		ASSERT_EQ(-1, host_lines("connections", ""));
		ASSERT_EQ(0, load());
		EXPECT_EQ(0, host_lines("queues", ""));
	}
}

/* Clients of another namespace than that of the one who unloads. */
TEST_F_TIMEOUT(module, unloads_many_namespaces, 60)
{
	struct pair pair;
	struct peer p;
	int64_t begin;

	ASSERT_EQ(0, pair_create(&pair));
	ASSERT_EQ(0, persistent());
	ASSERT_EQ(0, pair_enter_far(&pair));
	ASSERT_EQ(0, persistent());
	ASSERT_EQ(0, pair_enter_near(&pair));
	clients_start(&self->clients, PAIR_FAR, pair.far);
	ASSERT_EQ(0, peer_connect(&p, "127.0.0.1", PORT));
	ASSERT_EQ(0, peer_puts(&p, GET));
	ASSERT_EQ(1, host_wait_stat("requests_queued", 1, PEER_TIMEOUT));
	while (pair_stat(&pair, "requests_queued") < 20)
		usleep(1000);
	begin = host_now();
	ASSERT_EQ(0, unload());
	EXPECT_GT(STOP, host_now() - begin);
	EXPECT_EQ(-ECONNRESET, peer_wait_close(&p, STOP));
	peer_close(&p);
	clients_stop(&self->clients);
	EXPECT_LE(0, pair_delete(&pair, STOP));
	EXPECT_EQ(0, load());
}

/* ------------------------------------------------------------- namespaces */

static void serve_big(struct httpq_request *req, void *data)
{
	static char body[1024 * 1024];

	if (httpq_str_is(httpq_path(req), "/big"))
		httpq_reply(req, 200, NULL, body, sizeof(body));
	else
		httpq_reply(req, 200, NULL, "ok", 2);
	httpq_request_free(req);
}

FIXTURE(netns)
{
	struct pair pair;
	struct serve serve;
	struct clients clients;
	bool has_handle;
};

FIXTURE_VARIANT(netns)
{
	bool handle;
	int threads;
};

FIXTURE_VARIANT_ADD(netns, without_handle)
{
	.handle = false,
};

/* Requests wait in the queue. */
FIXTURE_VARIANT_ADD(netns, idle_handle)
{
	.handle = true,
	.threads = 0,
};

/* Requests are with workers, responses under way. */
FIXTURE_VARIANT_ADD(netns, busy_handle)
{
	.handle = true,
	.threads = 3,
};

FIXTURE_SETUP(netns)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, pair_create(&self->pair));
	ASSERT_EQ(0, pair_enter_far(&self->pair));
	if (variant->handle) {
		ASSERT_EQ(0, serve_start(&self->serve, URL, serve_big, NULL,
					 0));
	} else {
		ASSERT_EQ(0, persistent());
	}
	ASSERT_EQ(0, pair_enter_near(&self->pair));
	ASSERT_EQ(0, serve_threads(&self->serve, variant->threads));
	clients_start(&self->clients, PAIR_FAR, self->pair.far);
}

FIXTURE_TEARDOWN(netns)
{
	clients_stop(&self->clients);
	serve_stop(&self->serve);
}

static void expect_nodev(struct __test_metadata *_metadata, struct httpq *h)
{
	struct pollfd pfd = { .fd = httpq_fd(h), .events = POLLIN };
	struct httpq_request *req;

	EXPECT_EQ(-ENODEV, httpq_receive(h, &req));
	EXPECT_EQ(-ENODEV, httpq_bind(h, "http://*:8081/", 0));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_TRUE(pfd.revents & POLLHUP);
}

TEST_F(netns, goes_with_live_connections)
{
	int i;

	while (pair_stat(&self->pair, "requests_queued") < 20)
		usleep(1000);
	ASSERT_LE(1, pair_lines(&self->pair, "connections", ""));
	EXPECT_LE(0, pair_delete(&self->pair, STOP));
	for (i = 0; i < CLIENTS; i++)
		EXPECT_EQ(0, waitpid(self->clients.pids[i], NULL, WNOHANG));
	if (variant->handle)
		expect_nodev(_metadata, self->serve.h);
}

/*
 * Over and over: a namespace comes, serves, and goes in the middle of it. The
 * clients' packets find the next one, which has the same address.
 */
TEST_F_TIMEOUT(module, many_namespaces, 120)
{
	long i, rounds = soak_share(25, 5);
	struct serve serve;
	struct pair pair;

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, pair_create(&pair));
		ASSERT_EQ(0, pair_enter_far(&pair));
		ASSERT_EQ(0, serve_start(&serve, URL, serve_big, NULL, 0));
		ASSERT_EQ(0, pair_enter_near(&pair));
		ASSERT_EQ(0, serve_threads(&serve, 2));
		clients_start(&self->clients, PAIR_FAR, pair.far);
		while (pair_stat(&pair, "responses") < 5)
			usleep(1000);
		ASSERT_LE(0, pair_delete(&pair, STOP));
		clients_stop(&self->clients);
		serve_stop(&serve);
	}
}

TEST_HARNESS_MAIN
