/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pop3-session/live.h"
#include "sys/log.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CAPACITY = 4,
	LIMIT_MS = 60000,
};

static struct live live;

static struct admission_ticket ticket_of(uint32_t slot)
{
	return (struct admission_ticket){
		.fd = 5, .slot = slot, .serial = slot + 1000};
}

static uint32_t add(uint32_t slot, pid_t monitor, pid_t front)
{
	struct admission_ticket ticket = ticket_of(slot);
	uint32_t session = live_add(&live, &ticket);

	if (monitor)
		live_set_monitor(&live, session, monitor);
	if (front)
		live_set_front(&live, session, front);
	return session;
}

/* Has the end of this process ended its session?  Which slot it had. */
static int64_t end_of(pid_t pid)
{
	struct admission_ticket ticket = ADMISSION_NO_TICKET;

	if (!live_ended(&live, pid, 100, &ticket))
		return -1;
	assert_int_equal(ticket.fd, -1); /* the descriptor is not kept */
	assert_int_equal(ticket.serial, ticket.slot + 1000);
	return ticket.slot;
}

static int setup(void **state)
{
	(void)state;
	return live_init(&live, CAPACITY);
}

static void a_session_ends_with_its_second_process(void **state)
{
	(void)state;
	add(7, 100, 101);
	add(8, 102, 103);
	assert_int_equal(live_count(&live), 2);
	assert_int_equal(end_of(101), -1);
	assert_false(live_is_dying(&live));
	assert_int_equal(end_of(100), 7);
	assert_int_equal(end_of(102), -1);
	assert_true(live_is_dying(&live));
	assert_int_equal(end_of(103), 8);
	assert_false(live_is_dying(&live));
	assert_int_equal(live_count(&live), 0);
}

static void a_process_of_nobody_ends_nothing(void **state)
{
	(void)state;
	add(1, 100, 101);
	assert_int_equal(end_of(555), -1);
	assert_int_equal(end_of(100), -1);
	assert_int_equal(end_of(100), -1);
	assert_int_equal(live_count(&live), 1);
}

static void places_are_used_again(void **state)
{
	(void)state;
	for (pid_t pid = 1000; pid < 1100; pid += 10) {
		for (uint32_t i = 0; i < CAPACITY; i++)
			add(i, pid + 2 * (pid_t)i, pid + 2 * (pid_t)i + 1);
		assert_true(live_is_full(&live));
		for (uint32_t i = 0; i < CAPACITY; i++) {
			assert_int_equal(end_of(pid + 2 * (pid_t)i), -1);
			assert_int_equal(end_of(pid + 2 * (pid_t)i + 1), i);
			assert_false(live_is_full(&live));
		}
	}
}

static void a_session_without_any_process_is_cancelled(void **state)
{
	uint32_t session;

	(void)state;
	session = add(1, 0, 0);
	assert_int_equal(live_count(&live), 1);
	live_cancel(&live, session);
	assert_int_equal(live_count(&live), 0);
	assert_int_equal(add(2, 0, 0), session);
}

static void without_a_monitor_the_fronts_end_is_the_sessions(void **state)
{
	(void)state;
	add(3, 0, 201);
	assert_int_equal(end_of(201), 3);
	assert_int_equal(live_count(&live), 0);
}

static void with_neither_of_them_nothing_is_left(void **state)
{
	struct admission_ticket ticket = ADMISSION_NO_TICKET;
	uint32_t session;

	(void)state;
	session = add(4, 0, 0);
	assert_true(live_has_no_front(&live, session, &ticket));
	assert_int_equal(ticket.slot, 4);
	assert_int_equal(live_count(&live), 0);
	/* once; nor for what is no session */
	assert_false(live_has_no_front(&live, session, &ticket));
	assert_false(live_has_no_front(&live, CAPACITY + 5, &ticket));
}

static void without_a_front_the_monitors_end_is_the_sessions(void **state)
{
	struct admission_ticket ticket;
	uint32_t session;

	(void)state;
	session = add(5, 300, 0);
	assert_false(live_has_no_front(&live, session, &ticket));
	assert_int_equal(end_of(300), 5);
}

static void a_report_about_no_session_changes_nothing(void **state)
{
	(void)state;
	live_set_front(&live, 0, 400);
	live_set_front(&live, UINT32_MAX, 400);
	assert_int_equal(end_of(400), -1);
	assert_int_equal(live_count(&live), 0);
}

static void a_crash_is_a_signal_that_nobody_sent(void **state)
{
	static const struct {
		int status;
		bool is_crash;
	} rows[] = {
		{W_EXITCODE(0, 0), false},	 {W_EXITCODE(1, 0), false},
		{W_EXITCODE(0, SIGSEGV), true},	 {W_EXITCODE(0, SIGSYS), true},
		{W_EXITCODE(0, SIGABRT), true},	 {W_EXITCODE(0, SIGXCPU), true},
		{W_EXITCODE(0, SIGKILL), false},
	};

	(void)state;
	add(1, 100, 101);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (pid_t pid = 100; pid <= 101; pid++)
			assert_int_equal(
				live_crashed(&live, pid, rows[i].status),
				rows[i].is_crash);
		assert_false(live_crashed(&live, 999, rows[i].status));
	}
}

/* A process that sends back each octet that it is sent. */
struct echo {
	pid_t pid;
	int fd;
};

static struct echo echo_start(void)
{
	struct echo echo;
	char octet;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	echo.pid = fork();
	assert_true(echo.pid >= 0);
	if (echo.pid == 0) {
		/* Nor what it has of its siblings: it goes with the test. */
		if (dup2(fds[1], 3) != 3 || close_range(4, ~0U, 0) < 0)
			_exit(1);
		while (read(3, &octet, 1) == 1 && write(3, &octet, 1) == 1)
			;
		_exit(0);
	}
	close(fds[1]);
	echo.fd = fds[0];
	return echo;
}

/* Has it been sent no signal yet that ends it? */
static bool is_alive(const struct echo *echo)
{
	char octet = 'x';

	return send(echo->fd, &octet, 1, MSG_NOSIGNAL) == 1 &&
	       read(echo->fd, &octet, 1) == 1;
}

/* How it ended. */
static int status_of(const struct echo *echo)
{
	struct pollfd end = {echo->fd, POLLIN, 0};
	int status;

	assert_int_equal(poll(&end, 1, LIMIT_MS), 1);
	assert_int_equal(waitpid(echo->pid, &status, 0), echo->pid);
	close(echo->fd);
	return status;
}

static void a_front_that_does_not_go_is_killed_once_it_is_late(void **state)
{
	struct echo front = echo_start();
	int status;

	(void)state;
	add(6, 100, front.pid);
	live_kill_late(&live, 1000000); /* its monitor lives */
	assert_true(is_alive(&front));
	assert_int_equal(end_of(100), -1); /* it may take until 100 */
	live_kill_late(&live, 99);
	assert_true(is_alive(&front));
	live_kill_late(&live, 100);
	live_kill_late(&live, 101);
	status = status_of(&front);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_false(live_crashed(&live, front.pid, W_EXITCODE(0, SIGSEGV)));
	assert_int_equal(end_of(front.pid), 6);
}

static void a_signal_reaches_monitors_or_all(void **state)
{
	struct echo monitor = echo_start(), front = echo_start();
	int status;

	(void)state;
	add(1, monitor.pid, front.pid);
	live_signal(&live, SIGTERM, LIVE_MONITORS);
	status = status_of(&monitor);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_true(is_alive(&front));
	assert_int_equal(end_of(monitor.pid), -1);
	live_signal(&live, SIGKILL, LIVE_ALL);
	status = status_of(&front);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	/* ours, not a crash */
	assert_false(live_crashed(&live, front.pid, status));
	assert_int_equal(end_of(front.pid), 1);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

static void note(void *context, const struct admission_ticket *ticket,
		 pid_t monitor)
{
	int64_t *sum = context;

	*sum += ticket->slot * 1000 + monitor;
}

/* Not those that have no place, or whose monitor is gone. */
static void who_can_be_asked_is_who_has_a_place_and_a_monitor(void **state)
{
	struct admission_ticket none = ADMISSION_NO_TICKET;
	int64_t sum = 0;

	(void)state;
	add(1, 100, 101);
	add(2, 102, 103);
	live_set_monitor(&live, live_add(&live, &none), 104);
	(void)end_of(102);
	live_each(&live, note, &sum);
	assert_int_equal(sum, 1100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_ends_with_its_second_process),
		TEST(a_process_of_nobody_ends_nothing),
		TEST(places_are_used_again),
		TEST(a_session_without_any_process_is_cancelled),
		TEST(without_a_monitor_the_fronts_end_is_the_sessions),
		TEST(with_neither_of_them_nothing_is_left),
		TEST(without_a_front_the_monitors_end_is_the_sessions),
		TEST(a_report_about_no_session_changes_nothing),
		TEST(a_crash_is_a_signal_that_nobody_sent),
		TEST(a_front_that_does_not_go_is_killed_once_it_is_late),
		TEST(a_signal_reaches_monitors_or_all),
		TEST(who_can_be_asked_is_who_has_a_place_and_a_monitor),
	};

	log_close(); /* crashes are logged */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
