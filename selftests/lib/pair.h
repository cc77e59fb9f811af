/* SPDX-License-Identifier: GPL-2.0 */
/* A second network namespace, joined to the caller's by a veth pair. */
#ifndef HTTPQ_TEST_PAIR_H
#define HTTPQ_TEST_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "peer.h"

/* Addresses of the two ends. */
#define PAIR_NEAR "10.9.0.1"
#define PAIR_FAR "10.9.0.2"

/*
 * struct pair - two namespaces
 * @near: the caller's, where the device is "near"
 * @far: the other one, with "far"; only this descriptor keeps it
 */
struct pair {
	int near;
	int far;
};

/* Makes the far namespace; the caller has one of its own. 0 or -errno. */
int pair_create(struct pair *p);
/* Moves the calling thread. A process is seen in /proc/net as its first
 * thread. 0 or -errno.
 */
int pair_enter_far(struct pair *p);
int pair_enter_near(struct pair *p);
/* host_netem() in both directions, "" for none. 0 or -EIO. */
int pair_netem(struct pair *p, const char *how);
/* Whether netem has lost some. */
bool pair_has_lost(struct pair *p);
/* A client in the far namespace of who listens in the near one, which the
 * caller stays in. 0 or -errno.
 */
int pair_connect(struct pair *p, struct peer *peer, uint16_t port);
/* host_stat() and host_lines() of the far end; for the first thread. */
long long pair_stat(struct pair *p, const char *name);
int pair_lines(struct pair *p, const char *table, const char *text);
bool pair_wait_lines(struct pair *p, const char *table, const char *text,
		     int n, int timeout_ms);
/* Lets the far namespace go and waits until the kernel is through with it:
 * ms that it took, -ETIMEDOUT. Nobody else may have it open or be in it.
 */
int pair_delete(struct pair *p, int timeout_ms);

#endif
