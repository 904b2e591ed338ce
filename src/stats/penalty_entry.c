/* SPDX-License-Identifier: ISC */
#include "stats/penalty_entry.h"

#include <stdatomic.h>

#include "stats/penalty.h"

enum { PENALTY_COUNT_MAX = UINT16_MAX };

/* --- one word: failures, and since when --- */

/* Seconds since then; what is far ahead is huge, in unsigned numbers. */
static uint64_t penalty_age(uint64_t then, uint64_t now)
{
	return then > now && then - now <= PENALTY_ENTRY_AHEAD_S ? 0
								 : now - then;
}

/*
 * What is left of an entry's failures, of which one is forgotten in each
 * `period`; *since: when the next one begins to age.
 */
static uint32_t penalty_left(uint64_t state, uint64_t now, uint64_t period,
			     uint64_t *since)
{
	uint64_t age = penalty_age(state >> 16, now);
	uint64_t failures = state & PENALTY_COUNT_MAX;

	*since = now;
	if (age / period >= failures)
		return 0;
	*since = now - age % period;
	return (uint32_t)(failures - age / period);
}

uint32_t penalty_entry_failures(const struct penalty_entry *e, uint64_t now,
				uint64_t period)
{
	uint64_t since;

	return e ? penalty_left(atomic_load(&e->state), now, period, &since)
		 : 0;
}

uint64_t penalty_entry_left(const struct penalty_entry *e, uint64_t now,
			    uint64_t period)
{
	uint64_t since, failures;

	if (!e)
		return 0;
	failures = penalty_left(atomic_load(&e->state), now, period, &since);
	return failures ? failures * period - (now - since) : 0;
}

uint32_t penalty_entry_forgive(struct penalty_entry *e, uint64_t now,
			       uint64_t period)
{
	uint64_t since;

	return penalty_left(atomic_exchange(&e->state, 0), now, period, &since);
}

uint32_t penalty_entry_fail(struct penalty_entry *e, uint64_t now,
			    uint64_t period, uint32_t most)
{
	uint64_t since, old, new;
	uint32_t failures;

	old = atomic_load(&e->state);
	do {
		failures = penalty_left(old, now, period, &since);
		if (failures < most)
			failures++;
		new = since << 16 | failures;
	} while (!atomic_compare_exchange_weak(&e->state, &old, new));
	return failures;
}

bool penalty_entry_is_known(const struct penalty_entry *e, uint64_t now)
{
	return e && penalty_age(atomic_load(&e->good), now) < PENALTY_KNOWN_S;
}

void penalty_entry_know(struct penalty_entry *e, uint64_t now)
{
	atomic_store(&e->good, now);
}

/* --- places --- */

struct penalty_entry *penalty_place_find(const struct penalty_place *place)
{
	for (size_t i = 0; i < place->ways; i++) {
		if (atomic_load(&place->bucket[i].tag) == place->tag)
			return &place->bucket[i];
	}
	return NULL;
}

/* The entry that is to be given up: a free one, else the oldest. */
static struct penalty_entry *penalty_oldest(const struct penalty_place *place,
					    uint64_t now)
{
	struct penalty_entry *oldest = place->bucket;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < place->ways; i++) {
		struct penalty_entry *e = &place->bucket[i];
		uint64_t state = atomic_load(&e->state) >> 16;
		uint64_t good = atomic_load(&e->good);
		uint64_t last = state > good ? state : good;

		if (!atomic_load(&e->tag) ||
		    (!penalty_entry_is_known(e, now) &&
		     !penalty_entry_failures(e, now, place->period)))
			return e;
		if (last < least) {
			least = last;
			oldest = e;
		}
	}
	return oldest;
}

struct penalty_entry *penalty_place_make(const struct penalty_place *place,
					 uint64_t now)
{
	struct penalty_entry *e = penalty_place_find(place);
	uint64_t old;

	if (e)
		return e;
	e = penalty_oldest(place, now);
	old = atomic_load(&e->tag);
	/* Whoever loses the race for it counts in the winner's entry if that
	 * is about the same, else not at all. */
	if (atomic_compare_exchange_strong(&e->tag, &old, place->tag)) {
		atomic_store(&e->state, 0);
		atomic_store(&e->good, 0);
		atomic_store(&e->about, place->about);
		return e;
	}
	return old == place->tag ? e : NULL;
}
