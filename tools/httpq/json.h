/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A JSON writer for what the tool prints: values go to a stream in the order
 * of the calls, and the writer puts commas, indentation and escapes.
 */
#ifndef _HTTPQ_JSON_H
#define _HTTPQ_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct json - a document that is being written
 * @out: where it goes.
 * @pretty: one value per line, indented.
 * @depth: open arrays and objects.
 * @filled: the innermost of them has an item.
 * @keyed: a key was written and its value is due.
 */
struct json {
	FILE *out;
	bool pretty;
	int depth;
	bool filled;
	bool keyed;
};

void json_open(struct json *j, char bracket);
void json_close(struct json *j, char bracket);
void json_key(struct json *j, const char *key);
void json_string(struct json *j, const char *text);
void json_number(struct json *j, uint64_t number);
void json_bool(struct json *j, bool value);
void json_end(struct json *j);

#endif /* _HTTPQ_JSON_H */
