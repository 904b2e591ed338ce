/* SPDX-License-Identifier: ISC */
/*
 * Numbers against arithmetic of 128 bits, and a buffer against the text that
 * it would hold with room for all. Parameter: the buffer's room. The data is
 * a list of additions: kind, length, octets.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/num.h"

static bool parse_reference(struct span s, unsigned __int128 *v)
{
	const unsigned __int128 enough = (unsigned __int128)1 << 100;

	*v = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (*v < enough)
			*v = *v * 10 + (unsigned)(s.p[i] - '0');
	}
	return s.n > 0;
}

static void check_number(struct span s)
{
	unsigned __int128 expected;
	bool valid = parse_reference(s, &expected);
	bool fits = valid && expected <= UINT64_MAX;
	char text[NUM_U64_DIGITS];
	uint64_t v = 0, capped = 0;

	REQUIRE(num_parse_u64_capped(s, &capped) == valid);
	REQUIRE(num_parse_u64(s, UINT64_MAX, &v) == fits);
	if (valid && !fits)
		REQUIRE(capped == UINT64_MAX);
	if (!fits)
		return;
	REQUIRE(v == expected && capped == expected);
	REQUIRE(num_parse_u64(s, v, &v));
	REQUIRE(v == 0 || !num_parse_u64(s, v - 1, &v));
	while (s.n > 1 && s.p[0] == '0')
		s = span_drop(s, 1);
	REQUIRE(span_equal(span_make(text, num_format_u64(v, text)), s));
}

static void add(struct buf *b, unsigned kind, struct span s)
{
	uint64_t v = s.n;

	switch (kind % 5) {
	case 0:
		buf_add_span(b, s);
		break;
	case 1:
		buf_add_char(b, (char)kind);
		break;
	case 2:
		if (s.n)
			memcpy(&v, s.p, s.n < sizeof(v) ? s.n : sizeof(v));
		buf_add_u64(b, v);
		break;
	case 3:
		buf_add_hex(b, s.p, s.n);
		break;
	default:
		buf_add_escaped(b, s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size);
	size_t cap = fuzz_take_octet(&in), room = 21 * size + 1;
	char *mem = fuzz_alloc(cap), *whole_mem = fuzz_alloc(room);
	struct buf b, whole;

	check_number(in);
	buf_init(&b, mem, cap);
	buf_init(&whole, whole_mem, room);
	while (in.n) {
		unsigned kind = fuzz_take_octet(&in);
		struct span s = span_take(in, fuzz_take_octet(&in) % 32);

		s = span_take(in, s.n);
		check_number(s);
		add(&b, kind, s);
		add(&whole, kind, s);
		in = span_drop(in, s.n);
		REQUIRE(b.n <= cap);
		REQUIRE(b.overflow == (whole.n > cap));
		REQUIRE(span_starts(buf_span(&whole), buf_span(&b)));
		REQUIRE(b.overflow || b.n == whole.n);
	}
	REQUIRE(!whole.overflow && buf_str(&whole));
	REQUIRE((buf_str(&b) != NULL) == (whole.n < cap));
	free(whole_mem);
	free(mem);
	return 0;
}
