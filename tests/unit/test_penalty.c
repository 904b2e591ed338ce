/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stats/penalty.h"

#include "folder.h"

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

/* As by default, but that nothing is refused. */
static const struct penalty_rules delays = {.free = 3, .most_ms = 15000};
static const struct penalty_rules usual = {
	.free = 3, .most_ms = 15000, .refuse = 20};

static uint32_t delay_of(const char *user, const char *from)
{
	struct network_address a = address(from);
	struct penalty_verdict v =
		penalty_ask(&table, &delays, &a, span_str(user));

	assert_false(v.refused);
	return v.delay_ms;
}

static uint32_t delay(const char *from)
{
	return delay_of("somebody", from);
}

static bool refuses(const char *user, const char *from)
{
	struct network_address a = address(from);

	return penalty_ask(&table, &usual, &a, span_str(user)).refused;
}

static bool refuses_at_door(const char *from)
{
	struct network_address a = address(from);

	return penalty_refuses(&table, &usual, &a);
}

static uint32_t fail_once(const struct network_address *a)
{
	return penalty_failed(&table, &delays, a, span_str("somebody"));
}

static void fail_as(const char *user, const char *from, unsigned times)
{
	struct network_address a = address(from);

	while (times--)
		penalty_failed(&table, &usual, &a, span_str(user));
}

static void fail_times(const char *from, unsigned times)
{
	fail_as("somebody", from, times);
}

static void succeed(const char *user, const char *from)
{
	struct network_address a = address(from);

	penalty_good(&table, &a, span_str(user));
}

/* --- tests --- */

static void test_delays(void **state)
{
	static const uint32_t wanted[] = {0,	0,    0,     1000,  2000,
					  4000, 8000, 15000, 15000, 15000};
	struct network_address a = address("192.0.2.1");

	(void)state;
	for (uint32_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_int_equal(penalty_delay_after(&delays, i), wanted[i]);
		assert_int_equal(delay("192.0.2.1"), wanted[i]);
		assert_int_equal(fail_once(&a), i + 1);
	}
	assert_int_equal(penalty_delay_after(&delays, UINT32_MAX), 15000);
}

static void test_rules(void **state)
{
	static const struct {
		struct penalty_rules rules;
		uint32_t failures, delay_ms;
		bool refused;
	} cases[] = {
		{{3, 15000, 20}, 2, 0, false},
		{{3, 15000, 20}, 19, 15000, false},
		{{3, 15000, 20}, 20, 15000, true},
		{{3, 15000, 0}, 30, 15000, false},
		{{3, 0, 0}, 30, 0, false},
		{{3, 0, 5}, 4, 0, false},
		{{3, 0, 5}, 5, 0, true},
		{{0, 15000, 0}, 0, 1000, false},
		{{0, 500, 0}, 0, 500, false},
		{{5, 60000, 0}, 9, 16000, false},
		{{5, 60000, 0}, 11, 60000, false},
		{{10, 15000, 1}, 1, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network_address a = address("192.0.2.1");
		struct penalty_verdict v;

		memcpy(a.octets + 12, &i, 4);
		for (uint32_t n = 0; n < cases[i].failures; n++)
			penalty_failed(&table, &cases[i].rules, &a,
				       span_str("x"));
		v = penalty_ask(&table, &cases[i].rules, &a, span_str("x"));
		assert_int_equal(v.delay_ms, cases[i].delay_ms);
		assert_int_equal(v.refused, cases[i].refused);
		assert_int_equal(penalty_refuses(&table, &cases[i].rules, &a),
				 cases[i].refused);
	}
}

static void test_networks(void **state)
{
	struct penalty_verdict none;

	(void)state;
	fail_times("192.0.2.1", 5);
	assert_int_equal(delay("192.0.2.1"), 4000);
	assert_int_equal(delay("192.0.2.2"), 0);
	fail_times("2001:db8:0:1::1", 4);
	assert_int_equal(delay("2001:db8:0:1:ffff::7"), 2000);
	assert_int_equal(delay("2001:db8:0:2::1"), 0);
	none = penalty_ask(&table, &delays, NULL, span_str("x"));
	assert_int_equal(none.delay_ms, 0);
	assert_false(none.refused);
	assert_false(penalty_refuses(&table, &usual, NULL));
	assert_int_equal(penalty_failed(&table, &delays, NULL, span_str("x")),
			 0);
	penalty_good(&table, NULL, span_str("x"));
}

/* A /48 pays for its /64, which each stay below what is free. */
static void test_a_wide_network(void **state)
{
	char from[64];

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		snprintf(from, sizeof(from), "2001:db8:5:%x::1", i);
		fail_times(from, 1);
	}
	assert_int_equal(delay("2001:db8:5:ffff::1"), 0);
	fail_times("2001:db8:5:b::1", 1);
	assert_int_equal(delay("2001:db8:5:ffff::1"), 1000);
	assert_int_equal(delay("2001:db8:6:ffff::1"), 0);
	for (unsigned i = 12; i < 79; i++) {
		snprintf(from, sizeof(from), "2001:db8:5:%x::1", i);
		fail_times(from, 1);
	}
	assert_false(refuses_at_door("2001:db8:5:ffff::1"));
	fail_times("2001:db8:5:4f::1", 1);
	assert_true(refuses_at_door("2001:db8:5:ffff::1"));
	assert_true(refuses("somebody", "2001:db8:5:ffff::1"));
	assert_false(refuses_at_door("2001:db8:6:ffff::1"));
	/* 192.0.2.0/24 is no such thing. */
	for (unsigned i = 0; i < 200; i++) {
		snprintf(from, sizeof(from), "192.0.2.%u", i);
		fail_times(from, 1);
	}
	assert_int_equal(delay("192.0.2.250"), 0);
}

static void test_a_known_pair_is_exempt(void **state)
{
	(void)state;
	succeed("alice", "192.0.2.1");
	fail_as("bob", "192.0.2.1", 19);
	assert_int_equal(delay_of("alice", "192.0.2.1"), 0);
	assert_int_equal(delay_of("bob", "192.0.2.1"), 15000);
	/* nobody's name is not somebody's */
	assert_int_equal(delay_of("", "192.0.2.1"), 15000);
	/* known in one network is not known in another */
	fail_as("bob", "192.0.2.2", 19);
	assert_int_equal(delay_of("alice", "192.0.2.2"), 15000);
}

/* The first guess at a known user's password is not told from his own. */
static void test_a_guess_at_a_known_user_ends_the_exemption(void **state)
{
	(void)state;
	succeed("alice", "192.0.2.1");
	fail_as("bob", "192.0.2.1", 8);
	fail_as("alice", "192.0.2.1", 1);
	assert_int_equal(delay_of("alice", "192.0.2.1"), 15000);
	/* and her next login does not give the guesser another one */
	succeed("alice", "192.0.2.1");
	assert_int_equal(delay_of("alice", "192.0.2.1"), 15000);
	/* but she is refused for what failed in her name alone */
	fail_as("bob", "192.0.2.1", 30);
	assert_false(refuses("alice", "192.0.2.1"));
	fail_as("alice", "192.0.2.1", 19);
	assert_true(refuses("alice", "192.0.2.1"));
}

/* Somebody with an account here cannot make up for guesses with it. */
static void test_a_success_forgives_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		fail_as("alice", "192.0.2.1", 1);
		succeed("mallory", "192.0.2.1");
	}
	assert_int_equal(delay_of("alice", "192.0.2.1"), 15000);
	assert_true(refuses("alice", "192.0.2.1"));
	assert_true(refuses("bob", "192.0.2.1"));
	assert_false(refuses("mallory", "192.0.2.1"));
}

static void test_refusal(void **state)
{
	(void)state;
	fail_as("bob", "192.0.2.1", 19);
	assert_false(refuses("bob", "192.0.2.1"));
	assert_false(refuses_at_door("192.0.2.1"));
	fail_as("bob", "192.0.2.1", 1);
	assert_true(refuses("bob", "192.0.2.1"));
	assert_true(refuses_at_door("192.0.2.1"));
	assert_false(refuses_at_door("192.0.2.2"));
	assert_false(refuses("bob", "192.0.2.2"));
}

/* The door stays open for who is known there, and only for him. */
static void test_a_known_network_is_not_refused_at_the_door(void **state)
{
	(void)state;
	succeed("alice", "192.0.2.1");
	fail_as("bob", "192.0.2.1", 30);
	assert_false(refuses_at_door("192.0.2.1"));
	assert_true(refuses("bob", "192.0.2.1"));
	assert_false(refuses("alice", "192.0.2.1"));
}

/* Whoever shares a user's address can have him refused there, not elsewhere. */
static void test_a_user_is_never_refused_everywhere(void **state)
{
	(void)state;
	succeed("alice", "192.0.2.1");
	succeed("alice", "198.51.100.1");
	fail_as("alice", "192.0.2.1", 30);
	fail_as("alice", "203.0.113.1", 30);
	assert_true(refuses("alice", "192.0.2.1"));
	assert_true(refuses("alice", "203.0.113.1"));
	assert_false(refuses("alice", "198.51.100.1"));
	assert_int_equal(delay_of("alice", "198.51.100.1"), 0);
	assert_int_equal(delay_of("alice", "198.51.100.2"), 0);
}

/* One user with very many networks pushes no other pair out. */
static void test_a_user_of_many_networks(void **state)
{
	enum { NETWORKS = 100000, USERS = 100 };
	struct network_address a = address("10.0.0.0");
	unsigned known = 0;
	char name[16];

	(void)state;
	fail_times("192.0.2.1", 10);
	for (unsigned i = 0; i < USERS; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		succeed(name, "192.0.2.1");
	}
	for (uint32_t i = 0; i < NETWORKS; i++) {
		memcpy(a.octets + 12, &i, 4);
		penalty_good(&table, &a, span_str("mallory"));
	}
	for (unsigned i = 0; i < USERS; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		known += delay_of(name, "192.0.2.1") == 0;
	}
	assert_true(known > USERS - 5);
}

/* All the /64 of a /48 push nobody out who is elsewhere. */
static void test_a_flood_from_a_wide_network(void **state)
{
	enum { OTHERS = 200 };
	struct network_address a = address("2001:db8:5::1");
	unsigned remembered = 0;
	char from[64];

	(void)state;
	for (unsigned i = 0; i < OTHERS; i++) {
		snprintf(from, sizeof(from), "2001:db8:%x::1", 0x1000 + i);
		fail_times(from, 4);
	}
	for (uint32_t i = 0; i < 65536; i++) {
		a.octets[6] = (uint8_t)(i >> 8);
		a.octets[7] = (uint8_t)i;
		fail_once(&a);
	}
	for (unsigned i = 0; i < OTHERS; i++) {
		snprintf(from, sizeof(from), "2001:db8:%x::1", 0x1000 + i);
		remembered += delay(from) == 2000;
	}
	assert_true(remembered > OTHERS - 10);
}

static void test_it_outlives_the_process(void **state)
{
	struct penalty other;
	struct network_address a = address("192.0.2.1");

	(void)state;
	fail_times("192.0.2.1", 4);
	assert_int_equal(penalty_open(&other, run_dir), 0);
	assert_int_equal(
		penalty_ask(&other, &usual, &a, span_str("x")).delay_ms, 2000);
	penalty_failed(&other, &usual, &a, span_str("x"));
	penalty_close(&other);
	assert_int_equal(delay("192.0.2.1"), 4000);
}

static void test_many_processes_at_once(void **state)
{
	enum { PROCESSES = 4, TIMES = 2000 };
	static const struct penalty_rules many = {.refuse = PENALTY_REFUSE_MAX};
	struct network_address a = address("192.0.2.1");
	int start[2];
	char c;

	(void)state;
	assert_int_equal(pipe(start), 0);
	fail_times("192.0.2.1", 1); /* so that nobody races for the entry */
	for (int i = 0; i < PROCESSES; i++) {
		if (fork())
			continue;
		close(start[1]);
		if (read(start[0], &c, 1) == 0) /* when all are there */
			for (int n = 0; n < TIMES; n++)
				penalty_failed(&table, &many, &a,
					       span_str("x"));
		_exit(0);
	}
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < PROCESSES; i++)
		assert_true(wait(NULL) > 0);
	assert_int_equal(penalty_failed(&table, &many, &a, span_str("x")),
			 PROCESSES * TIMES + 2);
}

/* More networks than there is room for: the last ones are remembered. */
static void test_a_full_table(void **state)
{
	enum { NETWORKS = 100000, LAST = 2000 };
	struct network_address a = address("10.0.0.0");
	unsigned remembered = 0;

	(void)state;
	for (uint32_t i = 0; i < NETWORKS; i++) {
		memcpy(a.octets + 12, &i, 4);
		assert_int_equal(fail_once(&a), 1);
	}
	for (uint32_t i = NETWORKS - LAST; i < NETWORKS; i++) {
		memcpy(a.octets + 12, &i, 4);
		remembered += fail_once(&a) == 2;
	}
	/* All fell into the same second, so any of four may have gone. */
	assert_true(remembered > LAST / 2);
}

/* Shifts the times of every entry into the past, as time would. */
static void age_all(uint64_t seconds)
{
	/* who, since when how many failures, known, which network */
	uint64_t entry[4];
	off_t at = 4096;

	while (pread(table.fd, entry, sizeof(entry), at) == sizeof(entry)) {
		entry[1] -= entry[1] ? seconds << 16 : 0;
		entry[2] -= entry[2] ? seconds : 0;
		if (entry[0])
			assert_int_equal(
				pwrite(table.fd, entry, sizeof(entry), at),
				sizeof(entry));
		at += sizeof(entry);
	}
}

static void test_one_after_the_other_is_forgotten(void **state)
{
	struct network_address a = address("192.0.2.1");

	(void)state;
	fail_times("192.0.2.1", 6);
	assert_int_equal(delay("192.0.2.1"), 8000);
	age_all(PENALTY_FORGET_S);
	assert_int_equal(delay("192.0.2.1"), 4000);
	age_all(PENALTY_FORGET_S);
	assert_int_equal(delay("192.0.2.1"), 2000);
	/* a new one does not make the old ones younger */
	age_all(PENALTY_FORGET_S - 20);
	assert_int_equal(fail_once(&a), 5);
	age_all(20);
	assert_int_equal(delay("192.0.2.1"), 2000);
	age_all(3 * PENALTY_FORGET_S);
	assert_int_equal(delay("192.0.2.1"), 0);
	assert_int_equal(fail_once(&a), 2);
	age_all(100000);
	assert_int_equal(fail_once(&a), 1);
}

/* However much failed at once, it is over in a time that can be told. */
static void test_no_more_than_some_are_remembered(void **state)
{
	(void)state;
	fail_times("192.0.2.1", 500);
	age_all(PENALTY_OVER * PENALTY_FORGET_S);
	assert_true(refuses_at_door("192.0.2.1"));
	age_all(PENALTY_FORGET_S);
	assert_false(refuses_at_door("192.0.2.1"));
}

static void test_knowing_ends(void **state)
{
	(void)state;
	succeed("alice", "192.0.2.1");
	age_all(PENALTY_KNOWN_S - 10);
	fail_as("bob", "192.0.2.1", 30);
	assert_int_equal(delay_of("alice", "192.0.2.1"), 0);
	assert_false(refuses_at_door("192.0.2.1"));
	age_all(10);
	assert_int_equal(delay_of("alice", "192.0.2.1"), 15000);
	assert_true(refuses_at_door("192.0.2.1"));
}

static void test_a_time_to_come_counts_nothing(void **state)
{
	(void)state;
	succeed("alice", "192.0.2.1");
	fail_times("192.0.2.1", 9);
	age_all(UINT64_MAX - 999); /* a thousand seconds ahead */
	assert_int_equal(delay("192.0.2.1"), 0);
	fail_times("192.0.2.1", 9);
	assert_int_equal(delay_of("alice", "192.0.2.1"), 15000);
}

/* Somebody else's clock was read a moment later than ours. */
static void test_a_moment_to_come_counts(void **state)
{
	struct network_address a = address("192.0.2.1");

	(void)state;
	fail_times("192.0.2.1", 4);
	age_all(UINT64_MAX - 2); /* three seconds ahead */
	assert_int_equal(delay("192.0.2.1"), 2000);
	assert_int_equal(fail_once(&a), 5);
}

/* What is made of the file while it is open and before it is opened again. */
static void damage(int kind)
{
	static const char junk[8192] = "junk";
	int fd = openat(run_dir, "penalty", O_WRONLY);

	switch (kind) {
	case 0:
		assert_int_equal(ftruncate(fd, 100), 0);
		break;
	case 1:
		assert_int_equal(ftruncate(fd, 0), 0);
		break;
	case 2:
		assert_int_equal(pwrite(fd, junk, sizeof(junk), 0),
				 sizeof(junk));
		break;
	case 3:
		assert_int_equal(fchmod(fd, 0666), 0);
		break;
	case 4:
		unlinkat(run_dir, "penalty", 0);
		assert_int_equal(symlinkat("/etc/passwd", run_dir, "penalty"),
				 0);
		break;
	case 5:
		unlinkat(run_dir, "penalty", 0);
		assert_int_equal(mkfifoat(run_dir, "penalty", 0600), 0);
		break;
	}
	close(fd);
}

static void test_damage(void **state)
{
	struct stat st;

	(void)state;
	for (int kind = 0; kind < 6; kind++) {
		fail_times("192.0.2.1", 9);
		damage(kind);
		delay("192.0.2.1"); /* must not crash */
		fail_times("192.0.2.1", 1);
		penalty_close(&table);
		assert_int_equal(delay("192.0.2.1"), 0); /* closed */
		assert_int_equal(penalty_open(&table, run_dir), 0);
		assert_int_equal(delay("192.0.2.1"), 0); /* a new one */
		assert_int_equal(fstat(table.fd, &st), 0);
		assert_true(S_ISREG(st.st_mode));
		assert_int_equal(st.st_mode & 022, 0);
	}
}

static void test_a_later_version_is_left_alone(void **state)
{
	uint32_t version = 1000;
	int fd;

	(void)state;
	penalty_close(&table);
	fd = openat(run_dir, "penalty", O_WRONLY);
	assert_int_equal(pwrite(fd, &version, 4, 8), 4);
	close(fd);
	assert_int_equal(penalty_open(&table, run_dir), -EPROTO);
	assert_int_equal(delay("192.0.2.1"), 0);
}

static void test_no_place_for_the_file(void **state)
{
	(void)state;
	penalty_close(&table);
	assert_int_equal(penalty_open(&table, -1), -EBADF);
	fail_times("192.0.2.1", 9);
	assert_int_equal(delay("192.0.2.1"), 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_delays),
		FRESH(test_rules),
		FRESH(test_networks),
		FRESH(test_a_wide_network),
		FRESH(test_a_known_pair_is_exempt),
		FRESH(test_a_guess_at_a_known_user_ends_the_exemption),
		FRESH(test_a_success_forgives_nothing),
		FRESH(test_refusal),
		FRESH(test_a_known_network_is_not_refused_at_the_door),
		FRESH(test_a_user_is_never_refused_everywhere),
		FRESH(test_a_user_of_many_networks),
		FRESH(test_a_flood_from_a_wide_network),
		FRESH(test_it_outlives_the_process),
		FRESH(test_many_processes_at_once),
		FRESH(test_a_full_table),
		FRESH(test_one_after_the_other_is_forgotten),
		FRESH(test_no_more_than_some_are_remembered),
		FRESH(test_knowing_ends),
		FRESH(test_a_time_to_come_counts_nothing),
		FRESH(test_a_moment_to_come_counts),
		FRESH(test_damage),
		FRESH(test_a_later_version_is_left_alone),
		FRESH(test_no_place_for_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
