/* SPDX-License-Identifier: ISC */
#include "scmpd/event_record.h"

#include "proto/scmp_event.h"
#include "proto/scmp_write.h"
#include "stats/counters.h"
#include "sys/clock.h"

static void add_text(struct buf *out, enum scmp_event_key key, struct span text)
{
	scmp_write_field(out, scmp_events[key].key, text);
}

static void add_number(struct buf *out, enum scmp_event_key key, uint64_t n)
{
	scmp_write_field_u64(out, scmp_events[key].key, n);
}

static void begin(struct buf *out, enum events_type type, uint64_t time_ms)
{
	char memory[32];
	struct buf time;

	buf_init(&time, memory, sizeof(memory));
	buf_add_u64(&time, time_ms / 1000);
	buf_add_char(&time, '.');
	for (unsigned unit = 100; unit; unit /= 10)
		buf_add_char(&time, (char)('0' + time_ms / unit % 10));
	add_text(out, SCMP_EVENT_TYPE, span_str(events_type_word(type)));
	add_text(out, SCMP_EVENT_TIME, buf_span(&time));
}

static void add_peer(struct buf *out, const struct events_event *event)
{
	char memory[NETWORK_TEXT_MAX];
	struct buf text;

	if (!event->has_peer)
		return;
	buf_init(&text, memory, sizeof(memory));
	network_address_format(&event->address, &text);
	add_text(out, SCMP_EVENT_IP, buf_span(&text));
	if (event->port)
		add_number(out, SCMP_EVENT_PORT, event->port);
}

/* The same names as in SESSIONS. */
static void add_counts(struct buf *out, const struct events_event *event)
{
	add_number(out, SCMP_EVENT_AGE, event->age_s);
	add_number(out, SCMP_EVENT_IN, event->received);
	add_number(out, SCMP_EVENT_OUT, event->sent);
	add_number(out, SCMP_EVENT_RETR, event->retrieved);
	add_number(out, SCMP_EVENT_DELE, event->deleted);
}

void event_record_add(struct buf *out, const struct events_event *event)
{
	const char *reason = events_reason_word(event);

	begin(out, event->type, event->time_ms);
	if (event->session)
		add_number(out, SCMP_EVENT_ID, event->session);
	if (event->pid)
		add_number(out, SCMP_EVENT_PID, event->pid);
	if (event->text_n)
		add_text(out,
			 event->type == EVENTS_ERROR ? SCMP_EVENT_TEXT
						     : SCMP_EVENT_USER,
			 span_make(event->text, event->text_n));
	add_peer(out, event);
	if (event->type == EVENTS_LOGIN || event->type == EVENTS_AUTH_FAILED)
		add_text(out, SCMP_EVENT_METHOD,
			 span_str(counters_method_word(event->method)));
	if (reason[0])
		add_text(out, SCMP_EVENT_REASON, span_str(reason));
	if (event->type == EVENTS_CLOSE)
		add_counts(out, event);
	if (event->more)
		add_number(out, SCMP_EVENT_MORE, event->more);
}

void event_record_add_own(struct buf *out, const struct own_event *event)
{
	begin(out, event->type, event->time_ms);
	if (!event->fields.n)
		return;
	buf_add_char(out, ' ');
	buf_add_span(out, event->fields);
}

void event_record_add_dropped(struct buf *out, uint64_t n)
{
	begin(out, EVENTS_DROPPED, clock_real_ns() / 1000000);
	add_number(out, SCMP_EVENT_DROPPED, n);
}

bool event_types_add(struct span word, unsigned *types)
{
	enum events_type type;

	if (!events_type_of(word, &type))
		return false;
	*types |= 1u << type;
	return true;
}
