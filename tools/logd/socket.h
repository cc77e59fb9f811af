/* SPDX-License-Identifier: GPL-2.0 */
/* The two sockets of systemd that take datagrams. */
#ifndef _HTTPQ_LOGD_SOCKET_H
#define _HTTPQ_LOGD_SOCKET_H

#include "buf.h"

#define JOURNAL_SOCKET	"/run/systemd/journal/socket"

int journal_send(const char *path, const struct buf *message);
void notify_send(const char *state);

#endif /* _HTTPQ_LOGD_SOCKET_H */
