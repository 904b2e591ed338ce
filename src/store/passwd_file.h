/* SPDX-License-Identifier: ISC */
/*
 * The user store `passwd-file:PATH`: a file of lines as described in
 * store/passwd_line.h, which end in LF or CRLF. Of two rows with one name the
 * first counts.
 */
#ifndef STORE_PASSWD_FILE_H
#define STORE_PASSWD_FILE_H

#include "base/buf.h"
#include "base/span.h"
#include "store/passwd_line.h"
#include "store/users.h"

/* For users_find() and what is remembered; see there. */
enum users_verdict passwd_file_find(const char *path, struct span name,
				    struct user_row *row, struct buf *error);
int passwd_file_facts(const char *path, struct users_facts *facts);

/*
 * Says for each extra field of the file that has no effect, once, its name and
 * the number of its first line. 0, or a negative errno if the file cannot be
 * read to its end.
 */
int passwd_file_remarks(const char *path,
			void (*say)(void *context, const char *text),
			void *context);

#endif
