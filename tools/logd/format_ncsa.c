// SPDX-License-Identifier: GPL-2.0
/*
 * NCSA common and combined:
 * host - user [date] "method target version" status bytes "referer" "agent"
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "format.h"

#define NS_PER_S	1000000000

static void put_addr(struct buf *buf, const struct httpq_addr *addr)
{
	struct httpq_addr plain = *addr;
	char text[64];

	plain.scope_id = 0;
	record_addr(&plain, text, sizeof(text));
	buf_string(buf, text[0] ? text : "-");
}

static void put_date(struct buf *buf, uint64_t ns)
{
	time_t s = ns / NS_PER_S;
	char text[64] = "";
	struct tm tm;

	if (localtime_r(&s, &tm))
		strftime(text, sizeof(text), "%d/%b/%Y:%H:%M:%S %z", &tm);
	buf_string(buf, text);
}

static void put_request(struct buf *buf, const struct httpq_log_record *r)
{
	static const struct member version = { "", MEMBER_VERSION, ON_REQUEST };
	struct value value;

	text_put_word(buf, record_text(r, r->method));
	buf_char(buf, ' ');
	text_put_word(buf, record_text(r, r->target));
	record_value(r, &version, &value);
	buf_char(buf, ' ');
	text_put_word(buf, value.text);
}

static void put_common(struct buf *buf, const struct httpq_log_record *r)
{
	put_addr(buf, &r->remote);
	buf_string(buf, " - ");
	text_put_word(buf, record_text(r, r->user));
	buf_string(buf, " [");
	put_date(buf, r->time_ns);
	buf_string(buf, "] \"");
	put_request(buf, r);
	buf_string(buf, "\" ");
	if (r->status)
		buf_format(buf, "%u", r->status);
	else
		buf_char(buf, '-');
	buf_format(buf, " %" PRIu64, (uint64_t)r->sc_bytes);
}

void common_line(struct buf *buf, const struct layout *layout,
		 const struct httpq_log_record *r)
{
	(void)layout;
	if (r->kind != HTTPQ_LOG_ACCESS)
		return;
	put_common(buf, r);
	buf_char(buf, '\n');
}

void combined_line(struct buf *buf, const struct layout *layout,
		   const struct httpq_log_record *r)
{
	(void)layout;
	if (r->kind != HTTPQ_LOG_ACCESS)
		return;
	put_common(buf, r);
	buf_string(buf, " \"");
	text_put_quoted(buf, record_text(r, r->referer));
	buf_string(buf, "\" \"");
	text_put_quoted(buf, record_text(r, r->agent));
	buf_string(buf, "\"\n");
}
