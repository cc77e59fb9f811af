/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What httpq(8) and the supervisor say to each other: one packet each way over
 * a socket in the directory of the pool. A request is a word, and for "recycle"
 * perhaps the number of a worker:
 *
 *	status | recycle [ID] | start | stop | reset
 *
 * The answer is "ok" or "error: TEXT", a newline, and for "status" more lines,
 * of which later versions may add others and longer ones:
 *
 *	pool QUEUE MODE SEATS ACTIVE FAILURES RECYCLED PID
 *	worker ID STATE PID AGE_MS REQUESTS HELD MEMORY WHY
 */
#ifndef _POOL_CONTROL_H
#define _POOL_CONTROL_H

#define CONTROL_DIR		"/run/httpq-pool"
#define CONTROL_SOCKET		"control"
#define CONTROL_REQUEST_MAX	64
#define CONTROL_ANSWER_MAX	65536

#endif /* _POOL_CONTROL_H */
