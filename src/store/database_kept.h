/* SPDX-License-Identifier: ISC */
/*
 * A look at one user with all prepared that does not depend on who it is.
 * Private to the database_*.c.
 *
 * Most of what a look costs is the library making itself ready: setting up a
 * connection, reading and parsing the tables' description, compiling the
 * statement. A parent does that once for as long as the file stays as it is,
 * and a child that it forks has it all in its copy of the parent's memory.
 *
 * What is kept is memory only. A kept connection has its file open for just as
 * long as it holds a lock, in whichever process that is, so there is no
 * descriptor, no lock and nothing of the library's books about them at a fork:
 * the child opens the file itself, read-only, takes the lock, looks for a
 * journal that was left, and sees by the file's own counter of changes whether
 * something that it remembers has changed. No row was read before, so no
 * parent keeps a password.
 *
 * It is good for one look, and only while the file is that of which it was
 * made. Whatever is not as usual (another file, a writer at work, a journal)
 * is none of its business: then the database is opened as if there was none.
 */
#ifndef STORE_DATABASE_KEPT_H
#define STORE_DATABASE_KEPT_H

#include "base/span.h"
#include "store/database_users.h"

/*
 * Makes one for that file, if there is none or the file has changed. Never
 * waits for a writer. One file has it, the first; whatever fails, there is
 * none.
 */
void database_kept_make(const char *path);

/*
 * The look; what was kept is gone afterwards. 0: *user is set. -ENOENT: there
 * is no such user. -EUCLEAN: the row is damaged, as *error says, and *user is
 * what could be read of it. -ESTALE: it cannot tell; open the database.
 */
__attribute__((warn_unused_result)) int
database_kept_find(const char *path, struct span name,
		   struct database_user *user, struct buf *error);

/* The name of the VFS for DATABASE_KEPT; NULL: it cannot be had. */
const char *database_kept_vfs(void);

#endif
