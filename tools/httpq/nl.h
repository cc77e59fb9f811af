/* SPDX-License-Identifier: GPL-2.0 */
/* The transport: generic netlink requests to the family "httpq". */
#ifndef _HTTPQ_NL_H
#define _HTTPQ_NL_H

#include <netlink/msg.h>
#include <stddef.h>

/**
 * struct nl_rows - the messages that answered a request
 * @msgs: one per object, each with a reference.
 * @nr: how many.
 * @room: for how many @msgs has room.
 */
struct nl_rows {
	struct nl_msg **msgs;
	size_t nr;
	size_t room;
};

struct nl_msg *nl_message(int cmd, int flags);
int nl_enter(const char *name);
int nl_open(const char *netns);
int nl_listen(const char *group, int (*hear)(struct nl_msg *msg));
int nl_talk(struct nl_msg *msg, struct nl_rows *rows);
const char *nl_kernel_text(void);
void nl_rows_free(struct nl_rows *rows);

#endif /* _HTTPQ_NL_H */
