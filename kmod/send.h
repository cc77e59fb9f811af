/* SPDX-License-Identifier: GPL-2.0 */
/* From responses to bytes: the one sender. */
#ifndef _HTTPQ_SEND_H
#define _HTTPQ_SEND_H

#include <linux/types.h>

struct httpq_batch;
struct httpq_conn;
struct httpq_request;
struct httpq_send;
struct sock;

void httpq_send_pump(struct httpq_conn *conn, struct sock *sk);
void httpq_send_queue(struct httpq_conn *conn, struct httpq_batch *batch);
void httpq_send_purge(struct httpq_conn *conn);

#endif /* _HTTPQ_SEND_H */
