/* SPDX-License-Identifier: ISC */
/*
 * The contents of the file `penalty`: three tables of entries, and where in
 * them each peer's is. See stats/penalty.h for what it is for, and
 * stats/penalty_entry.h for one entry.
 *
 * A place is found by a hash with the file's secret. What can be had in numbers
 * shares a bucket: all /64 of a /48, all networks of a user; so nobody pushes
 * out others than himself.
 *
 * The mapping is the caller's, and is to be verified by him; nothing here looks
 * at the file itself, blocks or fails.
 */
#ifndef STATS_PENALTY_FILE_H
#define STATS_PENALTY_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "proto/network.h"
#include "stats/penalty_entry.h"
#include "stats/shared.h"

enum {
	PENALTY_FILE_BUCKETS = 4096,
	PENALTY_FILE_WAYS = 4,
	PENALTY_FILE_KNOWN_BUCKETS = 1024,
	PENALTY_FILE_PAIR_BUCKETS = 8192,
	PENALTY_FILE_KNOWN_WAYS = 8, /* networks of a user, too */
};

struct penalty_file {
	struct shared_header header;
	_Atomic uint64_t latest; /* seconds; no time below is later */
	/* failures of networks */
	_Alignas(4096) struct penalty_entry
		failed[PENALTY_FILE_BUCKETS][PENALTY_FILE_WAYS];
	/* networks in which somebody is known */
	struct penalty_entry known[PENALTY_FILE_KNOWN_BUCKETS]
				  [PENALTY_FILE_KNOWN_WAYS];
	/* users and the networks that they are known in */
	struct penalty_entry pairs[PENALTY_FILE_PAIR_BUCKETS]
				  [PENALTY_FILE_KNOWN_WAYS];
};

extern const struct shared_kind penalty_file_kind;

/*
 * The network that an entry of `failed` is about: an IPv4 address, an IPv6 /64
 * or /48. False: it is free, or changes hands just now (what it says of itself
 * does not make its hash).
 */
bool penalty_file_network(const struct penalty_file *f,
			  const struct penalty_entry *e,
			  struct network *network);

/* The same of an entry of `pairs`, by what it says alone. */
bool penalty_file_pair_network(const struct penalty_entry *e,
			       struct network *network);

/*
 * Was it written by a clock that has begun anew since (a restart of the machine
 * that the file outlived)? Then its times say nothing: left alone, they would
 * come true when the clock gets there once more.
 */
bool penalty_file_is_ahead(const struct penalty_file *f, uint64_t now);

/* Forgets everything. Also what others write meanwhile. */
void penalty_file_clear(struct penalty_file *f, uint64_t now);

/* Times up to `now` are about to be written. */
void penalty_file_note(struct penalty_file *f, uint64_t now);

/* Failures of the peer's IPv4 address, or IPv6 /64. */
struct penalty_place penalty_file_narrow(struct penalty_file *f,
					 const struct network_address *peer);

/* Failures of the /48 of an IPv6 peer; each is forgotten sooner. */
struct penalty_place penalty_file_wide(struct penalty_file *f,
				       const struct network_address *peer);

/* Is somebody known in the peer's address or /64? */
struct penalty_place penalty_file_known(struct penalty_file *f,
					const struct network_address *peer);

/* The user there: success and failures. */
struct penalty_place penalty_file_pair(struct penalty_file *f,
				       const struct network_address *peer,
				       struct span user);

#endif
