// SPDX-License-Identifier: GPL-2.0
/*
 * Field names and values: the token and value grammar of RFC 9110 section 5,
 * and the numbers of the known names. Pure: no allocation, no sockets.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/types.h>

#include "field.h"

#define T HTTPQ_BYTE_TCHAR
#define X HTTPQ_BYTE_TEXT
#define P (HTTPQ_BYTE_PATH | HTTPQ_BYTE_QUERY)
#define Q HTTPQ_BYTE_QUERY
#define U HTTPQ_BYTE_UNRESERVED
#define H HTTPQ_BYTE_HOST
#define ALPHA (T | X | P | U | H)

/* Which classes each byte belongs to; control bytes and DEL to none. */
const u8 httpq_field_class[256] = {
	['\t'] = X,
	[' '] = X,
	['!'] = T | X | P | H,
	['"'] = X,
	['#'] = T | X,
	['$'] = T | X | P | H,
	['%'] = T | X,
	['&'] = T | X | P | H,
	['\''] = T | X | P | H,
	['('] = X | P | H,
	[')'] = X | P | H,
	['*'] = T | X | P | H,
	['+'] = T | X | P | H,
	[','] = X | P | H,
	['-'] = T | X | P | U | H,
	['.'] = T | X | P | U | H,
	['/'] = X | P,
	['0' ... '9'] = ALPHA | HTTPQ_BYTE_DIGIT | HTTPQ_BYTE_HEX,
	[':'] = X | P,
	[';'] = X | P | H,
	['<'] = X,
	['='] = X | P | H,
	['>'] = X,
	['?'] = X | Q,
	['@'] = X | P,
	['A' ... 'F'] = ALPHA | HTTPQ_BYTE_HEX,
	['G' ... 'Z'] = ALPHA,
	['['] = X,
	['\\'] = X,
	[']'] = X,
	['^'] = T | X,
	['_'] = T | X | P | U | H,
	['`'] = T | X,
	['a' ... 'f'] = ALPHA | HTTPQ_BYTE_HEX,
	['g' ... 'z'] = ALPHA,
	['{'] = X,
	['|'] = T | X,
	['}'] = X,
	['~'] = T | X | P | U | H,
	[0x80 ... 0xff] = X,
};

#undef T
#undef X
#undef P
#undef Q
#undef U
#undef H
#undef ALPHA

/* The spelling that goes out, by id. */
static const struct {
	const char *text;
	u8 len;
} names[HTTPQ_FIELD_NR] = {
#define N(text) { text, sizeof(text) - 1 }
	[HTTPQ_FIELD_ACCEPT] = N("Accept"),
	[HTTPQ_FIELD_ACCEPT_CHARSET] = N("Accept-Charset"),
	[HTTPQ_FIELD_ACCEPT_ENCODING] = N("Accept-Encoding"),
	[HTTPQ_FIELD_ACCEPT_LANGUAGE] = N("Accept-Language"),
	[HTTPQ_FIELD_ACCEPT_RANGES] = N("Accept-Ranges"),
	[HTTPQ_FIELD_AGE] = N("Age"),
	[HTTPQ_FIELD_ALLOW] = N("Allow"),
	[HTTPQ_FIELD_AUTHORIZATION] = N("Authorization"),
	[HTTPQ_FIELD_CACHE_CONTROL] = N("Cache-Control"),
	[HTTPQ_FIELD_CONNECTION] = N("Connection"),
	[HTTPQ_FIELD_CONTENT_ENCODING] = N("Content-Encoding"),
	[HTTPQ_FIELD_CONTENT_LANGUAGE] = N("Content-Language"),
	[HTTPQ_FIELD_CONTENT_LENGTH] = N("Content-Length"),
	[HTTPQ_FIELD_CONTENT_LOCATION] = N("Content-Location"),
	[HTTPQ_FIELD_CONTENT_RANGE] = N("Content-Range"),
	[HTTPQ_FIELD_CONTENT_TYPE] = N("Content-Type"),
	[HTTPQ_FIELD_COOKIE] = N("Cookie"),
	[HTTPQ_FIELD_DATE] = N("Date"),
	[HTTPQ_FIELD_ETAG] = N("ETag"),
	[HTTPQ_FIELD_EXPECT] = N("Expect"),
	[HTTPQ_FIELD_EXPIRES] = N("Expires"),
	[HTTPQ_FIELD_FORWARDED] = N("Forwarded"),
	[HTTPQ_FIELD_FROM] = N("From"),
	[HTTPQ_FIELD_HOST] = N("Host"),
	[HTTPQ_FIELD_IF_MATCH] = N("If-Match"),
	[HTTPQ_FIELD_IF_MODIFIED_SINCE] = N("If-Modified-Since"),
	[HTTPQ_FIELD_IF_NONE_MATCH] = N("If-None-Match"),
	[HTTPQ_FIELD_IF_RANGE] = N("If-Range"),
	[HTTPQ_FIELD_IF_UNMODIFIED_SINCE] = N("If-Unmodified-Since"),
	[HTTPQ_FIELD_KEEP_ALIVE] = N("Keep-Alive"),
	[HTTPQ_FIELD_LAST_MODIFIED] = N("Last-Modified"),
	[HTTPQ_FIELD_LINK] = N("Link"),
	[HTTPQ_FIELD_LOCATION] = N("Location"),
	[HTTPQ_FIELD_MAX_FORWARDS] = N("Max-Forwards"),
	[HTTPQ_FIELD_ORIGIN] = N("Origin"),
	[HTTPQ_FIELD_PRAGMA] = N("Pragma"),
	[HTTPQ_FIELD_PROXY_AUTHENTICATE] = N("Proxy-Authenticate"),
	[HTTPQ_FIELD_PROXY_AUTHORIZATION] = N("Proxy-Authorization"),
	[HTTPQ_FIELD_RANGE] = N("Range"),
	[HTTPQ_FIELD_REFERER] = N("Referer"),
	[HTTPQ_FIELD_RETRY_AFTER] = N("Retry-After"),
	[HTTPQ_FIELD_SERVER] = N("Server"),
	[HTTPQ_FIELD_SET_COOKIE] = N("Set-Cookie"),
	[HTTPQ_FIELD_STRICT_TRANSPORT_SECURITY] =
		N("Strict-Transport-Security"),
	[HTTPQ_FIELD_TE] = N("TE"),
	[HTTPQ_FIELD_TRAILER] = N("Trailer"),
	[HTTPQ_FIELD_TRANSFER_ENCODING] = N("Transfer-Encoding"),
	[HTTPQ_FIELD_UPGRADE] = N("Upgrade"),
	[HTTPQ_FIELD_USER_AGENT] = N("User-Agent"),
	[HTTPQ_FIELD_VARY] = N("Vary"),
	[HTTPQ_FIELD_VIA] = N("Via"),
	[HTTPQ_FIELD_WWW_AUTHENTICATE] = N("WWW-Authenticate"),
	[HTTPQ_FIELD_X_FORWARDED_FOR] = N("X-Forwarded-For"),
#undef N
};

/* Candidates by length of the name; HTTPQ_FIELD_OTHER ends a row. */
static const u8 by_length[][6] = {
	[2] = { HTTPQ_FIELD_TE },
	[3] = { HTTPQ_FIELD_AGE, HTTPQ_FIELD_VIA },
	[4] = { HTTPQ_FIELD_HOST, HTTPQ_FIELD_DATE, HTTPQ_FIELD_ETAG,
		HTTPQ_FIELD_FROM, HTTPQ_FIELD_LINK, HTTPQ_FIELD_VARY },
	[5] = { HTTPQ_FIELD_ALLOW, HTTPQ_FIELD_RANGE },
	[6] = { HTTPQ_FIELD_ACCEPT, HTTPQ_FIELD_COOKIE, HTTPQ_FIELD_EXPECT,
		HTTPQ_FIELD_ORIGIN, HTTPQ_FIELD_PRAGMA, HTTPQ_FIELD_SERVER },
	[7] = { HTTPQ_FIELD_REFERER, HTTPQ_FIELD_EXPIRES, HTTPQ_FIELD_TRAILER,
		HTTPQ_FIELD_UPGRADE },
	[8] = { HTTPQ_FIELD_IF_MATCH, HTTPQ_FIELD_IF_RANGE,
		HTTPQ_FIELD_LOCATION },
	[9] = { HTTPQ_FIELD_FORWARDED },
	[10] = { HTTPQ_FIELD_CONNECTION, HTTPQ_FIELD_USER_AGENT,
		 HTTPQ_FIELD_KEEP_ALIVE, HTTPQ_FIELD_SET_COOKIE },
	[11] = { HTTPQ_FIELD_RETRY_AFTER },
	[12] = { HTTPQ_FIELD_CONTENT_TYPE, HTTPQ_FIELD_MAX_FORWARDS },
	[13] = { HTTPQ_FIELD_AUTHORIZATION, HTTPQ_FIELD_CACHE_CONTROL,
		 HTTPQ_FIELD_IF_NONE_MATCH, HTTPQ_FIELD_ACCEPT_RANGES,
		 HTTPQ_FIELD_CONTENT_RANGE, HTTPQ_FIELD_LAST_MODIFIED },
	[14] = { HTTPQ_FIELD_CONTENT_LENGTH, HTTPQ_FIELD_ACCEPT_CHARSET },
	[15] = { HTTPQ_FIELD_ACCEPT_ENCODING, HTTPQ_FIELD_ACCEPT_LANGUAGE,
		 HTTPQ_FIELD_X_FORWARDED_FOR },
	[16] = { HTTPQ_FIELD_CONTENT_ENCODING, HTTPQ_FIELD_CONTENT_LANGUAGE,
		 HTTPQ_FIELD_CONTENT_LOCATION, HTTPQ_FIELD_WWW_AUTHENTICATE },
	[17] = { HTTPQ_FIELD_TRANSFER_ENCODING,
		 HTTPQ_FIELD_IF_MODIFIED_SINCE },
	[18] = { HTTPQ_FIELD_PROXY_AUTHENTICATE },
	[19] = { HTTPQ_FIELD_IF_UNMODIFIED_SINCE,
		 HTTPQ_FIELD_PROXY_AUTHORIZATION },
	[25] = { HTTPQ_FIELD_STRICT_TRANSPORT_SECURITY },
};

/*
 * Framing, routing, authentication, request modifiers, response control and
 * content format must not be taken from trailers (RFC 9110 section 6.5.1).
 */
static const bool not_in_trailers[HTTPQ_FIELD_NR] = {
	[HTTPQ_FIELD_AGE] = true,
	[HTTPQ_FIELD_AUTHORIZATION] = true,
	[HTTPQ_FIELD_CACHE_CONTROL] = true,
	[HTTPQ_FIELD_CONNECTION] = true,
	[HTTPQ_FIELD_CONTENT_ENCODING] = true,
	[HTTPQ_FIELD_CONTENT_LENGTH] = true,
	[HTTPQ_FIELD_CONTENT_RANGE] = true,
	[HTTPQ_FIELD_CONTENT_TYPE] = true,
	[HTTPQ_FIELD_COOKIE] = true,
	[HTTPQ_FIELD_DATE] = true,
	[HTTPQ_FIELD_EXPECT] = true,
	[HTTPQ_FIELD_EXPIRES] = true,
	[HTTPQ_FIELD_FORWARDED] = true,
	[HTTPQ_FIELD_HOST] = true,
	[HTTPQ_FIELD_IF_MATCH] = true,
	[HTTPQ_FIELD_IF_MODIFIED_SINCE] = true,
	[HTTPQ_FIELD_IF_NONE_MATCH] = true,
	[HTTPQ_FIELD_IF_RANGE] = true,
	[HTTPQ_FIELD_IF_UNMODIFIED_SINCE] = true,
	[HTTPQ_FIELD_KEEP_ALIVE] = true,
	[HTTPQ_FIELD_LOCATION] = true,
	[HTTPQ_FIELD_MAX_FORWARDS] = true,
	[HTTPQ_FIELD_PRAGMA] = true,
	[HTTPQ_FIELD_PROXY_AUTHENTICATE] = true,
	[HTTPQ_FIELD_PROXY_AUTHORIZATION] = true,
	[HTTPQ_FIELD_RANGE] = true,
	[HTTPQ_FIELD_RETRY_AFTER] = true,
	[HTTPQ_FIELD_SET_COOKIE] = true,
	[HTTPQ_FIELD_TE] = true,
	[HTTPQ_FIELD_TRAILER] = true,
	[HTTPQ_FIELD_TRANSFER_ENCODING] = true,
	[HTTPQ_FIELD_UPGRADE] = true,
	[HTTPQ_FIELD_VARY] = true,
	[HTTPQ_FIELD_WWW_AUTHENTICATE] = true,
	[HTTPQ_FIELD_X_FORWARDED_FOR] = true,
};

/* Eight bytes at once; tests of all of them don't care for their order. */
static u64 word_at(const u8 *ptr)
{
	u64 word;

	memcpy(&word, ptr, sizeof(word));
	return word;
}

/* One bit in each byte of a word. */
#define EACH_BYTE(bits)	((bits) * 0x0101010101010101ULL)

/*
 * A subtraction borrows from the top bit of a byte that is less, and sets it
 * above such a byte only: the result is 0 or not, but it isn't a mask.
 */
static bool word_is_text(u64 word)
{
	u64 del = word ^ EACH_BYTE(0x7f);
	u64 control = (word - EACH_BYTE(0x20)) & ~word;

	del = (del - EACH_BYTE(0x01)) & ~del;
	return !((control | del) & EACH_BYTE(0x80));
}

/* Whether two words differ in more than the case of letters in @known. */
static bool words_differ(u64 word, u64 known)
{
	/* In the names that are known only letters have bit 6. */
	return (word ^ known) & ~(known >> 1 & EACH_BYTE(0x20));
}

static bool all_of(const u8 *ptr, size_t len, u8 class)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!httpq_field_is(ptr[i], class))
			return false;
	return true;
}

/**
 * httpq_field_is_tchar - can a byte be part of a token?
 * @c: the byte.
 *
 * Context: any.
 * Return: true for a tchar of RFC 9110 section 5.6.2.
 */
bool httpq_field_is_tchar(u8 c)
{
	return httpq_field_is(c, HTTPQ_BYTE_TCHAR);
}

/**
 * httpq_field_name_valid - is this a field name, that is a token?
 * @name: the bytes.
 * @len: how many.
 *
 * Context: any.
 * Return: true if so; an empty name is none.
 */
bool httpq_field_name_valid(const u8 *name, size_t len)
{
	return len && all_of(name, len, HTTPQ_BYTE_TCHAR);
}

/**
 * httpq_field_text_length - how many bytes of a value come first
 * @ptr: the bytes.
 * @len: how many there are.
 *
 * Context: any.
 * Return: how many bytes there are before the first one that no value holds.
 */
size_t httpq_field_text_length(const u8 *ptr, size_t len)
{
	size_t i = 0;

	while (len - i >= sizeof(u64) && word_is_text(word_at(ptr + i)))
		i += sizeof(u64);
	while (i < len && httpq_field_is(ptr[i], HTTPQ_BYTE_TEXT))
		i++;
	return i;
}

/**
 * httpq_field_value_valid - is this a field value?
 * @value: the bytes.
 * @len: how many; an empty value is valid.
 *
 * White space at the ends is not looked at.
 *
 * Context: any.
 * Return: true if there is no control byte but HTAB.
 */
bool httpq_field_value_valid(const u8 *value, size_t len)
{
	return httpq_field_text_length(value, len) == len;
}

/**
 * httpq_field_bytes_equal - compare with a lower-case string, without case
 * @a: the bytes.
 * @len: how many.
 * @lower: NUL-terminated, in lower case.
 *
 * Context: any.
 * Return: true if they are equal but for the case of ASCII letters.
 */
bool httpq_field_bytes_equal(const u8 *a, size_t len, const char *lower)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!lower[i] || httpq_field_lower(a[i]) != (u8)lower[i])
			return false;
	return !lower[len];
}

/*
 * The last word first, which may overlap the one before: many names begin in
 * the same way.
 */
static bool name_is(const u8 *name, size_t len, u16 id)
{
	const u8 *known = (const u8 *)names[id].text;
	size_t i = 0;

	if (len >= sizeof(u64)) {
		len -= sizeof(u64);
		if (words_differ(word_at(name + len), word_at(known + len)))
			return false;
		for (; i < len; i += sizeof(u64))
			if (words_differ(word_at(name + i), word_at(known + i)))
				return false;
		return true;
	}
	for (; i < len; i++)
		if (httpq_field_lower(name[i]) != httpq_field_lower(known[i]))
			return false;
	return true;
}

/**
 * httpq_field_id - number of a field name
 * @name: the name, in any case.
 * @len: its length.
 *
 * Context: any.
 * Return: enum httpq_field_id; HTTPQ_FIELD_OTHER if it is not a known name.
 */
u16 httpq_field_id(const u8 *name, size_t len)
{
	const u8 *row;
	size_t i;

	if (len >= ARRAY_SIZE(by_length))
		return HTTPQ_FIELD_OTHER;
	row = by_length[len];
	for (i = 0; i < ARRAY_SIZE(by_length[0]) && row[i]; i++)
		if (name_is(name, len, row[i]))
			return row[i];
	return HTTPQ_FIELD_OTHER;
}

/**
 * httpq_field_name - the usual spelling of a known name
 * @id: enum httpq_field_id.
 *
 * Context: any.
 * Return: a static string, or NULL for HTTPQ_FIELD_OTHER and unknown numbers.
 */
const char *httpq_field_name(u16 id)
{
	return id < HTTPQ_FIELD_NR ? names[id].text : NULL;
}

/**
 * httpq_field_name_length - length of what httpq_field_name() gives
 * @id: enum httpq_field_id.
 *
 * Context: any.
 * Return: the length, 0 for HTTPQ_FIELD_OTHER and unknown numbers.
 */
size_t httpq_field_name_length(u16 id)
{
	return id < HTTPQ_FIELD_NR ? names[id].len : 0;
}

/**
 * httpq_field_in_trailers - may a field stand in a trailer section?
 * @id: enum httpq_field_id.
 *
 * Context: any.
 * Return: false for fields that frame, route, authenticate or describe the
 * message (RFC 9110 section 6.5.1).
 */
bool httpq_field_in_trailers(u16 id)
{
	return id >= HTTPQ_FIELD_NR || !not_in_trailers[id];
}

/* Length up to the next comma that is not inside a quoted string. */
static size_t item_length(const struct httpq_bytes *list)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < list->len; i++) {
		u8 c = list->ptr[i];

		if (c == ',' && !quoted)
			break;
		if (c == '"')
			quoted = !quoted;
		else if (c == '\\' && quoted && i + 1 < list->len)
			i++;
	}
	return i;
}

static bool is_space(u8 c)
{
	return c == ' ' || c == '\t';
}

static void trim(struct httpq_bytes *item)
{
	while (item->len && is_space(item->ptr[0])) {
		item->ptr++;
		item->len--;
	}
	while (item->len && is_space(item->ptr[item->len - 1]))
		item->len--;
}

/**
 * httpq_field_list_next - take the next element off a comma-separated list
 * @list: what is left; its pointer is NULL when nothing is.
 * @item: the element without surrounding white space.
 *
 * Elements can be empty: whether "a,,b" or "" is acceptable depends on the
 * field. A list of n commas has n + 1 elements. Commas in quoted strings do
 * not separate.
 *
 * Context: any.
 * Return: false if the list is used up, and @item is not written.
 */
bool httpq_field_list_next(struct httpq_bytes *list, struct httpq_bytes *item)
{
	size_t len;

	if (!list->ptr)
		return false;
	len = item_length(list);
	item->ptr = list->ptr;
	item->len = len;
	trim(item);
	if (len == list->len) {
		list->ptr = NULL;
		list->len = 0;
	} else {
		list->ptr += len + 1;
		list->len -= len + 1;
	}
	return true;
}

/**
 * httpq_field_list_has - is a token an element of a list?
 * @value: the list.
 * @len: its length.
 * @lower: the token in lower case, NUL-terminated.
 *
 * Context: any.
 * Return: true if an element equals it without case.
 */
bool httpq_field_list_has(const u8 *value, size_t len, const char *lower)
{
	struct httpq_bytes list = { value, len };
	struct httpq_bytes item;

	while (httpq_field_list_next(&list, &item))
		if (httpq_field_bytes_equal(item.ptr, item.len, lower))
			return true;
	return false;
}

/**
 * httpq_field_parse_length - read the value of a Content-Length
 * @value: the value, without surrounding white space.
 * @len: its length.
 * @out: the number; not written on error.
 *
 * Only digits (RFC 9110 section 8.6). A list of equal numbers, which the RFC
 * lets a recipient accept, is refused: the next one may read it differently.
 *
 * Context: any.
 * Return: 0, or -EINVAL if it isn't a number up to 2^63-1.
 */
int httpq_field_parse_length(const u8 *value, size_t len, u64 *out)
{
	u64 number = 0;
	size_t i;

	if (!len || !all_of(value, len, HTTPQ_BYTE_DIGIT))
		return -EINVAL;
	for (i = 0; i < len; i++) {
		u8 digit = value[i] - '0';

		/* S64_MAX is 10 * 922337203685477580 + 7. */
		if (number > (S64_MAX - 7) / 10 ||
		    (number == (S64_MAX - 7) / 10 && digit > 7))
			return -EINVAL;
		number = number * 10 + digit;
	}
	*out = number;
	return 0;
}
