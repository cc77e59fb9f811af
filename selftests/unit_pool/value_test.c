// SPDX-License-Identifier: GPL-2.0
/* Numbers, times, sizes and words. */
#include <string.h>

#include "test.h"
#include "value.h"

static int64_t ms_of(const char *text)
{
	int64_t ms;

	return value_time(text, &ms) ? -1 : ms;
}

static uint64_t size_of(const char *text)
{
	uint64_t bytes;

	return value_size(text, &bytes) ? UINT64_MAX : bytes;
}

static int clock_of(const char *text)
{
	int second;

	return value_clock(text, &second) ? -1 : second;
}

static void times(void)
{
	CHECK(ms_of("90") == 90000 && ms_of("90s") == 90000);
	CHECK(ms_of("500ms") == 500 && ms_of("5m") == 300000);
	CHECK(ms_of("5min") == 300000 && ms_of("29h") == 29 * 3600000LL);
	CHECK(ms_of("7d") == 7 * 86400000LL && ms_of("off") == 0);
	CHECK(ms_of("0") == 0 && ms_of("1000d") == 86400000000LL);
	CHECK(ms_of("") < 0 && ms_of("s") < 0 && ms_of("-1") < 0);
	CHECK(ms_of(" 1") < 0 && ms_of("1 s") < 0 && ms_of("1.5s") < 0);
	CHECK(ms_of("1001d") < 0 && ms_of("1w") < 0 && ms_of("+1") < 0);
	CHECK(ms_of("99999999999999999999") < 0);
}

static void sizes(void)
{
	CHECK(size_of("1") == 1 && size_of("64K") == 65536);
	CHECK(size_of("512M") == 512ULL << 20 && size_of("2G") == 2ULL << 30);
	CHECK(size_of("1T") == 1ULL << 40 && size_of("off") == 0);
	CHECK(size_of("9T") == 9ULL << 40);
	CHECK(size_of("") == UINT64_MAX && size_of("K") == UINT64_MAX);
	CHECK(size_of("1k") == UINT64_MAX && size_of("1KB") == UINT64_MAX);
	CHECK(size_of("9999999999T") == UINT64_MAX);
}

static void clocks(void)
{
	CHECK(clock_of("00:00") == 0 && clock_of("23:59:59") == 86399);
	CHECK(clock_of("03:30") == 12600 && clock_of("12:00:01") == 43201);
	CHECK(clock_of("24:00") < 0 && clock_of("12:60") < 0);
	CHECK(clock_of("3:30") < 0 && clock_of("03:30:60") < 0);
	CHECK(clock_of("0330") < 0 && clock_of("") < 0);
	CHECK(clock_of("03:30:") < 0 && clock_of("03-30") < 0);
	CHECK(clock_of(":::::") < 0 && clock_of("12345") < 0);
}

static bool splits(const char *text, unsigned int nr, const char *first,
		   const char *last)
{
	char **words = value_split(text);
	unsigned int n = 0;
	bool ok;

	if (!words)
		return false;
	while (words[n])
		n++;
	ok = n == nr && (!nr || (!strcmp(words[0], first) &&
				 !strcmp(words[nr - 1], last)));
	value_free(words);
	return ok;
}

static void words(void)
{
	CHECK(splits("a", 1, "a", "a") && splits(" a  b\tc ", 3, "a", "c"));
	CHECK(splits("", 0, NULL, NULL) && splits("  ", 0, NULL, NULL));
	CHECK(splits("'a b' c", 2, "a b", "c"));
	CHECK(splits("a \"b 'c'\"", 2, "a", "b 'c'"));
	CHECK(splits("a '' ", 2, "a", "") && splits("a\\ b", 1, "a b", "a b"));
	CHECK(splits("a 'b\\'", 2, "a", "b\\"));
	CHECK(splits("\"a\\\"b\"", 1, "a\"b", "a\"b"));
	CHECK(splits("x'y'z", 1, "xyz", "xyz") && splits("a\\", 1, "a\\", "a\\"));
	CHECK(!splits("'a", 1, "a", "a") && !splits("a \"b", 2, "a", "b"));
}

static void others(void)
{
	static const char *const list[] = { "one", "two", NULL };
	uint64_t number;
	bool yes;

	CHECK(!value_number("7", 7, &number) && number == 7);
	CHECK(value_number("8", 7, &number) && value_number("", 7, &number));
	CHECK(value_number("-1", 7, &number) && value_number("7x", 7, &number));
	CHECK(value_number("18446744073709551616", UINT64_MAX, &number));
	CHECK(!value_bool("yes", &yes) && yes && !value_bool("on", &yes) && yes);
	CHECK(!value_bool("no", &yes) && !yes && !value_bool("off", &yes) &&
	      !yes);
	CHECK(value_bool("Yes", &yes) && value_bool("1", &yes));
	CHECK(value_word("two", list) == 1 && value_word("tw", list) == -1);
}

const struct test value_tests[] = {
	{ "times", times },
	{ "sizes", sizes },
	{ "times of day", clocks },
	{ "words", words },
	{ "other values", others },
	{}
};
