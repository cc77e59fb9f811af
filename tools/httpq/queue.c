// SPDX-License-Identifier: GPL-2.0
/* httpq queue: the queues that requests wait in for workers. */
#include <errno.h>
#include <grp.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define MODE_MAX	0666

static const char help[] =
"Usage: httpq queue add NAME [ SETTINGS ]\n"
"       httpq queue set NAME [ SETTINGS ] [ state STATE ]\n"
"       httpq queue drain NAME [ DEADLINE_MS ]\n"
"       httpq queue del NAME\n"
"       httpq queue [ show [ NAME ] ]\n"
"\n"
"SETTINGS := [ owner { UID | USER } ] [ group { GID | GROUP } ] [ mode OCTAL ]\n"
"            [ max-queued N ] [ max-inflight N ]\n"
"            [ redeliver { never | idempotent | any } ] [ answer-timeout MS ]\n"
"            [ hold BYTES ] [ affinity { on | off } ] [ pool { on | off } ]\n"
"STATE    := { running | paused | stopped | offline }\n";

/* By enum httpq_queue_state. */
static const char *const state_words[] = { "running", "paused", "stopped",
					   "offline", NULL };
/* By enum httpq_redeliver. */
static const char *const redeliver_words[] = { "idempotent", "never", "any",
					       NULL };

static const struct out_column columns[] = {
	{ "NAME", "name", OUT_STRING, .attr = HTTPQ_A_QUEUE_NAME },
	{ "STATE", "state", OUT_WORD, .attr = HTTPQ_A_QUEUE_STATE,
	  .words = state_words },
	{ "OWNER", "uid", OUT_UID, .attr = HTTPQ_A_QUEUE_UID },
	{ "GROUP", "gid", OUT_GID, .attr = HTTPQ_A_QUEUE_GID },
	{ "MODE", "mode", OUT_MODE, .attr = HTTPQ_A_QUEUE_MODE },
	{ "WORKERS", "workers", OUT_NUMBER, .attr = HTTPQ_A_WORKERS },
	{ "QUEUED", "queued", OUT_NUMBER, .attr = HTTPQ_A_QUEUED },
	{ "MAX", "max_queued", OUT_NUMBER, .attr = HTTPQ_A_MAX_QUEUED },
	{ "INFLIGHT", "inflight", OUT_NUMBER, .attr = HTTPQ_A_INFLIGHT },
	{ "MAX", "max_inflight", OUT_NUMBER, .attr = HTTPQ_A_MAX_INFLIGHT },
	{ "ARRIVED", "arrived", OUT_NUMBER, .attr = HTTPQ_A_ARRIVED },
	{ "REJECTED", "rejected", OUT_NUMBER, .attr = HTTPQ_A_REJECTED },
	{ "REDELIVER", "redeliver", OUT_WORD, .attr = HTTPQ_A_REDELIVER,
	  .words = redeliver_words },
	{ "ANSWER", "answer_timeout_ms", OUT_TIME, .attr = HTTPQ_A_ANSWER_MS },
	{ "HOLD", "hold_bytes", OUT_NUMBER, .attr = HTTPQ_A_HOLD_BYTES },
	{ "AFFINITY", "affinity", OUT_SWITCH, .attr = HTTPQ_A_AFFINITY },
	{ "POOL", "pool", OUT_SWITCH, .attr = HTTPQ_A_POOL },
	{}
};

static const struct hint hints[] = {
	{ EEXIST, "there is such a queue already",
	  "change it with 'httpq queue set'" },
	{ ENOENT, "no such queue", "'httpq queue show' lists them" },
	{ EPERM, "only its owner and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ EACCES, "only its owner and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ ERANGE, "out of range", "httpq(8) has the limits" },
	{ EDQUOT, "this user has too many queues",
	  "delete one with 'httpq queue del'" },
	{ 0 }
};

/* Also with a number, which need not be of a known user. */
static int put_uid(struct nl_msg *msg, const struct param *param,
		   const char *value)
{
	const struct passwd *user = getpwnam(value);
	uint64_t id = user ? user->pw_uid : 0;

	if (!user && (value[0] < '0' || value[0] > '9'))
		return fail("there is no user '%s'", value);
	if (!user && parse_number(param->name, value, UINT32_MAX - 1, &id))
		return -1;
	return nla_put_u32(msg, param->attr, id);
}

static int put_gid(struct nl_msg *msg, const struct param *param,
		   const char *value)
{
	const struct group *group = getgrnam(value);
	uint64_t id = group ? group->gr_gid : 0;

	if (!group && (value[0] < '0' || value[0] > '9'))
		return fail("there is no group '%s'", value);
	if (!group && parse_number(param->name, value, UINT32_MAX - 1, &id))
		return -1;
	return nla_put_u32(msg, param->attr, id);
}

static int put_mode(struct nl_msg *msg, const struct param *param,
		    const char *value)
{
	unsigned long mode = strtoul(value, NULL, 8);

	if (!value[0] || value[strspn(value, "01234567")] ||
	    mode & ~(unsigned long)MODE_MAX)
		return fail("mode '%s' is not made of the octal bits 0666",
			    value);
	return nla_put_u32(msg, param->attr, mode);
}

/* One policy has two names. */
static int put_redeliver(struct nl_msg *msg, const struct param *param,
			 const char *value)
{
	bool other = !strcmp(value, "any-untouched");

	return put_word(msg, param, other ? "any" : value);
}

/* The first one is for "set" only. */
static const struct param set_params[] = {
	{ "state", HTTPQ_A_QUEUE_STATE, .put = put_word, .words = state_words },
	{ "owner", HTTPQ_A_QUEUE_UID, .put = put_uid },
	{ "group", HTTPQ_A_QUEUE_GID, .put = put_gid },
	{ "mode", HTTPQ_A_QUEUE_MODE, .put = put_mode },
	{ "max-queued", HTTPQ_A_MAX_QUEUED, .put = put_u32 },
	{ "max-inflight", HTTPQ_A_MAX_INFLIGHT, .put = put_u32 },
	{ "redeliver", HTTPQ_A_REDELIVER, .put = put_redeliver,
	  .words = redeliver_words },
	{ "answer-timeout", HTTPQ_A_ANSWER_MS, .put = put_u32 },
	{ "hold", HTTPQ_A_HOLD_BYTES, .put = put_u32 },
	{ "affinity", HTTPQ_A_AFFINITY, .put = put_word,
	  .words = switch_words },
	{ "pool", HTTPQ_A_POOL, .put = put_word, .words = switch_words },
	{}
};

static const struct param *const add_params = set_params + 1;

/*
 * Sends a command about the queue that the first word names. Without @params
 * a deadline may follow.
 */
static int talk(int cmd, const char *verb, const struct param *params,
		char **words, struct nl_rows *rows)
{
	static const struct param name = { "NAME", .attr = HTTPQ_A_QUEUE_NAME };
	struct nl_msg *msg;
	char what[128];

	if (!words[0])
		return fail("queue %s needs the name of a queue; see 'httpq queue help'",
			    verb);
	msg = nl_message(cmd, 0);
	if (put_queue_name(msg, &name, words[0]) ||
	    (params ? put_params(msg, params, words + 1) :
		      put_deadline(msg, words + 1))) {
		nlmsg_free(msg);
		return -1;
	}
	snprintf(what, sizeof(what), "queue %s %s", verb, words[0]);
	return request(msg, rows, what, hints);
}

static int add_queue(char **words)
{
	return talk(HTTPQ_CMD_QUEUE_NEW, "add", add_params, words, NULL);
}

static int set_queue(char **words)
{
	if (words[0] && !words[1])
		return fail("queue set %s: nothing to set; see 'httpq queue help'",
			    words[0]);
	return talk(HTTPQ_CMD_QUEUE_SET, "set", set_params, words, NULL);
}

static int del_queue(char **words)
{
	if (words[0] && no_more_words(words + 1))
		return -1;
	return talk(HTTPQ_CMD_QUEUE_DEL, "del", NULL, words, NULL);
}

static int drain_queue(char **words)
{
	return talk(HTTPQ_CMD_QUEUE_DRAIN, "drain", NULL, words, NULL);
}

static int show_queues(char **words)
{
	struct nl_rows rows = { 0 };
	int err;

	if (!words[0])
		return show_all(HTTPQ_CMD_QUEUE_GET, columns, "queue show");
	if (no_more_words(words + 1))
		return -1;
	err = talk(HTTPQ_CMD_QUEUE_GET, "show", NULL, words, &rows);
	if (!err)
		print_rows(columns, &rows);
	nl_rows_free(&rows);
	return err;
}

static const struct verb verbs[] = {
	{ "add", add_queue },
	{ "set", set_queue },
	{ "del", del_queue },
	{ "drain", drain_queue },
	{ "show", show_queues },
	{}
};

const struct object queue_object = { "queue", verbs, NULL, help };
