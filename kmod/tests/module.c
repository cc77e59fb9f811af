// SPDX-License-Identifier: GPL-2.0
/*
 * httpq_kunit.ko: the suites of the pure units. It includes their sources and
 * needs nothing of httpq.ko, so a unit that isn't pure does not link here.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit tests of httpq");
MODULE_LICENSE("GPL");
