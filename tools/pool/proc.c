// SPDX-License-Identifier: GPL-2.0
/* What /proc and files say of a worker. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"
#include "value.h"

/* FNV-1a */
#define HASH_START	0xcbf29ce484222325ULL
#define HASH_FACTOR	0x100000001b3ULL

/* proc_now - milliseconds since boot, also those asleep */
int64_t proc_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * SECOND_MS + t.tv_nsec / 1000000;
}

/* proc_local - seconds since 1970 as a clock on the wall counts them */
int64_t proc_local(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return now + tm.tm_gmtoff;
}

static ssize_t read_text(int dir, const char *path, char *text, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, text, size - 1);
	close(fd);
	if (len >= 0)
		text[len] = '\0';
	return len;
}

/* proc_started - when a process began, as the kernel counts; 0: it is gone */
uint64_t proc_started(pid_t pid)
{
	char path[32], text[1024];
	unsigned long long started;
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_text(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 0;
	/* The second column, in parentheses, may contain anything. */
	rest = strrchr(text, ')');
	if (!rest ||
	    sscanf(rest + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &started) != 1)
		return 0;
	return started;
}

/* proc_memory - bytes of memory that a process has; 0 if it is gone */
uint64_t proc_memory(pid_t pid)
{
	char path[32], text[256];
	unsigned long long pages;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	if (read_text(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t hash(uint64_t h, uint64_t value)
{
	for (int i = 0; i < 8; i++, value >>= 8)
		h = (h ^ (value & 0xff)) * HASH_FACTOR;
	return h;
}

static uint64_t hash_file(uint64_t h, const char *path)
{
	struct stat st;

	if (!h || stat(path, &st))
		return 0;
	h = hash(h, st.st_dev);
	h = hash(h, st.st_ino);
	h = hash(h, (uint64_t)st.st_size);
	h = hash(h, (uint64_t)st.st_mtim.tv_sec);
	return hash(h, (uint64_t)st.st_mtim.tv_nsec);
}

/**
 * proc_identity - a number that changes when files do
 * @program: a file.
 * @others: more, or NULL.
 *
 * Returns 0 if one of them is not there, as while it is being replaced.
 */
uint64_t proc_identity(const char *program, char **others)
{
	uint64_t h = hash_file(HASH_START, program);

	for (; others && *others; others++)
		h = hash_file(h, *others);
	return h;
}

static bool copy_file(FILE *out, int dir, const char *path)
{
	char text[4096];
	ssize_t len = read_text(dir, path, text, sizeof(text));

	if (len < 0)
		return false;
	/* cmdline has NUL between its words. */
	for (ssize_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = ' ';
	fprintf(out, "== %s\n%s%s", path, text,
		len && text[len - 1] == '\n' ? "" : "\n");
	return true;
}

static bool copy_of_task(FILE *out, int proc, const char *task,
			 const char *file)
{
	char path[300];

	snprintf(path, sizeof(path), "task/%s/%s", task, file);
	return copy_file(out, proc, path);
}

static void copy_tasks(FILE *out, int proc)
{
	int fd = openat(proc, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *tasks = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (tasks && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		copy_of_task(out, proc, entry->d_name, "comm");
		copy_of_task(out, proc, entry->d_name, "syscall");
		/* Where the stack is root's to see there is its top at least. */
		if (!copy_of_task(out, proc, entry->d_name, "stack"))
			copy_of_task(out, proc, entry->d_name, "wchan");
	}
	if (tasks)
		closedir(tasks);
}

/**
 * proc_save_stack - write down where the threads of a process are
 * @pid: the process.
 * @dir: directory of the file.
 * @name: its name; it is replaced.
 *
 * Returns 0 or a negative error number.
 */
int proc_save_stack(pid_t pid, int dir, const char *name)
{
	char path[32];
	FILE *out;
	int fd, proc;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return -errno;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out) {
		close(proc);
		return -errno;
	}
	copy_file(out, proc, "cmdline");
	copy_file(out, proc, "status");
	copy_tasks(out, proc);
	fclose(out);
	close(proc);
	return 0;
}
