/* SPDX-License-Identifier: ISC */
/*
 * Does a password, or the answer to a challenge, fit the stored form? And the
 * challenge itself, and new stored forms. Knows nothing of users or files.
 *
 * Stored forms are those of proto/scheme.h; its table says which there are.
 * What is not in it is refused, so a bare word is not taken for a password.
 *
 * Comparisons take the same time wherever the difference is. Copies of secrets
 * are cleared before a function returns; the caller clears its own. Work space
 * is mapped for the call and unmapped after it, so a process keeps none of it.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "proto/scheme.h"

enum {
	/* octets; what crypt(3) takes; a longer password is never right */
	AUTH_PASSWORD_MAX = 511,
	AUTH_STAMP_MAX = 200,	/* longest stamp, angle brackets included */
	AUTH_DIGEST_LEN = 32,	/* hexadecimal digits of an MD5 */
	AUTH_STORED_MAX = 1023, /* octets; longest stored form there is */
};

enum auth_verdict {
	AUTH_GOOD,
	AUTH_BAD,
	/* the stored form is unknown, damaged, too costly, or not of use for
	 * what was asked: to be answered like AUTH_BAD, and to be logged with
	 * what auth_describe() says */
	AUTH_UNSUPPORTED,
	/* no memory for the computation, nothing is known of the password:
	 * [SYS/TEMP] */
	AUTH_TEMPFAIL,
};

/*
 * Takes as long as the stored form's scheme wants (milliseconds to a second).
 * A password that is empty, holds a NUL or is over AUTH_PASSWORD_MAX never
 * fits.
 */
__attribute__((warn_unused_result)) enum auth_verdict
auth_check_password(const char *stored, struct span password);

/*
 * Says in *out what the stored form is, for the log and for people: "YESCRYPT,
 * 16 MiB", or why it cannot be used: "SHA512-CRYPT: rounds=90000000 are over
 * the limit of 2000000". Nothing of the salt, hash or secret. False if it
 * cannot be used.
 */
bool auth_describe(const char *stored, struct buf *out);

/*
 * Is a check of this form so much work (over some 0.2 ms) that only a few at
 * once are to be made? See stats/turns.h.
 */
bool auth_is_costly(const char *stored);

/* The same in microseconds, which are good for comparing two forms only; 0
 * also of a form that cannot be used. */
uint32_t auth_work_us(const char *stored);

/* How much work a check of a new form is to be. 0: the scheme's usual. */
struct auth_cost {
	/* in the scheme's unit: see cost_unit in proto/scheme.h */
	uint32_t rounds;
	uint32_t memory_kib; /* ARGON2… alone */
};

/*
 * Adds a new stored form of the password to *out, with its scheme in braces
 * and a salt of getrandom(2). `scheme` is a name of the table, with .b64 or
 * .hex if wanted, or empty: yescrypt, written as {CRYPT}$y$…, which Dovecot
 * reads, too. 0, or with a text in *error: -EINVAL (no such scheme; one of
 * which no new ones are made; a cost out of its range; a password that is
 * empty, has a NUL or is too long), -ENOBUFS, -ENOMEM, or getrandom's errno.
 * Takes as long as a check.
 */
__attribute__((warn_unused_result)) int
auth_make_password(struct span scheme, const struct auth_cost *cost,
		   struct span password, struct buf *out, struct buf *error);

/*
 * RFC 1939, section 7: is digest_hex (32 hexadecimal digits) the MD5 of the
 * stamp as it was sent, angle brackets included, followed by the secret?
 * AUTH_UNSUPPORTED, after as much work, if the stored form keeps no secret.
 */
__attribute__((warn_unused_result)) enum auth_verdict
auth_check_apop(const char *stored, struct span stamp, struct span digest_hex);

/*
 * The same where the secret is kept by itself: these octets, of no scheme. An
 * empty secret never fits.
 */
__attribute__((warn_unused_result)) enum auth_verdict
auth_check_apop_secret(struct span secret, struct span stamp,
		       struct span digest_hex);

/* Is the stored form a plain secret, so that APOP works? */
bool auth_keeps_secret(const char *stored);

/*
 * Adds a new APOP stamp to *out: `<RANDOM.TIME.PID@HOST>`, RANDOM having 128
 * bits, in letters, digits and single dots around the @ and nothing else; other
 * octets of `host` are left out, and it is cut to fit. 0; -ENOBUFS; or the
 * negative errno of getrandom(2), which may block only while a machine boots.
 */
__attribute__((warn_unused_result)) int auth_make_stamp(struct buf *out,
							struct span host);

#endif
