// SPDX-License-Identifier: GPL-2.0
/* Checks records and takes them apart. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "record.h"

#define NS_PER_S	1000000000
#define ADDR_TEXT_SIZE	(INET6_ADDRSTRLEN + sizeof("%4294967295"))

#define X(name, text)	text,
static const char *const reasons[] = { HTTPQ_LOG_REASONS(X) };
static const char *const stages[] = { HTTPQ_LOG_STAGES(X) };
static const char *const owed_names[] = { HTTPQ_LOG_OWED(X) };
static const char *const calls[] = { HTTPQ_LOG_CALLS(X) };
#undef X

static const char *const kinds[] = {
	[HTTPQ_LOG_ACCESS] = "access",
	[HTTPQ_LOG_ERROR] = "error",
	[HTTPQ_LOG_SUPPRESSED] = "suppressed",
	[HTTPQ_LOG_LOST] = "lost",
};

/* In the order of their bits. */
static const char *const flags[] = {
	"late", "reaped", "cut", "partial", "taken_over",
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

const char *record_reason(uint8_t reason)
{
	return reason < COUNT(reasons) ? reasons[reason] : "?";
}

const char *record_stage(uint8_t stage)
{
	return stage < COUNT(stages) ? stages[stage] : "?";
}

const char *record_owed(uint8_t owed)
{
	return owed < COUNT(owed_names) ? owed_names[owed] : "?";
}

const char *record_call(uint8_t call)
{
	return call < COUNT(calls) ? calls[call] : "?";
}

/* Texts of a record, to be checked one by one. */
static const uint16_t spans[] = {
	offsetof(struct httpq_log_record, method),
	offsetof(struct httpq_log_record, target),
	offsetof(struct httpq_log_record, host),
	offsetof(struct httpq_log_record, queue),
	offsetof(struct httpq_log_record, prefix),
	offsetof(struct httpq_log_record, agent),
	offsetof(struct httpq_log_record, referer),
	offsetof(struct httpq_log_record, user),
	offsetof(struct httpq_log_record, note),
};

static struct httpq_span span_at(const struct httpq_log_record *r, size_t at)
{
	struct httpq_span span;

	memcpy(&span, (const char *)r + at, sizeof(span));
	return span;
}

/**
 * record_check - whether a record comes next
 * @data: aligned to 8.
 * @len: bytes there.
 *
 * Returns its size, or 0 if there is none or it contradicts itself.
 */
size_t record_check(const void *data, size_t len)
{
	const struct httpq_log_record *r = data;

	if (len < sizeof(*r) || r->size < sizeof(*r) || r->size > len ||
	    r->size > HTTPQ_LOG_RECORD_MAX || r->size % 8)
		return 0;
	if (r->kind < HTTPQ_LOG_ACCESS || r->kind > HTTPQ_LOG_LOST)
		return 0;
	for (size_t i = 0; i < COUNT(spans); i++) {
		struct httpq_span span = span_at(r, spans[i]);

		if (span.len && sizeof(*r) + span.off + span.len > r->size)
			return 0;
	}
	return r->size;
}

/* A text of a record that was checked. */
struct text record_text(const struct httpq_log_record *r,
			struct httpq_span span)
{
	const char *texts = (const char *)(r + 1);

	return (struct text){ texts + (span.len ? span.off : 0), span.len };
}

/**
 * record_addr - an address in words, "" for the unspecified one
 * @addr: the address.
 * @text: takes it, with its scope if it has one.
 * @size: bytes at @text.
 */
void record_addr(const struct httpq_addr *addr, char *text, size_t size)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t none[16];
	size_t len;

	text[0] = '\0';
	if (!memcmp(addr->addr, none, sizeof(none)))
		return;
	if (!memcmp(addr->addr, mapped, sizeof(mapped))) {
		inet_ntop(AF_INET, addr->addr + sizeof(mapped), text, size);
		return;
	}
	inet_ntop(AF_INET6, addr->addr, text, size);
	len = strlen(text);
	if (addr->scope_id)
		snprintf(text + len, size - len, "%%%" PRIu32, addr->scope_id);
}

/* A record of the reader's own: that records are missing. */
struct httpq_log_record record_of_lost(uint64_t time_ns, uint64_t count)
{
	return (struct httpq_log_record){
		.size = sizeof(struct httpq_log_record),
		.kind = HTTPQ_LOG_LOST,
		.time_ns = time_ns,
		.count = count,
	};
}

static void set_string(struct value *value, const char *string)
{
	value->text = text_of(string);
}

/* A name out of a list that has "-" for none. */
static void set_name(struct value *value, const char *name)
{
	if (strcmp(name, "-"))
		set_string(value, name);
}

static void set_number(struct value *value, const struct member *m,
		       uint64_t number)
{
	value->bare = true;
	if (!number && !m->zero)
		return;
	snprintf(value->room, sizeof(value->room), "%" PRIu64, number);
	set_string(value, value->room);
}

static void set_us(struct value *value, uint64_t ns)
{
	value->bare = true;
	snprintf(value->room, sizeof(value->room), "%" PRIu64 ".%03u",
		 ns / 1000000, (unsigned int)(ns / 1000 % 1000));
	set_string(value, value->room);
}

static void set_time(struct value *value, uint64_t ns, const char *format)
{
	time_t s = ns / NS_PER_S;
	struct tm tm;

	if (gmtime_r(&s, &tm))
		strftime(value->room, sizeof(value->room), format, &tm);
	set_string(value, value->room);
}

static void set_iso(struct value *value, uint64_t ns)
{
	size_t len;

	set_time(value, ns, "%Y-%m-%dT%H:%M:%S");
	len = value->text.len;
	snprintf(value->room + len, sizeof(value->room) - len, ".%06uZ",
		 (unsigned int)(ns % NS_PER_S / 1000));
	set_string(value, value->room);
}

static void set_text(struct value *value, const struct member *m,
		     struct text text)
{
	value->text = text;
	if (m->most && text.len > m->most)
		value->text.len = m->most;
}

/* A part of the target: up to the '?', or from there on. */
static void set_part(struct value *value, const struct member *m,
		     struct text text)
{
	const char *mark = memchr(text.data, '?', text.len);
	size_t stem = mark ? (size_t)(mark - text.data) : text.len;

	if (m->type == MEMBER_STEM)
		text.len = stem;
	else if (mark)
		text = (struct text){ mark + 1, text.len - stem - 1 };
	else
		text.len = 0;
	set_text(value, m, text);
}

/* Microsoft prints a question mark for what has no digit. */
static void set_version(struct value *value, uint8_t version)
{
	if (!version)
		return;
	snprintf(value->room, sizeof(value->room), "HTTP/%u.%u", version / 10,
		 version % 10);
	set_string(value, version < 100 ? value->room : "HTTP/?.?");
}

static void set_s_reason(struct value *value, const struct httpq_log_record *r)
{
	const char *reason = record_reason(r->reason);

	if (r->kind == HTTPQ_LOG_SUPPRESSED)
		snprintf(value->room, sizeof(value->room),
			 "Suppressed(%" PRIu64 "):%s", (uint64_t)r->count,
			 reason);
	else if (r->kind == HTTPQ_LOG_LOST)
		snprintf(value->room, sizeof(value->room), "Lost(%" PRIu64 ")",
			 (uint64_t)r->count);
	else
		snprintf(value->room, sizeof(value->room), "%s", reason);
	set_name(value, value->room);
}

static void set_flag(struct value *value, bool on)
{
	value->bare = true;
	if (on)
		set_string(value, "true");
}

static void set_flags(struct value *value, uint16_t bits)
{
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (!(bits & 1U << i))
			continue;
		if (value->room[0])
			strcat(value->room, ",");
		strcat(value->room, flags[i]);
	}
	set_string(value, value->room);
}

static void set_call_ms(struct value *value, const struct httpq_log_record *r)
{
	static const struct member even_0 = { .zero = true };

	if (r->last_call)
		set_number(value, &even_0, r->last_call_ms);
}

static void set_addr(struct value *value, const struct httpq_addr *addr)
{
	_Static_assert(sizeof(value->room) >= ADDR_TEXT_SIZE, "room for one");
	record_addr(addr, value->room, sizeof(value->room));
	set_string(value, value->room);
}

static void set_hostname(struct value *value)
{
	if (gethostname(value->room, sizeof(value->room)))
		value->room[0] = '\0';
	value->room[sizeof(value->room) - 1] = '\0';
	set_string(value, value->room);
}

/* Members that are numbers in the record. */
static void set_integer(struct value *value, const struct member *m,
			const void *at)
{
	switch (m->type) {
	case MEMBER_U8:
		set_number(value, m, *(const uint8_t *)at);
		break;
	case MEMBER_U16:
		set_number(value, m, *(const uint16_t *)at);
		break;
	case MEMBER_U32:
		set_number(value, m, *(const uint32_t *)at);
		break;
	case MEMBER_U64:
		set_number(value, m, *(const uint64_t *)at);
		break;
	case MEMBER_MS:
		set_number(value, m, *(const uint64_t *)at / 1000000);
		break;
	case MEMBER_MS_US:
		set_us(value, *(const uint64_t *)at);
		break;
	case MEMBER_ID:
		snprintf(value->room, sizeof(value->room), "%016" PRIx64,
			 *(const uint64_t *)at);
		set_string(value, value->room);
		break;
	case MEMBER_CONN:
		set_number(value, m, *(const uint64_t *)at >> 32);
		break;
	case MEMBER_NUMBER:
		set_number(value, m, *(const uint64_t *)at & UINT32_MAX);
		break;
	}
}

/* Members that are a name or a time of their own. */
static void set_other(struct value *value, const struct member *m,
		      const struct httpq_log_record *r)
{
	const void *at = (const char *)r + m->at;

	switch (m->type) {
	case MEMBER_ADDR:
		set_addr(value, at);
		break;
	case MEMBER_PORT:
		set_number(value, m, ((const struct httpq_addr *)at)->port);
		break;
	case MEMBER_ISO:
		set_iso(value, r->time_ns);
		break;
	case MEMBER_DATE:
		set_time(value, r->time_ns, "%Y-%m-%d");
		break;
	case MEMBER_TIME:
		set_time(value, r->time_ns, "%H:%M:%S");
		break;
	case MEMBER_VERSION:
		set_version(value, r->version);
		break;
	case MEMBER_KIND:
		set_string(value, kinds[r->kind]);
		break;
	case MEMBER_REASON:
		set_name(value, record_reason(r->reason));
		break;
	case MEMBER_S_REASON:
		set_s_reason(value, r);
		break;
	case MEMBER_STAGE:
		set_name(value, record_stage(r->stage));
		break;
	case MEMBER_OWED:
		set_name(value, record_owed(r->owed));
		break;
	case MEMBER_CALL:
		set_name(value, record_call(r->last_call));
		break;
	case MEMBER_CALL_MS:
		set_call_ms(value, r);
		break;
	case MEMBER_FLAG:
		set_flag(value, r->flags & m->at);
		break;
	case MEMBER_FLAGS:
		set_flags(value, r->flags);
		break;
	case MEMBER_HOSTNAME:
		set_hostname(value);
		break;
	case MEMBER_CONSTANT_0:
		set_number(value, m, 0);
		break;
	}
}

/**
 * record_value - a member of a record as a text
 * @r: the record, checked.
 * @m: the member.
 * @value: takes it.
 */
void record_value(const struct httpq_log_record *r, const struct member *m,
		  struct value *value)
{
	value->text = (struct text){ NULL, 0 };
	value->bare = false;
	value->room[0] = '\0';
	if (!(m->kinds & 1U << r->kind))
		return;
	if (m->type == MEMBER_TEXT)
		set_text(value, m, record_text(r, span_at(r, m->at)));
	else if (m->type == MEMBER_STEM || m->type == MEMBER_QUERY)
		set_part(value, m, record_text(r, span_at(r, m->at)));
	else if (m->type <= MEMBER_NUMBER)
		set_integer(value, m, (const char *)r + m->at);
	else
		set_other(value, m, r);
}
