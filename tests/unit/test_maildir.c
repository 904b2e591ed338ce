/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/maildir.h"

/* The name in storage that is exact, for the sanitizers. */
static char *mem;

static struct span exact(const char *name)
{
	size_t n = strlen(name);

	free(mem);
	mem = malloc(n ? n : 1);
	memcpy(mem, name, n);
	return span_make(mem, n);
}

static int forget(void **state)
{
	(void)state;
	free(mem);
	mem = NULL;
	return 0;
}

#define BASE "1700000000.M1P2.host"

static void test_base_and_flags(void **state)
{
	static const struct {
		const char *name, *base, *flags;
	} cases[] = {
		{BASE, BASE, ""},
		{BASE ":2,", BASE, ""},
		{BASE ":2,S", BASE, "S"},
		{BASE ":2,RS", BASE, "RS"},
		{BASE ",S=12:2,RSab", BASE ",S=12", "RSab"},
		{BASE ":1,x", BASE, ""},
		{BASE ":3,S", BASE, ""},
		/* other colons belong to the base, which never changes */
		{"a:b", "a:b", ""},
		{"a:b:2,S", "a:b", "S"},
		{"a::2,S", "a:", "S"},
		{"a:", "a:", ""},
		{"a:2", "a:2", ""},
		{"a:2:2,", "a:2", ""},
		{"a:x,b:2,F", "a:x,b", "F"},
		{"a:2,S:2,R", "a", "S:2,R"},
		{"a:1,b:2,R", "a", ""},
		{":2,S", "", "S"},
		{":", ":", ""},
		{"", "", ""},
		{"no time", "no time", ""},
		{"x\ny:2,T", "x\ny", "T"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span name = exact(cases[i].name);
		struct maildir_name n;

		maildir_name_parse(name, &n);
		assert_true(span_equal(n.base, span_str(cases[i].base)));
		assert_true(span_equal(n.flags, span_str(cases[i].flags)));
		assert_true(span_equal(maildir_name_base(name), n.base));
	}
}

static void test_fields(void **state)
{
	static const struct {
		const char *name;
		uint64_t time;
		bool has_s, has_w;
		uint64_t s, w;
	} cases[] = {
		{BASE, 1700000000, false, false, 0, 0},
		{BASE ":2,S", 1700000000, false, false, 0, 0},
		{BASE ",S=4711,W=4830:2,S", 1700000000, true, true, 4711, 4830},
		{BASE ",W=4830,S=4711", 1700000000, true, true, 4711, 4830},
		{BASE ",S=4711", 1700000000, true, false, 4711, 0},
		{BASE ",W=0", 1700000000, false, true, 0, 0},
		{BASE ",x=1,S=2,U=7,W=3,", 1700000000, true, true, 2, 3},
		/* the first that is a number */
		{BASE ",S=1,S=2", 1700000000, true, false, 1, 0},
		{BASE ",S=x,S=2", 1700000000, true, false, 2, 0},
		{BASE ",S=", 1700000000, false, false, 0, 0},
		{BASE ",S", 1700000000, false, false, 0, 0},
		{BASE ",S=-1", 1700000000, false, false, 0, 0},
		{BASE ",S=1x", 1700000000, false, false, 0, 0},
		{BASE ",S= 1", 1700000000, false, false, 0, 0},
		{BASE ",s=1,w=2", 1700000000, false, false, 0, 0},
		{BASE ",SS=1", 1700000000, false, false, 0, 0},
		{BASE ".S=1", 1700000000, false, false, 0, 0},
		{BASE ",S=18446744073709551615", 1700000000, true, false,
		 UINT64_MAX, 0},
		{BASE ",S=18446744073709551616", 1700000000, false, false, 0,
		 0},
		/* in the flags they mean nothing */
		{BASE ":2,S,S=1,W=2", 1700000000, false, false, 0, 0},
		{"S=1,W=2", 0, false, true, 0, 2},
		{"0012.x", 12, false, false, 0, 0},
		{"12", 12, false, false, 0, 0},
		{"x12", 0, false, false, 0, 0},
		{"-12", 0, false, false, 0, 0},
		{"18446744073709551615.x", UINT64_MAX, false, false, 0, 0},
		{"99999999999999999999999.x", UINT64_MAX, false, false, 0, 0},
		{"", 0, false, false, 0, 0},
		{",,,", 0, false, false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct maildir_name n;

		maildir_name_parse(exact(cases[i].name), &n);
		assert_true(n.time == cases[i].time);
		assert_int_equal(n.has_s, cases[i].has_s);
		assert_int_equal(n.has_w, cases[i].has_w);
		assert_true(n.s == cases[i].s);
		assert_true(n.w == cases[i].w);
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_order(void **state)
{
	/* Each one comes before the next. */
	static const char *const sorted[] = {
		"",
		":2,S",
		"a",
		"x:2,",
		"x:2,S",
		"x.y",
		"1.x",
		"9.z:2,S",
		"10.a",
		"10.a:2,",
		"10.a:2,S",
		"10.a,S=1:2,",
		/* the info is not compared before the bases are */
		"10.a.b:2,",
		"10.aa",
		"10.\xff",
		"11.a",
		/* both beyond all numbers, so the octets decide */
		"100000000000000000000000.a",
		"99999999999999999999.a",
	};
	const int n = sizeof(sorted) / sizeof(sorted[0]);

	(void)state;
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++) {
			int order = maildir_name_order(span_str(sorted[i]),
						       span_str(sorted[j]));

			assert_int_equal(sign(order), sign(i - j));
		}
	}
}

static void test_unique_ids(void **state)
{
	char name[MAILDIR_UID_MAX + 1];

	(void)state;
	memset(name, 'x', sizeof(name));
	assert_false(maildir_base_is_uid(span_make(name, 0)));
	assert_false(maildir_base_is_uid(span_str(NULL)));
	for (size_t n = 1; n <= MAILDIR_UID_MAX; n++)
		assert_true(maildir_base_is_uid(span_make(name, n)));
	assert_false(maildir_base_is_uid(span_make(name, MAILDIR_UID_MAX + 1)));
	for (int c = 0; c < 256; c++) {
		for (int at = 0; at < 3; at++) {
			memset(name, 'x', 3);
			name[at] = (char)c;
			assert_int_equal(
				maildir_base_is_uid(span_make(name, 3)),
				c >= 0x21 && c <= 0x7e);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base_and_flags),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_unique_ids),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
