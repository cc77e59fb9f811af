/* SPDX-License-Identifier: GPL-2.0 */
/* A client that misbehaves while its connection to a site is being closed. */
#ifndef HTTPQ_TEST_CLOSER_H
#define HTTPQ_TEST_CLOSER_H

#include <stdbool.h>
#include <stdint.h>

#include "peer.h"

enum manner {
	CLOSER_FLOODS,		/* sends after our FIN, 16K each time */
	CLOSER_TRICKLES,	/* sends after our FIN, a byte now and then */
	CLOSER_DEAF,		/* never reads */
	CLOSER_DEAF_TRICKLES,	/* never reads, and sends a byte now and then */
	CLOSER_HALF_CLOSES,	/* before it is answered, and never reads */
	CLOSER_VANISHES,	/* before it is answered */
	CLOSER_VANISHES_LATE,	/* after our FIN */
};

/*
 * struct closer - one of them
 * @port: its own
 * @fin: it has seen our FIN
 */
struct closer {
	struct peer peer;
	enum manner manner;
	uint16_t port;
	bool fin;
};

/* Whether it is one that vanishes: at SITE_LOST, when closer_vanish() says. */
bool closer_is_lost(enum manner manner);
/* Connects and sends @request, which may be NULL. 0 or -errno. */
int closer_start(struct closer *c, const char *request, enum manner manner);
/* Is called again and again. */
void closer_act(struct closer *c);
/* What the client's own TCP makes of it. */
int closer_state(const struct closer *c);
/* All packets of SITE_LOST are lost from now on. */
int closer_vanish(void);

#endif
