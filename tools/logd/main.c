// SPDX-License-Identifier: GPL-2.0
/* httpq-logd: writes the log of the kernel into files and to the journal. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "loop.h"
#include "output.h"
#include "say.h"

#ifndef HTTPQ_VERSION
#define HTTPQ_VERSION "0.2.0"
#endif

#define CONFIG_PATH	"/etc/httpq/logd.conf"

static const char help[] =
"Usage: httpq-logd [ -c FILE ] [ --check-config | --replay FILE ]\n"
"\n"
"Writes the log of the httpq kernel module as the configuration says, until\n"
"it gets SIGTERM. SIGHUP: opens the files again.\n"
"\n"
"  -c, --config FILE  configuration (" CONFIG_PATH ")\n"
"  --check-config     only read the configuration\n"
"  --replay FILE      take the records of FILE, or of standard input if it is\n"
"                     -, as 'httpq log --raw' writes them\n"
"  -V, --version      print the version\n"
"  -h, --help         print this\n";

enum { CHECK_CONFIG = 256, REPLAY };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, CHECK_CONFIG },
	{ "replay", required_argument, NULL, REPLAY },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

/**
 * struct options - the command line
 * @config: path of the configuration.
 * @check: only read it.
 * @replay: path of a file of records, or NULL.
 */
struct options {
	const char *config;
	bool check;
	const char *replay;
};

static int print(const char *text)
{
	fputs(text, stdout);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Returns -1 if the program is to go on, else its exit status. */
static int read_options(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:Vh", long_options,
				     NULL)) >= 0) {
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case CHECK_CONFIG:
			options->check = true;
			break;
		case REPLAY:
			options->replay = optarg;
			break;
		case 'V':
			return print("httpq-logd " HTTPQ_VERSION "\n");
		case 'h':
			return print(help);
		default:
			return EXIT_FAILURE;
		}
	}
	if (!argv[optind])
		return -1;
	say("unexpected word '%s'; see --help", argv[optind]);
	return EXIT_FAILURE;
}

static int open_problem(void)
{
	switch (errno) {
	case ENOENT:
	case ENXIO:
		return say("kernel module not loaded (modprobe httpq)");
	case EPERM:
	case EACCES:
		return say("%s: needs CAP_NET_ADMIN", HTTPQ_LOG_DEVICE);
	default:
		return say("%s: %s", HTTPQ_LOG_DEVICE, strerror(errno));
	}
}

static int open_device(void)
{
	int fd = open(HTTPQ_LOG_DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return open_problem();
	if (!ioctl(fd, HTTPQ_LOG_IOC_COLLECT))
		return fd;
	if (errno == EBUSY)
		say("another process collects the log of this network namespace");
	else
		open_problem();
	close(fd);
	return -1;
}

static int open_replay(const char *path)
{
	int fd;

	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? say("%s: %s", path, strerror(errno)) : fd;
}

/* The source comes first: who has no business here opens no file. */
static int open_source(const struct options *options)
{
	return options->replay ? open_replay(options->replay) : open_device();
}

static int run_outputs(struct output *outputs, int nr, int fd,
		       const struct options *options)
{
	if (options->replay)
		return replay(outputs, nr, fd, options->replay);
	return collect(outputs, nr, fd);
}

static int run(const struct config *config, const struct options *options)
{
	struct output *outputs = calloc(config->nr, sizeof(*outputs));
	int fd, nr = 0, err = 0;

	if (!outputs)
		return say("out of memory");
	fd = open_source(options);
	if (fd < 0)
		err = -1;
	for (; nr < config->nr && !err; nr++)
		err = output_open(&outputs[nr], &config->logs[nr]);
	if (!err)
		err = run_outputs(outputs, nr, fd, options);
	while (nr--)
		output_close(&outputs[nr]);
	if (fd > STDERR_FILENO)
		close(fd);
	free(outputs);
	return err;
}

int main(int argc, char **argv)
{
	struct options options = { .config = CONFIG_PATH };
	struct config config;
	int err = read_options(argc, argv, &options);

	if (err >= 0)
		return err;
	tzset();
	err = config_read(&config, options.config);
	if (err)
		say("%s", config.problem);
	else if (!options.check)
		err = run(&config, &options);
	config_free(&config);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
