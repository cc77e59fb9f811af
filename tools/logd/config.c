// SPDX-License-Identifier: GPL-2.0
/* Reads the configuration; each error names the file and the line. */
#include <ctype.h>
#include <errno.h>
#include <linux/httpq.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#define BLANKS		" \t\r\n"
#define KEEP_DEFAULT	10
#define KEEP_MAX	1000
#define FSYNC_MAX	3600
/* A head and a line of any length fit. */
#define SIZE_MIN	(64 * 1024)

/**
 * struct reader - a file that is being read
 * @config: takes the sections.
 * @path: for errors.
 * @line: number of the line that is looked at.
 * @log: the section that it belongs to, or NULL.
 */
struct reader {
	struct config *config;
	const char *path;
	int line;
	struct config_log *log;
};

__attribute__((format(printf, 2, 3)))
static int wrong(struct reader *reader, const char *format, ...)
{
	char *problem = reader->config->problem;
	size_t size = sizeof(reader->config->problem);
	va_list args;
	int len;

	len = snprintf(problem, size, "%s:%d: ", reader->path, reader->line);
	if (len < 0 || (size_t)len >= size)
		return -1;
	va_start(args, format);
	vsnprintf(problem + len, size - len, format, args);
	va_end(args);
	for (; *problem; problem++)
		if (iscntrl((unsigned char)*problem))
			*problem = '?';
	return -1;
}

static void *need(void *memory)
{
	if (memory)
		return memory;
	fputs("httpq-logd: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

static int parse_number(const char *text, uint64_t max, uint64_t *number)
{
	if (!text[0] || text[strspn(text, "0123456789")])
		return -1;
	errno = 0;
	*number = strtoull(text, NULL, 10);
	return errno || *number > max ? -1 : 0;
}

static int set_file(struct reader *reader, char *value)
{
	if (value[0] != '/' || value[strlen(value) - 1] == '/')
		return wrong(reader, "file '%s' is not the absolute path of a file",
			     value);
	reader->log->file = need(strdup(value));
	return 0;
}

static int set_format(struct reader *reader, char *value)
{
	const struct format *format = format_find(value);

	if (!format)
		return wrong(reader, "unknown format '%s': w3c, common, combined, httperr, json or journal",
			     value);
	if (reader->log->error ? !format->error : !format->access)
		return wrong(reader, "format '%s' is not for an %s log", value,
			     reader->log->error ? "error" : "access");
	reader->log->format = format;
	return 0;
}

static bool has_column(const struct layout *layout, const struct member *m)
{
	for (size_t i = 0; i < layout->nr; i++)
		if (layout->columns[i] == m)
			return true;
	return false;
}

static int set_fields(struct reader *reader, char *value)
{
	struct layout *layout = &reader->log->layout;
	const struct member *m;
	char *rest, *name;

	for (name = strtok_r(value, BLANKS ",", &rest); name;
	     name = strtok_r(NULL, BLANKS ",", &rest)) {
		m = column_find(name);
		if (!m)
			return wrong(reader, "unknown field '%s'; httpq-logd.conf(5) lists them",
				     name);
		if (has_column(layout, m))
			return wrong(reader, "field '%s' is given twice", name);
		layout->columns[layout->nr++] = m;
	}
	return layout->nr ? 0 : wrong(reader, "'fields' needs a value");
}

static char **split(char *value)
{
	char **list = need(calloc(strlen(value) / 2 + 2, sizeof(*list)));
	char *rest, *word;
	size_t nr = 0;

	for (word = strtok_r(value, BLANKS, &rest); word;
	     word = strtok_r(NULL, BLANKS, &rest))
		list[nr++] = need(strdup(word));
	return list;
}

static int set_queue(struct reader *reader, char *value)
{
	reader->log->queues = split(value);
	for (char **name = reader->log->queues; *name; name++)
		if (strlen(*name) > HTTPQ_QUEUE_NAME_MAX)
			return wrong(reader, "no queue name has more than %d bytes",
				     HTTPQ_QUEUE_NAME_MAX);
	return 0;
}

static int set_prefix(struct reader *reader, char *value)
{
	reader->log->prefixes = split(value);
	for (char **url = reader->log->prefixes; *url; url++)
		if (strncmp(*url, "http://", 7))
			return wrong(reader, "'%s' is no prefix; 'httpq url show' prints them",
				     *url);
	return 0;
}

static int set_site(struct reader *reader, char *value)
{
	uint64_t number;

	reader->log->sites = split(value);
	for (char **site = reader->log->sites; *site; site++) {
		if (parse_number(*site, UINT32_MAX, &number))
			return wrong(reader, "site '%s' is not a number from 0 to %u",
				     *site, UINT32_MAX);
		/* As it will be compared: 07 is 7. */
		sprintf(*site, "%u", (unsigned int)number);
	}
	return 0;
}

static int set_rotate_size(struct reader *reader, char *value)
{
	static const char units[] = "KMGT";
	size_t len = strlen(value);
	const char *unit = len ? strchr(units, value[len - 1]) : NULL;
	int shift = unit ? 10 * (unit - units + 1) : 0;
	uint64_t number;

	if (unit)
		value[len - 1] = '\0';
	if (parse_number(value, UINT64_MAX >> shift >> 1, &number) ||
	    number << shift < SIZE_MIN)
		return wrong(reader, "rotate-size has to be a number of bytes from 64K on, such as 100M");
	reader->log->rotate_size = number << shift;
	return 0;
}

static int set_rotate_time(struct reader *reader, char *value)
{
	static const char *const names[] = {
		[PERIOD_HOUR] = "hourly", [PERIOD_DAY] = "daily",
		[PERIOD_WEEK] = "weekly", [PERIOD_MONTH] = "monthly",
	};

	for (int i = PERIOD_HOUR; i <= PERIOD_MONTH; i++) {
		if (strcmp(value, names[i]))
			continue;
		reader->log->rotate_time = i;
		return 0;
	}
	return wrong(reader, "rotate-time has to be hourly, daily, weekly or monthly");
}

static int set_keep(struct reader *reader, char *value)
{
	uint64_t number;

	if (parse_number(value, KEEP_MAX, &number) || !number)
		return wrong(reader, "keep has to be a number from 1 to %d",
			     KEEP_MAX);
	reader->log->keep = number;
	return 0;
}

static int set_fsync(struct reader *reader, char *value)
{
	uint64_t number;

	if (!strcmp(value, "none")) {
		reader->log->fsync = FSYNC_NONE;
	} else if (!strcmp(value, "batch")) {
		reader->log->fsync = FSYNC_BATCH;
	} else {
		if (parse_number(value, FSYNC_MAX, &number) || !number)
			return wrong(reader, "fsync has to be none, batch or a number of seconds from 1 to %d",
				     FSYNC_MAX);
		reader->log->fsync = number;
	}
	return 0;
}

enum {
	FILE_KEY,
	FORMAT_KEY,
	FIELDS_KEY,
	QUEUE_KEY,
	PREFIX_KEY,
	SITE_KEY,
	SIZE_KEY,
	TIME_KEY,
	KEEP_KEY,
	FSYNC_KEY,
};

static const struct {
	const char *name;
	int (*set)(struct reader *reader, char *value);
} keywords[] = {
	[FILE_KEY] = { "file", set_file },
	[FORMAT_KEY] = { "format", set_format },
	[FIELDS_KEY] = { "fields", set_fields },
	[QUEUE_KEY] = { "queue", set_queue },
	[PREFIX_KEY] = { "prefix", set_prefix },
	[SITE_KEY] = { "site", set_site },
	[SIZE_KEY] = { "rotate-size", set_rotate_size },
	[TIME_KEY] = { "rotate-time", set_rotate_time },
	[KEEP_KEY] = { "keep", set_keep },
	[FSYNC_KEY] = { "fsync", set_fsync },
};

#define NR_KEYWORDS	(sizeof(keywords) / sizeof(keywords[0]))

static bool given(const struct config_log *log, int keyword)
{
	return log->given & 1U << keyword;
}

static int read_keyword(struct reader *reader, char *text)
{
	char *mark = strchr(text, '=');
	char *name, *value;

	if (!mark)
		return wrong(reader, "'%s' is neither [access NAME], [error NAME] nor KEYWORD=VALUE",
			     text);
	*mark = '\0';
	name = trim(text);
	value = trim(mark + 1);
	if (!reader->log)
		return wrong(reader, "'%s' stands before the first section",
			     name);
	for (size_t i = 0; i < NR_KEYWORDS; i++) {
		if (strcmp(name, keywords[i].name))
			continue;
		if (given(reader->log, i))
			return wrong(reader, "'%s' is given twice", name);
		if (!value[0])
			return wrong(reader, "'%s' needs a value", name);
		reader->log->given |= 1U << i;
		return keywords[i].set(reader, value);
	}
	return wrong(reader, "unknown keyword '%s': file, format, fields, queue, prefix, site, rotate-size, rotate-time, keep or fsync",
		     name);
}

/* The columns of the format, if none were chosen. */
static int end_fields(struct reader *reader)
{
	struct config_log *log = reader->log;
	char *fields;
	int err;

	if (!log->format->fields)
		return log->layout.nr ?
			wrong(reader, "format %s has no fields to choose",
			      log->format->name) : 0;
	if (log->layout.nr && log->error &&
	    !has_column(&log->layout, column_find("s-reason")))
		return wrong(reader, "fields of an error log have to name s-reason");
	if (log->layout.nr)
		return 0;
	fields = need(strdup(log->format->fields));
	err = set_fields(reader, fields);
	free(fields);
	return err;
}

static int end_journal(struct reader *reader)
{
	static const int files[] = {
		FILE_KEY, SIZE_KEY, TIME_KEY, KEEP_KEY, FSYNC_KEY
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (given(reader->log, files[i]))
			return wrong(reader, "'%s' is of no use for the journal",
				     keywords[files[i]].name);
	return end_fields(reader);
}

/* Two that write one file would put it aside behind each other's back. */
static int check_others(struct reader *reader)
{
	const struct config_log *log = reader->log;

	for (const struct config_log *other = reader->config->logs;
	     other < log; other++) {
		if (other->error == log->error &&
		    !strcmp(other->name, log->name))
			return wrong(reader, "there is an [%s %s] in line %d",
				     log->error ? "error" : "access", log->name,
				     other->line);
		if (other->file && log->file && !strcmp(other->file, log->file))
			return wrong(reader, "'%s' writes the file of '%s', too",
				     log->name, other->name);
	}
	return 0;
}

/* What can be said only when a section is complete; its head is blamed. */
static int end_section(struct reader *reader)
{
	struct config_log *log = reader->log;
	int line = reader->line;
	int err;

	if (!log)
		return 0;
	reader->line = log->line;
	if (!log->format)
		log->format = format_find(log->error ? "httperr" : "w3c");
	if (!log->format->line)
		err = end_journal(reader);
	else if (!log->file)
		err = wrong(reader, "'%s' needs a file", log->name);
	else if (log->keep && !log->rotate_size && !log->rotate_time)
		err = wrong(reader, "keep needs rotate-size or rotate-time");
	else
		err = end_fields(reader);
	if (!log->keep)
		log->keep = KEEP_DEFAULT;
	if (!err)
		err = check_others(reader);
	reader->line = line;
	return err;
}

static int read_section(struct reader *reader, char *text)
{
	struct config *config = reader->config;
	char kind[16] = "", name[64] = "";
	int end = 0;

	if (sscanf(text, "[%15s %63[^] \t]%n", kind, name, &end) != 2 ||
	    strcmp(text + end, "]") ||
	    (strcmp(kind, "access") && strcmp(kind, "error")))
		return wrong(reader, "'%s' is neither [access NAME] nor [error NAME]",
			     text);
	if (end_section(reader))
		return -1;
	config->logs = need(realloc(config->logs, (config->nr + 1) *
						  sizeof(*config->logs)));
	reader->log = &config->logs[config->nr++];
	*reader->log = (struct config_log){
		.error = !strcmp(kind, "error"),
		.name = need(strdup(name)),
		.line = reader->line,
		.fsync = FSYNC_NONE,
	};
	return 0;
}

static int read_line(struct reader *reader, char *line, size_t len)
{
	char *text;

	reader->line++;
	if (strlen(line) != len)
		return wrong(reader, "a byte 0");
	text = trim(line);
	if (!text[0] || text[0] == '#' || text[0] == ';')
		return 0;
	if (text[0] == '[')
		return read_section(reader, text);
	return read_keyword(reader, text);
}

static int read_lines(struct reader *reader, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int err = 0;

	while (!err && (len = getline(&line, &room, in)) >= 0)
		err = read_line(reader, line, len);
	free(line);
	if (!err && ferror(in))
		err = wrong(reader, "%s", strerror(errno));
	if (!err)
		err = end_section(reader);
	if (!err && !reader->config->nr)
		err = wrong(reader, "no log: an [access NAME] or [error NAME] has to be there");
	return err;
}

/**
 * config_read - read a configuration
 * @config: takes it; to be freed in any case.
 * @path: of the file.
 *
 * Returns 0, or -1 and says in @config->problem what is wrong.
 */
int config_read(struct config *config, const char *path)
{
	struct reader reader = { .config = config, .path = path };
	FILE *in = fopen(path, "re");
	int err;

	*config = (struct config){ 0 };
	if (!in) {
		snprintf(config->problem, sizeof(config->problem), "%s: %s",
			 path, strerror(errno));
		return -1;
	}
	err = read_lines(&reader, in);
	fclose(in);
	return err;
}

static bool is_among(char **list, struct text text)
{
	if (!list)
		return true;
	for (; *list; list++)
		if (strlen(*list) == text.len &&
		    !memcmp(*list, text.data, text.len))
			return true;
	return false;
}

/**
 * config_wants - whether a record belongs into a log
 * @log: the log.
 * @r: the record.
 *
 * What is missing belongs into all: nobody knows whose it was.
 */
bool config_wants(const struct config_log *log,
		  const struct httpq_log_record *r)
{
	char site[16];

	if (r->kind == HTTPQ_LOG_LOST)
		return true;
	if (log->error != (r->kind != HTTPQ_LOG_ACCESS))
		return false;
	if (r->kind == HTTPQ_LOG_SUPPRESSED)
		return true;
	snprintf(site, sizeof(site), "%u", r->site);
	return is_among(log->queues, record_text(r, r->queue)) &&
	       is_among(log->prefixes, record_text(r, r->prefix)) &&
	       is_among(log->sites, text_of(site));
}

static void free_list(char **list)
{
	for (char **word = list; word && *word; word++)
		free(*word);
	free(list);
}

void config_free(struct config *config)
{
	for (int i = 0; i < config->nr; i++) {
		struct config_log *log = &config->logs[i];

		free(log->name);
		free(log->file);
		free_list(log->queues);
		free_list(log->prefixes);
		free_list(log->sites);
	}
	free(config->logs);
	*config = (struct config){ 0 };
}
