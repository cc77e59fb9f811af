// SPDX-License-Identifier: GPL-2.0
/*
 * client -p PORT [-c CONNECTIONS] [-n REQUESTS] [-w WARM-UP] [-b BYTES] [-l]
 *        [-i]
 *
 * A closed loop: each connection sends a request, takes the answer and sends
 * the next one. Prints the nanoseconds per request of the REQUESTS that follow
 * the WARM-UP. Any answer but a 200 with a body of BYTES, as long as the first
 * one of its connection to the byte, ends it with an error. With -l the requests
 * have the head of a browser; with -i the connections stay, idle, until standard
 * input ends.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static const char short_head[] =
	"GET / HTTP/1.1\r\n"
	"Host: 127.0.0.1\r\n"
	"User-Agent: bench\r\n"
	"Accept: */*\r\n"
	"\r\n";

static const char long_head[] =
	"GET /some/page/with/a/path.html?x=1&y=2 HTTP/1.1\r\n"
	"Host: 127.0.0.1\r\n"
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
	"Firefox/128.0\r\n"
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
	"Accept-Language: en-US,en;q=0.5\r\n"
	"Accept-Encoding: gzip, deflate, br, zstd\r\n"
	"Referer: http://127.0.0.1/some/page/here.html\r\n"
	"Connection: keep-alive\r\n"
	"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; lang=en\r\n"
	"Upgrade-Insecure-Requests: 1\r\n"
	"Sec-Fetch-Dest: document\r\n"
	"Sec-Fetch-Mode: navigate\r\n"
	"Sec-Fetch-Site: same-origin\r\n"
	"Priority: u=0, i\r\n"
	"\r\n";

static const char ok[] = "HTTP/1.1 200 ";

struct conn {
	int fd;
	size_t got;	/* of the answer under way */
	size_t size;	/* of each answer */
};

static const char *request = short_head;
static size_t request_len = sizeof(short_head) - 1;
static size_t body_bytes = 1024;
static char buf[1 << 20];

static int dial(unsigned short port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "connect to %u", port);
	return fd;
}

static void ask(const struct conn *conn)
{
	if (send(conn->fd, request, request_len, MSG_NOSIGNAL) !=
	    (ssize_t)request_len)
		err(1, "send");
}

/* How long the answer is that begins in the buffer; 0: its head is longer. */
static size_t answer_size(size_t len)
{
	char *end = memmem(buf, len, "\r\n\r\n", 4), *field;

	if (!end)
		return 0;
	*end = '\0';
	field = strcasestr(buf, "\r\nContent-Length:");
	if (!field || strtoul(field + 17, NULL, 10) != body_bytes)
		errx(1, "not the length that was expected: %s", buf);
	return end + 4 - buf + body_bytes;
}

/* Takes what has arrived; true if that completes the answer. */
static int take(struct conn *conn)
{
	ssize_t n = recv(conn->fd, buf, sizeof(buf), 0);

	if (n <= 0)
		err(1, "recv: %zd", n);
	if (!conn->got && (n < (ssize_t)sizeof(ok) ||
			   memcmp(buf, ok, sizeof(ok) - 1)))
		errx(1, "not the status that was expected: %.*s", (int)n, buf);
	if (!conn->size) {
		conn->size = answer_size(n);
		if (!conn->size)
			errx(1, "a head in pieces");
	}
	conn->got += n;
	if (conn->got > conn->size)
		errx(1, "%zu bytes instead of %zu", conn->got, conn->size);
	if (conn->got < conn->size)
		return 0;
	conn->got = 0;
	return 1;
}

/* As many answers as are asked for; nothing is under way after it. */
static void loop(int ep, struct conn *conns, long nr, long requests)
{
	struct epoll_event events[64];
	long sent = 0, done = 0;
	int i, n;

	for (; sent < nr && sent < requests; sent++)
		ask(&conns[sent]);
	while (done < requests) {
		n = epoll_wait(ep, events, 64, -1);
		for (i = 0; i < n; i++) {
			struct conn *conn = events[i].data.ptr;

			if (!take(conn))
				continue;
			done++;
			if (sent < requests) {
				ask(conn);
				sent++;
			}
		}
	}
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	long nr = 1, requests = 1000, warmup = 0, idle = 0, i;
	unsigned short port = 0;
	struct conn *conns;
	double begin;
	int opt, ep;

	while ((opt = getopt(argc, argv, "p:c:n:w:b:li")) >= 0) {
		long value = optarg ? atol(optarg) : 0;

		switch (opt) {
		case 'p': port = value; break;
		case 'c': nr = value; break;
		case 'n': requests = value; break;
		case 'w': warmup = value; break;
		case 'b': body_bytes = value; break;
		case 'l':
			request = long_head;
			request_len = sizeof(long_head) - 1;
			break;
		case 'i': idle = 1; break;
		default: return 2;
		}
	}

	conns = calloc(nr, sizeof(*conns));
	ep = epoll_create1(0);
	for (i = 0; i < nr; i++) {
		struct epoll_event event = { .events = EPOLLIN };

		event.data.ptr = &conns[i];
		conns[i].fd = dial(port);
		if (epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &event))
			err(1, "epoll_ctl");
	}
	loop(ep, conns, nr, warmup);
	begin = now();
	loop(ep, conns, nr, requests);
	printf("%.0f\n", (now() - begin) / requests);
	fflush(stdout);
	while (idle && read(0, buf, sizeof(buf)) > 0)
		;
	return 0;
}
