/* SPDX-License-Identifier: ISC */
#include "scmpd/connection_parts.h"
#include "scmpd/dispatch.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* --- output --- */

void connection_on_output(struct evbuffer *output,
			  const struct evbuffer_cb_info *change, void *context)
{
	struct connection *c = context;

	(void)output;
	if (change->n_deleted)
		c->has_taken = true;
}

size_t connection_unsent(const struct connection *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->stream));
}

void connection_send(struct connection *c, struct span octets)
{
	if (bufferevent_write(c->stream, octets.p, octets.n) < 0)
		c->is_ending = true;
}

struct buf *connection_record(struct connection *c)
{
	buf_init(&c->record, c->record_memory, sizeof(c->record_memory));
	return &c->record;
}

void connection_send_record(struct connection *c)
{
	/* Lines are made within this limit; what is cut would be no line. */
	if (c->record.overflow)
		log_error("scmp: a line of a reply is over %d octets and was "
			  "left out",
			  SCMP_REPLY_LIMIT);
	else
		connection_send(c, buf_span(&c->record));
	explicit_bzero(c->record_memory, c->record.n);
}

/* --- the end --- */

void connection_free(struct connection *c)
{
	if (c->source)
		c->source->end(c->source_state);
	LIST_REMOVE(c, entry);
	c->scmpd->connections_n--;
	(void)evbuffer_remove_cb(bufferevent_get_output(c->stream),
				 connection_on_output, c);
	bufferevent_free(c->stream);
	event_free(c->timer);
	event_free(c->turn);
	event_free(c->hold);
	explicit_bzero(c, sizeof(*c));
	free(c);
}

/*
 * All is sent. What the client may still send is taken and forgotten until it
 * closes, since unread input would reset the connection and take our last words
 * with it.
 */
static void say_goodbye(struct connection *c)
{
	if (c->has_input_end) {
		connection_free(c);
		return;
	}
	(void)shutdown(bufferevent_getfd(c->stream), SHUT_WR);
	bufferevent_setwatermark(c->stream, EV_READ, 0, 0);
	(void)bufferevent_enable(c->stream, EV_READ);
}

void connection_end(struct connection *c)
{
	if (c->is_ending)
		return;
	c->is_ending = true;
	/* (Else whoever reads the command now clears it.) */
	if (c->is_held)
		explicit_bzero(&c->command, sizeof(c->command));
	connection_release(c);
	connection_arm(c);
	bufferevent_setwatermark(c->stream, EV_WRITE, 0, 0);
	connection_go_on(c);
}

/* --- input --- */

static bool may_read(const struct connection *c)
{
	return !c->is_ending && !c->is_held && !c->source &&
	       connection_unsent(c) < CONNECTION_OUTPUT;
}

static void take_verdict(struct connection *c, enum scmp_line_verdict verdict,
			 struct span line)
{
	switch (verdict) {
	case SCMP_LINE_READY:
		dispatch_line(c, line);
		break;
	case SCMP_LINE_MALFORMED:
		dispatch_refuse(c, SCMP_CODE_SYNTAX,
				"a NUL, or a CR that does not end the line");
		break;
	case SCMP_LINE_TOO_LONG:
		dispatch_refuse(c, SCMP_CODE_TOOLONG,
				"a line has at most 1024 octets");
		if (c->reader.too_long >= SCMP_TOO_LONG_LINES)
			connection_end(c);
		break;
	case SCMP_LINE_FOREIGN:
	case SCMP_LINE_MORE:
		break;
	}
	scmp_reader_forget(&c->reader);
}

static bool is_turn_over(uint64_t began)
{
	return clock_ms() - began >= CONNECTION_TURN_MS;
}

/* False: HTTP or TLS; the connection is to be closed without a word. */
static bool take_input(struct connection *c, uint64_t began)
{
	struct evbuffer *input = bufferevent_get_input(c->stream);

	while (may_read(c) && !is_turn_over(began)) {
		size_t n = evbuffer_get_contiguous_space(input);
		unsigned char *octets =
			n ? evbuffer_pullup(input, (ssize_t)n) : NULL;
		struct span in = span_make(octets, octets ? n : 0), line;
		enum scmp_line_verdict verdict;

		if (!in.n)
			return true;
		verdict = scmp_reader_feed(&c->reader, &in, &line);
		if (verdict == SCMP_LINE_FOREIGN)
			return false;
		if (verdict != SCMP_LINE_MORE)
			take_verdict(c, verdict, line);
		/* It may have been a password. */
		explicit_bzero(octets, n - in.n);
		(void)evbuffer_drain(input, n - in.n);
	}
	return true;
}

/* False: it will not be made any further. */
static bool may_go_on_later(struct connection *c, const struct call *call)
{
	if (call->is_busy && connection_is_patient(c, CALL_PATIENCE_MS)) {
		connection_hold(c, CALL_AGAIN_MS, NULL);
		return true;
	}
	log_error("scmp: a reply cannot be finished; the connection is closed");
	return false;
}

/* The rest of a long reply, as much as the client takes. False: it cannot be
 * made any further. */
static bool continue_reply(struct connection *c, uint64_t began)
{
	struct call call = {
		.scmpd = c->scmpd,
		.connection = c,
		.caller = &c->caller,
		.command = &c->command,
		.is_answered = true,
	};

	while (c->source && !c->is_held &&
	       connection_unsent(c) < CONNECTION_OUTPUT &&
	       !is_turn_over(began)) {
		const struct call_source *source = c->source;
		bool more = source->more(&call, c->source_state);

		connection_arm(c);
		if (call.is_broken)
			return may_go_on_later(c, &call);
		c->impeded_ms = 0;
		if (more)
			continue;
		c->source = NULL;
		source->end(c->source_state);
		call_end(&call);
	}
	return true;
}

/* A command under way is still answered whole. */
static void pump_end(struct connection *c)
{
	struct evbuffer *input = bufferevent_get_input(c->stream);

	(void)evbuffer_drain(input, evbuffer_get_length(input));
	if (!c->source && connection_unsent(c) == 0)
		say_goodbye(c);
	else if (c->source && !c->is_held &&
		 connection_unsent(c) < CONNECTION_OUTPUT)
		connection_go_on(c);
}

static void pump_input(struct connection *c, uint64_t began)
{
	struct evbuffer *input = bufferevent_get_input(c->stream);
	size_t before = evbuffer_get_length(input);

	if (!take_input(c, began)) {
		log_info("scmp: a peer speaks HTTP or TLS and was hung up on");
		/* What was answered before is still sent, and whole. */
		if (connection_unsent(c) > 0)
			connection_end(c);
		else
			connection_free(c);
		return;
	}
	/* A reply that was just begun, or what is left for another turn. */
	if (evbuffer_get_length(input) != before || is_turn_over(began))
		connection_go_on(c);
	else if (c->has_input_end && may_read(c))
		connection_end(c);
}

/* Everything that can go on, goes on, until others have their turn. */
static void pump(struct connection *c)
{
	uint64_t began = clock_ms();

	if (!continue_reply(c, began))
		connection_free(c);
	else if (c->is_ending)
		pump_end(c);
	else
		pump_input(c, began);
}

void connection_on_stream(struct bufferevent *stream, void *context)
{
	(void)stream;
	pump(context);
}

void connection_on_event(struct bufferevent *stream, short what, void *context)
{
	struct connection *c = context;

	(void)stream;
	if (!(what & BEV_EVENT_EOF)) {
		connection_free(c);
		return;
	}
	/* What came before is still answered, and all of that is sent. */
	c->has_input_end = true;
	pump(c);
}

void connection_on_turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	pump(context);
}

/* By a timer, behind whatever else waits by now. */
void connection_go_on(struct connection *c)
{
	const struct timeval at_once = {0, 0};

	(void)event_add(c->turn, &at_once);
}
