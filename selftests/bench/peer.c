// SPDX-License-Identifier: GPL-2.0
/*
 * peer PORT|PATH BYTES: answers whatever looks like the end of a request with
 * the same BYTES, on a TCP port of the loopback address or on a unix socket.
 * One thread, epoll, no parser: what a server costs that does nothing.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

static char *answer;
static int answer_len;

static int listen_on(const char *where)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(where)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int tcp = where[0] != '/', one = 1;
	int fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0);

	strncpy(un.sun_path, where, sizeof(un.sun_path) - 1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, tcp ? (void *)&in : (void *)&un,
		 tcp ? sizeof(in) : sizeof(un)) || listen(fd, 4096))
		err(1, "%s", where);
	return fd;
}

static void make_answer(int bytes)
{
	answer_len = asprintf(&answer, "HTTP/1.1 200 OK\r\n"
			      "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
			      "Content-Type: text/plain\r\n"
			      "Content-Length: %d\r\n\r\n%0*d",
			      bytes, bytes, 0);
}

static void serve(int fd)
{
	char buf[4096];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n <= 0) {
		close(fd);
		return;
	}
	if (n < 4 || memcmp(buf + n - 4, "\r\n\r\n", 4))
		errx(1, "a request in pieces");
	if (send(fd, answer, answer_len, MSG_NOSIGNAL) != answer_len)
		err(1, "send");
}

int main(int argc, char **argv)
{
	struct epoll_event events[64], event = { .events = EPOLLIN };
	int listener, ep, i, n;

	if (argc != 3)
		return 2;
	make_answer(atoi(argv[2]));
	listener = listen_on(argv[1]);
	ep = epoll_create1(0);
	event.data.fd = listener;
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		n = epoll_wait(ep, events, 64, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.fd != listener) {
				serve(events[i].data.fd);
				continue;
			}
			event.data.fd = accept(listener, NULL, NULL);
			if (event.data.fd < 0 ||
			    epoll_ctl(ep, EPOLL_CTL_ADD, event.data.fd, &event))
				err(1, "accept");
		}
	}
}
