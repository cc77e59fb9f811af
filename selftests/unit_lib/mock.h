/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fake of /dev/httpq: hands out requests that a test has put in and keeps
 * what was sent.
 */
#ifndef _UNIT_LIB_MOCK_H
#define _UNIT_LIB_MOCK_H

#include "httpq.h"

struct mock_request;

/**
 * struct mock - what the fake does, and what was done to it
 * @take: bytes of a body that one call takes.
 * @send_status: out_status of the next sends.
 * @send_error: what the next transfer with sends fails with, once.
 * @silent: transfers succeed without an event.
 * @draining: no requests come; what the handle holds is @held.
 * @held: how many requests a drain finds.
 * @event: an event of another kind that comes before requests; type 0: none.
 * @late: a request that comes when a transfer waits.
 * @body: what is to be read.
 * @body_pos: how far it was read.
 * @body_part: bytes per read.
 * @trailers: answer to HTTPQ_BODY_TRAILERS.
 * @trailers_len: its bytes; 0: ENODATA.
 * @attach_error: what attaching fails with.
 * @foreign_fd: a descriptor that is no handle.
 * @no_memory: malloc() fails.
 * @opens: how often the device was opened.
 * @calls: ioctls of any kind.
 * @transfers: of them transfers.
 * @receives: of them HTTPQ_IOC_RECEIVE.
 * @cancels: of them HTTPQ_IOC_CANCEL.
 * @canceled: the last id.
 * @readies: of them HTTPQ_IOC_READY.
 * @deadline_ms: of the last HTTPQ_IOC_DRAIN.
 * @head: the last head that came with a send.
 * @head_len: its bytes.
 * @heads: how many heads came.
 * @flags: of the last send.
 * @log: what the last send had for the log.
 * @log_len: its bytes.
 * @sent: all bytes of bodies.
 * @sent_len: how many.
 * @ended: sends that ended a response.
 * @on_send: called after each send.
 * @attach: the last attach, with the name in @name.
 * @attach_fd: its descriptor.
 * @name: the queue name.
 */
struct mock {
	uint64_t take;
	int send_status;
	int send_error;
	bool silent;
	bool draining;
	uint32_t held;
	struct httpq_event event;
	const struct mock_request *late;
	const char *body;
	size_t body_pos;
	size_t body_part;
	const void *trailers;
	uint32_t trailers_len;
	int attach_error;
	int foreign_fd;
	bool no_memory;
	unsigned int opens;
	unsigned int calls;
	unsigned int transfers;
	unsigned int receives;
	unsigned int cancels;
	uint64_t canceled;
	unsigned int readies;
	uint32_t deadline_ms;
	char head[80 * 1024];
	uint32_t head_len;
	unsigned int heads;
	uint32_t flags;
	char log[sizeof(struct httpq_log_data) + 2 * HTTPQ_LOG_TEXT_MAX];
	uint32_t log_len;
	char sent[4096];
	size_t sent_len;
	unsigned int ended;
	void (*on_send)(void);
	struct httpq_attach attach;
	int attach_fd;
	char name[64];
};

extern struct mock mock;

void mock_reset(void);

/* A request with the given fields ("Name: value", NULL at the end). */
struct mock_request {
	uint64_t id;
	uint8_t method_id;
	const char *method;
	const char *target;
	const char *path;
	const char *query;
	const char *host;
	uint64_t content_length;
	uint32_t flags;
	const char *const *fields;
	uint32_t padding;
	uint32_t redelivered;
};

void mock_add(const struct mock_request *r);

/* The head that was sent last: its status, and the value of a field. */
unsigned int mock_status(void);
struct httpq_str mock_field(enum httpq_field_id id);

#endif /* _UNIT_LIB_MOCK_H */
