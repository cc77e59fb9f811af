// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The response: built field by field, sent at once or in parts.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "internal.h"

#define STATUS_OK 200

/* What a caller may say of a part. */
#define SEND_FLAGS \
	(HTTPQ_SEND_MORE | HTTPQ_SEND_DISCONNECT | HTTPQ_SEND_FLUSH)

/* The handle no longer holds the request: there is nothing left to answer. */
static bool is_gone(int err)
{
	switch (err) {
	case -ETIMEDOUT:
	case -EBADMSG:
	case -ESTALE:
	case -ESHUTDOWN:
	case -ENODEV:
		return true;
	default:
		return false;
	}
}

/* Names the head in @send if the kernel does not have it yet. */
static int fill_head(struct httpq_request *req, struct httpq_send *send)
{
	bool trailers = req->head_sent && req->reply.nr_fields &&
			!(send->flags & HTTPQ_SEND_MORE);

	if (req->reply.error)
		return req->reply.error;
	if (req->head_sent && !trailers)
		return 0;
	if (trailers)
		send->flags |= HTTPQ_SEND_TRAILERS;
	else if (!req->reply.status)
		req->reply.status = STATUS_OK;
	send->head = (uintptr_t)builder_seal(&req->reply, &send->head_len);
	return send->head ? 0 : req->reply.error;
}

static int send_init(struct httpq_request *req, struct httpq_send *send,
		     const void *body, size_t len, unsigned int flags)
{
	*send = (struct httpq_send){
		.id = req->head->id,
		.flags = flags,
		.body = (uintptr_t)body,
		.body_len = len,
	};
	log_fill(req, send);
	return fill_head(req, send);
}

/*
 * What the kernel made of a part: 0, or the error that the caller is to see.
 * For a client that is gone the kernel takes everything, because the log wants
 * the end and what comes with it: the request is over with its last part only.
 */
static int send_settle(struct httpq_request *req,
		       const struct httpq_send *send)
{
	bool trailers = send->flags & HTTPQ_SEND_TRAILERS;
	bool reset = send->out_status == -ECONNRESET;

	req->error = send->out_status;
	if (req->error == -EAGAIN)
		req->error = handle_interrupted(req->h);
	if (req->error && !reset) {
		req->over = is_gone(req->error);
		return req->error;
	}
	req->head_sent = true;
	if (send->head && !trailers)
		builder_reset(&req->reply);
	if (reset || send->out_len == send->body_len)
		req->over = !(send->flags & HTTPQ_SEND_MORE);
	return req->error;
}

/* Hands in one part in a call of its own. */
static int send_one(struct httpq_request *req, struct httpq_send *send)
{
	struct httpq_transfer transfer = {
		.sends = (uintptr_t)send,
		.nr_sends = 1,
	};
	int err = httpq_transfer(req->h, &transfer);

	if (!err && !transfer.out_sends)
		err = handle_interrupted(req->h);
	if (err) {
		req->over = is_gone(err);
		req->error = err;
	}
	return err;
}

/**
 * httpq_send - send the head, if it is still to be sent, and a part of the body
 * @req: the request.
 * @data: bytes of the body; not needed after the call.
 * @len: how many; may be 0.
 * @flags: HTTPQ_SEND_MORE if another part follows, HTTPQ_SEND_DISCONNECT to
 *	have the connection closed after the response, HTTPQ_SEND_FLUSH to have
 *	the client see it now although the queue holds responses back.
 *
 * The first part freezes status and fields. Without HTTPQ_SEND_MORE it is the
 * whole body and gives the Content-Length; with it a Content-Length field of
 * the caller counts, else the length is open (chunked). Waits until all is
 * taken unless the handle is non-blocking.
 *
 * A response that is complete by its Content-Length reaches the client although
 * its end is still to come: a caller who learns only later what he wants in the
 * log sends the last part with HTTPQ_SEND_MORE, then calls httpq_set_log() and
 * httpq_end(). He has net.httpq.zombie_timeout_ms for it.
 *
 * After -ECONNRESET the request is over if the part was the last one. Else the
 * log still waits for the end: httpq_end() makes the status count that was
 * sent, httpq_request_free() says that there is none.
 *
 * Return: bytes taken. Less than @len only if the handle is non-blocking or a
 * signal came; the rest, and with it the end, is then still to be sent. Else
 * -EAGAIN (HTTPQ_EVENT_SPACE will tell), -EINTR, -ECONNRESET (the client is
 * gone), -ETIMEDOUT (it stopped reading), -EBADMSG (its body is broken),
 * -ESTALE, -EINVAL (fields that would break the framing, more than the
 * Content-Length, a body where none is allowed), -E2BIG (head over 65535
 * bytes), -EALREADY (another thread is sending), -ENOMEM, -ESHUTDOWN, -ENODEV.
 */
EXPORT ssize_t httpq_send(struct httpq_request *req, const void *data,
			  size_t len, unsigned int flags)
{
	struct httpq_send send;
	int err;

	if (flags & ~SEND_FLAGS)
		return -EINVAL;
	if (req->over)
		return -ESTALE;
	err = send_init(req, &send, data, len, flags);
	if (!err)
		err = send_one(req, &send);
	if (!err)
		err = send_settle(req, &send);
	return err ? err : (ssize_t)send.out_len;
}

/**
 * httpq_set_status - choose the status code
 * @req: the request.
 * @status: 200 to 599; without this call it is 200.
 *
 * Return: 0, -EINVAL (the head is sent already, or no such status).
 */
EXPORT int httpq_set_status(struct httpq_request *req, unsigned int status)
{
	if (req->head_sent || status < 200 || status > 599)
		return -EINVAL;
	req->reply.status = (uint16_t)status;
	return 0;
}

/**
 * httpq_set_reason - replace the usual reason phrase
 * @req: the request.
 * @reason: the phrase; copied.
 *
 * Return: 0, -EINVAL (the head is sent already, or control characters),
 * -E2BIG, -ENOMEM.
 */
EXPORT int httpq_set_reason(struct httpq_request *req, const char *reason)
{
	return req->head_sent ? -EINVAL : builder_reason(&req->reply, reason);
}

/**
 * httpq_add_header - add a field to the head of the response
 * @req: the request.
 * @name: name; copied.
 * @value: value; copied.
 *
 * The kernel writes Date, Connection and the framing. An error is remembered:
 * sending the head gives it again, so that a caller may look only there.
 *
 * Return: 0, -EINVAL (the head is sent already; name is no token; value holds
 * a control character), -E2BIG (more than 65535 bytes in all), -ENOMEM.
 */
EXPORT int httpq_add_header(struct httpq_request *req, const char *name,
			    const char *value)
{
	return req->head_sent ? -EINVAL : builder_add(&req->reply, name, value);
}

/**
 * httpq_add_header_u64 - add a field whose value is a number
 * @req: the request.
 * @name: name, such as Content-Length; copied.
 * @value: value, written in decimal.
 *
 * Return: as httpq_add_header().
 */
EXPORT int httpq_add_header_u64(struct httpq_request *req, const char *name,
				uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return httpq_add_header(req, name, text);
}

/**
 * httpq_set_body - lend the whole body to httpq_exchange()
 * @req: the request.
 * @body: the bytes; to be left alone until the answer is through.
 * @len: how many.
 *
 * Return: 0, -EINVAL (the head is sent already).
 */
EXPORT int httpq_set_body(struct httpq_request *req, const void *body,
			  size_t len)
{
	if (req->head_sent)
		return -EINVAL;
	req->body = body;
	req->body_len = len;
	req->sending = true;
	return 0;
}

/* Makes the arguments of a whole answer pending, unless they are already. */
int reply_prepare(struct httpq_request *req, unsigned int status,
		  const char *type, const void *body, size_t len)
{
	int err;

	if (req->over)
		return -ESTALE;
	if (req->sending)
		return 0;
	err = httpq_set_status(req, status);
	if (!err && type)
		err = httpq_add_header(req, "Content-Type", type);
	return err ? err : httpq_set_body(req, body, len);
}

/* The pending rest of a whole answer. */
int reply_fill(struct httpq_request *req, struct httpq_send *send)
{
	if (req->over)
		return -ESTALE;
	return send_init(req, send, req->body, req->body_len, 0);
}

/* Takes note of what was taken: 0 if the answer is through. */
int reply_settle(struct httpq_request *req, const struct httpq_send *send)
{
	int err = send_settle(req, send);

	if (err)
		return err;
	req->body = (const char *)req->body + send->out_len;
	req->body_len -= send->out_len;
	if (req->over)
		return 0;
	return req->error = handle_interrupted(req->h);
}

/**
 * httpq_reply - send a whole response
 * @req: the request; still to be freed.
 * @status: status code, 200 to 599.
 * @type: the Content-Type; NULL for none.
 * @body: the body.
 * @len: bytes of it.
 *
 * Fields that were added before are sent with it. For HEAD the kernel sends
 * the same head and keeps the body back.
 *
 * Return: 0 if all was taken. After -EAGAIN and -EINTR the same call, with
 * the same arguments, goes on where it stopped. Other errors as httpq_send().
 */
EXPORT int httpq_reply(struct httpq_request *req, unsigned int status,
		       const char *type, const void *body, size_t len)
{
	struct httpq_send send;
	int err = reply_prepare(req, status, type, body, len);

	if (!err)
		err = reply_fill(req, &send);
	if (!err)
		err = send_one(req, &send);
	if (err)
		return err;
	return reply_settle(req, &send);
}

/**
 * httpq_send_interim - send the fields so far as an interim response
 * @req: a request whose final head is not sent.
 * @status: 100 or 102 to 199.
 *
 * The fields are then gone from the request: the final head starts anew.
 *
 * Return: 0, and errors as httpq_send().
 */
EXPORT int httpq_send_interim(struct httpq_request *req, unsigned int status)
{
	struct httpq_send send;
	int err;

	if (req->head_sent || status < 100 || status == 101 || status > 199)
		return -EINVAL;
	req->reply.status = (uint16_t)status;
	err = send_init(req, &send, NULL, 0, HTTPQ_SEND_MORE);
	if (!err)
		err = send_one(req, &send);
	if (!err)
		err = send_settle(req, &send);
	req->head_sent = false;
	req->reply.status = 0;
	return err;
}

/**
 * httpq_add_trailer - add a field that follows the body
 * @req: a request whose head was sent with HTTPQ_SEND_MORE.
 * @name: name; copied.
 * @value: value; copied.
 *
 * The call that ends the response sends it. A client of HTTP/1.0, or a
 * response with Content-Length, gets none.
 *
 * Return: as httpq_add_header().
 */
EXPORT int httpq_add_trailer(struct httpq_request *req, const char *name,
			     const char *value)
{
	if (!req->head_sent || req->over)
		return -EINVAL;
	return builder_add(&req->reply, name, value);
}

/**
 * httpq_end - end a response that was sent in parts
 * @req: the request; still to be freed.
 *
 * Return: 0, and errors as httpq_send(). After -ECONNRESET, too, the log has
 * the status that was sent.
 */
EXPORT int httpq_end(struct httpq_request *req)
{
	return (int)httpq_send(req, NULL, 0, 0);
}

/**
 * httpq_error - what went wrong last with an answer
 * @req: the request.
 *
 * Return: 0, or an error of httpq_send().
 */
EXPORT int httpq_error(const struct httpq_request *req)
{
	return req->error;
}

/**
 * httpq_cancel - give a request up
 * @req: the request; still to be freed.
 *
 * A client that has seen nothing of the response gets 502; else its connection
 * is broken, so that it can tell. If the client is gone, the log does not wait
 * for an end any more.
 *
 * Return: 0, -ESTALE (there is nothing left to answer), -ENODEV, -ESHUTDOWN.
 */
EXPORT int httpq_cancel(struct httpq_request *req)
{
	struct httpq_cancel cancel = {
		.size = sizeof(cancel),
		.id = req->head->id,
	};

	if (req->over)
		return -ESTALE;
	req->over = true;
	return handle_ioctl(req->h, HTTPQ_IOC_CANCEL, &cancel);
}

/**
 * httpq_request_free - be done with a request
 * @req: the request; may be NULL. It is canceled if it was not answered.
 *
 * All strings of the request end here.
 */
EXPORT void httpq_request_free(struct httpq_request *req)
{
	if (!req)
		return;
	if (!req->over)
		httpq_cancel(req);
	pool_put(req);
}
