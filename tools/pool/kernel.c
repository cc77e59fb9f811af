// SPDX-License-Identifier: GPL-2.0
/* Requests to the module: the queue, its prefixes, its handles. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../httpq/holder.h"
#include "../httpq/nl.h"
#include "kernel.h"
#include "say.h"

#define DEFAULT_PORT	80

/* Sends a request; the connection is made with the first one. */
static int talk(struct nl_msg *msg, struct nl_rows *rows)
{
	if (nl_open(NULL)) {
		nlmsg_free(msg);
		return -ENOTCONN;
	}
	return nl_talk(msg, rows);
}

static const char *reason(int err)
{
	return nl_kernel_text() ?: strerror(-err);
}

static int complain(const char *what, const char *name, int err)
{
	if (err && err != -ENOTCONN)
		say_error("%s %s: %s", what, name, reason(err));
	return err;
}

static void parse(struct nl_msg *msg, struct nlattr **tb)
{
	genlmsg_parse(nlmsg_hdr(msg), 0, tb, HTTPQ_A_MAX, NULL);
}

static uint64_t number(const struct nlattr *attr)
{
	if (!attr)
		return 0;
	switch (nla_len(attr)) {
	case sizeof(uint8_t):
		return nla_get_u8(attr);
	case sizeof(uint16_t):
		return nla_get_u16(attr);
	case sizeof(uint32_t):
		return nla_get_u32(attr);
	case sizeof(uint64_t):
		return nla_get_u64(attr);
	default:
		return 0;
	}
}

static bool is_named(const struct nlattr *attr, const char *name)
{
	return attr && !nla_strcmp(attr, name);
}

static void put_u32(struct nl_msg *msg, int attr, int64_t value)
{
	if (value != CONFIG_UNSET)
		nla_put_u32(msg, attr, (uint32_t)value);
}

static void put_u8(struct nl_msg *msg, int attr, int64_t value)
{
	if (value != CONFIG_UNSET)
		nla_put_u8(msg, attr, (uint8_t)value);
}

static struct nl_msg *queue_message(int cmd, const char *queue)
{
	struct nl_msg *msg = nl_message(cmd, 0);

	nla_put_string(msg, HTTPQ_A_QUEUE_NAME, queue);
	return msg;
}

static struct nl_msg *options_message(int cmd, const struct config *c)
{
	struct nl_msg *msg = queue_message(cmd, c->queue);
	const struct config_queue *o = &c->options;

	put_u32(msg, HTTPQ_A_QUEUE_UID, o->uid);
	put_u32(msg, HTTPQ_A_QUEUE_GID, o->gid);
	put_u32(msg, HTTPQ_A_QUEUE_MODE, o->mode);
	put_u32(msg, HTTPQ_A_MAX_QUEUED, o->max_queued);
	put_u32(msg, HTTPQ_A_MAX_INFLIGHT, o->max_inflight);
	put_u8(msg, HTTPQ_A_REDELIVER, o->redeliver);
	put_u32(msg, HTTPQ_A_ANSWER_MS, o->answer_ms);
	put_u32(msg, HTTPQ_A_HOLD_BYTES, o->hold);
	put_u8(msg, HTTPQ_A_AFFINITY, o->affinity);
	put_u8(msg, HTTPQ_A_POOL, 1);
	return msg;
}

/**
 * kernel_make_queue - make the queue as it was configured, or change it
 * @c: the configuration.
 *
 * Returns 0, or a negative error number after an error line.
 */
int kernel_make_queue(const struct config *c)
{
	int err = talk(options_message(HTTPQ_CMD_QUEUE_NEW, c), NULL);

	if (err == -EEXIST)
		err = talk(options_message(HTTPQ_CMD_QUEUE_SET, c), NULL);
	return complain("queue", c->queue, err);
}

/* kernel_set_state - change the state of a queue */
int kernel_set_state(const char *queue, uint8_t state)
{
	struct nl_msg *msg = queue_message(HTTPQ_CMD_QUEUE_SET, queue);

	nla_put_u8(msg, HTTPQ_A_QUEUE_STATE, state);
	return complain("queue", queue, talk(msg, NULL));
}

/* kernel_read_queue - what is known of a queue */
int kernel_read_queue(const char *queue, struct kernel_queue *q)
{
	struct nlattr *tb[HTTPQ_A_MAX + 1];
	struct nl_rows rows = { 0 };
	int err;

	err = talk(queue_message(HTTPQ_CMD_QUEUE_GET, queue), &rows);
	if (!err && !rows.nr)
		err = -ENOENT;
	if (!err) {
		parse(rows.msgs[0], tb);
		*q = (struct kernel_queue){
			.state = number(tb[HTTPQ_A_QUEUE_STATE]),
			.arrived = number(tb[HTTPQ_A_ARRIVED]),
			.queued = number(tb[HTTPQ_A_QUEUED]),
			.inflight = number(tb[HTTPQ_A_INFLIGHT]),
			.max_inflight = number(tb[HTTPQ_A_MAX_INFLIGHT]),
		};
	}
	nl_rows_free(&rows);
	return complain("queue", queue, err);
}

/* The port of a URL that was checked already. */
static unsigned int port_of(const char *url)
{
	const char *host = url + strlen("http://");
	const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
	const char *colon = strpbrk(bracket ?: host, ":/");

	if (!colon || *colon == '/')
		return DEFAULT_PORT;
	return strtoul(colon + 1, NULL, 10) & 0xffff;
}

/* The form that the kernel gives a URL, but for its path. */
static char *canonical(const char *url)
{
	const char *host = url + strlen("http://");
	const char *path = strchr(host, '/');
	size_t len = strcspn(host, host[0] == '[' ? "]/" : ":/");
	char name[256], text[INET6_ADDRSTRLEN];
	struct in6_addr addr;
	char *out;

	snprintf(name, sizeof(name), "%.*s", (int)len, host);
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (name[0] == '[' && inet_pton(AF_INET6, name + 1, &addr) == 1) {
		inet_ntop(AF_INET6, &addr, text, sizeof(text));
		snprintf(name, sizeof(name), "[%s]", text);
	}
	if (asprintf(&out, "http://%s:%u%s", name, port_of(url), path) < 0)
		out = NULL;
	return must(out);
}

/* Who has a prefix already. */
enum holder { HOLDER_OTHER, HOLDER_SAME, HOLDER_DIFFERENT };

static enum holder row_holder(struct nl_msg *row, const char *url,
			      const char *queue, const struct config_bind *bind)
{
	struct nlattr *tb[HTTPQ_A_MAX + 1];

	parse(row, tb);
	if (!is_named(tb[HTTPQ_A_URL], url) || !tb[HTTPQ_A_PERSISTENT] ||
	    !is_named(tb[HTTPQ_A_QUEUE_NAME], queue))
		return HOLDER_OTHER;
	return number(tb[HTTPQ_A_CONTEXT]) == bind->context &&
	       number(tb[HTTPQ_A_SITE]) == bind->site &&
	       !tb[HTTPQ_A_NO_KEEPALIVE] == !bind->no_keepalive ?
		       HOLDER_SAME : HOLDER_DIFFERENT;
}

static enum holder find_holder(const char *queue,
			       const struct config_bind *bind)
{
	enum holder holder = HOLDER_OTHER;
	char *url = canonical(bind->url);
	struct nl_rows rows = { 0 };

	if (!talk(nl_message(HTTPQ_CMD_URL_GET, NLM_F_DUMP), &rows))
		for (size_t i = 0; !holder && i < rows.nr; i++)
			holder = row_holder(rows.msgs[i], url, queue, bind);
	nl_rows_free(&rows);
	free(url);
	return holder;
}

static int add_bind(const char *queue, const struct config_bind *bind)
{
	struct nl_msg *msg = nl_message(HTTPQ_CMD_URL_NEW, 0);

	nla_put_string(msg, HTTPQ_A_URL, bind->url);
	nla_put_string(msg, HTTPQ_A_QUEUE_NAME, queue);
	if (bind->context)
		nla_put_u64(msg, HTTPQ_A_CONTEXT, bind->context);
	if (bind->site)
		nla_put_u32(msg, HTTPQ_A_SITE, bind->site);
	if (bind->no_keepalive)
		nla_put_flag(msg, HTTPQ_A_NO_KEEPALIVE);
	return talk(msg, NULL);
}

/* The prefix stays bound meanwhile: no client sees a reload. */
static int set_bind(const struct config_bind *bind)
{
	struct nl_msg *msg = nl_message(HTTPQ_CMD_URL_SET, 0);

	nla_put_string(msg, HTTPQ_A_URL, bind->url);
	nla_put_u64(msg, HTTPQ_A_CONTEXT, bind->context);
	nla_put_u32(msg, HTTPQ_A_SITE, bind->site);
	nla_put_u8(msg, HTTPQ_A_KEEPALIVE, !bind->no_keepalive);
	return talk(msg, NULL);
}

static int delete_bind(const struct config_bind *bind)
{
	struct nl_msg *msg = nl_message(HTTPQ_CMD_URL_DEL, 0);

	nla_put_string(msg, HTTPQ_A_URL, bind->url);
	return talk(msg, NULL);
}

static int complain_bind(const struct config *c,
			 const struct config_bind *bind, int err)
{
	char holder[160];

	if (err == -EADDRINUSE) {
		holder_describe(port_of(bind->url), holder, sizeof(holder));
		say_error("%s:%u: bind %s: %s", c->path, bind->line, bind->url,
			  holder);
	} else if (err && err != -ENOTCONN) {
		say_error("%s:%u: bind %s: %s", c->path, bind->line, bind->url,
			  err == -EEXIST ? "bound already" : reason(err));
	}
	return err;
}

/**
 * kernel_bind - bind a prefix to the queue, if it is not bound to it already
 * @c: the configuration.
 * @bind: the prefix.
 *
 * Returns 0, or a negative error number after an error line.
 */
int kernel_bind(const struct config *c, const struct config_bind *bind)
{
	int err = add_bind(c->queue, bind);
	enum holder holder;

	if (err != -EEXIST)
		return complain_bind(c, bind, err);
	holder = find_holder(c->queue, bind);
	if (holder == HOLDER_SAME)
		return 0;
	if (holder == HOLDER_DIFFERENT)
		err = set_bind(bind);
	return complain_bind(c, bind, err);
}

/* kernel_unbind - undo kernel_bind() */
int kernel_unbind(const struct config_bind *bind)
{
	return complain("unbind", bind->url, delete_bind(bind));
}

/**
 * kernel_read_handles - the handles of workers of a queue
 * @queue: name of the queue.
 * @handles: takes an array, to be freed.
 * @nr: takes their number.
 */
int kernel_read_handles(const char *queue, struct kernel_handle **handles,
			size_t *nr)
{
	struct nlattr *tb[HTTPQ_A_MAX + 1];
	struct nl_rows rows = { 0 };
	int err;

	*nr = 0;
	*handles = NULL;
	err = talk(nl_message(HTTPQ_CMD_WORKER_GET, NLM_F_DUMP), &rows);
	if (!err)
		*handles = must(calloc(rows.nr + 1, sizeof(**handles)));
	for (size_t i = 0; !err && i < rows.nr; i++) {
		parse(rows.msgs[i], tb);
		if (!is_named(tb[HTTPQ_A_QUEUE_NAME], queue))
			continue;
		(*handles)[(*nr)++] = (struct kernel_handle){
			.id = number(tb[HTTPQ_A_ID]),
			.pid = (pid_t)number(tb[HTTPQ_A_PID]),
			.state = number(tb[HTTPQ_A_WORKER_STATE]),
			.held = number(tb[HTTPQ_A_HELD]),
			.delivered = number(tb[HTTPQ_A_DELIVERED]),
			.call_ms = number(tb[HTTPQ_A_LAST_CALL_MS]),
		};
	}
	nl_rows_free(&rows);
	return complain("workers of queue", queue, err);
}

static int worker_command(int cmd, const char *what, uint64_t handle,
			  int64_t deadline_ms)
{
	struct nl_msg *msg = nl_message(cmd, 0);
	char text[24];
	int err;

	snprintf(text, sizeof(text), "%" PRIu64, handle);
	nla_put_u64(msg, HTTPQ_A_ID, handle);
	if (deadline_ms)
		nla_put_u32(msg, HTTPQ_A_DEADLINE_MS, (uint32_t)deadline_ms);
	err = talk(msg, NULL);
	return err == -ENOENT ? err : complain(what, text, err);
}

/* kernel_drain - have a handle take no more; it may be gone already */
int kernel_drain(uint64_t handle, int64_t deadline_ms)
{
	return worker_command(HTTPQ_CMD_WORKER_DRAIN, "drain handle", handle,
			      deadline_ms);
}

/* kernel_detach - have a handle be gone; it may be so already */
int kernel_detach(uint64_t handle)
{
	return worker_command(HTTPQ_CMD_WORKER_DETACH, "detach handle", handle,
			      0);
}

/**
 * kernel_attach - open a handle of a queue
 * @queue: name of the queue.
 * @flags: HTTPQ_ATTACH_*.
 *
 * Returns a descriptor, or a negative error number after an error line.
 */
int kernel_attach(const char *queue, unsigned int flags)
{
	struct httpq_attach attach = {
		.size = sizeof(attach),
		.flags = flags,
		.name = (uintptr_t)queue,
		.name_len = (uint32_t)strlen(queue),
	};
	int fd = open(HTTPQ_DEVICE, O_RDWR | O_CLOEXEC), err;

	if (fd < 0) {
		err = -errno;
		say_error("%s: %s", HTTPQ_DEVICE, strerror(-err));
		return err;
	}
	if (!ioctl(fd, HTTPQ_IOC_ATTACH, &attach))
		return fd;
	err = -errno;
	say_error("attach to queue %s: %s", queue, strerror(-err));
	close(fd);
	return err;
}
