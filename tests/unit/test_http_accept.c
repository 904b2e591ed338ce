/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/http_accept.h"

static void test_what_is_preferred(void **state)
{
	static const struct {
		const char *accept;
		enum openmetrics_format format;
	} rows[] = {
		{NULL, OPENMETRICS_TEXT},
		{"", OPENMETRICS_TEXT},
		{"*/*", OPENMETRICS_TEXT},
		{"text/plain", OPENMETRICS_TEXT},
		{"application/json", OPENMETRICS_TEXT},
		{"application/openmetrics-text", OPENMETRICS_1_0},
		{"Application/OpenMetrics-Text; Version=1.0.0",
		 OPENMETRICS_1_0},
		{"application/openmetrics-text;version=0.0.1",
		 OPENMETRICS_TEXT},
		{"application/openmetrics-text;version=1.0.0,"
		 "application/openmetrics-text;version=0.0.1;q=0.75,"
		 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 OPENMETRICS_1_0},
		{"application/openmetrics-text; version=1.0.0; q=0.3,"
		 "text/plain;version=0.0.4;q=0.9",
		 OPENMETRICS_TEXT},
		{"text/plain;q=0.25 , application/openmetrics-text;q=0.25",
		 OPENMETRICS_1_0},
		{"application/openmetrics-text;q=0", OPENMETRICS_TEXT},
		{"application/openmetrics-text;q=0.000,*/*", OPENMETRICS_TEXT},
		{"application/openmetrics-text;q=1.000", OPENMETRICS_1_0},
		{"application/openmetrics-text;q=0.0001", OPENMETRICS_TEXT},
		{"application/openmetrics-text;q=-1", OPENMETRICS_TEXT},
		{"application/openmetrics-text;q=0.x", OPENMETRICS_TEXT},
		{"application/openmetrics-text;q=", OPENMETRICS_TEXT},
		{"application/openmetrics-text;;charset=utf-8",
		 OPENMETRICS_1_0},
		{"application/openmetrics-textual", OPENMETRICS_TEXT},
		{",;=,,;q=;,", OPENMETRICS_TEXT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(http_accept_format(span_str(rows[i].accept)),
				 rows[i].format);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_preferred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
