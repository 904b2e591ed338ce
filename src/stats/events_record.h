/* SPDX-License-Identifier: ISC */
/*
 * Between the files of the ring: one record of the file `events`
 * (stats/events_ring.h), and where it lies.
 *
 * A record is 32 words. The first is its number + 1, written last; the second
 * is a checksum over all others, so that a record of two writers, or of one
 * that was killed, is never taken for one. Nothing that is read is believed.
 *
 * Nothing here blocks or fails.
 */
#ifndef STATS_EVENTS_RECORD_H
#define STATS_EVENTS_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "stats/events_ring.h"
#include "stats/shared.h"

enum { EVENTS_WORDS = 32 };

struct events_record {
	uint64_t mark; /* number + 1 */
	uint64_t check;
	uint64_t time_ms, session;
	uint64_t age_s, received, sent, retrieved, deleted;
	uint32_t type, pid;
	uint32_t reason, method;
	uint32_t port, has_peer;
	uint8_t address[16];
	uint64_t text_n;
	uint64_t more;
	char text[EVENTS_TEXT];
};

struct events_file {
	struct shared_header header;
	_Alignas(64) _Atomic uint64_t head; /* number of the next event */
	/*
	 * Of types that come without end: the second (of clock_ms(), + 1) and,
	 * in the lower half, how many there were in it.
	 */
	_Alignas(64) _Atomic uint64_t paces[EVENTS_TYPES];
	_Alignas(4096) _Atomic uint64_t records[EVENTS_RECORDS][EVENTS_WORDS];
};

extern const struct shared_kind events_kind;

/* Adds an event to the mapped file; by any number of writers at once. */
void events_put(struct events_file *file, const struct events_event *event);

void events_pack(struct events_record *record, const struct events_event *event,
		 uint64_t number);

/* False: that is no whole record of this number. */
bool events_unpack(const struct events_record *record, uint64_t number,
		   struct events_event *event);

#endif
