// SPDX-License-Identifier: GPL-2.0
/* Reading the counters of a namespace. */

#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include "stats.h"

/* By enum httpq_stat, up to HTTPQ_STAT_REFUSED. */
static const char stat_names[][HTTPQ_STATS_NAME_MAX] = {
#define X(name) { #name },
	HTTPQ_STATS(X)
#undef X
};

static void lower(char *text)
{
	for (; *text; text++)
		*text = tolower(*text);
}

/**
 * httpq_stats_read - read one counter
 * @stats: counters of the namespace.
 * @index: enum httpq_stat, or HTTPQ_STAT_REFUSED plus a parse cause.
 *
 * Context: Any; counting goes on meanwhile.
 * Return: the sum over all CPUs.
 */
u64 httpq_stats_read(const struct httpq_stats __percpu *stats,
		     unsigned int index)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(stats, cpu)->value[index]);

	return sum;
}

/**
 * httpq_stats_name - tell the name of a counter
 * @index: as for httpq_stats_read(); any number is allowed.
 * @name: where the name goes, NUL-terminated.
 *
 * Context: Any.
 * Return: true, or false if no counter is shown for @index.
 */
bool httpq_stats_name(unsigned int index, char name[HTTPQ_STATS_NAME_MAX])
{
	unsigned int cause = index - HTTPQ_STAT_REFUSED;

	if (index < HTTPQ_STAT_REFUSED) {
		strscpy(name, stat_names[index], HTTPQ_STATS_NAME_MAX);
		return true;
	}
	if (cause == HTTPQ_PARSE_CAUSE_NONE || cause >= HTTPQ_PARSE_CAUSE_NR)
		return false;

	snprintf(name, HTTPQ_STATS_NAME_MAX, "refused_%s",
		 httpq_parse_cause_name(cause));
	lower(name);
	return true;
}
