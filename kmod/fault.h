/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is missing where no process asks for it. Only in kernels with
 * fault injection, as attributes below httpq/ in debugfs: see
 * Documentation/fault-injection in the kernel's sources.
 */
#ifndef _HTTPQ_FAULT_H
#define _HTTPQ_FAULT_H

#include <linux/types.h>

enum httpq_fault {
	HTTPQ_FAULT_REQUEST,	/* a head, or its growth */
	HTTPQ_FAULT_TRAILERS,
	HTTPQ_FAULT_BATCH,	/* an answer of the kernel */
	HTTPQ_FAULT_ACCEPT,
	HTTPQ_FAULT_CONN,
	HTTPQ_FAULT_CONN_ID,	/* its place in the table */
	HTTPQ_FAULT_EVENT,	/* a message to who listens */
	HTTPQ_FAULT_NR,
};

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
bool httpq_fault(enum httpq_fault fault);
void httpq_fault_init(void);
void httpq_fault_exit(void);
#else
static inline bool httpq_fault(enum httpq_fault fault)
{
	return false;
}

static inline void httpq_fault_init(void)
{
}

static inline void httpq_fault_exit(void)
{
}
#endif

#endif /* _HTTPQ_FAULT_H */
