// SPDX-License-Identifier: GPL-2.0
/*
 * From bytes to requests. Heads are copied out of the socket's receive queue
 * and parsed as they arrive; bodies stay there until somebody asks, so that
 * the client's window closes when nobody does.
 */

#include <linux/skbuff.h>
#include <net/tcp.h>

#include "body.h"
#include "conn.h"
#include "fate.h"
#include "net.h"
#include "queue.h"
#include "record.h"
#include "recv.h"
#include "request.h"
#include "route.h"
#include "timer.h"
#include "trace.h"

/**
 * httpq_recv_eof - whether the client's FIN came and all before it was read
 * @sk: socket
 *
 * Context: any, under the socket lock.
 * Return: true if no byte will ever come.
 */
bool httpq_recv_eof(const struct sock *sk)
{
	return (sk->sk_shutdown & RCV_SHUTDOWN) && !tcp_inq((struct sock *)sk);
}

/* One pass over what is in the socket. */
struct head_pass {
	struct httpq_conn *conn;
	size_t used;	/* bytes of the stream */
	u16 status;	/* answer with this */
	u8 reason;	/* and this is why, for the log */
	bool done;	/* the head is complete */
};

static void head_limits(const struct httpq_net *hn,
			struct httpq_parse_limits *limits)
{
	limits->head = READ_ONCE(hn->limits.head_bytes);
	limits->target = READ_ONCE(hn->limits.target_bytes);
	limits->field = READ_ONCE(hn->limits.field_bytes);
	limits->fields = READ_ONCE(hn->limits.fields);
}

static bool head_begin(struct httpq_conn *conn)
{
	refcount_inc(&conn->refs);
	conn->req = httpq_request_create(conn, conn->hn,
					 &httpq_fate_request_ops, GFP_ATOMIC);
	if (!conn->req) {
		httpq_conn_put(conn);
		return false;
	}
	conn->req->started = ktime_get_ns();
	conn->req->conn_id = conn->id;
	conn->req->local = conn->local;
	conn->req->remote = conn->remote;
	httpq_conn_event(conn, HTTPQ_LIFECYCLE_CONN_BYTE);
	return true;
}

/* Room for the next bytes; the parser has already refused what is too long. */
static int head_room(struct httpq_request **req)
{
	u32 size = max_t(u32, 2 * (*req)->data_len, 512);

	if (httpq_request_room(*req))
		return 0;
	return httpq_request_grow_data(req, min_t(u32, size, HTTPQ_HEAD_MAX),
				       GFP_ATOMIC);
}

static enum httpq_parse_result
head_parse(struct httpq_request **req, const struct httpq_parse_limits *limits)
{
	enum httpq_parse_result res;

	for (;;) {
		struct httpq_request *r = *req;

		res = httpq_parse_head(&r->parse, limits,
				       httpq_request_data(r), r->data_len,
				       r->fields, r->max_fields);
		if (res != HTTPQ_PARSE_FIELDS_FULL)
			return res;
		if (httpq_request_grow_fields(req, GFP_ATOMIC))
			return HTTPQ_PARSE_FIELDS_FULL;
	}
}

static void head_result(struct head_pass *pass, enum httpq_parse_result res)
{
	struct httpq_conn *conn = pass->conn;
	struct httpq_parse *p = &conn->req->parse;

	switch (res) {
	case HTTPQ_PARSE_DONE:
		pass->done = true;
		break;
	case HTTPQ_PARSE_REFUSED:
		pass->status = p->status;
		pass->reason = httpq_record_parse_reason(p->cause);
		httpq_stats_inc_refused(conn->hn->stats, p->cause);
		trace_httpq_head_err(conn->id, p->cause, p->status);
		break;
	case HTTPQ_PARSE_FIELDS_FULL:
		pass->status = 503;
		break;
	case HTTPQ_PARSE_MORE:
		break;
	}
}

static int head_actor(read_descriptor_t *desc, struct sk_buff *skb,
		      unsigned int offset, size_t len)
{
	struct head_pass *pass = desc->arg.data;
	struct httpq_conn *conn = pass->conn;
	struct httpq_parse_limits limits;
	struct httpq_request *req;
	u16 start, n;

	if (pass->done || pass->status)
		return 0;
	head_limits(conn->hn, &limits);
	if ((!conn->req && !head_begin(conn)) ||
	    head_room(&conn->req) || !httpq_request_room(conn->req)) {
		pass->status = 503;
		return 0;
	}

	req = conn->req;
	start = req->data_len;
	n = min_t(size_t, len, httpq_request_room(req));
	if (skb_copy_bits(skb, offset, httpq_request_data(req) + start, n)) {
		pass->status = 503;
		return 0;
	}
	req->data_len += n;
	head_result(pass, head_parse(&conn->req, &limits));

	/* Bytes behind the head stay in the socket. */
	req = conn->req;
	if (pass->done)
		req->data_len = req->parse.pos;
	pass->used += req->data_len - start;
	return req->data_len - start;
}

/* The canonical path, inside the target or behind the head. */
static int head_path(struct httpq_request **preq)
{
	struct httpq_request *req = *preq;
	struct httpq_span raw = req->parse.path;
	u8 *data = httpq_request_data(req);
	u32 need = raw.len ? raw.len : 1;
	int len;

	req->path = raw;
	if (raw.len && httpq_url_path_is_plain(data + raw.off, raw.len))
		return 0;
	if (req->data_len + need > HTTPQ_HEAD_MAX)
		return -EMSGSIZE;
	if (httpq_request_room(req) < need &&
	    httpq_request_grow_data(preq, req->data_len + need, GFP_ATOMIC))
		return -ENOMEM;

	req = *preq;
	data = httpq_request_data(req);
	if (raw.len) {
		len = httpq_url_canonical_path(data + raw.off, raw.len,
					       data + req->data_len);
		if (len <= 0)
			return -EINVAL;
	} else {
		data[req->data_len] = '/';
		len = 1;
	}
	req->path = (struct httpq_span){ .off = req->data_len, .len = len };
	req->data_len += len;
	return 0;
}

static void head_refuse_path(struct httpq_conn *conn, int err)
{
	enum httpq_parse_cause cause = HTTPQ_PARSE_CAUSE_TARGET;

	if (err == -ENOMEM) {
		httpq_conn_refuse(conn, 503, false,
				  HTTPQ_LOG_REASON_NOT_AVAILABLE);
		return;
	}
	if (err == -EMSGSIZE)
		cause = HTTPQ_PARSE_CAUSE_HEAD_LENGTH;
	httpq_stats_inc_refused(conn->hn->stats, cause);
	trace_httpq_head_err(conn->id, cause, httpq_parse_cause_status(cause));
	httpq_conn_refuse(conn, httpq_parse_cause_status(cause), false,
			  httpq_record_parse_reason(cause));
}

static int head_body(struct httpq_conn *conn, const struct httpq_parse *p)
{
	unsigned long max = READ_ONCE(conn->hn->limits.body_bytes);

	conn->body = HTTPQ_CONN_BODY_DONE;
	conn->body_fault = 0;
	conn->body_taken = 0;
	conn->body_left = 0;
	conn->expect = p->flags & HTTPQ_PARSE_F_CONTINUE;
	if (p->flags & HTTPQ_PARSE_F_CHUNKED) {
		conn->body = HTTPQ_CONN_BODY_CHUNKED;
		httpq_chunk_init(&conn->chunk, HTTPQ_CHUNK_EXT_MAX,
				 READ_ONCE(conn->hn->limits.trailer_bytes));
	} else if (p->flags & HTTPQ_PARSE_F_LENGTH && p->content_length) {
		conn->body = HTTPQ_CONN_BODY_LENGTH;
		conn->body_left = p->content_length;
		if (max && p->content_length > max)
			return -EFBIG;
	}
	return 0;
}

/* Finds the binding; the reference is the request's from here on. */
static int head_route(struct httpq_conn *conn, struct httpq_request *req)
{
	const u8 *data = httpq_request_data(req);
	const struct httpq_route_key key = {
		.port = conn->local.port,
		.addr = conn->local.addr,
		.host = data + req->parse.host.off,
		.host_len = req->parse.host.len,
		.path = data + req->path.off,
		.path_len = req->path.len,
	};
	struct httpq_binding *binding;
	int err = -ENOENT;

	rcu_read_lock();
	/* What can't be got any more may have been replaced. */
	do {
		binding = httpq_route_lookup(conn->hn, &key);
	} while (binding && !httpq_binding_get(binding));
	if (binding) {
		req->binding = binding;
		req->queue = binding->queue;
		conn->keepalive &= !binding->no_keepalive;
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

static int head_queue(struct httpq_conn *conn, struct httpq_request *req)
{
	struct httpq_stats __percpu *stats = conn->hn->stats;
	int err;

	/* A worker can have it as soon as it is in the queue. */
	httpq_request_get(req);
	req->hint = conn->last_worker;
	httpq_conn_dispatched(conn);
	err = httpq_queue_push(req->queue, req);
	if (!err)
		return 0;
	httpq_request_put(req);
	trace_httpq_queue_push_err(conn->id, err);
	if (err == -ENOBUFS)
		httpq_stats_inc(stats, queue_full);
	else
		httpq_stats_inc(stats, queue_stopped);
	return err;
}

static void head_count(struct httpq_conn *conn, struct httpq_request *req)
{
	struct httpq_stats __percpu *stats = conn->hn->stats;
	bool softirq = in_serving_softirq();

	trace_httpq_head(conn->id, req->callbacks, req->parse.pos, softirq);
	if (softirq)
		httpq_stats_inc(stats, parsed_softirq);
	else
		httpq_stats_inc(stats, parsed_process);
	httpq_stats_add(stats, head_callbacks, req->callbacks);
}

/* A complete head: all that is decided before a worker sees it. */
static void head_dispatch(struct httpq_conn *conn)
{
	const struct httpq_parse *p;
	int err;

	httpq_conn_owe(conn);
	head_count(conn, conn->req);
	conn->keepalive = conn->req->parse.flags & HTTPQ_PARSE_F_KEEPALIVE;
	err = head_path(&conn->req);
	if (err) {
		head_refuse_path(conn, err);
		return;
	}
	p = &conn->req->parse;
	if (head_body(conn, p)) {
		httpq_stats_inc(conn->hn->stats, body_too_long);
		httpq_conn_refuse(conn, 413, false,
				  HTTPQ_LOG_REASON_ENTITY_TOO_LARGE);
		return;
	}
	if (head_route(conn, conn->req)) {
		httpq_stats_inc(conn->hn->stats, no_route);
		httpq_conn_refuse(conn, 404, conn->keepalive,
				  HTTPQ_LOG_REASON_NOT_FOUND);
		return;
	}
	err = head_queue(conn, conn->req);
	if (err)
		httpq_conn_refuse(conn, 503, conn->keepalive, err == -ENOBUFS ?
				  HTTPQ_LOG_REASON_QUEUE_FULL :
				  httpq_queue_stop_reason(conn->req->queue));
}

static void recv_head(struct httpq_conn *conn, struct sock *sk)
{
	struct head_pass pass = {
		.conn = conn,
		.reason = HTTPQ_LOG_REASON_NOT_AVAILABLE,
	};
	read_descriptor_t desc = { .arg.data = &pass, .count = 1 };

	tcp_read_sock(sk, &desc, head_actor);
	if (conn->req && pass.used)
		conn->req->callbacks++;
	if (pass.status)
		httpq_conn_refuse(conn, pass.status, false, pass.reason);
	else if (pass.done)
		head_dispatch(conn);
}

static int discard_actor(read_descriptor_t *desc, struct sk_buff *skb,
			 unsigned int offset, size_t len)
{
	return len;
}

static void recv_discard(struct httpq_conn *conn, struct sock *sk)
{
	read_descriptor_t desc = { .count = 1 };
	int n = tcp_read_sock(sk, &desc, discard_actor);

	if (n <= 0)
		return;
	conn->discarded += n;
	if (conn->discarded > READ_ONCE(conn->hn->limits.linger_bytes))
		httpq_conn_gone(conn, HTTPQ_REASON_CANCELED, true);
}

/* Tells whoever waits for the body, once. */
static void recv_notify(struct httpq_conn *conn, struct sock *sk)
{
	u8 want = conn->want_body;

	if (!want || (!tcp_inq(sk) && !httpq_recv_eof(sk)))
		return;
	WRITE_ONCE(conn->want_body, HTTPQ_WANT_NOTHING);
	httpq_timer_progress(conn, false);
	httpq_conn_notify(conn, want, HTTPQ_EVENT_BODY);
}

/**
 * httpq_recv_pump - deal with what has arrived
 * @conn: connection
 * @sk: its socket
 *
 * Context: any, under the socket lock; from the engine.
 */
void httpq_recv_pump(struct httpq_conn *conn, struct sock *sk)
{
	/* tcp_read_sock() would stop for ever at the urgent byte. */
	if (unlikely(tcp_sk(sk)->urg_data)) {
		httpq_stats_inc(conn->hn->stats, urgent_data);
		httpq_conn_gone(conn, HTTPQ_REASON_CLIENT_RESET, true);
		return;
	}

	switch (conn->state) {
	case HTTPQ_CONN_IDLE:
	case HTTPQ_CONN_HEAD:
		/* A client that does not read gets no further answers. */
		if (!conn->tx_bytes && tcp_inq(sk))
			recv_head(conn, sk);
		break;
	case HTTPQ_CONN_REQUEST:
		recv_notify(conn, sk);
		break;
	case HTTPQ_CONN_DRAIN:
		httpq_body_drain(conn, sk);
		break;
	case HTTPQ_CONN_LINGER:
		recv_discard(conn, sk);
		break;
	}
}
