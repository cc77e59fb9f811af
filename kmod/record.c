// SPDX-License-Identifier: GPL-2.0
/*
 * Records: what is known of a request when nothing more will come of it. A
 * request has one, whoever makes it: see struct httpq_request.
 */

#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "log.h"
#include "net.h"
#include "queue.h"
#include "record.h"
#include "request.h"
#include "route.h"
#include "trace.h"

static const u8 parse_reasons[HTTPQ_PARSE_CAUSE_NR] = {
#define ON(cause, reason) \
	[HTTPQ_PARSE_CAUSE_##cause] = HTTPQ_LOG_REASON_##reason
	ON(NONE, INTERNAL),
	ON(REQUEST_LINE, BAD_REQUEST),
	ON(METHOD, VERB),
	ON(TARGET, URL),
	ON(TARGET_LENGTH, URL_LENGTH),
	ON(VERSION, BAD_REQUEST),
	ON(VERSION_UNSUPPORTED, VERSION),
	ON(CONNECT, NOT_IMPLEMENTED),
	ON(LINE_END, LINE_END),
	ON(FIELD_NAME, HEADER),
	ON(FIELD_VALUE, HEADER),
	ON(FOLDING, HEADER),
	ON(FIELD_LENGTH, FIELD_LENGTH),
	ON(FIELD_COUNT, REQUEST_LENGTH),
	ON(HEAD_LENGTH, REQUEST_LENGTH),
	ON(HOST, HOSTNAME),
	ON(CONTENT_LENGTH, NUMBER),
	ON(FRAMING, BAD_REQUEST),
	ON(TRANSFER_CODING, NOT_IMPLEMENTED),
	ON(EXPECT, HEADER),
#undef ON
};

/**
 * httpq_record_parse_reason - what the log calls the fault of a head
 * @cause: why it was refused
 *
 * Context: any.
 * Return: enum httpq_log_reason.
 */
u8 httpq_record_parse_reason(enum httpq_parse_cause cause)
{
	return parse_reasons[cause];
}

/**
 * httpq_record_reason - what the log calls it
 * @req: request
 * @reason: enum httpq_log_reason
 *
 * Two of them have another name for a queue that httpq-pool runs.
 *
 * Context: any.
 * Return: enum httpq_log_reason.
 */
u8 httpq_record_reason(const struct httpq_request *req, u8 reason)
{
	const struct httpq_queue *queue = req->queue;

	if (!queue || !READ_ONCE(queue->pool))
		return reason;
	switch (reason) {
	case HTTPQ_LOG_REASON_ABANDONED_QUEUE:
		return HTTPQ_LOG_REASON_ABANDONED_POOL;
	case HTTPQ_LOG_REASON_TIMER_QUEUE:
		return READ_ONCE(queue->nr_active) ?
		       HTTPQ_LOG_REASON_APP_POOL_TIMER :
		       HTTPQ_LOG_REASON_TIMER_POOL;
	}
	return reason;
}

static struct httpq_log_text text_at(const struct httpq_request *req, u16 off,
				     u16 len)
{
	return (struct httpq_log_text){ httpq_request_data(req) + off, len };
}

static void entry_fields(const struct httpq_request *req,
			 struct httpq_log_entry *entry)
{
	const struct httpq_field *field = req->fields;
	unsigned int i;

	for (i = 0; i < req->parse.nr_fields; i++, field++) {
		if (field->id == HTTPQ_FIELD_USER_AGENT)
			entry->agent = text_at(req, field->value_off,
					       field->value_len);
		else if (field->id == HTTPQ_FIELD_REFERER)
			entry->referer = text_at(req, field->value_off,
						 field->value_len);
	}
}

static void entry_line(const struct httpq_request *req,
		       struct httpq_log_entry *entry)
{
	const struct httpq_parse *p = &req->parse;

	entry->record.version = p->version;
	entry->method = text_at(req, p->method.off, p->method.len);
	entry->target = text_at(req, p->target.off, p->target.len);
	entry->host = text_at(req, p->host.off, p->host.len);
	entry_fields(req, entry);
}

static void entry_route(const struct httpq_request *req,
			struct httpq_log_entry *entry)
{
	const struct httpq_binding *binding = req->binding;
	const struct httpq_queue *queue = req->queue;

	if (!binding)
		return;
	entry->record.site = binding->site;
	entry->prefix = (struct httpq_log_text){ binding->text,
						 strlen(binding->text) };
	entry->queue = (struct httpq_log_text){ queue->name,
						strlen(queue->name) };
}

static void entry_note(const struct httpq_request *req,
		       struct httpq_log_entry *entry)
{
	const struct httpq_request_note *note = req->note;

	if (!note)
		return;
	entry->record.substatus = note->data.substatus;
	entry->user = (struct httpq_log_text){ note->text,
					       note->data.user_len };
	entry->note = (struct httpq_log_text){ note->text + note->data.user_len,
					       note->data.note_len };
}

static void entry_worker(const struct httpq_request *req,
			 struct httpq_log_record *record)
{
	record->worker_id = req->worker_id;
	record->pid = req->worker_pid;
	record->queued_ns = req->waited;
	if (!req->worker_id)
		return;
	/* One that went back to its queue has been counted already. */
	record->deliveries = req->redelivered +
			     (req->progress != HTTPQ_PROGRESS_UNREAD);
	if (record->deliveries > 1)
		record->flags |= HTTPQ_LOG_TAKEN_OVER;
}

static void entry_init(struct httpq_log_entry *entry,
		       const struct httpq_request *req, u8 kind, u16 flags)
{
	*entry = (struct httpq_log_entry){
		.record = {
			.kind = kind,
			.flags = flags,
			.taken_ns = ktime_get_ns() - req->started,
			.request_id = httpq_request_log_id(req),
			.cs_bytes = req->parse.pos + req->received,
			.sc_bytes = req->sent,
			.status = req->status,
			.local = req->local,
			.remote = req->remote,
		},
	};
	entry_line(req, entry);
	entry_route(req, entry);
	entry_note(req, entry);
	entry_worker(req, &entry->record);
}

/**
 * httpq_record_stage - how far a request came
 * @req: request; @progress says it
 *
 * Context: any.
 * Return: enum httpq_log_stage.
 */
u8 httpq_record_stage(const struct httpq_request *req)
{
	static const u8 stages[HTTPQ_PROGRESS_NR] = {
		[HTTPQ_PROGRESS_UNREAD] = HTTPQ_LOG_STAGE_QUEUED,
		[HTTPQ_PROGRESS_UNTOUCHED] = HTTPQ_LOG_STAGE_DELIVERED,
		[HTTPQ_PROGRESS_READING] = HTTPQ_LOG_STAGE_BODY,
		[HTTPQ_PROGRESS_BEGUN] = HTTPQ_LOG_STAGE_RESPONDING,
		[HTTPQ_PROGRESS_COMPLETE] = HTTPQ_LOG_STAGE_SENT,
	};

	return stages[req->progress];
}

static u8 owed_of(const struct httpq_request *req)
{
	switch (req->progress) {
	case HTTPQ_PROGRESS_COMPLETE:
		return HTTPQ_LOG_OWED_LOG_DATA;
	case HTTPQ_PROGRESS_BEGUN:
		return HTTPQ_LOG_OWED_RESPONSE;
	case HTTPQ_PROGRESS_UNREAD:
		return HTTPQ_LOG_OWED_NOTHING;
	}
	return HTTPQ_LOG_OWED_ANSWER;
}

static bool blames_worker(u8 reason)
{
	switch (reason) {
	case HTTPQ_LOG_REASON_DROPPED:
	case HTTPQ_LOG_REASON_DROPPED_LIST_FULL:
	case HTTPQ_LOG_REASON_ABANDONED_POOL:
	case HTTPQ_LOG_REASON_ABANDONED_QUEUE:
	case HTTPQ_LOG_REASON_TIMER_RESPONSE:
		return true;
	}
	return false;
}

/* Of the handle that had the request last. */
static void entry_last_call(const struct httpq_request *req,
			    struct httpq_log_record *record)
{
	if (!req->last_call)
		return;
	record->last_call = req->last_call;
	record->last_call_ms = jiffies_to_msecs(jiffies - req->last_call_at);
}

static void request_write(struct httpq_request *req,
			  struct httpq_log_entry *entry)
{
	if (WARN_ON_ONCE(!req->owed))
		return;
	req->owed = false;
	trace_httpq_record(entry->record.request_id, entry->record.kind,
			   entry->record.reason, entry->record.status);
	httpq_log_write(req->hn, entry);
}

/**
 * httpq_record_answered - a response came to its end
 * @req: request that a record is owed for
 * @flags: HTTPQ_LOG_*
 *
 * Context: any; who may, see struct httpq_request.
 */
void httpq_record_answered(struct httpq_request *req, u16 flags)
{
	struct httpq_log_entry entry;

	entry_init(&entry, req, HTTPQ_LOG_ACCESS, flags);
	entry.record.stage = HTTPQ_LOG_STAGE_SENT;
	request_write(req, &entry);
}

/**
 * httpq_record_failed - a request that a worker had, or was to have, failed
 * @req: request that a record is owed for; @progress says how far it came
 * @reason: enum httpq_log_reason
 * @flags: HTTPQ_LOG_*
 *
 * Context: any; who may, see struct httpq_request.
 */
void httpq_record_failed(struct httpq_request *req, u8 reason, u16 flags)
{
	struct httpq_log_entry entry;

	reason = httpq_record_reason(req, reason);
	entry_init(&entry, req, HTTPQ_LOG_ERROR, flags);
	entry.record.reason = reason;
	entry.record.stage = httpq_record_stage(req);
	if (blames_worker(reason)) {
		entry.record.owed = owed_of(req);
		entry_last_call(req, &entry.record);
	}
	request_write(req, &entry);
}

/**
 * httpq_record_refused - the kernel answered, and no worker has the request
 * @req: request that a record is owed for
 * @reason: enum httpq_log_reason
 * @status: what the client was told
 * @sent: bytes of that
 *
 * Those that no worker ever had are bounded in rate, since anybody can cause
 * them.
 *
 * Context: any; who may, see struct httpq_request.
 */
void httpq_record_refused(struct httpq_request *req, u8 reason, u16 status,
			  u32 sent)
{
	struct httpq_log_entry entry;

	entry_init(&entry, req, HTTPQ_LOG_ERROR, 0);
	entry.refusal = !req->worker_id;
	entry.record.reason = httpq_record_reason(req, reason);
	entry.record.status = status;
	entry.record.sc_bytes = sent;
	entry.record.stage = req->queue ? HTTPQ_LOG_STAGE_QUEUED :
					  HTTPQ_LOG_STAGE_HEAD;
	request_write(req, &entry);
}

/**
 * httpq_record_conn - a connection without a request was ended by us
 * @hn: namespace
 * @conn_id: its number, or 0
 * @local: our end
 * @remote: the client's end
 * @reason: enum httpq_log_reason
 * @status: what the client was told, or 0
 *
 * Context: any.
 */
void httpq_record_conn(struct httpq_net *hn, u32 conn_id,
		       const struct httpq_addr *local,
		       const struct httpq_addr *remote, u8 reason, u16 status)
{
	struct httpq_log_entry entry = {
		.refusal = true,
		.record = {
			.kind = HTTPQ_LOG_ERROR,
			.reason = reason,
			.status = status,
			.request_id = (u64)conn_id << 32,
			.stage = HTTPQ_LOG_STAGE_CONNECTION,
			.local = *local,
			.remote = *remote,
		},
	};

	httpq_log_write(hn, &entry);
}
