/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/auth.h"
#include "store/authfile.h"
#include "store/passwd_file.h"
#include "store/users.h"
#include "store/users_each.h"
#include "sys/clock.h"

/* --- a clock that the tests set --- */

static uint64_t now_ms;

uint64_t clock_ms(void)
{
	return now_ms;
}

int64_t clock_now_s(void)
{
	return (int64_t)time(NULL);
}

/* --- a folder with the stores --- */

static char folder[64];
static char error_text[USERS_ERROR_SIZE];
static struct buf error;

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test-users.XXXXXX");
	buf_init(&error, error_text, sizeof(error_text));
	return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_of("one"));
	unlink(path_of("two"));
	return rmdir(folder);
}

static void put(const char *name, const char *text, size_t n)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static void open_one(struct users *u, const char *kind)
{
	char spec[160];
	const char *specs[] = {spec};

	snprintf(spec, sizeof(spec), "%s:%s", kind, path_of("one"));
	buf_reset(&error);
	assert_int_equal(users_open(u, specs, 1, &error), 0);
}

static enum users_verdict find(struct users *u, const char *name,
			       struct user_row *row)
{
	buf_reset(&error);
	return users_find(u, span_str(name), row, &error);
}

/* The error names the file and contains `part`, but never the secret. */
static void assert_error(const char *part)
{
	const char *text = buf_str(&error);

	assert_non_null(text);
	assert_non_null(strstr(text, folder));
	if (!strstr(text, part))
		fail_msg("`%s` does not say `%s`", text, part);
	assert_null(strstr(text, "s3cret"));
}

/* --- lines of a passwd-file --- */

static const struct line_case {
	const char *line;
	enum passwd_verdict verdict;
} line_cases[] = {
	{"", PASSWD_SKIP},
	{"  \t", PASSWD_SKIP},
	{"# bob:{PLAIN}x", PASSWD_SKIP},
	{"bob", PASSWD_NO_FIELDS},
	{"bob:", PASSWD_ROW},
	{"bob:{PLAIN}x", PASSWD_ROW},
	{":{PLAIN}x", PASSWD_BAD_NAME},
	{"bob:x:1000:1000::/home/bob:/bin/sh:", PASSWD_ROW},
	{"bob:x::::::", PASSWD_ROW},
	{"bob:x:0:1", PASSWD_BAD_UID},
	{"bob:x:00:1", PASSWD_BAD_UID},
	{"bob:x:1:0", PASSWD_BAD_GID},
	{"bob:x:-1:1", PASSWD_BAD_UID},
	{"bob:x:+1:1", PASSWD_BAD_UID},
	{"bob:x: 1:1", PASSWD_BAD_UID},
	{"bob:x:root:1", PASSWD_BAD_UID},
	{"bob:x:1:1x", PASSWD_BAD_GID},
	{"bob:x:4294967294:4294967294", PASSWD_ROW},
	{"bob:x:4294967295:1", PASSWD_BAD_UID},
	{"bob:x:4294967296:1", PASSWD_BAD_UID},
	{"bob:x:18446744073709551617:1", PASSWD_BAD_UID},
	{"bob:x:1:4294967295", PASSWD_BAD_GID},
	{"bob:x:1:1::home", PASSWD_BAD_HOME},
	{"bob:x:1:1::../x", PASSWD_BAD_HOME},
	{"bob:x:1:1:Bob,,,:/h:/sh:userdb_mail=maildir:/m/%u", PASSWD_ROW},
	{"bob:x:1:1::/h::userdb_mail=maildir:~/Maildir:LAYOUT=fs", PASSWD_ROW},
	{"bob:x:1:1::/h::userdb_mail=maildir:~", PASSWD_ROW},
	{"bob:x:1:1::/h::userdb_mail=maildir:%h/M", PASSWD_ROW},
	{"bob:x:1:1::::userdb_mail=maildir:~/Maildir", PASSWD_BAD_MAIL},
	{"bob:x:1:1::::userdb_mail=maildir:%h/M", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_mail=maildir:~joe/M", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_mail=maildir:Maildir", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_mail=maildir:", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_mail=maildir:/m/%{user}", PASSWD_ROW},
	{"bob:x:1:1::/h::userdb_mail=maildir:/m/%{user | domain}", PASSWD_ROW},
	{"bob:x:1:1::/h::userdb_mail=maildir:/m/%{user", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_mail=maildir:/m/%{service}", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_mail=maildir:/m/%s", PASSWD_BAD_MAIL},
	{"bob:x::::::userdb_mail=maildir:~/M userdb_home=/h", PASSWD_ROW},
	{"bob:x::::/h::userdb_mail=maildir:~/M userdb_home=", PASSWD_BAD_MAIL},
	{"bob:x::::::userdb_home=/home/%n", PASSWD_ROW},
	{"bob:x::::::userdb_home=/home/%d", PASSWD_BAD_HOME},
	{"bob:x::::::userdb_home=h", PASSWD_BAD_HOME},
	{"bob:x::::::userdb_home=/h/../x", PASSWD_BAD_HOME},
	{"bob:x::::::userdb_home=~/x", PASSWD_BAD_HOME},
	{"bob:x::::::userdb_uid=12 userdb_gid=13", PASSWD_ROW},
	{"bob:x::::::userdb_uid=0", PASSWD_BAD_UID},
	{"bob:x::::::userdb_uid=vmail", PASSWD_BAD_UID},
	{"bob:x::::::userdb_gid=-1", PASSWD_BAD_GID},
	{"bob:x::::::userdb_mail_path=/m userdb_mail_driver=maildir",
	 PASSWD_ROW},
	{"bob:x::::::userdb_mail_driver=sdbox", PASSWD_BAD_MAIL},
	{"bob:x::::::userdb_mail_path=", PASSWD_BAD_MAIL},
	{"bob:x::::::userdb_mail=maildir:/m:INBOX=/in", PASSWD_ROW},
	{"bob:x::::::userdb_mail=maildir:/m:INBOX=", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_mail=mbox:/m", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_mail", PASSWD_BAD_MAIL},
	{"bob:x:1:1::/h::userdb_quota=1 proxi userdb_mailx=q", PASSWD_ROW},
	{"bob:x:1:1::/h::a allow_nets=10.0.0.0/8", PASSWD_ROW},
	{"bob:x::::::allow_nets=::1,2001:db8::0:0/80,1.2.3.4", PASSWD_ROW},
	{"bob:x::::::allow_nets=local", PASSWD_ROW},
	{"bob:x::::::allow_nets=local,127.0.0.1/32", PASSWD_ROW},
	{"bob:x::::::allow_real_nets=10.0.0.0/8", PASSWD_ROW},
	{"bob:x::::::allow_nets=1.2.3.4 allow_real_nets=1.2.3.4",
	 PASSWD_BAD_NETWORKS},
	{"bob:x::::::allow_nets", PASSWD_BAD_NETWORKS},
	{"bob:x::::::allow_nets=", PASSWD_BAD_NETWORKS},
	{"bob:x::::::allow_nets=,", PASSWD_BAD_NETWORKS},
	{"bob:x::::::allow_nets=10.0.0.0/33", PASSWD_BAD_NETWORKS},
	{"bob:x::::::allow_nets=1.2.3.4,,5.6.7.8", PASSWD_BAD_NETWORKS},
	{"bob:x::::::allow_nets=example.org", PASSWD_BAD_NETWORKS},
	{"bob:x::::::user=joe", PASSWD_ROW},
	{"bob:x::::::user=", PASSWD_BAD_USER},
	{"bob:x::::::user=../joe", PASSWD_BAD_USER},
	{"bob:x::::::userdb_user=.joe", PASSWD_BAD_USER},
	{"bob:x::::::proxy host=10.0.0.1", PASSWD_BAD_PROXY},
	{"bob:x::::::proxy_maybe=y host=10.0.0.1", PASSWD_BAD_PROXY},
	{"bob:x::::::nologin=y proxy=y", PASSWD_BAD_PROXY},
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(line_cases) / sizeof(line_cases[0]);
	     i++) {
		const struct line_case *c = &line_cases[i];
		struct user_row row;

		print_message("%s\n", c->line);
		assert_int_equal(passwd_line_parse(span_str(c->line), &row),
				 c->verdict);
	}
}

static void test_every_verdict_has_a_remedy(void **state)
{
	(void)state;
	for (int i = 0; i < PASSWD_VERDICTS; i++)
		assert_non_null(passwd_line_remedy((enum passwd_verdict)i));
}

static void test_row(void **state)
{
	static const char line[] =
		"b b@x.y:{PLAIN}s3cret %n:1000:2000:Bob:/home/b::"
		"a=b  userdb_mail=maildir:~/M:INDEX=/i \tc";
	struct user_row row;

	(void)state;
	assert_int_equal(passwd_line_parse(span_str(line), &row), PASSWD_ROW);
	assert_string_equal(row.name, "b b@x.y");
	assert_string_equal(row.password, "{PLAIN}s3cret %n");
	assert_true(row.enabled && row.has_uid && row.has_gid);
	assert_int_equal(row.uid, 1000);
	assert_int_equal(row.gid, 2000);
	assert_string_equal(row.home, "/home/b");
	assert_string_equal(row.maildir, "%h/M");
	assert_int_equal(passwd_line_parse(span_str("b:x"), &row), PASSWD_ROW);
	assert_false(row.has_uid || row.has_gid);
	assert_string_equal(row.home, "");
	assert_string_equal(row.maildir, "");
}

static void test_locked_accounts(void **state)
{
	static const char *const lines[] = {
		"b:",
		"b:!",
		"b:!{PLAIN}x",
		"b:*",
		"b:*LK",
		"b:{PLAIN}x::::::nologin",
		"b:x::::::nologin=no",
		"b:x::::::reason=x fail",
	};
	struct user_row row;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(passwd_line_parse(span_str(lines[i]), &row),
				 PASSWD_ROW);
		assert_false(row.enabled);
	}
}

static void test_extra_fields(void **state)
{
	static const char line[] =
		"b@x.y:{PLAIN}s:1:2::/h::user=c@z  userdb_uid=12 userdb_gid=13"
		" userdb_home=/home/%d/%{user | username}/%%\t"
		"userdb_mail=maildir:/m:LAYOUT=fs:INBOX=~/%{user|lower}/%Mu"
		" allow_nets=10.0.0.0/8,::1,local ";
	struct user_row row;

	(void)state;
	assert_int_equal(passwd_line_parse(span_str(line), &row), PASSWD_ROW);
	assert_string_equal(row.name, "b@x.y");
	assert_string_equal(row.mail_user, "c@z");
	assert_int_equal(row.uid, 12);
	assert_int_equal(row.gid, 13);
	assert_string_equal(row.home, "/home/x.y/b/%");
	assert_string_equal(row.maildir, "%h/%Lu/%Mu");
	assert_string_equal(row.networks, "10.0.0.0/8,::1,local");
	assert_true(row.enabled);
	assert_int_equal(passwd_line_parse(span_str("b:x"), &row), PASSWD_ROW);
	assert_string_equal(row.networks, "");
	assert_string_equal(row.mail_user, "");
}

/* The names of what has no effect, each once, and none of what has. */
static void test_ignored_fields(void **state)
{
	static const char line[] =
		"b:x::::/h::user=c a nodelay=y userdb_mail=maildir:~:INDEX=/i::"
		"UTF-8 userdb_quota_rule=*:bytes=1 a=2 allow_nets=::1 nologin";
	static const char *const wanted[] = {"a", "nodelay", "INDEX", "UTF-8",
					     "userdb_quota_rule"};
	enum { WANTED = sizeof(wanted) / sizeof(wanted[0]) };
	struct passwd_ignored ignored;
	char many[512] = "b:x::::::";
	struct user_row row;

	(void)state;
	assert_int_equal(passwd_line_read(span_str(line), &row, &ignored),
			 PASSWD_ROW);
	assert_int_equal(ignored.n, WANTED);
	for (size_t i = 0; i < WANTED; i++)
		assert_true(span_equal(ignored.names[i], span_str(wanted[i])));
	for (int i = 0; i < 100; i++)
		sprintf(many + strlen(many), "f%d ", i);
	assert_int_equal(passwd_line_read(span_str(many), &row, &ignored),
			 PASSWD_ROW);
	assert_int_equal(ignored.n, PASSWD_IGNORED_MAX);
	assert_int_equal(passwd_line_read(span_str("# x"), &row, &ignored),
			 PASSWD_SKIP);
	assert_int_equal(ignored.n, 0);
}

static char remarks[2048];

static void keep_remark(void *context, const char *text)
{
	(void)context;
	strcat(remarks, text);
	strcat(remarks, "\n");
}

static void test_remarks(void **state)
{
	char wanted[1024];

	(void)state;
	put_text("one", "a:x::::::nodelay userdb_nice=3\n"
			"# b:x::::::mail\n"
			"b:x:0::::userdb_chroot=/x\n"
			"c:x::::::userdb_nice=4 \x01=5\n"
			"d:x::::::nologin user=c userdb_nice\n");
	remarks[0] = '\0';
	assert_int_equal(passwd_file_remarks(path_of("one"), keep_remark, NULL),
			 0);
	snprintf(wanted, sizeof(wanted),
		 "passwd-file:%1$s: line 1: the extra field nodelay has no "
		 "effect here\n"
		 "passwd-file:%1$s: line 1: the extra field userdb_nice has no "
		 "effect here (it is in 3 lines)\n"
		 "passwd-file:%1$s: line 4: the extra field \\x01 has no "
		 "effect here\n",
		 path_of("one"));
	assert_string_equal(remarks, wanted);
	assert_int_equal(passwd_file_remarks("/nowhere", keep_remark, NULL),
			 -ENOENT);
}

static void test_a_bad_row_leaves_nothing(void **state)
{
	struct user_row row, cleared = {0};

	(void)state;
	memset(&row, 'x', sizeof(row));
	assert_int_equal(passwd_line_parse(span_str("b:{PLAIN}s3cret:0"), &row),
			 PASSWD_BAD_UID);
	assert_memory_equal(&row, &cleared, sizeof(row));
}

/* One octet less than each limit is fine. */
static void test_field_limits(void **state)
{
	static char line[PASSWD_LINE_MAX];
	struct user_row row;
	size_t n;

	(void)state;
	memset(line, 'a', sizeof(line));
	for (n = 255; n <= 256; n++) {
		line[n] = ':';
		assert_int_equal(
			passwd_line_parse(span_make(line, n + 1), &row),
			n == 255 ? PASSWD_ROW : PASSWD_BAD_NAME);
		line[n] = 'a';
	}
	line[1] = ':';
	for (n = 1023; n <= 1024; n++)
		assert_int_equal(
			passwd_line_parse(span_make(line, n + 2), &row),
			n == 1023 ? PASSWD_ROW : PASSWD_LONG_PASSWORD);
	memcpy(line, "a:x::::/", 8);
	for (n = 1023; n <= 1024; n++)
		assert_int_equal(
			passwd_line_parse(span_make(line, n + 7), &row),
			n == 1023 ? PASSWD_ROW : PASSWD_BAD_HOME);
	line[20] = '\0';
	assert_int_equal(passwd_line_parse(span_make(line, 40), &row),
			 PASSWD_NUL);
}

/* --- passwd-files --- */

static void keep_first(void *context, const struct user_row *row,
		       const char *fault)
{
	struct buf *fault_to = context;

	if (!row && fault_to->n == 0)
		buf_add_str(fault_to, fault);
}

/* Reads every store whole: of the first fault *to tells. */
static int check_stores(const struct users *u, struct buf *to)
{
	return users_each(u, keep_first, to);
}

static void test_find(void **state)
{
	struct user_row row;
	struct users u;

	(void)state;
	put_text("one", "# users\r\n\r\nann:{PLAIN}a:1:1\r\n"
			"bob:{PLAIN}first\nbob:{PLAIN}second\n"
			"Bob@x:{PLAIN}B\ncyd:{PLAIN}no line end");
	open_one(&u, "passwd-file");
	assert_int_equal(find(&u, "ann", &row), USERS_FOUND);
	assert_string_equal(row.password, "{PLAIN}a");
	assert_int_equal(row.gid, 1);
	assert_int_equal(find(&u, "bob", &row), USERS_FOUND);
	assert_string_equal(row.password, "{PLAIN}first");
	assert_int_equal(find(&u, "Bob@x", &row), USERS_FOUND);
	assert_int_equal(find(&u, "cyd", &row), USERS_FOUND);
	assert_string_equal(row.password, "{PLAIN}no line end");
	assert_int_equal(error.n, 0);
	assert_int_equal(find(&u, "BOB", &row), USERS_UNKNOWN);
	assert_int_equal(find(&u, "bo", &row), USERS_UNKNOWN);
	assert_int_equal(find(&u, "bobb", &row), USERS_UNKNOWN);
	assert_int_equal(find(&u, "bob:{PLAIN}first", &row), USERS_UNKNOWN);
	assert_int_equal(find(&u, "# users", &row), USERS_UNKNOWN);
	assert_int_equal(find(&u, "", &row), USERS_UNKNOWN);
	assert_int_equal(check_stores(&u, &error), 0);
	assert_int_equal(error.n, 0);
}

static void test_a_change_is_in_force_at_once(void **state)
{
	struct user_row row;
	struct users u;

	(void)state;
	put_text("one", "ann:{PLAIN}a\n");
	open_one(&u, "passwd-file");
	assert_int_equal(find(&u, "bob", &row), USERS_UNKNOWN);
	put_text("one", "bob:{PLAIN}b\n");
	assert_int_equal(find(&u, "bob", &row), USERS_FOUND);
	assert_int_equal(find(&u, "ann", &row), USERS_UNKNOWN);
}

/* Rows at every place around the borders of what is read at once. */
static void test_large_files(void **state)
{
	enum { ROWS = 20000 };
	char *text = malloc(ROWS * 64), name[32], *p = text;
	struct user_row row;
	struct users u;

	(void)state;
	for (int i = 0; i < ROWS; i++)
		p += sprintf(p, "user%d:{PLAIN}%.*s%d:%d:1\n", i, i % 17,
			     "xxxxxxxxxxxxxxxxx", i, i + 1);
	put("one", text, (size_t)(p - text));
	free(text);
	open_one(&u, "passwd-file");
	for (int i = 0; i < ROWS; i += 397) {
		snprintf(name, sizeof(name), "user%d", i);
		assert_int_equal(find(&u, name, &row), USERS_FOUND);
		assert_int_equal(row.uid, i + 1);
	}
	assert_int_equal(find(&u, "user20000", &row), USERS_UNKNOWN);
	assert_int_equal(check_stores(&u, &error), 0);
}

/* Lines of exactly the limit, one more, and longer than all that is read. */
static void test_long_lines(void **state)
{
	static const size_t lengths[] = {4095,	4096,  4097,  4098,
					 65535, 65536, 65537, 200000};
	char *text = malloc(300000);
	struct user_row row;
	struct users u;

	(void)state;
	open_one(&u, "passwd-file");
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t n = lengths[i];
		bool fits = n <= 4096;

		memset(text, ' ', 300000);
		memcpy(text, "ann:{PLAIN}s3cret\nbob:{PLAIN}x::::::", 36);
		/* what would be read if the rest of the line were a line */
		if (n > 65537)
			memcpy(text + 65536, "dan:x", 5);
		memcpy(text + 18 + n, "\ncyd:{PLAIN}c\n", 14);
		put("one", text, 18 + n + 14);
		assert_int_equal(find(&u, "bob", &row),
				 fits ? USERS_FOUND : USERS_PERMFAIL);
		if (!fits)
			assert_error("line 2 (user bob)");
		assert_int_equal(find(&u, "cyd", &row), USERS_FOUND);
		if (!fits)
			assert_error("line 2");
		assert_int_equal(find(&u, "dan", &row), USERS_UNKNOWN);
		assert_int_equal(check_stores(&u, &error), fits ? 0 : -EINVAL);
		put("one", text, 18 + n); /* the last line, without its end */
		assert_int_equal(find(&u, "bob", &row),
				 fits ? USERS_FOUND : USERS_PERMFAIL);
		assert_int_equal(find(&u, "ann", &row), USERS_FOUND);
	}
	free(text);
}

static void test_malformed_rows(void **state)
{
	struct user_row row;
	struct users u;

	(void)state;
	put_text("one", "ann:{PLAIN}s3cret:0:0\nbob\nc\033d:{PLAIN}s3cret:x\n"
			"dan:{PLAIN}d\n");
	open_one(&u, "passwd-file");
	assert_int_equal(find(&u, "ann", &row), USERS_PERMFAIL);
	assert_error("line 1 (user ann)");
	assert_int_equal(find(&u, "bob", &row), USERS_PERMFAIL);
	assert_error("line 2");
	assert_int_equal(find(&u, "c\033d", &row), USERS_PERMFAIL);
	assert_error("line 3 (user c\\x1bd)");
	assert_int_equal(find(&u, "dan", &row), USERS_FOUND);
	assert_int_equal(error.n, 0);
	assert_int_equal(check_stores(&u, &error), -EINVAL);
	assert_error("line 1 (user ann)");
}

static void test_stores_that_cannot_be_read(void **state)
{
	static const char *const kinds[] = {"passwd-file", "authfile"};
	struct user_row row;
	struct users u;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_one(&u, kinds[i]);
		unlink(path_of("one"));
		assert_int_equal(find(&u, "bob", &row), USERS_PERMFAIL);
		assert_error("no such file");
		assert_int_equal(check_stores(&u, &error), -ENOENT);
		assert_false(users_offer_apop(&u));
		/* a FIFO that nobody writes to must not be waited for */
		assert_int_equal(mkfifo(path_of("one"), 0600), 0);
		assert_int_equal(find(&u, "bob", &row), USERS_PERMFAIL);
		assert_error("not a regular file");
		unlink(path_of("one"));
		assert_int_equal(mkdir(path_of("one"), 0700), 0);
		assert_int_equal(find(&u, "bob", &row), USERS_PERMFAIL);
		rmdir(path_of("one"));
		if (!geteuid())
			continue;
		put_text("one", "bob:{PLAIN}s3cret\n");
		chmod(path_of("one"), 0);
		assert_int_equal(find(&u, "bob", &row), USERS_PERMFAIL);
		assert_error("permission");
		unlink(path_of("one"));
	}
	assert_int_equal(users_fault(-EIO), USERS_TEMPFAIL);
	assert_int_equal(users_fault(-EMFILE), USERS_TEMPFAIL);
	assert_int_equal(users_fault(-ENOMEM), USERS_TEMPFAIL);
	assert_int_equal(users_fault(-ESTALE), USERS_TEMPFAIL);
	assert_int_equal(users_fault(-EACCES), USERS_PERMFAIL);
}

/* --- authfiles --- */

static const struct authfile_case {
	const char *text;
	unsigned line; /* with the fault; 0: none */
	const char *name, *secret;
} authfile_cases[] = {
	{"username = bob\npassword = s3cret\n", 0, "bob", "s3cret"},
	{"username = bob\npassword = s3cret", 0, "bob", "s3cret"},
	{"username = bob\r\npassword = s3cret\r\n", 0, "bob", "s3cret"},
	{"username = bob\npassword = s3cret\r", 0, "bob", "s3cret\r"},
	{"username= bob\npassword \t  = s3cret\n", 0, "bob", "s3cret"},
	{"username = bob\npassword =   s3cret  \n", 0, "bob", "  s3cret  "},
	{"username = bob\npassword = = s3cret\n", 0, "bob", "= s3cret"},
	{"username = bob\npassword = \t\n", 0, "bob", "\t"},
	{"username =  bob\npassword = s3cret\n", 0, " bob", "s3cret"},
	{"", 1, NULL, NULL},
	{"\n", 1, NULL, NULL},
	{"\nusername = bob\npassword = s3cret\n", 1, NULL, NULL},
	{"username = bob", 2, NULL, NULL},
	{"username = bob\n", 2, NULL, NULL},
	{"username = bob\n\npassword = s3cret\n", 2, NULL, NULL},
	{"password = s3cret\nusername = bob\n", 1, NULL, NULL},
	{"user = bob\npassword = s3cret\n", 1, NULL, NULL},
	{"Username = bob\npassword = s3cret\n", 1, NULL, NULL},
	{" username = bob\npassword = s3cret\n", 1, NULL, NULL},
	{"username = bob\npass = s3cret\n", 2, NULL, NULL},
	{"username =bob\npassword = s3cret\n", 1, NULL, NULL},
	{"username =\tbob\npassword = s3cret\n", 1, NULL, NULL},
	{"username bob\npassword = s3cret\n", 1, NULL, NULL},
	{"username = \npassword = s3cret\n", 1, NULL, NULL},
	{"username = bob\npassword = \n", 2, NULL, NULL},
	{"username = bob\npassword =\n", 2, NULL, NULL},
	{"username = bob \npassword = s3cret\n", 1, NULL, NULL},
	{"username = bob\t\npassword = s3cret\n", 1, NULL, NULL},
	{"username = bob\npassword = s3cret\n\n", 3, NULL, NULL},
	{"username = bob\npassword = s3cret\nx", 3, NULL, NULL},
	{"username = bob\npassword = s3cret\npassword = s3cret\n", 3, NULL,
	 NULL},
};

static void check_authfile(const struct authfile_case *c)
{
	struct user_row row;
	struct users u;
	char line[16];

	put_text("one", c->text);
	open_one(&u, "authfile");
	assert_int_equal(check_stores(&u, &error), c->line ? -EINVAL : 0);
	snprintf(line, sizeof(line), "line %u ", c->line);
	if (c->line) {
		assert_error(line);
		assert_int_equal(find(&u, "bob", &row), USERS_PERMFAIL);
		assert_int_equal(find(&u, "ann", &row), USERS_PERMFAIL);
		assert_error(line);
		return;
	}
	assert_int_equal(find(&u, c->name, &row), USERS_FOUND);
	assert_int_equal(strncmp(row.password, "{PLAIN}", 7), 0);
	assert_string_equal(row.password + 7, c->secret);
	assert_true(row.enabled);
	assert_false(row.has_uid || row.has_gid || row.home[0]);
	assert_int_equal(find(&u, "ann", &row), USERS_UNKNOWN);
	assert_true(users_offer_apop(&u));
}

static void test_authfiles(void **state)
{
	(void)state;
	for (size_t i = 0;
	     i < sizeof(authfile_cases) / sizeof(authfile_cases[0]); i++) {
		print_message("%s", authfile_cases[i].text);
		check_authfile(&authfile_cases[i]);
	}
}

static void test_authfile_limits(void **state)
{
	static char text[3000];
	struct users u;

	(void)state;
	open_one(&u, "authfile");
	memset(text, 'a', sizeof(text));
	memcpy(text, "username = ", 11);
	memcpy(text + 11 + 255, "\npassword = ", 12);
	memcpy(text + 11 + 255 + 12 + 989, "\n", 1);
	put("one", text, 11 + 255 + 12 + 989 + 1);
	assert_int_equal(check_stores(&u, &error), 0);
	text[11 + 255 + 12 + 989] = 'a'; /* a secret that is too long */
	put("one", text, 11 + 255 + 12 + 990);
	assert_int_equal(check_stores(&u, &error), -EINVAL);
	assert_error("line 2 ");
	put("one", "username = b\npassword = a\0b\n", 28);
	assert_int_equal(check_stores(&u, &error), -EINVAL);
	memset(text, 'a', sizeof(text));
	memcpy(text, "username = ", 11);
	memcpy(text + 11 + 256, "\npassword = x\n", 14);
	put("one", text, 11 + 256 + 14);
	buf_reset(&error);
	assert_int_equal(check_stores(&u, &error), -EINVAL);
	assert_error("line 1 ");
}

/* --- several stores --- */

static void test_specs(void **state)
{
	static const char *const good[] = {"passwd-file:/a", "authfile:/b"};
	static const char *const bad[] = {
		"",
		"/etc/passwd",
		"passwd-file:",
		"passwd-file:x",
		"authfile: /x",
		"Passwd-File:/a",
		"postgresql://x",
		"authfile",
	};
	const char *many[USERS_STORES_MAX + 1];
	static char long_path[2000] = "authfile:/";
	const char *one = long_path;
	struct users u;

	(void)state;
	assert_int_equal(users_open(&u, good, 2, &error), 0);
	assert_int_equal(u.n, 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_reset(&error);
		assert_int_equal(users_open(&u, &bad[i], 1, &error), -EINVAL);
		assert_true(error.n > 0);
	}
	assert_int_equal(users_open(&u, good, 0, &error), -EINVAL);
	for (size_t i = 0; i <= USERS_STORES_MAX; i++)
		many[i] = good[0];
	assert_int_equal(users_open(&u, many, USERS_STORES_MAX, &error), 0);
	assert_int_equal(users_open(&u, many, USERS_STORES_MAX + 1, &error),
			 -EINVAL);
	memset(long_path + 10, 'x', sizeof(long_path) - 11);
	assert_int_equal(users_open(&u, &one, 1, &error), -EINVAL);
	long_path[9 + 1023] = '\0';
	assert_int_equal(users_open(&u, &one, 1, &error), 0);
}

static void open_both(struct users *u)
{
	static char first[160], second[160];
	static const char *const specs[] = {first, second};

	snprintf(first, sizeof(first), "passwd-file:%s", path_of("one"));
	snprintf(second, sizeof(second), "authfile:%s", path_of("two"));
	assert_int_equal(users_open(u, specs, 2, &error), 0);
}

static void test_the_first_store_decides(void **state)
{
	struct user_row row;
	struct users u;

	(void)state;
	put_text("one", "ann:{PLAIN}one\nbob:{PLAIN}x:0\n");
	put_text("two", "username = ann\npassword = two\n");
	open_both(&u);
	assert_int_equal(find(&u, "ann", &row), USERS_FOUND);
	assert_string_equal(row.password, "{PLAIN}one");
	put_text("two", "username = bob\npassword = two\n");
	assert_int_equal(find(&u, "bob", &row), USERS_PERMFAIL);
	put_text("two", "username = cyd\npassword = two\n");
	assert_int_equal(find(&u, "cyd", &row), USERS_FOUND);
	assert_int_equal(find(&u, "dan", &row), USERS_UNKNOWN);
	/* a store that cannot say is not passed over */
	unlink(path_of("one"));
	assert_int_equal(find(&u, "cyd", &row), USERS_PERMFAIL);
	unlink(path_of("two"));
}

/* --- what unknown users are checked against --- */

static void make_hash(const char *prefix, unsigned long cost, char *out)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	assert_non_null(crypt_gensalt_rn(prefix, cost, "0123456789abcdef0123",
					 20, setting, sizeof(setting)));
	strcpy(out, crypt_r("s3cret", setting, data));
	free(data);
}

static const struct example_case {
	const char *scheme, *prefix;
	unsigned long cost;
} example_cases[] = {
	{"{SHA512-CRYPT}", "$6$", 1000},
	{"", "$5$", 1000},
	{"{BLF-CRYPT}", "$2b$", 4},
	{"{CRYPT}", "$1$", 0},
	{"", "$y$", 1},
	{"{CRYPT}", "", 0},
};

static void test_examples(void **state)
{
	char hash[CRYPT_OUTPUT_SIZE], text[1024];
	struct user_row row, real;
	struct users u;

	(void)state;
	for (size_t i = 0; i < sizeof(example_cases) / sizeof(example_cases[0]);
	     i++) {
		const struct example_case *c = &example_cases[i];
		size_t same = 0;

		print_message("%s%s\n", c->scheme, c->prefix);
		make_hash(c->prefix, c->cost, hash);
		snprintf(text, sizeof(text),
			 "#x\nlocked:!\nlong:%.300d\nplain:{PLAIN}s3cret\n"
			 "cheap:{SHA256.hex}%064d\nbob:%s%s\n"
			 "excess:$6$rounds=999999999$a$b\n",
			 0, 0, c->scheme, hash);
		put_text("one", text);
		open_one(&u, "passwd-file");
		assert_int_equal(find(&u, "bob", &real), USERS_FOUND);
		assert_int_equal(
			auth_check_password(real.password, span_str("s3cret")),
			AUTH_GOOD);
		users_example(&u, &row);
		assert_int_equal(strlen(row.password), strlen(real.password));
		while (row.password[same] == real.password[same])
			same++;
		/* scheme and cost are the same, the rest is not */
		assert_true(same >= strlen(c->scheme) + strlen(c->prefix));
		assert_true(strlen(row.password) - same >= 8);
		assert_int_equal(
			auth_check_password(row.password, span_str("s3cret")),
			AUTH_BAD);
	}
}

/* In rising order of work; the first one's is little. */
static const char *const by_work[] = {
	"{SHA}0123456789012345678901234567890123456789",
	"$1$salt$0123456789012345678901",
	"{PBKDF2}$1$salt$5000$0123456789012345678901234567890123456789",
	"$6$rounds=100000$salt$hash",
	"{BLF-CRYPT}$2b$12$0123456789012345678901"
	"0123456789012345678901234567890",
	"{ARGON2ID}$argon2id$v=19$m=262144,t=4,p=1"
	"$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
};
enum { FORMS = sizeof(by_work) / sizeof(by_work[0]) };

/* Up to what differs from form to form. */
static bool is_like(const char *example, const char *form)
{
	size_t n = form[0] == '{' ? strcspn(form, "}") - 1 : 3;

	if (span_starts(span_str(form), span_str("{SHA}")))
		n = strlen("{SHA");
	return !strncmp(example, form, n);
}

static void test_the_costliest_is_the_example(void **state)
{
	struct user_row row;
	struct users u;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		for (size_t j = 0; j < FORMS; j++) {
			print_message("%s %s\n", by_work[i], by_work[j]);
			snprintf(text, sizeof(text), "ann:%s\nbob:%s\n",
				 by_work[i], by_work[j]);
			unlink(path_of("one"));
			put_text("one", text);
			open_one(&u, "passwd-file");
			users_example(&u, &row);
			assert_true(
				is_like(row.password, by_work[i > j ? i : j]));
		}
	}
}

static void test_the_costliest_of_all_stores_is(void **state)
{
	struct user_row row;
	struct users u;

	(void)state;
	put_text("one", "ann:{PLAIN}s3cret\n");
	put_text("two", "username = bob\npassword = s3cret\n");
	open_both(&u);
	memcpy(u.stores[1].path, u.stores[0].path, sizeof(u.stores[0].path));
	u.stores[1].driver = u.stores[0].driver;
	strcpy(strrchr(u.stores[1].path, '/'), "/two");
	put_text("two", "bob:$6$rounds=100000$salt$hash\n");
	users_example(&u, &row);
	assert_true(is_like(row.password, "$6$"));
	unlink(path_of("two"));
}

/* However many rows there are, so many forms are taken to pieces. */
static void test_few_hashes_are_looked_at(void **state)
{
	struct users_facts facts = {0};

	(void)state;
	for (size_t i = 0; i < USERS_HASHES_MOST; i++) {
		users_facts_add(&facts, span_str("$1$salt$hash"));
		users_facts_add(&facts, span_str("not a form"));
	}
	assert_false(users_facts_are_full(&facts));
	users_facts_add(&facts, span_str(by_work[FORMS - 1]));
	assert_true(is_like(facts.example, "$1$"));
	users_facts_add(&facts, span_str("{PLAIN}s3cret"));
	assert_true(facts.keeps_secret);
	assert_true(users_facts_are_full(&facts));
}

/* --- facts are kept, but not for ever --- */

/* As if the file's clock had not moved on since it was read. */
static void hide_change(struct users *u)
{
	struct file_stamp *stamp = &u->stores[0].facts.stamp;
	uint64_t again_ms = stamp->again_ms;

	file_stamp_take(u->stores[0].path, stamp);
	stamp->again_ms = again_ms;
}

static void test_a_change_that_does_not_show_is_found(void **state)
{
	struct users u;

	(void)state;
	unlink(path_of("one"));
	put_text("one", "ann:$6$a$b\n");
	open_one(&u, "passwd-file");
	now_ms = 1000;
	assert_false(users_offer_apop(&u));
	put_text("one", "ann:{PLAIN}s3cret\n");
	hide_change(&u);
	now_ms += FILE_STAMP_AGAIN_MS - 1;
	/* Not read again: else the secret would be found. */
	assert_false(users_offer_apop(&u));
	now_ms++;
	assert_true(users_offer_apop(&u));
	/* Where it shows nobody waits. */
	put_text("one", "ann:$6$abc$b\n");
	assert_false(users_offer_apop(&u));
}

static void test_examples_without_a_hash(void **state)
{
	struct user_row row;
	struct users u;

	(void)state;
	put_text("one", "ann:{PLAIN}s3cret\nbob:!\n");
	open_one(&u, "passwd-file");
	users_example(&u, &row);
	assert_true(auth_keeps_secret(row.password));
	assert_int_equal(auth_check_password(row.password, span_str("s3cret")),
			 AUTH_BAD);
	put_text("one", "");
	users_example(&u, &row);
	assert_true(auth_keeps_secret(row.password));
	unlink(path_of("one"));
	users_example(&u, &row);
	assert_true(strlen(row.password) > 20);
	assert_int_equal(
		auth_check_password(row.password,
				    span_str("......................")),
		AUTH_BAD);
}

static void test_apop_is_offered_for_secrets(void **state)
{
	static const struct {
		const char *text;
		bool offer;
	} cases[] = {
		{"", false},
		{"ann:$6$a$b\nbob:!\n", false},
		{"ann:$6$a$b\nbob:{plain}x\n", true},
		{"#ann:{PLAIN}x\n", false},
		{"ann:{CLEARTEXT}x\n", true},
		{"ann:plain\n", false},
	};
	struct users u;

	(void)state;
	put_text("one", "x:{PLAIN}x\n");
	open_one(&u, "passwd-file");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* a new file each time, so that its times do not matter */
		unlink(path_of("one"));
		put_text("two", "");
		put_text("one", cases[i].text);
		unlink(path_of("two"));
		assert_int_equal(users_offer_apop(&u), cases[i].offer);
		assert_int_equal(users_offer_apop(&u), cases[i].offer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_every_verdict_has_a_remedy),
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_locked_accounts),
		cmocka_unit_test(test_extra_fields),
		cmocka_unit_test(test_ignored_fields),
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_a_bad_row_leaves_nothing),
		cmocka_unit_test(test_field_limits),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_a_change_is_in_force_at_once),
		cmocka_unit_test(test_large_files),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_malformed_rows),
		cmocka_unit_test(test_stores_that_cannot_be_read),
		cmocka_unit_test(test_authfiles),
		cmocka_unit_test(test_authfile_limits),
		cmocka_unit_test(test_specs),
		cmocka_unit_test(test_the_first_store_decides),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_the_costliest_is_the_example),
		cmocka_unit_test(test_the_costliest_of_all_stores_is),
		cmocka_unit_test(test_few_hashes_are_looked_at),
		cmocka_unit_test(test_a_change_that_does_not_show_is_found),
		cmocka_unit_test(test_examples_without_a_hash),
		cmocka_unit_test(test_apop_is_offered_for_secrets),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
