/* SPDX-License-Identifier: GPL-2.0 */
/* A worker that can be killed: a process of its own. */
#ifndef HTTPQ_TEST_WORKER_H
#define HTTPQ_TEST_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <httpq.h>

#include "pair.h"

/*
 * struct worker - a process that has a handle of queue "test"
 * @fd: our end of a stream socket to it
 */
struct worker {
	pid_t pid;
	int fd;
};

/* Runs in the process, says when it has come to where it is to be killed, and
 * then returns or not; the process stays until then.
 */
typedef void (*work_fn)(struct httpq *h, int fd);

/* Opens the handle in the far namespace of @pair if there is one; the process
 * keeps nothing else of that. 0 or -errno.
 */
int worker_start(struct worker *w, work_fn fn, struct pair *pair);
/* Returns when nothing of the process is left. */
void worker_kill(struct worker *w);

/* A number to the other side; ends the process if it can't be sent. */
void worker_say(int fd, int value);
/* A number from there; -ETIMEDOUT, -EPIPE if the process is gone. */
int worker_hear(int fd);
/* The next request, for a process that ends if there is none. */
struct httpq_request *worker_take(struct httpq *h);
/* Waits until the process sleeps; whether it does. */
bool worker_wait_asleep(pid_t pid);
/* Memory that no access to ever returns from. */
void *worker_fault_page(size_t size);
/* A descriptor over a Unix socket. 0 or the descriptor, or -errno. */
int worker_send_fd(int sock, int fd);
int worker_receive_fd(int sock);

#endif
