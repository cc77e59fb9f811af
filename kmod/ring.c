// SPDX-License-Identifier: GPL-2.0
/*
 * Whole records in a circle of bytes: a new one takes the place of the oldest.
 * Pure: no memory of its own, no lock.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "ring.h"

/**
 * httpq_ring_init - make an empty ring
 * @ring: ring.
 * @data: its bytes.
 * @size: how many: room for the largest record at least.
 *
 * Context: Any.
 */
void httpq_ring_init(struct httpq_ring *ring, void *data, u32 size)
{
	memset(ring, 0, sizeof(*ring));
	ring->data = data;
	ring->size = size;
}

/**
 * httpq_ring_after - where something ends
 * @ring: ring.
 * @off: where it begins.
 * @len: its bytes, at most the size of the ring.
 *
 * Context: Any; looks at no record.
 * Return: the offset of what follows.
 */
u32 httpq_ring_after(const struct httpq_ring *ring, u32 off, u32 len)
{
	u32 left = ring->size - off;

	return len < left ? off + len : len - left;
}

/**
 * httpq_ring_copy - read
 * @ring: ring.
 * @off: where to begin.
 * @to: where it goes.
 * @len: how many bytes.
 *
 * Context: Any; nobody writes meanwhile.
 */
void httpq_ring_copy(const struct httpq_ring *ring, u32 off, void *to, u32 len)
{
	u32 first = min(len, ring->size - off);

	memcpy(to, ring->data + off, first);
	memcpy(to + first, ring->data, len - first);
}

static void drop_oldest(struct httpq_ring *ring)
{
	u32 size;

	httpq_ring_copy(ring, ring->tail, &size, sizeof(size));
	ring->tail = httpq_ring_after(ring, ring->tail, size);
	ring->tail_seq++;
	ring->used -= size;
}

/**
 * httpq_ring_begin - make room for a record
 * @ring: ring.
 * @size: bytes of the record, a multiple of HTTPQ_RING_ALIGN and at most the
 *	size of the ring.
 *
 * The caller appends exactly @size bytes, the first of which are @size, before
 * anybody else looks.
 *
 * Context: Any; nobody reads or writes meanwhile.
 */
void httpq_ring_begin(struct httpq_ring *ring, u32 size)
{
	while (ring->size - ring->used < size)
		drop_oldest(ring);
	ring->used += size;
	ring->head_seq++;
}

/**
 * httpq_ring_append - write a part of the record that was begun
 * @ring: ring.
 * @from: bytes.
 * @len: how many.
 *
 * Context: Any; nobody reads or writes meanwhile.
 */
void httpq_ring_append(struct httpq_ring *ring, const void *from, u32 len)
{
	u32 first = min(len, ring->size - ring->head);

	memcpy(ring->data + ring->head, from, first);
	memcpy(ring->data, from + first, len - first);
	ring->head = httpq_ring_after(ring, ring->head, len);
}
