// SPDX-License-Identifier: GPL-2.0
/* Requests: memory, growth while the head arrives, the form for workers. */

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "fault.h"
#include "net.h"
#include "queue.h"
#include "record.h"
#include "request.h"
#include "route.h"

static void *request_memory(u32 size, gfp_t gfp)
{
	if (httpq_fault(HTTPQ_FAULT_REQUEST))
		return NULL;
	return kmalloc(size, gfp | __GFP_NOWARN);
}

static struct httpq_request *request_alloc(struct httpq_net *hn, u32 size,
					   gfp_t gfp)
{
	struct httpq_request *req;

	size = kmalloc_size_roundup(size);
	if (!httpq_net_admit(hn, size))
		return NULL;
	req = request_memory(size, gfp);
	if (!req) {
		httpq_net_uncharge(hn, size);
		httpq_stats_inc(hn->stats, no_memory);
		return NULL;
	}
	req->size = size;
	return req;
}

static void request_unlinked(struct httpq_request *req)
{
	INIT_LIST_HEAD(&req->node);
	INIT_LIST_HEAD(&req->event_node);
	INIT_LIST_HEAD(&req->zombie_node);
	init_waitqueue_head(&req->wait);
}

static void request_free(struct httpq_request *req)
{
	httpq_net_uncharge(req->hn, req->size);
	kfree(req);
}

/**
 * httpq_request_create - a request whose head is about to arrive
 * @conn: its connection; the request takes over the caller's reference
 * @hn: namespace that it is charged to; @conn pins it
 * @ops: how the floors below reach @conn
 * @gfp: allocation flags
 *
 * Context: any that @gfp allows.
 * Return: the request with one reference, or NULL (no memory, or over the
 * limit of the namespace; both are counted).
 */
struct httpq_request *
httpq_request_create(struct httpq_conn *conn, struct httpq_net *hn,
		     const struct httpq_request_ops *ops, gfp_t gfp)
{
	struct httpq_request *req;
	u32 size;

	req = request_alloc(hn, HTTPQ_REQUEST_MIN, gfp);
	if (!req)
		return NULL;
	size = req->size;
	memset(req, 0, sizeof(*req));
	req->size = size;
	req->hn = hn;
	req->conn = conn;
	req->ops = ops;
	req->max_fields = HTTPQ_FIELDS_MIN;
	refcount_set(&req->refs, 1);
	request_unlinked(req);
	httpq_parse_init(&req->parse);
	return req;
}

/**
 * httpq_request_set_state - something happens to a request
 * @req: request
 * @event: enum httpq_lifecycle_request that its state allows
 *
 * Context: any, under the lock that guards the state, see there.
 */
void httpq_request_set_state(struct httpq_request *req, u8 event)
{
	u8 to = httpq_lifecycle_request(req->state, event);

	if (WARN_ON_ONCE(to == HTTPQ_LIFECYCLE_NONE))
		return;
	/* Pairs with smp_load_acquire() in the timer, which wants @active. */
	smp_store_release(&req->state, to);
}

/**
 * httpq_request_room - bytes that fit behind the data
 * @req: request
 *
 * Context: any.
 * Return: the number of bytes, at most what 16-bit offsets can name.
 */
u32 httpq_request_room(const struct httpq_request *req)
{
	u32 end = httpq_request_data(req) - (u8 *)req;
	u32 room = min_t(u32, req->size - end, HTTPQ_HEAD_MAX);

	return room - req->data_len;
}

/* Nobody else knows a NEW request, so it can move. */
static int request_move(struct httpq_request **old, u16 max_fields, u32 data,
			gfp_t gfp)
{
	struct httpq_request *from = *old;
	struct httpq_request *to;
	u32 size;

	data = max_t(u32, data, from->data_len);
	to = request_alloc(from->hn, struct_size(from, fields, max_fields) +
			   data, gfp);
	if (!to)
		return -ENOMEM;

	size = to->size;
	memcpy(to, from, struct_size(from, fields, from->parse.nr_fields));
	to->size = size;
	to->max_fields = max_fields;
	memcpy(httpq_request_data(to), httpq_request_data(from),
	       from->data_len);
	request_unlinked(to);
	request_free(from);
	*old = to;
	return 0;
}

/**
 * httpq_request_grow_data - make room for more of the head
 * @req: a NEW request; may move
 * @data: bytes of data there is to be room for in all
 * @gfp: allocation flags
 *
 * Context: the socket lock of its connection.
 * Return: 0; -ENOMEM, and the request is as it was.
 */
int httpq_request_grow_data(struct httpq_request **req, u32 data, gfp_t gfp)
{
	return request_move(req, (*req)->max_fields, data, gfp);
}

/**
 * httpq_request_grow_fields - double the field table
 * @req: a NEW request; may move
 * @gfp: allocation flags
 *
 * Context: the socket lock of its connection.
 * Return: 0; -ENOMEM, and the request is as it was.
 */
int httpq_request_grow_fields(struct httpq_request **req, gfp_t gfp)
{
	u32 room = (*req)->data_len + httpq_request_room(*req);

	return request_move(req, 2 * (*req)->max_fields, room, gfp);
}

/**
 * httpq_request_get - take a reference
 * @req: request, held by the caller
 *
 * Context: any.
 * Return: @req.
 */
struct httpq_request *httpq_request_get(struct httpq_request *req)
{
	refcount_inc(&req->refs);
	return req;
}

/**
 * httpq_request_put - drop a reference
 * @req: request
 *
 * Context: any. The connection's structure and the binding are let go with
 * the last reference.
 */
void httpq_request_put(struct httpq_request *req)
{
	const struct httpq_request_ops *ops = req->ops;
	struct httpq_conn *conn = req->conn;
	struct httpq_net *hn = req->hn;

	if (!refcount_dec_and_test(&req->refs))
		return;
	/* Guarantee G4: nobody forgets a record. */
	WARN_ON_ONCE(req->owed);
	if (req->trailers) {
		httpq_net_uncharge(hn, req->trailers_size);
		kfree(req->trailers);
	}
	kfree(req->note);
	if (req->binding)
		httpq_binding_put(req->binding);
	request_free(req);
	/* Last: this pins the account that was credited. */
	if (conn)
		ops->put_conn(conn);
	else
		httpq_net_put(hn);
}

/* What a record tells of a head. */
static const u16 kept_fields[] = {
	HTTPQ_FIELD_USER_AGENT, HTTPQ_FIELD_REFERER,
};

static const struct httpq_field *find_field(const struct httpq_request *req,
					    u16 id)
{
	unsigned int i;

	for (i = 0; i < req->parse.nr_fields; i++)
		if (req->fields[i].id == id)
			return &req->fields[i];
	return NULL;
}

static void keep_text(const struct httpq_request *from,
		      struct httpq_request *to, u16 *off, u16 *len)
{
	u8 *data = httpq_request_data(to);

	*len = min_t(u32, *len, httpq_request_room(to));
	memcpy(data + to->data_len, httpq_request_data(from) + *off, *len);
	*off = to->data_len;
	to->data_len += *len;
}

static void keep_fields(const struct httpq_request *from,
			struct httpq_request *to)
{
	const struct httpq_field *field;
	struct httpq_field *kept;
	unsigned int i;

	to->parse.nr_fields = 0;
	for (i = 0; i < ARRAY_SIZE(kept_fields); i++) {
		field = find_field(from, kept_fields[i]);
		if (!field)
			continue;
		kept = &to->fields[to->parse.nr_fields++];
		*kept = *field;
		kept->name_len = 0;
		keep_text(from, to, &kept->value_off, &kept->value_len);
	}
}

static u32 kept_size(const struct httpq_request *req)
{
	const struct httpq_parse *p = &req->parse;
	u32 size = p->method.len + p->target.len + p->host.len;
	const struct httpq_field *field;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kept_fields); i++) {
		field = find_field(req, kept_fields[i]);
		if (field)
			size += field->value_len;
	}
	return size + struct_size(req, fields, ARRAY_SIZE(kept_fields));
}

/**
 * httpq_request_shrink - a copy that has what the record needs and no more
 * @req: zombie, held by the caller
 * @gfp: allocation flags
 *
 * The copy has one reference, no connection, and is in no list. What @req has
 * a reference on is still @req's: see httpq_request_replaced().
 *
 * Context: any that @gfp allows.
 * Return: the copy, or NULL if it would not be smaller, or for want of memory.
 */
struct httpq_request *httpq_request_shrink(const struct httpq_request *req,
					   gfp_t gfp)
{
	struct httpq_request *to;
	u32 size;

	size = kept_size(req);
	if (kmalloc_size_roundup(size) >= req->size)
		return NULL;
	to = request_alloc(req->hn, size, gfp);
	if (!to)
		return NULL;
	size = to->size;
	memcpy(to, req, sizeof(*to));
	to->size = size;
	to->max_fields = ARRAY_SIZE(kept_fields);
	to->data_len = 0;
	request_unlinked(to);
	refcount_set(&to->refs, 1);
	keep_text(req, to, &to->parse.method.off, &to->parse.method.len);
	keep_text(req, to, &to->parse.target.off, &to->parse.target.len);
	keep_text(req, to, &to->parse.host.off, &to->parse.host.len);
	keep_fields(req, to);
	to->path.len = 0;
	to->parse.path.len = 0;
	to->parse.query.len = 0;
	to->trailers = NULL;
	to->trailers_len = 0;
	to->conn = NULL;
	return to;
}

/**
 * httpq_request_forget - undo httpq_request_shrink()
 * @to: the copy, which nobody was given
 *
 * Context: any.
 */
void httpq_request_forget(struct httpq_request *to)
{
	request_free(to);
}

/**
 * httpq_request_replaced - a smaller copy takes the place of a zombie
 * @req: zombie that only the caller still knows; the table's reference goes
 * @to: the copy; takes over what @req refers to but for the connection
 *
 * Context: any.
 */
void httpq_request_replaced(struct httpq_request *req,
			    struct httpq_request *to)
{
	httpq_net_get(req->hn);
	req->owed = false;
	req->note = NULL;
	req->binding = NULL;
	httpq_request_put(req);
}

/**
 * httpq_request_end - something but its worker's answer ends a request
 * @req: request that the caller took out of its container
 * @cause: enum httpq_cause
 *
 * Context: process, no locks.
 * Return: true if it is to go back to its queue, which is left to the caller.
 */
bool httpq_request_end(struct httpq_request *req, u8 cause)
{
	struct httpq_facts facts = {
		.cause = cause,
		.progress = req->progress,
		.client_gone = true,
	};

	if (req->conn)
		return req->ops->end(req, cause);
	httpq_record_failed(req, httpq_lifecycle_fate(&facts).reason, 0);
	return false;
}

/* The data behind the table begin aligned. */
static u32 fields_size(const struct httpq_request *req)
{
	return ALIGN(req->parse.nr_fields * sizeof(struct httpq_field), 8);
}

/**
 * httpq_request_head_size - bytes that a worker's buffer needs
 * @req: request, complete
 *
 * Context: any.
 * Return: the size of the flat form, see struct httpq_request_head.
 */
size_t httpq_request_head_size(const struct httpq_request *req)
{
	return sizeof(struct httpq_request_head) + fields_size(req) +
	       req->data_len;
}

static u32 head_flags(const struct httpq_request *req)
{
	const struct httpq_parse *p = &req->parse;
	u32 flags = 0;

	if (p->flags & HTTPQ_PARSE_F_CHUNKED)
		flags |= HTTPQ_REQUEST_BODY | HTTPQ_REQUEST_CHUNKED;
	else if (p->flags & HTTPQ_PARSE_F_LENGTH && p->content_length)
		flags |= HTTPQ_REQUEST_BODY;
	if (p->flags & HTTPQ_PARSE_F_CONTINUE)
		flags |= HTTPQ_REQUEST_CONTINUE;
	if (p->flags & HTTPQ_PARSE_F_KEEPALIVE)
		flags |= HTTPQ_REQUEST_KEEPALIVE;
	if (p->flags & HTTPQ_PARSE_F_UPGRADE)
		flags |= HTTPQ_REQUEST_UPGRADE;
	return flags;
}

static u64 head_length(const struct httpq_parse *p)
{
	if (p->flags & HTTPQ_PARSE_F_CHUNKED)
		return HTTPQ_LENGTH_UNKNOWN;
	if (p->flags & HTTPQ_PARSE_F_LENGTH)
		return p->content_length;
	return 0;
}

/**
 * httpq_request_head_fill - the fixed part of the flat form
 * @req: request, complete
 * @id: its name for the worker
 * @head: filled
 *
 * The field table and the data follow as they lie in the request.
 *
 * Context: any.
 */
void httpq_request_head_fill(const struct httpq_request *req, u64 id,
			     struct httpq_request_head *head)
{
	const struct httpq_parse *p = &req->parse;

	*head = (struct httpq_request_head) {
		.size = httpq_request_head_size(req),
		.flags = head_flags(req),
		.id = id,
		.context = req->binding->context,
		.content_length = head_length(p),
		.queued_ns = ktime_get_ns() - req->queued,
		.fields_off = sizeof(*head),
		.data_off = sizeof(*head) + fields_size(req),
		.data_len = req->data_len,
		.nr_fields = p->nr_fields,
		.method_id = p->method_id,
		.version = p->version,
		.method = p->method,
		.target = p->target,
		.path = req->path,
		.query = p->query,
		.host = p->host,
		.redelivered = req->redelivered,
		.conn_id = req->conn_id,
		.local = req->local,
		.remote = req->remote,
	};
}
