/* SPDX-License-Identifier: GPL-2.0 */
/* Responses of workers: checked, framed, copied, queued. */
#ifndef _HTTPQ_RESPOND_H
#define _HTTPQ_RESPOND_H

#include <linux/types.h>

struct httpq_request;
struct httpq_send;
struct httpq_worker;

int httpq_respond(const struct httpq_worker *worker, struct httpq_request *req,
		  struct httpq_send *part, bool nonblock, bool *ended);

#endif /* _HTTPQ_RESPOND_H */
