// SPDX-License-Identifier: GPL-2.0
/* /dev/httpq-log: the log of the namespace of who opens it. */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <net/net_namespace.h>

#include <linux/httpq_log.h>

#include "log.h"
#include "logdev.h"
#include "net.h"

static ssize_t logdev_read(struct file *file, char __user *buf, size_t len,
			   loff_t *pos)
{
	return httpq_log_read(file->private_data, buf, len,
			      file->f_flags & O_NONBLOCK);
}

static __poll_t logdev_poll(struct file *file, poll_table *wait)
{
	return httpq_log_poll(file->private_data, file, wait);
}

/* There are two places to go to, and none has a number. */
static loff_t logdev_llseek(struct file *file, loff_t off, int whence)
{
	if (off || (whence != SEEK_SET && whence != SEEK_END))
		return -EINVAL;
	return httpq_log_seek(file->private_data, whence == SEEK_END);
}

static long logdev_ioctl(struct file *file, unsigned int code,
			 unsigned long arg)
{
	switch (code) {
	case HTTPQ_LOG_IOC_COLLECT:
		return httpq_log_collect(file->private_data);
	case HTTPQ_LOG_IOC_COMMIT:
		return httpq_log_commit(file->private_data);
	}
	return -ENOTTY;
}

static int logdev_open(struct inode *inode, struct file *file)
{
	struct httpq_net *hn = httpq_net_of(current->nsproxy->net_ns);

	if (!httpq_net_admin(hn))
		return -EPERM;
	file->private_data = httpq_log_open(hn);
	return file->private_data ? 0 : -ENOMEM;
}

static int logdev_release(struct inode *inode, struct file *file)
{
	httpq_log_close(file->private_data);
	return 0;
}

static const struct file_operations logdev_fops = {
	.owner = THIS_MODULE,
	.open = logdev_open,
	.release = logdev_release,
	.read = logdev_read,
	.poll = logdev_poll,
	.llseek = logdev_llseek,
	.unlocked_ioctl = logdev_ioctl,
	/* No command has an argument. */
	.compat_ioctl = logdev_ioctl,
};

static struct miscdevice logdev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "httpq-log",
	.fops = &logdev_fops,
	/* Authority is a capability over the namespace, not this file. */
	.mode = 0666,
};

/**
 * httpq_logdev_init - let readers in
 *
 * Context: module init, when every namespace has its log.
 * Return: 0 or a negative error number.
 */
int httpq_logdev_init(void)
{
	return misc_register(&logdev);
}

/**
 * httpq_logdev_exit - undo httpq_logdev_init()
 *
 * Context: module exit. No file is open: they hold the module.
 */
void httpq_logdev_exit(void)
{
	misc_deregister(&logdev);
}
