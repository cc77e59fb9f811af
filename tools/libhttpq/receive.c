// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Taking requests and events, and handing in answers in the same system call.
 */
#include <errno.h>
#include <time.h>

#include "internal.h"

/* The kernel counts a timeout in ticks: it may end by so much too early. */
#define TICK_MAX_MS	10

/**
 * struct exchange - the state of httpq_exchange()
 * @h: the handle.
 * @rx: whose buffer the kernel writes requests to.
 * @next: where requests go.
 * @nr_next: how many at most.
 * @nr_taken: how many so far.
 * @error: why a request could not be taken.
 * @gone: an answer was through since its client, or its request, is gone.
 * @left: an answer stays with the caller.
 * @nr_sends: answers that are handed in.
 * @sent: where the caller has them.
 * @sends: for the kernel.
 * @events: from the kernel.
 */
struct exchange {
	struct httpq *h;
	struct httpq_request *rx;
	struct httpq_request **next;
	unsigned int nr_next;
	unsigned int nr_taken;
	int error;
	bool gone;
	bool left;
	unsigned int nr_sends;
	struct httpq_request **sent[HTTPQ_TRANSFER_MAX];
	struct httpq_send sends[HTTPQ_TRANSFER_MAX];
	struct httpq_event events[HTTPQ_TRANSFER_MAX];
};

/**
 * httpq_transfer - the system call itself
 * @h: the handle.
 * @transfer: all but its size, see linux/httpq.h. Requests in its buffer are
 *	known to the kernel only, not to the library.
 *
 * With HTTPQ_TRANSFER_HELD in its flags it takes no new requests, only events
 * of those that the handle holds.
 *
 * Return: 0, -EAGAIN (nothing there, non-blocking handle), -ETIMEDOUT, -EINTR,
 * -EINVAL, -EFAULT, -ENOTCONN, -ESHUTDOWN (there will be no requests any more),
 * -ENODEV (the network namespace is gone).
 */
EXPORT int httpq_transfer(struct httpq *h, struct httpq_transfer *transfer)
{
	transfer->size = sizeof(*transfer);
	return handle_ioctl(h, HTTPQ_IOC_TRANSFER, transfer);
}

/* Gives up a request that there is no object for. */
static void cancel_id(const struct httpq *h, uint64_t id)
{
	struct httpq_cancel cancel = { .size = sizeof(cancel), .id = id };

	handle_ioctl(h, HTTPQ_IOC_CANCEL, &cancel);
}

/* Fetches a request that did not fit. */
static int fetch(struct httpq_request *req, const struct httpq_event *event)
{
	struct httpq_receive receive = {
		.size = sizeof(receive),
		.id = event->id,
		.out_len = event->length,
	};
	int err;

	do {
		err = pool_grow(req, receive.out_len);
		if (err)
			break;
		receive.buf = (uintptr_t)req->head;
		receive.buf_len = req->head_room;
		err = handle_ioctl(req->h, HTTPQ_IOC_RECEIVE, &receive);
	} while (err == -EMSGSIZE && receive.out_len > req->head_room);
	if (err)
		cancel_id(req->h, event->id);
	return err;
}

/* Makes @req, whose buffer the event lies in, the event's request. */
static int adopt(struct httpq_request *req, const struct httpq_event *event)
{
	int err = event->status == -EMSGSIZE ? fetch(req, event) : 0;

	if (!err)
		pool_publish(req);
	return err;
}

/* Makes a request of its own of an event in a shared buffer. */
static int copy(const struct exchange *x, const struct httpq_event *event,
		struct httpq_request **out)
{
	struct httpq_request *req;
	int err;

	err = pool_get(x->h, RX_SIZE, &req);
	if (!err && event->status != -EMSGSIZE) {
		err = pool_grow(req, event->length);
		if (!err)
			memcpy(req->head,
			       (const char *)x->rx->head + event->offset,
			       event->length);
	}
	if (err) {
		cancel_id(x->h, event->id);
		return err;
	}
	err = adopt(req, event);
	if (err)
		pool_put(req);
	else
		*out = req;
	return err;
}

static void take(struct exchange *x, const struct httpq_event *event)
{
	struct httpq_request *req = x->rx;
	int err;

	if (event->type != HTTPQ_EVENT_REQUEST)
		return;
	if (x->nr_next > 1)
		err = copy(x, event, &req);
	else
		err = adopt(req, event);
	if (!err)
		x->next[x->nr_taken++] = req;
	else if (err != -ESTALE)
		x->error = err;
}

/* Collects the answers; what can't be sent stays with the caller. */
static void collect(struct exchange *x, struct httpq_request **done,
		    unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct httpq_request *req = done[i];
		int err;

		if (!req)
			continue;
		err = reply_fill(req, &x->sends[x->nr_sends]);
		if (!err) {
			x->sent[x->nr_sends++] = &done[i];
		} else if (req->over) {
			pool_put(req);
			done[i] = NULL;
		} else {
			req->error = err;
		}
	}
}

/* Frees the requests that are through. */
static void settle(struct exchange *x, unsigned int out_sends)
{
	unsigned int i;

	for (i = 0; i < x->nr_sends; i++) {
		struct httpq_request *req = *x->sent[i];

		if (i < out_sends)
			reply_settle(req, &x->sends[i]);
		else
			req->error = handle_interrupted(x->h);
		if (req->over) {
			x->gone |= x->sends[i].out_status;
			pool_put(req);
			*x->sent[i] = NULL;
		} else {
			x->left = true;
		}
	}
	x->nr_sends = 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Why a call that began to wait at @begun has brought no event. */
static int nothing(const struct httpq *h, int64_t begun)
{
	if (h->nonblock)
		return -EAGAIN;
	return h->timeout_ms < 0 ||
	       now_ms() - begun + TICK_MAX_MS < h->timeout_ms ?
		       -EINTR : -ETIMEDOUT;
}

/* One system call. Returns the number of events, or -errno. */
static int exchange_once(struct exchange *x, uint32_t flags)
{
	struct httpq_transfer transfer = {
		.flags = flags,
		.sends = (uintptr_t)x->sends,
		.nr_sends = x->nr_sends,
		.events = (uintptr_t)x->events,
		.nr_events = x->nr_next,
		.buf = x->rx ? (uintptr_t)x->rx->head : 0,
		.buf_len = x->rx ? x->rx->head_room : 0,
		.timeout_ms = x->h->timeout_ms,
	};
	unsigned int i;
	int err;

	err = httpq_transfer(x->h, &transfer);
	if (err) {
		for (i = 0; i < x->nr_sends; i++)
			(*x->sent[i])->error = err;
		return err;
	}
	settle(x, transfer.out_sends);
	for (i = 0; i < transfer.out_events; i++)
		take(x, &x->events[i]);
	return (int)transfer.out_events;
}

/*
 * Calls until there is a request; other events are not for this caller. A call
 * that handed in answers keeps to itself why it brought nothing: the next one
 * tells. It did not wait at all if an answer failed. That is nothing to the
 * caller unless the answer is still his.
 */
static int exchange_run(struct exchange *x)
{
	int64_t begun = 0;
	uint32_t flags = 0;
	int n;

	do {
		if (!flags && x->h->timeout_ms >= 0)
			begun = now_ms();
		x->gone = false;
		n = exchange_once(x, flags);
		if (n < 0)
			return n == -EAGAIN && flags ? nothing(x->h, begun) : n;
		if (x->nr_taken || !x->nr_next)
			return (int)x->nr_taken;
		if (x->error)
			return x->error;
		if (x->left && !x->h->nonblock)
			return -EINTR;
		flags = n || x->gone ? 0 : HTTPQ_TRANSFER_DONTWAIT;
	} while (n || !x->h->nonblock);
	return -EAGAIN;
}

/**
 * httpq_exchange - hand in whole answers and take requests in one system call
 * @h: the handle that all of @done came from.
 * @done: requests whose status and fields are set and whose body, if any, was
 *	lent with httpq_set_body(), or whose parts but the last were sent. Each
 *	whose answer is through, or whose client is gone, is freed and set to
 *	NULL. One that is left says why in httpq_error(): -EAGAIN or -EINTR if
 *	it only has to be given again; anything else was refused by the kernel.
 * @nr_done: entries of @done; NULL entries are skipped.
 * @next: where requests go.
 * @nr_next: how many at most; 0 to take none.
 *
 * Taking many at once saves system calls, but a request that waits in @next
 * is not taken by another worker meanwhile: take more than one only if
 * answering is quick. @nr_done and @nr_next are at most HTTPQ_TRANSFER_MAX.
 *
 * Return: number of requests taken, not 0 unless @nr_next is 0; -EAGAIN,
 * -ETIMEDOUT, -EINTR (also at once if an answer was not taken and is left in
 * @done, and there is no request), -EINVAL, -ENOMEM, -ESHUTDOWN (as httpq_receive()),
 * -ENODEV. @done is looked after in each case.
 */
EXPORT int httpq_exchange(struct httpq *h, struct httpq_request **done,
			  unsigned int nr_done, struct httpq_request **next,
			  unsigned int nr_next)
{
	struct exchange x;
	int ret;

	if (nr_done > HTTPQ_TRANSFER_MAX || nr_next > HTTPQ_TRANSFER_MAX)
		return -EINVAL;
	x.h = h;
	x.rx = NULL;
	x.next = next;
	x.nr_next = nr_next;
	x.nr_taken = 0;
	x.nr_sends = 0;
	x.error = 0;
	x.left = false;
	/* Without memory for requests the answers are handed in all the same. */
	if (nr_next && pool_get(h, nr_next * RX_SIZE, &x.rx))
		x.nr_next = 0;
	collect(&x, done, nr_done);
	ret = exchange_run(&x);
	if (x.rx && !(ret > 0 && nr_next == 1))
		pool_put(x.rx);
	if (nr_next && !x.rx)
		ret = -ENOMEM;
	return ret;
}

/**
 * httpq_receive - take the next request
 * @h: the handle.
 * @out: where it goes; free it with httpq_request_free().
 *
 * Waits unless the handle is non-blocking. Thread-safe. Events of other kinds
 * are skipped: an event loop uses httpq_next_event().
 *
 * -ESHUTDOWN is the end of a worker's loop: the handle drains, because of
 * httpq_drain() or of an administrator, or its queue was deleted. Each thread
 * that receives gets it, at once. What was received before is to be answered
 * as ever, and then the handle closed.
 *
 * Return: 0, -EAGAIN, -ETIMEDOUT (httpq_set_timeout()), -EINTR, -ENOMEM,
 * -ENOTCONN, -ESHUTDOWN, -ENODEV (the network namespace is gone).
 */
EXPORT int httpq_receive(struct httpq *h, struct httpq_request **out)
{
	int n = httpq_exchange(h, NULL, 0, out, 1);

	return n < 0 ? n : 0;
}

/* Whether an answer failed for good, although its client is still there. */
static bool is_refused(const struct httpq_request *req)
{
	return req && req->error && req->error != -EINTR &&
	       req->error != -EAGAIN;
}

/**
 * httpq_reply_and_receive - send a whole response and take the next request
 * @req: the request; replaced by the next one, or by NULL if the answer is
 *	through but there is no next one.
 * @status: as httpq_reply().
 * @type: as httpq_reply().
 * @body: as httpq_reply().
 * @len: as httpq_reply().
 *
 * One system call for both, on a blocking handle. A client that is gone is no
 * error. An answer that the kernel refuses is canceled.
 *
 * Return: 0 if there is a next request; else as httpq_receive(), and -EINVAL
 * (non-blocking handle, or an answer that can't be sent: *@req is still the
 * same). If *@req is the same after -EINTR, the same call goes on.
 */
EXPORT int httpq_reply_and_receive(struct httpq_request **req,
				   unsigned int status, const char *type,
				   const void *body, size_t len)
{
	struct httpq_request *done = *req, *next = NULL;
	struct httpq *h = done->h;
	int n;

	n = h->nonblock ? -EINVAL :
			  reply_prepare(done, status, type, body, len);
	if (!n)
		n = done->reply.error;
	if (n)
		return n;
	n = httpq_exchange(h, &done, 1, &next, 1);
	/* The client is told before the next request is waited for. */
	if (n == -EINTR && is_refused(done)) {
		httpq_request_free(done);
		done = NULL;
		n = httpq_exchange(h, NULL, 0, &next, 1);
	}
	if (n > 0)
		while (done && !is_refused(done) &&
		       httpq_reply(done, 0, NULL, NULL, 0) == -EINTR)
			;
	if (n > 0 || is_refused(done)) {
		httpq_request_free(done);
		done = next;
	}
	*req = n > 0 ? next : done;
	return n < 0 ? n : 0;
}

/* Takes one event; the request of REQUEST is in @rx. -ESTALE: once more. */
static int event_wait(struct httpq *h, struct httpq_event *event,
		      struct httpq_request *rx)
{
	bool leaving = atomic_load(&h->leaving);
	struct httpq_transfer transfer = {
		.flags = leaving ? HTTPQ_TRANSFER_HELD : 0,
		.events = (uintptr_t)event,
		.nr_events = 1,
		.buf = (uintptr_t)rx->head,
		.buf_len = rx->head_room,
		.timeout_ms = h->timeout_ms,
	};
	int err = httpq_transfer(h, &transfer);

	if (err == -ESHUTDOWN && !leaving) {
		atomic_store(&h->leaving, true);
		return -ESTALE;
	}
	if (!err && !transfer.out_events)
		err = handle_interrupted(h);
	if (!err && event->type == HTTPQ_EVENT_REQUEST)
		err = adopt(rx, event);
	return err;
}

/**
 * httpq_next_event - take the next event of any kind
 * @h: the handle.
 * @event: where the event goes; see enum httpq_event_type for its types.
 * @out: where the request goes: with HTTPQ_EVENT_REQUEST a new one, as from
 *	httpq_receive(). With others the one that the event is about, or NULL
 *	if it was freed or the handle is a blocking one.
 *
 * Meant for a loop around epoll on a non-blocking handle: call it until
 * -EAGAIN. The caller sees to it that no other thread frees *@out meanwhile.
 *
 * When no requests come any more, events of those that the handle holds still
 * do: -ESHUTDOWN says that it holds none. So it is the end of the loop.
 *
 * Return: as httpq_receive().
 */
EXPORT int httpq_next_event(struct httpq *h, struct httpq_event *event,
			    struct httpq_request **out)
{
	struct httpq_request *rx;
	int err;

	err = pool_get(h, RX_SIZE, &rx);
	if (err)
		return err;
	do {
		err = event_wait(h, event, rx);
	} while (err == -ESTALE);
	if (!err && event->type == HTTPQ_EVENT_REQUEST) {
		*out = rx;
		return 0;
	}
	pool_put(rx);
	if (!err)
		*out = pool_find(h, event->id);
	return err;
}
