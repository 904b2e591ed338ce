/* SPDX-License-Identifier: ISC */
#include "stats/printable.h"

#include <string.h>

#include "proto/scmp_text.h"

size_t printable_copy(char *to, size_t size, struct span text, bool *clean)
{
	bool same = true;
	size_t n = 0;

	while (text.n) {
		size_t some = scmp_text_character(text);

		if (n + (some ? some : 1) >= size) {
			same = false;
			break;
		}
		if (some) {
			memcpy(to + n, text.p, some);
		} else {
			to[n] = '?';
			same = false;
			some = 1;
		}
		n += some;
		text = span_drop(text, some);
	}
	to[n] = '\0';
	if (clean)
		*clean = same;
	return n;
}
