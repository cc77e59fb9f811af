// SPDX-License-Identifier: GPL-2.0
/*
 * Files: whole lines only, put aside by size and time, opened with care.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/logd/file.h"
#include "made.h"
#include "test.h"

#define NS 1000000000ULL

static char path[256];

static struct config_log new_config(const char *format)
{
	snprintf(path, sizeof(path), "%s", test_path("log"));
	return (struct config_log){
		.file = path,
		.format = format_find(format),
		.keep = 2,
		.fsync = FSYNC_NONE,
	};
}

/* Returns how many records were not written. */
static uint64_t put(struct log_file *file, const char *lines)
{
	size_t done = file_write(file, lines, strlen(lines));

	return file_records(lines + done, strlen(lines) - done);
}

static void expect_file(const char *name, const char *want)
{
	char *got = test_read(name, NULL);

	CHECK_TEXT(want, got);
	free(got);
}

static void expect_said(const char *want)
{
	char *said = test_said();

	CHECK_TEXT(want, said);
	free(said);
}

/* @format: with a %s for the path. */
static void expect_said_of(const char *format)
{
	char want[512];

	snprintf(want, sizeof(want), format, path);
	expect_said(want);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_write_file(void)
{
	struct config_log config = new_config("json");
	struct log_file file;
	struct stat st;

	CHECK(!file_open(&file, &config));
	CHECK(file.fresh && file.period == -1);
	CHECK(!put(&file, "one\n"));
	CHECK(!put(&file, "two\nthree\n"));
	CHECK(file_size(&file) == 14);
	CHECK(fcntl(file.fd, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(file.fd, F_GETFL) & O_APPEND);
	file_close(&file);
	expect_file("log", "one\ntwo\nthree\n");
	CHECK(!stat(path, &st) && (st.st_mode & 07777) == 0640);
	CHECK(!file_open(&file, &config));
	CHECK(!put(&file, "four\n"));
	file_close(&file);
	expect_file("log", "one\ntwo\nthree\nfour\n");
}

/* What does not fit is left out by whole lines, counted, and forgotten. */
static void test_full(void)
{
	struct config_log config = new_config("json");
	struct log_file file;

	CHECK(!file_open(&file, &config));
	CHECK(!put(&file, "0123456\n"));
	limit_files(20);
	CHECK(put(&file, "abcdefg\nhijklmn\nopq\n") == 2);
	CHECK(file.error == EFBIG);
	expect_file("log", "0123456\nabcdefg\n");
	CHECK(put(&file, "0123456\n") == 1);
	CHECK(!put(&file, "xyz\n"));
	CHECK(put(&file, "0\n") == 1);
	limit_files(RLIM_INFINITY);
	CHECK(!put(&file, "last\n"));
	file_close(&file);
	expect_file("log", "0123456\nabcdefg\nxyz\nlast\n");
}

/* Heads and remarks are no records. */
static void test_full_head(void)
{
	struct config_log config = new_config("w3c");
	struct log_file file;

	CHECK(!file_open(&file, &config));
	limit_files(4);
	CHECK(put(&file, "#one\n#two\nthree\n#four\nfive\n") == 2);
	limit_files(RLIM_INFINITY);
	file_close(&file);
	expect_file("log", "");
}

/* A program that copies the log away and cuts it to nothing. */
static void test_truncated(void)
{
	struct config_log config = new_config("json");
	struct log_file file;

	CHECK(!file_open(&file, &config));
	CHECK(!put(&file, "one\n"));
	CHECK(!truncate(path, 0));
	CHECK(!file_size(&file));
	CHECK(!put(&file, "two\n"));
	file_close(&file);
	expect_file("log", "two\n");
}

static void test_mend(void)
{
	struct config_log config = new_config("json");
	struct log_file file;
	char *long_line;

	test_write("log", "whole\nhalf");
	CHECK(!file_open(&file, &config));
	expect_said_of("httpq-logd: %s: cut off 4 bytes of an unfinished line\n");
	CHECK(!put(&file, "next\n"));
	file_close(&file);
	expect_file("log", "whole\nnext\n");

	/* The longest line that can be, torn. */
	long_line = calloc(1, 100002);
	memset(long_line, 'x', 100001);
	memcpy(long_line, "a\n", 2);
	test_write("log", long_line);
	free(long_line);
	CHECK(!file_open(&file, &config));
	expect_said_of("httpq-logd: %s: cut off 99999 bytes of an unfinished line\n");
	file_close(&file);
	expect_file("log", "a\n");
}

static void test_refused(void)
{
	struct config_log config = new_config("json");
	struct log_file file, other;

	test_write("log", "no newline at all");
	CHECK(file_open(&file, &config));
	expect_said_of("httpq-logd: %s: does not end like a log; name another file\n");
	expect_file("log", "no newline at all");
	/* It is said once, and tried again. */
	CHECK(put(&file, "one\n") == 1);
	expect_said("");
	remove(path);
	CHECK(!put(&file, "two\n"));
	expect_file("log", "two\n");
	CHECK(file_open(&other, &config));
	expect_said_of("httpq-logd: %s: another process writes it\n");
	file_close(&file);
	remove(path);

	CHECK(!symlink("target", path));
	CHECK(file_open(&file, &config));
	expect_said_of("httpq-logd: %s: is a symbolic link\n");
	remove(path);
	CHECK(!mkfifo(path, 0600));
	CHECK(file_open(&file, &config));
	expect_said_of("httpq-logd: %s: is no regular file\n");
	remove(path);
	CHECK(!mkdir(path, 0700));
	CHECK(file_open(&file, &config));
	expect_said_of("httpq-logd: %s: Is a directory\n");
}

static void test_by_size(void)
{
	struct config_log config = new_config("json");
	struct log_file file;

	config.rotate_size = 10;
	CHECK(!file_open(&file, &config));
	/* A line that is too long alone is written all the same. */
	CHECK(!file_is_due(&file, 0, 0, 100));
	CHECK(!put(&file, "1234567\n"));
	CHECK(!file_is_due(&file, 0, 0, 2));
	CHECK(file_is_due(&file, 0, 0, 3));
	CHECK(file_is_due(&file, 0, 1, 2));
	file_rotate(&file);
	CHECK(file.fresh && !file_size(&file));
	CHECK(!file_is_due(&file, 0, 0, 100));
	CHECK(!put(&file, "2\n"));
	file_rotate(&file);
	CHECK(!put(&file, "3\n"));
	file_rotate(&file);
	CHECK(!put(&file, "4\n"));
	file_close(&file);
	expect_file("log", "4\n");
	expect_file("log.1", "3\n");
	expect_file("log.2", "2\n");
	CHECK(access(test_path("log.3"), F_OK));
}

static uint64_t at(const char *date)
{
	struct tm tm = { 0 };

	strptime(date, "%Y-%m-%d %H:%M:%S", &tm);
	return timegm(&tm) * NS;
}

/* @same and @other: times after @from that are in its period, and not. */
static void check_period(const char *format, enum config_period period,
			 const char *from, const char *same, const char *other)
{
	struct config_log config = new_config(format);
	struct log_file file;

	config.rotate_time = period;
	CHECK(!file_open(&file, &config));
	CHECK(!file_is_due(&file, at(from), 0, 1));
	CHECK(!put(&file, "a\n"));
	CHECK(!file_is_due(&file, at(same), 0, 1));
	CHECK(file_is_due(&file, at(other), 0, 1));
	/* The processors' clocks need not agree on the first line. */
	CHECK(!file_is_due(&file, at(from) - 7200 * NS, 0, 1));
	file_close(&file);
	remove(path);
}

static void test_by_time(void)
{
	check_period("json", PERIOD_HOUR, "2026-01-01 09:00:00",
		     "2026-01-01 09:59:59", "2026-01-01 10:00:00");
	check_period("json", PERIOD_DAY, "2026-01-01 09:00:00",
		     "2026-01-01 23:59:59", "2026-01-02 00:00:00");
	/* 5 January 2026 is a Monday. */
	check_period("json", PERIOD_WEEK, "2026-01-01 09:00:00",
		     "2026-01-04 23:59:59", "2026-01-05 00:00:00");
	check_period("json", PERIOD_MONTH, "2026-01-01 09:00:00",
		     "2026-01-31 23:59:59", "2026-02-01 00:00:00");
	check_period("json", PERIOD_MONTH, "2025-12-31 23:59:59",
		     "2025-12-31 23:59:59", "2026-01-01 00:00:00");
	/* Where times are local ones, here an hour ahead, days are, too. */
	check_period("common", PERIOD_DAY, "2026-01-01 09:00:00",
		     "2026-01-01 22:59:59", "2026-01-01 23:00:00");
	check_period("common", PERIOD_MONTH, "2026-01-01 09:00:00",
		     "2026-01-31 22:59:59", "2026-01-31 23:00:00");
}

/* After a restart the file tells by itself of when its lines are. */
static void test_by_time_again(void)
{
	struct config_log config = new_config("json");
	struct timespec times[2];
	struct log_file file;

	config.rotate_time = PERIOD_DAY;
	test_write("log", "old\n");
	times[0].tv_sec = at("2026-01-01 12:00:00") / NS;
	times[0].tv_nsec = 0;
	times[1] = times[0];
	CHECK(!utimensat(AT_FDCWD, path, times, 0));
	CHECK(!file_open(&file, &config));
	CHECK(!file_is_due(&file, at("2026-01-01 23:00:00"), 0, 1));
	CHECK(file_is_due(&file, at("2026-01-02 01:00:00"), 0, 1));
	file_rotate(&file);
	CHECK(!file_is_due(&file, at("2026-01-02 01:00:00"), 0, 1));
	file_close(&file);
	expect_file("log.1", "old\n");
}

/* It grows on, rather than lose what is in it or what comes. */
static void test_no_rotation(void)
{
	struct config_log config = new_config("json");
	struct log_file file;
	char *said;

	config.rotate_size = 10;
	config.keep = 1;
	CHECK(!file_open(&file, &config));
	CHECK(!put(&file, "1234567\n"));
	CHECK(!mkdir(test_path("log.1"), 0700));
	CHECK(file_is_due(&file, 0, 0, 4));
	file_rotate(&file);
	said = test_said();
	CHECK(strstr(said, "can't rename"));
	free(said);
	CHECK(!put(&file, "abc\n"));
	expect_file("log", "1234567\nabc\n");
	CHECK(!file_is_due(&file, 0, 0, 6));
	CHECK(file_is_due(&file, 0, 0, 7));
	file_close(&file);
}

const struct test file_tests[] = {
	{ "file: lines", test_write_file },
	{ "file: no room for all lines", test_full },
	{ "file: no room for the head", test_full_head },
	{ "file: cut to nothing by another", test_truncated },
	{ "file: a line that is not whole", test_mend },
	{ "file: what is not opened", test_refused },
	{ "file: put aside by size", test_by_size },
	{ "file: put aside by time", test_by_time },
	{ "file: put aside by time after a restart", test_by_time_again },
	{ "file: can't be put aside", test_no_rotation },
	{}
};
