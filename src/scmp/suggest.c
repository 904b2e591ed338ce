/* SPDX-License-Identifier: ISC */
#include "scmp/suggest.h"

#include <string.h>

enum { WORD_MAX = 32 };

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's: letters to be taken, put or changed. */
static size_t distance(struct span a, struct span b)
{
	size_t row[WORD_MAX + 1];

	for (size_t k = 0; k <= b.n; k++)
		row[k] = k;
	for (size_t i = 0; i < a.n; i++) {
		size_t above_left = row[0];

		row[0] = i + 1;
		for (size_t k = 0; k < b.n; k++) {
			size_t above = row[k + 1];

			row[k + 1] = least(above + 1, row[k] + 1,
					   above_left + (a.p[i] != b.p[k]));
			above_left = above;
		}
	}
	return row[b.n];
}

void suggest_try(struct suggestion *best, struct span typed, const char *word)
{
	struct span other = span_str(word);
	size_t far;

	if (typed.n < 2 || typed.n > WORD_MAX || other.n > WORD_MAX)
		return;
	if (span_starts(typed, other) || span_starts(other, typed))
		far = 1;
	else
		far = distance(typed, other);
	if (far > (typed.n + 2) / 3 || (best->word && far >= best->distance))
		return;
	best->word = word;
	best->distance = far;
}
