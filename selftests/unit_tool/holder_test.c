// SPDX-License-Identifier: GPL-2.0
/*
 * holder_test [6]: listens on a free port, on IPv6 with an argument, prints
 * the port and what holder_describe() says of it, the same when it has another
 * name, then of a port that is free.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "holder.h"

static int listen_on(int domain, struct sockaddr_in6 *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(domain, SOCK_STREAM, 0);

	if (fd < 0 || listen(fd, 1))
		return -1;
	return getsockname(fd, (struct sockaddr *)addr, &len) ? -1 : fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 addr;
	char text[160];
	int fd = listen_on(argc > 1 ? AF_INET6 : AF_INET, &addr);
	unsigned int port = ntohs(addr.sin6_port);

	(void)argv;
	if (fd < 0)
		return 1;
	holder_describe(port, text, sizeof(text));
	printf("%d\n%u\n%s\n", getpid(), port, text);
	prctl(PR_SET_NAME, "a\xc2\x9b\x1b" "b");
	holder_describe(port, text, sizeof(text));
	puts(text);
	close(fd);
	holder_describe(port, text, sizeof(text));
	puts(text);
	return 0;
}
