// SPDX-License-Identifier: GPL-2.0
/*
 * The routing table: a trie of path segments whose nodes all live in one hash
 * table per namespace. A node is found by its parent and its name, so that a
 * lookup costs one probe per segment however many prefixes there are, and ends
 * at the first segment that no prefix has.
 *
 * The root of a trie, a site, is a port with a host bucket and what the bucket
 * compares: a lower-case name, an address, or nothing. A node exists as long
 * as it has a binding or children. Changes are made under hn->control; readers
 * hold RCU and see a path grow from its root and shrink towards it, so that a
 * node they reached keeps its address, by which its children are found.
 */

#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/in.h>
#include <linux/jhash.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "net.h"
#include "route.h"

/**
 * struct route_node - a site, or one segment below its parent
 */
struct route_node {
	/** @head: in hn->routes */
	struct rhash_head head;
	/** @rcu: frees it */
	struct rcu_head rcu;
	/** @parent: NULL for a site; immutable */
	struct route_node *parent;
	/** @binding: what is bound right here, or NULL */
	struct httpq_binding __rcu *binding;
	/** @users: children, and one for @binding; under hn->control */
	unsigned int users;
	/** @port: of a site, else 0; immutable */
	u16 port;
	/** @bucket: of a site, else 0; immutable */
	u8 bucket;
	/** @len: length of @name */
	u16 len;
	/** @name: segment, or what the bucket compares; immutable */
	u8 name[];
};

/**
 * struct route_node_key - what a node is found by
 * @parent: NULL for a site.
 * @name: segment, or what the bucket compares.
 * @len: its length, 0 allowed.
 * @port: of a site, else 0.
 * @bucket: of a site, else 0.
 * @fold: @name comes in any case and is to be taken as lower case.
 */
struct route_node_key {
	const struct route_node *parent;
	const u8 *name;
	u16 len;
	u16 port;
	u8 bucket;
	bool fold;
};

/* Bytes that are lower-cased at a time. */
#define ROUTE_PART	48

/* One byte for each byte of a word. */
#define EACH_BYTE(byte)	((byte) * 0x0101010101010101ULL)

/* Bit 7 of a sum tells whether a byte of the word reaches a bound. */
static u64 lower_word(u64 word)
{
	u64 ascii = word & EACH_BYTE(0x7f);
	u64 from_a = ascii + EACH_BYTE(0x80 - 'A');
	u64 past_z = ascii + EACH_BYTE(0x80 - 'Z' - 1);

	return word | (from_a & ~past_z & ~word & EACH_BYTE(0x80)) >> 2;
}

/* Takes the next part of a name; returns its length. */
static u16 lower_part(u64 part[ROUTE_PART / sizeof(u64)], const u8 *name,
		      u16 len)
{
	u16 n = min_t(u16, len, ROUTE_PART);
	u16 i, words = DIV_ROUND_UP(n, sizeof(u64));

	part[words - 1] = 0;
	memcpy(part, name, n);
	for (i = 0; i < words; i++)
		part[i] = lower_word(part[i]);
	return n;
}

static u32 hash_lower(const u8 *name, u16 len, u32 seed)
{
	u64 part[ROUTE_PART / sizeof(u64)];
	u16 n;

	for (; len; name += n, len -= n) {
		n = lower_part(part, name, len);
		seed = jhash(part, n, seed);
	}
	return seed;
}

static bool equal_lower(const u8 *lower, const u8 *name, u16 len)
{
	u64 part[ROUTE_PART / sizeof(u64)];
	u16 n;

	for (; len; lower += n, name += n, len -= n) {
		n = lower_part(part, name, len);
		if (memcmp(lower, part, n))
			return false;
	}
	return true;
}

static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct route_node_key *key = data;

	if (key->parent)
		return jhash(key->name, key->len,
			     seed ^ hash_ptr(key->parent, 32));

	/* In pieces even if nothing is to be lower-cased: both must agree. */
	seed = jhash_2words(key->port, key->bucket, seed);
	return hash_lower(key->name, key->len, seed);
}

static void node_key(const struct route_node *node, struct route_node_key *key)
{
	*key = (struct route_node_key){
		.parent = node->parent,
		.name = node->name,
		.len = node->len,
		.port = node->port,
		.bucket = node->bucket,
	};
}

static u32 hash_node(const void *data, u32 len, u32 seed)
{
	struct route_node_key key;

	node_key(data, &key);
	return hash_key(&key, len, seed);
}

static bool name_equal(const struct route_node *node,
		       const struct route_node_key *key)
{
	if (node->len != key->len)
		return false;
	if (key->fold)
		return equal_lower(node->name, key->name, key->len);
	return !memcmp(node->name, key->name, key->len);
}

/* Returns 0 if the node is the one that the key names. */
static int compare_node(struct rhashtable_compare_arg *arg, const void *data)
{
	const struct route_node_key *key = arg->key;
	const struct route_node *node = data;

	return node->parent != key->parent || node->port != key->port ||
	       node->bucket != key->bucket || !name_equal(node, key);
}

static const struct rhashtable_params route_params = {
	.head_offset = offsetof(struct route_node, head),
	.hashfn = hash_key,
	.obj_hashfn = hash_node,
	.obj_cmpfn = compare_node,
	.automatic_shrinking = true,
};

/*
 * Takes the next segment of a path off [*pos, end); *pos is behind a slash.
 * What follows the last slash is a segment only if it isn't empty, so that
 * "/a" and "/a/" are the same and "/a//" is more than "/a/".
 */
static bool next_segment(const u8 **pos, const u8 *end,
			 struct route_node_key *key)
{
	const u8 *slash;

	if (*pos >= end)
		return false;

	slash = memchr(*pos, '/', end - *pos) ?: end;
	key->name = *pos;
	key->len = slash - *pos;
	*pos = slash + 1;
	return true;
}

static const u8 *url_bytes(const struct httpq_url *url,
			   const struct httpq_span *span)
{
	return (const u8 *)url->text + span->off;
}

static void site_key(const struct httpq_url *url, struct route_node_key *key)
{
	*key = (struct route_node_key){
		.port = url->port,
		.bucket = url->bucket,
	};
	if (url->bucket == HTTPQ_URL_NAME) {
		key->name = url_bytes(url, &url->host);
		key->len = url->host.len;
	} else if (url->bucket == HTTPQ_URL_ADDRESS) {
		key->name = url->addr;
		key->len = sizeof(url->addr);
	}
}

/* Counts a site in or out, so that lookups pass over an empty bucket. */
static void count_site(struct httpq_net *hn, u8 bucket, int change)
{
	WRITE_ONCE(hn->nr_sites[bucket], hn->nr_sites[bucket] + change);
}

static struct route_node *node_create(struct httpq_net *hn,
				      const struct route_node_key *key,
				      struct route_node *parent)
{
	struct route_node *node;

	node = kzalloc(struct_size(node, name, key->len), GFP_KERNEL_ACCOUNT);
	if (!node)
		return NULL;

	node->parent = parent;
	node->port = key->port;
	node->bucket = key->bucket;
	node->len = key->len;
	if (key->len)
		memcpy(node->name, key->name, key->len);
	if (rhashtable_insert_fast(&hn->routes, &node->head, route_params)) {
		kfree(node);
		return NULL;
	}
	if (parent)
		parent->users++;
	else
		count_site(hn, node->bucket, 1);
	return node;
}

/* Removes a node that is of no use, and those above that were for it only. */
static void node_prune(struct httpq_net *hn, struct route_node *node)
{
	struct route_node *parent;

	for (; node && !node->users; node = parent) {
		parent = node->parent;
		rhashtable_remove_fast(&hn->routes, &node->head, route_params);
		if (parent)
			parent->users--;
		else
			count_site(hn, node->bucket, -1);
		kfree_rcu(node, rcu);
	}
}

static struct route_node *node_find(struct httpq_net *hn,
				    const struct httpq_url *url)
{
	const u8 *pos = url_bytes(url, &url->path) + 1;
	const u8 *end = pos + url->path.len - 1;
	struct route_node_key key;
	struct route_node *node;

	site_key(url, &key);
	node = rhashtable_lookup_fast(&hn->routes, &key, route_params);
	key = (struct route_node_key){};
	while (node && next_segment(&pos, end, &key)) {
		key.parent = node;
		node = rhashtable_lookup_fast(&hn->routes, &key, route_params);
	}
	return node;
}

/* Finds or makes one node. On failure nothing useless stays behind. */
static struct route_node *node_obtain(struct httpq_net *hn,
				      const struct route_node_key *key,
				      struct route_node *parent)
{
	struct route_node *node;

	node = rhashtable_lookup_fast(&hn->routes, key, route_params);
	if (!node)
		node = node_create(hn, key, parent);
	if (!node)
		node_prune(hn, parent);
	return node;
}

static struct route_node *path_obtain(struct httpq_net *hn,
				      const struct httpq_url *url)
{
	const u8 *pos = url_bytes(url, &url->path) + 1;
	const u8 *end = pos + url->path.len - 1;
	struct route_node_key key;
	struct route_node *node;

	site_key(url, &key);
	node = node_obtain(hn, &key, NULL);
	key = (struct route_node_key){};
	while (node && next_segment(&pos, end, &key)) {
		key.parent = node;
		node = node_obtain(hn, &key, node);
	}
	return node;
}

static struct httpq_binding *node_binding(struct httpq_net *hn,
					  const struct route_node *node)
{
	return rcu_dereference_protected(node->binding,
					 lockdep_is_held(&hn->control));
}

static void node_free(void *data, void *arg)
{
	kfree(data);
}

/**
 * httpq_route_init - make the empty routing table of a namespace
 * @hn: the namespace.
 *
 * Context: Process.
 * Return: 0 or -ENOMEM.
 */
int httpq_route_init(struct httpq_net *hn)
{
	return rhashtable_init(&hn->routes, &route_params);
}

/**
 * httpq_route_exit - destroy the routing table of a namespace
 * @hn: the namespace. Nobody looks anything up any more.
 *
 * The bindings that are still there are not freed.
 *
 * Context: Process.
 */
void httpq_route_exit(struct httpq_net *hn)
{
	rhashtable_free_and_destroy(&hn->routes, node_free, NULL);
}

/**
 * httpq_route_insert - route a prefix to a binding
 * @hn: the namespace.
 * @url: the prefix.
 * @binding: stays the caller's, who removes the prefix before freeing it.
 *
 * Lookups find @binding as soon as this has returned 0.
 *
 * Context: Process. hn->control is held.
 * Return: 0, -EEXIST if that very prefix is bound, -ENOMEM.
 */
int httpq_route_insert(struct httpq_net *hn, const struct httpq_url *url,
		       struct httpq_binding *binding)
{
	struct route_node *node;

	lockdep_assert_held(&hn->control);

	node = path_obtain(hn, url);
	if (!node)
		return -ENOMEM;
	if (node_binding(hn, node))
		return -EEXIST;

	node->users++;
	rcu_assign_pointer(node->binding, binding);
	return 0;
}

/**
 * httpq_route_replace - route a prefix to another binding of it
 * @hn: the namespace.
 * @url: the prefix; it is bound.
 * @binding: as for httpq_route_insert().
 *
 * Lookups find the old binding or @binding, and never nothing. They may find
 * the old one until a grace period has passed.
 *
 * Context: Process. hn->control is held.
 */
void httpq_route_replace(struct httpq_net *hn, const struct httpq_url *url,
			 struct httpq_binding *binding)
{
	lockdep_assert_held(&hn->control);

	rcu_assign_pointer(node_find(hn, url)->binding, binding);
}

/**
 * httpq_route_remove - stop routing a prefix
 * @hn: the namespace.
 * @url: the prefix; nothing happens if it isn't bound.
 *
 * Readers may see the binding until a grace period has passed.
 *
 * Context: Process. hn->control is held.
 */
void httpq_route_remove(struct httpq_net *hn, const struct httpq_url *url)
{
	struct route_node *node;

	lockdep_assert_held(&hn->control);

	node = node_find(hn, url);
	if (!node || !node_binding(hn, node))
		return;

	RCU_INIT_POINTER(node->binding, NULL);
	node->users--;
	node_prune(hn, node);
}

/**
 * httpq_route_find - find the binding of exactly one prefix
 * @hn: the namespace.
 * @url: the prefix.
 *
 * Context: Process. hn->control is held and protects what is returned.
 * Return: the binding, or NULL if that very prefix is not bound.
 */
struct httpq_binding *httpq_route_find(struct httpq_net *hn,
				       const struct httpq_url *url)
{
	struct route_node *node;

	lockdep_assert_held(&hn->control);

	node = node_find(hn, url);
	return node ? node_binding(hn, node) : NULL;
}

static bool addr_is_loopback(const u8 bytes[16])
{
	struct in6_addr addr;

	memcpy(&addr, bytes, sizeof(addr));
	return ipv6_addr_v4mapped(&addr) ? ipv4_is_loopback(addr.s6_addr32[3]) :
					   ipv6_addr_loopback(&addr);
}

/* The node's binding if it is good for this request, else what was found. */
static struct httpq_binding *
better_binding(const struct route_node *node, const struct httpq_route_key *key,
	       struct httpq_binding *found)
{
	struct httpq_binding *binding = rcu_dereference(node->binding);

	if (!binding || (binding->loopback && !addr_is_loopback(key->addr)))
		return found;
	return binding;
}

/* The longest prefix below one site. */
static struct httpq_binding *lookup_site(struct httpq_net *hn,
					 const struct httpq_route_key *key,
					 const struct route_node_key *site)
{
	const u8 *end = key->path + key->path_len;
	struct httpq_binding *found = NULL;
	struct route_node_key next = {};
	const u8 *pos = key->path + 1;
	const struct route_node *node;

	node = rhashtable_lookup(&hn->routes, site, route_params);
	while (node) {
		found = better_binding(node, key, found);
		if (!next_segment(&pos, end, &next))
			break;
		next.parent = node;
		node = rhashtable_lookup(&hn->routes, &next, route_params);
	}
	return found;
}

/* What a bucket compares of a request; false if there is no such thing. */
static bool lookup_key(const struct httpq_route_key *key, u8 bucket,
		       struct route_node_key *site)
{
	*site = (struct route_node_key){ .port = key->port, .bucket = bucket };
	if (bucket == HTTPQ_URL_NAME) {
		site->name = key->host;
		site->len = key->host_len;
		site->fold = true;
		/* No prefix has a longer one. */
		return key->host_len && key->host_len <= HTTPQ_URL_MAX;
	}
	if (bucket == HTTPQ_URL_ADDRESS) {
		site->name = key->addr;
		site->len = sizeof_field(struct httpq_binding, addr);
	}
	return true;
}

/**
 * httpq_route_lookup - find the binding that a request belongs to
 * @hn: the namespace.
 * @key: what the request is routed by.
 *
 * The first host bucket that has a prefix of the path wins, and in it the
 * longest prefix of whole segments. Costs at most one pass over the host and
 * one over the path per bucket, and no memory.
 *
 * Context: Any, softirq included. RCU is held and protects what is returned,
 * but for the binding's queue, of which the caller has to get a reference.
 * Return: the binding, or NULL if there is none. One that is being freed was
 * unbound or replaced after it was found: look again.
 */
struct httpq_binding *httpq_route_lookup(struct httpq_net *hn,
					 const struct httpq_route_key *key)
{
	struct httpq_binding *found = NULL;
	struct route_node_key site;
	u8 bucket;

	for (bucket = 0; bucket < HTTPQ_URL_BUCKETS && !found; bucket++)
		if (READ_ONCE(hn->nr_sites[bucket]) &&
		    lookup_key(key, bucket, &site))
			found = lookup_site(hn, key, &site);

	return found;
}
