/* SPDX-License-Identifier: GPL-2.0 */
/* What the faces show of workers and zombies, and to whom. */
#ifndef _HTTPQ_VIEW_H
#define _HTTPQ_VIEW_H

#include <linux/types.h>

struct httpq_addr;
struct httpq_request;
struct httpq_worker;

/* Bytes of a request line, or of a part of it, that are shown. */
#define HTTPQ_VIEW_LINE_MAX	512

/**
 * struct httpq_view_worker - what is shown of a handle
 * @id: its number
 * @delivered: requests that it got
 * @queue: name of its queue
 * @held: requests that it holds
 * @last_call_ms: age of @last_call
 * @deadline_ms: what is left of its time to drain, if @has_deadline
 * @state: enum httpq_worker_state
 * @last_call: enum httpq_log_call
 * @has_deadline: it drains and has a deadline
 *
 * Its process is left out: that has another number for each reader.
 */
struct httpq_view_worker {
	u64 id;
	u64 delivered;
	const char *queue;
	u32 held;
	u32 last_call_ms;
	u32 deadline_ms;
	u8 state;
	u8 last_call;
	bool has_deadline;
};

/**
 * struct httpq_view_zombie - what is shown of a zombie
 * @id: its number
 * @request: number of the request, as in the log
 * @age_ms: since it lost its connection
 * @worker: number of its handle
 * @queue: name of its queue
 * @client: the client's end, or NULL
 * @method: method, as it came
 * @target: request target, perhaps without its query
 * @method_len: bytes of @method, at most HTTPQ_VIEW_LINE_MAX
 * @target_len: bytes of @target, likewise
 * @pid: process of its handle, as that's own PID namespace calls it
 * @bytes: memory
 * @version: 10 or 11
 * @why: enum httpq_zombie_why
 * @stage: enum httpq_log_stage
 *
 * Valid as long as the caller's reference on the request.
 */
struct httpq_view_zombie {
	u64 id;
	u64 request;
	u64 age_ms;
	u64 worker;
	const char *queue;
	const struct httpq_addr *client;
	const u8 *method;
	const u8 *target;
	u16 method_len;
	u16 target_len;
	u32 pid;
	u32 bytes;
	u8 version;
	u8 why;
	u8 stage;
};

bool httpq_view_has_worker(const struct httpq_worker *worker);
void httpq_view_worker(const struct httpq_worker *worker,
		       struct httpq_view_worker *view);
void httpq_view_zombie(const struct httpq_request *req, bool all,
		       struct httpq_view_zombie *view);

#endif /* _HTTPQ_VIEW_H */
