/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every bound and every timer in one place, with the reason for its default.
 * Those in struct httpq_limits are per network namespace and settable at run
 * time as net.httpq.NAME; the rest are fixed.
 */
#ifndef _HTTPQ_LIMITS_H
#define _HTTPQ_LIMITS_H

#include <linux/types.h>

/*
 * X(name, default, min, max): one settable number each.
 *
 * head_bytes		what http.sys and nginx (4 * 8k) let through in practice
 * target_bytes		the 8000 octets that RFC 9110 section 4.1 recommends
 * field_bytes		one cookie field of 8k, as common servers allow
 * fields		browsers send about 20, proxies add 10
 * trailer_bytes	trailers are checksums and signatures
 * header_timeout_ms	from the first byte of a head to its last; nobody types
 *			a request, a slow link needs 1 s for 16k
 * body_timeout_ms	between two parts of a body while a worker waits for it
 * idle_timeout_ms	between requests; what nginx gives a connection
 * queue_timeout_ms	a person has given up waiting by then
 * send_timeout_ms	the client takes nothing of the response
 * linger_timeout_ms	a client that was told to go away has this long to read
 * zombie_timeout_ms	what http.sys gives a worker to end a request whose
 *			client is gone, before it says Connection_Dropped
 * zombies		such requests; one is some 500 bytes
 * log_kib		records that wait for a reader; 1M are about 3000
 * log_refusals		of the kernel's own that are logged, by second and
 *			reason: enough to see what is going on
 * linger_bytes		and may send this much while it does
 * drain_bytes		of an unread body are discarded to keep a connection;
 *			beyond that a new connection is cheaper
 * conns		a kernel socket with data is about 4k: 64k of them 256M
 * refused_conns	connections over the limit that may still hear a 503
 * mem_kib		what heads and responses may take of a namespace
 * user_queues		queues that one unprivileged user may own
 * user_urls		prefixes that one unprivileged user may bind
 * unprivileged_bind	whether anyone may bind http://localhost:PORT/
 * process_engine	whether new listeners run in process context
 * sndbuf, rcvbuf	clamps of TCP's own buffers, per connection; 256k fill
 *			100 Mbit/s at 20 ms
 */
#define HTTPQ_LIMITS(X)							\
	X(head_bytes,		16384,	1024,	65535)			\
	X(target_bytes,		8192,	64,	65000)			\
	X(field_bytes,		8192,	64,	65000)			\
	X(fields,		100,	8,	1000)			\
	X(trailer_bytes,	4096,	0,	32768)			\
	X(header_timeout_ms,	20000,	10,	3600000)		\
	X(body_timeout_ms,	60000,	10,	3600000)		\
	X(idle_timeout_ms,	75000,	10,	86400000)		\
	X(queue_timeout_ms,	30000,	10,	3600000)		\
	X(send_timeout_ms,	60000,	10,	3600000)		\
	X(linger_timeout_ms,	5000,	10,	120000)			\
	X(zombie_timeout_ms,	120000,	10,	86400000)		\
	X(zombies,		1024,	1,	65536)			\
	X(log_kib,		1024,	64,	1048576)		\
	X(log_refusals,		100,	0,	1000000)		\
	X(linger_bytes,		1048576, 0,	1073741824)		\
	X(drain_bytes,		65536,	0,	1073741824)		\
	X(conns,		65536,	1,	16777216)		\
	X(refused_conns,	64,	0,	65536)			\
	X(mem_kib,		262144,	64,	1073741824)		\
	X(user_queues,		16,	0,	65536)			\
	X(user_urls,		64,	0,	65536)			\
	X(unprivileged_bind,	1,	0,	1)			\
	X(process_engine,	0,	0,	1)			\
	X(sndbuf,		262144,	16384,	67108864)		\
	X(rcvbuf,		262144,	16384,	67108864)

/*
 * The settable bounds of a namespace. Written by sysctl, read anywhere with
 * READ_ONCE(); a change counts from the next use on.
 *
 * body_bytes: longest request body, 0 for any. Bodies stay in the client's and
 * the socket's buffers until a worker asks, so they cost no memory and the
 * default is any.
 */
struct httpq_limits {
#define X(name, def, min, max) unsigned int name;
	HTTPQ_LIMITS(X)
#undef X
	unsigned long body_bytes;
};

/* Bytes of one response that may wait in the kernel for the client. */
#define HTTPQ_SEND_MAX		(256 * 1024)
/* One pass of a body read under the socket lock. */
#define HTTPQ_BODY_CHUNK	(32 * 1024)
/* A request begins this large and doubles: most heads are below 1k. */
#define HTTPQ_REQUEST_MIN	1536
/* Room in the first field table. */
#define HTTPQ_FIELDS_MIN	24
/* Bytes of chunk extensions between two data bytes. */
#define HTTPQ_CHUNK_EXT_MAX	1024
/* Requests that may wait in, or be out of, a queue unless it says otherwise. */
#define HTTPQ_QUEUE_QUEUED	1000
#define HTTPQ_QUEUE_INFLIGHT	10000
#define HTTPQ_QUEUE_LIMIT_MAX	1000000
/* Time for an answer unless the queue says otherwise: as common proxies give. */
#define HTTPQ_QUEUE_ANSWER_MS	60000
#define HTTPQ_QUEUE_ANSWER_MAX	86400000
/* Most that can be held back: half of what a response may have waiting. */
#define HTTPQ_HOLD_MAX		(HTTPQ_SEND_MAX / 2)
/* How long a request waits for the handle that had the one before it. */
#define HTTPQ_AFFINITY_MS	50
/* Seconds in Retry-After of a 503: a restarted worker is back by then. */
#define HTTPQ_RETRY_AFTER	"1"
/* Queues and bindings of one namespace, whoever makes them. */
#define HTTPQ_QUEUES_MAX	65536
#define HTTPQ_BINDINGS_MAX	1048576
/* The longest time that a drain may be given: a day. */
#define HTTPQ_DRAIN_MAX_MS	86400000
/* How often dying owners of handles are looked for. */
#define HTTPQ_WATCH_MS		200

#endif /* _HTTPQ_LIMITS_H */
