/* SPDX-License-Identifier: GPL-2.0 */
/* The one timer of a connection. */
#ifndef _HTTPQ_TIMER_H
#define _HTTPQ_TIMER_H

#include <linux/types.h>

struct httpq_conn;
struct httpq_request;
struct sock;

void httpq_timer_init(struct httpq_conn *conn);
void httpq_timer_restart(struct httpq_conn *conn);
void httpq_timer_progress(struct httpq_conn *conn, bool worker);
void httpq_timer_update(struct httpq_conn *conn, const struct sock *sk);
u8 httpq_timer_expired(struct httpq_conn *conn);
void httpq_timer_delivered(const struct httpq_request *req);
void httpq_timer_retry(struct httpq_conn *conn);
void httpq_timer_stop(struct httpq_conn *conn);

#endif /* _HTTPQ_TIMER_H */
