/* SPDX-License-Identifier: ISC */
/* Records in the order that --sort, --offset and --limit want. */
#ifndef SCMP_SORT_H
#define SCMP_SORT_H

#include "scmp/output.h"

/* The order where --sort says nothing, as it would; and the key of a text that
 * no two records share, for those that are equal. */
struct sort_order {
	const char *otherwise, *unique;
};

/* Of users. */
extern const struct sort_order sort_by_name;

/* --offset and --limit as they were given; 0 otherwise. STATUS_OK, or a status
 * after a message. */
__attribute__((warn_unused_result)) int
sort_take_part(const struct scmp *s, uint64_t *offset, uint64_t *limit);

/*
 * Adds the records of an array in that order, and of these the wanted part.
 * STATUS_OK, or a status after a message. The array stays the caller's; the
 * output has its own hold on the records.
 */
__attribute__((warn_unused_result)) int
sort_add(const struct scmp *s, json_t *records, const struct sort_order *order,
	 uint64_t offset, uint64_t limit, struct output *output);

#endif
