/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/scheme.h"

static const struct scheme_case {
	const char *stored;
	const char *name; /* NULL: fails closed */
	enum scheme_encoding encoding;
	const char *rest;
} cases[] = {
	{"{PLAIN}secret", "PLAIN", SCHEME_AS_IS, "secret"},
	{"{plain}{PLAIN}", "PLAIN", SCHEME_AS_IS, "{PLAIN}"},
	{"{CLEARTEXT}", "CLEARTEXT", SCHEME_AS_IS, ""},
	{"{CRYPT}abJnggxhB/yWI", "CRYPT", SCHEME_AS_IS, "abJnggxhB/yWI"},
	{"{sha512-Crypt}$6$a$b", "SHA512-CRYPT", SCHEME_AS_IS, "$6$a$b"},
	{"$6$a$b", "CRYPT", SCHEME_AS_IS, "$6$a$b"},
	{"$", "CRYPT", SCHEME_AS_IS, "$"},
	{"{SSHA}abc", "SSHA", SCHEME_BASE64, "abc"},
	{"{PLAIN-MD5}abc", "PLAIN-MD5", SCHEME_HEX, "abc"},
	{"{SSHA.hex}abc", "SSHA", SCHEME_HEX, "abc"},
	{"{SSHA.HEX}abc", "SSHA", SCHEME_HEX, "abc"},
	{"{PLAIN.b64}c2VjcmV0", "PLAIN", SCHEME_BASE64, "c2VjcmV0"},
	{"{PLAIN.base64}c2VjcmV0", "PLAIN", SCHEME_BASE64, "c2VjcmV0"},
	/* all that fails closed */
	{"", NULL, 0, NULL},
	{"secret", NULL, 0, NULL},
	{"abJnggxhB/yWI", NULL, 0, NULL},
	{"!$6$a$b", NULL, 0, NULL},
	{"*", NULL, 0, NULL},
	{"{PLAIN", NULL, 0, NULL},
	{"{", NULL, 0, NULL},
	{"{}secret", NULL, 0, NULL},
	{" {PLAIN}secret", NULL, 0, NULL},
	{"{PLAIN }secret", NULL, 0, NULL},
	{"{PLAIN.}secret", NULL, 0, NULL},
	{"{PLAIN.b32}secret", NULL, 0, NULL},
	{"{PLAIN.hex.hex}secret", NULL, 0, NULL},
	{"{.hex}secret", NULL, 0, NULL},
	{"{SCRAM-SHA-256}secret", NULL, 0, NULL},
	{"{ROT13}secret", NULL, 0, NULL},
};

static void test_read(void **state)
{
	enum scheme_encoding encoding;
	struct span rest;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct scheme_case *c = &cases[i];
		const struct scheme *scheme =
			scheme_read(span_str(c->stored), &encoding, &rest);

		print_message("%s\n", c->stored);
		if (!c->name) {
			assert_null(scheme);
			continue;
		}
		assert_non_null(scheme);
		assert_string_equal(scheme->name, c->name);
		assert_int_equal(encoding, c->encoding);
		assert_true(span_equal(rest, span_str(c->rest)));
	}
	assert_null(scheme_read(span_make(NULL, 0), &encoding, &rest));
}

static const struct scheme *find(const char *name)
{
	enum scheme_encoding encoding;

	return scheme_find_encoded(span_str(name), &encoding);
}

/* Names are found, once each; what can be made says at what cost. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < schemes_n; i++) {
		const struct scheme *s = &schemes[i];

		print_message("%s\n", s->name);
		assert_ptr_equal(find(s->name), s);
		assert_non_null(s->help);
		assert_int_not_equal(s->kind, SCHEME_UNKNOWN);
		if (s->written)
			assert_non_null(find(s->written));
		if (s->can_make && s->kind == SCHEME_CRYPT)
			assert_non_null(s->setting);
		if (s->cost_unit)
			assert_true(s->cost_min &&
				    s->cost_min <= s->cost_usual &&
				    s->cost_usual <= s->cost_max);
		else
			assert_int_equal(s->cost_usual, 0);
	}
	assert_null(find(""));
	assert_null(find("PLAIN.nothing"));
	assert_true(schemes[0].can_make); /* the default */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
