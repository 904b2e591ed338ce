/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/io.h"

#include "ends.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void make_fds(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(fds[i] >= 0);
	}
}

static void close_fds(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(close(fds[i]), 0);
}

static void a_message_arrives_with_its_descriptors(void **state)
{
	int sent[IO_MAX_FDS], got[IO_MAX_FDS];
	size_t before = open_files(), n;

	(void)state;
	for (size_t k = 0; k <= IO_MAX_FDS; k++) {
		char text[8];

		make_fds(sent, k);
		assert_int_equal(io_send_fds(ends[0], "hello", 5, sent, k, 0),
				 5);
		assert_int_equal(io_recv_fds(ends[1], text, sizeof(text), got,
					     IO_MAX_FDS, &n, 0),
				 5);
		assert_memory_equal(text, "hello", 5);
		assert_int_equal(n, k);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
		close_fds(sent, k);
		close_fds(got, n);
	}
	assert_int_equal(open_files(), before);
}

static void what_cannot_be_sent_is_refused(void **state)
{
	int fds[IO_MAX_FDS + 1] = {0};

	(void)state;
	assert_int_equal(io_send_fds(ends[0], "x", 1, fds, IO_MAX_FDS + 1, 0),
			 -EINVAL);
	assert_int_equal(io_send_fds(ends[0], "", 0, fds, 1, 0), -EINVAL);
	assert_int_equal(io_send_fds(ends[0], "", 0, NULL, 0, 0), -EINVAL);
	assert_int_equal(io_send_fds(-1, "x", 1, NULL, 0, 0), -EBADF);
}

/* More than there is room for: the message fails and nothing stays open. */
static void too_many_descriptors_are_closed(void **state)
{
	static const struct {
		size_t sent, room;
	} cases[] = {{1, 0}, {2, 1}, {3, 2}, {16, 15}, {16, 0}, {4, 3}};
	int sent[IO_MAX_FDS], got[IO_MAX_FDS];
	size_t before = open_files(), n = 77;
	char text[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_fds(sent, cases[i].sent);
		assert_int_equal(
			io_send_fds(ends[0], "x", 1, sent, cases[i].sent, 0),
			1);
		close_fds(sent, cases[i].sent);
		assert_int_equal(io_recv_fds(ends[1], text, sizeof(text), got,
					     cases[i].room, &n, 0),
				 -EMSGSIZE);
		assert_int_equal(n, 0);
		assert_int_equal(open_files(), before);
	}
}

/* The kernel itself cuts the descriptors where the process may have no more. */
static void cut_control_data_is_an_error(void **state)
{
	int sent[4], got[IO_MAX_FDS];
	size_t before = open_files(), n;
	struct rlimit old, low;
	char text[8];

	(void)state;
	make_fds(sent, 4);
	assert_int_equal(io_send_fds(ends[0], "x", 1, sent, 4, 0), 1);
	close_fds(sent, 4);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)sent[0] + 2;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(io_recv_fds(ends[1], text, sizeof(text), got,
				     IO_MAX_FDS, &n, 0),
			 -EMSGSIZE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(n, 0);
	assert_int_equal(open_files(), before);
}

static void a_message_that_is_too_long_is_an_error(void **state)
{
	int sent[1], got[1];
	size_t before, n;
	char text[4];

	(void)state;
	before = open_files();
	make_fds(sent, 1);
	assert_int_equal(io_send_fds(ends[0], "hello", 5, sent, 1, 0), 5);
	close_fds(sent, 1);
	assert_int_equal(
		io_recv_fds(ends[1], text, sizeof(text), got, 1, &n, 0),
		-EMSGSIZE);
	assert_int_equal(open_files(), before);
}

static void the_end_and_the_empty_socket(void **state)
{
	char text[4];
	size_t n;

	(void)state;
	assert_int_equal(io_recv_fds(ends[1], text, sizeof(text), NULL, 0, &n,
				     MSG_DONTWAIT),
			 -EAGAIN);
	assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
	assert_int_equal(
		io_recv_fds(ends[1], text, sizeof(text), NULL, 0, &n, 0), 0);
	assert_int_equal(shutdown(ends[1], SHUT_RD), 0);
	assert_int_equal(io_send_fds(ends[0], "x", 1, NULL, 0, 0), -EPIPE);
}

/* A pipe holds 64 KiB: the writer has to wait for the reader. */
static void a_write_goes_on_until_all_is_written(void **state)
{
	enum { OCTETS = 1 << 20 };
	char *text = malloc(OCTETS), *back = malloc(OCTETS);
	int pipe_ends[2];
	size_t n = 0;
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(text);
	assert_non_null(back);
	for (size_t i = 0; i < OCTETS; i++)
		text[i] = (char)(i * 7 + i / 251);
	assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pipe_ends[0]);
		_exit(io_write_all(pipe_ends[1], text, OCTETS) == 0 ? 0 : 1);
	}
	close(pipe_ends[1]);
	assert_int_equal(fcntl(pipe_ends[0], F_SETFL, 0), 0);
	while (n < OCTETS) {
		ssize_t got = read(pipe_ends[0], back + n, OCTETS - n);

		assert_true(got > 0);
		n += (size_t)got;
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_equal(text, back, OCTETS);
	close(pipe_ends[0]);
	free(text);
	free(back);
}

static void a_write_that_fails_says_why(void **state)
{
	int pipe_ends[2];

	(void)state;
	assert_int_equal(io_write_all(-1, "x", 1), -EBADF);
	assert_int_equal(io_write_all(-1, "x", 0), 0);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(pipe_ends), 0);
	close(pipe_ends[0]);
	assert_int_equal(io_write_all(pipe_ends[1], "x", 1), -EPIPE);
	close(pipe_ends[1]);
}

static void random_octets_differ(void **state)
{
	char a[300] = {0}, b[300] = {0};

	(void)state;
	assert_int_equal(io_random(a, sizeof(a)), 0);
	assert_int_equal(io_random(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a + 268, b + 268, 32);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ends_open, ends_close)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_arrives_with_its_descriptors),
		TEST(what_cannot_be_sent_is_refused),
		TEST(too_many_descriptors_are_closed),
		TEST(cut_control_data_is_an_error),
		TEST(a_message_that_is_too_long_is_an_error),
		TEST(the_end_and_the_empty_socket),
		TEST(a_write_goes_on_until_all_is_written),
		TEST(a_write_that_fails_says_why),
		TEST(random_octets_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
