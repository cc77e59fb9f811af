// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The body of a request and its trailers.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

/* The length of one read is a 32-bit number. */
#define READ_MAX	(1U << 30)
#define TRAILERS_ROOM	1024U

/**
 * httpq_read_body - read the next part of the request's body
 * @req: the request.
 * @buf: where the bytes go, chunked framing removed.
 * @len: how many fit; not 0.
 *
 * Returns as soon as there is anything; waits unless the handle is
 * non-blocking. What is not read stays in the kernel and holds the client
 * back. The first read makes a client go on that waits for 100 (Continue).
 *
 * Return: bytes read; 0 at the end of the body; -EAGAIN (nothing there yet;
 * HTTPQ_EVENT_BODY will tell), -EINTR, -ECONNRESET (the client is gone),
 * -ETIMEDOUT (it stopped sending), -EBADMSG (broken chunk), -EFBIG (over the
 * limit), -EALREADY (another thread is reading), -ESTALE, -EINVAL, -ENOMEM,
 * -ENODEV, -ESHUTDOWN (the handle was detached).
 */
EXPORT ssize_t httpq_read_body(struct httpq_request *req, void *buf,
			       size_t len)
{
	struct httpq_body body = {
		.size = sizeof(body),
		.id = req->head->id,
		.buf = (uintptr_t)buf,
		.buf_len = len < READ_MAX ? (uint32_t)len : READ_MAX,
	};
	int err;

	if (!len)
		return -EINVAL;
	if (!httpq_has_body(req) || req->body_eof)
		return 0;
	err = handle_ioctl(req->h, HTTPQ_IOC_READ_BODY, &body);
	if (err)
		return err;
	req->body_eof = body.out_flags & HTTPQ_BODY_EOF;
	if (!body.out_len && !req->body_eof)
		return handle_interrupted(req->h);
	return body.out_len;
}

/* One try with @room bytes; with -EMSGSIZE, @room becomes what is needed. */
static int trailers_fetch(struct httpq_request *req, uint32_t *room)
{
	struct httpq_body body = {
		.size = sizeof(body),
		.flags = HTTPQ_BODY_TRAILERS,
		.id = req->head->id,
		.buf_len = *room,
	};
	void *buf = malloc(*room);
	int err;

	if (!buf)
		return -ENOMEM;
	body.buf = (uintptr_t)buf;
	err = handle_ioctl(req->h, HTTPQ_IOC_READ_BODY, &body);
	if (err) {
		free(buf);
		if (err == -EMSGSIZE && body.out_len <= *room)
			return -EIO;
		*room = body.out_len;
		return err;
	}
	req->trailers = buf;
	req->trailers_len = body.out_len;
	return 0;
}

/**
 * httpq_read_trailers - fetch the fields that came after the body
 * @req: a request whose body was read to its end.
 *
 * httpq_trailer() and httpq_trailer_at() then see them.
 *
 * Return: 0, -ENODATA (there are none, or the body was not read to its end),
 * -ENOMEM, and what httpq_read_body() gives.
 */
EXPORT int httpq_read_trailers(struct httpq_request *req)
{
	uint32_t room = TRAILERS_ROOM;
	int err;

	if (req->trailers)
		return 0;
	if (!httpq_has_body(req))
		return -ENODATA;
	do {
		err = trailers_fetch(req, &room);
	} while (err == -EMSGSIZE);
	return err;
}

static const struct httpq_field *
trailer_fields(const struct httpq_request *req)
{
	return (const struct httpq_field *)(req->trailers + 1);
}

static const char *trailer_data(const struct httpq_request *req)
{
	return (const char *)(trailer_fields(req) + req->trailers->nr_fields);
}

/**
 * httpq_trailer - the value of a trailer field
 * @req: a request of which httpq_read_trailers() succeeded.
 * @name: the name, in any case.
 *
 * Return: the value of the first such field; its ptr is NULL if there is none.
 */
EXPORT struct httpq_str httpq_trailer(const struct httpq_request *req,
				      const char *name)
{
	if (!req->trailers)
		return (struct httpq_str){ NULL, 0 };
	return field_find(trailer_fields(req), req->trailers->nr_fields,
			  trailer_data(req), name);
}

/**
 * httpq_trailer_at - the trailer field at an index
 * @req: as for httpq_trailer().
 * @index: from 0.
 * @name: where the name goes; may be NULL.
 * @value: where the value goes; may be NULL.
 *
 * Return: false if there are no more.
 */
EXPORT bool httpq_trailer_at(const struct httpq_request *req,
			     unsigned int index, struct httpq_str *name,
			     struct httpq_str *value)
{
	if (!req->trailers || index >= req->trailers->nr_fields)
		return false;
	field_get(&trailer_fields(req)[index], trailer_data(req), name, value);
	return true;
}
