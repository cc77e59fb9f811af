/* SPDX-License-Identifier: GPL-2.0 */
/* Who wants to be told of workers and zombies: the control plane. */
#ifndef _HTTPQ_NOTIFY_H
#define _HTTPQ_NOTIFY_H

#include <linux/types.h>

struct httpq_request;
struct httpq_worker;

/**
 * struct httpq_notify_ops - what the face that tells user space provides
 * @worker: something happened to a handle: enum httpq_cmd WORKER_*. Process
 *	context, under hn->control, which pins the namespace.
 * @zombie: a request became a zombie (ZOMBIE_NEW), half of its time is over
 *	(ZOMBIE_SET), or it left (ZOMBIE_DEL), in what way and for what reason.
 *	Any context but hard interrupts, hn->zombie_lock may be held. RCU pins
 *	the namespace.
 */
struct httpq_notify_ops {
	void (*worker)(const struct httpq_worker *worker, u8 cmd);
	void (*zombie)(const struct httpq_request *req, u8 cmd, u8 left,
		       u8 reason);
};

void httpq_notify_register(const struct httpq_notify_ops *ops);
void httpq_notify_worker(const struct httpq_worker *worker, u8 cmd);
void httpq_notify_zombie(const struct httpq_request *req, u8 cmd);
void httpq_notify_left(const struct httpq_request *req, u8 left, u8 reason);

#endif /* _HTTPQ_NOTIFY_H */
