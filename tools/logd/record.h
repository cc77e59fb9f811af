/* SPDX-License-Identifier: GPL-2.0 */
/* Records of the kernel's log, and their parts as texts. */
#ifndef _HTTPQ_LOGD_RECORD_H
#define _HTTPQ_LOGD_RECORD_H

#include <linux/httpq_log.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "text.h"

/* Kinds of records, for struct member.kinds */
#define ON_ACCESS	(1U << HTTPQ_LOG_ACCESS)
#define ON_ERROR	(1U << HTTPQ_LOG_ERROR)
#define ON_SUPPRESSED	(1U << HTTPQ_LOG_SUPPRESSED)
#define ON_LOST		(1U << HTTPQ_LOG_LOST)
#define ON_REQUEST	(ON_ACCESS | ON_ERROR)
#define ON_COUNT	(ON_SUPPRESSED | ON_LOST)
#define ON_ALL		(ON_REQUEST | ON_COUNT)

/* How a part of a record becomes a text. */
enum member_type {
	MEMBER_TEXT,		/* a span */
	MEMBER_U8,
	MEMBER_U16,
	MEMBER_U32,
	MEMBER_U64,
	MEMBER_MS,		/* nanoseconds as milliseconds, rounded down */
	MEMBER_MS_US,		/* the same to the microsecond */
	MEMBER_ID,		/* 16 hex digits */
	MEMBER_CONN,		/* its upper half, in decimal */
	MEMBER_NUMBER,		/* its lower half */
	MEMBER_ADDR,		/* of a struct httpq_addr */
	MEMBER_PORT,
	MEMBER_ISO,		/* time of day: 2026-01-02T03:04:05.678901Z */
	MEMBER_DATE,		/* 2026-01-02 */
	MEMBER_TIME,		/* 03:04:05 */
	MEMBER_VERSION,		/* HTTP/1.1 */
	MEMBER_STEM,		/* a span up to its first '?' */
	MEMBER_QUERY,		/* and what follows that */
	MEMBER_KIND,
	MEMBER_REASON,
	MEMBER_S_REASON,	/* with the count, if the record is one */
	MEMBER_STAGE,
	MEMBER_OWED,
	MEMBER_CALL,
	MEMBER_CALL_MS,		/* its age, if there was one */
	MEMBER_FLAG,		/* @at is the bit */
	MEMBER_FLAGS,		/* names of the bits, with commas */
	MEMBER_HOSTNAME,	/* of this machine */
	MEMBER_CONSTANT_0,
};

/**
 * struct member - a part of a record
 * @name: what it is called. A list of members ends with NULL.
 * @type: enum member_type.
 * @at: where it is in struct httpq_log_record.
 * @kinds: the records that have it, ON_*.
 * @zero: 0 is a value and does not mean that it is missing.
 * @most: bytes to which a text is cut; 0 for any.
 */
struct member {
	const char *name;
	uint8_t type;
	uint8_t kinds;
	bool zero;
	uint16_t at;
	uint16_t most;
};

/**
 * struct value - a member of a record as a text
 * @text: without escapes; of length 0 if it is missing.
 * @bare: JSON has it without quotation marks.
 * @room: where @text lies if the record does not have it.
 */
struct value {
	struct text text;
	bool bare;
	char room[80];
};

size_t record_check(const void *data, size_t len);
struct text record_text(const struct httpq_log_record *r,
			struct httpq_span span);
void record_value(const struct httpq_log_record *r, const struct member *m,
		  struct value *value);
void record_addr(const struct httpq_addr *addr, char *text, size_t size);
struct httpq_log_record record_of_lost(uint64_t time_ns, uint64_t count);

const char *record_reason(uint8_t reason);
const char *record_stage(uint8_t stage);
const char *record_owed(uint8_t owed);
const char *record_call(uint8_t call);

#endif /* _HTTPQ_LOGD_RECORD_H */
