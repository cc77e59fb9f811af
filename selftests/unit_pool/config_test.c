// SPDX-License-Identifier: GPL-2.0
/* Configurations that are right; those that are wrong are pool_unit.sh's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "test.h"

static struct config *load(const char *name, const char *text)
{
	char dir[] = "/tmp/unit_pool.XXXXXX", path[128];
	struct config *c;
	FILE *file;

	if (!mkdtemp(dir))
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (file) {
		fputs(text, file);
		fclose(file);
	}
	c = config_load(path);
	unlink(path);
	rmdir(dir);
	return c;
}

static void smallest(void)
{
	struct config *c = load("web.conf", "command = sh");

	CHECK(c);
	if (!c)
		return;
	CHECK(!strcmp(c->name, "web") && !strcmp(c->queue, "web"));
	CHECK(c->command[0][0] == '/' && !c->command[1]);
	CHECK(c->policy.seats == 1 && c->policy.overlap && !c->policy.on_demand);
	/* Each reason to recycle is off. */
	CHECK(!c->policy.age && !c->policy.requests && !c->policy.memory);
	CHECK(!c->policy.nr_at && !c->on_change && !c->policy.idle);
	CHECK(c->policy.fail_max == 5 && c->policy.fail_window == 300000);
	CHECK(c->ping == CONFIG_PING_KERNEL && c->policy.ping_kernel);
	CHECK(c->options.mode == CONFIG_UNSET && c->options.hold == CONFIG_UNSET);
	CHECK(c->handle == CONFIG_HANDLE_OPEN && !c->isolate && !c->user);
	config_free(c);
}

static const char everything[] =
	"# a comment\n"
	"\n"
	"queue = site.1\n"
	"bind = http://*:80/ site 3 context 7 keepalive off\n"
	"\tbind=http://example.com:80/a/\n"
	"queue-owner = root\n"
	"queue-group = 0\n"
	"queue-mode = 0660\n"
	"max-queued = 10\n"
	"max-inflight = 20\n"
	"redeliver = any\n"
	"answer-timeout = off\n"
	"hold = 64K\n"
	"affinity = on\n"
	"command = /bin/sh -c 'exec a  b' \"x=y\"\n"
	"workers = 4\n"
	"user = root\n"
	"group = root\n"
	"directory = /\n"
	"environment = A=b c\n"
	"environment = D=\n"
	"handle = pass\n"
	"ready = call\n"
	"units = yes\n"
	"isolate = yes\n"
	"memory-max = 1G\n"
	"limit-files = 100\n"
	"limit-core = off\n"
	"start = demand\n"
	"start-limit = 1s\n"
	"stop-limit = 2s\n"
	"kill-limit = 3s\n"
	"idle-timeout = 20m\n"
	"on-exit = leave\n"
	"overlap = no\n"
	"stagger = 4s\n"
	"recycle-at = 03:00 15:30:10\n"
	"recycle-age = 29h\n"
	"recycle-requests = 1000\n"
	"recycle-memory = 512M\n"
	"recycle-on-change = yes\n"
	"recycle-on-reload = no\n"
	"watch = /etc/passwd\n"
	"ping = off\n"
	"ping-interval = 5s\n"
	"ping-timeout = 6s\n"
	"orphan = yes\n"
	"orphan-command = /bin/sh -x\n"
	"zombie-command = /bin/sh -y\n"
	"rapid-fail = 7\n"
	"rapid-fail-window = 8m  \n";

static void check_queue(const struct config *c)
{
	const struct config_bind *b = c->binds;

	CHECK(!strcmp(c->queue, "site.1") && !strcmp(c->name, "x"));
	CHECK(!strcmp(b->url, "http://*:80/") && b->site == 3);
	CHECK(b->context == 7 && b->no_keepalive && b->line == 4);
	b = b->next;
	CHECK(!strcmp(b->url, "http://example.com:80/a/") && !b->site);
	CHECK(!b->no_keepalive && !b->next);
	CHECK(c->options.uid == 0 && c->options.gid == 0);
	CHECK(c->options.mode == 0660 && c->options.max_queued == 10);
	CHECK(c->options.max_inflight == 20 && c->options.answer_ms == 0);
	CHECK(c->options.redeliver == HTTPQ_REDELIVER_ANY);
	CHECK(c->options.hold == 65536 && c->options.affinity == 1);
}

static void check_workers(const struct config *c)
{
	CHECK(!strcmp(c->command[2], "exec a  b") && !c->command[4]);
	CHECK(!strcmp(c->command[3], "x=y") && !strcmp(c->user, "root"));
	CHECK(!strcmp(c->group, "root") && c->uid == 0 && c->gid == 0);
	CHECK(!strcmp(c->environment[0], "A=b c") &&
	      !strcmp(c->environment[1], "D=") && !c->environment[2]);
	CHECK(c->handle == CONFIG_HANDLE_PASS && c->ready == CONFIG_READY_CALL);
	CHECK(c->units == CONFIG_UNITS_YES && c->isolate);
	CHECK(c->memory_max == 1 << 30 && c->limit_files == 100);
	CHECK(c->limit_core == 0 && !strcmp(c->directory, "/"));
	CHECK(c->on_exit == CONFIG_EXIT_LEAVE && c->on_change && !c->on_reload);
	CHECK(!strcmp(c->watch[0], "/etc/passwd") && !c->watch[1]);
	CHECK(c->ping == CONFIG_PING_OFF && c->ping_interval == 5000);
	CHECK(!strcmp(c->orphan_command[1], "-x"));
	CHECK(!strcmp(c->zombie_command[1], "-y") && c->zombie_save);
}

static void all_settings(void)
{
	struct config *c = load("x.conf", everything);
	const struct policy_config *p;

	CHECK(c);
	if (!c)
		return;
	p = &c->policy;
	check_queue(c);
	check_workers(c);
	CHECK(p->seats == 4 && p->on_demand && p->start_limit == 1000);
	CHECK(p->stop_limit == 2000 && p->kill_limit == 3000);
	CHECK(p->idle == 1200000 && !p->overlap && p->stagger == 4000);
	CHECK(p->nr_at == 2 && p->at[0] == 10800 && p->at[1] == 55810);
	CHECK(p->age == 104400000 && p->requests == 1000);
	CHECK(p->memory == 512 << 20 && !p->ping_kernel);
	CHECK(p->ping_timeout == 6000 && p->orphan && p->fail_max == 7);
	CHECK(p->fail_window == 480000);
	config_free(c);
}

static void switches(void)
{
	struct config *c = load("a",
				"command=sh\nzombie-command=off\n"
				"recycle-requests=off\nrapid-fail=off\n"
				"recycle-at = off\nping = fd\nhold = off\n"
				"stop-limit = 1d\nrecycle-age = 50d\n");

	CHECK(c);
	if (!c)
		return;
	CHECK(!strcmp(c->name, "a") && !c->zombie_save && !c->zombie_command);
	CHECK(!c->policy.requests && !c->policy.fail_max && !c->policy.nr_at);
	CHECK(c->ping == CONFIG_PING_FD && !c->policy.ping_kernel);
	CHECK(c->options.hold == 0);
	CHECK(c->policy.stop_limit == 86400000);
	CHECK(c->policy.age == 50 * 86400000LL);
	config_free(c);
}

static void spellings(void)
{
	struct config *c = load("a", "command=sh\nredeliver = any-untouched\n");

	CHECK(c);
	if (!c)
		return;
	CHECK(c->options.redeliver == HTTPQ_REDELIVER_ANY);
	config_free(c);
}

static bool same(const char *a, const char *b)
{
	struct config *x = load("a", a), *y = load("a", b);
	bool result = x && y && config_same_worker(x, y);

	CHECK(x && y);
	config_free(x);
	config_free(y);
	return result;
}

static void sameness(void)
{
	CHECK(same("command = sh", "command=sh\nworkers=5\nrecycle-age=1h"));
	CHECK(same("command=sh a", "command=sh  'a'"));
	CHECK(!same("command=sh a", "command=sh a b"));
	CHECK(!same("command=sh a b", "command=sh a"));
	CHECK(!same("command=sh", "command=sh\nuser=root"));
	CHECK(!same("command=sh\nuser=root", "command=sh"));
	CHECK(!same("command=sh\nenvironment=A=1", "command=sh\nenvironment=A=2"));
	CHECK(!same("command=sh\nmemory-max=1G", "command=sh"));
	CHECK(!same("command=sh\nping=fd", "command=sh"));
	CHECK(same("command=sh\nping=off", "command=sh"));
}

const struct test config_tests[] = {
	{ "the smallest configuration", smallest },
	{ "every setting", all_settings },
	{ "what can be switched off", switches },
	{ "what has two spellings", spellings },
	{ "what concerns workers", sameness },
	{}
};
