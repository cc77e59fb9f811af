/* SPDX-License-Identifier: GPL-2.0 */
/* One worker, one client and the log: for tests of what becomes of requests. */
#ifndef HTTPQ_TEST_SCENE_H
#define HTTPQ_TEST_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "peer.h"
#include "raw.h"

#define SCENE_PORT 8080
#define SCENE_URL "http://*:8080/"
/* A request with a body of which a part can be read. */
#define SCENE_POST "POST /a HTTP/1.1\r\nHost: a\r\n" \
		   "Content-Length: 5\r\n\r\nhello"
#define SCENE_GET "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

/*
 * struct scene - a namespace with a worker and a reader of its log
 * @fd: the handle, of queue "test"; -1 if it was closed
 * @peer: the client
 * @lossy: it is behind a bad network, all of which is on this side
 */
struct scene {
	int fd;
	struct peer peer;
	struct log log;
	bool lossy;
};

/* How far a worker has come with a request. */
enum scene_progress {
	SCENE_UNREAD,		/* it waits */
	SCENE_UNTOUCHED,
	SCENE_READING,		/* a part of the body was read */
	SCENE_BEGUN,		/* a part of the response went out */
	SCENE_COMPLETE,		/* all of it did; the end is owed */
};

/* In a namespace of its own. 0 or -errno. */
int scene_open(struct scene *s);
/* With the client behind a bad network. */
int scene_open_lossy(struct scene *s);
void scene_close(struct scene *s);
/* A new client in place of the old one, which sends @request. 0 or -errno. */
int scene_send(struct scene *s, const char *request);
/* The next request, whatever else is told; its id, or 0. */
uint64_t scene_next(struct scene *s);
uint64_t scene_next_of(int fd);
/* Both. */
uint64_t scene_take(struct scene *s, const char *request);
/* A worker's first steps with a POST; whether all went well. */
bool scene_bring(struct scene *s, uint64_t id, enum scene_progress progress);
/* A new client, a SCENE_POST and the first steps with it; its id, or 0. */
uint64_t scene_start(struct scene *s, enum scene_progress progress);
/* The client resets. That does come: if it did not, nobody could know it. */
void scene_reset(struct scene *s);
/* The same, and waits until there are @zombies. */
bool scene_leave(struct scene *s, int zombies);

/* Waits until all zombies together take at most @bytes; what they take. */
long scene_wait_bytes(long bytes);

/* The end of a response, with words for the log; as step_end(). */
int scene_end_with(int fd, uint64_t id, int status, const char *user,
		   unsigned int substatus, const char *note);
/* Closes the handle. */
void scene_drop(struct scene *s);

#endif
