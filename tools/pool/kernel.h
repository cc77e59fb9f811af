/* SPDX-License-Identifier: GPL-2.0 */
/* What the supervisor asks of the kernel module, and hears of it. */
#ifndef _POOL_KERNEL_H
#define _POOL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "config.h"

/**
 * struct kernel_queue - the queue at a moment
 * @state: enum httpq_queue_state.
 * @arrived: requests so far.
 * @queued: that wait.
 * @inflight: that workers hold.
 * @max_inflight: that they may hold.
 */
struct kernel_queue {
	uint8_t state;
	uint64_t arrived;
	uint32_t queued;
	uint32_t inflight;
	uint32_t max_inflight;
};

/**
 * struct kernel_handle - a handle of the queue at a moment
 * @id: its number.
 * @pid: its process, or 0.
 * @state: enum httpq_worker_state.
 * @held: requests it holds.
 * @delivered: requests it got.
 * @call_ms: age of its last call.
 */
struct kernel_handle {
	uint64_t id;
	pid_t pid;
	uint8_t state;
	uint32_t held;
	uint64_t delivered;
	uint32_t call_ms;
};

/**
 * struct kernel_events - what happens to workers and zombies
 * @workers: something happened to workers, of whatever queue.
 * @zombie: half of the time of a zombie is over that this handle and process
 *	owe something for.
 * @arg: for both.
 */
struct kernel_events {
	void (*workers)(void *arg);
	void (*zombie)(void *arg, uint64_t handle, pid_t pid);
	void *arg;
};

int kernel_watch(sd_event *event, const struct kernel_events *events);
void kernel_unwatch(void);

int kernel_make_queue(const struct config *c);
int kernel_bind(const struct config *c, const struct config_bind *bind);
int kernel_unbind(const struct config_bind *bind);
int kernel_set_state(const char *queue, uint8_t state);
int kernel_read_queue(const char *queue, struct kernel_queue *q);
int kernel_read_handles(const char *queue, struct kernel_handle **handles,
			size_t *nr);
int kernel_drain(uint64_t handle, int64_t deadline_ms);
int kernel_detach(uint64_t handle);

int kernel_attach(const char *queue, unsigned int flags);

#endif /* _POOL_KERNEL_H */
