// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading of the module. */

#include <linux/module.h>

static int __init httpq_init(void)
{
	return 0;
}
module_init(httpq_init);

static void __exit httpq_exit(void)
{
}
module_exit(httpq_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("HTTP request queues");
