// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>

#include "../field.c"

#define TEXT(s) (s), sizeof(s) - 1

static void class_tchar_is_rfc9110(struct kunit *test)
{
	static const char others[] = "!#$%&'*+-.^_`|~";
	int c;

	for (c = 0; c < 256; c++) {
		bool expect = (c >= 'A' && c <= 'Z') ||
			      (c >= 'a' && c <= 'z') ||
			      (c >= '0' && c <= '9') ||
			      (c && strchr(others, c));

		if (httpq_field_is_tchar(c) != expect)
			KUNIT_FAIL(test, "byte %d", c);
	}
}

static void class_text_has_no_control_bytes(struct kunit *test)
{
	int c;

	for (c = 0; c < 256; c++) {
		bool expect = c == '\t' || (c >= 0x20 && c != 0x7f);

		if (httpq_field_is(c, HTTPQ_BYTE_TEXT) != expect)
			KUNIT_FAIL(test, "byte %d", c);
	}
}

static void class_path_is_rfc3986(struct kunit *test)
{
	static const char others[] = "-._~!$&'()*+,;=:@/";
	int c;

	for (c = 0; c < 256; c++) {
		bool expect = (c >= 'A' && c <= 'Z') ||
			      (c >= 'a' && c <= 'z') ||
			      (c >= '0' && c <= '9') ||
			      (c && strchr(others, c));

		if (httpq_field_is(c, HTTPQ_BYTE_PATH) != expect)
			KUNIT_FAIL(test, "byte %d", c);
		if (httpq_field_is(c, HTTPQ_BYTE_QUERY) !=
		    (expect || c == '?'))
			KUNIT_FAIL(test, "byte %d in a query", c);
	}
}

static void class_hex_gives_the_value(struct kunit *test)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	int i;

	for (i = 0; i < 256; i++)
		KUNIT_EXPECT_EQ(test, httpq_field_is(i, HTTPQ_BYTE_HEX),
				i && strchr(digits, i));
	for (i = 0; i < 22; i++)
		KUNIT_EXPECT_EQ(test, (int)httpq_field_hex(digits[i]),
				i < 16 ? i : i - 6);
}

static void name_of_each_id_gives_the_id(struct kunit *test)
{
	char upper[32];
	u16 id;
	int i;

	for (id = 1; id < HTTPQ_FIELD_NR; id++) {
		const char *name = httpq_field_name(id);
		size_t len = name ? strlen(name) : 0;

		KUNIT_EXPECT_TRUE(test, len > 0 && len < sizeof(upper));
		KUNIT_EXPECT_EQ(test, httpq_field_id((const u8 *)name, len), id);
		for (i = 0; i < len; i++)
			upper[i] = name[i] >= 'a' && name[i] <= 'z' ?
				   name[i] - 0x20 : name[i];
		KUNIT_EXPECT_EQ(test, httpq_field_id((u8 *)upper, len), id);
		KUNIT_EXPECT_EQ(test, httpq_field_name_length(id), len);
	}
	KUNIT_EXPECT_NULL(test, httpq_field_name(HTTPQ_FIELD_OTHER));
	KUNIT_EXPECT_NULL(test, httpq_field_name(HTTPQ_FIELD_NR));
	KUNIT_EXPECT_NULL(test, httpq_field_name(0xffff));
}

struct name_case {
	const char *desc;
	const char *name;
	size_t len;
	u16 id;
	bool valid;
};

static const struct name_case name_cases[] = {
	{ "host", TEXT("host"), HTTPQ_FIELD_HOST, true },
	{ "mixed case", TEXT("hOsT"), HTTPQ_FIELD_HOST, true },
	{ "prefix of a name", TEXT("hos"), HTTPQ_FIELD_OTHER, true },
	{ "longer than a name", TEXT("hostx"), HTTPQ_FIELD_OTHER, true },
	{ "one bit off", TEXT("h/st"), HTTPQ_FIELD_OTHER, false },
	{ "underscore for dash", TEXT("content_length"), HTTPQ_FIELD_OTHER,
	  true },
	{ "CR for dash, equal without bit 5", TEXT("content\rlength"),
	  HTTPQ_FIELD_OTHER, false },
	{ "longest", TEXT("STRICT-TRANSPORT-SECURITY"),
	  HTTPQ_FIELD_STRICT_TRANSPORT_SECURITY, true },
	{ "over the longest", TEXT("strict-transport-securityx"),
	  HTTPQ_FIELD_OTHER, true },
	{ "empty", TEXT(""), HTTPQ_FIELD_OTHER, false },
	{ "NUL at the end", TEXT("host\0"), HTTPQ_FIELD_OTHER, false },
	{ "space at the end", TEXT("te "), HTTPQ_FIELD_OTHER, false },
	{ "colon", TEXT("a:b"), HTTPQ_FIELD_OTHER, false },
	{ "Latin-1", TEXT("h\xf6st"), HTTPQ_FIELD_OTHER, false },
	{ "all token bytes", TEXT("!#$%&'*+-.^_`|~09azAZ"), HTTPQ_FIELD_OTHER,
	  true },
};

static void name_desc(const struct name_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(name, name_cases, name_desc);

static void name_is_recognised(struct kunit *test)
{
	const struct name_case *c = test->param_value;
	const u8 *name = (const u8 *)c->name;

	KUNIT_EXPECT_EQ(test, httpq_field_id(name, c->len), c->id);
	KUNIT_EXPECT_EQ(test, httpq_field_name_valid(name, c->len), c->valid);
}

struct value_case {
	const char *desc;
	const char *value;
	size_t len;
	bool valid;
};

static const struct value_case value_cases[] = {
	{ "empty", TEXT(""), true },
	{ "text", TEXT("text/html; charset=utf-8"), true },
	{ "tab", TEXT("a\tb"), true },
	{ "obs-text", TEXT("caf\xc3\xa9 \x80\xff"), true },
	{ "NUL", TEXT("a\0b"), false },
	{ "CR", TEXT("a\rb"), false },
	{ "LF", TEXT("a\nb"), false },
	{ "CRLF", TEXT("a\r\nb: c"), false },
	{ "DEL", TEXT("\x7f"), false },
	{ "vertical tab", TEXT("\v"), false },
	{ "escape", TEXT("\x1b[2J"), false },
};

static void value_desc(const struct value_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(value, value_cases, value_desc);

static void value_is_checked(struct kunit *test)
{
	const struct value_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test,
			httpq_field_value_valid((const u8 *)c->value, c->len),
			c->valid);
}

/* Eight bytes are looked at together: each byte, at each place. */
static void text_ends_at_first_other_byte(struct kunit *test)
{
	u8 text[20];
	size_t i;
	int byte;

	for (i = 0; i < sizeof(text); i++) {
		for (byte = 0; byte < 256; byte++) {
			bool is_text = httpq_field_is(byte, HTTPQ_BYTE_TEXT);

			memset(text, 'a', sizeof(text));
			text[i] = byte;
			KUNIT_EXPECT_EQ(test,
					httpq_field_text_length(text,
								sizeof(text)),
					is_text ? sizeof(text) : i);
		}
	}
}

struct length_case {
	const char *desc;
	const char *value;
	size_t len;
	int err;
	u64 expect;
};

static const struct length_case length_cases[] = {
	{ "0", TEXT("0"), 0, 0 },
	{ "1", TEXT("1"), 0, 1 },
	{ "00", TEXT("00"), 0, 0 },
	{ "leading zeros", TEXT("0000000000000000000000000042"), 0, 42 },
	{ "2^32", TEXT("4294967296"), 0, 4294967296ULL },
	{ "2^63-1", TEXT("9223372036854775807"), 0, 9223372036854775807ULL },
	{ "2^63", TEXT("9223372036854775808"), -EINVAL },
	{ "2^63+1", TEXT("9223372036854775809"), -EINVAL },
	{ "2^64-1", TEXT("18446744073709551615"), -EINVAL },
	{ "2^64", TEXT("18446744073709551616"), -EINVAL },
	{ "2^64+5", TEXT("18446744073709551621"), -EINVAL },
	{ "10^30", TEXT("1000000000000000000000000000000"), -EINVAL },
	{ "empty", TEXT(""), -EINVAL },
	{ "plus", TEXT("+5"), -EINVAL },
	{ "minus", TEXT("-5"), -EINVAL },
	{ "hexadecimal", TEXT("0x5"), -EINVAL },
	{ "hexadecimal digit", TEXT("1f"), -EINVAL },
	{ "fraction", TEXT("5.0"), -EINVAL },
	{ "exponent", TEXT("5e1"), -EINVAL },
	{ "list of equals", TEXT("5, 5"), -EINVAL },
	{ "list without space", TEXT("5,5"), -EINVAL },
	{ "inner space", TEXT("5 5"), -EINVAL },
	{ "leading space", TEXT(" 5"), -EINVAL },
	{ "trailing space", TEXT("5 "), -EINVAL },
	{ "trailing NUL", TEXT("5\0"), -EINVAL },
	{ "underscore", TEXT("1_0"), -EINVAL },
	{ "quoted", TEXT("\"5\""), -EINVAL },
	{ "Arabic-Indic digit", TEXT("\xd9\xa5"), -EINVAL },
};

static void length_desc(const struct length_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(length, length_cases, length_desc);

static void parse_length_is_strict(struct kunit *test)
{
	const struct length_case *c = test->param_value;
	u64 number = 4711;

	KUNIT_EXPECT_EQ(test, httpq_field_parse_length((const u8 *)c->value,
						       c->len, &number),
			c->err);
	KUNIT_EXPECT_EQ(test, number, c->err ? 4711 : c->expect);
}

struct list_case {
	const char *desc;
	const char *list;
	const char *expect;	/* elements in <> */
	bool has_close;
};

static const struct list_case list_cases[] = {
	{ "empty", "", "<>" },
	{ "one", "close", "<close>", true },
	{ "case", "CLose", "<CLose>", true },
	{ "two", "a,close", "<a><close>", true },
	{ "spaces and tabs", " a \t,\tclose ", "<a><close>", true },
	{ "empty elements", ",a,,b,", "<><a><><b><>" },
	{ "only commas", ",,", "<><><>" },
	{ "inner space", "a b", "<a b>" },
	{ "not a part of it", "closed, xclose", "<closed><xclose>" },
	{ "comma in quotes", "a=\"x,close\",b", "<a=\"x,close\"><b>" },
	{ "escaped quote", "\"a\\\",close\",b", "<\"a\\\",close\"><b>" },
	{ "escaped backslash", "\"a\\\\\",close", "<\"a\\\\\"><close>", true },
	{ "open quote", "\"a,close", "<\"a,close>" },
	{ "backslash at the end", "\"a\\", "<\"a\\>" },
	{ "backslash outside quotes", "\\,close", "<\\><close>", true },
};

static void list_desc(const struct list_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(list, list_cases, list_desc);

static void list_is_taken_apart(struct kunit *test)
{
	const struct list_case *c = test->param_value;
	const u8 *text = (const u8 *)c->list;
	struct httpq_bytes list = { text, strlen(c->list) };
	struct httpq_bytes item;
	char found[64] = "";
	size_t used = 0;

	while (httpq_field_list_next(&list, &item))
		used += snprintf(found + used, sizeof(found) - used, "<%.*s>",
				 (int)item.len, item.ptr);
	KUNIT_EXPECT_STREQ(test, (const char *)found, c->expect);
	KUNIT_EXPECT_EQ(test,
			httpq_field_list_has(text, strlen(c->list), "close"),
			c->has_close);
}

static void bytes_equal_ignores_ascii_case_only(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, httpq_field_bytes_equal((u8 *)"aBc", 3, "abc"));
	KUNIT_EXPECT_FALSE(test, httpq_field_bytes_equal((u8 *)"abc", 2, "abc"));
	KUNIT_EXPECT_FALSE(test, httpq_field_bytes_equal((u8 *)"abcd", 4, "abc"));
	KUNIT_EXPECT_FALSE(test, httpq_field_bytes_equal((u8 *)"ab\0", 3, "ab"));
	KUNIT_EXPECT_FALSE(test, httpq_field_bytes_equal((u8 *)"@", 1, "`"));
	KUNIT_EXPECT_FALSE(test, httpq_field_bytes_equal((u8 *)"[", 1, "{"));
	KUNIT_EXPECT_FALSE(test, httpq_field_bytes_equal((u8 *)"\xc4", 1, "\xe4"));
	KUNIT_EXPECT_TRUE(test, httpq_field_bytes_equal((u8 *)"", 0, ""));
}

static void trailers_exclude_framing(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, httpq_field_in_trailers(HTTPQ_FIELD_HOST));
	KUNIT_EXPECT_FALSE(test,
			   httpq_field_in_trailers(HTTPQ_FIELD_CONTENT_LENGTH));
	KUNIT_EXPECT_FALSE(test, httpq_field_in_trailers
				 (HTTPQ_FIELD_TRANSFER_ENCODING));
	KUNIT_EXPECT_FALSE(test,
			   httpq_field_in_trailers(HTTPQ_FIELD_AUTHORIZATION));
	KUNIT_EXPECT_TRUE(test, httpq_field_in_trailers(HTTPQ_FIELD_OTHER));
	KUNIT_EXPECT_TRUE(test, httpq_field_in_trailers(HTTPQ_FIELD_ETAG));
	KUNIT_EXPECT_TRUE(test, httpq_field_in_trailers(0xffff));
}

static struct kunit_case field_test_cases[] = {
	KUNIT_CASE(class_tchar_is_rfc9110),
	KUNIT_CASE(class_text_has_no_control_bytes),
	KUNIT_CASE(class_path_is_rfc3986),
	KUNIT_CASE(class_hex_gives_the_value),
	KUNIT_CASE(name_of_each_id_gives_the_id),
	KUNIT_CASE_PARAM(name_is_recognised, name_gen_params),
	KUNIT_CASE_PARAM(value_is_checked, value_gen_params),
	KUNIT_CASE(text_ends_at_first_other_byte),
	KUNIT_CASE_PARAM(parse_length_is_strict, length_gen_params),
	KUNIT_CASE_PARAM(list_is_taken_apart, list_gen_params),
	KUNIT_CASE(bytes_equal_ignores_ascii_case_only),
	KUNIT_CASE(trailers_exclude_framing),
	{}
};

static struct kunit_suite field_suite = {
	.name = "httpq_field",
	.test_cases = field_test_cases,
};

kunit_test_suite(field_suite);
