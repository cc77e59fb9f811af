// SPDX-License-Identifier: GPL-2.0
/*
 * Writing the log. A record goes into a ring of the CPU at hand, so that no
 * two of them meet, and into another one if it tells of a refusal: those
 * anybody can cause, in any number.
 */

#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>

#include "log.h"
#include "net.h"
#include "trace.h"

/* However many CPUs share net.httpq.log_kib: some hundreds of records. */
#define RING_MIN		(64 * 1024)
/* Of the size of the main ring, for refusals. */
#define REFUSALS_SHIFT		3

/* What of each text goes into a record. */
#define METHOD_MAX		255
#define TARGET_MAX		4096
#define TEXT_MAX		1024

/* X(member, bytes): in the order in which they lie in a record. */
#define TEXTS(X)							\
	X(method, METHOD_MAX)						\
	X(target, TARGET_MAX)						\
	X(host, TEXT_MAX)						\
	X(queue, TEXT_MAX)						\
	X(prefix, TEXT_MAX)						\
	X(agent, TEXT_MAX)						\
	X(referer, TEXT_MAX)						\
	X(user, TEXT_MAX)						\
	X(note, TEXT_MAX)

static const struct {
	u16 text;	/* in struct httpq_log_entry */
	u16 span;	/* in struct httpq_log_record */
	u16 max;
} texts[] = {
#define X(name, max) {							\
	offsetof(struct httpq_log_entry, name),				\
	offsetof(struct httpq_log_record, name),			\
	max,								\
},
	TEXTS(X)
#undef X
};

#define X(name, max) + (max)
static_assert(sizeof(struct httpq_log_record) TEXTS(X) + HTTPQ_RING_ALIGN <=
	      HTTPQ_LOG_RECORD_MAX);
#undef X
/* A ring holds the largest record. */
static_assert(RING_MIN >= HTTPQ_LOG_RECORD_MAX);
/* The layout that user space was compiled with. */
static_assert(sizeof(struct httpq_log_record) == 184);
static_assert(sizeof(struct httpq_log_record) % HTTPQ_RING_ALIGN == 0);

static struct httpq_log_text *entry_text(struct httpq_log_entry *entry, int i)
{
	return (void *)entry + texts[i].text;
}

/* Gives each text its place in the record; returns the bytes of all. */
static u32 entry_layout(struct httpq_log_entry *entry)
{
	struct httpq_log_record *record = &entry->record;
	struct httpq_log_text *text;
	struct httpq_span *span;
	u32 off = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		text = entry_text(entry, i);
		span = (void *)record + texts[i].span;
		if (text->len > texts[i].max) {
			text->len = texts[i].max;
			record->flags |= HTTPQ_LOG_CUT;
		}
		span->off = text->len ? off : 0;
		span->len = text->len;
		off += text->len;
	}
	record->size = ALIGN(sizeof(*record) + off, HTTPQ_RING_ALIGN);
	return off;
}

static void entry_append(struct httpq_ring *ring, struct httpq_log_entry *entry,
			 u32 len)
{
	static const u8 zeroes[HTTPQ_RING_ALIGN];
	const struct httpq_log_text *text;
	int i;

	httpq_ring_append(ring, &entry->record, sizeof(entry->record));
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		text = entry_text(entry, i);
		if (text->len)
			httpq_ring_append(ring, text->data, text->len);
	}
	httpq_ring_append(ring, zeroes,
			  entry->record.size - sizeof(entry->record) - len);
}

/* What nobody collected and nobody will. */
static void make_room(struct httpq_log *log, struct httpq_log_ring *ring,
		      u32 size)
{
	u64 kept = max(ring->ring.tail_seq, ring->collected);

	httpq_ring_begin(&ring->ring, size);
	if (ring->ring.tail_seq > kept)
		httpq_stats_add(log->hn->stats, log_lost,
				ring->ring.tail_seq - kept);
}

static void entry_write(struct httpq_log *log, struct httpq_log_entry *entry)
{
	unsigned int index = httpq_log_ring_of(raw_smp_processor_id(),
					       entry->refusal);
	struct httpq_log_ring *ring = httpq_log_ring(log, index);
	u32 len = entry_layout(entry);
	bool ended;

	if (!ring) {
		httpq_stats_inc(log->hn->stats, log_lost);
		trace_httpq_record_err(entry->record.request_id, -ENOMEM);
		return;
	}
	/* The CPU may be another one by now: the ring is locked anyway. */
	spin_lock_bh(&ring->lock);
	/* Under the lock: who was told that it ended has seen the ring since. */
	ended = READ_ONCE(log->ended);
	if (!ended) {
		/* Likewise: readers rely on the order of time. */
		entry->record.time_ns = ktime_get_real_ns();
		make_room(log, ring, entry->record.size);
		entry_append(&ring->ring, entry, len);
	}
	spin_unlock_bh(&ring->lock);
	if (ended) {
		httpq_stats_inc(log->hn->stats, log_lost);
		trace_httpq_record_err(entry->record.request_id, -ENODEV);
	}

	if (wq_has_sleeper(&log->wait))
		wake_up_interruptible_poll(&log->wait, EPOLLIN | EPOLLRDNORM);
}

static noinline_for_stack void write_left_out(struct httpq_log *log, u8 reason,
					      u64 count)
{
	struct httpq_log_entry entry = {
		.record = {
			.kind = HTTPQ_LOG_SUPPRESSED,
			.reason = reason,
			.count = count,
		},
		.refusal = true,
	};

	entry_write(log, &entry);
}

static void queue_work_later(struct httpq_log *log)
{
	lockdep_assert_held(&log->lock);
	if (!log->stopped)
		schedule_delayed_work(&log->work, HZ);
}

/* Whether a refusal may be written; if not it is counted. */
static bool refusal_admit(struct httpq_log *log, u8 reason)
{
	u32 limit = READ_ONCE(log->hn->limits.log_refusals);
	struct httpq_log_rate *rate = &log->rates[reason];
	u64 now, before = 0;
	bool admitted;

	spin_lock_bh(&log->lock);
	now = ktime_get_seconds();
	if (rate->second != now) {
		before = rate->left_out;
		*rate = (struct httpq_log_rate){ .second = now };
	}
	admitted = rate->written < limit;
	if (admitted) {
		rate->written++;
	} else {
		rate->left_out++;
		queue_work_later(log);
	}
	spin_unlock_bh(&log->lock);

	if (!admitted)
		httpq_stats_inc(log->hn->stats, log_suppressed);
	if (before)
		write_left_out(log, reason, before);
	return admitted;
}

/* What of a reason was left out and no refusal came after to tell of it. */
static u64 take_left_out(struct httpq_log *log, u8 reason, bool all)
{
	struct httpq_log_rate *rate = &log->rates[reason];
	u64 count = 0;

	spin_lock_bh(&log->lock);
	if (all || rate->second != ktime_get_seconds())
		swap(count, rate->left_out);
	if (rate->left_out)
		queue_work_later(log);
	spin_unlock_bh(&log->lock);
	return count;
}

static void tell_left_out(struct httpq_log *log, bool all)
{
	u64 count;
	u8 reason;

	for (reason = 0; reason < HTTPQ_LOG_REASON_NR; reason++) {
		count = take_left_out(log, reason, all);
		if (count)
			write_left_out(log, reason, count);
	}
}

static void log_work(struct work_struct *work)
{
	tell_left_out(container_of(to_delayed_work(work), struct httpq_log,
				   work), false);
}

/**
 * httpq_log_write - add a record
 * @hn: namespace, referenced by the caller
 * @entry: what to write; completed here, and of no more use then
 *
 * Never waits: the oldest record makes room.
 *
 * Context: any but hard interrupts; any lock may be held.
 */
void httpq_log_write(struct httpq_net *hn, struct httpq_log_entry *entry)
{
	if (!entry->refusal || refusal_admit(hn->log, entry->record.reason))
		entry_write(hn->log, entry);
}

/**
 * httpq_log_create - make a log that can't be written yet
 * @hn: its namespace
 *
 * Context: process.
 * Return: the log, or NULL without memory.
 */
struct httpq_log *httpq_log_create(struct httpq_net *hn)
{
	struct httpq_log *log;

	log = kzalloc(sizeof(*log), GFP_KERNEL);
	if (!log)
		return NULL;
	log->hn = hn;
	init_waitqueue_head(&log->wait);
	spin_lock_init(&log->lock);
	INIT_DELAYED_WORK(&log->work, log_work);
	return log;
}

static struct httpq_log_ring *ring_create(u32 size, int node)
{
	struct httpq_log_ring *ring;

	/* Anybody can make a namespace that listens: charged to who does. */
	ring = kvmalloc_node(struct_size(ring, data, size), GFP_KERNEL_ACCOUNT,
			     node);
	if (!ring)
		return NULL;
	spin_lock_init(&ring->lock);
	httpq_ring_init(&ring->ring, ring->data, size);
	ring->committed = (struct httpq_log_mark){};
	ring->collected = 0;
	return ring;
}

/* In any context, where vfree() is not to be called. */
static void rings_free(struct httpq_log_ring **rings)
{
	unsigned int i;

	for (i = 0; rings && i < httpq_log_nr_rings(); i++)
		if (rings[i])
			kvfree_rcu(rings[i], rcu);
	kfree(rings);
}

static u32 ring_size(u32 kib, bool refusals)
{
	u32 size = max_t(u32, (kib << 10) / num_possible_cpus(), RING_MIN);

	if (refusals)
		size = max_t(u32, size >> REFUSALS_SHIFT, HTTPQ_LOG_RECORD_MAX);
	return round_down(size, HTTPQ_RING_ALIGN);
}

static struct httpq_log_ring **rings_create(u32 kib)
{
	struct httpq_log_ring **rings;
	unsigned int i;
	int cpu, kind;

	rings = kcalloc(httpq_log_nr_rings(), sizeof(*rings),
			GFP_KERNEL_ACCOUNT);
	if (!rings)
		return NULL;
	for_each_possible_cpu(cpu) {
		for (kind = 0; kind < HTTPQ_LOG_RING_NR; kind++) {
			bool refusals = kind == HTTPQ_LOG_RING_REFUSALS;

			i = httpq_log_ring_of(cpu, refusals);
			rings[i] = ring_create(ring_size(kib, refusals),
					       cpu_to_node(cpu));
			if (!rings[i])
				goto err_free_rings;
		}
	}
	return rings;

err_free_rings:
	rings_free(rings);
	return NULL;
}

/**
 * httpq_log_enable - have memory for records
 * @hn: namespace that is about to listen for the first time, or again
 *
 * Its size is net.httpq.log_kib as it is now. What is written before counts as
 * lost.
 *
 * Context: process, under hn->control.
 * Return: 0 or -ENOMEM.
 */
int httpq_log_enable(struct httpq_net *hn)
{
	struct httpq_log_ring **rings;

	lockdep_assert_held(&hn->control);
	if (hn->log->rings)
		return 0;
	rings = rings_create(READ_ONCE(hn->limits.log_kib));
	if (!rings)
		return -ENOMEM;
	/* Pairs with httpq_log_ring(). */
	smp_store_release(&hn->log->rings, rings);
	return 0;
}

/**
 * httpq_log_end - no record comes any more
 * @hn: namespace that ends, whose connections, handles and queues are gone
 *
 * Readers get what is left and then -ENODEV. A call on a handle may still have
 * a request in its hands, between two containers; its record is lost, and
 * counted.
 *
 * Context: process.
 */
void httpq_log_end(struct httpq_net *hn)
{
	struct httpq_log *log = hn->log;

	spin_lock_bh(&log->lock);
	log->stopped = true;
	spin_unlock_bh(&log->lock);
	cancel_delayed_work_sync(&log->work);
	tell_left_out(log, true);
	/* Pairs with readers: who sees it sees the last record. */
	smp_store_release(&log->ended, true);
	wake_up_interruptible_all(&log->wait);
}

/**
 * httpq_log_destroy - free the log
 * @log: log of a namespace that nobody refers to any more
 *
 * Context: any.
 */
void httpq_log_destroy(struct httpq_log *log)
{
	rings_free(log->rings);
	kfree(log);
}
