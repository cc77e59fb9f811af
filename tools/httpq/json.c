// SPDX-License-Identifier: GPL-2.0
/* The JSON writer. RFC 8259; the result is always valid UTF-8. */
#include <inttypes.h>
#include <string.h>

#include "json.h"

static void new_line(struct json *j)
{
	if (j->pretty)
		fprintf(j->out, "\n%*s", 4 * j->depth, "");
}

/* What has to stand between the previous item and the one that comes. */
static void next_item(struct json *j)
{
	if (j->keyed) {
		j->keyed = false;
		return;
	}
	if (j->filled)
		fputc(',', j->out);
	if (j->depth)
		new_line(j);
	j->filled = true;
}

/* Begins an array ('[') or an object ('{'). */
void json_open(struct json *j, char bracket)
{
	next_item(j);
	fputc(bracket, j->out);
	j->depth++;
	j->filled = false;
}

/* Ends the innermost array (']') or object ('}'). */
void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->filled)
		new_line(j);
	fputc(bracket, j->out);
	j->filled = true;
}

/*
 * Length of the UTF-8 sequence at @s, 0 if it isn't one: cut off, overlong, a
 * surrogate or above U+10FFFF.
 */
static size_t utf8_length(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 :
		     s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void put_ascii(FILE *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(out, "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		fprintf(out, "\\u%04x", c);
	else
		fputc(c, out);
}

static void put_quoted(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	fputc('"', out);
	while (*s) {
		size_t len = utf8_length(s);

		if (len == 1)
			put_ascii(out, *s);
		else if (len)
			fwrite(s, 1, len, out);
		else
			fputs("\\ufffd", out);
		s += len ? len : 1;
	}
	fputc('"', out);
}

/* Writes the name of the member whose value is written next. */
void json_key(struct json *j, const char *key)
{
	next_item(j);
	put_quoted(j->out, key);
	fputs(j->pretty ? ": " : ":", j->out);
	j->keyed = true;
}

/* Bytes that are not UTF-8 become U+FFFD. */
void json_string(struct json *j, const char *text)
{
	next_item(j);
	put_quoted(j->out, text);
}

void json_number(struct json *j, uint64_t number)
{
	next_item(j);
	fprintf(j->out, "%" PRIu64, number);
}

void json_bool(struct json *j, bool value)
{
	next_item(j);
	fputs(value ? "true" : "false", j->out);
}

/* Ends the document. */
void json_end(struct json *j)
{
	fputc('\n', j->out);
}
