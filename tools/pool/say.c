// SPDX-License-Identifier: GPL-2.0
/* Lines for the journal, or for people if it is none. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "say.h"

#define LINE_SIZE	3072

/* The pool, once it is known. */
const char *say_name;

static void print(const char *level, const char *format, va_list args)
{
	char text[LINE_SIZE];
	char *c;

	vsnprintf(text, sizeof(text), format, args);
	for (c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	fprintf(stderr, "%shttpq-pool: %s%s%s\n",
		getenv("JOURNAL_STREAM") ? level : "", say_name ?: "",
		say_name ? ": " : "", text);
}

/**
 * say - print a line
 * @level: SD_ERR, SD_WARNING or SD_INFO.
 * @format: the line, no newline.
 */
void say(const char *level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(level, format, args);
	va_end(args);
}

/* fail - what the transport, shared with httpq(8), says of an error */
int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(SD_ERR, format, args);
	va_end(args);
	return -1;
}

/* must - memory that was asked for, or the end */
void *must(void *memory)
{
	if (memory)
		return memory;
	say_error("out of memory");
	exit(EXIT_FAILURE);
}
