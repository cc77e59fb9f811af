// SPDX-License-Identifier: GPL-2.0
/* One readable line, without a newline; for people, it may change. */
#include <inttypes.h>
#include <string.h>

#include "format.h"

static void put_value(struct buf *buf, const struct httpq_log_record *r,
		      uint8_t type)
{
	const struct member m = { "", type, ON_ALL };
	struct value value;

	record_value(r, &m, &value);
	text_put_plain(buf, value.text);
}

static void put_endpoint(struct buf *buf, const struct httpq_addr *addr)
{
	char text[64];

	record_addr(addr, text, sizeof(text));
	buf_format(buf, strchr(text, ':') ? "[%s]:%u" : "%s:%u",
		   text[0] ? text : "-", addr->port);
}

static void put_request(struct buf *buf, const struct httpq_log_record *r)
{
	if (!r->method.len && !r->target.len) {
		buf_string(buf, "-");
		return;
	}
	buf_char(buf, '"');
	text_put_plain(buf, record_text(r, r->method));
	buf_char(buf, ' ');
	text_put_plain(buf, record_text(r, r->target));
	buf_char(buf, ' ');
	put_value(buf, r, MEMBER_VERSION);
	buf_char(buf, '"');
}

static void put_outcome(struct buf *buf, const struct httpq_log_record *r)
{
	buf_char(buf, ' ');
	if (r->status)
		buf_format(buf, "%u", r->status);
	else
		buf_char(buf, '-');
	if (r->kind == HTTPQ_LOG_ERROR)
		buf_format(buf, " %s, %s", record_reason(r->reason),
			   record_stage(r->stage));
	if (r->owed)
		buf_format(buf, ", %s", record_owed(r->owed));
	buf_format(buf, ", %" PRIu64 " bytes", (uint64_t)r->sc_bytes);
}

static void put_ms(struct buf *buf, uint64_t ns)
{
	buf_format(buf, "%" PRIu64 ".%03u ms", ns / 1000000,
		   (unsigned int)(ns / 1000 % 1000));
}

static void put_times(struct buf *buf, const struct httpq_log_record *r)
{
	buf_string(buf, ", ");
	put_ms(buf, r->taken_ns);
	if (r->queued_ns) {
		buf_string(buf, " (queued ");
		put_ms(buf, r->queued_ns);
		buf_char(buf, ')');
	}
}

static void put_where(struct buf *buf, const struct httpq_log_record *r)
{
	if (r->queue.len) {
		buf_string(buf, ", queue ");
		text_put_plain(buf, record_text(r, r->queue));
	}
	if (r->worker_id)
		buf_format(buf, ", worker %" PRIu64, (uint64_t)r->worker_id);
	if (r->pid)
		buf_format(buf, " (pid %" PRIu32 ")", r->pid);
	if (r->flags) {
		buf_string(buf, ", ");
		put_value(buf, r, MEMBER_FLAGS);
	}
}

static void put_request_line(struct buf *buf, const struct httpq_log_record *r)
{
	buf_format(buf, "%016" PRIx64 " ", (uint64_t)r->request_id);
	put_endpoint(buf, &r->remote);
	buf_char(buf, ' ');
	put_request(buf, r);
	put_outcome(buf, r);
	put_times(buf, r);
	put_where(buf, r);
}

/**
 * plain_line - write a record for people
 * @buf: where to; without a newline.
 * @r: the record.
 */
void plain_line(struct buf *buf, const struct httpq_log_record *r)
{
	put_value(buf, r, MEMBER_ISO);
	buf_char(buf, ' ');
	if (r->kind == HTTPQ_LOG_LOST)
		buf_format(buf, "%" PRIu64 " records were overwritten unread",
			   (uint64_t)r->count);
	else if (r->kind == HTTPQ_LOG_SUPPRESSED)
		buf_format(buf, "%" PRIu64 " more of %s were not recorded",
			   (uint64_t)r->count, record_reason(r->reason));
	else
		put_request_line(buf, r);
}
