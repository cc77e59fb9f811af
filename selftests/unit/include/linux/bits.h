/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HTTPQ_UNIT_BITS_H
#define _HTTPQ_UNIT_BITS_H

#define BIT(nr) (1UL << (nr))

#endif /* _HTTPQ_UNIT_BITS_H */
