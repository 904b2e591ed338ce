/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pop3-session/output.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1 << 20 };

/* Where the octets go: read whenever the output waits, and at the end. */
static struct sink {
	int fd;
	char *got;
	size_t n;
	unsigned waits, moves, reads;
	unsigned patience; /* waits allowed */
} sink;

static struct output out;

static bool read_some(size_t most)
{
	ssize_t n = read(sink.fd, sink.got + sink.n,
			 MOST - sink.n < most ? MOST - sink.n : most);

	if (n > 0) {
		sink.n += (size_t)n;
		sink.reads++;
	}
	return n > 0;
}

static bool wait_by_reading(void *context)
{
	assert_ptr_equal(context, &sink);
	if (++sink.waits > sink.patience)
		return false;
	(void)read_some(5000);
	return true;
}

static void moved(void *context)
{
	assert_ptr_equal(context, &sink);
	sink.moves++;
}

static const struct output_watch watch = {wait_by_reading, moved, &sink};

static int begin(int to, int from, bool is_socket)
{
	int least = 1;

	memset(&out, 0, sizeof(out));
	sink = (struct sink){.fd = from, .patience = UINT32_MAX};
	sink.got = malloc(MOST);
	(void)setsockopt(to, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	output_init(&out, to, is_socket, &watch);
	return sink.got && fcntl(from, F_SETFL, O_NONBLOCK) == 0 ? 0 : -1;
}

static int setup(void **state)
{
	int fds[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return -1;
	return begin(fds[0], fds[1], true);
}

static int setup_pipe(void **state)
{
	int fds[2];

	(void)state;
	if (pipe(fds) < 0)
		return -1;
	return begin(fds[1], fds[0], false);
}

static int teardown(void **state)
{
	(void)state;
	output_flush(&out);
	output_rest(&out);
	close(out.fd);
	close(sink.fd);
	free(sink.got);
	return 0;
}

static void drain(void)
{
	while (read_some(MOST))
		;
}

static void replies_are_gathered_into_one_write(void **state)
{
	(void)state;
	output_add_str(&out, "+OK ");
	output_add_u64(&out, 0);
	output_add_str(&out, " ");
	output_add_u64(&out, UINT64_MAX);
	output_add(&out, span_make("\r\nrest", 2));
	drain();
	assert_int_equal(sink.n, 0);
	output_flush(&out);
	drain();
	assert_int_equal(sink.moves, 1);
	assert_memory_equal(sink.got, "+OK 0 18446744073709551615\r\n", 28);
	assert_int_equal(sink.n, 28);
	assert_int_equal(out.sent, 28);
	assert_false(output_is_large(&out));
}

static void nothing_is_written_for_nothing(void **state)
{
	(void)state;
	output_flush(&out);
	output_add(&out, span_make("", 0));
	output_flush(&out);
	assert_int_equal(sink.moves, 0);
	assert_int_equal(sink.waits, 0);
}

/* The octet that belongs at this place. */
static char octet(size_t at)
{
	return (char)(at * 7 + at / 251);
}

static void expect(size_t n)
{
	drain();
	assert_int_equal(sink.n, n);
	assert_int_equal(out.sent, n);
	for (size_t i = 0; i < n; i++) {
		if (sink.got[i] != octet(i))
			fail_msg("octet %zu of %zu", i, n);
	}
}

static void add_octets(size_t from, size_t n)
{
	char *p = malloc(n + 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = octet(from + i);
	output_add(&out, span_make(p, n));
	free(p);
}

static void any_amount_arrives_in_order(void **state)
{
	static const size_t sizes[] = {1,
				       OUTPUT_SMALL - 1,
				       OUTPUT_SMALL,
				       OUTPUT_SMALL + 1,
				       OUTPUT_LARGE - 1,
				       OUTPUT_LARGE,
				       OUTPUT_LARGE + 1,
				       3 * OUTPUT_LARGE + 17};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t piece = 1; piece < 100000; piece = piece * 9 + 2) {
			size_t at = 0;

			teardown(state);
			assert_int_equal(out.is_socket ? setup(state)
						       : setup_pipe(state),
					 0);
			if (piece < 10 && sizes[i] > OUTPUT_LARGE)
				continue;
			for (; at < sizes[i]; at += piece)
				add_octets(at, sizes[i] - at < piece
						       ? sizes[i] - at
						       : piece);
			output_flush(&out);
			expect(sizes[i]);
		}
	}
}

static void much_goes_out_in_few_writes(void **state)
{
	int most = OUTPUT_LARGE;

	(void)state;
	(void)setsockopt(out.fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof(most));
	for (size_t at = 0; at < 100000; at += 10)
		add_octets(at, 10);
	output_flush(&out);
	expect(100000);
	assert_in_range(sink.moves, 1, 10);
}

static void room_is_filled_and_sent(void **state)
{
	size_t at = 0;

	(void)state;
	output_add(&out, span_make("\0", 1)); /* octet(0) */
	for (at = 1; at < 600000;) {
		size_t cap;
		char *room = output_room(&out, 64, &cap);

		assert_non_null(room);
		assert_true(cap >= 64);
		for (size_t i = 0; i < cap; i++)
			room[i] = octet(at + i);
		output_filled(&out, cap);
		at += cap;
	}
	assert_true(output_is_large(&out));
	output_flush(&out);
	expect(at);
}

static void the_large_buffer_is_given_back_when_it_is_empty(void **state)
{
	size_t cap;

	(void)state;
	assert_non_null(output_room(&out, 64, &cap));
	output_add_str(&out, "x");
	output_rest(&out);
	assert_true(output_is_large(&out)); /* there is something in it */
	output_flush(&out);
	output_rest(&out);
	assert_false(output_is_large(&out));
	output_add_str(&out, "y");
	output_flush(&out);
	drain();
	assert_int_equal(sink.n, 2);
	assert_memory_equal(sink.got, "xy", 2);
}

static void a_peer_that_is_gone_is_a_failure_that_stays(void **state)
{
	size_t cap;

	(void)state;
	close(sink.fd);
	sink.fd = -1;
	output_add_str(&out, "x");
	output_flush(&out);
	assert_true(out.failed);
	output_add_str(&out, "y");
	output_flush(&out);
	assert_null(output_room(&out, 64, &cap));
	assert_int_equal(out.sent, 0);
	assert_int_equal(sink.moves, 0);
}

static void who_watches_may_give_up(void **state)
{
	(void)state;
	sink.patience = 3;
	for (size_t at = 0; !out.failed && at < MOST; at += 1000)
		add_octets(at, 1000);
	assert_true(out.failed);
	assert_int_equal(sink.waits, 4);
	drain();
	/* What did arrive is the beginning, and was counted. */
	expect(sink.n);
}

#define SOCKET(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define PIPE(f)                                                                \
	{                                                                      \
#f " (pipe)", f, setup_pipe, teardown, NULL                    \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKET(replies_are_gathered_into_one_write),
		PIPE(replies_are_gathered_into_one_write),
		SOCKET(nothing_is_written_for_nothing),
		PIPE(nothing_is_written_for_nothing),
		SOCKET(any_amount_arrives_in_order),
		PIPE(any_amount_arrives_in_order),
		SOCKET(much_goes_out_in_few_writes),
		SOCKET(room_is_filled_and_sent),
		PIPE(room_is_filled_and_sent),
		SOCKET(the_large_buffer_is_given_back_when_it_is_empty),
		SOCKET(a_peer_that_is_gone_is_a_failure_that_stays),
		SOCKET(who_watches_may_give_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
