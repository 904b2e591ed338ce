/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/listen.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char error_text[LISTEN_ERROR_SIZE];
static struct buf error;

static int set_up(void **state)
{
	(void)state;
	buf_init(&error, error_text, sizeof(error_text));
	return 0;
}

/* --- text --- */

static const struct parse_case {
	const char *text;
	enum listen_family family;
	uint16_t port;
	const char *shown;
} parse_cases[] = {
	{"127.0.0.1:110", LISTEN_V4, 110, "127.0.0.1:110"},
	{"0.0.0.0:0", LISTEN_V4, 0, "0.0.0.0:0"},
	{"255.255.255.255:65535", LISTEN_V4, 65535, "255.255.255.255:65535"},
	{"[::1]:1110", LISTEN_V6, 1110, "[::1]:1110"},
	{"[::]:110", LISTEN_V6, 110, "[::]:110"},
	{"[2001:DB8::0:1]:110", LISTEN_V6, 110, "[2001:db8::1]:110"},
	{"*:110", LISTEN_BOTH, 110, "*:110"},
};

static void test_parsing(void **state)
{
	char mem[LISTEN_TEXT_MAX];
	struct buf text;

	(void)state;
	for (size_t i = 0; i < COUNT(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		struct listen_address address;

		assert_int_equal(
			listen_parse(span_str(c->text), &address, &error), 0);
		assert_int_equal(address.family, c->family);
		assert_int_equal(address.port, c->port);
		buf_init(&text, mem, sizeof(mem));
		listen_format(&address, &text);
		assert_string_equal(buf_str(&text), c->shown);
	}
}

static void test_the_longest_text(void **state)
{
	static const char longest[] =
		"[1111:2222:3333:4444:5555:6666:7777:8888]:65535";
	struct listen_address address;
	char mem[LISTEN_TEXT_MAX];
	struct buf text;

	(void)state;
	assert_int_equal(listen_parse(span_str(longest), &address, &error), 0);
	buf_init(&text, mem, sizeof(mem));
	listen_format(&address, &text);
	assert_string_equal(buf_str(&text), longest);
}

static void test_refusing(void **state)
{
	static const char *const bad[] = {
		"",
		"110",
		":110",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"127.0.0.1:x",
		"127.0.0.1:-1",
		"127.0.0.1: 110",
		"127.0.0:110",
		"127.0.0.01:1",
		"localhost:110",
		"::1:110",
		"[::1]",
		"[::1]110",
		"[::1:110",
		"::1]:110",
		"[127.0.0.1]:110",
		"[]:110",
		"[*]:110",
		"**:110",
		"*",
		"127.0.0.1:110 ",
		" 127.0.0.1:110",
		"[fe80::1%lo]:110",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct listen_address address;

		buf_reset(&error);
		assert_int_equal(
			listen_parse(span_str(bad[i]), &address, &error),
			-EINVAL);
		assert_non_null(strstr(buf_str(&error), bad[i]));
		assert_non_null(strstr(error_text, "127.0.0.1:110"));
	}
}

static void test_where_it_is(void **state)
{
	static const struct {
		const char *text;
		bool is_loopback;
	} rows[] = {
		{"127.0.0.1:110", true}, {"127.255.0.9:110", true},
		{"[::1]:110", true},	 {"[::1]:111", true},
		{"0.0.0.0:110", false},	 {"[::]:110", false},
		{"*:110", false},	 {"192.0.2.1:110", false},
		{"[::2]:110", false},	 {"128.0.0.1:110", false},
	};
	struct listen_address all[COUNT(rows)];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
			listen_parse(span_str(rows[i].text), &all[i], &error),
			0);
		assert_int_equal(listen_is_loopback(&all[i]),
				 rows[i].is_loopback);
		for (size_t k = 0; k <= i; k++)
			assert_int_equal(listen_is_same(&all[i], &all[k]),
					 i == k);
	}
}

/* --- sockets --- */

static int open_on(const char *text, struct listen_address *local)
{
	struct listen_address address;
	int fd;

	buf_reset(&error);
	assert_int_equal(listen_parse(span_str(text), &address, &error), 0);
	fd = listen_open(&address, &error);
	if (fd >= 0)
		assert_int_equal(listen_local(fd, local), 0);
	return fd;
}

static void test_opening(void **state)
{
	static const char *const texts[] = {"127.0.0.1:0", "[::1]:0", "*:0",
					    "[::]:0", "0.0.0.0:0"};
	struct listen_address local, wanted;
	int on = 0;
	socklen_t n = sizeof(on);

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		int fd = open_on(texts[i], &local);

		if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
			continue; /* a machine without IPv6 */
		assert_true(fd >= 0);
		assert_int_not_equal(local.port, 0);
		assert_int_equal(
			listen_parse(span_str(texts[i]), &wanted, &error), 0);
		if (wanted.family != LISTEN_BOTH)
			assert_int_equal(local.family, wanted.family);
		assert_int_equal(
			getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &n), 0);
		assert_int_equal(on, 1);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		close(fd);
	}
}

static void test_both_families_share_a_port(void **state)
{
	struct listen_address v4, v6;
	char text[32];
	int first, second;

	(void)state;
	first = open_on("[::]:0", &v6);
	if (first < 0)
		skip();
	snprintf(text, sizeof(text), "0.0.0.0:%u", v6.port);
	second = open_on(text, &v4);
	assert_true(second >= 0);
	close(first);
	close(second);
}

static void test_a_port_in_use(void **state)
{
	struct listen_address local;
	char text[32];
	int fd = open_on("127.0.0.1:0", &local);

	(void)state;
	assert_true(fd >= 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", local.port);
	assert_int_equal(open_on(text, &local), -EADDRINUSE);
	assert_non_null(strstr(buf_str(&error), text));
	assert_non_null(strstr(error_text, "listens there already"));
	close(fd);
	/* and free again at once */
	fd = open_on(text, &local);
	assert_true(fd >= 0);
	close(fd);
}

static void test_an_address_of_others(void **state)
{
	struct listen_address local;

	(void)state;
	/* TEST-NET-1, RFC 5737 */
	assert_int_equal(open_on("192.0.2.1:0", &local), -EADDRNOTAVAIL);
	assert_non_null(strstr(buf_str(&error), "no such address"));
}

/* 0 if an ordinary user is told what to do. */
static int without_rights(void)
{
	struct listen_address local;
	int fd;

	if (!geteuid() && setuid(65534) < 0)
		return 1;
	fd = open_on("127.0.0.1:1", &local);
	if (fd >= 0 || fd == -EADDRINUSE)
		return 77; /* ports are free for all here */
	if (fd != -EACCES || !strstr(buf_str(&error), "CAP_NET_BIND_SERVICE"))
		return 2;
	return 0;
}

static void test_without_rights(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(without_rights());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void test_the_address_of_other_sockets(void **state)
{
	struct listen_address local;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(listen_local(pair[0], &local), -EAFNOSUPPORT);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(listen_local(pair[0], &local), -ENOTSOCK);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(listen_local(-1, &local), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parsing),
		cmocka_unit_test(test_the_longest_text),
		cmocka_unit_test(test_refusing),
		cmocka_unit_test(test_where_it_is),
		cmocka_unit_test(test_opening),
		cmocka_unit_test(test_both_families_share_a_port),
		cmocka_unit_test(test_a_port_in_use),
		cmocka_unit_test(test_an_address_of_others),
		cmocka_unit_test(test_without_rights),
		cmocka_unit_test(test_the_address_of_other_sockets),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
