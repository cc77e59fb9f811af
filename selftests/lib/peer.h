/* SPDX-License-Identifier: GPL-2.0 */
/* A client that decides about every byte and every segment. */
#ifndef HTTPQ_TEST_PEER_H
#define HTTPQ_TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long any wait for the other side may take, in ms. */
#define PEER_TIMEOUT 20000

/*
 * struct peer - one TCP connection
 * @fd: socket, with TCP_NODELAY
 * @segment: bytes that peer_send() gives to one segment; 0: all at once
 * @buf: what was received and not yet consumed, @len bytes
 */
struct peer {
	int fd;
	size_t segment;
	size_t len;
	size_t size;
	char *buf;
};

/*
 * struct reply - one response, taken apart
 * @head: status line and fields, NUL-terminated
 * @body: decoded body, @body_len bytes
 * @trailers: trailer section of a chunked body, NUL-terminated
 * @complete: it ended as its framing says
 */
struct reply {
	int status;
	char *head;
	char *body;
	size_t body_len;
	char *trailers;
	bool complete;
	bool chunked;
};

/* 0 or -errno. @addr is "127.0.0.1" or "::1". */
int peer_connect(struct peer *p, const char *addr, uint16_t port);
int peer_send(struct peer *p, const void *data, size_t len);
int peer_puts(struct peer *p, const char *text);
/* Waits until every byte sent so far was acknowledged: one segment each. */
int peer_flush(struct peer *p);
/* Reads a response to a request of @method ("HEAD" has no body). -errno. */
int peer_reply(struct peer *p, const char *method, struct reply *r);
/* Sends, reads one response, returns its status or -errno; frees the rest. */
int peer_status(struct peer *p, const char *request);
/* 0 if the other side closes in order, -ECONNRESET by reset, -EPROTO if it
 * sends something first, -ETIMEDOUT.
 */
int peer_wait_close(struct peer *p, int timeout_ms);
void peer_half_close(struct peer *p);
void peer_reset(struct peer *p);
void peer_close(struct peer *p);

/* Value of a field in a head, in a static buffer; NULL if it is not there. */
const char *reply_field(const struct reply *r, const char *name);
int reply_fields(const struct reply *r, const char *name);
void reply_free(struct reply *r);

#endif
