/* SPDX-License-Identifier: ISC */
#include "scmpd/own_events.h"

#include "sys/clock.h"

#include <stdlib.h>
#include <string.h>

const struct own_event *own_events_add(struct own_events *own,
				       enum events_type type,
				       struct span fields)
{
	struct own_event *event = &own->items[own->next++ % OWN_EVENTS];
	char *copy = fields.n ? malloc(fields.n) : NULL;

	free((void *)event->fields.p);
	if (copy)
		memcpy(copy, fields.p, fields.n);
	*event = (struct own_event){
		.type = type,
		.time_ms = clock_real_ns() / 1000000,
		.fields = span_make(copy, copy ? fields.n : 0),
	};
	return event;
}

uint64_t own_events_first(const struct own_events *own)
{
	return own->next > OWN_EVENTS ? own->next - OWN_EVENTS : 0;
}

const struct own_event *own_events_at(const struct own_events *own,
				      uint64_t number)
{
	if (number >= own->next || number < own_events_first(own))
		return NULL;
	return &own->items[number % OWN_EVENTS];
}
