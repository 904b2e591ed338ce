/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/span.h"

static void test_make(void **state)
{
	static const struct span literal = SPAN_LITERAL("a\0b");
	struct span s = span_str("abc");

	(void)state;
	assert_int_equal(s.n, 3);
	assert_int_equal(span_str(NULL).n, 0);
	assert_int_equal(span_str("").n, 0);
	assert_int_equal(literal.n, 3);
	assert_memory_equal(literal.p, "a\0b", 3);
	assert_ptr_equal(span_make(s.p, 2).p, s.p);
}

static void test_take_and_drop(void **state)
{
	struct span s = span_str("abc");

	(void)state;
	for (size_t n = 0; n <= 3; n++) {
		assert_ptr_equal(span_take(s, n).p, s.p);
		assert_int_equal(span_take(s, n).n, n);
		assert_int_equal(span_drop(s, n).n, 3 - n);
		if (n < 3)
			assert_ptr_equal(span_drop(s, n).p, s.p + n);
	}
	assert_int_equal(span_take(s, 4).n, 3);
	assert_int_equal(span_take(s, SIZE_MAX).n, 3);
	assert_int_equal(span_drop(s, 4).n, 0);
	assert_int_equal(span_drop(s, SIZE_MAX).n, 0);
	assert_int_equal(span_drop(span_str(NULL), 1).n, 0);
}

static void test_equality(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal, nocase;
	} cases[] = {
		{"", "", true, true},
		{"a", "", false, false},
		{"a", "a", true, true},
		{"a", "A", false, true},
		{"az", "AZ", false, true},
		{"Quit", "qUIT", false, true},
		{"quit", "quix", false, false},
		{"quit", "quits", false, false},
		{"@", "`", false, false}, /* apart by the bit of the case */
		{"[", "{", false, false},
		{"\xc4", "\xe4", false, false}, /* Latin-1 is left alone */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span a = span_str(cases[i].a);
		struct span b = span_str(cases[i].b);

		assert_int_equal(span_equal(a, b), cases[i].equal);
		assert_int_equal(span_equal(b, a), cases[i].equal);
		assert_int_equal(span_equal_nocase(a, b), cases[i].nocase);
		assert_int_equal(span_equal_nocase(b, a), cases[i].nocase);
	}
	assert_true(span_equal(span_str(NULL), span_str("")));
	assert_true(span_equal_nocase(span_str(NULL), span_str("")));
	assert_false(span_equal(span_make("a\0b", 3), span_make("a\0c", 3)));
}

static void test_starts(void **state)
{
	(void)state;
	assert_true(span_starts(span_str("abc"), span_str("")));
	assert_true(span_starts(span_str("abc"), span_str("ab")));
	assert_true(span_starts(span_str("abc"), span_str("abc")));
	assert_false(span_starts(span_str("abc"), span_str("abcd")));
	assert_false(span_starts(span_str("abc"), span_str("b")));
	assert_true(span_starts(span_str(NULL), span_str(NULL)));
}

static void test_find(void **state)
{
	struct span s = span_make("a.b\0c.", 6);

	(void)state;
	assert_int_equal(span_find(s, 'a'), 0);
	assert_int_equal(span_find(s, '.'), 1);
	assert_int_equal(span_find(s, '\0'), 3);
	assert_int_equal(span_find(s, 'x'), 6);
	assert_int_equal(span_find_last(s, '.'), 5);
	assert_int_equal(span_find_last(s, 'a'), 0);
	assert_int_equal(span_find_last(s, 'x'), 6);
	assert_int_equal(span_find(span_str(NULL), 'a'), 0);
	assert_int_equal(span_find_last(span_str(NULL), 'a'), 0);
	assert_int_equal(span_find(span_make("ab", 1), 'b'), 1);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_order(void **state)
{
	/* Each one comes before the next. */
	static const char *const sorted[] = {"", "a", "a.", "ab", "b", "\xff"};
	const int n = sizeof(sorted) / sizeof(sorted[0]);

	(void)state;
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++) {
			int order = span_order(span_str(sorted[i]),
					       span_str(sorted[j]));

			assert_int_equal(sign(order), sign(i - j));
		}
	}
	assert_int_equal(span_order(span_str(NULL), span_str("")), 0);
}

static void test_printf(void **state)
{
	char text[16];
	struct span s = span_make("abcdef", 3);

	(void)state;
	snprintf(text, sizeof(text), "<" SPAN_FMT ">", SPAN_ARG(s));
	assert_string_equal(text, "<abc>");
	s = span_str(NULL);
	snprintf(text, sizeof(text), "<" SPAN_FMT ">", SPAN_ARG(s));
	assert_string_equal(text, "<>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_take_and_drop),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_printf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
