// SPDX-License-Identifier: GPL-2.0
/*
 * Responses of workers. All of a worker's memory is copied before the socket
 * is locked; what was true before, the lock may find changed, and then it is
 * the client that counts.
 */

#include <linux/slab.h>
#include <linux/uaccess.h>

#include "answer.h"
#include "batch.h"
#include "chunk.h"
#include "conn.h"
#include "held.h"
#include "net.h"
#include "queue.h"
#include "reply.h"
#include "request.h"
#include "respond.h"
#include "send.h"
#include "timer.h"
#include "trace.h"
#include "worker.h"

/* Heads up to this size are dealt with on the stack. */
#define HEAD_SMALL 384

/* The longest head a worker may hand in: a full table, full data. */
#define HEAD_BYTES_MAX (sizeof(struct httpq_reply_head) + HTTPQ_HEAD_MAX + \
			1000 * sizeof(struct httpq_field))

/* Framing of one chunk, and of the last one. */
#define CHUNK_OVERHEAD 32

/**
 * struct respond - one part of a response on its way
 * @worker: handle that sends it
 * @req: the request
 * @part: what the worker handed in
 * @head: copy of the head, or NULL
 * @reply: the same, checked
 * @frame: framing of the response; valid if @begins
 * @begins: the part has the head of the final response
 * @interim: the part is a 1xx head
 * @headed: an earlier pass has dealt with the head
 * @take: bytes of the body in this pass
 * @ends: this pass ends the response
 * @note: what the worker says for the record, or NULL
 * @want: enum httpq_conn_want, if there is no room for all
 * @small: where @head lies if it fits
 */
struct respond {
	const struct httpq_worker *worker;
	struct httpq_request *req;
	struct httpq_send *part;
	u8 *head;
	struct httpq_reply reply;
	struct httpq_reply_frame frame;
	bool begins;
	bool interim;
	bool headed;
	u32 take;
	bool ends;
	struct httpq_request_note *note;
	u8 want;
	u8 small[HEAD_SMALL] __aligned(8);
};

static int head_copy(struct respond *r)
{
	const struct httpq_send *part = r->part;
	u32 len = part->head_len;

	if (!len)
		return part->head ? -EINVAL : 0;
	if (len < sizeof(struct httpq_reply_head) || len > HEAD_BYTES_MAX)
		return -EINVAL;
	r->head = r->small;
	if (len > sizeof(r->small))
		r->head = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!r->head)
		return -ENOMEM;
	if (copy_from_user(r->head, u64_to_user_ptr(part->head), len))
		return -EFAULT;
	return httpq_reply_check(&r->reply, r->head, len);
}

static void head_free(struct respond *r)
{
	if (r->head != r->small)
		kvfree(r->head);
}

static bool note_valid(const struct httpq_request_note *note, u32 len)
{
	const struct httpq_log_data *data = &note->data;

	return !data->__reserved && data->user_len <= HTTPQ_LOG_TEXT_MAX &&
	       data->note_len <= HTTPQ_LOG_TEXT_MAX &&
	       sizeof(*data) + data->user_len + data->note_len == len;
}

static int note_copy(struct respond *r)
{
	const struct httpq_send *part = r->part;
	u32 len = part->log_len;

	if (!len)
		return part->log ? -EINVAL : 0;
	if (len < sizeof(struct httpq_log_data) ||
	    len > sizeof(struct httpq_log_data) + 2 * HTTPQ_LOG_TEXT_MAX)
		return -EINVAL;
	r->note = kmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!r->note)
		return -ENOMEM;
	if (copy_from_user(r->note, u64_to_user_ptr(part->log), len))
		return -EFAULT;
	return note_valid(r->note, len) ? 0 : -EINVAL;
}

/*
 * The record has it from now on. The first one stays: who ends the request, or
 * looks at a zombie, may be reading it already.
 */
static void note_keep(struct respond *r)
{
	if (!cmpxchg(&r->req->note, NULL, r->note))
		r->note = NULL;
}

/* Whether the connection can go on after this response. */
static bool keeps_alive(const struct respond *r)
{
	return !(r->part->flags & HTTPQ_SEND_DISCONNECT) &&
	       httpq_conn_persists(r->req->conn);
}

/* What kind of part it is, and whether it is one at all. */
static int classify(struct respond *r)
{
	const struct httpq_send *part = r->part;
	const struct httpq_parse *p = &r->req->parse;
	u16 status = r->head ? r->reply.status : 0;
	bool trailers = part->flags & HTTPQ_SEND_TRAILERS;
	bool begun = r->req->conn->begun;

	if (trailers)
		return !r->head || status || !begun ||
		       part->flags & HTTPQ_SEND_MORE ? -EINVAL : 0;
	if (!r->head)
		return begun ? 0 : -EINVAL;
	if (!status || begun)
		return -EINVAL;

	r->interim = status < 200;
	r->begins = !r->interim;
	r->frame = (struct httpq_reply_frame) {
		.version = p->version,
		.head_request = p->method_id == HTTPQ_METHOD_HEAD,
		.keepalive = r->interim || keeps_alive(r),
		.more = part->flags & HTTPQ_SEND_MORE,
		.body_len = part->body_len,
	};
	return httpq_reply_frame(&r->reply, &r->frame);
}

static u8 framing_of(const struct respond *r)
{
	return r->begins ? r->frame.framing : r->req->conn->framing;
}

/* How much of the body goes with this pass, and whether it is the last. */
static int plan_pass(struct respond *r)
{
	const struct httpq_conn *conn = r->req->conn;
	const struct httpq_send *part = r->part;
	u64 left = part->body_len - part->out_len;
	u32 queued = READ_ONCE(conn->tx_bytes);
	u64 owed = r->begins ? r->frame.length : conn->reply_left;

	if (framing_of(r) == HTTPQ_REPLY_LENGTH && left > owed)
		return -EINVAL;
	if (framing_of(r) == HTTPQ_REPLY_NO_BODY) {
		/* To HEAD the body is only measured. */
		r->take = 0;
		r->part->out_len = part->body_len;
		left = 0;
	} else {
		u32 room = queued < HTTPQ_SEND_MAX ? HTTPQ_SEND_MAX - queued : 0;

		r->take = min_t(u64, left, room);
	}
	r->ends = r->take == left && !r->interim &&
		  !(part->flags & HTTPQ_SEND_MORE);
	return 0;
}

static int add_head(struct respond *r, struct httpq_batch *batch)
{
	u8 small[HEAD_SMALL + 256];
	size_t size = httpq_reply_size(&r->reply);
	u8 date[HTTPQ_DATE_LEN];
	u8 *out = small;
	int err;

	if (size > sizeof(small))
		out = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!out)
		return -ENOMEM;
	httpq_answer_date(date);
	size = httpq_reply_write(&r->reply, &r->frame, date, out);
	err = httpq_batch_add(batch, out, size);
	if (out != small)
		kvfree(out);
	return err;
}

static int add_trailers(struct respond *r, struct httpq_batch *batch)
{
	size_t size = httpq_reply_size(&r->reply);
	u8 *out = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	int err;

	if (!out)
		return -ENOMEM;
	size = httpq_reply_write_trailers(&r->reply, out);
	err = httpq_batch_add(batch, out, size);
	kvfree(out);
	return err;
}

static int add_last_chunk(struct respond *r, struct httpq_batch *batch)
{
	int err = httpq_batch_add(batch, "0\r\n", 3);

	if (err)
		return err;
	if (r->part->flags & HTTPQ_SEND_TRAILERS)
		return add_trailers(r, batch);
	return httpq_batch_add(batch, "\r\n", 2);
}

static int add_body(struct respond *r, struct httpq_batch *batch)
{
	const u8 __user *from = u64_to_user_ptr(r->part->body);
	bool chunked = framing_of(r) == HTTPQ_REPLY_CHUNKED;
	u8 size[18];
	int err = 0;

	if (r->take && chunked)
		err = httpq_batch_add(batch, size,
				      httpq_chunk_format_size(r->take, size));
	if (!err && r->take)
		err = httpq_batch_add_user(batch, from + r->part->out_len,
					   r->take);
	if (!err && r->take && chunked)
		err = httpq_batch_add(batch, "\r\n", 2);
	if (!err && r->ends && chunked)
		err = add_last_chunk(r, batch);
	return err;
}

static u32 batch_bound(const struct respond *r)
{
	u32 bytes = r->take + CHUNK_OVERHEAD;

	if (r->head)
		bytes += httpq_reply_size(&r->reply);
	return bytes;
}

/* Everything that leaves in this pass; NULL if that is nothing. */
static struct httpq_batch *build(struct respond *r)
{
	struct httpq_batch *batch;
	int err = 0;

	batch = httpq_batch_create(r->req->hn, batch_bound(r));
	if (IS_ERR(batch))
		return batch;
	/* RFC 9110 section 15.2: no interim responses to HTTP/1.0. */
	if (r->begins || (r->interim && r->frame.version > 10))
		err = add_head(r, batch);
	if (!err)
		err = add_body(r, batch);
	if (!err && batch->left)
		return batch;
	httpq_batch_free(r->req->hn, batch);
	return err ? ERR_PTR(err) : NULL;
}

static void commit_frame(struct respond *r)
{
	struct httpq_conn *conn = r->req->conn;

	if (r->begins) {
		trace_httpq_reply(conn->id, r->req->id, r->reply.status,
				  r->frame.framing);
		conn->begun = true;
		r->req->status = r->reply.status;
		r->req->bodyless = r->frame.framing == HTTPQ_REPLY_NO_BODY;
		conn->framing = r->frame.framing;
		conn->reply_left = r->frame.length;
		conn->keepalive &= r->frame.keepalive;
	} else if (r->interim) {
		conn->touched = true;
		conn->expect &= r->reply.status != 100;
	}
	if (r->part->flags & HTTPQ_SEND_DISCONNECT)
		conn->keepalive = false;
	if (conn->framing == HTTPQ_REPLY_LENGTH && conn->begun)
		conn->reply_left -= r->take;
}

/* The response is complete, or as complete as it will be. */
static void commit_end(struct respond *r)
{
	struct httpq_conn *conn = r->req->conn;

	note_keep(r);
	if (conn->framing != HTTPQ_REPLY_LENGTH || !conn->reply_left) {
		httpq_conn_end_reply(conn);
		return;
	}
	/* The record is made before the request leaves the handle. */
	r->req->last_call = READ_ONCE(r->worker->last_call);
	r->req->last_call_at = READ_ONCE(r->worker->last_call_at);
	httpq_conn_break(conn, HTTPQ_LOG_REASON_ABANDONED_QUEUE);
}

/* All that the client waits for is there, but the worker says more follows. */
static bool is_complete(const struct respond *r)
{
	const struct httpq_conn *conn = r->req->conn;

	if (!conn->begun || r->part->out_len + r->take < r->part->body_len)
		return false;
	return conn->framing == HTTPQ_REPLY_NO_BODY ||
	       (conn->framing == HTTPQ_REPLY_LENGTH && !conn->reply_left);
}

/* Before the frame is committed: @keepalive is as it was. */
static void commit_hold(struct respond *r, bool idle)
{
	u32 hold = READ_ONCE(r->req->queue->hold_bytes);
	struct httpq_conn *conn = r->req->conn;

	if (r->begins && hold && idle) {
		conn->held_keepalive = conn->keepalive;
		conn->held = true;
	}
	if (conn->tx_bytes > hold || r->part->flags & HTTPQ_SEND_FLUSH)
		conn->held = false;
}

static void commit_part(struct respond *r, struct httpq_batch *batch)
{
	struct httpq_conn *conn = r->req->conn;
	bool idle = list_empty(&conn->tx);

	if (batch) {
		r->req->sent += batch->left;
		httpq_send_queue(conn, batch);
	}
	commit_hold(r, idle);
	commit_frame(r);
	httpq_timer_progress(conn, true);
	if (r->ends)
		commit_end(r);
	else if (is_complete(r))
		httpq_conn_outlived(conn);
	else if (r->part->out_len + r->take < r->part->body_len)
		WRITE_ONCE(conn->want_space, r->want);
}

static int commit(struct respond *r, struct httpq_batch *batch)
{
	struct httpq_request *req = r->req;
	struct httpq_conn *conn = req->conn;
	struct sock *sk;
	bool slow;
	int err = 0;

	sk = httpq_conn_lock(conn, &slow);
	if (!sk)
		return httpq_conn_request_errno(req);
	if (conn->req != req || !httpq_held_is(req, r->worker, r->part->id)) {
		err = httpq_conn_request_errno(req);
	} else {
		commit_part(r, batch);
		httpq_conn_run(conn, sk);
	}
	httpq_conn_unlock(conn, sk, slow);
	return err;
}

/* As much as there is room for. */
static int respond_pass(struct respond *r)
{
	struct httpq_batch *batch;
	int err;

	err = plan_pass(r);
	if (err)
		return err;
	batch = build(r);
	if (IS_ERR(batch))
		return PTR_ERR(batch) == -ENOBUFS ? -ENOMEM : PTR_ERR(batch);
	err = commit(r, batch);
	if (err) {
		if (batch)
			httpq_batch_free(r->req->hn, batch);
		return err;
	}
	r->part->out_len += r->take;
	r->begins = false;
	r->interim = false;
	r->headed = true;
	return r->part->out_len < r->part->body_len ? -EAGAIN : 0;
}

static int respond_sleep(const struct respond *r)
{
	struct httpq_request *req = r->req;
	struct httpq_conn *conn = req->conn;

	return wait_event_interruptible(req->wait,
					!READ_ONCE(conn->want_space) ||
					READ_ONCE(conn->req) != req ||
					!httpq_held_is(req, r->worker,
						       r->part->id)) ?
	       -EINTR : 0;
}

static int respond_loop(struct respond *r, bool nonblock)
{
	bool some = false;
	int err;

	for (;;) {
		bool head = r->begins || r->interim;

		err = respond_pass(r);
		some |= head || r->take;
		if (err != -EAGAIN)
			return err;
		/* What was taken was taken: the worker sees @out_len. */
		if (nonblock)
			return some ? 0 : -EAGAIN;
		err = respond_sleep(r);
		if (err)
			return some ? 0 : err;
	}
}

/* What is left to say of a response that is out but for its end. */
static int respond_owed(struct respond *r)
{
	const struct httpq_send *part = r->part;

	if (r->head && !(part->flags & HTTPQ_SEND_TRAILERS))
		return -EINVAL;
	if (part->body_len && !r->req->bodyless)
		return -EINVAL;
	r->part->out_len = part->body_len;
	return 0;
}

/* What is thrown away: nobody is there to read it. */
static int respond_unheard(struct respond *r)
{
	u16 status = r->head && !r->headed ? r->reply.status : 0;
	struct httpq_request *req = r->req;

	if (status >= 200 && req->status && !r->begins)
		return -EINVAL;
	if (status >= 200)
		req->status = status;
	if (!req->status && status < 100)
		return -EINVAL;
	r->interim = status && status < 200;
	r->part->out_len = r->part->body_len;
	return -ECONNRESET;
}

/* The connection is gone, or went on: only the record wants to know. */
static int respond_late(struct respond *r, bool *ended)
{
	struct httpq_request *req = r->req;
	int err;

	/* Who lost it to another handle has no say in how it ends there. */
	if (!httpq_held_is(req, r->worker, r->part->id))
		return -ESTALE;
	if (READ_ONCE(req->state) != HTTPQ_REQUEST_ZOMBIE) {
		*ended = true;
		return -ECONNRESET;
	}
	err = req->zombie_why == HTTPQ_ZOMBIE_END_OWED ? respond_owed(r) :
							 respond_unheard(r);
	if (err && err != -ECONNRESET)
		return err;
	if (!(r->part->flags & HTTPQ_SEND_MORE) && !r->interim) {
		note_keep(r);
		*ended = true;
	}
	return err;
}

static int respond_now(struct respond *r, bool nonblock, bool *ended)
{
	int err = head_copy(r) ?: note_copy(r);

	if (err)
		return err;
	if (READ_ONCE(r->req->state) == HTTPQ_REQUEST_ZOMBIE)
		return respond_late(r, ended);
	/* Only a first look, for the better error; commit() decides. */
	if (READ_ONCE(r->req->conn->req) != r->req)
		err = httpq_conn_request_errno(r->req);
	if (!err)
		err = classify(r);
	if (!err)
		err = respond_loop(r, nonblock);
	if (err == -ECONNRESET)
		return respond_late(r, ended);
	*ended = !err && r->ends;
	return err;
}

/**
 * httpq_respond - take a response, or a part of one, from a worker
 * @worker: handle
 * @req: request that it holds
 * @part: what it handed in; out_len is set
 * @nonblock: take what there is room for and return
 * @ended: result: the response is complete, and the request with it; also if
 *	the client did not wait for that
 *
 * Context: process, no locks; sleeps for user memory and, unless @nonblock,
 * for the client.
 * Return: 0, or what struct httpq_send lists.
 */
int httpq_respond(const struct httpq_worker *worker, struct httpq_request *req,
		  struct httpq_send *part, bool nonblock, bool *ended)
{
	struct respond r;
	u32 mark;
	int err;

	r.worker = worker;
	r.req = req;
	r.part = part;
	r.head = NULL;
	r.note = NULL;
	r.begins = false;
	r.interim = false;
	r.headed = false;
	r.ends = false;
	r.want = nonblock ? HTTPQ_WANT_EVENT : HTTPQ_WANT_WAKE;
	part->out_len = 0;
	*ended = false;
	if (part->flags & ~HTTPQ_SEND_ALL || part->__reserved ||
	    part->__reserved2)
		return -EOPNOTSUPP;
	err = httpq_held_begin(req, worker, part->id, &req->sending, &mark);
	if (err)
		return err;
	err = respond_now(&r, nonblock, ended);
	if (err)
		trace_httpq_reply_err(req->conn_id, part->id, err);
	kfree(r.note);
	head_free(&r);
	httpq_held_finish(&req->sending, mark);
	return err;
}
