/* SPDX-License-Identifier: GPL-2.0 */
/* IMF-fixdate, the date format of RFC 9110 section 5.6.7. Pure. */
#ifndef _HTTPQ_DATE_H
#define _HTTPQ_DATE_H

#include <linux/types.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
#define HTTPQ_DATE_LEN 29

void httpq_date_format(s64 seconds, u8 out[HTTPQ_DATE_LEN]);

#endif /* _HTTPQ_DATE_H */
