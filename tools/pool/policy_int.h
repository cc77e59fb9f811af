/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the policy share. */
#ifndef _POOL_POLICY_INT_H
#define _POOL_POLICY_INT_H

#include "policy.h"

#define for_each_worker(w, p)						\
	for (w = (p)->workers; w < (p)->workers + POLICY_WORKERS_MAX; w++) \
		if (w->id)

static inline bool policy_serves(const struct policy_worker *w)
{
	return w->state <= POLICY_ACTIVE;
}

/* An administrator took its handle away, to look at it: it is left alone. */
static inline bool policy_detached(const struct policy_worker *w)
{
	return w->state == POLICY_DRAINING && w->why == POLICY_WHY_LEFT &&
	       !w->attached;
}

/* policy_workers.c */
void policy_act(struct policy *p, enum policy_action_type type,
		const struct policy_worker *w, int64_t deadline_ms);
void policy_enter(struct policy *p, struct policy_worker *w,
		  enum policy_state state, int64_t now);
bool policy_start(struct policy *p, unsigned int replaces, int64_t now);
void policy_leave(struct policy *p, struct policy_worker *w,
		  enum policy_why why, int64_t now);
void policy_term(struct policy *p, struct policy_worker *w, int64_t now);
void policy_drop(struct policy *p, struct policy_worker *w);
void policy_fail(struct policy *p, const struct policy_worker *w, int64_t now);
void policy_sick(struct policy *p, struct policy_worker *w, int64_t now);
void policy_forgive(struct policy *p);

/* policy_events.c */
void policy_handle(struct policy *p, const struct policy_event *event,
		   int64_t now);

#endif /* _POOL_POLICY_INT_H */
