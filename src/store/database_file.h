/* SPDX-License-Identifier: ISC */
/*
 * The file of a database as a whole: its version, and copies of it. Failures
 * are those of store/database.h.
 */
#ifndef STORE_DATABASE_FILE_H
#define STORE_DATABASE_FILE_H

#include "base/buf.h"
#include "store/database.h"

/* That of its schema: at most DATABASE_VERSION. */
__attribute__((warn_unused_result)) int
database_version(struct database *db, int *version, struct buf *error);

/*
 * Writes a copy to a new file of mode 0600, as the database is at one moment;
 * it is on the disk when this returns. Others go on reading; a writer waits
 * until it is done. -EEXIST: there is such a file. On failure no file is left.
 */
__attribute__((warn_unused_result)) int
database_backup(struct database *db, const char *path, struct buf *error);

#endif
