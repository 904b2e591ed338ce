/* SPDX-License-Identifier: ISC */
#include "store/place_remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/place.h"

enum {
	FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	/* of folders in each other; a Maildir has two or three */
	DEPTH_MAX = 32,
	TRIES = 16,
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

static void empty_folder(int fd, dev_t device, int depth,
			 struct place_removed *removed);

static void remove_folder(int dir, const char *name, dev_t device, int depth,
			  struct place_removed *removed)
{
	int fd = openat(dir, name, FOLDER);
	struct stat st;

	if (fd < 0) {
		note(removed, -errno);
		return;
	}
	/* What is mounted there is not this user's mail. */
	if (fstat(fd, &st) < 0 || st.st_dev != device || depth == DEPTH_MAX) {
		note(removed, -EXDEV);
		close(fd);
		return;
	}
	empty_folder(fd, device, depth + 1, removed);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0)
		note(removed, -errno);
	else
		removed->folders++;
}

static void remove_one(int dir, const char *name, dev_t device, int depth,
		       struct place_removed *removed)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	if (is_folder(dir, name))
		remove_folder(dir, name, device, depth, removed);
	else if (unlinkat(dir, name, 0) == 0)
		removed->files++;
	else if (errno != ENOENT)
		note(removed, -errno);
}

/* Takes the descriptor. */
static void empty_folder(int fd, dev_t device, int depth,
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
	while ((entry = readdir(dir)))
		remove_one(fd, entry->d_name, device, depth, removed);
	closedir(dir);
}

/* --- where it is --- */

static int open_beneath(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	long fd;

	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

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
	fd = open_beneath(rootfd, above);
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

static int remove_at(int above, const char *name, struct place_removed *removed)
{
	int fd = openat(above, name, FOLDER), lock;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int failed = -errno;

		close(fd);
		return failed;
	}
	/* Kept until all is gone, so that no session comes in meanwhile. */
	lock = dup(fd);
	empty_folder(fd, st.st_dev, 0, removed);
	if (unlinkat(above, name, AT_REMOVEDIR) == 0)
		removed->folders++;
	else
		note(removed, -errno);
	if (lock >= 0)
		close(lock);
	return 0;
}

/* However many slashes the root ends in. */
static bool is_root(const char *path, const char *root)
{
	size_t n = strlen(root);

	while (n > 1 && root[n - 1] == '/')
		n--;
	return strncmp(path, root, n) == 0 && !path[n];
}

int place_remove(const char *path, const char *const *roots, size_t nroots,
		 struct place_removed *removed)
{
	const char *name;
	int above, failed;

	*removed = (struct place_removed){0};
	if (strlen(path) >= PLACE_PATH_SIZE)
		return -ENAMETOOLONG;
	if (!place_path_is_plain((struct span){path, strlen(path)}))
		return -EINVAL;
	for (size_t i = 0; i < nroots; i++) {
		/* A root that lies in another one is nobody's mail either. */
		if (is_root(path, roots[i]) || beneath(roots[i], path))
			return -EXDEV;
	}
	above = find_above(path, roots, nroots, &name);
	if (above < 0)
		return above;
	failed = remove_at(above, name, removed);
	close(above);
	return failed;
}
