/* SPDX-License-Identifier: GPL-2.0 */
/* What the supervisor tells the administrator, a line each. */
#ifndef _POOL_SAY_H
#define _POOL_SAY_H

#include <systemd/sd-daemon.h>

extern const char *say_name;

/* Each line begins with one of the levels of sd-daemon.h. */
#define say_error(...)	say(SD_ERR, __VA_ARGS__)
#define say_warning(...) say(SD_WARNING, __VA_ARGS__)
#define say_info(...)	say(SD_INFO, __VA_ARGS__)

__attribute__((format(printf, 2, 3)))
void say(const char *level, const char *format, ...);
void *must(void *memory);

#endif /* _POOL_SAY_H */
