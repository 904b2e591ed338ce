/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/scheme.h"

static const struct scheme_case {
	const char *stored;
	enum scheme_kind kind;
	const char *rest; /* NULL: does not matter */
} cases[] = {
	{"{PLAIN}secret", SCHEME_SECRET, "secret"},
	{"{plain}{PLAIN}", SCHEME_SECRET, "{PLAIN}"},
	{"{CLEARTEXT}", SCHEME_SECRET, ""},
	{"{CRYPT}abJnggxhB/yWI", SCHEME_CRYPT, "abJnggxhB/yWI"},
	{"{CRYPT}", SCHEME_UNKNOWN, NULL},
	{"{SHA512-CRYPT}$6$a$b", SCHEME_CRYPT, "$6$a$b"},
	{"{sha512-Crypt}$6$a$b", SCHEME_CRYPT, "$6$a$b"},
	{"{SHA512-CRYPT}$5$a$b", SCHEME_UNKNOWN, NULL},
	{"{SHA256-CRYPT}$5$a$b", SCHEME_CRYPT, "$5$a$b"},
	{"{MD5-CRYPT}$1$a$b", SCHEME_CRYPT, "$1$a$b"},
	{"{BLF-CRYPT}$2y$04$a", SCHEME_CRYPT, "$2y$04$a"},
	{"{YESCRYPT}$y$j9T$a", SCHEME_CRYPT, "$y$j9T$a"},
	{"{GOST-YESCRYPT}$gy$j9T$a", SCHEME_CRYPT, "$gy$j9T$a"},
	{"$6$a$b", SCHEME_CRYPT, "$6$a$b"},
	{"$", SCHEME_CRYPT, "$"},
	/* all that fails closed */
	{"", SCHEME_UNKNOWN, NULL},
	{"secret", SCHEME_UNKNOWN, NULL},
	{"abJnggxhB/yWI", SCHEME_UNKNOWN, NULL},
	{"!$6$a$b", SCHEME_UNKNOWN, NULL},
	{"*", SCHEME_UNKNOWN, NULL},
	{"{PLAIN", SCHEME_UNKNOWN, NULL},
	{"{", SCHEME_UNKNOWN, NULL},
	{"{}secret", SCHEME_UNKNOWN, NULL},
	{" {PLAIN}secret", SCHEME_UNKNOWN, NULL},
	{"{PLAIN }secret", SCHEME_UNKNOWN, NULL},
	{"{PLAIN.b64}c2VjcmV0", SCHEME_UNKNOWN, NULL},
	{"{SSHA}abc", SCHEME_DIGEST, "abc"},
};

static void test_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct scheme_case *c = &cases[i];
		struct span rest;

		print_message("%s\n", c->stored);
		assert_int_equal(scheme_split(span_str(c->stored), NULL),
				 c->kind);
		assert_int_equal(scheme_split(span_str(c->stored), &rest),
				 c->kind);
		if (c->rest)
			assert_true(span_equal(rest, span_str(c->rest)));
	}
	assert_int_equal(scheme_split(span_make(NULL, 0), NULL),
			 SCHEME_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
