/* SPDX-License-Identifier: ISC */
#include "priv/borrow.h"

#include <errno.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <unistd.h>

/* The calls tell only what was before; a second one tells what is. */
static int take(uid_t uid, gid_t gid)
{
	(void)setfsgid(gid);
	(void)setfsuid(uid);
	if ((gid_t)setfsgid((gid_t)-1) != gid ||
	    (uid_t)setfsuid((uid_t)-1) != uid)
		return -EPERM;
	return 0;
}

int identity_borrow(const struct identity *owner)
{
	if (setgroups(0, NULL) < 0)
		return -errno;
	if (take(owner->uid, owner->gid) == 0)
		return 0;
	identity_return();
	return -EPERM;
}

void identity_return(void)
{
	/* gid last: the right to change it comes back with the uid. */
	(void)setfsuid(geteuid());
	(void)setfsgid(getegid());
}
