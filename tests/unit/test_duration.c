/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/duration.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} cases[] = {
		{"0", 0},
		{"90", 90},
		{"90s", 90},
		{"5m", 300},
		{"2h", 7200},
		{"1d", 86400},
		{"1w", 604800},
		{"0w", 0},
		{"007m", 420},
		{"4294967295", 4294967295},
		{"4294967295w", 4294967295 * UINT64_C(604800)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t seconds = 1;

		assert_true(duration_parse(span_str(cases[i].text), &seconds));
		assert_true(seconds == cases[i].seconds);
	}
}

static void test_no_durations(void **state)
{
	static const char *const cases[] = {
		"",	 "s",	"-1",	      "+1",	     "1 ",
		" 1",	 "1M",	"1ms",	      "1y",	     "1.5h",
		"1h30m", "0x1", "4294967296", "4294967296s",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t seconds = 7;

		assert_false(duration_parse(span_str(cases[i]), &seconds));
		assert_true(seconds == 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_no_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
