// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how fast this machine's time stamp counter runs, in kHz.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

/* Of so many readings one is not interrupted. */
#define READINGS 100
#define WINDOW_US 100000

struct moment {
	uint64_t ns;
	uint64_t ticks;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static struct moment moment(void)
{
	uint64_t before, after, ticks, least = UINT64_MAX;
	struct moment m = {};
	int i;

	for (i = 0; i < READINGS; i++) {
		before = now_ns();
		ticks = __rdtsc();
		after = now_ns();
		if (after - before >= least)
			continue;
		least = after - before;
		m.ns = before + least / 2;
		m.ticks = ticks;
	}
	return m;
}

int main(void)
{
	struct moment begin = moment(), end;

	usleep(WINDOW_US);
	end = moment();
	printf("%llu\n", (unsigned long long)((end.ticks - begin.ticks) *
					      1000000 / (end.ns - begin.ns)));
	return 0;
}
