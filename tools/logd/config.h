/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration of httpq-logd: a list of logs. */
#ifndef _HTTPQ_LOGD_CONFIG_H
#define _HTTPQ_LOGD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "format.h"

/* When a file is put aside by the clock. */
enum config_period {
	PERIOD_NONE,
	PERIOD_HOUR,
	PERIOD_DAY,
	PERIOD_WEEK,
	PERIOD_MONTH,
};

/* struct config_log.fsync; other values are seconds. */
#define FSYNC_NONE	(-1)
#define FSYNC_BATCH	0

/**
 * struct config_log - a section
 * @error: an error log; else an access log.
 * @name: its name.
 * @line: of the configuration, where it begins.
 * @file: path, or NULL.
 * @format: how records are written.
 * @layout: the columns, for formats that have some.
 * @queues: names of queues, one of which a record has to have; ends with NULL.
 *	NULL: any.
 * @prefixes: the same of prefixes.
 * @sites: the same of sites, as text.
 * @rotate_size: bytes that the file may have; 0 for any.
 * @rotate_time: when it is put aside.
 * @keep: files put aside that are kept.
 * @fsync: FSYNC_* or seconds.
 * @given: keywords that were there, a bit for each.
 */
struct config_log {
	bool error;
	char *name;
	int line;
	char *file;
	const struct format *format;
	struct layout layout;
	char **queues;
	char **prefixes;
	char **sites;
	uint64_t rotate_size;
	enum config_period rotate_time;
	int keep;
	int fsync;
	unsigned int given;
};

/**
 * struct config - all of it
 * @logs: the sections.
 * @nr: how many.
 * @problem: what is wrong, with file and line.
 */
struct config {
	struct config_log *logs;
	int nr;
	char problem[512];
};

int config_read(struct config *config, const char *path);
bool config_wants(const struct config_log *log,
		  const struct httpq_log_record *r);
void config_free(struct config *config);

#endif /* _HTTPQ_LOGD_CONFIG_H */
