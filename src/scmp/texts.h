/* SPDX-License-Identifier: ISC */
/* Roles that there are: the fixed ones, and those of the database; and what a
 * list of the policy's rules shows. */
#ifndef SCMP_TEXTS_H
#define SCMP_TEXTS_H

#include "scmp/output.h"

/*
 * Is there such a role? STATUS_OK; STATUS_NOT_FOUND, with "there is no role X
 * (only …)" in *error; or STATUS_UNAVAILABLE with the fault of the database
 * there. Nothing is said.
 */
__attribute__((warn_unused_result)) int
texts_find_role(struct scmp *s, const char *role, struct buf *error);

enum { POLICY_COLUMNS = 4 };
extern const struct output_column policy_columns[POLICY_COLUMNS];

#endif
