// SPDX-License-Identifier: GPL-2.0
/*
 * A fake of /dev/httpq, in place of open() (open64) and ioctl(); and of memory.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "mock.h"

#define QUEUE_MAX 4096

struct mock mock;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct httpq_request_head *queue[QUEUE_MAX];
static unsigned int first, last;
static struct httpq_request_head *reserved;

int __wrap_open64(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long cmd, ...);
void *__wrap_malloc(size_t size);
void *__real_malloc(size_t size);

void mock_reset(void)
{
	while (first != last)
		free(queue[first++]);
	first = last = 0;
	free(reserved);
	reserved = NULL;
	memset(&mock, 0, sizeof(mock));
	mock.take = UINT64_MAX;
	mock.body_part = SIZE_MAX;
	mock.foreign_fd = -1;
}

static struct httpq_span put(struct httpq_request_head *head, const char *text,
			     size_t len)
{
	struct httpq_span span = { (uint16_t)head->data_len, (uint16_t)len };

	memcpy((char *)head + head->data_off + head->data_len, text, len);
	head->data_len += (uint32_t)len;
	return span;
}

static struct httpq_span put_text(struct httpq_request_head *head,
				  const char *text)
{
	return text ? put(head, text, strlen(text)) :
		      (struct httpq_span){ 0, 0 };
}

static void put_field(struct httpq_request_head *head, const char *text,
		      struct httpq_field *field)
{
	size_t name_len = (size_t)(strchr(text, ':') - text);
	struct httpq_span name = put(head, text, name_len);
	struct httpq_span value = put_text(head, text + name_len + 2);
	char *key = strndup(text, name_len);

	*field = (struct httpq_field){ (uint16_t)httpq_field_id(key),
				       name.off, name.len, value.off,
				       value.len, 0 };
	free(key);
}

void mock_add(const struct mock_request *r)
{
	struct httpq_request_head *head = calloc(1, 64 * 1024);
	struct httpq_field *fields = (struct httpq_field *)(head + 1);
	unsigned int nr = 0, i;

	while (r->fields && r->fields[nr])
		nr++;
	head->id = r->id;
	head->flags = r->flags;
	head->content_length = r->content_length;
	head->method_id = r->method_id;
	head->version = 11;
	head->redelivered = r->redelivered;
	head->nr_fields = (uint16_t)nr;
	head->fields_off = sizeof(*head);
	head->data_off = sizeof(*head) + nr * (uint32_t)sizeof(*fields);
	head->method = put_text(head, r->method);
	head->target = put_text(head, r->target);
	head->path = put_text(head, r->path);
	head->query = put_text(head, r->query);
	head->host = put_text(head, r->host);
	head->remote.addr[10] = head->remote.addr[11] = 0xff;
	head->remote.addr[12] = 192;
	head->remote.addr[15] = 1;
	head->remote.port = 4711;
	head->local.addr[15] = 1;
	head->local.port = 8080;
	for (i = 0; i < nr; i++)
		put_field(head, r->fields[i], &fields[i]);
	head->size = head->data_off + head->data_len + r->padding;
	queue[last++ % QUEUE_MAX] = head;
}

unsigned int mock_status(void)
{
	return ((struct httpq_reply_head *)mock.head)->status;
}

struct httpq_str mock_field(enum httpq_field_id id)
{
	struct httpq_reply_head *head = (struct httpq_reply_head *)mock.head;
	struct httpq_field *f = (struct httpq_field *)(head + 1);
	struct httpq_field *end = f + head->nr_fields;

	for (; f < end; f++)
		if (f->id == id)
			return (struct httpq_str){ (char *)end + f->value_off,
						   f->value_len };
	return (struct httpq_str){ NULL, 0 };
}

static int do_attach(int fd, struct httpq_attach *a)
{
	mock.attach = *a;
	mock.attach_fd = fd;
	memcpy(mock.name, (void *)(uintptr_t)a->name, a->name_len);
	return mock.attach_error;
}

static void do_send(struct httpq_send *s)
{
	s->out_status = mock.send_status;
	s->out_len = 0;
	if (s->out_status && s->out_status != -ECONNRESET)
		return;
	s->out_len = s->body_len < mock.take ? s->body_len : mock.take;
	mock.flags = s->flags;
	mock.log_len = s->log_len;
	if (s->log)
		memcpy(mock.log, (void *)(uintptr_t)s->log, s->log_len);
	if (s->head) {
		memcpy(mock.head, (void *)(uintptr_t)s->head, s->head_len);
		mock.head_len = s->head_len;
		mock.heads++;
	}
	if (s->out_len && mock.sent_len + s->out_len <= sizeof(mock.sent))
		memcpy(mock.sent + mock.sent_len, (void *)(uintptr_t)s->body,
		       s->out_len);
	mock.sent_len += s->out_len;
	if (s->out_len == s->body_len && !(s->flags & HTTPQ_SEND_MORE))
		mock.ended++;
	if (mock.on_send)
		mock.on_send();
}

/* Puts the next request at @offset of the buffer. */
static void deliver(struct httpq_transfer *t, struct httpq_event *e,
		    uint32_t *offset)
{
	struct httpq_request_head *head = queue[first++ % QUEUE_MAX];

	*e = (struct httpq_event){ .id = head->id,
				   .type = HTTPQ_EVENT_REQUEST,
				   .offset = *offset,
				   .length = head->size };
	if (head->size > t->buf_len - *offset) {
		e->status = -EMSGSIZE;
		free(reserved);
		reserved = head;
		return;
	}
	memcpy((char *)(uintptr_t)t->buf + *offset, head, head->size);
	*offset += (head->size + 7) & ~7U;
	free(head);
}

/* After an answer that failed it does not. */
static bool waits(const struct httpq_transfer *t)
{
	const struct httpq_send *sends = (void *)(uintptr_t)t->sends;
	uint32_t i;

	for (i = 0; i < t->out_sends; i++)
		if (sends[i].out_status)
			return false;
	return t->nr_events && !t->out_events && !mock.draining &&
	       !(t->flags & HTTPQ_TRANSFER_DONTWAIT);
}

/* What a transfer says that has brought nothing. */
static int nothing(const struct httpq_transfer *t)
{
	if (t->out_events || t->out_sends || !t->nr_events || mock.silent)
		return 0;
	if (!mock.draining)
		return -EAGAIN;
	return t->flags & HTTPQ_TRANSFER_HELD && mock.held ? -EAGAIN :
							     -ESHUTDOWN;
}

static int do_transfer(struct httpq_transfer *t)
{
	struct httpq_event *events = (void *)(uintptr_t)t->events;
	struct httpq_send *sends = (void *)(uintptr_t)t->sends;
	int err = t->nr_sends ? mock.send_error : 0;
	uint32_t offset = 0;

	mock.transfers++;
	mock.send_error = 0;
	if (err)
		return err;
	for (t->out_sends = 0; t->out_sends < t->nr_sends; t->out_sends++)
		do_send(&sends[t->out_sends]);
	t->out_events = 0;
	if (t->nr_events && mock.event.type) {
		events[t->out_events++] = mock.event;
		mock.event.type = 0;
	}
	while (t->out_events < t->nr_events && first != last && !reserved &&
	       !mock.draining)
		deliver(t, &events[t->out_events++], &offset);
	if (mock.late && waits(t)) {
		mock_add(mock.late);
		mock.late = NULL;
		deliver(t, &events[t->out_events++], &offset);
	}
	return nothing(t);
}

static int do_receive(struct httpq_receive *r)
{
	mock.receives++;
	if (!reserved || r->id != reserved->id)
		return -ESTALE;
	r->out_len = reserved->size;
	if (r->buf_len < reserved->size)
		return -EMSGSIZE;
	memcpy((void *)(uintptr_t)r->buf, reserved, reserved->size);
	free(reserved);
	reserved = NULL;
	return 0;
}

static int do_body(struct httpq_body *b)
{
	size_t left = mock.body ? strlen(mock.body) - mock.body_pos : 0;
	size_t n = left < b->buf_len ? left : b->buf_len;

	if (b->flags & HTTPQ_BODY_TRAILERS) {
		b->out_len = mock.trailers_len;
		if (!mock.trailers_len)
			return -ENODATA;
		if (b->buf_len < mock.trailers_len)
			return -EMSGSIZE;
		memcpy((void *)(uintptr_t)b->buf, mock.trailers,
		       mock.trailers_len);
		return 0;
	}
	if (n > mock.body_part)
		n = mock.body_part;
	if (n)
		memcpy((void *)(uintptr_t)b->buf, mock.body + mock.body_pos, n);
	mock.body_pos += n;
	b->out_len = (uint32_t)n;
	b->out_flags = n == left ? HTTPQ_BODY_EOF : 0;
	return 0;
}

static int do_cancel(struct httpq_cancel *c)
{
	mock.cancels++;
	mock.canceled = c->id;
	return 0;
}

static int do_drain(struct httpq_drain *d)
{
	mock.draining = true;
	mock.deadline_ms = d->deadline_ms;
	d->out_held = mock.held;
	return 0;
}

static int dispatch(int fd, unsigned long cmd, void *arg)
{
	if (fd == mock.foreign_fd)
		return -ENOTTY;
	switch (cmd) {
	case HTTPQ_IOC_ATTACH:
		return do_attach(fd, arg);
	case HTTPQ_IOC_TRANSFER:
		return do_transfer(arg);
	case HTTPQ_IOC_RECEIVE:
		return do_receive(arg);
	case HTTPQ_IOC_READ_BODY:
		return do_body(arg);
	case HTTPQ_IOC_CANCEL:
		return do_cancel(arg);
	case HTTPQ_IOC_READY:
		mock.readies++;
		return 0;
	case HTTPQ_IOC_DRAIN:
		return do_drain(arg);
	case HTTPQ_IOC_INFO:
	case HTTPQ_IOC_BIND:
	case HTTPQ_IOC_UNBIND:
		return 0;
	default:
		return -ENOTTY;
	}
}

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	void *arg;
	int err;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	pthread_mutex_lock(&lock);
	mock.calls++;
	err = dispatch(fd, cmd, arg);
	pthread_mutex_unlock(&lock);
	if (!err)
		return 0;
	errno = -err;
	return -1;
}

int __wrap_open64(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	mock.opens++;
	return dup(STDOUT_FILENO);
}

void *__wrap_malloc(size_t size)
{
	return mock.no_memory ? NULL : __real_malloc(size);
}
