/* SPDX-License-Identifier: ISC */
/*
 * Bans and allows in memory: who may not come in, or who alone may. They are
 * put in one by one, sorted once, and asked very often.
 *
 * A ban of a network, or of a user's name, keeps out whom it fits. If there is
 * any allow of a network, whoever fits none is kept out, too. A ban wins over
 * an allow. A rule holds up to its time (seconds of the wall clock, 0: for
 * ever), which is looked at when somebody asks; an allow list of which all has
 * run out is none. An allow that nobody can read keeps that list in force, and
 * lets nobody in: whoever wrote it wanted to shut out others, and a slip of the
 * pen must not let everybody in. (A ban that cannot be read has no such
 * harmless reading.)
 *
 * Networks are disjoint or one within the other. So they lie in an array by
 * their beginnings, each with its next wider one, and a question is a binary
 * search and as many steps outwards as there are networks around an address.
 *
 * Memory from the heap; a fork shares it. What memory or RULES_MAX has no room
 * for is refused, and the caller has to decide. Not for several threads.
 */
#ifndef STORE_RULES_H
#define STORE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "proto/network.h"

enum { RULES_MAX = 1 << 20 };

struct rules_network {
	struct network network;
	uint32_t outer; /* index + 1 of the next wider one; 0: none */
	int64_t until;	/* 0: for ever */
};

struct rules_user {
	char *name;
	size_t n;
	int64_t until;
};

struct rules_networks {
	struct rules_network *items;
	size_t n, room;
};

/* All zero is empty: everybody may come in. */
struct rules {
	struct rules_networks bans, allows;
	struct rules_user *users; /* banned */
	size_t users_n, users_room;
	bool has_allows;      /* there is an allow list */
	int64_t allows_until; /* when the last allow runs out; 0: never */
};

enum rules_verdict { RULES_LET_IN, RULES_BANNED, RULES_NOT_ALLOWED };

/* 0, -EINVAL (`what` is no network), -ENOMEM or -ENOSPC (RULES_MAX). */
__attribute__((warn_unused_result)) int
rules_ban_network(struct rules *r, struct span what, int64_t until);
__attribute__((warn_unused_result)) int
rules_allow_network(struct rules *r, struct span what, int64_t until);
__attribute__((warn_unused_result)) int
rules_ban_user(struct rules *r, struct span name, int64_t until);

/* An allow of which only is known that it is one. */
void rules_allow_nobody(struct rules *r, int64_t until);

/* To be called once behind the last of these, before anybody asks. */
void rules_sort(struct rules *r);

/* May this address come in at `now`? *by (may be NULL): the network that bans
 * it, the narrowest that does. */
enum rules_verdict rules_ask(const struct rules *r,
			     const struct network_address *address, int64_t now,
			     struct network *by);

bool rules_bans_user(const struct rules *r, struct span name, int64_t now);

/* Gives all back; empty then. */
void rules_clear(struct rules *r);

/*
 * Is the address (NULL: a login without a network) in the list of addresses and
 * networks, separated by commas, of a user's row? `local` in it stands for
 * logins without a network. What cannot be read fits nobody. Pure.
 */
bool rules_list_has(struct span list, const struct network_address *address);

#endif
