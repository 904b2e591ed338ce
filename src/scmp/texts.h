/* SPDX-License-Identifier: ISC */
/* Roles that there are: the fixed ones, and those of the database. */
#ifndef SCMP_TEXTS_H
#define SCMP_TEXTS_H

#include "scmp/scmp.h"

/*
 * Is there such a role? STATUS_OK; STATUS_NOT_FOUND, with "there is no role X
 * (only …)" in *error; or STATUS_UNAVAILABLE with the fault of the database
 * there. Nothing is said.
 */
__attribute__((warn_unused_result)) int
texts_find_role(struct scmp *s, const char *role, struct buf *error);

#endif
