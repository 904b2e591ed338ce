/* SPDX-License-Identifier: ISC */
/*
 * Streams are fed whole, octet by octet, and cut at every offset, or every two;
 * what comes out must be the same. A transcript has one line for each verdict:
 * "=text" for a line, "L" too long, "M" malformed, "F" foreign, which is the
 * last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/scmp_line.h"

static char transcript_mem[65536];
static char stream_mem[8192];

/* In storage of its own that is exact and goes away. False: foreign. */
static bool feed(struct scmp_reader *r, struct span piece, struct buf *out)
{
	char *mem = malloc(piece.n ? piece.n : 1);
	struct span in = span_make(mem, piece.n), line;
	enum scmp_line_verdict v;

	assert_non_null(mem);
	if (piece.n)
		memcpy(mem, piece.p, piece.n);
	while ((v = scmp_reader_feed(r, &in, &line)) != SCMP_LINE_MORE) {
		if (v != SCMP_LINE_READY)
			assert_int_equal(line.n, 0);
		buf_add_char(out, "?=MLF"[v]);
		buf_add_escaped(out, line);
		buf_add_char(out, '\n');
		if (v == SCMP_LINE_FOREIGN)
			break;
	}
	if (v == SCMP_LINE_MORE)
		assert_int_equal(in.n, 0);
	free(mem);
	return v != SCMP_LINE_FOREIGN;
}

static const char *feed_cut(struct span s, size_t a, size_t b)
{
	struct scmp_reader *r = malloc(sizeof(*r));
	struct buf out;

	assert_non_null(r);
	buf_init(&out, transcript_mem, sizeof(transcript_mem));
	scmp_reader_init(r);
	(void)(feed(r, span_take(s, a), &out) &&
	       feed(r, span_take(span_drop(s, a), b - a), &out) &&
	       feed(r, span_drop(s, b), &out));
	free(r);
	return buf_str(&out);
}

static const char *feed_octets(struct span s)
{
	struct scmp_reader *r = malloc(sizeof(*r));
	struct buf out;

	assert_non_null(r);
	buf_init(&out, transcript_mem, sizeof(transcript_mem));
	scmp_reader_init(r);
	for (size_t i = 0; i < s.n; i++) {
		if (!feed(r, span_make(s.p + i, 1), &out))
			break;
	}
	free(r);
	return buf_str(&out);
}

static void check(struct span s, const char *expected)
{
	assert_string_equal(feed_cut(s, s.n, s.n), expected);
	assert_string_equal(feed_octets(s), expected);
	for (size_t a = 0; a <= s.n; a++) {
		size_t last = s.n < 100 ? s.n : a;

		for (size_t b = a; b <= last; b++)
			assert_string_equal(feed_cut(s, a, b), expected);
	}
}

#define CASE(stream, expected)                                                 \
	{                                                                      \
		SPAN_LITERAL(stream), expected                                 \
	}
struct stream_case {
	struct span stream;
	const char *expected;
};

static void test_streams(void **state)
{
	static const struct stream_case cases[] = {
		CASE("", ""),
		CASE("\r\n\n", "=\n=\n"),
		CASE("NOOP\r\nQUIT\n", "=NOOP\n=QUIT\n"),
		CASE("NOOP\r\nQUI", "=NOOP\n"),
		CASE("a\0b\r\nNOOP\r\n", "M\n=NOOP\n"),
		CASE("a\rb\r\nNOOP\r\n", "M\n=NOOP\n"),
		CASE("USER a\xc3\xa4\r\n", "=USER a\\xc3\\xa4\n"),
		/* not octets of this module's concern */
		CASE("PASS \x01\xff\r\n", "=PASS \\x01\\xff\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].stream, cases[i].expected);
}

static void test_foreign(void **state)
{
	static const struct stream_case cases[] = {
		CASE("GET / HTTP/1.1\r\nHost: x\r\n", "F\n"),
		CASE("GET /", "F\n"),
		CASE("OPTIONS *", "F\n"),
		CASE("GET http", "F\n"),
		CASE("GET HTTP://x", "F\n"),
		CASE("NOOP\r\nPOST /x", "=NOOP\nF\n"),
		CASE("X /", "F\n"),
		CASE("PRI * HTTP/2.0\r\n", "F\n"),
		CASE("CONNECT a:1 HTTP/1.1\r\n", "F\n"),
		CASE("get /x HTTP/1.0\r\n", "F\n"),
		CASE("Host: x", "F\n"),
		CASE("X-Any_1.~:", "F\n"),
		CASE("NOOP\nx:\nNOOP\n", "=NOOP\nF\n"),
		CASE("\x16", "F\n"),
		CASE("\x16\x03\x01\x02\n", "F\n"),
		CASE("\x80\x2e\x01", "F\n"),
		CASE("\xff", "F\n"),
		CASE("NOOP\r\n\x16", "=NOOP\nF\n"),
		/* verbs of ours take such arguments */
		CASE("USERS *\r\n", "=USERS *\n"),
		CASE("USERS *@example.org\r\n", "=USERS *@example.org\n"),
		CASE("TRANSFORM /bin/cat\r\n", "=TRANSFORM /bin/cat\n"),
		CASE("PASS /secret\r\n", "=PASS /secret\n"),
		CASE("PASS http\r\n", "=PASS http\n"),
		CASE("PASS *\n", "=PASS *\n"),
		/* but not from a browser that calls its method so */
		CASE("USERS * HTTP/1.1\r\nHost: x\r\n", "F\n"),
		CASE("TRANSFORM /x HTTP/1.0\n", "F\n"),
		CASE("PASS HTTP/1.\n", "=PASS HTTP/1.\n"),
		CASE("PASS HTTP/x.1\n", "=PASS HTTP/x.1\n"),
		CASE("PASS HTTP/1:1\n", "=PASS HTTP/1:1\n"),
		CASE("PASS HTTP/1.x\n", "=PASS HTTP/1.x\n"),
		CASE("PASS http/1.1\n", "=PASS http/1.1\n"),
		/* near it */
		CASE("GET\r\n", "=GET\n"),
		CASE("GET x\r\n", "=GET x\n"),
		CASE("GET htt\r\n", "=GET htt\n"),
		CASE("GET  /\r\n", "=GET  /\n"),
		CASE("get /\r\n", "=get /\n"),
		CASE("G3T /\r\n", "=G3T /\n"),
		CASE(" /\r\n", "= /\n"),
		CASE(":\r\n", "=:\n"),
		CASE("a b:\r\n", "=a b:\n"),
		CASE("a\x7f:\r\n", "=a\\x7f:\n"),
		CASE("PASS a:b\r\n", "=PASS a:b\n"),
		CASE("a\x16\r\n", "=a\\x16\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].stream, cases[i].expected);
}

/* n octets of c, and what comes then. */
static struct span stream_of(const char *before, size_t n, const char *behind)
{
	struct buf b;

	buf_init(&b, stream_mem, sizeof(stream_mem));
	buf_add_str(&b, before);
	for (size_t i = 0; i < n; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, behind);
	assert_false(b.overflow);
	return buf_span(&b);
}

static void test_limit(void **state)
{
	(void)state;
	/* 1,024 octets with the end are a line, one more are none */
	assert_int_equal(strlen(feed_cut(stream_of("", 1022, "\r\n"), 5, 9)),
			 1 + 1022 + 1);
	check(stream_of("NOOP ", 1018, "\r\nNOOP\r\n"), "L\n=NOOP\n");
	check(stream_of("NOOP ", 1019, "\nNOOP\r\n"), "L\n=NOOP\n");
	/* whatever else is wrong, and however long */
	check(stream_of("NOOP ", 3000, "\r \nNOOP\r\n"), "L\n=NOOP\n");
	check(stream_of("GET /", 3000, "\n"), "F\n");
	check(stream_of("NOOP ", 3000, "\nGET /"), "L\nF\n");
	/* what it is has to show soon */
	check(stream_of("", SCMP_LINE_LOOK - 1, ":\n"), "F\n");
	check(stream_of(" ", 3000, ":\n"), "L\n");
	check(stream_of("", 3000, ":\n"), "L\n");
	assert_false(
		scmp_line_is_foreign(stream_of("", SCMP_LINE_LOOK, ":\n")));
	/* the end of a line that is too long is no beginning */
	check(stream_of("NOOP ", 1100, "GET /\nNOOP\n"), "L\n=NOOP\n");
}

static void test_too_long_lines_are_counted(void **state)
{
	static struct scmp_reader r;
	struct buf out;

	(void)state;
	buf_init(&out, transcript_mem, sizeof(transcript_mem));
	scmp_reader_init(&r);
	assert_int_equal(r.too_long, 0);
	for (unsigned i = 1; i <= SCMP_TOO_LONG_LINES; i++) {
		feed(&r, stream_of("NOOP ", 1100, "\nNOOP\n"), &out);
		assert_int_equal(r.too_long, i);
	}
	scmp_reader_init(&r);
	assert_int_equal(r.too_long, 0);
}

static bool has(const void *where, size_t n, const char *what)
{
	return memmem(where, n, what, strlen(what)) != NULL;
}

static void test_forgets(void **state)
{
	static struct scmp_reader r;
	struct buf out;

	(void)state;
	buf_init(&out, transcript_mem, sizeof(transcript_mem));
	scmp_reader_init(&r);
	feed(&r, span_str("PASS hush hush"), &out);
	scmp_reader_forget(&r);
	/* what has begun stays */
	feed(&r, span_str(" hush\n"), &out);
	assert_string_equal(buf_str(&out), "=PASS hush hush hush\n");
	assert_true(has(&r, sizeof(r), "hush"));
	scmp_reader_forget(&r);
	assert_false(has(&r, sizeof(r), "hush"));
	/* also when the next one has begun over it */
	feed(&r, span_str("PASS hush"), &out);
	feed(&r, span_str("\n"), &out);
	feed(&r, span_str("NO"), &out);
	scmp_reader_forget(&r);
	assert_false(has(&r, sizeof(r), "hush"));
	feed(&r, span_str("OP\n"), &out);
	assert_true(has(transcript_mem, out.n, "=NOOP\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_too_long_lines_are_counted),
		cmocka_unit_test(test_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
