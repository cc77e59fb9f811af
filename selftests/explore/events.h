/* SPDX-License-Identifier: GPL-2.0 */
/* What can happen. */
#ifndef _EXPLORE_EVENTS_H
#define _EXPLORE_EVENTS_H

#include "world.h"

/*
 * X(name, by, about, args, run): see struct event. The argument is a request
 * or a handle where there are so many of them.
 */
#define EVENTS(X)							\
	X("client: first byte", CLIENT, CONN, 1, client_byte)		\
	X("client: head", CLIENT, CONN, 5, client_head)			\
	X("client: bad head", CLIENT, CONN, 3, client_bad_head)		\
	X("client: reads", CLIENT, CONN, 1, client_reads)		\
	X("client: sends body", CLIENT, CONN, 1, client_sends_body)	\
	X("client: rest of body", CLIENT, CONN, 2, client_sends_rest)	\
	X("client: FIN", CLIENT, CONN, 1, client_fin)			\
	X("client: acknowledges FIN", CLIENT, CONN, 1, client_acks_fin)	\
	X("client: reset", CLIENT, CONN, 1, client_resets)		\
	X("timer: idle", TIMER, CONN, 1, timer_idle)			\
	X("timer: header", TIMER, CONN, 1, timer_header)		\
	X("timer: body", TIMER, CONN, 1, timer_body)			\
	X("timer: send", TIMER, CONN, 1, timer_send)			\
	X("timer: linger", TIMER, CONN, 1, timer_linger)		\
	X("timer: queue", TIMER, CONN, 1, timer_queue)			\
	X("timer: answer", TIMER, CONN, 1, timer_answer)		\
	X("timer: zombie", TIMER, OTHER, REQUESTS, timer_zombie)	\
	X("timer: drain", TIMER, LEAVE, HANDLES, timer_drain)		\
	X("connection: goes on", KERNEL, OTHER, 1, engine_goes_on)	\
	X("worker: attaches", WORKER, OTHER, HANDLES, worker_attach)	\
	X("worker: is ready", WORKER, OTHER, HANDLES, worker_ready)	\
	X("worker: takes", WORKER, OTHER, HANDLES, worker_take)		\
	X("worker: delivered", WORKER, OTHER, REQUESTS, worker_delivers) \
	X("worker: short buffer", WORKER, OTHER, REQUESTS,		\
	  worker_short_buffer)						\
	X("worker: reads body", WORKER, OTHER, REQUESTS * 2, worker_reads) \
	X("worker: waits for body", WORKER, OTHER, REQUESTS,		\
	  worker_waits_for_body)					\
	X("worker: interim response", WORKER, OTHER, REQUESTS,		\
	  worker_sends_interim)						\
	X("worker: part, held back", WORKER, OTHER, REQUESTS,		\
	  worker_sends_held)						\
	X("worker: part", WORKER, OTHER, REQUESTS * 2, worker_sends_part) \
	X("worker: all but the end", WORKER, OTHER, REQUESTS,		\
	  worker_sends_all_but_end)					\
	X("worker: end", WORKER, OTHER, REQUESTS, worker_ends)		\
	X("worker: end, too short", WORKER, OTHER, REQUESTS,		\
	  worker_ends_short)						\
	X("worker: late end", WORKER, OTHER, REQUESTS, worker_ends_late) \
	X("worker: hears of the client", WORKER, OTHER, REQUESTS,	\
	  worker_hears)							\
	X("worker: cancel", WORKER, OTHER, REQUESTS, worker_cancels)	\
	X("worker: drain", ADMIN, LEAVE, HANDLES, handle_drains)	\
	X("worker: gone", WORKER, LEAVE, HANDLES, handle_leaves)	\
	X("worker: closed", WORKER, LEAVE, HANDLES, handle_closes)	\
	X("handle: gives a request up", KERNEL, LEAVE, REQUESTS,	\
	  handle_gives_up)						\
	X("thread: goes on after an end", KERNEL, LEAVE, REQUESTS,	\
	  worker_ended)							\
	X("thread: goes on", KERNEL, LEAVE, REQUESTS, thread_goes_on)	\
	X("thread: comes too late", KERNEL, LEAVE, REQUESTS, call_fails) \
	X("queue: stops", ADMIN, OTHER, 1, queue_stops)			\
	X("queue: is flushed", KERNEL, OTHER, REQUESTS, queue_flushes)	\
	X("zombie: reaped", ADMIN, OTHER, REQUESTS, zombie_is_reaped)	\
	X("namespace: ends", ADMIN, CONN, 1, namespace_ends)		\
	X("module: unloads", ADMIN, CONN, 1, module_unloads)		\
	X("shutdown: goes on", KERNEL, OTHER, 1, shutdown_goes_on)

#define EVENT(name, by, about, args, run) \
	bool run(struct world *w, unsigned int arg);
EVENTS(EVENT)
#undef EVENT

bool is_extra(const struct world *w, const struct request *r);
bool handle_is_busy(const struct world *w, unsigned int handle);

#endif /* _EXPLORE_EVENTS_H */
