/* SPDX-License-Identifier: ISC */
#include "store/database_settings.h"

#include <errno.h>
#include <string.h>

#include "store/database_sql.h"

static const struct database_texts {
	const char *get, *set, *remove, *list, *what;
} database_texts[] = {
#define TEXTS(table, column, what)                                             \
	{                                                                      \
		"SELECT " column " FROM " table " WHERE name=?",               \
			"INSERT INTO " table "(name," column ") VALUES(?,?) "  \
			"ON CONFLICT(name) DO UPDATE SET " column              \
			"=excluded." column,                                   \
			"DELETE FROM " table " WHERE name=?",                  \
			"SELECT name," column " FROM " table " ORDER BY name", \
			what                                                   \
	}
	[DATABASE_SETTINGS] = TEXTS("settings", "value", "setting"),
	[DATABASE_POLICY] = TEXTS("policy", "value", "policy"),
	[DATABASE_ROLES] = TEXTS("roles", "rights", "role"),
#undef TEXTS
};

/* Prepared, with the name as its first parameter. */
static int texts_prepare(struct database *db, const char *sql, const char *name,
			 sqlite3_stmt **statement, struct buf *error)
{
	int failed = database_prepare(db, DATABASE_ONCE, sql, statement, error);

	if (!failed)
		(void)sqlite3_bind_text(*statement, 1, name, -1, SQLITE_STATIC);
	return failed;
}

int database_text_get(struct database *db, enum database_table table,
		      const char *name, struct buf *value, struct buf *error)
{
	sqlite3_stmt *statement;
	int more, failed;

	failed = texts_prepare(db, database_texts[table].get, name, &statement,
			       error);
	if (failed)
		return failed;
	more = database_step(db, statement, error);
	if (more > 0) {
		const void *text = sqlite3_column_text(statement, 0);
		int n = sqlite3_column_bytes(statement, 0);

		buf_add(value, text, (size_t)n);
	}
	database_finish(db, statement);
	return more > 0 ? 0 : more < 0 ? more : -ENOENT;
}

int database_text_set(struct database *db, enum database_table table,
		      const char *name, const char *value, struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	if (!name[0])
		return database_refuse(db, -EINVAL, database_texts[table].what,
				       span_str(name), "must have a name",
				       error);
	failed = texts_prepare(db, database_texts[table].set, name, &statement,
			       error);
	if (failed)
		return failed;
	(void)sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
	failed = database_run(db, statement, error);
	database_finish(db, statement);
	return failed;
}

int database_text_delete(struct database *db, enum database_table table,
			 const char *name, struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	failed = texts_prepare(db, database_texts[table].remove, name,
			       &statement, error);
	if (failed)
		return failed;
	failed = database_run(db, statement, error);
	if (!failed && !sqlite3_changes(db->handle))
		failed = database_refuse(
			db, -ENOENT, database_texts[table].what, span_str(name),
			"is not in the database", error);
	database_finish(db, statement);
	return failed;
}

int database_texts_list(struct database *db, enum database_table table,
			int (*each)(const char *, const char *, void *),
			void *context, struct buf *error)
{
	sqlite3_stmt *statement;
	int more = 0, failed;

	failed = database_prepare(db, DATABASE_ONCE, database_texts[table].list,
				  &statement, error);
	if (failed)
		return failed;
	while (!failed && (more = database_step(db, statement, error)) > 0) {
		const char *name =
			(const char *)sqlite3_column_text(statement, 0);
		const char *value =
			(const char *)sqlite3_column_text(statement, 1);

		failed = name && value ? each(name, value, context) : -ENOMEM;
	}
	database_finish(db, statement);
	return failed ? failed : more;
}
