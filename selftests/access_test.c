// SPDX-License-Identifier: GPL-2.0
/*
 * Who may attach to which queue and bind which prefix.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"

static const char url[] = "http://*:8080/";
static const char name[] = "access";

FIXTURE(access)
{
	int fd;
	struct httpq_attach attach;
	struct httpq_bind bind;
	struct peer peer;
};

FIXTURE_SETUP(access)
{
	ASSERT_EQ(0, host_unshare());
	self->fd = raw_worker(name, 0);
	self->peer.fd = -1;
}

FIXTURE_TEARDOWN(access)
{
	close(self->fd);
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
}

/* Attaching */

TEST_F(access, attach_names)
{
	static const struct {
		const char *name;
		int len;
		int result;
	} table[] = {
		{ "a", 1, 0 },
		{ "AZaz09._-", 9, 0 },
		{ "-", 1, 0 },
		{ "a.", 2, 0 },
		{ "123456789.123456789.123456789.123456789.123456789.123456789."
		  "123x", 63, 0 },
		{ "123456789.123456789.123456789.123456789.123456789.123456789."
		  "123x", 64, -EINVAL },
		{ "", 0, -EINVAL },
		{ ".", 1, -EINVAL },
		{ ".a", 2, -EINVAL },
		{ "a b", 3, -EINVAL },
		{ "a/b", 3, -EINVAL },
		{ "a\0b", 3, -EINVAL },
		{ "a\0", 2, -EINVAL },
		{ "a\n", 2, -EINVAL },
		{ "a\x7f", 2, -EINVAL },
		{ "\xc3\xa9", 2, -EINVAL },
		{ "a:", 2, -EINVAL },
		{ "a", 1 << 30, -EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		int fd = raw_open(0);

		self->attach = (struct httpq_attach){
			.size = sizeof(self->attach),
			.flags = HTTPQ_ATTACH_CREATE,
			.name = (uintptr_t)table[i].name,
			.name_len = table[i].len,
			.mode = 0600,
		};
		EXPECT_EQ(table[i].result, raw_ioctl(fd, HTTPQ_IOC_ATTACH,
						     &self->attach))
			TH_LOG("name %zu", i);
		close(fd);
	}
	/* Mode has the bits of a file without execution. */
	for (i = 1; i < 1 << 16; i <<= 1) {
		int fd = raw_open(0);

		EXPECT_EQ(i & ~0666 ? -EINVAL : 0,
			  raw_attach(fd, "mode", HTTPQ_ATTACH_CREATE, i))
			TH_LOG("mode %zo", i);
		close(fd);
	}
}

TEST_F(access, attach_exists)
{
	int fd = raw_open(0);

	EXPECT_EQ(-ENOENT, raw_attach(fd, "new", 0, 0));
	EXPECT_EQ(-EEXIST, raw_attach(fd, name, HTTPQ_ATTACH_CREATE |
				      HTTPQ_ATTACH_EXCL, 0600));
	EXPECT_EQ(0, raw_attach(fd, "new", HTTPQ_ATTACH_CREATE |
				HTTPQ_ATTACH_EXCL, 0640));
	EXPECT_EQ(-EISCONN, raw_attach(fd, "new", 0, 0));
	EXPECT_EQ(-EISCONN, raw_attach(fd, name, HTTPQ_ATTACH_CREATE, 0));
	EXPECT_EQ(1, host_lines("queues", "new running 0 0 0640 0 0 1 "));
	close(fd);
	/* It survives its last worker. */
	EXPECT_EQ(1, host_lines("queues", "new running 0 0 0640 0 0 0 "));
}

/* What a user sees who tries to attach to queue @data, which is there. */
static int try_attach(void *data)
{
	return raw_attach(raw_open(0), data, HTTPQ_ATTACH_CREATE, 0600);
}

static int try_create(void *data)
{
	return raw_attach(raw_open(0), data, HTTPQ_ATTACH_CREATE |
			  HTTPQ_ATTACH_EXCL, 0);
}

TEST_F(access, attach_permission)
{
	static const struct {
		int owner, group, mode, result;
	} table[] = {
		/* The user is 1000, group 1000. */
		{ 1000, 0, 0200, 0 },
		{ 1000, 1000, 0466, -EACCES },
		{ 1001, 1000, 0020, 0 },
		{ 1001, 1000, 0646, -EACCES },
		{ 1001, 1001, 0002, 0 },
		{ 1001, 1001, 0664, -EACCES },
		{ 0, 0, 0600, -EACCES },
		{ 0, 0, 0606, 0 },
		{ 0, 0, 0604, -EACCES },
	};
	char queue[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		snprintf(queue, sizeof(queue), "q%zu", i);
		ASSERT_EQ(0, host_run("httpq queue add %s owner %d group %d "
				      "mode %o", queue, table[i].owner,
				      table[i].group, table[i].mode));
		EXPECT_EQ(table[i].result,
			  raw_as_user(1000, try_attach, queue))
			TH_LOG("row %zu", i);
		/* The administrator gets in everywhere. */
		EXPECT_EQ(0, try_attach(queue));
	}
	EXPECT_EQ(-EACCES, raw_as_user(1000, try_attach, (void *)name));
}

/* As with open(2), who makes it is let in whatever the mode says. */
TEST_F(access, attach_creator)
{
	EXPECT_EQ(0, raw_as_user(1000, try_create, "mine"));
	EXPECT_EQ(1, host_lines("queues", "mine running 1000 1000 0000 "));
	EXPECT_EQ(-EACCES, raw_as_user(1000, try_attach, "mine"));
}

/* Makes queues until one is refused: their number, or what else was wrong. */
static int count_queues(void *data)
{
	char queue[16];
	int n, err;

	for (n = 0; n < 100; n++) {
		snprintf(queue, sizeof(queue), "%d.%d", getuid(), n);
		err = raw_attach(raw_open(0), queue, HTTPQ_ATTACH_CREATE, 0600);
		if (err)
			return err == -EDQUOT ? n : err;
	}
	return n;
}

TEST_F(access, attach_quota)
{
	EXPECT_EQ(16, raw_as_user(1000, count_queues, NULL));
	/* They are still there; another user has some of his own. */
	EXPECT_EQ(-EDQUOT, raw_as_user(1000, try_attach, "more"));
	host_sysctl("user_queues", 3);
	EXPECT_EQ(3, raw_as_user(1001, count_queues, NULL));
	EXPECT_EQ(0, host_run("httpq queue del 1001.0"));
	EXPECT_EQ(0, raw_as_user(1001, try_attach, "more"));
	EXPECT_EQ(-EDQUOT, raw_as_user(1001, try_attach, "evenmore"));
	/* Not for who may change the number. */
	EXPECT_EQ(100, count_queues(NULL));
}

/* Binding */

TEST_F(access, bind_invalid)
{
	static const char *const table[] = {
		"h", "http:", "http://", "http:///", "http://a", "http://a/",
		"http://a:/", "http://a:80", "http://a:0/", "http://a:080/",
		"http://a:65536/", "http://a:99999999999/", "http://a:8 /",
		"http://a:80/x", "http://a:80/x/?", "http://a:80/?x/",
		"http://a:80/#/", "http://u@a:80/", "https://a:80/",
		"ftp://a:80/", "http://:80/", "http://++:80/", "http://*a:80/",
		"http://*.a:80/", "http://a b:80/", "http://a..b:80/",
		"http://.:80/", "http://-a:80/", "http://a-:80/",
		"http://1.2.3:80/", "http://1.2.3.4.5:80/",
		"http://256.1.1.1:80/", "http://01.2.3.4:80/",
		"http://[::1:80/", "http://[]:80/", "http://[1.2.3.4]:80/",
		"http://[::g]:80/", "http://[fe80::1%25lo]:80/",
		"http://a:80/%/", "http://a:80/%0g/", "http://a:80/%00/",
		"http://a:80/%5c/", "http://a:80/\\/", "http://a:80/ /",
		"http://a:80/\x80/", " http://a:80/",
	};
	static const char zero[] = "http://a:80/\0/";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		EXPECT_EQ(-EINVAL, raw_bind(self->fd, table[i], 0))
			TH_LOG("%s", table[i]);
		EXPECT_EQ(-EINVAL, raw_unbind(self->fd, table[i]))
			TH_LOG("%s", table[i]);
	}
	self->bind = (struct httpq_bind){
		.size = sizeof(self->bind), .url = (uintptr_t)url,
	};
	EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, HTTPQ_IOC_BIND, &self->bind));
	self->bind.url_len = HTTPQ_URL_MAX + 1;
	EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, HTTPQ_IOC_BIND, &self->bind));
	self->bind.url = (uintptr_t)zero;
	self->bind.url_len = sizeof(zero) - 1;
	EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, HTTPQ_IOC_BIND, &self->bind));
	EXPECT_EQ(0, host_lines("urls", ""));
	EXPECT_EQ(0, host_lines("listeners", ""));
}

TEST_F(access, bind_longest)
{
	char text[HTTPQ_URL_MAX + 2] = "http://a:8080/";

	memset(text + 14, 'x', sizeof(text) - 15);
	text[HTTPQ_URL_MAX] = '/';
	EXPECT_EQ(-EINVAL, raw_bind(self->fd, text, 0));
	text[HTTPQ_URL_MAX - 1] = '/';
	text[HTTPQ_URL_MAX] = 0;
	EXPECT_EQ(0, raw_bind(self->fd, text, 0));
	EXPECT_EQ(1, host_lines("urls", text));
	EXPECT_EQ(0, raw_unbind(self->fd, text));
}

struct attempt {
	const char *url;
	const char *queue;
};

static int try_bind(void *data)
{
	const struct attempt *a = data;
	int fd = raw_open(0);
	int err = raw_attach(fd, a->queue, HTTPQ_ATTACH_CREATE, 0600);

	return err ? err : raw_bind(fd, a->url, 0);
}

TEST_F(access, bind_permission)
{
	static const struct {
		const char *url;
		int result;
	} table[] = {
		{ "http://localhost:8080/", 0 },
		{ "http://LocalHost.:65535/deep/er/", 0 },
		{ "http://localhost:1024/", 0 },
		{ "http://localhost:1023/", -EACCES },
		{ "http://localhost:80/", -EACCES },
		{ "http://127.0.0.1:8080/", -EACCES },
		{ "http://[::1]:8080/", -EACCES },
		{ "http://localhost.a:8080/", -EACCES },
		{ "http://a:8080/", -EACCES },
		{ "http://*:8080/", -EACCES },
		{ "http://+:8080/", -EACCES },
		{ "http://a:8080", -EINVAL },
	};
	struct attempt a = { .queue = "theirs" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		a.url = table[i].url;
		EXPECT_EQ(table[i].result, raw_as_user(1000, try_bind, &a))
			TH_LOG("%s", a.url);
		/* Gone with the child's handle. */
		EXPECT_TRUE(host_wait_lines("urls", "", 0, PEER_TIMEOUT));
	}
	a.url = "http://localhost:8080/";
	host_sysctl("unprivileged_bind", 0);
	EXPECT_EQ(-EACCES, raw_as_user(1000, try_bind, &a));
	EXPECT_EQ(0, raw_bind(self->fd, a.url, 0));
	host_sysctl("unprivileged_bind", 1);
	EXPECT_EQ(0, raw_unbind(self->fd, a.url));
	EXPECT_EQ(0, host_run("sysctl -qw "
			      "net.ipv4.ip_unprivileged_port_start=80"));
	a.url = "http://localhost:80/";
	EXPECT_EQ(0, raw_as_user(1000, try_bind, &a));
	a.url = "http://localhost:79/";
	EXPECT_EQ(-EACCES, raw_as_user(1000, try_bind, &a));
}

/* A longer prefix would take the requests of a shorter one. */
TEST_F(access, bind_port_of_another)
{
	static const struct {
		const char *url;
		int result[2];	/* for users 1000 and 1001 */
	} table[] = {
		{ "http://localhost:8080/", { -EEXIST, -EACCES } },
		{ "http://localhost:8080/deeper/", { 0, -EACCES } },
		{ "http://localhost:8081/", { -EACCES, -EACCES } },
		{ "http://localhost:8081/deeper/", { -EACCES, -EACCES } },
		{ "http://localhost:8082/", { 0, 0 } },
	};
	struct attempt a;
	size_t i;

	ASSERT_EQ(0, host_run("httpq queue add u0 owner 1000 && httpq url add "
			      "http://localhost:8080/ queue u0"));
	ASSERT_EQ(0, raw_bind(self->fd, "http://*:8081/", 0));
	for (i = 0; i < 2 * ARRAY_SIZE(table); i++) {
		a.queue = i % 2 ? "u1" : "u0";
		a.url = table[i / 2].url;
		EXPECT_EQ(table[i / 2].result[i % 2],
			  raw_as_user(1000 + i % 2, try_bind, &a))
			TH_LOG("user %zu: %s", i % 2, a.url);
		EXPECT_TRUE(host_wait_lines("urls", "", 2, PEER_TIMEOUT));
	}
}

/* Binds until it is refused: how many, or what else was wrong. */
static int count_urls(void *data)
{
	int fd = raw_worker("counted", 0), n, err;
	char text[64];

	for (n = 0; n < 50; n++) {
		snprintf(text, sizeof(text), "http://localhost:8080/%d/", n);
		err = raw_bind(fd, text, n);
		if (err)
			return err == -EDQUOT ? n : err;
	}
	return n;
}

TEST_F(access, bind_quota)
{
	host_sysctl("user_urls", 7);
	EXPECT_EQ(7, raw_as_user(1000, count_urls, NULL));
	EXPECT_TRUE(host_wait_lines("urls", "", 0, PEER_TIMEOUT));
	EXPECT_EQ(7, raw_as_user(1000, count_urls, NULL));
	EXPECT_EQ(50, count_urls(NULL));
}

/* A TCP socket of another program that listens. */
static int listen_on(const char *addr, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, addr, &sin.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 1)) {
		close(fd);
		return -errno;
	}
	return fd;
}

TEST_F(access, bind_conflicts)
{
	int other = raw_worker("other", 0);

	EXPECT_EQ(0, raw_bind(self->fd, "http://*:8080/a/", 0));
	EXPECT_EQ(-EEXIST, raw_bind(self->fd, "http://*:8080/a/", 1));
	EXPECT_EQ(-EEXIST, raw_bind(other, "http://*:8080/%61/", 0));
	EXPECT_EQ(-EEXIST, raw_bind(other, "http://*:8080/b/../a/", 0));
	EXPECT_EQ(-ENOENT, raw_unbind(other, "http://*:8080/a/"));
	EXPECT_EQ(-ENOENT, raw_unbind(self->fd, "http://*:8080/"));
	EXPECT_EQ(-ENOENT, raw_unbind(self->fd, "http://*:8080/a/b/"));
	EXPECT_EQ(-ENOENT, raw_unbind(self->fd, "http://+:8080/a/"));
	EXPECT_EQ(0, host_run("httpq url add http://+:8080/a/ queue other"));
	EXPECT_EQ(-EEXIST, raw_bind(other, "http://+:8080/a/", 0));
	EXPECT_EQ(-ENOENT, raw_unbind(other, "http://+:8080/a/"));
	EXPECT_EQ(0, raw_unbind(self->fd, "http://*:8080/./a/"));
	EXPECT_EQ(-ENOENT, raw_unbind(self->fd, "http://*:8080/a/"));
	EXPECT_EQ(1, host_lines("urls", ""));
	close(other);
}

TEST_F(access, bind_port_taken)
{
	int all = listen_on("0.0.0.0", 8080), one = listen_on("127.0.0.2", 81);

	ASSERT_LE(0, all);
	ASSERT_LE(0, one);
	EXPECT_EQ(-EADDRINUSE, raw_bind(self->fd, url, 0));
	EXPECT_EQ(-EADDRINUSE, raw_bind(self->fd, "http://127.0.0.1:8080/", 0));
	EXPECT_EQ(-EADDRINUSE, raw_bind(self->fd, "http://localhost:8080/", 0));
	EXPECT_EQ(0, host_lines("urls", ""));
	EXPECT_EQ(0, host_lines("listeners", ""));
	close(all);
	EXPECT_EQ(0, raw_bind(self->fd, url, 0));
	EXPECT_EQ(-EADDRINUSE, listen_on("127.0.0.1", 8080));

	/* What was bound before stays as it was. */
	EXPECT_EQ(0, raw_bind(self->fd, "http://127.0.0.1:81/", 0));
	EXPECT_EQ(-EADDRINUSE, raw_bind(self->fd, "http://*:81/", 0));
	EXPECT_EQ(-EADDRINUSE, raw_bind(self->fd, "http://127.0.0.2:81/", 0));
	EXPECT_EQ(1, host_lines("urls", ":81/"));
	EXPECT_EQ(1, host_lines("listeners", "127.0.0.1 81 "));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 81));
	close(one);
	EXPECT_EQ(0, raw_bind(self->fd, "http://*:81/", 0));
}

TEST_F(access, bind_foreign_address)
{
	EXPECT_EQ(-EADDRNOTAVAIL, raw_bind(self->fd, "http://192.0.2.1:8080/",
					   0));
	EXPECT_EQ(-EADDRNOTAVAIL, raw_bind(self->fd, "http://[2001:db8::1]:80/",
					   0));
	EXPECT_EQ(0, host_lines("urls", ""));
	EXPECT_EQ(0, host_lines("listeners", ""));
}

TEST_HARNESS_MAIN
