/* SPDX-License-Identifier: ISC */
/*
 * Listening sockets, from the text of the configuration to the descriptor.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "proto/network.h"

enum {
	LISTEN_BACKLOG = 4096, /* the kernel cuts it to net.core.somaxconn */
	LISTEN_TEXT_MAX = 48,  /* longest text, with room for a NUL */
	LISTEN_ERROR_SIZE = 512,
};

enum listen_family {
	LISTEN_V4,
	LISTEN_V6,   /* IPv6 only */
	LISTEN_BOTH, /* every address of both: `*` */
};

struct listen_address {
	enum listen_family family;
	struct network_address address; /* all zeros with LISTEN_BOTH */
	uint16_t port;			/* 0: one that is free */
};

/*
 * `127.0.0.1:110`, `[::1]:110`, `0.0.0.0:110`, `[::]:110` (IPv6 only) or
 * `*:110` (IPv4 and IPv6). No names. 0, or -EINVAL with a text in *error that
 * begins with the address and names the remedy; the caller says which key or
 * option it is of. Pure.
 */
__attribute__((warn_unused_result)) int
listen_parse(struct span text, struct listen_address *out, struct buf *error);

/* The same form as text; at most LISTEN_TEXT_MAX - 1 octets. */
void listen_format(const struct listen_address *address, struct buf *out);

/* Family, address and port; with LISTEN_BOTH there is no address. Pure. */
bool listen_is_same(const struct listen_address *a,
		    const struct listen_address *b);

/* Whether it is reached from this machine alone. Pure. */
bool listen_is_loopback(const struct listen_address *address);

/*
 * A listening socket (CLOEXEC, O_NONBLOCK, SO_REUSEADDR, tuned by peer_tune()),
 * which the caller closes; or a negative errno with a text in *error that names
 * the address, the reason and the remedy. On a machine without IPv6,
 * LISTEN_BOTH is IPv4 alone.
 */
__attribute__((warn_unused_result)) int
listen_open(const struct listen_address *address, struct buf *error);

/*
 * Which address and port a listening socket has, ours or one that was handed
 * to us: 0 or a negative errno (-EAFNOSUPPORT: not an Internet socket).
 */
__attribute__((warn_unused_result)) int
listen_local(int fd, struct listen_address *out);

#endif
