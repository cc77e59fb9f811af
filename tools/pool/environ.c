// SPDX-License-Identifier: GPL-2.0
/* What a worker finds in its environment. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "say.h"

static void add(char **list, size_t *nr, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(&list[*nr], format, args) < 0)
		list[*nr] = NULL;
	va_end(args);
	must(list[(*nr)++]);
}

/**
 * worker_environment - variables of a worker
 * @w: the worker.
 * @handle: descriptor of its handle as the worker has it, or -1.
 * @ping: descriptor of its pings, or -1.
 *
 * Returns NAME=VALUE strings and a NULL, for value_free().
 */
char **worker_environment(const struct worker *w, int handle, int ping)
{
	const struct config *c = w->pool->config;
	size_t nr = 0, more = 0;
	char **list;

	while (c->environment && c->environment[more])
		more++;
	list = must(calloc(more + 6, sizeof(*list)));
	add(list, &nr, "HTTPQ_QUEUE=%s", c->queue);
	add(list, &nr, "HTTPQ_POOL=%s", c->name);
	add(list, &nr, "HTTPQ_WORKER=%u", w->id);
	if (handle >= 0)
		add(list, &nr, "HTTPQ_HANDLE_FD=%d", handle);
	if (ping >= 0)
		add(list, &nr, "HTTPQ_PING_FD=%d", ping);
	for (size_t i = 0; i < more; i++)
		add(list, &nr, "%s", c->environment[i]);
	return list;
}
