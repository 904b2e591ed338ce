/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/place.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- names --- */

static void test_names(void **state)
{
	static const char *const safe[] = {
		"a",	 "bob",	 "bob@example.com",
		"-",	 "a b",	 "a..b",
		"a.",	 "%u",	 "b\xc3\xb6",
		"a@b@c", "~",	 "\xff",
		"a:b",	 "$(x)", "a@@.",
	};
	static const char *const unsafe[] = {
		"",    "/",    "a/b",	"../a", ".",   "..",	".a",
		"...", "@",    "a@",	"@b",	"a@.", "a@..",	"a@.b",
		".@b", "..@b", "a@b/c", "a\n",	"\ta", "a\x7f", "a@/b",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(safe); i++)
		assert_true(place_name_is_safe(span_str(safe[i])));
	for (size_t i = 0; i < COUNT(unsafe); i++)
		assert_false(place_name_is_safe(span_str(unsafe[i])));
	assert_false(place_name_is_safe(span_make("a\0b", 3)));
	assert_false(place_name_is_safe(span_make("\0", 1)));
	assert_false(place_name_is_safe(span_make(NULL, 0)));
}

static void test_names_of_every_length(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (size_t n = 0; n < sizeof(name); n++)
		assert_int_equal(place_name_is_safe(span_make(name, n)),
				 n >= 1 && n <= 255);
}

static void test_every_octet_in_a_name(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char name[3] = {'a', (char)c, 'b'};

		assert_int_equal(place_name_is_safe(span_make(name, 3)),
				 c >= 0x20 && c != 0x7f && c != '/');
	}
}

static const struct normal_case {
	const char *name;
	bool lower;
	const char *domain, *out; /* NULL: refused */
} normal_cases[] = {
	{"Bob", false, "", "Bob"},
	{"Bob", true, "", "bob"},
	{"Bob", true, "Example.com", "bob@Example.com"},
	{"Bob@X", true, "example.com", "bob@x"},
	{"\xc3\x84", true, "", "\xc3\x84"},
	{"../x", true, "d", NULL},
	{"a@", false, "d", NULL},
	{"", false, "d", NULL},
	{"a", false, ".d", NULL},
	{"a", false, "d/e", NULL},
};

static void test_normalising(void **state)
{
	char mem[300], name[256];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < COUNT(normal_cases); i++) {
		const struct normal_case *c = &normal_cases[i];

		buf_init(&out, mem, sizeof(mem));
		assert_int_equal(
			place_normalise_user(span_str(c->name), c->lower,
					     span_str(c->domain), &out),
			c->out ? 0 : -EINVAL);
		if (c->out)
			assert_string_equal(buf_str(&out), c->out);
	}
	memset(name, 'x', sizeof(name));
	buf_init(&out, mem, sizeof(mem));
	assert_int_equal(place_normalise_user(span_make(name, 254), false,
					      span_str("d"), &out),
			 -EINVAL); /* 256 octets with the domain */
	buf_init(&out, mem, 4);
	assert_int_equal(place_normalise_user(span_str("abcde"), false,
					      span_str(""), &out),
			 -ENOBUFS);
}

/* --- templates --- */

static const struct expand_case {
	const char *template, *user, *home;
	int result;
	const char *path;
} expand_cases[] = {
	{"/m/%u", "bob", "", 0, "/m/bob"},
	{"/m/%u/Maildir", "a@b", "", 0, "/m/a@b/Maildir"},
	{"/m/%d/%n", "a@b", "", 0, "/m/b/a"},
	{"/m/%d/%n/", "a@b@c", "", 0, "/m/b@c/a"},
	{"/m/%n", "bob", "", 0, "/m/bob"},
	{"%h/Maildir", "bob", "/home/bob", 0, "/home/bob/Maildir"},
	{"%h/Maildir", "bob", "/home/bob//", 0, "/home/bob/Maildir"},
	{"%h", "bob", "/home/bob", 0, "/home/bob"},
	{"%h/Maildir", "bob", "/", 0, "/Maildir"},
	{"/m/100%%/%u", "bob", "", 0, "/m/100%/bob"},
	{"/m/%1n/%n", "bob", "", 0, "/m/b/bob"},
	{"/m/%2n", "b", "", 0, "/m/b"},
	{"/m/%1.1n/%n", "bob", "", 0, "/m/o/bob"},
	{"/m/%1.9n", "bob", "", 0, "/m/ob"},
	{"/m/%0.2u", "bob", "", 0, "/m/bo"},
	{"/m/%Lu", "BoB@X", "", 0, "/m/bob@x"},
	{"/m/%Uu", "BoB", "", 0, "/m/BOB"},
	{"/m/%1Un/%Ln", "bOB", "", 0, "/m/B/bob"},
	/* md5("bob") = 9f9d51bc70ef21ca5c14f307980a29d8 */
	{"/m/%2Mu/%u", "bob", "", 0, "/m/9f/bob"},
	{"/m/%2.2Mu/%u", "bob", "", 0, "/m/9d/bob"},
	{"/m/%MUu", "bob", "", 0, "/m/9F9D51BC70EF21CA5C14F307980A29D8"},
	/* users that cannot have a place */
	{"/m/%u", "..", "", -EPERM, NULL},
	{"/m/%u", "../x", "", -EPERM, NULL},
	{"/m/%u", "", "", -EPERM, NULL},
	{"/m/%n", "..@b", "", -EPERM, NULL},
	{"/m/%d", "a@..", "", -EPERM, NULL},
	{"/m/%1.2u", "a..", "", -EPERM, NULL},
	{"/m/%1.1u", "a.b", "", -EPERM, NULL},
	{"/m/%9.1u/x", "bob", "", -EPERM, NULL},
	{"/m/.%1.1u/x", "a.b", "", -EPERM, NULL},
	{"/m/%d/%n", "bob", "", -EDOM, NULL},
	{"%h/Maildir", "bob", "", -ENOENT, NULL},
	{"%h/Maildir", "bob", "home", -ENOENT, NULL},
	{"%h/Maildir", "bob", "/home/../etc", -EPERM, NULL},
	{"%h", "bob", "/", -EPERM, NULL},
	/* templates that are malformed */
	{"", "bob", "", -EINVAL, NULL},
	{"m/%u", "bob", "", -EINVAL, NULL},
	{"/m/%", "bob", "", -EINVAL, NULL},
	{"/m/%x", "bob", "", -EINVAL, NULL},
	{"/m/%{user}", "bob", "", -EINVAL, NULL},
	{"/m/%0u", "bob", "", -EINVAL, NULL},
	{"/m/%1.u", "bob", "", -EINVAL, NULL},
	{"/m/%1.0u", "bob", "", -EINVAL, NULL},
	{"/m/%99999999999999999999u", "bob", "", -EINVAL, NULL},
	{"/m/%-1u", "bob", "", -EINVAL, NULL},
	{"/m/%LUu", "bob", "", -EINVAL, NULL},
	{"/m/%L1u", "bob", "", -EINVAL, NULL},
	{"/m/%1%", "bob", "", -EINVAL, NULL},
	{"%Lh/m", "bob", "/h", -EINVAL, NULL},
	{"/m/%h", "bob", "/h", -EINVAL, NULL},
	{"/m/../%u", "bob", "", -EPERM, NULL},
	{"/m/./%u", "bob", "", -EPERM, NULL},
	{"/m//%u", "bob", "", -EPERM, NULL},
	{"%u/m", "bob", "", -EINVAL, NULL},
	{"%9.1u/x", "b", "", -EINVAL, NULL},
};

static void test_expanding(void **state)
{
	char mem[PLACE_PATH_SIZE];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < COUNT(expand_cases); i++) {
		const struct expand_case *c = &expand_cases[i];

		print_message("%s %s\n", c->template, c->user);
		buf_init(&out, mem, sizeof(mem));
		assert_int_equal(place_expand(span_str(c->template),
					      span_str(c->user),
					      span_str(c->home), &out),
				 c->result);
		if (c->path)
			assert_string_equal(buf_str(&out), c->path);
	}
}

static void test_expanding_into_little_room(void **state)
{
	char mem[16];
	struct buf out;

	(void)state;
	for (size_t cap = 0; cap < sizeof(mem); cap++) {
		buf_init(&out, mem, cap);
		assert_int_equal(place_expand(span_str("/mail/%u"),
					      span_str("bob"), span_str(""),
					      &out),
				 cap < 9 ? -ENAMETOOLONG : 0);
	}
}

static void test_templates(void **state)
{
	static const char *const good[] = {"/m/%u",    "/m",	 "%h",
					   "%h/M",     "/m/%d",	 "/%1.2Ln/x",
					   "/a/%%/%u", "/m/%Mu/"};
	static const char *const bad[] = {"",	    "m",       "%u",  "/m/%",
					  "/m/%h",  "/m/../x", "/./", "/m//%u",
					  "/m/%Lh", "/m/%Z",   "%%"};
	static char long_one[PLACE_PATH_SIZE + 1];
	char text[5000];
	struct buf error;

	(void)state;
	buf_init(&error, text, sizeof(text));
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(
			place_check_template(span_str(good[i]), &error), 0);
		assert_true(place_template_is_valid(span_str(good[i])));
		assert_int_equal(error.n, 0);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		buf_reset(&error);
		assert_int_equal(place_check_template(span_str(bad[i]), &error),
				 -EINVAL);
		assert_true(error.n > 0);
	}
	memset(long_one, 'x', sizeof(long_one));
	long_one[0] = '/';
	buf_reset(&error);
	assert_int_equal(place_check_template(
				 span_make(long_one, PLACE_PATH_SIZE), &error),
			 -EINVAL);
}

/* --- opening --- */

static char base[64];

static const char *in_base(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, 256, "%s%s%s", base, *name ? "/" : "", name);
	return path;
}

static void make_dir(const char *name)
{
	assert_int_equal(mkdir(in_base(name), 0700), 0);
}

static int make_base(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/test-place.XXXXXX");
	if (!mkdtemp(base))
		return -1;
	make_dir("root");
	make_dir("root/bob");
	make_dir("root/bob/Maildir");
	make_dir("rooted");
	make_dir("outside");
	return 0;
}

static int remove_base(void **state)
{
	char command[192];

	(void)state;
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", base,
		 base);
	return system(command);
}

static int open_under(const char *root, const char *name, bool create,
		      bool *missing)
{
	char root_path[256];
	const char *roots[] = {"/nowhere/at/all", root_path};

	snprintf(root_path, sizeof(root_path), "%s", in_base(root));
	return place_open(in_base(name), roots, 2, create, missing);
}

static void assert_opens(const char *root, const char *name, const char *really)
{
	struct stat opened, wanted;
	int fd = root ? open_under(root, name, false, NULL)
		      : place_open(in_base(name), NULL, 0, false, NULL);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &opened), 0);
	assert_int_equal(stat(in_base(really), &wanted), 0);
	assert_int_equal(opened.st_ino, wanted.st_ino);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

static void test_opening(void **state)
{
	bool missing = true;

	(void)state;
	assert_opens(NULL, "root/bob/Maildir", "root/bob/Maildir");
	assert_opens("root", "root/bob/Maildir", "root/bob/Maildir");
	assert_opens("root/", "root/bob/Maildir", "root/bob/Maildir");
	assert_opens("root", "root", "root");
	assert_opens("", "root/bob/Maildir", "root/bob/Maildir");
	assert_int_equal(open_under("root", "rooted", false, &missing), -EXDEV);
	assert_int_equal(open_under("root", "outside", false, NULL), -EXDEV);
	assert_int_equal(open_under("root", "", false, NULL), -EXDEV);
	assert_false(missing);
	assert_int_equal(open_under("root", "root/../outside", false, NULL),
			 -EINVAL);
	assert_int_equal(open_under("root", "root/bob/./Maildir", false, NULL),
			 -EINVAL);
	assert_int_equal(place_open("tmp", NULL, 0, false, NULL), -EINVAL);
	assert_int_equal(place_open("", NULL, 0, false, NULL), -EINVAL);
}

static void test_no_root_can_be_opened(void **state)
{
	const char *roots[] = {"/nowhere"};
	bool missing = true;

	(void)state;
	assert_int_equal(place_open("/nowhere/bob", roots, 1, true, &missing),
			 -ENOENT);
	assert_false(missing); /* not the Maildir is, but the root */
}

static void link_to(const char *target, const char *name)
{
	unlink(in_base(name));
	assert_int_equal(symlink(target, in_base(name)), 0);
}

static void test_symbolic_links(void **state)
{
	(void)state;
	link_to("bob", "root/alias"); /* beneath: followed */
	assert_opens("root", "root/alias/Maildir", "root/bob/Maildir");
	link_to("../outside", "root/up"); /* out of it: not */
	assert_int_equal(open_under("root", "root/up", true, NULL), -EXDEV);
	assert_opens(NULL, "root/up", "outside");
	link_to(in_base("outside"), "root/abs");
	assert_int_equal(open_under("root", "root/abs", true, NULL), -EXDEV);
	link_to("/etc", "root/bob/etc");
	assert_int_equal(open_under("root", "root/bob/etc", true, NULL),
			 -EXDEV);
	link_to("/proc/self/cwd", "root/magic");
	assert_true(open_under("root", "root/magic", true, NULL) < 0);
	link_to("loop", "root/loop");
	assert_int_equal(open_under("root", "root/loop", true, NULL), -ELOOP);
	link_to("root", "to-root"); /* the root's own path may have links */
	assert_opens("to-root", "to-root/bob/Maildir", "root/bob/Maildir");
}

static void assert_mode(const char *name, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(in_base(name), &st), 0);
	assert_int_equal(st.st_mode, mode);
}

static void test_creating(void **state)
{
	static const char *const made[] = {"root/ann", "root/ann/cur",
					   "root/ann/new", "root/ann/tmp"};
	bool missing = false;
	int fd;

	(void)state;
	assert_int_equal(open_under("root", "root/ann", false, &missing),
			 -ENOENT);
	assert_true(missing);
	fd = open_under("root", "root/ann", true, &missing);
	assert_true(fd >= 0);
	assert_false(missing);
	close(fd);
	for (size_t i = 0; i < COUNT(made); i++)
		assert_mode(made[i], S_IFDIR | 0700);
	/* what is missing in it is made, what is there stays as it is */
	assert_int_equal(rmdir(in_base("root/ann/tmp")), 0);
	assert_int_equal(chmod(in_base("root/ann/cur"), 0750), 0);
	fd = open_under("root", "root/ann", true, NULL);
	assert_true(fd >= 0);
	close(fd);
	assert_mode("root/ann/tmp", S_IFDIR | 0700);
	assert_mode("root/ann/cur", S_IFDIR | 0750);
	/* only the last folder */
	assert_int_equal(open_under("root", "root/cyd/Maildir", true, &missing),
			 -ENOENT);
	assert_true(missing);
	assert_int_equal(access(in_base("root/cyd"), F_OK), -1);
	fd = place_open(in_base("outside/new"), NULL, 0, true, &missing);
	assert_true(fd >= 0);
	close(fd);
	assert_mode("outside/new/cur", S_IFDIR | 0700);
}

static void test_nothing_is_made_through_links(void **state)
{
	(void)state;
	link_to("../outside", "root/up");
	assert_int_equal(open_under("root", "root/up/made", true, NULL),
			 -EXDEV);
	assert_int_equal(access(in_base("outside/made"), F_OK), -1);
	link_to("../outside/dangling", "root/dangling");
	assert_int_equal(open_under("root", "root/dangling", true, NULL),
			 -EXDEV);
	assert_int_equal(access(in_base("outside/dangling"), F_OK), -1);
}

static void test_what_is_no_folder(void **state)
{
	bool missing = true;
	int fd = open(in_base("root/file"), O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(open_under("root", "root/file", true, &missing),
			 -ENOTDIR);
	assert_int_equal(open_under("root", "root/file/x", true, &missing),
			 -ENOTDIR);
	assert_int_equal(mkfifo(in_base("root/fifo"), 0600), 0);
	assert_int_equal(open_under("root", "root/fifo", true, &missing),
			 -ENOTDIR);
	assert_false(missing);
}

/* 0 if nobody, who owns nothing here, sees what is to be seen. */
static int without_rights(void)
{
	bool missing;

	if (!geteuid() &&
	    (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	if (open_under("closed", "closed/x", true, &missing) != -EACCES ||
	    !missing)
		return 2;
	if (open_under("closed", "closed/shut", true, &missing) != -EACCES ||
	    missing)
		return 3;
	return 0;
}

static void test_without_rights(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(chmod(base, 0711), 0);
	make_dir("closed");
	make_dir("closed/shut");
	assert_int_equal(chmod(in_base("closed/shut"), 0), 0);
	assert_int_equal(chmod(in_base("closed"), 0555), 0);
	pid = fork();
	if (!pid)
		_exit(without_rights());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* From here on the kernel does as if it did not know openat2. */
static int forbid_openat2(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {COUNT(filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int without_openat2(int error)
{
	bool missing;

	if (forbid_openat2(error) < 0)
		return 1;
	if (open_under("root", "root/bob/Maildir", false, NULL) < 0 ||
	    open_under("root", "root", false, NULL) < 0)
		return 2;
	if (open_under("root", "root/alias/Maildir", true, NULL) >= 0 ||
	    open_under("root", "root/up", true, NULL) >= 0 ||
	    open_under("root", "root/up/made", true, NULL) >= 0 ||
	    open_under("root", "root/abs", true, NULL) >= 0)
		return 3;
	if (open_under("root", "root/dan/Maildir", true, &missing) != -ENOENT ||
	    !missing)
		return 4;
	if (open_under("root", "root/eve", true, &missing) < 0 || missing)
		return 5;
	return 0;
}

static void test_without_openat2(void **state)
{
	static const int errors[] = {ENOSYS, EPERM};
	int status;
	pid_t pid;

	(void)state;
	link_to("bob", "root/alias");
	link_to("../outside", "root/up");
	link_to(in_base("outside"), "root/abs");
	for (size_t i = 0; i < COUNT(errors); i++) {
		pid = fork();
		if (!pid)
			_exit(without_openat2(errors[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_mode("root/eve/cur", S_IFDIR | 0700);
	}
	assert_int_equal(access(in_base("outside/made"), F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_of_every_length),
		cmocka_unit_test(test_every_octet_in_a_name),
		cmocka_unit_test(test_normalising),
		cmocka_unit_test(test_expanding),
		cmocka_unit_test(test_expanding_into_little_room),
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_opening),
		cmocka_unit_test(test_no_root_can_be_opened),
		cmocka_unit_test(test_symbolic_links),
		cmocka_unit_test(test_creating),
		cmocka_unit_test(test_nothing_is_made_through_links),
		cmocka_unit_test(test_what_is_no_folder),
		cmocka_unit_test(test_without_rights),
		cmocka_unit_test(test_without_openat2),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
