/* SPDX-License-Identifier: ISC */
#include "store/database_store.h"

#include <errno.h>
#include <string.h>

#include "store/database.h"
#include "store/database_kept.h"
#include "store/database_row.h"
#include "store/database_sql.h"
#include "store/database_users.h"

static enum users_verdict database_verdict(int failed)
{
	if (failed == -EBADMSG || failed == -ENOTSUP)
		return USERS_PERMFAIL;
	return users_fault(failed);
}

static void database_store_take(const struct database_user *user,
				struct user_row *row)
{
	*row = user->row;
	row->number = user->id;
	if (!row->password[0] || strchr("!*", row->password[0]))
		row->enabled = false;
}

static enum users_verdict database_found(int failed)
{
	if (!failed)
		return USERS_FOUND;
	if (failed == -EUCLEAN)
		return USERS_DAMAGED;
	return failed == -ENOENT ? USERS_UNKNOWN : database_verdict(failed);
}

static enum users_verdict database_store_ask(const char *path, struct span name,
					     struct database_user *user,
					     struct buf *error)
{
	struct database db;
	int failed;

	failed =
		database_open(&db, path, DATABASE_READ, users_wait_ms(), error);
	if (failed)
		return database_verdict(failed);
	failed = database_row_find(&db, name, user, error);
	database_close(&db);
	return database_found(failed);
}

enum users_verdict database_store_find(const char *path, struct span name,
				       struct user_row *row, struct buf *error)
{
	struct database_user user;
	int kept = database_kept_find(path, name, &user, error);
	enum users_verdict verdict =
		kept == -ESTALE ? database_store_ask(path, name, &user, error)
				: database_found(kept);

	if (verdict == USERS_FOUND || verdict == USERS_DAMAGED) {
		database_store_take(&user, row);
		database_user_clear(&user);
	}
	return verdict;
}

struct database_visit {
	users_visitor *visit;
	void *context;
	bool damaged;
};

static int database_store_row(const struct database_user *user, void *context)
{
	struct database_visit *v = context;
	struct user_row row;

	database_store_take(user, &row);
	v->visit(v->context, &row, NULL);
	user_row_clear(&row);
	return 0;
}

static void database_store_fault(const char *fault, void *context)
{
	struct database_visit *v = context;

	v->visit(v->context, NULL, fault);
	v->damaged = true;
}

int database_store_each(const char *path, struct buf *text,
			users_visitor *visit, void *context)
{
	const struct database_search all = {.damaged = database_store_fault};
	struct database_visit v = {.visit = visit, .context = context};
	struct database db;
	int failed;

	failed = database_open(&db, path, DATABASE_READ, USERS_WAIT_MS, text);
	if (!failed)
		failed = database_verify(&db, text);
	if (!failed)
		failed = database_users_list(&db, &all, database_store_row, &v,
					     text);
	database_close(&db);
	if (failed)
		visit(context, NULL, buf_str(text) ? text->p : "");
	return failed ? failed : v.damaged ? -EINVAL : 0;
}

/*
 * Some hashes of the oldest and of the newest users, since what is usual
 * changes with the years, and whether any user keeps a secret. The conditions
 * are those of the indexes, so that however many users there are, and whatever
 * they have instead of a hash, few rows are read.
 */
#define SECRETS "('{PLAIN','{CLEAR')"
#define HASHES(index)                                                          \
	"SELECT password FROM users " index "WHERE password>'' "               \
	"AND substr(password,1,1) NOT IN ('!','*') AND "                       \
	"upper(substr(password,1,6)) NOT IN " SECRETS " ORDER BY id "

static const struct {
	const char *sql;
	const char *older; /* in a file of version 1, which has no such index */
	unsigned hashes;   /* then it is enough, */
	unsigned rows;	   /* and so it is with rows of whatever kind */
} database_store_forms[] = {
	{HASHES("INDEXED BY users_hash ") "ASC", HASHES("") "ASC",
	 DATABASE_STORE_HASHES, DATABASE_STORE_ROWS},
	{HASHES("INDEXED BY users_hash ") "DESC", HASHES("") "DESC",
	 DATABASE_STORE_HASHES, DATABASE_STORE_ROWS},
	{"SELECT '{PLAIN}' FROM users INDEXED BY users_secret WHERE secret IS "
	 "NOT NULL OR upper(substr(password,1,6)) IN " SECRETS,
	 NULL, 1, 1},
};

static int database_store_look(struct database *db, size_t i,
			       struct users_facts *facts, struct buf *error)
{
	unsigned rows = 0, enough = facts->hashes;
	sqlite3_stmt *statement;
	int more = 0, failed;

	failed =
		database_prepare(db, DATABASE_ONCE, database_store_forms[i].sql,
				 &statement, error);
	if (failed && database_store_forms[i].older) {
		buf_reset(error);
		failed = database_prepare(db, DATABASE_ONCE,
					  database_store_forms[i].older,
					  &statement, error);
	}
	if (failed)
		return failed;
	enough += database_store_forms[i].hashes;
	while (rows++ < database_store_forms[i].rows &&
	       facts->hashes < enough &&
	       (more = database_step(db, statement, error)) > 0) {
		const void *text = sqlite3_column_text(statement, 0);
		int n = sqlite3_column_bytes(statement, 0);

		users_facts_add(facts, span_make(text, (size_t)n));
	}
	database_finish(db, statement);
	return more < 0 ? more : 0;
}

static int database_store_look_all(struct database *db,
				   struct users_facts *facts, struct buf *error)
{
	size_t n =
		sizeof(database_store_forms) / sizeof(database_store_forms[0]);
	int failed = 0;

	for (size_t i = 0; i < n && !failed; i++)
		failed = database_store_look(db, i, facts, error);
	return failed;
}

int database_store_facts(const char *path, struct users_facts *facts)
{
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = database_open(&db, path, DATABASE_READ, 0, &error);
	if (failed)
		return failed;
	failed = database_store_look_all(&db, facts, &error);
	database_close(&db);
	if (!failed)
		database_kept_make(path);
	return failed;
}

static int database_store_try(const char *path, enum database_mode mode,
			      unsigned wait_ms)
{
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = database_open(&db, path, mode, wait_ms, &error);
	if (!failed)
		database_close(&db);
	return failed;
}

bool database_store_is_left(const char *path)
{
	return database_store_try(path, DATABASE_READ, 0) == -EOWNERDEAD;
}

int database_store_undo(const char *path)
{
	return database_store_try(path, DATABASE_UNDO, users_wait_ms());
}
