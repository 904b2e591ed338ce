/* SPDX-License-Identifier: ISC */
/*
 * Between the kernel's socket addresses and ours.
 */
#ifndef NET_SOCKADDR_H
#define NET_SOCKADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "proto/network.h"

/* False if it is neither IPv4 nor IPv6. IPv4 in IPv6 becomes IPv4. */
bool sockaddr_split(const struct sockaddr_storage *from,
		    struct network_address *address, uint16_t *port);

/* Returns the length. An IPv4 address with as_v6 false is of AF_INET. */
socklen_t sockaddr_make(const struct network_address *address, uint16_t port,
			bool as_v6, struct sockaddr_storage *to);

#endif
