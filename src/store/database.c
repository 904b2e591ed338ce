/* SPDX-License-Identifier: ISC */
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database_kept.h"
#include "store/database_memory.h"
#include "store/database_sql.h"

/* --- statements --- */

int database_prepare(struct database *db, enum database_statement kind,
		     const char *sql, sqlite3_stmt **statement,
		     struct buf *error)
{
	bool keep = kind != DATABASE_ONCE;

	if (keep && db->statements[kind]) {
		*statement = db->statements[kind];
		return 0;
	}
	if (sqlite3_prepare_v3(db->handle, sql, -1,
			       keep ? SQLITE_PREPARE_PERSISTENT : 0, statement,
			       NULL))
		return database_failed(db, error);
	if (keep)
		db->statements[kind] = *statement;
	return 0;
}

void database_finish(struct database *db, sqlite3_stmt *statement)
{
	for (size_t i = 0; i < DATABASE_STATEMENTS; i++) {
		if (db->statements[i] != statement)
			continue;
		(void)sqlite3_reset(statement);
		(void)sqlite3_clear_bindings(statement);
		return;
	}
	(void)sqlite3_finalize(statement);
}

void database_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (text[0])
		(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
	else
		(void)sqlite3_bind_null(statement, at);
}

/*
 * At some faults, such as a full disk, the library rolls back by itself; what
 * comes behind that would be in force alone.
 */
static int refuse_broken_off(const struct database *db, struct buf *error)
{
	if (!database_is_broken_off(db))
		return 0;
	return database_refuse(db, -ECANCELED, NULL, span_str(NULL),
			       "the changes before could not be kept", error);
}

int database_step(struct database *db, sqlite3_stmt *statement,
		  struct buf *error)
{
	int failed = refuse_broken_off(db, error);

	if (failed)
		return failed;
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return database_failed(db, error);
	}
}

int database_run(struct database *db, sqlite3_stmt *statement,
		 struct buf *error)
{
	int more;

	do
		more = database_step(db, statement, error);
	while (more > 0);
	return more;
}

bool database_text(sqlite3_stmt *statement, int column, char *to, size_t size)
{
	const void *text = sqlite3_column_text(statement, column);
	size_t n = (size_t)sqlite3_column_bytes(statement, column);

	if (n >= size || (n && !text) || (n && memchr(text, '\0', n)))
		return false;
	if (n)
		memcpy(to, text, n);
	to[n] = '\0';
	return true;
}

int database_do(struct database *db, const char *sql, struct buf *error)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL))
		return database_failed(db, error);
	return 0;
}

/* --- opening --- */

/* What is no regular file is not even opened: a FIFO would block. */
static int database_look(const struct database *db, struct buf *error)
{
	struct stat st;

	if (stat(db->path, &st) < 0) {
		int failed = -errno;

		if (failed != -ENOENT)
			return users_cannot_read("sqlite:", db->path, failed,
						 error);
		return database_refuse(
			db, failed, NULL, span_str(NULL),
			"there is no such file; make it with scmp --offline db "
			"init, and users with scmp --offline user add",
			error);
	}
	if (!S_ISREG(st.st_mode))
		return users_cannot_read("sqlite:", db->path, -EINVAL, error);
	return 0;
}

static int database_make(const struct database *db, struct buf *error)
{
	char folder[USERS_PATH_SIZE];
	struct stat st;
	mode_t mode;
	int fd;

	memcpy(folder, db->path, sizeof(folder));
	if (stat(dirname(folder), &st) < 0)
		return database_refuse(db, -errno, NULL, span_str(NULL),
				       "its folder cannot be entered; make "
				       "it, or name another",
				       error);
	mode = st.st_mode & S_ISGID ? 0660 : 0600;
	fd = open(db->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0 || fchmod(fd, mode) < 0) {
		int failed = -errno;

		if (fd >= 0)
			close(fd);
		return database_refuse(db, failed, NULL, span_str(NULL),
				       "cannot be made; run this as the owner "
				       "of its folder",
				       error);
	}
	close(fd);
	return 0;
}

static int database_tune(struct database *db, enum database_mode mode,
			 unsigned wait_ms, struct buf *error)
{
	(void)sqlite3_busy_timeout(db->handle, (int)wait_ms);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
				NULL);
	/* One lock for all that is read. */
	if (mode <= DATABASE_UNDO)
		return database_do(db, "BEGIN", error);
	/* What a commit has told is on the disk, and stays there. */
	return database_do(db,
			   "PRAGMA foreign_keys = ON;"
			   "PRAGMA secure_delete = ON;"
			   "PRAGMA temp_store = MEMORY;"
			   "PRAGMA journal_mode = DELETE;"
			   "PRAGMA synchronous = EXTRA;",
			   error);
}

/*
 * Has another program put it into write-ahead mode? Its commits then do not
 * change the file, by which alone we see that something has changed; and who
 * may not write cannot always read it.
 */
static bool database_is_ahead(struct database *db)
{
	enum { FORMATS_AT = 18, FORMAT_AHEAD = 2 };
	sqlite3_file *file = NULL;
	unsigned char formats[2] = {0};

	if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER,
				 &file) ||
	    !file || !file->pMethods)
		return false;
	/* What is not there is read as zeros. */
	(void)file->pMethods->xRead(file, formats, sizeof(formats), FORMATS_AT);
	return formats[0] == FORMAT_AHEAD || formats[1] == FORMAT_AHEAD;
}

static int database_refuse_ahead(struct database *db, struct buf *error)
{
	return database_refuse(
		db, -EBADMSG, NULL, span_str(NULL),
		"another program has set journal_mode = WAL, with which "
		"changes, bans among them, would not be seen; end it, and say "
		"PRAGMA journal_mode = DELETE with sqlite3(1)",
		error);
}

/* A writer brings it back, unless somebody has it open. */
static int database_begin_use(struct database *db, enum database_mode mode,
			      unsigned wait_ms, struct buf *error)
{
	int failed;

	if (mode <= DATABASE_UNDO && database_is_ahead(db))
		return database_refuse_ahead(db, error);
	failed = database_tune(db, mode, wait_ms, error);
	if (failed != -EBUSY || !database_is_ahead(db))
		return failed;
	buf_reset(error);
	return database_refuse_ahead(db, error);
}

static enum database_memory_use database_memory_of(const struct database *db)
{
	return db->is_kept ? DATABASE_MEMORY_KEPT : DATABASE_MEMORY_LOOK;
}

int database_open(struct database *db, const char *path,
		  enum database_mode mode, unsigned wait_ms, struct buf *error)
{
	int flags = SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX |
		    (mode <= DATABASE_READ ? SQLITE_OPEN_READONLY
					   : SQLITE_OPEN_READWRITE);
	const char *vfs = NULL;
	int failed;

	memset(db, 0, sizeof(*db));
	if (path[0] != '/' || strlen(path) >= sizeof(db->path))
		return users_cannot_read("sqlite:", path, -ENAMETOOLONG, error);
	memcpy(db->path, path, strlen(path) + 1);
	failed = database_library(mode > DATABASE_UNDO);
	if (failed)
		return users_cannot_read("sqlite:", path, failed, error);
	if (mode == DATABASE_CREATE)
		failed = database_make(db, error);
	if (!failed)
		failed = database_look(db, error);
	if (failed)
		return failed;
	db->is_kept = mode == DATABASE_KEPT;
	if (db->is_kept)
		vfs = database_kept_vfs();
	if (mode <= DATABASE_UNDO)
		database_memory_begin(database_memory_of(db));
	if (sqlite3_open_v2(path, &db->handle, flags, vfs))
		failed = database_failed(db, error);
	if (!failed)
		failed = database_begin_use(db, mode, wait_ms, error);
	if (!failed)
		failed =
			database_settle_schema(db, mode > DATABASE_UNDO, error);
	if (failed)
		database_close(db);
	return failed;
}

void database_close(struct database *db)
{
	for (size_t i = 0; i < DATABASE_STATEMENTS; i++)
		(void)sqlite3_finalize(db->statements[i]);
	(void)sqlite3_close(db->handle);
	database_memory_end(database_memory_of(db));
	memset(db, 0, sizeof(*db));
}

/* --- transactions --- */

int database_begin(struct database *db, struct buf *error)
{
	int failed = database_do(db, "BEGIN IMMEDIATE", error);

	if (!failed)
		db->is_begun = true;
	return failed;
}

bool database_is_broken_off(const struct database *db)
{
	return db->is_begun && sqlite3_get_autocommit(db->handle);
}

int database_commit(struct database *db, struct buf *error)
{
	int failed = refuse_broken_off(db, error);

	if (!failed)
		failed = database_do(db, "COMMIT", error);
	if (!failed)
		db->is_begun = false;
	return failed;
}

void database_rollback(struct database *db)
{
	db->is_begun = false;
	if (!sqlite3_get_autocommit(db->handle))
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

int database_verify(struct database *db, struct buf *error)
{
	sqlite3_stmt *statement;
	char word[8] = "";
	int failed;

	failed =
		database_prepare(db, DATABASE_ONCE, "PRAGMA integrity_check(1)",
				 &statement, error);
	if (failed)
		return failed;
	failed = database_step(db, statement, error);
	if (failed > 0 && (!database_text(statement, 0, word, sizeof(word)) ||
			   strcmp(word, "ok") != 0))
		failed = database_refuse(db, -EBADMSG, NULL, span_str(NULL),
					 "damaged; restore it from a backup, "
					 "or see what sqlite3(1) can recover",
					 error);
	database_finish(db, statement);
	return failed < 0 ? failed : 0;
}
