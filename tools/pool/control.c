// SPDX-License-Identifier: GPL-2.0
/* The supervisor's end of its control socket. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "pool.h"
#include "proc.h"
#include "say.h"
#include "value.h"

struct answer {
	char text[CONTROL_ANSWER_MAX];
	size_t len;
};

static void print(struct answer *a, const char *format, ...)
{
	size_t room = sizeof(a->text) - a->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(a->text + a->len, room, format, args);
	va_end(args);
	if (len > 0 && (size_t)len < room)
		a->len += (size_t)len;
}

static void print_worker(struct answer *a, struct pool *pool,
			 const struct policy_worker *p)
{
	const struct worker *w = worker_find(pool, p->id);

	print(a, "worker %u %s %d %lld %llu %u %llu %s\n", p->id,
	      policy_state_name(p->state), w ? w->pid : 0,
	      (long long)(proc_now() - p->begun),
	      (unsigned long long)p->requests,
	      p->held == UINT32_MAX ? 0 : p->held,
	      (unsigned long long)p->memory, policy_why_name(p->why));
}

static void print_status(struct answer *a, struct pool *pool)
{
	const struct policy *p = &pool->policy;

	pool_look(pool);
	print(a, "ok\npool %s %s %u %u %u %llu %d\n", pool->config->queue,
	      policy_mode_name(p->mode), p->config.seats,
	      policy_count(p, POLICY_ACTIVE), policy_failures(p, proc_now()),
	      (unsigned long long)p->recycled, getpid());
	for (size_t i = 0; i < POLICY_WORKERS_MAX; i++)
		if (p->workers[i].id)
			print_worker(a, pool, &p->workers[i]);
}

static void recycle(struct answer *a, struct pool *pool, const char *id)
{
	struct policy_event event = {
		.type = POLICY_EV_RECYCLE,
		.why = POLICY_WHY_COMMAND,
	};
	uint64_t number = 0;

	if (id[0] && (value_number(id, UINT32_MAX, &number) || !number ||
		      !policy_find(&pool->policy, (unsigned int)number))) {
		print(a, "error: there is no worker %s\n", id);
		return;
	}
	event.id = (unsigned int)number;
	pool_tell(pool, &event);
	print(a, "ok\n");
}

static void tell(struct answer *a, struct pool *pool,
		 enum policy_event_type type)
{
	struct policy_event event = { .type = type };

	pool_tell(pool, &event);
	print(a, "ok\n");
}

static void obey(struct answer *a, struct pool *pool, char *request)
{
	char *id = request + strcspn(request, " ");

	if (*id)
		*id++ = '\0';
	if (!strcmp(request, "status"))
		print_status(a, pool);
	else if (!strcmp(request, "recycle"))
		recycle(a, pool, id);
	else if (!strcmp(request, "start"))
		tell(a, pool, POLICY_EV_START);
	else if (!strcmp(request, "stop"))
		tell(a, pool, POLICY_EV_STOP);
	else if (!strcmp(request, "reset"))
		tell(a, pool, POLICY_EV_RESET);
	else
		print(a, "error: httpq-pool does not know '%s'\n", request);
}

static int on_request(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	char request[CONTROL_REQUEST_MAX + 1];
	struct answer *a;
	ssize_t len = recv(fd, request, sizeof(request) - 1, MSG_DONTWAIT);

	(void)events;
	if (len < 0 && errno == EAGAIN)
		return 0;
	if (len > 0) {
		request[len] = '\0';
		if (strcmp(request, "status"))
			say_info("command: %s", request);
		a = must(calloc(1, sizeof(*a)));
		obey(a, arg, request);
		send(fd, a->text, a->len, MSG_DONTWAIT | MSG_NOSIGNAL);
		free(a);
	}
	sd_event_source_disable_unref(s);
	close(fd);
	return 0;
}

static int on_connection(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	sd_event_source *source;
	struct pool *pool = arg;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)s;
	(void)events;
	if (client < 0)
		return 0;
	/* The reference to the source is on_request()'s. */
	if (sd_event_add_io(pool->event, &source, client, EPOLLIN, on_request,
			    pool) < 0)
		close(client);
	return 0;
}

/* Through the directory, since its path may be too long for an address. */
static int bind_socket(const struct pool *pool, int fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int err;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s",
		 pool->dir, CONTROL_SOCKET);
	unlink(addr.sun_path);
	mask = umask(0177);
	err = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	return err ?: listen(fd, 16);
}

/**
 * control_open - take commands
 * @pool: the pool.
 *
 * Returns 0, or -1 after an error line.
 */
int control_open(struct pool *pool)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	if (fd < 0 || bind_socket(pool, fd)) {
		say_error("%s/%s: %s", pool->dir_path, CONTROL_SOCKET,
			  strerror(errno));
		return -1;
	}
	return sd_event_add_io(pool->event, NULL, fd, EPOLLIN, on_connection,
			       pool) < 0 ? -1 : 0;
}
