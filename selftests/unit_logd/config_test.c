// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration: what it means, and what is wrong with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/logd/config.h"
#include "made.h"
#include "test.h"

static int read_text(struct config *config, const char *text)
{
	test_write("conf", text);
	return config_read(config, test_path("conf"));
}

/* @want follows the path. */
static void expect_wrong(const char *text, const char *want)
{
	char problem[600];
	struct config config;

	CHECK(read_text(&config, text) == -1);
	snprintf(problem, sizeof(problem), "%s%s", test_path("conf"), want);
	CHECK_TEXT(problem, config.problem);
	config_free(&config);
}

static void test_defaults(void)
{
	struct config config;

	CHECK(!read_text(&config, "# a comment\n\n ; another\n"
			 "[access all]\nfile=/a\n[error e]\n file = /b c \n"));
	CHECK(config.nr == 2);
	CHECK(!config.logs[0].error && config.logs[1].error);
	CHECK_TEXT("all", config.logs[0].name);
	CHECK_TEXT("/b c", config.logs[1].file);
	CHECK_TEXT("w3c", config.logs[0].format->name);
	CHECK_TEXT("httperr", config.logs[1].format->name);
	CHECK(config.logs[0].layout.nr == 15);
	CHECK(config.logs[1].layout.nr == 13);
	CHECK(config.logs[0].fsync == FSYNC_NONE);
	CHECK(!config.logs[0].rotate_size && !config.logs[0].rotate_time);
	config_free(&config);
}

static void test_all(void)
{
	struct config config;
	struct config_log *log;

	CHECK(!read_text(&config, "[access a]\nfile=/a\nformat=w3c\n"
			 "fields=date, cs-uri  x-note\nqueue=q r\n"
			 "prefix=http://*:80/ http://+:81/a/\nsite=0 07\n"
			 "rotate-size=2M\nrotate-time=weekly\nkeep=3\nfsync=15"));
	log = config.logs;
	CHECK(log->layout.nr == 3);
	CHECK_TEXT("x-note", log->layout.columns[2]->name);
	CHECK_TEXT("r", log->queues[1]);
	CHECK(!log->queues[2]);
	CHECK_TEXT("http://+:81/a/", log->prefixes[1]);
	CHECK_TEXT("7", log->sites[1]);
	CHECK(log->rotate_size == 2 * 1024 * 1024);
	CHECK(log->rotate_time == PERIOD_WEEK);
	CHECK(log->keep == 3);
	CHECK(log->fsync == 15);
	config_free(&config);
	CHECK(!read_text(&config, "[access j]\nformat=journal\n[error j]\nformat=json\nfile=/a\nfsync=batch\n"));
	CHECK(!config.logs[0].file && config.logs[1].fsync == FSYNC_BATCH);
	config_free(&config);
}

#define A "[access a]\n"
#define E "[error e]\n"

static void test_sections(void)
{
	expect_wrong("", ":0: no log: an [access NAME] or [error NAME] has to be there");
	expect_wrong("file=/a\n", ":1: 'file' stands before the first section");
	expect_wrong("\nnonsense\n", ":2: 'nonsense' is neither [access NAME], [error NAME] nor KEYWORD=VALUE");
	expect_wrong("[access]\n", ":1: '[access]' is neither [access NAME] nor [error NAME]");
	expect_wrong("[axess a]\n", ":1: '[axess a]' is neither [access NAME] nor [error NAME]");
	expect_wrong("[access a b]\n", ":1: '[access a b]' is neither [access NAME] nor [error NAME]");
	expect_wrong("[access a\n", ":1: '[access a' is neither [access NAME] nor [error NAME]");
	expect_wrong("[access a] x\n", ":1: '[access a] x' is neither [access NAME] nor [error NAME]");
	expect_wrong(A "\n" E "file=/b\n", ":1: 'a' needs a file");
	expect_wrong(E "file=/b\n" A, ":3: 'a' needs a file");
	expect_wrong(A "file=/b\n" A "file=/c\n", ":3: there is an [access a] in line 1");
	expect_wrong(A "file=/b\n" E "file=/b\n", ":3: 'e' writes the file of 'a', too");
	expect_wrong(A "\x1b[1m\n", ":2: '?[1m' is neither [access NAME], [error NAME] nor KEYWORD=VALUE");
}

static void test_keywords(void)
{
	expect_wrong(A "files=/a\n", ":2: unknown keyword 'files': file, format, fields, queue, prefix, site, rotate-size, rotate-time, keep or fsync");
	expect_wrong(A "file=/a\nfile=/b\n", ":3: 'file' is given twice");
	expect_wrong(A "file=\n", ":2: 'file' needs a value");
	expect_wrong(A "file=log\n", ":2: file 'log' is not the absolute path of a file");
	expect_wrong(A "file=/log/\n", ":2: file '/log/' is not the absolute path of a file");
	expect_wrong(A "format=iis\n", ":2: unknown format 'iis': w3c, common, combined, httperr, json or journal");
	expect_wrong(A "format=httperr\n", ":2: format 'httperr' is not for an access log");
	expect_wrong(E "format=combined\n", ":2: format 'combined' is not for an error log");
	expect_wrong(A "fields=date cookie\n", ":2: unknown field 'cookie'; httpq-logd.conf(5) lists them");
	expect_wrong(A "fields=date date\n", ":2: field 'date' is given twice");
	expect_wrong(A "fields=,\n", ":2: 'fields' needs a value");
	expect_wrong(A "file=/a\nformat=common\nfields=date\n", ":1: format common has no fields to choose");
	expect_wrong(A "format=journal\nfields=date\n", ":1: format journal has no fields to choose");
	expect_wrong(A "format=journal\nfsync=batch\n", ":1: 'fsync' is of no use for the journal");
	expect_wrong(A "format=journal\nfile=/a\n", ":1: 'file' is of no use for the journal");
	expect_wrong(E "file=/a\nfields=date time\n", ":1: fields of an error log have to name s-reason");
	expect_wrong(A "prefix=*:80\n", ":2: '*:80' is no prefix; 'httpq url show' prints them");
	expect_wrong(A "queue=0123456789012345678901234567890123456789012345678901234567890123\n",
		     ":2: no queue name has more than 63 bytes");
	expect_wrong(A "site=1 4294967296\n", ":2: site '4294967296' is not a number from 0 to 4294967295");
	expect_wrong(A "site=-1\n", ":2: site '-1' is not a number from 0 to 4294967295");
}

static void test_numbers(void)
{
	static const char size[] = ":2: rotate-size has to be a number of bytes from 64K on, such as 100M";
	static const char keep[] = ":2: keep has to be a number from 1 to 1000";
	static const char sync[] = ":2: fsync has to be none, batch or a number of seconds from 1 to 3600";

	expect_wrong(A "rotate-size=1K\n", size);
	expect_wrong(A "rotate-size=M\n", size);
	expect_wrong(A "rotate-size=1MB\n", size);
	expect_wrong(A "rotate-size=-1\n", size);
	expect_wrong(A "rotate-size=16777216T\n", size);
	expect_wrong(A "rotate-size=99999999999999999999\n", size);
	expect_wrong(A "rotate-time=yearly\n", ":2: rotate-time has to be hourly, daily, weekly or monthly");
	expect_wrong(A "keep=0\n", keep);
	expect_wrong(A "keep=1001\n", keep);
	expect_wrong(A "file=/a\nkeep=1\n", ":1: keep needs rotate-size or rotate-time");
	expect_wrong(A "fsync=0\n", sync);
	expect_wrong(A "fsync=always\n", sync);
	expect_wrong(A "fsync=3601\n", sync);
}

static void test_unreadable(void)
{
	struct config config;
	char want[512];
	FILE *out;

	snprintf(want, sizeof(want), "%s: No such file or directory",
		 test_path("none"));
	CHECK(config_read(&config, test_path("none")) == -1);
	CHECK_TEXT(want, config.problem);
	config_free(&config);
	snprintf(want, sizeof(want), "%s:1: Is a directory", test_path("."));
	CHECK(config_read(&config, test_path(".")) == -1);
	config_free(&config);
	out = fopen(test_path("conf"), "w");
	fwrite("[access a]\0\n", 12, 1, out);
	fclose(out);
	snprintf(want, sizeof(want), "%s:1: a byte 0", test_path("conf"));
	CHECK(config_read(&config, test_path("conf")) == -1);
	CHECK_TEXT(want, config.problem);
	config_free(&config);
}

/* Which records go where. */
static void test_wants(void)
{
	struct config config;
	struct config_log *log;
	union made m;

	CHECK(!read_text(&config, A "file=/a\n" E "file=/b\n"
			 "[access q]\nfile=/c\nqueue=x web\nsite=1 2\n"
			 "[access p]\nfile=/d\nprefix=http://*:80/a/\n"
			 "[error q]\nfile=/e\nqueue=web\n"));
	log = config.logs;
	made_request(&m, HTTPQ_LOG_ACCESS);
	CHECK(config_wants(&log[0], &m.r) && !config_wants(&log[1], &m.r));
	CHECK(config_wants(&log[2], &m.r) && !config_wants(&log[3], &m.r));
	CHECK(!config_wants(&log[4], &m.r));
	m.r.site = 3;
	CHECK(!config_wants(&log[2], &m.r));
	made_text(&m, &m.r.prefix, "http://*:80/a/");
	CHECK(config_wants(&log[3], &m.r));
	made_text(&m, &m.r.prefix, "http://*:80/a/b/");
	CHECK(!config_wants(&log[3], &m.r));
	m.r.kind = HTTPQ_LOG_ERROR;
	CHECK(!config_wants(&log[0], &m.r) && config_wants(&log[1], &m.r));
	CHECK(config_wants(&log[4], &m.r));
	m.r.queue.len = 0;
	CHECK(!config_wants(&log[4], &m.r));
	made_empty(&m, HTTPQ_LOG_SUPPRESSED);
	CHECK(!config_wants(&log[0], &m.r) && config_wants(&log[4], &m.r));
	made_empty(&m, HTTPQ_LOG_LOST);
	for (int i = 0; i < 5; i++)
		CHECK(config_wants(&log[i], &m.r));
	config_free(&config);
}

const struct test config_tests[] = {
	{ "config: defaults", test_defaults },
	{ "config: all keywords", test_all },
	{ "config: wrong sections", test_sections },
	{ "config: wrong keywords", test_keywords },
	{ "config: wrong numbers", test_numbers },
	{ "config: unreadable", test_unreadable },
	{ "config: which records go where", test_wants },
	{}
};
