/* SPDX-License-Identifier: ISC */
#include "stats/penalty.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "stats/shared.h"

enum {
	PENALTY_BUCKETS = 4096,
	PENALTY_WAYS = 4,
	PENALTY_V4_BITS = 32,
	PENALTY_V6_BITS = 64,
	PENALTY_COUNT_MAX = UINT16_MAX,
};

/* A network, by hash (0: free), and the last failure's second and how many. */
struct penalty_entry {
	_Atomic uint64_t tag;
	_Atomic uint64_t state; /* seconds << 16 | failures */
};

struct penalty_file {
	struct shared_header header;
	_Alignas(
		4096) struct penalty_entry table[PENALTY_BUCKETS][PENALTY_WAYS];
};

static const struct shared_kind penalty_kind = {
	.name = "penalty",
	.magic = "p3spenal",
	.version = 1,
	.size = sizeof(struct penalty_file),
	.backed = sizeof(struct penalty_file),
};

int penalty_open(struct penalty *p, int run_dirfd)
{
	int failed;

	p->file = shared_open(run_dirfd, &penalty_kind, &p->fd);
	if (p->file)
		return 0;
	failed = p->fd;
	p->fd = -1;
	return failed;
}

void penalty_close(struct penalty *p)
{
	shared_close(p->fd, p->file, &penalty_kind);
	p->fd = -1;
	p->file = NULL;
}

/* --- entries --- */

static uint64_t penalty_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

/*
 * What counts of an entry's state. A time to come, which is of before a
 * restart, is very long ago in unsigned numbers.
 */
static uint32_t penalty_failures(uint64_t state, uint64_t now)
{
	uint64_t last = state >> 16;

	if (now - last >= PENALTY_FORGET_S)
		return 0;
	return (uint32_t)(state & PENALTY_COUNT_MAX);
}

/* The tag of a peer's network, and its bucket; NULL if there is no table. */
static struct penalty_entry *penalty_bucket(struct penalty *p,
					    const struct network_address *peer,
					    uint64_t *tag)
{
	struct network n;
	uint64_t hash;
	int failed;

	if (!peer || p->fd < 0)
		return NULL;
	failed = shared_verify(p->fd, p->file, &penalty_kind);
	/* One that was removed still serves all who have it mapped. */
	if (failed && failed != -ESTALE)
		return NULL;
	n = network_of(peer, PENALTY_V4_BITS, PENALTY_V6_BITS);
	hash = shared_hash(&p->file->header, n.base.octets);
	*tag = hash | 1;
	return p->file->table[hash >> 32 & (PENALTY_BUCKETS - 1)];
}

static struct penalty_entry *penalty_find(struct penalty_entry *bucket,
					  uint64_t tag)
{
	for (size_t i = 0; i < PENALTY_WAYS; i++) {
		if (atomic_load(&bucket[i].tag) == tag)
			return &bucket[i];
	}
	return NULL;
}

/* The entry that is to be given up: a free one, else the oldest. */
static struct penalty_entry *penalty_oldest(struct penalty_entry *bucket,
					    uint64_t now)
{
	struct penalty_entry *oldest = bucket;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < PENALTY_WAYS; i++) {
		uint64_t state = atomic_load(&bucket[i].state);

		if (!atomic_load(&bucket[i].tag) ||
		    !penalty_failures(state, now))
			return &bucket[i];
		if (state < least) {
			least = state;
			oldest = &bucket[i];
		}
	}
	return oldest;
}

/* The network's entry, a new one if need be. */
static struct penalty_entry *penalty_make(struct penalty_entry *bucket,
					  uint64_t tag, uint64_t now)
{
	struct penalty_entry *e = penalty_find(bucket, tag);
	uint64_t old;

	if (e)
		return e;
	e = penalty_oldest(bucket, now);
	old = atomic_load(&e->tag);
	/* Whoever loses the race for it counts in the winner's entry if that
	 * is the same network, else not at all. */
	if (atomic_compare_exchange_strong(&e->tag, &old, tag)) {
		atomic_store(&e->state, 0);
		return e;
	}
	return old == tag ? e : NULL;
}

/* --- what others see --- */

uint32_t penalty_delay_after(uint32_t failures)
{
	uint32_t ms = PENALTY_FIRST_MS;

	if (failures < PENALTY_FREE)
		return 0;
	for (uint32_t i = PENALTY_FREE; i < failures; i++) {
		ms *= 2;
		if (ms >= PENALTY_MOST_MS)
			return PENALTY_MOST_MS;
	}
	return ms;
}

uint32_t penalty_delay_ms(struct penalty *p, const struct network_address *peer)
{
	uint64_t tag;
	struct penalty_entry *bucket = penalty_bucket(p, peer, &tag);
	struct penalty_entry *e = bucket ? penalty_find(bucket, tag) : NULL;

	if (!e)
		return 0;
	return penalty_delay_after(
		penalty_failures(atomic_load(&e->state), penalty_now()));
}

uint32_t penalty_failed(struct penalty *p, const struct network_address *peer)
{
	uint64_t tag, now = penalty_now(), old, new;
	struct penalty_entry *bucket = penalty_bucket(p, peer, &tag);
	struct penalty_entry *e =
		bucket ? penalty_make(bucket, tag, now) : NULL;
	uint32_t failures;

	if (!e)
		return 0;
	old = atomic_load(&e->state);
	do {
		failures = penalty_failures(old, now);
		if (failures < PENALTY_COUNT_MAX)
			failures++;
		new = now << 16 | failures;
	} while (!atomic_compare_exchange_weak(&e->state, &old, new));
	return failures;
}

void penalty_forgive(struct penalty *p, const struct network_address *peer)
{
	uint64_t tag;
	struct penalty_entry *bucket = penalty_bucket(p, peer, &tag);
	struct penalty_entry *e = bucket ? penalty_find(bucket, tag) : NULL;

	if (e)
		atomic_store(&e->state, 0);
}
