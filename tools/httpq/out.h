/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The output: one list of columns says how a kind of object is shown, as a
 * table and as JSON.
 */
#ifndef _HTTPQ_OUT_H
#define _HTTPQ_OUT_H

#include <stdbool.h>
#include <stdio.h>

#include "nl.h"

/* How the value of an attribute is shown. */
enum out_kind {
	OUT_STRING,
	OUT_NUMBER,	/* u8 to u64, by the length of the attribute */
	OUT_UID,	/* table: the user's name */
	OUT_GID,	/* table: the group's name */
	OUT_MODE,	/* octal digits, a string in JSON */
	OUT_WORD,	/* u8, an index into @words */
	OUT_FLAG,	/* yes or no; true or false in JSON */
	OUT_NO_FLAG,	/* on or off, off if it is there; likewise */
	OUT_SWITCH,	/* u8, on or off; likewise */
	OUT_BYTES,	/* text with any bytes in it */
	OUT_HEX,	/* u64, 16 digits, a string in JSON */
	OUT_PID,	/* u32, 0 as if it were missing */
	OUT_COMMAND,	/* u32, what the process of this number is called */
	OUT_TIME,	/* milliseconds; table: with a unit */
	OUT_ADDR,	/* with @attr2: address:port; two members in JSON */
};

/**
 * struct out_column - a column of a table and a member of a JSON object
 * @head: heading in the table, one word. The list of columns ends with NULL.
 * @key: name in JSON. A member whose attribute is missing is left out; the
 *	table has "-" for it.
 * @kind: how the value is shown.
 * @attr: HTTPQ_A_*.
 * @key2: OUT_ADDR: name of the port in JSON.
 * @attr2: OUT_ADDR: attribute of the port.
 * @words: OUT_WORD: the words; ends with NULL.
 */
struct out_column {
	const char *head;
	const char *key;
	enum out_kind kind;
	int attr;
	const char *key2;
	int attr2;
	const char *const *words;
};

void hide_controls(char *text);
void out_line(FILE *out, const char *event, const struct out_column *columns,
	      struct nl_msg *msg);
void out_object(FILE *out, const char *event, const struct out_column *columns,
		struct nl_msg *msg, bool pretty);
void out_table(FILE *out, const struct out_column *columns,
	       const struct nl_rows *rows);
void out_json(FILE *out, const struct out_column *columns,
	      const struct nl_rows *rows, bool pretty);

#endif /* _HTTPQ_OUT_H */
