/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fields of a request say about where it ends and what becomes of the
 * connection (RFC 9112 sections 6 and 9). Pure.
 */
#ifndef _HTTPQ_FRAMING_H
#define _HTTPQ_FRAMING_H

#include <linux/bits.h>
#include <linux/types.h>

#include "cause.h"

/* httpq_parse.flags, valid once the result is HTTPQ_PARSE_DONE */
#define HTTPQ_PARSE_F_CHUNKED		BIT(0)	/* chunked request body */
#define HTTPQ_PARSE_F_LENGTH		BIT(1)	/* Content-Length was given */
#define HTTPQ_PARSE_F_CLOSE		BIT(2)	/* Connection: close */
#define HTTPQ_PARSE_F_KEEPALIVE		BIT(3)	/* connection persists */
#define HTTPQ_PARSE_F_CONTINUE		BIT(4)	/* Expect: 100-continue */
#define HTTPQ_PARSE_F_UPGRADE		BIT(5)	/* Upgrade + Connection: upgrade */
#define HTTPQ_PARSE_F_HOST		BIT(6)	/* a Host field was there */

/**
 * struct httpq_framing - what the fields say so far
 * @content_length: value of Content-Length.
 * @seen: internal: which fields and list elements were there.
 */
struct httpq_framing {
	u64 content_length;
	u16 seen;
};

enum httpq_parse_cause httpq_framing_take(struct httpq_framing *f, u16 id,
					  const u8 *value, u16 len);
enum httpq_parse_cause httpq_framing_check(const struct httpq_framing *f,
					   u8 version);
u8 httpq_framing_flags(const struct httpq_framing *f, u8 version);

#endif /* _HTTPQ_FRAMING_H */
