/* SPDX-License-Identifier: GPL-2.0 */
/* A reader of /dev/httpq-log. */
#ifndef HTTPQ_TEST_LOG_H
#define HTTPQ_TEST_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/httpq_log.h>

/*
 * struct log - a reader of the log of a namespace
 * @fd: the file; -1 if there is none
 * @at: where in @buf the next record begins
 * @len: bytes in @buf
 */
struct log {
	int fd;
	size_t at;
	size_t len;
	char buf[4 * HTTPQ_LOG_RECORD_MAX] __attribute__((aligned(8)));
};

/* Opens the log of the caller's namespace, at its oldest record. 0 or -errno.
 */
int log_open(struct log *log);
void log_close(struct log *log);

/*
 * The next record, good until the next call; NULL if none comes in time, or
 * none will come any more. What contradicts itself ends the test.
 */
const struct httpq_log_record *log_next(struct log *log, int timeout_ms);
/* How many are there now, all of which are skipped. */
int log_skip(struct log *log);

/* A text of a record as a string, in one of a few static buffers. */
const char *log_text(const struct httpq_log_record *r, struct httpq_span span);
/* Names of numbers; "?" if there is none of that number. */
const char *log_reason(unsigned int reason);
const char *log_stage(unsigned int stage);
const char *log_owed(unsigned int owed);
const char *log_call(unsigned int call);

/*
 * A record as one line, in one of a few static buffers, "" for NULL:
 *
 *	KIND STATUS REASON STAGE [FLAG...] VERSION METHOD TARGET
 *	access 200 - sent late HTTP/1.1 GET /a
 *	error 0 Connection_Dropped delivered HTTP/1.0 POST /b
 *	error 0 Timer_ConnectionIdle connection - - -
 *	suppressed 17 QueueFull
 *	lost 3 -
 */
const char *log_line(const struct httpq_log_record *r);
/* log_line(log_next()) */
const char *log_next_line(struct log *log, int timeout_ms);
/* What the error log shows behind the addresses:
 * "HTTP/1.1 GET /mypage.asp - 1 Connection_Dropped"
 */
const char *log_httperr(const struct httpq_log_record *r);

#endif
