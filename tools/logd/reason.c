// SPDX-License-Identifier: GPL-2.0
/* Reasons and stages in words. Documentation/httpq.rst has them as a table. */
#include <linux/httpq_log.h>
#include <stddef.h>

#include "reason.h"

#define CLIENT	"nothing: the client has to be changed"
#define LIMIT	"raise the limit if the request is a legal one"

static const struct reason_words words[HTTPQ_LOG_REASON_NR] = {
#define ON(reason) [HTTPQ_LOG_REASON_##reason]
	ON(NONE) = { "there was no error", "nothing" },
	ON(APP_OFFLINE) = {
		"its queue is offline: the workers failed too often",
		"see why they fail, then httpq queue set NAME state running" },
	ON(APP_POOL_TIMER) = {
		"the workers of the pool were busy; none took it within net.httpq.queue_timeout_ms",
		"more workers, or see what they do: httpq worker show" },
	ON(APP_SHUTDOWN) = {
		"its queue was deleted, or the network namespace or the module ended, while it waited",
		"nothing if that was meant" },
	ON(BAD_REQUEST) = {
		"the request line, or the framing of the body, is malformed",
		CLIENT },
	ON(CLIENT_RESET) = {
		"the client left before a worker had the request",
		"nothing, unless it waited long: see the time in the queue" },
	ON(ABANDONED_POOL) = {
		"the worker of the pool crashed, left or gave it up",
		"see the log of httpq-pool: why did the worker end?" },
	ON(ABANDONED_QUEUE) = {
		"the worker crashed, left or gave it up, and it could not be delivered again",
		"see why the worker ended; httpq queue set NAME redeliver says what may be repeated" },
	ON(DROPPED) = {
		"its client was gone, or had all of the answer, and the worker did not finish within net.httpq.zombie_timeout_ms",
		"see what the worker waits for: it owes the end of each response, even if nobody reads it" },
	ON(DROPPED_LIST_FULL) = {
		"its client was gone, the worker had not finished, and more than net.httpq.zombies requests were in that state",
		"see what the workers wait for: httpq zombie show" },
	ON(CONN_LIMIT) = {
		"there were net.httpq.conns connections already", LIMIT },
	ON(CONNS_REFUSED) = {
		"there were net.httpq.conns and refused_conns connections already, or no memory for one more",
		LIMIT },
	ON(DISABLED) = {
		"its queue was stopped by an administrator",
		"httpq queue set NAME state running" },
	ON(ENTITY_TOO_LARGE) = {
		"its body is larger than net.httpq.body_bytes", LIMIT },
	ON(FIELD_LENGTH) = {
		"a field is longer than net.httpq.field_bytes", LIMIT },
	ON(FORBIDDEN) = { "this kernel does not write it", "nothing" },
	ON(HEADER) = {
		"a field's name or value is malformed, a field is folded, or Expect asks for more than 100-continue",
		CLIENT },
	ON(HOSTNAME) = {
		"Host is malformed, missing, repeated or contradicts the target",
		CLIENT },
	ON(INTERNAL) = {
		"the module met what it takes for impossible",
		"report it, with this record" },
	ON(LINE_END) = { "a CR or LF stands alone", CLIENT },
	ON(LENGTH_REQUIRED) = { "this kernel does not write it", "nothing" },
	ON(NOT_AVAILABLE) = {
		"there was no memory, or net.httpq.mem_kib was reached",
		"raise the limit, or see who holds the memory: httpq conn show" },
	ON(NOT_IMPLEMENTED) = {
		"CONNECT, or a transfer coding other than chunked", CLIENT },
	ON(NUMBER) = {
		"Content-Length or the size of a chunk is no number", CLIENT },
	ON(PRECONDITION) = { "this kernel does not write it", "nothing" },
	ON(QUEUE_FULL) = {
		"as many requests waited in its queue as may",
		"more workers, or httpq queue set NAME max-queued" },
	ON(REQUEST_LENGTH) = {
		"the head is longer than net.httpq.head_bytes, or has more than net.httpq.fields fields",
		LIMIT },
	ON(TIMER_POOL) = {
		"the pool had no active worker for net.httpq.queue_timeout_ms",
		"see the log of httpq-pool: why does none start?" },
	ON(TIMER_IDLE) = {
		"the client connected and sent nothing for net.httpq.idle_timeout_ms",
		"nothing" },
	ON(TIMER_BODY) = {
		"the body stopped coming for net.httpq.body_timeout_ms",
		"nothing, unless the network is at fault" },
	ON(TIMER_HEADER) = {
		"the head was not complete within net.httpq.header_timeout_ms",
		"nothing, unless the network is at fault" },
	ON(TIMER_SEND) = {
		"the client took nothing of the response for net.httpq.send_timeout_ms",
		"nothing, unless the network is at fault" },
	ON(TIMER_QUEUE) = {
		"no worker took it within net.httpq.queue_timeout_ms",
		"start workers, or see what they do: httpq worker show" },
	ON(TIMER_RESPONSE) = {
		"the worker did not go on with its answer within the queue's answer-timeout",
		"see what the worker waits for, or httpq queue set NAME answer-timeout" },
	ON(TIMER_TLS) = { "this kernel does not write it", "nothing" },
	ON(URL) = { "the target is malformed", CLIENT },
	ON(URL_LENGTH) = {
		"the target is longer than net.httpq.target_bytes", LIMIT },
	ON(VERB) = { "the method is malformed", CLIENT },
	ON(VERSION) = { "it is not HTTP/1", CLIENT },
	ON(NOT_FOUND) = {
		"no prefix matches its port, host and path",
		"httpq url show lists the prefixes" },
#undef ON
};

static const char *const stages[HTTPQ_LOG_STAGE_NR] = {
	[HTTPQ_LOG_STAGE_CONNECTION] = "no request was complete",
	[HTTPQ_LOG_STAGE_HEAD] = "its head was refused or not routed",
	[HTTPQ_LOG_STAGE_QUEUED] = "it waited for a worker",
	[HTTPQ_LOG_STAGE_DELIVERED] = "a worker had it, untouched",
	[HTTPQ_LOG_STAGE_BODY] = "the worker had read of its body",
	[HTTPQ_LOG_STAGE_RESPONDING] = "a part of the response went out",
	[HTTPQ_LOG_STAGE_SENT] = "the whole response went out",
};

static const char *const owed[HTTPQ_LOG_OWED_NR] = {
	[HTTPQ_LOG_OWED_NOTHING] = "nothing",
	[HTTPQ_LOG_OWED_LOG_DATA] = "the end of the response, log data at most",
	[HTTPQ_LOG_OWED_RESPONSE] = "the rest of the response",
	[HTTPQ_LOG_OWED_ANSWER] = "any answer",
};

/* The words of a reason; of a newer kernel's, words that say so. */
const struct reason_words *reason_words(uint8_t reason)
{
	static const struct reason_words unknown = {
		"this program does not know the reason", "update the program"
	};

	return reason < HTTPQ_LOG_REASON_NR ? &words[reason] : &unknown;
}

const char *stage_words(uint8_t stage)
{
	return stage < HTTPQ_LOG_STAGE_NR ? stages[stage] : "unknown";
}

const char *owed_words(uint8_t what)
{
	return what < HTTPQ_LOG_OWED_NR ? owed[what] : "unknown";
}
