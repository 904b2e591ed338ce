/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/scmp_write.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char mem[1024];
static struct buf out;

static int empty(void **state)
{
	(void)state;
	buf_init(&out, mem, sizeof(mem));
	return 0;
}

static void test_status(void **state)
{
	static const struct {
		enum scmp_code code;
		const char *detail, *text, *line;
	} cases[] = {
		{SCMP_CODE_OK, "", "", "+OK\r\n"},
		{SCMP_CODE_OK, "", "user added", "+OK user added\r\n"},
		{SCMP_CODE_OK, "lost", "x", "+OK x\r\n"},
		{SCMP_CODE_CHANGEPW, "", "change", "+OK [CHANGEPW] change\r\n"},
		{SCMP_CODE_GENERATED, "a-B_1", "", "+OK [GENERATED a-B_1]\r\n"},
		{SCMP_CODE_NOCHANGE, "", "", "+OK [NOCHANGE]\r\n"},
		{SCMP_CODE_AUTH, "", "no", "-ERR [AUTH] no\r\n"},
		{SCMP_CODE_POLICY, "min_length", "too short",
		 "-ERR [POLICY min_length] too short\r\n"},
		{SCMP_CODE_PERM_LOCAL, "", "", "-ERR [PERM/LOCAL]\r\n"},
		/* nothing gets out of its place */
		{SCMP_CODE_OK, "", "a\r\n-ERR b", "+OK a\\x0d\\x0a-ERR b\r\n"},
		{SCMP_CODE_OK, "", "[AUTH] a", "+OK \\x5bAUTH\\x5d a\r\n"},
		{SCMP_CODE_AUTH, "", "[a] [", "-ERR [AUTH] [a\\x5d [\r\n"},
		{SCMP_CODE_POLICY, "a] b", "c", "-ERR [POLICY a\\x5d b] c\r\n"},
		{SCMP_CODE_AUTH, "", "\x1b[m\xff\xc3\xa4",
		 "-ERR [AUTH] \\x1b[m\\xff\xc3\xa4\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_reset(&out);
		scmp_write_status(&out, cases[i].code,
				  span_str(cases[i].detail),
				  span_str(cases[i].text));
		assert_string_equal(buf_str(&out), cases[i].line);
	}
}

static void test_lines(void **state)
{
	(void)state;
	scmp_write_line(&out, span_str(""));
	scmp_write_line(&out, span_str("."));
	scmp_write_line(&out, span_str("..a"));
	scmp_write_line(&out, span_str("a."));
	scmp_write_line(&out, span_str("a\r\n.\r\n"));
	scmp_write_line(&out, span_str("# [\xc2\x9b] \xe2\x82\xac \\"));
	scmp_write_dot(&out);
	assert_string_equal(buf_str(&out), "\r\n..\r\n...a\r\na.\r\n"
					   "a\\x0d\\x0a.\\x0d\\x0a\r\n"
					   "# [\\xc2\\x9b] \xe2\x82\xac \\\r\n"
					   ".\r\n");
}

static void test_values(void **state)
{
	static const struct {
		struct span value;
		const char *written;
	} cases[] = {
#define VALUE(value, written) {SPAN_LITERAL(value), written}
		VALUE("a", "k=a"),
		VALUE("", "k=\"\""),
		VALUE("-", "k=\"-\""),
		VALUE("--", "k=--"),
		VALUE("a b", "k=\"a b\""),
		VALUE("a\"b", "k=\"a\\\"b\""),
		VALUE("a\\b", "k=\"a\\\\b\""),
		VALUE("a=b", "k=\"a=b\""),
		VALUE("\xc3\xa4", "k=\xc3\xa4"),
		VALUE("\xe4", "k=\"\\\\xe4\""),
		VALUE("a\0b", "k=\"a\\\\x00b\""),
		VALUE("a\r\n.", "k=\"a\\\\x0d\\\\x0a.\""),
		VALUE("]", "k=]"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_reset(&out);
		scmp_write_field(&out, "k", cases[i].value);
		assert_string_equal(buf_str(&out), cases[i].written);
	}
}

static void test_records(void **state)
{
	(void)state;
	scmp_write_field_u64(&out, "id", 812);
	scmp_write_field_str(&out, "state", "update");
	scmp_write_field_unknown(&out, "user");
	scmp_write_field_of(&out, span_str("ip"), span_str("::1"));
	scmp_write_end(&out);
	scmp_write_field_u64(&out, "id", UINT64_MAX);
	scmp_write_end(&out);
	scmp_write_field_unknown(&out, "id");
	assert_string_equal(buf_str(&out),
			    "id=812 state=update user=- ip=::1\r\n"
			    "id=18446744073709551615\r\nid=-");
}

static void test_arguments(void **state)
{
	(void)state;
	buf_add_str(&out, "CURR_CONNEC");
	scmp_write_argument(&out, span_str("bob"), false);
	scmp_write_argument(&out, span_str("list"), true);
	scmp_write_argument(&out, span_str(""), false);
	scmp_write_argument(&out, span_str("-"), false);
	scmp_write_argument(&out, span_str("a=b"), false);
	scmp_write_argument(&out, span_str("a \"b\\"), false);
	assert_string_equal(buf_str(&out), "CURR_CONNEC bob \"list\" \"\" - "
					   "\"a=b\" \"a \\\"b\\\\\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_status, empty),
		cmocka_unit_test_setup(test_lines, empty),
		cmocka_unit_test_setup(test_values, empty),
		cmocka_unit_test_setup(test_records, empty),
		cmocka_unit_test_setup(test_arguments, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
