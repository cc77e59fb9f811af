/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes on their way out: runs of our own pages. A batch lies in the first of
 * its own pages, so that an answer costs no allocation besides them.
 */
#ifndef _HTTPQ_BATCH_H
#define _HTTPQ_BATCH_H

#include <linux/bvec.h>
#include <linux/list.h>
#include <linux/types.h>

struct httpq_net;

/**
 * struct httpq_batch - one piece of a response
 * @node: in conn->tx, under the socket lock
 * @left: bytes not yet handed to TCP
 * @charged: bytes charged to the namespace
 * @first: first run of @vec with bytes left; its offset and length move on
 * @nr: runs in use
 * @max: room of @vec
 * @home: page that this structure lies in, or NULL
 * @vec: the runs; each holds a reference on its page
 *
 * Built by one process or softirq, then owned by the connection's list until
 * TCP has taken the last byte; TCP holds references of its own.
 */
struct httpq_batch {
	struct list_head node;
	u32 left;
	u32 charged;
	u16 first;
	u16 nr;
	u16 max;
	struct page *home;
	struct bio_vec vec[];
};

/* A batch of one run, inside something else. */
struct httpq_batch_reserve {
	struct httpq_batch batch;
	struct bio_vec vec;
};

struct httpq_batch *httpq_batch_create(struct httpq_net *hn, u32 bytes);
struct httpq_batch *httpq_batch_create_atomic(struct httpq_net *hn, u32 bytes,
					      u8 **data);
void httpq_batch_init_reserve(struct httpq_batch_reserve *reserve,
			      struct page *page, u32 off, u32 len);
int httpq_batch_add(struct httpq_batch *batch, const void *data, u32 len);
int httpq_batch_add_user(struct httpq_batch *batch, const void __user *data,
			 u32 len);
void httpq_batch_advance(struct httpq_batch *batch, u32 len);
void httpq_batch_free(struct httpq_net *hn, struct httpq_batch *batch);

#endif /* _HTTPQ_BATCH_H */
