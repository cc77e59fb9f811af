/* SPDX-License-Identifier: GPL-2.0 */
/* Why a request head is refused. Pure. */
#ifndef _HTTPQ_CAUSE_H
#define _HTTPQ_CAUSE_H

/*
 * Why a head was refused: the counter and the log's reason. X(name, status)
 */
#define HTTPQ_PARSE_CAUSES(X)						\
	X(REQUEST_LINE, 400)	/* not method SP target SP version CRLF */	\
	X(METHOD, 400)		/* method is not a token or too long */	\
	X(TARGET, 400)		/* none of the four forms, or bad bytes */	\
	X(TARGET_LENGTH, 414)						\
	X(VERSION, 400)		/* not HTTP/D.D */			\
	X(VERSION_UNSUPPORTED, 505)	/* HTTP/2.0, HTTP/0.9 */	\
	X(CONNECT, 501)							\
	X(LINE_END, 400)	/* bare CR or bare LF */		\
	X(FIELD_NAME, 400)	/* empty, not a token, space before colon */	\
	X(FIELD_VALUE, 400)	/* control byte */			\
	X(FOLDING, 400)		/* obs-fold */				\
	X(FIELD_LENGTH, 431)	/* one field line over the limit */	\
	X(FIELD_COUNT, 431)						\
	X(HEAD_LENGTH, 431)						\
	X(HOST, 400)		/* missing, twice, malformed, contradicts */	\
	X(CONTENT_LENGTH, 400)	/* malformed, twice, too large */	\
	X(FRAMING, 400)		/* Content-Length and Transfer-Encoding, */	\
				/* or Transfer-Encoding in HTTP/1.0, or */	\
				/* chunked not final or repeated */	\
	X(TRANSFER_CODING, 501)	/* a coding other than chunked */	\
	X(EXPECT, 417)		/* an expectation other than 100-continue */

enum httpq_parse_cause {
	HTTPQ_PARSE_CAUSE_NONE = 0,
#define X(name, status) HTTPQ_PARSE_CAUSE_##name,
	HTTPQ_PARSE_CAUSES(X)
#undef X
	HTTPQ_PARSE_CAUSE_NR,
};

#endif /* _HTTPQ_CAUSE_H */
