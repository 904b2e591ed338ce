/* SPDX-License-Identifier: ISC */
/* Between the files of statistics: pages that are reached through memory. */
#ifndef STATS_STATISTICS_NEAR_H
#define STATS_STATISTICS_NEAR_H

#include "stats/statistics.h"

/* A place's pages in memory; NULL: only by system calls. */
struct statistics_identity *
statistics_near_identity(const struct statistics *st, uint64_t slot);
struct statistics_counters *
statistics_near_counters(const struct statistics *st, uint64_t slot);

/* Both pages of the place were written. */
void statistics_have_storage(const struct statistics *st, uint64_t slot);

void statistics_unmap_near(struct statistics *st);

/* As statistics_survive(), for more than a page. */
__attribute__((warn_unused_result)) int
statistics_survive_range(const void *from, size_t n);
/* It is about to be unmapped. */
void statistics_survive_no_more(const void *from);

#endif
