/* SPDX-License-Identifier: GPL-2.0 */
/* The reading half of the control plane: replies and dumps. */
#ifndef _HTTPQ_GENL_DUMP_H
#define _HTTPQ_GENL_DUMP_H

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/uidgid.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "net.h"

struct httpq_queue;

extern struct genl_family httpq_genl_family;

/* Numbers of users mean what they mean to the sender. */
static inline struct user_namespace *httpq_genl_user_ns(struct sk_buff *skb)
{
	return sk_user_ns(NETLINK_CB(skb).sk);
}

/* Both who opened the socket and who uses it now. */
static inline bool httpq_genl_is_admin(struct sk_buff *skb,
				       const struct httpq_net *hn)
{
	return netlink_ns_capable(skb, hn->net->user_ns, CAP_NET_ADMIN);
}

/*
 * What netlink_ns_capable() is for capabilities, for authority that comes with
 * being a user: a process that was only handed the socket, say as its standard
 * output, does not mean what it writes. Who names the receiver does.
 */
static inline bool httpq_genl_is_meant(struct sk_buff *skb)
{
	const struct sock *sk = NETLINK_CB(skb).sk;

	return NETLINK_CB(skb).flags & NETLINK_SKB_DST ||
	       uid_eq(sk->sk_socket->file->f_cred->fsuid, current_fsuid());
}

bool httpq_genl_reader_owns(struct netlink_callback *cb,
			    const struct httpq_queue *queue);
struct sk_buff *httpq_genl_queue_reply(struct sk_buff *skb,
				       struct genl_info *info,
				       struct httpq_queue *queue);
struct httpq_net *httpq_genl_dump_net(struct netlink_callback *cb);
void *httpq_genl_dump_begin(struct sk_buff *skb, struct netlink_callback *cb,
			    u8 cmd);
int httpq_genl_dump_end(struct sk_buff *skb, void *head, int err);
int httpq_genl_dump_start(struct netlink_callback *cb);
int httpq_genl_dump_queues(struct sk_buff *skb, struct netlink_callback *cb);
int httpq_genl_dump_urls(struct sk_buff *skb, struct netlink_callback *cb);
int httpq_genl_dump_listeners(struct sk_buff *skb, struct netlink_callback *cb);
int httpq_genl_dump_conns(struct sk_buff *skb, struct netlink_callback *cb);
int httpq_genl_dump_stats(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _HTTPQ_GENL_DUMP_H */
