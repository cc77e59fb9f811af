// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the log: each reader has a place of its own in every ring, and gets
 * what lies behind those places in order of time.
 *
 * A reader looks at the clock, then at all rings. Since records get their time
 * under the lock of their ring, it has seen every record that is as old as
 * that: up to there, it can tell what comes next.
 */

#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "log.h"
#include "net.h"

/**
 * struct log_cursor - where a reader is in a ring
 * @done: behind what it was given, lost records included; written with both
 *	the reader's and the ring's lock held
 * @next: the first record from there on that was kept when it looked
 * @size: bytes of that record, 0 if there was none
 * @time_ns: its time
 *
 * What lies between @done and @next was overwritten.
 */
struct log_cursor {
	struct httpq_log_mark done;
	struct httpq_log_mark next;
	u32 size;
	u64 time_ns;
};

/**
 * struct httpq_log_reader - who reads the log
 *
 * Belongs to an open file.
 */
struct httpq_log_reader {
	/** @hn: holds a reference */
	struct httpq_net *hn;
	/**
	 * @lock: one thread at a time; protects all that follows. Outside of
	 * the locks of rings. Not held while it waits for a record.
	 */
	struct mutex lock;
	/** @horizon_ns: every record up to then was seen */
	u64 horizon_ns;
	/** @bounce: a record on its way to user space */
	void *bounce;
	/** @cursors: one for each ring */
	struct log_cursor cursors[];
};

/* What is needed to choose between records. */
struct record_begin {
	u32 size;
	u32 unused;
	u64 time_ns;
};

static_assert(offsetof(struct record_begin, time_ns) ==
	      offsetof(struct httpq_log_record, time_ns));

/* The first ring from number *@i on, which becomes its number. */
static struct httpq_log_ring *ring_from(const struct httpq_log *log,
					unsigned int *i)
{
	struct httpq_log_ring *ring;

	for (; *i < httpq_log_nr_rings(); ++*i) {
		ring = httpq_log_ring(log, *i);
		if (ring)
			return ring;
	}
	return NULL;
}

/* Goes with i through all rings that there are. */
#define for_each_ring(log, ring, i)					\
	for ((i) = 0; ((ring) = ring_from(log, &(i))); (i)++)

static struct httpq_log_mark ring_oldest(const struct httpq_ring *ring)
{
	return (struct httpq_log_mark){ ring->tail_seq, ring->tail };
}

static struct httpq_log_mark ring_end(const struct httpq_ring *ring)
{
	return (struct httpq_log_mark){ ring->head_seq, ring->head };
}

/* Looks for what comes next, under the lock of the ring. */
static void cursor_look(struct log_cursor *cursor,
			const struct httpq_ring *ring)
{
	struct record_begin begin = {};

	cursor->next = cursor->done;
	if (cursor->done.seq < ring->tail_seq)
		cursor->next = ring_oldest(ring);
	if (cursor->next.seq < ring->head_seq)
		httpq_ring_copy(ring, cursor->next.off, &begin, sizeof(begin));
	cursor->size = begin.size;
	cursor->time_ns = begin.time_ns;
}

/* Goes on, under the lock of the ring. */
static void cursor_move(struct httpq_log_reader *reader,
			struct log_cursor *cursor, struct httpq_log_ring *ring,
			struct httpq_log_mark to)
{
	cursor->done = to;
	if (READ_ONCE(reader->hn->log->collector) == reader)
		ring->collected = max(ring->collected, to.seq);
	cursor_look(cursor, &ring->ring);
}

static void reader_look(struct httpq_log_reader *reader)
{
	struct httpq_log_ring *ring;
	unsigned int i;

	reader->horizon_ns = ktime_get_real_ns();
	for_each_ring(reader->hn->log, ring, i) {
		spin_lock_bh(&ring->lock);
		cursor_look(&reader->cursors[i], &ring->ring);
		spin_unlock_bh(&ring->lock);
	}
}

/* Index of the ring with the oldest record, or -1. */
static int reader_earliest(const struct httpq_log_reader *reader)
{
	const struct log_cursor *cursors = reader->cursors;
	unsigned int i;
	int found = -1;

	for (i = 0; i < httpq_log_nr_rings(); i++)
		if (cursors[i].size &&
		    (found < 0 || cursors[i].time_ns < cursors[found].time_ns))
			found = i;
	return found;
}

static bool reader_due(const struct httpq_log_reader *reader, int index)
{
	return index >= 0 &&
	       reader->cursors[index].time_ns <= reader->horizon_ns;
}

/* Index of the ring whose record comes next, or -1 if there is none. */
static int reader_next(struct httpq_log_reader *reader)
{
	int index = reader_earliest(reader);

	if (reader_due(reader, index))
		return index;
	reader_look(reader);
	index = reader_earliest(reader);
	if (index < 0 || reader_due(reader, index))
		return index;
	/* Written while we looked; or the clock was set back. */
	reader_look(reader);
	return reader_earliest(reader);
}

/* How many records were overwritten before they were read. */
static u64 reader_lost(const struct httpq_log_reader *reader)
{
	const struct log_cursor *cursor;
	unsigned int i;
	u64 lost = 0;

	for (i = 0; i < httpq_log_nr_rings(); i++) {
		cursor = &reader->cursors[i];
		lost += cursor->next.seq - cursor->done.seq;
	}
	return lost;
}

static void skip_lost(struct httpq_log_reader *reader)
{
	struct httpq_log_ring *ring;
	struct log_cursor *cursor;
	unsigned int i;

	for_each_ring(reader->hn->log, ring, i) {
		cursor = &reader->cursors[i];
		spin_lock_bh(&ring->lock);
		cursor_move(reader, cursor, ring, cursor->next);
		spin_unlock_bh(&ring->lock);
	}
}

static ssize_t give_lost(struct httpq_log_reader *reader, u64 time_ns, u64 lost,
			 char __user *buf, size_t room)
{
	const struct httpq_log_record record = {
		.size = sizeof(record),
		.kind = HTTPQ_LOG_LOST,
		.time_ns = time_ns,
		.count = lost,
	};

	if (room < sizeof(record))
		return -EINVAL;
	if (copy_to_user(buf, &record, sizeof(record)))
		return -EFAULT;
	skip_lost(reader);
	return sizeof(record);
}

/* Whether the record was still there. */
static bool fetch(struct httpq_log_reader *reader, struct log_cursor *cursor,
		  struct httpq_log_ring *ring)
{
	bool kept;

	spin_lock_bh(&ring->lock);
	kept = cursor->next.seq >= ring->ring.tail_seq;
	if (kept)
		httpq_ring_copy(&ring->ring, cursor->next.off, reader->bounce,
				cursor->size);
	else
		cursor_look(cursor, &ring->ring);
	spin_unlock_bh(&ring->lock);
	return kept;
}

static ssize_t give_record(struct httpq_log_reader *reader, int index,
			   char __user *buf, size_t room)
{
	struct httpq_log_ring *ring = httpq_log_ring(reader->hn->log, index);
	struct log_cursor *cursor = &reader->cursors[index];
	u32 size = cursor->size;
	struct httpq_log_mark to;

	if (room < size)
		return -EINVAL;
	if (!fetch(reader, cursor, ring))
		return -EAGAIN;
	if (copy_to_user(buf, reader->bounce, size))
		return -EFAULT;
	to.seq = cursor->next.seq + 1;
	to.off = httpq_ring_after(&ring->ring, cursor->next.off, size);
	spin_lock_bh(&ring->lock);
	cursor_move(reader, cursor, ring, to);
	spin_unlock_bh(&ring->lock);
	return size;
}

/* One record: its size, 0 if there is none, or an error. */
static ssize_t give_next(struct httpq_log_reader *reader, char __user *buf,
			 size_t room)
{
	ssize_t n;
	u64 lost;
	int index;

	do {
		index = reader_next(reader);
		if (index < 0)
			return 0;
		lost = reader_lost(reader);
		n = lost ? give_lost(reader, reader->cursors[index].time_ns,
				     lost, buf, room) :
			   give_record(reader, index, buf, room);
	} while (n == -EAGAIN);
	return n;
}

static ssize_t give_all(struct httpq_log_reader *reader, char __user *buf,
			size_t len)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = give_next(reader, buf + done, len - done);
		if (n > 0)
			done += n;
		cond_resched();
	} while (n > 0 && !signal_pending(current));
	return done ?: n;
}

/* Something was written, in whatever ring, that the reader was not given. */
static bool reader_readable(const struct httpq_log_reader *reader)
{
	struct httpq_log_ring *ring;
	bool readable = false;
	unsigned int i;

	for_each_ring(reader->hn->log, ring, i) {
		spin_lock_bh(&ring->lock);
		readable = reader->cursors[i].done.seq < ring->ring.head_seq;
		spin_unlock_bh(&ring->lock);
		if (readable)
			break;
	}
	return readable;
}

/**
 * httpq_log_read - give a reader what it was not given yet
 * @reader: reader
 * @buf: where whole records go
 * @len: room there
 * @nonblock: don't wait for the first one
 *
 * Context: process, no lock held.
 * Return: bytes written; -EINVAL (the next record does not fit: nothing is
 * lost), -EAGAIN, -EFAULT, -ERESTARTSYS, or -ENODEV after the last record of a
 * namespace that is gone.
 */
ssize_t httpq_log_read(struct httpq_log_reader *reader, char __user *buf,
		       size_t len, bool nonblock)
{
	struct httpq_log *log = reader->hn->log;
	ssize_t n;
	bool ended;

	do {
		/* Before looking: no record comes behind it. */
		ended = smp_load_acquire(&log->ended);
		if (mutex_lock_interruptible(&reader->lock))
			return -ERESTARTSYS;
		n = give_all(reader, buf, len);
		mutex_unlock(&reader->lock);
		if (n)
			return n;
		if (ended)
			return -ENODEV;
		if (nonblock)
			return -EAGAIN;
		n = wait_event_interruptible(log->wait,
					     READ_ONCE(log->ended) ||
					     reader_readable(reader));
	} while (!n);
	return n;
}

/**
 * httpq_log_poll - what poll(2) says
 * @reader: reader
 * @file: its file
 * @wait: table
 *
 * Context: process.
 * Return: EPOLLIN if there are records, EPOLLHUP at the end of the namespace.
 */
__poll_t httpq_log_poll(struct httpq_log_reader *reader, struct file *file,
			struct poll_table_struct *wait)
{
	struct httpq_log *log = reader->hn->log;
	__poll_t mask = 0;

	poll_wait(file, &log->wait, wait);
	/* Before looking: no record comes behind it. */
	if (smp_load_acquire(&log->ended))
		mask |= EPOLLHUP;
	if (reader_readable(reader))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static void reader_seek(struct httpq_log_reader *reader, bool end)
{
	struct httpq_log_ring *ring;
	unsigned int i;

	for_each_ring(reader->hn->log, ring, i) {
		spin_lock_bh(&ring->lock);
		cursor_move(reader, &reader->cursors[i], ring,
			    end ? ring_end(&ring->ring) :
				  ring_oldest(&ring->ring));
		spin_unlock_bh(&ring->lock);
	}
}

/* A thread or a process that has the same file may wait for what lies ahead. */
static void reader_moved(const struct httpq_log_reader *reader)
{
	wake_up_interruptible_poll(&reader->hn->log->wait,
				   EPOLLIN | EPOLLRDNORM);
}

/**
 * httpq_log_seek - go to one end of the log
 * @reader: reader
 * @end: behind the newest record, else to the oldest that is kept
 *
 * What is skipped does not count as lost.
 *
 * Context: process, no lock held.
 * Return: 0 or -ERESTARTSYS.
 */
int httpq_log_seek(struct httpq_log_reader *reader, bool end)
{
	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	reader_seek(reader, end);
	mutex_unlock(&reader->lock);
	reader_moved(reader);
	return 0;
}

/**
 * httpq_log_collect - become the collector, and go to where the last one was
 * @reader: reader
 *
 * Context: process, no lock held.
 * Return: 0, -EBUSY if there is a collector, or -ERESTARTSYS.
 */
int httpq_log_collect(struct httpq_log_reader *reader)
{
	struct httpq_log *log = reader->hn->log;
	struct httpq_log_ring *ring;
	unsigned int i;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	if (cmpxchg(&log->collector, NULL, reader)) {
		mutex_unlock(&reader->lock);
		return -EBUSY;
	}
	for_each_ring(log, ring, i) {
		spin_lock_bh(&ring->lock);
		cursor_move(reader, &reader->cursors[i], ring, ring->committed);
		spin_unlock_bh(&ring->lock);
	}
	mutex_unlock(&reader->lock);
	reader_moved(reader);
	return 0;
}

/**
 * httpq_log_commit - what the collector was given needs not be given again
 * @reader: reader
 *
 * Context: process, no lock held.
 * Return: 0, -EPERM if it is not the collector, or -ERESTARTSYS.
 */
int httpq_log_commit(struct httpq_log_reader *reader)
{
	struct httpq_log *log = reader->hn->log;
	struct httpq_log_ring *ring;
	unsigned int i;

	if (READ_ONCE(log->collector) != reader)
		return -EPERM;
	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	for_each_ring(log, ring, i) {
		spin_lock_bh(&ring->lock);
		ring->committed = reader->cursors[i].done;
		spin_unlock_bh(&ring->lock);
	}
	mutex_unlock(&reader->lock);
	return 0;
}

/**
 * httpq_log_open - begin to read, at the oldest record that is kept
 * @hn: namespace, pinned by the caller
 *
 * Context: process.
 * Return: a reader, or NULL without memory.
 */
struct httpq_log_reader *httpq_log_open(struct httpq_net *hn)
{
	struct httpq_log_reader *reader;

	reader = kvzalloc(struct_size(reader, cursors, httpq_log_nr_rings()),
			  GFP_KERNEL_ACCOUNT);
	if (!reader)
		return NULL;
	reader->bounce = kmalloc(HTTPQ_LOG_RECORD_MAX, GFP_KERNEL_ACCOUNT);
	if (!reader->bounce) {
		kvfree(reader);
		return NULL;
	}
	mutex_init(&reader->lock);
	reader->hn = httpq_net_get(hn);
	reader_seek(reader, false);
	return reader;
}

/**
 * httpq_log_close - end a reader
 * @reader: reader that nobody uses any more
 *
 * Context: process.
 */
void httpq_log_close(struct httpq_log_reader *reader)
{
	cmpxchg(&reader->hn->log->collector, reader, NULL);
	httpq_net_put(reader->hn);
	kfree(reader->bounce);
	kvfree(reader);
}
