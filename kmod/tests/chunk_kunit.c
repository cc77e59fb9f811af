// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>

#include "../chunk.c"

#define TEXT(s) (s), sizeof(s) - 1
#define MAX_EXT 16
#define MAX_TRAILERS 24
#define MAX_OUT 512

struct chunk_case {
	const char *desc;
	const char *input;
	size_t len;
	enum httpq_chunk_result result;
	const char *body;
	const char *trailers;
	size_t rest;		/* bytes behind the body */
};

#define BAD_CASE(desc, text) { desc, TEXT(text), HTTPQ_CHUNK_BAD }
#define LONG_CASE(desc, text) { desc, TEXT(text), HTTPQ_CHUNK_TOO_LONG }
#define MORE_CASE(desc, text, body) \
	{ desc, TEXT(text), HTTPQ_CHUNK_MORE, body, "" }
#define END_CASE(desc, text, body, trailers, rest) \
	{ desc, TEXT(text), HTTPQ_CHUNK_END, body, trailers, rest }

static const struct chunk_case chunk_cases[] = {
	/* complete bodies */
	END_CASE("empty body", "0\r\n\r\n", "", "", 0),
	END_CASE("zeros", "000\r\n\r\n", "", "", 0),
	END_CASE("sixteen zeros", "0000000000000000\r\n\r\n", "", "", 0),
	END_CASE("one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", "", 0),
	END_CASE("two chunks", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", "",
		 0),
	END_CASE("hex in lower case", "a\r\n0123456789\r\n0\r\n\r\n",
		 "0123456789", "", 0),
	END_CASE("hex in upper case", "A\r\n0123456789\r\n0\r\n\r\n",
		 "0123456789", "", 0),
	END_CASE("leading zeros", "0000000000000002\r\nab\r\n0\r\n\r\n", "ab",
		 "", 0),
	END_CASE("line ends in the data", "4\r\n\r\n\r\n\r\n0\r\n\r\n",
		 "\r\n\r\n", "", 0),
	END_CASE("a last chunk in the data", "5\r\n0\r\n\r\n\r\n0\r\n\r\n",
		 "0\r\n\r\n", "", 0),
	END_CASE("pipelined bytes", "1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "x",
		 "", 16),
	END_CASE("pipelined zero chunk", "0\r\n\r\n0\r\n\r\n", "", "", 5),
	/* extensions */
	END_CASE("extension", "1;a=b\r\nx\r\n0\r\n\r\n", "x", "", 0),
	END_CASE("name only", "1;a\r\nx\r\n0;last\r\n\r\n", "x", "", 0),
	END_CASE("two extensions", "1;a=b;c\r\nx\r\n0\r\n\r\n", "x", "", 0),
	END_CASE("quoted", "1;a=\"; \\\"\"\r\nx\r\n0\r\n\r\n", "x", "", 0),
	END_CASE("quoted, empty", "1;a=\"\"\r\nx\r\n0\r\n\r\n", "x", "", 0),
	END_CASE("quoted, then another", "1;a=\"b\";c\r\nx\r\n0\r\n\r\n", "x", "",
		 0),
	END_CASE("white space", "1 \t; a = b ; c\r\nx\r\n0\r\n\r\n", "x", "",
		 0),
	END_CASE("as long as allowed", "1;23456789abcdefg\r\nx\r\n0\r\n\r\n", "x",
		 "", 0),
	END_CASE("paid for by data",
		 "f;23456789abcdef\r\n0123456789abcde\r\n"
		 "f;23456789abcde\r\n0123456789abcde\r\n0\r\n\r\n",
		 "0123456789abcde0123456789abcde", "", 0),
	LONG_CASE("one byte too long", "1;23456789abcdefgh\r\nx\r\n"),
	LONG_CASE("white space too long", "1                 ;a\r\n"),
	LONG_CASE("small chunks that all have one",
		  "1;2345678\r\nx\r\n1;2345678\r\nx\r\n1;2345678\r\nx\r\n"),
	LONG_CASE("quoted too long", "1;a=\"0123456789abcdef\"\r\n"),
	BAD_CASE("white space before CR", "1 \r\nx\r\n"),
	BAD_CASE("tab before CR", "1\t\r\nx\r\n"),
	BAD_CASE("semicolon alone", "1;\r\nx\r\n"),
	BAD_CASE("two semicolons", "1;;a\r\nx\r\n"),
	BAD_CASE("no name", "1;=b\r\nx\r\n"),
	BAD_CASE("no value", "1;a=\r\nx\r\n"),
	BAD_CASE("space after a name, then CR", "1;a \r\nx\r\n"),
	BAD_CASE("space after a value, then CR", "1;a=b \r\nx\r\n"),
	BAD_CASE("text behind a quote", "1;a=\"b\"c\r\nx\r\n"),
	BAD_CASE("bare LF in an extension", "1;a\nx\r\n"),
	BAD_CASE("bare CR in an extension", "1;a\rb\r\nx\r\n"),
	BAD_CASE("LF in quotes", "1;a=\"\n\"\r\nx\r\n"),
	BAD_CASE("CRLF in quotes", "1;a=\"\r\n\"\r\nx\r\n"),
	BAD_CASE("escaped CR", "1;a=\"\\\r\"\r\nx\r\n"),
	BAD_CASE("NUL in an extension", "1;a\0\r\nx\r\n"),
	BAD_CASE("control byte in quotes", "1;a=\"\x01\"\r\nx\r\n"),
	BAD_CASE("obs-text in a name", "1;\xe9\r\nx\r\n"),
	/* sizes */
	BAD_CASE("no size", "\r\n"),
	BAD_CASE("extension without size", ";a\r\n"),
	BAD_CASE("space before the size", " 1\r\nx\r\n"),
	BAD_CASE("plus", "+1\r\nx\r\n"),
	BAD_CASE("minus", "-1\r\nx\r\n"),
	BAD_CASE("0x", "0x1\r\nx\r\n"),
	BAD_CASE("not a digit", "g\r\n"),
	BAD_CASE("text behind the size", "1x\r\nx\r\n"),
	BAD_CASE("underscore", "1_0\r\n"),
	BAD_CASE("comma", "1,\r\n"),
	BAD_CASE("bare LF behind the size", "1\nx\r\n"),
	BAD_CASE("bare CR behind the size", "1\rx\r\n"),
	BAD_CASE("two CRs behind the size", "1\r\r\nx\r\n"),
	BAD_CASE("NUL behind the size", "1\0\r\nx\r\n"),
	BAD_CASE("2^63", "8000000000000000\r\n"),
	BAD_CASE("2^64-1", "ffffffffffffffff\r\n"),
	BAD_CASE("2^64", "10000000000000000\r\n"),
	BAD_CASE("2^64 and a bit", "10000000000000005\r\nhello\r\n"),
	BAD_CASE("seventeen zeros", "00000000000000000\r\n\r\n"),
	BAD_CASE("sixteen zeros and a one", "00000000000000001\r\nx\r\n"),
	MORE_CASE("2^63-1", "7fffffffffffffff\r\nab", "ab"),
	MORE_CASE("2^32+1", "100000001\r\nab", "ab"),
	/* data */
	BAD_CASE("data too long", "1\r\nxy\r\n0\r\n\r\n"),
	BAD_CASE("data too long by one, then LF", "1\r\nxy\n0\r\n\r\n"),
	BAD_CASE("data too short", "3\r\nx\r\n0\r\n\r\n"),
	BAD_CASE("LF behind the data", "1\r\nx\n0\r\n\r\n"),
	BAD_CASE("CR behind the data", "1\r\nx\r0\r\n\r\n"),
	BAD_CASE("two CRs behind the data", "1\r\nx\r\r\n0\r\n\r\n"),
	BAD_CASE("nothing behind the data", "1\r\nx0\r\n\r\n"),
	MORE_CASE("only a size", "5", ""),
	MORE_CASE("half a size line", "5\r", ""),
	MORE_CASE("half the data", "5\r\nhe", "he"),
	MORE_CASE("no line end yet", "2\r\nhe", "he"),
	MORE_CASE("no empty line yet", "0\r\n", ""),
	MORE_CASE("half an empty line", "0\r\n\r", ""),
	MORE_CASE("nothing", "", ""),
	/* trailers */
	END_CASE("one trailer", "0\r\nA: b\r\n\r\n", "", "A: b\r\n", 0),
	END_CASE("two trailers", "1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\nX", "x",
		 "A: b\r\nC: d\r\n", 1),
	END_CASE("trailers as long as allowed",
		 "0\r\nA: 56789abcdefghijklmn\r\n\r\n", "",
		 "A: 56789abcdefghijklmn\r\n", 0),
	END_CASE("obs-text in a trailer", "0\r\nA: \xe9\r\n\r\n", "",
		 "A: \xe9\r\n", 0),
	END_CASE("trailer without a value", "0\r\nA:\r\n\r\n", "", "A:\r\n", 0),
	END_CASE("colon in a trailer", "0\r\nA::b:\r\n\r\n", "",
		 "A::b:\r\n", 0),
	LONG_CASE("trailers one byte too long",
		  "0\r\nA: 56789abcdefghijklmno\r\n\r\n"),
	LONG_CASE("trailers without end", "0\r\nA: 56789abcdefghijklmnopqrstuv"),
	LONG_CASE("many small trailers",
		  "0\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n"),
	BAD_CASE("bare LF in a trailer", "0\r\nA: b\nC: d\r\n\r\n"),
	BAD_CASE("bare CR in a trailer", "0\r\nA: b\rC: d\r\n\r\n"),
	BAD_CASE("trailer without a colon", "0\r\nA\r\n\r\n"),
	BAD_CASE("trailer without a name", "0\r\n: b\r\n\r\n"),
	BAD_CASE("space before the colon", "0\r\nA : b\r\n\r\n"),
	BAD_CASE("tab before the colon", "0\r\nA\t: b\r\n\r\n"),
	BAD_CASE("space before the first trailer", "0\r\n A: b\r\n\r\n"),
	BAD_CASE("folded trailer", "0\r\nA: b\r\n c\r\n\r\n"),
	BAD_CASE("folded with a tab", "0\r\nA: b\r\n\tc\r\n\r\n"),
	BAD_CASE("obs-text in the name", "0\r\n\xe9: b\r\n\r\n"),
	BAD_CASE("quote in the name", "0\r\n\"A\": b\r\n\r\n"),
	BAD_CASE("a request for the empty line",
		 "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
	BAD_CASE("bare LF behind the name", "0\r\nA\nB: c\r\n\r\n"),
	BAD_CASE("bare LF as the empty line", "0\r\n\n"),
	BAD_CASE("bare CR as the empty line", "0\r\n\rX"),
	BAD_CASE("NUL in a trailer", "0\r\nA: \0\r\n\r\n"),
	BAD_CASE("bare LF behind the last size", "0\n\r\n"),
};

static void chunk_desc(const struct chunk_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(chunk, chunk_cases, chunk_desc);

struct chunk_output {
	char body[MAX_OUT];
	size_t body_len;
	char trailers[MAX_OUT];
	size_t trailers_len;
	size_t used;
};

static void keep(struct kunit *test, char *out, size_t *len, const u8 *in,
		 const struct httpq_chunk_run *run)
{
	KUNIT_ASSERT_TRUE(test, *len + run->len < MAX_OUT);
	memcpy(out + *len, in + run->off, run->len);
	*len += run->len;
	out[*len] = '\0';
}

static void keep_run(struct kunit *test, struct chunk_output *out, const u8 *in,
		     enum httpq_chunk_result result,
		     const struct httpq_chunk_run *run)
{
	KUNIT_EXPECT_TRUE(test, run->len > 0);
	if (result == HTTPQ_CHUNK_DATA)
		keep(test, out->body, &out->body_len, in, run);
	else
		keep(test, out->trailers, &out->trailers_len, in, run);
}

/* One piece of input, until it is used up or the result is final. */
static enum httpq_chunk_result feed(struct kunit *test, struct httpq_chunk *c,
				    const u8 *in, size_t len,
				    struct chunk_output *out)
{
	enum httpq_chunk_result result;
	struct httpq_chunk_run run;
	size_t used = 0;

	do {
		result = httpq_chunk_decode(c, in + used, len - used, &run);
		KUNIT_ASSERT_TRUE(test, run.used <= len - used);
		KUNIT_EXPECT_TRUE(test, run.off + run.len <= run.used);
		if (result == HTTPQ_CHUNK_DATA || result == HTTPQ_CHUNK_TRAILER)
			keep_run(test, out, in + used, result, &run);
		used += run.used;
	} while (result == HTTPQ_CHUNK_DATA || result == HTTPQ_CHUNK_TRAILER);
	if (result == HTTPQ_CHUNK_MORE)
		KUNIT_EXPECT_EQ(test, used, len);
	out->used += used;
	return result;
}

static enum httpq_chunk_result decode(struct kunit *test,
				      const struct chunk_case *c, size_t step,
				      struct chunk_output *out)
{
	enum httpq_chunk_result result = HTTPQ_CHUNK_MORE;
	struct httpq_chunk decoder;
	size_t pos;

	memset(out, 0, sizeof(*out));
	httpq_chunk_init(&decoder, MAX_EXT, MAX_TRAILERS);
	for (pos = 0; pos < c->len && result == HTTPQ_CHUNK_MORE; pos += step) {
		size_t len = min(step, c->len - pos);
		u8 *piece = kunit_kmalloc(test, len, GFP_KERNEL);

		KUNIT_ASSERT_TRUE(test, piece);
		memcpy(piece, c->input + pos, len);
		result = feed(test, &decoder, piece, len, out);
		if (result > HTTPQ_CHUNK_TRAILER)
			KUNIT_EXPECT_EQ(test, result,
					feed(test, &decoder, piece, 1, out));
		kunit_kfree(test, piece);
	}
	return result;
}

static void decode_any_split(struct kunit *test)
{
	static const size_t steps[] = { 1000, 1, 2, 3, 7 };
	const struct chunk_case *c = test->param_value;
	static struct chunk_output out;
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_EXPECT_EQ(test, (int)decode(test, c, steps[i], &out),
				(int)c->result);
		if (c->result == HTTPQ_CHUNK_BAD ||
		    c->result == HTTPQ_CHUNK_TOO_LONG)
			continue;
		KUNIT_EXPECT_STREQ(test, (const char *)out.body, c->body);
		KUNIT_EXPECT_STREQ(test, (const char *)out.trailers,
				   c->trailers);
		KUNIT_EXPECT_EQ(test, out.used, c->len - c->rest);
	}
}

static void decode_counts_beyond_32_bits(struct kunit *test)
{
	static const char line[] = "1ffffffff\r\n";
	struct httpq_chunk_run run;
	struct httpq_chunk c;
	u8 byte = 'x';

	httpq_chunk_init(&c, MAX_EXT, MAX_TRAILERS);
	KUNIT_EXPECT_EQ(test, (int)httpq_chunk_decode(&c, (const u8 *)line,
						      sizeof(line) - 1, &run),
			(int)HTTPQ_CHUNK_MORE);
	KUNIT_EXPECT_EQ(test, c.left, 0x1ffffffffULL);
	KUNIT_EXPECT_EQ(test, (int)httpq_chunk_decode(&c, &byte, 1, &run),
			(int)HTTPQ_CHUNK_DATA);
	KUNIT_EXPECT_EQ(test, run.len, (size_t)1);
	KUNIT_EXPECT_EQ(test, c.left, 0x1fffffffeULL);
}

struct size_case {
	const char *expect;
	u64 size;
};

static const struct size_case size_cases[] = {
	{ "0\r\n", 0 },
	{ "1\r\n", 1 },
	{ "f\r\n", 15 },
	{ "10\r\n", 16 },
	{ "ff\r\n", 255 },
	{ "100\r\n", 256 },
	{ "deadbeef\r\n", 0xdeadbeef },
	{ "100000000\r\n", 1ULL << 32 },
	{ "7fffffffffffffff\r\n", 0x7fffffffffffffffULL },
	{ "ffffffffffffffff\r\n", ~0ULL },
};

static void size_desc(const struct size_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%llu",
		 (unsigned long long)c->size);
}

KUNIT_ARRAY_PARAM(size, size_cases, size_desc);

static void format_size_writes_a_size_line(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	u8 out[18];

	KUNIT_EXPECT_EQ(test, httpq_chunk_format_size(c->size, out),
			strlen(c->expect));
	KUNIT_EXPECT_EQ(test, memcmp(out, c->expect, strlen(c->expect)), 0);
}

static struct kunit_case chunk_test_cases[] = {
	KUNIT_CASE_PARAM(decode_any_split, chunk_gen_params),
	KUNIT_CASE(decode_counts_beyond_32_bits),
	KUNIT_CASE_PARAM(format_size_writes_a_size_line, size_gen_params),
	{}
};

static struct kunit_suite chunk_suite = {
	.name = "httpq_chunk",
	.test_cases = chunk_test_cases,
};

kunit_test_suite(chunk_suite);
