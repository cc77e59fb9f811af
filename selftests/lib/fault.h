/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is not there when it is asked for. */
#ifndef HTTPQ_TEST_FAULT_H
#define HTTPQ_TEST_FAULT_H

#include <stdbool.h>

/*
 * In the calls of this thread: all that asks for memory, and all that copies
 * from or to the process. fault_open() comes first. All of these end the test
 * if the kernel has no such thing.
 */
void fault_open(void);
void fault_close(void);
/* The @nth from here on fails; 0 for none. */
void fault_arm(int nth);
/* Whether it came to that. Nothing fails after this. */
bool fault_hit(void);

/*
 * struct fault_point - a place in the kernel, whoever comes by
 * @name: one of the module's own, of debugfs/httpq/fail_NAME; or NULL
 * @cache: slab cache; who can't wait for memory gets none
 */
struct fault_point {
	const char *name;
	const char *cache;
};

/* One at a time, and of the whole machine: it is to be closed. */
void fault_point_open(const struct fault_point *point);
void fault_point_close(const struct fault_point *point);
/* The @nth time from here on that somebody comes by fails. */
void fault_point_arm(const struct fault_point *point, int nth);
/* Whether it came to that. Nothing fails after this. */
bool fault_point_hit(const struct fault_point *point);

#endif
