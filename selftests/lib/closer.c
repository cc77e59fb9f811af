// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "closer.h"
#include "host.h"
#include "site.h"

bool closer_is_lost(enum manner manner)
{
	return manner == CLOSER_VANISHES || manner == CLOSER_VANISHES_LATE;
}

static int connect_from(struct peer *p, const char *address)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = from;
	int one = 1;

	from.sin_addr.s_addr = inet_addr(address);
	to.sin_addr.s_addr = inet_addr(PAIR_FAR);
	to.sin_port = htons(SITE_PORT);
	memset(p, 0, sizeof(*p));
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(p->fd, (struct sockaddr *)&to, sizeof(to)))
		return -errno;
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return 0;
}

int closer_start(struct closer *c, const char *request, enum manner manner)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	int err;

	*c = (struct closer){ .manner = manner };
	err = connect_from(&c->peer,
			   closer_is_lost(manner) ? SITE_LOST : PAIR_NEAR);
	if (err)
		return err;
	if (getsockname(c->peer.fd, (struct sockaddr *)&addr, &len))
		return -errno;
	c->port = ntohs(addr.sin_port);
	if (request)
		err = peer_puts(&c->peer, request);
	if (manner == CLOSER_HALF_CLOSES)
		peer_half_close(&c->peer);
	return err;
}

/* Reads all that is there. */
static void listen_to(struct closer *c)
{
	static char buf[65536];
	ssize_t n;

	do {
		n = recv(c->peer.fd, buf, sizeof(buf), MSG_DONTWAIT);
	} while (n > 0);
	if (!n)
		c->fin = true;
}

static void shout(struct closer *c)
{
	static const char junk[4096];
	int i;

	for (i = 0; i < 4; i++)
		if (send(c->peer.fd, junk, sizeof(junk),
			 MSG_DONTWAIT | MSG_NOSIGNAL) <= 0)
			break;
}

void closer_act(struct closer *c)
{
	switch (c->manner) {
	case CLOSER_FLOODS:
	case CLOSER_TRICKLES:
	case CLOSER_VANISHES_LATE:
		if (!c->fin)
			listen_to(c);
		else if (c->manner == CLOSER_FLOODS)
			shout(c);
		else if (c->manner == CLOSER_TRICKLES)
			send(c->peer.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case CLOSER_DEAF_TRICKLES:
		send(c->peer.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	default:
		break;
	}
}

int closer_state(const struct closer *c)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(c->peer.fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_state;
}

int closer_vanish(void)
{
	return host_run("nft -f - <<'END'\n"
			"add table ip t\n"
			"add chain ip t i { type filter hook input priority 0; }\n"
			"add chain ip t o { type filter hook output priority 0; }\n"
			"add rule ip t i ip daddr %s drop\n"
			"add rule ip t o ip saddr %s drop\n"
			"END", SITE_LOST, SITE_LOST);
}
