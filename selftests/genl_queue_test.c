// SPDX-License-Identifier: GPL-2.0
/*
 * Commands over netlink that are refused: to whom, for which values, and that
 * each time the kernel says why.
 * kernels: uml uml-6.1 6.12 6.1
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "genl.h"
#include "host.h"
#include "kselftest_harness.h"
#include "raw.h"

/* host_drop() leaves a user the group of his own number, and no other. */
#define USER 1000
#define OTHER 1001
#define FOREIGN 2000
#define MINE "http://localhost:8081/"
#define THEIRS "http://*:8080/"

/* What the kernel's own checks say, before the module is asked. */
#define UNKNOWN "Unknown attribute type"
#define UNUSED "Unsupported attribute"
#define BIT "reserved bit set"
#define RANGE "integer out of range"

/* An attribute of a row. */
#define NUMBER(attr, bytes, value) \
	{ .type = HTTPQ_A_ ## attr, .len = bytes, .number = value }
#define TEXT(attr, bytes) \
	{ .type = HTTPQ_A_ ## attr, .len = sizeof(bytes), .text = bytes }
#define FLAG(attr) NUMBER(attr, 0, 0)
#define U8(attr, value) NUMBER(attr, 1, value)
#define U16(attr, value) NUMBER(attr, 2, value)
#define U32(attr, value) NUMBER(attr, 4, value)
#define U64(attr, value) NUMBER(attr, 8, value)
#define NAME(text) TEXT(QUEUE_NAME, text)
#define URL(text) TEXT(URL, text)
/* A number that no command has yet. */
#define FUTURE { .type = HTTPQ_A_MAX + 1 }

/*
 * struct row - a command and what comes of it
 * @uid: who sends it
 * @text: a part of what the kernel says to an error
 */
struct row {
	uint8_t cmd;
	uid_t uid;
	int result;
	const char *text;
	struct attr {
		uint16_t type;
		uint16_t len;
		uint64_t number;
		const char *text;
	} attrs[4];
};

static void put_attr(struct genl_request *r, const struct attr *attr)
{
	const uint16_t u16 = attr->number;

	if (attr->text)
		genl_put(r, attr->type, attr->text, attr->len);
	else if (attr->len == sizeof(uint8_t))
		genl_put_u8(r, attr->type, attr->number);
	else if (attr->len == sizeof(uint32_t))
		genl_put_u32(r, attr->type, attr->number);
	else if (attr->len == sizeof(uint64_t))
		genl_put_u64(r, attr->type, attr->number);
	else
		genl_put(r, attr->type, &u16, attr->len);
}

/* The result; 100 if the kernel does not say what it is to say. */
static int run_row(struct genl *g, void *arg)
{
	const struct row *row = arg;
	struct genl_request r;
	int err;
	size_t i;

	genl_begin(&r, row->cmd);
	for (i = 0; i < ARRAY_SIZE(row->attrs) && row->attrs[i].type; i++)
		put_attr(&r, &row->attrs[i]);
	err = genl_do(g, &r);
	if (!err || (g->text[0] && strstr(g->text, row->text)))
		return err;
	fprintf(stderr, "error %d: %s\n", err, g->text);
	return 100;
}

static void run_table(struct __test_metadata *_metadata, struct genl *g,
		      const struct row *rows, size_t nr)
{
	size_t i;
	int err;

	for (i = 0; i < nr; i++) {
		struct row row = rows[i];

		err = row.uid ? genl_as_user(NULL, row.uid, run_row, &row) :
				run_row(g, &row);
		EXPECT_EQ(row.result, err)
			TH_LOG("row %zu", i);
	}
}

#define RUN(rows) run_table(_metadata, &self->g, rows, ARRAY_SIZE(rows))
#define RUN_ONE(row) run_table(_metadata, &self->g, row, 1)

FIXTURE(rules)
{
	struct genl g;
};

FIXTURE_SETUP(rules)
{
	ASSERT_EQ(0, host_unshare());
	ASSERT_EQ(0, genl_open(&self->g));
	ASSERT_EQ(0, host_run("httpq queue add mine owner %d group %d", USER,
			      FOREIGN));
	ASSERT_EQ(0, host_run("httpq queue add theirs owner %d", OTHER));
	ASSERT_EQ(0, host_run("httpq url add '" THEIRS "' queue theirs"));
}

FIXTURE_TEARDOWN(rules)
{
	genl_close(&self->g);
}

/* ------------------------------------------------------------- permissions */

#define AS_USER(cmd, ...) { HTTPQ_CMD_ ## cmd, USER, __VA_ARGS__ }
#define AS_OTHER(cmd, ...) { HTTPQ_CMD_ ## cmd, OTHER, __VA_ARGS__ }
#define AS_ROOT(cmd, ...) { HTTPQ_CMD_ ## cmd, 0, __VA_ARGS__ }

/* A queue is one's own, and in a group that one is in, or that it had. */
static const struct row giving[] = {
	AS_USER(QUEUE_NEW, -EPERM, "giving a queue to another user",
		{ NAME("a"), U32(QUEUE_UID, OTHER) }),
	AS_USER(QUEUE_NEW, -EPERM, "giving a queue to another user",
		{ NAME("a"), U32(QUEUE_UID, 0) }),
	AS_USER(QUEUE_NEW, -EPERM, "a group that one isn't in",
		{ NAME("a"), U32(QUEUE_GID, FOREIGN) }),
	AS_USER(QUEUE_NEW, -EPERM, "a group that one isn't in",
		{ NAME("a"), U32(QUEUE_UID, USER), U32(QUEUE_GID, 0) }),
	AS_USER(QUEUE_NEW, 0, "",
		{ NAME("a"), U32(QUEUE_UID, USER), U32(QUEUE_GID, USER) }),
	AS_USER(QUEUE_SET, -EPERM, "giving a queue to another user",
		{ NAME("mine"), U32(QUEUE_MODE, 0666),
		  U32(QUEUE_UID, OTHER) }),
	AS_USER(QUEUE_SET, -EPERM, "a group that one isn't in",
		{ NAME("mine"), U32(QUEUE_MODE, 0666), U32(QUEUE_GID, 0) }),
	AS_USER(QUEUE_SET, 0, "",
		{ NAME("mine"), U32(QUEUE_UID, USER),
		  U32(QUEUE_GID, FOREIGN) }),
	/* Nobody has this number. */
	AS_ROOT(QUEUE_SET, -EINVAL, "no such user",
		{ NAME("mine"), U32(QUEUE_UID, UINT32_MAX) }),
	AS_ROOT(QUEUE_SET, -EINVAL, "no such group",
		{ NAME("mine"), U32(QUEUE_GID, UINT32_MAX) }),
};

TEST_F(rules, giving_away)
{
	static const struct row leave_group = AS_USER(QUEUE_SET, 0, "", {
		NAME("mine"), U32(QUEUE_GID, USER) });
	static const struct row back = AS_USER(QUEUE_SET, -EPERM,
		"a group that one isn't in", {
		NAME("mine"), U32(QUEUE_GID, FOREIGN) });
	static const struct row given = AS_ROOT(QUEUE_SET, 0, "", {
		NAME("mine"), U32(QUEUE_UID, OTHER),
		U32(QUEUE_GID, FOREIGN) });

	RUN(giving);
	/* What was refused has changed nothing. */
	EXPECT_EQ(1, host_lines("queues", "mine running 1000 2000 0600 "));
	EXPECT_EQ(1, host_lines("queues", "a running 1000 1000 0600 "));
	RUN_ONE(&leave_group);
	EXPECT_EQ(1, host_lines("queues", "mine running 1000 1000 0600 "));
	RUN_ONE(&back);
	RUN_ONE(&given);
	EXPECT_EQ(1, host_lines("queues", "mine running 1001 2000 0600 "));
}

static const struct row foreign[] = {
	AS_OTHER(QUEUE_SET, -EPERM, "the queue belongs to another user",
		 { NAME("mine"), U32(QUEUE_MODE, 0666) }),
	AS_OTHER(QUEUE_SET, -EPERM, "the queue belongs to another user",
		 { NAME("mine") }),
	AS_OTHER(QUEUE_DEL, -EPERM, "the queue belongs to another user",
		 { NAME("mine") }),
	AS_OTHER(QUEUE_NEW, -EEXIST, "the queue exists", { NAME("mine") }),
	AS_OTHER(QUEUE_GET, 0, "", { NAME("mine") }),
	AS_OTHER(QUEUE_SET, -ENOENT, "no such queue", { NAME("nosuch") }),
	AS_OTHER(QUEUE_DEL, -ENOENT, "no such queue", { NAME("nosuch") }),
	AS_OTHER(URL_NEW, -EACCES, "no write permission for the queue",
		 { URL("http://localhost:8082/"), NAME("mine") }),
	/* Whose queue it is matters first, then which prefix. */
	AS_OTHER(URL_NEW, -EACCES, "no write permission for the queue",
		 { URL("http://*:8082/"), NAME("mine") }),
	AS_OTHER(URL_NEW, -EACCES, "needs CAP_NET_ADMIN, but for",
		 { URL("http://*:8082/"), NAME("theirs") }),
	AS_OTHER(URL_NEW, -EACCES, "the port serves another user",
		 { URL(MINE "a/"), NAME("theirs") }),
	AS_OTHER(URL_DEL, -EACCES, "a queue of another user", { URL(MINE) }),
	AS_USER(URL_DEL, -EACCES, "a queue of another user", { URL(THEIRS) }),
	AS_OTHER(LISTENER_SET, -EPERM, "setting a listener needs",
		 { U16(PORT, 8080), U8(ENGINE, HTTPQ_ENGINE_PROCESS) }),
};

TEST_F(rules, foreign)
{
	static const struct row bind = AS_USER(URL_NEW, 0, "", {
		URL(MINE), NAME("mine") });

	RUN_ONE(&bind);
	RUN(foreign);
	EXPECT_EQ(1, host_lines("queues", "mine running 1000 2000 0600 "));
	EXPECT_EQ(1, host_lines("urls", MINE " mine "));
	EXPECT_EQ(1, host_lines("urls", THEIRS " theirs "));
	EXPECT_EQ(2, host_lines("urls", ""));
	EXPECT_EQ(0, host_lines("listeners", " process "));
}

/* The first of owner, group and others that one is decides. */
TEST_F(rules, write_permission)
{
	static const struct row bind = AS_USER(URL_NEW, -EACCES,
		"no write permission for the queue", {
		URL(MINE), NAME("mine") });
	static const struct row bound = AS_USER(URL_NEW, 0, "", {
		URL(MINE), NAME("mine") });
	static const struct row unbind = AS_ROOT(URL_DEL, 0, "", {
		URL(MINE) });
	static const struct {
		int owner, group, mode;
		bool may;
	} table[] = {
		{ USER, USER, 0466, false },
		{ OTHER, USER, 0646, false },
		{ OTHER, FOREIGN, 0664, false },
		{ USER, FOREIGN, 0200, true },
		{ OTHER, USER, 0020, true },
		{ OTHER, FOREIGN, 0002, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		ASSERT_EQ(0, host_run("httpq queue set mine owner %d group %d "
				      "mode 0%o", table[i].owner,
				      table[i].group, table[i].mode));
		RUN_ONE(table[i].may ? &bound : &bind);
		EXPECT_EQ(table[i].may, host_lines("urls", MINE))
			TH_LOG("case %zu", i);
		if (table[i].may)
			RUN_ONE(&unbind);
	}
}

static const struct row up_to_quota[] = {
	AS_USER(QUEUE_NEW, 0, "", { NAME("a") }),
	AS_USER(QUEUE_NEW, 0, "", { NAME("b") }),
	AS_USER(QUEUE_NEW, -EDQUOT, "user owns too many queues",
		{ NAME("c") }),
	/* It exists, which is what the user has to hear. */
	AS_USER(QUEUE_NEW, -EEXIST, "the queue exists", { NAME("a") }),
	AS_OTHER(QUEUE_NEW, 0, "", { NAME("d") }),
	/* Root has no quota, but what it gives away counts. */
	AS_ROOT(QUEUE_NEW, 0, "", { NAME("e"), U32(QUEUE_UID, USER) }),
	AS_USER(QUEUE_DEL, 0, "", { NAME("a") }),
	AS_USER(QUEUE_NEW, -EDQUOT, "user owns too many queues",
		{ NAME("a") }),
	AS_USER(QUEUE_DEL, 0, "", { NAME("b") }),
	AS_USER(QUEUE_NEW, 0, "", { NAME("a") }),
};

TEST_F(rules, quota)
{
	static const struct row no_more = AS_USER(QUEUE_NEW, -EDQUOT,
		"user owns too many queues", { NAME("c") });
	static const struct row but_root = AS_ROOT(QUEUE_NEW, 0, "", {
		NAME("c") });

	/* "mine" is one of them. */
	host_sysctl("user_queues", 3);
	RUN(up_to_quota);
	EXPECT_EQ(0, host_lines("queues", "c running "));
	host_sysctl("user_queues", 0);
	RUN_ONE(&no_more);
	RUN_ONE(&but_root);
}

static const struct row up_to_url_quota[] = {
	AS_USER(URL_NEW, 0, "", { URL(MINE), NAME("mine") }),
	AS_USER(URL_NEW, 0, "", { URL(MINE "a/"), NAME("mine") }),
	AS_USER(URL_NEW, -EDQUOT, "user has bound too many prefixes",
		{ URL(MINE "b/"), NAME("mine") }),
	AS_ROOT(URL_NEW, 0, "", { URL(MINE "b/"), NAME("mine") }),
};

TEST_F(rules, url_quota)
{
	host_sysctl("user_urls", 2);
	RUN(up_to_url_quota);
}

/* ------------------------------------------------------------------ values */

/* What QUEUE_NEW and QUEUE_SET refuse alike. */
#define QUEUE_VALUES(cmd, name) \
	AS_ROOT(cmd, -EINVAL, "a queue name is required", {}), \
	AS_ROOT(cmd, -EINVAL, "not a queue name", { NAME("") }), \
	AS_ROOT(cmd, -EINVAL, "not a queue name", { NAME(".a") }), \
	AS_ROOT(cmd, -EINVAL, "not a queue name", { NAME("a b") }), \
	AS_ROOT(cmd, -EINVAL, "not a queue name", { NAME("a\0b") }), \
	AS_ROOT(cmd, -EINVAL, BIT, { NAME(name), U32(QUEUE_MODE, 0667) }), \
	AS_ROOT(cmd, -EINVAL, BIT, { NAME(name), U32(QUEUE_MODE, 01000) }), \
	AS_ROOT(cmd, -EINVAL, BIT, { NAME(name), U32(QUEUE_MODE, 1 << 31) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, { NAME(name), U32(MAX_QUEUED, 0) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, { NAME(name), U32(MAX_QUEUED, 1000001) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, { NAME(name), U32(MAX_INFLIGHT, 0) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, \
		{ NAME(name), U32(MAX_INFLIGHT, 1000001) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, { NAME(name), U8(REDELIVER, 3) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, { NAME(name), U32(ANSWER_MS, 86400001) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, { NAME(name), U32(HOLD_BYTES, 131073) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, { NAME(name), U8(AFFINITY, 2) }), \
	AS_ROOT(cmd, -ERANGE, RANGE, { NAME(name), U8(POOL, 2) }), \
	AS_ROOT(cmd, -EINVAL, "", { NAME(name), U8(QUEUE_MODE, 0) }), \
	AS_ROOT(cmd, -EINVAL, "", { NAME(name), U32(QUEUE_UID, 0), \
				    U8(QUEUE_GID, 0) }), \
	AS_ROOT(cmd, -EINVAL, UNUSED, { NAME(name), U32(QUEUED, 1) }), \
	AS_ROOT(cmd, -EINVAL, UNUSED, { NAME(name), FLAG(PAD) }), \
	AS_ROOT(cmd, -EINVAL, UNKNOWN, { NAME(name), U32(SITE, 1) }), \
	AS_ROOT(cmd, -EINVAL, UNKNOWN, { NAME(name), FUTURE })

static const struct row queue_values[] = {
	QUEUE_VALUES(QUEUE_NEW, "new"),
	/* Who makes one that is stopped says so afterwards. */
	AS_ROOT(QUEUE_NEW, -EINVAL, UNUSED,
		{ NAME("new"), U8(QUEUE_STATE, HTTPQ_QUEUE_RUNNING) }),
	QUEUE_VALUES(QUEUE_SET, "mine"),
	AS_ROOT(QUEUE_SET, -ERANGE, RANGE,
		{ NAME("mine"), U8(QUEUE_STATE, HTTPQ_QUEUE_OFFLINE + 1) }),
	AS_ROOT(QUEUE_SET, -EINVAL, "",
		{ NAME("mine"), U32(QUEUE_STATE, HTTPQ_QUEUE_PAUSED) }),
	AS_ROOT(QUEUE_DEL, -EINVAL, "a queue name is required", {}),
	AS_ROOT(QUEUE_DEL, -EINVAL, UNKNOWN,
		{ NAME("mine"), U32(QUEUE_MODE, 0) }),
};

/* Both ends of what may be. */
static const struct row queue_limits[] = {
	AS_ROOT(QUEUE_SET, 0, "",
		{ NAME("mine"), U32(QUEUE_MODE, 0), U32(MAX_QUEUED, 1),
		  U32(MAX_INFLIGHT, 1) }),
	AS_ROOT(QUEUE_SET, 0, "",
		{ NAME("mine"), U32(QUEUE_MODE, 0666),
		  U32(MAX_QUEUED, 1000000), U32(MAX_INFLIGHT, 1000000) }),
	AS_ROOT(QUEUE_SET, 0, "",
		{ NAME("mine"), U8(REDELIVER, HTTPQ_REDELIVER_ANY),
		  U32(ANSWER_MS, 86400000), U32(HOLD_BYTES, 131072) }),
	AS_ROOT(QUEUE_SET, 0, "",
		{ NAME("mine"), U8(AFFINITY, 1), U8(POOL, 1),
		  U8(QUEUE_STATE, HTTPQ_QUEUE_OFFLINE) }),
};

TEST_F(rules, queue_values)
{
	RUN(queue_values);
	EXPECT_EQ(2, host_lines("queues", ""));
	EXPECT_EQ(1, host_lines("queues", "mine running 1000 2000 0600 0 0 0 "
				"1000 10000 "));
	RUN(queue_limits);
	EXPECT_EQ(1, host_lines("queues", "mine offline 1000 2000 0666 0 0 0 "
				"1000000 1000000 "));
}

static const struct row url_values[] = {
	AS_ROOT(URL_NEW, -EINVAL, "a prefix URL is required",
		{ NAME("mine") }),
	AS_ROOT(URL_NEW, -EINVAL, "a queue name is required", { URL(MINE) }),
	AS_ROOT(URL_NEW, -EINVAL, "not a queue name",
		{ URL(MINE), NAME("a/b") }),
	AS_ROOT(URL_NEW, -ENOENT, "no such queue",
		{ URL(MINE), NAME("nosuch") }),
	AS_ROOT(URL_NEW, -EINVAL, "must end in", { URL(MINE "a"),
						   NAME("mine") }),
	AS_ROOT(URL_NEW, -EINVAL, "", { URL(""), NAME("mine") }),
	AS_ROOT(URL_NEW, -EINVAL, "", { URL("http://localhost:0/"),
					NAME("mine") }),
	AS_ROOT(URL_NEW, -EINVAL, "", { URL("http://localhost:65536/"),
					NAME("mine") }),
	AS_ROOT(URL_NEW, -EEXIST, "", { URL(THEIRS), NAME("mine") }),
	AS_ROOT(URL_NEW, -EADDRNOTAVAIL, "", { URL("http://192.0.2.1:8081/"),
					       NAME("mine") }),
	AS_ROOT(URL_NEW, -EINVAL, "", { URL(MINE), NAME("mine"),
					U32(CONTEXT, 1) }),
	AS_ROOT(URL_NEW, -EINVAL, "", { URL(MINE), NAME("mine"),
					U64(SITE, 1) }),
	AS_ROOT(URL_NEW, -ERANGE, "", { URL(MINE), NAME("mine"),
					U8(NO_KEEPALIVE, 1) }),
	AS_ROOT(URL_NEW, -EINVAL, UNKNOWN, { URL(MINE), NAME("mine"),
					     U8(KEEPALIVE, 1) }),
	AS_ROOT(URL_NEW, -EINVAL, UNUSED, { URL(MINE), NAME("mine"),
					    U16(PORT, 8081) }),
	AS_ROOT(URL_NEW, -EINVAL, UNKNOWN, { URL(MINE), NAME("mine"),
					     FUTURE }),
	AS_ROOT(URL_DEL, -EINVAL, "a prefix URL is required", {}),
	AS_ROOT(URL_DEL, -EINVAL, "must end in", { URL(THEIRS "a") }),
	AS_ROOT(URL_DEL, -ENOENT, "the prefix is not bound", { URL(MINE) }),
	AS_ROOT(URL_DEL, -EINVAL, UNUSED, { URL(THEIRS), NAME("theirs") }),
	AS_ROOT(URL_DEL, -EINVAL, UNKNOWN, { URL(THEIRS), U64(CONTEXT, 0) }),
	AS_ROOT(URL_DEL, -EINVAL, UNKNOWN, { URL(THEIRS), FUTURE }),
};

TEST_F(rules, url_values)
{
	static const struct row bind = AS_ROOT(URL_NEW, 0, "", {
		URL(MINE), NAME("mine"), U64(CONTEXT, UINT32_MAX + 1ULL),
		FLAG(NO_KEEPALIVE) });

	RUN(url_values);
	EXPECT_EQ(1, host_lines("urls", THEIRS " theirs 0 persistent 0 on\n"));
	EXPECT_EQ(1, host_lines("urls", ""));
	RUN_ONE(&bind);
	EXPECT_EQ(1, host_lines("urls", MINE " mine 4294967296 persistent 0 "
				"off\n"));
}

static const struct row listener_values[] = {
	AS_ROOT(LISTENER_SET, -EINVAL, "a port is required",
		{ U8(ENGINE, HTTPQ_ENGINE_PROCESS) }),
	AS_ROOT(LISTENER_SET, -EINVAL, "an engine is required",
		{ U16(PORT, 8080) }),
	AS_ROOT(LISTENER_SET, -ERANGE, RANGE,
		{ U16(PORT, 0), U8(ENGINE, HTTPQ_ENGINE_PROCESS) }),
	AS_ROOT(LISTENER_SET, -ERANGE, RANGE,
		{ U16(PORT, 8080), U8(ENGINE, HTTPQ_ENGINE_PROCESS + 1) }),
	AS_ROOT(LISTENER_SET, -ENOENT, "no prefix has this port",
		{ U16(PORT, 8081), U8(ENGINE, HTTPQ_ENGINE_PROCESS) }),
	AS_ROOT(LISTENER_SET, -EINVAL, "",
		{ U32(PORT, 8080), U8(ENGINE, HTTPQ_ENGINE_PROCESS) }),
	AS_ROOT(LISTENER_SET, -EINVAL, UNUSED,
		{ U16(PORT, 8080), U8(ENGINE, HTTPQ_ENGINE_PROCESS),
		  NAME("mine") }),
	AS_ROOT(LISTENER_SET, -EINVAL, UNKNOWN,
		{ U16(PORT, 8080), U8(ENGINE, HTTPQ_ENGINE_PROCESS),
		  U32(CONNS, 1) }),
	AS_ROOT(LISTENER_SET, -EINVAL, UNKNOWN,
		{ U16(PORT, 8080), U8(ENGINE, HTTPQ_ENGINE_PROCESS), FUTURE }),
};

TEST_F(rules, listener_values)
{
	static const struct row set = AS_ROOT(LISTENER_SET, 0, "", {
		U16(PORT, 8080), U8(ENGINE, HTTPQ_ENGINE_PROCESS) });

	RUN(listener_values);
	EXPECT_EQ(1, host_lines("listeners", " 8080 softirq "));
	RUN_ONE(&set);
	EXPECT_EQ(1, host_lines("listeners", " 8080 process "));
}

/* A command with a queue's name and a prefix, either of which may be NULL. */
static int command(struct genl *g, uint8_t cmd, const char *queue,
		   const char *url)
{
	struct genl_request r;

	genl_begin(&r, cmd);
	if (queue)
		genl_put_text(&r, HTTPQ_A_QUEUE_NAME, queue);
	if (url)
		genl_put_text(&r, HTTPQ_A_URL, url);
	return genl_do(g, &r);
}

/* The longest that may be, and one byte more. */
TEST_F(rules, lengths)
{
	static char url[HTTPQ_URL_MAX + 2];
	char name[HTTPQ_QUEUE_NAME_MAX + 2];
	struct genl *g = &self->g;

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	memset(url, 'a', sizeof(url) - 1);
	memcpy(url, MINE, strlen(MINE));
	url[sizeof(url) - 2] = '/';
	EXPECT_EQ(-ERANGE, command(g, HTTPQ_CMD_QUEUE_NEW, name, NULL));
	EXPECT_STRNE("", g->text);
	EXPECT_EQ(-ERANGE, command(g, HTTPQ_CMD_URL_NEW, name, MINE));
	EXPECT_EQ(-ERANGE, command(g, HTTPQ_CMD_URL_NEW, "mine", url));
	EXPECT_STRNE("", g->text);
	EXPECT_EQ(-ERANGE, command(g, HTTPQ_CMD_URL_DEL, NULL, url));
	name[sizeof(name) - 2] = 0;
	url[sizeof(url) - 2] = 0;
	url[sizeof(url) - 3] = '/';
	EXPECT_EQ(0, command(g, HTTPQ_CMD_QUEUE_NEW, name, NULL));
	EXPECT_EQ(0, command(g, HTTPQ_CMD_URL_NEW, name, url));
	EXPECT_EQ(0, command(g, HTTPQ_CMD_URL_DEL, NULL, url));
	EXPECT_EQ(0, command(g, HTTPQ_CMD_QUEUE_DEL, name, NULL));
}

TEST_HARNESS_MAIN
