// SPDX-License-Identifier: GPL-2.0
/* Records become lines or messages; what is lost on the way is counted. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "say.h"
#include "socket.h"

static const char *name_of(const struct output *out)
{
	return out->config->file ? out->config->file : "journal";
}

/* Said once, not for each line. */
static void lose(struct output *out, uint64_t nr, int error)
{
	if (!out->trouble)
		say("%s: %s; records are being lost", name_of(out),
		    strerror(error));
	out->trouble += nr;
	out->lost += nr;
}

static void recover(struct output *out)
{
	if (out->trouble)
		say("%s: can be written again; %" PRIu64 " records are missing",
		    name_of(out), out->trouble);
	out->trouble = 0;
}

/* Whether records have perhaps not come to the disk, nor ever will. */
static bool doubt(struct output *out)
{
	uint64_t nr = out->file.doubtful;

	out->file.doubtful = 0;
	if (nr)
		lose(out, nr, out->file.error);
	return nr;
}

static bool send_message(struct output *out, const struct httpq_log_record *r)
{
	struct buf message = { 0 };
	int err;

	journal_message(&message, r);
	err = journal_send(out->journal, &message);
	buf_free(&message);
	if (err && r->kind != HTTPQ_LOG_LOST)
		lose(out, 1, -err);
	return !err;
}

static void send_record(struct output *out, const struct httpq_log_record *r)
{
	struct httpq_log_record lost = record_of_lost(r->time_ns, out->lost);

	if (out->lost && send_message(out, &lost))
		out->lost = 0;
	if (send_message(out, r))
		recover(out);
}

static void put_head(struct output *out, struct buf *buf)
{
	const struct config_log *config = out->config;

	if (config->format->head)
		config->format->head(buf, &config->layout, out->last_ns);
	out->file.fresh = false;
}

static void put_line(struct output *out, const struct httpq_log_record *r)
{
	if (out->file.fresh && !out->buf.len) {
		put_head(out, &out->buf);
		out->head_len = out->buf.len;
	}
	out->config->format->line(&out->buf, &out->config->layout, r);
}

/**
 * output_record - take a record, if it belongs into the log
 * @out: the log.
 * @r: the record, checked.
 */
void output_record(struct output *out, const struct httpq_log_record *r)
{
	size_t start = out->buf.len;
	size_t len;

	if (!config_wants(out->config, r))
		return;
	out->last_ns = r->time_ns;
	if (!out->config->format->line) {
		send_record(out, r);
		return;
	}
	put_line(out, r);
	len = out->buf.len - start;
	if (!len || !file_is_due(&out->file, r->time_ns, start, len))
		return;
	out->buf.len = start;
	/* The head was for the file as it is, which may be written on to. */
	if (!start && out->head_len) {
		out->head_len = 0;
		out->file.fresh = true;
	}
	output_flush(out);
	file_rotate(&out->file);
	doubt(out);
	put_line(out, r);
	file_is_due(&out->file, r->time_ns, 0, out->buf.len);
}

/*
 * What comes before the lines: the head, if the file has none since it was
 * opened or cut to nothing, and that records are missing, if the format has a
 * way to say it. Returns whether all of it was written.
 */
static bool write_front(struct output *out)
{
	const struct config_log *config = out->config;
	struct httpq_log_record lost = record_of_lost(out->last_ns, out->lost);
	struct buf front = { 0 };
	size_t head, written = 0;
	bool all;

	if (out->head_len)
		buf_add(&front, out->buf.data, out->head_len);
	else if (!file_size(&out->file) || out->file.fresh)
		put_head(out, &front);
	head = front.len;
	if (out->lost)
		config->format->line(&front, &config->layout, &lost);
	if (front.len)
		written = file_write(&out->file, front.data, front.len);
	out->file.fresh = written < head;
	all = written == front.len;
	buf_free(&front);
	return all;
}

/* Returns how many records could not be written. */
static uint64_t write_lines(struct output *out)
{
	const char *lines = out->buf.data + out->head_len;
	size_t len = out->buf.len - out->head_len;
	size_t done;

	/* Lines whose columns nobody knows are of no use. */
	if (!write_front(out))
		return file_records(lines, len);
	out->lost = 0;
	done = file_write(&out->file, lines, len);
	return file_records(lines + done, len - done);
}

/**
 * output_flush - write the lines that were collected
 * @out: the log.
 */
void output_flush(struct output *out)
{
	uint64_t missing;

	if (!out->buf.len)
		return;
	missing = write_lines(out);
	out->whole = !missing;
	if (missing)
		lose(out, missing, out->file.error);
	else if (out->config->fsync == FSYNC_NONE)
		recover(out);
	out->head_len = 0;
	out->buf.len = 0;
}

/**
 * output_sync - do what the section says about fsync
 * @out: the log.
 * @now: seconds of the monotonic clock.
 *
 * Returns in how many seconds to call again, or -1 if not before the next
 * lines.
 */
int output_sync(struct output *out, int64_t now)
{
	int wait = out->config->fsync;

	if (wait == FSYNC_NONE || !out->file.dirty) {
		out->synced = now;
		return -1;
	}
	if (now - out->synced < wait)
		return wait - (now - out->synced);
	file_sync(&out->file);
	if (!doubt(out) && out->whole)
		recover(out);
	out->synced = now;
	return -1;
}

/**
 * output_open - begin to write a log
 * @out: takes it.
 * @config: its section.
 *
 * Returns 0, or -1 after it has said what is wrong.
 */
int output_open(struct output *out, const struct config_log *config)
{
	*out = (struct output){ .config = config, .journal = JOURNAL_SOCKET };
	out->file.fd = -1;
	return config->file ? file_open(&out->file, config) : 0;
}

/* The file may have been renamed: another one is made then. */
void output_reopen(struct output *out)
{
	if (!out->config->file)
		return;
	output_flush(out);
	file_close(&out->file);
	doubt(out);
	file_open(&out->file, out->config);
}

void output_close(struct output *out)
{
	output_flush(out);
	file_close(&out->file);
	doubt(out);
	if (out->trouble)
		say("%s: %" PRIu64 " records are missing", name_of(out),
		    out->trouble);
	buf_free(&out->buf);
}
