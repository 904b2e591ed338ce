/* SPDX-License-Identifier: ISC */
/*
 * Penalties: a network from which logins fail has to wait before its next
 * attempt is looked at, longer and longer, and in the end is not listened to.
 *
 * Counted are the failures of an IPv4 address, and of an IPv6 /64 and the /48
 * around it; a /48 may fail PENALTY_WIDE times as often as a /64 for the same
 * penalty. One failure of a network is forgotten each PENALTY_FORGET_S, a
 * success forgives none (else whoever has an account here could make up for
 * guesses at others' passwords with it).
 *
 * A success makes user and network known to each other for PENALTY_KNOWN_S.
 * Such a pair is exempt from the network's penalty as long as it has no
 * failure of its own: one wrong password, and it waits as all others do there,
 * until that is forgotten. It is refused only for its own failures, in that
 * network. A network that somebody is known in is not refused at the door.
 *
 * Kept in a file `penalty` of fixed size in run_dir, mapped by every process,
 * so a penalty survives the session that earned it. There are no locks: each
 * entry is a few atomic words, and two writers of one entry at worst make a
 * wrong delay. An entry's place is found by a hash with a secret of that file,
 * so nobody can choose addresses that push others out; what can be had in
 * numbers (the /64 of a /48, the networks of a user) shares a few places, the
 * oldest of which is given up for a new one.
 *
 * Times are of the clock that begins with the machine and cannot be set. Where
 * the file outlives a restart, that clock is behind it: all is forgotten then,
 * by the first process that may write and has something to ask or to say.
 *
 * Nothing blocks. Without a file there are no penalties. Trust and damage are
 * as with stats/admission.h.
 */
#ifndef STATS_PENALTY_H
#define STATS_PENALTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "proto/network.h"

enum {
	PENALTY_FIRST_MS = 1000,
	PENALTY_FORGET_S = 120, /* for each failure */
	PENALTY_KNOWN_S = 14 * 24 * 3600,
	PENALTY_WIDE = 4,
	/* failures above those that refuse are not counted, so that all is
	 * over in PENALTY_OVER * PENALTY_FORGET_S */
	PENALTY_OVER = 40,
	PENALTY_REFUSE_MAX = 10000,
};

/* How severe it is. */
struct penalty_rules {
	uint32_t free;	  /* failures that cost nothing */
	uint32_t most_ms; /* delays grow up to that; 0: none */
	uint32_t refuse;  /* failures that refuse the network; 0: none do */
};

struct penalty_verdict {
	bool refused;
	uint32_t delay_ms; /* if not refused */
};

struct penalty_file;

struct penalty {
	int fd;	    /* -1: no file */
	bool looks; /* the mapping is for reading alone */
	struct penalty_file *file;
};

/* 0 or a negative errno; either way *p is usable and to be closed. */
__attribute__((warn_unused_result)) int penalty_open(struct penalty *p,
						     int run_dirfd);

/*
 * The same for somebody who only looks and asks: the file must be there, and
 * penalty_failed() and penalty_good() must not be called.
 */
__attribute__((warn_unused_result)) int penalty_look(struct penalty *p,
						     int run_dirfd);
void penalty_close(struct penalty *p);

/* Is there something to look at, as of *now? For the files of penalty_*. */
bool penalty_begin(const struct penalty *p, uint64_t *now);

/* The failures of the peer's networks at that time, as if all were a /64's.
 * The same. */
uint32_t penalty_of_networks(const struct penalty *p, uint64_t now,
			     const struct network_address *peer);

/*
 * Is a connection from this peer to be refused at the door, before there is a
 * name? NULL: an unknown peer; as in all of these it has no penalties.
 */
bool penalty_refuses(struct penalty *p, const struct penalty_rules *rules,
		     const struct network_address *peer);

/*
 * What becomes of an attempt to log in as `user` from this peer: refused, or
 * looked at after a delay in milliseconds (after, so that a right password is
 * not told from a wrong one by the time). Empty: a name that nobody can have.
 */
struct penalty_verdict penalty_ask(struct penalty *p,
				   const struct penalty_rules *rules,
				   const struct network_address *peer,
				   struct span user);

/* What is remembered of a network, and of a user there. */
struct penalty_memory {
	uint32_t failures; /* of the network, its /48 counted as if a /64 */
	uint32_t own;	   /* of the user there, if they know each other */
	bool knows_user;
	bool knows_some; /* this user or another one */
};

/*
 * The two parts of penalty_ask(). False: nothing can be known, also because
 * what there is is of before a restart.
 */
bool penalty_remembers(struct penalty *p, const struct network_address *peer,
		       struct span user, struct penalty_memory *memory);
/* Pure. */
struct penalty_verdict penalty_judge(const struct penalty_rules *rules,
				     const struct penalty_memory *memory);

/*
 * An attempt has failed. Returns how many of the network are now remembered
 * (0: not counted).
 */
uint32_t penalty_failed(struct penalty *p, const struct penalty_rules *rules,
			const struct network_address *peer, struct span user);

/* An attempt has succeeded: these two know each other. */
void penalty_good(struct penalty *p, const struct network_address *peer,
		  struct span user);

/* The delay after so many failures of an address or a /64. Pure. */
uint32_t penalty_delay_after(const struct penalty_rules *rules,
			     uint32_t failures);

#endif
