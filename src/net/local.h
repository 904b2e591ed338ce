/* SPDX-License-Identifier: ISC */
/*
 * Unix stream sockets: listening ones, and who is at the other end of a
 * connection (unix(7): SO_PEERCRED, SO_PEERGROUPS).
 */
#ifndef NET_LOCAL_H
#define NET_LOCAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

/*
 * A listening socket at that absolute path (CLOEXEC, O_NONBLOCK), with exactly
 * this mode, and this group unless it is (gid_t)-1; the caller closes it. What
 * a server that died has left there is replaced; -EADDRINUSE: somebody answers.
 * A negative errno comes with a text in *error that names path and remedy.
 */
__attribute__((warn_unused_result)) int
local_listen(const char *path, mode_t mode, gid_t group, struct buf *error);

/* Adds the path of a Unix socket to *path, nothing if it has none in the file
 * system. 0 or a negative errno (-EAFNOSUPPORT: not a Unix socket). */
__attribute__((warn_unused_result)) int local_add_path(int fd,
						       struct buf *path);

/* Who made the connection: 0 or a negative errno. */
__attribute__((warn_unused_result)) int local_peer(int fd, uid_t *uid,
						   gid_t *gid);

/* Is that group among those of whoever made the connection? */
bool local_peer_is_in(int fd, gid_t group);

#endif
