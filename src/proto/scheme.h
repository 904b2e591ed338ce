/* SPDX-License-Identifier: ISC */
/*
 * The grammar of stored passwords: an optional scheme in braces, in any case,
 * with an optional encoding, and what belongs to it, in the forms that Dovecot
 * knows:
 *
 *	{PLAIN}secret                the secret itself
 *	{SHA512-CRYPT}$6$salt$hash   a string of crypt(3), whose prefix must fit
 *	{CRYPT}string                any string of crypt(3)
 *	$6$salt$hash                 the same, bare
 *	{ARGON2ID}$argon2id$…        the string form of RFC 9106's function
 *	{PBKDF2}$1$salt$rounds$hex   PBKDF2 with HMAC-SHA-1
 *	{SSHA}base64                 a digest of password and salt, then the
 *salt {SCHEME.b64}, {SCHEME.base64}, {SCHEME.hex} that what would follow
 *{SCHEME} is encoded
 *
 * A word without braces is never taken for a secret. One table lists all
 * schemes; what is not in it is refused.
 *
 * Pure.
 */
#ifndef PROTO_SCHEME_H
#define PROTO_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum scheme_kind {
	/* no scheme that is known, or what follows does not belong to it */
	SCHEME_UNKNOWN,
	SCHEME_SECRET, /* the secret itself */
	SCHEME_CRYPT,  /* a string of crypt(3), not empty */
	SCHEME_ARGON2,
	SCHEME_PBKDF2,
	SCHEME_DIGEST, /* of the password, and of a salt if there is one */
};

enum scheme_hash {
	SCHEME_MD5,
	SCHEME_SHA1,
	SCHEME_SHA256,
	SCHEME_SHA512,
};

enum scheme_encoding {
	SCHEME_AS_IS,
	SCHEME_BASE64,
	SCHEME_HEX,
};

/* A row of the table. */
struct scheme {
	const char *name;   /* without braces, upper case */
	const char *help;   /* what it is, in a few words */
	const char *prefix; /* that the form must begin with */
	/* What new ones are written as: a name that also Dovecot knows. */
	const char *written;
	const char *setting; /* SCHEME_CRYPT: for crypt_gensalt(3) */
	/* What auth_make_password() takes as cost; NULL: nothing. */
	const char *cost_unit; /* "rounds", … */
	uint32_t cost_min, cost_usual, cost_max;
	enum scheme_kind kind;
	enum scheme_hash hash;	       /* SCHEME_DIGEST */
	enum scheme_encoding encoding; /* where no suffix says another */
	bool salted; /* SCHEME_DIGEST: a salt follows the digest */
	bool can_make;
};

extern const struct scheme schemes[];
extern const size_t schemes_n;

/* By name, in any case, without braces, with a suffix .b64, .base64 or .hex or
 * none; or NULL. *encoding is set. */
const struct scheme *scheme_find_encoded(struct span words,
					 enum scheme_encoding *encoding);

/*
 * The scheme of a stored form (of a bare one a row of its own), or NULL; *rest
 * is what follows the braces, still in that encoding. Whether it is right is
 * for proto/stored.h.
 */
const struct scheme *scheme_read(struct span stored,
				 enum scheme_encoding *encoding,
				 struct span *rest);

#endif
