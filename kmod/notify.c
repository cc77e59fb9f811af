// SPDX-License-Identifier: GPL-2.0
/* The way up to who tells user space: lower floors know no face. */

#include <linux/compiler.h>
#include <linux/rcupdate.h>

#include <linux/httpq.h>

#include "net.h"
#include "notify.h"
#include "request.h"

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

/*
 * Who calls may hold nothing that pins the namespace. One that ends has no
 * listeners: their sockets would keep it.
 */
static void notify_zombie(const struct httpq_request *req, u8 cmd, u8 left,
			  u8 reason)
{
	const struct httpq_notify_ops *ops;

	/* Pairs with synchronize_rcu() where one of the two ends. */
	rcu_read_lock();
	ops = READ_ONCE(notify_ops);
	if (ops && !READ_ONCE(req->hn->dead))
		ops->zombie(req, cmd, left, reason);
	rcu_read_unlock();
}

/**
 * httpq_notify_zombie - a request became a zombie, or half of its time is over
 * @req: zombie
 * @cmd: HTTPQ_CMD_ZOMBIE_NEW or HTTPQ_CMD_ZOMBIE_SET
 *
 * Context: any but hard interrupts, under hn->zombie_lock: what is told of a
 * zombie comes in order, and all of it before httpq_notify_left().
 */
void httpq_notify_zombie(const struct httpq_request *req, u8 cmd)
{
	notify_zombie(req, cmd, 0, HTTPQ_LOG_REASON_NONE);
}

/**
 * httpq_notify_left - a request is over; if it was a zombie, it is none now
 * @req: request that the caller took out of its handle's table; its state is
 *	not DONE yet
 * @left: enum httpq_zombie_left
 * @reason: enum httpq_log_reason
 *
 * Context: any but hard interrupts.
 */
void httpq_notify_left(const struct httpq_request *req, u8 left, u8 reason)
{
	if (req->state == HTTPQ_REQUEST_ZOMBIE)
		notify_zombie(req, HTTPQ_CMD_ZOMBIE_DEL, left, reason);
}
