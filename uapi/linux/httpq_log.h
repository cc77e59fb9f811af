/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * httpq: the log, as /dev/httpq-log gives it.
 *
 * Each request leaves one record, written when its last byte was handed to
 * TCP or when it is certain that nothing more will come of it. Opening the
 * file needs CAP_NET_ADMIN in the user namespace that owns the network
 * namespace, whose log it is from then on.
 *
 * read(2) gives whole records, as many as fit, in order of time as far as the
 * processors agree on it; EINVAL if the buffer can't hold the next one, EAGAIN
 * with O_NONBLOCK, ENODEV after the last record of a namespace that is gone.
 * A reader begins with the oldest record that is kept. lseek(fd, 0, SEEK_END)
 * goes to the end, lseek(fd, 0, SEEK_SET) back to the oldest. Readers do not
 * take records from each other. Nothing waits for a reader: what is
 * overwritten before it was read comes as one record HTTPQ_LOG_LOST.
 *
 * One reader at a time may become the collector: its position is kept by the
 * kernel, so that the next one goes on where it was.
 */
#ifndef _UAPI_LINUX_HTTPQ_LOG_H
#define _UAPI_LINUX_HTTPQ_LOG_H

#include <linux/httpq.h>

#define HTTPQ_LOG_DEVICE	"/dev/httpq-log"

/* No record is longer. */
#define HTTPQ_LOG_RECORD_MAX	16384

enum httpq_log_kind {
	HTTPQ_LOG_ACCESS = 1,	/* answered: status and bytes are what was sent */
	HTTPQ_LOG_ERROR,	/* see reason */
	HTTPQ_LOG_SUPPRESSED,	/* count errors of this reason were left out */
	HTTPQ_LOG_LOST,		/* count records were overwritten unread: each
				 * is one, a HTTPQ_LOG_SUPPRESSED too
				 */
};

/*
 * X(NAME, text): why there was no good end. The text is what http.sys writes
 * into its error log; Documentation/httpq.rst says what each means here. Those
 * with two texts have another one for a queue that httpq-pool runs.
 */
#define HTTPQ_LOG_REASONS(X)						\
	X(NONE, "-")							\
	X(APP_OFFLINE, "AppOffline")					\
	X(APP_POOL_TIMER, "AppPoolTimer")				\
	X(APP_SHUTDOWN, "AppShutdown")					\
	X(BAD_REQUEST, "BadRequest")					\
	X(CLIENT_RESET, "Client_Reset")					\
	X(ABANDONED_POOL, "Connection_Abandoned_By_AppPool")		\
	X(ABANDONED_QUEUE, "Connection_Abandoned_By_ReqQueue")		\
	X(DROPPED, "Connection_Dropped")				\
	X(DROPPED_LIST_FULL, "Connection_Dropped_List_Full")		\
	X(CONN_LIMIT, "ConnLimit")					\
	X(CONNS_REFUSED, "Connections_Refused")				\
	X(DISABLED, "Disabled")						\
	X(ENTITY_TOO_LARGE, "EntityTooLarge")				\
	X(FIELD_LENGTH, "FieldLength")					\
	X(FORBIDDEN, "Forbidden")					\
	X(HEADER, "Header")						\
	X(HOSTNAME, "Hostname")						\
	X(INTERNAL, "Internal")						\
	X(LINE_END, "Invalid_CR/LF")					\
	X(LENGTH_REQUIRED, "LengthRequired")				\
	X(NOT_AVAILABLE, "N/A")						\
	X(NOT_IMPLEMENTED, "N/I")					\
	X(NUMBER, "Number")						\
	X(PRECONDITION, "Precondition")					\
	X(QUEUE_FULL, "QueueFull")					\
	X(REQUEST_LENGTH, "RequestLength")				\
	X(TIMER_POOL, "Timer_AppPool")					\
	X(TIMER_IDLE, "Timer_ConnectionIdle")				\
	X(TIMER_BODY, "Timer_EntityBody")				\
	X(TIMER_HEADER, "Timer_HeaderWait")				\
	X(TIMER_SEND, "Timer_MinBytesPerSecond")			\
	X(TIMER_QUEUE, "Timer_ReqQueue")				\
	X(TIMER_RESPONSE, "Timer_Response")				\
	X(TIMER_TLS, "Timer_SslRenegotiation")				\
	X(URL, "URL")							\
	X(URL_LENGTH, "URL_Length")					\
	X(VERB, "Verb")							\
	X(VERSION, "Version_N/S")					\
	X(NOT_FOUND, "NotFound")	/* http.sys writes it undocumented */

enum httpq_log_reason {
#define HTTPQ_LOG_REASON_X(name, text) HTTPQ_LOG_REASON_##name,
	HTTPQ_LOG_REASONS(HTTPQ_LOG_REASON_X)
#undef HTTPQ_LOG_REASON_X
	HTTPQ_LOG_REASON_NR,
};

/* X(NAME, text): how far a request had come when its record was written. */
#define HTTPQ_LOG_STAGES(X)						\
	X(CONNECTION, "connection")	/* no request was complete */	\
	X(HEAD, "head")			/* the head was being looked at */ \
	X(QUEUED, "queued")		/* waited for a worker */	\
	X(DELIVERED, "delivered")	/* a worker had it */		\
	X(BODY, "body")			/* and had read of the body */	\
	X(RESPONDING, "responding")	/* part of a response went out */ \
	X(SENT, "sent")			/* the whole response went out */

enum httpq_log_stage {
#define HTTPQ_LOG_STAGE_X(name, text) HTTPQ_LOG_STAGE_##name,
	HTTPQ_LOG_STAGES(HTTPQ_LOG_STAGE_X)
#undef HTTPQ_LOG_STAGE_X
	HTTPQ_LOG_STAGE_NR,
};

/* X(NAME, text): what a worker owed at the end of HTTPQ_LOG_REASON_DROPPED,
 * _DROPPED_LIST_FULL and _ABANDONED_*.
 */
#define HTTPQ_LOG_OWED(X)						\
	X(NOTHING, "-")							\
	X(LOG_DATA, "log_data_owed")	/* all but the end */		\
	X(RESPONSE, "response_incomplete")				\
	X(ANSWER, "never_answered")

enum httpq_log_owed {
#define HTTPQ_LOG_OWED_X(name, text) HTTPQ_LOG_OWED_##name,
	HTTPQ_LOG_OWED(HTTPQ_LOG_OWED_X)
#undef HTTPQ_LOG_OWED_X
	HTTPQ_LOG_OWED_NR,
};

/* X(NAME, text): what a worker's process last asked of its handle. */
#define HTTPQ_LOG_CALLS(X)						\
	X(NONE, "-")							\
	X(RECEIVE, "receive")		/* a transfer that waits or took */ \
	X(SEND, "send")			/* a transfer with responses */	\
	X(READ_BODY, "read_body")					\
	X(OTHER, "other")

enum httpq_log_call {
#define HTTPQ_LOG_CALL_X(name, text) HTTPQ_LOG_CALL_##name,
	HTTPQ_LOG_CALLS(HTTPQ_LOG_CALL_X)
#undef HTTPQ_LOG_CALL_X
	HTTPQ_LOG_CALL_NR,
};

/* httpq_log_record.flags */
#define HTTPQ_LOG_LATE		(1U << 0)	/* ended after its client left */
#define HTTPQ_LOG_REAPED	(1U << 1)	/* by an administrator */
#define HTTPQ_LOG_CUT		(1U << 2)	/* a text was too long and cut */
#define HTTPQ_LOG_PARTIAL	(1U << 3)	/* the client left before the end */
#define HTTPQ_LOG_TAKEN_OVER	(1U << 4)	/* it was delivered more than once */

/**
 * struct httpq_log_record - one record
 * @size: bytes of the record with its texts, a multiple of 8.
 * @kind: enum httpq_log_kind.
 * @reason: enum httpq_log_reason.
 * @flags: HTTPQ_LOG_*.
 * @time_ns: when it was written, nanoseconds since 1970 UTC.
 * @taken_ns: from the first byte of the head to then.
 * @queued_ns: of them, waiting for a worker until the last delivery.
 * @count: of HTTPQ_LOG_SUPPRESSED and HTTPQ_LOG_LOST.
 * @request_id: the connection's number << 32 | the request's on it, from 1.
 * @worker_id: handle that had it last, as `httpq worker show` calls it, or 0.
 * @cs_bytes: bytes of the request: head, and decoded body as far as it was
 *	read.
 * @sc_bytes: bytes of the response that were handed to TCP, framing included.
 * @pid: process of that handle, as its own PID namespace calls it, or 0.
 * @site: of the binding.
 * @last_call_ms: age of @last_call.
 * @status: of the response, or 0 if none was begun.
 * @substatus: what the worker said.
 * @version: 10 or 11; 0 if there is no request line.
 * @stage: enum httpq_log_stage.
 * @owed: enum httpq_log_owed.
 * @last_call: enum httpq_log_call.
 * @deliveries: how often a worker got it.
 * @__reserved: 0.
 * @local: the end that the client connected to.
 * @remote: the client.
 * @method: the method as the client sent it. This and the next ones are texts
 *	behind this structure: offsets count from its end. None is terminated,
 *	any byte may be in them; absent ones have length 0.
 * @target: request target, at most 4096 bytes of it.
 * @host: of the target or the Host field.
 * @queue: name of the queue.
 * @prefix: that it was routed by.
 * @agent: User-Agent.
 * @referer: Referer.
 * @user: user name, from the worker.
 * @note: free text, from the worker.
 * @__reserved2: 0.
 */
struct httpq_log_record {
	__u32 size;
	__u8 kind;
	__u8 reason;
	__u16 flags;
	__u64 time_ns;
	__u64 taken_ns;
	__u64 queued_ns;
	__u64 count;
	__u64 request_id;
	__u64 worker_id;
	__u64 cs_bytes;
	__u64 sc_bytes;
	__u32 pid;
	__u32 site;
	__u32 last_call_ms;
	__u16 status;
	__u16 substatus;
	__u8 version;
	__u8 stage;
	__u8 owed;
	__u8 last_call;
	__u8 deliveries;
	__u8 __reserved[3];
	struct httpq_addr local;
	struct httpq_addr remote;
	struct httpq_span method;
	struct httpq_span target;
	struct httpq_span host;
	struct httpq_span queue;
	struct httpq_span prefix;
	struct httpq_span agent;
	struct httpq_span referer;
	struct httpq_span user;
	struct httpq_span note;
	__u32 __reserved2;
};

/*
 * HTTPQ_LOG_IOC_COLLECT: become the collector and go to where the last one
 * was; EBUSY if there is one. HTTPQ_LOG_IOC_COMMIT: the collector has dealt
 * with all that it read; EPERM for others. The next collector gets again what
 * was not committed.
 */
#define HTTPQ_LOG_IOC_COLLECT	_IO(HTTPQ_IOC_MAGIC, 32)
#define HTTPQ_LOG_IOC_COMMIT	_IO(HTTPQ_IOC_MAGIC, 33)

#endif /* _UAPI_LINUX_HTTPQ_LOG_H */
