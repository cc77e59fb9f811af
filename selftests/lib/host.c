// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

long host_scale(long full, long small)
{
	const char *scale = getenv("HTTPQ_SCALE");

	return scale && !strcmp(scale, "small") ? small : full;
}

int64_t host_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void host_nap(int64_t begin)
{
	int64_t nap = (host_now() - begin) / 10;

	usleep(1000 * (nap < 1 ? 1 : nap > 50 ? 50 : nap));
}

static pthread_t watch;
static volatile bool watching;

static void *watch_run(void *arg)
{
	int64_t longest = 0, begin;

	while (watching) {
		begin = host_now();
		usleep(1000);
		if (host_now() - begin - 1 > longest)
			longest = host_now() - begin - 1;
	}
	return (void *)(long)longest;
}

void host_watch_start(void)
{
	watching = true;
	if (pthread_create(&watch, NULL, watch_run, NULL))
		watching = false;
}

long host_watch_end(void)
{
	void *longest = NULL;

	if (watching) {
		watching = false;
		pthread_join(watch, &longest);
	}
	return (long)longest;
}

long long host_stat(const char *name)
{
	FILE *f = fopen("/proc/net/httpq/stats", "r");
	char line[256], key[128];
	long long value, found = -1;

	if (!f)
		return -1;
	while (found < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%127s %lld", key, &value) == 2 &&
		    !strcmp(key, name))
			found = value;
	fclose(f);
	return found;
}

long long host_wait_stat(const char *name, long long value, int timeout_ms)
{
	int64_t begin = host_now();
	long long now;

	while ((now = host_stat(name)) < value &&
	       host_now() < begin + timeout_ms)
		host_nap(begin);
	return now;
}

int host_lines(const char *table, const char *text)
{
	char path[64], line[4096];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/net/httpq/%s", table);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (fgets(line, sizeof(line), f))
		while (fgets(line, sizeof(line), f))
			n += !!strstr(line, text);
	fclose(f);
	return n;
}

bool host_wait_lines(const char *table, const char *text, int n,
		     int timeout_ms)
{
	int64_t begin = host_now();

	while (host_lines(table, text) != n) {
		if (host_now() > begin + timeout_ms)
			return false;
		host_nap(begin);
	}
	return true;
}

long host_sysctl(const char *name, long value)
{
	char path[128];
	long old = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/httpq/%s", name);
	f = fopen(path, "r+");
	if (!f || fscanf(f, "%ld", &old) != 1) {
		perror(path);
		exit(1);
	}
	rewind(f);
	if (fprintf(f, "%ld\n", value) < 0 || fclose(f)) {
		perror(path);
		exit(1);
	}
	return old;
}

static void render(char *out, size_t size, const char *format, va_list args)
{
	if (vsnprintf(out, size, format, args) >= (int)size) {
		fprintf(stderr, "command too long\n");
		exit(1);
	}
}

int host_run(const char *format, ...)
{
	char command[4096];
	va_list args;
	int status;

	va_start(args, format);
	render(command, sizeof(command), format, args);
	va_end(args);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int host_output(char *out, size_t size, const char *format, ...)
{
	char command[4096];
	size_t len = 0, n;
	va_list args;
	int status;
	FILE *f;

	va_start(args, format);
	render(command, sizeof(command), format, args);
	va_end(args);
	f = popen(command, "r");
	if (!f)
		return 128;
	while (len + 1 < size && (n = fread(out + len, 1, size - len - 1, f)))
		len += n;
	out[len] = 0;
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int host_unshare(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd, err = 0;

	if (unshare(CLONE_NEWNET))
		return -errno;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return -errno;
	ifr.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		err = -errno;
	close(fd);
	return err;
}

int host_netem(const char *how)
{
	return host_run("tc qdisc replace dev lo root netem %s", how);
}

int host_drop(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

long host_kernel_kib(void)
{
	static const char *const names[] = {
		"Slab:", "KernelStack:", "PageTables:", "VmallocUsed:",
	};
	char line[256], key[64];
	long total = 0, value;
	FILE *f = fopen("/proc/meminfo", "r");
	size_t i;

	while (f && fgets(line, sizeof(line), f))
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (sscanf(line, "%63s %ld", key, &value) == 2 &&
			    !strcmp(key, names[i]))
				total += value;
	if (f)
		fclose(f);
	/* Pages of TCP's own. */
	f = fopen("/proc/net/sockstat", "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *mem = strstr(line, "mem ");

		if (!strncmp(line, "TCP:", 4) && mem)
			total += atol(mem + 4) * 4;
	}
	if (f)
		fclose(f);
	return total;
}
