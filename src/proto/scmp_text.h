/* SPDX-License-Identifier: ISC */
/*
 * What text may consist of in SCMP: printable characters in UTF-8. Not
 * printable are the controls (0 to 1F, 7F, U+0080 to U+009F), the separators
 * of lines and paragraphs, what turns the direction of writing (U+202A to
 * U+202E, U+2066 to U+2069), U+FEFF and the codes that are no characters.
 *
 * Pure.
 */
#ifndef PROTO_SCMP_TEXT_H
#define PROTO_SCMP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum {
	SCMP_NAME_MAX = 64, /* octets of a user name */
};

/* Octets of the printable character that s begins with, 1 to 4; 0 if it begins
 * with none, or is empty. */
size_t scmp_text_character(struct span s);

/* Is all of it printable? The empty text is. */
bool scmp_text_is_printable(struct span s);

/* 1 to 64 of A-Z a-z 0-9 . _ - + @, not beginning with . or - */
bool scmp_text_is_user_name(struct span s);

/* The same characters with * and ? among them, 1 to 64, beginning with any. */
bool scmp_text_is_mask(struct span s);

#endif
