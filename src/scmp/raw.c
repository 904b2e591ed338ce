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
	int status; /* of the first -ERR or failure */
	bool is_over;
};

/* The first of what goes wrong is the exit status. */
static void note(struct raw *r, int status)
{
	if (r->status == STATUS_OK)
		r->status = status;
}

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

	/* It is sent with CRLF, whatever it came with. */
	if (verdict == LINE_TOO_LONG || verdict == LINE_MALFORMED ||
	    line->n > SCMP_LINE_LIMIT - 2) {
		note(r, scmp_fail(r->scmp, STATUS_REFUSED,
				  "a line is over %d octets with its end, or "
				  "has a NUL or a CR in it, and was not sent",
				  SCMP_LINE_LIMIT));
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
	note(r, failed);
	r->is_over = true;
	return false;
}

static bool is_dot(struct span line)
{
	return !scmp_reply_is_body(&line);
}

/* --- WATCH --- */

/* A stream under way. */
struct stream {
	struct raw *raw;
	int signals;
	bool is_told; /* to stop: nothing more is sent before the dot */
	bool quits;
};

static void tell(struct stream *t, const char *line)
{
	struct request q;
	int failed;

	request_begin(&q, line);
	failed = client_send(t->raw->scmp, &q);
	note(t->raw, failed);
	t->raw->is_over = t->raw->is_over || failed != STATUS_OK;
}

static void tell_to_stop(struct stream *t)
{
	while (signals_next(t->signals))
		;
	/* Whoever asks twice does not wait for an answer. */
	if (t->is_told)
		t->raw->is_over = true;
	else
		tell(t, "STOP");
	t->is_told = true;
}

/* What is typed meanwhile: STOP and QUIT end it, all else is for nothing. */
static void take_typed(struct stream *t)
{
	struct span line;

	while (!t->is_told && take_line(t->raw, &line)) {
		t->quits = span_equal_nocase(line, span_str("QUIT"));
		t->is_told =
			t->quits || span_equal_nocase(line, span_str("STOP"));
		if (t->is_told)
			tell(t, t->quits ? "QUIT" : "STOP");
	}
}

/* Waits until scmpd has something to say; it may have to be told something. */
static void wait_for_more(struct stream *t)
{
	struct raw *r = t->raw;

	take_typed(t);
	while (!r->is_over && !client_has_line(r->scmp)) {
		bool listens = !t->is_told && !r->has_ended;
		struct pollfd p[] = {
			{.fd = r->scmp->client.fd, .events = POLLIN},
			{.fd = t->signals, .events = POLLIN},
			{.fd = listens ? STDIN_FILENO : -1, .events = POLLIN},
		};

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[1].revents)
			tell_to_stop(t);
		if (p[2].revents) {
			fill(r);
			take_typed(t);
		}
		if (p[0].revents)
			return;
	}
}

/* Until the dot. */
static void stream(struct raw *r, int signals)
{
	struct stream t = {.raw = r, .signals = signals};
	struct span line;

	do
		wait_for_more(&t);
	while (!r->is_over && echo(r, &line) && !is_dot(line));
	/* QUIT is answered behind the dot. */
	if (t.quits && !r->is_over)
		(void)echo(r, &line);
	r->is_over = r->is_over || t.quits;
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
	/* A person has seen it. */
	if (!reply.is_ok && !r->edit)
		note(r, client_status_of(reply.code));
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
	int failed;

	(void)scmp_command_parse(line, &command);
	if (r->edit && (!command.form || !has_secret(command.form)))
		raw_edit_keep(r->edit);
	asks = r->edit && span_equal_nocase(line, span_str("PASS"));
	snprintf(text, sizeof(text), SPAN_FMT, SPAN_ARG(line));
	request_begin(&q, text);
	explicit_bzero(text, sizeof(text));
	if (asks && !add_password(r, &q))
		return;
	failed = client_send(r->scmp, &q);
	r->is_over = r->scmp->client.is_broken;
	if (failed == STATUS_OK)
		take_reply(r, command.verb, command.form);
	else if (!r->edit || r->is_over)
		note(r, failed);
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
	failed = r.status;
	raw_edit_close(r.edit);
	explicit_bzero(&r, sizeof(r));
	return failed;
}
