// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handles.h"
#include "host.h"
#include "peer.h"
#include "raw.h"

#define TABLE "/proc/net/httpq/workers"

static bool parse(const char *line, struct handle *h)
{
	unsigned long long id;
	char deadline[32];

	memset(h, 0, sizeof(*h));
	if (sscanf(line, "%llu %63s %d %15s %ld %ld %*s %*s %31s", &id,
		   h->queue, &h->pid, h->state, &h->held, &h->delivered,
		   deadline) != 7)
		return false;
	h->id = id;
	h->deadline_ms = atol(deadline);
	return true;
}

/* The line of number @id, or with 0 the one of the highest. */
static struct handle search(uint64_t id)
{
	struct handle found = {}, h;
	FILE *f = fopen(TABLE, "r");
	char line[512];

	if (!f) {
		perror(TABLE);
		exit(1);
	}
	while (fgets(line, sizeof(line), f))
		if (parse(line, &h) && (id ? h.id == id : h.id > found.id))
			found = h;
	fclose(f);
	return found;
}

struct handle handle_newest(void)
{
	return search(0);
}

struct handle handle_find(uint64_t id)
{
	return search(id);
}

bool handle_is(uint64_t id, const char *state)
{
	struct handle h = search(id);

	return !strcmp(h.id ? h.state : "gone", state);
}

bool handle_wait(uint64_t id, const char *state)
{
	int64_t begin = host_now();

	while (!handle_is(id, state)) {
		if (host_now() > begin + PEER_TIMEOUT) {
			printf("# handle %llu is not %s but '%s'\n",
			       (unsigned long long)id, state, search(id).state);
			return false;
		}
		host_nap(begin);
	}
	return true;
}

int handle_drain(int fd, uint32_t deadline_ms)
{
	struct httpq_drain drain = {
		.size = sizeof(drain),
		.deadline_ms = deadline_ms,
	};
	int err = raw_ioctl(fd, HTTPQ_IOC_DRAIN, &drain);

	return err ? err : (int)drain.out_held;
}

int handle_ready(int fd)
{
	struct httpq_ready ready = { .size = sizeof(ready) };

	return raw_ioctl(fd, HTTPQ_IOC_READY, &ready);
}

int handle_attach(const char *queue, uint32_t flags, uint64_t *id)
{
	uint64_t before = handle_newest().id;
	int fd = raw_open(0);
	int err = raw_attach(fd, queue, flags, 0);

	if (err) {
		close(fd);
		return err;
	}
	*id = handle_newest().id;
	return *id > before ? fd : -ENOENT;
}
