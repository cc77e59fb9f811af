// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel itself answers: refusals, and 100 (Continue). A refusal that
 * finds no memory comes from a page that was written when the module was
 * loaded: it has no Date, which RFC 9110 section 6.6.1 would have it carry.
 */

#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>

#include "answer.h"
#include "batch.h"
#include "conn.h"
#include "limits.h"
#include "reply.h"
#include "request.h"
#include "send.h"

#define ANSWER_BODY_MAX		64
#define ANSWER_MAX		512

static const u8 answer_data[] = "text/plain; charset=utf-8" HTTPQ_RETRY_AFTER;

#define TYPE_LEN (sizeof("text/plain; charset=utf-8") - 1)

static const struct httpq_field answer_fields[] = {
	{ .id = HTTPQ_FIELD_CONTENT_TYPE, .value_len = TYPE_LEN },
	{
		.id = HTTPQ_FIELD_RETRY_AFTER,
		.value_off = TYPE_LEN,
		.value_len = sizeof(HTTPQ_RETRY_AFTER) - 1,
	},
};

static const u16 reserve_status[] = {
	400, 404, 408, 413, 414, 417, 431, 501, 502, 503, 504, 505,
};

/* Written by httpq_answer_init(), then only read. */
static struct page *reserve_page;
static struct {
	u16 off;
	u16 head_len;
	u16 len;
} reserve_text[ARRAY_SIZE(reserve_status)];

static const u8 continue_text[] = "HTTP/1.1 100 Continue\r\n\r\n";
static u16 continue_off;

struct date_cache {
	s64 seconds;
	u8 text[HTTPQ_DATE_LEN];
};

static DEFINE_PER_CPU(struct date_cache, date_cache);

/**
 * httpq_answer_date - the current date
 * @date: IMF-fixdate
 *
 * Context: any but hard interrupts.
 */
void httpq_answer_date(u8 date[HTTPQ_DATE_LEN])
{
	s64 now = ktime_get_real_seconds();
	struct date_cache *cache;

	local_bh_disable();
	cache = this_cpu_ptr(&date_cache);
	if (cache->seconds != now) {
		cache->seconds = now;
		httpq_date_format(now, cache->text);
	}
	memcpy(date, cache->text, HTTPQ_DATE_LEN);
	local_bh_enable();
}

static u32 answer_body(u16 status, u8 body[ANSWER_BODY_MAX])
{
	return scnprintf(body, ANSWER_BODY_MAX, "%u %s\n", status,
			 httpq_reply_reason(status));
}

/* The whole answer; returns its length. */
static u32 answer_write(u16 status, const u8 *date,
			struct httpq_reply_frame *frame, u8 *out)
{
	const struct httpq_reply reply = {
		.status = status,
		.fields = answer_fields,
		.nr_fields = status == 503 ? 2 : 1,
		.data = answer_data,
		.data_len = sizeof(answer_data) - 1,
	};
	u8 body[ANSWER_BODY_MAX];
	u32 len, body_len;

	body_len = answer_body(status, body);
	frame->body_len = body_len;
	if (httpq_reply_frame(&reply, frame))
		return 0;
	len = httpq_reply_write(&reply, frame, date, out);
	if (frame->framing == HTTPQ_REPLY_LENGTH) {
		memcpy(out + len, body, body_len);
		len += body_len;
	}
	return len;
}

static bool answer_reserve(struct httpq_conn *conn, u16 status,
			   bool head_request)
{
	int i;

	/* In use only if an earlier answer still waits: then say nothing. */
	if (conn->tx_bytes)
		return false;
	for (i = 0; i < ARRAY_SIZE(reserve_status); i++) {
		if (reserve_status[i] != status)
			continue;
		httpq_batch_init_reserve(&conn->reserve, reserve_page,
					 reserve_text[i].off,
					 head_request ?
					 reserve_text[i].head_len :
					 reserve_text[i].len);
		httpq_send_queue(conn, &conn->reserve.batch);
		break;
	}
	return false;
}

/**
 * httpq_answer_queue - answer a request, or what was to become one
 * @conn: connection
 * @status: status code, at least 400
 * @head_request: the method was HEAD: no body
 * @keepalive: the connection may go on
 *
 * Context: any, under the socket lock; the caller runs the engine.
 * Return: whether the connection may go on; false as well if there was no
 * memory for more than the reserve.
 */
bool httpq_answer_queue(struct httpq_conn *conn, u16 status, bool head_request,
			bool keepalive)
{
	struct httpq_reply_frame frame = {
		.version = 11,
		.head_request = head_request,
		.keepalive = keepalive,
	};
	u8 date[HTTPQ_DATE_LEN];
	struct httpq_batch *batch;
	u8 text[ANSWER_MAX];
	u8 *data;
	u32 len;

	if (conn->req && conn->req->parse.version)
		frame.version = conn->req->parse.version;
	httpq_answer_date(date);
	len = answer_write(status, date, &frame, text);
	batch = httpq_batch_create_atomic(conn->hn, len, &data);
	if (!batch)
		return answer_reserve(conn, status, head_request);
	memcpy(data, text, len);
	httpq_send_queue(conn, batch);
	return keepalive;
}

/**
 * httpq_answer_continue - tell the client to send its body
 * @conn: connection that has not answered anything yet
 *
 * Context: any, under the socket lock; the caller runs the engine.
 * Return: false if there is no memory, which it takes only behind an interim
 * response that waits.
 */
bool httpq_answer_continue(struct httpq_conn *conn)
{
	const u32 len = sizeof(continue_text) - 1;
	struct httpq_batch *batch = &conn->reserve.batch;
	u8 *data;

	if (conn->tx_bytes) {
		batch = httpq_batch_create_atomic(conn->hn, len, &data);
		if (!batch)
			return false;
		memcpy(data, continue_text, len);
	} else {
		httpq_batch_init_reserve(&conn->reserve, reserve_page,
					 continue_off, len);
	}
	httpq_send_queue(conn, batch);
	return true;
}

/* An answer without Date: the line is cut out. */
static u32 reserve_write(u16 status, u8 *out)
{
	struct httpq_reply_frame frame = { .version = 11 };
	static const u8 date[HTTPQ_DATE_LEN] = "Thu, 01 Jan 1970 00:00:00 GMT";
	static const u8 name[] = "Date: ";
	const u32 cut = sizeof(name) - 1 + HTTPQ_DATE_LEN + 2;
	u32 len = answer_write(status, date, &frame, out);
	u8 *at;

	for (at = out; at + cut <= out + len; at++) {
		if (memcmp(at, name, sizeof(name) - 1))
			continue;
		memmove(at, at + cut, out + len - at - cut);
		return len - cut;
	}
	return len;
}

/**
 * httpq_answer_init - write the reserve
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int httpq_answer_init(void)
{
	u8 body[ANSWER_BODY_MAX];
	u16 off = 0;
	u8 *text;
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(reserve_status) * ANSWER_MAX >
		     2 * PAGE_SIZE - sizeof(continue_text));
	reserve_page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, 1);
	if (!reserve_page)
		return -ENOMEM;

	text = page_address(reserve_page);
	for (i = 0; i < ARRAY_SIZE(reserve_status); i++) {
		reserve_text[i].off = off;
		reserve_text[i].len = reserve_write(reserve_status[i],
						    text + off);
		reserve_text[i].head_len = reserve_text[i].len -
					   answer_body(reserve_status[i], body);
		off += reserve_text[i].len;
	}
	memcpy(text + off, continue_text, sizeof(continue_text));
	continue_off = off;
	return 0;
}

/**
 * httpq_answer_exit - undo httpq_answer_init()
 *
 * Context: module exit. What TCP still holds keeps its reference.
 */
void httpq_answer_exit(void)
{
	put_page(reserve_page);
}
