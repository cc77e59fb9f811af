// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration is lines of the form NAME = VALUE. The first thing that is
 * wrong is told with its line, and nothing is taken from the file.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_int.h"
#include "say.h"
#include "value.h"

static const char *const redeliver_words[] = { "idempotent", "never", "any",
					       NULL };
static const char *const handle_words[] = { "open", "pass", NULL };
static const char *const ready_words[] = { "receive", "call", NULL };
static const char *const units_words[] = { "auto", "no", "yes", NULL };
static const char *const start_words[] = { "now", "demand", NULL };
static const char *const exit_words[] = { "drain", "leave", NULL };
static const char *const ping_words[] = { "off", "kernel", "fd", NULL };

/* A setting by the name of its reader and the member that it goes to. */
#define KEY(_name, _read, _member, ...)					\
	{ .name = _name, .read = config_read_##_read,			\
	  .offset = offsetof(struct config, _member), ##__VA_ARGS__ }
#define NUMBER(_name, _member, _min, _max)				\
	KEY(_name, number, _member, .min = _min, .max = _max)
#define COUNT(_name, _member, _min, _max)				\
	KEY(_name, count, _member, .min = _min, .max = _max)

static const struct config_key keys[] = {
	KEY("queue", name, queue),
	KEY("bind", bind, binds, .many = true),
	KEY("queue-owner", owner, options.uid),
	KEY("queue-group", group, options.gid),
	KEY("queue-mode", mode, options.mode),
	NUMBER("max-queued", options.max_queued, 1, 1000000),
	NUMBER("max-inflight", options.max_inflight, 1, 1000000),
	KEY("redeliver", redeliver, options.redeliver,
	    .words = redeliver_words),
	KEY("answer-timeout", option_time, options.answer_ms),
	KEY("hold", option_size, options.hold),
	KEY("affinity", option_bool, options.affinity),

	KEY("command", command, command),
	COUNT("workers", policy.seats, 1, POLICY_SEATS_MAX),
	KEY("user", user, user),
	KEY("group", worker_group, group),
	KEY("directory", path, directory),
	KEY("environment", environment, environment, .many = true),
	KEY("handle", word, handle, .words = handle_words),
	KEY("ready", word, ready, .words = ready_words),
	KEY("units", word, units, .words = units_words),
	KEY("isolate", bool, isolate),
	KEY("cgroup", path, cgroup),
	KEY("memory-max", size, memory_max),
	NUMBER("limit-files", limit_files, 8, INT32_MAX),
	KEY("limit-core", size, limit_core),

	KEY("start", start, policy.on_demand, .words = start_words),
	KEY("start-limit", time, policy.start_limit),
	KEY("stop-limit", option_time, policy.stop_limit),
	KEY("kill-limit", option_time, policy.kill_limit),
	KEY("idle-timeout", time, policy.idle),
	KEY("on-exit", word, on_exit, .words = exit_words),

	KEY("overlap", bool, policy.overlap),
	KEY("stagger", time, policy.stagger),
	KEY("recycle-at", clocks, policy.at),
	KEY("recycle-age", time, policy.age),
	NUMBER("recycle-requests", policy.requests, 0, INT64_MAX),
	KEY("recycle-memory", size, policy.memory),
	KEY("recycle-on-change", bool, on_change),
	KEY("recycle-on-reload", bool, on_reload),
	KEY("watch", paths, watch, .many = true),

	KEY("ping", word, ping, .words = ping_words),
	KEY("ping-interval", time, ping_interval),
	KEY("ping-timeout", time, policy.ping_timeout),
	KEY("orphan", bool, policy.orphan),
	KEY("orphan-command", command, orphan_command),
	KEY("zombie-command", zombie, zombie_command),
	COUNT("rapid-fail", policy.fail_max, 0, POLICY_FAILURES_MAX),
	KEY("rapid-fail-window", time, policy.fail_window),
};

#define NR_KEYS	(sizeof(keys) / sizeof(keys[0]))

/**
 * config_error - say what is wrong with a line
 * @r: the file and the line; line 0: the file as a whole.
 * @format: what is wrong, no newline.
 *
 * Returns -1, for the caller to return as well.
 */
int config_error(const struct config_reader *r, const char *format, ...)
{
	char text[HTTPQ_URL_MAX + 256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (r->line)
		say_error("%s:%u: %s", r->config->path, r->line, text);
	else
		say_error("%s: %s", r->config->path, text);
	return -1;
}

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

static const struct config_key *find_key(const char *name)
{
	for (size_t i = 0; i < NR_KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static int read_line(struct config_reader *r, unsigned int *seen, char *line)
{
	const struct config_key *key;
	char *equals, *name, *value;

	line = trim(line);
	if (!line[0] || line[0] == '#')
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return config_error(r, "'%s' is not NAME = VALUE", line);
	*equals = '\0';
	name = trim(line);
	value = trim(equals + 1);
	key = find_key(name);
	if (!key)
		return config_error(r, "there is no setting '%s'", name);
	if (!value[0])
		return config_error(r, "%s: the value is missing", name);
	if (seen[key - keys] && !key->many)
		return config_error(r, "%s is given in line %u already", name,
				    seen[key - keys]);
	seen[key - keys] = r->line;
	return key->read(r, key, value);
}

/* Goes to the line of a setting, to complain about it. */
static struct config_reader *at(struct config_reader *r,
				const unsigned int *seen, const char *name)
{
	r->line = seen[find_key(name) - keys];
	return r;
}

/* What does not go together. */
static int check(struct config_reader *r, const unsigned int *seen)
{
	const struct config *c = r->config;
	const struct policy_config *policy = &c->policy;

	r->line = 0;
	if (!c->command)
		return config_error(r, "'command' is missing");
	if (c->isolate && c->handle != CONFIG_HANDLE_PASS)
		return config_error(at(r, seen, "isolate"),
				    "isolate needs 'handle = pass': without a network the worker finds no queue");
	if (c->isolate && c->units == CONFIG_UNITS_NO)
		return config_error(at(r, seen, "isolate"),
				    "isolate needs systemd, not 'units = no'");
	if (c->cgroup && c->units == CONFIG_UNITS_YES)
		return config_error(at(r, seen, "cgroup"),
				    "cgroup is systemd's with 'units = yes'");
	if (c->ready == CONFIG_READY_CALL && c->handle != CONFIG_HANDLE_PASS)
		return config_error(at(r, seen, "ready"),
				    "ready is for 'handle = pass'; who opens its handle says it there");
	if (c->ping == CONFIG_PING_FD && !c->ping_interval)
		return config_error(at(r, seen, "ping-interval"),
				    "ping-interval can't be off with 'ping = fd'");
	if (!policy->fail_window)
		return config_error(at(r, seen, "rapid-fail-window"),
				    "rapid-fail-window can't be off; rapid-fail can");
	if (c->orphan_command && !policy->orphan)
		return config_error(at(r, seen, "orphan-command"),
				    "orphan-command needs 'orphan = yes'");
	if (c->group && !c->user)
		return config_error(at(r, seen, "group"), "group needs user");
	return 0;
}

static int read_file(struct config_reader *r, FILE *file)
{
	unsigned int seen[NR_KEYS] = { 0 };
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, file) >= 0) {
		r->line++;
		err = read_line(r, seen, line);
	}
	free(line);
	return err ?: check(r, seen);
}

/* The pool is named like its file. */
static int take_name(struct config_reader *r)
{
	const char *base = strrchr(r->config->path, '/');
	struct config_key key = { "queue", .offset = 0 };
	size_t len;

	base = base ? base + 1 : r->config->path;
	len = strlen(base);
	if (len > 5 && !strcmp(base + len - 5, ".conf"))
		len -= 5;
	if (len > CONFIG_NAME_MAX)
		return config_error(r, "the name of the pool is too long");
	memcpy(r->config->name, base, len);
	key.offset = offsetof(struct config, queue);
	return config_read_name(r, &key, r->config->name);
}

static void set_defaults(struct config *c)
{
	c->options = (struct config_queue){
		CONFIG_UNSET, CONFIG_UNSET, CONFIG_UNSET, CONFIG_UNSET,
		CONFIG_UNSET, CONFIG_UNSET, CONFIG_UNSET, CONFIG_UNSET,
		CONFIG_UNSET,
	};
	c->uid = CONFIG_UNSET;
	c->gid = CONFIG_UNSET;
	c->limit_core = CONFIG_UNSET;
	c->policy = (struct policy_config){
		.seats = 1,
		.start_limit = 90 * SECOND_MS,
		.stop_limit = 90 * SECOND_MS,
		.kill_limit = 10 * SECOND_MS,
		.overlap = true,
		.stagger = 5 * SECOND_MS,
		.ping_timeout = 90 * SECOND_MS,
		.fail_max = 5,
		.fail_window = 5 * MINUTE_MS,
	};
	c->on_reload = true;
	c->ping = CONFIG_PING_KERNEL;
	c->ping_interval = 30 * SECOND_MS;
	c->zombie_save = true;
}

/**
 * config_load - read a configuration
 * @path: the file.
 *
 * Returns it, for config_free(); NULL after an error line.
 */
struct config *config_load(const char *path)
{
	struct config *c = must(calloc(1, sizeof(*c)));
	struct config_reader r = { .config = c };
	FILE *file;
	int err;

	c->path = must(strdup(path));
	set_defaults(c);
	file = fopen(path, "re");
	if (!file) {
		config_error(&r, "%s", strerror(errno));
		config_free(c);
		return NULL;
	}
	err = take_name(&r) ?: read_file(&r, file);
	fclose(file);
	if (err) {
		config_free(c);
		return NULL;
	}
	c->policy.ping_kernel = c->ping == CONFIG_PING_KERNEL;
	return c;
}

void config_free(struct config *c)
{
	struct config_bind *bind, *next;

	if (!c)
		return;
	for (bind = c->binds; bind; bind = next) {
		next = bind->next;
		free(bind->url);
		free(bind);
	}
	value_free(c->command);
	value_free(c->environment);
	value_free(c->watch);
	value_free(c->orphan_command);
	value_free(c->zombie_command);
	free(c->path);
	free(c->user);
	free(c->group);
	free(c->directory);
	free(c->cgroup);
	free(c);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_words(char **a, char **b)
{
	if (!a || !b)
		return a == b;
	for (; *a && *b; a++, b++)
		if (strcmp(*a, *b))
			return false;
	return *a == *b;
}

/* config_same_worker - whether workers would be started alike */
bool config_same_worker(const struct config *a, const struct config *b)
{
	return same_words(a->command, b->command) &&
	       same_text(a->user, b->user) && same_text(a->group, b->group) &&
	       same_text(a->directory, b->directory) &&
	       same_text(a->cgroup, b->cgroup) &&
	       same_words(a->environment, b->environment) &&
	       a->handle == b->handle && a->ready == b->ready &&
	       a->units == b->units && a->isolate == b->isolate &&
	       a->memory_max == b->memory_max &&
	       a->limit_files == b->limit_files &&
	       a->limit_core == b->limit_core &&
	       (a->ping == CONFIG_PING_FD) == (b->ping == CONFIG_PING_FD);
}

/* config_same_bind - whether two prefixes are the same in all respects */
bool config_same_bind(const struct config_bind *a, const struct config_bind *b)
{
	return !strcmp(a->url, b->url) && a->context == b->context &&
	       a->site == b->site && a->no_keepalive == b->no_keepalive;
}
