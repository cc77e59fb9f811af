/* SPDX-License-Identifier: GPL-2.0 */
/* The machine under test: settings, counters, namespaces, processes. */
#ifndef HTTPQ_TEST_HOST_H
#define HTTPQ_TEST_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* @full on a stock kernel, @small where a debug kernel makes it slow. */
long host_scale(long full, long small);
/* Monotonic time in ms. */
int64_t host_now(void);
/*
 * A pause in a loop that began to wait at @begin: a tenth of that time, 1 to
 * 50 ms. Reading a table of /proc again and again would keep a CPU busy.
 */
void host_nap(int64_t begin);
/*
 * Between the two a thread wakes up every ms. The longest that it had to wait
 * beyond that, ms: what the machine costs anyone, whatever is tested.
 */
void host_watch_start(void);
long host_watch_end(void);

/* A counter of /proc/net/httpq/stats, -1 if there is none of that name. */
long long host_stat(const char *name);
/* Waits until the counter is at least @value; its last value. */
long long host_wait_stat(const char *name, long long value, int timeout_ms);
/* Lines behind the header of /proc/net/httpq/@table that contain @text. */
int host_lines(const char *table, const char *text);
/* Waits until there are exactly @n such lines; whether it came to be. */
bool host_wait_lines(const char *table, const char *text, int n,
		     int timeout_ms);

/* net.httpq.@name; returns the old value. Both end the test if they fail. */
long host_sysctl(const char *name, long value);

/* Runs the tool or any shell command; exit status. */
int host_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, with its standard output in @out. */
int host_output(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A fresh network namespace with lo up for the calling process. 0 or -errno */
int host_unshare(void);
/* What happens to packets on lo from now on: options of netem. Exit status. */
int host_netem(const char *how);
/* A bad network. */
#define NETEM_LOSSY "delay 2ms 1ms loss 1% duplicate 2% reorder 20%"
/* A worse one, for cases of a few packets. */
#define NETEM_LOSSIER "delay 2ms 1ms loss 3% duplicate 5% reorder 20%"
/* One where nothing is lost. */
#define NETEM_LOSSLESS "delay 2ms 1ms loss 0% duplicate 5% reorder 20%"
/* Becomes an unprivileged user for good. */
int host_drop(uid_t uid);

/* MemAvailable-like: kernel memory in KiB (Slab + kernel stacks + TCP). */
long host_kernel_kib(void);

#endif
