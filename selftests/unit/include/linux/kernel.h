/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HTTPQ_UNIT_KERNEL_H
#define _HTTPQ_UNIT_KERNEL_H

#include <linux/minmax.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif /* _HTTPQ_UNIT_KERNEL_H */
