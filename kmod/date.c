// SPDX-License-Identifier: GPL-2.0
/* IMF-fixdate, the date format of RFC 9110 section 5.6.7. Pure. */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "date.h"

#define SECONDS_PER_DAY	86400
/* 9999-12-31 23:59:59: the format has four digits for the year. */
#define LAST_SECOND	253402300799LL
/* Days from 0000-03-01 to 1970-01-01. */
#define EPOCH_DAYS	719468
#define ERA_DAYS	146097

static const char days[7][3] = {
	"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed",
};

static const char months[12][3] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

static void put_two(u8 *out, u32 number)
{
	out[0] = '0' + number / 10;
	out[1] = '0' + number % 10;
}

/*
 * A year is taken to begin in March, so that the leap day is its last, and 400
 * years (an era) are always ERA_DAYS days.
 */
static void put_date(u8 *out, u32 day)
{
	u32 since = day + EPOCH_DAYS;
	u32 in_era = since % ERA_DAYS;
	u32 year_of_era = (in_era - in_era / 1460 + in_era / 36524 -
			   in_era / (ERA_DAYS - 1)) / 365;
	u32 in_year = in_era - (365 * year_of_era + year_of_era / 4 -
				year_of_era / 100);
	u32 month = (5 * in_year + 2) / 153;	/* 0 is March */
	u32 year = since / ERA_DAYS * 400 + year_of_era + (month > 9);

	put_two(out, in_year - (153 * month + 2) / 5 + 1);
	out[2] = ' ';
	memcpy(out + 3, months[(month + 2) % 12], 3);
	out[6] = ' ';
	put_two(out + 7, year / 100);
	put_two(out + 9, year % 100);
}

/**
 * httpq_date_format - write a time as IMF-fixdate
 * @seconds: since 1970; earlier times and years beyond 9999 are clamped.
 * @out: "Sun, 06 Nov 1994 08:49:37 GMT", not NUL-terminated.
 *
 * Context: any.
 */
void httpq_date_format(s64 seconds, u8 out[HTTPQ_DATE_LEN])
{
	u32 second;
	u32 day;

	seconds = clamp_t(s64, seconds, 0, LAST_SECOND);
	day = div_u64_rem(seconds, SECONDS_PER_DAY, &second);
	memcpy(out, "ddd, dd mmm yyyy hh:mm:ss GMT", HTTPQ_DATE_LEN);
	memcpy(out, days[day % 7], 3);
	put_date(out + 5, day);
	put_two(out + 17, second / 3600);
	put_two(out + 20, second / 60 % 60);
	put_two(out + 23, second % 60);
}
