/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The head of a request: request line and header section, HTTP/1.1 and 1.0
 * (RFC 9112). An incremental parser that reads each byte once and leaves
 * offsets into the caller's buffer. Pure: no allocation, no sockets.
 */
#ifndef _HTTPQ_PARSE_H
#define _HTTPQ_PARSE_H

#include <linux/types.h>

#include <linux/httpq.h>

#include "cause.h"
#include "framing.h"

enum httpq_parse_result {
	HTTPQ_PARSE_MORE,	/* everything was read, the head goes on */
	HTTPQ_PARSE_DONE,	/* complete; bytes behind @pos are not the head's */
	HTTPQ_PARSE_FIELDS_FULL, /* call again with a larger field table */
	HTTPQ_PARSE_REFUSED,	/* @status and @cause say why */
};

/**
 * struct httpq_parse_limits - what a head may be, in bytes and in number
 * @head: the whole head with its final empty line.
 * @target: the request target.
 * @field: one field line without its line end.
 * @fields: field lines.
 */
struct httpq_parse_limits {
	u16 head;
	u16 target;
	u16 field;
	u16 fields;
};

/* Form of the request target, RFC 9112 section 3.2. */
enum httpq_parse_form {
	HTTPQ_PARSE_ORIGIN,
	HTTPQ_PARSE_ABSOLUTE,
	HTTPQ_PARSE_AUTHORITY,
	HTTPQ_PARSE_ASTERISK,
};

/**
 * struct httpq_parse - state of the parser, and what it found
 * @pos: bytes of the head read so far; they are never read again.
 * @nr_fields: entries of the field table in use.
 * @line: where the current line began.
 * @mark: where the element at hand began.
 * @end: end of the line at hand, without its line end.
 * @state: internal.
 * @cause: enum httpq_parse_cause, after HTTPQ_PARSE_REFUSED.
 * @status: status code to answer with, after HTTPQ_PARSE_REFUSED.
 * @version: 10 or 11.
 * @method_id: enum httpq_method.
 * @form: enum httpq_parse_form.
 * @flags: HTTPQ_PARSE_F_*, valid after HTTPQ_PARSE_DONE.
 * @method: the method, as an offset from the start of the head.
 * @target: the request target as it came.
 * @path: raw path of the target, without query. "/" for asterisk form and
 *	for an absolute form without path (then it may lie outside @target;
 *	len is 0 and the reader takes "/").
 * @query: after the first '?', without it; len 0 if absent.
 * @host: host that routes: of the absolute form, else of Host; without port,
 *	brackets kept, trailing dot dropped.
 * @content_length: if HTTPQ_PARSE_F_LENGTH, at most 2^63-1.
 * @authority: internal: authority of an absolute form, or for CONNECT.
 * @host_value: internal: value of the Host field.
 * @framing: internal: what the fields say so far.
 * @escape: internal: hexadecimal digits that a '%' still demands.
 * @trailers: internal: field lines are those of a trailer section.
 */
struct httpq_parse {
	u16 pos;
	u16 nr_fields;
	u16 line;
	u16 mark;
	u16 end;
	u8 state;
	u8 cause;
	u16 status;
	u8 version;
	u8 method_id;
	u8 form;
	u8 flags;
	struct httpq_span method;
	struct httpq_span target;
	struct httpq_span path;
	struct httpq_span query;
	struct httpq_span host;
	u64 content_length;
	struct httpq_span authority;
	struct httpq_span host_value;
	struct httpq_framing framing;
	u8 escape;
	bool trailers;
};

void httpq_parse_init(struct httpq_parse *p);
enum httpq_parse_result httpq_parse_head(struct httpq_parse *p,
					 const struct httpq_parse_limits *lim,
					 const u8 *buf, u16 len,
					 struct httpq_field *fields,
					 u16 max_fields);
int httpq_parse_trailers(const u8 *buf, u16 len, struct httpq_field *fields,
			 u16 max_fields);
const char *httpq_parse_cause_name(enum httpq_parse_cause cause);
u16 httpq_parse_cause_status(enum httpq_parse_cause cause);

#endif /* _HTTPQ_PARSE_H */
