/* SPDX-License-Identifier: GPL-2.0 */
/* What systemd is told of a worker. */
#ifndef _POOL_UNIT_H
#define _POOL_UNIT_H

#include "pool.h"

int unit_describe(sd_bus_message *m, const struct worker *w, int handle,
		  int ping);

#endif /* _POOL_UNIT_H */
