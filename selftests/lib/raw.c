// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "raw.h"

static int native_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int (*raw_ioctl)(int fd, unsigned long cmd, void *arg) = native_ioctl;

int raw_open(int flags)
{
	int fd = open(HTTPQ_DEVICE, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0) {
		perror(HTTPQ_DEVICE);
		exit(1);
	}
	return fd;
}

int raw_attach(int fd, const char *queue, uint32_t flags, uint32_t mode)
{
	struct httpq_attach attach = {
		.size = sizeof(attach),
		.flags = flags,
		.name = (uintptr_t)queue,
		.name_len = strlen(queue),
		.mode = mode,
	};

	return raw_ioctl(fd, HTTPQ_IOC_ATTACH, &attach);
}

static int bind_command(int fd, unsigned long cmd, const char *url,
			uint64_t context)
{
	struct httpq_bind bind = {
		.size = sizeof(bind),
		.url = (uintptr_t)url,
		.url_len = strlen(url),
		.context = context,
	};

	return raw_ioctl(fd, cmd, &bind);
}

int raw_bind(int fd, const char *url, uint64_t context)
{
	return bind_command(fd, HTTPQ_IOC_BIND, url, context);
}

int raw_unbind(int fd, const char *url)
{
	return bind_command(fd, HTTPQ_IOC_UNBIND, url, 0);
}

int raw_worker(const char *queue, int flags)
{
	int fd = raw_open(flags);
	int err = raw_attach(fd, queue, HTTPQ_ATTACH_CREATE, 0600);

	if (err) {
		fprintf(stderr, "attach to %s: %s\n", queue, strerror(-err));
		exit(1);
	}
	return fd;
}

int raw_take(int fd, struct raw_take *t, int nr, int timeout_ms)
{
	struct httpq_transfer transfer = {
		.size = sizeof(transfer),
		.events = (uintptr_t)t->events,
		.nr_events = nr,
		.buf = (uintptr_t)t->buf,
		.buf_len = sizeof(t->buf),
		.timeout_ms = timeout_ms,
	};
	int err = raw_ioctl(fd, HTTPQ_IOC_TRANSFER, &transfer);

	t->nr = transfer.out_events;
	return err ? err : t->nr;
}

const struct httpq_request_head *raw_head(const struct raw_take *t, int i)
{
	return (const void *)(t->buf + t->events[i].offset);
}

const char *raw_text(const struct httpq_request_head *head,
		     struct httpq_span span)
{
	static char text[4096];

	snprintf(text, sizeof(text), "%.*s", span.len,
		 (const char *)head + head->data_off + span.off);
	return text;
}

uint64_t raw_take_one(int fd)
{
	struct raw_take t;

	if (raw_take(fd, &t, 1, PEER_TIMEOUT) != 1 ||
	    t.events[0].type != HTTPQ_EVENT_REQUEST || t.events[0].status)
		return 0;
	return t.events[0].id;
}

void raw_prepare(struct raw_answer *a, uint64_t id, int status,
		 const char *body)
{
	a->head = (struct httpq_reply_head){ .status = status };
	a->send = (struct httpq_send){
		.id = id,
		.out_status = 1,
		.head = (uintptr_t)&a->head,
		.head_len = sizeof(a->head),
		.body = (uintptr_t)body,
		.body_len = strlen(body),
	};
}

int raw_reply(int fd, uint64_t id, int status, const char *body)
{
	struct raw_answer a;
	struct httpq_transfer transfer = {
		.size = sizeof(transfer),
		.sends = (uintptr_t)&a.send,
		.nr_sends = 1,
	};
	int err;

	raw_prepare(&a, id, status, body);
	err = raw_ioctl(fd, HTTPQ_IOC_TRANSFER, &transfer);
	return err ? err : a.send.out_status;
}

int raw_cancel(int fd, uint64_t id)
{
	struct httpq_cancel cancel = { .size = sizeof(cancel), .id = id };

	return raw_ioctl(fd, HTTPQ_IOC_CANCEL, &cancel);
}

int raw_get(struct peer *p, const char *path)
{
	char text[4096];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
		 path);
	return peer_puts(p, text);
}

bool raw_gets(struct peer *p, int nr, uint16_t port, const char *queue)
{
	long arrived = raw_queue(queue, RAW_ARRIVED);
	char path[16];
	int i;

	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		if (peer_connect(&p[i], "127.0.0.1", port) ||
		    raw_get(&p[i], path) ||
		    !raw_wait_queue(queue, RAW_ARRIVED, ++arrived))
			return false;
	}
	return true;
}

long raw_queue(const char *queue, int column)
{
	FILE *f = fopen("/proc/net/httpq/queues", "r");
	char line[512], *word, *save;
	long value = -1;

	while (f && value < 0 && fgets(line, sizeof(line), f)) {
		word = strtok_r(line, " \n", &save);
		if (!word || strcmp(word, queue))
			continue;
		while (word && column--)
			word = strtok_r(NULL, " \n", &save);
		value = word ? atol(word) : -1;
	}
	if (f)
		fclose(f);
	return value;
}

bool raw_wait_queue(const char *queue, int column, long value)
{
	int64_t begin = host_now();

	while (raw_queue(queue, column) != value) {
		if (host_now() > begin + PEER_TIMEOUT)
			return false;
		host_nap(begin);
	}
	return true;
}

int raw_as_user(uid_t uid, int (*fn)(void *data), void *data)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int err = host_drop(uid);

		_exit((err ? err : fn(data)) & 0xff);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return (int8_t)WEXITSTATUS(status);
}
