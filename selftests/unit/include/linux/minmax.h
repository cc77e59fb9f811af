/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HTTPQ_UNIT_MINMAX_H
#define _HTTPQ_UNIT_MINMAX_H

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp_t(type, value, low, high) \
	min_t(type, max_t(type, value, low), high)

#endif /* _HTTPQ_UNIT_MINMAX_H */
