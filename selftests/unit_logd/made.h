/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records as the kernel would give them.
 */
#ifndef _UNIT_LOGD_MADE_H
#define _UNIT_LOGD_MADE_H

#include <linux/httpq_log.h>

/* 2007-01-01 23:48:12 UTC, as in the article. */
#define MADE_TIME 1167695292123456789ULL

union made {
	struct httpq_log_record r;
	char bytes[HTTPQ_LOG_RECORD_MAX];
};

/* A request with all its members; @kind of HTTPQ_LOG_ACCESS or _ERROR. */
void made_request(union made *m, int kind);
/* A record without any but the time. */
void made_empty(union made *m, int kind);
/* Adds a text and lets the span name it. */
void made_text(union made *m, struct httpq_span *span, const char *text);
void made_bytes(union made *m, struct httpq_span *span, const void *data,
		unsigned int len);
/* @text: an address of either kind. */
void made_addr(struct httpq_addr *addr, const char *text, unsigned int port);
/* One that nobody thought of; the same for the same seed. */
void made_random(union made *m, unsigned int *seed);

#endif /* _UNIT_LOGD_MADE_H */
