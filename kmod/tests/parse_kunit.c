// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>

#include "../parse.c"

#define TEXT(s) (s), sizeof(s) - 1
#define MAX_FIELDS 16
#define CAUSE(name) HTTPQ_PARSE_CAUSE_##name
#define FLAG(name) HTTPQ_PARSE_F_##name

/* What a head of HTTP/1.1 needs besides the line that is looked at. */
#define GET_LINE "GET / HTTP/1.1\r\n"
#define HOST_LINE "Host: a\r\n"
#define END_LINE "\r\n"

static const struct httpq_parse_limits limits = {
	.head = 1024,
	.target = 64,
	.field = 128,
	.fields = MAX_FIELDS,
};

static const u16 steps[] = { 1024, 1, 2, 3, 7 };

/* A copy of exactly @len bytes: KASAN and ASan see any read behind them. */
static u8 *copy_of(struct kunit *test, const char *input, size_t len)
{
	u8 *copy = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, copy);
	memcpy(copy, input, len);
	return copy;
}

/*
 * Feed in pieces of @step bytes. The buffer moves with each piece and what was
 * there before is freed.
 */
static enum httpq_parse_result feed(struct kunit *test, struct httpq_parse *p,
				    const struct httpq_parse_limits *lim,
				    const char *input, size_t len, u16 step,
				    struct httpq_field *fields)
{
	enum httpq_parse_result result = HTTPQ_PARSE_MORE;
	size_t there = 0;

	httpq_parse_init(p);
	while (result == HTTPQ_PARSE_MORE && there < len) {
		u16 before = p->pos;
		u8 *copy;

		there = min_t(size_t, there + step, len);
		copy = copy_of(test, input, there);
		result = httpq_parse_head(p, lim, copy, there, fields,
					  MAX_FIELDS);
		kunit_kfree(test, copy);
		KUNIT_EXPECT_GE(test, p->pos, before);
		KUNIT_EXPECT_LE(test, p->pos, there);
		if (result == HTTPQ_PARSE_MORE)
			KUNIT_EXPECT_EQ(test, p->pos, there);
	}
	return result;
}

struct refused_case {
	const char *desc;
	const char *input;
	size_t len;
	enum httpq_parse_cause cause;
};

#define LINE_CASE(desc, line, cause) \
	{ desc, TEXT(line "\r\n" HOST_LINE END_LINE), CAUSE(cause) }
#define FIELD_CASE(desc, lines, cause) \
	{ desc, TEXT(GET_LINE HOST_LINE lines END_LINE), CAUSE(cause) }
#define HOST_CASE(desc, lines) \
	{ desc, TEXT(GET_LINE lines END_LINE), CAUSE(HOST) }
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct refused_case refused_cases[] = {
	/* request line */
	{ "two empty lines", TEXT("\r\n\r\n" GET_LINE HOST_LINE END_LINE),
	  CAUSE(REQUEST_LINE) },
	{ "LF in front", TEXT("\n" GET_LINE HOST_LINE END_LINE), CAUSE(LINE_END) },
	{ "CR in front", TEXT("\r" GET_LINE HOST_LINE END_LINE), CAUSE(LINE_END) },
	{ "CRLF and LF in front", TEXT("\r\n\n" GET_LINE HOST_LINE END_LINE),
	  CAUSE(LINE_END) },
	LINE_CASE("space in front", " GET / HTTP/1.1", METHOD),
	LINE_CASE("no target", "GET HTTP/1.1", TARGET),
	LINE_CASE("only a method", "GET", REQUEST_LINE),
	LINE_CASE("method and space", "GET ", REQUEST_LINE),
	LINE_CASE("HTTP/0.9 style", "GET /", REQUEST_LINE),
	LINE_CASE("HTTP/0.9 style with space", "GET / ", REQUEST_LINE),
	LINE_CASE("two spaces before the target", "GET  / HTTP/1.1",
		  REQUEST_LINE),
	LINE_CASE("two spaces before the version", "GET /  HTTP/1.1",
		  REQUEST_LINE),
	LINE_CASE("space behind the version", "GET / HTTP/1.1 ",
		  REQUEST_LINE),
	LINE_CASE("text behind the version", "GET / HTTP/1.1 x",
		  REQUEST_LINE),
	LINE_CASE("space in the target", "GET /a b HTTP/1.1", VERSION),
	LINE_CASE("tab for space", "GET\t/ HTTP/1.1", METHOD),
	LINE_CASE("tab behind the target", "GET /\tHTTP/1.1", TARGET),
	LINE_CASE("bare CR in the target", "GET /\rHTTP/1.1", REQUEST_LINE),
	{ "bare LF behind the line", TEXT("GET / HTTP/1.1\n" HOST_LINE END_LINE),
	  CAUSE(LINE_END) },
	{ "bare CR behind the line", TEXT("GET / HTTP/1.1\r" HOST_LINE END_LINE),
	  CAUSE(LINE_END) },
	{ "two CRs behind the line", TEXT("GET / HTTP/1.1\r\r\n" HOST_LINE END_LINE),
	  CAUSE(LINE_END) },
	{ "bare LF behind the target", TEXT("GET /\n"), CAUSE(LINE_END) },
	{ "bare LF behind the method", TEXT("GET\n"), CAUSE(LINE_END) },
	{ "bare LF in the version", TEXT("GET / HTTP\n"), CAUSE(LINE_END) },
	/* method */
	LINE_CASE("method with colon", "GET: / HTTP/1.1", METHOD),
	LINE_CASE("method with slash", "GE/T / HTTP/1.1", METHOD),
	LINE_CASE("method with obs-text", "G\xc9T / HTTP/1.1", METHOD),
	LINE_CASE("method of 33 bytes", A32 "a / HTTP/1.1", METHOD),
	{ "TLS", TEXT("\x16\x03\x01\x02\x00\x01\x00\x01"), CAUSE(METHOD) },
	{ "NUL", TEXT("\0"), CAUSE(METHOD) },
	{ "response", TEXT("HTTP/1.1 200 OK\r\n"), CAUSE(METHOD) },
	{ "CONNECT", TEXT("CONNECT a:80 "), CAUSE(CONNECT) },
	{ "CONNECT with IPv6", TEXT("CONNECT [::1]:80 "), CAUSE(CONNECT) },
	{ "CONNECT, path", TEXT("CONNECT /x "), CAUSE(TARGET) },
	{ "CONNECT, no host", TEXT("CONNECT :80 "), CAUSE(TARGET) },
	{ "CONNECT, no port", TEXT("CONNECT a "), CAUSE(TARGET) },
	{ "CONNECT, empty port", TEXT("CONNECT a: "), CAUSE(TARGET) },
	{ "CONNECT, port 0", TEXT("CONNECT a:0 "), CAUSE(TARGET) },
	{ "CONNECT, bad port", TEXT("CONNECT a:x "), CAUSE(TARGET) },
	{ "CONNECT, bad byte", TEXT("CONNECT \x01"), CAUSE(TARGET) },
	{ "CONNECT, long", TEXT("CONNECT " A64 "a"), CAUSE(TARGET_LENGTH) },
	{ "CONNECT, no target", TEXT("CONNECT  "), CAUSE(REQUEST_LINE) },
	{ "CONNECT, HTTP/0.9", TEXT("CONNECT a:80\r"), CAUSE(REQUEST_LINE) },
	{ "CONNECT, bare LF", TEXT("CONNECT a:80\n"), CAUSE(LINE_END) },
	/* target */
	LINE_CASE("target without slash", "GET a HTTP/1.1", TARGET),
	LINE_CASE("authority form", "GET a:80 HTTP/1.1", TARGET),
	LINE_CASE("asterisk with GET", "GET * HTTP/1.1", TARGET),
	LINE_CASE("asterisk and more", "OPTIONS *a HTTP/1.1", TARGET),
	LINE_CASE("asterisk and path", "OPTIONS */ HTTP/1.1", TARGET),
	LINE_CASE("asterisk with options", "options * HTTP/1.1", TARGET),
	LINE_CASE("HTTP/2 preface", "PRI * HTTP/2.0", TARGET),
	LINE_CASE("query without path", "GET ?a HTTP/1.1", TARGET),
	LINE_CASE("backslash in front", "GET \\a HTTP/1.1", TARGET),
	LINE_CASE("backslash", "GET /a\\b HTTP/1.1", TARGET),
	LINE_CASE("backslash in the query", "GET /?a\\b HTTP/1.1", TARGET),
	LINE_CASE("fragment", "GET /a#b HTTP/1.1", TARGET),
	LINE_CASE("fragment behind the query", "GET /a?b#c HTTP/1.1", TARGET),
	LINE_CASE("quote", "GET /\" HTTP/1.1", TARGET),
	LINE_CASE("angle bracket", "GET /< HTTP/1.1", TARGET),
	LINE_CASE("closing angle bracket", "GET /?> HTTP/1.1", TARGET),
	LINE_CASE("caret", "GET /^ HTTP/1.1", TARGET),
	LINE_CASE("backtick", "GET /` HTTP/1.1", TARGET),
	LINE_CASE("brace", "GET /?{ HTTP/1.1", TARGET),
	LINE_CASE("closing brace", "GET /} HTTP/1.1", TARGET),
	LINE_CASE("bar", "GET /?a|b HTTP/1.1", TARGET),
	LINE_CASE("square bracket", "GET /?a[] HTTP/1.1", TARGET),
	LINE_CASE("DEL", "GET /\x7f HTTP/1.1", TARGET),
	LINE_CASE("control byte", "GET /\x01 HTTP/1.1", TARGET),
	LINE_CASE("NUL in the target", "GET /\0 HTTP/1.1", TARGET),
	LINE_CASE("NUL in the query", "GET /?\0 HTTP/1.1", TARGET),
	LINE_CASE("UTF-8", "GET /\xc3\xa9 HTTP/1.1", TARGET),
	LINE_CASE("UTF-8 in the query", "GET /?\xc3\xa9 HTTP/1.1", TARGET),
	LINE_CASE("escape without digits", "GET /% HTTP/1.1", TARGET),
	LINE_CASE("escape with one digit", "GET /%4 HTTP/1.1", TARGET),
	LINE_CASE("escape of no digit", "GET /%4g HTTP/1.1", TARGET),
	LINE_CASE("escape in an escape", "GET /%%41 HTTP/1.1", TARGET),
	LINE_CASE("escape cut by the query", "GET /%4?1 HTTP/1.1", TARGET),
	LINE_CASE("escape in the query", "GET /?%zz HTTP/1.1", TARGET),
	LINE_CASE("escape at the query's end", "GET /?%4 HTTP/1.1", TARGET),
	LINE_CASE("IIS escape", "GET /%u0041 HTTP/1.1", TARGET),
	LINE_CASE("target of 65 bytes", "GET /" A64 " HTTP/1.1",
		  TARGET_LENGTH),
	LINE_CASE("query of 65 bytes", "GET /?" A64 " HTTP/1.1",
		  TARGET_LENGTH),
	LINE_CASE("long and bad target", "GET /" A64 "< HTTP/1.1",
		  TARGET_LENGTH),
	/* absolute form */
	LINE_CASE("https", "GET https://a/ HTTP/1.1", TARGET),
	LINE_CASE("ftp", "GET ftp://a/ HTTP/1.1", TARGET),
	LINE_CASE("longer scheme", "GET httpx://a/ HTTP/1.1", TARGET),
	LINE_CASE("one slash", "GET http:/a/ HTTP/1.1", TARGET),
	LINE_CASE("scheme alone", "GET http:// HTTP/1.1", TARGET),
	LINE_CASE("half a scheme", "GET http HTTP/1.1", TARGET),
	LINE_CASE("empty host", "GET http:/// HTTP/1.1", TARGET),
	LINE_CASE("only a port", "GET http://:80/ HTTP/1.1", TARGET),
	LINE_CASE("user name", "GET http://u@a/ HTTP/1.1", TARGET),
	LINE_CASE("user and password", "GET http://u:p@a/ HTTP/1.1", TARGET),
	LINE_CASE("escape in the host", "GET http://%61/ HTTP/1.1", TARGET),
	LINE_CASE("backslash behind the host", "GET http://a\\b/ HTTP/1.1",
		  TARGET),
	LINE_CASE("fragment behind the host", "GET http://a#b HTTP/1.1",
		  TARGET),
	LINE_CASE("bad port", "GET http://a:65536/ HTTP/1.1", TARGET),
	LINE_CASE("port not a number", "GET http://a:x/ HTTP/1.1", TARGET),
	LINE_CASE("port 0", "GET http://a:0/ HTTP/1.1", TARGET),
	LINE_CASE("bad IPv6", "GET http://[::1/ HTTP/1.1", TARGET),
	LINE_CASE("host too long", "GET http://" A64 "/ HTTP/1.1",
		  TARGET_LENGTH),
	LINE_CASE("absolute HTTP/0.9 style", "GET http://a", REQUEST_LINE),
	LINE_CASE("another host", "GET http://b/ HTTP/1.1", HOST),
	{ "empty Host with absolute form",
	  TEXT("GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n"), CAUSE(HOST) },
	{ "absolute form without Host",
	  TEXT("GET http://a/ HTTP/1.1\r\n\r\n"), CAUSE(HOST) },
	{ "another host in 1.0",
	  TEXT("GET http://a/ HTTP/1.0\r\nHost: b\r\n\r\n"), CAUSE(HOST) },
	/* version */
	LINE_CASE("HTTP/2.0", "GET / HTTP/2.0", VERSION_UNSUPPORTED),
	LINE_CASE("HTTP/3.0", "GET / HTTP/3.0", VERSION_UNSUPPORTED),
	LINE_CASE("HTTP/0.9", "GET / HTTP/0.9", VERSION_UNSUPPORTED),
	LINE_CASE("HTTP/9.9", "GET / HTTP/9.9", VERSION_UNSUPPORTED),
	LINE_CASE("http/1.1", "GET / http/1.1", VERSION),
	LINE_CASE("Http/1.1", "GET / Http/1.1", VERSION),
	LINE_CASE("HTTP/1", "GET / HTTP/1", VERSION),
	LINE_CASE("HTTP/1.", "GET / HTTP/1.", VERSION),
	LINE_CASE("HTTP/.1", "GET / HTTP/.1", VERSION),
	LINE_CASE("HTTP/1.10", "GET / HTTP/1.10", VERSION),
	LINE_CASE("HTTP/01.1", "GET / HTTP/01.1", VERSION),
	LINE_CASE("HTTP/1,1", "GET / HTTP/1,1", VERSION),
	LINE_CASE("HTTP 1.1", "GET / HTTP 1.1", VERSION),
	LINE_CASE("HTTPS/1.1", "GET / HTTPS/1.1", VERSION),
	LINE_CASE("HTTP/1.x", "GET / HTTP/1.x", VERSION),
	LINE_CASE("HTTP/1.1 and NUL", "GET / HTTP/1.1\0", VERSION),
	LINE_CASE("ICY/1.0", "GET / ICY/1.0", VERSION),
	/* field lines */
	FIELD_CASE("space before the colon", "Content-Length : 5\r\n",
		   FIELD_NAME),
	FIELD_CASE("tab before the colon", "Content-Length\t: 5\r\n",
		   FIELD_NAME),
	FIELD_CASE("space in the name", "Content Length: 5\r\n", FIELD_NAME),
	FIELD_CASE("empty name", ": 5\r\n", FIELD_NAME),
	FIELD_CASE("no colon", "Content-Length\r\n", FIELD_NAME),
	FIELD_CASE("NUL in the name", "A\0b: c\r\n", FIELD_NAME),
	FIELD_CASE("NUL before the colon", "Transfer-Encoding\0: x\r\n",
		   FIELD_NAME),
	FIELD_CASE("obs-text in the name", "A\xe9: c\r\n", FIELD_NAME),
	FIELD_CASE("parenthesis in the name", "A(b): c\r\n", FIELD_NAME),
	FIELD_CASE("quote in the name", "\"A\": c\r\n", FIELD_NAME),
	FIELD_CASE("backslash in the name", "A\\: c\r\n", FIELD_NAME),
	FIELD_CASE("CR before the colon", "A\r: c\r\n", FIELD_NAME),
	FIELD_CASE("vertical tab in front", "\vA: c\r\n", FIELD_NAME),
	FIELD_CASE("folding", "A: b\r\n c\r\n", FOLDING),
	FIELD_CASE("folding with a tab", "A: b\r\n\tc\r\n", FOLDING),
	FIELD_CASE("folded framing", "X: y\r\n Transfer-Encoding: chunked\r\n",
		   FOLDING),
	FIELD_CASE("folded empty line", "A: b\r\n \r\n", FOLDING),
	{ "space before the first field", TEXT(GET_LINE " " HOST_LINE END_LINE),
	  CAUSE(FOLDING) },
	{ "tab before the first field", TEXT(GET_LINE "\t" HOST_LINE END_LINE),
	  CAUSE(FOLDING) },
	FIELD_CASE("bare LF", "A: b\nC: d\r\n", LINE_END),
	FIELD_CASE("bare LF before framing",
		   "A: b\nTransfer-Encoding: chunked\r\n", LINE_END),
	FIELD_CASE("bare LF behind the name", "A\nB: c\r\n", LINE_END),
	FIELD_CASE("bare CR", "A: b\rC: d\r\n", LINE_END),
	FIELD_CASE("bare CR before framing",
		   "A: b\rTransfer-Encoding: chunked\r\n", LINE_END),
	FIELD_CASE("two CRs", "A: b\r\r\n", LINE_END),
	{ "bare LF as the empty line", TEXT(GET_LINE HOST_LINE "\n"), CAUSE(LINE_END) },
	{ "bare CR as the empty line", TEXT(GET_LINE HOST_LINE "\rX"), CAUSE(LINE_END) },
	{ "LF CR", TEXT(GET_LINE "Host: a\n\r\n"), CAUSE(LINE_END) },
	FIELD_CASE("NUL in the value", "A: b\0c\r\n", FIELD_VALUE),
	FIELD_CASE("NUL behind chunked", "Transfer-Encoding: chunked\0\r\n",
		   FIELD_VALUE),
	FIELD_CASE("DEL in the value", "A: \x7f\r\n", FIELD_VALUE),
	FIELD_CASE("vertical tab in the value",
		   "Transfer-Encoding: \vchunked\r\n", FIELD_VALUE),
	FIELD_CASE("form feed in the value", "A: b\fc\r\n", FIELD_VALUE),
	FIELD_CASE("escape in the value", "A: \x1b\r\n", FIELD_VALUE),
	FIELD_CASE("line of 129 bytes", "A:" A64 A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
		   FIELD_LENGTH),
	/* framing: the table of the framing unit has the rest */
	FIELD_CASE("CL.TE",
		   "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
		   FRAMING),
	FIELD_CASE("TE.CL",
		   "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
		   FRAMING),
	FIELD_CASE("TE.TE", "Transfer-Encoding: chunked\r\n"
		   "Transfer-encoding: cow\r\n", FRAMING),
	FIELD_CASE("TE.TE turned", "Transfer-Encoding: x\r\n"
		   "Transfer-Encoding: chunked\r\n", TRANSFER_CODING),
	FIELD_CASE("Content-Length twice",
		   "Content-Length: 5\r\nContent-Length: 5\r\n",
		   CONTENT_LENGTH),
	FIELD_CASE("Content-Length differs in case of the name",
		   "Content-Length: 5\r\ncontent-length: 6\r\n",
		   CONTENT_LENGTH),
	FIELD_CASE("Content-Length list", "Content-Length: 5, 5\r\n",
		   CONTENT_LENGTH),
	FIELD_CASE("Content-Length 2^63",
		   "Content-Length: 9223372036854775808\r\n", CONTENT_LENGTH),
	FIELD_CASE("Content-Length 2^64",
		   "Content-Length: 18446744073709551616\r\n", CONTENT_LENGTH),
	FIELD_CASE("Content-Length empty", "Content-Length:\r\n",
		   CONTENT_LENGTH),
	FIELD_CASE("Content-Length minus", "Content-Length: -1\r\n",
		   CONTENT_LENGTH),
	FIELD_CASE("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n",
		   TRANSFER_CODING),
	{ "chunked in 1.0", TEXT("POST / HTTP/1.0\r\n"
				 "Transfer-Encoding: chunked\r\n\r\n"),
	  CAUSE(FRAMING) },
	FIELD_CASE("expectation", "Expect: 200-ok\r\n", EXPECT),
	FIELD_CASE("Connection quoted", "Connection: \"close\"\r\n",
		   FIELD_VALUE),
	/* Host */
	HOST_CASE("no Host", "X-Host: a\r\n"),
	{ "no field", TEXT(GET_LINE END_LINE), CAUSE(HOST) },
	HOST_CASE("Host empty", "Host:\r\n"),
	HOST_CASE("Host of white space", "Host: \t \r\n"),
	HOST_CASE("Host twice", "Host: a\r\nHost: b\r\n"),
	HOST_CASE("Host twice, equal", "Host: a\r\nhost: a\r\n"),
	HOST_CASE("Host list", "Host: a, b\r\n"),
	HOST_CASE("Host with user", "Host: u@a\r\n"),
	HOST_CASE("Host with path", "Host: a/b\r\n"),
	HOST_CASE("Host with scheme", "Host: http://a\r\n"),
	HOST_CASE("Host with bad port", "Host: a:65536\r\n"),
	HOST_CASE("Host with port 0", "Host: a:0\r\n"),
	HOST_CASE("Host with two ports", "Host: a:80:80\r\n"),
	HOST_CASE("Host of a port", "Host: :80\r\n"),
	HOST_CASE("Host with escape", "Host: a%00b\r\n"),
	HOST_CASE("Host with obs-text", "Host: \xc3\xa9\r\n"),
	HOST_CASE("Host with bad IPv6", "Host: [::1\r\n"),
	HOST_CASE("Host with IPv6 without brackets", "Host: ::1\r\n"),
	{ "Host twice in 1.0",
	  TEXT("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), CAUSE(HOST) },
};

static void refused_desc(const struct refused_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(refused, refused_cases, refused_desc);

static void head_is_refused_for_its_cause(struct kunit *test)
{
	const struct refused_case *c = test->param_value;
	struct httpq_field fields[MAX_FIELDS];
	struct httpq_parse p;
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_EXPECT_EQ(test, (int)feed(test, &p, &limits, c->input,
						c->len, steps[i], fields),
				(int)HTTPQ_PARSE_REFUSED);
		KUNIT_EXPECT_STREQ(test, httpq_parse_cause_name(p.cause),
				   httpq_parse_cause_name(c->cause));
		KUNIT_EXPECT_EQ(test, p.status,
				httpq_parse_cause_status(c->cause));
		/* It stays refused, whatever comes. */
		KUNIT_EXPECT_EQ(test, (int)httpq_parse_head
				(&p, &limits, (const u8 *)c->input, c->len,
				 fields, MAX_FIELDS),
				(int)HTTPQ_PARSE_REFUSED);
	}
}

struct accepted_case {
	const char *desc;
	const char *input;
	size_t len;
	struct {
		const char *method;
		const char *target;
		const char *path;
		const char *query;
		const char *host;
	} text;
	u8 method_id;
	u8 version;
	u8 form;
	u8 flags;
	u16 nr_fields;
	u64 length;
	size_t rest;		/* bytes behind the head */
};

#define PLAIN (FLAG(KEEPALIVE) | FLAG(HOST))
#define TARGET_CASE(desc, target, path, query, host) \
	{ desc, TEXT("GET " target " HTTP/1.1\r\n" HOST_LINE END_LINE), \
	  { "GET", target, path, query, host }, HTTPQ_METHOD_GET, 11, \
	  HTTPQ_PARSE_ORIGIN, PLAIN, 1 }
#define ABSOLUTE_CASE(desc, target, value, path, query, host) \
	{ desc, TEXT("GET " target " HTTP/1.1\r\nHost: " value "\r\n" END_LINE), \
	  { "GET", target, path, query, host }, HTTPQ_METHOD_GET, 11, \
	  HTTPQ_PARSE_ABSOLUTE, PLAIN, 1 }
#define METHOD_CASE(name, id) \
	{ name, TEXT(name " / HTTP/1.1\r\n" HOST_LINE END_LINE), \
	  { name, "/", "/", "", "a" }, id, 11, HTTPQ_PARSE_ORIGIN, PLAIN, 1 }
#define FIELDS_CASE(desc, lines, flags, nr, ...) \
	{ desc, TEXT(GET_LINE HOST_LINE lines END_LINE), { "GET", "/", "/", "", "a" }, \
	  HTTPQ_METHOD_GET, 11, HTTPQ_PARSE_ORIGIN, FLAG(HOST) | (flags), \
	  1 + (nr), __VA_ARGS__ }
#define HOST_OK_CASE(desc, line, host) \
	{ desc, TEXT(GET_LINE line END_LINE), { "GET", "/", "/", "", host }, \
	  HTTPQ_METHOD_GET, 11, HTTPQ_PARSE_ORIGIN, PLAIN, 1 }
#define VERSION_CASE(text, version, flags) \
	{ text, TEXT("GET / " text "\r\n" HOST_LINE END_LINE), \
	  { "GET", "/", "/", "", "a" }, HTTPQ_METHOD_GET, version, \
	  HTTPQ_PARSE_ORIGIN, FLAG(HOST) | (flags), 1 }

static const struct accepted_case accepted_cases[] = {
	METHOD_CASE("GET", HTTPQ_METHOD_GET),
	METHOD_CASE("HEAD", HTTPQ_METHOD_HEAD),
	METHOD_CASE("POST", HTTPQ_METHOD_POST),
	METHOD_CASE("PUT", HTTPQ_METHOD_PUT),
	METHOD_CASE("DELETE", HTTPQ_METHOD_DELETE),
	METHOD_CASE("OPTIONS", HTTPQ_METHOD_OPTIONS),
	METHOD_CASE("TRACE", HTTPQ_METHOD_TRACE),
	METHOD_CASE("PATCH", HTTPQ_METHOD_PATCH),
	METHOD_CASE("get", HTTPQ_METHOD_OTHER),
	METHOD_CASE("GETS", HTTPQ_METHOD_OTHER),
	METHOD_CASE("GE", HTTPQ_METHOD_OTHER),
	METHOD_CASE("connect", HTTPQ_METHOD_OTHER),
	METHOD_CASE("M-SEARCH", HTTPQ_METHOD_OTHER),
	METHOD_CASE("!#$%&'*+-.^_`|~", HTTPQ_METHOD_OTHER),
	METHOD_CASE(A32, HTTPQ_METHOD_OTHER),
	VERSION_CASE("HTTP/1.1", 11, FLAG(KEEPALIVE)),
	VERSION_CASE("HTTP/1.0", 10, 0),
	VERSION_CASE("HTTP/1.2", 11, FLAG(KEEPALIVE)),
	VERSION_CASE("HTTP/1.9", 11, FLAG(KEEPALIVE)),
	TARGET_CASE("path", "/a/b", "/a/b", "", "a"),
	TARGET_CASE("query", "/a?b=c", "/a", "b=c", "a"),
	TARGET_CASE("empty query", "/a?", "/a", "", "a"),
	TARGET_CASE("question mark in the query", "/?a?b", "/", "a?b", "a"),
	TARGET_CASE("slash in the query", "/?a/../b", "/", "a/../b", "a"),
	TARGET_CASE("two slashes", "//b/c", "//b/c", "", "a"),
	TARGET_CASE("a URL as the path", "/http://b/", "/http://b/", "", "a"),
	TARGET_CASE("escapes", "/%41%7e?%5c%00", "/%41%7e", "%5c%00", "a"),
	TARGET_CASE("escape at the end of the path", "/%2F?a", "/%2F", "a",
		    "a"),
	TARGET_CASE("all bytes of a path", "/-._~!$&'()*+,;=:@",
		    "/-._~!$&'()*+,;=:@", "", "a"),
	TARGET_CASE("dots stay as they are", "/../%2e/", "/../%2e/", "", "a"),
	TARGET_CASE("64 bytes", "/" A32 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "/" A32 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", "a"),
	{ "asterisk", TEXT("OPTIONS * HTTP/1.1\r\n" HOST_LINE END_LINE),
	  { "OPTIONS", "*", "", "", "a" }, HTTPQ_METHOD_OPTIONS, 11,
	  HTTPQ_PARSE_ASTERISK, PLAIN, 1 },
	ABSOLUTE_CASE("absolute", "http://b/c?d", "b", "/c", "d", "b"),
	ABSOLUTE_CASE("absolute, scheme in upper case", "HTTP://b/", "b", "/",
		      "", "b"),
	ABSOLUTE_CASE("absolute without path", "http://b", "b", "", "", "b"),
	ABSOLUTE_CASE("absolute with query, no path", "http://b?c", "b", "",
		      "c", "b"),
	ABSOLUTE_CASE("absolute, other case in Host", "http://B.c/", "b.C",
		      "/", "", "B.c"),
	ABSOLUTE_CASE("absolute, same port", "http://b:81/", "b:81", "/", "",
		      "b"),
	ABSOLUTE_CASE("absolute, trailing dot", "http://b./", "b", "/", "",
		      "b"),
	ABSOLUTE_CASE("absolute, IPv6", "http://[::1]:81/", "[0:0::1]:81",
		      "/", "", "[::1]"),
	{ "absolute in 1.0 without Host",
	  TEXT("GET http://b/ HTTP/1.0\r\n\r\n"),
	  { "GET", "http://b/", "/", "", "b" }, HTTPQ_METHOD_GET, 10,
	  HTTPQ_PARSE_ABSOLUTE, 0, 0 },
	HOST_OK_CASE("Host with port", "Host: b:8080\r\n", "b"),
	HOST_OK_CASE("Host with trailing dot", "Host: b.c.:80\r\n", "b.c"),
	HOST_OK_CASE("Host with IPv6", "Host: [::1]:80\r\n", "[::1]"),
	HOST_OK_CASE("Host without space", "hOST:b\r\n", "b"),
	HOST_OK_CASE("Host in white space", "Host:\t b \t\r\n", "b"),
	{ "1.0 without Host", TEXT("GET / HTTP/1.0\r\n\r\n"),
	  { "GET", "/", "/", "", "" }, HTTPQ_METHOD_GET, 10,
	  HTTPQ_PARSE_ORIGIN, 0, 0 },
	{ "1.0 with an empty Host", TEXT("GET / HTTP/1.0\r\nHost: \r\n\r\n"),
	  { "GET", "/", "/", "", "" }, HTTPQ_METHOD_GET, 10,
	  HTTPQ_PARSE_ORIGIN, FLAG(HOST), 1 },
	{ "CRLF in front", TEXT("\r\n" GET_LINE HOST_LINE END_LINE),
	  { "GET", "/", "/", "", "a" }, HTTPQ_METHOD_GET, 11,
	  HTTPQ_PARSE_ORIGIN, PLAIN, 1 },
	{ "pipelined", TEXT(GET_LINE HOST_LINE END_LINE "GET /x HTTP/1.1\r\n"),
	  { "GET", "/", "/", "", "a" }, HTTPQ_METHOD_GET, 11,
	  HTTPQ_PARSE_ORIGIN, PLAIN, 1, 0, 17 },
	{ "LF behind the head", TEXT(GET_LINE HOST_LINE END_LINE "\n"),
	  { "GET", "/", "/", "", "a" }, HTTPQ_METHOD_GET, 11,
	  HTTPQ_PARSE_ORIGIN, PLAIN, 1, 0, 1 },
	FIELDS_CASE("Content-Length", "Content-Length: 42\r\n",
		    FLAG(KEEPALIVE) | FLAG(LENGTH), 1, 42),
	FIELDS_CASE("Content-Length 0", "Content-Length: 0\r\n",
		    FLAG(KEEPALIVE) | FLAG(LENGTH), 1, 0),
	FIELDS_CASE("Content-Length 2^32 + 1", "Content-Length: 4294967297\r\n",
		    FLAG(KEEPALIVE) | FLAG(LENGTH), 1, 4294967297ULL),
	FIELDS_CASE("Content-Length 2^63 - 1",
		    "Content-Length: 9223372036854775807\r\n",
		    FLAG(KEEPALIVE) | FLAG(LENGTH), 1, 9223372036854775807ULL),
	FIELDS_CASE("Content-Length in white space",
		    "Content-Length:\t 42 \t\r\n",
		    FLAG(KEEPALIVE) | FLAG(LENGTH), 1, 42),
	FIELDS_CASE("chunked", "Transfer-Encoding: Chunked\r\n",
		    FLAG(KEEPALIVE) | FLAG(CHUNKED), 1, 0),
	FIELDS_CASE("100-continue",
		    "Expect: 100-Continue\r\nContent-Length: 1\r\n",
		    FLAG(KEEPALIVE) | FLAG(LENGTH) | FLAG(CONTINUE), 2, 1),
	FIELDS_CASE("upgrade", "Connection: Upgrade\r\nUpgrade: websocket\r\n",
		    FLAG(KEEPALIVE) | FLAG(UPGRADE), 2, 0),
	FIELDS_CASE("close", "Connection: close\r\n", FLAG(CLOSE), 1, 0),
	FIELDS_CASE("empty value", "A:\r\nB: \r\n", FLAG(KEEPALIVE), 2, 0),
	FIELDS_CASE("obs-text in a value", "A: \xe9\x80\xff\r\n",
		    FLAG(KEEPALIVE), 1, 0),
	FIELDS_CASE("colon in a value", "A: b:c\r\n", FLAG(KEEPALIVE), 1, 0),
	FIELDS_CASE("names that only look like framing",
		    "Content_Length: 5\r\nX-Transfer-Encoding: chunked\r\n",
		    FLAG(KEEPALIVE), 2, 0),
	FIELDS_CASE("line of 128 bytes", "A:" A64 A32
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", FLAG(KEEPALIVE), 1,
		    0),
};

static void accepted_desc(const struct accepted_case *c, char *desc)
{
	size_t i;

	strcpy(desc, c->desc);
	for (i = 0; desc[i]; i++)
		if (desc[i] == '#')
			desc[i] = '?';
}

KUNIT_ARRAY_PARAM(accepted, accepted_cases, accepted_desc);

static void expect_span(struct kunit *test, const char *input,
			struct httpq_span span, const char *expect)
{
	if (span.len != strlen(expect) ||
	    memcmp(input + span.off, expect, span.len))
		KUNIT_FAIL(test, "\"%.*s\" is not \"%s\"", span.len,
			   input + span.off, expect);
}

static void expect_head(struct kunit *test, const struct accepted_case *c,
			const struct httpq_parse *p)
{
	expect_span(test, c->input, p->method, c->text.method);
	expect_span(test, c->input, p->target, c->text.target);
	expect_span(test, c->input, p->path, c->text.path);
	expect_span(test, c->input, p->query, c->text.query);
	expect_span(test, c->input, p->host, c->text.host);
	KUNIT_EXPECT_EQ(test, p->method_id, c->method_id);
	KUNIT_EXPECT_EQ(test, p->version, c->version);
	KUNIT_EXPECT_EQ(test, p->form, c->form);
	KUNIT_EXPECT_EQ(test, p->flags, c->flags);
	KUNIT_EXPECT_EQ(test, p->nr_fields, c->nr_fields);
	KUNIT_EXPECT_EQ(test, p->content_length, c->length);
	KUNIT_EXPECT_EQ(test, (size_t)p->pos, c->len - c->rest);
	KUNIT_EXPECT_EQ(test, (int)p->cause, (int)CAUSE(NONE));
	KUNIT_EXPECT_EQ(test, p->status, 0);
}

static void head_is_accepted_in_any_split(struct kunit *test)
{
	const struct accepted_case *c = test->param_value;
	struct httpq_field fields[MAX_FIELDS];
	struct httpq_parse p;
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_EXPECT_EQ(test, (int)feed(test, &p, &limits, c->input,
						c->len, steps[i], fields),
				(int)HTTPQ_PARSE_DONE);
		KUNIT_EXPECT_STREQ(test, httpq_parse_cause_name(p.cause),
				   "NONE");
		expect_head(test, c, &p);
	}
}

/* Every proper beginning of a good head wants more. */
static void head_is_not_done_early(struct kunit *test)
{
	static const char input[] = "\r\nPOST http://a:80/b%20?c HTTP/1.1\r\n"
		"Host: A.:80\r\nContent-Length: 3\r\nExpect:\t100-continue\r\n"
		"Connection: keep-alive, x\r\n\r\n";
	struct httpq_field fields[MAX_FIELDS];
	struct httpq_parse p;
	u16 len;

	for (len = 0; len < sizeof(input); len++) {
		u8 *copy = copy_of(test, input, len);

		httpq_parse_init(&p);
		KUNIT_EXPECT_EQ(test, (int)httpq_parse_head
				(&p, &limits, copy, len, fields, MAX_FIELDS),
				len < sizeof(input) - 1 ? HTTPQ_PARSE_MORE :
							  HTTPQ_PARSE_DONE);
		KUNIT_EXPECT_EQ(test, p.pos, len);
		kunit_kfree(test, copy);
	}
}

static const char five_fields[] = GET_LINE "A: 1\r\nHost: a\r\nB:  22 \r\n"
	"content-length: 3\r\nC:\r\n\r\n";

static void expect_five_fields(struct kunit *test,
			       const struct httpq_field *fields)
{
	static const char * const names[] = {
		"A", "Host", "B", "content-length", "C",
	};
	static const char * const values[] = { "1", "a", "22", "3", "" };
	static const u16 ids[] = {
		HTTPQ_FIELD_OTHER, HTTPQ_FIELD_HOST, HTTPQ_FIELD_OTHER,
		HTTPQ_FIELD_CONTENT_LENGTH, HTTPQ_FIELD_OTHER,
	};
	int i;

	for (i = 0; i < 5; i++) {
		struct httpq_span name = {
			fields[i].name_off, fields[i].name_len,
		};
		struct httpq_span value = {
			fields[i].value_off, fields[i].value_len,
		};

		expect_span(test, five_fields, name, names[i]);
		expect_span(test, five_fields, value, values[i]);
		KUNIT_EXPECT_EQ(test, fields[i].id, ids[i]);
		KUNIT_EXPECT_EQ(test, fields[i].__reserved, 0);
	}
}

/* Table and buffer are larger, and elsewhere, each time. */
static void head_goes_on_with_a_larger_table(struct kunit *test)
{
	size_t len = sizeof(five_fields) - 1;
	struct httpq_field fields[5];
	enum httpq_parse_result result;
	struct httpq_parse p;
	u16 room;

	httpq_parse_init(&p);
	for (room = 0; room <= 5; room++) {
		struct httpq_field *table =
			kunit_kmalloc(test, room * sizeof(*table), GFP_KERNEL);
		u8 *copy = copy_of(test, five_fields, len);

		KUNIT_ASSERT_TRUE(test, table);
		memcpy(table, fields, p.nr_fields * sizeof(*table));
		result = httpq_parse_head(&p, &limits, copy, len, table, room);
		KUNIT_EXPECT_EQ(test, (int)result,
				room < 5 ? HTTPQ_PARSE_FIELDS_FULL :
					   HTTPQ_PARSE_DONE);
		KUNIT_EXPECT_EQ(test, p.nr_fields, room);
		memcpy(fields, table, room * sizeof(*table));
		kunit_kfree(test, table);
		kunit_kfree(test, copy);
	}
	expect_five_fields(test, fields);
	KUNIT_EXPECT_EQ(test, p.flags, PLAIN | FLAG(LENGTH));
	KUNIT_EXPECT_EQ(test, p.content_length, 3ULL);
}

static void full_table_is_told_again(struct kunit *test)
{
	struct httpq_field fields[2];
	struct httpq_parse p;
	u16 pos;
	int i;

	httpq_parse_init(&p);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, (int)httpq_parse_head
				(&p, &limits, (const u8 *)five_fields,
				 sizeof(five_fields) - 1, fields, 2),
				(int)HTTPQ_PARSE_FIELDS_FULL);
		if (i)
			KUNIT_EXPECT_EQ(test, p.pos, pos);
		pos = p.pos;
	}
}

struct limit_case {
	const char *desc;
	struct httpq_parse_limits lim;
	enum httpq_parse_cause cause;
};

/* Against LIMIT_INPUT: head 41, target 5, longest line 8, two fields. */
#define LIMIT_INPUT "GET /abcd HTTP/1.1\r\nHost: a\r\nB: 56789\r\n\r\n"

static const struct limit_case limit_cases[] = {
	{ "all as they are", { 41, 5, 8, 2 }, CAUSE(NONE) },
	{ "head one less", { 40, 5, 8, 2 }, CAUSE(HEAD_LENGTH) },
	{ "head ends in the field line", { 35, 5, 8, 2 }, CAUSE(HEAD_LENGTH) },
	{ "head ends in the version", { 12, 5, 8, 2 }, CAUSE(HEAD_LENGTH) },
	{ "head ends in the target", { 7, 5, 8, 2 }, CAUSE(TARGET_LENGTH) },
	{ "head ends in the method", { 2, 5, 8, 2 }, CAUSE(HEAD_LENGTH) },
	{ "head of nothing", { 0, 5, 8, 2 }, CAUSE(HEAD_LENGTH) },
	{ "target one less", { 41, 4, 8, 2 }, CAUSE(TARGET_LENGTH) },
	{ "target of nothing", { 41, 0, 8, 2 }, CAUSE(TARGET_LENGTH) },
	{ "line one less", { 41, 5, 7, 2 }, CAUSE(FIELD_LENGTH) },
	{ "line ends in the name", { 41, 5, 2, 2 }, CAUSE(FIELD_LENGTH) },
	{ "one field less", { 41, 5, 8, 1 }, CAUSE(FIELD_COUNT) },
	{ "no field", { 41, 5, 8, 0 }, CAUSE(FIELD_COUNT) },
	{ "all at their largest", { 65535, 65535, 65535, 65535 },
	  CAUSE(NONE) },
};

static void limit_desc(const struct limit_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(limit, limit_cases, limit_desc);

static void limits_hold_to_the_byte(struct kunit *test)
{
	const struct limit_case *c = test->param_value;
	struct httpq_field fields[MAX_FIELDS];
	struct httpq_parse p;
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		feed(test, &p, &c->lim, TEXT(LIMIT_INPUT), steps[i], fields);
		KUNIT_EXPECT_STREQ(test, httpq_parse_cause_name(p.cause),
				   httpq_parse_cause_name(c->cause));
	}
}

/* A head of the largest size: offsets must not wrap. */
static void head_of_65535_bytes(struct kunit *test)
{
	static const struct httpq_parse_limits lim = {
		65535, 65535, 65535, 65535,
	};
	static const char start[] = GET_LINE HOST_LINE "X: ";
	struct httpq_field fields[2];
	struct httpq_parse p;
	u8 *buf = kunit_kmalloc(test, 65535, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, buf);
	memset(buf, 'x', 65535);
	memcpy(buf, start, sizeof(start) - 1);
	httpq_parse_init(&p);
	KUNIT_EXPECT_EQ(test, (int)httpq_parse_head(&p, &lim, buf, 65535,
						    fields, 2),
			(int)HTTPQ_PARSE_REFUSED);
	KUNIT_EXPECT_EQ(test, (int)p.cause, (int)CAUSE(HEAD_LENGTH));
	memcpy(buf + 65531, "\r\n\r\n", 4);
	httpq_parse_init(&p);
	KUNIT_EXPECT_EQ(test, (int)httpq_parse_head(&p, &lim, buf, 65535,
						    fields, 2),
			(int)HTTPQ_PARSE_DONE);
	KUNIT_EXPECT_EQ(test, fields[1].value_off + fields[1].value_len, 65531);
	kunit_kfree(test, buf);
}

struct trailers_case {
	const char *desc;
	const char *input;
	size_t len;
	int result;
};

static const struct trailers_case trailers_cases[] = {
	{ "none", TEXT(""), 0 },
	{ "one", TEXT("A: b\r\n"), 1 },
	{ "three", TEXT("A: b\r\nC:d\r\nETag: \"1\"\r\n"), 3 },
	{ "four", TEXT("A: b\r\nA: b\r\nA: b\r\nA: b\r\n"), -ENOSPC },
	{ "framing is passed over",
	  TEXT("Content-Length: x\r\nTransfer-Encoding: chunked\r\n"
	       "Host: a b\r\nConnection: \"\r\nA: b\r\n"), 1 },
	{ "passed over also when the table is full",
	  TEXT("A: b\r\nA: b\r\nA: b\r\nHost: a\r\n"), 3 },
	{ "no line end", TEXT("A: b"), -EINVAL },
	{ "half a line end", TEXT("A: b\r"), -EINVAL },
	{ "bare LF", TEXT("A: b\nC: d\r\n"), -EINVAL },
	{ "empty line", TEXT("A: b\r\n\r\n"), -EINVAL },
	{ "half an empty line", TEXT("A: b\r\n\r"), -EINVAL },
	{ "folding", TEXT("A: b\r\n c\r\n"), -EINVAL },
	{ "space in front", TEXT(" A: b\r\n"), -EINVAL },
	{ "space before the colon", TEXT("A : b\r\n"), -EINVAL },
	{ "no colon", TEXT("A\r\n"), -EINVAL },
	{ "empty name", TEXT(": b\r\n"), -EINVAL },
	{ "NUL", TEXT("A: \0\r\n"), -EINVAL },
	{ "a bad line that would be passed over", TEXT("Host : a\r\n"),
	  -EINVAL },
};

static void trailers_desc(const struct trailers_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(trailers, trailers_cases, trailers_desc);

static void trailers_are_read(struct kunit *test)
{
	const struct trailers_case *c = test->param_value;
	u8 *copy = copy_of(test, c->input, c->len);
	struct httpq_field fields[3];

	KUNIT_EXPECT_EQ(test, httpq_parse_trailers(copy, c->len, fields, 3),
			c->result);
	kunit_kfree(test, copy);
}

static void cause_has_name_and_status(struct kunit *test)
{
	int cause;

	for (cause = 1; cause < HTTPQ_PARSE_CAUSE_NR; cause++) {
		KUNIT_EXPECT_GE(test, httpq_parse_cause_status(cause), 400);
		KUNIT_EXPECT_LE(test, httpq_parse_cause_status(cause), 505);
		KUNIT_EXPECT_TRUE(test, *httpq_parse_cause_name(cause));
	}
	KUNIT_EXPECT_EQ(test, httpq_parse_cause_status(CAUSE(NONE)), 0);
	KUNIT_EXPECT_EQ(test, httpq_parse_cause_status(CAUSE(HOST)), 400);
	KUNIT_EXPECT_EQ(test, httpq_parse_cause_status(CAUSE(TARGET_LENGTH)),
			414);
	KUNIT_EXPECT_EQ(test, httpq_parse_cause_status(CAUSE(EXPECT)), 417);
	KUNIT_EXPECT_EQ(test, httpq_parse_cause_status(CAUSE(HEAD_LENGTH)),
			431);
	KUNIT_EXPECT_EQ(test, httpq_parse_cause_status(CAUSE(CONNECT)), 501);
	KUNIT_EXPECT_EQ(test, httpq_parse_cause_status
			(CAUSE(VERSION_UNSUPPORTED)), 505);
	KUNIT_EXPECT_STREQ(test, httpq_parse_cause_name(CAUSE(FOLDING)),
			   "FOLDING");
	KUNIT_EXPECT_STREQ(test, httpq_parse_cause_name(HTTPQ_PARSE_CAUSE_NR),
			   "UNKNOWN");
	KUNIT_EXPECT_EQ(test, httpq_parse_cause_status(HTTPQ_PARSE_CAUSE_NR),
			0);
}

static struct kunit_case parse_test_cases[] = {
	KUNIT_CASE_PARAM(head_is_refused_for_its_cause, refused_gen_params),
	KUNIT_CASE_PARAM(head_is_accepted_in_any_split, accepted_gen_params),
	KUNIT_CASE(head_is_not_done_early),
	KUNIT_CASE(head_goes_on_with_a_larger_table),
	KUNIT_CASE(full_table_is_told_again),
	KUNIT_CASE_PARAM(limits_hold_to_the_byte, limit_gen_params),
	KUNIT_CASE(head_of_65535_bytes),
	KUNIT_CASE_PARAM(trailers_are_read, trailers_gen_params),
	KUNIT_CASE(cause_has_name_and_status),
	{}
};

static struct kunit_suite parse_suite = {
	.name = "httpq_parse",
	.test_cases = parse_test_cases,
};

kunit_test_suite(parse_suite);
