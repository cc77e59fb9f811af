// SPDX-License-Identifier: GPL-2.0
/* httpq-pool: keeps the workers of a queue running. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "pool.h"
#include "say.h"

#ifndef HTTPQ_VERSION
#define HTTPQ_VERSION "0.2.0"
#endif

static const char help[] =
"Usage: httpq-pool [ -t ] [ -r DIR ] FILE\n"
"\n"
"Keeps the workers of a queue running as FILE says, see httpq-pool.conf(5).\n"
"\n"
"  -t      only check the file\n"
"  -r DIR  keep state here instead of " CONTROL_DIR "/NAME\n"
"  -V      print the version\n";

static const struct option long_options[] = {
	{ "test", no_argument, NULL, 't' },
	{ "runtime", required_argument, NULL, 'r' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

/* Workers are left to their next supervisor, or told to leave. */
static int on_end(sd_event_source *s, const struct signalfd_siginfo *info,
		  void *arg)
{
	struct policy_event event = { .type = POLICY_EV_LEAVE };
	struct pool *pool = arg;

	(void)s;
	(void)info;
	sd_notify(false, "STOPPING=1");
	if (pool->config->on_exit == CONFIG_EXIT_LEAVE ||
	    pool->policy.mode == POLICY_LEAVING)
		return sd_event_exit(pool->event, EXIT_SUCCESS);
	say_info("workers leave");
	pool_tell(pool, &event);
	return 0;
}

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *info,
		     void *arg)
{
	struct timespec now;

	(void)s;
	(void)info;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   now.tv_sec * 1000000ULL +
			   (unsigned long long)now.tv_nsec / 1000);
	pool_reload(arg);
	sd_notify(false, "READY=1");
	return 0;
}

/* Blocked before there is any thread or child; sd-event takes them. */
static int open_signals(struct pool *pool)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return sd_event_add_signal(pool->event, NULL, SIGTERM, on_end,
				   pool) < 0 ||
	       sd_event_add_signal(pool->event, NULL, SIGINT, on_end,
				   pool) < 0 ||
	       sd_event_add_signal(pool->event, NULL, SIGHUP, on_hangup,
				   pool) < 0;
}

static int run(struct pool *pool)
{
	int status;

	if (sd_event_default(&pool->event) < 0 || open_signals(pool) ||
	    sd_event_set_watchdog(pool->event, true) < 0) {
		say_error("can't make an event loop");
		return EXIT_FAILURE;
	}
	if (pool_start(pool))
		return EXIT_FAILURE;
	sd_notify(false, "READY=1");
	status = sd_event_loop(pool->event);
	pool_stop(pool);
	return status < 0 ? EXIT_FAILURE : status;
}

static int run_pool(struct config *config, const char *dir)
{
	struct pool *pool = must(calloc(1, sizeof(*pool)));
	char *path = NULL;
	int status;

	if (!dir && asprintf(&path, "%s/%s", CONTROL_DIR, config->name) < 0)
		must(NULL);
	pool->config = config;
	pool->dir = -1;
	pool->control_fd = -1;
	pool->dir_path = dir ?: path;
	say_name = config->name;
	status = run(pool);
	config_free(pool->config);
	free(path);
	free(pool);
	return status;
}

static int usage(void)
{
	fputs(help, stderr);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct config *config;
	const char *dir = NULL;
	bool test = false;
	int option;

	while ((option = getopt_long(argc, argv, "tr:Vh", long_options,
				     NULL)) >= 0) {
		switch (option) {
		case 't':
			test = true;
			break;
		case 'r':
			dir = optarg;
			break;
		case 'V':
			puts("httpq-pool " HTTPQ_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS;
		default:
			return usage();
		}
	}
	if (optind + 1 != argc)
		return usage();
	config = config_load(argv[optind]);
	if (!config)
		return EXIT_FAILURE;
	if (!test)
		return run_pool(config, dir);
	config_free(config);
	return EXIT_SUCCESS;
}
