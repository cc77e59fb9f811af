/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/httpq-log. */
#ifndef _HTTPQ_LOGDEV_H
#define _HTTPQ_LOGDEV_H

int httpq_logdev_init(void);
void httpq_logdev_exit(void);

#endif /* _HTTPQ_LOGDEV_H */
