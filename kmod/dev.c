// SPDX-License-Identifier: GPL-2.0
/* /dev/httpq: the table of commands. What they do lies on the floor below. */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include <linux/httpq.h>

#include "bind.h"
#include "binding.h"
#include "body.h"
#include "dev.h"
#include "held.h"
#include "net.h"
#include "request.h"
#include "trace.h"
#include "transfer.h"
#include "worker.h"

/* One command under way. */
struct dev_call {
	struct httpq_worker *worker;
	void __user *uarg;
	bool nonblock;
	union {
		u8 raw[64];
		struct httpq_info info;
		struct httpq_attach attach;
		struct httpq_bind bind;
		struct httpq_transfer transfer;
		struct httpq_receive receive;
		struct httpq_body body;
		struct httpq_cancel cancel;
		struct httpq_ready ready;
		struct httpq_drain drain;
	};
};

static int dev_query(struct dev_call *call)
{
	struct httpq_info *info = &call->info;

	if (info->flags || info->__reserved)
		return -EOPNOTSUPP;
	info->out_version = HTTPQ_ABI_VERSION;
	info->out_send_max = HTTPQ_SEND_MAX;
	info->out_head_max = READ_ONCE(call->worker->hn->limits.head_bytes);
	return 0;
}

static int dev_attach(struct dev_call *call)
{
	return httpq_worker_attach(call->worker, &call->attach);
}

static char *bind_url(const struct httpq_bind *bind)
{
	if (bind->flags || bind->__reserved)
		return ERR_PTR(-EOPNOTSUPP);
	if (!bind->url_len || bind->url_len > HTTPQ_URL_MAX)
		return ERR_PTR(-EINVAL);
	return memdup_user(u64_to_user_ptr(bind->url), bind->url_len);
}

static int dev_bind(struct dev_call *call)
{
	struct httpq_worker *worker = call->worker;
	const struct httpq_bind *bind = &call->bind;
	const struct httpq_binding_options options = {
		.context = bind->context,
	};
	const char *problem;
	char *url;
	int err;

	url = bind_url(bind);
	if (IS_ERR(url))
		return PTR_ERR(url);
	mutex_lock(&worker->hn->control);
	/* Under the lock: a handle that leaves takes its bindings with it. */
	err = httpq_worker_check(worker);
	if (!err)
		err = httpq_bind_add(worker->hn, url, bind->url_len,
				     worker->member.queue, worker, &options,
				     httpq_net_admin(worker->hn), &problem);
	mutex_unlock(&worker->hn->control);
	kfree(url);
	return err;
}

static int dev_unbind(struct dev_call *call)
{
	struct httpq_worker *worker = call->worker;
	const struct httpq_bind *bind = &call->bind;
	const char *problem;
	char *url;
	int err;

	if (bind->context)
		return -EINVAL;
	url = bind_url(bind);
	if (IS_ERR(url))
		return PTR_ERR(url);
	mutex_lock(&worker->hn->control);
	/* Under the lock: the table of routes goes with the namespace. */
	err = httpq_worker_check(worker);
	if (!err)
		err = httpq_bind_remove(worker->hn, url, bind->url_len, worker,
					false, &problem);
	mutex_unlock(&worker->hn->control);
	kfree(url);
	return err;
}

static int dev_transfer(struct dev_call *call)
{
	return httpq_transfer(call->worker, &call->transfer, call->uarg,
			      call->nonblock);
}

static int dev_receive(struct dev_call *call)
{
	return httpq_transfer_receive(call->worker, &call->receive);
}

static int dev_read_body(struct dev_call *call)
{
	struct httpq_body *body = &call->body;
	struct httpq_request *req;
	int err;

	if (body->flags & ~HTTPQ_BODY_ALL || body->__reserved)
		return -EOPNOTSUPP;
	req = httpq_held_find(call->worker, body->id, false);
	if (!req)
		return -ESTALE;
	if (body->flags & HTTPQ_BODY_TRAILERS)
		err = httpq_body_trailers(call->worker, req, body);
	else
		err = httpq_body_read(call->worker, req, body,
				      call->nonblock ||
				      body->flags & HTTPQ_BODY_DONTWAIT);
	httpq_request_put(req);
	return err;
}

static int dev_cancel(struct dev_call *call)
{
	if (call->cancel.flags)
		return -EOPNOTSUPP;
	return httpq_transfer_cancel(call->worker, call->cancel.id);
}

static int dev_ready(struct dev_call *call)
{
	if (call->ready.flags || call->worker->member.controller)
		return -EOPNOTSUPP;
	httpq_worker_ready(call->worker);
	return 0;
}

static int dev_drain(struct dev_call *call)
{
	struct httpq_worker *worker = call->worker;
	struct httpq_drain *drain = &call->drain;

	if (drain->flags)
		return -EOPNOTSUPP;
	if (drain->deadline_ms > HTTPQ_DRAIN_MAX_MS)
		return -EINVAL;
	mutex_lock(&worker->hn->control);
	httpq_worker_drain(worker, drain->deadline_ms);
	mutex_unlock(&worker->hn->control);
	drain->out_held = READ_ONCE(worker->nr_held);
	return 0;
}

/**
 * struct dev_command - a row of the table of commands
 * @code: ioctl number
 * @size: bytes of the structure that this kernel knows
 * @min_size: bytes of its first version
 * @attached: only for a handle that is in a queue
 * @call: enum httpq_log_call; _NONE for what says of itself what it is, or
 *	says nothing of how the worker is
 * @run: what to do; the structure is in kernel memory and validated in length
 */
struct dev_command {
	unsigned int code;
	size_t size;
	size_t min_size;
	bool attached;
	u8 call;
	int (*run)(struct dev_call *call);
};

#define COMMAND(_code, _struct, _last, _attached, _call, _run)		\
	[_IOC_NR(HTTPQ_IOC_##_code)] = {				\
		.code = HTTPQ_IOC_##_code,				\
		.size = sizeof(struct _struct) +			\
			BUILD_BUG_ON_ZERO(sizeof(struct _struct) >	\
				sizeof_field(struct dev_call, raw)), \
		.min_size = offsetofend(struct _struct, _last),		\
		.attached = _attached,					\
		.call = HTTPQ_LOG_CALL_##_call,				\
		.run = _run,						\
	}

static const struct dev_command commands[] = {
	COMMAND(INFO, httpq_info, __reserved, false, NONE, dev_query),
	COMMAND(ATTACH, httpq_attach, mode, false, OTHER, dev_attach),
	COMMAND(BIND, httpq_bind, context, true, OTHER, dev_bind),
	COMMAND(UNBIND, httpq_bind, context, true, OTHER, dev_unbind),
	COMMAND(TRANSFER, httpq_transfer, timeout_ms, true, NONE, dev_transfer),
	COMMAND(RECEIVE, httpq_receive, out_len, true, RECEIVE, dev_receive),
	COMMAND(READ_BODY, httpq_body, __reserved, true, READ_BODY,
		dev_read_body),
	COMMAND(CANCEL, httpq_cancel, id, true, SEND, dev_cancel),
	COMMAND(READY, httpq_ready, flags, true, OTHER, dev_ready),
	COMMAND(DRAIN, httpq_drain, out_held, true, OTHER, dev_drain),
};

/* The size is part of the number: it may differ, the rest may not. */
static const struct dev_command *find_command(unsigned int code)
{
	unsigned int nr = _IOC_NR(code);

	if (_IOC_TYPE(code) != HTTPQ_IOC_MAGIC || nr >= ARRAY_SIZE(commands))
		return NULL;
	if ((code ^ commands[nr].code) & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT))
		return NULL;
	return &commands[nr];
}

static int run_command(const struct dev_command *command,
		       struct dev_call *call, u32 usize)
{
	int err, run;

	err = copy_struct_from_user(call->raw, command->size, call->uarg, usize);
	if (err)
		return err;
	if (READ_ONCE(call->worker->hn->dead))
		return -ENODEV;
	if (command->attached) {
		err = httpq_worker_holds(call->worker);
		if (err)
			return err;
	}
	if (command->call)
		httpq_worker_called(call->worker, command->call);
	run = command->run(call);
	if (copy_to_user(call->uarg, call->raw,
			 min_t(size_t, usize, command->size)))
		return -EFAULT;
	return run;
}

/* Of those commands whose success is told too. */
static void trace_failure(const struct dev_command *command, u64 id, int err)
{
	if (command->code == HTTPQ_IOC_READY)
		trace_httpq_worker_ready_err(id, err);
	else if (command->code == HTTPQ_IOC_DRAIN)
		trace_httpq_worker_drain_err(id, err);
}

static long dev_ioctl(struct file *file, unsigned int code, unsigned long arg)
{
	struct dev_call call = {
		.worker = file->private_data,
		.uarg = (void __user *)arg,
		.nonblock = file->f_flags & O_NONBLOCK,
	};
	const struct dev_command *command = find_command(code);
	u32 usize;
	int err;

	if (!command)
		return -ENOTTY;
	if (get_user(usize, (u32 __user *)call.uarg))
		return -EFAULT;
	if (usize < command->min_size)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	err = run_command(command, &call, usize);
	if (err < 0)
		trace_failure(command, call.worker->member.id, err);
	return err;
}

static __poll_t dev_poll(struct file *file, poll_table *wait)
{
	return httpq_transfer_poll(file->private_data, file, wait);
}

static int dev_open(struct inode *inode, struct file *file)
{
	struct httpq_net *hn = httpq_net_of(current->nsproxy->net_ns);
	struct httpq_worker *worker;

	worker = httpq_worker_create(hn);
	if (!worker)
		return -ENOMEM;
	file->private_data = worker;
	return nonseekable_open(inode, file);
}

static int dev_flush(struct file *file, fl_owner_t id)
{
	httpq_worker_flush(file->private_data);
	return 0;
}

static int dev_release(struct inode *inode, struct file *file)
{
	httpq_worker_destroy(file->private_data);
	return 0;
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.flush = dev_flush,
	.release = dev_release,
	.poll = dev_poll,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "httpq",
	.fops = &dev_fops,
	/* Authority is namespace, queue mode and prefix, not this file. */
	.mode = 0666,
};

/* The layout that user space was compiled with. */
static_assert(sizeof(struct httpq_field) == 12);
static_assert(sizeof(struct httpq_addr) == 24);
static_assert(sizeof(struct httpq_request_head) == 136);
static_assert(sizeof(struct httpq_reply_head) == 8);
static_assert(sizeof(struct httpq_send) == 72);
static_assert(sizeof(struct httpq_event) == 32);
static_assert(sizeof(struct httpq_info) == 24);
static_assert(sizeof(struct httpq_attach) == 24);
static_assert(sizeof(struct httpq_bind) == 32);
static_assert(sizeof(struct httpq_transfer) == 56);
static_assert(sizeof(struct httpq_receive) == 32);
static_assert(sizeof(struct httpq_body) == 40);
static_assert(sizeof(struct httpq_cancel) == 16);
static_assert(sizeof(struct httpq_ready) == 8);
static_assert(sizeof(struct httpq_drain) == 16);
static_assert(sizeof(struct httpq_log_data) == 8);

/**
 * httpq_dev_init - let workers in
 *
 * Context: module init, last.
 * Return: 0 or a negative error number.
 */
int httpq_dev_init(void)
{
	return misc_register(&dev);
}

/**
 * httpq_dev_exit - undo httpq_dev_init()
 *
 * Context: module exit, first. No file is open: they hold the module.
 */
void httpq_dev_exit(void)
{
	misc_deregister(&dev);
}
