/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct log_event login = {
	.name = "login", .level = LOG_AT_INFO, .service = "pop3-login"};

static char path[64];

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/test-log-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_close();
	return unlink(path);
}

static int open_log(const char *sink, enum log_format format,
		    enum log_level level)
{
	const struct log_options o = {.sink = sink,
				      .ident = "test",
				      .format = format,
				      .level = level};

	return log_open(&o);
}

/* The file's text. */
static const char *written(void)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* What follows the time and the tag, which differ from run to run. */
static const char *after(const char *text, const char *mark)
{
	const char *at = strstr(text, mark);

	assert_non_null(at);
	return at + strlen(mark);
}

static void write_login(struct span user)
{
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_ANGLED, user),
		LOG_TEXT("method", LOG_PLAIN, span_str("PLAIN")),
		LOG_NUMBER("mpid", LOG_PLAIN, 18446744073709551615U),
		LOG_TEXT("security", LOG_WORD, span_str("TLS")),
		LOG_NUMBER("attempts", LOG_HIDDEN, 1),
	};

	log_write(&login, span_str("Login"), fields, 5);
}

/* One event in each format, with a user name that tries to be more. */
static const struct {
	const char *user;
	const char *classic, *logfmt, *json;
} names[] = {
	{"joe", "user=<joe>", " user=joe ", "\"user\":\"joe\""},
	{"", "user=<>", " user=\"\" ", "\"user\":\"\""},
	{"a b", "user=<a b>", " user=\"a b\" ", "\"user\":\"a b\""},
	{"a>, rip=<9.9.9.9", "user=<a\\x3e, rip=\\x3c9.9.9.9>",
	 " user=\"a>, rip=<9.9.9.9\" ", "\"user\":\"a>, rip=<9.9.9.9\""},
	{"a\" level=error \"", "user=<a\" level=error \">",
	 " user=\"a\\\" level=error \\\"\" ",
	 "\"user\":\"a\\\" level=error \\\"\""},
	{"a\\", "user=<a\\x5c>", " user=\"a\\x5c\" ", "\"user\":\"a\\\\x5c\""},
	{"a\r\nb", "user=<a\\x0d\\x0ab>", " user=\"a\\x0d\\x0ab\" ",
	 "\"user\":\"a\\\\x0d\\\\x0ab\""},
	{"\x1b[2J\x7f\xc3\xa9", "user=<\\x1b[2J\\x7f\\xc3\\xa9>",
	 " user=\"\\x1b[2J\\x7f\\xc3\\xa9\" ",
	 "\"user\":\"\\\\x1b[2J\\\\x7f\\\\xc3\\\\xa9\""},
};

static void untrusted_octets_stay_in_their_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *expected[] = {names[i].classic, names[i].logfmt,
					  names[i].json};

		for (int format = 0; format < 3; format++) {
			const char *text;

			assert_int_equal(truncate(path, 0), 0);
			assert_int_equal(open_log(path, (enum log_format)format,
						  LOG_AT_INFO),
					 0);
			write_login(span_str(names[i].user));
			text = written();
			if (!strstr(text, expected[format]))
				fail_msg("%s not in %s", expected[format],
					 text);
			assert_ptr_equal(strchr(text, '\n'),
					 text + strlen(text) - 1);
		}
	}
}

static void a_nul_is_escaped_like_others(void **state)
{
	(void)state;
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_INFO), 0);
	write_login(span_make("a\0b", 3));
	assert_non_null(strstr(written(), "user=<a\\x00b>"));
}

static void the_classic_line(void **state)
{
	char tag[32];

	(void)state;
	snprintf(tag, sizeof(tag), " test[%d]: ", (int)getpid());
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_INFO), 0);
	write_login(span_str("joe"));
	assert_string_equal(after(written(), tag),
			    "pop3-login: Login: user=<joe>, method=PLAIN, "
			    "mpid=18446744073709551615, TLS\n");
}

static void a_line_without_visible_fields(void **state)
{
	const struct log_field fields[] = {LOG_NUMBER("n", LOG_HIDDEN, 1)};

	(void)state;
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_INFO), 0);
	log_write(&login, span_str("Aborted"), fields, 1);
	assert_string_equal(after(written(), "]: "), "pop3-login: Aborted\n");
}

static void the_logfmt_line(void **state)
{
	char expected[256];

	(void)state;
	snprintf(expected, sizeof(expected),
		 " level=info event=login ident=test pid=%d user=joe "
		 "method=PLAIN mpid=18446744073709551615 security=TLS "
		 "attempts=1 message=\"Login\"\n",
		 (int)getpid());
	assert_int_equal(open_log(path, LOG_LOGFMT, LOG_AT_INFO), 0);
	write_login(span_str("joe"));
	assert_string_equal(after(written(), "Z"), expected);
	assert_int_equal(strncmp(written(), "time=2", 6), 0);
}

static void the_json_line(void **state)
{
	char expected[256];

	(void)state;
	snprintf(expected, sizeof(expected),
		 "\",\"level\":\"info\",\"event\":\"login\",\"ident\":\"test\","
		 "\"pid\":%d,\"user\":\"joe\",\"method\":\"PLAIN\","
		 "\"mpid\":18446744073709551615,\"security\":\"TLS\","
		 "\"attempts\":1,\"message\":\"Login\"}\n",
		 (int)getpid());
	assert_int_equal(open_log(path, LOG_JSON, LOG_AT_INFO), 0);
	write_login(span_str("joe"));
	assert_string_equal(after(written(), "Z"), expected);
	assert_int_equal(strncmp(written(), "{\"time\":\"2", 10), 0);
}

static void messages_of_the_levels(void **state)
{
	const char *text;

	(void)state;
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_WARNING), 0);
	log_error("no %s\n", "way");
	log_warning("hm");
	log_info("not shown");
	log_debug("not shown");
	text = written();
	assert_non_null(strstr(text, "]: Error: no way\\x0a\n"));
	assert_non_null(strstr(text, "]: Warning: hm\n"));
	assert_null(strstr(text, "not shown"));
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_DEBUG), 0);
	log_debug("shown");
	assert_non_null(strstr(written(), "]: shown\n"));
}

static void the_level_changes_while_it_is_open(void **state)
{
	(void)state;
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_WARNING), 0);
	log_info("too quiet");
	log_set_level(LOG_AT_DEBUG);
	log_debug("everything");
	log_set_level(LOG_AT_ERROR);
	log_warning("not that bad");
	assert_null(strstr(written(), "too quiet"));
	assert_non_null(strstr(written(), "everything"));
	assert_null(strstr(written(), "not that bad"));
}

/* A line keeps its form, and all of its fields, whatever they hold. */
static void long_values_are_cut_not_lines(void **state)
{
	static char user[10000];

	(void)state;
	memset(user, 1, sizeof(user));
	for (int format = 0; format < 3; format++) {
		const char *text;

		assert_int_equal(truncate(path, 0), 0);
		assert_int_equal(
			open_log(path, (enum log_format)format, LOG_AT_INFO),
			0);
		write_login(span_make(user, sizeof(user)));
		text = written();
		assert_in_range(strlen(text), 200, 4096);
		assert_non_null(strstr(text, "TLS"));
		assert_int_equal(text[strlen(text) - 1], '\n');
		if (format == LOG_JSON)
			assert_int_equal(text[strlen(text) - 2], '}');
	}
	assert_int_equal(log_lost(), 0);
}

static void errno_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(open_log("/dev/full", LOG_DOVECOT, LOG_AT_INFO), 0);
	errno = EDOM;
	log_info("x");
	assert_int_equal(errno, EDOM);
	assert_int_equal(log_lost(), 1);
}

static void a_sink_that_is_none(void **state)
{
	(void)state;
	assert_int_equal(open_log("somewhere", LOG_DOVECOT, LOG_AT_INFO),
			 -EINVAL);
	assert_int_equal(open_log("/nonexistent/x", LOG_DOVECOT, LOG_AT_INFO),
			 -ENOENT);
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_INFO), 0);
	log_close();
	log_error("nobody sees this");
	assert_string_equal(written(), "");
}

/* --- stderr, in a child of its own ---------------------------------------- */

/* Runs f with fds as its 0, 1 and 2. */
static int with_stdio(const int fds[3], int (*f)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < 3; i++)
			if (fds[i] >= 0 && dup2(fds[i], i) < 0)
				_exit(99);
		_exit(f());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int open_stderr_and_write(void)
{
	int r = open_log("stderr", LOG_DOVECOT, LOG_AT_INFO);

	log_info("hello");
	log_error("oh");
	return -r;
}

static int write_before_open(void)
{
	log_error("early");
	return 0;
}

static void a_pipe_as_stderr(void **state)
{
	char text[256];
	int ends[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
		with_stdio((int[]){-1, -1, ends[1]}, open_stderr_and_write), 0);
	close(ends[1]);
	n = read(ends[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "test["));
	assert_non_null(strstr(text, "]: hello\n"));
	assert_non_null(strstr(text, "]: Error: oh\n"));
	close(ends[0]);
}

/* xinetd: the connection is fd 0, 1 and 2. */
static void the_clients_connection_is_never_the_log(void **state)
{
	static int (*const tries[])(void) = {open_stderr_and_write,
					     write_before_open};
	static const int status[] = {ENOTUNIQ, 0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		char octet;
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		assert_int_equal(with_stdio((int[]){ends[1], ends[1], ends[1]},
					    tries[i]),
				 status[i]);
		close(ends[1]);
		assert_int_equal(read(ends[0], &octet, 1), 0);
		close(ends[0]);
	}
}

static void the_journals_stream_gets_priorities(void **state)
{
	char name[64], text[256];
	struct stat st;
	int ends[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(fstat(ends[1], &st), 0);
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", name, 1), 0);
	assert_int_equal(
		with_stdio((int[]){-1, -1, ends[1]}, open_stderr_and_write), 0);
	close(ends[1]);
	n = read(ends[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "<6>hello\n<3>Error: oh\n");
	close(ends[0]);
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

/* More lines than a pipe holds, and nobody reads: 0 if they were counted. */
static int flood(void)
{
	int r = open_log("stderr", LOG_DOVECOT, LOG_AT_INFO);

	for (int i = 0; i < 20000; i++)
		log_info("line %d of a log that nobody reads", i);
	if (r < 0 || log_lost() == 0 || log_lost() >= 20000)
		return 1;
	return 0;
}

static int flood_then_read(void)
{
	static char text[1 << 20];
	int fd, r = flood();
	uint64_t lost = log_lost();

	if (r != 0)
		return r;
	/* fd 0 is the other end: make room again. */
	fd = fcntl(0, F_SETFL, O_NONBLOCK);
	while (fd == 0 && read(0, text, sizeof(text)) > 0)
		;
	log_info("after");
	memset(text, 0, sizeof(text));
	if (read(0, text, sizeof(text) - 1) <= 0)
		return 2;
	snprintf(text + 4096, 100, "Warning: %ju lines of this log were lost\n",
		 (uintmax_t)lost);
	if (!strstr(text, text + 4096) || !strstr(text, "]: after\n"))
		return 3;
	log_info("again");
	memset(text, 0, 4096);
	if (read(0, text, 4096) <= 0 || strstr(text, "lost"))
		return 4;
	return log_lost() == lost ? 0 : 5;
}

static void a_sink_that_is_full_does_not_block(void **state)
{
	int ends[2], pair[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	alarm(60); /* a log that blocks ends the test */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
		with_stdio((int[]){ends[0], -1, ends[1]}, flood_then_read), 0);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(
		with_stdio((int[]){pair[0], -1, pair[1]}, flood_then_read), 0);
	close(pair[0]);
	close(pair[1]);
	alarm(0);
}

/* The pipe is another user's: no open file of our own, so it is polled. */
static int flood_as_nobody(void)
{
	if (setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0)
		return 98;
	return flood_then_read();
}

static void a_pipe_of_another_user_does_not_block(void **state)
{
	int ends[2];

	(void)state;
	if (getuid() != 0)
		skip();
	alarm(60);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
		with_stdio((int[]){ends[0], -1, ends[1]}, flood_as_nobody), 0);
	close(ends[0]);
	close(ends[1]);
	alarm(0);
}

static void a_fifo_without_a_reader_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_INFO), -ENXIO);
}

/* --- syslog, with a /dev of our own --------------------------------------- */

static int listen_syslog(void)
{
	const struct sockaddr_un at = {.sun_family = AF_UNIX,
				       .sun_path = "/dev/log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		_exit(99);
	return fd;
}

/* Whether the next datagram is "<PRI>...TEXT" with its tag. */
static int next_is(int fd, const char *pri, const char *text)
{
	char line[8192], end[256];
	ssize_t n = recv(fd, line, sizeof(line) - 1, 0);

	if (n <= 0)
		return 0;
	line[n] = '\0';
	snprintf(end, sizeof(end), " test[%d]: %s", (int)getpid(), text);
	return strncmp(line, pri, strlen(pri)) == 0 &&
	       strlen(line) > strlen(end) &&
	       strcmp(line + strlen(line) - strlen(end), end) == 0 &&
	       /* Mmm dd hh:mm:ss */
	       strlen(line) == strlen(pri) + 15 + strlen(end);
}

static int use_syslog(void)
{
	char octet;
	int fd;

	if (open_log("syslog", LOG_DOVECOT, LOG_AT_INFO) != 0)
		return 1;
	log_info("nobody listens");
	if (log_lost() != 1)
		return 2;
	fd = listen_syslog();
	log_error("first");
	if (!next_is(fd, "<20>", "Warning: 1 lines of this log were lost") ||
	    !next_is(fd, "<19>", "Error: first"))
		return 3;
	/* The daemon is started anew. */
	close(fd);
	unlink("/dev/log");
	log_info("between");
	fd = listen_syslog();
	log_info("second");
	if (!next_is(fd, "<20>", "Warning: 1 lines of this log were lost") ||
	    !next_is(fd, "<22>", "second"))
		return 4;
	/* It stops reading. */
	for (int i = 0; i < 5000; i++)
		log_info("flood");
	if (log_lost() < 1000)
		return 5;
	while (recv(fd, &octet, 1, 0) > 0)
		;
	if (open_log("syslog", LOG_JSON, LOG_AT_INFO) != 0)
		return 6;
	log_warning("x");
	return recv(fd, &octet, 1, 0) == 1 ? 0 : 7;
}

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);
	int r = fd >= 0 && write(fd, text, strlen(text)) > 0 ? 0 : -1;

	close(fd);
	return r;
}

/* Without root, a user namespace in which this user is root. */
static int own_namespace(void)
{
	char uid_map[32], gid_map[32];

	snprintf(uid_map, sizeof(uid_map), "0 %u 1", (unsigned)getuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1", (unsigned)getgid());
	if (getuid() == 0)
		return unshare(CLONE_NEWNS);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	return put("/proc/self/setgroups", "deny") |
	       put("/proc/self/gid_map", gid_map) |
	       put("/proc/self/uid_map", uid_map);
}

static int with_own_dev(void)
{
	if (own_namespace() < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/dev", "tmpfs", 0, NULL) < 0)
		return 77;
	return use_syslog();
}

static void syslog_is_found_again(void **state)
{
	int status;

	(void)state;
	alarm(60);
	status = with_stdio((int[]){-1, -1, -1}, with_own_dev);
	alarm(0);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

static char told[256];

static void note(struct span words)
{
	snprintf(told + strlen(told), sizeof(told) - strlen(told), SPAN_FMT "|",
		 SPAN_ARG(words));
}

static void errors_alone_are_told(void **state)
{
	(void)state;
	told[0] = '\0';
	assert_int_equal(open_log(path, LOG_DOVECOT, LOG_AT_DEBUG), 0);
	log_error("nobody asks yet");
	log_tell_errors(note);
	log_error("the disk is %s", "full");
	log_warning("a warning");
	log_write(&login, span_str("Login"), NULL, 0);
	log_error("twice");
	assert_string_equal(told, "the disk is full|twice|");
	log_close();
	log_error("without a log");
	assert_string_equal(told, "the disk is full|twice|");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(untrusted_octets_stay_in_their_field),
		TEST(a_nul_is_escaped_like_others),
		TEST(the_classic_line),
		TEST(a_line_without_visible_fields),
		TEST(the_logfmt_line),
		TEST(the_json_line),
		TEST(messages_of_the_levels),
		TEST(the_level_changes_while_it_is_open),
		TEST(long_values_are_cut_not_lines),
		TEST(errno_is_left_alone),
		TEST(errors_alone_are_told),
		TEST(a_sink_that_is_none),
		TEST(a_pipe_as_stderr),
		TEST(the_clients_connection_is_never_the_log),
		TEST(the_journals_stream_gets_priorities),
		TEST(a_sink_that_is_full_does_not_block),
		TEST(a_pipe_of_another_user_does_not_block),
		TEST(a_fifo_without_a_reader_is_an_error),
		TEST(syslog_is_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
