/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The head of a response: checks what a worker asks for and writes what goes
 * out. Framing is decided here and nowhere else. Pure.
 */
#ifndef _HTTPQ_REPLY_H
#define _HTTPQ_REPLY_H

#include <linux/types.h>

#include <linux/httpq.h>

#include "date.h"

/* How the client finds the end of the body, RFC 9112 section 6.3. */
enum httpq_reply_framing {
	HTTPQ_REPLY_NO_BODY,	/* HEAD, 1xx, 204, 205, 304 */
	HTTPQ_REPLY_LENGTH,	/* Content-Length */
	HTTPQ_REPLY_CHUNKED,
	HTTPQ_REPLY_CLOSE,	/* the end of the connection */
};

/**
 * struct httpq_reply - a response head, checked
 * @status: status code; 0 for trailers.
 * @nr_fields: entries of @fields.
 * @fields: the worker's fields; offsets count from @data.
 * @data: names and values.
 * @data_len: bytes at @data.
 * @reason: reason phrase within @data; empty for the usual one.
 * @has_length: the worker gave a Content-Length.
 * @close: the worker gave "Connection: close".
 * @upgrade: the worker gave Upgrade.
 * @upgrade_option: internal: and named it in Connection.
 * @content_length: the worker's.
 * @fields_size: internal: bytes of all field lines.
 */
struct httpq_reply {
	u16 status;
	u16 nr_fields;
	const struct httpq_field *fields;
	const u8 *data;
	u32 data_len;
	struct httpq_span reason;
	bool has_length;
	bool close;
	bool upgrade;
	bool upgrade_option;
	u64 content_length;
	u32 fields_size;
};

/**
 * struct httpq_reply_frame - what the client's request and the body demand
 * @version: of the request, 10 or 11.
 * @head_request: the method was HEAD.
 * @keepalive: the connection is to persist. Cleared if the worker or the
 *	framing ends it.
 * @more: the body isn't complete with this part.
 * @body_len: bytes of body in this part.
 * @framing: result: enum httpq_reply_framing.
 * @length: result: bytes of body that will go out; HTTPQ_LENGTH_UNKNOWN for
 *	chunked and close.
 * @announce: result: a Content-Length of @announce_length is written.
 * @announce_length: see @announce.
 */
struct httpq_reply_frame {
	u8 version;
	bool head_request;
	bool keepalive;
	bool more;
	u64 body_len;
	u8 framing;
	bool announce;
	u64 length;
	u64 announce_length;
};

int httpq_reply_check(struct httpq_reply *reply, const u8 *buf, u32 len);
int httpq_reply_frame(const struct httpq_reply *reply,
		      struct httpq_reply_frame *frame);
size_t httpq_reply_size(const struct httpq_reply *reply);
size_t httpq_reply_write(const struct httpq_reply *reply,
			 const struct httpq_reply_frame *frame,
			 const u8 date[HTTPQ_DATE_LEN], u8 *out);
size_t httpq_reply_write_trailers(const struct httpq_reply *reply, u8 *out);
const char *httpq_reply_reason(u16 status);

#endif /* _HTTPQ_REPLY_H */
