// SPDX-License-Identifier: GPL-2.0
/*
 * Response heads of a hostile worker: what is written must read back as one
 * head with the lines that were meant, framed once.
 *
 * Input: struct demand, then the bytes of the head.
 */
#include "../../kmod/field.h"
#include "../../kmod/reply.h"
#include "fuzz.h"

struct demand {
	u8 version;
	u8 head_request;
	u8 keepalive;
	u8 more;
	u32 body_len;
};

struct lines {
	int all;
	int length;
	int coding;
	int connection;
	int upgrade;
	int keep_alive;
	int date;
};

static void count_line(struct lines *lines, const u8 *line, size_t len)
{
	const u8 *colon = memchr(line, ':', len);
	u16 id;

	CHECK(colon && httpq_field_name_valid(line, colon - line));
	CHECK(len - (colon - line) >= 2 && colon[1] == ' ');
	CHECK(httpq_field_value_valid(colon, len - (colon - line)));
	id = httpq_field_id(line, colon - line);
	lines->all++;
	lines->length += id == HTTPQ_FIELD_CONTENT_LENGTH;
	lines->coding += id == HTTPQ_FIELD_TRANSFER_ENCODING;
	lines->connection += id == HTTPQ_FIELD_CONNECTION;
	lines->upgrade += id == HTTPQ_FIELD_UPGRADE;
	lines->keep_alive += id == HTTPQ_FIELD_KEEP_ALIVE;
	lines->date += id == HTTPQ_FIELD_DATE;
}

/* Field lines up to the empty one, which has to be the last. */
static void read_lines(struct lines *lines, const u8 *text, size_t len)
{
	memset(lines, 0, sizeof(*lines));
	for (;;) {
		const u8 *cr = memchr(text, '\r', len);
		size_t line_len = cr ? cr - text : 0;

		CHECK(cr && len - line_len >= 2 && cr[1] == '\n');
		if (!line_len) {
			CHECK(len == 2);
			return;
		}
		count_line(lines, text, line_len);
		text += line_len + 2;
		len -= line_len + 2;
	}
}

static int passed_on(const struct httpq_reply *reply)
{
	int nr = 0;
	u16 i;

	for (i = 0; i < reply->nr_fields; i++) {
		const struct httpq_field *f = &reply->fields[i];
		u16 id = f->id ? f->id :
			 httpq_field_id(reply->data + f->name_off, f->name_len);

		CHECK(id != HTTPQ_FIELD_TRANSFER_ENCODING);
		nr += id != HTTPQ_FIELD_CONTENT_LENGTH &&
		      id != HTTPQ_FIELD_CONNECTION && id != HTTPQ_FIELD_DATE &&
		      id != HTTPQ_FIELD_KEEP_ALIVE &&
		      (id != HTTPQ_FIELD_UPGRADE || reply->status >= 200);
	}
	return nr;
}

static void expect_framed(const struct httpq_reply *reply,
			  const struct httpq_reply_frame *frame,
			  const struct lines *lines)
{
	bool interim = reply->status < 200;

	CHECK(lines->date == !interim);
	CHECK(lines->length == (!interim && frame->announce));
	CHECK(lines->coding == (frame->framing == HTTPQ_REPLY_CHUNKED));
	CHECK(lines->length + lines->coding <= 1);
	CHECK(lines->connection <= !interim);
	CHECK(lines->connection || interim || frame->keepalive);
	CHECK(lines->connection || !lines->upgrade);
	CHECK(!lines->keep_alive);
	CHECK(frame->framing != HTTPQ_REPLY_CLOSE || !frame->keepalive);
	CHECK(frame->framing != HTTPQ_REPLY_CHUNKED || frame->version >= 11);
	CHECK(lines->all == passed_on(reply) + lines->date + lines->length +
			    lines->coding + lines->connection);
}

static void write_head(const struct httpq_reply *reply,
		       struct httpq_reply_frame *frame)
{
	static const u8 date[HTTPQ_DATE_LEN + 1] =
		"Sun, 06 Nov 1994 08:49:37 GMT";
	size_t room = httpq_reply_size(reply);
	struct lines lines;
	u8 *out, *line_end;
	size_t len;

	if (httpq_reply_frame(reply, frame))
		return;
	out = malloc(room);
	CHECK(out);
	len = httpq_reply_write(reply, frame, date, out);
	CHECK(len <= room && len >= 17 && !memcmp(out, "HTTP/1.1 ", 9));
	line_end = memchr(out, '\r', len);
	CHECK(line_end && line_end[1] == '\n');
	CHECK(httpq_field_value_valid(out, line_end - out));
	read_lines(&lines, line_end + 2, len - (line_end + 2 - out));
	expect_framed(reply, frame, &lines);
	free(out);
}

static void write_trailers(const struct httpq_reply *reply)
{
	size_t room = httpq_reply_size(reply);
	struct lines lines;
	u8 *out = malloc(room);
	size_t len;

	CHECK(out);
	len = httpq_reply_write_trailers(reply, out);
	CHECK(len <= room);
	read_lines(&lines, out, len);
	CHECK(lines.all == passed_on(reply));
	CHECK(!lines.length && !lines.coding && !lines.connection);
	free(out);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct httpq_reply_frame frame = {};
	struct httpq_reply reply;
	struct demand demand;
	u8 *head;

	if (size < sizeof(demand) || size > 4096)
		return 0;
	memcpy(&demand, data, sizeof(demand));
	frame.version = demand.version & 1 ? 11 : 10;
	frame.head_request = demand.head_request & 1;
	frame.keepalive = demand.keepalive & 1;
	frame.more = demand.more & 1;
	frame.body_len = demand.body_len;
	head = copy_of(data + sizeof(demand), size - sizeof(demand));
	if (!httpq_reply_check(&reply, head, size - sizeof(demand))) {
		if (reply.status)
			write_head(&reply, &frame);
		else
			write_trailers(&reply);
	}
	free(head);
	return 0;
}
