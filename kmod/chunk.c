// SPDX-License-Identifier: GPL-2.0
/*
 * The chunked transfer coding (RFC 9112 section 7.1), decoding. Incremental
 * and pure: it says which bytes of the input are data, copies nothing.
 */
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "chunk.h"
#include "field.h"

/* What the next byte has to be. */
enum chunk_state {
	SIZE,			/* a digit of the size, or what follows it */
	EXT_SEMICOLON,		/* white space seen: a ';' has to come */
	EXT_NAME_START,
	EXT_NAME,
	EXT_NAME_END,		/* white space seen: '=' or ';' */
	EXT_VALUE_START,
	EXT_VALUE,
	EXT_QUOTED,
	EXT_QUOTED_PAIR,
	EXT_QUOTED_END,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_START,		/* first byte of a trailer line, or the end */
	TRAILER_NAME,		/* more of its name, or the colon */
	TRAILER_LINE,
	TRAILER_LF,
	END_LF,
	END,
	BAD,
	TOO_LONG,
};

/* The longest size; more digits than a u64 has are refused even if zero. */
#define MAX_DIGITS 16

static bool is_space(u8 c)
{
	return c == ' ' || c == '\t';
}

/* What can follow a complete name, value or size: see chunk-ext. */
static u8 after_element(u8 c)
{
	if (c == ';')
		return EXT_NAME_START;
	if (c == '\r')
		return SIZE_LF;
	return is_space(c) ? EXT_SEMICOLON : BAD;
}

static u8 step_size(struct httpq_chunk *c, u8 byte)
{
	if (!httpq_field_is(byte, HTTPQ_BYTE_HEX))
		return c->digits ? after_element(byte) : BAD;
	if (c->digits++ == MAX_DIGITS)
		return BAD;
	c->left = c->left << 4 | httpq_field_hex(byte);
	return c->left > S64_MAX ? BAD : SIZE;
}

static u8 step_name_start(u8 byte)
{
	if (is_space(byte))
		return EXT_NAME_START;
	return httpq_field_is_tchar(byte) ? EXT_NAME : BAD;
}

static u8 step_name(u8 byte)
{
	if (httpq_field_is_tchar(byte))
		return EXT_NAME;
	if (byte == '=')
		return EXT_VALUE_START;
	return is_space(byte) ? EXT_NAME_END : after_element(byte);
}

static u8 step_name_end(u8 byte)
{
	if (is_space(byte))
		return EXT_NAME_END;
	if (byte == '=')
		return EXT_VALUE_START;
	return byte == ';' ? EXT_NAME_START : BAD;
}

static u8 step_value_start(u8 byte)
{
	if (is_space(byte))
		return EXT_VALUE_START;
	if (byte == '"')
		return EXT_QUOTED;
	return httpq_field_is_tchar(byte) ? EXT_VALUE : BAD;
}

static u8 step_value(u8 byte)
{
	return httpq_field_is_tchar(byte) ? EXT_VALUE : after_element(byte);
}

static u8 step_quoted(u8 byte)
{
	if (byte == '"')
		return EXT_QUOTED_END;
	if (byte == '\\')
		return EXT_QUOTED_PAIR;
	return httpq_field_is(byte, HTTPQ_BYTE_TEXT) ? EXT_QUOTED : BAD;
}

static u8 step_semicolon(u8 byte)
{
	if (is_space(byte))
		return EXT_SEMICOLON;
	return byte == ';' ? EXT_NAME_START : BAD;
}

static u8 step_ext(u8 state, u8 byte)
{
	switch (state) {
	case EXT_SEMICOLON:
		return step_semicolon(byte);
	case EXT_NAME_START:
		return step_name_start(byte);
	case EXT_NAME:
		return step_name(byte);
	case EXT_NAME_END:
		return step_name_end(byte);
	case EXT_VALUE_START:
		return step_value_start(byte);
	case EXT_VALUE:
		return step_value(byte);
	case EXT_QUOTED:
		return step_quoted(byte);
	case EXT_QUOTED_PAIR:
		return httpq_field_is(byte, HTTPQ_BYTE_TEXT) ? EXT_QUOTED : BAD;
	default:
		return after_element(byte);
	}
}

/* The size line is complete; its size is in @left. */
static u8 step_size_lf(struct httpq_chunk *c, u8 byte)
{
	c->digits = 0;
	if (byte != '\n')
		return BAD;
	return c->left ? DATA : TRAILER_START;
}

/* One byte of framing outside of the trailer section. */
static u8 step_framing(struct httpq_chunk *c, u8 byte)
{
	u8 next;

	switch (c->state) {
	case SIZE:
		next = step_size(c, byte);
		break;
	case SIZE_LF:
		return step_size_lf(c, byte);
	case DATA_CR:
		return byte == '\r' ? DATA_LF : BAD;
	case DATA_LF:
		return byte == '\n' ? SIZE : BAD;
	case END_LF:
		return byte == '\n' ? END : BAD;
	default:
		next = step_ext(c->state, byte);
	}
	if (next >= EXT_SEMICOLON && next <= EXT_QUOTED_END &&
	    c->overhead++ >= c->max_ext)
		return TOO_LONG;
	return next;
}

static u8 step_trailer(struct httpq_chunk *c, u8 byte)
{
	if (c->trailers >= c->max_trailers)
		return TOO_LONG;
	c->trailers++;
	if (c->state == TRAILER_LF)
		return byte == '\n' ? TRAILER_START : BAD;
	/* RFC 9112 sections 5.1 and 5.2: a name, and at once its colon. */
	if (c->state == TRAILER_NAME && byte == ':')
		return TRAILER_LINE;
	if (c->state != TRAILER_LINE)
		return httpq_field_is_tchar(byte) ? TRAILER_NAME : BAD;
	if (byte == '\r')
		return TRAILER_LF;
	return httpq_field_is(byte, HTTPQ_BYTE_TEXT) ? TRAILER_LINE : BAD;
}

static bool in_trailers(u8 state)
{
	return state >= TRAILER_START && state <= TRAILER_LF;
}

/* A run of body bytes, which pays for as much overhead. */
static enum httpq_chunk_result take_data(struct httpq_chunk *c, size_t len,
					 struct httpq_chunk_run *run)
{
	run->off = run->used;
	run->len = min_t(u64, c->left, len - run->used);
	run->used += run->len;
	c->left -= run->len;
	c->overhead -= min_t(u64, c->overhead, run->len);
	if (!c->left)
		c->state = DATA_CR;
	return HTTPQ_CHUNK_DATA;
}

/* A run of trailer lines, up to the empty line or the end of the input. */
static void take_trailers(struct httpq_chunk *c, const u8 *in, size_t len,
			  struct httpq_chunk_run *run)
{
	run->off = run->used;
	while (run->used < len && in_trailers(c->state)) {
		if (c->state == TRAILER_START && in[run->used] == '\r')
			break;
		c->state = step_trailer(c, in[run->used++]);
	}
	run->len = run->used - run->off;
}

static enum httpq_chunk_result stop(u8 state, struct httpq_chunk_run *run)
{
	run->off = run->used;
	run->len = 0;
	if (state == END)
		return HTTPQ_CHUNK_END;
	return state == BAD ? HTTPQ_CHUNK_BAD : HTTPQ_CHUNK_TOO_LONG;
}

/**
 * httpq_chunk_init - begin a chunked body
 * @c: the decoder.
 * @max_ext: bound of the chunk extensions, see struct httpq_chunk.
 * @max_trailers: bound of the trailer section, without the final empty line.
 *
 * Context: any.
 */
void httpq_chunk_init(struct httpq_chunk *c, u16 max_ext, u16 max_trailers)
{
	memset(c, 0, sizeof(*c));
	c->max_ext = max_ext;
	c->max_trailers = max_trailers;
}

/**
 * httpq_chunk_decode - decode the next piece of a chunked body
 * @c: the decoder.
 * @in: bytes as they came; they may be split anywhere.
 * @len: how many.
 * @run: what was found.
 *
 * The caller takes @run->used bytes off the input and calls again until
 * HTTPQ_CHUNK_MORE (all used) or one of the last three, which are final: they
 * are returned again by any further call, without using anything. Bytes behind
 * the body are never used.
 *
 * Context: any.
 * Return: enum httpq_chunk_result.
 */
enum httpq_chunk_result httpq_chunk_decode(struct httpq_chunk *c, const u8 *in,
					   size_t len,
					   struct httpq_chunk_run *run)
{
	memset(run, 0, sizeof(*run));
	while (c->state < END && run->used < len) {
		if (c->state == DATA)
			return take_data(c, len, run);
		if (c->state == TRAILER_START && in[run->used] == '\r') {
			c->state = END_LF;
			run->used++;
		} else if (in_trailers(c->state)) {
			take_trailers(c, in, len, run);
			if (c->state < END)
				return HTTPQ_CHUNK_TRAILER;
		} else {
			c->state = step_framing(c, in[run->used++]);
		}
	}
	return c->state < END ? HTTPQ_CHUNK_MORE : stop(c->state, run);
}

/**
 * httpq_chunk_format_size - write the size line of a chunk
 * @size: bytes of data in the chunk.
 * @out: hexadecimal digits in lower case and CRLF, not NUL-terminated.
 *
 * Context: any.
 * Return: bytes written, 3 to 18.
 */
size_t httpq_chunk_format_size(u64 size, u8 out[18])
{
	size_t digits = 1;
	size_t i;

	while (digits < MAX_DIGITS && size >> (4 * digits))
		digits++;
	for (i = digits; i--; size >>= 4)
		out[i] = "0123456789abcdef"[size & 15];
	out[digits] = '\r';
	out[digits + 1] = '\n';
	return digits + 2;
}
