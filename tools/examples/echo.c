// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * httpq-echo: sends the body of each request back, a large one as it comes, in
 * bounded memory; OK if there is none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common.h"

#define BUFFER (64 * 1024)

static ssize_t read_some(struct httpq_request *req, char *buf, size_t len)
{
	ssize_t n;

	do {
		n = httpq_read_body(req, buf, len);
	} while (n == -EINTR);
	return n;
}

/*
 * All of the body if it is short: only then is it known to be sound, and how
 * long it is. BUFFER bytes if there may be more.
 */
static ssize_t read_first(struct httpq_request *req, char *buf)
{
	size_t have = 0;
	ssize_t n;

	do {
		n = read_some(req, buf + have, BUFFER - have);
		if (n < 0)
			return n;
		have += (size_t)n;
	} while (n && have < BUFFER);
	return (ssize_t)have;
}

/* The Content-Type of the request, for the response. */
static void copy_type(struct httpq_request *req)
{
	struct httpq_str type =
		httpq_header_id(req, HTTPQ_FIELD_CONTENT_TYPE);
	char *text = type.len ? strndup(type.ptr, type.len) : NULL;

	httpq_add_header(req, "Content-Type",
			 text ? text : "application/octet-stream");
	free(text);
}

/* Sends @n bytes at @buf, then what still comes. */
static void echo_stream(struct httpq_request *req, char *buf, ssize_t n)
{
	uint64_t length = httpq_content_length(req);

	if (length != HTTPQ_LENGTH_UNKNOWN)
		httpq_add_header_u64(req, "Content-Length", length);
	while (n > 0) {
		if (send_all(req, buf, (size_t)n, HTTPQ_SEND_MORE))
			return;
		n = read_some(req, buf, BUFFER);
	}
	if (!n)
		send_all(req, NULL, 0, 0);
}

static void echo(struct httpq_request *req, void *arg)
{
	char buf[BUFFER];
	ssize_t n;

	(void)arg;
	if (!httpq_has_body(req)) {
		reply_all(req, 200, "text/plain", "OK", 2);
		return;
	}
	n = read_first(req, buf);
	if (n == -EFBIG)
		reply_all(req, 413, "text/plain", "Too long\n", 9);
	/* The kernel says 400 or 408 for what else is wrong with it. */
	if (n < 0)
		return;
	copy_type(req);
	if (n < BUFFER || (uint64_t)n == httpq_content_length(req))
		reply_all(req, 200, NULL, buf, (size_t)n);
	else
		echo_stream(req, buf, n);
}

static int serve(struct httpq *h, void *arg)
{
	return worker_each(h, echo, arg);
}

static int usage(void)
{
	fputs("Usage: httpq-echo QUEUE [-b URL] [-t THREADS]\n", stderr);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct worker w = {
		.name = "httpq-echo",
		.threads = 1,
		.serve = serve,
	};
	int opt;

	while ((opt = getopt(argc, argv, "b:t:")) >= 0) {
		if (opt == 'b')
			w.url = optarg;
		else if (opt == 't')
			w.threads = worker_threads(w.name, optarg);
		else
			return usage();
	}
	if (optind + 1 != argc)
		return usage();
	w.queue = argv[optind];
	return worker_run(&w);
}
