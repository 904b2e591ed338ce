/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/scmp_reply.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is(struct span s, const char *text)
{
	return span_equal(s, span_str(text));
}

static void test_status(void **state)
{
	static const struct {
		const char *line;
		bool is_ok;
		enum scmp_code code;
		const char *name, *detail, *text;
	} cases[] = {
		{"+OK", true, SCMP_CODE_OK, "", "", ""},
		{"+OK ", true, SCMP_CODE_OK, "", "", ""},
		{"+OK hello", true, SCMP_CODE_OK, "", "", "hello"},
		{"+OK  x [y", true, SCMP_CODE_OK, "", "", " x [y"},
		{"+OK [PREAUTH]", true, SCMP_CODE_PREAUTH, "PREAUTH", "", ""},
		{"+OK [GENERATED a-B] x", true, SCMP_CODE_GENERATED,
		 "GENERATED", "a-B", "x"},
		{"-ERR [PERM/LOCAL] not here", false, SCMP_CODE_PERM_LOCAL,
		 "PERM/LOCAL", "", "not here"},
		{"-ERR [POLICY a b] c", false, SCMP_CODE_POLICY, "POLICY",
		 "a b", "c"},
		/* what we do not know, and who has no codes */
		{"-ERR [NEW] x", false, SCMP_CODES, "NEW", "", "x"},
		{"+OK [NEW x]", true, SCMP_CODES, "NEW", "x", ""},
		{"-ERR", false, SCMP_CODES, "", "", ""},
		{"-ERR no", false, SCMP_CODES, "", "", "no"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scmp_reply r;

		if (!scmp_reply_parse(span_str(cases[i].line), &r))
			fail_msg("%s", cases[i].line);
		assert_int_equal(r.is_ok, cases[i].is_ok);
		assert_int_equal(r.code, cases[i].code);
		assert_true(is(r.code_name, cases[i].name));
		assert_true(is(r.detail, cases[i].detail));
		assert_true(is(r.text, cases[i].text));
	}
}

static void test_no_status(void **state)
{
	static const char *const cases[] = {
		"",
		"OK",
		"+O",
		"+OKAY",
		"+ok",
		"-ERROR",
		"HTTP/1.1 400 Bad Request",
		"+OK [",
		"+OK []",
		"+OK [PREAUTH",
		"+OK [ PREAUTH]",
		"+OK [PREAUTH]x",
		"-ERR [PERM]-",
		/* the sign and the code must agree */
		"+OK [PERM] x",
		"-ERR [PREAUTH] x",
		"-ERR [NOCHANGE]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scmp_reply r = {.code = SCMP_CODE_BUSY};

		if (scmp_reply_parse(span_str(cases[i]), &r))
			fail_msg("%s", cases[i]);
		assert_int_equal(r.code, SCMP_CODE_BUSY);
	}
}

static void test_body(void **state)
{
	static const struct {
		const char *line, *text; /* NULL: the end */
	} cases[] = {
		{"", ""},	 {".", NULL},  {"..", "."},
		{"...a", "..a"}, {"a.", "a."}, {".a", "a"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span line = span_str(cases[i].line);

		assert_int_equal(scmp_reply_is_body(&line), !!cases[i].text);
		if (cases[i].text)
			assert_true(is(line, cases[i].text));
	}
}

/* "key:value;" and so on, "key?;" for what is unknown; then "." or "!". */
static const char *fields(const char *line)
{
	static char mem[1024];
	struct span rest = span_str(line);
	enum scmp_field_verdict v;
	struct scmp_field f;
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	while ((v = scmp_field_next(&rest, &f)) == SCMP_FIELD_READY) {
		buf_add_span(&b, f.key);
		buf_add_char(&b, f.is_unknown ? '?' : ':');
		if (!f.is_unknown)
			scmp_field_add_value(&b, &f);
		buf_add_char(&b, ';');
	}
	buf_add_char(&b, v == SCMP_FIELD_END ? '.' : '!');
	return buf_str(&b);
}

static void test_fields(void **state)
{
	static const struct {
		const char *line, *fields;
	} cases[] = {
		{"", "."},
		{"  ", "."},
		{"a=b", "a:b;."},
		{" a=b  c=d ", "a:b;c:d;."},
		{"a= b=", "a:;b:;."},
		{"a=- b=\"-\" c=--", "a?;b:-;c:--;."},
		{"a=\"\"", "a:;."},
		{"a=\"b c\" d=e", "a:b c;d:e;."},
		{"a=\"b\\\"c\\\\\" d=e", "a:b\"c\\;d:e;."},
		{"a=b\\c", "a:b\\c;."},
		{"a=b=c", "a:b=c;."},
		{"a=\"b=c\"", "a:b=c;."},
		{"a", "!"},
		{"=b", "!"},
		{"a=b c", "a:b;!"},
		{"a b=c", "!"},
		{"\"a\"=b", "!"},
		{"a=b\"c\"", "!"},
		{"a=\"b", "!"},
		{"a=\"b\\\"", "!"},
		{"a=\"b\\", "!"},
		{"a=\"b\"c", "!"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(fields(cases[i].line), cases[i].fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_no_status),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
