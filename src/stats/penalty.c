/* SPDX-License-Identifier: ISC */
#include "stats/penalty.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "stats/shared.h"

enum {
	PENALTY_BUCKETS = 4096,
	PENALTY_WAYS = 4,
	PENALTY_KNOWN_BUCKETS = 1024,
	PENALTY_PAIR_BUCKETS = 8192,
	PENALTY_KNOWN_WAYS = 8, /* networks of a user, too */
	PENALTY_V4_BITS = 32,
	PENALTY_V6_BITS = 64,
	PENALTY_V6_WIDE_BITS = 48,
	PENALTY_COUNT_MAX = UINT16_MAX,
	PENALTY_AHEAD_S = 60,
	/* where nothing refuses; delays do not grow any more there */
	PENALTY_COUNT_MOST = 50,
};

/*
 * Who it is about, by hash (0: free); since when how many failures are
 * remembered; when the last success was (0: never).
 */
struct penalty_entry {
	_Atomic uint64_t tag;
	_Atomic uint64_t state; /* seconds << 16 | failures */
	_Atomic uint64_t good;	/* seconds */
};

struct penalty_file {
	struct shared_header header;
	/* failures of networks */
	_Alignas(4096) struct penalty_entry
		failed[PENALTY_BUCKETS][PENALTY_WAYS];
	/* networks in which somebody is known */
	struct penalty_entry known[PENALTY_KNOWN_BUCKETS][PENALTY_KNOWN_WAYS];
	/* users and the networks that they are known in */
	struct penalty_entry pairs[PENALTY_PAIR_BUCKETS][PENALTY_KNOWN_WAYS];
};

static const struct shared_kind penalty_kind = {
	.name = "penalty",
	.magic = "p3spenal",
	.version = 2,
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

int penalty_look(struct penalty *p, int run_dirfd)
{
	int failed;

	p->file = shared_look(run_dirfd, &penalty_kind, &p->fd);
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

static bool penalty_is_usable(const struct penalty *p)
{
	int failed;

	if (p->fd < 0)
		return false;
	failed = shared_verify(p->fd, p->file, &penalty_kind);
	/* One that was removed still serves all who have it mapped. */
	return !failed || failed == -ESTALE;
}

static uint64_t penalty_now(void)
{
	struct timespec now;

	/* It goes on while the machine sleeps. There is a past also just
	 * after its start. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec + UINT32_MAX;
}

/* --- one word: failures, and since when --- */

/*
 * Seconds since then. Between the clock and here we may have been kept waiting,
 * and others have written meanwhile: that is no time to come. A real one, which
 * is of before a restart, is very long ago in unsigned numbers.
 */
static uint64_t penalty_age(uint64_t then, uint64_t now)
{
	return then > now && then - now <= PENALTY_AHEAD_S ? 0 : now - then;
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

static uint32_t penalty_failures(const struct penalty_entry *e, uint64_t now,
				 uint64_t period)
{
	uint64_t since;

	return e ? penalty_left(atomic_load(&e->state), now, period, &since)
		 : 0;
}

static uint32_t penalty_add(struct penalty_entry *e, uint64_t now,
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

static bool penalty_is_known(const struct penalty_entry *e, uint64_t now)
{
	return e && penalty_age(atomic_load(&e->good), now) < PENALTY_KNOWN_S;
}

/* --- entries --- */

/* The places that an entry may be in, and what it is known by there. */
struct penalty_place {
	struct penalty_entry *bucket;
	size_t ways;
	uint64_t tag;
	uint64_t period; /* in which one failure is forgotten */
};

static struct penalty_entry *penalty_find(const struct penalty_place *place)
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
		    (!penalty_is_known(e, now) &&
		     !penalty_failures(e, now, place->period)))
			return e;
		if (last < least) {
			least = last;
			oldest = e;
		}
	}
	return oldest;
}

/* The entry, a new one if need be. */
static struct penalty_entry *penalty_make(const struct penalty_place *place,
					  uint64_t now)
{
	struct penalty_entry *e = penalty_find(place);
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
		return e;
	}
	return old == place->tag ? e : NULL;
}

/* --- places --- */

/* The hash of the network of so many bits around the peer. */
static uint64_t penalty_network(const struct penalty *p,
				const struct network_address *peer,
				unsigned v6_bits)
{
	struct network n = network_of(peer, PENALTY_V4_BITS, v6_bits);

	/* A /64 and the /48 of the same octets are not the same. */
	if (v6_bits != PENALTY_V6_BITS)
		n.base.octets[15] ^= (uint8_t)v6_bits;
	return shared_hash(&p->file->header, n.base.octets);
}

static size_t penalty_at(uint64_t hash, size_t buckets)
{
	return hash >> 32 & (buckets - 1);
}

/* All /64 of a /48 share a bucket, so nobody fills the table from one. */
static struct penalty_place
penalty_narrow_place(struct penalty *p, const struct network_address *peer)
{
	uint64_t wide = penalty_network(p, peer, PENALTY_V6_WIDE_BITS);

	return (struct penalty_place){
		p->file->failed[penalty_at(wide, PENALTY_BUCKETS)],
		PENALTY_WAYS,
		penalty_network(p, peer, PENALTY_V6_BITS) | 1,
		PENALTY_FORGET_S,
	};
}

static struct penalty_place
penalty_wide_place(struct penalty *p, const struct network_address *peer)
{
	uint64_t wide = penalty_network(p, peer, PENALTY_V6_WIDE_BITS);

	/* Not in the bucket that the /64 push each other out of. */
	return (struct penalty_place){
		p->file->failed[penalty_at(~wide, PENALTY_BUCKETS)],
		PENALTY_WAYS,
		wide | 1,
		PENALTY_FORGET_S / PENALTY_WIDE,
	};
}

static struct penalty_place
penalty_known_place(struct penalty *p, const struct network_address *peer)
{
	struct penalty_place place = penalty_narrow_place(p, peer);
	uint64_t wide = penalty_network(p, peer, PENALTY_V6_WIDE_BITS);

	place.bucket = p->file->known[penalty_at(wide, PENALTY_KNOWN_BUCKETS)];
	place.ways = PENALTY_KNOWN_WAYS;
	return place;
}

/* The networks of a user share a bucket: he pushes nobody out but himself. */
static struct penalty_place
penalty_pair_place(struct penalty *p, const struct network_address *peer,
		   struct span user)
{
	uint64_t both[2] = {
		shared_hash_text(&p->file->header, user),
		penalty_network(p, peer, PENALTY_V6_BITS),
	};
	uint8_t octets[sizeof(both)];

	memcpy(octets, both, sizeof(both));
	return (struct penalty_place){
		p->file->pairs[penalty_at(both[0], PENALTY_PAIR_BUCKETS)],
		PENALTY_KNOWN_WAYS,
		shared_hash(&p->file->header, octets) | 1,
		PENALTY_FORGET_S,
	};
}

/* --- what others see --- */

uint32_t penalty_delay_after(const struct penalty_rules *rules,
			     uint32_t failures)
{
	uint32_t ms = PENALTY_FIRST_MS;

	if (failures < rules->free)
		return 0;
	for (uint32_t i = rules->free; i < failures && ms < rules->most_ms; i++)
		ms *= 2;
	return ms < rules->most_ms ? ms : rules->most_ms;
}

/* The failures of the peer's networks, as if all were a /64's. */
static uint32_t penalty_of_networks(struct penalty *p, uint64_t now,
				    const struct network_address *peer)
{
	struct penalty_place narrow = penalty_narrow_place(p, peer);
	uint32_t failures =
		penalty_failures(penalty_find(&narrow), now, narrow.period);
	struct penalty_place wide;
	uint32_t of_wide;

	if (network_address_is_v4(peer))
		return failures;
	wide = penalty_wide_place(p, peer);
	of_wide = penalty_failures(penalty_find(&wide), now, wide.period) /
		  PENALTY_WIDE;
	return failures > of_wide ? failures : of_wide;
}

static bool penalty_is_too_many(const struct penalty_rules *rules,
				uint32_t failures)
{
	return rules->refuse && failures >= rules->refuse;
}

bool penalty_refuses(struct penalty *p, const struct penalty_rules *rules,
		     const struct network_address *peer)
{
	uint64_t now = penalty_now();
	struct penalty_place known;

	if (!rules->refuse || !peer || !penalty_is_usable(p) ||
	    !penalty_is_too_many(rules, penalty_of_networks(p, now, peer)))
		return false;
	known = penalty_known_place(p, peer);
	return !penalty_is_known(penalty_find(&known), now);
}

bool penalty_remembers(struct penalty *p, const struct network_address *peer,
		       struct span user, struct penalty_memory *memory)
{
	uint64_t now = penalty_now();
	struct penalty_place pair, known;
	const struct penalty_entry *e;

	*memory = (struct penalty_memory){0};
	if (!peer || !penalty_is_usable(p))
		return false;
	memory->failures = penalty_of_networks(p, now, peer);
	known = penalty_known_place(p, peer);
	memory->knows_some = penalty_is_known(penalty_find(&known), now);
	pair = penalty_pair_place(p, peer, user);
	e = user.n ? penalty_find(&pair) : NULL;
	memory->own = penalty_failures(e, now, pair.period);
	memory->knows_user = penalty_is_known(e, now);
	return true;
}

struct penalty_verdict penalty_judge(const struct penalty_rules *rules,
				     const struct penalty_memory *memory)
{
	uint32_t failures = memory->failures, own = memory->own;
	struct penalty_verdict verdict = {0};

	if (!memory->knows_user) {
		verdict.refused = penalty_is_too_many(rules, failures);
		verdict.delay_ms = penalty_delay_after(rules, failures);
	} else if (own) {
		verdict.refused = penalty_is_too_many(rules, own);
		verdict.delay_ms = penalty_delay_after(
			rules, own > failures ? own : failures);
	}
	return verdict;
}

struct penalty_verdict penalty_ask(struct penalty *p,
				   const struct penalty_rules *rules,
				   const struct network_address *peer,
				   struct span user)
{
	struct penalty_memory memory;

	if (!penalty_remembers(p, peer, user, &memory))
		return (struct penalty_verdict){0};
	return penalty_judge(rules, &memory);
}

uint32_t penalty_failed(struct penalty *p, const struct penalty_rules *rules,
			const struct network_address *peer, struct span user)
{
	uint32_t most = rules->refuse ? rules->refuse + PENALTY_OVER
				      : rules->free + PENALTY_COUNT_MOST;
	uint64_t now = penalty_now();
	struct penalty_place place;
	struct penalty_entry *e;

	if (!peer || !penalty_is_usable(p))
		return 0;
	place = penalty_pair_place(p, peer, user);
	e = user.n ? penalty_find(&place) : NULL;
	if (e)
		penalty_add(e, now, place.period, most);
	if (!network_address_is_v4(peer)) {
		place = penalty_wide_place(p, peer);
		e = penalty_make(&place, now);
		if (e)
			penalty_add(e, now, place.period, most * PENALTY_WIDE);
	}
	place = penalty_narrow_place(p, peer);
	e = penalty_make(&place, now);
	return e ? penalty_add(e, now, place.period, most) : 0;
}

static void penalty_know(const struct penalty_place *place, uint64_t now)
{
	struct penalty_entry *e = penalty_make(place, now);

	if (e)
		atomic_store(&e->good, now);
}

void penalty_good(struct penalty *p, const struct network_address *peer,
		  struct span user)
{
	uint64_t now = penalty_now();
	struct penalty_place pair, known;

	if (!peer || !user.n || !penalty_is_usable(p))
		return;
	pair = penalty_pair_place(p, peer, user);
	known = penalty_known_place(p, peer);
	penalty_know(&pair, now);
	penalty_know(&known, now);
}
