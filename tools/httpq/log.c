// SPDX-License-Identifier: GPL-2.0
/*
 * httpq log: the records that the kernel keeps, without taking them from who
 * collects them. httpq why: one of them in words.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/httpq_log.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../logd/format.h"
#include "../logd/reason.h"
#include "cmd.h"

/* The most that is read at once. */
#define BATCH_SIZE	(16 * HTTPQ_LOG_RECORD_MAX)

static const char log_help[] =
"Usage: httpq log [ show ] [ -f[ollow] ] [ -j[son] | -raw ]\n";

static const char why_help[] =
"Usage: httpq why ID\n"
"\n"
"ID := { 16 hex digits | CONNECTION.NUMBER }, as in the log\n";

/**
 * struct log_options - the words after "log"
 * @follow: begin at the end and do not stop there.
 * @json: one JSON object a line.
 * @raw: records as they are.
 */
struct log_options {
	bool follow;
	bool json;
	bool raw;
};

static int open_problem(void)
{
	switch (errno) {
	case ENOENT:
	case ENXIO:
		return fail("kernel module not loaded (modprobe httpq)");
	case EPERM:
	case EACCES:
		return fail("log: needs CAP_NET_ADMIN; run as root");
	default:
		return fail("%s: %s", HTTPQ_LOG_DEVICE, strerror(errno));
	}
}

static int open_log(void)
{
	int fd;

	if (options.netns && nl_enter(options.netns))
		return -1;
	fd = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? open_problem() : fd;
}

/**
 * typedef record_fn - takes a record
 *
 * Returns 0 to go on.
 */
typedef int record_fn(const struct httpq_log_record *r, void *arg);

static int each_of(const char *data, size_t len, record_fn *take, void *arg)
{
	size_t size;
	int err = 0;

	while (!err && (size = record_check(data, len))) {
		err = take((const void *)data, arg);
		data += size;
		len -= size;
	}
	return err;
}

/* Reads what there is. Returns 1 at the end of it, 0 if it may go on. */
static int read_batch(int fd, record_fn *take, void *arg)
{
	static char data[BATCH_SIZE] __attribute__((aligned(8)));
	ssize_t len = read(fd, data, sizeof(data));

	if (len < 0 && errno == EINTR)
		return 0;
	if (len < 0 && errno == EAGAIN)
		return 1;
	if (len < 0)
		return fail("log: %s", errno == ENODEV ?
			    "the network namespace is gone" : strerror(errno));
	return len ? each_of(data, len, take, arg) : 1;
}

static int read_all(int fd, record_fn *take, void *arg)
{
	int end;

	do {
		end = read_batch(fd, take, arg);
	} while (!end);
	return end < 0 ? -1 : 0;
}

static int follow(int fd, record_fn *take, void *arg)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	if (lseek(fd, 0, SEEK_END) < 0)
		return fail("log: %s", strerror(errno));
	while (!read_all(fd, take, arg)) {
		if (fflush(stdout))
			return -1;
		poll(&pollfd, 1, -1);
	}
	return -1;
}

static int print_record(const struct httpq_log_record *r, void *arg)
{
	const struct log_options *opt = arg;
	struct buf line = { 0 };

	if (opt->raw) {
		fwrite(r, r->size, 1, stdout);
		return 0;
	}
	if (opt->json) {
		json_line(&line, NULL, r);
	} else {
		plain_line(&line, r);
		buf_char(&line, '\n');
	}
	fwrite(line.data, line.len, 1, stdout);
	buf_free(&line);
	return 0;
}

static int parse_option(struct log_options *opt, const char *word)
{
	static const char *const names[] = { "follow", "json", "raw", NULL };
	const char *name = word;

	if (name[0] != '-')
		return fail("unexpected word '%s'; see 'httpq log help'", word);
	name += name[1] == '-' ? 2 : 1;
	switch (pick_word("option", name, names, sizeof(*names))) {
	case 0:
		opt->follow = true;
		return 0;
	case 1:
		opt->json = true;
		return 0;
	case 2:
		opt->raw = true;
		return 0;
	}
	return -1;
}

static int show_log(char **words)
{
	struct log_options opt = { .json = options.json };
	int err, fd;

	for (; *words; words++)
		if (parse_option(&opt, *words))
			return -1;
	if (opt.raw && opt.json)
		return fail("a record is either raw or JSON; see 'httpq log help'");
	if (opt.raw && isatty(STDOUT_FILENO))
		return fail("records are not for a terminal: httpq log -raw > FILE");
	fd = open_log();
	if (fd < 0)
		return -1;
	err = opt.follow ? follow(fd, print_record, &opt) :
			   read_all(fd, print_record, &opt);
	close(fd);
	return err;
}

/**
 * struct search - for the record of a request
 * @id: of the request.
 * @found: its record, or NULL; a copy.
 */
struct search {
	uint64_t id;
	struct httpq_log_record *found;
};

static int match_record(const struct httpq_log_record *r, void *arg)
{
	struct search *search = arg;

	if ((r->kind != HTTPQ_LOG_ACCESS && r->kind != HTTPQ_LOG_ERROR) ||
	    r->request_id != search->id)
		return 0;
	free(search->found);
	search->found = malloc(r->size);
	if (!search->found)
		return fail("out of memory");
	memcpy(search->found, r, r->size);
	return 0;
}

/* 16 hex digits, or CONNECTION.NUMBER. */
static int parse_id(const char *word, uint64_t *id)
{
	uint64_t conn, number;
	char *dot;

	dot = strchr(word, '.');
	if (!dot) {
		*id = strtoull(word, NULL, 16);
		if (strlen(word) == 16 &&
		    strspn(word, "0123456789abcdefABCDEF") == 16)
			return 0;
		return fail("'%s' is no request: 16 hex digits or CONNECTION.NUMBER, as 'httpq log' prints them",
			    word);
	}
	*dot = '\0';
	if (parse_number("connection", word, UINT32_MAX, &conn) ||
	    parse_number("request", dot + 1, UINT32_MAX, &number))
		return -1;
	*id = conn << 32 | number;
	return 0;
}

static void print_buf(struct buf *line)
{
	fwrite(line->data, line->len, 1, stdout);
	putchar('\n');
	buf_free(line);
}

static void print_time(const char *what, uint64_t ns)
{
	printf("%s%" PRIu64 ".%03u s", what, ns / 1000000000,
	       (unsigned int)(ns / 1000000 % 1000));
}

/* Whether it had read of its body is known only of the last stage. */
static void print_stages(const struct httpq_log_record *r)
{
	const char *between = "  stages: ";
	uint8_t stage = r->stage ? HTTPQ_LOG_STAGE_HEAD : 0;

	for (; stage < HTTPQ_LOG_STAGE_NR && stage <= r->stage; stage++) {
		if (stage == HTTPQ_LOG_STAGE_BODY && stage != r->stage)
			continue;
		printf("%s%s", between, record_stage(stage));
		between = ", ";
	}
	printf(" (%s)\n", stage_words(r->stage));
}

static void print_way(const struct httpq_log_record *r)
{
	struct buf line = { 0 };

	if (r->prefix.len) {
		buf_string(&line, "  routed by ");
		text_put_plain(&line, record_text(r, r->prefix));
		buf_string(&line, " to queue ");
		text_put_plain(&line, record_text(r, r->queue));
		print_buf(&line);
	}
	print_time("  it took ", r->taken_ns);
	if (r->queued_ns)
		print_time(", in the queue ", r->queued_ns);
	putchar('\n');
	print_stages(r);
}

static void print_worker(const struct httpq_log_record *r)
{
	if (!r->worker_id)
		return;
	printf("  delivered %u time%s, %sto worker %" PRIu64, r->deliveries,
	       r->deliveries == 1 ? "" : "s",
	       r->deliveries == 1 ? "" : "last ", (uint64_t)r->worker_id);
	if (r->pid)
		printf(", process %" PRIu32, r->pid);
	if (r->last_call)
		printf("; its last call was %s, %" PRIu32 ".%03" PRIu32 " s before",
		       record_call(r->last_call), r->last_call_ms / 1000,
		       r->last_call_ms % 1000);
	putchar('\n');
	if (r->owed)
		printf("  the worker owed: %s\n", owed_words(r->owed));
}

static void print_answer(const struct httpq_log_record *r)
{
	if (r->status)
		printf("  the client was sent status %u, %" PRIu64 " bytes",
		       r->status, (uint64_t)r->sc_bytes);
	else
		printf("  the client was sent nothing");
	if (r->flags & HTTPQ_LOG_PARTIAL)
		printf("; it left before the end");
	if (r->flags & HTTPQ_LOG_LATE)
		printf("; the worker finished after it had left");
	putchar('\n');
}

static void print_reason(const struct httpq_log_record *r)
{
	const struct reason_words *words = reason_words(r->reason);

	if (r->kind == HTTPQ_LOG_ACCESS)
		return;
	if (r->flags & HTTPQ_LOG_REAPED)
		puts("  an administrator ended it: httpq zombie reap");
	printf("  %s: %s\n  what to do: %s\n", record_reason(r->reason),
	       words->why, words->fix);
}

static void explain(const struct httpq_log_record *r)
{
	struct buf line = { 0 };

	plain_line(&line, r);
	print_buf(&line);
	print_way(r);
	print_worker(r);
	print_answer(r);
	print_reason(r);
}

static int print_why(const struct search *search, const char *word)
{
	struct log_options opt = { .json = true };

	if (!search->found)
		return fail("no record of request %s: it is not over, or was too long ago",
			    word);
	if (options.json)
		print_record(search->found, &opt);
	else
		explain(search->found);
	return 0;
}

static int why(char **words)
{
	struct search search = { 0 };
	char word[32];
	int err, fd;

	if (!words[0])
		return fail("why needs the ID of a request; see 'httpq why help'");
	if (no_more_words(words + 1))
		return -1;
	snprintf(word, sizeof(word), "%s", words[0]);
	if (parse_id(words[0], &search.id))
		return -1;
	fd = open_log();
	if (fd < 0)
		return -1;
	err = read_all(fd, match_record, &search);
	close(fd);
	if (!err)
		err = print_why(&search, word);
	free(search.found);
	return err;
}

static const struct verb log_verbs[] = {
	{ "show", show_log },
	{}
};

static const struct verb why_verbs[] = { {} };

const struct object log_object = { "log", log_verbs, show_log, log_help };
const struct object why_object = { "why", why_verbs, why, why_help };
