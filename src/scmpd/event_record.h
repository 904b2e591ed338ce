/* SPDX-License-Identifier: ISC */
/* Events as records, and sets of their types. Pure but for call's answer. */
#ifndef SCMPD_EVENT_RECORD_H
#define SCMPD_EVENT_RECORD_H

#include "base/buf.h"
#include "scmpd/own_events.h"
#include "stats/events_ring.h"

#include <stdbool.h>

enum { EVENT_TYPES_ALL = (1 << EVENTS_TYPES) - 1 };

/* Each adds a record without its end, and begins event=TYPE time=SECONDS. */
void event_record_add(struct buf *out, const struct events_event *event);
void event_record_add_own(struct buf *out, const struct own_event *event);
/* So many were not told. */
void event_record_add_dropped(struct buf *out, uint64_t n);

/* Adds the bit of a type's word. False: there is no such type. */
bool event_types_add(struct span word, unsigned *types);

#endif
