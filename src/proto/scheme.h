/* SPDX-License-Identifier: ISC */
/*
 * The grammar of stored passwords: an optional scheme in braces, in any case,
 * and what belongs to it.
 *
 *	{PLAIN}secret, {CLEARTEXT}secret
 *	{CRYPT}string, {SHA512-CRYPT}$6$…, {SHA256-CRYPT}$5$…,
 *	{MD5-CRYPT}$1$…, {BLF-CRYPT}$2…, {YESCRYPT}$y$…, {GOST-YESCRYPT}$gy$…
 *	$…                        a bare string of crypt(3)
 *
 * Pure.
 */
#ifndef PROTO_SCHEME_H
#define PROTO_SCHEME_H

#include "base/span.h"

enum scheme_kind {
	/* no scheme that is known, or what follows does not belong to it;
	 * a word without braces is never taken for a secret */
	SCHEME_UNKNOWN,
	SCHEME_SECRET, /* the secret itself follows */
	SCHEME_CRYPT,  /* a string of crypt(3) follows, which is not empty */
};

/* What kind is it? *rest (if not NULL) is what follows the braces. */
enum scheme_kind scheme_split(struct span stored, struct span *rest);

#endif
