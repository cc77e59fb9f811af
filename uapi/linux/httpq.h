/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * httpq: the interface between the in-kernel HTTP listener and user space.
 *
 * Two doors lead to it. Workers open /dev/httpq and use the ioctls below.
 * Administration goes through the generic netlink family "httpq".
 */
#ifndef _UAPI_LINUX_HTTPQ_H
#define _UAPI_LINUX_HTTPQ_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Rules of the ioctl interface
 *
 * Every command takes one structure that begins with its own size and a flags
 * word. A structure shorter than the kernel's is extended with zeroes; a
 * longer one is accepted if the part that the kernel does not know is zero.
 * Members named out_* are written by the kernel and ignored on input. Times
 * are in milliseconds, lengths in bytes.
 *
 * Errors that every command can give:
 *
 * - ENOTTY: the kernel does not know this command.
 * - EINVAL: the structure is shorter than its first version, or a value is
 *   out of range.
 * - E2BIG: the part of the structure that the kernel does not know is not zero.
 * - EOPNOTSUPP: an unknown flag, or a reserved member that is not zero.
 * - EFAULT: a buffer of the caller can't be read or written.
 * - ENODEV: the network namespace of the handle is gone.
 * - ENOTCONN: the handle is not attached to a queue.
 * - ESHUTDOWN: the handle has left its queue, or the queue was deleted; then
 *   the requests that the handle holds can still be answered.
 *
 * Commands that name a request give ESTALE if the handle does not hold a
 * request of that id (any more).
 */

#define HTTPQ_DEVICE		"/dev/httpq"
#define HTTPQ_ABI_VERSION	1

/* A queue name: 1 to 63 of A-Z a-z 0-9 . _ - and no leading dot. */
#define HTTPQ_QUEUE_NAME_MAX	63
/* The longest prefix URL, in bytes without a terminating NUL. */
#define HTTPQ_URL_MAX		2048
/* The longest head, request or response, that the 16-bit offsets can name. */
#define HTTPQ_HEAD_MAX		65535
/* The most items of one transfer, each way. */
#define HTTPQ_TRANSFER_MAX	64
/* Content length of a body whose end only its framing tells. */
#define HTTPQ_LENGTH_UNKNOWN	(~(__u64)0)

/*
 * Field names that are delivered and accepted by number. 0 is any other name.
 * The order is part of the ABI; new names are appended.
 */
enum httpq_field_id {
	HTTPQ_FIELD_OTHER = 0,
	HTTPQ_FIELD_ACCEPT,
	HTTPQ_FIELD_ACCEPT_CHARSET,
	HTTPQ_FIELD_ACCEPT_ENCODING,
	HTTPQ_FIELD_ACCEPT_LANGUAGE,
	HTTPQ_FIELD_ACCEPT_RANGES,
	HTTPQ_FIELD_AGE,
	HTTPQ_FIELD_ALLOW,
	HTTPQ_FIELD_AUTHORIZATION,
	HTTPQ_FIELD_CACHE_CONTROL,
	HTTPQ_FIELD_CONNECTION,
	HTTPQ_FIELD_CONTENT_ENCODING,
	HTTPQ_FIELD_CONTENT_LANGUAGE,
	HTTPQ_FIELD_CONTENT_LENGTH,
	HTTPQ_FIELD_CONTENT_LOCATION,
	HTTPQ_FIELD_CONTENT_RANGE,
	HTTPQ_FIELD_CONTENT_TYPE,
	HTTPQ_FIELD_COOKIE,
	HTTPQ_FIELD_DATE,
	HTTPQ_FIELD_ETAG,
	HTTPQ_FIELD_EXPECT,
	HTTPQ_FIELD_EXPIRES,
	HTTPQ_FIELD_FORWARDED,
	HTTPQ_FIELD_FROM,
	HTTPQ_FIELD_HOST,
	HTTPQ_FIELD_IF_MATCH,
	HTTPQ_FIELD_IF_MODIFIED_SINCE,
	HTTPQ_FIELD_IF_NONE_MATCH,
	HTTPQ_FIELD_IF_RANGE,
	HTTPQ_FIELD_IF_UNMODIFIED_SINCE,
	HTTPQ_FIELD_KEEP_ALIVE,
	HTTPQ_FIELD_LAST_MODIFIED,
	HTTPQ_FIELD_LINK,
	HTTPQ_FIELD_LOCATION,
	HTTPQ_FIELD_MAX_FORWARDS,
	HTTPQ_FIELD_ORIGIN,
	HTTPQ_FIELD_PRAGMA,
	HTTPQ_FIELD_PROXY_AUTHENTICATE,
	HTTPQ_FIELD_PROXY_AUTHORIZATION,
	HTTPQ_FIELD_RANGE,
	HTTPQ_FIELD_REFERER,
	HTTPQ_FIELD_RETRY_AFTER,
	HTTPQ_FIELD_SERVER,
	HTTPQ_FIELD_SET_COOKIE,
	HTTPQ_FIELD_STRICT_TRANSPORT_SECURITY,
	HTTPQ_FIELD_TE,
	HTTPQ_FIELD_TRAILER,
	HTTPQ_FIELD_TRANSFER_ENCODING,
	HTTPQ_FIELD_UPGRADE,
	HTTPQ_FIELD_USER_AGENT,
	HTTPQ_FIELD_VARY,
	HTTPQ_FIELD_VIA,
	HTTPQ_FIELD_WWW_AUTHENTICATE,
	HTTPQ_FIELD_X_FORWARDED_FOR,
	HTTPQ_FIELD_NR,
};

/*
 * Methods that are delivered by number (RFC 9110 section 9.3, RFC 5789).
 * 0 is any other token; the bytes are always delivered as well.
 */
enum httpq_method {
	HTTPQ_METHOD_OTHER = 0,
	HTTPQ_METHOD_GET,
	HTTPQ_METHOD_HEAD,
	HTTPQ_METHOD_POST,
	HTTPQ_METHOD_PUT,
	HTTPQ_METHOD_DELETE,
	HTTPQ_METHOD_CONNECT,
	HTTPQ_METHOD_OPTIONS,
	HTTPQ_METHOD_TRACE,
	HTTPQ_METHOD_PATCH,
	HTTPQ_METHOD_NR,
};

/**
 * struct httpq_field - one header or trailer field of a head
 * @id: enum httpq_field_id; HTTPQ_FIELD_OTHER if only the name tells.
 * @name_off: where the name begins, in bytes from the start of the head's data.
 * @name_len: length of the name. In a response it may be 0 if @id is known.
 * @value_off: where the value begins, without surrounding white space.
 * @value_len: length of the value.
 * @__reserved: Must be 0 in a response; 0 in a request.
 */
struct httpq_field {
	__u16 id;
	__u16 name_off;
	__u16 name_len;
	__u16 value_off;
	__u16 value_len;
	__u16 __reserved;
};

/**
 * struct httpq_span - a run of bytes of a head's data
 * @off: where it begins, in bytes from the start of the head's data.
 * @len: its length; 0 if it is absent or empty.
 */
struct httpq_span {
	__u16 off;
	__u16 len;
};

/**
 * struct httpq_addr - one end of a connection
 * @addr: the IPv6 address in network order; IPv4 is mapped (::ffff:a.b.c.d).
 * @scope_id: interface index of a link-local address, else 0.
 * @port: TCP port in host order.
 * @__reserved: 0.
 */
struct httpq_addr {
	__u8 addr[16];
	__u32 scope_id;
	__u16 port;
	__u16 __reserved;
};

/* httpq_request_head.flags */
#define HTTPQ_REQUEST_BODY		(1U << 0)	/* a body follows */
#define HTTPQ_REQUEST_CHUNKED		(1U << 1)	/* of unknown length */
#define HTTPQ_REQUEST_CONTINUE		(1U << 2)	/* client waits for 100 */
#define HTTPQ_REQUEST_KEEPALIVE		(1U << 3)	/* connection persists */
#define HTTPQ_REQUEST_UPGRADE		(1U << 4)	/* Upgrade is offered */

/**
 * struct httpq_request_head - a request as it is delivered, one flat piece
 * @size: bytes of the whole piece: this structure, the fields and the data.
 * @flags: HTTPQ_REQUEST_*.
 * @id: names the request in later calls of the same handle.
 * @conn_id: the connection that it came on; the same for all its requests.
 * @context: the number given when the prefix was bound.
 * @content_length: length of the body, or HTTPQ_LENGTH_UNKNOWN.
 * @queued_ns: time that the request waited for a worker, in nanoseconds.
 * @fields_off: where @nr_fields times struct httpq_field begin, in bytes from
 *	the start of this structure.
 * @data_off: where the data begin; all spans and field offsets count from it.
 * @data_len: bytes of data.
 * @nr_fields: number of header fields.
 * @method_id: enum httpq_method.
 * @version: 10 for HTTP/1.0 and 11 for HTTP/1.1.
 * @method: the method token.
 * @target: the request target exactly as it came.
 * @path: the canonical path: unreserved characters decoded, dot segments gone.
 * @query: what follows the first '?', without it.
 * @host: host of the target's authority or of the Host field, no port.
 * @redelivered: how often it was delivered before, to handles that are gone.
 * @local: address and port that the client connected to.
 * @remote: address and port of the client.
 */
struct httpq_request_head {
	__u32 size;
	__u32 flags;
	__u64 id;
	__u64 conn_id;
	__u64 context;
	__u64 content_length;
	__u64 queued_ns;
	__u32 fields_off;
	__u32 data_off;
	__u32 data_len;
	__u16 nr_fields;
	__u8 method_id;
	__u8 version;
	struct httpq_span method;
	struct httpq_span target;
	struct httpq_span path;
	struct httpq_span query;
	struct httpq_span host;
	__u32 redelivered;
	struct httpq_addr local;
	struct httpq_addr remote;
};

/**
 * struct httpq_reply_head - the head of a response, or of its trailers
 * @status: status code, 100 or 102 to 599; 0 for trailers.
 * @nr_fields: number of fields that follow this structure.
 * @reason: reason phrase in the data; empty for the usual one.
 *
 * The fields follow at once and then the data, up to the end of the buffer.
 * The kernel writes Date, Content-Length, Transfer-Encoding and Connection.
 */
struct httpq_reply_head {
	__u16 status;
	__u16 nr_fields;
	struct httpq_span reason;
};

/* httpq_send.flags */
#define HTTPQ_SEND_MORE		(1U << 0)	/* more of the body follows */
#define HTTPQ_SEND_DISCONNECT	(1U << 1)	/* close after the response */
#define HTTPQ_SEND_TRAILERS	(1U << 2)	/* head holds trailers */
#define HTTPQ_SEND_FLUSH	(1U << 3)	/* don't hold it back */
#define HTTPQ_SEND_ALL		(HTTPQ_SEND_MORE | HTTPQ_SEND_DISCONNECT | \
				 HTTPQ_SEND_TRAILERS | HTTPQ_SEND_FLUSH)

/* The longest text of struct httpq_log_data. */
#define HTTPQ_LOG_TEXT_MAX	1024

/**
 * struct httpq_log_data - what a worker adds to the record of a request
 * @substatus: a number that refines the status.
 * @user_len: bytes of the user name, at most HTTPQ_LOG_TEXT_MAX.
 * @note_len: bytes of a free text, at most HTTPQ_LOG_TEXT_MAX.
 * @__reserved: Must be 0.
 *
 * The two texts follow at once.
 */
struct httpq_log_data {
	__u16 substatus;
	__u16 user_len;
	__u16 note_len;
	__u16 __reserved;
};

/**
 * struct httpq_send - a response, or the next part of one
 * @id: the request that is answered.
 * @flags: HTTPQ_SEND_*. Without HTTPQ_SEND_MORE this part ends the response,
 *	unless the head is an interim one (1xx).
 * @out_status: 0, or the negative error number of this item.
 * @head: struct httpq_reply_head, fields and data. Required with the first
 *	part, absent (NULL, 0) from later ones except for trailers.
 * @head_len: bytes at @head, at most HTTPQ_HEAD_MAX plus the table.
 * @__reserved: Must be 0.
 * @body: bytes of the body.
 * @body_len: how many. Without HTTPQ_SEND_MORE the first part gives the
 *	Content-Length.
 * @out_len: bytes of the body that were taken. If that is less than
 *	@body_len, the rest, and with it the end, is still to be sent; an event
 *	HTTPQ_EVENT_SPACE says when there is room.
 * @log: struct httpq_log_data and its texts, or NULL; counts with the part
 *	that ends the response.
 * @log_len: bytes at @log.
 * @__reserved2: Must be 0.
 *
 * A response whose Content-Length is complete goes out even if its end is
 * still owed; the connection serves its next request then, and the end need
 * only bring the log data. It has to come within net.httpq.zombie_timeout_ms.
 *
 * Errors in @out_status: EINVAL (a head that would break the framing, a body
 * longer than its Content-Length, a body where none is allowed), ESTALE,
 * EAGAIN (no room for anything), EINTR (nothing was taken), ENOMEM, EALREADY
 * (another thread is sending for this request), EFAULT, EOPNOTSUPP. After
 * ETIMEDOUT (the client stopped sending its body, or reading) and EBADMSG (its
 * body is broken) the request is over. ECONNRESET: the client is gone, and
 * what was given is counted as taken and thrown away; the request is over if
 * this part was its end, which is how its real status comes to be logged, and
 * else waits for its end as a zombie. After the others it is not over.
 */
struct httpq_send {
	__u64 id;
	__u32 flags;
	__s32 out_status;
	__aligned_u64 head;
	__u32 head_len;
	__u32 __reserved;
	__aligned_u64 body;
	__u64 body_len;
	__u64 out_len;
	__aligned_u64 log;
	__u32 log_len;
	__u32 __reserved2;
};

enum httpq_event_type {
	HTTPQ_EVENT_REQUEST = 1,	/* a request, in the buffer */
	HTTPQ_EVENT_BODY,		/* the body can be read on */
	HTTPQ_EVENT_SPACE,		/* more of the response can be sent */
	HTTPQ_EVENT_DISCONNECT,		/* client gone; reason says how */
	HTTPQ_EVENT_HALF_CLOSED,	/* client sent its FIN and still reads */
};

/* httpq_event.reason of HTTPQ_EVENT_DISCONNECT */
enum httpq_reason {
	HTTPQ_REASON_NONE = 0,
	HTTPQ_REASON_CLIENT_RESET,	/* reset or connection error */
	HTTPQ_REASON_BODY_TIMEOUT,	/* the body stopped coming */
	HTTPQ_REASON_SEND_TIMEOUT,	/* the client stopped reading */
	HTTPQ_REASON_BAD_BODY,		/* broken chunk or trailer, too long */
	HTTPQ_REASON_CANCELED,		/* by the worker or the administrator */
	HTTPQ_REASON_SHUTDOWN,		/* namespace or module went away */
};

/**
 * struct httpq_event - something that happened, for a worker
 * @id: the request.
 * @type: enum httpq_event_type.
 * @status: 0, or -EMSGSIZE if the request did not fit: it is reserved to this
 *	handle, and HTTPQ_IOC_RECEIVE fetches it.
 * @offset: where in the buffer the struct httpq_request_head begins.
 * @length: its bytes; with -EMSGSIZE, the bytes it needs.
 * @reason: enum httpq_reason.
 * @__reserved: 0.
 */
struct httpq_event {
	__u64 id;
	__u32 type;
	__s32 status;
	__u32 offset;
	__u32 length;
	__u32 reason;
	__u32 __reserved;
};

/**
 * struct httpq_info - what the running module can do (HTTPQ_IOC_INFO)
 * @size: sizeof(struct httpq_info).
 * @flags: Must be 0.
 * @out_version: HTTPQ_ABI_VERSION of the module.
 * @out_send_max: bytes of one response that may wait in the kernel.
 * @out_head_max: largest request head that the namespace accepts.
 * @__reserved: Must be 0.
 *
 * Needs neither privilege nor an attached handle.
 */
struct httpq_info {
	__u32 size;
	__u32 flags;
	__u32 out_version;
	__u32 out_send_max;
	__u32 out_head_max;
	__u32 __reserved;
};

/* httpq_attach.flags */
#define HTTPQ_ATTACH_CREATE	(1U << 0)	/* make the queue if it's absent */
#define HTTPQ_ATTACH_EXCL	(1U << 1)	/* fail if it exists */
#define HTTPQ_ATTACH_DEFER	(1U << 2)	/* ready when it says so */
#define HTTPQ_ATTACH_CONTROL	(1U << 3)	/* watches, takes no requests */
#define HTTPQ_ATTACH_ALL	(HTTPQ_ATTACH_CREATE | HTTPQ_ATTACH_EXCL | \
				 HTTPQ_ATTACH_DEFER | HTTPQ_ATTACH_CONTROL)

/**
 * struct httpq_attach - make the handle a worker of a queue (HTTPQ_IOC_ATTACH)
 * @size: sizeof(struct httpq_attach).
 * @flags: HTTPQ_ATTACH_*.
 * @name: queue name, not NUL-terminated.
 * @name_len: its length, 1 to HTTPQ_QUEUE_NAME_MAX.
 * @mode: permission bits of a new queue, of which 0666 count; write permission
 *	is what lets a process attach.
 *
 * A worker is active, and counts as one, from its first transfer that takes
 * events; with HTTPQ_ATTACH_DEFER from HTTPQ_IOC_READY on, and gets nothing
 * before. A controller (HTTPQ_ATTACH_CONTROL) needs to own the queue: poll(2)
 * says POLLIN while requests wait in the running queue and no worker is active,
 * or starting, to take them; its transfers give EOPNOTSUPP.
 *
 * Errors: EISCONN (attached already), EINVAL (name or mode), ENOENT, EEXIST,
 * EACCES (mode and owner forbid it), EDQUOT (too many queues of this user),
 * ENOSPC (too many of all users).
 */
struct httpq_attach {
	__u32 size;
	__u32 flags;
	__aligned_u64 name;
	__u32 name_len;
	__u32 mode;
};

/**
 * struct httpq_bind - bind a prefix for the life of the handle
 * @size: sizeof(struct httpq_bind).
 * @flags: Must be 0.
 * @url: the prefix, "http://host:port/path/", not NUL-terminated.
 * @url_len: its length, at most HTTPQ_URL_MAX.
 * @__reserved: Must be 0.
 * @context: a number of the caller that each request brings back.
 *
 * For HTTPQ_IOC_BIND and, without @context, HTTPQ_IOC_UNBIND. Errors: EINVAL
 * (not a prefix URL), EACCES (needs CAP_NET_ADMIN), EDQUOT (too many
 * prefixes of this user), EEXIST (bound already),
 * EADDRINUSE (another program holds the port), EADDRNOTAVAIL (an address that
 * is not of this host), ENOSPC (too many prefixes of all users), ENOENT
 * (unbind: not bound by this handle).
 */
struct httpq_bind {
	__u32 size;
	__u32 flags;
	__aligned_u64 url;
	__u32 url_len;
	__u32 __reserved;
	__aligned_u64 context;
};

/* httpq_transfer.flags */
#define HTTPQ_TRANSFER_DONTWAIT	(1U << 0)	/* as if O_NONBLOCK were set */
#define HTTPQ_TRANSFER_HELD	(1U << 1)	/* no new requests */
#define HTTPQ_TRANSFER_ALL	(HTTPQ_TRANSFER_DONTWAIT | HTTPQ_TRANSFER_HELD)

/**
 * struct httpq_transfer - hand in responses and take events
 * @size: sizeof(struct httpq_transfer).
 * @flags: HTTPQ_TRANSFER_*.
 * @sends: @nr_sends times struct httpq_send; processed in order, each on its
 *	own: one that fails does not stop the next.
 * @nr_sends: 0 to HTTPQ_TRANSFER_MAX.
 * @out_sends: how many of them were processed and have their out_* written.
 * @events: room for @nr_events times struct httpq_event.
 * @nr_events: 0 to HTTPQ_TRANSFER_MAX; with 0 the call never waits for events.
 * @out_events: how many were written.
 * @buf: room for the requests of the events, aligned to 8.
 * @buf_len: its bytes.
 * @timeout_ms: how long to wait for the first event; negative for ever.
 *
 * A blocking handle waits until each body is taken, then for the first event;
 * not for events if a send failed.
 * All results of sends are written before it waits for events. A call that a
 * signal ends has lost nothing and is never restarted: EINTR if there was
 * nothing to send, else success without events.
 *
 * A draining handle gets no requests any more: ESHUTDOWN as soon as no event is
 * due. With HTTPQ_TRANSFER_HELD only events of requests that the handle holds
 * are waited for, while it is active and while it drains; then ESHUTDOWN comes
 * when it drains and holds nothing.
 *
 * Errors: EAGAIN (nothing there, and not to wait), ETIMEDOUT, EINTR, ENODEV,
 * ESHUTDOWN. If anything was processed or taken the call succeeds.
 */
struct httpq_transfer {
	__u32 size;
	__u32 flags;
	__aligned_u64 sends;
	__u32 nr_sends;
	__u32 out_sends;
	__aligned_u64 events;
	__u32 nr_events;
	__u32 out_events;
	__aligned_u64 buf;
	__u32 buf_len;
	__s32 timeout_ms;
};

/**
 * struct httpq_receive - fetch a request that did not fit (HTTPQ_IOC_RECEIVE)
 * @size: sizeof(struct httpq_receive).
 * @flags: Must be 0.
 * @id: from the event.
 * @buf: where struct httpq_request_head goes, aligned to 8.
 * @buf_len: its bytes.
 * @out_len: bytes written; with EMSGSIZE, bytes needed.
 *
 * A request that was delivered can be fetched again until it is answered.
 * Errors: EMSGSIZE, ESTALE; ECONNRESET or ETIMEDOUT if the client is gone.
 */
struct httpq_receive {
	__u32 size;
	__u32 flags;
	__u64 id;
	__aligned_u64 buf;
	__u32 buf_len;
	__u32 out_len;
};

/* httpq_body.flags */
#define HTTPQ_BODY_DONTWAIT	(1U << 0)	/* as if O_NONBLOCK were set */
#define HTTPQ_BODY_TRAILERS	(1U << 1)	/* read the trailers instead */
#define HTTPQ_BODY_ALL		(HTTPQ_BODY_DONTWAIT | HTTPQ_BODY_TRAILERS)

/* httpq_body.out_flags */
#define HTTPQ_BODY_EOF		(1U << 0)	/* the body is complete */
#define HTTPQ_BODY_HAS_TRAILERS	(1U << 1)	/* and has trailers */

/**
 * struct httpq_body - read a part of the request's body (HTTPQ_IOC_READ_BODY)
 * @size: sizeof(struct httpq_body).
 * @flags: HTTPQ_BODY_*.
 * @id: the request.
 * @buf: where the bytes go. With HTTPQ_BODY_TRAILERS a struct httpq_reply_head
 *	of status 0 with its fields and data.
 * @buf_len: its bytes.
 * @out_len: bytes written, of the decoded body; with EMSGSIZE, bytes needed.
 * @out_flags: HTTPQ_BODY_EOF and HTTPQ_BODY_HAS_TRAILERS.
 * @__reserved: Must be 0.
 *
 * Returns as soon as there is anything. The first read sends 100 (Continue)
 * to a client that waits for it. Errors: EAGAIN (nothing yet; an event
 * HTTPQ_EVENT_BODY will say when), ECONNRESET (the client is gone, or will not
 * send the rest; then, and after EFAULT or EFBIG, the request can still be
 * answered), ETIMEDOUT (the client stopped sending), EBADMSG (broken chunked
 * framing), EFBIG (over the body limit), EALREADY (another thread is reading),
 * EMSGSIZE, ENODATA (no trailers), ENOMEM, EINTR.
 */
struct httpq_body {
	__u32 size;
	__u32 flags;
	__u64 id;
	__aligned_u64 buf;
	__u32 buf_len;
	__u32 out_len;
	__u32 out_flags;
	__u32 __reserved;
};

/**
 * struct httpq_cancel - give a request up (HTTPQ_IOC_CANCEL)
 * @size: sizeof(struct httpq_cancel).
 * @flags: Must be 0.
 * @id: the request.
 *
 * A request that has no byte of its response yet is answered with 502; else
 * its connection is broken, so that the client can tell. Errors: ESTALE.
 */
struct httpq_cancel {
	__u32 size;
	__u32 flags;
	__u64 id;
};

/**
 * struct httpq_ready - the worker takes requests from now on (HTTPQ_IOC_READY)
 * @size: sizeof(struct httpq_ready).
 * @flags: Must be 0.
 *
 * Once, after HTTPQ_ATTACH_DEFER; later calls change nothing. Errors: ESHUTDOWN,
 * EOPNOTSUPP (a controller).
 */
struct httpq_ready {
	__u32 size;
	__u32 flags;
};

/**
 * struct httpq_drain - take no more requests (HTTPQ_IOC_DRAIN)
 * @size: sizeof(struct httpq_drain).
 * @flags: Must be 0.
 * @deadline_ms: what is held then is treated as if the handle were closed;
 *	0 for no deadline, a day at most, EINVAL beyond that.
 * @out_held: requests that the handle still holds.
 *
 * Requests that were not delivered go back to the queue at once. What the
 * handle holds can be answered and read on as before. A second call can only
 * bring the deadline nearer. Errors: none but the common ones.
 */
struct httpq_drain {
	__u32 size;
	__u32 flags;
	__u32 deadline_ms;
	__u32 out_held;
};

#define HTTPQ_IOC_MAGIC		0xBF
#define HTTPQ_IOC_INFO		_IOWR(HTTPQ_IOC_MAGIC, 0, struct httpq_info)
#define HTTPQ_IOC_ATTACH	_IOWR(HTTPQ_IOC_MAGIC, 1, struct httpq_attach)
#define HTTPQ_IOC_BIND		_IOWR(HTTPQ_IOC_MAGIC, 2, struct httpq_bind)
#define HTTPQ_IOC_UNBIND	_IOWR(HTTPQ_IOC_MAGIC, 3, struct httpq_bind)
#define HTTPQ_IOC_TRANSFER	_IOWR(HTTPQ_IOC_MAGIC, 4, struct httpq_transfer)
#define HTTPQ_IOC_RECEIVE	_IOWR(HTTPQ_IOC_MAGIC, 5, struct httpq_receive)
#define HTTPQ_IOC_READ_BODY	_IOWR(HTTPQ_IOC_MAGIC, 6, struct httpq_body)
#define HTTPQ_IOC_CANCEL	_IOWR(HTTPQ_IOC_MAGIC, 7, struct httpq_cancel)
#define HTTPQ_IOC_READY		_IOWR(HTTPQ_IOC_MAGIC, 8, struct httpq_ready)
#define HTTPQ_IOC_DRAIN		_IOWR(HTTPQ_IOC_MAGIC, 9, struct httpq_drain)

/*
 * Generic netlink. Commands act on the network namespace of the socket.
 * Dumps need no privilege. Changes to a queue, to its workers, or to one of its
 * zombies need to own the queue or CAP_NET_ADMIN in the user namespace of the
 * network namespace. Anyone may create a queue; binding needs write permission
 * for the queue and, but for http://localhost:PORT/, CAP_NET_ADMIN; unbinding
 * needs to own the queue or CAP_NET_ADMIN; a change of a binding needs what
 * unbinding and binding it need; the rest needs CAP_NET_ADMIN.
 *
 * Who the client is, PEER_ADDR and PEER_PORT, is told of connections to who
 * has CAP_NET_ADMIN, and of zombies to the owner of the queue as well. Others
 * are told a REQUEST_LINE without its query, and no CONTEXT of a binding.
 *
 *	QUEUE_NEW	QUEUE_NAME [QUEUE_UID QUEUE_GID QUEUE_MODE
 *			MAX_QUEUED MAX_INFLIGHT REDELIVER ANSWER_MS
 *			HOLD_BYTES AFFINITY POOL]
 *	QUEUE_SET	QUEUE_NAME [as QUEUE_NEW, QUEUE_STATE]
 *	QUEUE_DEL	QUEUE_NAME
 *	QUEUE_GET	QUEUE_NAME, or dump without
 *	QUEUE_DRAIN	QUEUE_NAME [DEADLINE_MS]: every worker of it
 *	WORKER_DRAIN	ID [DEADLINE_MS]
 *	WORKER_DETACH	ID: treat it as if it were closed
 *	WORKER_GET	dump [QUEUE_NAME]
 *	ZOMBIE_REAP	[ID], all without
 *	ZOMBIE_GET	dump
 *	URL_NEW		URL QUEUE_NAME [CONTEXT SITE NO_KEEPALIVE]
 *	URL_SET		URL [QUEUE_NAME CONTEXT SITE KEEPALIVE]
 *	URL_DEL		URL
 *	URL_GET		dump
 *	LISTENER_SET	PORT ENGINE
 *	LISTENER_GET	dump
 *	CONN_GET	dump
 *	STATS_GET	dump; one message per counter
 *
 * What happens to workers and zombies is told to the multicast group "events"
 * in messages of the form that a dump has:
 *
 *	WORKER_NEW	a handle attached
 *	WORKER_SET	its state changed
 *	WORKER_DEL	it is gone
 *	ZOMBIE_NEW	a request became a zombie
 *	ZOMBIE_SET	half of its time is over
 *	ZOMBIE_DEL	it is none any more; with LEFT and, unless its end came
 *			late, REASON
 *
 * Each zombie has one NEW and one DEL, in this order, with its SET between
 * them if it lives that long. Anyone may listen: events have neither the client
 * nor the query. Who does not keep up hears ENOBUFS, and looks at a dump.
 */
#define HTTPQ_GENL_NAME		"httpq"
#define HTTPQ_GENL_VERSION	1
#define HTTPQ_GENL_EVENTS	"events"

enum httpq_cmd {
	HTTPQ_CMD_UNSPEC = 0,
	HTTPQ_CMD_QUEUE_NEW,
	HTTPQ_CMD_QUEUE_SET,
	HTTPQ_CMD_QUEUE_DEL,
	HTTPQ_CMD_QUEUE_GET,
	HTTPQ_CMD_URL_NEW,
	HTTPQ_CMD_URL_DEL,
	HTTPQ_CMD_URL_GET,
	HTTPQ_CMD_LISTENER_SET,
	HTTPQ_CMD_LISTENER_GET,
	HTTPQ_CMD_CONN_GET,
	HTTPQ_CMD_STATS_GET,
	HTTPQ_CMD_QUEUE_DRAIN,
	HTTPQ_CMD_WORKER_NEW,
	HTTPQ_CMD_WORKER_SET,
	HTTPQ_CMD_WORKER_DEL,
	HTTPQ_CMD_WORKER_GET,
	HTTPQ_CMD_WORKER_DRAIN,
	HTTPQ_CMD_WORKER_DETACH,
	HTTPQ_CMD_ZOMBIE_SET,
	HTTPQ_CMD_ZOMBIE_DEL,
	HTTPQ_CMD_ZOMBIE_GET,
	HTTPQ_CMD_ZOMBIE_REAP,
	HTTPQ_CMD_URL_SET,
	HTTPQ_CMD_ZOMBIE_NEW,
	__HTTPQ_CMD_MAX,
};

#define HTTPQ_CMD_MAX (__HTTPQ_CMD_MAX - 1)

enum httpq_attr {
	HTTPQ_A_UNSPEC = 0,
	HTTPQ_A_PAD,
	HTTPQ_A_QUEUE_NAME,	/* string */
	HTTPQ_A_QUEUE_UID,	/* u32, in the reader's user namespace */
	HTTPQ_A_QUEUE_GID,	/* u32 */
	HTTPQ_A_QUEUE_MODE,	/* u32, 0 to 0666 */
	HTTPQ_A_QUEUE_STATE,	/* u8, enum httpq_queue_state */
	HTTPQ_A_MAX_QUEUED,	/* u32, requests that may wait */
	HTTPQ_A_MAX_INFLIGHT,	/* u32, requests that workers may hold */
	HTTPQ_A_QUEUED,		/* u32, requests that wait */
	HTTPQ_A_INFLIGHT,	/* u32, requests that workers hold */
	HTTPQ_A_WORKERS,	/* u32, attached handles */
	HTTPQ_A_ARRIVED,	/* u64, requests routed to the queue */
	HTTPQ_A_REJECTED,	/* u64, of them answered 503 by the kernel */
	HTTPQ_A_URL,		/* string, canonical prefix */
	HTTPQ_A_CONTEXT,	/* u64 */
	HTTPQ_A_PERSISTENT,	/* flag: not tied to a handle */
	HTTPQ_A_ADDR,		/* binary, 16 bytes, local address */
	HTTPQ_A_PORT,		/* u16, local port, host order */
	HTTPQ_A_PEER_ADDR,	/* binary, 16 bytes */
	HTTPQ_A_PEER_PORT,	/* u16, host order */
	HTTPQ_A_ENGINE,		/* u8, enum httpq_engine */
	HTTPQ_A_CONNS,		/* u32, open connections */
	HTTPQ_A_ID,		/* u64, connection, worker or zombie */
	HTTPQ_A_CONN_STATE,	/* string */
	HTTPQ_A_REQUESTS,	/* u64, requests so far */
	HTTPQ_A_AGE_MS,		/* u64 */
	HTTPQ_A_STAT_NAME,	/* string */
	HTTPQ_A_STAT_VALUE,	/* u64 */
	HTTPQ_A_REDELIVER,	/* u8, enum httpq_redeliver */
	HTTPQ_A_ANSWER_MS,	/* u32, time for an answer; 0 for ever */
	HTTPQ_A_HOLD_BYTES,	/* u32, held back of a response; 0 nothing */
	HTTPQ_A_AFFINITY,	/* u8, 1: a connection keeps its worker */
	HTTPQ_A_POOL,		/* u8, 1: httpq-pool runs the queue */
	HTTPQ_A_SITE,		/* u32, number for the log */
	HTTPQ_A_NO_KEEPALIVE,	/* flag: connections close after a response */
	HTTPQ_A_DEADLINE_MS,	/* u32; for dumps, what is left of it */
	HTTPQ_A_WORKER_STATE,	/* u8, enum httpq_worker_state */
	HTTPQ_A_PID,		/* u32, or 0; of a worker: in the reader's PID
				 * namespace, in events in the initial one; of
				 * a zombie: in the worker's own
				 */
	HTTPQ_A_HELD,		/* u32, requests that a worker holds */
	HTTPQ_A_DELIVERED,	/* u64, requests that it got */
	HTTPQ_A_LAST_CALL,	/* u8, enum httpq_log_call */
	HTTPQ_A_LAST_CALL_MS,	/* u32, its age */
	HTTPQ_A_REASON,		/* u8, enum httpq_log_reason */
	HTTPQ_A_WHY,		/* u8, enum httpq_zombie_why */
	HTTPQ_A_STAGE,		/* u8, enum httpq_log_stage */
	HTTPQ_A_WORKER,		/* u64, id of a worker */
	HTTPQ_A_REQUEST_LINE,	/* binary, method, target and version, cut
				 * at 512 bytes
				 */
	HTTPQ_A_BYTES,		/* u32, memory of a zombie */
	HTTPQ_A_REQUEST_ID,	/* u64, as in the log */
	HTTPQ_A_KEEPALIVE,	/* u8, 0: as NO_KEEPALIVE */
	HTTPQ_A_LEFT,		/* u8, enum httpq_zombie_left */
	__HTTPQ_A_MAX,
};

#define HTTPQ_A_MAX (__HTTPQ_A_MAX - 1)

enum httpq_queue_state {
	HTTPQ_QUEUE_RUNNING = 0,
	HTTPQ_QUEUE_PAUSED,	/* accepts and queues, delivers nothing */
	HTTPQ_QUEUE_STOPPED,	/* answers 503 at once, queued ones too */
	HTTPQ_QUEUE_OFFLINE,	/* stopped by rapid-fail protection */
};

/* What may be delivered again after its worker left without touching it. */
enum httpq_redeliver {
	HTTPQ_REDELIVER_IDEMPOTENT = 0,	/* by RFC 9110 section 9.2.2 */
	HTTPQ_REDELIVER_NEVER,
	HTTPQ_REDELIVER_ANY,		/* duplicates possible */
};

enum httpq_worker_state {
	HTTPQ_WORKER_STARTING = 0,	/* attached, takes nothing yet */
	HTTPQ_WORKER_ACTIVE,
	HTTPQ_WORKER_DRAINING,		/* takes nothing more */
	HTTPQ_WORKER_GONE,
};

/* Why a request outlives its connection. */
enum httpq_zombie_why {
	HTTPQ_ZOMBIE_CLIENT_GONE = 1,	/* reset, or closed */
	HTTPQ_ZOMBIE_END_OWED,		/* answered but for the end */
};

/* How a zombie came to be none any more. */
enum httpq_zombie_left {
	HTTPQ_ZOMBIE_LEFT_LATE = 1,	/* its end came after all */
	HTTPQ_ZOMBIE_LEFT_EXPIRED,	/* its time was over */
	HTTPQ_ZOMBIE_LEFT_EVICTED,	/* the oldest of too many */
	HTTPQ_ZOMBIE_LEFT_REAPED,	/* by ZOMBIE_REAP */
	HTTPQ_ZOMBIE_LEFT_CANCELED,	/* its worker gave it up */
	HTTPQ_ZOMBIE_LEFT_ABANDONED,	/* the handle that held it is gone */
};

enum httpq_engine {
	HTTPQ_ENGINE_SOFTIRQ = 0,
	HTTPQ_ENGINE_PROCESS,
};

#endif /* _UAPI_LINUX_HTTPQ_H */
