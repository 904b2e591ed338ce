/* SPDX-License-Identifier: ISC */
/* Penalties and the clock: what is left of them when it begins anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stats/penalty.h"
#include "stats/penalty_file.h"

#include "folder.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

/* --- a run_dir, new for each test --- */

static struct penalty table;

static int set_up(void **state)
{
	(void)state;
	if (folder_make() < 0)
		return -1;
	return penalty_open(&table, run_dir);
}

static int tear_down(void **state)
{
	(void)state;
	penalty_close(&table);
	return folder_remove();
}

static const struct penalty_rules usual = {
	.free = 3, .most_ms = 15000, .refuse = 20};

static void fail_as(const char *user, const char *from, unsigned times)
{
	struct network_address a = address(from);

	while (times--)
		penalty_failed(&table, &usual, &a, span_str(user));
}

static void succeed(const char *user, const char *from)
{
	struct network_address a = address(from);

	penalty_good(&table, &a, span_str(user));
}

static struct penalty_memory memory_of(struct penalty *p, const char *user,
				       const char *from)
{
	struct network_address a = address(from);
	struct penalty_memory memory;

	(void)penalty_remembers(p, &a, span_str(user), &memory);
	return memory;
}

/* --- every kind of time that is kept --- */

#define NARROW "192.0.2.1"	 /* an address with failures */
#define WIDE   "2001:db8:1:9::1" /* a /48 with failures, none of this /64 */
#define KNOWN  "198.51.100.1"	 /* alice is known there */
#define PAIR   "203.0.113.1"	 /* alice is known there, and has failed */

static void remember_all(void)
{
	fail_as("bob", NARROW, 30);
	for (unsigned i = 0; i < 8; i++) {
		char from[32];

		snprintf(from, sizeof(from), "2001:db8:1:%x::1", i);
		fail_as("bob", from, 15);
	}
	succeed("alice", KNOWN);
	succeed("alice", PAIR);
	fail_as("alice", PAIR, 25);
}

/* What is remembered of what, as numbers that are 0 for nothing. */
static const struct {
	const char *what, *from;
	uint32_t at_first;
} kept[] = {
	{"failures of an address", NARROW, 30}, {"failures of a /48", WIDE, 30},
	{"a known network", KNOWN, 1},		{"a known pair", KNOWN, 1},
	{"failures of a known pair", PAIR, 25},
};

enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

static uint32_t remembered(struct penalty *p, unsigned which)
{
	struct penalty_memory m = memory_of(p, "alice", kept[which].from);

	switch (which) {
	case 2:
		return m.knows_some;
	case 3:
		return m.knows_user;
	case 4:
		return m.own;
	default:
		return m.failures;
	}
}

static void assert_all(struct penalty *p, bool is_remembered, uint64_t seconds)
{
	for (unsigned i = 0; i < KEPT; i++) {
		uint32_t n = remembered(p, i);

		if (n != (is_remembered ? kept[i].at_first : 0))
			fail_msg("%s: %u, with a clock %llu s behind",
				 kept[i].what, n, (unsigned long long)seconds);
	}
}

/* No exemption, no delay, no refusal. */
static void assert_nobody_is_treated_otherwise(void)
{
	for (unsigned i = 0; i < KEPT; i++) {
		struct network_address a = address(kept[i].from);
		struct penalty_verdict v =
			penalty_ask(&table, &usual, &a, span_str("alice"));

		assert_false(penalty_refuses(&table, &usual, &a));
		assert_false(v.refused);
		assert_int_equal(v.delay_ms, 0);
	}
}

/* --- the clock --- */

static void shift(void *entries, size_t size, uint64_t seconds)
{
	struct penalty_entry *e = entries;

	for (size_t i = 0; i < size / sizeof(*e); i++) {
		e[i].state += e[i].state ? seconds << 16 : 0;
		e[i].good += e[i].good ? seconds : 0;
	}
}

static void shift_entries(uint64_t seconds)
{
	struct penalty_file *f = table.file;

	shift(f->failed, sizeof(f->failed), seconds);
	shift(f->known, sizeof(f->known), seconds);
	shift(f->pairs, sizeof(f->pairs), seconds);
}

/* The file is as of so many seconds ahead of the clock, which was set back. */
static void set_back(uint64_t seconds)
{
	shift_entries(seconds);
	table.file->latest += seconds;
}

/* The clock has gone on. */
static void pass(uint64_t seconds)
{
	set_back(0 - seconds);
}

static const uint64_t restarts[] = {
	2 * PENALTY_ENTRY_AHEAD_S, HOUR, 5 * HOUR, DAY, PENALTY_KNOWN_S,
	400 * (uint64_t)DAY,
};

enum { RESTARTS = sizeof(restarts) / sizeof(restarts[0]) };

/* --- tests --- */

static void test_all_is_remembered(void **state)
{
	(void)state;
	remember_all();
	assert_all(&table, true, 0);
}

/* Somebody else's clock was read a moment later than ours. */
static void test_a_moment_ahead_is_now(void **state)
{
	static const uint64_t moments[] = {1, 10, PENALTY_ENTRY_AHEAD_S - 5};

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		assert_int_equal(set_up(state), 0);
		remember_all();
		set_back(moments[i]);
		assert_all(&table, true, moments[i]);
		assert_int_equal(tear_down(state), 0);
	}
	assert_int_equal(set_up(state), 0);
}

static void test_a_clock_far_behind_has_no_memory(void **state)
{
	for (size_t i = 0; i < RESTARTS; i++) {
		assert_int_equal(set_up(state), 0);
		remember_all();
		set_back(restarts[i]);
		assert_all(&table, false, restarts[i]);
		assert_nobody_is_treated_otherwise();
		assert_int_equal(tear_down(state), 0);
	}
	assert_int_equal(set_up(state), 0);
}

/* Else each restart would bring back who was known or refused once. */
static void test_old_times_do_not_come_true(void **state)
{
	for (size_t i = 0; i < RESTARTS; i++) {
		assert_int_equal(set_up(state), 0);
		remember_all();
		set_back(restarts[i]);
		assert_nobody_is_treated_otherwise();
		pass(restarts[i]);
		assert_all(&table, false, restarts[i]);
		assert_nobody_is_treated_otherwise();
		pass(PENALTY_FORGET_S);
		assert_all(&table, false, restarts[i]);
		assert_int_equal(tear_down(state), 0);
	}
	assert_int_equal(set_up(state), 0);
}

/* Opening is enough, though nobody comes before the clock is there again. */
static void test_opening_forgets(void **state)
{
	(void)state;
	remember_all();
	set_back(5 * HOUR);
	penalty_close(&table);
	assert_int_equal(penalty_open(&table, run_dir), 0);
	pass(5 * HOUR);
	assert_all(&table, false, 5 * HOUR);
}

static void test_what_comes_after_counts(void **state)
{
	struct network_address a = address(NARROW);
	struct penalty other;

	(void)state;
	assert_int_equal(penalty_open(&other, run_dir), 0);
	remember_all();
	set_back(5 * HOUR);
	assert_int_equal(penalty_failed(&table, &usual, &a, span_str("bob")),
			 1);
	penalty_good(&other, &a, span_str("alice"));
	assert_int_equal(penalty_failed(&other, &usual, &a, span_str("bob")),
			 2);
	assert_int_equal(memory_of(&table, "alice", NARROW).failures, 2);
	assert_true(memory_of(&table, "alice", NARROW).knows_user);
	penalty_close(&other);
}

/* Who only looks changes nothing, and believes nothing of it. */
static void test_looking(void **state)
{
	uint64_t latest;
	struct penalty looker;

	(void)state;
	remember_all();
	assert_int_equal(penalty_look(&looker, run_dir), 0);
	assert_all(&looker, true, 0);
	set_back(5 * HOUR);
	latest = table.file->latest;
	assert_all(&looker, false, 5 * HOUR);
	assert_int_equal(table.file->latest, latest);
	pass(5 * HOUR);
	assert_all(&looker, true, 0);
	penalty_close(&looker);
}

/* An entry that is ahead alone (the file was damaged) counts nothing either. */
static void test_entries_ahead(void **state)
{
	for (size_t i = 0; i < RESTARTS; i++) {
		assert_int_equal(set_up(state), 0);
		remember_all();
		shift_entries(restarts[i]);
		assert_all(&table, false, restarts[i]);
		assert_nobody_is_treated_otherwise();
		assert_int_equal(tear_down(state), 0);
	}
	assert_int_equal(set_up(state), 0);
}

/* With a clock that only goes on nothing is for ever. */
static void test_all_ends(void **state)
{
	(void)state;
	remember_all();
	pass((PENALTY_OVER + usual.refuse) * PENALTY_FORGET_S);
	assert_int_equal(remembered(&table, 0), 0);
	assert_int_equal(remembered(&table, 1), 0);
	assert_int_equal(remembered(&table, 4), 0);
	assert_int_equal(remembered(&table, 2), 1);
	assert_int_equal(remembered(&table, 3), 1);
	pass(PENALTY_KNOWN_S);
	assert_all(&table, false, 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_all_is_remembered),
		cmocka_unit_test_teardown(test_a_moment_ahead_is_now,
					  tear_down),
		cmocka_unit_test_teardown(test_a_clock_far_behind_has_no_memory,
					  tear_down),
		cmocka_unit_test_teardown(test_old_times_do_not_come_true,
					  tear_down),
		FRESH(test_opening_forgets),
		FRESH(test_what_comes_after_counts),
		FRESH(test_looking),
		cmocka_unit_test_teardown(test_entries_ahead, tear_down),
		FRESH(test_all_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
