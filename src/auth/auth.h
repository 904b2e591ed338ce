/* SPDX-License-Identifier: ISC */
/*
 * Does a password, or the answer to a challenge, fit the stored form? And the
 * challenge itself. Knows nothing of users or files.
 *
 * Stored forms, schemes in any case:
 *
 *	{PLAIN}secret, {CLEARTEXT}secret   the secret itself
 *	{CRYPT}…        whatever crypt(3) of this machine knows
 *	{SHA512-CRYPT}$6$…  {SHA256-CRYPT}$5$…  {MD5-CRYPT}$1$…
 *	{BLF-CRYPT}$2b$…    {YESCRYPT}$y$…      {GOST-YESCRYPT}$gy$…
 *	$…              a bare string of crypt(3)
 *
 * Anything else is refused, so a bare word is not taken for a password.
 *
 * Comparisons take the same time wherever the difference is. Copies of secrets
 * are cleared before a function returns; the caller clears its own. The work
 * space of crypt(3) is mapped for the call and unmapped after it, so a process
 * keeps none of it.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	/* octets; what crypt(3) takes; a longer password is never right */
	AUTH_PASSWORD_MAX = 511,
	AUTH_STAMP_MAX = 200, /* longest stamp, angle brackets included */
	AUTH_DIGEST_LEN = 32, /* hexadecimal digits of an MD5 */
};

enum auth_verdict {
	AUTH_GOOD,
	AUTH_BAD,
	/* the stored form is unknown, damaged, or not of use for what was
	 * asked: to be answered like AUTH_BAD, and to be logged */
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
 * RFC 1939, section 7: is digest_hex (32 hexadecimal digits) the MD5 of the
 * stamp as it was sent, angle brackets included, followed by the secret?
 * AUTH_UNSUPPORTED, after as much work, if the stored form keeps no secret.
 */
__attribute__((warn_unused_result)) enum auth_verdict
auth_check_apop(const char *stored, struct span stamp, struct span digest_hex);

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
