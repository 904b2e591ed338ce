/* SPDX-License-Identifier: ISC */
/*
 * Internet addresses and networks, in one form for both families: 16 octets
 * in network order, an IPv4 address a.b.c.d as ::ffff:a.b.c.d. Prefix lengths
 * count bits of the 16 octets, so that 10.0.0.0/8 has 104.
 *
 * Pure.
 */
#ifndef PROTO_NETWORK_H
#define PROTO_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	NETWORK_BITS = 128,
	NETWORK_V4_BITS = 96, /* bits before those of an IPv4 address */
	/* the longest text, "ffff:…:ffff/128", with room for a NUL */
	NETWORK_TEXT_MAX = 44,
};

struct network_address {
	uint8_t octets[16];
};

struct network {
	struct network_address base; /* bits behind the prefix are 0 */
	unsigned bits;		     /* 0 to 128 */
};

/*
 * An address in text: dotted IPv4 (four decimal numbers without leading
 * zeros), or any form of IPv6 of RFC 4291, section 2.2. No zone, no brackets,
 * no port. False for anything else; *out is then as it was.
 */
bool network_address_parse(struct span text, struct network_address *out);

/* ADDRESS or ADDRESS/PREFIX-LENGTH; bits behind the prefix are cleared. */
bool network_parse(struct span text, struct network *out);

bool network_address_equal(const struct network_address *a,
			   const struct network_address *b);

bool network_address_is_v4(const struct network_address *a);

/* 127.0.0.0/8 or ::1 */
bool network_is_loopback(const struct network_address *a);

/*
 * Is the address in the network? IPv4 addresses are in IPv4 networks only:
 * ::/0 is every IPv6 address, 0.0.0.0/0 every IPv4 address.
 */
bool network_contains(const struct network *n, const struct network_address *a);

/*
 * The network around an address: the first v4_bits (0 to 32) bits of an IPv4
 * address or the first v6_bits (0 to 128) of an IPv6 address; more than there
 * are means all.
 */
struct network network_of(const struct network_address *a, unsigned v4_bits,
			  unsigned v6_bits);

/* Text after RFC 5952; an IPv4 address dotted. At most 39 octets. */
void network_address_format(const struct network_address *a, struct buf *out);

/* The same with "/" and the prefix length as it would be written. */
void network_format(const struct network *n, struct buf *out);

#endif
