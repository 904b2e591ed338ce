/* SPDX-License-Identifier: ISC */
/*
 * The command lines of pop3-session and scmpd: what both have, and how a table
 * of what one has alone is read. (Each writes its --help by hand: that is for
 * people.)
 */
#ifndef CONFIG_COMMAND_LINE_H
#define CONFIG_COMMAND_LINE_H

#include "base/buf.h"

#include <stddef.h>

enum {
	COMMAND_LINE_ASSIGNMENTS = 64,
	COMMAND_LINE_ROWS = 24, /* most of a program's own */
};

/* What the program is to do; ACTION_OWN is the first that is its own. */
enum {
	ACTION_SERVE,
	ACTION_CHECK,
	ACTION_PRINT_MANUAL, /* for the build: a part of a page in mdoc */
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_OWN,
};

/* What both have. The texts are argv's. */
struct command_line {
	int action;
	const char *config; /* NULL: the default file, if it is there */
	const char *assignments[COMMAND_LINE_ASSIGNMENTS];
	size_t assignments_n;
};

enum command_line_value {
	VALUE_NONE,
	VALUE_WANTED,
	VALUE_POSSIBLE, /* behind "=", or the next word that is no option */
	VALUE_AND_MORE, /* wanted, and such a word may follow */
};

struct command_line_row {
	const char *name; /* behind "--"; NULL: there is the letter alone */
	char letter;	  /* behind "-"; 0: there is none */
	enum command_line_value value;
	int action; /* what is to be done then; 0: that stays as it is */
	/* NULL: nothing is to be noted. Texts that were not given are NULL. 0,
	 * or -EINVAL with *error. */
	int (*take)(void *context, const char *value, const char *more,
		    struct buf *error);
};

/*
 * Reads all of it; what a row's take() gets as its context is `own`. 0, or
 * -EINVAL with text in error that names the option and the remedy.
 */
__attribute__((warn_unused_result)) int
command_line_read(struct command_line *line, void *own,
		  const struct command_line_row *rows, size_t n, int argc,
		  char **argv, struct buf *error);

/* Adds "WHAT: WHY" to *error; -EINVAL. */
int command_line_refuse(struct buf *error, const char *what, const char *why);

#endif
