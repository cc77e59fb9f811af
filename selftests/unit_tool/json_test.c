// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a document with every kind of item and with strings that need an
 * escape or are not UTF-8. An argument asks for the pretty form.
 */
#include "json.h"

static void member(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_string(j, text);
}

static void strings(struct json *j)
{
	json_open(j, '{');
	member(j, "plain", "web");
	member(j, "empty", "");
	member(j, "quotes", "a\"b\\c/d");
	member(j, "controls", "\x01\t\n\r\x1b\x7f");
	member(j, "utf8", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	member(j, "cut", "a\xe2\x82");
	member(j, "lone", "\x80z\xff");
	member(j, "overlong", "\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf");
	member(j, "surrogate", "\xed\xa0\x80");
	member(j, "beyond", "\xf4\x90\x80\x80");
	member(j, "k\"ey", "v");
	json_close(j, '}');
}

static void others(struct json *j)
{
	json_open(j, '{');
	json_key(j, "number");
	json_number(j, 4294967296);
	json_key(j, "yes");
	json_bool(j, true);
	json_key(j, "no");
	json_bool(j, false);
	json_key(j, "none");
	json_open(j, '[');
	json_close(j, ']');
	json_key(j, "list");
	json_open(j, '[');
	json_number(j, 1);
	json_open(j, '{');
	json_close(j, '}');
	json_string(j, "x");
	json_close(j, ']');
	json_close(j, '}');
}

int main(int argc, char **argv)
{
	struct json j = { .out = stdout, .pretty = argc > 1 };

	(void)argv;
	json_open(&j, '[');
	strings(&j);
	others(&j);
	json_close(&j, ']');
	json_end(&j);
	return 0;
}
