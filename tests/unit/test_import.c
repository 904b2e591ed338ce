/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/import.h"

#define ASSERT_SPAN(span, text)                                                \
	do {                                                                   \
		assert_int_equal((span).n, strlen(text));                      \
		assert_memory_equal((span).p, text, strlen(text));             \
	} while (0)

static void test_empty(void **state)
{
	(void)state;
	assert_true(import_line_is_empty(span_str("")));
	assert_true(import_line_is_empty(span_str(" \t")));
	assert_true(import_line_is_empty(span_str("#a:b")));
	assert_true(import_line_is_empty(span_str("  # a")));
	assert_false(import_line_is_empty(span_str("a#")));
}

static const struct guess_case {
	const char *line;
	enum import_format format;
} guesses[] = {
	{"{\"name\":\"a\"}", IMPORT_JSON},
	{"  {}", IMPORT_JSON},
	{"username = alice", IMPORT_AUTHFILE},
	{"username\t= alice", IMPORT_AUTHFILE},
	{"username=alice", IMPORT_AUTHFILE},
	{"username:{PLAIN}x", IMPORT_PASSWD},
	{"username", IMPORT_PASSWD},
	{"alice:{PLAIN}x", IMPORT_PASSWD},
	{"alice:x:1000:1000:Alice:/home/alice:/bin/sh", IMPORT_PASSWD},
	{"alice:$6$a$b:1000:1000::/home/alice::userdb_mail=maildir:~/Mail",
	 IMPORT_PASSWD},
	{"alice:$6$a$b:19000:0:99999:7:::", IMPORT_SHADOW},
	{"alice:!:19000::::::", IMPORT_SHADOW},
	{"alice:*:::::::", IMPORT_SHADOW},
	{"alice:*::0:99999:7:::", IMPORT_PASSWD}, /* no day at all */
	{"alice:$6$a$b:19000:0:99999:7::", IMPORT_PASSWD},
	{"alice:$6$a$b:19000:0:99999:7::::", IMPORT_PASSWD},
	{"alice:$6$a$b:19000:0:never:7:::", IMPORT_PASSWD},
};

static void test_guess(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++)
		assert_int_equal(import_guess(span_str(guesses[i].line)),
				 guesses[i].format);
}

static void test_field(void **state)
{
	struct span line = span_str("a:bc::d");

	(void)state;
	ASSERT_SPAN(import_field(line, 0), "a");
	ASSERT_SPAN(import_field(line, 1), "bc");
	ASSERT_SPAN(import_field(line, 2), "");
	ASSERT_SPAN(import_field(line, 3), "d");
	assert_int_equal(import_field(line, 4).n, 0);
	assert_int_equal(import_field(line, 9).n, 0);
}

static const struct password_case {
	const char *field, *form;
	bool is_locked, is_elsewhere;
} passwords[] = {
	{"$6$a$b", "$6$a$b", false, false},
	{"", "", true, false},
	{"!", "", true, false},
	{"*", "", true, false},
	{"!!", "", true, false},
	{"!*$6$a$b", "$6$a$b", true, false},
	{"x", "", true, true},
	{"!x", "", true, true},
	{"{PLAIN}!", "{PLAIN}!", false, false},
};

static void test_password(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
		struct import_password p =
			import_password_of(span_str(passwords[i].field));

		ASSERT_SPAN(p.form, passwords[i].form);
		assert_int_equal(p.is_locked, passwords[i].is_locked);
		assert_int_equal(p.is_elsewhere, passwords[i].is_elsewhere);
	}
}

static void test_old_crypt(void **state)
{
	(void)state;
	assert_true(import_is_old_crypt(span_str("abJnggxhB/yWI")));
	assert_true(import_is_old_crypt(span_str("_J9..rasmBYk8r9AiWNc")));
	assert_false(import_is_old_crypt(span_str("abJnggxhB/yW")));
	assert_false(import_is_old_crypt(span_str("abJnggxhB/yW$")));
	assert_false(import_is_old_crypt(span_str("abJnggxhB/yW:")));
	assert_false(import_is_old_crypt(span_str("abJnggxhB/yW~")));
	assert_false(import_is_old_crypt(span_str("_J9..rasmBYk8r9AiWN_")));
	assert_false(import_is_old_crypt(span_str("xJ9..rasmBYk8r9AiWNc")));
	assert_false(import_is_old_crypt(span_str("")));
}

enum { TODAY = 20000 };

static const struct shadow_case {
	const char *line;
	enum import_verdict verdict;
	const char *name, *form;
	bool is_locked, has_expired, must_change;
} shadows[] = {
	{"a:$6$x:19000:0:99999:7:::", IMPORT_OK, "a", "$6$x", false, false,
	 false},
	{"a:!$6$x:19000:0:99999:7:::", IMPORT_OK, "a", "$6$x", true, false,
	 false},
	{"a::19000:0:99999:7:::", IMPORT_OK, "a", "", true, false, false},
	{"a:$6$x:0:0:99999:7:::", IMPORT_OK, "a", "$6$x", false, false, true},
	{"a:$6$x:::::::", IMPORT_OK, "a", "$6$x", false, false, false},
	{"a:$6$x:1:2:3:4:5:19999:6", IMPORT_OK, "a", "$6$x", false, true,
	 false},
	{"a:$6$x:1:2:3:4:5:20000:6", IMPORT_OK, "a", "$6$x", false, true,
	 false},
	{"a:$6$x:1:2:3:4:5:20001:6", IMPORT_OK, "a", "$6$x", false, false,
	 false},
	{"a:$6$x:1::::::99999999999999999999999", IMPORT_OK, "a", "$6$x", false,
	 false, false},
	{"a:*:1::::::", IMPORT_NO_ACCOUNT, NULL, NULL, 0, 0, 0},
	{"a:!!:1::::::", IMPORT_NO_ACCOUNT, NULL, NULL, 0, 0, 0},
	{":x:1::::::", IMPORT_NO_NAME, NULL, NULL, 0, 0, 0},
	{"a:$6$x:1:::::", IMPORT_NO_FIELDS, NULL, NULL, 0, 0, 0},
	{"a:$6$x:1:::::::", IMPORT_NO_FIELDS, NULL, NULL, 0, 0, 0},
	{"", IMPORT_NO_FIELDS, NULL, NULL, 0, 0, 0},
	{"a:$6$x:-1::::::", IMPORT_BAD_DAY, NULL, NULL, 0, 0, 0},
	{"a:$6$x:1::::::z", IMPORT_BAD_DAY, NULL, NULL, 0, 0, 0},
};

static void test_shadow(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shadows) / sizeof(shadows[0]); i++) {
		const struct shadow_case *c = &shadows[i];
		struct import_shadow s;

		assert_int_equal(
			import_shadow_parse(span_str(c->line), TODAY, &s),
			c->verdict);
		if (c->verdict != IMPORT_OK)
			continue;
		ASSERT_SPAN(s.name, c->name);
		ASSERT_SPAN(s.password.form, c->form);
		assert_int_equal(s.password.is_locked, c->is_locked);
		assert_int_equal(s.has_expired, c->has_expired);
		assert_int_equal(s.must_change, c->must_change);
	}
}

static void test_nul(void **state)
{
	static const char line[] = "a:$6$x\0:1::::::";
	struct import_shadow s;

	(void)state;
	assert_int_equal(import_shadow_parse(span_make(line, sizeof(line) - 1),
					     TODAY, &s),
			 IMPORT_NUL);
}

static void test_texts(void **state)
{
	(void)state;
	for (int i = 0; i < IMPORT_VERDICTS; i++)
		assert_non_null(import_verdict_text((enum import_verdict)i));
	for (int i = 0; i < IMPORT_FORMATS; i++)
		assert_non_null(import_format_names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_old_crypt),
		cmocka_unit_test(test_shadow),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
