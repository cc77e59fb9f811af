/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all objects share: the words of the command line, the arguments of a
 * request and the one line that tells of an error.
 */
#ifndef _HTTPQ_CMD_H
#define _HTTPQ_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "nl.h"
#include "out.h"

/**
 * struct options - what stood before the object
 * @json: print JSON.
 * @pretty: with line breaks and indentation.
 * @netns: the network namespace to act on, or NULL.
 */
struct options {
	bool json;
	bool pretty;
	const char *netns;
};

extern struct options options;

/**
 * struct verb - what can be done to an object
 * @name: its word. The list of verbs ends with NULL.
 * @run: gets the words that follow; returns 0, or -1 after an error line.
 */
struct verb {
	const char *name;
	int (*run)(char **words);
};

/**
 * struct object - a noun of the command line
 * @name: its word. The list of objects ends with NULL.
 * @verbs: what can be done.
 * @other: runs if the first word is no verb, or NULL.
 * @help: the text of "httpq OBJECT help".
 */
struct object {
	const char *name;
	const struct verb *verbs;
	int (*other)(char **words);
	const char *help;
};

/**
 * struct param - a keyword with a value, for an attribute of a request
 * @name: the keyword. The list ends with NULL.
 * @attr: HTTPQ_A_*.
 * @put: adds the value to the message; returns 0, or -1 after an error line.
 * @required: the keyword must be there.
 * @words: put_word(): the values; ends with NULL.
 */
struct param {
	const char *name;
	int attr;
	int (*put)(struct nl_msg *msg, const struct param *param,
		   const char *value);
	bool required;
	const char *const *words;
};

/**
 * struct hint - an error number in the words of a command
 * @err: positive error number. The list ends with 0.
 * @why: what is wrong, unless the kernel says it; NULL: the usual text.
 * @fix: what to do, or NULL.
 */
struct hint {
	int err;
	const char *why;
	const char *fix;
};

/* The objects, each in the file of its name. */
extern const struct object queue_object;
extern const struct object url_object;
extern const struct object listener_object;
extern const struct object conn_object;
extern const struct object stats_object;
extern const struct object worker_object;
extern const struct object zombie_object;
extern const struct object monitor_object;
extern const struct object log_object;
extern const struct object why_object;
extern const struct object pool_object;

/* What monitor shows as well. */
extern const struct out_column worker_columns[];
extern const struct out_column zombie_columns[];
extern const char *const switch_words[];

/* cmd.c */
__attribute__((format(printf, 1, 2))) int fail(const char *format, ...);
int fail_request(const char *what, int err, const struct hint *hints);

int pick_word(const char *kind, const char *word, const char *const *names,
	      size_t stride);
int run_object(const struct object *object, char **words);
int no_more_words(char **words);
bool is_help(const char *word);

int request(struct nl_msg *msg, struct nl_rows *rows, const char *what,
	    const struct hint *hints);
void print_rows(const struct out_column *columns, const struct nl_rows *rows);
int show_all(int cmd, const struct out_column *columns, const char *what);

/* param.c */
int put_params(struct nl_msg *msg, const struct param *params, char **words);
int parse_number(const char *what, const char *text, uint64_t max,
		 uint64_t *number);
int put_u32(struct nl_msg *msg, const struct param *param, const char *value);
int put_u64(struct nl_msg *msg, const struct param *param, const char *value);
int put_word(struct nl_msg *msg, const struct param *param, const char *value);
int put_deadline(struct nl_msg *msg, char **words);
int put_queue_name(struct nl_msg *msg, const struct param *param,
		   const char *value);

#endif /* _HTTPQ_CMD_H */
