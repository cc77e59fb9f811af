/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file of whole lines: what does not fit on the disk is left out line by
 * line. It is put aside when it is large or old, as FILE.1, FILE.2, ...
 */
#ifndef _HTTPQ_LOGD_FILE_H
#define _HTTPQ_LOGD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"

/**
 * struct log_file - a file that lines are added to
 * @config: how.
 * @fd: the open file, or -1.
 * @size: its bytes, all of them whole lines.
 * @limit: bytes from which on it is put aside; 0 for none.
 * @period: number of the hour, day, week or month of its lines, or -1.
 * @fresh: no head was written since it was opened.
 * @torn: the rest of a line could not be cut off yet.
 * @failed: it could not be opened, and that was said.
 * @dirty: lines were added since the last fsync.
 * @error: positive error number of the last write or fsync that failed.
 * @unsynced: records that were added since the last fsync, if it is asked for.
 * @doubtful: records that an fsync which failed was for; the caller takes them.
 */
struct log_file {
	const struct config_log *config;
	int fd;
	off_t size;
	off_t limit;
	int64_t period;
	bool fresh;
	bool torn;
	bool failed;
	bool dirty;
	int error;
	uint64_t unsynced;
	uint64_t doubtful;
};

int file_open(struct log_file *file, const struct config_log *config);
off_t file_size(struct log_file *file);
uint64_t file_records(const char *data, size_t len);
size_t file_write(struct log_file *file, const char *data, size_t len);
bool file_is_due(struct log_file *file, uint64_t time_ns, size_t pending,
		 size_t len);
void file_rotate(struct log_file *file);
void file_sync(struct log_file *file);
void file_close(struct log_file *file);

#endif /* _HTTPQ_LOGD_FILE_H */
