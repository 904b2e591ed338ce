/* SPDX-License-Identifier: ISC */
/* What commands about sessions and their sums share. */
#ifndef SCMPD_SESSIONS_H
#define SCMPD_SESSIONS_H

#include "scmpd/call.h"
#include "stats/counters.h"

/* All that is counted; zeros if nobody has counted yet. False: answered. */
__attribute__((warn_unused_result)) bool sessions_sum(struct call *call,
						      struct counters_all *sum);

/* Sessions that there are now. */
uint64_t sessions_open(const struct counters_all *sum);

/* May a caller who is limited to what is his own name this user? False:
 * answered, with [PERM]. */
__attribute__((warn_unused_result)) bool sessions_may_name(struct call *call,
							   struct span user);

#endif
