/* SPDX-License-Identifier: ISC */
/*
 * Penalties: a network (an IPv4 address, an IPv6 /64) from which logins fail
 * has to wait before its next attempt is looked at. The first three failures
 * cost nothing; from the fourth attempt on the delays are 1, 2, 4, 8 and then
 * always 15 seconds. Ten minutes after the last failure all is forgotten, and
 * a login that succeeds forgives at once.
 *
 * Kept in a file `penalty` of fixed size in run_dir, mapped by every process,
 * so a penalty survives the session that earned it. There are no locks: each
 * entry is two atomic words, and two writers of one entry at worst make a
 * wrong delay. When the table is full, the entry whose last failure is the
 * oldest of four is given up. The key of an entry is a hash with a secret of
 * that file, so nobody can choose addresses that push others out.
 *
 * Nothing blocks. Without a file there are no delays. Trust and damage are as
 * with stats/admission.h.
 */
#ifndef STATS_PENALTY_H
#define STATS_PENALTY_H

#include <stdint.h>

#include "proto/network.h"

enum {
	PENALTY_FREE = 3, /* failures that cost nothing */
	PENALTY_FIRST_MS = 1000,
	PENALTY_MOST_MS = 15000,
	PENALTY_FORGET_S = 600,
};

struct penalty_file;

struct penalty {
	int fd; /* -1: no file */
	struct penalty_file *file;
};

/* 0 or a negative errno; either way *p is usable and to be closed. */
__attribute__((warn_unused_result)) int penalty_open(struct penalty *p,
						     int run_dirfd);
void penalty_close(struct penalty *p);

/*
 * How long an attempt from this peer has to wait, in milliseconds, before the
 * password is looked at (before, so that a right one is not told from a wrong
 * one by the time). NULL: an unknown peer, never delayed.
 */
uint32_t penalty_delay_ms(struct penalty *p,
			  const struct network_address *peer);

/* An attempt has failed. Returns how many there are now (0: not counted). */
uint32_t penalty_failed(struct penalty *p, const struct network_address *peer);

/* An attempt has succeeded. */
void penalty_forgive(struct penalty *p, const struct network_address *peer);

/* The delay after so many failures; what the above go by. Pure. */
uint32_t penalty_delay_after(uint32_t failures);

#endif
