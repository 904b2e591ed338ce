/* SPDX-License-Identifier: ISC */
#include "store/database_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/database_sql.h"

int database_version(struct database *db, int *version, struct buf *error)
{
	sqlite3_stmt *statement;
	int r = database_prepare(db, DATABASE_ONCE, "PRAGMA user_version",
				 &statement, error);

	if (r < 0)
		return r;
	r = database_step(db, statement, error);
	if (r > 0)
		*version = sqlite3_column_int(statement, 0);
	database_finish(db, statement);
	return r < 0 ? r : 0;
}

static int database_cannot_copy(const char *path, int failed, const char *why,
				struct buf *error)
{
	buf_add_str(error, "the copy ");
	buf_add_escaped(error, span_str(path));
	buf_add_str(error, ": ");
	buf_add_str(error, why);
	return failed;
}

/* All pages at once, so that it is the state of one moment. */
static int database_copy_to(struct database *db, sqlite3 *to, const char *path,
			    struct buf *error)
{
	sqlite3_backup *backup =
		sqlite3_backup_init(to, "main", db->handle, "main");
	int code = SQLITE_NOMEM;

	if (backup) {
		code = sqlite3_backup_step(backup, -1);
		(void)sqlite3_backup_finish(backup);
	}
	if (code == SQLITE_DONE)
		return 0;
	return database_cannot_copy(path, -EIO, sqlite3_errstr(code), error);
}

static int database_sync(const char *path, struct buf *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int failed = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return failed ? database_cannot_copy(path, failed,
					     strerrordesc_np(-failed), error)
		      : 0;
}

int database_backup(struct database *db, const char *path, struct buf *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	sqlite3 *to = NULL;
	int r;

	if (fd < 0)
		return database_cannot_copy(
			path, -errno,
			errno == EEXIST ? "is there already; name a new file"
					: strerrordesc_np(errno),
			error);
	close(fd);
	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL))
		r = database_cannot_copy(path, -EIO, "cannot be opened", error);
	else
		r = database_copy_to(db, to, path, error);
	(void)sqlite3_close(to);
	if (r == 0)
		r = database_sync(path, error);
	if (r < 0)
		(void)unlink(path);
	return r;
}
