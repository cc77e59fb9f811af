// SPDX-License-Identifier: GPL-2.0
/*
 * The head of a response: checks what a worker asks for and writes what goes
 * out. Framing is decided here and nowhere else. Pure.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/types.h>

#include "field.h"
#include "reply.h"

/*
 * Room for what the kernel itself writes: "HTTP/1.1 SSS " with a standard
 * phrase, Date, Content-Length with 20 digits, Connection with two options, and
 * the line ends.
 */
#define OWN_LINES_MAX	160

/* Standard phrases, RFC 9110 section 15 and the IANA registry. */
static const struct {
	u16 status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 404, "Not Found" },
	{ 304, "Not Modified" },
	{ 302, "Found" },
	{ 100, "Continue" },
	{ 101, "Switching Protocols" },
	{ 102, "Processing" },
	{ 103, "Early Hints" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 203, "Non-Authoritative Information" },
	{ 204, "No Content" },
	{ 205, "Reset Content" },
	{ 206, "Partial Content" },
	{ 207, "Multi-Status" },
	{ 208, "Already Reported" },
	{ 226, "IM Used" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 303, "See Other" },
	{ 305, "Use Proxy" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 424, "Failed Dependency" },
	{ 425, "Too Early" },
	{ 426, "Upgrade Required" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 451, "Unavailable For Legal Reasons" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 506, "Variant Also Negotiates" },
	{ 507, "Insufficient Storage" },
	{ 508, "Loop Detected" },
	{ 510, "Not Extended" },
	{ 511, "Network Authentication Required" },
};

/**
 * httpq_reply_reason - the usual reason phrase of a status code
 * @status: the status code.
 *
 * Context: any.
 * Return: a static string, empty if there is none.
 */
const char *httpq_reply_reason(u16 status)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

static bool span_fits(const struct httpq_reply *reply, u16 off, u16 len)
{
	return (u32)off + len <= reply->data_len;
}

/* The number of a field, however it was named. */
static u16 field_id(const struct httpq_reply *reply,
		    const struct httpq_field *field)
{
	if (field->id != HTTPQ_FIELD_OTHER)
		return field->id;
	return httpq_field_id(reply->data + field->name_off, field->name_len);
}

static int check_spans(const struct httpq_reply *reply,
		       const struct httpq_field *field)
{
	if (field->__reserved)
		return -EOPNOTSUPP;
	if (field->id >= HTTPQ_FIELD_NR ||
	    !span_fits(reply, field->name_off, field->name_len) ||
	    !span_fits(reply, field->value_off, field->value_len))
		return -EINVAL;
	return 0;
}

/* A name is a token, and the one that the number says if there is a number. */
static int check_name(const struct httpq_reply *reply,
		      const struct httpq_field *field)
{
	const u8 *name = reply->data + field->name_off;

	if (field->id != HTTPQ_FIELD_OTHER && !field->name_len)
		return 0;
	if (!httpq_field_name_valid(name, field->name_len))
		return -EINVAL;
	if (field->id != HTTPQ_FIELD_OTHER &&
	    httpq_field_id(name, field->name_len) != field->id)
		return -EINVAL;
	return 0;
}

static int take_length(struct httpq_reply *reply, const u8 *value, u16 len)
{
	if (reply->has_length)
		return -EINVAL;
	reply->has_length = true;
	return httpq_field_parse_length(value, len, &reply->content_length);
}

/*
 * The kernel decides on persistence; a worker can only ask for the end. It can
 * name Upgrade, which the kernel does as well.
 */
static int take_connection(struct httpq_reply *reply, const u8 *value, u16 len)
{
	struct httpq_bytes list = { value, len };
	struct httpq_bytes item;

	while (httpq_field_list_next(&list, &item)) {
		if (httpq_field_bytes_equal(item.ptr, item.len, "close"))
			reply->close = true;
		else if (httpq_field_bytes_equal(item.ptr, item.len, "upgrade"))
			reply->upgrade_option = true;
		else if (!httpq_field_bytes_equal(item.ptr, item.len,
						  "keep-alive"))
			return -EINVAL;
	}
	return 0;
}

/* Fields that the kernel writes itself are read here and not passed on. */
static int take_field(struct httpq_reply *reply,
		      const struct httpq_field *field)
{
	const u8 *value = reply->data + field->value_off;
	u16 id = field_id(reply, field);

	if (!reply->status && !httpq_field_in_trailers(id))
		return -EINVAL;
	switch (id) {
	case HTTPQ_FIELD_CONTENT_LENGTH:
		return take_length(reply, value, field->value_len);
	case HTTPQ_FIELD_CONNECTION:
		return take_connection(reply, value, field->value_len);
	case HTTPQ_FIELD_TRANSFER_ENCODING:
		return -EINVAL;
	case HTTPQ_FIELD_UPGRADE:
		reply->upgrade = true;
		return 0;
	default:
		return 0;
	}
}

static int check_field(struct httpq_reply *reply,
		       const struct httpq_field *field)
{
	int err;

	err = check_spans(reply, field);
	if (err)
		return err;
	err = check_name(reply, field);
	if (err)
		return err;
	if (!httpq_field_value_valid(reply->data + field->value_off,
				     field->value_len))
		return -EINVAL;
	return take_field(reply, field);
}

static int check_status_line(const struct httpq_reply *reply)
{
	const struct httpq_span *reason = &reply->reason;

	if (reply->status && (reply->status < 100 || reply->status > 599 ||
			      reply->status == 101))
		return -EINVAL;
	if (!reply->status && reason->len)
		return -EINVAL;
	if (!span_fits(reply, reason->off, reason->len) ||
	    !httpq_field_value_valid(reply->data + reason->off, reason->len))
		return -EINVAL;
	return 0;
}

static const char *field_name(const struct httpq_reply *reply,
			      const struct httpq_field *field, size_t *len)
{
	if (field->name_len) {
		*len = field->name_len;
		return (const char *)reply->data + field->name_off;
	}
	*len = httpq_field_name_length(field->id);
	return httpq_field_name(field->id);
}

static int check_fields(struct httpq_reply *reply)
{
	u64 size = 0;
	size_t len;
	int err;
	u16 i;

	for (i = 0; i < reply->nr_fields; i++) {
		const struct httpq_field *field = &reply->fields[i];

		err = check_field(reply, field);
		if (err)
			return err;
		field_name(reply, field, &len);
		size += len + 2 + field->value_len + 2;
	}
	if (size > HTTPQ_HEAD_MAX ||
	    (reply->upgrade_option && !reply->upgrade))
		return -EINVAL;
	reply->fields_size = size;
	return 0;
}

/**
 * httpq_reply_check - check a response head as a worker handed it in
 * @reply: what it says; points into @buf, unspecified on error.
 * @buf: struct httpq_reply_head, fields and data, aligned to 2. It must not
 *	change while @reply is in use.
 * @len: bytes at @buf.
 *
 * After success nothing in it can end a line or contradict the framing: the
 * fields that frame are known by number even if they came by name.
 *
 * Context: any.
 * Return: 0; -EOPNOTSUPP if a reserved member is not zero; -EINVAL for anything
 * else, also for field lines of more than HTTPQ_HEAD_MAX bytes in sum, which
 * overlapping spans would allow.
 */
int httpq_reply_check(struct httpq_reply *reply, const u8 *buf, u32 len)
{
	const struct httpq_reply_head *head = (const void *)buf;
	u32 data_off;
	int err;

	memset(reply, 0, sizeof(*reply));
	if (len < sizeof(*head))
		return -EINVAL;
	data_off = sizeof(*head) + head->nr_fields * sizeof(struct httpq_field);
	if (len < data_off)
		return -EINVAL;
	reply->status = head->status;
	reply->nr_fields = head->nr_fields;
	reply->reason = head->reason;
	reply->fields = (const void *)(head + 1);
	reply->data = buf + data_off;
	reply->data_len = len - data_off;
	err = check_status_line(reply);
	return err ? err : check_fields(reply);
}

static bool is_interim(const struct httpq_reply *reply)
{
	return reply->status < 200;
}

static void announce(struct httpq_reply_frame *frame, u64 length)
{
	frame->announce = true;
	frame->announce_length = length;
}

/* 1xx, 204 and 304 end with their head (RFC 9112 section 6.3, rule 1). */
static int frame_bodiless(const struct httpq_reply *reply,
			  struct httpq_reply_frame *frame)
{
	if (frame->body_len || (frame->more && !is_interim(reply)))
		return -EINVAL;
	/* RFC 9110 section 8.6: no Content-Length in 1xx and 204. */
	if (reply->has_length && reply->status != 304)
		return -EINVAL;
	if (reply->has_length)
		announce(frame, reply->content_length);
	return 0;
}

/* RFC 9110 section 15.3.6: no content, but it has to be delimited. */
static int frame_reset_content(const struct httpq_reply *reply,
			       struct httpq_reply_frame *frame)
{
	if (frame->body_len || frame->more || reply->content_length)
		return -EINVAL;
	announce(frame, 0);
	return 0;
}

/*
 * The fields that a GET would get, as far as they are known (RFC 9110 section
 * 8.6): a worker that left the body away has not said how long it would be.
 */
static int frame_head_request(const struct httpq_reply *reply,
			      struct httpq_reply_frame *frame)
{
	if (reply->has_length)
		announce(frame, reply->content_length);
	else if (!frame->more && frame->body_len)
		announce(frame, frame->body_len);
	return 0;
}

static int frame_body(const struct httpq_reply *reply,
		      struct httpq_reply_frame *frame)
{
	if (reply->has_length || !frame->more) {
		frame->framing = HTTPQ_REPLY_LENGTH;
		frame->length = reply->has_length ? reply->content_length :
						    frame->body_len;
		announce(frame, frame->length);
		return frame->body_len > frame->length ? -EINVAL : 0;
	}
	frame->length = HTTPQ_LENGTH_UNKNOWN;
	if (frame->version >= 11) {
		frame->framing = HTTPQ_REPLY_CHUNKED;
	} else {
		frame->framing = HTTPQ_REPLY_CLOSE;
		frame->keepalive = false;
	}
	return 0;
}

/**
 * httpq_reply_frame - decide how the client finds the end of the body
 * @reply: a checked response head, not trailers.
 * @frame: what is demanded, and the result.
 *
 * @frame->keepalive is cleared if the worker or the framing ends the
 * connection. With a Content-Length that is larger than a single, complete
 * part the response is framed by it; the sender then comes out short. An
 * interim head (1xx) leaves the body to the final one; that none goes to an
 * HTTP/1.0 client is up to the caller.
 *
 * Context: any.
 * Return: 0, or -EINVAL: a body where none is allowed, a body longer than its
 * Content-Length, a Content-Length where none is allowed, or trailers.
 */
int httpq_reply_frame(const struct httpq_reply *reply,
		      struct httpq_reply_frame *frame)
{
	frame->framing = HTTPQ_REPLY_NO_BODY;
	frame->length = 0;
	frame->announce = false;
	frame->announce_length = 0;
	if (reply->close)
		frame->keepalive = false;
	if (!reply->status)
		return -EINVAL;
	if (is_interim(reply) || reply->status == 204 || reply->status == 304)
		return frame_bodiless(reply, frame);
	if (reply->status == 205)
		return frame_reset_content(reply, frame);
	if (frame->head_request)
		return frame_head_request(reply, frame);
	return frame_body(reply, frame);
}

/**
 * httpq_reply_size - room that a head or trailers need
 * @reply: a checked response head or trailers.
 *
 * Context: any.
 * Return: an upper bound of what httpq_reply_write() and
 * httpq_reply_write_trailers() write.
 */
size_t httpq_reply_size(const struct httpq_reply *reply)
{
	return OWN_LINES_MAX + reply->reason.len + reply->fields_size;
}

/* Inline, so that a few bytes of known number cost no call. */
static __always_inline u8 *put(u8 *out, const void *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return out + len;
}

#define put_literal(out, literal) put(out, literal, sizeof(literal) - 1)

static u8 *put_number(u8 *out, u64 number)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		u64 rest = number / 10;

		digits[--i] = '0' + (number - rest * 10);
		number = rest;
	} while (number);
	return put(out, digits + i, sizeof(digits) - i);
}

static u8 *put_status_line(u8 *out, const struct httpq_reply *reply)
{
	const char *reason;

	/* Nearly all of them. */
	if (reply->status == 200 && !reply->reason.len)
		return put_literal(out, "HTTP/1.1 200 OK\r\n");

	out = put_literal(out, "HTTP/1.1 ");
	out = put_number(out, reply->status);
	*out++ = ' ';
	if (reply->reason.len) {
		out = put(out, reply->data + reply->reason.off,
			  reply->reason.len);
	} else {
		reason = httpq_reply_reason(reply->status);
		out = put(out, reason, strlen(reason));
	}
	return put_literal(out, "\r\n");
}

static u8 *put_framing(u8 *out, const struct httpq_reply_frame *frame)
{
	if (frame->announce) {
		out = put_literal(out, "Content-Length: ");
		out = put_number(out, frame->announce_length);
		out = put_literal(out, "\r\n");
	} else if (frame->framing == HTTPQ_REPLY_CHUNKED) {
		out = put_literal(out, "Transfer-Encoding: chunked\r\n");
	}
	return out;
}

/*
 * Persistence is the rule in HTTP/1.1 and has to be said in 1.0. Who sends
 * Upgrade has to name it (RFC 9110 section 7.8), whether the worker did or not.
 */
static u8 *put_connection(u8 *out, const struct httpq_reply *reply,
			  const struct httpq_reply_frame *frame)
{
	bool option = !frame->keepalive || frame->version < 11;

	if (!option && !reply->upgrade)
		return out;
	out = put_literal(out, "Connection: ");
	if (!frame->keepalive)
		out = put_literal(out, "close");
	else if (option)
		out = put_literal(out, "keep-alive");
	if (option && reply->upgrade)
		out = put_literal(out, ", ");
	if (reply->upgrade)
		out = put_literal(out, "upgrade");
	return put_literal(out, "\r\n");
}

/*
 * What belongs to the connection, which the worker knows nothing of, and Date.
 * An interim response has no Connection that could name Upgrade.
 */
static bool is_passed_on(const struct httpq_reply *reply, u16 id)
{
	switch (id) {
	case HTTPQ_FIELD_DATE:
	case HTTPQ_FIELD_CONTENT_LENGTH:
	case HTTPQ_FIELD_CONNECTION:
	case HTTPQ_FIELD_KEEP_ALIVE:
	case HTTPQ_FIELD_TRANSFER_ENCODING:
		return false;
	case HTTPQ_FIELD_UPGRADE:
		return !is_interim(reply);
	}
	return true;
}

static u8 *put_fields(u8 *out, const struct httpq_reply *reply)
{
	u16 i;

	for (i = 0; i < reply->nr_fields; i++) {
		const struct httpq_field *field = &reply->fields[i];
		const char *name;
		size_t len;

		if (!is_passed_on(reply, field_id(reply, field)))
			continue;
		name = field_name(reply, field, &len);
		out = put(out, name, len);
		out = put_literal(out, ": ");
		out = put(out, reply->data + field->value_off,
			  field->value_len);
		out = put_literal(out, "\r\n");
	}
	return put_literal(out, "\r\n");
}

/**
 * httpq_reply_write - write a response head
 * @reply: a checked response head.
 * @frame: as httpq_reply_frame() left it.
 * @date: the time now, see httpq_date_format().
 * @out: room for httpq_reply_size() bytes.
 *
 * Context: any.
 * Return: bytes written, the final empty line included.
 */
size_t httpq_reply_write(const struct httpq_reply *reply,
			 const struct httpq_reply_frame *frame,
			 const u8 date[HTTPQ_DATE_LEN], u8 *out)
{
	u8 *end = put_status_line(out, reply);

	if (!is_interim(reply)) {
		end = put_literal(end, "Date: ");
		end = put(end, date, HTTPQ_DATE_LEN);
		end = put_literal(end, "\r\n");
		end = put_framing(end, frame);
		end = put_connection(end, reply, frame);
	}
	return put_fields(end, reply) - out;
}

/**
 * httpq_reply_write_trailers - write a trailer section
 * @reply: checked trailers.
 * @out: room for httpq_reply_size() bytes.
 *
 * The last chunk, "0" and a line end, goes before it and is the caller's.
 *
 * Context: any.
 * Return: bytes written, the final empty line included.
 */
size_t httpq_reply_write_trailers(const struct httpq_reply *reply, u8 *out)
{
	return put_fields(out, reply) - out;
}
