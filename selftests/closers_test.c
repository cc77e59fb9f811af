// SPDX-License-Identifier: GPL-2.0
/*
 * Seed Q235611: a client that misbehaves while its connection is being closed
 * holds up the server. Here, however a connection ends, a client that keeps
 * sending, never reads, half-closes or vanishes costs its own connection only,
 * and not for longer than its deadline. timeout: 240
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "host.h"
#include "kselftest_harness.h"
#include "pair.h"
#include "peer.h"
#include "serve.h"

#define PORT 8080
#define URL "http://*:8080/"
#define URL_NOBODY "http://*:8080/nobody/"
#define GET "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"
/* Where the clients are that vanish. */
#define BAD_ADDRESS "10.9.0.3"
/* More than a client's window if it takes a little. */
#define SOME 100000
/* More than a client's window, less than what TCP takes from us. */
#define MID 300000
/* More than all buffers between here and there. */
#define BIG (4 * 1024 * 1024)
/* Each of the timers. Who behaves has to be in time for them too. */
#define LIMIT_MS host_scale(300, 1000)
#define LOSSY_LIMIT_MS 3000
/* What a deadline may be late by on a busy machine. */
#define LATE host_scale(3000, 15000)

/* -------------------------------------------- how a connection comes to end */

/*
 * struct end - what makes the kernel or the worker close a connection
 * @request: what the client sends; may be NULL
 */
struct end {
	const char *name;
	const char *request;
};

static const struct end ends[] = {
	{ "client said close", "GET /ok HTTP/1.1\r\nHost: a\r\n"
			       "Connection: close\r\n\r\n" },
	{ "worker said close", "GET /bye HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "HTTP/1.0", "GET /ok HTTP/1.0\r\n\r\n" },
	{ "ended by close", "GET /open HTTP/1.0\r\n\r\n" },
	{ "fits into TCP", "GET /mid HTTP/1.0\r\n\r\n" },
	{ "does not fit", "GET /big HTTP/1.0\r\n\r\n" },
	{ "gives up half-way", "GET /broken HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "refused", "GET /ok HTTP/1.1\r\n\r\n" },
	{ "no request", NULL },
	{ "half a head", "GET /ok HTTP/1.1\r\nHo" },
	{ "half a body", "POST /body HTTP/1.1\r\nHost: a\r\n"
			 "Content-Length: 100\r\n\r\nhalf" },
	{ "unread body", "POST /ok HTTP/1.1\r\nHost: a\r\n"
			 "Content-Length: 10000000\r\n\r\nhalf" },
	{ "no worker", "GET /nobody/ HTTP/1.1\r\nHost: a\r\n"
		       "Connection: close\r\n\r\n" },
};

#define ENDS (sizeof(ends) / sizeof(ends[0]))

static void send_open(struct httpq_request *req)
{
	static const char part[30000];
	int i;

	for (i = 0; i < 10; i++)
		if (httpq_send(req, part, sizeof(part), HTTPQ_SEND_MORE) < 0)
			return;
	httpq_end(req);
}

static void read_all(struct httpq_request *req)
{
	char buf[64];

	while (httpq_read_body(req, buf, sizeof(buf)) > 0)
		;
}

static void serve_path(struct httpq_request *req, void *data)
{
	static const char body[BIG];
	struct httpq_str path = httpq_path(req);

	if (httpq_str_is(path, "/bye"))
		httpq_send(req, "bye", 3, HTTPQ_SEND_DISCONNECT);
	else if (httpq_str_is(path, "/open"))
		send_open(req);
	else if (httpq_str_is(path, "/some"))
		httpq_reply(req, 200, NULL, body, SOME);
	else if (httpq_str_is(path, "/mid"))
		httpq_reply(req, 200, NULL, body, MID);
	else if (httpq_str_is(path, "/big"))
		httpq_reply(req, 200, NULL, body, BIG);
	else if (httpq_str_is(path, "/broken"))
		httpq_send(req, "half", 4, HTTPQ_SEND_MORE);
	else if (httpq_str_is(path, "/body"))
		read_all(req);
	else
		httpq_reply(req, 200, NULL, "ok", 2);
	httpq_request_free(req);
}

/* -------------------------------------------------- how a client misbehaves */

enum manner {
	FLOODS,		/* sends after our FIN, as much as it can */
	TRICKLES,	/* sends after our FIN, a byte now and then */
	DEAF,		/* never reads */
	DEAF_TRICKLES,	/* never reads, and sends a byte now and then */
	HALF_CLOSES,	/* before it is answered, and never reads */
	VANISHES,	/* before it is answered */
	VANISHES_LATE,	/* after our FIN */
};

/*
 * struct closer - a client that misbehaves
 * @what: how its connection comes to end
 * @port: its own
 * @fin: it has seen our FIN
 */
struct closer {
	struct peer peer;
	enum manner manner;
	const char *what;
	uint16_t port;
	bool fin;
};

/* From one of our addresses. */
static int connect_from(struct peer *p, const char *address)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = from;
	int one = 1;

	from.sin_addr.s_addr = inet_addr(address);
	to.sin_addr.s_addr = inet_addr(PAIR_FAR);
	to.sin_port = htons(PORT);
	memset(p, 0, sizeof(*p));
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(p->fd, (struct sockaddr *)&to, sizeof(to)))
		return -errno;
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return 0;
}

static bool is_lost(enum manner manner)
{
	return manner == VANISHES || manner == VANISHES_LATE;
}

static int closer_start(struct closer *c, const struct end *end,
			enum manner manner)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	int err;

	*c = (struct closer){ .manner = manner, .what = end->name };
	err = connect_from(&c->peer, is_lost(manner) ? BAD_ADDRESS : PAIR_NEAR);
	if (err)
		return err;
	if (getsockname(c->peer.fd, (struct sockaddr *)&addr, &len))
		return -errno;
	c->port = ntohs(addr.sin_port);
	if (end->request)
		err = peer_puts(&c->peer, end->request);
	if (manner == HALF_CLOSES)
		peer_half_close(&c->peer);
	return err;
}

/* Reads all that is there. */
static void listen_to(struct closer *c)
{
	static char buf[65536];
	ssize_t n;

	do {
		n = recv(c->peer.fd, buf, sizeof(buf), MSG_DONTWAIT);
	} while (n > 0);
	if (!n)
		c->fin = true;
}

static void shout(struct closer *c)
{
	static const char junk[4096];
	int i;

	for (i = 0; i < 16; i++)
		if (send(c->peer.fd, junk, sizeof(junk),
			 MSG_DONTWAIT | MSG_NOSIGNAL) <= 0)
			break;
}

/* Is called again and again. */
static void closer_act(struct closer *c)
{
	switch (c->manner) {
	case FLOODS:
	case TRICKLES:
	case VANISHES_LATE:
		if (!c->fin)
			listen_to(c);
		else if (c->manner == FLOODS)
			shout(c);
		else if (c->manner == TRICKLES)
			send(c->peer.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case DEAF_TRICKLES:
		send(c->peer.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	default:
		break;
	}
}

/* What the client's own TCP makes of it. */
static int closer_state(const struct closer *c)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(c->peer.fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_state;
}

/* ------------------------------------------------------------ the other end */

/*
 * struct site - the far namespace with what serves there
 * @nobody: a handle that takes nothing
 * @good: a client that behaves
 * @used: when it was served last
 * @slowest: its slowest request, ms
 */
struct site {
	struct pair pair;
	struct serve serve;
	struct httpq *nobody;
	struct peer good;
	int64_t used;
	long slowest;
};

static void many_files(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void set_timers(int ms)
{
	host_sysctl("idle_timeout_ms", ms);
	host_sysctl("header_timeout_ms", ms);
	host_sysctl("body_timeout_ms", ms);
	host_sysctl("queue_timeout_ms", ms);
	host_sysctl("send_timeout_ms", ms);
	host_sysctl("linger_timeout_ms", ms);
}

/* For the caller in the far namespace. */
static int site_serve(struct site *site, int limit_ms, long sndbuf)
{
	int err;

	set_timers(limit_ms);
	host_sysctl("sndbuf", sndbuf);
	err = serve_start(&site->serve, URL, serve_path, NULL, 0);
	if (!err)
		err = httpq_open(&site->nobody, "nobody", HTTPQ_OPEN_CREATE);
	return err ?: httpq_bind(site->nobody, URL_NOBODY, 0);
}

static int site_open(struct site *site, int limit_ms, long sndbuf)
{
	int err;

	many_files();
	site->good.fd = -1;
	err = host_unshare() ?: pair_create(&site->pair);
	if (err)
		return err;
	if (host_run("ip address add %s/24 dev near", BAD_ADDRESS) ||
	    pair_enter_far(&site->pair))
		return -EIO;
	err = site_serve(site, limit_ms, sndbuf);
	return pair_enter_near(&site->pair) ?: err ?:
	       serve_threads(&site->serve, 8);
}

static void site_close(struct site *site)
{
	serve_stop(&site->serve);
	httpq_close(site->nobody);
}

static void leave(struct site *site)
{
	if (site->good.fd >= 0)
		peer_close(&site->good);
	site->good.fd = -1;
}

/*
 * The good client asks: the status. It takes a new connection if the old one
 * may have been idle for too long.
 */
static int visit(struct site *site)
{
	int64_t begin = host_now();
	int status, err;

	if (begin - site->used > LIMIT_MS / 3)
		leave(site);
	if (site->good.fd < 0) {
		err = peer_connect(&site->good, PAIR_FAR, PORT);
		if (err)
			return err;
	}
	status = peer_status(&site->good, GET);
	site->used = host_now();
	if (site->used - begin > site->slowest)
		site->slowest = site->used - begin;
	return status;
}

/*
 * Sockets of our port in /proc/net/@file whose state is @state, 0 for any that
 * is not only a memory of a connection; of the client at @port, 0 for all.
 */
static int file_sockets(const char *file, unsigned int state, uint16_t port)
{
	unsigned int local, remote, st;
	char path[64], line[512];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/net/%s", file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %*d: %*[^:]:%X %*[^:]:%X %X", &local,
			   &remote, &st) != 3 || local != PORT)
			continue;
		if (port && remote != port)
			continue;
		n += state ? st == state :
			     st != TCP_LISTEN && st != TCP_TIME_WAIT;
	}
	if (f)
		fclose(f);
	return n;
}

static int sockets(struct site *site, unsigned int state, uint16_t port)
{
	int n;

	if (pair_enter_far(&site->pair))
		return -1;
	n = file_sockets("tcp", state, port) +
	    file_sockets("tcp6", state, port);
	return pair_enter_near(&site->pair) ? -1 : n;
}

/* Nothing is left there of any connection but of @others good ones. */
static bool all_gone(struct site *site, int others)
{
	others += site->good.fd >= 0;
	return pair_lines(&site->pair, "connections", "") == others &&
	       sockets(site, 0, 0) == others;
}

/*
 * Next to nothing is charged to the namespace: there is room below a limit
 * that is just above what the account's per-CPU parts can be off by.
 */
static bool account_empty(struct site *site)
{
	bool empty;
	long old;

	if (pair_enter_far(&site->pair))
		return false;
	old = host_sysctl("mem_kib", 512);
	pair_enter_near(&site->pair);
	empty = visit(site) == 200;
	leave(site);
	pair_enter_far(&site->pair);
	host_sysctl("mem_kib", old);
	return !pair_enter_near(&site->pair) && empty;
}

/* All packets of one of our addresses are lost from now on. */
static int vanish(const char *address)
{
	return host_run("nft -f - <<'END'\n"
			"add table ip t\n"
			"add chain ip t i { type filter hook input priority 0; }\n"
			"add chain ip t o { type filter hook output priority 0; }\n"
			"add rule ip t i ip daddr %s drop\n"
			"add rule ip t o ip saddr %s drop\n"
			"END", address, address);
}

/* ---------------------------------------- each end with each kind of client */

FIXTURE(closers)
{
	struct site site;
	struct closer closers[ENDS];
};

FIXTURE_VARIANT(closers)
{
	enum manner manner;
	bool lossy;
};

FIXTURE_VARIANT_ADD(closers, floods)
{
	.manner = FLOODS,
};

FIXTURE_VARIANT_ADD(closers, trickles)
{
	.manner = TRICKLES,
};

FIXTURE_VARIANT_ADD(closers, deaf)
{
	.manner = DEAF,
};

FIXTURE_VARIANT_ADD(closers, deaf_trickles)
{
	.manner = DEAF_TRICKLES,
};

FIXTURE_VARIANT_ADD(closers, half_closes)
{
	.manner = HALF_CLOSES,
};

FIXTURE_VARIANT_ADD(closers, vanishes)
{
	.manner = VANISHES,
};

FIXTURE_VARIANT_ADD(closers, vanishes_late)
{
	.manner = VANISHES_LATE,
};

FIXTURE_VARIANT_ADD(closers, floods_lossy)
{
	.manner = FLOODS,
	.lossy = true,
};

FIXTURE_VARIANT_ADD(closers, deaf_trickles_lossy)
{
	.manner = DEAF_TRICKLES,
	.lossy = true,
};

/* Who behaves needs time where packets are lost. */
FIXTURE_SETUP(closers)
{
	ASSERT_EQ(0, site_open(&self->site, variant->lossy ? LOSSY_LIMIT_MS :
			       LIMIT_MS, 1024 * 1024));
	if (variant->lossy)
		ASSERT_EQ(0, pair_netem(&self->site.pair, NETEM_LOSSY));
}

FIXTURE_TEARDOWN(closers)
{
	int i;

	for (i = 0; i < ENDS; i++)
		peer_close(&self->closers[i].peer);
	site_close(&self->site);
}

/* For each end one client that misbehaves. */
static int start_all(struct closer *closers, enum manner manner)
{
	int err = 0, i;

	for (i = 0; i < ENDS && !err; i++)
		err = closer_start(&closers[i], &ends[i], manner);
	/* What they sent has come. */
	for (i = 0; i < ENDS && !err; i++)
		err = peer_flush(&closers[i].peer);
	if (!err && manner == VANISHES)
		err = vanish(BAD_ADDRESS);
	return err;
}

/* The next step of all; whether all have seen our FIN. */
static bool act_all(struct closer *closers)
{
	bool fin = true;
	int i;

	for (i = 0; i < ENDS; i++) {
		closer_act(&closers[i]);
		fin = fin && closers[i].fin;
	}
	return fin;
}

/* Misbehaves until all is gone, or the time is over; the time since @begin. */
static int64_t act_until_gone(struct site *site, struct closer *closers,
			      enum manner manner, int limit_ms, int64_t begin)
{
	int64_t end = host_now() + 5 * limit_ms + LATE;
	bool cut = false;
	int status;

	do {
		if (act_all(closers) && manner == VANISHES_LATE && !cut)
			cut = !vanish(BAD_ADDRESS);
		status = visit(site);
		if (status != 200) {
			fprintf(stderr, "# the good client got %d\n", status);
			return -1;
		}
		if (manner == TRICKLES || manner == DEAF_TRICKLES)
			usleep(20000);
	} while (!all_gone(site, 0) && host_now() < end);
	return host_now() - begin;
}

/* Says whose connections are left. */
static int count_left(struct site *site, struct closer *closers)
{
	char text[32];
	int i, n = 0;

	for (i = 0; i < ENDS; i++) {
		snprintf(text, sizeof(text), ":%u ", closers[i].port);
		if (!pair_lines(&site->pair, "connections", text) &&
		    !sockets(site, 0, closers[i].port))
			continue;
		fprintf(stderr, "# left: %s\n", closers[i].what);
		n++;
	}
	return n;
}

TEST_F_TIMEOUT(closers, q235611, 120)
{
	int limit = variant->lossy ? LOSSY_LIMIT_MS : LIMIT_MS, i;
	struct site *site = &self->site;
	int64_t begin = host_now();

	ASSERT_EQ(0, start_all(self->closers, variant->manner));
	/* Its own timer, that of the answer, and that of the half-close. */
	EXPECT_LE(LIMIT_MS / 2, act_until_gone(site, self->closers,
					       variant->manner, limit, begin));
	EXPECT_EQ(0, count_left(site, self->closers));
	EXPECT_GT(LATE, site->slowest);
	EXPECT_EQ(1, pair_lines(&site->pair, "queues",
				"test running 0 0 0600 0 0 1 "));
	EXPECT_EQ(1, pair_lines(&site->pair, "queues",
				"nobody running 0 0 0600 0 0 1 "));
	leave(site);
	EXPECT_TRUE(account_empty(site));
	if (is_lost(variant->manner))
		return;
	/* Who can be reached knows that it is over. */
	for (i = 0; i < ENDS; i++) {
		EXPECT_EQ(TCP_CLOSE, closer_state(&self->closers[i])) {
			TH_LOG("%s", self->closers[i].what);
		}
	}
}

/*
 * Our FIN waits behind what the client does not read: no timer of TCP would
 * end that.
 */
FIXTURE(fin_wait)
{
	struct site site;
	struct closer closer;
};

FIXTURE_SETUP(fin_wait)
{
	ASSERT_EQ(0, site_open(&self->site, 1000, 1024 * 1024));
}

FIXTURE_TEARDOWN(fin_wait)
{
	site_close(&self->site);
}

TEST_F(fin_wait, zero_window)
{
	static const struct end mid = { "mid", "GET /mid HTTP/1.0\r\n\r\n" };
	struct site *site = &self->site;
	int64_t begin, end;
	char byte;

	ASSERT_EQ(0, closer_start(&self->closer, &mid, DEAF));
	begin = host_now();
	end = begin + LATE;
	while (!sockets(site, TCP_FIN_WAIT1, self->closer.port)) {
		ASSERT_GT(end, host_now());
	}
	end = begin + 3 * 1000 + LATE;
	while (!all_gone(site, 0)) {
		ASSERT_GT(end, host_now());
	}
	EXPECT_LE(900, host_now() - begin);
	/* It ended by RST: the client is not told that this was all. */
	EXPECT_EQ(TCP_CLOSE, closer_state(&self->closer));
	while (recv(self->closer.peer.fd, &byte, 1, 0) == 1)
		;
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_TRUE(account_empty(site));
	peer_close(&self->closer.peer);
}

/* ------------------------------------------------------------------ a crowd */

#define CLIENTS 4

/*
 * struct client - one that behaves
 * @n: how often it asks at least
 * @stop: and not longer than this
 * @asked: how often it did
 * @bad: the first result that was not 200
 */
struct client {
	pthread_t thread;
	long n;
	volatile bool *stop;
	long asked;
	long slowest;
	int bad;
};

/* Every tenth time on a new connection. */
static void *client(void *arg)
{
	struct client *c = arg;
	struct site own = { .good.fd = -1 };
	int status;

	while (!c->bad && (c->asked < c->n || !*c->stop)) {
		status = visit(&own);
		if (status != 200)
			c->bad = status ?: -1;
		if (++c->asked % 10 == 0)
			leave(&own);
	}
	leave(&own);
	c->slowest = own.slowest;
	return NULL;
}

/*
 * @n: how many misbehave
 * @timers: ms; where nothing is lost, enough for all of them to do so at once
 * @slowest: what one of the others may take, ms
 */
FIXTURE(crowd)
{
	struct site site;
	struct closer *closers;
	long n;
	int timers;
	long slowest;
};

FIXTURE_VARIANT(crowd)
{
	bool lossy;
};

FIXTURE_VARIANT_ADD(crowd, plain)
{
};

FIXTURE_VARIANT_ADD(crowd, lossy)
{
	.lossy = true,
};

FIXTURE_SETUP(crowd)
{
	bool lossy = variant->lossy;

	self->n = lossy ? host_scale(500, 100) : host_scale(2000, 200);
	self->timers = lossy ? 8000 : host_scale(20000, 8000);
	self->slowest = lossy ? PEER_TIMEOUT : host_scale(1000, 20000);
	ASSERT_EQ(0, site_open(&self->site, host_scale(20000, 8000), 262144));
	self->closers = calloc(self->n, sizeof(*self->closers));
}

FIXTURE_TEARDOWN(crowd)
{
	site_close(&self->site);
	free(self->closers);
}

static const struct {
	enum manner manner;
	const char *request;
} crowd[] = {
	{ FLOODS, "GET /ok HTTP/1.0\r\n\r\n" },
	{ FLOODS, "GET /bye HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ TRICKLES, "GET /ok HTTP/1.0\r\n\r\n" },
	{ DEAF, "GET /some HTTP/1.0\r\n\r\n" },
	{ DEAF_TRICKLES, "GET /ok HTTP/1.0\r\n\r\n" },
	{ DEAF, "GET /ok HTTP/1.1\r\n\r\n" },
	{ VANISHES, "GET /ok HTTP/1.0\r\n\r\n" },
	{ VANISHES, "GET /some HTTP/1.0\r\n\r\n" },
};

static int crowd_connect(struct closer *closers, long n)
{
	static const struct end silent = { "crowd", NULL };
	int i, err = 0;

	for (i = 0; i < n && !err; i++)
		err = closer_start(&closers[i], &silent, crowd[i % 8].manner);
	return err;
}

/* From the first request on. Who is connected has the time that he had. */
static int crowd_lose(struct site *site, int timers)
{
	if (pair_enter_far(&site->pair))
		return -1;
	set_timers(timers);
	return pair_enter_near(&site->pair) ?:
	       pair_netem(&site->pair, NETEM_LOSSY);
}

static int crowd_ask(struct closer *closers, long n)
{
	int i, err = 0;

	for (i = 0; i < n && !err; i++)
		err = peer_puts(&closers[i].peer, crowd[i % 8].request);
	return err;
}

/* All were answered, as far as they take it. */
static bool crowd_answered(struct site *site, long n)
{
	int64_t end = host_now() + PEER_TIMEOUT;

	while (pair_stat(&site->pair, "responses") +
	       pair_stat(&site->pair, "answers_kernel") < n) {
		if (host_now() > end)
			return false;
		usleep(10000);
	}
	return true;
}

TEST_F_TIMEOUT(crowd, others_are_served, 200)
{
	long asked = 0, before;
	struct site *site = &self->site;
	struct client clients[CLIENTS];
	volatile bool stop = false;
	int64_t end;
	int i;

	before = host_kernel_kib();
	ASSERT_EQ(0, crowd_connect(self->closers, self->n));
	if (variant->lossy)
		ASSERT_EQ(0, crowd_lose(site, self->timers));
	ASSERT_EQ(0, crowd_ask(self->closers, self->n));
	ASSERT_TRUE(crowd_answered(site, self->n));
	ASSERT_EQ(0, vanish(BAD_ADDRESS));
	/* All at once. What is sent again may come too late for that. */
	if (!variant->lossy)
		ASSERT_EQ(self->n, pair_lines(&site->pair, "connections", ""));
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){
			.n = self->n / 2 / CLIENTS,
			.stop = &stop,
		};
		ASSERT_EQ(0, pthread_create(&clients[i].thread, NULL, client,
					    &clients[i]));
	}
	host_watch_start();
	end = host_now() + 3 * self->timers + LATE;
	while (pair_lines(&site->pair, "connections", "") > CLIENTS &&
	       host_now() < end) {
		for (i = 0; i < self->n; i++)
			closer_act(&self->closers[i]);
		usleep(50000);
	}
	stop = true;
	/* From hand to hand: each time the machine may make it wait. */
	self->slowest += 4 * host_watch_end();
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(0, pthread_join(clients[i].thread, NULL));
		EXPECT_EQ(0, clients[i].bad);
		EXPECT_GT(self->slowest, clients[i].slowest);
		asked += clients[i].asked;
	}
	TH_LOG("%ld of others, below %ld ms", asked, self->slowest);
	EXPECT_LE(self->n / 2, asked);
	/* As many as there were clients may have had some time left. */
	end = host_now() + 2 * self->timers + LATE;
	while (!all_gone(site, 0)) {
		ASSERT_GT(end, host_now());
		usleep(50000);
	}
	EXPECT_TRUE(account_empty(site));
	for (i = 0; i < self->n; i++)
		peer_close(&self->closers[i].peer);
	/* Slabs go back when RCU lets them; netem, once loaded, stays. */
	before += self->n / 2 + 4096;
	end = host_now() + LATE;
	while (host_kernel_kib() > before && host_now() < end)
		host_nap(end - LATE);
	if (!variant->lossy && host_scale(true, false))
		EXPECT_GE(before, host_kernel_kib());
}

TEST_HARNESS_MAIN
