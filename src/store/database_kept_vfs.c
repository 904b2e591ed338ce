/* SPDX-License-Identifier: ISC */
/*
 * Files of kept connections: the library's own, but open only while locked.
 * Whatever it asks of a file that is closed, the file is opened for; giving up
 * the last lock closes it.
 */
#include <stdbool.h>
#include <stddef.h>

#include "store/database_kept.h"
#include "store/database_sql.h"

struct kept_file {
	sqlite3_file head; /* as the library sees it */
	const char *name;  /* the library's; lives as long as the connection */
	int flags;
	bool is_open;
	_Alignas(max_align_t) char real[]; /* the library's own file */
};

static sqlite3_vfs *own; /* the library's */
static sqlite3_vfs kept; /* the same but for xOpen */

static struct kept_file *kept_of(sqlite3_file *file)
{
	return (struct kept_file *)file;
}

static sqlite3_file *real_of(struct kept_file *k)
{
	return (sqlite3_file *)(void *)k->real;
}

static int kept_wake(struct kept_file *k, int *flags)
{
	int code;

	if (k->is_open)
		return SQLITE_OK;
	code = own->xOpen(own, k->name, real_of(k), k->flags, flags);
	k->is_open = code == SQLITE_OK;
	return code;
}

static int kept_close(sqlite3_file *file)
{
	struct kept_file *k = kept_of(file);

	if (!k->is_open)
		return SQLITE_OK;
	k->is_open = false;
	return real_of(k)->pMethods->xClose(real_of(k));
}

static int kept_lock(sqlite3_file *file, int level)
{
	struct kept_file *k = kept_of(file);
	int code = kept_wake(k, NULL);

	return code ? code : real_of(k)->pMethods->xLock(real_of(k), level);
}

static int kept_unlock(sqlite3_file *file, int level)
{
	struct kept_file *k = kept_of(file);
	int code;

	if (!k->is_open)
		return SQLITE_OK;
	code = real_of(k)->pMethods->xUnlock(real_of(k), level);
	if (level == SQLITE_LOCK_NONE)
		(void)kept_close(file);
	return code;
}

static int kept_is_reserved(sqlite3_file *file, int *is)
{
	struct kept_file *k = kept_of(file);
	int code = kept_wake(k, NULL);

	return code ? code
		    : real_of(k)->pMethods->xCheckReservedLock(real_of(k), is);
}

static int kept_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	struct kept_file *k = kept_of(file);
	int code = kept_wake(k, NULL);

	return code ? code : real_of(k)->pMethods->xRead(real_of(k), to, n, at);
}

static int kept_size(sqlite3_file *file, sqlite3_int64 *n)
{
	struct kept_file *k = kept_of(file);
	int code = kept_wake(k, NULL);

	return code ? code : real_of(k)->pMethods->xFileSize(real_of(k), n);
}

static int kept_write(sqlite3_file *file, const void *from, int n,
		      sqlite3_int64 at)
{
	(void)file, (void)from, (void)n, (void)at;
	return SQLITE_READONLY;
}

static int kept_truncate(sqlite3_file *file, sqlite3_int64 n)
{
	(void)file, (void)n;
	return SQLITE_READONLY;
}

static int kept_sync(sqlite3_file *file, int flags)
{
	(void)file, (void)flags;
	return SQLITE_READONLY;
}

static int kept_control(sqlite3_file *file, int what, void *argument)
{
	struct kept_file *k = kept_of(file);

	if (!k->is_open)
		return SQLITE_NOTFOUND;
	return real_of(k)->pMethods->xFileControl(real_of(k), what, argument);
}

/* These two are about writing. */
static int kept_sector(sqlite3_file *file)
{
	(void)file;
	return 4096;
}

static int kept_device(sqlite3_file *file)
{
	(void)file;
	return 0;
}

/* Version 1: neither mapped nor with a write-ahead log. */
static const sqlite3_io_methods kept_methods = {
	.iVersion = 1,
	.xClose = kept_close,
	.xRead = kept_read,
	.xWrite = kept_write,
	.xTruncate = kept_truncate,
	.xSync = kept_sync,
	.xFileSize = kept_size,
	.xLock = kept_lock,
	.xUnlock = kept_unlock,
	.xCheckReservedLock = kept_is_reserved,
	.xFileControl = kept_control,
	.xSectorSize = kept_sector,
	.xDeviceCharacteristics = kept_device,
};

/* Only the database itself: a journal is open while it is read anyway. */
static int kept_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
		     int flags, int *got)
{
	struct kept_file *k = kept_of(file);
	int code;

	(void)vfs;
	if (!(flags & SQLITE_OPEN_MAIN_DB))
		return own->xOpen(own, name, file, flags, got);
	k->name = name;
	k->flags = flags;
	k->is_open = false;
	code = kept_wake(k, got);
	k->head.pMethods = code ? NULL : &kept_methods;
	return code;
}

const char *database_kept_vfs(void)
{
	if (own)
		return kept.zName;
	own = sqlite3_vfs_find(NULL);
	if (!own)
		return NULL;
	kept = *own;
	kept.zName = "kept";
	kept.pNext = NULL;
	kept.xOpen = kept_open;
	kept.szOsFile += (int)sizeof(struct kept_file);
	if (sqlite3_vfs_register(&kept, 0) == SQLITE_OK)
		return kept.zName;
	own = NULL;
	return NULL;
}
