/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/net/httpq/: what goes on in a network namespace, for people. */
#ifndef _HTTPQ_PROCFS_H
#define _HTTPQ_PROCFS_H

#include <linux/seq_file.h>
#include <linux/seq_file_net.h>

#include "net.h"

struct httpq_addr;
struct httpq_request;

/**
 * struct httpq_procfs_zombie_iter - a reader of the file "zombies"
 * @net: has to be first.
 * @req: the zombie at hand; holds a reference.
 * @admin: who opened the file administers the namespace.
 */
struct httpq_procfs_zombie_iter {
	struct seq_net_private net;
	struct httpq_request *req;
	bool admin;
};

/* The namespace that a file is about; the open file pins it. */
static inline struct httpq_net *httpq_procfs_net(struct seq_file *seq)
{
	return httpq_net_of(seq_file_net(seq));
}

extern const struct seq_operations httpq_procfs_workers;
extern const struct seq_operations httpq_procfs_zombies;

void httpq_procfs_show_endpoint(struct seq_file *seq,
				const struct httpq_addr *addr);
int httpq_procfs_init(void);
void httpq_procfs_exit(void);

#endif /* _HTTPQ_PROCFS_H */
