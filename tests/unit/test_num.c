/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool valid, valid_capped;
		uint64_t value, capped;
	} cases[] = {
		{"0", 0, true, true, 0, 0},
		{"1", 0, false, true, 0, 1},
		{"7", 7, true, true, 7, 7},
		{"8", 7, false, true, 0, 8},
		{"007", 9, true, true, 7, 7},
		{"4294967295", UINT32_MAX, true, true, UINT32_MAX, UINT32_MAX},
		{"4294967296", UINT32_MAX, false, true, 0, 4294967296},
		{"18446744073709551614", UINT64_MAX, true, true, UINT64_MAX - 1,
		 UINT64_MAX - 1},
		{"18446744073709551615", UINT64_MAX, true, true, UINT64_MAX,
		 UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, true, 0,
		 UINT64_MAX},
		{"18446744073709551620", UINT64_MAX, false, true, 0,
		 UINT64_MAX},
		{"99999999999999999999999999999", UINT64_MAX, false, true, 0,
		 UINT64_MAX},
		{"000000000000000000000000000012", UINT64_MAX, true, true, 12,
		 12},
		/* What is no number stays none behind an overflow. */
		{"99999999999999999999999999999x", UINT64_MAX, false, false, 0,
		 0},
		{"", UINT64_MAX, false, false, 0, 0},
		{"-1", UINT64_MAX, false, false, 0, 0},
		{"+1", UINT64_MAX, false, false, 0, 0},
		{" 1", UINT64_MAX, false, false, 0, 0},
		{"1 ", UINT64_MAX, false, false, 0, 0},
		{"1x", UINT64_MAX, false, false, 0, 0},
		{"0x1", UINT64_MAX, false, false, 0, 0},
		{"1.0", UINT64_MAX, false, false, 0, 0},
		{"\xb2", UINT64_MAX, false, false, 0, 0},
		{"/", UINT64_MAX, false, false, 0, 0},
		{":", UINT64_MAX, false, false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span text = span_str(cases[i].text);
		uint64_t v = 42;

		assert_int_equal(num_parse_u64(text, cases[i].max, &v),
				 cases[i].valid);
		assert_int_equal(v, cases[i].valid ? cases[i].value : 42);
		v = 42;
		assert_int_equal(num_parse_u64_capped(text, &v),
				 cases[i].valid_capped);
		assert_int_equal(v,
				 cases[i].valid_capped ? cases[i].capped : 42);
	}
}

static void test_parse_keeps_to_its_span(void **state)
{
	uint64_t v;

	(void)state;
	assert_true(num_parse_u64(span_make("1234", 2), UINT64_MAX, &v));
	assert_int_equal(v, 12);
	assert_false(num_parse_u64(span_make("1\0", 2), UINT64_MAX, &v));
	assert_false(num_parse_u64(span_str(NULL), UINT64_MAX, &v));
}

static void test_format(void **state)
{
	static const struct {
		uint64_t v;
		const char *text;
	} cases[] = {
		{0, "0"},
		{9, "9"},
		{10, "10"},
		{1234567890, "1234567890"},
		{UINT32_MAX, "4294967295"},
		{UINT64_MAX, "18446744073709551615"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[NUM_U64_DIGITS];
		size_t n = num_format_u64(cases[i].v, out);

		assert_int_equal(n, strlen(cases[i].text));
		assert_memory_equal(out, cases[i].text, n);
	}
}

static void test_format_and_parse_agree(void **state)
{
	(void)state;
	for (int shift = 0; shift < 64; shift++) {
		for (int d = -1; d <= 1; d++) {
			uint64_t v = ((uint64_t)1 << shift) + (uint64_t)d, w;
			char out[NUM_U64_DIGITS];
			size_t n = num_format_u64(v, out);

			assert_true(num_parse_u64(span_make(out, n), v, &w));
			assert_int_equal(v, w);
			if (v > 0)
				assert_false(num_parse_u64(span_make(out, n),
							   v - 1, &w));
		}
	}
}

static void test_hex_digit(void **state)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	(void)state;
	for (int c = 0; c < 256; c++) {
		const char *at = c ? strchr(digits, c) : NULL;
		int expected = at ? (int)(at - digits) % 16 : -1;

		assert_int_equal(num_hex_digit((char)c), expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_keeps_to_its_span),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_and_parse_agree),
		cmocka_unit_test(test_hex_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
