/* SPDX-License-Identifier: ISC */
#include "config/command_line.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What getopt returns for the rows, besides letters. */
enum { FIRST_COMMON = 256, FIRST_OWN = 512 };

int command_line_refuse(struct buf *error, const char *what, const char *why)
{
	buf_add_str(error, what);
	buf_add_str(error, ": ");
	buf_add_str(error, why);
	return -EINVAL;
}

static int take_config(void *context, const char *value, const char *more,
		       struct buf *error)
{
	struct command_line *line = context;

	(void)more;
	(void)error;
	line->config = value;
	return 0;
}

static int take_assignment(void *context, const char *value, const char *more,
			   struct buf *error)
{
	struct command_line *line = context;

	(void)more;
	if (line->assignments_n == COMMAND_LINE_ASSIGNMENTS)
		return command_line_refuse(error, value,
					   "too many -o, at most 64");
	line->assignments[line->assignments_n++] = value;
	return 0;
}

static const struct command_line_row common[] = {
	{"config", 'c', VALUE_WANTED, 0, take_config},
	{NULL, 'o', VALUE_WANTED, 0, take_assignment},
	{"check", 0, VALUE_NONE, ACTION_CHECK, NULL},
	{"print-manual", 0, VALUE_NONE, ACTION_PRINT_MANUAL, NULL},
	{"help", 'h', VALUE_NONE, ACTION_HELP, NULL},
	{"version", 0, VALUE_NONE, ACTION_VERSION, NULL},
};

/* The rows as getopt wants them. */
struct tables {
	struct option names[COUNT(common) + COMMAND_LINE_ROWS + 1];
	size_t names_n;
	char letters[2 * (COUNT(common) + COMMAND_LINE_ROWS) + 2];
	size_t letters_n;
};

static void add_row(struct tables *t, const struct command_line_row *row,
		    int number)
{
	static const int arguments[] = {
		[VALUE_NONE] = no_argument,
		[VALUE_WANTED] = required_argument,
		[VALUE_POSSIBLE] = optional_argument,
		[VALUE_AND_MORE] = required_argument,
	};

	if (row->name)
		t->names[t->names_n++] = (struct option){
			.name = row->name,
			.has_arg = arguments[row->value],
			.val = number,
		};
	if (!row->letter)
		return;
	t->letters[t->letters_n++] = row->letter;
	if (row->value != VALUE_NONE)
		t->letters[t->letters_n++] = ':';
}

static const struct command_line_row *
find_row(int option, const struct command_line_row *rows, size_t n)
{
	if (option >= FIRST_OWN && option < FIRST_OWN + (int)n)
		return &rows[option - FIRST_OWN];
	if (option >= FIRST_COMMON &&
	    option < FIRST_COMMON + (int)COUNT(common))
		return &common[option - FIRST_COMMON];
	for (size_t i = 0; i < COUNT(common); i++) {
		if (common[i].letter && common[i].letter == option)
			return &common[i];
	}
	for (size_t i = 0; i < n; i++) {
		if (rows[i].letter && rows[i].letter == option)
			return &rows[i];
	}
	return NULL;
}

/* getopt takes an optional value only behind a "=". */
static const char *next_word(char **argv)
{
	return argv[optind] && argv[optind][0] != '-' ? argv[optind++] : NULL;
}

static int take_row(const struct command_line_row *row,
		    struct command_line *line, void *context, char **argv,
		    struct buf *error)
{
	const char *value = optarg, *more = NULL;

	if (row->value == VALUE_POSSIBLE && !value)
		value = next_word(argv);
	if (row->value == VALUE_AND_MORE)
		more = next_word(argv);
	if (row->action)
		line->action = row->action;
	return row->take ? row->take(context, value, more, error) : 0;
}

static int take(int option, struct command_line *line, void *own,
		const struct command_line_row *rows, size_t n, char **argv,
		struct buf *error)
{
	const struct command_line_row *row = find_row(option, rows, n);

	if (!row)
		return command_line_refuse(
			error, argv[optind - 1],
			option == ':' ? "wants a value (see --help)"
				      : "unknown option (see --help)");
	return take_row(row, line,
			row >= common && row < common + COUNT(common)
				? (void *)line
				: own,
			argv, error);
}

int command_line_read(struct command_line *line, void *own,
		      const struct command_line_row *rows, size_t n, int argc,
		      char **argv, struct buf *error)
{
	struct tables t = {.letters = ":", .letters_n = 1};
	int option, r = 0;

	memset(line, 0, sizeof(*line));
	for (size_t i = 0; i < COUNT(common); i++)
		add_row(&t, &common[i], FIRST_COMMON + (int)i);
	for (size_t i = 0; i < n && i < COMMAND_LINE_ROWS; i++)
		add_row(&t, &rows[i], FIRST_OWN + (int)i);
	opterr = 0;
	while (r == 0 && (option = getopt_long(argc, argv, t.letters, t.names,
					       NULL)) != -1)
		r = take(option, line, own, rows, n, argv, error);
	if (r == 0 && optind < argc)
		r = command_line_refuse(error, argv[optind],
					"unexpected word (see --help)");
	return r;
}
