/* SPDX-License-Identifier: ISC */
/* Is mail that is to be removed somebody else's, too? */
#ifndef SCMP_SHARING_H
#define SCMP_SHARING_H

#include "scmp/scmp.h"

/*
 * STATUS_OK: neither in the database, which is open, nor in another store of
 * `users` does anybody but the user of that name have mail at the path, in it
 * or around it, whatever links lead there. Or a status after a message: also
 * where that cannot be seen. Reads all users, and looks for the mail of each.
 */
__attribute__((warn_unused_result)) int
sharing_check(struct scmp *s, const char *name, const char *path);

/*
 * If mail is there already for a user who is new, tells so, and of another user
 * of the database who has it, too. Reads all users then.
 */
void sharing_tell(struct scmp *s, const struct user_row *row);

#endif
