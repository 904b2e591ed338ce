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
#include <time.h>
#include <unistd.h>

#include "stats/penalty.h"

/* --- a run_dir, new for each test --- */

static char folder[64];
static int run_dir;
static struct penalty table;

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test-penalty.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	run_dir = open(folder, O_RDONLY | O_DIRECTORY);
	return penalty_open(&table, run_dir);
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	penalty_close(&table);
	close(run_dir);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct network_address address(const char *text)
{
	struct network_address a;

	assert_true(network_address_parse(span_str(text), &a));
	return a;
}

static uint32_t delay(const char *from)
{
	struct network_address a = address(from);

	return penalty_delay_ms(&table, &a);
}

static void fail_times(const char *from, unsigned times)
{
	struct network_address a = address(from);

	while (times--)
		penalty_failed(&table, &a);
}

/* --- tests --- */

static void test_delays(void **state)
{
	static const uint32_t wanted[] = {0,	0,    0,     1000,  2000,
					  4000, 8000, 15000, 15000, 15000};
	struct network_address a = address("192.0.2.1");

	(void)state;
	for (uint32_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_int_equal(penalty_delay_after(i), wanted[i]);
		assert_int_equal(penalty_delay_ms(&table, &a), wanted[i]);
		assert_int_equal(penalty_failed(&table, &a), i + 1);
	}
	assert_int_equal(penalty_delay_after(UINT32_MAX), 15000);
}

static void test_networks(void **state)
{
	(void)state;
	fail_times("192.0.2.1", 5);
	assert_int_equal(delay("192.0.2.1"), 4000);
	assert_int_equal(delay("192.0.2.2"), 0);
	fail_times("2001:db8:0:1::1", 4);
	assert_int_equal(delay("2001:db8:0:1:ffff::7"), 2000);
	assert_int_equal(delay("2001:db8:0:2::1"), 0);
	assert_int_equal(penalty_delay_ms(&table, NULL), 0);
	assert_int_equal(penalty_failed(&table, NULL), 0);
	penalty_forgive(&table, NULL);
}

static void test_forgiving(void **state)
{
	struct network_address a = address("192.0.2.1");

	(void)state;
	fail_times("192.0.2.1", 9);
	fail_times("192.0.2.2", 9);
	penalty_forgive(&table, &a);
	assert_int_equal(delay("192.0.2.1"), 0);
	assert_int_equal(delay("192.0.2.2"), 15000);
	assert_int_equal(penalty_failed(&table, &a), 1);
}

static void test_it_outlives_the_process(void **state)
{
	struct penalty other;
	struct network_address a = address("192.0.2.1");

	(void)state;
	fail_times("192.0.2.1", 4);
	assert_int_equal(penalty_open(&other, run_dir), 0);
	assert_int_equal(penalty_delay_ms(&other, &a), 2000);
	penalty_failed(&other, &a);
	penalty_close(&other);
	assert_int_equal(delay("192.0.2.1"), 4000);
}

static void test_many_processes_at_once(void **state)
{
	enum { PROCESSES = 4, TIMES = 15000 };
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
			fail_times("192.0.2.1", TIMES);
		_exit(0);
	}
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < PROCESSES; i++)
		assert_true(wait(NULL) > 0);
	assert_int_equal(penalty_failed(&table, &a), PROCESSES * TIMES + 2);
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
		assert_int_equal(penalty_failed(&table, &a), 1);
	}
	for (uint32_t i = NETWORKS - LAST; i < NETWORKS; i++) {
		memcpy(a.octets + 12, &i, 4);
		remembered += penalty_failed(&table, &a) == 2;
	}
	/* All fell into the same second, so any of four may have gone. */
	assert_true(remembered > LAST / 2);
}

/* Shifts the last failure of every entry into the past, as time would. */
static void age_all(uint64_t seconds)
{
	uint64_t entry[2];
	off_t at = 4096;

	while (pread(table.fd, entry, sizeof(entry), at) == sizeof(entry)) {
		entry[1] -= entry[1] ? seconds << 16 : 0;
		assert_int_equal(pwrite(table.fd, entry, sizeof(entry), at),
				 sizeof(entry));
		at += sizeof(entry);
	}
}

static void test_it_is_forgotten(void **state)
{
	struct timespec now;

	(void)state;
	clock_gettime(CLOCK_BOOTTIME, &now);
	if (now.tv_sec < 2 * PENALTY_FORGET_S)
		skip(); /* the machine is too young for a past */
	fail_times("192.0.2.1", 9);
	age_all(PENALTY_FORGET_S / 2);
	assert_int_equal(delay("192.0.2.1"), 15000);
	age_all(PENALTY_FORGET_S / 2);
	assert_int_equal(delay("192.0.2.1"), 0);
	fail_times("192.0.2.1", 3);
	assert_int_equal(delay("192.0.2.1"), 1000);
}

static void test_a_time_to_come_counts_nothing(void **state)
{
	(void)state;
	fail_times("192.0.2.1", 9);
	age_all(UINT64_MAX - 999); /* a thousand seconds ahead */
	assert_int_equal(delay("192.0.2.1"), 0);
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
		FRESH(test_networks),
		FRESH(test_forgiving),
		FRESH(test_it_outlives_the_process),
		FRESH(test_many_processes_at_once),
		FRESH(test_a_full_table),
		FRESH(test_it_is_forgotten),
		FRESH(test_a_time_to_come_counts_nothing),
		FRESH(test_damage),
		FRESH(test_a_later_version_is_left_alone),
		FRESH(test_no_place_for_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
