/* SPDX-License-Identifier: GPL-2.0 */
/* A log that is being written: a section of the configuration and its file. */
#ifndef _HTTPQ_LOGD_OUTPUT_H
#define _HTTPQ_LOGD_OUTPUT_H

#include "buf.h"
#include "config.h"
#include "file.h"

/**
 * struct output - a log
 * @config: its section.
 * @file: its file, unless it goes to the journal.
 * @journal: path of the journal's socket.
 * @buf: lines that are not yet written.
 * @head_len: bytes of them that are the head of the file.
 * @trouble: records that could not be written since it last was in order.
 * @lost: of them, those that the log itself does not tell of yet.
 * @whole: the lines that came last were all written.
 * @last_ns: time of the last record.
 * @synced: when, in seconds of the monotonic clock, fsync was last done or
 *	nothing was to be done.
 */
struct output {
	const struct config_log *config;
	struct log_file file;
	const char *journal;
	struct buf buf;
	size_t head_len;
	uint64_t trouble;
	uint64_t lost;
	bool whole;
	uint64_t last_ns;
	int64_t synced;
};

int output_open(struct output *out, const struct config_log *config);
void output_record(struct output *out, const struct httpq_log_record *r);
void output_flush(struct output *out);
int output_sync(struct output *out, int64_t now);
void output_reopen(struct output *out);
void output_close(struct output *out);

#endif /* _HTTPQ_LOGD_OUTPUT_H */
