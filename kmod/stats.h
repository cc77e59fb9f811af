/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of a namespace, per CPU, each with the name it is shown by. */
#ifndef _HTTPQ_STATS_H
#define _HTTPQ_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "parse.h"

/* X(name): the order is the order of /proc/net/httpq/stats. */
#define HTTPQ_STATS(X)							\
	X(conns_accepted)						\
	X(conns_closed)							\
	X(conns_reset)			/* by us: RST */		\
	X(conns_refused)		/* over a limit, told 503 */	\
	X(conns_dropped)		/* over a limit, told nothing */ \
	X(parsed_softirq)						\
	X(parsed_process)						\
	X(head_callbacks)		/* passes that heads took */	\
	X(requests_queued)						\
	X(requests_delivered)						\
	X(requests_returned)		/* unread, back to the queue */	\
	X(requests_redelivered)		/* delivered, back to the queue */ \
	X(responses)			/* ended by a worker */		\
	X(responses_broken)		/* begun and never ended */	\
	X(answers_kernel)		/* written by the kernel */	\
	X(no_route)			/* 404 */			\
	X(queue_full)			/* 503 */			\
	X(queue_stopped)		/* 503 */			\
	X(queue_timeout)		/* 503 */			\
	X(worker_gone)			/* 502 or broken */		\
	X(client_gone)			/* while a request was out */	\
	X(zombies_entered)						\
	X(zombies_late)			/* ended after all */		\
	X(zombies_expired)						\
	X(zombies_evicted)						\
	X(zombies_reaped)						\
	X(log_lost)			/* overwritten or never kept */	\
	X(log_suppressed)		/* over net.httpq.log_refusals */ \
	X(timeout_answer)		/* 504 */			\
	X(timeout_header)		/* 408 */			\
	X(timeout_body)							\
	X(timeout_idle)							\
	X(timeout_send)							\
	X(timeout_linger)						\
	X(body_too_long)		/* 413 */			\
	X(body_bad)			/* 400 */			\
	X(no_memory)			/* 503 */			\
	X(memory_limit)			/* 503, net.httpq.mem_kib */	\
	X(accept_errors)						\
	X(urgent_data)

enum httpq_stat {
#define X(name) HTTPQ_STAT_##name,
	HTTPQ_STATS(X)
#undef X
	HTTPQ_STAT_REFUSED,	/* first of HTTPQ_PARSE_CAUSE_NR counters */
	HTTPQ_STAT_NR = HTTPQ_STAT_REFUSED + HTTPQ_PARSE_CAUSE_NR,
};

struct httpq_stats {
	u64 value[HTTPQ_STAT_NR];
};

#define httpq_stats_inc(stats, name) \
	this_cpu_inc((stats)->value[HTTPQ_STAT_##name])
#define httpq_stats_add(stats, name, n) \
	this_cpu_add((stats)->value[HTTPQ_STAT_##name], n)
#define httpq_stats_inc_refused(stats, cause) \
	this_cpu_inc((stats)->value[HTTPQ_STAT_REFUSED + (cause)])

/* Long enough for "refused_" and the longest cause. */
#define HTTPQ_STATS_NAME_MAX	48

u64 httpq_stats_read(const struct httpq_stats __percpu *stats,
		     unsigned int index);
bool httpq_stats_name(unsigned int index, char name[HTTPQ_STATS_NAME_MAX]);

#endif /* _HTTPQ_STATS_H */
