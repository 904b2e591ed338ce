/* SPDX-License-Identifier: ISC */
/*
 * Those who watch: clients that are sent events as they happen. One timer
 * reads the ring of sessions' events for all of them, while there are any. Who
 * does not take what it is sent misses events, and is told how many; nobody
 * waits for it.
 */
#ifndef SCMPD_WATCH_H
#define SCMPD_WATCH_H

#include "base/span.h"
#include "scmpd/own_events.h"

#include <stdbool.h>

struct connection;
struct event;
struct scmpd;

struct watch {
	struct own_events own;
	struct events_look look;
	struct event *timer; /* NULL: not made yet */
	bool is_running;
	unsigned ticks;
	unsigned joined;  /* clients, ever */
	uint64_t dropped; /* records that clients did not get, for metrics */
};

/*
 * Tells of something that this daemon did, or that happened to it: kept for
 * EVENTS, and sent to who watches. `fields`: what the record has behind event=
 * and time=, as scmp_write_field() writes it; copied.
 */
void watch_tell(struct scmpd *s, enum events_type type, struct span fields);

/* From now on the connection is in STREAM and gets events of these types (bits
 * of enum events_type). False: out of memory. */
__attribute__((warn_unused_result)) bool watch_join(struct connection *c,
						    unsigned types);

/* The end of the stream, its dot included; the connection is in MANAGE. */
void watch_leave(struct connection *c);

#endif
