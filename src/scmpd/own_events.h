/* SPDX-License-Identifier: ISC */
/*
 * The latest events of this daemon itself: audit, kick, ban, config, error.
 * They are kept in memory only, since the ring of sessions' events
 * (stats/events_ring.h) is not for a process that strangers speak to; the log
 * has them for good.
 */
#ifndef SCMPD_OWN_EVENTS_H
#define SCMPD_OWN_EVENTS_H

#include "base/span.h"
#include "stats/events_ring.h"

#include <stdint.h>

enum { OWN_EVENTS = 256 };

struct own_event {
	enum events_type type;
	uint64_t time_ms;   /* since 1970 */
	struct span fields; /* of a record, behind event= and time= */
};

struct own_events {
	uint64_t next; /* the number of the next one; the first has 0 */
	struct own_event items[OWN_EVENTS];
};

/* Adds one, now, with a copy of the fields; what the oldest had is forgotten.
 */
const struct own_event *own_events_add(struct own_events *own,
				       enum events_type type,
				       struct span fields);

/* That of a number; NULL if it is forgotten, or yet to come. */
const struct own_event *own_events_at(const struct own_events *own,
				      uint64_t number);

/* The number of the oldest one that is known. */
uint64_t own_events_first(const struct own_events *own);

#endif
