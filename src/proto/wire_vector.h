/* SPDX-License-Identifier: ISC */
/*
 * The inner steps of proto/wire.c for machines with vectors of 16 octets: SSE2
 * (every amd64) and NEON (every arm64). Where WIRE_VECTOR is not defined there
 * are none, and wire.c does without. Not for other files.
 */
#ifndef PROTO_WIRE_VECTOR_H
#define PROTO_WIRE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_BLOCK = 64, /* octets that are copied at once */
	WIRE_STEP = 16,	 /* octets that are counted at once */
	/* Steps until a count of one octet's width might overflow. */
	WIRE_STEPS_MAX = 255,
};

#if defined(__SSE2__) && !defined(WIRE_PORTABLE)
#define WIRE_VECTOR 1
#include <emmintrin.h>

typedef __m128i wire_vector;

static inline wire_vector wire_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

static inline void wire_store(char *p, wire_vector v)
{
	_mm_storeu_si128((__m128i *)p, v);
}

static inline unsigned wire_lf_bits(wire_vector v)
{
	wire_vector hits = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));

	return (unsigned)_mm_movemask_epi8(hits);
}

/* A bit for each LF in 64 octets, the lowest for the first. */
static inline uint64_t wire_lf_mask(wire_vector a, wire_vector b, wire_vector c,
				    wire_vector d)
{
	unsigned low = wire_lf_bits(a) | wire_lf_bits(b) << 16;
	unsigned high = wire_lf_bits(c) | wire_lf_bits(d) << 16;

	return low | (uint64_t)high << 32;
}

/* The number of LFs in `steps` steps at p that have no CR before them. */
static inline uint64_t wire_count_bare(const char *p, size_t steps)
{
	const wire_vector lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	wire_vector sums = _mm_setzero_si128();

	for (; steps > 0; steps--, p += WIRE_STEP) {
		wire_vector is_lf = _mm_cmpeq_epi8(wire_load(p), lf);
		wire_vector has_cr = _mm_cmpeq_epi8(wire_load(p - 1), cr);

		/* A hit is -1. */
		sums = _mm_sub_epi8(sums, _mm_andnot_si128(has_cr, is_lf));
	}
	sums = _mm_sad_epu8(sums, _mm_setzero_si128());
	return (uint64_t)_mm_cvtsi128_si64(sums) +
	       (uint64_t)_mm_cvtsi128_si64(_mm_srli_si128(sums, 8));
}

#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(WIRE_PORTABLE)
#define WIRE_VECTOR 1
#include <arm_neon.h>

typedef uint8x16_t wire_vector;

static inline wire_vector wire_load(const char *p)
{
	return vld1q_u8((const uint8_t *)p);
}

static inline void wire_store(char *p, wire_vector v)
{
	vst1q_u8((uint8_t *)p, v);
}

/* The bit of each octet that is LF, for adding up eight at a time. */
static inline wire_vector wire_lf_bits(wire_vector v)
{
	static const uint8_t bits[WIRE_STEP] = {1, 2, 4, 8, 16, 32, 64, 128,
						1, 2, 4, 8, 16, 32, 64, 128};

	return vandq_u8(vceqq_u8(v, vdupq_n_u8('\n')), vld1q_u8(bits));
}

static inline uint64_t wire_lf_mask(wire_vector a, wire_vector b, wire_vector c,
				    wire_vector d)
{
	a = vpaddq_u8(wire_lf_bits(a), wire_lf_bits(b));
	c = vpaddq_u8(wire_lf_bits(c), wire_lf_bits(d));
	a = vpaddq_u8(a, c);
	a = vpaddq_u8(a, a);
	return vgetq_lane_u64(vreinterpretq_u64_u8(a), 0);
}

static inline uint64_t wire_count_bare(const char *p, size_t steps)
{
	const wire_vector lf = vdupq_n_u8('\n'), cr = vdupq_n_u8('\r');
	wire_vector sums = vdupq_n_u8(0);

	for (; steps > 0; steps--, p += WIRE_STEP) {
		wire_vector is_lf = vceqq_u8(wire_load(p), lf);
		wire_vector has_cr = vceqq_u8(wire_load(p - 1), cr);

		/* A hit is -1. */
		sums = vsubq_u8(sums, vbicq_u8(is_lf, has_cr));
	}
	return vaddlvq_u8(sums);
}

#endif

#ifdef WIRE_VECTOR
/* Copies a block and returns a bit for each LF in it, lowest first. */
static inline uint64_t wire_copy_block(char *to, const char *from)
{
	wire_vector a = wire_load(from);
	wire_vector b = wire_load(from + WIRE_STEP);
	wire_vector c = wire_load(from + 2 * WIRE_STEP);
	wire_vector d = wire_load(from + 3 * WIRE_STEP);

	wire_store(to, a);
	wire_store(to + WIRE_STEP, b);
	wire_store(to + 2 * WIRE_STEP, c);
	wire_store(to + 3 * WIRE_STEP, d);
	return wire_lf_mask(a, b, c, d);
}
#endif

#endif
