// SPDX-License-Identifier: GPL-2.0
/* httpq listener: the sockets that listen for connections. */
#include <errno.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <stdio.h>

#include "cmd.h"

static const char help[] =
"Usage: httpq listener set PORT engine { softirq | process }\n"
"       httpq listener [ show ]\n";

/* By enum httpq_engine. */
static const char *const engine_words[] = { "softirq", "process", NULL };

static const struct out_column columns[] = {
	{ "LOCAL", "addr", OUT_ADDR, HTTPQ_A_ADDR, .key2 = "port",
	  .attr2 = HTTPQ_A_PORT },
	{ "ENGINE", "engine", OUT_WORD, .attr = HTTPQ_A_ENGINE,
	  .words = engine_words },
	{ "CONNS", "conns", OUT_NUMBER, .attr = HTTPQ_A_CONNS },
	{}
};

static const struct hint set_hints[] = {
	{ ENOENT, "nothing listens on this port",
	  "'httpq listener show' lists the ports" },
	{ 0 }
};

static const struct param set_params[] = {
	{ "engine", HTTPQ_A_ENGINE, .put = put_word, .required = true,
	  .words = engine_words },
	{}
};

static int set_listener(char **words)
{
	struct nl_msg *msg;
	uint64_t port;
	char what[32];

	if (!words[0])
		return fail("listener set needs a port; see 'httpq listener help'");
	if (parse_number("port", words[0], UINT16_MAX, &port))
		return -1;
	msg = nl_message(HTTPQ_CMD_LISTENER_SET, 0);
	if (nla_put_u16(msg, HTTPQ_A_PORT, port) ||
	    put_params(msg, set_params, words + 1)) {
		nlmsg_free(msg);
		return -1;
	}
	snprintf(what, sizeof(what), "listener set %u", (unsigned int)port);
	return request(msg, NULL, what, set_hints);
}

static int show_listeners(char **words)
{
	if (no_more_words(words))
		return -1;
	return show_all(HTTPQ_CMD_LISTENER_GET, columns, "listener show");
}

static const struct verb verbs[] = {
	{ "set", set_listener },
	{ "show", show_listeners },
	{}
};

const struct object listener_object = { "listener", verbs, NULL, help };
