// SPDX-License-Identifier: GPL-2.0
/*
 * Runs all tests and prints TAP. Standard error is a file, so that tests can
 * look at what was said.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static const struct test *const suites[] = {
	text_tests, format_tests, config_tests, file_tests, output_tests,
};

#define NR_SUITES (sizeof(suites) / sizeof(suites[0]))

static char dir[] = "/tmp/httpq-unit-logd.XXXXXX";
static bool failed;

void test_check(bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	failed = true;
	printf("# %s:%d: %s\n", file, line, what);
}

void test_text(const char *want, const char *got, const char *file, int line)
{
	if (!strcmp(want, got))
		return;
	failed = true;
	printf("# %s:%d:\n#  want: %s\n#   got: %s\n", file, line, want, got);
}

const char *test_path(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static char *read_file(const char *path, size_t *len)
{
	FILE *in = fopen(path, "re");
	size_t room = 1;
	char *data = calloc(room, 1);

	if (in && getdelim(&data, &room, EOF, in) < 0)
		data[0] = '\0';
	if (len)
		*len = in ? ftell(in) : 0;
	if (in)
		fclose(in);
	return data;
}

char *test_read(const char *name, size_t *len)
{
	return read_file(test_path(name), len);
}

void test_write(const char *name, const char *contents)
{
	FILE *out = fopen(test_path(name), "we");

	fputs(contents, out);
	fclose(out);
}

char *test_said(void)
{
	char *said;

	fflush(stderr);
	said = test_read("stderr", NULL);
	if (truncate(test_path("stderr"), 0))
		abort();
	return said;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level && strcmp(path + ftw->base, "stderr") ?
		remove(path) : 0;
}

static unsigned int count(void)
{
	const struct test *t;
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < NR_SUITES; i++)
		for (t = suites[i]; t->name; t++)
			nr++;
	return nr;
}

static bool run(const struct test *t, unsigned int nr)
{
	char *said;

	failed = false;
	t->run();
	said = test_said();
	if (said[0])
		test_check(false, said, t->name, 0);
	free(said);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	printf("%sok %u - %s\n", failed ? "not " : "", nr, t->name);
	return failed;
}

/* Returns what it was. */
static int keep_stderr(void)
{
	int old = dup(STDERR_FILENO);
	int fd = open(test_path("stderr"),
		      O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		abort();
	close(fd);
	return old;
}

int main(void)
{
	unsigned int nr = 0, bad = 0;
	const struct test *t;
	int old_stderr;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	setenv("TZ", "UTC-1", 1);
	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	old_stderr = keep_stderr();
	printf("TAP version 13\n1..%u\n", count());
	for (i = 0; i < NR_SUITES; i++)
		for (t = suites[i]; t->name; t++)
			bad += run(t, ++nr);
	/* For the sanitizer's last words. */
	dup2(old_stderr, STDERR_FILENO);
	close(old_stderr);
	remove(test_path("stderr"));
	remove(dir);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
