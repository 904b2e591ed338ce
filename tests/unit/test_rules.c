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

#include "store/rules.h"

static struct rules rules;

static int tear_down(void **state)
{
	(void)state;
	rules_clear(&rules);
	return 0;
}

static struct network_address address(const char *text)
{
	struct network_address a;

	assert_true(network_address_parse(span_str(text), &a));
	return a;
}

static void ban(const char *what, int64_t until)
{
	assert_int_equal(rules_ban_network(&rules, span_str(what), until), 0);
}

static void allow(const char *what, int64_t until)
{
	assert_int_equal(rules_allow_network(&rules, span_str(what), until), 0);
}

static enum rules_verdict ask(const char *who, int64_t now)
{
	struct network_address a = address(who);

	return rules_ask(&rules, &a, now, NULL);
}

/* Which network bans it; "" if none does. */
static const char *banned_by(const char *who, int64_t now)
{
	static char text[NETWORK_TEXT_MAX];
	struct network_address a = address(who);
	struct network by;
	struct buf out;

	if (rules_ask(&rules, &a, now, &by) != RULES_BANNED)
		return "";
	buf_init(&out, text, sizeof(text));
	network_format(&by, &out);
	assert_non_null(buf_str(&out));
	return text;
}

static void test_nothing_keeps_nobody_out(void **state)
{
	(void)state;
	rules_sort(&rules);
	assert_int_equal(ask("192.0.2.1", 1), RULES_LET_IN);
	assert_int_equal(ask("::", 1), RULES_LET_IN);
	assert_false(rules_bans_user(&rules, span_str("bob"), 1));
}

static void test_bans(void **state)
{
	static const struct {
		const char *who, *by;
	} cases[] = {
		{"9.255.255.255", ""},
		{"10.0.0.0", "10.0.0.0/8"},
		{"10.1.1.255", "10.1.0.0/16"},
		{"10.1.2.0", "10.1.2.0/24"},
		{"10.1.2.3", "10.1.2.3/32"},
		{"10.1.2.4", "10.1.2.0/24"},
		{"10.1.3.0", "10.1.0.0/16"},
		{"10.255.255.255", "10.0.0.0/8"},
		{"11.0.0.0", ""},
		{"192.0.2.255", "192.0.2.255/32"},
		{"192.0.3.0", ""},
		{"255.255.255.255", "255.255.255.255/32"},
		{"0.0.0.0", "0.0.0.0/32"},
		{"2001:db8::", "2001:db8::/32"},
		{"2001:db8:5::1", "2001:db8:5::/48"},
		{"2001:db9::", ""},
		{"::ffff:10.1.2.3", "10.1.2.3/32"},
	};
	static const char *const bans[] = {
		"192.0.2.255",	   "10.1.2.3",	  "10.0.0.0/8",
		"2001:db8:5::/48", "10.1.0.0/16", "2001:db8::/32",
		"10.1.2.0/24",	   "0.0.0.0",	  "255.255.255.255",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bans) / sizeof(bans[0]); i++)
		ban(bans[i], 0);
	rules_sort(&rules);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].who);
		assert_string_equal(banned_by(cases[i].who, 5), cases[i].by);
	}
}

/* Everything of one family is nothing of the other. */
static void test_families(void **state)
{
	(void)state;
	ban("::/0", 0);
	rules_sort(&rules);
	assert_int_equal(ask("2001:db8::1", 1), RULES_BANNED);
	assert_int_equal(ask("192.0.2.1", 1), RULES_LET_IN);
	rules_clear(&rules);
	ban("0.0.0.0/0", 0);
	rules_sort(&rules);
	assert_int_equal(ask("2001:db8::1", 1), RULES_LET_IN);
	assert_int_equal(ask("192.0.2.1", 1), RULES_BANNED);
}

static void test_a_rule_holds_up_to_its_time(void **state)
{
	(void)state;
	ban("10.0.0.0/8", 300);
	ban("10.1.0.0/16", 100);
	ban("10.1.0.0/16", 200);
	ban("192.0.2.1", 100);
	ban("192.0.2.1", 0);
	rules_sort(&rules);
	assert_string_equal(banned_by("10.1.1.1", 99), "10.1.0.0/16");
	assert_string_equal(banned_by("10.1.1.1", 199), "10.1.0.0/16");
	assert_string_equal(banned_by("10.1.1.1", 200), "10.0.0.0/8");
	assert_string_equal(banned_by("10.1.1.1", 300), "");
	assert_string_equal(banned_by("192.0.2.1", INT64_MAX), "192.0.2.1/32");
}

static void test_allows(void **state)
{
	(void)state;
	allow("10.0.0.0/8", 100);
	allow("10.0.0.0/8", 50);
	allow("192.0.2.1", 200);
	ban("10.1.0.0/16", 0);
	rules_sort(&rules);
	assert_int_equal(ask("10.2.0.1", 99), RULES_LET_IN);
	assert_int_equal(ask("192.0.2.1", 99), RULES_LET_IN);
	assert_int_equal(ask("192.0.2.2", 99), RULES_NOT_ALLOWED);
	assert_int_equal(ask("::1", 99), RULES_NOT_ALLOWED);
	/* a ban wins */
	assert_int_equal(ask("10.1.0.1", 99), RULES_BANNED);
	assert_int_equal(ask("10.2.0.1", 100), RULES_NOT_ALLOWED);
	/* a list that has run out is none; the ban goes on */
	assert_int_equal(ask("192.0.2.2", 200), RULES_LET_IN);
	assert_int_equal(ask("10.1.0.1", 200), RULES_BANNED);
}

static void test_an_allow_for_ever(void **state)
{
	(void)state;
	allow("10.0.0.0/8", 0);
	allow("192.0.2.1", 5);
	rules_sort(&rules);
	assert_int_equal(ask("192.0.2.1", 1), RULES_LET_IN);
	assert_int_equal(ask("192.0.2.1", 10), RULES_NOT_ALLOWED);
	assert_int_equal(ask("10.0.0.1", INT64_MAX), RULES_LET_IN);
}

/* Else a slip of the pen would let everybody in. */
static void test_an_allow_of_nobody(void **state)
{
	(void)state;
	rules_allow_nobody(&rules, 100);
	rules_sort(&rules);
	assert_int_equal(ask("192.0.2.1", 99), RULES_NOT_ALLOWED);
	assert_int_equal(ask("192.0.2.1", 100), RULES_LET_IN);
	rules_clear(&rules);
	allow("192.0.2.1", 50);
	rules_allow_nobody(&rules, 100);
	rules_sort(&rules);
	assert_int_equal(ask("192.0.2.1", 49), RULES_LET_IN);
	assert_int_equal(ask("192.0.2.1", 50), RULES_NOT_ALLOWED);
	assert_int_equal(ask("192.0.2.1", 100), RULES_LET_IN);
	rules_clear(&rules);
	assert_int_equal(ask("192.0.2.1", 50), RULES_LET_IN);
}

static void test_users(void **state)
{
	static const char *const names[] = {"bob", "ann", "bob2", "", "B\xc3"};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(
			rules_ban_user(&rules, span_str(names[i]), 100), 0);
	assert_int_equal(rules_ban_user(&rules, span_str("ann"), 0), 0);
	rules_sort(&rules);
	for (size_t i = 0; i < 5; i++)
		assert_true(rules_bans_user(&rules, span_str(names[i]), 99));
	assert_true(rules_bans_user(&rules, span_str("ann"), 100));
	assert_false(rules_bans_user(&rules, span_str("bob"), 100));
	assert_false(rules_bans_user(&rules, span_str("bo"), 99));
	assert_false(rules_bans_user(&rules, span_str("Bob"), 99));
	assert_false(rules_bans_user(&rules, span_str("carl"), 99));
}

static void test_what_is_no_network(void **state)
{
	static const char *const wrong[] = {
		"",	  "bob",     "10.0.0.0/33",
		"10.0.0", "::1/129", "1.2.3.4,5.6.7.8"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
			rules_ban_network(&rules, span_str(wrong[i]), 0),
			-EINVAL);
		assert_int_equal(
			rules_allow_network(&rules, span_str(wrong[i]), 0),
			-EINVAL);
	}
	rules_sort(&rules);
	assert_int_equal(ask("10.0.0.1", 1), RULES_LET_IN);
}

static void random_network(unsigned *seed, struct network *n)
{
	struct network_address a = {{0}};
	bool v4 = rand_r(seed) % 2;

	a.octets[10] = a.octets[11] = v4 ? 0xff : 0;
	/* few octets, so that many lie within others */
	for (int i = v4 ? 12 : 0; i < 16; i++)
		a.octets[i] = (uint8_t)(rand_r(seed) % 6);
	*n = network_of(&a, 20 + (unsigned)rand_r(seed) % 13,
			14 + (unsigned)rand_r(seed) % 115);
}

/* As a walk over all of them would have it. */
static void test_against_a_walk(void **state)
{
	enum { NETWORKS = 300, QUESTIONS = 3000 };
	static struct network all[NETWORKS];
	unsigned seed = 7, banned = 0;
	char text[NETWORK_TEXT_MAX];
	struct buf out;

	(void)state;
	for (int i = 0; i < NETWORKS; i++) {
		random_network(&seed, &all[i]);
		buf_init(&out, text, sizeof(text));
		network_format(&all[i], &out);
		ban(buf_str(&out), 0);
	}
	rules_sort(&rules);
	for (int i = 0; i < QUESTIONS; i++) {
		struct network who, by;
		unsigned most = 0;
		bool any = false;

		random_network(&seed, &who);
		for (int j = 0; j < NETWORKS; j++) {
			if (!network_contains(&all[j], &who.base))
				continue;
			any = true;
			if (all[j].bits > most)
				most = all[j].bits;
		}
		assert_int_equal(rules_ask(&rules, &who.base, 1, &by),
				 any ? RULES_BANNED : RULES_LET_IN);
		if (any)
			assert_int_equal(by.bits, most);
		banned += any;
	}
	assert_true(banned > 100 && banned < QUESTIONS);
}

/* A chain of all the prefixes that there are. */
static void test_the_longest_chain(void **state)
{
	char text[NETWORK_TEXT_MAX];

	(void)state;
	for (int bits = 128; bits >= 0; bits--) {
		snprintf(text, sizeof(text), "2001:db8::5/%d", bits);
		ban(text, bits == 0 ? 0 : 10);
	}
	rules_sort(&rules);
	assert_string_equal(banned_by("2001:db8::5", 9), "2001:db8::5/128");
	assert_string_equal(banned_by("2001:db8::5", 10), "::/0");
	assert_string_equal(banned_by("2001:db8::4", 9), "2001:db8::4/127");
}

static void test_lists_of_rows(void **state)
{
	static const struct {
		const char *list, *who; /* NULL: without a network */
		bool has;
	} cases[] = {
		{"10.0.0.0/8", "10.1.2.3", true},
		{"10.0.0.0/8", "11.1.2.3", false},
		{"10.0.0.0/8", "::1", false},
		{"10.0.0.0/8", NULL, false},
		{"::1,10.0.0.0/8", "10.1.2.3", true},
		{"::1,10.0.0.0/8,", "::1", true},
		{"local", NULL, true},
		{"local", "127.0.0.1", false},
		{"x,local", NULL, true},
		{"x,10.0.0.1", "10.0.0.1", true},
		{"10.0.0.1 ,x", "10.0.0.1", false},
		{"", "10.0.0.1", false},
		{",", "10.0.0.1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network_address a;

		if (cases[i].who)
			a = address(cases[i].who);
		assert_int_equal(rules_list_has(span_str(cases[i].list),
						cases[i].who ? &a : NULL),
				 cases[i].has);
	}
}

#define CLEAN(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLEAN(test_nothing_keeps_nobody_out),
		CLEAN(test_bans),
		CLEAN(test_families),
		CLEAN(test_a_rule_holds_up_to_its_time),
		CLEAN(test_allows),
		CLEAN(test_an_allow_for_ever),
		CLEAN(test_an_allow_of_nobody),
		CLEAN(test_users),
		CLEAN(test_what_is_no_network),
		CLEAN(test_against_a_walk),
		CLEAN(test_the_longest_chain),
		CLEAN(test_lists_of_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
