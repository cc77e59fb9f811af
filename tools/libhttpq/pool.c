// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Request objects: recycled, so that a request costs no allocation, and found
 * by id, so that an event names its request.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static void request_destroy(struct httpq_request *req)
{
	free(req->head);
	free(req->trailers);
	free(req->log);
	free(req->reply.buf);
	free(req);
}

/* Makes room for a head; what is there is lost. */
int pool_grow(struct httpq_request *req, uint32_t room)
{
	struct httpq_request_head *head;

	if (req->head_room >= room)
		return 0;
	head = malloc(room);
	if (!head)
		return -ENOMEM;
	free(req->head);
	req->head = head;
	req->head_room = room;
	return 0;
}

static struct httpq_request *spare_pop(struct httpq *h)
{
	struct httpq_request *req;

	pthread_mutex_lock(&h->lock);
	req = h->spares;
	if (req) {
		h->spares = req->next;
		h->nr_spares--;
	}
	pthread_mutex_unlock(&h->lock);
	return req;
}

/* A clean request with @room bytes for its head. */
int pool_get(struct httpq *h, uint32_t room, struct httpq_request **out)
{
	struct httpq_request *req = spare_pop(h);

	if (!req)
		req = calloc(1, sizeof(*req));
	if (!req)
		return -ENOMEM;
	req->h = h;
	if (pool_grow(req, room)) {
		request_destroy(req);
		return -ENOMEM;
	}
	*out = req;
	return 0;
}

static void request_clean(struct httpq_request *req)
{
	free(req->trailers);
	req->trailers = NULL;
	req->trailers_len = 0;
	req->user = NULL;
	free(req->log);
	req->log = NULL;
	req->log_len = 0;
	req->body = NULL;
	req->body_len = 0;
	req->head_sent = false;
	req->sending = false;
	req->over = false;
	req->body_eof = false;
	req->error = 0;
	builder_reset(&req->reply);
}

static struct httpq_request **live_bucket(struct httpq *h, uint64_t id)
{
	return &h->live[(id ^ id >> 32) % LIVE_BUCKETS];
}

static void live_remove(struct httpq *h, struct httpq_request *req)
{
	struct httpq_request **p = live_bucket(h, req->head->id);

	while (*p != req)
		p = &(*p)->next;
	*p = req->next;
	req->live = false;
}

/* Frees a request, or keeps it for the next one. */
void pool_put(struct httpq_request *req)
{
	struct httpq *h = req->h;
	bool keep = req->head_room <= RX_KEEP_MAX;

	request_clean(req);
	pthread_mutex_lock(&h->lock);
	if (req->live)
		live_remove(h, req);
	keep = keep && h->nr_spares < SPARE_MAX;
	if (keep) {
		req->next = h->spares;
		h->spares = req;
		h->nr_spares++;
	}
	pthread_mutex_unlock(&h->lock);
	if (!keep)
		request_destroy(req);
}

/* From here on pool_find() finds the request. */
void pool_publish(struct httpq_request *req)
{
	struct httpq *h = req->h;
	struct httpq_request **bucket;

	if (!h->nonblock)
		return;
	pthread_mutex_lock(&h->lock);
	bucket = live_bucket(h, req->head->id);
	req->next = *bucket;
	*bucket = req;
	req->live = true;
	pthread_mutex_unlock(&h->lock);
}

struct httpq_request *pool_find(struct httpq *h, uint64_t id)
{
	struct httpq_request *req;

	pthread_mutex_lock(&h->lock);
	req = *live_bucket(h, id);
	while (req && req->head->id != id)
		req = req->next;
	pthread_mutex_unlock(&h->lock);
	return req;
}

void pool_free(struct httpq *h)
{
	struct httpq_request *req = h->spares;

	while (req) {
		struct httpq_request *next = req->next;

		request_destroy(req);
		req = next;
	}
}
