/* SPDX-License-Identifier: ISC */
#include "stats/penalty_file.h"

#include <stdatomic.h>
#include <string.h>

#include "stats/penalty.h"

enum {
	PENALTY_V4_BITS = 32,
	PENALTY_V6_BITS = 64,
	PENALTY_V6_WIDE_BITS = 48,
};

const struct shared_kind penalty_file_kind = {
	.name = "penalty",
	.magic = "p3spenal",
	.version = 4,
	.size = sizeof(struct penalty_file),
	.backed = sizeof(struct penalty_file),
};

/* --- the clock --- */

bool penalty_file_is_ahead(const struct penalty_file *f, uint64_t now)
{
	uint64_t latest = atomic_load(&f->latest);

	return latest > now && latest - now > PENALTY_ENTRY_AHEAD_S;
}

static void penalty_forget(void *entries, size_t size)
{
	struct penalty_entry *e = entries;

	/* Who makes an entry of it clears the rest. */
	for (size_t i = 0; i < size / sizeof(*e); i++)
		atomic_store_explicit(&e[i].tag, 0, memory_order_relaxed);
}

void penalty_file_clear(struct penalty_file *f, uint64_t now)
{
	penalty_forget(f->failed, sizeof(f->failed));
	penalty_forget(f->known, sizeof(f->known));
	penalty_forget(f->pairs, sizeof(f->pairs));
	/* Not before the end: whoever dies on the way leaves all to do. */
	atomic_store(&f->latest, now);
}

void penalty_file_note(struct penalty_file *f, uint64_t now)
{
	uint64_t latest = atomic_load(&f->latest);

	while (latest < now &&
	       !atomic_compare_exchange_weak(&f->latest, &latest, now))
		;
}

/* --- places --- */

/* The hash of the network of so many bits around the peer. */
static uint64_t penalty_network(const struct penalty_file *f,
				const struct network_address *peer,
				unsigned v6_bits)
{
	struct network n = network_of(peer, PENALTY_V4_BITS, v6_bits);

	/* A /64 and the /48 of the same octets are not the same. */
	if (v6_bits != PENALTY_V6_BITS)
		n.base.octets[15] ^= (uint8_t)v6_bits;
	return shared_hash(&f->header, n.base.octets);
}

static size_t penalty_at(uint64_t hash, size_t buckets)
{
	return hash >> 32 & (buckets - 1);
}

/*
 * The network in a word: the first 64 bits of an IPv6 address; an IPv4 address
 * behind bits that no IPv6 sender has (ff00::/8 is multicast).
 */
static const uint64_t penalty_about_v4 = UINT64_C(0xffffffff00000000);

static uint64_t penalty_about(const struct network_address *peer,
			      unsigned v6_bits)
{
	struct network n = network_of(peer, PENALTY_V4_BITS, v6_bits);
	bool is_v4 = network_address_is_v4(peer);
	uint64_t word = 0;

	for (size_t i = is_v4 ? 12 : 0; i < (is_v4 ? 16 : 8); i++)
		word = word << 8 | n.base.octets[i];
	return is_v4 ? penalty_about_v4 | word : word;
}

static struct network_address penalty_address(uint64_t about)
{
	bool is_v4 = (about & penalty_about_v4) == penalty_about_v4;
	struct network_address a = {{0}};

	for (size_t i = 0; i < 8; i++)
		a.octets[i + (is_v4 ? 8 : 0)] =
			(uint8_t)(about >> (56 - 8 * i));
	if (is_v4)
		a.octets[8] = a.octets[9] = 0;
	return a;
}

bool penalty_file_network(const struct penalty_file *f,
			  const struct penalty_entry *e,
			  struct network *network)
{
	static const unsigned bits[] = {PENALTY_V6_BITS, PENALTY_V6_WIDE_BITS};
	struct network_address a = penalty_address(atomic_load(&e->about));
	uint64_t tag = atomic_load(&e->tag);

	for (size_t i = 0; tag && i < sizeof(bits) / sizeof(bits[0]); i++) {
		if ((penalty_network(f, &a, bits[i]) | 1) != tag)
			continue;
		*network = network_of(&a, PENALTY_V4_BITS, bits[i]);
		return true;
	}
	return false;
}

bool penalty_file_pair_network(const struct penalty_entry *e,
			       struct network *network)
{
	struct network_address a = penalty_address(atomic_load(&e->about));

	*network = network_of(&a, PENALTY_V4_BITS, PENALTY_V6_BITS);
	return atomic_load(&e->tag);
}

/* All /64 of a /48 share a bucket, so nobody fills the table from one. */
struct penalty_place penalty_file_narrow(struct penalty_file *f,
					 const struct network_address *peer)
{
	uint64_t wide = penalty_network(f, peer, PENALTY_V6_WIDE_BITS);

	return (struct penalty_place){
		f->failed[penalty_at(wide, PENALTY_FILE_BUCKETS)],
		PENALTY_FILE_WAYS,
		penalty_network(f, peer, PENALTY_V6_BITS) | 1,
		PENALTY_FORGET_S,
		penalty_about(peer, PENALTY_V6_BITS),
	};
}

struct penalty_place penalty_file_wide(struct penalty_file *f,
				       const struct network_address *peer)
{
	uint64_t wide = penalty_network(f, peer, PENALTY_V6_WIDE_BITS);

	/* Not in the bucket that the /64 push each other out of. */
	return (struct penalty_place){
		f->failed[penalty_at(~wide, PENALTY_FILE_BUCKETS)],
		PENALTY_FILE_WAYS,
		wide | 1,
		PENALTY_FORGET_S / PENALTY_WIDE,
		penalty_about(peer, PENALTY_V6_WIDE_BITS),
	};
}

struct penalty_place penalty_file_known(struct penalty_file *f,
					const struct network_address *peer)
{
	struct penalty_place place = penalty_file_narrow(f, peer);
	uint64_t wide = penalty_network(f, peer, PENALTY_V6_WIDE_BITS);

	place.bucket = f->known[penalty_at(wide, PENALTY_FILE_KNOWN_BUCKETS)];
	place.ways = PENALTY_FILE_KNOWN_WAYS;
	return place;
}

/* The networks of a user share a bucket: he pushes nobody out but himself. */
struct penalty_place penalty_file_pair(struct penalty_file *f,
				       const struct network_address *peer,
				       struct span user)
{
	uint64_t both[2] = {
		shared_hash_text(&f->header, user),
		penalty_network(f, peer, PENALTY_V6_BITS),
	};
	uint8_t octets[sizeof(both)];

	memcpy(octets, both, sizeof(both));
	return (struct penalty_place){
		f->pairs[penalty_at(both[0], PENALTY_FILE_PAIR_BUCKETS)],
		PENALTY_FILE_KNOWN_WAYS,
		shared_hash(&f->header, octets) | 1,
		PENALTY_FORGET_S,
		penalty_about(peer, PENALTY_V6_BITS),
	};
}
