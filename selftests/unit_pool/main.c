// SPDX-License-Identifier: GPL-2.0
/* Runs all tests and prints TAP. */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

static const struct test *const suites[] = {
	value_tests, config_tests, policy_tests, recycle_tests, chance_tests,
	ping_tests, worker_tests,
};

#define NR_SUITES (sizeof(suites) / sizeof(suites[0]))

static bool failed;

void test_check(bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	failed = true;
	printf("# %s:%d: %s\n", file, line, what);
}

static unsigned int count(void)
{
	const struct test *t;
	unsigned int nr = 0;

	for (size_t i = 0; i < NR_SUITES; i++)
		for (t = suites[i]; t->name; t++)
			nr++;
	return nr;
}

static bool run(const struct test *t, unsigned int nr)
{
	failed = false;
	t->run();
	printf("%sok %u - pool: %s\n", failed ? "not " : "", nr, t->name);
	return failed;
}

int main(void)
{
	unsigned int nr = 0, bad = 0;
	const struct test *t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", count());
	for (size_t i = 0; i < NR_SUITES; i++)
		for (t = suites[i]; t->name; t++)
			bad += run(t, ++nr);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
