/* SPDX-License-Identifier: ISC */
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

#include "store/place_overlap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char base[64];

static const char *in_base(const char *name)
{
	static char paths[2][PLACE_PATH_SIZE];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	snprintf(path, PLACE_PATH_SIZE, "%s/%s", base, name);
	return path;
}

static void make_link(const char *to, const char *name)
{
	assert_int_equal(symlink(to, in_base(name)), 0);
}

static int make_base(void **state)
{
	static const char *const folders[] = {"a", "a/ivy", "a/ivy/cur", "a/bo",
					      "c"};

	(void)state;
	snprintf(base, sizeof(base), "/tmp/test-overlap.XXXXXX");
	if (!mkdtemp(base))
		return -1;
	for (size_t i = 0; i < COUNT(folders); i++)
		assert_int_equal(mkdir(in_base(folders[i]), 0700), 0);
	make_link("a", "b");
	make_link("ivy", "a/dave");
	make_link("a/ivy/cur", "deep");
	make_link("gone", "a/dangling");
	make_link("loop", "loop");
	return 0;
}

static int remove_base(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static bool overlap(const char *one, const char *other)
{
	struct place_chain a, b;

	assert_int_equal(place_chain_look(in_base(one), &a), 0);
	assert_int_equal(place_chain_look(in_base(other), &b), 0);
	assert_int_equal(place_chains_overlap(&a, &b),
			 place_chains_overlap(&b, &a));
	return place_chains_overlap(&a, &b);
}

static void test_one_folder_has_many_paths(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} cases[] = {
		{"a/ivy", "a/ivy", true},
		{"a/ivy", "b/ivy", true},
		{"a/dave", "a/ivy", true},
		{"a/dave", "b/dave", true},
		{"a/ivy", "a/bo", false},
		{"a/ivy", "a/ivy-and-more", false},
		{"a/bo", "b/ivy", false},
		/* in it, around it */
		{"a/ivy", "b/ivy/cur", true},
		{"a/ivy", "deep", true},
		{"a/ivy", "b", true},
		{"b", "a/ivy", true},
		{"deep", "a/bo", false},
		{"c", "b/ivy", false},
		/* not there yet */
		{"a/ivy", "b/ivy/.Archive/cur", true},
		{"a/ivy", "a/dave/x", true},
		{"a/ivy", "deep/x", true},
		{"a/bo", "b/ivy/.Archive", false},
		{"a/ivy", "a/dangling", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(overlap(cases[i].one, cases[i].other),
				 cases[i].same);
}

static void test_the_root_is_around_all(void **state)
{
	struct place_chain root, other;

	(void)state;
	assert_int_equal(place_chain_look("/", &root), 0);
	assert_true(root.is_whole);
	assert_int_equal(root.n, 1);
	assert_int_equal(place_chain_look(in_base("a/ivy"), &other), 0);
	assert_int_equal(other.n, 5);
	assert_true(place_chains_overlap(&root, &other));
}

static void test_what_cannot_be_looked_at_is_told(void **state)
{
	static char longer[PLACE_PATH_SIZE + 1];
	struct place_chain chain;

	(void)state;
	memset(longer, '/', sizeof(longer) - 1);
	assert_int_equal(place_chain_look(in_base("loop"), &chain), -ELOOP);
	assert_int_equal(place_chain_look(in_base("loop/x"), &chain), -ELOOP);
	assert_int_equal(place_chain_look(longer, &chain), -ENAMETOOLONG);
	assert_int_equal(place_chain_look("a/ivy", &chain), -EINVAL);
	assert_int_equal(place_chain_look("", &chain), -EINVAL);
	if (geteuid() == 0)
		return;
	assert_int_equal(chmod(in_base("a"), 0), 0);
	assert_int_equal(place_chain_look(in_base("b/ivy"), &chain), -EACCES);
	assert_int_equal(chmod(in_base("a"), 0700), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_base, remove_base)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_one_folder_has_many_paths),
		CASE(test_the_root_is_around_all),
		CASE(test_what_cannot_be_looked_at_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
