// SPDX-License-Identifier: GPL-2.0
/* httpq: administers the in-kernel HTTP listener of the same name. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#ifndef HTTPQ_VERSION
#define HTTPQ_VERSION "0.2.0"
#endif

static const char help[] =
	"Usage: httpq [ OPTIONS ] OBJECT { COMMAND | help }\n"
	"\n"
	"OBJECT  := { queue | url | listener | conn | worker | zombie | stats |\n"
	"             log | why | monitor | pool }\n"
	"OPTIONS := { -j[son] | -p[retty] | -n[etns] { NAME | PATH } |\n"
"             -V[ersion] | -h[elp] }\n"
	"\n"
	"Words may be shortened while they stay unique. Without COMMAND: show.\n"
	"\n"
	"  httpq queue add web\n"
	"  httpq url add http://+:8080/ queue web\n"
	"  httpq queue show\n";

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "netns", required_argument, NULL, 'n' },
	{ "version", no_argument, NULL, 'V' },
	{ "Version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

/* The names stand beside the objects for pick_word(). */
static const struct {
	const char *name;
	const struct object *object;
} objects[] = {
	{ "queue", &queue_object },
	{ "url", &url_object },
	{ "listener", &listener_object },
	{ "conn", &conn_object },
	{ "worker", &worker_object },
	{ "zombie", &zombie_object },
	{ "stats", &stats_object },
	{ "log", &log_object },
	{ "why", &why_object },
	{ "monitor", &monitor_object },
	{ "pool", &pool_object },
	{}
};

static int print_help(void)
{
	fputs(help, stdout);
	return 0;
}

static int print_version(void)
{
	puts("httpq " HTTPQ_VERSION);
	return 0;
}

static int run(char **words)
{
	int i;

	if (!words[0])
		return fail("no object: queue, url, listener, conn, worker, zombie, stats, log, why, monitor, pool; see 'httpq help'");
	if (is_help(words[0]))
		return print_help();
	i = pick_word("object", words[0], &objects->name, sizeof(objects[0]));
	return i < 0 ? -1 : run_object(objects[i].object, words + 1);
}

static int run_options(int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long_only(argc, argv, "+:jpn:Vh", long_options,
					  NULL)) >= 0) {
		switch (option) {
		case 'p':
			options.pretty = true;
			options.json = true;
			break;
		case 'j':
			options.json = true;
			break;
		case 'n':
			options.netns = optarg;
			break;
		case 'V':
			return print_version();
		case 'h':
			return print_help();
		case ':':
			return fail("option '%s' needs a value; see 'httpq help'",
				    argv[optind - 1]);
		default:
			return fail("unknown option '%s'; see 'httpq help'",
				    argv[optind - 1]);
		}
	}
	return run(argv + optind);
}

int main(int argc, char **argv)
{
	int err = run_options(argc, argv);

	if (fflush(stdout) || ferror(stdout))
		err = fail("can't write the output: %s", strerror(errno));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
