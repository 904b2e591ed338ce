/* SPDX-License-Identifier: ISC */
#include "config/run_dir.h"

#include "priv/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void run_dir_add_path(struct buf *path, const struct settings *settings,
		      bool privileged)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (settings->run_dir[0]) {
		buf_add_str(path, settings->run_dir);
	} else if (privileged) {
		buf_add_str(path, "/run/pop3-session");
	} else if (runtime && runtime[0] == '/') {
		buf_add_str(path, runtime);
		buf_add_str(path, "/pop3-session");
	} else {
		buf_add_str(path, "/tmp/pop3-session-");
		buf_add_u64(path, geteuid());
	}
}

int run_dir_open(const char *path)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || (st.st_uid != geteuid() && st.st_uid != 0) ||
	    (st.st_mode & S_IWOTH)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/* Files that are made in it belong to the same group. Others pass through it to
 * the socket of administration, which has a group of its own. */
static int give_to_daemon(int fd, const char *name)
{
	struct identity daemon;

	if (geteuid() != 0 || identity_find(name, &daemon) < 0)
		return 0;
	if (fchown(fd, (uid_t)-1, daemon.gid) < 0 || fchmod(fd, 02751) < 0)
		return -errno;
	return 0;
}

int run_dir_make(const char *path, const struct settings *settings)
{
	bool made = mkdir(path, 0750) == 0;
	int fd, failed = 0;

	if (!made && errno != EEXIST)
		return -errno;
	fd = run_dir_open(path);
	if (fd >= 0 && made)
		failed = give_to_daemon(fd, settings->scmp_user);
	if (failed == 0)
		return fd;
	close(fd);
	return failed;
}
