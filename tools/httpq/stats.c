// SPDX-License-Identifier: GPL-2.0
/* httpq stats: the counters of the network namespace. */
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "cmd.h"

static const char help[] =
"Usage: httpq stats [ show ] [ NAME ]\n";

static const struct out_column columns[] = {
	{ "NAME", "name", OUT_STRING, .attr = HTTPQ_A_STAT_NAME },
	{ "VALUE", "value", OUT_NUMBER, .attr = HTTPQ_A_STAT_VALUE },
	{}
};

static bool is_named(struct nl_msg *msg, const char *name)
{
	struct nlattr *attr = genlmsg_attrdata(nlmsg_data(nlmsg_hdr(msg)), 0);
	int len = genlmsg_attrlen(nlmsg_data(nlmsg_hdr(msg)), 0);

	attr = nla_find(attr, len, HTTPQ_A_STAT_NAME);
	return attr && !nla_strcmp(attr, name);
}

/* Prints the one counter; the kernel only sends all of them. */
static int print_named(const struct nl_rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->nr; i++) {
		struct nl_rows one = { .msgs = &rows->msgs[i], .nr = 1 };

		if (!is_named(rows->msgs[i], name))
			continue;
		print_rows(columns, &one);
		return 0;
	}
	return fail("stats show: no counter '%s'; 'httpq stats' lists them",
		    name);
}

static int show_stats(char **words)
{
	struct nl_rows rows = { 0 };
	int err;

	if (!words[0])
		return show_all(HTTPQ_CMD_STATS_GET, columns, "stats show");
	if (no_more_words(words + 1))
		return -1;
	err = request(nl_message(HTTPQ_CMD_STATS_GET, NLM_F_DUMP), &rows,
		      "stats show", NULL);
	if (!err)
		err = print_named(&rows, words[0]);
	nl_rows_free(&rows);
	return err;
}

static const struct verb verbs[] = {
	{ "show", show_stats },
	{}
};

const struct object stats_object = { "stats", verbs, show_stats, help };
