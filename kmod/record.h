/* SPDX-License-Identifier: GPL-2.0 */
/* From a request, or a connection without one, to its record in the log. */
#ifndef _HTTPQ_RECORD_H
#define _HTTPQ_RECORD_H

#include <linux/types.h>

#include <linux/httpq_log.h>

#include "cause.h"

struct httpq_net;
struct httpq_request;

void httpq_record_answered(struct httpq_request *req, u16 flags);
void httpq_record_failed(struct httpq_request *req, u8 reason, u16 flags);
void httpq_record_refused(struct httpq_request *req, u8 reason, u16 status,
			  u32 sent);
void httpq_record_conn(struct httpq_net *hn, u32 conn_id,
		       const struct httpq_addr *local,
		       const struct httpq_addr *remote, u8 reason, u16 status);
u8 httpq_record_parse_reason(enum httpq_parse_cause cause);
u8 httpq_record_reason(const struct httpq_request *req, u8 reason);
u8 httpq_record_stage(const struct httpq_request *req);

#endif /* _HTTPQ_RECORD_H */
