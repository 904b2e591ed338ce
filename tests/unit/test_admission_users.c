/* SPDX-License-Identifier: ISC */
/* Sessions counted by user: admission_name(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stats/admission.h"

#include "folder.h"

/* --- a run_dir, new for each test --- */

static struct admission adm;

static const struct admission_limits no_limits;
static const struct admission_user_limits unlimited;

static int set_up(void **state)
{
	(void)state;
	if (folder_make() < 0)
		return -1;
	return admission_open(&adm, run_dir);
}

static int tear_down(void **state)
{
	(void)state;
	admission_close(&adm);
	return folder_remove();
}

static struct admission_ticket enter(const char *from)
{
	struct admission_ticket ticket;
	struct network_address a;

	assert_true(network_address_parse(span_str(from), &a));
	assert_int_equal(admission_enter(&adm, &a, false, &no_limits, &ticket),
			 ADMISSION_ENTERED);
	return ticket;
}

static enum admission_verdict name(const struct admission_ticket *ticket,
				   const char *user, uint32_t per_user,
				   uint32_t per_user_and_network)
{
	const struct admission_user_limits limits = {per_user,
						     per_user_and_network};

	return admission_name(&adm, ticket, span_str(user), &limits);
}

/* --- tests --- */

static void test_a_user_has_so_many(void **state)
{
	struct admission_ticket t[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		t[i] = enter("192.0.2.1");
	assert_int_equal(name(&t[0], "alice", 2, 0), ADMISSION_ENTERED);
	assert_int_equal(name(&t[1], "alice", 2, 0), ADMISSION_ENTERED);
	assert_int_equal(name(&t[2], "alice", 2, 0), ADMISSION_USER_FULL);
	/* refused is not counted: as before, and somebody else is let in */
	assert_int_equal(name(&t[2], "alice", 2, 0), ADMISSION_USER_FULL);
	assert_int_equal(name(&t[2], "alice2", 2, 0), ADMISSION_ENTERED);
	assert_int_equal(name(&t[3], "Alice", 1, 0), ADMISSION_ENTERED);
	/* one's own place does not count against oneself */
	assert_int_equal(name(&t[1], "alice", 2, 0), ADMISSION_ENTERED);
	admission_leave(&adm, &t[0]);
	assert_int_equal(name(&t[3], "alice", 2, 0), ADMISSION_ENTERED);
	for (int i = 1; i < 4; i++)
		admission_leave(&adm, &t[i]);
}

static void test_without_a_limit_it_is_noted_too(void **state)
{
	struct admission_ticket a = enter("192.0.2.1");
	struct admission_ticket b = enter("192.0.2.1");

	(void)state;
	assert_int_equal(
		admission_name(&adm, &a, span_str("alice"), &unlimited),
		ADMISSION_ENTERED);
	assert_int_equal(name(&b, "alice", 1, 0), ADMISSION_USER_FULL);
	/* who has become somebody else gives the place back */
	assert_int_equal(admission_name(&adm, &a, span_str("bob"), &unlimited),
			 ADMISSION_ENTERED);
	assert_int_equal(name(&b, "alice", 1, 0), ADMISSION_ENTERED);
	admission_leave(&adm, &a);
	admission_leave(&adm, &b);
}

static void test_a_user_and_a_network(void **state)
{
	static const char *const from[] = {"192.0.2.1", "192.0.2.1",
					   "192.0.2.2", "2001:db8::1",
					   "2001:db8::2"};
	struct admission_ticket t[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		t[i] = enter(from[i]);
	assert_int_equal(name(&t[0], "alice", 0, 1), ADMISSION_ENTERED);
	assert_int_equal(name(&t[1], "alice", 0, 1),
			 ADMISSION_USER_NETWORK_FULL);
	assert_int_equal(name(&t[1], "bob", 0, 1), ADMISSION_ENTERED);
	assert_int_equal(name(&t[2], "alice", 0, 1), ADMISSION_ENTERED);
	assert_int_equal(name(&t[3], "alice", 0, 1), ADMISSION_ENTERED);
	assert_int_equal(name(&t[4], "alice", 0, 1),
			 ADMISSION_USER_NETWORK_FULL);
	assert_int_equal(name(&t[4], "alice", 3, 0), ADMISSION_USER_FULL);
	assert_int_equal(name(&t[4], "alice", 4, 0), ADMISSION_ENTERED);
	for (int i = 0; i < 5; i++)
		admission_leave(&adm, &t[i]);
}

static void test_no_address_and_no_place(void **state)
{
	struct admission_ticket none = ADMISSION_NO_TICKET, t[2];

	(void)state;
	assert_int_equal(name(&none, "alice", 1, 1), ADMISSION_UNAVAILABLE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			admission_enter(&adm, NULL, false, &no_limits, &t[i]),
			ADMISSION_ENTERED);
		assert_int_equal(name(&t[i], "alice", 0, 1), ADMISSION_ENTERED);
	}
	assert_int_equal(name(&t[1], "alice", 1, 1), ADMISSION_USER_FULL);
	for (int i = 0; i < 2; i++)
		admission_leave(&adm, &t[i]);
}

/* A place that has a new holder is not the old one's user's. */
static void test_a_place_forgets(void **state)
{
	struct admission_ticket a = enter("192.0.2.1"), b;

	(void)state;
	assert_int_equal(name(&a, "alice", 1, 0), ADMISSION_ENTERED);
	admission_leave(&adm, &a);
	a = enter("192.0.2.1");
	b = enter("192.0.2.1");
	assert_int_equal(name(&b, "alice", 1, 0), ADMISSION_ENTERED);
	admission_leave(&adm, &a);
	admission_leave(&adm, &b);
}

/* Whoever was killed never counts, not even for a moment. */
static void test_killed_sessions_do_not_count(void **state)
{
	struct admission_ticket own = enter("192.0.2.1");
	int ready[2];
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct admission child;
		struct admission_ticket t[2];
		struct network_address a;

		if (admission_open(&child, run_dir) < 0 ||
		    !network_address_parse(span_str("192.0.2.1"), &a))
			_exit(1);
		for (int i = 0; i < 2; i++) {
			if (admission_enter(&child, &a, false, &no_limits,
					    &t[i]) != ADMISSION_ENTERED ||
			    admission_name(&child, &t[i], span_str("alice"),
					   &unlimited) != ADMISSION_ENTERED)
				_exit(1);
		}
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(name(&own, "alice", 2, 0), ADMISSION_USER_FULL);
	assert_int_equal(name(&own, "alice", 0, 2),
			 ADMISSION_USER_NETWORK_FULL);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(name(&own, "alice", 1, 0), ADMISSION_ENTERED);
	close(ready[0]);
	close(ready[1]);
	admission_leave(&adm, &own);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_a_user_has_so_many),
		FRESH(test_without_a_limit_it_is_noted_too),
		FRESH(test_a_user_and_a_network),
		FRESH(test_no_address_and_no_place),
		FRESH(test_a_place_forgets),
		FRESH(test_killed_sessions_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
