/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of tests share. */
#ifndef _UNIT_POOL_TEST_H
#define _UNIT_POOL_TEST_H

#include <stdbool.h>

struct test {
	const char *name;
	void (*run)(void);
};

#define CHECK(cond) test_check(cond, #cond, __FILE__, __LINE__)

void test_check(bool ok, const char *what, const char *file, int line);

/* Each ends with an entry without a name. */
extern const struct test value_tests[];
extern const struct test config_tests[];
extern const struct test policy_tests[];
extern const struct test recycle_tests[];
extern const struct test chance_tests[];
extern const struct test ping_tests[];
extern const struct test worker_tests[];

#endif /* _UNIT_POOL_TEST_H */
