// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>

#include "../ring.c"

#define MAX_RECORD 64

/* A record of @words times 8 bytes, each byte of which tells its number. */
static u32 fill(u8 *record, u64 seq, u32 words)
{
	u32 size = words * HTTPQ_RING_ALIGN;

	memset(record, (u8)(seq + 1), size);
	memcpy(record, &size, sizeof(size));
	return size;
}

/* In parts of @step bytes. */
static void write(struct httpq_ring *ring, u32 words, u32 step)
{
	u8 record[MAX_RECORD];
	u32 size = fill(record, ring->head_seq, words), pos, len;

	httpq_ring_begin(ring, size);
	for (pos = 0; pos < size; pos += len) {
		len = min(step, size - pos);
		httpq_ring_append(ring, record + pos, len);
	}
}

/* From the oldest to the newest: all there, and nothing else. */
static void check(struct kunit *test, const struct httpq_ring *ring)
{
	u8 record[MAX_RECORD], expect[MAX_RECORD];
	u32 off = ring->tail, used = 0, size;
	u64 seq;

	for (seq = ring->tail_seq; seq < ring->head_seq; seq++) {
		httpq_ring_copy(ring, off, &size, sizeof(size));
		KUNIT_ASSERT_TRUE(test, size && size <= MAX_RECORD);
		httpq_ring_copy(ring, off, record, size);
		fill(expect, seq, size / HTTPQ_RING_ALIGN);
		KUNIT_EXPECT_EQ(test, memcmp(record, expect, size), 0);
		off = httpq_ring_after(ring, off, size);
		used += size;
	}
	KUNIT_EXPECT_EQ(test, off, ring->head);
	KUNIT_EXPECT_EQ(test, used, ring->used);
	KUNIT_EXPECT_TRUE(test, used <= ring->size);
}

static void ring_create(struct kunit *test, struct httpq_ring *ring, u32 size)
{
	/* Of its own, so that what lies beyond is seen. */
	u8 *data = kunit_kmalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, data);
	httpq_ring_init(ring, data, size);
}

static void empty(struct kunit *test)
{
	struct httpq_ring ring;

	ring_create(test, &ring, 64);
	KUNIT_EXPECT_EQ(test, ring.head_seq, ring.tail_seq);
	KUNIT_EXPECT_EQ(test, ring.used, 0U);
	check(test, &ring);
	kunit_kfree(test, ring.data);
}

static void keeps_what_fits(struct kunit *test)
{
	struct httpq_ring ring;
	int i;

	ring_create(test, &ring, 64);
	for (i = 0; i < 4; i++)
		write(&ring, 2, 16);
	KUNIT_EXPECT_EQ(test, ring.tail_seq, 0ULL);
	KUNIT_EXPECT_EQ(test, ring.used, 64U);
	check(test, &ring);
	write(&ring, 1, 16);
	KUNIT_EXPECT_EQ(test, ring.tail_seq, 1ULL);
	check(test, &ring);
	write(&ring, 1, 16);
	KUNIT_EXPECT_EQ(test, ring.tail_seq, 1ULL);
	check(test, &ring);
	kunit_kfree(test, ring.data);
}

static void one_takes_the_place_of_all(struct kunit *test)
{
	struct httpq_ring ring;
	int i;

	ring_create(test, &ring, 64);
	for (i = 0; i < 7; i++)
		write(&ring, 1, 8);
	write(&ring, 8, 8);
	KUNIT_EXPECT_EQ(test, ring.tail_seq, 7ULL);
	KUNIT_EXPECT_EQ(test, ring.head_seq, 8ULL);
	check(test, &ring);
	kunit_kfree(test, ring.data);
}

/* Every size at every place, written in parts of every length. */
static void wraps_anywhere(struct kunit *test)
{
	struct httpq_ring ring;
	u32 size, step, i;

	for (size = 64; size <= 128; size += 8) {
		ring_create(test, &ring, size);
		for (step = 1; step <= 17; step++) {
			for (i = 0; i < 64; i++) {
				write(&ring, 1 + (i * i + step) % 8, step);
				check(test, &ring);
			}
		}
		KUNIT_EXPECT_EQ(test, ring.head_seq, 17 * 64ULL);
		kunit_kfree(test, ring.data);
	}
}

static struct kunit_case ring_test_cases[] = {
	KUNIT_CASE(empty),
	KUNIT_CASE(keeps_what_fits),
	KUNIT_CASE(one_takes_the_place_of_all),
	KUNIT_CASE(wraps_anywhere),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "httpq_ring",
	.test_cases = ring_test_cases,
};

kunit_test_suite(ring_suite);
