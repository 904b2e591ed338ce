/* SPDX-License-Identifier: ISC */
/*
 * Any stream, cut anywhere, gives the verdicts that splitting it at its LFs
 * gives. Parameters: seed of the cuts, limit of a line.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "proto/line.h"

static void add_verdict(struct buf *out, enum line_verdict v, struct span line)
{
	buf_add_char(out, (char)('0' + v));
	if (v == LINE_READY)
		buf_add_span(out, line);
	buf_add_char(out, '\n');
}

static void split(struct span s, size_t limit, struct buf *out)
{
	for (;;) {
		size_t lf = span_find(s, '\n');
		struct span line = span_take(s, lf);
		enum line_verdict v = LINE_READY;

		if (lf == s.n)
			break;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (span_find(line, '\r') < line.n ||
		    span_find(line, '\0') < line.n)
			v = LINE_MALFORMED;
		if (lf + 1 > limit)
			v = LINE_TOO_LONG;
		add_verdict(out, v, line);
		s = span_drop(s, lf + 1);
	}
	buf_add_char(out, s.n ? '+' : '-');
}

static void feed(struct line_reader *r, struct span piece, struct buf *out)
{
	char *mem = fuzz_copy(piece);
	struct span in = span_make(mem, piece.n), line;

	for (;;) {
		size_t before = in.n;
		enum line_verdict v = line_feed(r, &in, &line);

		if (v == LINE_MORE)
			break;
		REQUIRE(in.n < before);
		REQUIRE(v == LINE_READY || line.n == 0);
		add_verdict(out, v, line);
	}
	REQUIRE(in.n == 0);
	free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_make(data, size);
	uint32_t seed = fuzz_take_octet(&s);
	size_t limit = 2 + fuzz_take_octet(&s);
	char *expected_mem = fuzz_alloc(3 * size + 1);
	char *got_mem = fuzz_alloc(3 * size + 1);
	char *mem = fuzz_alloc(limit - 1);
	struct buf expected, got;
	struct line_reader r;

	buf_init(&expected, expected_mem, 3 * size + 1);
	buf_init(&got, got_mem, 3 * size + 1);
	split(s, limit, &expected);
	line_reset(&r, mem, limit);
	while (s.n) {
		size_t n = seed ? fuzz_random(&seed) % 9 : s.n;

		feed(&r, span_take(s, n), &got);
		s = span_drop(s, n);
	}
	buf_add_char(&got, line_is_begun(&r) ? '+' : '-');
	REQUIRE(!expected.overflow && !got.overflow);
	REQUIRE(span_equal(buf_span(&expected), buf_span(&got)));
	free(mem);
	free(got_mem);
	free(expected_mem);
	return 0;
}
