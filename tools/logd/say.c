// SPDX-License-Identifier: GPL-2.0
/* One line on standard error, which a service manager keeps. */
#include <stdarg.h>
#include <stdio.h>

#include "say.h"

/**
 * say - print a line
 * @format: without a newline.
 *
 * Returns -1, for the caller to return as well.
 */
int say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("httpq-logd: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return -1;
}
