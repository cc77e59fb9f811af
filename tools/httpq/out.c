// SPDX-License-Identifier: GPL-2.0
/* Tables and JSON from columns and netlink messages. */
#include <arpa/inet.h>
#include <ctype.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "holder.h"
#include "json.h"
#include "out.h"

/* The longest text of a cell: a request line that fills a netlink message. */
#define CELL_SIZE	8192
#define ADDR_BYTES	16
#define COLUMNS_MAX	24

static struct nla_policy policy[HTTPQ_A_MAX + 1] = {
	[HTTPQ_A_QUEUE_NAME]	= { .type = NLA_STRING },
	[HTTPQ_A_URL]		= { .type = NLA_STRING },
	[HTTPQ_A_CONN_STATE]	= { .type = NLA_STRING },
	[HTTPQ_A_STAT_NAME]	= { .type = NLA_STRING },
};

/* An attribute of any length as a number, so that its type may grow. */
static uint64_t number_of(struct nlattr *attr)
{
	switch (nla_len(attr)) {
	case 1:
		return nla_get_u8(attr);
	case 2:
		return nla_get_u16(attr);
	case 4:
		return nla_get_u32(attr);
	case 8:
		return nla_get_u64(attr);
	default:
		return 0;
	}
}

static const char *word_of(const struct out_column *column, struct nlattr *attr)
{
	uint64_t number = number_of(attr);

	for (uint64_t i = 0; column->words[i]; i++)
		if (i == number)
			return column->words[i];
	return "unknown";
}

static void format_addr(struct nlattr *attr, char *text, size_t size)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *addr = nla_data(attr);

	if (nla_len(attr) != ADDR_BYTES)
		snprintf(text, size, "?");
	else if (!memcmp(addr, mapped, sizeof(mapped)))
		inet_ntop(AF_INET, addr + sizeof(mapped), text, size);
	else
		inet_ntop(AF_INET6, addr, text, size);
}

/* 850ms, 12.3s, 5m12s, 3h04m, 2d03h */
static void format_time(uint64_t ms, char *text, size_t size)
{
	uint64_t s = ms / 1000;

	if (ms < 1000)
		snprintf(text, size, "%" PRIu64 "ms", ms);
	else if (s < 60)
		snprintf(text, size, "%" PRIu64 ".%" PRIu64 "s", s,
			 ms % 1000 / 100);
	else if (s < 3600)
		snprintf(text, size, "%" PRIu64 "m%02" PRIu64 "s", s / 60,
			 s % 60);
	else if (s < 86400)
		snprintf(text, size, "%" PRIu64 "h%02" PRIu64 "m", s / 3600,
			 s / 60 % 60);
	else
		snprintf(text, size, "%" PRIu64 "d%02" PRIu64 "h", s / 86400,
			 s / 3600 % 24);
}

static void format_user(uint64_t id, char *text, size_t size)
{
	const struct passwd *user = getpwuid(id);

	snprintf(text, size, "%" PRIu64, id);
	if (user)
		snprintf(text, size, "%s", user->pw_name);
}

static void format_group(uint64_t id, char *text, size_t size)
{
	const struct group *group = getgrgid(id);

	snprintf(text, size, "%" PRIu64, id);
	if (group)
		snprintf(text, size, "%s", group->gr_name);
}

/* Any bytes as a string; none of them ends it. */
static void format_bytes(struct nlattr *attr, char *text, size_t size)
{
	const char *bytes = nla_data(attr);
	size_t len = nla_len(attr);

	if (len >= size)
		len = size - 1;
	for (size_t i = 0; i < len; i++)
		text[i] = bytes[i] ? bytes[i] : '?';
	text[len] = '\0';
}

static void format_command(uint64_t pid, char *text, size_t size)
{
	if (!process_name(pid, text, size))
		snprintf(text, size, "-");
}

/* address:port, with brackets around an IPv6 address. */
static void format_endpoint(const struct out_column *column, struct nlattr **tb,
			    char *text, size_t size)
{
	char addr[INET6_ADDRSTRLEN] = "*";
	char port[8] = "*";
	const char *format = "%s:%s";

	if (tb[column->attr])
		format_addr(tb[column->attr], addr, sizeof(addr));
	if (tb[column->attr2])
		snprintf(port, sizeof(port), "%u",
			 (uint16_t)number_of(tb[column->attr2]));
	if (strchr(addr, ':'))
		format = "[%s]:%s";
	snprintf(text, size, format, addr, port);
}

static void format_value(const struct out_column *column, struct nlattr *attr,
			 char *text, size_t size)
{
	switch (column->kind) {
	case OUT_STRING:
		snprintf(text, size, "%s", nla_get_string(attr));
		break;
	case OUT_NUMBER:
		snprintf(text, size, "%" PRIu64, number_of(attr));
		break;
	case OUT_UID:
		format_user(number_of(attr), text, size);
		break;
	case OUT_GID:
		format_group(number_of(attr), text, size);
		break;
	case OUT_MODE:
		snprintf(text, size, "%04" PRIo64, number_of(attr));
		break;
	case OUT_WORD:
		snprintf(text, size, "%s", word_of(column, attr));
		break;
	case OUT_TIME:
		format_time(number_of(attr), text, size);
		break;
	case OUT_SWITCH:
		snprintf(text, size, "%s", number_of(attr) ? "on" : "off");
		break;
	case OUT_HEX:
		snprintf(text, size, "%016" PRIx64, number_of(attr));
		break;
	case OUT_BYTES:
		format_bytes(attr, text, size);
		break;
	case OUT_PID:
		snprintf(text, size, "%" PRIu64, number_of(attr));
		break;
	case OUT_COMMAND:
		format_command(number_of(attr), text, size);
		break;
	default:
		break;
	}
}

/* For text from elsewhere: no byte may end the line or command the terminal. */
void hide_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* Whether there is something to show. */
static bool has_value(const struct out_column *column, struct nlattr **tb)
{
	struct nlattr *attr = tb[column->attr];
	char name[16];

	switch (column->kind) {
	case OUT_FLAG:
	case OUT_NO_FLAG:
		return true;
	case OUT_ADDR:
		return attr || tb[column->attr2];
	case OUT_PID:
		return attr && number_of(attr);
	case OUT_COMMAND:
		return attr && number_of(attr) &&
		       process_name(number_of(attr), name, sizeof(name));
	default:
		return attr;
	}
}

static void format_cell(const struct out_column *column, struct nlattr **tb,
			char *text, size_t size)
{
	struct nlattr *attr = tb[column->attr];

	if (column->kind == OUT_FLAG)
		snprintf(text, size, "%s", attr ? "yes" : "no");
	else if (column->kind == OUT_NO_FLAG)
		snprintf(text, size, "%s", attr ? "off" : "on");
	else if (column->kind == OUT_ADDR && has_value(column, tb))
		format_endpoint(column, tb, text, size);
	else if (has_value(column, tb))
		format_value(column, attr, text, size);
	else
		snprintf(text, size, "-");
	hide_controls(text);
}

static bool parse_row(struct nl_msg *msg, struct nlattr **tb)
{
	return !genlmsg_parse(nlmsg_hdr(msg), 0, tb, HTTPQ_A_MAX, policy);
}

static int widen(int width, const char *text)
{
	int len = strlen(text);

	return len > width ? len : width;
}

static void measure(const struct out_column *columns,
		    const struct nl_rows *rows, int *widths)
{
	struct nlattr *tb[HTTPQ_A_MAX + 1];
	char text[CELL_SIZE];

	for (size_t c = 0; columns[c].head; c++)
		widths[c] = strlen(columns[c].head);
	for (size_t i = 0; i < rows->nr; i++) {
		if (!parse_row(rows->msgs[i], tb))
			continue;
		for (size_t c = 0; columns[c].head; c++) {
			format_cell(&columns[c], tb, text, sizeof(text));
			widths[c] = widen(widths[c], text);
		}
	}
}

/* Numbers stand right in their column; the last column is not padded. */
static void print_cell(FILE *out, const struct out_column *column,
		       const char *text, int width)
{
	bool last = !column[1].head;

	if (column->kind == OUT_NUMBER || column->kind == OUT_TIME ||
	    column->kind == OUT_PID)
		fprintf(out, "%*s", width, text);
	else if (last)
		fputs(text, out);
	else
		fprintf(out, "%-*s", width, text);
	fputs(last ? "\n" : "  ", out);
}

/**
 * out_table - print objects as a table with a heading
 * @out: where to.
 * @columns: at most COLUMNS_MAX.
 * @rows: the objects.
 */
void out_table(FILE *out, const struct out_column *columns,
	       const struct nl_rows *rows)
{
	struct nlattr *tb[HTTPQ_A_MAX + 1];
	int widths[COLUMNS_MAX];
	char text[CELL_SIZE];

	measure(columns, rows, widths);
	for (size_t c = 0; columns[c].head; c++)
		print_cell(out, &columns[c], columns[c].head, widths[c]);
	for (size_t i = 0; i < rows->nr; i++) {
		if (!parse_row(rows->msgs[i], tb))
			continue;
		for (size_t c = 0; columns[c].head; c++) {
			format_cell(&columns[c], tb, text, sizeof(text));
			print_cell(out, &columns[c], text, widths[c]);
		}
	}
}

static void json_value(struct json *j, const struct out_column *column,
		       struct nlattr *attr)
{
	char text[CELL_SIZE];

	switch (column->kind) {
	case OUT_NUMBER:
	case OUT_UID:
	case OUT_GID:
	case OUT_TIME:
	case OUT_PID:
		json_number(j, number_of(attr));
		break;
	case OUT_SWITCH:
		json_bool(j, number_of(attr));
		break;
	case OUT_ADDR:
		format_addr(attr, text, sizeof(text));
		json_string(j, text);
		break;
	default:
		format_value(column, attr, text, sizeof(text));
		json_string(j, text);
		break;
	}
}

static void json_member(struct json *j, const struct out_column *column,
			struct nlattr **tb)
{
	if (column->kind == OUT_FLAG || column->kind == OUT_NO_FLAG) {
		json_key(j, column->key);
		json_bool(j, !tb[column->attr] ==
				     (column->kind == OUT_NO_FLAG));
		return;
	}
	if (tb[column->attr] && has_value(column, tb)) {
		json_key(j, column->key);
		json_value(j, column, tb[column->attr]);
	}
	if (column->key2 && tb[column->attr2]) {
		json_key(j, column->key2);
		json_number(j, number_of(tb[column->attr2]));
	}
}

static void json_members(struct json *j, const struct out_column *columns,
			 struct nlattr **tb)
{
	for (size_t c = 0; columns[c].head; c++)
		json_member(j, &columns[c], tb);
}

/**
 * out_json - print objects as a JSON array
 * @out: where to.
 * @columns: the members of each.
 * @rows: the objects.
 * @pretty: with line breaks and indentation.
 */
void out_json(FILE *out, const struct out_column *columns,
	      const struct nl_rows *rows, bool pretty)
{
	struct json j = { .out = out, .pretty = pretty };
	struct nlattr *tb[HTTPQ_A_MAX + 1];

	json_open(&j, '[');
	for (size_t i = 0; i < rows->nr; i++) {
		if (!parse_row(rows->msgs[i], tb))
			continue;
		json_open(&j, '{');
		json_members(&j, columns, tb);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_end(&j);
}

/**
 * out_object - print an event as a JSON object
 * @out: where to.
 * @event: what happened.
 * @columns: the members of the object that it happened to.
 * @msg: the object.
 * @pretty: with line breaks and indentation.
 */
void out_object(FILE *out, const char *event, const struct out_column *columns,
		struct nl_msg *msg, bool pretty)
{
	struct json j = { .out = out, .pretty = pretty };
	struct nlattr *tb[HTTPQ_A_MAX + 1];

	if (!parse_row(msg, tb))
		return;
	json_open(&j, '{');
	json_key(&j, "event");
	json_string(&j, event);
	json_members(&j, columns, tb);
	json_close(&j, '}');
	json_end(&j);
}

static void print_lower(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(tolower((unsigned char)*text), out);
}

/**
 * out_line - print an event as a line: what there is to show, each with its name
 * @out: where to.
 * @event: what happened.
 * @columns: of the object that it happened to.
 * @msg: the object.
 */
void out_line(FILE *out, const char *event, const struct out_column *columns,
	      struct nl_msg *msg)
{
	struct nlattr *tb[HTTPQ_A_MAX + 1];
	char text[CELL_SIZE];

	if (!parse_row(msg, tb))
		return;
	fputs(event, out);
	for (size_t c = 0; columns[c].head; c++) {
		if (!has_value(&columns[c], tb))
			continue;
		fputc(' ', out);
		print_lower(out, columns[c].head);
		format_cell(&columns[c], tb, text, sizeof(text));
		fprintf(out, " %s", text);
	}
	fputc('\n', out);
}
