/* SPDX-License-Identifier: GPL-2.0 */
/* Tables with their size, or ended by an empty entry before 6.6. */
#ifndef _HTTPQ_COMPAT_SYSCTL_H
#define _HTTPQ_COMPAT_SYSCTL_H

#include <linux/sysctl.h>
#include <net/net_namespace.h>

static inline struct ctl_table_header *
httpq_compat_register_net_sysctl(struct net *net, const char *path,
				 struct ctl_table *table, size_t nr)
{
#ifdef HTTPQ_HAVE_REGISTER_NET_SYSCTL_SZ
	return register_net_sysctl_sz(net, path, table, nr);
#else
	return register_net_sysctl(net, path, table);
#endif
}

#endif /* _HTTPQ_COMPAT_SYSCTL_H */
