// SPDX-License-Identifier: GPL-2.0
/*
 * explore: visits every state that the model can come to, breadth first from
 * every start, and checks the guarantees in each. Prints TAP, a result for each
 * guarantee, and for a violation the shortest way to it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

/**
 * struct node - a state that was found
 * @world: it
 * @parent: the state it was first reached from; its own number at a start
 * @event: by this event
 * @arg: with this argument
 * @ends: timers and what threads do anyway lead to an end, in any order
 * @edges: where they lead: first in the list of edges
 * @nr_edges: how many
 * @goes_on: one of them is what a thread does anyway
 */
struct node {
	struct world world;
	u32 parent;
	u8 event;
	u8 arg;
	bool ends;
	bool goes_on;
	u8 nr_edges;
	u32 edges;
};

static struct node *nodes;
static u32 nr_nodes, max_nodes;
static u32 *edges;
static u32 nr_edges, max_edges;
/* Numbers of nodes plus 1, by hash of the world. */
static u32 *table;
static u32 table_size;
static u64 transitions;

/* The first violation of each guarantee. */
static struct {
	const char *text;
	u32 node;
	int event;
	unsigned int arg;
} found[GUARANTEES];

static void *grow(void *array, u32 *max, size_t size)
{
	*max = *max ? *max * 2 : 1 << 16;
	array = realloc(array, *max * size);
	if (!array) {
		puts("Bail out! no memory");
		exit(1);
	}
	return array;
}

static u32 hash(const struct world *world)
{
	u64 words[(sizeof(*world) + 7) / 8] = {}, h = 0;
	unsigned int i;

	memcpy(words, world, sizeof(*world));
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h >> 16;
}

/* Where a state is in the table, or belongs. */
static u32 *lookup(const struct world *world)
{
	u32 at = hash(world) & (table_size - 1);

	while (table[at] && memcmp(&nodes[table[at] - 1].world, world,
				   sizeof(*world)))
		at = (at + 1) & (table_size - 1);
	return &table[at];
}

static void table_grow(void)
{
	u32 i;

	free(table);
	table_size = table_size ? table_size * 2 : 1 << 17;
	table = calloc(table_size, sizeof(*table));
	if (!table) {
		puts("Bail out! no memory");
		exit(1);
	}
	for (i = 0; i < nr_nodes; i++)
		*lookup(&nodes[i].world) = i + 1;
}

static void report(u32 node, int event, unsigned int arg)
{
	if (!violation)
		return;
	if (!found[violated].text) {
		found[violated].text = violation;
		found[violated].node = node;
		found[violated].event = event;
		found[violated].arg = arg;
	}
	violation = NULL;
}

/* Handles have no order: of two states that differ in it one is enough. */
static void world_sort(struct world *w)
{
	struct world turned = *w;
	struct request *r;
	u8 handle = w->handles[0];

	turned.handles[0] = w->handles[1];
	turned.handles[1] = handle;
	for (r = turned.requests; r < turned.requests + REQUESTS; r++) {
		r->holder ^= r->holder ? 3 : 0;
		r->worker ^= r->worker ? 3 : 0;
		r->caller ^= r->caller ? 3 : 0;
		if (r->pending == PENDING_ADOPT)
			r->pending = PENDING_ADOPT + 1;
		else if (r->pending == PENDING_ADOPT + 1)
			r->pending = PENDING_ADOPT;
	}
	if (memcmp(&turned, w, sizeof(*w)) > 0)
		*w = turned;
}

/* The number of a state, which may be new. */
static u32 add(const struct world *world, u32 parent, u8 event, u8 arg)
{
	u32 *at;

	if (nr_nodes * 2 >= table_size)
		table_grow();
	at = lookup(world);
	if (*at)
		return *at - 1;
	if (nr_nodes == max_nodes)
		nodes = grow(nodes, &max_nodes, sizeof(*nodes));
	nodes[nr_nodes] = (struct node){
		.world = *world,
		.parent = parent,
		.event = event,
		.arg = arg,
	};
	*at = ++nr_nodes;
	return nr_nodes - 1;
}

static bool is_due(const struct event *event)
{
	return event->by == BY_TIMER || event->by == BY_KERNEL;
}

static void try_event(u32 from, u8 event, unsigned int arg)
{
	struct world world = nodes[from].world;
	u32 to;

	if (world.ending && events[event].by != BY_KERNEL)
		return;
	if (world.closing && events[event].about == ABOUT_CONN)
		return;
	if (!events[event].run(&world, arg))
		return;
	transitions++;
	check_event(&nodes[from].world, &world, &events[event], arg);
	check_state(&world);
	if (violation) {
		report(from, event, arg);
		/* What would come after it is not missed. */
		nodes[from].ends = true;
		nodes[from].goes_on = true;
		return;
	}
	world_forget(&world);
	if (HANDLES == 2)
		world_sort(&world);
	to = add(&world, from, event, arg);
	if (!is_due(&events[event]))
		return;
	if (nr_edges == max_edges)
		edges = grow(edges, &max_edges, sizeof(*edges));
	edges[nr_edges++] = to;
	nodes[from].goes_on |= events[event].by == BY_KERNEL;
}

static void visit(u32 node)
{
	unsigned int event, arg;

	nodes[node].edges = nr_edges;
	for (event = 0; event < nr_events; event++)
		for (arg = 0; arg < events[event].args; arg++)
			try_event(node, event, arg);
	nodes[node].nr_edges = nr_edges - nodes[node].edges;
	if (world_owes_step(&nodes[node].world) && !nodes[node].goes_on) {
		fail(G1, "left lying where nobody looks");
		report(node, -1, 0);
	}
}

static bool node_ends(const struct node *node)
{
	u32 i;

	if (world_is_final(&node->world))
		return true;
	for (i = 0; i < node->nr_edges; i++)
		if (!nodes[edges[node->edges + i]].ends)
			return false;
	return node->nr_edges;
}

/* Where nothing goes on tells more than the way there. */
static void report_endless(bool stuck)
{
	u32 i;

	for (i = 0; i < nr_nodes; i++) {
		if (nodes[i].ends || (stuck && nodes[i].nr_edges))
			continue;
		if (nodes[i].world.ending)
			fail(G8, "it does not stop");
		else
			fail(G3, "nothing but others can end it");
		report(i, -1, 0);
	}
}

/*
 * No client, worker or administrator does anything any more: then every state
 * comes to its end in finitely many steps, whatever the order.
 */
static void check_ends(void)
{
	bool changed = true;
	u32 i;

	while (changed) {
		changed = false;
		for (i = nr_nodes; i-- > 0;) {
			if (nodes[i].ends || !node_ends(&nodes[i]))
				continue;
			nodes[i].ends = true;
			changed = true;
		}
	}
	report_endless(true);
	report_endless(false);
}

static void print_event(u8 event, unsigned int arg)
{
	printf("#   %s", events[event].name);
	if (events[event].args > 1)
		printf(" (%u)", arg);
	putchar('\n');
}

static void print_world(const struct world *w)
{
	const struct request *r;
	unsigned int i;

	printf("# policy %u%s%s, connection %s, current %u, unsent %u,",
	       w->policy, w->stopped ? ", stopped" : "",
	       w->ending ? ", ending" : "", httpq_lifecycle_conn_name(w->conn),
	       w->current, w->unsent);
	for (i = 0; i < HANDLES; i++)
		printf(" %s", httpq_lifecycle_worker_name(w->handles[i]));
	putchar('\n');
	for (i = 0; i < w->heads; i++) {
		r = &w->requests[i];
		printf("# request %u: %s, holder %u, worker %u, pending %u%s%s%s\n",
		       i + 1, httpq_lifecycle_request_name(r->state), r->holder,
		       r->worker, r->pending, r->owed ? ", owed" : "",
		       r->gone ? ", gone" : "", r->ended ? ", ended" : "");
	}
}

static void print_way(u32 node)
{
	if (nodes[node].parent == node) {
		puts("# from the start:");
		return;
	}
	print_way(nodes[node].parent);
	print_event(nodes[node].event, nodes[node].arg);
}

static void explore(void)
{
	struct world start = { .handles = { HANDLE_CLOSED, HANDLE_CLOSED } };
	u32 i;

	for (i = 0; i <= HTTPQ_REDELIVER_ANY; i++) {
		start.policy = i;
		add(&start, nr_nodes, 0, 0);
	}
	for (i = 0; i < nr_nodes; i++)
		visit(i);
	check_ends();
}

static const char *const names[GUARANTEES] = {
	[G1] = "G1 every request is answered once, broken visibly, or its client is gone",
	[G2] = "G2 no handle's end closes a connection that could go on",
	[G3] = "G3 no client alone keeps anything waiting",
	[G4] = "G4 every request has exactly one record, and it is true",
	[G8] = "G8 everything stops, and nothing is left",
};

static bool print_result(enum guarantee g)
{
	bool ok = !found[g].text;

	printf("%s %u explore.%s\n", ok ? "ok" : "not ok", g + 1, names[g]);
	if (ok)
		return true;
	printf("# %s\n", found[g].text);
	print_way(found[g].node);
	if (found[g].event >= 0)
		print_event(found[g].event, found[g].arg);
	print_world(&nodes[found[g].node].world);
	return false;
}

int main(void)
{
	bool ok = true;
	int g;

	explore();
	puts("TAP version 13");
	printf("# %u states, %llu transitions\n", nr_nodes,
	       (unsigned long long)transitions);
	for (g = 0; g < GUARANTEES; g++)
		ok &= print_result(g);
	printf("1..%d\n", GUARANTEES);
	free(nodes);
	free(edges);
	free(table);
	return !ok;
}
