// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how fast this machine's time stamp counter runs, in kHz.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

/* More than this between two readings of the clock: somebody else ran. */
#define CLOSE_NS 2000
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
	struct moment m;
	uint64_t before;

	do {
		before = now_ns();
		m.ticks = __rdtsc();
		m.ns = now_ns();
	} while (m.ns - before > CLOSE_NS);
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
