// SPDX-License-Identifier: GPL-2.0
/*
 * Records as lines: what each format writes of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/logd/config.h"
#include "../../tools/logd/format.h"
#include "../../tools/logd/reason.h"
#include "made.h"
#include "test.h"

/* A layout of fields, by the reader of the configuration. */
static void choose(struct layout *layout, const char *fields)
{
	char *list = strdup(fields);
	char *rest, *name;

	layout->nr = 0;
	for (name = strtok_r(list, " ", &rest); name;
	     name = strtok_r(NULL, " ", &rest))
		layout->columns[layout->nr++] = column_find(name);
	free(list);
}

static void expect(const char *format, const char *fields,
		   const union made *m, const char *want)
{
	const struct format *f = format_find(format);
	struct layout layout = { 0 };
	struct buf buf = { 0 };

	CHECK(record_check(m, m->r.size) == m->r.size);
	if (fields || f->fields)
		choose(&layout, fields ? fields : f->fields);
	f->line(&buf, &layout, &m->r);
	buf_char(&buf, '\0');
	CHECK_TEXT(want, buf.data);
	buf_free(&buf);
}

/* The first sample of the article, "[IP]" being addresses. */
static void made_article(union made *m)
{
	made_empty(m, HTTPQ_LOG_ERROR);
	made_addr(&m->r.remote, "10.1.2.3", 3362);
	made_addr(&m->r.local, "10.1.2.4", 80);
	made_text(m, &m->r.method, "POST");
	made_text(m, &m->r.target, "/URL/Page");
	made_text(m, &m->r.queue, "web");
	m->r.version = 10;
	m->r.site = 1;
	m->r.reason = HTTPQ_LOG_REASON_DROPPED;
	m->r.stage = HTTPQ_LOG_STAGE_DELIVERED;
	m->r.owed = HTTPQ_LOG_OWED_ANSWER;
}

static void test_article(void)
{
	union made m;

	made_article(&m);
	expect("httperr", NULL, &m,
	       "2007-01-01 23:48:12 10.1.2.3 3362 10.1.2.4 80 HTTP/1.0 POST /URL/Page - 1 Connection_Dropped web\n");
	expect("httperr", "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason",
	       &m, "2007-01-01 23:48:12 10.1.2.3 3362 10.1.2.4 80 HTTP/1.0 POST /URL/Page - 1 Connection_Dropped\n");
	made_empty(&m, HTTPQ_LOG_ERROR);
	m.r.version = 11;
	m.r.site = 1;
	m.r.reason = HTTPQ_LOG_REASON_DROPPED;
	made_text(&m, &m.r.method, "GET");
	made_text(&m, &m.r.target, "/mypage.asp");
	expect("httperr", "cs-version cs-method cs-uri sc-status s-siteid s-reason",
	       &m, "HTTP/1.1 GET /mypage.asp - 1 Connection_Dropped\n");
}

static void test_httperr(void)
{
	union made m;

	made_request(&m, HTTPQ_LOG_ERROR);
	m.r.reason = HTTPQ_LOG_REASON_QUEUE_FULL;
	m.r.status = 503;
	expect("httperr", NULL, &m,
	       "2007-01-01 23:48:12 192.0.2.1 3362 192.0.2.2 80 HTTP/1.1 GET /a?b=c 503 1 QueueFull web\n");
	made_addr(&m.r.remote, "fe80::1", 1);
	m.r.remote.scope_id = 7;
	made_addr(&m.r.local, "2001:db8::2", 443);
	expect("httperr", "c-ip c-port s-ip s-port s-reason", &m,
	       "fe80::1%7 1 2001:db8::2 443 QueueFull\n");
	expect("httperr", "s-reason cs(User-Agent) cs(Referer) cs-host cs-username sc-bytes cs-bytes time-taken x-note",
	       &m, "QueueFull Mozilla/5.0+(X11) http://a/ example.org alice 532 78 12 hit\n");
	m.r.version = 110;
	m.r.reason = 255;
	expect("httperr", "cs-version s-reason", &m, "HTTP/?.? ?\n");
}

/* Nothing was parsed: five columns have nothing to say. */
static void test_no_request(void)
{
	union made m;

	made_empty(&m, HTTPQ_LOG_ERROR);
	made_addr(&m.r.remote, "::1", 50000);
	made_addr(&m.r.local, "::1", 8080);
	m.r.reason = HTTPQ_LOG_REASON_TIMER_IDLE;
	m.r.request_id = 5ULL << 32;
	expect("httperr", NULL, &m,
	       "2007-01-01 23:48:12 ::1 50000 ::1 8080 - - - - - Timer_ConnectionIdle -\n");
	expect("json", NULL, &m,
	       "{\"time\":\"2007-01-01T23:48:12.123456Z\",\"kind\":\"error\",\"reason\":\"Timer_ConnectionIdle\","
	       "\"request_id\":\"0000000500000000\",\"conn\":5,\"peer_addr\":\"::1\",\"peer_port\":50000,"
	       "\"local_addr\":\"::1\",\"local_port\":8080,\"cs_bytes\":0,\"sc_bytes\":0,\"taken_ms\":0.000,"
	       "\"queued_ms\":0.000,\"stage\":\"connection\",\"deliveries\":0}\n");
}

/* Neither can be taken for a request. */
static void test_counts(void)
{
	union made m;

	made_empty(&m, HTTPQ_LOG_SUPPRESSED);
	m.r.reason = HTTPQ_LOG_REASON_QUEUE_FULL;
	m.r.count = 17;
	expect("httperr", NULL, &m,
	       "2007-01-01 23:48:12 - - - - - - - - - Suppressed(17):QueueFull -\n");
	expect("json", NULL, &m,
	       "{\"time\":\"2007-01-01T23:48:12.123456Z\",\"kind\":\"suppressed\",\"reason\":\"QueueFull\",\"count\":17}\n");
	expect("w3c", NULL, &m, "");
	expect("combined", NULL, &m, "");
	m.r.kind = HTTPQ_LOG_LOST;
	expect("httperr", NULL, &m,
	       "2007-01-01 23:48:12 - - - - - - - - - Lost(17) -\n");
	expect("httperr", "s-reason sc-bytes sc-win32-status s-computername x-request-id",
	       &m, "Lost(17) - - - -\n");
	expect("json", NULL, &m,
	       "{\"time\":\"2007-01-01T23:48:12.123456Z\",\"kind\":\"lost\",\"count\":17}\n");
	expect("w3c", NULL, &m, "#Remark: 17 records are missing here\n");
	expect("common", NULL, &m, "");
}

static void test_w3c(void)
{
	union made m;

	made_request(&m, HTTPQ_LOG_ACCESS);
	expect("w3c", NULL, &m,
	       "2007-01-01 23:48:12 192.0.2.2 GET /a b=c 80 alice 192.0.2.1 Mozilla/5.0+(X11) http://a/ 200 0 0 12\n");
	m.r.substatus = 4;
	expect("w3c", "s-sitename s-siteid cs-version cs-host sc-substatus sc-bytes cs-bytes s-queuename x-note x-prefix x-request-id x-worker x-pid x-time-queued x-stage x-owed x-deliveries s-reason",
	       &m, "1 1 HTTP/1.1 example.org 4 532 78 web hit http://*:80/ 0000001500000002 3 99 2 sent - 1 -\n");
	m.r.flags = HTTPQ_LOG_LATE | HTTPQ_LOG_TAKEN_OVER | 0x8000;
	expect("w3c", "x-flags cs-uri", &m, "late,taken_over /a?b=c\n");
	m.r.remote.addr[0] = 0xfe;
	m.r.remote.scope_id = 3;
	expect("w3c", "c-ip c-port", &m, "fe00::ffff:c000:201 3362\n");
}

/* A target without a query, and one with two marks. */
static void test_query(void)
{
	union made m;

	made_empty(&m, HTTPQ_LOG_ACCESS);
	made_text(&m, &m.r.target, "/a?b?c");
	expect("w3c", "cs-uri-stem cs-uri-query cs-uri", &m, "/a b?c /a?b?c\n");
	made_text(&m, &m.r.target, "/a?");
	expect("w3c", "cs-uri-stem cs-uri-query cs-uri", &m, "/a - /a?\n");
	made_text(&m, &m.r.target, "/a");
	expect("w3c", "cs-uri-stem cs-uri-query", &m, "/a -\n");
	m.r.target.len = 0;
	expect("w3c", "cs-uri-stem cs-uri-query cs-uri", &m, "- - -\n");
}

static void test_cut(void)
{
	char method[300], target[5000], want[5000];
	union made m;

	memset(method, 'M', sizeof(method));
	memset(target, 't', sizeof(target));
	made_empty(&m, HTTPQ_LOG_ERROR);
	made_bytes(&m, &m.r.method, method, sizeof(method));
	made_bytes(&m, &m.r.target, target, sizeof(target));
	snprintf(want, sizeof(want), "%.255s - %.4096s\n", method, target);
	expect("httperr", "cs-method s-reason cs-uri", &m, want);
}

/* The machine's clock is an hour ahead of UTC here. */
static void test_ncsa(void)
{
	union made m;

	made_request(&m, HTTPQ_LOG_ACCESS);
	expect("common", NULL, &m,
	       "192.0.2.1 - alice [02/Jan/2007:00:48:12 +0100] \"GET /a?b=c HTTP/1.1\" 200 532\n");
	expect("combined", NULL, &m,
	       "192.0.2.1 - alice [02/Jan/2007:00:48:12 +0100] \"GET /a?b=c HTTP/1.1\" 200 532 \"http://a/\" \"Mozilla/5.0 (X11)\"\n");
	made_empty(&m, HTTPQ_LOG_ACCESS);
	made_addr(&m.r.remote, "fe80::1", 1);
	m.r.remote.scope_id = 7;
	expect("combined", NULL, &m,
	       "fe80::1 - - [02/Jan/2007:00:48:12 +0100] \"- - -\" - 0 \"-\" \"-\"\n");
}

static void test_hostile(void)
{
	union made m;

	made_empty(&m, HTTPQ_LOG_ACCESS);
	made_text(&m, &m.r.method, "G\" 200");
	made_text(&m, &m.r.target, "/ x\n1.2.3.4");
	made_text(&m, &m.r.user, "a] b");
	made_text(&m, &m.r.agent, "x\" \"y\\");
	made_text(&m, &m.r.referer, "\r\n#Fields: date");
	expect("combined", NULL, &m,
	       "- - a]\\x20b [02/Jan/2007:00:48:12 +0100] \"G\\x22\\x20200 /\\x20x\\x0A1.2.3.4 -\" - 0 \"\\x0D\\x0A#Fields: date\" \"x\\x22 \\x22y\\x5C\"\n");
	expect("w3c", "cs-method cs-uri cs-username cs(Referer) cs(User-Agent)",
	       &m, "G\"+200 /+x+1.2.3.4 a]+b ++#Fields:+date x\"+\"y\\\n");
	made_text(&m, &m.r.target, "#Software: mine");
	expect("w3c", "cs-uri cs-method", &m, "+Software:+mine G\"+200\n");
	made_text(&m, &m.r.target, "-");
	expect("w3c", "cs-uri", &m, "-\n");
}

static void test_json_access(void)
{
	union made m;

	made_request(&m, HTTPQ_LOG_ACCESS);
	m.r.flags = HTTPQ_LOG_LATE | HTTPQ_LOG_PARTIAL;
	expect("json", NULL, &m,
	       "{\"time\":\"2007-01-01T23:48:12.123456Z\",\"kind\":\"access\",\"request_id\":\"0000001500000002\","
	       "\"conn\":21,\"request\":2,\"peer_addr\":\"192.0.2.1\",\"peer_port\":3362,\"local_addr\":\"192.0.2.2\","
	       "\"local_port\":80,\"method\":\"GET\",\"target\":\"/a?b=c\",\"version\":\"HTTP/1.1\",\"host\":\"example.org\","
	       "\"agent\":\"Mozilla/5.0 (X11)\",\"referer\":\"http://a/\",\"prefix\":\"http://*:80/\",\"site\":1,"
	       "\"queue\":\"web\",\"status\":200,\"user\":\"alice\",\"note\":\"hit\",\"cs_bytes\":78,\"sc_bytes\":532,"
	       "\"taken_ms\":12.345,\"queued_ms\":2.000,\"stage\":\"sent\",\"deliveries\":1,\"worker\":3,\"pid\":99,"
	       "\"late\":true,\"partial\":true}\n");
}

static void test_json_error(void)
{
	union made m;

	made_article(&m);
	m.r.last_call = HTTPQ_LOG_CALL_RECEIVE;
	m.r.flags = HTTPQ_LOG_REAPED | HTTPQ_LOG_CUT | HTTPQ_LOG_TAKEN_OVER;
	m.r.deliveries = 3;
	m.r.substatus = 7;
	m.r.worker_id = 1ULL << 40;
	expect("json", NULL, &m,
	       "{\"time\":\"2007-01-01T23:48:12.123456Z\",\"kind\":\"error\",\"reason\":\"Connection_Dropped\","
	       "\"request_id\":\"0000000000000000\",\"conn\":0,\"peer_addr\":\"10.1.2.3\",\"peer_port\":3362,"
	       "\"local_addr\":\"10.1.2.4\",\"local_port\":80,\"method\":\"POST\",\"target\":\"/URL/Page\","
	       "\"version\":\"HTTP/1.0\",\"site\":1,\"queue\":\"web\",\"substatus\":7,\"cs_bytes\":0,\"sc_bytes\":0,"
	       "\"taken_ms\":0.000,\"queued_ms\":0.000,\"stage\":\"delivered\",\"owed\":\"never_answered\","
	       "\"deliveries\":3,\"worker\":1099511627776,\"last_call\":\"receive\",\"last_call_ms\":0,"
	       "\"reaped\":true,\"cut\":true,\"taken_over\":true}\n");
}

/* Each member that a record may have has a place in its JSON form. */
static void test_json_all(void)
{
	static const size_t at[] = {
#define X(member) offsetof(struct httpq_log_record, member),
		X(request_id) X(worker_id) X(cs_bytes) X(sc_bytes) X(pid)
		X(site) X(status) X(substatus) X(deliveries) X(local) X(remote)
		X(method) X(target) X(host) X(queue) X(prefix) X(agent)
		X(referer) X(user) X(note) X(taken_ns) X(queued_ns) X(count)
#undef X
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		bool found = false;

		for (const struct member *m = json_members; m->name; m++)
			found |= m->at == at[i] && m->type != MEMBER_FLAG;
		CHECK(found);
	}
}

static void expect_plain(const union made *m, const char *want)
{
	struct buf buf = { 0 };

	plain_line(&buf, &m->r);
	buf_char(&buf, '\0');
	CHECK_TEXT(want, buf.data);
	buf_free(&buf);
}

static void test_plain(void)
{
	union made m;

	made_request(&m, HTTPQ_LOG_ACCESS);
	expect_plain(&m, "2007-01-01T23:48:12.123456Z 0000001500000002 192.0.2.1:3362 \"GET /a?b=c HTTP/1.1\" 200, 532 bytes, 12.345 ms (queued 2.000 ms), queue web, worker 3 (pid 99)");
	made_article(&m);
	m.r.flags = HTTPQ_LOG_REAPED;
	expect_plain(&m, "2007-01-01T23:48:12.123456Z 0000000000000000 10.1.2.3:3362 \"POST /URL/Page HTTP/1.0\" - Connection_Dropped, delivered, never_answered, 0 bytes, 0.000 ms, queue web, reaped");
	made_addr(&m.r.remote, "fe80::1", 5);
	m.r.remote.scope_id = 2;
	m.r.method.len = 0;
	m.r.target.len = 0;
	m.r.owed = 0;
	m.r.flags = 0;
	expect_plain(&m, "2007-01-01T23:48:12.123456Z 0000000000000000 [fe80::1%2]:5 - - Connection_Dropped, delivered, 0 bytes, 0.000 ms, queue web");
	made_empty(&m, HTTPQ_LOG_LOST);
	m.r.count = 3;
	expect_plain(&m, "2007-01-01T23:48:12.123456Z 3 records were overwritten unread");
	m.r.kind = HTTPQ_LOG_SUPPRESSED;
	m.r.reason = HTTPQ_LOG_REASON_URL;
	expect_plain(&m, "2007-01-01T23:48:12.123456Z 3 more of URL were not recorded");
}

static void test_head(void)
{
	struct layout layout;
	struct buf buf = { 0 };

	choose(&layout, "date cs(User-Agent)");
	column_head(&buf, &layout, MADE_TIME);
	buf_char(&buf, '\0');
	CHECK_TEXT("#Software: httpq 1.2.3\n#Version: 1.0\n#Date: 2007-01-01 23:48:12\n#Fields: date cs(User-Agent)\n",
		   buf.data);
	buf_free(&buf);
}

/* The message of a field, as journald would read it; "" if there is none. */
static const char *journal_field(const struct buf *buf, const char *name)
{
	static char value[HTTPQ_LOG_RECORD_MAX];
	const char *p = buf->data, *end = p + buf->len;
	char found[64];
	uint64_t len;
	size_t n;

	while (p < end) {
		n = strcspn(p, "=\n");
		snprintf(found, sizeof(found), "%.*s", (int)n, p);
		p += n + 1;
		if (p[-1] == '=') {
			len = strcspn(p, "\n");
		} else {
			memcpy(&len, p, sizeof(len));
			p += sizeof(len);
		}
		snprintf(value, sizeof(value), "%.*s", (int)len, p);
		p += len;
		CHECK(*p == '\n');
		p++;
		if (!strcmp(found, name))
			return value;
	}
	return "";
}

static void test_journal(void)
{
	struct buf buf = { 0 };
	union made m;

	made_request(&m, HTTPQ_LOG_ERROR);
	made_text(&m, &m.r.agent, "x\nPRIORITY=0\n\nMESSAGE=lie");
	m.r.reason = HTTPQ_LOG_REASON_TIMER_RESPONSE;
	journal_message(&buf, &m.r);
	CHECK_TEXT("httpq", journal_field(&buf, "SYSLOG_IDENTIFIER"));
	CHECK_TEXT("4", journal_field(&buf, "PRIORITY"));
	CHECK_TEXT("Timer_Response", journal_field(&buf, "HTTPQ_REASON"));
	CHECK_TEXT("0000001500000002", journal_field(&buf, "HTTPQ_REQUEST_ID"));
	CHECK_TEXT("x\nPRIORITY=0\n\nMESSAGE=lie",
		   journal_field(&buf, "HTTPQ_AGENT"));
	CHECK(strstr(journal_field(&buf, "MESSAGE"), " 200 Timer_Response, "));
	CHECK_TEXT("", journal_field(&buf, "HTTPQ_OWED"));
	buf.len = 0;
	made_request(&m, HTTPQ_LOG_ACCESS);
	journal_message(&buf, &m.r);
	CHECK_TEXT("6", journal_field(&buf, "PRIORITY"));
	CHECK_TEXT("alice", journal_field(&buf, "HTTPQ_USER"));
	buf_free(&buf);
}

static unsigned int count(const char *data, size_t len, char c)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < len; i++)
		nr += data[i] == c;
	return nr;
}

/*
 * Whatever is in a record, a line is one line, has its columns, and no byte
 * that a terminal obeys. That JSON is JSON is for logd_unit.sh to see.
 */
static void check_line(const struct format *f, const struct layout *layout,
		       const union made *m)
{
	struct buf buf = { 0 };

	f->line(&buf, layout, &m->r);
	if (buf.len) {
		CHECK(buf.data[buf.len - 1] == '\n');
		CHECK(count(buf.data, buf.len, '\n') == 1);
		CHECK(!memchr(buf.data, '\r', buf.len));
		CHECK(!memchr(buf.data, '\x1b', buf.len));
		CHECK(!memchr(buf.data, '\0', buf.len));
	}
	if (buf.len && layout->nr && buf.data[0] != '#')
		CHECK(count(buf.data, buf.len, ' ') == layout->nr - 1);
	if (buf.len && !strcmp(f->name, "combined"))
		CHECK(count(buf.data, buf.len, '"') == 6);
	buf_free(&buf);
}

static void test_random(void)
{
	struct layout layout = { 0 };
	unsigned int seed = 1;
	union made m;

	for (int i = 0; i < 2000; i++) {
		made_random(&m, &seed);
		CHECK(record_check(&m, m.r.size) == m.r.size);
		for (const struct format *f = formats; f->name; f++) {
			layout.nr = 0;
			if (f->fields)
				choose(&layout, f->fields);
			if (f->line)
				check_line(f, &layout, &m);
		}
	}
}

static void test_check_record(void)
{
	union made m;

	made_request(&m, HTTPQ_LOG_ACCESS);
	CHECK(record_check(&m, m.r.size) == m.r.size);
	CHECK(record_check(&m, sizeof(m)) == m.r.size);
	CHECK(!record_check(&m, m.r.size - 1));
	CHECK(!record_check(&m, sizeof(m.r) - 1));
	CHECK(!record_check(&m, 0));
	m.r.note.len = m.r.size;
	CHECK(!record_check(&m, sizeof(m)));
	m.r.note.len = 3;
	m.r.note.off = m.r.size - sizeof(m.r) - 2;
	CHECK(!record_check(&m, sizeof(m)));
	m.r.note.off--;
	CHECK(record_check(&m, sizeof(m)) == m.r.size);
	m.r.size += 4;
	CHECK(!record_check(&m, sizeof(m)));
	m.r.size = sizeof(m.r) - 8;
	CHECK(!record_check(&m, sizeof(m)));
	m.r.size = HTTPQ_LOG_RECORD_MAX + 8;
	CHECK(!record_check(&m, HTTPQ_LOG_RECORD_MAX + 8));
	made_empty(&m, 0);
	CHECK(!record_check(&m, m.r.size));
	m.r.kind = HTTPQ_LOG_LOST + 1;
	CHECK(!record_check(&m, m.r.size));
}

/* `httpq why` has words for each. */
static void test_words(void)
{
	for (int i = 0; i < HTTPQ_LOG_REASON_NR; i++) {
		CHECK(reason_words(i)->why && reason_words(i)->why[0]);
		CHECK(reason_words(i)->fix && reason_words(i)->fix[0]);
	}
	CHECK(reason_words(HTTPQ_LOG_REASON_NR)->why);
	for (int i = 0; i < HTTPQ_LOG_STAGE_NR; i++)
		CHECK(stage_words(i)[0]);
	CHECK(stage_words(HTTPQ_LOG_STAGE_NR)[0]);
	for (int i = 0; i < HTTPQ_LOG_OWED_NR; i++)
		CHECK(owed_words(i)[0]);
	CHECK(owed_words(HTTPQ_LOG_OWED_NR)[0]);
}

const struct test format_tests[] = {
	{ "format: the samples of the article", test_article },
	{ "format: httperr", test_httperr },
	{ "format: a connection without a request", test_no_request },
	{ "format: suppressed and lost", test_counts },
	{ "format: W3C", test_w3c },
	{ "format: stem and query", test_query },
	{ "format: long texts are cut", test_cut },
	{ "format: NCSA", test_ncsa },
	{ "format: hostile texts", test_hostile },
	{ "format: JSON, access", test_json_access },
	{ "format: JSON, error", test_json_error },
	{ "format: JSON has every member", test_json_all },
	{ "format: for people", test_plain },
	{ "format: head of a file", test_head },
	{ "format: journal", test_journal },
	{ "format: any bytes", test_random },
	{ "record: what contradicts itself", test_check_record },
	{ "reason: words for each", test_words },
	{}
};
