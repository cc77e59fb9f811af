// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The head of a response under construction, in the form that the kernel
 * takes: struct httpq_reply_head, the fields, the data. The fields grow
 * downwards from the data, so that nothing has to be put together at the end.
 *
 * An error is remembered: a caller may add all fields and look only at what
 * sending says.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

#define TABLE_ROOM	16U
#define DATA_ROOM	1024U

void builder_reset(struct head_builder *b)
{
	b->data_len = 0;
	b->nr_fields = 0;
	b->status = 0;
	b->reason = (struct httpq_span){ 0, 0 };
	b->error = 0;
}

static struct httpq_field *table_end(const struct head_builder *b)
{
	struct httpq_reply_head *head = (struct httpq_reply_head *)b->buf;

	return (struct httpq_field *)(head + 1) + b->table_room;
}

static char *data_start(const struct head_builder *b)
{
	return (char *)table_end(b);
}

static int builder_resize(struct head_builder *b, uint32_t table_room,
			  uint32_t data_room)
{
	struct head_builder bigger = *b;
	size_t table = b->nr_fields * sizeof(struct httpq_field);

	bigger.table_room = table_room;
	bigger.data_room = data_room;
	bigger.buf = malloc(sizeof(struct httpq_reply_head) +
			    table_room * sizeof(struct httpq_field) +
			    data_room);
	if (!bigger.buf)
		return -ENOMEM;
	if (b->buf)
		memcpy(data_start(&bigger) - table, data_start(b) - table,
		       table + b->data_len);
	free(b->buf);
	*b = bigger;
	return 0;
}

/* Makes room for one more field and @len bytes of data. */
static int builder_reserve(struct head_builder *b, size_t len)
{
	uint32_t table = b->table_room ? b->table_room : TABLE_ROOM;
	uint32_t data = b->data_room ? b->data_room : DATA_ROOM;

	if (len > HTTPQ_HEAD_MAX - b->data_len || b->nr_fields == UINT16_MAX)
		return -E2BIG;
	while (table <= b->nr_fields)
		table *= 2;
	while (data < b->data_len + len)
		data *= 2;
	if (table == b->table_room && data == b->data_room)
		return 0;
	return builder_resize(b, table, data);
}

static struct httpq_span data_add(struct head_builder *b, const char *text,
				  size_t len)
{
	struct httpq_span span = { (uint16_t)b->data_len, (uint16_t)len };

	memcpy(data_start(b) + b->data_len, text, len);
	b->data_len += (uint32_t)len;
	return span;
}

/* RFC 9110 section 5.6.2 */
static bool is_token(const char *s)
{
	static const char set[] = "!#$%&'*+-.^_`|~0123456789"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz";

	return *s && !s[strspn(s, set)];
}

/* RFC 9110 section 5.5: nothing that could end the field. */
static bool is_text(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

static void table_add(struct head_builder *b, struct httpq_field field)
{
	struct httpq_field *last = table_end(b) - 1;

	memmove(last - b->nr_fields, last - b->nr_fields + 1,
		b->nr_fields * sizeof(field));
	*last = field;
	b->nr_fields++;
}

static int field_add(struct head_builder *b, const char *name,
		     const char *value)
{
	uint16_t id = (uint16_t)httpq_field_id(name);
	size_t name_len = id ? 0 : strlen(name);
	size_t value_len = strlen(value);
	struct httpq_span n, v;
	int err;

	/* A name that has a number is a token. */
	if ((!id && !is_token(name)) || !is_text(value))
		return -EINVAL;
	err = builder_reserve(b, name_len + value_len);
	if (err)
		return err;
	n = data_add(b, name, name_len);
	v = data_add(b, value, value_len);
	table_add(b, (struct httpq_field){ id, n.off, n.len, v.off, v.len, 0 });
	return 0;
}

static int builder_note(struct head_builder *b, int err)
{
	if (!b->error)
		b->error = err;
	return err;
}

int builder_add(struct head_builder *b, const char *name, const char *value)
{
	return builder_note(b, field_add(b, name, value));
}

static int reason_add(struct head_builder *b, const char *reason)
{
	size_t len = strlen(reason);
	int err;

	if (!is_text(reason))
		return -EINVAL;
	err = builder_reserve(b, len);
	if (!err)
		b->reason = data_add(b, reason, len);
	return err;
}

int builder_reason(struct head_builder *b, const char *reason)
{
	return builder_note(b, reason_add(b, reason));
}

/* The whole head and its length; NULL if there is no memory for it. */
const void *builder_seal(struct head_builder *b, uint32_t *len)
{
	struct httpq_reply_head *head;

	if (builder_note(b, builder_reserve(b, 0)))
		return NULL;
	head = (struct httpq_reply_head *)(table_end(b) - b->nr_fields) - 1;
	head->status = b->status;
	head->nr_fields = b->nr_fields;
	head->reason = b->reason;
	*len = (uint32_t)(data_start(b) + b->data_len - (char *)head);
	return head;
}
