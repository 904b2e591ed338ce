/* SPDX-License-Identifier: ISC */
/* SQLite as these programs want it: its memory, and its calls. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/database_memory.h"
#include "store/database_sql.h"

/*
 * The sandbox knows paths only through the calls that end in `at`.
 */
static int database_access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, 0);
}

/*
 * Only what the library makes. A journal that somebody else has put there may
 * name any file as one to be removed, with the rights of whoever undoes it. A
 * log that is over has to go: if it is there it is read, whatever its database
 * says, and old pages with it.
 */
static bool is_of_library(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct span name = span_str(slash ? slash + 1 : path);
	struct span tail = span_drop(name, span_find_last(name, '-'));

	return span_equal(tail, span_str("-journal")) ||
	       span_equal(tail, span_str("-wal")) ||
	       span_equal(tail, span_str("-shm")) ||
	       span_starts(name, span_str("etilqs_"));
}

static int database_unlink(const char *path)
{
	if (!is_of_library(path)) {
		errno = EPERM;
		return -1;
	}
	return unlinkat(AT_FDCWD, path, 0);
}

static ssize_t database_readlink(const char *path, char *to, size_t size)
{
	return readlinkat(AT_FDCWD, path, to, size);
}

/*
 * As root the library gives a journal to the owner of the database: whoever
 * makes one has to, whoever only reads it or undoes what is in it has not, and
 * the sandbox would not let it.
 */
static bool database_makes_files;

static int database_fchown(int fd, uid_t uid, gid_t gid)
{
	return database_makes_files ? fchown(fd, uid, gid) : 0;
}

/* A disk that takes its time is not waited for longer than a search may last.
 */
static ssize_t database_pread(int fd, void *to, size_t n, off_t at)
{
	if (users_is_late()) {
		errno = ETIMEDOUT;
		return -1;
	}
	return pread(fd, to, n, at);
}

static const struct database_call {
	const char *name;
	sqlite3_syscall_ptr call;
} database_calls[] = {
	{"access", (sqlite3_syscall_ptr)database_access},
	{"unlink", (sqlite3_syscall_ptr)database_unlink},
	{"readlink", (sqlite3_syscall_ptr)database_readlink},
	{"fchown", (sqlite3_syscall_ptr)database_fchown},
	{"pread64", (sqlite3_syscall_ptr)database_pread},
};

int database_library(bool makes_files)
{
	static bool is_ready;
	sqlite3_vfs *vfs;

	database_makes_files = makes_files;
	if (is_ready)
		return 0;
	if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) ||
	    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) ||
	    sqlite3_config(SQLITE_CONFIG_MALLOC, &database_memory) ||
	    /* page by page: a login needs few */
	    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0) ||
	    sqlite3_initialize())
		return -ENOMEM;
	vfs = sqlite3_vfs_find(NULL);
	for (size_t i = 0;
	     i < sizeof(database_calls) / sizeof(database_calls[0]); i++) {
		const struct database_call *c = &database_calls[i];

		if (vfs->xSetSystemCall(vfs, c->name, c->call))
			return -ENOSYS;
	}
	is_ready = true;
	return 0;
}
