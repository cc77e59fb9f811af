/* SPDX-License-Identifier: GPL-2.0 */
/* Who holds a TCP port of this network namespace. */
#ifndef _HTTPQ_HOLDER_H
#define _HTTPQ_HOLDER_H

#include <stddef.h>

void holder_describe(unsigned int port, char *text, size_t size);

#endif /* _HTTPQ_HOLDER_H */
