/* SPDX-License-Identifier: GPL-2.0 */
/* From host, local address and canonical path to the queue of a prefix. */
#ifndef _HTTPQ_ROUTE_H
#define _HTTPQ_ROUTE_H

#include <linux/types.h>

#include "binding.h"
#include "url.h"

struct httpq_net;

/**
 * struct httpq_route_key - what a request is routed by
 * @port: local port.
 * @addr: local address, IPv4 mapped.
 * @host: host name as the client sent it, any case, no port, no trailing dot.
 * @host_len: 0 if there is none.
 * @path: canonical path, begins with '/'.
 * @path_len: at least 1.
 */
struct httpq_route_key {
	u16 port;
	const u8 *addr;
	const u8 *host;
	u16 host_len;
	const u8 *path;
	u16 path_len;
};

int httpq_route_init(struct httpq_net *hn);
void httpq_route_exit(struct httpq_net *hn);
int httpq_route_insert(struct httpq_net *hn, const struct httpq_url *url,
		       struct httpq_binding *binding);
void httpq_route_replace(struct httpq_net *hn, const struct httpq_url *url,
			 struct httpq_binding *binding);
void httpq_route_remove(struct httpq_net *hn, const struct httpq_url *url);
struct httpq_binding *httpq_route_find(struct httpq_net *hn,
				       const struct httpq_url *url);
struct httpq_binding *httpq_route_lookup(struct httpq_net *hn,
					 const struct httpq_route_key *key);

#endif /* _HTTPQ_ROUTE_H */
