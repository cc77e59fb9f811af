/* SPDX-License-Identifier: GPL-2.0 */
/* The control plane: generic netlink family "httpq". */
#ifndef _HTTPQ_GENL_H
#define _HTTPQ_GENL_H

int httpq_genl_init(void);
void httpq_genl_exit(void);

#endif /* _HTTPQ_GENL_H */
