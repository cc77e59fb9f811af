/* SPDX-License-Identifier: GPL-2.0 */
/* From bytes to requests, and from bytes to their bodies. */
#ifndef _HTTPQ_RECV_H
#define _HTTPQ_RECV_H

#include <linux/types.h>

struct httpq_conn;
struct sock;

void httpq_recv_pump(struct httpq_conn *conn, struct sock *sk);
bool httpq_recv_eof(const struct sock *sk);

#endif /* _HTTPQ_RECV_H */
