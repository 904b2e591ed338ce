/* SPDX-License-Identifier: ISC */
/*
 * The tables, and how an older file gets them. A change is a further text at
 * the end, never a change of one that was released, and one in docs/schema.md.
 *
 * Few and short: whoever opens the database parses all of it.
 */
#include <errno.h>

#include "store/database_sql.h"

/* "POP3": marks a file as ours. */
#define APPLICATION 0x504f5033

static const char *const database_versions[] = {
	"PRAGMA application_id = 0x504f5033;"
	"CREATE TABLE users("
	"id INTEGER PRIMARY KEY,"
	"name TEXT NOT NULL UNIQUE,"
	"password TEXT,"
	"secret TEXT,"
	"role TEXT NOT NULL DEFAULT 'user',"
	"maildir TEXT,"
	"home TEXT,"
	"uid INTEGER,"
	"gid INTEGER,"
	"enabled INTEGER NOT NULL DEFAULT 1,"
	"networks TEXT,"
	"max_sessions INTEGER,"
	"must_change INTEGER NOT NULL DEFAULT 0,"
	"display_name TEXT,"
	"comment TEXT,"
	"created INTEGER NOT NULL DEFAULT 0,"
	"changed INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	/* Whether APOP can be offered is asked often. */
	"CREATE INDEX users_secret ON users(id) WHERE secret IS NOT NULL"
	" OR upper(substr(password,1,6)) IN ('{PLAIN','{CLEAR');"
	"CREATE TABLE credentials("
	"id INTEGER PRIMARY KEY,"
	"user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
	"kind TEXT NOT NULL,"
	"label TEXT NOT NULL DEFAULT '',"
	"value TEXT NOT NULL,"
	"created INTEGER NOT NULL DEFAULT 0,"
	"last_used INTEGER,"
	"UNIQUE(user,kind,label)"
	") STRICT;"
	"CREATE TABLE rules("
	"id INTEGER PRIMARY KEY,"
	"kind TEXT NOT NULL,"
	"effect TEXT NOT NULL,"
	"what TEXT NOT NULL,"
	"until INTEGER,"
	"author TEXT,"
	"reason TEXT,"
	"created INTEGER NOT NULL DEFAULT 0,"
	"UNIQUE(kind,effect,what)"
	") STRICT;"
	"CREATE TABLE settings(name TEXT PRIMARY KEY,value TEXT NOT NULL)"
	" STRICT,WITHOUT ROWID;"
	"CREATE TABLE policy(name TEXT PRIMARY KEY,value TEXT NOT NULL)"
	" STRICT,WITHOUT ROWID;"
	"CREATE TABLE roles(name TEXT PRIMARY KEY,rights TEXT NOT NULL)"
	" STRICT,WITHOUT ROWID;"
	/* For a mail server that delivers: the Maildir relative to /. */
	"CREATE VIEW mailboxes AS SELECT name,"
	"CASE WHEN instr(path,'%') THEN NULL"
	" ELSE trim(path,'/')||'/' END AS maildir,"
	"uid,gid,enabled FROM ("
	"SELECT replace(replace(replace(replace(coalesce(maildir,"
	"(SELECT value FROM settings WHERE name='maildir'),"
	"'/var/vmail/%u/Maildir'),'%h',coalesce(home,'%h')),'%u',name),"
	"'%n',iif(instr(name,'@'),substr(name,1,instr(name,'@')-1),name)),"
	"'%d',iif(instr(name,'@'),substr(name,instr(name,'@')+1),'%d'))"
	" AS path,name,uid,gid,enabled FROM users);",
	/* What is usual here is asked for as often. */
	"CREATE INDEX IF NOT EXISTS users_hash ON users(id) WHERE password>''"
	" AND substr(password,1,1) NOT IN ('!','*')"
	" AND upper(substr(password,1,6)) NOT IN ('{PLAIN','{CLEAR')",
};
_Static_assert(sizeof(database_versions) / sizeof(database_versions[0]) ==
		       DATABASE_VERSION,
	       "each version has its text");

static int database_number(struct database *db, const char *pragma, int *n,
			   struct buf *error)
{
	sqlite3_stmt *statement;
	int failed =
		database_prepare(db, DATABASE_ONCE, pragma, &statement, error);

	*n = 0;
	if (failed)
		return failed;
	failed = database_step(db, statement, error);
	if (failed > 0)
		*n = sqlite3_column_int(statement, 0);
	database_finish(db, statement);
	return failed < 0 ? failed : 0;
}

static int database_version(struct database *db, int *version,
			    struct buf *error)
{
	int failed = database_number(db, "PRAGMA user_version", version, error);

	if (failed)
		return failed;
	if (*version <= DATABASE_VERSION)
		return 0;
	return database_refuse(db, -ENOTSUP, NULL, span_str(NULL),
			       "its schema is newer than this program; "
			       "install the version that made it, or a later "
			       "one",
			       error);
}

/* Tables of somebody else's must not get ours beside them. */
static int database_see_empty(struct database *db, struct buf *error)
{
	int tables;
	int failed = database_number(db, "SELECT count(*) FROM sqlite_schema",
				     &tables, error);

	if (failed || !tables)
		return failed;
	return database_refuse(db, -EBADMSG, NULL, span_str(NULL),
			       "a database of another program; name another "
			       "file",
			       error);
}

static int database_migrate(struct database *db, int version, struct buf *error)
{
	char memory[64];
	struct buf pragma;
	int failed = 0;

	if (!version)
		failed = database_see_empty(db, error);
	for (; !failed && version < DATABASE_VERSION; version++)
		failed = database_do(db, database_versions[version], error);
	if (failed)
		return failed;
	buf_init(&pragma, memory, sizeof(memory));
	buf_add_str(&pragma, "PRAGMA user_version = ");
	buf_add_u64(&pragma, DATABASE_VERSION);
	return database_do(db, buf_str(&pragma), error);
}

/* Somebody else may have been faster: it is looked at again, alone. */
static int database_bring_up(struct database *db, struct buf *error)
{
	int version, failed = database_begin(db, error);

	if (failed)
		return failed;
	failed = database_version(db, &version, error);
	if (!failed && version < DATABASE_VERSION)
		failed = database_migrate(db, version, error);
	if (!failed)
		failed = database_commit(db, error);
	if (failed)
		database_rollback(db);
	return failed;
}

int database_settle_schema(struct database *db, bool write, struct buf *error)
{
	int version, failed = database_version(db, &version, error);

	if (failed)
		return failed;
	if (write && version < DATABASE_VERSION)
		return database_bring_up(db, error);
	if (version)
		return 0;
	return database_refuse(db, -EBADMSG, NULL, span_str(NULL),
			       "holds no users' tables; name a database that "
			       "this program made, or have it made with scmp",
			       error);
}
