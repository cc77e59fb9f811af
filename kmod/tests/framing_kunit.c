// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>

#include "../framing.c"

#define MAX_LINES 4
#define CAUSE(name) HTTPQ_PARSE_CAUSE_##name
#define FLAG(name) HTTPQ_PARSE_F_##name

#define LENGTH(value) { HTTPQ_FIELD_CONTENT_LENGTH, value }
#define CODING(value) { HTTPQ_FIELD_TRANSFER_ENCODING, value }
#define CONNECTION(value) { HTTPQ_FIELD_CONNECTION, value }
#define EXPECT(value) { HTTPQ_FIELD_EXPECT, value }
#define UPGRADE(value) { HTTPQ_FIELD_UPGRADE, value }

struct framing_case {
	const char *desc;
	u8 version;
	struct {
		u16 id;
		const char *value;
	} lines[MAX_LINES];
	enum httpq_parse_cause cause;
	u8 flags;
	u64 length;
};

static const struct framing_case framing_cases[] = {
	{ "nothing in 1.1", 11, {}, 0, FLAG(KEEPALIVE) },
	{ "nothing in 1.0", 10, {}, 0, 0 },
	{ "another field", 11, { { HTTPQ_FIELD_TE, "chunked" } }, 0,
	  FLAG(KEEPALIVE) },
	{ "length", 11, { LENGTH("42") }, 0, FLAG(KEEPALIVE) | FLAG(LENGTH), 42 },
	{ "length 0", 11, { LENGTH("0") }, 0, FLAG(KEEPALIVE) | FLAG(LENGTH) },
	{ "length in 1.0", 10, { LENGTH("7") }, 0, FLAG(LENGTH), 7 },
	{ "length 2^63-1", 11, { LENGTH("9223372036854775807") }, 0,
	  FLAG(KEEPALIVE) | FLAG(LENGTH), 9223372036854775807ULL },
	{ "length 2^63", 11, { LENGTH("9223372036854775808") },
	  CAUSE(CONTENT_LENGTH) },
	{ "length empty", 11, { LENGTH("") }, CAUSE(CONTENT_LENGTH) },
	{ "length signed", 11, { LENGTH("+1") }, CAUSE(CONTENT_LENGTH) },
	{ "length list", 11, { LENGTH("1, 1") }, CAUSE(CONTENT_LENGTH) },
	{ "length twice, equal", 11, { LENGTH("1"), LENGTH("1") },
	  CAUSE(CONTENT_LENGTH) },
	{ "length twice, differing", 11, { LENGTH("1"), LENGTH("2") },
	  CAUSE(CONTENT_LENGTH) },
	{ "chunked", 11, { CODING("chunked") }, 0,
	  FLAG(KEEPALIVE) | FLAG(CHUNKED) },
	{ "chunked in any case", 11, { CODING("ChUnKeD") }, 0,
	  FLAG(KEEPALIVE) | FLAG(CHUNKED) },
	{ "chunked in 1.0", 10, { CODING("chunked") }, CAUSE(FRAMING) },
	{ "other coding in 1.0", 10, { CODING("gzip") }, CAUSE(FRAMING) },
	{ "CL.TE", 11, { LENGTH("3"), CODING("chunked") }, CAUSE(FRAMING) },
	{ "TE.CL", 11, { CODING("chunked"), LENGTH("3") }, CAUSE(FRAMING) },
	{ "length 0 and chunked", 11, { LENGTH("0"), CODING("chunked") },
	  CAUSE(FRAMING) },
	{ "length and identity", 11, { LENGTH("3"), CODING("identity") },
	  CAUSE(FRAMING) },
	{ "coding empty", 11, { CODING("") }, CAUSE(FRAMING) },
	{ "chunked twice", 11, { CODING("chunked, chunked") }, CAUSE(FRAMING) },
	{ "chunked twice in lines", 11,
	  { CODING("chunked"), CODING("chunked") }, CAUSE(FRAMING) },
	{ "chunked not last", 11, { CODING("chunked, gzip") }, CAUSE(FRAMING) },
	{ "chunked not last in lines", 11,
	  { CODING("chunked"), CODING("gzip") }, CAUSE(FRAMING) },
	{ "chunked, then identity", 11, { CODING("chunked, identity") },
	  CAUSE(FRAMING) },
	{ "chunked and a comma", 11, { CODING("chunked,") }, CAUSE(FRAMING) },
	{ "comma and chunked", 11, { CODING(",chunked") }, CAUSE(FRAMING) },
	{ "chunked with a parameter", 11, { CODING("chunked;x=1") },
	  CAUSE(FRAMING) },
	{ "chunked with a semicolon", 11, { CODING("chunked;") },
	  CAUSE(FRAMING) },
	{ "chunked in quotes", 11, { CODING("\"chunked\"") }, CAUSE(FRAMING) },
	{ "chunked in half a quote", 11, { CODING("\"chunked") },
	  CAUSE(FRAMING) },
	{ "chunked after a control byte", 11, { CODING("\x0b" "chunked") },
	  CAUSE(FRAMING) },
	{ "chunked with obs-text", 11, { CODING("chunked\xff") },
	  CAUSE(FRAMING) },
	{ "two words", 11, { CODING("x chunked") }, CAUSE(FRAMING) },
	{ "longer word", 11, { CODING("xchunked") }, CAUSE(TRANSFER_CODING) },
	{ "shorter word", 11, { CODING("chunke") }, CAUSE(TRANSFER_CODING) },
	{ "gzip", 11, { CODING("gzip") }, CAUSE(TRANSFER_CODING) },
	{ "identity", 11, { CODING("identity") }, CAUSE(TRANSFER_CODING) },
	{ "gzip, chunked", 11, { CODING("gzip, chunked") },
	  CAUSE(TRANSFER_CODING) },
	{ "gzip and chunked in lines", 11,
	  { CODING("gzip"), CODING("chunked") }, CAUSE(TRANSFER_CODING) },
	{ "identity, chunked", 11, { CODING("identity, chunked") },
	  CAUSE(TRANSFER_CODING) },
	{ "close", 11, { CONNECTION("close") }, 0, FLAG(CLOSE) },
	{ "Close", 11, { CONNECTION("Close") }, 0, FLAG(CLOSE) },
	{ "close in a list", 11, { CONNECTION("te, close , x") }, 0,
	  FLAG(CLOSE) },
	{ "close in a second line", 11,
	  { CONNECTION("keep-alive"), CONNECTION("close") }, 0, FLAG(CLOSE) },
	{ "keep-alive in 1.0", 10, { CONNECTION("Keep-Alive") }, 0,
	  FLAG(KEEPALIVE) },
	{ "keep-alive and close in 1.0", 10,
	  { CONNECTION("keep-alive, close") }, 0, FLAG(CLOSE) },
	{ "keep-alive in 1.1", 11, { CONNECTION("keep-alive") }, 0,
	  FLAG(KEEPALIVE) },
	{ "connection empty", 11, { CONNECTION("") }, 0, FLAG(KEEPALIVE) },
	{ "connection with empty elements", 11, { CONNECTION(",close,") }, 0,
	  FLAG(CLOSE) },
	{ "connection with two words", 11, { CONNECTION("close now") },
	  CAUSE(FIELD_VALUE) },
	{ "connection quoted", 11, { CONNECTION("\"close\"") },
	  CAUSE(FIELD_VALUE) },
	{ "connection with parameter", 11, { CONNECTION("close;x") },
	  CAUSE(FIELD_VALUE) },
	{ "upgrade", 11, { CONNECTION("Upgrade"), UPGRADE("websocket") }, 0,
	  FLAG(KEEPALIVE) | FLAG(UPGRADE) },
	{ "upgrade, lines turned", 11,
	  { UPGRADE("websocket"), CONNECTION("upgrade") }, 0,
	  FLAG(KEEPALIVE) | FLAG(UPGRADE) },
	{ "upgrade without option", 11, { UPGRADE("h2c") }, 0,
	  FLAG(KEEPALIVE) },
	{ "upgrade option alone", 11, { CONNECTION("upgrade") }, 0,
	  FLAG(KEEPALIVE) },
	{ "upgrade in 1.0", 10, { CONNECTION("upgrade"), UPGRADE("h2c") }, 0,
	  0 },
	{ "100-continue", 11, { EXPECT("100-continue"), LENGTH("1") }, 0,
	  FLAG(KEEPALIVE) | FLAG(LENGTH) | FLAG(CONTINUE), 1 },
	{ "100-Continue, chunked", 11,
	  { CODING("chunked"), EXPECT("100-Continue") }, 0,
	  FLAG(KEEPALIVE) | FLAG(CHUNKED) | FLAG(CONTINUE) },
	{ "100-continue without body", 11, { EXPECT("100-continue") }, 0,
	  FLAG(KEEPALIVE) },
	{ "100-continue with length 0", 11,
	  { EXPECT("100-continue"), LENGTH("0") }, 0,
	  FLAG(KEEPALIVE) | FLAG(LENGTH) },
	{ "100-continue in 1.0", 10, { EXPECT("100-continue"), LENGTH("1") }, 0,
	  FLAG(LENGTH), 1 },
	{ "other expectation", 11, { EXPECT("200-ok") }, CAUSE(EXPECT) },
	{ "other expectation in 1.0", 10, { EXPECT("200-ok") }, CAUSE(EXPECT) },
	{ "two expectations", 11, { EXPECT("100-continue, x") },
	  CAUSE(EXPECT) },
	{ "100-continue with a parameter", 11, { EXPECT("100-continue;q=1") },
	  CAUSE(EXPECT) },
	{ "expectation empty", 11, { EXPECT("") }, 0, FLAG(KEEPALIVE) },
	{ "framing before expectation", 11,
	  { EXPECT("x"), LENGTH("1"), CODING("chunked") }, CAUSE(FRAMING) },
};

static void framing_desc(const struct framing_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(framing, framing_cases, framing_desc);

static enum httpq_parse_cause take_lines(struct httpq_framing *f,
					 const struct framing_case *c)
{
	enum httpq_parse_cause cause = HTTPQ_PARSE_CAUSE_NONE;
	int i;

	for (i = 0; !cause && i < MAX_LINES && c->lines[i].id; i++)
		cause = httpq_framing_take(f, c->lines[i].id,
					   (const u8 *)c->lines[i].value,
					   strlen(c->lines[i].value));
	return cause ? cause : httpq_framing_check(f, c->version);
}

static void framing_is_decided(struct kunit *test)
{
	const struct framing_case *c = test->param_value;
	struct httpq_framing f = {};
	enum httpq_parse_cause cause = take_lines(&f, c);

	KUNIT_EXPECT_EQ(test, (int)cause, (int)c->cause);
	if (cause)
		return;
	KUNIT_EXPECT_EQ(test, httpq_framing_flags(&f, c->version), c->flags);
	KUNIT_EXPECT_EQ(test, f.content_length, c->length);
}

static struct kunit_case framing_test_cases[] = {
	KUNIT_CASE_PARAM(framing_is_decided, framing_gen_params),
	{}
};

static struct kunit_suite framing_suite = {
	.name = "httpq_framing",
	.test_cases = framing_test_cases,
};

kunit_test_suite(framing_suite);
