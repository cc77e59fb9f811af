/* SPDX-License-Identifier: GPL-2.0 */
/* The requests that a handle holds. */
#ifndef _HTTPQ_HELD_H
#define _HTTPQ_HELD_H

#include <linux/types.h>

struct httpq_request;
struct httpq_worker;

int httpq_held_adopt(struct httpq_worker *worker, struct httpq_request *req);
struct httpq_request *httpq_held_find(struct httpq_worker *worker, u64 id,
				      bool reserved);
bool httpq_held_is(const struct httpq_request *req,
		   const struct httpq_worker *worker, u64 id);
int httpq_held_begin(struct httpq_request *req,
		     const struct httpq_worker *worker, u64 id, u32 *mark,
		     u32 *mine);
void httpq_held_finish(u32 *mark, u32 mine);
bool httpq_held_delivered(struct httpq_worker *worker,
			  struct httpq_request *req, u64 id);
void httpq_held_offer(struct httpq_worker *worker, struct httpq_request *req);
bool httpq_held_unreserve(struct httpq_worker *worker,
			  struct httpq_request *req, u64 id);
bool httpq_held_end(struct httpq_worker *worker, struct httpq_request *req,
		    u64 id);
bool httpq_held_drop(struct httpq_worker *worker, struct httpq_request *req,
		     u64 id, u8 cause, bool undelivered);
struct httpq_request *httpq_held_pop(struct httpq_worker *worker,
				     bool undelivered, unsigned long *slot);
bool httpq_held_revoke(struct httpq_request *req, bool undelivered);
bool httpq_held_outlive(struct httpq_request *req, u8 why);
bool httpq_held_replace(struct httpq_request *req, struct httpq_request *to);
void httpq_held_post(struct httpq_request *req, u8 type, u8 reason);

#endif /* _HTTPQ_HELD_H */
