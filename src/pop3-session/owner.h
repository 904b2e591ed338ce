/* SPDX-License-Identifier: ISC */
/*
 * What only a file's owner may do, for a process that is not the owner but
 * could become it. Needed for a user database whose writer died in mid-commit:
 * a monitor reads it with the right to read everything, but what was left must
 * be undone with the owner's rights over file and folder (store/users.h).
 */
#ifndef POP3_SESSION_OWNER_H
#define POP3_SESSION_OWNER_H

#include <sys/types.h>

/* The member as_owner of struct users, where ids can be changed. Changes only
 * the ids by which files are looked at, and back. */
int owner_does(uid_t uid, gid_t gid, int (*work)(const char *path),
	       const char *path);

#endif
