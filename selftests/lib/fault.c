// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

#define DEBUG "/sys/kernel/debug"
#define CACHES "/sys/kernel/slab"

static int nth_fd = -1;

static void fail(const char *path)
{
	perror(path);
	exit(1);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

static long read_number(const char *path)
{
	long value = 0;
	FILE *f = fopen(path, "r");

	if (!f || fscanf(f, "%ld", &value) != 1)
		fail(path);
	fclose(f);
	return value;
}

void fault_open(void)
{
	/* Who can wait for memory fails too. */
	write_text(DEBUG "/failslab/ignore-gfp-wait", "N");
	write_text(DEBUG "/fail_page_alloc/ignore-gfp-wait", "N");
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		fail("/proc/thread-self/fail-nth");
}

void fault_close(void)
{
	fault_arm(0);
	close(nth_fd);
	nth_fd = -1;
}

void fault_arm(int nth)
{
	char text[16];
	int tries = 3;

	snprintf(text, sizeof(text), "%d", nth);
	/* The write itself may be what fails. */
	while (pwrite(nth_fd, text, strlen(text), 0) < 0)
		if (!--tries)
			_exit(1);
}

bool fault_hit(void)
{
	char text[16] = "";
	/* A fault of the read itself came after what it is to tell of. */
	bool hit = pread(nth_fd, text, sizeof(text) - 1, 0) > 0 &&
		   atoi(text) == 0;

	fault_arm(0);
	return hit;
}

static const char *attr_path(const struct fault_point *point, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), DEBUG "/%s%s/%s",
		 point->name ? "httpq/fail_" : "failslab",
		 point->name ? point->name : "", name);
	return path;
}

static void attr_set(const struct fault_point *point, const char *name,
		     long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	write_text(attr_path(point, name), text);
}

static const char *cache_path(const struct fault_point *point, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), CACHES "/%s/%s", point->cache, name);
	return path;
}

static void cache_choose(const struct fault_point *point)
{
	write_text(DEBUG "/failslab/ignore-gfp-wait", "Y");
	write_text(DEBUG "/failslab/cache-filter", "Y");
	write_text(cache_path(point, "failslab"), "1");
}

void fault_point_open(const struct fault_point *point)
{
	attr_set(point, "times", 0);
	attr_set(point, "probability", 100);
	attr_set(point, "interval", 1);
	attr_set(point, "verbose", 0);
	if (point->cache)
		cache_choose(point);
}

void fault_point_close(const struct fault_point *point)
{
	attr_set(point, "probability", 0);
	if (point->name)
		return;
	write_text(cache_path(point, "failslab"), "0");
	write_text(DEBUG "/failslab/cache-filter", "N");
}

void fault_point_arm(const struct fault_point *point, int nth)
{
	/* What is let by first counts in bytes; the module's own are one each. */
	long size = point->cache ? read_number(cache_path(point,
							  "object_size")) : 1;

	attr_set(point, "space", nth * size);
	attr_set(point, "times", 1);
}

bool fault_point_hit(const struct fault_point *point)
{
	bool hit = !read_number(attr_path(point, "times"));

	attr_set(point, "times", 0);
	return hit;
}
