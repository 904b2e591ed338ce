/* SPDX-License-Identifier: ISC */
/* What went wrong with a database, and what to do about it. */
#include <errno.h>
#include <string.h>

#include "store/database_sql.h"

int database_refuse(const struct database *db, int failed, const char *what,
		    struct span name, const char *why, struct buf *error)
{
	buf_add_str(error, "sqlite:");
	buf_add_escaped(error, span_str(db->path));
	buf_add_str(error, ": ");
	if (what) {
		buf_add_str(error, what);
		buf_add_str(error, " ");
		buf_add_escaped(error, name);
		buf_add_str(error, ": ");
	}
	buf_add_str(error, why);
	return failed;
}

/* The first row whose code is that, or is its class, counts. */
static const struct database_fault {
	int code, failed;
	const char *why;
} database_faults[] = {
	{SQLITE_READONLY_ROLLBACK, -EOWNERDEAD,
	 "a writer died in mid-commit, and this process may not undo that; "
	 "open it once with the right to write it, as with scmp --offline"},
	{SQLITE_CONSTRAINT_UNIQUE, -EEXIST, "the name is taken"},
	{SQLITE_CONSTRAINT_PRIMARYKEY, -EEXIST, "the name is taken"},
	{SQLITE_CONSTRAINT_FOREIGNKEY, -ENOENT, "there is no such user"},
	{SQLITE_CONSTRAINT, -EINVAL,
	 "refused a value that the table does not allow"},
	{SQLITE_BUSY, -EBUSY,
	 "is being written by another process for too long; try again, or "
	 "look for a writer that hangs"},
	{SQLITE_LOCKED, -EBUSY, "is in use by this process"},
	{SQLITE_NOTADB, -EBADMSG,
	 "not a database; restore it from a backup, or correct `users`"},
	{SQLITE_CORRUPT, -EBADMSG,
	 "damaged; restore it from a backup, or see what sqlite3(1) can "
	 "recover"},
	{SQLITE_READONLY, -EROFS,
	 "cannot be written; run this as its owner, and see that its folder "
	 "can be written, too"},
	{SQLITE_FULL, -ENOSPC, "the disk is full; make room"},
	{SQLITE_NOMEM, -ENOMEM, "out of memory"},
	{SQLITE_IOERR, -EIO, "cannot be read or written"},
	{SQLITE_INTERRUPT, -EINTR, "interrupted"},
	{SQLITE_TOOBIG, -EINVAL, "a value is too long"},
	/* a table or column that is not there */
	{SQLITE_ERROR, -EBADMSG,
	 "its tables are not those of its version; restore it from a backup"},
};

static const struct database_fault *database_fault_of(int code)
{
	size_t n = sizeof(database_faults) / sizeof(database_faults[0]);

	for (size_t i = 0; i < n; i++) {
		const struct database_fault *f = &database_faults[i];

		if (f->code == code || f->code == (code & 0xff))
			return f;
	}
	return NULL;
}

int database_failed(struct database *db, struct buf *error)
{
	int code = sqlite3_extended_errcode(db->handle);
	int number = sqlite3_system_errno(db->handle);
	const struct database_fault *fault = database_fault_of(code);

	if ((code & 0xff) == SQLITE_CANTOPEN)
		return users_cannot_read("sqlite:", db->path,
					 number ? -number : -EIO, error);
	if (!fault)
		return database_refuse(db, -EIO, NULL, span_str(NULL),
				       sqlite3_errstr(code), error);
	database_refuse(db, 0, NULL, span_str(NULL), fault->why, error);
	if (fault->failed == -EIO && number) {
		buf_add_str(error, ": ");
		buf_add_str(error, users_error_text(number));
	}
	return fault->failed;
}
