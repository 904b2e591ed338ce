/* SPDX-License-Identifier: ISC */
#include "store/place_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A rename at the same time can make openat2 ask for another try. */
enum { WALK_TRIES = 16 };

static int walk_stepwise(int root, const char *path, int flags)
{
	char part[NAME_MAX + 1];
	int fd = root;

	do {
		size_t n = strcspn(path, "/");
		int last = !path[n], next;

		if (n >= sizeof(part)) {
			next = -ENAMETOOLONG;
		} else {
			memcpy(part, path, n);
			part[n] = '\0';
			next = openat(fd, part,
				      (last ? flags : O_PATH | O_DIRECTORY) |
					      O_NOFOLLOW | O_CLOEXEC);
			if (next < 0)
				next = -errno;
		}
		if (fd != root)
			close(fd);
		fd = next;
		path += n + !last;
	} while (fd >= 0 && *path);
	return fd;
}

int place_walk(int root, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
	};
	long fd;

	for (int i = 0; i < WALK_TRIES; i++) {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	/* Container runtimes answer EPERM for calls that they do not know. */
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	return walk_stepwise(root, path, flags);
}
