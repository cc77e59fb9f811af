// SPDX-License-Identifier: GPL-2.0
/* The transport: one socket, one request at a time. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* setns() */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/httpq.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd.h"
#include "nl.h"

/* How often a dump is repeated that changed while it was read. */
#define DUMP_TRIES	5

static struct nl_sock *sock;
static int family;
static char kernel_text[256];

/**
 * struct answer - what has come of a request so far
 * @rows: where messages go, or NULL if none is expected.
 * @done: the last message was seen.
 * @err: 0 or the negative error number that the kernel gave.
 */
struct answer {
	struct nl_rows *rows;
	bool done;
	int err;
};

static void die_no_memory(void)
{
	fail("out of memory");
	exit(EXIT_FAILURE);
}

/**
 * nl_message - begin a request
 * @cmd: HTTPQ_CMD_*.
 * @flags: NLM_F_DUMP or 0.
 *
 * Needs no open socket, so that the arguments are checked before anything is
 * asked of the kernel. Returns a message that nl_talk() consumes.
 */
struct nl_msg *nl_message(int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(2 * HTTPQ_URL_MAX);

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, 0, 0, flags,
				 cmd, HTTPQ_GENL_VERSION))
		die_no_memory();
	return msg;
}

static int no_netns(const char *name, bool is_path)
{
	if (errno == ENOENT && !is_path)
		return fail("no network namespace '%s' ('ip netns' lists them)",
			    name);
	return fail("can't open network namespace '%s': %s", name,
		    strerror(errno));
}

/**
 * nl_enter - enter a network namespace
 * @name: its name or path.
 *
 * Returns 0, or -1 after it has said what is wrong.
 */
int nl_enter(const char *name)
{
	bool is_path = strchr(name, '/');
	char path[PATH_MAX];
	int fd, err;

	snprintf(path, sizeof(path), "%s%s", is_path ? "" : "/run/netns/",
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return no_netns(name, is_path);
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (err == EPERM)
		return fail("entering a network namespace needs CAP_SYS_ADMIN (run as root)");
	if (err == EINVAL)
		return fail("'%s' is not a network namespace", name);
	return err ? fail("can't enter '%s': %s", name, strerror(err)) : 0;
}

static void want_kernel_text(void)
{
	int fd = nl_socket_get_fd(sock);
	int one = 1;

	/* Both only make errors clearer or cheaper: no matter if they fail. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
}

/**
 * nl_open - connect to the kernel module
 * @netns: name or path of a network namespace to enter first, or NULL.
 *
 * Returns 0, or -1 after it has said what is wrong.
 */
int nl_open(const char *netns)
{
	int err;

	if (sock)
		return 0;
	if (netns && nl_enter(netns))
		return -1;
	sock = nl_socket_alloc();
	if (!sock)
		die_no_memory();
	err = genl_connect(sock);
	if (err)
		return fail("can't open a netlink socket: %s",
			    nl_geterror(err));
	family = genl_ctrl_resolve(sock, HTTPQ_GENL_NAME);
	if (family == -NLE_OBJ_NOTFOUND)
		return fail("kernel module not loaded (modprobe httpq)");
	if (family < 0)
		return fail("can't find the kernel module: %s",
			    nl_geterror(family));
	want_kernel_text();
	return 0;
}

/* Keeps the kernel's words from the attributes that follow an error. */
static void save_kernel_text(const struct nlmsghdr *hdr, size_t skip)
{
	struct nlattr *tb[NLMSGERR_ATTR_MSG + 1];
	int len = hdr->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(skip);
	struct nlattr *head =
		(void *)((char *)hdr + NLMSG_HDRLEN + NLMSG_ALIGN(skip));

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS) || len <= 0)
		return;
	if (nla_parse(tb, NLMSGERR_ATTR_MSG, head, len, NULL))
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		nla_strlcpy(kernel_text, tb[NLMSGERR_ATTR_MSG],
			    sizeof(kernel_text));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *msg, void *arg)
{
	const struct nlmsghdr *hdr =
		(const struct nlmsghdr *)((char *)msg - NLMSG_HDRLEN);
	size_t skip = sizeof(*msg);
	struct answer *answer = arg;

	(void)from;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += msg->msg.nlmsg_len - NLMSG_HDRLEN;
	save_kernel_text(hdr, skip);
	answer->err = msg->error;
	answer->done = true;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;

	(void)msg;
	answer->done = true;
	return NL_STOP;
}

/* The end of a dump carries the error that broke it off. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct answer *answer = arg;
	int err = 0;

	if (nlmsg_datalen(hdr) >= (int)sizeof(err))
		memcpy(&err, nlmsg_data(hdr), sizeof(err));
	if (err < 0) {
		save_kernel_text(hdr, sizeof(err));
		answer->err = err;
	}
	answer->done = true;
	return NL_STOP;
}

static void add_row(struct nl_rows *rows, struct nl_msg *msg)
{
	if (rows->nr == rows->room) {
		rows->room = rows->room ? 2 * rows->room : 64;
		rows->msgs =
			realloc(rows->msgs, rows->room * sizeof(*rows->msgs));
		if (!rows->msgs)
			die_no_memory();
	}
	nlmsg_get(msg);
	rows->msgs[rows->nr++] = msg;
}

static int on_row(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;

	if (answer->rows)
		add_row(answer->rows, msg);
	return NL_OK;
}

/* Drops the rows, so that the list can be filled again. */
void nl_rows_free(struct nl_rows *rows)
{
	for (size_t i = 0; i < rows->nr; i++)
		nlmsg_free(rows->msgs[i]);
	free(rows->msgs);
	memset(rows, 0, sizeof(*rows));
}

static struct nl_cb *answer_callbacks(struct answer *answer)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		die_no_memory();
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, answer);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, answer);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, answer);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_row, answer);
	return cb;
}

/* The errors of the library that an error number says as well. */
static int library_error(int err)
{
	switch (-err) {
	case NLE_NOMEM:
	case NLE_MSG_TRUNC:
		return -ENOBUFS;
	default:
		return -EIO;
	}
}

/* Sends @msg and takes the whole answer. Returns 1 for an inconsistent dump. */
static int talk_once(struct nl_msg *msg, struct nl_rows *rows)
{
	struct answer answer = { .rows = rows };
	struct nl_cb *cb;
	int err;

	kernel_text[0] = '\0';
	nlmsg_hdr(msg)->nlmsg_type = family;
	nlmsg_hdr(msg)->nlmsg_seq = NL_AUTO_SEQ;
	err = nl_send_auto(sock, msg);
	if (err < 0)
		return library_error(err);
	cb = answer_callbacks(&answer);
	err = 0;
	while (!answer.done && err >= 0)
		err = nl_recvmsgs(sock, cb);
	nl_cb_put(cb);
	if (answer.err)
		return answer.err;
	if (err == -NLE_DUMP_INTR)
		return 1;
	return err < 0 ? library_error(err) : 0;
}

/**
 * nl_talk - send a request and wait for all of its answer
 * @msg: from nl_message(); consumed.
 * @rows: takes what the kernel sends besides the acknowledgment, or NULL.
 *
 * A dump that changed while it was read is read again; if that never ends the
 * last one counts. Returns 0 or a negative error number; nl_kernel_text() may
 * then say more.
 */
int nl_talk(struct nl_msg *msg, struct nl_rows *rows)
{
	int tries = DUMP_TRIES;
	int err;

	do {
		if (rows)
			nl_rows_free(rows);
		err = talk_once(msg, rows);
	} while (err > 0 && --tries);
	nlmsg_free(msg);
	return err > 0 ? 0 : err;
}

/**
 * struct listening - what hears events
 * @hear: is called for each.
 * @err: what it returned last.
 */
struct listening {
	int (*hear)(struct nl_msg *msg);
	int err;
};

static int on_event(struct nl_msg *msg, void *arg)
{
	struct listening *listening = arg;

	listening->err = listening->hear(msg);
	return listening->err ? NL_STOP : NL_OK;
}

static int join(const char *group)
{
	int id = genl_ctrl_resolve_grp(sock, HTTPQ_GENL_NAME, group);
	int err;

	if (id < 0)
		return fail("the loaded module tells no events; update the module");
	err = nl_socket_add_membership(sock, id);
	if (err == -NLE_PERM)
		return fail("needs CAP_NET_ADMIN; run as root");
	return err ? fail("can't listen: %s", nl_geterror(err)) : 0;
}

/**
 * nl_listen - hear the messages of a multicast group, without end
 * @group: its name. The socket is open; it can't be used for requests then.
 * @hear: gets each message; if it does not return 0 that is the end.
 *
 * Returns -1 after it, or @hear, has said what is wrong.
 */
int nl_listen(const char *group, int (*hear)(struct nl_msg *msg))
{
	struct listening listening = { .hear = hear };
	int err;

	if (join(group))
		return -1;
	nl_socket_disable_seq_check(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_event,
			    &listening);
	while (!listening.err) {
		err = nl_recvmsgs_default(sock);
		if (err == -NLE_NOMEM)
			fail("some events were lost: they came too fast");
		else if (err < 0)
			return fail("can't listen: %s", nl_geterror(err));
	}
	return -1;
}

/* What the kernel said about the last error, or NULL. */
const char *nl_kernel_text(void)
{
	return kernel_text[0] ? kernel_text : NULL;
}
