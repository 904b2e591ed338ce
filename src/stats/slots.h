/* SPDX-License-Identifier: ISC */
/*
 * The contents of the file `admission`: a table of slots, one a session, and
 * what is derived from it: the number of sessions in all and of each network.
 * See stats/admission.h for what it is for.
 *
 * Everything here is called under the file's lock, between slots_begin() and
 * slots_end(); touches memory only (but slots_back()); and believes nothing
 * that it reads: an index is checked before use and a chain has an end. What
 * does not fit together is noticed, and put right by the next slots_begin().
 */
#ifndef STATS_SLOTS_H
#define STATS_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/network.h"
#include "stats/shared.h"

enum {
	SLOTS_MAX = 65536,
	SLOTS_WORDS = SLOTS_MAX / 64,
	SLOTS_HEADS = 16384,
	SLOTS_CHUNK = 16384, /* octets that get storage at once */
};

#define SLOTS_NONE UINT32_MAX

/* What a network is known by: the octets of its address, host part 0. */
struct slots_key {
	uint8_t octets[16];
};

struct slots_slot {
	_Atomic uint64_t serial; /* 0: free; the truth about the session */
	struct slots_key key;
	uint32_t has_key; /* 0: a peer without an address */
	uint32_t spare;
	/* which Maildir is held: written by the holder without the lock */
	_Atomic uint64_t dev, ino;
	_Atomic int64_t since;
	_Atomic uint64_t user; /* hash of the name, odd; 0: not known yet */
};

struct slots_network {
	struct slots_key key;
	uint32_t count;
	uint32_t next;	    /* in the chain or the free list: index + 1 */
	uint64_t folded_ms; /* when dead slots of it were last looked for */
};

struct slots_file {
	struct shared_header header;
	/* the slots are being changed: what is derived is not to be believed */
	_Atomic uint32_t dirty;
	uint32_t suspect; /* something did not fit together */
	uint32_t top;	  /* slots from here on were never used */
	uint32_t total;
	uint32_t hint; /* no word of `used` before it has a free slot */
	/* entries from here on were never used; first free one, index + 1 */
	uint32_t network_top, network_free;
	/* entries from here on have no storage yet */
	uint32_t slots_backed, networks_backed;
	_Atomic uint32_t told_s; /* see stats/admission_tell.h; 0: never */
	uint64_t last_serial;
	uint64_t folded_ms;
	_Alignas(4096) uint64_t used[SLOTS_WORDS]; /* bit map of the slots */
	uint32_t heads[SLOTS_HEADS]; /* index + 1 of the chain's first */
	struct slots_network networks[SLOTS_MAX];
	struct slots_slot slots[SLOTS_MAX];
};

extern const struct shared_kind slots_kind;

/* The network that a peer's sessions are counted for. Pure. */
struct slots_key slots_key_of(const struct network_address *peer);

/* What a user is known by in this file. */
uint64_t slots_user_of(const struct slots_file *f, struct span name);

/* The lock was just taken; all is put right if need be, then marked dirty. */
void slots_begin(struct slots_file *f);
/* The lock is about to be given back. */
void slots_end(struct slots_file *f);

/* The network's entry, or NULL if it has no session. */
struct slots_network *slots_network(struct slots_file *f,
				    const struct slots_key *key);

/* Is the slot one of the network (NULL: any) and of the user (0: any)? */
bool slots_is_of(const struct slots_slot *s, const struct slots_key *key,
		 uint64_t user);

/* How many slots in use are, not counting one. */
uint32_t slots_number_of(const struct slots_file *f, uint32_t but,
			 const struct slots_key *key, uint64_t user);

/* The first free slot from `from` on, or SLOTS_NONE. */
uint32_t slots_free_from(struct slots_file *f, uint32_t from);

/* The first slot in use from `from` on, or SLOTS_NONE. */
uint32_t slots_used_from(const struct slots_file *f, uint32_t from);

/*
 * Sees that a slot, and an entry for a network that may be new, have storage.
 * Writes to the file. 0 or a negative errno.
 */
__attribute__((warn_unused_result)) int slots_back(struct slots_file *f, int fd,
						   uint32_t slot);

/* Occupies a free slot that has storage, with a network or (NULL) none. Returns
 * its serial. */
uint64_t slots_take(struct slots_file *f, uint32_t slot,
		    const struct slots_key *key);

/* Frees a slot in use. */
void slots_release(struct slots_file *f, uint32_t slot);

#endif
