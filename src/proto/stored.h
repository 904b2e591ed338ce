/* SPDX-License-Identifier: ISC */
/*
 * A stored password taken to pieces: scheme, encoding, parameters, salt, hash.
 * Everything that can be wrong with it is found here, before any work is done,
 * and so is how much work a check of it would be: a form that asks for more
 * than the limits of stored.c (about two seconds of a processor, 256 MiB) is
 * refused, so that one row cannot stop a machine.
 *
 * What belongs to a string of crypt(3) is known here, too: a method whose cost
 * cannot be told is refused.
 *
 * Pure.
 */
#ifndef PROTO_STORED_H
#define PROTO_STORED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/scheme.h"

enum {
	STORED_MAX = 1023,	     /* octets of a stored form */
	STORED_MEMORY = 2048,	     /* that its pieces need */
	STORED_RANDOM = 96,	     /* octets for stored_example() */
	STORED_MEMORY_MOST = 262144, /* KiB that a check may take */
	STORED_HASH_MAX = 64,	     /* octets of a digest or Argon2's tag */
};

struct stored {
	const struct scheme *scheme;
	bool is_bare; /* a string of crypt(3) without braces */
	/* What follows the braces, decoded, with a NUL behind it: the secret,
	 * the string of crypt(3). */
	struct span form;
	struct span salt, hash; /* SCHEME_ARGON2, _PBKDF2, _DIGEST: octets */
	uint32_t rounds;	/* SCHEME_ARGON2: passes; _PBKDF2 */
	uint32_t memory_kib, lanes, version; /* SCHEME_ARGON2 */
	bool is_costly; /* a check takes over some 0.2 ms */
	/* About how long it takes, to compare; 0: SCHEME_SECRET alone. */
	uint32_t work_us;
};

enum stored_verdict {
	STORED_GOOD,
	STORED_UNKNOWN,	  /* no scheme of the table, or none at all */
	STORED_DAMAGED,	  /* not what its scheme wants */
	STORED_EXCESSIVE, /* over a limit */
};

/*
 * The pieces lie in *memory, which is emptied first (STORED_MEMORY octets are
 * enough for every form) and holds a secret afterwards, which the caller
 * clears. Only with STORED_GOOD is *out set. Unless `words` is NULL it says in
 * a few words what the form is ("ARGON2ID, 64 MiB, 3 passes") or what is wrong
 * with it, without anything of salt, hash or secret.
 */
enum stored_verdict stored_read(struct span stored, struct buf *memory,
				struct stored *out, struct buf *words);

/*
 * A form of the same scheme and the same cost that no password fits: parameters
 * as there, salt and hash made of `random`, so that it says nothing of the form
 * that it was made of (but for the last letter of crypt(3)'s salts, not any of
 * which would do). Added to *out. False, and nothing added, if the form is not
 * STORED_GOOD or does not fit.
 */
bool stored_example(struct span stored, const uint8_t random[STORED_RANDOM],
		    struct buf *out);

/*
 * How much work is a check of this form (work_us)? False, and *work_us as it
 * was, if the form is not STORED_GOOD.
 */
bool stored_work(struct span stored, uint32_t *work_us);

/* Octets of a digest. */
size_t stored_hash_size(enum scheme_hash hash);

#endif
