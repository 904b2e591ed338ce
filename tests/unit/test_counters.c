/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "stats/counters.h"
#include "stats/statistics.h"

/* --- the table --- */

static void test_each_number_is_in_one_row(void **state)
{
	enum { WORDS = COUNTERS_WORDS(struct counters_all) };
	int rows[WORDS] = {0};

	(void)state;
	for (size_t r = 0; r < counters_rows_n; r++) {
		const struct counters_row *row = &counters_rows[r];
		size_t n = counters_values(row) * counters_row_words(row);

		for (size_t i = row->word; i < row->word + n; i++) {
			assert_true(i < WORDS);
			rows[i]++;
		}
	}
	for (size_t i = 0; i < WORDS; i++) {
		if (rows[i] != 1)
			fail_msg("word %zu is in %d rows", i, rows[i]);
	}
}

static int is_word(const char *s, const char *allowed)
{
	return *s && strspn(s, allowed) == strlen(s);
}

static void test_names(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	(void)state;
	for (size_t r = 0; r < counters_rows_n; r++) {
		const struct counters_row *row = &counters_rows[r];
		size_t n = strlen(row->family);

		assert_true(is_word(row->family, letters));
		assert_memory_equal(row->family, "pop3_", 5);
		assert_true(strlen(row->help) > 10);
		assert_int_not_equal(row->help[strlen(row->help) - 1], '.');
		/* what has a unit ends with it (OpenMetrics) */
		if (row->unit)
			assert_string_equal(row->family + n - strlen(row->unit),
					    row->unit);
		for (int l = 0; l < 2 && row->labels[l].name; l++)
			assert_true(is_word(row->labels[l].name, letters));
	}
}

/* Rows of a family are not interrupted, and agree. */
static void test_families_are_together(void **state)
{
	(void)state;
	for (size_t a = 0; a < counters_rows_n; a++) {
		for (size_t b = a + 1; b < counters_rows_n; b++) {
			const struct counters_row *x = &counters_rows[a];
			const struct counters_row *y = &counters_rows[b];

			if (strcmp(x->family, y->family) != 0)
				continue;
			assert_string_equal(counters_rows[b - 1].family,
					    y->family);
			assert_string_equal(x->help, y->help);
			assert_int_equal(x->kind, y->kind);
			assert_string_equal(x->labels[0].name,
					    y->labels[0].name);
		}
	}
}

/* No two samples have the same name and labels. */
static void test_labels_differ(void **state)
{
	static char seen[512][128];
	size_t n = 0;

	(void)state;
	for (size_t r = 0; r < counters_rows_n; r++) {
		const struct counters_row *row = &counters_rows[r];

		for (unsigned i = 0; i < counters_values(row); i++) {
			const char *one = "", *two = "";

			if (row->labels[0].name)
				one = counters_label(row, i, 0);
			if (row->labels[1].name)
				two = counters_label(row, i, 1);
			assert_non_null(one);
			assert_non_null(two);
			assert_string_not_equal(one, "-");
			assert_string_not_equal(two, "-");
			(void)snprintf(seen[n], sizeof(seen[n]), "%s{%s,%s}",
				       row->family, one, two);
			for (size_t j = 0; j < n; j++)
				assert_string_not_equal(seen[j], seen[n]);
			assert_true(++n < 512);
		}
	}
}

static const struct counters_row *row_of(const char *family)
{
	for (size_t r = 0; r < counters_rows_n; r++) {
		if (strcmp(counters_rows[r].family, family) == 0)
			return &counters_rows[r];
	}
	fail_msg("no %s", family);
	return NULL;
}

static void test_values_are_where_their_labels_say(void **state)
{
	const struct counters_row *logins = row_of("pop3_logins");
	struct counters_all all = {0};
	unsigned found = 0;

	(void)state;
	counters_add(&all.totals.monitor.logins[COUNTERS_APOP][COUNTERS_IN_USE],
		     7);
	for (unsigned i = 0; i < counters_values(logins); i++) {
		if (strcmp(counters_label(logins, i, 0), "apop") == 0 &&
		    strcmp(counters_label(logins, i, 1), "in_use") == 0)
			found += (unsigned)counters_get(
				counters_at(&all, logins, i));
		else
			assert_int_equal(
				counters_get(counters_at(&all, logins, i)), 0);
	}
	assert_int_equal(found, 7);
}

static void test_words_of_no_member(void **state)
{
	(void)state;
	assert_string_equal(counters_end_word(COUNTERS_ENDS), "-");
	assert_string_equal(counters_login_word(UINT32_MAX), "-");
	assert_string_equal(counters_refusal_word(COUNTERS_REFUSALS), "-");
	assert_string_equal(counters_state_word(COUNTERS_STATES), "-");
	assert_string_equal(counters_verb_word(POP3_RETR), "RETR");
	assert_string_equal(counters_verb_word(COUNTERS_OTHER_VERB), "other");
	assert_string_equal(counters_verb_word(COUNTERS_VERBS), "-");
}

/*
 * What others have counted in a file must not be taken for something else. If
 * this fails, the file's layout has changed: raise STATISTICS_VERSION, and put
 * the number that is printed here beside it.
 */
static void test_another_layout_is_another_version(void **state)
{
	uint64_t sum = sizeof(struct statistics_head) ^
		       sizeof(struct statistics_identity) << 20 ^
		       sizeof(struct statistics_counters) << 40;

	(void)state;
	for (size_t r = 0; r < counters_rows_n; r++) {
		const struct counters_row *row = &counters_rows[r];

		for (unsigned i = 0; i < counters_values(row); i++) {
			char text[160];

			(void)snprintf(
				text, sizeof(text), "%s %s %s %zu", row->family,
				row->labels[0].name ? counters_label(row, i, 0)
						    : "",
				row->labels[1].name ? counters_label(row, i, 1)
						    : "",
				row->word);
			for (char *c = text; *c; c++)
				sum = (sum ^ (unsigned char)*c) *
				      UINT64_C(0x100000001b3);
		}
	}
	if (STATISTICS_VERSION != 3 || sum != UINT64_C(0x593889a6b77bf8d9))
		fail_msg("version %d: 0x%llx", STATISTICS_VERSION,
			 (unsigned long long)sum);
}

/* --- counting --- */

static void test_buckets(void **state)
{
	static const struct {
		uint64_t value;
		unsigned bucket;
	} cases[] = {
		{0, 0},	     {1, 0},	  {2, 1},	 {3, 2},
		{4, 2},	     {5, 3},	  {1024, 10},	 {1025, 11},
		{65536, 16}, {65537, 17}, {1 << 20, 17}, {UINT64_MAX, 17},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(counters_bucket(cases[i].value),
				 cases[i].bucket);
	for (unsigned b = 0; b < COUNTERS_BUCKETS; b++) {
		uint64_t bound = counters_bound(b);

		assert_int_equal(counters_bucket(bound), b);
		if (b + 1 < COUNTERS_BUCKETS)
			assert_int_equal(counters_bucket(bound + 1), b + 1);
	}
	assert_int_equal(counters_bound(COUNTERS_BUCKETS - 1), UINT64_MAX);
}

static void test_a_histogram(void **state)
{
	struct counters_histogram h = {0};

	(void)state;
	counters_observe(&h, 3);
	counters_observe(&h, 4);
	counters_observe(&h, 1000000);
	assert_int_equal(counters_get(&h.buckets[2]), 2);
	assert_int_equal(counters_get(&h.buckets[COUNTERS_BUCKETS - 1]), 1);
	assert_int_equal(counters_get(&h.sum), 1000007);
}

static void test_sums_stay_at_the_largest(void **state)
{
	_Atomic uint64_t to[3] = {1, UINT64_MAX, UINT64_MAX - 1};
	_Atomic uint64_t from[3] = {2, 1, 1};

	(void)state;
	counters_sum(to, from, 3);
	assert_int_equal(to[0], 3);
	assert_true(to[1] == UINT64_MAX && to[2] == UINT64_MAX);
	counters_sum(to, from, 3);
	assert_true(to[1] == UINT64_MAX && to[2] == UINT64_MAX);
}

static void test_what_cannot_be_is_not_sane(void **state)
{
	_Atomic uint64_t words[2] = {COUNTERS_MOST, 0};

	(void)state;
	assert_true(counters_are_sane(words, 2));
	counters_add(&words[0], 1);
	assert_false(counters_are_sane(words, 2));
	words[0] = 0;
	words[1] = UINT64_MAX;
	assert_false(counters_are_sane(words, 2));
	assert_true(counters_are_sane(words, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_number_is_in_one_row),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_families_are_together),
		cmocka_unit_test(test_labels_differ),
		cmocka_unit_test(test_values_are_where_their_labels_say),
		cmocka_unit_test(test_words_of_no_member),
		cmocka_unit_test(test_another_layout_is_another_version),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_a_histogram),
		cmocka_unit_test(test_sums_stay_at_the_largest),
		cmocka_unit_test(test_what_cannot_be_is_not_sane),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
