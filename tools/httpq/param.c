// SPDX-License-Identifier: GPL-2.0
/* Keywords with values, and the values that several objects take. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static int check_required(const struct param *params, uint64_t seen)
{
	for (size_t i = 0; params[i].name; i++)
		if (params[i].required && !(seen & 1ULL << i))
			return fail("'%s' is missing; see 'httpq help'",
				    params[i].name);
	return 0;
}

/**
 * put_params - add keywords and their values to a request
 * @msg: the request.
 * @params: the keywords that it takes, at most 64.
 * @words: what was typed: keyword, value, keyword, value.
 */
int put_params(struct nl_msg *msg, const struct param *params, char **words)
{
	uint64_t seen = 0;

	for (; words[0]; words += 2) {
		int i = pick_word("keyword", words[0], &params->name,
				  sizeof(*params));

		if (i < 0)
			return -1;
		if (!words[1])
			return fail("'%s' needs a value; see 'httpq help'",
				    params[i].name);
		if (seen & 1ULL << i)
			return fail("'%s' is given twice", params[i].name);
		seen |= 1ULL << i;
		if (params[i].put(msg, &params[i], words[1]))
			return -1;
	}
	return check_required(params, seen);
}

/**
 * parse_number - read a decimal number, or a hexadecimal one after 0x
 * @what: what it is, for the error line.
 * @text: what was typed.
 * @max: the largest that will do.
 * @number: takes it.
 */
int parse_number(const char *what, const char *text, uint64_t max,
		 uint64_t *number)
{
	bool hex = !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2);
	const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
	const char *start = hex ? text + 2 : text;

	errno = 0;
	*number = strtoull(start, NULL, hex ? 16 : 10);
	if (!start[0] || start[strspn(start, digits)] || errno || *number > max)
		return fail("%s '%s' is not a number from 0 to %" PRIu64, what,
			    text, max);
	return 0;
}

/* For struct param: a number of 32 bits. */
int put_u32(struct nl_msg *msg, const struct param *param, const char *value)
{
	uint64_t number;

	if (parse_number(param->name, value, UINT32_MAX, &number))
		return -1;
	return nla_put_u32(msg, param->attr, number);
}

/* For struct param: a number of 64 bits. */
int put_u64(struct nl_msg *msg, const struct param *param, const char *value)
{
	uint64_t number;

	if (parse_number(param->name, value, UINT64_MAX, &number))
		return -1;
	return nla_put_u64(msg, param->attr, number);
}

/* For the words of struct param that are switches. */
const char *const switch_words[] = { "off", "on", NULL };

/* For struct param: one of its words, as a number of 8 bits. */
int put_word(struct nl_msg *msg, const struct param *param, const char *value)
{
	int word = pick_word(param->name, value, param->words,
			     sizeof(param->words[0]));

	return word < 0 ? -1 : nla_put_u8(msg, param->attr, word);
}

/**
 * put_deadline - add the deadline of a drain
 * @msg: the request.
 * @words: what was typed: milliseconds, or nothing.
 */
int put_deadline(struct nl_msg *msg, char **words)
{
	static const struct param deadline = {
		"deadline", .attr = HTTPQ_A_DEADLINE_MS
	};

	if (!words[0])
		return 0;
	return no_more_words(words + 1) ?
		       -1 : put_u32(msg, &deadline, words[0]);
}

static bool is_queue_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > HTTPQ_QUEUE_NAME_MAX || name[0] == '.')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

/* For struct param: the name of a queue. */
int put_queue_name(struct nl_msg *msg, const struct param *param,
		   const char *value)
{
	if (!is_queue_name(value))
		return fail("'%s' is no queue name: 1 to %d of %s, no leading dot",
			    value, HTTPQ_QUEUE_NAME_MAX, "A-Z a-z 0-9 . _ -");
	return nla_put_string(msg, param->attr, value);
}
