/* SPDX-License-Identifier: ISC */
#include "scmp/output.h"

#include "scmp/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

enum {
	CELL_SIZE = 4 * 1024 + 64, /* every octet escaped */
	GAP = 2,
	LEAST_WIDTH = 8, /* of a column that is cut */
};

/* --- texts --- */

/* Octets of the character at p, and its columns: -1 if it cannot be shown. */
static size_t character(const char *p, size_t n, int *width)
{
	mbstate_t state = {0};
	wchar_t c;
	size_t octets = mbrtowc(&c, p, n, &state);

	if (octets == 0 || octets > n) {
		*width = -1;
		return 1;
	}
	*width = wcwidth(c);
	return octets;
}

size_t output_width(const char *text)
{
	size_t n = strlen(text), columns = 0;

	while (n) {
		int width;
		size_t octets = character(text, n, &width);

		columns += width < 0 ? 4 * octets : (size_t)width;
		text += octets;
		n -= octets;
	}
	return columns;
}

/* What a terminal may be shown: controls are written as \xNN. */
static void add_printable(struct buf *out, const char *text)
{
	size_t n = strlen(text);

	while (n) {
		int width;
		size_t octets = character(text, n, &width);

		for (size_t i = 0; width < 0 && i < octets; i++) {
			buf_add_str(out, "\\x");
			buf_add_hex(out, text + i, 1);
		}
		if (width >= 0)
			buf_add(out, text, octets);
		text += octets;
		n -= octets;
	}
}

static json_t *repaired(const char *text)
{
	size_t n = strlen(text);
	char *mem = malloc(3 * n + 1);
	json_t *json;
	struct buf out;

	if (!mem)
		return NULL;
	buf_init(&out, mem, 3 * n + 1);
	while (n) {
		mbstate_t state = {0};
		wchar_t c;
		size_t octets = mbrtowc(&c, text, n, &state);

		if (octets == 0 || octets > n) {
			octets = 1;
			buf_add_str(&out, "\xef\xbf\xbd");
		} else {
			buf_add(&out, text, octets);
		}
		text += octets;
		n -= octets;
	}
	json = json_stringn(mem, out.n);
	explicit_bzero(mem, out.cap);
	free(mem);
	return json;
}

json_t *output_text(const char *text, bool or_null)
{
	json_t *json;

	if (!text || (or_null && !text[0]))
		return json_null();
	json = json_string(text);
	return json ? json : repaired(text);
}

/* --- cells --- */

static void add_time(struct buf *out, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (localtime_r(&when, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm))
		buf_add_str(out, text);
}

static void add_integer(struct buf *out, int64_t v)
{
	if (v < 0)
		buf_add_char(out, '-');
	buf_add_u64(out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

/* The member's text in `cell`, of CELL_SIZE octets. */
static void format(const struct output_column *column, const json_t *record,
		   char *cell)
{
	const json_t *value = json_object_get(record, column->key);
	const char *between = "";
	struct buf out;
	const json_t *item;
	size_t i;

	buf_init(&out, cell, CELL_SIZE);
	if (json_is_string(value)) {
		add_printable(&out, json_string_value(value));
	} else if (json_is_boolean(value)) {
		buf_add_str(&out, json_is_true(value) ? "yes" : "no");
	} else if (json_is_integer(value) && column->is_time) {
		add_time(&out, json_integer_value(value));
	} else if (json_is_integer(value)) {
		add_integer(&out, json_integer_value(value));
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, item)
		{
			buf_add_str(&out, between);
			add_printable(&out, json_string_value(item));
			between = " ";
		}
	}
	if (!out.n)
		buf_add_str(&out, column->is_time ? "never" : "-");
	if (!buf_str(&out))
		memcpy(cell, "?", 2);
}

static void pad(size_t n)
{
	while (n--)
		putchar(' ');
}

/* The text in so many columns, cut if need be. */
static void print_cell(const char *cell, size_t columns, bool to_the_right,
		       bool is_last)
{
	size_t width = output_width(cell), n = strlen(cell), used = 0;

	if (width <= columns) {
		pad(to_the_right ? columns - width : 0);
		fputs(cell, stdout);
		pad(to_the_right || is_last ? 0 : columns - width);
		return;
	}
	while (n) {
		int w;
		size_t octets = character(cell, n, &w);
		size_t one = w < 0 ? 4 : (size_t)w;

		if (used + one > columns - 1)
			break;
		fwrite(cell, 1, octets, stdout);
		used += one;
		cell += octets;
		n -= octets;
	}
	fputs("…", stdout);
	pad(is_last ? 0 : columns - 1 - used);
}

/* --- tables --- */

/* Columns of the terminal; 0: it is none. */
static size_t terminal_width(void)
{
	struct winsize size;

	if (!isatty(spool_target()))
		return 0;
	if (ioctl(spool_target(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/* Takes columns from the widest that may be cut until all fit. */
static void fit(struct output *o)
{
	size_t room = terminal_width(), *widths = o->widths;

	while (room) {
		size_t sum = 0, widest = o->n;

		for (size_t i = 0; i < o->n; i++) {
			if (!o->columns[i].title)
				continue;
			sum += widths[i] + (sum ? GAP : 0);
			if (o->columns[i].can_be_cut &&
			    widths[i] > LEAST_WIDTH &&
			    (widest == o->n || widths[i] > widths[widest]))
				widest = i;
		}
		if (sum <= room || widest == o->n)
			return;
		widths[widest]--;
	}
}

static size_t last_column(const struct output *o)
{
	size_t last = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (o->columns[i].title)
			last = i;
	}
	return last;
}

static void print_header(const struct output *o)
{
	size_t last = last_column(o);

	for (size_t i = 0; i <= last; i++) {
		const struct output_column *column = &o->columns[i];

		if (!column->title)
			continue;
		print_cell(column->title, o->widths[i], column->is_number,
			   i == last);
		pad(i == last ? 0 : GAP);
	}
	putchar('\n');
}

static void print_table(const struct output *o)
{
	size_t last = last_column(o);
	const char *cell = o->cells;

	if (!scmp_given(o->scmp, OPTION_NO_HEADER))
		print_header(o);
	while (cell < o->cells + o->used) {
		for (size_t i = 0; i <= last; i++) {
			if (!o->columns[i].title)
				continue;
			print_cell(cell, o->widths[i], o->columns[i].is_number,
				   i == last);
			pad(i == last ? 0 : GAP);
			cell += strlen(cell) + 1;
		}
		putchar('\n');
	}
}

/* Doubles the room for cells as needed. */
static bool have_room(struct output *o, size_t n)
{
	size_t room = o->room ? o->room : 4096;
	char *cells;

	while (room - o->used < n)
		room *= 2;
	if (room == o->room)
		return true;
	cells = realloc(o->cells, room);
	if (!cells)
		return false;
	o->cells = cells;
	o->room = room;
	return true;
}

static void keep_row(struct output *o, const json_t *record)
{
	char cell[CELL_SIZE];

	for (size_t i = 0; i < o->n && !o->failed; i++) {
		size_t n, width;

		if (!o->columns[i].title)
			continue;
		format(&o->columns[i], record, cell);
		n = strlen(cell) + 1;
		width = output_width(cell);
		if (width > o->widths[i])
			o->widths[i] = width;
		o->failed = !have_room(o, n);
		if (o->failed)
			break;
		memcpy(o->cells + o->used, cell, n);
		o->used += n;
	}
}

/* --- lists --- */

void output_begin(struct output *o, const struct scmp *s,
		  const struct output_column *columns, size_t n)
{
	*o = (struct output){.scmp = s, .columns = columns, .n = n};
	if (scmp_given(s, OPTION_JSON)) {
		fputs("[", stdout);
		return;
	}
	for (size_t i = 0; !scmp_given(s, OPTION_NO_HEADER) && i < n; i++) {
		if (columns[i].title)
			o->widths[i] = output_width(columns[i].title);
	}
}

void output_add(struct output *o, json_t *record)
{
	if (!record) {
		o->failed = true;
	} else if (scmp_given(o->scmp, OPTION_JSON)) {
		fputs(o->rows ? ",\n" : "\n", stdout);
		json_dumpf(record, stdout, JSON_COMPACT);
	} else if (!o->failed) {
		keep_row(o, record);
	}
	o->rows++;
	json_decref(record);
}

int output_end(struct output *o)
{
	if (scmp_given(o->scmp, OPTION_JSON)) {
		fputs(o->rows ? "\n]\n" : "]\n", stdout);
	} else if (!o->failed) {
		fit(o);
		print_table(o);
	}
	free(o->cells);
	if (o->failed)
		return scmp_fail(o->scmp, STATUS_FAILED, "out of memory");
	return STATUS_OK;
}

/* --- one record --- */

int output_show(const struct scmp *s, const struct output_column *columns,
		size_t n, json_t *record)
{
	char cell[CELL_SIZE];
	size_t widest = 0;

	if (!record)
		return scmp_fail(s, STATUS_FAILED, "out of memory");
	if (scmp_given(s, OPTION_JSON)) {
		json_dumpf(record, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(record);
		return STATUS_OK;
	}
	for (size_t i = 0; i < n; i++) {
		if (columns[i].title && strlen(columns[i].title) > widest)
			widest = strlen(columns[i].title);
	}
	for (size_t i = 0; i < n; i++) {
		if (!columns[i].title)
			continue;
		format(&columns[i], record, cell);
		printf("%s:", columns[i].title);
		pad(widest - strlen(columns[i].title) + 1);
		puts(cell);
	}
	json_decref(record);
	return STATUS_OK;
}
