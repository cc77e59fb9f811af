// SPDX-License-Identifier: GPL-2.0
/*
 * Which prefix gets a request, and which addresses are listened on.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "serve.h"

/* Answers with the number that the prefix was bound with. */
static void answer_context(struct httpq_request *req, void *data)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%llu",
			   (unsigned long long)httpq_context(req));

	httpq_reply(req, 200, "text/plain", text, len);
	httpq_request_free(req);
}

FIXTURE(route)
{
	struct serve serve;
	struct peer peer;
};

FIXTURE_SETUP(route)
{
	ASSERT_EQ(0, host_unshare());
	self->peer.fd = -1;
	ASSERT_EQ(0, serve_start(&self->serve, NULL, answer_context, NULL, 1));
}

FIXTURE_TEARDOWN(route)
{
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
	serve_stop(&self->serve);
}

/* The number of the prefix that got the request; or the status, negative. */
static int route_on(struct peer *p, const char *host, const char *path)
{
	char text[8192];
	struct reply r;
	int result;

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
		 path, host);
	result = peer_puts(p, text);
	if (!result)
		result = peer_reply(p, "GET", &r);
	else
		return result;
	if (!result)
		result = r.status == 200 ? atoi(r.body) : -r.status;
	reply_free(&r);
	return result;
}

static int route(const char *addr, uint16_t port, const char *host,
		 const char *path)
{
	struct peer p;
	int result = peer_connect(&p, addr, port);

	if (result)
		return result;
	result = route_on(&p, host, path);
	peer_close(&p);
	return result;
}

struct binding {
	const char *url;
	int context;
};

struct request {
	const char *addr;
	const char *host;
	const char *path;
	int result;
};

static int bind_all(struct httpq *h, const struct binding *b, size_t n)
{
	int err = 0;

	for (; n-- && !err; b++)
		err = httpq_bind(h, b->url, b->context);
	return err;
}

/* How many of the requests went elsewhere; says which. */
static int astray(const struct request *r, size_t n)
{
	int wrong = 0;

	for (; n--; r++) {
		int result = route(r->addr, 8080, r->host, r->path);

		if (result == r->result)
			continue;
		printf("# %s: Host \"%s\", %s: %d instead of %d\n", r->addr,
		       r->host, r->path, result, r->result);
		wrong++;
	}
	return wrong;
}

/* The first bucket that has a prefix of the path decides. */
TEST_F(route, buckets)
{
	static const struct binding bindings[] = {
		{ "http://*:8080/", 1 },
		{ "http://127.0.0.1:8080/", 2 },
		{ "http://name.test:8080/", 3 },
		{ "http://+:8080/strong/", 4 },
		{ "http://*:8080/strong/deep/er/", 5 },
		{ "http://*:8080/weak/", 6 },
		{ "http://name.test:8080/a/", 7 },
		{ "http://127.0.0.1:8080/a/b/", 8 },
		{ "http://[::1]:8080/six/", 9 },
		{ "http://localhost:8080/", 10 },
	};
	static const struct request requests[] = {
		{ "127.0.0.1", "name.test", "/", 3 },
		{ "127.0.0.1", "name.test", "/strong/", 4 },
		{ "127.0.0.1", "name.test", "/strong/deep/er/x", 4 },
		{ "127.0.0.1", "name.test", "/weak/", 3 },
		{ "127.0.0.1", "name.test", "/a/b/c", 7 },
		{ "127.0.0.1", "other", "/a/b/c", 8 },
		{ "127.0.0.1", "other", "/weak/", 2 },
		{ "127.0.0.2", "other", "/weak/", 6 },
		{ "127.0.0.2", "other", "/", 1 },
		{ "127.0.0.2", "127.0.0.1", "/", 1 },
		{ "127.0.0.1", "127.0.0.2", "/", 2 },
		{ "::1", "name.test", "/six/", 3 },
		{ "::1", "other", "/six/", 9 },
		{ "::1", "[::1]", "/six/7", 9 },
		{ "::1", "other", "/", 1 },
		{ "::1", "localhost", "/six/", 10 },
		{ "127.0.0.1", "localhost", "/weak/", 10 },
		{ "127.0.0.1", "", "/weak/", -400 },
	};

	ASSERT_EQ(0, bind_all(self->serve.h, bindings, ARRAY_SIZE(bindings)));
	EXPECT_EQ(0, astray(requests, ARRAY_SIZE(requests)));
}

TEST_F(route, longest_prefix)
{
	static const struct binding bindings[] = {
		{ "http://*:8080/", 1 },
		{ "http://*:8080/a/", 2 },
		{ "http://*:8080/a/b/c/", 3 },
		{ "http://*:8080/ab/", 4 },
		{ "http://*:8080/A/", 5 },
		{ "http://*:8080/a//", 6 },
		{ "http://*:8080/a%2Fb/", 7 },
		{ "http://*:8080/%7Euser/", 8 },
	};
	static const struct request requests[] = {
		{ "127.0.0.1", "h", "/", 1 },
		{ "127.0.0.1", "h", "/?/a/b/c/", 1 },
		{ "127.0.0.1", "h", "/a", 2 },
		{ "127.0.0.1", "h", "/a?x", 2 },
		{ "127.0.0.1", "h", "/a/", 2 },
		{ "127.0.0.1", "h", "/a/b", 2 },
		{ "127.0.0.1", "h", "/a/b/", 2 },
		{ "127.0.0.1", "h", "/a/b/c", 3 },
		{ "127.0.0.1", "h", "/a/b/c/d/e", 3 },
		{ "127.0.0.1", "h", "/a/b/cc", 2 },
		{ "127.0.0.1", "h", "/ab", 4 },
		{ "127.0.0.1", "h", "/abc", 1 },
		{ "127.0.0.1", "h", "/A", 5 },
		{ "127.0.0.1", "h", "/A/b/c", 5 },
		{ "127.0.0.1", "h", "/AB", 1 },
		/* Canonical first, then by prefix. */
		{ "127.0.0.1", "h", "/%61/b", 2 },
		{ "127.0.0.1", "h", "/x/../a/b/c", 3 },
		{ "127.0.0.1", "h", "/a/%2e%2e/ab", 4 },
		{ "127.0.0.1", "h", "/a/%2E/b/./c", 3 },
		{ "127.0.0.1", "h", "/../../ab/", 4 },
		{ "127.0.0.1", "h", "/ab/..", 1 },
		{ "127.0.0.1", "h", "/a/b/c/..", 2 },
		{ "127.0.0.1", "h", "/a//b/c", 6 },
		{ "127.0.0.1", "h", "//a/b", 1 },
		{ "127.0.0.1", "h", "/a%2Fb", 7 },
		{ "127.0.0.1", "h", "/a%2fb/c", 7 },
		{ "127.0.0.1", "h", "/a%252Fb/c", 1 },
		{ "127.0.0.1", "h", "/~user/", 8 },
		{ "127.0.0.1", "h", "/%7euser", 8 },
		{ "127.0.0.1", "h", "/a%00/", -400 },
		{ "127.0.0.1", "h", "/a\\b", -400 },
		{ "127.0.0.1", "h", "/a%5cb", -400 },
		{ "127.0.0.1", "h", "/a%2/", -400 },
		{ "127.0.0.1", "h", "/a%zz/", -400 },
	};

	ASSERT_EQ(0, bind_all(self->serve.h, bindings, ARRAY_SIZE(bindings)));
	EXPECT_EQ(0, astray(requests, ARRAY_SIZE(requests)));
}

TEST_F(route, hosts)
{
	static const struct binding bindings[] = {
		{ "http://Name.Test.:8080/", 1 },
		{ "http://sub.name.test:8080/", 2 },
		{ "http://xn--bcher-kva.test:8080/", 3 },
		{ "http://127.0.0.5:8080/ip/", 4 },
	};
	static const struct request requests[] = {
		{ "127.0.0.1", "name.test", "/", 1 },
		{ "127.0.0.1", "NAME.tesT", "/", 1 },
		{ "127.0.0.1", "name.test.", "/", 1 },
		{ "127.0.0.1", "name.test..", "/", -400 },
		{ "127.0.0.1", "name.test:8080", "/", 1 },
		{ "127.0.0.1", "name.test:1", "/", 1 },
		{ "127.0.0.1", "name.test:", "/", 1 },
		{ "127.0.0.1", "name.test.:99", "/", 1 },
		{ "127.0.0.1", "name.test:x", "/", -400 },
		{ "127.0.0.1", "name.test:65536", "/", -400 },
		{ "127.0.0.1", "sub.name.test", "/", 2 },
		{ "127.0.0.1", "ub.name.test", "/", -404 },
		{ "127.0.0.1", "ame.test", "/", -404 },
		{ "127.0.0.1", "name.tes", "/", -404 },
		{ "127.0.0.1", "name.test2", "/", -404 },
		{ "127.0.0.1", "xn--bcher-kva.test", "/", 3 },
		{ "127.0.0.1", "127.0.0.1", "/", -404 },
		{ "127.0.0.1", "", "/", -400 },
		/* The address counts, not what Host says. */
		{ "127.0.0.5", "x", "/ip/", 4 },
		{ "127.0.0.1", "127.0.0.5", "/ip/", -404 },
		/* An absolute form has to agree with Host. */
		{ "127.0.0.1", "Name.test", "http://NAME.test/", 1 },
		{ "127.0.0.1", "sub.name.test:9", "http://sub.name.test:9/x",
		  2 },
		{ "127.0.0.1", "sub.name.test", "http://NAME.test/", -400 },
	};

	ASSERT_EQ(0, bind_all(self->serve.h, bindings, ARRAY_SIZE(bindings)));
	EXPECT_EQ(0, astray(requests, ARRAY_SIZE(requests)));
	EXPECT_EQ(6, host_stat("no_route"));
}

/* No prefix, or none any more; the connection stays. */
TEST_F(route, not_found)
{
	ASSERT_EQ(0, httpq_bind(self->serve.h, "http://*:8080/a/", 1));
	ASSERT_EQ(0, httpq_bind(self->serve.h, "http://*:8080/b/", 2));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8080));
	EXPECT_EQ(-404, route_on(&self->peer, "h", "/"));
	EXPECT_EQ(1, route_on(&self->peer, "h", "/a/"));
	ASSERT_EQ(0, httpq_unbind(self->serve.h, "http://*:8080/a/"));
	EXPECT_EQ(-404, route_on(&self->peer, "h", "/a/"));
	ASSERT_EQ(0, httpq_unbind(self->serve.h, "http://*:8080/b/"));
	/* Nothing listens, what is open is served nevertheless. */
	EXPECT_EQ(-ECONNREFUSED, route("127.0.0.1", 8080, "h", "/"));
	EXPECT_EQ(-404, route_on(&self->peer, "h", "/b/"));
	ASSERT_EQ(0, httpq_bind(self->serve.h, "http://*:8080/b/", 3));
	EXPECT_EQ(3, route_on(&self->peer, "h", "/b/"));
	EXPECT_EQ(3, host_stat("no_route"));
}

/* The same prefix once per bucket, whoever binds it. */
TEST_F(route, conflicts)
{
	static const struct binding bindings[] = {
		{ "http://*:8080/a/", 1 },
		{ "http://+:8080/a/", 2 },
		{ "http://name:8080/a/", 3 },
		{ "http://127.0.0.1:8080/a/", 4 },
		{ "http://[::1]:8080/a/", 5 },
		{ "http://*:8081/a/", 6 },
		{ "http://*:8080/A/", 7 },
		{ "http://*:8080/", 8 },
		{ "http://*:8080/a/b/", 9 },
	};
	static const char *const again[] = {
		"http://NAME.:8080/a/", "http://[::ffff:127.0.0.1]:8080/a/",
		"http://[0:0::0:1]:8080/a/", "HTTP://*:8080/x/../a/",
		"http://*:8080/%61/",
	};
	size_t i;

	ASSERT_EQ(0, bind_all(self->serve.h, bindings, ARRAY_SIZE(bindings)));
	for (i = 0; i < ARRAY_SIZE(bindings); i++)
		EXPECT_EQ(-EEXIST, httpq_bind(self->serve.h, bindings[i].url,
					      0));
	for (i = 0; i < ARRAY_SIZE(again); i++)
		EXPECT_EQ(-EEXIST, httpq_bind(self->serve.h, again[i], 0));
	/* One goes, the next of the order is seen. */
	EXPECT_EQ(2, route("127.0.0.1", 8080, "name", "/a/"));
	for (i = 1; i < 4; i++) {
		ASSERT_EQ(0, httpq_unbind(self->serve.h,
					  i == 1 ? bindings[1].url :
					  i == 2 ? bindings[2].url :
					  bindings[3].url));
		EXPECT_EQ(i == 3 ? 1 : i + 2,
			  route("127.0.0.1", 8080, "name", "/a/"));
	}
}

/* A port that only literals need is open on those addresses only. */
TEST_F(route, literal_only)
{
	struct httpq *h = self->serve.h;

	ASSERT_EQ(0, httpq_bind(h, "http://127.0.0.1:8080/", 1));
	EXPECT_EQ(1, host_lines("listeners", ""));
	EXPECT_EQ(1, host_lines("listeners", "127.0.0.1 8080 "));
	EXPECT_EQ(1, route("127.0.0.1", 8080, "h", "/"));
	EXPECT_EQ(-ECONNREFUSED, route("127.0.0.2", 8080, "h", "/"));
	EXPECT_EQ(-ECONNREFUSED, route("::1", 8080, "h", "/"));
	ASSERT_EQ(0, httpq_bind(h, "http://127.0.0.3:8080/x/", 3));
	ASSERT_EQ(0, httpq_bind(h, "http://[::1]:8080/", 6));
	EXPECT_EQ(3, host_lines("listeners", " 8080 "));
	EXPECT_EQ(3, route("127.0.0.3", 8080, "h", "/x/"));
	EXPECT_EQ(-404, route("127.0.0.3", 8080, "h", "/"));
	EXPECT_EQ(6, route("::1", 8080, "[::1]:8080", "/"));
	EXPECT_EQ(-ECONNREFUSED, route("127.0.0.2", 8080, "h", "/"));
	ASSERT_EQ(0, httpq_unbind(h, "http://127.0.0.3:8080/x/"));
	EXPECT_EQ(-ECONNREFUSED, route("127.0.0.3", 8080, "h", "/x/"));
}

/* From literal to any and back: connections do not notice. */
TEST_F(route, switch_to_any)
{
	struct httpq *h = self->serve.h;
	struct peer other = { .fd = -1 };
	int i;

	ASSERT_EQ(0, httpq_bind(h, "http://127.0.0.1:8080/", 1));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8080));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, httpq_bind(h, "http://*:8080/", 2));
		EXPECT_EQ(1, host_lines("listeners", " 8080 "));
		EXPECT_EQ(1, host_lines("listeners", ":: 8080 "));
		EXPECT_EQ(1, route_on(&self->peer, "h", "/"));
		ASSERT_EQ(0, peer_connect(&other, "127.0.0.2", 8080));
		EXPECT_EQ(2, route_on(&other, "h", "/"));
		EXPECT_EQ(2, route("::1", 8080, "h", "/"));
		ASSERT_EQ(0, httpq_unbind(h, "http://*:8080/"));
		EXPECT_EQ(1, host_lines("listeners", "127.0.0.1 8080 "));
		EXPECT_EQ(-ECONNREFUSED, route("127.0.0.2", 8080, "h", "/"));
		EXPECT_EQ(-404, route_on(&other, "h", "/"));
		EXPECT_EQ(1, route_on(&self->peer, "h", "/"));
		EXPECT_EQ(1, route("127.0.0.1", 8080, "h", "/"));
		peer_close(&other);
	}
}

/* "localhost" is what every user may have: nobody else gets at it. */
TEST_F(route, localhost)
{
	struct httpq *h = self->serve.h;

	ASSERT_EQ(0, host_run("ip address add 10.9.9.1/32 dev lo"));
	ASSERT_EQ(0, httpq_bind(h, "http://localhost:8080/", 1));
	EXPECT_EQ(1, route("127.0.0.1", 8080, "localhost", "/"));
	EXPECT_EQ(1, route("::1", 8080, "LOCALHOST.", "/x"));
	EXPECT_EQ(-404, route("127.0.0.1", 8080, "127.0.0.1", "/"));
	EXPECT_EQ(-ECONNREFUSED, route("127.0.0.2", 8080, "localhost", "/"));
	EXPECT_EQ(-ECONNREFUSED, route("10.9.9.1", 8080, "localhost", "/"));
	/* Even if the port is open to all for another prefix. */
	ASSERT_EQ(0, httpq_bind(h, "http://*:8080/", 2));
	EXPECT_EQ(2, route("10.9.9.1", 8080, "localhost", "/"));
	EXPECT_EQ(2, route("10.9.9.1", 8080, "h", "/"));
	EXPECT_EQ(1, route("127.0.0.1", 8080, "localhost", "/"));
	EXPECT_EQ(2, route("127.0.0.1", 8080, "h", "/"));
	ASSERT_EQ(0, httpq_unbind(h, "http://*:8080/"));
	EXPECT_EQ(-ECONNREFUSED, route("10.9.9.1", 8080, "localhost", "/"));
	EXPECT_EQ(1, route("127.0.0.1", 8080, "localhost", "/"));
}

TEST_F(route, ipv6_literal)
{
	struct httpq *h = self->serve.h;

	ASSERT_EQ(0, host_run("ip address add 2001:db8::7/128 dev lo nodad"));
	ASSERT_EQ(0, httpq_bind(h, "http://[2001:DB8:0::7]:8080/", 1));
	EXPECT_EQ(1, host_lines("listeners", "2001:db8::7 8080 "));
	EXPECT_EQ(1, host_lines("urls", "http://[2001:db8::7]:8080/ "));
	EXPECT_EQ(1, route("2001:db8::7", 8080, "[2001:db8::7]", "/"));
	EXPECT_EQ(-ECONNREFUSED, route("::1", 8080, "h", "/"));
	EXPECT_EQ(-ECONNREFUSED, route("127.0.0.1", 8080, "h", "/"));
}

/* One port in two namespaces: two worlds. */
TEST_F(route, namespaces)
{
	struct serve here;
	int old = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	ASSERT_EQ(0, httpq_bind(self->serve.h, "http://*:8080/", 1));
	ASSERT_EQ(0, host_unshare());
	EXPECT_EQ(-ECONNREFUSED, route("127.0.0.1", 8080, "h", "/"));
	ASSERT_EQ(0, serve_start(&here, NULL, answer_context, NULL, 1));
	ASSERT_EQ(0, httpq_bind(here.h, "http://*:8080/", 2));
	EXPECT_EQ(2, route("127.0.0.1", 8080, "h", "/"));
	/* The handle of the first binds there, wherever its user is. */
	ASSERT_EQ(0, httpq_bind(self->serve.h, "http://*:8080/more/", 3));
	EXPECT_EQ(2, route("127.0.0.1", 8080, "h", "/more/"));
	ASSERT_EQ(0, setns(old, CLONE_NEWNET));
	EXPECT_EQ(1, route("127.0.0.1", 8080, "h", "/"));
	EXPECT_EQ(3, route("127.0.0.1", 8080, "h", "/more/"));
	serve_stop(&here);
	close(old);
}

/* A rule of the firewall moves the port: the local one counts. */
TEST_F(route, redirected_port)
{
	ASSERT_EQ(0, host_run(
		"nft -f - <<'END'\n"
		"table ip nat {\n"
		"chain output {\n"
		"type nat hook output priority -100\n"
		"tcp dport 80 redirect to :8080\n"
		"}\n}\nEND"));
	ASSERT_EQ(0, httpq_bind(self->serve.h, "http://*:8080/", 1));
	EXPECT_EQ(1, route("127.0.0.1", 8080, "h", "/"));
	EXPECT_EQ(1, route("127.0.0.1", 80, "h", "/"));
	EXPECT_EQ(1, route("127.0.0.1", 80, "h:80", "/"));
}

/* ------------------------------------------------ readers and who changes */

/*
 * struct reader - a client that asks for one path again and again
 * @legal: the answers that it may get
 * @seen: how often it got each
 * @wrong: another one that it got, or the error
 */
struct reader {
	const char *path;
	int legal[2];
	long seen[2];
	int wrong;
	pthread_t thread;
};

static atomic_int reading;

/* A number of times, and until both answers were seen. */
static int read_on(struct reader *r, struct peer *p)
{
	int64_t end = host_now() + PEER_TIMEOUT;
	int i, got, rounds = host_scale(1000, 300);

	for (i = 0; host_now() < end; i++) {
		if (i >= rounds && r->seen[0] && r->seen[1])
			break;
		got = route_on(p, "h", r->path);
		if (got != r->legal[0] && got != r->legal[1])
			return got;
		r->seen[0] += got == r->legal[0];
		r->seen[1] += got == r->legal[1];
	}
	return 0;
}

static void *read_route(void *data)
{
	struct reader *r = data;
	struct peer p;

	r->wrong = peer_connect(&p, "127.0.0.1", 8080);
	if (!r->wrong) {
		r->wrong = read_on(r, &p);
		peer_close(&p);
	}
	reading--;
	return NULL;
}

/* Enough for the table to grow and to shrink. */
static int churn(int fd)
{
	char url[64];
	int i, err = 0;

	for (i = 0; !err && i < 200; i++) {
		snprintf(url, sizeof(url), "http://*:8080/stays/n%d/", i / 2);
		err = i % 2 ? raw_bind(fd, "http://*:8080/stays/goes/", 2) ?:
			      raw_unbind(fd, "http://*:8080/stays/goes/") :
			      raw_bind(fd, url, 9);
	}
	err = err ?: raw_bind(fd, "http://*:8080/alone/deep/er/", 3);
	/* Where there is one CPU, nobody else might see it. */
	usleep(1);
	err = err ?: raw_unbind(fd, "http://*:8080/alone/deep/er/");
	for (i = 0; !err && i < 100; i++) {
		snprintf(url, sizeof(url), "http://*:8080/stays/n%d/", i);
		err = raw_unbind(fd, url);
	}
	return err;
}

/* Whoever looks up while others bind finds what is bound all the time. */
TEST_F(route, readers)
{
	struct reader readers[] = {
		{ .path = "/stays/x", .legal = { 1, 1 } },
		{ .path = "/stays/goes/x", .legal = { 1, 2 } },
		{ .path = "/alone/deep/er/x", .legal = { -404, 3 } },
	};
	const int nr = ARRAY_SIZE(readers);
	int i, fd = httpq_fd(self->serve.h);

	ASSERT_EQ(0, raw_bind(fd, "http://*:8080/stays/", 1));
	reading = nr;
	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, pthread_create(&readers[i].thread, NULL,
					    read_route, &readers[i]));
	while (reading)
		ASSERT_EQ(0, churn(fd));
	for (i = 0; i < nr; i++) {
		struct reader *r = &readers[i];

		pthread_join(r->thread, NULL);
		EXPECT_TRUE(!r->wrong && r->seen[0] && r->seen[1])
			TH_LOG("%s: %d, %ld times %d, %ld times %d", r->path,
			       r->wrong, r->seen[0], r->legal[0], r->seen[1],
			       r->legal[1]);
	}
}

/* As many as a large installation has, all of one handle. */
TEST_F(route, many)
{
	int n = host_scale(10000, 1000), i, step = n / 40 + 1;
	struct httpq *h = self->serve.h;
	char url[128], path[64];
	int64_t begin = host_now();

	for (i = 0; i < n; i++) {
		snprintf(url, sizeof(url), "http://%s:8080/a%d/b%d/",
			 i % 3 == 2 ? "name" : i % 3 ? "+" : "*", i % 100, i);
		ASSERT_EQ(0, httpq_bind(h, url, i)) TH_LOG("%s", url);
	}
	EXPECT_EQ(n, host_lines("urls", "http://"));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8080));
	for (i = 0; i < n; i += step) {
		snprintf(path, sizeof(path), "/a%d/b%d/c", i % 100, i);
		EXPECT_EQ(i, route_on(&self->peer, "name", path));
		snprintf(path, sizeof(path), "/a%d/b%d", (i + 1) % 100, i);
		EXPECT_EQ(-404, route_on(&self->peer, "name", path));
	}
	for (i = 0; i < n; i += 2) {
		snprintf(url, sizeof(url), "http://%s:8080/a%d/b%d/",
			 i % 3 == 2 ? "name" : i % 3 ? "+" : "*", i % 100, i);
		ASSERT_EQ(0, httpq_unbind(h, url)) TH_LOG("%s", url);
	}
	for (i = 0; i < n; i += step) {
		snprintf(path, sizeof(path), "/a%d/b%d/c", i % 100, i);
		EXPECT_EQ(i % 2 ? i : -404,
			  route_on(&self->peer, "name", path));
	}
	/* All the rest at once. */
	serve_stop(&self->serve);
	EXPECT_EQ(0, host_lines("urls", ""));
	EXPECT_EQ(0, host_lines("listeners", ""));
	EXPECT_GT(PEER_TIMEOUT, host_now() - begin);
}

TEST_HARNESS_MAIN
