/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/policy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define WORST "one of the most used passwords, or close to one"
#define NAME  "contains the user's name"

static const struct policy_case {
	struct auth_policy policy;
	const char *name, *password;
	int reasons;
	const char *words;
} cases[] = {
	{{8, 0, 0, true, NULL}, "ann", "correct horse", 0, ""},
	{{8, 0, 0, true, NULL}, "ann", "xk3-9fQw", 0, ""},
	{{8, 0, 0, true, NULL},
	 "ann",
	 "xk3-9fQ",
	 1,
	 "shorter than 8 characters"},
	{{0, 0, 0, false, ""}, "ann", "x", 0, ""},
	{{0, 0, 0, false, NULL}, "ann", "", 1, "empty"},
	{{8, 12, 0, false, NULL}, "ann", "xk3-9fQwxk3-", 0, ""},
	{{8, 12, 0, false, NULL},
	 "ann",
	 "xk3-9fQwxk3-9",
	 1,
	 "longer than 12 characters"},
	/* characters, not octets */
	{{4, 4, 0, false, NULL}, "", "\xc3\xa4\xe2\x82\xac\xc3\xbc!", 0, ""},
	{{5, 0, 0, false, NULL},
	 "",
	 "\xc3\xa4\xe2\x82\xac\xc3\xbc!",
	 1,
	 "shorter than 5 characters"},
	/* classes */
	{{0, 0, 4, false, NULL}, "", "aB3-", 0, ""},
	{{0, 0, 3, false, NULL}, "", "aB3x", 0, ""},
	{{0, 0, 4, false, NULL},
	 "",
	 "aB3x",
	 1,
	 "has fewer than 4 of: lower case, upper case, digits, other "
	 "characters"},
	{{0, 0, 2, false, NULL},
	 "",
	 "xyxyx",
	 1,
	 "has fewer than 2 of: lower case, upper case, digits, other "
	 "characters"},
	/* the name */
	{{0, 0, 0, true, NULL}, "walter@example.com", "xxWalTER7", 1, NAME},
	{{0, 0, 0, true, NULL}, "walter@example.com", "9retlaw_", 1, NAME},
	{{0, 0, 0, true, NULL}, "walter@example.com", "9retla_w", 0, ""},
	{{0, 0, 0, false, NULL}, "walter", "xxwalter7", 0, ""},
	{{0, 0, 0, true, NULL}, "al", "royal-flush", 0, ""},
	{{0, 0, 0, true, NULL}, "@example.com", "royal-flush", 0, ""},
	/* the worst */
	{{0, 0, 0, false, NULL}, "", "password", 1, WORST},
	{{0, 0, 0, false, NULL}, "", "P@ssW0rd", 1, WORST},
	{{0, 0, 0, false, NULL}, "", "Password123!", 1, WORST},
	{{0, 0, 0, false, NULL}, "", "2024Summer?", 0, ""},
	{{0, 0, 0, false, NULL}, "", "12345678", 1, WORST},
	{{0, 0, 0, false, NULL}, "", "87654321", 1, WORST},
	{{0, 0, 0, false, NULL}, "", "zzzzzzzzzz", 1, WORST},
	{{0, 0, 0, false, NULL}, "", "12345679", 0, ""},
	{{0, 0, 0, false, NULL}, "", "passwords", 0, ""},
	/* all at once */
	{{9, 0, 3, true, NULL},
	 "hunter",
	 "Hunter2",
	 3,
	 "shorter than 9 characters; " NAME "; " WORST},
};

static int check(const struct auth_policy *policy, const char *name,
		 struct span password, char words[AUTH_REASONS_SIZE])
{
	struct buf reasons;
	int n;

	buf_init(&reasons, words, AUTH_REASONS_SIZE);
	n = auth_policy_check(policy, span_str(name), password, &reasons);
	assert_non_null(buf_str(&reasons));
	return n;
}

static void test_passwords(void **state)
{
	char words[AUTH_REASONS_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct policy_case *c = &cases[i];

		print_message("%s\n", c->password);
		assert_int_equal(check(&c->policy, c->name,
				       span_str(c->password), words),
				 c->reasons);
		assert_string_equal(words, c->words);
	}
	assert_int_equal(check(&auth_policy_default, "ann",
			       span_make("xk3-\0fQw9", 9), words),
			 1);
	assert_string_equal(words, "has a NUL in it");
}

static void test_what_no_login_would_take(void **state)
{
	static const struct auth_policy policy = {0};
	char words[AUTH_REASONS_SIZE], password[600];

	(void)state;
	for (size_t i = 0; i < sizeof(password); i++)
		password[i] = "xk3-9fQw"[i % 8];
	assert_int_equal(check(&policy, "", span_make(password, 511), words),
			 0);
	assert_int_equal(check(&policy, "", span_make(password, 512), words),
			 1);
	assert_string_equal(words, "longer than 511 octets");
}

static char list[] = "/tmp/policy-XXXXXX";

static void put_list(const char *text)
{
	FILE *file = fopen(list, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void test_list(void **state)
{
	struct auth_policy policy = {.deny_list = list};
	char words[AUTH_REASONS_SIZE];
	int fd = mkstemp(list);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	put_list("#comment\n\nAcme\r\nblue-whale\nlast");
	assert_int_equal(check(&policy, "", span_str("acme"), words), 1);
	assert_string_equal(words, "on the list of denied words, or close to "
				   "a word there");
	assert_int_equal(check(&policy, "", span_str("aCME2024"), words), 1);
	assert_int_equal(check(&policy, "", span_str("BLUE-whale"), words), 1);
	assert_int_equal(check(&policy, "", span_str("last!"), words), 1);
	assert_int_equal(check(&policy, "", span_str("#comment"), words), 0);
	assert_int_equal(check(&policy, "", span_str("acmes"), words), 0);
	assert_int_equal(check(&policy, "", span_str("9#9"), words), 0);
	unlink(list);
	/* What cannot be read denies, in words. */
	assert_int_equal(check(&policy, "", span_str("acmes"), words), -ENOENT);
	assert_non_null(strstr(words, list));
	policy.deny_list = "/";
	assert_int_equal(check(&policy, "", span_str("acmes"), words), -EISDIR);
}

static void test_generated(void **state)
{
	static const struct {
		struct auth_policy policy;
		int verdict;
		size_t n;
	} wanted[] = {
		{{8, 0, 0, true, NULL}, 0, 20},
		{{0, 0, 4, true, NULL}, 0, 20},
		{{40, 0, 4, true, NULL}, 0, 40},
		{{8, 12, 4, true, NULL}, 0, 12},
		{{8, 11, 0, true, NULL}, -ERANGE, 0},
		{{40, 30, 0, true, NULL}, -ERANGE, 0},
		{{600, 0, 0, true, NULL}, -ERANGE, 0},
		{{511, 0, 0, true, NULL}, 0, 511},
	};
	char text[2][600], words[AUTH_REASONS_SIZE];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		for (int twice = 0; twice < 2; twice++) {
			buf_init(&out, text[twice], sizeof(text[0]));
			assert_int_equal(
				auth_policy_generate(&wanted[i].policy, &out),
				wanted[i].verdict);
			assert_int_equal(out.n, wanted[i].n);
			assert_non_null(buf_str(&out));
			assert_int_equal(strspn(text[twice],
						"ABCDEFGHIJKLMNOPQRSTUVWXYZabcd"
						"efghijklmnopqrstuvwxyz01234567"
						"89-_"),
					 out.n);
		}
		if (wanted[i].verdict)
			continue;
		assert_string_not_equal(text[0], text[1]);
		assert_int_equal(check(&wanted[i].policy, "walter",
				       span_str(text[0]), words),
				 0);
	}
	buf_init(&out, text[0], 19);
	assert_int_equal(auth_policy_generate(&auth_policy_default, &out),
			 -ENOBUFS);
	assert_int_equal(out.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_what_no_login_would_take),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_generated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
