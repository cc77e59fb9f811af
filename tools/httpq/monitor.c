// SPDX-License-Identifier: GPL-2.0
/* httpq monitor: what happens to workers and zombies, as it happens. */
#include <errno.h>
#include <linux/httpq.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const char help[] =
"Usage: httpq monitor\n";

/**
 * struct event - an event and how it is shown
 * @cmd: HTTPQ_CMD_*. The list ends with 0.
 * @name: its word.
 * @columns: of what it happened to.
 */
static const struct event {
	int cmd;
	const char *name;
	const struct out_column *columns;
} events[] = {
	{ HTTPQ_CMD_WORKER_NEW, "worker-new", worker_columns },
	{ HTTPQ_CMD_WORKER_SET, "worker-set", worker_columns },
	{ HTTPQ_CMD_WORKER_DEL, "worker-del", worker_columns },
	{ HTTPQ_CMD_ZOMBIE_NEW, "zombie-new", zombie_columns },
	{ HTTPQ_CMD_ZOMBIE_SET, "zombie-set", zombie_columns },
	{ HTTPQ_CMD_ZOMBIE_DEL, "zombie-del", zombie_columns },
	{}
};

static const struct event *find_event(struct nl_msg *msg)
{
	int cmd = genlmsg_hdr(nlmsg_hdr(msg))->cmd;

	for (const struct event *event = events; event->cmd; event++)
		if (event->cmd == cmd)
			return event;
	return NULL;
}

/* Each line goes out at once: somebody waits for it. */
static int print_event(struct nl_msg *msg)
{
	const struct event *event = find_event(msg);

	if (!event)
		return 0;
	if (options.json)
		out_object(stdout, event->name, event->columns, msg,
			   options.pretty);
	else
		out_line(stdout, event->name, event->columns, msg);
	if (fflush(stdout))
		return fail("monitor: can't write: %s", strerror(errno));
	return 0;
}

/* For ever, or until something fails. */
static int monitor(char **words)
{
	if (no_more_words(words) || nl_open(options.netns))
		return -1;
	return nl_listen(HTTPQ_GENL_EVENTS, print_event);
}

static const struct verb verbs[] = { {} };

const struct object monitor_object = { "monitor", verbs, monitor, help };
