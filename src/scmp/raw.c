/* SPDX-License-Identifier: ISC */
/*
 * SCMP itself: lines in, replies out as they come. On a terminal with editing
 * and history; out of a pipe the exit status is that of the first -ERR.
 */
#include "proto/scmp_command.h"
#include "scmp/commands.h"
#include "scmp/online.h"
#include "scmp/prompt.h"
#include "scmp/raw_edit.h"
#include "sys/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct raw {
	struct scmp *scmp;
	struct raw_edit *edit; /* NULL: not on a terminal */
	/* standard input, where it is read without an editor */
	struct line_reader reader;
	char line[SCMP_LINE_LIMIT], input[4096];
	struct span rest;
	bool has_ended;
	int status; /* of the first -ERR */
	bool is_over;
};

/* --- input --- */

static void fill(struct raw *r)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, r->input, sizeof(r->input));
	while (n < 0 && errno == EINTR);
	r->rest = span_make(r->input, n > 0 ? (size_t)n : 0);
	if (n > 0)
		return;
	/* The last line may have no end of its own. */
	r->has_ended = true;
	if (line_is_begun(&r->reader))
		r->rest = span_str("\n");
}

/* One line of what there is; false: it takes more. */
static bool take_line(struct raw *r, struct span *line)
{
	enum line_verdict verdict = line_feed(&r->reader, &r->rest, line);

	if (verdict == LINE_TOO_LONG || verdict == LINE_MALFORMED) {
		int failed = scmp_fail(r->scmp, STATUS_REFUSED,
				       "a line is over %d octets, or has a NUL "
				       "or a CR in it, and was not sent",
				       SCMP_LINE_LIMIT);

		if (r->status == STATUS_OK)
			r->status = failed;
		*line = span_str("");
	}
	return verdict != LINE_MORE;
}

static bool next_line(struct raw *r, struct span *line)
{
	if (r->edit)
		return raw_edit_line(r->edit, line);
	while (!take_line(r, line)) {
		if (r->has_ended)
			return false;
		fill(r);
	}
	return true;
}

/* --- output --- */

/* A line as it came; false: the connection is of no use any more. */
static bool echo(struct raw *r, struct span *line)
{
	int failed = client_line(r->scmp, line);

	if (failed == STATUS_OK) {
		printf(SPAN_FMT "\n", SPAN_ARG(*line));
		fflush(stdout);
		return true;
	}
	r->status = failed;
	r->is_over = true;
	return false;
}

static bool is_dot(struct span line)
{
	return !scmp_reply_is_body(&line);
}

/* --- WATCH --- */

/* While it lasts, what is typed goes to scmpd: STOP or QUIT are heard. */
static void send_typed(struct raw *r, bool *quits)
{
	struct request q;
	struct span line;

	fill(r);
	while (take_line(r, &line)) {
		char text[SCMP_LINE_LIMIT];

		snprintf(text, sizeof(text), SPAN_FMT, SPAN_ARG(line));
		*quits = *quits || span_equal_nocase(line, span_str("QUIT"));
		request_begin(&q, text);
		if (client_send(r->scmp, &q) != STATUS_OK)
			r->is_over = true;
	}
}

static void stop(struct raw *r, int signals)
{
	struct request q;

	(void)signals_next(signals);
	request_begin(&q, "STOP");
	if (client_send(r->scmp, &q) != STATUS_OK)
		r->is_over = true;
}

/* Until the dot. */
static void stream(struct raw *r, int signals)
{
	bool quits = false;
	struct span line;

	while (!r->is_over) {
		struct pollfd p[] = {
			{.fd = r->scmp->client.fd, .events = POLLIN},
			{.fd = signals, .events = POLLIN},
			{.fd = r->has_ended ? -1 : STDIN_FILENO,
			 .events = POLLIN},
		};

		if (!client_has_line(r->scmp) && poll(p, 3, -1) < 0)
			continue;
		if (p[1].revents)
			stop(r, signals);
		if (p[2].revents)
			send_typed(r, &quits);
		if (!p[0].revents && !client_has_line(r->scmp))
			continue;
		if (!echo(r, &line) || is_dot(line))
			break;
	}
	/* QUIT is answered behind the dot. */
	if (quits && !r->is_over) {
		(void)echo(r, &line);
		r->is_over = true;
	}
}

static void watch(struct raw *r)
{
	static const int wanted[] = {SIGINT, SIGTERM};
	int signals = signals_open(wanted, 2);

	stream(r, signals);
	signals_unblock();
	if (signals >= 0)
		close(signals);
}

/* --- one command --- */

static bool has_secret(const struct scmp_form *form)
{
	for (int i = 0; i < SCMP_PARAMETERS_MAX; i++) {
		if (form->parameters[i].flags & SCMP_SECRET)
			return true;
	}
	return false;
}

static void take_reply(struct raw *r, enum scmp_verb verb,
		       const struct scmp_form *form)
{
	struct scmp_reply reply;
	struct span line;

	if (!echo(r, &line))
		return;
	if (!scmp_reply_parse(line, &reply)) {
		r->is_over = true;
		r->status = scmp_fail(r->scmp, STATUS_UNAVAILABLE,
				      "that is no reply of SCMP");
		return;
	}
	if (!reply.is_ok && r->status == STATUS_OK)
		r->status = client_status_of(reply.code);
	if (!reply.is_ok)
		return;
	if (verb == SCMP_WATCH)
		watch(r);
	else if (form && form->reply == SCMP_REPLY_MANY)
		while (echo(r, &line) && !is_dot(line))
			;
	r->is_over = r->is_over || verb == SCMP_QUIT;
}

/* PASS alone asks for it, without echo. */
static bool add_password(struct raw *r, struct request *q)
{
	struct secret secret;

	if (secret_ask(r->scmp, "Password: ", NULL, "give it behind PASS",
		       &secret) != STATUS_OK)
		return false;
	request_add_rest(q, secret.text);
	secret_clear(&secret);
	return true;
}

static void do_line(struct raw *r, struct span line)
{
	struct scmp_command command;
	char text[SCMP_LINE_LIMIT];
	struct request q;
	bool asks;

	(void)scmp_command_parse(line, &command);
	if (r->edit && (!command.form || !has_secret(command.form)))
		raw_edit_keep(r->edit);
	asks = r->edit && span_equal_nocase(line, span_str("PASS"));
	snprintf(text, sizeof(text), SPAN_FMT, SPAN_ARG(line));
	request_begin(&q, text);
	explicit_bzero(text, sizeof(text));
	if (asks && !add_password(r, &q))
		return;
	if (client_send(r->scmp, &q) == STATUS_OK)
		take_reply(r, command.verb, command.form);
	else
		r->is_over = r->scmp->client.is_broken;
	explicit_bzero(&command, sizeof(command));
}

int online_raw(struct scmp *s)
{
	static struct raw r;
	int failed = client_open(s, CLIENT_WITHOUT_LOGIN | CLIENT_MUST_CHANGE);
	struct span line;

	if (failed != STATUS_OK)
		return failed;
	r.scmp = s;
	line_reset(&r.reader, r.line, sizeof(r.line));
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		r.edit = raw_edit_open();
	if (r.edit)
		scmp_say(s,
			 "Connected to %s; HELP tells the commands, QUIT "
			 "ends.",
			 s->client.place.text);
	while (!r.is_over && next_line(&r, &line)) {
		if (line.n)
			do_line(&r, line);
	}
	/* After a QUIT there is nothing more to say. */
	s->client.is_broken = s->client.is_broken || r.is_over;
	failed = r.edit && !s->client.is_broken ? STATUS_OK : r.status;
	raw_edit_close(r.edit);
	explicit_bzero(&r, sizeof(r));
	return failed;
}
