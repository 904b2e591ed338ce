/* SPDX-License-Identifier: ISC */
#include "scmpd/watch.h"

#include "scmpd/connection.h"
#include "scmpd/event_record.h"

#include <event2/event.h>

enum {
	WATCH_TICK_MS = 200,
	/* After so many ticks: may he still watch? Each in a tick of his own,
	 * as far as there are enough. */
	WATCH_REFRESH_TICKS = 25,
	/* Events read at once; more wait for the next tick. */
	WATCH_AT_ONCE = EVENTS_RECORDS,
	WATCH_RECORD = 4096,
};

static bool is_watching(const struct connection *c)
{
	return c->state == SCMP_STATE_STREAM && !c->is_ending;
}

/* --- one of them --- */

static void tell_missed(struct connection *c)
{
	event_record_add_dropped(connection_record(c), c->watch_missed);
	scmp_write_end(&c->record);
	connection_send_record(c);
	c->watch_missed = 0;
}

/* Half of the bound is free again before it goes on, so that one who is slow
 * gets a few long pieces. */
static bool has_room(const struct connection *c)
{
	return connection_unsent(c) <
	       (c->watch_missed ? CONNECTION_OUTPUT / 2 : CONNECTION_OUTPUT);
}

static void miss(struct connection *c, uint64_t n)
{
	c->watch_missed += n;
	c->scmpd->watch.dropped += n;
}

static void send_to(struct connection *c, struct span record)
{
	if (!has_room(c)) {
		miss(c, 1);
		return;
	}
	if (c->watch_missed)
		tell_missed(c);
	connection_send(c, record);
}

void watch_leave(struct connection *c)
{
	if (c->watch_missed)
		tell_missed(c);
	scmp_write_dot(connection_record(c));
	connection_send_record(c);
	c->state = SCMP_STATE_MANAGE;
	connection_arm(c);
}

/* Role and account may have changed since. */
static void refresh(struct connection *c)
{
	if (!caller_refresh(&c->caller, c->scmpd))
		connection_end(c);
	else if (!(c->caller.rights & SCMP_RIGHT_SESSIONS_READ))
		watch_leave(c);
}

/* --- all of them --- */

static void send_to_all(struct scmpd *s, enum events_type type,
			struct buf *record)
{
	struct connection *c;

	scmp_write_end(record);
	if (record->overflow)
		return;
	for (c = LIST_FIRST(&s->connections); c; c = LIST_NEXT(c, entry)) {
		if (is_watching(c) && (c->watch_types & 1u << type))
			send_to(c, buf_span(record));
	}
}

static void all_missed(struct scmpd *s, uint64_t n)
{
	struct connection *c;

	for (c = LIST_FIRST(&s->connections); c; c = LIST_NEXT(c, entry)) {
		if (is_watching(c))
			miss(c, n);
	}
}

static void read_ring(struct scmpd *s)
{
	char memory[WATCH_RECORD];
	struct events_event event;
	struct buf record;
	uint64_t missed;
	int got = 1;

	for (int i = 0; got == 1 && i < WATCH_AT_ONCE; i++) {
		got = events_look_next(&s->watch.look, &event, &missed);
		if (missed)
			all_missed(s, missed);
		if (got != 1)
			break;
		buf_init(&record, memory, sizeof(memory));
		event_record_add(&record, &event);
		send_to_all(s, event.type, &record);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct scmpd *s = context;
	unsigned turn = ++s->watch.ticks % WATCH_REFRESH_TICKS;
	struct connection *c;
	size_t n = 0;

	(void)fd;
	(void)what;
	read_ring(s);
	for (c = LIST_FIRST(&s->connections); c; c = LIST_NEXT(c, entry)) {
		if (is_watching(c) && c->watch_turn == turn)
			refresh(c);
		if (!is_watching(c))
			continue;
		n++;
		if (c->watch_missed && has_room(c))
			tell_missed(c);
	}
	if (n)
		return;
	(void)event_del(s->watch.timer);
	events_look_close(&s->watch.look);
	s->watch.is_running = false;
}

static bool start(struct scmpd *s)
{
	const struct timeval tick = {.tv_usec = WATCH_TICK_MS * 1000};
	struct watch *w = &s->watch;

	if (!w->timer)
		w->timer = event_new(s->base, -1, EV_PERSIST, on_tick, s);
	if (!w->timer || event_add(w->timer, &tick) < 0)
		return false;
	events_look_init(&w->look, s->run_dirfd);
	events_look_back(&w->look, 0);
	w->is_running = true;
	return true;
}

bool watch_join(struct connection *c, unsigned types)
{
	struct scmpd *s = c->scmpd;

	/* What happened before is not for this one. */
	if (s->watch.is_running)
		read_ring(s);
	else if (!start(s))
		return false;
	c->watch_types = types;
	c->watch_missed = 0;
	c->watch_turn = s->watch.joined++ % WATCH_REFRESH_TICKS;
	c->state = SCMP_STATE_STREAM;
	return true;
}

void watch_tell(struct scmpd *s, enum events_type type, struct span fields)
{
	const struct own_event *event =
		own_events_add(&s->watch.own, type, fields);
	char memory[WATCH_RECORD];
	struct buf record;

	if (!s->watch.is_running)
		return;
	read_ring(s); /* in their order */
	buf_init(&record, memory, sizeof(memory));
	event_record_add_own(&record, event);
	send_to_all(s, type, &record);
}
