/* SPDX-License-Identifier: ISC */
/*
 * What the database_*.c share: statements, errors, the schema. Private to
 * them; failures are those of store/database.h.
 */
#ifndef STORE_DATABASE_SQL_H
#define STORE_DATABASE_SQL_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "store/database.h"

/* Statements that are worth keeping while a database is open. */
enum database_statement {
	DATABASE_ONCE = -1, /* not kept */
	DATABASE_USER_FIND,
	DATABASE_USER_ADD,
	DATABASE_USER_CHANGE,
	DATABASE_CREDENTIAL_SET,
	DATABASE_RULE_SET,
	DATABASE_STATEMENTS_USED,
};
_Static_assert(DATABASE_STATEMENTS_USED <= (int)DATABASE_STATEMENTS,
	       "there is room for all of them");

/*
 * The library is ready for use, from the first call on: 0, -ENOMEM, -ENOSYS.
 * Is the next database opened by who makes files beside it?
 */
__attribute__((warn_unused_result)) int database_library(bool makes_files);

/*
 * A statement that is ready for its parameters. To be given back with
 * database_finish(), whatever came of it.
 */
__attribute__((warn_unused_result)) int
database_prepare(struct database *db, enum database_statement kind,
		 const char *sql, sqlite3_stmt **statement, struct buf *error);
void database_finish(struct database *db, sqlite3_stmt *statement);

/* An empty text is stored as NULL. The octets must outlive the statement. */
void database_bind_text(sqlite3_stmt *statement, int at, const char *text);

/* Steps to the end: what came back is not looked at. */
__attribute__((warn_unused_result)) int
database_run(struct database *db, sqlite3_stmt *statement, struct buf *error);

/* One more row? 1, 0 at the end, or a failure. */
__attribute__((warn_unused_result)) int
database_step(struct database *db, sqlite3_stmt *statement, struct buf *error);

/* A column's text with a NUL; nothing for NULL. False: no room, a NUL octet. */
__attribute__((warn_unused_result)) bool
database_text(sqlite3_stmt *statement, int column, char *to, size_t size);

/* Statements without parameters and results, separated by semicolons. */
__attribute__((warn_unused_result)) int
database_do(struct database *db, const char *sql, struct buf *error);

/* Says in *error why the last call failed; returns the errno for it. */
int database_failed(struct database *db, struct buf *error);

/* The same with words of one's own. */
int database_refuse(const struct database *db, int failed, const char *what,
		    struct span name, const char *why, struct buf *error);

/* Refuses a schema that this program does not know; with `write` makes or
 * brings up to date an older one. */
__attribute__((warn_unused_result)) int
database_settle_schema(struct database *db, bool write, struct buf *error);

#endif
