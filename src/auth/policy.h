/* SPDX-License-Identifier: ISC */
/*
 * What a password that is set here must be like, in words that help to find a
 * better one, and passwords made by chance. Logins are not held to it: a
 * password that was good enough when it was set stays good.
 *
 * Lengths are counted in characters of UTF-8; the longest that can be used at
 * all is AUTH_PASSWORD_MAX octets (auth/auth.h).
 */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	AUTH_CLASSES = 4, /* lower and upper case, digits, all other */
	/* what a made password has at least: 20 * 6 bits */
	AUTH_GENERATED_MIN = 20,
	/* room for every text of auth_policy_check() */
	AUTH_REASONS_SIZE = 1024,
};

struct auth_policy {
	uint32_t min_length; /* characters; 0: any but empty */
	uint32_t max_length; /* characters; 0: AUTH_PASSWORD_MAX octets */
	uint32_t classes;    /* of AUTH_CLASSES that must occur */
	/* the name's part before the @, if it has three octets at least, may
	 * not be in it: in any case, forwards or backwards */
	bool forbid_name;
	/* Neither the whole password, in any case, nor that without digits and
	 * punctuation at its ends may be a word of this file (one a line,
	 * those that begin with # apart) or of the short list of the worst
	 * that is built in; nor may it be a run like 12345678. Empty or NULL:
	 * the built-in list alone. */
	const char *deny_list;
};

/* What holds where nobody says otherwise: 8 characters, forbid_name. */
extern const struct auth_policy auth_policy_default;

/*
 * Is this password good enough for this user (an empty name: for anybody)?
 * 0: yes. A positive number: no, for so many reasons, all of which are added
 * to *reasons as one line, separated by "; ", without any part of the password:
 * "shorter than 8 characters; one of the most used passwords". Negative: the
 * deny list cannot be read (errno), said there, too; nothing is known then.
 * Reads the file from its beginning to its end, and so may block as long as a
 * disk does; a million words take some 20 ms.
 */
__attribute__((warn_unused_result)) int
auth_policy_check(const struct auth_policy *policy, struct span name,
		  struct span password, struct buf *reasons);

/*
 * Adds a password made by chance to *out: at least AUTH_GENERATED_MIN of
 * A-Z a-z 0-9 - _, all classes among them, and so long that the policy takes
 * it. 0; -ENOBUFS; -ERANGE: no such password can be made (max_length under
 * AUTH_GENERATED_MIN is obeyed down to 12); or the errno of getrandom(2).
 */
__attribute__((warn_unused_result)) int
auth_policy_generate(const struct auth_policy *policy, struct buf *out);

#endif
