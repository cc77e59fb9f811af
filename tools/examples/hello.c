// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * httpq-hello: gives everyone the same answer, one system call per request.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common.h"

static int serve(struct httpq *h, void *arg)
{
	struct httpq_request *req = NULL;
	const char *text = arg;
	size_t len = strlen(text);
	int err;

	do {
		err = req ? httpq_reply_and_receive(&req, 200, "text/plain",
						    text, len) :
			    httpq_receive(h, &req);
	} while (!err || err == -EINTR);
	httpq_request_free(req);
	return err;
}

static int usage(void)
{
	fputs("Usage: httpq-hello QUEUE [-b URL] [-t THREADS] [-m MESSAGE]\n",
	      stderr);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static char text[] = "Hello from httpq\n";
	struct worker w = {
		.name = "httpq-hello",
		.threads = 1,
		.serve = serve,
		.arg = text,
	};
	int opt;

	while ((opt = getopt(argc, argv, "b:t:m:")) >= 0) {
		if (opt == 'b')
			w.url = optarg;
		else if (opt == 't')
			w.threads = worker_threads(w.name, optarg);
		else if (opt == 'm')
			w.arg = optarg;
		else
			return usage();
	}
	if (optind + 1 != argc)
		return usage();
	w.queue = argv[optind];
	return worker_run(&w);
}
