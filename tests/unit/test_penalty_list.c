/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stats/penalty_list.h"

#include "folder.h"

static struct penalty table;

static const struct penalty_rules rules = {
	.free = 3, .most_ms = 15000, .refuse = 20};

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

static void fail_times(const char *user, const char *from, unsigned times)
{
	struct network_address a = address(from);

	while (times--)
		penalty_failed(&table, &rules, &a, span_str(user));
}

static void succeed(const char *user, const char *from)
{
	struct network_address a = address(from);

	penalty_good(&table, &a, span_str(user));
}

static struct network network(const char *text)
{
	struct network n;

	assert_true(network_parse(span_str(text), &n));
	return n;
}

/* The rows of that network (NULL: all) as a text, in the order of wanted ones:
 * returns how many there are, and looks for one by its text. */
static unsigned rows_of(const char *which, const char *name,
			struct penalty_row *found)
{
	struct network n;
	struct penalty_row row;
	unsigned count = 0;
	size_t at = 0;

	if (which)
		n = network(which);
	while (penalty_next(&table, &rules, which ? &n : NULL, &at, &row)) {
		char text[NETWORK_TEXT_MAX + 1];
		struct buf out;

		buf_init(&out, text, sizeof(text));
		network_format(&row.network, &out);
		assert_non_null(buf_str(&out));
		if (name && strcmp(text, name) == 0)
			*found = row;
		count++;
	}
	assert_false(penalty_next(&table, &rules, NULL, &at, &row));
	return count;
}

static struct penalty_row row_of(const char *name)
{
	struct penalty_row row = {0};

	(void)rows_of(NULL, name, &row);
	assert_int_not_equal(row.failures, 0);
	return row;
}

static void test_rows(void **state)
{
	struct penalty_row row;

	(void)state;
	assert_int_equal(rows_of(NULL, NULL, NULL), 0);
	fail_times("x", "192.0.2.1", 5);
	fail_times("x", "198.51.100.7", 20);
	fail_times("x", "2001:db8:1:2::3", 1);
	fail_times("x", "2001:db8:1:4::3", 3);
	fail_times("x", "::1", 1);
	/* Of IPv6 the /64 and the /48. */
	assert_int_equal(rows_of(NULL, NULL, NULL), 2 + 3 + 2);

	row = row_of("192.0.2.1/32");
	assert_int_equal(row.failures, 5);
	assert_int_equal(row.delay_ms, 4000);
	assert_false(row.refused);
	assert_false(row.is_known);
	/* The clock may have gone on meanwhile, by a few seconds. */
	assert_in_range(row.left_s, 5 * PENALTY_FORGET_S - 60,
			5 * PENALTY_FORGET_S);
	row = row_of("198.51.100.7/32");
	assert_true(row.refused);
	assert_int_equal(row.delay_ms, 0);
	assert_int_equal(row_of("2001:db8:1:4::/64").failures, 3);
	row = row_of("2001:db8:1::/48");
	assert_int_equal(row.failures, 4);
	assert_in_range(row.left_s, 60, 4 * PENALTY_FORGET_S / PENALTY_WIDE);
	assert_int_equal(row_of("::/64").failures, 1);
	assert_int_equal(row_of("::/48").failures, 1);

	succeed("joe", "198.51.100.7");
	row = row_of("198.51.100.7/32");
	assert_true(row.is_known);
	assert_true(row.refused);
}

static void test_which(void **state)
{
	static const struct {
		const char *which;
		unsigned rows;
	} cases[] = {
		{"192.0.2.1", 1},
		{"192.0.2.0/24", 2},
		{"192.0.2.3", 0},
		{"0.0.0.0/0", 3},
		{"::/0", 4},
		{"2001:db8:1::/48", 3},
		{"2001:db8:1:2::3", 2},
		{"2001:db8:1:2::/64", 2},
		{"2001:db8:1:2::/63", 2},
		{"2001:db8:1::/56", 3},
		{"2001:db8::/32", 3},
		{"2001:db8:1:9::1", 1},
		{"255.255.255.255", 1},
	};

	(void)state;
	fail_times("x", "192.0.2.1", 1);
	fail_times("x", "192.0.2.2", 1);
	fail_times("x", "255.255.255.255", 1);
	fail_times("x", "2001:db8:1:2::3", 1);
	fail_times("x", "2001:db8:1:4::3", 1);
	fail_times("x", "2001:db8:1:4::5", 1);
	assert_int_equal(rows_of(NULL, NULL, NULL), 6);
	/* One more /48 in the same table. */
	fail_times("x", "fe80::1", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned n = rows_of(cases[i].which, NULL, NULL);
		unsigned more = strcmp(cases[i].which, "::/0") == 0;

		if (n != cases[i].rows + more)
			fail_msg("%s: %u", cases[i].which, n);
	}
}

static void test_forgive(void **state)
{
	struct network which = network("192.0.2.0/24");
	struct network_address a = address("192.0.2.1");
	struct penalty_forgiven n;

	(void)state;
	succeed("joe", "192.0.2.1");
	fail_times("joe", "192.0.2.1", 25);
	fail_times("x", "192.0.2.9", 25);
	fail_times("x", "198.51.100.7", 25);
	assert_true(penalty_ask(&table, &rules, &a, span_str("joe")).refused);
	assert_int_equal(penalty_forgive(&table, &which, &n), 0);
	assert_int_equal(n.networks, 2);
	assert_int_equal(n.users, 1);
	/* His own failures, too; and he is known still. */
	assert_false(penalty_ask(&table, &rules, &a, span_str("joe")).refused);
	assert_int_equal(
		penalty_ask(&table, &rules, &a, span_str("x")).delay_ms, 0);
	fail_times("x", "192.0.2.1", 25);
	assert_false(penalty_refuses(&table, &rules, &a));
	assert_int_equal(
		penalty_ask(&table, &rules, &a, span_str("joe")).delay_ms, 0);
	/* The others' count. */
	assert_int_equal(rows_of(NULL, NULL, NULL), 2);
	assert_true(row_of("198.51.100.7/32").refused);
	/* Nothing is left to forgive there but what came since. */
	assert_int_equal(penalty_forgive(&table, &which, &n), 0);
	assert_int_equal(n.networks, 1);
	assert_int_equal(n.users, 0);
	assert_int_equal(penalty_forgive(&table, &which, &n), 0);
	assert_int_equal(n.networks, 0);
}

static void test_forgive_v6(void **state)
{
	struct network which = network("2001:db8:1:2::3");
	struct network_address a = address("2001:db8:1:2::77");
	struct penalty_forgiven n;

	(void)state;
	for (int i = 0; i < 40; i++) {
		fail_times("x", "2001:db8:1:2::1", 1);
		fail_times("x", "2001:db8:1:3::1", 1);
	}
	assert_true(penalty_refuses(&table, &rules, &a));
	assert_int_equal(penalty_forgive(&table, &which, &n), 0);
	assert_int_equal(n.networks, 2);
	assert_false(penalty_refuses(&table, &rules, &a));
	assert_int_equal(rows_of(NULL, NULL, NULL), 1);
	assert_int_equal(row_of("2001:db8:1:3::/64").failures, 40);
}

static void test_file_that_is_gone(void **state)
{
	struct network which = network("0.0.0.0/0");
	struct penalty_forgiven n;
	struct penalty other;

	(void)state;
	fail_times("x", "192.0.2.1", 1);
	assert_int_equal(penalty_look(&other, run_dir), 0);
	assert_int_equal(penalty_forgive(&other, &which, &n), -EROFS);
	penalty_close(&other);
	assert_int_equal(penalty_forgive(&other, &which, &n), -EBADF);
	unlinkat(run_dir, "penalty", 0);
	assert_int_equal(penalty_forgive(&table, &which, &n), -ESTALE);
	assert_int_equal(rows_of(NULL, NULL, NULL), 1);
	assert_int_equal(ftruncate(table.fd, 100), 0);
	assert_int_equal(penalty_forgive(&table, &which, &n), -EBADMSG);
	assert_int_equal(rows_of(NULL, NULL, NULL), 0);
}

/* --- while sessions fail --- */

enum { THREADS = 3, ROUNDS = 20000 };

static _Atomic unsigned busy;

/* More networks than a bucket has room for: entries change hands. */
static void *fail_on_and_on(void *context)
{
	unsigned which = *(unsigned *)context;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct network_address a = {{0x20, 0x01, 0x0d, 0xb8}};

		a.octets[6] = (uint8_t)which;
		a.octets[7] = (uint8_t)i;
		a.octets[15] = 1;
		penalty_failed(&table, &rules, &a, span_str("x"));
	}
	atomic_fetch_sub(&busy, 1);
	return NULL;
}

static void test_while_sessions_fail(void **state)
{
	struct network all = network("::/0");
	unsigned which[THREADS];
	pthread_t threads[THREADS];
	struct penalty_forgiven n;

	(void)state;
	atomic_store(&busy, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		which[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL,
						fail_on_and_on, &which[i]),
				 0);
	}
	while (atomic_load(&busy)) {
		struct penalty_row row;
		size_t at = 0;

		while (penalty_next(&table, &rules, NULL, &at, &row)) {
			/* Never one that nobody has come from. */
			assert_memory_equal(row.network.base.octets,
					    "\x20\x01\x0d\xb8\0\0", 6);
			assert_in_range(row.network.base.octets[6], 0,
					THREADS - 1);
			assert_true(row.network.bits == 48 ||
				    row.network.bits == 64);
		}
		assert_int_equal(penalty_forgive(&table, &all, &n), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(penalty_forgive(&table, &all, &n), 0);
	assert_int_equal(rows_of(NULL, NULL, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_which, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forgive, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_forgive_v6, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_file_that_is_gone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_while_sessions_fail,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
