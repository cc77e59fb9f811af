// SPDX-License-Identifier: GPL-2.0
/* The namespace object: its life, its settings, its memory account. */

#include <linux/capability.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "compat/sysctl.h"
#include "log.h"
#include "net.h"
#include "route.h"

static unsigned int httpq_net_id __read_mostly;

static const struct httpq_limits default_limits = {
#define X(name, def, min, max) .name = def,
	HTTPQ_LIMITS(X)
#undef X
};

enum limit_bound {
#define X(name, def, min, max) BOUND_##name##_min, BOUND_##name##_max,
	HTTPQ_LIMITS(X)
#undef X
	BOUND_NR,
};

static unsigned int limit_bounds[BOUND_NR] = {
#define X(name, def, min, max) min, max,
	HTTPQ_LIMITS(X)
#undef X
};

/* A template: .data is an offset until sysctl_table_create() adds the base. */
static const struct ctl_table limit_table[] = {
#define X(name, def, min, max)						\
	{								\
		.procname = #name,					\
		.data = (void *)offsetof(struct httpq_limits, name),	\
		.maxlen = sizeof(unsigned int),				\
		.mode = 0644,						\
		.proc_handler = proc_douintvec_minmax,			\
		.extra1 = &limit_bounds[BOUND_##name##_min],		\
		.extra2 = &limit_bounds[BOUND_##name##_max],		\
	},
	HTTPQ_LIMITS(X)
#undef X
	{
		.procname = "body_bytes",
		.data = (void *)offsetof(struct httpq_limits, body_bytes),
		.maxlen = sizeof(unsigned long),
		.mode = 0644,
		.proc_handler = proc_doulongvec_minmax,
	},
};

/* What costs memory of the host that no memory cgroup sees. */
static bool limit_is_guarded(const char *name)
{
	static const char *const names[] = {
		"conns", "refused_conns", "mem_kib", "user_queues", "user_urls",
		"sndbuf", "rcvbuf", "zombies", "log_kib",
	};

	return match_string(names, ARRAY_SIZE(names), name) >= 0;
}

/*
 * Who owns a user namespace may not raise those over the default, as TCP's
 * own bounds can't be: the template's value is the default.
 */
static void limit_guard(struct ctl_table *entry, const struct net *net)
{
	if (net->user_ns == &init_user_ns || !limit_is_guarded(entry->procname))
		return;
	entry->extra2 = (u8 *)&default_limits + (size_t)entry->data;
}

static int sysctl_create(struct httpq_net *hn)
{
	const size_t nr = ARRAY_SIZE(limit_table);
	struct ctl_table *table;
	size_t i;

	/* One more for the empty entry that ends the table on old kernels. */
	table = kcalloc(nr + 1, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	memcpy(table, limit_table, sizeof(limit_table));
	for (i = 0; i < nr; i++) {
		limit_guard(&table[i], hn->net);
		table[i].data = (u8 *)&hn->limits + (size_t)table[i].data;
	}

	hn->sysctl = httpq_compat_register_net_sysctl(hn->net, "net/httpq",
						      table, nr);
	if (!hn->sysctl) {
		kfree(table);
		return -ENOMEM;
	}
	hn->sysctl_table = table;
	return 0;
}

static void sysctl_destroy(struct httpq_net *hn)
{
	unregister_net_sysctl_table(hn->sysctl);
	kfree(hn->sysctl_table);
}

static void net_free(struct httpq_net *hn)
{
	/* What was charged was let go. */
	WARN_ON_ONCE(percpu_counter_sum(&hn->mem));
	xa_destroy(&hn->conns);
	httpq_log_destroy(hn->log);
	percpu_counter_destroy(&hn->mem);
	free_percpu(hn->stats);
	kfree(hn);
}

/**
 * httpq_net_get - take a reference
 * @hn: namespace, held by the caller
 *
 * Context: any.
 * Return: @hn.
 */
struct httpq_net *httpq_net_get(struct httpq_net *hn)
{
	refcount_inc(&hn->refs);
	return hn;
}

/**
 * httpq_net_put - drop a reference
 * @hn: namespace
 *
 * Context: any.
 */
void httpq_net_put(struct httpq_net *hn)
{
	if (refcount_dec_and_test(&hn->refs))
		net_free(hn);
}

/* Bytes that may gather on a CPU before the others see them. */
static s32 mem_batch(s64 limit)
{
	return clamp_t(s64, limit >> 6, PAGE_SIZE, HTTPQ_MEM_BATCH);
}

static bool mem_add(struct httpq_net *hn, size_t bytes, bool admit)
{
	s64 limit = (s64)READ_ONCE(hn->limits.mem_kib) << 10;
	s64 bound = admit ? limit - (limit >> 3) : limit;

	if (percpu_counter_read(&hn->mem) + (s64)bytes > bound) {
		httpq_stats_inc(hn->stats, memory_limit);
		return false;
	}
	percpu_counter_add_batch(&hn->mem, bytes, mem_batch(limit));
	return true;
}

/**
 * httpq_net_admit - account memory for something new, before it is allocated
 * @hn: namespace
 * @bytes: how much
 *
 * What is new has to leave an eighth of the limit, so that what was admitted
 * can be answered. The bound is kept to within the per-CPU batches.
 *
 * Context: any.
 * Return: false if it would exceed the bound; nothing is charged then.
 */
bool httpq_net_admit(struct httpq_net *hn, size_t bytes)
{
	return mem_add(hn, bytes, true);
}

/**
 * httpq_net_charge - account memory for an answer, before it is allocated
 * @hn: namespace
 * @bytes: how much
 *
 * Context: any.
 * Return: false if it would exceed net.httpq.mem_kib; nothing is charged then.
 */
bool httpq_net_charge(struct httpq_net *hn, size_t bytes)
{
	return mem_add(hn, bytes, false);
}

/**
 * httpq_net_uncharge - undo httpq_net_admit() or httpq_net_charge()
 * @hn: namespace
 * @bytes: how much
 *
 * Context: any.
 */
void httpq_net_uncharge(struct httpq_net *hn, size_t bytes)
{
	s64 limit = (s64)READ_ONCE(hn->limits.mem_kib) << 10;

	percpu_counter_add_batch(&hn->mem, -(s64)bytes, mem_batch(limit));
}

/**
 * httpq_net_admin - whether the caller administers the namespace
 * @hn: namespace
 *
 * Context: process, under hn->control or with the namespace pinned.
 * Return: true with CAP_NET_ADMIN in the user namespace that owns it.
 */
bool httpq_net_admin(const struct httpq_net *hn)
{
	return ns_capable(hn->net->user_ns, CAP_NET_ADMIN);
}

/**
 * httpq_net_of - the object of a namespace
 * @net: network namespace, pinned by the caller
 *
 * Context: any.
 * Return: its object; the reference is the namespace's, not the caller's.
 */
struct httpq_net *httpq_net_of(struct net *net)
{
	return *(struct httpq_net **)net_generic(net, httpq_net_id);
}

static struct httpq_net *net_alloc(struct net *net)
{
	struct httpq_net *hn;

	hn = kzalloc(sizeof(*hn), GFP_KERNEL);
	if (!hn)
		return NULL;
	hn->net = net;
	hn->limits = default_limits;
	refcount_set(&hn->refs, 1);
	mutex_init(&hn->control);
	INIT_LIST_HEAD(&hn->queues);
	INIT_LIST_HEAD(&hn->bindings);
	INIT_LIST_HEAD(&hn->listeners);
	INIT_LIST_HEAD(&hn->workers);
	xa_init_flags(&hn->conns, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH);
	init_waitqueue_head(&hn->idle);
	spin_lock_init(&hn->zombie_lock);
	INIT_LIST_HEAD(&hn->zombies);
	return hn;
}

static int __net_init net_enter(struct net *net)
{
	struct httpq_net *hn;
	int err = -ENOMEM;

	hn = net_alloc(net);
	if (!hn)
		return -ENOMEM;
	hn->stats = alloc_percpu(struct httpq_stats);
	if (!hn->stats)
		goto err_free_net;
	err = percpu_counter_init(&hn->mem, 0, GFP_KERNEL);
	if (err)
		goto err_free_stats;
	err = -ENOMEM;
	hn->log = httpq_log_create(hn);
	if (!hn->log)
		goto err_destroy_mem;
	err = httpq_route_init(hn);
	if (err)
		goto err_destroy_log;
	err = sysctl_create(hn);
	if (err)
		goto err_exit_route;

	*(struct httpq_net **)net_generic(net, httpq_net_id) = hn;
	return 0;

err_exit_route:
	httpq_route_exit(hn);
err_destroy_log:
	httpq_log_destroy(hn->log);
err_destroy_mem:
	percpu_counter_destroy(&hn->mem);
err_free_stats:
	free_percpu(hn->stats);
err_free_net:
	kfree(hn);
	return err;
}

static void __net_exit net_leave(struct net *net)
{
	struct httpq_net *hn = httpq_net_of(net);

	sysctl_destroy(hn);
	httpq_route_exit(hn);
	httpq_net_put(hn);
}

static struct pernet_operations net_ops = {
	.init = net_enter,
	.exit = net_leave,
	.id = &httpq_net_id,
	.size = sizeof(struct httpq_net *),
};

/**
 * httpq_net_init - make an object for every namespace, now and later
 *
 * Context: module init, before everything that uses namespaces.
 * Return: 0 or a negative error number.
 */
int httpq_net_init(void)
{
	return register_pernet_subsys(&net_ops);
}

/**
 * httpq_net_exit - undo httpq_net_init()
 *
 * Context: module exit, when no handle is left.
 */
void httpq_net_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
