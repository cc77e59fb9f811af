/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The forms in which a record is written. Each has a file of its own; what
 * they share, with each other and with httpq(8), is below them: text, record.
 */
#ifndef _HTTPQ_LOGD_FORMAT_H
#define _HTTPQ_LOGD_FORMAT_H

#include "record.h"

/* The most columns of a layout. */
#define COLUMNS_MAX	48

/**
 * struct layout - the columns of a file
 * @columns: in their order.
 * @nr: how many.
 */
struct layout {
	const struct member *columns[COLUMNS_MAX];
	size_t nr;
};

/**
 * struct format - a form of records
 * @name: as the configuration calls it. The list ends with NULL.
 * @access: for access logs.
 * @error: for error logs.
 * @fields: the columns unless others are chosen; NULL if they can't be.
 * @local: its times are local ones, so its days are, too.
 * @head: writes the lines that a file begins with, or NULL.
 * @line: writes a record as a line; nothing if it can't be told in this form.
 *	NULL: it does not become a line but a message to the journal.
 */
struct format {
	const char *name;
	bool access;
	bool error;
	const char *fields;
	bool local;
	void (*head)(struct buf *buf, const struct layout *layout,
		     uint64_t time_ns);
	void (*line)(struct buf *buf, const struct layout *layout,
		     const struct httpq_log_record *r);
};

extern const struct format formats[];

/* format.c */
const struct format *format_find(const char *name);

/* format_column.c */
const struct member *column_find(const char *name);
void column_head(struct buf *buf, const struct layout *layout,
		 uint64_t time_ns);
void w3c_line(struct buf *buf, const struct layout *layout,
	      const struct httpq_log_record *r);
void httperr_line(struct buf *buf, const struct layout *layout,
		  const struct httpq_log_record *r);

/* format_ncsa.c */
void common_line(struct buf *buf, const struct layout *layout,
		 const struct httpq_log_record *r);
void combined_line(struct buf *buf, const struct layout *layout,
		   const struct httpq_log_record *r);

/* format_json.c */
extern const struct member json_members[];
void json_line(struct buf *buf, const struct layout *layout,
	       const struct httpq_log_record *r);

/* format_journal.c */
void journal_message(struct buf *buf, const struct httpq_log_record *r);

/* format_plain.c */
void plain_line(struct buf *buf, const struct httpq_log_record *r);

#endif /* _HTTPQ_LOGD_FORMAT_H */
