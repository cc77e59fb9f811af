/* SPDX-License-Identifier: GPL-2.0 */
/* The control plane's part of workers and zombies. */
#ifndef _HTTPQ_GENL_WORKER_H
#define _HTTPQ_GENL_WORKER_H

#include <net/genetlink.h>

struct httpq_net;
struct netlink_callback;
struct sk_buff;

/* The only multicast group of the family: HTTPQ_GENL_EVENTS. */
#define HTTPQ_GENL_EVENTS_GROUP 0

/* How long a drain may take; 0 for ever. */
static inline u32 httpq_genl_deadline(const struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[HTTPQ_A_DEADLINE_MS];

	return attr ? nla_get_u32(attr) : 0;
}

int httpq_genl_worker_drain(struct httpq_net *hn, struct sk_buff *skb,
			    struct genl_info *info);
int httpq_genl_worker_detach(struct httpq_net *hn, struct sk_buff *skb,
			     struct genl_info *info);
int httpq_genl_zombie_reap(struct httpq_net *hn, struct sk_buff *skb,
			   struct genl_info *info);
int httpq_genl_dump_workers(struct sk_buff *skb, struct netlink_callback *cb);
int httpq_genl_dump_zombies(struct sk_buff *skb, struct netlink_callback *cb);
void httpq_genl_events_start(void);
void httpq_genl_events_stop(void);

#endif /* _HTTPQ_GENL_WORKER_H */
