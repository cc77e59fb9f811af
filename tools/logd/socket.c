// SPDX-License-Identifier: GPL-2.0
/*
 * The protocols of journald and of the service manager; both are documented
 * as stable, and a line each.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "socket.h"

/* How long a receiver that takes nothing may hold up all other logs. */
static const struct timeval patience = { .tv_sec = 1 };

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			   sizeof(patience));
	return fd;
}

/* @path: a file, or an abstract name after '@'. 0 or -errno. */
static int send_to(const char *path, const void *data, size_t len)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t addr_len = offsetof(struct sockaddr_un, sun_path);
	size_t path_len = strlen(path);
	static bool stuck;
	static int fd = -1;
	ssize_t n;

	if (path_len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, path_len);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	if (fd < 0)
		fd = open_socket();
	if (fd < 0)
		return -errno;
	do {
		n = sendto(fd, data, len,
			   MSG_NOSIGNAL | (stuck ? MSG_DONTWAIT : 0),
			   (void *)&addr, addr_len + path_len);
	} while (n < 0 && errno == EINTR);
	/* It is not waited for again until it takes something. */
	stuck = n < 0 && errno == EAGAIN;
	return n < 0 ? -errno : 0;
}

/**
 * journal_send - hand a message to journald
 * @path: JOURNAL_SOCKET.
 * @message: in its protocol.
 *
 * Returns 0 or a negative error number.
 */
int journal_send(const char *path, const struct buf *message)
{
	return send_to(path, message->data, message->len);
}

/* Tells the service manager, if there is one; nothing depends on it. */
void notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path && (path[0] == '/' || path[0] == '@'))
		send_to(path, state, strlen(state));
}
