// SPDX-License-Identifier: GPL-2.0
/* The right sides of settings. */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_int.h"
#include "say.h"
#include "value.h"

/* The kernel takes no longer time, be it for an answer or for a drain. */
#define KERNEL_MAX_MS 86400000

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"

static void *member(const struct config_reader *r, const struct config_key *key)
{
	return (char *)r->config + key->offset;
}

static bool is_name(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (!len || len > max || text[0] == '.')
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("._-", *text))
			return false;
	return true;
}

CONFIG_READ(name)
{
	if (!is_name(value, HTTPQ_QUEUE_NAME_MAX))
		return config_error(r, "'%s' is no queue name: 1 to %d of %s",
				    value, HTTPQ_QUEUE_NAME_MAX,
				    "A-Z a-z 0-9 . _ -, no leading dot");
	strcpy(member(r, key), value);
	return 0;
}

static int read_number(struct config_reader *r, const struct config_key *key,
		       const char *value, uint64_t *number)
{
	if (!key->min && !strcmp(value, "off")) {
		*number = 0;
		return 0;
	}
	if (value_number(value, key->max, number) || *number < key->min)
		return config_error(r, "%s: '%s' is not a number from %llu to %llu",
				    key->name, value,
				    (unsigned long long)key->min,
				    (unsigned long long)key->max);
	return 0;
}

CONFIG_READ(number)
{
	return read_number(r, key, value, member(r, key));
}

CONFIG_READ(count)
{
	uint64_t number;

	if (read_number(r, key, value, &number))
		return -1;
	*(unsigned int *)member(r, key) = (unsigned int)number;
	return 0;
}

CONFIG_READ(time)
{
	if (value_time(value, member(r, key)))
		return config_error(r, "%s: '%s' is no time, such as 500ms, 90s, 5m, 29h, 7d or off",
				    key->name, value);
	return 0;
}

CONFIG_READ(option_time)
{
	int64_t *ms = member(r, key);

	if (config_read_time(r, key, value))
		return -1;
	if (*ms > KERNEL_MAX_MS)
		return config_error(r, "%s: '%s' is longer than a day",
				    key->name, value);
	return 0;
}

CONFIG_READ(size)
{
	if (value_size(value, member(r, key)))
		return config_error(r, "%s: '%s' is no size, such as 64K, 512M, 2G or off",
				    key->name, value);
	return 0;
}

CONFIG_READ(option_size)
{
	uint64_t *size = member(r, key);

	if (config_read_size(r, key, value))
		return -1;
	if (*size > UINT32_MAX)
		return config_error(r, "%s: '%s' is more than 4G", key->name,
				    value);
	return 0;
}

CONFIG_READ(bool)
{
	if (value_bool(value, member(r, key)))
		return config_error(r, "%s: '%s' is neither yes nor no",
				    key->name, value);
	return 0;
}

CONFIG_READ(option_bool)
{
	bool yes;

	if (value_bool(value, &yes))
		return config_error(r, "%s: '%s' is neither yes nor no",
				    key->name, value);
	*(int64_t *)member(r, key) = yes;
	return 0;
}

static int read_word(struct config_reader *r, const struct config_key *key,
		     const char *value)
{
	int found = value_word(value, key->words);
	char list[128] = "";

	if (found >= 0)
		return found;
	for (size_t i = 0; key->words[i]; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list),
			 "%s%s", i ? ", " : "", key->words[i]);
	return config_error(r, "%s: '%s' is none of %s", key->name, value,
			    list);
}

CONFIG_READ(word)
{
	int found = read_word(r, key, value);

	if (found < 0)
		return -1;
	*(int *)member(r, key) = found;
	return 0;
}

CONFIG_READ(option_word)
{
	int found = read_word(r, key, value);

	if (found < 0)
		return -1;
	*(int64_t *)member(r, key) = found;
	return 0;
}

/* One policy has two names. */
CONFIG_READ(redeliver)
{
	bool other = !strcmp(value, "any-untouched");

	return config_read_option_word(r, key, other ? "any" : value);
}

CONFIG_READ(start)
{
	int found = read_word(r, key, value);

	if (found < 0)
		return -1;
	*(bool *)member(r, key) = found;
	return 0;
}

CONFIG_READ(mode)
{
	unsigned long mode = strtoul(value, NULL, 8);

	if (value[strspn(value, "01234567")] || mode & ~0666UL)
		return config_error(r, "%s: '%s' is not made of the octal bits 0666",
				    key->name, value);
	*(int64_t *)member(r, key) = (int64_t)mode;
	return 0;
}

/* Also with a number, which need not be of a known user. */
CONFIG_READ(owner)
{
	const struct passwd *user = getpwnam(value);
	uint64_t id;

	if (user)
		id = user->pw_uid;
	else if (value_number(value, UINT32_MAX - 1, &id))
		return config_error(r, "%s: there is no user '%s'", key->name,
				    value);
	*(int64_t *)member(r, key) = (int64_t)id;
	return 0;
}

CONFIG_READ(group)
{
	const struct group *group = getgrnam(value);
	uint64_t id;

	if (group)
		id = group->gr_gid;
	else if (value_number(value, UINT32_MAX - 1, &id))
		return config_error(r, "%s: there is no group '%s'", key->name,
				    value);
	*(int64_t *)member(r, key) = (int64_t)id;
	return 0;
}

CONFIG_READ(user)
{
	const struct passwd *user = getpwnam(value);

	if (!user)
		return config_error(r, "%s: there is no user '%s'", key->name,
				    value);
	r->config->user = must(strdup(value));
	r->config->uid = user->pw_uid;
	if (!r->config->group)
		r->config->gid = user->pw_gid;
	return 0;
}

CONFIG_READ(worker_group)
{
	const struct group *group = getgrnam(value);

	if (!group)
		return config_error(r, "%s: there is no group '%s'", key->name,
				    value);
	r->config->group = must(strdup(value));
	r->config->gid = group->gr_gid;
	return 0;
}

CONFIG_READ(path)
{
	if (value[0] != '/')
		return config_error(r, "%s: '%s' does not begin with a slash",
				    key->name, value);
	*(char **)member(r, key) = must(strdup(value));
	return 0;
}

/* Adds to a list of strings. */
static void append(char ***list, const char *text)
{
	size_t nr = 0;

	while (*list && (*list)[nr])
		nr++;
	*list = must(realloc(*list, (nr + 2) * sizeof(**list)));
	(*list)[nr] = must(strdup(text));
	(*list)[nr + 1] = NULL;
}

CONFIG_READ(paths)
{
	if (value[0] != '/')
		return config_error(r, "%s: '%s' does not begin with a slash",
				    key->name, value);
	append(member(r, key), value);
	return 0;
}

CONFIG_READ(environment)
{
	size_t len = strcspn(value, "=");

	if (!value[len] || !len || isdigit((unsigned char)value[0]) ||
	    strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz0123456789") < len)
		return config_error(r, "%s: '%s' is not NAME=VALUE", key->name,
				    value);
	append(member(r, key), value);
	return 0;
}

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* The whole path of a program, or NULL. */
static char *find_program(const char *name)
{
	char *dirs, *save, *dir, *found = NULL;
	char path[PATH_MAX];

	if (strchr(name, '/'))
		return name[0] == '/' && is_program(name) ?
			       must(strdup(name)) : NULL;
	dirs = must(strdup(getenv("PATH") ?: DEFAULT_PATH));
	for (dir = strtok_r(dirs, ":", &save); dir && !found;
	     dir = strtok_r(NULL, ":", &save)) {
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (dir[0] == '/' && is_program(path))
			found = must(strdup(path));
	}
	free(dirs);
	return found;
}

CONFIG_READ(command)
{
	char **words = value_split(value);
	char *program;

	if (!words)
		return config_error(r, "%s: a quote is not closed", key->name);
	program = words[0] ? find_program(words[0]) : NULL;
	if (!program) {
		config_error(r, "%s: there is no program '%s'", key->name,
			     words[0] ?: "");
		value_free(words);
		return -1;
	}
	free(words[0]);
	words[0] = program;
	*(char ***)member(r, key) = words;
	return 0;
}

CONFIG_READ(zombie)
{
	r->config->zombie_save = strcmp(value, "off");
	if (!r->config->zombie_save || !strcmp(value, "stack"))
		return 0;
	return config_read_command(r, key, value);
}

static int read_clocks(struct config_reader *r, const char *name, char **words)
{
	struct policy_config *policy = &r->config->policy;

	for (; *words; words++) {
		if (policy->nr_at == POLICY_TIMES_MAX)
			return config_error(r, "%s: more than %d times", name,
					    POLICY_TIMES_MAX);
		if (value_clock(*words, &policy->at[policy->nr_at++]))
			return config_error(r, "%s: '%s' is no time of day, such as 03:30",
					    name, *words);
	}
	return 0;
}

CONFIG_READ(clocks)
{
	char **words;
	int err;

	if (!strcmp(value, "off"))
		return 0;
	words = value_split(value);
	err = words ? read_clocks(r, key->name, words) :
		      config_error(r, "%s: a quote is not closed", key->name);
	value_free(words);
	return err;
}

static int bind_option(struct config_reader *r, struct config_bind *bind,
		       const char *name, const char *value)
{
	uint64_t number;
	bool yes;

	if (!strcmp(name, "context")) {
		if (value_number(value, UINT64_MAX, &bind->context))
			return config_error(r, "bind: context '%s' is no number",
					    value);
	} else if (!strcmp(name, "site")) {
		if (value_number(value, UINT32_MAX, &number))
			return config_error(r, "bind: site '%s' is not a number from 0 to %u",
					    value, UINT32_MAX);
		bind->site = (uint32_t)number;
	} else if (!strcmp(name, "keepalive")) {
		if (value_bool(value, &yes))
			return config_error(r, "bind: keepalive '%s' is neither on nor off",
					    value);
		bind->no_keepalive = !yes;
	} else {
		return config_error(r, "bind: '%s' is none of context, site, keepalive",
				    name);
	}
	return 0;
}

static int bind_words(struct config_reader *r, struct config_bind *bind,
		      char **words)
{
	size_t len = strlen(words[0]);

	if (strncmp(words[0], "http://", 7) || words[0][len - 1] != '/' ||
	    len > HTTPQ_URL_MAX)
		return config_error(r, "bind: '%s' is not http://HOST:PORT/PATH/",
				    words[0]);
	for (words++; words[0]; words += 2) {
		if (!words[1])
			return config_error(r, "bind: '%s' needs a value",
					    words[0]);
		if (bind_option(r, bind, words[0], words[1]))
			return -1;
	}
	return 0;
}

CONFIG_READ(bind)
{
	struct config_bind **last = member(r, key);
	struct config_bind *bind;
	char **words = value_split(value);
	int err;

	if (!words)
		return config_error(r, "%s: a quote is not closed", key->name);
	while (*last)
		last = &(*last)->next;
	bind = must(calloc(1, sizeof(*bind)));
	bind->line = r->line;
	bind->url = must(strdup(words[0] ?: ""));
	*last = bind;
	err = words[0] ? bind_words(r, bind, words) :
			 config_error(r, "bind: no URL");
	value_free(words);
	return err;
}
