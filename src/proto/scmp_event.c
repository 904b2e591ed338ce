/* SPDX-License-Identifier: ISC */
#include "proto/scmp_event.h"

const struct scmp_event_row scmp_events[SCMP_EVENT_KEYS] = {
	[SCMP_EVENT_TYPE] = {"event", SCMP_EVENT_IS_TEXT},
	[SCMP_EVENT_TIME] = {"time", SCMP_EVENT_IS_TIME},
	[SCMP_EVENT_ID] = {"id", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_PID] = {"pid", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_USER] = {"user", SCMP_EVENT_IS_TEXT},
	[SCMP_EVENT_TEXT] = {"text", SCMP_EVENT_IS_TEXT},
	[SCMP_EVENT_IP] = {"ip", SCMP_EVENT_IS_TEXT},
	[SCMP_EVENT_PORT] = {"port", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_METHOD] = {"method", SCMP_EVENT_IS_TEXT},
	[SCMP_EVENT_REASON] = {"reason", SCMP_EVENT_IS_TEXT},
	[SCMP_EVENT_AGE] = {"age", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_IN] = {"in", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_OUT] = {"out", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_RETR] = {"retr", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_DELE] = {"dele", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_MORE] = {"more", SCMP_EVENT_IS_NUMBER},
	[SCMP_EVENT_DROPPED] = {"n", SCMP_EVENT_IS_NUMBER},
};

enum scmp_event_kind scmp_event_kind_of(struct span key)
{
	for (int i = 0; i < SCMP_EVENT_KEYS; i++) {
		if (span_equal(key, span_str(scmp_events[i].key)))
			return scmp_events[i].kind;
	}
	return SCMP_EVENT_IS_TEXT;
}
