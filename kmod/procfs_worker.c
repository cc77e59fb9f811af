// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/httpq/: workers and zombies. For the form see procfs.c.
 *
 * workers
 *	id		number of the handle
 *	queue		that it is attached to
 *	pid		process that owns it, in the PID namespace of this
 *			/proc; 0 if it has none or is of another one
 *	state		starting, active, draining
 *	held		requests that it holds
 *	delivered	requests that it got
 *	last_call	-, receive, send, read_body, other
 *	last_call_ms	since then; without one since it was opened
 *	deadline_ms	what is left of its time to drain, or -
 *
 * zombies
 *	id		number of the zombie
 *	request		number of the request as in the log, 16 hexadecimal
 *			digits
 *	age_ms		since it lost its connection
 *	why		client_gone, end_owed
 *	stage		how far it came: delivered, body, responding, sent
 *	client		address:port; - for who neither administers the
 *			namespace nor owns the queue
 *	worker		number of its handle
 *	pid		process of that, as its own PID namespace calls it
 *	bytes		memory
 *	queue		that it was delivered from
 *	method		the request line; its parts are cut at 512 bytes
 *	target		the same; for who is not shown the client without query
 *	version		the same
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <net/net_namespace.h>

#include <linux/httpq_log.h>

#include "net.h"
#include "procfs.h"
#include "queue.h"
#include "request.h"
#include "view.h"
#include "worker.h"
#include "zombie.h"

static const char *const worker_state_names[] = {
	[HTTPQ_WORKER_STARTING] = "starting",
	[HTTPQ_WORKER_ACTIVE] = "active",
	[HTTPQ_WORKER_DRAINING] = "draining",
	[HTTPQ_WORKER_GONE] = "gone",
};

static const char *const why_names[] = {
	[HTTPQ_ZOMBIE_CLIENT_GONE] = "client_gone",
	[HTTPQ_ZOMBIE_END_OWED] = "end_owed",
};

#define NAME(name, text) text,
static const char *const call_names[] = { HTTPQ_LOG_CALLS(NAME) };
static const char *const stage_names[] = { HTTPQ_LOG_STAGES(NAME) };
#undef NAME

/* Workers: a list under hn->control; the head is the first line. */

static void *workers_start(struct seq_file *seq, loff_t *pos)
{
	struct httpq_net *hn = httpq_procfs_net(seq);

	mutex_lock(&hn->control);
	return seq_list_start_head(&hn->workers, *pos);
}

static void *workers_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return seq_list_next(v, &httpq_procfs_net(seq)->workers, pos);
}

static void workers_stop(struct seq_file *seq, void *v)
{
	mutex_unlock(&httpq_procfs_net(seq)->control);
}

/* In the PID namespace whose numbers the other files of this /proc show. */
static pid_t pid_of(struct seq_file *seq, const struct httpq_worker *worker)
{
	const struct inode *inode = file_inode(seq->file);

	if (!worker->owner)
		return 0;
	return task_tgid_nr_ns(worker->owner, proc_pid_ns(inode->i_sb));
}

static void show_worker(struct seq_file *seq, const struct httpq_worker *worker)
{
	struct httpq_view_worker view;

	httpq_view_worker(worker, &view);
	seq_printf(seq, "%llu %s %d %s %u %llu %s %u", view.id, view.queue,
		   pid_of(seq, worker), worker_state_names[view.state],
		   view.held, view.delivered, call_names[view.last_call],
		   view.last_call_ms);
	if (view.has_deadline)
		seq_printf(seq, " %u\n", view.deadline_ms);
	else
		seq_puts(seq, " -\n");
}

static int workers_show(struct seq_file *seq, void *v)
{
	const struct httpq_worker *worker;

	if (v == &httpq_procfs_net(seq)->workers) {
		seq_puts(seq, "id queue pid state held delivered last_call last_call_ms deadline_ms\n");
		return 0;
	}
	worker = list_entry(v, struct httpq_worker, node);
	if (httpq_view_has_worker(worker))
		show_worker(seq, worker);
	return 0;
}

const struct seq_operations httpq_procfs_workers = {
	.start = workers_start,
	.next = workers_next,
	.stop = workers_stop,
	.show = workers_show,
};

/*
 * Zombies: the position is the number of the next one to show, and 0, which
 * none has, the first line. hn->control is for the owners of queues.
 */

static void zombie_put(struct httpq_procfs_zombie_iter *iter)
{
	if (iter->req)
		httpq_request_put(iter->req);
	iter->req = NULL;
}

/* Gets the first zombie whose number is at least *pos, which is not 0. */
static struct httpq_request *zombie_get(struct seq_file *seq, loff_t *pos)
{
	struct httpq_procfs_zombie_iter *iter = seq->private;

	iter->req = httpq_zombie_next(httpq_procfs_net(seq), *pos - 1);
	if (iter->req)
		*pos = iter->req->zombie_id;
	return iter->req;
}

static void *zombies_start(struct seq_file *seq, loff_t *pos)
{
	struct httpq_procfs_zombie_iter *iter = seq->private;

	iter->admin = file_ns_capable(seq->file, seq_file_net(seq)->user_ns,
				      CAP_NET_ADMIN);
	mutex_lock(&httpq_procfs_net(seq)->control);
	return *pos ? zombie_get(seq, pos) : SEQ_START_TOKEN;
}

static void *zombies_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct httpq_procfs_zombie_iter *iter = seq->private;

	iter->req = httpq_zombie_after(httpq_procfs_net(seq), iter->req);
	*pos = iter->req ? iter->req->zombie_id : *pos + 1;
	return iter->req;
}

static void zombies_stop(struct seq_file *seq, void *v)
{
	zombie_put(seq->private);
	mutex_unlock(&httpq_procfs_net(seq)->control);
}

/* It is who opened the file that counts. */
static bool shows_all(struct seq_file *seq, const struct httpq_request *req)
{
	const struct httpq_procfs_zombie_iter *iter = seq->private;

	return iter->admin ||
	       uid_eq(seq->file->f_cred->fsuid, req->queue->uid);
}

static void show_zombie(struct seq_file *seq, const struct httpq_request *req)
{
	struct httpq_view_zombie view;

	httpq_view_zombie(req, shows_all(seq, req), &view);
	seq_printf(seq, "%llu %016llx %llu %s %s", view.id, view.request,
		   view.age_ms, why_names[view.why], stage_names[view.stage]);
	httpq_procfs_show_endpoint(seq, view.client);
	seq_printf(seq, " %llu %u %u %s %.*s %.*s HTTP/%u.%u\n", view.worker,
		   view.pid, view.bytes, view.queue, view.method_len,
		   view.method, view.target_len, view.target,
		   view.version / 10, view.version % 10);
}

static int zombies_show(struct seq_file *seq, void *v)
{
	if (v == SEQ_START_TOKEN)
		seq_puts(seq, "id request age_ms why stage client worker pid bytes queue method target version\n");
	else
		show_zombie(seq, v);
	return 0;
}

const struct seq_operations httpq_procfs_zombies = {
	.start = zombies_start,
	.next = zombies_next,
	.stop = zombies_stop,
	.show = zombies_show,
};
