/* SPDX-License-Identifier: ISC */
/* Records in the order that --sort, --offset and --limit want. */
#ifndef SCMP_SORT_H
#define SCMP_SORT_H

#include "scmp/output.h"

/*
 * Adds the records of an array in the order of the key that --sort names, name
 * otherwise, and of these the wanted part. STATUS_OK, or a status after a
 * message. The array stays the caller's.
 */
__attribute__((warn_unused_result)) int
sort_add(const struct scmp *s, json_t *records, uint64_t offset, uint64_t limit,
	 struct output *output);

#endif
