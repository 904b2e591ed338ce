/* SPDX-License-Identifier: ISC */
/*
 * Each message is encoded whole, octet by octet, cut at every offset and with
 * little output space; octets and counts must be the same. Tables say what is
 * right for small messages, an encoder of octets one by one for large ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../fuzz/wire_reference.h"
#include "base/buf.h"
#include "proto/wire.h"

enum { ROOM = 65536, GUARD = 0x5a };

static char out_mem[ROOM], expected_mem[ROOM];

/*
 * Encodes one piece with output space of `cap` octets at a time. Input and
 * output are exact, so that the sanitizers see a step beyond either.
 */
static void encode_piece(struct wire *w, struct span piece, size_t cap,
			 struct buf *out)
{
	char *from = malloc(piece.n ? piece.n : 1), *to = malloc(cap);
	struct span in = span_make(from, piece.n);

	assert_true(from && to);
	if (piece.n)
		memcpy(from, piece.p, piece.n);
	while (in.n && !wire_is_done(w)) {
		size_t before = in.n;
		size_t n = wire_encode(w, &in, to, cap);

		assert_true(in.n < before);
		assert_true(n <= cap);
		buf_add(out, to, n);
	}
	free(from);
	free(to);
}

static void finish(struct wire *w, struct buf *out)
{
	char end[WIRE_END_MAX];

	buf_add(out, end, wire_end(w, end));
	assert_false(out->overflow);
}

struct result {
	struct span wire;
	uint64_t octets;
};

/* Pieces of `step` octets, the first of `first`. */
static struct result encode(struct span s, uint64_t lines, size_t first,
			    size_t step, size_t cap)
{
	struct wire w;
	struct buf out;

	buf_init(&out, out_mem, sizeof(out_mem));
	wire_begin(&w, lines);
	encode_piece(&w, span_take(s, first), cap, &out);
	for (s = span_drop(s, first); s.n; s = span_drop(s, step))
		encode_piece(&w, span_take(s, step), cap, &out);
	finish(&w, &out);
	return (struct result){buf_span(&out), wire_octets(&w)};
}

static void check(struct span s, uint64_t lines, struct result expected)
{
	struct result r;

#define CHECK(first, step, cap)                                                \
	r = encode(s, lines, first, step, cap);                                \
	assert_int_equal(r.wire.n, expected.wire.n);                           \
	assert_memory_equal(r.wire.p, expected.wire.p, r.wire.n);              \
	assert_int_equal(r.octets, expected.octets)

	for (size_t first = 0; first <= s.n; first++) {
		CHECK(first, s.n, 2 * s.n + WIRE_MIN_OUT);
	}
	for (size_t step = 1; step <= 3; step++) {
		CHECK(step, step, WIRE_MIN_OUT);
	}
	for (size_t cap = WIRE_MIN_OUT; cap < 300; cap += 1 + cap / 30) {
		CHECK(s.n, s.n, cap);
	}
#undef CHECK
}

static uint64_t count(struct span s, size_t first, size_t step)
{
	struct wire_counter c = WIRE_COUNTER_INIT;

	wire_count(&c, span_take(s, first));
	for (s = span_drop(s, first); s.n; s = span_drop(s, step)) {
		char *mem = malloc(s.n < step ? s.n : step);
		struct span piece = span_take(s, step);

		memcpy(mem, piece.p, piece.n);
		wire_count(&c, span_make(mem, piece.n));
		free(mem);
	}
	return wire_count_end(&c);
}

static void check_count(struct span s, uint64_t octets)
{
	for (size_t first = 0; first <= s.n; first++)
		assert_int_equal(count(s, first, SIZE_MAX), octets);
	for (size_t step = 1; step <= 3; step++)
		assert_int_equal(count(s, step, step), octets);
}

/* Octets on the wire that do not count: stuffed dots and the terminator. */
static uint64_t uncounted(struct span message, struct span wire)
{
	uint64_t n = 3;

	for (size_t i = 0; i < message.n; i++)
		n += message.p[i] == '.' &&
		     (i == 0 || message.p[i - 1] == '\n');
	assert_true(n <= wire.n);
	return n;
}

static void test_whole_messages(void **state)
{
	static const struct {
		struct span message, wire;
	} cases[] = {
#define CASE(message, wire) {SPAN_LITERAL(message), SPAN_LITERAL(wire)}
		CASE("", ".\r\n"),
		CASE("a\n", "a\r\n.\r\n"),
		CASE("a\r\n", "a\r\n.\r\n"),
		CASE("a", "a\r\n.\r\n"),
		CASE("\n", "\r\n.\r\n"),
		CASE("\r\n", "\r\n.\r\n"),
		CASE("\n\n\n", "\r\n\r\n\r\n.\r\n"),
		CASE("a\nb\r\nc\n", "a\r\nb\r\nc\r\n.\r\n"),
		/* dots */
		CASE(".", "..\r\n.\r\n"),
		CASE(".\n", "..\r\n.\r\n"),
		CASE("..\n", "...\r\n.\r\n"),
		CASE(".a\n.b\r\n.", "..a\r\n..b\r\n..\r\n.\r\n"),
		CASE("\n.\n", "\r\n..\r\n.\r\n"),
		CASE("\r\n.\r\n", "\r\n..\r\n.\r\n"),
		CASE("a.b\nc.\n", "a.b\r\nc.\r\n.\r\n"),
		CASE("a\r.\n", "a\r.\r\n.\r\n"),
		CASE("\r.\n", "\r.\r\n.\r\n"),
		CASE("\n.\n.\n.", "\r\n..\r\n..\r\n..\r\n.\r\n"),
		/* bare CRs pass, and do not end a line */
		CASE("a\r", "a\r\r\n.\r\n"),
		CASE("\r", "\r\r\n.\r\n"),
		CASE("a\r\r\n", "a\r\r\n.\r\n"),
		CASE("a\rb\n", "a\rb\r\n.\r\n"),
		CASE("\r\r\r", "\r\r\r\r\n.\r\n"),
		CASE("\n\r", "\r\n\r\r\n.\r\n"),
		/* other octets pass */
		CASE("\0\xff\x80\n\0", "\0\xff\x80\r\n\0\r\n.\r\n"),
		CASE("\n\0.\n", "\r\n\0.\r\n.\r\n"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result r = {cases[i].wire, cases[i].wire.n};

		r.octets -= uncounted(cases[i].message, cases[i].wire);
		check(cases[i].message, WIRE_WHOLE, r);
		check_count(cases[i].message, r.octets);
	}
}

static void test_top(void **state)
{
	static const struct {
		struct span message;
		uint64_t lines;
		struct span sent; /* without the terminator */
		uint64_t dots;
		bool done;
	} cases[] = {
#define CASE(message, lines, sent, dots, done)                                 \
	{SPAN_LITERAL(message), lines, SPAN_LITERAL(sent), dots, done}
		CASE("h\n\nb\nc\n", 0, "h\r\n\r\n", 0, true),
		CASE("h\n\nb\nc\n", 1, "h\r\n\r\nb\r\n", 0, true),
		CASE("h\n\nb\nc\n", 2, "h\r\n\r\nb\r\nc\r\n", 0, true),
		CASE("h\n\nb\nc\n", 3, "h\r\n\r\nb\r\nc\r\n", 0, false),
		CASE("h\n\nb\nc\n", WIRE_WHOLE - 1, "h\r\n\r\nb\r\nc\r\n", 0,
		     false),
		CASE("h\r\n\r\nb\r\nc", 1, "h\r\n\r\nb\r\n", 0, true),
		CASE("h\r\n\r\nb\r\nc", 2, "h\r\n\r\nb\r\nc\r\n", 0, false),
		CASE("h\n\r\nb\n", 0, "h\r\n\r\n", 0, true),
		/* a body that has not begun, or no end of the header */
		CASE("h\n\n", 0, "h\r\n\r\n", 0, true),
		CASE("h\n\n", 5, "h\r\n\r\n", 0, false),
		CASE("h\ni\n", 0, "h\r\ni\r\n", 0, false),
		CASE("h", 0, "h\r\n", 0, false),
		CASE("", 0, "", 0, false),
		CASE("", 5, "", 0, false),
		/* no header at all */
		CASE("\nb\nc\n", 0, "\r\n", 0, true),
		CASE("\nb\nc\n", 1, "\r\nb\r\n", 0, true),
		CASE("\r\nb\n", 0, "\r\n", 0, true),
		/* blank lines of the body count */
		CASE("h\n\n\n\nb\n", 2, "h\r\n\r\n\r\n\r\n", 0, true),
		/* what only looks blank */
		CASE("h\n \nb\n\nc\n", 0, "h\r\n \r\nb\r\n\r\n", 0, true),
		CASE("h\n\r\r\nb\n\nc", 0, "h\r\n\r\r\nb\r\n\r\n", 0, true),
		CASE("h\n\rx\nb\n\nc", 0, "h\r\n\rx\r\nb\r\n\r\n", 0, true),
		CASE("h\nx\r\n\nc", 0, "h\r\nx\r\n\r\n", 0, true),
		CASE("h\n\0\n\nc", 0, "h\r\n\0\r\n\r\n", 0, true),
		CASE("h\n\r", 0, "h\r\n\r\r\n", 0, false),
		/* dots, also as the first octet that is not wanted */
		CASE(".h\n\n.b\n.c\n", 1, "..h\r\n\r\n..b\r\n", 2, true),
		CASE(".h\n\n.b\n.c\n", 0, "..h\r\n\r\n", 1, true),
		CASE("h\n.\nb\n\nc\n", 0, "h\r\n..\r\nb\r\n\r\n", 1, true),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		struct wire w;
		struct span in = cases[i].message;
		char out[WIRE_MIN_OUT];

		buf_init(&b, expected_mem, sizeof(expected_mem));
		buf_add_span(&b, cases[i].sent);
		buf_add_str(&b, ".\r\n");
		check(in, cases[i].lines,
		      (struct result){buf_span(&b),
				      cases[i].sent.n - cases[i].dots});
		wire_begin(&w, cases[i].lines);
		wire_encode(&w, &in, out, sizeof(out));
		assert_int_equal(wire_is_done(&w), cases[i].done);
		/* Reading can stop, and nothing is taken or sent any more. */
		if (cases[i].done) {
			in = span_str("more\n");
			assert_int_equal(wire_encode(&w, &in, out, sizeof(out)),
					 0);
			assert_int_equal(in.n, 5);
		}
	}
}

static struct result encode_simply(struct span s, uint64_t lines)
{
	struct buf out;
	struct result r;

	buf_init(&out, expected_mem, sizeof(expected_mem));
	r.octets = wire_reference(s, lines, &out);
	assert_false(out.overflow);
	r.wire = buf_span(&out);
	return r;
}

static unsigned random_bits(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Lines of up to `longest` octets with much of what is special. */
static struct span make_message(char *mem, size_t n, unsigned longest,
				uint32_t seed)
{
	static const char special[] = "\r\r\n..\0\xff x";
	unsigned left = random_bits(&seed) % (longest + 1);

	for (size_t i = 0; i < n; i++) {
		unsigned r = random_bits(&seed);

		mem[i] = (char)('a' + i % 26);
		if (left-- == 0) {
			mem[i] = '\n';
			left = random_bits(&seed) % (longest + 1);
			if (i && r % 3 == 0)
				mem[i - 1] = '\r';
		} else if (r % 8 == 0) {
			mem[i] = special[r / 8 % (sizeof(special) - 1)];
		}
	}
	return span_make(mem, n);
}

static void test_large_messages(void **state)
{
	static const unsigned longest[] = {0, 1, 3, 20, 80, 200};
	char *mem = malloc(700);

	(void)state;
	for (size_t i = 0; i < sizeof(longest) / sizeof(longest[0]); i++) {
		for (size_t n = 1; n <= 700; n += 1 + n / 5) {
			struct span s = make_message(mem, n, longest[i],
						     (uint32_t)(n + i));
			struct result r = encode_simply(s, WIRE_WHOLE);

			check_count(s, r.octets);
			check(s, WIRE_WHOLE, r);
			for (uint64_t lines = 0; lines < 20; lines += 6) {
				r = encode_simply(s, lines);
				check(s, lines, r);
			}
		}
	}
	free(mem);
}

/* All special octets at each place of what is copied at once. */
static void test_every_place(void **state)
{
	static const char *const specials[] = {
		"\n",	"\r\n",	  "\n.",  "\r\n.",  "\r",     ".",
		"\n\n", "\n.\n.", "\n..", "\r\r\n", "\n\r\n", "\r\n.\r\n",
	};
	char mem[300];

	(void)state;
	for (size_t k = 0; k < sizeof(specials) / sizeof(specials[0]); k++) {
		size_t n = strlen(specials[k]);

		for (size_t at = 0; at + n <= sizeof(mem); at++) {
			struct span s = span_make(mem, sizeof(mem));
			struct result e, r;

			memset(mem, 'x', sizeof(mem));
			memcpy(mem + at, specials[k], n);
			e = encode_simply(s, WIRE_WHOLE);
			r = encode(s, WIRE_WHOLE, s.n, s.n, 2 * s.n + 16);
			assert_int_equal(r.wire.n, e.wire.n);
			assert_memory_equal(r.wire.p, e.wire.p, e.wire.n);
			assert_int_equal(r.octets, e.octets);
			assert_int_equal(count(s, 0, s.n), e.octets);
		}
	}
}

/* The promise that sizes buffers: 2 * n + 16 take n octets in one call. */
static void test_room_for_the_worst(void **state)
{
	static const char *const worst[] = {"\n", ".", "\n.", ".\n"};

	(void)state;
	for (size_t k = 0; k < sizeof(worst) / sizeof(worst[0]); k++) {
		for (size_t n = 24; n < 700; n += 1 + n / 7) {
			size_t cap = 2 * n + 16;
			char *from = malloc(n), *to = malloc(cap);
			struct span in = span_make(from, n);
			struct wire w;

			for (size_t i = 0; i < n; i++)
				from[i] = worst[k][i % strlen(worst[k])];
			wire_begin(&w, WIRE_WHOLE);
			assert_true(wire_encode(&w, &in, to, cap) <= cap);
			assert_int_equal(in.n, 0);
			free(from);
			free(to);
		}
	}
}

static void test_space_beyond_cap_is_left_alone(void **state)
{
	char from[1000], to[3000];

	(void)state;
	for (unsigned longest = 0; longest < 100; longest += 9) {
		struct span s = make_message(from, sizeof(from), longest, 7);

		for (size_t cap = WIRE_MIN_OUT; cap < 2100; cap += 37) {
			struct span in = s;
			struct wire w;

			memset(to, GUARD, sizeof(to));
			wire_begin(&w, WIRE_WHOLE);
			wire_encode(&w, &in, to, cap);
			for (size_t i = cap; i < sizeof(to); i++)
				assert_int_equal(to[i], GUARD);
		}
	}
}

/* Sums of more steps than one octet can count. */
static void test_count_of_many(void **state)
{
	enum { N = 300 * 64 };
	char *mem = malloc(N);
	struct wire_counter c = WIRE_COUNTER_INIT;
	struct wire_counter paired = WIRE_COUNTER_INIT;

	(void)state;
	memset(mem, '\n', N);
	wire_count(&c, span_make(mem, N));
	wire_count(&c, span_make(mem, 0));
	wire_count(&c, span_str(NULL));
	wire_count(&c, span_make(mem, N));
	assert_int_equal(wire_count_end(&c), 4 * N);
	for (size_t i = 0; i < N; i += 2)
		mem[i] = '\r';
	wire_count(&paired, span_make(mem, N));
	assert_int_equal(wire_count_end(&paired), N);
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_messages),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_large_messages),
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_room_for_the_worst),
		cmocka_unit_test(test_space_beyond_cap_is_left_alone),
		cmocka_unit_test(test_count_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
