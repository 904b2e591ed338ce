/* SPDX-License-Identifier: ISC */
#include "stats/events_record.h"

#include <string.h>

#include "stats/counters.h"
#include "stats/printable.h"

_Static_assert(sizeof(struct events_record) == EVENTS_WORDS * sizeof(uint64_t),
	       "layout of the file");
_Static_assert((EVENTS_RECORDS & (EVENTS_RECORDS - 1)) == 0,
	       "places go on when numbers begin anew");

const struct shared_kind events_kind = {
	.name = "events",
	.magic = "p3sevent",
	.version = 1,
	.size = sizeof(struct events_file),
	.backed = sizeof(struct events_file),
};

/* --- words --- */

static const char *const events_words[EVENTS_TYPES] = {
	[EVENTS_CONNECT] = "connect",
	[EVENTS_LOGIN] = "login",
	[EVENTS_AUTH_FAILED] = "auth-failed",
	[EVENTS_CLOSE] = "close",
	[EVENTS_REFUSED] = "refused",
	[EVENTS_KICK] = "kick",
	[EVENTS_BAN] = "ban",
	[EVENTS_AUDIT] = "audit",
	[EVENTS_CONFIG] = "config",
	[EVENTS_ERROR] = "error",
	[EVENTS_DROPPED] = "dropped",
};

const char *events_type_word(unsigned type)
{
	return type < EVENTS_TYPES ? events_words[type] : "-";
}

bool events_type_of(struct span word, enum events_type *type)
{
	for (unsigned i = 0; i < EVENTS_TYPES; i++) {
		if (!span_equal_nocase(word, span_str(events_words[i])))
			continue;
		*type = (enum events_type)i;
		return true;
	}
	return false;
}

const char *events_reason_word(const struct events_event *event)
{
	if (event->more)
		return "";
	switch (event->type) {
	case EVENTS_LOGIN:
	case EVENTS_AUTH_FAILED:
		return counters_login_word(event->reason);
	case EVENTS_CLOSE:
		return counters_end_word(event->reason);
	case EVENTS_REFUSED:
		return counters_refusal_word(event->reason);
	default:
		return "";
	}
}

void events_set_peer(struct events_event *event,
		     const struct network_address *address, uint16_t port)
{
	event->has_peer = true;
	event->address = *address;
	event->port = port;
}

void events_set_text(struct events_event *event, struct span text)
{
	event->text_n =
		printable_copy(event->text, sizeof(event->text), text, NULL);
}

/* --- records --- */

/* Of all but itself, the mark included. */
static uint64_t events_check(const struct events_record *record)
{
	const uint64_t *words = (const uint64_t *)record;
	uint64_t sum = UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < EVENTS_WORDS; i++) {
		if (i == 1)
			continue;
		sum = (sum ^ words[i]) * UINT64_C(0xd6e8feb86659fd93);
		sum ^= sum >> 32;
	}
	return sum;
}

void events_pack(struct events_record *record, const struct events_event *event,
		 uint64_t number)
{
	*record = (struct events_record){
		.mark = number + 1,
		.time_ms = event->time_ms,
		.session = event->session,
		.age_s = event->age_s,
		.received = event->received,
		.sent = event->sent,
		.retrieved = event->retrieved,
		.deleted = event->deleted,
		.type = event->type,
		.pid = event->pid,
		.reason = event->reason,
		.method = event->method,
		.port = event->port,
		.has_peer = event->has_peer,
		.text_n = event->text_n < EVENTS_TEXT ? event->text_n
						      : EVENTS_TEXT,
		.more = event->more,
	};
	memcpy(record->address, event->address.octets, sizeof(record->address));
	memcpy(record->text, event->text, record->text_n);
	record->check = events_check(record);
}

bool events_unpack(const struct events_record *record, uint64_t number,
		   struct events_event *event)
{
	if (record->mark != number + 1 ||
	    record->check != events_check(record) ||
	    record->type >= EVENTS_TYPES || record->text_n > EVENTS_TEXT)
		return false;
	*event = (struct events_event){
		.type = (enum events_type)record->type,
		.time_ms = record->time_ms,
		.session = record->session,
		.pid = record->pid,
		.has_peer = record->has_peer != 0,
		.port = (uint16_t)record->port,
		.reason = record->reason,
		.method = record->method,
		.age_s = record->age_s,
		.received = record->received,
		.sent = record->sent,
		.retrieved = record->retrieved,
		.deleted = record->deleted,
		.more = record->more,
	};
	memcpy(event->address.octets, record->address, sizeof(record->address));
	events_set_text(event, span_make(record->text, record->text_n));
	return true;
}
