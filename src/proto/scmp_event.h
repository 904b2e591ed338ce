/* SPDX-License-Identifier: ISC */
/*
 * The fields of a record of EVENTS and WATCH: one table of their keys and what
 * their values are. The server writes them by it, clients read them by it.
 *
 * The table is constant. Pure.
 */
#ifndef PROTO_SCMP_EVENT_H
#define PROTO_SCMP_EVENT_H

#include "base/span.h"

enum scmp_event_key {
	SCMP_EVENT_TYPE,
	SCMP_EVENT_TIME,
	SCMP_EVENT_ID,
	SCMP_EVENT_PID,
	SCMP_EVENT_USER,
	SCMP_EVENT_TEXT,
	SCMP_EVENT_IP,
	SCMP_EVENT_PORT,
	SCMP_EVENT_METHOD,
	SCMP_EVENT_REASON,
	SCMP_EVENT_AGE, /* these five as in SESSIONS */
	SCMP_EVENT_IN,
	SCMP_EVENT_OUT,
	SCMP_EVENT_RETR,
	SCMP_EVENT_DELE,
	SCMP_EVENT_MORE,    /* of such events, not told one by one */
	SCMP_EVENT_DROPPED, /* events that were not told */
	SCMP_EVENT_KEYS,
};

enum scmp_event_kind {
	SCMP_EVENT_IS_TEXT,
	SCMP_EVENT_IS_NUMBER,
	SCMP_EVENT_IS_TIME, /* seconds since 1970, with three decimals */
};

struct scmp_event_row {
	const char *key;
	enum scmp_event_kind kind;
};

extern const struct scmp_event_row scmp_events[SCMP_EVENT_KEYS];

/* What the value of a key is; of one that is not in the table, a text. */
enum scmp_event_kind scmp_event_kind_of(struct span key);

#endif
