/* SPDX-License-Identifier: ISC */
/* The commands of SCMP as entries of a list in mdoc, for man scmp(7). */
#ifndef SCMPD_MANUAL_H
#define SCMPD_MANUAL_H

#include <stdio.h>

/* 0, or 1 if it could not be written. */
int manual_print(FILE *to);

#endif
