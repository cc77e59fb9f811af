/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The chunked transfer coding (RFC 9112 section 7.1), decoding. Incremental
 * and pure: it says which bytes of the input are data, copies nothing.
 */
#ifndef _HTTPQ_CHUNK_H
#define _HTTPQ_CHUNK_H

#include <linux/types.h>

enum httpq_chunk_result {
	HTTPQ_CHUNK_MORE,	/* input used up */
	HTTPQ_CHUNK_DATA,	/* a run of body bytes: @run says which */
	HTTPQ_CHUNK_TRAILER,	/* a run of the trailer section */
	HTTPQ_CHUNK_END,	/* body and trailers complete */
	HTTPQ_CHUNK_BAD,	/* broken framing: 400 */
	HTTPQ_CHUNK_TOO_LONG,	/* extensions or trailers over the limit: 431 */
};

/**
 * struct httpq_chunk - state of the decoder
 * @left: bytes of the current chunk that are still to come.
 * @overhead: bytes of chunk extensions that no byte of data has paid for yet;
 *	bounded by @max_ext so that framing can't be used to send for ever for
 *	next to nothing.
 * @trailers: bytes of the trailer section so far.
 * @max_ext: bound of @overhead.
 * @max_trailers: bound of @trailers.
 * @state: internal.
 * @digits: internal: digits of the size read so far.
 */
struct httpq_chunk {
	u64 left;
	u32 overhead;
	u32 trailers;
	u16 max_ext;
	u16 max_trailers;
	u8 state;
	u8 digits;
};

/**
 * struct httpq_chunk_run - what one call found in its input
 * @used: bytes of the input that are done with, the run included.
 * @off: where the run begins in the input.
 * @len: its length.
 *
 * The trailer section is passed out as it comes, field lines with their line
 * ends and without the final empty line; httpq_parse_trailers() reads it.
 */
struct httpq_chunk_run {
	size_t used;
	size_t off;
	size_t len;
};

void httpq_chunk_init(struct httpq_chunk *c, u16 max_ext, u16 max_trailers);
enum httpq_chunk_result httpq_chunk_decode(struct httpq_chunk *c, const u8 *in,
					   size_t len,
					   struct httpq_chunk_run *run);
size_t httpq_chunk_format_size(u64 size, u8 out[18]);

#endif /* _HTTPQ_CHUNK_H */
