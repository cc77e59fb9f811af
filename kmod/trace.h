/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: each change of state, and a twin ending in _err for its
 * failure. Numbers and names of queues only, so that a reader needs no pointer
 * of the kernel's.
 *
 * @conn is the number that /proc/net/httpq/connections shows, @id the name of
 * a request at its worker, or the number that .../workers shows of a worker.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM httpq

#if !defined(_HTTPQ_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _HTTPQ_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#include "conn.h"
#include "parse.h"

#define trace_define_conn_state(name) \
	TRACE_DEFINE_ENUM(HTTPQ_CONN_##name);
#define trace_define_cause(name, status) \
	TRACE_DEFINE_ENUM(HTTPQ_PARSE_CAUSE_##name);

HTTPQ_CONN_STATES(trace_define_conn_state)
TRACE_DEFINE_ENUM(HTTPQ_CONN_STATE_NR);
HTTPQ_PARSE_CAUSES(trace_define_cause)
TRACE_DEFINE_ENUM(HTTPQ_PARSE_CAUSE_NONE);

#define trace_symbol_conn_state(name)	{ HTTPQ_CONN_##name, #name },
#define trace_symbol_cause(name, status) { HTTPQ_PARSE_CAUSE_##name, #name },

#define show_conn_state(state)						\
	__print_symbolic(state,						\
			 HTTPQ_CONN_STATES(trace_symbol_conn_state)	\
			 { HTTPQ_CONN_STATE_NR, "NONE" })
#define show_cause(cause)						\
	__print_symbolic(cause,						\
			 HTTPQ_PARSE_CAUSES(trace_symbol_cause)		\
			 { HTTPQ_PARSE_CAUSE_NONE, "NONE" })

/* Classes: what several events have in common. */

DECLARE_EVENT_CLASS(httpq_port_err_class,
	TP_PROTO(u16 port, int err),
	TP_ARGS(port, err),
	TP_STRUCT__entry(
		__field(u16, port)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->err = err;
	),
	TP_printk("port=%u err=%d", __entry->port, __entry->err)
);

DECLARE_EVENT_CLASS(httpq_conn_err_class,
	TP_PROTO(u32 conn, int err),
	TP_ARGS(conn, err),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->err = err;
	),
	TP_printk("conn=%u err=%d", __entry->conn, __entry->err)
);

DECLARE_EVENT_CLASS(httpq_id_err_class,
	TP_PROTO(u32 conn, u64 id, int err),
	TP_ARGS(conn, id, err),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, conn)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->conn = conn;
		__entry->err = err;
	),
	TP_printk("conn=%u id=%llu err=%d", __entry->conn, __entry->id,
		  __entry->err)
);

DECLARE_EVENT_CLASS(httpq_queue_class,
	TP_PROTO(u32 conn, u64 seq),
	TP_ARGS(conn, seq),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u32, conn)
	),
	TP_fast_assign(
		__entry->seq = seq;
		__entry->conn = conn;
	),
	TP_printk("conn=%u seq=%llu", __entry->conn, __entry->seq)
);

DECLARE_EVENT_CLASS(httpq_queue_name_class,
	TP_PROTO(const char *queue),
	TP_ARGS(queue),
	TP_STRUCT__entry(
		__array(char, queue, HTTPQ_QUEUE_NAME_MAX + 1)
	),
	TP_fast_assign(
		strscpy(__entry->queue, queue, sizeof(__entry->queue));
	),
	TP_printk("queue=%s", __entry->queue)
);

DECLARE_EVENT_CLASS(httpq_queue_err_class,
	TP_PROTO(const char *queue, int err),
	TP_ARGS(queue, err),
	TP_STRUCT__entry(
		__array(char, queue, HTTPQ_QUEUE_NAME_MAX + 1)
		__field(int, err)
	),
	TP_fast_assign(
		strscpy(__entry->queue, queue, sizeof(__entry->queue));
		__entry->err = err;
	),
	TP_printk("queue=%s err=%d", __entry->queue, __entry->err)
);

DECLARE_EVENT_CLASS(httpq_worker_err_class,
	TP_PROTO(u64 id, int err),
	TP_ARGS(id, err),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->err = err;
	),
	TP_printk("id=%llu err=%d", __entry->id, __entry->err)
);

DECLARE_EVENT_CLASS(httpq_worker_class,
	TP_PROTO(u64 id, pid_t pid),
	TP_ARGS(id, pid),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(pid_t, pid)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->pid = pid;
	),
	TP_printk("id=%llu pid=%d", __entry->id, __entry->pid)
);

/* Prefixes; the port is 0 where the text is none. */

TRACE_EVENT(httpq_bind,
	TP_PROTO(u16 port, bool bound),
	TP_ARGS(port, bound),
	TP_STRUCT__entry(
		__field(u16, port)
		__field(bool, bound)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->bound = bound;
	),
	TP_printk("port=%u bound=%d", __entry->port, __entry->bound)
);

DEFINE_EVENT(httpq_port_err_class, httpq_bind_err,
	TP_PROTO(u16 port, int err),
	TP_ARGS(port, err)
);

DEFINE_EVENT(httpq_port_err_class, httpq_unbind_err,
	TP_PROTO(u16 port, int err),
	TP_ARGS(port, err)
);

/* Another queue or other options for a prefix, or why not. */
TRACE_EVENT(httpq_bind_change,
	TP_PROTO(u16 port),
	TP_ARGS(port),
	TP_STRUCT__entry(
		__field(u16, port)
	),
	TP_fast_assign(
		__entry->port = port;
	),
	TP_printk("port=%u", __entry->port)
);

DEFINE_EVENT(httpq_port_err_class, httpq_bind_change_err,
	TP_PROTO(u16 port, int err),
	TP_ARGS(port, err)
);

/* Listening sockets. */

TRACE_EVENT(httpq_listen,
	TP_PROTO(u16 port, bool open),
	TP_ARGS(port, open),
	TP_STRUCT__entry(
		__field(u16, port)
		__field(bool, open)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->open = open;
	),
	TP_printk("port=%u open=%d", __entry->port, __entry->open)
);

DEFINE_EVENT(httpq_port_err_class, httpq_listen_err,
	TP_PROTO(u16 port, int err),
	TP_ARGS(port, err)
);

/* Where new connections are served; @engine: enum httpq_engine */
TRACE_EVENT(httpq_listen_engine,
	TP_PROTO(u16 port, u8 engine),
	TP_ARGS(port, engine),
	TP_STRUCT__entry(
		__field(u16, port)
		__field(u8, engine)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->engine = engine;
	),
	TP_printk("port=%u engine=%u", __entry->port, __entry->engine)
);

DEFINE_EVENT(httpq_port_err_class, httpq_listen_engine_err,
	TP_PROTO(u16 port, int err),
	TP_ARGS(port, err)
);

/* Connections. */

TRACE_EVENT(httpq_conn_open,
	TP_PROTO(u32 conn, u16 port),
	TP_ARGS(conn, port),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u16, port)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->port = port;
	),
	TP_printk("conn=%u port=%u", __entry->conn, __entry->port)
);

DEFINE_EVENT(httpq_port_err_class, httpq_conn_open_err,
	TP_PROTO(u16 port, int err),
	TP_ARGS(port, err)
);

TRACE_EVENT(httpq_conn_state,
	TP_PROTO(u32 conn, u8 from, u8 to),
	TP_ARGS(conn, from, to),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u8, from)
		__field(u8, to)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("conn=%u from=%s to=%s", __entry->conn,
		  show_conn_state(__entry->from), show_conn_state(__entry->to))
);

TRACE_EVENT(httpq_conn_release,
	TP_PROTO(u32 conn, bool reset),
	TP_ARGS(conn, reset),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(bool, reset)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->reset = reset;
	),
	TP_printk("conn=%u reset=%d", __entry->conn, __entry->reset)
);

/* @kind: enum httpq_conn_timer */
TRACE_EVENT(httpq_conn_timer,
	TP_PROTO(u32 conn, u8 kind),
	TP_ARGS(conn, kind),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u8, kind)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->kind = kind;
	),
	TP_printk("conn=%u kind=%u", __entry->conn, __entry->kind)
);

/* From bytes to a request. */

TRACE_EVENT(httpq_head,
	TP_PROTO(u32 conn, u16 callbacks, u16 bytes, bool softirq),
	TP_ARGS(conn, callbacks, bytes, softirq),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u16, callbacks)
		__field(u16, bytes)
		__field(bool, softirq)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->callbacks = callbacks;
		__entry->bytes = bytes;
		__entry->softirq = softirq;
	),
	TP_printk("conn=%u callbacks=%u bytes=%u softirq=%d", __entry->conn,
		  __entry->callbacks, __entry->bytes, __entry->softirq)
);

TRACE_EVENT(httpq_head_err,
	TP_PROTO(u32 conn, u8 cause, u16 status),
	TP_ARGS(conn, cause, status),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u16, status)
		__field(u8, cause)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->status = status;
		__entry->cause = cause;
	),
	TP_printk("conn=%u cause=%s status=%u", __entry->conn,
		  show_cause(__entry->cause), __entry->status)
);

TRACE_EVENT(httpq_body,
	TP_PROTO(u32 conn, size_t len, bool eof),
	TP_ARGS(conn, len, eof),
	TP_STRUCT__entry(
		__field(size_t, len)
		__field(u32, conn)
		__field(bool, eof)
	),
	TP_fast_assign(
		__entry->len = len;
		__entry->conn = conn;
		__entry->eof = eof;
	),
	TP_printk("conn=%u len=%zu eof=%d", __entry->conn, __entry->len,
		  __entry->eof)
);

DEFINE_EVENT(httpq_conn_err_class, httpq_body_err,
	TP_PROTO(u32 conn, int err),
	TP_ARGS(conn, err)
);

/* Queues; the name is empty where the text is none. @seq: order of arrival. */

DEFINE_EVENT(httpq_queue_name_class, httpq_queue_new,
	TP_PROTO(const char *queue),
	TP_ARGS(queue)
);

DEFINE_EVENT(httpq_queue_err_class, httpq_queue_new_err,
	TP_PROTO(const char *queue, int err),
	TP_ARGS(queue, err)
);

DEFINE_EVENT(httpq_queue_name_class, httpq_queue_del,
	TP_PROTO(const char *queue),
	TP_ARGS(queue)
);

DEFINE_EVENT(httpq_queue_err_class, httpq_queue_del_err,
	TP_PROTO(const char *queue, int err),
	TP_ARGS(queue, err)
);

DEFINE_EVENT(httpq_queue_class, httpq_queue_push,
	TP_PROTO(u32 conn, u64 seq),
	TP_ARGS(conn, seq)
);

DEFINE_EVENT(httpq_conn_err_class, httpq_queue_push_err,
	TP_PROTO(u32 conn, int err),
	TP_ARGS(conn, err)
);

DEFINE_EVENT(httpq_queue_class, httpq_queue_return,
	TP_PROTO(u32 conn, u64 seq),
	TP_ARGS(conn, seq)
);

/* @from, @to: enum httpq_queue_state */
TRACE_EVENT(httpq_queue_state,
	TP_PROTO(const char *queue, u8 from, u8 to),
	TP_ARGS(queue, from, to),
	TP_STRUCT__entry(
		__array(char, queue, HTTPQ_QUEUE_NAME_MAX + 1)
		__field(u8, from)
		__field(u8, to)
	),
	TP_fast_assign(
		strscpy(__entry->queue, queue, sizeof(__entry->queue));
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("queue=%s from=%u to=%u", __entry->queue, __entry->from,
		  __entry->to)
);

/* Of any setting of a queue, not only of its state. */
DEFINE_EVENT(httpq_queue_err_class, httpq_queue_state_err,
	TP_PROTO(const char *queue, int err),
	TP_ARGS(queue, err)
);

/* Workers. */

DEFINE_EVENT(httpq_worker_class, httpq_worker_attach,
	TP_PROTO(u64 id, pid_t pid),
	TP_ARGS(id, pid)
);

TRACE_EVENT(httpq_worker_attach_err,
	TP_PROTO(pid_t pid, int err),
	TP_ARGS(pid, err),
	TP_STRUCT__entry(
		__field(pid_t, pid)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->pid = pid;
		__entry->err = err;
	),
	TP_printk("pid=%d err=%d", __entry->pid, __entry->err)
);

/* It takes requests from now on. */
DEFINE_EVENT(httpq_worker_class, httpq_worker_ready,
	TP_PROTO(u64 id, pid_t pid),
	TP_ARGS(id, pid)
);

/* @id: 0 where the handle is not attached */
DEFINE_EVENT(httpq_worker_err_class, httpq_worker_ready_err,
	TP_PROTO(u64 id, int err),
	TP_ARGS(id, err)
);

/* @returned: requests back to the queue, @aborted: those that could not go */
TRACE_EVENT(httpq_worker_drain,
	TP_PROTO(u64 id, u32 deadline_ms, u32 returned),
	TP_ARGS(id, deadline_ms, returned),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, deadline_ms)
		__field(u32, returned)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->deadline_ms = deadline_ms;
		__entry->returned = returned;
	),
	TP_printk("id=%llu deadline_ms=%u returned=%u", __entry->id,
		  __entry->deadline_ms, __entry->returned)
);

/* @id: that was asked for; 0 where there is none */
DEFINE_EVENT(httpq_worker_err_class, httpq_worker_drain_err,
	TP_PROTO(u64 id, int err),
	TP_ARGS(id, err)
);

/* @aborted: requests that had to end with it */
TRACE_EVENT(httpq_worker_leave,
	TP_PROTO(u64 id, u32 returned, u32 aborted),
	TP_ARGS(id, returned, aborted),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, returned)
		__field(u32, aborted)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->returned = returned;
		__entry->aborted = aborted;
	),
	TP_printk("id=%llu returned=%u aborted=%u", __entry->id,
		  __entry->returned, __entry->aborted)
);

TRACE_EVENT(httpq_deliver,
	TP_PROTO(u32 conn, u64 id, pid_t pid),
	TP_ARGS(conn, id, pid),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, conn)
		__field(pid_t, pid)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->conn = conn;
		__entry->pid = pid;
	),
	TP_printk("conn=%u id=%llu pid=%d", __entry->conn, __entry->id,
		  __entry->pid)
);

DEFINE_EVENT(httpq_id_err_class, httpq_deliver_err,
	TP_PROTO(u32 conn, u64 id, int err),
	TP_ARGS(conn, id, err)
);

/* @type: enum httpq_event_type, @reason: enum httpq_reason */
TRACE_EVENT(httpq_event,
	TP_PROTO(u32 conn, u64 id, u8 type, u8 reason),
	TP_ARGS(conn, id, type, reason),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, conn)
		__field(u8, type)
		__field(u8, reason)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->conn = conn;
		__entry->type = type;
		__entry->reason = reason;
	),
	TP_printk("conn=%u id=%llu type=%u reason=%u", __entry->conn,
		  __entry->id, __entry->type, __entry->reason)
);

/* From a response to bytes. */

/* @framing: enum httpq_reply_framing */
TRACE_EVENT(httpq_reply,
	TP_PROTO(u32 conn, u64 id, u16 status, u8 framing),
	TP_ARGS(conn, id, status, framing),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, conn)
		__field(u16, status)
		__field(u8, framing)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->conn = conn;
		__entry->status = status;
		__entry->framing = framing;
	),
	TP_printk("conn=%u id=%llu status=%u framing=%u", __entry->conn,
		  __entry->id, __entry->status, __entry->framing)
);

DEFINE_EVENT(httpq_id_err_class, httpq_reply_err,
	TP_PROTO(u32 conn, u64 id, int err),
	TP_ARGS(conn, id, err)
);

TRACE_EVENT(httpq_reply_end,
	TP_PROTO(u32 conn, bool keepalive),
	TP_ARGS(conn, keepalive),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(bool, keepalive)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->keepalive = keepalive;
	),
	TP_printk("conn=%u keepalive=%d", __entry->conn, __entry->keepalive)
);

/* A response that the kernel wrote. */
TRACE_EVENT(httpq_answer,
	TP_PROTO(u32 conn, u16 status),
	TP_ARGS(conn, status),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u16, status)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->status = status;
	),
	TP_printk("conn=%u status=%u", __entry->conn, __entry->status)
);

/* @left: bytes that still wait for room in the socket */
TRACE_EVENT(httpq_send,
	TP_PROTO(u32 conn, u32 bytes, u32 left),
	TP_ARGS(conn, bytes, left),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u32, bytes)
		__field(u32, left)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->bytes = bytes;
		__entry->left = left;
	),
	TP_printk("conn=%u bytes=%u left=%u", __entry->conn, __entry->bytes,
		  __entry->left)
);

DEFINE_EVENT(httpq_conn_err_class, httpq_send_err,
	TP_PROTO(u32 conn, int err),
	TP_ARGS(conn, err)
);

/* Zombies, by the number that /proc/net/httpq/zombies shows. */

/* @why: enum httpq_zombie_why */
TRACE_EVENT(httpq_zombie_enter,
	TP_PROTO(u64 zombie, u64 request_id, u8 why),
	TP_ARGS(zombie, request_id, why),
	TP_STRUCT__entry(
		__field(u64, zombie)
		__field(u64, request_id)
		__field(u8, why)
	),
	TP_fast_assign(
		__entry->zombie = zombie;
		__entry->request_id = request_id;
		__entry->why = why;
	),
	TP_printk("zombie=%llu request=%016llx why=%u", __entry->zombie,
		  __entry->request_id, __entry->why)
);

/* Whatever ended it; its record says what. */
TRACE_EVENT(httpq_zombie_leave,
	TP_PROTO(u64 zombie, u64 request_id),
	TP_ARGS(zombie, request_id),
	TP_STRUCT__entry(
		__field(u64, zombie)
		__field(u64, request_id)
	),
	TP_fast_assign(
		__entry->zombie = zombie;
		__entry->request_id = request_id;
	),
	TP_printk("zombie=%llu request=%016llx", __entry->zombie,
		  __entry->request_id)
);

/* Records of the log. */

TRACE_EVENT(httpq_record,
	TP_PROTO(u64 request_id, u8 kind, u8 reason, u16 status),
	TP_ARGS(request_id, kind, reason, status),
	TP_STRUCT__entry(
		__field(u64, request_id)
		__field(u8, kind)
		__field(u8, reason)
		__field(u16, status)
	),
	TP_fast_assign(
		__entry->request_id = request_id;
		__entry->kind = kind;
		__entry->reason = reason;
		__entry->status = status;
	),
	TP_printk("request=%016llx kind=%u reason=%u status=%u",
		  __entry->request_id, __entry->kind, __entry->reason,
		  __entry->status)
);

/* There was no place for it, and there won't be. */
TRACE_EVENT(httpq_record_err,
	TP_PROTO(u64 request_id, int err),
	TP_ARGS(request_id, err),
	TP_STRUCT__entry(
		__field(u64, request_id)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->request_id = request_id;
		__entry->err = err;
	),
	TP_printk("request=%016llx err=%d", __entry->request_id, __entry->err)
);

#endif /* _HTTPQ_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
