/* SPDX-License-Identifier: GPL-2.0 */
/* A prefix that is bound to a queue. */
#ifndef _HTTPQ_BINDING_H
#define _HTTPQ_BINDING_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/uidgid.h>

struct httpq_queue;
struct httpq_url;
struct httpq_worker;

/**
 * struct httpq_binding - a prefix bound to a queue
 *
 * Created and unlisted under hn->control; readers of the routing table see
 * it under RCU, so it is freed after a grace period with the last reference:
 * the list's, and that of each request that it routed, whose record names it.
 */
struct httpq_binding {
	/** @refs: see above */
	refcount_t refs;
	/** @rcu: frees it */
	struct rcu_head rcu;
	/** @node: in hn->bindings */
	struct list_head node;
	/** @queue: holds a reference */
	struct httpq_queue *queue;
	/** @worker: handle it is tied to, or NULL; compared, never followed */
	struct httpq_worker *worker;
	/** @uid: who bound it */
	kuid_t uid;
	/** @context: comes with each request */
	u64 context;
	/** @site: number for the log */
	u32 site;
	/** @no_keepalive: connections close after a response */
	bool no_keepalive;
	/** @text: canonical URL */
	char *text;
	/** @port: local port */
	u16 port;
	/** @bucket: enum httpq_url_bucket */
	u8 bucket;
	/** @loopback: "localhost" */
	bool loopback;
	/** @addr: if @bucket is HTTPQ_URL_ADDRESS */
	u8 addr[16];
};

/**
 * struct httpq_binding_options - what may be chosen for a prefix
 * @context: comes with each request
 * @site: number for the log
 * @no_keepalive: connections close after a response
 */
struct httpq_binding_options {
	u64 context;
	u32 site;
	bool no_keepalive;
};

/**
 * struct httpq_binding_change - what is to be different of a binding
 * @queue: where requests go, or NULL
 * @options: those that are set below
 * @context: @options has it
 * @site: likewise
 * @keepalive: likewise
 */
struct httpq_binding_change {
	struct httpq_queue *queue;
	struct httpq_binding_options options;
	bool context;
	bool site;
	bool keepalive;
};

struct httpq_binding *
httpq_binding_create(const struct httpq_url *url, struct httpq_queue *queue,
		     struct httpq_worker *worker,
		     const struct httpq_binding_options *options);
bool httpq_binding_get(struct httpq_binding *binding);
void httpq_binding_put(struct httpq_binding *binding);

#endif /* _HTTPQ_BINDING_H */
