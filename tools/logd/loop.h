/* SPDX-License-Identifier: GPL-2.0 */
/* From where records come to the logs. */
#ifndef _HTTPQ_LOGD_LOOP_H
#define _HTTPQ_LOGD_LOOP_H

#include "output.h"

int collect(struct output *outputs, int nr, int fd);
int replay(struct output *outputs, int nr, int fd, const char *path);

#endif /* _HTTPQ_LOGD_LOOP_H */
