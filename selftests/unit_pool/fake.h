/* SPDX-License-Identifier: GPL-2.0 */
/* A pool with a clock and with processes that a test moves. */
#ifndef _UNIT_POOL_FAKE_H
#define _UNIT_POOL_FAKE_H

#include "policy.h"

extern struct policy pool;
extern int64_t now;

/* Local time when a test begins: noon of some day. */
#define DAY	(100 * 86400LL)
#define NOON	(DAY + 12 * 3600)

struct policy_config fake_config(void);
void fake_begin(const struct policy_config *config);
void fake_event(const struct policy_event *event);
void fake_tick(void);
void fake_pass(int64_t ms);
void fake_demand(void);
void fake_active(unsigned int id);
void fake_exited(unsigned int id, enum policy_end end);
void fake_queue(uint64_t arrived, unsigned int queued);
void fake_state(bool stopped, bool offline);
void fake_idle_worker(unsigned int id);
void fake_do(enum policy_event_type type);

/* Actions of the last step. */
unsigned int fake_count(enum policy_action_type type);
const struct policy_action *fake_action(enum policy_action_type type);
unsigned int fake_started(unsigned int n);
bool fake_did(enum policy_action_type type, unsigned int id);
bool fake_is(unsigned int id, enum policy_state state);

/* A pool of the configuration with all workers ready: 1, 2, ... */
void fake_run(const struct policy_config *config);

#endif /* _UNIT_POOL_FAKE_H */
