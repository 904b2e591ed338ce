/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/auth.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- passwords --- */

static const struct password_case {
	const char *stored, *password;
	enum auth_verdict verdict;
} password_cases[] = {
	{"{PLAIN}secret", "secret", AUTH_GOOD},
	{"{plain}secret", "secret", AUTH_GOOD},
	{"{CLEARTEXT}se cret ", "se cret ", AUTH_GOOD},
	{"{PLAIN}%n\xff", "%n\xff", AUTH_GOOD},
	{"{PLAIN}{PLAIN}", "{PLAIN}", AUTH_GOOD},
	{"{PLAIN}secret", "Secret", AUTH_BAD},
	{"{PLAIN}secret", "secre", AUTH_BAD},
	{"{PLAIN}secret", "secrets", AUTH_BAD},
	{"{PLAIN}secret", "", AUTH_BAD},
	{"{PLAIN}", "", AUTH_BAD},
	{"{PLAIN}", "x", AUTH_BAD},
	/* two implementations agree on these */
	{"$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "password", AUTH_GOOD},
	{"{MD5-CRYPT}$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "password",
	 AUTH_GOOD},
	{"{MD5-CRYPT}$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "Password", AUTH_BAD},
	{"{SHA256-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWE"
	 "c5",
	 "Hello world!", AUTH_GOOD},
	{"{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
	 "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
	 "Hello world!", AUTH_GOOD},
	{"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U",
	 AUTH_GOOD},
	{"{BLF-CRYPT}$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvy"
	 "OeW",
	 "U*U", AUTH_GOOD},
	{"{BLF-CRYPT}$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvy"
	 "OeW",
	 "U*", AUTH_BAD},
	{"{CRYPT}abiQ6Ep3EYTHc", "x", AUTH_GOOD},
	{"{CRYPT}abiQ6Ep3EYTHc", "y", AUTH_BAD},
	/* closed */
	{"", "", AUTH_UNSUPPORTED},
	{"secret", "secret", AUTH_UNSUPPORTED},
	{"abiQ6Ep3EYTHc", "x", AUTH_UNSUPPORTED},
	{"{SSHA}secret", "secret", AUTH_UNSUPPORTED},
	{"{SSHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "abc", AUTH_UNSUPPORTED},
	{"{PLAIN.HEX}73656372657", "secret", AUTH_UNSUPPORTED},
	{"{PLAIN.HEX}73656300726574", "secret", AUTH_UNSUPPORTED},
	{"{PLAIN.B32}ONSWG4TFOQ======", "secret", AUTH_UNSUPPORTED},
	{"{SCRAM-SHA-256}4096,a,b,c", "secret", AUTH_UNSUPPORTED},
	{"{SHA512-CRYPT}secret", "secret", AUTH_UNSUPPORTED},
	{"{CRYPT}", "x", AUTH_UNSUPPORTED},
	{"{CRYPT}*0", "x", AUTH_UNSUPPORTED},
	{"{CRYPT}*1", "x", AUTH_UNSUPPORTED},
	{"{CRYPT}!", "x", AUTH_UNSUPPORTED},
	{"$unknown$x$y", "x", AUTH_UNSUPPORTED},
	{"$", "x", AUTH_UNSUPPORTED},
	{"*", "*", AUTH_UNSUPPORTED},
};

static void test_passwords(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(password_cases); i++) {
		const struct password_case *c = &password_cases[i];

		print_message("%s\n", c->stored);
		assert_int_equal(
			auth_check_password(c->stored, span_str(c->password)),
			c->verdict);
	}
}

/* Whatever crypt(3) makes by default on this machine. */
static void test_methods_of_this_machine(void **state)
{
	static const struct {
		const char *prefix;
		unsigned long cost;
	} methods[] = {{"$y$", 1}, {"$gy$", 1}, {"$7$", 6}, {"", 0}};
	struct crypt_data *data = calloc(1, sizeof(*data));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], stored[600];

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++) {
		assert_non_null(
			crypt_gensalt_rn(methods[i].prefix, methods[i].cost,
					 "0123456789abcdef0123456789abcdef", 32,
					 setting, sizeof(setting)));
		snprintf(stored, sizeof(stored), "{CRYPT}%s",
			 crypt_r("secret", setting, data));
		assert_int_equal(
			auth_check_password(stored, span_str("secret")),
			AUTH_GOOD);
		assert_int_equal(
			auth_check_password(stored, span_str("secreT")),
			AUTH_BAD);
		/* a hash that was cut is never right */
		stored[strlen(stored) - 1] = '\0';
		assert_int_not_equal(
			auth_check_password(stored, span_str("secret")),
			AUTH_GOOD);
	}
	free(data);
}

static void test_length_of_passwords(void **state)
{
	char stored[1100], password[600];

	(void)state;
	memset(password, 'p', sizeof(password));
	for (size_t n = AUTH_PASSWORD_MAX - 1; n <= AUTH_PASSWORD_MAX + 2;
	     n++) {
		enum auth_verdict wanted =
			n <= AUTH_PASSWORD_MAX ? AUTH_GOOD : AUTH_BAD;
		struct crypt_data *data = calloc(1, sizeof(*data));

		snprintf(stored, sizeof(stored), "{PLAIN}%.*s", (int)n,
			 password);
		assert_int_equal(
			auth_check_password(stored, span_make(password, n)),
			wanted);
		memcpy(data->input, password, AUTH_PASSWORD_MAX);
		strcpy(stored, crypt_r(data->input, "$1$salt$", data));
		assert_int_equal(
			auth_check_password(stored, span_make(password, n)),
			n == AUTH_PASSWORD_MAX ? AUTH_GOOD : AUTH_BAD);
		free(data);
	}
	assert_int_equal(auth_check_password("{PLAIN}a", span_make("a\0b", 3)),
			 AUTH_BAD);
	assert_int_equal(
		auth_check_password("$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
				    span_make("password\0x", 10)),
		AUTH_BAD);
}

/* Without memory nothing is known of the password. */
static int check_without_memory(void)
{
	struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_AS, &none) < 0)
		return 1;
	return auth_check_password("$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
				   span_str("password")) == AUTH_TEMPFAIL
		       ? 0
		       : 2;
}

static void test_without_memory(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(check_without_memory());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* --- APOP --- */

/* RFC 1939, section 7 */
static const char rfc_stamp[] = "<1896.697170952@dbc.mtview.ca.us>";
static const char rfc_digest[] = "c4c9334bac560ecc979e58001b3e22fb";

static const struct apop_case {
	const char *stored, *stamp, *digest;
	enum auth_verdict verdict;
} apop_cases[] = {
	{"{PLAIN}tanstaaf", rfc_stamp, rfc_digest, AUTH_GOOD},
	{"{CLEARTEXT}tanstaaf", rfc_stamp, rfc_digest, AUTH_GOOD},
	{"{PLAIN}tanstaaf", rfc_stamp, "C4C9334BAC560ECC979E58001B3E22FB",
	 AUTH_GOOD},
	{"{PLAIN}tanstaaF", rfc_stamp, rfc_digest, AUTH_BAD},
	{"{PLAIN}tanstaaf", "<1896.697170953@dbc.mtview.ca.us>", rfc_digest,
	 AUTH_BAD},
	{"{PLAIN}tanstaaf", "1896.697170952@dbc.mtview.ca.us", rfc_digest,
	 AUTH_BAD},
	{"{PLAIN}tanstaaf", rfc_stamp, "d4c9334bac560ecc979e58001b3e22fb",
	 AUTH_BAD},
	{"{PLAIN}tanstaaf", rfc_stamp, "c4c9334bac560ecc979e58001b3e22fc",
	 AUTH_BAD},
	{"{PLAIN}tanstaaf", rfc_stamp, "c4c9334bac560ecc979e58001b3e22f",
	 AUTH_BAD},
	{"{PLAIN}tanstaaf", rfc_stamp, "c4c9334bac560ecc979e58001b3e22fbb",
	 AUTH_BAD},
	{"{PLAIN}tanstaaf", rfc_stamp, "", AUTH_BAD},
	{"{PLAIN}tanstaaf", rfc_stamp, "c4c9334bac560ecc979e58001b3e22fg",
	 AUTH_BAD},
	{"{PLAIN}tanstaaf", rfc_stamp, " 4c9334bac560ecc979e58001b3e22fb",
	 AUTH_BAD},
	/* md5 of the stamp alone */
	{"{PLAIN}", "<a@b>", "88619db570587f35a6761a4982138641", AUTH_BAD},
	{"tanstaaf", rfc_stamp, rfc_digest, AUTH_UNSUPPORTED},
	{"$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", rfc_stamp, rfc_digest,
	 AUTH_UNSUPPORTED},
};

static void test_apop(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(apop_cases); i++) {
		const struct apop_case *c = &apop_cases[i];

		print_message("%s %s\n", c->stored, c->digest);
		assert_int_equal(auth_check_apop(c->stored, span_str(c->stamp),
						 span_str(c->digest)),
				 c->verdict);
	}
}

static void test_apop_never_takes_an_empty_secret(void **state)
{
	/* md5("") and md5("<a@b>") */
	(void)state;
	assert_int_equal(
		auth_check_apop("{PLAIN}", span_str(""),
				span_str("d41d8cd98f00b204e9800998ecf8427e")),
		AUTH_BAD);
}

static void test_keeps_secret(void **state)
{
	(void)state;
	assert_true(auth_keeps_secret("{PLAIN}x"));
	assert_true(auth_keeps_secret("{cleartext}x"));
	assert_false(auth_keeps_secret("x"));
	assert_false(auth_keeps_secret("$1$x$y"));
	assert_false(auth_keeps_secret("{CRYPT}x"));
}

/* --- stamps --- */

static bool is_alnum_or_dot(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.';
}

/* <x.x@x.x>: no empty part, nothing else. */
static void assert_stamp(const char *stamp)
{
	size_t n = strlen(stamp), ats = 0;

	assert_true(n <= AUTH_STAMP_MAX);
	assert_int_equal(stamp[0], '<');
	assert_int_equal(stamp[n - 1], '>');
	for (size_t i = 1; i < n - 1; i++) {
		bool mark = stamp[i] == '.' || stamp[i] == '@';

		assert_true(is_alnum_or_dot(stamp[i]) || stamp[i] == '@');
		ats += stamp[i] == '@';
		if (mark)
			assert_true(is_alnum_or_dot(stamp[i + 1]) &&
				    stamp[i + 1] != '.' && i > 1);
	}
	assert_int_equal(ats, 1);
}

static void test_hosts_in_stamps(void **state)
{
	static const struct {
		const char *host, *shown;
	} hosts[] = {
		{"mail.example.com", "@mail.example.com>"},
		{"mail-1.example.com", "@mail1.example.com>"},
		{"..a..b..", "@a.b>"},
		{"", "@localhost>"},
		{"-_.>\r\n@", "@localhost>"},
		{"a@b>c<d", "@abcd>"},
		{"\xc3\xa4.de", "@de>"},
		{"-.-.x", "@x>"},
	};
	char mem[AUTH_STAMP_MAX + 1], long_host[1000];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		buf_init(&out, mem, sizeof(mem));
		assert_int_equal(auth_make_stamp(&out, span_str(hosts[i].host)),
				 0);
		assert_stamp(buf_str(&out));
		assert_string_equal(strchr(mem, '@'), hosts[i].shown);
	}
	for (size_t i = 0; i < sizeof(long_host); i++)
		long_host[i] = i % 2 ? '.' : 'x';
	buf_init(&out, mem, sizeof(mem));
	assert_int_equal(
		auth_make_stamp(&out, span_make(long_host, sizeof(long_host))),
		0);
	assert_stamp(buf_str(&out));
	buf_init(&out, mem, 30);
	assert_true(auth_make_stamp(&out, span_str("h")) < 0);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void test_stamps_differ(void **state)
{
	enum { STAMPS = 1000, SIZE = AUTH_STAMP_MAX + 1 };
	char(*stamps)[SIZE] = calloc(STAMPS, SIZE);
	struct buf out;

	(void)state;
	for (size_t i = 0; i < STAMPS; i++) {
		buf_init(&out, stamps[i], SIZE);
		assert_int_equal(auth_make_stamp(&out, span_str("h")), 0);
		assert_stamp(buf_str(&out));
		/* what is random must do alone: time and pid are known */
		*strchr(stamps[i], '.') = '\0';
		assert_int_equal(strlen(stamps[i]), 27);
	}
	qsort(stamps, STAMPS, SIZE, compare);
	for (size_t i = 1; i < STAMPS; i++)
		assert_string_not_equal(stamps[i - 1], stamps[i]);
	free(stamps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_methods_of_this_machine),
		cmocka_unit_test(test_length_of_passwords),
		cmocka_unit_test(test_without_memory),
		cmocka_unit_test(test_apop),
		cmocka_unit_test(test_apop_never_takes_an_empty_secret),
		cmocka_unit_test(test_keeps_secret),
		cmocka_unit_test(test_hosts_in_stamps),
		cmocka_unit_test(test_stamps_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
