// SPDX-License-Identifier: GPL-2.0
/*
 * Binding prefixes: who may, the route, and the sockets, as one change that
 * happens completely or not at all.
 */

#include <linux/bitops.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/ip.h>

#include "bind.h"
#include "listen.h"
#include "net.h"
#include "queue.h"
#include "route.h"
#include "trace.h"

/* What a port serves, and what a user has, as far as it limits the user. */
static void count_bindings(const struct httpq_net *hn, u16 port,
			   const struct httpq_binding *except,
			   unsigned int *foreign, unsigned int *owned)
{
	const struct httpq_binding *binding;

	*foreign = 0;
	*owned = 0;
	list_for_each_entry(binding, &hn->bindings, node) {
		if (binding == except)
			continue;
		*owned += uid_eq(binding->uid, current_fsuid());
		*foreign += binding->port == port &&
			    !uid_eq(binding->queue->uid, current_fsuid());
	}
}

/*
 * Without CAP_NET_ADMIN: http://localhost:PORT/ from where ports are free, on
 * a port where nobody else is served: a prefix that is more special takes
 * requests from one that is less so. @except is there no more then.
 */
static int may_bind(struct httpq_net *hn, const struct httpq_url *url,
		    const struct httpq_binding *except, bool admin,
		    const char **problem)
{
	unsigned int foreign, owned;

	if (admin)
		return 0;
	*problem = "needs CAP_NET_ADMIN, but for http://localhost:PORT/";
	if (!url->loopback)
		return -EACCES;
	*problem = "needs CAP_NET_ADMIN: net.httpq.unprivileged_bind is 0";
	if (!READ_ONCE(hn->limits.unprivileged_bind))
		return -EACCES;
	*problem = "needs CAP_NET_ADMIN: the port is privileged";
	if (inet_port_requires_bind_service(hn->net, url->port))
		return -EACCES;
	count_bindings(hn, url->port, except, &foreign, &owned);
	*problem = "needs CAP_NET_ADMIN: the port serves another user";
	if (foreign)
		return -EACCES;
	*problem = "user has bound too many prefixes";
	return owned < READ_ONCE(hn->limits.user_urls) ? 0 : -EDQUOT;
}

static void binding_remove(struct httpq_net *hn, const struct httpq_url *url,
			   struct httpq_binding *binding)
{
	trace_httpq_bind(url->port, false);
	httpq_route_remove(hn, url);
	list_del(&binding->node);
	hn->unlisted++;
	hn->nr_bindings--;
	httpq_binding_put(binding);
}

static const char *listen_problem(int err)
{
	switch (err) {
	case -EADDRINUSE:
		return "the port is held by another program";
	case -EADDRNOTAVAIL:
		return "the address is not of this host";
	}
	return "can't listen on the port";
}

static int bind_url(struct httpq_net *hn, const struct httpq_url *url,
		    struct httpq_binding *binding, const char **problem)
{
	int err;

	if (hn->nr_bindings >= HTTPQ_BINDINGS_MAX) {
		*problem = "too many prefixes";
		return -ENOSPC;
	}
	err = httpq_route_insert(hn, url, binding);
	if (err) {
		*problem = err == -EEXIST ? "the prefix is bound already" :
					    "no memory";
		return err;
	}
	list_add_tail(&binding->node, &hn->bindings);
	hn->nr_bindings++;
	err = httpq_listen_update(hn, url->port);
	if (!err) {
		trace_httpq_bind(url->port, true);
		return 0;
	}

	*problem = listen_problem(err);
	httpq_route_remove(hn, url);
	list_del(&binding->node);
	hn->unlisted++;
	hn->nr_bindings--;
	/* Back to the sockets of before, as far as they can be had. */
	httpq_listen_update(hn, url->port);
	return err;
}

/* The callers' structures are large: one allocation, freed by them. */
static struct httpq_url *url_parse(const char *text, size_t len, int *err,
				   const char **problem)
{
	struct httpq_url *url = kmalloc(sizeof(*url), GFP_KERNEL);

	*problem = "no memory";
	*err = -ENOMEM;
	if (!url)
		return NULL;
	*err = httpq_url_parse(text, len, url, problem);
	if (!*err)
		return url;
	kfree(url);
	return NULL;
}

/**
 * httpq_bind_add - bind a prefix to a queue
 * @hn: namespace that is not dead
 * @text: the prefix
 * @len: its length
 * @queue: queue that the caller may bind to
 * @worker: handle that the binding is tied to, or NULL for a persistent one
 * @options: what else was chosen
 * @admin: who asks administers the namespace
 * @problem: result on failure: static text that says what was wrong
 *
 * Context: process, under hn->control.
 * Return: 0, or what struct httpq_bind lists, -EDQUOT, -ENOSPC or -ENOMEM.
 */
int httpq_bind_add(struct httpq_net *hn, const char *text, size_t len,
		   struct httpq_queue *queue, struct httpq_worker *worker,
		   const struct httpq_binding_options *options, bool admin,
		   const char **problem)
{
	struct httpq_binding *binding;
	struct httpq_url *url;
	int err;

	lockdep_assert_held(&hn->control);
	url = url_parse(text, len, &err, problem);
	if (!url) {
		trace_httpq_bind_err(0, err);
		return err;
	}
	err = may_bind(hn, url, NULL, admin, problem);
	if (err)
		goto out_free_url;
	*problem = "no memory";
	err = -ENOMEM;
	binding = httpq_binding_create(url, queue, worker, options);
	if (!binding)
		goto out_free_url;
	err = bind_url(hn, url, binding, problem);
	if (err)
		httpq_binding_put(binding);
out_free_url:
	if (err)
		trace_httpq_bind_err(url->port, err);
	kfree(url);
	return err;
}

static int may_unbind(const struct httpq_binding *binding,
		      const struct httpq_worker *worker, bool admin,
		      const char **problem)
{
	*problem = "the prefix is not bound";
	if (!binding || (worker && binding->worker != worker))
		return -ENOENT;
	*problem = "the prefix belongs to a queue of another user";
	if (!worker && !httpq_queue_may_change(binding->queue, admin))
		return -EACCES;
	return 0;
}

/* What unbinding and binding it anew would need. */
static int may_change(struct httpq_net *hn, const struct httpq_url *url,
		      const struct httpq_binding *binding,
		      struct httpq_queue *queue, bool admin,
		      const char **problem)
{
	int err = may_unbind(binding, NULL, admin, problem);

	if (err)
		return err;
	*problem = "no write permission for the queue";
	if (!httpq_queue_may_write(queue, admin))
		return -EACCES;
	*problem = "the prefix is tied to a handle of its queue";
	if (binding->worker && queue != binding->queue)
		return -EBUSY;
	return may_bind(hn, url, binding, admin, problem);
}

/* A binding is immutable for its readers: another one takes its place. */
static int replace(struct httpq_net *hn, const struct httpq_url *url,
		   struct httpq_binding *old, struct httpq_queue *queue,
		   const struct httpq_binding_change *change)
{
	const struct httpq_binding_options options = {
		.context = change->context ? change->options.context :
					     old->context,
		.site = change->site ? change->options.site : old->site,
		.no_keepalive = change->keepalive ?
				change->options.no_keepalive :
				old->no_keepalive,
	};
	struct httpq_binding *binding;

	binding = httpq_binding_create(url, queue, old->worker, &options);
	if (!binding)
		return -ENOMEM;
	httpq_route_replace(hn, url, binding);
	list_replace(&old->node, &binding->node);
	httpq_binding_put(old);
	return 0;
}

/**
 * httpq_bind_change - give a binding another queue or other options
 * @hn: namespace that is not dead
 * @text: the prefix
 * @len: its length
 * @change: what is to be different
 * @admin: who asks administers the namespace
 * @problem: result on failure: static text that says what was wrong
 *
 * The prefix is bound all the time, and its sockets stay. Requests that were
 * routed before have what was bound then.
 *
 * Context: process, under hn->control.
 * Return: 0; -EBUSY for another queue if it is tied to a handle; what
 * httpq_bind_add() or httpq_bind_remove() give to who may not.
 */
int httpq_bind_change(struct httpq_net *hn, const char *text, size_t len,
		      const struct httpq_binding_change *change, bool admin,
		      const char **problem)
{
	struct httpq_binding *binding;
	struct httpq_queue *queue;
	struct httpq_url *url;
	int err;

	lockdep_assert_held(&hn->control);
	url = url_parse(text, len, &err, problem);
	if (!url) {
		trace_httpq_bind_change_err(0, err);
		return err;
	}
	binding = httpq_route_find(hn, url);
	queue = change->queue || !binding ? change->queue : binding->queue;
	err = may_change(hn, url, binding, queue, admin, problem);
	if (!err) {
		*problem = "no memory";
		err = replace(hn, url, binding, queue, change);
	}
	if (err)
		trace_httpq_bind_change_err(url->port, err);
	else
		trace_httpq_bind_change(url->port);
	kfree(url);
	return err;
}

/**
 * httpq_bind_remove - undo httpq_bind_add()
 * @hn: namespace
 * @text: the prefix
 * @len: its length
 * @worker: handle that must have bound it, or NULL: then the caller must own
 *	the queue or administer the namespace
 * @admin: who asks administers the namespace
 * @problem: result on failure: static text that says what was wrong
 *
 * Requests that were routed stay in the queue.
 *
 * Context: process, under hn->control.
 * Return: 0; -EINVAL, -ENOENT, -EACCES or -ENOMEM.
 */
int httpq_bind_remove(struct httpq_net *hn, const char *text, size_t len,
		      struct httpq_worker *worker, bool admin,
		      const char **problem)
{
	struct httpq_binding *binding;
	struct httpq_url *url;
	int err;

	lockdep_assert_held(&hn->control);
	url = url_parse(text, len, &err, problem);
	if (!url) {
		trace_httpq_unbind_err(0, err);
		return err;
	}
	binding = httpq_route_find(hn, url);
	err = may_unbind(binding, worker, admin, problem);
	if (!err) {
		binding_remove(hn, url, binding);
		httpq_listen_update(hn, url->port);
	} else {
		trace_httpq_unbind_err(url->port, err);
	}
	kfree(url);
	return err;
}

/* Takes the routes away; notes the ports whose sockets may have to go. */
static void unroute_matching(struct httpq_net *hn,
			     const struct httpq_worker *worker,
			     const struct httpq_queue *queue,
			     struct httpq_url *url, unsigned long *ports)
{
	struct httpq_binding *binding, *next;
	const char *problem;

	list_for_each_entry_safe(binding, next, &hn->bindings, node) {
		cond_resched();
		if ((worker && binding->worker != worker) ||
		    (queue && binding->queue != queue))
			continue;
		/* A canonical text always parses. */
		if (WARN_ON_ONCE(httpq_url_parse(binding->text,
						 strlen(binding->text), url,
						 &problem)))
			continue;
		__set_bit(binding->port, ports);
		binding_remove(hn, url, binding);
	}
}

static void remove_matching(struct httpq_net *hn,
			    const struct httpq_worker *worker,
			    const struct httpq_queue *queue)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NOFAIL;
	struct httpq_url *url;
	unsigned long *ports;

	lockdep_assert_held(&hn->control);
	if (list_empty(&hn->bindings))
		return;
	/* Leaving can't fail, so neither may these allocations. */
	url = kmalloc(sizeof(*url), gfp);
	ports = kvcalloc(BITS_TO_LONGS(U16_MAX + 1), sizeof(*ports), gfp);
	unroute_matching(hn, worker, queue, url, ports);
	httpq_listen_settle(hn, ports);
	kvfree(ports);
	kfree(url);
}

/**
 * httpq_bind_remove_worker - unbind what is tied to a handle
 * @hn: namespace
 * @worker: handle
 *
 * Context: process, under hn->control.
 */
void httpq_bind_remove_worker(struct httpq_net *hn,
			      struct httpq_worker *worker)
{
	remove_matching(hn, worker, NULL);
}

/**
 * httpq_bind_remove_queue - unbind what leads to a queue
 * @hn: namespace
 * @queue: queue
 *
 * Context: process, under hn->control.
 */
void httpq_bind_remove_queue(struct httpq_net *hn, struct httpq_queue *queue)
{
	remove_matching(hn, NULL, queue);
}

/**
 * httpq_bind_remove_all - unbind everything
 * @hn: namespace that ends, without listeners
 *
 * Context: process, under hn->control.
 */
void httpq_bind_remove_all(struct httpq_net *hn)
{
	remove_matching(hn, NULL, NULL);
}
