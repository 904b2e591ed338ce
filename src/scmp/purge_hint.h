/* SPDX-License-Identifier: ISC */
/* How the mail of a user who has just been deleted can be removed. */
#ifndef SCMP_PURGE_HINT_H
#define SCMP_PURGE_HINT_H

#include "scmp/scmp.h"
#include "store/users.h"

/*
 * Where there is mail, says where, and the command that removes it: one for a
 * shell, with all that only the row knew.
 */
void purge_hint(const struct scmp *s, const struct user_row *row);

#endif
