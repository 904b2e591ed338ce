/* SPDX-License-Identifier: ISC */
#include "store/database_users.h"

#include <errno.h>
#include <string.h>

#include "store/database_row.h"
#include "sys/clock.h"

/* The parameters of a statement, behind the columns. */
enum {
	PARAMETER_NOW = DATABASE_COLUMNS + 1,
	PARAMETER_FIELDS,
	PARAMETER_WHO,
};

void database_user_init(struct database_user *user)
{
	memset(user, 0, sizeof(*user));
	user->row.enabled = true;
	memcpy(user->row.role, "user", 5);
}

void database_user_clear(struct database_user *user)
{
	explicit_bzero(user, sizeof(*user));
}

static int user_validate(struct database *db, const struct database_user *user,
			 unsigned fields, struct span name, struct buf *error)
{
	const char *why = database_user_fault(user, fields);

	if (!why)
		return 0;
	return database_refuse(db, -EINVAL, "user", name, why, error);
}

/* The same as what database_failed() says, with the user's name. */
static int user_failed(struct database *db, int failed, struct span name,
		       struct buf *error)
{
	const char *why = failed == -EEXIST   ? "the name is taken"
			  : failed == -ENOENT ? "there is no such user"
					      : NULL;

	if (!why)
		return failed;
	buf_reset(error);
	return database_refuse(db, failed, "user", name, why, error);
}

static int user_prepare_add(struct database *db, sqlite3_stmt **statement,
			    struct buf *error)
{
	char memory[DATABASE_SQL_SIZE];
	struct buf sql;

	buf_init(&sql, memory, sizeof(memory));
	if (!db->statements[DATABASE_USER_ADD]) {
		buf_add_str(&sql, "INSERT INTO users(");
		database_columns_name(&sql);
		buf_add_str(&sql, "created,changed) VALUES(");
		for (size_t i = 0; i < DATABASE_COLUMNS; i++)
			buf_add_str(&sql, "?,");
		buf_add_str(&sql, "?,?15)");
	}
	return database_prepare(db, DATABASE_USER_ADD, buf_str(&sql), statement,
				error);
}
_Static_assert(PARAMETER_NOW == 15, "as in the statement");

int database_user_add(struct database *db, struct database_user *user,
		      struct buf *error)
{
	struct span name = span_str(user->row.name);
	int64_t now = clock_now_s();
	sqlite3_stmt *statement;
	int failed;

	failed = user_validate(db, user, DATABASE_FIELDS_ALL, name, error);
	if (!failed)
		failed = user_prepare_add(db, &statement, error);
	if (failed)
		return failed;
	database_row_bind(statement, user);
	(void)sqlite3_bind_int64(statement, PARAMETER_NOW, now);
	failed = database_run(db, statement, error);
	if (!failed) {
		user->id = sqlite3_last_insert_rowid(db->handle);
		user->created = user->changed = now;
	}
	database_finish(db, statement);
	return user_failed(db, failed, name, error);
}

/* One statement for whatever is to be changed, for the sake of imports. */
static int user_prepare_change(struct database *db, sqlite3_stmt **statement,
			       struct buf *error)
{
	char memory[DATABASE_SQL_SIZE];
	struct buf sql;

	buf_init(&sql, memory, sizeof(memory));
	if (!db->statements[DATABASE_USER_CHANGE]) {
		buf_add_str(&sql, "UPDATE users SET ");
		for (size_t i = 0; i < DATABASE_COLUMNS; i++) {
			buf_add_str(&sql, database_column_name(i));
			buf_add_str(&sql, "=iif(?16&");
			buf_add_u64(&sql, (uint64_t)1 << i);
			buf_add_str(&sql, ",?");
			buf_add_u64(&sql, i + 1);
			buf_add_char(&sql, ',');
			buf_add_str(&sql, database_column_name(i));
			buf_add_str(&sql, "),");
		}
		buf_add_str(&sql, "changed=?15 WHERE name=?17");
	}
	return database_prepare(db, DATABASE_USER_CHANGE, buf_str(&sql),
				statement, error);
}
_Static_assert(PARAMETER_FIELDS == 16 && PARAMETER_WHO == 17,
	       "as in the statement");

int database_user_change(struct database *db, struct span name, unsigned fields,
			 const struct database_user *user, struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	failed = user_validate(db, user, fields, name, error);
	if (!failed)
		failed = user_prepare_change(db, &statement, error);
	if (failed)
		return failed;
	database_row_bind(statement, user);
	(void)sqlite3_bind_int64(statement, PARAMETER_NOW, clock_now_s());
	(void)sqlite3_bind_int64(statement, PARAMETER_FIELDS, fields);
	(void)sqlite3_bind_text(statement, PARAMETER_WHO, name.p, (int)name.n,
				SQLITE_STATIC);
	failed = database_run(db, statement, error);
	if (!failed && !sqlite3_changes(db->handle))
		failed = -ENOENT;
	database_finish(db, statement);
	/* Only a new name can be taken. */
	return user_failed(db, failed,
			   failed == -EEXIST ? span_str(user->row.name) : name,
			   error);
}

int database_user_delete(struct database *db, struct span name,
			 struct buf *error)
{
	sqlite3_stmt *statement;
	int failed = database_prepare(db, DATABASE_ONCE,
				      "DELETE FROM users WHERE name=?",
				      &statement, error);

	if (failed)
		return failed;
	(void)sqlite3_bind_text(statement, 1, name.p, (int)name.n,
				SQLITE_STATIC);
	failed = database_run(db, statement, error);
	if (!failed && !sqlite3_changes(db->handle))
		failed = -ENOENT;
	database_finish(db, statement);
	return user_failed(db, failed, name, error);
}

int database_user_prepare(struct database *db, sqlite3_stmt **statement,
			  struct buf *error)
{
	return database_row_prepare(db, DATABASE_USER_FIND, "WHERE name=?",
				    statement, error);
}

int database_row_find(struct database *db, struct span name,
		      struct database_user *user, struct buf *error)
{
	sqlite3_stmt *statement;
	int more, failed;

	failed = database_user_prepare(db, &statement, error);
	if (failed)
		return failed;
	(void)sqlite3_bind_text(statement, 1, name.p, (int)name.n,
				SQLITE_STATIC);
	more = database_step(db, statement, error);
	if (more > 0)
		failed = database_row_read(db, statement, user, error);
	else
		failed = more < 0 ? more : -ENOENT;
	database_finish(db, statement);
	return failed;
}

int database_user_find(struct database *db, struct span name,
		       struct database_user *user, struct buf *error)
{
	int failed = database_row_find(db, name, user, error);

	if (failed != -EUCLEAN)
		return failed;
	database_user_clear(user);
	return -EBADMSG;
}
