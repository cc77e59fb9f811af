/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes that grow. Without memory the program ends. */
#ifndef _HTTPQ_LOGD_BUF_H
#define _HTTPQ_LOGD_BUF_H

#include <stddef.h>

/**
 * struct buf - bytes that grow; all zero is empty
 * @data: the bytes, not terminated.
 * @len: how many.
 * @room: for how many @data has room.
 */
struct buf {
	char *data;
	size_t len;
	size_t room;
};

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_char(struct buf *buf, char c);
void buf_string(struct buf *buf, const char *string);
__attribute__((format(printf, 2, 3)))
void buf_format(struct buf *buf, const char *format, ...);
void buf_drop(struct buf *buf, size_t len);
void buf_free(struct buf *buf);

#endif /* _HTTPQ_LOGD_BUF_H */
