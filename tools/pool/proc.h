/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc and files say of a worker. */
#ifndef _POOL_PROC_H
#define _POOL_PROC_H

#include <stdint.h>
#include <sys/types.h>

int64_t proc_now(void);
int64_t proc_local(void);
uint64_t proc_started(pid_t pid);
uint64_t proc_memory(pid_t pid);
uint64_t proc_identity(const char *program, char **others);
int proc_save_stack(pid_t pid, int dir, const char *name);

#endif /* _POOL_PROC_H */
