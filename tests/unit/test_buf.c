/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

/* One text made of all kinds of additions. */
static void add_all(struct buf *b)
{
	buf_add(b, "ab", 2);
	buf_add_char(b, '-');
	buf_add_str(b, "cd");
	buf_add_span(b, span_make("efg", 2));
	buf_add_u64(b, 120);
	buf_add_hex(b, "\x0a\xff", 2);
	buf_add_escaped(b, span_make("~\n", 2));
}

static const char whole[] = "ab-cdef1200aff~\\x0a";

/* Where an addition ends, so where an overflow may leave the text. */
static const size_t ends[] = {0, 2, 3, 5, 7, 10, 14, 15, 19};

static bool is_end(size_t n)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends[i] == n)
			return true;
	}
	return false;
}

static void test_every_capacity(void **state)
{
	(void)state;
	for (size_t cap = 0; cap <= sizeof(whole); cap++) {
		char *mem = malloc(cap); /* exact, for the sanitizers */
		struct buf b;

		buf_init(&b, mem, cap);
		add_all(&b);
		assert_int_equal(b.overflow, cap < sizeof(whole) - 1);
		assert_true(is_end(b.n));
		assert_true(b.n <= cap);
		assert_memory_equal(mem, whole, b.n);
		assert_int_equal(buf_room(&b), b.overflow ? 0 : cap - b.n);
		if (cap == sizeof(whole))
			assert_string_equal(buf_str(&b), whole);
		else
			assert_null(buf_str(&b));
		assert_int_equal(b.overflow, cap < sizeof(whole));
		free(mem);
	}
}

static void test_overflow_is_sticky(void **state)
{
	char mem[4];
	struct buf b;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	buf_add_str(&b, "abc");
	buf_add_str(&b, "de");
	assert_true(b.overflow);
	buf_add_char(&b, 'f'); /* would have fitted */
	assert_int_equal(b.n, 3);
	assert_null(buf_str(&b));
	buf_reset(&b);
	assert_false(b.overflow);
	assert_int_equal(b.n, 0);
	assert_int_equal(b.cap, sizeof(mem));
	buf_add_str(&b, "xyz");
	assert_string_equal(buf_str(&b), "xyz");
	assert_true(span_equal(buf_span(&b), span_str("xyz")));
}

static void test_full_is_no_overflow(void **state)
{
	char mem[3];
	struct buf b;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	buf_add_str(&b, "abc");
	assert_false(b.overflow);
	buf_add_str(&b, "");
	buf_add(&b, NULL, 0);
	buf_add_span(&b, span_str(NULL));
	assert_false(b.overflow);
	assert_int_equal(b.n, 3);
	assert_null(buf_str(&b)); /* no room for the NUL */
	assert_true(b.overflow);
}

static void test_absurd_lengths(void **state)
{
	char mem[8];
	struct buf b;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	buf_add_char(&b, 'a');
	buf_add(&b, mem, SIZE_MAX);
	assert_true(b.overflow);
	buf_reset(&b);
	/* Twice this is 2 if nobody takes care. */
	buf_add_hex(&b, mem, SIZE_MAX / 2 + 2);
	assert_true(b.overflow);
	assert_int_equal(b.n, 0);
}

static void test_escaped(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *expected;
	} cases[] = {
		{"", 0, ""},
		{"plain text ~!", 13, "plain text ~!"},
		{"a\\b", 3, "a\\x5cb"},
		{"a\0b", 3, "a\\x00b"},
		{"\r\n\t\x1b", 4, "\\x0d\\x0a\\x09\\x1b"},
		{"\x7f\x80\xff", 3, "\\x7f\\x80\\xff"},
		{"%n%s\"'", 6, "%n%s\"'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char mem[64];
		struct buf b;

		buf_init(&b, mem, sizeof(mem));
		buf_add_escaped(&b, span_make(cases[i].text, cases[i].n));
		assert_string_equal(buf_str(&b), cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_capacity),
		cmocka_unit_test(test_overflow_is_sticky),
		cmocka_unit_test(test_full_is_no_overflow),
		cmocka_unit_test(test_absurd_lengths),
		cmocka_unit_test(test_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
