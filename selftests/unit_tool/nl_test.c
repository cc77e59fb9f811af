// SPDX-License-Identifier: GPL-2.0
/*
 * Talks to the kernel's own family "nlctrl" by the transport of the tool:
 * prints the number of families of a dump, then the error number and the
 * kernel's words for a request without the attribute that it needs and for one
 * whose attribute is too long, and the rows of a good request.
 */
#include <linux/genetlink.h>
#include <linux/httpq.h>
#include <stdarg.h>

#undef HTTPQ_GENL_NAME
#undef HTTPQ_GENL_VERSION
#define HTTPQ_GENL_NAME		"nlctrl"
#define HTTPQ_GENL_VERSION	2
#include "../../tools/httpq/nl.c"

int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	return -1;
}

static void get_family(const char *name)
{
	struct nl_msg *msg = nl_message(CTRL_CMD_GETFAMILY, 0);
	struct nl_rows rows = { 0 };
	int err;

	if (name)
		nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, name);
	err = nl_talk(msg, &rows);
	printf("%d %zu %s\n", err, rows.nr,
	       nl_kernel_text() ? nl_kernel_text() : "-");
	nl_rows_free(&rows);
}

int main(void)
{
	struct nl_rows rows = { 0 };

	if (nl_open(NULL))
		return 1;
	if (!nl_talk(nl_message(CTRL_CMD_GETFAMILY, NLM_F_DUMP), &rows))
		printf("%zu\n", rows.nr);
	nl_rows_free(&rows);
	get_family(NULL);
	get_family("a-name-that-is-much-longer-than-a-family's");
	get_family("nlctrl");
	nl_socket_free(sock);
	return 0;
}
