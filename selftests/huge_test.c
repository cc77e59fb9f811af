// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies of more than 2^32 bytes, to their end: the last bytes are those that
 * the other side sent last, and the connection is in step afterwards.
 * timeout: 600
 * kernels: uml
 *
 * Emulation would take minutes for each of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "serve.h"

#define PORT 8080
#define PART (1024 * 1024)
/* Nothing but zeroes, and then this, from 2^32 on. */
#define TAIL "tail!"
#define TAIL_LEN (sizeof(TAIL) - 1)
#define HUGE_LEN ((1ULL << 32) + TAIL_LEN)

static char zeroes[PART];

/* Bytes of the body from @at on, @n of them. */
static const char *body_at(uint64_t at, size_t *n)
{
	uint64_t left = (1ULL << 32) - at;

	if (!left) {
		*n = TAIL_LEN;
		return TAIL;
	}
	*n = left < PART ? left : PART;
	return zeroes;
}

/*
 * struct end - the last bytes of what came, however it was cut
 * @got: how much came in all
 */
struct end {
	uint64_t got;
	char last[TAIL_LEN];
};

static void end_take(struct end *end, const char *data, size_t n)
{
	size_t new = n < TAIL_LEN ? n : TAIL_LEN;

	memmove(end->last, end->last + new, TAIL_LEN - new);
	memcpy(end->last + TAIL_LEN - new, data + n - new, new);
	end->got += n;
}

static bool end_is_right(const struct end *end)
{
	return end->got == HUGE_LEN && !memcmp(end->last, TAIL, TAIL_LEN);
}

/* ---------------------------------------------------------------- worker */

static void serve_down(struct httpq_request *req)
{
	const char *data;
	uint64_t at;
	size_t n;

	httpq_add_header_u64(req, "Content-Length", HUGE_LEN);
	for (at = 0; at < HUGE_LEN; at += n) {
		data = body_at(at, &n);
		if (httpq_send(req, data, n, HTTPQ_SEND_MORE) != (ssize_t)n)
			return;
	}
	httpq_end(req);
}

static void serve_up(struct httpq_request *req)
{
	static char buf[PART];
	struct end end = {};
	ssize_t n;

	while ((n = httpq_read_body(req, buf, sizeof(buf))) > 0)
		end_take(&end, buf, n);
	if (!n)
		httpq_reply(req, 200, NULL,
			    end_is_right(&end) ? "right" : "wrong", 5);
}

static void serve_huge(struct httpq_request *req, void *data)
{
	if (httpq_str_is(httpq_method(req), "GET"))
		serve_down(req);
	else
		serve_up(req);
	httpq_request_free(req);
}

/* ---------------------------------------------------------------- client */

FIXTURE(huge)
{
	struct serve serve;
	struct peer peer;
};

FIXTURE_SETUP(huge)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, serve_start(&self->serve, "http://*:8080/", serve_huge,
				 NULL, 1));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", PORT));
}

FIXTURE_TEARDOWN(huge)
{
	peer_close(&self->peer);
	serve_stop(&self->serve);
}

static bool send_body(struct peer *p)
{
	const char *data;
	uint64_t at;
	size_t n;

	for (at = 0; at < HUGE_LEN; at += n) {
		data = body_at(at, &n);
		if (peer_send(p, data, n))
			return false;
	}
	return true;
}

static bool answers_right(struct peer *p)
{
	struct reply r;
	bool right = !peer_reply(p, "PUT", &r) && r.status == 200 &&
		     r.body_len == 5 && !memcmp(r.body, "right", 5);

	reply_free(&r);
	return right;
}

TEST_F_TIMEOUT(huge, upload, 300)
{
	ASSERT_EQ(0, peer_puts(&self->peer, "PUT / HTTP/1.1\r\nHost: a\r\n"
			       "Content-Length: 4294967301\r\n\r\n"));
	ASSERT_TRUE(send_body(&self->peer));
	EXPECT_TRUE(answers_right(&self->peer));
	/* Where the next one begins. */
	EXPECT_EQ(200, peer_status(&self->peer, "PUT / HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 1\r\n\r\nx"));
}

/* As one chunk. */
TEST_F_TIMEOUT(huge, upload_chunk, 300)
{
	ASSERT_EQ(0, peer_puts(&self->peer, "PUT / HTTP/1.1\r\nHost: a\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n"
			       "100000005\r\n"));
	ASSERT_TRUE(send_body(&self->peer));
	ASSERT_EQ(0, peer_puts(&self->peer, "\r\n0\r\n\r\n"));
	EXPECT_TRUE(answers_right(&self->peer));
	EXPECT_EQ(200, peer_status(&self->peer, "PUT / HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 1\r\n\r\nx"));
}

/* Up to the end of the head; 0 if it does not come. */
static size_t receive_head(int fd, char *head, size_t size)
{
	size_t len = 0;

	while (len < size - 1 && recv(fd, head + len, 1, 0) == 1) {
		head[++len] = 0;
		if (len >= 4 && !strcmp(head + len - 4, "\r\n\r\n"))
			return len;
	}
	return 0;
}

TEST_F_TIMEOUT(huge, download, 300)
{
	static char buf[PART];
	struct end end = {};
	char head[1024];
	ssize_t n = 1;

	ASSERT_EQ(0, peer_puts(&self->peer, "GET / HTTP/1.1\r\nHost: a\r\n"
			       "\r\n"));
	ASSERT_LT(0, receive_head(self->peer.fd, head, sizeof(head)));
	EXPECT_NE(NULL, strstr(head, "\r\nContent-Length: 4294967301\r\n"));
	/* Zeroes are only counted, up to well before the end. */
	while (end.got < HUGE_LEN - 2 * PART && n > 0) {
		n = recv(self->peer.fd, buf, PART, MSG_TRUNC);
		end.got += n > 0 ? n : 0;
	}
	while (end.got < HUGE_LEN && n > 0) {
		n = recv(self->peer.fd, buf, PART, 0);
		if (n > 0)
			end_take(&end, buf, n);
	}
	EXPECT_TRUE(end_is_right(&end));
	EXPECT_EQ(200, peer_status(&self->peer, "PUT / HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 1\r\n\r\nx"));
}

TEST_HARNESS_MAIN
