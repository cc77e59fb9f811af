// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit program on a 64-bit kernel: calls through the gate of i386. One
 * layout serves both, so that what is tested of a command elsewhere holds here.
 * kernels: 6.12 6.1
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "kselftest_harness.h"
#include "log.h"
#include "peer.h"
#include "raw.h"

#define PORT 8080
#define I386_IOCTL 54
#define POST "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"

/* Its registers have 32 bits: what they point to goes by way of this. */
static void *low;

static int gate_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret;

	memcpy(low, arg, _IOC_SIZE(cmd));
	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(I386_IOCTL), "b"(fd), "c"(cmd), "d"(low)
		     : "memory", "r8", "r9", "r10", "r11");
	memcpy(arg, low, _IOC_SIZE(cmd));
	return ret;
}

FIXTURE(compat)
{
	int fd;
	int log;
	struct peer p;
};

FIXTURE_SETUP(compat)
{
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_NE(MAP_FAILED, low);
	raw_ioctl = gate_ioctl;
	ASSERT_EQ(0, host_unshare());
	self->fd = raw_worker("narrow", 0);
	ASSERT_EQ(0, raw_bind(self->fd, "http://*:8080/", 0));
	self->log = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->log);
	ASSERT_EQ(0, peer_connect(&self->p, "127.0.0.1", PORT));
}

FIXTURE_TEARDOWN(compat)
{
	peer_close(&self->p);
	close(self->log);
	close(self->fd);
}

TEST_F(compat, request)
{
	char text[16] = "";
	struct httpq_body body = {
		.size = sizeof(body),
		.buf = (uintptr_t)text,
		.buf_len = sizeof(text),
	};
	struct reply r;

	ASSERT_EQ(0, peer_puts(&self->p, POST));
	body.id = raw_take_one(self->fd);
	ASSERT_NE(0, body.id);
	EXPECT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_READ_BODY, &body));
	EXPECT_EQ(5, body.out_len);
	EXPECT_STREQ("hello", text);
	EXPECT_EQ(0, raw_reply(self->fd, body.id, 200, "narrow"));
	ASSERT_EQ(0, peer_reply(&self->p, "POST", &r));
	EXPECT_EQ(200, r.status);
	EXPECT_STREQ("narrow", r.body);
	reply_free(&r);
	EXPECT_EQ(-ESTALE, raw_cancel(self->fd, body.id));
}

TEST_F(compat, log)
{
	char buf[HTTPQ_LOG_RECORD_MAX];

	EXPECT_EQ(-EPERM, raw_ioctl(self->log, HTTPQ_LOG_IOC_COMMIT, buf));
	EXPECT_EQ(0, raw_ioctl(self->log, HTTPQ_LOG_IOC_COLLECT, buf));
	EXPECT_EQ(0, raw_ioctl(self->log, HTTPQ_LOG_IOC_COMMIT, buf));
}

TEST_HARNESS_MAIN
