// SPDX-License-Identifier: GPL-2.0
/*
 * draw LIFECYCLE.H < lifecycle.rst: copies the page and draws anew what stands
 * between ".. drawn: NAME" and ".. end of NAME", from the tables that the
 * module goes by. The meanings are the comments in the header.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "../../kmod/lifecycle.h"

#define NAME(name) #name,
static const char *const worker_states[] = { HTTPQ_WORKER_STATES(NAME) };
static const char *const worker_events[] = { HTTPQ_WORKER_EVENTS(NAME) };
static const char *const request_states[] = { HTTPQ_REQUEST_STATES(NAME) };
static const char *const request_events[] = { HTTPQ_REQUEST_EVENTS(NAME) };
static const char *const conn_states[] = { HTTPQ_CONN_STATES(NAME) };
static const char *const conn_events[] = { HTTPQ_CONN_EVENTS(NAME) };
static const char *const causes[] = { HTTPQ_CAUSES(NAME) };
static const char *const progress[] = { HTTPQ_PROGRESS(NAME) };
static const char *const fates[] = { HTTPQ_FATES(NAME) };

#define TEXT(name, text) text,
static const char *const reasons[] = { HTTPQ_LOG_REASONS(TEXT) };

static const char *header;

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* A simple table of reStructuredText. */
#define ROWS 64
#define COLUMNS 12
#define CELL 96

static char cells[ROWS][COLUMNS][CELL];
static int rows, columns;

__attribute__((format(printf, 2, 3)))
static void cell(int column, const char *format, ...)
{
	va_list args;

	if (!column && ++rows > ROWS)
		die("too many rows");
	if (column >= COLUMNS)
		die("too many columns");
	if (column >= columns)
		columns = column + 1;
	va_start(args, format);
	vsnprintf(cells[rows - 1][column], CELL, format, args);
	va_end(args);
}

static int column_width(int column)
{
	int row, width = 1;

	for (row = 0; row < rows; row++)
		width = max_t(int, width, strlen(cells[row][column]));
	return width;
}

static void table_rule(void)
{
	int column, i;

	for (column = 0; column < columns; column++) {
		if (column)
			putchar(' ');
		for (i = column_width(column); i; i--)
			putchar('=');
	}
	putchar('\n');
}

static void table_row(int row)
{
	int column, last = 0, pad = 0;

	for (column = 0; column < columns; column++)
		if (*cells[row][column])
			last = column;
	for (column = 0; column <= last; column++) {
		printf("%*s%s", pad, "", cells[row][column]);
		pad = column_width(column) - strlen(cells[row][column]) + 1;
	}
	putchar('\n');
}

static void table_print(void)
{
	int row;

	table_rule();
	for (row = 0; row < rows; row++) {
		table_row(row);
		if (!row)
			table_rule();
	}
	table_rule();
	putchar('\n');
	rows = 0;
	columns = 0;
	memset(cells, 0, sizeof(cells));
}

/* The comment behind X(name) in the list @list of the header. */
static void meaning(const char *list, const char *name, char *text, size_t size)
{
	char word[64];
	const char *at, *end, *line;

	*text = '\0';
	snprintf(word, sizeof(word), "#define %s(X)", list);
	at = strstr(header, word);
	if (!at)
		die("no %s in the header", list);
	snprintf(word, sizeof(word), "\tX(%s)", name);
	at = strstr(at, word);
	if (!at)
		die("no %s in %s", name, list);
	line = strchr(at, '\n');
	at = strstr(at, "/* ");
	if (!at || at > line)
		return;
	end = strstr(at, " */");
	if (!end || end > line)
		die("the comment of %s goes on in another line", name);
	snprintf(text, size, "%.*s", (int)(end - at - 3), at + 3);
}

static void draw_meanings(const char *list, const char *title,
			  const char *const *names, int nr)
{
	char text[CELL];
	int i;

	cell(0, "%s", title);
	cell(1, "meaning");
	for (i = 0; i < nr; i++) {
		meaning(list, names[i], text, sizeof(text));
		cell(0, "%s", names[i]);
		cell(1, "%s", text);
	}
	table_print();
}

/**
 * struct machine - one of the state machines
 * @step: the table
 * @states: names
 * @nr_states: how many
 * @state_list: macro in the header, if it has comments
 * @events: names
 * @nr_events: how many
 * @event_list: macro in the header
 */
struct machine {
	u8 (*step)(u8 state, u8 event);
	const char *const *states;
	int nr_states;
	const char *state_list;
	const char *const *events;
	int nr_events;
	const char *event_list;
};

static const struct machine worker = {
	httpq_lifecycle_worker, worker_states, ARRAY_SIZE(worker_states), NULL,
	worker_events, ARRAY_SIZE(worker_events), "HTTPQ_WORKER_EVENTS",
};

static const struct machine request = {
	httpq_lifecycle_request, request_states, ARRAY_SIZE(request_states),
	"HTTPQ_REQUEST_STATES", request_events, ARRAY_SIZE(request_events),
	"HTTPQ_REQUEST_EVENTS",
};

static const struct machine conn = {
	httpq_lifecycle_conn, conn_states, ARRAY_SIZE(conn_states),
	"HTTPQ_CONN_STATES", conn_events, ARRAY_SIZE(conn_events),
	"HTTPQ_CONN_EVENTS",
};

/* An arrow: from all states that it joins down or up to where it ends. */
struct arrow {
	int event;
	int to;
	int first;
	int last;
};

static bool starts(const struct machine *m, const struct arrow *a, int state)
{
	return m->step(state, a->event) == a->to;
}

/* An event has one arrow for each state that it leads to. */
static int find_arrows(const struct machine *m, struct arrow *arrows)
{
	int event, to, state, nr = 0;

	for (event = 0; event < m->nr_events; event++) {
		for (to = 0; to < m->nr_states; to++) {
			struct arrow a = { event, to, to, to };

			for (state = 0; state < m->nr_states; state++) {
				if (!starts(m, &a, state))
					continue;
				a.first = min(a.first, state);
				a.last = max(a.last, state);
			}
			if (a.first == a.last)
				continue;
			if (nr == COLUMNS)
				die("too many arrows");
			arrows[nr++] = a;
		}
	}
	return nr;
}

/* What an arrow shows beside a state, or, if @below, under it. */
static char arrow_mark(const struct machine *m, const struct arrow *a,
		       int state, bool below)
{
	bool inside = state >= a->first && state <= a->last;

	if (below)
		return inside && state < a->last ? '|' : ' ';
	if (state == a->to)
		return state == a->first ? '^' : state == a->last ? 'v' : '<';
	if (starts(m, a, state))
		return 'o';
	return inside ? '|' : ' ';
}

static void diagram_line(const char *line)
{
	int len = strlen(line);

	while (len && line[len - 1] == ' ')
		len--;
	printf("%.*s\n", len, line);
}

static void diagram_row(const struct machine *m, const struct arrow *arrows,
			int nr, int state, bool below)
{
	char line[200];
	int i, at;

	at = sprintf(line, "    %-12s", below ? "" : m->states[state]);
	for (i = 0; i < nr; i++) {
		int width = strlen(m->events[arrows[i].event]);

		at += sprintf(line + at, "%*c%*s", width / 2 + 1,
			      arrow_mark(m, &arrows[i], state, below),
			      width - width / 2 + 1, "");
	}
	diagram_line(line);
}

static void draw_diagram(const struct machine *m)
{
	struct arrow arrows[COLUMNS];
	int nr = find_arrows(m, arrows);
	char line[200];
	int i, at;

	puts("::\n");
	at = sprintf(line, "    %-12s", "");
	for (i = 0; i < nr; i++)
		at += sprintf(line + at, "%s  ", m->events[arrows[i].event]);
	diagram_line(line);
	for (i = 0; i < m->nr_states; i++) {
		diagram_row(m, arrows, nr, i, false);
		if (i < m->nr_states - 1)
			diagram_row(m, arrows, nr, i, true);
	}
	putchar('\n');
}

static void draw_steps(const struct machine *m)
{
	int state, event;
	u8 to;

	cell(0, "state");
	for (event = 0; event < m->nr_events; event++)
		cell(event + 1, "%s", m->events[event]);
	for (state = 0; state < m->nr_states; state++) {
		cell(0, "%s", m->states[state]);
		for (event = 0; event < m->nr_events; event++) {
			to = m->step(state, event);
			if (to != HTTPQ_LIFECYCLE_NONE)
				cell(event + 1, "%s", m->states[to]);
		}
	}
	table_print();
}

static void draw_machine(const struct machine *m)
{
	if (m->state_list)
		draw_meanings(m->state_list, "state", m->states, m->nr_states);
	draw_meanings(m->event_list, "event", m->events, m->nr_events);
	draw_diagram(m);
	draw_steps(m);
}

static void draw_worker(void)
{
	draw_machine(&worker);
}

static void draw_request(void)
{
	draw_machine(&request);
}

static void draw_conn(void)
{
	draw_machine(&conn);
}

/* What becomes of a request, if it may not, and if it may, be returned. */
struct outcome {
	struct httpq_fate fate;
	bool or_return;
};

static struct outcome outcome_of(u8 cause, u8 done, bool gone)
{
	struct httpq_facts facts = {
		.cause = cause,
		.progress = done,
		.client_gone = gone,
		.policy = HTTPQ_REDELIVER_NEVER,
	};
	struct outcome out = { .fate = httpq_lifecycle_fate(&facts) };

	facts.policy = HTTPQ_REDELIVER_ANY;
	out.or_return = httpq_lifecycle_fate(&facts).kind != out.fate.kind;
	return out;
}

static bool same(struct outcome a, struct outcome b)
{
	return a.fate.kind == b.fate.kind && a.fate.reason == b.fate.reason &&
	       a.fate.status == b.fate.status && a.or_return == b.or_return;
}

static bool same_progress(u8 cause, u8 a, u8 b)
{
	return same(outcome_of(cause, a, false), outcome_of(cause, b, false)) &&
	       same(outcome_of(cause, a, true), outcome_of(cause, b, true));
}

static void draw_outcome(u8 cause, const char *done, const char *client,
			 struct outcome out)
{
	/* Does not occur. */
	if (out.fate.reason == HTTPQ_LOG_REASON_INTERNAL)
		return;
	cell(0, "%s", causes[cause]);
	cell(1, "%s", done);
	cell(2, "%s", client);
	cell(3, "%s%s", out.or_return ? "RETURN or " : "",
	     fates[out.fate.kind]);
	if (out.fate.status)
		cell(4, "%u", out.fate.status);
	if (out.fate.reason)
		cell(5, "%s", reasons[out.fate.reason]);
}

/* One row for those that meet the same end. Returns the first after them. */
static int draw_outcomes(u8 cause, int first)
{
	struct outcome alive = outcome_of(cause, first, false);
	struct outcome gone = outcome_of(cause, first, true);
	char text[CELL] = "";
	int i;

	for (i = first; i < HTTPQ_PROGRESS_NR; i++) {
		if (!same_progress(cause, i, first))
			break;
		snprintf(text + strlen(text), CELL - strlen(text), "%s%s",
			 i > first ? ", " : "", progress[i]);
	}
	if (first <= HTTPQ_PROGRESS_UNTOUCHED && i == HTTPQ_PROGRESS_NR)
		strcpy(text, first ? "all but UNREAD" : "any");
	if (same(alive, gone)) {
		draw_outcome(cause, text, "any", alive);
	} else {
		draw_outcome(cause, text, "there", alive);
		draw_outcome(cause, text, "gone", gone);
	}
	return i;
}

static void draw_fates(void)
{
	static const char *const titles[] = {
		"cause", "progress", "client", "fate", "status", "reason",
	};
	int cause, i;

	draw_meanings("HTTPQ_CAUSES", "cause", causes, ARRAY_SIZE(causes));
	draw_meanings("HTTPQ_PROGRESS", "progress", progress,
		      ARRAY_SIZE(progress));
	draw_meanings("HTTPQ_FATES", "fate", fates, ARRAY_SIZE(fates));
	for (i = 0; i < ARRAY_SIZE(titles); i++)
		cell(i, "%s", titles[i]);
	for (cause = 0; cause < HTTPQ_CAUSE_NR; cause++)
		for (i = 0; i < HTTPQ_PROGRESS_NR;)
			i = draw_outcomes(cause, i);
	table_print();
}

/* What becomes of a request that a worker has, in one cell. */
static void draw_end(int column, u8 cause, u8 done, bool gone)
{
	struct outcome out = outcome_of(cause, done, gone);
	char status[16] = "";

	if (out.fate.status)
		snprintf(status, sizeof(status), " %u", out.fate.status);
	cell(column, "%s%s%s%s%s", out.or_return ? "RETURN or " : "",
	     fates[out.fate.kind], status, out.fate.reason ? ": " : "",
	     out.fate.reason ? reasons[out.fate.reason] : "");
}

/* Who goes first, the client or the handle, and who then. */
static void draw_zombies(void)
{
	int i;

	cell(0, "progress");
	cell(1, "client gone");
	cell(2, "handle gone");
	cell(3, "client gone, then handle");
	for (i = HTTPQ_PROGRESS_UNTOUCHED; i < HTTPQ_PROGRESS_NR; i++) {
		cell(0, "%s", progress[i]);
		draw_end(1, HTTPQ_CAUSE_CLIENT_GONE, i, true);
		draw_end(2, HTTPQ_CAUSE_WORKER_GONE, i, false);
		draw_end(3, HTTPQ_CAUSE_WORKER_GONE, i, true);
	}
	table_print();
}

/* What ends a zombie, whatever its worker had done. */
static void draw_zombie_ends(void)
{
	char text[CELL];
	int cause, i;

	cell(0, "cause");
	cell(1, "reason");
	cell(2, "meaning");
	for (cause = 0; cause < HTTPQ_CAUSE_NR; cause++) {
		struct outcome out = outcome_of(cause, HTTPQ_PROGRESS_UNTOUCHED,
						true);

		if (out.fate.kind != HTTPQ_FATE_RECORD || !out.fate.reason ||
		    out.fate.reason == HTTPQ_LOG_REASON_INTERNAL)
			continue;
		for (i = HTTPQ_PROGRESS_UNTOUCHED; i < HTTPQ_PROGRESS_NR; i++)
			if (!same(outcome_of(cause, i, true), out))
				die("%s: not one end", causes[cause]);
		meaning("HTTPQ_CAUSES", causes[cause], text, sizeof(text));
		cell(0, "%s", causes[cause]);
		cell(1, "%s", reasons[out.fate.reason]);
		cell(2, "%s", text);
	}
	table_print();
}

/* How often an untouched request goes back when its handle leaves. */
static int redeliveries(u8 policy, bool idempotent)
{
	struct httpq_facts facts = {
		.cause = HTTPQ_CAUSE_WORKER_GONE,
		.progress = HTTPQ_PROGRESS_UNTOUCHED,
		.idempotent = idempotent,
		.policy = policy,
	};

	while (httpq_lifecycle_fate(&facts).kind == HTTPQ_FATE_RETURN)
		facts.redelivered++;
	return facts.redelivered;
}

static void draw_policies(void)
{
	static const char *const policies[] = {
		[HTTPQ_REDELIVER_NEVER] = "never",
		[HTTPQ_REDELIVER_IDEMPOTENT] = "idempotent",
		[HTTPQ_REDELIVER_ANY] = "any",
	};
	int i;

	cell(0, "policy");
	cell(1, "idempotent requests");
	cell(2, "others");
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		cell(0, "%s", policies[i]);
		cell(1, "%d times", redeliveries(i, true));
		cell(2, "%d times", redeliveries(i, false));
	}
	table_print();
}

static const struct {
	const char *name;
	void (*draw)(void);
} drawings[] = {
	{ "worker", draw_worker },
	{ "request", draw_request },
	{ "connection", draw_conn },
	{ "fates", draw_fates },
	{ "policies", draw_policies },
	{ "zombies", draw_zombies },
	{ "zombie_ends", draw_zombie_ends },
};

static void draw(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(drawings); i++) {
		if (strcmp(drawings[i].name, name))
			continue;
		drawings[i].draw();
		return;
	}
	die("there is no drawing %s", name);
}

static void copy_page(void)
{
	char line[1024], name[32] = "", end[64] = "";
	int drawn = 0;

	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, end))
			*end = '\0';
		if (*end)
			continue;
		fputs(line, stdout);
		if (sscanf(line, ".. drawn: %31s", name) != 1)
			continue;
		snprintf(end, sizeof(end), ".. end of %s\n", name);
		putchar('\n');
		draw(name);
		drawn++;
	}
	if (*end)
		die("no end of %s", name);
	if (drawn != ARRAY_SIZE(drawings))
		die("%d drawings, not %zu", drawn, ARRAY_SIZE(drawings));
}

static char *read_file(const char *path)
{
	static char text[1 << 16];
	FILE *file = fopen(path, "r");

	if (!file)
		die("can't read %s", path);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		die("usage: draw LIFECYCLE.H < PAGE");
	header = read_file(argv[1]);
	copy_page();
	return 0;
}
