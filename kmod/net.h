/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What httpq keeps for a network namespace. It never pins the namespace; it
 * outlives it for as long as somebody holds a reference.
 */
#ifndef _HTTPQ_NET_H
#define _HTTPQ_NET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu_counter.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "limits.h"
#include "stats.h"
#include "url.h"

struct ctl_table_header;
struct httpq_log;
struct net;

/* Largest per-CPU slack of the memory account. */
#define HTTPQ_MEM_BATCH		(64 * 1024)

/**
 * struct httpq_net - one network namespace
 *
 * Created by the pernet init, ended by the pernet exit, freed with the last
 * reference: the namespace itself holds one until its exit, each handle one,
 * each connection one, each queue one.
 */
struct httpq_net {
	/** @net: valid until @dead; reached under @control or RCU */
	struct net *net;
	/** @refs: see above */
	refcount_t refs;
	/** @dead: set by the exit, under @control; nothing new after it */
	bool dead;

	/**
	 * @control: serializes changes by administrators and workers:
	 * queues, bindings, listeners. Protects the next members. Outermost
	 * lock: the socket lock nests inside. Process context.
	 */
	struct mutex control;
	/** @queues: struct httpq_queue by node; also read under RCU */
	struct list_head queues;
	/** @nr_queues: length of @queues */
	unsigned int nr_queues;
	/** @bindings: struct httpq_binding by node */
	struct list_head bindings;
	/** @nr_bindings: length of @bindings */
	unsigned int nr_bindings;
	/** @listeners: struct httpq_listener by node */
	struct list_head listeners;
	/** @unlisted: how many of the three there were and are no more */
	u32 unlisted;

	/** @workers: struct httpq_worker by node */
	struct list_head workers;
	/** @next_worker: number of the last handle */
	u64 next_worker;
	/** @watch: looks for owners that die and drains that are over */
	struct delayed_work watch;

	/** @routes: prefixes; changed under @control, read under RCU */
	struct rhashtable routes;
	/** @nr_sites: in @routes, by host bucket; changed under @control */
	unsigned int nr_sites[HTTPQ_URL_BUCKETS];

	/** @conns: struct httpq_conn by number, read under RCU */
	struct xarray conns;
	/** @next_conn: cursor of cyclic numbers, under the lock of @conns */
	u32 next_conn;
	/** @nr_conns: connections whose socket is not let go yet */
	atomic_t nr_conns;
	/** @nr_open: of them, not released yet: what the limit counts */
	atomic_t nr_open;
	/** @nr_refused: of these, connections that only hear a 503 */
	atomic_t nr_refused;
	/** @slow_users: processes inside a socket lock that slept */
	atomic_t slow_users;
	/** @idle: woken when @nr_conns or @slow_users falls to 0 */
	wait_queue_head_t idle;

	/** @zombie_lock: protects the next members; only netlink's are inside */
	spinlock_t zombie_lock;
	/** @zombies: struct httpq_request by zombie_node, oldest first */
	struct list_head zombies;
	/** @nr_zombies: length of @zombies */
	u32 nr_zombies;
	/** @next_zombie: number of the last one */
	u64 next_zombie;
	/** @zombie_new: no lock; some have come since @zombie_work began */
	atomic_t zombie_new;
	/** @zombie_work: makes them small, and ends those whose time is over */
	struct delayed_work zombie_work;

	/** @log: rings of records; lives as long as this structure */
	struct httpq_log *log;
	/** @limits: settable bounds */
	struct httpq_limits limits;
	/** @mem: bytes of heads and responses, approximate by a few per CPU */
	struct percpu_counter mem;
	/** @stats: counters */
	struct httpq_stats __percpu *stats;
	/** @sysctl: net.httpq of the namespace */
	struct ctl_table_header *sysctl;
	/** @sysctl_table: its table */
	struct ctl_table *sysctl_table;
};

int httpq_net_init(void);
void httpq_net_exit(void);

struct httpq_net *httpq_net_of(struct net *net);
struct httpq_net *httpq_net_get(struct httpq_net *hn);
void httpq_net_put(struct httpq_net *hn);
bool httpq_net_admit(struct httpq_net *hn, size_t bytes);
bool httpq_net_charge(struct httpq_net *hn, size_t bytes);
void httpq_net_uncharge(struct httpq_net *hn, size_t bytes);
bool httpq_net_admin(const struct httpq_net *hn);

#endif /* _HTTPQ_NET_H */
