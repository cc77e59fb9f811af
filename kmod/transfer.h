/* SPDX-License-Identifier: GPL-2.0 */
/* What a worker calls: responses in, requests and events out. */
#ifndef _HTTPQ_TRANSFER_H
#define _HTTPQ_TRANSFER_H

#include <linux/poll.h>
#include <linux/types.h>

struct file;
struct httpq_receive;
struct httpq_transfer;
struct httpq_worker;

int httpq_transfer(struct httpq_worker *worker, struct httpq_transfer *args,
		   struct httpq_transfer __user *uargs, bool nonblock);
int httpq_transfer_receive(struct httpq_worker *worker,
			   struct httpq_receive *args);
int httpq_transfer_cancel(struct httpq_worker *worker, u64 id);
__poll_t httpq_transfer_poll(struct httpq_worker *worker, struct file *file,
			     poll_table *wait);

#endif /* _HTTPQ_TRANSFER_H */
