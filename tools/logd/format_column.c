// SPDX-License-Identifier: GPL-2.0
/*
 * Files of columns: W3C extended, and http.sys's error log, which looks the
 * same. Blanks separate columns, "-" is one that is missing.
 */
#include <inttypes.h>
#include <string.h>

#include "format.h"

#ifndef HTTPQ_VERSION
#define HTTPQ_VERSION "0.2.0"
#endif

/* Where http.sys cuts a method and a target. */
#define METHOD_MOST	255
#define TARGET_MOST	4096

#define AT(member)	offsetof(struct httpq_log_record, member)

static const struct member columns[] = {
	{ "date", MEMBER_DATE, ON_ALL },
	{ "time", MEMBER_TIME, ON_ALL },
	{ "c-ip", MEMBER_ADDR, ON_REQUEST, .at = AT(remote) },
	{ "c-port", MEMBER_PORT, ON_REQUEST, .at = AT(remote) },
	{ "s-ip", MEMBER_ADDR, ON_REQUEST, .at = AT(local) },
	{ "s-port", MEMBER_PORT, ON_REQUEST, .at = AT(local) },
	{ "s-sitename", MEMBER_U32, ON_REQUEST, .at = AT(site) },
	{ "s-siteid", MEMBER_U32, ON_REQUEST, .at = AT(site) },
	{ "s-computername", MEMBER_HOSTNAME, ON_REQUEST },
	{ "s-reason", MEMBER_S_REASON, ON_ALL },
	{ "s-queuename", MEMBER_TEXT, ON_REQUEST, .at = AT(queue) },
	{ "cs-version", MEMBER_VERSION, ON_REQUEST },
	{ "cs-method", MEMBER_TEXT, ON_REQUEST, .at = AT(method),
	  .most = METHOD_MOST },
	{ "cs-uri", MEMBER_TEXT, ON_REQUEST, .at = AT(target),
	  .most = TARGET_MOST },
	{ "cs-uri-stem", MEMBER_STEM, ON_REQUEST, .at = AT(target),
	  .most = TARGET_MOST },
	{ "cs-uri-query", MEMBER_QUERY, ON_REQUEST, .at = AT(target),
	  .most = TARGET_MOST },
	{ "cs-host", MEMBER_TEXT, ON_REQUEST, .at = AT(host) },
	{ "cs-username", MEMBER_TEXT, ON_REQUEST, .at = AT(user) },
	{ "cs(User-Agent)", MEMBER_TEXT, ON_REQUEST, .at = AT(agent) },
	{ "cs(Referer)", MEMBER_TEXT, ON_REQUEST, .at = AT(referer) },
	{ "cs-bytes", MEMBER_U64, ON_REQUEST, true, AT(cs_bytes) },
	{ "sc-bytes", MEMBER_U64, ON_REQUEST, true, AT(sc_bytes) },
	{ "sc-status", MEMBER_U16, ON_REQUEST, .at = AT(status) },
	{ "sc-substatus", MEMBER_U16, ON_REQUEST, true, AT(substatus) },
	{ "sc-win32-status", MEMBER_CONSTANT_0, ON_REQUEST, true },
	{ "time-taken", MEMBER_MS, ON_REQUEST, true, AT(taken_ns) },
	{ "x-note", MEMBER_TEXT, ON_REQUEST, .at = AT(note) },
	{ "x-prefix", MEMBER_TEXT, ON_REQUEST, .at = AT(prefix) },
	{ "x-request-id", MEMBER_ID, ON_REQUEST, .at = AT(request_id) },
	{ "x-worker", MEMBER_U64, ON_REQUEST, .at = AT(worker_id) },
	{ "x-pid", MEMBER_U32, ON_REQUEST, .at = AT(pid) },
	{ "x-time-queued", MEMBER_MS, ON_REQUEST, true, AT(queued_ns) },
	{ "x-stage", MEMBER_STAGE, ON_REQUEST },
	{ "x-owed", MEMBER_OWED, ON_REQUEST },
	{ "x-deliveries", MEMBER_U8, ON_REQUEST, true, AT(deliveries) },
	{ "x-flags", MEMBER_FLAGS, ON_REQUEST },
	{}
};

_Static_assert(sizeof(columns) / sizeof(columns[0]) <= COLUMNS_MAX,
	       "a layout may have each of them once");

/* The column of a name, or NULL. */
const struct member *column_find(const char *name)
{
	for (const struct member *m = columns; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

/**
 * column_head - write the lines that a file of columns begins with
 * @buf: where to.
 * @layout: its columns.
 * @time_ns: of the first record.
 */
void column_head(struct buf *buf, const struct layout *layout, uint64_t time_ns)
{
	static const struct member date = { "", MEMBER_DATE, ON_ALL };
	static const struct member time = { "", MEMBER_TIME, ON_ALL };
	struct httpq_log_record r = record_of_lost(time_ns, 0);
	struct value value;

	buf_string(buf, "#Software: httpq " HTTPQ_VERSION "\n#Version: 1.0\n");
	record_value(&r, &date, &value);
	buf_format(buf, "#Date: %s ", value.room);
	record_value(&r, &time, &value);
	buf_format(buf, "%s\n#Fields:", value.room);
	for (size_t i = 0; i < layout->nr; i++)
		buf_format(buf, " %s", layout->columns[i]->name);
	buf_char(buf, '\n');
}

static void put_columns(struct buf *buf, const struct layout *layout,
			const struct httpq_log_record *r, bool scopes)
{
	size_t start = buf->len;
	struct value value;

	for (size_t i = 0; i < layout->nr; i++) {
		const struct member *m = layout->columns[i];

		record_value(r, m, &value);
		if (m->type == MEMBER_ADDR && !scopes)
			value.text.len = strcspn(value.room, "%");
		if (i)
			buf_char(buf, ' ');
		text_put_column(buf, value.text);
	}
	buf_char(buf, '\n');
	/* No client writes a line that is skipped. */
	if (buf->data[start] == '#')
		buf->data[start] = '+';
}

/*
 * The standard has a line for remarks, which programs skip. Addresses are
 * written without a scope, which programs do not know.
 */
void w3c_line(struct buf *buf, const struct layout *layout,
	      const struct httpq_log_record *r)
{
	if (r->kind == HTTPQ_LOG_LOST)
		buf_format(buf, "#Remark: %" PRIu64 " records are missing here\n",
			   (uint64_t)r->count);
	else if (r->kind != HTTPQ_LOG_SUPPRESSED)
		put_columns(buf, layout, r, false);
}

void httperr_line(struct buf *buf, const struct layout *layout,
		  const struct httpq_log_record *r)
{
	put_columns(buf, layout, r, true);
}
