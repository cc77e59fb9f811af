// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "step.h"

int step_take(int fd, struct raw_take *t, uint32_t flags, int timeout_ms)
{
	struct httpq_transfer args = {
		.size = sizeof(args),
		.flags = flags,
		.events = (uintptr_t)t->events,
		.nr_events = 1,
		.buf = (uintptr_t)t->buf,
		.buf_len = sizeof(t->buf),
		.timeout_ms = timeout_ms,
	};
	int err = raw_ioctl(fd, HTTPQ_IOC_TRANSFER, &args);

	t->nr = args.out_events;
	return err ? err : t->nr;
}

uint64_t step_reserve(int fd)
{
	struct httpq_event event = {};
	struct httpq_transfer args = {
		.size = sizeof(args),
		.events = (uintptr_t)&event,
		.nr_events = 1,
		.timeout_ms = PEER_TIMEOUT,
	};

	if (raw_ioctl(fd, HTTPQ_IOC_TRANSFER, &args) || args.out_events != 1 ||
	    event.status != -EMSGSIZE)
		return 0;
	return event.id;
}

int step_fetch(int fd, uint64_t id, struct raw_take *t)
{
	struct httpq_receive args = {
		.size = sizeof(args),
		.id = id,
		.buf = (uintptr_t)t->buf,
		.buf_len = sizeof(t->buf),
	};
	int err = raw_ioctl(fd, HTTPQ_IOC_RECEIVE, &args);

	t->nr = !err;
	t->events[0] = (struct httpq_event){
		.id = id,
		.type = HTTPQ_EVENT_REQUEST,
		.length = args.out_len,
	};
	return err;
}

ssize_t step_read(int fd, uint64_t id, void *buf, size_t len, bool wait)
{
	struct httpq_body args = {
		.size = sizeof(args),
		.flags = wait ? 0 : HTTPQ_BODY_DONTWAIT,
		.id = id,
		.buf = (uintptr_t)buf,
		.buf_len = len,
	};
	int err = raw_ioctl(fd, HTTPQ_IOC_READ_BODY, &args);

	return err ? err : (ssize_t)args.out_len;
}

ssize_t step_read_all(int fd, uint64_t id, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = step_read(fd, id, buf + len, size - len, true);
		if (n < 0)
			return n;
		len += n;
	} while (n && len < size);
	return len;
}

/* A head with at most one field. */
struct head {
	struct httpq_reply_head head;
	struct httpq_field field;
	char text[24];
};

static size_t head_fill(struct head *h, int status, long length)
{
	h->head = (struct httpq_reply_head){ .status = status };
	if (length < 0)
		return sizeof(h->head);
	h->head.nr_fields = 1;
	h->field = (struct httpq_field){
		.id = HTTPQ_FIELD_CONTENT_LENGTH,
		.value_len = snprintf(h->text, sizeof(h->text), "%ld", length),
	};
	return offsetof(struct head, text) + h->field.value_len;
}

int step_send(int fd, uint64_t id, int status, long length, const void *body,
	      size_t len, uint32_t flags)
{
	struct head head;
	struct httpq_send send = {
		.id = id,
		.flags = flags,
		.out_status = 1,
		.body = (uintptr_t)body,
		.body_len = len,
	};
	struct httpq_transfer args = {
		.size = sizeof(args),
		.sends = (uintptr_t)&send,
		.nr_sends = 1,
	};
	int err;

	if (status) {
		send.head = (uintptr_t)&head;
		send.head_len = head_fill(&head, status, length);
	}
	err = raw_ioctl(fd, HTTPQ_IOC_TRANSFER, &args);
	return err ? err : send.out_status;
}

int step_begin(int fd, uint64_t id, const char *body, uint32_t flags)
{
	return step_send(fd, id, 200, -1, body, strlen(body),
			 HTTPQ_SEND_MORE | flags);
}

int step_end(int fd, uint64_t id, const char *body)
{
	return step_send(fd, id, 0, -1, body, strlen(body), 0);
}
