// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation and every copy on the way of a worker's calls fails once
 * (fail-nth). Nothing may crash, leak or hang; a call that says that it
 * succeeded has; and what failed can be done again.
 *
 * kernels: debug uml uml-6.1
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"

#define URL "http://*:8080/"
#define POST "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"

/* More than any of the calls makes. */
#define MAX_FAULTS 200

static int fault_fd = -1;

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The @nth that can fail from here on does; 0 for none. */
static void fault_arm(int nth)
{
	char text[16];
	int tries = 3;

	snprintf(text, sizeof(text), "%d", nth);
	/* The write itself may be what fails. */
	while (pwrite(fault_fd, text, strlen(text), 0) < 0)
		if (!--tries)
			_exit(1);
}

/* Whether it came to that since; a fault of the read itself came after. */
static bool fault_hit(void)
{
	char text[16] = "";
	bool hit = pread(fault_fd, text, sizeof(text) - 1, 0) > 0 &&
		   atoi(text) == 0;

	fault_arm(0);
	return hit;
}

FIXTURE(fault)
{
	int fd;
	struct peer peer;
};

FIXTURE_SETUP(fault)
{
	static const char *const kinds[] = { "failslab", "fail_page_alloc" };
	char path[128];
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path),
			 "/sys/kernel/debug/%s/ignore-gfp-wait", kinds[i]);
		ASSERT_TRUE(write_text(path, "N"));
	}
	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	ASSERT_LE(0, fault_fd);
	ASSERT_EQ(0, host_unshare());
	self->fd = raw_worker("test", 0);
	ASSERT_EQ(0, raw_bind(self->fd, URL, 0));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8080));
}

FIXTURE_TEARDOWN(fault)
{
	fault_arm(0);
	close(fault_fd);
	peer_close(&self->peer);
	close(self->fd);
}

/* A handle, its queue and its prefix; what it got as far as goes with it. */
static int set_up(int nth)
{
	char queue[32], url[64];
	int fd, err;

	snprintf(queue, sizeof(queue), "fault%d", nth);
	snprintf(url, sizeof(url), "http://host%d:8081/a/b/", nth);
	fd = open(HTTPQ_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = raw_attach(fd, queue, HTTPQ_ATTACH_CREATE, 0600);
	if (!err)
		err = raw_bind(fd, url, 0);
	if (!err)
		err = raw_unbind(fd, url);
	close(fd);
	return err;
}

TEST_F(fault, set_up)
{
	int nth, hits = 0, err;
	bool hit = true;

	for (nth = 1; hit && nth < MAX_FAULTS; nth++) {
		fault_arm(nth);
		err = set_up(nth);
		hit = fault_hit();
		hits += hit;
		if (!hit)
			EXPECT_EQ(0, err);
		/* Nothing of the attempt is in the way of another. */
		EXPECT_EQ(0, set_up(nth)) {
			TH_LOG("after fault %d, which gave %d", nth, err);
		}
	}
	EXPECT_FALSE(hit);
	EXPECT_LT(5, hits);
	EXPECT_EQ(0, host_lines("urls", "host"));
}

/* One request, there and back; 0 if every call said so. */
static int serve(int fd)
{
	struct httpq_body body = { .size = sizeof(body) };
	static struct raw_take take;
	char data[16];
	int nr;

	nr = raw_take(fd, &take, 1, 0);
	if (nr != 1)
		return nr < 0 ? nr : -EAGAIN;
	body.id = take.events[0].id;
	body.buf = (uintptr_t)data;
	body.buf_len = sizeof(data);
	nr = raw_ioctl(fd, HTTPQ_IOC_READ_BODY, &body);
	if (nr < 0) {
		/* It is held, and may be given up. */
		raw_cancel(fd, body.id);
		return nr;
	}
	nr = raw_reply(fd, body.id, 200, "ok");
	if (nr < 0)
		raw_cancel(fd, body.id);
	return nr;
}

/* The handle goes, and what it holds is answered for it. */
static void renew(struct __test_metadata *_metadata,
		  FIXTURE_DATA(fault) *self)
{
	close(self->fd);
	self->fd = raw_worker("test", 0);
	ASSERT_EQ(0, raw_bind(self->fd, URL, 0));
}

TEST_F(fault, serve)
{
	int nth, hits = 0, err, status;
	bool hit = true;
	struct reply r;

	for (nth = 1; hit && nth < MAX_FAULTS; nth++) {
		ASSERT_EQ(0, peer_puts(&self->peer, POST));
		ASSERT_TRUE(raw_wait_queue("test", RAW_QUEUED, 1));
		fault_arm(nth);
		err = serve(self->fd);
		hit = fault_hit();
		hits += hit;
		if (!hit)
			EXPECT_EQ(0, err);
		/* Unread again: it is not lost. */
		if (raw_queue("test", RAW_QUEUED) == 1)
			EXPECT_EQ(0, serve(self->fd));
		/* Delivered, but the end of the call could not be written. */
		if (err == -EFAULT && raw_queue("test", RAW_INFLIGHT) == 1)
			renew(_metadata, self);
		status = peer_reply(&self->peer, "POST", &r) ?: r.status;
		EXPECT_TRUE(status == 200 || (err && status == 502));
		EXPECT_EQ(0, raw_queue("test", RAW_INFLIGHT));
		if (r.head && reply_field(&r, "Connection")) {
			peer_close(&self->peer);
			ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1",
						  8080));
		}
		reply_free(&r);
	}
	EXPECT_FALSE(hit);
	EXPECT_LT(5, hits);
}

TEST_HARNESS_MAIN
