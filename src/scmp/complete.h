/* SPDX-License-Identifier: ISC */
/* What shells complete, from the tables of commands and options. */
#ifndef SCMP_COMPLETE_H
#define SCMP_COMPLETE_H

struct scmp;

/*
 * `words` are those behind the program's name, the last one being what is
 * typed now. Prints a line for each word that could stand there: the word, a
 * tabulator, and what it is. A line `:files` or `:folders` alone means that the
 * shell knows better. Names of users are told where the database may be read.
 * Always 0, and silent about errors.
 */
int complete_print(struct scmp *s, int n, char **words);

#endif
