/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/httpq. */
#ifndef _HTTPQ_DEV_H
#define _HTTPQ_DEV_H

int httpq_dev_init(void);
void httpq_dev_exit(void);

#endif /* _HTTPQ_DEV_H */
