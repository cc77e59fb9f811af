// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "host.h"
#include "http.h"

int http_hurry_acks(void)
{
	return host_run("ip route change table local local 127.0.0.1 dev lo"
			" scope host src 127.0.0.1 quickack 1") ? -EIO : 0;
}

int http_reconnect(struct http *t)
{
	int err;

	if (t->peer.fd >= 0)
		peer_close(&t->peer);
	err = peer_connect(&t->peer, "127.0.0.1", 8080);
	if (err)
		t->peer.fd = -1;
	t->peer.segment = t->segment;
	return err;
}

int http_open(struct http *t, size_t segment, bool process)
{
	int err;

	memset(t, 0, sizeof(*t));
	t->peer.fd = -1;
	t->segment = segment;
	err = host_unshare();
	if (!err && segment)
		err = http_hurry_acks();
	if (err)
		return err;
	host_sysctl("process_engine", process);
	err = serve_start(&t->serve, "http://*:8080/", NULL, NULL, 0);
	if (err)
		return err;
	httpq_set_timeout(t->serve.h, PEER_TIMEOUT);
	return http_reconnect(t);
}

void http_close(struct http *t)
{
	if (t->peer.fd >= 0)
		peer_close(&t->peer);
	serve_stop(&t->serve);
}

struct httpq_request *http_take(struct http *t)
{
	struct httpq_request *req;

	return httpq_receive(t->serve.h, &req) ? NULL : req;
}

struct httpq_request *http_ask(struct http *t, const char *text)
{
	return peer_puts(&t->peer, text) ? NULL : http_take(t);
}

bool http_quiet(struct http *t)
{
	struct httpq_request *req;
	int err;

	httpq_set_timeout(t->serve.h, 0);
	err = httpq_receive(t->serve.h, &req);
	httpq_set_timeout(t->serve.h, PEER_TIMEOUT);
	if (!err)
		httpq_request_free(req);
	return err == -ETIMEDOUT;
}

int http_bulk(struct http *t, const void *data, size_t len)
{
	int err;

	t->peer.segment = 0;
	err = peer_send(&t->peer, data, len);
	t->peer.segment = t->segment;
	return err;
}

ssize_t http_read_all(struct httpq_request *req, char *buf, size_t size,
		      size_t piece)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = httpq_read_body(req, buf + len,
				    piece < size - len ? piece : size - len);
		if (n < 0)
			return n;
		len += n;
	} while (n && len < size);
	return len;
}

ssize_t http_read_now(struct http *t, struct httpq_request *req, void *buf,
		      size_t len)
{
	struct httpq_body body = {
		.size = sizeof(body),
		.flags = HTTPQ_BODY_DONTWAIT,
		.id = httpq_id(req),
		.buf = (uintptr_t)buf,
		.buf_len = len,
	};

	if (ioctl(httpq_fd(t->serve.h), HTTPQ_IOC_READ_BODY, &body))
		return -errno;
	return body.out_len;
}

int http_answer(struct httpq_request *req, const char *body)
{
	int err;

	if (!req)
		return -ENOMSG;
	err = httpq_reply(req, 200, "text/plain", body, strlen(body));
	httpq_request_free(req);
	return err;
}

bool http_alive(struct http *t)
{
	struct reply r;
	bool good;

	if (http_answer(http_ask(t, HTTP_GET), "alive"))
		return false;
	if (peer_reply(&t->peer, "GET", &r))
		return false;
	good = r.status == 200 && !strcmp(r.body, "alive");
	reply_free(&r);
	return good;
}

bool http_field_is(const struct reply *r, const char *name, const char *value)
{
	const char *is = reply_field(r, name);

	return reply_fields(r, name) == 1 && is && !strcmp(is, value);
}

/* IMF-fixdate (RFC 9110 section 5.6.7) and the time it is. */
static bool date_is_now(const char *text)
{
	struct tm tm = {};
	char again[64];
	time_t t;

	if (!text || !strptime(text, "%a, %d %b %Y %T GMT", &tm))
		return false;
	t = timegm(&tm);
	if (labs(t - time(NULL)) > 60)
		return false;
	strftime(again, sizeof(again), "%a, %d %b %Y %T GMT", gmtime(&t));
	return !strcmp(text, again);
}

/* Each line ends in CRLF, and no other CR or LF is there. */
static bool lines_end_well(const char *head)
{
	const char *at = head;

	while ((at = strpbrk(at, "\r\n"))) {
		if (strncmp(at, "\r\n", 2))
			return false;
		at += 2;
	}
	return true;
}

const char *http_fault(const struct reply *r)
{
	int lengths, codings;

	if (!r->head)
		return "no head";
	lengths = reply_fields(r, "Content-Length");
	codings = reply_fields(r, "Transfer-Encoding");
	if (!lines_end_well(r->head))
		return "line end";
	if (strncmp(r->head, "HTTP/1.1 ", 9) || r->head[12] != ' ')
		return "status line";
	if (r->status >= 200 && (reply_fields(r, "Date") != 1 ||
				 !date_is_now(reply_field(r, "Date"))))
		return "Date";
	if (reply_fields(r, "Server"))
		return "Server";
	if (reply_fields(r, "Connection") > 1)
		return "Connection";
	if (lengths + codings > 1)
		return "framing";
	if ((r->status < 200 || r->status == 204) && lengths + codings)
		return "framing where none may be";
	if (lengths && r->body &&
	    strtoull(reply_field(r, "Content-Length"), NULL, 10) != r->body_len)
		return "length";
	return "";
}

const char *http_answer_fault(const struct reply *r, int status, bool close)
{
	const char *fault = http_fault(r);
	char want[8];

	if (*fault)
		return fault;
	if (r->status != status)
		return "status";
	if (!http_field_is(r, "Content-Type", "text/plain; charset=utf-8"))
		return "Content-Type";
	if (reply_fields(r, "Content-Length") != 1)
		return "no Content-Length";
	if (http_field_is(r, "Connection", "close") != close)
		return "close";
	if (http_field_is(r, "Retry-After", "1") != (status == 503))
		return "Retry-After";
	/* No body to HEAD. */
	snprintf(want, sizeof(want), "%d ", status);
	if (r->body && strncmp(r->body, want, 4))
		return "body";
	return "";
}
