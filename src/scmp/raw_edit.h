/* SPDX-License-Identifier: ISC */
/*
 * Lines that a person types, with editing, history and the completion of
 * verbs. The history is in memory alone and ends with the process.
 */
#ifndef SCMP_RAW_EDIT_H
#define SCMP_RAW_EDIT_H

#include "base/span.h"

#include <stdbool.h>

struct raw_edit;

/* NULL: no memory, or no terminal. */
struct raw_edit *raw_edit_open(void);
void raw_edit_close(struct raw_edit *e);

/* The next line without its end, valid until the next call; false: no more. */
bool raw_edit_line(struct raw_edit *e, struct span *line);

/* Puts the line that was typed last into the history. */
void raw_edit_keep(struct raw_edit *e);

#endif
