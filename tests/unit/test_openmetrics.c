/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/openmetrics.h"

static char mem[2048];
static struct buf out;

static int empty(void **state)
{
	(void)state;
	buf_init(&out, mem, sizeof(mem));
	return 0;
}

static const struct openmetrics_family counter = {
	.name = "pop3_octets",
	.unit = "octets",
	.help = "Octets, \"sent\"\nand \\ received.",
	.type = OPENMETRICS_COUNTER,
};

static const struct openmetrics_family gauge = {
	.name = "pop3_sessions",
	.help = "Open sessions.",
	.type = OPENMETRICS_GAUGE,
};

static const struct openmetrics_family histogram = {
	.name = "pop3_session_seconds",
	.unit = "seconds",
	.help = "How long sessions were.",
	.type = OPENMETRICS_HISTOGRAM,
};

static void test_counter(void **state)
{
	static const struct openmetrics_label labels[] = {
		{"direction", "sent"},
		{"odd", "a\"b\\c\nd"},
	};

	(void)state;
	openmetrics_add_head(&out, OPENMETRICS_1_0, &counter);
	openmetrics_add_sample(&out, &counter, "_total", labels, 2, 17, 0);
	openmetrics_add_end(&out, OPENMETRICS_1_0);
	assert_string_equal(
		buf_str(&out),
		"# TYPE pop3_octets counter\n"
		"# UNIT pop3_octets octets\n"
		"# HELP pop3_octets Octets, \\\"sent\\\"\\nand \\\\ received.\n"
		"pop3_octets_total{direction=\"sent\",odd=\"a\\\"b\\\\c\\nd\"}"
		" 17\n"
		"# EOF\n");
}

static void test_counter_in_text(void **state)
{
	static const struct openmetrics_label label = {"direction", "sent"};

	(void)state;
	openmetrics_add_head(&out, OPENMETRICS_TEXT, &counter);
	openmetrics_add_sample(&out, &counter, "_total", &label, 1, 17, 0);
	openmetrics_add_end(&out, OPENMETRICS_TEXT);
	assert_string_equal(buf_str(&out),
			    "# TYPE pop3_octets_total counter\n"
			    "# HELP pop3_octets_total Octets, \"sent\"\\nand "
			    "\\\\ received.\n"
			    "pop3_octets_total{direction=\"sent\"} 17\n");
}

static void test_gauge(void **state)
{
	(void)state;
	openmetrics_add_head(&out, OPENMETRICS_1_0, &gauge);
	openmetrics_add_sample(&out, &gauge, "", NULL, 0, UINT64_MAX, 0);
	openmetrics_add_head(&out, OPENMETRICS_TEXT, &gauge);
	assert_string_equal(buf_str(&out),
			    "# TYPE pop3_sessions gauge\n"
			    "# HELP pop3_sessions Open sessions.\n"
			    "pop3_sessions 18446744073709551615\n"
			    "# TYPE pop3_sessions gauge\n"
			    "# HELP pop3_sessions Open sessions.\n");
}

static void test_histogram(void **state)
{
	static const struct openmetrics_label le = {"le", "0.5"};

	(void)state;
	openmetrics_add_head(&out, OPENMETRICS_1_0, &histogram);
	openmetrics_add_sample(&out, &histogram, "_bucket", &le, 1, 2, 0);
	openmetrics_add_sample(&out, &histogram, "_sum", NULL, 0, 1500, 3);
	openmetrics_add_sample(&out, &histogram, "_sum", NULL, 0, 5, 3);
	openmetrics_add_sample(&out, &histogram, "_sum", NULL, 0, 0, 3);
	assert_string_equal(buf_str(&out),
			    "# TYPE pop3_session_seconds histogram\n"
			    "# UNIT pop3_session_seconds seconds\n"
			    "# HELP pop3_session_seconds How long sessions "
			    "were.\n"
			    "pop3_session_seconds_bucket{le=\"0.5\"} 2\n"
			    "pop3_session_seconds_sum 1.500\n"
			    "pop3_session_seconds_sum 0.005\n"
			    "pop3_session_seconds_sum 0.000\n");
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t value;
		unsigned decimals;
		const char *text;
	} cases[] = {
		{0, 0, "0.0"},
		{1, 0, "1.0"},
		{1, 3, "0.001"},
		{16, 3, "0.016"},
		{1000, 3, "1.0"},
		{1024, 3, "1.024"},
		{1100, 3, "1.1"},
		{10, 1, "1.0"},
		{0, 3, "0.0"},
		{131072, 3, "131.072"},
		{UINT64_MAX, 0, "18446744073709551615.0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		openmetrics_add_number(&out, cases[i].value, cases[i].decimals);
		assert_string_equal(buf_str(&out), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_counter, empty),
		cmocka_unit_test_setup(test_counter_in_text, empty),
		cmocka_unit_test_setup(test_gauge, empty),
		cmocka_unit_test_setup(test_histogram, empty),
		cmocka_unit_test_setup(test_numbers, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
