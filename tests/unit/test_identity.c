/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "priv/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, SOMEBODY = 12345, SOME_GROUP = 23456 };

static void names_and_numbers_are_found(void **state)
{
	const struct passwd *p = getpwnam("daemon");
	const struct group *g = getgrnam("mail");
	struct identity id;
	gid_t gid;

	(void)state;
	assert_int_equal(identity_find("root", &id), 0);
	assert_int_equal(id.uid, 0);
	assert_int_equal(id.gid, 0);
	assert_non_null(p);
	assert_int_equal(identity_find("daemon", &id), 0);
	assert_int_equal(id.uid, p->pw_uid);
	assert_int_equal(id.gid, p->pw_gid);
	assert_non_null(g);
	assert_int_equal(identity_find("daemon:mail", &id), 0);
	assert_int_equal(id.uid, p->pw_uid);
	assert_int_equal(id.gid, g->gr_gid);
	assert_int_equal(identity_find("1999999:77", &id), 0);
	assert_int_equal(id.uid, 1999999);
	assert_int_equal(id.gid, 77);
	/* The account's group where there is one, else the same number. */
	assert_int_equal(identity_find("0", &id), 0);
	assert_int_equal(id.gid, 0);
	assert_int_equal(identity_find("1999999", &id), 0);
	assert_int_equal(id.gid, 1999999);
	assert_int_equal(identity_find_group("mail", &gid), 0);
	assert_int_equal(gid, g->gr_gid);
	assert_int_equal(identity_find_group("4294967294", &gid), 0);
	assert_int_equal(gid, 4294967294U);
}

static void what_is_no_identity_is_refused(void **state)
{
	static const struct {
		const char *spec;
		int error;
	} cases[] = {
		{"", -EINVAL},
		{":mail", -EINVAL},
		{"root:", -EINVAL},
		{"nobody-of-this-name", -ENOENT},
		{"root:nobody-of-this-name", -ENOENT},
		{"4294967295", -EINVAL}, /* means "leave as it is" */
		{"4294967296", -EINVAL},
		{"99999999999999999999", -EINVAL},
		{"root:4294967295", -EINVAL},
		{"-1", -ENOENT},
		{"0x0", -ENOENT},
		{" 0", -ENOENT},
	};
	struct identity id = {7, 8};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(identity_find(cases[i].spec, &id),
				 cases[i].error);
		assert_int_equal(id.uid, 7);
		assert_int_equal(id.gid, 8);
	}
}

static int status_of(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(f());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A line of /proc/self/status, without its name and blanks. */
static const char *status_line(const char *name)
{
	static char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f)) {
		size_t n = strlen(name);

		if (strncmp(line, name, n) == 0 && line[n] == ':') {
			fclose(f);
			return line + n + 1 + strspn(line + n + 1, " \t");
		}
	}
	return "";
}

static unsigned long long mask(const char *name)
{
	return strtoull(status_line(name), NULL, 16);
}

static const struct identity somebody = {SOMEBODY, SOME_GROUP};

/* The number of the first thing that is wrong. */
static int is_somebody(void)
{
	if (strcmp(status_line("Uid"), "12345\t12345\t12345\t12345\n") != 0)
		return 2;
	if (strcmp(status_line("Gid"), "23456\t23456\t23456\t23456\n") != 0)
		return 3;
	if (status_line("Groups")[0] != '\n')
		return 4;
	if (mask("CapPrm") || mask("CapEff") || mask("CapInh") ||
	    mask("CapAmb"))
		return 5;
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 6;
	if (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0 ||
	    setgroups(0, NULL) == 0 || identity_can_change())
		return 7;
	return open("/etc/shadow", O_RDONLY) < 0 ? 0 : 8;
}

static int drop_from_root(void)
{
	const gid_t groups[] = {4, 5};

	if (setgroups(2, groups) < 0)
		return 100;
	if (identity_become(&somebody) != 0)
		return 1;
	return is_somebody();
}

/* As the acceptor is: with four capabilities. */
static int become_after_keeping(void)
{
	if (identity_keep_capabilities(false) != 0 || !identity_can_change())
		return 1;
	if (identity_become(&somebody) != 0)
		return 9;
	return is_somebody();
}

static int keep(bool bounding)
{
	const unsigned long long kept = 1 << 2 | 1 << 5 | 1 << 6 | 1 << 7;

	if (identity_keep_capabilities(bounding) != 0)
		return 1;
	if (mask("CapPrm") != kept || mask("CapEff") != kept)
		return 2;
	if (mask("CapInh") || mask("CapAmb"))
		return 3;
	return (mask("CapBnd") == 0) == bounding ? 0 : 4;
}

static int keep_and_bounding(void)
{
	return keep(true);
}

static int keep_only(void)
{
	return keep(false);
}

/* A second drop, to somebody else, must fail. */
static int drop_twice(void)
{
	const struct identity other = {SOMEBODY + 1, SOME_GROUP};

	if (identity_become(&somebody) != 0)
		return 1;
	if (identity_become(&other) != -EPERM)
		return 2;
	return identity_become(&somebody) == 0 ? 0 : 3;
}

/* With an effective uid only, the saved one would lead back. */
static int half_dropped(void)
{
	if (setresgid(SOME_GROUP, SOME_GROUP, SOME_GROUP) < 0 ||
	    setresuid(SOMEBODY, SOMEBODY, 0) < 0)
		return 100;
	return identity_become(&somebody) == -EPERM ? 0 : 1;
}

static int drop_to_root(void)
{
	const struct identity root = {0, 0};

	return identity_become(&root) == -EINVAL ? 0 : 1;
}

/* Capabilities that outlive the change of uid are cleared, too. */
static int with_kept_capabilities(void)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return 100;
	if (identity_become(&somebody) != 0)
		return 1;
	return is_somebody();
}

static int unprivileged(void)
{
	struct identity me;

	if (getuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			      setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return 100;
	me = (struct identity){getuid(), getgid()};
	if (identity_can_change())
		return 1;
	if (identity_keep_capabilities(true) != 0)
		return 2;
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ||
	    identity_become(&me) != 0 || identity_become(&me) != 0 ||
	    prctl(PR_GET_DUMPABLE) != 0)
		return 3;
	if (identity_become(&somebody) != -EPERM)
		return 4;
	me.gid++;
	return identity_become(&me) == -EPERM ? 0 : 5;
}

static void root_gives_up_everything(void **state)
{
	static int (*const cases[])(void) = {
		drop_from_root,	   become_after_keeping,
		keep_and_bounding, keep_only,
		drop_twice,	   half_dropped,
		drop_to_root,	   with_kept_capabilities,
	};

	(void)state;
	if (getuid() != 0)
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = status_of(cases[i]);

		if (status != 0)
			fail_msg("case %zu: %d", i, status);
	}
}

static void a_user_stays_the_same(void **state)
{
	(void)state;
	assert_int_equal(status_of(unprivileged), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_are_found),
		cmocka_unit_test(what_is_no_identity_is_refused),
		cmocka_unit_test(root_gives_up_everything),
		cmocka_unit_test(a_user_stays_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
