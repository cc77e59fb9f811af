// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes on their way out. In process context they are copied into the task's
 * page fragment, as TCP does for its own sends; in softirq into the CPU's.
 */

#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "batch.h"
#include "fault.h"
#include "net.h"

/* The worst case: every page fragment is a single page. */
static u32 batch_runs(u32 bytes)
{
	return bytes / PAGE_SIZE + 3;
}

static void batch_init(struct httpq_batch *batch, struct page *home, u16 max)
{
	INIT_LIST_HEAD(&batch->node);
	batch->left = 0;
	batch->charged = 0;
	batch->first = 0;
	batch->nr = 0;
	batch->max = max;
	batch->home = home;
}

/**
 * httpq_batch_create - an empty batch
 * @hn: namespace that @bytes are charged to
 * @bytes: how many will be added at the most, up to HTTPQ_SEND_MAX and heads
 *
 * Context: process, may sleep.
 * Return: the batch; ERR_PTR of -ENOBUFS (over the limit of the namespace) or
 * -ENOMEM.
 */
struct httpq_batch *httpq_batch_create(struct httpq_net *hn, u32 bytes)
{
	struct page_frag *frag = &current->task_frag;
	struct httpq_batch *batch;
	u32 max = batch_runs(bytes);
	u32 size = ALIGN(struct_size(batch, vec, max), 8);

	if (!httpq_net_charge(hn, bytes + size))
		return ERR_PTR(-ENOBUFS);
	/* Room to align in: the fragment may begin anywhere. */
	if (!skb_page_frag_refill(size + 8, frag, GFP_KERNEL)) {
		httpq_net_uncharge(hn, bytes + size);
		return ERR_PTR(-ENOMEM);
	}

	frag->offset = ALIGN(frag->offset, 8);
	batch = page_address(frag->page) + frag->offset;
	frag->offset += size;
	get_page(frag->page);
	batch_init(batch, frag->page, max);
	batch->charged = bytes + size;
	return batch;
}

static void *batch_memory(u32 size)
{
	if (httpq_fault(HTTPQ_FAULT_BATCH))
		return NULL;
	return netdev_alloc_frag(size);
}

/**
 * httpq_batch_create_atomic - a batch with one run of known length
 * @hn: namespace that it is charged to
 * @bytes: length of the run
 * @data: where to write them before the batch is queued
 *
 * Context: any.
 * Return: the batch, or NULL.
 */
struct httpq_batch *httpq_batch_create_atomic(struct httpq_net *hn, u32 bytes,
					      u8 **data)
{
	u32 size = ALIGN(sizeof(struct httpq_batch_reserve), 8);
	struct httpq_batch *batch;
	struct page *page;
	void *mem;

	if (!httpq_net_charge(hn, size + bytes))
		return NULL;
	mem = batch_memory(ALIGN(size + bytes, SMP_CACHE_BYTES));
	if (!mem) {
		httpq_net_uncharge(hn, size + bytes);
		return NULL;
	}

	batch = mem;
	page = virt_to_head_page(mem);
	batch_init(batch, page, 1);
	batch->charged = size + bytes;
	batch->left = bytes;
	batch->nr = 1;
	get_page(page);
	batch->vec[0] = (struct bio_vec) {
		.bv_page = page,
		.bv_offset = mem + size - page_address(page),
		.bv_len = bytes,
	};
	*data = mem + size;
	return batch;
}

/**
 * httpq_batch_init_reserve - a batch that costs no memory
 * @reserve: not in use
 * @page: static page; a reference is taken
 * @off: where the bytes begin
 * @len: how many
 *
 * Context: any.
 */
void httpq_batch_init_reserve(struct httpq_batch_reserve *reserve,
			      struct page *page, u32 off, u32 len)
{
	struct httpq_batch *batch = &reserve->batch;

	batch_init(batch, NULL, 1);
	get_page(page);
	batch->vec[0] = (struct bio_vec) {
		.bv_page = page,
		.bv_offset = off,
		.bv_len = len,
	};
	batch->nr = 1;
	batch->left = len;
}

/* Counts @len bytes that now lie at the end of @frag in. */
static void batch_commit(struct httpq_batch *batch, struct page_frag *frag,
			 u32 len)
{
	struct bio_vec *last = batch->nr ? &batch->vec[batch->nr - 1] : NULL;

	if (last && last->bv_page == frag->page &&
	    last->bv_offset + last->bv_len == frag->offset) {
		last->bv_len += len;
	} else {
		get_page(frag->page);
		batch->vec[batch->nr++] = (struct bio_vec) {
			.bv_page = frag->page,
			.bv_offset = frag->offset,
			.bv_len = len,
		};
	}
	frag->offset += len;
	batch->left += len;
}

/* Room for up to @want bytes behind the batch; returns how many. */
static int batch_room(struct httpq_batch *batch, u32 want, void **to)
{
	struct page_frag *frag = &current->task_frag;

	if (!skb_page_frag_refill(1, frag, GFP_KERNEL))
		return -ENOMEM;
	if (WARN_ON_ONCE(batch->nr == batch->max))
		return -ENOMEM;
	*to = page_address(frag->page) + frag->offset;
	return min_t(u32, want, frag->size - frag->offset);
}

/**
 * httpq_batch_add - copy kernel memory to the end of a batch
 * @batch: batch that is not queued yet
 * @data: bytes
 * @len: how many
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM; the batch can only be freed then.
 */
int httpq_batch_add(struct httpq_batch *batch, const void *data, u32 len)
{
	void *to;
	int n;

	for (; len; len -= n, data += n) {
		n = batch_room(batch, len, &to);
		if (n < 0)
			return n;
		memcpy(to, data, n);
		batch_commit(batch, &current->task_frag, n);
	}
	return 0;
}

/**
 * httpq_batch_add_user - copy user memory to the end of a batch
 * @batch: batch that is not queued yet
 * @data: bytes
 * @len: how many
 *
 * Context: process, may sleep for as long as a page fault takes; no locks.
 * Return: 0, -EFAULT or -ENOMEM; the batch can only be freed then.
 */
int httpq_batch_add_user(struct httpq_batch *batch, const void __user *data,
			 u32 len)
{
	void *to;
	int n;

	for (; len; len -= n, data += n) {
		n = batch_room(batch, len, &to);
		if (n < 0)
			return n;
		if (copy_from_user(to, data, n))
			return -EFAULT;
		batch_commit(batch, &current->task_frag, n);
	}
	return 0;
}

/**
 * httpq_batch_advance - TCP took bytes
 * @batch: batch
 * @len: how many, at most what is left
 *
 * Context: any, under the socket lock.
 */
void httpq_batch_advance(struct httpq_batch *batch, u32 len)
{
	batch->left -= len;
	while (len) {
		struct bio_vec *vec = &batch->vec[batch->first];
		u32 n = min(len, vec->bv_len);

		vec->bv_offset += n;
		vec->bv_len -= n;
		len -= n;
		if (!vec->bv_len)
			batch->first++;
	}
}

/**
 * httpq_batch_free - let the pages go
 * @hn: namespace that was charged
 * @batch: batch that is in no list
 *
 * Context: any.
 */
void httpq_batch_free(struct httpq_net *hn, struct httpq_batch *batch)
{
	struct page *home = batch->home;
	u16 i;

	for (i = 0; i < batch->nr; i++)
		put_page(batch->vec[i].bv_page);
	httpq_net_uncharge(hn, batch->charged);
	/* The batch itself lies in this page: last. */
	if (home)
		put_page(home);
}
