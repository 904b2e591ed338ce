/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/clock.h"

#include <time.h>

static void the_monotonic_clock_never_goes_back(void **state)
{
	uint64_t last = clock_ms();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t now = clock_ms();

		assert_true(now >= last);
		last = now;
	}
}

/* Both between two looks at the system's own clock. */
static void the_clocks_are_the_systems(void **state)
{
	struct timespec before, after;
	uint64_t ms, ns;
	int64_t s;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	ms = clock_ms();
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	assert_in_range(ms, before.tv_sec * 1000 + before.tv_nsec / 1000000,
			after.tv_sec * 1000 + after.tv_nsec / 1000000);

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &before), 0);
	s = clock_now_s();
	ns = clock_real_ns();
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &after), 0);
	assert_in_range(s, before.tv_sec, after.tv_sec);
	assert_in_range(ns, before.tv_sec * 1000000000 + before.tv_nsec,
			after.tv_sec * 1000000000 + after.tv_nsec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monotonic_clock_never_goes_back),
		cmocka_unit_test(the_clocks_are_the_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
