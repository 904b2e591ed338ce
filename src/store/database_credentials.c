/* SPDX-License-Identifier: ISC */
/* A user's credentials besides the password. */
#include <errno.h>
#include <string.h>

#include "store/database_sql.h"
#include "store/database_users.h"
#include "sys/clock.h"

static int credential_absent(struct database *db, const char *what,
			     struct span name, const char *why,
			     struct buf *error)
{
	return database_refuse(db, -ENOENT, what, name, why, error);
}

int database_credential_set(struct database *db, struct span user,
			    const struct database_credential *c,
			    struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	if (!c->kind[0] || !c->value[0])
		return database_refuse(db, -EINVAL, "user", user,
				       "a credential must have a kind and a "
				       "value",
				       error);
	failed = database_prepare(
		db, DATABASE_CREDENTIAL_SET,
		"INSERT INTO credentials(user,kind,label,value,created,"
		"last_used) SELECT id,?,?,?,?,? FROM users WHERE name=? "
		"ON CONFLICT(user,kind,label) DO UPDATE SET "
		"value=excluded.value,created=excluded.created,"
		"last_used=excluded.last_used",
		&statement, error);
	if (failed)
		return failed;
	database_bind_text(statement, 1, c->kind);
	(void)sqlite3_bind_text(statement, 2, c->label, -1, SQLITE_STATIC);
	database_bind_text(statement, 3, c->value);
	(void)sqlite3_bind_int64(statement, 4,
				 c->created ? c->created : clock_now_s());
	if (c->last_used)
		(void)sqlite3_bind_int64(statement, 5, c->last_used);
	(void)sqlite3_bind_text(statement, 6, user.p, (int)user.n,
				SQLITE_STATIC);
	failed = database_run(db, statement, error);
	if (!failed && !sqlite3_changes(db->handle))
		failed = credential_absent(db, "user", user,
					   "there is no such user", error);
	database_finish(db, statement);
	return failed;
}

int database_credential_delete(struct database *db, struct span user,
			       const char *kind, const char *label,
			       struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	failed = database_prepare(
		db, DATABASE_ONCE,
		"DELETE FROM credentials WHERE kind=? AND label=? "
		"AND user=(SELECT id FROM users WHERE name=?)",
		&statement, error);
	if (failed)
		return failed;
	(void)sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(statement, 2, label, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(statement, 3, user.p, (int)user.n,
				SQLITE_STATIC);
	failed = database_run(db, statement, error);
	if (!failed && !sqlite3_changes(db->handle))
		failed = credential_absent(db, "credential", span_str(label),
					   "there is none of that kind and "
					   "label",
					   error);
	database_finish(db, statement);
	return failed;
}

static bool credential_read(sqlite3_stmt *statement,
			    struct database_credential *c)
{
	c->created = sqlite3_column_int64(statement, 3);
	c->last_used = sqlite3_column_int64(statement, 4);
	return database_text(statement, 0, c->kind, sizeof(c->kind)) &&
	       database_text(statement, 1, c->label, sizeof(c->label)) &&
	       database_text(statement, 2, c->value, sizeof(c->value));
}

int database_credentials_list(struct database *db, struct span user,
			      int (*each)(const struct database_credential *,
					  void *),
			      void *context, struct buf *error)
{
	struct database_credential c;
	sqlite3_stmt *statement;
	int more = 0, failed;

	failed = database_prepare(
		db, DATABASE_ONCE,
		"SELECT kind,label,value,created,last_used FROM credentials "
		"WHERE user=(SELECT id FROM users WHERE name=?) "
		"ORDER BY kind,label",
		&statement, error);
	if (failed)
		return failed;
	(void)sqlite3_bind_text(statement, 1, user.p, (int)user.n,
				SQLITE_STATIC);
	while (!failed && (more = database_step(db, statement, error)) > 0) {
		if (!credential_read(statement, &c))
			failed = database_refuse(db, -EBADMSG, "user", user,
						 "a credential is too long; "
						 "remove it",
						 error);
		else
			failed = each(&c, context);
	}
	explicit_bzero(&c, sizeof(c));
	database_finish(db, statement);
	return failed ? failed : more;
}
