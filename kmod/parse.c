// SPDX-License-Identifier: GPL-2.0
/*
 * The head of a request: request line and header section, HTTP/1.1 and 1.0
 * (RFC 9112). An incremental parser that reads each byte once and leaves
 * offsets into the caller's buffer. Pure: no allocation, no sockets.
 *
 * One function per state. Each takes a run of bytes and either stops at the
 * end of the input or changes the state; a limit is looked at before the byte
 * that ended the run, so that the verdict does not depend on how the input was
 * split. States that usually follow each other are called in that order.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "field.h"
#include "parse.h"
#include "url.h"

/* What the next byte has to be. */
enum parse_state {
	START,			/* the first byte: a method or one CRLF */
	START_LF,
	METHOD_START,
	METHOD,
	TARGET_START,
	TARGET_ASTERISK,
	TARGET_SCHEME,
	TARGET_AUTHORITY,
	TARGET_PATH,
	TARGET_QUERY,
	VERSION,
	VERSION_LF,
	FIELD_START,
	FIELD_NAME,
	FIELD_VALUE,
	FIELD_LF,
	END_LF,
	DONE,
	REFUSED,
};

#define METHOD_MAX	32

static const char scheme[] = "http://";
static const char version_name[] = "HTTP/";
static const char usual_version[] = "HTTP/1.1";

static const struct {
	const char *name;
	u8 len;
} methods[HTTPQ_METHOD_NR] = {
	[HTTPQ_METHOD_GET] = { "GET", 3 },
	[HTTPQ_METHOD_HEAD] = { "HEAD", 4 },
	[HTTPQ_METHOD_POST] = { "POST", 4 },
	[HTTPQ_METHOD_PUT] = { "PUT", 3 },
	[HTTPQ_METHOD_DELETE] = { "DELETE", 6 },
	[HTTPQ_METHOD_CONNECT] = { "CONNECT", 7 },
	[HTTPQ_METHOD_OPTIONS] = { "OPTIONS", 7 },
	[HTTPQ_METHOD_TRACE] = { "TRACE", 5 },
	[HTTPQ_METHOD_PATCH] = { "PATCH", 5 },
};

static const struct {
	const char *name;
	u16 status;
} causes[HTTPQ_PARSE_CAUSE_NR] = {
	[HTTPQ_PARSE_CAUSE_NONE] = { "NONE", 0 },
#define X(name, status) [HTTPQ_PARSE_CAUSE_##name] = { #name, status },
	HTTPQ_PARSE_CAUSES(X)
#undef X
};

/**
 * struct parse_input - what one call of the parser works on
 * @buf: the head from its first byte.
 * @len: bytes of it that may be read: what is there, up to the limit.
 * @lim: the limits.
 * @fields: the caller's table.
 * @max_fields: its entries.
 */
struct parse_input {
	const u8 *buf;
	u16 len;
	const struct httpq_parse_limits *lim;
	struct httpq_field *fields;
	u16 max_fields;
};

static enum httpq_parse_result refuse(struct httpq_parse *p,
				      enum httpq_parse_cause cause)
{
	p->state = REFUSED;
	p->cause = cause;
	p->status = causes[cause].status;
	return HTTPQ_PARSE_REFUSED;
}

/* A byte that ends an element wrongly: a line feed is a fault of its own. */
static enum httpq_parse_result refuse_byte(struct httpq_parse *p, u8 byte,
					   enum httpq_parse_cause cause)
{
	return refuse(p, byte == '\n' ? HTTPQ_PARSE_CAUSE_LINE_END : cause);
}

/* Take one byte and go on in another state. */
static enum httpq_parse_result next(struct httpq_parse *p, u8 state)
{
	p->pos++;
	p->state = state;
	return HTTPQ_PARSE_MORE;
}

static void skip_class(struct httpq_parse *p, const struct parse_input *in,
		       u8 class)
{
	const u8 *byte = in->buf + p->pos;
	const u8 *end = in->buf + in->len;

	while (byte < end && httpq_field_is(*byte, class))
		byte++;
	p->pos = byte - in->buf;
}

static enum httpq_parse_result expect_lf(struct httpq_parse *p, u8 byte,
					 u8 state)
{
	if (byte != '\n')
		return refuse(p, HTTPQ_PARSE_CAUSE_LINE_END);
	return next(p, state);
}

/* One empty line before the request line is ignored, RFC 9112 section 2.2. */
static enum httpq_parse_result parse_start(struct httpq_parse *p,
					   const struct parse_input *in)
{
	u8 byte = in->buf[p->pos];

	if (byte == '\r' && p->state == START)
		return next(p, START_LF);
	if (byte == '\r' || byte == '\n')
		return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_REQUEST_LINE);
	p->method.off = p->pos;
	p->state = METHOD;
	return HTTPQ_PARSE_MORE;
}

static u8 method_id(const u8 *name, u16 len)
{
	u8 id;

	for (id = 1; id < HTTPQ_METHOD_NR; id++)
		if (methods[id].len == len &&
		    !memcmp(methods[id].name, name, len))
			return id;
	return HTTPQ_METHOD_OTHER;
}

static enum httpq_parse_result parse_method(struct httpq_parse *p,
					    const struct parse_input *in)
{
	u8 byte;

	skip_class(p, in, HTTPQ_BYTE_TCHAR);
	p->method.len = p->pos - p->method.off;
	if (p->method.len > METHOD_MAX)
		return refuse(p, HTTPQ_PARSE_CAUSE_METHOD);
	if (p->pos == in->len)
		return HTTPQ_PARSE_MORE;
	byte = in->buf[p->pos];
	if (byte == '\r')
		return refuse(p, HTTPQ_PARSE_CAUSE_REQUEST_LINE);
	if (byte != ' ' || !p->method.len)
		return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_METHOD);
	p->method_id = method_id(in->buf + p->method.off, p->method.len);
	p->target.off = p->pos + 1;
	return next(p, TARGET_START);
}

/* A byte that no target holds ends the target, or it is a fault. */
static enum httpq_parse_result end_target(struct httpq_parse *p, u8 byte)
{
	if (byte == ' ') {
		p->mark = p->pos + 1;
		return next(p, VERSION);
	}
	/* HTTP/0.9 */
	if (byte == '\r')
		return refuse(p, HTTPQ_PARSE_CAUSE_REQUEST_LINE);
	return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_TARGET);
}

static bool is_letter(u8 byte)
{
	return (u8)((byte | 0x20) - 'a') < 26;
}

static enum httpq_parse_result parse_target_start(struct httpq_parse *p,
						  const struct parse_input *in)
{
	u8 byte = in->buf[p->pos];

	/* RFC 9112 section 3.2.3: nothing else has, or may have, this form. */
	if (p->method_id == HTTPQ_METHOD_CONNECT && byte != ' ') {
		p->form = HTTPQ_PARSE_AUTHORITY;
		p->authority.off = p->pos;
		p->state = TARGET_AUTHORITY;
		return HTTPQ_PARSE_MORE;
	}
	p->target.len = 1;
	if (byte == '/') {
		p->form = HTTPQ_PARSE_ORIGIN;
		p->path.off = p->pos;
		p->path.len = 1;
		return next(p, TARGET_PATH);
	}
	if (byte == '*') {
		p->form = HTTPQ_PARSE_ASTERISK;
		return next(p, TARGET_ASTERISK);
	}
	if (is_letter(byte)) {
		p->form = HTTPQ_PARSE_ABSOLUTE;
		p->target.len = 0;
		p->state = TARGET_SCHEME;
		return HTTPQ_PARSE_MORE;
	}
	if (byte == ' ' || byte == '\r')
		return refuse(p, HTTPQ_PARSE_CAUSE_REQUEST_LINE);
	return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_TARGET);
}

/* RFC 9112 section 3.2.4: only OPTIONS has this form. */
static enum httpq_parse_result parse_asterisk(struct httpq_parse *p,
					      const struct parse_input *in)
{
	if (p->method_id != HTTPQ_METHOD_OPTIONS)
		return refuse(p, HTTPQ_PARSE_CAUSE_TARGET);
	return end_target(p, in->buf[p->pos]);
}

/* Length of the target so far; false if that is too much. */
static bool update_target(struct httpq_parse *p, const struct parse_input *in)
{
	p->target.len = p->pos - p->target.off;
	return p->target.len <= in->lim->target;
}

static enum httpq_parse_result parse_scheme(struct httpq_parse *p,
					    const struct parse_input *in)
{
	u8 byte = in->buf[p->pos];

	if (httpq_field_lower(byte) != (u8)scheme[p->target.len])
		return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_TARGET);
	p->pos++;
	if (!update_target(p, in))
		return refuse(p, HTTPQ_PARSE_CAUSE_TARGET_LENGTH);
	if (p->target.len == sizeof(scheme) - 1) {
		p->authority.off = p->pos;
		p->state = TARGET_AUTHORITY;
	}
	return HTTPQ_PARSE_MORE;
}

static bool is_authority_byte(u8 byte)
{
	return httpq_field_is(byte, HTTPQ_BYTE_HOST) || byte == ':' ||
	       byte == '[' || byte == ']';
}

/* An http URI with an empty host is invalid, RFC 9110 section 4.2.1. */
static bool take_authority(struct httpq_parse *p, const struct parse_input *in)
{
	struct httpq_authority authority;

	if (httpq_url_parse_authority(in->buf + p->authority.off,
				      p->authority.len, &authority) ||
	    !authority.host.len)
		return false;
	p->host.off = p->authority.off + authority.host.off;
	p->host.len = authority.host.len;
	return true;
}

/*
 * A tunnel is refused for what it is only if it was asked for in the right
 * way, with host and port: RFC 9110 section 9.3.6.
 */
static enum httpq_parse_result end_connect(struct httpq_parse *p,
					   const struct parse_input *in)
{
	u8 byte = in->buf[p->pos];
	struct httpq_authority authority;

	if (byte != ' ')
		return end_target(p, byte);
	if (httpq_url_parse_authority(in->buf + p->authority.off,
				      p->authority.len, &authority) ||
	    !authority.host.len || !authority.port)
		return refuse(p, HTTPQ_PARSE_CAUSE_TARGET);
	return refuse(p, HTTPQ_PARSE_CAUSE_CONNECT);
}

static enum httpq_parse_result parse_authority(struct httpq_parse *p,
					       const struct parse_input *in)
{
	u8 byte;

	while (p->pos < in->len && is_authority_byte(in->buf[p->pos]))
		p->pos++;
	p->authority.len = p->pos - p->authority.off;
	if (!update_target(p, in))
		return refuse(p, HTTPQ_PARSE_CAUSE_TARGET_LENGTH);
	if (p->pos == in->len)
		return HTTPQ_PARSE_MORE;
	if (p->form == HTTPQ_PARSE_AUTHORITY)
		return end_connect(p, in);
	byte = in->buf[p->pos];
	if (byte != '/' && byte != '?' && byte != ' ')
		return end_target(p, byte);
	if (!take_authority(p, in))
		return refuse(p, HTTPQ_PARSE_CAUSE_TARGET);
	if (byte == ' ')
		return end_target(p, byte);
	if (byte == '/') {
		p->path.off = p->pos;
		p->state = TARGET_PATH;
		return HTTPQ_PARSE_MORE;
	}
	p->query.off = p->pos + 1;
	return next(p, TARGET_QUERY);
}

/* Path or query up to a byte that is not part of it or begins an escape. */
static void skip_target(struct httpq_parse *p, const struct parse_input *in,
			u8 class)
{
	while (p->escape && p->pos < in->len &&
	       httpq_field_is(in->buf[p->pos], HTTPQ_BYTE_HEX)) {
		p->escape--;
		p->pos++;
	}
	if (!p->escape)
		skip_class(p, in, class);
}

/* What stopped skip_target(); @class decides whether '?' begins the query. */
static enum httpq_parse_result take_target_byte(struct httpq_parse *p, u8 byte,
						u8 class)
{
	if (p->escape)
		return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_TARGET);
	if (byte == '%') {
		p->escape = 2;
		return next(p, p->state);
	}
	if (byte == '?' && class == HTTPQ_BYTE_PATH) {
		p->query.off = p->pos + 1;
		return next(p, TARGET_QUERY);
	}
	return end_target(p, byte);
}

static enum httpq_parse_result parse_target(struct httpq_parse *p,
					    const struct parse_input *in,
					    struct httpq_span *span, u8 class)
{
	skip_target(p, in, class);
	span->len = p->pos - span->off;
	if (!update_target(p, in))
		return refuse(p, HTTPQ_PARSE_CAUSE_TARGET_LENGTH);
	if (p->pos == in->len)
		return HTTPQ_PARSE_MORE;
	return take_target_byte(p, in->buf[p->pos], class);
}

/* A higher minor version is served as the highest known, RFC 9110 2.5. */
static enum httpq_parse_result end_version(struct httpq_parse *p,
					   const struct parse_input *in)
{
	const u8 *digits = in->buf + p->mark + sizeof(version_name) - 1;

	if (digits[0] != '1')
		return refuse(p, HTTPQ_PARSE_CAUSE_VERSION_UNSUPPORTED);
	p->version = digits[2] == '0' ? 10 : 11;
	return next(p, VERSION_LF);
}

static bool is_version_byte(u8 byte, u16 at)
{
	if (at < sizeof(version_name) - 1)
		return byte == (u8)version_name[at];
	if (at == sizeof(version_name))
		return byte == '.';
	return httpq_field_is(byte, HTTPQ_BYTE_DIGIT);
}

/* Whether the version that nearly all clients have, and CR, are there. */
static bool is_usual_version(const struct httpq_parse *p,
			     const struct parse_input *in)
{
	const size_t len = sizeof(usual_version) - 1;
	const u8 *version = in->buf + p->pos;

	return in->len - p->pos > len && version[len] == '\r' &&
	       !memcmp(version, usual_version, len);
}

static enum httpq_parse_result parse_version(struct httpq_parse *p,
					     const struct parse_input *in)
{
	u16 at = p->pos - p->mark;
	u8 byte;

	if (!at && is_usual_version(p, in)) {
		p->pos += sizeof(usual_version) - 1;
		return end_version(p, in);
	}
	byte = in->buf[p->pos];
	if (at == sizeof(version_name) + 2) {
		if (byte == '\r')
			return end_version(p, in);
		return refuse_byte(p, byte, byte == ' ' ?
				   HTTPQ_PARSE_CAUSE_REQUEST_LINE :
				   HTTPQ_PARSE_CAUSE_VERSION);
	}
	if (is_version_byte(byte, at))
		return next(p, VERSION);
	if (!at && (byte == ' ' || byte == '\r'))
		return refuse(p, HTTPQ_PARSE_CAUSE_REQUEST_LINE);
	return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_VERSION);
}

static enum httpq_parse_result parse_field_start(struct httpq_parse *p,
						 const struct parse_input *in)
{
	u8 byte = in->buf[p->pos];

	if (byte == '\r')
		return next(p, END_LF);
	if (byte == ' ' || byte == '\t')
		return refuse(p, HTTPQ_PARSE_CAUSE_FOLDING);
	p->line = p->pos;
	p->state = FIELD_NAME;
	return HTTPQ_PARSE_MORE;
}

static bool line_too_long(const struct httpq_parse *p,
			  const struct parse_input *in)
{
	return p->pos - p->line > in->lim->field;
}

static enum httpq_parse_result parse_field_name(struct httpq_parse *p,
						const struct parse_input *in)
{
	u8 byte;

	skip_class(p, in, HTTPQ_BYTE_TCHAR);
	if (line_too_long(p, in))
		return refuse(p, HTTPQ_PARSE_CAUSE_FIELD_LENGTH);
	if (p->pos == in->len)
		return HTTPQ_PARSE_MORE;
	byte = in->buf[p->pos];
	if (byte != ':' || p->pos == p->line)
		return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_FIELD_NAME);
	p->mark = p->pos;
	return next(p, FIELD_VALUE);
}

static enum httpq_parse_result parse_field_value(struct httpq_parse *p,
						 const struct parse_input *in)
{
	u8 byte;

	p->pos += httpq_field_text_length(in->buf + p->pos, in->len - p->pos);
	if (line_too_long(p, in))
		return refuse(p, HTTPQ_PARSE_CAUSE_FIELD_LENGTH);
	if (p->pos == in->len)
		return HTTPQ_PARSE_MORE;
	byte = in->buf[p->pos];
	if (byte != '\r')
		return refuse_byte(p, byte, HTTPQ_PARSE_CAUSE_FIELD_VALUE);
	p->end = p->pos;
	return next(p, FIELD_LF);
}

static bool is_space(u8 byte)
{
	return byte == ' ' || byte == '\t';
}

/* The line from @line to @end with its colon at @mark. */
static struct httpq_field line_field(const struct httpq_parse *p,
				     const u8 *buf)
{
	struct httpq_field field = {
		.name_off = p->line,
		.name_len = p->mark - p->line,
	};
	u16 start = p->mark + 1;
	u16 end = p->end;

	while (start < end && is_space(buf[start]))
		start++;
	while (end > start && is_space(buf[end - 1]))
		end--;
	field.id = httpq_field_id(buf + p->line, field.name_len);
	field.value_off = start;
	field.value_len = end - start;
	return field;
}

static enum httpq_parse_cause take_host(struct httpq_parse *p, const u8 *buf,
					const struct httpq_field *field)
{
	struct httpq_authority authority;

	if (p->flags & HTTPQ_PARSE_F_HOST)
		return HTTPQ_PARSE_CAUSE_HOST;
	p->flags |= HTTPQ_PARSE_F_HOST;
	p->host_value.off = field->value_off;
	p->host_value.len = field->value_len;
	if (httpq_url_parse_authority(buf + field->value_off,
				      field->value_len, &authority))
		return HTTPQ_PARSE_CAUSE_HOST;
	if (p->form != HTTPQ_PARSE_ABSOLUTE) {
		p->host.off = field->value_off + authority.host.off;
		p->host.len = authority.host.len;
	}
	return HTTPQ_PARSE_CAUSE_NONE;
}

static enum httpq_parse_cause take_field(struct httpq_parse *p, const u8 *buf,
					 const struct httpq_field *field)
{
	if (field->id == HTTPQ_FIELD_HOST)
		return take_host(p, buf, field);
	return httpq_framing_take(&p->framing, field->id,
				  buf + field->value_off, field->value_len);
}

/*
 * The line feed of a field line. It is not taken while the table is full, so
 * that the line is stored when the caller comes back.
 */
static enum httpq_parse_result end_field(struct httpq_parse *p,
					 const struct parse_input *in)
{
	enum httpq_parse_cause cause = HTTPQ_PARSE_CAUSE_NONE;
	struct httpq_field field;

	if (in->buf[p->pos] != '\n')
		return refuse(p, HTTPQ_PARSE_CAUSE_LINE_END);
	field = line_field(p, in->buf);
	if (p->trailers && !httpq_field_in_trailers(field.id))
		return next(p, FIELD_START);
	if (p->nr_fields >= in->lim->fields)
		return refuse(p, HTTPQ_PARSE_CAUSE_FIELD_COUNT);
	if (p->nr_fields >= in->max_fields)
		return HTTPQ_PARSE_FIELDS_FULL;
	if (!p->trailers)
		cause = take_field(p, in->buf, &field);
	if (cause)
		return refuse(p, cause);
	in->fields[p->nr_fields++] = field;
	return next(p, FIELD_START);
}

/* An absolute form and a Host field must name the same authority. */
static bool authorities_agree(const struct httpq_parse *p, const u8 *buf)
{
	return httpq_url_authorities_agree(buf + p->authority.off,
					   p->authority.len,
					   buf + p->host_value.off,
					   p->host_value.len);
}

static enum httpq_parse_cause check_host(const struct httpq_parse *p,
					 const u8 *buf)
{
	if (!(p->flags & HTTPQ_PARSE_F_HOST))
		return p->version < 11 ? HTTPQ_PARSE_CAUSE_NONE :
					 HTTPQ_PARSE_CAUSE_HOST;
	/*
	 * The same, RFC 9110 section 4.2.1. HTTP/1.0 does not demand the field
	 * at all.
	 */
	if (p->version >= 11 && !p->host_value.len)
		return HTTPQ_PARSE_CAUSE_HOST;
	if (p->form == HTTPQ_PARSE_ABSOLUTE && !authorities_agree(p, buf))
		return HTTPQ_PARSE_CAUSE_HOST;
	return HTTPQ_PARSE_CAUSE_NONE;
}

static enum httpq_parse_result end_head(struct httpq_parse *p,
					const struct parse_input *in)
{
	enum httpq_parse_cause cause;

	if (in->buf[p->pos] != '\n')
		return refuse(p, HTTPQ_PARSE_CAUSE_LINE_END);
	cause = check_host(p, in->buf);
	if (!cause)
		cause = httpq_framing_check(&p->framing, p->version);
	if (cause)
		return refuse(p, cause);
	p->flags |= httpq_framing_flags(&p->framing, p->version);
	p->content_length = p->framing.content_length;
	next(p, DONE);
	return HTTPQ_PARSE_DONE;
}

static bool is_at(const struct httpq_parse *p, const struct parse_input *in,
		  u8 state)
{
	return p->state == state && p->pos < in->len;
}

/* The way through most request lines. */
static enum httpq_parse_result parse_usual_line(struct httpq_parse *p,
						const struct parse_input *in)
{
	enum httpq_parse_result result = HTTPQ_PARSE_MORE;

	if (p->state == START || p->state == METHOD_START)
		result = parse_start(p, in);
	if (is_at(p, in, METHOD))
		result = parse_method(p, in);
	if (is_at(p, in, TARGET_START))
		result = parse_target_start(p, in);
	if (is_at(p, in, TARGET_PATH))
		result = parse_target(p, in, &p->path, HTTPQ_BYTE_PATH);
	if (is_at(p, in, TARGET_QUERY))
		result = parse_target(p, in, &p->query, HTTPQ_BYTE_QUERY);
	if (is_at(p, in, VERSION))
		result = parse_version(p, in);
	if (is_at(p, in, VERSION_LF))
		result = expect_lf(p, in->buf[p->pos], FIELD_START);
	return result;
}

static enum httpq_parse_result parse_request_line(struct httpq_parse *p,
						  const struct parse_input *in)
{
	switch (p->state) {
	case START_LF:
		return expect_lf(p, in->buf[p->pos], METHOD_START);
	case TARGET_ASTERISK:
		return parse_asterisk(p, in);
	case TARGET_SCHEME:
		return parse_scheme(p, in);
	case TARGET_AUTHORITY:
		return parse_authority(p, in);
	default:
		return parse_usual_line(p, in);
	}
}

static enum httpq_parse_result parse_field_line(struct httpq_parse *p,
						const struct parse_input *in)
{
	enum httpq_parse_result result = HTTPQ_PARSE_MORE;

	if (p->state == END_LF)
		return end_head(p, in);
	if (p->state == FIELD_START)
		result = parse_field_start(p, in);
	if (is_at(p, in, FIELD_NAME))
		result = parse_field_name(p, in);
	if (is_at(p, in, FIELD_VALUE))
		result = parse_field_value(p, in);
	if (is_at(p, in, FIELD_LF))
		result = end_field(p, in);
	return result;
}

static enum httpq_parse_result run(struct httpq_parse *p,
				   const struct parse_input *in)
{
	enum httpq_parse_result result = HTTPQ_PARSE_MORE;

	while (result == HTTPQ_PARSE_MORE && p->pos < in->len)
		result = p->state < FIELD_START ? parse_request_line(p, in) :
						  parse_field_line(p, in);
	return result;
}

static bool in_target(const struct httpq_parse *p)
{
	return p->state >= TARGET_START && p->state <= TARGET_QUERY;
}

/**
 * httpq_parse_init - begin a new head
 * @p: the parser.
 *
 * Context: any.
 */
void httpq_parse_init(struct httpq_parse *p)
{
	memset(p, 0, sizeof(*p));
}

/**
 * httpq_parse_head - read on in a request head
 * @p: the parser.
 * @lim: what the head may be.
 * @buf: the head from its first byte. It can move between calls, but what was
 *	read must not change.
 * @len: bytes at @buf, those of earlier calls included.
 * @fields: the field table, with the entries of earlier calls.
 * @max_fields: how many it has room for.
 *
 * HTTPQ_PARSE_DONE and HTTPQ_PARSE_REFUSED are final. @p->pos then tells how
 * much belongs to the head; after a refusal it is where the fault was found.
 *
 * Context: any.
 * Return: enum httpq_parse_result.
 */
enum httpq_parse_result httpq_parse_head(struct httpq_parse *p,
					 const struct httpq_parse_limits *lim,
					 const u8 *buf, u16 len,
					 struct httpq_field *fields,
					 u16 max_fields)
{
	const struct parse_input in = {
		.buf = buf,
		.len = min(len, lim->head),
		.lim = lim,
		.fields = fields,
		.max_fields = max_fields,
	};
	enum httpq_parse_result result;

	if (p->state == DONE)
		return HTTPQ_PARSE_DONE;
	if (p->state == REFUSED)
		return HTTPQ_PARSE_REFUSED;
	result = run(p, &in);
	if (result == HTTPQ_PARSE_MORE && p->pos >= lim->head)
		return refuse(p, in_target(p) ?
			      HTTPQ_PARSE_CAUSE_TARGET_LENGTH :
			      HTTPQ_PARSE_CAUSE_HEAD_LENGTH);
	return result;
}

/**
 * httpq_parse_trailers - read a complete trailer section
 * @buf: field lines with their line ends, without the final empty line.
 * @len: bytes at @buf.
 * @fields: the field table.
 * @max_fields: how many it has room for.
 *
 * Fields that must not stand there (see httpq_field_in_trailers()) are passed
 * over: their line is checked but not delivered.
 *
 * Context: any.
 * Return: number of fields; -EINVAL if a line is malformed; -ENOSPC if there
 * are more than @max_fields.
 */
int httpq_parse_trailers(const u8 *buf, u16 len, struct httpq_field *fields,
			 u16 max_fields)
{
	static const struct httpq_parse_limits lim = {
		.head = U16_MAX,
		.field = U16_MAX,
		.fields = U16_MAX,
	};
	const struct parse_input in = {
		.buf = buf,
		.len = len,
		.lim = &lim,
		.fields = fields,
		.max_fields = max_fields,
	};
	struct httpq_parse p = { .state = FIELD_START, .trailers = true };
	enum httpq_parse_result result = run(&p, &in);

	if (result == HTTPQ_PARSE_FIELDS_FULL)
		return -ENOSPC;
	if (result != HTTPQ_PARSE_MORE || p.state != FIELD_START)
		return -EINVAL;
	return p.nr_fields;
}

/**
 * httpq_parse_cause_name - name of a cause, for log and counters
 * @cause: enum httpq_parse_cause.
 *
 * Context: any.
 * Return: a static string in upper case.
 */
const char *httpq_parse_cause_name(enum httpq_parse_cause cause)
{
	return (unsigned int)cause < HTTPQ_PARSE_CAUSE_NR ? causes[cause].name :
							    "UNKNOWN";
}

/**
 * httpq_parse_cause_status - status code that a cause is answered with
 * @cause: enum httpq_parse_cause.
 *
 * Context: any.
 * Return: the status code, 0 for HTTPQ_PARSE_CAUSE_NONE.
 */
u16 httpq_parse_cause_status(enum httpq_parse_cause cause)
{
	return (unsigned int)cause < HTTPQ_PARSE_CAUSE_NR ?
	       causes[cause].status : 0;
}
