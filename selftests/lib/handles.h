/* SPDX-License-Identifier: GPL-2.0 */
/* The handles of a namespace, as /proc/net/httpq/workers shows them. */
#ifndef HTTPQ_TEST_HANDLES_H
#define HTTPQ_TEST_HANDLES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * struct handle - one line of the table
 * @state: starting, active or draining
 * @deadline_ms: what is left of it, 0 if there is none
 */
struct handle {
	uint64_t id;
	char queue[64];
	pid_t pid;
	char state[16];
	long held;
	long delivered;
	long deadline_ms;
};

/* The one that attached last; an id of 0 if there is none. */
struct handle handle_newest(void);
/* That of number @id; an id of 0 if it is gone. */
struct handle handle_find(uint64_t id);
/* Whether it is in @state now; "gone" is also one that is not in the table. */
bool handle_is(uint64_t id, const char *state);
/* Waits until it is; tells what it saw instead. */
bool handle_wait(uint64_t id, const char *state);

/* The ioctls. The requests that it holds, or -errno. */
int handle_drain(int fd, uint32_t deadline_ms);
int handle_ready(int fd);
/* A handle of queue @queue in this process, not yet active. Its number goes
 * to @id; the descriptor, or -errno.
 */
int handle_attach(const char *queue, uint32_t flags, uint64_t *id);

#endif
