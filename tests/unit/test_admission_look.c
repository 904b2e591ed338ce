/* SPDX-License-Identifier: ISC */
/* Who only looks at run_dir: the numbers are right, and nothing changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stats/admission_look.h"
#include "stats/penalty.h"
#include "stats/slots.h"

#include "folder.h"

/* --- a run_dir, new for each test --- */

static int set_up(void **state)
{
	(void)state;
	return folder_make();
}

static int tear_down(void **state)
{
	(void)state;
	return folder_remove();
}

static unsigned files(void)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2; /* "." and ".." */
}

static struct admission_ticket enter(struct admission *a, const char *from,
				     const char *user)
{
	const struct admission_limits no_limits = {0};
	const struct admission_user_limits unlimited = {0};
	struct network_address peer = address(from);
	struct admission_ticket ticket;

	assert_int_equal(admission_enter(a, &peer, false, &no_limits, &ticket),
			 ADMISSION_ENTERED);
	assert_int_equal(admission_name(a, &ticket, span_str(user), &unlimited),
			 ADMISSION_ENTERED);
	return ticket;
}

static void assert_numbers(const struct admission *a, const char *from,
			   const char *user, struct admission_numbers wanted)
{
	struct network_address peer = address(from);
	struct admission_numbers n;

	assert_true(admission_count(a, &peer, span_str(user), &n));
	assert_int_equal(n.sessions, wanted.sessions);
	assert_int_equal(n.network, wanted.network);
	assert_int_equal(n.user, wanted.user);
	assert_int_equal(n.user_and_network, wanted.user_and_network);
}

/* --- tests --- */

static void test_nothing_is_made(void **state)
{
	struct network_address peer = address("192.0.2.1");
	struct admission_numbers n;
	struct penalty_memory m;
	struct admission a;
	struct penalty p;

	(void)state;
	assert_int_equal(admission_look(&a, run_dir), -ENOENT);
	assert_int_equal(penalty_look(&p, run_dir), -ENOENT);
	assert_false(admission_count(&a, &peer, span_str("alice"), &n));
	assert_int_equal(n.sessions, 0);
	assert_false(penalty_remembers(&p, &peer, span_str("alice"), &m));
	admission_close(&a);
	penalty_close(&p);
	assert_int_equal(files(), 0);
}

static void test_who_lives_is_counted(void **state)
{
	struct admission a, looker;
	struct admission_ticket t[4];

	(void)state;
	assert_int_equal(admission_open(&a, run_dir), 0);
	t[0] = enter(&a, "192.0.2.1", "alice");
	t[1] = enter(&a, "192.0.2.1", "bob");
	t[2] = enter(&a, "192.0.2.2", "alice");
	t[3] = enter(&a, "2001:db8::1", "alice");
	assert_int_equal(admission_look(&looker, run_dir), 0);
	assert_numbers(&looker, "192.0.2.1", "alice",
		       (struct admission_numbers){4, 2, 3, 1});
	assert_numbers(&looker, "2001:db8::ffff", "alice",
		       (struct admission_numbers){4, 1, 3, 1});
	assert_numbers(&looker, "192.0.2.3", "carl",
		       (struct admission_numbers){4, 0, 0, 0});
	/* dead, and folded by nobody yet */
	admission_hand_over(&t[0]);
	assert_numbers(&looker, "192.0.2.1", "alice",
		       (struct admission_numbers){3, 1, 2, 0});
	assert_int_equal(a.file->total, 4);
	for (int i = 1; i < 4; i++)
		admission_leave(&a, &t[i]);
	assert_numbers(&looker, "192.0.2.1", "bob",
		       (struct admission_numbers){0, 0, 0, 0});
	admission_close(&looker);
	admission_close(&a);
}

static void test_no_file_of_another_kind_is_replaced(void **state)
{
	struct admission a;
	struct stat before, after;
	int fd = openat(run_dir, "admission", O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "something else", 14), 14);
	assert_int_equal(fstat(fd, &before), 0);
	close(fd);
	assert_int_equal(admission_look(&a, run_dir), -EBADMSG);
	admission_close(&a);
	assert_int_equal(fstatat(run_dir, "admission", &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(after.st_size, 14);
	assert_int_equal(files(), 1);
}

/* What is asked in two parts is what is asked at once. */
static void test_penalties_are_judged_alike(void **state)
{
	const struct penalty_rules rules = {2, 8000, 5};
	struct network_address peer = address("192.0.2.1");
	struct penalty_verdict whole, parts;
	struct penalty_memory m;
	struct penalty p, looker;

	(void)state;
	assert_int_equal(penalty_open(&p, run_dir), 0);
	assert_int_equal(penalty_look(&looker, run_dir), 0);
	penalty_good(&p, &peer, span_str("bob"));
	for (uint32_t i = 0; i < 7; i++) {
		assert_true(penalty_remembers(&looker, &peer, span_str("alice"),
					      &m));
		assert_int_equal(m.failures, i);
		assert_false(m.knows_user);
		assert_true(m.knows_some);
		parts = penalty_judge(&rules, &m);
		whole = penalty_ask(&p, &rules, &peer, span_str("alice"));
		assert_int_equal(parts.refused, whole.refused);
		assert_int_equal(parts.delay_ms, whole.delay_ms);
		assert_int_equal(parts.refused, i >= 5);
		(void)penalty_failed(&p, &rules, &peer, span_str("alice"));
	}
	assert_true(penalty_remembers(&looker, &peer, span_str("bob"), &m));
	assert_true(m.knows_user);
	assert_int_equal(m.own, 0);
	parts = penalty_judge(&rules, &m);
	assert_false(parts.refused);
	assert_int_equal(parts.delay_ms, 0);
	penalty_close(&looker);
	penalty_close(&p);
}

static void test_limits_are_reached_exactly(void **state)
{
	const struct admission_limits limits = {10, 3}, none = {0};
	const struct admission_user_limits user = {5, 2}, no_user = {0};

	(void)state;
	assert_int_equal(admission_judge(&limits, 9, 2), ADMISSION_ENTERED);
	assert_int_equal(admission_judge(&limits, 10, 2), ADMISSION_FULL);
	assert_int_equal(admission_judge(&limits, 10, 3),
			 ADMISSION_NETWORK_FULL);
	assert_int_equal(admission_judge(&none, ADMISSION_SLOTS - 1, 60000),
			 ADMISSION_ENTERED);
	assert_int_equal(admission_judge(&none, ADMISSION_SLOTS, 0),
			 ADMISSION_FULL);
	assert_int_equal(admission_judge_user(&user, 4, 1), ADMISSION_ENTERED);
	assert_int_equal(admission_judge_user(&user, 5, 0),
			 ADMISSION_USER_FULL);
	assert_int_equal(admission_judge_user(&user, 4, 2),
			 ADMISSION_USER_NETWORK_FULL);
	assert_int_equal(admission_judge_user(&no_user, 60000, 60000),
			 ADMISSION_ENTERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_is_made, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_who_lives_is_counted,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_no_file_of_another_kind_is_replaced, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_penalties_are_judged_alike,
						set_up, tear_down),
		cmocka_unit_test(test_limits_are_reached_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
