/* SPDX-License-Identifier: ISC */
/* Help and the middle of scmp(1), from the tables of commands and options. */
#ifndef SCMP_HELP_H
#define SCMP_HELP_H

#include <stdio.h>

/* Of the command that the words begin with, or of those of a noun; without any
 * word of all. */
void help_print(FILE *to, char *const *words, size_t n);

/* mdoc(7) for the build: three parts, each behind a line `@NAME@`. 0. */
int help_print_manual(FILE *to);

#endif
