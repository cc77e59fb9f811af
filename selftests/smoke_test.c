// SPDX-License-Identifier: GPL-2.0
/* A first look: one request there and back, over IPv4 and IPv6. */
#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "serve.h"

FIXTURE(smoke)
{
	struct serve serve;
};

FIXTURE_SETUP(smoke)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, serve_start(&self->serve, "http://*:8080/", serve_echo,
				 NULL, 1));
}

FIXTURE_TEARDOWN(smoke)
{
	serve_stop(&self->serve);
}

TEST_F(smoke, get)
{
	struct reply r;
	struct peer p;

	ASSERT_EQ(0, peer_connect(&p, "127.0.0.1", 8080));
	ASSERT_EQ(0, peer_puts(&p, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	ASSERT_EQ(0, peer_reply(&p, "GET", &r));
	EXPECT_EQ(200, r.status);
	EXPECT_STREQ("OK", r.body);
	reply_free(&r);
	peer_close(&p);
}

TEST_F(smoke, post_ipv6)
{
	struct reply r;
	struct peer p;

	ASSERT_EQ(0, peer_connect(&p, "::1", 8080));
	ASSERT_EQ(0, peer_puts(&p, "POST / HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 5\r\n\r\nhello"));
	ASSERT_EQ(0, peer_reply(&p, "POST", &r));
	EXPECT_EQ(200, r.status);
	EXPECT_STREQ("hello", r.body);
	reply_free(&r);
	peer_close(&p);
}

TEST_HARNESS_MAIN
