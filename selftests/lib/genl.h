/* SPDX-License-Identifier: GPL-2.0 */
/* The netlink family as it is, without a library between. */
#ifndef HTTPQ_TEST_GENL_H
#define HTTPQ_TEST_GENL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/genetlink.h>
#include <linux/httpq.h>
#include <linux/netlink.h>

/*
 * struct genl - a socket of the caller's namespace
 * @named: messages name the kernel as their receiver
 * @text: what the kernel said to the last error, or ""
 * @parts: datagrams that the last dump came in
 * @between: called behind the first of them, if there is more; or NULL
 * @interrupted: the last dump said that something may be missing
 */
struct genl {
	int fd;
	uint16_t family;
	uint32_t events;
	bool named;
	char text[256];
	int parts;
	void (*between)(void);
	bool interrupted;
};

/* A message on its way to the kernel. */
struct genl_request {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	char attrs[4096];
};

/*
 * struct genl_row - a message of the kernel's
 * @cmd: enum httpq_cmd
 * @data: attributes by number, NULL if they are not there
 */
struct genl_row {
	uint8_t cmd;
	const void *data[HTTPQ_A_MAX + 1];
	uint16_t len[HTTPQ_A_MAX + 1];
	char bytes[1024];
};

/* 0 or -errno. */
int genl_open(struct genl *g);
void genl_close(struct genl *g);
/* Joins the group of events. 0 or -errno. */
int genl_listen(struct genl *g);

void genl_begin(struct genl_request *r, uint8_t cmd);
void genl_put(struct genl_request *r, uint16_t attr, const void *data,
	      size_t len);
void genl_put_u8(struct genl_request *r, uint16_t attr, uint8_t value);
void genl_put_u32(struct genl_request *r, uint16_t attr, uint32_t value);
void genl_put_u64(struct genl_request *r, uint16_t attr, uint64_t value);
void genl_put_text(struct genl_request *r, uint16_t attr, const char *text);

/* What the command gave: 0 or -errno. */
int genl_do(struct genl *g, struct genl_request *r);
/* How many rows there are, of which at most @max are stored; or -errno. */
int genl_dump(struct genl *g, struct genl_request *r, struct genl_row *rows,
	      int max);
/* The dump that @cmd is, of one queue unless @queue is NULL; genl_dump(). */
int genl_table(struct genl *g, uint8_t cmd, const char *queue,
	       struct genl_row *rows, int max);
/* A command with a number and a deadline; -1 is none. genl_do(). */
int genl_command(struct genl *g, uint8_t cmd, int64_t id, int64_t deadline_ms);
/* What @with gives in a child that is user @uid, with a socket of its own if
 * @g is NULL.
 */
int genl_as_user(struct genl *g, uid_t uid,
		 int (*with)(struct genl *g, void *arg), void *arg);
/* 1, 0 if none came in that time, or -errno. */
int genl_event(struct genl *g, struct genl_row *row, int timeout_ms);

/* A number of any size; -1 if it is not there. */
int64_t genl_number(const struct genl_row *row, uint16_t attr);
/* In a static buffer; "(none)" if it is not there. */
const char *genl_text(const struct genl_row *row, uint16_t attr);

#endif
