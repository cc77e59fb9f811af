// SPDX-License-Identifier: GPL-2.0
/* The values of settings. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "value.h"

/* A unit of a number. The list ends with an empty factor. */
struct unit {
	const char *name;
	uint64_t factor;
};

/**
 * value_number - read a decimal number
 * @text: nothing but digits.
 * @max: the largest that will do.
 * @number: takes it.
 */
int value_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -1;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return *end || errno || *number > max ? -1 : 0;
}

/* A number that one of the units follows, the product of both. */
static int with_unit(const char *text, const struct unit *units, uint64_t max,
		     uint64_t *product)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -1;
	errno = 0;
	*product = strtoull(text, &end, 10);
	if (errno)
		return -1;
	for (; units->factor; units++) {
		if (strcmp(end, units->name))
			continue;
		if (*product > max / units->factor)
			return -1;
		*product *= units->factor;
		return 0;
	}
	return -1;
}

/**
 * value_time - read a time such as 500ms, 90s, 5m, 29h or 7d
 * @text: without a unit it is in seconds; "off" is 0.
 * @ms: takes it, in milliseconds.
 */
int value_time(const char *text, int64_t *ms)
{
	static const struct unit units[] = {
		{ "ms", 1 },
		{ "", SECOND_MS },
		{ "s", SECOND_MS },
		{ "m", MINUTE_MS },
		{ "min", MINUTE_MS },
		{ "h", HOUR_MS },
		{ "d", DAY_MS },
		{}
	};
	uint64_t value;

	if (!strcmp(text, "off"))
		value = 0;
	else if (with_unit(text, units, 1000 * DAY_MS, &value))
		return -1;
	*ms = (int64_t)value;
	return 0;
}

/**
 * value_size - read a size such as 64K, 512M or 2G
 * @text: without a unit it is in bytes; "off" is 0.
 * @bytes: takes it.
 */
int value_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "K", 1ULL << 10 },
		{ "M", 1ULL << 20 },
		{ "G", 1ULL << 30 },
		{ "T", 1ULL << 40 },
		{}
	};

	if (!strcmp(text, "off")) {
		*bytes = 0;
		return 0;
	}
	return with_unit(text, units, INT64_MAX, bytes);
}

/* value_bool - read yes, on, no or off */
int value_bool(const char *text, bool *yes)
{
	*yes = !strcmp(text, "yes") || !strcmp(text, "on");
	return *yes || !strcmp(text, "no") || !strcmp(text, "off") ? 0 : -1;
}

/**
 * value_clock - read a time of day, HH:MM or HH:MM:SS
 * @text: what was written.
 * @second: takes the second of the day.
 */
int value_clock(const char *text, int *second)
{
	unsigned int h, m, s = 0;
	size_t len = strlen(text);

	if (strspn(text, "0123456789:") != len)
		return -1;
	if (len == 5 && sscanf(text, "%2u:%2u", &h, &m) != 2)
		return -1;
	if (len == 8 && sscanf(text, "%2u:%2u:%2u", &h, &m, &s) != 3)
		return -1;
	if ((len != 5 && len != 8) || text[2] != ':' || h > 23 || m > 59 ||
	    s > 59)
		return -1;
	*second = (int)((h * 60 + m) * 60 + s);
	return 0;
}

/* value_word - the index of a word in a list that ends with NULL, or -1 */
int value_word(const char *text, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(text, words[i]))
			return i;
	return -1;
}

/* Copies the next word, without its quotes. Returns what follows it. */
static const char *take_word(const char *text, char *to)
{
	char quote = 0;

	for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
		if (*text == quote)
			quote = 0;
		else if (!quote && (*text == '"' || *text == '\''))
			quote = *text;
		else if (*text == '\\' && quote != '\'' && text[1])
			*to++ = *++text;
		else
			*to++ = *text;
	}
	*to = '\0';
	return quote ? NULL : text;
}

/**
 * value_split - take a line apart into words
 * @text: words between blanks; quotes and the backslash as in a shell, and
 *	nothing else of a shell.
 *
 * Returns the words, the last one followed by NULL, for value_free(); NULL if
 * a quote is not closed.
 */
char **value_split(const char *text)
{
	char *word = must(malloc(strlen(text) + 1));
	char **words = must(calloc(1, sizeof(*words)));
	size_t nr = 0;

	for (;;) {
		text += strspn(text, " \t");
		if (!*text)
			break;
		text = take_word(text, word);
		if (!text) {
			value_free(words);
			words = NULL;
			break;
		}
		words = must(realloc(words, (nr + 2) * sizeof(*words)));
		words[nr++] = must(strdup(word));
		words[nr] = NULL;
	}
	free(word);
	return words;
}

void value_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}
