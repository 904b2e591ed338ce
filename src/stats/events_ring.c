/* SPDX-License-Identifier: ISC */
#include "stats/events_ring.h"

#include <errno.h>
#include <string.h>

#include "stats/counters.h"
#include "stats/events_record.h"
#include "stats/shared.h"
#include "sys/clock.h"

/* --- writing --- */

int events_open(struct events_ring *ring, int run_dirfd)
{
	int failed;

	ring->is_lost = false;
	ring->file = shared_open(run_dirfd, &events_kind, &ring->fd);
	if (ring->file)
		return 0;
	failed = ring->fd;
	ring->fd = -1;
	return failed;
}

void events_close(struct events_ring *ring)
{
	shared_close(ring->fd, ring->file, &events_kind);
	ring->fd = -1;
	ring->file = NULL;
}

void events_put(struct events_file *file, const struct events_event *event)
{
	uint64_t number = atomic_fetch_add(&file->head, 1);
	_Atomic uint64_t *place = file->records[number % EVENTS_RECORDS];
	struct events_record record;
	uint64_t words[EVENTS_WORDS];

	events_pack(&record, event, number);
	memcpy(words, &record, sizeof(words));
	/* The number last. Until then it is an old record by its number, and no
	 * record at all by its checksum. */
	for (size_t i = 1; i < EVENTS_WORDS; i++)
		counters_set(&place[i], words[i]);
	atomic_store_explicit(&place[0], words[0], memory_order_release);
}

/* --- types that come without end --- */

static const enum events_type events_endless[] = {EVENTS_REFUSED, EVENTS_ERROR};

enum { EVENTS_ENDLESS = sizeof(events_endless) / sizeof(events_endless[0]) };

static bool events_is_endless(enum events_type type)
{
	for (size_t i = 0; i < EVENTS_ENDLESS; i++) {
		if (events_endless[i] == type)
			return true;
	}
	return false;
}

/* Tells how many of a second that is over were not told: one of all writers. */
static void events_tell_more(struct events_file *file, enum events_type type,
			     uint64_t second, uint64_t time_ms)
{
	uint64_t was = atomic_load(&file->paces[type]);
	uint32_t n = (uint32_t)was;
	struct events_event event = {.type = type, .time_ms = time_ms};

	if (was >> 32 == second || n <= EVENTS_A_SECOND ||
	    !atomic_compare_exchange_strong(&file->paces[type], &was,
					    second << 32))
		return;
	event.more = n - EVENTS_A_SECOND;
	events_put(file, &event);
}

/* Counts it. Is it one of the first in this second? */
static bool events_is_early(struct events_file *file, enum events_type type,
			    uint64_t second)
{
	uint64_t was = atomic_load(&file->paces[type]), now;

	do
		now = was >> 32 == second ? was + 1 : (second << 32) + 1;
	while (!atomic_compare_exchange_weak(&file->paces[type], &was, now));
	return (uint32_t)now <= EVENTS_A_SECOND;
}

bool events_write(struct events_ring *ring, const struct events_event *event)
{
	/* Never 0, which is what a new file holds. */
	uint64_t second = (uint32_t)(clock_ms() / 1000 + 1);
	struct events_event now = *event;
	int failed;

	if (ring->fd < 0)
		return false;
	failed = shared_is_whole(ring->fd, &events_kind);
	/* Written only where need be: it is in a page that processes share. */
	if ((failed == -ESTALE || failed == -EBADMSG) && !ring->is_lost)
		ring->is_lost = true;
	/* One that was removed may still have its readers. */
	if (failed && failed != -ESTALE)
		return false;
	if (!now.time_ms)
		now.time_ms = clock_real_ns() / 1000000;
	for (size_t i = 0; i < EVENTS_ENDLESS; i++)
		events_tell_more(ring->file, events_endless[i], second,
				 now.time_ms);
	if (!events_is_endless(now.type) ||
	    events_is_early(ring->file, now.type, second))
		events_put(ring->file, &now);
	return true;
}
