/* SPDX-License-Identifier: ISC */
/* The word that somebody may have meant who typed another. Pure. */
#ifndef SCMP_SUGGEST_H
#define SCMP_SUGGEST_H

#include "base/span.h"

#include <stddef.h>

/* The best so far; begin with zeros. */
struct suggestion {
	const char *word; /* NULL: none is alike */
	size_t distance;
};

/*
 * Is the word more alike to what was typed than the best so far? Then it is the
 * best. Alike is one that needs few letters taken, put or changed (one of
 * three), or that is the beginning of the other.
 */
void suggest_try(struct suggestion *best, struct span typed, const char *word);

#endif
