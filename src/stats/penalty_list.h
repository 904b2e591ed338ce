/* SPDX-License-Identifier: ISC */
/*
 * Who is under a penalty (stats/penalty.h), and an end to that, for whoever
 * administers the server. Sessions go on meanwhile: an entry that changes hands
 * just now is passed over, and a failure that comes just now may be forgotten
 * or not.
 *
 * Nothing blocks. The table is gone through once, whatever is asked for.
 */
#ifndef STATS_PENALTY_LIST_H
#define STATS_PENALTY_LIST_H

#include "stats/penalty.h"

#include <stddef.h>

/*
 * Are the penalties those that sessions have, too? 0, or a negative errno:
 * -EBADF: there is no file, -EBADMSG: it is damaged, -ESTALE: it was removed or
 * replaced, and sessions have another one.
 */
__attribute__((warn_unused_result)) int
penalty_is_shared(const struct penalty *p);

struct penalty_row {
	struct network network; /* an IPv4 address, an IPv6 /64 or /48 */
	uint32_t failures;	/* that are remembered; never 0 */
	uint64_t left_s;	/* until all are forgotten, if none is added */
	/* what the next attempt of somebody who is not known there meets */
	bool refused;
	uint32_t delay_ms;
	bool is_known; /* somebody is, who is not refused */
};

/*
 * The next row of those that have to do with a network (within it, or around
 * it; NULL: all), from place *at on, which is 0 at first and then left alone.
 * False: there is none, or nothing can be known. In no order.
 */
bool penalty_next(const struct penalty *p, const struct penalty_rules *rules,
		  const struct network *which, size_t *at,
		  struct penalty_row *row);

struct penalty_forgiven {
	uint32_t networks;
	uint32_t users; /* who had failures of their own there */
};

/*
 * Forgets the failures of all that have to do with the network, so of a /48
 * around it, too, and those of users there. Who is known stays so. 0, or what
 * penalty_is_shared() says, or -EROFS.
 */
__attribute__((warn_unused_result)) int
penalty_forgive(struct penalty *p, const struct network *which,
		struct penalty_forgiven *n);

#endif
