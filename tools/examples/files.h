/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Parts of httpq-files that know nothing of requests.
 */
#ifndef _EXAMPLES_FILES_H
#define _EXAMPLES_FILES_H

#include <limits.h>
#include <time.h>

#include "httpq.h"

/* Room for a date: "Sun, 06 Nov 1994 08:49:37 GMT" and the NUL. */
#define DATE_SIZE 30

/* files_path.c */
int path_map(struct httpq_str path, const char *prefix, char out[PATH_MAX]);
int path_open(int root, const char *path);
int path_open_index(int root, const char *path);
const char *path_type(const char *path);

/* files_date.c */
void date_format(time_t t, char out[DATE_SIZE]);
bool date_parse(struct httpq_str text, time_t *out);

#endif /* _EXAMPLES_FILES_H */
