/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pop3-session/channel.h"

#include "ends.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MONITOR, FRONT };

static char memory[CHANNEL_OCTETS];
static uint32_t had;

static const struct span nothing = {NULL, 0};

static int setup(void **state)
{
	had = 0;
	return ends_open(state);
}

/* One datagram of a head and `n` octets, with `nfds` descriptors. */
static void send_raw(int end, uint32_t kind, uint32_t size, size_t n,
		     size_t nfds)
{
	static char octets[2 * CHANNEL_OCTETS];
	struct channel_head head = {kind, size};
	struct iovec parts[] = {{&head, sizeof(head)}, {octets, n}};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * 64)];
	} control = {{0}};
	struct msghdr msg = {.msg_iov = parts, .msg_iovlen = 2};
	int fds[64];

	assert_true(nfds <= 64);
	for (size_t i = 0; i < nfds; i++)
		fds[i] = STDIN_FILENO;
	if (nfds > 0) {
		struct cmsghdr *c;

		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	assert_int_equal(sendmsg(end, &msg, 0), (ssize_t)(sizeof(head) + n));
}

static int receive_from_front(unsigned states, struct channel_message *message)
{
	return channel_receive(ends[MONITOR], CHANNEL_FROM_FRONT, states, &had,
			       memory, message);
}

/* What the table is to allow; by hand, so that a slip in it is seen. */
static const struct row {
	uint32_t kind;
	enum channel_sender from;
	unsigned states;
	size_t least, most, fds;
	bool once;
} rows[] = {
	{CHANNEL_GREETING, CHANNEL_FROM_MONITOR, 7,
	 sizeof(struct channel_greeting), sizeof(struct channel_greeting) + 512,
	 0, true},
	{CHANNEL_VERDICT, CHANNEL_FROM_MONITOR, 7,
	 sizeof(struct channel_verdict), sizeof(struct channel_verdict), 2,
	 false},
	{CHANNEL_MESSAGES, CHANNEL_FROM_MONITOR, 7,
	 sizeof(struct channel_messages), sizeof(struct channel_messages), 16,
	 false},
	{CHANNEL_TABLES, CHANNEL_FROM_MONITOR, 7, sizeof(struct channel_tables),
	 sizeof(struct channel_tables), 2, true},
	{CHANNEL_DONE, CHANNEL_FROM_MONITOR, 7, sizeof(struct channel_done),
	 sizeof(struct channel_done), 0, true},
	{CHANNEL_CLOSE, CHANNEL_FROM_MONITOR, 7, 0, 0, 0, true},
	{CHANNEL_LOGIN, CHANNEL_FROM_FRONT, 1, sizeof(struct channel_login),
	 sizeof(struct channel_login) + 2048, 0, false},
	{CHANNEL_FETCH, CHANNEL_FROM_FRONT, 2, sizeof(struct channel_fetch),
	 sizeof(struct channel_fetch), 0, false},
	{CHANNEL_RELIST, CHANNEL_FROM_FRONT, 2, 0, 0, 0, true},
	{CHANNEL_MARKS, CHANNEL_FROM_FRONT, 2, sizeof(struct channel_marks),
	 sizeof(struct channel_marks) + 8192, 0, false},
	{CHANNEL_COMMIT, CHANNEL_FROM_FRONT, 2, 0,
	 sizeof(struct channel_summary), 0, true},
	{CHANNEL_ALIVE, CHANNEL_FROM_FRONT, 7, 0, 0, 0, false},
	{CHANNEL_SUMMARY, CHANNEL_FROM_FRONT, 7, sizeof(struct channel_summary),
	 sizeof(struct channel_summary), 0, true},
	{CHANNEL_TRAPPED, CHANNEL_FROM_FRONT, 7, sizeof(struct channel_trapped),
	 sizeof(struct channel_trapped), 0, true},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void close_all(const struct channel_message *message)
{
	for (size_t i = 0; i < message->nfds; i++)
		assert_int_equal(close(message->fds[i]), 0);
}

/* One message as `row` has it, but for what is given; what comes of it. */
static int deliver(const struct row *row, enum channel_sender receiver,
		   unsigned states, size_t n, size_t fds)
{
	struct channel_message message;
	int to = receiver == CHANNEL_FROM_MONITOR ? MONITOR : FRONT;
	size_t before = open_files();
	int r;

	send_raw(ends[!to], row->kind, (uint32_t)n, n, fds);
	r = channel_receive(ends[to],
			    to == MONITOR ? CHANNEL_FROM_FRONT
					  : CHANNEL_FROM_MONITOR,
			    states, &had, memory, &message);
	if (r == 1) {
		assert_int_equal(message.kind, row->kind);
		assert_int_equal(message.body.n, n);
		assert_int_equal(message.nfds, fds);
		close_all(&message);
	}
	/* Refused or not, nothing stays open. */
	assert_int_equal(open_files(), before);
	return r;
}

static enum channel_sender other(enum channel_sender side)
{
	return side == CHANNEL_FROM_MONITOR ? CHANNEL_FROM_FRONT
					    : CHANNEL_FROM_MONITOR;
}

static void the_table_allows_what_it_should(void **state)
{
	(void)state;
	assert_int_equal(ROWS, CHANNEL_KINDS);
	for (const struct row *row = rows; row < rows + ROWS; row++) {
		enum channel_sender to = other(row->from);
		size_t sizes[] = {row->least, row->most};

		for (size_t i = 0; i < 2; i++) {
			for (size_t fds = 0; fds <= row->fds; fds++) {
				had = 0;
				assert_int_equal(
					deliver(row, to, 7, sizes[i], fds), 1);
			}
		}
	}
}

static void and_nothing_else(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + ROWS; row++) {
		enum channel_sender to = other(row->from);

		had = 0;
		if (row->least > 0)
			assert_int_equal(deliver(row, to, 7, row->least - 1, 0),
					 -EPROTO);
		assert_int_equal(deliver(row, to, 7, row->most + 1, 0),
				 -EPROTO);
		assert_int_equal(deliver(row, to, 7, row->least, row->fds + 1),
				 -EPROTO);
		assert_int_equal(deliver(row, to, 7, row->least, 17), -EPROTO);
		/* from the wrong side */
		assert_int_equal(deliver(row, row->from, 7, row->least, 0),
				 -EPROTO);
		assert_int_equal(had, 0);
	}
}

static void each_kind_in_its_states(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + ROWS; row++) {
		if (row->from != CHANNEL_FROM_FRONT)
			continue;
		for (unsigned one = 1; one <= CHANNEL_AT_END; one *= 2) {
			had = 0;
			assert_int_equal(deliver(row, CHANNEL_FROM_MONITOR, one,
						 row->least, 0),
					 row->states & one ? 1 : -EPROTO);
		}
	}
}

static void some_kinds_come_once(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + ROWS; row++) {
		enum channel_sender to = other(row->from);

		had = 0;
		assert_int_equal(deliver(row, to, 7, row->least, 0), 1);
		assert_int_equal(deliver(row, to, 7, row->least, 0),
				 row->once ? -EPROTO : 1);
	}
}

static void heads_that_lie_are_refused(void **state)
{
	static const struct {
		uint32_t kind, size;
		size_t n;
	} lies[] = {
		{CHANNEL_ALIVE, 1, 0},
		{CHANNEL_ALIVE, UINT32_MAX, 0},
		{CHANNEL_FETCH, sizeof(struct channel_fetch), 0},
		{CHANNEL_FETCH, 0, sizeof(struct channel_fetch)},
		{CHANNEL_KINDS, 0, 0},
		{UINT32_MAX, 0, 0},
		{0x80000000, 0, 0},
		/* longer than the receiver's memory */
		{CHANNEL_MARKS, CHANNEL_OCTETS, CHANNEL_OCTETS},
		{CHANNEL_LOGIN, CHANNEL_OCTETS - 8, CHANNEL_OCTETS + 1},
	};
	struct channel_message message;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		send_raw(ends[FRONT], lies[i].kind, lies[i].size, lies[i].n, 0);
		assert_int_equal(receive_from_front(7, &message), -EPROTO);
		assert_int_equal(message.kind, lies[i].kind);
	}
}

static void what_is_shorter_than_a_head_is_refused(void **state)
{
	struct channel_message message;
	char octets[sizeof(struct channel_head)] = "";

	(void)state;
	for (size_t n = 1; n < sizeof(octets); n++) {
		assert_int_equal(send(ends[FRONT], octets, n, 0), (ssize_t)n);
		assert_int_equal(receive_from_front(7, &message), -EPROTO);
		assert_int_equal(message.kind, CHANNEL_KINDS);
	}
}

static void no_octets_but_descriptors_are_refused(void **state)
{
	struct channel_message message;
	size_t before = open_files();
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {{0}};
	struct msghdr msg = {.msg_control = &control,
			     .msg_controllen = sizeof(control)};

	(void)state;
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memset(CMSG_DATA(&control.head), 0, sizeof(int));
	assert_int_equal(sendmsg(ends[FRONT], &msg, 0), 0);
	assert_int_equal(receive_from_front(7, &message), -EPROTO);
	assert_int_equal(open_files(), before);
}

static void the_end_is_seen_behind_the_last_message(void **state)
{
	struct channel_message message;

	(void)state;
	assert_int_equal(channel_send(ends[FRONT], CHANNEL_ALIVE, nothing,
				      nothing, nothing, NULL, 0),
			 0);
	close(ends[FRONT]);
	ends[FRONT] = -1;
	assert_int_equal(receive_from_front(7, &message), 1);
	assert_int_equal(receive_from_front(7, &message), 0);
	assert_int_equal(channel_send(ends[MONITOR], CHANNEL_CLOSE, nothing,
				      nothing, nothing, NULL, 0),
			 -EPIPE);
}

static void pieces_arrive_as_one(void **state)
{
	struct channel_login login = {CHANNEL_USER_PASS, 4, 6};
	struct channel_message message;

	(void)state;
	assert_int_equal(channel_send(ends[FRONT], CHANNEL_LOGIN,
				      span_make(&login, sizeof(login)),
				      span_str("name"), span_str("secret"),
				      NULL, 0),
			 0);
	assert_int_equal(receive_from_front(CHANNEL_IN_LOGIN, &message), 1);
	assert_int_equal(message.body.n, sizeof(login) + 10);
	assert_memory_equal(message.body.p, &login, sizeof(login));
	assert_memory_equal(message.body.p + sizeof(login), "namesecret", 10);
}

static void what_the_table_forbids_is_not_sent(void **state)
{
	int fds[] = {0, 0, 0};

	(void)state;
	assert_int_equal(channel_send(ends[FRONT], CHANNEL_ALIVE, span_str("x"),
				      nothing, nothing, NULL, 0),
			 -EINVAL);
	assert_int_equal(channel_send(ends[MONITOR], CHANNEL_CLOSE, nothing,
				      nothing, nothing, fds, 1),
			 -EINVAL);
}

/* A front that leaves its answers unread does not hold up its watchdog. */
static void a_monitor_never_waits_for_a_front(void **state)
{
	struct channel_done done = {0};
	int r = 0;

	(void)state;
	for (int i = 0; i < 1000000 && r == 0; i++)
		r = channel_send(ends[MONITOR], CHANNEL_DONE,
				 span_make(&done, sizeof(done)), nothing,
				 nothing, NULL, 0);
	assert_int_equal(r, -EAGAIN);
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < CHANNEL_KINDS; kind++)
		assert_true(strlen(channel_kind_name(kind)) > 0);
	assert_string_equal(channel_kind_name(CHANNEL_FETCH), "fetch");
	assert_string_equal(channel_kind_name(CHANNEL_KINDS), "unknown");
	assert_string_equal(channel_kind_name(UINT32_MAX), "unknown");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, ends_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_table_allows_what_it_should),
		TEST(and_nothing_else),
		TEST(each_kind_in_its_states),
		TEST(some_kinds_come_once),
		TEST(heads_that_lie_are_refused),
		TEST(what_is_shorter_than_a_head_is_refused),
		TEST(no_octets_but_descriptors_are_refused),
		TEST(the_end_is_seen_behind_the_last_message),
		TEST(pieces_arrive_as_one),
		TEST(what_the_table_forbids_is_not_sent),
		TEST(a_monitor_never_waits_for_a_front),
		TEST(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
