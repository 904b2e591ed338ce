/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "priv/accounts.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test-accounts-XXXXXX";

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

/* All that is found, as text. */
static char seen[65536];

static bool see(void *context, const struct account *a)
{
	size_t n = strlen(seen);

	(void)context;
	snprintf(seen + n, sizeof(seen) - n, "%.*s=%u/%u ", (int)a->name.n,
		 a->name.p, a->id, a->gid);
	return false;
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void expect(const char *text, bool groups, const char *found)
{
	write_file(text);
	seen[0] = '\0';
	assert_int_equal(accounts_find(path, groups, see, NULL), -ENOENT);
	assert_string_equal(seen, found);
}

static void accounts_are_found_and_other_lines_left_out(void **state)
{
	(void)state;
	expect("", false, "");
	expect("a:x:1:2:A:/:/bin/sh\nb::3:4\n", false, "a=1/2 b=3/4 ");
	expect("\n#c:x:1:2::\n:x:1:2::\nd:x::2\ne:x:1\nf:x:-1:2\ng\n", false,
	       "");
	expect("a:x:4294967294:0:", false, "a=4294967294/0 ");
	expect("a:x:4294967295:0:\nb:x:1:99999999999:\n", false, "");
	expect("g:x:7:a,b\nh:x:8:", true, "g=7/0 h=8/0 ");
}

/* Of a line that is longer than what is read at once its beginning counts. */
static void long_lines_are_no_end_and_no_other_lines(void **state)
{
	static char text[3 * 9000];
	size_t members;

	(void)state;
	for (members = 4000; members < 9000; members += 1) {
		int n = snprintf(text, sizeof(text), "long:x:5:");

		memset(text + n, 'm', members);
		/* That would be an account if the line were cut there. */
		snprintf(text + n + members, sizeof(text) - (size_t)n - members,
			 ":x:6:\nnext:x:7:\n");
		expect(text, true, "long=5/0 next=7/0 ");
		if (members > 4200 && members < 8100)
			members += 97;
	}
}

static bool is_second(void *context, const struct account *a)
{
	(void)a;
	return ++*(int *)context == 2;
}

static void it_ends_where_it_is_told_to(void **state)
{
	int count = 0;

	(void)state;
	write_file("a:x:1:1::\nb:x:2:2::\nc:x:3:3::\n");
	assert_int_equal(accounts_find(path, false, is_second, &count), 0);
	assert_int_equal(count, 2);
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
	(void)state;
	assert_int_equal(accounts_find("/nowhere", false, see, NULL), -ENOENT);
	assert_int_equal(accounts_find("/", false, see, NULL), -EISDIR);
}

/* The machine's own accounts are those that the C library finds. */
static void it_agrees_with_the_library(void **state)
{
	static char theirs[sizeof(seen)];
	const struct passwd *p;
	const struct group *g;
	FILE *f = fopen("/etc/passwd", "r");

	(void)state;
	assert_non_null(f);
	while ((p = fgetpwent(f)))
		sprintf(theirs + strlen(theirs), "%s=%u/%u ", p->pw_name,
			p->pw_uid, p->pw_gid);
	fclose(f);
	seen[0] = '\0';
	assert_int_equal(accounts_find("/etc/passwd", false, see, NULL),
			 -ENOENT);
	assert_string_equal(seen, theirs);
	f = fopen("/etc/group", "r");
	assert_non_null(f);
	theirs[0] = '\0';
	while ((g = fgetgrent(f)))
		sprintf(theirs + strlen(theirs), "%s=%u/0 ", g->gr_name,
			g->gr_gid);
	fclose(f);
	seen[0] = '\0';
	assert_int_equal(accounts_find("/etc/group", true, see, NULL), -ENOENT);
	assert_string_equal(seen, theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts_are_found_and_other_lines_left_out),
		cmocka_unit_test(long_lines_are_no_end_and_no_other_lines),
		cmocka_unit_test(it_ends_where_it_is_told_to),
		cmocka_unit_test(a_file_that_cannot_be_read_says_why),
		cmocka_unit_test(it_agrees_with_the_library),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
