// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>

#include "../reply.c"

#define MAX_FIELDS 4
#define MAX_TEXT 512
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define DATE_LINE "Date: " DATE "\r\n"
#define UNKNOWN HTTPQ_LENGTH_UNKNOWN

/* A response head as a worker describes it. */
struct field_spec {
	u16 id;
	const char *name;
	const char *value;
	u16 reserved;
};

struct head_spec {
	u16 status;
	const char *reason;
	struct field_spec fields[MAX_FIELDS];
};

#define BY_ID(name, value) { HTTPQ_FIELD_##name, NULL, value }
#define BY_NAME(name, value) { HTTPQ_FIELD_OTHER, name, value }
#define BY_BOTH(id, name, value) { HTTPQ_FIELD_##id, name, value }

union head_buffer {
	struct httpq_reply_head head;
	u8 bytes[sizeof(struct httpq_reply_head) +
		 MAX_FIELDS * sizeof(struct httpq_field) + MAX_TEXT];
};

static void put_text(u8 *data, u16 *used, const char *text, u16 *off, u16 *len)
{
	*off = *used;
	*len = text ? strlen(text) : 0;
	memcpy(data + *used, text ? text : "", *len);
	*used += *len;
}

static u32 build_head(const struct head_spec *spec, union head_buffer *buffer)
{
	struct httpq_reply_head *head = &buffer->head;
	struct httpq_field *fields = (void *)(head + 1);
	u16 used = 0;
	u8 *data;
	int i;

	memset(buffer, 0, sizeof(*buffer));
	while (head->nr_fields < MAX_FIELDS &&
	       spec->fields[head->nr_fields].value)
		head->nr_fields++;
	data = (u8 *)(fields + head->nr_fields);
	head->status = spec->status;
	put_text(data, &used, spec->reason, &head->reason.off,
		 &head->reason.len);
	for (i = 0; i < head->nr_fields; i++) {
		fields[i].id = spec->fields[i].id;
		fields[i].__reserved = spec->fields[i].reserved;
		put_text(data, &used, spec->fields[i].name,
			 &fields[i].name_off, &fields[i].name_len);
		put_text(data, &used, spec->fields[i].value,
			 &fields[i].value_off, &fields[i].value_len);
	}
	return data + used - buffer->bytes;
}

struct check_case {
	const char *desc;
	struct head_spec head;
	int err;
};

#define OK_CASE(desc, status, ...) \
	{ desc, { status, NULL, { __VA_ARGS__ } }, 0 }
#define BAD_CASE(desc, status, ...) \
	{ desc, { status, NULL, { __VA_ARGS__ } }, -EINVAL }

static const struct check_case check_cases[] = {
	OK_CASE("no field", 200),
	OK_CASE("by number", 200, BY_ID(CONTENT_TYPE, "text/plain")),
	OK_CASE("by name", 200, BY_NAME("X-Test", "1")),
	OK_CASE("by both", 200, BY_BOTH(ETAG, "etag", "\"1\"")),
	OK_CASE("empty value", 200, BY_NAME("X-Test", "")),
	OK_CASE("obs-text and tab", 200, BY_NAME("X-Test", "\xe9\ta")),
	OK_CASE("Keep-Alive", 200, BY_ID(KEEP_ALIVE, "timeout=5")),
	OK_CASE("Date", 200, BY_ID(DATE, "yesterday")),
	/* status line */
	OK_CASE("status 100", 100),
	OK_CASE("status 103", 103),
	OK_CASE("status 599", 599),
	BAD_CASE("status 99", 99),
	BAD_CASE("status 1", 1),
	BAD_CASE("status 600", 600),
	BAD_CASE("status 65535", 65535),
	BAD_CASE("status 101", 101),
	{ "reason", { 200, "Fine \t caf\xe9" }, 0 },
	{ "reason with CRLF", { 200, "OK\r\nX: y" }, -EINVAL },
	{ "reason with LF", { 200, "OK\nX: y" }, -EINVAL },
	{ "reason with DEL", { 200, "OK\x7f" }, -EINVAL },
	{ "reason of trailers", { 0, "OK" }, -EINVAL },
	/* names */
	BAD_CASE("name empty", 200, BY_NAME("", "1")),
	BAD_CASE("name with colon", 200, BY_NAME("X:", "1")),
	BAD_CASE("name with space", 200, BY_NAME("X ", "1")),
	BAD_CASE("name with CRLF", 200, BY_NAME("X\r\nY", "1")),
	BAD_CASE("name with CRLF in front", 200, BY_NAME("\r\nX", "1")),
	BAD_CASE("name with obs-text", 200, BY_NAME("\xe9", "1")),
	BAD_CASE("name of another number", 200, BY_BOTH(ETAG, "Age", "1")),
	BAD_CASE("unknown name with a number", 200,
		 BY_BOTH(ETAG, "X-ETag", "1")),
	BAD_CASE("name with CRLF and a number", 200,
		 BY_BOTH(ETAG, "ETag\r\nX", "1")),
	{ "number too large", { 200, NULL, { { HTTPQ_FIELD_NR, NULL, "1" } } },
	  -EINVAL },
	{ "number 65535", { 200, NULL, { { 65535, NULL, "1" } } }, -EINVAL },
	{ "number too large with a name",
	  { 200, NULL, { { HTTPQ_FIELD_NR, "X", "1" } } }, -EINVAL },
	{ "reserved", { 200, NULL, { { HTTPQ_FIELD_ETAG, NULL, "1", 1 } } },
	  -EOPNOTSUPP },
	/* values */
	BAD_CASE("value with CRLF", 200, BY_NAME("X", "a\r\nSet-Cookie: b")),
	BAD_CASE("value with CR", 200, BY_NAME("X", "a\rb")),
	BAD_CASE("value with LF", 200, BY_NAME("X", "a\nb")),
	BAD_CASE("value folded", 200, BY_NAME("X", "a\r\n b")),
	BAD_CASE("value that splits the response", 200,
		 BY_NAME("X", "\r\n\r\nHTTP/1.1 200 OK")),
	BAD_CASE("value with DEL", 200, BY_NAME("X", "\x7f")),
	BAD_CASE("value with escape", 200, BY_NAME("X", "\x1b")),
	BAD_CASE("LF in the second field", 200, BY_NAME("X", "a"),
		 BY_ID(ETAG, "\n")),
	/* framing */
	OK_CASE("Content-Length", 200, BY_ID(CONTENT_LENGTH, "5")),
	OK_CASE("Content-Length by name", 200, BY_NAME("content-length", "5")),
	BAD_CASE("Content-Length twice", 200, BY_ID(CONTENT_LENGTH, "5"),
		 BY_ID(CONTENT_LENGTH, "5")),
	BAD_CASE("Content-Length by number and by name", 200,
		 BY_ID(CONTENT_LENGTH, "5"), BY_NAME("CONTENT-LENGTH", "5")),
	BAD_CASE("Content-Length list", 200, BY_ID(CONTENT_LENGTH, "5, 5")),
	BAD_CASE("Content-Length with sign", 200, BY_ID(CONTENT_LENGTH, "+5")),
	BAD_CASE("Content-Length with space", 200, BY_ID(CONTENT_LENGTH, " 5")),
	BAD_CASE("Content-Length empty", 200, BY_ID(CONTENT_LENGTH, "")),
	BAD_CASE("Content-Length 2^63", 200,
		 BY_ID(CONTENT_LENGTH, "9223372036854775808")),
	BAD_CASE("Transfer-Encoding", 200,
		 BY_ID(TRANSFER_ENCODING, "chunked")),
	BAD_CASE("Transfer-Encoding by name", 200,
		 BY_NAME("transfer-encoding", "chunked")),
	BAD_CASE("Transfer-Encoding by both", 200,
		 BY_BOTH(TRANSFER_ENCODING, "Transfer-Encoding", "identity")),
	BAD_CASE("Transfer-Encoding as another number", 200,
		 BY_BOTH(ETAG, "Transfer-Encoding", "chunked")),
	OK_CASE("Connection: close", 200, BY_ID(CONNECTION, "close")),
	OK_CASE("Connection: keep-alive, Close", 200,
		BY_ID(CONNECTION, "keep-alive, Close")),
	OK_CASE("Upgrade", 426, BY_ID(UPGRADE, "h2c")),
	OK_CASE("Connection: upgrade, then Upgrade", 426,
		BY_ID(CONNECTION, "Upgrade"), BY_ID(UPGRADE, "h2c")),
	OK_CASE("Upgrade by name, then Connection", 426,
		BY_NAME("upgrade", "h2c"), BY_NAME("connection", "upgrade")),
	BAD_CASE("Connection: upgrade alone", 200,
		 BY_ID(CONNECTION, "upgrade")),
	BAD_CASE("Connection: upgrade of 103", 103,
		 BY_ID(CONNECTION, "upgrade")),
	BAD_CASE("Connection names a field", 200,
		 BY_NAME("connection", "close, X-Test")),
	BAD_CASE("Connection empty", 200, BY_ID(CONNECTION, "")),
	/* trailers */
	OK_CASE("trailers, none", 0),
	OK_CASE("trailer", 0, BY_NAME("X-Checksum", "1"), BY_ID(ETAG, "2")),
	BAD_CASE("trailer Content-Length", 0, BY_ID(CONTENT_LENGTH, "5")),
	BAD_CASE("trailer Content-Length by name", 0,
		 BY_NAME("Content-length", "5")),
	BAD_CASE("trailer Transfer-Encoding", 0,
		 BY_ID(TRANSFER_ENCODING, "chunked")),
	BAD_CASE("trailer Connection", 0, BY_ID(CONNECTION, "close")),
	BAD_CASE("trailer Upgrade", 0, BY_ID(UPGRADE, "h2c")),
	BAD_CASE("trailer Keep-Alive", 0, BY_ID(KEEP_ALIVE, "timeout=5")),
	BAD_CASE("trailer Set-Cookie", 0, BY_ID(SET_COOKIE, "a=b")),
	BAD_CASE("trailer Host", 0, BY_NAME("HOST", "a")),
	BAD_CASE("trailer Date", 0, BY_ID(DATE, DATE)),
};

static void check_desc(const struct check_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(check, check_cases, check_desc);

static void check_accepts_only_safe_heads(struct kunit *test)
{
	const struct check_case *c = test->param_value;
	static union head_buffer buffer;
	struct httpq_reply reply;
	u32 len = build_head(&c->head, &buffer);

	KUNIT_EXPECT_EQ(test, httpq_reply_check(&reply, buffer.bytes, len),
			c->err);
}

/* Every shorter piece of a good head is refused or read within its bounds. */
static void check_bounds_every_length(struct kunit *test)
{
	static const struct head_spec spec = {
		200, "Fine", { BY_NAME("X-Test", "1"), BY_ID(ETAG, "2") },
	};
	static union head_buffer buffer;
	u32 len = build_head(&spec, &buffer);
	struct httpq_reply reply;
	u32 cut;

	for (cut = 0; cut <= len; cut++) {
		u8 *copy = kunit_kmalloc(test, cut, GFP_KERNEL);

		KUNIT_ASSERT_TRUE(test, copy);
		memcpy(copy, buffer.bytes, cut);
		KUNIT_EXPECT_EQ(test, httpq_reply_check(&reply, copy, cut),
				cut == len ? 0 : -EINVAL);
		kunit_kfree(test, copy);
	}
}

struct span_case {
	const char *desc;
	struct httpq_field field;
	int err;
};

/* Against 16 bytes of data, "aaaaaaaaaaaaaaaa". */
static const struct span_case span_cases[] = {
	{ "whole", { 0, 0, 16, 0, 16 }, 0 },
	{ "empty value at the end", { 0, 0, 1, 16, 0 }, 0 },
	{ "empty value behind the end", { 0, 0, 1, 17, 0 }, -EINVAL },
	{ "name one too long", { 0, 0, 17, 0, 1 }, -EINVAL },
	{ "name behind the end", { 0, 16, 1, 0, 1 }, -EINVAL },
	{ "value one too long", { 0, 0, 1, 1, 16 }, -EINVAL },
	{ "value behind the end", { 0, 0, 1, 65535, 1 }, -EINVAL },
	{ "sum of 16 bits wraps", { 0, 0, 1, 65535, 2 }, -EINVAL },
	{ "largest of all", { 0, 65535, 65535, 65535, 65535 }, -EINVAL },
	{ "unused name behind the end", { HTTPQ_FIELD_ETAG, 99, 0, 0, 1 },
	  -EINVAL },
};

static void span_desc(const struct span_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(span, span_cases, span_desc);

static void check_keeps_spans_inside(struct kunit *test)
{
	const struct span_case *c = test->param_value;
	struct {
		struct httpq_reply_head head;
		struct httpq_field field;
		u8 data[16];
	} buffer = { .head = { .status = 200, .nr_fields = 1 } };
	struct httpq_reply reply;

	buffer.field = c->field;
	memset(buffer.data, 'a', sizeof(buffer.data));
	KUNIT_EXPECT_EQ(test, httpq_reply_check(&reply, (const u8 *)&buffer,
						sizeof(buffer)), c->err);
}

/* @nr fields whose values are all the same bytes */
static int check_overlap(struct kunit *test, u16 nr, u16 value_len)
{
	size_t table = sizeof(struct httpq_reply_head) +
		       nr * sizeof(struct httpq_field);
	u8 *buf = kunit_kmalloc(test, table + value_len, GFP_KERNEL);
	struct httpq_reply_head *head = (void *)buf;
	struct httpq_field *fields = (void *)(head + 1);
	struct httpq_reply reply;
	int err;
	u16 i;

	KUNIT_ASSERT_TRUE(test, buf);
	memset(buf, 0, table);
	memset(buf + table, 'x', value_len);
	head->status = 200;
	head->nr_fields = nr;
	for (i = 0; i < nr; i++) {
		fields[i].name_len = 1;
		fields[i].value_len = value_len;
	}
	err = httpq_reply_check(&reply, buf, table + value_len);
	kunit_kfree(test, buf);
	return err;
}

static void check_bounds_overlapping_values(struct kunit *test)
{
	/* "x: " value CRLF: 5 bytes more than the value */
	KUNIT_EXPECT_EQ(test, check_overlap(test, 1, HTTPQ_HEAD_MAX - 5), 0);
	KUNIT_EXPECT_EQ(test, check_overlap(test, 1, HTTPQ_HEAD_MAX - 4),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, check_overlap(test, 10, 6000), 0);
	KUNIT_EXPECT_EQ(test, check_overlap(test, 11, 6000), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_overlap(test, 2000, 60000), -EINVAL);
}

struct frame_case {
	const char *desc;
	struct head_spec head;
	struct {
		u8 version;
		bool head_request;
		bool close;
		bool more;
		u64 body_len;
	} demand;
	int err;
	u8 framing;
	u64 length;
	const char *text;	/* what is written, without Date */
};

#define LENGTH_FIELD(value) { BY_ID(CONTENT_LENGTH, value) }

static const struct frame_case frame_cases[] = {
	{ "complete body", { 200 }, { 11, .body_len = 5 }, 0,
	  HTTPQ_REPLY_LENGTH, 5, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" },
	{ "empty body", { 200 }, { 11 }, 0,
	  HTTPQ_REPLY_LENGTH, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
	{ "empty body of a 404", { 404 }, { 11 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" },
	{ "own reason", { 404, "Gone fishing" }, { 11 }, 0,
	  HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 404 Gone fishing\r\nContent-Length: 0\r\n\r\n" },
	{ "status without a phrase", { 299 }, { 11 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n" },
	{ "length of 2^32 + 1", { 200 }, { 11, .body_len = 4294967297ULL }, 0,
	  HTTPQ_REPLY_LENGTH, 4294967297ULL,
	  "HTTP/1.1 200 OK\r\nContent-Length: 4294967297\r\n\r\n" },
	{ "length given and right", { 200, NULL, LENGTH_FIELD("5") },
	  { 11, .body_len = 5 }, 0, HTTPQ_REPLY_LENGTH, 5,
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" },
	{ "length given and short", { 200, NULL, LENGTH_FIELD("6") },
	  { 11, .body_len = 5 }, 0, HTTPQ_REPLY_LENGTH, 6,
	  "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" },
	{ "body over the length given", { 200, NULL, LENGTH_FIELD("4") },
	  { 11, .body_len = 5 }, -EINVAL },
	{ "first part over the length given", { 200, NULL, LENGTH_FIELD("4") },
	  { 11, .more = true, .body_len = 5 }, -EINVAL },
	{ "more, length given", { 200, NULL, LENGTH_FIELD("50") },
	  { 11, .more = true, .body_len = 5 }, 0, HTTPQ_REPLY_LENGTH, 50,
	  "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" },
	{ "more in 1.1", { 200 }, { 11, .more = true, .body_len = 5 }, 0,
	  HTTPQ_REPLY_CHUNKED, UNKNOWN,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "more in 1.1, to be closed", { 200 },
	  { 11, .more = true, .close = true }, 0, HTTPQ_REPLY_CHUNKED, UNKNOWN,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	  "Connection: close\r\n\r\n" },
	{ "more in 1.0", { 200 }, { 10, .more = true, .body_len = 5 }, 0,
	  HTTPQ_REPLY_CLOSE, UNKNOWN,
	  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" },
	{ "more in 1.0, length given", { 200, NULL, LENGTH_FIELD("50") },
	  { 10, .more = true }, 0, HTTPQ_REPLY_LENGTH, 50,
	  "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n"
	  "Connection: keep-alive\r\n\r\n" },
	{ "1.0 that persists", { 200 }, { 10 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	  "Connection: keep-alive\r\n\r\n" },
	{ "1.0 that does not", { 200 }, { 10, .close = true }, 0,
	  HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	  "Connection: close\r\n\r\n" },
	{ "worker closes",
	  { 200, NULL, { BY_NAME("connection", "Keep-Alive, CLOSE") } },
	  { 11 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	  "Connection: close\r\n\r\n" },
	{ "worker keeps", { 200, NULL, { BY_ID(CONNECTION, "keep-alive") } },
	  { 11 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
	{ "Upgrade, not named", { 426, NULL, { BY_ID(UPGRADE, "h2c") } },
	  { 11 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n"
	  "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n" },
	{ "Upgrade, named",
	  { 426, NULL, { BY_NAME("UPGRADE", "h2c, x"),
			 BY_ID(CONNECTION, "keep-alive, upgrade") } },
	  { 11 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n"
	  "Connection: upgrade\r\nUPGRADE: h2c, x\r\n\r\n" },
	{ "Upgrade, to be closed", { 426, NULL, { BY_ID(UPGRADE, "h2c") } },
	  { 11, .close = true }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n"
	  "Connection: close, upgrade\r\nUpgrade: h2c\r\n\r\n" },
	{ "Upgrade, and the longest of all",
	  { 511, NULL, { BY_ID(UPGRADE, "h2c"),
			 BY_ID(CONTENT_LENGTH, "9223372036854775807") } },
	  { 10, .more = true }, 0, HTTPQ_REPLY_LENGTH, S64_MAX,
	  "HTTP/1.1 511 Network Authentication Required\r\n"
	  "Content-Length: 9223372036854775807\r\n"
	  "Connection: keep-alive, upgrade\r\nUpgrade: h2c\r\n\r\n" },
	{ "Upgrade in 103",
	  { 103, NULL, { BY_ID(UPGRADE, "h2c"),
			 BY_ID(CONNECTION, "upgrade") } },
	  { 11 }, 0, HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 103 Early Hints\r\n\r\n" },
	{ "Keep-Alive", { 200, NULL, { BY_NAME("keep-alive", "timeout=5") } },
	  { 11 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
	{ "names and spellings",
	  { 200, NULL, { BY_ID(CONTENT_TYPE, "text/plain"),
			 BY_NAME("x-TEST", " a\tb "),
			 BY_BOTH(ETAG, "etag", "\"1\""),
			 BY_NAME("dAtE", "yesterday") } },
	  { 11 }, 0, HTTPQ_REPLY_LENGTH, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	  "Content-Type: text/plain\r\nx-TEST:  a\tb \r\netag: \"1\"\r\n\r\n" },
	/* HEAD */
	{ "HEAD", { 200 }, { 11, .head_request = true, .body_len = 7 }, 0,
	  HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" },
	{ "HEAD, no body", { 200 }, { 11, .head_request = true }, 0,
	  HTTPQ_REPLY_NO_BODY, 0, "HTTP/1.1 200 OK\r\n\r\n" },
	{ "HEAD, no body in 1.0", { 200 }, { 10, .head_request = true }, 0,
	  HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n" },
	{ "HEAD, length 0 given", { 200, NULL, LENGTH_FIELD("0") },
	  { 11, .head_request = true }, 0, HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
	{ "HEAD, length given", { 200, NULL, LENGTH_FIELD("99") },
	  { 11, .head_request = true }, 0, HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" },
	{ "HEAD, less given than body", { 200, NULL, LENGTH_FIELD("1") },
	  { 11, .head_request = true, .body_len = 5 }, 0,
	  HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" },
	{ "HEAD, more", { 200 },
	  { 11, .head_request = true, .more = true, .body_len = 5 }, 0,
	  HTTPQ_REPLY_NO_BODY, 0, "HTTP/1.1 200 OK\r\n\r\n" },
	{ "HEAD, more in 1.0", { 200 },
	  { 10, .head_request = true, .more = true }, 0,
	  HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n" },
	{ "HEAD, 204", { 204 }, { 11, .head_request = true }, 0,
	  HTTPQ_REPLY_NO_BODY, 0, "HTTP/1.1 204 No Content\r\n\r\n" },
	/* without body */
	{ "204", { 204 }, { 11 }, 0, HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 204 No Content\r\n\r\n" },
	{ "204 with body", { 204 }, { 11, .body_len = 1 }, -EINVAL },
	{ "204 with more", { 204 }, { 11, .more = true }, -EINVAL },
	{ "204 with length 0", { 204, NULL, LENGTH_FIELD("0") }, { 11 },
	  -EINVAL },
	{ "304", { 304 }, { 11 }, 0, HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 304 Not Modified\r\n\r\n" },
	{ "304 with length", { 304, NULL, LENGTH_FIELD("12") }, { 11 }, 0,
	  HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n" },
	{ "304 with body", { 304 }, { 11, .body_len = 1 }, -EINVAL },
	{ "304 with more", { 304 }, { 11, .more = true }, -EINVAL },
	{ "205", { 205 }, { 11 }, 0, HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n" },
	{ "205 with length 0", { 205, NULL, LENGTH_FIELD("0") }, { 11 }, 0,
	  HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n" },
	{ "205 with length", { 205, NULL, LENGTH_FIELD("1") }, { 11 },
	  -EINVAL },
	{ "205 with body", { 205 }, { 11, .body_len = 1 }, -EINVAL },
	{ "205 with more", { 205 }, { 11, .more = true }, -EINVAL },
	/* interim */
	{ "100", { 100 }, { 11 }, 0, HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 100 Continue\r\n\r\n" },
	{ "103 before more, to be closed",
	  { 103, NULL, { BY_ID(LINK, "</a>") } },
	  { 11, .more = true, .close = true }, 0, HTTPQ_REPLY_NO_BODY, 0,
	  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" },
	{ "100 with body", { 100 }, { 11, .body_len = 1 }, -EINVAL },
	{ "100 with length", { 100, NULL, LENGTH_FIELD("0") }, { 11 },
	  -EINVAL },
	{ "trailers", { 0 }, { 11 }, -EINVAL },
};

static void frame_desc(const struct frame_case *c, char *desc)
{
	strcpy(desc, c->desc);
}

KUNIT_ARRAY_PARAM(frame, frame_cases, frame_desc);

/* Text of the case with the Date line put in, as the kernel writes it. */
static void expected_text(const struct frame_case *c, char *out, size_t size)
{
	const char *rest = strchr(c->text, '\n') + 1;

	snprintf(out, size, "%.*s%s%s", (int)(rest - c->text), c->text,
		 c->head.status < 200 ? "" : DATE_LINE, rest);
}

static void expect_written(struct kunit *test, const struct frame_case *c,
			   const struct httpq_reply *reply,
			   const struct httpq_reply_frame *frame)
{
	size_t room = httpq_reply_size(reply);
	u8 *out = kunit_kmalloc(test, room + 1, GFP_KERNEL);
	static char expect[MAX_TEXT];
	size_t len;

	KUNIT_ASSERT_TRUE(test, out);
	len = httpq_reply_write(reply, frame, (const u8 *)DATE, out);
	KUNIT_EXPECT_LE(test, len, room);
	out[len] = '\0';
	expected_text(c, expect, sizeof(expect));
	KUNIT_EXPECT_STREQ(test, (const char *)out, (const char *)expect);
	kunit_kfree(test, out);
}

static void frame_and_write_agree_with_rfc9112(struct kunit *test)
{
	const struct frame_case *c = test->param_value;
	struct httpq_reply_frame frame = {
		.version = c->demand.version,
		.head_request = c->demand.head_request,
		.keepalive = !c->demand.close,
		.more = c->demand.more,
		.body_len = c->demand.body_len,
	};
	static union head_buffer buffer;
	struct httpq_reply reply;
	u32 len = build_head(&c->head, &buffer);

	KUNIT_EXPECT_EQ(test, httpq_reply_check(&reply, buffer.bytes, len), 0);
	KUNIT_EXPECT_EQ(test, httpq_reply_frame(&reply, &frame), c->err);
	if (c->err)
		return;
	KUNIT_EXPECT_EQ(test, frame.framing, c->framing);
	KUNIT_EXPECT_EQ(test, frame.length, c->length);
	if (c->framing == HTTPQ_REPLY_CLOSE)
		KUNIT_EXPECT_FALSE(test, frame.keepalive);
	expect_written(test, c, &reply, &frame);
}

static void write_trailers_ends_with_empty_line(struct kunit *test)
{
	static const struct head_spec spec = {
		0, NULL, { BY_NAME("X-Sum", "1"), BY_ID(ETAG, "\"2\"") },
	};
	static const struct head_spec none = {};
	static union head_buffer buffer;
	struct httpq_reply reply;
	char out[MAX_TEXT];
	u32 len = build_head(&spec, &buffer);

	KUNIT_EXPECT_EQ(test, httpq_reply_check(&reply, buffer.bytes, len), 0);
	out[httpq_reply_write_trailers(&reply, (u8 *)out)] = '\0';
	KUNIT_EXPECT_STREQ(test, (const char *)out,
			   "X-Sum: 1\r\nETag: \"2\"\r\n\r\n");
	len = build_head(&none, &buffer);
	KUNIT_EXPECT_EQ(test, httpq_reply_check(&reply, buffer.bytes, len), 0);
	out[httpq_reply_write_trailers(&reply, (u8 *)out)] = '\0';
	KUNIT_EXPECT_STREQ(test, (const char *)out, "\r\n");
}

static void reason_is_known_or_empty(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, httpq_reply_reason(100), "Continue");
	KUNIT_EXPECT_STREQ(test, httpq_reply_reason(200), "OK");
	KUNIT_EXPECT_STREQ(test, httpq_reply_reason(431),
			   "Request Header Fields Too Large");
	KUNIT_EXPECT_STREQ(test, httpq_reply_reason(511),
			   "Network Authentication Required");
	KUNIT_EXPECT_STREQ(test, httpq_reply_reason(418), "");
	KUNIT_EXPECT_STREQ(test, httpq_reply_reason(0), "");
	KUNIT_EXPECT_STREQ(test, httpq_reply_reason(65535), "");
}

static struct kunit_case reply_test_cases[] = {
	KUNIT_CASE_PARAM(check_accepts_only_safe_heads, check_gen_params),
	KUNIT_CASE(check_bounds_every_length),
	KUNIT_CASE_PARAM(check_keeps_spans_inside, span_gen_params),
	KUNIT_CASE(check_bounds_overlapping_values),
	KUNIT_CASE_PARAM(frame_and_write_agree_with_rfc9112, frame_gen_params),
	KUNIT_CASE(write_trailers_ends_with_empty_line),
	KUNIT_CASE(reason_is_known_or_empty),
	{}
};

static struct kunit_suite reply_suite = {
	.name = "httpq_reply",
	.test_cases = reply_test_cases,
};

kunit_test_suite(reply_suite);
