// SPDX-License-Identifier: GPL-2.0
/*
 * Chunked bodies: the result, the body and the trailers must not depend on how
 * the input is split, what follows the body must not be touched, and trailers
 * that were let through are well-formed.
 */
#include "../../kmod/chunk.h"
#include "../../kmod/parse.h"
#include "fuzz.h"

#define MAX_SIZE 4096
#define MAX_TRAILERS 128

struct outcome {
	enum httpq_chunk_result result;
	u8 body[MAX_SIZE];
	size_t body_len;
	u8 trailers[MAX_SIZE];
	size_t trailers_len;
	size_t used;
};

static void keep(u8 *out, size_t *len, const u8 *in,
		 const struct httpq_chunk_run *run)
{
	CHECK(run->len && *len + run->len <= MAX_SIZE);
	memcpy(out + *len, in + run->off, run->len);
	*len += run->len;
}

static bool take_run(struct outcome *o, struct httpq_chunk *c, const u8 *in,
		     size_t len, size_t *used)
{
	struct httpq_chunk_run run;

	in += *used;
	o->result = httpq_chunk_decode(c, in, len - *used, &run);
	CHECK(run.used <= len - *used && run.off + run.len <= run.used);
	*used += run.used;
	if (o->result == HTTPQ_CHUNK_DATA)
		keep(o->body, &o->body_len, in, &run);
	else if (o->result == HTTPQ_CHUNK_TRAILER)
		keep(o->trailers, &o->trailers_len, in, &run);
	else
		return false;
	return true;
}

static void feed(struct outcome *o, const u8 *data, size_t size, size_t step)
{
	struct httpq_chunk c;
	size_t pos;

	memset(o, 0, sizeof(*o));
	httpq_chunk_init(&c, 64, MAX_TRAILERS);
	for (pos = 0; pos < size && o->result == HTTPQ_CHUNK_MORE; pos += step) {
		size_t len = size - pos < step ? size - pos : step;
		u8 *piece = copy_of(data + pos, len);
		size_t used = 0;

		while (take_run(o, &c, piece, len, &used))
			;
		CHECK(o->result != HTTPQ_CHUNK_MORE || used == len);
		o->used += used;
		free(piece);
	}
}

static void expect_equal(const struct outcome *a, const struct outcome *b)
{
	CHECK(a->result == b->result);
	CHECK(a->used == b->used);
	CHECK(a->body_len == b->body_len);
	CHECK(!memcmp(a->body, b->body, a->body_len));
	if (a->result != HTTPQ_CHUNK_MORE && a->result != HTTPQ_CHUNK_END)
		return;
	CHECK(a->trailers_len == b->trailers_len);
	CHECK(!memcmp(a->trailers, b->trailers, a->trailers_len));
	CHECK(a->trailers_len <= MAX_TRAILERS);
}

/* What was decoded is encoded as one chunk and has to come out again. */
static void expect_round_trip(const struct outcome *o)
{
	static u8 text[MAX_SIZE * 2 + 32];
	static struct outcome again;
	size_t len = 0;

	if (o->body_len) {
		len = httpq_chunk_format_size(o->body_len, text);
		memcpy(text + len, o->body, o->body_len);
		len += o->body_len;
		memcpy(text + len, "\r\n", 2);
		len += 2;
	}
	len += httpq_chunk_format_size(0, text + len);
	memcpy(text + len, o->trailers, o->trailers_len);
	len += o->trailers_len;
	memcpy(text + len, "\r\nX", 3);
	feed(&again, text, len + 3, len + 3);
	CHECK(again.result == HTTPQ_CHUNK_END && again.used == len + 2);
	CHECK(again.body_len == o->body_len);
	CHECK(!memcmp(again.body, o->body, o->body_len));
	CHECK(again.trailers_len == o->trailers_len);
}

/* A worker that does not ask for them would not learn of a fault. */
static void expect_trailers(const struct outcome *o)
{
	struct httpq_field fields[MAX_TRAILERS / 4];

	CHECK(httpq_parse_trailers(o->trailers, o->trailers_len, fields,
				   MAX_TRAILERS / 4) >= 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct outcome whole, split;

	if (size > MAX_SIZE)
		return 0;
	feed(&whole, data, size, size);
	feed(&split, data, size, 1);
	expect_equal(&whole, &split);
	feed(&split, data, size, step_of(data, size));
	expect_equal(&whole, &split);
	if (whole.result == HTTPQ_CHUNK_END) {
		expect_round_trip(&whole);
		expect_trailers(&whole);
	}
	return 0;
}
