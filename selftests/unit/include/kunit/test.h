/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the suites of the pure units use, for user space. The
 * runner (../../runner.c) prints TAP.
 */
#ifndef _HTTPQ_UNIT_KUNIT_TEST_H
#define _HTTPQ_UNIT_KUNIT_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE 128
#define GFP_KERNEL 0

struct kunit {
	const void *param_value;
	bool failed;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[64];
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

void unit_register(struct kunit_suite *suite);
__attribute__((format(printf, 4, 5)))
void unit_fail(struct kunit *test, const char *file, int line,
	       const char *format, ...);

#define KUNIT_CASE(fn) { .run_case = fn, .name = #fn }
#define KUNIT_CASE_PARAM(fn, params) \
	{ .run_case = fn, .name = #fn, .generate_params = params }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)			\
static const void *name##_gen_params(const void *prev, char *desc)	\
{									\
	__typeof__((array)[0]) *next = prev;				\
									\
	next = next ? next + 1 : (array);				\
	if (next - (array) >= (long)(sizeof(array) / sizeof((array)[0]))) \
		return NULL;						\
	get_desc(next, desc);						\
	return next;							\
}

#define kunit_test_suite(suite)						\
__attribute__((constructor)) static void register_##suite(void)		\
{									\
	unit_register(&(suite));					\
}

#define UNIT_COMPARE(test, a, op, b, text)				\
do {									\
	__typeof__(a) unit_a = (a);					\
	__typeof__(b) unit_b = (b);					\
									\
	if (!(unit_a op unit_b))					\
		unit_fail(test, __FILE__, __LINE__,			\
			  "expected %s %s %s, but they are %lld, %lld%s%s", \
			  #a, #op, #b, (long long)unit_a,		\
			  (long long)unit_b, *(text) ? ": " : "", text); \
} while (0)

#define KUNIT_EXPECT_EQ(test, a, b) UNIT_COMPARE(test, a, ==, b, "")
#define KUNIT_EXPECT_NE(test, a, b) UNIT_COMPARE(test, a, !=, b, "")
#define KUNIT_EXPECT_LE(test, a, b) UNIT_COMPARE(test, a, <=, b, "")
#define KUNIT_EXPECT_GE(test, a, b) UNIT_COMPARE(test, a, >=, b, "")
#define KUNIT_EXPECT_TRUE(test, a) KUNIT_EXPECT_EQ(test, !!(a), true)
#define KUNIT_EXPECT_FALSE(test, a) KUNIT_EXPECT_EQ(test, !!(a), false)
#define KUNIT_EXPECT_NULL(test, a) KUNIT_EXPECT_TRUE(test, !(a))
#define KUNIT_EXPECT_STREQ(test, a, b)					\
do {									\
	if (strcmp(a, b))						\
		unit_fail(test, __FILE__, __LINE__, "%s is \"%s\", not \"%s\"", \
			  #a, a, b);					\
} while (0)
#define KUNIT_FAIL(test, ...) unit_fail(test, __FILE__, __LINE__, __VA_ARGS__)

/* A failed assertion ends the case in KUnit; here the runner exits. */
#define KUNIT_ASSERT_TRUE(test, a)					\
do {									\
	if (!(a)) {							\
		printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #a);	\
		exit(1);						\
	}								\
} while (0)

static inline void *kunit_kmalloc(struct kunit *test, size_t size, int flags)
{
	(void)test;
	(void)flags;
	return malloc(size ? size : 1);
}

static inline void kunit_kfree(struct kunit *test, const void *ptr)
{
	(void)test;
	free((void *)ptr);
}

#endif /* _HTTPQ_UNIT_KUNIT_TEST_H */
