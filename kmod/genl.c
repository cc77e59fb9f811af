// SPDX-License-Identifier: GPL-2.0
/*
 * The control plane: generic netlink family "httpq". What the commands mean
 * is in <linux/httpq.h>; here they are checked, allowed and passed on.
 *
 * All changes are made under hn->control.
 */

#include <linux/cred.h>
#include <linux/module.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>

#include "bind.h"
#include "binding.h"
#include "genl.h"
#include "genl_dump.h"
#include "genl_worker.h"
#include "limits.h"
#include "listen.h"
#include "net.h"
#include "queue.h"
#include "trace.h"
#include "worker.h"

/* Without const, since the policies of older kernels have none. */
static struct netlink_range_validation queue_limit_range = {
	.min = 1,
	.max = HTTPQ_QUEUE_LIMIT_MAX,
};

static struct netlink_range_validation answer_range = {
	.max = HTTPQ_QUEUE_ANSWER_MAX,
};

static struct netlink_range_validation hold_range = {
	.max = HTTPQ_HOLD_MAX,
};

static struct netlink_range_validation deadline_range = {
	.max = HTTPQ_DRAIN_MAX_MS,
};

#define QUEUE_NAME_POLICY { .type = NLA_STRING, .len = HTTPQ_QUEUE_NAME_MAX }
#define URL_POLICY { .type = NLA_STRING, .len = HTTPQ_URL_MAX }
#define DEADLINE_POLICY NLA_POLICY_FULL_RANGE(NLA_U32, &deadline_range)

/* A table each, so that what a command doesn't use is refused. */

static const struct nla_policy queue_new_policy[] = {
	[HTTPQ_A_QUEUE_NAME] = QUEUE_NAME_POLICY,
	[HTTPQ_A_QUEUE_UID] = { .type = NLA_U32 },
	[HTTPQ_A_QUEUE_GID] = { .type = NLA_U32 },
	[HTTPQ_A_QUEUE_MODE] = NLA_POLICY_MASK(NLA_U32, 0666),
	[HTTPQ_A_MAX_QUEUED] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &queue_limit_range),
	[HTTPQ_A_MAX_INFLIGHT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &queue_limit_range),
	[HTTPQ_A_REDELIVER] = NLA_POLICY_MAX(NLA_U8, HTTPQ_REDELIVER_ANY),
	[HTTPQ_A_ANSWER_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &answer_range),
	[HTTPQ_A_HOLD_BYTES] = NLA_POLICY_FULL_RANGE(NLA_U32, &hold_range),
	[HTTPQ_A_AFFINITY] = NLA_POLICY_MAX(NLA_U8, 1),
	[HTTPQ_A_POOL] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy queue_set_policy[] = {
	[HTTPQ_A_QUEUE_NAME] = QUEUE_NAME_POLICY,
	[HTTPQ_A_QUEUE_UID] = { .type = NLA_U32 },
	[HTTPQ_A_QUEUE_GID] = { .type = NLA_U32 },
	[HTTPQ_A_QUEUE_MODE] = NLA_POLICY_MASK(NLA_U32, 0666),
	[HTTPQ_A_QUEUE_STATE] = NLA_POLICY_MAX(NLA_U8, HTTPQ_QUEUE_OFFLINE),
	[HTTPQ_A_MAX_QUEUED] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &queue_limit_range),
	[HTTPQ_A_MAX_INFLIGHT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &queue_limit_range),
	[HTTPQ_A_REDELIVER] = NLA_POLICY_MAX(NLA_U8, HTTPQ_REDELIVER_ANY),
	[HTTPQ_A_ANSWER_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &answer_range),
	[HTTPQ_A_HOLD_BYTES] = NLA_POLICY_FULL_RANGE(NLA_U32, &hold_range),
	[HTTPQ_A_AFFINITY] = NLA_POLICY_MAX(NLA_U8, 1),
	[HTTPQ_A_POOL] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy queue_name_policy[] = {
	[HTTPQ_A_QUEUE_NAME] = QUEUE_NAME_POLICY,
};

static const struct nla_policy queue_drain_policy[] = {
	[HTTPQ_A_QUEUE_NAME] = QUEUE_NAME_POLICY,
	[HTTPQ_A_DEADLINE_MS] = DEADLINE_POLICY,
};

static const struct nla_policy worker_drain_policy[] = {
	[HTTPQ_A_ID] = { .type = NLA_U64 },
	[HTTPQ_A_DEADLINE_MS] = DEADLINE_POLICY,
};

static const struct nla_policy id_policy[] = {
	[HTTPQ_A_ID] = { .type = NLA_U64 },
};

static const struct nla_policy url_new_policy[] = {
	[HTTPQ_A_QUEUE_NAME] = QUEUE_NAME_POLICY,
	[HTTPQ_A_URL] = URL_POLICY,
	[HTTPQ_A_CONTEXT] = { .type = NLA_U64 },
	[HTTPQ_A_SITE] = { .type = NLA_U32 },
	[HTTPQ_A_NO_KEEPALIVE] = { .type = NLA_FLAG },
};

static const struct nla_policy url_set_policy[] = {
	[HTTPQ_A_QUEUE_NAME] = QUEUE_NAME_POLICY,
	[HTTPQ_A_URL] = URL_POLICY,
	[HTTPQ_A_CONTEXT] = { .type = NLA_U64 },
	[HTTPQ_A_SITE] = { .type = NLA_U32 },
	[HTTPQ_A_KEEPALIVE] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy url_del_policy[] = {
	[HTTPQ_A_URL] = URL_POLICY,
};

static const struct nla_policy listener_set_policy[] = {
	[HTTPQ_A_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[HTTPQ_A_ENGINE] = NLA_POLICY_MAX(NLA_U8, HTTPQ_ENGINE_PROCESS),
};

/*
 * Does something to the namespace of the sender's socket, which pins it; it
 * may be on its way out none the less when the module is. Anybody may ask, but
 * commands are for who means them.
 */
static int act(struct sk_buff *skb, struct genl_info *info,
	       int (*action)(struct httpq_net *hn, struct sk_buff *skb,
			     struct genl_info *info))
{
	struct httpq_net *hn = httpq_net_of(genl_info_net(info));
	int err = -ENODEV;

	if (info->genlhdr->cmd != HTTPQ_CMD_QUEUE_GET &&
	    !httpq_genl_is_meant(skb) && !httpq_genl_is_admin(skb, hn)) {
		GENL_SET_ERR_MSG(info, "the socket was opened by another user");
		return -EPERM;
	}
	mutex_lock(&hn->control);
	if (!hn->dead)
		err = action(hn, skb, info);
	else
		GENL_SET_ERR_MSG(info, "the network namespace is going away");
	mutex_unlock(&hn->control);
	return err;
}

/* Length of a string attribute, without the NUL that it may end with. */
static size_t string_len(const struct nlattr *attr)
{
	const char *text = nla_data(attr);
	size_t len = nla_len(attr);

	return len && !text[len - 1] ? len - 1 : len;
}

static int read_queue_name(struct genl_info *info,
			   char name[HTTPQ_QUEUE_NAME_MAX + 1])
{
	const struct nlattr *attr = info->attrs[HTTPQ_A_QUEUE_NAME];
	size_t len;

	if (GENL_REQ_ATTR_CHECK(info, HTTPQ_A_QUEUE_NAME)) {
		GENL_SET_ERR_MSG(info, "a queue name is required");
		return -EINVAL;
	}
	len = string_len(attr);
	if (!httpq_queue_name_valid(nla_data(attr), len)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "not a queue name: 1 to 63 of A-Z a-z 0-9 . _ - and no leading dot");
		return -EINVAL;
	}
	memcpy(name, nla_data(attr), len);
	name[len] = '\0';
	return 0;
}

static int find_queue(struct httpq_net *hn, struct genl_info *info,
		      struct httpq_queue **queue)
{
	char name[HTTPQ_QUEUE_NAME_MAX + 1];
	int err;

	err = read_queue_name(info, name);
	if (err)
		return err;
	*queue = httpq_queue_find(hn, name);
	if (*queue)
		return 0;

	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HTTPQ_A_QUEUE_NAME],
			    "no such queue");
	return -ENOENT;
}

/* A queue that the sender may set and delete. */
static int find_own_queue(struct httpq_net *hn, struct sk_buff *skb,
			  struct genl_info *info, struct httpq_queue **queue)
{
	int err;

	err = find_queue(hn, info, queue);
	if (err)
		return err;
	if (!httpq_queue_may_change(*queue, httpq_genl_is_admin(skb, hn))) {
		GENL_SET_ERR_MSG(info, "the queue belongs to another user");
		return -EPERM;
	}
	return 0;
}

/* What a queue is to be set to. */

static int read_uid(struct genl_info *info, struct user_namespace *user_ns,
		    bool admin, kuid_t *uid)
{
	const struct nlattr *attr = info->attrs[HTTPQ_A_QUEUE_UID];
	kuid_t wanted;

	if (!attr)
		return 0;

	wanted = make_kuid(user_ns, nla_get_u32(attr));
	if (!uid_valid(wanted)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "the user namespace has no such user");
		return -EINVAL;
	}
	if (!admin && !uid_eq(wanted, *uid)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "giving a queue to another user needs CAP_NET_ADMIN");
		return -EPERM;
	}
	*uid = wanted;
	return 0;
}

static int read_gid(struct genl_info *info, struct user_namespace *user_ns,
		    bool admin, kgid_t *gid)
{
	const struct nlattr *attr = info->attrs[HTTPQ_A_QUEUE_GID];
	kgid_t wanted;

	if (!attr)
		return 0;

	wanted = make_kgid(user_ns, nla_get_u32(attr));
	if (!gid_valid(wanted)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "the user namespace has no such group");
		return -EINVAL;
	}
	if (!admin && !gid_eq(wanted, *gid) && !in_group_p(wanted)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "a group that one isn't in needs CAP_NET_ADMIN");
		return -EPERM;
	}
	*gid = wanted;
	return 0;
}

/* What becomes of requests whose worker leaves, or takes its time. */
static void read_recycling(const struct genl_info *info,
			   struct httpq_queue_config *config)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[HTTPQ_A_REDELIVER])
		config->redeliver = nla_get_u8(attrs[HTTPQ_A_REDELIVER]);
	if (attrs[HTTPQ_A_ANSWER_MS])
		config->answer_ms = nla_get_u32(attrs[HTTPQ_A_ANSWER_MS]);
	if (attrs[HTTPQ_A_HOLD_BYTES])
		config->hold_bytes = nla_get_u32(attrs[HTTPQ_A_HOLD_BYTES]);
	if (attrs[HTTPQ_A_AFFINITY])
		config->affinity = nla_get_u8(attrs[HTTPQ_A_AFFINITY]);
	if (attrs[HTTPQ_A_POOL])
		config->pool = nla_get_u8(attrs[HTTPQ_A_POOL]);
}

/* Overwrites those members of @config that the message has. */
static int read_config(struct sk_buff *skb, struct genl_info *info, bool admin,
		       struct httpq_queue_config *config)
{
	struct user_namespace *user_ns = httpq_genl_user_ns(skb);
	struct nlattr **attrs = info->attrs;
	int err;

	err = read_uid(info, user_ns, admin, &config->uid);
	if (err)
		return err;
	err = read_gid(info, user_ns, admin, &config->gid);
	if (err)
		return err;

	if (attrs[HTTPQ_A_QUEUE_MODE])
		config->mode = nla_get_u32(attrs[HTTPQ_A_QUEUE_MODE]);
	if (attrs[HTTPQ_A_MAX_QUEUED])
		config->max_queued = nla_get_u32(attrs[HTTPQ_A_MAX_QUEUED]);
	if (attrs[HTTPQ_A_MAX_INFLIGHT])
		config->max_inflight = nla_get_u32(attrs[HTTPQ_A_MAX_INFLIGHT]);
	read_recycling(info, config);
	return 0;
}

static int create_queue(struct httpq_net *hn, const char *name,
			const struct httpq_queue_config *config,
			struct genl_info *info)
{
	struct httpq_queue *queue = httpq_queue_create(hn, name, config);
	int err = PTR_ERR_OR_ZERO(queue);

	if (err == -EEXIST)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[HTTPQ_A_QUEUE_NAME],
				    "the queue exists");
	else if (err == -ENOSPC)
		GENL_SET_ERR_MSG(info, "the network namespace has too many queues");
	return err;
}

static int new_queue(struct httpq_net *hn, const char *name,
		     struct sk_buff *skb, struct genl_info *info)
{
	bool admin = httpq_genl_is_admin(skb, hn);
	struct httpq_queue_config config;
	int err;

	httpq_queue_config_init(&config);
	err = read_config(skb, info, admin, &config);
	if (err)
		return err;
	if (!httpq_queue_find(hn, name) &&
	    !httpq_queue_may_create(hn, config.uid, admin)) {
		GENL_SET_ERR_MSG(info, "user owns too many queues");
		return -EDQUOT;
	}
	return create_queue(hn, name, &config, info);
}

static int queue_new(struct httpq_net *hn, struct sk_buff *skb,
		     struct genl_info *info)
{
	char name[HTTPQ_QUEUE_NAME_MAX + 1] = "";
	int err;

	err = read_queue_name(info, name) ?: new_queue(hn, name, skb, info);
	if (err)
		trace_httpq_queue_new_err(name, err);
	return err;
}

static int genl_queue_new(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, queue_new);
}

static int set_queue(struct httpq_net *hn, struct sk_buff *skb,
		     struct genl_info *info)
{
	const struct nlattr *state = info->attrs[HTTPQ_A_QUEUE_STATE];
	struct httpq_queue_config config;
	struct httpq_queue *queue;
	int err;

	err = find_own_queue(hn, skb, info, &queue);
	if (err)
		return err;
	httpq_queue_config_read(queue, &config);
	err = read_config(skb, info, httpq_genl_is_admin(skb, hn), &config);
	if (err)
		return err;
	if (state)
		config.state = nla_get_u8(state);
	httpq_queue_configure(queue, &config);
	return 0;
}

static int queue_set(struct httpq_net *hn, struct sk_buff *skb,
		     struct genl_info *info)
{
	char name[HTTPQ_QUEUE_NAME_MAX + 1] = "";
	int err;

	err = read_queue_name(info, name) ?: set_queue(hn, skb, info);
	if (err)
		trace_httpq_queue_state_err(name, err);
	return err;
}

static int genl_queue_set(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, queue_set);
}

static int queue_del(struct httpq_net *hn, struct sk_buff *skb,
		     struct genl_info *info)
{
	char name[HTTPQ_QUEUE_NAME_MAX + 1] = "";
	struct httpq_queue *queue;
	int err;

	err = read_queue_name(info, name) ?:
	      find_own_queue(hn, skb, info, &queue);
	if (err) {
		trace_httpq_queue_del_err(name, err);
		return err;
	}
	httpq_bind_remove_queue(hn, queue);
	httpq_queue_delete(queue);
	return 0;
}

static int genl_queue_del(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, queue_del);
}

static int queue_get(struct httpq_net *hn, struct sk_buff *skb,
		     struct genl_info *info)
{
	struct httpq_queue *queue;
	struct sk_buff *msg;
	int err;

	err = find_queue(hn, info, &queue);
	if (err)
		return err;
	msg = httpq_genl_queue_reply(skb, info, queue);
	return msg ? genlmsg_reply(msg, info) : -ENOMEM;
}

static int genl_queue_get(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, queue_get);
}

/* Workers and zombies. */

static int queue_drain(struct httpq_net *hn, struct sk_buff *skb,
		       struct genl_info *info)
{
	struct httpq_queue *queue;
	int err;

	err = find_own_queue(hn, skb, info, &queue);
	if (err)
		return err;
	httpq_worker_drain_queue(queue, httpq_genl_deadline(info));
	return 0;
}

static int genl_queue_drain(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, queue_drain);
}

static int genl_worker_drain(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, httpq_genl_worker_drain);
}

static int genl_worker_detach(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, httpq_genl_worker_detach);
}

static int genl_zombie_reap(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, httpq_genl_zombie_reap);
}

/* Prefixes. */

static int need_url(struct genl_info *info)
{
	if (!GENL_REQ_ATTR_CHECK(info, HTTPQ_A_URL))
		return 0;

	GENL_SET_ERR_MSG(info, "a prefix URL is required");
	return -EINVAL;
}

/* Passes on what a lower floor said about the URL. */
static void set_url_problem(struct genl_info *info, const char *problem)
{
	if (!problem || !info->extack)
		return;

	info->extack->_msg = problem;
	NL_SET_BAD_ATTR(info->extack, info->attrs[HTTPQ_A_URL]);
}

static int url_new(struct httpq_net *hn, struct sk_buff *skb,
		   struct genl_info *info)
{
	const struct nlattr *context = info->attrs[HTTPQ_A_CONTEXT];
	const struct nlattr *site = info->attrs[HTTPQ_A_SITE];
	const struct nlattr *url = info->attrs[HTTPQ_A_URL];
	const struct httpq_binding_options options = {
		.context = context ? nla_get_u64(context) : 0,
		.site = site ? nla_get_u32(site) : 0,
		.no_keepalive = info->attrs[HTTPQ_A_NO_KEEPALIVE],
	};
	bool admin = httpq_genl_is_admin(skb, hn);
	const char *problem = NULL;
	struct httpq_queue *queue;
	int err;

	err = need_url(info) ?: find_queue(hn, info, &queue);
	if (err)
		return err;
	if (!httpq_queue_may_write(queue, admin)) {
		GENL_SET_ERR_MSG(info, "no write permission for the queue");
		return -EACCES;
	}
	err = httpq_bind_add(hn, nla_data(url), string_len(url), queue, NULL,
			     &options, admin, &problem);
	if (err)
		set_url_problem(info, problem);
	return err;
}

static int genl_url_new(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, url_new);
}

static void read_change(const struct genl_info *info,
			struct httpq_binding_change *change)
{
	const struct nlattr *keepalive = info->attrs[HTTPQ_A_KEEPALIVE];
	const struct nlattr *context = info->attrs[HTTPQ_A_CONTEXT];
	const struct nlattr *site = info->attrs[HTTPQ_A_SITE];

	*change = (struct httpq_binding_change){
		.context = context,
		.site = site,
		.keepalive = keepalive,
	};
	if (context)
		change->options.context = nla_get_u64(context);
	if (site)
		change->options.site = nla_get_u32(site);
	if (keepalive)
		change->options.no_keepalive = !nla_get_u8(keepalive);
}

static int url_set(struct httpq_net *hn, struct sk_buff *skb,
		   struct genl_info *info)
{
	const struct nlattr *url = info->attrs[HTTPQ_A_URL];
	struct httpq_binding_change change;
	const char *problem = NULL;
	int err;

	read_change(info, &change);
	err = need_url(info);
	if (!err && info->attrs[HTTPQ_A_QUEUE_NAME])
		err = find_queue(hn, info, &change.queue);
	if (err)
		return err;
	err = httpq_bind_change(hn, nla_data(url), string_len(url), &change,
				httpq_genl_is_admin(skb, hn), &problem);
	if (err)
		set_url_problem(info, problem);
	return err;
}

static int genl_url_set(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, url_set);
}

static int url_del(struct httpq_net *hn, struct sk_buff *skb,
		   struct genl_info *info)
{
	const struct nlattr *url = info->attrs[HTTPQ_A_URL];
	const char *problem = NULL;
	int err;

	err = need_url(info);
	if (err)
		return err;
	err = httpq_bind_remove(hn, nla_data(url), string_len(url), NULL,
				httpq_genl_is_admin(skb, hn), &problem);
	if (err)
		set_url_problem(info, problem);
	return err;
}

static int genl_url_del(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, url_del);
}

/* Listeners. */

static int need_listener(struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, HTTPQ_A_PORT)) {
		GENL_SET_ERR_MSG(info, "a port is required");
		return -EINVAL;
	}
	if (GENL_REQ_ATTR_CHECK(info, HTTPQ_A_ENGINE)) {
		GENL_SET_ERR_MSG(info, "an engine is required");
		return -EINVAL;
	}
	return 0;
}

static int set_listener(struct httpq_net *hn, u16 port, struct sk_buff *skb,
			struct genl_info *info)
{
	int err;

	if (!httpq_genl_is_admin(skb, hn)) {
		GENL_SET_ERR_MSG(info, "setting a listener needs CAP_NET_ADMIN");
		return -EPERM;
	}
	err = httpq_listen_set_engine(hn, port,
				      nla_get_u8(info->attrs[HTTPQ_A_ENGINE]));
	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HTTPQ_A_PORT],
				    "no prefix has this port");
	return err;
}

static int listener_set(struct httpq_net *hn, struct sk_buff *skb,
			struct genl_info *info)
{
	u16 port;
	int err;

	err = need_listener(info);
	if (err)
		return err;
	port = nla_get_u16(info->attrs[HTTPQ_A_PORT]);
	err = set_listener(hn, port, skb, info);
	if (err)
		trace_httpq_listen_engine_err(port, err);
	return err;
}

static int genl_listener_set(struct sk_buff *skb, struct genl_info *info)
{
	return act(skb, info, listener_set);
}

/* An operation without a policy takes no attributes at all. */
static const struct genl_ops httpq_genl_ops[] = {
	{
		.cmd = HTTPQ_CMD_QUEUE_NEW,
		.policy = queue_new_policy,
		.maxattr = ARRAY_SIZE(queue_new_policy) - 1,
		.doit = genl_queue_new,
	},
	{
		.cmd = HTTPQ_CMD_QUEUE_SET,
		.policy = queue_set_policy,
		.maxattr = ARRAY_SIZE(queue_set_policy) - 1,
		.doit = genl_queue_set,
	},
	{
		.cmd = HTTPQ_CMD_QUEUE_DEL,
		.policy = queue_name_policy,
		.maxattr = ARRAY_SIZE(queue_name_policy) - 1,
		.doit = genl_queue_del,
	},
	{
		.cmd = HTTPQ_CMD_QUEUE_GET,
		.policy = queue_name_policy,
		.maxattr = ARRAY_SIZE(queue_name_policy) - 1,
		.doit = genl_queue_get,
		.start = httpq_genl_dump_start,
		.dumpit = httpq_genl_dump_queues,
	},
	{
		.cmd = HTTPQ_CMD_URL_NEW,
		.policy = url_new_policy,
		.maxattr = ARRAY_SIZE(url_new_policy) - 1,
		.doit = genl_url_new,
	},
	{
		.cmd = HTTPQ_CMD_URL_DEL,
		.policy = url_del_policy,
		.maxattr = ARRAY_SIZE(url_del_policy) - 1,
		.doit = genl_url_del,
	},
	{
		.cmd = HTTPQ_CMD_URL_GET,
		.dumpit = httpq_genl_dump_urls,
	},
	{
		.cmd = HTTPQ_CMD_LISTENER_SET,
		.policy = listener_set_policy,
		.maxattr = ARRAY_SIZE(listener_set_policy) - 1,
		.doit = genl_listener_set,
	},
	{
		.cmd = HTTPQ_CMD_LISTENER_GET,
		.dumpit = httpq_genl_dump_listeners,
	},
	{
		.cmd = HTTPQ_CMD_CONN_GET,
		.dumpit = httpq_genl_dump_conns,
	},
	{
		.cmd = HTTPQ_CMD_STATS_GET,
		.dumpit = httpq_genl_dump_stats,
	},
	{
		.cmd = HTTPQ_CMD_QUEUE_DRAIN,
		.policy = queue_drain_policy,
		.maxattr = ARRAY_SIZE(queue_drain_policy) - 1,
		.doit = genl_queue_drain,
	},
	{
		.cmd = HTTPQ_CMD_WORKER_GET,
		.policy = queue_name_policy,
		.maxattr = ARRAY_SIZE(queue_name_policy) - 1,
		.dumpit = httpq_genl_dump_workers,
	},
	{
		.cmd = HTTPQ_CMD_WORKER_DRAIN,
		.policy = worker_drain_policy,
		.maxattr = ARRAY_SIZE(worker_drain_policy) - 1,
		.doit = genl_worker_drain,
	},
	{
		.cmd = HTTPQ_CMD_WORKER_DETACH,
		.policy = id_policy,
		.maxattr = ARRAY_SIZE(id_policy) - 1,
		.doit = genl_worker_detach,
	},
	{
		.cmd = HTTPQ_CMD_ZOMBIE_GET,
		.dumpit = httpq_genl_dump_zombies,
	},
	{
		.cmd = HTTPQ_CMD_ZOMBIE_REAP,
		.policy = id_policy,
		.maxattr = ARRAY_SIZE(id_policy) - 1,
		.doit = genl_zombie_reap,
	},
	{
		.cmd = HTTPQ_CMD_URL_SET,
		.policy = url_set_policy,
		.maxattr = ARRAY_SIZE(url_set_policy) - 1,
		.doit = genl_url_set,
	},
};

static const struct genl_multicast_group httpq_genl_groups[] = {
	[HTTPQ_GENL_EVENTS_GROUP] = { .name = HTTPQ_GENL_EVENTS },
};

struct genl_family httpq_genl_family __ro_after_init = {
	.name = HTTPQ_GENL_NAME,
	.version = HTTPQ_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	/* hn->control is all the locking that the operations need. */
	.parallel_ops = true,
	.ops = httpq_genl_ops,
	.n_ops = ARRAY_SIZE(httpq_genl_ops),
	.mcgrps = httpq_genl_groups,
	.n_mcgrps = ARRAY_SIZE(httpq_genl_groups),
	/* From the first one on everything is checked. */
	.resv_start_op = HTTPQ_CMD_UNSPEC,
};

/**
 * httpq_genl_init - offer the control plane
 *
 * Commands may come before this has returned.
 *
 * Context: Process; every namespace has its struct httpq_net.
 * Return: 0 or the error of genl_register_family().
 */
int httpq_genl_init(void)
{
	int err;

	err = genl_register_family(&httpq_genl_family);
	if (!err)
		httpq_genl_events_start();
	return err;
}

/**
 * httpq_genl_exit - withdraw the control plane
 *
 * No command runs and none begins once this has returned.
 *
 * Context: Process.
 */
void httpq_genl_exit(void)
{
	httpq_genl_events_stop();
	genl_unregister_family(&httpq_genl_family);
}
