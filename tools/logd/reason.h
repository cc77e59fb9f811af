/* SPDX-License-Identifier: GPL-2.0 */
/* Reasons and stages in words, for `httpq why`. */
#ifndef _HTTPQ_LOGD_REASON_H
#define _HTTPQ_LOGD_REASON_H

#include <stdint.h>

/**
 * struct reason_words - a reason of the error log
 * @why: what happened.
 * @fix: what to do.
 */
struct reason_words {
	const char *why;
	const char *fix;
};

const struct reason_words *reason_words(uint8_t reason);
const char *stage_words(uint8_t stage);
const char *owed_words(uint8_t owed);

#endif /* _HTTPQ_LOGD_REASON_H */
