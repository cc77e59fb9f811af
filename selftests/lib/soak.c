// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "soak.h"

static long setting(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? atol(text) : otherwise;
}

/*
 * User Mode Linux, where checkers make it slow but nothing is emulated; and the
 * second of the stock kernels: one with full counts will do.
 */
static bool is_quarter(void)
{
	const char *kernel = getenv("HTTPQ_KERNEL");

	return kernel && (!strncmp(kernel, "uml", 3) || !strcmp(kernel, "6.1"));
}

long soak_share(long full, long small)
{
	if (is_quarter())
		return full / 4 > small ? full / 4 : small;
	return host_scale(full, small);
}

long soak_count(long full, long small)
{
	return soak_share(full, small) * setting("HTTPQ_TIMES", 1);
}

void soak_seed(void)
{
	long seed = setting("HTTPQ_SEED", 908739);

	printf("# seed %ld\n", seed);
	srandom(seed);
}

long soak_random(long below)
{
	return random() % below;
}
