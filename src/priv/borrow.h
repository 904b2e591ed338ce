/* SPDX-License-Identifier: ISC */
/*
 * Acting on files as somebody else for a moment, and going back.
 *
 * A monitor has to find out whether a Maildir is in use before it becomes the
 * mail's owner for good: after "in use" the client may log in as another user.
 * What it opens, makes and locks meanwhile must be judged by the owner's
 * rights, so only the file system's uid and gid change (setfsuid(2)), which
 * also suspends root's rights over files.  Nothing here blocks.
 */
#ifndef PRIV_BORROW_H
#define PRIV_BORROW_H

#include "priv/identity.h"

/*
 * From now on files are looked at as `owner`, without supplementary groups.
 * 0, or -EPERM: the process has not the right; then nothing has changed.
 */
__attribute__((warn_unused_result)) int
identity_borrow(const struct identity *owner);

/* Back to the process's effective uid and gid. */
void identity_return(void);

#endif
