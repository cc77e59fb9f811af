// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "log.h"

/* Texts that can be in use at a time, as in one EXPECT_STREQ(). */
#define TEXTS 16

#define X(name, text) text,
static const char *const reasons[] = { HTTPQ_LOG_REASONS(X) };
static const char *const stages[] = { HTTPQ_LOG_STAGES(X) };
static const char *const owed_texts[] = { HTTPQ_LOG_OWED(X) };
static const char *const calls[] = { HTTPQ_LOG_CALLS(X) };
#undef X

static const char *const kinds[] = { "?", "access", "error", "suppressed",
				     "lost" };

#define NAME_OF(names, i) \
	((i) < sizeof(names) / sizeof(*(names)) ? (names)[i] : "?")

const char *log_reason(unsigned int reason)
{
	return NAME_OF(reasons, reason);
}

const char *log_stage(unsigned int stage)
{
	return NAME_OF(stages, stage);
}

const char *log_owed(unsigned int owed)
{
	return NAME_OF(owed_texts, owed);
}

const char *log_call(unsigned int call)
{
	return NAME_OF(calls, call);
}

int log_open(struct log *log)
{
	log->at = 0;
	log->len = 0;
	log->fd = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return log->fd < 0 ? -errno : 0;
}

void log_close(struct log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

/* Whether there are records; waits for them. */
static bool fill(struct log *log, int timeout_ms)
{
	struct pollfd pfd = { .fd = log->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&pfd, 1, timeout_ms) <= 0)
		return false;
	n = read(log->fd, log->buf, sizeof(log->buf));
	log->at = 0;
	log->len = n > 0 ? n : 0;
	return n > 0;
}

static void bad(const struct httpq_log_record *r, const char *what)
{
	fprintf(stderr, "record with a bad %s: size %u kind %u\n", what,
		r->size, r->kind);
	exit(1);
}

static void check_text(const struct httpq_log_record *r,
		       const struct httpq_span *span, const char *what)
{
	if (span->len && sizeof(*r) + span->off + span->len > r->size)
		bad(r, what);
}

static void check(const struct httpq_log_record *r, size_t len)
{
	static const char zeroes[sizeof(r->__reserved)];

	if (len < sizeof(*r) || r->size < sizeof(*r) || r->size > len ||
	    r->size % 8 || r->size > HTTPQ_LOG_RECORD_MAX)
		bad(r, "size");
	if (r->kind < HTTPQ_LOG_ACCESS || r->kind > HTTPQ_LOG_LOST)
		bad(r, "kind");
	if (memcmp(r->__reserved, zeroes, sizeof(zeroes)) || r->__reserved2)
		bad(r, "reserved member");
	check_text(r, &r->method, "method");
	check_text(r, &r->target, "target");
	check_text(r, &r->host, "host");
	check_text(r, &r->queue, "queue");
	check_text(r, &r->prefix, "prefix");
	check_text(r, &r->agent, "agent");
	check_text(r, &r->referer, "referer");
	check_text(r, &r->user, "user");
	check_text(r, &r->note, "note");
}

const struct httpq_log_record *log_next(struct log *log, int timeout_ms)
{
	const struct httpq_log_record *r;

	if (log->at == log->len && !fill(log, timeout_ms))
		return NULL;
	r = (const void *)(log->buf + log->at);
	check(r, log->len - log->at);
	log->at += r->size;
	return r;
}

int log_skip(struct log *log)
{
	int n = 0;

	while (log_next(log, 0))
		n++;
	return n;
}

/* A copy in the next one of the buffers. */
static const char *keep(const char *text)
{
	static __thread char texts[TEXTS][HTTPQ_LOG_RECORD_MAX];
	static __thread unsigned int turn;
	char *to = texts[turn++ % TEXTS];

	snprintf(to, sizeof(texts[0]), "%s", text);
	return to;
}

const char *log_text(const struct httpq_log_record *r, struct httpq_span span)
{
	char text[HTTPQ_LOG_RECORD_MAX];

	snprintf(text, sizeof(text), "%.*s", span.len,
		 (const char *)(r + 1) + span.off);
	return keep(text);
}

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

/* Version, method and target. */
static const char *request_line(const struct httpq_log_record *r)
{
	const char *method = or_dash(log_text(r, r->method));
	const char *target = or_dash(log_text(r, r->target));
	char line[HTTPQ_LOG_RECORD_MAX];

	if (r->version)
		snprintf(line, sizeof(line), "HTTP/%u.%u %s %s",
			 r->version / 10, r->version % 10, method, target);
	else
		snprintf(line, sizeof(line), "- %s %s", method, target);
	return keep(line);
}

static const char *flag_words(unsigned int flags)
{
	static const char *const words[] = { "late ", "reaped ", "cut ",
					     "partial ", "taken_over " };
	char text[128] = "";
	size_t len = 0, i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (flags & 1U << i)
			len += snprintf(text + len, sizeof(text) - len, "%s",
					words[i]);
	if (flags >> i)
		snprintf(text + len, sizeof(text) - len, "%#x ", flags);
	return keep(text);
}

const char *log_line(const struct httpq_log_record *r)
{
	char line[HTTPQ_LOG_RECORD_MAX];

	if (!r)
		return "";
	if (r->kind == HTTPQ_LOG_SUPPRESSED || r->kind == HTTPQ_LOG_LOST)
		snprintf(line, sizeof(line), "%s %llu %s", kinds[r->kind],
			 r->count, log_reason(r->reason));
	else
		snprintf(line, sizeof(line), "%s %u %s %s %s%s",
			 kinds[r->kind], r->status, log_reason(r->reason),
			 log_stage(r->stage), flag_words(r->flags),
			 request_line(r));
	return keep(line);
}

const char *log_next_line(struct log *log, int timeout_ms)
{
	return log_line(log_next(log, timeout_ms));
}

const char *log_httperr(const struct httpq_log_record *r)
{
	char status[8] = "-", site[16] = "-", line[HTTPQ_LOG_RECORD_MAX];

	if (r->status)
		snprintf(status, sizeof(status), "%u", r->status);
	if (r->site)
		snprintf(site, sizeof(site), "%u", r->site);
	snprintf(line, sizeof(line), "%s %s %s %s", request_line(r), status,
		 site, log_reason(r->reason));
	return keep(line);
}
