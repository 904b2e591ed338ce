/* SPDX-License-Identifier: ISC */
/*
 * Statistics for somebody who only wants to know (stats/statistics.h): without
 * a lock, without mapping, and believing nothing. The file is read into memory
 * of one's own, each field is checked, and whatever is in it, or is done to it
 * meanwhile, costs at worst right numbers.
 *
 * Sums are exact: each session is counted once, be it live, dead or folded just
 * now. They do not become less as long as the file is the same (but for what a
 * front that was taken over takes back of its own).
 *
 * Nothing blocks. The file is looked for anew with each call if it was removed
 * or replaced.
 */
#ifndef STATS_STATISTICS_LOOK_H
#define STATS_STATISTICS_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "stats/counters.h"
#include "stats/statistics_row.h"

struct statistics_look {
	int run_dirfd; /* the caller's, must stay open */
	int fd;	       /* -1: not open now */
};

/* Called for each session; false: no more of them. */
typedef bool statistics_each(void *context, const struct statistics_row *row);

/* Nothing is opened yet; run_dirfd stays the caller's. */
void statistics_look_init(struct statistics_look *look, int run_dirfd);
void statistics_look_close(struct statistics_look *look);

/*
 * Calls `each` (may be NULL) for every session that lives, in order of places,
 * and sets *sum (may be NULL). 0; -ENOENT: there is no file yet; -EAGAIN: it
 * changed too fast for a sum; another negative errno: it cannot be read, or is
 * none of ours (-EBADMSG). *sum is set with 0 only; `each` may have been called
 * with -EAGAIN, too.
 */
__attribute__((warn_unused_result)) int
statistics_look_all(struct statistics_look *look, statistics_each *each,
		    void *context, struct counters_all *sum);

#endif
