// SPDX-License-Identifier: GPL-2.0
/* The routing table: who wins, what a prefix is, and that nothing is left. */

#include <kunit/test.h>
#include <linux/random.h>
#include <linux/rhashtable.h>

/* What lookups cost: probes of the table, and nodes looked at for them. */
static unsigned int route_probes, route_compares;

static int compare_node(struct rhashtable_compare_arg *arg, const void *data);

#define rhashtable_lookup(table, key, params) \
	(route_probes++, rhashtable_lookup(table, key, params))
#define compare_node(arg, data) counted_compare_node(arg, data)
#include "../route.c"
#undef compare_node
#undef rhashtable_lookup

static int compare_node(struct rhashtable_compare_arg *arg, const void *data)
{
	route_compares++;
	return counted_compare_node(arg, data);
}

#define ROUTE_MANY	10000

struct route_test {
	struct httpq_net *hn;
	struct httpq_url *url;
	struct httpq_binding *bindings;
	u32 *order;
};

/* More than is lower-cased at a time. */
#define ROUTE_LONG \
	"one-label-of-some-length.another-label-of-some-length.example"

/* Prefixes of the table of lookups; context is the index plus 1. */
static const char *const route_prefixes[] = {
	"http://+:80/strong/",
	"http://+:80/both/",
	"http://www.example.org:80/",
	"http://www.example.org:80/a/",
	"http://www.example.org:80/a/b/",
	"http://www.example.org:80/both/long/",
	"http://www.example.org:80/e//",
	"http://localhost:80/",
	"http://192.0.2.1:80/",
	"http://192.0.2.1:80/a/",
	"http://[2001:db8::1]:80/",
	"http://*:80/",
	"http://*:80/weak/",
	"http://www.example.org:81/",
	"http://only.example.org:82/x/",
	"http://*:82/",
	"http://+:83//",
	"http://+:83/",
	"http://" ROUTE_LONG ".org:84/",
};

/* Local addresses. */
#define ROUTE_V4(a, b, c, d) \
	{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d }

static const u8 route_v4[16] = ROUTE_V4(192, 0, 2, 1);
static const u8 route_other[16] = ROUTE_V4(192, 0, 2, 2);
static const u8 route_lo4[16] = ROUTE_V4(127, 1, 2, 3);
static const u8 route_lo6[16] = { [15] = 1 };
static const u8 route_v6[16] = {
	0x20, 0x01, 0x0d, 0xb8, [15] = 1,
};

static const struct route_lookup_case {
	const char *desc;
	const char *host;
	const char *path;
	const char *expect;
	const u8 *addr;
	u16 port;
} route_lookup_cases[] = {
	{ "strong wins over name", "www.example.org", "/strong/x",
	  "http://+:80/strong/", route_v4, 80 },
	{ "strong wins over a longer name", "www.example.org", "/both/long/x",
	  "http://+:80/both/", route_v4, 80 },
	{ "name wins over address", "www.example.org", "/z",
	  "http://www.example.org:80/", route_v4, 80 },
	{ "name in upper case", "WWW.Example.ORG", "/z",
	  "http://www.example.org:80/", route_v4, 80 },
	{ "part of a name", "www.example.or", "/z",
	  "http://*:80/", route_other, 80 },
	{ "root", "www.example.org", "/",
	  "http://www.example.org:80/", route_v4, 80 },
	{ "without the last slash", "www.example.org", "/a",
	  "http://www.example.org:80/a/", route_v4, 80 },
	{ "with the last slash", "www.example.org", "/a/",
	  "http://www.example.org:80/a/", route_v4, 80 },
	{ "the longest", "www.example.org", "/a/b",
	  "http://www.example.org:80/a/b/", route_v4, 80 },
	{ "below the longest", "www.example.org", "/a/b/c/d/e",
	  "http://www.example.org:80/a/b/", route_v4, 80 },
	{ "another child", "www.example.org", "/a/c/b/",
	  "http://www.example.org:80/a/", route_v4, 80 },
	{ "not a whole segment", "www.example.org", "/ab",
	  "http://www.example.org:80/", route_v4, 80 },
	{ "less than a segment", "www.example.org", "/a/bb",
	  "http://www.example.org:80/a/", route_v4, 80 },
	{ "path with case", "www.example.org", "/A/b",
	  "http://www.example.org:80/", route_v4, 80 },
	{ "empty segment", "www.example.org", "/e//x",
	  "http://www.example.org:80/e//", route_v4, 80 },
	{ "empty segment at the end", "www.example.org", "/e//",
	  "http://www.example.org:80/e//", route_v4, 80 },
	{ "no empty segment", "www.example.org", "/e/",
	  "http://www.example.org:80/", route_v4, 80 },
	{ "empty segment before", "www.example.org", "//a/b",
	  "http://www.example.org:80/", route_v4, 80 },
	{ "address by any name", "other", "/z",
	  "http://192.0.2.1:80/", route_v4, 80 },
	{ "address and path", "other", "/a/z",
	  "http://192.0.2.1:80/a/", route_v4, 80 },
	{ "address without a host", "", "/z",
	  "http://192.0.2.1:80/", route_v4, 80 },
	{ "IPv6 address", "[2001:db8::1]", "/z",
	  "http://[2001:db8::1]:80/", route_v6, 80 },
	{ "address wins over weak", "other", "/weak/",
	  "http://192.0.2.1:80/", route_v4, 80 },
	{ "weak", "other", "/weak/x",
	  "http://*:80/weak/", route_other, 80 },
	{ "weak root", "other", "/x",
	  "http://*:80/", route_other, 80 },
	{ "localhost on IPv4", "localhost", "/x",
	  "http://localhost:80/", route_lo4, 80 },
	{ "localhost on IPv6", "LOCALHOST", "/x",
	  "http://localhost:80/", route_lo6, 80 },
	{ "localhost from outside", "localhost", "/x",
	  "http://*:80/", route_other, 80 },
	{ "another port", "www.example.org", "/a/b",
	  "http://www.example.org:81/", route_v4, 81 },
	{ "name without the path", "only.example.org", "/y",
	  "http://*:82/", route_v4, 82 },
	{ "name with the path", "only.example.org", "/x",
	  "http://only.example.org:82/x/", route_v4, 82 },
	{ "root beside an empty segment", "h", "/",
	  "http://+:83/", route_v4, 83 },
	{ "empty first segment", "h", "//x",
	  "http://+:83//", route_v4, 83 },
	{ "long name", ROUTE_LONG ".ORG", "/",
	  "http://" ROUTE_LONG ".org:84/", route_v4, 84 },
	{ "long name, another end", ROUTE_LONG ".orh", "/", NULL, route_v4,
	  84 },
	{ "no host has it", "other", "/", NULL, route_v4, 81 },
	{ "no such port", "www.example.org", "/a/b", NULL, route_v4, 8080 },
};

static void route_lookup_desc(const struct route_lookup_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(route_lookup, route_lookup_cases, route_lookup_desc);

static void *route_alloc(struct kunit *test, size_t size)
{
	void *memory = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	return memory;
}

static int route_test_init(struct kunit *test)
{
	struct route_test *t = route_alloc(test, sizeof(*t));

	t->hn = route_alloc(test, sizeof(*t->hn));
	t->url = route_alloc(test, sizeof(*t->url));
	t->bindings = route_alloc(test, ROUTE_MANY * sizeof(*t->bindings));
	t->order = route_alloc(test, ROUTE_MANY * sizeof(*t->order));
	mutex_init(&t->hn->control);
	test->priv = t;
	return httpq_route_init(t->hn);
}

static void route_test_exit(struct kunit *test)
{
	struct route_test *t = test->priv;

	if (t)
		httpq_route_exit(t->hn);
}

static void route_parse(struct kunit *test, const char *text)
{
	struct route_test *t = test->priv;
	const char *problem = NULL;
	int err;

	err = httpq_url_parse(text, strlen(text), t->url, &problem);
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s: %s", text, problem);
}

static int route_add(struct kunit *test, const char *text,
		     struct httpq_binding *binding)
{
	struct route_test *t = test->priv;
	int err;

	route_parse(test, text);
	binding->loopback = t->url->loopback;
	mutex_lock(&t->hn->control);
	err = httpq_route_insert(t->hn, t->url, binding);
	mutex_unlock(&t->hn->control);
	return err;
}

static void route_drop(struct kunit *test, const char *text)
{
	struct route_test *t = test->priv;

	route_parse(test, text);
	mutex_lock(&t->hn->control);
	httpq_route_remove(t->hn, t->url);
	mutex_unlock(&t->hn->control);
}

static struct httpq_binding *route_exact(struct kunit *test, const char *text)
{
	struct route_test *t = test->priv;
	struct httpq_binding *binding;

	route_parse(test, text);
	mutex_lock(&t->hn->control);
	binding = httpq_route_find(t->hn, t->url);
	mutex_unlock(&t->hn->control);
	return binding;
}

/* The index of what was found, or -1. */
static long route_get(struct kunit *test, u16 port, const u8 *addr,
		      const char *host, const char *path, size_t len)
{
	struct route_test *t = test->priv;
	const struct httpq_route_key key = {
		.port = port,
		.addr = addr,
		.host = (const u8 *)host,
		.host_len = strlen(host),
		.path = (const u8 *)path,
		.path_len = len,
	};
	struct httpq_binding *binding;

	rcu_read_lock();
	binding = httpq_route_lookup(t->hn, &key);
	rcu_read_unlock();
	return binding ? binding - t->bindings : -1;
}

static int route_nodes(struct kunit *test)
{
	struct route_test *t = test->priv;

	return atomic_read(&t->hn->routes.nelems);
}

/* Lookups rely on the count: it must be as large as what is there. */
static unsigned int route_sites(struct kunit *test)
{
	struct route_test *t = test->priv;
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(t->hn->nr_sites); i++)
		sum += t->hn->nr_sites[i];
	return sum;
}

static void route_add_prefixes(struct kunit *test)
{
	struct route_test *t = test->priv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(route_prefixes); i++)
		KUNIT_ASSERT_EQ(test, 0, route_add(test, route_prefixes[i],
						   &t->bindings[i]));
}

static void route_lookup_finds_the_right_prefix(struct kunit *test)
{
	const struct route_lookup_case *c = test->param_value;
	long i;

	route_add_prefixes(test);

	i = route_get(test, c->port, c->addr, c->host, c->path,
		      strlen(c->path));

	KUNIT_EXPECT_STREQ(test, i < 0 ? "none" : route_prefixes[i],
			   c->expect ?: "none");
}

/* Each byte, at each place of a word and behind its end. */
static void route_lower_is_ascii_only(struct kunit *test)
{
	u64 part[ROUTE_PART / sizeof(u64)];
	u8 name[11], lower[11];
	int i, byte;

	for (i = 0; i < sizeof(name); i++) {
		for (byte = 0; byte < 256; byte++) {
			memset(name, 'Q', sizeof(name));
			memset(lower, 'q', sizeof(lower));
			name[i] = byte;
			lower[i] = byte >= 'A' && byte <= 'Z' ? byte + 0x20 :
								byte;
			lower_part(part, name, sizeof(name));
			KUNIT_EXPECT_EQ(test, 0, memcmp(part, lower,
							sizeof(lower)));
		}
	}
}

static void route_insert_refuses_what_is_bound(struct kunit *test)
{
	struct route_test *t = test->priv;
	size_t i;
	int nodes;

	route_add_prefixes(test);
	nodes = route_nodes(test);

	for (i = 0; i < ARRAY_SIZE(route_prefixes); i++)
		KUNIT_EXPECT_EQ(test, -EEXIST,
				route_add(test, route_prefixes[i],
					  &t->bindings[0]));
	KUNIT_EXPECT_EQ(test, -EEXIST, route_add(test,
						 "http://WWW.Example.org:80/a/",
						 &t->bindings[0]));

	KUNIT_EXPECT_EQ(test, nodes, route_nodes(test));
	KUNIT_EXPECT_EQ(test, 11, route_sites(test));
}

static void route_replace_touches_nothing_else(struct kunit *test)
{
	struct route_test *t = test->priv;
	struct httpq_binding *other = &t->bindings[ARRAY_SIZE(route_prefixes)];
	unsigned int sites;
	size_t i;
	int nodes;

	route_add_prefixes(test);
	nodes = route_nodes(test);
	sites = route_sites(test);
	route_parse(test, "http://www.example.org:80/a/");

	mutex_lock(&t->hn->control);
	httpq_route_replace(t->hn, t->url, other);
	mutex_unlock(&t->hn->control);

	for (i = 0; i < ARRAY_SIZE(route_prefixes); i++)
		KUNIT_EXPECT_PTR_EQ(test, i == 3 ? other : &t->bindings[i],
				    route_exact(test, route_prefixes[i]));
	KUNIT_EXPECT_EQ(test, nodes, route_nodes(test));
	KUNIT_EXPECT_EQ(test, sites, route_sites(test));
	route_drop(test, "http://www.example.org:80/a/");
	KUNIT_EXPECT_NULL(test, route_exact(test, route_prefixes[3]));
	KUNIT_EXPECT_PTR_EQ(test, &t->bindings[4],
			    route_exact(test, route_prefixes[4]));
}

static void route_find_is_exact(struct kunit *test)
{
	struct route_test *t = test->priv;
	size_t i;

	route_add_prefixes(test);

	for (i = 0; i < ARRAY_SIZE(route_prefixes); i++)
		KUNIT_EXPECT_PTR_EQ(test, &t->bindings[i],
				    route_exact(test, route_prefixes[i]));
	KUNIT_EXPECT_NULL(test, route_exact(test, "http://+:80/"));
	KUNIT_EXPECT_NULL(test, route_exact(test, "http://+:80/strong/x/"));
	KUNIT_EXPECT_NULL(test, route_exact(test, "http://*:80/both/"));
}

static void route_remove_leaves_what_others_need(struct kunit *test)
{
	static const char *const text[] = {
		"http://+:80/a/b/c/", "http://+:80/a/", "http://+:80/a/b/d/",
	};
	struct route_test *t = test->priv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(text); i++)
		KUNIT_ASSERT_EQ(test, 0,
				route_add(test, text[i], &t->bindings[i]));
	KUNIT_EXPECT_EQ(test, 5, route_nodes(test));

	route_drop(test, "http://+:80/a/b/");
	KUNIT_EXPECT_EQ(test, 5, route_nodes(test));
	route_drop(test, text[1]);
	KUNIT_EXPECT_EQ(test, 5, route_nodes(test));
	KUNIT_EXPECT_EQ(test, 0, route_get(test, 80, route_v4, "", "/a/b/c", 6));
	KUNIT_EXPECT_EQ(test, -1, route_get(test, 80, route_v4, "", "/a/b", 4));
	route_drop(test, text[0]);
	KUNIT_EXPECT_EQ(test, 4, route_nodes(test));
	KUNIT_EXPECT_EQ(test, 2, route_get(test, 80, route_v4, "", "/a/b/d", 6));
	route_drop(test, text[2]);
	KUNIT_EXPECT_EQ(test, 0, route_nodes(test));
	KUNIT_EXPECT_EQ(test, 0, route_sites(test));
}

static void route_lookup_ends_at_the_first_unknown_segment(struct kunit *test)
{
	struct route_test *t = test->priv;
	char *path = route_alloc(test, U16_MAX);

	KUNIT_ASSERT_EQ(test, 0, route_add(test, "http://+:80/",
					   &t->bindings[0]));
	KUNIT_ASSERT_EQ(test, 0, route_add(test, "http://+:80///",
					   &t->bindings[1]));
	memset(path, '/', U16_MAX);

	KUNIT_EXPECT_EQ(test, 1, route_get(test, 80, route_v4, "", path,
					   U16_MAX));
}

/* Three buckets, nine hosts, shared and separate segments. */
static void route_many_text(u32 i, char *text, size_t size)
{
	const u32 host = i % 9;

	if (host < 2)
		snprintf(text, size, "http://%c:80/s%u/p%u/", "+*"[host],
			 i % 100, i);
	else
		snprintf(text, size, "http://host%u:80/s%u/p%u/", host,
			 i % 100, i);
}

static void route_shuffle(u32 *order)
{
	u32 i, j;

	for (i = 0; i < ROUTE_MANY; i++)
		order[i] = i;
	for (i = ROUTE_MANY - 1; i > 0; i--) {
		j = get_random_u32() % (i + 1);
		swap(order[i], order[j]);
	}
}

static void route_add_many(struct kunit *test)
{
	struct route_test *t = test->priv;
	char text[64];
	u32 i, n;

	route_shuffle(t->order);
	for (n = 0; n < ROUTE_MANY; n++) {
		i = t->order[n];
		route_many_text(i, text, sizeof(text));
		KUNIT_ASSERT_EQ(test, 0, route_add(test, text,
						   &t->bindings[i]));
		cond_resched();
	}
}

static void route_lookup_works_with_many_prefixes(struct kunit *test)
{
	char path[32], host[16];
	int len;
	u32 i;

	route_add_many(test);

	for (i = 0; i < ROUTE_MANY; i++) {
		snprintf(host, sizeof(host), "HOST%u", i % 9);
		len = snprintf(path, sizeof(path), "/s%u/p%u/x", i % 100, i);
		KUNIT_ASSERT_EQ(test, (long)i,
				route_get(test, 80, route_v4, host, path, len));
		KUNIT_ASSERT_EQ(test, -1L,
				route_get(test, 80, route_v4, host, path, 3));
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, route_nodes(test), ROUTE_MANY);
}

/* One bucket, so that a lookup is one way down a path; ten hosts in it. */
static void route_add_named(struct kunit *test, u32 from, u32 to)
{
	struct route_test *t = test->priv;
	char text[64];
	u32 i;

	for (i = from; i < to; i++) {
		snprintf(text, sizeof(text), "http://h%u:80/s%u/p%u/", i % 10,
			 i % 100, i);
		KUNIT_ASSERT_EQ(test, 0, route_add(test, text,
						   &t->bindings[i]));
		cond_resched();
	}
}

static void route_count_lookups(struct kunit *test, u32 prefixes)
{
	const u32 lookups = 10000;
	char path[32], host[16];
	int len;
	u32 n, i;

	route_probes = 0;
	route_compares = 0;
	for (n = 0; n < lookups; n++) {
		i = n % prefixes;
		snprintf(host, sizeof(host), "h%u", i % 10);
		len = snprintf(path, sizeof(path), "/s%u/p%u/x", i % 100, i);
		KUNIT_ASSERT_EQ(test, (long)i,
				route_get(test, 80, route_v4, host, path, len));
		cond_resched();
	}
	/* Host, two segments, and the one that is not there. */
	KUNIT_EXPECT_EQ(test, 4 * lookups, route_probes);
	KUNIT_EXPECT_GE(test, route_compares, 3 * lookups);
	/* Nodes that have the same place in the table are few. */
	KUNIT_EXPECT_LE(test, route_compares, 3 * route_probes);
}

static void route_lookup_costs_the_same_with_any_number(struct kunit *test)
{
	static const u32 numbers[] = { 0, 10, 1000, ROUTE_MANY };
	size_t i;

	for (i = 1; i < ARRAY_SIZE(numbers); i++) {
		route_add_named(test, numbers[i - 1], numbers[i]);
		route_count_lookups(test, numbers[i]);
	}

	route_probes = 0;
	KUNIT_EXPECT_EQ(test, -1L, route_get(test, 80, route_v4, "h0",
					     "/x/p0/y", 7));
	KUNIT_EXPECT_EQ(test, 2, route_probes);
}

static void route_remove_empties_the_table(struct kunit *test)
{
	struct route_test *t = test->priv;
	char text[64];
	u32 i, n;

	route_add_many(test);

	route_shuffle(t->order);
	for (n = 0; n < ROUTE_MANY; n++) {
		i = t->order[n];
		route_many_text(i, text, sizeof(text));
		route_drop(test, text);
		if (n % 64 == 0)
			KUNIT_EXPECT_NULL(test, route_exact(test, text));
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, 0, route_nodes(test));
	KUNIT_EXPECT_EQ(test, 0, route_sites(test));
}

static struct kunit_case route_test_cases[] = {
	KUNIT_CASE_PARAM(route_lookup_finds_the_right_prefix,
			 route_lookup_gen_params),
	KUNIT_CASE(route_lower_is_ascii_only),
	KUNIT_CASE(route_insert_refuses_what_is_bound),
	KUNIT_CASE(route_replace_touches_nothing_else),
	KUNIT_CASE(route_find_is_exact),
	KUNIT_CASE(route_remove_leaves_what_others_need),
	KUNIT_CASE(route_lookup_ends_at_the_first_unknown_segment),
	KUNIT_CASE(route_lookup_works_with_many_prefixes),
	KUNIT_CASE(route_lookup_costs_the_same_with_any_number),
	KUNIT_CASE(route_remove_empties_the_table),
	{}
};

static struct kunit_suite route_test_suite = {
	.name = "httpq_route",
	.init = route_test_init,
	.exit = route_test_exit,
	.test_cases = route_test_cases,
};

kunit_test_suite(route_test_suite);
