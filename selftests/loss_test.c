// SPDX-License-Identifier: GPL-2.0
/*
 * A network that loses, doubles and reorders: what was handed in arrives all
 * the same, also when its worker is gone and the connection is closing.
 * debug: -t keepalive_requests
 */
#include <pthread.h>
#include <stdlib.h>

#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "peer.h"
#include "serve.h"
#include "worker.h"

#define PORT 8080
#define URL "http://*:8080/"
#define BIG (512 * 1024)
#define CLIENTS 4
/* Retransmissions back off: 200 ms, 400 ms, ... */
#define LATE 10000

static void pattern(char *to, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = seed + i * 7 + i / 251;
}

FIXTURE(loss)
{
	struct pair pair;
	struct serve serve;
	struct worker worker;
	struct peer peer;
};

FIXTURE_SETUP(loss)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, pair_create(&self->pair));
	ASSERT_EQ(0, pair_enter_far(&self->pair));
	ASSERT_EQ(0, serve_start(&self->serve, URL, serve_echo, NULL, 0));
	ASSERT_EQ(0, pair_enter_near(&self->pair));
}

FIXTURE_TEARDOWN(loss)
{
	worker_kill(&self->worker);
	serve_stop(&self->serve);
}

struct client {
	pthread_t thread;
	unsigned int seed;
	long n;
	long good;
};

/* A body there and back. */
static bool exchange(struct peer *p, unsigned int seed)
{
	static __thread char body[30000], head[128];
	size_t len = 1 + seed * 7919 % sizeof(body);
	struct reply r;
	bool good;

	pattern(body, len, seed);
	snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nHost: a\r\n"
		 "Content-Length: %zu\r\n\r\n", len);
	if (peer_puts(p, head) || peer_send(p, body, len) ||
	    peer_reply(p, "POST", &r))
		return false;
	good = r.status == 200 && r.body_len == len &&
	       !memcmp(r.body, body, len);
	reply_free(&r);
	return good;
}

static void *client(void *arg)
{
	struct client *c = arg;
	struct peer p;

	if (peer_connect(&p, PAIR_FAR, PORT))
		return NULL;
	while (c->good < c->n && exchange(&p, c->seed + c->good))
		c->good++;
	peer_close(&p);
	return NULL;
}

TEST_F_TIMEOUT(loss, keepalive_requests, 90)
{
	struct client clients[CLIENTS];
	long n = host_scale(80, 25);
	int i;

	ASSERT_EQ(0, serve_threads(&self->serve, 2));
	ASSERT_EQ(0, pair_netem(&self->pair, NETEM_LOSSY));
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){ .seed = i * 1000, .n = n };
		ASSERT_EQ(0, pthread_create(&clients[i].thread, NULL, client,
					    &clients[i]));
	}
	for (i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		EXPECT_EQ(n, clients[i].good);
	}
	/* It was a bad network. */
	EXPECT_TRUE(pair_has_lost(&self->pair));
	EXPECT_EQ(CLIENTS * n, pair_stat(&self->pair, "responses"));
	EXPECT_TRUE(pair_wait_lines(&self->pair, "connections", "", 0, LATE));
	EXPECT_EQ(0, pair_stat(&self->pair, "conns_reset"));
}

static void work_big(struct httpq *h, int fd)
{
	static char body[BIG];

	pattern(body, sizeof(body), 5);
	worker_say(fd, httpq_reply(worker_take(h), 200, NULL, body,
				   sizeof(body)));
}

/* The last part was handed in long before the first one got through. */
TEST_F(loss, worker_gone)
{
	char *body = malloc(BIG);
	struct reply r;

	pattern(body, BIG, 5);
	ASSERT_EQ(0, pair_netem(&self->pair, "delay 2ms loss 2%"));
	ASSERT_EQ(0, peer_connect(&self->peer, PAIR_FAR, PORT));
	ASSERT_EQ(0, peer_puts(&self->peer, "GET / HTTP/1.1\r\nHost: a\r\n"
					    "Connection: close\r\n\r\n"));
	ASSERT_EQ(0, worker_start(&self->worker, work_big, &self->pair));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	worker_kill(&self->worker);
	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	ASSERT_EQ(BIG, r.body_len);
	EXPECT_EQ(0, memcmp(body, r.body, BIG));
	reply_free(&r);
	EXPECT_EQ(0, peer_wait_close(&self->peer, LATE));
	peer_close(&self->peer);
	EXPECT_TRUE(pair_wait_lines(&self->pair, "connections", "", 0, LATE));
	EXPECT_EQ(0, pair_stat(&self->pair, "conns_reset"));
	free(body);
}

/* ---------------------------------------------- the end of it gets lost */

FIXTURE(tail)
{
	struct pair pair;
	struct serve serve;
	struct worker worker;
	struct peer peer;
};

FIXTURE_VARIANT(tail)
{
	const char *hook;	/* where in the client's namespace */
	const char *match;	/* what is dropped there for a while */
	const char *request;
};

FIXTURE_VARIANT_ADD(tail, all_of_it)
{
	.hook = "input",
	.match = "tcp sport 8080",
	.request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
};

FIXTURE_VARIANT_ADD(tail, fin)
{
	.hook = "input",
	.match = "tcp sport 8080 tcp flags & fin == fin",
	.request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
};

/* Here the FIN is the end of the body. */
FIXTURE_VARIANT_ADD(tail, fin_of_http10)
{
	.hook = "input",
	.match = "tcp sport 8080 tcp flags & fin == fin",
	.request = "GET / HTTP/1.0\r\n\r\n",
};

FIXTURE_VARIANT_ADD(tail, acknowledgments)
{
	.hook = "output",
	.match = "tcp dport 8080",
	.request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
};

FIXTURE_SETUP(tail)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, pair_create(&self->pair));
	ASSERT_EQ(0, pair_enter_far(&self->pair));
	ASSERT_EQ(0, serve_start(&self->serve, URL, NULL, NULL, 0));
	ASSERT_EQ(0, pair_enter_near(&self->pair));
}

FIXTURE_TEARDOWN(tail)
{
	worker_kill(&self->worker);
	serve_stop(&self->serve);
}

/* Answers in two parts when told to, so that 1.0 has no length. */
static void work_told(struct httpq *h, int fd)
{
	struct httpq_request *req = worker_take(h);
	static char body[100000];

	pattern(body, sizeof(body), 9);
	worker_say(fd, 0);
	worker_hear(fd);
	httpq_set_status(req, 200);
	if (httpq_send(req, body, 50000, HTTPQ_SEND_MORE) != 50000 ||
	    httpq_send(req, body + 50000, 50000, 0) != 50000)
		_exit(9);
	worker_say(fd, 0);
}

static bool wait_dropped(int packets)
{
	int64_t end = host_now() + LATE;
	char out[1024], *at;

	do {
		if (host_output(out, sizeof(out), "nft list chain ip t c"))
			return false;
		at = strstr(out, "packets ");
		if (at && atoi(at + 8) >= packets)
			return true;
		usleep(10000);
	} while (host_now() < end);
	return false;
}

TEST_F(tail, comes_in_the_end)
{
	char *body = malloc(100000);
	struct reply r;

	pattern(body, 100000, 9);
	ASSERT_EQ(0, peer_connect(&self->peer, PAIR_FAR, PORT));
	ASSERT_EQ(0, peer_puts(&self->peer, variant->request));
	ASSERT_EQ(0, worker_start(&self->worker, work_told, &self->pair));
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	/* The request has arrived; from here on nothing else does. */
	ASSERT_EQ(0, peer_flush(&self->peer));
	ASSERT_EQ(0, host_run("nft 'add table ip t; add chain ip t c { type "
			      "filter hook %s priority 0; }; add rule ip t c "
			      "%s counter drop'", variant->hook,
			      variant->match));
	worker_say(self->worker.fd, 0);
	ASSERT_EQ(0, worker_hear(self->worker.fd));
	worker_kill(&self->worker);
	ASSERT_TRUE(wait_dropped(3));
	EXPECT_EQ(1, pair_lines(&self->pair, "connections", "LINGER"));
	ASSERT_EQ(0, host_run("nft delete table ip t"));

	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(200, r.status);
	ASSERT_EQ(100000, r.body_len);
	EXPECT_EQ(0, memcmp(body, r.body, 100000));
	reply_free(&r);
	if (strstr(variant->request, "HTTP/1.1"))
		EXPECT_EQ(0, peer_wait_close(&self->peer, LATE));
	peer_close(&self->peer);
	EXPECT_TRUE(pair_wait_lines(&self->pair, "connections", "", 0, LATE));
	EXPECT_EQ(0, pair_stat(&self->pair, "conns_reset"));
	EXPECT_EQ(0, pair_stat(&self->pair, "timeout_send"));
	EXPECT_EQ(0, pair_stat(&self->pair, "timeout_linger"));
	free(body);
}

TEST_HARNESS_MAIN
