/* SPDX-License-Identifier: ISC */
#include "store/place_remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/maildrop_lock.h"
#include "store/place.h"
#include "store/place_walk.h"

enum {
	FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	/* of folders in each other; a Maildir has two or three */
	DEPTH_MAX = 32,
};

static void note(struct place_removed *removed, int failed)
{
	if (!removed->failed)
		removed->failed = failed;
}

static bool is_folder(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* A folder that something is mounted on; not every kernel tells. */
static bool is_mounted(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* What is mounted there is not this user's mail. */
static int open_inner(int dir, const char *name)
{
	struct stat outer, inner;
	int failed = 0;
	int fd = place_walk(dir, name, FOLDER,
			    RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

	if (fd < 0)
		return fd;
	/* A kernel without openat2 has gone in. */
	if (fstat(dir, &outer) < 0 || fstat(fd, &inner) < 0)
		failed = -errno;
	else if (inner.st_dev != outer.st_dev || is_mounted(fd))
		failed = -EXDEV;
	if (!failed)
		return fd;
	close(fd);
	return failed;
}

static void empty_folder(int fd, const char *but, int depth,
			 struct place_removed *removed);

static void remove_folder(int dir, const char *name, int depth,
			  struct place_removed *removed)
{
	int fd = depth < DEPTH_MAX ? open_inner(dir, name) : -ENAMETOOLONG;

	if (fd < 0) {
		note(removed, fd);
		return;
	}
	empty_folder(fd, NULL, depth + 1, removed);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0)
		note(removed, -errno);
	else
		removed->folders++;
}

static void remove_one(int dir, const char *name, int depth,
		       struct place_removed *removed)
{
	if (is_folder(dir, name))
		remove_folder(dir, name, depth, removed);
	else if (unlinkat(dir, name, 0) == 0)
		removed->files++;
	else if (errno != ENOENT)
		note(removed, -errno);
}

/* All but what is called `but` (may be NULL). Takes the descriptor. */
static void empty_folder(int fd, const char *but, int depth,
			 struct place_removed *removed)
{
	struct dirent *entry;
	DIR *dir = fdopendir(fd);

	if (!dir) {
		note(removed, -errno);
		close(fd);
		return;
	}
	/* What is removed while the folder is read is read all the same. */
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		    (!but || strcmp(name, but) != 0))
			remove_one(fd, name, depth, removed);
	}
	closedir(dir);
}

/* --- where it is --- */

/* What of the path is beneath the root; NULL: nothing. */
static const char *beneath(const char *path, const char *root)
{
	size_t n = strlen(root);

	while (n && root[n - 1] == '/')
		n--;
	if (strncmp(path, root, n) != 0 || path[n] != '/')
		return NULL;
	return path[n + 1] ? path + n + 1 : NULL;
}

/* The folder above the Maildir, and in *name what the Maildir is called. */
static int open_above(const char *root, const char *rest, const char **name)
{
	char above[PLACE_PATH_SIZE];
	const char *slash = strrchr(rest, '/');
	size_t n = slash ? (size_t)(slash - rest) : 1;
	int rootfd, fd;

	memcpy(above, slash ? rest : ".", n);
	above[n] = '\0';
	*name = slash ? slash + 1 : rest;
	rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		return -errno;
	fd = place_walk(rootfd, above, O_PATH | O_DIRECTORY,
			RESOLVE_NO_SYMLINKS);
	close(rootfd);
	return fd;
}

static int find_above(const char *path, const char *const *roots, size_t nroots,
		      const char **name)
{
	static const char *const anywhere[] = {"/"};
	int failed = -EXDEV;

	if (!nroots) {
		roots = anywhere;
		nroots = 1;
	}
	for (size_t i = 0; i < nroots; i++) {
		const char *rest = beneath(path, roots[i]);
		int fd;

		if (!rest)
			continue;
		fd = open_above(roots[i], rest, name);
		if (fd >= 0)
			return fd;
		failed = fd;
	}
	return failed;
}

/* The folder fd, which is locked. */
static void remove_locked(int above, const char *name, int fd,
			  struct place_removed *removed)
{
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (again < 0) {
		note(removed, -errno);
		return;
	}
	/* A file that bears the lock comes last, or a session would come in. */
	empty_folder(again, MAILDROP_LOCK_NAME, 0, removed);
	remove_one(fd, MAILDROP_LOCK_NAME, 0, removed);
	if (unlinkat(above, name, AT_REMOVEDIR) == 0)
		removed->folders++;
	else
		note(removed, -errno);
}

static int remove_at(int above, const char *name, struct place_removed *removed)
{
	int fd = openat(above, name, FOLDER), lock, failed;

	if (fd < 0)
		return -errno;
	failed = maildrop_lock(fd, &lock);
	if (!failed) {
		remove_locked(above, name, fd, removed);
		maildrop_unlock(fd, &lock);
	}
	close(fd);
	return failed;
}

/* However many slashes the root ends in. */
static bool is_root(const char *path, const char *root)
{
	size_t n = strlen(root);

	while (n > 1 && root[n - 1] == '/')
		n--;
	return strncmp(path, root, n) == 0 && !path[n];
}

int place_check_removable(const char *path, const char *const *roots,
			  size_t nroots)
{
	bool is_beneath = !nroots;

	if (strlen(path) >= PLACE_PATH_SIZE)
		return -ENAMETOOLONG;
	if (!place_path_is_plain((struct span){path, strlen(path)}))
		return -EINVAL;
	for (size_t i = 0; i < nroots; i++) {
		/* A root that lies in another one is nobody's mail either. */
		if (is_root(path, roots[i]) || beneath(roots[i], path))
			return -EXDEV;
		is_beneath = is_beneath || beneath(path, roots[i]);
	}
	return is_beneath ? 0 : -EXDEV;
}

int place_remove(const char *path, const char *const *roots, size_t nroots,
		 struct place_removed *removed)
{
	const char *name;
	int above, failed = place_check_removable(path, roots, nroots);

	*removed = (struct place_removed){0};
	if (failed)
		return failed;
	above = find_above(path, roots, nroots, &name);
	if (above < 0)
		return above;
	failed = remove_at(above, name, removed);
	close(above);
	return failed;
}
