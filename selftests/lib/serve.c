// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve.h"

static void wake(int sig)
{
}

static void *serve_thread(void *arg)
{
	struct serve *s = arg;
	struct httpq_request *req;

	while (!s->stop) {
		int err = httpq_receive(s->h, &req);

		if (!err)
			s->fn(req, s->data);
		else if (err != -EINTR)
			break;
	}
	return NULL;
}

int serve_threads(struct serve *s, int nr)
{
	int err = 0;

	while (!err && s->nr < nr) {
		err = -pthread_create(&s->threads[s->nr], NULL, serve_thread,
				      s);
		s->nr += !err;
	}
	return err;
}

int serve_start(struct serve *s, const char *url, serve_fn fn, void *data,
		int nr)
{
	struct sigaction sa = { .sa_handler = wake };
	int err;

	memset(s, 0, sizeof(*s));
	s->fn = fn;
	s->data = data;
	sigaction(SIGUSR1, &sa, NULL);
	err = httpq_open(&s->h, "test", HTTPQ_OPEN_CREATE);
	if (!err && url)
		err = httpq_bind(s->h, url, 0);
	return err ?: serve_threads(s, nr);
}

void serve_stop(struct serve *s)
{
	s->stop = true;
	while (s->nr) {
		/* Again and again: it may be just about to wait. */
		while (pthread_kill(s->threads[s->nr - 1], SIGUSR1) == 0 &&
		       pthread_tryjoin_np(s->threads[s->nr - 1], NULL))
			usleep(1000);
		s->nr--;
	}
	if (s->h)
		httpq_close(s->h);
	s->h = NULL;
}

void serve_ok(struct httpq_request *req, void *data)
{
	httpq_reply(req, 200, "text/plain", "ok\n", 3);
	httpq_request_free(req);
}

void serve_echo(struct httpq_request *req, void *data)
{
	char *body = NULL;
	size_t len = 0;
	ssize_t n;

	do {
		body = realloc(body, len + 65536);
		n = httpq_read_body(req, body + len, 65536);
		len += n > 0 ? n : 0;
	} while (n > 0);
	if (n == 0)
		httpq_reply(req, 200, "text/plain", len ? body : "OK",
			    len ? len : 2);
	free(body);
	httpq_request_free(req);
}
