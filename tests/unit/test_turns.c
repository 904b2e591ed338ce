/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stats/turns.h"

enum { LONG_MS = 20000 };

static char folder[] = "/tmp/turns-XXXXXX";
static int dirfd_;

static int open_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	dirfd_ = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dirfd_ < 0 ? -1 : 0;
}

static int close_folder(void **state)
{
	(void)state;
	unlinkat(dirfd_, "turns", 0);
	close(dirfd_);
	return rmdir(folder);
}

static void test_no_more_than_there_are(void **state)
{
	int turns[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		turns[i] = turns_take(dirfd_, 3, 0);
		assert_true(turns[i] >= 0);
	}
	assert_int_equal(turns_take(dirfd_, 3, 0), -ETIMEDOUT);
	assert_int_equal(turns_take(dirfd_, 3, 5), -ETIMEDOUT);
	turns_give(turns[1]);
	turns[1] = turns_take(dirfd_, 3, 0);
	assert_true(turns[1] >= 0);
	assert_int_equal(turns_take(dirfd_, 3, 0), -ETIMEDOUT);
	for (size_t i = 0; i < 3; i++)
		turns_give(turns[i]);
}

/* A child that takes a turn, says so, and keeps it for ever. */
static pid_t keeper(int *said)
{
	int pipes[2];
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		char verdict = turns_take(dirfd_, 1, LONG_MS) >= 0 ? 'y' : 'n';

		close(pipes[0]);
		if (write(pipes[1], &verdict, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	close(pipes[1]);
	*said = pipes[0];
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_a_killed_holder_gives_its_turn_back(void **state)
{
	char verdict = 0;
	int said, turn;
	pid_t pid = keeper(&said);

	(void)state;
	assert_int_equal(read(said, &verdict, 1), 1);
	assert_int_equal(verdict, 'y');
	assert_int_equal(turns_take(dirfd_, 1, 0), -ETIMEDOUT);
	end(pid);
	turn = turns_take(dirfd_, 1, 0);
	assert_true(turn >= 0);
	turns_give(turn);
	close(said);
}

static void test_who_waits_is_served(void **state)
{
	char verdict = 0;
	pid_t first, second;
	int said[2];

	(void)state;
	first = keeper(&said[0]);
	assert_int_equal(read(said[0], &verdict, 1), 1);
	second = keeper(&said[1]);
	end(first);
	assert_int_equal(read(said[1], &verdict, 1), 1);
	assert_int_equal(verdict, 'y');
	end(second);
	close(said[0]);
	close(said[1]);
}

/* Many processes, each of which sees whether there are too many at once. */
static void test_never_too_many_at_once(void **state)
{
	enum { CHILDREN = 12, EACH = 40, TURNS = 3 };
	_Atomic int *now = mmap(NULL, sizeof(*now), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[CHILDREN];

	(void)state;
	assert_true(now != MAP_FAILED);
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (int k = 0; k < EACH; k++) {
			int turn = turns_take(dirfd_, TURNS, LONG_MS);

			if (turn < 0 || ++*now > TURNS)
				_exit(1);
			usleep(200);
			--*now;
			turns_give(turn);
		}
		_exit(0);
	}
	for (int i = 0; i < CHILDREN; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	munmap((void *)now, sizeof(*now));
}

static void test_files_of_others_are_not_used(void **state)
{
	int fd;

	(void)state;
	unlinkat(dirfd_, "turns", 0);
	fd = openat(dirfd_, "turns", O_CREAT | O_RDWR, 0600);
	assert_int_equal(fchmod(fd, 0622), 0);
	close(fd);
	assert_int_equal(turns_take(dirfd_, 1, 0), -EPERM);
	unlinkat(dirfd_, "turns", 0);
	assert_int_equal(symlinkat("/dev/null", dirfd_, "turns"), 0);
	assert_int_equal(turns_take(dirfd_, 1, 0), -ELOOP);
	unlinkat(dirfd_, "turns", 0);
	assert_int_equal(mkfifoat(dirfd_, "turns", 0600), 0);
	assert_int_equal(turns_take(dirfd_, 1, 0), -EPERM);
	unlinkat(dirfd_, "turns", 0);
}

/* In a process of its own: what turns_take() says to whoever may but read. */
static int look_only(void)
{
	enum { SOMEBODY = 54321 };
	int status, fd = openat(dirfd_, "turns", O_RDONLY);
	struct stat st;
	pid_t pid;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(fchmod(fd, 0440), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, SOMEBODY, SOMEBODY), 0);
		assert_int_equal(fchmod(dirfd_, 0711), 0);
	}
	close(fd);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
			_exit(99);
		fd = turns_take(dirfd_, 1, 0);
		_exit(fd < 0 ? -fd : turns_take(dirfd_, 1, 0) < 0 ? 98 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void test_who_may_but_read_waits_and_takes_none(void **state)
{
	mode_t before;
	int turn;

	(void)state;
	unlinkat(dirfd_, "turns", 0);
	before = umask(0077);
	turn = turns_take(dirfd_, 1, 0);
	assert_true(turn >= 0);
	assert_int_equal(look_only(), -ETIMEDOUT);
	assert_int_equal(fchmod(turn, 0640), 0);
	turns_give(turn);
	assert_int_equal(look_only(), 0);
	umask(before);
	unlinkat(dirfd_, "turns", 0);
}

static void test_where_nothing_can_be_counted(void **state)
{
	(void)state;
	assert_int_equal(turns_take(-1, 1, 0), -EBADF);
	assert_int_equal(turns_take(dirfd_, 0, 0), -EINVAL);
	assert_int_equal(turns_take(dirfd_, TURNS_MOST + 1, 0), -EINVAL);
	turns_give(-EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_more_than_there_are),
		cmocka_unit_test(test_a_killed_holder_gives_its_turn_back),
		cmocka_unit_test(test_who_waits_is_served),
		cmocka_unit_test(test_never_too_many_at_once),
		cmocka_unit_test(test_files_of_others_are_not_used),
		cmocka_unit_test(test_who_may_but_read_waits_and_takes_none),
		cmocka_unit_test(test_where_nothing_can_be_counted),
	};

	return cmocka_run_group_tests(tests, open_folder, close_folder);
}
