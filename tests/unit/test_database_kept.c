/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/database.h"
#include "store/database_kept.h"
#include "store/database_users.h"
#include "store/users.h"
#include "sys/clock.h"
#include "sys/file_stamp.h"

/*
 * Alice's password backwards, so that this process has it in its memory only
 * if something has read it.
 */
static const char backwards[] = "ma8ecnirp-yht-ton}NIALP{";

/* --- a folder with a database --- */

static char folder[64], path[96], other[96], journal[112];

/* In a process of its own, as everything that writes here. */
static void in_child(void (*work)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		work();
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void demand(bool is)
{
	if (!is)
		_exit(1);
}

static void make_users(void)
{
	char memory[USERS_ERROR_SIZE];
	struct database_user user;
	struct database db;
	struct buf error;
	size_t n = sizeof(backwards) - 1;

	buf_init(&error, memory, sizeof(memory));
	demand(!database_open(&db, path, DATABASE_CREATE, 50, &error));
	database_user_init(&user);
	strcpy(user.row.name, "alice");
	for (size_t i = 0; i < n; i++)
		user.row.password[i] = backwards[n - 1 - i];
	demand(!database_user_add(&db, &user, &error));
	strcpy(user.row.name, "bob");
	demand(!database_user_add(&db, &user, &error));
	database_close(&db);
}

static void run_sql(const char *file, const char *sql)
{
	sqlite3 *raw;

	demand(sqlite3_open(file, &raw) == SQLITE_OK);
	demand(sqlite3_exec(raw, sql, NULL, NULL, NULL) == SQLITE_OK);
	demand(sqlite3_close(raw) == SQLITE_OK);
}

/* Until then what was read of a file is good for a tenth of a second only. */
static void wait_until_old(void)
{
	uint64_t until = clock_ms() + 10000;
	struct file_stamp stamp;

	do {
		assert_true(clock_ms() < until);
		usleep(10000);
		file_stamp_take(path, &stamp);
	} while (!stamp.is_old);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test-kept.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/users.db", folder);
	snprintf(other, sizeof(other), "%s/other.db", folder);
	snprintf(journal, sizeof(journal), "%s-journal", path);
	in_child(make_users);
	wait_until_old();
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	unlink(journal);
	return rmdir(folder);
}

static int look(const char *name, char first[8])
{
	struct database_user user;
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_kept_find(path, span_str(name), &user, &error);

	if (r == 0) {
		assert_string_equal(user.row.name, name);
		memcpy(first, user.row.password, 7);
		first[7] = '\0';
		database_user_clear(&user);
	}
	return r;
}

/* One that would find her. */
static void keep(void)
{
	char first[8];

	database_kept_make(path);
	assert_int_equal(look("alice", first), 0);
	database_kept_make(path);
}

static void assert_cannot_tell(void)
{
	char first[8];

	assert_int_equal(look("alice", first), -ESTALE);
}

static size_t count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* --- a look --- */

static void test_one_look_finds_who_is_there(void **state)
{
	char first[8];

	(void)state;
	database_kept_make(path);
	assert_int_equal(look("bob", first), 0);
	assert_string_equal(first, "{PLAIN}");
	assert_int_equal(look("bob", first), -ESTALE);
	database_kept_make(path);
	assert_int_equal(look("carol", first), -ENOENT);
	assert_int_equal(look("carol", first), -ESTALE);
}

static void look_as_child(void)
{
	char first[8];
	size_t files = count_files();

	demand(look("alice", first) == 0 && strcmp(first, "{PLAIN}") == 0);
	demand(count_files() == files);
}

static void test_children_look_and_no_file_is_open_before_or_after(void **state)
{
	size_t files = count_files();
	char first[8];

	(void)state;
	database_kept_make(path);
	assert_int_equal(count_files(), files);
	in_child(look_as_child);
	in_child(look_as_child);
	assert_int_equal(look("alice", first), 0);
	assert_int_equal(count_files(), files);
}

static bool holds_password(const unsigned char *from, size_t n)
{
	size_t length = sizeof(backwards) - 1;

	for (size_t i = 0; i + length <= n; i++) {
		size_t k = 0;

		while (k < length &&
		       from[i + k] == (unsigned char)backwards[length - 1 - k])
			k++;
		if (k == length)
			return true;
	}
	return false;
}

/* Whether this process has the password anywhere where it can write. */
static bool is_in_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long from, to;
	char line[512], mode[8];
	bool found = false;

	assert_true(maps && memory >= 0);
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned char *copy;

		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 ||
		    strncmp(mode, "rw", 2) != 0 || to - from > 64UL << 20)
			continue;
		copy = malloc(to - from);
		assert_non_null(copy);
		if (pread(memory, copy, to - from, (off_t)from) ==
		    (ssize_t)(to - from))
			found = holds_password(copy, to - from);
		explicit_bzero(copy, to - from);
		free(copy);
	}
	fclose(maps);
	close(memory);
	return found;
}

static void test_no_password_is_kept_before_or_after(void **state)
{
	struct database_user user;
	struct buf error = {0};

	(void)state;
	database_kept_make(path);
	assert_false(is_in_memory());
	assert_int_equal(
		database_kept_find(path, span_str("alice"), &user, &error), 0);
	/* the test can fail */
	assert_true(is_in_memory());
	database_user_clear(&user);
	assert_false(is_in_memory());
}

/* --- what is not as usual --- */

static void add_carol(void)
{
	run_sql(path, "INSERT INTO users(name) VALUES('carol')");
}

static void test_a_file_that_has_changed_is_another_one(void **state)
{
	(void)state;
	keep();
	in_child(add_carol);
	assert_cannot_tell();
}

static void make_other(void)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", other);
	run_sql(path, sql);
}

static void test_a_file_that_was_replaced_is_another_one(void **state)
{
	(void)state;
	in_child(make_other);
	keep();
	assert_int_equal(rename(other, path), 0);
	assert_cannot_tell();
}

static void test_a_journal_that_was_left_is_seen(void **state)
{
	int fd;

	(void)state;
	keep();
	fd = open(journal, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8), 8);
	close(fd);
	assert_cannot_tell();
}

/* The other end is closed when the lock is held, and again when it may go. */
static void test_a_writer_is_not_waited_for(void **state)
{
	int ready[2], go[2], status;
	char octet;
	pid_t child;

	(void)state;
	keep();
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0) {
		sqlite3 *raw;

		close(ready[0]);
		close(go[1]);
		demand(sqlite3_open(path, &raw) == SQLITE_OK);
		demand(sqlite3_exec(raw, "BEGIN EXCLUSIVE", NULL, NULL, NULL) ==
		       SQLITE_OK);
		close(ready[1]);
		demand(read(go[0], &octet, 1) == 0);
		_exit(0);
	}
	close(ready[1]);
	close(go[0]);
	assert_int_equal(read(ready[0], &octet, 1), 0);
	assert_cannot_tell();
	close(go[1]);
	close(ready[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_what_is_no_database_is_not_kept(void **state)
{
	char first[8];

	(void)state;
	assert_int_equal(truncate(path, 100), 0);
	database_kept_make(path);
	assert_int_equal(look("alice", first), -ESTALE);
	assert_int_equal(unlink(path), 0);
	database_kept_make(path);
	assert_int_equal(look("alice", first), -ESTALE);
}

/* The second comes into its place when the library opens the first. */
static const char *replaces[2];
static int (*own_open)(const char *, int, int);

static int replace_and_open(const char *file, int flags, int mode)
{
	if (replaces[0] && strcmp(file, replaces[1]) == 0) {
		assert_int_equal(rename(replaces[0], replaces[1]), 0);
		replaces[0] = NULL;
	}
	return own_open(file, flags, mode);
}

static void watch_opening(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	own_open = (int (*)(const char *, int, int))vfs->xGetSystemCall(vfs,
									"open");
	assert_int_equal(
		vfs->xSetSystemCall(vfs, "open",
				    (sqlite3_syscall_ptr)replace_and_open),
		SQLITE_OK);
}

/* As like as can be, so that nothing in it tells. */
static void
test_a_file_that_is_replaced_during_the_look_is_another_one(void **state)
{
	char memory[64 * 1024], first[8];
	ssize_t n;
	int fd;

	(void)state;
	keep();
	fd = open(path, O_RDONLY);
	n = read(fd, memory, sizeof(memory));
	assert_in_range(n, 4096, sizeof(memory) - 1);
	close(fd);
	fd = open(other, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_equal(write(fd, memory, (size_t)n), n);
	close(fd);
	watch_opening();
	replaces[0] = other;
	replaces[1] = path;
	assert_cannot_tell();
	assert_null(replaces[0]);
	/* What it was made of is gone, and so it is not made. */
	assert_int_equal(look("alice", first), -ESTALE);
	keep();
}

/* --- a library that is built in another way --- */

static bool shares_pages;

int sqlite3_compileoption_used(const char *option)
{
	return shares_pages &&
	       strstr(option, "ENABLE_MEMORY_MANAGEMENT") != NULL;
}

static void test_none_is_kept_where_connections_share_their_pages(void **state)
{
	(void)state;
	shares_pages = true;
	database_kept_make(path);
	assert_cannot_tell();
	shares_pages = false;
	keep();
}

/* --- by way of the store --- */

static void test_facts_prepare_the_look_of_a_login(void **state)
{
	char spec[112], memory[USERS_ERROR_SIZE], first[8];
	const char *specs[] = {spec};
	struct user_row row;
	struct users users;
	struct buf error;

	(void)state;
	snprintf(spec, sizeof(spec), "sqlite:%s", path);
	buf_init(&error, memory, sizeof(memory));
	assert_int_equal(users_open(&users, specs, 1, &error), 0);
	assert_true(users_offer_apop(&users));
	assert_int_equal(look("alice", first), 0);
	/* With and without, and whatever comes between. */
	database_kept_make(path);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			users_find(&users, span_str("bob"), &row, &error),
			USERS_FOUND);
		assert_string_equal(row.name, "bob");
		user_row_clear(&row);
	}
	database_kept_make(path);
	in_child(add_carol);
	assert_int_equal(users_find(&users, span_str("carol"), &row, &error),
			 USERS_FOUND);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(users_find(&users, span_str("carol"), &row, &error),
			 USERS_PERMFAIL);
	assert_true(error.n > 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_look_finds_who_is_there),
		TEST(test_children_look_and_no_file_is_open_before_or_after),
		TEST(test_no_password_is_kept_before_or_after),
		TEST(test_a_file_that_has_changed_is_another_one),
		TEST(test_a_file_that_was_replaced_is_another_one),
		TEST(test_a_journal_that_was_left_is_seen),
		TEST(test_a_writer_is_not_waited_for),
		TEST(test_what_is_no_database_is_not_kept),
		TEST(test_a_file_that_is_replaced_during_the_look_is_another_one),
		TEST(test_none_is_kept_where_connections_share_their_pages),
		TEST(test_facts_prepare_the_look_of_a_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
