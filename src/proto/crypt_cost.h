/* SPDX-License-Identifier: ISC */
/*
 * What a check of a string of crypt(3) would cost, read from the string, for
 * the methods that crypt(5) lists.
 *
 * Pure.
 */
#ifndef PROTO_CRYPT_COST_H
#define PROTO_CRYPT_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct crypt_cost {
	/* in this unit ("rounds", "KiB of memory"), and the most of it that is
	 * bearable; 0 and 0 where the method has one cost */
	uint64_t asked, limit;
	const char *unit;
	bool is_costly; /* over some 0.2 ms */
};

/*
 * False: a method that is not known, parameters that are not read as crypt(3)
 * reads them, or plainly no hash ("*", "!", a setting alone).
 */
bool crypt_cost(struct span form, struct crypt_cost *cost);

/*
 * About how long a check takes on a usual processor, in microseconds: good for
 * telling which of two is more work. The limits are where it takes the most.
 */
enum { CRYPT_WORK_MOST_US = 2000000 };
uint32_t crypt_work_us(const struct crypt_cost *cost);

#endif
