// SPDX-License-Identifier: GPL-2.0
/* Files of whole lines. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* memrchr() */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "say.h"

#define NS_PER_S	1000000000
#define MODE		0640

/* More than the longest line: a record, each byte as \u00XX. */
#define TAIL_SIZE	(8 * HTTPQ_LOG_RECORD_MAX)

/* The number of the hour, day, week (from Monday on) or month. */
static int64_t period_of(const struct config_log *config, time_t s)
{
	struct tm tm = { 0 };

	if (config->format->local)
		localtime_r(&s, &tm);
	else
		gmtime_r(&s, &tm);
	s = timegm(&tm);
	switch (config->rotate_time) {
	case PERIOD_HOUR:
		return s / 3600;
	case PERIOD_DAY:
		return s / 86400;
	case PERIOD_WEEK:
		return (s / 86400 + 3) / 7;
	case PERIOD_MONTH:
		return tm.tm_year * 12 + tm.tm_mon;
	default:
		return -1;
	}
}

/*
 * What a crash left of a line is cut off; its record was not committed and
 * comes again. Returns NULL, or a text that says what is wrong.
 */
static const char *mend(struct log_file *file)
{
	static char tail[TAIL_SIZE];
	size_t len = file->size < TAIL_SIZE ? file->size : TAIL_SIZE;
	const char *end;

	if (!len)
		return NULL;
	if (pread(file->fd, tail, len, file->size - len) != (ssize_t)len)
		return "can't read its end";
	if (tail[len - 1] == '\n')
		return NULL;
	end = memrchr(tail, '\n', len);
	if (!end)
		return "does not end like a log; name another file";
	len -= end + 1 - tail;
	file->size -= len;
	if (ftruncate(file->fd, file->size))
		return strerror(errno);
	say("%s: cut off %zu bytes of an unfinished line", file->config->file,
	    len);
	return NULL;
}

/* Returns NULL, or a text that says what is wrong. */
static const char *open_and_lock(struct log_file *file)
{
	struct stat st;

	file->fd = open(file->config->file,
			O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
			O_NONBLOCK, MODE);
	if (file->fd < 0)
		return errno == ELOOP ? "is a symbolic link" : strerror(errno);
	if (fstat(file->fd, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is no regular file";
	if (flock(file->fd, LOCK_EX | LOCK_NB))
		return "another process writes it";
	file->size = st.st_size;
	file->period = st.st_size ? period_of(file->config, st.st_mtime) : -1;
	return mend(file);
}

/* Nothing happens if it is open. What is wrong is said once. */
static int reopen(struct log_file *file)
{
	const char *problem;

	if (file->fd >= 0)
		return 0;
	errno = 0;
	problem = open_and_lock(file);
	if (problem) {
		file->error = errno ? errno : EIO;
		if (!file->failed)
			say("%s: %s", file->config->file, problem);
		file->failed = true;
		file_close(file);
		return -1;
	}
	file->failed = false;
	file->fresh = true;
	file->torn = false;
	file->limit = file->config->rotate_size;
	return 0;
}

/**
 * file_open - open a file
 * @file: takes it.
 * @config: how; lives as long as @file.
 *
 * Returns 0, or -1 after it has said what is wrong.
 */
int file_open(struct log_file *file, const struct config_log *config)
{
	*file = (struct log_file){ .config = config, .fd = -1 };
	return reopen(file);
}

/* Somebody else may have made it shorter: a program that copies logs away. */
static int look(struct log_file *file)
{
	struct stat st;

	if (fstat(file->fd, &st))
		return -1;
	if (file->torn && ftruncate(file->fd, file->size))
		return -1;
	if (!file->torn)
		file->size = st.st_size;
	file->torn = false;
	return 0;
}

/* Its bytes; 0 if there is none. */
off_t file_size(struct log_file *file)
{
	return reopen(file) || look(file) ? 0 : file->size;
}

static size_t write_all(struct log_file *file, const char *data, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(file->fd, data + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	if (done < len)
		file->error = errno;
	return done;
}

/**
 * file_records - how many lines have a record
 * @data: whole lines; those of heads and remarks begin with '#'.
 * @len: their bytes.
 */
uint64_t file_records(const char *data, size_t len)
{
	const char *end = data + len;
	uint64_t nr = 0;

	while (data < end) {
		nr += data[0] != '#';
		data = (const char *)memchr(data, '\n', end - data) + 1;
	}
	return nr;
}

/**
 * file_write - add lines to a file
 * @file: the file; opened again if it could not be before.
 * @data: whole lines.
 * @len: their bytes.
 *
 * Returns bytes of the lines that were written; if they are not all of them
 * @file->error says why.
 */
size_t file_write(struct log_file *file, const char *data, size_t len)
{
	size_t done, whole;
	const char *end;

	if (reopen(file))
		return 0;
	if (look(file)) {
		file->error = errno;
		return 0;
	}
	done = write_all(file, data, len);
	end = memrchr(data, '\n', done);
	whole = end ? end + 1 - data : 0;
	file->size += whole;
	file->dirty = true;
	if (file->config->fsync != FSYNC_NONE)
		file->unsynced += file_records(data, whole);
	if (whole < done && ftruncate(file->fd, file->size))
		file->torn = true;
	return whole;
}

/**
 * file_is_due - whether a file is to be put aside before a line
 * @file: the file.
 * @time_ns: of the line.
 * @pending: bytes of lines that come before it and are not written yet.
 * @len: its bytes.
 */
bool file_is_due(struct log_file *file, uint64_t time_ns, size_t pending,
		 size_t len)
{
	int64_t period = period_of(file->config, time_ns / NS_PER_S);
	off_t held = file->size + pending;

	if (held && file->limit && held + (off_t)len > file->limit)
		return true;
	if (held && file->period >= 0 && period > file->period)
		return true;
	if (period > file->period)
		file->period = period;
	return false;
}

static int rename_one(const char *path, int from, int to)
{
	char old[PATH_MAX + 16], new[PATH_MAX + 16];

	snprintf(old, sizeof(old), from ? "%s.%d" : "%s", path, from);
	snprintf(new, sizeof(new), "%s.%d", path, to);
	if (!rename(old, new) || errno == ENOENT)
		return 0;
	return say("can't rename %s to %s: %s", old, new, strerror(errno));
}

/**
 * file_rotate - put a file aside and begin a new one
 * @file: the file.
 *
 * If that fails it grows on, and the next try is after as much again.
 */
void file_rotate(struct log_file *file)
{
	const struct config_log *config = file->config;

	for (int i = config->keep; i > 0; i--) {
		if (!rename_one(config->file, i - 1, i))
			continue;
		file->limit = config->rotate_size ?
			file->size + config->rotate_size : 0;
		file->period = -1;
		return;
	}
	file_close(file);
	reopen(file);
}

/* Has what was written reach the disk. The kernel tries that only once. */
void file_sync(struct log_file *file)
{
	if (file->fd < 0 || !file->dirty)
		return;
	file->dirty = false;
	if (fdatasync(file->fd)) {
		file->error = errno;
		file->doubtful += file->unsynced;
	}
	file->unsynced = 0;
}

/* Lines that are added later open it again. */
void file_close(struct log_file *file)
{
	if (file->fd < 0)
		return;
	if (file->config->fsync != FSYNC_NONE)
		file_sync(file);
	close(file->fd);
	file->fd = -1;
	file->size = 0;
	file->dirty = false;
}
