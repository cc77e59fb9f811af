// SPDX-License-Identifier: GPL-2.0
/*
 * Shows two objects, one with every attribute and one without any: as a table,
 * or by an argument as "json", as "pretty" JSON with line breaks, as "lines" of
 * events, as "objects" of events.
 */
#include <arpa/inet.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <string.h>
#include <unistd.h>

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
	{ "KEEP", "keepalive", OUT_NO_FLAG, .attr = HTTPQ_A_NO_KEEPALIVE },
	{ "POOL", "pool", OUT_SWITCH, .attr = HTTPQ_A_POOL },
	{ "LOG-ID", "request_id", OUT_HEX, .attr = HTTPQ_A_REQUEST_ID },
	{ "PID", "pid", OUT_PID, .attr = HTTPQ_A_PID },
	{ "COMMAND", "command", OUT_COMMAND, .attr = HTTPQ_A_PID },
	{ "REQUEST", "request", OUT_BYTES, .attr = HTTPQ_A_REQUEST_LINE },
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
	nla_put_flag(msg, HTTPQ_A_NO_KEEPALIVE);
	nla_put_u8(msg, HTTPQ_A_POOL, 1);
	nla_put_u64(msg, HTTPQ_A_REQUEST_ID, 0x1200000003);
	nla_put_u32(msg, HTTPQ_A_PID, getpid());
	nla_put(msg, HTTPQ_A_REQUEST_LINE, 8, "GET\0/\n\xff ");
	return msg;
}

/* A process that is not known has the number 0. */
static struct nl_msg *bare_row(void)
{
	struct nl_msg *msg = new_row();

	nla_put_u32(msg, HTTPQ_A_PID, 0);
	return msg;
}

static void show_event(struct nl_msg *msg, const char *form)
{
	if (!strcmp(form, "lines"))
		out_line(stdout, "row-new", columns, msg);
	else
		out_object(stdout, "row-new", columns, msg, false);
}

int main(int argc, char **argv)
{
	struct nl_msg *msgs[] = { full_row(), bare_row() };
	struct nl_rows rows = { .msgs = msgs, .nr = 2 };

	if (argc < 2)
		out_table(stdout, columns, &rows);
	else if (!strcmp(argv[1], "json") || !strcmp(argv[1], "pretty"))
		out_json(stdout, columns, &rows, !strcmp(argv[1], "pretty"));
	else
		for (size_t i = 0; i < rows.nr; i++)
			show_event(msgs[i], argv[1]);
	nlmsg_free(msgs[0]);
	nlmsg_free(msgs[1]);
	return 0;
}
