// SPDX-License-Identifier: GPL-2.0
/* Processes, whichever way they are run. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "pool.h"
#include "proc.h"
#include "say.h"

/* worker_new - a worker without a process */
struct worker *worker_new(struct pool *pool, unsigned int id)
{
	struct worker *w = must(calloc(1, sizeof(*w)));

	w->pool = pool;
	w->id = id;
	w->launcher = pool->launcher;
	w->pidfd = -1;
	w->ping_fd = -1;
	w->next = pool->workers;
	pool->workers = w;
	return w;
}

/* worker_free - forget a worker; its process goes on if there is one */
void worker_free(struct worker *w)
{
	struct worker **link = &w->pool->workers;

	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	sd_event_source_disable_unref(w->exit_source);
	sd_bus_slot_unref(w->slot);
	if (w->pidfd >= 0)
		close(w->pidfd);
	if (w->ping_fd >= 0)
		close(w->ping_fd);
	free(w->unit);
	free(w->path);
	free(w);
}

struct worker *worker_find(struct pool *pool, unsigned int id)
{
	struct worker *w = pool->workers;

	while (w && w->id != id)
		w = w->next;
	return w;
}

/* worker_of_pid - the worker that a process belongs to, or NULL */
struct worker *worker_of_pid(struct pool *pool, pid_t pid)
{
	struct worker *w;

	if (pid <= 0)
		return NULL;
	for (w = pool->workers; w; w = w->next)
		if (w->pid == pid)
			return w;
	for (w = pool->workers; w; w = w->next)
		if (w->launcher->owns(w, pid))
			return w;
	return NULL;
}

/**
 * worker_watch - have the end of the process reported
 * @w: a worker with a process.
 * @handler: gets @w.
 *
 * Returns 0 or a negative error number: ESRCH if it has ended already.
 */
int worker_watch(struct worker *w, sd_event_io_handler_t handler)
{
	w->pidfd = pidfd_open(w->pid, 0);
	if (w->pidfd < 0)
		return -errno;
	return sd_event_add_io(w->pool->event, &w->exit_source, w->pidfd,
			       EPOLLIN, handler, w);
}

/* The end that the worker reads from, or -1 if it is not asked to. */
static int make_ping(struct worker *w)
{
	int fds[2];

	if (w->pool->config->ping != CONFIG_PING_FD)
		return -1;
	if (pipe2(fds, O_CLOEXEC)) {
		say_warning("pipe: %s; worker %u is not asked whether it lives",
			    strerror(errno), w->id);
		return -1;
	}
	w->ping_fd = fds[1];
	fcntl(w->ping_fd, F_SETFL, O_NONBLOCK);
	w->ping_sent = proc_now();
	return fds[0];
}

static int make_handle(const struct config *c)
{
	if (c->handle != CONFIG_HANDLE_PASS)
		return -1;
	return kernel_attach(c->queue, c->ready == CONFIG_READY_CALL ?
					       HTTPQ_ATTACH_DEFER : 0);
}

/**
 * worker_start - start the process of a worker
 * @w: the worker.
 *
 * Returns 0, or -1 after an error line.
 */
int worker_start(struct worker *w)
{
	const struct config *c = w->pool->config;
	int handle = make_handle(c);
	int ping, err;

	if (c->handle == CONFIG_HANDLE_PASS && handle < 0)
		return -1;
	ping = make_ping(w);
	w->identity = proc_identity(c->command[0], c->watch);
	err = w->launcher->start(w, handle, ping);
	if (handle >= 0)
		close(handle);
	if (ping >= 0)
		close(ping);
	return err;
}

/**
 * worker_ping - ask a worker whether it lives, and see whether it did
 * @w: the worker.
 * @now: the time.
 *
 * A byte that was read is an answer: nothing can go wrong with that, also when
 * the supervisor has gone.
 */
void worker_ping(struct worker *w, int64_t now)
{
	struct policy_event event = { POLICY_EV_SICK, .id = w->id };
	const struct policy_worker *p = policy_find(&w->pool->policy, w->id);
	const struct config *c = w->pool->config;
	int unread = 0;

	/* Before that its start has a limit of its own, maybe a longer one. */
	if (!p || p->state != POLICY_ACTIVE)
		w->ping_sent = now;
	if (w->ping_fd < 0)
		return;
	if (w->pinged && !ioctl(w->ping_fd, FIONREAD, &unread) && !unread)
		w->pinged = false;
	if (!w->pinged && now - w->ping_sent >= c->ping_interval) {
		w->pinged = write(w->ping_fd, "?", 1) == 1;
		w->ping_sent = now;
	}
	if (w->pinged && c->policy.ping_timeout &&
	    now - w->ping_sent >= c->policy.ping_timeout)
		pool_tell(w->pool, &event);
}

/* worker_begun - the process of a worker is known */
void worker_begun(struct worker *w, pid_t pid)
{
	w->pid = pid;
	w->started = proc_started(pid);
	say_info("worker %u: started, pid %d", w->id, pid);
	state_save(w->pool);
}

/* worker_ended - a worker has no process any more, or never had one */
void worker_ended(struct worker *w, enum policy_end end)
{
	struct policy_event event = {
		.type = POLICY_EV_EXITED,
		.id = w->id,
		.end = end,
	};
	struct pool *pool = w->pool;

	worker_free(w);
	pool_tell(pool, &event);
	state_save(pool);
}
