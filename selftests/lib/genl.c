// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "genl.h"
#include "peer.h"
#include "raw.h"

/* Small, so that a dump of some rows comes in parts. */
#define RECEIVE 4096

static const struct nlattr *next_attr(const struct nlattr *at)
{
	return (const void *)((const char *)at + NLA_ALIGN(at->nla_len));
}

static bool is_attr(const struct nlattr *at, const void *end)
{
	size_t left = (const char *)end - (const char *)at;

	return (const void *)at < end && left >= sizeof(*at) &&
	       at->nla_len >= sizeof(*at) && at->nla_len <= left;
}

static const void *attr_data(const struct nlattr *at)
{
	return (const char *)at + NLA_HDRLEN;
}

static int attr_type(const struct nlattr *at)
{
	return at->nla_type & NLA_TYPE_MASK;
}

static const void *message_end(const struct nlmsghdr *head)
{
	return (const char *)head + head->nlmsg_len;
}

/* Behind the header of generic netlink. */
static const struct nlattr *message_attrs(const struct nlmsghdr *head)
{
	return (const void *)((const char *)NLMSG_DATA(head) + GENL_HDRLEN);
}

static void store(const struct nlmsghdr *head, struct genl_row *row)
{
	const struct genlmsghdr *genl = NLMSG_DATA(head);
	const void *end = message_end(head);
	const struct nlattr *at;
	size_t used = 0;

	memset(row, 0, sizeof(*row));
	row->cmd = genl->cmd;
	for (at = message_attrs(head); is_attr(at, end); at = next_attr(at)) {
		size_t len = at->nla_len - NLA_HDRLEN;

		if (attr_type(at) > HTTPQ_A_MAX ||
		    used + len > sizeof(row->bytes)) {
			fprintf(stderr, "attribute %d, %zu bytes\n",
				attr_type(at), len);
			exit(1);
		}
		memcpy(row->bytes + used, attr_data(at), len);
		row->data[attr_type(at)] = row->bytes + used;
		row->len[attr_type(at)] = len;
		used += NLA_ALIGN(len);
	}
}

void genl_begin(struct genl_request *r, uint8_t cmd)
{
	memset(r, 0, sizeof(*r));
	r->head.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	r->genl.cmd = cmd;
	r->genl.version = HTTPQ_GENL_VERSION;
}

void genl_put(struct genl_request *r, uint16_t attr, const void *data,
	      size_t len)
{
	struct nlattr *at = (void *)((char *)r + r->head.nlmsg_len);

	at->nla_type = attr;
	at->nla_len = NLA_HDRLEN + len;
	memcpy((char *)at + NLA_HDRLEN, data, len);
	r->head.nlmsg_len += NLA_ALIGN(at->nla_len);
}

void genl_put_u8(struct genl_request *r, uint16_t attr, uint8_t value)
{
	genl_put(r, attr, &value, sizeof(value));
}

void genl_put_u32(struct genl_request *r, uint16_t attr, uint32_t value)
{
	genl_put(r, attr, &value, sizeof(value));
}

void genl_put_u64(struct genl_request *r, uint16_t attr, uint64_t value)
{
	genl_put(r, attr, &value, sizeof(value));
}

void genl_put_text(struct genl_request *r, uint16_t attr, const char *text)
{
	genl_put(r, attr, text, strlen(text) + 1);
}

static int transmit(struct genl *g, struct genl_request *r, uint16_t flags)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	r->head.nlmsg_type = g->family;
	r->head.nlmsg_flags = NLM_F_REQUEST | flags;
	return sendto(g->fd, r, r->head.nlmsg_len, 0,
		      g->named ? (void *)&kernel : NULL,
		      g->named ? sizeof(kernel) : 0) < 0 ? -errno : 0;
}

/* Its text follows the message that it is about, unless that was left out. */
static int take_error(struct genl *g, const struct nlmsghdr *head)
{
	const struct nlmsgerr *error = NLMSG_DATA(head);
	const char *at = (const char *)(error + 1);
	const void *end = message_end(head);
	const struct nlattr *attr;

	if (!(head->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	attr = (const void *)at;
	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS))
		end = at;
	for (; is_attr(attr, end); attr = next_attr(attr))
		if (attr_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(g->text, sizeof(g->text), "%s",
				 (const char *)attr_data(attr));
	return error->error;
}

/* What the answers to one request are put into. */
struct answer {
	struct genl_row *rows;
	int max;
	int nr;
	bool done;
};

static int take_message(struct genl *g, const struct nlmsghdr *head,
			struct answer *a)
{
	if (head->nlmsg_flags & NLM_F_DUMP_INTR)
		g->interrupted = true;
	switch (head->nlmsg_type) {
	case NLMSG_ERROR:
		a->done = true;
		return take_error(g, head);
	case NLMSG_DONE:
		a->done = true;
		return 0;
	}
	if (a->nr < a->max)
		store(head, &a->rows[a->nr]);
	a->nr++;
	return 0;
}

static int answer_wait(struct genl *g, int timeout_ms)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms);
}

static int take_part(struct genl *g, struct answer *a)
{
	char buf[RECEIVE] __attribute__((aligned(8)));
	const struct nlmsghdr *head;
	int err = 0, len;

	if (answer_wait(g, PEER_TIMEOUT) != 1)
		return -ETIMEDOUT;
	len = recv(g->fd, buf, sizeof(buf), 0);
	if (len < 0)
		return -errno;
	g->parts++;
	for (head = (void *)buf; !err && NLMSG_OK(head, len);
	     head = NLMSG_NEXT(head, len))
		err = take_message(g, head, a);
	return err;
}

static int talk(struct genl *g, struct genl_request *r, uint16_t flags,
		struct answer *a)
{
	int err = transmit(g, r, flags);

	g->text[0] = 0;
	g->parts = 0;
	g->interrupted = false;
	while (!err && !a->done) {
		err = take_part(g, a);
		if (g->between && g->parts == 1 && !a->done)
			g->between();
	}
	return err;
}

int genl_do(struct genl *g, struct genl_request *r)
{
	struct answer a = {};

	return talk(g, r, NLM_F_ACK, &a);
}

int genl_dump(struct genl *g, struct genl_request *r, struct genl_row *rows,
	      int max)
{
	struct answer a = { .rows = rows, .max = max };
	int err = talk(g, r, NLM_F_DUMP, &a);

	return err ? err : a.nr;
}

int genl_table(struct genl *g, uint8_t cmd, const char *queue,
	       struct genl_row *rows, int max)
{
	struct genl_request r;

	genl_begin(&r, cmd);
	if (queue)
		genl_put_text(&r, HTTPQ_A_QUEUE_NAME, queue);
	return genl_dump(g, &r, rows, max);
}

int genl_command(struct genl *g, uint8_t cmd, int64_t id, int64_t deadline_ms)
{
	struct genl_request r;

	genl_begin(&r, cmd);
	if (id >= 0)
		genl_put_u64(&r, HTTPQ_A_ID, id);
	if (deadline_ms >= 0)
		genl_put_u32(&r, HTTPQ_A_DEADLINE_MS, deadline_ms);
	return genl_do(g, &r);
}

/* What a child is to do. */
struct errand {
	struct genl *g;
	int (*with)(struct genl *g, void *arg);
	void *arg;
};

static int run_errand(void *data)
{
	struct errand *e = data;
	struct genl own;
	int err;

	if (e->g)
		return e->with(e->g, e->arg);
	err = genl_open(&own);
	return err ? err : e->with(&own, e->arg);
}

int genl_as_user(struct genl *g, uid_t uid,
		 int (*with)(struct genl *g, void *arg), void *arg)
{
	struct errand errand = { .g = g, .with = with, .arg = arg };

	return raw_as_user(uid, run_errand, &errand);
}

int genl_event(struct genl *g, struct genl_row *row, int timeout_ms)
{
	struct answer a = { .rows = row, .max = 1 };
	int err;

	if (answer_wait(g, timeout_ms) != 1)
		return 0;
	err = take_part(g, &a);
	return err ? err : a.nr;
}

/* Within CTRL_ATTR_MCAST_GROUPS. */
static void find_group(struct genl *g, const struct nlattr *groups)
{
	const void *end = (const char *)groups + groups->nla_len;
	const struct nlattr *group = attr_data(groups), *at;

	for (; is_attr(group, end); group = next_attr(group)) {
		const void *group_end = (const char *)group + group->nla_len;
		const char *name = "";
		uint32_t id = 0;

		for (at = attr_data(group); is_attr(at, group_end);
		     at = next_attr(at)) {
			if (attr_type(at) == CTRL_ATTR_MCAST_GRP_NAME)
				name = attr_data(at);
			if (attr_type(at) == CTRL_ATTR_MCAST_GRP_ID)
				memcpy(&id, attr_data(at), sizeof(id));
		}
		if (!strcmp(name, HTTPQ_GENL_EVENTS))
			g->events = id;
	}
}

static int find_family(struct genl *g)
{
	char buf[RECEIVE] __attribute__((aligned(8)));
	const struct nlmsghdr *head = (void *)buf;
	const struct nlattr *at;
	struct genl_request r;
	ssize_t len;
	int err;

	genl_begin(&r, CTRL_CMD_GETFAMILY);
	genl_put_text(&r, CTRL_ATTR_FAMILY_NAME, HTTPQ_GENL_NAME);
	g->family = GENL_ID_CTRL;
	err = transmit(g, &r, 0);
	if (err)
		return err;
	len = recv(g->fd, buf, sizeof(buf), 0);
	if (len < 0 || !NLMSG_OK(head, len))
		return -EIO;
	if (head->nlmsg_type == NLMSG_ERROR)
		return take_error(g, head);
	for (at = message_attrs(head); is_attr(at, message_end(head));
	     at = next_attr(at)) {
		if (attr_type(at) == CTRL_ATTR_FAMILY_ID)
			memcpy(&g->family, attr_data(at), sizeof(g->family));
		if (attr_type(at) == CTRL_ATTR_MCAST_GROUPS)
			find_group(g, at);
	}
	return 0;
}

int genl_open(struct genl *g)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int one = 1, err;

	memset(g, 0, sizeof(*g));
	g->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (g->fd < 0)
		return -errno;
	setsockopt(g->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(g->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	err = bind(g->fd, (void *)&addr, sizeof(addr)) ? -errno : 0;
	if (!err)
		err = find_family(g);
	if (err)
		genl_close(g);
	return err;
}

void genl_close(struct genl *g)
{
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}

int genl_listen(struct genl *g)
{
	return setsockopt(g->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			  &g->events, sizeof(g->events)) ? -errno : 0;
}

int64_t genl_number(const struct genl_row *row, uint16_t attr)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} value;

	if (!row->data[attr] || row->len[attr] > sizeof(value))
		return -1;
	memcpy(&value, row->data[attr], row->len[attr]);
	switch (row->len[attr]) {
	case sizeof(value.u8):
		return value.u8;
	case sizeof(value.u16):
		return value.u16;
	case sizeof(value.u32):
		return value.u32;
	default:
		return value.u64;
	}
}

const char *genl_text(const struct genl_row *row, uint16_t attr)
{
	static char text[sizeof(row->bytes) + 1];

	if (!row->data[attr])
		return "(none)";
	snprintf(text, sizeof(text), "%.*s", row->len[attr],
		 (const char *)row->data[attr]);
	return text;
}
