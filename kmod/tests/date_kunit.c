// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>

#include "../date.c"

struct date_case {
	const char *expect;
	s64 seconds;
};

static const struct date_case date_cases[] = {
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Thu, 01 Jan 1970 00:00:01 GMT", 1 },
	{ "Thu, 01 Jan 1970 00:00:59 GMT", 59 },
	{ "Thu, 01 Jan 1970 00:01:00 GMT", 60 },
	{ "Thu, 01 Jan 1970 23:59:59 GMT", 86399 },
	{ "Fri, 02 Jan 1970 00:00:00 GMT", 86400 },
	{ "Thu, 31 Dec 1970 23:59:59 GMT", 31535999 },
	{ "Tue, 29 Feb 1972 00:00:00 GMT", 68169600 },
	{ "Wed, 01 Mar 1972 00:00:00 GMT", 68256000 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
	{ "Wed, 01 Mar 2000 00:00:00 GMT", 951868800 },
	{ "Sun, 31 Dec 2000 23:59:59 GMT", 978307199 },
	{ "Tue, 19 Jan 2038 03:14:07 GMT", 2147483647 },
	{ "Tue, 19 Jan 2038 03:14:08 GMT", 2147483648LL },
	{ "Sun, 07 Feb 2106 06:28:16 GMT", 4294967296LL },
	{ "Sun, 28 Feb 2100 23:59:59 GMT", 4107542399LL },
	{ "Mon, 01 Mar 2100 00:00:00 GMT", 4107542400LL },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799LL },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300800LL },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 0x7fffffffffffffffLL },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", -1 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", -0x7fffffffffffffffLL - 1 },
};

static void date_desc(const struct date_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lld", (long long)c->seconds);
}

KUNIT_ARRAY_PARAM(date, date_cases, date_desc);

static void format_writes_imf_fixdate(struct kunit *test)
{
	const struct date_case *c = test->param_value;
	char text[HTTPQ_DATE_LEN + 1] = "";

	httpq_date_format(c->seconds, (u8 *)text);
	KUNIT_EXPECT_STREQ(test, (const char *)text, c->expect);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Every day of 800 years against counting them one by one. */
static void format_agrees_with_counting(struct kunit *test)
{
	static const u8 lengths[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};
	int year = 1970, month = 0, day = 1;
	char text[HTTPQ_DATE_LEN + 1] = "";
	char expect[40];
	u32 n;

	for (n = 0; year < 2770; n++) {
		httpq_date_format((s64)n * SECONDS_PER_DAY, (u8 *)text);
		snprintf(expect, sizeof(expect), "%.3s, %02d %.3s %d", days[n % 7],
			 day, months[month], year);
		if (memcmp(text, expect, 16)) {
			KUNIT_FAIL(test, "%s is not %s", text, expect);
			return;
		}
		if (day++ < lengths[month] + (month == 1 && is_leap(year)))
			continue;
		day = 1;
		month = (month + 1) % 12;
		year += !month;
	}
}

static struct kunit_case date_test_cases[] = {
	KUNIT_CASE_PARAM(format_writes_imf_fixdate, date_gen_params),
	KUNIT_CASE(format_agrees_with_counting),
	{}
};

static struct kunit_suite date_suite = {
	.name = "httpq_date",
	.test_cases = date_test_cases,
};

kunit_test_suite(date_suite);
