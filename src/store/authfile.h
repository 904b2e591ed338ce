/* SPDX-License-Identifier: ISC */
/*
 * The user store `authfile:PATH`: one user, in two lines.
 *
 *	username = NAME
 *	password = SECRET
 *
 * Each line is the key, blanks or tabs (or none), `=`, one space, and then the
 * value verbatim up to the line's end: further spaces count. The end is LF or
 * CRLF; a CR alone is part of the value. The last line may lack its end.
 * Anything else is an error: other keys or their order, a line missing or
 * empty, more lines, an empty value, a blank at the end of the name, a NUL, a
 * line over 1,000 octets.
 *
 * The secret is kept as it is, so both USER/PASS and APOP can work. There is
 * no uid, home or Maildir in such a file.
 */
#ifndef STORE_AUTHFILE_H
#define STORE_AUTHFILE_H

#include "base/buf.h"
#include "base/span.h"
#include "store/users.h"

/* For users_find() and what is remembered; see store/users.h. */
enum users_verdict authfile_find(const char *path, struct span name,
				 struct user_row *row, struct buf *error);
int authfile_facts(const char *path, struct users_facts *facts);

#endif
