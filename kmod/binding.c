// SPDX-License-Identifier: GPL-2.0
/* Bindings: memory and references. */

#include <linux/cred.h>
#include <linux/slab.h>

#include "binding.h"
#include "queue.h"
#include "url.h"

/**
 * httpq_binding_create - a binding that is not in the table of routes yet
 * @url: the prefix
 * @queue: where requests go; a reference is taken
 * @worker: handle that it is tied to, or NULL
 * @options: the rest
 *
 * Context: process.
 * Return: the binding with one reference, or NULL.
 */
struct httpq_binding *
httpq_binding_create(const struct httpq_url *url, struct httpq_queue *queue,
		     struct httpq_worker *worker,
		     const struct httpq_binding_options *options)
{
	struct httpq_binding *binding;

	binding = kzalloc(sizeof(*binding), GFP_KERNEL_ACCOUNT);
	if (!binding)
		return NULL;
	binding->text = kmemdup(url->text, url->text_len + 1,
				GFP_KERNEL_ACCOUNT);
	if (!binding->text) {
		kfree(binding);
		return NULL;
	}
	refcount_set(&binding->refs, 1);
	httpq_queue_get(queue);
	binding->queue = queue;
	binding->worker = worker;
	binding->uid = current_fsuid();
	binding->context = options->context;
	binding->site = options->site;
	binding->no_keepalive = options->no_keepalive;
	binding->port = url->port;
	binding->bucket = url->bucket;
	binding->loopback = url->loopback;
	memcpy(binding->addr, url->addr, sizeof(binding->addr));
	return binding;
}

/**
 * httpq_binding_get - take a reference, if it is not too late
 * @binding: binding, seen under RCU
 *
 * Context: any.
 * Return: false if the binding is being freed.
 */
bool httpq_binding_get(struct httpq_binding *binding)
{
	return refcount_inc_not_zero(&binding->refs);
}

static void binding_free(struct rcu_head *rcu)
{
	struct httpq_binding *binding =
		container_of(rcu, struct httpq_binding, rcu);

	httpq_queue_put(binding->queue);
	kfree(binding->text);
	kfree(binding);
}

/**
 * httpq_binding_put - drop a reference
 * @binding: binding
 *
 * Context: any.
 */
void httpq_binding_put(struct httpq_binding *binding)
{
	if (refcount_dec_and_test(&binding->refs))
		call_rcu(&binding->rcu, binding_free);
}
