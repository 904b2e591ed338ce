/* SPDX-License-Identifier: ISC */
#include "stats/statistics_row.h"

#include <string.h>

#include "stats/printable.h"

enum {
	ROW_PID_MAX = 1 << 22, /* the kernel's */
	ROW_AHEAD_MS = 1000,
};

static uint32_t row_get(const _Atomic uint32_t *field)
{
	return atomic_load_explicit(field, memory_order_relaxed);
}

/* How long ago; a time to come is none. */
static uint64_t row_since(uint64_t then, uint64_t now, bool *suspect)
{
	if (then <= now)
		return now - then;
	if (then - now > ROW_AHEAD_MS)
		*suspect = true;
	return 0;
}

static void row_of_identity(const struct statistics_identity *identity,
			    uint64_t now, struct statistics_row *row)
{
	uint32_t user_n = row_get(&identity->user_n);
	uint32_t state = row_get(&identity->state);
	uint32_t pid = row_get(&identity->pid), tls = row_get(&identity->tls);
	uint32_t port = row_get(&identity->port);
	uint32_t has_peer = row_get(&identity->has_peer);
	bool clean;

	if (user_n > STATISTICS_USER) {
		row->suspect = true;
		user_n = 0;
	}
	row->user_n = printable_copy(row->user, sizeof(row->user),
				     span_make(identity->user, user_n), &clean);
	row->number = counters_get(&identity->number);
	row->pid = pid <= ROW_PID_MAX ? pid : 0;
	row->has_peer = has_peer != 0;
	memcpy(row->address.octets, (const void *)identity->address,
	       sizeof(row->address.octets));
	row->port = port <= UINT16_MAX ? (uint16_t)port : 0;
	row->tls = tls != 0;
	row->state = state < COUNTERS_STATES ? (enum counters_state)state
					     : COUNTERS_AUTHORIZATION;
	row->started_s = (int64_t)counters_get(&identity->started_s);
	row->age_ms = row_since(counters_get(&identity->started_ms), now,
				&row->suspect);
	if (!clean || pid > ROW_PID_MAX || port > UINT16_MAX ||
	    state >= COUNTERS_STATES || has_peer > 1 || tls > 1 ||
	    row->started_s < 0 || !(row->serial & 1) ||
	    !statistics_identity_is_sane(identity))
		row->suspect = true;
	if (row->started_s < 0)
		row->started_s = 0;
}

static void row_of_counters(const struct statistics_counters *counters,
			    uint64_t now, struct statistics_row *row)
{
	const struct counters_front *counts = &counters->counts;
	uint64_t verb = counters_get(&counters->verb);
	uint64_t active = counters_get(&counters->active_ms);
	uint64_t messages = counters_get(&counters->messages);

	row->verb = -1;
	row->messages = -1;
	row->idle_ms = row->age_ms;
	if (!statistics_counters_are_sane(counters, row->serial)) {
		row->suspect = true;
		return;
	}
	row->received = counters_get(&counts->received);
	row->sent = counters_get(&counts->sent);
	row->retrieved = counters_get(&counts->retrieved);
	row->topped = counters_get(&counts->topped);
	row->retrieved_octets = counters_get(&counts->retrieved_octets);
	row->marks = counters_get(&counters->marks);
	if (active)
		row->idle_ms = row_since(active, now, &row->suspect);
	if (verb <= COUNTERS_VERBS)
		row->verb = (int)verb - 1;
	if (messages <= UINT32_MAX)
		row->messages = (int64_t)messages - 1;
	if (verb > COUNTERS_VERBS || row->marks > UINT32_MAX ||
	    messages > UINT32_MAX || row->idle_ms > row->age_ms + ROW_AHEAD_MS)
		row->suspect = true;
}

void statistics_row_fill(struct statistics_row *row, uint32_t slot,
			 const struct statistics_identity *identity,
			 const struct statistics_counters *counters,
			 uint64_t now_ms)
{
	*row = (struct statistics_row){
		.slot = slot,
		.serial = counters_get(&identity->serial),
	};
	row_of_identity(identity, now_ms, row);
	row_of_counters(counters, now_ms, row);
}
