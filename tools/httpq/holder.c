// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the program that listens on a port: the sockets of the port stand in
 * /proc/net/tcp and tcp6 with their inode, and among the descriptors of its
 * owner is a link to "socket:[inode]".
 */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holder.h"

#define STATE_LISTEN	0x0A
#define SOCKETS_MAX	32
#define COMM_SIZE	64

/* The listening sockets of a port, by inode. */
struct sockets {
	unsigned long inodes[SOCKETS_MAX];
	size_t nr;
};

static void find_sockets(const char *table, unsigned int port,
			 struct sockets *sockets)
{
	unsigned int line_port, state;
	unsigned long inode;
	FILE *file = fopen(table, "r");
	char line[512];

	if (!file)
		return;
	while (sockets->nr < SOCKETS_MAX && fgets(line, sizeof(line), file)) {
		if (sscanf(line,
			   "%*d: %*[^:]:%x %*[^:]:%*x %x %*s %*s %*s %*u %*u %lu",
			   &line_port, &state, &inode) != 3)
			continue;
		if (line_port == port && state == STATE_LISTEN)
			sockets->inodes[sockets->nr++] = inode;
	}
	fclose(file);
}

static bool has_socket(const struct sockets *sockets, unsigned long inode)
{
	for (size_t i = 0; i < sockets->nr; i++)
		if (sockets->inodes[i] == inode)
			return true;
	return false;
}

static bool is_one_of(int dir, const char *fd, const struct sockets *sockets)
{
	unsigned long inode;
	char link[64];
	ssize_t len = readlinkat(dir, fd, link, sizeof(link) - 1);

	if (len < 0)
		return false;
	link[len] = '\0';
	return sscanf(link, "socket:[%lu]", &inode) == 1 &&
	       has_socket(sockets, inode);
}

static bool process_holds(const char *pid, const struct sockets *sockets)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	bool found = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	fds = opendir(path);
	if (!fds)
		return false;
	while (!found && (entry = readdir(fds)))
		found = is_one_of(dirfd(fds), entry->d_name, sockets);
	closedir(fds);
	return found;
}

/* The lowest process number that holds one of the sockets, or 0. */
static unsigned long find_process(const struct sockets *sockets)
{
	const struct dirent *entry;
	unsigned long pid = 0;
	DIR *proc = opendir("/proc");

	if (!proc)
		return 0;
	while (!pid && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    process_holds(entry->d_name, sockets))
			pid = strtoul(entry->d_name, NULL, 10);
	closedir(proc);
	return pid;
}

/**
 * process_name - the command of a process, as it calls itself
 * @pid: number of the process.
 * @name: takes it; what is no printable ASCII is a question mark.
 * @size: bytes of @name.
 *
 * Returns whether there is such a process.
 */
bool process_name(unsigned long pid, char *name, size_t size)
{
	char path[64];
	FILE *file;
	bool found;

	snprintf(path, sizeof(path), "/proc/%lu/comm", pid);
	file = fopen(path, "r");
	found = file && fgets(name, (int)size, file);
	if (file)
		fclose(file);
	if (!found)
		return false;
	name[strcspn(name, "\n")] = '\0';
	/* Anybody chooses it: no letters that command a terminal, in any code. */
	for (; *name; name++)
		if (!isascii(*name) || iscntrl(*name))
			*name = '?';
	return true;
}

/**
 * holder_describe - say who listens on a port
 * @port: the port, in the network namespace of the process.
 * @text: takes a sentence without a full stop.
 * @size: its bytes.
 */
void holder_describe(unsigned int port, char *text, size_t size)
{
	struct sockets sockets = { .nr = 0 };
	const char *who = "that does not listen on it";
	char comm[COMM_SIZE];
	unsigned long pid;

	find_sockets("/proc/net/tcp", port, &sockets);
	find_sockets("/proc/net/tcp6", port, &sockets);
	pid = sockets.nr ? find_process(&sockets) : 0;
	if (pid) {
		if (!process_name(pid, comm, sizeof(comm)))
			snprintf(comm, sizeof(comm), "a process");
		snprintf(text, size, "port %u is held by %s (pid %lu)", port,
			 comm, pid);
		return;
	}
	if (geteuid())
		who = "(run as root to see which)";
	else if (sockets.nr)
		who = "that can't be seen from here";
	snprintf(text, size, "port %u is held by another program %s", port, who);
}
