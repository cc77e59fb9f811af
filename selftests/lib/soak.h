/* SPDX-License-Identifier: GPL-2.0 */
/* Counts and seeds of tests that `make soak` runs with more of both. */
#ifndef HTTPQ_TEST_SOAK_H
#define HTTPQ_TEST_SOAK_H

/* @full on a stock kernel, 6.12, a quarter of that on 6.1 and User Mode Linux
 * but @small at least, @small on debug.
 */
long soak_share(long full, long small);
/* HTTPQ_TIMES times as many. */
long soak_count(long full, long small);
/* Begins the random numbers of the process: with HTTPQ_SEED, or with one that
 * is always the same. Printed, so that a failure can be repeated.
 */
void soak_seed(void);
/* 0 to @below - 1 */
long soak_random(long below);

#endif
