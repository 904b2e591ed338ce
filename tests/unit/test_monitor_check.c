/* SPDX-License-Identifier: ISC */
/*
 * How much work a check is, whoever it is of: counted in turns, of which each
 * costly hash takes one.
 */
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
#include <time.h>
#include <unistd.h>

#include "config/settings.h"
#include "pop3-session/monitor.h"
#include "stats/turns.h"

/* --- turns that are counted --- */

static unsigned taken;
static bool none_left;

int turns_take(int run_dirfd, uint32_t turns, uint32_t wait_ms)
{
	(void)run_dirfd, (void)turns, (void)wait_ms;
	taken++;
	return none_left ? -ETIMEDOUT : 0;
}

void turns_give(int turn)
{
	(void)turn;
}

/* --- a clock, and who waits by it --- */

static struct timespec now, slept_until;
static unsigned sleeps;
static int interrupted; /* so often */

int clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	*t = now;
	return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
		    struct timespec *left)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	assert_int_equal(flags, TIMER_ABSTIME);
	assert_null(left);
	slept_until = *t;
	sleeps++;
	return interrupted-- > 0 ? EINTR : 0;
}

/* --- a monitor --- */

/* `abc` */
#define COSTLY                                                                 \
	"$6$rounds=1000$saltstring$6NXfJcHAqOszRoqrAsiHaMLcALd/"               \
	"df4qk51Md4dEGLXrloQi6cyqUbtHDwWpZDzImbFkZCx2eWVTYIGoe1dJi1"
/* Half a second's work says the form, but crypt(3) takes no such salt. */
#define REJECTED "$6$rounds=400000$sa:lt$hash"

static char path[] = "/tmp/test_monitor_check.XXXXXX";
static struct settings settings;
static struct service service;
static struct monitor monitor;

static void put_users(const char *text)
{
	char spec[64], memory[USERS_ERROR_SIZE];
	const char *specs[] = {spec};
	struct buf error;
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	snprintf(spec, sizeof(spec), "passwd-file:%s", path);
	buf_init(&error, memory, sizeof(memory));
	assert_int_equal(users_open(&service.users, specs, 1, &error), 0);
	taken = 0;
}

static int set_up(void **state)
{
	int fd;

	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	memset(&service, 0, sizeof(service));
	service.settings = &settings;
	service.has_users = true;
	service.hashes = 1;
	monitor.service = &service;
	none_left = false;
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static enum auth_verdict check(const char *stored, bool enabled,
			       const char *password)
{
	struct user_row example, row = {.enabled = enabled};

	strcpy(row.password, stored);
	return monitor_check(&monitor, &row, &example, CHANNEL_USER_PASS,
			     span_str(password));
}

/* --- tests --- */

static const struct {
	const char *stored;
	bool enabled;
	const char *password;
	enum auth_verdict verdict;
	unsigned hashes; /* of those that take a turn */
} cases[] = {
	{COSTLY, true, "abc", AUTH_GOOD, 1},
	{COSTLY, true, "wrong", AUTH_BAD, 1},
	/* disabled, or kept out, which is the same */
	{COSTLY, false, "abc", AUTH_GOOD, 1},
	{COSTLY, false, "wrong", AUTH_BAD, 1},
	/* unknown */
	{"", false, "abc", AUTH_UNSUPPORTED, 1},
	/* no work of its own */
	{"{PLAIN}abc", true, "wrong", AUTH_BAD, 1},
	{"{PLAIN}abc", false, "abc", AUTH_GOOD, 1},
	{"{PLAIN}abc", true, "abc", AUTH_GOOD, 0},
	{"!", false, "abc", AUTH_UNSUPPORTED, 1},
	{"$6$rounds=999999999$a$b", true, "abc", AUTH_UNSUPPORTED, 1},
	/* it takes its turn, is rejected at once, and so another one is made */
	{REJECTED, true, "abc", AUTH_UNSUPPORTED, 2},
	{REJECTED, false, "abc", AUTH_UNSUPPORTED, 2},
	/* costly, but not half as much as is usual */
	{"$1$salt$0123456789012345678901", true, "wrong", AUTH_BAD, 2},
};

static void test_everybody_costs_a_hash(void **state)
{
	(void)state;
	put_users("old:$1$salt$0123456789012345678901\nann:" COSTLY "\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s %s\n", cases[i].stored, cases[i].password);
		taken = 0;
		assert_int_equal(check(cases[i].stored, cases[i].enabled,
				       cases[i].password),
				 cases[i].verdict);
		assert_int_equal(taken, cases[i].hashes);
	}
}

static void test_without_a_turn_all_are_told_the_same(void **state)
{
	(void)state;
	put_users("ann:" COSTLY "\n");
	none_left = true;
	assert_int_equal(check(COSTLY, true, "abc"), AUTH_TEMPFAIL);
	assert_int_equal(check(COSTLY, false, "abc"), AUTH_TEMPFAIL);
	assert_int_equal(check("", false, "abc"), AUTH_TEMPFAIL);
	assert_int_equal(check(REJECTED, true, "abc"), AUTH_TEMPFAIL);
	assert_int_equal(check("{PLAIN}abc", true, "wrong"), AUTH_TEMPFAIL);
	/* No hash for him, as no hash is usual in success. */
	assert_int_equal(check("{PLAIN}abc", true, "abc"), AUTH_GOOD);
}

static void test_no_refusal_comes_sooner_than_10_ms(void **state)
{
	static struct monitor_setup setup;
	static const struct {
		struct timespec taken_up, until;
	} waits[] = {
		{{7, 0}, {7, 10000000}},
		{{7, 989999999}, {7, 999999999}},
		{{7, 990000000}, {8, 0}},
		{{7, 999999999}, {8, 9999999}},
	};

	(void)state;
	monitor.setup = &setup;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		now = waits[i].taken_up;
		monitor_take_up(&monitor);
		sleeps = 0;
		/* on a pipe nobody guesses */
		setup.is_network = false;
		monitor_hold_back(&monitor);
		assert_int_equal(sleeps, 0);
		setup.is_network = true;
		interrupted = 2;
		monitor_hold_back(&monitor);
		assert_int_equal(sleeps, 3);
		assert_int_equal(slept_until.tv_sec, waits[i].until.tv_sec);
		assert_int_equal(slept_until.tv_nsec, waits[i].until.tv_nsec);
	}
}

/* Else only who is unknown would pay for the reading. */
static void test_known_users_have_the_stores_looked_at_too(void **state)
{
	(void)state;
	put_users("ann:" COSTLY "\n");
	assert_int_equal(check(COSTLY, true, "abc"), AUTH_GOOD);
	assert_memory_equal(service.users.stores[0].facts.example, COSTLY, 15);
}

static void test_a_parent_looks_at_the_stores_without_apop(void **state)
{
	(void)state;
	put_users("ann:" COSTLY "\nbob:{PLAIN}abc\n");
	service.method_user = true;
	service_look(&service);
	assert_false(service.offers_apop);
	assert_memory_equal(service.users.stores[0].facts.example, COSTLY, 15);
	service.method_apop = true;
	service_look(&service);
	assert_true(service.offers_apop);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_everybody_costs_a_hash),
		TEST(test_without_a_turn_all_are_told_the_same),
		TEST(test_no_refusal_comes_sooner_than_10_ms),
		TEST(test_known_users_have_the_stores_looked_at_too),
		TEST(test_a_parent_looks_at_the_stores_without_apop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
