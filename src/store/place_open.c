/* SPDX-License-Identifier: ISC */
#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/place_walk.h"

enum { PLACE_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

/* The part of the path beneath the root, "." for itself; NULL: it is not. */
static const char *place_beneath(const char *path, const char *root)
{
	size_t n = strlen(root);

	while (n && root[n - 1] == '/')
		n--;
	if (strncmp(path, root, n) != 0)
		return NULL;
	if (!path[n])
		return ".";
	if (path[n] != '/')
		return NULL;
	return path[n + 1] ? path + n + 1 : ".";
}

bool place_is_beneath(const char *path, const char *root)
{
	return place_beneath(path, root) != NULL;
}

/* Opens the folder that the path starts from; *rest is beneath it. */
static int place_open_root(const char *path, const char *const *roots,
			   size_t nroots, const char **rest)
{
	int fd, failed = -EXDEV;

	for (size_t i = 0; i < nroots; i++) {
		*rest = place_beneath(path, roots[i]);
		if (!*rest)
			continue;
		fd = open(roots[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		failed = -errno;
	}
	return failed;
}

static int place_open_at(int root, const char *path, int flags)
{
	int fd;

	if (root >= 0)
		return place_walk(root, path, flags, 0);
	fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

/* Makes the last folder of the path. 0 or a negative errno. */
static int place_make(int root, const char *path)
{
	char above[PLACE_PATH_SIZE];
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;
	size_t n = slash ? (size_t)(slash - path) : 0;
	int fd, failed = 0;

	memcpy(above, path, n);
	above[n] = '\0';
	if (!n)
		memcpy(above, slash ? "/" : ".", 2);
	fd = place_open_at(root, above, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fd;
	if (mkdirat(fd, last, 0700) < 0 && errno != EEXIST)
		failed = -errno;
	close(fd);
	return failed;
}

/*
 * Three attempts to make what is there cost a login more than one look.  Most
 * file systems count a folder's folders as links; of a Maildir with others in
 * it that misses one of these, that one is served as empty.
 */
static void place_make_folders(int fd)
{
	static const char *const folders[] = {"cur", "new", "tmp"};
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_nlink >= 2 + 3)
		return;
	/* What is missing is served as empty; so failure does not matter. */
	for (size_t i = 0; i < 3; i++) {
		if (mkdirat(fd, folders[i], 0700) < 0 && errno != EEXIST)
			return;
	}
}

int place_open(const char *path, const char *const *roots, size_t nroots,
	       bool create, bool *missing)
{
	const char *rest = path;
	int root = -1, fd, failed;

	if (missing)
		*missing = false;
	if (strlen(path) >= PLACE_PATH_SIZE)
		return -ENAMETOOLONG;
	if (!place_path_is_plain(span_str(path)) && strcmp(path, "/") != 0)
		return -EINVAL;
	if (nroots) {
		root = place_open_root(path, roots, nroots, &rest);
		if (root < 0)
			return root;
	}
	fd = place_open_at(root, rest, PLACE_FLAGS);
	if (fd == -ENOENT && missing)
		*missing = true;
	if (fd == -ENOENT && create) {
		failed = place_make(root, rest);
		fd = failed ? failed : place_open_at(root, rest, PLACE_FLAGS);
	}
	if (fd >= 0 && create)
		place_make_folders(fd);
	if (fd >= 0 && missing)
		*missing = false;
	if (root >= 0)
		close(root);
	return fd;
}
