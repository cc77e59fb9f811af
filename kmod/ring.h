/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole records in a circle of bytes: a new one takes the place of the oldest.
 * Pure: no memory of its own, no lock.
 */
#ifndef _HTTPQ_RING_H
#define _HTTPQ_RING_H

#include <linux/types.h>

/* A record's bytes are a multiple of this. */
#define HTTPQ_RING_ALIGN 8

/**
 * struct httpq_ring - records that begin with their size, a __u32
 * @data: the bytes, aligned to HTTPQ_RING_ALIGN.
 * @size: how many, a multiple of HTTPQ_RING_ALIGN.
 * @used: of them, in records.
 * @head: where the next record goes.
 * @tail: where the oldest record begins.
 * @head_seq: number of the next record; the first was 0.
 * @tail_seq: number of the oldest record, @head_seq if there is none.
 *
 * Numbers never come again, so that who remembers one can tell how many were
 * overwritten since.
 */
struct httpq_ring {
	u8 *data;
	u32 size;
	u32 used;
	u32 head;
	u32 tail;
	u64 head_seq;
	u64 tail_seq;
};

void httpq_ring_init(struct httpq_ring *ring, void *data, u32 size);
void httpq_ring_begin(struct httpq_ring *ring, u32 size);
void httpq_ring_append(struct httpq_ring *ring, const void *from, u32 len);
void httpq_ring_copy(const struct httpq_ring *ring, u32 off, void *to, u32 len);
u32 httpq_ring_after(const struct httpq_ring *ring, u32 off, u32 len);

#endif /* _HTTPQ_RING_H */
