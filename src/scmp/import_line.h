/* SPDX-License-Identifier: ISC */
/* One line of an import, of any format, into a user's row. */
#ifndef SCMP_IMPORT_LINE_H
#define SCMP_IMPORT_LINE_H

#include "proto/import.h"
#include "store/database_users.h"
#include "store/passwd_line.h"

/*
 * Into a row that was initialised; *fields are those that the line says
 * something of, and *ignored names words that have no effect. Formats that take
 * one line a user only. NULL, or a text: what is wrong with the line, behind
 * "line 3 "; valid until the next call.
 */
const char *import_line_take(enum import_format format, struct span line,
			     uint64_t today, struct database_user *user,
			     unsigned *fields, struct passwd_ignored *ignored);

/*
 * Of the fields those that an update with the line changes: a line that has no
 * word of a thing, such as networks or a lock, does not take it away.
 */
unsigned import_line_updates(enum import_format format,
			     const struct database_user *user, unsigned fields);

/*
 * Makes of a password as such files have it what can be stored, and of a
 * locked one a disabled user. The same results.
 */
const char *import_take_password(struct import_password password,
				 struct database_user *user);

#endif
