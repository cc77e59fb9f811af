/* SPDX-License-Identifier: GPL-2.0 */
/* Request bodies: for workers, and to get past them. */
#ifndef _HTTPQ_BODY_H
#define _HTTPQ_BODY_H

#include <linux/types.h>

struct httpq_body;
struct httpq_conn;
struct httpq_request;
struct httpq_worker;
struct sock;

void httpq_body_cut(struct httpq_conn *conn);
void httpq_body_drain(struct httpq_conn *conn, struct sock *sk);
int httpq_body_read(const struct httpq_worker *worker,
		    struct httpq_request *req, struct httpq_body *args,
		    bool nonblock);
int httpq_body_trailers(const struct httpq_worker *worker,
			struct httpq_request *req, struct httpq_body *args);

#endif /* _HTTPQ_BODY_H */
