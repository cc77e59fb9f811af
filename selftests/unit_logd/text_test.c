// SPDX-License-Identifier: GPL-2.0
/*
 * Escapes: for each form what becomes of hostile bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "../../tools/logd/text.h"
#include "test.h"

typedef void put_fn(struct buf *buf, struct text text);

/* What is written of the first @len bytes at @data. */
static void expect(put_fn *put, const char *data, size_t len, const char *want)
{
	char *exact = malloc(len + 1);
	struct buf buf = { 0 };

	/* Without a byte behind it that could be read unseen. */
	exact = realloc(exact, len ? len : 1);
	memcpy(exact, data, len);
	put(&buf, (struct text){ exact, len });
	buf_char(&buf, '\0');
	CHECK_TEXT(want, buf.data);
	buf_free(&buf);
	free(exact);
}

#define EXPECT(put, data, want) expect(put, data, sizeof(data) - 1, want)

static void test_column(void)
{
	EXPECT(text_put_column, "", "-");
	EXPECT(text_put_column, "/a-b~c", "/a-b~c");
	EXPECT(text_put_column, "a b\tc\rd\ne\0f\x1b[1m\x7f", "a+b+c+d+e+f+[1m+");
	EXPECT(text_put_column, "j\xc3\xbcrgen \xf0\x9f\x98\x80",
	       "j\xc3\xbcrgen+\xf0\x9f\x98\x80");
	/* NEL, no-break space, line separator, ideographic space */
	EXPECT(text_put_column, "\xc2\x85\xc2\xa0\xe2\x80\xa8\xe3\x80\x80",
	       "++++");
	/* right-to-left override, byte order mark, private use, tags */
	EXPECT(text_put_column, "\xe2\x80\xae\xef\xbb\xbf\xee\x80\x80"
	       "\xf3\xa0\x80\x81", "++++");
	/* overlong, surrogate, beyond, lone, cut off */
	EXPECT(text_put_column, "\xc0\xaf", "++");
	EXPECT(text_put_column, "\xe0\x80\xaf", "+++");
	EXPECT(text_put_column, "\xed\xa0\x80", "+++");
	EXPECT(text_put_column, "\xf4\x90\x80\x80", "++++");
	EXPECT(text_put_column, "\x80\xff", "++");
	EXPECT(text_put_column, "a\xe2\x82", "a++");
	EXPECT(text_put_column, "\xe2(\xa1", "+(+");
}

static void test_quoted(void)
{
	EXPECT(text_put_quoted, "", "-");
	EXPECT(text_put_quoted, "a b", "a b");
	EXPECT(text_put_quoted, "a\" \"b\\c\r\n\t\0\x1b\x7f\xc3\xbc",
	       "a\\x22 \\x22b\\x5Cc\\x0D\\x0A\\x09\\x00\\x1B\\x7F\\xC3\\xBC");
	EXPECT(text_put_word, "", "-");
	EXPECT(text_put_word, "a b]\"", "a\\x20b]\\x22");
}

static void test_json(void)
{
	EXPECT(text_put_json, "", "\"\"");
	EXPECT(text_put_json, "a \"b\"\\/", "\"a \\\"b\\\"\\\\/\"");
	EXPECT(text_put_json, "\0\r\n\t\x1b\x7f",
	       "\"\\u0000\\u000d\\u000a\\u0009\\u001b\\u007f\"");
	EXPECT(text_put_json, "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80",
	       "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\"");
	EXPECT(text_put_json, "\xc2\x85\xe2\x80\xa8\xf3\xa0\x80\x81",
	       "\"\\u0085\\u2028\\udb40\\udc01\"");
	EXPECT(text_put_json, "\xff\xc0\xaf\xe2\x82",
	       "\"\\u00ff\\u00c0\\u00af\\u00e2\\u0082\"");
}

static void test_plain(void)
{
	EXPECT(text_put_plain, "", "-");
	EXPECT(text_put_plain, "a b\n\x1b[1m\xff\xc2\x9b", "a b??[1m??");
}

const struct test text_tests[] = {
	{ "text: a column", test_column },
	{ "text: quoted", test_quoted },
	{ "text: JSON", test_json },
	{ "text: for people", test_plain },
	{}
};
