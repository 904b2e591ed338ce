/* SPDX-License-Identifier: ISC */
/*
 * Base 64 (RFC 4648, section 4), strictly: no line ends, no blanks, no other
 * alphabet, and bits that mean nothing must be 0, so that there is one text
 * for some octets.
 *
 * Pure.
 */
#ifndef PROTO_BASE64_H
#define PROTO_BASE64_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

enum base64_padding {
	BASE64_PADDED, /* "=" up to a multiple of four */
	BASE64_BARE,   /* none at all */
	BASE64_EITHER, /* as a whole or not at all */
};

/*
 * Adds the octets to *out. False if the text is none, or too long for *out;
 * some octets may then have been added.
 */
bool base64_decode(struct span text, enum base64_padding padding,
		   struct buf *out);

/* Adds the text to *out; BASE64_EITHER is as BASE64_PADDED. */
void base64_encode(struct span octets, enum base64_padding padding,
		   struct buf *out);

#endif
