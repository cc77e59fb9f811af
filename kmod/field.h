/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Field names and values: the token and value grammar of RFC 9110 section 5,
 * and the numbers of the known names. Pure: no allocation, no sockets.
 */
#ifndef _HTTPQ_FIELD_H
#define _HTTPQ_FIELD_H

#include <linux/bits.h>
#include <linux/types.h>

#include <linux/httpq.h>

/* Classes of bytes in httpq_field_class[]. */
#define HTTPQ_BYTE_TCHAR	BIT(0)	/* tchar, RFC 9110 section 5.6.2 */
#define HTTPQ_BYTE_TEXT		BIT(1)	/* VCHAR, obs-text, SP or HTAB */
#define HTTPQ_BYTE_PATH		BIT(2)	/* pchar or '/', RFC 3986; without '%' */
#define HTTPQ_BYTE_QUERY	BIT(3)	/* the same and '?' */
#define HTTPQ_BYTE_UNRESERVED	BIT(4)	/* RFC 3986 section 2.3 */
#define HTTPQ_BYTE_HOST		BIT(5)	/* unreserved or sub-delims */
#define HTTPQ_BYTE_HEX		BIT(6)	/* HEXDIG, both cases */
#define HTTPQ_BYTE_DIGIT	BIT(7)

extern const u8 httpq_field_class[256];

static inline bool httpq_field_is(u8 c, u8 class)
{
	return httpq_field_class[c] & class;
}

/* ASCII only: the kernel's tolower() knows Latin-1. */
static inline u8 httpq_field_lower(u8 c)
{
	return (u8)(c - 'A') < 26 ? c | 0x20 : c;
}

static inline u8 httpq_field_hex(u8 c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/*
 * Bytes as long as they are being looked at. The pure units never see a
 * NUL-terminated string.
 */
struct httpq_bytes {
	const u8 *ptr;
	size_t len;
};

bool httpq_field_is_tchar(u8 c);
bool httpq_field_name_valid(const u8 *name, size_t len);
size_t httpq_field_text_length(const u8 *ptr, size_t len);
bool httpq_field_value_valid(const u8 *value, size_t len);
u16 httpq_field_id(const u8 *name, size_t len);
const char *httpq_field_name(u16 id);
size_t httpq_field_name_length(u16 id);
bool httpq_field_in_trailers(u16 id);
bool httpq_field_bytes_equal(const u8 *a, size_t len, const char *lower);
bool httpq_field_list_next(struct httpq_bytes *list, struct httpq_bytes *item);
bool httpq_field_list_has(const u8 *value, size_t len, const char *lower);
int httpq_field_parse_length(const u8 *value, size_t len, u64 *out);

#endif /* _HTTPQ_FIELD_H */
