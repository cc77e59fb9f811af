/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What serves in a second network namespace, a client of it that behaves, and
 * what the kernel there keeps of its connections.
 */
#ifndef HTTPQ_TEST_SITE_H
#define HTTPQ_TEST_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "pair.h"
#include "peer.h"
#include "serve.h"

#define SITE_PORT 8080
/* An address of clients that are to vanish. */
#define SITE_LOST "10.9.0.3"

/*
 * struct site - the far namespace with what serves there
 * @nobody: a handle that takes nothing of /nobody/
 * @good: a client that behaves
 * @idle: ms after which its connection may have been closed
 * @used: when it was served last
 * @slowest: its slowest request, ms
 */
struct site {
	struct pair pair;
	struct serve serve;
	struct httpq *nobody;
	struct peer good;
	long idle;
	int64_t used;
	long slowest;
};

/* All timers of a connection to @limit_ms. Many threads answer by the path:
 * /bye with a close, /open without a length, /some, /mid and /big by what they
 * fill, /broken with a part, /body once it is read, /late never, anything else
 * "ok"; below /alone/ it is one request for each connection.
 * 0 or -errno.
 */
int site_open(struct site *site, int limit_ms, long sndbuf);
void site_close(struct site *site);
/* For the caller's namespace. */
void site_set_timers(int ms);
/* The good client asks: the status or -errno. It takes a new connection if the
 * old one may have been idle for too long.
 */
int site_visit(struct site *site);
/* It closes its connection, if it has one. */
void site_leave(struct site *site);
/* Sockets there whose state is @state, 0 for any that is not only a memory of a
 * connection; of the client at @port, 0 for all.
 */
int site_sockets(struct site *site, unsigned int state, uint16_t port);
/* Nothing is left there of any connection but of the good client's. */
bool site_all_gone(struct site *site);
/* Next to nothing is charged to the namespace. */
bool site_account_empty(struct site *site);

#endif
