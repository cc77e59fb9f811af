/* SPDX-License-Identifier: GPL-2.0 */
/* Who holds a TCP port of this network namespace, and what a process is called. */
#ifndef _HTTPQ_HOLDER_H
#define _HTTPQ_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

bool process_name(unsigned long pid, char *name, size_t size);
void holder_describe(unsigned int port, char *text, size_t size);

#endif /* _HTTPQ_HOLDER_H */
