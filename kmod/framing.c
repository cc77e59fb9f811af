// SPDX-License-Identifier: GPL-2.0
/*
 * What the fields of a request say about where it ends and what becomes of the
 * connection (RFC 9112 sections 6 and 9). Pure.
 */
#include <linux/bits.h>
#include <linux/types.h>

#include "field.h"
#include "framing.h"

/* httpq_framing.seen */
#define SEEN_LENGTH		BIT(0)
#define SEEN_CODING		BIT(1)	/* Transfer-Encoding */
#define SEEN_CHUNKED		BIT(2)	/* its last coding was chunked */
#define SEEN_OTHER_CODING	BIT(3)
#define SEEN_CLOSE		BIT(4)	/* Connection: ... */
#define SEEN_KEEPALIVE		BIT(5)
#define SEEN_UPGRADE_OPTION	BIT(6)
#define SEEN_UPGRADE		BIT(7)	/* the field Upgrade */
#define SEEN_CONTINUE		BIT(8)	/* Expect: ... */
#define SEEN_OTHER_EXPECT	BIT(9)

static enum httpq_parse_cause take_length(struct httpq_framing *f,
					  const u8 *value, u16 len)
{
	if (f->seen & SEEN_LENGTH ||
	    httpq_field_parse_length(value, len, &f->content_length))
		return HTTPQ_PARSE_CAUSE_CONTENT_LENGTH;
	f->seen |= SEEN_LENGTH;
	return HTTPQ_PARSE_CAUSE_NONE;
}

/* Nothing may follow chunked, in this line or in a later one. */
static enum httpq_parse_cause take_coding(struct httpq_framing *f,
					  const u8 *value, u16 len)
{
	struct httpq_bytes list = { value, len };
	struct httpq_bytes item;

	f->seen |= SEEN_CODING;
	while (httpq_field_list_next(&list, &item)) {
		if (f->seen & SEEN_CHUNKED ||
		    !httpq_field_name_valid(item.ptr, item.len))
			return HTTPQ_PARSE_CAUSE_FRAMING;
		if (httpq_field_bytes_equal(item.ptr, item.len, "chunked"))
			f->seen |= SEEN_CHUNKED;
		else
			f->seen |= SEEN_OTHER_CODING;
	}
	return HTTPQ_PARSE_CAUSE_NONE;
}

static u16 connection_option(const struct httpq_bytes *item)
{
	if (httpq_field_bytes_equal(item->ptr, item->len, "close"))
		return SEEN_CLOSE;
	if (httpq_field_bytes_equal(item->ptr, item->len, "keep-alive"))
		return SEEN_KEEPALIVE;
	if (httpq_field_bytes_equal(item->ptr, item->len, "upgrade"))
		return SEEN_UPGRADE_OPTION;
	return 0;
}

static enum httpq_parse_cause take_connection(struct httpq_framing *f,
					      const u8 *value, u16 len)
{
	struct httpq_bytes list = { value, len };
	struct httpq_bytes item;

	while (httpq_field_list_next(&list, &item)) {
		/* Empty elements are legal, RFC 9110 section 5.6.1.2. */
		if (item.len && !httpq_field_name_valid(item.ptr, item.len))
			return HTTPQ_PARSE_CAUSE_FIELD_VALUE;
		f->seen |= connection_option(&item);
	}
	return HTTPQ_PARSE_CAUSE_NONE;
}

/* An unknown expectation is a fault of the request only once it is whole. */
static enum httpq_parse_cause take_expect(struct httpq_framing *f,
					  const u8 *value, u16 len)
{
	struct httpq_bytes list = { value, len };
	struct httpq_bytes item;

	while (httpq_field_list_next(&list, &item)) {
		if (httpq_field_bytes_equal(item.ptr, item.len, "100-continue"))
			f->seen |= SEEN_CONTINUE;
		else if (item.len)
			f->seen |= SEEN_OTHER_EXPECT;
	}
	return HTTPQ_PARSE_CAUSE_NONE;
}

/**
 * httpq_framing_take - look at one field of the header section
 * @f: what was seen so far; all zero at first.
 * @id: enum httpq_field_id; most are of no interest here.
 * @value: the value without surrounding white space.
 * @len: its length.
 *
 * Context: any.
 * Return: HTTPQ_PARSE_CAUSE_NONE, or why the request is to be refused.
 */
enum httpq_parse_cause httpq_framing_take(struct httpq_framing *f, u16 id,
					  const u8 *value, u16 len)
{
	switch (id) {
	case HTTPQ_FIELD_CONTENT_LENGTH:
		return take_length(f, value, len);
	case HTTPQ_FIELD_TRANSFER_ENCODING:
		return take_coding(f, value, len);
	case HTTPQ_FIELD_CONNECTION:
		return take_connection(f, value, len);
	case HTTPQ_FIELD_EXPECT:
		return take_expect(f, value, len);
	case HTTPQ_FIELD_UPGRADE:
		f->seen |= SEEN_UPGRADE;
		return HTTPQ_PARSE_CAUSE_NONE;
	default:
		return HTTPQ_PARSE_CAUSE_NONE;
	}
}

/**
 * httpq_framing_check - judge the header section as a whole
 * @f: what was seen.
 * @version: 10 or 11.
 *
 * Refuses whatever two recipients could frame differently, also where RFC 9112
 * section 6.3 would let Transfer-Encoding override Content-Length.
 *
 * Context: any.
 * Return: HTTPQ_PARSE_CAUSE_NONE, or why the request is to be refused.
 */
enum httpq_parse_cause httpq_framing_check(const struct httpq_framing *f,
					   u8 version)
{
	if (f->seen & SEEN_CODING && (version < 11 || f->seen & SEEN_LENGTH))
		return HTTPQ_PARSE_CAUSE_FRAMING;
	/*
	 * Also if it stands alone: RFC 9112 section 6.1 allows 501 for a coding
	 * that is not known, and section 6.3, rule 4, wants 400 where chunked
	 * is there and not the last. take_coding() has refused that.
	 */
	if (f->seen & SEEN_OTHER_CODING)
		return HTTPQ_PARSE_CAUSE_TRANSFER_CODING;
	if (f->seen & SEEN_OTHER_EXPECT)
		return HTTPQ_PARSE_CAUSE_EXPECT;
	return HTTPQ_PARSE_CAUSE_NONE;
}

static bool persists(const struct httpq_framing *f, u8 version)
{
	if (f->seen & SEEN_CLOSE)
		return false;
	return version >= 11 || f->seen & SEEN_KEEPALIVE;
}

/* HTTP/1.0 knows neither 100 (Continue) nor Upgrade, RFC 9110 10.1.1, 7.8. */
static u8 flags_of_11(const struct httpq_framing *f)
{
	u8 flags = 0;

	if (f->seen & SEEN_CONTINUE &&
	    (f->seen & SEEN_CHUNKED || f->content_length))
		flags |= HTTPQ_PARSE_F_CONTINUE;
	if (f->seen & SEEN_UPGRADE && f->seen & SEEN_UPGRADE_OPTION)
		flags |= HTTPQ_PARSE_F_UPGRADE;
	return flags;
}

/**
 * httpq_framing_flags - what follows from the fields
 * @f: what was seen, after httpq_framing_check().
 * @version: 10 or 11.
 *
 * Context: any.
 * Return: HTTPQ_PARSE_F_*, without HTTPQ_PARSE_F_HOST.
 */
u8 httpq_framing_flags(const struct httpq_framing *f, u8 version)
{
	u8 flags = version < 11 ? 0 : flags_of_11(f);

	if (f->seen & SEEN_CHUNKED)
		flags |= HTTPQ_PARSE_F_CHUNKED;
	if (f->seen & SEEN_LENGTH)
		flags |= HTTPQ_PARSE_F_LENGTH;
	if (f->seen & SEEN_CLOSE)
		flags |= HTTPQ_PARSE_F_CLOSE;
	if (persists(f, version))
		flags |= HTTPQ_PARSE_F_KEEPALIVE;
	return flags;
}
