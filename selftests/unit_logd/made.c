// SPDX-License-Identifier: GPL-2.0
/*
 * Records as the kernel would give them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"

void made_bytes(union made *m, struct httpq_span *span, const void *data,
		unsigned int len)
{
	unsigned int at = m->r.size;

	if (at + len > sizeof(m->bytes))
		abort();
	memset(m->bytes + at, 0, (len + 7) & ~7U);
	memcpy(m->bytes + at, data, len);
	span->off = at - sizeof(m->r);
	span->len = len;
	m->r.size += (len + 7) & ~7U;
}

void made_text(union made *m, struct httpq_span *span, const char *text)
{
	made_bytes(m, span, text, strlen(text));
}

void made_addr(struct httpq_addr *addr, const char *text, unsigned int port)
{
	char mapped[64];

	snprintf(mapped, sizeof(mapped), strchr(text, ':') ? "%s" :
		 "::ffff:%s", text);
	if (inet_pton(AF_INET6, mapped, addr->addr) != 1)
		abort();
	addr->port = port;
}

void made_empty(union made *m, int kind)
{
	memset(m, 0, sizeof(m->r));
	m->r.size = sizeof(m->r);
	m->r.kind = kind;
	m->r.time_ns = MADE_TIME;
}

static void set_numbers(struct httpq_log_record *r)
{
	r->taken_ns = 12345678;
	r->queued_ns = 2000000;
	r->request_id = 0x1500000002;
	r->worker_id = 3;
	r->cs_bytes = 78;
	r->sc_bytes = 532;
	r->pid = 99;
	r->site = 1;
	r->status = 200;
	r->version = 11;
	r->stage = HTTPQ_LOG_STAGE_SENT;
	r->deliveries = 1;
}

void made_request(union made *m, int kind)
{
	struct httpq_log_record *r = &m->r;

	made_empty(m, kind);
	set_numbers(r);
	made_addr(&r->remote, "192.0.2.1", 3362);
	made_addr(&r->local, "192.0.2.2", 80);
	made_text(m, &r->method, "GET");
	made_text(m, &r->target, "/a?b=c");
	made_text(m, &r->host, "example.org");
	made_text(m, &r->queue, "web");
	made_text(m, &r->prefix, "http://*:80/");
	made_text(m, &r->agent, "Mozilla/5.0 (X11)");
	made_text(m, &r->referer, "http://a/");
	made_text(m, &r->user, "alice");
	made_text(m, &r->note, "hit");
}

static void random_text(union made *m, struct httpq_span *span,
			unsigned int *seed)
{
	static const char nasty[] = " \t\r\n\"\\#?%[]{}\0\x1b\x7f";
	unsigned char text[256];
	unsigned int most = rand_r(seed) % 4 ? 40 : sizeof(text);
	unsigned int len = rand_r(seed) % most;

	for (unsigned int i = 0; i < len; i++)
		text[i] = rand_r(seed) % 2 ? rand_r(seed) >> 8 :
			  nasty[rand_r(seed) % (sizeof(nasty) - 1)];
	made_bytes(m, span, text, len);
}

static void fill(void *at, size_t len, unsigned int *seed)
{
	unsigned char *p = at;

	while (len--)
		*p++ = rand_r(seed) >> 8;
}

void made_random(union made *m, unsigned int *seed)
{
	struct httpq_log_record *r = &m->r;

	made_empty(m, 0);
	fill(r, sizeof(*r), seed);
	r->size = sizeof(*r);
	r->kind = 1 + rand_r(seed) % 4;
	r->time_ns = MADE_TIME + rand_r(seed);
	random_text(m, &r->method, seed);
	random_text(m, &r->target, seed);
	random_text(m, &r->host, seed);
	random_text(m, &r->queue, seed);
	random_text(m, &r->prefix, seed);
	random_text(m, &r->agent, seed);
	random_text(m, &r->referer, seed);
	random_text(m, &r->user, seed);
	random_text(m, &r->note, seed);
}
