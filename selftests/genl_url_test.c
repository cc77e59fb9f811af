// SPDX-License-Identifier: GPL-2.0
/*
 * Bindings over netlink: how one is changed, by whom, and what of it is told.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "genl.h"
#include "host.h"
#include "kselftest_harness.h"
#include "raw.h"

#define USER 1000
#define OTHER 1001
#define URL "http://*:8080/"
#define MINE "http://localhost:8081/"

/* What a prefix is to have; what is negative or NULL is not said. */
struct change {
	const char *url;
	const char *queue;
	int64_t context;
	int64_t site;
	int keepalive;
};

static const struct change nothing = {
	.url = URL, .context = -1, .site = -1, .keepalive = -1,
};

static int set_url(struct genl *g, void *arg)
{
	const struct change *c = arg;
	struct genl_request r;

	genl_begin(&r, HTTPQ_CMD_URL_SET);
	if (c->url)
		genl_put_text(&r, HTTPQ_A_URL, c->url);
	if (c->queue)
		genl_put_text(&r, HTTPQ_A_QUEUE_NAME, c->queue);
	if (c->context >= 0)
		genl_put_u64(&r, HTTPQ_A_CONTEXT, c->context);
	if (c->site >= 0)
		genl_put_u32(&r, HTTPQ_A_SITE, c->site);
	if (c->keepalive >= 0)
		genl_put_u8(&r, HTTPQ_A_KEEPALIVE, c->keepalive);
	return genl_do(g, &r);
}

static int set_as(uid_t uid, struct change *c)
{
	return genl_as_user(NULL, uid, set_url, c);
}

FIXTURE(url)
{
	struct genl g;
	struct change c;
	struct peer peer;
	int fd;
};

FIXTURE_SETUP(url)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, genl_open(&self->g));
	self->fd = raw_worker("web", 0);
	self->peer.fd = -1;
	self->c = nothing;
	ASSERT_EQ(0, host_run("httpq url add '" URL "' queue web context 5 "
			      "site 6"));
}

FIXTURE_TEARDOWN(url)
{
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
	close(self->fd);
	genl_close(&self->g);
}

/* What is not said stays. */
TEST_F(url, options)
{
	EXPECT_EQ(0, set_url(&self->g, &self->c));
	EXPECT_EQ(1, host_lines("urls", URL " web 5 persistent 6 on\n"));
	self->c.keepalive = 0;
	EXPECT_EQ(0, set_url(&self->g, &self->c));
	EXPECT_EQ(1, host_lines("urls", URL " web 5 persistent 6 off\n"));
	self->c.keepalive = -1;
	self->c.site = UINT32_MAX;
	EXPECT_EQ(0, set_url(&self->g, &self->c));
	EXPECT_EQ(1, host_lines("urls",
				URL " web 5 persistent 4294967295 off\n"));
	self->c.site = -1;
	self->c.context = 0;
	EXPECT_EQ(0, set_url(&self->g, &self->c));
	EXPECT_EQ(1, host_lines("urls",
				URL " web 0 persistent 4294967295 off\n"));
	ASSERT_EQ(0, host_run("httpq queue add other"));
	self->c = nothing;
	self->c.queue = "other";
	self->c.keepalive = 1;
	EXPECT_EQ(0, set_url(&self->g, &self->c));
	EXPECT_EQ(1, host_lines("urls",
				URL " other 0 persistent 4294967295 on\n"));
	EXPECT_EQ(1, host_lines("urls", ""));
	/* It goes with the queue that it leads to now. */
	ASSERT_EQ(0, host_run("httpq queue del web"));
	EXPECT_EQ(1, host_lines("urls", ""));
	ASSERT_EQ(0, host_run("httpq queue del other"));
	EXPECT_EQ(0, host_lines("urls", ""));
	EXPECT_EQ(0, host_lines("listeners", ""));
}

/* The number that the next request brings back, which is answered. */
static int64_t serve_context(int fd)
{
	static struct raw_take t;
	int64_t context;

	if (raw_take(fd, &t, 1, PEER_TIMEOUT) != 1)
		return -1;
	context = raw_head(&t, 0)->context;
	return raw_reply(fd, t.events[0].id, 200, "x") ? -2 : context;
}

/* Not a connection notices, but what comes later is routed anew. */
TEST_F(url, under_way)
{
	struct reply r;

	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8080));
	ASSERT_EQ(0, raw_get(&self->peer, "/before"));
	ASSERT_TRUE(raw_wait_queue("web", RAW_QUEUED, 1));
	self->c.context = 7;
	EXPECT_EQ(0, set_url(&self->g, &self->c));
	EXPECT_EQ(5, serve_context(self->fd));
	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(200, r.status);
	reply_free(&r);

	ASSERT_EQ(0, raw_get(&self->peer, "/after"));
	EXPECT_EQ(7, serve_context(self->fd));
	ASSERT_EQ(0, peer_reply(&self->peer, "GET", &r));
	EXPECT_EQ(200, r.status);
	reply_free(&r);
	/* The socket that has accepted it is the one of before. */
	EXPECT_EQ(1, host_lines("listeners", " 8080 softirq 1 1\n"));
}

/* A binding of a handle stays one, and in the handle's queue. */
TEST_F(url, of_a_handle)
{
	ASSERT_EQ(0, raw_bind(self->fd, MINE, 1));
	ASSERT_EQ(0, host_run("httpq queue add other"));
	self->c.url = MINE;
	self->c.queue = "other";
	EXPECT_EQ(-EBUSY, set_url(&self->g, &self->c));
	EXPECT_STREQ("the prefix is tied to a handle of its queue",
		     self->g.text);
	self->c.queue = "web";
	self->c.site = 3;
	EXPECT_EQ(0, set_url(&self->g, &self->c));
	EXPECT_EQ(1, host_lines("urls", MINE " web 1 handle 3 on\n"));
	EXPECT_EQ(0, raw_unbind(self->fd, MINE));
	ASSERT_EQ(0, raw_bind(self->fd, MINE, 1));
	EXPECT_EQ(0, set_url(&self->g, &self->c));
	close(self->fd);
	EXPECT_EQ(0, host_lines("urls", MINE));
	self->fd = raw_worker("web", 0);
}

TEST_F(url, errors)
{
	struct genl *g = &self->g;

	self->c.url = NULL;
	EXPECT_EQ(-EINVAL, set_url(g, &self->c));
	EXPECT_STREQ("a prefix URL is required", g->text);
	self->c.url = "http://*:8080/a";
	EXPECT_EQ(-EINVAL, set_url(g, &self->c));
	self->c.url = URL "a/";
	EXPECT_EQ(-ENOENT, set_url(g, &self->c));
	EXPECT_STREQ("the prefix is not bound", g->text);
	self->c.queue = "nosuch";
	self->c.url = URL;
	EXPECT_EQ(-ENOENT, set_url(g, &self->c));
	EXPECT_STREQ("no such queue", g->text);
	self->c.queue = NULL;
	self->c.keepalive = 2;
	EXPECT_EQ(-ERANGE, set_url(g, &self->c));
	EXPECT_EQ(1, host_lines("urls", URL " web 5 persistent 6 on\n"));
}

/* It takes what it takes to unbind and to bind. */
TEST_F(url, authority)
{
	struct change c = nothing;

	c.site = 9;
	EXPECT_EQ(-EACCES, set_as(USER, &c));
	/* To own the queue is enough to unbind, and not to bind this one. */
	ASSERT_EQ(0, host_run("httpq queue set web owner %d", USER));
	EXPECT_EQ(-EACCES, set_as(USER, &c));
	EXPECT_EQ(1, host_lines("urls", URL " web 5 persistent 6 on\n"));

	host_sysctl("user_urls", 1);
	ASSERT_EQ(0, host_run("httpq queue add mine owner %d", USER));
	ASSERT_EQ(0, host_run("httpq queue add theirs owner %d", OTHER));
	ASSERT_EQ(0, host_run("setpriv --reuid %d --clear-groups httpq url "
			      "add " MINE " queue mine", USER));
	c.url = MINE;
	EXPECT_EQ(-EACCES, set_as(OTHER, &c));
	/* One more could not be bound, but this is the same one. */
	EXPECT_EQ(0, set_as(USER, &c));
	c.queue = "theirs";
	EXPECT_EQ(-EACCES, set_as(USER, &c));
	EXPECT_EQ(1, host_lines("urls", MINE " mine 0 persistent 9 on\n"));
	ASSERT_EQ(0, host_run("httpq queue set mine mode 0400"));
	c.queue = NULL;
	EXPECT_EQ(-EACCES, set_as(USER, &c));
	ASSERT_EQ(0, host_run("httpq queue set mine mode 0600"));
	host_sysctl("unprivileged_bind", 0);
	EXPECT_EQ(-EACCES, set_as(USER, &c));
	host_sysctl("unprivileged_bind", 1);
	c.queue = "theirs";
	ASSERT_EQ(0, host_run("httpq queue set theirs mode 0666"));
	EXPECT_EQ(0, set_as(USER, &c));
	EXPECT_EQ(1, host_lines("urls", MINE " theirs 0 persistent 9 on\n"));
	/* He has given it away. */
	EXPECT_EQ(-EACCES, set_as(USER, &c));
}

/* Whether a row of URL has its context, for who reads the dump. */
static int sees_context(struct genl *g, void *arg)
{
	static struct genl_row row;
	int nr = genl_table(g, HTTPQ_CMD_URL_GET, NULL, &row, 1);

	if (nr != 1)
		return nr < 0 ? nr : 100;
	return row.data[HTTPQ_A_CONTEXT] != NULL;
}

/* The same of the line in /proc. */
static int shows_context(void *arg)
{
	if (host_lines("urls", URL " web 5 persistent 6 on\n") == 1)
		return 1;
	return host_lines("urls", URL " web - persistent 6 on\n") == 1 ? 0 : 2;
}

/* What workers put there are addresses in their memory. */
TEST_F(url, privacy)
{
	EXPECT_EQ(1, sees_context(&self->g, NULL));
	EXPECT_EQ(1, shows_context(NULL));
	ASSERT_EQ(0, host_run("httpq queue set web mode 0666"));
	EXPECT_EQ(0, genl_as_user(NULL, USER, sees_context, NULL));
	EXPECT_EQ(0, raw_as_user(USER, shows_context, NULL));
	/* Who opened the socket has to be the owner, too. */
	EXPECT_EQ(0, genl_as_user(&self->g, USER, sees_context, NULL));
	ASSERT_EQ(0, host_run("httpq queue set web owner %d", USER));
	EXPECT_EQ(1, genl_as_user(NULL, USER, sees_context, NULL));
	EXPECT_EQ(1, raw_as_user(USER, shows_context, NULL));
	EXPECT_EQ(0, genl_as_user(&self->g, USER, sees_context, NULL));
	EXPECT_EQ(0, genl_as_user(NULL, OTHER, sees_context, NULL));
}

/* ------------------------------------------------- dumps that things leave */

#define MANY 200

FIXTURE(leaving)
{
	struct genl g;
};

/* Command @cmd for queue @i. */
static int queue_command(struct genl *g, uint8_t cmd, int i)
{
	struct genl_request r;
	char name[64];

	snprintf(name, sizeof(name), "a-queue-with-a-long-name-%d", i);
	genl_begin(&r, cmd);
	genl_put_text(&r, HTTPQ_A_QUEUE_NAME, name);
	return genl_do(g, &r);
}

FIXTURE_SETUP(leaving)
{
	int i;

	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, genl_open(&self->g));
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, queue_command(&self->g, HTTPQ_CMD_QUEUE_NEW, i));
}

FIXTURE_TEARDOWN(leaving)
{
	genl_close(&self->g);
}

static void queue_leaves(void)
{
	struct genl other;

	if (!genl_open(&other))
		queue_command(&other, HTTPQ_CMD_QUEUE_DEL, 0);
	genl_close(&other);
}

static void queue_comes(void)
{
	struct genl other;

	if (!genl_open(&other))
		queue_command(&other, HTTPQ_CMD_QUEUE_NEW, MANY);
	genl_close(&other);
}

/* One that was there all the time is missing, and the reader knows. */
TEST_F(leaving, told)
{
	struct genl *g = &self->g;

	EXPECT_EQ(MANY, genl_table(g, HTTPQ_CMD_QUEUE_GET, NULL, NULL, 0));
	EXPECT_FALSE(g->interrupted);
	EXPECT_LT(3, g->parts);
	g->between = queue_leaves;
	EXPECT_EQ(MANY - 1, genl_table(g, HTTPQ_CMD_QUEUE_GET, NULL, NULL, 0));
	EXPECT_TRUE(g->interrupted);
	g->between = NULL;
	EXPECT_EQ(MANY - 1, genl_table(g, HTTPQ_CMD_QUEUE_GET, NULL, NULL, 0));
	EXPECT_FALSE(g->interrupted);
	/* What comes harms nobody. */
	g->between = queue_comes;
	EXPECT_EQ(MANY, genl_table(g, HTTPQ_CMD_QUEUE_GET, NULL, NULL, 0));
	EXPECT_FALSE(g->interrupted);
}

TEST_HARNESS_MAIN
