// SPDX-License-Identifier: GPL-2.0
/*
 * A message in the journal's own protocol: NAME=value lines, or for values
 * with any bytes NAME, a newline, the length in 64 bits, the value. The fields
 * are the members of the JSON form.
 */
#include <ctype.h>
#include <endian.h>
#include <string.h>

#include "format.h"

/* syslog(3): what an error and what an answered request is worth. */
#define PRIORITY_WARNING	"4"
#define PRIORITY_INFO		"6"

static void put_bytes(struct buf *buf, const void *data, size_t len)
{
	uint64_t le = htole64(len);

	buf_char(buf, '\n');
	buf_add(buf, &le, sizeof(le));
	buf_add(buf, data, len);
	buf_char(buf, '\n');
}

static void put_name(struct buf *buf, const char *name)
{
	buf_string(buf, "HTTPQ_");
	for (; *name; name++)
		buf_char(buf, toupper((unsigned char)*name));
}

static void put_members(struct buf *buf, const struct httpq_log_record *r)
{
	struct value value;

	for (const struct member *m = json_members; m->name; m++) {
		record_value(r, m, &value);
		if (!value.text.len)
			continue;
		put_name(buf, m->name);
		put_bytes(buf, value.text.data, value.text.len);
	}
}

/**
 * journal_message - write a record as a message to the journal
 * @buf: where to.
 * @r: the record.
 */
void journal_message(struct buf *buf, const struct httpq_log_record *r)
{
	bool good = r->kind == HTTPQ_LOG_ACCESS;
	struct buf line = { 0 };

	plain_line(&line, r);
	buf_string(buf, "SYSLOG_IDENTIFIER=httpq\nPRIORITY=");
	buf_string(buf, good ? PRIORITY_INFO : PRIORITY_WARNING);
	buf_string(buf, "\nMESSAGE");
	put_bytes(buf, line.data, line.len);
	buf_free(&line);
	put_members(buf, r);
}
