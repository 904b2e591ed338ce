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
#include <unistd.h>

#include "store/index.h"
#include "store/table.h"

#define BASE "pop3-session.index"
#define TAIL "pop3-session.index.tail"

static char root[64];
static int dirfd_of_root;

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test_index.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	dirfd_of_root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dirfd_of_root < 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {BASE, TAIL, "kept", BASE ".tmp",
					    BASE ".tmp2"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unlinkat(dirfd_of_root, names[i], 0);
		unlinkat(dirfd_of_root, names[i], AT_REMOVEDIR);
	}
	close(dirfd_of_root);
	return rmdir(root);
}

static bool is_there(const char *name)
{
	return faccessat(dirfd_of_root, name, F_OK, 0) == 0;
}

static void fill(struct maildrop_list *l, uint32_t from, uint32_t to)
{
	char name[32];

	for (uint32_t i = from; i < to; i++) {
		struct maildrop_item item = {.size = i + 1, .sized = true};

		snprintf(name, sizeof(name), "%u.name", i);
		assert_int_equal(maildrop_list_add(l, span_str(name),
						   span_make("", 0), &item),
				 0);
	}
}

static const struct index_stamp stamps[INDEX_FOLDERS] = {
	{1, 2, 3, 4, 5, 6, true}, {7, 8, 9, 10, 11, 12, true}};

static void put(struct index_files *f, int which, uint32_t from, uint32_t to)
{
	struct maildrop_list l = {0};

	fill(&l, from, to);
	assert_int_equal(index_put(dirfd_of_root, which, &l, 0, stamps, f), 0);
	maildrop_list_free(&l);
}

/* Rows 0 to n - 1, whatever files they are in. */
static void check(const struct index_files *f, uint32_t n)
{
	static struct table_view v;
	struct table_entry e;
	char name[32];

	assert_int_equal(table_open(&v, f->fds, f->n), 0);
	assert_int_equal(table_count(&v), n);
	for (uint32_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%u.name", i);
		assert_int_equal(table_entry(&v, i + 1, &e), 0);
		assert_true(span_equal(e.name, span_str(name)));
		assert_int_equal(e.row.size, i + 1);
	}
}

static void find_and_check(size_t files, uint32_t n)
{
	struct index_files f = INDEX_FILES_NONE;

	index_find(dirfd_of_root, &f);
	assert_int_equal(f.n, files);
	if (files > 0) {
		check(&f, n);
		assert_int_equal(index_stamps(&f)[INDEX_CUR].ino, 8);
	}
	index_close(&f);
	assert_int_equal(f.n, 0);
	index_close(&f);
}

static void test_base_and_tail(void **state)
{
	struct index_files f = INDEX_FILES_NONE;

	(void)state;
	find_and_check(0, 0);
	put(&f, INDEX_BASE, 0, 300);
	check(&f, 300);
	find_and_check(1, 300);
	put(&f, INDEX_TAIL, 300, 310);
	check(&f, 310);
	find_and_check(2, 310);
	put(&f, INDEX_TAIL, 300, 320);
	find_and_check(2, 320);
	put(&f, INDEX_TAIL, 0, 0);
	check(&f, 300);
	find_and_check(2, 300);
	put(&f, INDEX_BASE, 0, 5);
	assert_false(is_there(TAIL));
	find_and_check(1, 5);
	index_close(&f);
	index_drop(dirfd_of_root);
	find_and_check(0, 0);
}

/* The list's beginning is left out of a tail that is cut from it. */
static void test_tail_from_whole_list(void **state)
{
	struct index_files f = INDEX_FILES_NONE;
	struct maildrop_list l = {0};

	(void)state;
	put(&f, INDEX_BASE, 0, 100);
	fill(&l, 0, 111);
	assert_int_equal(
		index_put(dirfd_of_root, INDEX_TAIL, &l, 100, stamps, &f), 0);
	check(&f, 111);
	find_and_check(2, 111);
	maildrop_list_free(&l);
	index_close(&f);
}

static void test_old_readers_go_on(void **state)
{
	struct index_files old = INDEX_FILES_NONE, f = INDEX_FILES_NONE;

	(void)state;
	put(&f, INDEX_BASE, 0, 100);
	put(&f, INDEX_TAIL, 100, 105);
	index_find(dirfd_of_root, &old);
	put(&f, INDEX_TAIL, 100, 107);
	put(&f, INDEX_BASE, 0, 3);
	check(&old, 105);
	index_close(&old);
	index_close(&f);
}

/* A tail that was left behind by a base that is gone. */
static void test_orphaned_tail(void **state)
{
	struct index_files f = INDEX_FILES_NONE, g = INDEX_FILES_NONE;

	(void)state;
	put(&f, INDEX_BASE, 0, 100);
	put(&f, INDEX_TAIL, 100, 105);
	put(&g, INDEX_BASE, 0, 100); /* knows of no tail, removes none */
	assert_true(is_there(TAIL));
	find_and_check(1, 100);
	put(&f, INDEX_TAIL, 100, 106); /* of the base that is gone */
	find_and_check(1, 100);
	index_close(&f);
	index_close(&g);
	unlinkat(dirfd_of_root, BASE, 0);
	find_and_check(0, 0); /* a tail alone */
	assert_int_equal(renameat(dirfd_of_root, TAIL, dirfd_of_root, BASE), 0);
	find_and_check(0, 0); /* a tail as base */
}

static void test_in_memory(void **state)
{
	struct index_files f = INDEX_FILES_NONE;
	struct maildrop_list l = {0};

	(void)state;
	put(&f, INDEX_BASE, 0, 100);
	fill(&l, 100, 105);
	assert_int_equal(index_put(-1, INDEX_TAIL, &l, 0, stamps, &f), 0);
	check(&f, 105);
	find_and_check(1, 100); /* the disk has what it had */
	maildrop_list_free(&l);
	fill(&l, 0, 7);
	assert_int_equal(index_put(-1, INDEX_BASE, &l, 0, stamps, &f), 0);
	check(&f, 7);
	find_and_check(1, 100);
	assert_int_equal(pwrite(f.fds[0], "x", 1, 0), -1);
	assert_int_equal(ftruncate(f.fds[0], 0), -1);
	assert_int_equal(ftruncate(f.fds[0], 1 << 20), -1);
	maildrop_list_free(&l);
	index_close(&f);
}

static void test_temporary_is_in_the_way(void **state)
{
	struct index_files f = INDEX_FILES_NONE;
	struct maildrop_list l = {0};
	int fd;

	(void)state;
	fd = openat(dirfd_of_root, "kept", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "kept", 4), 4);
	assert_int_equal(symlinkat("kept", dirfd_of_root, BASE ".tmp"), 0);
	put(&f, INDEX_BASE, 0, 10);
	find_and_check(1, 10);
	assert_int_equal(lseek(fd, 0, SEEK_END), 4);
	close(fd);
	assert_int_equal(mkdirat(dirfd_of_root, BASE ".tmp", 0700), 0);
	fill(&l, 0, 3);
	assert_true(index_put(dirfd_of_root, INDEX_BASE, &l, 0, stamps, &f) <
		    0);
	check(&f, 10); /* as it was */
	find_and_check(1, 10);
	/* Who has not the lock writes under another name. */
	f.unlocked = true;
	assert_int_equal(
		index_put(dirfd_of_root, INDEX_BASE, &l, 0, stamps, &f), 0);
	find_and_check(1, 3);
	maildrop_list_free(&l);
	index_close(&f);
}

/* How many messages have their size from the name, not yet checked. */
static uint32_t claims_of(const struct table_view *v)
{
	uint32_t claims = 0;

	for (uint32_t i = 0; i < v->files; i++)
		claims += v->heads[i].claimed;
	return claims;
}

static void test_confirm(void **state)
{
	static struct table_view v;
	struct index_files f = INDEX_FILES_NONE;
	struct maildrop_list l = {0};
	struct table_entry e;

	(void)state;
	fill(&l, 0, 10);
	maildrop_list_items(&l)[3].claimed = true;
	assert_int_equal(
		index_put(dirfd_of_root, INDEX_BASE, &l, 0, stamps, &f), 0);
	maildrop_list_free(&l);
	assert_int_equal(table_open(&v, f.fds, f.n), 0);
	assert_int_equal(claims_of(&v), 1);
	assert_int_equal(table_entry(&v, 4, &e), 0);
	assert_true(e.claimed);
	assert_int_equal(table_entry(&v, 5, &e), 0);
	assert_false(e.claimed);

	index_confirm(dirfd_of_root, INDEX_BASE, f.fds[0]);
	assert_int_equal(table_open(&v, f.fds, f.n), 0);
	assert_int_equal(claims_of(&v), 0);
	assert_int_equal(table_entry(&v, 4, &e), 0);
	assert_false(e.claimed);
	find_and_check(1, 10);
	index_close(&f);
}

/* Of another file that has taken its place nothing is known. */
static void test_confirm_what_was_replaced(void **state)
{
	static struct table_view v;
	struct index_files f = INDEX_FILES_NONE, g = INDEX_FILES_NONE;
	struct maildrop_list l = {0};

	(void)state;
	fill(&l, 0, 10);
	maildrop_list_items(&l)[3].claimed = true;
	assert_int_equal(
		index_put(dirfd_of_root, INDEX_BASE, &l, 0, stamps, &f), 0);
	assert_int_equal(
		index_put(dirfd_of_root, INDEX_BASE, &l, 0, stamps, &g), 0);
	maildrop_list_free(&l);
	index_confirm(dirfd_of_root, INDEX_BASE, f.fds[0]);
	assert_int_equal(table_open(&v, g.fds, g.n), 0);
	assert_int_equal(claims_of(&v), 1);
	find_and_check(1, 10);
	index_close(&f);
	index_close(&g);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_base_and_tail),
		TEST(test_tail_from_whole_list),
		TEST(test_old_readers_go_on),
		TEST(test_orphaned_tail),
		TEST(test_in_memory),
		TEST(test_temporary_is_in_the_way),
		TEST(test_confirm),
		TEST(test_confirm_what_was_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
