/* SPDX-License-Identifier: ISC */
#include "scmpd/event_record.h"

#include "proto/scmp_write.h"
#include "stats/counters.h"
#include "sys/clock.h"

static void begin(struct buf *out, enum events_type type, uint64_t time_ms)
{
	char memory[32];
	struct buf time;

	buf_init(&time, memory, sizeof(memory));
	buf_add_u64(&time, time_ms / 1000);
	buf_add_char(&time, '.');
	for (unsigned unit = 100; unit; unit /= 10)
		buf_add_char(&time, (char)('0' + time_ms / unit % 10));
	scmp_write_field_str(out, "event", events_type_word(type));
	scmp_write_field(out, "time", buf_span(&time));
}

static void add_peer(struct buf *out, const struct events_event *event)
{
	char memory[NETWORK_TEXT_MAX];
	struct buf text;

	if (!event->has_peer)
		return;
	buf_init(&text, memory, sizeof(memory));
	network_address_format(&event->address, &text);
	scmp_write_field(out, "ip", buf_span(&text));
	if (event->port)
		scmp_write_field_u64(out, "port", event->port);
}

/* The same names as in SESSIONS. */
static void add_counts(struct buf *out, const struct events_event *event)
{
	scmp_write_field_u64(out, "age", event->age_s);
	scmp_write_field_u64(out, "in", event->received);
	scmp_write_field_u64(out, "out", event->sent);
	scmp_write_field_u64(out, "retr", event->retrieved);
	scmp_write_field_u64(out, "dele", event->deleted);
}

void event_record_add(struct buf *out, const struct events_event *event)
{
	const char *reason = events_reason_word(event);

	begin(out, event->type, event->time_ms);
	if (event->session)
		scmp_write_field_u64(out, "id", event->session);
	if (event->pid)
		scmp_write_field_u64(out, "pid", event->pid);
	if (event->text_n)
		scmp_write_field(out,
				 event->type == EVENTS_ERROR ? "text" : "user",
				 span_make(event->text, event->text_n));
	add_peer(out, event);
	if (event->type == EVENTS_LOGIN || event->type == EVENTS_AUTH_FAILED)
		scmp_write_field_str(out, "method",
				     counters_method_word(event->method));
	if (reason[0])
		scmp_write_field_str(out, "reason", reason);
	if (event->type == EVENTS_CLOSE)
		add_counts(out, event);
	if (event->more)
		scmp_write_field_u64(out, "more", event->more);
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
	scmp_write_field_u64(out, "n", n);
}

bool event_types_add(struct span word, unsigned *types)
{
	enum events_type type;

	if (!events_type_of(word, &type))
		return false;
	*types |= 1u << type;
	return true;
}
