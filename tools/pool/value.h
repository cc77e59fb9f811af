/* SPDX-License-Identifier: GPL-2.0 */
/* The values of settings: words, numbers, times, sizes. Pure. */
#ifndef _POOL_VALUE_H
#define _POOL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_MS	1000LL
#define MINUTE_MS	(60 * SECOND_MS)
#define HOUR_MS		(60 * MINUTE_MS)
#define DAY_MS		(24 * HOUR_MS)
#define DAY_S		(24 * 60 * 60)

/* Each returns 0, or -1 if the text is none. */
int value_number(const char *text, uint64_t max, uint64_t *number);
int value_time(const char *text, int64_t *ms);
int value_size(const char *text, uint64_t *bytes);
int value_bool(const char *text, bool *yes);
int value_clock(const char *text, int *second);
int value_word(const char *text, const char *const *words);

char **value_split(const char *text);
void value_free(char **words);

#endif /* _POOL_VALUE_H */
