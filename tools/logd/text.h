/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Texts of clients and workers, in which any byte may be, written so that no
 * byte of them can end a line, a column or a quotation, or command a terminal.
 */
#ifndef _HTTPQ_LOGD_TEXT_H
#define _HTTPQ_LOGD_TEXT_H

#include <stddef.h>

#include "buf.h"

/**
 * struct text - some bytes
 * @data: not terminated.
 * @len: how many.
 */
struct text {
	const char *data;
	size_t len;
};

struct text text_of(const char *string);
void text_put_column(struct buf *buf, struct text text);
void text_put_quoted(struct buf *buf, struct text text);
void text_put_word(struct buf *buf, struct text text);
void text_put_json(struct buf *buf, struct text text);
void text_put_plain(struct buf *buf, struct text text);

#endif /* _HTTPQ_LOGD_TEXT_H */
