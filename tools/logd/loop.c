// SPDX-License-Identifier: GPL-2.0
/*
 * The loops: one batch of records after the other. A batch is committed when
 * all logs have it, so that after a crash records come twice rather than not
 * at all.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "say.h"
#include "socket.h"

/* Some batches a second are enough, and each costs a write for each log. */
#define BATCH_SIZE	(16 * HTTPQ_LOG_RECORD_MAX)

/* Batches that are taken after SIGTERM; what is more stays for the next. */
#define REST_BATCHES	64

/**
 * struct batch - records that were read
 * @len: bytes.
 * @data: whole records, and the beginning of the next one if a file is read.
 */
struct batch {
	size_t len;
	char data[BATCH_SIZE] __attribute__((aligned(8)));
};

static struct batch batch;

static int64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void give(struct output *outputs, int nr,
		 const struct httpq_log_record *r)
{
	if (r->kind == HTTPQ_LOG_LOST)
		say("%" PRIu64 " records were overwritten before they were read",
		    (uint64_t)r->count);
	for (int i = 0; i < nr; i++)
		output_record(&outputs[i], r);
}

/* Hands the records of the batch on; returns the bytes that are left. */
static size_t give_batch(struct output *outputs, int nr)
{
	size_t at = 0, size;

	while ((size = record_check(batch.data + at, batch.len - at))) {
		give(outputs, nr, (const void *)(batch.data + at));
		at += size;
	}
	for (int i = 0; i < nr; i++)
		output_flush(&outputs[i]);
	batch.len -= at;
	memmove(batch.data, batch.data + at, batch.len);
	return batch.len;
}

/* Returns milliseconds to poll(2) for. */
static int sync_all(struct output *outputs, int nr)
{
	int64_t now = now_s();
	int wait, least = -1;

	for (int i = 0; i < nr; i++) {
		wait = output_sync(&outputs[i], now);
		if (wait >= 0 && (least < 0 || wait < least))
			least = wait;
	}
	return least < 0 ? -1 : least * 1000;
}

/* What poll(2) tells of, one at a time. */
enum news { NEWS_RECORDS, NEWS_HANGUP, NEWS_STOP, NEWS_TIMEOUT };

static enum news wait_news(int fd, int signals, int timeout)
{
	struct pollfd fds[] = { { fd, POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct signalfd_siginfo info;

	if (poll(fds, 2, timeout) <= 0)
		return NEWS_TIMEOUT;
	if (!fds[1].revents)
		return NEWS_RECORDS;
	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return NEWS_TIMEOUT;
	return info.ssi_signo == SIGHUP ? NEWS_HANGUP : NEWS_STOP;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Or a limit on the size of files ends the program. */
	signal(SIGXFSZ, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Returns 1 if there was a batch, 0 if there is none, or -errno. */
static int take_batch(struct output *outputs, int nr, int fd)
{
	ssize_t len = read(fd, batch.data, sizeof(batch.data));

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	batch.len = len;
	if (give_batch(outputs, nr)) {
		say("the kernel gave a record that contradicts itself; update httpq-logd");
		return -EPROTO;
	}
	sync_all(outputs, nr);
	if (ioctl(fd, HTTPQ_LOG_IOC_COMMIT))
		return -errno;
	return len > 0;
}

/* What is there when the program is told to stop, if it ends. */
static int take_rest(struct output *outputs, int nr, int fd)
{
	int more = 1;

	for (int i = 0; i < REST_BATCHES && more > 0; i++)
		more = take_batch(outputs, nr, fd);
	return more < 0 ? more : 0;
}

static void reopen_all(struct output *outputs, int nr)
{
	for (int i = 0; i < nr; i++)
		output_reopen(&outputs[i]);
}

static int loop(struct output *outputs, int nr, int fd, int signals)
{
	int more, timeout;

	for (;;) {
		more = take_batch(outputs, nr, fd);
		if (more < 0)
			return more;
		timeout = more ? 0 : sync_all(outputs, nr);
		switch (wait_news(fd, signals, timeout)) {
		case NEWS_STOP:
			return take_rest(outputs, nr, fd);
		case NEWS_HANGUP:
			reopen_all(outputs, nr);
			break;
		default:
			break;
		}
	}
}

/**
 * collect - write what the kernel logs until a signal says to stop
 * @outputs: the logs.
 * @nr: how many.
 * @fd: the device; its collector.
 *
 * Returns 0, also if the network namespace is gone, or -1 after it has said
 * what is wrong.
 */
int collect(struct output *outputs, int nr, int fd)
{
	int signals = open_signals();
	int err;

	if (signals < 0)
		return say("signalfd: %s", strerror(errno));
	notify_send("READY=1");
	err = loop(outputs, nr, fd, signals);
	notify_send("STOPPING=1");
	close(signals);
	if (err == -ENODEV) {
		say("the network namespace is gone");
		return 0;
	}
	return err ? say("%s: %s", HTTPQ_LOG_DEVICE, strerror(-err)) : 0;
}

/**
 * replay - write the records of a file
 * @outputs: the logs.
 * @nr: how many.
 * @fd: the file.
 * @path: its name.
 *
 * Returns 0, or -1 after it has said what is wrong.
 */
int replay(struct output *outputs, int nr, int fd, const char *path)
{
	unsigned long long at = 0;
	size_t before;
	ssize_t len;

	signal(SIGXFSZ, SIG_IGN);
	for (;;) {
		len = read(fd, batch.data + batch.len,
			   sizeof(batch.data) - batch.len);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		batch.len += len;
		before = batch.len;
		at += before - give_batch(outputs, nr);
	}
	if (len < 0)
		return say("%s: %s", path, strerror(errno));
	return batch.len ? say("%s: no record at byte %llu", path, at) : 0;
}
