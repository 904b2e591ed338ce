/* SPDX-License-Identifier: ISC */
#include "net/local.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LOCAL_BACKLOG = 64, LOCAL_GROUPS = 1024 };

static int cannot(int failed, const char *path, const char *why,
		  struct buf *error)
{
	buf_add_str(error, path);
	buf_add_str(error, ": ");
	buf_add_str(error, why ? why : strerrordesc_np(-failed));
	return failed;
}

static int local_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* Is there somebody who would answer?  Else what is there may go. */
static bool is_answered(const struct sockaddr_un *at)
{
	int fd = local_socket();
	bool answered;

	if (fd < 0)
		return true;
	answered = connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 ||
		   errno != ECONNREFUSED;
	close(fd);
	return answered;
}

static int bind_at(int fd, const struct sockaddr_un *at)
{
	struct stat st;

	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	if (lstat(at->sun_path, &st) == 0 &&
	    (!S_ISSOCK(st.st_mode) || is_answered(at)))
		return -EADDRINUSE;
	if (unlink(at->sun_path) < 0 && errno != ENOENT)
		return -errno;
	return bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ? -errno
								      : 0;
}

/* Nobody can connect before listen(), so the order is of no consequence. */
static int open_to(int fd, const char *path, mode_t mode, gid_t group)
{
	if (group != (gid_t)-1 && lchown(path, (uid_t)-1, group) < 0)
		return -errno;
	if (chmod(path, mode) < 0 || listen(fd, LOCAL_BACKLOG) < 0)
		return -errno;
	return 0;
}

int local_listen(const char *path, mode_t mode, gid_t group, struct buf *error)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd, failed;

	if (path[0] != '/' || strlen(path) >= sizeof(at.sun_path))
		return cannot(-EINVAL, path,
			      "a Unix socket wants an absolute path of less "
			      "than 108 octets",
			      error);
	strcpy(at.sun_path, path);
	fd = local_socket();
	if (fd < 0)
		return cannot(fd, path, NULL, error);
	failed = bind_at(fd, &at);
	if (failed == 0)
		failed = open_to(fd, path, mode, group);
	if (failed == 0)
		return fd;
	close(fd);
	return cannot(failed, path,
		      failed == -EADDRINUSE
			      ? "another server listens there, or it is no "
				"socket; end that server, or remove the file"
			      : NULL,
		      error);
}

int local_add_path(int fd, struct buf *path)
{
	struct sockaddr_un at = {0};
	socklen_t n = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		return -errno;
	if (at.sun_family != AF_UNIX)
		return -EAFNOSUPPORT;
	/* (Where all of sun_path is used there is no NUL.) */
	if (n > offsetof(struct sockaddr_un, sun_path))
		buf_add(path, at.sun_path,
			strnlen(at.sun_path, sizeof(at.sun_path)));
	return 0;
}

int local_peer(int fd, uid_t *uid, gid_t *gid)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return -errno;
	*uid = peer.uid;
	*gid = peer.gid;
	return 0;
}

bool local_peer_is_in(int fd, gid_t group)
{
	gid_t groups[LOCAL_GROUPS];
	socklen_t size = sizeof(groups);
	gid_t own = (gid_t)-1;
	uid_t uid;

	if (local_peer(fd, &uid, &own) == 0 && own == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}
