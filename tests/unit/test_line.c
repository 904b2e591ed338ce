/* SPDX-License-Identifier: ISC */
/*
 * Each stream is fed whole, octet by octet, and cut at every two offsets; the
 * verdicts and lines must be the same. A transcript has one line for each:
 * "=text" for a line, "L" too long, "M" malformed, "+" at the end for a line
 * that has begun.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/line.h"

static char transcript_mem[65536];

/* Feeds one piece, in storage of its own that is exact and goes away. */
static void feed(struct line_reader *r, struct span piece, struct buf *out)
{
	char *mem = malloc(piece.n ? piece.n : 1);
	struct span in = span_make(mem, piece.n), line;
	enum line_verdict v;

	assert_non_null(mem);
	memcpy(mem, piece.p, piece.n);
	while ((v = line_feed(r, &in, &line)) != LINE_MORE) {
		if (v == LINE_READY) {
			buf_add_char(out, '=');
			buf_add_escaped(out, line);
		} else {
			assert_int_equal(line.n, 0);
			buf_add_char(out, v == LINE_TOO_LONG ? 'L' : 'M');
		}
		buf_add_char(out, '\n');
	}
	assert_int_equal(in.n, 0);
	free(mem);
}

/* Cuts at a and b. */
static const char *feed_cut(struct span s, size_t limit, size_t a, size_t b)
{
	char *mem = malloc(limit - 1);
	struct line_reader r;
	struct buf out;

	buf_init(&out, transcript_mem, sizeof(transcript_mem));
	line_reset(&r, mem, limit);
	feed(&r, span_take(s, a), &out);
	feed(&r, span_take(span_drop(s, a), b - a), &out);
	feed(&r, span_drop(s, b), &out);
	if (line_is_begun(&r))
		buf_add_char(&out, '+');
	free(mem);
	return buf_str(&out);
}

static const char *feed_octets(struct span s, size_t limit)
{
	char *mem = malloc(limit - 1);
	struct line_reader r;
	struct buf out;

	buf_init(&out, transcript_mem, sizeof(transcript_mem));
	line_reset(&r, mem, limit);
	for (size_t i = 0; i < s.n; i++)
		feed(&r, span_make(s.p + i, 1), &out);
	if (line_is_begun(&r))
		buf_add_char(&out, '+');
	free(mem);
	return buf_str(&out);
}

static void check(struct span s, size_t limit, const char *expected)
{
	assert_string_equal(feed_cut(s, limit, s.n, s.n), expected);
	assert_string_equal(feed_octets(s, limit), expected);
	for (size_t a = 0; a <= s.n; a++) {
		for (size_t b = a; b <= s.n; b++)
			assert_string_equal(feed_cut(s, limit, a, b), expected);
	}
}

static void test_streams(void **state)
{
	static const struct {
		struct span stream;
		size_t limit;
		const char *expected;
	} cases[] = {
#define CASE(stream, limit, expected) {SPAN_LITERAL(stream), limit, expected}
		CASE("", 10, ""),
		CASE("\r\n", 10, "=\n"),
		CASE("\n", 10, "=\n"),
		CASE("QUIT\r\n", 10, "=QUIT\n"),
		CASE("QUIT\n", 10, "=QUIT\n"),
		CASE("QUIT", 10, "+"),
		CASE("QUIT\r", 10, "+"),
		CASE("a\r\nb\nc\r\n", 10, "=a\n=b\n=c\n"),
		CASE("a b \t\xff\r\n", 10, "=a b \\x09\\xff\n"),
		CASE("\n\n\r\n\n", 10, "=\n=\n=\n=\n"),
		/* NUL and a CR inside spoil their line, once, and no other */
		CASE("a\0b\r\nc\r\n", 10, "M\n=c\n"),
		CASE("\0\r\n", 10, "M\n"),
		CASE("a\rb\r\nc\r\n", 10, "M\n=c\n"),
		CASE("\ra\n", 10, "M\n"),
		CASE("a\r\r\nc\r\n", 10, "M\n=c\n"),
		CASE("\r\0\r\0\n", 10, "M\n"),
		CASE("a\r", 10, "+"),
		CASE("NOOP\rQUIT\r\n", 20, "M\n"),
		/* the limit counts the line end */
		CASE("123\r\n", 5, "=123\n"),
		CASE("1234\r\n", 5, "L\n"),
		CASE("1234\n", 5, "=1234\n"),
		CASE("12345\n", 5, "L\n"),
		CASE("123\r\n123\r\n", 5, "=123\n=123\n"),
		CASE("\r\n", 2, "=\n"),
		CASE("a\n", 2, "=a\n"),
		CASE("a\r\n", 2, "L\n"),
		/* one verdict for a long line; its tail is no command */
		CASE("123456789QUIT\r\nQUIT\r\n", 6, "L\n=QUIT\n"),
		CASE("123456789", 6, "+"),
		CASE("12345\r", 6, "+"),
		CASE("123456789\r\n123456789\n\n", 6, "L\nL\n=\n"),
		CASE("12345\r6789\r\nx\r\n", 6, "L\n=x\n"),
		CASE("1234\0\r6789\nx\r\n", 6, "L\n=x\n"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].stream, cases[i].limit, cases[i].expected);
}

static void test_limit_of_commands(void **state)
{
	char stream[600];
	const char *got;

	(void)state;
	memset(stream, 'x', sizeof(stream));
	memcpy(stream + 253, "\r\n", 2);
	got = feed_octets(span_make(stream, 255), LINE_LIMIT);
	assert_int_equal(strlen(got), 1 + 253 + 1);
	assert_int_equal(got[0], '=');
	memcpy(stream + 253, "x\r\n", 3);
	for (size_t cut = 0; cut <= 256; cut++)
		assert_string_equal(
			feed_cut(span_make(stream, 256), LINE_LIMIT, cut, 256),
			"L\n");
}

static void test_long_limits(void **state)
{
	enum { LIMIT = 12288 };
	static char stream[LIMIT + 1];
	struct span fits = span_make(stream, LIMIT);
	struct span too_long = span_make(stream, LIMIT + 1);

	(void)state;
	memset(stream, 'x', sizeof(stream));
	stream[LIMIT - 1] = '\n';
	for (size_t cut = 0; cut <= LIMIT; cut += 1 + cut / 2)
		assert_int_equal(strlen(feed_cut(fits, LIMIT, cut, LIMIT)),
				 1 + LIMIT - 1 + 1);
	memcpy(stream + LIMIT - 1, "\r\n", 2);
	for (size_t cut = 0; cut <= LIMIT; cut += 1 + cut / 2)
		assert_string_equal(feed_cut(too_long, LIMIT, cut, LIMIT + 1),
				    "L\n");
}

static void test_whole_lines_are_not_copied(void **state)
{
	static const char stream[] = "one\r\ntwo\r\nthr";
	struct span in = span_make(stream, sizeof(stream) - 1), line;
	struct line_reader r;
	char mem[LINE_LIMIT - 1];

	(void)state;
	line_reset(&r, mem, LINE_LIMIT);
	assert_int_equal(line_feed(&r, &in, &line), LINE_READY);
	assert_ptr_equal(line.p, stream);
	assert_ptr_equal(in.p, stream + 5);
	assert_int_equal(line_feed(&r, &in, &line), LINE_READY);
	assert_ptr_equal(line.p, stream + 5);
	assert_false(line_is_begun(&r));
	assert_int_equal(line_feed(&r, &in, &line), LINE_MORE);
	assert_true(line_is_begun(&r));
	in = span_str("ee\n");
	assert_int_equal(line_feed(&r, &in, &line), LINE_READY);
	assert_ptr_equal(line.p, mem);
	assert_memory_equal(line.p, "three", 5);
}

static void test_endless_line(void **state)
{
	char mem[LINE_LIMIT - 1];
	char chunk[1000];
	struct line_reader r;
	struct span in, line;

	(void)state;
	memset(chunk, 'Q', sizeof(chunk));
	line_reset(&r, mem, LINE_LIMIT);
	for (int i = 0; i < 1000; i++) {
		in = span_make(chunk, sizeof(chunk));
		assert_int_equal(line_feed(&r, &in, &line), LINE_MORE);
		assert_true(line_is_begun(&r));
	}
	in = span_str("\r\nQUIT\r\n");
	assert_int_equal(line_feed(&r, &in, &line), LINE_TOO_LONG);
	assert_int_equal(line_feed(&r, &in, &line), LINE_READY);
	assert_true(span_equal(line, span_str("QUIT")));
}

static void test_limit_changes_between_lines(void **state)
{
	char mem[16];
	struct line_reader r;
	struct span in = span_str("12345\n12345\n"), line;

	(void)state;
	line_reset(&r, mem, 4);
	assert_int_equal(line_feed(&r, &in, &line), LINE_TOO_LONG);
	line_reset(&r, mem, sizeof(mem));
	assert_int_equal(line_feed(&r, &in, &line), LINE_READY);
	in = span_str("abc");
	assert_int_equal(line_feed(&r, &in, &line), LINE_MORE);
	line_reset(&r, mem, 4);
	assert_false(line_is_begun(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_limit_of_commands),
		cmocka_unit_test(test_long_limits),
		cmocka_unit_test(test_whole_lines_are_not_copied),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_limit_changes_between_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
