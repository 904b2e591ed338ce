/* SPDX-License-Identifier: ISC */
/* Every row of every user store, and every fault in them: for --check. */
#ifndef STORE_USERS_EACH_H
#define STORE_USERS_EACH_H

#include "base/buf.h"
#include "store/users.h"

/*
 * Either a row, which holds a secret and is cleared when the visitor returns,
 * or a fault: a text that names file, line and remedy.  The other is NULL.
 */
typedef void users_visitor(void *context, const struct user_row *row,
			   const char *fault);

/*
 * Reads all stores from their beginnings to their ends, whatever is wrong. 0,
 * or for the first fault -EINVAL (a line is wrong) or another negative errno
 * (cannot be read).
 */
int users_each(const struct users *u, users_visitor *visit, void *context);

/*
 * Says what is in the stores but has no effect here (extra fields of a
 * passwd-file), each kind once a store: what, and the first line.
 */
void users_remarks(const struct users *u,
		   void (*say)(void *context, const char *text), void *context);

/* The stores' own: `text` is room for a fault (USERS_ERROR_SIZE). */
int passwd_file_each(const char *path, struct buf *text, users_visitor *visit,
		     void *context);
int authfile_each(const char *path, struct buf *text, users_visitor *visit,
		  void *context);

#endif
