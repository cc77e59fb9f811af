/* SPDX-License-Identifier: GPL-2.0 */
/* What ends when a network namespace does. */
#ifndef _HTTPQ_SHUTDOWN_H
#define _HTTPQ_SHUTDOWN_H

int httpq_shutdown_init(void);
void httpq_shutdown_exit(void);

#endif /* _HTTPQ_SHUTDOWN_H */
