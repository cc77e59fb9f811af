// SPDX-License-Identifier: GPL-2.0
/* httpq worker: the processes that serve queues, by their handles. */
#include <errno.h>
#include <linux/httpq_log.h>
#include <netlink/attr.h>
#include <stdio.h>

#include "cmd.h"

static const char help[] =
"Usage: httpq worker [ show [ QUEUE ] ]\n"
"       httpq worker drain ID [ DEADLINE_MS ]\n"
"       httpq worker detach ID\n";

/* By enum httpq_worker_state. */
static const char *const state_words[] = { "starting", "active", "draining",
					   "gone", NULL };

static const char *const call_words[] = {
#define CALL_WORD(name, text) [HTTPQ_LOG_CALL_##name] = text,
	HTTPQ_LOG_CALLS(CALL_WORD)
#undef CALL_WORD
	NULL
};

const struct out_column worker_columns[] = {
	{ "ID", "id", OUT_NUMBER, .attr = HTTPQ_A_ID },
	{ "QUEUE", "queue", OUT_STRING, .attr = HTTPQ_A_QUEUE_NAME },
	{ "PID", "pid", OUT_PID, .attr = HTTPQ_A_PID },
	{ "COMMAND", "command", OUT_COMMAND, .attr = HTTPQ_A_PID },
	{ "STATE", "state", OUT_WORD, .attr = HTTPQ_A_WORKER_STATE,
	  .words = state_words },
	{ "HELD", "held", OUT_NUMBER, .attr = HTTPQ_A_HELD },
	{ "DELIVERED", "delivered", OUT_NUMBER, .attr = HTTPQ_A_DELIVERED },
	{ "CALL", "last_call", OUT_WORD, .attr = HTTPQ_A_LAST_CALL,
	  .words = call_words },
	{ "AGE", "last_call_ms", OUT_TIME, .attr = HTTPQ_A_LAST_CALL_MS },
	{ "DEADLINE", "deadline_ms", OUT_TIME, .attr = HTTPQ_A_DEADLINE_MS },
	{}
};

static const struct hint hints[] = {
	{ ENOENT, "no such worker", "'httpq worker show' lists them" },
	{ EPERM, "only the owner of its queue and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ EACCES, "only the owner of its queue and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ 0 }
};

static const struct hint queue_hints[] = {
	{ ENOENT, "no such queue", "'httpq queue show' lists them" },
	{ 0 }
};

/* Sends a command about the worker that the first word names. */
static int talk(int cmd, const char *verb, char **words)
{
	struct nl_msg *msg;
	char what[64];
	uint64_t id;

	if (!words[0])
		return fail("worker %s needs the id of a worker; see 'httpq worker help'",
			    verb);
	if (parse_number("id", words[0], UINT64_MAX, &id))
		return -1;
	msg = nl_message(cmd, 0);
	if (nla_put_u64(msg, HTTPQ_A_ID, id) || put_deadline(msg, words + 1)) {
		nlmsg_free(msg);
		return -1;
	}
	snprintf(what, sizeof(what), "worker %s %s", verb, words[0]);
	return request(msg, NULL, what, hints);
}

static int drain_worker(char **words)
{
	return talk(HTTPQ_CMD_WORKER_DRAIN, "drain", words);
}

static int detach_worker(char **words)
{
	if (words[0] && no_more_words(words + 1))
		return -1;
	return talk(HTTPQ_CMD_WORKER_DETACH, "detach", words);
}

/* A request about the queue of a name, or NULL after an error line. */
static struct nl_msg *queue_message(int cmd, int flags, const char *queue)
{
	static const struct param param = { "NAME",
					    .attr = HTTPQ_A_QUEUE_NAME };
	struct nl_msg *msg = nl_message(cmd, flags);

	if (!put_queue_name(msg, &param, queue))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* A name that is mistyped is not a queue without workers. */
static int check_queue(const char *name)
{
	struct nl_msg *msg = queue_message(HTTPQ_CMD_QUEUE_GET, 0, name);
	char what[96];

	snprintf(what, sizeof(what), "worker show %s", name);
	return msg ? request(msg, NULL, what, queue_hints) : -1;
}

static int show_workers(char **words)
{
	struct nl_rows rows = { 0 };
	int err;

	if (!words[0])
		return show_all(HTTPQ_CMD_WORKER_GET, worker_columns,
				"worker show");
	if (no_more_words(words + 1) || check_queue(words[0]))
		return -1;
	err = request(queue_message(HTTPQ_CMD_WORKER_GET, NLM_F_DUMP, words[0]),
		      &rows, "worker show", NULL);
	if (!err)
		print_rows(worker_columns, &rows);
	nl_rows_free(&rows);
	return err;
}

static const struct verb verbs[] = {
	{ "show", show_workers },
	{ "drain", drain_worker },
	{ "detach", detach_worker },
	{}
};

const struct object worker_object = { "worker", verbs, NULL, help };
