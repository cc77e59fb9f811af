/* SPDX-License-Identifier: GPL-2.0 */
/* What the files that read a configuration share. */
#ifndef _POOL_CONFIG_INT_H
#define _POOL_CONFIG_INT_H

#include <stddef.h>

#include "config.h"

struct config_reader;

/**
 * struct config_key - a setting
 * @name: left of the equals sign.
 * @read: reads the right side, which is not empty, into @offset; returns 0,
 *	or -1 after an error line.
 * @offset: of a member of struct config.
 * @words: what it may be, for config_read_word() and the like.
 * @min: for config_read_number() and config_read_count().
 * @max: see there.
 * @many: it may be given more than once.
 */
struct config_key {
	const char *name;
	int (*read)(struct config_reader *r, const struct config_key *key,
		    const char *value);
	size_t offset;
	const char *const *words;
	uint64_t min;
	uint64_t max;
	bool many;
};

/**
 * struct config_reader - a file that is being read
 * @config: what has come of it.
 * @line: where it is.
 */
struct config_reader {
	struct config *config;
	unsigned int line;
};

__attribute__((format(printf, 2, 3)))
int config_error(const struct config_reader *r, const char *format, ...);

/* config_read.c: for struct config_key. */
#define CONFIG_READ(name)						\
	int config_read_##name(struct config_reader *r,			\
			       const struct config_key *key,		\
			       const char *value)
CONFIG_READ(name);
CONFIG_READ(number);
CONFIG_READ(count);
CONFIG_READ(time);
CONFIG_READ(option_time);
CONFIG_READ(size);
CONFIG_READ(option_size);
CONFIG_READ(bool);
CONFIG_READ(option_bool);
CONFIG_READ(word);
CONFIG_READ(option_word);
CONFIG_READ(redeliver);
CONFIG_READ(start);
CONFIG_READ(mode);
CONFIG_READ(owner);
CONFIG_READ(group);
CONFIG_READ(path);
CONFIG_READ(paths);
CONFIG_READ(command);
CONFIG_READ(zombie);
CONFIG_READ(environment);
CONFIG_READ(clocks);
CONFIG_READ(bind);
CONFIG_READ(user);
CONFIG_READ(worker_group);

#endif /* _POOL_CONFIG_INT_H */
