/* SPDX-License-Identifier: ISC */
/*
 * The embedded database of users, rules and settings (`sqlite:PATH`): opening
 * it, its schema, transactions and errors. What is in it is read and written
 * by database_users.h, database_rules.h and database_settings.h;
 * docs/schema.md describes the tables.
 *
 * One file with a rollback journal beside it (PATH-journal, while somebody
 * writes), never a write-ahead log. What is open for reading has a shared lock
 * until it is closed, and sees one state of all tables; a writer shuts readers
 * out for the time of its commit, and waits for those that are in. Locks belong
 * to the process: a database's file is never open across a fork, nor twice at
 * once.
 *
 * The schema has a version (PRAGMA user_version). Whoever opens for writing
 * brings an older one up to date in one transaction; a newer one than this
 * program knows is refused, by readers as well.
 *
 * Functions return 0 or a negative errno, and then *error says what, where,
 * and the remedy; never anything secret. Besides those of the file system:
 *
 *	-EBUSY		somebody else writes, and did so for all of wait_ms
 *	-EOWNERDEAD	a writer died in mid-commit: somebody who may write it
 *			has to open it once (DATABASE_UNDO)
 *	-EBADMSG	no database, damaged, of another program, or in
 *			write-ahead mode (a writer brings it back if it can)
 *	-ENOTSUP	its schema is newer than this program
 *	-EEXIST, -ENOENT	a row with that name is there, or none is
 *	-EINVAL		a value that cannot be stored
 *
 * Calls block as long as a disk does, and up to wait_ms for another writer.
 * Memory that is given back is cleared first. Not for several threads.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/users.h"

enum {
	/* Of the program; that of a file may be lower. */
	DATABASE_VERSION = 2,
	DATABASE_STATEMENTS = 16,
};

enum database_mode {
	DATABASE_KEPT, /* private to the database_*.c: see database_kept.h */
	DATABASE_READ,
	DATABASE_UNDO,	 /* to read it, but what a writer that died left is
			    undone; nothing else is written */
	DATABASE_WRITE,	 /* the file must be there */
	DATABASE_CREATE, /* the same, but a missing one is made: mode 0660 in a
			    folder whose group is inherited (02000), else 0600
			  */
};

struct sqlite3;
struct sqlite3_stmt;

/* The caller's storage; all members are private. */
struct database {
	struct sqlite3 *handle;
	struct sqlite3_stmt *statements[DATABASE_STATEMENTS];
	char path[USERS_PATH_SIZE];
	bool is_kept;
	bool is_begun;
};

/*
 * Opens the database at an absolute path. On failure nothing is open and
 * nothing needs closing.
 */
__attribute__((warn_unused_result)) int
database_open(struct database *db, const char *path, enum database_mode mode,
	      unsigned wait_ms, struct buf *error);

/* Rolls back what was not committed. Also fine after a failed open. */
void database_close(struct database *db);

/*
 * Several changes as one: either all of them last, or none. Between begin and
 * commit other writers wait, readers do not (but for the time of the commit).
 * Without them each change is a transaction of its own, and costs some writes
 * to the disk. After a failed commit, roll back. Faults such as a full disk
 * break all of it off: nothing more is done then, commit included (-ECANCELED),
 * until it is rolled back.
 */
__attribute__((warn_unused_result)) int database_begin(struct database *db,
						       struct buf *error);
__attribute__((warn_unused_result)) int database_commit(struct database *db,
							struct buf *error);
void database_rollback(struct database *db);
bool database_is_broken_off(const struct database *db);

/* The whole file is read and checked: 0, or -EBADMSG. Takes its time. */
__attribute__((warn_unused_result)) int database_verify(struct database *db,
							struct buf *error);

#endif
