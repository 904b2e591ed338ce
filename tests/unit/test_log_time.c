/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/log_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C library's words for it. */
static void expect(char *text, size_t size, const struct timespec *t,
		   bool local)
{
	struct tm tm;
	size_t n;

	assert_non_null(local ? localtime_r(&t->tv_sec, &tm)
			      : gmtime_r(&t->tv_sec, &tm));
	n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(text + n, size - n, ".%03ld",
			      t->tv_nsec / 1000000);
	if (local)
		strftime(text + n, size - n, "%z", &tm);
	else
		strcpy(text + n, "Z");
}

static void check(time_t second, long ns, bool local)
{
	const struct timespec t = {second, ns};
	char memory[64], text[64];
	struct buf b;

	buf_init(&b, memory, sizeof(memory));
	log_time_add(&b, &t, local);
	expect(text, sizeof(text), &t, local);
	assert_string_equal(buf_str(&b) ? memory : "", text);
}

static void test_utc_is_as_strftime_has_it(void **state)
{
	(void)state;
	check(0, 0, false);
	check(951782400, 1000000, false);    /* 2000-02-29 */
	check(4107542399, 999999999, false); /* 2100-02-28 23:59:59 */
	check(4107542400, 0, false);	     /* 2100-03-01 */
	check(-1, 0, false);
	check(-86400, 0, false);
	for (time_t day = -200000; day < 400000; day++)
		check(day * 86400 + day % 86400, 5000000, false);
}

static void check_zone(const char *name)
{
	char memory[64], text[64];
	struct buf b;
	struct tm tm;

	setenv("TZ", name, 1);
	tzset();
	/* Some four years, in steps that meet the hours of change. */
	for (time_t t = 1700000100; t < 1830000000; t += 1740) {
		check(t, 7000000, true);
		buf_init(&b, memory, sizeof(memory));
		log_time_add_syslog(&b, t);
		assert_non_null(localtime_r(&t, &tm));
		strftime(text, sizeof(text), "%b %e %H:%M:%S ", &tm);
		assert_string_equal(buf_str(&b) ? memory : "", text);
	}
}

static void test_local_time_is_as_strftime_has_it(void **state)
{
	(void)state;
	check_zone("UTC0");
	check_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	check_zone("NST3:30NDT,M3.2.0,M11.1.0");
	check_zone("<+0545>-5:45");
	check_zone("<-12>12");
}

static void test_a_quarter_is_asked_for_once(void **state)
{
	const struct timespec t = {1700000100, 0};
	char memory[64];
	struct buf b;

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	log_time_look(0);
	log_time_look(t.tv_sec);
	setenv("TZ", "CET-1", 1);
	tzset();
	buf_init(&b, memory, sizeof(memory));
	log_time_add(&b, &t, true);
	assert_string_equal(buf_str(&b) ? memory : "",
			    "2023-11-14T22:15:00.000+0000");
	check(t.tv_sec + 900, 0, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utc_is_as_strftime_has_it),
		cmocka_unit_test(test_local_time_is_as_strftime_has_it),
		cmocka_unit_test(test_a_quarter_is_asked_for_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
