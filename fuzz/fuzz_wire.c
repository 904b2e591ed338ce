/* SPDX-License-Identifier: ISC */
/*
 * Any message, cut anywhere, into any output space, gives what the reference
 * gives; the counter agrees. Parameters: seed of the cuts, lines of TOP, what
 * the message is repeated by.
 */
#include "fuzz.h"
#include "proto/wire.h"
#include "wire_reference.h"

enum { MESSAGE_MAX = 16384 };

static void encode_piece(struct wire *w, struct span piece, size_t cap,
			 struct buf *out)
{
	char *from = fuzz_copy(piece), *to = fuzz_alloc(cap);
	struct span in = span_make(from, piece.n);

	while (in.n && !wire_is_done(w)) {
		size_t before = in.n;
		size_t n = wire_encode(w, &in, to, cap);

		REQUIRE(in.n < before && n <= cap);
		REQUIRE(cap < 2 * before + 16 || !in.n || wire_is_done(w));
		buf_add(out, to, n);
	}
	free(from);
	free(to);
}

/* Mostly small, now and then more than what is copied at once. */
static size_t random_size(uint32_t *seed)
{
	unsigned r = fuzz_random(seed);

	return r % 4 ? r / 4 % 20 : r / 4 % 600;
}

static uint64_t encode(struct span s, uint64_t lines, uint32_t seed,
		       struct buf *out)
{
	char end[WIRE_END_MAX];
	struct wire w;

	wire_begin(&w, lines);
	while (s.n && !wire_is_done(&w)) {
		size_t n = seed ? random_size(&seed) : s.n;

		encode_piece(&w, span_take(s, n),
			     WIRE_MIN_OUT + random_size(&seed), out);
		s = span_drop(s, n);
	}
	buf_add(out, end, wire_end(&w, end));
	return wire_octets(&w);
}

static uint64_t count(struct span s, uint32_t seed)
{
	struct wire_counter c = WIRE_COUNTER_INIT;

	while (s.n) {
		struct span piece =
			span_take(s, seed ? random_size(&seed) : s.n);
		char *mem = fuzz_copy(piece);

		wire_count(&c, span_make(mem, piece.n));
		free(mem);
		s = span_drop(s, piece.n);
	}
	return wire_count_end(&c);
}

static void check(struct span s, uint64_t lines, uint32_t seed)
{
	static char expected_mem[2 * MESSAGE_MAX + 16],
		got_mem[sizeof(expected_mem)];
	struct buf expected, got;
	uint64_t octets;

	buf_init(&expected, expected_mem, sizeof(expected_mem));
	buf_init(&got, got_mem, sizeof(got_mem));
	octets = wire_reference(s, lines, &expected);
	REQUIRE(encode(s, lines, seed, &got) == octets);
	REQUIRE(!expected.overflow && !got.overflow);
	REQUIRE(span_equal(buf_span(&expected), buf_span(&got)));
	if (lines == WIRE_WHOLE)
		REQUIRE(count(s, seed) == octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char message[MESSAGE_MAX];
	struct span in = span_make(data, size), s;
	uint32_t seed = fuzz_take_octet(&in);
	unsigned lines = fuzz_take_octet(&in);
	unsigned times = 1 + fuzz_take_octet(&in) % 32;
	struct buf b;

	buf_init(&b, message, sizeof(message));
	for (unsigned i = 0; i < times; i++)
		buf_add_span(&b, in);
	s = buf_span(&b);
	check(s, WIRE_WHOLE, seed);
	check(s, lines, seed);
	return 0;
}
