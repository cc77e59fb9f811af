// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

int peer_connect(struct peer *p, const char *addr, uint16_t port)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	char mapped[64];
	int one = 1;

	memset(p, 0, sizeof(*p));
	snprintf(mapped, sizeof(mapped), "%s%s",
		 strchr(addr, ':') ? "" : "::ffff:", addr);
	if (inet_pton(AF_INET6, mapped, &to.sin6_addr) != 1)
		return -EINVAL;
	p->fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return -errno;
	if (connect(p->fd, (struct sockaddr *)&to, sizeof(to))) {
		int err = -errno;

		close(p->fd);
		return err;
	}
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return 0;
}

/* After a reset: what was not acknowledged then never will be. */
static bool is_closed(struct peer *p)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(p->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_state == TCP_CLOSE;
}

int peer_flush(struct peer *p)
{
	int left = 1, i;

	for (i = 0; left && i < PEER_TIMEOUT * 10; i++) {
		if (ioctl(p->fd, SIOCOUTQ, &left))
			return -errno;
		if (left && is_closed(p))
			return -EPIPE;
		if (left)
			usleep(100);
	}
	return left ? -ETIMEDOUT : 0;
}

int peer_send(struct peer *p, const void *data, size_t len)
{
	while (len) {
		size_t n = p->segment && p->segment < len ? p->segment : len;
		ssize_t sent = send(p->fd, data, n, MSG_NOSIGNAL);

		if (sent < 0)
			return -errno;
		data = (const char *)data + sent;
		len -= sent;
		/* TCP would merge what was not sent yet. */
		if (p->segment && len && peer_flush(p))
			return -ETIMEDOUT;
	}
	return 0;
}

int peer_puts(struct peer *p, const char *text)
{
	return peer_send(p, text, strlen(text));
}

/* More bytes into the buffer: how many, 0 at the end, -errno. */
static ssize_t fill(struct peer *p, int timeout_ms)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	ssize_t n;

	if (p->size - p->len < 65536) {
		p->size += 65536 + p->size;
		p->buf = realloc(p->buf, p->size);
	}
	n = poll(&pfd, 1, timeout_ms);
	if (n <= 0)
		return n ? -errno : -ETIMEDOUT;
	n = recv(p->fd, p->buf + p->len, p->size - p->len, 0);
	if (n < 0)
		return -errno;
	p->len += n;
	return n;
}

static void consume(struct peer *p, size_t n)
{
	p->len -= n;
	memmove(p->buf, p->buf + n, p->len);
}

/* Makes @n bytes available. */
static int want(struct peer *p, size_t n)
{
	while (p->len < n) {
		ssize_t got = fill(p, PEER_TIMEOUT);

		if (got <= 0)
			return got ? got : -EPIPE;
	}
	return 0;
}

/* Length of the text up to and including @end, which is waited for. */
static ssize_t want_text(struct peer *p, const char *end)
{
	for (;;) {
		char *at = p->len ? memmem(p->buf, p->len, end, strlen(end)) :
				    NULL;
		ssize_t got;

		if (at)
			return at - p->buf + strlen(end);
		got = fill(p, PEER_TIMEOUT);
		if (got <= 0)
			return got ? got : -EPIPE;
	}
}

static int add_body(struct peer *p, struct reply *r, size_t n)
{
	int err = want(p, n);

	if (err)
		return err;
	r->body = realloc(r->body, r->body_len + n + 1);
	memcpy(r->body + r->body_len, p->buf, n);
	r->body_len += n;
	r->body[r->body_len] = 0;
	consume(p, n);
	return 0;
}

static int read_trailers(struct peer *p, struct reply *r)
{
	ssize_t n;
	int err = want(p, 2);

	if (err)
		return err;
	if (!memcmp(p->buf, "\r\n", 2)) {
		consume(p, 2);
		return 0;
	}
	n = want_text(p, "\r\n\r\n");
	if (n < 0)
		return n;
	r->trailers = strndup(p->buf, n - 2);
	consume(p, n);
	return 0;
}

static int read_chunks(struct peer *p, struct reply *r)
{
	for (;;) {
		ssize_t n = want_text(p, "\r\n");
		unsigned long size;
		int err;

		if (n < 0)
			return n;
		size = strtoul(p->buf, NULL, 16);
		consume(p, n);
		if (!size)
			return read_trailers(p, r);
		err = add_body(p, r, size);
		if (!err)
			err = want(p, 2);
		if (err)
			return err;
		if (memcmp(p->buf, "\r\n", 2))
			return -EBADMSG;
		consume(p, 2);
	}
}

static int read_to_end(struct peer *p, struct reply *r)
{
	ssize_t n;

	do {
		n = fill(p, PEER_TIMEOUT);
		if (n < 0)
			return n;
	} while (n);
	return add_body(p, r, p->len);
}

static int read_body(struct peer *p, const char *method, struct reply *r)
{
	const char *length = reply_field(r, "Content-Length");

	if (!strcmp(method, "HEAD") || r->status < 200 || r->status == 204 ||
	    r->status == 304)
		return 0;
	if (reply_field(r, "Transfer-Encoding")) {
		r->chunked = true;
		return read_chunks(p, r);
	}
	length = reply_field(r, "Content-Length");
	return length ? add_body(p, r, strtoull(length, NULL, 10)) :
			read_to_end(p, r);
}

int peer_reply(struct peer *p, const char *method, struct reply *r)
{
	ssize_t n;
	int err;

	memset(r, 0, sizeof(*r));
	n = want_text(p, "\r\n\r\n");
	if (n < 0)
		return n;
	r->head = strndup(p->buf, n);
	consume(p, n);
	if (sscanf(r->head, "HTTP/1.1 %3d", &r->status) != 1)
		return -EBADMSG;
	err = read_body(p, method, r);
	r->complete = !err;
	return err;
}

int peer_status(struct peer *p, const char *request)
{
	char method[32] = "";
	struct reply r;
	int err;

	sscanf(request, "%31s", method);
	err = peer_puts(p, request);
	if (!err)
		err = peer_reply(p, method, &r);
	else
		return err;
	if (!err)
		err = r.status;
	reply_free(&r);
	return err;
}

int peer_wait_close(struct peer *p, int timeout_ms)
{
	ssize_t n;

	if (p->len)
		return -EPROTO;
	n = fill(p, timeout_ms);
	return n > 0 ? -EPROTO : n;
}

void peer_half_close(struct peer *p)
{
	shutdown(p->fd, SHUT_WR);
}

void peer_reset(struct peer *p)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	peer_close(p);
}

void peer_close(struct peer *p)
{
	close(p->fd);
	free(p->buf);
	memset(p, 0, sizeof(*p));
	p->fd = -1;
}

static const char *find_field(const char *at, const char *name)
{
	size_t len = strlen(name);

	while ((at = strstr(at, "\r\n"))) {
		at += 2;
		if (!strncasecmp(at, name, len) && at[len] == ':')
			return at + len + 1;
	}
	return NULL;
}

const char *reply_field(const struct reply *r, const char *name)
{
	static __thread char value[1024];
	const char *at = find_field(r->head, name);

	if (!at)
		return NULL;
	at += strspn(at, " ");
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}

int reply_fields(const struct reply *r, const char *name)
{
	const char *at = r->head;
	int n = 0;

	while ((at = find_field(at, name)))
		n++;
	return n;
}

void reply_free(struct reply *r)
{
	free(r->head);
	free(r->body);
	free(r->trailers);
	memset(r, 0, sizeof(*r));
}
