/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of a request that its worker does not end. */
#ifndef _HTTPQ_FATE_H
#define _HTTPQ_FATE_H

#include <linux/types.h>

struct httpq_conn;

bool httpq_fate_apply(struct httpq_conn *conn, u8 cause);

extern const struct httpq_request_ops httpq_fate_request_ops;

#endif /* _HTTPQ_FATE_H */
