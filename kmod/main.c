// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading: the ladder of everything that has to be set up. */

#include <linux/module.h>
#include <linux/rcupdate.h>

#include "answer.h"
#include "conn.h"
#include "dev.h"
#include "fault.h"
#include "genl.h"
#include "logdev.h"
#include "net.h"
#include "procfs.h"
#include "shutdown.h"

static int __init httpq_init(void)
{
	int err;

	err = httpq_answer_init();
	if (err)
		return err;
	err = httpq_conn_init();
	if (err)
		goto err_exit_answer;
	err = httpq_net_init();
	if (err)
		goto err_exit_conn;
	err = httpq_shutdown_init();
	if (err)
		goto err_exit_net;
	err = httpq_procfs_init();
	if (err)
		goto err_exit_shutdown;
	err = httpq_genl_init();
	if (err)
		goto err_exit_procfs;
	err = httpq_logdev_init();
	if (err)
		goto err_exit_genl;
	err = httpq_dev_init();
	if (err)
		goto err_exit_logdev;
	httpq_fault_init();
	return 0;

err_exit_logdev:
	httpq_logdev_exit();
err_exit_genl:
	httpq_genl_exit();
err_exit_procfs:
	httpq_procfs_exit();
err_exit_shutdown:
	httpq_shutdown_exit();
err_exit_net:
	httpq_net_exit();
	/* What was bound meanwhile is freed by this module's text. */
	rcu_barrier();
err_exit_conn:
	httpq_conn_exit();
err_exit_answer:
	httpq_answer_exit();
	return err;
}
module_init(httpq_init);

static void __exit httpq_exit(void)
{
	httpq_fault_exit();
	httpq_dev_exit();
	httpq_logdev_exit();
	httpq_genl_exit();
	httpq_procfs_exit();
	httpq_shutdown_exit();
	httpq_net_exit();
	/* Callbacks that free things run this module's text. */
	rcu_barrier();
	httpq_conn_exit();
	httpq_answer_exit();
}
module_exit(httpq_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("HTTP listener with request queues for user-space workers");
MODULE_VERSION("0.2.0");
