// SPDX-License-Identifier: GPL-2.0
/* httpq conn: the connections of clients. */
#include <linux/httpq.h>

#include "cmd.h"

static const char help[] =
"Usage: httpq conn [ show ]\n";

static const struct out_column columns[] = {
	{ "ID", "id", OUT_NUMBER, .attr = HTTPQ_A_ID },
	{ "STATE", "state", OUT_STRING, .attr = HTTPQ_A_CONN_STATE },
	{ "REQUESTS", "requests", OUT_NUMBER, .attr = HTTPQ_A_REQUESTS },
	{ "AGE", "age_ms", OUT_TIME, .attr = HTTPQ_A_AGE_MS },
	{ "LOCAL", "local_addr", OUT_ADDR, HTTPQ_A_ADDR,
	  .key2 = "local_port", .attr2 = HTTPQ_A_PORT },
	{ "PEER", "peer_addr", OUT_ADDR, HTTPQ_A_PEER_ADDR,
	  .key2 = "peer_port", .attr2 = HTTPQ_A_PEER_PORT },
	{}
};

static int show_conns(char **words)
{
	if (no_more_words(words))
		return -1;
	return show_all(HTTPQ_CMD_CONN_GET, columns, "conn show");
}

static const struct verb verbs[] = {
	{ "show", show_conns },
	{}
};

const struct object conn_object = { "conn", verbs, NULL, help };
