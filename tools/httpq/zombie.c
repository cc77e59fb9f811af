// SPDX-License-Identifier: GPL-2.0
/* httpq zombie: requests whose log record is owed although they are over. */
#include <errno.h>
#include <linux/httpq_log.h>
#include <netlink/attr.h>
#include <stdio.h>

#include "cmd.h"

static const char help[] =
"Usage: httpq zombie [ show ]\n"
"       httpq zombie reap [ ID ]\n";

/* By enum httpq_zombie_why. */
static const char *const why_words[] = { "-", "client_gone", "end_owed", NULL };

static const char *const stage_words[] = {
#define STAGE_WORD(name, text) [HTTPQ_LOG_STAGE_##name] = text,
	HTTPQ_LOG_STAGES(STAGE_WORD)
#undef STAGE_WORD
	NULL
};

static const char *const reason_words[] = {
#define REASON_WORD(name, text) [HTTPQ_LOG_REASON_##name] = text,
	HTTPQ_LOG_REASONS(REASON_WORD)
#undef REASON_WORD
	NULL
};

/* By enum httpq_zombie_left. */
static const char *const left_words[] = {
	"-", "late", "expired", "evicted", "reaped", "canceled", "abandoned",
	NULL
};

/* Those for monitor only: it is over then. */
#define MONITOR_COLUMNS 2

const struct out_column zombie_columns[] = {
	{ "LEFT", "left", OUT_WORD, .attr = HTTPQ_A_LEFT, .words = left_words },
	{ "REASON", "reason", OUT_WORD, .attr = HTTPQ_A_REASON,
	  .words = reason_words },
	{ "ID", "id", OUT_NUMBER, .attr = HTTPQ_A_ID },
	{ "AGE", "age_ms", OUT_TIME, .attr = HTTPQ_A_AGE_MS },
	{ "WHY", "why", OUT_WORD, .attr = HTTPQ_A_WHY, .words = why_words },
	{ "STAGE", "stage", OUT_WORD, .attr = HTTPQ_A_STAGE,
	  .words = stage_words },
	{ "PEER", "peer_addr", OUT_ADDR, HTTPQ_A_PEER_ADDR,
	  .key2 = "peer_port", .attr2 = HTTPQ_A_PEER_PORT },
	{ "QUEUE", "queue", OUT_STRING, .attr = HTTPQ_A_QUEUE_NAME },
	{ "WORKER", "worker", OUT_NUMBER, .attr = HTTPQ_A_WORKER },
	{ "PID", "pid", OUT_PID, .attr = HTTPQ_A_PID },
	{ "BYTES", "bytes", OUT_NUMBER, .attr = HTTPQ_A_BYTES },
	{ "LOG-ID", "request_id", OUT_HEX, .attr = HTTPQ_A_REQUEST_ID },
	{ "REQUEST", "request", OUT_BYTES, .attr = HTTPQ_A_REQUEST_LINE },
	{}
};

static const struct hint hints[] = {
	{ ENOENT, "no such zombie", "'httpq zombie show' lists them" },
	{ EPERM, "only the owner of its queue and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ 0 }
};

static int show_zombies(char **words)
{
	if (no_more_words(words))
		return -1;
	return show_all(HTTPQ_CMD_ZOMBIE_GET, zombie_columns + MONITOR_COLUMNS,
			"zombie show");
}

static int reap_zombies(char **words)
{
	struct nl_msg *msg = nl_message(HTTPQ_CMD_ZOMBIE_REAP, 0);
	char what[64];
	uint64_t id;

	if (words[0] && (no_more_words(words + 1) ||
			 parse_number("id", words[0], UINT64_MAX, &id) ||
			 nla_put_u64(msg, HTTPQ_A_ID, id))) {
		nlmsg_free(msg);
		return -1;
	}
	snprintf(what, sizeof(what), "zombie reap%s%s", words[0] ? " " : "",
		 words[0] ? words[0] : "");
	return request(msg, NULL, what, hints);
}

static const struct verb verbs[] = {
	{ "show", show_zombies },
	{ "reap", reap_zombies },
	{}
};

const struct object zombie_object = { "zombie", verbs, NULL, help };
