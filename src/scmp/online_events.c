/* SPDX-License-Identifier: ISC */
/* Events: what happened lately, and what happens now. */
#include "base/num.h"
#include "proto/scmp_event.h"
#include "scmp/commands.h"
#include "scmp/online.h"
#include "sys/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	/* scmpd says so often that it is there */
	ALIVE_MS = 60 * 1000,
	TEXT_SIZE = 64,
};

/* What is written ahead of the number of events, where people leave it out. */
static const char usually[] = "100";

/* --- records --- */

static json_t *value_of(const struct scmp_field *field)
{
	char memory[SCMP_REPLY_LIMIT];
	struct buf out;
	uint64_t n;

	if (field->is_unknown)
		return json_null();
	buf_init(&out, memory, sizeof(memory) - 1);
	scmp_field_add_value(&out, field);
	memory[out.n] = '\0';
	switch (scmp_event_kind_of(field->key)) {
	case SCMP_EVENT_IS_TIME:
		return json_real(strtod(memory, NULL));
	case SCMP_EVENT_IS_NUMBER:
		if (num_parse_u64(buf_span(&out), INT64_MAX, &n))
			return json_integer((json_int_t)n);
		break;
	case SCMP_EVENT_IS_TEXT:
		break;
	}
	return json_stringn(memory, out.n);
}

static json_t *event_of(struct span record)
{
	json_t *event = json_object();
	struct scmp_field field;

	while (scmp_field_next(&record, &field) == SCMP_FIELD_READY)
		json_object_setn_new(event, field.key.p, field.key.n,
				     value_of(&field));
	return event;
}

/* "2026-11-22 06:30:01  login        id=5 user=alice ..." */
static void print_event(struct span record)
{
	struct scmp_field type, when;
	char text[TEXT_SIZE] = "-";
	uint64_t seconds;
	struct tm tm;

	if (scmp_field_next(&record, &type) != SCMP_FIELD_READY ||
	    scmp_field_next(&record, &when) != SCMP_FIELD_READY)
		return;
	if (num_parse_u64(span_take(when.raw, span_find(when.raw, '.')),
			  INT64_MAX, &seconds)) {
		time_t at = (time_t)seconds;

		if (localtime_r(&at, &tm))
			(void)strftime(text, sizeof(text), "%F %T", &tm);
	}
	while (record.n && record.p[0] == ' ')
		record = span_drop(record, 1);
	printf("%s  %-11.*s  " SPAN_FMT "\n", text, SPAN_ARG(type.raw),
	       SPAN_ARG(record));
}

/* --- events --- */

struct listing {
	const struct scmp *scmp;
	uint64_t n;
};

static void take(struct span record, void *context)
{
	struct listing *l = context;
	json_t *event;

	if (!scmp_given(l->scmp, OPTION_JSON)) {
		print_event(record);
		return;
	}
	event = event_of(record);
	fputs(l->n++ ? ",\n" : "\n", stdout);
	json_dumpf(event, stdout, JSON_COMPACT);
	json_decref(event);
}

int online_events(struct scmp *s)
{
	bool is_json = scmp_given(s, OPTION_JSON);
	struct listing l = {.scmp = s};
	struct request q;
	uint64_t n;
	int r;

	request_begin(&q, "EVENTS");
	if (s->words_n && !num_parse_u64(span_str(s->words[0]), UINT64_MAX, &n))
		request_add(&q, usually);
	for (size_t i = 0; i < s->words_n; i++)
		request_add(&q, s->words[i]);
	fputs(is_json ? "[" : "", stdout);
	r = online_read(s, &q, take, &l);
	fputs(is_json ? l.n ? "\n]\n" : "]\n" : "", stdout);
	return r;
}

/* --- watch --- */

/* One JSON object a line, since there is no end. */
static void show(const struct scmp *s, struct span record)
{
	json_t *event;

	if (record.n && record.p[0] == '#')
		return;
	if (scmp_given(s, OPTION_JSON)) {
		event = event_of(record);
		json_dumpf(event, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(event);
	} else {
		print_event(record);
	}
	fflush(stdout);
}

/* Until scmpd has a line, or a signal came: false then. */
static bool wait_for_line(struct scmp *s, int signals, int *status)
{
	struct pollfd p[] = {{.fd = s->client.fd, .events = POLLIN},
			     {.fd = signals, .events = POLLIN}};
	int ready;

	if (client_has_line(s))
		return true;
	do
		ready = poll(p, 2, ALIVE_MS + s->client.timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready > 0)
		return !p[1].revents;
	*status = scmp_fail(s, STATUS_UNAVAILABLE,
			    "%s: nothing has come for a long time",
			    s->client.place.text);
	s->client.is_broken = true;
	return false;
}

static int end_stream(struct scmp *s)
{
	enum client_more more;
	struct request q;
	struct span line;
	int r;

	request_begin(&q, "STOP");
	r = client_send(s, &q);
	if (r != STATUS_OK)
		return r;
	while ((more = client_next(s, &line)) == CLIENT_LINE)
		show(s, line);
	return more == CLIENT_END ? STATUS_OK : STATUS_UNAVAILABLE;
}

static int watch(struct scmp *s, int signals)
{
	int status = STATUS_OK;
	enum client_more more;
	struct span line;

	while (wait_for_line(s, signals, &status)) {
		more = client_next(s, &line);
		if (more == CLIENT_FAILED)
			return STATUS_UNAVAILABLE;
		if (more == CLIENT_END)
			return scmp_fail(s, STATUS_DENIED,
					 "%s: scmpd shows you no more events",
					 s->client.place.text);
		show(s, line);
		if (ferror(stdout))
			break;
	}
	return status == STATUS_OK ? end_stream(s) : status;
}

int online_watch(struct scmp *s)
{
	static const int wanted[] = {SIGINT, SIGTERM};
	struct scmp_reply reply;
	struct request q;
	int signals, r;

	request_begin(&q, "WATCH");
	for (size_t i = 0; i < s->words_n; i++)
		request_add(&q, s->words[i]);
	r = client_ask(s, &q, &reply);
	if (r != STATUS_OK)
		return r;
	signals = signals_open(wanted, sizeof(wanted) / sizeof(wanted[0]));
	if (signals < 0)
		return scmp_fail(s, STATUS_FAILED, "signals: %s",
				 strerror(-signals));
	/* `scmp watch | head` is to end. */
	(void)signal(SIGPIPE, SIG_DFL);
	r = watch(s, signals);
	close(signals);
	return r;
}
