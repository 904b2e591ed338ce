/* SPDX-License-Identifier: ISC */
#include "store/database_kept.h"

#include <errno.h>
#include <string.h>

#include "store/database_memory.h"
#include "store/database_row.h"
#include "store/database_sql.h"
#include "sys/file_stamp.h"

static struct {
	bool is_made;
	struct file_stamp stamp; /* of the file of which it was made */
	struct database db;
} kept;

static bool is_of(const char *path)
{
	return strcmp(kept.db.path, path) == 0;
}

static bool is_as_it_was(const char *path)
{
	struct file_stamp now;

	file_stamp_take(path, &now);
	return file_stamp_is_same(&kept.stamp, &now);
}

/* Ends the transaction of the opening: no lock, so no file, is left. */
static int kept_prepare(struct database *db, struct buf *error)
{
	sqlite3_stmt *statement;
	int failed = database_user_prepare(db, &statement, error);

	return failed ? failed : database_commit(db, error);
}

/*
 * As a rule nothing is open and nothing points to it: its memory is all there
 * is to be given back. What found no room there has to be found by the library.
 */
static void kept_forget(bool is_usual)
{
	kept.is_made = false;
	if (!is_usual || !database_memory_discard(DATABASE_MEMORY_KEPT))
		database_close(&kept.db);
}

/*
 * If the library keeps one list of all connections' pages, they point to those
 * of a connection whose memory is given back.
 */
static bool are_pages_apart(void)
{
	return !sqlite3_compileoption_used("ENABLE_MEMORY_MANAGEMENT");
}

void database_kept_make(const char *path)
{
	char memory[USERS_ERROR_SIZE];
	struct file_stamp stamp;
	struct buf error;

	if (!are_pages_apart() || (kept.is_made && is_as_it_was(kept.db.path)))
		return;
	if (kept.is_made)
		kept_forget(true);
	file_stamp_take(path, &stamp);
	buf_init(&error, memory, sizeof(memory));
	if (database_open(&kept.db, path, DATABASE_KEPT, 0, &error))
		return;
	if (kept_prepare(&kept.db, &error)) {
		database_close(&kept.db);
		return;
	}
	file_stamp_keep(&stamp);
	kept.stamp = stamp;
	kept.is_made = true;
	database_memory_leave();
}

int database_kept_find(const char *path, struct span name,
		       struct database_user *user, struct buf *error)
{
	bool is_usual;
	int failed;

	if (!kept.is_made || !is_of(path))
		return -ESTALE;
	if (!is_as_it_was(path)) {
		kept_forget(true);
		return -ESTALE;
	}
	database_memory_begin(DATABASE_MEMORY_KEPT);
	failed = database_row_find(&kept.db, name, user, error);
	/* Also that which was opened, since a file that is moved shows it. */
	is_usual = (!failed || failed == -ENOENT || failed == -EUCLEAN) &&
		   is_as_it_was(path);
	kept_forget(is_usual);
	if (is_usual)
		return failed;
	if (!failed || failed == -EUCLEAN)
		database_user_clear(user);
	buf_reset(error);
	return -ESTALE;
}
