/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log of a namespace: rings of records, one set per CPU, and those who
 * read them. Nothing ever waits for a reader.
 */
#ifndef _HTTPQ_LOG_H
#define _HTTPQ_LOG_H

#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <linux/httpq_log.h>

#include "ring.h"

struct file;
struct httpq_log_reader;
struct httpq_net;
struct poll_table_struct;

/**
 * struct httpq_log_text - a text of a record
 * @data: bytes, or NULL
 * @len: how many
 */
struct httpq_log_text {
	const void *data;
	u16 len;
};

/**
 * struct httpq_log_entry - a record to be written
 * @record: all but size, time_ns and the spans
 * @refusal: made by the kernel before a worker saw a request: bounded in rate
 *	for each reason, and kept apart, so that it displaces no other record
 * @method: this and the next ones are as in struct httpq_log_record; they are
 *	copied, and cut to what a record holds
 * @target: text
 * @host: text
 * @queue: text
 * @prefix: text
 * @agent: text
 * @referer: text
 * @user: text
 * @note: text
 */
struct httpq_log_entry {
	struct httpq_log_record record;
	bool refusal;
	struct httpq_log_text method;
	struct httpq_log_text target;
	struct httpq_log_text host;
	struct httpq_log_text queue;
	struct httpq_log_text prefix;
	struct httpq_log_text agent;
	struct httpq_log_text referer;
	struct httpq_log_text user;
	struct httpq_log_text note;
};

/* The rings of a CPU. */
enum httpq_log_ring_kind {
	HTTPQ_LOG_RING_MAIN,
	HTTPQ_LOG_RING_REFUSALS,
	HTTPQ_LOG_RING_NR,
};

/**
 * struct httpq_log_mark - a place in a ring
 * @seq: number of a record
 * @off: where it begins, for as long as it is kept
 */
struct httpq_log_mark {
	u64 seq;
	u32 off;
};

/**
 * struct httpq_log_ring - a ring of one CPU
 *
 * Belongs to its struct httpq_log. Written by its CPU, so that the lock is
 * contended by readers only.
 */
struct httpq_log_ring {
	/** @rcu: frees it */
	struct rcu_head rcu;
	/**
	 * @lock: protects what follows, and the place of each reader in this
	 * ring. Innermost of all; bottom halves off.
	 */
	spinlock_t lock;
	/** @ring: the records, in order of time */
	struct httpq_ring ring;
	/** @committed: where the next collector begins */
	struct httpq_log_mark committed;
	/** @collected: number of the first record that no collector had */
	u64 collected;
	/** @data: bytes of @ring */
	u8 data[] __aligned(HTTPQ_RING_ALIGN);
};

/**
 * struct httpq_log_rate - how many refusals for one reason there were
 * @second: when, monotonic time
 * @written: of them, in the log; in that second
 * @left_out: the others, since the last HTTPQ_LOG_SUPPRESSED of this reason
 */
struct httpq_log_rate {
	u64 second;
	u32 written;
	u64 left_out;
};

/**
 * struct httpq_log - the log of a namespace
 *
 * Created and freed with its struct httpq_net, which it does not pin: who
 * writes has a reference on that, each reader holds one. The work runs only
 * until httpq_log_end().
 */
struct httpq_log {
	/** @hn: its namespace */
	struct httpq_net *hn;
	/**
	 * @rings: by httpq_log_ring_of(), NULL for CPUs that can't be. NULL
	 * until httpq_log_enable(), then never changed.
	 */
	struct httpq_log_ring **rings;
	/** @wait: readers and pollers */
	wait_queue_head_t wait;
	/** @ended: no record comes any more */
	bool ended;
	/** @collector: the one reader that is; compared, never followed */
	struct httpq_log_reader *collector;

	/** @lock: protects what follows. Only work is queued under it. */
	spinlock_t lock ____cacheline_aligned_in_smp;
	/** @stopped: @work must not be queued */
	bool stopped;
	/** @work: tells how many refusals were left out */
	struct delayed_work work;
	/** @rates: by enum httpq_log_reason */
	struct httpq_log_rate rates[HTTPQ_LOG_REASON_NR];
};

static inline unsigned int httpq_log_nr_rings(void)
{
	return nr_cpu_ids * HTTPQ_LOG_RING_NR;
}

static inline unsigned int httpq_log_ring_of(unsigned int cpu, bool refusal)
{
	return cpu * HTTPQ_LOG_RING_NR +
	       (refusal ? HTTPQ_LOG_RING_REFUSALS : HTTPQ_LOG_RING_MAIN);
}

/* NULL before httpq_log_enable(), and for CPUs that can't be. */
static inline struct httpq_log_ring *httpq_log_ring(const struct httpq_log *log,
						    unsigned int index)
{
	struct httpq_log_ring **rings;

	/* Pairs with httpq_log_enable(). */
	rings = smp_load_acquire(&log->rings);
	return rings ? rings[index] : NULL;
}

struct httpq_log *httpq_log_create(struct httpq_net *hn);
void httpq_log_destroy(struct httpq_log *log);
int httpq_log_enable(struct httpq_net *hn);
void httpq_log_end(struct httpq_net *hn);
void httpq_log_write(struct httpq_net *hn, struct httpq_log_entry *entry);

struct httpq_log_reader *httpq_log_open(struct httpq_net *hn);
void httpq_log_close(struct httpq_log_reader *reader);
ssize_t httpq_log_read(struct httpq_log_reader *reader, char __user *buf,
		       size_t len, bool nonblock);
int httpq_log_seek(struct httpq_log_reader *reader, bool end);
int httpq_log_collect(struct httpq_log_reader *reader);
int httpq_log_commit(struct httpq_log_reader *reader);
__poll_t httpq_log_poll(struct httpq_log_reader *reader, struct file *file,
			struct poll_table_struct *wait);

#endif /* _HTTPQ_LOG_H */
