/* SPDX-License-Identifier: ISC */
#include "stats/admission.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "stats/admission_file.h"
#include "stats/admission_life.h"
#include "stats/statistics.h"
#include "sys/clock.h"

_Static_assert((int)ADMISSION_SLOTS == (int)SLOTS_MAX, "slots");

enum { ADMISSION_GROWTH = 64 }; /* slots */

/* --- entering --- */

enum admission_verdict admission_judge(const struct admission_limits *limits,
				       uint32_t sessions, uint32_t network)
{
	uint32_t most = limits->sessions;

	if (!most || most > ADMISSION_SLOTS)
		most = ADMISSION_SLOTS;
	if (limits->per_network && network >= limits->per_network)
		return ADMISSION_NETWORK_FULL;
	return sessions >= most ? ADMISSION_FULL : ADMISSION_ENTERED;
}

/* Has it been long enough? Then now is the time that it was last done. */
static bool admission_is_due(uint64_t *last_ms)
{
	uint64_t now = clock_boot_ms();

	/* A time to come is of before a restart of the machine. */
	if (*last_ms && now >= *last_ms && now - *last_ms < ADMISSION_FOLD_MS)
		return false;
	*last_ms = now;
	return true;
}

/* As the counters are; key NULL: the network's limit is not asked for. */
static enum admission_verdict
admission_ask(struct admission *a, const struct slots_key *key,
	      const struct admission_limits *limits)
{
	struct slots_network *n = key ? slots_network(a->file, key) : NULL;

	return admission_judge(limits, a->file->total, n ? n->count : 0);
}

/* The same without the dead, who are looked for only if they matter. */
static enum admission_verdict
admission_ask_again(struct admission *a, const struct slots_key *key,
		    const struct admission_limits *limits)
{
	enum admission_verdict verdict = admission_ask(a, key, limits);

	if (verdict == ADMISSION_NETWORK_FULL &&
	    admission_is_due(&slots_network(a->file, key)->folded_ms)) {
		admission_life_fold(a, key, 0);
		verdict = admission_ask(a, key, limits);
	}
	if (verdict == ADMISSION_FULL &&
	    admission_is_due(&a->file->folded_ms)) {
		admission_life_fold(a, NULL, 0);
		verdict = admission_ask(a, key, limits);
	}
	return verdict;
}

/*
 * The first free slot. Before more of them are used than ever, the dead are
 * looked for, so that they do not take up the file's space without a limit.
 */
static uint32_t admission_first_free(struct admission *a)
{
	uint32_t slot = slots_free_from(a->file, 0);

	if (slot == SLOTS_NONE || slot < a->file->top || !slot ||
	    slot % ADMISSION_GROWTH || !admission_is_due(&a->file->folded_ms))
		return slot;
	admission_life_fold(a, NULL, 0);
	return slots_free_from(a->file, 0);
}

static enum admission_verdict admission_take(struct admission *a,
					     const struct slots_key *key,
					     struct admission_ticket *ticket)
{
	uint32_t slot = admission_first_free(a);
	int fd = -EAGAIN;

	/* A free slot whose lock is still held belongs to a session that has
	 * left and is about to end. */
	for (; slot != SLOTS_NONE; slot = slots_free_from(a->file, slot + 1)) {
		fd = admission_life_begin(a->run_dirfd, slot);
		if (fd != -EAGAIN)
			break;
	}
	if (slot == SLOTS_NONE)
		return ADMISSION_FULL;
	if (fd < 0)
		return ADMISSION_UNAVAILABLE;
	if (slots_back(a->file, a->fd, slot) < 0) {
		close(fd);
		return ADMISSION_UNAVAILABLE;
	}
	ticket->fd = fd;
	ticket->slot = slot;
	ticket->serial = slots_take(a->file, slot, key);
	ticket->number = a->file->last_serial;
	ticket->counted = a->statistics &&
			  statistics_take(a->statistics, slot, ticket->serial,
					  a->file->last_serial, a->file->total);
	return ADMISSION_ENTERED;
}

enum admission_verdict admission_enter(struct admission *a,
				       const struct network_address *peer,
				       bool exempt,
				       const struct admission_limits *limits,
				       struct admission_ticket *ticket)
{
	enum admission_verdict verdict;
	struct slots_key key;

	*ticket = ADMISSION_NO_TICKET;
	if (peer)
		key = slots_key_of(peer);
	if (!admission_file_lock(a))
		return ADMISSION_UNAVAILABLE;
	verdict = admission_ask_again(a, peer && !exempt ? &key : NULL, limits);
	if (verdict == ADMISSION_ENTERED)
		verdict = admission_take(a, peer ? &key : NULL, ticket);
	admission_file_unlock(a);
	return verdict;
}

/* --- leaving --- */

void admission_hand_over(struct admission_ticket *ticket)
{
	if (ticket->fd >= 0)
		close(ticket->fd);
	ticket->fd = -1;
}

static void admission_give_back(struct admission *a,
				struct admission_ticket *ticket,
				bool is_counted)
{
	/* First, so that the slot's next holder finds it unlocked. */
	admission_hand_over(ticket);
	if (ticket->serial && admission_file_lock(a)) {
		if (!is_counted && a->statistics)
			statistics_cancel(a->statistics, ticket->slot,
					  ticket->serial);
		if (admission_file_slot(a, ticket))
			admission_life_end(a, ticket->slot);
		admission_file_unlock(a);
	}
	*ticket = ADMISSION_NO_TICKET;
}

void admission_leave(struct admission *a, struct admission_ticket *ticket)
{
	admission_give_back(a, ticket, true);
}

void admission_cancel(struct admission *a, struct admission_ticket *ticket)
{
	admission_give_back(a, ticket, false);
}

/* --- what the slots know --- */

void admission_hold(struct admission *a, const struct admission_ticket *ticket,
		    dev_t dev, ino_t ino)
{
	struct slots_slot *s;

	if (!ticket->serial || !admission_file_is_usable(a))
		return;
	s = admission_file_slot(a, ticket);
	if (!s)
		return;
	atomic_store_explicit(&s->dev, dev, memory_order_relaxed);
	atomic_store_explicit(&s->ino, ino, memory_order_relaxed);
	atomic_store_explicit(&s->since, time(NULL), memory_order_release);
}

int64_t admission_held_since(struct admission *a, dev_t dev, ino_t ino)
{
	int64_t latest = 0;
	uint32_t slot = 0;

	if (!admission_file_is_usable(a))
		return 0;
	for (; (slot = slots_used_from(a->file, slot)) != SLOTS_NONE; slot++) {
		const struct slots_slot *s = &a->file->slots[slot];
		int64_t since =
			atomic_load_explicit(&s->since, memory_order_acquire);

		if (since > latest && s->dev == dev && s->ino == ino)
			latest = since;
	}
	return latest;
}
