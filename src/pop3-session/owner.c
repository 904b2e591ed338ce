/* SPDX-License-Identifier: ISC */
#include "pop3-session/owner.h"

#include "priv/borrow.h"

int owner_does(uid_t uid, gid_t gid, int (*work)(const char *path),
	       const char *path)
{
	const struct identity owner = {uid, gid};
	int r = identity_borrow(&owner);

	if (r < 0)
		return r;
	r = work(path);
	identity_return();
	return r;
}
