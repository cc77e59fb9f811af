// SPDX-License-Identifier: GPL-2.0
/*
 * Logs: heads, rotation between two lines, trouble and what is said of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/logd/output.h"
#include "../../tools/logd/socket.h"
#include "made.h"
#include "test.h"

#define HEAD	"#Software: httpq 1.2.3\n#Version: 1.0\n" \
		"#Date: 2007-01-01 23:48:12\n#Fields: cs-uri\n"

static char path[256];

static struct config_log new_config(const char *format)
{
	struct config_log config = {
		.file = path,
		.format = format_find(format),
		.keep = 9,
		.fsync = FSYNC_NONE,
	};

	snprintf(path, sizeof(path), "%s", test_path("log"));
	if (config.format->fields) {
		config.layout.columns[0] = column_find("cs-uri");
		config.layout.nr = 1;
	}
	return config;
}

static void give(struct output *out, const char *target)
{
	union made m;

	made_empty(&m, HTTPQ_LOG_ACCESS);
	made_text(&m, &m.r.target, target);
	output_record(out, &m.r);
}

static void expect_file(const char *name, const char *want)
{
	char *got = test_read(name, NULL);

	CHECK_TEXT(want, got);
	free(got);
}

static void expect_said_of(const char *format)
{
	char want[512];
	char *said = test_said();

	snprintf(want, sizeof(want), format, path);
	CHECK_TEXT(want, said);
	free(said);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_heads(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	CHECK(!output_open(&out, &config));
	output_flush(&out);
	expect_file("log", "");
	give(&out, "/1");
	give(&out, "/2");
	expect_file("log", "");
	output_flush(&out);
	expect_file("log", HEAD "/1\n/2\n");
	give(&out, "/3");
	output_close(&out);
	expect_file("log", HEAD "/1\n/2\n/3\n");
	/* The columns may be others after a restart. */
	CHECK(!output_open(&out, &config));
	give(&out, "/4");
	output_close(&out);
	expect_file("log", HEAD "/1\n/2\n/3\n" HEAD "/4\n");
}

static void test_reopen(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	CHECK(!output_open(&out, &config));
	give(&out, "/1");
	CHECK(!rename(path, test_path("moved")));
	output_reopen(&out);
	give(&out, "/2");
	output_close(&out);
	expect_file("moved", HEAD "/1\n");
	expect_file("log", HEAD "/2\n");
}

/* Cut to nothing by a program that copies logs away. */
static void test_truncated(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	CHECK(!output_open(&out, &config));
	give(&out, "/1");
	output_flush(&out);
	CHECK(!truncate(path, 0));
	give(&out, "/2");
	output_close(&out);
	expect_file("log", HEAD "/2\n");
}

/* Lines of one batch in several files, each with its head. */
static void test_rotation(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	config.rotate_size = sizeof(HEAD) - 1 + 8;
	CHECK(!output_open(&out, &config));
	for (char name[] = "/a1"; name[1] <= 'e'; name[1]++)
		give(&out, name);
	output_close(&out);
	expect_file("log.2", HEAD "/a1\n/b1\n");
	expect_file("log.1", HEAD "/c1\n/d1\n");
	expect_file("log", HEAD "/e1\n");
}

/* A file of yesterday that is put aside before the first line. */
static void open_old(struct output *out, struct config_log *config)
{
	struct timespec times[2] = { { 1000000000, 0 }, { 1000000000, 0 } };

	config->rotate_time = PERIOD_DAY;
	config->keep = 1;
	test_write("log", "old\n");
	CHECK(!utimensat(AT_FDCWD, path, times, 0));
	CHECK(!output_open(out, config));
}

static void test_rotation_no_rename(void)
{
	struct config_log config = new_config("w3c");
	struct output out;
	char *said;

	CHECK(!mkdir(test_path("log.1"), 0700));
	open_old(&out, &config);
	give(&out, "/1");
	said = test_said();
	CHECK(strstr(said, "can't rename"));
	free(said);
	give(&out, "/2");
	output_close(&out);
	expect_file("log", "old\n" HEAD "/1\n/2\n");
}

static void test_rotation_no_open(void)
{
	struct config_log config = new_config("w3c");
	struct rlimit limit, none;
	struct output out;

	open_old(&out, &config);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = out.file.fd;
	setrlimit(RLIMIT_NOFILE, &none);
	give(&out, "/1");
	output_flush(&out);
	setrlimit(RLIMIT_NOFILE, &limit);
	CHECK(out.lost == 1);
	free(test_said());
	give(&out, "/2");
	output_close(&out);
	free(test_said());
	expect_file("log.1", "old\n");
	expect_file("log", HEAD "#Remark: 1 records are missing here\n/2\n");
}

/* What is full says so once, and again when it is over. */
static void test_full(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	CHECK(!output_open(&out, &config));
	give(&out, "/1");
	output_flush(&out);
	limit_files(sizeof(HEAD) - 1 + 5);
	give(&out, "/2");
	give(&out, "/3");
	output_flush(&out);
	give(&out, "/4");
	output_flush(&out);
	limit_files(RLIM_INFINITY);
	expect_said_of("httpq-logd: %s: File too large; records are being lost\n");
	give(&out, "/5");
	output_flush(&out);
	expect_said_of("httpq-logd: %s: can be written again; 3 records are missing\n");
	give(&out, "/6");
	output_close(&out);
	expect_file("log", HEAD "/1\n#Remark: 3 records are missing here\n/5\n/6\n");
}

/* NCSA files have no way to say it. The end of the program is no excuse. */
static void test_full_ncsa(void)
{
	char long_line[] = { [0 ... 299] = 'x', '\n', '\0' };
	struct config_log config = new_config("common");
	struct output out;

	test_write("log", long_line);
	CHECK(!output_open(&out, &config));
	/* Room for what is said, but not for a line. */
	limit_files(strlen(long_line) + 10);
	give(&out, "/1");
	output_flush(&out);
	give(&out, "/2");
	output_flush(&out);
	expect_said_of("httpq-logd: %s: File too large; records are being lost\n");
	give(&out, "/3");
	output_close(&out);
	limit_files(RLIM_INFINITY);
	expect_said_of("httpq-logd: %s: 3 records are missing\n");
	expect_file("log", long_line);
}

/* A head that did not fit comes with the next line that does. */
static void test_full_head(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	CHECK(!output_open(&out, &config));
	limit_files(10);
	give(&out, "/1");
	output_flush(&out);
	limit_files(RLIM_INFINITY);
	give(&out, "/2");
	output_close(&out);
	free(test_said());
	expect_file("log", HEAD "#Remark: 1 records are missing here\n/2\n");
}

/* A directory that goes, and comes again. */
static void test_no_directory(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	snprintf(path, sizeof(path), "%s", test_path("dir/log"));
	CHECK(output_open(&out, &config));
	expect_said_of("httpq-logd: %s: No such file or directory\n");
	give(&out, "/1");
	output_flush(&out);
	expect_said_of("httpq-logd: %s: No such file or directory; records are being lost\n");
	CHECK(!system(strcat(strcpy((char[300]){ 0 }, "mkdir "),
			     test_path("dir"))));
	give(&out, "/2");
	output_close(&out);
	expect_said_of("httpq-logd: %s: can be written again; 1 records are missing\n");
	expect_file("dir/log", HEAD "#Remark: 1 records are missing here\n/2\n");
}

static void test_sync(void)
{
	struct config_log config = new_config("json");
	struct output out;

	CHECK(!output_open(&out, &config));
	give(&out, "/1");
	output_flush(&out);
	CHECK(output_sync(&out, 100) == -1);
	CHECK(out.file.dirty);
	config.fsync = 10;
	CHECK(output_sync(&out, 103) == 7);
	CHECK(output_sync(&out, 109) == 1);
	CHECK(out.file.dirty);
	CHECK(output_sync(&out, 110) == -1);
	CHECK(!out.file.dirty);
	CHECK(output_sync(&out, 115) == -1);
	config.fsync = FSYNC_BATCH;
	give(&out, "/1");
	output_flush(&out);
	CHECK(out.file.dirty);
	CHECK(output_sync(&out, 115) == -1);
	CHECK(!out.file.dirty);
	output_close(&out);
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

static bool no_sync;

int __wrap_fdatasync(int fd)
{
	if (!no_sync)
		return __real_fdatasync(fd);
	errno = EIO;
	return -1;
}

static void give_and_sync(struct output *out, const char *target)
{
	give(out, target);
	output_flush(out);
	output_sync(out, 0);
}

/* What the kernel could not bring to the disk counts as lost. */
static void test_sync_failed(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	config.fsync = FSYNC_BATCH;
	CHECK(!output_open(&out, &config));
	no_sync = true;
	give_and_sync(&out, "/1");
	expect_said_of("httpq-logd: %s: Input/output error; records are being lost\n");
	give_and_sync(&out, "/2");
	expect_said_of("");
	no_sync = false;
	/* What does not fit is no recovery, though the rest comes to the disk. */
	limit_files(file_size(&out.file) + 2);
	give_and_sync(&out, "/3");
	limit_files(RLIM_INFINITY);
	expect_said_of("");
	give_and_sync(&out, "/4");
	expect_said_of("httpq-logd: %s: can be written again; 3 records are missing\n");
	output_close(&out);
	expect_file("log", HEAD "/1\n#Remark: 1 records are missing here\n/2\n"
		    "#Remark: 2 records are missing here\n/4\n");
}

/* So it is if the file is given up. */
static void test_sync_failed_close(void)
{
	struct config_log config = new_config("w3c");
	struct output out;

	config.fsync = 100;
	config.rotate_size = sizeof(HEAD) - 1 + 4;
	CHECK(!output_open(&out, &config));
	no_sync = true;
	give(&out, "/1");
	give(&out, "/2");
	CHECK(out.lost == 1);
	output_reopen(&out);
	CHECK(out.lost == 1 && out.trouble == 2);
	give(&out, "/3");
	output_flush(&out);
	free(test_said());
	output_close(&out);
	no_sync = false;
	expect_said_of("httpq-logd: %s: 3 records are missing\n");
}

/* A journal that the test reads; -1: it is not there yet. */
static int open_journal(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s",
		 test_path("journal"));
	CHECK(!bind(fd, (void *)&addr, sizeof(addr)));
	return fd;
}

static void expect_message(int fd, const char *part)
{
	char message[4096] = "";
	ssize_t len = recv(fd, message, sizeof(message) - 1, 0);

	CHECK(len > 0);
	CHECK(len <= 0 || memmem(message, len, part, strlen(part)));
}

static void test_journal(void)
{
	struct config_log config = { .format = format_find("journal") };
	char socket_path[256], byte;
	struct output out;
	char *said;
	int fd;

	snprintf(socket_path, sizeof(socket_path), "%s", test_path("journal"));
	CHECK(!output_open(&out, &config));
	out.journal = socket_path;
	give(&out, "/1");
	give(&out, "/2");
	said = test_said();
	CHECK_TEXT("httpq-logd: journal: No such file or directory; records are being lost\n",
		   said);
	free(said);
	fd = open_journal();
	give(&out, "/3");
	give(&out, "/4");
	expect_message(fd, " 2 records were overwritten unread");
	expect_message(fd, "/3");
	expect_message(fd, "/4");
	CHECK(recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN);
	close(fd);
	said = test_said();
	CHECK_TEXT("httpq-logd: journal: can be written again; 2 records are missing\n",
		   said);
	free(said);
	output_close(&out);
}

/* A journal that takes nothing costs a second, and its own messages. */
static void test_journal_stuck(void)
{
	struct config_log config = { .format = format_find("journal") };
	char socket_path[256], message[4096];
	time_t begin = time(NULL);
	struct output out;
	char *said;
	int fd;

	snprintf(socket_path, sizeof(socket_path), "%s", test_path("journal"));
	fd = open_journal();
	CHECK(!output_open(&out, &config));
	out.journal = socket_path;
	for (int i = 0; i < 2000; i++)
		give(&out, "/1");
	CHECK(time(NULL) - begin < 10);
	CHECK(out.lost && out.lost < 2000);
	said = test_said();
	CHECK_TEXT("httpq-logd: journal: Resource temporarily unavailable; records are being lost\n",
		   said);
	free(said);
	while (recv(fd, message, sizeof(message), 0) > 0)
		;
	give(&out, "/2");
	expect_message(fd, "were overwritten unread");
	expect_message(fd, "/2");
	output_close(&out);
	close(fd);
	free(test_said());
}

/* The service manager's socket, as a file and as an abstract name. */
static void test_notify(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char name[sizeof(addr.sun_path)];
	socklen_t len;

	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	snprintf(name, sizeof(name), "@httpq-unit-logd-%d", getpid());
	memcpy(addr.sun_path, name, sizeof(name));
	addr.sun_path[0] = '\0';
	len = offsetof(struct sockaddr_un, sun_path) + strlen(name);
	CHECK(!bind(fd, (void *)&addr, len));
	setenv("NOTIFY_SOCKET", name, 1);
	notify_send("READY=1");
	expect_message(fd, "READY=1");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
}

const struct test output_tests[] = {
	{ "output: heads", test_heads },
	{ "output: opened again", test_reopen },
	{ "output: cut to nothing by another", test_truncated },
	{ "output: rotation within a batch", test_rotation },
	{ "output: rotation that can't rename", test_rotation_no_rename },
	{ "output: rotation that can't open", test_rotation_no_open },
	{ "output: no room", test_full },
	{ "output: no room, NCSA", test_full_ncsa },
	{ "output: no room for the head", test_full_head },
	{ "output: no directory for a while", test_no_directory },
	{ "output: fsync", test_sync },
	{ "output: fsync that fails", test_sync_failed },
	{ "output: fsync that fails at the end", test_sync_failed_close },
	{ "output: journal", test_journal },
	{ "output: journal that takes nothing", test_journal_stuck },
	{ "output: ready, for the service manager", test_notify },
	{}
};
