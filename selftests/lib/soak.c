// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "soak.h"

static long setting(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? atol(text) : otherwise;
}

long soak_count(long full, long small)
{
	return host_scale(full, small) * setting("HTTPQ_TIMES", 1);
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
