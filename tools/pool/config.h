/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration of a pool, see httpq-pool.conf(5). */
#ifndef _POOL_CONFIG_H
#define _POOL_CONFIG_H

#include <linux/httpq.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy.h"

#define CONFIG_NAME_MAX	63

/**
 * struct config_bind - a prefix of the queue
 * @next: the next one, in the order of the file.
 * @line: where it stands.
 * @url: the prefix.
 * @context: number for the workers.
 * @site: number for the log.
 * @no_keepalive: connections close after a response.
 */
struct config_bind {
	struct config_bind *next;
	unsigned int line;
	char *url;
	uint64_t context;
	uint32_t site;
	bool no_keepalive;
};

enum config_ping { CONFIG_PING_OFF, CONFIG_PING_KERNEL, CONFIG_PING_FD };
enum config_handle { CONFIG_HANDLE_OPEN, CONFIG_HANDLE_PASS };
enum config_ready { CONFIG_READY_RECEIVE, CONFIG_READY_CALL };
enum config_units { CONFIG_UNITS_AUTO, CONFIG_UNITS_NO, CONFIG_UNITS_YES };
enum config_exit { CONFIG_EXIT_DRAIN, CONFIG_EXIT_LEAVE };

/* An option of the queue that was not given. */
#define CONFIG_UNSET	(-1)

/**
 * struct config_queue - options of the queue, CONFIG_UNSET or a value
 * @uid: its owner.
 * @gid: its group.
 * @mode: permission bits.
 * @max_queued: requests that may wait.
 * @max_inflight: requests that workers may hold.
 * @redeliver: enum httpq_redeliver.
 * @answer_ms: time for an answer, 0 for ever.
 * @hold: bytes held back of a response.
 * @affinity: a connection keeps its worker.
 */
struct config_queue {
	int64_t uid;
	int64_t gid;
	int64_t mode;
	int64_t max_queued;
	int64_t max_inflight;
	int64_t redeliver;
	int64_t answer_ms;
	int64_t hold;
	int64_t affinity;
};

/**
 * struct config - a file
 * @path: the file.
 * @name: of the pool: the name of the file without its end ".conf".
 * @queue: name of the queue; the pool's unless it is given.
 * @options: of the queue.
 * @binds: the prefixes.
 *
 * @command: program and arguments; the program with its whole path.
 * @user: of the workers, or NULL.
 * @uid: of @user.
 * @gid: of @user, or what "group" says; -1: not given.
 * @group: what "group" says, or NULL.
 * @directory: where they run, or NULL.
 * @environment: NAME=VALUE, or NULL.
 * @watch: files besides the program whose change means a new version.
 * @handle: enum config_handle.
 * @ready: enum config_ready.
 * @units: whether workers are units of systemd.
 * @isolate: without network and much else.
 * @cgroup: the control group that workers get theirs in, or NULL.
 * @memory_max: of a worker's control group; 0: none.
 * @limit_files: RLIMIT_NOFILE; 0: as it is.
 * @limit_core: RLIMIT_CORE; CONFIG_UNSET: as it is.
 *
 * @policy: when they are started, recycled, stopped and given up.
 * @on_change: recycle when @command or @watch changes.
 * @on_reload: recycle when a reload changes what concerns workers.
 * @ping: enum config_ping.
 * @ping_interval: of CONFIG_PING_FD.
 * @orphan_command: program and arguments, or NULL.
 * @zombie_command: the same; NULL: the stack is copied to a file.
 * @zombie_save: do either of them.
 * @on_exit: enum config_exit.
 */
struct config {
	char *path;
	char name[CONFIG_NAME_MAX + 1];
	char queue[HTTPQ_QUEUE_NAME_MAX + 1];
	struct config_queue options;
	struct config_bind *binds;

	char **command;
	char *user;
	char *group;
	int64_t uid;
	int64_t gid;
	char *directory;
	char **environment;
	char **watch;
	int handle;
	int ready;
	int units;
	bool isolate;
	char *cgroup;
	uint64_t memory_max;
	uint64_t limit_files;
	int64_t limit_core;

	struct policy_config policy;
	bool on_change;
	bool on_reload;
	int ping;
	int64_t ping_interval;
	char **orphan_command;
	char **zombie_command;
	bool zombie_save;
	int on_exit;
};

struct config *config_load(const char *path);
void config_free(struct config *c);
bool config_same_worker(const struct config *a, const struct config *b);
bool config_same_bind(const struct config_bind *a,
		      const struct config_bind *b);

#endif /* _POOL_CONFIG_H */
