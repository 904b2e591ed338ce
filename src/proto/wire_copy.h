/* SPDX-License-Identifier: ISC */
/*
 * The inner step of proto/wire.c, in one form for each kind of machine: copy
 * and look for LF in the same pass. Not for other files.
 */
#ifndef PROTO_WIRE_COPY_H
#define PROTO_WIRE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(WIRE_PORTABLE)
#include <emmintrin.h>
#define WIRE_VECTOR 16
static inline unsigned wire_copy_vector(char *to, const char *from)
{
	__m128i v = _mm_loadu_si128((const __m128i *)from);
	int hits = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));

	_mm_storeu_si128((__m128i *)to, v);
	return hits ? (unsigned)__builtin_ctz((unsigned)hits) : WIRE_VECTOR;
}
#endif

static inline size_t wire_copy_line(char *to, const char *from, size_t n)
{
	size_t i = 0;
#ifdef WIRE_VECTOR
	while (n - i >= WIRE_VECTOR) {
		unsigned k = wire_copy_vector(to + i, from + i);

		i += k;
		if (k < WIRE_VECTOR)
			return i;
	}
	for (; i < n && from[i] != '\n'; i++)
		to[i] = from[i];
	return i;
#else
	const char *lf = n ? memchr(from, '\n', n) : NULL;

	i = lf ? (size_t)(lf - from) : n;
	memcpy(to, from, i);
	return i;
#endif
}

#endif
