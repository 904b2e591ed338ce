/* SPDX-License-Identifier: ISC */
/*
 * Who is at the other end of a connected socket, and how the socket is to
 * behave. Nothing here blocks.
 */
#ifndef NET_PEER_H
#define NET_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/network.h"

struct peer {
	/* The addresses below hold something; false for a local socket
	 * (AF_UNIX), which has none and comes from this machine. */
	bool known;
	struct network_address address, local; /* of the peer, and ours */
	uint16_t port, local_port;
};

/*
 * 0; -ENOTSOCK: a file, pipe or terminal; -ENOTCONN: the peer is already gone,
 * or the socket listens; -EAFNOSUPPORT: neither Internet nor local; another
 * negative errno. *out is set only with 0. IPv4 that arrived on an IPv6 socket
 * is IPv4.
 */
__attribute__((warn_unused_result)) int peer_of(int fd, struct peer *out);

/*
 * Small replies are sent at once (TCP_NODELAY), and a peer that has vanished
 * is noticed within about four minutes, idle or not (keep-alive and
 * TCP_USER_TIMEOUT). Sockets inherit all this from the one that they were
 * accepted on, so done once to a listening socket it costs nothing for each
 * connection; listen_open() has done it.
 * 0, also for a local socket, where nothing is to be done; or a negative errno.
 */
__attribute__((warn_unused_result)) int peer_tune(int fd);

#endif
