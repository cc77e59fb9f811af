// SPDX-License-Identifier: GPL-2.0
/* Bytes that grow. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define FIRST_ROOM	1024

/* Makes room for @len bytes more, and a NUL. */
static void grow(struct buf *buf, size_t len)
{
	size_t room = buf->room ? buf->room : FIRST_ROOM;
	char *data;

	if (buf->room && buf->room - buf->len > len)
		return;
	while (room - buf->len <= len)
		room *= 2;
	data = realloc(buf->data, room);
	if (!data) {
		fputs("out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	buf->data = data;
	buf->room = room;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	if (!len)
		return;
	grow(buf, len);
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void buf_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_string(struct buf *buf, const char *string)
{
	buf_add(buf, string, strlen(string));
}

/* As printf() does. */
void buf_format(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0) {
		grow(buf, len);
		vsnprintf(buf->data + buf->len, len + 1, format, again);
		buf->len += len;
	}
	va_end(again);
}

/* Takes the first @len bytes away. */
void buf_drop(struct buf *buf, size_t len)
{
	buf->len -= len;
	if (buf->len)
		memmove(buf->data, buf->data + len, buf->len);
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}
