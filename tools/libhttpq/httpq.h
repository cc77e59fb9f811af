/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libhttpq: take HTTP requests from the kernel and answer them.
 *
 * A handle makes the process a worker of a queue. Requests come from the
 * handle and belong to the caller until they are freed. Functions return 0 or
 * a count, or a negative errno; what each can give is in the comments of the
 * definitions and in libhttpq(3).
 *
 * Threads: any number of threads may share a handle. A request is used by one
 * thread at a time, and any thread may answer it. No call is restarted after
 * a signal: it returns -EINTR.
 */
#ifndef _LIBHTTPQ_HTTPQ_H
#define _LIBHTTPQ_HTTPQ_H

#include <linux/httpq.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct httpq;
struct httpq_request;

/**
 * struct httpq_str - bytes of a request; valid until the request is freed
 * @ptr: the first byte, or NULL if the item is absent. Not NUL-terminated.
 * @len: how many.
 */
struct httpq_str {
	const char *ptr;
	size_t len;
};

/* httpq_str_is - whether @s is exactly the C string @c */
static inline bool httpq_str_is(struct httpq_str s, const char *c)
{
	return s.ptr && s.len == strlen(c) && !memcmp(s.ptr, c, s.len);
}

/* httpq_str_is_nocase - the same, without regard to ASCII case */
static inline bool httpq_str_is_nocase(struct httpq_str s, const char *c)
{
	return s.ptr && s.len == strlen(c) && !strncasecmp(s.ptr, c, s.len);
}

/* Handles */

#define HTTPQ_OPEN_CREATE	(1U << 0)	/* make the queue if absent */
#define HTTPQ_OPEN_EXCL		(1U << 1)	/* with CREATE: must be new */
#define HTTPQ_OPEN_NONBLOCK	(1U << 2)	/* never sleep: -EAGAIN */
#define HTTPQ_OPEN_DEFER	(1U << 3)	/* ready with httpq_ready() */
#define HTTPQ_OPEN_CONTROL	(1U << 4)	/* only watch: takes no requests */

/* In the environment: a descriptor that httpq_open() uses, see there. */
#define HTTPQ_ENV_HANDLE_FD	"HTTPQ_HANDLE_FD"
/* In the environment: where pings come, see httpq_ping_fd(). */
#define HTTPQ_ENV_PING_FD	"HTTPQ_PING_FD"

int httpq_open(struct httpq **out, const char *queue, unsigned int flags);
int httpq_adopt(struct httpq **out, int fd);
void httpq_close(struct httpq *h);
int httpq_fd(const struct httpq *h);
int httpq_info(const struct httpq *h, struct httpq_info *info);
int httpq_bind(struct httpq *h, const char *url, uint64_t context);
int httpq_unbind(struct httpq *h, const char *url);
void httpq_set_timeout(struct httpq *h, int timeout_ms);
int httpq_ready(struct httpq *h);
int httpq_drain(struct httpq *h, unsigned int deadline_ms);
int httpq_ping_fd(void);
int httpq_ping_answer(int timeout_ms);

/* Taking requests and events */

int httpq_receive(struct httpq *h, struct httpq_request **out);
int httpq_next_event(struct httpq *h, struct httpq_event *event,
		     struct httpq_request **out);
int httpq_reply_and_receive(struct httpq_request **req, unsigned int status,
			    const char *type, const void *body, size_t len);
int httpq_exchange(struct httpq *h, struct httpq_request **done,
		   unsigned int nr_done, struct httpq_request **next,
		   unsigned int nr_next);
int httpq_transfer(struct httpq *h, struct httpq_transfer *transfer);
void httpq_request_free(struct httpq_request *req);

/* What a request says. These never fail and never sleep. */

struct httpq *httpq_handle(const struct httpq_request *req);
uint64_t httpq_id(const struct httpq_request *req);
uint64_t httpq_conn_id(const struct httpq_request *req);
uint64_t httpq_context(const struct httpq_request *req);
unsigned int httpq_request_flags(const struct httpq_request *req);
uint64_t httpq_queued_ns(const struct httpq_request *req);
unsigned int httpq_redelivered(const struct httpq_request *req);
enum httpq_method httpq_method_id(const struct httpq_request *req);
struct httpq_str httpq_method(const struct httpq_request *req);
struct httpq_str httpq_target(const struct httpq_request *req);
struct httpq_str httpq_path(const struct httpq_request *req);
struct httpq_str httpq_query(const struct httpq_request *req);
struct httpq_str httpq_host(const struct httpq_request *req);
unsigned int httpq_version(const struct httpq_request *req);
bool httpq_keepalive(const struct httpq_request *req);
bool httpq_has_body(const struct httpq_request *req);
uint64_t httpq_content_length(const struct httpq_request *req);
socklen_t httpq_local(const struct httpq_request *req,
		      struct sockaddr_storage *addr);
socklen_t httpq_remote(const struct httpq_request *req,
		       struct sockaddr_storage *addr);
void httpq_set_user(struct httpq_request *req, void *user);
void *httpq_user(const struct httpq_request *req);

/* Fields of a request. Iterate from index 0 while httpq_header_at() is true. */

struct httpq_str httpq_header(const struct httpq_request *req,
			      const char *name);
struct httpq_str httpq_header_id(const struct httpq_request *req,
				 enum httpq_field_id id);
bool httpq_header_at(const struct httpq_request *req, unsigned int index,
		     struct httpq_str *name, struct httpq_str *value);
enum httpq_field_id httpq_field_id(const char *name);
const char *httpq_field_name(enum httpq_field_id id);

/* The body of a request */

ssize_t httpq_read_body(struct httpq_request *req, void *buf, size_t len);
int httpq_read_trailers(struct httpq_request *req);
struct httpq_str httpq_trailer(const struct httpq_request *req,
			       const char *name);
bool httpq_trailer_at(const struct httpq_request *req, unsigned int index,
		      struct httpq_str *name, struct httpq_str *value);

/* The response */

int httpq_reply(struct httpq_request *req, unsigned int status,
		const char *type, const void *body, size_t len);
int httpq_set_status(struct httpq_request *req, unsigned int status);
int httpq_set_reason(struct httpq_request *req, const char *reason);
int httpq_add_header(struct httpq_request *req, const char *name,
		     const char *value);
int httpq_add_header_u64(struct httpq_request *req, const char *name,
			 uint64_t value);
int httpq_set_body(struct httpq_request *req, const void *body, size_t len);
ssize_t httpq_send(struct httpq_request *req, const void *data, size_t len,
		   unsigned int flags);
int httpq_send_interim(struct httpq_request *req, unsigned int status);
int httpq_add_trailer(struct httpq_request *req, const char *name,
		      const char *value);
int httpq_set_log(struct httpq_request *req, const char *user,
		  unsigned int substatus, const char *note);
int httpq_end(struct httpq_request *req);
int httpq_error(const struct httpq_request *req);
int httpq_cancel(struct httpq_request *req);

#ifdef __cplusplus
}
#endif

#endif /* _LIBHTTPQ_HTTPQ_H */
