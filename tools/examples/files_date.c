// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Dates of HTTP (RFC 9110 section 5.6.7). The program never leaves the C
 * locale, in which strftime() and strptime() know the names that HTTP uses.
 */
#define _GNU_SOURCE
#include "files.h"

static const char fixdate[] = "%a, %d %b %Y %H:%M:%S GMT";

void date_format(time_t t, char out[DATE_SIZE])
{
	struct tm tm;

	gmtime_r(&t, &tm);
	if (!strftime(out, DATE_SIZE, fixdate, &tm))
		out[0] = '\0';
}

/* Whether @tm is a day of the calendar, which strptime() does not check. */
static bool date_exists(const struct tm *tm, time_t *out)
{
	struct tm copy = *tm, back;

	*out = timegm(&copy);
	gmtime_r(out, &back);
	return back.tm_mday == tm->tm_mday && back.tm_hour == tm->tm_hour &&
	       back.tm_sec == tm->tm_sec && back.tm_wday == tm->tm_wday;
}

/* Reads any of the three forms; false if it is none of them. */
bool date_parse(struct httpq_str text, time_t *out)
{
	static const char *const forms[] = {
		fixdate,
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};
	char copy[64];
	size_t i;

	if (!text.len || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(copy, forms[i], &tm);

		if (end && !*end && date_exists(&tm, out))
			return true;
	}
	return false;
}
