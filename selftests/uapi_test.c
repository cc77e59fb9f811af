// SPDX-License-Identifier: GPL-2.0
/*
 * The rules that every command keeps: sizes, flags, reserved members,
 * pointers, the standing of the handle.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handles.h"
#include "host.h"
#include "kselftest_harness.h"
#include "peer.h"
#include "raw.h"
#include "worker.h"

/* HTTPQ_DRAIN_MAX_MS of the module. */
#define DAY_MS 86400000

/* The layout has no holes and no pointers: the same for 32-bit programs. */
_Static_assert(sizeof(struct httpq_field) == 12, "layout");
_Static_assert(sizeof(struct httpq_span) == 4, "layout");
_Static_assert(sizeof(struct httpq_addr) == 24, "layout");
_Static_assert(sizeof(struct httpq_request_head) == 136, "layout");
_Static_assert(offsetof(struct httpq_request_head, local) == 88, "layout");
_Static_assert(sizeof(struct httpq_reply_head) == 8, "layout");
_Static_assert(sizeof(struct httpq_send) == 72, "layout");
_Static_assert(sizeof(struct httpq_event) == 32, "layout");
_Static_assert(sizeof(struct httpq_info) == 24, "layout");
_Static_assert(sizeof(struct httpq_attach) == 24, "layout");
_Static_assert(sizeof(struct httpq_bind) == 32, "layout");
_Static_assert(sizeof(struct httpq_transfer) == 56, "layout");
_Static_assert(sizeof(struct httpq_receive) == 32, "layout");
_Static_assert(sizeof(struct httpq_body) == 40, "layout");
_Static_assert(sizeof(struct httpq_cancel) == 16, "layout");
_Static_assert(sizeof(struct httpq_ready) == 8, "layout");
_Static_assert(sizeof(struct httpq_drain) == 16, "layout");

/* Any structure, with room for members that the kernel does not know. */
union args {
	struct {
		uint32_t size;
		uint32_t flags;
	};
	struct httpq_info info;
	struct httpq_attach attach;
	struct httpq_bind bind;
	struct httpq_transfer transfer;
	struct httpq_receive receive;
	struct httpq_body body;
	struct httpq_cancel cancel;
	char raw[8192];
};

/*
 * struct command - what is known of each
 * @reserved: offset of a reserved member, 0 if there is none
 * @result: of a call by fill() on a handle that is attached
 * @attached: only for such a handle
 */
static const struct command {
	const char *name;
	unsigned long code;
	uint32_t size;
	uint32_t reserved;
	int result;
	bool attached;
} commands[] = {
	{ "INFO", HTTPQ_IOC_INFO, sizeof(struct httpq_info),
	  offsetof(struct httpq_info, __reserved), 0, false },
	{ "ATTACH", HTTPQ_IOC_ATTACH, sizeof(struct httpq_attach), 0,
	  -EISCONN, false },
	{ "BIND", HTTPQ_IOC_BIND, sizeof(struct httpq_bind),
	  offsetof(struct httpq_bind, __reserved), 0, true },
	{ "UNBIND", HTTPQ_IOC_UNBIND, sizeof(struct httpq_bind),
	  offsetof(struct httpq_bind, __reserved), 0, true },
	{ "TRANSFER", HTTPQ_IOC_TRANSFER, sizeof(struct httpq_transfer), 0,
	  0, true },
	{ "RECEIVE", HTTPQ_IOC_RECEIVE, sizeof(struct httpq_receive), 0,
	  -ESTALE, true },
	{ "READ_BODY", HTTPQ_IOC_READ_BODY, sizeof(struct httpq_body),
	  offsetof(struct httpq_body, __reserved), -ESTALE, true },
	{ "CANCEL", HTTPQ_IOC_CANCEL, sizeof(struct httpq_cancel), 0,
	  -ESTALE, true },
	{ "READY", HTTPQ_IOC_READY, sizeof(struct httpq_ready), 0, 0, true },
	{ "DRAIN", HTTPQ_IOC_DRAIN, sizeof(struct httpq_drain), 0, 0, true },
};

#define for_each_command(c) \
	for (c = commands; c < commands + ARRAY_SIZE(commands); c++)

static const char url[] = "http://*:8080/";
static const char name[] = "uapi";

/* A call that is right in every way, of the command's own size. */
static void fill(union args *args, const struct command *c)
{
	memset(args, 0, sizeof(*args));
	args->size = c->size;
	if (c->code == HTTPQ_IOC_ATTACH) {
		args->attach.name = (uintptr_t)name;
		args->attach.name_len = strlen(name);
		args->attach.flags = HTTPQ_ATTACH_CREATE;
		args->attach.mode = 0600;
	}
	if (c->code == HTTPQ_IOC_BIND || c->code == HTTPQ_IOC_UNBIND) {
		args->bind.url = (uintptr_t)url;
		args->bind.url_len = strlen(url);
	}
}

/* A page that can't be written, behind one that can; ends the test if not. */
static char *pages(void)
{
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		exit(1);
	memset(map, 0, 8192);
	return map;
}

FIXTURE(uapi)
{
	int fd;
	union args args;
	struct peer peer;
};

FIXTURE_SETUP(uapi)
{
	ASSERT_EQ(0, host_unshare());
	self->fd = raw_worker(name, 0);
	self->peer.fd = -1;
}

FIXTURE_TEARDOWN(uapi)
{
	close(self->fd);
	if (self->peer.fd >= 0)
		peer_close(&self->peer);
}

TEST_F(uapi, size_too_short)
{
	const struct command *c;
	uint32_t size;

	for_each_command(c) {
		for (size = 0; size < c->size; size += 4) {
			fill(&self->args, c);
			self->args.size = size;
			EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, c->code,
						     &self->args))
				TH_LOG("%s of %u bytes", c->name, size);
		}
	}
	/* A refused BIND has bound nothing. */
	EXPECT_EQ(0, host_lines("urls", url));
}

TEST_F(uapi, size_longer)
{
	const struct command *c;

	for_each_command(c) {
		fill(&self->args, c);
		self->args.size += 8;
		EXPECT_EQ(c->result, raw_ioctl(self->fd, c->code, &self->args))
			TH_LOG("%s", c->name);
		EXPECT_EQ(c->size + 8, self->args.size);
	}
}

TEST_F(uapi, size_exact)
{
	const struct command *c;

	for_each_command(c) {
		fill(&self->args, c);
		EXPECT_EQ(c->result, raw_ioctl(self->fd, c->code, &self->args))
			TH_LOG("%s", c->name);
	}
}

TEST_F(uapi, tail_not_zero)
{
	const struct command *c;
	int at;

	for_each_command(c) {
		for (at = 0; at < 8; at++) {
			fill(&self->args, c);
			self->args.size += 8;
			self->args.raw[c->size + at] = 1;
			EXPECT_EQ(-E2BIG, raw_ioctl(self->fd, c->code,
						    &self->args))
				TH_LOG("%s at %d", c->name, at);
		}
		/* Longer than any kernel will ever know, zero or not. */
		fill(&self->args, c);
		self->args.size = sizeof(self->args);
		EXPECT_EQ(-E2BIG, raw_ioctl(self->fd, c->code, &self->args));
	}
	EXPECT_EQ(0, host_lines("urls", url));
}

TEST_F(uapi, unknown_flags)
{
	const struct command *c;
	int bit;

	for_each_command(c) {
		for (bit = 4; bit < 32; bit++) {
			fill(&self->args, c);
			self->args.flags |= 1U << bit;
			EXPECT_EQ(-EOPNOTSUPP, raw_ioctl(self->fd, c->code,
							 &self->args))
				TH_LOG("%s bit %d", c->name, bit);
		}
	}
}

TEST_F(uapi, first_flags)
{
	const struct command *c;
	int bit;

	/* Bits that only some commands know. */
	for_each_command(c) {
		if (c->code == HTTPQ_IOC_ATTACH)
			continue;
		for (bit = 2; bit < 4; bit++) {
			fill(&self->args, c);
			self->args.flags = 1U << bit;
			EXPECT_EQ(-EOPNOTSUPP, raw_ioctl(self->fd, c->code,
							 &self->args))
				TH_LOG("%s bit %d", c->name, bit);
		}
		if (c->code == HTTPQ_IOC_READ_BODY)
			continue;
		fill(&self->args, c);
		self->args.flags = 2;
		EXPECT_EQ(c->code == HTTPQ_IOC_TRANSFER ? 0 : -EOPNOTSUPP,
			  raw_ioctl(self->fd, c->code, &self->args))
			TH_LOG("%s", c->name);
		fill(&self->args, c);
		self->args.flags = 1;
		EXPECT_EQ(c->code == HTTPQ_IOC_TRANSFER ? 0 : -EOPNOTSUPP,
			  raw_ioctl(self->fd, c->code, &self->args))
			TH_LOG("%s", c->name);
	}
}

TEST_F(uapi, reserved_members)
{
	const struct command *c;
	int i;

	for_each_command(c) {
		for (i = 0; c->reserved && i < 4; i++) {
			fill(&self->args, c);
			self->args.raw[c->reserved + i] = 1;
			EXPECT_EQ(-EOPNOTSUPP, raw_ioctl(self->fd, c->code,
							 &self->args))
				TH_LOG("%s byte %d", c->name, i);
		}
	}
}

TEST_F(uapi, unknown_command)
{
	static const unsigned long codes[] = {
		_IOWR(HTTPQ_IOC_MAGIC, 10, struct httpq_info),
		_IOWR(HTTPQ_IOC_MAGIC, 255, struct httpq_info),
		_IOWR(HTTPQ_IOC_MAGIC + 1, 0, struct httpq_info),
		_IOW(HTTPQ_IOC_MAGIC, 0, struct httpq_info),
		_IOR(HTTPQ_IOC_MAGIC, 0, struct httpq_info),
		_IO(HTTPQ_IOC_MAGIC, 0),
		0,
		~0U,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		fill(&self->args, &commands[0]);
		EXPECT_EQ(-ENOTTY, raw_ioctl(self->fd, codes[i], &self->args))
			TH_LOG("%lx", codes[i]);
	}
	/* A longer structure of a later version has another number. */
	fill(&self->args, &commands[0]);
	self->args.size += 8;
	EXPECT_EQ(0, raw_ioctl(self->fd, _IOC(_IOC_READ | _IOC_WRITE,
					      HTTPQ_IOC_MAGIC, 0,
					      self->args.size), &self->args));
}

TEST_F(uapi, info)
{
	int fd = raw_open(0);

	fill(&self->args, &commands[0]);
	self->args.info.out_version = 77;
	ASSERT_EQ(0, raw_ioctl(fd, HTTPQ_IOC_INFO, &self->args));
	EXPECT_EQ(HTTPQ_ABI_VERSION, self->args.info.out_version);
	EXPECT_LE(65536, self->args.info.out_send_max);
	EXPECT_EQ(16384, self->args.info.out_head_max);
	EXPECT_EQ(0, self->args.info.__reserved);
	host_sysctl("head_bytes", 5000);
	ASSERT_EQ(0, raw_ioctl(fd, HTTPQ_IOC_INFO, &self->args));
	EXPECT_EQ(5000, self->args.info.out_head_max);
	close(fd);
}

TEST_F(uapi, not_attached)
{
	const struct command *c;
	int fd = raw_open(0);

	for_each_command(c) {
		if (!c->attached)
			continue;
		fill(&self->args, c);
		EXPECT_EQ(-ENOTCONN, raw_ioctl(fd, c->code, &self->args))
			TH_LOG("%s", c->name);
	}
	close(fd);
}

TEST_F(uapi, argument_unreadable)
{
	char *map = pages();
	const struct command *c;

	ASSERT_EQ(0, munmap(map + 4096, 4096));
	for_each_command(c) {
		EXPECT_EQ(-EFAULT, raw_ioctl(self->fd, c->code, NULL));
		EXPECT_EQ(-EFAULT, raw_ioctl(self->fd, c->code, map + 4096));
		/* Only the end of it is missing. */
		fill(&self->args, c);
		memcpy(map + 4096 - c->size + 4, &self->args, c->size - 4);
		EXPECT_EQ(-EFAULT, raw_ioctl(self->fd, c->code,
					     map + 4096 - c->size + 4))
			TH_LOG("%s", c->name);
	}
	munmap(map, 4096);
}

TEST_F(uapi, strings_unreadable)
{
	int fd = raw_open(0);

	fill(&self->args, &commands[1]);
	self->args.attach.name = 8;
	EXPECT_EQ(-EFAULT, raw_ioctl(fd, HTTPQ_IOC_ATTACH, &self->args));
	self->args.attach.name = (uintptr_t)name;
	EXPECT_EQ(0, raw_ioctl(fd, HTTPQ_IOC_ATTACH, &self->args));

	fill(&self->args, &commands[2]);
	self->args.bind.url = 8;
	EXPECT_EQ(-EFAULT, raw_ioctl(fd, HTTPQ_IOC_BIND, &self->args));
	EXPECT_EQ(0, raw_bind(fd, url, 0));
	EXPECT_EQ(-EFAULT, raw_ioctl(fd, HTTPQ_IOC_UNBIND, &self->args));
	EXPECT_EQ(0, raw_unbind(fd, url));
	close(fd);
}

/* A transfer that can't be finished: the request is there for the next one. */
static int take_bad(int fd, struct httpq_transfer *t, void *events, void *buf)
{
	*t = (struct httpq_transfer){
		.size = sizeof(*t),
		.flags = HTTPQ_TRANSFER_DONTWAIT,
		.events = (uintptr_t)events,
		.nr_events = 1,
		.buf = (uintptr_t)buf,
		.buf_len = RAW_BUF,
	};
	return raw_ioctl(fd, HTTPQ_IOC_TRANSFER, t);
}

TEST_F(uapi, transfer_unwritable)
{
	static struct raw_take t;
	struct httpq_transfer *args;
	char *map = pages();
	struct peer *p = &self->peer;

	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
	ASSERT_TRUE(raw_gets(p, 1, 8080, name));
	args = &self->args.transfer;
	EXPECT_EQ(-EFAULT, take_bad(self->fd, args, (void *)8, t.buf));
	EXPECT_EQ(0, args->out_events);
	EXPECT_EQ(-EFAULT, take_bad(self->fd, args, t.events, (void *)8));
	EXPECT_EQ(0, args->out_events);
	/* The head fits, its data don't. */
	ASSERT_EQ(0, mprotect(map + 4096, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, take_bad(self->fd, args, t.events,
				    map + 4096 - 144));
	EXPECT_EQ(0, raw_queue(name, RAW_INFLIGHT));
	EXPECT_EQ(1, raw_queue(name, RAW_QUEUED));

	ASSERT_EQ(1, raw_take(self->fd, &t, 1, 0));
	EXPECT_EQ(0, t.events[0].status);
	EXPECT_STREQ("/0", raw_text(raw_head(&t, 0), raw_head(&t, 0)->path));
	EXPECT_EQ(0, raw_reply(self->fd, t.events[0].id, 200, ""));
	munmap(map, 8192);
}

/* The structure itself can be read only, or its last members only. */
TEST_F(uapi, argument_unwritable)
{
	static struct raw_take t;
	struct httpq_transfer args;
	char *map = pages();
	size_t at;

	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
	ASSERT_TRUE(raw_gets(&self->peer, 1, 8080, name));
	EXPECT_EQ(1, raw_queue(name, RAW_QUEUED));
	take_bad(self->fd, &args, (void *)8, t.buf);
	args.events = (uintptr_t)t.events;
	for (at = 0; at < sizeof(args); at += 8) {
		ASSERT_EQ(0, mprotect(map, 8192, PROT_READ | PROT_WRITE));
		memcpy(map + 4096 - at, &args, sizeof(args));
		ASSERT_EQ(0, mprotect(map + 4096, 4096, PROT_READ));
		EXPECT_EQ(-EFAULT, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER,
					     map + 4096 - at))
			TH_LOG("%zu bytes can be written", at);
		/* The worker has not heard of it. */
		EXPECT_EQ(1, raw_queue(name, RAW_QUEUED))
			TH_LOG("%zu bytes can be written", at);
		if (raw_queue(name, RAW_QUEUED) != 1)
			break;
	}
	EXPECT_NE(0, raw_take_one(self->fd));
	munmap(map, 8192);
}

/* An event that could not be written is told again. */
TEST_F(uapi, event_unwritable)
{
	static struct raw_take t;
	struct httpq_transfer args;

	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
	ASSERT_TRUE(raw_gets(&self->peer, 1, 8080, name));
	ASSERT_NE(0, raw_take_one(self->fd));
	peer_reset(&self->peer);
	ASSERT_EQ(1, host_wait_stat("client_gone", 1, PEER_TIMEOUT));
	EXPECT_EQ(-EFAULT, take_bad(self->fd, &args, (void *)8, t.buf));
	ASSERT_EQ(1, raw_take(self->fd, &t, 1, PEER_TIMEOUT / 10));
	EXPECT_EQ(HTTPQ_EVENT_DISCONNECT, t.events[0].type);
	EXPECT_EQ(HTTPQ_REASON_CLIENT_RESET, t.events[0].reason);
}

TEST_F(uapi, receive_unwritable)
{
	static struct raw_take t;
	struct httpq_receive *args = &self->args.receive;

	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
	ASSERT_TRUE(raw_gets(&self->peer, 1, 8080, name));
	ASSERT_EQ(1, raw_take(self->fd, &t, 1, PEER_TIMEOUT));
	*args = (struct httpq_receive){
		.size = sizeof(*args), .id = t.events[0].id,
		.buf = 8, .buf_len = RAW_BUF,
	};
	EXPECT_EQ(-EFAULT, raw_ioctl(self->fd, HTTPQ_IOC_RECEIVE, args));
	args->buf = (uintptr_t)t.buf + 4;
	EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, HTTPQ_IOC_RECEIVE, args));
	args->buf = (uintptr_t)t.buf;
	EXPECT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_RECEIVE, args));
	EXPECT_EQ(t.events[0].length, args->out_len);
	EXPECT_EQ(0, raw_reply(self->fd, t.events[0].id, 200, ""));
}

/* After a read into nowhere the body comes whole or not at all. */
TEST_F(uapi, body_unwritable)
{
	struct httpq_body *args = &self->args.body;
	char buf[64];
	uint64_t id;
	int err;

	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8080));
	ASSERT_EQ(0, peer_puts(&self->peer, "POST / HTTP/1.1\r\nHost: a\r\n"
			       "Content-Length: 10\r\n\r\n0123456789"));
	id = raw_take_one(self->fd);
	ASSERT_NE(0, id);
	*args = (struct httpq_body){
		.size = sizeof(*args), .id = id, .buf = 8, .buf_len = 5,
	};
	EXPECT_EQ(-EFAULT, raw_ioctl(self->fd, HTTPQ_IOC_READ_BODY, args));
	args->buf = (uintptr_t)buf;
	args->buf_len = sizeof(buf);
	err = raw_ioctl(self->fd, HTTPQ_IOC_READ_BODY, args);
	if (!err) {
		EXPECT_EQ(10, args->out_len);
		EXPECT_EQ(0, memcmp("0123456789", buf, 10));
	} else {
		EXPECT_EQ(-ECONNRESET, err);
	}
	EXPECT_EQ(0, raw_reply(self->fd, id, 500, ""));
}

/* A part that can't be read, or breaks a rule, has sent nothing. */
TEST_F(uapi, send_refused)
{
	struct raw_answer a;
	struct httpq_transfer t = {
		.size = sizeof(t), .sends = (uintptr_t)&a.send, .nr_sends = 1,
	};
	uint64_t id;
	int i;

	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
	ASSERT_TRUE(raw_gets(&self->peer, 1, 8080, name));
	id = raw_take_one(self->fd);
	for (i = 0; i < 8; i++) {
		int expected = -EINVAL;

		raw_prepare(&a, id, 200, "text");
		switch (i) {
		case 0: a.send.head = 8; expected = -EFAULT; break;
		case 1: a.send.body = 8; expected = -EFAULT; break;
		case 2: a.send.head_len = 7; break;
		case 3: a.send.head_len = 1 << 30; break;
		case 4: a.send.head = 0; a.send.head_len = 0; break;
		case 5: a.send.flags = 16; expected = -EOPNOTSUPP; break;
		case 6: a.send.__reserved = 1; expected = -EOPNOTSUPP; break;
		case 7: a.head.status = 99; break;
		}
		ASSERT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &t));
		EXPECT_EQ(1, t.out_sends);
		EXPECT_EQ(expected, a.send.out_status)
			TH_LOG("case %d", i);
		EXPECT_EQ(0, a.send.out_len);
	}
	t.sends = 8;
	EXPECT_EQ(-EFAULT, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &t));
	EXPECT_EQ(0, t.out_sends);
	EXPECT_EQ(0, raw_reply(self->fd, id, 204, ""));
	EXPECT_EQ(204, peer_status(&self->peer, ""));
}

TEST_F(uapi, transfer_ranges)
{
	struct httpq_transfer *t = &self->args.transfer;

	fill(&self->args, &commands[4]);
	t->nr_sends = HTTPQ_TRANSFER_MAX + 1;
	EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, t));
	t->nr_sends = 0;
	t->nr_events = HTTPQ_TRANSFER_MAX + 1;
	EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, t));
	t->nr_events = ~0U;
	EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, t));
	t->nr_events = 1;
	t->buf = 4;
	EXPECT_EQ(-EINVAL, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, t));
	t->buf = 0;
	t->nr_events = HTTPQ_TRANSFER_MAX;
	EXPECT_EQ(-ETIMEDOUT, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, t));
}

/* A deadline is a day away at most; one that is refused drains nothing. */
TEST_F(uapi, drain_range)
{
	uint64_t id = handle_newest().id;

	EXPECT_EQ(-EINVAL, handle_drain(self->fd, DAY_MS + 1));
	EXPECT_EQ(-EINVAL, handle_drain(self->fd, ~0U));
	EXPECT_TRUE(handle_is(id, "starting"));
	EXPECT_EQ(0, handle_drain(self->fd, DAY_MS));
	EXPECT_TRUE(handle_is(id, "draining"));
}

/* The namespace dies while the handle is open: it holds nothing alive. */
TEST_F(uapi, namespace_gone)
{
	int64_t end = host_now() + PEER_TIMEOUT;
	const struct command *c;
	struct pollfd pfd = { .fd = self->fd, .events = POLLIN };
	int fresh = raw_open(0);

	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
	ASSERT_TRUE(raw_gets(&self->peer, 1, 8080, name));
	ASSERT_NE(0, raw_take_one(self->fd));
	peer_close(&self->peer);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	/* Nothing of the new one is reached by the old handle. */
	fill(&self->args, &commands[4]);
	self->args.transfer.nr_events = 1;
	while (raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &self->args) !=
	       -ENODEV) {
		ASSERT_GT(end, host_now());
		fill(&self->args, &commands[4]);
		usleep(1000);
	}
	for_each_command(c) {
		fill(&self->args, c);
		EXPECT_EQ(-ENODEV, raw_ioctl(self->fd, c->code, &self->args))
			TH_LOG("%s", c->name);
		fill(&self->args, c);
		EXPECT_EQ(-ENODEV, raw_ioctl(fresh, c->code, &self->args))
			TH_LOG("%s, not attached", c->name);
	}
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLHUP, pfd.revents & (POLLHUP | POLLIN));
	EXPECT_EQ(0, host_lines("queues", ""));
	close(fresh);
}

static void *take_for_ever(void *fd)
{
	struct httpq_event event;
	struct httpq_transfer t = {
		.size = sizeof(t),
		.events = (uintptr_t)&event,
		.nr_events = 1,
		.buf = (uintptr_t)worker_fault_page(65536),
		.buf_len = 65536,
		.timeout_ms = -1,
	};

	raw_ioctl(*(int *)fd, HTTPQ_IOC_TRANSFER, &t);
	return NULL;
}

/* Only who was told of a request can fetch it, whatever its name may be. */
TEST_F(uapi, guessed_id)
{
	struct httpq_receive receive = {
		.size = sizeof(receive),
		.id = 1ULL << 32,
		.buf = (uintptr_t)&self->args,
		.buf_len = sizeof(self->args),
	};
	struct httpq_event event = {};
	struct httpq_transfer tell = {
		.size = sizeof(tell),
		.events = (uintptr_t)&event,
		.nr_events = 1,
		.flags = HTTPQ_TRANSFER_DONTWAIT,
	};
	pthread_t thread;

	ASSERT_EQ(0, raw_bind(self->fd, url, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, take_for_ever, &self->fd));
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8080));
	ASSERT_EQ(0, raw_get(&self->peer, "/"));
	while (!handle_newest().held)
		usleep(1000);
	EXPECT_EQ(-ESTALE, raw_ioctl(self->fd, HTTPQ_IOC_RECEIVE, &receive));
	EXPECT_EQ(-ESTALE, raw_cancel(self->fd, receive.id));
	EXPECT_EQ(-ESTALE, raw_reply(self->fd, receive.id, 200, ""));

	/* The next one is told of. */
	peer_close(&self->peer);
	ASSERT_EQ(0, peer_connect(&self->peer, "127.0.0.1", 8080));
	ASSERT_EQ(0, raw_get(&self->peer, "/"));
	ASSERT_TRUE(raw_wait_queue(name, RAW_QUEUED, 1));
	ASSERT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_TRANSFER, &tell));
	EXPECT_EQ(-EMSGSIZE, event.status);
	EXPECT_EQ((2ULL << 32) + 1, event.id);
	receive.id = event.id;
	EXPECT_EQ(0, raw_ioctl(self->fd, HTTPQ_IOC_RECEIVE, &receive));
	EXPECT_EQ(0, raw_reply(self->fd, receive.id, 200, ""));
	EXPECT_EQ(200, peer_status(&self->peer, ""));
}

TEST_HARNESS_MAIN
