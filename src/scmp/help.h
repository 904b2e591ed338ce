/* SPDX-License-Identifier: ISC */
/* Help and the middle of scmp(1), from the tables of commands and options. */
#ifndef SCMP_HELP_H
#define SCMP_HELP_H

#include <stdio.h>

/* Of all commands, those of a noun, or one; NULL: any. */
void help_print(FILE *to, const char *noun, const char *verb);

/* mdoc(7) for the build: three parts, each behind a line `@NAME@`. 0. */
int help_print_manual(FILE *to);

#endif
