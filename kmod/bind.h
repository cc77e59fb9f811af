/* SPDX-License-Identifier: GPL-2.0 */
/* Binding prefixes: permission, route and listening sockets as one change. */
#ifndef _HTTPQ_BIND_H
#define _HTTPQ_BIND_H

#include <linux/types.h>

struct httpq_binding_change;
struct httpq_binding_options;
struct httpq_net;
struct httpq_queue;
struct httpq_worker;

int httpq_bind_add(struct httpq_net *hn, const char *url, size_t len,
		   struct httpq_queue *queue, struct httpq_worker *worker,
		   const struct httpq_binding_options *options, bool admin,
		   const char **problem);
int httpq_bind_change(struct httpq_net *hn, const char *url, size_t len,
		      const struct httpq_binding_change *change, bool admin,
		      const char **problem);
int httpq_bind_remove(struct httpq_net *hn, const char *url, size_t len,
		      struct httpq_worker *worker, bool admin,
		      const char **problem);
void httpq_bind_remove_worker(struct httpq_net *hn,
			      struct httpq_worker *worker);
void httpq_bind_remove_queue(struct httpq_net *hn, struct httpq_queue *queue);
void httpq_bind_remove_all(struct httpq_net *hn);

#endif /* _HTTPQ_BIND_H */
