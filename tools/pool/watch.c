// SPDX-License-Identifier: GPL-2.0
/* Events of the module: a netlink socket of its own. */
#include <errno.h>
#include <linux/httpq.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/epoll.h>

#include "kernel.h"
#include "say.h"

static struct nl_sock *sock;
static sd_event_source *source;
static struct kernel_events events;

static int on_message(struct nl_msg *msg, void *arg)
{
	const struct genlmsghdr *hdr = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *tb[HTTPQ_A_MAX + 1];
	bool *workers = arg;

	switch (hdr->cmd) {
	case HTTPQ_CMD_WORKER_NEW:
	case HTTPQ_CMD_WORKER_SET:
	case HTTPQ_CMD_WORKER_DEL:
		*workers = true;
		break;
	case HTTPQ_CMD_ZOMBIE_SET:
		genlmsg_parse(nlmsg_hdr(msg), 0, tb, HTTPQ_A_MAX, NULL);
		events.zombie(events.arg,
			      tb[HTTPQ_A_WORKER] ?
				      nla_get_u64(tb[HTTPQ_A_WORKER]) : 0,
			      tb[HTTPQ_A_PID] ?
				      (pid_t)nla_get_u32(tb[HTTPQ_A_PID]) : 0);
		break;
	}
	return NL_OK;
}

/* What was lost when there were too many is looked up with the next dump. */
static int on_readable(sd_event_source *s, int fd, uint32_t revents,
		       void *workers)
{
	int err;

	(void)s;
	(void)fd;
	(void)revents;
	do {
		err = nl_recvmsgs_default(sock);
	} while (!err);
	if (err == -NLE_NOMEM || err == -NLE_MSG_OVERFLOW)
		*(bool *)workers = true;
	if (*(bool *)workers)
		events.workers(events.arg);
	*(bool *)workers = false;
	return 0;
}

static int join(void)
{
	int group;

	if (genl_connect(sock) < 0)
		return -1;
	group = genl_ctrl_resolve_grp(sock, HTTPQ_GENL_NAME,
				      HTTPQ_GENL_EVENTS);
	if (group < 0 || nl_socket_add_membership(sock, group) < 0)
		return -1;
	nl_socket_disable_seq_check(sock);
	return nl_socket_set_nonblocking(sock);
}

/**
 * kernel_watch - have events reported
 * @event: the loop.
 * @what: whom to call; copied.
 *
 * Returns 0, or -1 after an error line.
 */
int kernel_watch(sd_event *event, const struct kernel_events *what)
{
	static bool workers;

	events = *what;
	sock = must(nl_socket_alloc());
	if (join()) {
		say_error("can't listen to the kernel module: is it loaded, and new enough?");
		return -1;
	}
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_message,
			    &workers);
	return sd_event_add_io(event, &source, nl_socket_get_fd(sock), EPOLLIN,
			       on_readable, &workers);
}

void kernel_unwatch(void)
{
	sd_event_source_disable_unref(source);
	nl_socket_free(sock);
}
