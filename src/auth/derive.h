/* SPDX-License-Identifier: ISC */
/*
 * From a password to what a stored form has of it. For auth's own files.
 */
#ifndef AUTH_DERIVE_H
#define AUTH_DERIVE_H

#include "auth/auth.h"
#include "proto/stored.h"

enum {
	DERIVE_MAX = 512, /* octets that come out at most */
};

/*
 * Adds to *out what `s` must have if it was made from this password: of
 * SCHEME_CRYPT the whole string, of SCHEME_SECRET the password, else the
 * octets of the hash, as many as s->hash.n says. The password is no longer
 * than AUTH_PASSWORD_MAX and has no NUL. AUTH_GOOD, or why there is nothing.
 */
__attribute__((warn_unused_result)) enum auth_verdict
auth_derive(const struct stored *s, struct span password, struct buf *out);

/*
 * The same for a string of crypt(3), of which `setting` may be the beginning,
 * and which ends with a NUL.
 */
__attribute__((warn_unused_result)) enum auth_verdict
auth_derive_crypt(const char *setting, struct span password, struct buf *out);

/* Can this be a password at all: not empty, no NUL, not too long? */
bool auth_is_password(struct span password);

#endif
