/* SPDX-License-Identifier: ISC */
#include "scmpd/lastlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	char folder[64], path[96];
	struct lastlog log;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->folder, "/tmp/test_lastlog.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/logins", w->folder);
	assert_int_equal(lastlog_open(&w->log, w->path), -ENOENT);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	lastlog_close(&w->log);
	(void)chmod(w->folder, 0700);
	(void)unlink(w->path);
	(void)rmdir(w->folder);
	free(w);
	return 0;
}

static struct network_address address(const char *text)
{
	struct network n;

	assert_true(network_parse(span_str(text), &n));
	return n.base;
}

static void note(struct world *w, const char *name, int64_t time,
		 const char *from)
{
	struct network_address a;

	if (from)
		a = address(from);
	lastlog_note(&w->log, span_str(name), time, from ? &a : NULL);
}

static void check(struct world *w, const char *name, int64_t time,
		  const char *from)
{
	const struct lastlog_entry *e = lastlog_find(&w->log, name);
	struct network_address a;

	assert_non_null(e);
	assert_int_equal(e->time, time);
	assert_int_equal(e->has_address, from != NULL);
	if (from) {
		a = address(from);
		assert_memory_equal(&e->address, &a, sizeof(a));
	}
}

static void the_latest_login_is_known(void **state)
{
	struct world *w = *state;

	assert_null(lastlog_find(&w->log, "joe"));
	note(w, "joe", 100, "192.0.2.1");
	note(w, "ann", 50, NULL);
	check(w, "joe", 100, "192.0.2.1");
	check(w, "ann", 50, NULL);
	note(w, "joe", 90, "192.0.2.9");
	check(w, "joe", 100, "192.0.2.1");
	note(w, "joe", 200, "2001:db8::1");
	check(w, "joe", 200, "2001:db8::1");
	assert_null(lastlog_find(&w->log, "jo"));
}

static void what_was_saved_is_read(void **state)
{
	struct world *w = *state;

	note(w, "joe", 100, "192.0.2.1");
	note(w, "with blank@example", 50, "2001:db8::1");
	note(w, "ann", 7, NULL);
	assert_int_equal(lastlog_save(&w->log), 0);
	lastlog_close(&w->log);
	assert_int_equal(lastlog_open(&w->log, w->path), 0);
	assert_int_equal(w->log.n, 3);
	check(w, "joe", 100, "192.0.2.1");
	check(w, "with blank@example", 50, "2001:db8::1");
	check(w, "ann", 7, NULL);
}

static void an_unchanged_log_is_not_written(void **state)
{
	struct world *w = *state;

	note(w, "joe", 100, NULL);
	assert_int_equal(lastlog_save(&w->log), 0);
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(lastlog_save(&w->log), 0);
	assert_int_equal(access(w->path, F_OK), -1);
	note(w, "joe", 101, NULL);
	assert_int_equal(lastlog_save(&w->log), 0);
	assert_int_equal(access(w->path, F_OK), 0);
}

static void lines_that_are_none_are_passed_over(void **state)
{
	struct world *w = *state;
	FILE *f = fopen(w->path, "w");

	fputs("\nx\n12\n12 -\n12 - \nx - joe\n99999999999999999999 - joe\n"
	      "12 nowhere ann\n13 192.0.2.1 joe\n",
	      f);
	for (int i = 0; i < 2000; i++)
		fputc('y', f);
	fclose(f);
	lastlog_close(&w->log);
	assert_int_equal(lastlog_open(&w->log, w->path), 0);
	assert_int_equal(w->log.n, 2);
	check(w, "ann", 12, NULL);
	check(w, "joe", 13, "192.0.2.1");
}

static void the_longest_absent_are_forgotten(void **state)
{
	struct world *w = *state;
	char name[32];

	for (int i = 0; i <= LASTLOG_MOST; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		note(w, name, 1000 + i, NULL);
	}
	assert_true(w->log.n <= LASTLOG_MOST);
	assert_null(lastlog_find(&w->log, "u0"));
	check(w, "u50000", 51000, NULL);
	snprintf(name, sizeof(name), "u%d", LASTLOG_MOST);
	check(w, name, 1000 + LASTLOG_MOST, NULL);
}

static void a_folder_that_is_not_there_costs_the_file_alone(void **state)
{
	struct world *w = *state;

	lastlog_close(&w->log);
	assert_int_equal(lastlog_open(&w->log, "/nonexistent/logins"), -ENOENT);
	note(w, "joe", 100, NULL);
	assert_int_equal(lastlog_save(&w->log), -ENOENT);
	check(w, "joe", 100, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Whoever may write in the folder can neither have it wait nor write elsewhere.
 */
static void what_is_no_file_is_left_alone(void **state)
{
	struct world *w = *state;
	char new[128], other[128], line[64];
	FILE *file;

	snprintf(new, sizeof(new), "%s.new", w->path);
	snprintf(other, sizeof(other), "%s/other", w->folder);
	assert_int_equal(mkfifo(w->path, 0600), 0);
	assert_int_equal(lastlog_open(&w->log, w->path), -EINVAL);
	assert_int_equal(unlink(w->path), 0);
	file = fopen(other, "w");
	assert_non_null(file);
	fputs("1700000000 192.0.2.1 joe\n", file);
	fclose(file);
	assert_int_equal(symlink(other, w->path), 0);
	assert_int_equal(lastlog_open(&w->log, w->path), -ELOOP);
	assert_null(lastlog_find(&w->log, "joe"));
	/* what is to be written is a file of its own */
	assert_int_equal(symlink(other, new), 0);
	note(w, "jane", 1700000001, NULL);
	assert_int_equal(lastlog_save(&w->log), 0);
	lastlog_close(&w->log);
	assert_int_equal(lastlog_open(&w->log, w->path), 0);
	assert_non_null(lastlog_find(&w->log, "jane"));
	file = fopen(other, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "1700000000 192.0.2.1 joe\n");
	fclose(file);
	assert_int_equal(unlink(other), 0);
	assert_int_not_equal(access(new, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_latest_login_is_known),
		TEST(what_was_saved_is_read),
		TEST(an_unchanged_log_is_not_written),
		TEST(lines_that_are_none_are_passed_over),
		TEST(the_longest_absent_are_forgotten),
		TEST(what_is_no_file_is_left_alone),
		TEST(a_folder_that_is_not_there_costs_the_file_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
