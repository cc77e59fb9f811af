// SPDX-License-Identifier: GPL-2.0
/* httpq pool: speaks to httpq-pool(8), which runs the workers of queues. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* O_PATH */
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../pool/control.h"
#include "cmd.h"

static const char help[] =
"Usage: httpq pool [ show [ NAME ] ]\n"
"       httpq pool recycle NAME [ WORKER ]\n"
"       httpq pool { start | stop | reset } NAME\n"
"\n"
"Pools are run by httpq-pool(8). With NAME, show lists its workers.\n";

/* Answers become rows; attributes of the right type carry what they say. */
enum {
	A_NAME = HTTPQ_A_STAT_NAME,
	A_QUEUE = HTTPQ_A_QUEUE_NAME,
	A_STATE = HTTPQ_A_CONN_STATE,
	A_WHY = HTTPQ_A_URL,
	A_PID = HTTPQ_A_PID,
	A_SEATS = HTTPQ_A_WORKERS,
	A_ACTIVE = HTTPQ_A_INFLIGHT,
	A_FAILURES = HTTPQ_A_REJECTED,
	A_RECYCLED = HTTPQ_A_ARRIVED,
	A_ID = HTTPQ_A_ID,
	A_AGE = HTTPQ_A_AGE_MS,
	A_REQUESTS = HTTPQ_A_REQUESTS,
	A_HELD = HTTPQ_A_HELD,
	A_MEMORY = HTTPQ_A_STAT_VALUE,
};

static const struct out_column pool_columns[] = {
	{ "POOL", "pool", OUT_STRING, .attr = A_NAME },
	{ "QUEUE", "queue", OUT_STRING, .attr = A_QUEUE },
	{ "STATE", "state", OUT_STRING, .attr = A_STATE },
	{ "ACTIVE", "active", OUT_NUMBER, .attr = A_ACTIVE },
	{ "WORKERS", "workers", OUT_NUMBER, .attr = A_SEATS },
	{ "FAILURES", "failures", OUT_NUMBER, .attr = A_FAILURES },
	{ "RECYCLED", "recycled", OUT_NUMBER, .attr = A_RECYCLED },
	{ "PID", "pid", OUT_NUMBER, .attr = A_PID },
	{}
};

static const struct out_column worker_rows[] = {
	{ "WORKER", "id", OUT_NUMBER, .attr = A_ID },
	{ "STATE", "state", OUT_STRING, .attr = A_STATE },
	{ "PID", "pid", OUT_NUMBER, .attr = A_PID },
	{ "AGE", "age_ms", OUT_TIME, .attr = A_AGE },
	{ "REQUESTS", "requests", OUT_NUMBER, .attr = A_REQUESTS },
	{ "HELD", "held", OUT_NUMBER, .attr = A_HELD },
	{ "MEMORY", "memory", OUT_NUMBER, .attr = A_MEMORY },
	{ "WHY", "why", OUT_STRING, .attr = A_WHY },
	{}
};

/* Through its directory, since a path may be too long for an address. */
static int connect_pool(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char path[512];
	int dir, fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", CONTROL_DIR, name);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s",
		 dir, CONTROL_SOCKET);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err = -errno;
	close(dir);
	if (err && fd >= 0)
		close(fd);
	return err ?: fd;
}

static int exchange(const char *name, const char *question, char *answer)
{
	int fd = connect_pool(name);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = send(fd, question, strlen(question), MSG_NOSIGNAL);
	if (len >= 0)
		len = recv(fd, answer, CONTROL_ANSWER_MAX - 1, 0);
	if (len < 0)
		len = -errno;
	else
		answer[len] = '\0';
	close(fd);
	return len > 0 ? 0 : (int)len ?: -EPIPE;
}

/* Asks a pool; the text belongs to the next question. NULL: an error line. */
static const char *ask(const char *name, const char *question)
{
	static char answer[CONTROL_ANSWER_MAX];
	int err = exchange(name, question, answer);

	if (err == -ENOENT || err == -ECONNREFUSED)
		fail("pool %s: httpq-pool does not run it; 'httpq pool show' lists those that run",
		     name);
	else if (err == -EACCES || err == -EPERM)
		fail("pool %s: belongs to another user; run as root", name);
	else if (err)
		fail("pool %s: %s", name, strerror(-err));
	if (err)
		return NULL;
	if (strncmp(answer, "ok\n", 3)) {
		answer[strcspn(answer, "\n")] = '\0';
		fail("pool %s: %s", name, answer);
		return NULL;
	}
	return answer + 3;
}

static void add_row(struct nl_rows *rows, struct nl_msg *msg)
{
	rows->msgs = realloc(rows->msgs, (rows->nr + 1) * sizeof(*rows->msgs));
	if (!rows->msgs) {
		fail("out of memory");
		exit(EXIT_FAILURE);
	}
	rows->msgs[rows->nr++] = msg;
}

static void add_pool(struct nl_rows *rows, const char *name, const char *text)
{
	struct nl_msg *msg = nl_message(0, 0);
	unsigned int seats, active, failures, pid;
	char queue[64], state[32];
	uint64_t recycled;

	if (sscanf(text, "pool %63s %31s %u %u %u %" SCNu64 " %u", queue, state,
		   &seats, &active, &failures, &recycled, &pid) != 7) {
		nlmsg_free(msg);
		return;
	}
	nla_put_string(msg, A_NAME, name);
	nla_put_string(msg, A_QUEUE, queue);
	nla_put_string(msg, A_STATE, state);
	nla_put_u32(msg, A_SEATS, seats);
	nla_put_u32(msg, A_ACTIVE, active);
	nla_put_u32(msg, A_FAILURES, failures);
	nla_put_u64(msg, A_RECYCLED, recycled);
	nla_put_u32(msg, A_PID, pid);
	add_row(rows, msg);
}

static void add_worker(struct nl_rows *rows, const char *line)
{
	struct nl_msg *msg = nl_message(0, 0);
	uint64_t age, requests, memory;
	unsigned int id, pid, held;
	char state[32], why[32];

	if (sscanf(line,
		   "worker %u %31s %u %" SCNu64 " %" SCNu64 " %u %" SCNu64
		   " %31s", &id, state, &pid, &age, &requests, &held, &memory,
		   why) != 8) {
		nlmsg_free(msg);
		return;
	}
	nla_put_u32(msg, A_ID, id);
	nla_put_string(msg, A_STATE, state);
	nla_put_u32(msg, A_PID, pid);
	nla_put_u64(msg, A_AGE, age);
	nla_put_u64(msg, A_REQUESTS, requests);
	nla_put_u32(msg, A_HELD, held);
	nla_put_u64(msg, A_MEMORY, memory);
	nla_put_string(msg, A_WHY, why);
	add_row(rows, msg);
}

static int show_workers(const char *name)
{
	const char *line = ask(name, "status");
	struct nl_rows rows = { 0 };

	if (!line)
		return -1;
	for (; (line = strchr(line, '\n')); line++)
		if (!strncmp(line + 1, "worker ", 7))
			add_worker(&rows, line + 1);
	print_rows(worker_rows, &rows);
	nl_rows_free(&rows);
	return 0;
}

static int is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int show_pools(void)
{
	static char answer[CONTROL_ANSWER_MAX];
	struct nl_rows rows = { 0 };
	struct dirent **names;
	int nr = scandir(CONTROL_DIR, &names, is_name, alphasort);

	for (int i = 0; i < nr; i++) {
		/* One that was stopped leaves its directory. */
		if (!exchange(names[i]->d_name, "status", answer) &&
		    !strncmp(answer, "ok\n", 3))
			add_pool(&rows, names[i]->d_name, answer + 3);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
	print_rows(pool_columns, &rows);
	nl_rows_free(&rows);
	return 0;
}

static int show(char **words)
{
	if (!words[0])
		return show_pools();
	if (no_more_words(words + 1))
		return -1;
	return show_workers(words[0]);
}

static int command(const char *verb, char **words)
{
	if (!words[0])
		return fail("pool %s needs the name of a pool; see 'httpq pool help'",
			    verb);
	if (no_more_words(words + 1))
		return -1;
	return ask(words[0], verb) ? 0 : -1;
}

static int recycle(char **words)
{
	char question[CONTROL_REQUEST_MAX];
	uint64_t id;

	if (!words[0] || !words[1])
		return command("recycle", words);
	if (parse_number("worker", words[1], UINT32_MAX, &id) ||
	    no_more_words(words + 2))
		return -1;
	snprintf(question, sizeof(question), "recycle %" PRIu64, id);
	return ask(words[0], question) ? 0 : -1;
}

static int start(char **words)
{
	return command("start", words);
}

static int stop(char **words)
{
	return command("stop", words);
}

static int reset(char **words)
{
	return command("reset", words);
}

static const struct verb verbs[] = {
	{ "recycle", recycle },
	{ "reset", reset },
	{ "show", show },
	{ "start", start },
	{ "status", show },
	{ "stop", stop },
	{}
};

const struct object pool_object = { "pool", verbs, NULL, help };
