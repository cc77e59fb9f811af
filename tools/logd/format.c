// SPDX-License-Identifier: GPL-2.0
/* The list of formats. */
#include <string.h>

#include "format.h"

/* The columns that IIS writes unless told otherwise: tools expect them. */
#define W3C_FIELDS							\
	"date time s-ip cs-method cs-uri-stem cs-uri-query s-port "	\
	"cs-username c-ip cs(User-Agent) cs(Referer) sc-status "	\
	"sc-substatus sc-win32-status time-taken"

/* Those that http.sys writes. */
#define HTTPERR_FIELDS							\
	"date time c-ip c-port s-ip s-port cs-version cs-method cs-uri "	\
	"sc-status s-siteid s-reason s-queuename"

const struct format formats[] = {
	{
		.name = "w3c",
		.access = true,
		.fields = W3C_FIELDS,
		.head = column_head,
		.line = w3c_line,
	},
	{
		.name = "common",
		.access = true,
		.local = true,
		.line = common_line,
	},
	{
		.name = "combined",
		.access = true,
		.local = true,
		.line = combined_line,
	},
	{
		.name = "httperr",
		.error = true,
		.fields = HTTPERR_FIELDS,
		.head = column_head,
		.line = httperr_line,
	},
	{ .name = "json", .access = true, .error = true, .line = json_line },
	{ .name = "journal", .access = true, .error = true },
	{}
};

/* The format of a name, or NULL. */
const struct format *format_find(const char *name)
{
	for (const struct format *f = formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}
