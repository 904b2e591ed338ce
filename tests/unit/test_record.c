/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "scmp/record.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Takes the value over. */
static void assert_json(json_t *value, const char *wanted)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT)
			   : NULL;

	json_decref(value);
	assert_non_null(text);
	assert_string_equal(text, wanted);
	free(text);
}

static const struct record_member members[] = {
	{"user", "name", RECORD_TEXT},	{"n", NULL, RECORD_NUMBER},
	{"on", NULL, RECORD_YES},	{"until", NULL, RECORD_UNTIL},
	{"rights", NULL, RECORD_WORDS},
};

static void test_records(void **state)
{
	static const struct {
		const char *record, *json;
	} cases[] = {
		{"user=joe n=7 on=yes until=1700000000 rights=a",
		 "{\"name\":\"joe\",\"n\":7,\"on\":true,"
		 "\"until\":1700000000,\"rights\":[\"a\"]}"},
		/* In any order, with others between them. */
		{"rights=\"a.b  c\" x=1 on=no until=never color=red n=0 "
		 "user=\"j \\\"o\\\\\"",
		 "{\"name\":\"j \\\"o\\\\\",\"n\":0,\"on\":false,"
		 "\"until\":null,\"rights\":[\"a.b\",\"c\"]}"},
		/* Unknown, empty, missing. */
		{"user=- n=- on=- until=- rights=-",
		 "{\"name\":null,\"n\":null,\"on\":null,\"until\":null,"
		 "\"rights\":null}"},
		{"user=\"-\" rights=\"\"",
		 "{\"name\":\"-\",\"n\":null,\"on\":null,\"until\":null,"
		 "\"rights\":[]}"},
		/* No numbers. */
		{"user=\"\" n=many until=-1 on=maybe",
		 "{\"name\":\"\",\"n\":null,\"on\":false,\"until\":null,"
		 "\"rights\":null}"},
		{"n=9223372036854775807",
		 "{\"name\":null,\"n\":9223372036854775807,\"on\":null,"
		 "\"until\":null,\"rights\":null}"},
		{"n=9223372036854775808",
		 "{\"name\":null,\"n\":null,\"on\":null,\"until\":null,"
		 "\"rights\":null}"},
		/* The first of two; nothing behind what is no field. */
		{"n=1 n=2 =3 user=joe",
		 "{\"name\":null,\"n\":1,\"on\":null,\"until\":null,"
		 "\"rights\":null}"},
		{"", "{\"name\":null,\"n\":null,\"on\":null,\"until\":null,"
		     "\"rights\":null}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_json(record_make(span_str(cases[i].record), members,
					COUNT(members)),
			    cases[i].json);
}

/* A record that ends anywhere gives null for what is cut off, or a piece. */
static void test_cut_records(void **state)
{
	static const char text[] =
		"user=\"j \\\"\" n=12 on=yes until=3 rights=\"a b\"";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		json_t *record = record_make(span_make(text, n), members,
					     COUNT(members));

		assert_int_equal(json_object_size(record), COUNT(members));
		json_decref(record);
	}
}

static void test_values(void **state)
{
	struct span record = span_str("a=1 b=\"x y\" c=- d=");

	(void)state;
	assert_json(record_value(record, "a"), "\"1\"");
	assert_json(record_value(record, "b"), "\"x y\"");
	assert_json(record_value(record, "c"), "null");
	assert_null(record_value(record, "e"));
	assert_null(record_value(record, ""));
}

static void test_settings(void **state)
{
	(void)state;
	assert_json(record_setting(span_str("idle_timeout=600 source=scmp")),
		    "{\"name\":\"idle_timeout\",\"value\":\"600\","
		    "\"source\":\"scmp\"}");
	assert_json(record_setting(span_str("maildir=\"/a b\"")),
		    "{\"name\":\"maildir\",\"value\":\"/a b\","
		    "\"source\":null}");
	assert_json(record_setting(span_str("x=-")),
		    "{\"name\":\"x\",\"value\":null,\"source\":null}");
	assert_null(record_setting(span_str("")));
	assert_null(record_setting(span_str("=x source=file")));
}

static void test_answers(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"600 source=file", "{\"name\":\"k\",\"value\":\"600\","
				    "\"source\":\"file\"}"},
		{"- source=default", "{\"name\":\"k\",\"value\":null,"
				     "\"source\":\"default\"}"},
		{"/a b source=c source=scmp",
		 "{\"name\":\"k\",\"value\":\"/a b source=c\","
		 "\"source\":\"scmp\"}"},
		{"admin", "{\"name\":\"k\",\"value\":\"admin\","
			  "\"source\":null}"},
		{"", "{\"name\":\"k\",\"value\":\"\",\"source\":null}"},
		{" source=", "{\"name\":\"k\",\"value\":\"\","
			     "\"source\":null}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_json(record_answer("k", span_str(cases[i].text)),
			    cases[i].json);
}

static void test_guesses(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"0", "0"},
		{"42", "42"},
		{"yes", "true"},
		{"no", "false"},
		{"none", "\"none\""},
		{"", "\"\""},
		{"-1", "\"-1\""},
		{"1.5", "\"1.5\""},
		{"9223372036854775808", "\"9223372036854775808\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *text = json_string(cases[i].text);

		assert_json(record_guess(text), cases[i].json);
		json_decref(text);
	}
	assert_json(record_guess(NULL), "null");
}

static void test_words(void **state)
{
	(void)state;
	assert_json(record_words(" a  b.c "), "[\"a\",\"b.c\"]");
	assert_json(record_words(""), "[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_cut_records),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
