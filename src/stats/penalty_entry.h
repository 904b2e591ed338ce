/* SPDX-License-Identifier: ISC */
/*
 * What penalties remember of one network, or of one pair of user and network:
 * four words, and the few places in a table where they may be found. Of
 * others' memory, mapped by every process; this only reads and writes it.
 *
 * There are no locks. Each word is atomic; two writers of one entry at worst
 * make a wrong number of failures, and whoever loses a race for a free place
 * goes without.
 *
 * Times are whole seconds, of whatever clock the callers agree on, and always
 * given. One that is up to PENALTY_ENTRY_AHEAD_S ahead is now: between the
 * clock and here we may have been kept waiting, and others have written
 * meanwhile. What is further ahead counts as very long ago.
 *
 * Nothing blocks or fails.
 */
#ifndef STATS_PENALTY_ENTRY_H
#define STATS_PENALTY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PENALTY_ENTRY_AHEAD_S = 60 };

/*
 * Who it is about, by hash (0: free); since when how many failures are
 * remembered; when the last success was (0: never); and the network in words,
 * for whoever lists entries: it may be another's for a moment, while the entry
 * changes hands.
 */
struct penalty_entry {
	_Atomic uint64_t tag;
	_Atomic uint64_t state; /* seconds << 16 | failures */
	_Atomic uint64_t good;	/* seconds */
	_Atomic uint64_t about; /* as stats/penalty_file.h makes it */
};

/* The places that an entry may be in, and what it is known by there. */
struct penalty_place {
	struct penalty_entry *bucket;
	size_t ways;	 /* entries in the bucket */
	uint64_t tag;	 /* never 0 */
	uint64_t period; /* seconds in which one failure is forgotten */
	uint64_t about;	 /* what a new entry is told to be about */
};

/* The entry, or NULL. */
struct penalty_entry *penalty_place_find(const struct penalty_place *place);

/*
 * The same, a new one if need be: a free one, one that says nothing any more,
 * or the oldest. NULL: somebody else has just taken that one.
 */
struct penalty_entry *penalty_place_make(const struct penalty_place *place,
					 uint64_t now);

/* Failures that are not forgotten yet; of NULL, none. */
uint32_t penalty_entry_failures(const struct penalty_entry *e, uint64_t now,
				uint64_t period);

/* Seconds until all of them are, if none is added; of NULL, 0. */
uint64_t penalty_entry_left(const struct penalty_entry *e, uint64_t now,
			    uint64_t period);

/* Forgets them now; how many there were. */
uint32_t penalty_entry_forgive(struct penalty_entry *e, uint64_t now,
			       uint64_t period);

/* One failure more, but not over `most`; how many there are now. */
uint32_t penalty_entry_fail(struct penalty_entry *e, uint64_t now,
			    uint64_t period, uint32_t most);

/* Was there a success in the last PENALTY_KNOWN_S? Of NULL, no. */
bool penalty_entry_is_known(const struct penalty_entry *e, uint64_t now);

/* There was one now. */
void penalty_entry_know(struct penalty_entry *e, uint64_t now);

#endif
