// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Handles: opening the device, attaching to a queue, binding prefixes, leaving.
 */
#define _GNU_SOURCE		/* secure_getenv() */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

#define OPEN_ALL \
	(HTTPQ_OPEN_CREATE | HTTPQ_OPEN_EXCL | HTTPQ_OPEN_NONBLOCK | \
	 HTTPQ_OPEN_DEFER | HTTPQ_OPEN_CONTROL)

/* A queue that a worker makes is its user's own. */
#define QUEUE_MODE 0600

int handle_ioctl(const struct httpq *h, unsigned long cmd, void *arg)
{
	return ioctl(h->fd, cmd, arg) < 0 ? -errno : 0;
}

/* Why a call that had more to do came back: no room, or a signal. */
int handle_interrupted(const struct httpq *h)
{
	return h->nonblock ? -EAGAIN : -EINTR;
}

static int handle_alloc(struct httpq **out, int fd, bool nonblock)
{
	struct httpq *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	pthread_mutex_init(&h->lock, NULL);
	h->fd = fd;
	h->nonblock = nonblock;
	h->timeout_ms = -1;
	*out = h;
	return 0;
}

static uint32_t attach_flags(unsigned int flags)
{
	return (flags & HTTPQ_OPEN_CREATE ? HTTPQ_ATTACH_CREATE : 0) |
	       (flags & HTTPQ_OPEN_EXCL ? HTTPQ_ATTACH_EXCL : 0) |
	       (flags & HTTPQ_OPEN_DEFER ? HTTPQ_ATTACH_DEFER : 0) |
	       (flags & HTTPQ_OPEN_CONTROL ? HTTPQ_ATTACH_CONTROL : 0);
}

static int handle_attach(const struct httpq *h, const char *queue,
			 unsigned int flags)
{
	struct httpq_attach attach = {
		.size = sizeof(attach),
		.flags = attach_flags(flags),
		.name = (uintptr_t)queue,
		.name_len = strlen(queue),
		.mode = flags & HTTPQ_OPEN_CREATE ? QUEUE_MODE : 0,
	};

	return handle_ioctl(h, HTTPQ_IOC_ATTACH, &attach);
}

static int fd_open(bool nonblock)
{
	int fd = open(HTTPQ_DEVICE,
		      O_RDWR | O_CLOEXEC | (nonblock ? O_NONBLOCK : 0));

	return fd < 0 ? -errno : fd;
}

/* Makes a descriptor of somebody else like one of fd_open(). */
static int fd_prepare(int fd, bool nonblock)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	flags = nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : fd;
}

/*
 * The descriptor that the environment names, for the first handle only. A
 * variable that was meant for a parent of this process names none, or one that
 * is no handle.
 */
static int fd_passed(void)
{
	static atomic_flag taken = ATOMIC_FLAG_INIT;
	struct httpq_info info = { .size = sizeof(info) };
	const char *text = secure_getenv(HTTPQ_ENV_HANDLE_FD);
	char *end;
	long fd;

	if (!text)
		return -1;
	errno = 0;
	fd = strtol(text, &end, 10);
	if (end == text || *end || errno || fd < 0 || fd > INT_MAX ||
	    ioctl((int)fd, HTTPQ_IOC_INFO, &info) < 0)
		return -1;
	return atomic_flag_test_and_set(&taken) ? -1 : (int)fd;
}

/**
 * httpq_open - become a worker of a queue
 * @out: where the handle goes; free it with httpq_close().
 * @queue: name of the queue, 1 to 63 of A-Z a-z 0-9 . _ - without leading dot.
 * @flags: HTTPQ_OPEN_*. A queue that HTTPQ_OPEN_CREATE makes belongs to the
 *	caller and has mode 0600. With HTTPQ_OPEN_DEFER the worker counts, and
 *	may receive, only after httpq_ready(). With HTTPQ_OPEN_CONTROL it is no
 *	worker: httpq_fd() is readable while requests wait that no worker is
 *	there for.
 *
 * The network namespace is the caller's of now. The descriptor is closed on
 * exec. Thread-safe.
 *
 * If HTTPQ_HANDLE_FD in the environment is the number of an open descriptor of
 * /dev/httpq, which whoever started this program left open for it, then the
 * first handle uses that, instead of opening the device: its network namespace
 * is that of who opened it. If it is attached already, @queue and the flags
 * about queues are ignored.
 *
 * Return: 0, -EINVAL (name or flags), -ENOENT (no such queue; or no device:
 * the module is not loaded), -EEXIST, -EACCES (mode and owner of the queue
 * forbid it; HTTPQ_OPEN_CONTROL: not its owner), -EDQUOT (too many queues of
 * this user), -ENOSPC (too many of all users), -ENOMEM.
 */
EXPORT int httpq_open(struct httpq **out, const char *queue,
		      unsigned int flags)
{
	bool nonblock = flags & HTTPQ_OPEN_NONBLOCK;
	int fd, err, passed;
	struct httpq *h;

	if (flags & ~OPEN_ALL)
		return -EINVAL;
	passed = fd_passed();
	fd = passed < 0 ? fd_open(nonblock) : fd_prepare(passed, nonblock);
	if (fd < 0)
		return fd;
	err = handle_alloc(&h, fd, nonblock);
	if (err) {
		close(fd);
		return err;
	}
	err = handle_attach(h, queue, flags);
	if (err && !(err == -EISCONN && passed >= 0)) {
		httpq_close(h);
		return err;
	}
	*out = h;
	return 0;
}

/**
 * httpq_adopt - make a handle of a descriptor that is attached already
 * @out: where the handle goes; free it with httpq_close().
 * @fd: inherited, or received by SCM_RIGHTS. On success it is the handle's.
 *
 * Return: 0, -EBADF, -ENOMEM.
 */
EXPORT int httpq_adopt(struct httpq **out, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	return handle_alloc(out, fd, flags & O_NONBLOCK);
}

/**
 * httpq_close - leave the queue and free the handle
 * @h: the handle; may be NULL.
 *
 * Unbinds what was bound by the handle. No other call may be running on the
 * handle, and all its requests must have been freed.
 */
EXPORT void httpq_close(struct httpq *h)
{
	if (!h)
		return;
	close(h->fd);
	pool_free(h);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/**
 * httpq_fd - the descriptor, for poll() and epoll
 * @h: the handle.
 *
 * Readable when httpq_receive() or httpq_next_event() would not wait.
 *
 * Return: the descriptor; it stays the handle's.
 */
EXPORT int httpq_fd(const struct httpq *h)
{
	return h->fd;
}

/**
 * httpq_info - ask what the running module can do
 * @h: the handle.
 * @info: where the answer goes.
 *
 * Return: 0, -ENOTTY (not an httpq device).
 */
EXPORT int httpq_info(const struct httpq *h, struct httpq_info *info)
{
	*info = (struct httpq_info){ .size = sizeof(*info) };
	return handle_ioctl(h, HTTPQ_IOC_INFO, info);
}

/**
 * httpq_bind - have requests below a URL come to the queue
 * @h: the handle; the binding goes with it.
 * @url: "http://host:port/path/" where host is a name, an address, + (before
 *	all names) or * (after them).
 * @context: a number of the caller that httpq_context() gives back.
 *
 * Thread-safe. Anyone may bind http://localhost:PORT/; other hosts need
 * CAP_NET_ADMIN.
 *
 * Return: 0, -EINVAL (not a prefix URL), -EACCES, -EEXIST (bound already),
 * -EADDRINUSE (another program holds the port), -EADDRNOTAVAIL (an address
 * that is not of this host), -EDQUOT (too many URLs of this user), -ENOSPC (too
 * many of all users), -ENOMEM, -ENOTCONN, -ENODEV, -ESHUTDOWN.
 */
EXPORT int httpq_bind(struct httpq *h, const char *url, uint64_t context)
{
	struct httpq_bind bind = {
		.size = sizeof(bind),
		.url = (uintptr_t)url,
		.url_len = strlen(url),
		.context = context,
	};

	return handle_ioctl(h, HTTPQ_IOC_BIND, &bind);
}

/**
 * httpq_unbind - undo httpq_bind()
 * @h: the handle that bound it.
 * @url: the same prefix.
 *
 * Thread-safe. Requests that have been routed already still come.
 *
 * Return: 0, -EINVAL, -ENOENT (not bound by this handle), -ENOMEM, -ENOTCONN,
 * -ENODEV, -ESHUTDOWN.
 */
EXPORT int httpq_unbind(struct httpq *h, const char *url)
{
	struct httpq_bind bind = {
		.size = sizeof(bind),
		.url = (uintptr_t)url,
		.url_len = strlen(url),
	};

	return handle_ioctl(h, HTTPQ_IOC_UNBIND, &bind);
}

/**
 * httpq_set_timeout - limit how long the handle waits for a request or event
 * @h: the handle; not in use by another thread yet.
 * @timeout_ms: milliseconds; negative (the default) for ever.
 */
EXPORT void httpq_set_timeout(struct httpq *h, int timeout_ms)
{
	h->timeout_ms = timeout_ms;
}

/**
 * httpq_ready - take requests from now on
 * @h: a handle that was opened with HTTPQ_OPEN_DEFER; others are ready with
 *	their first receive.
 *
 * Thread-safe. Until then no request comes, and who looks after the workers of
 * the queue does not count this one.
 *
 * Return: 0, -ENOTCONN, -ENODEV, -ESHUTDOWN.
 */
EXPORT int httpq_ready(struct httpq *h)
{
	struct httpq_ready ready = { .size = sizeof(ready) };

	return handle_ioctl(h, HTTPQ_IOC_READY, &ready);
}

/**
 * httpq_drain - take no more requests, and finish those that are held
 * @h: the handle.
 * @deadline_ms: how long that may take, at most a day; 0 for no limit. What is
 *	not answered then is treated as if the worker had died. A later call can
 *	shorten it.
 *
 * Requests that were not received yet go to other workers at once. Every
 * receiving call returns -ESHUTDOWN, so that receiving loops end; answers and
 * bodies go on as before. Thread-safe, and may be called from a signal handler.
 *
 * Return: number of requests that are still to be answered, which a later call
 * tells anew; -EINVAL (@deadline_ms), -ENODEV, -ENOTCONN, -ESHUTDOWN.
 */
EXPORT int httpq_drain(struct httpq *h, unsigned int deadline_ms)
{
	struct httpq_drain drain = {
		.size = sizeof(drain),
		.deadline_ms = deadline_ms,
	};
	int saved = errno;
	int err = handle_ioctl(h, HTTPQ_IOC_DRAIN, &drain);

	errno = saved;
	return err ? err : (int)drain.out_held;
}
