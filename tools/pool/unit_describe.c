// SPDX-License-Identifier: GPL-2.0
/* The properties of a worker's unit, see systemd.exec(5). */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>

#include "say.h"
#include "unit.h"
#include "value.h"

/* The first error of the message that is being built, for all that follows. */
struct builder {
	sd_bus_message *m;
	int err;
};

static void append(struct builder *b, const char *types, ...)
{
	va_list args;

	if (b->err < 0)
		return;
	va_start(args, types);
	b->err = sd_bus_message_appendv(b->m, types, args);
	va_end(args);
}

#define property(b, name, type, ...)					\
	append(b, "(sv)", name, type, __VA_ARGS__)

static void begin(struct builder *b, char type, const char *contents)
{
	if (b->err >= 0)
		b->err = sd_bus_message_open_container(b->m, type, contents);
}

static void finish(struct builder *b)
{
	if (b->err >= 0)
		b->err = sd_bus_message_close_container(b->m);
}

static void strings(struct builder *b, char **list)
{
	if (b->err >= 0)
		b->err = sd_bus_message_append_strv(b->m, list);
}

/* A property of the type as. */
static void put_strings(struct builder *b, const char *name, char **list)
{
	begin(b, 'r', "sv");
	append(b, "s", name);
	begin(b, 'v', "as");
	strings(b, list);
	finish(b);
	finish(b);
}

/* What would be a variable for systemd is no more than its characters here. */
static char *escape(const char *word)
{
	char *text = must(malloc(2 * strlen(word) + 1)), *to = text;

	for (; *word; word++) {
		if (*word == '$')
			*to++ = '$';
		*to++ = *word;
	}
	*to = '\0';
	return text;
}

static void put_words(struct builder *b, char **words)
{
	begin(b, 'a', "s");
	for (; *words; words++) {
		char *word = escape(*words);

		append(b, "s", word);
		free(word);
	}
	finish(b);
}

static void put_command(struct builder *b, char **command)
{
	begin(b, 'r', "sv");
	append(b, "s", "ExecStart");
	begin(b, 'v', "a(sasb)");
	begin(b, 'a', "(sasb)");
	begin(b, 'r', "sasb");
	append(b, "s", command[0]);
	put_words(b, command);
	append(b, "b", 0);
	finish(b);
	finish(b);
	finish(b);
	finish(b);
}

/*
 * Without network, also by system calls; nothing to be gained or written.
 * What it needs came with its handle.
 */
static void put_isolation(struct builder *b, const struct config *c)
{
	static const char *const yes[] = {
		"PrivateNetwork", "PrivateDevices", "PrivateTmp",
		"NoNewPrivileges", "ProtectKernelTunables",
		"ProtectKernelModules", "ProtectKernelLogs",
		"ProtectControlGroups", "ProtectClock", "ProtectHostname",
		"RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
		"LockPersonality",
	};

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		if (!strcmp(yes[i], "RestrictNamespaces"))
			property(b, yes[i], "t", UINT64_C(0));
		else
			property(b, yes[i], "b", 1);
	}
	property(b, "DynamicUser", "b", !c->user);
	property(b, "ProtectSystem", "s", "strict");
	property(b, "ProtectHome", "s", "yes");
	property(b, "ProtectProc", "s", "invisible");
	property(b, "SystemCallFilter", "(bas)", 0, 1, "@network-io");
	property(b, "SystemCallErrorNumber", "i", EPERM);
	property(b, "SystemCallArchitectures", "as", 1, "native");
	property(b, "CapabilityBoundingSet", "t", UINT64_C(0));
}

/* When the machine goes down, the supervisor is to end first. */
static void put_order(struct builder *b)
{
	char *self = NULL;

	if (sd_pid_get_unit(0, &self) >= 0 &&
	    strlen(self) > strlen(".service") &&
	    !strcmp(self + strlen(self) - strlen(".service"), ".service"))
		property(b, "Before", "as", 1, self);
	free(self);
}

static void put_limits(struct builder *b, const struct config *c)
{
	if (c->memory_max)
		property(b, "MemoryMax", "t", c->memory_max);
	if (c->limit_files)
		property(b, "LimitNOFILE", "t", c->limit_files);
	if (c->limit_core != CONFIG_UNSET)
		property(b, "LimitCORE", "t", (uint64_t)c->limit_core);
	if (c->policy.kill_limit)
		property(b, "TimeoutStopUSec", "t",
			 (uint64_t)c->policy.kill_limit * 1000);
}

static void put_process(struct builder *b, const struct config *c)
{
	put_command(b, c->command);
	if (c->user)
		property(b, "User", "s", c->user);
	if (c->group)
		property(b, "Group", "s", c->group);
	if (c->directory)
		property(b, "WorkingDirectory", "s", c->directory);
}

static void put_properties(struct builder *b, const struct worker *w,
			   int handle, int ping)
{
	const struct config *c = w->pool->config;
	/* Only standard input can be handed over by all versions. */
	int input = handle >= 0 ? handle : ping;
	char **env = worker_environment(w, handle < 0 ? -1 : 0,
					handle >= 0 || ping < 0 ? -1 : 0);

	property(b, "Description", "s", "worker of an httpq pool");
	/* The job fails if the program can't be run. */
	property(b, "Type", "s", "exec");
	property(b, "CollectMode", "s", "inactive");
	put_process(b, c);
	put_strings(b, "Environment", env);
	if (input >= 0)
		property(b, "StandardInputFileDescriptor", "h", input);
	put_order(b);
	put_limits(b, c);
	if (c->isolate)
		put_isolation(b, c);
	value_free(env);
}

/**
 * unit_describe - the arguments of StartTransientUnit
 * @m: takes them.
 * @w: the worker; its unit has a name.
 * @handle: its handle, or -1.
 * @ping: its end of the pings, or -1.
 *
 * Returns a negative error number, or what is not negative.
 */
int unit_describe(sd_bus_message *m, const struct worker *w, int handle,
		  int ping)
{
	struct builder b = { .m = m };

	append(&b, "ss", w->unit, "fail");
	begin(&b, 'a', "(sv)");
	put_properties(&b, w, handle, ping);
	finish(&b);
	append(&b, "a(sa(sv))", 0);
	return b.err;
}
