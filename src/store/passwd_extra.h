/* SPDX-License-Identifier: ISC */
/*
 * The last field of a passwd-file's line, and what it has in common with the
 * others: for store/passwd_line.c alone, whose header describes it all. Pure.
 */
#ifndef STORE_PASSWD_EXTRA_H
#define STORE_PASSWD_EXTRA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "store/passwd_line.h"

/*
 * Takes the words of the field into the row, which has the other fields
 * already. `ignored` may be NULL; what has no effect is added to it.
 */
enum passwd_verdict passwd_extra_read(struct span extra, struct user_row *row,
				      struct passwd_ignored *ignored);

/* Without the blanks (spaces, tabs) around it. */
struct span passwd_trim(struct span s);

/* A C string of at most size - 1 octets, or false. */
bool passwd_copy(char *to, size_t size, struct span s);

/*
 * An id that may be missing (then *has is false). False: no number, or 0, or
 * one of the two that mean "none".
 */
bool passwd_id(struct span s, uint32_t *id, bool *has);

#endif
