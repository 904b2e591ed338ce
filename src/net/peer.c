/* SPDX-License-Identifier: ISC */
#include "net/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/sockaddr.h"

/* A silent peer: 120 s of quiet and four probes 30 s apart make 240 s. */
enum {
	PEER_QUIET_S = 120,
	PEER_PROBE_S = 30,
	PEER_PROBES = 4,
	PEER_GIVE_UP_MS = (PEER_QUIET_S + PEER_PROBES * PEER_PROBE_S) * 1000,
};

int peer_of(int fd, struct peer *out)
{
	struct sockaddr_storage peer = {0}, local = {0};
	socklen_t n = sizeof(peer);
	struct peer found = {.known = true};

	if (getpeername(fd, (struct sockaddr *)&peer, &n) < 0)
		return -errno;
	n = sizeof(local);
	if (getsockname(fd, (struct sockaddr *)&local, &n) < 0)
		return -errno;
	if (peer.ss_family == AF_UNIX) {
		found.known = false;
	} else if (!sockaddr_split(&peer, &found.address, &found.port) ||
		   !sockaddr_split(&local, &found.local, &found.local_port)) {
		return -EAFNOSUPPORT;
	}
	*out = found;
	return 0;
}

static const struct peer_option {
	int level, name, value;
} peer_options[] = {
	{IPPROTO_TCP, TCP_NODELAY, 1},
	{IPPROTO_TCP, TCP_KEEPIDLE, PEER_QUIET_S},
	{IPPROTO_TCP, TCP_KEEPINTVL, PEER_PROBE_S},
	{IPPROTO_TCP, TCP_KEEPCNT, PEER_PROBES},
	{IPPROTO_TCP, TCP_USER_TIMEOUT, PEER_GIVE_UP_MS},
	{SOL_SOCKET, SO_KEEPALIVE, 1},
};

int peer_tune(int fd)
{
	socklen_t n = sizeof(int);
	int domain;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) < 0)
		return -errno;
	if (domain != AF_INET && domain != AF_INET6)
		return 0;
	for (size_t i = 0; i < sizeof(peer_options) / sizeof(peer_options[0]);
	     i++) {
		const struct peer_option *o = &peer_options[i];

		if (setsockopt(fd, o->level, o->name, &o->value,
			       sizeof(o->value)) < 0)
			return -errno;
	}
	return 0;
}
