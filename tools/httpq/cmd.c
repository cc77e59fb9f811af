// SPDX-License-Identifier: GPL-2.0
/* Errors, the lookup of words and verbs, and requests. */
#include <errno.h>
#include <linux/httpq.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

/* Room for an error line: a URL and some words. */
#define LINE_SIZE	(HTTPQ_URL_MAX + 512)

struct options options;

/* Errors that mean the same for every command. */
static const struct hint common_hints[] = {
	{ EPERM, "needs CAP_NET_ADMIN", "run as root" },
	{ EACCES, "needs CAP_NET_ADMIN", "run as root" },
	{ EOPNOTSUPP, "the loaded module does not know this command",
	  "update the module" },
	{ ENODEV, "the network namespace is gone", NULL },
	{ ENOMEM, "the kernel is out of memory", "try again later" },
	{ ENOBUFS, "the kernel is out of memory", "try again later" },
	{ EINVAL, "the kernel refuses a value", NULL },
	{ ERANGE, "the kernel refuses a value", NULL },
	{ 0 }
};

/**
 * fail - print the line that tells of an error
 * @format: what is wrong and what to do, no newline.
 *
 * Returns -1, for the caller to return as well.
 */
int fail(const char *format, ...)
{
	char text[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	hide_controls(text);
	fflush(stdout);
	fprintf(stderr, "httpq: %s\n", text);
	return -1;
}

static const struct hint *find_hint(const struct hint *hints, int err)
{
	for (; hints && hints->err; hints++)
		if (hints->err == err)
			return hints;
	return NULL;
}

/**
 * fail_request - say why the kernel refused a request
 * @what: the request in words of the command line.
 * @err: its negative error number.
 * @hints: texts of this command, or NULL; the common ones come after.
 */
int fail_request(const char *what, int err, const struct hint *hints)
{
	const struct hint *hint = find_hint(hints, -err);
	const char *why = nl_kernel_text();

	if (!hint)
		hint = find_hint(common_hints, -err);
	if (!why)
		why = hint && hint->why ? hint->why : strerror(-err);
	if (hint && hint->fix)
		return fail("%s: %s; %s", what, why, hint->fix);
	return fail("%s: %s", what, why);
}

/* The i-th word of a list of structs that begin with one. */
static const char *word_at(const char *const *names, size_t stride, size_t i)
{
	return *(const char *const *)((const char *)names + i * stride);
}

static int fail_word(const char *kind, const char *word,
		     const char *const *names, size_t stride, bool ambiguous)
{
	size_t len = ambiguous ? strlen(word) : 0;
	char list[256] = "";
	const char *name;

	for (size_t i = 0; (name = word_at(names, stride, i)); i++) {
		if (strncmp(name, word, len))
			continue;
		if (list[0])
			strncat(list, ", ", sizeof(list) - strlen(list) - 1);
		strncat(list, name, sizeof(list) - strlen(list) - 1);
	}
	return fail("%s %s '%s': use %s; see 'httpq help'",
		    ambiguous ? "ambiguous" : "unknown", kind, word, list);
}

/**
 * pick_word - find a word by its name or by the beginning of it
 * @kind: what is looked for, for the error line.
 * @word: what was typed.
 * @names: the first name of a list that ends with a NULL name.
 * @stride: bytes from one name to the next.
 *
 * Returns its index, or -1 after an error line.
 */
int pick_word(const char *kind, const char *word, const char *const *names,
	      size_t stride)
{
	size_t len = strlen(word);
	const char *name;
	int found = -1;
	int nr = 0;

	for (size_t i = 0; (name = word_at(names, stride, i)); i++) {
		if (strncmp(name, word, len))
			continue;
		if (!name[len])
			return i;
		found = i;
		nr++;
	}
	if (nr == 1 && len)
		return found;
	return fail_word(kind, word, names, stride, nr > 1 && len);
}

static bool begins(const char *word, const char *start)
{
	return start[0] && !strncmp(word, start, strlen(start));
}

/* Where a name may stand only whole words count. */
static bool is_whole_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "-h") ||
	       !strcmp(word, "-help") || !strcmp(word, "--help");
}

/* True for the ways to ask for a help text. */
bool is_help(const char *word)
{
	return begins("help", word) || is_whole_help(word);
}

static bool begins_verb(const struct verb *verbs, const char *word)
{
	for (; verbs->name; verbs++)
		if (begins(verbs->name, word))
			return true;
	return false;
}

/* The words that the tools of iproute2 take as well. */
static const char *usual_verb(const struct verb *verbs, const char *word)
{
	if (begins_verb(verbs, word))
		return word;
	if (begins("list", word) || !strcmp(word, "ls") || !strcmp(word, "lst"))
		return "show";
	return begins("delete", word) ? "del" : word;
}

/**
 * run_object - run a verb of an object
 * @object: the object.
 * @words: what follows its name. No word means the verb "show".
 */
int run_object(const struct object *object, char **words)
{
	const char *verb = words[0] ? usual_verb(object->verbs, words[0]) :
					 "show";
	char kind[64];
	int i;

	if (words[0] && is_help(words[0])) {
		fputs(object->help, stdout);
		return 0;
	}
	if (object->other && !begins_verb(object->verbs, verb))
		return object->other(words);
	snprintf(kind, sizeof(kind), "%s command", object->name);
	i = pick_word(kind, verb, &object->verbs->name, sizeof(*object->verbs));
	if (i < 0)
		return -1;
	if (words[0] && words[1] && is_whole_help(words[1])) {
		fputs(object->help, stdout);
		return 0;
	}
	return object->verbs[i].run(words[0] ? words + 1 : words);
}

/* Refuses words that no verb expects. */
int no_more_words(char **words)
{
	if (!words[0])
		return 0;
	if (words[0][0] == '-')
		return fail("option '%s' has to stand before the object; see 'httpq help'",
			    words[0]);
	return fail("unexpected word '%s'; see 'httpq help'", words[0]);
}

/**
 * request - send a request; say why if it fails
 * @msg: from nl_message(); consumed.
 * @rows: takes the objects of the answer, or NULL.
 * @what: the request in words of the command line.
 * @hints: texts for the errors of this command, or NULL.
 */
int request(struct nl_msg *msg, struct nl_rows *rows, const char *what,
	    const struct hint *hints)
{
	int err;

	if (nl_open(options.netns)) {
		nlmsg_free(msg);
		return -1;
	}
	err = nl_talk(msg, rows);
	return err ? fail_request(what, err, hints) : 0;
}

/* Prints objects in the form that the options ask for. */
void print_rows(const struct out_column *columns, const struct nl_rows *rows)
{
	if (options.json)
		out_json(stdout, columns, rows, options.pretty);
	else
		out_table(stdout, columns, rows);
}

/**
 * show_all - ask for all objects of a kind and print them
 * @cmd: HTTPQ_CMD_*_GET.
 * @columns: how they are shown.
 * @what: the request in words of the command line.
 */
int show_all(int cmd, const struct out_column *columns, const char *what)
{
	struct nl_rows rows = { 0 };
	int err = request(nl_message(cmd, NLM_F_DUMP), &rows, what, NULL);

	if (!err)
		print_rows(columns, &rows);
	nl_rows_free(&rows);
	return err;
}
