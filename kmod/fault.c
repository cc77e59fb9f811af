// SPDX-License-Identifier: GPL-2.0
/* Faults that tests ask for, by debugfs. */

#include <linux/debugfs.h>
#include <linux/fault-inject.h>

#include "fault.h"

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
static const char *const names[HTTPQ_FAULT_NR] = {
	[HTTPQ_FAULT_REQUEST] = "fail_request",
	[HTTPQ_FAULT_TRAILERS] = "fail_trailers",
	[HTTPQ_FAULT_BATCH] = "fail_batch",
	[HTTPQ_FAULT_ACCEPT] = "fail_accept",
	[HTTPQ_FAULT_CONN] = "fail_conn",
	[HTTPQ_FAULT_CONN_ID] = "fail_conn_id",
	[HTTPQ_FAULT_EVENT] = "fail_event",
};

static struct fault_attr attrs[HTTPQ_FAULT_NR] = {
	[0 ... HTTPQ_FAULT_NR - 1] = FAULT_ATTR_INITIALIZER,
};

static struct dentry *dir;

/**
 * httpq_fault - whether something is to fail now
 * @fault: what
 *
 * Context: any.
 * Return: true if a test has asked for that.
 */
bool httpq_fault(enum httpq_fault fault)
{
	return should_fail(&attrs[fault], 1);
}

/**
 * httpq_fault_init - let tests ask for faults
 *
 * Without debugfs nobody can, and that is all.
 *
 * Context: process; module init.
 */
void httpq_fault_init(void)
{
	int i;

	dir = debugfs_create_dir("httpq", NULL);
	for (i = 0; i < HTTPQ_FAULT_NR; i++)
		fault_create_debugfs_attr(names[i], dir, &attrs[i]);
}

/**
 * httpq_fault_exit - undo httpq_fault_init()
 *
 * Context: process; module exit.
 */
void httpq_fault_exit(void)
{
	debugfs_remove(dir);
}
#endif
