// SPDX-License-Identifier: GPL-2.0
/* JSON lines: all that a record says; what is missing is left out. */
#include "format.h"

#define AT(member)	offsetof(struct httpq_log_record, member)

const struct member json_members[] = {
	{ "time", MEMBER_ISO, ON_ALL },
	{ "kind", MEMBER_KIND, ON_ALL },
	{ "reason", MEMBER_REASON, ON_ERROR | ON_SUPPRESSED },
	{ "count", MEMBER_U64, ON_COUNT, true, AT(count) },
	{ "request_id", MEMBER_ID, ON_REQUEST, .at = AT(request_id) },
	{ "conn", MEMBER_CONN, ON_REQUEST, true, AT(request_id) },
	{ "request", MEMBER_NUMBER, ON_REQUEST, .at = AT(request_id) },
	{ "peer_addr", MEMBER_ADDR, ON_REQUEST, .at = AT(remote) },
	{ "peer_port", MEMBER_PORT, ON_REQUEST, .at = AT(remote) },
	{ "local_addr", MEMBER_ADDR, ON_REQUEST, .at = AT(local) },
	{ "local_port", MEMBER_PORT, ON_REQUEST, .at = AT(local) },
	{ "method", MEMBER_TEXT, ON_REQUEST, .at = AT(method) },
	{ "target", MEMBER_TEXT, ON_REQUEST, .at = AT(target) },
	{ "version", MEMBER_VERSION, ON_REQUEST },
	{ "host", MEMBER_TEXT, ON_REQUEST, .at = AT(host) },
	{ "agent", MEMBER_TEXT, ON_REQUEST, .at = AT(agent) },
	{ "referer", MEMBER_TEXT, ON_REQUEST, .at = AT(referer) },
	{ "prefix", MEMBER_TEXT, ON_REQUEST, .at = AT(prefix) },
	{ "site", MEMBER_U32, ON_REQUEST, .at = AT(site) },
	{ "queue", MEMBER_TEXT, ON_REQUEST, .at = AT(queue) },
	{ "status", MEMBER_U16, ON_REQUEST, .at = AT(status) },
	{ "substatus", MEMBER_U16, ON_REQUEST, .at = AT(substatus) },
	{ "user", MEMBER_TEXT, ON_REQUEST, .at = AT(user) },
	{ "note", MEMBER_TEXT, ON_REQUEST, .at = AT(note) },
	{ "cs_bytes", MEMBER_U64, ON_REQUEST, true, AT(cs_bytes) },
	{ "sc_bytes", MEMBER_U64, ON_REQUEST, true, AT(sc_bytes) },
	{ "taken_ms", MEMBER_MS_US, ON_REQUEST, true, AT(taken_ns) },
	{ "queued_ms", MEMBER_MS_US, ON_REQUEST, true, AT(queued_ns) },
	{ "stage", MEMBER_STAGE, ON_REQUEST },
	{ "owed", MEMBER_OWED, ON_REQUEST },
	{ "deliveries", MEMBER_U8, ON_REQUEST, true, AT(deliveries) },
	{ "worker", MEMBER_U64, ON_REQUEST, .at = AT(worker_id) },
	{ "pid", MEMBER_U32, ON_REQUEST, .at = AT(pid) },
	{ "last_call", MEMBER_CALL, ON_REQUEST },
	{ "last_call_ms", MEMBER_CALL_MS, ON_REQUEST },
	{ "late", MEMBER_FLAG, ON_REQUEST, .at = HTTPQ_LOG_LATE },
	{ "reaped", MEMBER_FLAG, ON_REQUEST, .at = HTTPQ_LOG_REAPED },
	{ "cut", MEMBER_FLAG, ON_REQUEST, .at = HTTPQ_LOG_CUT },
	{ "partial", MEMBER_FLAG, ON_REQUEST, .at = HTTPQ_LOG_PARTIAL },
	{ "taken_over", MEMBER_FLAG, ON_REQUEST, .at = HTTPQ_LOG_TAKEN_OVER },
	{}
};

/**
 * json_line - write a record as one JSON object
 * @buf: where to.
 * @layout: unused.
 * @r: the record.
 */
void json_line(struct buf *buf, const struct layout *layout,
	       const struct httpq_log_record *r)
{
	struct value value;
	char before = '{';

	(void)layout;
	for (const struct member *m = json_members; m->name; m++) {
		record_value(r, m, &value);
		if (!value.text.len)
			continue;
		buf_format(buf, "%c\"%s\":", before, m->name);
		if (value.bare)
			buf_add(buf, value.text.data, value.text.len);
		else
			text_put_json(buf, value.text);
		before = ',';
	}
	buf_string(buf, "}\n");
}
