// SPDX-License-Identifier: GPL-2.0
/*
 * records NUMBER [random | error | TEXT]: prints records as the device gives
 * them. Each has its number in the target, and TEXT as its user agent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"

/* A record a second, so that rotation by time has something to do. */
#define NS_PER_S 1000000000ULL

static void make(union made *m, long i, const char *what)
{
	static unsigned int seed = 7;
	char target[32];

	if (!strcmp(what, "random")) {
		made_random(m, &seed);
		return;
	}
	made_request(m, HTTPQ_LOG_ACCESS);
	snprintf(target, sizeof(target), "/%ld", i);
	made_text(m, &m->r.target, target);
	made_text(m, &m->r.agent, what);
	m->r.time_ns += i * NS_PER_S;
	m->r.request_id = i;
	if (!strcmp(what, "error")) {
		m->r.kind = HTTPQ_LOG_ERROR;
		m->r.reason = i % HTTPQ_LOG_REASON_NR;
	}
}

int main(int argc, char **argv)
{
	long nr = argc > 1 ? atol(argv[1]) : 0;
	union made m;

	for (long i = 1; i <= nr; i++) {
		make(&m, i, argc > 2 ? argv[2] : "curl/7.88");
		if (fwrite(&m, m.r.size, 1, stdout) != 1)
			return EXIT_FAILURE;
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
