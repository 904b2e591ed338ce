/* SPDX-License-Identifier: ISC */
/*
 * Lists and single records on standard output: a table for people, JSON for
 * programs. A record is a JSON object; a column of a table shows one of its
 * members. Texts that are not UTF-8 have U+FFFD in the place of what is not.
 *
 * A table is as wide as its texts, or as the terminal: then the columns that
 * may be cut end in an ellipsis. JSON lists are arrays, one record a line.
 */
#ifndef SCMP_OUTPUT_H
#define SCMP_OUTPUT_H

#include "scmp/scmp.h"

#include <jansson.h>
#include <stdint.h>

enum { OUTPUT_COLUMNS = 12 };

struct output_column {
	const char *key;   /* of the record's member */
	const char *title; /* NULL: the table has no such column */
	bool is_number;	   /* to the right */
	bool is_time;	   /* seconds since 1970; null is never */
	bool can_be_cut;
};

struct output {
	const struct scmp *scmp;
	const struct output_column *columns;
	size_t n; /* columns */
	/* A table: the cells of all rows, each with its NUL, row by row; how
	 * wide the columns are is known at the end only. */
	char *cells;
	size_t used, room;
	size_t widths[OUTPUT_COLUMNS];
	uint64_t rows;
	bool failed; /* no memory */
};

/* The columns must outlive the output. */
void output_begin(struct output *o, const struct scmp *s,
		  const struct output_column *columns, size_t n);

/* Takes the record over. */
void output_add(struct output *o, json_t *record);

/* Prints what is left. STATUS_OK, or a status after a message. */
__attribute__((warn_unused_result)) int output_end(struct output *o);

/*
 * One record by itself: a line for each column, title and value, or a JSON
 * object. Takes it over.
 */
__attribute__((warn_unused_result)) int
output_show(const struct scmp *s, const struct output_column *columns, size_t n,
	    json_t *record);

/* A text as JSON; NULL or an empty one, if `or_null`, as null. */
json_t *output_text(const char *text, bool or_null);

/* Columns of a terminal that the text takes. */
size_t output_width(const char *text);

#endif
