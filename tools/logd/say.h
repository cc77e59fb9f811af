/* SPDX-License-Identifier: GPL-2.0 */
/* What the daemon tells its administrator. */
#ifndef _HTTPQ_LOGD_SAY_H
#define _HTTPQ_LOGD_SAY_H

__attribute__((format(printf, 1, 2))) int say(const char *format, ...);

#endif /* _HTTPQ_LOGD_SAY_H */
