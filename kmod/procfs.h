/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/net/httpq/: what goes on in a network namespace, for people. */
#ifndef _HTTPQ_PROCFS_H
#define _HTTPQ_PROCFS_H

int httpq_procfs_init(void);
void httpq_procfs_exit(void);

#endif /* _HTTPQ_PROCFS_H */
