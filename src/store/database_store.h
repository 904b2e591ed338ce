/* SPDX-License-Identifier: ISC */
/*
 * The user store `sqlite:PATH`: the users of a database (store/database.h), for
 * logins. It is opened for each search, read-only, and closed before the
 * function returns; nothing of it stays in memory.
 *
 * An account whose password is empty or begins with `!` or `*` is locked, as in
 * a passwd-file.
 */
#ifndef STORE_DATABASE_STORE_H
#define STORE_DATABASE_STORE_H

#include "base/buf.h"
#include "base/span.h"
#include "store/users.h"
#include "store/users_each.h"

enum {
	/* What is looked at from either end of the table for what is usual:
	 * hashes that can be used, and rows with whatever is no secret. */
	DATABASE_STORE_HASHES = 16,
	DATABASE_STORE_ROWS = 512,
};

/* For users_find(); waits for a writer as long as users_wait_ms() says. */
enum users_verdict database_store_find(const char *path, struct span name,
				       struct user_row *row, struct buf *error);

/* For users_each(). */
int database_store_each(const char *path, struct buf *text,
			users_visitor *visit, void *context);

/* Never waits: -EBUSY. Reads a few rows, however many there are, in whatever
 * order: those without a hash are passed over. */
int database_store_facts(const char *path, struct users_facts *facts);

/* Has a writer died in mid-commit, so that it cannot be read before somebody
 * has undone that? */
bool database_store_is_left(const char *path);

/* Undoes it; to be called with the rights of the file's owner. 0, -errno. */
int database_store_undo(const char *path);

#endif
