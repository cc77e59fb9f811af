// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the example workers share.
 *
 * The main thread waits for a signal and drains the handle then: that ends each
 * thread as soon as it has answered what it holds.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common.h"

#define THREADS_MAX	256
/* How long answers under way may take after the signal. */
#define GRACE_MS	10000
/* A thread has ended by itself. */
#define SIG_ENDED	SIGUSR1

static atomic_int failure;

struct thread {
	pthread_t id;
	struct worker *worker;
	struct httpq *handle;
};

static void *thread_main(void *data)
{
	struct thread *t = data;
	int err = t->worker->serve(t->handle, t->worker->arg);

	if (err != -ESHUTDOWN)
		atomic_store(&failure, err);
	kill(getpid(), SIG_ENDED);
	return NULL;
}

/* A second signal of @set is to kill. */
static void signals_init(sigset_t *set)
{
	sigset_t all;

	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	all = *set;
	sigaddset(&all, SIG_ENDED);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

/*
 * Waits for a reason to stop. Unless a thread has failed, it ends by itself only
 * when the others do, too.
 */
static void drain(struct httpq *h, const sigset_t *set)
{
	sigset_t all = *set;
	int sig;

	sigaddset(&all, SIG_ENDED);
	sigwait(&all, &sig);
	if (sig != SIG_ENDED || atomic_load(&failure))
		httpq_drain(h, GRACE_MS);
	pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

static int threads_run(struct worker *w, struct httpq *h, const sigset_t *set)
{
	struct thread threads[THREADS_MAX];
	unsigned int i;
	int err = 0;

	for (i = 0; i < w->threads && !err; i++) {
		threads[i].worker = w;
		threads[i].handle = h;
		err = -pthread_create(&threads[i].id, NULL, thread_main,
				      &threads[i]);
	}
	if (err) {
		i--;
		httpq_drain(h, GRACE_MS);
	} else {
		drain(h, set);
	}
	while (i--)
		pthread_join(threads[i].id, NULL);
	return err ? err : atomic_load(&failure);
}

static int worker_open(const struct worker *w, struct httpq **h)
{
	int err = httpq_open(h, w->queue, w->url ? HTTPQ_OPEN_CREATE : 0);

	if (err) {
		fprintf(stderr, "%s: queue %s: %s\n", w->name, w->queue,
			strerror(-err));
		return err;
	}
	if (w->url)
		err = httpq_bind(*h, w->url, 0);
	if (err) {
		fprintf(stderr, "%s: %s: %s\n", w->name, w->url,
			strerror(-err));
		httpq_close(*h);
	}
	return err;
}

int worker_run(struct worker *w)
{
	struct httpq *h;
	sigset_t set;
	int err;

	if (worker_open(w, &h))
		return EXIT_FAILURE;
	signals_init(&set);
	printf("%s: listening as worker of %s\n", w->name, w->queue);
	fflush(stdout);
	err = threads_run(w, h, &set);
	httpq_close(h);
	if (!err)
		return EXIT_SUCCESS;
	fprintf(stderr, "%s: %s\n", w->name, strerror(-err));
	return EXIT_FAILURE;
}

int worker_each(struct httpq *h, void (*handle)(struct httpq_request *, void *),
		void *arg)
{
	struct httpq_request *req;
	int err;

	do {
		err = httpq_receive(h, &req);
		if (!err) {
			handle(req, arg);
			httpq_request_free(req);
		}
	} while (!err || err == -EINTR);
	return err;
}

unsigned int worker_threads(const char *name, const char *text)
{
	char *end;
	unsigned long nr = strtoul(text, &end, 10);

	if (*end || end == text || nr < 1 || nr > THREADS_MAX) {
		fprintf(stderr, "%s: -t: not a number from 1 to %d: %s\n",
			name, THREADS_MAX, text);
		exit(EXIT_FAILURE);
	}
	return (unsigned int)nr;
}

int send_all(struct httpq_request *req, const void *data, size_t len,
	     unsigned int flags)
{
	const char *p = data;
	ssize_t n;

	do {
		n = httpq_send(req, p, len, flags);
		if (n == -EINTR)
			continue;
		if (n < 0)
			break;
		p += n;
		len -= (size_t)n;
	} while (n == -EINTR || len);
	if (n == -ECONNRESET && flags & HTTPQ_SEND_MORE)
		httpq_end(req);
	return n < 0 ? (int)n : 0;
}

int reply_all(struct httpq_request *req, unsigned int status, const char *type,
	      const void *body, size_t len)
{
	int err;

	do {
		err = httpq_reply(req, status, type, body, len);
	} while (err == -EINTR);
	return err;
}
