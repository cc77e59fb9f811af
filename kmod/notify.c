// SPDX-License-Identifier: GPL-2.0
/* The way up to who tells user space: lower floors know no face. */

#include <linux/compiler.h>

#include "notify.h"

static const struct httpq_notify_ops *notify_ops;

/**
 * httpq_notify_register - be told from now on
 * @ops: what to call, or NULL
 *
 * Context: module init and exit, when nothing happens.
 */
void httpq_notify_register(const struct httpq_notify_ops *ops)
{
	WRITE_ONCE(notify_ops, ops);
}

/**
 * httpq_notify_worker - something happened to a handle
 * @worker: handle
 * @cmd: enum httpq_cmd
 *
 * Context: process, under hn->control of a namespace that is not dead.
 */
void httpq_notify_worker(const struct httpq_worker *worker, u8 cmd)
{
	const struct httpq_notify_ops *ops = READ_ONCE(notify_ops);

	if (ops)
		ops->worker(worker, cmd);
}

/**
 * httpq_notify_zombie - something happened to a zombie
 * @req: zombie
 * @cmd: enum httpq_cmd
 * @reason: enum httpq_log_reason
 *
 * Context: process; the namespace is pinned.
 */
void httpq_notify_zombie(const struct httpq_request *req, u8 cmd, u8 reason)
{
	const struct httpq_notify_ops *ops = READ_ONCE(notify_ops);

	if (ops)
		ops->zombie(req, cmd, reason);
}
