/* SPDX-License-Identifier: GPL-2.0 */
/* What a worker does with a request, one ioctl at a time. */
#ifndef HTTPQ_TEST_STEP_H
#define HTTPQ_TEST_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "raw.h"

/* A transfer of one event with @flags. How many came, or -errno. */
int step_take(int fd, struct raw_take *t, uint32_t flags, int timeout_ms);
/* Reserves the next request by a buffer that is too short. Its id, or 0. */
uint64_t step_reserve(int fd);
/* Fetches a request that is reserved, or once more. 0 or -errno. */
int step_fetch(int fd, uint64_t id, struct raw_take *t);

/* What is there of the body; waits for it if @wait. Bytes, or -errno. */
ssize_t step_read(int fd, uint64_t id, void *buf, size_t len, bool wait);
/* The whole body. Its bytes, or -errno. */
ssize_t step_read_all(int fd, uint64_t id, char *buf, size_t size);

/*
 * One part of a response: a head too if @status is not 0, with Content-Length
 * if @length is not negative. Waits until all of it is taken. The item's
 * out_status, or what the call gave.
 */
int step_send(int fd, uint64_t id, int status, long length, const void *body,
	      size_t len, uint32_t flags);
/* 200 with @body as a chunk, more to follow. */
int step_begin(int fd, uint64_t id, const char *body, uint32_t flags);
/* The end of what step_begin() began. */
int step_end(int fd, uint64_t id, const char *body);

#endif
