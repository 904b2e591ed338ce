/* SPDX-License-Identifier: ISC */
/*
 * What the fuzz targets share. A target is a file fuzz_NAME.c that defines
 * LLVMFuzzerTestOneInput(); it takes the first octets of its input as
 * parameters and the rest as data. Linked with libFuzzer it looks for inputs
 * that break a REQUIRE or a sanitizer, linked with replay.c it runs those of
 * corpus/NAME/ once.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                     \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, \
				__LINE__, #condition);                         \
			abort();                                               \
		}                                                              \
	} while (0)

/* A parameter: the first octet, which is taken away; 0 if there is none. */
static inline unsigned fuzz_take_octet(struct span *in)
{
	unsigned octet = in->n ? (unsigned char)in->p[0] : 0;

	*in = span_drop(*in, 1);
	return octet;
}

/* A copy in storage of just its size, so that no step beyond goes unseen. */
static inline char *fuzz_copy(struct span s)
{
	char *mem = malloc(s.n ? s.n : 1);

	REQUIRE(mem);
	if (s.n)
		memcpy(mem, s.p, s.n);
	return mem;
}

static inline void *fuzz_alloc(size_t n)
{
	void *mem = malloc(n ? n : 1);

	REQUIRE(mem);
	return mem;
}

/* Numbers that depend on the seed alone. */
static inline unsigned fuzz_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Does the part lie within the whole? An empty one may lie anywhere. */
static inline int fuzz_is_within(struct span part, struct span whole)
{
	return part.n == 0 ||
	       (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

#endif
