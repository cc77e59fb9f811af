// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the KUnit suites of the pure units in user space and prints TAP. An
 * argument chooses the tests whose name contains it.
 */
#include <stdarg.h>

#include <kunit/test.h>

static struct kunit_suite *suites;
static const char *pattern = "";
static int number;
static int failures;

void unit_register(struct kunit_suite *suite)
{
	struct kunit_suite **at = &suites;

	while (*at && strcmp((*at)->name, suite->name) < 0)
		at = &(*at)->next;
	suite->next = *at;
	*at = suite;
}

void unit_fail(struct kunit *test, const char *file, int line,
	       const char *format, ...)
{
	va_list args;

	test->failed = true;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* '#' would begin a TAP directive. */
static void print_desc(const char *desc)
{
	for (; *desc; desc++)
		putchar(*desc == '#' ? '_' : *desc);
}

static void run_one(const struct kunit_suite *suite,
		    const struct kunit_case *c, const void *param,
		    const char *desc)
{
	struct kunit test = { .param_value = param };
	char name[256];

	snprintf(name, sizeof(name), "%s.%s %s", suite->name, c->name, desc);
	if (!strstr(name, pattern))
		return;
	c->run_case(&test);
	printf("%s %d %s.%s ", test.failed ? "not ok" : "ok", ++number,
	       suite->name, c->name);
	print_desc(desc);
	putchar('\n');
	failures += test.failed;
}

static void run_case(const struct kunit_suite *suite,
		     const struct kunit_case *c)
{
	char desc[KUNIT_PARAM_DESC_SIZE] = "";
	const void *param = NULL;

	if (!c->generate_params) {
		run_one(suite, c, NULL, "");
		return;
	}
	while ((param = c->generate_params(param, desc)))
		run_one(suite, c, param, desc);
}

int main(int argc, char **argv)
{
	const struct kunit_suite *suite;
	const struct kunit_case *c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		pattern = argv[1];
	puts("TAP version 13");
	for (suite = suites; suite; suite = suite->next)
		for (c = suite->test_cases; c->run_case; c++)
			run_case(suite, c);
	printf("1..%d\n", number);
	if (!number)
		puts("# no test matches");
	return failures || !number;
}
