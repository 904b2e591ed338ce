/* SPDX-License-Identifier: ISC */
#include "pop3-session/front.h"

#include "pop3-session/transcript.h"
#include "sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	ERRORS_IN_ROW = 30,
	REST_AFTER_MS = 2000, /* idle this long: give buffers back */
	DRAIN_READS = 16,
};

/* What has come of waiting for the client. */
enum waited {
	WAITED_READY,
	WAITED_QUIET, /* nothing for the time given */
	WAITED_OVER,  /* told to close, or the monitor is gone */
};

/*
 * Wait for the client with an ear to the monitor.  Once told to close, only
 * output is still waited for.
 */
static enum waited wait_for(struct front *front, int fd, short events,
			    int timeout_ms)
{
	for (;;) {
		struct pollfd fds[] = {
			{fd, events, 0},
			{front->setup->channel, front->told ? 0 : POLLIN, 0},
		};
		struct timespec limit = {timeout_ms / 1000,
					 timeout_ms % 1000 * 1000000L};
		int n = ppoll(fds, 2, timeout_ms < 0 ? NULL : &limit, NULL);

		if (n == 0)
			return WAITED_QUIET;
		if (n < 0 && errno != EINTR)
			return WAITED_OVER;
		if (n > 0 && fds[1].revents)
			front_hear(front);
		if (front->lost || (front->told && (events & POLLIN)))
			return WAITED_OVER;
		if (n > 0 && fds[0].revents)
			return WAITED_READY;
	}
}

static bool wait_to_write(void *context)
{
	struct front *front = context;

	return wait_for(front, front->setup->out, POLLOUT, -1) == WAITED_READY;
}

static void output_moved(void *context)
{
	struct front *front = context;

	counters_set(&front->own->counts.sent, front->out.sent);
	front_alive(front);
}

static void end_with(struct front *front, enum channel_reason reason)
{
	front->ended = true;
	front->reason = reason;
}

static bool is_resting(const struct front *front)
{
	return !output_is_large(&front->out) && !front->file &&
	       front->batch.number == 0;
}

/* Give back what an idle session does not need. */
static void rest(struct front *front)
{
	output_rest(&front->out);
	front_rest_file(front);
	front_drop_batch(front);
}

/* Until there is input; false: told to close, or the monitor is gone. */
static bool wait_for_input(struct front *front)
{
	int limit = is_resting(front) ? -1 : REST_AFTER_MS;
	enum waited waited = wait_for(front, front->setup->in, POLLIN, limit);

	if (waited == WAITED_QUIET) {
		rest(front);
		waited = wait_for(front, front->setup->in, POLLIN, -1);
	}
	return waited == WAITED_READY;
}

/* More input, blocking; false: the session is over. */
static bool read_more(struct front *front)
{
	ssize_t n;

	output_flush(&front->out);
	if (front->out.failed) {
		end_with(front, CHANNEL_HUNG_UP);
		return false;
	}
	do {
		if (!wait_for_input(front)) {
			end_with(front, CHANNEL_TOLD);
			return false;
		}
		n = read(front->setup->in, front->input, sizeof(front->input));
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0) {
		end_with(front, CHANNEL_HUNG_UP);
		return false;
	}
	counters_add(&front->own->counts.received, (uint64_t)n);
	front->line_at = clock_ms();
	front->pending = span_make(front->input, (size_t)n);
	return true;
}

/* One answer, and the last if there were too many of them in a row. */
static void bad_line(struct front *front, enum front_reply reply)
{
	counters_add(&front->own->counts.errors, 1);
	if (++front->errors_in_row == ERRORS_IN_ROW) {
		reply = REPLY_TOO_MANY_ERRORS;
		end_with(front, CHANNEL_ERRORS);
	}
	front_reply(front, reply);
}

static void bad_argument(struct front *front, enum pop3_verb verb)
{
	bool is_last = front->errors_in_row + 1 == ERRORS_IN_ROW;

	if (!is_last)
		front_reply_usage(front, verb);
	bad_line(front, REPLY_NONE);
}

/* What the command is counted as: an enum pop3_verb, or another one. */
static unsigned begin_verb(struct front *front, enum pop3_verdict verdict,
			   const struct pop3_command *command)
{
	unsigned verb = verdict == POP3_EMPTY || verdict == POP3_UNKNOWN
				? (unsigned)COUNTERS_OTHER_VERB
				: (unsigned)command->verb;

	counters_set(&front->own->verb, verb + 1);
	return verb;
}

/* Before what it was answered with can reach the client. */
static void count_verb(struct front *front, unsigned verb)
{
	struct counters_front *counts = &front->own->counts;

	counters_add(&counts->commands[verb][front->is_error ? COUNTERS_ERR
							     : COUNTERS_OK],
		     1);
	counters_set(&front->own->marks, front->deleted_count);
	if (front->state != POP3_AUTHORIZATION)
		counters_set(&front->own->messages, front->count + 1ULL);
	front->is_error = false;
}

static unsigned obey(struct front *front, struct span line)
{
	struct pop3_command command;
	enum pop3_verdict verdict = pop3_parse(line, front->state, &command);
	unsigned verb = begin_verb(front, verdict, &command);

	if (front->setup->transcript)
		transcript_input(line);
	switch (verdict) {
	case POP3_VALID:
		front->errors_in_row = 0;
		front_command(front, &command);
		break;
	case POP3_EMPTY:
		bad_line(front, REPLY_EMPTY_LINE);
		break;
	case POP3_UNKNOWN:
		bad_line(front, REPLY_UNKNOWN);
		break;
	case POP3_WRONG_STATE:
		bad_line(front, REPLY_WRONG_STATE);
		break;
	case POP3_BAD_ARGUMENT:
		bad_argument(front, command.verb);
		break;
	}
	return verb;
}

/* What came before the login may hold a password, on whatever line. */
static void forget(struct front *front, struct span taken)
{
	explicit_bzero((void *)(uintptr_t)taken.p, taken.n);
	if (!line_is_begun(&front->reader))
		explicit_bzero(front->line, sizeof(front->line));
}

/* The next one begins where this one has ended. */
static void count_time(struct front *front)
{
	uint64_t now = counters_get(&front->own->active_ms);

	counters_observe(&front->own->counts.command_ms, now - front->line_at);
	front->line_at = now;
}

static void serve_line(struct front *front)
{
	bool secret = front->state == POP3_AUTHORIZATION;
	struct span line, taken = front->pending;
	unsigned verb = COUNTERS_OTHER_VERB;
	enum line_verdict verdict =
		line_feed(&front->reader, &front->pending, &line);

	switch (verdict) {
	case LINE_MORE:
		break;
	case LINE_READY:
		verb = obey(front, line);
		break;
	case LINE_TOO_LONG:
		bad_line(front, REPLY_TOO_LONG);
		break;
	case LINE_MALFORMED:
		bad_line(front, REPLY_MALFORMED);
		break;
	}
	if (secret)
		forget(front, span_take(taken, taken.n - front->pending.n));
	if (verdict == LINE_MORE)
		return;
	count_verb(front, verb);
	front_alive(front);
	count_time(front);
	if (front->told && !front->ended)
		end_with(front, CHANNEL_TOLD);
	if (front->lost || front->out.failed)
		end_with(front, CHANNEL_HUNG_UP);
}

/*
 * The client sees the end now, not when the monitor has done what is left to
 * do.  Input that is still unread when a TCP socket is closed makes the kernel
 * reset the connection, and the reset can overtake our last reply.
 */
static void hang_up(struct front *front)
{
	struct iovec part = {front->input, sizeof(front->input)};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	int i;

	if (!front->setup->is_socket)
		return;
	(void)shutdown(front->setup->out, SHUT_WR);
	for (i = 0; i < DRAIN_READS; i++) {
		if (recvmsg(front->setup->in, &msg, MSG_DONTWAIT) <= 0)
			break;
	}
}

static bool greet(struct front *front)
{
	struct channel_message message;
	struct channel_greeting greeting;

	if (!front_await(front, CHANNEL_GREETING, &message))
		return false;
	memcpy(&greeting, message.body.p, sizeof(greeting));
	message.body = span_drop(message.body, sizeof(greeting));
	front->plaintext = greeting.plaintext;
	front->alive_ms = greeting.alive_ms;
	front->apop = greeting.stamp_n > 0;
	if (greeting.unfit) {
		output_add_str(&front->out, "-ERR [SYS/TEMP] no session can be "
					    "set up now; try later\r\n");
		return false;
	}
	if (greeting.preauth) {
		front_take_verdict(front);
		return true;
	}
	output_add_str(&front->out, "+OK ");
	output_add_str(&front->out, front->setup->greeting);
	if (front->apop) {
		output_add_str(&front->out, " ");
		output_add(&front->out, message.body);
	}
	output_add_str(&front->out, "\r\n");
	return true;
}

/* Where there is no place for its statistics. */
static struct statistics_counters nobodys;

static struct statistics_counters *own_page(const struct front_setup *setup)
{
	if (setup->counters)
		return setup->counters;
	memset(&nobodys, 0, sizeof(nobodys));
	return &nobodys;
}

void front_run(struct front *front, const struct front_setup *setup)
{
	const struct output_watch watch = {wait_to_write, output_moved, front};
	struct channel_summary summary;

	front->setup = setup;
	front->state = POP3_AUTHORIZATION;
	front->reason = CHANNEL_HUNG_UP;
	front->own = own_page(setup);
	front->alive_at = clock_ms();
	output_init(&front->out, setup->out, setup->is_socket, &watch);
	front->out.transcript = setup->transcript;
	line_reset(&front->reader, front->line, LINE_LIMIT);
	if (!greet(front))
		front->ended = true;
	while (!front->ended) {
		if (front->pending.n == 0 && !read_more(front))
			break;
		serve_line(front);
	}
	output_flush(&front->out);
	summary = front_summary(front, front->out.sent);
	if (!front->is_summed &&
	    !front_send(front, CHANNEL_SUMMARY,
			span_make(&summary, sizeof(summary)),
			span_make(NULL, 0), span_make(NULL, 0)))
		return;
	if (!front->out.failed)
		hang_up(front);
}
