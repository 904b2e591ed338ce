/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/file_stamp.h"

/* The clock is what the tests say, so that a file is as old as they like. */
static int64_t now_s;

int64_t clock_now_s(void)
{
	return now_s;
}

static uint64_t now_ms;

uint64_t clock_ms(void)
{
	return now_ms;
}

static char path[] = "/tmp/test_file_stamp.XXXXXX";

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	now_s = (int64_t)time(NULL) + 10;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return 0;
}

static void test_unchanged(void **state)
{
	struct file_stamp then, now;

	(void)state;
	write_file("a");
	file_stamp_take(path, &then);
	file_stamp_take(path, &now);
	assert_true(file_stamp_is_same(&then, &now));
}

static void test_changed(void **state)
{
	struct file_stamp then, now;
	struct timespec times[2] = {{0, UTIME_OMIT}, {0}};

	(void)state;
	write_file("a");
	file_stamp_take(path, &then);
	write_file("ab");
	/* Size and inode tell, whatever the times say. */
	times[1] = then.mtime;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	file_stamp_take(path, &now);
	now.ctime = then.ctime;
	assert_false(file_stamp_is_same(&then, &now));
	now.size = then.size;
	assert_true(file_stamp_is_same(&then, &now));
	now.ino++;
	assert_false(file_stamp_is_same(&then, &now));
	now.ino = then.ino;
	now.ctime.tv_nsec++;
	assert_false(file_stamp_is_same(&then, &now));
}

/* A change just now may hide another one. */
static void test_young(void **state)
{
	struct file_stamp then, now;

	(void)state;
	write_file("a");
	now_s = (int64_t)time(NULL);
	file_stamp_take(path, &then);
	now_s += 10;
	file_stamp_take(path, &now);
	assert_false(file_stamp_is_same(&then, &now));
	assert_true(file_stamp_is_same(&now, &now));
}

static void test_young_is_kept_for_a_while(void **state)
{
	struct file_stamp then, now;

	(void)state;
	write_file("a");
	now_s = (int64_t)time(NULL);
	now_ms = 5000;
	file_stamp_take(path, &then);
	file_stamp_keep(&then);
	now_ms += FILE_STAMP_AGAIN_MS - 1;
	file_stamp_take(path, &now);
	assert_true(file_stamp_is_same(&then, &now));
	now.ctime.tv_nsec++;
	assert_false(file_stamp_is_same(&then, &now));
	file_stamp_take(path, &now);
	now_ms++;
	assert_false(file_stamp_is_same(&then, &now));
	/* Once it is old, for ever. */
	now_s += 10;
	file_stamp_take(path, &then);
	file_stamp_keep(&then);
	now_ms += 1000000;
	assert_true(file_stamp_is_same(&then, &now));
}

static void test_none(void **state)
{
	struct file_stamp none;

	(void)state;
	assert_int_equal(unlink(path), 0);
	file_stamp_take(path, &none);
	assert_false(file_stamp_is_same(&none, &none));
	file_stamp_keep(&none);
	assert_false(file_stamp_is_same(&none, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unchanged, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_young, setup, teardown),
		cmocka_unit_test_setup_teardown(test_young_is_kept_for_a_while,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
