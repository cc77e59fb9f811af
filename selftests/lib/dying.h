/* SPDX-License-Identifier: GPL-2.0 */
/* The ways in which a worker can leave what it holds. */
#ifndef HTTPQ_TEST_DYING_H
#define HTTPQ_TEST_DYING_H

#include <stdint.h>

#include "worker.h"

enum dying {
	DYING_CLOSE,		/* closes the handle and lives on */
	DYING_EXIT,
	DYING_KILL,
	DYING_EXIT_GROUP,	/* of a thread that never had to do with it */
	DYING_CORE,		/* and the dump is slow */
	DYING_DETACH,		/* is made to, and lives on */
	DYING_DEADLINE,		/* of its drain; lives on */
	DYING_FORKED,		/* is killed; its child keeps the handle open */
	DYING_NR,
};

/* Sets the pattern of core dumps, which is the machine's, and restores it. */
void dying_setup(void);
void dying_restore(void);
/* In the process: waits for its word, and dies if it is to do it by itself.
 * Returns if it lives on.
 */
void dying_await(struct httpq *h, int fd, enum dying way);
/* From outside: the worker with handle @id dies that way. 0 or -errno. */
int dying_cause(struct worker *w, uint64_t id, enum dying way);

#endif
