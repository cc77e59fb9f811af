// SPDX-License-Identifier: GPL-2.0
/*
 * Request bodies. They stay in the socket's receive queue until a worker asks
 * or the connection has to get past them. What a worker asks for is copied
 * under the socket lock into kernel memory and from there, without a lock, to
 * the worker, who may take for ever.
 */

#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/tcp.h>

#include "answer.h"
#include "body.h"
#include "conn.h"
#include "fault.h"
#include "held.h"
#include "net.h"
#include "recv.h"
#include "request.h"
#include "timer.h"
#include "trace.h"

/* Pieces in which a body that nobody wants is decoded. */
#define DRAIN_BYTES 256

/* One pass over what is in the socket. */
struct body_pass {
	struct httpq_conn *conn;
	u8 *buf;	/* where the bytes go */
	size_t len;	/* room */
	size_t got;	/* decoded bytes */
	int err;	/* it can't be read on */
};

static u8 *trailers_memory(u32 size)
{
	if (httpq_fault(HTTPQ_FAULT_TRAILERS))
		return NULL;
	return kmalloc(size, GFP_ATOMIC | __GFP_NOWARN);
}

static int body_keep_trailer(struct httpq_conn *conn, const u8 *data,
			     size_t len)
{
	struct httpq_request *req = conn->req;
	u32 max = conn->chunk.max_trailers;

	if (!req || !len)
		return 0;
	if (!req->trailers) {
		if (!httpq_net_admit(req->hn, max))
			return -ENOMEM;
		req->trailers = trailers_memory(max);
		if (!req->trailers) {
			httpq_net_uncharge(req->hn, max);
			httpq_stats_inc(req->hn->stats, no_memory);
			return -ENOMEM;
		}
		req->trailers_size = max;
	}
	if (len > req->trailers_size - req->trailers_len)
		return -E2BIG;
	memcpy(req->trailers + req->trailers_len, data, len);
	req->trailers_len += len;
	return 0;
}

/* Takes the framing out of @len raw bytes that lie at the end of the buffer. */
static size_t body_unchunk(struct body_pass *pass, size_t len)
{
	struct httpq_conn *conn = pass->conn;
	u8 *in = pass->buf + pass->got;
	struct httpq_chunk_run run;
	size_t used = 0;

	while (used < len && conn->body == HTTPQ_CONN_BODY_CHUNKED) {
		const u8 *at = in + used;

		switch (httpq_chunk_decode(&conn->chunk, at, len - used,
					   &run)) {
		case HTTPQ_CHUNK_DATA:
			memmove(pass->buf + pass->got, at + run.off, run.len);
			pass->got += run.len;
			break;
		case HTTPQ_CHUNK_TRAILER:
			pass->err = body_keep_trailer(conn, at + run.off,
						      run.len);
			break;
		case HTTPQ_CHUNK_END:
			conn->body = HTTPQ_CONN_BODY_DONE;
			break;
		case HTTPQ_CHUNK_MORE:
			break;
		case HTTPQ_CHUNK_BAD:
			pass->err = -EBADMSG;
			break;
		case HTTPQ_CHUNK_TOO_LONG:
			pass->err = -E2BIG;
			break;
		}
		used += run.used;
		if (pass->err)
			break;
	}
	return used;
}

static int body_actor(read_descriptor_t *desc, struct sk_buff *skb,
		      unsigned int offset, size_t len)
{
	struct body_pass *pass = desc->arg.data;
	struct httpq_conn *conn = pass->conn;
	size_t n = min(len, pass->len - pass->got);

	if (!n || pass->err)
		return 0;
	if (conn->body == HTTPQ_CONN_BODY_LENGTH) {
		n = min_t(u64, n, conn->body_left);
		if (pass->buf && skb_copy_bits(skb, offset,
					       pass->buf + pass->got, n))
			return 0;
		pass->got += n;
		conn->body_left -= n;
		if (!conn->body_left)
			conn->body = HTTPQ_CONN_BODY_DONE;
		return n;
	}
	if (conn->body != HTTPQ_CONN_BODY_CHUNKED)
		return 0;
	if (skb_copy_bits(skb, offset, pass->buf + pass->got, n))
		return 0;
	return body_unchunk(pass, n);
}

static bool body_over_limit(const struct httpq_conn *conn)
{
	unsigned long max = READ_ONCE(conn->hn->limits.body_bytes);

	return max && conn->body_taken > max;
}

/*
 * Decoded bytes into @buf. Returns how many; 0 if none are there or the body
 * is complete; -EBADMSG for broken framing, -E2BIG for too much of it, -EFBIG
 * over the limit, -ENOMEM.
 */
static int body_read(struct httpq_conn *conn, struct sock *sk, u8 *buf,
		     size_t len)
{
	struct body_pass pass = { .conn = conn, .buf = buf, .len = len };
	read_descriptor_t desc = { .arg.data = &pass, .count = 1 };
	int used;

	do {
		used = tcp_read_sock(sk, &desc, body_actor);
	} while (used > 0 && pass.got < pass.len && !pass.err &&
		 conn->body == HTTPQ_CONN_BODY_CHUNKED && tcp_inq(sk));
	conn->body_taken += pass.got;
	trace_httpq_body(conn->id, pass.got, conn->body == HTTPQ_CONN_BODY_DONE);
	if (pass.err) {
		if (pass.err != -ENOMEM)
			httpq_stats_inc(conn->hn->stats, body_bad);
		trace_httpq_body_err(conn->id, pass.err);
		return pass.err;
	}
	if (body_over_limit(conn)) {
		httpq_stats_inc(conn->hn->stats, body_too_long);
		return -EFBIG;
	}
	return pass.got;
}

/**
 * httpq_body_drain - get past the body of a request that was answered
 * @conn: connection in state DRAIN
 * @sk: its socket
 *
 * Context: any, under the socket lock; from the engine.
 */
void httpq_body_drain(struct httpq_conn *conn, struct sock *sk)
{
	u32 max = READ_ONCE(conn->hn->limits.drain_bytes);
	u8 buf[DRAIN_BYTES];
	int n;

	do {
		n = body_read(conn, sk, buf, sizeof(buf));
		if (n > 0)
			conn->discarded += n;
	} while (n > 0 && conn->discarded <= max);

	if (n < 0 || conn->discarded > max) {
		conn->keepalive = false;
		conn->body = HTTPQ_CONN_BODY_BROKEN;
	} else if (conn->body != HTTPQ_CONN_BODY_DONE) {
		return;
	}
	httpq_conn_drained(conn);
}

/* The first read of a body is what a waiting client wants to hear of. */
static void read_expected(struct httpq_conn *conn, struct sock *sk)
{
	if (!conn->expect)
		return;
	/*
	 * RFC 9110 section 10.1.1: needless if the body is coming already.
	 * Where there is no memory for it the next read tries again.
	 */
	if (conn->begun || tcp_inq(sk) || httpq_answer_continue(conn))
		conn->expect = false;
}

/**
 * httpq_body_cut - the client has ended its side
 * @conn: connection with a request
 *
 * A message without its end is incomplete, RFC 9112 section 8.
 *
 * Context: any, under the socket lock.
 */
void httpq_body_cut(struct httpq_conn *conn)
{
	if (conn->body == HTTPQ_CONN_BODY_DONE ||
	    conn->body == HTTPQ_CONN_BODY_BROKEN)
		return;
	conn->body = HTTPQ_CONN_BODY_BROKEN;
	conn->body_fault = 400;
}

/*
 * What was decoded is lost; that it is not the client's fault it should know.
 * For the worker what is too long is no better than what is broken.
 */
static int read_failed(struct httpq_conn *conn, int err)
{
	u8 log_reason = HTTPQ_LOG_REASON_BAD_REQUEST;
	u16 status = 400;

	if (err == -ENOMEM) {
		log_reason = HTTPQ_LOG_REASON_NOT_AVAILABLE;
		status = 503;
	} else if (err == -E2BIG) {
		log_reason = HTTPQ_LOG_REASON_REQUEST_LENGTH;
		status = 431;
	}
	httpq_conn_fail_body(conn, status, HTTPQ_REASON_BAD_BODY, log_reason);
	return err == -E2BIG ? -EBADMSG : err;
}

static void read_wait(struct httpq_conn *conn, u8 want)
{
	if (want == HTTPQ_WANT_NOTHING)
		return;
	WRITE_ONCE(conn->want_body, want);
}

/* Under the socket lock: bytes, 0 at the end, or why there are none. */
static int read_locked(struct httpq_conn *conn, struct sock *sk, u8 *buf,
		       size_t len, u8 want)
{
	int n;

	if (conn->body == HTTPQ_CONN_BODY_DONE)
		return 0;
	if (conn->body == HTTPQ_CONN_BODY_BROKEN)
		return conn->body_fault == 413 ? -EFBIG : -ECONNRESET;
	read_expected(conn, sk);
	n = body_read(conn, sk, buf, len);
	if (n == -EBADMSG || n == -E2BIG || n == -ENOMEM)
		return read_failed(conn, n);
	if (n == -EFBIG) {
		conn->body = HTTPQ_CONN_BODY_BROKEN;
		conn->body_fault = 413;
	}
	if (n || conn->body == HTTPQ_CONN_BODY_DONE)
		return n;
	if (httpq_recv_eof(sk)) {
		httpq_body_cut(conn);
		return -ECONNRESET;
	}
	read_wait(conn, want);
	return -EAGAIN;
}

/* What a worker is told of a body that was decoded to its end. */
static u32 body_flags(const struct httpq_request *req)
{
	return HTTPQ_BODY_EOF |
	       (req->trailers_len ? HTTPQ_BODY_HAS_TRAILERS : 0);
}

static int read_once(const struct httpq_worker *worker,
		     struct httpq_request *req, struct httpq_body *args,
		     u8 *buf, size_t len, u8 want)
{
	struct httpq_conn *conn = req->conn;
	struct sock *sk;
	bool slow;
	int n;

	sk = httpq_conn_lock(conn, &slow);
	if (!sk)
		return httpq_conn_request_errno(req);
	if (conn->req != req || !httpq_held_is(req, worker, args->id)) {
		n = httpq_conn_request_errno(req);
		goto out_unlock;
	}
	n = read_locked(conn, sk, buf, len, want);
	/* It goes on: the time for the answer begins anew. */
	if (n > 0)
		httpq_timer_progress(conn, false);
	if (conn->body == HTTPQ_CONN_BODY_DONE)
		args->out_flags = body_flags(req);
	httpq_conn_run(conn, sk);
out_unlock:
	httpq_conn_unlock(conn, sk, slow);
	return n;
}

static int read_sleep(const struct httpq_worker *worker,
		      struct httpq_request *req, u64 id)
{
	struct httpq_conn *conn = req->conn;

	return wait_event_interruptible(req->wait,
					!READ_ONCE(conn->want_body) ||
					READ_ONCE(conn->req) != req ||
					!httpq_held_is(req, worker, id)) ?
	       -EINTR : 0;
}

/* Bytes were lost on their way to the worker: there must be no hole. */
static void read_lost(struct httpq_request *req)
{
	struct httpq_conn *conn = req->conn;
	struct sock *sk;
	bool slow;

	sk = httpq_conn_lock(conn, &slow);
	if (!sk)
		return;
	if (conn->req == req)
		conn->body = HTTPQ_CONN_BODY_BROKEN;
	httpq_conn_unlock(conn, sk, slow);
}

/* Fills the worker's buffer with what there is; sleeps only for the first. */
static int read_loop(const struct httpq_worker *worker,
		     struct httpq_request *req, struct httpq_body *args,
		     u8 *buf, size_t size, bool nonblock)
{
	u8 want = nonblock ? HTTPQ_WANT_EVENT : HTTPQ_WANT_WAKE;
	u8 __user *to = u64_to_user_ptr(args->buf);
	int n;

	while (args->out_len < args->buf_len &&
	       !(args->out_flags & HTTPQ_BODY_EOF)) {
		n = read_once(worker, req, args, buf,
			      min_t(size_t, size,
				    args->buf_len - args->out_len),
			      args->out_len ? HTTPQ_WANT_NOTHING : want);
		if (n == -EAGAIN && !args->out_len && !nonblock) {
			n = read_sleep(worker, req, args->id);
			if (n)
				return n;
			continue;
		}
		if (n < 0)
			return args->out_len ? 0 : n;
		if (copy_to_user(to + args->out_len, buf, n)) {
			read_lost(req);
			return -EFAULT;
		}
		args->out_len += n;
	}
	return 0;
}

/**
 * httpq_body_read - read a part of a body for a worker
 * @worker: handle
 * @req: request that it holds
 * @args: what HTTPQ_IOC_READ_BODY was given; its out_* are set
 * @nonblock: don't wait for the client
 *
 * Context: process, no locks; sleeps for user memory and for the client.
 * Return: 0, or what struct httpq_body lists. After -EFAULT bytes are lost
 * and the body can't be read on.
 */
int httpq_body_read(const struct httpq_worker *worker,
		    struct httpq_request *req, struct httpq_body *args,
		    bool nonblock)
{
	size_t size = min_t(size_t, args->buf_len, HTTPQ_BODY_CHUNK);
	u32 mark;
	u8 *buf;
	int err;

	args->out_len = 0;
	args->out_flags = 0;
	/* One that was made small has no connection. */
	if (READ_ONCE(req->state) == HTTPQ_REQUEST_ZOMBIE)
		return httpq_conn_request_errno(req);
	err = httpq_held_begin(req, worker, args->id, &req->reading, &mark);
	if (err)
		return err;
	err = -ENOMEM;
	buf = kvmalloc(max_t(size_t, size, 1), GFP_KERNEL_ACCOUNT);
	if (!buf)
		goto out_finish;
	err = read_loop(worker, req, args, buf, size, nonblock);
	kvfree(buf);
out_finish:
	httpq_held_finish(&req->reading, mark);
	return err;
}

static int trailers_copy(struct httpq_body *args, const u8 *data, u16 len,
			 const struct httpq_field *fields, u16 nr)
{
	const struct httpq_reply_head head = { .nr_fields = nr };
	u8 __user *to = u64_to_user_ptr(args->buf);
	size_t table = nr * sizeof(*fields);

	args->out_len = sizeof(head) + table + len;
	if (args->out_len > args->buf_len)
		return -EMSGSIZE;
	if (copy_to_user(to, &head, sizeof(head)) ||
	    copy_to_user(to + sizeof(head), fields, table) ||
	    copy_to_user(to + sizeof(head) + table, data, len))
		return -EFAULT;
	return 0;
}

/**
 * httpq_body_trailers - hand the trailers to a worker
 * @worker: handle
 * @req: request that it holds
 * @args: what HTTPQ_IOC_READ_BODY was given; its out_* are set
 *
 * Context: process, no locks.
 * Return: 0; -ENODATA (there are none, or the body is not read to its end),
 * -EMSGSIZE, -EBADMSG (too many), -EFAULT, -ENOMEM, -EALREADY, -ESTALE.
 */
int httpq_body_trailers(const struct httpq_worker *worker,
			struct httpq_request *req, struct httpq_body *args)
{
	u16 max = READ_ONCE(req->hn->limits.fields);
	struct httpq_field *fields;
	u32 mark;
	int n;

	args->out_len = 0;
	args->out_flags = 0;
	if (READ_ONCE(req->state) == HTTPQ_REQUEST_ZOMBIE)
		return httpq_conn_request_errno(req);
	/* The mark keeps a reader from adding to the section meanwhile. */
	n = httpq_held_begin(req, worker, args->id, &req->reading, &mark);
	if (n)
		return n;
	n = -ENODATA;
	if (READ_ONCE(req->conn->body) != HTTPQ_CONN_BODY_DONE)
		goto out_finish;
	args->out_flags = body_flags(req);
	if (!req->trailers_len)
		goto out_finish;
	n = -ENOMEM;
	fields = kcalloc(max, sizeof(*fields), GFP_KERNEL_ACCOUNT);
	if (!fields)
		goto out_finish;
	n = httpq_parse_trailers(req->trailers, req->trailers_len, fields, max);
	if (n >= 0)
		n = trailers_copy(args, req->trailers, req->trailers_len,
				  fields, n);
	else
		n = -EBADMSG;
	kfree(fields);
out_finish:
	httpq_held_finish(&req->reading, mark);
	return n;
}
