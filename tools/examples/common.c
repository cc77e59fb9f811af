// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the example workers share.
 *
 * The main thread waits for a signal. To stop, it sets a flag and interrupts
 * each thread until that has ended: a thread that was about to sleep when the
 * first interruption came is caught by the next.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

#define THREADS_MAX	256
/* How long answers under way may take after the signal. */
#define GRACE_S		10
#define NUDGE_NS	(50 * 1000 * 1000)

static atomic_bool stopping;
static atomic_int failure;

struct thread {
	pthread_t id;
	struct worker *worker;
	struct httpq *handle;
};

bool worker_stopping(void)
{
	return atomic_load(&stopping);
}

static void nudge(int sig)
{
	(void)sig;
}

static void *thread_main(void *data)
{
	struct thread *t = data;
	int err = t->worker->serve(t->handle, t->worker->arg);

	if (err) {
		atomic_store(&failure, err);
		kill(getpid(), SIGTERM);
	}
	return NULL;
}

static void signals_init(sigset_t *set)
{
	struct sigaction action = { .sa_handler = nudge };

	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* Ends a thread; false if it did not end before @deadline. */
static bool thread_stop(pthread_t id, time_t deadline)
{
	struct timespec t;

	do {
		pthread_kill(id, SIGUSR1);
		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += NUDGE_NS;
		if (t.tv_nsec >= 1000000000) {
			t.tv_nsec -= 1000000000;
			t.tv_sec++;
		}
		if (!pthread_timedjoin_np(id, NULL, &t))
			return true;
	} while (t.tv_sec < deadline);
	return false;
}

static void threads_stop(struct thread *threads, unsigned int nr)
{
	time_t deadline = time(NULL) + GRACE_S;
	unsigned int i;

	atomic_store(&stopping, true);
	for (i = 0; i < nr; i++)
		if (!thread_stop(threads[i].id, deadline))
			_exit(atomic_load(&failure) ? 1 : 0);
}

static int threads_run(struct worker *w, struct httpq *h, const sigset_t *set)
{
	struct thread threads[THREADS_MAX];
	unsigned int i;
	int sig, err = 0;

	for (i = 0; i < w->threads && !err; i++) {
		threads[i].worker = w;
		threads[i].handle = h;
		err = -pthread_create(&threads[i].id, NULL, thread_main,
				      &threads[i]);
	}
	if (err)
		i--;
	else
		sigwait(set, &sig);
	threads_stop(threads, i);
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
	int err = 0;

	while (!err && !worker_stopping()) {
		err = httpq_receive(h, &req);
		if (err == -EINTR) {
			err = 0;
			continue;
		}
		if (err)
			break;
		handle(req, arg);
		httpq_request_free(req);
	}
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
			return (int)n;
		p += n;
		len -= (size_t)n;
	} while (n == -EINTR || len);
	return 0;
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
