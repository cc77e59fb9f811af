/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel itself answers. */
#ifndef _HTTPQ_ANSWER_H
#define _HTTPQ_ANSWER_H

#include <linux/types.h>

#include "date.h"

struct httpq_conn;

int httpq_answer_init(void);
void httpq_answer_exit(void);

bool httpq_answer_queue(struct httpq_conn *conn, u16 status, bool head_request,
			bool keepalive);
bool httpq_answer_continue(struct httpq_conn *conn);
void httpq_answer_date(u8 date[HTTPQ_DATE_LEN]);

#endif /* _HTTPQ_ANSWER_H */
