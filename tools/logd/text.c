// SPDX-License-Identifier: GPL-2.0
/* Escapes. What is not UTF-8 is taken byte by byte. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "text.h"

/**
 * struct letter - what stands next in a text
 * @code: the code point, or the byte if @valid is not set.
 * @len: its bytes.
 * @valid: it is UTF-8.
 */
struct letter {
	uint32_t code;
	size_t len;
	bool valid;
};

/*
 * Beyond ASCII, what some program takes for white space, the end of a line or
 * a command: C1 controls, blanks, invisible and directional marks.
 */
static const struct {
	uint32_t first;
	uint32_t last;
} unprintable[] = {
	{ 0x7f, 0xa0 },
	{ 0xad, 0xad },
	{ 0x61c, 0x61c },
	{ 0x1680, 0x1680 },
	{ 0x180e, 0x180e },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x3000, 0x3000 },
	{ 0xe000, 0xf8ff },
	{ 0xfeff, 0xfeff },
	{ 0xfff0, 0xfffc },
	{ 0xfffe, 0xffff },
	{ 0xe0000, 0x10ffff },
};

#define NR_UNPRINTABLE	(sizeof(unprintable) / sizeof(unprintable[0]))

static bool is_printable(uint32_t code)
{
	if (code < 0x7f)
		return code > ' ';
	for (size_t i = 0; i < NR_UNPRINTABLE; i++)
		if (code >= unprintable[i].first && code <= unprintable[i].last)
			return false;
	return true;
}

static size_t utf8_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

/* Neither overlong, nor a surrogate, nor above U+10FFFF. */
static bool is_code_point(uint32_t code, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= least[len] && code <= 0x10ffff &&
	       (code < 0xd800 || code > 0xdfff);
}

static struct letter next_letter(struct text text)
{
	const unsigned char *s = (const unsigned char *)text.data;
	struct letter bad = { s[0], 1, false };
	size_t len = utf8_length(s[0]);
	uint32_t code;

	if (!len || len > text.len)
		return bad;
	code = len == 1 ? s[0] : s[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return bad;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (!is_code_point(code, len))
		return bad;
	return (struct letter){ code, len, true };
}

static void skip(struct text *text, size_t len)
{
	text->data += len;
	text->len -= len;
}

/* A string as a text. */
struct text text_of(const char *string)
{
	return (struct text){ string, strlen(string) };
}

/**
 * text_put_column - write a column of W3C and httperr files
 * @buf: where to.
 * @text: what; nothing is written as "-".
 *
 * Each letter or byte that can't be printed becomes '+', blanks too.
 */
void text_put_column(struct buf *buf, struct text text)
{
	if (!text.len)
		buf_char(buf, '-');
	while (text.len) {
		struct letter letter = next_letter(text);

		if (letter.valid && is_printable(letter.code))
			buf_add(buf, text.data, letter.len);
		else
			buf_char(buf, '+');
		skip(&text, letter.len);
	}
}

static void put_ncsa(struct buf *buf, struct text text, char first)
{
	if (!text.len)
		buf_char(buf, '-');
	for (; text.len; skip(&text, 1)) {
		unsigned char c = text.data[0];

		if (c < first || c > '~' || c == '"' || c == '\\')
			buf_format(buf, "\\x%02X", c);
		else
			buf_char(buf, c);
	}
}

/**
 * text_put_quoted - write what stands in quotation marks in an NCSA file
 * @buf: where to.
 * @text: what; nothing is written as "-".
 *
 * All but the printable characters of ASCII become \xHH; quotation marks and
 * backslashes do, too.
 */
void text_put_quoted(struct buf *buf, struct text text)
{
	put_ncsa(buf, text, ' ');
}

/* The same where a blank would end it. */
void text_put_word(struct buf *buf, struct text text)
{
	put_ncsa(buf, text, '!');
}

static void put_json_letter(struct buf *buf, struct letter letter,
			    const char *bytes)
{
	if (letter.code == '"' || letter.code == '\\')
		buf_format(buf, "\\%c", (char)letter.code);
	else if (letter.valid &&
		 (is_printable(letter.code) || letter.code == ' '))
		buf_add(buf, bytes, letter.len);
	else if (letter.code > 0xffff)
		buf_format(buf, "\\u%04x\\u%04x",
			   0xd7c0 + (letter.code >> 10),
			   0xdc00 | (letter.code & 0x3ff));
	else
		buf_format(buf, "\\u%04x", letter.code);
}

/**
 * text_put_json - write a JSON string with its quotation marks
 * @buf: where to.
 * @text: what.
 *
 * The result is valid UTF-8. A byte that is not is taken for ISO 8859-1, which
 * is what fields of HTTP once were.
 */
void text_put_json(struct buf *buf, struct text text)
{
	buf_char(buf, '"');
	while (text.len) {
		struct letter letter = next_letter(text);

		put_json_letter(buf, letter, text.data);
		skip(&text, letter.len);
	}
	buf_char(buf, '"');
}

/* For people: what can't be printed becomes '?'. */
void text_put_plain(struct buf *buf, struct text text)
{
	if (!text.len)
		buf_char(buf, '-');
	while (text.len) {
		struct letter letter = next_letter(text);

		if (letter.valid &&
		    (is_printable(letter.code) || letter.code == ' '))
			buf_add(buf, text.data, letter.len);
		else
			buf_char(buf, '?');
		skip(&text, letter.len);
	}
}
