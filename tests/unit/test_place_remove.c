/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/maildrop_lock.h"
#include "store/place_remove.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- a Maildir in a root, and things beside it --- */

static char base[64];

static const char *in_base(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, 256, "%s/%s", base, name);
	return path;
}

static void make_file(const char *name)
{
	int fd = open(in_base(name), O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static bool is_there(const char *name)
{
	return access(in_base(name), F_OK) == 0;
}

static int make_base(void **state)
{
	static const char *const folders[] = {"root",
					      "root/bob",
					      "root/bob/cur",
					      "root/bob/new",
					      "root/bob/.A",
					      "root/bob/.A/cur",
					      "root/bob/mounted",
					      "root/bob/.A/in",
					      "outside"};

	(void)state;
	snprintf(base, sizeof(base), "/tmp/test-remove.XXXXXX");
	if (!mkdtemp(base))
		return -1;
	for (size_t i = 0; i < COUNT(folders); i++)
		assert_int_equal(mkdir(in_base(folders[i]), 0700), 0);
	make_file("root/bob/cur/1");
	make_file("root/bob/.A/cur/2");
	make_file("outside/precious");
	return 0;
}

static int remove_base(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static int remove_under(const char *outer, const char *root, const char *name,
			struct place_removed *removed)
{
	char root_path[256], path[256];
	const char *roots[] = {outer, root_path};

	snprintf(root_path, sizeof(root_path), "%s/%s", base, root);
	snprintf(path, sizeof(path), "%s/%s", base, name);
	return place_remove(path, roots, 2, removed);
}

static int remove_in(const char *root, const char *name,
		     struct place_removed *removed)
{
	return remove_under("/nowhere/at/all", root, name, removed);
}

/* In a process of its own, whose result must be 0. */
static void apart(int (*run)(int), int argument)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(run(argument));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* From here on the kernel does as if it did not know the system call. */
static int forbid(unsigned call, int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {COUNT(filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* --- cases --- */

static void test_all_is_removed_and_counted(void **state)
{
	struct place_removed removed;

	(void)state;
	assert_int_equal(remove_in("root", "root/bob", &removed), 0);
	assert_int_equal(removed.failed, 0);
	assert_int_equal(removed.files, 2);
	assert_int_equal(removed.folders, 7);
	assert_false(is_there("root/bob"));
	assert_true(is_there("root"));
	assert_int_equal(remove_in("root", "root/bob", &removed), -ENOENT);
}

static void test_a_root_is_one_however_it_is_written(void **state)
{
	static const char *const roots[] = {"root", "root/", "root//"};
	static const char *const inner[] = {"root/bob", "root/bob/",
					    "root/bob/cur/"};
	struct place_removed removed;

	(void)state;
	for (size_t i = 0; i < COUNT(roots); i++) {
		assert_int_equal(remove_in(roots[i], "root", &removed), -EXDEV);
		/* one in another */
		assert_int_equal(remove_under(base, roots[i], "root", &removed),
				 -EXDEV);
	}
	for (size_t i = 0; i < COUNT(inner); i++)
		assert_int_equal(remove_in(inner[i], "root/bob", &removed),
				 -EXDEV);
	assert_int_equal(remove_in("root", "outside", &removed), -EXDEV);
	assert_true(is_there("root/bob/cur/1"));
	assert_true(is_there("outside/precious"));
	assert_int_equal(remove_in("root/", "root/bob", &removed), 0);
	assert_false(is_there("root/bob"));
}

static int without_openat2(int error)
{
	struct place_removed removed;

	if (forbid(SYS_openat2, error) < 0)
		return 1;
	if (symlink("../outside", in_base("root/up")) < 0 ||
	    symlink(in_base("outside"), in_base("root/bob/cur/link")) < 0)
		return 2;
	if (remove_in("root", "root/up", &removed) != -ENOTDIR ||
	    remove_in("root", "root/up/x", &removed) >= 0)
		return 3;
	if (remove_in("root", "root/bob", &removed) != 0 || removed.failed)
		return 4;
	return is_there("root/bob") || !is_there("outside/precious");
}

static void test_a_kernel_without_openat2(void **state)
{
	(void)state;
	apart(without_openat2, ENOSYS);
}

static void test_a_container_that_forbids_openat2(void **state)
{
	(void)state;
	apart(without_openat2, EPERM);
}

/* --- locks --- */

/* 0 if a session's lock keeps the mail, and nothing of it is left after. */
static int respects_the_lock(void)
{
	struct place_removed removed;
	int dir = open(in_base("root/bob"), O_RDONLY | O_DIRECTORY), lock;

	if (dir < 0 || maildrop_lock(dir, &lock) < 0)
		return 2;
	if (remove_in("root", "root/bob", &removed) != -EWOULDBLOCK)
		return 3;
	if (!is_there("root/bob/cur/1") || !is_there("root/bob/.A/cur/2"))
		return 4;
	maildrop_unlock(dir, &lock);
	if (remove_in("root", "root/bob", &removed) != 0 || removed.failed)
		return 5;
	return is_there("root/bob");
}

static void test_mail_in_use_stays(void **state)
{
	(void)state;
	assert_int_equal(respects_the_lock(), 0);
}

static int without_flock(int error)
{
	return forbid(SYS_flock, error) < 0 ? 1 : respects_the_lock();
}

/* As on NFS: the lock is a file in the Maildir. */
static void test_mail_in_use_stays_without_flock(void **state)
{
	(void)state;
	apart(without_flock, ENOLCK);
}

/* --- mounts --- */

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* Mounts of one's own, which end with the process; 0 if that is possible. */
static int have_own_mounts(void)
{
	unsigned uid = geteuid(), gid = getegid();
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "%u %u 1", uid, uid);
	snprintf(gids, sizeof(gids), "%u %u 1", gid, gid);
	if (unshare(uid ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) < 0)
		return -1;
	if (uid && (put("/proc/self/setgroups", "deny") < 0 ||
		    put("/proc/self/uid_map", uids) < 0 ||
		    put("/proc/self/gid_map", gids) < 0))
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

enum { BOUND = 0, A_FILE_SYSTEM = 1, NO_OPENAT2 = 2, CANNOT_MOUNT = 77 };

static int mount_inside(int what)
{
	const char *at = in_base("root/bob/mounted");
	struct place_removed removed;

	if (have_own_mounts() < 0)
		return CANNOT_MOUNT;
	if ((what & A_FILE_SYSTEM
		     ? mount("none", at, "tmpfs", 0, NULL)
		     : mount(in_base("outside"), at, NULL, MS_BIND, NULL)) < 0)
		return CANNOT_MOUNT;
	if ((what & A_FILE_SYSTEM) &&
	    mkdir(in_base("root/bob/mounted/precious"), 0700) < 0)
		return CANNOT_MOUNT;
	if ((what & NO_OPENAT2) && forbid(SYS_openat2, ENOSYS) < 0)
		return 1;
	if (remove_in("root", "root/bob", &removed) != 0)
		return 2;
	if (removed.failed != -EXDEV)
		return 3;
	if (!is_there("root/bob/mounted/precious"))
		return 4;
	return is_there("root/bob/cur") || is_there("root/bob/.A");
}

static void check_mounts(int what)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(mount_inside(what));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_MOUNT)
		skip();
	assert_int_equal(status, 0);
	assert_true(is_there("outside/precious"));
}

static void test_what_is_bound_into_it_stays(void **state)
{
	(void)state;
	check_mounts(BOUND);
}

static void test_what_is_bound_into_it_stays_without_openat2(void **state)
{
	(void)state;
	check_mounts(BOUND | NO_OPENAT2);
}

static void test_a_file_system_in_it_stays(void **state)
{
	(void)state;
	check_mounts(A_FILE_SYSTEM);
}

static void test_a_file_system_in_it_stays_without_openat2(void **state)
{
	(void)state;
	check_mounts(A_FILE_SYSTEM | NO_OPENAT2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_base, remove_base)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_all_is_removed_and_counted),
		CASE(test_a_root_is_one_however_it_is_written),
		CASE(test_a_kernel_without_openat2),
		CASE(test_a_container_that_forbids_openat2),
		CASE(test_mail_in_use_stays),
		CASE(test_mail_in_use_stays_without_flock),
		CASE(test_what_is_bound_into_it_stays),
		CASE(test_what_is_bound_into_it_stays_without_openat2),
		CASE(test_a_file_system_in_it_stays),
		CASE(test_a_file_system_in_it_stays_without_openat2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
