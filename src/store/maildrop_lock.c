/* SPDX-License-Identifier: ISC */
#include "store/maildrop_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int lock_range(int fd)
{
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	while (fcntl(fd, F_OFD_SETLK, &range) != 0) {
		if (errno == EAGAIN || errno == EACCES)
			return -EWOULDBLOCK;
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int lock_file(int dir, int *file)
{
	struct stat st;
	int error = 0;
	int fd = openat(dir, MAILDROP_LOCK_NAME,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);

	*file = -1;
	if (fd < 0)
		return errno == EROFS ? 0 : -errno;
	if (fstat(fd, &st) != 0)
		error = -errno;
	else if (!S_ISREG(st.st_mode))
		error = -EINVAL;
	else
		error = lock_range(fd);
	if (error)
		close(fd);
	else
		*file = fd;
	return error;
}

int maildrop_lock(int dir, int *file)
{
	while (flock(dir, LOCK_EX | LOCK_NB) != 0) {
		switch (errno) {
		case EINTR:
			continue;
		case EBADF: /* NFS: exclusive needs a file open for writing */
		case ENOLCK:
		case EOPNOTSUPP:
		case EINVAL:
		case ENOSYS:
			return lock_file(dir, file);
		default:
			return -errno;
		}
	}
	*file = -1;
	return 0;
}

void maildrop_unlock(int dir, int *file)
{
	if (*file >= 0)
		close(*file);
	else if (dir >= 0)
		flock(dir, LOCK_UN);
	*file = -1;
}
