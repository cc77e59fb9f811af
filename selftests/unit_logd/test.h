/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of tests share.
 */
#ifndef _UNIT_LOGD_TEST_H
#define _UNIT_LOGD_TEST_H

#include <stdbool.h>
#include <stddef.h>

struct test {
	const char *name;
	void (*run)(void);
};

#define CHECK(cond) test_check(cond, #cond, __FILE__, __LINE__)
#define CHECK_TEXT(want, got) test_text(want, got, __FILE__, __LINE__)

void test_check(bool ok, const char *what, const char *file, int line);
void test_text(const char *want, const char *got, const char *file, int line);

/* A path in a directory that is empty when a test begins; static. */
const char *test_path(const char *name);
/* The contents of such a file, terminated; to be freed. "" if it is absent. */
char *test_read(const char *name, size_t *len);
void test_write(const char *name, const char *contents);
/* What was said since the last call; to be freed. */
char *test_said(void);

/* Each ends with an entry without a name. */
extern const struct test text_tests[];
extern const struct test format_tests[];
extern const struct test config_tests[];
extern const struct test file_tests[];
extern const struct test output_tests[];

#endif /* _UNIT_LOGD_TEST_H */
