/* SPDX-License-Identifier: ISC */
/*
 * A user's row in the database: its columns, what may be in them, and the way
 * from and to struct database_user. Private to the database_*.c; failures are
 * those of store/database.h.
 */
#ifndef STORE_DATABASE_ROW_H
#define STORE_DATABASE_ROW_H

#include <stddef.h>

#include "base/buf.h"
#include "store/database_sql.h"
#include "store/database_users.h"

enum {
	DATABASE_COLUMNS = 14,	  /* one for each bit of enum database_field */
	DATABASE_SQL_SIZE = 2048, /* room for a statement that names them all */
};

/* That of the i-th bit of enum database_field. */
const char *database_column_name(size_t i);

/* Adds the names of all columns, each with a comma behind it. */
void database_columns_name(struct buf *sql);

/* Column i is the i + 1st parameter. The user must outlive the statement. */
void database_row_bind(sqlite3_stmt *statement,
		       const struct database_user *user);

/* A statement that reads whole rows: `where` is all behind the table's name. */
__attribute__((warn_unused_result)) int
database_row_prepare(struct database *db, enum database_statement kind,
		     const char *where, sqlite3_stmt **statement,
		     struct buf *error);

/* That of database_user_find(), which is kept. */
__attribute__((warn_unused_result)) int
database_user_prepare(struct database *db, sqlite3_stmt **statement,
		      struct buf *error);

/*
 * The row that such a statement is at. -EUCLEAN: it is damaged; *user is what
 * could be read of it, to be cleared like another.
 */
__attribute__((warn_unused_result)) int
database_row_read(struct database *db, sqlite3_stmt *statement,
		  struct database_user *user, struct buf *error);

/* As database_user_find(), but for a damaged row as that. */
__attribute__((warn_unused_result)) int
database_row_find(struct database *db, struct span name,
		  struct database_user *user, struct buf *error);

#endif
