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

bool events_write(struct events_ring *ring, const struct events_event *event)
{
	struct events_event now = *event;
	int failed;

	if (ring->fd < 0)
		return false;
	failed = shared_is_whole(ring->fd, &events_kind);
	/* One that was removed may still have its readers. */
	if (failed && failed != -ESTALE)
		return false;
	if (!now.time_ms)
		now.time_ms = clock_real_ns() / 1000000;
	events_put(ring->file, &now);
	return true;
}
