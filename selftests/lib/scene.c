// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "scene.h"
#include "step.h"

int scene_open(struct scene *s)
{
	int err = host_unshare();

	s->peer.fd = -1;
	s->log.fd = -1;
	s->fd = -1;
	s->lossy = false;
	if (err)
		return err;
	/* Room for all records of a test; the first prefix makes the log. */
	host_sysctl("log_kib", 8192);
	s->fd = raw_worker("test", 0);
	return raw_bind(s->fd, SCENE_URL, 0) ?: log_open(&s->log);
}

int scene_open_lossy(struct scene *s)
{
	int err = scene_open(s);

	s->lossy = !err;
	return err;
}

void scene_drop(struct scene *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void scene_close(struct scene *s)
{
	if (s->peer.fd >= 0)
		peer_close(&s->peer);
	scene_drop(s);
	log_close(&s->log);
}

int scene_send(struct scene *s, const char *request)
{
	int err;

	if (s->peer.fd >= 0)
		peer_close(&s->peer);
	if (s->lossy && host_netem(NETEM_LOSSIER))
		return -EIO;
	err = peer_connect(&s->peer, "127.0.0.1", SCENE_PORT);
	if (err)
		s->peer.fd = -1;
	return err ?: peer_puts(&s->peer, request);
}

uint64_t scene_next_of(int fd)
{
	struct raw_take t;

	for (;;) {
		if (raw_take(fd, &t, 1, PEER_TIMEOUT) != 1)
			return 0;
		if (t.events[0].type == HTTPQ_EVENT_REQUEST)
			return t.events[0].status ? 0 : t.events[0].id;
	}
}

uint64_t scene_next(struct scene *s)
{
	return scene_next_of(s->fd);
}

uint64_t scene_take(struct scene *s, const char *request)
{
	return scene_send(s, request) ? 0 : scene_next(s);
}

bool scene_bring(struct scene *s, uint64_t id, enum scene_progress progress)
{
	char byte;

	switch (progress) {
	case SCENE_READING:
		return step_read(s->fd, id, &byte, 1, true) == 1;
	case SCENE_BEGUN:
		return !step_begin(s->fd, id, "half", 0);
	case SCENE_COMPLETE:
		return !step_send(s->fd, id, 200, 4, "full", 4,
				  HTTPQ_SEND_MORE);
	default:
		return true;
	}
}

uint64_t scene_start(struct scene *s, enum scene_progress progress)
{
	uint64_t id = scene_take(s, SCENE_POST);

	return id && scene_bring(s, id, progress) ? id : 0;
}

void scene_reset(struct scene *s)
{
	if (s->lossy)
		host_netem(NETEM_LOSSLESS);
	peer_reset(&s->peer);
}

bool scene_leave(struct scene *s, int zombies)
{
	scene_reset(s);
	return host_wait_lines("zombies", "", zombies, PEER_TIMEOUT);
}

/* Column "bytes" of all lines. */
static long zombie_bytes(void)
{
	char text[32];

	if (host_output(text, sizeof(text), "awk 'NR == 1 { for (i = 1; i <= NF"
			"; i++) if ($i == \"bytes\") c = i; next } { n += $c } "
			"END { printf n }' /proc/net/httpq/zombies"))
		return -1;
	return atol(text);
}

long scene_wait_bytes(long bytes)
{
	int64_t begin = host_now();
	long n;

	while ((n = zombie_bytes()) > bytes &&
	       host_now() < begin + PEER_TIMEOUT)
		host_nap(begin);
	return n;
}

int scene_end_with(int fd, uint64_t id, int status, const char *user,
		   unsigned int substatus, const char *note)
{
	struct {
		struct httpq_log_data data;
		char text[2 * HTTPQ_LOG_TEXT_MAX + 1];
	} log = {
		.data = {
			.substatus = substatus,
			.user_len = strlen(user),
			.note_len = strlen(note),
		},
	};
	struct httpq_reply_head head = { .status = status };
	struct httpq_send send = {
		.id = id,
		.log = (uintptr_t)&log,
		.log_len = sizeof(log.data) + strlen(user) + strlen(note),
		.head = status ? (uintptr_t)&head : 0,
		.head_len = status ? sizeof(head) : 0,
	};
	struct httpq_transfer transfer = {
		.size = sizeof(transfer),
		.sends = (uintptr_t)&send,
		.nr_sends = 1,
	};
	int err;

	strcpy(log.text, user);
	strcat(log.text, note);
	err = raw_ioctl(fd, HTTPQ_IOC_TRANSFER, &transfer);
	return err ? err : send.out_status;
}
