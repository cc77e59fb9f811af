/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HTTPQ_UNIT_LIMITS_H
#define _HTTPQ_UNIT_LIMITS_H

#include_next <linux/limits.h>
#include <stdint.h>

#define U8_MAX UINT8_MAX
#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX UINT64_MAX
#define S64_MAX INT64_MAX
#define S64_MIN INT64_MIN

#endif /* _HTTPQ_UNIT_LIMITS_H */
