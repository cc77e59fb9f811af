// SPDX-License-Identifier: GPL-2.0
/*
 * Shows two objects, one with every attribute and one without any, as a table
 * or, with an argument, as JSON ("pretty": with line breaks).
 */
#include <arpa/inet.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "out.h"

static const char *const words[] = { "running", "paused", NULL };

static const struct out_column columns[] = {
	{ "NAME", "name", OUT_STRING, .attr = HTTPQ_A_QUEUE_NAME },
	{ "STATE", "state", OUT_WORD, HTTPQ_A_QUEUE_STATE, .words = words },
	{ "OWNER", "uid", OUT_UID, .attr = HTTPQ_A_QUEUE_UID },
	{ "GROUP", "gid", OUT_GID, .attr = HTTPQ_A_QUEUE_GID },
	{ "MODE", "mode", OUT_MODE, .attr = HTTPQ_A_QUEUE_MODE },
	{ "BIG", "arrived", OUT_NUMBER, .attr = HTTPQ_A_ARRIVED },
	{ "KEPT", "persistent", OUT_FLAG, .attr = HTTPQ_A_PERSISTENT },
	{ "AGE", "age_ms", OUT_TIME, .attr = HTTPQ_A_AGE_MS },
	{ "LOCAL", "local_addr", OUT_ADDR, HTTPQ_A_ADDR,
	  .key2 = "local_port", .attr2 = HTTPQ_A_PORT },
	{ "PEER", "peer_addr", OUT_ADDR, HTTPQ_A_PEER_ADDR,
	  .key2 = "peer_port", .attr2 = HTTPQ_A_PEER_PORT },
	{}
};

static struct nl_msg *new_row(void)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 1, 32, 0, 0, HTTPQ_CMD_QUEUE_GET,
		    HTTPQ_GENL_VERSION);
	return msg;
}

static void put_addr(struct nl_msg *msg, int attr, const char *text)
{
	unsigned char addr[16];

	inet_pton(AF_INET6, text, addr);
	nla_put(msg, attr, sizeof(addr), addr);
}

static struct nl_msg *full_row(void)
{
	struct nl_msg *msg = new_row();

	nla_put_string(msg, HTTPQ_A_QUEUE_NAME, "we\"b\n");
	nla_put_u8(msg, HTTPQ_A_QUEUE_STATE, HTTPQ_QUEUE_PAUSED);
	nla_put_u32(msg, HTTPQ_A_QUEUE_UID, 0);
	nla_put_u32(msg, HTTPQ_A_QUEUE_GID, 4294967294);
	nla_put_u32(msg, HTTPQ_A_QUEUE_MODE, 0660);
	nla_put_u64(msg, HTTPQ_A_ARRIVED, 9007199254740991);
	nla_put_flag(msg, HTTPQ_A_PERSISTENT);
	nla_put_u64(msg, HTTPQ_A_AGE_MS, 312345);
	put_addr(msg, HTTPQ_A_ADDR, "::ffff:192.0.2.1");
	nla_put_u16(msg, HTTPQ_A_PORT, 8080);
	put_addr(msg, HTTPQ_A_PEER_ADDR, "2001:db8::1");
	nla_put_u16(msg, HTTPQ_A_PEER_PORT, 50000);
	return msg;
}

int main(int argc, char **argv)
{
	struct nl_msg *msgs[] = { full_row(), new_row() };
	struct nl_rows rows = { .msgs = msgs, .nr = 2 };

	if (argc > 1)
		out_json(stdout, columns, &rows, !strcmp(argv[1], "pretty"));
	else
		out_table(stdout, columns, &rows);
	nlmsg_free(msgs[0]);
	nlmsg_free(msgs[1]);
	return 0;
}
