// SPDX-License-Identifier: GPL-2.0
/*
 * Request heads: the verdict must not depend on how the input is split or on
 * how often the field table has to grow, and all that is found must lie inside
 * the head. The same input is then read as a trailer section.
 */
#include "../../kmod/field.h"
#include "../../kmod/parse.h"
#include "fuzz.h"

#define MAX_FIELDS 16

static const struct httpq_parse_limits limits = {
	.head = 2048,
	.target = 256,
	.field = 512,
	.fields = MAX_FIELDS,
};

struct outcome {
	enum httpq_parse_result result;
	struct httpq_parse p;
	struct httpq_field fields[MAX_FIELDS];
};

static enum httpq_parse_result grow(struct outcome *o, const u8 *copy,
				    size_t len)
{
	struct httpq_field *table;
	u16 room = o->p.nr_fields;

	do {
		table = copy_of(o->fields, room * sizeof(*table));
		o->result = httpq_parse_head(&o->p, &limits, copy, len, table,
					     room);
		CHECK(o->p.nr_fields <= room);
		memcpy(o->fields, table, o->p.nr_fields * sizeof(*table));
		free(table);
	} while (o->result == HTTPQ_PARSE_FIELDS_FULL && room++ < MAX_FIELDS);
	return o->result;
}

static void feed(struct outcome *o, const u8 *data, size_t size, size_t step)
{
	size_t there = 0;

	memset(o, 0, sizeof(*o));
	httpq_parse_init(&o->p);
	while (o->result == HTTPQ_PARSE_MORE && there < size) {
		u16 before = o->p.pos;
		u8 *copy;

		there = size - there > step ? there + step : size;
		copy = copy_of(data, there);
		grow(o, copy, there);
		free(copy);
		CHECK(o->p.pos >= before && o->p.pos <= there);
	}
}

static void expect_equal(const struct outcome *a, const struct outcome *b)
{
	CHECK(a->result == b->result);
	CHECK(a->p.cause == b->p.cause);
	CHECK(a->p.status == b->p.status);
	if (a->result == HTTPQ_PARSE_REFUSED)
		return;
	CHECK(a->p.pos == b->p.pos);
	CHECK(a->p.flags == b->p.flags);
	CHECK(a->p.version == b->p.version);
	CHECK(a->p.content_length == b->p.content_length);
	CHECK(!memcmp(&a->p.method, &b->p.method, 5 * sizeof(a->p.method)));
	CHECK(a->p.nr_fields == b->p.nr_fields);
	CHECK(!memcmp(a->fields, b->fields,
		      a->p.nr_fields * sizeof(a->fields[0])));
}

static void expect_inside(const struct httpq_parse *p, struct httpq_span span)
{
	CHECK(span.off + span.len <= p->pos);
}

static void expect_field(const u8 *data, size_t size,
			 const struct httpq_field *field)
{
	CHECK(field->name_off + field->name_len <= size);
	CHECK(field->value_off + field->value_len <= size);
	CHECK(httpq_field_name_valid(data + field->name_off, field->name_len));
	CHECK(httpq_field_value_valid(data + field->value_off,
				      field->value_len));
	CHECK(field->id == httpq_field_id(data + field->name_off,
					  field->name_len));
}

static void expect_sane(const u8 *data, const struct outcome *o)
{
	const struct httpq_parse *p = &o->p;
	u16 i;

	CHECK(p->pos <= limits.head && p->nr_fields <= limits.fields);
	expect_inside(p, p->method);
	expect_inside(p, p->target);
	expect_inside(p, p->path);
	expect_inside(p, p->query);
	expect_inside(p, p->host);
	CHECK(p->target.len && p->target.len <= limits.target);
	CHECK(!p->path.len || data[p->path.off] == '/');
	CHECK(!(p->flags & HTTPQ_PARSE_F_CHUNKED) ||
	      (p->version == 11 && !(p->flags & HTTPQ_PARSE_F_LENGTH)));
	CHECK(!(p->content_length >> 63));
	CHECK(p->version == 10 ||
	      (p->flags & HTTPQ_PARSE_F_HOST && p->host.len));
	for (i = 0; i < p->nr_fields; i++)
		expect_field(data, p->pos, &o->fields[i]);
}

static void read_trailers(const u8 *data, size_t size)
{
	struct httpq_field fields[4];
	int nr = httpq_parse_trailers(data, size, fields, 4);

	CHECK(nr <= 4);
	while (nr-- > 0) {
		expect_field(data, size, &fields[nr]);
		CHECK(httpq_field_in_trailers(fields[nr].id));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct outcome whole, split;

	if (size > 4096)
		return 0;
	feed(&whole, data, size, size);
	if (whole.result == HTTPQ_PARSE_DONE)
		expect_sane(data, &whole);
	feed(&split, data, size, 1);
	expect_equal(&whole, &split);
	feed(&split, data, size, step_of(data, size));
	expect_equal(&whole, &split);
	read_trailers(data, size);
	return 0;
}
