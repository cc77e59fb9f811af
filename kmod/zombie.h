/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that outlive their connection, for the sake of the log. */
#ifndef _HTTPQ_ZOMBIE_H
#define _HTTPQ_ZOMBIE_H

#include <linux/types.h>

struct httpq_net;
struct httpq_request;

void httpq_zombie_start(struct httpq_net *hn);
void httpq_zombie_stop(struct httpq_net *hn);
bool httpq_zombie_enter(struct httpq_request *req, u8 why);
u32 httpq_zombie_reap(struct httpq_net *hn, u64 id);
struct httpq_request *httpq_zombie_next(struct httpq_net *hn, u64 after);
struct httpq_request *httpq_zombie_after(struct httpq_net *hn,
					 struct httpq_request *req);

#endif /* _HTTPQ_ZOMBIE_H */
