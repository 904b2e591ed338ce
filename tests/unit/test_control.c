/* SPDX-License-Identifier: ISC */
#include "run_dir.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "stats/control.h"

static struct control control;
static struct control_look obeying;

static int set_up(void **state)
{
	if (run_dir_set_up(state) < 0)
		return -1;
	return control_look_open(&obeying, run_dir);
}

static int tear_down(void **state)
{
	control_look_close(&obeying);
	control_close(&control);
	return run_dir_tear_down(state);
}

static struct control_state now(void)
{
	struct control_state s;

	assert_true(control_look(&obeying, &s));
	return s;
}

static void test_whoever_comes_first_makes_it(void **state)
{
	struct control_look second;
	struct stat st1, st2, st3;

	(void)state;
	assert_int_equal(fstatat(run_dir, "control", &st1, 0), 0);
	assert_int_equal(st1.st_mode & 0777, 0640);
	/* with storage, so that the daemon's writing cannot fail */
	assert_true(st1.st_blocks * 512 >= st1.st_size);
	assert_int_equal(control_open(&control, run_dir), 0);
	assert_int_equal(control_look_open(&second, run_dir), 0);
	assert_int_equal(fstat(obeying.fd, &st2), 0);
	assert_int_equal(fstat(second.fd, &st3), 0);
	assert_true(st1.st_ino == st2.st_ino && st1.st_ino == st3.st_ino);
	/* who obeys cannot write */
	assert_int_equal(fcntl(second.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(second.fd, F_GETFD), FD_CLOEXEC);
	control_look_close(&second);
}

static void test_what_holds_for_all(void **state)
{
	const enum log_level debug = LOG_AT_DEBUG, error = LOG_AT_ERROR;
	struct control_state s = now();
	uint64_t changes = s.changes;

	(void)state;
	assert_false(s.drain || s.has_log_level);
	assert_int_equal(control_open(&control, run_dir), 0);
	control_set_drain(&control, true);
	control_set_log_level(&control, &debug);
	assert_true(now().changes == changes);
	control_publish(&control);
	s = now();
	assert_true(s.changes != changes);
	assert_true(s.drain && s.has_log_level);
	assert_int_equal(s.log_level, LOG_AT_DEBUG);
	s = control_asked(&control);
	assert_true(s.drain && s.has_log_level);
	assert_int_equal(s.log_level, LOG_AT_DEBUG);
	control_set_drain(&control, false);
	control_set_log_level(&control, &error);
	s = now();
	assert_false(s.drain);
	assert_int_equal(s.log_level, LOG_AT_ERROR);
	assert_true(s.has_log_level);
	control_set_log_level(&control, NULL);
	assert_false(now().has_log_level);
	assert_false(control_asked(&control).has_log_level);
}

static void test_a_session_is_asked_to_end(void **state)
{
	struct admission_ticket a = enter(), b = enter(), c;

	(void)state;
	assert_int_equal(control_open(&control, run_dir), 0);
	assert_int_equal(control_look_at(&obeying, a.slot, a.serial),
			 CONTROL_STAY);
	assert_true(
		control_end(&control, b.slot, b.serial, CONTROL_GRACEFULLY));
	assert_int_equal(control_look_at(&obeying, a.slot, a.serial),
			 CONTROL_STAY);
	assert_int_equal(control_look_at(&obeying, b.slot, b.serial),
			 CONTROL_GRACEFULLY);
	assert_true(control_end(&control, b.slot, b.serial, CONTROL_NOW));
	assert_int_equal(control_look_at(&obeying, b.slot, b.serial),
			 CONTROL_NOW);
	/* the place's next session is another one */
	admission_leave(&adm, &b);
	c = enter();
	assert_int_equal(c.slot, 1);
	assert_int_equal(control_look_at(&obeying, c.slot, c.serial),
			 CONTROL_STAY);
	assert_true(control_end(&control, c.slot, c.serial, CONTROL_NOW));
	assert_true(control_end(&control, c.slot, c.serial, CONTROL_STAY));
	assert_int_equal(control_look_at(&obeying, c.slot, c.serial),
			 CONTROL_STAY);
	admission_leave(&adm, &a);
	admission_leave(&adm, &c);
}

/* As it stands in the file. */
static void put_word(uint32_t slot, uint64_t word)
{
	int fd = openat(run_dir, "control", O_WRONLY);

	assert_int_equal(pwrite(fd, &word, sizeof(word),
				4096 + slot * (off_t)sizeof(word)),
			 sizeof(word));
	close(fd);
}

static void test_words(void **state)
{
	static const struct {
		uint64_t word, serial;
		enum control_how how;
	} cases[] = {
		{0, 0, CONTROL_STAY},
		{0, 1, CONTROL_STAY},
		{77, 77, CONTROL_GRACEFULLY},
		{76, 77, CONTROL_NOW},
		{78, 77, CONTROL_STAY},
		{75, 77, CONTROL_STAY},
		{78, 78, CONTROL_STAY},
		{79, 78, CONTROL_STAY},
		{UINT64_MAX, UINT64_MAX, CONTROL_GRACEFULLY},
		{UINT64_MAX, 1, CONTROL_STAY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_word(5, cases[i].word);
		assert_int_equal(control_look_at(&obeying, 5, cases[i].serial),
				 cases[i].how);
	}
	/* none that could not be told from no request */
	assert_int_equal(control_open(&control, run_dir), 0);
	assert_false(control_end(&control, 0, 0, CONTROL_NOW));
	assert_false(control_end(&control, 0, 1, CONTROL_NOW));
	assert_false(control_end(&control, 0, 4, CONTROL_NOW));
	assert_false(control_end(&control, SLOTS_MAX, 77, CONTROL_NOW));
	assert_true(control_end(&control, SLOTS_MAX - 1, 77, CONTROL_NOW));
	assert_int_equal(control_look_at(&obeying, SLOTS_MAX - 1, 77),
			 CONTROL_NOW);
	assert_int_equal(control_look_at(&obeying, SLOTS_MAX, 77),
			 CONTROL_STAY);
}

static void test_many_words_at_once(void **state)
{
	static const uint32_t slots[] = {12,
					 0,
					 CONTROL_AHEAD - 1,
					 CONTROL_AHEAD,
					 3 * CONTROL_AHEAD + 1,
					 SLOTS_MAX - 1,
					 7};
	struct control_ahead ahead = {.n = 0};

	(void)state;
	assert_int_equal(control_open(&control, run_dir), 0);
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		assert_true(control_end(&control, slots[i], 99,
					CONTROL_GRACEFULLY));
	/* in whatever order */
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		assert_int_equal(
			control_look_ahead(&obeying, &ahead, slots[i], 99),
			CONTROL_GRACEFULLY);
		assert_int_equal(
			control_look_ahead(&obeying, &ahead, slots[i], 101),
			CONTROL_STAY);
	}
	assert_int_equal(control_look_ahead(&obeying, &ahead, 1, 99),
			 CONTROL_STAY);
	assert_int_equal(control_look_ahead(&obeying, &ahead, SLOTS_MAX, 99),
			 CONTROL_STAY);
	/* what was read holds until it is begun anew */
	assert_int_equal(control_look_ahead(&obeying, &ahead, 7, 99),
			 CONTROL_GRACEFULLY);
	assert_true(control_end(&control, 7, 99, CONTROL_NOW));
	assert_int_equal(control_look_ahead(&obeying, &ahead, 7, 99),
			 CONTROL_GRACEFULLY);
	ahead.n = 0;
	assert_int_equal(control_look_ahead(&obeying, &ahead, 7, 99),
			 CONTROL_NOW);
}

/* Whatever is in the file asks for nothing that there is not. */
static void test_nonsense(void **state)
{
	char octets[8192];
	int fd = openat(run_dir, "control", O_WRONLY);
	struct control_state s;

	(void)state;
	memset(octets, 0xee, sizeof(octets));
	assert_int_equal(pwrite(fd, octets, sizeof(octets), 0), 8192);
	close(fd);
	s = now();
	assert_false(s.drain || s.has_log_level);
	assert_int_equal(control_look_at(&obeying, 0, 77), CONTROL_STAY);
}

static void test_a_cut_file(void **state)
{
	int fd = openat(run_dir, "control", O_WRONLY);
	struct control_look elsewhere = obeying;
	struct control_state s;

	(void)state;
	assert_int_equal(control_open(&control, run_dir), 0);
	control_set_drain(&control, true);
	assert_true(now().drain);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	/* not by who has no way to it any more */
	elsewhere.run_dirfd = -1;
	elsewhere.fd = dup(obeying.fd);
	assert_false(control_look(&elsewhere, &s));
	assert_int_equal(control_look_at(&elsewhere, 0, 77), CONTROL_STAY);
	control_look_close(&elsewhere);
	/* a new one is made, which asks for nothing */
	assert_true(control_look(&obeying, &s));
	assert_false(s.drain);
	control_close(&control);
	assert_int_equal(control_open(&control, run_dir), 0);
	control_set_drain(&control, true);
	assert_true(now().drain);
}

/* What is asked for is asked of those who look, whatever became of the file. */
static void test_who_asks_finds_another_file(void **state)
{
	struct control_state s;
	int fd;

	(void)state;
	assert_int_equal(control_open(&control, run_dir), 0);
	control_set_drain(&control, true);
	assert_int_equal(control_renew(&control), 0);
	assert_true(control_asked(&control).drain);
	/* removed */
	assert_int_equal(unlinkat(run_dir, "control", 0), 0);
	assert_true(control_look(&obeying, &s));
	assert_false(s.drain);
	assert_int_equal(control_renew(&control), 0);
	assert_false(control_asked(&control).drain);
	control_set_drain(&control, true);
	assert_true(now().drain);
	/* cut: nobody may touch what is mapped */
	fd = openat(run_dir, "control", O_WRONLY);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	assert_int_equal(control_renew(&control), 0);
	control_set_drain(&control, true);
	assert_true(control_look(&obeying, &s));
	assert_true(s.drain);
	/* and not to be had */
	assert_int_equal(unlinkat(run_dir, "control", 0), 0);
	assert_int_equal(mkdirat(run_dir, "control", 0700), 0);
	assert_true(control_renew(&control) < 0);
	assert_false(control_end(&control, 12, 99, CONTROL_NOW));
	assert_int_equal(unlinkat(run_dir, "control", AT_REMOVEDIR), 0);
	assert_int_equal(control_renew(&control), 0);
	assert_true(control_end(&control, 12, 99, CONTROL_NOW));
}

/* After as many changes as the one before. */
static void test_another_file_has_another_number(void **state)
{
	uint64_t changes = now().changes;

	(void)state;
	assert_true(now().changes == changes);
	assert_int_equal(unlinkat(run_dir, "control", 0), 0);
	assert_true(now().changes != changes);
}

static void test_a_replaced_file_is_opened(void **state)
{
	struct control_look elsewhere = obeying;

	(void)state;
	assert_int_equal(unlinkat(run_dir, "control", 0), 0);
	assert_int_equal(control_open(&control, run_dir), 0);
	control_set_drain(&control, true);
	/* not by who has no way to it any more: what he had holds */
	elsewhere.run_dirfd = -1;
	elsewhere.fd = dup(obeying.fd);
	assert_true(control_look(&elsewhere, &(struct control_state){0}));
	control_look_close(&elsewhere);
	assert_true(now().drain);
	/* one that is removed is made */
	assert_int_equal(unlinkat(run_dir, "control", 0), 0);
	assert_false(now().drain);
	assert_int_equal(faccessat(run_dir, "control", F_OK, 0), 0);
}

static void test_without_a_file(void **state)
{
	int nowhere = open("/dev/null", O_RDONLY);
	struct control_look none;
	struct control_state s;

	(void)state;
	assert_int_equal(control_open(&control, nowhere), -ENOTDIR);
	assert_false(control_end(&control, 0, 77, CONTROL_NOW));
	control_set_drain(&control, true);
	control_publish(&control);
	assert_int_equal(control_look_open(&none, nowhere), -ENOTDIR);
	assert_false(control_look(&none, &s));
	assert_int_equal(control_look_at(&none, 0, 77), CONTROL_STAY);
	control_look_close(&none);
	close(nowhere);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_whoever_comes_first_makes_it),
		test(test_what_holds_for_all),
		test(test_a_session_is_asked_to_end),
		test(test_words),
		test(test_many_words_at_once),
		test(test_nonsense),
		test(test_a_cut_file),
		test(test_who_asks_finds_another_file),
		test(test_another_file_has_another_number),
		test(test_a_replaced_file_is_opened),
		test(test_without_a_file),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
